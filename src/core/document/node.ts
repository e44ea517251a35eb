import type { Edit } from '../finding.ts';

/**
 * One value of a parsed document, the same for YAML, JSON and a policy held in a string: what the rules read. `start` and
 * `end` are offsets (UTF-16 code units, end exclusive) in the text of the **file**, also for a value inside a string.
 */
export type DocNode = DocObject | DocArray | DocScalar;

/**
 * Stands in a string for text that is decided later: a template (`{{ … }}`), an intrinsic (`!Ref`, `!Sub '${X}'`). It may be
 * anything, so rules stay silent wherever it could make the value right. A value that is unknown as a whole is the string HOLE.
 */
export const HOLE = '\uE000';

/** Where a document was read from, for edits (see edit.ts). */
export interface Source {
  /** The text of the whole file. */
  readonly text: string;
  /** How the document is written at this place. */
  readonly format: 'json' | 'yaml' | 'hcl';
  /** A document inside a quoted string has the quotes and escapes of that string around it. */
  readonly quote?: '"' | "'";
  /** Places of anchors that an alias or a merge names: what is changed there changes elsewhere too. Filled while it is read. */
  readonly shared?: { readonly start: number; readonly end: number }[];
  /** Places of `Fn::If`, whose branches are read as if they stood side by side. Filled while it is read. */
  readonly choices?: { readonly start: number; readonly end: number }[];
  /** Places whose value is decided elsewhere: references and interpolations of Terraform. No edit may touch them. */
  readonly derived?: { readonly start: number; readonly end: number }[];
  /** Expressions of Terraform stand in strings of JSON: quotes in them are escaped. */
  readonly inJson?: true;
}

/** Data to be written. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** How a part is changed that is not written as a value, an object or a list: a block of Terraform, an input of a module. */
export interface Written {
  /** The value becomes another. Undefined: that cannot be written. */
  readonly value?: (value: Json) => Edit | undefined;
  /** An object gets entries. */
  readonly add?: (entries: Readonly<Record<string, Json>>) => readonly Edit[] | undefined;
  /** An object loses an entry. */
  readonly remove?: (entry: DocEntry) => readonly Edit[] | undefined;
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly source: Source;
  /**
   * All that stands here for the value, where that is more than `start` to `end`: its tag and anchor, the other arguments of a
   * `!Sub`, the object of an `Fn::Sub`; of an alias its name, while `start` and `end` are those of its anchor.
   */
  readonly whole?: { readonly start: number; readonly end: number };
  /** What is not here cannot be changed. */
  readonly written?: Written;
}
export interface DocObject extends Place {
  readonly type: 'object';
  /** In file order. A key that stands twice stands here twice. Entries of a YAML merge (`<<`) come last. */
  readonly entries: readonly DocEntry[];
}
export interface DocEntry {
  readonly key: DocScalar;
  readonly value: DocNode;
}
export interface DocArray extends Place {
  readonly type: 'array';
  readonly items: readonly DocNode[];
}
export interface DocScalar extends Place {
  readonly type: 'string' | 'number' | 'boolean' | 'null';
  readonly value: string | number | boolean | null;
  /** Offset in the file of character `index` of a string's value: differs from `start + index` in quoted and block scalars. */
  readonly at: (index: number) => number;
}

/** Where a value begins and ends with all that belongs to it: what follows it may be written behind, and it is removed with. */
export const wholeOf = ({ whole, start, end }: DocNode): { readonly start: number; readonly end: number } =>
  whole ?? { start, end };

/** The value of `key`, or undefined. Of a key that stands twice the last counts, as in Go and in JavaScript. */
export function get(node: DocNode | undefined, key: string): DocNode | undefined {
  return entry(node, key)?.value;
}

/** The entry of `key`, or undefined. Merged entries never win over written ones: they come last only where the key is new. */
export function entry(node: DocNode | undefined, key: string): DocEntry | undefined {
  return node?.type === 'object' ? node.entries.findLast((one) => one.key.value === key) : undefined;
}

/** The value at the end of a path of keys and indexes, or undefined. */
export function find(node: DocNode | undefined, ...path: readonly (string | number)[]): DocNode | undefined {
  let here = node;
  for (const step of path) {
    if (typeof step === 'string') here = get(here, step);
    else here = here?.type === 'array' ? here.items[step] : undefined;
  }
  return here;
}

/** The text of a string node, or undefined for any other node. */
export const textOf = (node: DocNode | undefined): string | undefined =>
  node?.type === 'string' ? String(node.value) : undefined;
