import type { HclEntry, HclExpression, HclFor, HclOperator, HclPart, HclStep, HclString, HclWord } from './hcl.ts';
import {
  attempt,
  badFrom,
  byLine,
  fail,
  failHere,
  give,
  is,
  isBlockNext,
  isCloser,
  isWord,
  kindOf,
  MAX_DEPTH,
  missing,
  type Reading,
  readingOf,
  skip,
  take,
  takeCloser,
  takeWord,
  TOO_DEEP,
  UNREADABLE,
} from './hcl-reading.ts';
import { nest, type RawPart, readPiece, takeIndentation, trimEnd, trimStart } from './hcl-template.ts';
import { blockAfter, END, HEREDOC, heredocEnd, linesOfWords, next, NUMBER, QUOTE, tagOf, WORD } from './hcl-tokens.ts';

/** Of an operator: higher ones bind closer. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '>': 4,
  '>=': 4,
  '<': 4,
  '<=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};
const LITERALS = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const VARIABLE = 'The name of a variable';
/** How often what was read as an expression that is not closed is read again as text. */
const MAX_AGAIN = 5;

/** Reads an expression, or throws UNREADABLE. */
export function expression(r: Reading): HclExpression {
  if (r.depth >= MAX_DEPTH) give(r, TOO_DEEP);
  r.depth += 1;
  const condition = operation(r);
  let node = condition;
  if (is(r, '?')) {
    next(r);
    const then = expression(r);
    take(r, ':');
    const otherwise = expression(r);
    node = { type: 'conditional', condition, then, otherwise, start: condition.start, end: otherwise.end };
  }
  r.depth -= 1;
  return node;
}

function operation(r: Reading): HclExpression {
  const first = valueWithSteps(r);
  if (PRECEDENCE[kindOf(r)] === undefined) return first;
  const [operands, operators]: [HclExpression[], HclOperator[]] = [[first], []];
  while (PRECEDENCE[kindOf(r)] !== undefined) {
    operators.push(r.kind as HclOperator);
    next(r);
    operands.push(valueWithSteps(r));
  }
  return row(operands, operators, 1);
}

/** A row of operands, those that bind closer put together: after it was read, so that what is nested takes less of the stack. */
function row(all: readonly HclExpression[], signs: readonly HclOperator[], level: number): HclExpression {
  const [operands, operators]: [HclExpression[], HclOperator[]] = [[], []];
  let from = 0;
  for (let index = 0; index <= signs.length; index += 1) {
    const sign = signs[index];
    if (sign !== undefined && PRECEDENCE[sign] !== level) continue;
    const some = all.slice(from, index + 1);
    operands.push(some.length > 1 ? row(some, signs.slice(from, index), level + 1) : (some[0] as HclExpression));
    if (sign !== undefined) operators.push(sign);
    from = index + 1;
  }
  const [first, last] = [operands[0], operands.at(-1)] as [HclExpression, HclExpression];
  if (operators.length === 0) return first;
  return { type: 'operation', operators, operands, start: first.start, end: last.end };
}

function valueWithSteps(r: Reading): HclExpression {
  const of = value(r);
  const steps: HclStep[] = [];
  /** Behind `.*`, until an index: no other may follow. */
  let isSplat = false;
  for (;;) {
    const { start } = r;
    if (is(r, '.')) {
      next(r);
      if (is(r, NUMBER)) {
        if (r.text.slice(r.start, r.end).includes('.')) give(r, 'An index behind an index is written in brackets.');
        const key = number(r);
        steps.push({ type: 'index', key, start, end: key.end });
      } else if (is(r, '*') && !isSplat) {
        next(r);
        isSplat = true;
        steps.push({ type: 'splat', isFull: false, start, end: r.before });
      } else {
        const name = takeWord(r, 'A name');
        steps.push({ type: 'attribute', name, start, end: name.end });
      }
    } else if (is(r, '[')) {
      next(r);
      isSplat = false;
      if (is(r, '*')) {
        next(r);
        take(r, ']');
        steps.push({ type: 'splat', isFull: true, start, end: r.before });
      } else {
        const key = byLine(r, false, () => expression(r));
        if (r.kind !== ']') give(r, missing(r, '"]"'));
        next(r);
        steps.push({ type: 'index', key, start, end: r.before });
      }
    } else return steps.length > 0 ? { type: 'traversal', of, steps, start: of.start, end: r.before } : of;
  }
}

function value(r: Reading): HclExpression {
  const { start } = r;
  const kind = kindOf(r);
  switch (kind) {
    case QUOTE:
    case HEREDOC:
      return string(r);
    case NUMBER:
      return number(r);
    case WORD: {
      const name = takeWord(r, VARIABLE);
      if (is(r, '(') || is(r, '::')) return call(r, name);
      const known = LITERALS.get(name.text);
      if (known !== undefined) return { type: 'literal', value: known, start, end: name.end };
      return { type: 'variable', name: name.text, start, end: name.end };
    }
    case '(': {
      next(r);
      const of = byLine(r, false, () => {
        const one = attempt(r, expression, ')');
        if (r.kind !== ')' && one.type !== 'bad') {
          failHere(r, missing(r, '")"'));
          skip(r, ')');
        }
        return one;
      });
      takeCloser(r, ')', start);
      return { type: 'parentheses', of, start, end: r.before };
    }
    case '[':
    case '{':
      next(r);
      if (byLine(r, false, () => isWord(r, 'for'))) return forExpression(r, kind, start);
      return kind === '[' ? tuple(r, start) : object(r, start);
    case '!':
    case '-': {
      if (r.depth >= MAX_DEPTH) give(r, TOO_DEEP);
      next(r);
      r.depth += 1;
      const of = valueWithSteps(r);
      r.depth -= 1;
      return { type: 'unary', operator: kind, of, start, end: of.end };
    }
    default:
      return give(r, missing(r, 'A value'));
  }
}

function number(r: Reading): HclExpression {
  const { start, end } = r;
  const written = r.text.slice(start, end);
  if (!/^\d+(\.\d+)?([eE][+-]?\d+)?$/.test(written)) fail(r, `${written} is no number.`, start, end);
  next(r);
  return { type: 'literal', value: Number.parseFloat(written), start, end };
}

/** Items between brackets with commas between them; each is read even where one before it cannot be. */
function list(r: Reading, closer: string, each: () => void): void {
  byLine(r, false, () => {
    while (r.kind !== closer) {
      each();
      if (r.kind !== ',' && r.kind !== closer) {
        // What is not closed ends here.
        if (r.kind === END || isCloser(r) || isBlockNext(r)) return;
        fail(r, missing(r, 'A comma'), r.start, r.end);
        // In a new line a comma was forgotten; else it is something that cannot be read.
        if (r.isNewLine && (r.kind === QUOTE || r.kind === WORD)) continue;
        skip(r, ',', closer);
        if (r.kind !== ',') return;
      }
      if (r.kind === ',') next(r);
    }
  });
}

function call(r: Reading, first: HclWord): HclExpression {
  let { text, end } = first;
  while (is(r, '::')) {
    next(r);
    const more = takeWord(r, 'The name of a function');
    text += `::${more.text}`;
    end = more.end;
  }
  const { start } = r;
  take(r, '(');
  const given: HclExpression[] = [];
  let isSpread = false;
  list(r, ')', () => {
    given.push(attempt(r, expression, ',', ')'));
    if (!is(r, '...')) return;
    isSpread = true;
    next(r);
    if (r.kind !== ')') fail(r, '")" must follow "..." here.', r.start, r.end);
  });
  takeCloser(r, ')', start);
  const name: HclWord = { text, start: first.start, end };
  return { type: 'call', name, arguments: given, isSpread, start: first.start, end: r.before };
}

function tuple(r: Reading, start: number): HclExpression {
  const items: HclExpression[] = [];
  list(r, ']', () => void items.push(attempt(r, expression, ',', ']')));
  takeCloser(r, ']', start);
  return { type: 'tuple', items, start, end: r.before };
}

function object(r: Reading, start: number): HclExpression {
  const entries: HclEntry[] = [];
  byLine(r, true, () => {
    while (r.kind !== '}' && r.kind !== END && r.kind !== ']' && r.kind !== ')' && !isBlockNext(r)) {
      // The end of the line before an entry counts no longer.
      r.isNewLine = false;
      const key = attempt(r, expression, '', ',', '=', ':');
      if (is(r, '=') || is(r, ':')) {
        next(r);
        entries.push({ key, value: attempt(r, expression, '', ',') });
      } else if (key.type !== 'bad') {
        failHere(r, missing(r, '"="'));
        entries.push({ key, value: { type: 'bad', start: r.before, end: r.before } });
      }
      if (!r.isNewLine && r.kind !== ',' && !isCloser(r) && r.kind !== END) {
        failHere(r, missing(r, 'A comma or a line break'));
        skip(r, '', ',');
      }
      if (is(r, ',')) next(r);
    }
  });
  takeCloser(r, '}', start);
  return { type: 'object', entries, start, end: r.before };
}

/** `key, item in collection` of a loop. */
function loopHead(r: Reading): { key?: HclWord; item: HclWord; collection: HclExpression } {
  let key: HclWord | undefined;
  let item = takeWord(r, VARIABLE);
  if (is(r, ',')) {
    next(r);
    [key, item] = [item, takeWord(r, VARIABLE)];
  }
  if (!isWord(r, 'in')) give(r, missing(r, '"in"'));
  next(r);
  return { ...(key ? { key } : {}), item, collection: expression(r) };
}

function forExpression(r: Reading, opener: '[' | '{', start: number): HclExpression {
  const [makes, closer] = opener === '[' ? (['tuple', ']'] as const) : (['object', '}'] as const);
  const read = (): HclFor => {
    next(r);
    const head = loopHead(r);
    take(r, ':');
    let newKey: HclExpression | undefined;
    let result = expression(r);
    if (is(r, '=>')) {
      next(r);
      [newKey, result] = [result, expression(r)];
    }
    if (newKey && makes === 'tuple') fail(r, 'A tuple has no keys.', newKey.start, newKey.end);
    if (!newKey && makes === 'object') fail(r, 'A key and "=>" are missing here.', result.start, result.end);
    const isGrouped = is(r, '...');
    if (isGrouped && makes === 'tuple') fail(r, '"..." gathers the values of an object.', r.start, r.end);
    if (isGrouped) next(r);
    let condition: HclExpression | undefined;
    if (isWord(r, 'if')) {
      next(r);
      condition = expression(r);
    }
    if (r.kind !== closer) give(r, missing(r, `"${closer}"`));
    const [keys, ifs] = [newKey ? { newKey } : {}, condition ? { condition } : {}];
    return { type: 'for', makes, ...head, ...keys, value: result, isGrouped, ...ifs, start, end: r.end };
  };
  const node = byLine(r, false, () => attempt(r, read, closer));
  takeCloser(r, closer, start);
  return node.type === 'bad' ? badFrom(r, start) : node;
}

/** Reads the string or heredoc at the cursor. Never throws: what cannot be read in it is a bad part. */
export function string(r: Reading): HclString {
  const { text, start, end: from } = r;
  const report = (message: string, at: number, end: number): void => fail(r, message, at, end);
  const tag = r.kind === QUOTE ? undefined : tagOf(r);
  const form = tag === undefined ? 'quoted' : text.charAt(start + 2) === '-' ? 'indented' : 'heredoc';
  let limit = text.length;
  if (tag !== undefined) {
    r.lastLines ??= linesOfWords(text);
    if ((r.lastLines.get(tag) ?? -1) < from) {
      report(`The end of this text is missing: ${tag} in a line of its own.`, start, from);
      limit = blockAfter(text, from);
    }
  }
  const raw: RawPart[] = [];
  let [at, end] = [from, limit];
  /** Whether `~}` takes white space off what follows. */
  let isTrimmed = false;
  while (at < limit) {
    const isLineStart = text.charCodeAt(at - 1) === 0x0a;
    const closing = tag !== undefined && isLineStart && limit === text.length ? heredocEnd(text, at, tag) : undefined;
    if (closing !== undefined) {
      end = closing;
      if (end === text.length) report('A line break is missing behind the end of this text.', end - 1, end);
      break;
    }
    const piece = readPiece(text, at, tag === undefined, report);
    if (piece.end > at) {
      at = piece.end;
      if (isTrimmed) trimStart(piece);
      raw.push(piece);
      isTrimmed = false;
      continue;
    }
    const stop = text.charAt(at);
    if (stop !== '$' && stop !== '%') {
      end = stop === '"' ? at + 1 : at;
      if (stop !== '"') report('This text is not closed in its line.', start, at);
      break;
    }
    const last = raw.at(-1);
    if (text.charAt(at + 2) === '~' && last?.type === 'piece') trimEnd(last);
    const here = at;
    const part = byLine(r, false, () => template(r, here, tag === undefined));
    raw.push(part);
    at = part.end;
    isTrimmed = part.type !== 'bad' && text.charAt(at - 2) === '~';
  }
  if (end === limit && at >= limit) report('This text is not closed.', start, from);
  if (form === 'indented') takeIndentation(raw);
  if (raw.length === 0) raw.push({ type: 'piece', value: '', places: [0, at], start: at, end: at });
  const parts: readonly HclPart[] = nest(raw, MAX_DEPTH - r.depth, report);
  r.end = Math.max(end, at);
  next(r);
  // A heredoc that was cut off ends with its last line.
  if (limit < text.length) r.isNewLine = true;
  const name = from - (text.charCodeAt(from - 2) === 0x0d ? 2 : 1);
  const tags = tag === undefined ? {} : { tag: { text: tag, start: name - tag.length, end: name } };
  return { type: 'string', form, ...tags, parts, start, end: r.before };
}

/** The parts of a text that is a template as a whole, such as a string of JSON has it decoded. Never throws. */
export function partsOf(text: string): readonly HclPart[] {
  const r = { ...readingOf(text), isByLine: false };
  const report = (): void => undefined;
  const raw: RawPart[] = [];
  let isTrimmed = false;
  for (let at = 0; at < text.length;) {
    const piece = readPiece(text, at, false, report);
    if (piece.end > at) {
      at = piece.end;
      if (isTrimmed) trimStart(piece);
      isTrimmed = false;
      raw.push(piece);
      continue;
    }
    const last = raw.at(-1);
    if (text.charAt(at + 2) === '~' && last?.type === 'piece') trimEnd(last);
    const part = template(r, at, false);
    raw.push(part);
    at = part.end;
    isTrimmed = part.type !== 'bad' && text.charAt(at - 2) === '~';
  }
  return nest(raw, MAX_DEPTH, report);
}

/** `${ … }` or `%{ … }` at `start`. What cannot be read goes to its `}` in the same line, else to the quote or the line's end. */
function template(r: Reading, start: number, isQuoted: boolean): RawPart {
  const { text, depth } = r;
  r.end = start + (text.charAt(start + 2) === '~' ? 3 : 2);
  try {
    next(r);
    const part = text.charAt(start) === '$' ? { type: 'interpolation' as const, value: expression(r) } : directive(r);
    if (!is(r, '}') && !is(r, '~}')) give(r, missing(r, '"}"'));
    return { ...part, start, end: r.end };
  } catch (error) {
    if (error !== UNREADABLE) throw error;
    r.depth = depth;
    r.isByLine = false;
    let from = Math.max(r.start, start + 2);
    const line = text.indexOf('\n', start);
    if (line >= 0 && line < from && r.again < MAX_AGAIN) {
      r.again += 1;
      from = start + 2;
    }
    const stop = isQuoted ? /[}"\n]/g : /[}\n]/g;
    stop.lastIndex = from;
    const match = stop.exec(text);
    return { type: 'bad', start, end: match ? match.index + (match[0] === '}' ? 1 : 0) : text.length };
  }
}

function directive(r: Reading) {
  const type = 'directive' as const;
  const { text: word, start, end } = takeWord(r, '"if", "for", "else", "endif" or "endfor"');
  if (word === 'if') return { type, word, expression: expression(r) };
  if (word === 'for') {
    const { collection, ...names } = loopHead(r);
    return { type, word, ...names, expression: collection };
  }
  if (word === 'else' || word === 'endif' || word === 'endfor') return { type, word };
  fail(r, `There is no directive ${word}.`, start, end);
  throw UNREADABLE;
}
