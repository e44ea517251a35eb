/**
 * What S3 and KMS of the sandbox say to a pipeline's calls and to who makes a bucket, by raw signed calls: AWS's answers, and a
 * refusal for each thing that is missing.
 */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { PLAIN_HEADER } from '../../sandbox/authorize.ts';
import { KEY_USER, makeBucket } from '../../sandbox/fixtures.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { call, query, signature, sha256, xmlValue, type Answer, type Credentials } from '../../sandbox/sigv4.ts';

const ACCOUNT = '111122223333';
const OWN = `kubeflow-artifacts-${ACCOUNT}`;
const EU = `ml-artifacts-eu-${ACCOUNT}`;

let sandbox: Sandbox;
/** Sessions of roles, each with the policy of its name. */
let roles: Readonly<Record<'prefix' | 'none' | 'all' | 'keys', Credentials>>;
before(async () => {
  sandbox = await startSandbox();
  sandbox.control({ consistencyMs: 0 });
  roles = {
    prefix: await role('prefix', prefixPolicy(OWN)),
    none: await role('none', []),
    all: await role('all', [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]),
    keys: await role('keys', [
      { Effect: 'Allow', Action: ['s3:*', 'kms:GenerateDataKey', 'kms:Decrypt'], Resource: '*' },
    ]),
  };
});
after(() => sandbox.stop());

/** The `prefix` policy of a profile: what the launcher's calls need below `team/`. */
const prefixPolicy = (bucket: string): object[] => [
  {
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: `arn:aws:s3:::${bucket}`,
    Condition: { StringLike: { 's3:prefix': ['team/*'] } },
  },
  {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
    Resource: `arn:aws:s3:::${bucket}/team/*`,
  },
];
const arnOf = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
/** Makes a role with one policy, and answers a session of it. */
async function role(name: string, statements: readonly object[]): Promise<Credentials> {
  const admin = sandbox.credentials['sandbox-internal'];
  const trust = { Effect: 'Allow', Principal: { AWS: admin.arn }, Action: 'sts:AssumeRole' };
  const document = (Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
  const iam = (parameters: Record<string, string>) => query(sandbox.endpoint, admin, 'iam', parameters);
  await iam({ Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: document([trust]) });
  if (statements.length > 0)
    await iam({ Action: 'PutRolePolicy', RoleName: name, PolicyName: 'p', PolicyDocument: document(statements) });
  const xml = await query(sandbox.endpoint, admin, 'sts', {
    Action: 'AssumeRole',
    RoleArn: arnOf(name),
    RoleSessionName: 'test',
  });
  const value = (element: string): string => xmlValue(xml, element) ?? '';
  return {
    accessKeyId: value('AccessKeyId'),
    secretAccessKey: value('SecretAccessKey'),
    sessionToken: value('SessionToken'),
  };
}

type Wanted = Partial<Parameters<typeof call>[1]>;
const s3 = (credentials: Credentials, method: string, path: string, wanted: Wanted = {}): Promise<Answer> =>
  call(sandbox.endpoint, { service: 's3', region: 'us-west-2', credentials, method, path, ...wanted });
/** "200", or "403 AccessDenied". */
const said = ({ status, text }: Answer): string =>
  [status, ...(/<Code>(\w+(?:\.\w+)?)</.exec(text)?.slice(1) ?? [])].join(' ');
const why = (answer: Answer): string => xmlValue(answer.text, 'Message') ?? answer.text;
const admin = (): Credentials => sandbox.credentials['sandbox-admin'];
const stranger = (): Credentials => sandbox.credentials['other-account-admin'];
const config = (region: string): string =>
  `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;

describe('the region of a bucket', () => {
  /** A signed call to another host than the sandbox's own, as it would be sent to AWS. */
  const toHost = async (
    host: string,
    region: string,
    path: string,
  ): Promise<{ status: number; text: string; region: unknown }> => {
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const payloadHash = sha256('');
    const headers = { host, 'x-amz-date': date, 'x-amz-content-sha256': payloadHash };
    const { accessKeyId, secretAccessKey } = admin();
    const signed = signature(
      { method: 'GET', path, query: [['list-type', '2']], headers, payloadHash, date, region, service: 's3' },
      secretAccessKey,
    );
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${date.slice(0, 8)}/${region}/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signed}`;
    return new Promise((resolve, reject) => {
      const { port } = new URL(sandbox.endpoint);
      httpRequest(
        { host: '127.0.0.1', port, path: `${path}?list-type=2`, headers: { ...headers, authorization } },
        (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, text, region: answer.headers['x-amz-bucket-region'] }),
          );
        },
      )
        .on('error', reject)
        .end();
    });
  };
  test('elsewhere S3 says 301 and where it is, to every call of a pipeline', async () => {
    const calls: readonly [method: string, path: string, query: Record<string, string>][] = [
      ['GET', `/${EU}`, { 'list-type': '2', prefix: 'team/' }],
      ['PUT', `/${EU}/team/x`, {}],
      ['GET', `/${EU}/team/x`, {}],
      ['DELETE', `/${EU}/team/x`, {}],
      ['POST', `/${EU}/team/x`, { uploads: '' }],
      ['HEAD', `/${EU}`, {}],
    ];
    for (const [method, path, query] of calls) {
      // Whoever asks, and whatever may be done there.
      for (const credentials of [admin(), roles.none]) {
        const answer = await s3(credentials, method, path, { query });
        assert.equal(said(answer), method === 'HEAD' ? '301' : '301 PermanentRedirect', `${method} ${path}`);
        assert.equal(answer.headers.get('x-amz-bucket-region'), 'eu-central-1');
        if (method !== 'HEAD') assert.equal(xmlValue(answer.text, 'Endpoint'), `${EU}.s3.eu-central-1.amazonaws.com`);
      }
    }
    assert.equal(said(await s3(admin(), 'GET', `/${EU}`, { region: 'eu-central-1' })), '200');
    assert.equal(said(await s3(admin(), 'GET', `/${EU}`, { query: { location: '' } })), '200');
  });
  test('the host that is asked counts, in both styles', async () => {
    for (const [host, region, path, expected] of [
      [`${EU}.s3.eu-central-1.amazonaws.com`, 'eu-central-1', '/', '200'],
      [`${EU}.s3.us-west-2.amazonaws.com`, 'us-west-2', '/', '301 PermanentRedirect'],
      ['s3.us-west-2.amazonaws.com', 'us-west-2', `/${EU}`, '301 PermanentRedirect'],
      [`${EU}.s3.eu-central-1.amazonaws.com`, 'us-east-1', '/', '400 AuthorizationHeaderMalformed'],
      [`${EU}.localhost:${new URL(sandbox.endpoint).port}`, 'eu-central-1', '/', '200'],
      [`${EU}.localhost:${new URL(sandbox.endpoint).port}`, 'us-west-2', '/', '301 PermanentRedirect'],
    ] as const) {
      const answer = await toHost(host, region, path);
      const code = xmlValue(answer.text, 'Code');
      assert.equal(`${answer.status}${code === undefined ? '' : ` ${code}`}`, expected, `${host} ${region}`);
      assert.equal(answer.region === undefined || answer.region === 'eu-central-1', true);
    }
  });
  test('who may not see a bucket is told its region', async () => {
    const answer = await s3(roles.none, 'HEAD', `/${OWN}`);
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get('x-amz-bucket-region'), 'us-west-2');
    assert.equal((await s3(roles.prefix, 'HEAD', `/${OWN}`)).status, 403, 'the prefix is none of HeadBucket’s');
    assert.equal((await s3(admin(), 'HEAD', `/${OWN}`)).status, 200);
  });
});

describe('the launcher’s calls', () => {
  test('are allowed below the prefix and refused beside it', async () => {
    const list = (prefix?: string): Promise<Answer> =>
      s3(roles.prefix, 'GET', `/${OWN}`, { query: { 'list-type': '2', ...(prefix === undefined ? {} : { prefix }) } });
    assert.equal(said(await s3(roles.prefix, 'PUT', `/${OWN}/team/v2/a`, { body: 'x' })), '200');
    assert.equal(said(await list('team/v2/')), '200');
    assert.equal((await s3(roles.prefix, 'GET', `/${OWN}/team/v2/a`)).text, 'x');
    assert.equal(said(await s3(roles.prefix, 'PUT', `/${OWN}/other/a`, { body: 'x' })), '403 AccessDenied');
    assert.equal(said(await list('other/')), '403 AccessDenied');
    assert.equal(said(await list()), '403 AccessDenied');
    assert.equal(
      why(await list('other/')),
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/prefix/test is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::${OWN}" because no identity-based policy allows the s3:ListBucket action`,
    );
    assert.equal(said(await s3(roles.prefix, 'DELETE', `/${OWN}/team/v2/a`)), '204');
  });
  test('who may not list is not told that something is not there', async () => {
    assert.equal(said(await s3(roles.all, 'GET', `/${OWN}/team/nothing`)), '404 NoSuchKey');
    assert.equal(said(await s3(roles.prefix, 'GET', `/${OWN}/team/nothing`)), '404 NoSuchKey');
    const reader = await role('reader', [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]);
    const answer = await s3(reader, 'GET', `/${OWN}/team/nothing`);
    assert.equal(said(answer), '403 AccessDenied');
    assert.match(why(answer), /perform: s3:ListBucket on resource/);
  });
  test('a multipart upload is s3:PutObject, its end too; giving it up is an action of its own', async () => {
    const begin = async (credentials: Credentials, key: string): Promise<Answer> =>
      s3(credentials, 'POST', `/${OWN}/${key}`, { query: { uploads: '' } });
    assert.equal(said(await begin(roles.prefix, 'other/big')), '403 AccessDenied');
    const uploadId = xmlValue((await begin(roles.prefix, 'team/big')).text, 'UploadId') ?? '';
    assert.notEqual(uploadId, '');
    const part = (credentials: Credentials): Promise<Answer> =>
      s3(credentials, 'PUT', `/${OWN}/team/big`, { query: { partNumber: '1', uploadId }, body: 'x' });
    const complete = (credentials: Credentials, etag: string): Promise<Answer> =>
      s3(credentials, 'POST', `/${OWN}/team/big`, {
        query: { uploadId },
        body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`,
      });
    assert.equal(said(await part(roles.none)), '403 AccessDenied');
    const etag = (await part(roles.prefix)).headers.get('etag') ?? '';
    assert.equal(said(await complete(roles.none, etag)), '403 AccessDenied');
    assert.equal(said(await complete(roles.prefix, etag)), '200');

    const another = xmlValue((await begin(roles.prefix, 'team/big')).text, 'UploadId') ?? '';
    const writer = await role('writer', [
      { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${OWN}/*` },
    ]);
    const abort = (credentials: Credentials): Promise<Answer> =>
      s3(credentials, 'DELETE', `/${OWN}/team/big`, { query: { uploadId: another } });
    assert.match(why(await abort(writer)), /s3:AbortMultipartUpload/);
    assert.equal(said(await abort(roles.prefix)), '204');
  });
});

describe('a bucket that a key of KMS encrypts', () => {
  const put = (credentials: Credentials, bucket: string, headers = {}): Promise<Answer> =>
    s3(credentials, 'PUT', `/${bucket}/team/a`, { body: 'secret', headers });
  const get = (credentials: Credentials, bucket: string): Promise<Answer> =>
    s3(credentials, 'GET', `/${bucket}/team/a`);

  test('whose policy leaves it to IAM: the role needs kms:GenerateDataKey to put and kms:Decrypt to get', async () => {
    const { bucket, keyArn } = await makeBucket(sandbox, { name: 'kms-delegates', key: 'delegates' });
    assert.equal(said(await put(roles.all, bucket)), '403 AccessDenied');
    assert.equal(
      why(await put(roles.all, bucket)),
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/all/test is not authorized to perform: kms:GenerateDataKey on resource: ${keyArn} because no identity-based policy allows the kms:GenerateDataKey action`,
    );
    const made = await put(roles.keys, bucket);
    assert.equal(said(made), '200');
    assert.equal(made.headers.get('x-amz-server-side-encryption-aws-kms-key-id'), keyArn);
    assert.equal((await get(roles.keys, bucket)).text, 'secret');
    assert.match(
      why(await get(roles.all, bucket)),
      /kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows/,
    );
    // S3's own key, by request: no key of KMS.
    assert.equal(said(await put(roles.all, bucket, { 'x-amz-server-side-encryption': 'AES256' })), '200');
    assert.equal(said(await get(roles.all, bucket)), '200');
  });

  test('a multipart upload needs kms:Decrypt too', async () => {
    const { bucket, keyArn } = await makeBucket(sandbox, { name: 'kms-multipart', key: 'delegates' });
    const only = await role('generates', [
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
      { Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: keyArn },
    ]);
    const begin = await s3(only, 'POST', `/${bucket}/team/big`, { query: { uploads: '' } });
    assert.equal(said(begin), '200');
    const uploadId = xmlValue(begin.text, 'UploadId') ?? '';
    const part = (credentials: Credentials) =>
      s3(credentials, 'PUT', `/${bucket}/team/big`, { query: { partNumber: '1', uploadId }, body: 'x' });
    assert.match(why(await part(only)), /kms:Decrypt/);
    assert.equal(said(await part(roles.keys)), '200');
    assert.equal(said(await put(only, bucket)), '200');
  });

  test('whose policy names only another role: IAM does not help', async () => {
    const { bucket } = await makeBucket(sandbox, { name: 'kms-another', key: 'names another' });
    assert.equal(said(await put(roles.keys, bucket)), '403 AccessDenied');
    assert.match(
      why(await put(roles.keys, bucket)),
      /because no resource-based policy allows the kms:GenerateDataKey action/,
    );
  });

  test('by an alias or an id; one that is disabled, or not there', async () => {
    const { bucket, keyArn = '' } = await makeBucket(sandbox, { name: 'kms-alias', key: 'delegates' });
    const encryption = (id: string): Promise<Answer> =>
      s3(admin(), 'PUT', `/${bucket}`, {
        query: { encryption: '' },
        body: `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>${id}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`,
      });
    const made = await kms(admin(), 'CreateAlias', { AliasName: 'alias/pipelines', TargetKeyId: keyArn });
    assert.equal(made.status, 200, made.text);
    for (const id of [
      'alias/pipelines',
      `arn:aws:kms:us-west-2:${ACCOUNT}:alias/pipelines`,
      keyArn.split('/')[1] ?? '',
    ]) {
      assert.equal(said(await encryption(id)), '200');
      assert.match(why(await put(roles.all, bucket)), /kms:GenerateDataKey/, id);
      assert.equal(said(await put(roles.keys, bucket)), '200', id);
    }
    const disabled = await kms(admin(), 'DisableKey', { KeyId: keyArn.split('/')[1] });
    assert.equal(disabled.status, 200, disabled.text);
    assert.equal(said(await put(roles.keys, bucket)), '400 KMS.DisabledException');
    await encryption('12345678-1234-1234-1234-123456789012');
    assert.equal(said(await put(roles.keys, bucket)), '400 KMS.NotFoundException');
  });

  test('by the key that AWS manages: who may use the bucket may use it', async () => {
    const { bucket, keyArn } = await makeBucket(sandbox, { name: 'kms-managed', key: 'managed' });
    assert.equal(keyArn, undefined);
    assert.equal(said(await put(roles.all, bucket)), '200');
    assert.equal(said(await get(roles.all, bucket)), '200');
  });

  test('conditions of the key’s policy and of the role’s count: kms:ViaService', async () => {
    const { bucket } = await makeBucket(sandbox, { name: 'kms-via', key: 'delegates' });
    const via = (name: string, service: string) =>
      role(name, [
        { Effect: 'Allow', Action: 's3:*', Resource: '*' },
        {
          Effect: 'Allow',
          Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
          Resource: '*',
          Condition: { StringEquals: { 'kms:ViaService': service } },
        },
      ]);
    const right = await via('via-s3', 's3.us-west-2.amazonaws.com');
    assert.equal(said(await put(right, bucket)), '200');
    assert.equal(said(await put(await via('via-sqs', 'sqs.us-west-2.amazonaws.com'), bucket)), '403 AccessDenied');
  });
});

const kms = (credentials: Credentials, operation: string, body: object, region = 'us-west-2'): Promise<Answer> =>
  call(sandbox.endpoint, {
    service: 'kms',
    region,
    credentials,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
    body: JSON.stringify(body),
  });

describe('KMS', () => {
  test('tells of a key to who may ask, and refuses in the form of its protocol', async () => {
    const { keyArn = '' } = await makeBucket(sandbox, { name: 'kms-read', key: 'names another' });
    const { KeyMetadata } = JSON.parse((await kms(admin(), 'DescribeKey', { KeyId: keyArn })).text) as {
      KeyMetadata: { Arn: string; KeyState: string };
    };
    assert.deepEqual([KeyMetadata.Arn, KeyMetadata.KeyState], [keyArn, 'Enabled']);
    const { Policy } = JSON.parse(
      (await kms(admin(), 'GetKeyPolicy', { KeyId: keyArn, PolicyName: 'default' })).text,
    ) as {
      Policy: string;
    };
    assert.match(Policy, new RegExp(KEY_USER));
    assert.equal((await kms(admin(), 'ListAliases', {})).status, 200);
    const refused = await kms(roles.all, 'GetKeyPolicy', { KeyId: keyArn, PolicyName: 'default' });
    assert.equal(refused.status, 400);
    assert.deepEqual(JSON.parse(refused.text), {
      __type: 'AccessDeniedException',
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/all/test is not authorized to perform: kms:GetKeyPolicy on resource: ${keyArn} because no identity-based policy allows the kms:GetKeyPolicy action`,
    });
    // The policy of the key says nothing of this, so that the admin's own does not count.
    assert.match((await kms(admin(), 'DisableKey', { KeyId: keyArn })).text, /no resource-based policy/);
    assert.match((await kms(roles.all, 'ListAliases', {})).text, /AccessDeniedException/);
    const missing = { KeyId: '12345678-1234-1234-1234-123456789012' };
    assert.match((await kms(admin(), 'DescribeKey', missing)).text, /NotFoundException/);
  });
});

describe('the policy of a bucket', () => {
  const bucketPolicy = (credentials: Credentials, bucket: string, document: unknown): Promise<Answer> =>
    s3(credentials, 'PUT', `/${bucket}`, {
      query: { policy: '' },
      body: typeof document === 'string' ? document : JSON.stringify(document),
    });
  const policy = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
  const both = (bucket: string): string[] => [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const put = (credentials: Credentials, bucket: string, headers = {}): Promise<Answer> =>
    s3(credentials, 'PUT', `/${bucket}/team/a`, { body: 'x', headers });

  test('of another account: it must let the role in, and the role’s own policy too', async () => {
    const open = {
      Effect: 'Allow',
      Principal: { AWS: [arnOf('all'), arnOf('none')] },
      Action: 's3:*',
      Resource: both('theirs'),
    };
    await makeBucket(sandbox, { name: 'closed', account: 'other' });
    await makeBucket(sandbox, { name: 'theirs', account: 'other', policy: [open] });
    assert.equal(said(await put(roles.all, 'closed')), '403 AccessDenied');
    assert.match(why(await put(roles.all, 'closed')), /no resource-based policy allows the s3:PutObject action/);
    assert.equal(said(await put(roles.all, 'theirs')), '200');
    assert.match(why(await put(roles.none, 'theirs')), /no identity-based policy allows/);
    assert.equal(said(await put(roles.keys, 'theirs')), '403 AccessDenied', 'a role that it does not name');
    // To the account as a whole.
    const root = { ...open, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };
    assert.equal(said(await bucketPolicy(stranger(), 'theirs', policy(root))), '200');
    assert.equal(said(await put(roles.keys, 'theirs')), '200');
  });

  test('of the own account: naming the role is enough, and a Deny wins', async () => {
    await makeBucket(sandbox, { name: 'named' });
    assert.equal(said(await put(roles.none, 'named')), '403 AccessDenied');
    const allow = {
      Effect: 'Allow',
      Principal: { AWS: arnOf('none') },
      Action: 's3:PutObject',
      Resource: both('named')[1],
    };
    assert.equal(said(await bucketPolicy(admin(), 'named', policy(allow))), '200');
    assert.equal(said(await put(roles.none, 'named')), '200');
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: both('named')[1] };
    await bucketPolicy(admin(), 'named', policy(allow, deny));
    assert.match(why(await put(roles.all, 'named')), /with an explicit deny in a resource-based policy/);
  });

  test('TLS only: a call without it is refused', async () => {
    await makeBucket(sandbox, {
      name: 'tls-only',
      policy: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: both('tls-only'),
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
    assert.equal(said(await put(roles.all, 'tls-only')), '200');
    assert.equal(said(await put(roles.all, 'tls-only', { [PLAIN_HEADER]: '1' })), '403 AccessDenied');
  });

  test('what must be encrypted by request: the default of the bucket does not count', async () => {
    const { keyArn = '' } = await makeBucket(sandbox, {
      name: 'sse-only',
      key: 'delegates',
      policy: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::sse-only/*',
          Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
        },
      ],
    });
    assert.equal(said(await put(roles.keys, 'sse-only')), '403 AccessDenied');
    const headers = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': keyArn,
    };
    assert.equal(said(await put(roles.keys, 'sse-only', headers)), '200');
  });

  test('is refused where it is none, names nobody or another bucket, or is public', async () => {
    await makeBucket(sandbox, { name: 'picky' });
    const allow = {
      Effect: 'Allow',
      Principal: { AWS: arnOf('all') },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::picky/*',
    };
    for (const [what, document, expected, message] of [
      ['no JSON', 'x', '400 MalformedPolicy', /valid JSON and the first byte/],
      [
        'no principal',
        policy({ ...allow, Principal: undefined }),
        '400 MalformedPolicy',
        /Missing required field Principal/,
      ],
      [
        'a role that is not there',
        policy({ ...allow, Principal: { AWS: arnOf('nobody') } }),
        '400 MalformedPolicy',
        /Invalid principal in policy/,
      ],
      [
        'another bucket',
        policy({ ...allow, Resource: 'arn:aws:s3:::other/*' }),
        '400 MalformedPolicy',
        /invalid resource/,
      ],
      ['another service', policy({ ...allow, Action: 'sqs:SendMessage' }), '400 MalformedPolicy', /invalid action/],
      [
        'an action of the bucket on its objects',
        policy({ ...allow, Action: 's3:GetBucketLocation', Resource: 'arn:aws:s3:::picky/x' }),
        '400 MalformedPolicy',
        /Action does not apply/,
      ],
      [
        'an action of objects on the bucket',
        policy({ ...allow, Resource: 'arn:aws:s3:::picky' }),
        '400 MalformedPolicy',
        /Action does not apply/,
      ],
      ['everyone', policy({ ...allow, Principal: '*' }), '403 AccessDenied', /BlockPublicPolicy/],
      [
        'everyone of the account',
        policy({ ...allow, Principal: '*', Condition: { StringEquals: { 'aws:PrincipalAccount': ACCOUNT } } }),
        '200',
        /^/,
      ],
      ['as it should be', policy(allow), '200', /^/],
    ] as const) {
      const answer = await bucketPolicy(admin(), 'picky', document);
      assert.equal(said(answer), expected, what);
      assert.match(why(answer), message, what);
    }
  });
});

describe('a new bucket', () => {
  const create = (
    name: string,
    region = 'us-west-2',
    body = config(region),
    credentials = admin(),
    headers = {},
  ): Promise<Answer> => s3(credentials, 'PUT', `/${name}`, { region, body, headers });

  test('a name that is taken: by oneself, by somebody else', async () => {
    assert.equal(said(await create('first-come')), '200');
    assert.equal(said(await create('first-come')), '409 BucketAlreadyOwnedByYou');
    assert.equal(
      said(await create('first-come', 'us-west-2', config('us-west-2'), stranger())),
      '409 BucketAlreadyExists',
    );
    await makeBucket(sandbox, { name: 'taken-elsewhere', account: 'other', region: 'eu-central-1' });
    assert.equal(said(await create('taken-elsewhere')), '409 BucketAlreadyExists');
    // In us-east-1 making one's own again is no error.
    assert.equal(said(await create('virginia', 'us-east-1', '')), '200');
    assert.equal(said(await create('virginia', 'us-east-1', '')), '200');
  });

  test('its region is that of the address, said in the body outside us-east-1', async () => {
    for (const [region, body, expected] of [
      ['us-west-2', '', '400 IllegalLocationConstraintException'],
      ['us-west-2', config('eu-central-1'), '400 IllegalLocationConstraintException'],
      ['us-east-1', config('us-east-1'), '400 InvalidLocationConstraint'],
      ['us-east-1', config('moon'), '400 InvalidLocationConstraint'],
      ['eu-central-1', config('eu-central-1'), '200'],
    ] as const)
      assert.equal(said(await create('where', region, body)), expected, `${region} ${body}`);
    assert.equal((await s3(admin(), 'HEAD', '/where')).headers.get('x-amz-bucket-region'), 'eu-central-1');
  });

  test('names that S3 does not take', async () => {
    for (const name of [
      'ab',
      'Upper',
      'a_b',
      'a..b',
      '192.168.1.1',
      '-abc',
      'xn--abc',
      'sthree-abc',
      'abc-s3alias',
      'abc--x-s3',
    ])
      assert.equal(said(await create(name)), '400 InvalidBucketName', name);
  });

  test('public access is blocked, ACLs are off, S3 encrypts: without being told', async () => {
    await create('defaults');
    const read = async (what: string): Promise<string> =>
      (await s3(admin(), 'GET', '/defaults', { query: { [what]: '' } })).text;
    assert.equal((await read('publicAccessBlock')).match(/>true</gi)?.length, 4);
    assert.match(await read('ownershipControls'), /BucketOwnerEnforced/);
    assert.match(await read('encryption'), /AES256/);
    assert.equal(
      said(await s3(admin(), 'PUT', '/defaults/x', { headers: { 'x-amz-acl': 'public-read' } })),
      '400 AccessControlListNotSupported',
    );
  });

  test('each thing that is told to it needs its own permission', async () => {
    const tls = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: ['arn:aws:s3:::told', 'arn:aws:s3:::told/*'],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
    const steps: readonly [action: string, query: string, body: string, status: number][] = [
      ['s3:CreateBucket', '', config('us-west-2'), 200],
      [
        's3:PutBucketPublicAccessBlock',
        'publicAccessBlock',
        '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>',
        200,
      ],
      [
        's3:PutEncryptionConfiguration',
        'encryption',
        '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
        200,
      ],
      [
        's3:PutBucketOwnershipControls',
        'ownershipControls',
        '<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>',
        200,
      ],
      ['s3:PutBucketPolicy', 'policy', tls, 200],
      [
        's3:PutBucketTagging',
        'tagging',
        '<Tagging><TagSet><Tag><Key>made-by</Key><Value>us</Value></Tag></TagSet></Tagging>',
        204,
      ],
    ];
    const maker = await role('maker', [{ Effect: 'Allow', Action: ['sts:GetCallerIdentity'], Resource: '*' }]);
    const allow = (actions: readonly string[]): Promise<string> =>
      query(sandbox.endpoint, sandbox.credentials['sandbox-internal'], 'iam', {
        Action: 'PutRolePolicy',
        RoleName: 'maker',
        PolicyName: 'p',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
        }),
      });
    const allowed: string[] = [];
    for (const [action, name, body, status] of steps) {
      const step = (): Promise<Answer> => s3(maker, 'PUT', '/told', { query: name === '' ? {} : { [name]: '' }, body });
      const refused = await step();
      assert.equal(said(refused), '403 AccessDenied', action);
      assert.match(why(refused), new RegExp(`perform: ${action} on`));
      allowed.push(action);
      await allow(allowed);
      assert.equal((await step()).status, status, action);
    }
  });
});
