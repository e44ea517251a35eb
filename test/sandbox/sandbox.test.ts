// The sandbox itself: is it as strict as AWS, EKS and Kubeflow where the product depends on it, and does it end cleanly?
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeClusterCommand, EKSClient, ListClustersCommand, paginateListClusters } from '@aws-sdk/client-eks';
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  IAMClient,
  ListRolesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
  type Credentials,
} from '@aws-sdk/client-sts';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { startSandbox, type RunningCluster, type Sandbox } from '../../sandbox/index.ts';
import { kubeClient, KubeError, type KubeObject } from '../../sandbox/kube.ts';
import { profileManifest, type UserName } from '../../sandbox/seed.ts';
import { call } from '../../sandbox/sigv4.ts';
import { SEED_VARIABLE, variationFrom } from '../../sandbox/variation.ts';

const BUCKET = 'kubeflow-artifacts-111122223333';
const ROLE = 'arn:aws:iam::111122223333:role';
const PROFILES = '/apis/kubeflow.org/v1/profiles';

let sandbox: Sandbox;
let dev: RunningCluster;
let iam: IAMClient;
let sts: STSClient;
before(async () => {
  sandbox = await startSandbox();
  dev = sandbox.clusters.kubeflowDev;
  iam = new IAMClient(client('sandbox-admin'));
  sts = new STSClient(client('sandbox-admin'));
});
after(() => sandbox.stop());

const client = (user: 'sandbox-admin' | 'sandbox-readonly' | 'other-account-admin', region = 'us-west-2') => ({
  region,
  endpoint: sandbox.endpoint,
  credentials: sandbox.credentials[user],
  maxAttempts: 1,
});
const issuer = (cluster: RunningCluster = dev): string => cluster.issuer.slice('https://'.length);
const sub = (namespace: string, name = 'default-editor'): string => `system:serviceaccount:${namespace}:${name}`;

/** A service account's token, as a pod gets it. */
async function tokenOf(
  namespace: string,
  name = 'default-editor',
  audience = 'sts.amazonaws.com',
  cluster = dev,
): Promise<string> {
  const review = await cluster.kube.request<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [audience], expirationSeconds: 3600 },
    },
  );
  return review.status.token;
}
/** A token that we sign, with some claims other than the cluster's. */
function forge(claims: { iss?: string; sub?: string; exp?: number }, key: KeyObject, keyId: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { iss = dev.issuer, sub: subject = sub('team-a'), exp = now + 600 } = claims;
  return new SignJWT({ iss, sub: subject, aud: ['sts.amazonaws.com'], iat: now - 7200, exp })
    .setProtectedHeader({ alg: 'RS256', kid: keyId })
    .sign(key);
}
const assume = async (token: string, role: string, seconds?: number): Promise<Credentials> => {
  const { Credentials: credentials } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: `${ROLE}/${role}`,
      RoleSessionName: 'test',
      WebIdentityToken: token,
      ...(seconds === undefined ? {} : { DurationSeconds: seconds }),
    }),
  );
  assert.ok(credentials);
  return credentials;
};
const named = (name: string, message = /(?:)/) => ({ name, message });
const trust = (statement: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer()}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        ...statement,
      },
    ],
  });
const createRole = (RoleName: string, AssumeRolePolicyDocument = trust({})) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
/**
 * Asks until the answer satisfies, at most a minute: for what the cluster does in its own time. (The garbage collector looks
 * every 30 s for kinds that are new.)
 */
async function eventually<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    assert.ok(Date.now() < end, `not there after 60 s; last: ${JSON.stringify(answer)}`);
  }
}

describe('the account', () => {
  test('has three clusters in two regions, with the endpoints that answer', async () => {
    const eks = new EKSClient(client('sandbox-admin'));
    const names: string[] = [];
    for await (const { clusters = [] } of paginateListClusters({ client: eks }, {})) names.push(...clusters);
    assert.deepEqual(names, ['kubeflow-dev', 'legacy']);
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'kubeflow-dev' }));
    assert.equal(cluster?.endpoint, dev.endpoint);
    assert.equal(cluster.identity?.oidc?.issuer, dev.issuer);
    assert.match(dev.issuer, /^https:\/\/oidc\.eks\.us-west-2\.amazonaws\.com\/id\/[0-9A-F]{32}$/);
    assert.equal(cluster.version, '1.36');
    assert.equal(Buffer.from(cluster.certificateAuthority?.data ?? '', 'base64').toString(), dev.ca);
    const inFrankfurt = await new EKSClient(client('sandbox-admin', 'eu-central-1')).send(new ListClustersCommand({}));
    assert.deepEqual(inFrankfurt.clusters, ['analytics']);
    await assert.rejects(fetch(sandbox.clusters.legacy.endpoint));
  });

  test('knows its callers', async () => {
    const whoami = async (user: Parameters<typeof client>[0]) =>
      (await new STSClient(client(user)).send(new GetCallerIdentityCommand({}))).Arn;
    assert.equal(await whoami('sandbox-admin'), 'arn:aws:iam::111122223333:user/sandbox-admin');
    assert.equal(await whoami('other-account-admin'), 'arn:aws:iam::444455556666:user/other-account-admin');
    const wrong = { ...client('sandbox-admin'), credentials: { accessKeyId: 'AKIAWRONG', secretAccessKey: 'x' } };
    await assert.rejects(new STSClient(wrong).send(new GetCallerIdentityCommand({})), named('InvalidClientTokenId'));
    await assert.rejects(new EKSClient(wrong).send(new ListClustersCommand({})), named('UnrecognizedClientException'));
    await assert.rejects(new S3Client(wrong).send(new ListBucketsCommand({})), named('InvalidAccessKeyId'));
  });

  test('lets a reader read and says which action it denies', async () => {
    const reader = new IAMClient(client('sandbox-readonly'));
    const { Role } = await reader.send(new GetRoleCommand({ RoleName: 'team-a-kubeflow-dev-role' }));
    assert.equal(Role?.Arn, `${ROLE}/team-a-kubeflow-dev-role`);
    await assert.rejects(
      reader.send(new CreateRoleCommand({ RoleName: 'denied', AssumeRolePolicyDocument: trust({}) })),
      named('AccessDenied', /sandbox-readonly is not authorized to perform: iam:CreateRole/),
    );
  });

  test('says what went wrong as the query protocol does: ErrorResponse, Error, Code', async () => {
    const said = async (user: UserName, parameters: Record<string, string>, service: 'iam' | 'sts' = 'iam') => {
      const { status, text } = await call(sandbox.endpoint, {
        service,
        region: 'us-east-1',
        credentials: sandbox.credentials[user],
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          Version: service === 'iam' ? '2010-05-08' : '2011-06-15',
          ...parameters,
        }).toString(),
      });
      return `${status} ${/^(?:<\?xml[^>]*>\s*)?<ErrorResponse[^>]*>\s*<Error>[^]*?<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`;
    };
    const create = { Action: 'CreateRole', RoleName: 'denied', AssumeRolePolicyDocument: trust({}) };
    assert.equal(await said('sandbox-readonly', create), '403 AccessDenied');
    assert.equal(await said('sandbox-admin', { Action: 'GetRole', RoleName: 'nobody' }), '404 NoSuchEntity');
    assert.equal(await said('sandbox-admin', { ...create, RoleName: 'a role' }), '400 ValidationError');
    const assumed = { Action: 'AssumeRole', RoleArn: `${ROLE}/eks-cluster-role`, RoleSessionName: 'x' };
    assert.equal(await said('sandbox-readonly', assumed, 'sts'), '403 AccessDenied');
  });

  test('refuses expired credentials, each service in its own words', async () => {
    const text = readFileSync(sandbox.env['AWS_SHARED_CREDENTIALS_FILE'] ?? '', 'utf8');
    const value = (name: string): string => new RegExp(`\\[expired\\][^[]*?${name} = (\\S+)`).exec(text)?.[1] ?? '';
    const credentials = {
      accessKeyId: value('aws_access_key_id'),
      secretAccessKey: value('aws_secret_access_key'),
      sessionToken: value('aws_session_token'),
    };
    const options = { ...client('sandbox-admin'), credentials };
    await assert.rejects(new STSClient(options).send(new GetCallerIdentityCommand({})), named('ExpiredToken'));
    await assert.rejects(new EKSClient(options).send(new ListClustersCommand({})), named('ExpiredTokenException'));
    await assert.rejects(new S3Client(options).send(new ListBucketsCommand({})), named('ExpiredToken'));
  });

  test('has buckets in two regions and says where a bucket is', async () => {
    const s3 = new S3Client(client('sandbox-admin'));
    assert.equal((await s3.send(new HeadBucketCommand({ Bucket: BUCKET }))).BucketRegion, 'us-west-2');
    const elsewhere = { Bucket: 'ml-artifacts-eu-111122223333' };
    await assert.rejects(s3.send(new ListObjectsV2Command(elsewhere)), named('PermanentRedirect'));
    const answer = await new S3Client(client('sandbox-admin', 'eu-central-1')).send(new HeadBucketCommand(elsewhere));
    assert.equal(answer.BucketRegion, 'eu-central-1');
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({ MaxBuckets: 100 }));
    assert.deepEqual(
      Buckets.map(({ BucketRegion }) => BucketRegion),
      ['us-west-2', 'eu-central-1'],
    );
  });

  test('counts calls, without its own', async () => {
    sandbox.resetCalls();
    const s3 = new S3Client(client('sandbox-admin'));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'c d+é.bin', Body: 'x' }));
    assert.equal(
      await (await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'c d+é.bin' }))).Body?.transformToString(),
      'x',
    );
    await iam.send(new GetRoleCommand({ RoleName: 'team-a-kubeflow-dev-role' }));
    await new EKSClient(client('sandbox-admin')).send(new DescribeClusterCommand({ name: 'legacy' }));
    await assert.rejects(assume('not.a.token', 'team-a-kubeflow-dev-role'));
    const counted = await (await fetch(sandbox.callsUrl)).json();
    assert.deepEqual(counted, {
      'eks:DescribeCluster': 1,
      'iam:GetRole': 1,
      's3:GetObject': 1,
      's3:PutObject': 1,
      'sts:AssumeRoleWithWebIdentity': 1,
    });
    await fetch(sandbox.callsUrl, { method: 'DELETE' });
    assert.deepEqual(sandbox.calls(), {});
  });

  test('fails a call on request, as often as told', async () => {
    const fault = { call: 'iam:GetRole', times: 1, status: 400, code: 'Throttling', message: 'Rate exceeded' };
    await fetch(sandbox.controlUrl, { method: 'POST', body: JSON.stringify({ faults: [fault] }) });
    const read = () => iam.send(new GetRoleCommand({ RoleName: 'team-a-kubeflow-dev-role' }));
    await assert.rejects(read(), named('Throttling', /Rate exceeded/));
    await read();
  });

  test('breaks a connection off before or after the work, and delays, as often as told', async () => {
    const once = { call: 'iam:CreateRole', times: 1 };
    const reset = named('TimeoutError', /ECONNRESET/);
    const roleNow = (RoleName: string) => iam.send(new GetRoleCommand({ RoleName }));

    sandbox.control({ faults: [{ ...once, connection: 'reset' }] });
    await assert.rejects(createRole('unmade'), reset);
    await assert.rejects(roleNow('unmade'), named('NoSuchEntityException'));

    sandbox.control({ faults: [{ ...once, connection: 'lost' }] });
    await assert.rejects(createRole('made'), reset);
    assert.equal((await roleNow('made')).Role?.RoleName, 'made');
    await assert.rejects(createRole('made'), named('EntityAlreadyExistsException'));

    // The SDK calls again by itself, and is told that the role is there.
    sandbox.control({ faults: [{ ...once, connection: 'lost' }] });
    sandbox.resetCalls();
    const patient = new IAMClient({ ...client('sandbox-admin'), maxAttempts: 3 });
    const command = { RoleName: 'made-unseen', AssumeRolePolicyDocument: trust({}) };
    await assert.rejects(patient.send(new CreateRoleCommand(command)), named('EntityAlreadyExistsException'));
    assert.equal(sandbox.calls()['iam:CreateRole'], 2);

    // An object, whose answer is streamed, and a call that is refused.
    sandbox.control({
      faults: [
        { call: 's3:PutObject', times: 1, connection: 'lost' },
        { call: 's3:GetObject', times: 1, connection: 'lost' },
        { ...once, connection: 'lost' },
      ],
    });
    const s3 = new S3Client(client('sandbox-admin'));
    await assert.rejects(s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'lost.bin', Body: 'x' })), reset);
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'lost.bin' })), reset);
    assert.equal((await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'lost.bin' }))).ContentLength, 1);
    await assert.rejects(createRole('made'), reset);

    // One that is delayed is given up by a caller that waits less, and works for one that waits.
    const delayed = { call: 'iam:GetRole', times: 2, delayMs: 300 };
    sandbox.control({ faults: [{ ...delayed, delayMs: 600_000 }] });
    await assert.rejects(
      iam.send(new GetRoleCommand({ RoleName: 'made' }), { abortSignal: AbortSignal.timeout(200) }),
      named('AbortError'),
    );
    sandbox.control({ faults: [delayed, { ...once, call: 'iam:GetRole', connection: 'reset' }] });
    await roleNow('made');
    await roleNow('made');
    await assert.rejects(roleNow('made'), reset);
    await roleNow('made');
    assert.deepEqual(
      ((await (await fetch(sandbox.controlUrl)).json()) as { faults: { times: number }[] }).faults.map(
        ({ times }) => times,
      ),
      [0, 0],
    );
    sandbox.control({ faults: [] });
  });
});

describe('AssumeRoleWithWebIdentity', () => {
  test('accepts the service account that the trust names', async () => {
    const answer = await sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: `${ROLE}/team-a-kubeflow-dev-role`,
        RoleSessionName: 'test',
        WebIdentityToken: await tokenOf('team-a'),
      }),
    );
    assert.equal(answer.SubjectFromWebIdentityToken, sub('team-a'));
    assert.equal(answer.Audience, 'sts.amazonaws.com');
    assert.equal(answer.Provider, `arn:aws:iam::111122223333:oidc-provider/${issuer()}`);
  });

  test('accepts anyone of the cluster where the trust names no subject', async () => {
    await assume(await tokenOf('team-a', 'default'), 'team-b-kubeflow-dev-role');
  });

  test('refuses what AWS refuses, with its codes', async () => {
    const good = await tokenOf('team-a');
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const role = 'team-a-kubeflow-dev-role';
    const table: readonly [
      what: string,
      token: string,
      role: string,
      code: string,
      message: RegExp,
      seconds?: number,
    ][] = [
      [
        'another service account',
        await tokenOf('team-a', 'default'),
        role,
        'AccessDenied',
        /Not authorized to perform/,
      ],
      ['another namespace', await tokenOf('team-b'), role, 'AccessDenied', /Not authorized to perform/],
      ['a role that is not there', good, 'nobody', 'AccessDenied', /Not authorized to perform/],
      ['a role for a service', good, 'eks-cluster-role', 'AccessDenied', /Not authorized to perform/],
      [
        'another audience',
        await tokenOf('team-a', 'default-editor', 'https://kubernetes.default.svc'),
        role,
        'InvalidIdentityTokenException',
        /Incorrect token audience/,
      ],
      [
        'an issuer without provider',
        await tokenOf('default', 'default', 'sts.amazonaws.com', sandbox.clusters.analytics),
        role,
        'InvalidIdentityTokenException',
        /No OpenIDConnect provider found in your account for https:\/\/oidc\.eks\.eu-central-1/,
      ],
      ['no token', 'not.a.token', role, 'InvalidIdentityTokenException', /not a valid JWT/],
      ['a foreign signature', await forge({}, other, dev.keyId), role, 'InvalidIdentityTokenException', /validated/],
      [
        'an expired token',
        await forge({ exp: Math.floor(Date.now() / 1000) - 60 }, dev.signingKey, dev.keyId),
        role,
        'ExpiredTokenException',
        /must be before/,
      ],
      ['too long a session', good, role, 'ValidationError', /MaxSessionDuration/, 7200],
      ['too short a session', good, role, 'ValidationError', /between 900 and 43200/, 60],
    ];
    for (const [what, token, roleName, code, message, seconds] of table)
      await assert.rejects(assume(token, roleName, seconds), named(code, message), what);
    // The forged ones fail for their flaw alone.
    await assume(await forge({}, dev.signingKey, dev.keyId), role);
  });

  test('evaluates the trust policy as IAM does', async () => {
    const key = (name: string): string => `${issuer()}:${name}`;
    const aud = { [key('aud')]: 'sts.amazonaws.com' };
    const is = (value: string | string[]) => ({ [key('sub')]: value });
    const table: readonly [what: string, statement: object, allowed: boolean][] = [
      ['exact', { Condition: { StringEquals: { ...aud, ...is(sub('team-a')) } } }, true],
      ['list', { Condition: { StringEquals: is([sub('x'), sub('team-a')]) } }, true],
      ['other namespace', { Condition: { StringEquals: is(sub('team-b')) } }, false],
      ['wildcard under StringEquals', { Condition: { StringEquals: is('system:serviceaccount:team-a:*') } }, false],
      ['wildcard under StringLike', { Condition: { StringLike: is('system:serviceaccount:team-?:default-*') } }, true],
      ['key in another case', { Condition: { StringEquals: { [key('sub').toUpperCase()]: sub('team-a') } } }, true],
      ['key with https://', { Condition: { StringEquals: { [`https://${key('sub')}`]: sub('team-a') } } }, false],
      ['IfExists on a missing key', { Condition: { StringEqualsIfExists: { [key('azp')]: 'x' } } }, true],
      ['missing key', { Condition: { StringEquals: { [key('azp')]: 'x' } } }, false],
      ['negated missing key', { Condition: { StringNotEquals: { [key('azp')]: 'x' } } }, true],
      ['not equal', { Condition: { StringNotEquals: is(sub('team-a')) } }, false],
      ['ForAllValues on a missing key', { Condition: { 'ForAllValues:StringEquals': { [key('amr')]: 'x' } } }, true],
      ['ForAnyValue on a missing key', { Condition: { 'ForAnyValue:StringEquals': { [key('amr')]: 'x' } } }, false],
      ['ForAnyValue', { Condition: { 'ForAnyValue:StringLike': is('*:team-a:*') } }, true],
      ['Null', { Condition: { Null: { [key('sub')]: 'true' } } }, false],
      ['Null false', { Condition: { Null: { [key('sub')]: false } } }, true],
      ['one of two operators fails', { Condition: { StringEquals: aud, StringLike: is('*:team-b:*') } }, false],
      ['action AssumeRole', { Action: 'sts:AssumeRole' }, false],
      ['action in another case', { Action: ['STS:assumerolewithwebidentity', 'sts:TagSession'] }, true],
      ['over TLS', { Condition: { Bool: { 'aws:SecureTransport': true } } }, true],
      ['until a date', { Condition: { DateLessThan: { 'aws:CurrentTime': '2100-01-01T00:00:00Z' } } }, true],
      ['from this machine', { Condition: { IpAddress: { 'aws:SourceIp': ['::1', '127.0.0.0/8'] } } }, true],
      ['operator in another case', { Condition: { STRINGEQUALS: is(sub('team-b')) } }, false],
      ['AWS principal', { Principal: { AWS: '*' }, Action: 'sts:AssumeRole*' }, false],
      ['Deny alone', { Effect: 'Deny' }, false],
    ];
    const token = await tokenOf('team-a');
    sandbox.control({ consistencyMs: 0 });
    await createRole('evaluated');
    for (const [what, statement, allowed] of table) {
      const PolicyDocument = trust(statement);
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'evaluated', PolicyDocument }));
      const call = assume(token, 'evaluated');
      await (allowed ? assert.doesNotReject(call, what) : assert.rejects(call, named('AccessDenied'), what));
    }
    const both = JSON.parse(trust({})) as { Statement: object[] };
    both.Statement.push({ ...both.Statement[0], Effect: 'Deny', Condition: { StringEquals: is(sub('team-a')) } });
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'evaluated', PolicyDocument: JSON.stringify(both) }));
    await assert.rejects(assume(token, 'evaluated'), named('AccessDenied'), 'Deny wins');
    await assume(await tokenOf('team-b'), 'evaluated');
    sandbox.control({ consistencyMs: 300 });
  });

  test('sees a new role only after a while', async () => {
    sandbox.control({ consistencyMs: 60_000 });
    await createRole('fresh');
    const token = await tokenOf('team-a');
    await assert.rejects(assume(token, 'fresh'), named('AccessDenied'));
    sandbox.control({ consistencyMs: 300 });
    await createRole('fresher');
    await eventually(
      () => assume(token, 'fresher').catch(() => undefined),
      (answer) => answer !== undefined,
    );
  });
});

describe('IAM', () => {
  test('refuses roles that AWS refuses', async () => {
    const provider = (name: string) =>
      trust({ Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${name}` } });
    const table: readonly [what: string, name: string, document: string, code: string][] = [
      ['65 characters', 'r'.repeat(65), trust({}), 'ValidationError'],
      ['a space', 'a role', trust({}), 'ValidationError'],
      ['taken in another case', 'TEAM-A-kubeflow-dev-role', trust({}), 'EntityAlreadyExistsException'],
      ['no JSON', 'bad', 'not json', 'MalformedPolicyDocumentException'],
      ['no statement', 'bad', '{"Version":"2012-10-17"}', 'MalformedPolicyDocumentException'],
      ['unknown version', 'bad', trust({}).replace('2012-10-17', '2012-10-18'), 'MalformedPolicyDocumentException'],
      ['unknown field', 'bad', trust({ Conditions: {} }), 'MalformedPolicyDocumentException'],
      ['a resource', 'bad', trust({ Resource: '*' }), 'MalformedPolicyDocumentException'],
      ['no principal', 'bad', trust({ Principal: undefined }), 'MalformedPolicyDocumentException'],
      ['everyone', 'bad', trust({ Principal: '*' }), 'MalformedPolicyDocumentException'],
      ['every provider', 'bad', trust({ Principal: { Federated: '*' } }), 'MalformedPolicyDocumentException'],
      ['a principal without type', 'bad', trust({ Principal: `${ROLE}/x` }), 'MalformedPolicyDocumentException'],
      ['no action', 'bad', trust({ Action: undefined }), 'MalformedPolicyDocumentException'],
      ['action of another service', 'bad', trust({ Action: 's3:GetObject' }), 'MalformedPolicyDocumentException'],
      [
        'unknown operator',
        'bad',
        trust({ Condition: { StringEqual: { a: 'b' } } }),
        'MalformedPolicyDocumentException',
      ],
      ['provider that is not there', 'bad', provider(`${issuer()}0`), 'MalformedPolicyDocumentException'],
      [
        'provider of another account',
        'bad',
        trust({}).replace('111122223333', '444455556666'),
        'MalformedPolicyDocumentException',
      ],
      [
        'over 2,048 characters',
        'bad',
        trust({ Condition: { StringEquals: { a: 'x'.repeat(2048) } } }),
        'LimitExceededException',
      ],
      ['a typographic quote', 'bad', trust({ Sid: '“x”' }), 'ValidationError'],
    ];
    for (const [what, name, document, code] of table)
      await assert.rejects(createRole(name, document), named(code), what);
    await createRole('r'.repeat(64), `${trust({})}${' '.repeat(3000)}`);
    await createRole('in-any-case', trust({ Condition: { stringequals: { a: 'b' } } }));
    for (const PolicyDocument of [trust({ Principal: '*' }), trust({ Principal: { Federated: '*' } })])
      await assert.rejects(
        iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'in-any-case', PolicyDocument })),
        named('MalformedPolicyDocumentException', /Invalid principal in policy: "(STAR|FEDERATED)":"\*"/),
      );
  });

  test('answers path, tags and boundary of a role as AWS does', async () => {
    const PermissionsBoundary = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
    const role = {
      RoleName: 'with-path',
      Path: '/kubeflow/profiles/',
      Tags: [{ Key: 'team', Value: 'a' }],
      AssumeRolePolicyDocument: trust({}),
      PermissionsBoundary,
    };
    const create = (other: Partial<CreateRoleCommandInput>) => iam.send(new CreateRoleCommand({ ...role, ...other }));
    const refused: readonly [what: string, other: Partial<CreateRoleCommandInput>, code: string][] = [
      ['path without slash', { Path: '/kubeflow' }, 'ValidationError'],
      ['boundary that is no ARN', { PermissionsBoundary: 'AmazonS3FullAccess_____' }, 'ValidationError'],
      [
        'boundary that is not there',
        { PermissionsBoundary: 'arn:aws:iam::111122223333:policy/none' },
        'NoSuchEntityException',
      ],
      ['two tags of one name', { Tags: [...role.Tags, { Key: 'Team', Value: 'b' }] }, 'InvalidInputException'],
    ];
    for (const [what, other, code] of refused) await assert.rejects(create(other), named(code), what);
    const { Role: created } = await create({});
    assert.equal(created?.Arn, `${ROLE}/kubeflow/profiles/with-path`);
    assert.deepEqual(created.Tags, role.Tags);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'with-path' }));
    assert.equal(Role?.Path, role.Path);
    assert.deepEqual(Role.Tags, role.Tags);
    assert.equal(Role.PermissionsBoundary?.PermissionsBoundaryArn, PermissionsBoundary);
    // A list leaves them out.
    const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: '/kubeflow/' }));
    assert.deepEqual(
      Roles.map(({ RoleName, Path, Tags, PermissionsBoundary: told }) => [RoleName, Path, Tags, told]),
      [['with-path', role.Path, undefined, undefined]],
    );
    // A name is taken whatever the path; a role is known to STS by its path only.
    await assert.rejects(create({ Path: '/' }), named('EntityAlreadyExistsException'));
    const token = await tokenOf('team-a');
    await eventually(
      () => assume(token, 'kubeflow/profiles/with-path').catch(() => undefined),
      (answer) => answer !== undefined,
    );
    await assert.rejects(assume(token, 'with-path'), named('AccessDenied'));
  });

  test('refuses inline policies that AWS refuses', async () => {
    await createRole('inline');
    const policy = (statement: object): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...statement },
      });
    const put = (document: string, PolicyName = 'p', RoleName = 'inline') =>
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: document }));
    const table: readonly [what: string, document: string, code: string, policyName?: string, role?: string][] = [
      ['no JSON', '{', 'MalformedPolicyDocumentException'],
      ['a principal', policy({ Principal: '*' }), 'MalformedPolicyDocumentException'],
      ['no resource', policy({ Resource: undefined }), 'MalformedPolicyDocumentException'],
      ['a resource that is no ARN', policy({ Resource: 'bucket' }), 'MalformedPolicyDocumentException'],
      ['an action without service', policy({ Action: 'GetObject' }), 'MalformedPolicyDocumentException'],
      ['policy name', policy({}), 'ValidationError', 'a b'],
      ['role that is not there', policy({}), 'NoSuchEntityException', 'p', 'nobody'],
      ['unknown operator', policy({ Condition: { StringEqual: { a: 'b' } } }), 'MalformedPolicyDocumentException'],
      [
        'over 10,240 characters',
        policy({ Resource: Array.from({ length: 110 }, (_, i) => `arn:aws:s3:::${'b'.repeat(80)}${i}`) }),
        'LimitExceededException',
      ],
    ];
    for (const [what, document, code, policyName, role] of table)
      await assert.rejects(put(document, policyName, role), named(code), what);
    // The size counts over all policies of the role, and a policy that is replaced does not count.
    const half = policy({ Resource: Array.from({ length: 60 }, (_, i) => `arn:aws:s3:::${'b'.repeat(80)}${i}`) });
    await put(half, 'one');
    await put(half, 'one');
    await assert.rejects(put(half, 'two'), named('LimitExceededException'));
    await put(
      policy({ Condition: { 'foranyvalue:STRINGLIKEIFEXISTS': { a: 'b' }, datelessthan: { b: '2100-01-01' } } }),
      'any',
    );
    // What is wrong but well-formed is taken, as the mistakes of the AWS page are.
    await put(policy({ Resource: 'arn:aws:s3::::${S3_BUCKET}/*' }), 'three');
  });

  test('keeps OIDC providers as AWS does', async () => {
    const create = (Url: string, ClientIDList: string[] = []) =>
      iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList }));
    await assert.rejects(create('http://example.com'), named('ValidationError'));
    await assert.rejects(create(dev.issuer), named('EntityAlreadyExistsException'));
    const { OpenIDConnectProviderArn } = await create('https://oidc.example.com/id/1', ['other']);
    await iam.send(
      new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: 'sts.amazonaws.com' }),
    );
    const { ClientIDList, Url } = await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
    assert.deepEqual(ClientIDList, ['other', 'sts.amazonaws.com']);
    assert.equal(Url, 'oidc.example.com/id/1');
  });
});

describe('S3 for a role', () => {
  const s3As = async (namespace: string, role = `${namespace}-kubeflow-dev-role`) => {
    const { AccessKeyId, SecretAccessKey, SessionToken } = await assume(await tokenOf(namespace), role);
    const credentials = {
      accessKeyId: AccessKeyId ?? '',
      secretAccessKey: SecretAccessKey ?? '',
      sessionToken: SessionToken ?? '',
    };
    return new S3Client({ ...client('sandbox-admin'), credentials });
  };
  const put = (s3: S3Client, Key: string, Bucket = BUCKET) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

  test('allows what the policy allows, and nothing else', async () => {
    const s3 = await s3As('team-a');
    await put(s3, 'team-a/model.bin');
    await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'team-a/' }));
    await assert.rejects(put(s3, 'team-b/model.bin'), named('AccessDenied'));
    await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket: BUCKET })), named('AccessDenied'));
    await assert.rejects(
      s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'team-b/' })),
      named('AccessDenied'),
    );
    await assert.rejects(s3.send(new ListBucketsCommand({})), named('AccessDenied'));
  });

  test('sees a changed policy only after a while', async () => {
    const allow = (prefix: string) =>
      iam.send(
        new PutRolePolicyCommand({
          RoleName: 'granted',
          PolicyName: 'p',
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${BUCKET}/${prefix}*` }],
          }),
        }),
      );
    sandbox.control({ consistencyMs: 0 });
    await createRole('granted');
    const s3 = await s3As('team-a', 'granted');
    await allow('a/');
    await put(s3, 'a/1');
    sandbox.control({ consistencyMs: 60_000 });
    await allow('');
    await put(s3, 'a/2');
    await assert.rejects(put(s3, 'b/1'), named('AccessDenied'), 'the former policy is in effect');

    sandbox.control({ consistencyMs: 300 });
    await allow('');
    await eventually(
      () => put(s3, 'b/1').catch(() => undefined),
      (answer) => answer !== undefined,
    );
  });

  test('denies everything to the policy of the AWS page', async () => {
    const s3 = await s3As('team-b');
    await assert.rejects(put(s3, 'model.bin'), named('AccessDenied'));
    await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket: BUCKET })), named('AccessDenied'));
  });
});

describe('EKS tokens', () => {
  interface Wanted {
    user?: 'sandbox-admin' | 'sandbox-readonly' | 'other-account-admin';
    cluster?: string;
    host?: string;
    date?: Date;
    secretAccessKey?: string;
    clusterHeader?: boolean;
    path?: string;
  }
  async function mint({
    user = 'sandbox-admin',
    cluster = 'kubeflow-dev',
    host = 'sts.us-west-2.amazonaws.com',
    ...more
  }: Wanted) {
    const { date = new Date(), secretAccessKey, clusterHeader = true, path: pathname = '/' } = more;
    const credentials = { ...sandbox.credentials[user], ...(secretAccessKey === undefined ? {} : { secretAccessKey }) };
    const signer = new SignatureV4({
      service: 'sts',
      region: 'us-west-2',
      credentials,
      sha256: Sha256,
      applyChecksum: false,
    });
    const { query = {} } = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname: host,
        path: pathname,
        query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
        headers: { host, ...(clusterHeader ? { 'x-k8s-aws-id': cluster } : {}) },
      },
      {
        expiresIn: 60,
        signingDate: date,
        unhoistableHeaders: new Set(['x-k8s-aws-id']),
        signableHeaders: new Set(['host', 'x-k8s-aws-id']),
      },
    );
    const search = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
    const scheme = host.startsWith('127.0.0.1') ? 'http' : 'https';
    return `k8s-aws-v1.${Buffer.from(`${scheme}://${host}${pathname}?${search.join('&')}`).toString('base64url')}`;
  }
  /** By the cluster's clock, which a seed sets otherwise. */
  const aged = (minutes: number): Date =>
    new Date(Date.now() + (variationFrom(process.env[SEED_VARIABLE])?.clockMs ?? 0) - minutes * 60_000);
  /** What the webhook says: the user, or why it refuses. */
  async function review(token: string): Promise<string> {
    const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } });
    const answer = await fetch(`${sandbox.endpoint}/_sandbox/authenticate/kubeflow-dev`, { method: 'POST', body });
    const { status } = (await answer.json()) as { status: { user?: { username: string }; error?: string } };
    return status.user?.username ?? status.error ?? '';
  }

  test('are accepted and mapped, and work against the API server', async () => {
    assert.equal(await review(await mint({})), 'sandbox-admin');
    assert.equal(await review(await mint({ host: 'sts.amazonaws.com' })), 'sandbox-admin');
    assert.equal(await review(await mint({ host: new URL(sandbox.endpoint).host })), 'sandbox-admin');
    assert.equal(await review(await mint({ date: aged(14) })), 'sandbox-admin');
    const reader = kubeClient({ server: dev.endpoint, ca: dev.ca, token: await mint({ user: 'sandbox-readonly' }) });
    assert.equal((await reader.request<{ items: unknown[] }>('GET', PROFILES)).items.length >= 2, true);
    await assert.rejects(
      reader.request('POST', PROFILES, profileManifest('denied', 'x@example.com', 'x')),
      (error: unknown) => error instanceof KubeError && error.status === 403,
    );
    reader.close();
    const stranger = kubeClient({ server: dev.endpoint, ca: dev.ca, token: await mint({ cluster: 'analytics' }) });
    await assert.rejects(
      stranger.request('GET', PROFILES),
      (error: unknown) => error instanceof KubeError && error.status === 401,
    );
    stranger.close();
  });

  test('are refused as EKS refuses them', async () => {
    const table: readonly [what: string, token: string, reason: RegExp][] = [
      ['no prefix', 'abc', /no prefix/],
      ['wrong secret', await mint({ secretAccessKey: 'wrong' }), /SignatureDoesNotMatch/],
      ['another cluster', await mint({ cluster: 'analytics' }), /SignatureDoesNotMatch/],
      ['16 minutes old', await mint({ date: aged(16) }), /token expired/],
      ['from the future', await mint({ date: aged(-16) }), /from the future/],
      ['another host', await mint({ host: 'sts.example.com' }), /unexpected host/],
      ['another path', await mint({ path: '/x' }), /unexpected path/],
      ['cluster not signed', await mint({ clusterHeader: false }), /lacks host or x-k8s-aws-id/],
      ['a stranger', await mint({ user: 'other-account-admin' }), /not mapped/],
    ];
    for (const [what, token, reason] of table) assert.match(await review(token), reason, what);
  });
});

describe('the profile controller', () => {
  const create = (name: string, plugins: object, other: object = {}): Promise<KubeObject> =>
    dev.kube.request('POST', PROFILES, {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata: { name },
      spec: { owner: { kind: 'User', name: 'carol@example.com' }, plugins: [plugins].flat(), ...other },
    });
  const patch = (path: string, change: object): Promise<KubeObject> =>
    dev.kube.request('PATCH', path, change, 'application/merge-patch+json');
  const touch = (name: string): Promise<KubeObject> =>
    patch(`${PROFILES}/${name}`, { metadata: { labels: { touched: 'yes' } } });
  const finalizers = async (name: string): Promise<readonly string[]> =>
    (await dev.kube.find(`${PROFILES}/${name}`))?.metadata.finalizers ?? [];
  /** Resolves when the controller has logged this of a profile (or of itself) so many more times. */
  const logged = async (name: string, text: RegExp, times = 1): Promise<void> => {
    const lines = (): number =>
      sandbox.controllerLog.filter((line) => line.includes(` ${name}: `) && text.test(line)).length;
    const before = lines();
    await eventually(
      async () => lines(),
      (count) => count >= before + times,
    );
  };
  const iamPlugin = (spec: object, kind = 'AwsIamForServiceAccount') => ({ kind, spec });
  const serviceAccount = (namespace: string, name = 'default-editor') =>
    dev.kube.find(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
  const roleOf = (object: KubeObject | undefined) => object?.metadata.annotations?.['eks.amazonaws.com/role-arn'];
  /** Resolves when the controller is done with a profile: the finalizer is the last thing it adds. */
  const settled = (name: string) =>
    eventually(
      () => dev.kube.find(`${PROFILES}/${name}`),
      (profile) => (profile?.metadata.finalizers ?? []).includes('profile-finalizer'),
    );
  const remove = async (name: string): Promise<void> => {
    await dev.kube.request('DELETE', `${PROFILES}/${name}`);
    await eventually(
      () => dev.kube.find(`${PROFILES}/${name}`),
      (profile) => profile === undefined,
    );
  };
  const trustOf = async (RoleName: string) => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    return JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')) as {
      Statement: { Condition?: object; Sid?: string }[];
    };
  };

  test('makes what Kubeflow makes, and annotates the editor only', async () => {
    const namespace = await dev.kube.find('/api/v1/namespaces/team-a');
    assert.equal(namespace?.metadata.annotations?.['owner'], 'alice@example.com');
    assert.equal(namespace.metadata.labels?.['istio-injection'], 'enabled');
    assert.equal(namespace.metadata.labels['pipelines.kubeflow.org/enabled'], 'true');
    assert.equal(namespace.metadata.ownerReferences?.[0]?.name, 'team-a');
    assert.equal(roleOf(await serviceAccount('team-a')), `${ROLE}/team-a-kubeflow-dev-role`);
    assert.equal(roleOf(await serviceAccount('team-a', 'default-viewer')), undefined);
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings';
    for (const [name, role] of [
      ['default-editor', 'kubeflow-edit'],
      ['default-viewer', 'kubeflow-view'],
      ['namespaceAdmin', 'kubeflow-admin'],
    ] as const)
      assert.equal((await dev.kube.find<{ roleRef: { name: string } }>(`${rbac}/${name}`))?.roleRef.name, role);
    const profile = await dev.kube.find(`${PROFILES}/team-a`);
    assert.equal(profile?.['status'], undefined, 'a profile has no Ready condition');
    const launcher = await eventually(
      () => dev.kube.find<{ data: Record<string, string> }>('/api/v1/namespaces/team-a/configmaps/kfp-launcher'),
      (found) => found !== undefined,
    );
    assert.equal(launcher?.data['defaultPipelineRoot'], 'minio://mlpipeline/private-artifacts/team-a/v2/artifacts');
  });

  test('reverts a hand edit of the annotation', async () => {
    const patch = {
      metadata: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/other' } },
    };
    const type = 'application/merge-patch+json';
    await dev.kube.request('PATCH', '/api/v1/namespaces/team-b/serviceaccounts/default-editor', patch, type);
    await eventually(
      () => serviceAccount('team-b'),
      (account) => roleOf(account) === `${ROLE}/team-b-kubeflow-dev-role`,
    );
  });

  test('skips in silence what it does not understand', async () => {
    const role = `${ROLE}/team-a-kubeflow-dev-role`;
    await create('misspelt', iamPlugin({ awsIamRole: role, annotateOnly: true }, 'AWSIamForServiceAccount'));
    await create('cased', iamPlugin({ AWSIAMROLE: role, AnnotateOnly: true }));
    await Promise.all(['misspelt', 'cased'].map(settled));
    assert.equal(roleOf(await serviceAccount('misspelt')), undefined);
    assert.equal(roleOf(await serviceAccount('cased')), role);
  });

  test('never finishes a profile without role', async () => {
    await create('empty', iamPlugin({ roleArn: `${ROLE}/team-a-kubeflow-dev-role`, annotateOnly: true }));
    await eventually(
      async () => sandbox.controllerLog.join('\n'),
      (log) =>
        log.includes('empty: Reconciler error: Error: failed to setup service account because awsIamRole is empty'),
    );
    assert.equal(roleOf(await serviceAccount('empty')), undefined);
    assert.deepEqual((await dev.kube.find(`${PROFILES}/empty`))?.metadata.finalizers ?? [], []);
  });

  test('leaves a namespace alone that is not the owner’s', async () => {
    await create('taken', iamPlugin({ awsIamRole: `${ROLE}/team-a-kubeflow-dev-role`, annotateOnly: true }));
    await eventually(
      async () => sandbox.controllerLog.join('\n'),
      (log) => log.includes('namespace already exist, but not owned by profile creator carol@example.com'),
    );
    assert.equal(await serviceAccount('taken'), undefined);
    assert.equal((await dev.kube.find(`${PROFILES}/taken`))?.['status'], undefined);

    // KP-013: the owner's annotation alone changes nothing, for the namespace is not watched. Another profile is the clock.
    await patch('/api/v1/namespaces/taken', { metadata: { annotations: { owner: 'carol@example.com' } } });
    await create('clock', iamPlugin({ awsIamRole: `${ROLE}/team-a-kubeflow-dev-role`, annotateOnly: true }));
    await settled('clock');
    assert.equal(await serviceAccount('taken'), undefined);
    await touch('taken');
    await settled('taken');
    assert.equal(roleOf(await serviceAccount('taken')), `${ROLE}/team-a-kubeflow-dev-role`);
    // It is nobody's: it stays when the profile goes.
    assert.equal((await dev.kube.find('/api/v1/namespaces/taken'))?.metadata.ownerReferences, undefined);
    await remove('clock');
    await eventually(
      () => dev.kube.find('/api/v1/namespaces/clock'),
      (namespace) => namespace === undefined,
    );
    await remove('taken');
    assert.equal((await dev.kube.find('/api/v1/namespaces/taken'))?.metadata.deletionTimestamp, undefined);
  });

  const GOOD = { awsIamRole: `${ROLE}/team-a-kubeflow-dev-role`, annotateOnly: true };
  test('a quoted annotateOnly stops the controller of all profiles, until the Profile is gone', async () => {
    await create('quoted', iamPlugin({ ...GOOD, annotateOnly: 'true' }));
    await logged('quoted', /panic: /);
    await create('behind', iamPlugin(GOOD));
    await logged('quoted', /panic: /, 2);
    assert.equal(await dev.kube.find('/api/v1/namespaces/behind'), undefined);
    assert.equal(roleOf(await serviceAccount('quoted')), undefined);
    assert.deepEqual(await finalizers('quoted'), []);
    await remove('quoted');
    await settled('behind');
  });

  test('of the main branch: a panic is recovered, and the other profiles are served', async () => {
    sandbox.control({ profileController: { onPanic: 'recover', slow: false } });
    await create('numbered', iamPlugin({ ...GOOD, awsIamRole: 5 }));
    await logged('numbered', /panic: .*recovered/, 2);
    await create('beside', iamPlugin(GOOD));
    await settled('beside');
    assert.deepEqual(await finalizers('numbered'), []);
    await remove('numbered');

    // A Profile that was in order before cannot be deleted until it is again.
    const plugin = (annotateOnly: unknown): object => ({ spec: { plugins: [iamPlugin({ ...GOOD, annotateOnly })] } });
    await patch(`${PROFILES}/beside`, plugin('true'));
    await dev.kube.request('DELETE', `${PROFILES}/beside`);
    await logged('beside', /panic: .*recovered/, 2);
    assert.deepEqual(await finalizers('beside'), ['profile-finalizer']);
    await patch(`${PROFILES}/beside`, plugin(true));
    await eventually(
      () => dev.kube.find(`${PROFILES}/beside`),
      (profile) => profile === undefined,
    );
    sandbox.control({ profileController: { onPanic: 'exit', slow: false } });
  });

  test('writes the whole Profile: an empty quota is added, and quantities are rewritten', async () => {
    type Quota = KubeObject & { spec: { resourceQuotaSpec?: { hard?: object } } };
    await create('unquoted', iamPlugin(GOOD));
    await settled('unquoted');
    const without = await dev.kube.find<Quota>(`${PROFILES}/unquoted`);
    assert.deepEqual(without?.spec.resourceQuotaSpec, {});
    assert.equal((without.metadata as { generation?: number }).generation, 2);
    const table: readonly [key: string, written: string | number, read: string][] = [
      ['cpu', '1000m', '1'],
      ['requests.cpu', '0.5', '500m'],
      ['limits.cpu', '1500m', '1500m'],
      ['memory', '1024Mi', '1Gi'],
      ['requests.memory', '1.5Gi', '1536Mi'],
      ['limits.memory', '0.5Ki', '512'],
      ['requests.storage', '1000k', '1M'],
      ['pods', 10, '10'],
      ['services', '0', '0'],
      ['persistentvolumeclaims', '1e3', '1e3'],
      ['count/jobs.batch', '100000', '100k'],
    ];
    const hard = Object.fromEntries(table.map(([key, written]) => [key, written]));
    await create('quoted-cpu', iamPlugin(GOOD), { resourceQuotaSpec: { hard } });
    await settled('quoted-cpu');
    const profile = await dev.kube.find<Quota>(`${PROFILES}/quoted-cpu`);
    assert.deepEqual(
      profile?.spec.resourceQuotaSpec?.hard,
      Object.fromEntries(table.map(([key, , read]) => [key, read])),
    );
  });

  test('a list under Federated is refused by IAM for ever, and the trust stays', async () => {
    const listed = trust({ Principal: { Federated: [`arn:aws:iam::111122223333:oidc-provider/${issuer()}`] } });
    await createRole('listed', listed);
    await create('listing', iamPlugin({ awsIamRole: `${ROLE}/listed` }));
    await logged('listing', /MalformedPolicyDocument/, 3);
    assert.deepEqual(await trustOf('listed'), JSON.parse(listed));
    assert.equal(roleOf(await serviceAccount('listing')), `${ROLE}/listed`, 'the annotation comes first');
    assert.deepEqual(await finalizers('listing'), []);
    await remove('listing');
  });

  test('a Statement that is no list makes it panic', async () => {
    const { Statement, ...rest } = JSON.parse(trust({})) as { Statement: object[] };
    await createRole('lone', JSON.stringify({ ...rest, Statement: Statement[0] }));
    await create('panicking', iamPlugin({ awsIamRole: `${ROLE}/lone` }));
    await logged('panicking', /panic: runtime error: index out of range/, 2);
    await remove('panicking');
    await create('after', iamPlugin(GOOD));
    await settled('after');
  });

  const bindings = (namespace: string): string =>
    `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
  const subjects = async (path: string): Promise<readonly { kind: string; name: string }[]> =>
    (await dev.kube.find<KubeObject & { subjects?: { kind: string; name: string }[] }>(path))?.subjects ?? [];
  test('puts the subjects of role bindings right, also after a change of the owner', async () => {
    await create('rebound', iamPlugin(GOOD));
    await settled('rebound');
    const editor = `${bindings('rebound')}/default-editor`;
    await patch(editor, { subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'mallory' }] });
    await eventually(
      () => subjects(editor),
      ([subject]) => subject?.name === 'default-editor',
    );
    await patch('/api/v1/namespaces/rebound', { metadata: { annotations: { owner: 'team' } } });
    await patch(`${PROFILES}/rebound`, { spec: { owner: { kind: 'Group', name: 'team' } } });
    const admin = `${bindings('rebound')}/namespaceAdmin`;
    await eventually(
      () => subjects(admin),
      ([subject]) => subject?.kind === 'Group' && subject.name === 'team',
    );
    assert.equal((await dev.kube.find(admin))?.metadata.annotations?.['user'], 'carol@example.com');
  });

  test('a binding to another role stops it before the plugins, for ever', async () => {
    const metadata = { name: 'bound', annotations: { owner: 'carol@example.com' } };
    await dev.kube.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
    await dev.kube.request('POST', bindings('bound'), {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'default-viewer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [],
    });
    await create('bound', iamPlugin(GOOD));
    await logged('bound', /cannot change roleRef/, 3);
    assert.equal(roleOf(await serviceAccount('bound')), undefined);
    assert.ok(await serviceAccount('bound'));
    await dev.kube.request('DELETE', `${bindings('bound')}/default-viewer`);
    await settled('bound');
  });

  test('Google’s plugin fails for ever: what stands behind it is not applied', async () => {
    const google = { kind: 'WorkloadIdentity', spec: { gcpServiceAccount: 'x@y.iam.gserviceaccount.com' } };
    await create('google-first', [google, iamPlugin(GOOD)]);
    await create('google-last', [iamPlugin(GOOD), google]);
    for (const name of ['google-first', 'google-last']) await logged(name, /could not find default credentials/, 2);
    assert.equal(roleOf(await serviceAccount('google-first')), undefined);
    assert.equal(roleOf(await serviceAccount('google-last')), GOOD.awsIamRole);
    for (const name of ['google-first', 'google-last']) {
      assert.deepEqual(await finalizers(name), []);
      await remove(name);
    }
  });

  test('two plugins for AWS: the annotation flips without an end', async () => {
    const roles = ['one', 'two'].map((name) => `${ROLE}/${name}`);
    await create(
      'flipping',
      roles.map((awsIamRole) => iamPlugin({ awsIamRole, annotateOnly: true })),
    );
    await settled('flipping');
    const version = async () => (await serviceAccount('flipping'))?.metadata.resourceVersion;
    for (let last = await version(), times = 0; times < 5; times++)
      last = await eventually(version, (now) => now !== last);
    const seen = new Set<string>();
    await eventually(
      async () => seen.add(roleOf(await serviceAccount('flipping')) ?? '').size,
      (size) => size === 2,
    );
    assert.deepEqual([...seen].sort(), roles);
    await remove('flipping');
  });

  test('its slowness: one profile after the other, and each second new one waits for its namespace', async () => {
    sandbox.control({ profileController: { onPanic: 'exit', slow: true } });
    const names = ['slow-a', 'slow-b', 'slow-c'];
    for (const name of names) await create(name, iamPlugin(GOOD));
    await Promise.all(names.map(settled));
    // What nobody changes has the version of its creation, and versions only grow.
    type Made = { metadata: { resourceVersion: string; creationTimestamp: string } } | undefined;
    const made = async (path: string): Promise<{ version: number; seconds: number }> => {
      const { resourceVersion = '', creationTimestamp = '' } = (await dev.kube.find<Made>(path))?.metadata ?? {};
      return { version: Number(resourceVersion), seconds: Date.parse(creationTimestamp) / 1000 };
    };
    const namespace = (name: string) => made(`/api/v1/namespaces/${name}`);
    const viewer = (name: string) => made(`${bindings(name)}/default-viewer`);
    assert.ok((await viewer('slow-a')).version < (await namespace('slow-b')).version);
    assert.ok((await viewer('slow-b')).version < (await namespace('slow-c')).version);
    assert.ok((await viewer('slow-b')).seconds - (await namespace('slow-b')).seconds >= 3);
    sandbox.control({ profileController: { onPanic: 'exit', slow: false } });
  });

  test('of Pipelines: the ConfigMaps of 2.17; an edit stays, what is deleted comes back', async () => {
    const map = (name: string) => `/api/v1/namespaces/team-a/configmaps/${name}`;
    const data = async (name: string) =>
      (await dev.kube.find<KubeObject & { data: Record<string, string> }>(map(name)))?.data ?? {};
    const root = 'minio://mlpipeline/private-artifacts/team-a/v2/artifacts';
    assert.deepEqual(await data('kfp-launcher'), { clusterDomain: 'cluster.local', defaultPipelineRoot: root });
    const repository = (await data('artifact-repositories'))['default-namespaced'] ?? '';
    assert.match(repository, /"endpoint":"seaweedfs\.kubeflow\.svc\.cluster\.local:9000"/);
    assert.match(repository, /"keyFormat":"private-artifacts\/team-a\/[^"]*creationTimestamp\.Y}}\//);
    await patch(map('kfp-launcher'), { data: { defaultPipelineRoot: 's3://bucket/team-a' } });
    await patch('/api/v1/namespaces/team-a', { metadata: { labels: { touched: 'yes' } } });
    for (const name of ['metadata-grpc-configmap', 'artifact-repositories']) {
      await dev.kube.request('DELETE', map(name));
      await eventually(
        () => data(name),
        (found) => Object.keys(found).length > 0,
      );
    }
    const secret = '/api/v1/namespaces/team-a/secrets/mlpipeline-minio-artifact';
    const keys = await dev.kube.find<KubeObject & { data: Record<string, string> }>(secret);
    assert.deepEqual(Object.keys(keys?.data ?? {}).sort(), ['accesskey', 'secretkey']);
    await dev.kube.request('DELETE', secret);
    await eventually(
      () => dev.kube.find(secret),
      (found) => found !== undefined,
    );
    assert.equal((await data('kfp-launcher'))['defaultPipelineRoot'], 's3://bucket/team-a');
    await dev.kube.request('DELETE', map('kfp-launcher'));
    await eventually(
      () => data('kfp-launcher'),
      (found) => found['defaultPipelineRoot'] === root,
    );
  });

  test('of Pipelines, by version: its tag is that of the API server; a launcher’s ConfigMap since 2.15', async () => {
    const image = async (): Promise<string> => {
      type Deployment = KubeObject & { spec: { template: { spec: { containers: { image: string }[] } } } };
      const path = '/apis/apps/v1/namespaces/kubeflow/deployments/ml-pipeline';
      return (await dev.kube.find<Deployment>(path))?.spec.template.spec.containers[0]?.image ?? '';
    };
    const data = async (namespace: string, name: string) =>
      (
        await dev.kube.find<KubeObject & { data: Record<string, string> }>(
          `/api/v1/namespaces/${namespace}/configmaps/${name}`,
        )
      )?.data;
    assert.equal(await image(), 'ghcr.io/kubeflow/kfp-api-server:2.17.0');
    await sandbox.changeKubeflow({ pipelines: '2.15.0' });
    assert.equal(await image(), 'ghcr.io/kubeflow/kfp-api-server:2.15.0');
    assert.equal((await data('kubeflow', 'pipeline-install-config'))?.['appVersion'], '2.15.0');
    await create('kfp-2-15', iamPlugin(GOOD));
    const launcher = await eventually(
      () => data('kfp-2-15', 'kfp-launcher'),
      (found) => found !== undefined,
    );
    assert.deepEqual(launcher, {
      defaultPipelineRoot: 'minio://mlpipeline/private-artifacts/kfp-2-15/v2/artifacts',
    });
    // From another process.
    const kubeflow = { pipelines: '2.3.0' };
    const answer = await fetch(sandbox.controlUrl, { method: 'POST', body: JSON.stringify({ kubeflow }) });
    assert.equal(answer.status, 200);
    assert.equal(await image(), 'gcr.io/ml-pipeline/api-server:2.3.0');
    await create('kfp-2-3', iamPlugin(GOOD));
    await eventually(
      () => data('kfp-2-3', 'metadata-grpc-configmap'),
      (found) => found !== undefined,
    );
    assert.equal(await data('kfp-2-3', 'kfp-launcher'), undefined);
    await sandbox.changeKubeflow({ pipelines: '2.17.0' });
  });

  test('makes Istio’s policy: its spec follows the owner, its annotation does not', async () => {
    await create('meshed', iamPlugin(GOOD));
    await settled('meshed');
    const policy = async () =>
      dev.kube.find('/apis/security.istio.io/v1beta1/namespaces/meshed/authorizationpolicies/ns-owner-access-istio');
    const made = await policy();
    assert.match(
      JSON.stringify(made?.['spec']),
      /"request\.headers\[kubeflow-userid\]","values":\["carol@example\.com"\]/,
    );
    assert.equal(made?.metadata.ownerReferences?.[0]?.name, 'meshed');
    await patch('/api/v1/namespaces/meshed', { metadata: { annotations: { owner: 'dave@example.com' } } });
    await patch(`${PROFILES}/meshed`, { spec: { owner: { name: 'dave@example.com' } } });
    await eventually(policy, (now) => JSON.stringify(now?.['spec']).includes('dave@example.com'));
    assert.equal((await policy())?.metadata.annotations?.['user'], 'carol@example.com');
  });

  test('rewrites the whole trust unless told not to, and opens it wide when the profile goes', async () => {
    const keep = { StringLike: { [`${issuer()}:sub`]: sub('x') } };
    await createRole('rewritten', trust({ Sid: 'Mine', Condition: keep }));
    await create('rewriting', iamPlugin({ awsIamRole: `${ROLE}/rewritten` }));
    await settled('rewriting');
    const { Statement } = await trustOf('rewritten');
    assert.equal(Statement.length, 1);
    assert.equal(Statement[0]?.Sid, undefined);
    const aud = { [`${issuer()}:aud`]: ['sts.amazonaws.com'] };
    assert.deepEqual(Statement[0]?.Condition, { StringEquals: { ...aud, [`${issuer()}:sub`]: [sub('rewriting')] } });
    await remove('rewriting');
    assert.deepEqual((await trustOf('rewritten')).Statement[0]?.Condition, { StringEquals: aud });
    await eventually(
      () => dev.kube.find('/api/v1/namespaces/rewriting'),
      (namespace) => namespace === undefined,
    );
  });

  test('validates by the CRD only', async () => {
    const post = (body: object) =>
      dev.kube.request('POST', PROFILES, { apiVersion: 'kubeflow.org/v1', kind: 'Profile', ...body });
    const refused = (status: number) => (error: unknown) => error instanceof KubeError && error.status === status;
    await assert.rejects(post({ metadata: { name: 'no-name' }, spec: { owner: { kind: 'User' } } }), refused(422));
    await assert.rejects(post({ metadata: { name: 'Upper' }, spec: {} }), refused(422));
    await assert.rejects(post({ metadata: { name: 'team-a' }, spec: {} }), refused(409));
    const old = await dev.kube.find('/apis/kubeflow.org/v1beta1/profiles/team-a');
    assert.equal(old?.apiVersion, 'kubeflow.org/v1beta1');
    assert.equal(await sandbox.clusters.analytics.kube.find(PROFILES), undefined);
  });
});

describe('the end', () => {
  test('an API server that was killed comes back with its data', async () => {
    await sandbox.killApiServer('analytics');
    const { kube } = sandbox.clusters.analytics;
    await assert.rejects(kube.find('/api/v1/namespaces/default'));
    await sandbox.startApiServer('analytics');
    assert.equal((await kube.find('/api/v1/namespaces/default'))?.metadata.name, 'default');
  });

  const descendants = (pid: number): number[] => {
    const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number));
    const below = (parent: number): number[] =>
      rows.filter(([, ppid]) => ppid === parent).flatMap(([child = 0]) => [child, ...below(child)]);
    return below(pid);
  };
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };

  for (const [signal, code] of [
    ['SIGKILL', null],
    ['SIGTERM', 143],
  ] as const)
    test(`npm run sandbox leaves nothing behind after ${signal}`, { skip: process.platform !== 'linux' }, async () => {
      const temp = mkdtempSync(path.join(tmpdir(), 'kubeflow-irsa-test-'));
      const envFile = path.join(temp, "it's.env");
      const main = path.join(import.meta.dirname, '..', '..', 'sandbox', 'main.ts');
      const child = spawn(process.execPath, ['--', main, '--env-file', envFile], { stdio: 'ignore' });
      const exited = new Promise((resolve) => child.once('exit', resolve));
      await eventually(
        async () => existsSync(envFile) || child.exitCode !== null,
        (there) => there,
      );
      const script = `. "$FILE"; printf %s "$KUBECONFIG"`;
      const kubeconfig = execFileSync('sh', ['-c', script], { env: { FILE: envFile }, encoding: 'utf8' });
      assert.ok(existsSync(kubeconfig));
      const processes = descendants(child.pid ?? 0);
      assert.ok(processes.length >= 7, 'supervisor, etcd, two API servers and controller managers, moto');
      child.kill(signal);
      assert.equal(await exited, code);
      await eventually(
        async () => processes.filter(isAlive),
        (alive) => alive.length === 0,
      );
      await eventually(
        async () => existsSync(path.dirname(kubeconfig)),
        (there) => !there,
      );
      assert.equal(existsSync(envFile), signal === 'SIGKILL');
      rmSync(temp, { recursive: true });
    });

  test('says what to do where Go is missing', async () => {
    const temp = mkdtempSync(path.join(tmpdir(), 'kubeflow-irsa-test-'));
    const main = path.join(import.meta.dirname, '..', '..', 'sandbox', 'main.ts');
    const env = { PATH: temp, KUBEFLOW_IRSA_CACHE: temp, HOME: temp };
    const child = spawn(process.execPath, ['--', main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 2);
    assert.match(text, /finds no Go|there is no python3/);
    rmSync(temp, { recursive: true });
  });
});
