/** What only a doctor asks for: kinds that are listed, page by page, and never watched. One row each. */
import { X509Certificate } from 'node:crypto';
import { ROLE_ANNOTATION } from '../core/profile/names.ts';
import type {
  Agent,
  Annotated,
  NetworkPolicy,
  Pod,
  PodContainer,
  PodDefault,
  PodWebhook,
  Selector,
  ServiceEntry,
} from '../core/observation.ts';
import type { RoleBinding } from '../core/people/kfam.ts';
import { REPOSITORIES } from '../core/profile/pipelines.ts';
import type { Inspectable, KubernetesLists } from '../provisioning/ports.ts';
import { read } from './errors.ts';
import { listAll, METADATA, named } from './lists.ts';
import { configMapOf, metadataOf, ownersOf, record } from './objects.ts';
import type { Rest } from './rest.ts';
import type { WithVersion } from './served.ts';

interface Row<T> {
  readonly api: string;
  /** Of the path. */
  readonly plural: string;
  /** As permissions call it. */
  readonly resource: string;
  /** Metadata alone is enough. */
  readonly accept?: string;
  /** Names that are asked for, each with a list of its own; absent: all. */
  readonly names?: readonly string[];
  /** Undefined: it does not count. A list: all of them. */
  readonly of: (object: unknown) => T | readonly T[] | undefined;
}

const core = (plural: string) => ({ api: '/api/v1', plural, resource: plural });
const inGroup = (group: string, version: string, plural: string) => ({
  api: `/apis/${group}/${version}`,
  plural,
  resource: `${plural}.${group}`,
});

/** The agent of Pod Identity, as the add-on and its chart call it. */
const AGENT = 'eks-pod-identity-agent';

const ROWS: { readonly [K in keyof Inspectable]: Row<Inspectable[K]> } = {
  pods: { ...core('pods'), of: podOf },
  bindings: {
    ...inGroup('rbac.authorization.k8s.io', 'v1', 'rolebindings'),
    names: ['default-editor', 'default-viewer'],
    of: roleBindingOf,
  },
  repositories: { ...core('configmaps'), names: [REPOSITORIES], of: configMapOf },
  networkPolicies: { ...inGroup('networking.k8s.io', 'v1', 'networkpolicies'), of: networkPolicyOf },
  serviceEntries: { ...inGroup('networking.istio.io', 'v1beta1', 'serviceentries'), of: serviceEntryOf },
  notebooks: { ...inGroup('kubeflow.org', 'v1', 'notebooks'), accept: METADATA, of: annotated('Notebook') },
  inferenceServices: {
    ...inGroup('serving.kserve.io', 'v1beta1', 'inferenceservices'),
    accept: METADATA,
    of: annotated('InferenceService'),
  },
  workflows: { ...inGroup('argoproj.io', 'v1alpha1', 'workflows'), accept: METADATA, of: annotated('Workflow') },
  webhooks: {
    ...inGroup('admissionregistration.k8s.io', 'v1', 'mutatingwebhookconfigurations'),
    of: podWebhooksOf,
  },
  podDefaults: { ...inGroup('kubeflow.org', 'v1alpha1', 'poddefaults'), of: podDefaultOf },
  agents: { ...inGroup('apps', 'v1', 'daemonsets'), names: [AGENT], of: agentOf },
};

/** Implements {@link KubernetesLists.inspect} on one API server. */
export const inspector =
  (rest: Rest, served: WithVersion): KubernetesLists['inspect'] =>
  <K extends keyof Inspectable>(kind: K, namespace?: string) => {
    const { api, plural, resource, accept, names, of }: Row<Inspectable[K]> = ROWS[kind];
    const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    return read(`list ${resource}`, async () => {
      const all = await Promise.all(
        (names ?? [undefined]).map(async (name) => {
          const selector = name === undefined ? {} : { selector: named(name) };
          const row = { resource, path: () => `${api}${place}/${plural}`, ...(accept && { accept }), ...selector, of };
          return (await listAll(rest, served, row)).items;
        }),
      );
      return all
        .flat()
        .flatMap((item): readonly Inspectable[K][] =>
          item === undefined ? [] : Array.isArray(item) ? (item as Inspectable[K][]) : [item as Inspectable[K]],
        );
    });
  };

const objects = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(record).filter((one) => one !== undefined) : [];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** Annotations and labels that say something of a pod's identity, or of what it is. */
const TELLING =
  /^(?:eks\.amazonaws\.com|poddefault\.admission\.kubeflow\.org|sidecar\.istio\.io|workflows\.argoproj\.io|pipelines?\.kubeflow\.org|pipeline|katib\.kubeflow\.org|serving\.kserve\.io)\/|^notebook-name$/;
const telling = (mapping: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(record(mapping) ?? {}).filter(
      (entry): entry is [string, string] => TELLING.test(entry[0]) && typeof entry[1] === 'string',
    ),
  );

export function podOf(object: unknown): Pod {
  const { name, namespace = '', creationTimestamp } = metadataOf(object);
  const { metadata, spec: rawSpec, status } = record(object) ?? {};
  const { annotations, labels } = record(metadata) ?? {};
  const spec = record(rawSpec) ?? {};
  const [owner] = ownersOf(object);
  return {
    namespace,
    name,
    // The API server fills it in where a pod names none.
    serviceAccount: text(spec['serviceAccountName']) || 'default',
    ...(creationTimestamp === undefined ? {} : { created: creationTimestamp }),
    phase: text(record(status)?.['phase']),
    ...(owner === undefined ? {} : { owner }),
    annotations: telling(annotations),
    labels: telling(labels),
    containers: [...objects(spec['initContainers']), ...objects(spec['containers'])].map(containerOf),
  };
}

/** Variables of the SDKs whose values are secret: only that they are set is kept. */
const SECRET = /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)$/;

function containerOf(container: Readonly<Record<string, unknown>>): PodContainer {
  return { name: text(container['name']), image: text(container['image']), ...variablesOf(container) };
}

/** The variables of a container, or those that a PodDefault gives to one. */
function variablesOf(container: Readonly<Record<string, unknown>>): Pick<PodContainer, 'env' | 'from' | 'envFrom'> {
  const env: Record<string, string> = {};
  const from: Record<string, string> = {};
  for (const { name, value, valueFrom } of objects(container['env'])) {
    if (typeof name !== 'string' || !/^AWS_[A-Z0-9_]+$/.test(name)) continue;
    const [source] = Object.entries(record(valueFrom) ?? {});
    if (source !== undefined) from[name] = sourceOf(...source);
    // An empty key counts as none for every SDK.
    else if (text(value) !== '') env[name] = SECRET.test(name) ? '' : text(value);
  }
  const envFrom = objects(container['envFrom']).flatMap((source) =>
    Object.entries(source).flatMap(([kind, ref]) => (record(ref) === undefined ? [] : [sourceOf(kind, ref)])),
  );
  return { env, from, ...(envFrom.length === 0 ? {} : { envFrom }) };
}

const SOURCES: Readonly<Record<string, string>> = {
  secretKeyRef: 'Secret',
  configMapKeyRef: 'ConfigMap',
  secretRef: 'Secret',
  configMapRef: 'ConfigMap',
};
function sourceOf(kind: string, ref: unknown): string {
  const name = text(record(ref)?.['name']);
  return `${SOURCES[kind] ?? 'the pod'}${name === '' ? '' : ` ${name}`}`;
}

function roleBindingOf(object: unknown): RoleBinding {
  const { name, namespace = '', annotations } = metadataOf(object);
  const { roleRef, subjects } = record(object) ?? {};
  const role = record(roleRef) ?? {};
  return {
    namespace,
    name,
    annotations,
    roleRef: { kind: text(role['kind']), name: text(role['name']) },
    subjects: objects(subjects).map(({ kind, name: who, namespace: where }) => ({
      kind: text(kind),
      name: text(who),
      ...(typeof where === 'string' ? { namespace: where } : {}),
    })),
  };
}

/** Kubernetes API reference, NetworkPolicySpec. */
function networkPolicyOf(object: unknown): NetworkPolicy {
  const { name, namespace = '' } = metadataOf(object);
  const { podSelector, policyTypes, egress } = record(record(object)?.['spec']) ?? {};
  const selector = record(podSelector) ?? {};
  const everyPod = Object.values(selector).every((one) => Object.keys(Object(one) as object).length === 0);
  if (!texts(policyTypes).includes('Egress')) return { namespace, name, everyPod };
  return {
    namespace,
    name,
    everyPod,
    egress: objects(egress).map(({ to, ports }) => ({
      outside: objects(to).length === 0 || objects(to).some((peer) => peer['ipBlock'] !== undefined),
      ...(objects(ports).length === 0 ? {} : { ports: objects(ports).map(portOf) }),
    })),
  };
}

/** A range that holds the port of TLS counts as that port. */
function portOf({ port, endPort }: Readonly<Record<string, unknown>>): number | string {
  if (typeof port === 'number' && typeof endPort === 'number' && port <= 443 && endPort >= 443) return 443;
  return typeof port === 'number' || typeof port === 'string' ? port : 443;
}

function serviceEntryOf(object: unknown): ServiceEntry {
  const { name, namespace = '' } = metadataOf(object);
  return { namespace, name, hosts: texts(record(record(object)?.['spec'])?.['hosts']) };
}

/** Kubernetes API reference, LabelSelector. */
function selectorOf(value: unknown): Selector {
  const { matchLabels, matchExpressions } = record(value) ?? {};
  return {
    matchLabels: Object.fromEntries(Object.entries(record(matchLabels) ?? {}).map(([key, one]) => [key, text(one)])),
    matchExpressions: objects(matchExpressions).map(({ key, operator, values }) => ({
      key: text(key),
      operator: text(operator),
      values: texts(values),
    })),
  };
}

/** Of a MutatingWebhookConfiguration those webhooks that are asked when a pod is made. */
function podWebhooksOf(object: unknown): readonly PodWebhook[] {
  const { name: configuration } = metadataOf(object);
  return objects(record(object)?.['webhooks']).flatMap((webhook) => {
    const { name, clientConfig, failurePolicy, sideEffects, namespaceSelector, objectSelector, rules } = webhook;
    if (!objects(rules).some(isForNewPods)) return [];
    const { url, service, caBundle } = record(clientConfig) ?? {};
    const { namespace, name: of } = record(service) ?? {};
    return [
      {
        configuration,
        name: text(name),
        at: text(url) || `Service ${text(namespace)}/${text(of)}`,
        // What the API server takes where nothing is said.
        failurePolicy: text(failurePolicy) || 'Fail',
        sideEffects: text(sideEffects) || 'Unknown',
        namespaces: selectorOf(namespaceSelector),
        objects: selectorOf(objectSelector),
        authority: authorityOf(text(caBundle)),
      },
    ];
  });
}

function isForNewPods({ apiGroups, apiVersions, operations, resources }: Readonly<Record<string, unknown>>): boolean {
  const has = (list: unknown, ...wanted: readonly string[]): boolean => texts(list).some((one) => wanted.includes(one));
  return (
    has(apiGroups, '', '*') &&
    has(apiVersions, 'v1', '*') &&
    has(operations, 'CREATE', '*') &&
    has(resources, 'pods', '*', '*/*')
  );
}

/** The certificates of a caBundle (PEM, base64). */
function authorityOf(caBundle: string): PodWebhook['authority'] {
  const pem = Buffer.from(caBundle, 'base64').toString('latin1');
  const valid = (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).flatMap((one) => {
    try {
      return [new X509Certificate(one).validToDate.getTime()];
    } catch {
      return [];
    }
  });
  return valid.length === 0
    ? { certificates: 0 }
    : { certificates: valid.length, until: new Date(Math.max(...valid)).toISOString() };
}

function podDefaultOf(object: unknown): PodDefault {
  const { name, namespace = '' } = metadataOf(object);
  const spec = record(record(object)?.['spec']) ?? {};
  const serviceAccount = text(spec['serviceAccountName']);
  return {
    namespace,
    name,
    selector: selectorOf(spec['selector']),
    ...variablesOf(spec),
    annotations: telling(spec['annotations']),
    labels: telling(spec['labels']),
    ...(serviceAccount === '' ? {} : { serviceAccount }),
  };
}

function agentOf(object: unknown): Agent {
  const { name, namespace = '' } = metadataOf(object);
  const { desiredNumberScheduled, numberReady } = record(record(object)?.['status']) ?? {};
  const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return { namespace, name, wanted: count(desiredNumberScheduled), ready: count(numberReady) };
}

function annotated(kind: string): (object: unknown) => Annotated | undefined {
  return (object) => {
    const { name, namespace = '', annotations } = metadataOf(object);
    const role = annotations[ROLE_ANNOTATION];
    return role === undefined ? undefined : { kind, namespace, name, role };
  };
}
