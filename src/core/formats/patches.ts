/** Patches: what a kustomization says of them, and the fields that they set. */
import { configFilesOf, type ConfigFile } from '../carriers.ts';
import { type DocArray, type DocNode, type DocScalar, find, get, textOf } from '../document/node.ts';
import { PLUGIN_KIND } from '../profile/names.ts';
import type { Resource } from '../resource.ts';

/** What a kustomization says about a file: of a patch the kind of the objects that it is for, if it names one; or what is made of it. */
export interface PatchOf {
  readonly kind?: string;
  readonly config?: ConfigFile;
}

/** The patches that a kustomization holds or names, with what it says about them. */
export function patchesOf(
  root: DocNode,
): { readonly patch: DocScalar; readonly isPath: boolean; readonly of: PatchOf }[] {
  return ['patches', 'patchesStrategicMerge', 'patchesJson6902'].flatMap((key) => {
    const list = get(root, key);
    return (list?.type === 'array' ? list.items : []).flatMap((item) => {
      const kind = textOf(find(item, 'target', 'kind'));
      const patch = item.type === 'string' ? item : (get(item, 'patch') ?? get(item, 'path'));
      if (patch?.type !== 'string') return [];
      const isPath = !String(patch.value).includes('\n') && (item.type === 'string' || !get(item, 'patch'));
      return [{ patch, isPath, of: kind === undefined ? {} : { kind } }];
    });
  });
}

/** The files that a kustomization names as patches, or to make ConfigMaps and Secrets of. */
export const patchFilesOf = (root: DocNode): { readonly path: string; readonly of: PatchOf }[] => [
  ...patchesOf(root).flatMap(({ patch, isPath, of }) => (isPath ? [{ path: String(patch.value), of }] : [])),
  ...configFilesOf(root).map(({ path, of }) => ({ path, of: { config: of } })),
];

/** The fields that a JSON patch sets. */
export function* patchedFields(patch: DocArray): Generator<Extract<Resource, { kind: 'patchedField' }>> {
  for (const operation of patch.items) {
    const [path, value] = [get(operation, 'path'), get(operation, 'value')];
    if (path?.type === 'string' && value && textOf(get(operation, 'op')) !== 'test')
      yield { kind: 'patchedField', path, value };
  }
}

/** A JSON patch in a file of its own does not say what it patches: only fields and plugins that nothing else has are ours. */
export function* patchFile(patch: DocArray): Generator<Resource> {
  for (const one of patchedFields(patch)) {
    const isField = /\/(?:awsIamRole|annotateOnly|eks\.amazonaws\.com~1role-arn)$/.test(String(one.path.value));
    const kind = textOf(get(one.value, 'kind'));
    if (isField || kind?.toLowerCase() === PLUGIN_KIND.toLowerCase()) yield one;
  }
}
