/** The doctor on real parts: what it finds and says, what it costs, what it says of what may not be read, and that its plans mend. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { selection } from '../../src/core/doctor/checks.ts';
import { counts, doctorReport, findingsOf, outcomeOf, type DoctorReport } from '../../src/core/doctor/report.ts';
import { connectAws } from '../../src/aws/index.ts';
import { examine } from '../../src/estate/doctor.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { CLI } from '../fixtures/cli.ts';
import { clusterScenarios, installController } from './scenarios/cluster.ts';

const REGION = 'us-west-2';
let sandbox: Sandbox;
let folder: string;
before(async () => {
  // These tests count calls.
  sandbox = await startSandbox({ variation: null });
  Object.assign(process.env, sandbox.env);
  await sandbox.meetCalls('kubeflow-dev');
  folder = await mkdtemp(path.join(os.tmpdir(), 'doctor-'));
});
after(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
  await sandbox?.stop();
});

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line, in a folder of its own. */
function line(...args: readonly string[]): Promise<Said> {
  const place = ['--region', REGION, '--kubeconfig', '/dev/null'];
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args, ...place], { env: process.env, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

interface Json {
  readonly clusters: readonly {
    readonly cluster: string;
    readonly region: string;
    readonly note?: string;
    readonly findings: readonly JsonFinding[];
    readonly unread: readonly unknown[];
    readonly profiles: readonly {
      readonly profile: string;
      readonly state: string;
      readonly findings: readonly JsonFinding[];
      readonly unread: readonly { readonly what: string; readonly permission?: string }[];
    }[];
  }[];
}
interface JsonFinding {
  readonly id: string;
  readonly severity: string;
  readonly fix: string;
  readonly fingerprint: string;
  readonly evidence: readonly { readonly what: string; readonly where: string; readonly value: string }[];
}

async function json(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly clusters: Json['clusters'] }> {
  const { code, stdout, stderr } = await line('doctor', ...args, '--format', 'json');
  assert.match(stdout, /^\{\n {2}"command": "doctor",/, stderr);
  return { code, clusters: (JSON.parse(stdout) as Json).clusters };
}

/** The same without a process. */
async function report(cluster = 'kubeflow-dev', profile?: string, region = REGION): Promise<DoctorReport> {
  const aws = connectAws({ region });
  const connect = kubernetesConnector({ kubeconfig: '/dev/null' });
  const through = { aws, connect, roles: rolesOf(aws), now: Date.now };
  const seen = await examine({ cluster, region, profile }, through);
  return doctorReport([seen], { at: new Date().toISOString(), selected: selection([], []), accepted: [] });
}

describe('the command line', () => {
  test('a sound profile has neither error nor warning, and the exit code says so', async () => {
    const { code, clusters } = await json('--cluster', 'kubeflow-dev', '--profile', 'team-a');
    const [profile, ...others] = clusters[0]?.profiles ?? [];
    assert.deepEqual(others, []);
    assert.equal(profile?.profile, 'team-a');
    assert.deepEqual(
      profile.findings.filter(({ severity }) => severity === 'error' || severity === 'warning'),
      [],
    );
    assert.deepEqual(profile.unread, []);
    assert.equal(code, 0);
  });

  test('an error is explained by what the doctor sees of the profile that it names', async () => {
    const who = (profile: string): string =>
      `arn:aws:sts::${sandbox.account}:assumed-role/${profile}-kubeflow-dev-role/botocore-session-1764236712`;
    const seen = async (profile: string): Promise<readonly { profile: string; id: string; fix: string }[]> => {
      const text = `User: ${who(profile)} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/x" because no identity-based policy allows the s3:PutObject action`;
      const { code, stdout, stderr } = await line('explain', text, '--cluster', 'kubeflow-dev', '--json');
      assert.equal(code, 0, stderr);
      const { explained } = JSON.parse(stdout) as { explained: readonly { seen: Awaited<ReturnType<typeof seen>> }[] };
      return explained[0]?.seen ?? [];
    };
    const [its, neighbours] = await Promise.all([seen('team-b'), seen('team-a')]);
    assert.deepEqual(
      its.map(({ profile, id, fix }) => [profile, id, fix]).sort(),
      ['KP-039', 'KP-040', 'KP-041'].map((id) => ['team-b', id, 'plan']),
    );
    assert.deepEqual(neighbours, []);
  });

  test('a profile made by the AWS page has what that page makes wrong, each with what shows it', async () => {
    const { code, clusters } = await json('--cluster', 'kubeflow-dev');
    assert.equal(code, 1);
    const profile = clusters[0]?.profiles.find((one) => one.profile === 'team-b');
    const role = `arn:aws:iam::${sandbox.account}:role/team-b-kubeflow-dev-role`;
    for (const [id, what, value] of [
      ['KP-029', 'trust policy', /sts\.amazonaws\.com/],
      ['KP-039', 'inline policy kf-pipeline-s3', /s3::::/],
      ['KP-040', 'inline policy kf-pipeline-s3', /\$\{S3_BUCKET\}/],
    ] as const) {
      const finding = profile?.findings.find((one) => one.id === id);
      assert.ok(finding, id);
      assert.equal(finding.fix, 'plan');
      const shown = finding.evidence.find((one) => one.what === what);
      assert.equal(shown?.where, role);
      assert.match(shown.value, value);
    }
  });

  test('all clusters of the region; one that cannot be reached is said to be so, and never sound', async () => {
    const { clusters } = await json();
    assert.deepEqual(clusters.map(({ cluster, unread }) => [cluster, unread.length]).sort(), [
      ['kubeflow-dev', 0],
      ['legacy', 1],
    ]);
  });

  test('--only and --skip, an id that there is not, a cluster and a profile that there are not', async () => {
    const place = ['--cluster', 'kubeflow-dev', '--profile', 'team-b'];
    const { clusters } = await json(...place, '--only', 'trust,KP-040', '--skip', 'KP-029');
    assert.deepEqual(
      clusters[0]?.profiles.flatMap(({ findings }) => findings.map(({ id }) => id)),
      ['KP-040'],
    );
    const strange = await line('doctor', '--only', 'KP-999', '--format', 'json');
    assert.equal(strange.code, 2);
    assert.deepEqual(JSON.parse(strange.stdout), {
      command: 'doctor',
      error: 'There is no failure KP-999: docs/failure-modes.md has all ids.',
      clusters: [],
    });
    const none = await json('--cluster', 'no-such');
    assert.equal(none.code, 2);
    assert.match(JSON.stringify(none.clusters[0]?.unread), /there is none of this name/);
    const nobody = await line('doctor', '--cluster', 'kubeflow-dev', '--profile', 'nobody');
    assert.deepEqual([nobody.code, nobody.stderr], [1, 'There is no profile nobody on cluster kubeflow-dev.\n']);
  });

  test('SARIF, JUnit and text say the same', async () => {
    const place = ['--cluster', 'kubeflow-dev', '--profile', 'team-b'];
    const { clusters } = await json(...place);
    const ids = clusters.flatMap(({ profiles }) => profiles.flatMap(({ findings }) => findings.map(({ id }) => id)));
    const sarif = JSON.parse((await line('doctor', ...place, '--format', 'sarif')).stdout) as {
      readonly runs: readonly [
        { readonly results: readonly { readonly ruleId: string; readonly locations: unknown }[] },
      ];
    };
    assert.deepEqual(
      sarif.runs[0].results.map(({ ruleId }) => ruleId),
      ids,
    );
    assert.match(JSON.stringify(sarif.runs[0].results[0]?.locations), /us-west-2\/kubeflow-dev\/team-b/);
    const { stdout: xml } = await line('doctor', ...place, '--format', 'junit');
    const { stdout: text } = await line('doctor', ...place);
    for (const id of ids) {
      assert.ok(xml.includes(id), `${id} in ${xml}`);
      assert.ok(text.includes(id), `${id} in ${text}`);
    }
  });

  test('accepted findings of a settings file count no more; an entry that is wrong is told', async () => {
    const place = ['--cluster', 'kubeflow-dev', '--profile', 'team-b'];
    const { clusters } = await json(...place);
    const entries = clusters.flatMap(({ profiles }) =>
      profiles.flatMap(({ findings }) =>
        findings.map(
          ({ id, fingerprint }) =>
            `  - { id: ${id}, cluster: kubeflow-dev, profile: team-b, reason: known, until: 2099-12-31, fingerprint: '${fingerprint}' }\n`,
        ),
      ),
    );
    await writeFile(path.join(folder, '.kubeflow-irsa.yaml'), `accepted:\n${entries.join('')}  - { id: KP-1 }\n`);
    try {
      const { code, stdout, stderr } = await line('doctor', ...place);
      assert.equal(code, 0, stdout);
      assert.match(
        stderr,
        new RegExp(`^\\.kubeflow-irsa\\.yaml:${entries.length + 2}: id "KP-1": there is no failure`, 'm'),
      );
    } finally {
      await rm(path.join(folder, '.kubeflow-irsa.yaml'));
    }
  });
});

describe('a cluster without profiles', () => {
  const EU = 'eu-central-1';
  const idsOf = (its: DoctorReport): readonly string[] => findingsOf(its).map(({ finding }) => finding.id);

  test('that has nothing of Kubeflow is none of ours', async () => {
    const its = await report('analytics', undefined, EU);
    assert.deepEqual(idsOf(its), []);
    assert.match(its.clusters[0]?.note ?? '', /Kubeflow is not installed/);
    assert.equal(outcomeOf(its), 'sound');
  });

  test('is told what the first one would meet, as text and as JSON', async () => {
    const { kube } = sandbox.clusters.analytics;
    await installController(kube);
    const args = ['doctor', '--cluster', 'analytics', '--region', EU];
    const run = (...more: readonly string[]): Promise<Said> =>
      new Promise((resolve) => {
        const all = [CLI, ...args, '--kubeconfig', '/dev/null', ...more];
        execFile(process.execPath, all, { env: process.env, cwd: folder }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
        );
      });
    const { code, stdout } = await run('--format', 'json');
    assert.equal(code, 1, stdout);
    const [cluster] = (JSON.parse(stdout) as { clusters: Json['clusters'] }).clusters;
    assert.deepEqual(cluster?.profiles, []);
    assert.deepEqual(cluster?.unread, []);
    assert.match(cluster?.note ?? '', /There is no profile/);
    assert.deepEqual(
      cluster?.findings.map(({ id, fix }) => [id, fix]),
      [['KP-025', 'plan']],
    );
    assert.match((await run()).stdout, /^error KP-025: OIDC provider missing$/m);
    const its = await report('analytics', undefined, EU);
    assert.deepEqual(idsOf(its), ['KP-025']);
    // Without the webhook of EKS nothing is given to any pod.
    const hook = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pod-identity-webhook';
    await kube.request('DELETE', hook);
    const without = await report('analytics', undefined, EU);
    assert.deepEqual(idsOf(without), ['KP-025', 'KP-065']);
    assert.match(findingsOf(without)[1]?.finding.message ?? '', /the cluster has no webhook of EKS/);
  });

  for (const { id, name, arrange, says, ending } of clusterScenarios)
    test(`${id} ${name}`, async () => {
      const { kube } = sandbox.clusters.analytics;
      await arrange(kube);
      const its = findingsOf(await report('analytics', undefined, EU)).find(
        ({ finding }) => finding.id === id,
      )?.finding;
      assert.match(its?.message ?? '', says);
      assert.ok((its?.evidence.length ?? 0) > 0);
      if (ending.by === 'hand') await ending.mend?.(kube);
      assert.ok(!idsOf(await report('analytics', undefined, EU)).includes(id));
    });
});

/** What a call needs where that has another name (Service Authorization Reference). */
const PERMISSIONS: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
};
/** Asked for at the same time as what tells the same: that one alone is lacking then. The DaemonSet of the agent tells of the add-on. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set(['eks:DescribeAddon']);

/** What a member account of an organization mostly may not: it is said, and is no failure to run. */
const NO_FAILURE: ReadonlySet<string> = new Set(['organizations:DescribeOrganization']);

describe('what may not be read', () => {
  test('each permission denied in turn is named, and the rest stands', async () => {
    sandbox.resetCalls();
    const whole = await report();
    const calls = Object.keys(sandbox.calls()).filter(
      (call) => !call.startsWith('sts:') || call === 'sts:GetCallerIdentity',
    );
    const foundIn = (its: DoctorReport): readonly string[] =>
      findingsOf(its).map(({ finding, profile }) => `${profile?.profile} ${finding.id}`);
    const all = new Set(foundIn(whole));
    const wrong: string[] = [];
    for (const call of calls) {
      sandbox.control({ faults: [{ call, times: 1_000, answer: 'denied' }] });
      const its = await report();
      const said = JSON.stringify(
        its.clusters.map(({ unread, profiles }) => [unread, profiles.map((one) => [one.unread, one.notRun])]),
      );
      const more = foundIn(its).filter((one) => !all.has(one));
      if (more.length > 0) wrong.push(`${call}: found for want of a permission: ${more.join(', ')}`);
      if (outcomeOf(its) === 'sound' && !TOLD_OTHERWISE.has(call) && !NO_FAILURE.has(call))
        wrong.push(`${call}: nothing is said to be lacking`);
      const action = PERMISSIONS[call] ?? call.replace(/^get \/apis\/.*/, 'get /apis');
      if (!said.includes(action) && !TOLD_OTHERWISE.has(call))
        wrong.push(`${call} is not named: ${said.slice(0, 400)}`);
    }
    sandbox.control({ faults: [] });
    assert.deepEqual(wrong, []);
  });
});

describe('what it costs', () => {
  test('calls do not grow with profiles', async () => {
    sandbox.resetCalls();
    await report();
    const calls = sandbox.calls();
    for (const call of ['eks:DescribeCluster', 'iam:GetOpenIDConnectProvider'])
      assert.equal(calls[call], 1, JSON.stringify(calls));
  });
});

describe('its fixes', () => {
  test('one plan mends all findings that say so, and then there are none', async () => {
    const before = findingsOf(await report('kubeflow-dev', 'team-b')).filter(({ finding }) => counts(finding));
    assert.ok(before.length > 0);
    assert.deepEqual(
      before.filter(({ finding }) => finding.fix !== 'plan').map(({ finding }) => finding.id),
      [],
    );
    const bucket = ['--bucket', 'kubeflow-artifacts-111122223333'];
    const place = ['--cluster', 'kubeflow-dev', '--profile', 'team-b', '--owner', 'user@example.com'];
    const applied = await line('apply', ...place, ...bucket, '--yes', '--json');
    assert.equal(applied.code, 0, applied.stdout + applied.stderr);
    const then = await report('kubeflow-dev', 'team-b');
    assert.deepEqual(
      findingsOf(then)
        .filter(({ finding }) => counts(finding))
        .map(({ finding }) => finding),
      [],
    );
  });
});
