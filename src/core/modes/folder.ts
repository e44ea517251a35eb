import { replaceValue } from '../document/edit.ts';
import { find, get, textOf } from '../document/node.ts';
import type { Finding } from '../finding.ts';
import {
  grouped,
  isOpen,
  type KnownProfile,
  namespaceOf,
  ownerOf,
  ownersBy,
  type Placed,
  placeOf,
  profilesOf,
} from './folder/bind.ts';
import { uncoveredRoots, vainPolicies } from './folder/vain.ts';
import { finding } from './manifest.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { ROLE_ANNOTATION } from '../profile/names.ts';

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
