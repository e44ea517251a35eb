/** The fields of `arn:partition:service:region:account:resource`. Any may be empty or hold a wildcard or policy variable. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** Everything after the fifth colon, further colons included. */
  readonly resource: string;
}

const FIELDS = ['partition', 'service', 'region', 'account', 'resource'] as const;

/**
 * An IAM role ARN, groups `partition`, `account`, `path` and `name`.
 * Source: botocore's IAM model (arnType, pathType, roleNameType) with the account narrowed to 12 digits.
 */
export const ROLE_ARN =
  /^arn:(?<partition>aws[a-z-]*):iam::(?<account>\d{12}):role(?<path>\/|\/[\u0021-\u007E]{1,510}\/)(?<name>[\w+=,.@-]{1,64})$/;

/** A policy variable, or one that is never closed: that is none, and is not gone through again from each of its beginnings. */
const VARIABLE = /\$\{[^}]*(?:\}|$)/g;

/** Splits at the first five colons that are not inside a policy variable such as `${aws:PrincipalAccount}`. */
function split(text: string): string[] {
  const masked = text.replaceAll(VARIABLE, (one) => (one.endsWith('}') ? '$'.repeat(one.length) : one));
  let at = 0;
  const fields = masked.split(':', 5).map(({ length }) => {
    const field = text.slice(at, at + length);
    at += length + 1;
    return field;
  });
  return at <= text.length ? [...fields, text.slice(at)] : fields;
}

/** The fields of an ARN; undefined when the text does not start with `arn:` or has fewer than six fields. Judges no field. */
export function parseArn(text: string): Arn | undefined {
  const [prefix, partition = '', service = '', region = '', account = '', resource] = split(text);
  return prefix === 'arn' && resource !== undefined ? { partition, service, region, account, resource } : undefined;
}

/**
 * The fields of an ARN as IAM reads it in `Resource`: fields that are missing at the end count as `*`
 * (IAM User Guide, "Resource": an incomplete ARN is completed with wildcards). Undefined without the prefix `arn:`.
 */
export function parseArnPattern(text: string): Arn | undefined {
  const [, partition = '*', service = '*', region = '*', account = '*', resource = '*'] = split(text);
  return text.startsWith('arn:') ? { partition, service, region, account, resource } : undefined;
}

/** The text of an ARN: the inverse of {@link parseArn}. */
export function formatArn(arn: Arn): string {
  return ['arn', ...FIELDS.map((field) => arn[field])].join(':');
}

/** Where a field stands in the text of its ARN, as [start, end) in UTF-16 code units. */
export function fieldRange(arn: Arn, field: keyof Arn): [start: number, end: number] {
  let start = 'arn:'.length;
  for (const name of FIELDS) {
    if (name === field) break;
    start += arn[name].length + 1;
  }
  return [start, start + arn[field].length];
}

/** The role's name: what follows the last `/`, without the path. Undefined when the text is no role ARN. */
export function roleNameOf(roleArn: string): string | undefined {
  return ROLE_ARN.exec(roleArn)?.groups?.['name'];
}
