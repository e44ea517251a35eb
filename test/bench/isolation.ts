/** The isolation matrix from the texts of policies, and single trust decisions. Time of the processor, since other work runs beside it. */
import { judgeIsolation } from '../../src/core/isolation/judge.ts';
import { reportOf } from '../../src/core/isolation/report.ts';
import { admits, whoGetsIn } from '../../src/core/policy/access.ts';
import { subject } from '../../src/core/policy/build.ts';
import { mayAssume } from '../../src/core/policy/evaluate.ts';
import { allow, deny, policy, providerOf, teams } from '../unit/isolation-kit.ts';
import { median, type Bench, type Row } from './measure.ts';

const PROFILES = 1_000;
const RUNS = 7;
/** Milliseconds. */
const GOAL = 1_000;
const DECISIONS = 500_000;

/** Milliseconds of the processor, garbage collection in other threads included. */
function processor(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const names = Array.from({ length: PROFILES }, (_, at) => `team-${at}`);
const wide = (at: number) => ({
  policies: [{ name: 'wide', text: policy(allow('s3:*', '*'), deny('s3:Put*', `arn:aws:s3:::other-${at}/*`)) }],
});

export const bench: Bench = async (log) => {
  const rows: Row[] = [];
  for (const [what, share] of [
    ['each its own', 0],
    ['one in a hundred about everything', 0.01],
  ] as const) {
    const world = teams(
      names,
      Object.fromEntries(names.slice(0, PROFILES * share).map((name, at) => [name, wide(at)])),
    );
    let differences = 0;
    const times = Array.from({ length: RUNS }, () =>
      processor(() => {
        differences = reportOf(judgeIsolation(world)).differences.length;
      }),
    );
    log(`${what}: ${times.map((time) => time.toFixed(0)).join(' ')} ms, ${differences} differences`);
    rows.push({
      what: `isolation: ${PROFILES} × ${PROFILES} from policies, ${what}`,
      value: `${median(times).toFixed(0)} ms of the processor (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}, ${RUNS} runs, the first without warming up)`,
      goal: `<= ${GOAL} ms`,
      met: median(times) <= GOAL,
    });
  }
  const trusts = teams(names.slice(0, 500)).roles.map(({ trust }) => JSON.parse(trust) as unknown);
  const tokens = names.map((name) => ({ provider: providerOf('dev'), sub: subject(name), aud: 'sts.amazonaws.com' }));
  const decide = (answer: (trust: number, token: (typeof tokens)[number]) => unknown): number => {
    const times = Array.from({ length: RUNS }, () =>
      processor(() => {
        for (const trust of trusts.keys()) for (const token of tokens) answer(trust, token);
      }),
    );
    return ((trusts.length * tokens.length) / median(times)) * 1_000;
  };
  const single = decide((trust, token) => mayAssume(trusts[trust], token));
  const sets = trusts.map(whoGetsIn);
  const bySets = decide((trust, token) => admits(sets[trust] as (typeof sets)[number], token));
  const decisions = (count: number): string =>
    `${Math.round(count / 1_000).toLocaleString('en')},000 a second of the processor`;
  rows.push(
    {
      what: 'isolation: trust decisions, each policy read as a set once',
      value: decisions(bySets),
      goal: `>= ${DECISIONS.toLocaleString('en')} a second`,
      met: bySets >= DECISIONS,
    },
    {
      what: 'isolation: trust decisions, each from the policy alone',
      value: decisions(single),
      goal: `>= ${DECISIONS.toLocaleString('en')} a second`,
      met: single >= DECISIONS,
    },
  );
  return rows;
};
