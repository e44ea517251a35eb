/** A Kubeflow profile. */
import { roleNameOf } from '../../core/arn/arn.ts';
import { makerOfProfile, otherMaker } from '../../core/maker.ts';
import { counted, type Judgement, type StateKind } from '../../core/modes/live.ts';
import { roleArnOf, type ProfileView } from '../../core/modes/view.ts';
import type { ProfileNode } from '../nodes.ts';
import { joined, lines, plain, type Row } from '../row.ts';
import { factsBelow } from './fact.ts';
import type { NodeKind, Tree } from './kind.ts';
import { unlistedBelow, unreadBelow } from './message.ts';
import { problemsBelow } from './problem.ts';

/** Icon and colour of a profile's state. */
const STATES: Readonly<Record<StateKind, { readonly icon: string; readonly color?: string }>> = {
  works: { icon: 'pass-filled', color: 'testing.iconPassed' },
  'works-elsewhere': { icon: 'pass', color: 'list.warningForeground' },
  'not-verified': { icon: 'circle-outline' },
  'failed-verification': { icon: 'error', color: 'list.errorForeground' },
  problems: { icon: 'warning', color: 'list.warningForeground' },
  'cannot-read': { icon: 'lock' },
  creating: { icon: 'loading~spin' },
  deleting: { icon: 'trash' },
  reading: { icon: 'loading~spin' },
};

export function profileRow(node: ProfileNode, readings: ProfileView | undefined, judgement: Judgement): Row {
  const { icon, color } = STATES[judgement.state];
  const arn = readings && roleArnOf(readings);
  const role = arn === undefined ? undefined : (roleNameOf(arn) ?? arn);
  const owner = readings?.profile.spec?.owner?.name;
  const remarks = judgement.remarks.length > 0 && counted(judgement.remarks.length, 'remark');
  return {
    label: plain(node.profile),
    description: plain(joined(judgement.words, remarks, role)),
    icon,
    ...(color === undefined ? {} : { color }),
    context: [
      'kubeflowProfile',
      judgement.state,
      role !== undefined && 'irsa',
      [...judgement.problems, ...judgement.remarks].some(({ remedy }) => remedy === 'repair') && 'repairable',
    ]
      .filter(Boolean)
      .join(';'),
    spoken: plain(
      `Kubeflow profile ${node.profile}, ${judgement.words}${remarks === false ? '' : `, ${remarks}`}${role === undefined ? ', no role' : `, role ${role}`}${owner === undefined ? '' : `, owner ${owner}`}`,
    ),
    expand: 'closed',
  };
}

/** Lines of a profile's tooltip. */
export function profileTooltip(node: ProfileNode, readings: ProfileView | undefined, judgement: Judgement): string[] {
  const owner = readings?.profile.spec?.owner;
  const maker = readings === undefined ? undefined : otherMaker(makerOfProfile(readings.profile));
  return lines(
    `Kubeflow profile ${node.profile}: ${judgement.words}`,
    owner?.name === undefined ? '' : `Owner: ${owner.name}`,
    maker === undefined ? '' : `${maker.charAt(0).toUpperCase()}${maker.slice(1)}`,
    ...[...judgement.problems, ...judgement.remarks].map(({ id, message }) => `${id}: ${message}`),
    ...judgement.unread.map(
      ({ what, permission, reason }) => `Not read: ${what} (${permission ?? reason ?? 'unknown'})`,
    ),
    judgement.state === 'not-verified'
      ? 'All that was read is right. Verify proves it: the role is assumed and an object is written.'
      : '',
  );
}

const known = (node: ProfileNode, tree: Tree): readonly [ProfileView | undefined, Judgement] =>
  tree.clusterOf(node)?.known(node.profile) ?? [undefined, NOT_THERE];
const NOT_THERE: Judgement = { state: 'reading', words: 'reading…', problems: [], remarks: [], unread: [] };

export const profile: NodeKind<ProfileNode> = {
  children: async (node, tree) => {
    const entry = tree.clusterOf(node);
    const readings = entry?.estate?.readings(node.profile);
    if (entry?.estate === undefined || readings === undefined) return [];
    const judgement = entry.judge(node.profile) ?? entry.known(node.profile)[1];
    const [accounts, bindings] = await Promise.all([
      entry.estate.serviceAccounts(node.profile),
      entry.estate.bindings(node.profile),
    ]);
    return [
      ...problemsBelow(node, judgement),
      ...unreadBelow(node, judgement),
      ...unlistedBelow(node, 'contributors', bindings),
      ...factsBelow(node, { readings, accounts, bindings }),
    ];
  },
  row: (node, tree) => profileRow(node, ...known(node, tree)),
  tooltip: (node, tree) => profileTooltip(node, ...known(node, tree)),
};
