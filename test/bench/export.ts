/** Export of 500 profiles, for each target: from what was read to the text of all files, checked. */
import { prepare } from '../../src/export/prepare.ts';
import { TARGETS } from '../../src/export/targets.ts';
import { many } from '../fixtures/exported.ts';
import { measure, median, milliseconds, type Bench } from './measure.ts';

const PROFILES = 500;
const RUNS = 5;
/** Milliseconds, of CPU time too: nothing is waited for. */
const GOAL = 1_000;

export const bench: Bench = async (log) => {
  const all = [many(PROFILES)];
  const rows = [];
  for (const target of TARGETS) {
    log(`export to ${target.id} …`);
    let size = '';
    const times = await measure(RUNS, async () => {
      const prepared = await prepare(target, all);
      if ('refused' in prepared) throw new Error(prepared.refused.join(' '));
      const { files } = prepared.output;
      size = `${files.length} files, ${(files.reduce((sum, { text }) => sum + text.length, 0) / 1_024).toFixed(0)} KiB`;
    });
    rows.push({
      what: `export of ${PROFILES} profiles to ${target.id}`,
      value: `${milliseconds(times)}, ${size}`,
      goal: '≤ 1 s',
      met: median(times) <= GOAL,
    });
  }
  return rows;
};
