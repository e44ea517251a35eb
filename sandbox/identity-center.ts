// IAM Identity Center, played: the OIDC service with the device grant (IAM Identity Center OIDC API reference, RFC 8628), the
// portal's GetRoleCredentials (Portal API reference), and the page on which the person allows a sign-in.
import { randomBytes, randomInt } from 'node:crypto';
import { xmlEscape, type Credentials } from './sigv4.ts';
import type { Refusal } from './sts.ts';

export interface SignInSettings {
  /** Seconds that a code is valid. */
  expiresIn: number;
  /** Seconds that a client must leave between two questions for the token; it is told. */
  interval: number;
  /** So many questions for a token are told to slow down. */
  slowDowns: number;
  /** What it names as the page to open, instead of its own. */
  page?: string;
}
export interface IdentityCenterOptions {
  readonly startUrl: string;
  /** Where the person finds the page. */
  readonly pageUrl: string;
  readonly settings: () => SignInSettings;
  /** Credentials of a role, or undefined where the person has none in this account. */
  readonly roleCredentials: (
    account: string,
    role: string,
  ) => Promise<(Required<Credentials> & { readonly expires: number }) | undefined>;
}
export interface IdentityCenter {
  /** Answers a call of its API: what goes out as JSON, or the error. */
  answer(call: {
    readonly operation: string;
    readonly url: URL;
    readonly body: Buffer | undefined;
    readonly bearer: string | undefined;
  }): Promise<object>;
  /** The page, as HTML. With an answer ("allow" or another) the code is used up. */
  page(userCode: string | null, answer: string | null): { readonly status: number; readonly html: string };
}

interface Client {
  readonly secret: string;
  readonly scopes: readonly string[];
}
interface Device {
  readonly clientId: string;
  readonly userCode: string;
  readonly expires: number;
  answer: 'none' | 'allow' | 'deny';
  interval: number;
  /** When the client may ask again. */
  next: number;
}

const refusal = (code: string, message: string, status = 400): Refusal => ({ status, code, message });
const secret = (): string => randomBytes(48).toString('base64url');
/** Letters that are not taken for one another, and that make no words. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const letters = (): string => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
const DAY = 24 * 3600;

export function openIdentityCenter({
  startUrl,
  pageUrl,
  settings,
  roleCredentials,
}: IdentityCenterOptions): IdentityCenter {
  const clients = new Map<string, Client>();
  /** By device code. */
  const devices = new Map<string, Device>();
  /** Until when an access token is valid. */
  const tokens = new Map<string, number>();
  /** The client that a refresh token was given to. */
  const refreshTokens = new Map<string, string>();

  const register = (body: Body): object => {
    const { clientName, clientType, scopes = [] } = body;
    if (typeof clientName !== 'string') return refusal('InvalidRequestException', 'clientName is missing');
    if (clientType !== 'public') return refusal('InvalidClientMetadataException', 'clientType must be public');
    if (!isTexts(scopes) || scopes.some((scope) => scope !== 'sso:account:access'))
      return refusal('InvalidScopeException', 'Invalid scope provided');
    const clientId = secret();
    const clientSecret = secret();
    clients.set(clientId, { secret: clientSecret, scopes });
    const now = Math.floor(Date.now() / 1000);
    return { clientId, clientSecret, clientIdIssuedAt: now, clientSecretExpiresAt: now + 90 * DAY };
  };

  const authorize = (body: Body): object => {
    if (body['startUrl'] !== startUrl) return refusal('InvalidRequestException', 'Invalid start URL provided');
    const { expiresIn, interval, page: verificationUri = pageUrl } = settings();
    const deviceCode = secret();
    const userCode = `${letters()}-${letters()}`;
    const expires = Date.now() + expiresIn * 1000;
    devices.set(deviceCode, {
      clientId: String(body['clientId']),
      userCode,
      expires,
      answer: 'none',
      interval,
      next: 0,
    });
    const verificationUriComplete = `${verificationUri}?user_code=${userCode}`;
    return { deviceCode, userCode, verificationUri, verificationUriComplete, expiresIn, interval };
  };

  const grant = (clientId: string): object => {
    const refreshable = clients.get(clientId)?.scopes.includes('sso:account:access') === true;
    const expiresIn = refreshable ? 3600 : 8 * 3600;
    const accessToken = secret();
    tokens.set(accessToken, Date.now() + expiresIn * 1000);
    if (!refreshable) return { accessToken, expiresIn, tokenType: 'Bearer' };
    const refreshToken = secret();
    refreshTokens.set(refreshToken, clientId);
    return { accessToken, expiresIn, tokenType: 'Bearer', refreshToken };
  };

  const byDeviceCode = (clientId: string, deviceCode: string): object => {
    const device = devices.get(deviceCode);
    if (device?.clientId !== clientId) return refusal('InvalidGrantException', 'Invalid grant provided');
    const now = Date.now();
    // A clock that is a little fast is no haste.
    const hasty = now < device.next - 100;
    if (hasty || settings().slowDowns > 0) {
      if (!hasty) settings().slowDowns -= 1;
      device.interval += 5;
      device.next = now + device.interval * 1000;
      return refusal('SlowDownException', 'Slow down');
    }
    device.next = now + device.interval * 1000;
    if (now >= device.expires) return refusal('ExpiredTokenException', 'Device code has expired');
    if (device.answer === 'deny') return refusal('AccessDeniedException', 'Access was denied');
    if (device.answer === 'none') return refusal('AuthorizationPendingException', 'Authorization is pending');
    devices.delete(deviceCode);
    return grant(clientId);
  };

  const createToken = (body: Body): object => {
    const clientId = String(body['clientId']);
    switch (body['grantType']) {
      case 'urn:ietf:params:oauth:grant-type:device_code':
        return byDeviceCode(clientId, String(body['deviceCode']));
      case 'refresh_token': {
        const refreshToken = String(body['refreshToken']);
        if (refreshTokens.get(refreshToken) !== clientId)
          return refusal('InvalidGrantException', 'Invalid refresh token provided');
        refreshTokens.delete(refreshToken);
        return grant(clientId);
      }
      default:
        return refusal('UnsupportedGrantTypeException', 'Grant type is not supported');
    }
  };

  const getRoleCredentials = async (url: URL, bearer: string | undefined): Promise<object> => {
    if (bearer === undefined || (tokens.get(bearer) ?? 0) <= Date.now())
      return refusal('UnauthorizedException', 'Session token not found or invalid', 401);
    const [account, role] = [url.searchParams.get('account_id') ?? '', url.searchParams.get('role_name') ?? ''];
    const credentials = await roleCredentials(account, role);
    if (!credentials) return refusal('ForbiddenException', 'No access', 403);
    const { accessKeyId, secretAccessKey, sessionToken, expires } = credentials;
    return { roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration: expires } };
  };

  return {
    answer: async ({ operation, url, body, bearer }) => {
      if (operation === 'GetRoleCredentials') return getRoleCredentials(url, bearer);
      const input = JSON.parse(body?.toString() ?? '{}') as Body;
      if (operation === 'RegisterClient') return register(input);
      const client = clients.get(String(input['clientId']));
      if (!client || client.secret !== input['clientSecret'])
        return refusal('InvalidClientException', 'Invalid client provided', 401);
      return operation === 'StartDeviceAuthorization' ? authorize(input) : createToken(input);
    },
    page: (userCode, answer) => {
      const device = [...devices.values()].find((one) => one.userCode === userCode?.trim().toUpperCase());
      if (userCode !== null && (!device || device.expires <= Date.now()))
        return { status: 400, html: page('<p>This code is not valid. Start the sign-in again.</p>') };
      if (!device)
        return {
          status: 200,
          html: page('<form><label>Code <input name="user_code"></label> <button>Next</button></form>'),
        };
      if (answer !== null && device.answer === 'none') device.answer = answer === 'allow' ? 'allow' : 'deny';
      if (device.answer !== 'none') {
        const done = device.answer === 'allow' ? 'Access is allowed.' : 'Access is denied.';
        return { status: 200, html: page(`<p>${done} You can close this page.</p>`) };
      }
      const buttons =
        '<button name="answer" value="allow">Allow access</button> <button name="answer" value="deny">Deny</button>';
      const code = xmlEscape(device.userCode);
      return {
        status: 200,
        html: page(
          `<p>An application asks for access to the AWS account of the sandbox. Allow it if it shows this code:</p>
<p><code>${code}</code></p>
<form method="post"><input type="hidden" name="user_code" value="${code}">${buttons}</form>`,
        ),
      };
    },
  };
}

type Body = Readonly<Record<string, unknown>>;
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const page = (content: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in to the sandbox</title>
<style>body { font: 1.1rem sans-serif; max-width: 32rem; margin: 4rem auto } code { font-size: 2rem }</style>
<h1>Sandbox of IAM Identity Center</h1>
${content}
</html>
`;

/** The file that a sign-in of long ago left: the token has expired, and nobody renews it. */
export const expiredToken = (startUrl: string, region: string): string =>
  JSON.stringify({
    startUrl,
    region,
    accessToken: secret(),
    expiresAt: isoTime(Date.now() - DAY * 1000),
    clientId: secret(),
    clientSecret: secret(),
    registrationExpiresAt: isoTime(Date.now() + 30 * DAY * 1000),
    refreshToken: secret(),
  });
const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();
