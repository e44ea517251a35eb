/** What IAM, S3, KMS and EKS might answer where a policy is expected: a finding, or nothing; never an exception, and never a long wait. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { evidenceOf } from '../../src/core/doctor/evidence.ts';
import { judgeProfile, type Judgement } from '../../src/core/modes/live.ts';
import { permissions, right, role, trust } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { found } from '../../src/core/reading.ts';
import { bucketsOf } from '../../src/core/modes/uses.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const BUCKET = 'team-a-data';
const MANAGED = 'arn:aws:iam::111122223333:policy/managed';
const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** Judges, with evidence of all that is found and everything that a doctor asks. */
function judge(view: ProfileView): Judgement {
  const judgement = judgeProfile(view, undefined, NOW);
  for (const one of [...judgement.problems, ...judgement.remarks]) evidenceOf(one, view);
  bucketsOf(view);
  return judgement;
}
const idsOf = ({ problems, remarks }: Judgement): readonly string[] => [...problems, ...remarks].map(({ id }) => id);

/** A view with a text in one place where a policy stands. */
const PLACES: readonly (readonly [place: string, view: (text: string) => ProfileView])[] = [
  ['trust policy', (trustPolicy) => right({ role: found(role({ trustPolicy })) })],
  ['inline policy', (text) => right({ role: found(role({ inline: [{ name: 's3', text }] })) })],
  [
    'managed policy',
    (text) => right({ role: found(role({ inline: [], attached: [MANAGED] })), policies: { [MANAGED]: found(text) } }),
  ],
  ['boundary', (text) => right({ role: found(role({ boundary: MANAGED })), policies: { [MANAGED]: found(text) } })],
  ['bucket policy', (text) => right({ buckets: bucket({ policy: found(text) }) })],
  [
    'key policy',
    (policy) =>
      right({
        buckets: bucket({
          encryption: found({ algorithm: 'aws:kms', key: KEY }),
          key: found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, policy }),
        }),
      }),
  ],
  ['session policy', (policy) => right({ association: association({ policy }), podRole: found(role()) })],
  [
    'trust policy of Pod Identity',
    (trustPolicy) => right({ association: association(), podRole: found(role({ trustPolicy })) }),
  ],
];
function bucket(change: Partial<NonNullable<ProfileView['buckets']>[string]>): NonNullable<ProfileView['buckets']> {
  const there = found({ name: BUCKET, region: 'us-west-2', accessible: true });
  return { [BUCKET]: { bucket: there, encryption: { state: 'absent' }, policy: { state: 'absent' }, ...change } };
}
function association(change: { policy?: string } = {}): NonNullable<ProfileView['association']> {
  const its = { namespace: 'team-a', serviceAccount: 'default-editor', roleArn: role().arn, tags: {} };
  return found({ ...its, ...change });
}

const many = (statement: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: Array.from({ length: 10_000 }, () => statement) });
const BAD: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['no JSON', '{"Version": "2012-10-17", "Statement": ['],
  ['a text', '"policy"'],
  ['null', 'null'],
  ['a number', '1e999'],
  ['a list', '[[], {}, null]'],
  ['encoded as a URL', encodeURIComponent(trust())],
  ['encoded twice', encodeURIComponent(encodeURIComponent(trust()))],
  ['damaged as a URL', '%7B%zz%'],
  ['HTML', '<html><body>503 Service Unavailable</body></html>'],
  ['an object for a list', JSON.stringify({ Statement: { '0': {} } })],
  ['a text for a statement', JSON.stringify({ Version: '2012-10-17', Statement: 'Allow *' })],
  ['lists in lists', JSON.stringify({ Statement: [[{ Effect: 'Allow' }], [[]], null, 7] })],
  [
    'wrong things everywhere',
    JSON.stringify({
      Version: 2012,
      Statement: [
        { Effect: ['Allow'], Action: { a: 1 }, Resource: 7, Principal: [null], Condition: ['x'] },
        { Effect: 'Deny', NotAction: null, NotResource: {}, NotPrincipal: 'x', Condition: { StringEquals: 'x' } },
        { Effect: 'Maybe', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:x': { y: 1 } } } },
      ],
    }),
  ],
  [
    'names of JavaScript',
    '{"__proto__": {"Statement": []}, "constructor": 1, "Statement": {"__proto__": [], "toString": 1}}',
  ],
  [
    'control characters',
    JSON.stringify({ Statement: [{ Sid: '\u0000\u001b[31m\u202e', Effect: 'Allow', Action: 's3:\u0000' }] }),
  ],
  ['a deep nest', `${'['.repeat(2_000)}${']'.repeat(2_000)}`],
  ['10,000 statements', many({ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${BUCKET}/*` })],
  [
    '10,000 Denies',
    many({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  ],
  ['a long text', JSON.stringify({ Statement: 'x'.repeat(1_000_000) })],
];

describe('A policy that is none', () => {
  for (const [place, view] of PLACES)
    for (const [what, text] of BAD)
      test(`${place}: ${what}`, () => {
        const ids = idsOf(judge(view(text)));
        if (place === 'trust policy' || place === 'inline policy' || place === 'boundary')
          if (!what.startsWith('10,000')) assert.notDeepEqual(ids, [], 'it counts as right');
      });
});

test('a policy that is no JSON is told as such', () => {
  for (const text of ['{', encodeURIComponent(permissions({}))]) {
    const view = right({ role: found(role({ inline: [{ name: 's3', text }] })) });
    assert.ok(idsOf(judge(view)).includes('P-SYNTAX'), text);
  }
});

test('any JSON in any place is judged', () => {
  const word = fc.constantFrom(
    ...[
      'Version',
      'Statement',
      'Effect',
      'Action',
      'Resource',
      'Principal',
      'Condition',
      'NotPrincipal',
      'Allow',
      'Deny',
    ],
    ...[
      '2012-10-17',
      '*',
      's3:*',
      'sts:TagSession',
      'AWS',
      'Service',
      'Federated',
      'StringEquals',
      'aws:SourceArn',
      's3',
    ],
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      word,
      fc.constantFrom(null, true, 0, '', '${aws:PrincipalTag/kubernetes-namespace}'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(word, tie('value'), { maxKeys: 5 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.constantFrom(...PLACES), json, ([, view], value) => {
      judge(view(JSON.stringify(value)));
    }),
    { numRuns: 400 },
  );
});

test('any text in any place is judged', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PLACES), fc.string({ unit: 'binary', maxLength: 200 }), ([, view], text) => {
      judge(view(text));
    }),
    { numRuns: 200 },
  );
});
