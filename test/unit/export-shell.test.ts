/** The exported shell script, as real shells and shellcheck read it, with commands in place of aws and kubectl that write down their words. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { samePolicy } from '../../src/core/policy/build.ts';
import type { Request } from '../../src/core/request.ts';
import { quote, shell } from '../../src/export/shell.ts';
import { ofKind, rolesOf, type Exported, type Thing } from '../../src/export/things.ts';
import { isOnPath } from '../../src/provisioning/kubeconfigDriver.ts';
import { example, exportedBy, plannedProfile, taken } from '../fixtures/exported.ts';
import { cluster } from './world.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-shell-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const scriptOf = (exported: Exported): string => shell([exported]).files[0]?.text ?? '';
/** Text as it may come from a cluster: what shells read something into is in it often. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom("'", '"', '`', '$(', ')', '${x}', '\\', '\n', 'END', ' ', ';', '#', '!', '~', '*', '-', '='))
    .map((parts) => parts.join('')),
);
/** What is left of a text in a file or an argument. */
const kept = (text: string): string => Buffer.from(text.replaceAll('\0', ''), 'utf8').toString('utf8');

test('a word of a shell is the text that it was made of, whatever is in it', () => {
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1, maxLength: 40 }), (texts) => {
      const out = execFileSync('sh', ['-c', `printf '%s\\0' ${texts.map(quote).join(' ')}`], { encoding: 'utf8' });
      assert.deepEqual(out.split('\0').slice(0, -1), texts.map(kept));
    }),
    { numRuns: 60 },
  );
});

/** Writes down the words and the input of each call, with a dot behind it: `$()` takes empty lines away. What is read is not there, until it was made. */
const FAKE = `#!/bin/sh
log() { { printf '%s\\0' "$@"; printf '\\n\\0'; } >>"$LOG"; }
name=\${0##*/}
case "$name $1 $2" in
  'kubectl apply '*) log kubectl "$(cat && echo .)" ;;
  'kubectl config '*) printf 'https://127.0.0.1:1' ;;
  'kubectl get serviceaccount') printf '%s' "$ROLE" ;;
  'kubectl '*) ;;
  'aws sts '*) echo 111122223333 ;;
  'aws eks describe-cluster') case $* in *endpoint*) echo https://127.0.0.1:1 ;; *) echo "$ISSUER" ;; esac ;;
  'aws eks list-'*) echo None ;;
  'aws iam get-role') case $* in *Role.Arn*) echo 'An error occurred (NoSuchEntity) when calling the X operation: no' >&2; exit 254 ;; *) echo null ;; esac ;;
  'aws iam list-'* | 'aws iam wait') ;;
  *' get-'* | *' head-'*) echo 'An error occurred (NoSuchEntity) when calling the X operation: no' >&2; exit 254 ;;
  *) log "$@" ;;
esac
`;
for (const name of ['aws', 'kubectl']) {
  writeFileSync(path.join(folder, name), FAKE);
  chmodSync(path.join(folder, name), 0o755);
}

/** The writing calls of a script, in order. */
function callsOf(exported: Exported, sh = 'sh'): readonly (readonly string[])[] {
  const [script, log] = [path.join(folder, 'script.sh'), path.join(folder, 'log')];
  writeFileSync(script, scriptOf(exported));
  writeFileSync(log, '');
  const role = ofKind(exported.things, 'iam/role')[0]?.value.arn ?? '';
  const PATH = `${folder}${path.delimiter}${process.env['PATH'] ?? ''}`;
  const run = spawnSync(sh, [script], {
    env: { PATH, LOG: log, ROLE: role, ISSUER: exported.cluster.issuer },
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  const words = readFileSync(log, 'utf8').split('\0');
  const calls: string[][] = [[]];
  for (const word of words) {
    if (word === '\n') calls.push([]);
    else calls.at(-1)?.push(word);
  }
  return calls.filter(({ length }) => length > 1);
}
const option = (call: readonly string[] | undefined, name: string): string => call?.[call.indexOf(name) + 1] ?? '';

/** What the calls come to is what was handed over. */
function assertSame(exported: Exported): void {
  const calls = callsOf(exported);
  const of = (what: string) => calls.filter(([, name]) => name === what);
  for (const { role, policies, attached } of rolesOf(exported.things)) {
    const made = of('create-role').find((call) => option(call, '--role-name') === role.name);
    assert.ok(samePolicy(option(made, '--assume-role-policy-document'), role.trustPolicy));
    const settings = JSON.parse(option(made, '--cli-input-json')) as Record<string, unknown>;
    assert.equal(settings['PermissionsBoundary'], role.boundary);
    const tags = (settings['Tags'] ?? []) as { Key: string; Value: string }[];
    assert.deepEqual(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])), { ...role.tags });
    for (const { name, text } of policies) {
      const put = of('put-role-policy').find((call) => option(call, '--policy-name') === name);
      assert.ok(samePolicy(option(put, '--policy-document'), text), name);
    }
    assert.deepEqual(
      of('attach-role-policy').map((call) => option(call, '--policy-arn')),
      [...attached],
    );
  }
  const applied = calls
    .filter(([name]) => name === 'kubectl')
    .map(([, text = '']) => parse(text.replace(/\.\n?$/, '')) as object);
  const profiles = applied.filter((object) => 'kind' in object && object.kind === 'Profile');
  assert.deepEqual(
    profiles,
    ofKind(exported.things, 'k8s/profile').map(({ value }) => value),
  );
  const data = applied.flatMap((object) => ('data' in object ? [object.data] : []));
  assert.deepEqual(
    data,
    ofKind(exported.things, 'k8s/config-map').map(({ value }) => value.data),
  );
}

test('what its calls come to is what was planned', () => assertSame(example()));

test('text from a cluster stays text: in policies, tags, owners and settings', () => {
  const text = nasty.map(kept);
  fc.assert(
    fc.property(text, text, text, text, (owner, description, value, prefix) => {
      const exported = example();
      const things = exported.things.map((thing): Thing => {
        const spoiled = JSON.parse(JSON.stringify(thing)) as Thing;
        if (spoiled.ref.kind === 'iam/role')
          Object.assign(spoiled.value, { description, tags: { 'cost-center': value.replaceAll(/\s/g, ' ') } });
        if (spoiled.ref.kind === 'k8s/profile')
          Object.assign(spoiled.value, {
            spec: { ...(spoiled.value as { spec: object }).spec, owner: { name: owner } },
          });
        if (spoiled.ref.kind === 'k8s/config-map') Object.assign(spoiled.value, { data: { [`a${value}`]: prefix } });
        if (spoiled.ref.kind === 'iam/role-policy') {
          const { text: policy } = spoiled.value as { text: string };
          Object.assign(spoiled.value, { text: policy.replaceAll('team-a/*', JSON.stringify(prefix).slice(1, -1)) });
        }
        return spoiled;
      });
      assertSame({ ...exported, things });
    }),
    { numRuns: 15 },
  );
});

test('a text of a ConfigMap that ends in empty lines, or has nothing but white space, keeps them', () => {
  for (const a of ['text\n\n\n', ' \n', '\n  \n']) {
    const exported = example();
    const things = exported.things.map((thing): Thing =>
      thing.ref.kind === 'k8s/config-map' ? ({ ...thing, value: { ...thing.value, data: { a } } } as Thing) : thing,
    );
    assert.ok(ofKind(things, 'k8s/config-map').length > 0);
    assertSame({ ...exported, things });
  }
});

test('whatever is wished for of a profile is what its calls come to', () => {
  const word = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
  const wish = fc.record(
    {
      owner: fc.stringMatching(/^[\w.+'$`-]{1,20}@example\.com$/),
      rolePath: word.map((text) => `/${text}/`),
      prefix: word.map((text) => `${text}/`),
      maxSession: fc.integer({ min: 3_600, max: 43_200 }),
      access: fc.constantFrom('prefix', 'bucket', 'read-only', 'full'),
      tags: fc.dictionary(fc.stringMatching(/^[\w.:/=+@-]{1,20}$/), fc.stringMatching(/^[\w .:/=+@-]{0,20}$/), {
        maxKeys: 3,
      }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(word, wish, (name, wanted) => assertSame(exportedBy(plannedProfile(name, wanted as Partial<Request>)))),
    { numRuns: 10 },
  );
});

test('a new bucket with its settings, an attached policy, a Pod Identity association and a service account', () => {
  const made = exportedBy(plannedProfile('team-b', { bucket: 'bucket-of-b', createBucket: true }));
  const [role] = ofKind(made.things, 'iam/role');
  assert.ok(role);
  const ref = (kind: string, key: string) => ({ kind, at: role.ref.at, key });
  const association = { namespace: 'team-b', serviceAccount: 'train', roleArn: role.value.arn, tags: { team: "b's" } };
  const account = { namespace: 'team-b', name: 'train', annotations: { 'eks.amazonaws.com/role-arn': role.value.arn } };
  const bucket = {
    name: 'bucket-of-b',
    region: 'us-west-2',
    accessible: true,
    settings: {
      publicAccessBlocked: true,
      ownership: 'BucketOwnerEnforced',
      encryption: { algorithm: 'aws:kms', key: 'alias/k' },
      policy: '{"Statement": []}',
      tags: { team: 'b' },
      empty: true,
    },
  };
  const more = [
    {
      ref: ref('iam/role-attachment', `${role.ref.key}/arn:aws:iam::aws:policy/X`),
      value: { policyArn: 'arn:aws:iam::aws:policy/X' },
      there: false,
    },
    { ref: ref('eks/pod-identity', 'team-b/train'), value: association, there: false },
    { ref: ref('k8s/service-account', 'team-b/train'), value: account, there: false },
    { ref: ref('s3/bucket', 'bucket-of-b'), value: bucket, there: false },
  ] as unknown as readonly Thing[];
  const things = made.things.filter((thing) => thing.ref.kind !== 's3/bucket');
  const exported = { ...made, things: [...things, ...more] };
  assertSame(exported);
  const calls = callsOf(exported);
  const of = (what: string) => calls.find(([, name]) => name === what);
  const json = (what: string, name: string): unknown => JSON.parse(option(of(what), name));
  assert.deepEqual(json('create-pod-identity-association', '--cli-input-json'), association);
  assert.equal(option(of('create-bucket'), '--create-bucket-configuration'), 'LocationConstraint=us-west-2');
  assert.deepEqual(json('put-public-access-block', '--public-access-block-configuration'), {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  });
  assert.deepEqual(json('put-bucket-encryption', '--server-side-encryption-configuration'), {
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/k' },
        BucketKeyEnabled: true,
      },
    ],
  });
  assert.deepEqual(json('put-bucket-tagging', '--tagging'), { TagSet: [{ Key: 'team', Value: 'b' }] });
  assert.deepEqual(json('put-bucket-policy', '--policy'), { Statement: [] });
  const applied = calls
    .filter(([name]) => name === 'kubectl')
    .map(([, text = '']) => parse(text.replace(/\.\n?$/, '')) as { kind: string });
  assert.ok(applied.some((object) => object.kind === 'ServiceAccount'));
  assert.deepEqual(shell([exported]).cannot, []);
});

test('what it does not know is said, and what a plan deletes', () => {
  const user = {
    ref: { kind: 'k8s/dex-user', at: cluster.arn, key: 'a@example.com' },
    value: { email: 'a@example.com' },
  };
  const { cannot } = shell([{ cluster, things: [{ ...user, there: false } as unknown as Thing] }]);
  assert.deepEqual(cannot, ['User a@example.com of Dex is not in the files. Make it here, or by hand.']);
});

for (const sh of ['dash', 'bash'])
  test(`${sh} reads it, and comes to the same calls`, async (t) => {
    if (!(await isOnPath(sh))) return t.skip(`${sh} is not installed here`);
    assert.deepEqual(callsOf(example(), sh), callsOf(example()));
  });

test('shellcheck has nothing to say', async (t) => {
  if (!(await isOnPath('shellcheck'))) return t.skip('shellcheck is not installed here');
  const bucket = plannedProfile('team-b', { bucket: 'new-bucket-of-b', createBucket: true });
  for (const [number, exported] of [example(), taken(example()), exportedBy(bucket)].entries()) {
    const file = path.join(folder, `checked-${number}.sh`);
    writeFileSync(file, scriptOf(exported));
    const { status, stdout } = spawnSync('shellcheck', ['--shell=sh', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  }
});

test('it holds no eksctl, no variable in a document, and each role names aud and sub', () => {
  const text = scriptOf(example());
  assert.doesNotMatch(text, /eksctl/);
  assert.match(text, /:aud": "sts\.amazonaws\.com"/);
  assert.match(text, /:sub": "system:serviceaccount:team-a:default-editor"/);
  assert.match(text, /annotateOnly: true/);
  // Documents are in heredocs whose end is quoted.
  assert.doesNotMatch(text, /<<[^'<]/);
});

test('two clusters of one name get a script each', () => {
  const other = { ...cluster, region: 'eu-west-1', arn: cluster.arn.replace('us-west-2', 'eu-west-1') };
  const { files } = shell([example(), { ...example(), cluster: other }]);
  assert.equal(new Set(files.map((file) => file.path)).size, 2);
});
