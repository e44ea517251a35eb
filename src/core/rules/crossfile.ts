/** Rules that need several resources: P-SHARED-ROLE, KP-012, KP-041, KP-055, KP-062, and the Profile that a policy belongs to. */
import { parseArn, roleNameOf } from '../arn/arn.ts';
import { replaceValue } from '../document/edit.ts';
import { HOLE, entry, find, get, textOf } from '../document/node.ts';
import type { DocNode, DocScalar } from '../document/node.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { fillIn, placeholdersIn } from '../policy/placeholder.ts';
import { mayWrite, meansToWrite, podSession, unlisted, writing, type Session } from '../policy/rights.ts';
import { PLUGIN_KIND, ROLE_ANNOTATION } from '../profile/names.ts';
import type { Resource } from '../resources.ts';
import { finding, headOf } from './manifest.ts';
import type { ManifestContext } from './manifest.ts';
import { checkPermissionPolicy } from './permissions.ts';
import type { Finding } from './types.ts';

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

interface KnownProfile {
  readonly file: string;
  readonly name: string;
  readonly nameNode: DocNode;
  readonly role?: DocScalar;
  readonly annotateOnly: boolean;
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
    const { resource } = one;
    if (resource.kind !== 'trust' && resource.kind !== 'permissions') return one;
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

/** Findings about resources that do not fit each other, each with the file it belongs to. */
export function checkTogether(placed: readonly Placed[]): readonly { file: string; finding: Finding }[] {
  const profiles = profilesOf(placed);
  const owners = ownersBy(profiles);
  const policies = grouped(
    placed.filter(({ resource }) => resource.kind === 'permissions'),
    (one) => ownerOf(one, owners),
  );
  const inNamespace = grouped(placed, ({ resource }) => namespaceOf(resource));
  return [
    ...sharedRoles(profiles),
    ...profiles.flatMap((profile) => {
      const own = inNamespace.get(profile.name) ?? [];
      const held = (policies.get(profile) ?? []).flatMap(({ file, resource }) =>
        resource.kind === 'permissions' ? [{ file, root: resource.root }] : [],
      );
      return [
        ...overwrittenAnnotations(profile, own),
        ...uncoveredRoots(profile, held, own),
        ...vainPolicies(profile, held),
        ...podIdentities(profile, own),
      ];
    }),
  ];
}

/** The items by a key of theirs; those without one are left out. */
function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K | undefined): ReadonlyMap<K, readonly T[]> {
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
function namespaceOf(resource: Resource): string | undefined {
  if (resource.kind === 'podIdentity') return resource.namespace;
  return resource.kind === 'serviceAccount' || resource.kind === 'configMap'
    ? textOf(find(resource.root, 'metadata', 'namespace'))
    : undefined;
}

function profilesOf(placed: readonly Placed[]): readonly KnownProfile[] {
  return placed.flatMap(({ file, resource }) => {
    if (resource.kind !== 'profile') return [];
    const nameNode = find(resource.root, 'metadata', 'name');
    const name = textOf(nameNode);
    if (!nameNode || name === undefined || isOpen(name)) return [];
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
const isOpen = (text: string): boolean => text.includes(HOLE) || placeholdersIn(text).length > 0;

const caseless = (node: DocNode | undefined, name: string): DocNode | undefined =>
  node?.type === 'object'
    ? node.entries.findLast(({ key }) => String(key.value).toLowerCase() === name.toLowerCase())?.value
    : undefined;

const placeOf = ({ file, role, nameNode }: KnownProfile): { file: string; start: number; end: number } => ({
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

const ownersBy = (profiles: readonly KnownProfile[]): Owners => ({
  role: grouped(profiles, ({ role }) => role && roleNameOf(String(role.value))),
  name: grouped(profiles, ({ name }) => name),
  folder: grouped(profiles, ({ file }) => folderOf(file)),
});

const only = (profiles: readonly KnownProfile[] = []): KnownProfile | undefined =>
  profiles.length === 1 ? profiles[0] : undefined;

function ownerOf({ file, resource }: Placed, owners: Owners): KnownProfile | undefined {
  if (resource.kind !== 'trust' && resource.kind !== 'permissions') return undefined;
  if (resource.role) return only(owners.role.get(String(resource.role.value)));
  const { root } = resource;
  const subjects = [
    ...root.source.text.slice(root.start, root.end).matchAll(/system:serviceaccount:([^:"']*):([^"'\s\\]*)/g),
  ];
  if (subjects.some(([, , account]) => account !== SERVICE_ACCOUNT)) return undefined;
  const namespaces = new Set(subjects.map(([, namespace = '']) => namespace));
  const named = [...namespaces].flatMap((namespace) => owners.name.get(namespace) ?? []);
  return named.length > 0 ? only(named) : only(owners.folder.get(folderOf(file)));
}

const folderOf = (file: string): string => file.replace(/[^\\/]*$/, '');

/** P-SHARED-ROLE */
function sharedRoles(profiles: readonly KnownProfile[]): { file: string; finding: Finding }[] {
  const byRole = grouped(profiles, ({ role }) => role && String(role.value));
  const users = new Map([...byRole].map(([role, all]) => [role, [...grouped(all, ({ name }) => name).values()]]));
  return profiles.flatMap((profile) => {
    if (!profile.role) return [];
    const others = (users.get(String(profile.role.value)) ?? [])
      .slice(0, MOST_RELATED + 1)
      .flatMap(([user]) => (user && user.name !== profile.name ? [user] : []))
      .slice(0, MOST_RELATED);
    if (others.length === 0) return [];
    const message = `The role is shared with ${others
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ')}${others.length > 3 ? ', …' : ''}: each profile can read and delete the data of the others.`;
    const related = others.map((other) => ({ ...placeOf(other), message: `Profile ${other.name}` }));
    return [{ file: profile.file, finding: { ...finding('P-SHARED-ROLE', profile.role, message), related } }];
  });
}

/** Other places that one finding names, at most. */
const MOST_RELATED = 10;

/** KP-012 */
function overwrittenAnnotations(
  profile: KnownProfile,
  inNamespace: readonly Placed[],
): { file: string; finding: Finding }[] {
  const { role } = profile;
  if (!role) return [];
  return inNamespace.flatMap(({ file, resource }) => {
    if (resource.kind !== 'serviceAccount') return [];
    const { root } = resource;
    if (textOf(find(root, 'metadata', 'name')) !== SERVICE_ACCOUNT) return [];
    const annotation = find(root, 'metadata', 'annotations', ROLE_ANNOTATION);
    const text = textOf(annotation);
    if (!annotation || text === undefined || text === '' || isOpen(text) || text === role.value) return [];
    const message = `The plugin of Profile ${profile.name} sets another role and wins on every round: this annotation flips back.`;
    const fix = {
      title: 'Use the role of the Profile',
      edits: [replaceValue(annotation, String(role.value))],
      preferred: true,
    };
    const related = [{ ...placeOf(profile), message: `The plugin of Profile ${profile.name}` }];
    return [{ file, finding: { ...finding('KP-012', annotation, message, [fix]), related } }];
  });
}

/** The policies of a profile's role that are among the files. */
interface Held {
  readonly file: string;
  readonly root: DocNode;
}

/** KP-055: a pipeline root on a bucket, or under a prefix, that the policies of the profile's role together do not allow. */
function uncoveredRoots(
  profile: KnownProfile,
  held: readonly Held[],
  inNamespace: readonly Placed[],
): { file: string; finding: Finding }[] {
  if (held.length === 0) return [];
  return inNamespace.flatMap(({ file, resource }) => {
    if (resource.kind !== 'configMap') return [];
    const { root } = resource;
    if (textOf(find(root, 'metadata', 'name')) !== 'kfp-launcher') return [];
    const node = find(root, 'data', 'defaultPipelineRoot');
    const text = textOf(node);
    const [, bucket, key = ''] =
      (text === undefined || isOpen(text) ? undefined : /^s3:\/\/([^/?]+)([^?]*)/.exec(text)) ?? [];
    if (!node || bucket === undefined) return [];
    const policies = held.map(({ root: policy }) => withHoles(policy));
    if (mayWrite(policies, bucket, key, sessionOf(profile, held)) !== 'no') return [];
    const message = `No policy of the role of Profile ${profile.name} allows to write objects under ${bucket}${key.replace(/\/+$/, '')}: its runs are denied.`;
    const related = held.map(({ file: other, root: at }) => ({
      file: other,
      start: at.start,
      end: at.end,
      message: 'The policy',
    }));
    return [{ file, finding: { ...finding('KP-055', node, message), related } }];
  });
}

/** KP-041: policies that mean to let a profile write, and do not, or not list what it wrote. What a statement alone shows is said there. */
function vainPolicies(profile: KnownProfile, held: readonly Held[]): { file: string; finding: Finding }[] {
  const policies = held.map(({ root }) => withHoles(root));
  const [first, ...others] = held;
  const { role } = profile;
  if (first?.root.type !== 'object' || role === undefined || !meansToWrite(policies)) return [];
  const session = sessionOf(profile, held);
  const all = writing(policies, session);
  const [bucket] = unlisted(policies, all, session);
  if (all.answer !== 'no' && bucket === undefined) return [];
  const told = held.some(({ root }) => checkPermissionPolicy(root).some(({ id }) => IN_VAIN.has(id)));
  if (told) return [];
  const name = roleNameOf(String(role.value)) ?? '';
  const { single } = all;
  const why =
    single[0] === undefined
      ? 'a Deny, or a condition that a pod never meets, takes away what is allowed'
      : `${single[0]} is one object, without what lies below it`;
  const message =
    bucket === undefined
      ? `Role ${name} may not write any object of a bucket: ${why}.`
      : `Role ${name} may write in bucket ${bucket} and not list it: KFP's launcher lists before every download.`;
  const related = [
    { ...placeOf(profile), message: `Profile ${profile.name}` },
    ...others.map(({ file, root: { start, end } }) => ({
      file,
      start,
      end,
      message: 'Judged together with this policy',
    })),
  ];
  const head = entry(first.root, 'Statement')?.key ?? headOf(first.root);
  // A managed policy that is not among the files may let it list.
  const severity = bucket === undefined ? 'error' : 'warning';
  return [{ file: first.file, finding: { ...finding('KP-041', head, message, [], severity), related } }];
}

/** Findings of one policy that tell why a resource of it matches nothing. */
const IN_VAIN: ReadonlySet<string> = new Set(['KP-039', 'KP-040', 'KP-041', 'KP-042', 'KP-043', 'KP-045', 'P-SYNTAX']);

/** The session of a profile's pods. Where files do not tell the partition, that of the policies is as good. */
function sessionOf({ role }: KnownProfile, held: readonly Held[]): Session {
  const arn = role === undefined ? undefined : String(role.value);
  const known = arn === undefined ? undefined : parseArn(arn);
  const texts = held.map(({ root }) => root.source.text.slice(root.start, root.end)).join('\n');
  const partition = known?.partition ?? /arn:(aws[a-z-]*):s3:/.exec(texts)?.[1] ?? 'aws';
  return podSession({ partition, ...(arn === undefined ? {} : { arn }), ...(known ? { account: known.account } : {}) });
}

/** A policy as IAM would get it; what is filled in later is a hole, which may be anything. */
function withHoles(node: DocNode): unknown {
  if (node.type === 'array') return node.items.map(withHoles);
  if (node.type === 'object')
    return Object.fromEntries(node.entries.map(({ key, value }) => [fillIn(String(key.value)), withHoles(value)]));
  return node.type === 'string' ? fillIn(String(node.value)) : node.value;
}

/** KP-062 */
function podIdentities(profile: KnownProfile, inNamespace: readonly Placed[]): { file: string; finding: Finding }[] {
  return inNamespace.flatMap(({ file, resource }) => {
    if (resource.kind !== 'podIdentity') return [];
    if (resource.serviceAccount !== SERVICE_ACCOUNT) return [];
    const node = get(resource.root, 'serviceAccount') ?? get(resource.root, 'ServiceAccount') ?? resource.root;
    const message = `default-editor of ${profile.name} also has a role through the plugin of its Profile. The association wins.`;
    const related = [{ ...placeOf(profile), message: `The plugin of Profile ${profile.name}` }];
    return [{ file, finding: { ...finding('KP-062', node, message), related } }];
  });
}
