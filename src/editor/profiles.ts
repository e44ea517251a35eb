/** The Profiles of a file, for what is shown of them. Pure; it reads whole documents, so the lint thread does it. */
import { HOLE, find, get, textOf, type DocNode } from '../core/document/node.ts';
import { parseSlice, slices, type Language } from '../core/document/parse.ts';
import { maskTemplates } from '../core/document/template.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A Profile that has a name of its own, and where it stands. */
export interface ProfileHead extends Range {
  readonly profile: string;
  /** Where the name stands. */
  readonly name: Range;
  readonly owner?: string;
}

/** The Profile that `offset` is in. */
export const profileAt = (profiles: readonly ProfileHead[], offset: number): ProfileHead | undefined =>
  profiles.find(({ start, end }) => start <= offset && offset <= end);

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
      known = root ? profilesOf(root).map((one) => moved(one, -slice.start)) : [];
    }
    documents.set(part, known);
    return known.map((one) => moved(one, slice.start));
  });
  cache.documents = documents;
  return heads;
}

const moved = (one: ProfileHead, by: number): ProfileHead => ({
  ...one,
  start: one.start + by,
  end: one.end + by,
  name: { start: one.name.start + by, end: one.name.end + by },
});

function profilesOf(root: DocNode): ProfileHead[] {
  const items = get(root, 'items');
  return (items?.type === 'array' ? items.items : [root]).flatMap((one) => {
    const name = find(one, 'metadata', 'name');
    const profile = settled(name);
    const owner = settled(find(one, 'spec', 'owner', 'name'));
    if (textOf(get(one, 'kind')) !== 'Profile' || name === undefined || profile === undefined) return [];
    if (textOf(get(one, 'apiVersion'))?.startsWith('kubeflow.org/') !== true) return [];
    const places = { start: one.start, end: one.end, name: { start: name.start, end: name.end } };
    return [{ ...places, profile, ...(owner === undefined ? {} : { owner }) }];
  });
}

/** A text that nothing is filled into any more. */
const settled = (node: DocNode | undefined): string | undefined => {
  const text = textOf(node);
  return text === undefined || text === '' || text.includes(HOLE) || /[{}$<>\s]/.test(text) ? undefined : text;
};
