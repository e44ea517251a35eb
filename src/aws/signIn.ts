/**
 * Signs a person in with IAM Identity Center, as `aws sso login --use-device-code` does: the OAuth 2.0 device authorization grant
 * (RFC 8628; IAM Identity Center OIDC API reference).
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getSSOTokenFilepath, loadSharedConfigFiles } from '@smithy/core/config';
import { OutsideError } from '../provisioning/ports.ts';
import { knownError } from './errors.ts';
import { HTTP } from './http.ts';

/** What a person signs in to (AWS SDKs and Tools reference, "IAM Identity Center credential provider"). */
export interface SsoSession {
  /** Name of the section `[sso-session NAME]`; absent where the AWS profile itself holds the settings. */
  readonly name?: string;
  readonly startUrl: string;
  readonly region: string;
  /** Empty: the service's own default. */
  readonly scopes: readonly string[];
}

/** What the person needs: the page to open, and the code that it must show. */
export interface Verification {
  readonly url: string;
  readonly code: string;
}

/** What makes an AWS profile's credentials before its `sso_` settings are looked at (SDK, credential-provider-ini). */
const STRONGER = ['aws_access_key_id', 'web_identity_token_file', 'credential_process'];

/**
 * The session that an AWS profile's credentials come from, itself or by way of `source_profile`. Without a profile: that of the
 * provider chain. Undefined where no sign-in is needed or none would help.
 */
export async function ssoSessionOf(profile: string | undefined): Promise<SsoSession | undefined> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const chosen = profile ?? process.env['AWS_PROFILE'];
  if (!chosen && process.env['AWS_ACCESS_KEY_ID']) return undefined;
  const seen = new Set<string>();
  for (let name: string | undefined = chosen || 'default'; name !== undefined && !seen.has(name);) {
    seen.add(name);
    const settings: Readonly<Record<string, string | undefined>> = { ...configFile[name], ...credentialsFile[name] };
    if (settings['role_arn'] && settings['source_profile']) {
      name = settings['source_profile'];
      continue;
    }
    if (STRONGER.some((setting) => settings[setting])) return undefined;
    const session = settings['sso_session'];
    const section = session === undefined ? settings : configFile[`sso-session.${session}`];
    const { sso_start_url: startUrl, sso_region: region, sso_registration_scopes: scopes = '' } = section ?? {};
    if (!startUrl || !region) return undefined;
    if (session === undefined) return { startUrl, region, scopes: [] };
    // The default of `aws configure sso`: without it there is no token that can be renewed.
    return { name: session, startUrl, region, scopes: listed(scopes || 'sso:account:access') };
  }
  return undefined;
}

const listed = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Seconds: the interval where none is told, and by how much it grows when told to slow down (RFC 8628, 3.2 and 3.5). */
const SECONDS = 5;

/**
 * Signs in: `ask` shows the person what to open, and while they answer there the service is asked for the token, which is then
 * kept where the SDK and the CLI look for it. Throws {@link OutsideError}, or the signal's reason when it aborts.
 *
 * The client is registered anew each time: the registration that the CLI leaves beside its token may be for another grant, which
 * would show only after the person has allowed the access.
 */
export async function signIn(
  session: SsoSession,
  ask: (verification: Verification) => void,
  signal: AbortSignal,
): Promise<void> {
  const { SSOOIDCClient, RegisterClientCommand, StartDeviceAuthorizationCommand, CreateTokenCommand } =
    await import('@aws-sdk/client-sso-oidc');
  const { startUrl, region } = session;
  const service = new SSOOIDCClient({ region, requestHandler: HTTP, maxAttempts: 4 });
  const options = { abortSignal: signal };
  try {
    signal.throwIfAborted();
    const { clientId, clientSecret, clientSecretExpiresAt } = await service.send(
      new RegisterClientCommand({
        clientName: 'Kubeflow IRSA for VS Code',
        clientType: 'public',
        ...(session.scopes.length === 0 ? {} : { scopes: [...session.scopes] }),
      }),
      options,
    );
    const client = { clientId, clientSecret };
    const device = await service.send(new StartDeviceAuthorizationCommand({ ...client, startUrl }), options);
    const url = device.verificationUriComplete ?? device.verificationUri ?? '';
    if (!isSafe(url))
      throw new OutsideError('IAM Identity Center named a page that is not https. It was not opened.', 'UnsafeUrl');
    ask({ url, code: device.userCode ?? '' });
    const request = new CreateTokenCommand({ ...client, grantType: GRANT, deviceCode: device.deviceCode });
    const token = await poll(() => service.send(request, options), device, signal);
    await keep(session.name ?? startUrl, {
      startUrl,
      region,
      accessToken: token.accessToken,
      expiresAt: time(Date.now() + (token.expiresIn ?? 0) * 1_000),
      ...client,
      registrationExpiresAt: time((clientSecretExpiresAt ?? 0) * 1_000),
      refreshToken: token.refreshToken,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OutsideError) throw error;
    // Nothing that the service wrote goes into the message: it knows the secrets.
    const { code, reason } = knownError(error);
    throw new OutsideError(
      meaning(code, session) ?? reason ?? `IAM Identity Center did not sign you in (${code}).`,
      code,
    );
  } finally {
    service.destroy();
  }
}

/** Asks for the token until there is one, it is refused, or the code has expired (RFC 8628, 3.5). Times are in seconds. */
async function poll<T>(
  ask: () => Promise<T>,
  {
    interval = SECONDS,
    expiresIn = 0,
  }: { readonly interval?: number | undefined; readonly expiresIn?: number | undefined },
  signal: AbortSignal,
): Promise<T> {
  const end = Date.now() + expiresIn * 1_000;
  for (let wait = interval; ;) {
    await sleep(wait * 1_000, undefined, { signal });
    if (Date.now() > end) throw Object.assign(new Error('too late'), { name: 'ExpiredTokenException' });
    try {
      return await ask();
    } catch (error) {
      const { name, $fault } = error as { name?: string; $fault?: string };
      if (name === 'AuthorizationPendingException') continue;
      // No answer, or one of a service in trouble, says nothing about the code.
      if (name !== 'SlowDownException' && $fault === 'client') throw error;
      wait += SECONDS;
    }
  }
}

/** What an error of the OIDC API means here, and what to do. */
function meaning(code: string, { startUrl, region }: SsoSession): string | undefined {
  switch (code) {
    case 'AccessDeniedException':
      return 'the sign-in was not allowed in the browser.';
    case 'ExpiredTokenException':
      return 'nobody confirmed the code in the browser in time. Sign in again.';
    case 'InvalidRequestException':
    case 'InvalidRequestRegionException':
      return `IAM Identity Center in ${region} does not know ${startUrl}. Check sso_start_url and sso_region in the AWS config file.`;
    case 'InvalidScopeException':
    case 'InvalidClientMetadataException':
      return 'IAM Identity Center refused the scopes. Check sso_registration_scopes in the AWS config file.';
    default:
      return undefined;
  }
}

/** Whether a browser may be sent there: nobody on the way can change what it shows. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && /^((.+\.)?localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
}

/** As the CLI writes times. */
const time = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+/, '');

/** Writes the token file of a session (by its name, else its start URL) whole or not at all, for its owner only. */
async function keep(id: string, token: Readonly<Record<string, string | undefined>>): Promise<void> {
  const file = getSSOTokenFilepath(id);
  const part = `${file}.${randomUUID()}`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(part, JSON.stringify(token, null, 2), { mode: 0o600, flag: 'wx' });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const { code } = knownError(error);
    throw new OutsideError(`you are signed in, but that could not be kept in ${file} (${code}).`, code);
  }
}
