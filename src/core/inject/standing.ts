/** What a pod gets in AWS and why: of one that was tried, and of one that runs. One table of states; who shows them reads it. */
import type { FailureModeId } from '../modes/ids.ts';
import type { ProfileView } from '../modes/view.ts';
import type { Pod, PodContainer, PodDefault } from '../observation.ts';
import { phrase, type Phrase } from '../phrase.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { ROLE_ANNOTATION } from '../profile/names.ts';
import { valueOf } from '../reading.ts';
import type { Answer, Tried } from './answer.ts';
import {
  containersOf,
  identityOf,
  isSet,
  REGION_VARIABLES,
  ROLE_VARIABLE,
  SKIP_CONTAINERS,
  SKIP_LABEL,
  valueIn,
  type Identity,
} from './identity.ts';
import { TEMPLATES } from './templates.ts';
import { identityWebhook } from './webhooks.ts';

/** How long the webhook may not know a service account or its annotation, in milliseconds; it waits a tenth of a second itself. */
const CACHE = 10_000;

/** What is said of a pod. */
interface Said {
  readonly role?: string;
  /** What the annotation says. */
  readonly wanted?: string;
  readonly region?: string;
  /** The PodDefault that does it. */
  readonly podDefault?: string;
  /** Containers that it is about. */
  readonly containers?: string;
  /** A webhook, and what it said. */
  readonly webhook?: string;
  readonly uncalled?: true;
  readonly message?: string;
  readonly account?: string;
  readonly ready?: string;
}
interface State {
  /** The failure mode that it is; absent: it is as it is wanted, or nothing is known. */
  readonly id?: FailureModeId;
  readonly why: (said: Said) => Phrase;
}
const states = <const K extends string>(rows: Readonly<Record<K, State>>): Readonly<Record<K, State>> => rows;

export const STATES = states({
  sound: { why: ({ role = '' }) => phrase('the webhook of EKS gives it the role of the annotation: {0}', role) },
  'pod-identity': { why: () => phrase('it has a Pod Identity association') },
  'not-annotated': { why: () => phrase('{0} names no role, and has no Pod Identity association', SERVICE_ACCOUNT) },
  'not-permitted': { why: ({ message = '' }) => phrase('it could not be tried: you may not {0}', message) },
  'no-dry-run': {
    why: ({ webhook = '' }) => phrase('it could not be tried: the webhook {0} does not allow dry runs', webhook),
  },
  failed: { why: ({ message = '' }) => phrase('it could not be tried: {0}', message) },
  rejected: {
    why: ({ webhook, uncalled, message = '' }) => {
      if (webhook === undefined) return phrase('it would be refused: {0}', message);
      if (uncalled === true)
        return phrase('it would be refused, as the webhook {0} cannot be called: {1}', webhook, message);
      return message === ''
        ? phrase('the webhook {0} would refuse it, and does not say why', webhook)
        : phrase('the webhook {0} would refuse it: {1}', webhook, message);
    },
  },
  'no-webhook': { id: 'KP-065', why: () => phrase('the cluster has no webhook of EKS: nothing is given to any pod') },
  unreached: {
    id: 'KP-065',
    why: ({ webhook = '' }) =>
      phrase(
        'the webhook {0} gives nothing: the API server does not reach it, or does not trust its certificate',
        webhook,
      ),
  },
  'skipped-pod': {
    id: 'KP-065',
    why: ({ podDefault }) =>
      podDefault === undefined
        ? phrase('its label {0} keeps the webhook of EKS away', SKIP_LABEL)
        : phrase('PodDefault {0} gives it the label {1}, which keeps the webhook of EKS away', podDefault, SKIP_LABEL),
  },
  'skipped-containers': {
    id: 'KP-065',
    why: ({ containers = '', podDefault }) =>
      podDefault === undefined
        ? phrase('its annotation {0} leaves out {1}', SKIP_CONTAINERS, containers)
        : phrase(
            'PodDefault {0} gives it the annotation {1}, which leaves out {2}',
            podDefault,
            SKIP_CONTAINERS,
            containers,
          ),
  },
  'too-early': {
    why: () => phrase('the annotation is so new that the webhook of EKS may not know it yet: try again in a moment'),
  },
  missed: {
    id: 'KP-066',
    why: () => phrase('it is younger than the annotation, and the webhook of EKS gave it nothing all the same'),
  },
  older: { id: 'KP-050', why: () => phrase('it is older than the annotation: it gets the role when it is made again') },
  stale: {
    id: 'KP-067',
    why: ({ role = '', wanted = '' }) =>
      wanted === ''
        ? phrase('it has the role {0}, and the service account names none any more', role)
        : phrase('it has the role {0}, the annotation says {1}', role, wanted),
  },
  'own-half': {
    id: 'KP-067',
    why: ({ role = '' }) =>
      phrase(
        'its template sets the role {0} without a token: the webhook of EKS leaves that, and no SDK can use it',
        role,
      ),
  },
  'pod-default-role': {
    id: 'KP-068',
    why: ({ podDefault = '', role = '' }) =>
      phrase('PodDefault {0} sets the role {1}, and the webhook of EKS leaves it', podDefault, role),
  },
  half: {
    id: 'KP-068',
    why: ({ podDefault = '', role = '' }) =>
      phrase(
        'PodDefault {0} sets the role {1} without a token: the webhook of EKS leaves that, and no SDK can use it',
        podDefault,
        role,
      ),
  },
  conflict: {
    id: 'KP-068',
    why: ({ podDefault = '', message = '' }) =>
      phrase('PodDefault {0} contradicts what EKS gives, so that it is refused: {1}', podDefault, message),
  },
  'other-region': {
    id: 'KP-068',
    why: ({ podDefault = '', region = '' }) =>
      phrase('the role is right, but PodDefault {0} sends it to the region {1}', podDefault, region),
  },
  'other-account': {
    id: 'KP-068',
    why: ({ podDefault = '', account = '' }) =>
      phrase('PodDefault {0} lets it run as service account {1}', podDefault, account),
  },
  'pod-default-keys': {
    id: 'KP-068',
    why: ({ podDefault = '' }) => phrase('PodDefault {0} sets AWS keys, which come before any role', podDefault),
  },
  keys: { id: 'KP-053', why: () => phrase('it has AWS keys in its environment, which come before any role') },
  beside: {
    id: 'KP-062',
    why: ({ wanted = '' }) =>
      phrase('its Pod Identity association comes before the role of the annotation, {0}', wanted),
  },
  'not-associated': {
    id: 'KP-070',
    why: ({ role = '' }) =>
      phrase('it has the role {0} of the annotation, although there is a Pod Identity association now', role),
  },
  'association-gone': {
    id: 'KP-070',
    why: () => phrase('it waits for Pod Identity, and there is no association for it any more'),
  },
  'no-agent': {
    id: 'KP-071',
    why: ({ ready }) =>
      ready === undefined
        ? phrase('it has a Pod Identity association, and the cluster has no Pod Identity agent')
        : phrase('it has a Pod Identity association, and the Pod Identity agent is ready on {0} nodes', ready),
  },
});
export type StateId = keyof typeof STATES;

/** What one pod gets. */
export interface Standing {
  readonly pod: Phrase;
  /** Of one that runs: its name. */
  readonly name?: string;
  readonly state: StateId;
  /** Undefined: it is not known. */
  readonly identity?: Identity;
  readonly role?: string;
  readonly region?: string;
  readonly podDefault?: string;
  readonly why: Phrase;
  /** What comes from whole Secrets or ConfigMaps, which are not read, may change it. */
  readonly unread?: readonly string[];
  readonly id?: FailureModeId;
  readonly of?: Pod;
  /** Of one that was tried and would not be made: by whom, and why. */
  readonly refused?: Extract<Answer, { readonly state: 'rejected' }>;
}

/** What it is judged by; what was not read is left open. */
export type InjectionView = Pick<
  ProfileView,
  'cluster' | 'serviceAccount' | 'associations' | 'webhooks' | 'podDefaults' | 'agent' | 'pods' | 'injection'
>;

const standing = (pod: Phrase, state: StateId, said: Said, more: Partial<Standing> = {}): Standing => {
  const { id, why }: State = STATES[state];
  const { role, region, podDefault } = said;
  return {
    pod,
    state,
    why: why(said),
    ...(id === undefined ? {} : { id }),
    ...(role === undefined ? {} : { role }),
    ...(region === undefined ? {} : { region }),
    ...(podDefault === undefined ? {} : { podDefault }),
    ...more,
  };
};

/** What pods that were tried would get. `now`: milliseconds since 1970. */
export function triedStandings(view: InjectionView, now: number): readonly Standing[] {
  return (valueOf(view.injection ?? NONE) ?? []).map((one) => triedStanding(one, view, now));
}
const NONE = { state: 'absent' } as const;

function triedStanding({ template, podDefault, answer }: Tried, view: InjectionView, now: number): Standing {
  const { title } = TEMPLATES[template];
  const name = podDefault === undefined ? title : phrase('{0} with PodDefault {1}', title, podDefault);
  switch (answer.state) {
    case 'made':
      return standingOf(answer.pod, name, view, { at: now, tried: true });
    case 'not-permitted':
      return standing(name, 'not-permitted', { message: answer.permission });
    case 'no-dry-run':
      return standing(name, 'no-dry-run', { webhook: answer.webhook });
    case 'failed':
      return standing(name, 'failed', { message: answer.why });
    case 'rejected': {
      const by = /^conflict occurred while applying poddefaults: (\S+) on pod/.exec(answer.why)?.[1];
      return by === undefined
        ? standing(name, 'rejected', { ...answer, message: answer.why }, { refused: answer })
        : standing(name, 'conflict', { podDefault: by, message: answer.why }, { refused: answer });
    }
  }
}

/** Why it is not known what new pods get although they were tried: each would be refused. */
export function allRefused(view: InjectionView): Phrase | undefined {
  const tried = triedStandings(view, 0);
  return tried.every(({ state }) => state === 'rejected') ? tried[0]?.why : undefined;
}

/** What the pods of `default-editor` have that run; those that are over are left out. */
export function runningStandings(view: InjectionView): readonly Standing[] {
  return (valueOf(view.pods ?? NONE) ?? [])
    .filter(({ serviceAccount, phase }) => serviceAccount === SERVICE_ACCOUNT && !/^(?:Succeeded|Failed)$/.test(phase))
    .map((pod) => ({
      ...standingOf(pod, phrase('pod {0}', pod.name), view, {
        at: pod.created === undefined ? Infinity : Date.parse(pod.created),
        tried: false,
      }),
      name: pod.name,
    }));
}

/** `at`: when the pod was made, or is. */
function standingOf(
  pod: Pod,
  name: Phrase,
  view: InjectionView,
  { at, tried }: { at: number; tried: boolean },
): Standing {
  const { cluster } = view;
  const account = valueOf(view.serviceAccount);
  const wanted = account?.annotations[ROLE_ANNOTATION] || undefined;
  const associated = valueOf(view.associations ?? NONE)?.some(
    (one) => one.namespace === pod.namespace && one.serviceAccount === SERVICE_ACCOUNT,
  );
  const counted = containersOf(pod);
  // The one that has the least tells of the pod: it is what fails.
  const rank: readonly Identity[] = ['none', 'keys', 'pod-identity', 'irsa'];
  const [worst] = [...counted].sort((a, b) => rank.indexOf(identityOf(a)) - rank.indexOf(identityOf(b)));
  const container: PodContainer = worst ?? { name: '', image: '', env: {}, from: {} };
  const identity = identityOf(container);
  const role = valueIn(container, ROLE_VARIABLE) ?? container.from[ROLE_VARIABLE];
  const region = REGION_VARIABLES.map((variable) => valueIn(container, variable)).find((one) => one !== undefined);
  const unread = [...new Set(counted.flatMap(({ envFrom = [] }) => envFrom))];
  const applied = appliedTo(pod, view);
  const givesOf = (gives: (one: PodDefault) => boolean): string | undefined => applied.find(gives)?.name;
  const being = (state: StateId, said: Said = {}): Standing => {
    const shown: Said = {
      ...(identity === 'irsa' && role !== undefined ? { role } : {}),
      ...(region === undefined ? {} : { region }),
      ...said,
    };
    return standing(name, state, shown, { identity, of: pod, ...(unread.length === 0 ? {} : { unread }) });
  };
  const by = (podDefault: string | undefined): Said => (podDefault === undefined ? {} : { podDefault });

  if (pod.serviceAccount !== SERVICE_ACCOUNT) {
    const gives = givesOf((one) => one.serviceAccount === pod.serviceAccount);
    return being('other-account', { account: pod.serviceAccount, podDefault: gives ?? '' });
  }
  if (identity === 'keys') {
    const gives = givesOf((one) => isSet(one, 'AWS_ACCESS_KEY_ID'));
    return gives === undefined ? being('keys') : being('pod-default-keys', { podDefault: gives });
  }
  if (identity === 'irsa') {
    const gives = role === undefined ? undefined : givesOf((one) => valueIn(one, ROLE_VARIABLE) === role);
    if (gives !== undefined && role !== wanted) return being('pod-default-role', { podDefault: gives });
    if (role !== wanted) return being('stale', { role: role ?? '', wanted: wanted ?? '' });
    if (associated === true) return being('not-associated');
    const sends = givesOf(
      (one) => region !== cluster.region && REGION_VARIABLES.some((key) => valueIn(one, key) === region),
    );
    return sends === undefined ? being('sound') : being('other-region', { podDefault: sends });
  }
  if (identity === 'pod-identity') {
    if (associated === false) return being('association-gone');
    const agent = agentOf(view);
    if (agent !== undefined) return being('no-agent', agent);
    return wanted === undefined ? being('pod-identity') : being('beside', { wanted });
  }

  if (Object.hasOwn(pod.labels, SKIP_LABEL))
    return being('skipped-pod', by(givesOf((one) => Object.hasOwn(one.labels, SKIP_LABEL))));
  const left = (pod.annotations[SKIP_CONTAINERS] ?? '').split(',');
  const without = counted.filter((one) => identityOf(one) === 'none' && left.includes(one.name)).map((one) => one.name);
  if (without.length > 0) {
    const gives = givesOf((one) => Object.hasOwn(one.annotations, SKIP_CONTAINERS));
    return being('skipped-containers', { containers: without.join(', '), ...by(gives) });
  }
  if (isSet(container, ROLE_VARIABLE)) {
    const half = givesOf((one) => isSet(one, ROLE_VARIABLE));
    return being(half === undefined ? 'own-half' : 'half', { role: role ?? '', ...by(half) });
  }
  if (wanted === undefined && associated !== true) return being('not-annotated');
  const since = account?.roleSince === undefined ? -Infinity : Date.parse(account.roleSince);
  // With an association it is not told since when.
  if (!tried && at < since) return being('older');
  const webhook = identityWebhook(view.webhooks);
  if (webhook === 'missing') return being('no-webhook');
  if (at - since < CACHE) return being('too-early');
  return tried ? being('unreached', { webhook: webhook?.configuration ?? '' }) : being('missed');
}

/** The PodDefaults that a pod was given, as its annotations say. */
function appliedTo(pod: Pod, { podDefaults }: InjectionView): readonly PodDefault[] {
  const names = new Set(
    Object.keys(pod.annotations).flatMap(
      (key) => /^poddefault\.admission\.kubeflow\.org\/poddefault-(.+)$/.exec(key)?.[1] ?? [],
    ),
  );
  return (valueOf(podDefaults ?? NONE) ?? []).filter((one) => one.namespace === pod.namespace && names.has(one.name));
}

/** What is said of the agent where it is missing or not ready everywhere; undefined: it is there, or it is not known. */
export function agentOf({ agent, cluster }: Pick<ProfileView, 'agent' | 'cluster'>): Said | undefined {
  if (cluster.autoMode === true) return undefined;
  if (agent?.state === 'absent') return {};
  const there = agent && valueOf(agent);
  return there === undefined || there.ready >= there.wanted ? undefined : { ready: `${there.ready}/${there.wanted}` };
}
