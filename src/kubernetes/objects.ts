import { ROLE_ANNOTATION } from '../core/profile/names.ts';
import { otherMakerOf } from '../core/maker.ts';
import type { Maker } from '../core/tools.ts';
import { TAG } from '../core/tags.ts';
import type { ConfigMap, Deployment, Namespace, Profile, ProfilePlugin, ServiceAccount } from '../core/observation.ts';

/** A value as a mapping; undefined where it is none. */
export const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const texts = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(record(value) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

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

/** A mapping without those of `keys` that hold no text. */
const withTexts = (
  mapping: Readonly<Record<string, unknown>>,
  ...keys: readonly string[]
): Readonly<Record<string, unknown>> =>
  // Thousands of profiles pass here, and hardly ever anything is wrong.
  keys.every((key) => mapping[key] === undefined || typeof mapping[key] === 'string')
    ? mapping
    : Object.fromEntries(
        Object.entries(mapping).filter(([key, value]) => !keys.includes(key) || typeof value === 'string'),
      );

function pluginOf(plugin: Readonly<Record<string, unknown>>): ProfilePlugin {
  const { spec, ...rest } = withTexts(plugin, 'kind');
  return { ...rest, ...(record(spec) === undefined ? {} : { spec: record(spec) }) } as ProfilePlugin;
}

/**
 * A Profile with all that it holds (items of a list lack kind and apiVersion), but without parts of a wrong shape, of which
 * `wrong` names the larger ones: what reads it may rely on its type.
 */
export function profileOf(object: unknown): { readonly profile: Profile; readonly wrong: readonly string[] } {
  const { apiVersion, metadata, spec: rawSpec, ...others } = record(object) ?? {};
  const spec = record(rawSpec);
  const { owner: rawOwner, plugins: rawPlugins, ...rest } = spec ?? {};
  const owner = record(rawOwner);
  const plugins = Array.isArray(rawPlugins) ? rawPlugins.map(record) : undefined;
  const { name, annotations, labels, ...meta } = record(metadata) ?? {};
  const wrong = [
    ...(rawSpec !== undefined && spec === undefined ? ['spec is not a mapping'] : []),
    ...(rawOwner !== undefined && owner === undefined ? ['spec.owner is not a mapping'] : []),
    ...(rawPlugins !== undefined && plugins === undefined ? ['spec.plugins is not a list'] : []),
    ...(plugins?.includes(undefined) === true ? ['an item of spec.plugins is not a mapping'] : []),
  ];
  const profile = {
    ...others,
    apiVersion: text(apiVersion) ?? 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: {
      ...withTexts(meta, 'resourceVersion', 'deletionTimestamp'),
      name: text(name) ?? '',
      ...(annotations === undefined ? {} : { annotations: texts(annotations) }),
      ...(labels === undefined ? {} : { labels: texts(labels) }),
    },
    ...(spec === undefined
      ? {}
      : {
          spec: {
            ...rest,
            ...(owner && { owner: withTexts(owner, 'kind', 'name') }),
            ...(plugins && { plugins: plugins.filter((plugin) => plugin !== undefined).map(pluginOf) }),
          },
        }),
  };
  return { profile: profile as Profile, wrong };
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
