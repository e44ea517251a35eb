/** The Profiles of a file, for the actions above them. Pure; it reads whole documents, so the lint thread does it. */
import { HOLE, find, get, textOf, type DocNode } from '../core/document/node.ts';
import { parseSlice, slices, type Language } from '../core/document/parse.ts';
import { maskTemplates } from '../core/document/template.ts';

/** A Profile that has a name of its own. */
export interface ProfileHead {
  readonly start: number;
  readonly profile: string;
  readonly owner?: string;
}

/** The Profiles of the documents of the last call by their text, with places in it: only what changed is read again. */
export interface ProfileCache {
  documents: ReadonlyMap<string, readonly ProfileHead[]>;
}

/** The Profiles of a file, alone or in a List, in the order of the text. */
export function profilesIn(
  text: string,
  language: Language,
  cache: ProfileCache = { documents: new Map() },
): readonly ProfileHead[] {
  const masked = maskTemplates(text);
  const documents = new Map<string, readonly ProfileHead[]>();
  const heads = slices(masked, language).flatMap((slice) => {
    const part = text.slice(slice.start, slice.end);
    if (!part.includes('Profile') || !part.includes('kubeflow.org/')) return [];
    let known = cache.documents.get(part);
    if (!known) {
      const { root } = parseSlice(text, masked, slice, language);
      known = root ? profilesOf(root).map((one) => ({ ...one, start: one.start - slice.start })) : [];
    }
    documents.set(part, known);
    return known.map((one) => ({ ...one, start: one.start + slice.start }));
  });
  cache.documents = documents;
  return heads;
}

function profilesOf(root: DocNode): ProfileHead[] {
  const items = get(root, 'items');
  return (items?.type === 'array' ? items.items : [root]).flatMap((one) => {
    const profile = settled(find(one, 'metadata', 'name'));
    const owner = settled(find(one, 'spec', 'owner', 'name'));
    if (textOf(get(one, 'kind')) !== 'Profile' || profile === undefined) return [];
    if (textOf(get(one, 'apiVersion'))?.startsWith('kubeflow.org/') !== true) return [];
    return [{ start: one.start, profile, ...(owner === undefined ? {} : { owner }) }];
  });
}

/** A text that nothing is filled into any more. */
const settled = (node: DocNode | undefined): string | undefined => {
  const text = textOf(node);
  return text === undefined || text === '' || text.includes(HOLE) || /[{}$<>\s]/.test(text) ? undefined : text;
};
