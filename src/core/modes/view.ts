import { parseJson } from '../document/json.ts';
import type { DocNode } from '../document/node.ts';
import type { PolicyContext } from '../finding.ts';
import type { Tried } from '../inject/answer.ts';
import type {
  Agent,
  Annotated,
  BucketSeen,
  Caller,
  Cluster,
  ConfigMap,
  Deployment,
  KubernetesApi,
  Namespace,
  NetworkPolicy,
  OidcProvider,
  Organization,
  Pod,
  PodDefault,
  PodIdentity,
  PodIdentityAssociation,
  PodWebhook,
  Profile,
  Role,
  ServiceAccount,
  ServiceEntry,
  VpcEndpoint,
} from '../observation.ts';
import type { RoleBinding } from '../people/kfam.ts';
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
    live: true,
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

/** What only a doctor asks for, beside what the tree reads. `undefined`: nobody asked. */
export interface Inspected {
  /** Who reads. */
  readonly caller?: Reading<Caller>;
  /** The cluster's API server, with what the kubeconfig says of it. */
  readonly api?: Reading<KubernetesApi>;
  /** The profile controller, its service account, and the role of that; `absent` also where it names none. */
  readonly controller?: Reading<Deployment>;
  readonly controllerAccount?: Reading<ServiceAccount>;
  readonly controllerRole?: Reading<Role>;
  /** The service accounts of Kubeflow's own namespace. */
  readonly servers?: Reading<readonly ServiceAccount[]>;
  /** Argo's `workflow-controller-configmap` of Kubeflow's namespace: what counts where a namespace says nothing. */
  readonly workflowController?: Reading<ConfigMap>;
  /** ConfigMap `artifact-repositories` of the namespace. */
  readonly repositories?: Reading<ConfigMap>;
  /** All pods of the namespace. */
  readonly pods?: Reading<readonly Pod[]>;
  /** Notebooks, model servers and workflows of the namespace that have the role annotation. */
  readonly annotated?: Reading<readonly Annotated[]>;
  /** Bindings `default-editor` and `default-viewer` of the namespace. */
  readonly bindings?: Reading<readonly RoleBinding[]>;
  /** Pod Identity associations of the namespace, and of Kubeflow's own. */
  readonly associations?: Reading<readonly PodIdentityAssociation[]>;
  readonly networkPolicies?: Reading<readonly NetworkPolicy[]>;
  /** Istio's ConfigMap `istio`, and the hosts that it knows beside those of the cluster. */
  readonly mesh?: Reading<ConfigMap>;
  readonly serviceEntries?: Reading<readonly ServiceEntry[]>;
  /** Mutating webhooks of the cluster that are asked when a pod is made. */
  readonly webhooks?: Reading<readonly PodWebhook[]>;
  /** PodDefaults of the namespace. */
  readonly podDefaults?: Reading<readonly PodDefault[]>;
  /** The agent of Pod Identity on the nodes; `absent`: neither it nor its add-on is there. */
  readonly agent?: Reading<Agent>;
  /** What pods would get that were tried (dry run). */
  readonly injection?: Reading<readonly Tried[]>;
  /** What the organization of the account has over it. */
  readonly organization?: Reading<Organization>;
  /** Endpoints of the cluster's VPC for S3 and STS; `absent`: it is not known which VPC that is. */
  readonly endpoints?: Reading<readonly VpcEndpoint[]>;
  /** ARNs of the account's OIDC providers; asked for only where that of the cluster is missing. */
  readonly providers?: Reading<readonly string[]>;
  /** Buckets that the profile uses (modes/uses.ts), by name. */
  readonly buckets?: Readonly<Record<string, BucketSeen>>;
  /** Documents of managed policies, by ARN: those that are attached to the profile's roles, and their boundaries. */
  readonly policies?: Readonly<Record<string, Reading<string>>>;
  /** The Pod Identity association of `default-editor`, with all that it is. */
  readonly association?: Reading<PodIdentity>;
  /** The role of the association. */
  readonly podRole?: Reading<Role>;
}

/** All that was read about one profile of one cluster. `undefined`: not read yet. */
export interface ProfileView extends Inspected {
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
