import { byKey, isObject, type Json } from '../records.ts';
import { stringify } from 'yaml';
import type { Profile, ProfilePlugin } from '../observation.ts';
import { TAG } from '../tags.ts';
import { PLUGIN_KIND } from './names.ts';

export { ROLE_ANNOTATION } from './names.ts';

/** What the plugin of a Profile says. Keys are read as the controller does: in any case (Go encoding/json). */
export interface IrsaPlugin {
  readonly awsIamRole?: string;
  readonly annotateOnly: boolean;
}

const field = (spec: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.entries(spec).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];

/** The IRSA plugins of a Profile in order: the controller applies all of them, the last one wins. */
const irsaPlugins = (profile: Profile): readonly ProfilePlugin[] =>
  profile.spec?.plugins?.filter(({ kind }) => kind === PLUGIN_KIND) ?? [];

/**
 * The IRSA plugin of a Profile; undefined if it has none. Has no role where the controller would not take it as it stands: an
 * empty one, a value of a wrong type (KP-006), or two plugins of the kind (KP-081).
 */
export function irsaPlugin(profile: Profile): IrsaPlugin | undefined {
  const [plugin, second] = irsaPlugins(profile);
  if (plugin === undefined) return undefined;
  const role = field(plugin.spec ?? {}, 'awsIamRole');
  const annotateOnly = field(plugin.spec ?? {}, 'annotateOnly') ?? false;
  const sound = second === undefined && typeof role === 'string' && role !== '' && typeof annotateOnly === 'boolean';
  return { ...(sound ? { awsIamRole: role } : {}), annotateOnly: annotateOnly === true };
}

/**
 * Plugins that were meant to be the IRSA plugin: also with a misspelt kind, which the controller skips. A right one takes the place of
 * them all.
 */
export const meantPlugins = (profile: Profile): readonly ProfilePlugin[] =>
  profile.spec?.plugins?.filter(
    ({ kind = '', spec }) => (/aws/i.test(kind) && /iam/i.test(kind)) || field(spec ?? {}, 'awsIamRole') !== undefined,
  ) ?? [];

const ourPlugin = (role: string, annotateOnly: boolean): ProfilePlugin => ({
  kind: PLUGIN_KIND,
  spec: { awsIamRole: role, annotateOnly },
});

/** A new Profile with owner (kind User) and the IRSA plugin. `version`: one that the cluster serves. */
export function newProfile(name: string, owner: string, role: string, annotateOnly: boolean, version = 'v1'): Profile {
  return {
    apiVersion: `kubeflow.org/${version}`,
    kind: 'Profile',
    metadata: { name },
    spec: { owner: { kind: 'User', name: owner }, plugins: [ourPlugin(role, annotateOnly)] },
  };
}

/** The Profile with this role as its one IRSA plugin, and with an owner if it had none; everything else stays as it is. */
export function withPlugin(profile: Profile, owner: string, role: string, annotateOnly: boolean): Profile {
  const ours = new Set(meantPlugins(profile));
  const others = profile.spec?.plugins?.filter((plugin) => !ours.has(plugin)) ?? [];
  const spec = { owner: { kind: 'User', name: owner }, ...profile.spec };
  return { ...profile, spec: { ...spec, plugins: [...others, ourPlugin(role, annotateOnly)] } };
}

/** The Profile with all that was meant to be the IRSA plugin leaving the trust policy alone; nothing else changes. */
export function withAnnotateOnly(profile: Profile): Profile {
  const { spec } = profile;
  if (spec?.plugins === undefined) return profile;
  const plugins = spec.plugins.map((plugin): ProfilePlugin => {
    if (plugin.kind !== PLUGIN_KIND) return plugin;
    const others = Object.entries(plugin.spec ?? {}).filter(([key]) => key.toLowerCase() !== 'annotateonly');
    return { ...plugin, spec: { ...Object.fromEntries(others), annotateOnly: true } };
  });
  return { ...profile, spec: { ...spec, plugins } };
}

/** The Profile with a change that means nothing, so that the profile controller looks at it again: an annotation that counts. */
export function touched(profile: Profile): Profile {
  const { annotations } = profile.metadata;
  const times = Number(annotations?.[TAG.touched] ?? 0);
  const next = String(Number.isSafeInteger(times) ? times + 1 : 1);
  return { ...profile, metadata: { ...profile.metadata, annotations: { ...annotations, [TAG.touched]: next } } };
}

/** Annotation of `kubectl apply`: a copy of the object. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Annotations that are kept and not shown. */
const HIDDEN: ReadonlySet<string> = new Set([LAST_APPLIED, TAG.maker, TAG.cluster, TAG.profile, TAG.run]);

/** Those annotations that are kept although the manifest of a Profile does not show them. */
export const hiddenAnnotations = ({ metadata }: Profile): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => HIDDEN.has(key)));

/** Keys as the manifests of Kubeflow order them; the others follow by name. */
const KEYS = ['kind', 'name', 'namespace', 'apiGroup', 'owner', 'plugins', 'resourceQuotaSpec'];
const placeOf = (key: string): number => (KEYS.includes(key) ? KEYS.indexOf(key) : KEYS.length);

/** A part of a manifest with its keys in one order, whoever wrote it. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    byKey(Object.entries(value))
      .sort(([a], [b]) => placeOf(a) - placeOf(b))
      .map(([key, item]) => [key, ordered(item)]),
  );
}

/** A spec without what the controller adds to every Profile: an empty quota. */
function shownSpec(spec: Profile['spec']): unknown {
  const { resourceQuotaSpec, ...rest } = spec ?? {};
  const empty = isObject(resourceQuotaSpec) && Object.keys(resourceQuotaSpec).length === 0;
  return ordered({ ...rest, ...(resourceQuotaSpec === undefined || empty ? {} : { resourceQuotaSpec }) });
}

/** YAML of a Profile as people keep it: without what the server and the controller add, in one order of keys. */
export function manifestYaml(profile: Profile): string {
  const { name, labels, annotations } = profile.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !HIDDEN.has(key));
  return stringify(
    {
      apiVersion: profile.apiVersion,
      kind: profile.kind,
      metadata: {
        name,
        ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
        ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}),
      },
      ...(profile.spec ? { spec: shownSpec(profile.spec) } : {}),
    },
    { lineWidth: 0 },
  );
}

/** Suffixes of Kubernetes quantities and their factors (Kubernetes API reference, resource.Quantity). */
const SUFFIXES: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** A quantity as a number, whatever its spelling ("1000m", "1"); other values as they are. The controller rewrites them. */
function quantity(value: unknown): unknown {
  const [, number, suffix = ''] = /^([+-]?[\d.]+)([A-Za-z]*)$/.exec(String(value)) ?? [];
  const factor = Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined;
  return number === undefined || factor === undefined ? value : Number(number) * factor;
}

/** What two Profiles are compared by. */
function meaning({ metadata, spec }: Profile): string {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !HIDDEN.has(key));
  const { resourceQuotaSpec: quota, ...rest } = (shownSpec(spec) ?? {}) as Json;
  const hard = isObject(quota) && isObject(quota['hard']) ? quota['hard'] : undefined;
  const counted = hard && Object.fromEntries(Object.entries(hard).map(([key, value]) => [key, quantity(value)]));
  return JSON.stringify([
    metadata.name,
    ordered(metadata.labels ?? {}),
    ordered(Object.fromEntries(annotations)),
    ordered(rest),
    ordered(counted === undefined ? quota : { ...(quota as Json), hard: counted }),
  ]);
}

/** Whether two Profiles mean the same: served version, order of keys, spelling of quantities and an empty quota do not count. */
export const sameProfile = (a: Profile, b: Profile): boolean => meaning(a) === meaning(b);
