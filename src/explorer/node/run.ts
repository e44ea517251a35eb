/** A run that did not end, on top of the tree. */
import { commandId } from '../../ids.ts';
import { runNode, type RunNode } from '../nodes.ts';
import { plain } from '../row.ts';
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
    label: about,
    description: [`${done} of ${of} done`, unchosen ?? began].join(' · '),
    isReady: unchosen === undefined,
    lines: [
      `Unfinished run: ${about}`,
      `Began ${began}. ${done} of ${of} changes are done.`,
      unchosen ?? 'Resume goes on from there. Undo takes back what was done.',
    ].join('\n'),
  });

export const run: NodeKind<RunNode> = {
  row: ({ label, description, isReady }) => ({
    label: 'Unfinished run',
    description: plain(`${label} · ${description}`),
    icon: 'history',
    color: 'list.warningForeground',
    context: ['run', isReady && 'ready'].filter(Boolean).join(';'),
    spoken: plain(`Unfinished run: ${label}, ${description.replaceAll(' · ', ', ')}`),
    expand: 'no',
  }),
  tooltip: ({ lines }) => lines.split('\n').map((line) => plain(line, 500)),
  command: ({ run: id }) => ({ id: commandId('showRuns'), title: 'Show', arguments: [{ run: id }] }),
};
