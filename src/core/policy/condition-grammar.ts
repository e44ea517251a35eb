/** What IAM rejects in the form of a Condition: its operators, their values, what stands twice or beside it. */
import {
  addEntries,
  holdsComment,
  type Json,
  nestEntries,
  removeEntry,
  renameKey,
  replaceValue,
} from '../document/edit.ts';
import { type DocEntry, type DocNode, type DocObject, type DocScalar, HOLE } from '../document/node.ts';
import { finding, type Finding, type Fix } from '../finding.ts';
import { baseOf, isUnknown, OPERATORS, type Statement, toJson } from './model.ts';
import { shorten } from '../modes/manifest.ts';
import { isNetwork } from './operators.ts';
import { isFilledIn } from './placeholder.ts';

/** Operators that stand in the statement instead of in its Condition. */
export function checkMisplaced({ node, condition, stray }: Statement): Finding[] {
  return stray.flatMap((one, index) => {
    const name = String(one.key.value);
    const block = condition?.value;
    const json = knownJson(one.value);
    const at = node.entries.indexOf(one);
    // Without a Condition all of them go together, if they stand together.
    const nests = index === 0 && stray.every((other, i) => node.entries[at + i] === other);
    const moves = block?.type === 'object' && json !== undefined && operatorOf(block, name) === undefined;
    const edits = moves
      ? [...addEntries(block, { [name]: json }), ...removeEntry(node, one)]
      : block === undefined && nests
        ? nestEntries(stray, 'Condition')
        : [];
    const isWhole = block === undefined || !isNoted(one);
    const fixes = edits.length === 0 ? [] : [{ title: 'Move it into Condition', edits, preferred: isWhole }];
    const message = `${name} stands beside Condition instead of in it: IAM rejects the document.`;
    return [finding('P-SYNTAX', one.key, message, fixes, 'error')];
  });
}

/** Whether a comment stands in an entry, which is lost where its data alone moves. A block begins below the comments under its key. */
const isNoted = ({ key, value }: DocEntry): boolean => holdsComment(value, value.end, key.end);

const operatorOf = (block: DocObject, name: string): DocEntry | undefined =>
  block.entries.find(({ key }) => String(key.value).toLowerCase() === name.toLowerCase());

/** The data of a node that is known whole. */
const knownJson = (node: DocNode): Json | undefined => toJson(node) as Json | undefined;

/** An operator that stands twice in a Condition, and a key that stands twice under one operator. */
function checkTwice(condition: DocObject): Finding[] {
  const why = 'IAM rejects the document, or reads the last one alone';
  return condition.entries.flatMap((one) => {
    const name = String(one.key.value);
    const first = operatorOf(condition, name);
    const findings = one.value.type === 'object' ? keysTwice(one.value, name, why) : [];
    if (first === undefined || first === one) return findings;
    const [into, from] = [first.value, one.value];
    const added = knownJson(from);
    const isMergeable =
      into.type === 'object' &&
      from.type === 'object' &&
      added !== undefined &&
      !from.entries.some(({ key }) => operatorOf(into, String(key.value)));
    const fixes = isMergeable
      ? [
          {
            title: `Merge it into the first ${name}`,
            edits: [...addEntries(into, added as Readonly<Record<string, Json>>), ...removeEntry(condition, one)],
            preferred: !isNoted(one),
          },
        ]
      : [];
    const message = `${name} stands twice in this Condition: ${why}. Write its tests under one ${name}.`;
    return [...findings, finding('P-SYNTAX', one.key, message, fixes, 'error')];
  });
}

function keysTwice(block: DocObject, operator: string, why: string): Finding[] {
  return block.entries.flatMap((one) => {
    const name = String(one.key.value);
    const first = operatorOf(block, name);
    if (first === undefined || first === one || name.includes(HOLE) || name === '<<') return [];
    const values = [first.value, one.value].map(knownJson);
    const all = [...new Set(values.flat())];
    // Whoever either value lets in: more than the last alone, which may be all that counts now.
    const fixes: Fix[] =
      values.includes(undefined) || holdsComment(first.value) || isNoted(one)
        ? []
        : [
            {
              title: 'Write all values under one key',
              edits: [replaceValue(first.value, all as Json), ...removeEntry(block, one)],
              ...(/not/i.test(operator) ? {} : { effect: 'widens' }),
            },
          ];
    const message = `${name} stands twice under ${operator}: ${why}. Several values are a list under one key.`;
    return [finding('P-SYNTAX', one.key, message, fixes, 'error')];
  });
}

export function checkCondition({ condition }: Statement): Finding[] {
  if (condition === undefined || isUnknown(condition.value)) return [];
  if (condition.value.type !== 'object') {
    return [finding('P-SYNTAX', condition.value, 'Condition is an object: operator, key and value.', [], 'error')];
  }
  const operators = condition.value.entries.flatMap(({ key: operator, value: block }) => {
    const name = String(operator.value);
    if (name.includes(HOLE) || name.startsWith('Fn::') || name === '<<') return [];
    if (!OPERATORS.has(baseOf(name))) {
      const isEmpty = block.type === 'object' && block.entries.length === 0;
      return isEmpty
        ? [finding('P-SYNTAX', operator, `IAM knows no condition operator ${name}: it tests nothing.`, [], 'warning')]
        : [finding('P-SYNTAX', operator, `IAM knows no condition operator ${name}.`, [], 'error')];
    }
    if (isUnknown(block)) return [];
    return block.type === 'object'
      ? [
          ...checkNull(operator, name, condition.value as DocObject),
          ...block.entries.flatMap((one) => checkValues(name, one)),
        ]
      : [finding('P-SYNTAX', block, `${name} holds an object of condition keys and their values.`, [], 'error')];
  });
  return [...operators, ...checkTwice(condition.value)];
}

/** `Null` asks whether a key is there: it has no `IfExists`. */
function checkNull(operator: DocScalar, name: string, condition: DocObject): Finding[] {
  if (!/nullifexists$/i.test(name)) return [];
  const entry = condition.entries.find(({ key }) => key === operator);
  const right = name.replace(/ifexists$/i, '');
  const fixes =
    entry === undefined || operatorOf(condition, right) !== undefined
      ? []
      : [{ title: `Write ${right}`, edits: [renameKey(entry, right)], preferred: true }];
  return [finding('P-SYNTAX', operator, 'Null has no IfExists: IAM rejects the policy.', fixes, 'error')];
}

/** Values that the operator cannot read. Source: IAM User Guide, "Condition operators"; dates as wide as IAM takes them. */
const FORMS: readonly (readonly [operator: RegExp, form: (text: string) => boolean, what: string])[] = [
  [/^date/, isDate, 'no date, such as 2026-01-31T12:00:00Z'],
  [/^numeric/, (text) => /^\s*[-+]?(?:\d+\.?\d*|\.\d+)\s*$/.test(text), 'no number'],
  [/^(?:bool|null)$/, (text) => /^(?:true|false)$/i.test(text.trim()), 'neither true nor false'],
  [/^arn/, (text) => /^\s*(?:arn:|\*)/.test(text), 'no ARN'],
  [/ipaddress$/, isNetwork, 'no address and no network, such as 203.0.113.0/24'],
];

function checkValues(operator: string, { key, value }: DocEntry): Finding[] {
  if (isUnknown(value) || String(key.value).includes(HOLE) || String(key.value).startsWith('Fn::')) return [];
  const form = FORMS.find(([one]) => one.test(baseOf(operator)));
  return (value.type === 'array' ? value.items : [value]).flatMap((item) => {
    if (isUnknown(item)) return [];
    if (item.type === 'object' || item.type === 'array') {
      const message = `The value of ${String(key.value)} is a text, or a list of texts: IAM rejects any other.`;
      return [finding('P-SYNTAX', item, message, [], 'error')];
    }
    const text = String(item.value);
    if (form === undefined || item.type === 'null' || isFilledIn(text) || text.includes('${') || form[1](text))
      return [];
    const message = `${JSON.stringify(shorten(text))} is ${form[2]}: IAM rejects it, or ${operator} never holds.`;
    return [finding('P-SYNTAX', item, message, [], 'error')];
  });
}

/** A date of ISO 8601, which may end anywhere, or seconds since 1970. */
function isDate(text: string): boolean {
  if (/^\s*\d+\s*$/.test(text)) return Number(text) < 2 ** 63;
  return /^-?\d+(?:-(?:0?[1-9]|1[0-2])(?:-(?:0?[1-9]|[12]\d|3[01]))?)?(?:t(?:\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:\.\d{1,9})?)?)?)?(?:z|[-+]\d{2}(?::?\d{2})?)?)?$/i.test(
    text.trim(),
  );
}
