/** The bucket of a plan: the KMS key that it is encrypted with, and one that is made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOT_READ } from '../../src/core/facts.ts';
import { keyProblem, newBucketProblem } from '../../src/core/arn/names.ts';
import {
  hasSettings,
  isOursToFinish,
  isTlsOnly,
  lackingSettings,
  S3_KEYS,
  sameSettings,
  wantedSettings,
} from '../../src/core/bucket.ts';
import type { BucketSettings, KmsKey } from '../../src/core/observation.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { parse } from '../../src/core/modes/view.ts';
import { planJson } from '../../src/core/plan/json.ts';
import { blockers, changeOf, permissionsOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { permissionsPolicy, policyText, tlsOnly } from '../../src/core/policy/build.ts';
import { judgeKeyPolicy, keyRefusal, keyStatement } from '../../src/core/policy/key.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { TAG } from '../../src/core/tags.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { prove } from '../../src/provisioning/prove.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import {
  ACCOUNT,
  BUCKET,
  cluster,
  factsFrom,
  PLAIN,
  PROVIDER,
  requestFor,
  world,
  worldWithProvider,
  type Readings,
  type World,
} from './world.ts';
import { asKept, besides, told } from './told.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/team-x-dev-role`;
const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/${ID}`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

const allow = (AWS: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: 'kms:*',
  Resource: '*',
  ...more,
});
const deny = (AWS: unknown, more: object = {}): object => ({ ...allow(AWS), Effect: 'Deny', ...more });
const keyPolicy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const via = (service: string): object => ({ Condition: { StringEquals: { 'kms:ViaService': service } } });
const S3 = 's3.us-west-2.amazonaws.com';
const OTHER = `arn:aws:iam::${ACCOUNT}:role/other`;

const KEY_POLICIES: readonly [name: string, policy: string, verdict: string][] = [
  ['leaves access to IAM', keyPolicy(allow(ROOT)), 'yes iam'],
  ['leaves access to IAM, the account by its number', keyPolicy(allow(ACCOUNT)), 'yes iam'],
  ['names the role among others', keyPolicy(allow([OTHER, ROLE])), 'yes itself'],
  ['everybody of the account, through S3', keyPolicy(allow('*', via(S3))), 'yes itself'],
  ['through another service only', keyPolicy(allow(ROOT, via('ebs.us-west-2.amazonaws.com'))), 'no'],
  ['another role only', keyPolicy(allow(OTHER)), 'no'],
  ['another account only', keyPolicy(allow('arn:aws:iam::999988887777:root')), 'no'],
  ['administrators only', keyPolicy(allow(ROOT, { Action: ['kms:Describe*', 'kms:Put*'] })), 'no'],
  ['decrypting only', keyPolicy(allow(ROOT, { Action: 'kms:Decrypt' })), 'no'],
  [
    'one action by name, the other left to IAM',
    keyPolicy(allow(ROLE, { Action: 'kms:Decrypt' }), allow(ROOT, { Action: 'kms:GenerateDataKey*' })),
    'yes iam',
  ],
  ['what is to be added', keyPolicy(keyStatement(KEY, ROLE, 'prefix')), 'yes iam'],
  ['what is to be added for another role', keyPolicy(keyStatement(KEY, OTHER, 'prefix')), 'no'],
  ['a Deny for the role', keyPolicy(allow(ROOT), deny(ROLE)), 'no denied'],
  [
    'a Deny for everybody outside a network',
    keyPolicy(allow(ROOT), deny('*', { Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })),
    'unknown',
  ],
  ['a Deny for another role', keyPolicy(allow(ROOT), deny(OTHER)), 'yes iam'],
  [
    'a Deny for all but another role',
    keyPolicy(allow(ROOT), { ...deny('x'), Principal: undefined, NotPrincipal: { AWS: OTHER } }),
    'no denied',
  ],
  [
    'a Deny for all but this role',
    keyPolicy(allow(ROOT), { ...deny('x'), Principal: undefined, NotPrincipal: { AWS: [ROLE, ROOT] } }),
    'unknown',
  ],
  [
    'an Allow for all but another role',
    keyPolicy({ ...allow('x'), Principal: undefined, NotPrincipal: { AWS: OTHER } }),
    'unknown',
  ],
  [
    'by a tag of the role that is not known',
    keyPolicy(allow(ROOT, { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'x' } } })),
    'unknown',
  ],
  ['a service', keyPolicy({ ...allow('x'), Principal: { Service: 'logs.amazonaws.com' } }), 'no'],
  ['no JSON', '{', 'no'],
];
for (const [name, policy, verdict] of KEY_POLICIES) {
  test(`whether a key's policy lets a role in: ${name}`, () => {
    const { answer, by, denied: refused } = judgeKeyPolicy(policy, KEY, ROLE, 'prefix');
    assert.equal([answer, by, refused === true ? 'denied' : undefined].filter(Boolean).join(' '), verdict);
  });
}

test("who only reads needs to decrypt alone, in the role's policy and in the key's", () => {
  const decrypting = keyPolicy(allow(ROOT, { Action: 'kms:Decrypt' }));
  assert.equal(judgeKeyPolicy(decrypting, KEY, ROLE, 'read-only').answer, 'yes');
  assert.equal(judgeKeyPolicy(decrypting, KEY, ROLE, 'bucket').answer, 'no');
  assert.deepEqual(keyStatement(KEY, ROLE, 'read-only').Action, ['kms:Decrypt']);
});

/** What was read about team-x, which does not exist yet. */
const empty: Readings = {
  caller: found({ account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/admin` }),
  cluster: found(cluster),
  bucket: found({ name: BUCKET, region: 'us-west-2', accessible: true }),
  roles: { 'team-x-dev-role': absent },
  provider: found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] }),
  api: found({ connection: 'kubeconfig context dev', profileVersions: ['v1'] }),
  profile: absent,
  namespace: absent,
  serviceAccount: absent,
  namers: found(new Map()),
};
const planned = (readings: Partial<Readings>, wish: Partial<Request> = {}): Plan =>
  planProfile(requestFor('team-x', wish), factsFrom('team-x', { ...empty, ...readings }));

const key = (more: Partial<KmsKey> = {}): KmsKey => ({
  arn: KEY,
  state: 'Enabled',
  managedByAws: false,
  symmetric: true,
  policy: keyPolicy(allow(ROOT)),
  ...more,
});
const encrypted = (named: string | undefined, reading?: Reading<KmsKey>): Partial<Readings> => ({
  encryption: found({ algorithm: 'aws:kms', ...(named === undefined ? {} : { key: named }) }),
  ...(named === undefined || reading === undefined ? {} : { key: [named, reading] }),
});
/** The statement of the planned policy that is about a key. */
const statementOf = (plan: Plan): { Action?: unknown; Resource?: unknown } | undefined => {
  const text = changeOf(plan, 'iam/role-policy')?.after?.text ?? '{"Statement":[]}';
  const { Statement } = JSON.parse(text) as { Statement: { Sid: string; Action?: unknown; Resource?: unknown }[] };
  return Statement.find(({ Sid }) => Sid === 'UseKey');
};
const wayOut = "change the bucket's default encryption, or choose another bucket";

const KEYS: readonly [
  name: string,
  readings: Partial<Readings>,
  need: RegExp | undefined,
  warning: RegExp | undefined,
  arn: string | undefined,
][] = [
  [
    "not encrypted with a key: S3's own keys",
    { encryption: found({ algorithm: 'AES256' }) },
    undefined,
    undefined,
    undefined,
  ],
  ['no default encryption is set', { encryption: absent }, undefined, undefined, undefined],
  ['the AWS managed key needs nothing', encrypted(undefined), undefined, undefined, undefined],
  ['the AWS managed key by its alias', encrypted('alias/aws/s3'), undefined, undefined, undefined],
  [
    'the AWS managed key by its ARN',
    encrypted(KEY, found(key({ managedByAws: true }))),
    /^keep .*managed by AWS/,
    undefined,
    undefined,
  ],
  ['a key by its ARN', encrypted(KEY, found(key())), /^keep .*its policy leaves access to IAM/, undefined, KEY],
  ['a key by its id', encrypted(ID, found(key())), /^keep /, undefined, KEY],
  ['a key by an alias', encrypted('alias/data', found(key())), /^keep /, undefined, KEY],
  [
    'two layers of encryption',
    { ...encrypted(KEY, found(key())), encryption: found({ algorithm: 'aws:kms:dsse', key: KEY }) },
    /^keep /,
    undefined,
    KEY,
  ],
  [
    'the policy names the role',
    encrypted(KEY, found(key({ policy: keyPolicy(allow(ROLE)) }))),
    /^keep .*lets the role in/,
    undefined,
    KEY,
  ],
  [
    'the policy names another role',
    encrypted(KEY, found(key({ policy: keyPolicy(allow(OTHER)) }))),
    /^blocked .*neither names the role nor leaves access to IAM \(KP-047\).*"aws:PrincipalArn":"arn:aws:iam::111122223333:role\/team-x-dev-role"/,
    undefined,
    KEY,
  ],
  [
    'a Deny of the policy',
    encrypted(KEY, found(key({ policy: keyPolicy(allow(ROOT), deny(ROLE)) }))),
    /^blocked A Deny in the policy/,
    undefined,
    KEY,
  ],
  [
    'a policy that cannot be judged',
    encrypted(KEY, found(key({ policy: keyPolicy(allow(ROOT, { Condition: { Bool: { 'x:y': 'true' } } })) }))),
    /^keep /,
    /cannot be judged.*The statement: \{/,
    KEY,
  ],
  [
    'a policy that may not be read',
    encrypted(
      KEY,
      found({
        arn: KEY,
        state: 'Enabled',
        managedByAws: false,
        symmetric: true,
        unread: 'cannot read: kms:GetKeyPolicy',
      }),
    ),
    /^keep /,
    /cannot be read \(cannot read: kms:GetKeyPolicy\).*The statement: \{/,
    KEY,
  ],
  [
    'a disabled key',
    encrypted(KEY, found(key({ state: 'Disabled' }))),
    /^blocked Key arn:.* is disabled\. Enable it; or change/,
    undefined,
    KEY,
  ],
  [
    'a key that will be deleted',
    encrypted(KEY, found(key({ state: 'PendingDeletion', deletion: '2027-01-02T03:04:05.000Z' }))),
    /^blocked .*about to be deleted\. Cancel its deletion and enable it \(on 2027-01-02\)/,
    undefined,
    KEY,
  ],
  [
    'a key in another state',
    encrypted(KEY, found(key({ state: 'Creating' }))),
    /^blocked .*is Creating\. Wait until it is enabled/,
    undefined,
    KEY,
  ],
  [
    'a key of a sort that S3 cannot use',
    encrypted(KEY, found(key({ symmetric: false }))),
    /^blocked .*not of the sort/,
    undefined,
    KEY,
  ],
  [
    'a key that is gone',
    encrypted(KEY, absent),
    new RegExp(`^blocked There is no key ${KEY} in us-west-2.*C${wayOut.slice(1)}`),
    undefined,
    KEY,
  ],
  [
    'a key of another account',
    encrypted(KEY.replace(ACCOUNT, '999988887777'), found(key({ arn: KEY.replace(ACCOUNT, '999988887777') }))),
    /^keep .*of account 999988887777/,
    /belongs to account 999988887777.*The statement: \{.*"AWS":"arn:aws:iam::111122223333:root"/,
    KEY.replace(ACCOUNT, '999988887777'),
  ],
  [
    'a key that may not be looked at',
    encrypted(KEY, denied('kms:DescribeKey', '')),
    undefined,
    /may not look at KMS key.*kms:DescribeKey.*The statement: \{/,
    KEY,
  ],
  ['the same by its id', encrypted(ID, denied('kms:DescribeKey', '')), undefined, /kms:DescribeKey/, KEY],
  [
    'an alias of a key that may not be looked at',
    encrypted('alias/data', denied('kms:DescribeKey', '')),
    /^blocked Which key alias\/data is cannot be read.*kms:DescribeKey/,
    undefined,
    undefined,
  ],
  [
    'KMS does not answer',
    encrypted(KEY, failed('the AWS endpoint did not answer in time.')),
    /^blocked .*did not answer/,
    undefined,
    KEY,
  ],
  [
    'a key of another region',
    encrypted(KEY.replace('us-west-2', 'eu-central-1')),
    /^blocked .*is in eu-central-1, the bucket in us-west-2/,
    undefined,
    undefined,
  ],
  [
    'how it is encrypted may not be read',
    { encryption: denied('s3:GetEncryptionConfiguration', '') },
    undefined,
    /How bucket artifacts is encrypted cannot be read.*s3:GetEncryptionConfiguration.*KP-047/,
    undefined,
  ],
  [
    'how it is encrypted is not answered',
    { encryption: failed('S3 does not answer') },
    undefined,
    /How bucket artifacts is encrypted cannot be read.*S3 does not answer.*KP-047/,
    undefined,
  ],
  ['how it is encrypted was not asked', { encryption: failed('not asked', NOT_READ) }, undefined, undefined, undefined],
];
for (const [name, readings, need, warning, arn] of KEYS) {
  test(`a bucket that is encrypted: ${name}`, () => {
    const plan = planned(readings);
    const row = rows(plan).find(({ id }) => id === 'key');
    if (need === undefined) assert.equal(row, undefined);
    else assert.match(`${row?.kind ?? ''} ${row?.reason ?? ''}`, need);
    const warnings = plan.warnings.filter((sentence) => !sentence.startsWith('Kubeflow Pipelines was not found'));
    if (warning === undefined) assert.deepEqual(warnings, []);
    else assert.match(warnings.join('\n'), warning);
    assert.equal(blockers(plan).length > 0, need?.source.startsWith('^blocked') === true);
    if (blockers(plan).length === 0) assert.equal(statementOf(plan)?.Resource, arn);
    assert.match(reviewText(plan), /^# Plan/);
  });
}

test('the key is used through S3 alone, and who only reads only decrypts', () => {
  const statement = statementOf(planned(encrypted(KEY, found(key()))));
  assert.deepEqual(statement, {
    Sid: 'UseKey',
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: KEY,
    Condition: { StringLike: { 'kms:ViaService': 's3.us-west-2.*' } },
  });
  assert.deepEqual(statementOf(planned(encrypted(KEY, found(key())), { access: 'read-only' }))?.Action, [
    'kms:Decrypt',
  ]);
});

test('the key for a new bucket is not that of one that is there', () => {
  const plan = planned(encrypted(KEY, found(key())), { createBucket: true, bucketKey: 'alias/other' });
  assert.equal(statementOf(plan)?.Resource, KEY);
});

test('the policy with a key is right by our own rules, at every access level', () => {
  for (const access of ['prefix', 'bucket', 'read-only'] as const) {
    const root = parse(policyText(permissionsPolicy('aws', BUCKET, 'team-x', access, KEY)));
    assert.ok(root !== undefined);
    assert.deepEqual(checkPermissionPolicy(root, { partition: 'aws', account: ACCOUNT, profile: 'team-x' }), []);
  }
});

test('where it is not known whether the bucket has a key, what the role may do with one stays', () => {
  const text = policyText(permissionsPolicy('aws', BUCKET, 'team-x', 'prefix', KEY));
  const role = found({
    arn: ROLE,
    name: 'team-x-dev-role',
    trustPolicy: '{}',
    tags: { [TAG.maker]: 'kubeflow-irsa', [TAG.profile]: 'team-x', [TAG.cluster]: cluster.arn },
    inline: [{ name: 'kf-pipeline-s3', text }],
    attached: [],
  });
  const after = (encryption: Readings['encryption']): string | undefined =>
    changeOf(
      planned({ roles: { 'team-x-dev-role': role }, ...(encryption === undefined ? {} : { encryption }) }),
      'iam/role-policy',
    )?.after?.text;
  assert.equal(after(denied('s3:GetEncryptionConfiguration', '')), text);
  assert.equal(after(failed('no answer')), text);
  assert.doesNotMatch(after(found({ algorithm: 'AES256' })) ?? '', /kms/);
});

const said = (action: string, why: string): string =>
  `You are not permitted to s3:PutObject. User: arn:aws:sts::${ACCOUNT}:assumed-role/team-x-dev-role/x is not authorized to perform: ${action} on resource: ${KEY} ${why}`;
const REFUSALS: readonly [name: string, said: string, means: RegExp | undefined][] = [
  [
    "the role's policy",
    said('kms:GenerateDataKey', 'because no identity-based policy allows the kms:GenerateDataKey action'),
    /^KP-047: The role's policy must allow kms:GenerateDataKey/,
  ],
  [
    "the key's policy",
    said('kms:Decrypt', 'because no resource-based policy allows the kms:Decrypt action'),
    /^KP-047: The policy of the bucket's KMS key.*\{"Effect":"Allow","Principal":\{"AWS":"arn:aws:iam::111122223333:root"\}.*team-x-dev-role/,
  ],
  ['a Deny', said('kms:Decrypt', 'with an explicit deny in a resource-based policy'), /^KP-047: A Deny/],
  ['a key that is off', 'KMS.DisabledException: the key is disabled', /^KP-047: .*is disabled, gone/],
  ['something else', 'You are not permitted to s3:PutObject. Access Denied', undefined],
  [
    'reading, where AWS does not name the key',
    said('kms:Decrypt', '').replace(
      `on resource: ${KEY} `,
      'on the resource associated with this ciphertext because no resource-based policy allows the kms:Decrypt action',
    ),
    /^KP-047: The policy of the bucket's KMS key.*"kms:ViaService":"s3\.\*\.\*"/,
  ],
  [
    'the key of another account that AWS manages',
    'User: x is not authorized to perform: kms:Decrypt on this resource because the resource is managed by AWS',
    /^KP-047: .*nobody of another account can use/,
  ],
];
for (const [name, text, means] of REFUSALS) {
  test(`what a refusal because of a key means: ${name}`, () => {
    if (means === undefined) assert.equal(keyRefusal(text, ROLE), undefined);
    else assert.match(keyRefusal(text, ROLE) ?? '', means);
  });
}

const NAMES: readonly [name: string, right: boolean][] = [
  ['kubeflow-dev-111122223333-us-west-2', true],
  ['abc', true],
  ['ab', false],
  ['a.b.c', false],
  ['Kubeflow', false],
  ['a_b', false],
  ['xn--abc', false],
  ['sthree-abc', false],
  ['amzn-s3-demo-x', false],
  ['abc-s3alias', false],
  ['abc--ol-s3', false],
  ['abc--x-s3', false],
  ['abc-an', false],
  ['-abc', false],
  ['a'.repeat(64), false],
];
test('names of new buckets', () => {
  for (const [name, right] of NAMES) assert.equal(newBucketProblem(name) === undefined, right, name);
});
test('names of keys', () => {
  for (const name of [
    ID,
    KEY,
    `mrk-${ID.replaceAll('-', '')}`,
    'alias/data',
    `arn:aws-cn:kms:cn-north-1:${ACCOUNT}:alias/a/b`,
  ])
    assert.equal(keyProblem(name), undefined, name);
  for (const name of ['', 'data', 'key/x', `${KEY}/x`, ROLE]) assert.notEqual(keyProblem(name), undefined, name);
});

const withPolicy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const [only] = tlsOnly('aws', 'b').Statement;
const TLS: readonly [name: string, policy: string, is: boolean][] = [
  ['as we write it', withPolicy(only ?? {}), true],
  ['for everything', withPolicy({ ...only, Resource: '*' }), true],
  ['as {"AWS": "*"}', withPolicy({ ...only, Principal: { AWS: '*' } }), true],
  ['objects alone', withPolicy({ ...only, Resource: 'arn:aws:s3:::b/*' }), false],
  ['another bucket', withPolicy({ ...only, Resource: ['arn:aws:s3:::c', 'arn:aws:s3:::c/*'] }), false],
  ['one role alone', withPolicy({ ...only, Principal: { AWS: ROLE } }), false],
  ['an Allow of TLS', withPolicy({ ...only, Effect: 'Allow' }), false],
  [
    'with a further condition',
    withPolicy({
      ...only,
      Condition: { Bool: { 'aws:SecureTransport': 'false' }, StringEquals: { 'aws:PrincipalTag/a': 'b' } },
    }),
    false,
  ],
  ['nothing', withPolicy(), false],
];
for (const [name, policy, is] of TLS)
  test(`whether a bucket's policy asks for TLS: ${name}`, () => assert.equal(isTlsOnly(policy, 'b'), is));

test('other partitions: the policy of a new bucket names its partition', () => {
  const text = wantedSettings('aws-cn', 'b', {}, undefined).policy ?? '';
  assert.match(text, /"arn:aws-cn:s3:::b\/\*"/);
  assert.ok(isTlsOnly(text, 'b'));
});

// A bucket that is made.

const NEW = 'kubeflow-new';
const wish = (more: Partial<Request> = {}): Request =>
  requestFor('team-x', { bucket: NEW, createBucket: true, ...more });
const planIn = async (here: World, request: Request): Promise<Plan> => {
  const { facts } = await lookAt(request, here.aws, here.connect);
  return planProfile(request, facts);
};
const settingsOf = (here: World, name = NEW): BucketSettings | undefined => here.buckets.get(name)?.settings;
const asMade = (here: World, name = NEW): void => {
  const settings = settingsOf(here, name);
  assert.ok(settings !== undefined);
  assert.equal(settings.publicAccessBlocked, true);
  assert.equal(settings.ownership, 'BucketOwnerEnforced');
  assert.deepEqual(settings.encryption, { algorithm: 'AES256' });
  assert.ok(isTlsOnly(settings.policy ?? '', name));
  assert.equal(settings.tags[TAG.maker], 'kubeflow-irsa');
  assert.equal(settings.tags[TAG.cluster], cluster.arn);
  assert.match(settings.tags[TAG.run] ?? '', /^unique-/);
};

test('a bucket is made with all of its settings, as one step of the plan, and the profile then uses it', async () => {
  const here = world();
  const plan = await planIn(here, wish());
  const [, , row] = rows(plan);
  assert.equal(`${row?.id ?? ''} ${row?.kind ?? ''}`, 'bucket create');
  assert.match(row?.after ?? '', /BucketOwnerEnforced/);
  assert.match(
    reviewText(plan),
    /## S3 bucket kubeflow-new: what it is made with\n\n```json\n[^]*"aws:SecureTransport": "false"/,
  );
  assert.ok(permissionsOf(plan).aws.includes('s3:PutBucketPolicy'));
  assert.ok(!permissionsOf(plan).aws.includes('s3:GetBucketPolicy'), 'only what this run needs');
  assert.ok(permissionsOf(plan).aws.includes('s3:GetEncryptionConfiguration'));
  assert.deepEqual(planJson(plan)['ready'], true);
  here.calls.length = 0;
  const result = await carryOut(plan, here.outside());
  assert.ok(result.ok, JSON.stringify(result.rows));
  assert.equal(result.verification?.outcome, 'verified');
  asMade(here);
  assert.deepEqual(
    here.writes().filter((call) => call.startsWith('s3:')),
    [
      's3:CreateBucket',
      's3:PutBucketTagging',
      's3:PutBucketPublicAccessBlock',
      's3:PutEncryptionConfiguration',
      's3:PutBucketPolicy',
    ],
  );
  here.calls.length = 0;
  const again = await planIn(here, wish());
  assert.equal((await carryOut(again, here.outside())).ok, true);
  assert.deepEqual(here.writes(), []);
});

test('a bucket that a run which died left half made is finished by running again, wherever it died', async () => {
  const calls = [
    's3:CreateBucket',
    's3:PutBucketTagging',
    's3:PutBucketPublicAccessBlock',
    's3:PutEncryptionConfiguration',
    's3:PutBucketPolicy',
  ];
  for (const call of calls)
    for (const fault of ['refuse', 'drop', 'lost'] as const) {
      const here = worldWithProvider();
      here.onCall = (name) => (name === call ? fault : undefined);
      const first = await carryOut(await planIn(here, wish()), here.outside());
      assert.equal(first.ok, fault === 'lost', `${call} ${fault}`);
      here.onCall = () => undefined;
      const plan = await planIn(here, wish());
      assert.deepEqual(blockers(plan), [], `${call} ${fault}`);
      assert.equal((await carryOut(plan, here.outside())).ok, true, `${call} ${fault}`);
      asMade(here);
    }
});

test('the same plan carried out again finishes it, too', async () => {
  const here = worldWithProvider();
  const plan = await planIn(here, wish());
  here.onCall = (name) => (name === 's3:PutEncryptionConfiguration' ? 'refuse' : undefined);
  assert.equal((await carryOut(plan, here.outside())).ok, false);
  here.onCall = () => undefined;
  assert.equal((await carryOut(plan, here.outside())).ok, true);
  asMade(here);
});

test('two plans that both make the bucket both end well: the second keeps it', async () => {
  const here = worldWithProvider();
  const [one, two] = [await planIn(here, wish()), await planIn(here, { ...wish(), profile: 'team-y' })];
  assert.equal((await carryOut(one, here.outside())).ok, true);
  const made = settingsOf(here);
  const second = await carryOut(two, here.outside());
  assert.equal(second.rows.find(({ row }) => row.id === 'bucket')?.state, 'kept');
  assert.equal(second.ok, true);
  assert.deepEqual(settingsOf(here), made);
});

test('a second plan sees the bucket that the first will make', async () => {
  const here = worldWithProvider();
  const { facts } = await lookAt(wish(), here.aws, here.connect);
  const later = planProfile(wish(), facts.after(planProfile(wish(), facts)));
  assert.equal(rows(later).find(({ id }) => id === 'bucket')?.kind, 'keep');
});

test('a name that another account has is said before any write, and in the run', async () => {
  const here = worldWithProvider();
  here.buckets.set(NEW, { region: 'eu-west-1' });
  const plan = await planIn(here, wish());
  assert.match(blockers(plan)[0]?.reason ?? '', /^The name kubeflow-new is taken: .* Choose another name/);
  here.buckets.delete(NEW);
  const free = await planIn(here, wish());
  here.buckets.set(NEW, { region: 'eu-west-1' });
  const result = await carryOut(free, here.outside());
  assert.match(
    result.rows.find(({ state }) => state === 'failed')?.reason ?? '',
    /taken by a bucket of another account/,
  );
  assert.deepEqual(here.writes(), []);
});

test('a bucket of another account: taken where one is to be made; else its policy must let the role in, which is said', () => {
  const bucket = found({ name: BUCKET, region: 'us-west-2', accessible: true, foreign: true as const });
  assert.match(blockers(planned({ bucket }, { createBucket: true }))[0]?.reason ?? '', /^The name artifacts is taken/);
  const plan = planned({ bucket });
  assert.deepEqual(blockers(plan), []);
  assert.ok(
    plan.warnings.includes('Bucket artifacts belongs to another account: its bucket policy must allow the role, too.'),
  );
});

test('a bucket of the account that somebody set up is used as it is, and nothing of it is changed', async () => {
  const here = worldWithProvider();
  const before = settingsOf(here, BUCKET);
  const plan = await planIn(here, wish({ bucket: BUCKET }));
  const need = plan.needs.find(({ id }) => id === 'bucket');
  assert.match(
    need?.reason ?? '',
    /is there already and stays as it is\. Look at it: public access is not blocked, access lists are not switched off, its policy does not ask for TLS/,
  );
  assert.equal((await carryOut(plan, here.outside())).ok, true);
  assert.deepEqual(settingsOf(here, BUCKET), before);
});

test('a bucket that somebody made between plan and run is left alone', async () => {
  const here = worldWithProvider();
  const plan = await planIn(here, wish());
  const theirs = { ...PLAIN, tags: { team: 'data' } };
  here.buckets.set(NEW, { region: 'us-west-2', settings: theirs });
  const result = await carryOut(plan, here.outside());
  assert.equal(result.ok, false);
  assert.match(
    result.rows.find(({ state }) => state === 'failed')?.reason ?? '',
    /made by somebody else since the plan/,
  );
  assert.deepEqual(settingsOf(here), theirs);
});

test('finishing one of ours keeps what others added: tags and statements', async () => {
  const here = worldWithProvider();
  const statement = {
    Sid: 'Theirs',
    Effect: 'Allow',
    Principal: { AWS: ROOT },
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${NEW}/*`,
  };
  here.buckets.set(NEW, {
    region: 'us-west-2',
    settings: {
      ...PLAIN,
      tags: { [TAG.maker]: 'kubeflow-irsa', team: 'data' },
      policy: withPolicy(statement),
      empty: false,
    },
  });
  const plan = await planIn(here, wish());
  assert.equal(rows(plan).find(({ id }) => id === 'bucket')?.kind, 'change');
  assert.ok(permissionsOf(plan).aws.includes('s3:GetBucketPolicy'));
  assert.equal((await carryOut(plan, here.outside())).ok, true);
  asMade(here);
  assert.equal(settingsOf(here)?.tags['team'], 'data');
  assert.deepEqual((JSON.parse(settingsOf(here)?.policy ?? '') as { Statement: unknown[] }).Statement[0], statement);
});

test('undo never deletes a bucket, and says so', async () => {
  const here = worldWithProvider();
  const journal = memoryJournal();
  assert.equal((await carryOut(await planIn(here, wish()), here.outside(), { journal })).ok, true);
  const made = settingsOf(here);
  const { ok, changes } = await undo(journal.entries(), here.outside(), () => Promise.resolve(true));
  assert.equal(ok, true);
  const bucket = changes.find(({ change }) => change.ref.kind === 's3/bucket');
  assert.equal(bucket?.state, 'left');
  assert.match(bucket.reason ?? '', /a bucket is never deleted here, nor what is in it/);
  assert.deepEqual(settingsOf(here), made);
  assert.equal(here.roles.size, 0);
});

test('a run that goes on knows its own bucket, and another one keeps it', async () => {
  const here = worldWithProvider();
  const plan = await planIn(here, wish());
  here.onCall = (name) => (name === 'iam:CreateRole' ? 'refuse' : undefined);
  const state = async (run: string): Promise<string | undefined> =>
    (await carryOut(plan, here.outside(), { run })).rows.find(({ row }) => row.id === 'bucket')?.state;
  assert.deepEqual([await state('one'), await state('one'), await state('two')], ['done', 'done', 'kept']);
});

test('a bucket with a key: it is made with that key, the role may use it, and the proof passes', async () => {
  const here = worldWithProvider();
  for (const name of [KEY, 'alias/data']) here.keys.set(name, key());
  const plan = await planIn(here, wish({ bucketKey: 'alias/data' }));
  assert.deepEqual(blockers(plan), []);
  const result = await carryOut(plan, here.outside());
  assert.equal(result.verification?.outcome, 'verified', JSON.stringify(result.rows));
  assert.deepEqual(settingsOf(here)?.encryption, { algorithm: 'aws:kms', key: KEY });
  assert.equal(isWritten(await planIn(here, wish({ bucketKey: 'alias/data' }))), false);
});
const isWritten = (plan: Plan): boolean => rows(plan).some(({ kind }) => ['create', 'change', 'delete'].includes(kind));

test('what finding it out needs is named in the plan', () => {
  const bare = permissionsOf(planned({})).aws;
  assert.ok(bare.includes('s3:GetEncryptionConfiguration') && !bare.some((one) => one.startsWith('kms:')));
  const keyed = permissionsOf(planned(encrypted(KEY, denied('kms:DescribeKey', '')))).aws;
  assert.ok(keyed.includes('kms:DescribeKey') && keyed.includes('kms:GetKeyPolicy'));
  assert.ok(!bare.includes('s3:GetBucketTagging'));
  assert.ok(permissionsOf(planned({}, { createBucket: true })).aws.includes('s3:GetBucketTagging'));
});

test('a bucket that is not there: the plan offers to make it', () => {
  const plan = planned({ bucket: absent });
  assert.equal(blockers(plan)[0]?.consent, 'createBucket');
  assert.deepEqual(blockers(planned({ bucket: absent }, { createBucket: true })), []);
  const wrong = planProfile(
    requestFor('team-x', { createBucket: true, bucket: BUCKET }),
    factsFrom('team-x', { ...empty, bucket: failed('no answer') }),
  );
  assert.match(blockers(wrong)[0]?.reason ?? '', /Bucket artifacts cannot be read/);
});

test('a put that KMS refuses: the proof says which statement is lacking', async () => {
  const here = worldWithProvider();
  const plan = await planIn(here, requestFor('team-x'));
  // The bucket gets a key after the plan was made.
  here.keys.set(KEY, key({ policy: keyPolicy(allow(OTHER)) }));
  here.buckets.set(BUCKET, {
    region: 'us-west-2',
    settings: { ...PLAIN, encryption: { algorithm: 'aws:kms', key: KEY } },
  });
  const first = await carryOut(plan, here.outside());
  assert.match(first.rows.at(-1)?.reason ?? '', /KP-047: The role's policy must allow kms:GenerateDataKey/);
  // Now the plan knows better, before any write.
  const next = await planIn(here, requestFor('team-x'));
  assert.match(blockers(next)[0]?.reason ?? '', /KP-047/);
  // The role may, the key's policy does not let it in.
  const role = here.roles.get('team-x-dev-role');
  assert.ok(role !== undefined);
  const text = policyText(permissionsPolicy('aws', BUCKET, 'team-x', 'prefix', KEY));
  here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text }] });
  const { proofs } = await prove(next.proofs, here.outside(), { touch: true, settled: true });
  const failures = proofs.filter(({ ok }) => !ok).map(({ text: sentence }) => sentence);
  assert.match(
    failures.join('\n'),
    /KP-047: The policy of the bucket's KMS key must let the role in\. Add this statement to it: \{"Effect":"Allow"/,
  );
});

test('what a bucket lacks, and whether two readings of one are the same', () => {
  const settings = wantedSettings('aws', BUCKET, { [TAG.maker]: 'x', team: 'a' }, { algorithm: 'aws:kms', key: KEY });
  const laidOut = JSON.stringify(JSON.parse(settings.policy ?? ''));
  const { publicAccessBlocked, ownership = '', tags, empty } = settings;
  const bare: BucketSettings = { publicAccessBlocked, ownership, tags, empty };
  const rows: readonly (readonly [name: string, there: BucketSettings, lacks: readonly string[], same: boolean])[] = [
    ['the same', settings, [], true],
    ['the policy laid out in another way', { ...settings, policy: laidOut }, [], true],
    ['the key by its id', { ...settings, encryption: { algorithm: 'aws:kms', key: ID } }, [], true],
    ['tags in another order', { ...settings, tags: { team: 'a', [TAG.maker]: 'x' } }, [], true],
    ['more tags', { ...settings, tags: { ...settings.tags, more: 'b' } }, [], false],
    ['another value of a tag', { ...settings, tags: { ...settings.tags, team: 'b' } }, [], false],
    ['a tag less', { ...settings, tags: { [TAG.maker]: 'x' } }, ['tags'], false],
    ['open to the public', { ...settings, publicAccessBlocked: false }, ['publicAccessBlocked'], false],
    ['access lists', { ...settings, ownership: 'ObjectWriter' }, ['ownership'], false],
    ['another key', { ...settings, encryption: { algorithm: 'aws:kms', key: 'x' } }, ['encryption'], false],
    ['another algorithm', { ...settings, encryption: { algorithm: 'aws:kms:dsse', key: KEY } }, ['encryption'], false],
    ['no encryption set', { ...bare, policy: laidOut }, ['encryption'], false],
    ['another policy', { ...settings, policy: '{}' }, ['policy'], false],
    ['a policy that cannot be read', { ...settings, policy: '{' }, ['policy'], false],
    [
      'nothing of it',
      { publicAccessBlocked: false, tags: {}, empty: true },
      ['tags', 'publicAccessBlocked', 'ownership', 'encryption', 'policy'],
      false,
    ],
  ];
  for (const [name, there, lacks, same] of rows) {
    const bucket = { name: BUCKET, region: 'us-west-2', accessible: true, settings: there };
    assert.deepEqual(lackingSettings(bucket, settings), lacks, name);
    assert.equal(hasSettings(bucket, settings), lackingSettings(bucket, settings).length === 0, name);
    assert.equal(sameSettings(there, settings), same, name);
    assert.equal(sameSettings(settings, there), same, name);
  }
  assert.equal(lackingSettings({ name: BUCKET, region: 'us-west-2', accessible: true }, settings).length, 5);
  assert.ok(hasSettings({ name: BUCKET, region: 'us-west-2', accessible: true }, undefined));
  assert.ok(sameSettings(undefined, settings) && sameSettings(settings, undefined));
  assert.deepEqual(
    lackingSettings(
      { name: BUCKET, region: 'us-west-2', accessible: true, settings },
      { ...settings, tags: { [TAG.run]: 'x' } },
    ),
    [],
  );
  assert.deepEqual(
    lackingSettings(
      { name: BUCKET, region: 'us-west-2', accessible: true, settings: { ...bare, encryption: S3_KEYS } },
      { ...bare, encryption: S3_KEYS },
    ),
    [],
  );
});

test('only a bucket that is ours, or of which nothing was made yet, is finished', () => {
  const nothing: BucketSettings = { publicAccessBlocked: false, tags: {}, empty: true };
  assert.ok(isOursToFinish(nothing));
  assert.ok(isOursToFinish({ ...nothing, tags: { [TAG.maker]: 'x' }, policy: '{}', empty: false }));
  for (const more of [{ tags: { a: 'b' } }, { policy: '{}' }, { empty: false }])
    assert.ok(!isOursToFinish({ ...nothing, ...more }));
});

test('whole plans, by the key, the bucket and what is wished of it', () => {
  const OTHER_KEY = KEY.replace('1234', '5678');
  const settings: BucketSettings = { publicAccessBlocked: false, tags: {}, empty: true };
  const bucket = (more: object): Partial<Readings> => ({
    bucket: found({ name: BUCKET, region: 'us-west-2', accessible: true, ...more }),
  });
  const theirs = { ...settings, empty: false, tags: { team: 'data' } };
  const buckets: readonly (readonly [string, Partial<Readings>])[] = [
    ...KEYS.map(([name, readings]) => [name, readings] as const),
    ['the bucket: absent', { bucket: absent }],
    ['the bucket: absent, its key is looked at', { bucket: absent, ...encrypted(KEY, found(key())) }],
    ['the bucket: absent, the wished key is', { bucket: absent, key: [OTHER_KEY, found(key({ arn: OTHER_KEY }))] }],
    ['the bucket: absent, the wished key is gone', { bucket: absent, key: [OTHER_KEY, absent] }],
    ['the bucket: absent, the wished key may not be', { bucket: absent, key: [OTHER_KEY, denied('kms:X', 'No.')] }],
    ['the bucket: may not be looked at', { bucket: denied('s3:ListBucket', 'No.') }],
    ['the bucket: no answer', { bucket: failed('broken off') }],
    ['the bucket: no answer, and of no cluster', { bucket: absent, cluster: absent }],
    ['the bucket: of another partition', bucket({ region: 'cn-north-1' })],
    ['the bucket: of another region', bucket({ region: 'eu-central-1' })],
    ['the bucket: of a region that is not known', bucket({ region: 'nowhere-1' })],
    ['the bucket: foreign', bucket({ foreign: true })],
    ['the bucket: not to be used', bucket({ accessible: false })],
    ['the bucket: empty, nothing set', bucket({ settings })],
    ['the bucket: empty, nothing set, of no cluster', { ...bucket({ settings }), cluster: absent }],
    ['the bucket: somebody set it up', bucket({ settings: theirs })],
    [
      'the bucket: somebody set it up well',
      bucket({ settings: { ...theirs, publicAccessBlocked: true, ownership: 'BucketOwnerEnforced' } }),
    ],
    [
      'the bucket: its own settings name a key',
      bucket({ settings: { ...theirs, encryption: { algorithm: 'aws:kms', key: KEY } } }),
    ],
  ];
  const wishes: readonly (readonly [string, Partial<Request>])[] = [
    ['used', {}],
    ['made', { createBucket: true }],
    ['made with a key', { createBucket: true, bucketKey: OTHER_KEY }],
    ["made with AWS' key", { createBucket: true, bucketKey: 'alias/aws/s3' }],
    ['made by a name that is none', { createBucket: true, bucket: 'aws-Data' }],
    ['only read', { access: 'read-only' }],
  ];
  const lines = (readings: Partial<Readings>, wish: Partial<Request>): readonly string[] => {
    const plan = planned(readings, wish);
    const { after, before } = changeOf(plan, 's3/bucket') ?? {};
    return [
      ...told(plan),
      ...(after === undefined ? [] : [`from ${JSON.stringify(before)} to ${JSON.stringify(after)}`]),
      ...permissionsOf(plan).aws.map((one) => `needs ${one}`),
      `the key ${JSON.stringify(statementOf(plan)?.Resource)}`,
    ];
  };
  const rule = lines({}, {});
  asKept('plans/bucket', [
    ...rule,
    ...buckets.flatMap(([name, readings]) =>
      wishes
        .filter(([how]) => name.startsWith('the bucket') || how === 'used' || how === 'only read')
        .flatMap(([how, wish]) => [
          `${name}, ${how}:`,
          ...besides(lines(readings, wish), rule).map((line) => `  ${line}`),
        ]),
    ),
  ]);
});
