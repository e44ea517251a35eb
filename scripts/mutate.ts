// Breaks the code in one place at a time and runs the tests that come to that place: what no test notices is printed, and the
// share of it. No file is changed. Ends with 1 where more than 5 of 100 mutants are not noticed, those that change nothing
// (equivalent.ts) included.
// Usage: npm run mutate [-- [--each N | --every N] [--from K] [FILE|FILE:LINE|FOLDER…]]
//   --each N: at most so many mutants of a file besides its findings (default: 10); of lines that are named, all are run
//   --every N: of all mutants of all files one in so many, findings too: each is as likely to be chosen
//   --from K: begins with the Kth mutant instead of the first (of a file, or of all): another sample
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { EQUIVALENT } from './equivalent.ts';
import { isEntry, main, root, stopwatch, type Say } from './processes.ts';

/** A file as it is read by the tests: the characters `start` to `end` become `text`. */
export interface Mutant {
  readonly url: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A mutant, and the place in its file that a test must come to in order to notice it. */
export interface Placed extends Mutant {
  readonly at: number;
  readonly node: ts.Node;
}

/** The rooms whose files are broken. */
const ROOMS = ['src/core', 'src/provisioning', 'src/estate'];
/** What is kept between two runs: which test comes where, and compiled modules. */
const KEPT = path.join(root, 'out', 'mutate');
/** An id that no file shows: it takes the place of one where a finding cannot be left out. */
const ELSEWHERE = 'KP-035';
/** A test that takes so many times as long as without a mutant, and longer than so many milliseconds, does not end. */
const [TIMES, LIMIT_MS] = [4, 10_000];
/** Of a mutant are run, besides the tests about its file, such as take so many milliseconds together where nothing is broken. */
const ENOUGH_MS = 20_000;
/** Of 100 mutants, how many may be not noticed. */
const MOST = 5;

const OPERATORS: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
};

const QUANTIFIERS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
]);

/** Mutants of one file: those that take away a finding, and others. */
export function mutantsOf(file: string, source: string): { findings: Placed[]; others: Placed[] } {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const url = pathToFileURL(path.join(root, file)).href;
  const [findings, others]: [Placed[], Placed[]] = [[], []];
  // The left side of an operator is always come to, the right one is not.
  const replaced = (node: ts.Node, text: string): Placed => ({
    url,
    start: node.getStart(),
    end: node.end,
    text,
    node,
    at: (ts.isBinaryExpression(node.parent) && node.parent.operatorToken === node ? node.parent : node).getStart(),
  });
  const isId = (node: ts.Node | undefined): node is ts.StringLiteral =>
    node !== undefined && ts.isStringLiteral(node) && /^(KP-\d{3}|[TP]-[A-Z-]+)$/.test(node.text);
  /** Whether an array or a record is a constant of the file: its items are knowledge too. */
  const isTable = ({ parent }: ts.Node): boolean =>
    ts.isVariableDeclaration(parent) && parent.parent.parent.parent === tree;
  const isRecord = (node: ts.Node): boolean =>
    ts.isObjectLiteralExpression(node) &&
    isTable(node) &&
    /\b(Record|Map)\b/.test((node.parent as ts.VariableDeclaration).type?.getText() ?? '');
  /** Whether an expression is decided by something else than an operator that is replaced. */
  const isPlain = (node: ts.Expression): boolean =>
    ts.isCallExpression(node) || ts.isIdentifier(node) || ts.isPropertyAccessExpression(node);
  const isCondition = (node: ts.Node): node is ts.Expression =>
    node !== tree &&
    ((ts.isIfStatement(node.parent) && node.parent.expression === node) ||
      (ts.isConditionalExpression(node.parent) && node.parent.condition === node));
  const visit = (node: ts.Node): void => {
    const { parent } = node;
    if (ts.isCallExpression(node) && node.expression.getText() === 'finding' && isId(node.arguments[0])) {
      const listed = ts.isArrayLiteralExpression(parent) || (ts.isCallExpression(parent) && parent.expression !== node);
      findings.push(listed ? replaced(node, '...[]') : replaced(node.arguments[0], `'${ELSEWHERE}'`));
    } else if (ts.isPropertyAssignment(node) && node.name.getText() === 'id' && isId(node.initializer)) {
      findings.push(replaced(node.initializer, `'${ELSEWHERE}'`));
    } else if (ts.isObjectLiteralExpression(node) && ts.isArrayLiteralExpression(parent) && isTable(parent)) {
      others.push(replaced(node, '...[]'));
    } else if (ts.isPropertyAssignment(node) && isRecord(parent)) {
      others.push(replaced(node, '...{}'));
    } else if (isCondition(node) && isPlain(node)) {
      others.push(replaced(node, `!(${node.getText()})`));
    } else if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(parent) && QUANTIFIERS.has(node.name.text)) {
      others.push(replaced(node.name, QUANTIFIERS.get(node.name.text) ?? ''));
    } else if (ts.isBinaryExpression(node)) {
      const other = OPERATORS[node.operatorToken.kind];
      if (other !== undefined) others.push(replaced(node.operatorToken, other));
    } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      others.push(replaced(node, node.operand.getText()));
    } else if (ts.isReturnStatement(node) && (ts.isIfStatement(parent) || ts.isIfStatement(parent.parent))) {
      others.push(replaced(node, ';'));
    } else if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) {
      if (!/\bfinding\(/.test(node.getText())) others.push(replaced(node, ';'));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { findings, others };
}

/** A file of tests. */
interface TestFile {
  readonly file: string;
  /** The project's files that it loads. */
  readonly loads: readonly string[];
  /** Those of them that it imports itself: what it is about. */
  readonly imports?: readonly string[];
  /** What it takes of a processor, in milliseconds: the same on a busy machine. */
  readonly takes: number;
  /** By file of the rooms, by thread: the functions and blocks it comes to or not. */
  readonly comes: Readonly<Record<string, readonly (readonly Span[])[]>>;
}

/** First character, character behind the last one, how often a test came there. */
type Span = readonly [number, number, number];

/** How a test ends: 'endless' where it does not within its limit, which on a busy machine proves nothing. */
type Outcome = 'passed' | 'failed' | 'endless';

/** Runs a test file up to its first failure. */
async function runTest(
  file: string,
  args: readonly string[],
  { limit, ...env }: { readonly limit: number; readonly MUTANT?: string; readonly NODE_V8_COVERAGE?: string },
): Promise<{ readonly pid: number | undefined; readonly outcome: Outcome }> {
  const child = spawn(process.execPath, ['--no-warnings', '--test-reporter=tap', ...args, path.join(root, file)], {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(KEPT, 'compiled'), ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let [last, outcome]: [string, Outcome | undefined] = ['', undefined];
  const end = (how: Outcome): void => {
    outcome ??= how;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => end('endless'), limit);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    last += text;
    if (/^ *not ok /m.test(last)) end('failed');
    last = last.slice(last.lastIndexOf('\n') + 1);
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearTimeout(timer);
  return { pid: child.pid, outcome: outcome ?? (code === 0 ? 'passed' : 'failed') };
}

/** What Node writes of the places a process comes to. */
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** Loaded into a test that is measured: when it ends, what it took of the processor is written down beside where it came. */
const TAKES = `data:text/javascript,${encodeURIComponent(`
import { writeFileSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.NODE_V8_COVERAGE + '/takes', String((user + system) / 1000));
});`)}`;

/** Runs a test file without a mutant, and notes where it comes. Undefined: it fails, as one may that is about V8's own caches. */
async function measured(file: string): Promise<TestFile | undefined> {
  const folder = await mkdtemp(path.join(KEPT, 'coverage-'));
  try {
    const { pid, outcome } = await runTest(file, ['--import', TAKES], {
      limit: 12 * LIMIT_MS,
      NODE_V8_COVERAGE: folder,
    });
    if (outcome !== 'passed') return undefined;
    const takes = Number(await readFile(path.join(folder, 'takes'), 'utf8'));
    const comes: Record<string, Span[][]> = {};
    const loads = new Set<string>();
    // Processes that the test starts do not see the mutant.
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`coverage-${pid}-`)) continue;
      const { result } = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as Coverage;
      for (const { url, functions } of result) {
        if (!url.startsWith('file:')) continue;
        const its = path.relative(root, fileURLToPath(url)).replaceAll(path.sep, '/');
        if (/^\.\.|node_modules/.test(its)) continue;
        loads.add(its);
        if (!ROOMS.some((room) => its.startsWith(`${room}/`))) continue;
        const ranges = functions.flatMap((one) => one.ranges);
        (comes[its] ??= []).push(ranges.map(({ startOffset, endOffset, count }) => [startOffset, endOffset, count]));
      }
    }
    return { file, takes, loads: [...loads], comes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a test comes to a place of a file: the smallest function or block around it says so. */
function comesTo({ comes }: TestFile, file: string, at: number): boolean {
  return (comes[file] ?? []).some((spans) => {
    const around = spans.filter(([start, end]) => start <= at && at < end).sort((a, b) => a[1] - a[0] - (b[1] - b[0]));
    return (around[0]?.[2] ?? 0) > 0;
  });
}

/** Of all that a test comes to, how much is in a file: 0 to 1. */
function shareOf({ comes }: TestFile, file: string): number {
  const times = (spans: readonly Span[]): number => spans.reduce((sum, [, , count]) => sum + count, 0);
  const of = (threads: readonly (readonly Span[])[] = []): number => threads.map(times).reduce((a, b) => a + b, 0);
  return (
    of(comes[file]) /
    Math.max(
      1,
      Object.values(comes)
        .map(of)
        .reduce((a, b) => a + b, 0),
    )
  );
}

/** Files of the project by a pattern, sorted. */
async function filesOf(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: root })) files.push(file.replaceAll(path.sep, '/'));
  return files.sort();
}

/** Works through a list, two at a time: a test is one process. */
async function two<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = list.values();
  const through = async (): Promise<void> => {
    for (const one of queue) await work(one);
  };
  await Promise.all([through(), through()]);
}

/** One text for what files hold. */
async function digest(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(await readFile(path.join(root, file)).catch(() => ''));
  return hash.digest('hex');
}

/** The unit tests, and where they come: as kept of an earlier run, where nothing that they load has changed. */
async function allTests(say: Say): Promise<TestFile[]> {
  await mkdir(KEPT, { recursive: true });
  const found: TestFile[] = [];
  const add = async (test: TestFile): Promise<void> => {
    const text = await readFile(path.join(root, test.file), 'utf8');
    found.push({ ...test, imports: test.loads.filter((file) => text.includes(`/${file}'`)) });
  };
  await two(await filesOf('test/unit/*.test.ts'), async (file) => {
    const kept = path.join(KEPT, `${path.basename(file, '.test.ts')}.json`);
    const text = await readFile(kept, 'utf8').catch(() => '{}');
    const before = JSON.parse(text) as { readonly key?: string; readonly test?: TestFile };
    if (before.test?.loads !== undefined && before.key === (await digest(before.test.loads))) {
      await add(before.test);
      return;
    }
    const test = await measured(file);
    if (test === undefined) return say(`${file} is left out: it fails without a mutant.`);
    await writeFile(kept, JSON.stringify({ key: await digest(test.loads), test }));
    await add(test);
  });
  return found;
}

/** How a test ends with a mutant. Where it does not, it is given as much more time as it takes now without the mutant, and run again. */
async function outcomeWith(mutant: Mutant, { file, takes }: TestFile): Promise<Outcome> {
  const hook = pathToFileURL(path.join(import.meta.dirname, 'mutate-hook.ts')).href;
  const within = async (limit: number): Promise<Outcome> => {
    const run = await runTest(file, ['--import', hook], { limit: Math.ceil(limit), MUTANT: JSON.stringify(mutant) });
    return run.outcome;
  };
  const first = await within(Math.max(LIMIT_MS, TIMES * takes));
  if (first !== 'endless') return first;
  const started = performance.now();
  await runTest(file, [], { limit: 12 * LIMIT_MS });
  return within(2 * Math.max(LIMIT_MS, TIMES * (performance.now() - started)));
}

/**
 * Whether one of the tests fails with the mutant, or does not end. The one that noticed most of the file in the least time goes
 * first; as long as none did, one that imports the file itself, then one that comes to it more than to others.
 */
async function outcomeOf(
  { at, node: _node, ...mutant }: Placed,
  file: string,
  tests: readonly TestFile[],
  noticed: Map<TestFile, number>,
): Promise<Outcome> {
  const isAbout = new Set(tests.filter((test) => test.imports?.includes(file)));
  // Whichever notices a mutant has seldom come to its end: what a test takes as a whole counts less than what it is about.
  const worth = (test: TestFile): number =>
    ((isAbout.has(test) ? 1 : shareOf(test, file)) + (noticed.get(test) ?? 0)) / Math.sqrt(test.takes);
  let spent = 0;
  for (const test of tests.filter((one) => comesTo(one, file, at)).sort((a, b) => worth(b) - worth(a))) {
    if (spent > ENOUGH_MS && !isAbout.has(test)) continue;
    spent += test.takes;
    const outcome = await outcomeWith(mutant, test);
    if (outcome === 'passed') continue;
    noticed.set(test, (noticed.get(test) ?? 0) + 1);
    return outcome;
  }
  return 'passed';
}

/** The file with a mutant. */
const textWith = (source: string, { start, end, text }: Mutant): string =>
  source.slice(0, start) + text + source.slice(end);

/** The mutants of a file, and the texts of those that change nothing. */
interface Work {
  readonly file: string;
  readonly source: string;
  readonly findings: readonly Placed[];
  readonly others: readonly Placed[];
  readonly equal: ReadonlySet<string>;
}

async function workOf(file: string): Promise<Work> {
  const source = await readFile(path.join(root, file), 'utf8');
  const { findings, others } = mutantsOf(file, source);
  const made = new Set([...findings, ...others].map((mutant) => textWith(source, mutant)));
  const equal = new Set<string>();
  for (const { text, becomes } of EQUIVALENT.filter((one) => one.file === file)) {
    const [before = '', after, ...more] = source.split(text);
    const whole = `${before}${becomes}${after ?? ''}`;
    if (after === undefined || more.length > 0 || !made.has(whole))
      throw new Error(`scripts/equivalent.ts: ${file} has no such mutant, take it out or write it anew: ${text}`);
    equal.add(whole);
  }
  return { file, source, findings, others, equal };
}

/** Up to so many of a list, evenly; the first of them is the one at `from`, as far as that makes a difference. */
function spread<T>(list: readonly T[], most: number, from: number): T[] {
  if (most <= 0) return [];
  const step = Math.max(1, list.length / most);
  const first = from % Math.floor(step);
  return list.filter((_, index) => index >= first && Math.floor((index - first) % step) === 0);
}

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

if (isEntry(import.meta.url)) {
  await main(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        each: { type: 'string', default: '10' },
        every: { type: 'string', default: '0' },
        from: { type: 'string', default: '1' },
      },
    });
    const say = stopwatch();
    const [each, every, from] = [Number(values.each), Number(values.every), Number(values.from) - 1];
    const named = positionals.map((one) => /^(?<path>.*?)(?::(?<line>\d+))?$/.exec(one)?.groups ?? {});
    const files = (await filesOf(`{${ROOMS.join()}}/**/*.ts`)).filter(
      (file) => named.length === 0 || named.some((one) => `${file}/`.startsWith(`${one['path']}/`)),
    );
    if (files.length === 0) throw new Error(`None of these is in ${ROOMS.join(', ')}: ${positionals.join(', ')}`);
    const linesOf = (file: string): ReadonlySet<number> =>
      new Set(named.flatMap((one) => (one['path'] === file && one['line'] !== undefined ? Number(one['line']) : [])));
    const work = await Promise.all(files.map(workOf));
    const inAll = new Set(
      work
        .flatMap(({ findings, others }) => [...findings, ...others])
        .filter((_, index) => index >= from && (index - from) % every === 0),
    );
    const chosen = ({ file, source, findings, others }: Work): Placed[] => {
      const lines = linesOf(file);
      const all = [...findings, ...others];
      if (lines.size > 0) return all.filter(({ start }) => lines.has(source.slice(0, start).split('\n').length));
      return every > 0 ? all.filter((one) => inAll.has(one)) : [...findings, ...spread(others, each, from)];
    };
    const tests = await allTests(say);
    say(`${tests.length} files of tests`);
    const counts = { total: 0, survivors: 0, equivalent: 0, endless: 0 };
    const rooms = new Map([...ROOMS, ''].map((room) => [room, { ...counts }]));
    const summary = ({ total, survivors, equivalent, endless }: typeof counts): string =>
      `${total} mutants, ${survivors} not noticed (${percent(survivors, total)}), ${equivalent} more change nothing (${percent(equivalent, total)}), ${endless} without an end`;
    for (const one of work) {
      const { file, source, equal } = one;
      const mutants = chosen(one);
      if (mutants.length === 0) continue;
      const its = { ...counts, total: mutants.length };
      const noticed = new Map<TestFile, number>();
      await two(mutants, async (mutant) => {
        if (equal.has(textWith(source, mutant))) {
          its.equivalent += 1;
          return;
        }
        const outcome = await outcomeOf(mutant, file, tests, noticed);
        if (outcome === 'failed') return;
        if (outcome === 'endless') its.endless += 1;
        else its.survivors += 1;
        const before = source.slice(0, mutant.start);
        const line = before.split('\n').length;
        const changed = source.slice(mutant.start, mutant.end).replaceAll(/\s+/g, ' ').slice(0, 100);
        const place = `${file}:${line}:${mutant.start - before.lastIndexOf('\n')}`;
        const never = tests.some((test) => comesTo(test, file, mutant.at)) ? '' : ' (no test comes here)';
        const how = outcome === 'endless' ? 'without an end' : 'not noticed';
        say(`  ${how}: ${place}: ${changed} → ${mutant.text}${never}`);
      });
      say(`${file}: ${summary(its)}, of ${one.findings.length + one.others.length}`);
      for (const [room, sum] of rooms)
        if (file.startsWith(room))
          for (const key of ['total', 'survivors', 'equivalent', 'endless'] as const) sum[key] += its[key];
    }
    for (const [room, sum] of rooms) say(`${room || 'all'}: ${summary(sum)}`);
    const { total, survivors, equivalent } = rooms.get('') ?? counts;
    return 100 * (survivors + equivalent) > MOST * total ? 1 : 0;
  });
}
