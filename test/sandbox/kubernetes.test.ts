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
import { build } from 'esbuild';
import webpack from 'webpack';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { certificateAuthority } from '../../sandbox/pki.ts';
import { connectAws } from '../../src/aws/index.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
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
  sandbox = await startSandbox({ withoutAnalytics: true });
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
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
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
async function kubernetesAt({ endpoint, ca }: { endpoint: string; ca: string }, version?: string): Promise<Kubernetes> {
  const cluster = valueOf(await connectAws({ region: REGION }).cluster('kubeflow-dev'));
  assert.ok(cluster);
  const aws = { eksToken: async () => 'token' } as unknown as Aws;
  const own = { ...cluster, endpoint, certificateAuthority: Buffer.from(ca).toString('base64') };
  const known = version === undefined ? {} : { version };
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null', ...known })(own, aws);
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

/** Waits on an old Node: bundled, and run by it with the garbage collector at hand. */
async function runOnNode20(script: string): Promise<string> {
  const node = path.join(import.meta.dirname, '../../node_modules/node20-linux-x64/bin/node');
  const file = path.join(folder, 'node20.mjs');
  await build({
    stdin: { contents: script, resolveDir: path.join(import.meta.dirname, '../..'), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile: file,
    logLevel: 'silent',
  });
  const child = spawn(node, ['--expose-gc', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  open.push({ close: () => child.kill('SIGKILL') });
  const output = text(child.stdout);
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await once(child, 'exit');
  clearTimeout(late);
  return output;
}

test(
  'a wait ends after its time on Node 20 too, whatever the garbage collector takes',
  { skip: process.platform !== 'linux' || process.arch !== 'x64' },
  async () => {
    const silent = await startEndpoint((_request, response) => response.writeHead(200).flushHeaders());
    const cluster = { name: 'dev', endpoint: silent.endpoint, certificateAuthority: btoa(silent.ca) };
    const said = await runOnNode20(`
      import { kubernetesConnector } from './src/kubernetes/index.ts';
      const connect = kubernetesConnector({ kubeconfig: '/dev/null' });
      const kubernetes = await connect(${JSON.stringify(cluster)}, { eksToken: async () => 'token' });
      setInterval(() => globalThis.gc(), 50);
      const wait = (signal) => kubernetes.waitForServiceAccount('a', 'b', () => true, 1_000, signal);
      const gone = new AbortController();
      const ended = await Promise.all([wait(), wait(new AbortController().signal), wait(gone.signal)]);
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 300);
      await kubernetes.waitForServiceAccount('a', 'b', () => true, 3_600_000, abort.signal);
      console.log(process.versions.node.split('.')[0], ended.length);
      process.exit(0);
    `);
    assert.equal(said, '20 3\n');
  },
);

test('a wait that is cancelled ends at once, also before it is signed in', { timeout: 30_000 }, async () => {
  const cluster = valueOf(await connectAws({ region: REGION }).cluster('kubeflow-dev'));
  assert.ok(cluster);
  const aws = { eksToken: () => new Promise(() => undefined) } as unknown as Aws;
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster, aws);
  open.push(kubernetes);
  const abort = new AbortController();
  const wait = waitForEditor(kubernetes, 3_600_000, abort.signal);
  abort.abort();
  assert.equal(await wait, undefined);
  assert.equal(await waitForEditor(kubernetes, 3_600_000, AbortSignal.abort()), undefined);
});

test('what is written bears our name, as field manager and in the logs of the server', async () => {
  const seen: string[] = [];
  const server = await startEndpoint((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['user-agent']}`);
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"status":{"token":"x"}}');
  });
  const kubernetes = await kubernetesAt(server, '1.2.3');
  const profile = newProfile('team-x', 'x@example.com', 'arn:aws:iam::111122223333:role/x', true);
  await kubernetes.createProfile(profile);
  await kubernetes.replaceProfile(profile);
  await kubernetes.serviceAccountToken('team-x', 'default-editor', 'sts.amazonaws.com', 600);
  assert.deepEqual(seen, [
    'POST /apis/kubeflow.org/v1/profiles?fieldManager=kubeflow-irsa kubeflow-irsa/1.2.3',
    'PUT /apis/kubeflow.org/v1/profiles/team-x?fieldManager=kubeflow-irsa kubeflow-irsa/1.2.3',
    'POST /api/v1/namespaces/team-x/serviceaccounts/default-editor/token?fieldManager=kubeflow-irsa kubeflow-irsa/1.2.3',
  ]);
  const real = await kubernetesWith(await kubeconfig(await goodUser()));
  await real.createProfile(newProfile('team-managed', 'x@example.com', 'arn:aws:iam::111122223333:role/x', true));
  const { metadata } = valueOf(await real.profile('team-managed')) as unknown as {
    metadata: { managedFields: { manager: string }[] };
  };
  assert.ok(metadata.managedFields.some(({ manager }) => manager === 'kubeflow-irsa'));
});

/** A server with a list of these names, of which a page has no more than `most`, whatever is asked for. */
async function listing(names: readonly string[], most = Infinity) {
  const asked: string[] = [];
  const server = await startEndpoint((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'https://x');
    const at = (object: object): void => void response.end(JSON.stringify(object));
    if (pathname === '/apis/kubeflow.org') return at({ versions: [{ version: 'v1' }] });
    if (pathname === '/apis/kubeflow.org/v1') return at({ resources: [{ name: 'profiles' }] });
    asked.push(query.get('limit') ?? 'all');
    const from = Number(query.get('continue') ?? 0);
    const to = from + Math.min(most, Number(query.get('limit') ?? names.length));
    const items = names.slice(from, to).map((name) => ({ metadata: { name, namespace: 'team-a' } }));
    at({ metadata: to < names.length ? { continue: String(to) } : {}, items });
  });
  return { kubernetes: await kubernetesAt(server), asked };
}

test('all service accounts of a namespace are read, however many', async () => {
  const names = Array.from({ length: 1_234 }, (_, index) => `account-${index}`);
  const { kubernetes } = await listing(names);
  const accounts = valueOf(await kubernetes.serviceAccounts('team-a'));
  assert.deepEqual(
    accounts?.map(({ name }) => name),
    names,
  );
});

test('two names of Profiles are two, also where the server gives fewer on a page than it was asked for, and no more is read', async () => {
  const names = ['team-a', 'team-b', 'team-c', 'team-d'];
  for (const [most, pages] of [
    [1, ['2', '2']],
    [2, ['2']],
    [3, ['2']],
  ] as const) {
    const { kubernetes, asked } = await listing(names, most);
    assert.deepEqual(valueOf(await kubernetes.profileNames(2)), ['team-a', 'team-b']);
    assert.deepEqual(asked, pages);
  }
  const { kubernetes } = await listing(['team-a'], 1);
  assert.deepEqual(valueOf(await kubernetes.profileNames(2)), ['team-a']);
});

test('where only v1beta1 of the Profile API is served, that is read, watched and written', async () => {
  const profile = { metadata: { name: 'team-a', resourceVersion: '7' }, spec: { owner: { name: 'a' } } };
  const bodies: string[] = [];
  const paths: string[] = [];
  const server = await startEndpoint((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
    const at = (object: object): void => void response.end(`${JSON.stringify(object)}\n`);
    paths.push(pathname);
    if (pathname === '/apis/kubeflow.org') return at({ versions: [{ version: 'v1beta1' }] });
    if (pathname === '/apis/kubeflow.org/v1beta1') return at({ resources: [{ name: 'profiles' }] });
    // As an API server answers a path that it does not have.
    if (!pathname.startsWith('/apis/kubeflow.org/v1beta1/profiles'))
      return void response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
    if (request.method !== 'GET')
      return void text(request).then((body) => {
        bodies.push((JSON.parse(body) as { apiVersion: string }).apiVersion);
        at(profile);
      });
    if (searchParams.has('watch')) return at({ type: 'MODIFIED', object: profile });
    at(pathname.endsWith('/team-a') ? profile : { metadata: { resourceVersion: '7' }, items: [profile] });
  });
  const wanted = newProfile('team-a', 'a', 'arn:aws:iam::111122223333:role/x', true);
  const each: readonly ((kubernetes: Kubernetes) => Promise<unknown>)[] = [
    async (kubernetes) => assert.equal(valueOf(await kubernetes.profile('team-a'))?.metadata.name, 'team-a'),
    async (kubernetes) => assert.equal(valueOf(await kubernetes.profiles())?.length, 1),
    async (kubernetes) => assert.equal(valueOf(await kubernetes.list('profiles'))?.items.length, 1),
    async (kubernetes) => assert.equal(valueOf(await kubernetes.one('profiles', 'team-a'))?.metadata.name, 'team-a'),
    async (kubernetes) => {
      const changes: unknown[] = [];
      await kubernetes.watch('profiles', '7', (change) => changes.push(change), new AbortController().signal);
      assert.equal(changes.length, 1);
    },
    (kubernetes) => kubernetes.createProfile(wanted),
    (kubernetes) => kubernetes.replaceProfile(wanted),
    async (kubernetes) => assert.deepEqual(valueOf(await kubernetes.api())?.profileVersions, ['v1beta1']),
  ];
  // Each as the first call of a connection, and all on one.
  for (const call of each) await call(await kubernetesAt(server));
  const kubernetes = await kubernetesAt(server);
  paths.length = 0;
  for (const call of each) await call(kubernetes);
  assert.equal(paths.filter((path) => path.includes('/v1/')).length, 1, 'it is found out once');
  assert.deepEqual([...new Set(bodies)], ['kubeflow.org/v1beta1']);
});

test('what is asked of a cluster without Kubeflow is absent', async () => {
  const server = await startEndpoint((_request, response) =>
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n'),
  );
  const kubernetes = await kubernetesAt(server);
  assert.equal((await kubernetes.list('profiles')).state, 'absent');
  assert.equal((await kubernetes.profile('team-a')).state, 'absent');
});

test('a connection that is closed leaves nothing open, through a proxy or not', { timeout: 30_000 }, async () => {
  const tunnels = new Set<Socket>();
  const proxy = await startProxy((client) => {
    tunnels.add(client);
    client.on('close', () => tunnels.delete(client));
  });
  const kubernetes = await kubernetesWith(await kubeconfig(await goodUser(), { 'proxy-url': proxy }));
  const watching = kubernetes
    .watch('profiles', '', () => undefined, new AbortController().signal)
    .catch(() => undefined);
  await kubernetes.profile('team-a');
  while (tunnels.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  kubernetes.close();
  await watching;
  // What the server still sends meets a closed end: that is no error here.
  await Promise.all([...tunnels].map((tunnel) => new Promise((closed) => tunnel.once('close', closed))));
});

/** The bundled command line: as the run has built it, or built for this. */
async function bundledCli(): Promise<string> {
  const built = process.env['KUBEFLOW_IRSA_BUILT_CLI'];
  if (built !== undefined) return built;
  const compiler = webpack({
    ...configure({}, {}),
    output: { ...configure({}, {}).output, path: folder, clean: false },
  });
  await new Promise<void>((resolve, reject) =>
    compiler.run((error, stats) => (stats?.hasErrors() === false ? resolve() : reject(error ?? new Error('webpack')))),
  );
  return path.join(folder, 'cli.cjs');
}

test('the bundled command line writes no warning', async () => {
  const flags = '--cluster kubeflow-dev --profile team-a --owner alice@example.com --json'.split(' ');
  const bucket = ['--bucket', 'kubeflow-artifacts-111122223333'];
  const child = spawn(process.execPath, [await bundledCli(), 'plan', ...flags, ...bucket], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.match(stdout, /kubeconfig context kubeflow-dev/);
  assert.equal(stderr, '');
});
