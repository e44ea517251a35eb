/** What only a doctor asks for: how often it is asked, whose it is, and what is not permitted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { right } from '../../src/core/modes/samples.ts';
import { roleArnOf } from '../../src/core/modes/view.ts';
import type { Cluster, Pod } from '../../src/core/observation.ts';
import { absent, denied, found, valueOf, type Reading } from '../../src/core/reading.ts';
import { inspect } from '../../src/estate/inspect.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';

const cluster = { ...right().cluster, vpc: 'vpc-1' };
const CONTROLLER = { namespace: 'kubeflow', name: 'profiles-deployment', image: 'profile-controller:v1.10.0' };
const CONTROLLERS_ROLE = `arn:aws:iam::${cluster.account}:role/controller`;

const podOf = (namespace: string): Pod => ({
  ...{ namespace, name: `${namespace}-0`, serviceAccount: 'default-editor', phase: 'Running' },
  ...{ annotations: {}, labels: {} },
  containers: [
    { name: 'main', image: 'x', env: { AWS_ROLE_ARN: roleArnOf(right()) ?? '', AWS_REGION: 'us-west-2' }, from: {} },
  ],
});

/** An outside in memory that counts; calls of a name that `not` has are not permitted, and kinds named `unknown` are not served. */
function outside(namespaces: readonly string[], not?: string, unknown?: string, its: Cluster = cluster) {
  const calls: string[] = [];
  const answer = <T>(call: string, value: T): Promise<Reading<T>> => {
    calls.push(call);
    return Promise.resolve(call === not ? denied(call, '') : found(value));
  };
  const kubernetes = {
    inspect: (kind: string, namespace?: string) =>
      kind === unknown
        ? Promise.resolve(absent)
        : answer(
            `list ${kind}`,
            kind === 'pods' ? namespaces.filter((one) => (namespace ?? one) === one).map(podOf) : [],
          ),
    serviceAccount: (namespace: string, name: string) =>
      answer('get serviceaccounts', {
        namespace,
        name,
        annotations: { 'eks.amazonaws.com/role-arn': CONTROLLERS_ROLE },
      }),
    serviceAccounts: () => answer('list serviceaccounts', []),
    configMap: (namespace: string, name: string) => answer(`get configmaps ${name}`, { namespace, name, data: {} }),
    tryPod: () => answer('create pods', podOf('team-a')),
  } as unknown as Kubernetes;
  const aws = {
    caller: () => answer('sts:GetCallerIdentity', { account: cluster.account, arn: 'arn' }),
    role: (name: string) => answer('iam:GetRole', { ...valueOf(right().role ?? absent), arn: CONTROLLERS_ROLE, name }),
    podIdentityAssociations: () => answer('eks:ListPodIdentityAssociations', []),
    organization: () => answer('organizations:DescribeOrganization', { id: 'o-1', levels: found([]) }),
    vpcEndpoints: () => answer('ec2:DescribeVpcEndpoints', []),
    addon: () => answer('eks:DescribeAddon', { name: 'agent', version: '', status: 'ACTIVE' }),
  } as unknown as Aws;
  const known = { api: found({ connection: '', profileVersions: ['v1'] }), controller: found(CONTROLLER) };
  return { calls, read: (profile?: string) => inspect(its, kubernetes, aws, known, profile) };
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `team-${at}`);

describe('What only a doctor asks for', () => {
  test('is asked for once, however many profiles there are', async () => {
    const [few, many] = [outside(names(1)), outside(names(1_000))];
    await few.read();
    await many.read();
    assert.deepEqual(many.calls.sort(), few.calls.sort());
  });

  test('is of the profile that it is told for', async () => {
    const read = await outside(names(3)).read();
    assert.deepEqual(
      valueOf(read.of('team-1').pods ?? absent)?.map(({ name }) => name),
      ['team-1-0'],
    );
    assert.deepEqual(read.of('elsewhere').pods, found([]));
    assert.equal(valueOf(read.of('team-1').controllerRole ?? absent)?.name, 'controller');
    assert.deepEqual(read.of('team-1').repositories, absent);
  });

  test('is all that its namespace has', async () => {
    const read = await outside(['team-1', 'team-2', 'team-1']).read();
    for (const [name, many] of [
      ['team-1', 2],
      ['team-2', 1],
    ] as const)
      assert.equal(valueOf(read.of(name).pods ?? absent)?.length, many);
  });

  test('and the cluster does not know is none', async () => {
    const read = await outside(['team-1'], undefined, 'podDefaults').read();
    assert.deepEqual(read.of('team-1').podDefaults, found([]));
    assert.equal(valueOf(read.of('team-1').pods ?? absent)?.length, 1);
  });

  test('is the injection of one profile, and the endpoints of a VPC that is known', async () => {
    const all = outside(['team-1']);
    const [one, many] = [await all.read('team-1'), await all.read()];
    assert.equal(one.of('team-1').injection?.state, 'found');
    assert.equal('injection' in many.of('team-1'), false);
    assert.deepEqual(many.of('team-1').endpoints, found([]));
    const { vpc, ...nameless } = cluster;
    assert.equal(vpc, 'vpc-1');
    const none = outside(['team-1'], undefined, undefined, nameless);
    assert.deepEqual((await none.read()).of('team-1').endpoints, absent);
    assert.ok(!none.calls.includes('ec2:DescribeVpcEndpoints'));
  });

  test('of one profile is asked for in its namespace', async () => {
    const read = await outside(names(3)).read('team-1');
    assert.equal(valueOf(read.of('team-1').pods ?? absent)?.length, 1);
    assert.deepEqual(read.of('team-2').pods, found([]));
  });

  test('and may not be read is named, counts as nothing, and leaves the rest as it is', async () => {
    const all = outside(['team-a']);
    const sound = judgeProfile({ ...right(), ...(await all.read()).of('team-a') }, undefined, Date.now());
    // Whether the agent is an add-on is only a part of what is said of the agent.
    for (const call of new Set(all.calls.filter((one) => one !== 'eks:DescribeAddon'))) {
      const read = await outside(['team-a'], call).read();
      const view = { ...right(), ...read.of('team-a') };
      const { problems, remarks, unread } = judgeProfile(view, undefined, Date.now());
      const ids = new Set([...sound.problems, ...sound.remarks].map(({ id }) => id));
      assert.deepEqual(
        [...problems, ...remarks].filter(({ id }) => !ids.has(id)),
        [],
        call,
      );
      // A role of the controller counts only where trust policies are left to it, hosts of Istio only where they bind.
      const facts = Object.values(view).flatMap((one: unknown) =>
        typeof one === 'object' && one !== null && (one as { state?: string }).state === 'denied' ? [one] : [],
      );
      assert.ok(facts.length > 0, `${call} is no fact`);
      for (const { permission } of unread) assert.equal(permission, call);
    }
  });
});
