/** A bucket that we make: what it is made with, and what of that is there already. */
import { byKey, isObject } from './records.ts';
import { TAG } from './tags.ts';
import type { Bucket, BucketSettings, Encryption } from './observation.ts';
import { policyText, samePolicy, tlsOnly } from './policy/build.ts';
import { may } from './policy/evaluate.ts';
import { own, readDocument, textsOf } from './policy/statements.ts';
import { dataOf, list } from './policy/json.ts';

/** Access lists are off and every object belongs to the bucket's account (S3 API Reference, ObjectOwnership). */
export const OWNER_ENFORCED = 'BucketOwnerEnforced';

/** Keys of S3's own, which it uses for whatever is not encrypted otherwise. */
export const S3_KEYS: Encryption = { algorithm: 'AES256' };

/** The settings of a new bucket, or of one that lacks some of them; other tags and statements stay. */
export function wantedSettings(
  partition: string,
  name: string,
  tags: Readonly<Record<string, string>>,
  encryption: Encryption | undefined,
  there?: BucketSettings,
): BucketSettings {
  const tls = tlsOnly(partition, name);
  return {
    publicAccessBlocked: true,
    ownership: OWNER_ENFORCED,
    encryption: encryption ?? there?.encryption ?? S3_KEYS,
    policy:
      there?.policy === undefined
        ? policyText(tls)
        : isTlsOnly(there.policy, name)
          ? there.policy
          : withTls(there.policy, tls),
    // A bucket that serves another cluster already stays that one's.
    tags: { ...tags, ...there?.tags },
    empty: there?.empty ?? true,
  };
}

function withTls(policy: string, { Statement }: ReturnType<typeof tlsOnly>): string {
  const data = dataOf(policy);
  return isObject(data) ? policyText({ ...data, Statement: [...list(own(data, 'Statement')), ...Statement] }) : policy;
}

/** Whether a bucket policy refuses everybody without TLS, for the bucket and all of its objects. */
export function isTlsOnly(policy: string, bucket: string): boolean {
  const data = dataOf(policy);
  const { statements } = readDocument(data);
  const everybody = (value: unknown): boolean =>
    value === '*' || (isObject(value) && textsOf(own(value, 'AWS')).texts.includes('*'));
  const denies = statements.filter(
    (statement) => own(statement, 'Effect') === 'Deny' && everybody(own(statement, 'Principal')),
  );
  const arn = statements
    .flatMap((statement) => textsOf(own(statement, 'Resource')).texts)
    .map((text) => /^arn:[^:]+:s3:::/.exec(text)?.[0])
    .find((prefix) => prefix !== undefined);
  const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
  const asked = [
    ['s3:GetObject', `${arn ?? 'arn:aws:s3:::'}${bucket}/key`],
    ['s3:PutObject', `${arn ?? 'arn:aws:s3:::'}${bucket}/key`],
    ['s3:ListBucket', `${arn ?? 'arn:aws:s3:::'}${bucket}`],
  ] as const;
  return asked.every(
    ([action, resource]) =>
      may([{ Version: '2012-10-17', Statement: [...denies, allow] }], action, resource, {
        values: { 'aws:SecureTransport': 'false' },
      }) === 'no',
  );
}

/** A bucket that we made, or one of which nothing was made yet: without tags, policy and objects. Only these are changed. */
export const isOursToFinish = ({ tags, policy, empty }: BucketSettings): boolean =>
  tags[TAG.maker] !== undefined || (Object.keys(tags).length === 0 && policy === undefined && empty);

const keyId = (key: string | undefined): string | undefined => key?.replace(/^.*:key\//, '');

/** A key by its ARN and by its id is the same one. */
export const sameEncryption = (a: Encryption | undefined, b: Encryption | undefined): boolean =>
  (a?.algorithm ?? S3_KEYS.algorithm) === (b?.algorithm ?? S3_KEYS.algorithm) && keyId(a?.key) === keyId(b?.key);

/** What of the settings of a bucket is not as wanted. */
export function lackingSettings(there: Bucket, wanted: BucketSettings): readonly (keyof BucketSettings)[] {
  const has = there.settings;
  if (has === undefined) return ['tags', 'publicAccessBlocked', 'ownership', 'encryption', 'policy'];
  const lacks: readonly (readonly [keyof BucketSettings, boolean])[] = [
    ['tags', Object.keys(wanted.tags).some((key) => key !== TAG.run && !Object.hasOwn(has.tags, key))],
    ['publicAccessBlocked', wanted.publicAccessBlocked && !has.publicAccessBlocked],
    ['ownership', has.ownership !== wanted.ownership],
    ['encryption', has.encryption === undefined || !sameEncryption(has.encryption, wanted.encryption)],
    [
      'policy',
      has.policy === undefined
        ? wanted.policy !== undefined
        : !samePolicy(has.policy, wanted.policy ?? '') && !isTlsOnly(has.policy, there.name),
    ],
  ];
  return lacks.flatMap(([name, lacking]) => (lacking ? [name] : []));
}

/** Whether a bucket has all that is wanted; where no settings are wanted, any will do. */
export const hasSettings = (there: Bucket, wanted: BucketSettings | undefined): boolean =>
  wanted === undefined || lackingSettings(there, wanted).length === 0;

/** Whether two readings of settings are the same; one that was not taken is as any. */
export function sameSettings(a: BucketSettings | undefined, b: BucketSettings | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  const tags = ({ tags: all }: BucketSettings): string => JSON.stringify(byKey(Object.entries(all)));
  return (
    a.publicAccessBlocked === b.publicAccessBlocked &&
    a.ownership === b.ownership &&
    sameEncryption(a.encryption, b.encryption) &&
    samePolicy(a.policy ?? '', b.policy ?? '') &&
    tags(a) === tags(b)
  );
}

/** A bucket for people, by the names of S3's API. */
export function bucketText({ name, region, settings }: Bucket): { readonly language: 'json'; readonly text: string } {
  const shown =
    settings === undefined
      ? {}
      : {
          PublicAccessBlock: settings.publicAccessBlocked ? 'all four blocked' : 'not all blocked',
          ObjectOwnership: settings.ownership,
          Encryption: { SSEAlgorithm: settings.encryption?.algorithm, KMSMasterKeyID: settings.encryption?.key },
          Policy: settings.policy === undefined ? undefined : (dataOf(settings.policy) ?? settings.policy),
          Tags: settings.tags,
        };
  return { language: 'json', text: policyText({ Bucket: name, Region: region, ...shown }) };
}
