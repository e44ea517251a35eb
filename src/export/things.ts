/**
 * What is handed over to an engine: the things that a plan wants, or that are there, of one cluster, and what comes out of it:
 * files as data. Pure: an exporter turns {@link Exported} into {@link Output}, and one place writes files.
 */
import { roleOfRef, type Kind, type Ref, type Things } from '../core/kinds.ts';
import type { BareRole, Cluster } from '../core/observation.ts';
import type { Plan } from '../core/plan/plan.ts';

/** One thing that is to be as it says. */
export type Thing<K extends Kind = Kind> = {
  [P in K]: {
    readonly ref: Ref<P>;
    readonly value: Things[P];
    /** Whether it is there already: an engine takes it over instead of making it. */
    readonly there: boolean;
  };
}[K];

/** The cluster as its exports need it: it has an issuer. */
export type ExportedCluster = Cluster & { readonly issuer: string };

/** All that is handed over of one cluster. The same thing is never in it twice. */
export interface Exported {
  readonly cluster: ExportedCluster;
  /** In the order in which they must be made. */
  readonly things: readonly Thing[];
}

/** The things of these kinds, in their order. */
export const ofKind = <K extends Kind>(things: readonly Thing[], ...kinds: readonly K[]): readonly Thing<K>[] =>
  things.filter(({ ref }) => (kinds as readonly Kind[]).includes(ref.kind)) as unknown as readonly Thing<K>[];

/** What a plan wants of its cluster, without what somebody else makes of it (the controller's namespace and service accounts). */
export const thingsOf = (plan: Plan): readonly Thing[] =>
  plan.changes.flatMap(({ ref, before, after, by }) =>
    after === undefined || by !== undefined ? [] : [{ ref, value: after, there: before !== undefined } as Thing],
  );

/** A role with all that belongs to it, as engines want it: in one piece. */
export interface ExportedRole {
  readonly role: BareRole;
  readonly there: boolean;
  /** Inline policies: name and JSON text. */
  readonly policies: readonly { readonly name: string; readonly text: string; readonly there: boolean }[];
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
}

/** The roles, each with its policies, boundary, settings and tags wherever they stand among the things. */
export function rolesOf(things: readonly Thing[]): readonly ExportedRole[] {
  return ofKind(things, 'iam/role').map(({ value, there, ref }) => {
    const own = things.filter((thing) => roleOfRef(thing.ref) === ref.key);
    const [boundary] = ofKind(own, 'iam/role-boundary');
    const [settings] = ofKind(own, 'iam/role-settings');
    const tags = ofKind(own, 'iam/role-tag').map(
      (tag) => [tag.ref.key.slice(ref.key.length + 1), tag.value.value] as const,
    );
    return {
      role: {
        ...value,
        ...(boundary === undefined ? {} : { boundary: boundary.value.arn }),
        ...(settings === undefined ? {} : settings.value),
        tags: { ...value.tags, ...Object.fromEntries(tags) },
      },
      there,
      policies: ofKind(own, 'iam/role-policy').map((policy) => ({
        name: policy.ref.key.slice(ref.key.length + 1),
        text: policy.value.text,
        there: policy.there,
      })),
      attached: ofKind(own, 'iam/role-attachment').map((attachment) => attachment.value.policyArn),
    };
  });
}

/** What is to become of a file. */
export interface OutputFile {
  /** Relative to the folder that was chosen, with `/`; never outside of it. */
  readonly path: string;
  readonly text: string;
  /** Whether it is run by name, as a shell script is. */
  readonly executable?: true;
}

export interface Output {
  readonly files: readonly OutputFile[];
  /** What the target cannot express, and what to do instead: a sentence each. Empty: nothing is lost. */
  readonly cannot: readonly string[];
  /** What a person does with the files, in order: a sentence or a command each. */
  readonly next: readonly string[];
}

/** A form that things are handed over in. One file each, a row in targets.ts. */
export interface Exporter {
  /** As `--to` names it. */
  readonly id: string;
  /** As a list shows it. */
  readonly title: string;
  readonly write: (all: readonly Exported[]) => Output;
}
