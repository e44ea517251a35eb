/** A policy document with the places of its parts: what it says, as it is meant. What IAM rejects of it is in grammar.ts. */
import { type DocEntry, type DocNode, type DocObject, type DocScalar, HOLE } from '../document/node.ts';
import { replaceValue } from '../document/edit.ts';
import { finding, type Finding, type Fix, type PolicyContext } from '../finding.ts';
import { shorten } from '../modes/manifest.ts';
import { closest } from './actions.ts';
import { leftOver } from './filling.ts';
import { isDynamicReference } from './placeholder.ts';

/** Longer strings are no ARN (AWS: at most 2,048 characters), subject or action: they are not judged, so no text takes long. */
export const LONGEST = 2048;

/** A string of a policy and the node it stands in. */
export interface Text {
  readonly text: string;
  readonly node: DocScalar;
}

/** A part of a statement that holds strings, alone or in a list. */
export interface Strings {
  readonly entry: DocEntry;
  readonly texts: readonly Text[];
  /** False when a value is not known, such as an intrinsic of CloudFormation: then nothing follows from what is not there. */
  readonly complete: boolean;
}

/** One test of a `Condition` block: operator, key and values. */
export interface Test {
  readonly block: DocObject;
  readonly operator: DocScalar;
  readonly entry: DocEntry;
  readonly key: Text;
  readonly values: Strings;
}

/** A statement as IAM reads it. An element that is absent is undefined. */
export interface Statement {
  readonly node: DocObject;
  /** As it is meant: other case is reported elsewhere. */
  readonly effect: 'Allow' | 'Deny' | undefined;
  readonly principal: DocEntry | undefined;
  readonly notPrincipal: DocEntry | undefined;
  readonly action: Strings | undefined;
  readonly notAction: Strings | undefined;
  readonly resource: Strings | undefined;
  readonly notResource: Strings | undefined;
  readonly condition: DocEntry | undefined;
  /** Operators that stand beside `Condition` and belong into it. */
  readonly stray: readonly DocEntry[];
  readonly tests: readonly Test[];
}

/** A policy document. */
export interface Policy {
  /** Undefined when `Statement` is absent. */
  readonly statement: DocEntry | undefined;
  readonly statements: readonly Statement[];
}

export const POLICY_KEYS = ['Version', 'Id', 'Statement'];
export const STATEMENT_KEYS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];
export const EFFECTS = ['Allow', 'Deny'] as const;
const ELEMENTS = [...POLICY_KEYS, ...STATEMENT_KEYS];
/** In lower case. */
const KNOWN: ReadonlySet<string> = new Set(ELEMENTS.map((one) => one.toLowerCase()));
/** IAM User Guide, "Condition operators". Operators are compared without regard to case. */
export const OPERATORS = new Set(
  [
    ...['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'StringLike'],
    ...['StringNotLike', 'NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals'],
    ...['NumericGreaterThan', 'NumericGreaterThanEquals', 'DateEquals', 'DateNotEquals', 'DateLessThan'],
    ...['DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals', 'Bool', 'BinaryEquals', 'IpAddress'],
    ...['NotIpAddress', 'ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike', 'Null'],
  ].map((name) => name.toLowerCase()),
);

/** The name of an operator without what goes before and behind it. */
export const baseOf = (operator: string): string =>
  operator
    .toLowerCase()
    .replace(/^forallvalues:|^foranyvalue:/, '')
    .replace(/ifexists$/, '');

/** Whether an entry is a condition operator with its tests. */
export const isOperator = ({ key, value }: DocEntry): boolean =>
  value.type === 'object' && OPERATORS.has(baseOf(String(key.value)));

/** The range of characters `from` to `to` of a string's value. */
export function part({ node }: Text, from: number, to: number): { start: number; end: number } {
  const start = node.at(from);
  if (to <= from) return { start, end: start };
  // An escape such as \u003a ends where the next character starts; elsewhere a line break may lie between two characters.
  const last = node.at(to - 1);
  return { start, end: node.source.text[last] === '\\' ? node.at(to) : last + 1 };
}

const CLAIM_OF_HOLE = /:(?:aud|sub)$/;

/** A hole is as long as what stands there in the file. */
const ALL_HOLE = /^\uE000+$/;

/** Whether the node stands for a value that is decided elsewhere: a hole, or an intrinsic function of CloudFormation. */
export function isUnknown(node: DocNode): boolean {
  if (node.type === 'string') return ALL_HOLE.test(String(node.value));
  if (node.type !== 'object' || node.entries.length !== 1) return false;
  const key = String(node.entries[0]?.key.value);
  // Others read a file in: of CloudFormation's and OpenAPI's tools, one alone and in lower case.
  if (/^(?:Ref|\$ref|\$include|file|include)$/.test(key) || key.startsWith('Fn::')) return true;
  // A name with a part that is known, such as `…:sub`, is one.
  return key.includes(HOLE) && !CLAIM_OF_HOLE.test(key);
}

/**
 * An element of a policy by name. One in other case, or else one slip away, counts too: its name is reported, and what it holds
 * is judged as well.
 */
export function element(object: DocObject, name: string): DocEntry | undefined {
  const lower = name.toLowerCase();
  return (
    object.entries.findLast(({ key }) => key.value === name) ??
    object.entries.findLast(({ key }) => String(key.value).toLowerCase() === lower) ??
    object.entries.findLast(({ key }) => meant(String(key.value)) === name)
  );
}

/** The name that a misspelt one was meant to be. */
export function meant(name: string): string | undefined {
  return KNOWN.has(name.toLowerCase()) ? undefined : closest(name, ELEMENTS);
}

function readStrings(entry: DocEntry | undefined): Strings | undefined {
  if (entry === undefined) return undefined;
  const nodes = entry.value.type === 'array' ? entry.value.items : [entry.value];
  const texts = nodes.flatMap((node): Text[] =>
    node.type === 'string' && node.value !== HOLE ? [{ text: String(node.value), node }] : [],
  );
  return { entry, texts, complete: texts.length === nodes.length };
}

const testsIn = (condition: DocEntry | undefined): Test[] =>
  condition?.value.type === 'object' ? readTests(condition.value.entries) : [];

function readTests(operators: readonly DocEntry[]): Test[] {
  return operators.flatMap(({ key: operator, value: block }) =>
    block.type !== 'object' || isUnknown(block)
      ? []
      : block.entries.flatMap((entry) => {
          const values = readStrings(entry);
          const key = { text: String(entry.key.value), node: entry.key };
          return values === undefined ? [] : [{ block, operator, entry, key, values }];
        }),
  );
}

function readStatement(node: DocObject): Statement {
  const effect = element(node, 'Effect')?.value;
  const condition = element(node, 'Condition');
  const stray = node.entries.filter(isOperator);
  return {
    node,
    effect: EFFECTS.find(
      (one) => effect?.type === 'string' && one.toLowerCase() === String(effect.value).trim().toLowerCase(),
    ),
    principal: element(node, 'Principal'),
    notPrincipal: element(node, 'NotPrincipal'),
    action: readStrings(element(node, 'Action')),
    notAction: readStrings(element(node, 'NotAction')),
    resource: readStrings(element(node, 'Resource')),
    notResource: readStrings(element(node, 'NotResource')),
    condition,
    stray,
    // An operator beside Condition is reported as what it is; what it tests is judged as it is meant.
    tests: [...testsIn(condition), ...readTests(stray)],
  };
}

/**
 * Reads a policy document. Never throws; what cannot be read is left out.
 * Source of the grammar: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
export function readPolicy(root: DocNode): Policy {
  const entry = root.type === 'object' && !isUnknown(root) ? element(root, 'Statement') : undefined;
  const statements = statementsIn(entry).flatMap((node) =>
    node.type === 'object' && !isUnknown(node) ? [readStatement(node)] : [],
  );
  return { statement: entry, statements };
}

/** What stands under `Statement`, alone or in a list. */
export const statementsIn = (entry: DocEntry | undefined): readonly DocNode[] =>
  entry === undefined ? [] : entry.value.type === 'array' ? entry.value.items : [entry.value];

/** Where to report that an object lacks something: at its first key, because the whole object would underline everything. */
export function firstKey(object: DocObject): { start: number; end: number } {
  const key = object.entries[0]?.key;
  return key ?? { start: object.start, end: Math.min(object.start + 1, object.end) };
}

/** The one right answer for a value. */
export function fix(title: string, node: DocNode, value: string): Fix {
  return { title, edits: [replaceValue(node, value)], preferred: true };
}

/** `{{ name }}` that was left in a text, unless the file is a template, whose engine fills it in. */
export function checkTemplates(id: 'KP-004' | 'KP-040', text: Text, context: PolicyContext): Finding[] {
  if (context.template === true || !text.text.includes(HOLE)) return [];
  const { node } = text;
  return [...text.text.matchAll(new RegExp(`${HOLE}+`, 'g'))].flatMap((hole) => {
    const range = part(text, hole.index, hole.index + hole[0].length);
    const left = node.source.text.slice(range.start, range.end);
    if (!left.startsWith('{{') || isDynamicReference(left)) return [];
    const over = leftOver(left, context);
    if (over === undefined) return [];
    return [finding(id, range, `${shorten(left)} was not replaced by its value.${over.tail}`, [], over.severity)];
  });
}

/** All keys and values of a document that are no objects or lists, in file order. */
export function scalars(node: DocNode): DocScalar[] {
  const result: DocScalar[] = [];
  const visit = (here: DocNode): void => {
    if (here.type === 'object') {
      for (const { key, value } of here.entries) {
        result.push(key);
        visit(value);
      }
    } else if (here.type === 'array') for (const item of here.items) visit(item);
    else result.push(here);
  };
  visit(node);
  return result;
}

/** The document as IAM gets it; undefined when a part of it is not known. */
export function toJson(node: DocNode): unknown {
  let known = true;
  const convert = (here: DocNode): unknown => {
    if (isUnknown(here)) known = false;
    if (here.type === 'array') return here.items.map(convert);
    if (here.type !== 'object') {
      if (String(here.value).includes(HOLE)) known = false;
      return here.value;
    }
    return Object.fromEntries(here.entries.map(({ key, value }) => [String(key.value), convert(value)]));
  };
  const value = convert(node);
  return known ? value : undefined;
}

/** The size that IAM compares with a quota: characters without white space. Undefined when a part is not known. */
export function policySize(root: DocNode): number | undefined {
  const json = toJson(root);
  return json === undefined ? undefined : JSON.stringify(json).replace(/\s/g, '').length;
}
