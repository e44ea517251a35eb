// How a sandbox differs from another by a number: what AWS and Kubernetes may do otherwise at any time without being wrong. The same
// number makes the same world, whatever order the calls come in: each value follows from the number and from what it is for.
import { createHash } from 'node:crypto';
import { Told } from '../scripts/processes.ts';

/** The variable of the environment that holds the number for every sandbox that is started. */
export const SEED_VARIABLE = 'KUBEFLOW_IRSA_SEED';

export interface Variation {
  readonly seed: number;
  /** Milliseconds that the clock of AWS and of the token webhooks is ahead of ours; SDKs correct from five minutes on. */
  readonly clockMs: number;
  /** The share of calls that take longer, 0.1 to 0.6. */
  readonly slowShare: number;
  /** The largest page that AWS and the API server give of a list of this name, 1 to 7 items, whatever the caller allows. */
  readonly pageOf: (call: string) => number;
  /** Milliseconds that the nth call of a name takes longer, 0 to 80. */
  readonly latencyOf: (call: string, nth: number) => number;
}

const LONGEST_MS = 80;
const LARGEST_PAGE = 7;
const CLOCK_MS = 4 * 60_000;

/** From 0 to below 1. */
const share = (...from: readonly (string | number)[]): number =>
  createHash('sha256').update(JSON.stringify(from)).digest().readUInt32BE(0) / 2 ** 32;
const upTo = (most: number, of: number): number => Math.floor(of * (most + 1));

/** What follows from a number. */
export function variationOf(seed: number): Variation {
  const slowShare = 0.1 + share(seed, 'slow share') * 0.5;
  return {
    seed,
    clockMs: upTo(2 * CLOCK_MS, share(seed, 'clock')) - CLOCK_MS,
    slowShare,
    pageOf: (call) => 1 + upTo(LARGEST_PAGE - 1, share(seed, 'page', call)),
    latencyOf: (call, nth) =>
      share(seed, 'slow', call, nth) < slowShare ? upTo(LONGEST_MS, share(seed, 'latency', call, nth)) : 0,
  };
}

/** The variation that a text asks for, undefined where there is none. Throws {@link Told} where it is no whole number from 0 on. */
export function variationFrom(text: string | undefined): Variation | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Told(`A seed is a whole number of at most nine digits, not "${text}".`);
  return variationOf(Number(text));
}

/** What came of a number, for people. */
export const variationText = ({ seed, clockMs, slowShare, pageOf }: Variation): string =>
  [
    `Seed ${seed}: the clock of AWS is ${Math.abs(Math.round(clockMs / 1000))} s ${clockMs < 0 ? 'behind' : 'ahead'}`,
    `${Math.round(slowShare * 100)} % of the calls take up to ${LONGEST_MS} ms longer`,
    `pages of ${PAGES.map((call) => `${pageOf(call)} (${call})`).join(', ')}`,
  ].join('; ');
const PAGES = ['iam:GetAccountAuthorizationDetails', 's3:ListObjectsV2', 'eks:ListClusters', 'list profiles'];
