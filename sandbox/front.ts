// The AWS endpoint of the sandbox: an HTTP server in front of moto. It passes calls on byte for byte, and adds what moto
// leaves out: strictness of STS and IAM, errors in the form of each service, expiry of credentials, the region of a bucket;
// it counts calls, and on request slows them down or makes them fail (faults.ts).
import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';
import { reviewToken, type TokenContext } from './authenticator.ts';
import { isRefusal, judgeCognito, judgeKms, judgeS3, namedKey, type S3Call, type S3Refusal } from './authorize.ts';
import { refusalOf, startFaults, type Fault, type Faults } from './faults.ts';
import { judgeIam } from './iam.ts';
import type { IdentityCenter, SignInSettings } from './identity-center.ts';
import type { KubeflowSettings } from './kubeflow.ts';
import { operationOf, s3Target, unsignedService, type S3Target } from './operations.ts';
import { bucketPolicyFault } from './policy.ts';
import { CONTROLLER_SETTINGS, type ControllerSettings } from './profile-controller.ts';
import { xmlEscape, xmlValue } from './sigv4.ts';
import { judgeWebIdentity, type Refusal } from './sts.ts';
import type { Variation } from './variation.ts';

/**
 * What can be changed while the sandbox runs: POST to CONTROL_PATH as JSON, any of the fields, and `kubeflow` with any of the
 * `KubeflowSettings`, whose objects are there when it is answered.
 */
export interface Control {
  /** Milliseconds that every call of AWS takes longer. */
  latencyMs: number;
  /** Milliseconds until a change of IAM is visible to STS and S3. */
  consistencyMs: number;
  faults: Fault[];
  signIn: SignInSettings;
  /** How Kubeflow's profile controller behaves. */
  profileController: ControllerSettings;
  /** Service accounts, as `namespace/name`, that EKS's webhook does not know yet, as one that was made a moment ago. */
  unknownServiceAccounts: string[];
}
/** GET answers the counts since the start or the last reset, DELETE (or POST) resets them. */
export const CALLS_PATH = '/_sandbox/calls';
export const CONTROL_PATH = '/_sandbox/control';
/** Followed by a cluster's name: the token webhook of that cluster. */
export const AUTHENTICATE_PATH = '/_sandbox/authenticate/';
/** The page on which a person allows a sign-in with IAM Identity Center. */
export const DEVICE_PATH = '/_sandbox/device';

export interface Front {
  /** host:port */
  readonly host: string;
  readonly calls: Map<string, number>;
  readonly settings: Readonly<Control>;
  readonly faults: Faults;
  /** Addresses that EKS tells in the place of others: those of proxies. */
  readonly endpoints: Map<string, string>;
  /** Changes what is given of the settings. */
  configure(change: Partial<Control>): void;
  /** What the sandbox is doing before it is complete: callers from outside get this as an error. Undefined: it is complete. */
  starting(step: string | undefined): void;
  /** Calls of AWS are answered from here on, those from outside when nothing is `starting`. */
  open(parts: Opened): void;
  close(): Promise<void>;
}
interface Opened {
  /** Where moto answers. */
  readonly motoPort: number;
  readonly account: Account;
  readonly identityCenter: IdentityCenter;
  readonly clusters: ReadonlyMap<string, TokenContext>;
  /** Changes the objects of the cluster that has Kubeflow. */
  readonly changeKubeflow: (change: Partial<KubeflowSettings>) => Promise<void>;
  /** Access keys of the sandbox's own parts, whose calls are not counted. */
  readonly uncounted: ReadonlySet<string>;
}
/** What is known of a request to AWS before it is judged. */
interface AwsCall {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly parameters: ReadonlyMap<string, string>;
  /** Undefined if the body is streamed. */
  readonly body: Buffer | undefined;
  /** Of a call of S3. */
  readonly target: S3Target | undefined;
}

/** Listens on a port of 127.0.0.1. */
export async function startFront(port: number, control: Partial<Control>, variation?: Variation): Promise<Front> {
  let opened: Opened | undefined;
  let starting: string | undefined = 'The sandbox is starting.';
  const calls = new Map<string, number>();
  const settings: Control = {
    latencyMs: 0,
    consistencyMs: 300,
    faults: [],
    signIn: { expiresIn: 600, interval: 1, slowDowns: 0 },
    profileController: CONTROLLER_SETTINGS,
    unknownServiceAccounts: [],
    ...control,
  };

  const faults = startFaults(settings);
  const endpoints = new Map<string, string>();

  const configure = (change: Partial<Control>): void => {
    Object.assign(settings, change);
    if (opened) opened.account.consistencyMs = settings.consistencyMs;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    if (url.pathname.startsWith('/_sandbox/')) return answerSandbox(request, response, url);
    const call = await readCall(request, url);
    if (variation) response.setHeader('date', new Date(Date.now() + variation.clockMs).toUTCString());
    if (!opened || (starting !== undefined && !opened.uncounted.has(call.accessKeyId)))
      return refuse(response, call, { status: 400, code: 'SandboxStarting', message: starting ?? '' });
    const { account, uncounted, identityCenter } = opened;
    const name = `${call.service}:${call.operation}`;
    if (!uncounted.has(call.accessKeyId)) {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const latency = settings.latencyMs + (variation?.latencyOf(name, calls.get(name) ?? 0) ?? 0);
      if (latency > 0) await sleep(latency);
      const who = account.credentials.get(call.accessKeyId)?.principalArn;
      const met = { name, of: [call.accessKeyId, roleNameOf(who), roleNameOf(call.parameters.get('RoleArn'))] };
      const fault = await faults.meet(met, response);
      if (fault === 'over') return;
      const refusal = fault && refusalOf(fault, met, who);
      if (refusal) return refuse(response, call, refusal);
    }
    if (call.service.startsWith('sso')) {
      const bearer = request.headers['x-amz-sso_bearer_token'];
      const answer = await identityCenter.answer({ ...call, bearer: bearer?.toString() });
      if ('code' in answer) return refuse(response, call, answer as Refusal);
      return void response.writeHead(200, JSON_TYPE).end(JSON.stringify(answer));
    }
    const refusal = expired(call, account);
    if (refusal) return refuse(response, call, refusal);
    if (call.service === 'sts' && call.operation === 'AssumeRoleWithWebIdentity') {
      const verdict = await judgeWebIdentity(call.parameters, account);
      if ('code' in verdict) return refuse(response, call, verdict);
      const extra = [
        `<SubjectFromWebIdentityToken>${xmlEscape(verdict.subject)}</SubjectFromWebIdentityToken>`,
        `<Provider>${xmlEscape(verdict.providerArn)}</Provider><Audience>${xmlEscape(verdict.audience)}</Audience>`,
      ].join('');
      return pass(request, response, call, (text) => text.replace('</AssumeRoleWithWebIdentityResult>', `${extra}$&`));
    }
    if (call.service === 'iam') {
      const fault = await judgeIam(call.operation, call.parameters, account);
      if (fault) return refuse(response, call, fault);
      const changed = await account.beforeChange(call.operation, call.parameters);
      return pass(request, response, call, call.operation === 'ListRoles' ? withoutDetails : undefined, changed);
    }
    if (call.target) return passS3(request, response, { ...call, target: call.target }, account);
    if (call.service === 'kms' || call.service === 'cognito-idp') {
      const asked = JSON.parse(call.body?.toString() || '{}') as Record<string, unknown>;
      const text = (name: string): string | undefined =>
        typeof asked[name] === 'string' && asked[name] !== '' ? asked[name] : undefined;
      const key = call.service === 'kms' ? (text('KeyId') ?? text('TargetKeyId')) : undefined;
      const { caller } = await account.state({ access: call.accessKeyId });
      const state =
        key === undefined
          ? { caller }
          : await account.state({ access: call.accessKeyId, key, account: caller?.account ?? '', region: call.region });
      const fault = call.service === 'kms' ? judgeKms(call, state) : judgeCognito(call, text('UserPoolId'), state);
      if (fault) return refuse(response, call, fault);
    }
    if (name === 'eks:DescribeCluster' && endpoints.size > 0)
      return pass(request, response, call, (text) =>
        [...endpoints].reduce((told, pair) => told.replaceAll(...pair), text),
      );
    return pass(request, response, call);
  };
  const passS3 = async (
    request: IncomingMessage,
    response: ServerResponse,
    call: AwsCall & { readonly target: S3Target },
    account: Account,
  ): Promise<void> => {
    const { bucket, key } = call.target;
    const query = call.url.searchParams;
    const named = namedKey(call);
    const state = await account.state({
      access: call.accessKeyId,
      ...(bucket === '' ? { regions: '' } : { bucket }),
      ...(key === '' ? {} : { object: key }),
      upload: query.get('uploadId') ?? undefined,
      ...(named === undefined ? {} : { key: named, account: account.account, region: call.region }),
    });
    const body = call.body?.toString();
    const asked: S3Call = { ...call, target: call.target, query, body };
    const verdict = judgeS3(asked, state);
    if (isRefusal(verdict)) return refuse(response, call, verdict);
    if (call.operation === 'PutBucketPolicy') {
      const fault = await bucketPolicyFault(body ?? '', bucket, account);
      if (fault !== undefined) return refuse(response, call, { status: 400, code: 'MalformedPolicy', message: fault });
    }
    return pass(request, response, call, addBucketRegions(call, state.regions ?? {}), undefined, verdict);
  };

  const answerSandbox = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const json = (value: unknown): void => void response.writeHead(200, JSON_TYPE).end(JSON.stringify(value));
    const changes = request.method === 'POST' || request.method === 'DELETE';
    if (url.pathname === CALLS_PATH) {
      if (changes) calls.clear();
      return json(Object.fromEntries([...calls].sort(([a], [b]) => a.localeCompare(b))));
    }
    if (url.pathname === CONTROL_PATH) {
      if (changes) {
        const asked = JSON.parse((await readBody(request)).toString()) as Partial<Control> & {
          kubeflow?: Partial<KubeflowSettings>;
        };
        const { kubeflow, ...change } = asked;
        configure(change);
        if (kubeflow) await opened?.changeKubeflow(kubeflow);
      }
      return json(settings);
    }
    if (url.pathname === DEVICE_PATH && opened) {
      const form = changes ? new URLSearchParams((await readBody(request)).toString()) : url.searchParams;
      const { status, html } = opened.identityCenter.page(form.get('user_code'), changes ? form.get('answer') : null);
      return void response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    }
    const context = opened?.clusters.get(url.pathname.slice(AUTHENTICATE_PATH.length));
    if (url.pathname.startsWith(AUTHENTICATE_PATH) && context)
      return json(reviewToken(JSON.parse((await readBody(request)).toString()), context));
    response.writeHead(404).end();
  };

  /**
   * Sends the request to moto as it came, with headers besides those that are signed, and its answer back, with the body changed
   * by `edit` if the call succeeded.
   */
  const pass = (
    request: IncomingMessage,
    response: ServerResponse,
    call: AwsCall,
    edit: (text: string) => string = (text) => text,
    succeeded: () => void = () => undefined,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers: string[] = [];
      for (let index = 0; index < request.rawHeaders.length; index += 2) {
        const [name = '', value = ''] = request.rawHeaders.slice(index, index + 2);
        // Neither is signed, and both concern one connection only.
        if (!/^(connection|expect)$/i.test(name)) headers.push(name, value);
      }
      for (const [name, value] of Object.entries(extra)) headers.push(name, value);
      if (variation && LISTS.test(call.operation) && !opened?.uncounted.has(call.accessKeyId))
        headers.push(PAGE_HEADER, String(variation.pageOf(`${call.service}:${call.operation}`)));
      const outgoing = httpRequest(
        {
          host: '127.0.0.1',
          port: opened?.motoPort,
          method: request.method,
          path: request.url,
          headers,
          setHost: false, // The Host header stays as the client signed it.
          agent: false,
        },
        (answer) => {
          const status = answer.statusCode ?? 502;
          const ok = status < 400;
          if (call.service === 's3' && call.operation !== 'ListBuckets') {
            response.writeHead(status, own(withoutConnection(answer.rawHeaders)));
            answer.pipe(response).on('close', resolve);
            answer.on('error', reject);
            return;
          }
          readBody(answer).then((body) => {
            const text = body.toString();
            if (!ok) {
              const refusal = translate(call, status, answer.headers['content-type'] ?? '', text);
              if (refusal) refuse(response, call, refusal);
              else response.writeHead(status, own(withoutLength(answer.rawHeaders))).end(body);
            } else {
              succeeded();
              if (call.service === 'sts') noteCredentials(text, call);
              response.writeHead(status, own(withoutLength(answer.rawHeaders))).end(edit(text));
            }
            resolve();
          }, reject);
        },
      );
      outgoing.on('error', reject);
      if (call.body === undefined) request.pipe(outgoing);
      else outgoing.end(call.body);
    });

  /** Where the clock varies, the front's own header says the time: moto's goes. */
  const own = (rawHeaders: string[]): string[] =>
    variation
      ? [...without(rawHeaders, /^date$/i), ...['Date', new Date(Date.now() + variation.clockMs).toUTCString()]]
      : rawHeaders;

  /** S3 names each bucket's region if the request has at least one parameter; moto leaves it out. */
  const addBucketRegions =
    ({ operation, url }: AwsCall, regions: Readonly<Record<string, string>>) =>
    (text: string): string =>
      operation !== 'ListBuckets' || !S3_LIST_PARAMETERS.some((name) => url.searchParams.has(name))
        ? text
        : text.replace(/<Name>([^<]*)<\/Name>/g, (element, bucket: string) => {
            const region = regions[bucket];
            return region === undefined ? element : `${element}<BucketRegion>${region}</BucketRegion>`;
          });

  /** Remembers temporary credentials that STS gives out, for the token webhooks and for their expiry. */
  const noteCredentials = (xml: string, call: AwsCall): void => {
    const accessKeyId = xmlValue(xml, 'AccessKeyId');
    const secretAccessKey = xmlValue(xml, 'SecretAccessKey');
    const sessionToken = xmlValue(xml, 'SessionToken');
    const roleArn = call.parameters.get('RoleArn');
    if (!accessKeyId || !secretAccessKey || !sessionToken || !roleArn) return;
    const expires = Date.parse(xmlValue(xml, 'Expiration') ?? '');
    opened?.account.credentials.set(accessKeyId, {
      secretAccessKey,
      sessionToken,
      principalArn: roleArn,
      ...(Number.isNaN(expires) ? {} : { expires }),
    });
  };

  const server = createServer({ keepAliveTimeout: 5_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A failure of the sandbox itself, said as such: AWS has no such answer.
      const message = `The sandbox failed on ${request.method ?? ''} ${new URL(request.url ?? '/', 'http://sandbox').pathname}: ${String(error)}`;
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(message);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    host: `127.0.0.1:${port}`,
    calls,
    settings,
    faults,
    endpoints,
    configure,
    starting: (step) => (starting = step),
    open: (parts) => {
      parts.account.consistencyMs = settings.consistencyMs;
      opened = parts;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readCall(request: IncomingMessage, url: URL): Promise<AwsCall> {
  const authorization = request.headers.authorization ?? '';
  const credential = /Credential=([^,\s]+)/.exec(authorization)?.[1] ?? url.searchParams.get('X-Amz-Credential') ?? '';
  const [accessKeyId = '', , region = 'us-east-1', scope] = credential.split('/');
  const http = { method: request.method ?? '', url, headers: request.headers };
  // Calls that are not signed are those of IAM Identity Center, and those of STS with a token instead.
  const service = scope ?? unsignedService(http);
  // Queries (STS, IAM, EC2), JSON, sign-ins and what a bucket is told are small and are looked into; everything else may be large
  // and is streamed.
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const target = service === 's3' ? s3Target(http) : undefined;
  const isSmall = isForm || ['sso-oidc', 'kms', 'cognito-idp'].includes(service) || target?.key === '';
  const body = /^(POST|PUT)$/.test(http.method) && isSmall ? await readBody(request) : undefined;
  const parameters = new Map(body !== undefined && isForm ? new URLSearchParams(body.toString()) : url.searchParams);
  const operation = operationOf(service, http, parameters);
  return { service, operation, region, accessKeyId, url, headers: request.headers, parameters, body, target };
}

/** The name of the role of an ARN; '' where it is none. */
const roleNameOf = (arn = ''): string => (arn.includes(':role/') ? arn.slice(arn.lastIndexOf('/') + 1) : '');

async function readBody(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** moto does not check the expiry of temporary credentials. */
function expired({ service, accessKeyId }: AwsCall, account: Account): Refusal | undefined {
  const key = account.credentials.get(accessKeyId);
  if ((key?.expires ?? Infinity) > Date.now()) return undefined;
  if (service === 's3') return { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' };
  return {
    status: 403,
    code: JSON_SERVICES.has(service) ? 'ExpiredTokenException' : 'ExpiredToken',
    message: 'The security token included in the request is expired',
  };
}

/** What IAM tells of a role by itself only. Source: IAM API Reference, "ListRoles". */
const withoutDetails = (xml: string): string =>
  xml.replace(/<(Tags|PermissionsBoundary|RoleLastUsed)(?:\/>|>[^]*?<\/\1>)/g, '');

const S3_LIST_PARAMETERS = ['max-buckets', 'prefix', 'continuation-token', 'bucket-region'];
/** Tells moto to give pages that are no larger (launcher.py). */
const PAGE_HEADER = 'x-sandbox-page';
const LISTS = /^(List|GetAccountAuthorizationDetails$)/;
const JSON_TYPE = { 'content-type': 'application/json' };
/** Services whose errors are JSON. */
const JSON_SERVICES = new Set(['eks', 'kms', 'cognito-idp', 'organizations', 'sso', 'sso-oidc']);
/** The same error has another name in a JSON service. */
const JSON_CODES: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'InvalidSignatureException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  AccessDenied: 'AccessDeniedException',
  Throttling: 'ThrottlingException',
};

/** moto's errors that no AWS client can read, as the service would say them; undefined if the answer is fine as it is. */
function translate(call: AwsCall, status: number, contentType: string, text: string): Refusal | undefined {
  const json = JSON_SERVICES.has(call.service);
  if (contentType.includes('json')) return undefined;
  const code = xmlValue(text, 'Code');
  const message = xmlValue(text, 'Message') ?? '';
  if (code !== undefined && json) return { status, code: JSON_CODES[code] ?? code, message };
  // moto denies in the form of EC2, <Errors><Error>: Go's SDK reads "UnknownError" there.
  if (code !== undefined)
    return call.service === 'iam' || call.service === 'sts' ? { status, code, message } : undefined;
  return {
    status: 400,
    code: json ? 'InvalidRequestException' : 'InvalidAction',
    message: `The sandbox cannot do ${call.service}:${call.operation}.`,
  };
}

/** "SlowDownException" is `slow_down` in OAuth's words, which is all that the body says. */
const oauthError = ({ code, message }: Refusal): object => ({
  error: code
    .replace(/Exception$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase(),
  error_description: message,
});

/** Answers an error in the form of the service. */
function refuse(response: ServerResponse, call: AwsCall, refusal: S3Refusal): void {
  const { status, code, message } = refusal;
  const requestId = randomUUID();
  const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
  let body: string;
  if (JSON_SERVICES.has(call.service)) {
    Object.assign(headers, JSON_TYPE, { 'x-amzn-errortype': code });
    body = JSON.stringify(call.service === 'sso-oidc' ? oauthError(refusal) : { __type: code, message });
  } else if (call.service === 's3') {
    headers['content-type'] = 'application/xml';
    if (refusal.bucketRegion !== undefined) headers['x-amz-bucket-region'] = refusal.bucketRegion;
    const details = Object.entries(refusal.details ?? {}).map(
      ([name, value]) => `<${name}>${xmlEscape(value)}</${name}>`,
    );
    body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${xmlEscape(message)}</Message>${details.join('')}<RequestId>${requestId}</RequestId></Error>`;
  } else {
    headers['content-type'] = 'text/xml';
    const type = status >= 500 ? 'Receiver' : 'Sender';
    const namespace =
      call.service === 'iam'
        ? 'https://iam.amazonaws.com/doc/2010-05-08/'
        : 'https://sts.amazonaws.com/doc/2011-06-15/';
    body = `<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type><Code>${code}</Code><Message>${xmlEscape(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  }
  response.writeHead(status, headers).end(call.url && response.req.method === 'HEAD' ? undefined : body);
}

const without = (rawHeaders: readonly string[], names: RegExp): string[] =>
  rawHeaders.filter((_item, index) => !names.test(rawHeaders[index - (index % 2)] ?? ''));
const withoutConnection = (rawHeaders: readonly string[]): string[] =>
  without(rawHeaders, /^(connection|keep-alive)$/i);
const withoutLength = (rawHeaders: readonly string[]): string[] =>
  without(rawHeaders, /^(connection|keep-alive|content-length|transfer-encoding)$/i);
