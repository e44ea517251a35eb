// Limits: what becomes of the longest, deepest or most that is taken, of one less and of one more. Kept in test/fixtures/told/limits.txt.
import { test } from 'node:test';
import { commonText } from '../../src/core/arn/pattern.ts';
import { acceptanceOf, acceptedIn } from '../../src/core/doctor/accepted.ts';
import { ago } from '../../src/core/doctor/document.ts';
import { shownValue } from '../../src/core/doctor/evidence.ts';
import { subjectsIn } from '../../src/core/doctor/placed.ts';
import { parseHcl } from '../../src/core/document/hcl-parse.ts';
import { parseJson } from '../../src/core/document/json.ts';
import { HOLE, type DocNode, type Source } from '../../src/core/document/node.ts';
import { parse, type Language } from '../../src/core/document/parse.ts';
import { readShell } from '../../src/core/document/shell.ts';
import { maskTemplates } from '../../src/core/document/template.ts';
import { declaredIn } from '../../src/core/drift/declared.ts';
import type { Edit, Finding } from '../../src/core/finding.ts';
import { applyFixes, atLeast, SEVERITIES } from '../../src/core/fix.ts';
import { tries } from '../../src/core/inject/templates.ts';
import { lint } from '../../src/core/lint.ts';
import { distance, nearest } from '../../src/core/near.ts';
import { bytesWords, sizeWords } from '../../src/core/plan/size.ts';
import { whoGetsIn } from '../../src/core/policy/access.ts';
import { actionsMatching, closest, isOneSlip } from '../../src/core/policy/actions.ts';
import { isNetwork } from '../../src/core/policy/operators.ts';
import { readSettings } from '../../src/core/settings.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';
import { normalPath, spoken } from '../../src/core/text.ts';
import { accountWords } from '../../src/estate/liveWords.ts';
import { absent } from '../../src/core/reading.ts';
import { asKept } from './told.ts';

const ACCOUNT = '111122223333';
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF`;
const errors = (text: string, language: Language): string => {
  const { documents, errors: told } = parse(text, language);
  const deep = (node: DocNode | undefined): number =>
    node?.type === 'array' ? 1 + deep(node.items[0]) : node?.type === 'object' ? 1 + deep(node.entries[0]?.value) : 0;
  return `${told.length} errors, ${deep(documents[0]?.root)} deep`;
};
const source: Source = { text: '', format: 'json', shared: [], choices: [] };
const hcl = (text: string): string => {
  const { problems } = parseHcl(text);
  return `${problems.length} ${problems[0]?.message ?? ''}`;
};
const lists = (times: number, what: string): string =>
  `${'{"apiVersion":"v1","kind":"List","items":['.repeat(times)}${what}${']}'.repeat(times)}`;
const ids = (text: string): string =>
  lint(text, { file: 'a.json' })
    .map(({ id, severity }) => `${id} ${severity}`)
    .join(' ');
const trust = (sub: readonly string[], operator = 'StringLike'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          [operator]: {
            [`${PROVIDER.split('provider/')[1]}:sub`]: sub,
            [`${PROVIDER.split('provider/')[1]}:aud`]: 'sts.amazonaws.com',
          },
        },
      },
    ],
  });
const permissions = (resource: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: resource }],
  });
const DOCUMENT = '{ Statement = [{ Effect = "Allow", Action = "a", Resource = "b" }] }';
/** What is held by an attribute of a resource: the first value of each policy. */
const terraform = (value: string, more = '', type = 'aws_iam_role_policy'): string =>
  readTerraform([{ path: 'main.tf', text: `resource "${type}" "x" {\n  policy = ${value}\n}\n${more}` }])
    .map(({ resource }) => {
      let node = 'root' in resource ? resource.root : undefined;
      while (node?.type === 'object' || node?.type === 'array')
        node = node.type === 'array' ? node.items[0] : node.entries[0]?.value;
      return `${resource.kind} ${String(node?.value).replaceAll(HOLE, '?')}`;
    })
    .join(', ');
const PROFILE =
  '{"apiVersion":"kubeflow.org/v1","kind":"Profile","metadata":{"name":"Bad_Name"},"spec":{"owner":{"kind":"User","name":"a"}}}';
const x = (times: number): string => 'x'.repeat(times);

/** By what is limited: the limit, and what becomes of so many. */
const LIMITS: Readonly<Record<string, readonly [most: number, of: (number: number) => unknown]>> = {
  'characters of evidence': [4000, (n) => shownValue(x(n)).length],
  'characters that are spoken': [1000, (n) => spoken(x(n)).length],
  'errors of JSON': [20, (n) => errors(`[${'%,'.repeat(n)}1]`, 'json')],
  'commas of JSON': [20, (n) => parseJson(`[${','.repeat(n)}1]`, source).commas.length],
  'depth of JSON': [200, (n) => errors('['.repeat(n) + ']'.repeat(n), 'json')],
  'depth of plain YAML': [200, (n) => errors(`${'- '.repeat(n)}x`, 'yaml')],
  'depth of lists in plain YAML': [200, (n) => errors('['.repeat(n) + ']'.repeat(n), 'yaml')],
  'depth of other YAML': [200, (n) => errors(`- &a ${'['.repeat(n)}x${']'.repeat(n)}`, 'yaml')],
  'depth of Terraform: lists': [200, (n) => hcl(`a = ${'['.repeat(n)}1${']'.repeat(n)}`)],
  'depth of Terraform: parentheses': [200, (n) => hcl(`a = ${'('.repeat(n)}1${')'.repeat(n)}`)],
  'depth of Terraform: signs': [200, (n) => hcl(`a = ${'!'.repeat(n)}true`)],
  'depth of Terraform: blocks': [200, (n) => hcl('b {\n'.repeat(n) + '}\n'.repeat(n))],
  'depth of a value of YAML': [
    200,
    (n) => {
      let node = parse(`- &a ${'['.repeat(n)}x${']'.repeat(n)}`, 'yaml').documents[0]?.root;
      while (node?.type === 'array') [node] = node.items;
      return node?.type === 'string' ? String(node.value).replaceAll(HOLE, '?') : node?.type;
    },
  ],
  'brackets around a value of Terraform': [
    57,
    (n) => terraform(`jsonencode({ Statement = [{ Sid = ${'('.repeat(n)}"a"${')'.repeat(n)} }] })`),
  ],
  'brackets around a policy of Terraform': [
    20,
    (n) => terraform(`${'('.repeat(n)}jsonencode(${DOCUMENT})${')'.repeat(n)}`),
  ],
  'locals that lead to a policy': [
    20,
    (n) =>
      terraform(
        'jsonencode(local.a0)',
        `locals {\n${Array.from({ length: n }, (_, at) => `  a${at} = ${at === n - 1 ? DOCUMENT : `local.a${at + 1}`}\n`).join('')}}\n`,
      ),
  ],
  'signs before a condition of Terraform': [
    20,
    (n) => terraform(`jsonencode({ Statement = [{ Sid = ${'!'.repeat(n)}true ? "a" : "b" }] })`),
  ],
  'lists around annotations in Terraform': [
    60,
    (n) => terraform(`${'['.repeat(n)}{ "eks.amazonaws.com/role-arn" = "x" }${']'.repeat(n)}`, '', 'x'),
  ],
  'PodDefaults that a notebook is tried with': [
    20,
    (n) =>
      tries(
        'team-a',
        Array.from({ length: n }, (_, at) => ({
          ...{ namespace: 'team-a', name: `p${at}`, env: {}, from: {}, annotations: {}, labels: { a: 'b' } },
          selector: { matchLabels: { p: String(at) }, matchExpressions: [] },
        })),
      ).length,
  ],
  'problems of Terraform': [20, (n) => hcl('a = ]\n'.repeat(n))],
  'characters of a template': [4000, (n) => maskTemplates(`{{${x(n)}}}`).includes('x')],
  'characters of an expansion': [
    500,
    (n) => {
      const { arguments: some } = readShell(`aws iam put-role-policy --policy-document "{\${${x(n - 3)}}}"`);
      return String(some[0]?.node.value).replaceAll(HOLE, '?');
    },
  ],
  'steps to a text that two patterns fit': [
    9,
    (n) => {
      try {
        return commonText(['a*c', '*bc'], n);
      } catch (error) {
        return String(error);
      }
    },
  ],
  'characters of a pattern of actions': [128, (n) => actionsMatching(`s3:GetObject${'*'.repeat(n - 12)}`).length],
  'characters of a name that was meant': [128, (n) => closest(x(n), [`${x(n - 1)}y`])?.length],
  'characters of a word that was meant': [64, (n) => nearest(x(n), [`${x(n - 1)}y`])?.length],
  'characters of a resource': [2048, (n) => ids(permissions(`arn:aws:s3:::b_${x(n - 15)}`))],
  'characters of a subject': [
    2048,
    (n) => [ids(trust([`${x(n - 1)}*`])), whoGetsIn(JSON.parse(trust([`${x(n - 1)}*`]))).admitted],
  ],
  'characters of a subject that leaves out everybody': [200, (n) => ids(trust([`${'*'.repeat(n)}`], 'StringNotLike'))],
  'characters of a trust policy': [
    8192,
    (n) => ids(trust([`system:serviceaccount:a:${x(n - trust(['system:serviceaccount:a:']).length)}`])),
  ],
  'Lists within Lists, for lint': [4, (n) => ids(lists(n, PROFILE))],
  'Lists within Lists, for the doctor': [4, (n) => subjectsIn({ path: 'a.json', text: lists(n, PROFILE) }).length],
  'Lists within Lists, for drift': [
    4,
    (n) => JSON.stringify(declaredIn([{ path: 'a.json', text: lists(n, PROFILE) }])).length,
  ],
  'depth of a document of another tool': [
    60,
    (n) => ids(`{"a":${'['.repeat(n)}{"annotations":{"eks.amazonaws.com/role-arn":"x"}}${']'.repeat(n)}}`),
  ],
  'accepted findings': [
    10_000,
    (n) => {
      const told: string[] = [];
      const { root } = parseJson(`[${Array.from({ length: n }, () => '1').join()}]`, source);
      acceptedIn(root as DocNode, (_, message) => void told.push(message));
      return [told.length, told[0]];
    },
  ],
  'problems of settings': [
    100,
    (n) => readSettings(`rules:\n${Array.from({ length: n }, (_, at) => `  X${at}: off\n`).join('')}`).problems.length,
  ],
  'rounds of fixes': [
    10,
    (n) => {
      const fix = (text: string): readonly Finding[] =>
        text.length > n
          ? []
          : ([
              { fixes: [{ title: '', preferred: true, edits: [{ start: 0, end: 0, newText: 'x' }] }] },
            ] as unknown as Finding[]);
      return applyFixes('x', fix('x'), fix);
    },
  ],
  'accounts that are named': [
    5,
    (n) =>
      accountWords(
        'a',
        'b',
        Array.from({ length: n }, (_, at) => ({ where: `w${at}`, reading: absent, namespace: true })),
      ),
  ],
};
const said = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
const brief = (text: string): string => (text.length > 300 ? `${text.slice(0, 120)} … ${text.length}` : text);

test('the most, one less and one more', () =>
  asKept(
    'limits',
    Object.entries(LIMITS).flatMap(([what, [most, of]]) =>
      [most - 1, most, most + 1].map((number) => `${what}, ${number}: ${brief(said(of(number)))}`),
    ),
  ));

const NEAR: readonly (readonly [string, string])[] = [
  ...[3, 4, 7, 8, 11, 12, 16].flatMap((length) =>
    [1, 2, 3, 4].map(
      (far) => [x(length), `${x(Math.max(0, length - far))}${'y'.repeat(Math.min(far, length))}`] as const,
    ),
  ),
  ...([
    ['abcd', 'abdc'],
    ['abcd', 'abcde'],
    ['abcd', 'abcdef'],
    ['abcd', 'ABC'],
    ['a', 'b'],
    ['', 'a'],
    ['ab', 'ba'],
    ['abcdef', 'abdcef'],
    ['abcdef', 'badcfe'],
    ['abcdefgh', 'bacdefhg'],
    ['aab', 'aba'],
    ['abab', 'ab'],
    ['ab', 'abab'],
    ['aaa', 'aa'],
    ['xabcy', 'xacby'],
    ['', ''],
    ['same', 'same'],
  ] as const),
];
const NETWORKS = [
  ...[
    '1.2.3.4',
    '255.1.1.1',
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.x',
    '1.2.3.4/32',
    '1.2.3.4/33',
    '1.2.3.4/x',
    '1.2.3.4/0',
  ],
  ...[
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7::',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
  ],
  ...['::/128', '::/129', '::g', '::12345', '', '/8'],
];
const edit = (start: number, end: number): Edit => ({ start, end, newText: '-' });
const EDITS: readonly (readonly [Edit, Edit])[] = [0, 1, 2, 3, 4, 5].flatMap((start) =>
  [0, 1].map((length) => [edit(2, 4), edit(start, start + length)] as const),
);

test('what is near, how much it is, how long ago, and what meets', () =>
  asKept('borders', [
    ...NEAR.map(
      ([a, b]) => `${a} ${b}: ${distance(a, b)} ${closest(a, [b]) ?? '-'} ${nearest(a, [b]) ?? '-'} ${isOneSlip(a, b)}`,
    ),
    `the first of two: ${closest('abcdefgh', ['abcdefgi', 'abcdefgj'])} ${nearest('abcdefgh', ['abcdefgi', 'abcdefgj'])}`,
    ...NETWORKS.map((one) => `${one}: ${isNetwork(one)}`),
    ...[0, 59_999, 60_000, 7_199_999, 7_200_000, 172_799_999, 172_800_000, -1].map(
      (past) =>
        `${past}: ${ago(new Date(past < 0 ? 1e9 : 0).toISOString(), new Date(Math.max(past, 0)).toISOString())}`,
    ),
    ...[0, 1, 999, 1000, 9_999, 99_949, 99_950, 100_000, 999_499, 999_500, 999_999, 1e6, 1e9, 1e12, 1e15, 1e18].map(
      (one) => `${one}: ${bytesWords(one)}`,
    ),
    ...[0, 1, 2].flatMap((one) =>
      [true, undefined].map((more) =>
        sizeWords({ objects: one, versions: one, markers: one, bytes: one, uploads: one, more } as never),
      ),
    ),
    ...['a/../b', '../a', '../../a', 'a/../../b', './a', 'a/./b', '..\\a', ''].map(
      (one) => `${one}: ${normalPath(one)}`,
    ),
    ...SEVERITIES.map(
      (one) =>
        `at least ${one}: ${
          atLeast(
            one,
            SEVERITIES.map((severity) => ({ severity }) as Finding),
          ).length
        }`,
    ),
    ...EDITS.map((edits) => {
      const findings = edits.map(
        (one) => ({ fixes: [{ title: '', preferred: true, edits: [one] }] }) as unknown as Finding,
      );
      return `${edits.map(({ start, end }) => `${start}-${end}`).join(' and ')}: ${applyFixes('abcdefgh', findings)}`;
    }),
    ...['2026-11-26', '2026-11-27', '2026-11-28'].map((until) => {
      const entry = { id: 'KP-001', cluster: 'c', fingerprint: 'f', reason: 'r', until } as never;
      return `until ${until}: ${acceptanceOf({ id: 'KP-001', cluster: 'c', fingerprint: 'f' }, [entry], '2026-11-27')?.state}`;
    }),
  ]));
