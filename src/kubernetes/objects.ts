import { ROLE_ANNOTATION } from '../core/profile/names.ts';
import { profileOf, record, text, texts } from '../core/profile/shape.ts';
import { otherMakerOf } from '../core/maker.ts';
import type { Maker } from '../core/tools.ts';
import { TAG } from '../core/tags.ts';
import type { ConfigMap, Deployment, Namespace, ServiceAccount } from '../core/observation.ts';

export { profileOf, record };

/** Metadata of any Kubernetes object, as far as it is read here. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly resourceVersion?: string;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly finalizers: readonly string[];
}
/** Metadata of whatever came; what is missing or of a wrong shape counts as not there. */
export function metadataOf(object: unknown): Metadata {
  const metadata = record(record(object)?.['metadata']) ?? {};
  const { name, namespace, annotations, deletionTimestamp, resourceVersion, creationTimestamp, finalizers } = metadata;
  return {
    name: text(name) ?? '',
    ...(typeof namespace === 'string' ? { namespace } : {}),
    annotations: texts(annotations),
    ...(typeof deletionTimestamp === 'string' ? { deletionTimestamp } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    ...(typeof creationTimestamp === 'string' ? { creationTimestamp } : {}),
    finalizers: Array.isArray(finalizers) ? finalizers.filter((one) => typeof one === 'string') : [],
  };
}

/** The items of a list's answer. */
export function itemsOf(list: unknown): readonly unknown[] {
  const items = record(list)?.['items'];
  return Array.isArray(items) ? items : [];
}

/** Who owns an object, so that it goes with them. */
export function ownersOf(object: unknown): readonly { readonly kind: string; readonly name: string }[] {
  const owners = record(record(object)?.['metadata'])?.['ownerReferences'];
  return (Array.isArray(owners) ? owners : []).map((owner: unknown) => {
    const { kind, name } = record(owner) ?? {};
    return { kind: text(kind) ?? '', name: text(name) ?? '' };
  });
}

/** What a namespace says about its profile. */
export function namespaceOf(object: unknown): Namespace {
  const { name, annotations, deletionTimestamp } = metadataOf(object);
  const owner = annotations['owner'];
  const remaining = deletionTimestamp === undefined ? [] : remainingOf(object);
  const ofProfile = ownersOf(object).find(({ kind }) => kind === 'Profile')?.name;
  return {
    name,
    deleting: deletionTimestamp !== undefined,
    ...(owner === undefined ? {} : { owner }),
    ...(ofProfile === undefined ? {} : { ofProfile }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(remaining.length === 0 ? {} : { remaining }),
  };
}

/** What the namespace controller says keeps a namespace (Kubernetes API reference, NamespaceCondition). */
function remainingOf(object: unknown): readonly string[] {
  const conditions = record(record(object)?.['status'])?.['conditions'];
  return (Array.isArray(conditions) ? conditions : []).flatMap((condition: unknown) => {
    const { status, message } = record(condition) ?? {};
    return status === 'True' && typeof message === 'string' ? [message] : [];
  });
}

export function serviceAccountOf(object: unknown): ServiceAccount {
  const { name, namespace = '', annotations } = metadataOf(object);
  const since = annotations[ROLE_ANNOTATION] === undefined ? undefined : sinceWhen(object, ROLE_ANNOTATION);
  return { namespace, name, annotations, ...(since === undefined ? {} : { roleSince: since }), ...makerIn(object) };
}

/** When who set an annotation wrote last: a write that changes nothing does not count (Kubernetes, server-side apply, managedFields). */
function sinceWhen(object: unknown, annotation: string): string | undefined {
  const managed = record(record(object)?.['metadata'])?.['managedFields'];
  const times = (Array.isArray(managed) ? managed : []).flatMap((one: unknown) => {
    const { fieldsV1, time } = record(one) ?? {};
    const its = record(record(record(fieldsV1)?.['f:metadata'])?.['f:annotations']);
    return its?.[`f:${annotation}`] !== undefined && typeof time === 'string' ? [time] : [];
  });
  // Of two that own it the first has set it.
  return times.sort()[0];
}

/** Another tool that made an object, as a field; nothing where none is named. */
export function makerIn(object: unknown): { readonly maker?: Maker } {
  const maker = otherMakerOf(record(record(object)?.['metadata']) ?? {});
  return maker === undefined ? {} : { maker };
}

/** Annotations of a ConfigMap that count here: Argo's, and those by which we know what we made. */
const KEPT = /^(?:workflows\.argoproj\.io|kubeflow-irsa)\//;

export function configMapOf(object: unknown): ConfigMap {
  const { name, namespace = '', annotations, resourceVersion } = metadataOf(object);
  const kept = Object.entries(annotations).filter(([key]) => KEPT.test(key));
  return {
    namespace,
    name,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
    data: texts(record(object)?.['data']),
    ...makerIn(object),
  };
}

/** `container`: whose image counts; the first one's where there is none of that name. */
export function deploymentOf(object: unknown, container?: string): Deployment {
  const { name, namespace = '' } = metadataOf(object);
  const template = record(record(object)?.['spec'])?.['template'];
  const spec = record(record(template)?.['spec']);
  const users = metadataOf(template).annotations[TAG.users];
  const containers = (Array.isArray(spec?.['containers']) ? spec['containers'] : []).map(record);
  const image = (containers.find((one) => one?.['name'] === container) ?? containers[0])?.['image'];
  const serviceAccount = text(spec?.['serviceAccountName']);
  return {
    namespace,
    name,
    image: text(image) ?? '',
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    ...(users === undefined ? {} : { users }),
    ...(isStopped(object) ? { stopped: true as const } : {}),
  };
}

/** Whether surely nothing of a deployment runs: it is scaled to none, or has had time to start a pod and none is available. */
function isStopped(object: unknown): boolean {
  if (record(record(object)?.['spec'])?.['replicas'] === 0) return true;
  const conditions = record(record(object)?.['status'])?.['conditions'];
  return (Array.isArray(conditions) ? conditions : []).some((condition: unknown) => {
    const { type, status } = record(condition) ?? {};
    return type === 'Available' && status === 'False';
  });
}
