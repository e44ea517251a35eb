// No fix harms: what is inserted lands where it is meant, a file that parses still does, and what is not ours stays as it is.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse as parseWithLibrary } from 'yaml';
import { lintFolder } from '../../src/core/lint.ts';
import type { Edit, Finding, Fix } from '../../src/core/finding.ts';
import { applyFixes, atLeast, SEVERITIES } from '../../src/core/fix.ts';
import { fixAll } from './lint-kit.ts';

/** What CloudFormation's short intrinsics stand for, so that a tree can be compared whole. */
const tagged = (tag: string) => [
  { tag, resolve: (text: string) => ({ [tag]: text }) },
  { tag, collection: 'seq' as const, resolve: (seq: object) => ({ [tag]: seq }) },
  { tag, collection: 'map' as const, resolve: (map: object) => ({ [tag]: map }) },
];
const read = (text: string): unknown =>
  parseWithLibrary(text, { customTags: ['!Sub', '!Ref', '!GetAtt', '!If', '!Join'].flatMap(tagged) as never });

const role = (statement: string): string =>
  `Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Version: '2012-10-17'\n            Statement:\n              - Effect: Allow\n${statement}`;

/** The tree after fix-all without the value at `path`, and that value. */
function without(tree: unknown, path: readonly (string | number)[]): unknown {
  let here = tree as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) here = here[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  const value = here[last];
  if (Array.isArray(here)) here.splice(Number(last), 1);
  else delete here[last];
  return value;
}
const STATEMENT = ['Resources', 'Role', 'Properties', 'Policies', 0, 'PolicyDocument', 'Statement', 0] as const;

describe('lint --fix inserts into a two-argument !Sub and the file no longer parses', () => {
  const cases: Readonly<Record<string, string>> = {
    'the last value of a statement':
      '                Action: s3:GetObject\n                Resource: !Sub\n                  - arn:aws:s3:::${B}/*\n                  - B: !Ref Bucket\n',
    'at the indent of its key':
      '                Action: s3:GetObject\n                Resource: !Sub\n                - arn:aws:s3:::${B}/*\n                - B: !Ref Bucket\n',
    'the last item of a list at the indent of its key':
      '                Action: s3:GetObject\n                Resource:\n                - arn:aws:s3:::other/*\n                - !Sub\n                  - arn:aws:s3:::${B}/*\n                  - B: !Ref Bucket\n',
    'a flow list over two lines':
      '                Action: s3:GetObject\n                Resource: !Sub ["arn:aws:s3:::${B}/*",\n                  {B: !Ref Bucket}]\n',
    'a flow list over two lines, last in a list':
      '                Action: s3:GetObject\n                Resource:\n                  - !Sub ["arn:aws:s3:::${B}/*",\n                    {B: !Ref Bucket}]\n',
    'with an anchor':
      '                Action: s3:GetObject\n                Resource: &r !Sub\n                  - arn:aws:s3:::${B}/*\n                  - B: !Ref Bucket\n',
  };
  for (const [name, statement] of Object.entries(cases))
    test(name, () => {
      const text = role(statement).replace("            Version: '2012-10-17'\n", '').replace('Allow', 'allow');
      const fixed = fixAll(text, { language: 'yaml' });
      const tree = read(fixed);
      assert.equal(without(tree, [...STATEMENT.slice(0, -2), 'Version']), '2012-10-17');
      assert.equal(without(tree, [...STATEMENT, 'Effect']), 'Allow');
      const before = read(text);
      without(before, [...STATEMENT, 'Effect']);
      assert.deepEqual(tree, before);
    });

  test('the long form in JSON', () => {
    const text = JSON.stringify({
      Resources: {
        R: {
          Type: 'AWS::IAM::Policy',
          Properties: {
            PolicyDocument: {
              Statement: {
                Effect: 'Allow',
                Action: 's3:ListBucket',
                Resource: { 'Fn::Sub': ['arn:aws:s3:::${B}/*', { B: { Ref: 'Bucket' } }] },
              },
            },
          },
        },
      },
    });
    const { Resources } = JSON.parse(fixAll(text, { language: 'json' })) as {
      Resources: { R: { Properties: { PolicyDocument: { Version?: string } } } };
    };
    assert.equal(Resources.R.Properties.PolicyDocument.Version, '2012-10-17');
  });

  for (const [name, last] of [
    ['an alias', '*other'],
    ['a tagged value', '!Ref Bucket'],
    ['an anchored value', '&x arn:aws:s3:::other/*'],
    ['a block scalar', '>-\n                    arn:aws:s3:::other/*'],
    [
      'an intrinsic in block style',
      '!Join\n                    - ""\n                    - [a, b]\n                  # a comment',
    ],
  ] as const)
    test(`the last item is ${name}`, () => {
      const text = role(
        `                Action: s3:ListBucket\n                Resource:\n                  - arn:aws:s3:::mine/*\n                  - ${last}\n`,
      ).replace('Resources:\n', 'Other: &other arn:aws:s3:::other/*\nResources:\n');
      const tree = (all: string): unknown => read(all);
      assert.doesNotThrow(() => tree(text));
      const fixed = fixAll(text, { language: 'yaml' });
      assert.doesNotThrow(() => tree(fixed), fixed);
    });
});

describe('Anchors', () => {
  const plugin = (rest: string): string =>
    `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner: {kind: User, name: a@example.com}\n  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: arn:aws:iam::111122223333:role/team-a\n${rest}`;

  test('what an alias stands for is not changed unasked: it would change elsewhere too', () => {
    const text = plugin('        annotateOnly: &yes "true"\nother:\n  asText: *yes\n');
    assert.equal(fixAll(text), text);
    const found = [...lintFolder([{ path: 'p.yaml', text }]).values()].flat();
    assert.deepEqual(
      found.map(({ id, fixes }) => [id, fixes.length > 0, fixes.some(({ preferred }) => preferred)]),
      [['KP-006', true, false]],
    );
    const alone = text.replace('*yes', 'x');
    assert.equal(fixAll(alone), alone.replace('"true"', 'true'));
  });

  test('an anchor that is named elsewhere does not go', () => {
    const text = plugin('        annotateOnly: true\n        region: &region eu-west-1\nother: *region\n');
    assert.doesNotThrow(() => parseWithLibrary(fixAll(text)));
  });
});

describe('Which fixes are applied by themselves', () => {
  const TEXT = 'abc';
  const edit = (start: number, end: number, newText: string): Edit => ({ start, end, newText });
  const at = (start: number, end: number, newText: string, more: Partial<Fix> = {}): Finding => ({
    id: 'P-SYNTAX',
    severity: 'error',
    start,
    end,
    message: `${start}-${end}`,
    fixes: [{ title: 'x', edits: [{ start, end, newText }], preferred: true, ...more }],
  });
  const rows: readonly (readonly [name: string, findings: readonly Finding[], after: string, ...done: string[]])[] = [
    ['a preferred one', [at(0, 1, 'x')], 'xbc', '0-1'],
    [
      'the preferred one of two',
      [{ ...at(0, 1, 'x'), fixes: [...at(0, 1, 'y', { preferred: false }).fixes, ...at(0, 1, 'x').fixes] }],
      'xbc',
      '0-1',
    ],
    ['not one that is only offered', [at(0, 1, 'x', { preferred: false })], TEXT],
    ['not one that widens', [at(0, 1, 'x', { effect: 'widens' })], TEXT],
    ['not one that takes away', [at(0, 1, 'x', { effect: 'takes-away' })], TEXT],
    ['not one in which something is to be filled in', [at(0, 1, 'x', { snippet: true })], TEXT],
    ['not one without an edit', [at(0, 1, 'x', { edits: [] })], TEXT],
    [
      'the one of two that has an edit',
      [{ ...at(0, 1, 'x'), fixes: [...at(0, 1, 'y', { edits: [] }).fixes, ...at(0, 1, 'x').fixes] }],
      'xbc',
      '0-1',
    ],
    ['not a finding without a fix', [{ ...at(0, 1, 'x'), fixes: [] }], TEXT],
    ['two that lie apart', [at(0, 1, 'x'), at(2, 3, 'z')], 'xbz', '0-1', '2-3'],
    ['of two that touch the first', [at(0, 1, 'x'), at(1, 2, 'y')], 'xbc', '0-1'],
    ['of two that touch the first, also from behind', [at(1, 2, 'y'), at(0, 1, 'x')], 'ayc', '1-2'],
    [
      'none of which one edit touches another',
      [at(0, 1, 'x'), { ...at(0, 2, ''), fixes: at(0, 0, '', { edits: [edit(0, 1, 'y'), edit(2, 3, 'z')] }).fixes }],
      'xbc',
      '0-1',
    ],
    ['of two at one place the first', [at(1, 1, 'y'), at(1, 1, 'x')], 'aybc', '1-1'],
  ];
  for (const [name, found, after, ...told] of rows)
    test(name, () => {
      const done: string[] = [];
      assert.equal(
        applyFixes(TEXT, found, undefined, ({ message }) => done.push(message)),
        after,
      );
      assert.deepEqual(done, told);
    });
  test('again and again, ten times at most', () => {
    assert.equal(
      applyFixes('', [at(0, 0, 'x')], () => [at(0, 0, 'x')]),
      'x'.repeat(10),
    );
    assert.equal(
      applyFixes('', [at(0, 0, 'x')], (text) => (text.length < 3 ? [at(0, 0, 'x')] : [])),
      'xxx',
    );
  });
  test('the findings that are at least so severe', () => {
    const found = SEVERITIES.map((severity) => ({ ...at(0, 1, 'x'), severity }));
    assert.deepEqual(
      SEVERITIES.map((severity) => atLeast(severity, found).length),
      [4, 3, 2, 1],
    );
  });
});
