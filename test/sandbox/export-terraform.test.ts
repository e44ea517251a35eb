/** Terraform as exported, read by HashiCorp's own parser, and held against the arguments of the AWS provider. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { startProcesses } from '../../sandbox/processes.ts';
import { provideProviderTypes, provideReader, provideReaders } from '../../sandbox/tools.ts';
import { samePolicy } from '../../src/core/policy/build.ts';
import { terraform } from '../../src/export/terraform.ts';
import { ofKind, pathOfRole, rolesOf, type Exported } from '../../src/export/things.ts';
import { awkwardExport } from '../fixtures/awkward.ts';
import { example, many, taken } from '../fixtures/exported.ts';

/** Resources that are written, each with its folder in the types of the provider. */
const RESOURCES = {
  aws_iam_openid_connect_provider: 'iam-openid-connect-provider',
  aws_iam_role: 'iam-role',
  aws_iam_role_policy: 'iam-role-policy',
  aws_iam_role_policy_attachment: 'iam-role-policy-attachment',
  aws_eks_pod_identity_association: 'eks-pod-identity-association',
  aws_s3_bucket: 's3-bucket',
  aws_s3_bucket_public_access_block: 's3-bucket-public-access-block',
  aws_s3_bucket_ownership_controls: 's3-bucket-ownership-controls',
  aws_s3_bucket_server_side_encryption_configuration: 's3-bucket-server-side-encryption-configuration',
  aws_s3_bucket_policy: 's3-bucket-policy',
} as const;

const tools = { hcl: '', python: '', types: '' };
const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-terraform-'));
mkdirSync(path.join(folder, 'logs'));
const processes = startProcesses(folder);
before(async () => {
  const log = (line: string): void => console.log(line);
  [tools.hcl, tools.python, tools.types] = await Promise.all([
    provideReader('hcl', processes, log),
    provideReaders(processes, log),
    provideProviderTypes(Object.values(RESOURCES), processes, log),
  ]);
});
after(() => processes.close());

type Body = Readonly<Record<string, unknown>>;
interface Read {
  readonly blocks: readonly { readonly type: string; readonly labels: readonly string[]; readonly body: Body }[];
  readonly problems: readonly string[];
}

const modulesOf = (exported: Exported): readonly (readonly [string, string])[] =>
  terraform([exported]).files.flatMap((file) =>
    file.path.endsWith('.tf') ? [[path.posix.basename(file.path), file.text] as const] : [],
  );

/** What HashiCorp's parser makes of the files. */
const read = (...all: readonly (readonly (readonly [string, string])[])[]): readonly Read[] =>
  JSON.parse(
    execFileSync(tools.hcl, { input: JSON.stringify(all), maxBuffer: 1 << 28, encoding: 'utf8' }),
  ) as readonly Read[];

const readBack = (exported: Exported): Read => {
  const [answer] = read(modulesOf(exported));
  assert.ok(answer);
  return answer;
};

const ref = (value: unknown): string => (value as { $ref?: string } | undefined)?.$ref ?? '';
/** `type.name` that a reference begins with. */
const target = (value: unknown): string => ref(value).split('.').slice(0, 2).join('.');
const empty = (value: Record<string, string> | undefined): object | undefined =>
  value === undefined || Object.keys(value).length === 0 ? undefined : { ...value };

/** That what was read is what was handed over, each thing once, and that what is there is imported by the id of its resource. */
function assertSame(exported: Exported): void {
  const { blocks, problems } = readBack(exported);
  assert.deepEqual(problems, []);
  const of = (type: string) =>
    blocks.flatMap(({ type: kind, labels: [first, name], body }) =>
      kind === 'resource' && first === type ? [{ address: `${type}.${name}`, body }] : [],
    );
  const imports = new Map(
    blocks.flatMap(({ type, body }) => (type === 'import' ? [[ref(body['to']), body['id']] as const] : [])),
  );
  const expected = new Map<string, unknown>();
  const expectImport = (there: boolean, address: string, id: string): void => {
    if (there) expected.set(address, id);
  };
  const roles = of('aws_iam_role');
  const things = exported.things;
  assert.equal(roles.length, ofKind(things, 'iam/role').length);
  for (const { role, there, policies } of rolesOf(things)) {
    const { address, body } = roles.find(({ body: { name } }) => name === role.name) ?? assert.fail(role.name);
    assert.equal(body['path'], pathOfRole(role));
    assert.equal(body['description'] ?? '', role.description ?? '');
    assert.equal(body['max_session_duration'], role.maxSession);
    assert.equal(body['permissions_boundary'], role.boundary);
    assert.deepEqual(body['tags'], empty(role.tags));
    assert.ok(
      samePolicy(String(body['assume_role_policy']), role.trustPolicy),
      `${String(body['assume_role_policy'])}\n${role.trustPolicy}`,
    );
    expectImport(there, address, role.name);
    const own = of('aws_iam_role_policy').filter(({ body: { role: it } }) => target(it) === address);
    assert.equal(own.length, policies.length);
    for (const policy of policies) {
      const written = own.find(({ body: { name } }) => name === policy.name) ?? assert.fail(policy.name);
      assert.ok(
        samePolicy(String(written.body['policy']), policy.text),
        `${String(written.body['policy'])}\n${policy.text}`,
      );
      expectImport(policy.there, written.address, `${role.name}:${policy.name}`);
    }
    const attachments = of('aws_iam_role_policy_attachment').filter(({ body: { role: it } }) => target(it) === address);
    const wanted = ofKind(things, 'iam/role-attachment').filter(({ ref: { key } }) => key.startsWith(`${role.name}/`));
    assert.deepEqual(
      attachments.map(({ body }) => body['policy_arn']),
      wanted.map(({ value }) => value.policyArn),
    );
    for (const [at, one] of wanted.entries())
      expectImport(one.there, attachments[at]?.address ?? '', `${role.name}/${one.value.policyArn}`);
  }
  const providers = ofKind(things, 'iam/provider');
  assert.deepEqual(
    of('aws_iam_openid_connect_provider').map(({ body: { url, client_id_list, tags, thumbprint_list } }) => ({
      url,
      client_id_list,
      tags,
      thumbprint_list,
    })),
    providers.map(({ value: { clientIds, tags } }) => ({
      url: exported.cluster.issuer,
      client_id_list: clientIds,
      tags: empty(tags),
      thumbprint_list: undefined,
    })),
  );
  for (const { there, value } of providers)
    expectImport(there, of('aws_iam_openid_connect_provider')[0]?.address ?? '', value.arn);
  const associations = of('aws_eks_pod_identity_association');
  const identities = ofKind(things, 'eks/pod-identity');
  assert.equal(associations.length, identities.length);
  for (const [at, { value, there }] of identities.entries()) {
    const { address, body } = associations[at] ?? assert.fail();
    assert.deepEqual(
      [body['cluster_name'], body['namespace'], body['service_account'], body['tags']],
      [exported.cluster.name, value.namespace, value.serviceAccount, empty(value.tags)],
    );
    const role = roles.find((one) => one.address === target(body['role_arn']));
    assert.equal(role?.body['name'], value.roleArn.replace(/^.*\//, ''));
    expectImport(there, address, `${exported.cluster.name},${value.id}`);
  }
  const buckets = of('aws_s3_bucket');
  assert.equal(buckets.length, ofKind(things, 's3/bucket').length);
  for (const { value, there } of ofKind(things, 's3/bucket')) {
    const { address, body } = buckets.find(({ body: { bucket } }) => bucket === value.name) ?? assert.fail(value.name);
    assert.equal(body['region'] ?? exported.cluster.region, value.region);
    assert.deepEqual(body['tags'], empty(value.settings?.tags));
    const setting = (type: string): Body =>
      of(`aws_s3_bucket_${type}`).find(({ body: { bucket } }) => target(bucket) === address)?.body ?? assert.fail(type);
    assert.equal(setting('public_access_block')['restrict_public_buckets'], true);
    assert.deepEqual(setting('ownership_controls')['rule'], [{ object_ownership: 'BucketOwnerEnforced' }]);
    assert.deepEqual(setting('server_side_encryption_configuration')['rule'], [
      {
        apply_server_side_encryption_by_default: [
          { sse_algorithm: value.settings?.encryption?.algorithm, kms_master_key_id: value.settings?.encryption?.key },
        ],
      },
    ]);
    assert.ok(samePolicy(String(setting('policy')['policy']), value.settings?.policy ?? ''));
    for (const type of ['public_access_block', 'ownership_controls', 'server_side_encryption_configuration', 'policy'])
      assert.equal(setting(type)['region'] ?? exported.cluster.region, value.region);
    expectImport(
      there,
      address,
      value.region === exported.cluster.region ? value.name : `${value.name}@${value.region}`,
    );
  }
  assert.deepEqual(Object.fromEntries(imports), Object.fromEntries(expected));
  const [settings] = blocks.filter(({ type }) => type === 'provider');
  assert.deepEqual(settings?.body, {
    region: exported.cluster.region,
    allowed_account_ids: [exported.cluster.account],
  });
}

test('what HashiCorp’s parser reads is what was planned', () => assertSame(example()));
test('what is there is imported', () => assertSame(taken(example())));

test('awkward names, policies and tags come through as they are, formatted as terraform fmt does', () => {
  fc.assert(fc.property(awkwardExport, assertSame), { numRuns: 100 });
});

test('500 profiles are read back, each with its role', () => {
  const { blocks, problems } = readBack(many(500));
  assert.deepEqual(problems, []);
  assert.equal(blocks.filter(({ labels: [type] }) => type === 'aws_iam_role').length, 500);
});

test('the Profiles beside it are those that were planned', () => {
  const exported = example();
  const [file, ...others] = terraform([exported]).files.filter((one) => one.path.endsWith('.yaml'));
  assert.deepEqual(others, []);
  const objects = parseAllDocuments(file?.text ?? '').map((one) => one.toJS() as { kind: string });
  assert.deepEqual(objects[0], ofKind(exported.things, 'k8s/profile')[0]?.value);
  assert.deepEqual(
    objects.slice(1).map((object) => (object as unknown as { data: unknown }).data),
    ofKind(exported.things, 'k8s/config-map').map(({ value }) => value.data),
  );
});

test('a second, unrelated parser (python-hcl2) reads the same blocks', () => {
  const modules = modulesOf(taken(example()));
  const script = 'import hcl2, json, sys\nprint(json.dumps([hcl2.loads(text) for _, text in json.load(sys.stdin)]))';
  const parsed = JSON.parse(
    execFileSync(tools.python, ['-c', script], { input: JSON.stringify(modules), encoding: 'utf8' }),
  ) as readonly Record<string, readonly object[]>[];
  const count = (name: string): number => parsed.reduce((sum, file) => sum + (file[name]?.length ?? 0), 0);
  const [{ blocks } = assert.fail()] = read(modules);
  for (const name of ['resource', 'import', 'provider', 'terraform'])
    assert.equal(count(name), blocks.filter(({ type }) => type === name).length, name);
});

/** Arguments of a block: their types, which are needed, and what blocks have in turn. */
interface Schema {
  readonly types: ReadonlyMap<string, string>;
  readonly needed: ReadonlySet<string>;
  readonly blocks: ReadonlyMap<string, Schema>;
}

/** The arguments of a resource, from what cdktn generated of the provider's schema. */
function schemaOf(resource: string): Schema {
  const [code, types] = ['index.js', 'index.d.ts'].map((file) =>
    readFileSync(path.join(tools.types, resource, file), 'utf8'),
  ) as [string, string];
  const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const build = (body: string, declared: string): Schema => {
    const entries = [
      ...body.matchAll(
        /^ +(\w+): \{\n +value: (.*),\n +isBlock: (true|false),\n +type: "\w+",\n +storageClassType: "(\w+)"/gm,
      ),
    ];
    assert.ok(entries.length > 0, resource);
    const needed = [...declared.matchAll(/^ {4}readonly (\w+): /gm)].map(([, name = '']) => snake(name));
    return {
      types: new Map(
        entries.flatMap(([, name = '', , isBlock, type = '']) => (isBlock === 'true' ? [] : [[name, type]])),
      ),
      needed: new Set(needed),
      blocks: new Map(
        entries.flatMap(([, name = '', value = '', isBlock]) => {
          if (isBlock !== 'true') return [];
          const maker = [...value.matchAll(/\b(\w+)ToHclTerraform\b/g)].map(([, one = '']) => one).at(-1) ?? '';
          return maker === '' || /^(string|number|boolean)$/.test(maker) ? [] : [[name, nested(maker)] as const];
        }),
      ),
    };
  };
  const nested = (maker: string): Schema => {
    const inside = code.slice(code.indexOf(`function ${maker}ToHclTerraform(`));
    const name = maker.slice(0, 1).toUpperCase() + maker.slice(1);
    return build(inside.slice(0, inside.indexOf('\n}\n')), declaration(name));
  };
  const declaration = (name: string): string => {
    const inside = types.slice(types.search(new RegExp(`export interface ${name} `)));
    return inside.slice(0, inside.indexOf('\n}\n'));
  };
  const main = code.slice(code.indexOf('synthesizeHclAttributes()'));
  const config = /export interface (\w+Config) extends cdktn\.TerraformMetaArguments/.exec(types)?.[1] ?? assert.fail();
  return build(main, declaration(config));
}

/** How a type of the provider looks when it is read. */
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string' || ref(value) !== '',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  stringList: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  stringMap: (value) =>
    typeof value === 'object' && Object.values(value ?? {}).every((item) => typeof item === 'string'),
};
/** Arguments that every resource takes (Terraform language, "Meta-Arguments"). */
const META = new Set(['lifecycle', 'depends_on', 'provider']);

test('every argument is one of the AWS provider, of its type, and none that it needs is missing', () => {
  const [all] = fc
    .sample(awkwardExport, { numRuns: 30, seed: 1 })
    .reduce<[Read[]]>(([reads], exported) => [[...reads, readBack(exported)]], [[readBack(taken(example()))]]);
  const seen = new Set<string>();
  const check = (schema: Schema, body: Body, where: string): void => {
    for (const [name, value] of Object.entries(body)) {
      if (META.has(name)) continue;
      const inner = schema.blocks.get(name);
      if (inner !== undefined) {
        for (const one of value as Body[]) check(inner, one, `${where}.${name}`);
        continue;
      }
      const type = schema.types.get(name) ?? assert.fail(`${where} has no argument ${name}`);
      assert.ok(FITS[type]?.(value), `${where}.${name} is no ${type}: ${JSON.stringify(value)}`);
    }
    for (const name of schema.needed) assert.ok(name in body, `${where} lacks ${name}`);
  };
  for (const { blocks } of all)
    for (const { type, labels, body } of blocks) {
      const [resource = ''] = labels;
      if (type !== 'resource') continue;
      seen.add(resource);
      const own = RESOURCES[resource as keyof typeof RESOURCES] ?? assert.fail(resource);
      check(schemaOf(own), body, resource);
    }
  assert.deepEqual([...seen].sort(), Object.keys(RESOURCES).sort());
});
