/**
 * What a shell script holds of ours: documents between `<<EOF` and `EOF`, and policies in the arguments of `aws iam`. What the shell
 * fills in becomes a hole; nothing else of the script is read.
 */
import { type DocScalar, HOLE } from './node.ts';
import { type Piece, pieces } from './parse.ts';
import { isPlaceholder } from '../policy/placeholder.ts';

/** A policy that is an argument, quoted. */
export interface Argument {
  readonly as: 'trust' | 'permissions';
  readonly node: DocScalar;
}

export interface Script {
  /** As long as the script, with holes where the shell fills something in. */
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly arguments: readonly Argument[];
  /** Flags of `eksctl create iamserviceaccount`, with their values. */
  readonly accounts: readonly ReadonlyMap<string, DocScalar>[];
}

/** Whether a file is a shell script, by its name or its first line. */
export const isShell = (file: string, text: string): boolean =>
  /\.(?:sh|bash|zsh|ksh)$/i.test(file) || /^\uFEFF?#!\S*(?:\/|\/env[ \t]+)(?:ba|z|k|da)?sh\b/.test(text.slice(0, 100));

/** `<<EOF`, `<<-'EOF'`, not `<<<` nor a shift. */
const HEREDOC =
  /(?<!<)<<(?<dash>-?)[ \t]*(?:(?<quote>["'])(?<quoted>[^"'\n]+)\k<quote>|(?<slash>\\?)(?<plain>[A-Za-z_][\w.-]*))/g;

/** Reads a script. Never throws, and looks at each character a few times at most. */
export function readShell(script: string): Script {
  const bodies: { start: number; end: number; command: string; isFilled: boolean }[] = [];
  const endless = new Set<string>();
  const isSubstituted = /\benvsubst\b/.test(script);
  let text = '';
  HEREDOC.lastIndex = 0;
  for (let match = HEREDOC.exec(script); match; match = HEREDOC.exec(script)) {
    const { dash = '', quoted, slash = '', plain = '' } = match.groups ?? {};
    const word = quoted ?? plain;
    const line = script.lastIndexOf('\n', match.index) + 1;
    const start = script.indexOf('\n', match.index) + 1;
    if (start === 0) break;
    if (endless.has(dash + word) || /^\s*#/.test(script.slice(line, match.index))) continue;
    const last = new RegExp(`^${dash === '' ? '' : '\\t*'}${word.replace(/[^\w]/g, '\\$&')}(?=\\r?$)`, 'gm');
    last.lastIndex = start;
    const end = last.exec(script)?.index;
    if (end === undefined) {
      endless.add(dash + word);
      continue;
    }
    const isFilled = (quoted === undefined && slash === '') || isSubstituted;
    bodies.push({ start, end, command: script.slice(line, start), isFilled });
    let body = script.slice(start, end);
    if (dash !== '') body = body.replace(/^\t+/gm, (tabs) => ' '.repeat(tabs.length));
    if (isFilled) body = withHoles(body);
    text += script.slice(text.length, start) + body;
    HEREDOC.lastIndex = end;
  }
  text += script.slice(text.length);
  return {
    text,
    pieces: bodies.flatMap(({ start, end, command, isFilled }) => {
      const body = text.slice(start, end);
      // Only a file that is to be JSON, and that the shell fills nothing into, has to be JSON as it stands.
      const isJson = /\.json\b/.test(command) && !/[$`\uE000]/.test(body) && /^\s*[{[]/.test(body);
      return pieces(body, isJson ? 'json' : undefined).map((one) => ({
        ...one,
        start: start + one.start,
        end: start + one.end,
        ...(isJson ? { language: 'json' } : {}),
        ...(isFilled ? { isFilled } : {}),
      }));
    }),
    arguments: argumentsIn(script, bodies),
    accounts: accountsIn(script, bodies),
  };
}

/** The text with what the shell puts into it as holes, character for character, but for what is known as a placeholder. */
function withHoles(text: string): string {
  let result = '';
  let done = 0;
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at];
    if (c === '\\') at += 1;
    else if (c === '$' || c === '`') {
      const end = expansionEnd(text, at);
      const filled = text.slice(at, end);
      if (!isPlaceholder(filled)) {
        result += text.slice(done, at) + filled.replace(/[^\r\n]/g, HOLE);
        done = end;
      }
      at = Math.max(at, end - 1);
    }
  }
  return result + text.slice(done);
}

/** Where `$NAME`, `${…}`, `$(…)` or a command in backquotes ends; `at` where there is none. */
function expansionEnd(text: string, at: number): number {
  if (text[at] === '`') {
    const end = text.indexOf('`', at + 1);
    return end < 0 ? at : end + 1;
  }
  const open = text[at + 1];
  const close = open === '{' ? '}' : open === '(' ? ')' : undefined;
  if (open === undefined || close === undefined)
    return at + (/^\$(?:\w+|[@*#?$!-])/.exec(text.slice(at, at + 200))?.[0].length ?? 0);
  let depth = 0;
  for (let end = at + 1; end < Math.min(text.length, at + LONGEST); end += 1) {
    if (text[end] === open) depth += 1;
    else if (text[end] === close && (depth -= 1) === 0) return end + 1;
  }
  return at;
}
/** Characters of what is filled in: more is no expansion. */
const LONGEST = 500;
/** Characters of a policy in quotes. */
const LARGEST = 50_000;

const ARGUMENT = /--(?<trust>assume-role-)?policy-document(?:=|(?:[ \t]|\\\r?\n)+)(?=["'])/g;

/** Policies in quotes behind `--policy-document` and `--assume-role-policy-document`. */
function argumentsIn(script: string, bodies: readonly { start: number; end: number }[]): Argument[] {
  const matches = [...script.matchAll(ARGUMENT)].slice(0, MOST);
  return matches.flatMap((match): Argument[] => {
    const start = match.index + match[0].length;
    if (isElsewhere(script, start, bodies)) return [];
    const read = script[start] === "'" ? singleQuoted(script, start) : doubleQuoted(script, start);
    if (!read || !/^\s*\{/.test(read.value)) return [];
    // What is filled in is a hole in the source too: whether it breaks the JSON is not known.
    const { value, places, end, filled } = read;
    let text = '';
    for (const one of filled) text += script.slice(text.length, one.start) + HOLE.repeat(one.end - one.start);
    const source = { text: text + script.slice(text.length), format: 'json' as const };
    const at = (index: number): number => places[Math.min(Math.max(index, 0), places.length - 1)] ?? start;
    const node: DocScalar = { type: 'string', value, start, end, source, at };
    return [{ as: match.groups?.['trust'] === undefined ? 'permissions' : 'trust', node }];
  });
}
/** Commands of a script that are looked at. */
const MOST = 200;

const ACCOUNT = /\beksctl[ \t]+create[ \t]+iamserviceaccount\b(?:[^\n\\;|&]|\\\r?\n|\\.)*/g;
const FLAG = /--(?<flag>[a-z-]+)(?:=|(?:[ \t]|\\\r?\n)+)(?<value>"[^"\n]*"|'[^'\n]*'|[^\s"'\\-][^\s"'\\]*)(?=\s|$)/dg;

/** What `eksctl create iamserviceaccount` is told. */
function accountsIn(
  script: string,
  bodies: readonly { start: number; end: number }[],
): ReadonlyMap<string, DocScalar>[] {
  return [...script.matchAll(ACCOUNT)].slice(0, MOST).flatMap((match) => {
    if (isElsewhere(script, match.index, bodies)) return [];
    const source = { text: script, format: 'yaml' as const };
    const flags = [...match[0].matchAll(FLAG)].flatMap(({ groups, indices }): [string, DocScalar][] => {
      const { flag = '', value = '' } = groups ?? {};
      const quote = /^["']/.test(value) ? 1 : 0;
      const [from = 0, to = 0] = indices?.groups?.['value'] ?? [];
      const [start, end] = [match.index + from + quote, match.index + to - quote];
      const plain = value.slice(quote, value.length - quote);
      const at = (index: number): number => Math.min(start + Math.max(index, 0), end);
      return [[flag, { type: 'string', value: /[$`]/.test(plain) ? HOLE : plain, start, end, source, at }]];
    });
    const name = flags.find(([flag]) => flag === 'name')?.[1];
    if (!name) return [];
    // A switch has no value.
    return [new Map([...flags, ...(/--role-only\b/.test(match[0]) ? [['role-only', name] as const] : [])])];
  });
}

/** Whether a place lies in a comment, or in a document that is read by itself. */
function isElsewhere(script: string, at: number, bodies: readonly { start: number; end: number }[]): boolean {
  const line = script.slice(script.lastIndexOf('\n', at) + 1, at);
  return /^\s*#/.test(line) || bodies.some((one) => at >= one.start && at < one.end);
}

interface Quoted {
  readonly value: string;
  /** Of each character, and of the end. */
  readonly places: readonly number[];
  readonly end: number;
  /** What the shell puts in, in the script. */
  readonly filled: readonly { readonly start: number; readonly end: number }[];
}

/** `'…'`, in which nothing is filled in, unless its quote is left for it: `'…'"$NAME"'…'`. */
function singleQuoted(script: string, start: number): Quoted | undefined {
  let value = '';
  const places: number[] = [];
  const filled: { start: number; end: number }[] = [];
  for (let at = start + 1; ;) {
    const close = script.indexOf("'", at);
    if (close < 0) return undefined;
    for (let index = at; index < close; index += 1) places.push(index);
    value += script.slice(at, close);
    const between = /^(?:"[^"\n]*"|\$\{[^}\n]*\}|\$\w+|\$\([^()\n]*\)|\\')+(?=')/.exec(
      script.slice(close + 1, close + 1 + LONGEST),
    )?.[0];
    if (between === undefined) {
      places.push(close);
      return { value, places, end: close + 1, filled };
    }
    value += HOLE;
    places.push(close);
    at = close + between.length + 2;
    filled.push({ start: close, end: at });
  }
}

/** `"…"`, with `\"` for a quote. */
function doubleQuoted(script: string, start: number): Quoted | undefined {
  let value = '';
  const places: number[] = [];
  const filled: { start: number; end: number }[] = [];
  for (let at = start + 1; at < Math.min(script.length, start + LARGEST);) {
    const c = script.charAt(at);
    if (c === '"') {
      places.push(at);
      return { value, places, end: at + 1, filled };
    }
    const end = c === '$' || c === '`' ? expansionEnd(script, at) : at;
    const escaped = c === '\\' && /["\\$`\n]/.test(script.charAt(at + 1));
    if (!escaped || script[at + 1] !== '\n') {
      places.push(at);
      value += end > at ? HOLE : escaped ? script.charAt(at + 1) : c;
    }
    if (end > at) filled.push({ start: at, end });
    at = end > at ? end : at + (escaped ? 2 : 1);
  }
  return undefined;
}
