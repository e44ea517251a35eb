/** The clusters of one AWS identity in one region, where there are several of these. */
import { l10n } from 'vscode';
import type { Reading } from '../../core/reading.ts';
import { needsSignIn } from '../../estate/empty.ts';
import type { SourceState } from '../../estate/sources.ts';
import { sourceId } from '../../source.ts';
import { clusterNode, sortedNames, type GroupNode, type TreeNode } from '../nodes.ts';
import { joined, plain, whyNot, type Row } from '../row.ts';
import type { NodeKind, Tree } from './kind.ts';
import { denied, error } from './message.ts';

/** Groups are open from the start up to this many of them. */
const OPEN = 4;

/** The clusters of a source, as far as they are shown. */
export function clustersOf(
  { names, source }: SourceState,
  group: GroupNode | undefined,
  tree: Tree,
): readonly TreeNode[] {
  if (names === undefined) return [];
  if (names.state !== 'found') {
    // Why is what one wants to know, and a narrow side bar cuts what comes last.
    const { region } = source;
    return [names.state === 'denied' ? denied(group, region, names.permission) : error(group, region, names)];
  }
  return sortedNames(names.value)
    .filter((name) => isShown(source, name, tree))
    .map((name) => clusterNode(source, name, group));
}

function isShown(source: SourceState['source'], name: string, { estate, shown }: Tree): boolean {
  const entry = estate.entry(source, name);
  return shown.cluster(entry, estate.hasProvider(entry));
}

/** What is known of the clusters of a group. */
export interface GroupView {
  readonly names: Reading<readonly string[]> | undefined;
  readonly account: string | undefined;
  readonly open: boolean;
  /** Whether several AWS profiles, or several regions, are shown. */
  readonly several: { readonly awsProfiles: boolean; readonly regions: boolean };
}

export function groupRow(node: GroupNode, { names, account, open, several }: GroupView): Row {
  const who = node.awsProfile ?? l10n.t('default chain');
  const label = several.awsProfiles ? (several.regions ? `${who} · ${node.region}` : who) : node.region;
  const count =
    names?.state !== 'found'
      ? undefined
      : names.value.length === 1
        ? l10n.t('1 cluster')
        : l10n.t('{0} clusters', names.value.length);
  const trouble = names === undefined || names.state === 'found' ? undefined : whyNot(names);
  const state = trouble ?? count ?? l10n.t('reading…');
  return {
    label: plain(label),
    description: plain(joined(state, several.awsProfiles && account)),
    icon: several.awsProfiles ? 'account' : 'globe',
    ...(trouble === undefined ? {} : { color: 'list.warningForeground' }),
    context: ['group', trouble !== undefined && 'failed', needsSignIn(names) && 'signIn'].filter(Boolean).join(';'),
    spoken: plain(
      several.awsProfiles
        ? l10n.t('AWS profile {0}, region {1}, {2}', who, node.region, state)
        : l10n.t('Region {0}, {1}', node.region, state),
    ),
    expand: open ? 'open' : 'closed',
  };
}

function viewOf(node: GroupNode, { estate, groups }: Tree): GroupView {
  const all = estate.sources;
  const names = all.find(({ source }) => sourceId(source) === sourceId(node))?.names;
  return {
    names,
    account: estate.account(node),
    open: groups <= OPEN,
    several: {
      awsProfiles: new Set(all.map(({ source }) => source.awsProfile)).size > 1,
      regions: new Set(all.map(({ source }) => source.region)).size > 1 && !needsSignIn(names),
    },
  };
}

export const group: NodeKind<GroupNode> = {
  children: (node, tree) => {
    const its = tree.estate.sources.find(({ source }) => sourceId(source) === sourceId(node));
    return its === undefined ? [] : clustersOf(its, node, tree);
  },
  row: (node, tree) => groupRow(node, viewOf(node, tree)),
  tooltip: (node, tree) => [groupRow(node, viewOf(node, tree)).spoken],
};
