// Who owns the trust policy of a profile's role: the plan, or Kubeflow's profile controller. Either way is a plan like any other.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Profile, Role } from '../../src/core/observation.ts';
import type { Change } from '../../src/core/kinds.ts';
import { GRANT_POLICY, grantWithout } from '../../src/core/policy/controller-rights.ts';
import { afterClick, blockers, changeOf, isDone, permissionsOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { trustStatement } from '../../src/core/policy/build.ts';
import { irsaPlugin, newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { clusterTags, TAG } from '../../src/core/tags.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import {
  ACCOUNT,
  arnOf,
  AUDIENCE,
  BUCKET,
  cluster,
  factsFrom,
  ISSUER,
  PROVIDER,
  putProfile,
  requestFor,
  trustFor,
  worldWithProvider,
  type Readings,
  type World,
} from './world.ts';
import { asKept } from './told.ts';

const ISS = ISSUER.slice('https://'.length);
const ROLE = 'team-x-dev-role';
const ARN = arnOf(ROLE);
const ACCOUNT_KEY = 'kubeflow/profiles-controller-service-account';
const CONTROLLER_SUB = 'system:serviceaccount:kubeflow:profiles-controller-service-account';
type Json = Readonly<Record<string, unknown>>;
const policy = (...Statement: readonly unknown[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const may = (Action: unknown, Resource: unknown, more: Json = {}): string =>
  policy({ Effect: 'Allow', Action, Resource, ...more });
const BOTH = ['iam:GetRole', 'iam:UpdateAssumeRolePolicy'];
const trustOf = (sub: string): string => policy(trustStatement(PROVIDER, ISS, sub, AUDIENCE));
const controllerWith = (...texts: readonly string[]): Role => ({
  arn: arnOf('controller'),
  name: 'controller',
  trustPolicy: trustOf(CONTROLLER_SUB),
  tags: {},
  inline: texts.map((text, at) => ({ name: `p${at}`, text })),
  attached: [],
});

const planIn = async (at: World, wish: Request): Promise<Plan> => {
  const { facts } = await lookAt(wish, at.aws, at.connect);
  return planProfile(wish, facts);
};
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';
const wishFor = (other: Partial<Request> = {}): Request => requestFor('team-x', other);
const leaves = wishFor({ annotateOnly: false });
const annotatesOnly = (profile: Profile | undefined): boolean | undefined =>
  profile === undefined ? undefined : irsaPlugin(profile)?.annotateOnly;
/** What the Profile's plugin gets by a plan. */
const planned = (plan: Plan): boolean | undefined => annotatesOnly(changeOf(plan, 'k8s/profile')?.after);
const need = (plan: Plan) => plan.needs.find(({ id }) => id === 'profile-controller');
const about = (plan: Plan): string => plan.warnings.filter((one) => /controller|annotateOnly/.test(one)).join('\n');

/** A world whose controller acts by a role of its own. */
function withController(role: Role = controllerWith(may(BOTH, '*'))): World {
  const here = worldWithProvider();
  here.roles.set(role.name, role);
  here.accounts.set(ACCOUNT_KEY, {
    namespace: 'kubeflow',
    name: 'profiles-controller-service-account',
    annotations: { [ROLE_ANNOTATION]: role.arn },
  });
  return here;
}
/** Puts a Profile that leaves its trust policy to the controller. */
function putLeft(here: World, role: Partial<Role> = {}, plugin: Json = { awsIamRole: ARN, annotateOnly: false }): void {
  const made = newProfile('team-x', 'team-x@example.com', ARN, false);
  const profile = { ...made, spec: { ...made.spec, plugins: [{ kind: 'AwsIamForServiceAccount', spec: plugin }] } };
  putProfile(here, 'team-x', { name: ROLE, ...role }, profile);
}
const ours = { ...clusterTags(cluster), [TAG.profile]: 'team-x' };
const NODES = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
const statement = (more: Json = {}): Json => ({
  ...trustStatement(PROVIDER, ISS, 'system:serviceaccount:team-x:default-editor', AUDIENCE),
  ...more,
});
const WRITES_NOTHING = /It writes nothing as long as the Profile is there/;
const OPENS =
  /When the Profile is deleted, .* team-x-dev-role .* lets in every service account of the cluster\. Set annotateOnly: true before that/;

describe('the trust policy is left to the controller', () => {
  test('a new profile: it is written first, in the form that the controller leaves alone', async () => {
    const here = withController();
    const plan = await planIn(here, leaves);
    assert.equal(planned(plan), false);
    assert.deepEqual(need(plan)?.reason, 'by its role controller');
    assert.match(about(plan), WRITES_NOTHING);
    assert.match(about(plan), OPENS);
    const result = await carryOut(plan, here.outside());
    assert.ok(result.ok, failure(result));
    assert.equal(result.verification?.outcome, 'verified');
    assert.equal(here.roles.get(ROLE)?.trustPolicy, changeOf(plan, 'iam/role')?.after?.trustPolicy);
    assert.deepEqual(here.complaints, []);
    assert.ok(isDone(await planIn(here, leaves)));
    assert.ok(isDone(await planIn(here, wishFor())), 'who does not choose keeps it');
    await here.kubernetes.deleteProfile('team-x');
    assert.match(here.roles.get(ROLE)?.trustPolicy ?? '', /^(?![^]*:sub)/, 'what the warning says of the deletion');
  });

  test('its run is undone: the controller does not write into the trust policy first', async () => {
    const here = withController();
    const before = here.snapshot([PROVIDER]);
    const journal = memoryJournal();
    await carryOut(await planIn(here, leaves), here.outside(), { journal });
    const undone = await undo(journal.entries(), here.outside());
    assert.deepEqual(
      undone.changes
        .filter(({ state }) => state !== 'undone')
        .map(({ change, reason }) => `${change.ref.kind} ${reason ?? ''}`),
      [],
    );
    assert.deepEqual(here.snapshot([PROVIDER]), before);
    // A role that was there before stays as it was: nobody loses it.
    const trustPolicy = policy(statement(), NODES);
    here.roles.set(ROLE, { ...controllerWith(), name: ROLE, arn: ARN, tags: ours, trustPolicy });
    const second = memoryJournal();
    await carryOut(await planIn(here, leaves), here.outside(), { journal: second });
    let conflicts = 2;
    here.onCall = (call) => {
      const profile = here.profiles.get('team-x');
      if (call === 'update profiles' && profile !== undefined && conflicts-- > 0)
        here.profiles.set('team-x', {
          ...profile,
          metadata: { ...profile.metadata, resourceVersion: `9${conflicts}` },
        });
      return undefined;
    };
    assert.ok((await undo(second.entries(), here.outside())).ok);
    assert.equal(conflicts, -1);
    assert.equal(here.roles.get(ROLE)?.trustPolicy, trustPolicy);
  });

  test('nobody asks for the rights of a controller that leaves the trust policy alone', async () => {
    const here = withController();
    const plan = await planIn(here, wishFor());
    assert.equal(planned(plan), true);
    assert.equal(need(plan), undefined);
    assert.equal(about(plan), '');
    assert.ok(permissionsOf(plan).kubernetes.includes('get deployments.apps'), 'its release');
    assert.deepEqual(here.calls.filter((call) => call === 'iam:GetRole').length, 1);
    const plans = await planIn(here, leaves);
    assert.ok(permissionsOf(plans).kubernetes.includes('get serviceaccounts'));
  });

  const blockedBy: Readonly<Record<string, readonly [role: Role, says: RegExp, grants: boolean]>> = {
    'no policy at all': [
      controllerWith(),
      /role controller may not iam:GetRole and iam:UpdateAssumeRolePolicy on arn:aws:iam::111122223333:role\/team-x-dev-role\..*KP-020.*KP-024.*inline policy kubeflow-irsa-trust/,
      true,
    ],
    'roles of another name': [controllerWith(may(BOTH, arnOf('kf-*'))), /may not iam:GetRole and/, true],
    'only to look': [controllerWith(may('iam:Get*', '*')), /may not iam:UpdateAssumeRolePolicy on/, true],
    'by a tag that it does not have': [
      controllerWith(may(BOTH, '*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'ml' } } })),
      /may not iam:GetRole and/,
      true,
    ],
    'a denial': [
      controllerWith(may(BOTH, '*'), may('iam:Update*', '*', { Effect: 'Deny' })),
      /may not iam:UpdateAssumeRolePolicy on.*Mend that, or manage the trust policy here/,
      false,
    ],
    'a role without room': [
      controllerWith(
        may(
          Array.from({ length: 400 }, (_, n) => `s3:GetObjectOfSomeName${n}`),
          '*',
        ),
      ),
      /may not .*Mend that/,
      false,
    ],
    'a role that does not let it in': [
      { ...controllerWith(may(BOTH, '*')), trustPolicy: trustOf('system:serviceaccount:profiles-system:x') },
      /role controller does not let its service account kubeflow\/profiles-controller-service-account in/,
      false,
    ],
    'a role under another path': [{ ...controllerWith(may(BOTH, '*')), arn: arnOf('teams/controller') }, /^$/, false],
  };
  for (const [name, [role, says, grants]] of Object.entries(blockedBy))
    test(`the controller surely may not: ${name}`, async () => {
      const here = withController(role);
      if (name === 'a role under another path') here.roles.set('controller', { ...role, arn: arnOf('controller') });
      const plan = await planIn(here, leaves);
      assert.equal(need(plan)?.holds, false);
      if (name === 'a role under another path')
        assert.match(need(plan)?.reason ?? '', /names .*teams\/controller, but the role is .*role\/controller/);
      else assert.match(need(plan)?.reason ?? '', says);
      assert.equal(need(plan)?.consent, grants ? 'grantController' : undefined);
      assert.equal(blockers(plan).length, 1);
      assert.deepEqual(blockers(await planIn(here, { ...leaves, grantController: true })).length, grants ? 0 : 1);
      assert.deepEqual(blockers(await planIn(here, wishFor({ annotateOnly: true }))), [], 'the other way out');
    });

  test('its role gets the right for this role alone, when the person agrees; a second profile widens it', async () => {
    const here = withController(controllerWith(may('s3:*', '*')));
    const plan = await planIn(here, { ...leaves, grantController: true });
    assert.match(
      reviewText(plan),
      /Inline policy kubeflow-irsa-trust, so that Kubeflow's profile controller \(controller\) may edit the trust policy of team-x-dev-role/,
    );
    const journal = memoryJournal();
    const result = await carryOut(plan, here.outside(), { journal });
    assert.ok(result.ok, failure(result));
    assert.deepEqual(here.complaints, []);
    const granted = (): unknown =>
      (
        JSON.parse(here.roles.get('controller')?.inline.find(({ name }) => name === GRANT_POLICY)?.text ?? '{}') as {
          Statement: unknown;
        }
      ).Statement;
    const its = { Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: BOTH };
    assert.deepEqual(granted(), [{ ...its, Resource: [ARN] }]);
    assert.ok(isDone(await planIn(here, leaves)), 'not asked for again');
    const second = { ...leaves, profile: 'team-y', owner: 'team-y@example.com' };
    assert.equal(blockers(await planIn(here, second)).length, 1);
    const next = await planIn(here, { ...second, grantController: true });
    assert.equal(rows(next).filter(({ kind }) => kind === 'change').length, 1);
    assert.ok((await carryOut(next, here.outside())).ok);
    assert.deepEqual(granted(), [{ ...its, Resource: [ARN, arnOf('team-y-dev-role')] }]);
    await undo(journal.entries(), here.outside());
    assert.deepEqual(granted(), [{ ...its, Resource: [ARN, arnOf('team-y-dev-role')] }], 'others rest on it');
  });

  // IAM counts the characters of all inline policies of a role, without white space: 10,240.
  for (const [left, offered] of [
    [0, true],
    [-1, false],
  ] as const)
    test(`it is offered where it fits: ${left} characters are left`, async () => {
      const granted = policy({ Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: BOTH, Resource: [ARN] });
      const filled = (length: number): string => policy({ Sid: 'x'.repeat(length), Effect: 'Allow', Action: 's3:*' });
      const room = 10_240 - granted.length - left;
      const role = controllerWith();
      const text = filled(room - filled(0).length).replaceAll(',', ', ');
      const here = withController({ ...role, inline: [{ name: 'theirs', text }] });
      assert.equal(need(await planIn(here, leaves))?.consent, offered ? 'grantController' : undefined);
    });

  const its = { Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: BOTH };
  const theirs = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
  const fromHere = { Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } };
  const GRANTED: Readonly<Record<string, readonly [text: string | undefined, statements: readonly Json[]]>> = {
    'none is there': [undefined, [{ ...its, Resource: [ARN] }]],
    'no JSON': ['{', [{ ...its, Resource: [ARN] }]],
    'no statement': [policy(), [{ ...its, Resource: [ARN] }]],
    'one for another role, behind a statement of somebody else': [
      policy(theirs, { ...its, Resource: [arnOf('y')] }),
      [theirs, { ...its, Resource: [arnOf('y'), ARN] }],
    ],
    'one of another name': [
      policy({ ...its, Sid: 'Theirs', Resource: arnOf('y') }),
      [
        { ...its, Sid: 'Theirs', Resource: arnOf('y') },
        { ...its, Resource: [ARN] },
      ],
    ],
    'one as an object, with a condition that somebody added': [
      JSON.stringify({ Version: '2012-10-17', Statement: { ...its, Resource: arnOf('y'), ...fromHere } }),
      [{ ...its, Resource: [arnOf('y'), ARN], ...fromHere }],
    ],
  };
  for (const [name, [text, statements]] of Object.entries(GRANTED))
    test(`what its role gets: ${name}`, async () => {
      const inline = text === undefined ? [] : [{ name: GRANT_POLICY, text }];
      const here = withController({ ...controllerWith(), inline });
      const plan = await planIn(here, { ...leaves, grantController: true });
      assert.deepEqual(blockers(plan), []);
      const change = plan.changes.find(
        ({ ref }) => ref.key === `controller/${GRANT_POLICY}`,
      ) as Change<'iam/role-policy'>;
      assert.equal(change.before?.text, text);
      const { Statement } = JSON.parse(change.after?.text ?? '{}') as { readonly Statement: unknown };
      assert.deepEqual(Statement, statements);
    });

  const REST: Readonly<Record<string, readonly [text: string, statements: readonly Json[] | '' | undefined]>> = {
    'no JSON': ['{', undefined],
    'another role only': [policy(theirs, { ...its, Resource: [arnOf('y')] }), undefined],
    'a statement of somebody else names it': [policy({ ...theirs, Resource: [ARN] }), undefined],
    'it alone': [policy({ ...its, Resource: ARN }), ''],
    'it, behind a statement of somebody else': [policy(theirs, { ...its, Resource: [ARN] }), [theirs]],
    'it and another role': [
      policy(theirs, { ...its, Resource: [arnOf('y'), ARN] }),
      [theirs, { ...its, Resource: [arnOf('y')] }],
    ],
  };
  for (const [name, [text, left]] of Object.entries(REST))
    test(`what its role keeps without a profile's: ${name}`, () => {
      const rest = grantWithout(text, ARN);
      const read = rest === undefined || rest === '' ? rest : (JSON.parse(rest) as { Statement: unknown }).Statement;
      assert.deepEqual(read, left);
    });

  test('others with it in the trust policy, too many for IAM: the controller could never let go of the Profile', async () => {
    const here = withController();
    const many = Array.from({ length: 60 }, (_, n) => `a-team-with-a-rather-long-name-${n}`);
    putProfile(here, 'team-x', { name: ROLE, trustPolicy: trustFor(...many, 'team-x'), tags: ours });
    assert.match(
      about(await planIn(here, leaves)),
      /When the Profile is deleted, the controller fails, and the Profile stays \(KP-024\): it would have \d+ characters/,
    );
  });

  const account = (annotations: Readonly<Record<string, string>>) =>
    found({ namespace: 'kubeflow', name: 'profiles-controller-service-account', annotations });
  const named = account({ [ROLE_ANNOTATION]: arnOf('controller') });
  const readings: Readings = {
    caller: found({ account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/admin` }),
    cluster: found(cluster),
    bucket: found({ name: BUCKET, region: 'us-west-2', accessible: true }),
    api: found({ connection: '', profileVersions: ['v1'] }),
    provider: absent,
    roles: { [ROLE]: absent },
    profile: absent,
    namespace: absent,
    serviceAccount: absent,
    namers: found(new Map()),
  };
  const NOT_KNOWN: Readonly<Record<string, readonly [controller: Readings['controller'], says: RegExp]>> = {
    'no role named': [
      { account: account({}) },
      /^Not known\. The controller's service account kubeflow\/profiles-controller-service-account names no role .*Pod Identity, that of its node, or none\. It needs iam:GetRole and iam:UpdateAssumeRolePolicy on arn:aws:iam::111122223333:role\/team-x-dev-role\.$/,
    ],
    'no such account': [{ account: absent }, /service account .* does not exist/],
    'an account that may not be read': [
      { account: denied('get serviceaccounts', '') },
      /cannot be read: you are not permitted to get serviceaccounts/,
    ],
    'an account that was not read': [{ account: failed('the server is busy') }, /the server is busy/],
    'a role that may not be read': [
      { account: named, role: denied('iam:GetRole', '') },
      /role .*controller cannot be read: you are not permitted to iam:GetRole/,
    ],
    'attached policies': [
      { account: named, role: found({ ...controllerWith(), attached: ['arn:aws:iam::aws:policy/A'] }) },
      /it depends on attached policies, which are not read\./,
    ],
    'policies that may not be listed': [
      { account: named, role: found({ ...controllerWith(), unread: ['iam:ListRolePolicies'] }) },
      /it depends on what you may not read \(iam:ListRolePolicies\)/,
    ],
    'a boundary': [
      {
        account: named,
        role: found({ ...controllerWith(may(BOTH, '*')), boundary: 'arn:aws:iam::111122223333:policy/b' }),
      },
      /it depends on its permissions boundary/,
    ],
    'a condition on where it calls from': [
      {
        account: named,
        role: found(controllerWith(may(BOTH, '*', { Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }))),
      },
      /it depends on conditions of its policies/,
    ],
    'a condition on tags of the role': [
      {
        account: named,
        role: found(controllerWith(may(BOTH, '*', { Condition: { StringEquals: { 'iam:ResourceTag/owner': 'ml' } } }))),
      },
      /it depends on conditions of its policies/,
    ],
  };
  for (const [name, [controller, says]] of Object.entries(NOT_KNOWN))
    test(`whether it may is not known, and is said so: ${name}`, () => {
      const plan = planProfile(leaves, factsFrom('team-x', { ...readings, ...(controller ? { controller } : {}) }));
      assert.deepEqual(blockers(plan), []);
      assert.match(need(plan)?.reason ?? '', says);
      assert.match(reviewText(plan), /may edit the trust policy of team-x-dev-role\n +Not known\./);
    });
  const NEVER: Readonly<Record<string, readonly [controller: Readings['controller'], says: RegExp]>> = {
    'a role of another account': [
      { account: account({ [ROLE_ANNOTATION]: 'arn:aws:iam::444455556666:role/controller' }) },
      /acts as a role of account 444455556666, where it edits a role of the same name \(KP-022\)/,
    ],
    'a role that is gone': [{ account: named, role: absent }, /controller's role does not exist: .*role\/controller/],
    'no role ARN': [{ account: account({ [ROLE_ANNOTATION]: 'controller' }) }, /is no role ARN: "controller"/],
  };
  for (const [name, [controller, says]] of Object.entries(NEVER))
    test(`it cannot work: ${name}`, () => {
      const plan = planProfile(leaves, factsFrom('team-x', { ...readings, ...(controller ? { controller } : {}) }));
      assert.match(blockers(plan)[0]?.reason ?? '', says);
    });
});

describe('an existing profile', () => {
  test('keeps the choice that it has, with a word', async () => {
    for (const plugin of [
      { awsIamRole: ARN, annotateOnly: false },
      { awsIamRole: ARN },
      { AwsIamRole: ARN, AnnotateOnly: false },
    ]) {
      const here = withController();
      putLeft(here, {}, plugin);
      const plan = await planIn(here, wishFor());
      assert.ok(isDone(plan), JSON.stringify(plugin));
      assert.match(about(plan), WRITES_NOTHING);
    }
  });

  test('with a plugin that the controller would not take gets one that leaves the trust policy alone', async () => {
    const here = withController();
    putLeft(here, {}, { awsIamRole: ARN, annotateOnly: 'false' });
    assert.equal(planned(await planIn(here, wishFor())), true);
  });

  const INSTEAD: Readonly<Record<string, readonly [controller: Role, role: Partial<Role>, says: RegExp]>> = {
    'the controller may not': [
      controllerWith(),
      {},
      /\(annotateOnly: true\): The controller's role controller may not iam:GetRole/,
    ],
    'others have something in the trust policy': [
      controllerWith(may(BOTH, '*')),
      { tags: ours, trustPolicy: policy(statement(), NODES) },
      /: when the Profile is deleted, the controller would take the role from ec2\.amazonaws\.com\./,
    ],
    'a condition of somebody else': [
      controllerWith(may(BOTH, '*')),
      {
        tags: ours,
        trustPolicy: policy(
          statement({
            Condition: { ...(statement()['Condition'] as Json), Null: { [`${ISS}:sub`]: 'false' } },
          }),
        ),
      },
      /: when the Profile is deleted, the controller would leave out conditions of the trust policy\./,
    ],
  };
  for (const [name, [controller, role, says]] of Object.entries(INSTEAD))
    test(`is managed here from now on where ${name}, and nothing is lost`, async () => {
      const here = withController(controller);
      putLeft(here);
      here.roles.set(ROLE, { ...(here.roles.get(ROLE) as Role), ...role });
      const before = here.roles.get(ROLE)?.trustPolicy;
      const plan = await planIn(here, wishFor());
      assert.deepEqual(blockers(plan), []);
      assert.equal(planned(plan), true);
      assert.match(about(plan), says);
      const result = await carryOut(plan, here.outside());
      assert.equal(failure(result), '');
      assert.equal(here.roles.get(ROLE)?.trustPolicy, before);
      assert.ok(isDone(await planIn(here, wishFor())));
    });

  test('from the controller to us: what it wrote stays', async () => {
    const here = withController();
    putLeft(here, {
      trustPolicy: trustFor('team-z', 'team-x').replaceAll('"sts.amazonaws.com"', '["sts.amazonaws.com"]'),
      tags: ours,
    });
    const before = here.roles.get(ROLE)?.trustPolicy;
    const plan = await planIn(here, wishFor({ annotateOnly: true }));
    assert.deepEqual(
      rows(plan).flatMap(({ id, kind }) => (kind === 'change' ? [id] : [])),
      ['profile'],
    );
    assert.match(
      about(plan),
      /managed here from now on \(annotateOnly: true\): what the profile controller wrote stays/,
    );
    const result = await carryOut(plan, here.outside());
    assert.ok(result.ok, failure(result));
    assert.equal(annotatesOnly(here.profiles.get('team-x')), true);
    assert.equal(here.roles.get(ROLE)?.trustPolicy, before);
    await here.kubernetes.deleteProfile('team-x');
    assert.equal(here.roles.get(ROLE)?.trustPolicy, before, 'the controller writes no more');
  });

  const SHAPES: Readonly<Record<string, string>> = {
    'as we write it': trustFor('team-x'),
    'Federated as a list': policy(statement({ Principal: { Federated: [PROVIDER] } })),
    'one statement as an object': JSON.stringify({ Version: '2012-10-17', Statement: statement() }),
    'behind nodes': policy(NODES, statement()),
    'only the audience': policy(statement({ Condition: { StringEquals: { [`${ISS}:aud`]: AUDIENCE } } })),
    'by StringLike': policy(
      statement({
        Condition: {
          StringEquals: { [`${ISS}:aud`]: AUDIENCE },
          StringLike: { [`${ISS}:sub`]: 'system:serviceaccount:team-x:default-editor' },
        },
      }),
    ),
    'for another cluster, too': policy(
      trustStatement(
        PROVIDER.replace(/.$/, 'A'),
        ISS.replace(/.$/, 'A'),
        'system:serviceaccount:team-x:default-editor',
        AUDIENCE,
      ),
      statement(),
    ),
  };
  for (const [name, trustPolicy] of Object.entries(SHAPES))
    test(`from us to the controller, nothing is lost while the Profile is there: ${name}`, async () => {
      const here = withController();
      putProfile(here, 'team-x', { name: ROLE, trustPolicy, tags: ours });
      const plan = await planIn(here, leaves);
      const result = await carryOut(plan, here.outside());
      assert.ok(result.ok, failure(result));
      assert.equal(result.verification?.outcome, 'verified');
      assert.equal(annotatesOnly(here.profiles.get('team-x')), false);
      const after = changeOf(plan, 'iam/role')?.after?.trustPolicy;
      assert.equal(here.roles.get(ROLE)?.trustPolicy, after, 'the controller wrote nothing');
      assert.deepEqual(here.complaints, []);
      for (const who of ['ec2.amazonaws.com', ISS.replace(/.$/, 'A')])
        if (trustPolicy.includes(who)) {
          assert.ok(after?.includes(who), who);
          assert.match(about(plan), new RegExp(`is lost for .*${who}`));
        }
      assert.ok(isDone(await planIn(here, leaves)));
    });

  test('a role under a path: the controller finds it by its name, its right is for the whole ARN', async () => {
    const here = withController(controllerWith());
    const arn = arnOf(`teams/${ROLE}`);
    putProfile(here, 'team-x', { name: ROLE, arn, tags: ours });
    const plan = await planIn(here, { ...leaves, grantController: true });
    assert.ok((await carryOut(plan, here.outside())).ok);
    assert.match(here.roles.get('controller')?.inline[0]?.text ?? '', /:role\/teams\/team-x-dev-role"/);
    assert.deepEqual(here.complaints, []);
  });

  test("a role of another account is not the profile's: it gets one that the controller can find", async () => {
    const here = withController();
    putLeft(here, {}, { awsIamRole: 'arn:aws:iam::444455556666:role/team-x', annotateOnly: false });
    const plan = await planIn(here, wishFor());
    assert.deepEqual(blockers(plan), []);
    assert.equal(irsaPlugin(changeOf(plan, 'k8s/profile')?.after as Profile)?.awsIamRole, ARN);
  });
});

describe('a controller that does not know annotateOnly', () => {
  test('is told, and finds the trust policy in its form all the same', async () => {
    const here = withController();
    here.controller = 'v1.6.1';
    putProfile(here, 'team-x', { name: ROLE, trustPolicy: trustFor('team-x'), tags: ours });
    here.roles.set(ROLE, { ...(here.roles.get(ROLE) as Role), trustPolicy: policy(NODES, statement()) });
    const plan = await planIn(here, wishFor());
    assert.match(
      about(plan),
      /is of release v1\.6\.1: before 1\.7 it does not know annotateOnly.*\(KP-019\).*Upgrade it/,
    );
    assert.match(about(plan), /is lost for ec2\.amazonaws\.com/);
    assert.deepEqual(blockers(plan), []);
    assert.ok((await carryOut(plan, here.outside())).ok);
    assert.match(here.roles.get(ROLE)?.trustPolicy ?? '', /ec2\.amazonaws\.com/);
    assert.equal(planned(plan), true);
  });
  for (const image of ['v1.7.0', 'v1.10.0', 'v2.0.0', 'latest', 'v1.7.0-rc.1'])
    test(`no word about ${image}`, async () => {
      const here = withController();
      here.controller = image;
      assert.equal(about(await planIn(here, wishFor())), '');
    });
});

test('a trust policy that IAM would not take is said before anything is written', async () => {
  const many = Array.from({ length: 60 }, (_, n) => `a-team-with-a-rather-long-name-${n}`);
  const subjects = (count: number): string => trustFor(...many.slice(0, count), 'team-z');
  for (const [count, blocks] of [
    [26, false],
    [60, true],
  ] as const) {
    const here = worldWithProvider();
    putProfile(here, 'team-x', { name: ROLE, trustPolicy: subjects(count), tags: ours });
    const plan = await planIn(here, wishFor());
    if (blocks)
      assert.match(blockers(plan)[0]?.reason ?? '', /would have \d+ characters, and IAM takes 4096 at most \(KP-023\)/);
    else
      assert.match(
        plan.warnings.join('\n'),
        /will have \d+ characters: .*2048 only where that quota was raised \(KP-023\)/,
      );
  }
});

test('whatever is there and whoever is chosen: a plan that is not blocked is carried out, the controller comes to its end, nobody else loses the role', async () => {
  const controllers = [controllerWith(may(BOTH, '*')), controllerWith(may('iam:GetRole', '*')), controllerWith()];
  const trusts = [
    trustFor('team-x'),
    trustFor('team-z', 'team-x'),
    policy(NODES, statement({ Principal: { Federated: [PROVIDER] } })),
    policy(statement(), NODES),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        controller: fc.option(fc.constantFrom(...controllers), { nil: undefined }),
        had: fc.constantFrom(true, false, 'false', undefined),
        asked: fc.constantFrom(true, false, undefined),
        grantController: fc.boolean(),
        trustPolicy: fc.constantFrom(...trusts),
        there: fc.boolean(),
      }),
      async ({ controller, had, asked, grantController, trustPolicy, there }) => {
        const here = controller === undefined ? worldWithProvider() : withController(controller);
        if (there)
          putLeft(here, { tags: ours }, { awsIamRole: ARN, ...(had === undefined ? {} : { annotateOnly: had }) });
        if (there) here.roles.set(ROLE, { ...(here.roles.get(ROLE) as Role), trustPolicy });
        here.complaints.length = 0;
        const wish = wishFor({
          ...(asked === undefined ? {} : { annotateOnly: asked }),
          ...(grantController ? { grantController: true } : {}),
        });
        const plan = await planIn(here, wish);
        const mayNot = controller !== undefined && controller !== controllers[0];
        assert.equal(blockers(plan).length > 0, asked === false && mayNot && !grantController);
        if (blockers(plan).length > 0) return;
        const result = await carryOut(plan, here.outside());
        assert.ok(result.ok, failure(result));
        assert.deepEqual(here.complaints, []);
        const after = here.roles.get(ROLE)?.trustPolicy ?? '';
        for (const who of ['ec2.amazonaws.com', 'team-z:default-editor'])
          assert.equal(after.includes(who), there && trustPolicy.includes(who), who);
        const controls = annotatesOnly(here.profiles.get('team-x')) === false;
        if (asked !== undefined) assert.equal(controls, !asked);
        else if (!there || had === true || had === 'false' || mayNot) assert.equal(controls, false);
        assert.ok(isDone(await planIn(here, wish)));
      },
    ),
    { numRuns: 150 },
  );
});

test('a click on one way takes back the other; what else was agreed to stays', () => {
  assert.deepEqual(afterClick([], 'leaveTrust'), ['leaveTrust']);
  assert.deepEqual(afterClick(['leaveArtifacts', 'leaveTrust'], 'manageTrust'), ['leaveArtifacts', 'manageTrust']);
  assert.deepEqual(afterClick(['leaveTrust'], 'grantController'), ['leaveTrust', 'grantController']);
  assert.deepEqual(afterClick(['leaveArtifacts', 'adoptNamespace'], 'leaveArtifacts'), ['adoptNamespace']);
});

/** What a plan says of the trust policy's owner, and the trust policy that the role gets. */
const ownerTold = (readings: Readings, wish: Partial<Request>): readonly string[] => {
  const plan = planProfile(wishFor(wish), factsFrom('team-x', readings));
  const its = need(plan);
  const role = changeOf(plan, 'iam/role');
  const short = (text: string): string =>
    JSON.stringify(JSON.parse(text)).replaceAll(PROVIDER, 'PROVIDER').replaceAll(ISS, 'ISSUER');
  const grant = plan.changes.find(({ ref }) => ref.key.endsWith(GRANT_POLICY)) as Change<'iam/role-policy'> | undefined;
  return [
    ...(its === undefined
      ? []
      : [`${its.holds ? 'holds' : 'blocked'}: ${its.reason ?? ''} ${its.consent ?? ''}`.trim()]),
    `annotateOnly ${String(planned(plan))}`,
    ...(role?.after === undefined || role.before?.trustPolicy === role.after.trustPolicy
      ? []
      : [`trust ${short(role.after.trustPolicy)}`]),
    ...(grant === undefined
      ? []
      : [`grant ${grant.before === undefined ? 'new' : 'changed'}: ${short(grant.after?.text ?? '')}`]),
    ...about(plan)
      .split('\n')
      .filter(Boolean)
      .map((line) => `! ${line}`),
  ];
};
test('who owns a trust policy, by the Profile, the role, the controller and the wish', () => {
  const base: Readings = {
    ...{ caller: found({ account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/me` }), cluster: found(cluster) },
    api: found({ connection: 'x', profileVersions: ['v1'] }),
    bucket: found({ name: BUCKET, region: 'us-west-2', accessible: true }),
    provider: found({ arn: PROVIDER, clientIds: [AUDIENCE] }),
    ...{ roles: { [ROLE]: absent }, profile: absent, namespace: absent, serviceAccount: absent },
    namers: found(new Map()),
  };
  const as = (trustPolicy: string, tags: Readonly<Record<string, string>> = ours): Readings['roles'] => ({
    [ROLE]: found({ ...controllerWith(), name: ROLE, arn: ARN, tags, trustPolicy }),
  });
  const equals = { [`${ISS}:aud`]: AUDIENCE, [`${ISS}:sub`]: 'system:serviceaccount:team-x:default-editor' };
  const ROLES: Readonly<Record<string, Readings['roles']>> = {
    'no role': { [ROLE]: absent },
    'a role that may not be read': { [ROLE]: denied('iam:GetRole', 'No.') },
    'a role of the AWS page': as(trustFor('team-x')),
    'a role in the form of the controller': as(policy(statement({ Condition: { StringEquals: equals } }))),
    'a role with others': as(
      policy(statement(), statement({ Principal: { AWS: arnOf('admin') }, Action: 'sts:AssumeRole', Condition: {} })),
    ),
    'a role for nodes, too': as(policy(statement(), NODES)),
    'a role on a condition': as(
      policy(statement({ Condition: { StringEquals: { ...equals, 'aws:SourceVpc': 'vpc-1' } } })),
    ),
    'a role for two accounts of the profile': as(
      policy(statement(), trustStatement(PROVIDER, ISS, 'system:serviceaccount:team-x:runner', AUDIENCE)),
    ),
    'a role that lets nobody in': as(policy()),
    'a role with a Deny': as(policy(statement(), { ...NODES, Effect: 'Deny' })),
    'no trust policy': as('{'),
  };
  const left = (annotateOnly: boolean | undefined): Readings['profile'] => {
    const made = newProfile('team-x', 'team-x@example.com', ARN, false);
    const spec = { awsIamRole: ARN, ...(annotateOnly === undefined ? {} : { annotateOnly }) };
    return found({ ...made, spec: { ...made.spec, plugins: [{ kind: 'AwsIamForServiceAccount', spec }] } });
  };
  const PROFILES: Readonly<Record<string, Readings['profile']>> = {
    'no Profile': absent,
    'a Profile that annotates': left(true),
    'a Profile that leaves it': left(false),
    'a Profile that says nothing': left(undefined),
    'a Profile without a role': found({ ...newProfile('team-x', 'team-x@example.com', '', true) }),
  };
  const account = (arn: string): NonNullable<Readings['controller']> => ({
    account: found({
      ...{ namespace: 'kubeflow', name: 'profiles-controller-service-account' },
      annotations: { [ROLE_ANNOTATION]: arn },
    }),
  });
  const acts = (role: Role, more: Readings['controller'] = {}): Readings['controller'] => ({
    ...account(role.arn),
    role: found({ ...role, name: 'controller' }),
    image: found('profile-controller:v1.10.0'),
    ...more,
  });
  const granted = controllerWith();
  const CONTROLLERS: Readonly<Record<string, Readings['controller']>> = {
    'not known': {},
    'that may': acts(controllerWith(may(BOTH, '*'))),
    'that may not': acts(controllerWith()),
    'that may write for another': acts({
      ...granted,
      inline: [{ name: GRANT_POLICY, text: may(BOTH, arnOf('other')) }],
    }),
    'that is denied': acts(controllerWith(may(BOTH, '*'), may('iam:*', '*', { Effect: 'Deny' }))),
    'of which it is not known': acts(
      controllerWith(may(BOTH, '*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })),
    ),
    'without a role': { account: absent, image: found('profile-controller:v1.10.0') },
    'with a role that may not be read': { ...acts(controllerWith()), role: denied('iam:GetRole', 'No.') },
    'with a role of another account': acts({
      ...controllerWith(may(BOTH, '*')),
      arn: arnOf('controller').replace(ACCOUNT, '444455556666'),
    }),
    'of an old release': acts(controllerWith(), { image: found('profile-controller:v1.6.1') }),
    'of the release that knows it first': acts(controllerWith(), { image: found('profile-controller:v1.7.0') }),
    'that may not be looked at': { image: denied('get deployments.apps', 'No.') },
  };
  const WISHES: Readonly<Record<string, Partial<Request>>> = {
    'nothing is wished': {},
    'to leave it': { annotateOnly: false },
    'to leave it and grant': { annotateOnly: false, grantController: true },
    'to keep it': { annotateOnly: true },
  };
  const lines: string[] = [];
  const able = CONTROLLERS['that may'] ?? {};
  const tell = (title: string, readings: Partial<Readings>): void => {
    lines.push(`# ${title}`);
    let before: readonly string[] = [];
    for (const [what, wish] of Object.entries(WISHES)) {
      const told = ownerTold({ ...base, ...readings }, wish);
      lines.push(`## ${what}`, ...(told.join('\n') === before.join('\n') ? ['the same'] : told));
      before = told;
    }
  };
  for (const [which, roles] of Object.entries(ROLES))
    for (const profile of ['no Profile', 'a Profile that leaves it'] as const)
      tell(`${which}, ${profile}`, { roles, profile: PROFILES[profile] ?? absent, controller: able });
  for (const [which, profile] of Object.entries(PROFILES))
    tell(which, { roles: ROLES['a role of the AWS page'] ?? {}, profile, controller: able });
  for (const [which, controller = {}] of Object.entries(CONTROLLERS))
    for (const role of ['no role', 'a role for nodes, too'] as const)
      tell(`a controller ${which}, ${role}`, {
        ...{ roles: ROLES[role] ?? {}, controller },
        profile: role === 'no role' ? absent : left(false),
      });
  asKept('plans/trust-owner', lines);
});
