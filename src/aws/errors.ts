import { absent, denied, failed, type Reading } from '../core/reading.ts';
import { withoutSecrets } from '../core/text.ts';
import { OutsideError } from '../provisioning/ports.ts';

/** What an AWS error says, as far as the SDK tells it. */
interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly status?: number;
}

/** "There is no such thing", by error code (botocore IAM, EKS, KMS, S3, Organizations models). HeadBucket's has no code but its status. */
const ABSENT = new Set([
  'NoSuchEntity',
  'NoSuchEntityException',
  'ResourceNotFoundException',
  'NoSuchBucket',
  'NotFound',
  'NotFoundException',
  'AWSOrganizationsNotInUseException',
]);
/** "You may not", by error code. `Forbidden` and `403` are what a HEAD request gives, which has no body. */
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Forbidden', '403']);

/** What stands behind an error that concerns the credentials or the network, and what to do: a sentence by code. */
const REASONS: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    'no AWS credentials were found. Sign in (for example with "aws sso login"), or choose another AWS profile.',
  TokenProviderError: 'the sign-in of this AWS profile has expired. Sign in again (for example with "aws sso login").',
  ExpiredToken: 'your AWS credentials have expired. Sign in again, then try again.',
  ExpiredTokenException: 'your AWS credentials have expired. Sign in again, then try again.',
  RequestExpired: "AWS says the request has expired: is this machine's clock right?",
  RequestTimeTooSkewed: "AWS says that this machine's clock is wrong. Set it, then try again.",
  InvalidClientTokenId: 'AWS does not know this access key. Choose another AWS profile, or renew the key.',
  UnrecognizedClientException: 'AWS does not know this access key. Choose another AWS profile, or renew the key.',
  InvalidAccessKeyId: 'AWS does not know this access key. Choose another AWS profile, or renew the key.',
  SignatureDoesNotMatch: 'AWS refused the signature: the secret key does not belong to the access key.',
  InvalidSignatureException: 'AWS refused the signature: the secret key does not belong to the access key.',
  ENOTFOUND: 'the AWS endpoint has no address here. Check the network, the proxy and the region.',
  ECONNREFUSED: 'the AWS endpoint refused the connection. Check the network and the endpoint settings.',
  ETIMEDOUT: 'the AWS endpoint did not answer in time. Check the network and the proxy.',
  TimeoutError: 'the AWS endpoint did not answer in time. Check the network and the proxy.',
  ThrottlingException: 'AWS is throttling these calls. Wait a moment, then try again.',
  Throttling: 'AWS is throttling these calls. Wait a moment, then try again.',
  LimitExceeded: 'a quota of the account is reached. Delete what is not needed, or ask AWS to raise it.',
};

/**
 * What the SDK wraps as CredentialsProviderError although more than credentials is missing, by what it says, and the code of what
 * stands behind. `TokenProviderError`: there is no valid token of IAM Identity Center, or it does not accept the token; a sign-in
 * helps (AWS SDK for JavaScript v3, credential-provider-sso, token-providers).
 */
const WRAPPED: readonly (readonly [said: RegExp, code: string])[] = [
  [/To refresh this SSO session|^UnauthorizedException\b/, 'TokenProviderError'],
  ...['ENOTFOUND', 'ECONNREFUSED', 'ETIMEDOUT', 'TimeoutError'].map((code) => [new RegExp(code), code] as const),
];

function awsError(error: unknown): AwsError {
  if (!(error instanceof Error)) return { name: 'Unknown', message: String(error) };
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const own = error.name === 'Error' && typeof code === 'string' ? code : error.name;
  const behind = own === 'CredentialsProviderError' && WRAPPED.find(([said]) => said.test(error.message));
  const name = behind ? behind[1] : own;
  const status = $metadata?.httpStatusCode;
  return { name, message: error.message, ...(status === undefined ? {} : { status }) };
}

/**
 * Why the provider chain gave no credentials, by what it said: the SDK wraps all of these as CredentialsProviderError (AWS SDK
 * for JavaScript v3, credential-provider-ini, -sso, -process).
 */
const NO_CREDENTIALS: readonly (readonly [said: RegExp, sentence: string])[] = [
  [
    /^ForbiddenException\b/,
    'IAM Identity Center does not give you this role in this account. Check sso_account_id and sso_role_name of the AWS profile, or ask for the permission set.',
  ],
  [
    /multi-factor/i,
    'this AWS profile asks for an MFA code, which cannot be given here. Choose an AWS profile with temporary credentials.',
  ],
  [
    /Command failed|credential_process/i,
    'the credential_process of this AWS profile failed. Run its command in a terminal to see why.',
  ],
  [
    /resolve credentials using profile|could not be found/i,
    'no AWS credentials were found: the AWS profile, or one that it builds on, has none in ~/.aws/config and ~/.aws/credentials. Choose another AWS profile.',
  ],
];

/** What AWS said, in one line, without secrets. */
function sentence({ name, message }: AwsError): string {
  const said = withoutSecrets(message.replace(/\s+/g, ' ')).slice(0, 400);
  if (name.includes('Credentials')) {
    const known = NO_CREDENTIALS.find(([pattern]) => pattern.test(said))?.[1];
    if (known !== undefined) return known;
  }
  return REASONS[name] ?? `${said} (${name})`;
}

/** The reading that an error of a reading call stands for. `permission`: the IAM action that the call needs. */
export function readingOf(error: unknown, permission: string): Reading<never> {
  const known = awsError(error);
  if (ABSENT.has(known.name) || (known.name === 'UnknownError' && known.status === 404)) return absent;
  if (DENIED.has(known.name) || (known.status === 403 && REASONS[known.name] === undefined)) {
    return denied(permission, withoutSecrets(known.message));
  }
  return failed(sentence(known), known.name);
}

/** The error that a writing call throws, with what to do. `action`: the IAM action that was called. */
export function outsideError(error: unknown, action: string): OutsideError {
  const known = awsError(error);
  if (DENIED.has(known.name)) {
    return new OutsideError(`You are not permitted to ${action}. ${withoutSecrets(known.message)}`, known.name, action);
  }
  return new OutsideError(`${action}: ${sentence(known)}`, known.name);
}

/** The code of an error, and what it means if that is known; without what the outside wrote. */
export function knownError(error: unknown): { readonly code: string; readonly reason: string | undefined } {
  const { name } = awsError(error);
  return { code: name, reason: REASONS[name] };
}
