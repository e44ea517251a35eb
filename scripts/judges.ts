// npm run judges [-- COUNT [SEED]]: our evaluator of policies against the sandbox's judge on so many generated pairs (default: a
// million, a tenth of them of levels of an organization). Prints how often they agreed, what of the rest is explained, and each pair that is not; then the exit code is 1.
import { CLASSES, compareGuards, compareJudges, type Comparison } from '../test/unit/judges.ts';

/** Pairs between two lines of progress. */
const PORTION = 100_000;

/** One in so many is of levels of an organization and a request. */
const GUARDS = 10;

const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
let [agreed, done] = [0, 0];
const explained = new Map<string, number>();
const unexplained: unknown[] = [];
for (; done < count; done += PORTION) {
  const portion = Math.min(PORTION, count - done);
  const guards = Math.floor(portion / GUARDS);
  const both: readonly Comparison[] = [
    compareJudges(portion - guards, seed + done),
    compareGuards(guards, seed + done),
  ];
  for (const some of both) {
    agreed += some.agreed;
    for (const [id, number] of Object.entries(some.explained)) explained.set(id, (explained.get(id) ?? 0) + number);
    unexplained.push(...some.unexplained);
  }
  console.error(`${Math.min(done + PORTION, count)} of ${count}`);
}
console.log(`${count} pairs, seed ${seed}: ${agreed} agreed, ${count - agreed} did not.`);
const whys = [...CLASSES, { id: 'several', why: 'More than one of these in one policy.' }];
for (const { id, why } of whys) console.log(`${String(explained.get(id) ?? 0).padStart(8)}  ${id}: ${why}`);
for (const pair of unexplained) console.log(JSON.stringify(pair));
console.log(`${unexplained.length} are not explained.`);
process.exitCode = unexplained.length > 0 ? 1 : 0;
