/**
 * Terraform written as JSON (`.tf.json`, `.tofu.json`): the same tree as of HCL, with places in the JSON. Source: Terraform,
 * "JSON Configuration Syntax".
 */
import type {
  HclAttribute,
  HclBlock,
  HclBody,
  HclExpression,
  HclFile,
  HclItem,
  HclPart,
  HclText,
  HclWord,
} from './hcl.ts';
import { partsOf } from './hcl-expression.ts';
import { parseJson } from './json.ts';
import type { DocEntry, DocNode, DocObject, DocScalar, Source } from './node.ts';

/** How many labels blocks of the top have. */
const LABELS: Readonly<Record<string, number>> = {
  resource: 2,
  data: 2,
  ephemeral: 2,
  module: 1,
  variable: 1,
  output: 1,
  provider: 1,
  locals: 0,
  terraform: 0,
};
/** Blocks in blocks, of what is read of them: JSON itself does not tell them from arguments. */
const BLOCKS: ReadonlySet<string> = new Set([
  'statement',
  'principals',
  'not_principals',
  'condition',
  'inline_policy',
  'metadata',
  'set',
  'set_list',
  'set_sensitive',
  'content',
]);

/** Reads a file as far as it goes. Never throws. What is wrong as JSON are its problems. */
export function parseHclJson(text: string, source: Source): HclFile {
  const { root, errors } = parseJson(text, source);
  const items = root?.type === 'object' ? root.entries.flatMap(topOf) : [];
  return { body: { type: 'body', items, start: 0, end: text.length }, problems: errors };
}

function topOf({ key, value }: DocEntry): readonly HclItem[] {
  const name = wordOf(key);
  const count = LABELS[name.text];
  return count === undefined ? [] : named(name, [], value, count);
}

/** Blocks below their labels. A level may be a list of objects that count as one. */
function named(name: HclWord, labels: readonly HclText[], value: DocNode, left: number): readonly HclItem[] {
  return objectsIn(value).flatMap((object) => {
    if (left === 0) return [blockOf(name, labels, object, name.text === 'resource' || name.text === 'data')];
    return written(object).flatMap((one) => named(name, [...labels, labelOf(one.key)], one.value, left - 1));
  });
}

/** @param isNested whether it may have blocks in it; else all are arguments */
function blockOf(name: HclWord, labels: readonly HclText[], object: DocObject, isNested: boolean): HclBlock {
  const { start, end } = object;
  const items = written(object).flatMap((entry) => (isNested ? itemsOf(entry, object) : [attributeOf(entry, object)]));
  const body: HclBody = { type: 'body', items, start, end, json: object };
  return { type: 'block', name, labels, body, start, end };
}

function itemsOf(entry: DocEntry, of: DocObject): readonly HclItem[] {
  const name = wordOf(entry.key);
  const isDynamic = name.text === 'dynamic';
  const objects = objectsIn(entry.value);
  if ((!BLOCKS.has(name.text) && !isDynamic) || (objects.length === 0 && entry.value.type !== 'array'))
    return [attributeOf(entry, of)];
  if (isDynamic)
    return objects.flatMap((object) =>
      written(object).flatMap((one) =>
        objectsIn(one.value).map((body) => blockOf(name, [labelOf(one.key)], body, true)),
      ),
    );
  const list = entry.value.type === 'array' ? entry.value.items : undefined;
  return objects.map((object) => ({
    ...blockOf(name, [], object, true),
    json: { of, entry, ...(list ? { index: list.indexOf(object) } : {}) },
  }));
}

function attributeOf(entry: DocEntry, of: DocObject): HclAttribute {
  const { key, value } = entry;
  const expression = expressionOf(value);
  return {
    type: 'attribute',
    name: wordOf(key),
    value: expression,
    start: key.start,
    end: value.end,
    json: { of, entry },
  };
}

function expressionOf(node: DocNode): HclExpression {
  const { start, end } = node;
  if (node.type === 'array') return { type: 'tuple', items: node.items.map(expressionOf), start, end };
  if (node.type === 'object') {
    const entries = written(node).map(({ key, value }) => ({ key: expressionOf(key), value: expressionOf(value) }));
    return { type: 'object', entries, start, end };
  }
  if (node.type !== 'string') return { type: 'literal', value: node.value as number | boolean | null, start, end };
  return { type: 'string', form: 'quoted', isJson: true, parts: partsIn(node), start, end };
}

function partsIn(node: DocScalar): readonly HclPart[] {
  const value = String(node.value);
  if (!/[$%]\{/.test(value)) return [textAt(node)];
  return partsOf(value).map((part) => placed(part, node.at));
}

const textAt = ({ value, at }: DocScalar): HclText => {
  const text = String(value);
  return { type: 'text', value: text, start: at(0), end: at(text.length), at };
};
const wordOf = ({ value, start, end }: DocScalar): HclWord => ({ text: String(value), start, end });
const labelOf = (key: DocScalar): HclText => ({ ...textAt(key), start: key.start, end: key.end });

/** Entries but for comments: `"//": "…"`. */
const written = ({ entries }: DocObject): readonly DocEntry[] => entries.filter(({ key }) => key.value !== '//');
const objectsIn = (node: DocNode): readonly DocObject[] =>
  (node.type === 'array' ? node.items : [node]).flatMap((one) => (one.type === 'object' ? [one] : []));

/** A tree with its places in a text put where that text stands. */
function placed<T>(node: T, at: (index: number) => number): T {
  if (Array.isArray(node)) return node.map((one: unknown) => placed(one, at)) as T;
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]: [string, unknown]) => {
    if (key === 'at') return [key, (index: number) => at((value as (index: number) => number)(index))];
    return [key, (key === 'start' || key === 'end') && typeof value === 'number' ? at(value) : placed(value, at)];
  });
  return Object.fromEntries(entries) as T;
}
