import { type DocNode, type DocObject, type DocScalar, entry, find, get, textOf } from '../../document/node.ts';
import type { Seen } from '../../finding.ts';
import type { ManifestContext } from '../manifest.ts';
import { checkApiVersion, checkName } from './name.ts';
import { checkOwner } from './owner.ts';
import { checkAnnotateOnly, checkList, checkPlugin, checkPlugins, checkSpec } from './plugins.ts';
import { checkResourceQuota } from './quota.ts';
import { checkRole, filled } from './role.ts';
import { ROLE_ANNOTATION } from '../../profile/names.ts';
import type { Resource } from '../../resource.ts';

/** A Profile, or a field of one or of a ServiceAccount in a JSON patch. */
export function ofProfile(thing: Resource, context: ManifestContext): Seen[] {
  if (thing.kind === 'patchedField') return checkPatchedField(thing.path, thing.value, context);
  if (thing.kind !== 'profile') return [];
  return checkProfile(thing.root, { ...context, partial: context.partial === true || thing.partial });
}

/** All rules of one Profile, whole or a patch (see ManifestContext). */
export function checkProfile(root: DocObject, given: ManifestContext): Seen[] {
  const name = textOf(find(root, 'metadata', 'name'));
  const context = name === undefined ? given : { ...given, profile: name };
  return [
    ...checkApiVersion(root, context),
    ...checkName(root, context),
    ...checkOwner(get(get(root, 'spec'), 'owner'), context),
    ...checkResourceQuota(entry(get(root, 'spec'), 'resourceQuotaSpec')),
    ...checkPlugins(root, context),
  ];
}

/** A value that a JSON patch (RFC 6902) sets at `path` in a Profile or ServiceAccount. Paths escape `/` as `~1`. */
function checkPatchedField(path: DocScalar, value: DocNode, context: ManifestContext): Seen[] {
  const partial = { ...context, partial: true };
  const steps = String(path.value).split('/').slice(1);
  const last = steps.at(-1)?.replaceAll('~1', '/') ?? '';
  if (last === 'annotateOnly') return checkAnnotateOnly(value, partial);
  if (last === 'awsIamRole' || last === ROLE_ANNOTATION) {
    const role = filled(value);
    return role ? checkRole(role, partial) : [];
  }
  const where = steps.map((step) => (/^(?:-|\d+)$/.test(step) ? '#' : step)).join('/');
  const alone = (key: string): DocObject => {
    const { start, end, source } = value;
    return { type: 'object', entries: [{ key: { ...path, value: key }, value }], start, end, source };
  };
  switch (where) {
    case 'spec/owner':
      return checkOwner(value, partial);
    case 'spec/owner/kind':
    case 'spec/owner/name':
      return checkOwner(alone(last), partial);
    case 'spec/plugins':
      return checkList({ key: path, value }, partial).found;
    case 'spec/plugins/#':
      return value.type === 'object' ? checkPlugin(value, partial).found : [];
    case 'spec/plugins/#/kind':
      return checkPlugin(alone(last), partial).found;
    case 'spec/plugins/#/spec':
      return value.type === 'object' ? checkSpec({ key: path, value }, value, partial) : [];
    default:
      return [];
  }
}
