/** A run that did not end, on top of the tree. */
import { l10n } from 'vscode';
import { commandId } from '../../ids.ts';
import { runNode, type RunNode } from '../nodes.ts';
import { joined, plain } from '../row.ts';
import type { NodeKind } from './kind.ts';

/** What the tree is told of a run that did not end. */
export interface Unfinished {
  readonly id: string;
  /** What it is about: "profile team-x on dev (us-west-2)". */
  readonly about: string;
  /** How many of its changes are done, of how many. */
  readonly done: number;
  readonly of: number;
  /** When it began, as a person reads it. */
  readonly began: string;
  /** The identity that it was made with, where that is no longer chosen: what to do. */
  readonly unchosen?: string;
}

/** What the tree is told of the journal. */
export interface Untold {
  readonly unfinished: readonly Unfinished[];
  /** Files that tell nothing, and why. */
  readonly unread: readonly { readonly file: string; readonly problem: string }[];
}

export const runOf = ({ id, about, done, of, began, unchosen }: Unfinished): RunNode =>
  runNode({
    run: id,
    // How far it came first: a narrow side bar cuts what comes last.
    description: joined(l10n.t('{0} of {1} done', done, of), about, unchosen ?? began),
    isReady: unchosen === undefined,
    lines: [
      l10n.t('Unfinished run: {0}', about),
      l10n.t('Began {0}. {1} of {2} changes are done.', began, done, of),
      unchosen ?? l10n.t('Resume goes on from there. Undo takes back what was done.'),
    ].join('\n'),
  });

export const run: NodeKind<RunNode> = {
  row: ({ description, isReady }) => ({
    label: l10n.t('Unfinished run'),
    description: plain(description),
    icon: 'history',
    color: 'list.warningForeground',
    context: ['run', isReady && 'ready'].filter(Boolean).join(';'),
    spoken: plain(l10n.t('Unfinished run: {0}', description.replaceAll(' · ', ', '))),
    expand: 'no',
  }),
  tooltip: ({ lines }) => lines.split('\n').map((line) => plain(line, 500)),
  command: ({ run: id }) => ({ id: commandId('showRuns'), title: l10n.t('Show'), arguments: [{ run: id }] }),
};
