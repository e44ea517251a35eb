// A small client of a Kubernetes API server: JSON requests and watches. Written for the sandbox, so that a mistake in the
// client that the product uses does not hide in the sandbox too.
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  finalizers?: string[];
  deletionTimestamp?: string;
  ownerReferences?: OwnerReference[];
}
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}
/** Any Kubernetes object. What it holds beside its metadata is for the reader to judge. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}
export interface KubeAccess {
  /** https://127.0.0.1:PORT */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  /** Client certificate and key, PEM. */
  readonly certificate?: string;
  readonly key?: string;
  /** Bearer token. */
  readonly token?: string;
}
export interface Kube {
  /** Answers the parsed JSON; text that is not JSON as a string. Throws KubeError for a status of 400 and more. */
  request<T = KubeObject>(method: string, path: string, body?: unknown, contentType?: string): Promise<T>;
  /** GET that answers undefined where there is nothing. */
  find<T = KubeObject>(path: string): Promise<T | undefined>;
  /** Server-side apply. Unlike POST it does not wait two seconds on a resource whose definition is new. */
  apply<T = KubeObject>(path: string, object: KubeObject): Promise<T>;
  /** Tells of every object under a path now and of each later change, across reconnects, until `stop` is called. */
  watch(path: string, onEvent: (event: WatchEvent) => void): { stop(): void };
  close(): void;
}

export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
  }
}

export function kubeClient({ server, ca, certificate, key, token }: KubeAccess): Kube {
  const agent = new Agent({ keepAlive: true, ca, ...(certificate && key ? { cert: certificate, key } : {}) });
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  const send = <T>(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<T> =>
    new Promise((resolve, reject) => {
      const data = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        accept: 'application/json, */*',
        ...authorization,
        ...(data === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(data) }),
      };
      const outgoing = request(new URL(path, server), { method, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          const json = parse(text);
          if (status < 400) return resolve(json as T);
          const { reason = '', message = text } = (typeof json === 'object' ? json : {}) as {
            reason?: string;
            message?: string;
          };
          reject(new KubeError(status, reason, `${method} ${path}: ${status} ${message}`));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(data);
    });

  const find = <T>(path: string): Promise<T | undefined> =>
    send<T>('GET', path).catch((error: unknown) => {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    });

  const watch = (path: string, onEvent: (event: WatchEvent) => void): { stop(): void } => {
    let stopped = false;
    let cancel = (): void => undefined;
    // Without a resourceVersion a watch begins with what there is, so a broken one is simply begun again.
    const connect = (): void => {
      if (stopped) return;
      let timer: NodeJS.Timeout | undefined;
      const again = (): void => {
        if (!stopped) timer ??= setTimeout(connect, 200);
      };
      const url = new URL(path, server);
      url.searchParams.set('watch', 'true');
      const outgoing = request(
        url,
        { headers: { accept: 'application/json', ...authorization }, agent },
        (response) => {
          if (response.statusCode !== 200) {
            response.resume();
            return again();
          }
          const lines = createInterface({ input: response });
          // A stream that breaks off is told to the reader of its lines too, who would throw it.
          lines.on('error', again);
          lines.on('line', (line) => {
            const event = parse(line) as { type: string; object: KubeObject };
            if (stopped) return;
            if (event.type === 'ADDED' || event.type === 'MODIFIED' || event.type === 'DELETED')
              onEvent(event as WatchEvent);
            else outgoing.destroy();
          });
          response.on('close', again);
          response.on('error', again);
        },
      );
      outgoing.on('error', again);
      outgoing.end();
      cancel = () => {
        clearTimeout(timer);
        outgoing.destroy();
      };
    };
    connect();
    return {
      stop: () => {
        stopped = true;
        cancel();
      },
    };
  };

  return {
    request: send,
    find,
    apply: (path, object) =>
      send('PATCH', `${path}?fieldManager=kubectl&force=true`, object, 'application/apply-patch+yaml'),
    watch,
    close: () => agent.destroy(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
