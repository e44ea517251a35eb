/** Something that could not be read, or that is not there: in place of children. */
import type { Judgement } from '../../core/modes/live.ts';
import { reasonOf, type Reading } from '../../core/reading.ts';
import { needsSignIn, type Empty } from '../../estate/empty.ts';
import { commandId, type CommandName } from '../../ids.ts';
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

const EMPTY: Readonly<
  Record<Empty, readonly [tone: MessageNode['tone'], message: string, CommandName, title: string]>
> = {
  noRegion: ['nothing', 'Select the regions of your clusters.', 'selectRegions', 'Select Regions'],
  noCredentials: ['error', 'AWS does not accept your credentials, or there are none: sign in.', 'signIn', 'Sign In'],
  expired: ['error', 'Your AWS sign-in has expired: sign in.', 'signIn', 'Sign In'],
  noClusters: ['nothing', 'There is no EKS cluster in the chosen regions.', 'selectRegions', 'Select Regions'],
  filtered: ['nothing', 'The filter hides all clusters.', 'clearFilter', 'Show Everything'],
};

/** Why there are no clusters, where the welcome text of an empty view is not seen because other rows are there. */
export function empty(why: Empty): MessageNode {
  const [tone, message, command, title] = EMPTY[why];
  return messageNode(undefined, { tone, label: 'No clusters', message, command: { id: commandId(command), title } });
}

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
