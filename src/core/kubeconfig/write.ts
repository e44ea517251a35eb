/** Puts the entries of one cluster into the text of a kubeconfig, and takes them out. What else it holds stays byte for byte. */
import { addEntry, addItems, fillEntry, removeEntry, removeItems, replaceValue, type Json } from '../document/edit.ts';
import { lineEnd } from '../document/lines.ts';
import { entry, get, textOf, type DocArray, type DocNode, type DocObject } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import type { Edit } from '../finding.ts';
import { applyEdits } from '../fix.ts';
import { byKey, isObject, record } from '../records.ts';
import { FIELDS, type ClusterEntry, type KubeconfigEntries } from './entries.ts';
import { dataOf, LISTS } from './read.ts';

/**
 * The text with the entries of a cluster as `after` says, where they were as `before` says; undefined: without them. Comments, order
 * and line ends of all the rest stay. A sentence where the text is written in a way that cannot be changed so.
 */
export function withEntries(
  text: string,
  arn: string,
  before: KubeconfigEntries | undefined,
  after: KubeconfigEntries | undefined,
): { readonly text: string } | string {
  const was = dataOf(text);
  if (typeof was === 'string') return was;
  const gone = (before?.contexts ?? []).filter(({ name }) => after?.contexts.some((one) => one.name === name) !== true);
  const wanted: KubeconfigEntries = after ?? { arn, contexts: [] };
  let edited = text;
  for (const edit of [
    ...part('clusters', arn, wanted.cluster, before?.cluster),
    ...part('users', arn, wanted.user, before?.user),
    ...gone.map(({ name }) => removal('contexts', name)),
    ...wanted.contexts.map((context) => contextStep(arn, context)),
    ...(wanted.current === undefined ? [] : [currentStep(wanted.current)]),
  ])
    edited = edit(edited);
  const becomes = dataOf(edited);
  const expected = expectedData(was, arn, before, wanted, new Set(gone.map(({ name }) => name)));
  return typeof becomes !== 'string' && JSON.stringify(sorted(becomes)) === JSON.stringify(sorted(expected))
    ? { text: edited }
    : 'it is written in a way that cannot be changed here';
}

/** One small change of a text, which is read anew for it. */
type Step = (text: string) => string;

/** The root of a text that holds something; of one that holds nothing, not even a mapping, undefined. */
function rootOf(text: string): DocObject | undefined {
  const { documents } = parse(text);
  const root = documents.flatMap((one) => one.root ?? []).find((one) => one.type === 'object');
  return root?.type === 'object' ? root : undefined;
}

const editing =
  (edits: (root: DocObject) => readonly Edit[]): Step =>
  (text) => {
    const root = rootOf(text) ?? rootOf(started(text));
    return root === undefined ? text : applyEdits(root.source.text, edits(root));
  };

/** A text that holds nothing, or comments alone, begun as a kubeconfig. */
function started(text: string): string {
  const eol = lineEnd(text, text.length);
  const before = text.trim() === '' ? '' : text.endsWith('\n') ? text : `${text}${eol}`;
  return `${before}apiVersion: v1${eol}kind: Config${eol}`;
}

const listOf = (root: DocObject, name: string): DocArray | undefined => {
  const list = get(root, name);
  return list?.type === 'array' ? list : undefined;
};

const placeOf = (root: DocObject, list: string, name: string): number =>
  listOf(root, list)?.items.findIndex((item) => textOf(get(item, 'name')) === name) ?? -1;

/** Adds an item to a list, which may be missing or empty. */
function adding(root: DocObject, list: string, item: Json): readonly Edit[] {
  const there = entry(root, list);
  if (there === undefined) return addEntry(root, list, [item]);
  if (there.value.type === 'array' && there.value.items.length > 0) return addItems(there.value, [item]);
  if (there.value.type === 'null') return [fillEntry(root, there, [item])];
  // An empty list is written in brackets: in its place a block, as kubectl writes it.
  const inBlock = root.source.text[root.start] !== '{';
  return inBlock ? [fillEntry(root, there, [item])] : addItems(there.value as DocArray, [item]);
}

const removal = (list: string, name: string): Step =>
  editing((root) => {
    const items = listOf(root, list);
    return items === undefined ? [] : removeItems(items, [placeOf(root, list, name)]);
  });

/** A cluster or a user: added, changed in its place, or taken out where it was there before. */
function part(
  list: 'clusters' | 'users',
  name: string,
  wanted: KubeconfigEntries['cluster'] | KubeconfigEntries['user'],
  before: unknown,
): readonly Step[] {
  if (wanted === undefined) return before === undefined ? [] : [removal(list, name)];
  if ('other' in wanted) return [];
  const key = list === 'clusters' ? 'cluster' : 'user';
  const value = { ...wanted } as unknown as Json;
  const add = editing((root) => (placeOf(root, list, name) < 0 ? adding(root, list, { name, [key]: value }) : []));
  const inPlace = (edits: (inner: DocObject, item: DocObject) => readonly Edit[]): Step =>
    editing((root) => {
      const item = listOf(root, list)?.items[placeOf(root, list, name)];
      if (item?.type !== 'object') return [];
      const inner = entry(item, key);
      if (inner === undefined) return addEntry(item, key, value);
      if (inner.value.type === 'null') return [fillEntry(item, inner, value)];
      return inner.value.type === 'object' ? edits(inner.value, item) : [replaceValue(inner.value, value)];
    });
  const fields =
    list === 'clusters'
      ? FIELDS.map((field) => inPlace((inner) => setting(inner, field, (wanted as ClusterEntry)[field])))
      : [inPlace((inner) => (sameData(inner, value) ? [] : [replaceValue(inner, value)]))];
  return [add, ...fields];
}

/** `key` of an object becomes `value`; undefined: it goes. */
function setting(object: DocObject, key: string, value: Json | undefined): readonly Edit[] {
  const there = entry(object, key);
  if (value === undefined) return there === undefined ? [] : removeEntry(object, there);
  if (there === undefined) return addEntry(object, key, value);
  return sameData(there.value, value) ? [] : [replaceValue(there.value, value)];
}

/** Whether a node says the value already. */
function sameData(node: DocNode, value: Json): boolean {
  const data = (one: DocNode): unknown =>
    one.type === 'object'
      ? Object.fromEntries(one.entries.map(({ key, value: inner }) => [key.value, data(inner)]))
      : one.type === 'array'
        ? one.items.map(data)
        : one.value;
  return JSON.stringify(sorted(data(node))) === JSON.stringify(sorted(value));
}

const contextStep = (arn: string, { name, user }: KubeconfigEntries['contexts'][number]): Step =>
  editing((root) => {
    const item = listOf(root, 'contexts')?.items[placeOf(root, 'contexts', name)];
    if (item?.type !== 'object') return adding(root, 'contexts', { name, context: { cluster: arn, user } });
    const context = get(item, 'context');
    return context?.type === 'object' ? setting(context, 'user', user) : [];
  });

const currentStep = (current: string): Step =>
  editing((root) => {
    const there = entry(root, 'current-context');
    if (there === undefined) return current === '' ? [] : addEntry(root, 'current-context', current);
    return textOf(there.value) === current || (current === '' && there.value.type === 'null')
      ? []
      : there.value.type === 'null'
        ? [fillEntry(root, there, current)]
        : [replaceValue(there.value, current)];
  });

/** What the data must be after an edit: the same, but for our entries. */
function expectedData(
  was: Record<string, unknown>,
  arn: string,
  before: KubeconfigEntries | undefined,
  wanted: KubeconfigEntries,
  gone: ReadonlySet<string>,
): Record<string, unknown> {
  const lists = Object.fromEntries(LISTS.map((list) => [list, [...((was[list] ?? []) as unknown[])]])) as Record<
    (typeof LISTS)[number],
    unknown[]
  >;
  const put = (
    list: (typeof LISTS)[number],
    name: string,
    change: (item: Record<string, unknown>) => unknown,
  ): void => {
    const at = lists[list].findIndex((item) => record(item)['name'] === name);
    if (at < 0) lists[list].push(change({ name }));
    else lists[list][at] = change(record(lists[list][at]));
  };
  const drop = (list: (typeof LISTS)[number], names: ReadonlySet<unknown>): void => {
    lists[list] = lists[list].filter((item) => !names.has(record(item)['name']));
  };
  const { cluster, user } = wanted;
  if (cluster !== undefined)
    put('clusters', arn, (item) => {
      const kept = Object.entries(record(item['cluster'])).filter(([key]) => !FIELDS.some((field) => field === key));
      return { ...item, cluster: { ...Object.fromEntries(kept), ...cluster } };
    });
  else if (before?.cluster !== undefined) drop('clusters', new Set([arn]));
  if (user !== undefined) {
    if (!('other' in user)) put('users', arn, (item) => ({ ...item, user }));
  } else if (before?.user !== undefined) drop('users', new Set([arn]));
  drop('contexts', gone);
  for (const { name, user: by } of wanted.contexts)
    put('contexts', name, (item) => ({ ...item, context: { ...record(item['context']), cluster: arn, user: by } }));
  return {
    ...was,
    ...(wanted.current === undefined ? {} : { 'current-context': wanted.current }),
    ...lists,
  };
}

/** For comparing: keys in order; what is empty, and the two keys that every kubeconfig may have, do not count. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    byKey(Object.entries(value))
      .filter(
        ([key, inner]) =>
          !isNothing(inner) && !(key === 'apiVersion' && inner === 'v1') && !(key === 'kind' && inner === 'Config'),
      )
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Whether a kubeconfig holds nothing that anybody would miss: no entry, and no comment. */
export function isBlank(text: string): boolean {
  const data = dataOf(text);
  return (
    typeof data !== 'string' &&
    !text.includes('#') &&
    Object.keys(sorted(data) as object).every((key) => key === 'preferences')
  );
}
