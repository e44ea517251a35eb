/** Everything that a document of ours gets in the editor. Loaded for the first of them. */
import type { Host } from '../host.ts';
import { showDiagnostics } from './diagnostics.ts';
import { watchFindings } from './findings.ts';
import { registerFixes } from './fixes.ts';
import { registerPages } from './pages.ts';
import { registerProviders } from './providers.ts';
import { lintThread } from './thread.ts';

export function startEditor({ context, log }: Host): void {
  const thread = lintThread(context.asAbsolutePath('dist/lint-worker.cjs'));
  const findings = watchFindings(thread, (error) => log.error(`Lint: ${String(error)}`));
  context.subscriptions.push(
    showDiagnostics(findings),
    registerFixes(findings),
    registerProviders(findings),
    registerPages(),
    findings,
    thread,
  );
}
