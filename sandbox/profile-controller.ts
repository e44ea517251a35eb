// Plays Kubeflow's profile controller and the profile controller of Kubeflow Pipelines: what they create, in which order,
// and what they never report. The behaviour is that of kubeflow/dashboard, components/profile-controller (controllers/
// profile_controller.go, plugin_iam.go) and kubeflow/pipelines, manifests/.../pipelines-profile-controller/sync.py; only
// Istio's AuthorizationPolicy is left out, as the sandbox has no Istio.
import { KubeError, type Kube, type KubeObject, type ObjectMeta, type OwnerReference } from './kube.ts';
import { query, xmlValue, type Credentials } from './sigv4.ts';

export interface ProfileController {
  /** What the controller logs, as in its pod's log. */
  readonly log: readonly string[];
  stop(): void;
}
interface Profile extends KubeObject {
  spec?: {
    owner?: { kind: string; name: string; namespace?: string; apiGroup?: string };
    plugins?: { kind?: string; spec?: Record<string, unknown> }[];
    resourceQuotaSpec?: { hard?: Record<string, unknown> };
  };
}
interface IamPlugin {
  readonly awsIamRole: string;
  readonly annotateOnly: boolean;
}

const PROFILES = '/apis/kubeflow.org/v1/profiles';
const NAMESPACES = '/api/v1/namespaces';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const EDITOR = 'default-editor';
const ROLE_ARN = 'eks.amazonaws.com/role-arn';
const FINALIZER = 'profile-finalizer';
const AUDIENCE = 'sts.amazonaws.com';
/** From the ConfigMap profiles-namespace-labels-data. */
const NAMESPACE_LABELS: Readonly<Record<string, string>> = {
  'app.kubernetes.io/part-of': 'kubeflow-profile',
  'katib.kubeflow.org/metrics-collector-injection': 'enabled',
  'pipelines.kubeflow.org/enabled': 'true',
  'serving.kubeflow.org/inferenceservice': 'enabled',
};

/** Watches a cluster's profiles and what belongs to them, until it is stopped. */
export function startProfileController(kube: Kube, aws: string, credentials: Credentials): ProfileController {
  const log: string[] = [];
  const say = (profile: string, message: string): void => {
    log.push(`${new Date().toISOString()} ${profile}: ${message}`);
    if (log.length > 500) log.shift();
  };
  const iam = iamClient(aws, credentials);
  const profiles = workQueue(
    (name) => reconcile(kube, iam, name, (message) => say(name, message)),
    (name, error) => say(name, `Reconciler error: ${String(error)}`),
  );
  const namespaces = workQueue(
    (name) => syncPipelines(kube, name),
    (name, error) => say(name, `pipelines-profile-controller: ${String(error)}`),
  );
  const owned = ({ object }: { object: KubeObject }): void => {
    for (const { kind, name, controller } of object.metadata.ownerReferences ?? [])
      if (kind === 'Profile' && controller) profiles.add(name);
  };
  const watches = [
    kube.watch(PROFILES, ({ object }) => profiles.add(object.metadata.name)),
    kube.watch(NAMESPACES, (event) => {
      owned(event);
      if (event.object.metadata.labels?.['pipelines.kubeflow.org/enabled'] === 'true')
        namespaces.add(event.object.metadata.name);
    }),
    kube.watch('/api/v1/serviceaccounts', owned),
    kube.watch(`${RBAC}/rolebindings`, owned),
    kube.watch('/api/v1/configmaps?fieldSelector=metadata.name%3Dkfp-launcher', ({ type, object }) => {
      if (type === 'DELETED') namespaces.add(object.metadata.namespace ?? '');
    }),
  ];
  return {
    log,
    stop: () => {
      for (const watch of watches) watch.stop();
      profiles.stop();
      namespaces.stop();
    },
  };
}

/** Runs one reconcile of a name at a time, again if it was added meanwhile, and again after growing pauses if it failed. */
function workQueue(
  work: (name: string) => Promise<void>,
  onError: (name: string, error: unknown) => void,
): { add(name: string): void; stop(): void } {
  const states = new Map<string, { again: boolean; running: boolean; failures: number; timer?: NodeJS.Timeout }>();
  let stopped = false;
  const run = async (name: string): Promise<void> => {
    const state = states.get(name) ?? { again: false, running: false, failures: 0 };
    states.set(name, state);
    if (stopped) return;
    if (state.running) {
      state.again = true;
      return;
    }
    clearTimeout(state.timer);
    state.running = true;
    try {
      await work(name);
      state.failures = 0;
    } catch (error) {
      if (stopped) return;
      onError(name, error);
      // 5 ms, doubled at each failure, as controller-runtime does; at most 30 s.
      state.timer = setTimeout(() => void run(name), Math.min(30_000, 5 * 2 ** state.failures++));
    } finally {
      state.running = false;
    }
    if (state.again) {
      state.again = false;
      await run(name);
    }
  };
  return {
    add: (name) => void run(name),
    stop: () => {
      stopped = true;
      for (const { timer } of states.values()) clearTimeout(timer);
    },
  };
}

async function reconcile(kube: Kube, iam: IamClient, name: string, say: (message: string) => void): Promise<void> {
  const profile = await kube.find<Profile>(`${PROFILES}/${name}`);
  if (!profile) return;
  const owner = profile.spec?.owner;
  const ownerReferences = [controllerReference(profile)];
  const base = `${NAMESPACES}/${name}`;

  // 1. The namespace. One that is not the profile owner's ends the work without an error, a status or another try.
  const namespace = await kube.find(base);
  if (!namespace) {
    await kube.request('POST', NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        annotations: { owner: owner?.name ?? '' },
        labels: { ...NAMESPACE_LABELS, 'istio-injection': 'enabled' },
        ownerReferences,
      },
    });
  } else if (namespace.metadata.annotations?.['owner'] !== (owner?.name ?? '')) {
    return say(`namespace already exist, but not owned by profile creator ${owner?.name ?? ''}`);
  } else {
    const missing = Object.entries(NAMESPACE_LABELS).filter(([key]) => !(key in (namespace.metadata.labels ?? {})));
    if (missing.length > 0 && !namespace.metadata.deletionTimestamp)
      await kube.request(
        'PATCH',
        base,
        { metadata: { labels: Object.fromEntries(missing) } },
        'application/merge-patch+json',
      );
  }

  // 2. to 5. Service accounts and role bindings.
  const subjectOf = (account: string): object => ({ kind: 'ServiceAccount', name: account, namespace: name });
  const binding = (
    bindingName: string,
    role: string,
    subject: object,
    annotations?: Record<string, string>,
  ): Promise<void> =>
    createIfAbsent(kube, `${RBAC}/namespaces/${name}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: bindingName, namespace: name, ownerReferences, ...(annotations ? { annotations } : {}) },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [subject],
    });
  for (const [account, role] of [
    [EDITOR, 'kubeflow-edit'],
    ['default-viewer', 'kubeflow-view'],
  ] as const) {
    await createIfAbsent(kube, `${base}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: account, namespace: name, ownerReferences },
    });
    await binding(account, role, subjectOf(account));
  }
  await binding('namespaceAdmin', 'kubeflow-admin', owner ?? {}, { user: owner?.name ?? '', role: 'admin' });

  // 6. The quota.
  const quotaSpec = profile.spec?.resourceQuotaSpec;
  const quotaPath = `${base}/resourcequotas/kf-resource-quota`;
  if (Object.keys(quotaSpec?.hard ?? {}).length > 0) {
    await kube.apply(quotaPath, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'kf-resource-quota', namespace: name, ownerReferences },
      spec: quotaSpec,
    });
  } else if (await kube.find(quotaPath)) await kube.request('DELETE', quotaPath);

  // 7. The plugins; this happens before the deletion is looked at.
  const plugins = readPlugins(profile, say);
  for (const plugin of plugins) await applyPlugin(kube, iam, name, plugin, say);

  // 8. The finalizer, which is there only after the plugins have succeeded once.
  const finalizers = profile.metadata.finalizers ?? [];
  const setFinalizers = (list: string[]): Promise<unknown> =>
    kube.request('PATCH', `${PROFILES}/${name}`, { metadata: { finalizers: list } }, 'application/merge-patch+json');
  if (profile.metadata.deletionTimestamp === undefined) {
    if (!finalizers.includes(FINALIZER)) await setFinalizers([...finalizers, FINALIZER]);
  } else if (finalizers.includes(FINALIZER)) {
    for (const plugin of plugins) await revokePlugin(kube, iam, name, plugin);
    await setFinalizers(finalizers.filter((one) => one !== FINALIZER));
  }
}

const controllerReference = ({ apiVersion, metadata }: Profile): OwnerReference => ({
  apiVersion: apiVersion ?? 'kubeflow.org/v1',
  kind: 'Profile',
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

async function createIfAbsent(kube: Kube, collection: string, object: KubeObject): Promise<void> {
  if (await kube.find(`${collection}/${object.metadata.name}`)) return;
  await kube.request('POST', collection, object).catch((error: unknown) => {
    if (!(error instanceof KubeError && error.reason === 'AlreadyExists')) throw error;
  });
}

/**
 * The IAM plugins of a profile, read as Go's encoding/json reads them: keys in any case, unknown keys ignored. A value of a
 * wrong type makes all plugins of the profile be skipped, and an unknown kind that plugin, both without an error.
 */
function readPlugins(profile: Profile, say: (message: string) => void): IamPlugin[] {
  const plugins: IamPlugin[] = [];
  for (const { kind = '', spec = {} } of profile.spec?.plugins ?? []) {
    if (kind !== 'AwsIamForServiceAccount') {
      say(`Plugin not recgonized: ${kind}`);
      continue;
    }
    let awsIamRole = '';
    let annotateOnly = false;
    for (const [key, value] of Object.entries(spec)) {
      const field = key.toLowerCase();
      if (value === null || !['awsiamrole', 'annotateonly'].includes(field)) continue;
      if (field === 'awsiamrole' && typeof value === 'string') awsIamRole = value;
      else if (field === 'annotateonly' && typeof value === 'boolean') annotateOnly = value;
      else {
        say(`Could not unmarshal plugin ${kind}: cannot unmarshal ${typeof value} into field ${key}`);
        return [];
      }
    }
    plugins.push({ awsIamRole, annotateOnly });
  }
  return plugins;
}

/** Annotates the editor, then, unless told only to annotate, lets it into the role's trust policy. */
async function applyPlugin(
  kube: Kube,
  iam: IamClient,
  namespace: string,
  { awsIamRole, annotateOnly }: IamPlugin,
  say: (message: string) => void,
): Promise<void> {
  if (awsIamRole === '') throw new Error('failed to setup service account because awsIamRole is empty');
  await annotateEditor(kube, namespace, awsIamRole);
  if (annotateOnly) return say('AnnotateOnly set to true IAM roles and policy will not be mutated');
  await editTrust(iam, awsIamRole, (subjects) => {
    const subject = subjectOf(namespace);
    return subjects.includes(subject) ? undefined : [...subjects, subject];
  });
}

async function revokePlugin(
  kube: Kube,
  iam: IamClient,
  namespace: string,
  { awsIamRole, annotateOnly }: IamPlugin,
): Promise<void> {
  await annotateEditor(kube, namespace, null);
  if (annotateOnly) return;
  await editTrust(iam, awsIamRole, (subjects) => subjects.filter((one) => one !== subjectOf(namespace)));
}

const subjectOf = (namespace: string): string => `system:serviceaccount:${namespace}:${EDITOR}`;

async function annotateEditor(kube: Kube, namespace: string, roleArn: string | null): Promise<void> {
  const path = `${NAMESPACES}/${namespace}/serviceaccounts/${EDITOR}`;
  await kube.request(
    'PATCH',
    path,
    { metadata: { annotations: { [ROLE_ARN]: roleArn } } },
    'application/merge-patch+json',
  );
}

/**
 * Replaces a role's whole trust document by one statement with the subjects that `change` answers (undefined: no change).
 * Only the provider and the subjects under StringEquals of the first statement survive. Without subjects the condition is
 * the audience alone, which every service account of the cluster meets.
 */
async function editTrust(
  iam: IamClient,
  roleArn: string,
  change: (subjects: readonly string[]) => readonly string[] | undefined,
): Promise<void> {
  // The account and the partition of the ARN are not looked at.
  const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const document = JSON.parse(await iam.trustPolicy(roleName)) as { Statement?: unknown };
  if (!Array.isArray(document.Statement)) throw new Error('runtime error: index out of range [0] with length 0');
  const first = document.Statement[0] as
    | { Principal?: { Federated?: string }; Condition?: { StringEquals?: Record<string, string | string[]> } }
    | undefined;
  const provider = first?.Principal?.Federated ?? '';
  const issuer = provider.slice(provider.indexOf('/') + 1);
  const before = [first?.Condition?.StringEquals?.[`${issuer}:sub`] ?? []].flat();
  const subjects = change(before);
  if (!subjects) return;
  await iam.setTrustPolicy(roleName, {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: [AUDIENCE],
            ...(subjects.length > 0 ? { [`${issuer}:sub`]: subjects } : {}),
          },
        },
      },
    ],
  });
}

interface IamClient {
  trustPolicy(roleName: string): Promise<string>;
  setTrustPolicy(roleName: string, document: object): Promise<void>;
}
const iamClient = (endpoint: string, credentials: Credentials): IamClient => ({
  trustPolicy: async (roleName) => {
    const xml = await query(endpoint, credentials, 'iam', { Action: 'GetRole', RoleName: roleName });
    return decodeURIComponent(xmlValue(xml, 'AssumeRolePolicyDocument') ?? '');
  },
  setTrustPolicy: async (roleName, document) => {
    const PolicyDocument = JSON.stringify(document);
    await query(endpoint, credentials, 'iam', { Action: 'UpdateAssumeRolePolicy', RoleName: roleName, PolicyDocument });
  },
});

/** Kubeflow Pipelines 2.15 and later: a profile's artifacts go to the cluster's own store until this ConfigMap is edited. */
async function syncPipelines(kube: Kube, namespace: string): Promise<void> {
  const found = await kube.find(`${NAMESPACES}/${namespace}`);
  if (!found || found.metadata.deletionTimestamp !== undefined) return;
  const root = `minio://mlpipeline/private-artifacts/${namespace}/v2/artifacts`;
  const configMap = (metadata: ObjectMeta, data: Record<string, string>): Promise<void> =>
    createIfAbsent(kube, `${NAMESPACES}/${namespace}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data,
    });
  await configMap({ name: 'kfp-launcher', namespace }, { defaultPipelineRoot: root });
  const repository = {
    archiveLogs: true,
    s3: {
      endpoint: 'seaweedfs.kubeflow:9000',
      bucket: 'mlpipeline',
      keyFormat: `private-artifacts/${namespace}/{{workflow.name}}/{{pod.name}}`,
      insecure: true,
      accessKeySecret: { name: 'mlpipeline-minio-artifact', key: 'accesskey' },
      secretKeySecret: { name: 'mlpipeline-minio-artifact', key: 'secretkey' },
    },
  };
  await configMap(
    {
      name: 'artifact-repositories',
      namespace,
      annotations: { 'workflows.argoproj.io/default-artifact-repository': 'default-namespaced' },
    },
    { 'default-namespaced': JSON.stringify(repository) },
  );
}
