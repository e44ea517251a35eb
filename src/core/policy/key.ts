/** KMS keys of buckets: whether a key's policy lets a role in, and what must be added to it. */
import { parseArn } from '../arn/arn.ts';
import { partitionOfRegion } from '../arn/partitions.ts';
import type { AccessLevel } from '../request.ts';
import { keyActions, viaS3, type Statement } from './build.ts';
import { and, type Answer } from './answer.ts';
import { may } from './evaluate.ts';
import { own, readDocument, textsOf } from './statements.ts';
import type { KnownRequest } from './context.ts';
import { isObject, type Json } from '../records.ts';
import { dataOf } from './json.ts';

/** Ids of AWS managed keys that S3 uses by itself; who uses them through S3 needs no permission (KMS Developer Guide). */
export const MANAGED_ALIAS = /^(?:arn:[^:]*:kms:[^:]*:[^:]*:)?alias\/aws\/s3$/;

/**
 * The ARN that a key's name in a bucket's encryption stands for, as far as the name tells: S3 takes an id for a key of who asks.
 * Undefined for an alias, of which only KMS knows the key.
 */
export function keyArnOf(
  name: string,
  { partition, account, region }: { readonly partition: string; readonly account: string; readonly region: string },
): string | undefined {
  const arn = parseArn(name);
  if (arn !== undefined) return arn.service === 'kms' && arn.resource.startsWith('key/') ? name : undefined;
  return /^[\w-]+$/.test(name) ? `arn:${partition}:kms:${region}:${account}:key/${name}` : undefined;
}

/** How a key's policy lets a role in. */
export interface KeyVerdict {
  readonly answer: Answer;
  /** `iam`: it leaves it to the policies of the account's roles; `itself`: it names the role, or everybody. */
  readonly by?: 'iam' | 'itself';
  /** A Deny is in the way: a further Allow would not help. */
  readonly denied?: true;
}

/** Who a statement of the policy of a key or a bucket is about, seen from a role. */
export type Reach = 'role' | 'account' | 'everybody' | 'unknown' | 'others';

export function reachOf(statement: Json, role: string, account: string): Reach {
  const reach = (element: unknown): Reach => {
    if (element === '*') return 'everybody';
    if (!isObject(element)) return 'others';
    const { texts } = textsOf(own(element, 'AWS'));
    if (texts.includes('*')) return 'everybody';
    if (texts.includes(role)) return 'role';
    const ofAccount = (text: string): boolean =>
      text === account || new RegExp(`^arn:[^:]*:iam::${account}:root$`).test(text);
    return texts.some(ofAccount) ? 'account' : 'others';
  };
  const [principal, others] = [own(statement, 'Principal'), own(statement, 'NotPrincipal')];
  if (principal !== undefined || others === undefined) return reach(principal);
  // Everybody but these: KMS wants the account beside the role there (IAM User Guide, "NotPrincipal").
  if (own(statement, 'Effect') !== 'Deny') return 'unknown';
  const spared = reach(others);
  return spared === 'others' ? 'everybody' : spared === 'everybody' ? 'others' : 'unknown';
}

/**
 * Whether a key's policy lets a role use the key through S3. A role of the key's account gets in where the policy names it, or
 * leaves access to IAM by naming the account (KMS Developer Guide, "Key policies"); then the role's own policy decides.
 */
export function judgeKeyPolicy(policy: string, key: string, role: string, access: AccessLevel): KeyVerdict {
  const document = readDocument(dataOf(policy));
  const account = parseArn(role)?.account ?? '';
  const reaching = document.statements.map((statement) => ({ statement, reach: reachOf(statement, role, account) }));
  const about = (...reaches: readonly Reach[]): readonly Json[] =>
    reaching.flatMap(({ statement, reach }) => (reaches.includes(reach) ? [statement] : []));
  const of = (effect: string, statements: readonly Json[]): readonly Json[] =>
    statements.filter((statement) => own(statement, 'Effect') === effect);
  const request = keyRequest(key, role, account);
  const ask = (allows: readonly Json[], denies: readonly Json[]): Answer =>
    and(
      keyActions(access).map((action) => {
        const Statement = [...allows, ...denies];
        return may([{ Version: document.variables ? '2012-10-17' : '2008-10-17', Statement }], action, key, request);
      }),
    );
  const denies = of('Deny', about('role', 'account', 'everybody'));
  const doubtful = about('unknown').length > 0;
  const itself = of('Allow', about('role', 'everybody'));
  const all = [...itself, ...of('Allow', about('account'))];
  const [byItself, byEither] = [ask(itself, denies), ask(all, denies)];
  if (byEither === 'no') {
    if (of('Allow', about('unknown')).length > 0) return { answer: 'unknown' };
    return ask(all, []) === 'no' ? { answer: 'no' } : { answer: 'no', denied: true };
  }
  if (byEither === 'unknown' || doubtful) return { answer: 'unknown' };
  return { answer: 'yes', by: byItself === 'yes' ? 'itself' : 'iam' };
}

/** What KMS knows when S3 asks it for a role. Of the encryption context nothing is known: it differs by bucket keys. */
export function keyRequest(key: string, role: string, account: string): KnownRequest {
  const region = parseArn(key)?.region ?? '';
  return {
    values: {
      'kms:ViaService': `s3.${region}.${partitionOfRegion(region)?.dnsSuffix ?? 'amazonaws.com'}`,
      'kms:CallerAccount': account,
      'aws:PrincipalArn': role,
      'aws:PrincipalAccount': account,
      'aws:PrincipalType': 'AssumedRole',
      'aws:PrincipalIsAWSService': 'false',
      'aws:SecureTransport': 'true',
    },
    lacks: (name) => name === 'kms:grantisforawsresource' || name === 'aws:username',
  };
}

/**
 * What a key's policy must say so that a role may use the key through S3. It names the account and limits it to the role, so that
 * KMS takes it before the role is there, and it still holds when the role is made anew.
 */
export function keyStatement(key: string, role: string, access: AccessLevel): Statement {
  const { partition = 'aws', account = '' } = parseArn(role) ?? {};
  return {
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    Action: keyActions(access),
    Resource: '*',
    Condition: { ArnEquals: { 'aws:PrincipalArn': role }, ...viaS3(key) },
  };
}

/** S3's refusal of a call because of the key of its bucket, as AWS words it (IAM User Guide, "Access denied error messages"). */
const REFUSED = /not authorized to perform: (kms:\w+) on (?:the |this )?resource(?:: (arn:[^:\s]+:kms:[^\s]+))?/i;
/** The same for a key that is not ready (S3 API Reference, error codes). */
const NOT_READY = /\bKMS\.(?:Disabled|NotFound|KMSInvalidState|InvalidState)Exception\b/;

/** What a refusal because of a bucket's key means, and what to do (KP-047); undefined: it is no such refusal. */
export function keyRefusal(said: string, role: string): string | undefined {
  if (NOT_READY.test(said))
    return "KP-047: The KMS key that the bucket is encrypted with is disabled, gone or about to be deleted. Enable it, or change the bucket's default encryption.";
  const [, action, key = ''] = REFUSED.exec(said) ?? [];
  if (action === undefined) return undefined;
  if (/explicit deny/i.test(said))
    return `KP-047: A Deny keeps the role from ${action} on the KMS key of the bucket. Look at the policies of the key and of the role.`;
  if (/no identity-based policy/i.test(said))
    return `KP-047: The role's policy must allow ${action} on the bucket's KMS key: plan the profile again, its policy then gets it.`;
  if (/managed by AWS/i.test(said))
    return "KP-047: The bucket is encrypted with the key that AWS manages for S3, which nobody of another account can use. Its owner must set a key of their own as the bucket's default encryption.";
  return `KP-047: The policy of the bucket's KMS key must let the role in. Add this statement to it: ${JSON.stringify(keyStatement(key, role, 'prefix'))}`;
}
