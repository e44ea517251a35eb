/**
 * What another tool says of the sandbox before and at each scenario, written down for docs/comparison-live.md (scripts/compare-live.ts).
 * Does nothing unless that script names the tool.
 */
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Sandbox } from '../../sandbox/index.ts';

/** Where the tool is, and the file that gets a line of JSON for each time it was asked. */
export const PEER_VARIABLE = 'KUBEFLOW_IRSA_PEER';
export const PEER_LOG_VARIABLE = 'KUBEFLOW_IRSA_PEER_LOG';

/** One time that the tool was asked. */
export interface Asked {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly when: 'before' | 'at';
  /** Whether there was a namespace to put a pod into. */
  readonly hasPod: boolean;
  /** Lines of its answer that are about the pod, sorted. */
  readonly lines: readonly string[];
  /** What it said besides and as an error, if it failed. */
  readonly failed?: string;
}

const execute = promisify(execFile);

/** Asks the tool, with a pod of default-editor in the namespace meanwhile: it tells of pods only. */
export async function askPeer(
  sandbox: Sandbox,
  { id, name }: { readonly id: string; readonly name: string },
  profile: string,
  when: Asked['when'],
): Promise<void> {
  const tool = process.env[PEER_VARIABLE];
  const log = process.env[PEER_LOG_VARIABLE];
  if (tool === undefined || log === undefined) return;
  const { kube } = sandbox.clusters.kubeflowDev;
  const pods = `/api/v1/namespaces/${profile}/pods`;
  const pod = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'asked' } },
    spec: { serviceAccountName: 'default-editor', containers: [{ name: 'main', image: 'busybox' }] },
  };
  const hasPod = await kube.request('POST', pods, pod).then(
    () => true,
    () => false,
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'peer-'));
  const answer = path.join(folder, 'answer.csv');
  try {
    const args = ['eks', 'find-role-relationships', '--skip-eks-hostname-check', '--eks-cluster-name', 'kubeflow-dev'];
    const env = { ...process.env, ...sandbox.env, AWS_REGION: sandbox.region };
    const failed = await execute(tool, [...args, '-f', 'csv', '-o', answer], { env, timeout: 60_000 }).then(
      () => undefined,
      (error: unknown) => String((error as { stderr?: string }).stderr ?? error),
    );
    const text = failed === undefined ? await readFile(answer, 'utf8') : '';
    // It writes its first row behind the head, without a new line.
    const rows = text.replace(/^.*?,reason/, '').split('\n');
    const lines = rows.filter((line) => line.startsWith(`${profile},asked,`));
    const asked: Asked = {
      id,
      name,
      profile,
      when,
      hasPod,
      lines: lines.sort(),
      ...(failed === undefined ? {} : { failed }),
    };
    await appendFile(log, `${JSON.stringify(asked)}\n`);
  } finally {
    await rm(folder, { recursive: true });
    if (hasPod) await kube.request('DELETE', `${pods}/asked?gracePeriodSeconds=0`).catch(() => undefined);
  }
}
