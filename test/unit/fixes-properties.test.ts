// Over documents of every kind and way of writing: after fixes all still parse, and their trees differ only where the finding was.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Document, isMap, isScalar, isSeq, type Node, Pair, Scalar, visit, YAMLMap, YAMLSeq } from 'yaml';
import { applyEdits } from '../../src/core/fix.ts';
import { lint, type LintOptions } from '../../src/core/lint.ts';
import { fixAndJudge, judgeEach, judgeOf } from '../../scripts/harm.ts';
import { ISSUER, OTHER } from '../../src/core/modes/samples.ts';
import { allows, mayAssume } from '../../src/core/policy/evaluate.ts';
import { defects, sound } from '../fixtures/defects.ts';

const OPTIONS: LintOptions = {
  context: { account: '111122223333', partition: 'aws', bucket: 'team-a-data' },
  roles: { 'team-a': 'arn:aws:iam::111122223333:role/team-a' },
};
const page = (name: string): string => readFileSync(new URL(`../fixtures/aws-page/${name}`, import.meta.url), 'utf8');

/** Documents as data: policies alone and wherever they are held, and manifests. */
const policies = [...defects, ...sound]
  .filter(({ kind }) => kind !== 'manifest')
  .map(({ text, kind }) => ({ kind, value: JSON.parse(text) as unknown }));
const holders: readonly ((kind: string, policy: unknown) => unknown)[] = [
  (_, policy) => policy,
  (kind, policy) => ({
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket' },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties:
          kind === 'trust'
            ? { AssumeRolePolicyDocument: policy }
            : { Policies: [{ PolicyName: 'p', PolicyDocument: policy }] },
      },
    },
  }),
  (kind, policy) => ({
    apiVersion: 'iam.services.k8s.aws/v1alpha1',
    kind: 'Role',
    metadata: { name: 'team-a' },
    spec: {
      name: 'team-a',
      ...(kind === 'trust'
        ? { assumeRolePolicyDocument: JSON.stringify(policy, undefined, 2) }
        : { inlinePolicies: { s3: JSON.stringify(policy) } }),
    },
  }),
];
/** Without a Version there is one to be added, behind whatever comes last. */
const policyData = fc
  .tuple(fc.constantFrom(...policies), fc.constantFrom(...holders), fc.boolean())
  .map(([{ kind, value }, hold, isVersioned]) => {
    const { Version, ...rest } = value as Record<string, unknown>;
    return hold(kind, isVersioned ? { Version, ...rest } : rest);
  });

/** What a writer of YAML may do to a node, drawn from numbers so that a failure shrinks to few of them. */
function dress(document: Document.Parsed | Document, choices: readonly number[]): void {
  const nodes: Node[] = [];
  visit(document, {
    Scalar: (key, node) => void (key === 'key' ? undefined : nodes.push(node)),
    Map: (_, node) => void nodes.push(node),
    Seq: (_, node) => void nodes.push(node),
  });
  let count = 0;
  for (let i = 0; i + 1 < choices.length; i += 2) {
    // What comes last is what is written behind: half of the time it is one of the last.
    const choice = choices[i] ?? 0;
    const node = choice % 2 === 0 ? nodes.at(-1 - (choice % 7)) : nodes[choice % nodes.length];
    if (!node) continue;
    switch ((choices[i + 1] ?? 0) % 12) {
      case 0:
        node.commentBefore = ' a remark';
        break;
      case 1:
        node.comment = ' behind it';
        break;
      case 2:
        if (isMap(node) || isSeq(node)) node.flow = true;
        break;
      case 3:
        // An anchor that nobody names.
        (node as Scalar).anchor ??= `n${(count += 1)}`;
        break;
      case 4:
        if (isScalar(node) && typeof node.value === 'string') node.type = 'BLOCK_FOLDED';
        break;
      case 5:
        if (isScalar(node) && typeof node.value === 'string') node.type = 'BLOCK_LITERAL';
        break;
      case 6:
        if (isScalar(node) && typeof node.value === 'string') node.type = 'QUOTE_SINGLE';
        break;
      case 7:
        if (isScalar(node) && typeof node.value === 'string') node.tag = '!Sub';
        break;
      case 8:
      case 9:
        swap(document, node, (choices[i + 1] ?? 0) % 12 === 9);
        break;
      case 10:
        if (isMap(node) || isSeq(node)) node.spaceBefore = true;
        break;
      default:
        alias(document, node, (count += 1));
    }
  }
}

/** A text becomes the first argument of a !Sub with two, in block or flow style. */
function swap(document: Document, node: Node, flow: boolean): void {
  if (!isScalar(node) || typeof node.value !== 'string' || node.anchor !== undefined) return;
  visit(document, (key, here, path) => {
    if (here !== node || key === 'key') return undefined;
    const inner = new Scalar(node.value);
    const variables = new YAMLMap();
    const reference = new Scalar('Bucket');
    reference.tag = '!Ref';
    variables.items.push(new Pair(new Scalar('B'), reference));
    const sequence = new YAMLSeq();
    sequence.items.push(inner, variables);
    sequence.tag = '!Sub';
    sequence.flow = flow;
    assert.ok(path.length > 0);
    return sequence;
  });
}

/** A value is named, and used once more, under a key at the top of the document. */
function alias(document: Document, node: Node, count: number): void {
  if (!isMap(document.contents) || node === document.contents) return;
  const name = `a${count}`;
  let isThere = false;
  visit(document, (_, here) => void (isThere ||= here === node));
  if (!isThere) return;
  if ('anchor' in node && node.anchor !== undefined) return;
  (node as Scalar).anchor = name;
  document.contents.items.push(new Pair(new Scalar(`x-${name}`), document.createAlias(node as Scalar, name)));
}

const written = fc
  .tuple(
    policyData,
    fc.array(fc.nat(1000), { maxLength: 10 }),
    fc.constantFrom('yaml', 'yaml', 'yaml', 'json', 'lines', 'tabs'),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([data, choices, style, eol, bom, indentSeq, newline]) => {
    const isJson = style !== 'yaml';
    let text: string;
    if (isJson) text = JSON.stringify(data, undefined, style === 'json' ? undefined : style === 'tabs' ? '\t' : 2);
    else {
      const document = new Document(data);
      dress(document, choices);
      text = document.toString({ lineWidth: 80, indentSeq });
      if (!newline) text = text.replace(/\n+$/, '');
    }
    return { isJson, text: (bom ? '\uFEFF' : '') + text.replaceAll('\n', eol) };
  });

function assertHarmless(text: string, isJson: boolean): void {
  const options: LintOptions = { ...OPTIONS, language: isJson ? 'json' : 'yaml' };
  const again = (now: string) => lint(now, options);
  for (const { id, title, verdict } of judgeEach(text, again(text), judgeOf(isJson ? 'json' : 'yaml')))
    assert.ok(
      verdict === 'unknown' || verdict.harm === undefined,
      `${id} "${title}": ${JSON.stringify(verdict)}\n${text}`,
    );
  const { verdict, text: after } = fixAndJudge(text, again, judgeOf(isJson ? 'json' : 'yaml'));
  assert.ok(verdict === 'unknown' || verdict.harm === undefined, `${JSON.stringify(verdict)}\n${text}\n=>\n${after}`);
}

/** Tokens of the pods that documents name, and of others that they do not. */
const tokens = ['team-a:default-editor', 'team-a:other', 'team-b:default-editor', 'stranger:stranger'].flatMap(
  (account) =>
    [ISSUER, OTHER].flatMap((issuer) =>
      ['sts.amazonaws.com', 'other'].map((aud) => ({
        provider: `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
        sub: `system:serviceaccount:${account}`,
        aud,
      })),
    ),
);
const requests = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:ListBucket',
  's3:DeleteBucket',
  'kms:Decrypt',
].flatMap((action) =>
  ['team-a-data', 'team-a-data/team-a/x', 'team-a-data/other/x', 'stranger', 'stranger/x'].map((name) => ({
    action,
    resource: `arn:aws:s3:::${name}`,
  })),
);

test('what is mended unasked lets no stranger in and takes nothing from anybody: trust policies', () => {
  for (const { name, text, kind } of [...defects, ...sound]) {
    if (kind !== 'trust') continue;
    const after = fixAndJudge(text, (now) => lint(now, { ...OPTIONS, language: 'json' }), judgeOf('json')).text;
    for (const token of tokens) {
      const [before, now] = [text, after].map((one) => mayAssume(JSON.parse(one), token));
      // A token for another service is nobody's on EKS.
      if (before === 'yes' && token.aud === 'sts.amazonaws.com')
        assert.notEqual(now, 'no', `${name}: ${token.sub} was let in\n${after}`);
      if (token.sub.includes('stranger') && before === 'no')
        assert.notEqual(now, 'yes', `${name}: a stranger gets in\n${after}`);
    }
  }
});

test('what is mended unasked allows nothing on the bucket of a stranger and takes nothing away: permission policies', () => {
  for (const { name, text, kind } of [...defects, ...sound]) {
    if (kind !== 'permissions') continue;
    const after = fixAndJudge(text, (now) => lint(now, { ...OPTIONS, language: 'json' }), judgeOf('json')).text;
    for (const { action, resource } of requests) {
      // A request for objects names an object, one for a bucket a bucket.
      if (/Object$/.test(action) !== resource.includes('/')) continue;
      const [before, now] = [text, after].map((one) => allows(JSON.parse(one), action, resource));
      if (before) assert.ok(now, `${name}: ${action} on ${resource} is taken away\n${after}`);
      else if (resource.includes('stranger')) assert.ok(!now, `${name}: ${action} on ${resource} is allowed\n${after}`);
    }
  }
});

describe('No fix harms', () => {
  test('policies in every holder and every way of writing', () => {
    fc.assert(
      fc.property(written, ({ text, isJson }) => assertHarmless(text, isJson)),
      { numRuns: 400 },
    );
  });

  test('manifests and the samples of the AWS page', () => {
    for (const { text, kind } of [...defects, ...sound]) assertHarmless(text, kind !== 'manifest');
    for (const name of ['trust.json', 's3_policy.json']) assertHarmless(page(name), true);
    assertHarmless(page('profile_iam.yaml'), false);
  });

  test('what this test holds fixes against tells harm', () => {
    const text = 'a:\n  b: !Sub\n    - x\n    - C: d\ne:\n  f: 1\n';
    const finding = {
      ...lint(`{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)[0],
      start: 5,
      end: 6,
    } as never;
    const verdict = (after: string) => judgeOf('yaml')(text, after, [finding]);
    assert.deepEqual(verdict(text), {});
    assert.deepEqual(verdict(text.replace('    - C', '  g: 1\n    - C')), {
      harm: 'no longer parses',
      why: (verdict(text.replace('    - C', '  g: 1\n    - C')) as { why: string }).why,
    });
    assert.deepEqual(verdict(text.replace('f: 1', 'f: 2')), { harm: 'changed elsewhere', why: '#0/e/f' });
    assert.deepEqual(verdict(text.replace('e:', '  g: 1\ne:')), {});
    assert.equal(applyEdits(text, []), text);
  });
});
