import type { FailureModeId } from './modes/ids.ts';

/** Error is for what cannot work or is unsafe; a false error is a defect as bad as a miss. */
export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** Replace the characters `start` to `end` (UTF-16 offsets in the file, end exclusive) by `newText`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

/** One way to remove a finding. `edits` do not overlap. A fix with a command and no edits only makes sense in the editor. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** The one right answer: taken by fix-all. At most one fix of a finding is preferred. */
  readonly preferred?: boolean;
  /**
   * What the fix does to who may do what, beyond mending what could not work: it lets in more or allows more than the author
   * wrote, or takes a right from somebody who may need it. Such a fix is never taken unasked, preferred or not (see preferredFix).
   */
  readonly effect?: 'widens' | 'takes-away';
  /** The new text has tab stops (`${1:role}`) for the user to fill in: for an editor, never for fix-all. */
  readonly snippet?: true;
  readonly command?: { readonly id: 'createRole'; readonly arguments: Readonly<Record<string, string>> };
}

/** Another place that a finding speaks of, maybe in another file. */
export interface Related {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** One failure mode of the catalogue, seen at `start` to `end` of the file. */
export interface Seen {
  /** Id in the catalogue, such as `KP-006` or `T-LIKE-ANY-NS`. */
  readonly id: FailureModeId;
  /** Left out where it is that of the mode's row. */
  readonly severity?: Severity;
  /** Cause and consequence, in plain text (never Markdown). */
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly fixes: readonly Fix[];
  readonly related?: readonly Related[];
}

/** What is seen, with its severity. */
export interface Finding extends Seen {
  readonly severity: Severity;
}

/** What is seen at a place. `severity`: left out where it is that of the mode's row. */
export function finding(id: FailureModeId, place: Place, message: string, fixes?: readonly Fix[]): Seen;
export function finding(
  id: FailureModeId,
  place: Place,
  message: string,
  fixes: readonly Fix[],
  severity: Severity,
): Finding;
export function finding(
  id: FailureModeId,
  { start, end }: Place,
  message: string,
  fixes: readonly Fix[] = [],
  severity?: Severity,
): Seen {
  return { id, message, start, end, fixes, ...(severity === undefined ? {} : { severity }) };
}
type Place = { readonly start: number; readonly end: number };

/** A file with its path, of which the place counts. */
export interface Beside {
  readonly path: string;
  readonly text: string;
}

/** What is judged beside the text itself. */
export interface FillingContext {
  /** A document as it is in the cluster or account: nothing fills it in any more. */
  readonly live?: boolean;
  /** The file it stands in, and the files beside it that may say who fills it in. */
  readonly filling?: { readonly file: Beside; readonly beside: readonly Beside[] };
  /** What stands as `${…}` in it is filled in by what the document itself is part of: a shell, a renderer. */
  readonly filled?: boolean;
  /** The template of CloudFormation that it is part of. */
  readonly stack?: Stack;
}

/** A template of CloudFormation, as far as it fills in what stands under `Fn::Sub`. */
export interface Stack {
  /** Parameters and resources. */
  readonly names: ReadonlySet<string>;
  readonly format: 'json' | 'yaml' | 'hcl';
}

/** What is known, from other files or from the cluster, about the role that an IAM document belongs to. */
export interface PolicyContext extends FillingContext {
  /** 12 digits. */
  readonly account?: string;
  /** Such as `aws` or `aws-cn`. */
  readonly partition?: string;
  /** Issuer of the cluster without `https://`: host and path. */
  readonly issuer?: string;
  /** Name of the Profile, which is its namespace. */
  readonly profile?: string;
  /** `annotateOnly` of that Profile: true means that nobody but the author will ever complete the trust policy. */
  readonly annotateOnly?: boolean;
  /** The document is that of a managed policy; otherwise it may be one, too. */
  readonly managed?: boolean;
  /** The document stands where only the policy of a role, a user or a group can. */
  readonly known?: boolean;
  /** Characters without white space of the other inline policies of the role. */
  readonly beside?: number;
  /** Bucket that the profile's runs use. */
  readonly bucket?: string;
  /** A Helm or Jinja template: `{{ … }}` in it is not a placeholder that was forgotten. */
  readonly template?: boolean;
  /** Values for `${NAME}` placeholders that were left in a document. */
  readonly variables?: Readonly<Record<string, string>>;
}
