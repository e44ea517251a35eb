import { parseJson } from '../document/json.ts';
import type { DocNode } from '../document/node.ts';
import type { PolicyContext } from '../finding.ts';
import type {
  BucketSeen,
  Cluster,
  ConfigMap,
  Deployment,
  Namespace,
  OidcProvider,
  PodIdentity,
  Profile,
  Role,
  ServiceAccount,
} from '../observation.ts';
import type { Maker } from '../tools.ts';
import { issuerPath } from '../policy/build.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { type Reading, valueOf } from '../reading.ts';

export const parse = (text: string): DocNode | undefined => parseJson(text, { text, format: 'json' }).root;

export const quoted = (text: string): string => JSON.stringify(text);

/** What the rules know from elsewhere. */
export function contextOf({ cluster, profile }: ProfileView): PolicyContext {
  const plugin = irsaPlugin(profile);
  return {
    account: cluster.account,
    partition: cluster.partition,
    profile: profile.metadata.name,
    ...(cluster.issuer === undefined ? {} : { issuer: issuerPath(cluster.issuer) }),
    ...(plugin === undefined ? {} : { annotateOnly: plugin.annotateOnly }),
  };
}

/** A Profile as a list of all Profiles brings it: what the tree needs, without what grows (status, managed fields). */
export interface ListedProfile extends Profile {
  /** RFC 3339. */
  readonly created?: string;
  readonly finalizers: readonly string[];
  /** What of it does not have the shape of a Profile, as a sentence; that part is left out of `spec`. */
  readonly malformed?: string;
  /** Another tool that made it, as far as its metadata says so. */
  readonly maker?: Maker;
}

/** All that was read about one profile of one cluster. `undefined`: not read yet. */
export interface ProfileView {
  readonly cluster: Cluster;
  readonly provider: Reading<OidcProvider> | undefined;
  readonly profile: ListedProfile;
  readonly namespace: Reading<Namespace>;
  /** `default-editor` of the profile's namespace. */
  readonly serviceAccount: Reading<ServiceAccount>;
  /** ConfigMap `kfp-launcher` of the namespace. */
  readonly launcher: Reading<ConfigMap>;
  /** The API server of Kubeflow Pipelines: its release. */
  readonly pipelines?: Reading<Deployment>;
  /** The role of the service account's annotation, else of the plugin; `absent` also where none is named. */
  readonly role: Reading<Role> | undefined;
  /** Other profiles of the cluster that name the same role. */
  readonly sharedWith: readonly string[];
  /** ARNs of the account's OIDC providers; asked for only where that of the cluster is missing. */
  readonly providers?: Reading<readonly string[]>;
  /** Buckets that the profile uses (modes/uses.ts), by name, as far as they were read. */
  readonly buckets?: Readonly<Record<string, BucketSeen>>;
  /** Documents of managed policies, by ARN: those that are attached to the role, and its boundary. */
  readonly policies?: Readonly<Record<string, Reading<string>>>;
  /** The Pod Identity association of `default-editor`. */
  readonly association?: Reading<PodIdentity>;
  /** The role of the association. */
  readonly podRole?: Reading<Role>;
  /** Argo's settings of the cluster: ConfigMap `workflow-controller-configmap`. */
  readonly workflows?: Reading<ConfigMap>;
}

/** The role that the profile's pods get: of the service account's annotation, else the one the plugin names. */
export function roleArnOf({
  profile,
  serviceAccount: reading,
}: {
  readonly profile: Profile | ListedProfile;
  readonly serviceAccount: ProfileView['serviceAccount'];
}): string | undefined {
  const annotation = valueOf(reading)?.annotations[ROLE_ANNOTATION];
  return annotation !== undefined && annotation !== '' ? annotation : irsaPlugin(profile)?.awsIamRole;
}

/** The role that the profile's pods get, if it was read. One of the same name under another path is another role. */
export function namedRole(readings: ProfileView): Role | undefined {
  const role = readings.role && valueOf(readings.role);
  return role?.arn === roleArnOf(readings) ? role : undefined;
}
