/** Nodes that are made of what blocks say, to look as in a document. */
import { replaceValue } from '../document/edit.ts';
import type { HclPlace } from '../document/hcl.ts';
import { type DocEntry, type DocNode, type DocObject, type DocScalar, HOLE } from '../document/node.ts';
import { made, type TerraformFile } from './evaluate.ts';

/** A text that is known. */
export const known = (node: DocNode | undefined): DocNode | undefined =>
  node?.type === 'string' && node.value !== '' && !String(node.value).includes(HOLE) ? node : undefined;

/** A text with what a module writes before it. */
export function prefixed(node: DocNode, prefix: string): DocNode {
  if (node.type !== 'string' || node.value === HOLE) return node;
  return {
    ...node,
    value: prefix + String(node.value),
    at: (index) => node.at(Math.max(0, index - prefix.length)),
    written: {
      value: (value) =>
        typeof value === 'string' && value.startsWith(prefix)
          ? replaceValue(node, value.slice(prefix.length))
          : undefined,
    },
  };
}

export const mapped = (node: DocNode, to: (item: DocNode) => DocNode): DocNode =>
  node.type === 'array' ? { ...node, items: node.items.map(to), written: {} } : to(node);

export const keyAt =
  (file: TerraformFile, place: HclPlace) =>
  (name: string): DocScalar =>
    made(file, place, name);

export const spanned = ({ source }: TerraformFile, { start, end }: HclPlace) => ({ start, end, source, written: {} });
export const object = (file: TerraformFile, place: HclPlace, entries: readonly DocEntry[]): DocObject => ({
  type: 'object',
  entries,
  ...spanned(file, place),
});
