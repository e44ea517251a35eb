// The token webhook of the clusters: checks an EKS bearer token (a presigned GetCallerIdentity) as EKS does, and maps the
// AWS principal to a Kubernetes user. Source of the checks: aws-iam-authenticator, pkg/token/token.go.
import { sha256, signature } from './sigv4.ts';

/** Credentials that the account has given out. */
export interface KnownKey {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Of the user, or of the role that was assumed. */
  readonly principalArn: string;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
}
export interface KubernetesUser {
  readonly username: string;
  readonly groups: readonly string[];
}
export interface TokenContext {
  readonly cluster: string;
  /** Milliseconds that the cluster's clock is ahead of this process's. Default 0. */
  readonly clockMs?: number;
  /** host:port of the sandbox's own endpoint: what `aws eks get-token` signs for when AWS_ENDPOINT_URL is set. */
  readonly ownHost: string;
  /** Principal ARN to user: what the cluster's access entries say. */
  readonly users: ReadonlyMap<string, KubernetesUser>;
  key(accessKeyId: string): KnownKey | undefined;
}

export const TOKEN_PREFIX = 'k8s-aws-v1.';
const MAX_AGE_MS = 15 * 60_000;
/** Clocks may differ by this much before a token counts as made in the future. */
const CLOCK_SKEW_MS = 5 * 60_000;
const PARAMETERS = new Set([
  ...['action', 'version', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-expires'],
  ...['x-amz-security-token', 'x-amz-signature', 'x-amz-signedheaders', 'x-amz-user-agent'],
]);

/** The access key that signed a bearer token, of a header or alone; '' where it is none. */
export function accessKeyOf(token: string): string {
  const encoded = token.slice(token.indexOf(TOKEN_PREFIX) + TOKEN_PREFIX.length);
  const url = Buffer.from(encoded, 'base64url').toString();
  return /[?&]X-Amz-Credential=(\w+)/i.exec(url)?.[1] ?? '';
}

/** The user that a bearer token stands for, or why it is refused. */
export function authenticate(token: string, context: TokenContext): (KubernetesUser & { arn: string }) | string {
  if (token.length > 4096) return 'token is too large';
  if (!token.startsWith(TOKEN_PREFIX)) return `token has no prefix ${TOKEN_PREFIX}`;
  const encoded = token.slice(TOKEN_PREFIX.length);
  if (!/^[\w-]+$/.test(encoded)) return 'token is not base64url without padding';
  let url: URL;
  try {
    url = new URL(Buffer.from(encoded, 'base64url').toString());
  } catch {
    return 'token holds no URL';
  }
  const own = url.protocol === 'http:' && url.host === context.ownHost;
  const real = url.protocol === 'https:' && /^sts(\.[a-z0-9-]+)?\.amazonaws\.com$/.test(url.host);
  if (!own && !real) return `unexpected host ${url.host} in a pre-signed URL`;
  if (url.pathname !== '/') return 'unexpected path in a pre-signed URL';

  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const key = name.toLowerCase();
    if (!PARAMETERS.has(key)) return `unexpected query parameter ${name}`;
    if (query.has(key)) return `query parameter ${name} is there twice`;
    query.set(key, value);
  }
  if (query.get('action') !== 'GetCallerIdentity') return 'unexpected action in a pre-signed URL';
  if (query.get('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') return 'unexpected signature algorithm';
  const signedHeaders = (query.get('x-amz-signedheaders') ?? '').split(';');
  if (!signedHeaders.includes('host') || !signedHeaders.includes('x-k8s-aws-id'))
    return 'X-Amz-SignedHeaders lacks host or x-k8s-aws-id';
  if (signedHeaders.length !== 2) return 'unexpected signed header';

  const date = query.get('x-amz-date') ?? '';
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (!parts) return 'X-Amz-Date is not a date';
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const age = Date.now() + (context.clockMs ?? 0) - Date.UTC(year, month - 1, day, hour, minute, second);
  if (age > MAX_AGE_MS) return 'token expired';
  if (age < -CLOCK_SKEW_MS) return 'token is from the future';

  const [accessKeyId = '', scopeDay, region = '', service] = (query.get('x-amz-credential') ?? '').split('/');
  if (scopeDay !== date.slice(0, 8) || service !== 'sts') return 'unexpected credential scope';
  const key = context.key(accessKeyId);
  if (!key) return 'InvalidClientTokenId: the access key is not known';
  if ((key.expires ?? Infinity) < Date.now()) return 'ExpiredToken: the credentials have expired';
  if (key.sessionToken !== query.get('x-amz-security-token')) return 'InvalidClientTokenId: wrong session token';
  const expected = signature(
    {
      method: 'GET',
      path: '/',
      query: [...url.searchParams].filter(([name]) => name.toLowerCase() !== 'x-amz-signature'),
      // The cluster's own name goes in, so that a token for another cluster fails here.
      headers: { host: url.host, 'x-k8s-aws-id': context.cluster },
      payloadHash: sha256(''),
      date,
      region,
      service: 'sts',
    },
    key.secretAccessKey,
  );
  if (expected !== query.get('x-amz-signature'))
    return `SignatureDoesNotMatch: the token was signed with another secret or for a cluster other than ${context.cluster}`;
  const user = context.users.get(key.principalArn);
  return user ? { ...user, arn: key.principalArn } : `ARN is not mapped: ${key.principalArn}`;
}

/** Answers a TokenReview (authentication.k8s.io/v1) in the form of a TokenReview. */
export function reviewToken(review: unknown, context: TokenContext): object {
  const token = (review as { spec?: { token?: string } }).spec?.token ?? '';
  const result = authenticate(token, context);
  const status =
    typeof result === 'string'
      ? { authenticated: false, error: result }
      : {
          authenticated: true,
          user: {
            username: result.username,
            uid: `aws-iam-authenticator:${result.arn}`,
            groups: result.groups,
            extra: { arn: [result.arn], canonicalArn: [result.arn] },
          },
        };
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status };
}
