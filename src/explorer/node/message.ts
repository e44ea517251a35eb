/** Something that could not be read, or that is not there: in place of children. */
import type { Judgement } from '../../core/modes/live.ts';
import { reasonOf, type Reading } from '../../core/reading.ts';
import { needsSignIn } from '../../estate/empty.ts';
import { commandId } from '../../ids.ts';
import { messageNode, type MessageNode, type ProfileNode, type TreeNode } from '../nodes.ts';
import { plain, type Row } from '../row.ts';
import type { NodeKind } from './kind.ts';

/** Where signing in may help, a click does that. */
export function error(parent: TreeNode | undefined, label: string, why: string | Reading<unknown>): MessageNode {
  const message = typeof why === 'string' ? why : reasonOf(why);
  const signIn = typeof why !== 'string' && needsSignIn(why) && parent !== undefined;
  const command = signIn ? { command: { id: commandId('signIn'), title: 'Sign In' } } : {};
  return messageNode(parent, { tone: 'error', label, message, ...command });
}

export const denied = (parent: TreeNode | undefined, label: string, permission: string): MessageNode =>
  messageNode(parent, { tone: 'denied', label, message: `you are not permitted to ${permission}` });

export const nothing = (
  parent: TreeNode,
  label: string,
  message: string,
  command?: MessageNode['command'],
): MessageNode =>
  messageNode(parent, { tone: 'nothing', label, message, ...(command === undefined ? {} : { command }) });

/** What of a profile could not be read. */
export const unreadBelow = (node: ProfileNode, { unread }: Judgement): readonly MessageNode[] =>
  unread.map(({ what, permission, reason }, at) => {
    const label = `Not read: ${what}`;
    const message = permission === undefined ? error(node, label, reason ?? '') : denied(node, label, permission);
    return { ...message, id: `${node.id}/unread/${at}` };
  });

/** That something of a profile may not be listed: it may be there all the same. */
export function unlistedBelow(node: ProfileNode, what: string, reading: Reading<unknown>): readonly MessageNode[] {
  if (reading.state === 'found' || reading.state === 'absent') return [];
  const label = `Not read: ${what}`;
  const message = reading.state === 'denied' ? denied(node, label, reading.permission) : error(node, label, reading);
  return [{ ...message, id: `${node.id}/unlisted/${what}` }];
}

export function messageRow(node: MessageNode): Row {
  const icon = { error: 'error', denied: 'lock', nothing: 'info' }[node.tone];
  return {
    label: plain(node.label),
    description: plain(node.message),
    icon,
    ...(node.tone === 'error' ? { color: 'list.errorForeground' } : {}),
    context: node.tone === 'nothing' ? 'nothing' : 'unread',
    spoken: plain(`${node.label}. ${node.message}`),
    expand: 'no',
  };
}

export const message: NodeKind<MessageNode> = {
  row: messageRow,
  tooltip: ({ label, message: text }) => [label, text].map((line) => plain(line, 500)),
  command: ({ command, parent }) => command && { ...command, arguments: [parent] },
};
