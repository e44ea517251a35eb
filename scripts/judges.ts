// npm run judges [-- COUNT [SEED]]: our evaluator of policies against the sandbox's judge on so many generated pairs (default: a
// million). Prints how often they agreed, what of the rest is explained, and each pair that is not; then the exit code is 1.
import { CLASSES, compareJudges } from '../test/unit/judges.ts';

/** Pairs between two lines of progress. */
const PORTION = 100_000;

const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
let [agreed, done] = [0, 0];
const explained = new Map<string, number>();
const unexplained: unknown[] = [];
for (; done < count; done += PORTION) {
  const some = compareJudges(Math.min(PORTION, count - done), seed + done);
  agreed += some.agreed;
  for (const [id, number] of Object.entries(some.explained)) explained.set(id, (explained.get(id) ?? 0) + number);
  unexplained.push(...some.unexplained);
  console.error(`${Math.min(done + PORTION, count)} of ${count}`);
}
console.log(`${count} pairs, seed ${seed}: ${agreed} agreed, ${count - agreed} did not.`);
const whys = [...CLASSES, { id: 'several', why: 'More than one of these in one policy.' }];
for (const { id, why } of whys) console.log(`${String(explained.get(id) ?? 0).padStart(8)}  ${id}: ${why}`);
for (const pair of unexplained) console.log(JSON.stringify(pair));
console.log(`${unexplained.length} are not explained.`);
process.exitCode = unexplained.length > 0 ? 1 : 0;
