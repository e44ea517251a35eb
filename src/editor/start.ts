/** Everything that a document of ours gets in the editor. Loaded for the first of them. */
import type * as vscode from 'vscode';
import type { Host } from '../host.ts';
import type { Live } from '../live.ts';
import { showDiagnostics } from './diagnostics.ts';
import { showDrift } from './drift.ts';
import { showLive } from './live.ts';
import { watchFindings } from './findings.ts';
import { registerFixes } from './fixes.ts';
import { registerProviders } from './providers.ts';
import { offerSchema } from './schema.ts';
import { lintThread } from './thread.ts';

export function startEditor(
  { context, log }: Host,
  live: () => Live | undefined,
  onDidRead: vscode.Event<unknown>,
): void {
  const thread = lintThread(context.asAbsolutePath('dist/lint-worker.cjs'));
  const findings = watchFindings(thread, (error) => log.error(`Lint: ${String(error)}`));
  let isServed = (_document: vscode.TextDocument): boolean => false;
  offerSchema().then(
    (served) => (isServed = served),
    (error: unknown) => log.warn(`The schema for redhat.vscode-yaml: ${String(error)}`),
  );
  const fail = (error: unknown): void => log.error(`Beside the tree: ${String(error)}`);
  const beside = { findings, live, onDidRead, fail };
  context.subscriptions.push(
    showDiagnostics(findings),
    showDrift(thread, beside),
    showLive(thread, beside),
    registerFixes(findings, live),
    registerProviders(findings, live, (document) => isServed(document)),
    findings,
    thread,
  );
}
