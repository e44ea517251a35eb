/** Where artifacts go: the ConfigMaps of Kubeflow Pipelines and Argo, and the bucket. */
import { DEFAULT_ROOT } from '../profile/launcher.ts';
import { hasReadableProviders, NEEDS_KEYS, PIPELINES, pipelinesVersion } from '../profile/pipelines.ts';
import { KFP_CONFIG } from './sources.ts';
import { liveBucket, liveKey, liveTls } from './artifacts/bucket.ts';
import { ofConfigMap } from './artifacts/config-maps.ts';
import { liveRepository, liveServers } from './artifacts/live.ts';
import { type Example, launcher, permissions, policy, repository, ROLE, role } from './samples.ts';
import { modes } from './mode.ts';
import { uncoveredRoots } from './permissions/folder.ts';
import { isReader } from './permissions/live.ts';
import { liveRegion } from './pods.ts';
import { problem, type Problem } from './problem.ts';
import { pipelinesPlace, writablePlaces } from './uses.ts';
import { namedRole, type ProfileView } from './view.ts';
import type { BucketSeen, ConfigMap, Deployment, KmsKey, Role } from '../observation.ts';
import { policyText, tlsOnly } from '../policy/build.ts';
import { mayWrite, policiesOf, sessionOf, type Place } from '../policy/rights.ts';
import { absent, found, valueOf, type Reading } from '../reading.ts';

export const artifactsModes = modes({
  'KP-046': {
    title: 'Bucket missing, elsewhere or of another account',
    severity: 'error',
    symptom: 'S3 answers 301, 403 or "the region is wrong".',
    cause: 'The bucket does not exist, lies in another region, or its owner grants nothing to this account.',
    fix: 'Correct bucket or region; add a bucket policy for another account.',
    sources: ['awslabs/kubeflow-manifests#729', 'S3 API Reference, HeadBucket'],
    reads: ['buckets', 'launcher'],
    live: [liveBucket],
  },
  'KP-047': {
    title: 'Encrypted bucket without key permissions',
    severity: 'error',
    symptom: 'AccessDenied for kms:GenerateDataKey.',
    cause: 'The bucket uses SSE-KMS, and the role may not use the key.',
    fix: 'Allow kms:GenerateDataKey and kms:Decrypt on the key, in the role and in the key policy. Planning the profile again gives them to the role, and says which statement the key policy lacks.',
    sources: ['S3 User Guide, SSE-KMS'],
    reads: ['buckets', 'role', 'policies'],
    live: [liveKey],
  },
  'KP-048': {
    title: 'Bucket requires TLS, Argo does not use it',
    severity: 'error',
    symptom: 'AccessDenied for artifacts of version 1 pipelines.',
    cause: 'The bucket policy denies plain HTTP, and the artifact repository says insecure: true.',
    fix: 'Set insecure: false.',
    sources: ['awslabs/kubeflow-manifests#225'],
    file: [ofConfigMap],
    reads: ['buckets', 'workflowController', 'repositories', 'launcher'],
    live: [liveTls],
  },
  'KP-055': {
    title: 'Pipeline root is not on S3, or not writable',
    severity: 'warning',
    symptom: 'Artifacts go to the object store in the cluster, silently; or runs are denied when they store them.',
    cause:
      'Since KFP 2.15 the kfp-launcher of every profile begins with minio://. Or the root lies where the role may not write.',
    fix: 'Set defaultPipelineRoot to s3://<bucket>/<prefix>, where the role may write.',
    sources: ['kubeflow/pipelines manifests (sync.py)', KFP_CONFIG],
    file: [ofConfigMap],
    folder: [uncoveredRoots],
    reads: ['launcher', 'pipelines', 'role'],
    live: [liveRoot],
  },
  'KP-056': {
    title: 'providers of kfp-launcher malformed',
    severity: 'error',
    symptom:
      'The driver of every run fails: "failed to unmarshal kfp bucket providers" or "missing default credentials".',
    cause: 'providers is a string that holds YAML, and a default needs credentials: fromEnv or secretRef.',
    fix: 'Write providers: |- with s3.default.credentials.fromEnv: true.',
    sources: [KFP_CONFIG, 'kubeflow/website, configure the object store'],
    file: [ofConfigMap],
    reads: ['launcher'],
    live: [liveProviders],
  },
  'KP-057': {
    title: 'Region unknown to the launcher',
    severity: 'warning',
    symptom:
      'MissingRegion: could not find region configuration. Since KFP 2.16: "Invalid region: region was not a valid DNS name" or "A region must be set when sending requests to S3".',
    cause: 'Before KFP 2.17 fromEnv makes the launcher ignore the region of the ConfigMap.',
    fix: 'Upgrade KFP, or give the pods AWS_REGION.',
    sources: ['kubeflow/pipelines#10846', 'kubeflow/pipelines#13551'],
    reads: ['pods', 'launcher', 'pipelines'],
    live: [liveRegion],
  },
  'KP-058': {
    title: 'Artifact repository uses keys',
    severity: 'warning',
    symptom: 'Artifacts and logs of version 1 pipelines are not in S3, or are refused.',
    cause: 'The repository still holds the in-cluster endpoint or accessKeySecret, which hide the role.',
    fix: 'Drop accessKeySecret and secretKeySecret; set endpoint s3.amazonaws.com, bucket and region. Without keys Argo takes the role of the pod, with useSDKCreds: true through the AWS SDK.',
    sources: [
      'Argo Workflows, configure artifact repository',
      'awslabs/kubeflow-manifests awsconfigs/apps/pipeline/s3/config',
    ],
    file: [ofConfigMap],
    reads: ['repositories', 'workflowController', 'launcher'],
    live: [liveRepository],
  },
  'KP-059': {
    title: 'KFP 2.15.0 requires static keys',
    severity: 'error',
    symptom: 'ml-pipeline stops with "ObjectStoreConfig.AccessKey is required".',
    cause: 'A regression of that release.',
    fix: 'Upgrade to KFP 2.16 or later.',
    sources: ['kubeflow/pipelines#12508', 'kubeflow/pipelines#12512'],
    reads: ['pipelines'],
    live: [liveVersion],
  },
  'KP-060': {
    title: 'Pipeline server has no role',
    severity: 'warning',
    symptom: 'The UI says "Failed to get object"; the server cannot check the bucket.',
    cause: 'Only the profile got a role; ml-pipeline and ml-pipeline-ui read the same bucket.',
    fix: 'Give both service accounts in the kubeflow namespace a role of their own.',
    sources: ['kubeflow/pipelines#11729', 'awslabs/kubeflow-manifests website (rds-s3 guide)'],
    scope: 'cluster',
    reads: ['servers', 'launcher', 'associations'],
    live: [liveServers],
  },
});

export interface Artifacts {
  /** Where the role may write objects, as far as its policies that were read say. */
  readonly policy: readonly Place[];
  /** Where Kubeflow Pipelines v2 writes: `defaultPipelineRoot`, else the launcher's default. */
  readonly root: string;
  /** Whether `root` was set in the namespace, or is the launcher's default. */
  readonly rootIsSet: boolean;
  readonly problems: readonly Problem[];
}

/** Where artifacts may go by the role's policies, and where they really go by the launcher. */
export function artifacts(readings: ProfileView): Artifacts {
  const role = namedRole(readings);
  const root = valueOf(readings.launcher)?.data['defaultPipelineRoot'];
  return {
    policy: role === undefined ? [] : writablePlaces(role, readings.policies),
    root: root || DEFAULT_ROOT,
    rootIsSet: !!root,
    problems: liveRoot(readings),
  };
}

/** KP-055 */
function liveRoot(readings: ProfileView): readonly Problem[] {
  const role = namedRole(readings);
  const place = pipelinesPlace(readings);
  if (role === undefined || place === undefined || place.state === 'fails') return [];
  const policies = policiesOf(role, readings.policies);
  const repair = isReader(policies, sessionOf(role)) ? {} : { remedy: 'repair' as const };
  const said = (message: string): readonly Problem[] => [{ id: 'KP-055', message, ...repair, remark: true }];
  if (place.state === 'elsewhere') return said(place.why);
  const where = `s3://${place.bucket}/${place.prefix}`;
  if (place.credentials === 'secret')
    return said(`Pipelines write to ${where} with the keys of Secret ${place.secret ?? ''}, not with the role.`);
  return mayWrite(policies, place.bucket, place.prefix, sessionOf(role)) === 'no'
    ? said(`Pipelines write to ${where} (ConfigMap kfp-launcher), where the role may not write.`)
    : [];
}

/** KP-056 */
function liveProviders(readings: ProfileView): readonly Problem[] {
  const place = pipelinesPlace(readings);
  if (place?.state !== 'fails') return [];
  const readable = hasReadableProviders(valueOf(readings.launcher)?.data ?? {});
  return [problem('KP-056', place.why, readable ? 'repair' : undefined)];
}

/** KP-059 */
function liveVersion({ pipelines = absent }: ProfileView): readonly Problem[] {
  const version = pipelinesVersion(valueOf(pipelines)?.image ?? '');
  return version === NEEDS_KEYS
    ? [
        {
          id: 'KP-059',
          message: `Kubeflow Pipelines ${version} does not start without static keys for its own store. Upgrade it to 2.16 or later.`,
          remark: true,
        },
      ]
    : [];
}

/** Whether pipelines surely write somewhere else than where the role is for. */
export const writesElsewhere = (readings: ProfileView): boolean =>
  liveRoot(readings).some(({ remedy }) => remedy === 'repair');

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'pipeline root in the object store of the cluster',
    kind: 'manifest',
    text: launcher('fromEnv: true', 'minio://mlpipeline/v2/artifacts'),
    finds: [['KP-055', 'minio://mlpipeline/v2/artifacts']],
  },
  {
    name: '`fromEnv` in quotes',
    kind: 'manifest',
    text: launcher('fromEnv: "true"'),
    finds: [['KP-056', '"true"']],
  },
  {
    name: 'artifact repository with keys',
    kind: 'manifest',
    text: repository('accessKeySecret: { name: keys, key: access }'),
    finds: [['KP-058', 'accessKeySecret']],
  },
  {
    name: 'artifact repository without TLS',
    kind: 'manifest',
    text: repository('useSDKCreds: true\n    insecure: true'),
    finds: [['KP-048', 'true']],
  },
  {
    name: 'a bucket that is not there',
    change: { buckets: bucketOf({ bucket: absent }) },
    sees: ['KP-046'],
  },
  {
    name: 'a bucket in another region than pipelines call it in',
    change: { buckets: bucketOf({ bucket: found({ name: NAME, region: 'eu-west-1', accessible: true }) }) },
    sees: ['KP-046'],
  },
  {
    name: 'a bucket of another account',
    change: {
      buckets: bucketOf({ bucket: found({ name: NAME, region: 'us-west-2', accessible: false, foreign: true }) }),
    },
    sees: ['KP-046'],
  },
  { name: 'a bucket with a key that the role may not use', change: { buckets: withKey({}) }, sees: ['KP-047'] },
  {
    name: 'a bucket with a key that is disabled',
    change: { buckets: withKey({ state: 'Disabled' }), role: mayUse() },
    sees: ['KP-047'],
  },
  {
    name: 'a bucket with a key whose policy lets in others',
    change: {
      buckets: withKey({ policy: policy({ ...OPEN, Principal: { AWS: `${ROLE}-other` } }) }),
      role: mayUse(),
    },
    sees: ['KP-047'],
  },
  { name: 'a bucket with a key that the role may use', change: { buckets: withKey({}), role: mayUse() }, sees: [] },
  {
    name: 'a bucket that wants TLS, and Argo without it',
    change: {
      buckets: bucketOf({ policy: found(policyText(tlsOnly('aws', NAME))) }),
      workflowController: found({
        namespace: 'kubeflow',
        name: 'workflow-controller-configmap',
        data: { artifactRepository: `s3: { bucket: ${NAME}, insecure: true }` },
      }),
    },
    sees: ['KP-048'],
  },
  {
    name: 'a launcher that writes to the store in the cluster',
    change: {
      launcher: launcherMap({ defaultPipelineRoot: 'minio://mlpipeline/private-artifacts/team-a/v2/artifacts' }),
    },
    sees: ['KP-055'],
  },
  {
    name: 'no launcher settings, and Kubeflow Pipelines',
    change: { launcher: absent, pipelines: pipelinesOf('2.5.0') },
    sees: ['KP-055'],
  },
  {
    name: 'a launcher that writes with the keys of a Secret',
    change: {
      launcher: launcherMap({
        defaultPipelineRoot: 's3://team-a-data/v2',
        providers: 's3: { default: { credentials: { fromEnv: false, secretRef: { secretName: keys } } } }',
      }),
    },
    sees: ['KP-055'],
  },
  {
    name: 'providers without credentials, in a cluster',
    change: {
      launcher: launcherMap({
        defaultPipelineRoot: 's3://team-a-data/v2',
        providers: 's3: { default: { region: us-west-2 } }',
      }),
    },
    sees: ['KP-056'],
  },
  {
    name: 'an artifact repository in the cluster, and pipelines that write to S3',
    change: {
      repositories: found({
        namespace: 'team-a',
        name: 'artifact-repositories',
        data: {
          'default-namespaced':
            's3: { endpoint: "seaweedfs.kubeflow:9000", bucket: mlpipeline, accessKeySecret: { name: mlpipeline-minio-artifact, key: accesskey } }',
        },
      }),
    },
    sees: ['KP-058'],
  },
  {
    name: 'an artifact repository of the cluster that is not YAML',
    change: {
      repositories: absent,
      workflowController: found({
        namespace: 'kubeflow',
        name: 'workflow-controller-configmap',
        data: { artifactRepository: 's3: { bucket: [' },
      }),
    },
    sees: ['KP-058'],
  },
  {
    name: 'servers of pipelines without a role',
    change: {
      servers: found([
        { namespace: 'kubeflow', name: 'ml-pipeline', annotations: { 'eks.amazonaws.com/role-arn': ROLE } },
        { namespace: 'kubeflow', name: 'ml-pipeline-ui', annotations: {} },
      ]),
      associations: found([]),
    },
    sees: ['KP-060'],
  },
  {
    name: 'a release that needs keys',
    change: { pipelines: pipelinesOf('2.15.0') },
    sees: ['KP-059'],
  },
];

const NAME = 'team-a-data';
const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const OPEN = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'kms:*',
  Resource: '*',
};
const bucketOf = (change: Partial<BucketSeen>): Readonly<Record<string, BucketSeen>> => ({
  [NAME]: {
    bucket: found({ name: NAME, region: 'us-west-2', accessible: true }),
    encryption: absent,
    policy: absent,
    ...change,
  },
});
const withKey = (key: Partial<KmsKey>): Readonly<Record<string, BucketSeen>> =>
  bucketOf({
    encryption: found({ algorithm: 'aws:kms', key: KEY }),
    key: found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, policy: policy(OPEN), ...key }),
  });
const mayUse = (): Reading<Role> =>
  found(
    role({
      inline: [
        { name: 's3', text: permissions({}) },
        {
          name: 'key',
          text: policy({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: KEY }),
        },
      ],
    }),
  );
const launcherMap = (data: ConfigMap['data']): ProfileView['launcher'] =>
  found({ namespace: 'team-a', name: 'kfp-launcher', data });
const pipelinesOf = (release: string): Reading<Deployment> =>
  found({ ...PIPELINES, image: `ghcr.io/kubeflow/kfp-api-server:${release}` });
