/** Signing in with IAM Identity Center on real parts: the SDK's own providers before and after, and the file in between. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { getSSOTokenFilepath } from '@smithy/core/config';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { SSO } from '../../sandbox/seed.ts';
import { connectAws, signIn, ssoSessionOf, type SsoSession, type Verification } from '../../src/aws/index.ts';
import { valueOf } from '../../src/core/reading.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import { settings } from '../unit/vscode-stub.ts';

const { connections } = await import('../../src/outside.ts');

let sandbox: Sandbox;
let session: SsoSession;
let cache: string;
/** The token file that the sandbox starts with. */
let expired: string;
const never = new AbortController().signal;
const REGION = 'us-west-2';

before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
  cache = getSSOTokenFilepath(SSO.session);
  expired = readFileSync(cache, 'utf8');
  session = (await ssoSessionOf('sso')) ?? assert.fail('the profile sso has a session');
});
after(() => sandbox.stop());
beforeEach(() => {
  writeFileSync(cache, expired);
  sandbox.control({ faults: [], signIn: { expiresIn: 600, interval: 1, slowDowns: 0 } });
  sandbox.resetCalls();
});

const clusters = (profile: string) => connectAws({ profile, region: REGION }).clusterNames();
/** Why they could not be listed. */
async function codeOf(profile: string): Promise<string | undefined> {
  const reading = await clusters(profile);
  return reading.state === 'failed' ? reading.code : reading.state;
}
const token = (): Record<string, string> => JSON.parse(readFileSync(cache, 'utf8')) as Record<string, string>;

const section = (title: string, lines: readonly string[]): void =>
  appendFileSync(sandbox.env['AWS_CONFIG_FILE'] ?? '', `\n[${title}]\n${lines.join('\n')}\n`);
const profile = (name: string, lines: readonly string[]): void => section(`profile ${name}`, lines);

/** The page, for a program: browsers know that names below localhost lead to this machine, Node does not. */
const here = (url: string): string => url.replace('sandbox.localhost', '127.0.0.1');

/** What a person does in the browser: opens the page, looks whether it shows the code, and presses a button. */
async function press({ url, code }: Verification, button: 'allow' | 'deny'): Promise<void> {
  const page = await (await fetch(here(url))).text();
  assert.ok(page.includes(code), page);
  const [, hidden = ''] = /name="user_code" value="([^"]+)"/.exec(page) ?? [];
  const body = new URLSearchParams({ user_code: hidden, answer: button });
  const answer = await fetch(here(url), { method: 'POST', body });
  assert.match(await answer.text(), button === 'allow' ? /is allowed/ : /is denied/);
}
/** Presses while the sign-in waits; what went wrong there is the sign-in's failure. */
function pressing(button: 'allow' | 'deny') {
  let pressed: Promise<void> | undefined;
  return {
    ask: (verification: Verification): void => void (pressed = press(verification, button)),
    done: () => pressed ?? assert.fail('nobody was asked'),
  };
}
async function allowed(whom: SsoSession | undefined = session): Promise<void> {
  const person = pressing('allow');
  await signIn(whom, person.ask, never);
  await person.done();
}
/** The error of a sign-in that fails. */
async function refused(
  whom: SsoSession,
  ask: (verification: Verification) => void,
  signal = never,
): Promise<OutsideError> {
  const error: unknown = await signIn(whom, ask, signal).then(
    () => assert.fail('signed in'),
    (why: unknown) => why,
  );
  assert.ok(error instanceof OutsideError, String(error));
  return error;
}
const nobody = (): void => undefined;

test('an expired sign-in is told apart from credentials that are missing', async () => {
  const reading = await clusters('sso');
  assert.ok(reading.state === 'failed');
  assert.equal(reading.code, 'TokenProviderError');
  assert.match(reading.reason, /sign-in of this AWS profile has expired/);
  rmSync(cache);
  assert.equal(await codeOf('sso'), 'TokenProviderError');
  assert.equal(await codeOf('no-such-profile'), 'CredentialsProviderError');
});

test('after a sign-in clusters are listed and one is read, without another one', async () => {
  await allowed();
  assert.deepEqual(valueOf(await clusters('sso')), ['kubeflow-dev', 'legacy']);
  const aws = connectAws({ profile: 'sso', region: REGION });
  assert.match(valueOf(await aws.caller())?.arn ?? '', /assumed-role\/KubeflowOperator\/person$/);
  const cluster = valueOf(await aws.cluster('kubeflow-dev')) ?? assert.fail('kubeflow-dev can be read');
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster, aws);
  const profiles = valueOf(await kubernetes.profiles());
  kubernetes.close();
  assert.deepEqual(profiles?.map(({ metadata }) => metadata.name).sort(), ['team-a', 'team-b']);
  const { 'sso-oidc:RegisterClient': registered, 'sso:GetRoleCredentials': asked } = sandbox.calls();
  assert.deepEqual([registered, asked], [1, 2]);
});

test('the token is in the file of the SDKs and the CLI, for its owner alone, and nothing else is left there', async () => {
  rmSync(path.dirname(path.dirname(cache)), { recursive: true });
  await allowed();
  assert.deepEqual(readdirSync(path.dirname(cache)), [path.basename(cache)]);
  assert.equal(statSync(cache).mode & 0o777, 0o600);
  assert.equal(statSync(path.dirname(cache)).mode & 0o777, 0o700);
  const { startUrl, region, expiresAt = '', registrationExpiresAt = '', ...rest } = token();
  assert.deepEqual([startUrl, region], [SSO.startUrl, SSO.region]);
  assert.deepEqual(Object.keys(rest).sort(), ['accessToken', 'clientId', 'clientSecret', 'refreshToken']);
  for (const time of [expiresAt, registrationExpiresAt]) {
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(Date.parse(time) > Date.now());
  }
});

test('the SDK renews the token that we wrote', async () => {
  // A session of its own: the SDK has tried in vain with the other one, and waits 30 s before it tries again.
  profile('renewed', ['sso_session = renewed', 'sso_account_id = 111122223333', 'sso_role_name = KubeflowOperator']);
  section('sso-session renewed', [`sso_start_url = ${SSO.startUrl}`, `sso_region = ${SSO.region}`]);
  await allowed(await ssoSessionOf('renewed'));
  const file = getSSOTokenFilepath('renewed');
  const kept = JSON.parse(readFileSync(file, 'utf8')) as { accessToken: string };
  writeFileSync(file, JSON.stringify({ ...kept, expiresAt: new Date(Date.now() - 1_000).toISOString() }));
  assert.equal((await clusters('renewed')).state, 'found');
  assert.notEqual((JSON.parse(readFileSync(file, 'utf8')) as { accessToken: string }).accessToken, kept.accessToken);
});

test('a token that the service no longer accepts is an expired sign-in too', async () => {
  await allowed();
  writeFileSync(cache, JSON.stringify({ ...token(), accessToken: 'revoked' }));
  assert.equal(await codeOf('sso'), 'TokenProviderError');
});

test('a role that the person does not have is no reason to sign in again', async () => {
  profile('stranger', [`sso_session = ${SSO.session}`, 'sso_account_id = 111122223333', 'sso_role_name = Stranger']);
  await allowed();
  const reading = await clusters('stranger');
  assert.ok(reading.state === 'failed');
  assert.equal(reading.code, 'CredentialsProviderError');
  assert.match(reading.reason, /sso_role_name/);
});

test('IAM Identity Center is asked in its own region, whatever the region of the clusters', async () => {
  // No endpoint is set here, and there is no such host: nobody is asked anything.
  const file = path.join(sandbox.env.HOME, 'far');
  writeFileSync(
    file,
    `[profile far]
sso_session = far
sso_account_id = 111122223333
sso_role_name = Any
[sso-session far]
sso_start_url = https://far.example.com/start
sso_region = xx-nowhere-1
`,
  );
  writeFileSync(getSSOTokenFilepath('far'), JSON.stringify({ accessToken: 'x', expiresAt: '2999-01-01T00:00:00Z' }));
  const hosts = new Set<unknown>();
  const note = (message: unknown): void => void hosts.add((message as { request: { host: string } }).request.host);
  subscribe('http.client.request.start', note);
  delete process.env['AWS_ENDPOINT_URL'];
  process.env['AWS_CONFIG_FILE'] = file;
  try {
    assert.notEqual(await codeOf('far'), 'found');
    assert.deepEqual([...hosts], ['portal.sso.xx-nowhere-1.amazonaws.com']);
  } finally {
    Object.assign(process.env, sandbox.env);
    unsubscribe('http.client.request.start', note);
  }
});

test('cancelled: nothing is written, and the service is asked no more', async () => {
  const cancel = new AbortController();
  await assert.rejects(
    signIn(session, () => cancel.abort(), cancel.signal),
    { name: 'AbortError' },
  );
  assert.equal(readFileSync(cache, 'utf8'), expired);
  assert.equal(sandbox.calls()['sso-oidc:CreateToken'], undefined);
  await assert.rejects(signIn(session, nobody, AbortSignal.abort()), { name: 'AbortError' });
});

test('who joins a sign-in goes on when the one who began it cancels; when the last one does, it ends', async () => {
  settings['kubeflowIrsa.awsProfiles'] = ['sso'];
  const outside = connections();
  let reloads = 0;
  outside.onDidChange(() => reloads++);
  const [first, second] = [new AbortController(), new AbortController()];
  const whenShown = async (signal: AbortSignal) => {
    let signedIn: Promise<boolean> | undefined;
    const page = await new Promise<Verification>((resolve, reject) => {
      signedIn = outside.signIn('sso', resolve, signal);
      signedIn.catch(reject);
    });
    return { page, signedIn: signedIn ?? assert.fail() };
  };
  const one = await whenShown(first.signal);
  const two = await whenShown(second.signal);
  assert.deepEqual(two.page, one.page, 'it is the same one');
  first.abort(new Error('changed my mind'));
  await assert.rejects(one.signedIn, /changed my mind/);
  await press(two.page, 'allow');
  assert.equal(await two.signedIn, true);
  assert.equal(reloads, 1);
  assert.equal((await clusters('sso')).state, 'found');

  const third = new AbortController();
  const three = await whenShown(third.signal);
  third.abort(new Error('mind changed'));
  await assert.rejects(three.signedIn, /mind changed/);
  const four = await whenShown(new AbortController().signal);
  assert.notDeepEqual(four.page, three.page, 'who asks after that begins anew');
  const asked = outside.signIn('sso', () => assert.fail('no browser'), new AbortController().signal);
  await assert.rejects(asked, /no browser/, 'what keeps the page from being shown is told');
  await press(four.page, 'allow');
  assert.equal(await four.signedIn, true);
  assert.equal(sandbox.calls()['sso-oidc:RegisterClient'], 3);
  outside.dispose();
});

test('denied in the browser', async () => {
  const person = pressing('deny');
  const { code, message } = await refused(session, person.ask);
  await person.done();
  assert.equal(code, 'AccessDeniedException');
  assert.match(message, /not allowed in the browser/);
  assert.equal(readFileSync(cache, 'utf8'), expired);
});

test('a code that nobody confirms expires, and its page says so', async () => {
  sandbox.control({ signIn: { expiresIn: 1, interval: 1, slowDowns: 0 } });
  let shown: Verification | undefined;
  const { code, message } = await refused(session, (verification) => (shown = verification));
  assert.equal(code, 'ExpiredTokenException');
  assert.match(message, /in time/);
  const page = await fetch(here(shown?.url ?? ''));
  assert.equal(page.status, 400);
  assert.match(await page.text(), /not valid/);
});

test('told to slow down, it asks more rarely', async () => {
  sandbox.control({ signIn: { expiresIn: 30, interval: 1, slowDowns: 1 } });
  await allowed();
  // The service tells off whoever asks again within six seconds, so that a third question would be needed.
  assert.equal(sandbox.calls()['sso-oidc:CreateToken'], 2);
});

test('a service in trouble while the person is in the browser does not end the sign-in', async () => {
  const fault = { status: 500, code: 'InternalServerException', message: 'trouble', times: 4 };
  sandbox.control({ faults: [{ ...fault, call: 'sso-oidc:CreateToken' }] });
  await allowed();
  assert.notEqual(readFileSync(cache, 'utf8'), expired);
});

test('a session that the service does not know, and scopes that it does not have', async () => {
  const wrong = await refused({ ...session, startUrl: 'https://other.example.com/start' }, nobody);
  assert.equal(wrong.code, 'InvalidRequestException');
  assert.match(wrong.message, /does not know https:\/\/other\.example\.com\/start/);
  const scopes = await refused({ ...session, scopes: ['sso:everything'] }, nobody);
  assert.match(scopes.message, /sso_registration_scopes/);
});

test('a page that is not https is not shown', async () => {
  const pages = [
    ...['http://signin.example.com/', 'http://127.0.0.1.example.com/', 'http://localhost:80@example.com/'],
    ...['file:///etc/passwd', 'vscode://kubeflow.irsa/', 'command:workbench.action.quit', 'javascript:alert(1)', '//'],
  ];
  for (const page of pages) {
    sandbox.control({ signIn: { expiresIn: 600, interval: 1, slowDowns: 0, page } });
    const { code } = await refused(session, () => assert.fail(`${page} was shown`));
    assert.equal(code, 'UnsafeUrl', page);
  }
  sandbox.control({ signIn: { expiresIn: 600, interval: 1, slowDowns: 0, page: 'https://d.example.com/' } });
  const cancel = new AbortController();
  let shown = '';
  const ask = ({ url }: Verification): void => {
    shown = url;
    cancel.abort();
  };
  await assert.rejects(signIn(session, ask, cancel.signal), { name: 'AbortError' });
  assert.match(shown, /^https:\/\/d\.example\.com\/\?user_code=/);
});

test('a profile with settings of its own, without a named session', async () => {
  const names = ['sso_account_id = 111122223333', 'sso_role_name = KubeflowOperator'];
  profile('old', [`sso_start_url = ${SSO.startUrl}`, `sso_region = ${SSO.region}`, ...names]);
  assert.equal(await codeOf('old'), 'TokenProviderError');
  await allowed(await ssoSessionOf('old'));
  assert.deepEqual(valueOf(await clusters('old')), ['kubeflow-dev', 'legacy']);
});

test('no secret is in an error', async () => {
  const secrets = Object.entries(JSON.parse(expired) as Record<string, string>)
    .filter(([name]) => /token|secret/i.test(name))
    .map(([, value]) => value);
  const fault = { status: 400, code: 'UnheardOfException', message: `no: ${secrets.join(' ')}`, times: 1 };
  for (const call of ['RegisterClient', 'StartDeviceAuthorization', 'CreateToken']) {
    sandbox.control({ faults: [{ ...fault, call: `sso-oidc:${call}` }] });
    const { code, message } = await refused(session, nobody);
    assert.equal(code, 'UnheardOfException');
    assert.equal(message, 'IAM Identity Center did not sign you in (UnheardOfException).');
  }
});

test('a token that cannot be kept is an error that says where', async () => {
  const folder = path.dirname(cache);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  try {
    const person = pressing('allow');
    const { message } = await refused(session, person.ask);
    assert.ok(message.includes(cache), message);
  } finally {
    rmSync(folder);
    mkdirSync(folder, { mode: 0o700 });
  }
});

test('which profiles rest on a session', async () => {
  const legacy = { startUrl: 'https://old.example.com/start', region: 'eu-west-1', scopes: [] };
  const old = [`sso_start_url = ${legacy.startUrl}`, `sso_region = ${legacy.region}`];
  profile('legacy', old);
  profile('by-role', ['role_arn = arn:aws:iam::111122223333:role/Any', 'source_profile = sso']);
  profile('by-two-roles', ['role_arn = arn:aws:iam::111122223333:role/Other', 'source_profile = by-role']);
  profile('round', ['role_arn = arn:aws:iam::111122223333:role/Any', 'source_profile = about']);
  profile('about', ['role_arn = arn:aws:iam::111122223333:role/Any', 'source_profile = round']);
  profile('process', ['credential_process = /bin/true', ...old]);
  profile('nowhere', ['sso_session = nowhere']);
  profile('half', ['sso_start_url = https://old.example.com/start']);
  profile('plain', ['sso_session = plain']);
  section('sso-session plain', old);
  const expected = {
    sso: { name: SSO.session, startUrl: SSO.startUrl, region: SSO.region, scopes: ['sso:account:access'] },
    legacy,
    'by-role': session,
    'by-two-roles': session,
    plain: { ...legacy, name: 'plain', scopes: ['sso:account:access'] },
    ...{ round: undefined, process: undefined, nowhere: undefined, half: undefined, default: undefined },
    ...{ operator: undefined, 'no-such-profile': undefined },
  };
  for (const [name, wanted] of Object.entries(expected)) assert.deepEqual(await ssoSessionOf(name), wanted, name);
  // Keys in the environment come first, unless a profile is chosen.
  assert.equal(await ssoSessionOf(undefined), undefined);
  process.env['AWS_PROFILE'] = 'sso';
  assert.deepEqual(await ssoSessionOf(undefined), session);
  delete process.env['AWS_PROFILE'];
});
