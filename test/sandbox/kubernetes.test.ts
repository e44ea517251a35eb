/** Signing in to a real API server and watching it: stale logins, proxies, broken connections. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import webpack from 'webpack';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { certificateAuthority } from '../../sandbox/pki.ts';
import { connectAws } from '../../src/aws/index.ts';
import { valueOf } from '../../src/core/reading.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { Rest } from '../../src/kubernetes/rest.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';
import configure from '../../webpack.config.js';

const REGION = 'us-west-2';
let sandbox: Sandbox;
const folder = mkdtempSync(path.join(tmpdir(), 'kubernetes-test-'));
const open: { close(): unknown }[] = [];
before(async () => {
  sandbox = await startSandbox();
  Object.assign(process.env, sandbox.env);
});
after(async () => {
  for (const one of open) one.close();
  await sandbox.stop();
  rmSync(folder, { recursive: true });
});

let files = 0;
/** A kubeconfig with one context of kubeflow-dev, whose CA is another's. */
async function kubeconfig(user: object, cluster: object = {}): Promise<string> {
  const file = path.join(folder, `config-${++files}`);
  writeFileSync(path.join(folder, 'other.crt'), (await certificateAuthority('other')).certificate);
  const server = sandbox.clusters.kubeflowDev.endpoint;
  const content = {
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority': 'other.crt', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}
async function kubernetesWith(file: string, profile?: string): Promise<Kubernetes> {
  const admin = connectAws({ region: REGION });
  const aws = connectAws({ region: REGION, ...(profile === undefined ? {} : { profile }) });
  const cluster = valueOf(await admin.cluster('kubeflow-dev'));
  assert.ok(cluster);
  const kubernetes = await kubernetesConnector({ kubeconfig: file })(cluster, aws);
  open.push(kubernetes);
  return kubernetes;
}
/** A kubeconfig user with an EKS token of the sandbox's administrator. */
const goodUser = async (): Promise<object> => ({
  token: await connectAws({ region: REGION }).eksToken('kubeflow-dev'),
});

const listening = async (server: Server | ReturnType<typeof createHttpServer>): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  return (server.address() as AddressInfo).port;
};
/** An HTTP proxy that tells `tunnelled` of each tunnel. */
async function startProxy(tunnelled: (client: Socket) => void = () => undefined): Promise<string> {
  const server = createHttpServer();
  server.on('connect', (request, client: Socket) => {
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
      tunnelled(client);
    });
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    open.push({ close: () => client.destroy() });
  });
  return `http://127.0.0.1:${await listening(server)}`;
}
/** A server with the CA of nobody else, as a cluster. */
async function startEndpoint(answer: Parameters<typeof createServer>[1]) {
  const ca = await certificateAuthority('endpoint');
  const { certificate, key } = await ca.issue({ commonName: 'e' }, { server: { names: [], ips: ['127.0.0.1'] } });
  const port = await listening(createServer({ cert: certificate, key }, answer));
  return { endpoint: `https://127.0.0.1:${port}`, ca: ca.certificate };
}
async function kubernetesAt({ endpoint, ca }: { endpoint: string; ca: string }): Promise<Kubernetes> {
  const cluster = valueOf(await connectAws({ region: REGION }).cluster('kubeflow-dev'));
  assert.ok(cluster);
  const aws = { eksToken: async () => 'token' } as unknown as Aws;
  const own = { ...cluster, endpoint, certificateAuthority: Buffer.from(ca).toString('base64') };
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(own, aws);
  open.push(kubernetes);
  return kubernetes;
}
const waitForEditor = (kubernetes: Kubernetes, timeoutMs: number, signal?: AbortSignal) =>
  kubernetes.waitForServiceAccount('team-a', 'default-editor', () => true, timeoutMs, signal);

test('a login that has gone stale is left for the AWS identity, and said', async () => {
  const kubernetes = await kubernetesWith(await kubeconfig({ token: 'stale' }));
  assert.equal((await kubernetes.profile('team-a')).state, 'found');
  const api = await kubernetes.api();
  assert.match(
    valueOf(api)?.connection ?? '',
    /AWS identity, because the cluster refused kubeconfig context work \(401\)/,
  );
  assert.equal(
    (await waitForEditor(await kubernetesWith(await kubeconfig({ token: 'stale' })), 10_000))?.name,
    'default-editor',
  );
});

test('where the AWS identity is refused too, it is named', async () => {
  const kubernetes = await kubernetesWith(await kubeconfig({ token: 'stale' }), 'other-account');
  const profile = await kubernetes.profile('team-a');
  assert.match(profile.state === 'failed' ? profile.reason : '', /refused the sign-in \(401\).*EKS access entry/);
  await assert.rejects(waitForEditor(kubernetes, 60_000), /refused the sign-in \(401\)/, 'no other try can mend it');
});

test('a kubeconfig proxy is gone through; one that is dead is blamed itself', async () => {
  let tunnels = 0;
  const proxy = await startProxy(() => tunnels++);
  const user = await goodUser();
  const through = await kubernetesWith(await kubeconfig(user, { 'proxy-url': proxy }));
  assert.equal((await through.profile('team-a')).state, 'found');
  assert.equal(valueOf(await through.api())?.connection, 'kubeconfig context work');
  assert.ok(tunnels > 0);

  const { port } = new URL(sandbox.clusters.legacy.endpoint);
  const dead = await kubernetesWith(await kubeconfig(user, { 'proxy-url': `http://me:secret@127.0.0.1:${port}` }));
  const reading = await dead.profile('team-a');
  assert.equal(
    reading.state === 'failed' ? reading.reason : '',
    `the proxy 127.0.0.1:${port} of the kubeconfig context refused the connection: is it running?`,
  );
});

test('a connection that breaks does not end the wait for a service account', async () => {
  let broken = 0;
  const proxy = await startProxy((client) => {
    if (++broken <= 2) client.resetAndDestroy();
  });
  const kubernetes = await kubernetesWith(await kubeconfig(await goodUser(), { 'proxy-url': proxy }));
  assert.equal((await waitForEditor(kubernetes, 30_000))?.name, 'default-editor');
  assert.equal(broken, 3);
});

test('a watch that the server ends at once, or with an error, is begun again after a pause', async () => {
  for (const answer of ['', '{"type":"ERROR","object":{"code":410,"reason":"Expired"}}\n', 'null\n', '<html>\n']) {
    let watches = 0;
    const server = await startEndpoint((_request, response) => {
      watches++;
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
    assert.equal(await waitForEditor(await kubernetesAt(server), 3_000), undefined);
    assert.ok(watches <= 3, `${watches} watches in 3 s after ${JSON.stringify(answer)}`);
  }
});

test('a watch that is aborted before the server answers resolves', async () => {
  const abort = new AbortController();
  const server = await startEndpoint(() => abort.abort());
  const rest = new Rest({
    server: server.endpoint,
    credentials: async () => ({ headers: {}, tls: { ca: server.ca } }),
  });
  open.push(rest);
  await rest.watch('/api/v1/namespaces', () => undefined, abort.signal);
  assert.ok(abort.signal.aborted);
});

test('an answer that is no JSON is not told', async () => {
  const kubernetes = await kubernetesAt(await startEndpoint((_request, response) => response.end('<b>secret</b>')));
  const reading = await kubernetes.profile('team-a');
  assert.equal(reading.state === 'failed' ? reading.reason : '', 'the answer is not JSON: is a proxy in between?');
});

test('the bundled command line writes no warning', async () => {
  const compiler = webpack({
    ...configure({}, {}),
    output: { ...configure({}, {}).output, path: folder, clean: false },
  });
  await new Promise<void>((resolve, reject) =>
    compiler.run((error, stats) => (stats?.hasErrors() === false ? resolve() : reject(error ?? new Error('webpack')))),
  );
  const flags = '--cluster kubeflow-dev --profile team-a --owner alice@example.com --json'.split(' ');
  const bucket = ['--bucket', 'kubeflow-artifacts-111122223333'];
  const child = spawn(process.execPath, [path.join(folder, 'cli.cjs'), 'plan', ...flags, ...bucket], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.match(stdout, /kubeconfig context kubeflow-dev/);
  assert.equal(stderr, '');
});
