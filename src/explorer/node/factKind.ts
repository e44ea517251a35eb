/** What a kind of fact about a profile is. */
import type { FiledProfile } from '../../core/drift/profile.ts';
import type { ProfileView } from '../../core/modes/view.ts';
import type { ServiceAccount } from '../../core/observation.ts';
import type { RoleBinding } from '../../core/people/kfam.ts';
import type { Phrase } from '../../core/phrase.ts';
import type { Reading } from '../../core/reading.ts';

/** What is known of a profile. */
export interface ShownProfile {
  readonly readings: ProfileView;
  /** The service accounts of its namespace. */
  readonly accounts: Reading<readonly ServiceAccount[]>;
  /** The RoleBindings of its namespace. */
  readonly bindings: Reading<readonly RoleBinding[]>;
  /** What files of the workspace say of it. */
  readonly filed?: FiledProfile;
}

export interface Fact {
  readonly label: string;
  readonly description: string;
  /** A line more of its tooltip. */
  readonly tooltip?: string;
  /** What Copy copies. */
  readonly value: string;
  /** ARN of a role that the fact names. */
  readonly roleArn?: string;
  readonly bucket?: string;
  /** Name of the objects that let a contributor in. */
  readonly contributor?: string;
}

export interface FactKind {
  readonly icon: string;
  /** What a screen reader calls it. */
  readonly spoken: Phrase;
  readonly of: (profile: ShownProfile) => readonly Fact[];
}
