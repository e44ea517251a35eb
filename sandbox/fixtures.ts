// Buckets and keys that a test or a demonstration wants beside the seeded world. They are made by the sandbox itself: their calls
// are not counted.
import type { Sandbox } from './index.ts';
import { ACCOUNT, OTHER_ACCOUNT } from './seed.ts';
import { AwsError, call, xmlValue, type Credentials } from './sigv4.ts';

export interface WantedBucket {
  readonly name: string;
  /** Default: the region of the sandbox. */
  readonly region?: string;
  /** Whose it is. Default: `own`. */
  readonly account?: 'own' | 'other';
  /** The statements of its policy. */
  readonly policy?: readonly object[];
  /**
   * What encrypts it. A key of KMS whose policy leaves it to IAM (`delegates`, as keys are made by default), or one whose policy
   * names only another role than those of profiles (`names another`: no policy of IAM helps); `managed`: the key that AWS manages
   * for S3. Default: S3's own keys.
   */
  readonly key?: 'delegates' | 'names another' | 'managed';
}
export interface MadeBucket {
  readonly bucket: string;
  /** Undefined where no key of the account is used. */
  readonly keyArn: string | undefined;
}

/** The role that the policy of a `names another` key names. */
export const KEY_USER = `arn:aws:iam::${ACCOUNT}:role/eks-cluster-role`;

/** Makes a bucket, and the key that encrypts it. Throws AwsError with what AWS would say. */
export async function makeBucket(sandbox: Sandbox, wanted: WantedBucket): Promise<MadeBucket> {
  const { name, region = sandbox.region, account = 'own', policy, key } = wanted;
  const credentials = sandbox.credentials[account === 'own' ? 'sandbox-internal' : 'other-account-admin'];
  const s3 = (query: string, body: string): Promise<string> =>
    send(sandbox, credentials, {
      service: 's3',
      region,
      method: 'PUT',
      path: `/${name}`,
      query: query === '' ? {} : { [query]: '' },
      body,
    });
  const configuration = `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  await s3('', region === 'us-east-1' ? '' : configuration);
  if (policy) await s3('policy', JSON.stringify({ Version: '2012-10-17', Statement: policy }));
  if (key === undefined) return { bucket: name, keyArn: undefined };
  const keyArn =
    key === 'managed' ? undefined : await makeKey(sandbox, credentials, region, account, key === 'names another');
  const id = keyArn === undefined ? '' : `<KMSMasterKeyID>${keyArn}</KMSMasterKeyID>`;
  await s3(
    'encryption',
    `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>${id}</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`,
  );
  return { bucket: name, keyArn };
}

async function makeKey(
  sandbox: Sandbox,
  credentials: Credentials,
  region: string,
  account: 'own' | 'other',
  namesAnother: boolean,
): Promise<string> {
  const owner = account === 'own' ? ACCOUNT : OTHER_ACCOUNT;
  const root = { AWS: `arn:aws:iam::${owner}:root` };
  const allow = (Sid: string, Principal: object, Action: string | readonly string[]): object => ({
    Sid,
    Effect: 'Allow',
    Principal,
    Action,
    Resource: '*',
  });
  const statements = namesAnother
    ? [
        allow('Administration', root, [
          'kms:Describe*',
          'kms:Get*',
          'kms:List*',
          'kms:Put*',
          'kms:ScheduleKeyDeletion',
        ]),
        allow('Use', { AWS: KEY_USER }, ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey*', 'kms:DescribeKey']),
      ]
    : [allow('Enable IAM User Permissions', root, 'kms:*')];
  const text = await send(sandbox, credentials, {
    service: 'kms',
    region,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.CreateKey' },
    body: JSON.stringify({ Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) }),
  });
  return (JSON.parse(text) as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;
}

async function send(
  sandbox: Sandbox,
  credentials: Credentials,
  request: Omit<Parameters<typeof call>[1], 'credentials'>,
): Promise<string> {
  const { status, text } = await call(sandbox.endpoint, { ...request, credentials });
  if (status < 400) return text;
  throw new AwsError(xmlValue(text, 'Code') ?? `HTTP ${status}`, xmlValue(text, 'Message') ?? text);
}

const AGENT = 'eks-pod-identity-agent';

/** Gives kubeflow-dev the agent of Pod Identity: the add-on of EKS, and the DaemonSet that it makes. `ready`: of its two pods. */
export async function installAgent(sandbox: Sandbox, ready = 2): Promise<void> {
  const { kube, name, region } = sandbox.clusters.kubeflowDev;
  const made = await send(sandbox, sandbox.credentials['sandbox-internal'], {
    service: 'eks',
    region,
    path: `/clusters/${name}/addons`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ addonName: AGENT }),
  }).catch((error: unknown) => error);
  // It may be there already.
  if (made instanceof AwsError && made.code !== 'HTTP 409') throw made;
  const path = `/apis/apps/v1/namespaces/kube-system/daemonsets/${AGENT}`;
  const labels = { 'app.kubernetes.io/name': AGENT };
  await kube.apply(path, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: AGENT, namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { hostNetwork: true, containers: [{ name: AGENT, image: `${AGENT}:v0.1.33` }] },
      },
    },
  });
  const status = {
    currentNumberScheduled: 2,
    desiredNumberScheduled: 2,
    numberMisscheduled: 0,
    numberReady: ready,
    observedGeneration: 1,
  };
  await kube.request('PATCH', `${path}/status`, { status }, 'application/merge-patch+json');
}

/** Takes it away again. */
export async function removeAgent(sandbox: Sandbox): Promise<void> {
  const { kube, name, region } = sandbox.clusters.kubeflowDev;
  await send(sandbox, sandbox.credentials['sandbox-internal'], {
    service: 'eks',
    region,
    method: 'DELETE',
    path: `/clusters/${name}/addons/${AGENT}`,
  });
  await kube.request('DELETE', `/apis/apps/v1/namespaces/kube-system/daemonsets/${AGENT}`);
}
