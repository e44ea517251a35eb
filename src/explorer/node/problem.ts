/** A problem of a profile, or a remark: a failure mode of the catalogue. */
import { l10n, Uri } from 'vscode';
import { driftFinding, type Difference } from '../../core/drift/compare.ts';
import { failureMode } from '../../core/modes/table.ts';
import type { Judgement } from '../../core/modes/live.ts';
import { commandId } from '../../ids.ts';
import { problemNode, type ProblemNode, type ProfileNode } from '../nodes.ts';
import { lines, plain, type Row } from '../row.ts';
import type { Files, NodeKind } from './kind.ts';

export const problemsBelow = (node: ProfileNode, { problems, remarks }: Judgement): readonly ProblemNode[] =>
  [...problems, ...remarks].map(({ id, message, remedy, remark }) =>
    problemNode(node, {
      failureMode: id,
      label: failureMode(id).title,
      message,
      ...(remedy === undefined ? {} : { remedy }),
      ...(remark === undefined ? {} : { remark }),
    }),
  );

/** A difference in words, with its file. */
export const driftWords = (one: Difference): string => `${one.file}: ${driftFinding(one).message}`;

/** Differences from files: one row a thing and setting. A click opens the file, where it is marked. */
export const driftBelow = (node: ProfileNode, drift: readonly Difference[], files: Files): readonly ProblemNode[] =>
  drift.map((one) => {
    const uri = files.uri(one.file);
    return problemNode(
      node,
      {
        failureMode: DRIFT,
        label: l10n.t('Drift: {0}', one.what),
        message: driftWords(one),
        ...(uri === undefined ? {} : { uri }),
        remark: true,
      },
      `${one.file}/${one.thing}/${one.what}`,
    );
  });
const DRIFT = 'KP-090';

export function problemRow(node: ProblemNode): Row {
  return {
    label: plain(node.label),
    description: plain(node.message),
    icon: node.remark === true ? 'info' : 'warning',
    ...(node.remark === true ? {} : { color: 'list.warningForeground' }),
    context: ['problem', node.remedy].filter(Boolean).join(';'),
    spoken: plain(
      node.remark === true
        ? l10n.t('Remark {0}: {1}. {2}', node.failureMode, node.label, node.message)
        : l10n.t('Problem {0}: {1}. {2}', node.failureMode, node.label, node.message),
    ),
    expand: 'no',
  };
}

export const problem: NodeKind<ProblemNode> = {
  row: problemRow,
  tooltip: ({ failureMode: id, message }) => {
    const { symptom, fix } = failureMode(id as Parameters<typeof failureMode>[0]);
    return lines(`${id}: ${message}`, l10n.t('Symptom: {0}', symptom), l10n.t('Fix: {0}', fix));
  },
  command: ({ failureMode: id, uri }) =>
    uri === undefined
      ? { id: commandId('showFailureMode'), title: l10n.t('Explain'), arguments: [id] }
      : { id: 'vscode.open', title: l10n.t('Open'), arguments: [Uri.parse(uri)] },
};
