/** The file of `--expect`. Apart from what it says, so that who has no file loads no YAML. */
import { LineCounter, parseDocument, type Document } from 'yaml';
import { isObject, type Json } from '../records.ts';
import { DEFAULT_EXPECTATION, type Entry, type Expectation } from './expect.ts';
import { DEEDS, type Deed } from './reach.ts';

/** What a word of `may` comes to: who may write may also read, list and delete. */
const WORDS: Readonly<Record<string, readonly Deed[]>> = {
  list: ['list'],
  read: ['read', 'list'],
  delete: ['delete'],
  write: ['write', 'delete', 'read', 'list'],
  control: DEEDS,
  anything: DEEDS,
};

const SETTINGS = {
  own: ['required', 'allowed'],
  unjudged: ['differs', 'allowed'],
  others: ['differs', 'allowed'],
} as const;

/** Reads a file (YAML or JSON). What is wrong with it is a sentence with its line. */
export function readExpectation(text: string): { readonly expectation: Expectation } | { readonly problem: string } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) return { problem: `Line ${lines.linePos(error.pos[0]).line}: ${error.message}` };
  const at = (...path: readonly (string | number)[]): string => {
    const start = nodeStart(document, path);
    return start === undefined ? '' : `Line ${lines.linePos(start).line}: `;
  };
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 50 });
  } catch (failure) {
    return { problem: failure instanceof Error ? failure.message : String(failure) };
  }
  if (data === null || data === undefined) return { expectation: DEFAULT_EXPECTATION };
  if (!isObject(data)) return { problem: 'It is no object: write own, unjudged, others, allow or require.' };
  for (const key of Object.keys(data))
    if (!Object.hasOwn(SETTINGS, key) && key !== 'allow' && key !== 'require')
      return {
        problem: `${at(key)}there is no field ${JSON.stringify(key)}: use own, unjudged, others, allow or require.`,
      };
  for (const [key, values] of Object.entries(SETTINGS))
    if (data[key] !== undefined && !(values as readonly unknown[]).includes(data[key]))
      return { problem: `${at(key)}${key} is ${values.join(' or ')}.` };
  const lists: Record<'allow' | 'require', Entry[]> = { allow: [], require: [] };
  for (const name of ['allow', 'require'] as const) {
    const items = data[name] ?? [];
    if (!Array.isArray(items)) return { problem: `${at(name)}${name} is a list.` };
    for (const [index, item] of items.entries()) {
      const entry = entryOf(item);
      if (typeof entry === 'string') return { problem: `${at(name, index)}${entry}` };
      lists[name].push(entry);
    }
  }
  return { expectation: { ...DEFAULT_EXPECTATION, ...settingsOf(data), ...lists } };
}

const settingsOf = (data: Json): Partial<Expectation> =>
  Object.fromEntries(Object.keys(SETTINGS).flatMap((key) => (data[key] === undefined ? [] : [[key, data[key]]])));

function entryOf(item: unknown): Entry | string {
  if (!isObject(item)) return 'an entry is an object: who, may and what.';
  for (const key of Object.keys(item))
    if (!['who', 'cluster', 'may', 'what', 'because'].includes(key))
      return `there is no field ${JSON.stringify(key)} in an entry: use who, cluster, may, what and because.`;
  const { who, cluster, may = 'anything', what } = item;
  if (typeof who !== 'string' || who === '') return 'who is the name of a profile, namespace/name, or an ARN.';
  if (typeof what !== 'string' || what === '')
    return 'what is the name of a profile, s3://bucket/prefix, the ARN of a key, or a role.';
  if (cluster !== undefined && typeof cluster !== 'string') return 'cluster is the name of a cluster.';
  const words: readonly unknown[] = Array.isArray(may) ? may : [may];
  const deeds = words.map((word) => (typeof word === 'string' && Object.hasOwn(WORDS, word) ? WORDS[word] : undefined));
  if (deeds.length === 0 || deeds.includes(undefined))
    return `may is one of ${Object.keys(WORDS).join(', ')}, or a list of these.`;
  return {
    who,
    what,
    may: [...new Set(deeds.flatMap((some) => some ?? []))],
    ...(cluster === undefined ? {} : { cluster }),
  };
}

/** Where a node of the document begins. */
function nodeStart(document: Document, path: readonly (string | number)[]): number | undefined {
  const node = document.getIn(path, true);
  return (node as { readonly range?: readonly number[] | null } | undefined)?.range?.[0];
}
