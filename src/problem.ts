/** Something to do next, as a button. `command` is one of ours or of VS Code. */
interface NextStep {
  readonly title: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

/** What a person is told: what stopped, why, and what to do next. Thrown by features, shown by the command wrapper. */
export class Problem extends Error {
  readonly nextSteps: readonly NextStep[];
  constructor(message: string, nextSteps: readonly NextStep[] = []) {
    super(message);
    this.name = 'Problem';
    this.nextSteps = nextSteps;
  }
}

/** The user changed their mind: a result, not an error. Nothing is shown. */
export class Cancelled extends Error {
  constructor() {
    super('Cancelled.');
    this.name = 'Cancelled';
  }
}
