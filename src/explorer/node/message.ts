/** Something that could not be read, or that is not there: in place of children. */
import { l10n } from 'vscode';
import type { Judgement } from '../../core/modes/live.ts';
import { phrase, type Phrase } from '../../core/phrase.ts';
import type { Reading } from '../../core/reading.ts';
import { needsSignIn, type Empty } from '../../estate/empty.ts';
import { commandId, type CommandName } from '../../ids.ts';
import { messageNode, type MessageNode, type ProfileNode, type TreeNode } from '../nodes.ts';
import { plain, said, whyNot, type Row } from '../row.ts';
import type { NodeKind } from './kind.ts';

/** Where signing in may help, a click does that. */
export function error(parent: TreeNode | undefined, label: string, why: string | Reading<unknown>): MessageNode {
  const message = typeof why === 'string' ? why : whyNot(why);
  const signIn = typeof why !== 'string' && needsSignIn(why) && parent !== undefined;
  const command = signIn ? { command: { id: commandId('signIn'), title: l10n.t('Sign In') } } : {};
  return messageNode(parent, { tone: 'error', label, message, ...command });
}

export const denied = (parent: TreeNode | undefined, label: string, permission: string): MessageNode =>
  messageNode(parent, { tone: 'denied', label, message: l10n.t('you are not permitted to {0}', permission) });

export const nothing = (
  parent: TreeNode,
  label: string,
  message: string,
  command?: MessageNode['command'],
): MessageNode =>
  messageNode(parent, { tone: 'nothing', label, message, ...(command === undefined ? {} : { command }) });

const EMPTY: Readonly<
  Record<Empty, readonly [tone: MessageNode['tone'], message: Phrase, CommandName, title: Phrase]>
> = {
  noRegion: ['nothing', phrase('Select the regions of your clusters.'), 'selectRegions', phrase('Select Regions')],
  noCredentials: [
    'error',
    phrase('AWS does not accept your credentials, or there are none: sign in.'),
    'signIn',
    phrase('Sign In'),
  ],
  expired: ['error', phrase('Your AWS sign-in has expired: sign in.'), 'signIn', phrase('Sign In')],
  noClusters: [
    'nothing',
    phrase('There is no EKS cluster in the chosen regions.'),
    'selectRegions',
    phrase('Select Regions'),
  ],
  filtered: ['nothing', phrase('The filter hides all clusters.'), 'clearFilter', phrase('Show Everything')],
};

/** Why there are no clusters, where the welcome text of an empty view is not seen because other rows are there. */
export function empty(why: Empty): MessageNode {
  const [tone, message, command, title] = EMPTY[why];
  return messageNode(undefined, {
    tone,
    label: l10n.t('No clusters'),
    message: said(message),
    command: { id: commandId(command), title: said(title) },
  });
}

/** What of a profile could not be read. */
export const unreadBelow = (node: ProfileNode, { unread }: Judgement): readonly MessageNode[] =>
  unread.map(({ what, permission, reason }, at) => {
    const label = l10n.t('Not read: {0}', said(what));
    const message = permission === undefined ? error(node, label, reason ?? '') : denied(node, label, permission);
    return { ...message, id: `${node.id}/unread/${at}` };
  });

/** That something of a profile may not be listed: it may be there all the same. */
export function unlistedBelow(node: ProfileNode, what: Phrase, reading: Reading<unknown>): readonly MessageNode[] {
  if (reading.state === 'found' || reading.state === 'absent') return [];
  const label = l10n.t('Not read: {0}', said(what));
  const message = reading.state === 'denied' ? denied(node, label, reading.permission) : error(node, label, reading);
  return [{ ...message, id: `${node.id}/unlisted/${what[0]}` }];
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
