/**
 * What Kubeflow Pipelines reads in a profile's namespace to know where artifacts go, and what its own controller puts there. Sources:
 * kubeflow/pipelines `manifests/kustomize/base/installs/multi-user/pipelines-profile-controller/sync.py`, `backend/src/v2/config`;
 * Argo Workflows, "Configuring Your Artifact Repository".
 */
import { partitionOfRegion } from '../arn/partitions.ts';
import { addEntries, removeEntries, replaceValue, type Json } from '../document/edit.ts';
import { entry, get, textOf, type DocObject } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import type { Edit } from '../finding.ts';
import { applyEdits } from '../fix.ts';
import type { ConfigMap } from '../observation.ts';
import { DEFAULT_ROOT, launcherPlace } from './launcher.ts';
import { AWS_ENDPOINT } from './names.ts';

/** ConfigMap of the launcher: where pipelines of version 2 write. */
export const LAUNCHER = 'kfp-launcher';
/** ConfigMap of Argo: where its own artifacts, logs and pipelines of version 1 go. */
export const REPOSITORIES = 'artifact-repositories';
/** Annotation of {@link REPOSITORIES}: the key that counts where a workflow names none. */
export const DEFAULT_REPOSITORY = 'workflows.argoproj.io/default-artifact-repository';
/** The key under which the pipelines profile controller puts its repository. */
const ITS_REPOSITORY = 'default-namespaced';

/** Where Kubeflow Pipelines' API server runs; its image tells the release. */
export const PIPELINES = { namespace: 'kubeflow', name: 'ml-pipeline' } as const;

/** The release of an image such as `ghcr.io/kubeflow/kfp-api-server:2.16.0`; undefined: its tag tells none. */
export const pipelinesVersion = (image: string): string | undefined =>
  /:v?(\d+\.\d+\.\d+)(?:[-+.][\w.+-]*)?(?:@.*)?$/.exec(image)?.[1];

/** Since this release the pipelines profile controller makes both ConfigMaps in each namespace (sync.py). */
export const MAKES_CONFIG_MAPS = '2.15.0';
/** The API server of this release does not start without static keys (kubeflow/pipelines#12508). */
export const NEEDS_KEYS = '2.15.0';

/** Whether a ConfigMap is as the pipelines profile controller makes it: nothing that anybody chose. */
export function madeByPipelines({ name, data }: ConfigMap): boolean {
  if (name === LAUNCHER)
    return (
      data['providers'] === undefined &&
      /^minio:\/\/mlpipeline\//.test(data['defaultPipelineRoot'] ?? 'minio://mlpipeline/')
    );
  const texts = Object.values(data);
  return name === REPOSITORIES && texts.length === 1 && /"?name"?: ?"?mlpipeline-minio-artifact"?/.test(texts[0] ?? '');
}

/** Whether `providers` can be read, as the launcher does first of all: else nothing of it could be kept. */
export const hasReadableProviders = (data: ConfigMap['data']): boolean =>
  launcherPlace({ ...data, defaultPipelineRoot: DEFAULT_ROOT }).state !== 'fails';

/** Where a profile's artifacts are to go. `region`: that of the bucket. */
export interface Destination {
  /** Where in the bucket: ends with a slash. */
  readonly prefix: string;
  readonly bucket: string;
  readonly region: string;
}

/** Below a profile's prefix, as KFP's own default lies below its bucket. */
export const rootOf = ({ prefix, bucket }: Destination): string => `s3://${bucket}/${prefix}v2/artifacts`;

/** S3's endpoint as Argo and the launcher want it, without a scheme. */
const endpointOf = (region: string): string => `s3.${dnsSuffix(region)}`;
const dnsSuffix = (region: string): string => partitionOfRegion(region)?.dnsSuffix ?? 'amazonaws.com';

/** `providers` that say where a bucket is, for releases that read its region there. */
export const providersFor = ({ region }: Destination): string =>
  [
    's3:',
    '  default:',
    `    endpoint: ${endpointOf(region)}`,
    `    region: ${region}`,
    '    credentials:',
    '      fromEnv: true',
    '',
  ].join('\n');

/** What is to be so in Argo's repository, and what is wanted where nothing is. */
function repositoryWishes({ prefix, bucket, region }: Destination): Readonly<Record<string, Json>> {
  const day = ['Y', 'm', 'd'].map((part) => `{{workflow.creationTimestamp.${part}}}`).join('/');
  return {
    endpoint: endpointOf(region),
    bucket,
    region,
    keyFormat: `${prefix}artifacts/{{workflow.name}}/${day}/{{pod.name}}`,
    insecure: false,
    useSDKCreds: true,
  };
}

/** Text of a repository where none is. */
const newRepository = (to: Destination): string =>
  JSON.stringify({ archiveLogs: true, s3: repositoryWishes(to) }, undefined, 2);

/** The data of {@link REPOSITORIES} as the controller will have made it, changed for a destination. */
export const newRepositories = (to: Destination): Readonly<Record<string, string>> => ({
  [ITS_REPOSITORY]: newRepository(to),
});

/** What in a repository hides the role: keys. */
const KEYS = ['accessKeySecret', 'secretKeySecret', 'sessionTokenSecret'];

/**
 * The data of {@link REPOSITORIES} with its default repository in a bucket, by the role of the pod: other keys, other repositories and
 * comments stay. `undefined` where there is no default repository on an S3 store: nothing of ours.
 *
 * @returns the new data, the same where it is right already; or why it cannot be read
 */
export function amendRepositories(
  { data, annotations }: ConfigMap,
  to: Destination,
): { readonly data: Readonly<Record<string, string>> } | { readonly problem: string } | undefined {
  const keys = Object.keys(data);
  const key = annotations?.[DEFAULT_REPOSITORY] ?? (keys.length === 1 ? keys[0] : undefined);
  const text = key === undefined ? undefined : data[key];
  if (key === undefined || text === undefined) return undefined;
  const { documents, errors } = parse(text);
  const root = documents[0]?.root;
  if (errors[0] !== undefined || root?.type !== 'object')
    return {
      problem: `${key} is not the YAML of a repository${errors[0] === undefined ? '' : `: ${errors[0].message}`}`,
    };
  const s3 = get(root, 's3');
  if (s3 === undefined) return undefined;
  if (s3.type !== 'object') return { problem: `s3 of ${key} is no object` };
  return { data: { ...data, [key]: applyEdits(text, repositoryEdits(s3, to)) } };
}

function repositoryEdits(s3: DocObject, to: Destination): readonly Edit[] {
  const wishes = Object.entries(repositoryWishes(to)).filter(([key, value]) => !isRight(s3, key, value, to));
  const there = wishes.flatMap(([key, value]) => {
    const node = get(s3, key);
    return node === undefined ? [] : [replaceValue(node, value)];
  });
  const lacking = Object.fromEntries(wishes.filter(([key]) => get(s3, key) === undefined));
  return [
    ...there,
    ...(Object.keys(lacking).length === 0 ? [] : addEntries(s3, lacking)),
    ...removeEntries(
      s3,
      KEYS.flatMap((key) => entry(s3, key) ?? []),
    ),
  ];
}

/** Whether a setting is as wanted: what is not said has a default, and a key below the profile's prefix is as good as ours. */
function isRight(s3: DocObject, key: string, wanted: Json, { prefix, region }: Destination): boolean {
  const node = get(s3, key);
  const value = node !== undefined && node.type !== 'object' && node.type !== 'array' ? node.value : undefined;
  if (key === 'keyFormat') return textOf(node)?.startsWith(prefix) === true;
  if (key === 'insecure') return node === undefined || value === false;
  // That of the region is as good as the one for all of the partition.
  if (key === 'endpoint' && typeof value === 'string' && AWS_ENDPOINT.test(value))
    return value === wanted || (value.includes(region) && value.endsWith(dnsSuffix(region)));
  return value === wanted;
}
