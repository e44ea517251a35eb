// Plays Kubeflow's profile controller and the profile controller of Kubeflow Pipelines: what they create, in which order,
// and what they never report. The behaviour is that of kubeflow/dashboard, components/profile-controller (controllers/
// profile_controller.go, plugin_iam.go) and kubeflow/pipelines, manifests/.../pipelines-profile-controller/sync.py (2.17), held
// against the real ones. Not as in reality:
// - Istio's AuthorizationPolicy is made only if its resource is there (without it the real one gets no further).
// - It answers at once, many profiles at a time, unless the setting `slow` makes it as slow as the real one.
// - Endless writes (two AWS plugins in one Profile) come at a bounded pace, the real ones at hundreds a second.
// - A process that ends on a panic is played: what runs at that moment comes to its end, and after the restart the Profile
//   that was to blame is looked at first. The pause before the restart is short unless `slow`.
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { KubeError, type Kube, type KubeObject, type ObjectMeta, type OwnerReference } from './kube.ts';
import { canonicalQuantity } from './quantity.ts';
import { AwsError, query, xmlValue, type Credentials } from './sigv4.ts';

export interface ProfileController {
  /** What the controller logs, as in its pod's log. */
  readonly log: readonly string[];
  stop(): void;
}
/** In which of its ways the controller behaves. */
export interface ControllerSettings {
  /**
   * What a panic does: `exit` ends the process, which starts again and panics again, so that no profile of the cluster is served
   * (releases up to 1.10.0 and 2.0.0); `recover` makes it an error of this Profile, tried again for ever (the main branch).
   */
  readonly onPanic: 'exit' | 'recover';
  /** Whether it takes its time: one Profile after the other, each second new one waits 3 s for its namespace. */
  readonly slow: boolean;
}
export const CONTROLLER_SETTINGS: ControllerSettings = { onPanic: 'exit', slow: false };

interface Profile extends KubeObject {
  spec?: {
    owner?: { kind: string; name: string; namespace?: string; apiGroup?: string };
    plugins?: { kind?: string; spec?: Record<string, unknown> }[];
    resourceQuotaSpec?: { hard?: Record<string, string | number> };
  };
}
type Plugin =
  { readonly kind: 'aws'; readonly awsIamRole: string; readonly annotateOnly: boolean } | { readonly kind: 'google' };
/** What ends a Go program, unless it is recovered. */
class Panic extends Error {}

const PROFILES = '/apis/kubeflow.org/v1/profiles';
const NAMESPACES = '/api/v1/namespaces';
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const RBAC = `/apis/${RBAC_GROUP}/v1`;
const ISTIO = 'security.istio.io/v1beta1';
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

/**
 * Watches a cluster's profiles and what belongs to them, until it is stopped. `settings`, and `pipelines` for the version of Kubeflow
 * Pipelines, are asked for each time anew.
 */
export function startProfileController(
  kube: Kube,
  aws: string,
  credentials: Credentials,
  settings: () => ControllerSettings,
  pipelines: () => string,
): ProfileController {
  const log: string[] = [];
  const say = (profile: string, message: string): void => {
    log.push(`${new Date().toISOString()} ${profile}: ${message}`);
    if (log.length > 500) log.shift();
  };
  const iam = iamClient(aws, () => identityOf(kube, aws, credentials));
  let created = 0;
  /** The cache knows a new namespace at once or after the first of the pauses in which it is asked. */
  const namespaceCreated = async (): Promise<void> => {
    if (settings().slow) await sleep(created++ % 2 === 0 ? 30 : 3_100);
  };
  const work = (name: string): Promise<void> =>
    reconcile(kube, iam, name, (message) => say(name, message), namespaceCreated);
  const known = new Set<string>();
  let restart: NodeJS.Timeout | undefined;
  /** How often the process has ended in a row. */
  let ends = 0;

  const failed = (name: string, error: unknown): void => {
    if (error instanceof Panic && settings().onPanic === 'exit') {
      profiles.pause();
      say(name, `panic: ${error.message}`);
      say('manager', 'the process ended with exit code 2; it is started again');
      const [first, longest] = settings().slow ? [10_000, 300_000] : [50, 1_000];
      restart ??= setTimeout(() => void start(name), Math.min(longest, first * 2 ** ends++));
    } else if (error instanceof Panic) say(name, `Reconciler error: panic: ${error.message} [recovered]`);
    else say(name, `Reconciler error: ${String(error)}`);
  };
  /** Begins anew with all Profiles, if the one that ended the process does not do so again. */
  const start = async (culprit: string): Promise<void> => {
    restart = undefined;
    try {
      await work(culprit);
    } catch (error) {
      failed(culprit, error);
      if (restart !== undefined) return;
    }
    ends = 0;
    profiles.resume();
    for (const name of known) profiles.add(name);
  };
  const profiles = workQueue(work, failed, () => (settings().slow ? 1 : Infinity));
  const namespaces = workQueue(
    (name) => syncPipelines(kube, name, pipelines()),
    (name, error) => say(name, `pipelines-profile-controller: ${String(error)}`),
  );
  const owned = ({ object }: { object: KubeObject }): void => {
    for (const { kind, name, controller } of object.metadata.ownerReferences ?? [])
      if (kind === 'Profile' && controller) profiles.add(name);
  };
  const watches = [
    kube.watch(PROFILES, ({ type, object: { metadata } }) => {
      if (type === 'DELETED') known.delete(metadata.name);
      else known.add(metadata.name);
      profiles.add(metadata.name);
    }),
    kube.watch(NAMESPACES, (event) => {
      owned(event);
      if (event.object.metadata.labels?.['pipelines.kubeflow.org/enabled'] === 'true')
        namespaces.add(event.object.metadata.name);
    }),
    kube.watch('/api/v1/serviceaccounts', owned),
    kube.watch(`${RBAC}/rolebindings`, owned),
    kube.watch(`/apis/${ISTIO}/authorizationpolicies`, owned),
    ...[
      'configmaps?fieldSelector=metadata.name%3Dkfp-launcher',
      'configmaps?fieldSelector=metadata.name%3Dartifact-repositories',
      'configmaps?fieldSelector=metadata.name%3Dmetadata-grpc-configmap',
      'secrets?fieldSelector=metadata.name%3Dmlpipeline-minio-artifact',
    ].map((what) =>
      kube.watch(`/api/v1/${what}`, ({ type, object }) => {
        if (type === 'DELETED') namespaces.add(object.metadata.namespace ?? '');
      }),
    ),
  ];
  return {
    log,
    stop: () => {
      clearTimeout(restart);
      for (const watch of watches) watch.stop();
      profiles.stop();
      namespaces.stop();
    },
  };
}

/** After so many rounds without a rest of so many milliseconds a name has to take one. */
const ROUNDS = 20;
const REST_MS = 200;

export interface WorkQueue {
  add(name: string): void;
  /** Nothing is begun until `resume`; what was to be done is forgotten. */
  pause(): void;
  resume(): void;
  stop(): void;
}
/**
 * Runs one piece of work of a name at a time, in the order of coming and as many names at once as `workers` says; again if it was
 * added meanwhile, and again after growing pauses if it failed.
 */
export function workQueue(
  work: (name: string) => Promise<void>,
  onError: (name: string, error: unknown) => void,
  workers: () => number = () => Infinity,
): WorkQueue {
  const waiting = new Set<string>();
  /** The names that are worked on, and whether they were added meanwhile. */
  const running = new Map<string, boolean>();
  const retries = new Map<string, { failures: number; timer?: NodeJS.Timeout }>();
  /** How often a name was worked on without a rest, and when last: what never comes to an end is slowed down. */
  const paces = new Map<string, { count: number; ended: number; resting: boolean }>();
  let state: 'runs' | 'paused' | 'stopped' = 'runs';

  const later = (name: string, milliseconds: number): NodeJS.Timeout => setTimeout(() => add(name), milliseconds);
  const begin = async (name: string): Promise<void> => {
    waiting.delete(name);
    running.set(name, false);
    clearTimeout(retries.get(name)?.timer);
    try {
      await work(name);
      retries.delete(name);
    } catch (error) {
      if (state === 'stopped') return;
      const failures = retries.get(name)?.failures ?? 0;
      onError(name, error);
      // 5 ms, doubled at each failure, as controller-runtime does; at most 30 s.
      const timer = later(name, Math.min(30_000, 5 * 2 ** failures));
      retries.set(name, { failures: failures + 1, timer });
    }
    const again = running.get(name) === true;
    running.delete(name);
    const pace = paces.get(name);
    const count = pace && Date.now() - pace.ended < REST_MS ? pace.count + 1 : 0;
    paces.set(name, { count, ended: Date.now(), resting: false });
    if (again) add(name);
    next();
  };
  const next = (): void => {
    for (const name of waiting) {
      if (state !== 'runs' || running.size >= workers()) return;
      if (!running.has(name)) void begin(name);
    }
  };
  const add = (name: string): void => {
    if (state !== 'runs') return;
    const pace = paces.get(name);
    if (running.has(name)) running.set(name, true);
    else if (pace && pace.count >= ROUNDS && Date.now() - pace.ended < REST_MS) {
      // A timer may end before Date.now() says so: its end decides, or a name would rest for ever.
      if (!pace.resting)
        setTimeout(() => {
          paces.delete(name);
          add(name);
        }, REST_MS).unref();
      pace.resting = true;
    } else waiting.add(name);
    next();
  };
  const forget = (): void => {
    waiting.clear();
    for (const { timer } of retries.values()) clearTimeout(timer);
    retries.clear();
  };
  return {
    add,
    pause: () => {
      if (state === 'runs') state = 'paused';
      forget();
    },
    resume: () => {
      if (state === 'paused') state = 'runs';
    },
    stop: () => {
      state = 'stopped';
      forget();
    },
  };
}

async function reconcile(
  kube: Kube,
  iam: IamClient,
  name: string,
  say: (message: string) => void,
  namespaceCreated: () => Promise<void>,
): Promise<void> {
  let profile = await kube.find<Profile>(`${PROFILES}/${name}`);
  if (!profile) return;
  const owner = profile.spec?.owner;
  const ownerReferences = [controllerReference(profile)];
  const base = `${NAMESPACES}/${name}`;
  /** Writes the whole Profile as Go has it: what was left out is there, and quantities are in their shortest form. */
  const update = async (changed: Profile): Promise<Profile> =>
    kube.request<Profile>('PUT', `${PROFILES}/${name}`, { ...changed, spec: specInGo(changed) });

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
    await namespaceCreated();
  } else if (namespace.metadata.annotations?.['owner'] !== (owner?.name ?? '')) {
    say(`namespace already exist, but not owned by profile creator ${owner?.name ?? ''}`);
    // It writes a condition, which the API server drops: the status has an address of its own.
    await update(profile);
    return;
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

  // 2. Istio's policy. Its spec follows the owner, its annotations do not.
  if (await kube.find(`/apis/${ISTIO}`))
    await createOrUpdate(kube, `/apis/${ISTIO}/namespaces/${name}/authorizationpolicies`, ['spec'], {
      apiVersion: ISTIO,
      kind: 'AuthorizationPolicy',
      metadata: {
        name: 'ns-owner-access-istio',
        namespace: name,
        ownerReferences,
        annotations: { user: owner?.name ?? '', role: 'admin' },
      },
      spec: accessOf(name, owner?.name ?? ''),
    });

  // 3. to 5. Service accounts and role bindings. A binding to another role ends the work with the API server's refusal.
  const binding = (
    bindingName: string,
    role: string,
    subject: object,
    annotations?: Record<string, string>,
  ): Promise<void> =>
    createOrUpdate(kube, `${RBAC}/namespaces/${name}/rolebindings`, ['roleRef', 'subjects'], {
      apiVersion: `${RBAC_GROUP}/v1`,
      kind: 'RoleBinding',
      metadata: { name: bindingName, namespace: name, ownerReferences, ...(annotations ? { annotations } : {}) },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: role },
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
    await binding(account, role, { kind: 'ServiceAccount', name: account, namespace: name });
  }
  const isPerson = owner?.kind === 'User' || owner?.kind === 'Group';
  const admin = isPerson ? { apiGroup: RBAC_GROUP, ...owner } : (owner ?? {});
  await binding('namespaceAdmin', 'kubeflow-admin', admin, { user: owner?.name ?? '', role: 'admin' });

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

  // 7. The Profile itself, for default plugins that this controller has none of, and the plugins; before the deletion is looked at.
  profile = await update(profile);
  const plugins = readPlugins(profile, say);
  for (const plugin of plugins) await applyPlugin(kube, iam, name, plugin, say);

  // 8. The finalizer, which is there only after the plugins have succeeded once.
  const { metadata } = profile;
  const finalizers = metadata.finalizers ?? [];
  const setFinalizers = (list: string[]): Promise<unknown> =>
    update({ ...profile, metadata: { ...metadata, finalizers: list } });
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

/** Creates an object, or gives the one that is there these fields where they differ. */
async function createOrUpdate(
  kube: Kube,
  collection: string,
  fields: readonly string[],
  object: KubeObject,
): Promise<void> {
  const path = `${collection}/${object.metadata.name}`;
  const found = await kube.find(path);
  // POST would wait two seconds on a resource whose definition is new, as Istio's may be.
  if (!found && collection.includes(ISTIO)) return void (await kube.apply(path, object));
  if (!found) return createIfAbsent(kube, collection, object);
  const wanted = Object.fromEntries(fields.map((field) => [field, object[field]]));
  if (fields.every((field) => isDeepStrictEqual(found[field], wanted[field]))) return;
  await kube.request('PUT', path, { ...found, ...wanted });
}

/** The spec of a Profile as a Go program writes it that has read it. */
function specInGo({ spec }: Profile): object {
  const { hard, ...quota } = spec?.resourceQuotaSpec ?? {};
  const quantities = Object.entries(hard ?? {}).map(([key, value]) => [key, canonicalQuantity(value)]);
  return {
    ...spec,
    resourceQuotaSpec: {
      ...quota,
      ...(quantities.length > 0 ? { hard: Object.fromEntries(quantities) as object } : {}),
    },
  };
}

/** Who may reach what runs in a profile: its owner through the gateway, itself, probes, and the notebook controller. */
const accessOf = (namespace: string, owner: string): object => {
  const from = (...principals: string[]): object => ({
    from: [{ source: { principals: principals.map((principal) => `cluster.local/ns/${principal}`) } }],
  });
  return {
    action: 'ALLOW',
    rules: [
      {
        ...from('istio-system/sa/istio-ingressgateway-service-account', 'kubeflow/sa/ml-pipeline-ui'),
        when: [{ key: 'request.headers[kubeflow-userid]', values: [owner] }],
      },
      { when: [{ key: 'source.namespace', values: [namespace] }] },
      { to: [{ operation: { paths: ['/healthz', '/metrics', '/wait-for-drain'] } }] },
      {
        ...from('kubeflow/sa/notebook-controller-service-account'),
        to: [{ operation: { methods: ['GET'], paths: ['*/api/kernels'] } }],
      },
    ],
  };
};

/** What the spec of each kind of plugin holds, by names in lower case. */
const PLUGIN_FIELDS: Readonly<Record<string, Readonly<Record<string, 'string' | 'boolean'>>>> = {
  AwsIamForServiceAccount: { awsiamrole: 'string', annotateonly: 'boolean' },
  WorkloadIdentity: { gcpserviceaccount: 'string' },
};
/**
 * The plugins of a profile, read as Go's encoding/json reads them: keys in any case (of two the later in sorted order counts),
 * unknown keys ignored. An unknown kind is skipped without an error; on a value of a wrong type the call that should log it
 * panics, before any plugin is applied.
 */
function readPlugins(profile: Profile, say: (message: string) => void): Plugin[] {
  const plugins: Plugin[] = [];
  for (const { kind = '', spec = {} } of profile.spec?.plugins ?? []) {
    const fields = PLUGIN_FIELDS[kind];
    if (!fields) {
      say(`Plugin not recgonized: ${kind}`);
      continue;
    }
    const values = new Map<string, unknown>();
    for (const [key, value] of Object.entries(spec).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const type = fields[key.toLowerCase()];
      if (type === undefined || value === null) continue;
      if (typeof value !== type)
        throw new Panic('odd number of arguments passed as key-value pairs for logging (Could not unmarshal plugin)');
      values.set(key.toLowerCase(), value);
    }
    if (kind === 'WorkloadIdentity') plugins.push({ kind: 'google' });
    else {
      const awsIamRole = (values.get('awsiamrole') ?? '') as string;
      plugins.push({ kind: 'aws', awsIamRole, annotateOnly: values.get('annotateonly') === true });
    }
  }
  return plugins;
}

/** Annotates the editor, then, unless told only to annotate, lets it into the role's trust policy. */
async function applyPlugin(
  kube: Kube,
  iam: IamClient,
  namespace: string,
  plugin: Plugin,
  say: (message: string) => void,
): Promise<void> {
  if (plugin.kind === 'google') throw new Error('google: could not find default credentials');
  const { awsIamRole, annotateOnly } = plugin;
  if (awsIamRole === '') throw new Error('failed to setup service account because awsIamRole is empty');
  await annotateEditor(kube, namespace, awsIamRole);
  if (annotateOnly) return say('AnnotateOnly set to true IAM roles and policy will not be mutated');
  await editTrust(iam, awsIamRole, (subjects) => {
    const subject = subjectOf(namespace);
    return subjects.includes(subject) ? undefined : [...subjects, subject];
  });
}

async function revokePlugin(kube: Kube, iam: IamClient, namespace: string, plugin: Plugin): Promise<void> {
  // A Profile with Google's plugin does not get this far.
  if (plugin.kind === 'google') return;
  await annotateEditor(kube, namespace, null);
  if (plugin.annotateOnly) return;
  await editTrust(iam, plugin.awsIamRole, (subjects) => subjects.filter((one) => one !== subjectOf(namespace)));
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
  const [first] = Array.isArray(document.Statement) ? (document.Statement as unknown[]) : [];
  if (first === undefined) throw new Panic('runtime error: index out of range [0] with length 0');
  const { Principal, Condition } = first as {
    Principal?: { Federated?: unknown };
    Condition?: { StringEquals?: Record<string, string | string[]> };
  };
  // A list is taken as its text, which is nobody's ARN: IAM refuses what is written then.
  const federated = Principal?.Federated ?? '';
  const provider = typeof federated === 'string' ? federated : JSON.stringify(federated);
  const issuer = provider.slice(provider.indexOf('/') + 1);
  const before = [Condition?.StringEquals?.[`${issuer}:sub`] ?? []].flat();
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
const iamClient = (endpoint: string, identity: () => Promise<Credentials>): IamClient => ({
  trustPolicy: async (roleName) => {
    const xml = await query(endpoint, await identity(), 'iam', { Action: 'GetRole', RoleName: roleName });
    return decodeURIComponent(xmlValue(xml, 'AssumeRolePolicyDocument') ?? '');
  },
  setTrustPolicy: async (roleName, document) => {
    const PolicyDocument = JSON.stringify(document);
    const parameters = { Action: 'UpdateAssumeRolePolicy', RoleName: roleName, PolicyDocument };
    await query(endpoint, await identity(), 'iam', parameters);
  },
});

/**
 * As whom the controller calls AWS: as the role that its service account is annotated with, else as the sandbox's own user for it,
 * as it would by the role of its node.
 */
async function identityOf(kube: Kube, aws: string, otherwise: Credentials): Promise<Credentials> {
  const path = `${NAMESPACES}/kubeflow/serviceaccounts/profiles-controller-service-account`;
  const role = (await kube.find(path))?.metadata.annotations?.[ROLE_ARN];
  if (role === undefined) return otherwise;
  const { status } = await kube.request<KubeObject & { status?: { token?: string } }>('POST', `${path}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [AUDIENCE], expirationSeconds: 600 },
  });
  // Signed by nobody: the token is what counts.
  const body = new URLSearchParams({
    Version: '2011-06-15',
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: role,
    RoleSessionName: 'profiles-controller',
    WebIdentityToken: status?.token ?? '',
  });
  const xml = await (await fetch(aws, { method: 'POST', body })).text();
  const value = (name: string): string => xmlValue(xml, name) ?? '';
  if (value('AccessKeyId') === '') throw new AwsError(value('Code'), value('Message'));
  return {
    accessKeyId: value('AccessKeyId'),
    secretAccessKey: value('SecretAccessKey'),
    sessionToken: value('SessionToken'),
  };
}

/**
 * What Kubeflow Pipelines puts in the namespace of a profile. From 2.15 on a launcher's ConfigMap sends a profile's artifacts to the
 * cluster's own store; before, only an installation that was told a root made one, and the store was MinIO. All of it is OnDelete: an
 * edit stays, what is deleted comes back.
 */
async function syncPipelines(kube: Kube, namespace: string, version: string): Promise<void> {
  const found = await kube.find(`${NAMESPACES}/${namespace}`);
  if (!found || found.metadata.deletionTimestamp !== undefined) return;
  if (found.metadata.labels?.['pipelines.kubeflow.org/enabled'] !== 'true') return;
  const secret = 'mlpipeline-minio-artifact';
  const object = (kind: 'ConfigMap' | 'Secret', metadata: ObjectMeta, data: Record<string, string>): Promise<void> =>
    createIfAbsent(kube, `${NAMESPACES}/${namespace}/${kind.toLowerCase()}s`, {
      apiVersion: 'v1',
      kind,
      metadata: { namespace, ...metadata },
      data,
    });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  // The keys that the manifests have for everybody.
  await object('Secret', { name: secret }, { accesskey: base64('minio'), secretkey: base64('minio123') });
  const recent = isAtLeast(version, 2, 15);
  // Since 2.17 names are whole.
  const domain = isAtLeast(version, 2, 17) ? '.svc.cluster.local' : '';
  await object(
    'ConfigMap',
    { name: 'metadata-grpc-configmap' },
    {
      METADATA_GRPC_SERVICE_HOST: `metadata-grpc-service.kubeflow${domain}`,
      METADATA_GRPC_SERVICE_PORT: '8080',
    },
  );
  if (!recent) return;
  await object(
    'ConfigMap',
    { name: 'kfp-launcher' },
    {
      defaultPipelineRoot: `minio://mlpipeline/private-artifacts/${namespace}/v2/artifacts`,
      ...(domain === '' ? {} : { clusterDomain: 'cluster.local' }),
    },
  );
  const day = ['Y', 'm', 'd'].map((part) => `{{workflow.creationTimestamp.${part}}}`).join('/');
  const repository = {
    archiveLogs: true,
    s3: {
      endpoint: `seaweedfs.kubeflow${domain}:9000`,
      bucket: 'mlpipeline',
      keyFormat: `private-artifacts/${namespace}/{{workflow.name}}/${day}/{{pod.name}}`,
      insecure: true,
      accessKeySecret: { name: secret, key: 'accesskey' },
      secretKeySecret: { name: secret, key: 'secretkey' },
    },
  };
  const annotations = { 'workflows.argoproj.io/default-artifact-repository': 'default-namespaced' };
  await object(
    'ConfigMap',
    { name: 'artifact-repositories', annotations },
    { 'default-namespaced': JSON.stringify(repository) },
  );
}

/** Whether a version such as 2.16.1 is that of a minor release or later. */
function isAtLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first > major || (first === major && second >= minor);
}
