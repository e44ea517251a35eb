import { ROLE_ARN } from '../../arn/arn.ts';
import type { PolicyContext } from '../../finding.ts';
import { policiesOf, sessionOf } from './rights.ts';
import { manifestProblems, permissionProblems } from './texts.ts';
import { trustProblems } from './trust.ts';
import { problem, type Problem } from '../problem.ts';
import { type ProfileReadings, roleArnOf } from '../view.ts';
import type { Role } from '../../observation.ts';
import { AUDIENCE, issuerPath, SERVICE_ACCOUNT } from '../../policy/build.ts';
import { mayList, mayRead, meansToWrite, unlisted, writing, type Writing } from '../../policy/rights.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../../profile/manifest.ts';
import { valueOf } from '../../reading.ts';

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
export type Check = (readings: ProfileReadings) => readonly Problem[];

export const manifest: Check = (readings) => {
  const { profile } = readings;
  const annotation = valueOf(readings.serviceAccount)?.annotations[ROLE_ANNOTATION] ?? '';
  return profile.malformed === undefined
    ? // Without a plugin pods have no role, unless somebody else has set one.
      manifestProblems(profile, contextOf(readings)).filter(({ id }) => id !== 'KP-002' || annotation === '')
    : [problem('KP-015', `The Profile does not have the shape of one: ${profile.malformed}`, 'openManifest')];
};

export const namespace: Check = ({ profile, namespace: reading }) => {
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

export const serviceAccount: Check = (readings) => {
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

export const provider: Check = ({ cluster, provider: reading }) => {
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

export const role: Check = (readings) => {
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
