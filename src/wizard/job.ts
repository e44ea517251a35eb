/** What a command hands to the one door for plans (plans.ts): how to look and plan, and the words for what becomes of it. */
import type { Plan } from '../core/plan/plan.ts';
import type { CommandName } from '../ids.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import type { Source } from '../source.ts';

/** Where a plan is carried out. */
export interface Place extends Source {
  readonly cluster: string;
  /** The profile that it is about, if it is about one: what shows its state hears how its proof went. */
  readonly profile?: string;
  readonly bucket?: string;
}

/** A plan, and the connections that what it rests on was read through; it is carried out through the same. */
export interface Made {
  readonly plan: Plan;
  readonly aws: Aws;
  /** Absent where the cluster was not reached, or is not needed. */
  readonly kubernetes?: Kubernetes;
}

/** What a person may agree to in the review; a click plans anew. */
export interface Choice {
  /** Tells it from the other choices of the same plan. */
  readonly id: string;
  /** What a click does, with a codicon in front. */
  readonly title: string;
  /** All that is agreed to after the click. */
  readonly agreed: readonly string[];
}

/** A choice that a click turns on, and another one off. */
export const toggle = (agreed: readonly string[], id: string, on: string, off: string): Choice =>
  agreed.includes(id)
    ? { id, title: off, agreed: agreed.filter((one) => one !== id) }
    : { id, title: on, agreed: [...agreed, id] };

export interface Words {
  /** The button that carries it out; default: "Apply", or "Delete" where something is deleted. */
  readonly go?: string;
  /** What is asked where the plan is shown in a question. */
  readonly question?: string;
  /** Details of that question; default: the changes, a line each. */
  readonly detail?: string;
  /** Another button of that question, in place of carrying it out. */
  readonly other?: { readonly title: string; readonly run: () => Promise<unknown> };
  /** What is said when it is done; default: that the subject is verified, or set up and checked. */
  readonly done?: string;
  /** What is said when a step failed; default: that the subject is not ready. */
  readonly stopped?: string;
  /** What is said where there is nothing to do. */
  readonly nothing?: string;
}

/**
 * Something to be done to a cluster or an account. Any command opens one in review with `(await plans()).review(job)`, or asks for
 * a few changes with `(await plans()).ask(job)`; from there on all go the same way: run, log, journal, result, Undo.
 */
export interface Job {
  /** The command that it is of: its name in the log and the journal. */
  readonly command: CommandName;
  /** What it is about, as results name it: "Profile team-x". */
  readonly subject: string;
  /** Title of its document: "Plan: team-x on kubeflow-dev". There is one document a title and source. */
  readonly title: string;
  readonly place: Place;
  /**
   * Looks at what is there and plans, with what the person agreed to (ids of the job's own; none at first). Changes nothing. Its
   * connection to the cluster is closed by who asked, once the plan is forgotten.
   */
  readonly make: (agreed: readonly string[], signal: AbortSignal) => Promise<Made>;
  /** What is agreed to at first. */
  readonly agreed?: readonly string[];
  /** What can be agreed to now, also where that is what the plan is blocked by. */
  readonly choices?: (plan: Plan, agreed: readonly string[]) => readonly Choice[];
  /** Asks its questions again: another job. Without it the answers cannot be changed. */
  readonly change?: {
    readonly title?: (plan: Plan) => string | undefined;
    readonly ask: (plan: Plan) => Promise<Job>;
    /** Asks what needs no answer: another job. */
    readonly more?: () => Promise<Job>;
  };
  readonly words?: Words;
  /** The run of the journal that it goes on with, or takes back: then `make` gives the plan of that run. */
  readonly run?: string;
  /** Must be typed, to the letter, before it is carried out. */
  readonly confirmName?: string;
}
