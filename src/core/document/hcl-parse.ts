import type { HclBlock, HclFile, HclItem, HclText, HclWord } from './hcl.ts';
import { expression, string } from './hcl-expression.ts';
import {
  attempt,
  badFrom,
  byLine,
  fail,
  give,
  is,
  MAX_DEPTH,
  missing,
  type Reading,
  readingOf,
  skip,
  takeCloser,
  takeWord,
  TOO_DEEP,
} from './hcl-reading.ts';
import { END, indentationAt, next, QUOTE, WORD } from './hcl-tokens.ts';

/**
 * Reads HCL as far as it goes: what cannot be read becomes a `bad` node and a problem, and the rest is read. Never throws. What has
 * no problem is what HashiCorp's parser takes (`npm run hcl` compares them).
 *
 * @param text the text of a whole file
 * @param r its reading, for tests that count
 */
export function parseHcl(text: string, r = readingOf(text)): HclFile {
  next(r);
  const items = body(r, true);
  return {
    body: { type: 'body', items, start: 0, end: text.length },
    problems: r.problems.sort((a, b) => a.start - b.start),
  };
}

function body(r: Reading, isTop: boolean): HclItem[] {
  const items: HclItem[] = [];
  const names = new Set<string>();
  while (r.kind !== END && (r.kind !== '}' || isTop)) {
    const { start } = r;
    // The end of the line before an item counts no longer.
    r.isNewLine = false;
    const found = attempt(r, item, '');
    const [one, ...more] = Array.isArray(found) ? found : [found];
    // Nothing of it was read: a bracket that closes nothing.
    if (one && (one.type !== 'bad' || r.start > start)) items.push(one, ...more);
    if (one?.type === 'attribute') {
      const { text, start: from, end } = one.name;
      if (names.has(text)) fail(r, `${text} is set twice.`, from, end);
      names.add(text);
    }
    if (r.kind === END || r.isNewLine) continue;
    if (r.kind === '}' && !isTop) {
      if (one?.type !== 'bad') fail(r, 'A line break is missing here.', r.start, r.end);
      break;
    }
    // What is left of the line: a bracket that closes nothing, or what follows a value.
    const from = r.start;
    if (r.kind === ',') fail(r, 'A comma does not belong here.', from, r.end);
    else fail(r, missing(r, 'A line break'), from, r.end);
    next(r);
    skip(r, '');
    items.push(badFrom(r, from));
  }
  return items;
}

/** An attribute; or a block, followed by those that were read as its own as it is not closed. */
function item(r: Reading): HclItem[] {
  const name = takeWord(r, 'The name of an argument or of a block');
  if (is(r, '=')) {
    next(r);
    const value = attempt(r, expression, '');
    return [{ type: 'attribute', name, value, start: name.start, end: Math.max(value.end, r.before) }];
  }
  const labels: HclText[] = [];
  while (is(r, WORD) || is(r, QUOTE)) labels.push(label(r));
  if (r.kind === '{' && r.isNewLine)
    fail(r, '"{" belongs behind the name of the block, in the same line.', r.start, r.end);
  else if (r.kind !== '{') give(r, missing(r, labels.length > 0 ? '"{"' : '"=" or "{"'));
  return block(r, name, labels);
}

function label(r: Reading): HclText {
  if (r.kind !== QUOTE) {
    const { text: value, start, end } = takeWord(r, '');
    return { type: 'text', value, start, end, at: (index) => Math.min(start + Math.max(index, 0), end) };
  }
  const { start, end, parts } = string(r);
  const [part] = parts;
  if (part?.type === 'text' && parts.length === 1) return { ...part, start, end };
  fail(r, 'A label holds no expressions.', start, end);
  const value = r.text.slice(start + 1, end - 1);
  return { type: 'text', value, start, end, at: (index) => Math.min(start + 1 + Math.max(index, 0), end) };
}

function block(r: Reading, name: HclWord, labels: readonly HclText[]): HclItem[] {
  const { start } = r;
  if (r.depth >= MAX_DEPTH) give(r, TOO_DEEP);
  next(r);
  r.depth += 1;
  const isMany = r.isNewLine || r.kind === '}' || r.kind === END;
  const items = byLine(r, true, () => (isMany ? body(r, false) : singleLine(r)));
  r.depth -= 1;
  let end = r.kind === '}' ? r.end : r.before;
  let others: HclItem[] = [];
  if (r.kind === END) {
    // Not closed: blocks that are not indented more than this one are not in it.
    const indentation = indentationAt(r.text, name.start) ?? 0;
    const index = items.findIndex(
      (one) => one.type === 'block' && (indentationAt(r.text, one.start) ?? Infinity) <= indentation,
    );
    if (index >= 0) {
      others = items.splice(index);
      end = items.at(-1)?.end ?? start + 1;
    }
  }
  takeCloser(r, '}', start);
  const one: HclBlock = {
    type: 'block',
    name,
    labels,
    body: { type: 'body', items, start, end },
    start: name.start,
    end,
  };
  return [one, ...others];
}

/** `{ name = value }`, the only thing that a block in one line may hold; others are read, and are a problem. */
function singleLine(r: Reading): HclItem[] {
  const items = attempt(r, item, '');
  const found = Array.isArray(items) ? items : [items];
  const [one] = found;
  if (one?.type === 'block') fail(r, 'A block in a block begins in a line of its own.', one.start, one.end);
  if (r.kind === '}' && !r.isNewLine) return found;
  if (one?.type !== 'bad') fail(r, 'A block in one line holds one argument, and ends there.', r.start, r.end);
  if (r.kind === ',') next(r);
  return [...found, ...body(r, false)];
}
