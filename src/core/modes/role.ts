/** The role of a profile: whether it is there, and whose it is. */
import { absent, denied, found } from '../reading.ts';
import { EKS_IRSA, IAM_GUIDE, PLUGIN } from './sources.ts';
import { type Example, BUCKET, equals, ISSUER, ROLE, policy, profile, documents, role } from './samples.ts';
import { modes, type SeenIn } from './mode.ts';
import { type Folder, grouped, placeOf } from './folder.ts';
import { finding } from '../finding.ts';
import { ROLE_ARN } from '../arn/arn.ts';
import { liveAbove } from './permissions/above.ts';
import { liveOrganization } from './permissions/organization.ts';
import { keeps } from './keeps.ts';
import { objectIn, problem, type Problem, shownBy } from './problem.ts';
import { liveProfile, ofProfile } from './profile.ts';
import { namedRole, type ProfileView, quoted, roleArnOf } from './view.ts';
import { OURS } from '../tools.ts';
import { TAG } from '../tags.ts';
import { whoGetsIn } from '../policy/access.ts';
import { accessWords } from '../policy/access-words.ts';
import { issuerOf, issuerPath } from '../policy/build.ts';
import { dataOf } from '../policy/json.ts';

export const roleModes = modes({
  'KP-022': {
    title: 'Role of another account with annotateOnly false',
    severity: 'error',
    symptom: 'The controller edits a role of the same name in its own account, or finds none.',
    cause: 'The controller looks at the role name only, not at the account of the ARN.',
    fix: 'Set annotateOnly: true, or use a role of the cluster account.',
    sources: [PLUGIN],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-037': {
    title: 'Role exists with another trust policy',
    severity: 'warning',
    symptom: 'CreateRole answers EntityAlreadyExists, a script goes on, and the old trust policy stays.',
    cause: 'A second run, or two tools chose the same name.',
    fix: 'Adopt the role and change its trust policy, or take another name.',
    sources: [IAM_GUIDE],
    reads: ['role', 'profile'],
    live: [liveTaken],
  },
  'KP-049': {
    title: 'Denied from above',
    severity: 'error',
    symptom: 'AccessDenied with "explicit deny" or "no boundary allows".',
    cause:
      'A permissions boundary stands over the role, or the policy of the bucket denies it what its own policies allow.',
    fix: 'Ask its administrator to allow the actions.',
    sources: ['IAM User Guide, policy evaluation logic'],
    reads: ['role', 'policies', 'buckets'],
    live: [liveAbove],
  },
  'KP-079': {
    title: 'Denied by the organization or an endpoint',
    severity: 'error',
    symptom:
      'AccessDenied "with an explicit deny in a service control policy" (or a resource control policy, a session policy, a VPC endpoint policy), although role, bucket and key allow the call.',
    cause:
      'A policy of the AWS organization, of the session or of the VPC endpoint that pods go through stands over all that the account has. Those of the organization are read where you may: its management account and delegated administrators may, other accounts mostly not, and that is said. Those of endpoints are told as KP-061. Since 2026 the message names the ARN of the policy, where it is of the same organization.',
    fix: 'Ask the administrator of the organization, or of the network, for an exception; the message, or its ARN, is what they need.',
    sources: [
      'IAM User Guide, policy evaluation logic',
      'IAM User Guide, troubleshoot access denied error messages',
      'AWS Organizations User Guide, service control policies',
    ],
    reads: ['organization', 'role', 'policies', 'buckets'],
    live: [liveOrganization],
  },
  'KP-080': {
    title: 'Name of a profile that is used again',
    severity: 'information',
    symptom: 'A new profile finds objects that its owner never wrote, and a role that was there before it.',
    cause:
      'Role and prefix are named after the profile. Who makes one of the name of a former profile gets both, with all that the former owner stored.',
    fix: 'Take another name. Or look for what is left over, and remove role and data of the former profile before the name is given away again.',
    sources: [IAM_GUIDE, 'kubeflow/dashboard profile_controller.go (inferred)'],
    reads: ['role', 'profile'],
    live: [liveUsedAgain],
  },
  'KP-086': {
    title: 'Role does not exist',
    severity: 'error',
    symptom:
      'Pods start with the role in their environment, and STS refuses it: not authorized to perform sts:AssumeRoleWithWebIdentity.',
    cause: 'The plugin or the annotation names a role that was never created, or was deleted.',
    fix: 'Create the role with its trust policy, or name one that exists.',
    sources: [IAM_GUIDE, 'STS API Reference, AssumeRoleWithWebIdentity'],
    reads: ['role'],
    live: [liveRole],
  },
  'KP-087': {
    title: 'Role has another path or spelling',
    severity: 'error',
    symptom:
      'Pods start with the role in their environment, and STS refuses it: not authorized to perform sts:AssumeRoleWithWebIdentity.',
    cause:
      'A role is named by its whole ARN, path and case included: role/name is not role/teams/name. Only the name is unique in an account, without regard to case.',
    fix: 'Write the ARN as IAM has it: aws iam get-role --role-name <name> --query Role.Arn.',
    sources: [IAM_GUIDE, 'STS API Reference, AssumeRoleWithWebIdentity'],
    reads: ['role'],
    live: [liveRole],
  },
  'P-SHARED-ROLE': {
    title: 'Profiles share a role',
    severity: 'warning',
    symptom: 'Each profile can read and delete the data of the others.',
    cause: 'Permissions belong to the role; who shares it, shares all of them.',
    fix: 'One role per profile.',
    sources: [EKS_IRSA, 'kubeflow/kubeflow#6687'],
    folder: [sharedRoles],
    reads: ['serviceAccount', 'profile'],
    live: [liveRole],
  },
});

/** P-SHARED-ROLE */
function sharedRoles({ profiles }: Folder): SeenIn[] {
  const byRole = grouped(profiles, ({ role }) => role && String(role.value));
  const users = new Map([...byRole].map(([role, all]) => [role, [...grouped(all, ({ name }) => name).values()]]));
  return profiles.flatMap((profile) => {
    if (!profile.role) return [];
    const others = (users.get(String(profile.role.value)) ?? [])
      .slice(0, MOST_RELATED + 1)
      .flatMap(([user]) => (user && user.name !== profile.name ? [user] : []))
      .slice(0, MOST_RELATED);
    if (others.length === 0) return [];
    const message = `The role is shared with ${others
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ')}${others.length > 3 ? ', …' : ''}: each profile can read and delete the data of the others.`;
    const related = others.map((other) => ({ ...placeOf(other), message: `Profile ${other.name}` }));
    return [{ file: profile.file, finding: { ...finding('P-SHARED-ROLE', profile.role, message), related } }];
  });
}

/** Other places that one finding names, at most. */
const MOST_RELATED = 10;

/** KP-086, KP-087 and P-SHARED-ROLE */
function liveRole(readings: ProfileView): readonly Problem[] {
  const { cluster, profile, role: reading, sharedWith } = readings;
  // Where none is named, none was read and nobody shares it.
  const arn = roleArnOf(readings) ?? '';
  const account = ROLE_ARN.exec(arn)?.groups?.['account'];
  const found: Problem[] = [];
  if (reading?.state === 'absent' && account === cluster.account) {
    found.push(problem('KP-086', `There is no role ${quoted(arn)}: AWS refuses every token.`, 'repair'));
  }
  if (sharedWith.length > 0) {
    const kept = keeps(readings);
    const others =
      sharedWith.length > 3
        ? `${sharedWith.slice(0, 3).join(', ')} and ${sharedWith.length - 3} more`
        : sharedWith.join(', ');
    const whose =
      kept === undefined || kept === 'left' || reading?.state !== 'found'
        ? ''
        : ` It is meant for ${profile.metadata.name}: a repair of the others gives them roles of their own.`;
    found.push(
      shownBy(
        problem(
          'P-SHARED-ROLE',
          `The role is shared with ${others}: each of these profiles reads and deletes the data of the others.${whose}`,
          kept === 'left' ? 'repair' : undefined,
        ),
        ...[profile.metadata.name, ...sharedWith].slice(0, MOST_RELATED).map((name) => ({
          what: 'role that it names',
          where: objectIn(cluster, 'Profile', name),
          value: arn,
        })),
      ),
    );
  }
  if (reading?.state !== 'found') return found;
  if (reading.value.arn !== arn && account === cluster.account) {
    // What the other role allows and whom it trusts is of no account until its ARN is written.
    const message = `IAM has no role ${quoted(arn)}: the one of this name is ${quoted(reading.value.arn)}, and AWS refuses every token for any other path or spelling.`;
    return [...found, problem('KP-087', message, 'repair')];
  }
  return found;
}

/** KP-037: the name was taken when the Profile was made, and what was there has the trust policy of its own purpose. */
function liveTaken(readings: ProfileView): readonly Problem[] {
  const { cluster, profile } = readings;
  const role = namedRole(readings);
  if (role?.created === undefined || profile.created === undefined || cluster.issuer === undefined) return [];
  if (role.tags[TAG.profile] === profile.metadata.name) return [];
  if (!(Date.parse(role.created) < Date.parse(profile.created))) return [];
  const who = whoGetsIn(dataOf(role.trustPolicy));
  // Who has a statement about the cluster meant the role for it: what is wrong there has a name of its own.
  if (who.providers.some((one) => issuerOf(one) === issuerPath(cluster.issuer ?? ''))) return [];
  const letIn = accessWords(who);
  const message = `Role ${quoted(role.name)} was made on ${role.created.slice(0, 10)}, before this Profile (${profile.created.slice(0, 10)}), and its trust policy is for ${letIn}: whoever was to create it found the name taken, and the old trust policy stayed.`;
  return [{ ...problem('KP-037', message, 'repair'), remark: true }];
}

/** How much older than its Profile a role of ours is where the name was used before, in milliseconds: with another owner, and with one that is not known. */
const OLDER = { other: 3_600_000, unknown: 86_400_000 } as const;

/** KP-080. A run makes the role moments before its Profile; who was handed a profile has one that is as old as its role. */
function liveUsedAgain(readings: ProfileView): readonly Problem[] {
  const { cluster, profile } = readings;
  const role = namedRole(readings);
  if (role?.created === undefined || profile.created === undefined) return [];
  const { [TAG.maker]: maker, [TAG.profile]: its, [TAG.cluster]: where, [TAG.owner]: former } = role.tags;
  if (maker !== OURS || its !== profile.metadata.name || where !== cluster.arn) return [];
  const owner = profile.spec?.owner?.name;
  if (former !== undefined && former === owner) return [];
  const older = Date.parse(profile.created) - Date.parse(role.created);
  if (!(older > (former === undefined ? OLDER.unknown : OLDER.other))) return [];
  const [day, made] = [role.created, profile.created].map((time) => time.slice(0, 10));
  const message = `Role ${quoted(role.name)} was made on ${day}${former === undefined ? '' : ` for ${quoted(former)}`}, and this Profile on ${made}${owner === undefined ? '' : ` for ${quoted(owner)}`}: the name is used again, and its owner reaches what the former one stored.`;
  return [{ ...problem('KP-080', message), remark: true }];
}

const LIMITS = 'arn:aws:iam::111122223333:policy/limits';

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'two Profiles on one role',
    kind: 'manifest',
    text: documents(profile(), profile({ metadata: 'name: team-b' })),
    finds: [
      ['P-SHARED-ROLE', ROLE],
      ['P-SHARED-ROLE', ROLE],
    ],
  },
  {
    name: 'a role of another account that the controller is to edit',
    kind: 'manifest',
    text: profile({ role: 'arn:aws:iam::444455556666:role/team-a', annotateOnly: 'false' }),
    finds: [['KP-022', 'arn:aws:iam::444455556666:role/team-a']],
    context: { account: '111122223333' },
  },
  { name: 'a role that is not there', change: { role: absent }, sees: ['KP-086'] },
  {
    name: 'a role under another path',
    change: { role: found(role({ arn: ROLE.replace('role/', 'role/teams/') })) },
    sees: ['KP-087'],
  },
  {
    name: 'a role that was made for a former profile of the name',
    change: {
      role: found(
        role({
          created: '2025-12-01T00:00:00Z',
          tags: {
            [TAG.maker]: OURS,
            [TAG.profile]: 'team-a',
            [TAG.cluster]: 'arn:aws:eks:us-west-2:111122223333:cluster/demo',
            [TAG.owner]: 'former@example.com',
          },
        }),
      ),
    },
    sees: ['KP-080'],
  },
  {
    name: 'a role that was there before the Profile, and is for others',
    change: {
      role: found(
        role({
          created: '2025-12-01T00:00:00Z',
          trustPolicy: policy({
            Effect: 'Allow',
            Principal: { Service: 'ec2.amazonaws.com' },
            Action: 'sts:AssumeRole',
          }),
        }),
      ),
    },
    sees: ['KP-033', 'KP-037'],
  },
  {
    name: 'a permissions boundary that does not allow S3',
    change: {
      role: found(role({ boundary: LIMITS })),
      policies: { [LIMITS]: found(policy({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' })) },
    },
    sees: ['KP-049'],
  },
  {
    name: 'a permissions boundary that allows what the role may do',
    change: {
      role: found(role({ boundary: LIMITS })),
      policies: { [LIMITS]: found(policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' })) },
    },
    sees: [],
  },
  {
    name: 'a bucket whose policy denies the role',
    change: {
      buckets: {
        'team-a-data': {
          bucket: found({ name: 'team-a-data', region: 'us-west-2', accessible: true }),
          encryption: absent,
          policy: found(
            policy({ Effect: 'Deny', Principal: { AWS: ROLE }, Action: 's3:PutObject', Resource: `${BUCKET}/*` }),
          ),
        },
      },
    },
    sees: ['KP-049'],
  },
  {
    name: 'a service control policy that denies writing',
    change: organizationOf('service', ALL, { Sid: 'NoWrites', Effect: 'Deny', Action: 's3:PutObject', Resource: '*' }),
    sees: ['KP-079'],
  },
  {
    name: 'a level of an organization at which nothing allows S3',
    change: organizationOf('service', { Effect: 'Allow', Action: ['sts:*', 'eks:*'], Resource: '*' }),
    sees: ['KP-079'],
  },
  {
    name: 'a resource control policy that keeps out tokens of the namespace',
    change: organizationOf('resource', ALL, {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Resource: '*',
      Condition: { StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:*' } },
    }),
    sees: ['KP-079'],
  },
  {
    name: 'a service control policy about other regions, and other roles',
    change: organizationOf(
      'service',
      ALL,
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:RequestedRegion': ['us-west-2', 'us-east-1'] } },
      },
      { Effect: 'Deny', Action: 's3:*', Resource: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': ROLE } } },
    ),
    sees: [],
  },
  {
    name: 'the account that manages its organization',
    change: { organization: found({ id: 'o-a1b2c3d4e5', management: true as const, levels: found([]) }) },
    sees: [],
  },
  {
    name: 'an organization whose policies may not be read',
    change: {
      organization: found({ id: 'o-a1b2c3d4e5', levels: denied('organizations:ListPoliciesForTarget', 'No.') }),
    },
    sees: [],
  },
  { name: 'a role that another profile names', change: { sharedWith: ['team-b'] }, sees: ['P-SHARED-ROLE'] },
  {
    name: 'a role of another profile',
    change: {
      sharedWith: ['team-b'],
      role: found(role({ trustPolicy: equals({ [`${ISSUER}:sub`]: 'system:serviceaccount:team-b:default-editor' }) })),
    },
    sees: ['KP-030', 'P-SHARED-ROLE'],
  },
  {
    name: 'a role that lets in all service accounts, of two profiles',
    change: { sharedWith: ['team-b'], role: found(role({ trustPolicy: equals({}) })) },
    sees: ['KP-029', 'P-SHARED-ROLE'],
  },
];

const ALL = { Effect: 'Allow', Action: '*', Resource: '*' };

/** An organization with policies at one of its units; the bucket of the profile is the account's own. */
const organizationOf = (kind: 'service' | 'resource', ...Statement: readonly object[]): Partial<ProfileView> => ({
  buckets: {
    'team-a-data': {
      bucket: found({ name: 'team-a-data', region: 'us-west-2', accessible: true }),
      encryption: absent,
      policy: absent,
    },
  },
  organization: found({
    id: 'o-a1b2c3d4e5',
    levels: found([
      {
        target: 'ou-ab12-11111111',
        [kind]: [
          {
            id: 'p-11111111',
            name: 'Guard',
            arn: 'arn:aws:organizations::444455556666:policy/o-a1b2c3d4e5/p-11111111',
            text: policy(...Statement),
          },
        ],
      },
    ]),
  }),
});
