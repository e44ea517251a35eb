/**
 * Every failure mode of AWS on real parts: brought about by ordinary calls, judged as a doctor judges, and ended. The neighbour is a sound
 * profile that nobody touches.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { EKSClient } from '@aws-sdk/client-eks';
import { KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { installAgent } from '../../sandbox/fixtures.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { call } from '../../sandbox/sigv4.ts';
import { profileManifest } from '../../sandbox/seed.ts';
import { connectAws } from '../../src/aws/index.ts';
import { evidenceOf } from '../../src/core/doctor/evidence.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import type { Problem } from '../../src/core/modes/problem.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import type { Cluster } from '../../src/core/observation.ts';
import { blockers } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import type { Request } from '../../src/core/request.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { clusterEstate } from '../../src/estate/cluster.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import type { Aws } from '../../src/provisioning/ports.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { awsScenarios, letsIn, mayUse, refusedByAws, type AwsWorld } from './scenarios/aws.ts';
import { organizationOver, type OrganizationOver } from './scenarios/organization.ts';
import { askPeer } from './peer.ts';
import type { Scenario } from './scenario.ts';

const REGION = 'us-west-2';
const CLUSTER = 'kubeflow-dev';
const NEIGHBOUR = 'aws-neighbour';
/** What a controller may take its time for is past by then, in milliseconds. */
const LATER = 300_000;

let sandbox: Sandbox;
let aws: Aws;
let cluster: Cluster;
let clients: Omit<AwsWorld, 'profile' | 'role' | 'bucket'>;
const connect = kubernetesConnector({ kubeconfig: '/dev/null' });
const worldOf = (profile: string): AwsWorld => ({
  ...clients,
  profile,
  role: `${profile}-kubeflow-dev-role`,
  bucket: `${profile}-data`,
});
const nameOf = (row: Scenario<AwsWorld>): string => `aws-${awsScenarios.indexOf(row)}`;

let over: Promise<OrganizationOver> | undefined;
/** An organization that the account may read. */
async function readable(of: Sandbox): Promise<OrganizationOver> {
  const made = await organizationOver(of);
  await made.delegate();
  return made;
}

/** A profile that is right in everything, by calls of its own: what makes profiles is not what is tested here. */
async function sound(world: AwsWorld): Promise<void> {
  const { iam, s3, kube, profile, role: RoleName, bucket } = world;
  await s3().send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
  const text = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: text(letsIn(world)) }));
  await iam.send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName: 'kf-pipeline-s3',
      PolicyDocument: text(...mayUse(world, bucket)),
    }),
  );
  // IAM and Kubernetes know whole seconds: a role is there before its Profile.
  await pause(1_100);
  await kube.apply(
    `/apis/kubeflow.org/v1/profiles/${profile}`,
    profileManifest(profile, `${profile}@example.com`, RoleName),
  );
}

/** The settings of a profile's pipelines, once Kubeflow Pipelines has made them. */
async function toBucket({ kube, profile, bucket }: AwsWorld): Promise<void> {
  const s3 = { bucket, endpoint: `s3.${REGION}.amazonaws.com`, region: REGION, useSDKCreds: true };
  const settings = {
    'kfp-launcher': { defaultPipelineRoot: `s3://${bucket}/${profile}/v2/artifacts` },
    'artifact-repositories': { 'default-namespaced': JSON.stringify({ s3 }) },
  };
  for (const [name, data] of Object.entries(settings)) {
    const path = `/api/v1/namespaces/${profile}/configmaps/${name}`;
    for (let tries = 0; (await kube.find(path)) === undefined; tries++) {
      assert.ok(tries < 200, `${profile} has no ${name}`);
      await pause(50);
    }
    await kube.request('PATCH', path, { data }, 'application/merge-patch+json');
  }
}

before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true, consistencyMs: 0 });
  Object.assign(process.env, sandbox.env);
  const config = { region: REGION, endpoint: sandbox.endpoint };
  const s3 = (region = REGION, credentials?: (typeof sandbox.credentials)['other-account-admin']): S3Client =>
    new S3Client({ ...config, region, forcePathStyle: true, ...(credentials === undefined ? {} : { credentials }) });
  aws = connectAws({ region: REGION });
  const reading = await aws.cluster(CLUSTER);
  assert.ok(reading.state === 'found');
  cluster = reading.value;
  clients = {
    iam: new IAMClient(config),
    eks: new EKSClient(config),
    kms: new KMSClient(config),
    s3: (region) => s3(region),
    theirS3: s3(REGION, sandbox.credentials['other-account-admin']),
    kube: sandbox.clusters.kubeflowDev.kube,
    organization: () => (over ??= readable(sandbox)),
    ec2: async (parameters) => {
      const body = new URLSearchParams({ Version: '2016-11-15', ...parameters }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      const asked = { service: 'ec2', region: REGION, credentials: sandbox.credentials['sandbox-admin'] };
      const { status, text } = await call(sandbox.endpoint, { ...asked, headers, body });
      assert.ok(status < 400, text);
      return text;
    },
    vpc: cluster.vpc ?? '',
    account: cluster.account,
    cluster: CLUSTER,
    issuer: (cluster.issuer ?? '').replace('https://', ''),
  };
  await installAgent(sandbox);
  const worlds = [NEIGHBOUR, 'aws-refused', ...awsScenarios.map(nameOf)].map(worldOf);
  await Promise.all(worlds.map(sound));
  await Promise.all(worlds.map(toBucket));
});
after(() => sandbox?.stop());

interface Seen {
  readonly view: ProfileView;
  readonly problems: readonly Problem[];
}
const idsOf = ({ problems }: Seen): readonly string[] => [...new Set(problems.map(({ id }) => id))].sort();

/** What a doctor says of these profiles. */
async function judged(...profiles: readonly string[]): Promise<readonly Seen[]> {
  const kubernetes = await connect(cluster, aws);
  const estate = clusterEstate(cluster, aws, kubernetes, rolesOf(aws), () => undefined);
  try {
    await estate.load();
    const all = profiles.length > 2 ? await estate.inspect() : undefined;
    return await Promise.all(
      profiles.map(async (name) => {
        const inspection = all ?? (await estate.inspect(name));
        const readings = estate.readings(name);
        assert.ok(readings, `${name} is not there`);
        const view = { ...readings, ...inspection.of(name) };
        const { problems, remarks } = judgeProfile(view, undefined, Date.now() + LATER);
        return { view, problems: [...problems, ...remarks] };
      }),
    );
  } finally {
    estate.close();
  }
}

/** What was changed in IAM and by the controller is judged until it is seen, for a while. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  // Not at once: a look costs half a second of a processor, and the controller takes a moment.
  for (let tries = 0; tries < 60; tries++) {
    await pause(300);
    if (await holds()) return;
  }
  assert.fail(what);
}

/** Carries out the plan that the finding offers, with its proofs. */
async function repair({ profile, bucket }: AwsWorld): Promise<void> {
  const request: Request = {
    ...{ cluster: CLUSTER, region: REGION, profile, owner: `${profile}@example.com` },
    ...{ bucket, access: 'prefix', createBucket: true },
  };
  const { facts, kubernetes } = await lookAt(request, aws, connect);
  assert.ok(kubernetes);
  try {
    const plan = planProfile(request, facts);
    assert.deepEqual(blockers(plan), []);
    const result = await carryOut(plan, { aws, kubernetes, unique: randomUUID, sleep });
    assert.ok(result.ok, JSON.stringify(result.rows.filter(({ state }) => state === 'failed')));
    assert.equal(result.verification?.outcome, 'verified', JSON.stringify(result.verification));
  } finally {
    kubernetes.close();
  }
}

test('the neighbour, and each profile before anything is done to it, has nothing', async () => {
  const names = [NEIGHBOUR, ...awsScenarios.map(nameOf)];
  let all: readonly Seen[] = [];
  await until('not all is right', async () => {
    all = await judged(...names);
    return all.every(({ problems }) => problems.length === 0);
  }).catch(() => {
    for (const [at, seen] of all.entries())
      assert.deepEqual(idsOf(seen), [], `${names[at] ?? ''}: ${JSON.stringify(seen.problems)}`);
  });
});

describe('Failure modes of AWS', () => {
  for (const row of awsScenarios)
    test(`${row.id} ${row.name}`, async () => {
      const { id, also = [], ending } = row;
      const world = worldOf(nameOf(row));
      await askPeer(sandbox, row, world.profile, 'before');
      await row.arrange(world);
      const allowed = new Set<string>([id, ...also]);
      const isStrange = (one: string): boolean => !allowed.has(one);
      let seen: readonly Seen[] = [];
      // What the controller has not yet come to goes by itself.
      await until(`${id} is not seen`, async () => {
        seen = await judged(world.profile, NEIGHBOUR);
        const ids = seen[0] === undefined ? [] : idsOf(seen[0]);
        return ids.includes(id) && !ids.some(isStrange);
      }).catch((error: unknown) => {
        if (seen[0]?.problems.some((one) => one.id === id) === true) return;
        throw new Error(`${String(error)}; seen: ${JSON.stringify(seen[0]?.problems)}`);
      });
      const [its, neighbour] = seen;
      assert.ok(its && neighbour);
      assert.deepEqual(idsOf(its).filter(isStrange), [], JSON.stringify(its.problems));
      const problem = its.problems.find((one) => one.id === id);
      assert.match(problem?.message ?? '', row.says);
      assert.ok(problem && evidenceOf(problem, its.view).length > 0, 'no evidence');
      assert.ok(ending.by === 'hand' || problem.remedy !== undefined, 'what a plan ends offers none');
      const others = idsOf(neighbour).filter((one) => row.everybody !== true || !allowed.has(one));
      assert.deepEqual(others, [], `the neighbour: ${JSON.stringify(neighbour.problems)}`);
      await askPeer(sandbox, row, world.profile, 'at');

      if (ending.by === 'hand') await ending.mend?.(world);
      else await repair(world);
      if (ending.by !== 'hand' || ending.mend !== undefined)
        await until(`${id} is still there`, async () => !idsOf((await judged(world.profile))[0] as Seen).includes(id));
      await row.after?.(world);
    });
});

describe('What AWS does not take', () => {
  for (const { id, name, attempt, refusal } of refusedByAws)
    test(`${id} ${name}`, async () => {
      await assert.rejects(attempt(worldOf('aws-refused')), (error: Error) => refusal.test(error.message));
    });
});
