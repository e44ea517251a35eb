// Runs inside VS Code's extension host: VS Code calls `run`, which runs the tests of this folder with mocha.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What webpack offers in place of a folder listing. */
interface Webpack extends ImportMeta {
  webpackContext(
    folder: string,
    options: { regExp: RegExp; mode: 'eager' },
  ): ((file: string) => Promise<unknown>) & { keys(): string[] };
}

/** What scripts/test.ts reads from the file that `KUBEFLOW_IRSA_RESULTS` names. */
export interface Results {
  passed: number;
  failures: { title: string; error: string }[];
}

/** Resolves when all tests passed; a failure rejects, which ends VS Code with code 1. */
export async function run(): Promise<void> {
  const mocha = new Mocha({
    ui: 'tdd',
    timeout: 60_000,
    forbidOnly: true,
    forbidPending: true,
    reporter: class extends Mocha.reporters.Base {},
  });
  mocha.suite.emit('pre-require', globalThis, 'global', mocha);
  const tests = (import.meta as Webpack).webpackContext('.', { regExp: /\.test\.ts$/, mode: 'eager' });
  for (const file of tests.keys()) await tests(file);
  const results: Results = { passed: 0, failures: [] };
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', (test) => {
        results.passed += 1;
        console.log(`✓ ${test.fullTitle()} (${test.duration ?? 0} ms)`);
      })
      .on('fail', (test, error: Error) => {
        results.failures.push({ title: test.fullTitle(), error: error.stack ?? error.message });
        console.log(`✗ ${test.fullTitle()}`);
      });
  });
  const file = process.env['KUBEFLOW_IRSA_RESULTS'];
  if (file) writeFileSync(file, JSON.stringify(results));
  if (results.failures.length > 0) throw new Error(`${results.failures.length} failed`);
  if (results.passed === 0) throw new Error('No test ran.');
}
