/** Whatever came as a Profile, brought into shape: from an API server or from a file. */
import type { Profile, ProfilePlugin } from '../observation.ts';

/** A value as a mapping; undefined where it is none. */
export const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const texts = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(record(value) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

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
