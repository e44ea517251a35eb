/** Explain Error: what an error text means, and what of it the tree shows. Asks no cloud and no cluster. */
import * as vscode from 'vscode';
import { explain, namedIn, type Explained } from '../core/explain/explain.ts';
import { spoken } from '../core/text.ts';
import { commandId } from '../ids.ts';
import type { SeenProblem } from '../live.ts';
import { Cancelled } from '../problem.ts';
import { documentUri, type Lens } from '../wizard/documents.ts';
import { remedyLens } from '../wizard/remedies.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** How many characters of the clipboard are taken for an error without being asked. */
const MOST_PASTED = 20_000;

/** Explains a text: that which is selected, else one that is asked for. */
export async function explainError({ documents, explorer }: Rooms, given: unknown): Promise<void> {
  const text = typeof given === 'string' ? given : (selected() ?? (await ask()));
  const { explained, unknown } = explain(text);
  const live = explorer.live();
  const seen = (one: Explained): readonly SeenProblem[] =>
    live?.problems(new Set(one.modes.map(({ id }) => id)), namedIn(one)) ?? [];
  const lines: string[] = [];
  const lenses: Lens[] = [];
  if (unknown)
    lines.push(
      l10n.t('Nothing in this text is an error that is known here.'),
      l10n.t('Give more of it: the operation, and the ARN of who called, stand in the lines around.'),
    );
  for (const one of explained) {
    if (lines.length > 0) lines.push('');
    lenses.push(...one.modes.slice(0, 3).map((mode) => lensOf(mode, lines.length)));
    lines.push(...paragraph(one));
    for (const problem of seen(one).slice(0, MOST_SEEN)) {
      if (problem.remedy !== undefined) lenses.push(remedyLens(problem.remedy, lines.length, problem));
      lines.push(
        l10n.t(
          'Seen now, in {0} on {1}: {2} {3}',
          problem.profile,
          problem.cluster,
          problem.id,
          spoken(problem.message),
        ),
      );
    }
  }
  if (!unknown && live === undefined)
    lines.push('', l10n.t('Open the view of EKS clusters, and explain it again, to see which of it is so now.'));
  const uri = documentUri(l10n.t('Explained error'), 'explain');
  await (await documents()).show(uri, `${lines.join('\n')}\n`, lenses);
}

/** Problems of the tree that are told with one error. */
const MOST_SEEN = 10;

const lensOf = ({ id }: Explained['modes'][number], line: number): Lens => ({
  line,
  title: `$(question) ${l10n.t('What is {0}?', id)}`,
  command: commandId('showFailureMode'),
  args: [id],
});

function paragraph({ says, certain, operation, principal, resource, denied, modes, next, quote }: Explained): string[] {
  const fact = (name: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [`  ${name}: ${spoken(value)}`];
  return [
    certain ? says : l10n.t('{0} (Not certain: this is what such a text comes of most often.)', says),
    ...fact(l10n.t('Operation'), operation),
    ...fact(l10n.t('Called by'), principal),
    ...fact(l10n.t('Resource'), resource),
    ...fact(l10n.t('Denied by'), denied?.policy),
    ...fact(l10n.t('The text'), quote),
    ...(modes.length === 0 ? [] : [`  ${l10n.t('It may be:')}`]),
    ...modes.map(({ id, title }) => `    ${id}  ${title}`),
    ...(next.length === 0 ? [] : [`  ${l10n.t('Next:')}`]),
    ...next.map((line) => `    ${line}`),
  ];
}

function selected(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  const text = editor?.document.getText(editor.selection) ?? '';
  return text.trim() === '' ? undefined : text;
}

/** Asks for the text. What was copied is taken where it is an error that is known: nobody wants to paste it again. */
async function ask(): Promise<string> {
  const copied = (await vscode.env.clipboard.readText()).slice(0, MOST_PASTED);
  const isKnown = copied.trim() !== '' && !explain(copied).unknown;
  // A prompt has one line.
  const value = isKnown ? copied.replaceAll(/\s*\n\s*/g, ' ') : '';
  const answer = await vscode.window.showInputBox({
    title: l10n.t('Explain Error'),
    prompt: l10n.t('An error, a log, or an event of CloudTrail. It stays on this machine.'),
    placeHolder: l10n.t('Such as: Not authorized to perform sts:AssumeRoleWithWebIdentity'),
    value,
  });
  if (answer === undefined || answer.trim() === '') throw new Cancelled();
  return answer === value ? copied : answer;
}
