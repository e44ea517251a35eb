/** What is expected of the matrix: each profile only its own, and what a file says besides. */
import { patternMatches } from '../arn/pattern.ts';
import type { Deed } from './reach.ts';

/** Who may what where. `*` and `?` in names are wildcards. */
export interface Entry {
  /** A profile; a service account as `namespace/name`; or the ARN of somebody else. */
  readonly who: string;
  /** Only in this cluster. */
  readonly cluster?: string;
  readonly may: readonly Deed[];
  /** A profile, `s3://bucket/prefix`, the ARN of a key, or the name of a role where `who` is somebody else. */
  readonly what: string;
}

export interface Expectation {
  /** Whether a profile with a role of its own must be able to use its own place. */
  readonly own: 'required' | 'allowed';
  /** What cannot be judged. */
  readonly unjudged: 'differs' | 'allowed';
  /** Somebody who is in none of the chosen clusters, nor of the account, and gets into a role. */
  readonly others: 'differs' | 'allowed';
  /** What may be so. */
  readonly allow: readonly Entry[];
  /** What must be so. */
  readonly require: readonly Entry[];
}

/** Each profile only its own. */
export const DEFAULT_EXPECTATION: Expectation = {
  own: 'required',
  unjudged: 'differs',
  others: 'differs',
  allow: [],
  require: [],
};

/** Whether one of the names fits what an entry says. */
export const fitsName = (said: string, names: readonly string[]): boolean =>
  names.some((name) => patternMatches(said, name, false));

/** What must be so may be so. */
export const mayBeSo = ({ allow, require }: Expectation): readonly Entry[] => [...allow, ...require];
