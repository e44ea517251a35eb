// Ground of a sandbox that others have used before, and others will: what the processes of a run share (pool.ts).
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import type { ClusterProcesses } from './cluster.ts';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ClusterName, Ground, Place } from './ground.ts';

/** Where the pool is asked; not set: there is none, and each sandbox has its own ground. */
export const POOL_VARIABLE = 'KUBEFLOW_IRSA_SANDBOX_POOL';
/** A lease lasts as long as the answer to this call. */
export const LEASE_PATH = '/lease';
/** Followed by an id of a lease, a cluster, and what is to be done with its processes. */
export const DO_PATH = '/do';
/** The first line of the answer. */
export interface Lease {
  readonly id: string;
  readonly folder: string;
  readonly frontPort: number;
  readonly place: Place;
}

/** Starts a pool that ends with this process at the latest, and resolves with where it is asked. */
export async function startPool(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const pool = spawn(process.execPath, [path.join(import.meta.dirname, 'pool.ts')], {
    detached: true, // Ctrl-C in a terminal reaches those first that use it.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  pool.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => pool.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: pool.stdout }).once('line', resolve);
    pool.once('exit', () => reject(new Error('The pool of sandboxes could not be started.')));
  });
  return {
    url,
    end: async () => {
      pool.stdin.end();
      await ended;
    },
  };
}

/** Ground that nobody else uses until it ends, as it was when it was new. */
export async function leaseGround(url: string, analytics: boolean): Promise<Ground> {
  const asked = request(`${url}${LEASE_PATH}${analytics ? '?analytics' : ''}`, { method: 'POST', agent: false }).end();
  let broken: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (broken = reject));
  failed.catch(() => undefined);
  asked.on('error', broken).on('close', () => broken(new Error('The pool of sandboxes has ended.')));
  const line = new Promise<string>((resolve) => {
    asked.once('response', (response) => {
      response.on('error', broken);
      createInterface({ input: response }).once('line', resolve).on('error', broken);
    });
  });
  const first = await Promise.race([line, failed]);
  if (!first.startsWith('{')) throw new Error(first);
  const { id, folder, frontPort, place } = JSON.parse(first) as Lease;
  const processesOf = (cluster: ClusterName): ClusterProcesses => {
    const order = (what: keyof ClusterProcesses) => async (): Promise<void> => {
      const answer = await fetch(`${url}${DO_PATH}/${id}/${cluster}/${what}`, { method: 'POST' });
      if (!answer.ok) throw new Error(await answer.text());
    };
    return {
      startControllers: order('startControllers'),
      killControllers: order('killControllers'),
      killApiServer: order('killApiServer'),
      startApiServer: order('startApiServer'),
    };
  };
  const processes = { 'kubeflow-dev': processesOf('kubeflow-dev'), analytics: processesOf('analytics') };
  return {
    folder,
    frontPort,
    stand: async () => ({ place, processes, isNew: false, failed }),
    end: async () => void asked.destroy(),
  };
}
