/** The things of a folder: which policy is whose, and what lies in whose namespace. */
import { parseArn, roleNameOf } from '../arn/arn.ts';
import { type DocNode, type DocObject, type DocScalar, find, get, HOLE, textOf } from '../document/node.ts';
import type { Finding } from '../finding.ts';
import type { ManifestContext } from './manifest.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { placeholdersIn } from '../policy/placeholder.ts';
import { PLUGIN_KIND } from '../profile/names.ts';
import type { Resource } from '../resource.ts';

/** A resource and the file it is in. */
export interface Placed {
  readonly file: string;
  readonly resource: Resource;
  readonly context: ManifestContext;
}

/** A placed resource, with what other files say about it in its context, and the way to name them in its findings. */
export interface Bound extends Placed {
  readonly related?: (finding: Finding) => Finding;
}

export interface KnownProfile {
  readonly file: string;
  readonly name: string;
  readonly nameNode: DocNode;
  readonly role?: DocScalar;
  readonly annotateOnly: boolean;
}

/** What a folder has of one profile. */
export interface Owned {
  readonly profile: KnownProfile;
  /** What lies in its namespace. */
  readonly inNamespace: readonly Placed[];
  /** The permission policies of its role. */
  readonly held: readonly Held[];
}

/** A policy of a profile's role that is among the files. */
export interface Held {
  readonly file: string;
  readonly root: DocNode;
}

/** The files of a folder, as judges of several things see them. */
export interface Folder {
  readonly profiles: readonly KnownProfile[];
  readonly owned: readonly Owned[];
  /** What eksctl reads. */
  readonly clusterConfigs: readonly { readonly file: string; readonly root: DocObject }[];
  readonly placed: readonly Placed[];
}

export function folderOf(placed: readonly Placed[]): Folder {
  const profiles = profilesOf(placed);
  const owners = ownersBy(profiles);
  const policies = grouped(placed, (one) => ownerOf(one, owners));
  const inNamespace = grouped(placed, ({ resource }) => namespaceOf(resource));
  const owned = profiles.map((profile) => ({
    profile,
    inNamespace: inNamespace.get(profile.name) ?? [],
    held: (policies.get(profile) ?? []).flatMap(({ file, resource }) =>
      resource.kind === 'permissions' ? [{ file, root: resource.root }] : [],
    ),
  }));
  const clusterConfigs = placed.flatMap(({ file, resource }) =>
    resource.kind === 'eksctl' ? [{ file, root: resource.root }] : [],
  );
  return { profiles, owned, clusterConfigs, placed };
}

/** Findings that come from the Profile as much as from the policy. */
const OF_BOTH: ReadonlySet<string> = new Set([
  'KP-021',
  'KP-022',
  'KP-029',
  'KP-030',
  'KP-034',
  'KP-043',
  'KP-085',
  'T-STMT-OBJECT',
]);

/**
 * Gives each policy the Profile it belongs to: by the name of its role; without one, by the namespace in its `sub`, or because
 * its folder has just one Profile. A trust policy for another service account than default-editor belongs to no Profile.
 */
export function bind(placed: readonly Placed[]): readonly Bound[] {
  const owners = ownersBy(profilesOf(placed));
  return placed.map((one) => {
    const profile = ownerOf(one, owners);
    if (!profile) return one;
    const arn = profile.role && parseArn(String(profile.role.value));
    const context: ManifestContext = {
      ...one.context,
      profile: profile.name,
      annotateOnly: profile.annotateOnly,
      ...(arn && /^\d{12}$/.test(arn.account) ? { account: arn.account, partition: arn.partition } : {}),
    };
    const related = (found: Finding): Finding =>
      OF_BOTH.has(found.id) && profile.file !== one.file
        ? { ...found, related: [...(found.related ?? []), { ...placeOf(profile), message: `Profile ${profile.name}` }] }
        : found;
    return { ...one, context, related };
  });
}

/** The items by a key of theirs; those without one are left out. */
export function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K | undefined): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The namespace of a resource that lies in one. */
export function namespaceOf(resource: Resource): string | undefined {
  if (resource.kind === 'podIdentity') return resource.namespace;
  return resource.kind === 'serviceAccount' || resource.kind === 'configMap' || resource.kind === 'keys'
    ? textOf(find(resource.root, 'metadata', 'namespace'))
    : undefined;
}

export function profilesOf(placed: readonly Placed[]): readonly KnownProfile[] {
  return placed.flatMap(({ file, resource }) => {
    if (resource.kind !== 'profile') return [];
    const nameNode = find(resource.root, 'metadata', 'name');
    if (nameNode?.type !== 'string') return [];
    const name = String(nameNode.value);
    if (isOpen(name)) return [];
    const plugins = find(resource.root, 'spec', 'plugins');
    const plugin =
      plugins?.type === 'array' ? plugins.items.find((one) => textOf(get(one, 'kind')) === PLUGIN_KIND) : undefined;
    if (!plugin) return [];
    const role = caseless(get(plugin, 'spec'), 'awsIamRole');
    const annotate = caseless(get(plugin, 'spec'), 'annotateOnly');
    const known = role?.type === 'string' && String(role.value) !== '' && !isOpen(String(role.value)) ? { role } : {};
    return [{ file, name, nameNode, ...known, annotateOnly: annotate?.type === 'boolean' && annotate.value === true }];
  });
}

/** Whether a part of the text is filled in later. */
export const isOpen = (text: string): boolean => text.includes(HOLE) || placeholdersIn(text).length > 0;

const caseless = (node: DocNode | undefined, name: string): DocNode | undefined =>
  node?.type === 'object'
    ? node.entries.findLast(({ key }) => String(key.value).toLowerCase() === name.toLowerCase())?.value
    : undefined;

export const placeOf = ({ file, role, nameNode }: KnownProfile): { file: string; start: number; end: number } => ({
  file,
  start: (role ?? nameNode).start,
  end: (role ?? nameNode).end,
});

/** Profiles by what a policy can be recognised by: the name of its role, the namespace in its `sub`, its folder. */
interface Owners {
  readonly role: ReadonlyMap<string, readonly KnownProfile[]>;
  readonly name: ReadonlyMap<string, readonly KnownProfile[]>;
  readonly folder: ReadonlyMap<string, readonly KnownProfile[]>;
}

export const ownersBy = (profiles: readonly KnownProfile[]): Owners => ({
  role: grouped(profiles, ({ role }) => role && roleNameOf(String(role.value))),
  name: grouped(profiles, ({ name }) => name),
  folder: grouped(profiles, ({ file }) => directoryOf(file)),
});

const only = (profiles: readonly KnownProfile[] = []): KnownProfile | undefined =>
  profiles.length === 1 ? profiles[0] : undefined;

export function ownerOf({ file, resource }: Placed, owners: Owners): KnownProfile | undefined {
  if (resource.kind !== 'trust' && resource.kind !== 'permissions') return undefined;
  if (resource.role) return only(owners.role.get(String(resource.role.value)));
  const { root } = resource;
  const subjects = [
    ...root.source.text.slice(root.start, root.end).matchAll(/system:serviceaccount:([^:"']*):([^"'\s\\]*)/g),
  ];
  if (subjects.some(([, , account]) => account !== SERVICE_ACCOUNT)) return undefined;
  const namespaces = new Set(subjects.map(([, namespace = '']) => namespace));
  const named = [...namespaces].flatMap((namespace) => owners.name.get(namespace) ?? []);
  return named.length > 0 ? only(named) : only(owners.folder.get(directoryOf(file)));
}

const directoryOf = (file: string): string => file.replace(/[^\\/]*$/, '');
