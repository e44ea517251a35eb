// What must hold of lint for any text: no throw, ranges inside, fixes that remove their finding and add none, a cache that tells the truth.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { DocNode } from '../../src/core/document/node.ts';
import { parse } from '../../src/core/document/parse.ts';
import type { Language } from '../../src/core/document/parse.ts';
import { applyEdits } from '../../src/core/fix.ts';
import { lint, lintFolder } from '../../src/core/lint.ts';
import type { LintCache, LintOptions } from '../../src/core/lint.ts';
import { defects } from '../fixtures/defects.ts';
import { assertSound, fixAll } from './lint-kit.ts';

const ROLE = 'arn:aws:iam::123456789012:role/team-a';
const options: LintOptions = {
  context: { account: '123456789012', partition: 'aws', bucket: 'team-data' },
  roles: { 'team-a': ROLE },
};

/** A value that is right, or wrong in a way that people write it. */
const maybe = <T>(right: T, ...wrong: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: fc.constant<unknown>(right), weight: 3 }, { arbitrary: fc.constantFrom(...wrong), weight: 2 });
const optional = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true });

const spec = optional({
  awsIamRole: maybe(
    ROLE,
    '',
    null,
    'team-role',
    7,
    '${ROLE}',
    ` ${ROLE}`,
    'arn:aws:iam:us-east-1:123456789012:role/x',
    'arn:aws:iam::12345:role/x',
    'arn:aws:sts::123456789012:assumed-role/x/y',
  ),
  awsIAMRole: maybe(ROLE, ''),
  roleArn: maybe(ROLE, null),
  annotateOnly: maybe(true, 'true', 'False', 'yes', 1, null, []),
  annotate_only: maybe(true, 'true'),
  region: maybe('x', null),
});
const plugin = fc.oneof(
  optional({
    kind: maybe('AwsIamForServiceAccount', 'awsIamForServiceAccount', 'Other', null),
    spec: fc.oneof(spec, maybe(null, 'x')),
  }),
  optional({
    kind: maybe('AwsIamForServiceAccount', ''),
    awsIamRole: maybe(ROLE, ''),
    annotateOnly: maybe(true, 'true'),
  }),
  maybe('x', null),
);
const plugins = fc.oneof(fc.array(plugin, { maxLength: 3 }), plugin);
const profile = fc.record(
  {
    apiVersion: maybe('kubeflow.org/v1', 'kubeflow.org/v1beta1', 'kubeflow.org/v2'),
    kind: fc.constant('Profile'),
    metadata: fc.oneof(
      optional({ name: maybe('team-a', 'Team_A', 'kubeflow', 7, '', '${NAME}'), namespace: maybe('x', null), plugins }),
      maybe(null, 'x'),
    ),
    spec: optional({
      owner: fc.oneof(
        optional({
          kind: maybe('User', 'user', 'Group', 'ServiceAccount', null),
          name: maybe('a@b.c', 'A@b.c', ' a', '', 7),
          namespace: maybe('x', null),
          apiGroup: maybe('rbac.authorization.k8s.io', 'x'),
        }),
        maybe(null, 'x'),
      ),
      plugins,
      resourceQuotaSpec: optional({
        hard: fc.dictionary(
          fc.constantFrom('cpu', 'pods', 'pod', 'nvidia.com/gpu', 'requests.storage'),
          maybe('1', '1GB', '1 gi', -1, null, {}),
          { noNullPrototype: true },
        ),
      }),
    }),
    plugins,
  },
  { requiredKeys: ['apiVersion', 'kind'], noNullPrototype: true },
);
const serviceAccount = fc.record(
  {
    apiVersion: fc.constant('v1'),
    kind: fc.constant('ServiceAccount'),
    metadata: optional({
      name: fc.constant('default-editor'),
      namespace: fc.constant('team-a'),
      annotations: optional({
        'eks.amazonaws.com/role-arn': maybe(ROLE, '', null, 'x'),
        'eks.amazon.com/role-arn': maybe(ROLE, ''),
        other: fc.constant('x'),
      }),
    }),
  },
  { noNullPrototype: true },
);
const providers = fc.oneof(
  optional({
    s3: optional({
      default: optional({
        region: fc.constant('x'),
        disableSSL: maybe(true, 'true'),
        credentials: fc.oneof(
          optional({ fromEnv: maybe(true, 'true', false), secretRef: fc.constant({}) }),
          fc.constant(null),
        ),
      }),
    }),
    S3: fc.constant({}),
  }),
  maybe(null, 'x'),
);
const configMap = fc.oneof(
  fc
    .tuple(maybe('s3://team-data/x', 'minio://x/y', 's3:/x', '', null, 'x'), providers, fc.boolean())
    .map(([defaultPipelineRoot, value, text]) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kfp-launcher', namespace: 'team-a' },
      data: { defaultPipelineRoot, providers: text ? stringify(value) : value },
    })),
  optional({
    endpoint: maybe('s3.amazonaws.com', 'minio:9000'),
    useSDKCreds: maybe(true, false),
    insecure: maybe(false, true),
    accessKeySecret: fc.constant({ name: 'x' }),
    bucket: fc.constant('b'),
    secretKeySecret: fc.constant({ name: 'x', key: 'y' }),
  }).map((s3) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'artifact-repositories' },
    data: { x: stringify({ s3 }) },
  })),
);
const manifest = fc.oneof(profile, serviceAccount, configMap);

/** The ways in which people write one and the same manifest. */
const written = fc
  .tuple(manifest, fc.constantFrom('yaml', 'quoted', 'flow', 'json', 'lines'), fc.boolean(), fc.boolean())
  .map(([value, style, crlf, newline]) => {
    const text =
      style === 'json'
        ? JSON.stringify(value)
        : style === 'lines'
          ? JSON.stringify(value, undefined, '\t')
          : stringify(value, {
              lineWidth: 0,
              indentSeq: !crlf,
              ...(style === 'flow' ? { collectionStyle: 'flow' as const } : {}),
              ...(style === 'quoted' ? { defaultStringType: 'QUOTE_SINGLE' as const } : {}),
            });
    const ended = newline ? text : text.replace(/\n+$/, '');
    return crlf ? ended.replaceAll('\n', '\r\n') : ended;
  });

describe('Properties of lint', () => {
  test('each fix removes its finding and adds none, in every style of writing', () => {
    fc.assert(
      fc.property(written, (text) => {
        assertSound(text, options);
      }),
      { numRuns: 1500 },
    );
  });

  test('unfinished and broken text', () => {
    fc.assert(
      fc.property(
        written,
        fc.nat(),
        fc.nat(20),
        fc.constantFrom('', ':', '"', '{{', '\t', '- ', '\n', '${', '*a', '&a '),
        (text, at, length, insert) => {
          const from = at % (text.length + 1);
          const broken = text.slice(0, from) + insert + text.slice(from + length);
          for (const { start, end, fixes } of lint(broken, options)) {
            assert.ok(start >= 0 && start <= end && end <= broken.length);
            for (const { edits } of fixes)
              for (const edit of edits)
                assert.ok(edit.start >= 0 && edit.start <= edit.end && edit.end <= broken.length);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a cache changes nothing but the work', () => {
    fc.assert(
      fc.property(
        fc.array(
          written.filter((text) => !text.startsWith('{')),
          { minLength: 1, maxLength: 4 },
        ),
        fc.nat(),
        (documents, pick) => {
          const cache: LintCache = { documents: new Map() };
          const text = documents.join('\n---\n');
          const first = lint(text, { ...options, language: 'yaml' }, cache);
          assert.deepEqual(first, lint(text, { ...options, language: 'yaml' }));
          const changed = documents
            .map((one, index) => (index === pick % documents.length ? `# changed\n${one}` : one))
            .join('\n---\n');
          assert.deepEqual(
            lint(changed, { ...options, language: 'yaml' }, cache),
            lint(changed, { ...options, language: 'yaml' }),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test('the items of a List say what they say when the List is read as a whole, also with a cache', () => {
    const between = fc.constantFrom('', '', '# a comment\n', '\n', '  # indented\n');
    const around = fc.constantFrom('', 'kind: List\n', 'metadata:\n  resourceVersion: ""\n', 'other: x\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(written, between), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '  '),
        between,
        around,
        fc.boolean(),
        (documents, indent, first, below, crlf) => {
          const items = documents.map(([text, comment]) => {
            const lines = text.replaceAll('\r', '').trimEnd().replaceAll('\t', ' ').split('\n');
            return `${lines.map((line, index) => `${indent}${index === 0 ? '- ' : '  '}${line}\n`).join('')}${comment}`;
          });
          const list = (mark: string, which = items): string => {
            const text = `# ${mark}\napiVersion: v1\nitems:\n${first}${which.join('')}${below}`;
            return crlf ? text.replaceAll('\n', '\r\n') : text;
          };
          const asYaml = { ...options, language: 'yaml' } as const;
          const cache: LintCache = { documents: new Map() };
          // An anchor anywhere, even in a comment, keeps a List whole.
          for (const which of [items, [`${indent}- x\n`, ...items], items.toReversed()]) {
            const whole = lint(list('&', which), asYaml);
            assert.deepEqual(lint(list('x', which), asYaml), whole, list('x', which));
            assert.deepEqual(lint(list('x', which), asYaml, cache), whole);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a key in a List has only its item read again', () => {
    const item = (name: string): string =>
      `- apiVersion: kubeflow.org/v1\n  kind: Profile\n  metadata: {name: ${name}}\n`;
    const cache: LintCache = { documents: new Map() };
    lint(`items:\n${item('a')}${item('b')}kind: List\n`, { language: 'yaml' }, cache);
    const before = cache.documents;
    lint(`items:\n${item('a')}${item('bc')}kind: List\n`, { language: 'yaml' }, cache);
    assert.deepEqual(
      [...cache.documents].map(([text, found]) => before.get(text) === found),
      [true, false],
    );
  });

  test('a document says the same alone and among others', () => {
    const text = readFileSync(new URL('../fixtures/aws-page/profile_iam.yaml', import.meta.url), 'utf8');
    const alone = lint(text);
    assert.ok(alone.length > 0);
    const among = `a: b\n---\n${text}---\nc: |\n  ---\n`;
    const by = 'a: b\n---\n'.length;
    assert.deepEqual(
      lint(among).map(({ id, start, end }) => [id, start - by, end - by]),
      alone.map(({ id, start, end }) => [id, start, end]),
    );
  });
});

/** The text with a comment above every line and behind it, where one can stand; and the lines by the comment of each. */
function sprinkled(
  text: string,
  language: Language,
): { text: string; above: string[]; behind: string[]; lines: string[] } {
  const [mark, eol] = [language === 'yaml' ? '#' : '//', text.includes('\r\n') ? '\r\n' : '\n'];
  const { documents } = parse(text, language);
  const isInScalar = (node: DocNode, at: number): boolean =>
    node.type === 'object'
      ? node.entries.some(({ key, value }) => isInScalar(key, at) || isInScalar(value, at))
      : node.type === 'array'
        ? node.items.some((item) => isInScalar(item, at))
        : at > node.start && at < node.end;
  const free = (at: number): boolean => !documents.some(({ root }) => root && isInScalar(root, at));
  const [above, behind, written]: [string[], string[], string[]] = [[], [], []];
  const lines = text.split(eol);
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const isMark = /^(---|\.\.\.)/.test(line) || line.trim() === '';
    above.push(!isMark && free(at) ? `${mark} above ${index}.` : '');
    behind.push(!isMark && free(at + line.length) && !/[|>][-+\d]*$/.test(line) ? `${mark} behind ${index}.` : '');
    if (above[index] !== '') written.push(indent + above[index]);
    written.push(behind[index] === '' ? line : `${line} ${behind[index]}`);
    at += line.length + eol.length;
  }
  return { text: written.join(eol), above, behind, lines };
}

/** What a line holds, without the value, which a fix may change. */
const headOf = (line: string): string =>
  line
    .replace(/^[\s-]*/, '')
    .replace(/^("[^"]*"|'[^']*'|[^\s:]+):.*/s, '$1:')
    .replace(/,$/, '');

/** No fix loses a comment, unless the line goes that it stands behind, or the line above it and the one below. */
function assertComments(plain: string, language: Language): void {
  const { text, above, behind, lines } = sprinkled(plain, language);
  const clean = (of: string): string => of.replace(/(#|\/\/) (above|behind) \d+\./g, '');
  const count = (of: string, head: string): number => clean(of).split(head).length;
  for (const { id, fixes } of lint(text, { ...options, language })) {
    for (const { title, edits } of fixes) {
      if (title.endsWith('(without its comments)')) continue;
      const after = applyEdits(text, edits);
      const isGone = (index: number): boolean => {
        const head = headOf(lines[index] ?? '');
        return head === '' || count(after, head) < count(text, head);
      };
      for (const [index, comment] of above.entries())
        if (comment !== '' && !after.includes(comment))
          assert.ok(isGone(index) && isGone(index - 1), `"${title}" of ${id} loses ${comment}\n${text}\n=>\n${after}`);
      for (const [index, comment] of behind.entries())
        if (comment !== '' && !after.includes(comment))
          assert.ok(isGone(index), `"${title}" of ${id} loses ${comment}\n${text}\n=>\n${after}`);
    }
  }
}

describe('Comments', () => {
  test('no fix of a manifest loses one, in every style of writing', () => {
    fc.assert(
      fc.property(written, (text) => {
        assertComments(text, text.startsWith('{') && !/^\{ *\w/.test(text) ? 'json' : 'yaml');
      }),
      { numRuns: 800 },
    );
  });

  for (const { name, text } of defects)
    test(`no fix of "${name}" loses one`, () => {
      const isJson = text.startsWith('{');
      assertComments(text, isJson ? 'json' : 'yaml');
      if (!isJson) return;
      const value: unknown = JSON.parse(text);
      assertComments(stringify(value, { lineWidth: 0 }), 'yaml');
      assertComments(
        stringify({ Resources: { R: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: value } } } }),
        'yaml',
      );
    });
});

describe('Unfinished policies', () => {
  const policy = '{"Statement":{"Effect":"allow","Action":"s3:GetObject","Resource":"arn:aws:s3::::b-b/*"}}';
  const held = `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata:\n  name: x\nspec:\n  policyDocument: |\n    `;
  for (const [name, before] of [
    ['in a file', ''],
    ['in a block scalar', held],
  ] as const)
    test(`${name}: fix-all is done after once, and inserts nothing`, () => {
      for (let end = 14; end < policy.length; end += 1) {
        const once = fixAll(before + policy.slice(0, end));
        assert.ok(!once.includes('Version"'), once);
        assert.equal(fixAll(once), once);
      }
    });

  test('a profile named as what every object has', () => {
    const text =
      'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: constructor\nspec:\n  owner: {kind: User, name: u}\n';
    assert.deepEqual(lint(text, { roles: {} }), lint(text));
  });
});

describe('Quantity', () => {
  const one = `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner:\n    kind: User\n    name: a@b.c\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: ${ROLE}\n      annotateOnly: "true"\n`;

  test('10,000 documents, one finding each', () => {
    assert.equal(lint(`${one}---\n`.repeat(10_000)).length, 10_000);
  });

  test('one List of 10,000 items and more than 3 MB, read by items and as a whole', () => {
    const item = `- ${one.trimEnd().replaceAll('\n', '\n  ')}\n`;
    for (const mark of ['x', '&']) assert.equal(lint(`# ${mark}\nitems:\n${item.repeat(10_000)}`).length, 10_000, mark);
  });

  test('10,000 profiles of one role, each seen beside all others', () => {
    const text = Array.from({ length: 10_000 }, (_, i) => one.replace('team-a', `team-${i}`)).join('---\n');
    const found = [...lintFolder([{ path: 'profiles.yaml', text }]).values()].flat();
    assert.equal(found.filter(({ id }) => id === 'P-SHARED-ROLE').length, 10_000);
  });

  test('comments without end before a document', () => {
    for (const start of ['/', '/*', '/**/', '//\n'])
      assert.deepEqual(lint(`${start.repeat(1000)}"Statement": x`), [], start);
  });

  test('10 MB of something else', () => {
    assert.deepEqual(lint(`${'key: value\n'.repeat(1_000_000)}# kubeflow.org\n`), []);
  });

  test('our own sources and the rules about them are not ours to judge', () => {
    const folder = new URL('../../', import.meta.url);
    const files = readdirSync(folder).filter((name) => /\.(json|ya?ml)$/.test(name) && name !== 'package-lock.json');
    const found = lintFolder(files.map((path) => ({ path, text: readFileSync(new URL(path, folder), 'utf8') })));
    assert.deepEqual([...found], []);
  });
});
