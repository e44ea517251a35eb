import type { Cluster, Namespace, OidcProvider, Profile, Role, ServiceAccount } from '../observation.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { type Reading, valueOf } from '../reading.ts';

/** A Profile as a list of all Profiles brings it: what the tree needs, without what grows (status, managed fields). */
export interface ListedProfile extends Profile {
  /** RFC 3339. */
  readonly created?: string;
  readonly finalizers: readonly string[];
  /** What of it does not have the shape of a Profile, as a sentence; that part is left out of `spec`. */
  readonly malformed?: string;
}

/** ConfigMap `kfp-launcher` of a profile's namespace: where Kubeflow Pipelines v2 puts artifacts. */
export interface Launcher {
  readonly namespace: string;
  /** `defaultPipelineRoot`; absent: the launcher's own default, `minio://mlpipeline/v2/artifacts`. */
  readonly root?: string;
}

/** All that was read about one profile of one cluster. `undefined`: not read yet. */
export interface ProfileReadings {
  readonly cluster: Cluster;
  readonly provider: Reading<OidcProvider> | undefined;
  readonly profile: ListedProfile;
  readonly namespace: Reading<Namespace>;
  /** `default-editor` of the profile's namespace. */
  readonly serviceAccount: Reading<ServiceAccount>;
  readonly launcher: Reading<Launcher>;
  /** The role of the service account's annotation, else of the plugin; `absent` also where none is named. */
  readonly role: Reading<Role> | undefined;
  /** Other profiles of the cluster that name the same role. */
  readonly sharedWith: readonly string[];
}

/** The role that the profile's pods get: of the service account's annotation, else the one the plugin names. */
export function roleArnOf({
  profile,
  serviceAccount: reading,
}: Pick<ProfileReadings, 'profile' | 'serviceAccount'>): string | undefined {
  const annotation = valueOf(reading)?.annotations[ROLE_ANNOTATION];
  return annotation !== undefined && annotation !== '' ? annotation : irsaPlugin(profile)?.awsIamRole;
}

/** The role that the profile's pods get, if it was read. One of the same name under another path is another role. */
export function namedRole(readings: ProfileReadings): Role | undefined {
  const role = readings.role && valueOf(readings.role);
  return role?.arn === roleArnOf(readings) ? role : undefined;
}
