/** What the sections of a settings file are read with. Pure. */
import { type DocNode, textOf } from './document/node.ts';
import { failureModes } from './modes/table.ts';
import { meant } from './near.ts';

/** What an id that is none is told: the one that is meant, `KP-6` for `KP-006`, too. */
export function unknownId(id: string): string {
  const ids = failureModes.map((one) => one.id);
  const padded = id.replace(/^KP-?(\d{1,3})$/i, (_, digits: string) => `KP-${digits.padStart(3, '0')}`);
  return `there is no failure ${JSON.stringify(id)}.${meant(padded, ids)}`;
}

/** How something is told of a place. */
export type Tell = (place: { readonly start: number; readonly end: number }, message: string) => void;

/** A scalar as it stands in the file: `off` and a fingerprint of digits alone are read as something else otherwise. */
export function scalarText(node: DocNode | undefined): string | undefined {
  const text = textOf(node);
  if (text !== undefined || node === undefined || !('value' in node) || node.value === null) return text;
  return node.source.text.slice(node.start, node.end);
}
