// Holds our reader of HCL against HashiCorp's own on the files of folders: whether it takes them, and what it reads where.
// Usage: npm run hcl -- FOLDER… [--mutants N] [--seed N]
//   --mutants   so many broken variants of each file too: whether both take them
import { spawn } from 'node:child_process';
import { glob, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startProcesses } from '../sandbox/processes.ts';
import { provideReader } from '../sandbox/tools.ts';
import type { HclExpression, HclItem, HclPart, HclPlace, HclStep } from '../src/core/document/hcl.ts';
import { parseHcl } from '../src/core/document/hcl-parse.ts';
import { main } from './processes.ts';

/** Texts for one run of the other parser, and bytes. */
const [MANY, MUCH] = [500, 20_000_000];

type Node = readonly unknown[];
interface Answer {
  readonly refused?: string;
  readonly items?: Node;
}

/** Our tree in the form that sandbox/go/hcl/tree.go writes. */
function shape(text: string): Node {
  const isAscii = /^[\0-\x7f]*$/.test(text);
  const bytes: number[] = [];
  if (!isAscii) {
    let count = 0;
    for (let i = 0; i <= text.length; i += 1) {
      bytes.push(count);
      const code = text.charCodeAt(i);
      count += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xe000 ? 2 : 3;
    }
  }
  const at = (offset: number): number => (isAscii ? offset : (bytes[offset] ?? -1));
  const node = (kind: string, { start, end }: HclPlace, ...rest: unknown[]): Node => [
    kind,
    at(start),
    at(end),
    ...rest,
  ];
  const items = (list: readonly HclItem[]): Node =>
    list.map((one) => {
      if (one.type === 'attribute') return node('a', one, one.name.text, expression(one.value));
      if (one.type === 'bad') return node('bad', one);
      const labels = one.labels.map((label) => node('label', label, label.value.normalize()));
      return node('b', one, one.name.text, labels, at(one.body.start), items(one.body.items));
    });
  const parts = (list: readonly HclPart[], inDirective: boolean): Node =>
    list
      .filter((one) => !inDirective || one.type !== 'text' || one.value !== '')
      .map((one) => {
        if (one.type === 'text') return node('text', one, one.value.normalize());
        if (one.type === 'interpolation') return expression(one.value);
        if (one.type === 'bad') return node('bad', one);
        if (one.type === 'if')
          return node('if', one, expression(one.condition), parts(one.then, true), parts(one.otherwise, true));
        const names = [one.key?.text ?? '', one.item.text];
        return node('loop', one, ...names, expression(one.collection), parts(one.parts, true));
      });
  const constant = (key: HclExpression): unknown => {
    if (key.type === 'literal') return key.value;
    const [part] = key.type === 'string' && key.parts.length === 1 ? key.parts : [];
    return part?.type === 'text' ? part.value.normalize() : undefined;
  };
  const step = (one: HclStep): Node => {
    if (one.type === 'attribute') return node('attribute', one, one.name.text);
    if (one.type === 'splat') return node(one.isFull ? 'full splat' : 'splat', one);
    const known = constant(one.key);
    return node('index', one, known === undefined ? expression(one.key) : known);
  };
  function expression(one: HclExpression): Node {
    switch (one.type) {
      case 'bad':
        return node('bad', one);
      case 'literal':
        return node('literal', one, one.value);
      case 'string':
        return node('string', one, parts(one.parts, false));
      case 'tuple':
        return node('tuple', one, one.items.map(expression));
      case 'object': {
        const entries = one.entries.map(({ key, value }) => [expression(key), expression(value)]);
        return node('object', one, entries);
      }
      case 'call':
        return node('call', one, one.name.text, at(one.name.end), one.arguments.map(expression), one.isSpread);
      case 'variable':
        return node('variable', one, one.name);
      case 'traversal':
        return node('traversal', one, expression(one.of), one.steps.map(step));
      case 'unary':
        return node('unary', one, one.operator, expression(one.of));
      case 'parentheses':
        return node('parentheses', one, expression(one.of));
      case 'conditional':
        return node('conditional', one, expression(one.condition), expression(one.then), expression(one.otherwise));
      case 'operation': {
        const [first, ...more] = one.operands;
        let left = first ? expression(first) : [];
        for (const [index, right] of more.entries())
          left = node('operation', { start: one.start, end: right.end }, one.operators[index], left, expression(right));
        return left;
      }
      case 'for': {
        const names = [one.key?.text ?? '', one.item.text];
        const newKey = one.newKey ? expression(one.newKey) : null;
        const condition = one.condition ? expression(one.condition) : null;
        const inner = [expression(one.collection), newKey, expression(one.value), one.isGrouped, condition];
        return node('for', one, one.makes, ...names, ...inner);
      }
    }
  }
  return items(parseHcl(text).body.items);
}

/** The first place where two trees differ. A text may begin and end elsewhere where `~` took white space off. */
function difference(ours: unknown, theirs: unknown, bytes: Buffer, trail: string): string | undefined {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const [a, b] = [ours as Node, theirs as Node];
    const isText = a[0] === 'text' && b[0] === 'text';
    // Theirs of no text stands behind the closing quote.
    if (isText && a[3] === '' && b[3] === '') return undefined;
    if (isText && a[3] === b[3] && isTrim(bytes, a[1], b[1]) && isTrim(bytes, a[2], b[2])) return undefined;
    const name = typeof a[0] === 'string' && a.length > 2 ? `${trail} ${a[0]}@${String(a[1])}` : trail;
    for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
      const found = difference(a[i], b[i], bytes, `${name}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (ours === theirs || (ours === undefined && theirs === null)) return undefined;
  return `${trail}: ours ${JSON.stringify(ours)?.slice(0, 200)}, theirs ${JSON.stringify(theirs)?.slice(0, 200)}`;
}
const isTrim = (bytes: Buffer, a: unknown, b: unknown): boolean =>
  /^\s*$/.test(bytes.toString('utf8', Math.min(Number(a), Number(b)), Math.max(Number(a), Number(b))));

/** What HashiCorp's parser reads in these texts. */
async function theirs(program: string, texts: readonly string[]): Promise<Answer[]> {
  const child = spawn(program, ['tree'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(texts));
  const answers: Answer[] = [];
  for await (const line of createInterface({ input: child.stdout })) answers.push(JSON.parse(line) as Answer);
  if (answers.length !== texts.length) throw new Error(`${texts.length} texts were given, ${answers.length} answered.`);
  return answers;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
const BITS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '\n',
  '\r',
  ' ',
  '=',
  ',',
  '.',
  ':',
  '::',
  '...',
  '=>',
  '$',
  '${',
  '%{',
  '~',
  '}~',
  '~}',
];
const MORE = [
  '<<EOT\n',
  '<<-E\n',
  '\nEOT\n',
  '#',
  '//',
  '/*',
  '*/',
  '\\',
  '\\u12',
  'for',
  'in',
  'if',
  '%{ if a }',
  '%{ endif }',
  '*',
  '0',
  '1e',
  '-',
  '!',
  '?',
  'é',
  '\u00a0',
  '$${',
  '&&',
  '|',
  "'",
  '\t',
];
/** The text with something taken out, put in or said twice. */
function mutant(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const length = Math.floor(random() * 1.2 ** Math.floor(random() * 20));
  const pieces = [...BITS, ...MORE];
  const what = Math.floor(random() * 4);
  if (what === 0) return text.slice(0, at) + text.slice(at + 1);
  if (what === 1) return text.slice(0, at) + (pieces[Math.floor(random() * pieces.length)] ?? '') + text.slice(at);
  if (what === 2) return text.slice(0, at) + text.slice(at + length);
  return text.slice(0, at) + text.slice(Math.max(0, at - length));
}

/** The program with HashiCorp's parser. */
async function provide(say: (line: string) => void): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-hcl-'));
  await mkdir(path.join(folder, 'logs'));
  const processes = startProcesses(folder);
  try {
    return await provideReader('hcl', processes, say);
  } finally {
    await processes.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { mutants: { type: 'string', default: '0' }, seed: { type: 'string', default: '1' } },
    allowPositionals: true,
  });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (positionals.length === 0) {
    say('Usage: npm run hcl -- FOLDER… [--mutants N] [--seed N]');
    return 2;
  }
  const program = await provide(say);
  const random = randoms(Number(values.seed));
  const counts = { files: 0, mutants: 0, taken: 0, refused: 0, notUtf8: 0 };
  let bad = 0;
  let batch: { file: string; text: string }[] = [];
  let size = 0;
  const compare = async (): Promise<void> => {
    const answers = await theirs(
      program,
      batch.map(({ text }) => text),
    );
    for (const [index, { file, text }] of batch.entries()) {
      const { refused, items } = answers[index] ?? {};
      const [problem] = parseHcl(text).problems;
      if (refused === undefined) counts.taken += 1;
      else counts.refused += 1;
      let found: string | undefined;
      if ((problem === undefined) !== (refused === undefined))
        found = problem
          ? `refused by us alone: ${problem.message} (${problem.start})`
          : `taken by us alone: ${refused ?? ''}`;
      else if (!problem) found = difference(shape(text), items, Buffer.from(text), '');
      if (found === undefined) continue;
      bad += 1;
      if (bad > 30) continue;
      say(`${file}: ${found}`);
      const offset = Number(/\((\d+)\)$/.exec(found)?.[1] ?? /.*@(\d+)/.exec(found)?.[1] ?? 0);
      say(`    ${JSON.stringify(text.slice(Math.max(0, offset - 100), offset + 60))}`);
    }
    batch = [];
    size = 0;
  };
  const add = async (file: string, text: string): Promise<void> => {
    batch.push({ file, text });
    size += text.length;
    if (batch.length >= MANY || size > MUCH) await compare();
  };
  for (const folder of positionals) {
    for await (const name of glob('**/*.{tf,tofu,hcl,tfvars,t2}', { cwd: folder })) {
      const file = path.join(folder, name);
      if (!(await stat(file)).isFile()) continue;
      const bytes = await readFile(file);
      const text = bytes.toString('utf8');
      if (!Buffer.from(text).equals(bytes)) {
        counts.notUtf8 += 1;
        continue;
      }
      counts.files += 1;
      await add(file, text);
      for (let i = 0; i < Number(values.mutants); i += 1) {
        counts.mutants += 1;
        await add(`${file}, variant ${i}`, mutant(text, random).replace(/\p{Surrogate}/gu, '?'));
      }
    }
  }
  if (batch.length > 0) await compare();
  say(`Files: ${counts.files}, and ${counts.mutants} broken variants; not UTF-8, and left out: ${counts.notUtf8}`);
  say(`HashiCorp's parser takes ${counts.taken} and refuses ${counts.refused}.`);
  say(`Read otherwise by us: ${bad}`);
  return bad > 0 ? 1 : 0;
});
