/**
 * Every failure mode of Kubernetes and Kubeflow on real parts: brought about by ordinary calls, judged as a doctor judges, and ended. The
 * neighbour is a sound profile that nobody touches.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { evidenceOf } from '../../src/core/doctor/evidence.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import type { Problem } from '../../src/core/modes/problem.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import type { Cluster } from '../../src/core/observation.ts';
import { planDelete } from '../../src/core/plan/delete.ts';
import { blockers } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { permissionsPolicy, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import type { Request } from '../../src/core/request.ts';
import { clusterEstate } from '../../src/estate/cluster.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { lookToDelete } from '../../src/provisioning/leave.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import type { Aws } from '../../src/provisioning/ports.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { askPeer } from './peer.ts';
import { kubernetesScenarios, makeSound, type KubeScenario, type KubeWorld } from './scenarios/kubernetes.ts';

const REGION = 'us-west-2';
const CLUSTER = 'kubeflow-dev';
const NEIGHBOUR = 'kube-neighbour';
/** What a controller may take its time for is past by then, in milliseconds. */
const LATER = 300_000;

let sandbox: Sandbox;
let aws: Aws;
/** As the one who reads has it. */
let reader: Aws;
let cluster: Cluster;
let folder: string;
let clients: { readonly iam: IAMClient; readonly eks: EKSClient; readonly s3: S3Client };
const connect = kubernetesConnector({ kubeconfig: '/dev/null' });
const kubeconfig = (): string => path.join(folder, 'kubeconfig');
const nameOf = (row: KubeScenario): string => row.named ?? `kube-${kubernetesScenarios.indexOf(row)}`;

/** Milliseconds before a look at a profile: it costs half a second of a processor, and the controller takes a moment. */
const LOOK_MS = 300;

/** Tries until it holds; what IAM and controllers do takes a moment. */
async function until(holds: () => Promise<boolean>, what = 'it', everyMs = LOOK_MS): Promise<void> {
  for (let passed = 0; passed < 20_000; passed += everyMs) {
    await pause(everyMs);
    if (await holds()) return;
  }
  assert.fail(`${what} did not come about`);
}

function worldOf(profile: string): KubeWorld {
  const { iam, eks, s3 } = clients;
  const role = `${profile.replaceAll('.', '-')}-kubeflow-dev-role`;
  const bucket = `${profile.replaceAll('.', '-')}-data`;
  const issuer = cluster.issuer ?? '';
  const provider = providerArn('aws', cluster.account, issuer);
  const policies = [['kf-pipeline-s3', permissionsPolicy('aws', bucket, profile, 'prefix')]] as const;
  return {
    kube: sandbox.clusters.kubeflowDev.kube,
    account: cluster.account,
    cluster: CLUSTER,
    clusterArn: cluster.arn,
    ...{ profile, role, bucket },
    makeRole: async () => {
      const trust = JSON.stringify(trustPolicy(provider, issuer, profile));
      await s3.send(
        new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
      );
      await iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: trust }));
      for (const [PolicyName, policy] of policies)
        await iam.send(
          new PutRolePolicyCommand({ RoleName: role, PolicyName, PolicyDocument: JSON.stringify(policy) }),
        );
    },
    deleteRole: async () => {
      for (const [PolicyName] of policies) await iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName }));
      await iam.send(new DeleteRoleCommand({ RoleName: role }));
    },
    associate: () =>
      eks.send(
        new CreatePodIdentityAssociationCommand({
          ...{ clusterName: CLUSTER, namespace: profile, serviceAccount: 'default-editor' },
          roleArn: `arn:aws:iam::${cluster.account}:role/${role}`,
        }),
      ),
    dissociate: async () => {
      const { associations = [] } = await eks.send(
        new ListPodIdentityAssociationsCommand({ clusterName: CLUSTER, namespace: profile }),
      );
      for (const { associationId } of associations)
        await eks.send(new DeletePodIdentityAssociationCommand({ clusterName: CLUSTER, associationId }));
    },
    changeKubeflow: (change) => sandbox.changeKubeflow(change),
    onPanic: (how) => sandbox.control({ profileController: { onPanic: how, slow: false } }),
    until: (holds) => until(holds, undefined, 50),
    contexts: (contexts, current) => {
      const names = Object.keys(contexts);
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: names.map((name) => ({ name, cluster: { server: contexts[name] } })),
        contexts: names.map((name) => ({ name, context: { cluster: name, user: 'nobody' } })),
        users: [{ name: 'nobody', user: {} }],
        ...(current === undefined ? {} : { 'current-context': current }),
      };
      writeFileSync(kubeconfig(), JSON.stringify(config));
    },
    readAs: (account) => {
      const other = connectAws({ region: REGION, profile: 'other-account' });
      reader = account === 'own' ? aws : { ...aws, caller: () => other.caller() };
    },
  };
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scenarios-'));
  sandbox = await startSandbox({ withoutAnalytics: true, consistencyMs: 0 });
  Object.assign(process.env, sandbox.env);
  sandbox.control({ profileController: { onPanic: 'recover', slow: false } });
  const config = { region: REGION, endpoint: sandbox.endpoint };
  clients = {
    iam: new IAMClient(config),
    eks: new EKSClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
  };
  reader = aws = connectAws({ region: REGION });
  const reading = await aws.cluster(CLUSTER);
  assert.ok(reading.state === 'found');
  cluster = reading.value;
  worldOf(NEIGHBOUR).contexts({});
  const sound = kubernetesScenarios.filter(({ bare }) => bare !== true).map(nameOf);
  await Promise.all([NEIGHBOUR, ...sound].map((name) => makeSound(worldOf(name))));
});
after(async () => {
  await sandbox?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Seen {
  readonly view: ProfileView;
  readonly problems: readonly Problem[];
}
const idsOf = ({ problems }: Seen): readonly string[] => [...new Set(problems.map(({ id }) => id))].sort();

/** What a doctor says of these profiles; undefined of one that is not there. */
async function judged(...profiles: readonly string[]): Promise<readonly (Seen | undefined)[]> {
  const kubernetes = await kubernetesConnector({ kubeconfig: kubeconfig() })(cluster, aws);
  const estate = clusterEstate(cluster, reader, kubernetes, rolesOf(aws), () => undefined);
  try {
    await estate.load();
    await estate.whole;
    // Each by itself where they are few: of all it is asked what belongs to the others, too.
    const all = profiles.length > 2 ? estate.inspect() : undefined;
    return await Promise.all(
      profiles.map(async (name) => {
        const inspection = await (all ?? estate.inspect(name));
        const readings = estate.readings(name);
        if (readings === undefined) return undefined;
        const view = { ...readings, ...inspection.of(name) };
        const { problems, remarks } = judgeProfile(view, undefined, Date.now() + LATER);
        return { view, problems: [...problems, ...remarks] };
      }),
    );
  } finally {
    estate.close();
  }
}

const outside = (kubernetes: Awaited<ReturnType<typeof connect>>) => ({ aws, kubernetes, unique: randomUUID, sleep });

/** Carries out the plan that the finding offers, with its proofs. */
async function repair({ profile, bucket }: KubeWorld, wish: Partial<Request> = {}): Promise<void> {
  const request: Request = {
    ...{ cluster: CLUSTER, region: REGION, profile, owner: `${profile}@example.com` },
    ...{ bucket, access: 'prefix', createBucket: true },
    ...wish,
  };
  const { facts, kubernetes } = await lookAt(request, aws, connect);
  assert.ok(kubernetes);
  try {
    const plan = planProfile(request, facts);
    assert.deepEqual(blockers(plan), []);
    const result = await carryOut(plan, outside(kubernetes));
    assert.ok(result.ok, JSON.stringify(result.rows.filter(({ state }) => state === 'failed')));
    assert.equal(result.verification?.outcome, 'verified', JSON.stringify(result.verification));
  } finally {
    kubernetes.close();
  }
}

/** Carries out the plan that lets a Profile go. */
async function unstick({ profile }: KubeWorld): Promise<void> {
  const wish = { cluster: CLUSTER, region: REGION, profile };
  const { facts, around, bucketRegion, kubernetes } = await lookToDelete(wish, aws, connect);
  assert.ok(kubernetes);
  try {
    const plan = planDelete(wish, facts, around, bucketRegion);
    assert.deepEqual(blockers(plan), []);
    const result = await carryOut(plan, outside(kubernetes));
    assert.ok(result.ok, JSON.stringify(result.rows));
  } finally {
    kubernetes.close();
  }
}

test('the neighbour, and each profile before anything is done to it, has nothing', async () => {
  const names = [NEIGHBOUR, ...kubernetesScenarios.filter(({ bare }) => bare !== true).map(nameOf)];
  let all: readonly (Seen | undefined)[] = [];
  // The controller makes them one after the other.
  await until(async () => {
    all = await judged(...names);
    return all.every((seen) => seen !== undefined && idsOf(seen).length === 0);
  }).catch(() => undefined);
  for (const [at, seen] of all.entries())
    assert.deepEqual(seen && idsOf(seen), [], `${names[at] ?? ''}: ${JSON.stringify(seen?.problems)}`);
});

for (const row of kubernetesScenarios)
  test(`${row.id} ${row.name}`, async () => {
    const { id, also = [], ending } = row;
    const world = worldOf(nameOf(row));
    let its: Seen | undefined;
    let neighbour: Seen | undefined;
    try {
      await askPeer(sandbox, row, world.profile, 'before');
      await row.arrange(world);
      // Kubeflow Pipelines gives a new profile a root in the cluster.
      const allowed = new Set<string>([id, ...also, ...(row.bare === true ? ['KP-055'] : [])]);
      const unrelated = (seen: Seen | undefined): readonly string[] =>
        seen === undefined ? ['nothing is there'] : idsOf(seen).filter((one) => !allowed.has(one));
      // Until the controller has done what it does.
      await until(async () => {
        [its, neighbour] = await judged(world.profile, NEIGHBOUR);
        const seen = its?.problems.some((one) => one.id === id && row.says.test(one.message)) === true;
        return seen && unrelated(its).length === 0;
      }, id).catch((error: unknown) => {
        throw new Error(`${String(error)}; seen: ${JSON.stringify(its?.problems)}`);
      });
      assert.ok(its && neighbour);
      const problem = its.problems.find((one) => one.id === id);
      assert.ok(problem && evidenceOf(problem, its.view).length > 0, 'no evidence');
      assert.ok(ending.by === 'hand' || problem.remedy !== undefined, 'what a plan ends offers none');
      const others = idsOf(neighbour).filter((one) => row.everybody !== true || !allowed.has(one));
      assert.deepEqual(others, [], `the neighbour: ${JSON.stringify(neighbour.problems)}`);
      await askPeer(sandbox, row, world.profile, 'at');

      if (ending.by === 'hand') await ending.mend?.(world);
      else if (ending.by === 'unstick') await unstick(world);
      else await repair(world, row.wish);
      if (ending.by !== 'hand' || ending.mend !== undefined)
        await until(async () => {
          [its] = await judged(world.profile);
          return its === undefined || !idsOf(its).includes(id);
        }, `an end of ${id}`);
    } finally {
      await row.after?.(world);
    }
  });
