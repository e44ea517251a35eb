/**
 * Export of 500 profiles, for each target: from what was read to the text of all files, checked. Of targets inside Kubernetes also back: from
 * the text of all files to what they say.
 */
import { objectsOf, saidBy } from '../../src/export/back.ts';
import { prepare } from '../../src/export/prepare.ts';
import { TARGETS } from '../../src/export/targets.ts';
import { many } from '../fixtures/exported.ts';
import { measure, median, milliseconds, type Bench } from './measure.ts';

const PROFILES = 500;
const RUNS = 5;
/** Milliseconds, of CPU time too: nothing is waited for. */
const GOAL = 1_000;
const BACK = 2_000;
const IN_KUBERNETES: readonly string[] = ['ack', 'kustomize', 'kro', 'crossplane'];

export const bench: Bench = async (log) => {
  const all = [many(PROFILES)];
  const rows = [];
  for (const target of TARGETS) {
    log(`export to ${target.id} …`);
    let size = '';
    let texts: readonly string[] = [];
    const times = await measure(RUNS, async () => {
      const prepared = await prepare(target, all);
      if ('refused' in prepared) throw new Error(prepared.refused.join(' '));
      const { files } = prepared.output;
      texts = files.map(({ text }) => text);
      size = `${files.length} files, ${(files.reduce((sum, { text }) => sum + text.length, 0) / 1_024).toFixed(0)} KiB`;
    });
    rows.push({
      what: `export of ${PROFILES} profiles to ${target.id}`,
      value: `${milliseconds(times)}, ${size}`,
      goal: '≤ 1 s',
      met: median(times) <= GOAL,
    });
    const [{ cluster }] = all as [(typeof all)[0]];
    if (!IN_KUBERNETES.includes(target.id)) continue;
    let said = 0;
    const back = await measure(RUNS, async () => {
      said = saidBy(objectsOf(texts), cluster).length;
    });
    rows.push({
      what: `${target.id}: reading the files of ${PROFILES} profiles back`,
      value: `${milliseconds(back)}, ${said} things`,
      goal: '≤ 2 s',
      met: median(back) <= BACK,
    });
  }
  return rows;
};
