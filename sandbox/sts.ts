// sts:AssumeRoleWithWebIdentity as AWS judges it: the token first, then the role's trust policy. moto accepts any token for
// any role, so the front asks here before it passes the call on.
import { createLocalJWKSet, decodeJwt, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { organizationFault, trusts, type Guard } from './policy.ts';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}
/** What the account knows, as STS sees it now (IAM's changes reach STS a little later than IAM's own answers). */
export interface AccountView {
  readonly account: string;
  /** The client ids of the OIDC provider with this ARN, or undefined if there is none. */
  clientIds(providerArn: string): Promise<readonly string[] | undefined>;
  /** The trust policy (JSON text) and the session limit (seconds) of the role with this ARN, or undefined if there is none. */
  role(roleArn: string): Promise<{ readonly trust: string; readonly maxSessionDuration: number } | undefined>;
  /** The resource control policies over the account, level by level from the root of its organization down. */
  guards(): Promise<readonly (readonly Guard[])[]>;
  /** The keys that an issuer publishes, or undefined if it cannot be reached. */
  keys(issuer: string): Promise<JSONWebKeySet | undefined>;
}
export interface WebIdentity {
  readonly subject: string;
  readonly audience: string;
  readonly providerArn: string;
}

const invalidToken = (message: string): Refusal => ({ status: 400, code: 'InvalidIdentityToken', message });
const validation = (message: string): Refusal => ({ status: 400, code: 'ValidationError', message });
const notAuthorized: Refusal = {
  status: 403,
  code: 'AccessDenied',
  message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
};
/** Limits of the parameters. Source: STS API model, 2011-06-15. */
const PARAMETERS: Readonly<Record<string, { readonly pattern: RegExp; readonly min: number; readonly max: number }>> = {
  RoleArn: { pattern: /^[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD]+$/, min: 20, max: 2048 },
  RoleSessionName: { pattern: /^[\w+=,.@-]*$/, min: 2, max: 64 },
  WebIdentityToken: { pattern: /^[^]*$/, min: 4, max: 20000 },
};

/** Judges the call: the identity it is allowed for, or the error that STS answers. */
export async function judgeWebIdentity(
  parameters: ReadonlyMap<string, string>,
  view: AccountView,
): Promise<WebIdentity | Refusal> {
  for (const [name, { pattern, min, max }] of Object.entries(PARAMETERS)) {
    const value = parameters.get(name);
    const at = `1 validation error detected: Value at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint:`;
    if (value === undefined) return validation(`${at} Member must not be null`);
    if (value.length < min) return validation(`${at} Member must have length greater than or equal to ${min}`);
    if (value.length > max) return validation(`${at} Member must have length less than or equal to ${max}`);
    if (!pattern.test(value))
      return validation(`${at} Member must satisfy regular expression pattern: ${pattern.source}`);
  }
  const duration = Number(parameters.get('DurationSeconds') ?? 3600);
  if (!Number.isInteger(duration) || duration < 900 || duration > 43200)
    return validation(
      "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must be between 900 and 43200",
    );
  const roleArn = parameters.get('RoleArn') ?? '';
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(roleArn)) return validation(`${roleArn} is invalid`);

  const token = parameters.get('WebIdentityToken') ?? '';
  let claims: ReturnType<typeof decodeJwt>;
  try {
    claims = decodeJwt(token);
  } catch {
    return invalidToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
  const { iss = '', sub = '' } = claims;
  const issuerName = iss.replace(/^https:\/\//, '');
  const providerArn = `arn:aws:iam::${view.account}:oidc-provider/${issuerName}`;
  const clientIds = iss.startsWith('https://') ? await view.clientIds(providerArn) : undefined;
  if (!clientIds) return invalidToken(`No OpenIDConnect provider found in your account for ${iss}`);
  const audience = [claims.aud ?? []].flat().find((value) => clientIds.includes(value));
  if (audience === undefined) return invalidToken('Incorrect token audience');
  const keys = await view.keys(iss);
  if (!keys)
    return {
      status: 400,
      code: 'IDPCommunicationError',
      message:
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
    };
  try {
    await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ['RS256'],
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    });
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      return {
        status: 400,
        code: 'ExpiredTokenException',
        message: `Token expired: current date/time ${Math.floor(Date.now() / 1000)} must be before the expiration date/time ${claims.exp ?? 0}`,
      };
    return invalidToken(
      "Couldn't retrieve verification key from your identity provider, or the token's signature could not be validated",
    );
  }

  const role = await view.role(roleArn);
  if (!role) return notAuthorized;
  const context = new Map<string, readonly string[]>([
    [`${issuerName}:aud`.toLowerCase(), [audience]],
    [`${issuerName}:sub`.toLowerCase(), [sub]],
    ['aws:federatedprovider', [providerArn]],
    ['aws:currenttime', [new Date().toISOString()]],
    ['aws:epochtime', [String(Math.floor(Date.now() / 1000))]],
    ['aws:sourceip', ['127.0.0.1']],
    // AWS is reached over TLS only.
    ['aws:securetransport', ['true']],
    ['sts:rolesessionname', [parameters.get('RoleSessionName') ?? '']],
    ...(parameters.has('DurationSeconds') ? [['sts:durationseconds', [String(duration)]] as const] : []),
  ]);
  const action = 'sts:AssumeRoleWithWebIdentity';
  if (!trusts(role.trust, { provider: providerArn, action, context })) return notAuthorized;
  // Nobody of the account calls, so that no service control policy is asked; the role is a resource of the account.
  if (organizationFault(await view.guards(), { action, resource: roleArn, context }) !== undefined)
    return notAuthorized;
  if (duration > role.maxSessionDuration)
    return validation('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  return { subject: sub, audience, providerArn };
}
