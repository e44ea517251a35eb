// All that is said of an isolation matrix, as text, as data and of what is tried: many worlds by several expectations; and what is read for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_EXPECTATION, type Expectation } from '../../src/core/isolation/expect.ts';
import { readExpectation } from '../../src/core/isolation/expectFile.ts';
import { judgeIsolation } from '../../src/core/isolation/judge.ts';
import type { Isolation } from '../../src/core/isolation/matrix.ts';
import { reportJson } from '../../src/core/isolation/json.ts';
import { reportOf } from '../../src/core/isolation/report.ts';
import { reportText } from '../../src/core/isolation/text.ts';
import { attemptsOf } from '../../src/core/isolation/tries.ts';
import type { IsolationWorld, WorldBucket, WorldKey } from '../../src/core/isolation/world.ts';
import type { Cluster, Role } from '../../src/core/observation.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { lookAtIsolation } from '../../src/estate/isolation.ts';
import type { IsolatedCluster } from '../../src/estate/isolation/clusters.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import {
  ACCOUNT,
  allow,
  arnOf,
  BUCKET,
  cluster,
  deny,
  issuerOf,
  letIn,
  OTHER,
  policy,
  profile,
  providerOf,
  role,
  teams,
  world,
} from './isolation-kit.ts';
import { asKept } from './told.ts';

const A = `arn:aws:s3:::${BUCKET}`;
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
const KEY2 = `arn:aws:kms:us-west-2:${ACCOUNT}:key/2`;
const withPolicy = (...statements: readonly object[]) => ({ policies: [{ name: 'p', text: policy(...statements) }] });
const bucketOf = (text: string, key?: string): Partial<IsolationWorld> => ({
  buckets: new Map<string, WorldBucket>([
    [BUCKET, { account: ACCOUNT, region: 'us-west-2', policy: found(text), ...(key && { key }) }],
  ]),
});
const keysOf = (policies: Readonly<Record<string, WorldKey['policy']>>): Partial<IsolationWorld> => ({
  keys: new Map(Object.entries(policies).map(([arn, text]) => [arn, { arn, policy: text }])),
});
const keyUse = policy({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
});
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `t${at}`);
const trusting = (principal: object, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 'sts:AssumeRole',
  ...more,
});
const own = (one: string, ...more: readonly object[]) => ({
  trust: policy(letIn('dev', `system:serviceaccount:${one}:default-editor`), ...more),
});
const IF = { Condition: { StringEquals: { 'aws:PrincipalTag/x': 'y' } } };

const WORLDS: Readonly<Record<string, IsolationWorld>> = {
  'each has its own': teams(['a', 'b']),
  'one profile': teams(['a']),
  'no profile': world([cluster('dev', [])], []),
  'three, one reaches all': teams(['a', 'b', 'c'], { a: withPolicy(allow('s3:*', [A, `${A}/*`])) }),
  'two reach one': teams(['a', 'b', 'c'], {
    a: withPolicy(allow('s3:GetObject', `${A}/c/*`)),
    b: withPolicy(allow('s3:GetObject', `${A}/c/*`)),
  }),
  'perhaps, by a condition': teams(['a', 'b'], { a: withPolicy(allow('s3:GetObject', `${A}/*`, IF)) }),
  'one may do nothing': teams(['a', 'b'], { a: { policies: [] } }),
  'one is denied': teams(['a', 'b'], { a: withPolicy(allow('s3:*', '*'), deny('s3:*', '*')) }),
  'a policy that was not read': teams(['a', 'b'], { a: { policies: [{ name: 'p', unread: 'iam:GetPolicy' }] } }),
  'a boundary': teams(['a', 'b'], {
    a: { ...withPolicy(allow('s3:*', '*')), boundary: { name: 'edge', text: policy(allow('s3:List*', '*')) } },
    b: { boundary: { name: 'edge', unread: 'iam:GetPolicyVersion' } },
  }),
  'every default-editor gets in': teams(['a', 'b'], {
    b: { trust: policy(letIn('dev', 'system:serviceaccount:*:default-editor')) },
  }),
  'every account of the namespace, with others there': world(
    [
      cluster('dev', [profile('a'), profile('b')], {
        accounts: ['a/x', 'a/y', 'b/x', 'other/x', 'other/y'].map((one) => {
          const [namespace = '', name = ''] = one.split('/');
          return { namespace, name };
        }),
      }),
    ],
    [
      role('a', { trust: policy(letIn('dev', 'system:serviceaccount:a:*')) }),
      role('b', { trust: policy(letIn('dev', ['system:serviceaccount:b:*', 'system:serviceaccount:oth*:*'])) }),
    ],
  ),
  'others get in': teams(['a', 'b', 'c', 'd'], {
    a: own('a', trusting({ AWS: `arn:aws:iam::${OTHER}:root` }), trusting({ Service: 'ec2.amazonaws.com' })),
    b: own('b', trusting({ AWS: `arn:aws:iam::${ACCOUNT}:user/u` }), trusting({ AWS: '*' })),
    c: own('c', trusting({ AWS: OTHER }, IF), letIn('prod', 'system:serviceaccount:c:default-editor')),
    d: own('d', trusting({ AWS: ACCOUNT }, IF)),
  }),
  'by way of a role of nobody': world(
    [cluster('dev', [profile('a'), profile('b')])],
    [
      role('a', withPolicy(allow('sts:AssumeRole', arnOf('way')))),
      role('b'),
      role('way', { trust: policy(trusting({ AWS: arnOf('a') })), ...withPolicy(allow('s3:*', '*')) }),
    ],
  ),
  'a role that nobody names': world(
    [cluster('dev', [profile('a', {}), profile('b')])],
    [role('a'), role('b'), role('c', { trust: policy(letIn('dev', 'system:serviceaccount:a:default-editor')) })],
  ),
  'two clusters': world(
    [cluster('dev', [profile('a'), profile('b')]), cluster('prod', [profile('a', { role: arnOf('p') })])],
    [
      role('a', {
        trust: policy(letIn('dev', 'system:serviceaccount:a:*'), letIn('prod', 'system:serviceaccount:a:*')),
      }),
      role('b'),
      role('p', { trust: policy(letIn('prod', 'system:serviceaccount:a:default-editor')) }),
    ],
  ),
  'two clusters with the same role': world(
    [cluster('dev', [profile('a')]), cluster('prod', [profile('a')])],
    [
      role('a', {
        trust: policy(
          letIn('dev', 'system:serviceaccount:a:default-editor'),
          letIn('prod', 'system:serviceaccount:a:default-editor'),
        ),
      }),
    ],
  ),
  'profiles without role or place': world(
    [
      cluster('dev', [
        profile('a'),
        { name: 'b', place: { bucket: BUCKET, prefix: 'b/' } },
        { name: 'c', role: arnOf('c'), why: 'nothing tells it.' },
        { name: 'd', role: 'arn:aws:iam::444455556666:role/d', why: 'no bucket.' },
      ]),
    ],
    [role('a', withPolicy(allow('s3:*', '*')))],
  ),
  'the same place, and one within another': world(
    [
      cluster('dev', [
        profile('a'),
        profile('b', { place: { bucket: BUCKET, prefix: 'a/' } }),
        profile('c', { place: { bucket: BUCKET, prefix: 'a/c/' } }),
        profile('d', { place: { bucket: 'second', prefix: '' } }),
      ]),
    ],
    ['a', 'b', 'c', 'd'].map((one) => role(one)),
  ),
  'no issuer, and no provider': world(
    [
      cluster('dev', [profile('a')], { audiences: absent }),
      cluster('prod', [profile('b')], { audiences: denied('iam:GetOpenIDConnectProvider', 'No.') }),
    ],
    [role('a'), role('b', {}, 'prod')],
  ),
  'Pod Identity': world(
    [
      cluster('dev', [profile('a'), profile('b')], {
        podIdentities: [{ namespace: 'a', name: 'default-editor', roleArn: arnOf('pods') }],
      }),
    ],
    [
      role('a'),
      role('b'),
      role('pods', {
        trust: policy(
          trusting({ Service: 'pods.eks.amazonaws.com' }, { Action: ['sts:AssumeRole', 'sts:TagSession'] }),
        ),
        ...withPolicy(allow('s3:GetObject', `${A}/*`)),
      }),
    ],
  ),
  control: teams(['a', 'b'], {
    a: withPolicy(allow('s3:PutBucketPolicy', A)),
    b: withPolicy(allow('s3:DeleteObject', `${A}/*`)),
  }),
  'a bucket that lets in anybody': teams(
    ['a', 'b'],
    {},
    bucketOf(policy({ ...allow('s3:GetObject', `${A}/*`), Principal: '*' })),
  ),
  'a bucket that refuses': teams(['a', 'b'], {}, bucketOf(policy({ ...deny('s3:*', [A, `${A}/*`]), Principal: '*' }))),
  keys: {
    ...teams(
      ['a', 'b'],
      { a: withPolicy(allow(['s3:*', 'kms:*'], '*')), b: withPolicy(allow('kms:Decrypt', '*', IF)) },
      bucketOf(policy(), KEY),
    ),
    ...keysOf({ [KEY]: found(keyUse), [KEY2]: found(keyUse) }),
  },
  'keys of some': {
    ...teams(
      ['a', 'b', 'c'],
      {
        a: withPolicy(allow('kms:Decrypt', '*')),
        b: withPolicy(allow('kms:GenerateDataKey', '*')),
      },
      bucketOf(policy(), KEY),
    ),
    ...keysOf({ [KEY]: found(keyUse) }),
  },
  'an organization that refuses': {
    ...teams(['a', 'b'], {}),
    organizations: new Map([
      [
        ACCOUNT,
        found({
          id: 'o-1',
          levels: found([
            {
              target: 'r-1',
              service: [
                {
                  id: 'p-FullAWSAccess',
                  name: 'FullAWSAccess',
                  arn: 'arn:aws:organizations::aws:policy/p-FullAWSAccess',
                },
                {
                  id: 'p-1',
                  name: 'Guard',
                  arn: `arn:aws:organizations::${ACCOUNT}:policy/p-1`,
                  text: policy(deny('s3:*', `${A}/a/*`, { Sid: 'NotA' }), deny('s3:ListBucket', '*')),
                },
              ],
            },
          ]),
        }),
      ],
    ]),
  },
  'keys that were not read': {
    ...teams(['a', 'b'], { a: withPolicy(allow(['s3:*', 'kms:*'], '*')) }, bucketOf(policy(), KEY)),
    ...keysOf({ [KEY]: denied('kms:GetKeyPolicy', ''), [KEY2]: absent }),
  },
  'what was not read': teams(
    ['a', 'b'],
    {},
    {
      limits: [
        { text: 'Roles were not read.', permission: 'iam:ListRoles' },
        { text: 'Nothing of prod.', cluster: 'prod' },
        { text: 'It was broken off.' },
      ],
    },
  ),
  'a wide role of nobody here': teams(['a', 'b'], {
    a: {
      trust: policy(
        letIn('dev', 'system:serviceaccount:new-*:*', {}),
        letIn('dev', 'system:serviceaccount:a:default-editor'),
      ),
    },
  }),
  'behind access points': world(
    [
      cluster('dev', [
        profile('a', { accessPoint: 'a-point' }),
        { name: 'b', role: arnOf('b'), accessPoint: 'b-point' },
      ]),
      cluster('prod', [profile('c')]),
    ],
    [role('a'), role('b'), role('c', {}, 'prod')],
  ),
  'wide roles that reach nothing, their own, and more': world(
    [cluster('dev', [profile('a'), profile('b'), profile('c'), profile('d')])],
    [
      role('a', { trust: policy(letIn('dev', 'system:serviceaccount:new-*:*')), policies: [] }),
      role('b', { trust: policy(letIn('dev', ['system:serviceaccount:b:*', 'system:serviceaccount:b:x*'])) }),
      role('c', {
        trust: policy(letIn('dev', 'system:serviceaccount:c:*')),
        ...withPolicy(allow('s3:GetObject', [`${A}/c/*`, `${A}/d/*`])),
      }),
      role('d', {
        trust: policy(
          letIn('dev', ['system:service*:*x', 'system:serviceaccount:d:y'], {
            StringLikeIfExists: {
              [`${issuerOf('dev').slice('https://'.length)}:sub`]: 'system:serviceaccount:d:*',
            },
          }),
        ),
      }),
    ],
  ),
  'twelve, all reach all': teams(
    names(12),
    Object.fromEntries(names(12).map((one) => [one, withPolicy(allow('s3:*', '*'))])),
  ),
  'within others, in two buckets': world(
    [
      cluster('dev', [
        profile('a', { place: { bucket: BUCKET, prefix: '' } }),
        profile('b'),
        profile('c', { place: { bucket: 'second', prefix: '' } }),
        profile('d', { place: { bucket: 'second', prefix: 'b/d/' } }),
      ]),
    ],
    ['a', 'b', 'c', 'd'].map((one) => role(one, one === 'a' ? {} : withPolicy(allow('s3:*', '*')))),
  ),
  'sets of several namespaces': world(
    [cluster('dev', [profile('a'), profile('b'), profile('c')]), cluster('prod', [profile('a', { role: arnOf('p') })])],
    [
      role('a', {
        trust: policy(letIn('dev', ['system:serviceaccount:a:*', 'system:serviceaccount:b:*'])),
        ...withPolicy(allow('s3:*', '*')),
      }),
      role('b', {
        trust: policy(letIn('dev', ['system:serviceaccount:b:*', 'system:service*'])),
        ...withPolicy(allow('s3:GetObject', '*')),
      }),
      role('c', {
        trust: policy(letIn('prod', 'system:serviceaccount:c:*'), letIn('dev', 'system:serviceaccount:c:*')),
      }),
    ],
  ),
  'sixty, one reaches all': teams(names(60), { t3: withPolicy(allow('s3:Get*', `${A}/*`)) }),
  'seventy, one reaches all': teams(names(70), { t3: withPolicy(allow('s3:Get*', `${A}/*`)) }),
};
const E = (text: string): Expectation => {
  const read = readExpectation(text);
  assert.ok('expectation' in read, JSON.stringify(read));
  return read.expectation;
};
const EXPECTATIONS: readonly (readonly [string, Expectation])[] = [
  ['each only its own', DEFAULT_EXPECTATION],
  ['lenient', E('own: allowed\nunjudged: allowed\nothers: allowed\n')],
  ['what cannot be judged is let', E('unjudged: allowed')],
  [
    'some are let',
    E(
      [
        'allow:',
        '- { who: a, may: read, what: b }',
        '- { who: a, cluster: dev, what: "*" }',
        '- { who: "b/*", may: [list, delete], what: "s3://artifacts/*" }',
        `- { who: "*", what: "${KEY}" }`,
        `- { who: "arn:aws:iam::${OTHER}:root", what: a-role }`,
        '- { who: "every service account*", what: "b-role" }',
        '- { who: nobody, may: control, what: nowhere }',
        'require:',
        '- { who: a, may: read, what: b }',
        '- { who: nobody, may: read, what: b }',
        '- { who: a, may: write, what: nowhere }',
      ].join('\n'),
    ),
  ],
];

const attempts = (isolation: Isolation): readonly string[] => {
  const { attempts: all, untried } = attemptsOf(isolation);
  return [
    ...all.flatMap(({ cluster: at, says, proofs }) => [
      `try in ${at}: ${says}`,
      ...proofs.map(({ who, role: its, does, must, where, title }) =>
        `  ${must}: ${title}: ${JSON.stringify([who, its, does, where])}`.replaceAll(`arn:aws:iam::${ACCOUNT}:`, ''),
      ),
    ]),
    ...untried.map(({ says, why }) => `not tried: ${says}: ${why}`),
  ];
};
for (const [name, given] of Object.entries(WORLDS))
  test(`what is said of a matrix: ${name}`, () => {
    const isolation = judgeIsolation(given);
    const few = isolation.subjects.length < 9;
    const rule = reportText(reportOf(isolation), few ? ['tried this', 'tried that'] : []).split('\n');
    const data = reportJson(reportOf(isolation));
    asKept(`isolation/${name.replaceAll(/[^a-z]+/gi, '-')}`, [
      ...rule,
      ...EXPECTATIONS.slice(1).flatMap(([how, expectation]) => {
        const lines = reportText(reportOf(isolation, expectation)).split('\n');
        const theirs = lines.filter((line) => !rule.includes(line));
        return [`## ${how}`, ...theirs, ...rule.filter((line) => !lines.includes(line)).map((line) => `- ${line}`)];
      }),
      ...(few
        ? [
            '## As data',
            ...Object.entries(data).flatMap(([key, value]) =>
              Array.isArray(value)
                ? value.map((one) => `${key}: ${JSON.stringify(one)}`)
                : [`${key}: ${JSON.stringify(value)}`],
            ),
            '## Tried',
            ...attempts(isolation),
          ]
        : []),
    ]);
  });

test('files of expectations', () => {
  const texts = [
    ...[
      '',
      '# nothing',
      'null',
      '[]',
      'x',
      '1',
      '{',
      'a: [',
      'own: required',
      'own: nobody',
      'unjudged: x',
      'others: 1',
    ],
    ...[
      'allow: x',
      'allow: {}',
      'require: 1',
      'allow: []',
      'allow:\n- x',
      'allow:\n- {}',
      'allow:\n- who: ""',
      'x: 1',
      'own: allowed\nx: 1',
    ],
    ...[
      'allow:\n- who: a',
      'allow:\n- who: a\n  what: ""',
      'allow:\n- who: a\n  what: b',
      'allow:\n- { who: a, what: b, because: c }',
    ],
    ...[
      'allow:\n- { who: a, what: b, cluster: 1 }',
      'allow:\n- { who: a, what: b, cluster: c }',
      'allow:\n- { who: a, what: b, where: c }',
    ],
    ...[
      'list',
      'read',
      'delete',
      'write',
      'control',
      'anything',
      'other',
      '[read, delete]',
      '[]',
      '[read, other]',
      '[1]',
      'toString',
      'null',
    ].map((may) => `require:\n- { who: a, what: b, may: ${may} }`),
    ...[
      'own: allowed\nallow:\n- { who: a, what: b }\n- { who: a }',
      '{"own":"allowed","require":[{"who":"a","what":"b"}]}',
      'a: &a [*a]',
      'own: &x required\nothers: *x',
    ],
  ];
  asKept(
    'isolation/expectations',
    texts.map((text) => `${JSON.stringify(text)}: ${JSON.stringify(readExpectation(text))}`),
  );
});

/** A cluster, its account and its answers; those that are named are answered so. */
function sides(
  name: string,
  calls: string[],
  answers: Readonly<Record<string, unknown>>,
  more: Partial<Cluster> = {},
): IsolatedCluster {
  const side = (): object =>
    new Proxy(
      {},
      {
        get: (_, method) => {
          if (typeof method === 'symbol' || method === 'then') return undefined;
          return (...args: readonly unknown[]): Promise<unknown> => {
            const plain = args.map((one) => (typeof one === 'string' ? one : '…')).join(' ');
            calls.push(`${name}: ${method} ${plain}`.trimEnd());
            const answer = [`${method} ${plain}`.trimEnd(), method].find((one) => Object.hasOwn(answers, one));
            return Promise.resolve(answer === undefined ? absent : answers[answer]);
          };
        },
      },
    );
  const its: Cluster = {
    ...{ name, region: 'us-west-2', arn: `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/${name}`, account: ACCOUNT },
    ...{ partition: 'aws', status: 'ACTIVE', version: '1.36', endpoint: 'https://127.0.0.1:1', issuer: issuerOf(name) },
    ...more,
  };
  return { cluster: its, aws: side() as IsolatedCluster['aws'], kubernetes: side() as IsolatedCluster['kubernetes'] };
}
const inAccount = (name: string, change: Partial<Role> = {}): Role => {
  const { arn, trust, policies } = role(name);
  const inline = policies.flatMap((one) => ('text' in one ? [one] : []));
  return { arn, name: `${name}-role`, trustPolicy: trust, tags: {}, attached: [], inline, ...change };
};
const page = (...roles: readonly Role[]) => found({ roles });
const profilesOf = (...all: readonly string[]) =>
  found({ items: all.map((one) => newProfile(one, `${one}@example.com`, arnOf(one), true)), version: '1' });
const bucket = found({ name: BUCKET, region: 'us-west-2', accessible: true });
const NO = denied('x:Look', 'No.');
const BROKEN = failed('broken off.');
const wide = inAccount('b', { trustPolicy: policy(letIn('dev', 'system:serviceaccount:*:*')) });
const managed = 'arn:aws:iam::aws:policy/some/x';
const BASE = {
  'list profiles': profilesOf('a', 'b'),
  oidcProvider: found({ arn: providerOf('dev'), clientIds: ['sts.amazonaws.com'] }),
  rolesPage: page(inAccount('a'), inAccount('b')),
  bucket,
};
const launcherOf = (namespace: string, root: string) =>
  found({ items: [{ namespace, name: 'kfp-launcher', data: { defaultPipelineRoot: root } }], version: '1' });

const LOOKS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'all is there': {},
  'no profiles': { 'list profiles': absent },
  'profiles may not be read': { 'list profiles': NO },
  'profiles are not answered': { 'list profiles': BROKEN },
  'editors, launchers and associations may not be read': {
    ...{ 'list editors': NO, 'list launchers': NO, podIdentityAssociations: NO, oidcProvider: NO },
  },
  'editors, launchers and associations are not answered': {
    ...{ 'list editors': BROKEN, 'list launchers': BROKEN, podIdentityAssociations: BROKEN, oidcProvider: BROKEN },
  },
  launchers: {
    'list launchers': launcherOf('a', 's3://artifacts/other/x'),
    'list editors': found({ items: [], version: '1' }),
  },
  'a launcher that names the alias of an access point': {
    'list launchers': launcherOf('a', 's3://team-a-abcdefghijklmnopqrstuvwxyz1234-s3alias/v2'),
  },
  'a launcher that names an access point': {
    'list launchers': launcherOf('a', `s3://arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/team-a/v2`),
  },
  'an organization that may not be read': { organization: NO },
  'an organization whose policies may not be read': { organization: found({ id: 'o-1', levels: NO }) },
  'an organization of which one policy may not be read': {
    organization: found({
      id: 'o-1',
      levels: found([
        { target: 'r-1', service: [{ id: 'p-1', name: 'Guard', arn: 'a', unread: 'cannot read: x:Look' }] },
      ]),
    }),
  },
  'an organization that is not answered': { organization: BROKEN },
  'an account that manages its organization': {
    organization: found({ id: 'o-1', management: true, levels: found([]) }),
  },
  'a launcher of another store': { 'list launchers': launcherOf('b', 'gs://artifacts/other') },
  'an association': {
    podIdentityAssociations: found([{ namespace: 'a', serviceAccount: 'default-editor', id: 'a-1' }]),
    podIdentity: found({ namespace: 'a', serviceAccount: 'default-editor', roleArn: arnOf('b'), id: 'a-1', tags: {} }),
  },
  'an association that may not be read': {
    podIdentityAssociations: found([{ namespace: 'a', serviceAccount: 'default-editor', id: 'a-1' }]),
    podIdentity: NO,
  },
  'an association that is not answered': {
    podIdentityAssociations: found([{ namespace: 'a', serviceAccount: 'default-editor', id: 'a-1' }]),
    podIdentity: BROKEN,
  },
  'three roles of another account': {
    'list profiles': found({
      items: ['a', 'b', 'c'].map((one) => newProfile(one, 'x', `arn:aws:iam::${OTHER}:role/${one}`, true)),
      version: '1',
    }),
  },
  'a role of single ones and a set': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', {
        trustPolicy: policy(letIn('dev', ['system:serviceaccount:b:default-editor', 'system:serviceaccount:x*:*'])),
      }),
    ),
    serviceAccounts: found([{ namespace: 'x1', name: 'other', annotations: {} }]),
  },
  'many associations': {
    podIdentityAssociations: found(
      Array.from({ length: 501 }, (_, at) => ({ namespace: `n${at}`, serviceAccount: 's', id: `a-${at}` })),
    ),
  },
  'roles may not be listed': { rolesPage: NO, 'role a-role': found(inAccount('a')), 'role b-role': NO },
  'roles are not answered': { rolesPage: BROKEN, role: absent },
  'managed policies': {
    rolesPage: page(
      inAccount('a', { attached: [managed], boundary: `${managed}-edge` }),
      inAccount('b', { attached: [managed] }),
    ),
    [`policyDocument ${managed}`]: found(policy(allow('s3:*', '*'))),
    [`policyDocument ${managed}-edge`]: found(policy(allow('s3:GetObject', '*'))),
  },
  'managed policies that may not be read': {
    rolesPage: page(
      inAccount('a', { attached: [managed], boundary: `${managed}-edge` }),
      inAccount('b', { unread: ['iam:GetRolePolicy'] }),
    ),
    [`policyDocument ${managed}`]: denied('iam:GetPolicy', 'No.'),
    [`policyDocument ${managed}-edge`]: BROKEN,
  },
  'a managed policy beside policies that may not be read': {
    rolesPage: page(inAccount('a'), inAccount('b', { attached: [managed], unread: ['iam:GetRolePolicy'] })),
    [`policyDocument ${managed}`]: found(policy(allow('s3:*', '*'))),
  },
  'managed policies of a role of nobody, of one that nobody gets, and of one that nobody names': {
    rolesPage: page(
      inAccount('a', { attached: [managed] }),
      inAccount('b', { trustPolicy: policy(), attached: [`${managed}-b`] }),
      inAccount('y', {
        trustPolicy: policy(letIn('dev', 'system:serviceaccount:a:default-editor')),
        attached: [`${managed}-y`],
      }),
      inAccount('z', { trustPolicy: policy(), attached: [`${managed}-z`] }),
    ),
    policyDocument: found(policy(allow('s3:GetObject', '*'))),
  },
  'as many associations as are read': {
    podIdentityAssociations: found(
      Array.from({ length: 500 }, (_, at) => ({ namespace: `n${at}`, serviceAccount: 's', id: `a-${at}` })),
    ),
  },
  'a role for one of another cluster, and for all of this': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', {
        trustPolicy: policy(
          letIn('prod', 'system:serviceaccount:*:*'),
          letIn('dev', 'system:serviceaccount:b:default-editor'),
        ),
      }),
    ),
    serviceAccounts: found([{ namespace: 'x1', name: 'other', annotations: {} }]),
  },
  'managed policies that are gone': { rolesPage: page(inAccount('a', { attached: [managed] }), inAccount('b')) },
  'a role of another account': {
    'list profiles': found({
      items: ['a', 'b', 'c', 'd'].map((one) => newProfile(one, 'x', `arn:aws:iam::${OTHER}:role/${one}`, true)),
      version: '1',
    }),
  },
  'a role on two pages': {
    'rolesPage …': found({ roles: [inAccount('a')], next: 'more' }),
    'rolesPage … more': page(inAccount('b')),
  },
  'a wide role': {
    rolesPage: page(inAccount('a'), wide),
    serviceAccounts: found([
      { namespace: 'a', name: 'default-editor', annotations: {} },
      { namespace: 'a', name: 'other', annotations: {} },
    ]),
  },
  'a wide role, accounts may not be read': { rolesPage: page(inAccount('a'), wide), serviceAccounts: NO },
  'a role for everybody': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', { trustPolicy: policy({ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:*' }) }),
    ),
    serviceAccounts: BROKEN,
  },
  'a wide role of another cluster': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', { trustPolicy: policy(letIn('prod', 'system:serviceaccount:*:*')) }),
    ),
  },
  'a role that the service account alone names': {
    'list editors': found({
      items: [{ namespace: 'a', name: 'default-editor', annotations: { [ROLE_ANNOTATION]: arnOf('b') } }],
      version: '1',
    }),
  },
  'a role for whoever has a token': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', {
        trustPolicy: policy({
          ...{ Effect: 'Allow', Principal: { Federated: providerOf('dev') } },
          Action: 'sts:AssumeRoleWithWebIdentity',
        }),
      }),
    ),
  },
  'a role for one of a set': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', {
        trustPolicy: policy(
          letIn('dev', 'system:serviceaccount:*:*', {
            StringEquals: {
              [`${issuerOf('dev').slice('https://'.length)}:sub`]: 'system:serviceaccount:b:default-editor',
            },
          }),
        ),
      }),
    ),
  },
  'roles that lead to one another': {
    rolesPage: page(
      ...Array.from({ length: 7 }, (_, at) =>
        inAccount(at === 0 ? 'a' : `w${at}`, {
          ...(at === 0 ? {} : { trustPolicy: policy(trusting({ AWS: arnOf(at === 1 ? 'a' : `w${at - 1}`) })) }),
          inline: [],
          attached: [`${managed}-${at}`],
        }),
      ),
    ),
    ...Object.fromEntries(
      Array.from({ length: 7 }, (_, at) => [
        `policyDocument ${managed}-${at}`,
        found(policy(allow('sts:AssumeRole', arnOf(`w${at + 1}`)))),
      ]),
    ),
  },
  'a role that writes the whole of a bucket in which nobody lies': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', { inline: [{ name: 'p', text: policy(allow('s3:PutObject', 'arn:aws:s3:::second/*')) }] }),
    ),
  },
  'a role that writes the whole bucket, in which another lies': {
    rolesPage: page(
      inAccount('a'),
      inAccount('b', {
        inline: [{ name: 'p', text: policy(allow(['s3:PutObject', 's3:ListBucket'], [A, `${A}/*`])) }],
      }),
    ),
  },
  'no bucket': { bucket: absent },
  'a bucket of another account': {
    bucket: found({ name: BUCKET, region: 'eu-central-1', accessible: true, foreign: true }),
  },
  'a bucket that may not be used': {
    bucket: found({ name: BUCKET, region: 'eu-central-1', accessible: false }),
    bucketPolicy: NO,
  },
  'a bucket and its key': {
    bucketEncryption: found({ algorithm: 'aws:kms', key: KEY }),
    bucketPolicy: found(policy({ ...deny('s3:*', `${A}/b/*`), Principal: '*' })),
    key: found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, policy: keyUse }),
  },
  'a key whose policy may not be read': {
    bucketEncryption: found({ algorithm: 'aws:kms', key: KEY }),
    key: found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, unread: 'kms:GetKeyPolicy' }),
  },
  'a key without a word': {
    bucketEncryption: found({ algorithm: 'aws:kms', key: '1' }),
    key: found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true }),
  },
  'a key of AWS': {
    bucketEncryption: found({ algorithm: 'aws:kms', key: KEY }),
    key: found({ arn: KEY, state: 'Enabled', managedByAws: true, symmetric: true }),
  },
  'a key that is gone': { bucketEncryption: found({ algorithm: 'aws:kms', key: KEY }) },
  'a key that may not be looked at': { bucketEncryption: found({ algorithm: 'aws:kms', key: '1' }), key: NO },
  'a key by an alias that may not be looked at': {
    bucketEncryption: found({ algorithm: 'aws:kms', key: 'alias/x' }),
    key: NO,
  },
  'encryption and policy are not answered': { bucketEncryption: BROKEN, bucketPolicy: BROKEN, bucket: BROKEN },
};
const looked = async (clusters: readonly IsolatedCluster[], calls: readonly string[]): Promise<readonly string[]> => {
  const lines = await lookAtIsolation(clusters).then(
    ({ world: { clusters: all, roles, buckets, keys, limits } }) => [
      ...all.map((one) => `cluster ${JSON.stringify(one)}`),
      ...roles.map((one) => `role ${one.name}: ${JSON.stringify([one.policies, one.boundary])}`),
      ...[...buckets].map((one) => `bucket ${JSON.stringify(one)}`),
      ...[...keys].map((one) => `key ${JSON.stringify(one)}`),
      ...limits.map(({ text, permission, cluster: its }) => `limit ${text} ${permission ?? ''} ${its ?? ''}`.trimEnd()),
    ],
    (error: unknown) => [
      error instanceof OutsideError ? `${error.code} ${error.permission ?? ''}: ${error.message}` : String(error),
    ],
  );
  return [...[...calls].sort().map((call) => `asks ${call}`), ...lines];
};
test('what is read for a matrix', async () => {
  const ruleCalls: string[] = [];
  const rule = await looked([sides('dev', ruleCalls, BASE)], ruleCalls);
  const all: string[] = [...rule];
  for (const [name, answers] of Object.entries(LOOKS)) {
    const calls: string[] = [];
    const lines = await looked([sides('dev', calls, { ...BASE, ...answers })], calls);
    const many = lines.filter((line) => !rule.includes(line));
    all.push(
      `${name}:`,
      ...many.slice(0, 40).map((line) => `  ${line}`),
      ...(many.length > 40 ? [`  and ${many.length - 40}`] : []),
    );
    all.push(...rule.filter((line) => !lines.includes(line)).map((line) => `  - ${line}`));
  }
  const cases: Readonly<
    Record<string, readonly (readonly [string, Readonly<Record<string, unknown>>, Partial<Cluster>?])[]>
  > = {
    'one of two cannot be read': [
      ['dev', BASE],
      ['prod', { ...BASE, 'list profiles': NO }],
    ],
    'one of two is not answered': [
      ['dev', BASE],
      ['prod', { ...BASE, 'list profiles': BROKEN }],
    ],
    'a cluster without an issuer, and a wide role': [
      ['dev', { ...BASE, rolesPage: page(inAccount('a'), wide) }, { issuer: undefined as never }],
    ],
    'a cluster without an issuer, and a role for everybody': [
      [
        'dev',
        {
          ...BASE,
          rolesPage: page(
            inAccount('a'),
            inAccount('b', { trustPolicy: policy({ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:*' }) }),
          ),
        },
        { issuer: undefined as never },
      ],
    ],
    'none of two can be read': [
      ['dev', { 'list profiles': BROKEN }],
      ['prod', { 'list profiles': NO }],
    ],
    'two of an account': [
      ['dev', BASE],
      ['prod', { ...BASE, 'list profiles': profilesOf('c') }],
    ],
    'two of two accounts': [
      ['dev', BASE],
      ['prod', { ...BASE, rolesPage: page(), 'list profiles': profilesOf('c') }, { account: OTHER }],
    ],
  };
  for (const [name, clusters] of Object.entries(cases)) {
    const calls: string[] = [];
    const lines = await looked(
      clusters.map(([its, answers, more]) => sides(its, calls, answers, more)),
      calls,
    );
    all.push(`${name}:`, ...lines.filter((line) => !rule.includes(line)).map((line) => `  ${line}`));
  }
  asKept('isolation/read', all);
  await assert.rejects(lookAtIsolation([{ ...sides('dev', [], BASE), kubernetes: {} as never }]), TypeError);
});
