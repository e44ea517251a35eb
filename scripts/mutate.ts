// Breaks the code in one place at a time and runs the unit tests that come there: what no test notices is printed, and the share of
// it. No file is changed: a text of each file with a switch for each mutant is kept in out/mutate, tests are loaded once, and run
// again with one switch after another. What is decided while a file is loaded is tried in a process of its own. Ends with 1 where
// more than 5 of 100 mutants are not noticed, those with a reason (survivors/) included, and where one of them has no reason.
// Usage: npm run mutate [-- [--every N] [--from K] [--minutes M] [--again] [--list] [FILE|FILE:LINE|FOLDER…]]
//   --every N: one in so many (default: 30; of files that are named: all); each mutant is as likely to be chosen
//   --from K: begins with the Kth mutant instead of the first: another sample
//   --minutes M: ends after so many (default: 9); the next run goes on from there, as what was noticed is kept
//   --again: what an earlier run found is not taken over
//   --list: only tells what earlier runs found
//   --tests NAME: tries no other files of tests than those whose names begin so: what a new one notices
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mutantsOf, switched, textWith } from './mutants.ts';
import type { Line, Work } from './mutate-runner.ts';
import { isEntry, main, root, stopwatch, Told, type Say } from './processes.ts';
import { ALIKE, explainedIn, SURVIVORS } from './survivors/index.ts';

/** The rooms whose files are broken. */
const ROOMS = ['src/core', 'src/provisioning', 'src/estate'];
/** What is kept between two runs: where each test comes, what each mutant came to, and texts with switches. */
const KEPT = path.join(root, 'out', 'mutate');
const SWITCHED = path.join(KEPT, 'switched');
/** A mutant is tried with tests of files that are not about its file for so many milliseconds together. */
const ENOUGH_MS = 10_000;
/** One that is decided at load: with so many files of tests that load it, those that are about it first. */
const ENOUGH_FILES = 12;
/** A process that says nothing for so long does not end. */
const LIMIT_MS = 15_000;
/** Of 100 mutants, how many may be not noticed. */
const MOST = 5;

interface One {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** The same as long as the line with the mutant is. */
  readonly key: string;
  readonly place: string;
  /** Why no test notices it has a row in survivors/. */
  readonly explained: boolean;
}

/** A test: what it takes, and the mutants to which it comes. */
interface Test {
  readonly name: string;
  readonly ms: number;
  readonly ids: readonly number[];
}

/** A file of tests. */
interface TestFile {
  readonly file: string;
  /** Its name and a digest of its text, as what it did not notice is remembered. */
  readonly mark: string;
  /** The project's files that it imports itself: what it is about. */
  readonly imports: ReadonlySet<string>;
  /** Mutants to which it comes while it is loaded. */
  readonly load: ReadonlySet<number>;
  readonly tests: readonly Test[];
}

/** A file of tests as it is kept between two runs: mutants by file, numbered from its first one. */
interface Kept {
  readonly key: string;
  readonly loads: readonly string[];
  readonly load: Record<string, readonly number[]>;
  readonly tests: readonly (Omit<Test, 'ids'> & { readonly by: Record<string, readonly number[]> })[];
}

/** By the key of a mutant: `killed …` or `endless …`, or the marks of the files of tests that did not notice it. */
type State = Record<string, string>;

async function filesOf(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: root })) files.push(file.replaceAll(path.sep, '/'));
  return files.sort();
}

/** Works through a list, two at a time. */
async function two<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = list.values();
  const through = async (): Promise<void> => {
    for (const one of queue) await work(one);
  };
  await Promise.all([through(), through()]);
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
const readOr = (file: string, text: string): Promise<string> => readFile(file, 'utf8').catch(() => text);

/** All mutants, numbered; the files with switches are written. */
async function allMutants(): Promise<One[]> {
  const all: One[] = [];
  const met = new Set<(typeof ALIKE)[number]>();
  const bad: string[] = [];
  const files: string[] = [];
  await rm(SWITCHED, { recursive: true, force: true });
  await mkdir(SWITCHED, { recursive: true });
  for (const file of await filesOf(`{${ROOMS.join()}}/**/*.ts`)) {
    const source = await readFile(path.join(root, file), 'utf8');
    const mutants = mutantsOf(file, source);
    if (mutants.length === 0) continue;
    files.push(file);
    await writeFile(path.join(SWITCHED, `${file.replaceAll('/', '+')}.js`), switched(source, mutants, all.length));
    const made = new Set(mutants.map((mutant) => textWith(source, mutant)));
    const { explained, bad: wrong } = explainedIn(file, source, made);
    bad.push(...wrong);
    const lines = source.split('\n');
    const seen = new Map<string, number>();
    for (const mutant of mutants) {
      const before = source.slice(0, mutant.start).split('\n');
      const [line, column] = [before.length, before.at(-1)?.length ?? 0];
      const text = lines[line - 1] ?? '';
      const changed = source.slice(mutant.start, mutant.end).replaceAll(/\s+/g, ' ').slice(0, 100);
      const context = [file, text.trim(), column - text.length + text.trimStart().length, changed, mutant.text].join(
        '|',
      );
      const alike = ALIKE.find(
        (one) => one.files.includes(file) && one.becomes === mutant.text && one.line.test(text.trim()),
      );
      if (alike !== undefined) met.add(alike);
      const nth = seen.get(context) ?? 0;
      seen.set(context, nth + 1);
      all.push({
        id: all.length,
        file,
        line,
        key: `${context}|${nth}`,
        place: `${file}:${line}:${column + 1}: ${changed} → ${mutant.text}`,
        explained: explained.has(textWith(source, mutant)) || alike !== undefined,
      });
    }
  }
  for (const { line } of ALIKE.filter((one) => !met.has(one))) bad.push(`there is no such line: ${line.source}`);
  for (const file of SURVIVORS.flatMap(({ of }) => Object.keys(of)).filter((one) => !files.includes(one)))
    bad.push(`there is no ${file} with mutants`);
  if (bad.length > 0) throw new Told(`scripts/survivors: take out or write anew:\n  ${bad.join('\n  ')}`);
  return all;
}

/** A process with a file of tests, which does some work and tells of it line by line. */
async function runner(
  file: string,
  work: Work,
  onLine: (line: Line) => void,
  limit: number,
): Promise<'end' | 'stopped'> {
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--max-old-space-size=900',
      path.join(import.meta.dirname, 'mutate-runner.ts'),
      path.join(root, file),
    ],
    {
      cwd: root,
      env: { ...process.env, SWITCHED, NODE_COMPILE_CACHE: path.join(KEPT, 'compiled') },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(work));
  let ended = false;
  // A process that others keep waiting is none that does not end: what counts is the time that it worked, where that can be read.
  const worked = (): number | undefined => {
    try {
      const after = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return 10 * (Number(after[11]) + Number(after[12]));
    } catch {
      return undefined;
    }
  };
  const stop = (times = 1, before = worked()): NodeJS.Timeout =>
    setTimeout(() => {
      const now = worked();
      if (now !== undefined && before !== undefined && now - before < limit / 2 && times < 8)
        timer = stop(times + 1, before);
      else child.kill('SIGKILL');
    }, limit);
  let timer = stop();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const at = text.indexOf('\u0001');
      if (at < 0) continue;
      clearTimeout(timer);
      timer = stop();
      const line = JSON.parse(text.slice(at + 1)) as Line;
      if (line.end === true) ended = true;
      else onLine(line);
    }
  });
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return ended ? 'end' : 'stopped';
}

/** The files of tests and where they come: as kept of an earlier run, where nothing that they load has changed. */
async function allTests(all: readonly One[], say: Say, named: string): Promise<TestFile[]> {
  const base = new Map<string, number>();
  for (const { id, file } of all) if (!base.has(file)) base.set(file, id);
  const inFiles = (ids: readonly number[]): Record<string, number[]> => {
    const by: Record<string, number[]> = {};
    for (const id of ids) {
      const file = all[id]?.file ?? '';
      (by[file] ??= []).push(id - (base.get(file) ?? 0));
    }
    return by;
  };
  const inAll = (by: Record<string, readonly number[]>): number[] =>
    Object.entries(by).flatMap(([file, ids]) => ids.map((id) => id + (base.get(file) ?? 0)));
  const digest = async (files: readonly string[]): Promise<string> =>
    digestOf((await Promise.all(files.map((file) => readOr(path.join(root, file), '')))).join('\0'));
  const found: TestFile[] = [];
  await two(await filesOf(`test/unit/${named}*.test.ts`), async (file) => {
    const text = await readFile(path.join(root, file), 'utf8');
    const keptFile = path.join(KEPT, `cover-${path.basename(file)}.json`);
    let kept = JSON.parse(await readOr(keptFile, '{}')) as Partial<Kept>;
    if (kept.loads === undefined || kept.key !== (await digest(kept.loads))) {
      let cover: Line['cover'];
      await runner(file, { mode: 'cover', count: all.length }, (line) => (cover = line.cover ?? cover), 8 * LIMIT_MS);
      if (cover === undefined) return say(`${file} is left out: it did not run.`);
      for (const bad of cover.bad) say(`  ${file}: left out: ${bad.split('\n')[0] ?? ''}`);
      kept = {
        key: await digest(cover.loads),
        loads: cover.loads,
        load: inFiles(cover.load),
        tests: cover.tests.map(({ ids, ...one }) => ({ ...one, by: inFiles(ids) })),
      };
      await writeFile(keptFile, JSON.stringify(kept));
    }
    found.push({
      file,
      mark: `${path.basename(file, '.test.ts')}@${digestOf(text)};`,
      imports: new Set([...text.matchAll(/'\.\.\/\.\.\/(src\/[^']+\.ts)'/g)].map(([, one = '']) => one)),
      load: new Set(inAll(kept.load ?? {})),
      tests: (kept.tests ?? []).map(({ by, ...one }) => ({ ...one, ids: inAll(by) })),
    });
  });
  const cost = ({ tests }: TestFile): number => tests.reduce((sum, { ms }) => sum + ms, 0);
  return found.sort((a, b) => cost(a) - cost(b));
}

/** Tries mutants with the tests that come to them: those of files that are about their file first. */
async function trySwitched(
  chosen: readonly One[],
  files: readonly TestFile[],
  state: State,
  { save, say, stopAt }: { save: () => Promise<void>; say: Say; stopAt: number },
): Promise<void> {
  const spent = new Map<number, number>();
  const keys = new Map(chosen.map(({ id, key }) => [id, key]));
  for (const about of [true, false])
    await two(files, async ({ file, mark, imports, tests }) => {
      const testsOf = new Map<number, number[]>();
      tests.forEach(({ ids }, test) => {
        for (const id of ids) testsOf.set(id, [...(testsOf.get(id) ?? []), test]);
      });
      const msOf = (test: number): number => tests[test]?.ms ?? 0;
      // The special ones first: those that come to few places.
      const worth = (test: number): number => (msOf(test) + 1) * (tests[test]?.ids.length ?? 1);
      let todo = chosen
        .filter(({ id, key, file: its }) => {
          const before = state[key] ?? '';
          return testsOf.has(id) && imports.has(its) === about && !isNoticed(before) && !before.includes(mark);
        })
        .map(({ id }) => {
          let left = ENOUGH_MS - (about ? 0 : (spent.get(id) ?? 0));
          const list = (testsOf.get(id) ?? []).sort((a, b) => worth(a) - worth(b));
          return { id, tests: list.filter((test) => (left -= msOf(test) + 0.2) > 0 || msOf(test) < 3) };
        })
        .filter((one) => one.tests.length > 0);
      while (todo.length > 0 && performance.now() < stopAt) {
        const was = todo.length;
        let trying: number | undefined;
        let again: number | undefined;
        const done = (id: number, how: string): void => {
          state[keys.get(id) ?? ''] = how;
          todo = todo.filter((one) => one.id !== id);
          trying = undefined;
        };
        const work: Work = { mode: 'run', todo, ms: tests.map(({ ms }) => ms), until: stopAt - performance.now() };
        const how = await runner(
          file,
          work,
          (line) => {
            trying = line.trying ?? trying;
            again = line.again ?? again;
            if (line.killed !== undefined) done(line.killed, `killed ${mark}`);
            if (line.endless !== undefined) done(line.endless, `endless ${mark}`);
            if (line.lived !== undefined) {
              const id = line.lived;
              spent.set(
                id,
                (testsOf.get(id) ?? []).map(msOf).reduce((a, b) => a + b, spent.get(id) ?? 0),
              );
              done(id, `${state[keys.get(id) ?? ''] ?? ''}${mark}`);
            }
          },
          LIMIT_MS,
        );
        if (how === 'end') break;
        // What failed for good after others is tried first in a new process: was it this one?
        if (again !== undefined)
          todo = [...todo.filter(({ id }) => id === again), ...todo.filter(({ id }) => id !== again)];
        else if (trying !== undefined) done(trying, `endless ${mark}`);
        else if (was === todo.length) {
          say(`${file} does not get on.`);
          break;
        }
      }
      await save();
    });
}

/** Tries mutants that files of tests come to while they are loaded: with a process for each, its switch on from the first line. */
async function tryAtLoad(
  chosen: readonly One[],
  files: readonly TestFile[],
  state: State,
  { save, stopAt }: { save: () => Promise<void>; stopAt: number },
): Promise<void> {
  await two(chosen, async ({ id, key, file: its }) => {
    const loading = files.filter(({ load }) => load.has(id));
    const about = loading.filter(({ imports }) => imports.has(its));
    const some = [...about, ...loading.filter((one) => !about.includes(one)).slice(0, ENOUGH_FILES)];
    for (const { file, mark, imports, tests } of some) {
      const before = state[key] ?? '';
      const loadMark = `load:${mark}`;
      if (isNoticed(before) || performance.now() > stopAt) break;
      if (before.includes(loadMark)) continue;
      let outcome: string | undefined;
      const work: Work = {
        mode: 'load',
        id,
        ms: tests.map(({ ms, ids }) => (ids.length === 0 && !imports.has(its) ? -1 : ms)),
      };
      const how = await runner(
        file,
        work,
        (line) => {
          if (line.killed !== undefined) outcome = `killed ${mark}`;
          if (line.endless !== undefined) outcome = `endless ${mark}`;
          if (line.lived !== undefined) outcome = `${before}${loadMark}`;
        },
        4 * LIMIT_MS,
      );
      // A file that cannot be loaded with the mutant says nothing, and ends.
      state[key] = outcome ?? (how === 'end' ? `killed ${mark}` : `endless ${mark}`);
    }
    await save();
  });
}

const isNoticed = (state: string): boolean => /^(killed|endless) /.test(state);

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

if (isEntry(import.meta.url)) {
  await main(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        every: { type: 'string' },
        from: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '9' },
        again: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        tests: { type: 'string', default: '' },
      },
    });
    const say = stopwatch();
    const stopAt = performance.now() + Number(values.minutes) * 60_000;
    const all = await allMutants();
    const named = positionals.map((one) => /^(?<at>.*?)\/?(?::(?<line>\d+))?$/.exec(one)?.groups ?? {});
    const [every, from] = [Number(values.every ?? (named.length === 0 ? 30 : 1)), Number(values.from) - 1];
    const chosen = all
      .filter(
        ({ file, line }) =>
          named.length === 0 ||
          named.some((one) => `${file}/`.startsWith(`${one['at']}/`) && [undefined, `${line}`].includes(one['line'])),
      )
      .filter((_, index) => index >= from && (index - from) % every === 0);
    if (chosen.length === 0) throw new Told(`No mutant of ${ROOMS.join(', ')} is chosen.`);
    say(`${chosen.length} of ${all.length} mutants`);
    const files = await allTests(all, say, values.tests);
    say(`${files.length} files of tests, ${files.reduce((sum, { tests }) => sum + tests.length, 0)} tests`);
    const reached = new Set(files.flatMap(({ tests }) => tests.flatMap(({ ids }) => ids)));
    const loaded = new Set(files.flatMap(({ load }) => [...load]));
    const stateFile = path.join(KEPT, 'state.json');
    const state = JSON.parse(await readOr(stateFile, '{}')) as State;
    const marks = new Set(files.map(({ mark }) => mark));
    for (const { key } of chosen)
      // Of a test that has changed it is not known what it notices.
      if (
        values.again ||
        (values.tests === '' && isNoticed(state[key] ?? '') && !marks.has((state[key] ?? '').split(' ')[1] ?? ''))
      )
        delete state[key];
    // Two lanes keep what they found in one file: one after the other.
    let saved: Promise<void> = Promise.resolve();
    const save = (): Promise<void> => (saved = saved.then(() => writeFile(stateFile, JSON.stringify(state))));
    if (!values.list) {
      const tried = chosen.filter(({ explained }) => !explained);
      await trySwitched(tried, files, state, { save, say, stopAt });
      const left = tried.filter(({ id, key }) => loaded.has(id) && !isNoticed(state[key] ?? ''));
      await tryAtLoad(left, files, state, { save, stopAt });
    }
    const none = {
      noticed: 0,
      'without an end': 0,
      'not noticed': 0,
      'no test comes here': 0,
      explained: 0,
      'not tried': 0,
    };
    const rooms = new Map([...ROOMS, ''].map((room) => [room, { ...none }]));
    for (const { id, file, key, place, explained } of chosen) {
      const its = state[key] ?? '';
      const how: keyof typeof none = explained
        ? 'explained'
        : its.startsWith('killed')
          ? 'noticed'
          : its.startsWith('endless')
            ? 'without an end'
            : !reached.has(id) && !loaded.has(id)
              ? 'no test comes here'
              : its === ''
                ? 'not tried'
                : 'not noticed';
      for (const [room, sum] of rooms) if (file.startsWith(room)) sum[how] += 1;
      if (how !== 'noticed' && how !== 'explained' && how !== 'not tried') say(`  ${how}: ${place}`);
    }
    let [share, unexplained] = [0, 0];
    for (const [room, sum] of rooms) {
      const total = Object.values(sum).reduce((a, b) => a + b, 0);
      unexplained = sum['not noticed'] + sum['no test comes here'];
      const lived = unexplained + sum.explained;
      share = lived / Math.max(1, total - sum['not tried']);
      const parts = Object.entries(sum).flatMap(([how, number]) => (number === 0 ? [] : [`${number} ${how}`]));
      say(
        `${room || 'all'}: ${total} mutants: ${parts.join(', ')}; survive: ${percent(lived, total - sum['not tried'])}`,
      );
    }
    return 100 * share > MOST || unexplained > 0 ? 1 : 0;
  });
}
