/** What a row of the tree says, shows and is called: pure, from what was read. */
import { roleNameOf } from '../core/arn/arn.ts';
import { counted, type Judgement, type StateKind } from '../core/modes/live.ts';
import { roleArnOf } from '../core/modes/view.ts';
import type { ProfileReadings } from '../core/modes/view.ts';
import type { Cluster } from '../core/observation.ts';
import { AUDIENCE } from '../core/policy/build.ts';
import type { Reading } from '../core/reading.ts';
import type { ClusterFacts } from '../estate/cluster.ts';
import { needsSignIn } from '../estate/empty.ts';
import type { ClusterNode, FactNode, GroupNode, MessageNode, ProblemNode, ProfileNode } from './nodes.ts';

export interface Row {
  readonly label: string;
  readonly description: string;
  /** A codicon and, where the state is told by it, a theme colour; the state is in the words too. */
  readonly icon: string;
  readonly color?: string;
  /** Flags, joined by ";", that `when` clauses of menus look for. */
  readonly context: string;
  /** What a screen reader says: a sentence. */
  readonly spoken: string;
  readonly expand: 'no' | 'closed' | 'open';
}

/** Text from outside as plain text of one line: no control or direction characters, no icons. */
export const plain = (text: string, length = 300): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll('$(', '$\u200b(')
    .trim()
    .slice(0, length);

const joined = (...parts: readonly (string | undefined | false)[]): string => parts.filter(Boolean).join(' · ');

/** Why a reading has no value, in a few words. */
export function reasonOf(reading: Reading<unknown>): string {
  switch (reading.state) {
    case 'denied':
      return `cannot read: ${reading.permission}`;
    case 'failed':
      return reading.reason;
    case 'absent':
      return 'not there';
    case 'found':
      return '';
  }
}

/** The tag of an image, such as `v1.10.0`; undefined where it has none. */
export const imageTag = (image: string): string | undefined => /:([\w][\w.-]*)(@sha256:[0-9a-f]+)?$/.exec(image)?.[1];

/** What is known of a cluster for its row. */
export interface ClusterView {
  /** undefined: being read. */
  readonly cluster: Reading<Cluster> | undefined;
  /** Whether IAM has the cluster's OIDC provider; undefined: not known. */
  readonly hasProvider: boolean | undefined;
  /** After the first look into the cluster. */
  readonly facts: ClusterFacts | undefined;
  /** Profiles with a problem, and all. */
  readonly counts: { readonly problems: number; readonly profiles: number } | undefined;
  /** What the tree's groups do not say already. */
  readonly show: { readonly region: boolean; readonly account: boolean };
  /** Whether it was open when it was last seen. */
  readonly open: boolean;
}

const KUBEFLOW = 'Kubeflow';

/** State of the OIDC provider, in words. */
export function providerWords(view: Pick<ClusterView, 'hasProvider' | 'facts'>): string | undefined {
  const reading = view.facts?.provider;
  if (reading?.state === 'found') {
    return reading.value.clientIds.includes(AUDIENCE) ? 'OIDC provider' : `OIDC provider without ${AUDIENCE}`;
  }
  if (reading?.state === 'absent' || view.hasProvider === false) return 'no OIDC provider';
  return view.hasProvider === true ? 'OIDC provider' : undefined;
}

function unreachable({ cluster, facts }: ClusterView): string | undefined {
  if (cluster !== undefined && cluster.state !== 'found') return reasonOf(cluster);
  if (facts?.lost !== undefined) return `${facts.lost.how}: ${facts.lost.reason}`;
  if (facts?.api.state === 'denied') return reasonOf(facts.api);
  return facts?.api.state === 'failed' ? `unreachable: ${facts.api.reason}` : undefined;
}

export function clusterRow(node: ClusterNode, view: ClusterView): Row {
  const cluster = view.cluster?.state === 'found' ? view.cluster.value : undefined;
  const trouble = unreachable(view);
  const tag = view.facts?.controller.state === 'found' ? imageTag(view.facts.controller.value) : undefined;
  const oidc = providerWords(view);
  const active = cluster === undefined || cluster.status === 'ACTIVE' || cluster.status === 'UPDATING';
  const problems = view.counts?.problems ?? 0;
  const counts = problems === 0 ? undefined : `${problems} of ${view.counts?.profiles ?? 0} with problems`;
  const state =
    view.cluster === undefined
      ? 'reading…'
      : trouble !== undefined
        ? // What is cut off is listed now and then: what is said of it holds.
          joined(view.facts?.lost?.how === 'cut off' && counts, trouble)
        : active
          ? counts
          : cluster.status.toLowerCase();
  const region = view.show.region ? node.region : undefined;
  const versions = joined(
    cluster && `Kubernetes ${cluster.version}`,
    tag && `${KUBEFLOW} ${tag}`,
    oidc !== 'OIDC provider' && oidc,
  );
  const flags = [
    'eksCluster',
    cluster !== undefined && 'readable',
    oidc === 'no OIDC provider' && 'noOidcProvider',
    oidc?.startsWith('OIDC provider without') === true && 'noOidcProvider',
    trouble !== undefined && 'failed',
    needsSignIn(view.cluster) && 'signIn',
  ];
  const warns = trouble !== undefined || problems > 0 || !active;
  return {
    label: plain(node.cluster),
    description: plain(joined(state, region, view.show.account && cluster?.account, versions)),
    icon:
      view.cluster === undefined ? 'loading~spin' : trouble !== undefined ? 'debug-disconnect' : 'server-environment',
    ...(warns ? { color: 'list.warningForeground' } : {}),
    context: flags.filter(Boolean).join(';'),
    spoken: plain(
      `EKS cluster ${node.cluster}, ${joined(node.region, cluster?.account && `account ${cluster.account}`, versions, oidc, state).replaceAll(' · ', ', ')}`,
    ),
    expand: view.open ? 'open' : 'closed',
  };
}

/** Lines of a cluster's tooltip. */
export function clusterTooltip(node: ClusterNode, view: ClusterView): string[] {
  const cluster = view.cluster?.state === 'found' ? view.cluster.value : undefined;
  const { facts } = view;
  return [
    `EKS cluster ${node.cluster}`,
    `Region: ${node.region}`,
    node.awsProfile === undefined ? '' : `AWS profile: ${node.awsProfile}`,
    ...(cluster === undefined
      ? [view.cluster === undefined ? '' : `It cannot be read: ${reasonOf(view.cluster)}`]
      : [
          `Account: ${cluster.account}`,
          `Status: ${cluster.status}`,
          `Kubernetes: ${cluster.version}`,
          facts === undefined
            ? ''
            : `Kubeflow profile controller: ${facts.controller.state === 'found' ? facts.controller.value : reasonOf(facts.controller)}`,
          `OIDC issuer: ${cluster.issuer ?? 'none yet'}`,
          `IAM OIDC provider: ${providerWords(view) ?? 'not read'}`,
          facts?.api.state === 'found'
            ? `Connection: ${facts.api.value.connection}`
            : facts === undefined
              ? ''
              : `Kubernetes API: ${reasonOf(facts.api)}`,
        ]),
  ]
    .filter((line) => line !== '')
    .map((line) => plain(line, 500));
}

/** Icon and colour of a profile's state. */
const STATES: Readonly<Record<StateKind, { readonly icon: string; readonly color?: string }>> = {
  works: { icon: 'pass-filled', color: 'testing.iconPassed' },
  'not-verified': { icon: 'circle-outline' },
  'failed-verification': { icon: 'error', color: 'list.errorForeground' },
  problems: { icon: 'warning', color: 'list.warningForeground' },
  'cannot-read': { icon: 'lock' },
  creating: { icon: 'loading~spin' },
  deleting: { icon: 'trash' },
  reading: { icon: 'loading~spin' },
};

export function profileRow(node: ProfileNode, readings: ProfileReadings | undefined, judgement: Judgement): Row {
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
      judgement.problems.some(({ remedy }) => remedy === 'repair') && 'repairable',
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
export function profileTooltip(
  node: ProfileNode,
  readings: ProfileReadings | undefined,
  judgement: Judgement,
): string[] {
  const owner = readings?.profile.spec?.owner;
  return [
    `Kubeflow profile ${node.profile}: ${judgement.words}`,
    owner?.name === undefined ? '' : `Owner: ${owner.name}`,
    ...[...judgement.problems, ...judgement.remarks].map(({ id, message }) => `${id}: ${message}`),
    ...judgement.unread.map(
      ({ what, permission, reason }) => `Not read: ${what} (${permission ?? reason ?? 'unknown'})`,
    ),
    judgement.state === 'not-verified'
      ? 'All that was read is right. Verify proves it: the role is assumed and an object is written.'
      : '',
  ]
    .filter((line) => line !== '')
    .map((line) => plain(line, 500));
}

const FACTS: Readonly<Record<FactNode['kind'], { readonly icon: string; readonly spoken: string }>> = {
  serviceAccount: { icon: 'account', spoken: 'Service account' },
  role: { icon: 'key', spoken: 'Role' },
  bucket: { icon: 'database', spoken: 'Bucket' },
  pipelineRoot: { icon: 'output', spoken: 'Pipeline root' },
};

export function factRow(node: FactNode): Row {
  const { icon, spoken } = FACTS[node.kind];
  return {
    label: plain(node.label),
    description: plain(node.description),
    icon,
    context: [node.kind, node.roleArn !== undefined && 'hasRole'].filter(Boolean).join(';'),
    spoken: plain(`${spoken} ${node.label}, ${node.description}`),
    expand: 'no',
  };
}

export function problemRow(node: ProblemNode): Row {
  return {
    label: plain(node.label),
    description: plain(node.message),
    icon: node.remark === true ? 'info' : 'warning',
    ...(node.remark === true ? {} : { color: 'list.warningForeground' }),
    context: ['problem', node.remedy].filter(Boolean).join(';'),
    spoken: plain(`${node.remark === true ? 'Remark' : 'Problem'} ${node.failureMode}: ${node.label}. ${node.message}`),
    expand: 'no',
  };
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

/** What is known of the clusters of a group. */
export interface GroupView {
  readonly names: Reading<readonly string[]> | undefined;
  readonly account: string | undefined;
  readonly open: boolean;
  /** Whether several AWS profiles, or several regions, are shown. */
  readonly several: { readonly awsProfiles: boolean; readonly regions: boolean };
}

export function groupRow(node: GroupNode, { names, account, open, several }: GroupView): Row {
  const who = node.awsProfile ?? 'default chain';
  const label = several.awsProfiles ? (several.regions ? `${who} · ${node.region}` : who) : node.region;
  const count =
    names?.state === 'found' ? `${names.value.length} ${names.value.length === 1 ? 'cluster' : 'clusters'}` : undefined;
  const trouble = names === undefined || names.state === 'found' ? undefined : reasonOf(names);
  return {
    label: plain(label),
    description: plain(joined(trouble ?? count ?? 'reading…', several.awsProfiles && account)),
    icon: several.awsProfiles ? 'account' : 'globe',
    ...(trouble === undefined ? {} : { color: 'list.warningForeground' }),
    context: ['group', trouble !== undefined && 'failed', needsSignIn(names) && 'signIn'].filter(Boolean).join(';'),
    spoken: plain(
      `${several.awsProfiles ? `AWS profile ${who}, region` : 'Region'} ${node.region}, ${trouble ?? count ?? 'reading'}`,
    ),
    expand: open ? 'open' : 'closed',
  };
}
