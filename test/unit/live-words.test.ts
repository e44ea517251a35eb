/** The live state of what a text names, in sentences: "may not be read" is never "missing". */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Judgement } from '../../src/core/modes/live.ts';
import { problem } from '../../src/core/modes/problem.ts';
import type { BareRole, ServiceAccount } from '../../src/core/observation.ts';
import { policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import {
  accountWords,
  bucketWords,
  onCluster,
  placeWords,
  profileWords,
  providerWords,
  roleWords,
} from '../../src/estate/liveWords.ts';

const ISSUER = 'https://oidc.eks.us-west-2.amazonaws.com/id/E';
const PROVIDER = providerArn('aws', '111122223333', ISSUER);
const ARN = 'arn:aws:iam::111122223333:role/team-a';
const role: BareRole = {
  arn: ARN,
  name: 'team-a',
  trustPolicy: policyText(trustPolicy(PROVIDER, ISSUER, 'team-a')),
  tags: {},
};
const clusterName = (provider: string): string | undefined => (provider === PROVIDER ? 'cluster dev' : undefined);
const judgement = (state: Judgement['state'], words: string, problems: Judgement['problems'] = []): Judgement => ({
  state,
  words: [words],
  problems,
  remarks: [],
  unread: [],
});
const account = (annotations: Record<string, string>): ServiceAccount => ({
  namespace: 'team-a',
  name: 'default-editor',
  annotations,
});
const many = Array.from({ length: 8 }, (_, index) => `team-${index}`);

const DENIED = 'You are not permitted to read it (iam:GetRole): whether it exists is not known.';
const cannot = denied('iam:GetRole', 'not authorized');

const rows: readonly [name: string, said: () => readonly string[], wanted: readonly string[]][] = [
  [
    'a role that one profile has',
    () => roleWords(ARN, found(role), [onCluster('team-a', 'dev')], clusterName),
    ['It exists; assumed by team-a/default-editor of cluster dev.', 'Named by profile team-a on dev.'],
  ],
  [
    'a role that nobody has',
    () => roleWords(ARN, found({ ...role, trustPolicy: '{}' }), [], clusterName),
    ['It exists; nobody may assume it.', 'No profile that is shown in the tree names it.'],
  ],
  [
    'a role that many have, whose trust policy is no JSON',
    () => roleWords(ARN, found({ ...role, trustPolicy: '{' }), many, clusterName),
    ['It exists; nobody may assume it.', 'Named by profile team-0, team-1, team-2, team-3, team-4 and 3 more.'],
  ],
  [
    'a role below a path',
    () => roleWords(ARN, found({ ...role, arn: ARN.replace('role/', 'role/teams/') }), undefined, clusterName),
    ['The role of this name has another ARN, arn:aws:iam::111122223333:role/teams/team-a: AWS refuses this one.'],
  ],
  [
    'no role',
    () => roleWords(ARN, absent, undefined, clusterName),
    ['There is no such role: AWS refuses every token for it.'],
  ],
  ['a role that may not be read', () => roleWords(ARN, cannot, undefined, clusterName), [DENIED]],
  [
    'a role that could not be read',
    () => roleWords(ARN, failed('no network'), undefined, clusterName),
    ['It could not be read: no network'],
  ],

  [
    'a bucket',
    () => bucketWords(found({ name: 'b', region: 'eu-west-1', accessible: true })),
    ['It exists, in eu-west-1.'],
  ],
  [
    'a bucket of somebody else',
    () => bucketWords(found({ name: 'b', region: 'eu-west-1', accessible: false })),
    ['It exists, in eu-west-1; you are not permitted to use it.'],
  ],
  ['no bucket', () => bucketWords(absent), ['There is no bucket of this name.']],
  ['a bucket that may not be read', () => bucketWords(cannot), [DENIED]],

  [
    'a provider',
    () => providerWords(found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] }), 'dev'),
    ['It exists, for cluster dev.'],
  ],
  [
    'a provider of no cluster, without the audience',
    () => providerWords(found({ arn: PROVIDER, clientIds: ['x'] }), undefined),
    [
      'It exists.',
      'It does not accept the audience sts.amazonaws.com: AWS accepts no token of the cluster.',
      'No cluster that is shown in the tree has this issuer.',
    ],
  ],
  [
    'no provider',
    () => providerWords(absent, 'dev'),
    ['The account has no such provider: AWS accepts no token of the cluster.'],
  ],
  ['a provider that may not be read', () => providerWords(cannot, 'dev'), [DENIED]],

  [
    'a profile on two clusters',
    () =>
      profileWords('team-a', [
        { where: 'dev', judgement: judgement('works', 'works') },
        { where: 'prod', judgement: judgement('problems', '1 problem', [problem('KP-029', 'sub is missing')]) },
      ]),
    ['On dev: works.', 'On prod: 1 problem (KP-029 sub condition missing).'],
  ],
  ['no profile', () => profileWords('team-x', []), ['No cluster that is open in the tree has a profile team-x.']],
  [
    'a profile on many clusters',
    () =>
      profileWords(
        'team-a',
        many.map((where) => ({ where, judgement: judgement('not-verified', 'not verified') })),
      ),
    [...many.slice(0, 5).map((where) => `On ${where}: not verified.`), '… and 3 more clusters'],
  ],

  [
    'a profile on just so many clusters as are shown',
    () =>
      profileWords(
        'team-a',
        many.slice(0, 5).map((where) => ({ where, judgement: judgement('not-verified', 'not verified') })),
      ),
    many.slice(0, 5).map((where) => `On ${where}: not verified.`),
  ],

  [
    'a place that may be written',
    () => [placeWords({ bucket: 'b', prefix: '', answer: 'yes' })],
    ['the role may write here'],
  ],
  [
    'a place that may perhaps be written',
    () => [placeWords({ bucket: 'b', prefix: '', answer: 'unknown' })],
    ['the role may write here if a condition, or a policy that was not read, lets it'],
  ],

  [
    'service accounts',
    () =>
      accountWords('team-a', 'default-editor', [
        { where: 'a', reading: found(account({ 'eks.amazonaws.com/role-arn': ARN })), namespace: true },
        { where: 'b', reading: found(account({})), namespace: undefined },
        { where: 'c', reading: absent, namespace: true },
        { where: 'd', reading: absent, namespace: false },
        { where: 'e', reading: absent, namespace: undefined },
      ]),
    [
      `On a: it exists, with role ${ARN}.`,
      'On b: it exists, without a role.',
      'On c: namespace team-a has no service account default-editor.',
      'On d: there is no namespace team-a.',
      'On e: there is no namespace team-a, or nothing is in it.',
    ],
  ],
  [
    'a service account that may not be read',
    () => accountWords('team-a', 'default-editor', [{ where: 'a', reading: cannot, namespace: undefined }]),
    [`On a: ${DENIED}`],
  ],
];
for (const [name, said, wanted] of rows) test(name, () => assert.deepEqual(said(), wanted));

test('where as many have a role as are named, none is left to be counted', () => {
  const [, named] = roleWords(ARN, absent, many.slice(0, 5), clusterName);
  assert.equal(named, 'Named by profile team-0, team-1, team-2, team-3, team-4.');
});
