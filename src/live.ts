import type { HeldThings } from './core/drift/compare.ts';
import type { SeenLive, Subject } from './core/doctor/placed.ts';
import type { Declared } from './core/drift/declared.ts';
import type { Named } from './core/explain/explain.ts';
import type { Remedy } from './core/modes/problem.ts';

/** What the extension has read of AWS and the clusters, for who shows it beside a text. */

/** What a stretch of text names. The names come from the text and are data. */
export type Thing =
  | { readonly kind: 'role' | 'provider'; readonly arn: string }
  | { readonly kind: 'bucket' | 'profile'; readonly name: string }
  | { readonly kind: 'serviceAccount'; readonly namespace: string; readonly name: string };

/** A role that a profile has. */
export interface ProfileRole {
  readonly arn: string;
  /** Whose it is, in words. */
  readonly of: string;
}

/** A problem of a profile, as the tree shows it. */
export interface SeenProblem {
  readonly cluster: string;
  readonly region: string;
  readonly awsProfile?: string;
  readonly profile: string;
  readonly id: string;
  readonly message: string;
  readonly remedy?: Remedy;
}

/** A finding that the tree shows, for an object of a file. */
export interface LiveFinding extends SeenLive {
  readonly cluster: string;
  readonly region: string;
  readonly awsProfile?: string;
  readonly profile: string;
  /** The cluster as people speak of it. */
  readonly where: string;
  readonly remedy?: Remedy;
}

/**
 * Answers from what the tree holds. One thing that it does not hold may be read for an answer, over connections that are
 * there; nothing here connects or signs in. All texts are data: they hold names from outside.
 */
export interface Live {
  /** The state of a thing, in sentences; empty: nothing is known of it, such as of a role of another account. */
  state(thing: Thing): Promise<readonly string[]>;
  /** ARNs of roles of a profile: that it has on a cluster, that let it in by name, or that are tagged with it. */
  rolesFor(profile: string): Promise<readonly string[]>;
  /** What the tree holds of things that a file declares. Reads nothing; what several accounts or clusters have is none of them. */
  held(declared: readonly Pick<Declared, 'kind' | 'name'>[]): HeldThings;
  /** Problems of these modes that the tree shows, of the profiles that somebody named can be; nobody named: of all. Reads nothing. */
  problems(modes: ReadonlySet<string>, who: Named): readonly SeenProblem[];
  /**
   * What the tree shows of the profiles that these objects belong to, on every cluster that has them, or on that of `only`. Reads
   * nothing. Several clusters may have a profile of one name: where the file says an account, those of that account are meant.
   */
  findings(
    subjects: readonly Subject[],
    only?: { readonly cluster: string; readonly region: string },
  ): readonly LiveFinding[];
  /** The roles and buckets that the tree knows. */
  roles(): readonly ProfileRole[];
  buckets(): readonly string[];
}
