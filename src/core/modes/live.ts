/** What is said of a profile in a cluster: its problems, and its state in words. */
import { allRefused } from '../inject/standing.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { irsaPlugin } from '../profile/manifest.ts';
import { causesOf } from '../profile/stuck.ts';
import { inEnglish, phrase, type Phrase, saying } from '../phrase.ts';
import { failed, type Reading, valueOf } from '../reading.ts';
import { writesElsewhere } from './artifacts.ts';
import type { Fact } from './mode.ts';
import type { Problem } from './problem.ts';
import type { LiveId } from './ids.ts';
import { specFaults } from './profile.ts';
import { isLive, liveJudges } from './table.ts';
import { organizationUnjudged } from './permissions/organization.ts';
import { trustUnjudged } from './trust/live.ts';
import { type ProfileView, roleArnOf } from './view.ts';

/** A fact that could not be read. */
export interface Unread {
  readonly what: Phrase;
  /** Which fact it is; absent: what could not be judged of facts that were read. */
  readonly fact?: Fact;
  /** Without a fact: the failure of which it is so. */
  readonly id?: LiveId;
  /** The permission that is lacking. */
  readonly permission?: string;
  /** Why else it could not be read. */
  readonly reason?: string;
  /** It changes nothing of the state: IRSA does not depend on it, or only a verification can tell. */
  readonly remark?: true;
}

/** What is said until something is known. */
export const READING = phrase('reading…');

export type StateKind =
  | 'works'
  | 'works-elsewhere'
  | 'not-verified'
  | 'problems'
  | 'cannot-read'
  | 'creating'
  | 'deleting'
  | 'reading'
  | 'failed-verification';

export interface Judgement {
  readonly state: StateKind;
  /** The state in words, short enough for a row of the tree. */
  readonly words: Phrase;
  readonly problems: readonly Problem[];
  /** Worth knowing; the state is what it is without them. */
  readonly remarks: readonly Problem[];
  readonly unread: readonly Unread[];
}

/** What the last verification of a profile showed; it counts only as long as what was read then is still so. */
export interface Verified {
  readonly outcome: 'verified' | 'checked' | 'failed';
  /** {@link fingerprint} of the readings at that time. */
  readonly fingerprint: string;
}

/** How long the profile controller may take for a new Profile before its objects count as missing, in milliseconds. */
const CREATION_TIME = 120_000;

/** What a Profile has for a moment while the controller makes its objects. */
const CONTROLLERS: ReadonlySet<string> = new Set<LiveId>(['KP-012', 'KP-013', 'KP-052', 'KP-088', 'KP-089']);

/** One text for all that a verification rests on: as long as it is the same, so is what was shown. */
export function fingerprint(readings: ProfileView): string {
  const role = valueOf(readings.role ?? { state: 'absent' });
  return JSON.stringify([
    readings.cluster.arn,
    readings.cluster.issuer,
    roleArnOf(readings),
    role?.trustPolicy,
    role?.inline.map(({ name, text }) => [name, text]),
    role?.attached,
    valueOf(readings.launcher)?.data,
    valueOf(readings.provider ?? { state: 'absent' })?.clientIds,
  ]);
}

/** How a fact is called where it could not be read. */
interface NamedFact {
  readonly what: Phrase;
  /** What a proof shows does not depend on it; whether that is all that was wanted does. */
  readonly remark?: true;
  /** Whether it matters here; absent: always. */
  readonly matters?: (readings: ProfileView) => boolean;
  /** Where it is several things: each with its name. */
  readonly parts?: (readings: ProfileView) => readonly (readonly [Phrase, Reading<unknown> | undefined])[];
}

/** All facts but the Profile, without which there is nothing to judge. Where pipelines write is told by the second only without the first. */
const NAMED: { readonly [F in Exclude<Fact, 'profile'>]-?: NamedFact } = {
  namespace: { what: phrase('the namespace') },
  serviceAccount: { what: phrase('service account {0}', SERVICE_ACCOUNT) },
  provider: { what: phrase('the OIDC provider') },
  role: { what: phrase('the role') },
  launcher: { what: phrase('ConfigMap kfp-launcher'), remark: true },
  pipelines: {
    what: phrase('deployment ml-pipeline'),
    remark: true,
    matters: ({ launcher }) => launcher.state === 'absent',
  },
  caller: { what: phrase('who reads'), remark: true },
  api: { what: phrase('the API server'), remark: true },
  controller: { what: phrase('the profile controller'), remark: true },
  controllerAccount: { what: phrase('the service account of the profile controller'), remark: true },
  controllerRole: { what: phrase('the role of the profile controller'), remark: true },
  servers: { what: phrase('service accounts of Kubeflow'), remark: true },
  workflowController: { what: phrase('ConfigMap workflow-controller-configmap'), remark: true },
  repositories: { what: phrase('ConfigMap artifact-repositories'), remark: true },
  pods: { what: phrase('the pods'), remark: true },
  annotated: { what: phrase('notebooks, model servers and workflows'), remark: true },
  bindings: { what: phrase('the role bindings'), remark: true },
  associations: { what: phrase('the Pod Identity associations'), remark: true },
  networkPolicies: { what: phrase('the network policies'), remark: true },
  mesh: { what: phrase('ConfigMap istio'), remark: true },
  serviceEntries: { what: phrase('the service entries of Istio'), remark: true },
  webhooks: { what: phrase('the mutating webhooks'), remark: true },
  podDefaults: { what: phrase('the PodDefaults'), remark: true },
  agent: { what: phrase('the Pod Identity agent'), remark: true },
  injection: {
    what: phrase('what a new pod gets'),
    remark: true,
    parts: (view) => {
      const refused = allRefused(view);
      const reading = refused === undefined ? view.injection : failed(saying(refused, inEnglish));
      return [[phrase('what a new pod gets'), reading]];
    },
  },
  providers: { what: phrase('the OIDC providers of the account'), remark: true },
  organization: {
    what: phrase('the organization of the account'),
    remark: true,
    parts: ({ organization }) => {
      const its = organization && valueOf(organization);
      if (its === undefined) return [[phrase('the organization of the account'), organization]];
      return [
        [phrase('the policies of organization {0} (SCPs, RCPs)', its.id), its.levels],
        ...(valueOf(its.levels) ?? []).flatMap(({ service = [], resource = [] }) =>
          [...service, ...resource].flatMap(({ id, name, unread }) =>
            unread === undefined
              ? []
              : [[phrase('policy {0} of the organization', `${name} (${id})`), failed(unread)] as const],
          ),
        ),
      ];
    },
  },
  endpoints: { what: phrase('the VPC endpoints of the cluster'), remark: true },
  association: { what: phrase('the Pod Identity association of {0}', SERVICE_ACCOUNT), remark: true },
  podRole: { what: phrase('the role of the Pod Identity association'), remark: true },
  policies: {
    what: phrase('the managed policies of the role'),
    remark: true,
    parts: ({ policies = {} }) =>
      Object.entries(policies).map(([arn, reading]) => [phrase('policy {0}', arn), reading]),
  },
  buckets: {
    what: phrase('the buckets'),
    remark: true,
    parts: ({ buckets = {} }) =>
      Object.entries(buckets).flatMap(([name, { bucket, encryption, policy, key }]) => [
        [phrase('bucket {0}', name), bucket],
        [phrase('the encryption of bucket {0}', name), encryption],
        [phrase('the policy of bucket {0}', name), policy],
        [phrase('the KMS key of bucket {0}', name), key],
      ]),
  },
};
/** What is read for a fact, in words. */
export const factWords = (fact: Fact): Phrase => (fact === 'profile' ? phrase('the Profile') : NAMED[fact].what);

const named = Object.entries(NAMED) as [keyof typeof NAMED, NamedFact][];
const isWhere = ({ fact }: Unread): boolean => fact === 'launcher' || fact === 'pipelines';

function unreadFacts(readings: ProfileView): Unread[] {
  const role = readings.role && valueOf(readings.role);
  const unjudged = role && trustUnjudged(readings, role);
  const trust: Unread[] =
    unjudged === undefined
      ? []
      : [
          {
            what: phrase('whether {0} lets in {1}', role?.name ?? '', SERVICE_ACCOUNT),
            id: 'KP-030',
            reason: unjudged,
            remark: true,
          },
        ];
  const unread = named.flatMap(([fact, { what, remark, matters, parts }]): Unread[] => {
    if (matters?.(readings) === false) return [];
    const all = parts?.(readings) ?? [[what, readings[fact] as Reading<unknown> | undefined] as const];
    return all.flatMap(([part, reading]): Unread[] => {
      const its = { what: part, fact, ...(remark === undefined ? {} : { remark }) };
      if (reading?.state === 'denied') return [{ ...its, permission: reading.permission }];
      return reading?.state === 'failed' ? [{ ...its, reason: reading.reason }] : [];
    });
  });
  const above = organizationUnjudged(readings);
  const organization: Unread[] =
    above === undefined
      ? []
      : [
          {
            what: phrase('whether the organization lets {0} do what pipelines do', role?.name ?? ''),
            id: 'KP-079',
            reason: `it depends on ${above}`,
            remark: true,
          },
        ];
  return [...unread, ...trust, ...organization];
}

/** Judges what was read about one profile. `now`: milliseconds since 1970. */
export function judgeProfile(readings: ProfileView, verified: Verified | undefined, now: number): Judgement {
  const { profile } = readings;
  const unread = unreadFacts(readings);
  const seen = liveJudges.flatMap((judge) => judge(readings, now)).filter(({ id }) => isLive(id));
  const remarks = seen.filter(({ remark }) => remark === true);
  const state = (kind: StateKind, words: Phrase, problems: readonly Problem[] = []): Judgement => ({
    state: kind,
    words,
    problems,
    remarks,
    unread,
  });
  // By a clock that is far behind it would be young for hours; a time that is none is not young.
  const isYoung = (at: string | undefined): boolean =>
    at !== undefined && Math.abs(now - Date.parse(at)) < CREATION_TIME;

  const deleted = profile.metadata.deletionTimestamp;
  if (deleted !== undefined) {
    const stuck = seen.find(({ id }) => id === 'KP-024');
    if (stuck === undefined) return state('deleting', phrase('deleting'));
    const why = whyStuck(readings);
    const message = why === undefined ? stuck.message : `${stuck.message} ${why}`;
    return state('deleting', phrase('deleting, stuck'), [{ ...stuck, message }]);
  }
  const problems = seen.filter(({ remark }) => remark === undefined);
  const unfinished = readings.namespace.state === 'absent' || problems.some(({ id }) => CONTROLLERS.has(id));
  if (unfinished && isYoung(profile.created)) return state('creating', phrase('creating'));
  if (problems.length > 0) return state('problems', problemCount(problems.length), problems);
  if (readings.role === undefined || readings.provider === undefined) return state('reading', READING);
  const lacking = unread.filter(({ remark }) => remark === undefined);
  const permission = lacking.find((fact) => fact.permission !== undefined)?.permission;
  if (permission !== undefined) return state('cannot-read', phrase('cannot read: {0}', permission));
  if (lacking[0] !== undefined) return state('cannot-read', phrase('cannot read {0}', lacking[0].what));
  if (verified?.fingerprint === fingerprint(readings)) {
    const unseen = unread.find(isWhere);
    if (verified.outcome === 'verified' && unseen !== undefined)
      return state('cannot-read', phrase('verified; cannot read {0}', unseen.permission ?? unseen.what));
    if (verified.outcome === 'verified')
      return writesElsewhere(readings)
        ? state('works-elsewhere', phrase('works, but pipelines write elsewhere'))
        : state('works', phrase('works'));
    if (verified.outcome === 'failed') return state('failed-verification', phrase('verification failed'));
  }
  return state('not-verified', phrase('not verified'));
}

/** Why a deleted Profile does not go, and the way out. */
function whyStuck({ profile, namespace, cluster, role, serviceAccount }: ProfileView): string | undefined {
  const named = irsaPlugin(profile)?.awsIamRole;
  // The role that was read is that of the annotation, where there is one.
  const its = named !== undefined && named === roleArnOf({ profile, serviceAccount }) ? role : undefined;
  const there = valueOf(namespace);
  const [cause] = causesOf({
    profile: { ...profile, metadata: { ...profile.metadata, finalizers: profile.finalizers } },
    account: cluster.account,
    faults: specFaults(profile),
    ...(there === undefined ? {} : { namespace: there }),
    ...(its === undefined ? {} : { role: its }),
  });
  return cause && `${cause.says} ${cause.way}`;
}

/** What can be said of a profile before it is judged, from the Profile alone. */
export const notJudged = ({ profile }: Pick<ProfileView, 'profile'>): Judgement => ({
  ...(profile.metadata.deletionTimestamp === undefined
    ? { state: 'reading', words: READING }
    : { state: 'deleting', words: phrase('deleting') }),
  problems: [],
  remarks: [],
  unread: [],
});

/** How many problems there are, in words. */
export const problemCount = (count: number): Phrase =>
  count === 1 ? phrase('1 problem') : phrase('{0} problems', count);
