/**
 * Whether fixes harmed a file: does it still parse, and does its tree differ only where a finding was? Judged by the `yaml` library and
 * not by our own reader; HCL by our own, which `npm run hcl` holds to HashiCorp's.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments } from 'yaml';
import type { HclBody } from '../src/core/document/hcl.ts';
import { parseHcl } from '../src/core/document/hcl-parse.ts';
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
export type Judge = (before: string, after: string, findings: readonly Finding[]) => Verdict;

export const judgeOf = (format: 'yaml' | 'json' | 'hcl'): Judge =>
  format === 'hcl' ? judgeHcl : (before, after, findings) => judgeFix(before, after, findings, format === 'json');

function judgeFix(before: string, after: string, findings: readonly Finding[], isJson: boolean): Verdict {
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

interface Argument {
  readonly text: string;
  /** The block that it stands in. */
  readonly start: number;
  readonly end: number;
}

/** All arguments of HCL by their paths. */
function argumentsOf(body: HclBody, text: string, at = '', found = new Map<string, Argument>()) {
  const counts = new Map<string, number>();
  for (const item of body.items) {
    if (item.type === 'bad') continue;
    const labels = item.type === 'block' ? item.labels.map(({ value }) => value).join('.') : '';
    const name = `${at}/${item.name.text}${labels}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (item.type === 'block') argumentsOf(item.body, text, `${name}#${count}`, found);
    else {
      const { start, end } = item.value;
      found.set(`${name}#${count}`, { text: text.slice(start, end), start: body.start, end: body.end });
    }
  }
  return found;
}

/** Characters before a block in which its head stands. */
const HEAD = 200;

function judgeHcl(before: string, after: string, findings: readonly Finding[]): Verdict {
  const [from, to] = [parseHcl(before), parseHcl(after)];
  if (from.problems.length > 0) return 'unknown';
  const [problem] = to.problems;
  if (problem) return { harm: 'no longer parses', why: problem.message };
  const [left, right] = [argumentsOf(from.body, before), argumentsOf(to.body, after)];
  const isMeant = ({ start, end }: Argument): boolean =>
    findings.some((one) => one.start >= start - HEAD && one.end <= end);
  for (const [name, one] of left)
    if (right.get(name)?.text !== one.text && !isMeant(one)) return { harm: 'changed elsewhere', why: name };
  // What is new stands in a block that was meant, or in one that is new there.
  for (const name of right.keys()) {
    if (left.has(name)) continue;
    const around = [...left].filter(([other]) => name.startsWith(other.replace(/\/[^/]*$/, '/')));
    if (!around.some(([, one]) => isMeant(one))) return { harm: 'changed elsewhere', why: `new: ${name}` };
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
  judge: Judge,
): { readonly text: string; readonly verdict: Verdict; readonly fixed: readonly Finding[] } {
  const fixed: Finding[] = [];
  let current = text;
  for (let round = 0; round < 10; round += 1) {
    const done: Finding[] = [];
    const next = applyFixes(current, again(current), undefined, (one) => done.push(one));
    fixed.push(...done);
    if (next === current) return { text: current, verdict: {}, fixed };
    const verdict = judge(current, next, done);
    current = next;
    if (verdict === 'unknown' || verdict.harm !== undefined) return { text: current, verdict, fixed };
  }
  return { text: current, verdict: {}, fixed };
}

/** The same for each fix of a finding by itself, also those that nothing does unasked. */
export function judgeEach(
  text: string,
  findings: readonly Finding[],
  judge: Judge,
): { readonly title: string; readonly id: string; readonly verdict: Verdict }[] {
  return findings.flatMap((finding) =>
    finding.fixes
      .filter(({ snippet, edits }) => snippet === undefined && edits.length > 0)
      .map(({ title, edits }) => ({
        title,
        id: finding.id,
        verdict: judge(text, applyEdits(text, edits), [finding]),
      })),
  );
}
