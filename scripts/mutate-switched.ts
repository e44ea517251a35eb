// All mutants of a file at once: each is a switch in its text, off until it is asked for. Tests are loaded once, and run again with
// one switch after another. What is decided while a file is loaded cannot be switched: see `atLoad`.
// Usage: npm run mutate-all -- [--minutes N] [--again] [FILE|FOLDER…]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { EQUIVALENT } from './equivalent.ts';
import { mutantsOf, type Placed } from './mutate.ts';
import { isEntry, main, root, stopwatch } from './processes.ts';

const ROOMS = ['src/core', 'src/provisioning', 'src/estate'];
const KEPT = path.join(root, 'out', 'mutate');
const SWITCHED = path.join(KEPT, 'switched');
/** A mutant is tried with tests of so many milliseconds together. */
const ENOUGH_MS = Number(process.env['ENOUGH'] ?? 2500);

const COMPARE: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: 'eq',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: 'ne',
  [ts.SyntaxKind.LessThanToken]: 'lt',
  [ts.SyntaxKind.LessThanEqualsToken]: 'le',
  [ts.SyntaxKind.GreaterThanToken]: 'gt',
  [ts.SyntaxKind.GreaterThanEqualsToken]: 'ge',
};

/** The text of a file with a switch for each mutant; `first`: the number of the first. */
function switched(source: string, mutants: readonly Placed[], first: number): string {
  const byNode = new Map<ts.Node, { id: number; text: string }[]>();
  mutants.forEach(({ node, text }, index) => {
    const list = byNode.get(node) ?? [];
    list.push({ id: first + index, text });
    byNode.set(node, list);
  });
  const tree = mutants[0]?.node.getSourceFile();
  if (tree === undefined) return source;
  const render = (node: ts.Node): string => {
    let text = '';
    const operator = ts.isBinaryExpression(node) ? byNode.get(node.operatorToken)?.[0] : undefined;
    if (ts.isBinaryExpression(node) && operator !== undefined) {
      const [left, right] = [render(node.left), render(node.right)];
      const kind = node.operatorToken.kind;
      const name = COMPARE[kind];
      if (name !== undefined) text = `$m.${name}(${operator.id}, ${left}, ${right})`;
      else if (kind === ts.SyntaxKind.AmpersandAmpersandToken)
        text = `($m.is(${operator.id}, ${left}) ? ${right} : $m.last)`;
      else text = `($m.is(${operator.id}, ${left}) ? $m.last : ${right})`;
    } else {
      let at = node === tree ? 0 : node.getStart();
      ts.forEachChild(node, (child) => {
        if (child.getStart() < at || child.end === child.pos) return;
        text += source.slice(at, child.getStart()) + render(child);
        at = child.end;
      });
      text += source.slice(at, node === tree ? source.length : node.end);
    }
    for (const { id, text: becomes } of byNode.get(node) ?? []) {
      if (ts.isBinaryExpression(node.parent) && node.parent.operatorToken === node) continue;
      if (becomes === ';') text = `{ if (!$m.on(${id})) ${text} }`;
      else if (becomes === '...[]') text = `...($m.on(${id}) ? [] : [${text}])`;
      else if (becomes === '...{}') text = `...($m.on(${id}) ? {} : {${text}})`;
      else if (becomes.startsWith("'")) text = `($m.on(${id}) ? ${becomes} : ${text})`;
      else if (becomes.startsWith('!(')) text = `$m.not(${id}, ${text})`;
      else if (ts.isIdentifier(node)) text = `[$m.on(${id}) ? '${becomes}' : '${node.text}']`;
      else if (ts.isPrefixUnaryExpression(node)) text = `$m.plain(${id}, ${text.slice(1)})`;
      else throw new Error(`No switch for ${becomes}`);
    }
    return text;
  };
  return render(tree).replaceAll(/(?<!\?)\.\[\$m\.on/g, '[$m.on');
}

interface One {
  readonly id: number;
  readonly file: string;
  readonly key: string;
  readonly place: string;
  readonly equal: boolean;
}

interface Measured {
  readonly name: string;
  readonly ms: number;
  readonly ids: readonly number[];
}
interface Cover {
  readonly load: readonly number[];
  readonly tests: readonly Measured[];
  readonly bad: readonly string[];
}

/** As it is kept between two runs. */
interface Kept {
  readonly key: string;
  readonly loads: readonly string[];
  readonly load: Record<string, readonly number[]>;
  readonly tests: readonly (Omit<Measured, 'ids'> & { readonly by: Record<string, readonly number[]> })[];
  readonly bad: readonly string[];
}

interface Line {
  readonly trying?: number;
  readonly killed?: number;
  readonly lived?: number;
  readonly again?: number;
  readonly endless?: number;
  readonly end?: true;
  readonly error?: string;
}

/** Runs a file of tests with one switch after another. */
async function child(
  file: string,
  work: unknown,
  onLine: (line: Line) => void,
  limit: number,
): Promise<'end' | 'stopped'> {
  const runner = pathToFileURL(path.join(import.meta.dirname, 'mutate-runner.ts')).href;
  const process_ = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--max-old-space-size=900',
      '--import',
      runner,
      path.join(import.meta.dirname, 'mutate-runner-main.ts'),
      path.join(root, file),
    ],
    {
      cwd: root,
      env: { ...process.env, SWITCHED, WORK: '1', NODE_COMPILE_CACHE: path.join(KEPT, 'compiled2') },
      stdio: ['pipe', 'pipe', process.env['DEBUG_CHILD'] ? 'inherit' : 'ignore'],
    },
  );
  process_.stdin.on('error', () => undefined);
  process_.stdin.end(JSON.stringify(work));
  let ended = false;
  let timer = setTimeout(() => process_.kill('SIGKILL'), limit);
  const lines = createInterface({ input: process_.stdout });
  lines.on('line', (text) => {
    const at = text.indexOf('\u0001');
    if (at < 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => process_.kill('SIGKILL'), limit);
    const line = JSON.parse(text.slice(at + 1)) as Line;
    if (line.end === true) ended = true;
    else onLine(line);
  });
  await new Promise((resolve) => process_.on('close', resolve));
  clearTimeout(timer);
  return ended ? 'end' : 'stopped';
}

async function filesOf(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: root })) files.push(file.replaceAll(path.sep, '/'));
  return files.sort();
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        minutes: { type: 'string', default: '9' },
        again: { type: 'boolean', default: false },
        tests: { type: 'string', default: '' },
        list: { type: 'boolean', default: false },
        every: { type: 'string', default: '1' },
        from: { type: 'string', default: '1' },
      },
    });
    const say = stopwatch();
    const stopAt = performance.now() + Number(values.minutes) * 60_000;
    const files = await filesOf(`{${ROOMS.join()}}/**/*.ts`);
    const all: One[] = [];
    await mkdir(SWITCHED, { recursive: true });
    for (const file of files) {
      const source = await readFile(path.join(root, file), 'utf8');
      const { findings, others } = mutantsOf(file, source);
      const mutants = [...findings, ...others];
      if (mutants.length === 0) continue;
      const text = switched(source, mutants, all.length);
      let js = '';
      try {
        js = stripTypeScriptTypes(`import $m from 'mutants:';${text}`);
      } catch (error) {
        await writeFile('/tmp/bad-switched.ts', text);
        throw new Error(`${file}: ${String(error)}`, { cause: error });
      }
      const target = path.join(SWITCHED, `${file.replaceAll('/', '+')}.js`);
      if ((await readFile(target, 'utf8').catch(() => '')) !== js) await writeFile(target, js);
      const equal = new Set(
        EQUIVALENT.filter((one) => one.file === file).map(({ text: from, becomes }) =>
          source.replace(from, () => becomes),
        ),
      );
      const lines = source.split('\n');
      const seen = new Map<string, number>();
      for (const mutant of mutants) {
        const before = source.slice(0, mutant.start);
        const line = before.split('\n').length;
        const changed = source.slice(mutant.start, mutant.end).replaceAll(/\s+/g, ' ').slice(0, 100);
        const context = `${file}|${lines[line - 1]?.trim()}|${mutant.start - before.lastIndexOf('\n') - (lines[line - 1]?.length ?? 0) + (lines[line - 1]?.trimStart().length ?? 0)}|${changed}|${mutant.text}`;
        const nth = seen.get(context) ?? 0;
        seen.set(context, nth + 1);
        all.push({
          id: all.length,
          file,
          key: `${context}|${nth}`,
          place: `${file}:${line}:${mutant.start - before.lastIndexOf('\n')}: ${changed} → ${mutant.text}`,
          equal: equal.has(source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end)),
        });
      }
    }
    say(`${all.length} mutants`);
    const stateFile = path.join(KEPT, process.env['MUTATE_STATE'] ?? 'switched.json');
    const state = (values.again ? {} : JSON.parse(await readFile(stateFile, 'utf8').catch(() => '{}'))) as Record<
      string,
      string
    >;
    const save = (): Promise<void> => writeFile(stateFile, JSON.stringify(state));
    const testFiles = (await filesOf('test/unit/*.test.ts')).filter(
      (file) => values.tests === '' || values.tests.split(',').some((one) => file.includes(one)),
    );
    const covers = new Map<string, Cover>();
    const imports = new Map<string, ReadonlySet<string>>();
    const keys = new Map<string, string>();
    const queueOf = async <T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> => {
      const queue = list.values();
      const through = async (): Promise<void> => {
        for (const one of queue) await work(one);
      };
      await Promise.all([through(), through()]);
    };
    const base = new Map<string, number>();
    for (const { id, file } of all) if (!base.has(file)) base.set(file, id);
    /** Numbers by file, from its first mutant: the same as long as the file is. */
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
    const digest = async (list: readonly string[]): Promise<string> => {
      const hash = createHash('sha256');
      for (const file of list) hash.update(await readFile(path.join(root, file)).catch(() => ''));
      return hash.digest('hex');
    };
    await queueOf(testFiles, async (file) => {
      const text = await readFile(path.join(root, file), 'utf8');
      keys.set(file, createHash('sha256').update(text).digest('hex').slice(0, 8));
      imports.set(file, new Set([...text.matchAll(/'\.\.\/\.\.\/(src\/[^']+\.ts)'/g)].map(([, one = '']) => one)));
      const keptFile = path.join(KEPT, `cover-${path.basename(file)}.json`);
      const kept = JSON.parse(await readFile(keptFile, 'utf8').catch(() => '{}')) as Partial<Kept>;
      if (kept.loads !== undefined && kept.key === (await digest(kept.loads))) {
        const { load = {}, tests: its = [], bad = [] } = kept;
        covers.set(file, {
          load: inAll(load),
          bad,
          tests: its.map(({ by, ...one }) => ({ ...one, ids: inAll(by) })),
        });
        return;
      }
      const out = `${keptFile}.new`;
      await rm(out, { force: true });
      await child(
        file,
        { mode: 'cover', count: all.length, out },
        (line) => {
          if (line.error !== undefined) say(`${file}: ${line.error}`);
        },
        120_000,
      );
      const cover = JSON.parse(await readFile(out, 'utf8').catch(() => '{}')) as Partial<Cover & { loads: string[] }>;
      if (cover.tests === undefined || cover.load === undefined || cover.loads === undefined)
        return say(`${file} is left out: it did not run.`);
      for (const bad of cover.bad ?? []) say(`  ${file}: left out: ${bad.split('\n')[0] ?? ''}`);
      const stored: Kept = {
        key: await digest(cover.loads),
        loads: cover.loads,
        load: inFiles(cover.load),
        tests: cover.tests.map(({ ids, ...one }) => ({ ...one, by: inFiles(ids) })),
        bad: cover.bad ?? [],
      };
      await writeFile(keptFile, JSON.stringify(stored));
      covers.set(file, { load: cover.load, tests: cover.tests, bad: stored.bad });
    });
    const tests = [...covers].map(([file, cover]) => ({
      file,
      ms: cover.tests.reduce((sum, { ms }) => sum + ms, 0),
      count: cover.tests.length,
    }));
    say(
      `${covers.size} files of tests, ${tests.reduce((sum, { count }) => sum + count, 0)} tests, ${Math.round(tests.reduce((sum, { ms }) => sum + ms, 0))} ms`,
    );
    const reached = new Set([...covers.values()].flatMap(({ tests: its }) => its.flatMap(({ ids }) => ids)));
    const loaded = new Set([...covers.values()].flatMap(({ load }) => load));
    const named = positionals.map((one) => one.replace(/\/$/, ''));
    const [every, from] = [Number(values.every), Number(values.from) - 1];
    const chosen = all.filter(
      ({ file, id }) =>
        (named.length === 0 || named.some((one) => `${file}/`.startsWith(`${one}/`))) &&
        id >= from &&
        (id - from) % every === 0,
    );
    const spent = new Map<number, number>();
    const mine = (id: number): string => all[id]?.key ?? '';
    const isDone = ({ id, key, equal }: One): boolean =>
      equal || !reached.has(id) || /^(killed|endless)/.test(state[key] ?? '');
    if (!values.list)
      for (const about of [true, false]) {
        const order = [...covers].sort(
          ([, a], [, b]) => a.tests.reduce((sum, { ms }) => sum + ms, 0) - b.tests.reduce((sum, { ms }) => sum + ms, 0),
        );
        await queueOf(order, async ([file, cover]) => {
          const its = imports.get(file) ?? new Set();
          const testsOf = new Map<number, [test: number, ms: number][]>();
          cover.tests.forEach(({ ids, ms }, test) => {
            for (const id of ids) {
              const list = testsOf.get(id) ?? [];
              list.push([test, ms]);
              testsOf.set(id, list);
            }
          });
          const tried = (id: number): boolean =>
            (state[mine(id)] ?? '').includes(`${file.slice(10, -8)}@${keys.get(file) ?? ''};`);
          let todo = chosen
            .filter((one) => !isDone(one) && !tried(one.id) && testsOf.has(one.id) && its.has(one.file) === about)
            .map(({ id }) => {
              let left = ENOUGH_MS - (about ? 0 : (spent.get(id) ?? 0));
              // The special ones first: those that come to few places.
              const list = (testsOf.get(id) ?? [])
                .sort(
                  ([a, x], [b, y]) =>
                    (x + 1) * (cover.tests[a]?.ids.length ?? 1) - (y + 1) * (cover.tests[b]?.ids.length ?? 1),
                )
                .filter(([, ms]) => (left -= ms + 0.2) > 0 || ms < 3);
              return { id, tests: list.map(([test]) => test) };
            })
            .filter(({ tests: some }) => some.length > 0);
          let first = true;
          while (todo.length > 0 && performance.now() < stopAt) {
            let trying = -1;
            const begun = performance.now();
            const was = todo.length;
            const done = (id: number, how: string): void => {
              state[mine(id)] = how;
              todo = todo.filter((one) => one.id !== id);
              trying = -1;
            };
            let again: number | undefined;
            const how = await child(
              file,
              {
                mode: 'run',
                count: all.length,
                todo,
                tests: cover.tests.map(({ name, ms }) => ({ name, ms })),
                until: stopAt - performance.now(),
              },
              (line) => {
                if (line.trying !== undefined) trying = line.trying;
                if (line.killed !== undefined) done(line.killed, `killed ${file}`);
                if (line.endless !== undefined) done(line.endless, `endless ${file}`);
                if (line.again !== undefined) again = line.again;
                if (line.error !== undefined) say(`${file}: ${line.error}`);
                if (line.lived !== undefined) {
                  const id = line.lived;
                  spent.set(id, (spent.get(id) ?? 0) + (testsOf.get(id) ?? []).reduce((sum, [, ms]) => sum + ms, 0));
                  done(
                    id,
                    `${(state[mine(id)] ?? '').replace(new RegExp(`${file.slice(10, -8)}@\\w+;`), '')}${file.slice(10, -8)}@${keys.get(file) ?? ''};`,
                  );
                }
              },
              15_000,
            );
            if (again !== undefined) {
              const one = todo.find(({ id }) => id === again);
              if (one !== undefined) todo = [one, ...todo.filter((other) => other !== one)];
              trying = -1;
            }
            if (how === 'stopped' && again === undefined && trying >= 0) done(trying, `endless ${file}`);
            else if (how === 'stopped' && again === undefined && was === todo.length) {
              say(`${file} does not get on`);
              break;
            }
            if (how === 'end') break;
            first = false;
            if (performance.now() - begun > 20_000) await save();
          }
          void first;
        });
        await save();
      }
    const counts = { total: 0, killed: 0, endless: 0, equal: 0, lived: 0, never: 0, atLoad: 0, untried: 0 };
    const perRoom = new Map<string, typeof counts>();
    for (const one of chosen) {
      const its = state[one.key];
      const how: keyof typeof counts = one.equal
        ? 'equal'
        : its?.startsWith('killed') === true
          ? 'killed'
          : its?.startsWith('endless') === true
            ? 'endless'
            : !reached.has(one.id)
              ? loaded.has(one.id)
                ? 'atLoad'
                : 'never'
              : its === undefined
                ? 'untried'
                : 'lived';
      for (const room of [one.file.split('/').slice(0, 2).join('/'), 'all']) {
        const sum = perRoom.get(room) ?? { ...counts };
        sum.total += 1;
        sum[how] += 1;
        perRoom.set(room, sum);
      }
      if (how === 'lived' || how === 'never' || how === 'endless')
        say(
          `  ${how}${how === 'lived' && loaded.has(one.id) ? ' (at load too)' : ''}: ${one.place}${how === 'endless' ? ` (${its})` : ''}`,
        );
    }
    for (const [room, sum] of perRoom) say(`${room}: ${JSON.stringify(sum)}`);
    return 0;
  });
}
