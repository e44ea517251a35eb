/** How a cluster is signed in to: kubeconfig files and contexts, exec plugins, EKS tokens; and what no text may hold. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { accessOf, type Described } from '../../src/kubernetes/access.ts';
import { kubeconfigFiles } from '../../src/kubernetes/files.ts';
import type { Credentials } from '../../src/kubernetes/rest.ts';

const ENDPOINT = 'https://ABC.gr7.us-west-2.eks.amazonaws.com';
/** What must never be told. */
const SECRET = 'k8s-aws-v1.c2VjcmV0';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const CLUSTER_CA = base64('CA of the cluster');

const folder = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
after(() => rmSync(folder, { recursive: true }));
const { KUBECONFIG, HOME } = process.env;
afterEach(() => {
  for (const [name, value] of Object.entries({ KUBECONFIG, HOME })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

let files = 0;
/** Writes a file (an object as JSON, which is YAML) and answers its path. */
function file(content: unknown, name = `config-${++files}`): string {
  const target = path.join(folder, name);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, typeof content === 'string' ? content : JSON.stringify(content));
  return target;
}
interface Entry {
  readonly name: string;
  readonly server?: string;
  readonly cluster?: object;
  readonly user?: object;
}
const kubeconfig = (entries: readonly Entry[], current = ''): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': current,
  clusters: entries.map(({ name, server = ENDPOINT, cluster }) => ({ name, cluster: { server, ...cluster } })),
  users: entries.map(({ name, user = { token: `token of ${name}` } }) => ({ name, user })),
  contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
});
const execUser = (script: string, more: object = {}, ...args: string[]): { exec: object } => ({
  exec: {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', script, ...args],
    ...more,
  },
});
const answering = (status: string): string => `process.stdout.write(JSON.stringify({ status: ${status} }))`;

/** The access with a kubeconfig; `signed`: how many EKS tokens were signed so far. */
function access(kubeconfigFile: string | undefined, certificateAuthority: string | undefined = CLUSTER_CA) {
  let signed = 0;
  const described: Described = accessOf(
    {
      name: 'dev',
      endpoint: ENDPOINT,
      ...(certificateAuthority === '' ? {} : { certificateAuthority }),
    } as Parameters<typeof accessOf>[0],
    async () => `eks ${++signed}`,
    kubeconfigFile,
  );
  return {
    connection: described.connection,
    credentials: (...refused: Credentials[]) => described.access.credentials(refused),
    bearer: async (...refused: Credentials[]): Promise<string | undefined> =>
      (await described.access.credentials(refused))?.headers['authorization'],
  };
}
/** The access with one context of the cluster. */
const withContext = (user: object, cluster: object = {}, ca?: string) =>
  access(file(kubeconfig([{ name: 'dev', user, cluster }])), ca);

test('the kubeconfig files, in order', () => {
  const home = path.join(folder, 'home');
  const other = path.join(folder, 'other');
  const ofHome = file('', path.join('home', '.kube', 'config'));
  const table: readonly [what: string, given: string | undefined, env: object, files: readonly string[]][] = [
    ['explicit', '/a', { KUBECONFIG: '/b' }, ['/a']],
    ['explicit in the home folder', '~/a', {}, [`${home}/a`]],
    ['explicit in the home folder of Windows', '~\\a', {}, [`${home}\\a`]],
    ["another person's home is not known", '~bob/a', {}, ['~bob/a']],
    ['KUBECONFIG', undefined, { KUBECONFIG: ['', '/a', '/b'].join(path.delimiter) }, ['/a', '/b']],
    ['no HOME, as on Windows', undefined, {}, [ofHome]],
    ['HOME without a kubeconfig', undefined, { HOME: other }, [ofHome]],
    ['empty KUBECONFIG', undefined, { KUBECONFIG: '', HOME: home }, [ofHome]],
  ];
  for (const [what, given, env, expected] of table)
    assert.deepEqual(kubeconfigFiles(given, env as Record<string, string>, home), expected, what);
});

test('a context is found by its server, the current one first', async () => {
  const table: readonly [what: string, entries: readonly Entry[], current: string, connection: RegExp][] = [
    ['trailing slash', [{ name: 'a', server: `${ENDPOINT}//` }], '', /^kubeconfig context a$/],
    ['case', [{ name: 'a', server: ENDPOINT.toLowerCase() }], '', /^kubeconfig context a$/],
    ['another server', [{ name: 'a', server: `${ENDPOINT}.cn` }], 'a', /^signed in with an EKS token/],
    ['the first', [{ name: 'a' }, { name: 'b' }], '', /^kubeconfig context a$/],
    ['the current', [{ name: 'a' }, { name: 'b' }], 'b', /^kubeconfig context b$/],
    ['current elsewhere', [{ name: 'a', server: 'https://x' }, { name: 'b' }], 'a', /^kubeconfig context b$/],
    ['no credentials', [{ name: 'a', user: {} }], '', /AWS identity, because kubeconfig context a could not sign in/],
    ['a provider with a shell', [{ name: 'a', user: { 'auth-provider': { name: 'gcp' } } }], '', /not supported/],
  ];
  for (const [what, entries, current, connection] of table) {
    const one = access(file(kubeconfig(entries, current)));
    const bearer = await one.bearer();
    assert.match(one.connection(), connection, what);
    const name = /^kubeconfig context (.*)$/.exec(one.connection())?.[1];
    assert.equal(bearer, name === undefined ? 'Bearer eks 1' : `Bearer token of ${name}`, what);
  }
});

test("the cluster's own CA is pinned, whatever the kubeconfig says", async () => {
  const other = file('CA of the file', 'ca.pem');
  const table: readonly [what: string, cluster: object, known: string, ca: string | undefined][] = [
    ['a file', { 'certificate-authority': other }, CLUSTER_CA, 'CA of the cluster'],
    ['a file that is missing', { 'certificate-authority': 'missing.pem' }, CLUSTER_CA, 'CA of the cluster'],
    ['data', { 'certificate-authority-data': base64('other') }, CLUSTER_CA, 'CA of the cluster'],
    ['none', { 'insecure-skip-tls-verify': true }, CLUSTER_CA, 'CA of the cluster'],
    ['a file, the CA is not known', { 'certificate-authority': other }, '', 'CA of the file'],
    ['a relative file, the CA is not known', { 'certificate-authority': 'ca.pem' }, '', 'CA of the file'],
    ['data, the CA is not known', { 'certificate-authority-data': base64('other') }, '', 'other'],
  ];
  for (const [what, cluster, known, ca] of table)
    assert.equal((await withContext({ token: 'x' }, cluster, known).credentials())?.tls.ca?.toString(), ca, what);
  assert.equal((await access('/dev/null').credentials())?.tls.ca?.toString(), 'CA of the cluster');
});

test('certificate files are relative to the kubeconfig', async () => {
  file('my certificate', path.join('certificates', 'me.crt'));
  file('my key', path.join('certificates', 'me.key'));
  const user = { 'client-certificate': 'certificates/me.crt', 'client-key': './certificates/me.key' };
  const { tls, headers } = (await withContext(user).credentials()) ?? {};
  assert.equal(tls?.cert?.toString(), 'my certificate');
  assert.deepEqual(tls.key, Buffer.from('my key'));
  assert.deepEqual(headers, {});
  const missing = withContext({ 'client-certificate': 'missing.crt' });
  assert.equal(await missing.bearer(), 'Bearer eks 1');
  assert.match(missing.connection(), /could not sign in \(.*missing\.crt: ENOENT\)/);
});

test('an exec plugin gets its arguments, environment and what it is asked for, without a shell', async () => {
  const script = answering(
    "{ token: [process.env.STAGE, process.argv[1], JSON.parse(process.env.KUBERNETES_EXEC_INFO).apiVersion].join(' ') }",
  );
  const env = [{ name: 'STAGE', value: 'dev' }, null, { name: 'broken' }];
  const one = withContext(execUser(script, { env }, '$(echo shell)'));
  assert.equal(await one.bearer(), 'Bearer dev $(echo shell) client.authentication.k8s.io/v1');
  assert.equal(one.connection(), 'kubeconfig context dev');

  const certificate = withContext(execUser(answering("{ clientCertificateData: 'C', clientKeyData: 'K' }")));
  const { tls } = (await certificate.credentials()) ?? {};
  assert.deepEqual([tls?.cert, tls?.key], [Buffer.from('C'), Buffer.from('K')]);

  const told = answering('{ token: JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.cluster?.server }');
  assert.equal(await withContext(execUser(told, { provideClusterInfo: true })).bearer(), `Bearer ${ENDPOINT}`);
});

test('an exec plugin with a path is relative to the kubeconfig', { skip: process.platform === 'win32' }, async () => {
  const script = file(`#!/bin/sh\necho '{"status":{"token":"relative"}}'\n`, path.join('bin', 'plugin'));
  execFileSync('chmod', ['+x', script]);
  assert.equal(await withContext({ exec: { command: './bin/plugin' } }).bearer(), 'Bearer relative');
});

test('a plugin that fails is named with how it ended, never with what it wrote', async () => {
  const told = `process.stderr.write('${SECRET}');process.stdout.write('{"token":"${SECRET}"');`;
  const table: readonly [what: string, user: object, reason: RegExp][] = [
    ['exit code', execUser(`${told}process.exitCode = 3`), /node\S* ended with exit code 3\)/],
    ['signal', execUser(`${told}process.kill(process.pid, 'SIGTERM')`), /ended with (SIGTERM|exit code)/],
    ['no JSON', execUser(told), /answered without credentials/],
    ['no status', execUser(`process.stderr.write('${SECRET}'); process.stdout.write('null')`), /without credentials/],
    ['too much', execUser(`process.stdout.write('${SECRET}'.repeat(200_000))`), /answered too much/],
    ['not found', { exec: { command: 'no-such-plugin', args: [SECRET] } }, /\(no-such-plugin was not found\)/],
    ['no command', { exec: { args: [SECRET] } }, /names no command/],
  ];
  for (const [what, user, reason] of table) {
    const one = withContext(user);
    assert.equal(await one.bearer(), 'Bearer eks 1', what);
    assert.match(one.connection(), reason, what);
    assert.match(one.connection(), /^signed in with an EKS token .*context dev could not sign in/, what);
    assert.ok(!one.connection().includes(SECRET), what);
  }
});

test('a plugin that hangs is ended with all it started', { skip: process.platform === 'win32' }, async ({ mock }) => {
  const pids = path.join(folder, 'pids');
  const hanging = { exec: { command: '/bin/sh', args: ['-c', 'sleep 600 & echo $$ $! > "$0"; wait', pids] } };
  const one = withContext(hanging);
  mock.timers.enable({ apis: ['setTimeout'] });
  const answer = one.bearer();
  await until(() => existsSync(pids) && readFileSync(pids, 'utf8').includes('\n'), 'the plugin has started');
  mock.timers.tick(20_000);
  assert.equal(await answer, 'Bearer eks 1');
  assert.match(one.connection(), /\/bin\/sh gave no answer within 20 s/);
  for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) await until(() => !runs(pid), `${pid} has ended`);
});
/** Without timers: they are mocked. */
async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await turn()) assert.ok(Date.now() < end, what);
}
/** A process that has ended may wait for its parent as a zombie. */
function runs(pid: string): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

test('an answer of a plugin is kept until shortly before it expires, and fetched once at a time', async ({ mock }) => {
  const runs = path.join(folder, 'runs');
  const script = `require('fs').appendFileSync(${JSON.stringify(runs)}, 'x');${answering(
    "{ token: 't', expirationTimestamp: '2026-01-01T00:14:00Z' }",
  )}`;
  const one = withContext(execUser(script));
  const count = (): number => readFileSync(runs, 'utf8').length;
  mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') });
  await Promise.all([one.bearer(), one.bearer(), one.bearer()]);
  assert.equal(count(), 1);
  mock.timers.tick(12 * 60_000);
  await one.bearer();
  assert.equal(count(), 1);
  mock.timers.tick(70_000);
  await one.bearer();
  assert.equal(count(), 2);
});

test('refused credentials are fetched anew, then left for an EKS token, and the connection says so', async () => {
  const runs = path.join(folder, 'refused');
  const script = `const fs = require('fs'); fs.appendFileSync(${JSON.stringify(runs)}, 'x');${answering(
    `{ token: fs.readFileSync(${JSON.stringify(runs)}, 'utf8') }`,
  )}`;
  const one = withContext(execUser(script));
  const refused: Credentials[] = [];
  const tried: (string | undefined)[] = [];
  for (;;) {
    const next = await one.credentials(...refused);
    if (next === undefined) break;
    tried.push(next.headers['authorization']);
    refused.push(next);
    if (tried.length === 2) assert.equal(one.connection(), 'kubeconfig context dev');
  }
  assert.deepEqual(tried, ['Bearer x', 'Bearer xx', 'Bearer eks 1', 'Bearer eks 2']);
  assert.equal(
    one.connection(),
    'signed in with an EKS token of your AWS identity, because the cluster refused kubeconfig context dev (401)',
  );
  assert.equal(await one.bearer(), 'Bearer eks 2', 'the refused context is not asked again');
});

test('requests that are refused at the same time renew once', async () => {
  const one = access('/dev/null');
  const first = await one.credentials();
  assert.ok(first);
  assert.deepEqual(await Promise.all([one.bearer(first), one.bearer(first)]), ['Bearer eks 2', 'Bearer eks 2']);
  assert.equal(await one.bearer(first), 'Bearer eks 2', 'what was renewed meanwhile is tried first');
});

test('an EKS token is signed anew before it expires', async ({ mock }) => {
  mock.timers.enable({ apis: ['Date'], now: 0 });
  const one = access('/dev/null');
  assert.equal(await one.bearer(), 'Bearer eks 1');
  mock.timers.tick(12 * 60_000);
  assert.equal(await one.bearer(), 'Bearer eks 1');
  mock.timers.tick(2 * 60_000);
  assert.equal(await one.bearer(), 'Bearer eks 2');
});

test('a token that could not be signed is tried again', async () => {
  let fail = true;
  const { access } = accessOf(
    { name: 'dev', endpoint: ENDPOINT } as Parameters<typeof accessOf>[0],
    async () => {
      if (fail) throw new Error('the SSO session has expired');
      return 'good';
    },
    '/dev/null',
  );
  await assert.rejects(access.credentials([]), /the SSO session has expired/);
  fail = false;
  assert.equal((await access.credentials([]))?.headers['authorization'], 'Bearer good');
});

test('a broken kubeconfig is named with line and column, never with its text', async () => {
  const broken = `users:\n- name: me\n  user:\n    token: ${SECRET}\n   indentation: "${SECRET}\n`;
  const table: readonly [what: string, content: string | undefined, reason: RegExp][] = [
    ['YAML', broken, /no valid YAML \(line \d+, column \d+\)/],
    ['a tag', `token: !${SECRET} x`, /no valid YAML \(line 1, column \d+\)/],
    ['an alias', `token: *${SECRET}`, /no valid YAML \(line 1, column \d+\)/],
    ['not a mapping', 'null', /does not have the form of a kubeconfig/],
    ['missing', undefined, /there is no such file/],
  ];
  for (const [what, content, reason] of table) {
    const target = content === undefined ? path.join(folder, 'missing') : file(content);
    const explicit = access(target);
    await assert.rejects(explicit.credentials(), (error: Error) => {
      assert.match(error.message, reason, what);
      assert.ok(error.message.includes(target) && !error.message.includes(SECRET), error.message);
      assert.equal(error.cause, undefined, what);
      return true;
    });
    process.env['KUBECONFIG'] = target;
    const usual = access(undefined);
    assert.equal(await usual.bearer(), 'Bearer eks 1', what);
    const said = usual.connection();
    assert.ok(!said.includes(SECRET), said);
    if (content === undefined) assert.equal(said, 'signed in with an EKS token of your AWS identity', 'as kubectl');
    else assert.match(said, reason, what);
  }
});

test('several files of KUBECONFIG are merged as kubectl does', async () => {
  const first = file({ ...kubeconfig([{ name: 'dev', server: 'https://elsewhere' }]), users: [] });
  const second = file(kubeconfig([{ name: 'dev' }, { name: 'mine', user: { token: 'second' } }], 'mine'), 'b/config');
  const third = file(kubeconfig([{ name: 'mine', user: { token: 'third' } }, { name: 'late' }], 'late'));
  process.env['KUBECONFIG'] = [first, path.join(folder, 'missing'), second, third].join(path.delimiter);
  const one = access(undefined);
  // dev is the first file's, on another server; mine is the second's, and the first current context that is named.
  assert.equal(await one.bearer(), 'Bearer second');
  assert.equal(one.connection(), 'kubeconfig context mine');

  process.env['KUBECONFIG'] = [file(`a: *${SECRET}`), second].join(path.delimiter);
  assert.equal(await access(undefined).bearer(), 'Bearer second', 'a broken file does not hide the others');
});
