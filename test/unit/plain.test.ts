// The fast reader of YAML says what the library says, or nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { DocNode } from '../../src/core/document/node.ts';
import { slices } from '../../src/core/document/parse.ts';
import { parsePlain } from '../../src/core/document/plain.ts';
import { maskTemplates } from '../../src/core/document/template.ts';
import { parseYaml } from '../../src/core/document/yaml.ts';

/** Texts for each property; many more by hand (RUNS=1000000). */
const RUNS = Number(process.env['RUNS'] ?? 1_000);

/** The first place in which two nodes differ, also the places of every character of their strings. */
function difference(ours: DocNode, theirs: DocNode, path: string): string | undefined {
  for (const key of ['type', 'start', 'end'] as const)
    if (ours[key] !== theirs[key]) return `${path}: ${key} ${ours[key]}, not ${theirs[key]}`;
  if (ours.source !== theirs.source) return `${path}: source`;
  if (ours.type === 'object' && theirs.type === 'object') {
    if (ours.entries.length !== theirs.entries.length) return `${path}: number of entries`;
    for (const [index, { key, value }] of ours.entries.entries()) {
      const other = theirs.entries[index];
      if (!other) return path;
      const found =
        difference(key, other.key, `${path}.key ${index}`) ?? difference(value, other.value, `${path}.${index}`);
      if (found !== undefined) return found;
    }
  } else if (ours.type === 'array' && theirs.type === 'array') {
    if (ours.items.length !== theirs.items.length) return `${path}: number of items`;
    for (const [index, item] of ours.items.entries()) {
      const other = theirs.items[index];
      const found = other ? difference(item, other, `${path}[${index}]`) : path;
      if (found !== undefined) return found;
    }
  } else if (ours.type !== 'object' && ours.type !== 'array' && theirs.type !== 'object' && theirs.type !== 'array') {
    if (!Object.is(ours.value, theirs.value)) return `${path}: ${String(ours.value)}, not ${String(theirs.value)}`;
    for (let index = -1; index <= String(ours.value).length + 2; index++)
      if (ours.at(index) !== theirs.at(index)) return `${path}: place of ${index}`;
  }
  return undefined;
}

/** Whether the fast reader reads the text; fails where the library reads it otherwise. */
function agrees(text: string, offset = 7): boolean {
  const source = { text, format: 'yaml' } as const;
  const ours = parsePlain(text, source, offset);
  if (ours === undefined) return false;
  const theirs = parseYaml(text, source, (index) => index + offset);
  assert.deepEqual(theirs.errors, [], JSON.stringify(text));
  assert.ok(theirs.root, JSON.stringify(text));
  const found = difference(ours, theirs.root, 'root');
  assert.equal(found, undefined, JSON.stringify(text));
  return true;
}

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/aws-page/${name}`, import.meta.url), 'utf8');

/** What people write, in the styles of kubectl, Helm, Kustomize and CloudFormation. */
const MANIFESTS: readonly string[] = [
  fixture('profile_iam.yaml'),
  `---
# A team
apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-a   # its namespace
  labels: {app.kubernetes.io/part-of: kubeflow, "cost-centre": "12"}
  annotations:
    note: 'it''s theirs'
    last: "{\\"a\\": [1, \\"b\\\\n\\"]}"
    empty:
spec:
  owner:
    kind: User
    name: user-1@example.com

  resourceQuotaSpec:
    hard:
      cpu: "8"
      memory: 32Gi
      requests.nvidia.com/gpu: 0
      ratio: 1.50
      off: ~
  plugins:
  - kind: AwsIamForServiceAccount
    spec:
      awsIamRole: arn:aws:iam::111122223333:role/team-a
      annotateOnly: true
  -   kind: WorkloadIdentity
      spec: {}
`,
  `apiVersion: v1
kind: ConfigMap
metadata:
  name: kfp-launcher
data:
  defaultPipelineRoot: s3://bucket/team-a
  providers: |-
    s3:
      default:
        endpoint: s3.amazonaws.com

        region: us-west-2
        # no keys
        credentials:
          fromEnv: true
  other: >
    some folded
    text

`,
  `apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata:
  name: team-a
spec:
  name: team-a
  assumeRolePolicyDocument: |
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
      ]
    }
  maxSessionDuration: 3600
`,
  `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ServiceAccount
  metadata:
    annotations:
      eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/x
    creationTimestamp: null
    finalizers:
    -
    - - a
      - b: c
    - [s3:GetObject, "s3:PutObject", -1, {a: 'b', c: d}, []]
- # nothing
-
  kind: Pod
  spec:
    args: [--verbose, "-x"]
    command:
      - --flag=value
      - -v
      - sh: a # b
      - a:b
metadata:
  resourceVersion: ""
`,
];

const lineEnds = fc.constantFrom('\n', '\n', '\r\n');

/** A manifest with some of its characters and lines gone, doubled, or in another place. */
const mutated = fc
  .tuple(
    fc.constantFrom(...MANIFESTS),
    fc.array(
      fc.record({
        what: fc.constantFrom('insert', 'remove', 'double line', 'drop line', 'indent', 'outdent', 'join'),
        where: fc.nat(10_000),
        piece: fc.constantFrom(
          ...':-#\'"{}[],&*!|>%@ \n\t~?.+ax1\r\uFEFF\uE000é\u00a0\\',
          ': ',
          ' #',
          '- ',
          '---',
          '\n\n',
          '  ',
          '|-',
        ),
      }),
      { maxLength: 4 },
    ),
    lineEnds,
    fc.boolean(),
  )
  .map(([manifest, mutations, eol, isCut]) => {
    let text = manifest;
    for (const { what, where, piece } of mutations) {
      const at = where % (text.length + 1);
      const lines = text.split('\n');
      const line = where % lines.length;
      if (what === 'insert') text = text.slice(0, at) + piece + text.slice(at);
      else if (what === 'remove') text = text.slice(0, at) + text.slice(at + 1);
      else if (what === 'join') text = text.slice(0, text.indexOf('\n', at)) + text.slice(text.indexOf('\n', at) + 1);
      else {
        const here = lines[line] ?? '';
        if (what === 'double line') lines.splice(line, 0, here);
        else if (what === 'drop line') lines.splice(line, 1);
        else lines[line] = what === 'indent' ? ` ${here}` : here.replace(/^ /, '');
        text = lines.join('\n');
      }
    }
    if (isCut) text = text.trimEnd();
    return eol === '\n' ? text : text.replaceAll('\n', eol);
  });

/** Lines that mean something, in any order and depth. */
const soup = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.nat(5),
        fc.constantFrom('', '', '', '- ', '- - ', '-   ', '-'),
        // prettier-ignore
        fc.constantFrom(
          '', '', 'a:', 'b:', 'a: 1', "c: 'x'", 'd: "y" ', '"e":', "'f': g", 'h: |', 'i: >-', 'j: |-', 'k: >', '|', '>', '| # c', 'l: |+', 'm: |2',
          '# c', 'text', 'more text # c', 'n: [a, b]', 'o: {a: b, "c": d}', '[]', '{}', '{a: b}', 'p : q', 'r:s', 't: u: v', 'w: - x', 'y: -',
          '---', '...', '--- a', '--- a: b', '... a: b', '? a', ': b', '<<: a', 'null:', '~', '1: 0x1F', 'A: -0', 'B: 1e3', 'C: .inf', 'D: True', 'E: nUll', '&a b', '*a', '!t x', '!!str 1',
          "''", '"a\\n\\u00e9"', "'it''s'", 'F:  ', 'G: #', 'H: a#b', 'I: # c', 'x', '-', ':', '   ', '%YAML 1.2', '@a', 'J: a\\b', '\t', 'K:\tv', 'L: "a', 'M: [a', '-1', '-a: b', '"', "'",
        ),
        fc.constantFrom('\n', '\n', '\n', '\n', '\n', '\r\n', '\n\n', '\n  \n', ''),
      ),
      { maxLength: 8 },
    ),
  )
  .map(([lines]) =>
    lines.map(([indent, dash, content, eol]) => `${' '.repeat(indent)}${dash}${content}${eol}`).join(''),
  );

/** The same, mostly well-formed: every line is at most one level deeper than the one before. */
const indented = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.integer({ min: -3, max: 2 }),
        fc.constantFrom('', '', '- ', '- - ', '-   '),
        fc.constantFrom(
          'a:',
          'b:',
          '"c":',
          'd: 1',
          "e: 'x'",
          'f: [a, -b, {c: d}]',
          'g: |',
          'h: >-',
          'i: {}',
          'j: |-',
          'k',
          '',
          '# c',
          'l:   # c',
          '...',
          'm: "\\t"',
        ),
        fc.constantFrom('\n', '\n', '\n', '\n\n', ' \n', ' # c\n', '\n   \n', '\n# c\n', '\n   # c\n'),
      ),
      { maxLength: 12 },
    ),
    lineEnds,
  )
  .map(([lines, eol]) => {
    let depth = 0;
    let text = '';
    for (const [step, dash, content, end] of lines) {
      depth = Math.max(0, depth + step);
      text += `${'  '.repeat(depth)}${dash}${content}${end}`;
    }
    return eol === '\n' ? text : text.replaceAll('\n', eol);
  });

/** Block scalars, with lines of all lengths and depths in and behind them. */
const blocks = fc
  .tuple(
    fc.constantFrom('a: ', '- ', '- a: ', 'a:\n  b: ', 'a:\n- - '),
    fc.constantFrom('|', '|', '>', '|-', '>-', '|+', '|2', '| '),
    fc.array(
      fc.tuple(
        fc.constantFrom(2, 2, 2, 4, 4, 6, 0, 1, 3, 5),
        fc.constantFrom('', '', 'x', 'x y ', '# z', 'a: b', '- c'),
      ),
      {
        maxLength: 6,
      },
    ),
    fc.constantFrom('', '\n', '\nc: d\n', '\n- c\n', '\n  c: d\n', '\n  '),
    lineEnds,
  )
  .map(([head, header, lines, tail, eol]) =>
    `${head}${header}${lines.map(([indent, content]) => `\n${' '.repeat(indent)}${content}`).join('')}${tail}`.replaceAll(
      '\n',
      eol,
    ),
  );

/** Short texts of the characters that mean something in YAML, and some that do not. */
const characters = fc.string({
  unit: fc.constantFrom(
    ...'aab1nt:::---  \n\n\n#\'"{}[],&*!|>%@?~<+.0x\\\t\r\uFEFF\uE000é\u00a0\u2028\u0085',
    ': ',
    ': ',
    '- ',
    '- ',
    '\n  ',
    '\n- ',
    '\r\n',
  ),
  maxLength: 24,
});

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        'a',
        'some words',
        '',
        '1',
        'true',
        '~',
        '- a',
        'a: b',
        '#',
        ' ',
        'a\nb\n',
        'a\n\n b',
        's3:*',
        '*',
      ),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'some key', '1', 'null', '- c', '', '"', 'x/y'), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value;

/** Data as the library writes it. */
const written = fc
  .tuple(
    value,
    fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'),
    fc.record({
      indent: fc.integer({ min: 1, max: 4 }),
      indentSeq: fc.boolean(),
      singleQuote: fc.constantFrom(null, true, false),
      lineWidth: fc.constantFrom(0, 40),
      directives: fc.boolean(),
      collectionStyle: fc.constantFrom('any', 'block', 'flow'),
    }),
    lineEnds,
  )
  .map(([data, defaultStringType, { directives, ...options }, eol]) => {
    const text = `${directives ? '---\n' : ''}${stringify(data, { ...options, defaultStringType, flowCollectionPadding: true } as never)}`;
    return eol === '\n' ? text : text.replaceAll('\n', eol);
  });

describe('The fast reader and the library agree', () => {
  const texts = {
    'manifests, mutated': mutated,
    'lines in any order': soup,
    'lines that are indented': indented,
    'block scalars': blocks,
    'any characters': characters,
    'data as the library writes it': written,
  };
  for (const [name, arbitrary] of Object.entries(texts)) {
    test(name, () => {
      let count = 0;
      fc.assert(
        fc.property(arbitrary, (text) => {
          if (agrees(text)) count += 1;
        }),
        { numRuns: RUNS },
      );
      if (RUNS > 1_000) console.log(`${count} of ${RUNS} read`);
      assert.ok(count > RUNS / 200, `${count} of ${RUNS} read`);
    });
  }
});

test('what people write is read', () => {
  for (const manifest of [...MANIFESTS, 'a: ["b" , \'c\' ]\n', 'a: { "b": c , d: [e ] }\n', 'a: b\nc:\n', '- a\n-\n'])
    for (const text of [manifest, manifest.replaceAll('\n', '\r\n'), manifest.trimEnd()]) {
      const masked = maskTemplates(text);
      for (const { start, end } of slices(masked)) assert.ok(agrees(masked.slice(start, end), start), text);
    }
});

describe('Left to the library', () => {
  const texts = {
    'nothing but comments': '# a\n',
    'a document behind a document': 'a: 1\n--- b: c\n',
    'an end of a document': 'a: 1\n... b: c\n',
    'content behind a mark': '--- a: b\n',
    'an anchor': 'a: &x b\n',
    'an alias': 'a: *x\n',
    'a tag': 'a: !!str 1\n',
    'a merge': '<<: a\n',
    'an explicit key': '? a\n: b\n',
    'a tab': 'a:\tb\n',
    'a byte order mark': '\uFEFFa: b\n',
    'half a line end': 'a: b\rc: d\n',
    'a plain scalar on two lines': 'a: b\n  c\n',
    'a quoted scalar on two lines': 'a: "b\n  c"\n',
    'a flow collection on two lines': 'a: [b,\n  c]\n',
    'a key in a value': 'a: b: c\n',
    'text behind a quote': 'a: "b" c\n',
    'a key without a colon': 'a: 1\nb\n',
    'a column of its own': 'a:\n    b: 1\n  c: 2\n',
    'an escape that JSON has not': 'a: "\\x41"\n',
    'a block scalar that says its depth': 'a: |2\n   b\n',
    'a block scalar that begins with a blank line': 'a: |\n\n  b\n',
    'a folded scalar with a paragraph': 'a: >\n  b\n\n  c\n',
    'deeper nesting than is read': Array.from({ length: 201 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    'deeper brackets than are read': `a: ${'['.repeat(200)}${']'.repeat(200)}\n`,
    'nesting without end': Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  };
  for (const [name, text] of Object.entries(texts))
    test(name, () => assert.equal(parsePlain(text, { text, format: 'yaml' }, 0), undefined));
});
