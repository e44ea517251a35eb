// What stands between a client and an API server where a test wants calls of Kubernetes to go wrong (faults.ts). It passes calls on as
// they came, with their bearer token: client certificates end here. Nothing of it runs unless it is asked for.
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessKeyOf } from './authenticator.ts';
import { breakOff, type Answer, type Faults } from './faults.ts';
import type { CertificateAuthority } from './pki.ts';
import type { Variation } from './variation.ts';

export interface KubeProxy {
  /** https://127.0.0.1:PORT */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A call of the Kubernetes API, as RBAC has it. */
export interface KubeCall {
  /** "patch configmaps", "create serviceaccounts/token", "get /apis". */
  readonly name: string;
  readonly verb: string;
  /** '' where it is none of a resource; with the subresource after a slash. */
  readonly resource: string;
  readonly group: string;
  readonly namespace: string;
  readonly object: string;
}

/** How long an idle connection stays, in milliseconds: one that ends while it is used again would be a fault that nobody asked for. */
const IDLE = 600_000;

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** Which call a request is. Source: Kubernetes API concepts, and "Determine the request verb" of its authorization. */
export function kubeCallOf(method: string, url: URL): KubeCall {
  const [, root = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const group = root === 'apis' ? (rest[0] ?? '') : '';
  const parts = rest.slice(root === 'apis' ? 2 : 1);
  if ((root !== 'api' && root !== 'apis') || parts.length === 0)
    return {
      name: `${method.toLowerCase()} ${url.pathname}`,
      verb: method.toLowerCase(),
      resource: '',
      group,
      namespace: '',
      object: '',
    };
  const below = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const [resource = '', object = '', sub] = below ? parts.slice(2) : parts;
  const whole = sub === undefined ? resource : `${resource}/${sub}`;
  const watches = url.searchParams.get('watch') === 'true';
  const verb =
    VERBS[method] ??
    (method === 'DELETE'
      ? object === ''
        ? 'deletecollection'
        : 'delete'
      : watches
        ? 'watch'
        : object === ''
          ? 'list'
          : 'get');
  return { name: `${verb} ${whole}`, verb, resource: whole, group, namespace: below ? (parts[1] ?? '') : '', object };
}

/** How an API server says it (apimachinery pkg/api/errors: NewInternalError, NewTooManyRequests, NewForbidden). */
function statusOf(answer: Answer, { verb, resource, group, namespace, object }: KubeCall): readonly [number, object] {
  const kind = group === '' ? resource : `${resource}.${group}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const words = {
    error: [500, 'InternalError', 'Internal error occurred: etcdserver: request timed out'],
    throttled: [429, 'TooManyRequests', 'Too many requests, please try again later.'],
    denied: [
      403,
      'Forbidden',
      `${kind} "${object}" is forbidden: User "sandbox" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    ],
  } as const;
  const [code, reason, message] = words[answer];
  const details = answer === 'throttled' ? { details: { retryAfterSeconds: 1 } } : {};
  return [
    code,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code, ...details },
  ];
}

/** Listens on a free port of 127.0.0.1; `calls` counts by name. Where calls vary, some wait and a `limit` may be a smaller one. */
export async function startKubeProxy(
  server: string,
  ca: CertificateAuthority,
  faults: Faults,
  calls: Map<string, number>,
  variation?: Variation,
): Promise<KubeProxy> {
  const { certificate, key } = await ca.issue(
    { commonName: 'kube-apiserver' },
    { server: { names: ['localhost'], ips: ['127.0.0.1'] } },
  );
  const agent = new Agent({ keepAlive: true, ca: ca.certificate });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', server);
    const call = kubeCallOf(request.method ?? '', url);
    const nth = (calls.get(call.name) ?? 0) + 1;
    calls.set(call.name, nth);
    if (variation) {
      const latency = variation.latencyOf(call.name, nth);
      if (latency > 0) await sleep(latency);
      const limit = url.searchParams.get('limit');
      if (limit !== null) url.searchParams.set('limit', String(Math.min(Number(limit), variation.pageOf(call.name))));
    }
    const met = { name: call.name, of: [accessKeyOf(request.headers.authorization ?? '')] };
    const fault = await faults.meet(met, response);
    if (fault === 'over') return;
    if (fault !== undefined && 'answer' in fault) {
      const [status, body] = statusOf(fault.answer, call);
      const wait = fault.answer === 'throttled' ? { 'retry-after': '1' } : {};
      return void response.writeHead(status, { 'content-type': 'application/json', ...wait }).end(JSON.stringify(body));
    }
    const outgoing = httpsRequest(url, { method: request.method, headers: request.headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // A watch goes on for as long as nobody ends it: what is lost of it is lost at once.
      if (call.verb === 'watch' && fault === undefined) response.flushHeaders();
      else if (call.verb === 'watch') {
        outgoing.destroy();
        return void response.end();
      }
      answer.pipe(response);
    });
    outgoing.on('error', () => breakOff(response));
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  };
  const listener = createServer({ cert: certificate, key, keepAliveTimeout: IDLE }, (request, response) => {
    handle(request, response).catch(() => breakOff(response));
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
}
