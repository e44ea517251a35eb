/** Drift in the editor: a file against what the tree has read. */
import type * as vscode from 'vscode';
import { isTerraform } from '../core/look.ts';
import { showBesideTree, type BesideTree } from './beside.ts';
import { diagnosticOf } from './diagnostics.ts';
import type { LintThread } from './thread.ts';

export const showDrift = (thread: LintThread, beside: BesideTree): vscode.Disposable =>
  showBesideTree('kubeflow-irsa-drift', beside, async ({ document, file, options, known }) => {
    const files = isTerraform(file.path) ? beside.findings.files(document) : [];
    const declared = await thread.run('declared', { file, files });
    const found =
      declared.length === 0 ? [] : await thread.run('drift', { file, files, options, things: known.held(declared) });
    return found.map((one) => diagnosticOf(one, document, beside.findings));
  });
