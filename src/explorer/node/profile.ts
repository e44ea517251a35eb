/** A Kubeflow profile. */
import { l10n } from 'vscode';
import { roleNameOf } from '../../core/arn/arn.ts';
import { managedSaid } from '../../core/drift/files.ts';
import { filedProfile, type FiledProfile } from '../../core/drift/profile.ts';
import { makerOfProfile } from '../../core/maker.ts';
import { READING, type Judgement, type StateKind } from '../../core/modes/live.ts';
import { roleArnOf, type ProfileView } from '../../core/modes/view.ts';
import { phrase } from '../../core/phrase.ts';
import type { ProfileNode } from '../nodes.ts';
import { joined, lines, plain, said, type Row } from '../row.ts';
import { factsBelow } from './fact.ts';
import type { NodeKind, Tree } from './kind.ts';
import { unlistedBelow, unreadBelow } from './message.ts';
import { driftBelow, driftWords, problemsBelow } from './problem.ts';

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

const remarksOf = (count: number): string | undefined =>
  count === 0 ? undefined : count === 1 ? l10n.t('1 remark') : l10n.t('{0} remarks', count);

export function profileRow(
  node: ProfileNode,
  readings: ProfileView | undefined,
  judgement: Judgement,
  filed: FiledProfile = NOT_FILED,
): Row {
  const { icon, color } = STATES[judgement.state];
  const arn = readings && roleArnOf(readings);
  const role = arn === undefined ? undefined : (roleNameOf(arn) ?? arn);
  const owner = readings?.profile.spec?.owner?.name;
  const remarks = remarksOf(judgement.remarks.length);
  const state = said(judgement.words);
  const maker = readings && managedSaid(makerOfProfile(readings.profile), filed.profile).by;
  const by = maker && said(maker);
  const drift = filed.drift.length > 0 && l10n.t('not as its file has it');
  return {
    label: plain(node.profile),
    description: plain(joined(state, remarks, drift, role, by)),
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
      [
        l10n.t('Kubeflow profile {0}', node.profile),
        state,
        remarks,
        drift,
        role === undefined ? l10n.t('no role') : l10n.t('role {0}', role),
        owner !== undefined && l10n.t('owner {0}', owner),
        by,
      ]
        .filter(Boolean)
        .join(', '),
    ),
    expand: 'closed',
  };
}

/** Lines of a profile's tooltip. */
export function profileTooltip(
  node: ProfileNode,
  readings: ProfileView | undefined,
  judgement: Judgement,
  filed: FiledProfile = NOT_FILED,
): string[] {
  const owner = readings?.profile.spec?.owner;
  const managed = readings === undefined ? [] : managedSaid(makerOfProfile(readings.profile), filed.profile).lines;
  return lines(
    l10n.t('Kubeflow profile {0}: {1}', node.profile, said(judgement.words)),
    owner?.name === undefined ? '' : l10n.t('Owner: {0}', owner.name),
    ...managed.map(said),
    ...filed.drift.map(driftWords),
    ...[...judgement.problems, ...judgement.remarks].map(({ id, message }) => `${id}: ${message}`),
    ...judgement.unread.map(({ what, permission, reason }) =>
      l10n.t('Not read: {0} ({1})', said(what), permission ?? reason ?? ''),
    ),
    judgement.state === 'not-verified'
      ? l10n.t('All that was read is right. Verify proves it: the role is assumed and an object is written.')
      : '',
  );
}

const NOT_FILED: FiledProfile = { profile: [], role: [], drift: [] };
const filedOf = (readings: ProfileView | undefined, tree: Tree): FiledProfile =>
  readings === undefined ? NOT_FILED : filedProfile(readings, tree.files.of);

const known = (node: ProfileNode, tree: Tree): readonly [ProfileView | undefined, Judgement] =>
  tree.clusterOf(node)?.known(node.profile) ?? [undefined, NOT_THERE];
const NOT_THERE: Judgement = { state: 'reading', words: READING, problems: [], remarks: [], unread: [] };

export const profile: NodeKind<ProfileNode> = {
  children: async (node, tree) => {
    const entry = tree.clusterOf(node);
    const readings = entry?.estate?.readings(node.profile);
    if (entry?.estate === undefined || readings === undefined) return [];
    const judgement = entry.judge(node.profile) ?? entry.known(node.profile)[1];
    const filed = filedOf(readings, tree);
    const [accounts, bindings] = await Promise.all([
      entry.estate.serviceAccounts(node.profile),
      entry.estate.bindings(node.profile),
    ]);
    return [
      ...problemsBelow(node, judgement),
      ...driftBelow(node, filed.drift, tree.files),
      ...unreadBelow(node, judgement),
      ...unlistedBelow(node, phrase('contributors'), bindings),
      ...factsBelow(node, { readings, accounts, bindings, filed }),
    ];
  },
  row: (node, tree) => {
    const [readings, judgement] = known(node, tree);
    return profileRow(node, readings, judgement, filedOf(readings, tree));
  },
  tooltip: (node, tree) => {
    const [readings, judgement] = known(node, tree);
    return profileTooltip(node, readings, judgement, filedOf(readings, tree));
  },
};
