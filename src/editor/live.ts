/** What the tree shows of a live profile, at the lines of an open file that are about it, with what mends or explains it. */
import * as vscode from 'vscode';
import { commandId, MANIFEST_SCHEME } from '../ids.ts';
import { placeOfUri } from '../explorer/manifestUri.ts';
import type { LiveFinding } from '../live.ts';
import { remedyCommand } from '../wizard/remedies.ts';
import { showBesideTree, type BesideTree } from './beside.ts';
import { diagnosticOf } from './diagnostics.ts';
import { SELECTOR } from './look.ts';
import type { LintThread } from './thread.ts';

const { l10n } = vscode;

export function showLive(thread: LintThread, beside: BesideTree): vscode.Disposable {
  const { findings } = beside;
  /** By document, each with what it was made of. */
  const shown = new Map<string, readonly { readonly diagnostic: vscode.Diagnostic; readonly its: LiveFinding }[]>();

  const collection = showBesideTree(
    'kubeflow-irsa-live',
    beside,
    async ({ document, file, options, known }) => {
      const subjects = await thread.run('subjects', { file });
      const only = document.uri.scheme === MANIFEST_SCHEME ? placeOfUri(document.uri) : undefined;
      const seen = subjects.length === 0 ? [] : known.findings(subjects, only);
      // What lint says is that of the folder: it may come later than the tree's.
      const said = await findings.of(document);
      const found =
        seen.length === 0
          ? []
          : await thread.run('placed', {
              ...{ file, options, subjects },
              seen: seen.map(({ subject, id, message, severity }) => ({ subject, id, message, severity })),
              said: said.map(({ id, start, end }) => ({ id, start, end })),
            });
      const told = new Set<string>();
      const all = found.flatMap(({ finding, of }) => {
        const its = seen[of];
        // Two profiles may have one role.
        const key = JSON.stringify([finding.id, finding.start, finding.end, its?.where]);
        if (its === undefined || told.has(key)) return [];
        told.add(key);
        const diagnostic = diagnosticOf(finding, document, findings);
        diagnostic.source = `${String(diagnostic.source)}, ${l10n.t('live on {0}', its.where)}`;
        return [{ diagnostic, its }];
      });
      shown.set(document.uri.toString(), all);
      return all.map(({ diagnostic }) => diagnostic);
    },
    (uri) => shown.delete(uri.toString()),
  );

  const actions = vscode.languages.registerCodeActionsProvider(
    SELECTOR,
    {
      provideCodeActions: (document, range, { only }) => {
        if (only && !only.contains(vscode.CodeActionKind.QuickFix)) return [];
        const all = shown.get(document.uri.toString()) ?? [];
        const here = all.filter(({ diagnostic }) => diagnostic.range.intersection(range) !== undefined);
        return actionsOf(here, document);
      },
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );
  return vscode.Disposable.from(collection, actions);
}

/** What the tree offers at findings: what mends them, once for all that one plan mends, and the page of each. */
function actionsOf(
  here: readonly { readonly diagnostic: vscode.Diagnostic; readonly its: LiveFinding }[],
  { uri }: vscode.TextDocument,
): vscode.CodeAction[] {
  const actions = new Map<string, vscode.CodeAction>();
  const offer = (command: vscode.Command, diagnostic: vscode.Diagnostic): void => {
    const key = JSON.stringify(command);
    const action = actions.get(key) ?? new vscode.CodeAction(command.title, vscode.CodeActionKind.QuickFix);
    action.command = command;
    action.diagnostics = [...(action.diagnostics ?? []), diagnostic];
    actions.set(key, action);
  };
  for (const { diagnostic, its } of here) {
    const { remedy, cluster, region, awsProfile, profile, where } = its;
    if (remedy === undefined || (remedy === 'openManifest' && uri.scheme === MANIFEST_SCHEME)) continue;
    const command = remedyCommand(remedy, {
      ...{ cluster, region, profile },
      ...(awsProfile === undefined ? {} : { awsProfile }),
    });
    offer({ ...command, title: `${command.title} (${l10n.t('{0} on {1}', profile, where)})` }, diagnostic);
  }
  for (const { diagnostic, its } of here)
    offer(
      { title: l10n.t('What is {0}?', its.id), command: commandId('showFailureMode'), arguments: [its.id] },
      diagnostic,
    );
  return [...actions.values()];
}
