/** Findings as VS Code shows them: squiggles and the Problems view. */
import * as vscode from 'vscode';
import type { Finding, Related, Severity } from '../core/finding.ts';
import type { Findings } from './findings.ts';
import { pageOf } from './pages.ts';

/** What stands behind a message in the Problems view. */
const SOURCE = 'kubeflow-irsa';

const SEVERITY: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** Shows findings as they come; those of a document go when it is closed. */
export function showDiagnostics(findings: Findings): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection(SOURCE);
  const show = (document: vscode.TextDocument): void =>
    collection.set(
      document.uri,
      findings.latest(document).map((finding) => diagnosticOf(finding, document, findings)),
    );
  findings.documents().forEach(show);
  return vscode.Disposable.from(
    collection,
    findings.onDidChange(show),
    findings.onDidClose((uri) => collection.delete(uri)),
  );
}

export const rangeOf = (
  document: vscode.TextDocument,
  { start, end }: { readonly start: number; readonly end: number },
): vscode.Range => new vscode.Range(document.positionAt(start), document.positionAt(end));

/** Whether a diagnostic is that of a finding. */
export const isOf = (diagnostic: vscode.Diagnostic, finding: Finding, document: vscode.TextDocument): boolean =>
  diagnostic.source === SOURCE &&
  typeof diagnostic.code === 'object' &&
  diagnostic.code.value === finding.id &&
  diagnostic.range.isEqual(rangeOf(document, finding));

export function diagnosticOf(finding: Finding, document: vscode.TextDocument, findings: Findings): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(document, finding), finding.message, SEVERITY[finding.severity]);
  diagnostic.source = SOURCE;
  diagnostic.code = { value: finding.id, target: pageOf(finding.id) };
  const related = (finding.related ?? []).flatMap((one) => relatedOf(one, findings));
  if (related.length > 0) diagnostic.relatedInformation = related;
  return diagnostic;
}

function relatedOf({ file, start, end, message }: Related, findings: Findings): vscode.DiagnosticRelatedInformation[] {
  const found = findings.file(file);
  if (!found) return [];
  const position = (offset: number): vscode.Position => {
    const before = found.text.slice(0, offset).split(/\r\n|\r|\n/);
    return new vscode.Position(before.length - 1, before.at(-1)?.length ?? 0);
  };
  const location = new vscode.Location(found.uri, new vscode.Range(position(start), position(end)));
  return [new vscode.DiagnosticRelatedInformation(location, message)];
}
