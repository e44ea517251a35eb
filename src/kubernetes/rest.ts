import type { IncomingMessage } from 'node:http';
import https from 'node:https';

/** An answer of the Kubernetes API that is no success, or no answer (`status` 0). Message: one sentence for people. */
export class KubernetesError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(message: string, status: number, reason: string) {
    super(message);
    this.name = 'KubernetesError';
    this.status = status;
    this.reason = reason;
  }
}

/** What one request needs besides its path: credentials as headers or as a client certificate, and the CA to trust. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<https.RequestOptions, 'ca' | 'cert' | 'key' | 'servername'>;
  /** The proxy to go through; `host` with port, for people. */
  readonly proxy?: { readonly agent: https.Agent; readonly host: string };
}

/** How to reach one API server. */
export interface Access {
  readonly server: string;
  /** For a request. `refused`: those with which it was answered with 401 so far. Undefined: there are no others to try. */
  credentials(refused: readonly Credentials[]): Promise<Credentials | undefined>;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

/** What a body is, where it is no object (Kubernetes API reference, "Patch"). */
const CONTENT: Readonly<Record<string, string>> = { PATCH: 'application/merge-patch+json' };

/** No answer for this long is a failure: an unreachable endpoint must not hang a person. Milliseconds. */
const ANSWER_TIMEOUT = 15_000;
const CONNECT_TIMEOUT = 8_000;

/** Sentences for what a connection can fail with, by Node error code. */
const CONNECTION: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the endpoint refused the connection: is the cluster running, and are you on its network?',
  ECONNRESET: 'the connection was broken off. Try again.',
  ENOTFOUND: 'the endpoint has no address here: is the cluster private, and are you on its network?',
  ETIMEDOUT: 'the endpoint did not answer in time: is the cluster private, and are you on its network?',
  EHOSTUNREACH: 'the endpoint cannot be reached: is the cluster private, and are you on its network?',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the endpoint's certificate is not of the cluster's CA: is a proxy in between?",
  SELF_SIGNED_CERT_IN_CHAIN: "the endpoint's certificate is not of the cluster's CA: is a proxy in between?",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the endpoint's certificate is not of the cluster's CA: is a proxy in between?",
  CERT_HAS_EXPIRED: "the endpoint's certificate has expired: is this machine's clock right?",
};

/** The same where a proxy is in between; whatever else fails before the endpoint's certificate is seen is the proxy's word. */
const PROXY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: is it running?',
  ECONNRESET: 'broke off the connection. Try again.',
  ENOTFOUND: 'has no address here: are you on its network?',
  ETIMEDOUT: 'or the endpoint behind it did not answer in time: are you on its network?',
  EHOSTUNREACH: 'cannot be reached: are you on its network?',
};

function connectionError(error: NodeJS.ErrnoException, proxy?: Credentials['proxy']): KubernetesError {
  const code = error.code ?? '';
  const ofProxy = PROXY[code] ?? (code === '' ? `did not connect: ${error.message}` : undefined);
  const message =
    proxy !== undefined && ofProxy !== undefined
      ? `the proxy ${proxy.host} of the kubeconfig context ${ofProxy}`
      : (CONNECTION[code] ?? error.message);
  return new KubernetesError(message, 0, code || 'Connection');
}

/** The rest of an answer. */
async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch (error) {
    throw connectionError(error as NodeJS.ErrnoException);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Throws {@link KubernetesError} where the text is not JSON; the text stays out of it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KubernetesError('the answer is not JSON: is a proxy in between?', 0, 'NotJson');
  }
}

/** What an error answer says: a Kubernetes Status, or plain text. */
function statusError(status: number, text: string): KubernetesError {
  let message = text.trim().slice(0, 400);
  let reason = '';
  try {
    const body = JSON.parse(text) as { message?: unknown; reason?: unknown };
    if (typeof body.message === 'string') message = body.message;
    if (typeof body.reason === 'string') reason = body.reason;
  } catch {
    // Not a Status: a proxy or the aggregation layer answered. Its text is the message.
  }
  return new KubernetesError(message || `HTTP ${status}`, status, reason);
}

/** Waits no longer than until `signal` aborts; then it throws the signal's reason. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * JSON over one kept-alive connection to an API server. Our own few lines instead of the generated client: that opens a
 * connection for every request, has no timeout and cannot be cancelled (@kubernetes/client-node 1.4.0, config.js).
 */
export class Rest {
  readonly #access: Access;
  readonly #userAgent: string;
  readonly #agent = new https.Agent({ keepAlive: true, maxSockets: 16 });
  /** Agents of proxies, of which credentials that are fetched anew bring new ones. */
  readonly #proxies = new Set<https.Agent>();

  constructor(access: Access, userAgent = 'kubeflow-irsa') {
    this.#access = access;
    this.#userAgent = userAgent;
  }

  /**
   * The parsed answer; throws {@link KubernetesError}. After a 401 it tries once more with each other credentials there are.
   * `accept`: the media types that may answer, in order; plain JSON unless given.
   */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    accept?: string,
  ): Promise<unknown> {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const text = await textOf(await this.#answer(method, path, sent, undefined, accept));
    return text === '' ? undefined : parsed(text);
  }

  /**
   * Watches `path` (with its query, without `watch=`) until the server ends the stream (resolves) or `signal` aborts
   * (resolves, also where the watch has not begun). Throws {@link KubernetesError} where the watch does not begin or the
   * connection breaks.
   */
  async watch(path: string, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    const target = `${path}${path.includes('?') ? '&' : '?'}watch=true`;
    try {
      const answer = await this.#answer('GET', target, undefined, signal);
      // A healthy watch may be silent for long.
      answer.setTimeout(0);
      answer.socket.setKeepAlive(true, 30_000);
      // Not readline: it throws an error of the stream once more, outside of this loop.
      let begun = '';
      for await (const chunk of answer.setEncoding('utf8')) {
        const lines = (begun + (chunk as string)).split('\n');
        begun = lines.pop() ?? '';
        for (const line of lines) if (line !== '') onEvent(parsed(line) as WatchEvent);
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof KubernetesError ? error : connectionError(error as NodeJS.ErrnoException);
    }
  }

  /** Ends all connections. */
  close(): void {
    for (const agent of [this.#agent, ...this.#proxies]) agent.destroy();
    this.#proxies.clear();
  }

  /** The agent for a request. Of proxies only those are kept that have connections. */
  #through(proxy: Credentials['proxy']): https.Agent {
    if (proxy === undefined) return this.#agent;
    for (const agent of this.#proxies)
      if (Object.keys({ ...agent.sockets, ...agent.freeSockets }).length === 0) this.#proxies.delete(agent);
    this.#proxies.add(proxy.agent);
    return proxy.agent;
  }

  /** The answer, which is a success, with the first credentials that the server does not refuse. */
  async #answer(
    method: string,
    path: string,
    body: string | undefined,
    signal?: AbortSignal,
    accept?: string,
  ): Promise<IncomingMessage> {
    const refused: Credentials[] = [];
    let refusal = new KubernetesError('there are no credentials', 401, 'Unauthorized');
    for (;;) {
      const credentials = await orAborted(this.#access.credentials(refused), signal);
      if (credentials === undefined) throw refusal;
      signal?.throwIfAborted();
      const answer = await this.#send(credentials, method, path, body, signal, accept);
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status <= 299) return answer;
      refusal = statusError(status, await textOf(answer));
      if (status !== 401) throw refusal;
      refused.push(credentials);
    }
  }

  #send(
    { headers, tls, proxy }: Credentials,
    method: string,
    path: string,
    body: string | undefined,
    signal?: AbortSignal,
    accept = 'application/json',
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = https.request(
        new URL(path, this.#access.server),
        {
          ...tls,
          method,
          agent: this.#through(proxy),
          timeout: ANSWER_TIMEOUT,
          ...(signal === undefined ? {} : { signal }),
          headers: {
            accept,
            'user-agent': this.#userAgent,
            ...(body === undefined
              ? {}
              : { 'content-type': CONTENT[method] ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
        },
        resolve,
      );
      const late = () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }));
      const connecting = setTimeout(late, CONNECT_TIMEOUT);
      request.on('socket', (socket) => {
        if (!socket.connecting) clearTimeout(connecting);
        else socket.once('secureConnect', () => clearTimeout(connecting));
      });
      request.on('timeout', late);
      request.on('error', (error) => {
        clearTimeout(connecting);
        reject(connectionError(error, proxy));
      });
      request.on('response', () => clearTimeout(connecting));
      request.end(body);
    });
  }
}
