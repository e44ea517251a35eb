/** What of a matrix is not as expected. */
import type { GuardReason } from '../policy/organization.ts';
import type { Because } from './matrix.ts';
import type { Deed } from './reach.ts';

/**
 * - `reaches`: somebody may what is not expected; - `perhaps`: that cannot be judged; - `lacks`: what must be so is not;
 * - `key`: somebody may use the key of a bucket in which nothing is theirs;
 * - `set`: more service accounts than there are now are let in, and reach what is not theirs;
 * - `other`: somebody else gets into a role.
 */
export interface Difference {
  readonly kind: 'reaches' | 'perhaps' | 'lacks' | 'key' | 'set' | 'other';
  /** Names, as {@link subjectName} and {@link placeName} make them. */
  readonly who: readonly string[];
  readonly what: readonly string[];
  readonly may: readonly Deed[];
  /** Of the first of `who` and the first of `what`. */
  readonly because?: Because;
  /** What else is to be said. */
  readonly note?: string;
  /** The role that it is about, where it is about one. */
  readonly role?: string;
  /** The policy of the organization that refuses it. */
  readonly refusedBy?: GuardReason;
}

/** A difference, and how its reason is found out, which is dear. */
export interface Found {
  readonly difference: Omit<Difference, 'because'>;
  readonly because?: () => Because | undefined;
}
