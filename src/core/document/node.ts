/**
 * One value of a parsed document, the same for YAML, JSON and a policy held in a string: what the rules read. `start` and
 * `end` are offsets (UTF-16 code units, end exclusive) in the text of the **file**, also for a value inside a string.
 */
export type DocNode = DocObject | DocArray | DocScalar;

interface Place {
  readonly start: number;
  readonly end: number;
}
export interface DocObject extends Place {
  readonly type: 'object';
  /** In file order. A key that stands twice stands here twice. */
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
