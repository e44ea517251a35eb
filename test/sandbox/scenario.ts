/**
 * The shape of the tables of scenarios: how the sandbox is brought to a failure mode by ordinary calls, what is to be seen then, and what
 * ends it. A table starts nothing by itself: docs/failure-modes.md names its rows (scripts/failure-modes.ts), tests run them.
 */
import type { LiveId } from '../../src/core/modes/ids.ts';

/**
 * What ends it: a plan of the product (`repair`, `associateProvider`, `unstick`: see Remedy in src/core/modes/problem.ts), after which the
 * profile is proven to work; or `byHand`, where no plan may touch the cause, with the reason, which docs/failure-modes.md shows.
 */
export type Ending<World> =
  | { readonly by: 'repair' | 'associateProvider' | 'unstick' }
  | { readonly by: 'hand'; readonly why: string; readonly mend?: (world: World) => Promise<unknown> };

/** One failure mode in the sandbox. @typeParam World what the calls are made with: clients, and a sound profile of the row's own */
export interface Scenario<World> {
  readonly id: LiveId;
  /** How it comes about, as the name of a test: "a role that was deleted". */
  readonly name: string;
  /** Brings the row's profile there. */
  readonly arrange: (world: World) => Promise<unknown>;
  /** What else is seen, and of the same cause; anything besides is one too many. */
  readonly also?: readonly LiveId[];
  /** What the finding says, with what was read. */
  readonly says: RegExp;
  readonly ending: Ending<World>;
  /** It is about the whole cluster or account: the sound neighbour has it, too. */
  readonly everybody?: true;
  /** Puts back what the ending leaves, for the rows that follow. */
  readonly after?: (world: World) => Promise<unknown>;
}

/** A failure mode that cannot be brought about by ordinary calls: AWS or Kubernetes refuses them. */
export interface Refused<World> {
  readonly id: LiveId;
  readonly name: string;
  readonly attempt: (world: World) => Promise<unknown>;
  /** What the refusal says. */
  readonly refusal: RegExp;
}

/** What docs/failure-modes.md tells of a row. */
export type ScenarioText = Pick<Scenario<never>, 'id' | 'name'> & {
  readonly ending:
    { readonly by: Ending<never>['by']; readonly why?: string } | { readonly by: 'nobody'; readonly why: string };
};
