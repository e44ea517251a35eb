/** Something to do next, as a button. `command` is one of ours or of VS Code. */
export interface NextStep {
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

/**
 * What must never reach a log or a message, should an error of a library carry it: EKS bearer tokens, JSON web tokens, the
 * signature and session of presigned URLs, access keys (IAM User Guide, "Understanding unique ID prefixes").
 */
const SECRETS: readonly RegExp[] = [
  /k8s-aws-v1\.[\w-]+/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g,
  /(?<=X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"']+/gi,
  /(?<=\bBearer )[\w.~+/=-]{8,}/gi,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g,
];

/** The text with every secret replaced by `***`. */
export const withoutSecrets = (text: string): string =>
  SECRETS.reduce((safe, pattern) => safe.replace(pattern, '***'), text);
