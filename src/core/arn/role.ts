/** What IAM takes for a role besides its policies, and what is wrong with what people write. Source: botocore IAM model, IAM quotas. */
import { parseArn, ROLE_ARN } from './arn.ts';
import { TAG_PREFIX } from '../tags.ts';

/** Longest session of a role that nobody chose one for, and what can be chosen, in seconds. */
export const DEFAULT_SESSION = 3_600;
const SESSION = { least: 3_600, most: 43_200 };
/** How many tags a role can have. */
const TAGS = 50;

/** Path of a role, from its ARN: "/" or "/teams/a/"; undefined: it is no ARN of a role. */
export const rolePath = (arn: string): string | undefined => ROLE_ARN.exec(arn)?.groups?.['path'];

/** A path as people write it, with its slashes. */
export const pathOf = (text: string): string => `/${text.trim().replace(/^\/+|\/+$/g, '')}/`.replace(/^\/\/$/, '/');

/** What is wrong with the path of a role; undefined if it is right. */
export function pathProblem(text: string): string | undefined {
  const path = pathOf(text);
  if (path.length > 512) return `A path has at most 512 characters; this has ${path.length}.`;
  if (path.includes('//')) return 'A path has no empty parts: write /teams/a/.';
  return /^(\/|\/[\w+=,.@/-]+\/)$/.test(path)
    ? undefined
    : 'Write a path of letters, digits and _ + = , . @ -, such as /teams/a/.';
}

/** What is wrong with the ARN of a permissions boundary; undefined if it can be one. `account`: the cluster's, where known. */
export function boundaryProblem(text: string, account?: string): string | undefined {
  const arn = parseArn(text);
  if (
    arn === undefined ||
    arn.service !== 'iam' ||
    !/^policy\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,128}$/.test(arn.resource)
  )
    return 'A permissions boundary is the ARN of a managed policy: arn:aws:iam::ACCOUNT:policy/NAME.';
  if (arn.account !== 'aws' && !/^\d{12}$/.test(arn.account)) return 'The account of the policy has 12 digits.';
  if (account !== undefined && arn.account !== 'aws' && arn.account !== account)
    return `The policy is of account ${arn.account}, the role of ${account}: a boundary is a policy of the role's own account, or one of AWS.`;
  return undefined;
}

/** What is wrong with the longest session of a role in seconds; undefined if it can be one. */
export const sessionProblem = (text: string): string | undefined =>
  /^\d+$/.test(text) && Number(text) >= SESSION.least && Number(text) <= SESSION.most
    ? undefined
    : `The longest session of a role is ${SESSION.least} to ${SESSION.most} seconds (1 to 12 hours).`;

const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;

/** What is wrong with a tag; undefined if it can be one. */
export function tagProblem(key: string, value: string): string | undefined {
  if (key === '' || key.length > 128) return 'The key of a tag has 1 to 128 characters.';
  if (value.length > 256) return `The value of a tag has at most 256 characters; this has ${value.length}.`;
  if (!CHARACTERS.test(key) || !CHARACTERS.test(value))
    return 'Keys and values of tags have letters, digits, spaces and _ . : / = + - @';
  if (/^aws:/i.test(key)) return "Keys that begin with aws: are AWS's own.";
  if (key.startsWith(TAG_PREFIX)) return `Keys that begin with ${TAG_PREFIX} say whose a role is: they are set here.`;
  return undefined;
}

/** What is wrong with all tags that a role will have; undefined if it can have them. */
export function tagsProblem(tags: Readonly<Record<string, string>>): string | undefined {
  const count = Object.keys(tags).length;
  if (count > TAGS) return `A role has at most ${TAGS} tags; it would have ${count}, with those that say whose it is.`;
  const keys = new Set(Object.keys(tags).map((key) => key.toLowerCase()));
  return keys.size < count ? 'Keys of tags differ in more than upper and lower case.' : undefined;
}
