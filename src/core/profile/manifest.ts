import { stringify } from 'yaml';
import type { Profile, ProfilePlugin } from '../observation.ts';
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

const ourPlugin = (role: string, annotateOnly: boolean): ProfilePlugin => ({
  kind: PLUGIN_KIND,
  spec: { awsIamRole: role, annotateOnly },
});

/** A new Profile with owner (kind User) and the IRSA plugin. */
export function newProfile(name: string, owner: string, role: string, annotateOnly: boolean): Profile {
  return {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name },
    spec: { owner: { kind: 'User', name: owner }, plugins: [ourPlugin(role, annotateOnly)] },
  };
}

/** The Profile with this role as its one IRSA plugin, and with an owner if it had none; everything else stays as it is. */
export function withPlugin(profile: Profile, owner: string, role: string, annotateOnly: boolean): Profile {
  const others = profile.spec?.plugins?.filter(({ kind }) => kind !== PLUGIN_KIND) ?? [];
  const spec = { owner: { kind: 'User', name: owner }, ...profile.spec };
  return { ...profile, spec: { ...spec, plugins: [...others, ourPlugin(role, annotateOnly)] } };
}

/** YAML of a Profile as people keep it: without what the server adds. */
export function manifestYaml(profile: Profile): string {
  const { name, labels, annotations } = profile.metadata;
  const kept = Object.entries(annotations ?? {}).filter(
    ([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration',
  );
  return stringify(
    {
      apiVersion: profile.apiVersion,
      kind: profile.kind,
      metadata: {
        name,
        ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
        ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}),
      },
      ...(profile.spec ? { spec: profile.spec } : {}),
    },
    { lineWidth: 0 },
  );
}
