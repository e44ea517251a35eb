/** What lint finds in a tree of files, and mends there: round by round, each round only what was changed and what that says something of. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Severity } from '../core/finding.ts';
import type { Around } from '../core/around.ts';
import { profileWords, type LintOptions } from '../core/lint.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { absolute, filledFrom } from '../core/policy/filling.ts';
import { messageOf, normalPath } from '../core/text.ts';
import { patchesBelow, type Listed, type Unread } from './files.ts';
import { byFolder, judgeTogether, look, readThem, type Judging, type Outcome, type Says, type Told } from './judge.ts';
import { workforce } from './threads.ts';

/** Rounds after which nothing more is mended: no text needs so many. */
const ROUNDS = 10;

export interface Lint {
  readonly paths: readonly string[];
  readonly listed: readonly Listed[];
  readonly options: LintOptions;
  /** What is at least so severe is mended; undefined: nothing is. */
  readonly fix: Severity | undefined;
}

export interface Linted {
  /** In the order of the files. */
  readonly told: readonly Told[];
  readonly mended: readonly FailureModeId[];
  /** What has a fix that was not taken, because it is not as severe. */
  readonly milder: readonly FailureModeId[];
}

/** What all files say of others, put together. */
interface Together {
  readonly around: Around;
  readonly words: ReadonlySet<string>;
}

/**
 * Lints files. Of a large tree little is held at a time: texts are read, judged and let go of folder by folder.
 *
 * @param failures what could not be read, or written, is added
 */
export async function lintTree({ paths, listed, options, fix }: Lint, failures: Unread[]): Promise<Linted> {
  const force = workforce(listed.length);
  try {
    const looked = await force.look(listed, options);
    failures.push(...looked.flatMap((one) => one.failures));
    const ours = looked.flatMap((one) => one.ours);
    const says = new Map(looked.flatMap((one) => one.says));
    const isOurs = new Set(ours.map((file) => path.resolve(file)));
    const patches = patchesBelow(patchesIn(says), listed, isOurs, paths);
    const files = [...ours, ...patches];
    const folders = byFolder(files);
    const folderIndex = new Map(folders.flatMap((its, index) => its.map((file) => [file, index] as const)));

    const outcomes = new Map<number, Outcome>();
    let together: Outcome | undefined;
    const tied = new Set<number>();
    const mended: FailureModeId[] = [];
    const locked = new Set<string>();
    let now = putTogether(says, files);
    let dirty = folders.map((_, index) => index);
    let passed: readonly number[] = [];
    let before: ReadonlySet<string> | undefined;
    for (let round = 0; ; round += 1) {
      const judging: Judging = { options, ...now, ...(fix !== undefined && round < ROUNDS ? { fix } : {}) };
      const fresh: Outcome[] = [];
      let isTiedNew = dirty.some((index) => tied.has(index));
      const take = async (indices: readonly number[], since?: ReadonlySet<string>): Promise<void> => {
        const its = indices.map((index) => folders[index] ?? []);
        for (const one of its.length === 0 ? [] : await force.judge(its, judging, since)) {
          failures.push(...one.failures);
          for (const [at, outcome] of one.outcomes) {
            const index = indices[at] ?? -1;
            if (tied.delete(index)) isTiedNew = true;
            outcomes.set(index, outcome);
            fresh.push(outcome);
          }
          for (const at of one.tied) {
            const index = indices[at] ?? -1;
            tied.add(index);
            outcomes.delete(index);
            isTiedNew = true;
          }
        }
      };
      await take(dirty);
      if (before !== undefined) await take(passed, before);
      if (isTiedNew) {
        const its = [...tied].sort((a, b) => a - b).flatMap((index) => folders[index] ?? []);
        together = await judgeTogether(readThem(its, failures), judging);
        fresh.push(together);
      }
      const changed: string[] = [];
      for (const { file, text, mended: ids } of fresh.flatMap((one) => one.changed)) {
        if (locked.has(file)) continue;
        try {
          await writeFile(file, text);
          changed.push(file);
          mended.push(...ids);
        } catch (error) {
          locked.add(file);
          failures.push({ path: file, reason: messageOf(error), unwritten: true });
        }
      }
      if (changed.length === 0) break;

      const again = look(
        changed.map((file) => ({ file, named: false })),
        options,
      );
      const saysNow = new Map(again.says);
      const isOther = changed.some(
        (file) => JSON.stringify(flat(says.get(file))) !== JSON.stringify(flat(saysNow.get(file))),
      );
      const next = new Set(changed.flatMap((file) => folderIndex.get(file) ?? []));
      before = undefined;
      if (isOther) {
        for (const file of changed) {
          const its = saysNow.get(file);
          if (its === undefined) says.delete(file);
          else says.set(file, its);
        }
        const then = putTogether(says, files);
        if (keyOf(then.around) !== keyOf(now.around)) for (const index of folders.keys()) next.add(index);
        else if ([...then.words].sort().join('\n') !== [...now.words].sort().join('\n')) before = now.words;
        now = then;
      }
      const reached = changed.flatMap((file) => filledFrom(absolute(file, options.beside?.root)) ?? []);
      for (const [index, its] of reached.length === 0 ? [] : folders.entries()) {
        const folder = `${path.dirname(absolute(its[0] ?? '', options.beside?.root))}/`;
        if (reached.some((top) => folder.startsWith(`${top}/`))) next.add(index);
      }
      dirty = [...next].sort((a, b) => a - b);
      passed = before === undefined ? [] : [...folders.keys()].filter((index) => !next.has(index));
    }

    const order = new Map(files.map((file, index) => [slashed(file), index]));
    const at = ({ report }: Told): number => order.get(report.file) ?? 0;
    const all = [...outcomes.values(), ...(together ? [together] : [])];
    return {
      told: all.flatMap((one) => one.told).sort((a, b) => at(a) - at(b)),
      mended,
      milder: all.flatMap((one) => one.milder),
    };
  } finally {
    force.end();
  }
}

export const slashed = (file: string): string => path.relative('.', file).split(path.sep).join('/');

function patchesIn(says: ReadonlyMap<string, Says>): ReadonlySet<string> {
  return new Set([...says.values()].flatMap((one) => [...one.patches.keys()]));
}

function putTogether(says: ReadonlyMap<string, Says>, files: readonly string[]): Together {
  const all = [...says.values()];
  const around: Around = {
    patches: new Map(all.flatMap((one) => [...one.patches])),
    served: [...new Map(all.flatMap((one) => one.served).map((one) => [JSON.stringify(one), one])).values()],
    eks: [...new Set(all.flatMap((one) => one.eks))],
  };
  // What a patch makes a Profile of is known only now.
  const patched = around.patches.size === 0 ? [] : files.filter((file) => around.patches.has(normalPath(file)));
  const words = [...all.flatMap((one) => one.words), ...profileWords(readThem(patched, []), around)];
  return { around, words: new Set(words) };
}

const flat = (says: Says | undefined): unknown => says && [[...says.patches], says.served, says.eks, says.words];
const keyOf = ({ patches, served, eks }: Around): string =>
  JSON.stringify([
    [...patches].map((one) => JSON.stringify(one)).sort(),
    served.map((one) => JSON.stringify(one)).sort(),
    [...eks].sort(),
  ]);
