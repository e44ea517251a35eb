/** isolation: who may what on the chosen clusters, from policies; with --try also by doing. Changes nothing but probes of its own. */
import { readFile } from 'node:fs/promises';
import { DEFAULT_EXPECTATION, type Expectation } from '../core/isolation/expect.ts';
import { readExpectation } from '../core/isolation/expectFile.ts';
import { reportJson } from '../core/isolation/json.ts';
import { reportOf, type Report } from '../core/isolation/report.ts';
import { reportText } from '../core/isolation/text.ts';
import { attemptsOf } from '../core/isolation/tries.ts';
import { unreadable } from '../core/plan/plan.ts';
import { messageOf } from '../core/text.ts';
import { lookAtIsolation } from '../estate/isolation.ts';
import type { IsolatedCluster } from '../estate/isolation/clusters.ts';
import { patiently } from '../estate/roles.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { attemptLines, proveIsolation, type Attempted } from '../provisioning/proveIsolation.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { reach, say, type Reach, type Way } from './carry.ts';
import { clusterOf } from './onCluster.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { visible, visibleJson } from './visible.ts';

interface IsolationValues extends Reach {
  readonly cluster: readonly string[];
  readonly format: 'text' | 'json';
  readonly expect: string | undefined;
  readonly try: boolean;
}

export async function isolation(values: IsolationValues, context: Context): Promise<number> {
  const expectation = values.expect === undefined ? DEFAULT_EXPECTATION : await expectationOf(values.expect);
  const way = await reach(values, context);
  const { signal } = way.outside;
  const names = values.cluster.length > 0 ? [...new Set(values.cluster)] : await clusterNames(way);
  const clusters: IsolatedCluster[] = [];
  try {
    await unlessCancelled(
      signal,
      Promise.all(names.map(async (name) => void clusters.push(await connected(way, name)))),
    );
    const judged = await unlessCancelled(signal, lookAtIsolation(clusters));
    const report = reportOf(judged, expectation);
    const kubernetesOf = (name: string | undefined) =>
      (clusters.find((one) => one.cluster.name === name) as IsolatedCluster).kubernetes;
    const { attempts, untried } = values.try ? attemptsOf(judged) : { attempts: [], untried: [] };
    const tried = await proveIsolation(
      attempts,
      (cluster) => ({ ...way.outside, kubernetes: kubernetesOf(judged.world.clusters[cluster]?.name) }),
      (says, number, of) => values.format === 'text' && say(`${number} of ${of}  ${visible(says)}`),
    );
    if (signal.aborted) return EXIT.stopped;
    const shown =
      values.format === 'json'
        ? jsonOf(report, values.try ? { tried, untried } : {})
        : textOf(report, attemptLines(tried, untried));
    process.stdout.write(shown);
    if (judged.world.limits.some(({ cluster }) => cluster !== undefined)) return EXIT.couldNotRun;
    return report.differences.length > 0 || tried.some(({ outcome }) => outcome === 'failed')
      ? EXIT.notAsWanted
      : EXIT.done;
  } finally {
    for (const { kubernetes } of clusters) kubernetes.close();
  }
}

const jsonOf = (
  report: Report,
  more: { readonly tried?: readonly Attempted[]; readonly untried?: readonly object[] },
): string => `${visibleJson(JSON.stringify({ command: 'isolation', ...reportJson(report), ...more }, undefined, 2))}\n`;

const textOf = (report: Report, tried: readonly string[]): string =>
  reportText(report, tried)
    .split('\n')
    .map((line) => visible(line))
    .join('\n');

/** Throws {@link UsageError} where the file cannot be read or understood. */
async function expectationOf(file: string): Promise<Expectation> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`--expect ${JSON.stringify(file)}: ${messageOf(error)}`);
  });
  const read = readExpectation(text);
  if ('problem' in read) throw new UsageError(`--expect ${JSON.stringify(file)}: ${read.problem}`);
  return read.expectation;
}

async function clusterNames({ region, outside }: Way): Promise<readonly string[]> {
  const names = await unlessCancelled(
    outside.signal,
    patiently(() => outside.aws.clusterNames()),
  );
  if (names.state !== 'found') throw new OutsideError(unreadable(names, `The clusters in ${region}`), names.state);
  if (names.value.length === 0) throw new UsageError(`There is no EKS cluster in ${region}: name another --region.`);
  return names.value;
}

async function connected(way: Way, name: string): Promise<IsolatedCluster> {
  const { aws } = way.outside;
  const cluster = await clusterOf(way, name);
  return { cluster, aws, kubernetes: await way.connect(cluster, aws) };
}
