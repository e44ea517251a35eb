/** Text that goes to people and to logs: without secrets, and never more than text. Pure. */

/**
 * What must never reach a log or a message, should an error of a library carry it: EKS bearer tokens, JSON web tokens, the
 * signature and session of presigned URLs and of headers, access keys (IAM User Guide, "Understanding unique ID prefixes"), secret
 * keys and sessions by their names, sessions of STS by how they begin, and passwords in URLs.
 */
const SECRETS: readonly RegExp[] = [
  /k8s-aws-v1\.[\w-]+/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g,
  /(?<=X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"']+/gi,
  /(?<=\bBearer )[\w.~+/=-]{8,}/gi,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g,
  /(?<=\bX-Amz-Security-Token\\?["']?\s?[:=]\s?(?:b?\\?["'])?)[\w+/=%-]{8,}/gi,
  /(?<=\b(?:aws_?)?(?:secret_?(?:access_?)?key|session_?token)\\?["']?\s{0,3}[:=>]\s{0,3}\\?["']?)[\w+/=%-]{16,}/gi,
  /\b(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[\w+/=%-]+/g,
  /(?<=\bSignature=)[\w+/=%-]{16,}/g,
  /(?<=<SignatureProvided>)[^<]+/g,
  /(?<=:\/\/[^\s/:@]{1,64}:)[^\s/@]{1,128}(?=@)/g,
];

/** The text with every secret replaced by `***`. */
export const withoutSecrets = (text: string): string =>
  SECRETS.reduce((safe, pattern) => safe.replace(pattern, '***'), text);

/** What an error of any kind says of itself. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A message is to be read at a glance; the log and the documents have the rest. Characters. */
const MOST_SPOKEN = 1_000;

/**
 * One line of plain text for a notification, a prompt or the message below an input box, where VS Code makes a link, which may
 * run a command, of `[label](target)`. The two halves are set apart by a space; control and format characters (line breaks,
 * escapes, changes of the writing direction) become a space; secrets are left out; a long text is cut.
 */
export function spoken(text: string): string {
  const line = withoutSecrets(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')).replace(/\](?=\()/g, '] ');
  return line.length <= MOST_SPOKEN ? line : `${line.slice(0, MOST_SPOKEN).trimEnd()} …`;
}

/** The text with U+FFFD in place of each half of a surrogate pair, as every writer of UTF-8 leaves it. */
export const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, '\ufffd');

/** A path without `.` and `..`, with slashes. */
export function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split(/[\\/]/)) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
