// AWS Signature Version 4, written for the sandbox with node:crypto: it checks what the product signs with its SDK, so it
// must not share the SDK's code. Source: AWS General Reference, "Create a signed AWS API request".
import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** RFC 3986: everything but letters, digits and -._~ is escaped. */
export const escape = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export interface Canonical {
  readonly method: string;
  /** Already escaped. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** The headers that are signed, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payloadHash: string;
  /** yyyymmddThhmmssZ */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** The signature (64 hex digits) of a request under a secret key. */
export function signature(request: Canonical, secretAccessKey: string): string {
  const { method, path, query, headers, payloadHash, date, region, service } = request;
  const names = Object.keys(headers).sort();
  const canonical = [
    method,
    path,
    query
      .map(([key, value]) => `${escape(key)}=${escape(value)}`)
      .sort()
      .join('&'),
    ...names.map((key) => `${key}:${(headers[key] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n');
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  return hmac(key, toSign).toString('hex');
}

export interface Call {
  readonly service: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly method?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Sends a signed request to an endpoint and answers whatever comes back. */
export async function call(endpoint: string, request: Call): Promise<Answer> {
  const { service, region, credentials, method = 'POST', path = '/', query = {}, body = '' } = request;
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const payloadHash = sha256(body);
  const headers: Record<string, string> = {
    host: new URL(endpoint).host,
    'x-amz-date': date,
    'x-amz-content-sha256': payloadHash,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
    ...request.headers,
  };
  const parameters = Object.entries(query);
  const signed = signature(
    { method, path, query: parameters, headers, payloadHash, date, region, service },
    credentials.secretAccessKey,
  );
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  // fetch sets the Host header itself.
  const sent = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'host'));
  const search = parameters.map(([key, value]) => `${escape(key)}=${escape(value)}`).join('&');
  const response = await fetch(`${endpoint}${path}${search === '' ? '' : `?${search}`}`, {
    method,
    headers: {
      ...sent,
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${Object.keys(headers).sort().join(';')}, Signature=${signed}`,
    },
    ...(body === '' ? {} : { body }),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export class AwsError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = 'AwsError';
    this.code = code;
  }
}

/** A call of a query service (iam, sts): answers the XML. Throws AwsError with the service's code. */
export async function query(
  endpoint: string,
  credentials: Credentials,
  service: 'iam' | 'sts',
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const versions = { iam: '2010-05-08', sts: '2011-06-15' };
  const body = new URLSearchParams({ Version: versions[service], ...parameters }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const { status, text } = await call(endpoint, { service, region: 'us-east-1', credentials, headers, body });
  if (status >= 400) throw new AwsError(xmlValue(text, 'Code') ?? `HTTP ${status}`, xmlValue(text, 'Message') ?? text);
  return text;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
/** The texts of all elements of a name that hold only text. */
export const xmlValues = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) =>
    (match[1] ?? '').replace(/&(lt|gt|quot|apos|amp|#(\d+));/g, (_all, entity: string, code?: string) =>
      code === undefined ? (ENTITIES[entity] ?? '') : String.fromCodePoint(Number(code)),
    ),
  );
export const xmlValue = (xml: string, name: string): string | undefined => xmlValues(xml, name)[0];
export const xmlEscape = (text: string): string => text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
