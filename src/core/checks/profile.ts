import { ROLE_ARN } from '../arn/arn.ts';
import { AUDIENCE, issuerPath, SERVICE_ACCOUNT } from '../policy/build.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { valueOf, type Reading } from '../reading.ts';
import type { PolicyContext } from '../rules/types.ts';
import { mayList, mayRead, meansToWrite, unlisted, writing, type Writing } from '../policy/rights.ts';
import { policiesOf, rootProblems, sessionOf } from './artifacts.ts';
import { problem, type Problem } from './problem.ts';
import { roleArnOf, type ProfileReadings } from './readings.ts';
import type { Role } from '../observation.ts';
import { manifestProblems, permissionProblems } from './rules.ts';
import { trustProblems, trustUnjudged } from './trust.ts';

export { roleArnOf } from './readings.ts';

/** A fact that could not be read. */
export interface Unread {
  readonly what: string;
  /** The permission that is lacking. */
  readonly permission?: string;
  /** Why else it could not be read. */
  readonly reason?: string;
  /** It changes nothing of the state: IRSA does not depend on it, or only a verification can tell. */
  readonly remark?: true;
}

export type StateKind =
  'works' | 'not-verified' | 'problems' | 'cannot-read' | 'creating' | 'deleting' | 'reading' | 'failed-verification';

export interface Judgement {
  readonly state: StateKind;
  /** The state in words, short enough for a row of the tree. */
  readonly words: string;
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
const CONTROLLERS: ReadonlySet<string> = new Set(['KP-012', 'KP-013', 'KP-052', 'KP-088', 'KP-089']);
/** How long a deletion may take before the Profile counts as stuck, in milliseconds. */
const DELETION_TIME = 120_000;

const quoted = (text: string): string => JSON.stringify(text);

/** What the rules know from elsewhere. */
function contextOf({ cluster, profile }: ProfileReadings): PolicyContext {
  const plugin = irsaPlugin(profile);
  return {
    account: cluster.account,
    partition: cluster.partition,
    profile: profile.metadata.name,
    ...(cluster.issuer === undefined ? {} : { issuer: issuerPath(cluster.issuer) }),
    ...(plugin === undefined ? {} : { annotateOnly: plugin.annotateOnly }),
  };
}

/** One look at the readings. What was not read is no problem: it is in {@link Judgement.unread}. */
type Check = (readings: ProfileReadings) => readonly Problem[];

const manifest: Check = (readings) => {
  const { profile } = readings;
  const annotation = valueOf(readings.serviceAccount)?.annotations[ROLE_ANNOTATION] ?? '';
  return profile.malformed === undefined
    ? // Without a plugin pods have no role, unless somebody else has set one.
      manifestProblems(profile, contextOf(readings)).filter(({ id }) => id !== 'KP-002' || annotation === '')
    : [problem('KP-015', `The Profile does not have the shape of one: ${profile.malformed}`, 'openManifest')];
};

const namespace: Check = ({ profile, namespace: reading }) => {
  const owner = profile.spec?.owner?.name;
  if (reading.state !== 'found' || owner === undefined || reading.value.owner === owner) return [];
  const had = reading.value.owner;
  return had === undefined
    ? [
        problem(
          'KP-013',
          `Namespace ${reading.value.name} was there before the Profile: it has no annotation "owner", so the controller leaves it alone.`,
        ),
      ]
    : [
        problem(
          'KP-014',
          `Namespace ${reading.value.name} belongs to ${quoted(had)}, the Profile to ${quoted(owner)}: the controller leaves it alone.`,
          'openManifest',
        ),
      ];
};

const serviceAccount: Check = (readings) => {
  const { profile, serviceAccount: reading } = readings;
  const annotation = valueOf(reading)?.annotations[ROLE_ANNOTATION];
  const wanted = irsaPlugin(profile)?.awsIamRole;
  if (wanted === undefined) {
    const has = annotation !== undefined && annotation !== '' && irsaPlugin(profile) === undefined;
    const message = `The Profile names no role, and ${SERVICE_ACCOUNT} has ${quoted(annotation ?? '')}: what a plugin left that was removed, or what another tool set. Pods use it.`;
    return has ? [{ ...problem('KP-082', message), remark: true }] : [];
  }
  if (reading.state === 'absent') {
    // A namespace that the controller leaves alone has none: that is said already.
    if (namespace(readings).length > 0) return [];
    const where = readings.namespace.state === 'absent' ? `, nor a namespace ${profile.metadata.name}` : '';
    const message = `There is no service account ${SERVICE_ACCOUNT}${where}: the controller did not make it. Look at its log.`;
    return [problem('KP-089', message)];
  }
  if (reading.state !== 'found') return [];
  if (annotation === wanted) return [];
  if (annotation === '')
    return [problem('KP-052', `${SERVICE_ACCOUNT} has the annotation ${ROLE_ANNOTATION}, and it is empty.`, 'repair')];
  if (annotation !== undefined) {
    return [
      problem(
        'KP-012',
        `${SERVICE_ACCOUNT} has the role ${quoted(annotation)}, the plugin says ${quoted(wanted)}.`,
        'repair',
      ),
    ];
  }
  const typo = Object.keys(reading.value.annotations).find((key) => /role-?arn$/i.test(key));
  return typo === undefined
    ? [
        problem(
          'KP-088',
          `${SERVICE_ACCOUNT} has no role although the plugin names one: the controller stopped before its plugins. Look at its log.`,
        ),
      ]
    : [
        problem(
          'KP-051',
          `${SERVICE_ACCOUNT} has the annotation ${quoted(typo)}; EKS reads only ${ROLE_ANNOTATION}.`,
          'repair',
        ),
      ];
};

const provider: Check = ({ cluster, provider: reading }) => {
  if (reading === undefined || cluster.issuer === undefined) return [];
  if (reading.state === 'absent') {
    return [
      problem(
        'KP-025',
        `The account has no OIDC provider for cluster ${cluster.name}: AWS accepts no token of it.`,
        'associateProvider',
      ),
    ];
  }
  if (reading.state !== 'found' || reading.value.clientIds.includes(AUDIENCE)) return [];
  return [
    problem(
      'KP-027',
      `The OIDC provider of the cluster does not accept the audience ${AUDIENCE}.`,
      'associateProvider',
    ),
  ];
};

const role: Check = (readings) => {
  const { cluster, profile, role: reading, sharedWith } = readings;
  const arn = roleArnOf(readings);
  if (arn === undefined) return [];
  const account = ROLE_ARN.exec(arn)?.groups?.['account'];
  const plugin = irsaPlugin(profile);
  const found: Problem[] = [];
  if (account !== undefined && account !== cluster.account && plugin?.annotateOnly === false) {
    found.push(
      problem(
        'KP-022',
        `The role is of account ${account}, the cluster of ${cluster.account}: with annotateOnly false the controller edits the wrong role.`,
        'repair',
      ),
    );
  }
  if (reading?.state === 'absent' && account === cluster.account) {
    found.push(problem('KP-086', `There is no role ${quoted(arn)}: AWS refuses every token.`, 'repair'));
  }
  if (sharedWith.length > 0) {
    const others =
      sharedWith.length > 3
        ? `${sharedWith.slice(0, 3).join(', ')} and ${sharedWith.length - 3} more`
        : sharedWith.join(', ');
    found.push(
      problem(
        'P-SHARED-ROLE',
        `The role is shared with ${others}: each of these profiles reads and deletes the data of the others.`,
        'repair',
      ),
    );
  }
  if (reading?.state !== 'found') return found;
  if (reading.value.arn !== arn && account === cluster.account) {
    // What the other role allows and whom it trusts is of no account until its ARN is written.
    const message = `IAM has no role ${quoted(arn)}: the one of this name is ${quoted(reading.value.arn)}, and AWS refuses every token for any other path or spelling.`;
    return [...found, problem('KP-087', message, 'repair')];
  }
  const context = contextOf(readings);
  return [...found, ...trustProblems(readings, reading.value, context), ...rightsProblems(reading.value, context)];
};

/** Findings that tell why an action is in vain, one statement at a time. */
const LEVELS: ReadonlySet<string> = new Set(['KP-041', 'KP-045']);

/** What the role may do: what the rules see in its policies, and what these come to together. */
function rightsProblems(role: Role, context: PolicyContext): readonly Problem[] {
  const [policies, session] = [policiesOf(role), sessionOf(role)];
  const seen = permissionProblems(role, context);
  const all = writing(policies, session);
  if (all.answer === 'no') {
    const said = nothingToWrite(role, policies, all);
    const reads = !meansToWrite(policies) && mayRead(policies, session);
    return [
      ...seen.filter(({ id }) => id !== 'KP-041'),
      reads ? { id: said.id, message: said.message, remark: true } : said,
    ];
  }
  const idle = seen.some(({ id }) => LEVELS.has(id));
  // What a statement leaves out, another one or another policy may hold.
  const able = all.places.some(
    ({ answer: may, bucket, prefix }) => may === 'yes' && mayList(policies, bucket, session, prefix) === 'yes',
  );
  if (able) return seen.filter(({ id }) => !LEVELS.has(id));
  const [bucket] = unlisted(policies, all, session);
  return bucket === undefined || idle
    ? seen
    : [
        ...seen,
        problem(
          'KP-041',
          `Role ${role.name} may write in bucket ${bucket} and not list it: KFP's launcher lists before every download.`,
          'repair',
        ),
      ];
}

/** KP-041 of a role: nobody can store anything with it. */
function nothingToWrite(role: Role, policies: readonly unknown[], { single }: Writing): Problem {
  const why =
    single[0] !== undefined
      ? `: ${quoted(single[0])} is one object, without what lies below it`
      : meansToWrite(policies)
        ? ': its policies allow s3:PutObject in vain, because of a Deny, a condition that a pod never meets, or a resource that is no object'
        : '';
  return problem('KP-041', `Role ${role.name} may not write any object of a bucket${why}.`, 'repair');
}

const CHECKS: readonly Check[] = [manifest, namespace, serviceAccount, provider, role, rootProblems];

/** One text for all that a verification rests on: as long as it is the same, so is what was shown. */
export function fingerprint(readings: ProfileReadings): string {
  const role = valueOf(readings.role ?? { state: 'absent' });
  return JSON.stringify([
    readings.cluster.arn,
    readings.cluster.issuer,
    roleArnOf(readings),
    role?.trustPolicy,
    role?.inline.map(({ name, text }) => [name, text]),
    role?.attached,
    valueOf(readings.provider ?? { state: 'absent' })?.clientIds,
  ]);
}

function unreadFacts(readings: ProfileReadings): Unread[] {
  const facts: readonly (readonly [string, Reading<unknown> | undefined])[] = [
    ['the namespace', readings.namespace],
    [`service account ${SERVICE_ACCOUNT}`, readings.serviceAccount],
    ['the OIDC provider', readings.provider],
    ['the role', readings.role],
    ['ConfigMap kfp-launcher', readings.launcher],
  ];
  const role = readings.role && valueOf(readings.role);
  const unjudged = role && trustUnjudged(readings, role);
  const trust: Unread[] =
    unjudged === undefined
      ? []
      : [{ what: `whether ${role?.name ?? ''} lets in ${SERVICE_ACCOUNT}`, reason: unjudged, remark: true }];
  const unread = facts.flatMap(([what, reading]): Unread[] => {
    const remark = reading === readings.launcher ? { remark: true as const } : {};
    if (reading?.state === 'denied') return [{ what, permission: reading.permission, ...remark }];
    return reading?.state === 'failed' ? [{ what, reason: reading.reason, ...remark }] : [];
  });
  return [...unread, ...trust];
}

/** Judges what was read about one profile. `now`: milliseconds since 1970. */
export function judgeProfile(readings: ProfileReadings, verified: Verified | undefined, now: number): Judgement {
  const { profile } = readings;
  const unread = unreadFacts(readings);
  const seen = CHECKS.flatMap((check) => check(readings));
  const remarks = seen.filter(({ remark }) => remark === true);
  const state = (kind: StateKind, words: string, problems: readonly Problem[] = []): Judgement => ({
    state: kind,
    words,
    problems,
    remarks,
    unread,
  });
  const age = (at: string | undefined): number => (at === undefined ? Infinity : now - Date.parse(at));

  const deleted = profile.metadata.deletionTimestamp;
  if (deleted !== undefined) {
    const stuck = age(deleted) > DELETION_TIME && profile.finalizers.length > 0;
    const why = whyStuck(readings, seen);
    const message = `The Profile is being deleted since ${deleted} and waits for ${profile.finalizers.join(', ')}.${why === undefined ? '' : ` ${why}`}`;
    return stuck ? state('deleting', 'deleting, stuck', [problem('KP-024', message)]) : state('deleting', 'deleting');
  }
  const problems = seen.filter(({ remark }) => remark === undefined);
  const unfinished = readings.namespace.state === 'absent' || problems.some(({ id }) => CONTROLLERS.has(id));
  if (unfinished && age(profile.created) < CREATION_TIME) return state('creating', 'creating');
  if (problems.length > 0) return state('problems', counted(problems.length, 'problem'), problems);
  if (readings.role === undefined || readings.provider === undefined) return state('reading', 'reading…');
  const lacking = unread.filter(({ remark }) => remark === undefined);
  const permission = lacking.find((fact) => fact.permission !== undefined)?.permission;
  if (permission !== undefined) return state('cannot-read', `cannot read: ${permission}`);
  if (lacking[0] !== undefined) return state('cannot-read', `cannot read ${lacking[0].what}`);
  if (verified?.fingerprint === fingerprint(readings)) {
    if (verified.outcome === 'verified') return state('works', 'works');
    if (verified.outcome === 'failed') return state('failed-verification', 'verification failed');
  }
  return state('not-verified', 'not verified');
}

/** What stops the controller before its last step, also that of letting a deleted Profile go (the catalogue, KP-024). */
const STOPPERS: ReadonlySet<string> = new Set(['KP-003', 'KP-006', 'KP-010', 'KP-014', 'KP-016', 'KP-084']);

/** Why a deleted Profile does not go, and the way out. */
function whyStuck({ profile }: ProfileReadings, seen: readonly Problem[]): string | undefined {
  const gone = seen.some(({ id }) => id === 'KP-086');
  if (gone && irsaPlugin(profile)?.annotateOnly === false)
    return 'Its role is gone, and the controller looks for it first: set annotateOnly: true.';
  const cause = seen.find(({ id }) => STOPPERS.has(id));
  return cause && `This stops the controller, and must be mended first: ${cause.id}: ${cause.message}`;
}

/** What can be said of a profile before it is judged, from the Profile alone. */
export const notJudged = ({ profile }: Pick<ProfileReadings, 'profile'>): Judgement => ({
  ...(profile.metadata.deletionTimestamp === undefined
    ? { state: 'reading', words: 'reading…' }
    : { state: 'deleting', words: 'deleting' }),
  problems: [],
  remarks: [],
  unread: [],
});

/** `1 problem`, `2 problems`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
