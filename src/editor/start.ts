/** Everything that a document of ours gets in the editor. Loaded for the first of them. */
import type { Host } from '../host.ts';
import { showDiagnostics } from './diagnostics.ts';
import { watchFindings } from './findings.ts';
import { registerFixes } from './fixes.ts';
import { registerPages } from './pages.ts';

export function startEditor({ context }: Host): void {
  const findings = watchFindings();
  context.subscriptions.push(showDiagnostics(findings), registerFixes(findings), registerPages(), findings);
}
