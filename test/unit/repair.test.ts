/**
 * "An offered repair can be carried out": for what the tree offers Repair for, in roles of the shapes that other tools make, the plan
 * is not blocked and its run ends in a profile that is verified. Whose a role is, and what others have in it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { roleArnOf, type ProfileView } from '../../src/core/modes/view.ts';
import type { Profile, Role } from '../../src/core/observation.ts';
import { blockers, changeOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { agreedTo } from '../../src/core/plan/managed.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { mayAssume } from '../../src/core/policy/evaluate.ts';
import { issuerPath } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, found, type Reading } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut, type RunResult } from '../../src/provisioning/run.ts';
import {
  ACCOUNT,
  arnOf,
  AUDIENCE,
  cluster,
  ISSUER,
  policyFor,
  PROVIDER,
  requestFor,
  worldWithProvider,
  type World,
} from './world.ts';

const ISS = issuerPath(ISSUER);
const SUB = 'system:serviceaccount:team-a:default-editor';
const NOW = Date.parse('2026-11-23T12:00:00Z');
type Json = Readonly<Record<string, unknown>>;

/** How a tool writes a role for team-a: its name, path, tags, the look of its trust policy, and where its permissions are. */
interface Shape {
  readonly name: string;
  readonly path: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly statement: (condition: Json, principal?: Json) => Json;
  readonly policy: string;
}
const SHAPES: Readonly<Record<string, Shape>> = {
  'AWS CLI, as on the AWS page': {
    name: 'team-a-dev-role',
    path: '/',
    tags: {},
    statement: (Condition, Principal = { Federated: PROVIDER }) => ({
      Effect: 'Allow',
      Principal,
      Action: 'sts:AssumeRoleWithWebIdentity',
      ...(Object.keys(Condition).length > 0 ? { Condition } : {}),
    }),
    policy: 'kf-pipeline-s3',
  },
  eksctl: {
    name: 'eksctl-dev-addon-iamserviceaccount-team-a-d-Role1-1ABCDEFGHIJK',
    path: '/',
    tags: { 'alpha.eksctl.io/cluster-name': 'dev', 'alpha.eksctl.io/iamserviceaccount-name': 'team-a/default-editor' },
    statement: (Condition, Principal = { Federated: PROVIDER }) => ({
      Effect: 'Allow',
      Principal,
      Action: ['sts:AssumeRoleWithWebIdentity'],
      ...(Object.keys(Condition).length > 0 ? { Condition } : {}),
    }),
    policy: 'Policy1',
  },
  Terraform: {
    name: 'team-a-irsa',
    path: '/teams/',
    tags: { Terraform: 'true' },
    statement: (condition, Principal = { Federated: [PROVIDER] }) => ({
      Sid: '',
      Effect: 'Allow',
      Principal,
      Action: 'sts:AssumeRoleWithWebIdentity',
      ...(Object.keys(condition).length > 0
        ? {
            Condition: Object.fromEntries(
              Object.entries(condition).map(([operator, block]) => [
                operator,
                Object.fromEntries(Object.entries(block as Json).map(([key, value]) => [key, [value].flat()])),
              ]),
            ),
          }
        : {}),
    }),
    policy: 's3',
  },
};

const aud = { [`${ISS}:aud`]: AUDIENCE };
const right = { StringEquals: { ...aud, [`${ISS}:sub`]: SUB } };
const other = PROVIDER.replace(/....$/, 'FFFF');

/** What is wrong: with the trust policy (its statements), the permissions, the Profile, the service account. */
interface Defect {
  readonly trust?: (shape: Shape) => readonly Json[];
  readonly permissions?: string;
  readonly profile?: (role: string) => Profile;
  readonly annotation?: (role: string) => Readonly<Record<string, string>>;
  readonly gone?: true;
  readonly sharedWith?: string;
}
const spec = (plugin: Json): Profile => ({
  ...newProfile('team-a', 'team-a@example.com', 'x', true),
  spec: {
    owner: { kind: 'User', name: 'team-a@example.com' },
    plugins: [{ kind: 'AwsIamForServiceAccount', ...plugin }],
  },
});
const DEFECTS: Readonly<Record<string, Defect>> = {
  'no test of sub': { trust: ({ statement }) => [statement({ StringEquals: aud })] },
  'no condition at all': { trust: ({ statement }) => [statement({})] },
  'every service account by a pattern': {
    trust: ({ statement }) => [
      statement({ StringEquals: aud, StringLike: { [`${ISS}:sub`]: 'system:serviceaccount:*' } }),
    ],
  },
  'every team by a pattern': {
    trust: ({ statement }) => [
      statement({ StringEquals: aud, StringLike: { [`${ISS}:sub`]: 'system:serviceaccount:team-*:default-editor' } }),
    ],
  },
  'no test of aud': { trust: ({ statement }) => [statement({ StringEquals: { [`${ISS}:sub`]: SUB } })] },
  'a pattern under StringEquals': {
    trust: ({ statement }) => [
      statement({ StringEquals: { ...aud, [`${ISS}:sub`]: 'system:serviceaccount:team-a:*' } }),
    ],
  },
  'another service account of the namespace': {
    trust: ({ statement }) => [
      statement({ StringEquals: { ...aud, [`${ISS}:sub`]: 'system:serviceaccount:team-a:notebook' } }),
    ],
  },
  'the service account of another profile': {
    trust: ({ statement }) => [
      statement({ StringEquals: { ...aud, [`${ISS}:sub`]: 'system:serviceaccount:team-b:default-editor' } }),
    ],
  },
  'another cluster': {
    trust: ({ statement }) => [
      statement(
        { StringEquals: { [`${issuerPath(other.split('oidc-provider/')[1] ?? '')}:sub`]: SUB } },
        { Federated: other },
      ),
    ],
  },
  'the condition keys of another cluster': {
    trust: ({ statement }) => [
      statement({ StringEquals: { [`${ISS.slice(0, -4)}FFFF:sub`]: SUB, [`${ISS.slice(0, -4)}FFFF:aud`]: AUDIENCE } }),
    ],
  },
  'no statement for tokens': {
    trust: () => [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  },
  'the wrong action': { trust: ({ statement }) => [{ ...statement(right), Action: 'sts:AssumeRole' }] },
  'a Deny for this account': {
    trust: ({ statement }) => [statement(right), { ...statement(right), Effect: 'Deny' }],
  },
  'shared with another profile': {
    trust: ({ statement }) => [
      statement({ StringEquals: { ...aud, [`${ISS}:sub`]: [SUB, 'system:serviceaccount:team-b:default-editor'] } }),
    ],
    sharedWith: 'team-b',
  },
  'for everybody, and another profile uses it': {
    trust: ({ statement }) => [statement({ StringEquals: aud })],
    sharedWith: 'team-b',
  },
  'four colons in the bucket': { permissions: policyFor('team-a').replaceAll(':s3:::', ':s3::::') },
  'may not write': {
    permissions: policyFor('team-a')
      .replaceAll('s3:PutObject', 's3:PutObjectTagging')
      .replaceAll('s3:GetObject', 's3:GetObjectTagging'),
  },
  'no permissions': { permissions: '' },
  'there is no such role': { gone: true },
  'annotateOnly in quotes': { profile: (role) => spec({ spec: { awsIamRole: role, annotateOnly: 'true' } }) },
  'no role in the plugin': { profile: () => spec({ spec: { awsIamRole: '' } }) },
  'the plugin in another case': {
    profile: (role) => spec({ kind: 'AWSIamForServiceAccount', spec: { awsIamRole: role } }),
  },
  'the role of another account': {
    profile: (role) => spec({ spec: { awsIamRole: role.replace(ACCOUNT, '999999999999'), annotateOnly: false } }),
  },
  'the role under another path': {
    profile: (role) => spec({ spec: { awsIamRole: role.replace(':role/', ':role/elsewhere/'), annotateOnly: true } }),
  },
  'an empty annotation': { annotation: () => ({ 'eks.amazonaws.com/role-arn': '' }) },
  'a misspelt annotation': { annotation: (role) => ({ 'eks.amazon.com/role-arn': role }) },
  'the annotation of another role': { annotation: (role) => ({ 'eks.amazonaws.com/role-arn': `${role}-old` }) },
};

/** A world in which team-a has a role of a shape with a defect. */
function broken(shape: Shape, defect: Defect): World {
  const here = worldWithProvider();
  const arn = `arn:aws:iam::${ACCOUNT}:role${shape.path}${shape.name}`;
  const statements = defect.trust?.(shape) ?? [shape.statement(right)];
  const text = defect.permissions ?? policyFor('team-a');
  const role: Role = {
    arn,
    name: shape.name,
    trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
    tags: shape.tags,
    inline: text === '' ? [] : [{ name: shape.policy, text }],
    attached: [],
  };
  if (defect.gone !== true) here.roles.set(shape.name, role);
  here.apply(newProfile('team-a', 'team-a@example.com', arn, true));
  if (defect.profile) here.apply({ ...(here.profiles.get('team-a') as Profile), spec: defect.profile(arn).spec ?? {} });
  if (defect.annotation)
    here.accounts.set('team-a/default-editor', {
      namespace: 'team-a',
      name: 'default-editor',
      annotations: defect.annotation(arn),
    });
  if (defect.sharedWith !== undefined)
    here.apply(newProfile(defect.sharedWith, `${defect.sharedWith}@example.com`, arn, true));
  return here;
}

/** What the tree reads of a profile. */
async function readingsOf(here: World, name: string): Promise<ProfileView> {
  const profile = here.profiles.get(name);
  const serviceAccount = await here.kubernetes.serviceAccount(name, 'default-editor');
  assert.ok(profile);
  const arn = roleArnOf({ profile: { ...profile, finalizers: [] }, serviceAccount });
  const role: Reading<Role> =
    arn?.includes(ACCOUNT) === true ? await here.aws.role(arn.split('/').at(-1) ?? '') : absent;
  return {
    cluster,
    provider: await here.aws.oidcProvider(PROVIDER),
    profile: { ...profile, finalizers: [], created: '2026-01-01T00:00:00Z' },
    namespace: await here.kubernetes.namespace(name),
    serviceAccount,
    launcher: found({
      namespace: name,
      name: 'kfp-launcher',
      data: { defaultPipelineRoot: `s3://artifacts/${name}/v2` },
    }),
    role,
    sharedWith: [...here.profiles.values()].flatMap((one) =>
      one.metadata.name !== name && JSON.stringify(one.spec).includes(`"${arn ?? ''}"`) ? [one.metadata.name] : [],
    ),
  };
}
const repairs = async (here: World): Promise<readonly string[]> =>
  judgeProfile(await readingsOf(here, 'team-a'), undefined, NOW)
    .problems.filter(({ remedy }) => remedy === 'repair')
    .map(({ id }) => id);

async function repaired(here: World, wish: Request = requestFor('team-a')): Promise<{ plan: Plan; result: RunResult }> {
  const { facts } = await lookAt(wish, here.aws, here.connect);
  // What eksctl made is written when a person names eksctl, and not before.
  const plan = agreedTo(planProfile(wish, facts), ['eksctl']);
  assert.deepEqual(
    blockers(plan).map(({ title, reason }) => `${title}: ${reason ?? ''}`),
    [],
  );
  return { plan, result: await carryOut(plan, here.outside()) };
}
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';

for (const [shapeName, shape] of Object.entries(SHAPES)) {
  for (const [defectName, defect] of Object.entries(DEFECTS)) {
    test(`an offered repair can be carried out: ${defectName}; role of ${shapeName}`, async () => {
      const here = broken(shape, defect);
      const others = here.roles.get(shape.name);
      const offered = await repairs(here);
      assert.ok(offered.length > 0, 'this defect is one that Repair is offered for');
      const { result } = await repaired(here);
      assert.ok(result.ok, failure(result));
      assert.equal(result.verification?.outcome, 'verified');
      // A mistake in a policy of another tool stays that tool's; all else is right.
      const left = (await repairs(here)).filter(
        () => defect.permissions === undefined || shape.policy === 'kf-pipeline-s3',
      );
      assert.deepEqual(
        left,
        [],
        JSON.stringify(await readingsOf(here, 'team-a').then((one) => judgeProfile(one, undefined, NOW).problems)),
      );
      if (defect.sharedWith !== undefined)
        assert.deepEqual(here.roles.get(shape.name), others, 'the others keep their role');
    });
  }
}

const allow = (subs: string | readonly string[], operator = 'StringEquals'): Json => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: { StringEquals: aud, [operator]: { ...(operator === 'StringEquals' ? aud : {}), [`${ISS}:sub`]: subs } },
});
const teamB = 'system:serviceaccount:team-b:default-editor';
const NOT_OURS: Readonly<Record<string, readonly Json[]>> = {
  'Allow for team-b and Deny for team-a': [allow(teamB), { ...allow(SUB), Effect: 'Deny' }],
  'Allow for everybody but team-a (StringNotEquals)': [allow(SUB, 'StringNotEquals')],
  'team-b alone': [allow(teamB)],
  'EC2 and a Deny for tokens': [
    { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
    { ...allow(SUB), Effect: 'Deny' },
  ],
};
for (const [name, statements] of Object.entries(NOT_OURS)) {
  test(`an untagged role of the usual name is not team-a's: ${name}`, async () => {
    const here = worldWithProvider();
    const trustPolicy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    here.roles.set('team-a-dev-role', {
      ...{ arn: arnOf('team-a-dev-role'), name: 'team-a-dev-role', trustPolicy, tags: {}, inline: [], attached: [] },
    });
    const { facts } = await lookAt(requestFor('team-a'), here.aws, here.connect);
    const role = rows(planProfile(requestFor('team-a'), facts)).find(({ id }) => id === 'role');
    assert.equal(role?.kind, 'blocked');
    assert.match(role.reason ?? '', /used by something else.*Choose another role name/);
  });
}

test('what others have in a trust policy survives a change that is not about them', async () => {
  const here = worldWithProvider();
  const guard = {
    Sid: 'Guard',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sts:AssumeRole',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const notebook = allow('system:serviceaccount:team-a:notebook');
  const wide = {
    ...allow(SUB),
    Sid: 'Ours',
    Condition: { StringEquals: aud, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
  };
  here.roles.set('team-a-irsa', {
    arn: arnOf('team-a-irsa'),
    name: 'team-a-irsa',
    trustPolicy: JSON.stringify({ Version: '2012-10-17', Id: 'theirs', Statement: [guard, notebook, wide] }),
    tags: {},
    inline: [{ name: 'theirs', text: '{"Version":"2012-10-17","Statement":[]}' }],
    attached: [],
  });
  here.apply(newProfile('team-a', 'team-a@example.com', arnOf('team-a-irsa'), true));
  const wish = requestFor('team-a');
  const { facts } = await lookAt(wish, here.aws, here.connect);
  const plan = planProfile(wish, facts);
  assert.deepEqual(blockers(plan), []);
  await carryOut(plan, here.outside());
  const role = here.roles.get('team-a-irsa');
  const after = JSON.parse(role?.trustPolicy ?? '') as { Id: string; Statement: Json[] };
  assert.equal(after.Id, 'theirs');
  assert.deepEqual(after.Statement.slice(0, 2), [guard, notebook]);
  assert.deepEqual((after.Statement[2]?.['Condition'] as Json)['IpAddress'], { 'aws:SourceIp': '10.0.0.0/8' });
  assert.equal(mayAssume(after, { provider: PROVIDER, sub: teamB, aud: AUDIENCE }), 'no');
  assert.deepEqual(
    role?.inline.map(({ name }) => name),
    ['theirs', 'kf-pipeline-s3'],
  );
});

test('a sub that somebody added to the role that we made stays in it', async () => {
  const here = worldWithProvider();
  await repaired(here);
  const role = here.roles.get('team-a-dev-role');
  assert.ok(role);
  const trustPolicy = JSON.stringify({ Version: '2012-10-17', Statement: [allow([SUB, teamB])] });
  here.roles.set(role.name, { ...role, trustPolicy });
  const { plan } = await repaired(here, requestFor('team-a', { access: 'bucket' }));
  assert.equal(changeOf(plan, 'iam/role')?.after?.trustPolicy, trustPolicy);
});

test('apply keeps the role that the Profile names, without being told; another name is taken only if it is given', async () => {
  const here = broken(SHAPES['Terraform'] as Shape, {});
  const { plan } = await repaired(here);
  assert.equal(changeOf(plan, 'iam/role')?.ref.key, 'team-a-irsa');
  assert.equal(
    changeOf(plan, 'k8s/profile')?.after?.spec?.plugins?.[0]?.spec?.['awsIamRole'],
    `arn:aws:iam::${ACCOUNT}:role/teams/team-a-irsa`,
  );
  assert.ok(!here.roles.has('team-a-dev-role'));
  const { plan: named } = await repaired(here, requestFor('team-a', { roleName: 'team-a-new' }));
  assert.equal(changeOf(named, 'iam/role')?.ref.key, 'team-a-new');
});

test('a role that is shared stays with the others, and the plan says so', async () => {
  const here = broken(SHAPES['Terraform'] as Shape, DEFECTS['shared with another profile'] as Defect);
  const { plan } = await repaired(here);
  assert.equal(changeOf(plan, 'iam/role')?.ref.key, 'team-a-dev-role');
  assert.ok(
    plan.warnings.some((warning) => /role team-a-irsa .*team-b.* stays as it is/.test(warning)),
    plan.warnings.join(),
  );
});

test('one verdict: an annotation with a path that the role does not have is a change to the right ARN', async () => {
  const here = broken(SHAPES['AWS CLI, as on the AWS page'] as Shape, DEFECTS['the role under another path'] as Defect);
  const { plan } = await repaired(here);
  const profile = rows(plan).find(({ id }) => id === 'profile');
  assert.equal(profile?.kind, 'change');
  assert.match(profile.after ?? '', /:role\/team-a-dev-role/);
  assert.match(
    here.accounts.get('team-a/default-editor')?.annotations['eks.amazonaws.com/role-arn'] ?? '',
    /:role\/team-a-dev-role$/,
  );
});
