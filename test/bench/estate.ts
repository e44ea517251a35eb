/**
 * What the tree does, in a process of its own as it is in the extension host; the sandbox has another. Prints one JSON object.
 * Usage: estate.ts clusters REGION… | estate.ts profiles REGION CLUSTER
 */
import { connectAws } from '../../src/aws/index.ts';
import { judgeProfile, type Judgement } from '../../src/core/checks/profile.ts';
import { valueOf } from '../../src/core/reading.ts';
import { judging } from '../../src/explorer/judging.ts';
import { portions } from '../../src/explorer/portions.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { clusterEstate, limiter, patiently, rolesOf } from '../../src/provisioning/estate.ts';

/** Descriptions at the same time, patience and progress as in explorer/tree.ts. */
const DESCRIBE_AT_ONCE = 10;
const PATIENCE = 100;
const PROGRESS = 1_000;

/** Milliseconds. */
export interface ClustersRun {
  readonly first: number;
  readonly all: number;
  readonly described: number;
}

export interface ProfilesRun {
  readonly profiles: number;
  /** Until the first rows can be shown, some of them judged. */
  readonly rows: number;
  /** Until all are judged with their roles. */
  readonly all: number;
  readonly stall: number;
  /** KB of heap a profile, after all. */
  readonly heap: number;
  readonly states: Readonly<Record<string, number>>;
}

/** Longest time in milliseconds that nothing else had its turn, until it is asked for. */
function watchStall(): () => number {
  let longest = 0;
  let last = performance.now();
  const pulse = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  return () => {
    clearInterval(pulse);
    return longest;
  };
}

async function clusters(regions: readonly string[]): Promise<ClustersRun> {
  const started = performance.now();
  let first = Infinity;
  let described = 0;
  await Promise.all(
    regions.map(async (region) => {
      const aws = connectAws({ region });
      const names = valueOf(await patiently(() => aws.clusterNames())) ?? [];
      if (names.length > 0) first = Math.min(first, performance.now() - started);
      const atOnce = limiter(DESCRIBE_AT_ONCE);
      await Promise.all(
        names.map((name) =>
          atOnce(async () => {
            if ((await patiently(() => aws.cluster(name))).state === 'found') described += 1;
          }),
        ),
      );
    }),
  );
  return { first, all: performance.now() - started, described };
}

async function profiles(region: string, name: string): Promise<ProfilesRun> {
  const aws = connectAws({ region });
  const cluster = valueOf(await aws.cluster(name));
  if (cluster === undefined) throw new Error(`There is no cluster ${name}.`);
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster, aws);
  let settled: ((profiles: ReadonlySet<string>) => void) | undefined;
  const rolesRead = new Promise<ReadonlySet<string>>((resolve) => (settled = resolve));
  const estate = clusterEstate(cluster, aws, kubernetes, rolesOf(aws), (changed) => settled?.(changed));
  const all = judging(
    portions(),
    (profile): Judgement | undefined => {
      const readings = estate.readings(profile);
      return readings && judgeProfile(readings, undefined, Date.now());
    },
    () => undefined,
    PROGRESS,
  );
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const stall = watchStall();
  const started = performance.now();
  const names = valueOf(await estate.load()) ?? [];
  await all.later(names, PATIENCE);
  const rows = performance.now() - started;
  await all.later(await rolesRead, 600_000);
  const done = performance.now() - started;
  const longest = stall();
  globalThis.gc?.();
  const heap = (process.memoryUsage().heapUsed - before) / 1024 / Math.max(names.length, 1);
  const states: Record<string, number> = {};
  for (const profile of names) {
    const state = all.known(profile)?.state ?? 'unknown';
    states[state] = (states[state] ?? 0) + 1;
  }
  estate.close();
  return { profiles: names.length, rows, all: done, stall: longest, heap, states };
}

const [what, ...rest] = process.argv.slice(2);
const result = what === 'clusters' ? await clusters(rest) : await profiles(rest[0] ?? '', rest[1] ?? '');
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
