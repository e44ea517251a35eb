/** What IAM takes for a role besides its policies. */
import { ROLE_ARN } from './arn.ts';

/** Longest session of a role that nobody chose one for, in seconds (botocore IAM model). */
export const DEFAULT_SESSION = 3_600;

/** Path of a role, from its ARN: "/" or "/teams/a/"; undefined: it is no ARN of a role. */
export const rolePath = (arn: string): string | undefined => ROLE_ARN.exec(arn)?.groups?.['path'];
