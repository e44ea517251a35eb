/**
 * What a failure mode is: one row with its text and its judges. A subject's file holds the rows, their judges (or names where they
 * are) and their examples, which run as tests (test/unit/modes.test.ts). modes/table.ts joins the subjects.
 */
import type { Finding, Seen, Severity } from '../finding.ts';
import type { Resource } from '../resource.ts';
import type { Folder } from './folder.ts';
import type { ManifestContext } from './manifest.ts';
import type { Problem } from './problem.ts';
import type { ProfileView } from './view.ts';

/** Judges one thing that stands in a file; nothing where it is not about such things. */
export type Judge = (thing: Resource, context: ManifestContext) => readonly Seen[];

/** A finding, and the file that it is in. */
export interface SeenIn {
  readonly file: string;
  readonly finding: Seen;
}

/** Judges the things of a folder together. */
export type FolderJudge = (folder: Folder) => readonly SeenIn[];

/**
 * Judges what was read about a profile. What was not read is no problem: it is in `Judgement.unread`.
 *
 * @param now milliseconds since 1970
 */
export type LiveJudge = (readings: ProfileView, now: number) => readonly Problem[];

/** Judges the comments of a text that silence findings. */
export type CommentJudge = (text: string, findings: readonly Finding[], isKnown: (id: string) => boolean) => unknown;

/** What has to be read for a mode, beside the cluster itself. */
export type Fact = Exclude<keyof ProfileView, 'cluster' | 'sharedWith'>;

interface ModeText {
  readonly title: string;
  /** The usual severity; a judge may choose another where it knows more. */
  readonly severity: Severity;
  /** What a person sees. */
  readonly symptom: string;
  /** Why it happens. */
  readonly cause: string;
  /** What to do. */
  readonly fix: string;
  /** A repository and a file, an issue, or an AWS guide; "(inferred)" marks a conclusion from source code. */
  readonly sources: readonly string[];
  /** Other names of the same failure. Findings carry the id, never an alias. */
  readonly aliases?: readonly string[];
  /** A finding is about the cluster: it is said there once, not at each of its profiles. */
  readonly scope?: 'cluster';
  /** Seen where a file is compared with what is live (core/drift). */
  readonly compared?: true;
}

interface FileJudges {
  readonly file?: readonly Judge[];
  readonly folder?: readonly FolderJudge[];
  readonly comments?: CommentJudge;
}

/** Who says what must be read says who judges it, and the reverse; whoever has no live judge says why. */
type LiveJudges =
  | { readonly reads: readonly Fact[]; readonly live: readonly LiveJudge[]; readonly notLive?: undefined }
  | {
      readonly reads?: undefined;
      readonly live?: undefined;
      /** Why there is nothing live to judge it by: a sentence for people. */
      readonly notLive: string;
    };

/** One failure mode. One without any judge is there for whoever looks for it. */
export type Mode = ModeText & FileJudges & LiveJudges;

/** The rows of a subject, by their ids. */
export const modes = <const T extends Readonly<Record<string, Mode>>>(rows: T): T => rows;
