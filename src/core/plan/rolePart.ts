/** The role of a profile in its plan: made or mended, with its settings and its policy, and what is to be known of it. */
import { boundaryProblem, DEFAULT_SESSION, tagProblem, tagsProblem } from '../arn/role.ts';
import { NOT_READ, type Facts } from '../facts.ts';
import { KINDS, type Change } from '../kinds.ts';
import { bareOf, type BareRole, type Role } from '../observation.ts';
import {
  formerOfPolicy,
  keyOfPolicy,
  permissionsPolicy,
  POLICY_NAME,
  policyText,
  subject,
  trustPolicy,
} from '../policy/build.ts';
import { TRUST_SIZE, trustSize } from '../policy/controller.ts';
import { valueOf } from '../reading.ts';
import type { Request } from '../request.ts';
import { clusterTags, TAG } from '../tags.ts';
import type { BucketPart } from './bucket.ts';
import { blocked, no, waits, type Part } from './part.ts';
import { accountArn, refOf, unreadable, type Need } from './plan.ts';
import { policyRef, trustedBy, type ChosenRole, type IssuingCluster } from './role.ts';

export function rolePart(wish: Request, cluster: IssuingCluster, chosen: ChosenRole, arn: string): Part {
  const { candidate, reading, whose, trust } = chosen;
  const what = `only for ${subject(wish.profile)}`;
  const title = `IAM role ${candidate.name}, ${what}`;
  const ref = refOf('iam/role', accountArn(cluster), candidate.name);
  if (reading.state === 'absent') {
    const tags = {
      ...present(wish.tags),
      ...clusterTags(cluster),
      [TAG.profile]: wish.profile,
      // Not every name of a user can be the value of a tag.
      ...(tagProblem('owner', wish.owner) === undefined ? { [TAG.owner]: wish.owner } : {}),
    };
    const wrong = tagsProblem(tags);
    if (wrong !== undefined) return no('role', title, wrong);
    const after: BareRole = {
      arn,
      name: candidate.name,
      trustPolicy: policyText(trustPolicy(trustedBy(wish, cluster).provider, cluster.issuer, wish.profile)),
      tags,
      ...(typeof wish.boundary === 'string' ? { boundary: wish.boundary } : {}),
      ...(wish.maxSession === undefined ? {} : { maxSession: wish.maxSession }),
      description: `S3 access of Kubeflow profile ${wish.profile} on EKS cluster ${wish.cluster}`,
    };
    return { change: { ref, after, what } };
  }
  if (reading.state !== 'found') return no('role', title, unreadable(reading, `IAM role ${candidate.name}`));
  if (whose?.ours === false)
    return no('role', title, `Role ${candidate.name} exists already and ${whose.why}. Choose another role name.`);
  if (trust?.stopped !== undefined)
    return no(
      'role',
      title,
      `${trust.stopped} Look at the trust policy of ${candidate.name}, or choose another role name.`,
    );
  const before = bareOf(reading.value);
  const after = { ...before, trustPolicy: trust?.policy ?? before.trustPolicy };
  const size = trustSize(after.trustPolicy);
  if (after.trustPolicy !== before.trustPolicy && size > TRUST_SIZE.raised)
    return no(
      'role',
      title,
      `The trust policy of ${candidate.name} would have ${size} characters, and IAM takes ${TRUST_SIZE.raised} at most (KP-023). Choose another role name, so that the profile has a role of its own.`,
    );
  return { change: { ref, before, after, what, note: before.arn } };
}

/** Tags that are to be there. */
const present = (tags: Request['tags'] = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter((tag): tag is [string, string] => tag[1] !== null));

/** What is chosen of a role that is there, where it is not so already: boundary, session length, tags. Each is a change of its own. */
export function settingsParts(
  wish: Request,
  facts: Facts,
  cluster: IssuingCluster,
  { candidate: { name }, reading }: ChosenRole,
  role: Part,
): readonly Part[] {
  const live = valueOf(reading);
  if (live === undefined || 'need' in role) return [];
  const at = accountArn(cluster);
  const { boundary, maxSession, tags = {} } = wish;
  const parts: Part[] = [];
  const add = (change: Change): void => void parts.push({ change });
  if (boundary !== undefined && (boundary ?? undefined) !== live.boundary)
    add({
      ref: refOf('iam/role-boundary', at, name),
      ...(live.boundary === undefined ? {} : { before: { arn: live.boundary } }),
      ...(boundary === null ? {} : { after: { arn: boundary } }),
    });
  if (maxSession !== undefined && maxSession !== live.maxSession) {
    const ref = refOf('iam/role-settings', at, name);
    const now = facts.get(ref);
    const hours = `sessions of at most ${maxSession} seconds`;
    if (now.state === 'found') add({ ref, before: now.value, after: { ...now.value, maxSession }, what: hours });
    else parts.push(no('role-settings', `Role ${name}, ${hours}`, unreadable(now, `The settings of role ${name}`)));
  }
  const wrong = tagsProblem({ ...live.tags, ...present(tags) });
  if (wrong !== undefined && Object.keys(tags).length > 0) parts.push(no('role-tag', `Tags of role ${name}`, wrong));
  for (const [key, value] of Object.entries(tags)) {
    const before = live.tags[key];
    if ((value ?? undefined) === before) continue;
    add({
      ref: refOf('iam/role-tag', at, `${name}/${key}`),
      ...(before === undefined ? {} : { before: { value: before } }),
      ...(value === null ? {} : { after: { value } }),
      ...(value === null ? {} : { what: `"${value}"` }),
    });
  }
  return parts;
}

/** Whether there is such a policy as the boundary that was chosen. */
export function boundaryNeed(
  { boundary }: Request,
  facts: Facts,
  { account }: IssuingCluster,
): { readonly needs: readonly Need[]; readonly warnings: readonly string[]; readonly reads: readonly string[] } {
  if (typeof boundary !== 'string') return { needs: [], warnings: [], reads: [] };
  const title = `Permissions boundary ${boundary}`;
  const reads = KINDS['iam/policy'].may.read;
  const wrong = boundaryProblem(boundary, account);
  if (wrong !== undefined) return { needs: [blocked('boundary', title, wrong)], warnings: [], reads: [] };
  const reading = facts.get(policyRef(boundary));
  const unread = reading.state === 'denied' || (reading.state === 'failed' && reading.code !== NOT_READ);
  return {
    reads,
    needs:
      reading.state === 'absent'
        ? [
            blocked(
              'boundary',
              title,
              `There is no managed policy ${boundary}. Look for its name and path in IAM, Policies; a boundary is an ARN with both.`,
            ),
          ]
        : [],
    warnings: unread ? [unreadable(reading, title)] : [],
  };
}

export function policyPart(
  wish: Request,
  facts: Facts,
  cluster: IssuingCluster,
  chosen: ChosenRole,
  role: Part,
  bucket: BucketPart,
): Part {
  const key = `${chosen.candidate.name}/${POLICY_NAME}`;
  const what = `${wish.access} access to ${wish.bucket}`;
  const title = `Inline policy ${POLICY_NAME}, ${what}`;
  if ('need' in role) return waits('role-policy', title, 'role', 'the role');
  const ref = refOf('iam/role-policy', accountArn(cluster), key);
  const reading = facts.get(ref);
  // Where it is not known whether the bucket has a key, what the role may do with one stays.
  const used = bucket.keyUnknown === true ? keyOfPolicy(valueOf(reading)?.text ?? '') : bucket.key;
  const former = wish.former === null ? undefined : (wish.former ?? formerOfPolicy(valueOf(reading)?.text ?? ''));
  const after = {
    text: policyText(
      permissionsPolicy(cluster.partition, wish.bucket, wish.profile, wish.access, used, wish.prefix, former),
    ),
  };
  if (reading.state === 'absent') return { change: { ref, after, what } };
  if (reading.state !== 'found') return no('role-policy', title, unreadable(reading, "The role's policies"));
  return { change: { ref, before: reading.value, after, what } };
}

export function roleWarnings(wish: Request, { reading, whose, trust, passed }: ChosenRole, facts: Facts): string[] {
  const left = passed
    .filter(({ named }) => named)
    .map(
      ({ role, why }) =>
        `The profile's role ${role.name} ${why}. It stays as it is, and the profile gets a role of its own.`,
    );
  const role = valueOf(reading);
  const bound = wish.boundary === undefined ? role?.boundary : wish.boundary;
  const settings = [
    ...(bound === undefined || bound === null
      ? []
      : [`The role has a permissions boundary, which may forbid what its policy allows: ${bound}.`]),
    ...(wish.boundary === null && role?.boundary !== undefined
      ? [
          `The permissions boundary ${role.boundary} is taken away. Where the account demands one, it cannot be put back by everybody, and the role may be refused.`,
        ]
      : []),
    // SDKs ask for an hour where nobody tells them otherwise (AWS SDKs and Tools Reference, "Assume role").
    ...(wish.maxSession === undefined || wish.maxSession === role?.maxSession || wish.maxSession === DEFAULT_SESSION
      ? []
      : [
          'A longer session must be asked for: SDKs in pods ask for one hour, and get a new session by themselves when it ends.',
        ]),
  ];
  if (role === undefined) return [...left, ...settings];
  const others = role.inline.filter(({ name }) => name !== POLICY_NAME).map(({ name }) => name);
  const losing = (whose?.ours === true ? trust?.lost : undefined) ?? [];
  const size = trust === undefined || trust.policy === role.trustPolicy ? 0 : trustSize(trust.policy);
  return [
    ...left,
    ...(size > TRUST_SIZE.usual
      ? [
          `The trust policy will have ${size} characters: IAM takes more than ${TRUST_SIZE.usual} only where that quota was raised (KP-023).`,
        ]
      : []),
    ...(others.length > 0
      ? [`The role keeps further inline policies, which may allow more: ${others.join(', ')}.`]
      : []),
    ...(role.attached.length > 0
      ? [`The role keeps attached policies, which may allow more: ${role.attached.join(', ')}.`]
      : []),
    ...unlisted(role),
    ...settings,
    ...(losing.length > 0
      ? [`The role will no longer be trusted for: ${losing.join(', ')}. One role belongs to one profile.`]
      : []),
    ...(losing.length > 0 && facts.namers.state !== 'found'
      ? ['Whether other profiles use this role is not known: the Profiles of the cluster could not be listed.']
      : []),
  ];
}

const unlisted = ({ unread = [] }: Role): readonly string[] =>
  unread.length === 0
    ? []
    : [`You may not list all policies of the role (${unread.join(', ')}): it may allow more than is shown here.`];
