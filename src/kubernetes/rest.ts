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
  /** A proxy's agent. */
  readonly agent?: https.Agent;
}

/** How to reach one API server. */
export interface Access {
  readonly server: string;
  /** For the next request. `refused`: the last one was answered with 401. */
  credentials(refused: boolean): Promise<Credentials>;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

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

const connectionError = (error: NodeJS.ErrnoException): KubernetesError =>
  new KubernetesError(CONNECTION[error.code ?? ''] ?? error.message, 0, error.code ?? 'Connection');

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

/**
 * JSON over one kept-alive connection to an API server. Our own few lines instead of the generated client: that opens a
 * connection for every request, has no timeout and cannot be cancelled (@kubernetes/client-node 1.4.0, config.js).
 */
export class Rest {
  readonly #access: Access;
  readonly #agent = new https.Agent({ keepAlive: true, maxSockets: 16 });

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * The parsed answer; throws {@link KubernetesError}. After a 401 it tries once more with fresh credentials. `accept`: the media
   * types that may answer, in order; plain JSON unless given.
   */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    accept?: string,
  ): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const once = async (refused: boolean) => {
      const answer = await this.#send(method, path, refused, text, undefined, accept);
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of answer) chunks.push(chunk as Buffer);
      } catch (error) {
        throw connectionError(error as NodeJS.ErrnoException);
      }
      return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
    };
    let answer = await once(false);
    if (answer.status === 401) answer = await once(true);
    if (answer.status < 200 || answer.status > 299) throw statusError(answer.status, answer.text);
    return answer.text === '' ? undefined : (JSON.parse(answer.text) as unknown);
  }

  /**
   * Watches `path` (with its query, without `watch=`) until the server ends the stream (resolves) or `signal` aborts
   * (resolves). Throws {@link KubernetesError} where the watch does not begin or the connection breaks.
   */
  async watch(path: string, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    const target = `${path}${path.includes('?') ? '&' : '?'}watch=true`;
    let answer = await this.#send('GET', target, false, undefined, signal);
    if (answer.statusCode === 401) {
      answer.resume();
      answer = await this.#send('GET', target, true, undefined, signal);
    }
    if (answer.statusCode !== 200) {
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk as string;
      throw statusError(answer.statusCode ?? 0, text);
    }
    // A healthy watch may be silent for long.
    answer.setTimeout(0);
    answer.socket.setKeepAlive(true, 30_000);
    try {
      // Not readline: it throws an error of the stream once more, outside of this loop.
      let begun = '';
      for await (const chunk of answer.setEncoding('utf8')) {
        const lines = (begun + (chunk as string)).split('\n');
        begun = lines.pop() ?? '';
        for (const line of lines) if (line !== '') onEvent(JSON.parse(line) as WatchEvent);
      }
    } catch (error) {
      if (!signal.aborted) throw connectionError(error as NodeJS.ErrnoException);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(
    method: string,
    path: string,
    refused: boolean,
    body: string | undefined,
    signal?: AbortSignal,
    accept = 'application/json',
  ): Promise<IncomingMessage> {
    const { headers, tls, agent } = await this.#access.credentials(refused);
    return new Promise((resolve, reject) => {
      const request = https.request(
        new URL(path, this.#access.server),
        {
          ...tls,
          method,
          agent: agent ?? this.#agent,
          timeout: ANSWER_TIMEOUT,
          ...(signal === undefined ? {} : { signal }),
          headers: {
            accept,
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
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
        reject(connectionError(error));
      });
      request.on('response', () => clearTimeout(connecting));
      request.end(body);
    });
  }
}
