/** Targets inside Kubernetes: what their files say, read back, is what was handed over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { lintFolder } from '../../src/core/lint.ts';
import type { Profile } from '../../src/core/observation.ts';
import { accountArn, refOf } from '../../src/core/plan/plan.ts';
import { policyText, trustPolicy } from '../../src/core/policy/build.ts';
import { irsaPlugin } from '../../src/core/profile/manifest.ts';
import { record } from '../../src/core/records.ts';
import { ack } from '../../src/export/ack.ts';
import { automator } from '../../src/export/automator.ts';
import { objectsOf, saidBy, type Said } from '../../src/export/back.ts';
import { crossplane } from '../../src/export/crossplane.ts';
import { kro } from '../../src/export/kro.ts';
import { kustomize } from '../../src/export/kustomize.ts';
import { ofKind, type Exported, type Exporter, type Output, type Thing } from '../../src/export/things.ts';
import { DEFINITIONS, schemaOf } from '../fixtures/engine-shapes.ts';
import { example, exportedBy, many, plannedProfile } from '../fixtures/exported.ts';
import { assertSaid, association, bucket, withOthers, world } from '../fixtures/exported-worlds.ts';
import { ACCOUNT, cluster, ISSUER, PROVIDER } from './world.ts';

const TARGETS: Readonly<Record<string, Exporter>> = { ack, crossplane, kro, kustomize };

const read = ({ files }: Output): readonly Said[] =>
  saidBy(objectsOf(files.filter(({ path }) => path.endsWith('.yaml')).map(({ text }) => text)), cluster);

for (const [target, exporter] of Object.entries(TARGETS))
  test(`${target}: what its files say is what plans and roles made by hand want: policies, subjects, settings`, () => {
    fc.assert(
      fc.property(world, (exported) => {
        const output = exporter([exported]);
        assertSaid(read(output), exported, target);
        for (const { value } of ofKind(read(output) as readonly Thing[], 'k8s/profile'))
          assert.equal(irsaPlugin(value)?.annotateOnly, true);
        const paths = output.files.map(({ path }) => path.toLowerCase());
        assert.equal(new Set(paths).size, paths.length);
        for (const path of paths) assert.match(path, /^(?!\/)(?!.*\.\.)[\w./-]+$/);
      }),
      { numRuns: 60 },
    );
  });

for (const [target, exporter] of Object.entries(TARGETS))
  test(`${target}: an object keeps its name and its file whatever else is exported, so that no engine destroys a role and makes it anew`, () => {
    const one = plannedProfile('team-a', { roleName: 'team-a_role' });
    const other = plannedProfile('team-b', { roleName: 'Team-a.Role' });
    const identities = (...plans: readonly (typeof one)[]): readonly string[] =>
      exporter([exportedBy(...plans)]).files.flatMap(({ path, text }) =>
        path.endsWith('.yaml') && !path.endsWith('kustomization.yaml')
          ? objectsOf([text]).map(({ kind, metadata: { name } }) => `${path} ${kind} ${name}`)
          : [],
      );
    const both = identities(one, other);
    assert.equal(new Set(both).size, both.length, both.join('\n'));
    for (const identity of identities(one))
      assert.ok(both.includes(identity), `${identity} is not in\n${both.join('\n')}`);
  });

for (const [target, exporter] of Object.entries(TARGETS))
  test(`${target}: a bucket that is made, a Pod Identity association and a contributor are in its files`, () => {
    const output = exporter([withOthers()]);
    assertSaid(read(output), withOthers(), target);
    assert.deepEqual(
      output.cannot.filter((sentence) => !sentence.includes('is no KubeflowS3Profile')),
      [],
    );
  });

test('no finding of lint on any file of any target', () => {
  const all: Readonly<Record<string, Exporter>> = { ...TARGETS, automator };
  for (const [target, exporter] of Object.entries(all)) {
    // An association beside a plugin is a finding by itself (KP-062).
    const exported: Exported = { cluster, things: withOthers().things.filter((thing) => thing !== association) };
    assert.deepEqual([...lintFolder(exporter([exported]).files)], [], target);
  }
});

/** A schema that takes no field but those that it names. */
const strict = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const its = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  return 'properties' in its ? { ...its, additionalProperties: false } : its;
};

for (const [target, exporter] of Object.entries(TARGETS))
  test(`${target}: every field is one that its engine has, of its type`, () => {
    const ajv = new Ajv({ strict: false });
    const judges = new Map(
      DEFINITIONS.map(({ group, version, kind, spec }) => [
        `${group}/${version} ${kind}`,
        ajv.compile(strict(schemaOf(spec)) as object),
      ]),
    );
    const objects = objectsOf(exporter([withOthers()]).files.map(({ text }) => text));
    const judged = objects.filter(({ apiVersion, kind, spec }) => {
      const judge = judges.get(`${apiVersion} ${kind}`);
      assert.ok(judge === undefined || judge(spec), `${kind}: ${JSON.stringify(judge?.errors)}`);
      return judge !== undefined;
    });
    assert.ok(judged.length >= 3);
  });

test('ACK: adopted, never deleted; all inline policies of a role are in; its name is not that of the object', () => {
  const odd = exportedBy(plannedProfile('team-a', { roleName: 'Team_A.Role' }));
  const objects = objectsOf(ack([odd]).files.map(({ text }) => text));
  const [role] = objects.filter(({ kind }) => kind === 'Role');
  assert.deepEqual(role?.metadata.annotations, {
    'services.k8s.aws/adoption-policy': 'adopt-or-create',
    'services.k8s.aws/adoption-fields': '{"name":"Team_A.Role"}',
    'services.k8s.aws/deletion-policy': 'retain',
  });
  assert.match(role.metadata.name, /^team-a-role/);
  const [provider] = objects.filter(({ kind }) => kind === 'OpenIDConnectProvider');
  assert.equal(provider?.metadata.annotations?.['services.k8s.aws/adoption-fields'], JSON.stringify({ arn: PROVIDER }));
});

test('ACK: a bucket that exists is not handed over, as ACK would take its other settings away: that is said', () => {
  const there = { cluster, things: [{ ...bucket, there: true } as Thing] };
  assert.deepEqual(saidBy(objectsOf(ack([there]).files.map(({ text }) => text)), cluster), []);
  assert.match(ack([there]).cannot.join(), /S3 bucket made exists.*lifecycle/);
  assert.deepEqual(crossplane([there]).cannot, []);
});

test('ACK: a provider that is not there yet comes first, as IAM refuses the role else, and ACK does not try again', () => {
  const fresh = { cluster, things: example().things.map((thing) => ({ ...thing, there: false })) };
  const steps = ack([fresh]).next;
  const first = steps.findIndex((step) => /^kubectl apply -f dev\/aws\/provider-.*\.yaml$/.test(step));
  assert.ok(first >= 0 && first < steps.indexOf('kubectl apply -k dev'));
  const there = { cluster, things: example().things.map((thing) => ({ ...thing, there: true })) };
  assert.ok(!ack([there]).next.some((step) => step.includes('provider-')));
});

test('Crossplane: what exists has its external name, nothing is deleted, and a session policy is said to be lost', () => {
  const there = { cluster, things: example().things.map((thing) => ({ ...thing, there: true })) };
  const objects = objectsOf(crossplane([there]).files.map(({ text }) => text)).filter(({ apiVersion }) =>
    apiVersion.endsWith('.aws.m.upbound.io/v1beta1'),
  );
  const names = objects.map(({ kind, metadata }) => [kind, metadata.annotations?.['crossplane.io/external-name']]);
  assert.deepEqual(names, [
    ['OpenIDConnectProvider', PROVIDER],
    ['Role', 'team-a-dev-role'],
    ['RolePolicy', 'kf-pipeline-s3'],
  ]);
  for (const { spec } of objects) assert.ok(!(record(spec)['managementPolicies'] as string[]).includes('Delete'));
  const policed = { ...association, value: { ...association.value, policy: '{}' } } as Thing;
  assert.match(
    crossplane([{ cluster, things: [policed] }]).cannot.join(),
    /session policy of Pod Identity association/,
  );
});

test('kro: a role that no instance can say is said, and lies beside the instances as objects of ACK', () => {
  const at = accountArn(cluster);
  const base = exportedBy(plannedProfile('team-a'), plannedProfile('team-b'));
  const role = ofKind(base.things, 'iam/role')[0];
  assert.ok(role);
  const shared = policyText(trustPolicy(PROVIDER, ISSUER, 'team-a')).replace(
    '"system:serviceaccount:team-a:default-editor"',
    '["system:serviceaccount:team-a:default-editor", "system:serviceaccount:c:d"]',
  );
  const table: readonly (readonly [why: RegExp, change: (thing: Thing) => readonly Thing[]])[] = [
    [
      /trust policy of role team-a-dev-role lets in more/,
      (thing) => (thing.ref === role.ref ? [{ ...role, value: { ...role.value, trustPolicy: shared } }] : [thing]),
    ],
    [
      /other inline policies than kf-pipeline-s3/,
      (thing) =>
        thing.ref === role.ref
          ? [
              thing,
              {
                ref: refOf('iam/role-policy', at, 'team-a-dev-role/other'),
                value: { text: '{}' },
                there: true,
              },
            ]
          : [thing],
    ],
    [
      /is not one that is made here/,
      (thing) =>
        thing.ref.key === 'team-a-dev-role/kf-pipeline-s3'
          ? [{ ...thing, value: { text: '{"Statement":[]}' } } as Thing]
          : [thing],
    ],
    [/its role is not among/, (thing) => (thing.ref === role.ref ? [] : [thing])],
    [
      /labels or annotations/,
      (thing) =>
        thing.ref.kind === 'k8s/profile' && thing.ref.key === 'team-a'
          ? [{ ...thing, value: { ...thing.value, metadata: { name: 'team-a', labels: { a: 'b' } } } } as Thing]
          : [thing],
    ],
  ];
  for (const [why, change] of table) {
    const exported = { cluster, things: base.things.flatMap(change) };
    const output = kro([exported]);
    assert.match(output.cannot[0] ?? '', why);
    assert.match(output.cannot[0] ?? '', /^Profile team-a is no KubeflowS3Profile, because .* objects of ACK/);
    const instances = output.files.filter(({ path }) => /instances\/team-/.test(path)).map(({ path }) => path);
    assert.deepEqual(instances, ['dev/instances/team-b.yaml']);
    assertSaid(read(output), exported, String(why));
  }
});

test('kro: an instance says only what differs from what its definition has', () => {
  const { files } = kro([exportedBy(plannedProfile('team-a'))]);
  const instance = parse(files.find(({ path }) => path === 'dev/instances/team-a.yaml')?.text ?? '') as object;
  assert.deepEqual(Object.keys(record(record(instance)['spec'])), [
    ...['name', 'owner', 'account', 'issuer', 'bucket', 'roleName', 'description', 'tags', 'launcher'],
  ]);
});

test('automator: owners, quotas and contributors are in its one file; what it cannot say is said', () => {
  const quota = { hard: { cpu: '4' } };
  const exported: Exported = {
    cluster,
    things: withOthers().things.map((thing) =>
      thing.ref.kind === 'k8s/profile'
        ? ({
            ...thing,
            value: { ...thing.value, spec: { ...(thing.value as Profile).spec, resourceQuotaSpec: quota } },
          } as Thing)
        : thing,
    ),
  };
  const { files, cannot } = automator([exported]);
  assert.deepEqual(parse(files.find(({ path }) => path === 'dev/pmr.yaml')?.text ?? ''), {
    profiles: [
      {
        name: 'team-a',
        owner: { kind: 'User', name: 'team-a@example.com' },
        resources: quota,
        contributors: [{ name: 'b@example.com', role: 'edit' }],
      },
    ],
  });
  assert.match(cannot.join('\n'), /names no role.*apply them once/);
  assert.match(cannot.join('\n'), /IAM role team-a-dev-role is not in the files.*Terraform/);
  const group = JSON.parse(JSON.stringify(exported).replace('"kind":"User"', '"kind":"Group"')) as Exported;
  const out = automator([group]);
  assert.match(out.cannot.join('\n'), /owned by Group/);
  assert.deepEqual(parse(out.files[0]?.text ?? ''), { profiles: [] });
});

test('two clusters of one name get folders of their own, and roles of 500 profiles files of their own', () => {
  const elsewhere = { ...cluster, region: 'eu-central-1', arn: cluster.arn.replace('us-west-2', 'eu-central-1') };
  const both = kustomize([example(), { ...example(), cluster: elsewhere }]);
  assert.deepEqual(
    both.files.map(({ path }) => path).filter((path) => path.endsWith('/cluster.yaml')),
    [`clusters/dev-us-west-2-${ACCOUNT}/cluster.yaml`, `clusters/dev-eu-central-1-${ACCOUNT}/cluster.yaml`],
  );
  const tree = kustomize([many(500)]);
  assert.equal(new Set(tree.files.map(({ path }) => path.toLowerCase())).size, tree.files.length);
  assert.equal(ofKind(read(tree) as readonly Thing[], 'k8s/profile').length, 500);
});

test('what YAML 1.1 reads as something else than text is quoted', () => {
  for (const value of ['on', 'no', '012', '1:30', '0x1F', '1_000', 'y', '2026-11-27']) {
    const named = JSON.parse(JSON.stringify(example()).replaceAll('"4711"', JSON.stringify(value))) as Exported;
    const role = ack([named]).files.find(({ path }) => path.includes('aws/role-'))?.text ?? '';
    const [document] = parseAllDocuments(role, { version: '1.1' });
    const spec = record(record((document as { toJS(): unknown } | undefined)?.toJS())['spec']);
    assert.equal(
      (spec['tags'] as { key: string; value: unknown }[]).find(({ key }) => key === 'cost-center')?.value,
      value,
    );
  }
});
