/** Owners, users and contributors against a real API server and Cognito: that the drivers of people are true. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import bcrypt from 'bcryptjs';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { KubeObject } from '../../sandbox/kube.ts';
import { addContributor } from '../../sandbox/people.ts';
import { connectAws } from '../../src/aws/index.ts';
import type { Cluster } from '../../src/core/observation.ts';
import { bindingName } from '../../src/core/people/kfam.ts';
import { planContributor, planContributorGone } from '../../src/core/plan/contributor.ts';
import { planHandOver } from '../../src/core/plan/handover.ts';
import { permissionsOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import type { Request } from '../../src/core/request.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import type { Revealed } from '../../src/provisioning/driver.ts';
import { memoryJournal, type Entry } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { lookAtContributor, lookAtHandOver } from '../../src/provisioning/people.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
});
after(() => sandbox?.stop());

const REGION = 'us-west-2';
const find = <T extends object = KubeObject>(path: string): Promise<T | undefined> =>
  sandbox.clusters.kubeflowDev.kube.find<T>(path);
const pool = (): string => sandbox.userPool.arn.split('/')[1] ?? '';
const request = (profile: string, other: Partial<Request>): Request => ({
  cluster: 'kubeflow-dev',
  region: REGION,
  profile,
  owner: `${profile}@example.com`,
  bucket: 'kubeflow-artifacts-111122223333',
  access: 'prefix',
  annotateOnly: true,
  ...other,
});
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';

interface Reached {
  readonly aws: Aws;
  readonly cluster: Cluster;
  readonly kubernetes: Kubernetes;
}
/** The cluster, as an identity. */
async function reach<T>(work: (at: Reached) => Promise<T>, profile?: string): Promise<T> {
  const aws = connectAws({ region: REGION, ...(profile === undefined ? {} : { profile }) });
  const cluster = await aws.cluster('kubeflow-dev');
  assert.ok(cluster.state === 'found');
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster.value, aws);
  try {
    return await work({ aws, cluster: cluster.value, kubernetes });
  } finally {
    kubernetes.close();
  }
}
async function run(plan: Plan, { aws, kubernetes }: Reached) {
  const shown: Revealed[] = [];
  const journal = memoryJournal();
  const outside = { aws, kubernetes, unique: randomUUID, sleep, reveal: (one: Revealed) => void shown.push(one) };
  const result = await carryOut(plan, outside, { journal });
  return { result, shown, entries: journal.entries() };
}
const back = (entries: readonly Entry[], { aws, kubernetes }: Reached) => undo(entries, { aws, kubernetes, sleep });
const planFor = async (wish: Request, { aws, kubernetes }: Reached): Promise<Plan> =>
  planProfile(wish, (await lookAt(wish, aws, () => Promise.resolve(kubernetes))).facts);

const DEX = '/api/v1/namespaces/auth/configmaps/dex';
const configText = async (): Promise<string> =>
  (await find<{ data: Record<string, string> }>(DEX))?.data['config.yaml'] ?? '';
interface Deployment {
  spec: { template: { metadata: { annotations?: Record<string, string> } } };
}
const restarts = async (): Promise<Readonly<Record<string, string>>> =>
  (await find<Deployment>('/apis/apps/v1/namespaces/auth/deployments/dex'))?.spec.template.metadata.annotations ?? {};

describe('users', () => {
  test('of Dex: made with a profile, with a password that opens; taken back with it, and the settings are what they were', async () => {
    await reach(async (at) => {
      const before = await configText();
      const wish = request('team-new', { owner: 'new@example.com', newUser: { in: 'dex' } });
      const plan = await planFor(wish, at);
      sandbox.resetCalls();
      const { result, shown, entries } = await run(plan, at);
      assert.ok(result.ok, failure(result));
      const after = await configText();
      const hash = /- email: new@example\.com\n {2}hash: "([^"]+)"/.exec(after)?.[1] ?? '';
      assert.ok(await bcrypt.compare(shown[0]?.password ?? '', hash));
      assert.ok(after.includes('# People with a password of their own.'));
      assert.match((await restarts())['kubectl.kubernetes.io/restartedAt'] ?? '', /^\d{4}-/);
      assert.equal(JSON.stringify([plan, result, entries]).includes(shown[0]?.password ?? '-'), false);
      const { kubernetes } = permissionsOf(plan);
      for (const one of ['patch configmaps', 'update deployments.apps']) assert.ok(kubernetes.includes(one), one);
      const again = await planFor(wish, at);
      assert.deepEqual(
        rows(again).filter(({ kind }) => !['keep', 'verify'].includes(kind)),
        [],
      );
      const first = (await restarts())['kubectl.kubernetes.io/restartedAt'];
      const undone = await back(entries, at);
      assert.ok(undone.ok, JSON.stringify(undone.changes));
      assert.equal(await configText(), before);
      assert.notEqual((await restarts())['kubectl.kubernetes.io/restartedAt'], first);
      assert.equal((await restarts())['kubeflow-irsa/users'], undefined);
    });
  });

  test('an owner whom nobody can be is said before anything is written, and who may not look is not told so', async () => {
    await reach(async (at) => {
      const { warnings } = await planFor(request('team-ghost', { owner: 'ghost@example.com' }), at);
      assert.match(warnings.join('\n'), /Nobody can sign in as ghost@example\.com: Dex has no such user/);
      const right = await planFor(request('team-ghost', { owner: 'User@example.com' }), at);
      assert.match(right.warnings.join('\n'), /Dex has no user User@example\.com but user@example\.com/);
    });
  });

  test('of Cognito: found from the ingress, invited with a profile, taken back with it', async () => {
    await sandbox.changeKubeflow({ people: 'cognito' });
    try {
      await reach(async (at) => {
        const users = async () => {
          const all = await at.aws.userPools(REGION).users(pool());
          assert.ok(all.state === 'found', JSON.stringify(all));
          return all.value.map(({ email }) => email).sort();
        };
        const pools = await at.aws.userPools(REGION).pools();
        assert.deepEqual(pools.state === 'found' && pools.value.map(({ id, name }) => [id, name]), [
          [pool(), 'kubeflow-users'],
        ]);
        assert.deepEqual(await users(), ['alice@example.com', 'dana@example.com']);
        const known = await planFor(request('team-pool', { owner: 'dana@example.com' }), at);
        assert.ok(
          known.warnings.every((text) => !text.includes('dana')),
          known.warnings.join(),
        );
        const ghost = await planFor(request('team-pool', { owner: 'ghost@example.com' }), at);
        assert.match(ghost.warnings.join('\n'), /Nobody can sign in as ghost@example\.com: Cognito user pool/);

        const wish = request('team-pool', { owner: 'erin@example.com', newUser: { in: 'cognito', pool: pool() } });
        const { result, shown, entries } = await run(await planFor(wish, at), at);
        assert.ok(result.ok, failure(result));
        assert.deepEqual(shown, []);
        assert.deepEqual(await users(), ['alice@example.com', 'dana@example.com', 'erin@example.com']);
        const undone = await back(entries, at);
        assert.ok(undone.ok, JSON.stringify(undone.changes));
        assert.deepEqual(await users(), ['alice@example.com', 'dana@example.com']);
      });
    } finally {
      await sandbox.changeKubeflow({ people: 'dex' });
    }
  });

  test('what Cognito refuses is a clear word, and the first and only call that writes', async () => {
    await sandbox.changeKubeflow({ people: 'cognito' });
    try {
      await reach(async (at) => {
        const wish = request('team-no', { owner: 'frank@example.com', newUser: { in: 'cognito', pool: pool() } });
        const plan = await planFor(wish, at);
        for (const [code, said] of [
          ['InvalidPasswordException', /the pool refuses the password that was made: look at its password policy/],
          ['AccessDeniedException', /You are not permitted to cognito-idp:AdminCreateUser/],
          ['CodeDeliveryFailureException', /could not send the invitation/],
        ] as const) {
          sandbox.resetCalls();
          sandbox.control({
            faults: [{ call: 'cognito-idp:AdminCreateUser', times: 1, code, message: 'no', status: 400 }],
          });
          const { result } = await run(plan, at);
          assert.match(failure(result), said, code);
          const written = Object.keys(sandbox.calls()).filter((call) => /:(Create|Put|Admin)/.test(call));
          assert.deepEqual(written, ['cognito-idp:AdminCreateUser']);
        }
        // Somebody was quicker, in another case: nobody is made twice.
        await at.aws.userPools(REGION).createUser(pool(), 'frank@example.com');
        const { result } = await run(plan, at);
        assert.equal(result.rows.find(({ row }) => row.id === 'cognito-user')?.state, 'kept', failure(result));
        const other = await planFor({ ...wish, owner: 'Frank@example.com' }, at);
        assert.match(JSON.stringify(other.needs), /has a user frank@example\.com already/);
        const denied = await reach((readonly) => planFor(wish, readonly), 'readonly');
        assert.match(
          JSON.stringify(denied.needs),
          /not permitted to (cognito-idp:ListUsers|list ingresses)|Users of Cognito user pool/,
        );
        assert.ok(denied.warnings.every((text) => !text.includes('Nobody')));
      });
    } finally {
      await sandbox.changeKubeflow({ people: 'dex' });
    }
  });
});

describe('contributors', () => {
  const objects = async (profile: string, name: string) =>
    Promise.all([
      find(`/apis/rbac.authorization.k8s.io/v1/namespaces/${profile}/rolebindings/${name}`),
      find(`/apis/security.istio.io/v1beta1/namespaces/${profile}/authorizationpolicies/${name}`),
    ]);
  /** An object without what the server and we add, and without the user's name. */
  const shape = (object: KubeObject | undefined, user: string): unknown => {
    const { annotations = {}, namespace } = object?.metadata ?? {};
    const kept = { user: annotations['user'], role: annotations['role'] };
    const text = JSON.stringify({ ...object, metadata: { namespace, annotations: kept } });
    return JSON.parse(text.replaceAll(user, 'USER'));
  };

  test('the two objects are those of KFAM; they come, are kept, go, and come back', async () => {
    await reach(async (at) => {
      const { aws, cluster, kubernetes } = at;
      const [mine, theirs] = ['mine@example.com', 'theirs@example.com'];
      await addContributor(sandbox.clusters.kubeflowDev.kube, 'team-a', theirs, 'edit');
      const name = bindingName(mine, 'edit');
      const planned = async (): Promise<Plan> =>
        planContributor(
          { profile: 'team-a', user: mine, role: 'edit' },
          await lookAtContributor('team-a', { name, user: mine }, cluster, aws, kubernetes),
          cluster,
        );
      const { result } = await run(await planned(), at);
      assert.ok(result.ok, failure(result));
      const made = await objects('team-a', name);
      const kfam = await objects('team-a', bindingName(theirs, 'edit'));
      assert.deepEqual(
        made.map((one) => shape(one, mine)),
        kfam.map((one) => shape(one, theirs)),
      );
      assert.ok(rows(await planned()).every(({ kind }) => kind === 'keep'));
      const facts = await lookAtContributor('team-a', { name, user: mine }, cluster, aws, kubernetes);
      const gone = await run(planContributorGone({ profile: 'team-a', user: mine, name }, facts, cluster), at);
      assert.ok(gone.result.ok, failure(gone.result));
      assert.deepEqual(await objects('team-a', name), [undefined, undefined]);
      assert.ok((await back(gone.entries, at)).ok);
      assert.deepEqual(
        (await objects('team-a', name)).map((one) => shape(one, mine)),
        kfam.map((one) => shape(one, theirs)),
      );
    });
  });
});

describe('a profile that is handed over', () => {
  const names = async (profile: string): Promise<readonly unknown[]> => {
    const [live, space, binding, policy] = await Promise.all([
      find<{ spec: { owner: { name: string } } }>(`/apis/kubeflow.org/v1/profiles/${profile}`),
      find(`/api/v1/namespaces/${profile}`),
      find<KubeObject & { subjects: { name: string }[] }>(
        `/apis/rbac.authorization.k8s.io/v1/namespaces/${profile}/rolebindings/namespaceAdmin`,
      ),
      find(`/apis/security.istio.io/v1beta1/namespaces/${profile}/authorizationpolicies/ns-owner-access-istio`),
    ]);
    const values = /request\.headers\[kubeflow-userid\]","values":\["([^"]+)"\]/.exec(
      JSON.stringify(policy?.['spec']),
    )?.[1];
    return [
      live?.spec.owner.name,
      space?.metadata.annotations?.['owner'],
      binding?.subjects[0]?.name,
      binding?.metadata.annotations?.['user'],
      values,
      policy?.metadata.annotations?.['user'],
    ];
  };
  /**
   * The controller has the last word on what is its own; after much work in a row it rests first, and what it began with the owner of
   * before it may still write: so the names must stay for a second.
   */
  const belongsTo = async (owner: string): Promise<void> => {
    const six = Array.from({ length: 6 }, () => owner);
    let last: readonly unknown[] = [];
    for (let left = 1200, stayed = 0; left > 0 && stayed < 10; left--) {
      last = await names('team-hand');
      stayed = isDeepStrictEqual(last, six) ? stayed + 1 : 0;
      await sleep(100);
    }
    assert.deepEqual(last, six);
  };
  const planned = async (owner: string, { aws, cluster, kubernetes }: Reached): Promise<Plan> => {
    const { facts, bindings } = await lookAtHandOver({ profile: 'team-hand', owner }, cluster, aws, kubernetes);
    return planHandOver({ profile: 'team-hand', owner }, facts, cluster, bindings);
  };

  test('KP-014: in every place; what the controller does beside it is no conflict; and back', async () => {
    await reach(async (at) => {
      const made = await run(await planFor(request('team-hand', { owner: 'user@example.com' }), at), at);
      assert.ok(made.result.ok, failure(made.result));
      await belongsTo('user@example.com');
      const { result, entries } = await run(await planned('next@example.com', at), at);
      assert.ok(result.ok, failure(result));
      await belongsTo('next@example.com');
      assert.ok(rows(await planned('next@example.com', at)).every(({ kind }) => kind === 'keep'));
      // The controller goes on with the profile: another role is set.
      const repaired = await planFor(
        request('team-hand', { owner: 'next@example.com', roleName: 'team-hand-other' }),
        at,
      );
      const other = await run(repaired, at);
      assert.ok(other.result.ok, failure(other.result));
      assert.ok((await back(other.entries, at)).ok);
      const undone = await back(entries, at);
      assert.ok(undone.ok, JSON.stringify(undone.changes));
      await belongsTo('user@example.com');
    });
  });
});
