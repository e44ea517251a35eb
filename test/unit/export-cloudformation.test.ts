/** CloudFormation as exported: what its templates hold, how what is there is imported, and what no template can say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { lintFolder } from '../../src/core/lint.ts';
import { samePolicy } from '../../src/core/policy/build.ts';
import { cloudformation } from '../../src/export/cloudformation.ts';
import { ofKind, pathOfRole, rolesOf, type Exported, type OutputFile, type Thing } from '../../src/export/things.ts';
import { yamlOf } from '../../src/export/yaml.ts';
import { awkwardExport, awkwardText } from '../fixtures/awkward.ts';
import { example, many, taken } from '../fixtures/exported.ts';

type Properties = Readonly<Record<string, unknown>>;
interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Properties }>>;
}

const templatesOf = (files: readonly OutputFile[], part = 'stacks'): readonly Template[] =>
  files
    .filter(({ path }) => path.includes(`/${part}/`) && path.endsWith('.yaml'))
    .map(({ text }) => {
      const [newer, older] = (['1.2', '1.1'] as const).map((version) => parse(text, { version }) as Template);
      assert.deepEqual(newer, older);
      return newer as Template;
    });
const resourcesOf = (files: readonly OutputFile[], type: string, part?: string): readonly Properties[] =>
  templatesOf(files, part).flatMap(({ Resources }) =>
    Object.values(Resources).flatMap(({ Type, Properties }) => (Type === `AWS::${type}` ? [Properties] : [])),
  );
const tags = (list: unknown): object =>
  Object.fromEntries(((list ?? []) as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
const json = (value: unknown): string => JSON.stringify(value);

/** What is read back is what was handed over, but for things that are said to be left out. */
function assertSame(exported: Exported): void {
  const { files, cannot } = cloudformation([exported]);
  const isLeft = (name: string): boolean => cannot.some((one) => one.startsWith(`IAM role ${name} `));
  const wanted = rolesOf(exported.things).filter(({ role }) => !isLeft(role.name));
  const roles = resourcesOf(files, 'IAM::Role');
  assert.deepEqual(roles.map(({ RoleName }) => RoleName).sort(), wanted.map(({ role }) => role.name).sort());
  for (const { role, policies, attached } of wanted) {
    const made = roles.find(({ RoleName }) => RoleName === role.name) ?? assert.fail();
    assert.deepEqual(
      [made['Path'], made['Description'] ?? '', made['MaxSessionDuration'], made['PermissionsBoundary']],
      [pathOfRole(role), role.description ?? '', role.maxSession, role.boundary],
    );
    assert.deepEqual(tags(made['Tags']), { ...role.tags });
    assert.deepEqual(made['ManagedPolicyArns'] ?? [], attached);
    assert.ok(samePolicy(json(made['AssumeRolePolicyDocument']), role.trustPolicy));
    const documents = (made['Policies'] ?? []) as { PolicyName: string; PolicyDocument: object }[];
    assert.deepEqual(
      documents.map(({ PolicyName }) => PolicyName),
      policies.map(({ name }) => name),
    );
    for (const [at, { text }] of policies.entries()) assert.ok(samePolicy(json(documents[at]?.PolicyDocument), text));
  }
  const imported = resourcesOf(files, 'IAM::Role', 'import');
  assert.deepEqual(
    imported.map(({ RoleName }) => RoleName).sort(),
    wanted
      .filter(({ there }) => there)
      .map(({ role }) => role.name)
      .sort(),
  );
}

test('what is read back is what was planned', () => assertSame(example()));
test('awkward names, policies and tags come through as they are', () => {
  fc.assert(fc.property(awkwardExport, assertSame));
});

test('YAML of any data is read alike by readers of YAML 1.1 and 1.2', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      awkwardText,
      fc.boolean(),
      fc.integer(),
      fc.constantFrom(0.5, 1e21, 1e-7),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(awkwardText, tie('any'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(awkwardText, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), (data) => {
      for (const version of ['1.1', '1.2'] as const) assert.deepEqual(parse(yamlOf(data), { version }), data);
    }),
    // A name that the reader of 1.1 takes for a number.
    { numRuns: 300, examples: [[{ a: 'e-0', 'e+1': 'e1' }]] },
  );
});

test('our own lint finds nothing', () => {
  const { files } = cloudformation([taken(example())]);
  assert.deepEqual([...lintFolder([...files]).values()].flat(), []);
});

test('500 profiles are 501 stacks, each small enough to be passed as it is', () => {
  const { files, cannot } = cloudformation([many(500)]);
  assert.equal(templatesOf(files).length, 501);
  assert.deepEqual(cannot, []);
  for (const { text } of files) assert.ok(Buffer.byteLength(text) <= 51_200);
});

test('what is there is imported as it is, and the stack then says how it is to be', () => {
  const exported = taken(example());
  const was = { path: 'before' };
  const things = exported.things.map((thing): Thing => {
    if (thing.ref.kind !== 'iam/role') return thing;
    const value = thing.value as { trustPolicy: string };
    return { ...thing, was: { ...value, description: was.path, tags: {} } } as Thing;
  });
  const { files } = cloudformation([{ ...exported, things }]);
  assert.equal(resourcesOf(files, 'IAM::Role', 'import')[0]?.['Description'], was.path);
  assert.notEqual(resourcesOf(files, 'IAM::Role')[0]?.['Description'], was.path);
});

test('an import names no resource that is not imported', () => {
  const exported = example();
  const [role] = ofKind(exported.things, 'iam/role');
  assert.ok(role);
  const association = {
    ref: { kind: 'eks/pod-identity', at: exported.cluster.arn, key: 'team-a/other' },
    value: { id: 'a-1', namespace: 'team-a', serviceAccount: 'other', roleArn: role.value.arn, tags: {} },
    there: true,
  } as Thing;
  const { files } = cloudformation([{ ...exported, things: [...exported.things, association] }]);
  assert.equal(resourcesOf(files, 'EKS::PodIdentityAssociation', 'import')[0]?.['RoleArn'], role.value.arn);
  assert.ok('Fn::GetAtt' in (resourcesOf(files, 'EKS::PodIdentityAssociation')[0]?.['RoleArn'] as object));
});

for (const [what, policy] of [
  ['a reference to a secret', { Statement: [{ Resource: '{{resolve:secretsmanager:x}}' }] }],
  ['what it takes for a function', { Statement: [{ Condition: { StringEquals: { Ref: 'x' } } }] }],
  ['a key that it takes for a function', { Statement: { 'Fn::Sub': 'x' } }],
] as const)
  test(`${what} is not handed to CloudFormation, and that is said`, () => {
    const exported = example();
    const things = exported.things.map((thing) =>
      thing.ref.kind === 'iam/role-policy' ? ({ ...thing, value: { text: JSON.stringify(policy) } } as Thing) : thing,
    );
    const { files, cannot } = cloudformation([{ ...exported, things }]);
    assert.deepEqual(resourcesOf(files, 'IAM::Role'), []);
    assert.match(cannot.join(), /IAM role team-a-dev-role.*is not in the files: CloudFormation would/);
  });

test('a policy that is no JSON is said', () => {
  const exported = example();
  const things = exported.things.map((thing) =>
    thing.ref.kind === 'iam/role-policy' ? ({ ...thing, value: { text: 'no JSON' } } as Thing) : thing,
  );
  assert.match(cloudformation([{ ...exported, things }]).cannot.join(), /IAM role team-a-dev-role.* no JSON object/);
});

test('nothing goes in AWS when a stack is deleted', () => {
  for (const { text } of cloudformation([taken(example())]).files.filter(({ text: one }) =>
    one.includes('Type: AWS::'),
  ))
    assert.equal(text.match(/DeletionPolicy: Retain/g)?.length, text.match(/Type: AWS::/g)?.length);
});
