/**
 * Whether fixes harmed a file, judged by the `yaml` library and not by our own reader: does it still parse, and does its tree differ
 * only where a finding was?
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments } from 'yaml';
import { applyEdits, applyFixes } from '../src/core/fix.ts';
import type { Finding } from '../src/core/finding.ts';

export type Harm = 'no longer parses' | 'changed elsewhere';
/** What a fix did to a text: harm, nothing, or it cannot be told because the text did not parse before. */
export type Verdict = { readonly harm?: Harm; readonly why?: string } | 'unknown';

interface Tree {
  readonly start: number;
  readonly end: number;
  /** A scalar with its type, an alias by its name, a tag that is not of YAML itself. */
  readonly label: string;
  readonly children: readonly (readonly [key: string, value: Tree])[];
  readonly isMap: boolean;
}

/** Template directives as blanks or letters, character for character. */
const masked = (text: string): string =>
  text
    .replace(/\{\{[^]*?\}\}|\{%[^]*?%\}/g, (part) => part.replace(/[^\r\n]/g, '\u0001'))
    .replace(/^[ \t\u0001]+(?=\r?$)/gm, (line) => (line.includes('\u0001') ? ' '.repeat(line.length) : line))
    .replaceAll('\u0001', 'x');

function treesOf(text: string, isJson: boolean): readonly Tree[] | string {
  const readable = masked(isJson ? text.replaceAll('\t', ' ') : text);
  if (isJson) {
    try {
      JSON.parse(readable.replace(/^\uFEFF/, ''));
    } catch (error) {
      return String(error);
    }
  }
  try {
    const documents = parseAllDocuments(readable, {
      uniqueKeys: false,
      logLevel: 'silent',
      prettyErrors: false,
    }) as Document[];
    const [error] = documents.flatMap(({ errors }) => errors);
    if (error) return error.message;
    return documents.map((document) => {
      // An alias of an anchor that is not there is an error of its own, which only the values tell.
      document.toJS({ maxAliasCount: 10_000 });
      return treeOf(document.contents);
    });
  } catch (error) {
    return String(error);
  }
}

function treeOf(node: Node | null): Tree {
  const [start, end] = node?.range ?? [0, 0];
  const tag = node?.tag !== undefined && !node.tag.startsWith('tag:yaml.org') ? `${node.tag} ` : '';
  if (node === null || isAlias(node))
    return { start, end, label: isAlias(node) ? `*${node.source}` : 'null', children: [], isMap: false };
  if (isMap(node)) {
    const children = node.items.map(({ key, value }): readonly [string, Tree] => [
      isScalar(key) ? String(key.value) : JSON.stringify(key),
      value ? treeOf(value as Node) : treeOf(null),
    ]);
    return { start, end, label: `${tag}{}`, children, isMap: true };
  }
  if (isSeq(node)) {
    const children = node.items.map((item, index) => [String(index), treeOf(item as Node)] as const);
    return { start, end, label: `${tag}[]`, children, isMap: false };
  }
  const value: unknown = isScalar(node) ? node.value : undefined;
  return { start, end, label: `${tag}${typeof value} ${String(value)}`, children: [], isMap: false };
}

const same = (a: Tree, b: Tree): boolean =>
  a.label === b.label &&
  a.children.length === b.children.length &&
  a.children.every(([key, value], i) => key === b.children[i]?.[0] && same(value, b.children[i][1]));

interface Change {
  readonly path: string;
  /** What directly holds that which changed: the mapping around it. */
  readonly holder: Tree;
  /** Inside a value of a tag such as !Sub or !If, or that value itself. */
  readonly tagged?: Tree;
}

/** The smallest changes that lead from one tree to the other. */
function* changes(a: Tree, b: Tree, path: string, holder: Tree, tagged?: Tree): Generator<Change> {
  if (same(a, b)) return;
  const around = a.isMap ? a : holder;
  // The text of a !Sub is a text as any other, as long as it stays one of a !Sub.
  const isText = a.label.startsWith('!Sub string ') && b.label.startsWith('!Sub string ');
  const inTag = isText ? undefined : (tagged ?? (a.label.startsWith('!') ? a : undefined));
  if (a.label !== b.label || a.children.length === 0) {
    yield { path, holder, ...(inTag ? { tagged: inTag } : {}) };
    return;
  }
  const left = [...b.children];
  for (const [key, value] of a.children) {
    const index = a.isMap
      ? left.findIndex(([other]) => other === key)
      : left.findIndex(([, other]) => same(value, other));
    if (index >= 0) {
      const [[, other] = ['', value]] = left.splice(index, 1);
      yield* changes(value, other, `${path}/${key}`, around, inTag);
      continue;
    }
    const other = a.isMap ? undefined : left.find(([at]) => at === key);
    if (other && a.children.length === b.children.length) {
      left.splice(left.indexOf(other), 1);
      const isTemplate = a.label === '!Sub []' && key === '0' && other[1].label.startsWith('string ');
      yield* changes(value, other[1], `${path}/${key}`, around, isTemplate ? undefined : inTag);
    } else yield { path: `${path}/${key}`, holder: around, ...(inTag ? { tagged: inTag } : {}) };
  }
  for (const [key] of left) yield { path: `${path}/+${key}`, holder: around, ...(inTag ? { tagged: inTag } : {}) };
}

/** The smallest mapping that a finding stands in. */
function holderOf(tree: Tree, finding: Finding): Tree {
  for (const [, child] of tree.children) {
    if (child.start > finding.start || child.end < finding.end) continue;
    const inside = holderOf(child, finding);
    return inside.isMap || !tree.isMap ? inside : tree;
  }
  return tree;
}

/** Findings about something that belongs to another place of the same document than they stand at: that place. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  // The name of a Profile is underlined where its plugin is missing.
  'KP-002': /^#\d+\/spec\b|^#\d+\/\+spec$/,
};

/** What fixes of `findings` about `before` did to it. */
export function judgeFix(before: string, after: string, findings: readonly Finding[], isJson: boolean): Verdict {
  const [from, to] = [treesOf(before, isJson), treesOf(after, isJson)];
  if (typeof from === 'string') return 'unknown';
  if (typeof to === 'string') return { harm: 'no longer parses', why: to };
  if (from.length !== to.length) return { harm: 'changed elsewhere', why: 'another number of documents' };
  for (const [index, tree] of from.entries()) {
    const other = to[index];
    if (!other) continue;
    for (const { path, holder, tagged } of changes(tree, other, `#${index}`, tree)) {
      const isMeant = findings.some((one) => {
        const holds = ({ start, end }: Tree): boolean => one.start <= end && one.end >= start;
        if (tagged) return holds(tagged);
        const around = holderOf(tree, one);
        return holds(holder) || (holder.start >= around.start && holder.end <= around.end);
      });
      const isKnown = findings.some(
        ({ id, start }) => ELSEWHERE[id]?.test(path) && start >= tree.start && start <= tree.end,
      );
      if (!isMeant && !isKnown) return { harm: 'changed elsewhere', why: path };
    }
  }
  return {};
}

/**
 * Fixes a text until nothing more is to be done, and judges each round.
 *
 * @param again findings of a text whose preferred fixes are to be applied
 */
export function fixAndJudge(
  text: string,
  again: (text: string) => readonly Finding[],
  isJson: boolean,
): { readonly text: string; readonly verdict: Verdict; readonly fixed: readonly Finding[] } {
  const fixed: Finding[] = [];
  let current = text;
  for (let round = 0; round < 10; round += 1) {
    const done: Finding[] = [];
    const next = applyFixes(current, again(current), undefined, (one) => done.push(one));
    fixed.push(...done);
    if (next === current) return { text: current, verdict: {}, fixed };
    const verdict = judgeFix(current, next, done, isJson);
    current = next;
    if (verdict === 'unknown' || verdict.harm !== undefined) return { text: current, verdict, fixed };
  }
  return { text: current, verdict: {}, fixed };
}

/** The same for each fix of a finding by itself, also those that nothing does unasked. */
export function judgeEach(
  text: string,
  findings: readonly Finding[],
  isJson: boolean,
): { readonly title: string; readonly id: string; readonly verdict: Verdict }[] {
  return findings.flatMap((finding) =>
    finding.fixes
      .filter(({ snippet, edits }) => snippet === undefined && edits.length > 0)
      .map(({ title, edits }) => ({
        title,
        id: finding.id,
        verdict: judgeFix(text, applyEdits(text, edits), [finding], isJson),
      })),
  );
}
