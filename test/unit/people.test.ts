/** People: who can sign in, users that are made, contributors, a profile that is handed over. On a world in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import bcrypt from 'bcryptjs';
import fc from 'fast-check';
import { dexUser, readDex, withDexUser, withoutDexUser } from '../../src/core/people/dex.ts';
import {
  bindingName,
  contributorBinding,
  contributorPolicy,
  IDENTITY,
  type AuthorizationPolicy,
  type RoleBinding,
} from '../../src/core/people/kfam.ts';
import { factsOf } from '../../src/core/facts.ts';
import { actionOf, refText, type Change } from '../../src/core/kinds.ts';
import type { CognitoUser, Deployment, Namespace, Profile } from '../../src/core/observation.ts';
import { poolOf, signInMay, signsIn, type SignIn, type SignsIn } from '../../src/core/people/signIn.ts';
import { planContributor, planContributorGone } from '../../src/core/plan/contributor.ts';
import { handOverRefs, planHandOver } from '../../src/core/plan/handover.ts';
import { ownerPart } from '../../src/core/plan/owner.ts';
import { planJson } from '../../src/core/plan/json.ts';
import { blockers, changeOf, permissionsOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading, valueOf } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import type { Revealed } from '../../src/provisioning/driver.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { involved, lookAtContributor, lookAtHandOver, lookAtSignIn } from '../../src/provisioning/people.ts';
import { bindingOf, bindingsOf } from '../../src/provisioning/bindings.ts';
import { dexOf } from '../../src/provisioning/userDrivers.ts';
import { OutsideError, type KubeObject } from '../../src/provisioning/ports.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import { arnOf, cluster, putProfile, requestFor, worldWithProvider, type Fault, type World } from './world.ts';
import './vscode-stub.ts';

const { undoText, resultText } = await import('../../src/wizard/result.ts');

/** As Kubeflow's manifests have it, with what people add. */
const CONFIG = `issuer: http://dex.auth.svc.cluster.local:5556/dex
storage:
  type: kubernetes
  config: { inCluster: true }   # one line
# passwords of our own users
enablePasswordDB: true
staticPasswords:
- email: user@example.com   # the first one
  hashFromEnv: DEX_USER_PASSWORD
  username: user
  userID: "15841185641784"
- {email: "Anna@Example.com", hash: '$2y$10$abcdefghijklmnopqrstuv', username: anna, userID: 7}
staticClients:
# https://github.com/dexidp/dex/pull/1664
- idEnv: OIDC_CLIENT_ID
  redirectURIs: ["/oauth2/callback"]
  name: 'Dex Login Application'
`;
const POOL = 'us-west-2_AbCdEfGhI';
const ingress = (annotation: string): KubeObject => ({
  metadata: {
    name: 'istio-ingress',
    namespace: 'istio-system',
    annotations: { 'alb.ingress.kubernetes.io/auth-idp-cognito': annotation },
  },
});

function withDex(to: World, config = CONFIG): World {
  to.configMaps.set('auth/dex', {
    namespace: 'auth',
    name: 'dex',
    resourceVersion: 'a',
    data: { 'config.yaml': config, other: 'stays' },
  });
  to.kube.set('deployments auth/dex', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'dex', namespace: 'auth', resourceVersion: 'b' },
    spec: { replicas: 1, template: { metadata: { labels: { app: 'dex' } }, spec: {} } },
  });
  return to;
}
function withPool(to: World, ...emails: readonly string[]): World {
  const arn = `arn:aws:cognito-idp:us-west-2:111122223333:userpool/${POOL}`;
  to.kube.set(
    'ingresses istio-system/istio-ingress',
    ingress(JSON.stringify({ userPoolARN: arn, userPoolClientID: 'x' })),
  );
  to.pools.set(
    POOL,
    emails.map((email, at) => ({ pool: POOL, username: `sub-${at}`, email, status: 'CONFIRMED' })),
  );
  return to;
}
const configIn = (here: World): string => here.configMaps.get('auth/dex')?.data['config.yaml'] ?? '';
const restartsIn = (here: World): Readonly<Record<string, string>> =>
  (
    here.kube.get('deployments auth/dex') as unknown as {
      spec: { template: { metadata: { annotations?: Record<string, string> } } };
    }
  ).spec.template.metadata.annotations ?? {};

const planIn = async (at: World, wish: Request): Promise<Plan> => {
  const { facts } = await lookAt(wish, at.aws, at.connect);
  return planProfile(wish, facts);
};
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';
const reasons = (plan: Plan): string =>
  blockers(plan)
    .map(({ reason }) => reason)
    .join(' ');

/** Carries out with somebody who is shown passwords. */
async function run(here: World, plan: Plan) {
  const shown: Revealed[] = [];
  const journal = memoryJournal();
  const result = await carryOut(plan, { ...here.outside(), reveal: (one) => shown.push(one) }, { journal });
  return { result, shown, journal };
}

/** Dex's settings in many shapes, and what is said of them. */
const SHAPES: readonly [title: string, text: string, users: readonly string[]][] = [
  ['as the manifests have it', CONFIG, ['user@example.com', 'Anna@Example.com']],
  ['no list', 'enablePasswordDB: true\n', []],
  ['no line end', 'enablePasswordDB: true', []],
  ['an empty key', 'enablePasswordDB: true\nstaticPasswords:\nissuer: x\n', []],
  ['an empty key with a comment', 'enablePasswordDB: true\nstaticPasswords:   # nobody yet\nissuer: x\n', []],
  ['an empty list', 'enablePasswordDB: true\nstaticPasswords: []\nissuer: x\n', []],
  ['null', 'enablePasswordDB: true\nstaticPasswords: null\nissuer: x\n', []],
  ['one line', 'enablePasswordDB: true\nstaticPasswords: [{email: a@b.c, hash: x}]\n', ['a@b.c']],
  ['indented', 'enablePasswordDB: true\nstaticPasswords:\n    - email: a@b.c\n      hash: x\n\n# end\n', ['a@b.c']],
  ['lines of Windows', 'enablePasswordDB: true\r\nstaticPasswords:\r\n- email: a@b.c\r\n  hash: x\r\n', ['a@b.c']],
  ['JSON', '{"enablePasswordDB": true, "staticPasswords": [{"email": "a@b.c"}]}', ['a@b.c']],
  ['one without an address', 'enablePasswordDB: true\nstaticPasswords:\n- hash: x\n- email: a@b.c\n', ['a@b.c']],
  ['last of all, without a line end', 'enablePasswordDB: true\nstaticPasswords:\n- email: a@b.c', ['a@b.c']],
];
for (const [title, text, users] of SHAPES) {
  test(`Dex's settings: a user more, and all else byte for byte: ${title}`, () => {
    const made = withDexUser(text, { email: 'new@example.com', username: 'new', userID: '1-2', hash: '$2b$12$x' });
    assert.ok(typeof made !== 'string');
    const dex = readDex(made.text);
    assert.ok(typeof dex !== 'string');
    assert.deepEqual(
      dex.users.map(({ email }) => email),
      [...users, 'new@example.com'],
    );
    const { username, userID } = dexUser(dex, 'NEW@example.com') ?? {};
    assert.deepEqual([username, userID], ['new', '1-2']);
    // What stood there stands there still, in order: the new text is the old one with one piece more.
    let at = 0;
    while (text[at] === made.text[at] && at < text.length) at += 1;
    const rest = text.length - at;
    const empty = /staticPasswords: (\[\]|null)/.test(text);
    if (!empty) assert.equal(made.text.slice(made.text.length - rest), text.slice(at));
    const back = withoutDexUser(made.text, 'new@example.com');
    assert.ok(typeof back !== 'string');
    if (users.length > 0) assert.equal(back.text, text);
    const after = readDex(back.text);
    assert.ok(typeof after !== 'string');
    assert.deepEqual(
      after.users.map(({ email }) => email),
      users,
    );
  });
}

test("Dex's settings: where there is no such user, none is taken out", () => {
  for (const text of [CONFIG, 'issuer: x\n', 'staticPasswords: 3\n', 'staticPasswords: []\n'])
    assert.deepEqual(withoutDexUser(text, 'ghost@example.com'), { text });
  assert.match(withoutDexUser('a: [', 'a@b.c') as string, /is no sound YAML/);
  const first = withoutDexUser(CONFIG, 'user@example.com');
  assert.ok(typeof first !== 'string' && !first.text.includes('user@example.com'));
});

/** What of Dex's settings counts, and how connectors are called. */
const SAID: readonly [text: string, says: unknown][] = [
  ['enablePasswordDB: true\n', { users: [], connectors: [], passwords: true }],
  ['enablePasswordDB: false\n', { users: [], connectors: [], passwords: false }],
  ['enablePasswordDB: "true"\n', { users: [], connectors: [], passwords: false }],
  ['issuer: x\n', { users: [], connectors: [], passwords: false }],
  [
    'staticPasswords:\n- hash: x\n- email: ""\n- email: a@b.c\n  userID: 7\n- email: "{{ .Values.admin }}"\n',
    { users: [{ email: 'a@b.c', userID: '7' }], connectors: [], passwords: false },
  ],
  [
    'connectors:\n- {type: ldap, id: l, name: LDAP}\n- {type: oidc, id: o}\n- {type: saml}\n- {}\n',
    { users: [], connectors: ['LDAP', 'o', 'saml', '?'], passwords: false },
  ],
  ['connectors: {}\nstaticPasswords: {}\n', { users: [], connectors: [], passwords: false }],
];
for (const [text, says] of SAID)
  test(`Dex's settings, read: ${JSON.stringify(text)}`, () => assert.deepEqual(readDex(text), says));

test("Dex's settings: users come and go in any order, and the text is what it was", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9.+_-]{0,12}$/).map((text) => `${text}@new.example`);
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.nat(), (emails, turn) => {
      let text = CONFIG;
      for (const email of emails) {
        const made = withDexUser(text, { email, hash: '$2b$12$abc/def.' });
        assert.ok(typeof made !== 'string');
        text = made.text;
      }
      const first = turn % emails.length;
      for (const email of [...emails.slice(first), ...emails.slice(0, first)]) {
        const less = withoutDexUser(text, email);
        assert.ok(typeof less !== 'string');
        text = less.text;
      }
      assert.equal(text, CONFIG);
    }),
  );
});

for (const text of ['- a\n', 'a: [', 'staticPasswords: 3\n', 'a: 1\n---\nb: 2\n', '']) {
  test(`Dex's settings that cannot be changed are left alone: ${JSON.stringify(text)}`, () => {
    assert.equal(typeof withDexUser(text, { email: 'a@b.c', hash: 'x' }), 'string');
  });
}

test('a user of Dex is made with the profile: first of all, with a password that opens, and Dex is restarted', async () => {
  const here = withDex(worldWithProvider());
  const wish = requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } });
  const plan = await planIn(here, wish);
  assert.deepEqual(
    rows(plan)
      .slice(3, 5)
      .map(({ kind, title }) => `${kind} ${title}`),
    [
      'create User new@example.com of Dex, with a new password, which is shown once',
      'change Deployment auth/dex, restarted, so that Dex knows the user',
    ],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  here.calls.length = 0;
  const { result, shown } = await run(here, JSON.parse(JSON.stringify(plan)) as Plan);
  assert.ok(result.ok, failure(result));
  assert.deepEqual(here.writes().slice(0, 2), ['patch configmaps', 'update deployments']);
  assert.deepEqual(
    shown.map(({ user }) => user),
    ['new@example.com'],
  );
  const made = /hash: "(\$2b\$10\$[^"]+)"/.exec(configIn(here))?.[1] ?? '';
  assert.ok(await bcrypt.compare(shown[0]?.password ?? '', made));
  assert.ok((shown[0]?.password ?? '').length >= 20);
  assert.ok(configIn(here).includes('# the first one'));
  assert.equal(here.configMaps.get('auth/dex')?.data['other'], 'stays');
  assert.match(restartsIn(here)['kubectl.kubernetes.io/restartedAt'] ?? '', /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(Object.keys(here.kube.get('deployments auth/dex')?.['spec'] as object), ['replicas', 'template']);
  // Running again makes no second one, and shows no password.
  const again = await planIn(here, wish);
  assert.ok(
    rows(again).every(({ kind }) => kind === 'keep' || kind === 'verify'),
    JSON.stringify(rows(again)),
  );
  const second = await run(here, plan);
  assert.ok(second.result.ok, failure(second.result));
  assert.deepEqual(second.shown, []);
  assert.deepEqual(here.profiles.get('team-x')?.spec?.owner, { kind: 'User', name: 'new@example.com' });
});

test('canary: the password and its hash are in no plan, review, JSON, row, journal, result or error', async () => {
  const faults: readonly [call: string, fault: Fault | undefined][] = [
    ['', undefined],
    ['patch configmaps', 'refuse'],
    ['patch configmaps', 'drop'],
    ['update deployments', 'refuse'],
    ['create profiles', 'refuse'],
  ];
  for (const [call, fault] of faults) {
    const here = withDex(worldWithProvider());
    const plan = await planIn(here, requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } }));
    here.onCall = (one) => (one === call ? fault : undefined);
    const seen: unknown[] = [];
    const tell = (...args: readonly unknown[]) => void seen.push(args);
    const passwords: string[] = [];
    const shown: Revealed[] = [];
    const journal = memoryJournal();
    const result = await carryOut(
      plan,
      { ...here.outside(), reveal: (one) => void shown.push(one) },
      {
        journal: { begun: (...a) => (tell(a), journal.begun(...a)), ended: (...a) => (tell(a), journal.ended(...a)) },
        progress: tell,
      },
    );
    passwords.push(...shown.map(({ password }) => password));
    const undone = await undo(journal.entries(), here.outside());
    const hash = /hash: "(\$2b[^"]+)"/.exec(configIn(here))?.[1];
    const said = JSON.stringify([
      plan,
      planJson(plan),
      reviewText(plan),
      rows(plan),
      seen,
      journal.entries(),
      result,
      undone,
      resultText({ subject: 'x' }, plan, result),
      undoText(plan, undone),
    ]);
    for (const secret of [...passwords, ...(hash === undefined ? [] : [hash])]) assert.ok(!said.includes(secret), call);
    assert.ok(!/\$2[aby]\$/.test(said), call);
    if (call === '') assert.equal(passwords.length, 1);
  }
});

test('an answer that was lost: the user is there with our password, which is shown; with another, it is somebody else', async () => {
  const here = withDex(worldWithProvider());
  const wish = requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } });
  const plan = await planIn(here, wish);
  here.onCall = (one) => (one === 'patch configmaps' ? 'drop' : undefined);
  const { result, shown } = await run(here, plan);
  assert.ok(result.ok, failure(result));
  assert.equal(shown.length, 1);

  const there = withDex(worldWithProvider());
  const early = await planIn(there, wish);
  withDex(there, `${CONFIG.replace('- email: user@', '- email: new@example.com\n  hash: other\n- email: user@')}`);
  const late = await run(there, early);
  assert.deepEqual(late.shown, []);
  assert.equal(late.result.rows.find(({ row }) => row.id === 'dex-user')?.state, 'kept');
});

for (const [code, tries] of [
  ['Conflict', 5],
  ['409', 5],
  ['Forbidden', 1],
] as const)
  test(`Dex's settings are written ${tries} times where that is refused with ${code}, and the refusal is told`, async () => {
    const here = withDex(worldWithProvider());
    const plan = await planIn(here, requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } }));
    let calls = 0;
    here.kubernetes.patchConfigMap = () => {
      calls += 1;
      return Promise.reject(new OutsideError('no', code));
    };
    const { result } = await run(here, plan);
    assert.equal(result.ok, false);
    assert.equal(calls, tries);
  });

test('a restart that failed is made up for by the next plan; undo takes the user back and restarts after that', async () => {
  const here = withDex(worldWithProvider());
  const before = here.snapshot();
  const wish = requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } });
  here.onCall = (one) => (one === 'update deployments' ? 'refuse' : undefined);
  const first = await run(here, await planIn(here, wish));
  assert.equal(first.result.ok, false);
  assert.equal(first.shown.length, 1);
  assert.deepEqual(
    here.writes().filter((call) => call.startsWith('iam')),
    [],
  );
  here.onCall = () => undefined;
  const plan = await planIn(here, wish);
  assert.deepEqual(
    rows(plan)
      .slice(3, 5)
      .map(({ kind }) => kind),
    ['keep', 'change'],
  );
  const second = await run(here, plan);
  assert.ok(second.result.ok, failure(second.result));
  here.calls.length = 0;
  const undone = await undo([...first.journal.entries(), ...second.journal.entries()], here.outside());
  assert.ok(undone.ok, JSON.stringify(undone.changes));
  assert.equal(configIn(here), CONFIG);
  const writes = here.writes();
  assert.ok(writes.indexOf('patch configmaps') < writes.indexOf('update deployments'), writes.join());
  const unlike = (snapshot: unknown): string =>
    JSON.stringify(snapshot).replace(/,"annotations":\{"kubectl[^}]*\}/, '');
  assert.equal(unlike(here.snapshot()), unlike(before));
});

test('without somebody to show the password to, none is made', async () => {
  const here = withDex(worldWithProvider());
  const plan = await planIn(here, requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } }));
  const result = await carryOut(plan, here.outside());
  assert.match(failure(result), /Nobody would be shown the password/);
  assert.equal(configIn(here), CONFIG);
  assert.deepEqual(here.writes(), []);
});

test('somebody else changes the settings of Dex at the same moment: both changes are there', async () => {
  const here = withDex(worldWithProvider());
  const plan = await planIn(here, requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } }));
  let once = true;
  here.onCall = (one) => {
    const config = here.configMaps.get('auth/dex');
    if (one === 'patch configmaps' && once && config !== undefined) {
      once = false;
      here.configMaps.set('auth/dex', {
        ...config,
        resourceVersion: 'other',
        data: { ...config.data, 'config.yaml': `${CONFIG}# theirs\n` },
      });
    }
    return undefined;
  };
  const { result } = await run(here, plan);
  assert.ok(result.ok, failure(result));
  assert.ok(configIn(here).endsWith('# theirs\n') && configIn(here).includes('new@example.com'));
});

test('a user of Cognito is made with the profile, and undone only while nobody signed in with it', async () => {
  const here = withPool(worldWithProvider(), 'old@example.com');
  const wish = requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'cognito', pool: POOL } });
  const plan = await planIn(here, wish);
  assert.equal(
    rows(plan)[3]?.title,
    `User new@example.com of Cognito user pool ${POOL}, who gets an invitation by mail from Cognito`,
  );
  const { result, shown, journal } = await run(here, plan);
  assert.ok(result.ok, failure(result));
  assert.deepEqual(shown, []);
  assert.equal(here.pools.get(POOL)?.length, 2);
  assert.ok(rows(await planIn(here, wish)).every(({ kind }) => kind === 'keep' || kind === 'verify'));
  const users = here.pools.get(POOL) ?? [];
  here.pools.set(
    POOL,
    users.map((user) => ({ ...user, status: 'CONFIRMED' })),
  );
  const kept = await undo(journal.entries(), here.outside());
  assert.equal(kept.changes.find(({ change }) => change.ref.kind === 'cognito/user')?.state, 'left');
  here.pools.set(POOL, users);
  await undo(journal.entries(), here.outside());
  assert.deepEqual(
    here.pools.get(POOL)?.map(({ email }) => email),
    ['old@example.com'],
  );
});

test('what Cognito refuses stops the run before anything else is written', async () => {
  const here = withPool(worldWithProvider());
  const plan = await planIn(
    here,
    requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'cognito', pool: POOL } }),
  );
  here.calls.length = 0;
  here.onCall = (one) => (one === 'cognito-idp:AdminCreateUser' ? 'refuse' : undefined);
  const { result } = await run(here, plan);
  assert.equal(result.ok, false);
  assert.deepEqual(here.writes(), ['cognito-idp:AdminCreateUser']);
});

/** Owners, and what a plan says of them before anything is written. */
const OWNERS: readonly [title: string, here: () => World, owner: string, warning: RegExp | undefined][] = [
  ['a user of Dex', () => withDex(worldWithProvider()), 'user@example.com', undefined],
  ['a user of Dex whose name has capitals', () => withDex(worldWithProvider()), 'Anna@Example.com', undefined],
  [
    'KP-011: a user of Dex in another case',
    () => withDex(worldWithProvider()),
    'anna@example.com',
    /Dex has no user anna@example\.com but Anna@Example\.com\..*give Anna@Example\.com as the owner/,
  ],
  [
    'nobody of Dex',
    () => withDex(worldWithProvider()),
    'ghost@example.com',
    /Nobody can sign in as ghost@example\.com: Dex has no such user/,
  ],
  [
    'a connector may let in others',
    () => withDex(worldWithProvider(), `${CONFIG}connectors:\n- type: github\n  id: gh\n  name: GitHub\n`),
    'ghost@example.com',
    undefined,
  ],
  ['a user of the pool', () => withPool(worldWithProvider(), 'old@example.com'), 'old@example.com', undefined],
  [
    'KP-011: a user of the pool in another case',
    () => withPool(worldWithProvider(), 'old@example.com'),
    'Old@example.com',
    /Cognito user pool us-west-2_AbCdEfGhI has no user Old@example\.com but old@example\.com/,
  ],
  [
    'nobody of Dex and of the pool',
    () => withPool(withDex(worldWithProvider()), 'old@example.com'),
    'ghost@example.com',
    /Nobody can sign in as ghost@example\.com: Dex and Cognito user pool us-west-2_AbCdEfGhI/,
  ],
  ['neither Dex nor a pool is known', worldWithProvider, 'ghost@example.com', undefined],
  ['neither is known, and capitals', worldWithProvider, 'Ghost@example.com', /Has upper-case letters/],
];
for (const [title, make, owner, warning] of OWNERS) {
  test(`an owner: ${title}`, async () => {
    const plan = await planIn(make(), requestFor('team-x', { owner }));
    assert.deepEqual(blockers(plan), []);
    const said = plan.warnings.filter((text) => text.toLowerCase().includes(owner.toLowerCase()));
    if (warning === undefined) assert.deepEqual(said, []);
    else assert.match(said.join('\n'), warning);
  });
}

test('an owner where the users may not be listed is not called nobody', async () => {
  for (const permission of ['get configmaps', 'cognito-idp:ListUsers']) {
    const here = withPool(withDex(worldWithProvider()));
    const refuse = async <T>(answer: Promise<Reading<T>>, call: string): Promise<Reading<T>> =>
      call === permission ? denied(permission, 'no') : answer;
    const aws = {
      ...here.aws,
      userPools: () => {
        const pools = here.aws.userPools('us-west-2');
        return {
          ...pools,
          users: (...a: Parameters<typeof pools.users>) => refuse(pools.users(...a), 'cognito-idp:ListUsers'),
        };
      },
    };
    const kubernetes = {
      ...here.kubernetes,
      configMap: (...a: Parameters<typeof here.kubernetes.configMap>) =>
        refuse(here.kubernetes.configMap(...a), 'get configmaps'),
    };
    const wish = requestFor('team-x', { owner: 'ghost@example.com' });
    const { facts } = await lookAt(wish, aws, () => Promise.resolve(kubernetes));
    const plan = planProfile(wish, facts);
    assert.ok(
      plan.warnings.every((text) => !text.includes('Nobody')),
      plan.warnings.join(),
    );
    assert.ok(permissionsOf(plan).kubernetes.includes('list ingresses.networking.k8s.io'));
  }
});

/** New users that are not made, and why. */
const REFUSED: readonly [title: string, here: () => World, wish: Partial<Request>, reason: RegExp][] = [
  [
    'no address',
    () => withDex(worldWithProvider()),
    { owner: 'anna', newUser: { in: 'dex' } },
    /Write the e-mail address/,
  ],
  ['a space', () => withDex(worldWithProvider()), { owner: 'a@b.c ', newUser: { in: 'dex' } }, /Remove the space/],
  [
    'there in another case',
    () => withDex(worldWithProvider()),
    { owner: 'anna@example.com', newUser: { in: 'dex' } },
    /Dex has a user Anna@Example\.com already/,
  ],
  ['no Dex', worldWithProvider, { owner: 'a@b.cd', newUser: { in: 'dex' } }, /There is no Dex here/],
  [
    'Dex takes no passwords',
    () => withDex(worldWithProvider(), 'staticPasswords: []\n'),
    { owner: 'a@b.cd', newUser: { in: 'dex' } },
    /enablePasswordDB is not true/,
  ],
  [
    'settings that are no YAML',
    () => withDex(worldWithProvider(), 'a: ['),
    { owner: 'a@b.cd', newUser: { in: 'dex' } },
    /is no sound YAML/,
  ],
  [
    'no such pool',
    worldWithProvider,
    { owner: 'a@b.cd', newUser: { in: 'cognito', pool: 'us-west-2_None' } },
    /There is no Cognito user pool us-west-2_None/,
  ],
  [
    'no pool at all',
    worldWithProvider,
    { owner: 'a@b.cd', newUser: { in: 'cognito', pool: 'x' } },
    /is no id of a Cognito user pool/,
  ],
  [
    'there in another case in the pool',
    () => withPool(worldWithProvider(), 'a@b.cd'),
    { owner: 'A@b.cd', newUser: { in: 'cognito', pool: POOL } },
    /has a user a@b\.cd already/,
  ],
];
for (const [title, make, wish, reason] of REFUSED) {
  test(`a new user that is refused before any write: ${title}`, async () => {
    const here = make();
    const plan = await planIn(here, requestFor('team-x', wish));
    assert.match(reasons(plan), reason);
    const { result } = await run(here, plan);
    assert.equal(result.ok, false);
    assert.deepEqual(here.writes(), []);
  });
}

test('a second plan sees the user that the first will make', async () => {
  const here = withDex(worldWithProvider());
  const wish = requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } });
  const { facts } = await lookAt(wish, here.aws, here.connect);
  const first = planProfile(wish, facts);
  const second = planProfile(requestFor('team-x', { owner: 'new@example.com' }), facts.after(first));
  assert.ok(
    second.warnings.every((text) => !text.includes('new@example.com')),
    second.warnings.join(),
  );
});

/** Profile team-x of x@example.com in a world. */
function withProfile(to: World): World {
  putProfile(
    to,
    'team-x',
    { name: 'team-x-dev-role' },
    newProfile('team-x', 'x@example.com', arnOf('team-x-dev-role'), true),
  );
  return to;
}
const contributor = async (here: World, user: string, role: 'edit' | 'view' = 'edit'): Promise<Plan> => {
  const facts = await lookAtContributor(
    'team-x',
    { name: bindingName(user, role), user },
    cluster,
    here.aws,
    here.kubernetes,
  );
  return planContributor({ profile: 'team-x', user, role }, facts, cluster);
};

test('the name of a contributor is the one that KFAM gives', () => {
  // The first four as kubeflow/dashboard's bindings_test.go has them.
  assert.deepEqual(
    ['lalith.vaka@zq.msds.kp.org', '397401@zq.msds.kp.org', 'i397401@zq.msds.kp.org', 'A__b@X.org'].map((user) =>
      bindingName(user, 'edit'),
    ),
    [
      'user-lalith-vaka-zq-msds-kp-org-clusterrole-edit',
      'user-397401-zq-msds-kp-org-clusterrole-edit',
      'user-i397401-zq-msds-kp-org-clusterrole-edit',
      'user-a-b-x-org-clusterrole-edit',
    ],
  );
});

test('a contributor: the two objects of KFAM, with the word that the role is shared; undone, both are gone', async () => {
  const here = withDex(withProfile(worldWithProvider()));
  const before = here.snapshot();
  const plan = await contributor(here, 'user@example.com');
  assert.ok(
    plan.warnings.some((text) => text.includes(`uses role ${arnOf('team-x-dev-role')}`)),
    plan.warnings.join(),
  );
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  const { result, journal } = await run(here, plan);
  assert.ok(result.ok, failure(result));
  const name = 'user-user-example-com-clusterrole-edit';
  const [binding, policy] = ['rolebindings', 'authorizationpolicies'].map((kind) =>
    here.kube.get(`${kind} team-x/${name}`),
  );
  assert.deepEqual(binding?.['roleRef'], {
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'ClusterRole',
    name: 'kubeflow-edit',
  });
  assert.deepEqual(binding['subjects'], [
    { kind: 'User', name: 'user@example.com', apiGroup: 'rbac.authorization.k8s.io' },
  ]);
  for (const one of [binding, policy]) {
    assert.equal(one?.metadata.annotations?.['user'], 'user@example.com');
    assert.equal(one.metadata.annotations['role'], 'edit');
  }
  // Header and principals as this cluster's own policies have them.
  assert.deepEqual(policy?.['spec'], {
    rules: [
      {
        from: [{ source: { principals: ['gateway', 'pipelines-ui'] } }],
        when: [{ key: 'request.headers[kubeflow-userid]', values: ['user@example.com'] }],
      },
    ],
  });
  assert.ok(rows(await contributor(here, 'user@example.com')).every(({ kind }) => kind === 'keep'));
  assert.ok((await undo(journal.entries(), here.outside())).ok);
  assert.deepEqual(here.snapshot(), before);
});

test('a contributor goes: both objects, or the one that is left', async () => {
  for (const left of ['both', 'rolebindings', 'authorizationpolicies']) {
    const here = withProfile(worldWithProvider());
    const before = here.snapshot();
    await run(here, await contributor(here, 'user@example.com', 'view'));
    const name = bindingName('user@example.com', 'view');
    if (left !== 'both')
      for (const key of [...here.kube.keys()]) if (key.endsWith(name) && !key.startsWith(left)) here.kube.delete(key);
    const made = here.snapshot();
    const facts = await lookAtContributor(
      'team-x',
      { name, user: 'user@example.com' },
      cluster,
      here.aws,
      here.kubernetes,
    );
    const { result, journal } = await run(
      here,
      planContributorGone({ profile: 'team-x', user: 'user@example.com', name }, facts, cluster),
    );
    assert.ok(result.ok, failure(result));
    assert.deepEqual(here.snapshot(), before, left);
    assert.ok((await undo(journal.entries(), here.outside())).ok);
    assert.deepEqual(here.snapshot(), made, left);
  }
});

/** Contributors that are not let in, and why. */
const NOT_LET_IN: readonly [title: string, here: () => World, user: string, reason: RegExp][] = [
  ['the owner', () => withProfile(worldWithProvider()), 'x@example.com', /owns profile team-x/],
  ['no profile', worldWithProvider, 'user@example.com', /Profile team-x does not exist/],
  ['white space', () => withProfile(worldWithProvider()), ' user@example.com', /Remove the space/],
  [
    'a user whose objects have the same name',
    () => {
      const here = withProfile(worldWithProvider());
      const made = contributorBinding('team-x', 'user.example@com', 'edit');
      here.kube.set(`rolebindings team-x/${made.name}`, { metadata: { ...made }, subjects: [] });
      return here;
    },
    'user@example.com',
    /It is there for user\.example@com: Kubeflow gives both users one name/,
  ],
];
for (const [title, make, user, reason] of NOT_LET_IN) {
  test(`a contributor who is refused before any write: ${title}`, async () => {
    const here = make();
    const plan = await contributor(here, user);
    assert.match(reasons(plan), reason);
    assert.deepEqual(plan.changes, []);
  });
}

test('a contributor whom nobody can be, or who is spelt otherwise, is said', async () => {
  const here = withDex(withProfile(worldWithProvider()));
  assert.match(
    (await contributor(here, 'ghost@example.com')).warnings.join('\n'),
    /Nobody can sign in as ghost@example\.com.*Choose another user/,
  );
  assert.match(
    (await contributor(here, 'anna@example.com')).warnings.join('\n'),
    /but Anna@Example\.com.*give Anna@Example\.com\./,
  );
});

const handOver = async (here: World, owner: string): Promise<Plan> => {
  const { facts, bindings } = await lookAtHandOver({ profile: 'team-x', owner }, cluster, here.aws, here.kubernetes);
  return planHandOver({ profile: 'team-x', owner }, facts, cluster, bindings);
};
/** Whom the objects of a profile name. */
const named = (here: World): readonly unknown[] => {
  const [binding, policy] = [
    'rolebindings team-x/namespaceAdmin',
    'authorizationpolicies team-x/ns-owner-access-istio',
  ].map((key) => here.kube.get(key));
  return [
    here.profiles.get('team-x')?.spec?.owner?.name,
    here.namespaces.get('team-x')?.owner,
    binding?.metadata.annotations?.['user'],
    binding &&
      bindingOf(binding)
        .subjects.map(({ name }) => name)
        .join(),
    policy?.metadata.annotations?.['user'],
    JSON.stringify(policy?.['spec']).includes('"values":["new@example.com"]') ? 'new@example.com' : 'other',
  ];
};

test('KP-014: a profile is handed over, wherever the controller does it and wherever it does not; undone, all is as before', async () => {
  const here = withProfile(worldWithProvider());
  const before = here.snapshot();
  const plan = await handOver(here, 'new@example.com');
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  const { result, journal } = await run(here, plan);
  assert.ok(result.ok, failure(result));
  assert.deepEqual(
    named(here),
    Array.from({ length: 6 }, () => 'new@example.com'),
  );
  assert.ok(rows(await handOver(here, 'new@example.com')).every(({ kind }) => kind === 'keep'));
  const undone = await undo(journal.entries(), here.outside());
  assert.ok(undone.ok, JSON.stringify(undone.changes));
  assert.deepEqual(here.snapshot(), before);
});

test('KP-014: an owner who was changed in the Profile alone: the namespace follows, and the Profile is touched', async () => {
  const here = withProfile(worldWithProvider());
  const profile = here.profiles.get('team-x');
  assert.ok(profile);
  here.apply({ ...profile, spec: { ...profile.spec, owner: { kind: 'User', name: 'new@example.com' } } });
  assert.equal(here.namespaces.get('team-x')?.owner, 'x@example.com');
  const { result } = await run(here, await handOver(here, 'new@example.com'));
  assert.ok(result.ok, failure(result));
  assert.deepEqual(
    named(here),
    Array.from({ length: 6 }, () => 'new@example.com'),
  );
});

test('a hand-over is resumed wherever it stopped, and undone from there', async () => {
  for (const call of ['update namespaces', 'update profiles', 'update rolebindings', 'update authorizationpolicies'])
    for (const fault of ['refuse', 'drop'] as const) {
      const here = withProfile(worldWithProvider());
      const before = here.snapshot();
      const plan = await handOver(here, 'new@example.com');
      here.onCall = (one) => (one === call ? fault : undefined);
      const first = await run(here, plan);
      here.onCall = () => undefined;
      const back = await undo(first.journal.entries(), here.outside());
      assert.ok(back.ok, `${call} ${fault} ${JSON.stringify(back.changes)}`);
      assert.deepEqual(here.snapshot(), before, `${call} ${fault}`);
      here.onCall = (one) => (one === call ? fault : undefined);
      const again = await handOver(here, 'new@example.com');
      await run(here, again);
      here.onCall = () => undefined;
      const last = await run(here, again);
      assert.ok(last.result.ok, `${call} ${fault} ${failure(last.result)}`);
      assert.deepEqual(
        named(here),
        Array.from({ length: 6 }, () => 'new@example.com'),
      );
    }
});

test('what a hand-over says: who loses access, and who stays a contributor', async () => {
  const here = withProfile(withDex(worldWithProvider()));
  assert.match(
    (await handOver(here, 'user@example.com')).warnings.join('\n'),
    /x@example\.com gets no further into the profile\. Add/,
  );
  assert.match(
    (await handOver(here, 'ghost@example.com')).warnings.join('\n'),
    /Nobody can sign in as ghost@example\.com/,
  );
  assert.match(reasons(await handOver(here, ' ')), /needs an owner/);
  assert.match(reasons(await handOver(worldWithProvider(), 'user@example.com')), /Profile team-x does not exist/);
});

test('people of the profiles of a cluster: owners and contributors, each once', async () => {
  const here = withProfile(worldWithProvider());
  here.apply(newProfile('team-y', 'x@example.com', arnOf('y'), true));
  here.apply({ ...newProfile('team-g', 'group', arnOf('g'), true), spec: { owner: { kind: 'Group', name: 'group' } } });
  await run(here, await contributor(here, 'user@example.com'));
  const bindings = await bindingsOf(here.kubernetes);
  assert.ok(bindings.state === 'found');
  assert.deepEqual(involved([...here.profiles.values()], bindings.value), [
    { user: 'user@example.com', owns: [], contributesTo: ['team-x'] },
    { user: 'x@example.com', owns: ['team-x', 'team-y'], contributesTo: [] },
  ]);
});

test('a user whose name is written exactly so is the one, and only without one small letters are tried', async () => {
  const here = worldWithProvider();
  here.kube.set(
    'ingresses a/b',
    ingress(JSON.stringify({ userPoolARN: `arn:aws:cognito-idp:us-west-2:111122223333:userpool/${POOL}` })),
  );
  const named = async (...there: readonly string[]): Promise<readonly string[]> => {
    const pools = here.aws.userPools('us-west-2');
    const users = (pool: string, email = ''): Promise<Reading<readonly CognitoUser[]>> =>
      Promise.resolve(found(there.includes(email) ? [{ pool, username: email, email }] : []));
    const aws = { userPools: () => ({ ...pools, users }) };
    const signIn = await lookAtSignIn(aws, here.kubernetes, { email: 'Ann@example.com' });
    return (valueOf(signIn.users[POOL] ?? absent) ?? []).map(({ email }) => email);
  };
  assert.deepEqual(await named('Ann@example.com', 'ann@example.com'), ['Ann@example.com']);
  assert.deepEqual(await named('ann@example.com'), ['ann@example.com']);
});

test('users of the pool in which one is to be made are looked at, also where no ingress names it', async () => {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: 'team-x-dev-role' });
  here.pools.set(POOL, []);
  const request = requestFor('team-x', { newUser: { in: 'cognito', pool: POOL } });
  const { facts } = await lookAt(request, here.aws, here.connect);
  assert.deepEqual(facts.signIn?.users, { [POOL]: found([]) });
  const handOver = await lookAtHandOver(request, cluster, here.aws, here.kubernetes);
  assert.deepEqual(handOver.facts.signIn?.users, { [POOL]: found([]) });
});

test('a run that is gone on with knows the user of Dex that it made', async () => {
  const here = withDex(worldWithProvider());
  const plan = await planIn(here, requestFor('team-x', { owner: 'new@example.com', newUser: { in: 'dex' } }));
  const user = async (id: string): Promise<string> => {
    const { rows: all } = await carryOut(plan, { ...here.outside(), reveal: () => undefined }, { run: id });
    return all.find(({ row }) => row.id === 'dex-user')?.state ?? '';
  };
  assert.deepEqual([await user('r'), await user('r'), await user('other')], ['done', 'done', 'kept']);
});

test('a pool by its id or ARN, with its name where that is known', () => {
  const pool = { id: POOL, region: 'us-west-2' };
  assert.deepEqual(poolOf(POOL), pool);
  assert.deepEqual(poolOf(`arn:aws:cognito-idp:us-west-2:111122223333:userpool/${POOL}`, 'people'), {
    ...pool,
    name: 'people',
  });
  assert.equal(poolOf('us-west-2', 'people'), undefined);
});

test('what had to be allowed to see who signs in: users of a pool, where any were asked for', () => {
  const none: SignIn = { dex: absent, pools: found([]), users: {} };
  const [maps, ingresses] = ['get configmaps', 'list ingresses.networking.k8s.io'];
  assert.deepEqual(signInMay(undefined), []);
  assert.deepEqual(signInMay(none), [maps, ingresses]);
  assert.deepEqual(signInMay({ ...none, users: { [POOL]: found([]) } }), [maps, ingresses, 'cognito-idp:ListUsers']);
});

test('the pool that an ingress names, however the annotation is written', async () => {
  const arn = `arn:aws:cognito-idp:us-west-2:111122223333:userpool/${POOL}`;
  for (const [annotation, ids] of [
    [JSON.stringify({ userPoolARN: arn }), [POOL]],
    [JSON.stringify({ UserPoolArn: arn, UserPoolClientId: 'x' }), [POOL]],
    [JSON.stringify({ userPoolARN: 'arn:aws:iam::111122223333:role/x' }), []],
    ['{', []],
    ['null', []],
  ] as const) {
    const here = worldWithProvider();
    here.kube.set('ingresses a/b', ingress(annotation));
    const { pools } = await lookAtSignIn(here.aws, here.kubernetes);
    assert.deepEqual(pools.state === 'found' && pools.value.map(({ id }) => id), ids, annotation);
  }
});

/** Owners' policies in many shapes: how a contributor is let in by them, and what they become when the profile is handed over. */
const USER = 'user@example.com';
const IN = ['gateway'];
const when = (key: string, ...values: readonly string[]): object => ({ key: `request.headers[${key}]`, values });
const rule = (...conditions: readonly unknown[]): object => ({
  from: [{ source: { principals: IN } }],
  when: conditions,
});
const AS_MANIFESTS = ['kubeflow-userid', USER, 2] as const;
const POLICIES: Readonly<
  Record<string, readonly [rules: unknown, identity: readonly [string, string, number], handedOver: unknown]>
> = {
  'no rules': [undefined, AS_MANIFESTS, undefined],
  'an empty list': [[], AS_MANIFESTS, []],
  'another header, with a prefix': [
    [rule(when('x-goog-user', 'accounts.google.com:x@example.com'))],
    ['x-goog-user', `accounts.google.com:${USER}`, 1],
    [rule(when('x-goog-user', 'accounts.google.com:new@example.com'))],
  ],
  'several values': [
    [rule(when('kubeflow-userid', 'boss@other.com', 'x@example.com'))],
    ['kubeflow-userid', USER, 1],
    [rule(when('kubeflow-userid', 'boss@other.com', 'new@example.com'))],
  ],
  'a condition on something else first': [
    [rule({ key: 'source.ip', values: ['x@example.com'] }, when('id', 'x@example.com'))],
    ['id', USER, 1],
    [rule({ key: 'source.ip', values: ['x@example.com'] }, when('id', 'new@example.com'))],
  ],
  'somebody else alone': [[rule(when('id', 'boss@other.com'))], AS_MANIFESTS, [rule(when('id', 'boss@other.com'))]],
  'nobody who says so': [
    [{ when: [when('id', 'x@example.com')] }],
    AS_MANIFESTS,
    [{ when: [when('id', 'new@example.com')] }],
  ],
  'rules without conditions, and odd ones': [
    [{ to: [{ operation: {} }] }, null, 'x', { when: 'x' }, { when: [null, 'x', { key: 1 }] }, rule({ key: 'x' })],
    AS_MANIFESTS,
    [{ to: [{ operation: {} }] }, null, 'x', { when: 'x' }, { when: [null, 'x', { key: 1 }] }, rule({ key: 'x' })],
  ],
  'odd values': [
    [
      {
        from: [null, { source: 'x' }, { source: { principals: [1, 'gateway'] } }],
        when: [
          { ...when('id'), values: 'x' },
          { ...when('id'), values: [1, 'x@example.com'] },
        ],
      },
    ],
    ['id', USER, 1],
    [
      {
        from: [null, { source: 'x' }, { source: { principals: [1, 'gateway'] } }],
        when: [
          { ...when('id'), values: [] },
          { ...when('id'), values: [1, 'new@example.com'] },
        ],
      },
    ],
  ],
};
for (const [title, [rules, [header, value, principals], after]] of Object.entries(POLICIES)) {
  test(`a policy of the owner: ${title}`, async () => {
    const here = withProfile(worldWithProvider());
    const spec = { action: 'ALLOW', ...(rules === undefined ? {} : { rules }) };
    here.kube.set('authorizationpolicies team-x/ns-owner-access-istio', {
      metadata: {
        name: 'ns-owner-access-istio',
        namespace: 'team-x',
        annotations: { user: 'x@example.com', role: 'admin' },
      },
      spec,
    });
    const lets = changeOf(await contributor(here, USER), 'k8s/authorization-policy')?.after?.spec['rules'] as readonly {
      readonly from: readonly { readonly source: { readonly principals: readonly string[] } }[];
      readonly when: unknown;
    }[];
    assert.deepEqual(lets[0]?.when, [when(header, value)]);
    assert.equal(lets[0].from[0]?.source.principals.length, principals);
    const handed = changeOf(await handOver(here, 'new@example.com'), 'k8s/authorization-policy')?.after;
    assert.deepEqual(handed?.spec, { action: 'ALLOW', ...(after === undefined ? {} : { rules: after }) });
    assert.equal(handed.annotations['user'], 'new@example.com');
  });
}

const ACCOUNT_AT = 'arn:aws:iam::111122223333:root';
const dexWith = (...emails: readonly string[]): SignIn['dex'] =>
  found({ users: emails.map((email) => ({ email })), connectors: [], passwords: true });
const poolWith = (...emails: readonly string[]): Pick<SignIn, 'pools' | 'users'> => ({
  pools: found([{ id: POOL, region: 'us-west-2', name: 'people' }]),
  users: { [POOL]: found(emails.map((email) => ({ pool: POOL, username: `u-${email}`, email }))) },
});
const NO_POOLS = { pools: found([]), users: {} } as const;

/** What is known of who signs in, and whether a@b.cd can. */
const SIGN_IN: readonly [title: string, signIn: SignIn, is: SignsIn][] = [
  ['by Dex', { dex: dexWith('a@b.cd'), ...NO_POOLS }, { state: 'known', where: 'Dex' }],
  ['by a pool', { dex: absent, ...poolWith('a@b.cd') }, { state: 'known', where: 'Cognito user pool people' }],
  [
    'otherwise',
    { dex: dexWith(), ...poolWith(' A@b.cd') },
    { state: 'otherwise', where: 'Cognito user pool people', right: ' A@b.cd' },
  ],
  [
    'nobody',
    { dex: dexWith('c@b.cd'), ...poolWith('d@b.cd') },
    { state: 'nobody', where: 'Dex and Cognito user pool people' },
  ],
  [
    'Dex lets in no users of its own',
    { dex: found({ users: [{ email: 'a@b.cd' }], connectors: [], passwords: false }), ...NO_POOLS },
    { state: 'unknown' },
  ],
  ['nothing to look at', { dex: absent, ...NO_POOLS }, { state: 'unknown' }],
  [
    'others by a connector',
    { dex: found({ users: [], connectors: ['GitHub', 'LDAP'], passwords: true }), ...NO_POOLS },
    { state: 'unknown', why: 'Dex also lets in people of GitHub, LDAP, who cannot be listed here' },
  ],
  [
    'Dex may not be read',
    { dex: denied('get configmaps', ''), ...poolWith() },
    { state: 'unknown', why: 'you are not permitted to get configmaps' },
  ],
  [
    'the ingresses were not read',
    { dex: dexWith(), pools: failed('the server is busy'), users: {} },
    { state: 'unknown', why: 'the server is busy' },
  ],
  [
    'the users of a pool may not be listed',
    { dex: dexWith(), ...poolWith(), users: { [POOL]: denied('cognito-idp:ListUsers', '') } },
    { state: 'unknown', why: 'you are not permitted to cognito-idp:ListUsers' },
  ],
];
for (const [title, signIn, is] of SIGN_IN)
  test(`who signs in: ${title}`, () => assert.deepEqual(signsIn('a@b.cd', signIn), is));

test('who signs in after a change: whom it makes, and not whom it takes away', () => {
  const email = 'a@b.cd';
  const dexUserOf = { ref: { kind: 'k8s/dex-user', at: cluster.arn, key: email } } as const;
  const poolUser = { ref: { kind: 'cognito/user', at: ACCOUNT_AT, key: `${POOL}/${email}` } } as const;
  const one = { pool: POOL, username: email, email };
  const rows: readonly [change: Change, signIn: SignIn, after: SignIn][] = [
    [
      { ...dexUserOf, after: { email } },
      { dex: dexWith('c@d.ef'), ...NO_POOLS },
      { dex: dexWith('c@d.ef', email), ...NO_POOLS },
    ],
    [
      { ...dexUserOf, after: { email } },
      { dex: dexWith(email), ...NO_POOLS },
      { dex: dexWith(email), ...NO_POOLS },
    ],
    [
      { ...dexUserOf, before: { email } },
      { dex: dexWith('c@d.ef', email), ...NO_POOLS },
      { dex: dexWith('c@d.ef'), ...NO_POOLS },
    ],
    [
      { ...dexUserOf, after: { email } },
      { dex: absent, ...NO_POOLS },
      { dex: absent, ...NO_POOLS },
    ],
    [
      { ...poolUser, after: one },
      { dex: absent, ...NO_POOLS },
      { dex: absent, pools: found([]), users: { [POOL]: found([one]) } },
    ],
    [
      { ...poolUser, after: one },
      { dex: dexWith(email), ...poolWith('c@d.ef', email) },
      {
        dex: dexWith(email),
        ...poolWith(),
        users: { [POOL]: found([{ ...one, username: 'u-c@d.ef', email: 'c@d.ef' }, one]) },
      },
    ],
    [
      { ...poolUser, before: one },
      { dex: absent, ...poolWith('c@d.ef', email) },
      { dex: absent, ...poolWith('c@d.ef') },
    ],
  ];
  for (const [change, signIn, after] of rows)
    assert.deepEqual(factsOf({ signIn }).after({ changes: [change] }).signIn, after, JSON.stringify([change, signIn]));
});

/** The owner's part of a plan: what is read, and what comes of it. */
const DEX_RUNS = found({ namespace: 'auth', name: 'dex', image: 'dex:2' });
const IN_DEX: Pick<Request, 'owner' | 'newUser'> = { owner: 'a@b.cd', newUser: { in: 'dex' } };
const IN_POOL: Pick<Request, 'owner' | 'newUser'> = { owner: 'a@b.cd', newUser: { in: 'cognito', pool: POOL } };
const ofDex = (user: { readonly email: string; readonly userID?: string }): SignIn => ({
  dex: found({ users: [user], connectors: [], passwords: true }),
  ...NO_POOLS,
});
const PARTS: readonly [
  title: string,
  wish: Pick<Request, 'owner' | 'newUser'>,
  signIn: SignIn | undefined,
  deployment: Reading<Deployment>,
  says: RegExp,
][] = [
  [
    'a new one',
    IN_DEX,
    { dex: dexWith(), ...NO_POOLS },
    DEX_RUNS,
    /^create dex-user,change deployment: While Dex restarts/,
  ],
  ['nothing was looked at', IN_DEX, undefined, DEX_RUNS, /^blocked There is no Dex here: ConfigMap auth\/dex/],
  [
    'Dex may not be read',
    IN_DEX,
    { dex: denied('get configmaps', ''), ...NO_POOLS },
    DEX_RUNS,
    /^blocked Settings of Dex \(ConfigMap auth\/dex\) cannot be read: you are not permitted to get configmaps/,
  ],
  [
    'no Deployment',
    IN_DEX,
    { dex: dexWith(), ...NO_POOLS },
    absent,
    /^blocked There is no Deployment auth\/dex: Dex must be/,
  ],
  [
    'a Deployment that may not be read',
    IN_DEX,
    { dex: dexWith(), ...NO_POOLS },
    denied('get deployments.apps', ''),
    /^blocked Deployment auth\/dex, which must be restarted, cannot be read/,
  ],
  ['there, of somebody else', IN_DEX, ofDex({ email: 'a@b.cd', userID: '7' }), DEX_RUNS, /^keep dex-user: $/],
  ['there, without an id', IN_DEX, ofDex({ email: 'a@b.cd' }), DEX_RUNS, /^keep dex-user: $/],
  [
    'there, and made by us: Dex may not have seen it yet',
    IN_DEX,
    ofDex({ email: 'a@b.cd', userID: 'kubeflow-irsa-1' }),
    DEX_RUNS,
    /^keep dex-user,change deployment: $/,
  ],
  [
    'nothing was looked at, and a pool is meant',
    IN_POOL,
    undefined,
    DEX_RUNS,
    /^blocked There is no Cognito user pool us-west-2_/,
  ],
  ['a new one of a pool', IN_POOL, { dex: absent, ...poolWith('c@d.ef') }, DEX_RUNS, /^create cognito-user: $/],
  ['there in the pool', IN_POOL, { dex: absent, ...poolWith('c@d.ef', 'a@b.cd') }, DEX_RUNS, /^keep cognito-user: $/],
  [
    'a new one of one of two pools',
    IN_POOL,
    {
      dex: absent,
      ...poolWith(),
      pools: found([
        { id: POOL, region: 'us-west-2' },
        { id: 'us-west-2_Other', region: 'us-west-2' },
      ]),
    },
    DEX_RUNS,
    /^create cognito-user: $/,
  ],
  [
    'a pool that no ingress names',
    IN_POOL,
    { dex: absent, ...poolWith(), pools: found([{ id: 'us-west-2_Other', region: 'us-west-2' }]) },
    DEX_RUNS,
    /^create cognito-user: No ingress of the cluster signs people in with Cognito user pool us-west-2_AbCdEfGhI: make sure/,
  ],
  [
    'a pool whose users may not be listed',
    IN_POOL,
    { dex: absent, ...poolWith(), users: { [POOL]: denied('cognito-idp:ListUsers', '') } },
    DEX_RUNS,
    /^blocked Users of Cognito user pool us-west-2_AbCdEfGhI cannot be read: you are not permitted to cognito-idp:ListUsers/,
  ],
  ['no new one, with capitals', { owner: 'A@b.cd' }, undefined, DEX_RUNS, /^: Owner A@b\.cd: Has upper-case/],
  ['no new one', { owner: 'a@b.cd' }, undefined, DEX_RUNS, /^: $/],
];
for (const [title, wish, signIn, deployment, says] of PARTS)
  test(`the owner's part of a plan: ${title}`, () => {
    const facts = factsOf({
      ...(signIn === undefined ? {} : { signIn }),
      things: new Map([[`k8s/deployment ${cluster.arn} auth/dex`, deployment]]),
    });
    const { needs, changes, warnings } = ownerPart(wish, facts, cluster);
    const [need] = needs;
    const made = changes.map((one) => `${actionOf(one)} ${one.ref.kind.replace('/', '-').replace('k8s-', '')}`);
    assert.match(need === undefined ? `${made.join()}: ${warnings.join(' ')}` : `blocked ${need.reason}`, says);
  });

test('a restart of Dex is another one for other users: the mark follows them', () => {
  const mark = (...emails: readonly string[]): string | undefined => {
    const facts = factsOf({
      signIn: { dex: dexWith(...emails), ...NO_POOLS },
      things: new Map([[`k8s/deployment ${cluster.arn} auth/dex`, DEX_RUNS]]),
    });
    const after = ownerPart(IN_DEX, facts, cluster).changes[1]?.after as Deployment | undefined;
    return after?.users;
  };
  assert.equal(mark('x@y.z', 'b@y.z'), mark('b@y.z', 'x@y.z'));
  assert.notEqual(mark('x@y.z'), mark('b@y.z'));
});

/** Readings of a contributor's two objects: what a plan says of them, to let in and to take out. */
const BOTH_READ: readonly [
  title: string,
  binding: Reading<RoleBinding>,
  policy: Reading<AuthorizationPolicy>,
  lets: RegExp,
  takes: RegExp,
][] = (() => {
  const binding = contributorBinding('team-x', USER, 'view');
  const policy = contributorPolicy('team-x', USER, 'view', IDENTITY);
  const { name } = binding;
  const of = (user: string | undefined) => ({ annotations: { role: 'view', ...(user === undefined ? {} : { user }) } });
  return [
    ['neither is there', absent, absent, /^create role-binding, create authorization-policy$/, /^$/],
    [
      'both are there',
      found(binding),
      found(policy),
      /^keep role-binding, keep authorization-policy$/,
      /^delete role-binding, delete authorization-policy$/,
    ],
    [
      'one is there',
      absent,
      found(policy),
      /^create role-binding, keep authorization-policy$/,
      /^delete authorization-policy$/,
    ],
    [
      'the binding may not be read',
      denied('get rolebindings.rbac.authorization.k8s.io', ''),
      absent,
      new RegExp(
        `^role-binding blocked: RoleBinding team-x/${name} cannot be read: you are not permitted to get rolebindings`,
      ),
      new RegExp(
        `^role-binding blocked: RoleBinding team-x/${name} cannot be read: you are not permitted to get rolebindings`,
      ),
    ],
    [
      'the policy was not read',
      found(binding),
      failed('the server is busy'),
      new RegExp(
        `^authorization-policy blocked: AuthorizationPolicy team-x/${name} cannot be read: the server is busy`,
      ),
      new RegExp(
        `^authorization-policy blocked: AuthorizationPolicy team-x/${name} cannot be read: the server is busy`,
      ),
    ],
    [
      "the policy is another user's",
      absent,
      found({ ...policy, ...of('other@example.com') }),
      /^authorization-policy blocked: It is there for other@example\.com/,
      /^delete authorization-policy$/,
    ],
    [
      "the binding is nobody's",
      found({ ...binding, ...of(undefined) }),
      absent,
      /^role-binding blocked: It is there for nobody/,
      /^delete role-binding$/,
    ],
  ];
})();
for (const [title, binding, policy, lets, takes] of BOTH_READ)
  test(`a contributor's two objects: ${title}`, () => {
    const name = bindingName(USER, 'view');
    const profile = newProfile('team-x', 'x@example.com', arnOf('team-x-dev-role'), true);
    const things = new Map<string, Reading<unknown>>([
      [`k8s/profile ${cluster.arn} team-x`, found(profile)],
      [`k8s/role-binding ${cluster.arn} team-x/${name}`, binding],
      [`k8s/authorization-policy ${cluster.arn} team-x/${name}`, policy],
    ]);
    const facts = factsOf({ things });
    const said = (plan: Plan): string =>
      plan.needs.length > 0
        ? plan.needs.map(({ id, holds, reason }) => `${id} ${holds ? 'holds' : 'blocked'}: ${reason}`).join(', ')
        : plan.changes.map((one) => `${actionOf(one)} ${one.ref.kind.replace('k8s/', '')}`).join(', ');
    const plan = planContributor({ profile: 'team-x', user: USER, role: 'view' }, facts, cluster);
    assert.match(said(plan), lets);
    if (plan.needs.length > 0) assert.deepEqual(plan.changes, []);
    assert.deepEqual(plan.warnings, [], 'who only looks uses no role');
    const gone = planContributorGone({ profile: 'team-x', user: USER, name }, facts, cluster);
    assert.match(said(gone), takes);
    if (gone.needs.length > 0) assert.deepEqual(gone.changes, []);
  });

test('a contributor who may edit uses the role of the profile, named where it is known', () => {
  const warnings = (role: string): string => {
    const profile = newProfile('team-x', 'x@example.com', role, true);
    const facts = factsOf({ things: new Map([[`k8s/profile ${cluster.arn} team-x`, found(profile)]]) });
    return planContributor({ profile: 'team-x', user: USER, role: 'edit' }, facts, cluster).warnings.join();
  };
  assert.match(
    warnings(arnOf('r')),
    /runs pods as default-editor, and so uses role arn:aws:iam::111122223333:role\/r and what/,
  );
  assert.match(warnings(''), /and so uses the profile's IAM role and what/);
});

/** What is read before a profile is handed over, and what comes of it: blocked parts, or changes; then its warnings. */
const GOES_ON = 'What runs in the profile goes on. Its role and bucket stay.';
const OWNED = newProfile('team-x', 'x@example.com', arnOf('team-x-dev-role'), true);
const SPACE = { name: 'team-x', owner: 'x@example.com', deleting: false };
const OWN_BINDING: RoleBinding = { ...contributorBinding('team-x', 'x@example.com', 'edit'), name: 'namespaceAdmin' };
const OWN_POLICY: AuthorizationPolicy = {
  ...contributorPolicy('team-x', 'x@example.com', 'edit', IDENTITY),
  name: 'ns-owner-access-istio',
};
interface HandedReadings {
  readonly profile?: Reading<Profile>;
  readonly namespace?: Reading<Namespace>;
  readonly binding?: Reading<RoleBinding>;
  readonly policy?: Reading<AuthorizationPolicy>;
  readonly signIn?: SignIn;
  readonly bindings?: readonly RoleBinding[];
  readonly owner?: string;
  readonly newUser?: Request['newUser'];
}
const ownedBy = (owner: object | undefined): Reading<Profile> =>
  found({ ...OWNED, spec: { ...OWNED.spec, ...(owner === undefined ? { owner: undefined } : { owner }) } } as Profile);
const LOSES = 'x@example.com gets no further into the profile. Add x@example.com as a contributor to keep that.';
const HANDED: Readonly<Record<string, readonly [HandedReadings, says: string | RegExp, warnings?: readonly string[]]>> =
  {
    'all of it': [
      {},
      'change namespace, change profile, change role-binding, change authorization-policy',
      [LOSES, GOES_ON],
    ],
    'no name': [{ owner: '' }, /^blocked profile: .*needs an owner/],
    'no Profile': [{ profile: absent }, 'blocked profile: Profile team-x does not exist.'],
    'a Profile that is being deleted': [
      { profile: found({ ...OWNED, metadata: { ...OWNED.metadata, deletionTimestamp: '2026-01-02T03:04:05Z' } }) },
      'blocked profile: Profile team-x is being deleted: there is nothing to hand over.',
    ],
    'a namespace that may not be read': [
      { namespace: denied('get namespaces', '') },
      /^blocked namespace: Namespace team-x cannot be read: you are not permitted to get namespaces/,
    ],
    'no namespace': [{ namespace: absent }, 'blocked namespace: Namespace team-x does not exist.'],
    'a binding that may not be read': [
      { binding: denied('get rolebindings', '') },
      /^blocked role-binding: RoleBinding namespaceAdmin cannot be read: you are not permitted/,
    ],
    'a binding that was not read': [
      { binding: failed('busy') },
      /^blocked role-binding: RoleBinding namespaceAdmin cannot be read/,
    ],
    'neither binding nor policy': [
      { binding: absent, policy: absent },
      'change namespace, change profile',
      [LOSES, GOES_ON],
    ],
    'a policy that may not be read': [
      { policy: denied('get authorizationpolicies', '') },
      'change namespace, change profile, change role-binding',
      [
        LOSES,
        'You may not read AuthorizationPolicy ns-owner-access-istio: the profile controller puts it right, all but its annotation "user".',
        GOES_ON,
      ],
    ],
    'a new user, and no Dex': [{ newUser: { in: 'dex' } }, /^blocked dex-user: There is no Dex here/],
    'a new user of a pool': [
      { newUser: { in: 'cognito', pool: POOL }, signIn: { dex: absent, ...poolWith() } },
      'create cognito-user, change namespace, change profile, change role-binding, change authorization-policy',
      [LOSES, GOES_ON],
    ],
    'nobody can sign in': [
      { signIn: { dex: dexWith(), ...NO_POOLS } },
      'change namespace, change profile, change role-binding, change authorization-policy',
      [
        'Nobody can sign in as new@example.com: Dex has no such user. Choose another owner, or create the user first.',
        LOSES,
        GOES_ON,
      ],
    ],
    'who has it already': [
      { owner: 'x@example.com' },
      'keep namespace, keep profile, keep role-binding, keep authorization-policy',
      [GOES_ON],
    ],
    'who has it by the Profile alone': [
      { owner: 'x@example.com', namespace: found({ ...SPACE, owner: 'former@example.com' }) },
      'change namespace, change profile, keep role-binding, keep authorization-policy',
      [LOSES.replaceAll('x@', 'former@'), GOES_ON],
    ],
    'nobody had it': [
      { profile: ownedBy(undefined), namespace: found({ name: 'team-x', deleting: false }) },
      'change namespace, change profile, change role-binding, change authorization-policy',
      [GOES_ON],
    ],
    'who stays a contributor': [
      {
        bindings: [
          OWN_BINDING,
          contributorBinding('team-x', 'y@example.com', 'edit'),
          contributorBinding('team-x', 'x@example.com', 'view'),
        ],
      },
      'change namespace, change profile, change role-binding, change authorization-policy',
      ['x@example.com stays a contributor (view).', GOES_ON],
    ],
  };
const handedOver = ({ bindings, owner = 'new@example.com', newUser, signIn, ...read }: HandedReadings): Plan => {
  const {
    profile = found(OWNED),
    namespace = found(SPACE),
    binding = found(OWN_BINDING),
    policy = found(OWN_POLICY),
  } = read;
  const readings: readonly Reading<unknown>[] = [profile, namespace, binding, policy];
  const things = new Map(handOverRefs(cluster, 'team-x').map((ref, at) => [refText(ref), readings[at] ?? absent]));
  const wish = { profile: 'team-x', owner, ...(newUser === undefined ? {} : { newUser }) };
  return planHandOver(wish, factsOf({ things, ...(signIn === undefined ? {} : { signIn }) }), cluster, bindings);
};
for (const [title, [readings, says, warnings]] of Object.entries(HANDED))
  test(`a hand-over: ${title}`, () => {
    const plan = handedOver(readings);
    const [need] = plan.needs;
    const said =
      need === undefined
        ? plan.changes.map((one) => `${actionOf(one)} ${one.ref.kind.replace('k8s/', '').replace('/', '-')}`).join(', ')
        : `blocked ${need.id}: ${need.reason}`;
    if (typeof says === 'string') assert.equal(said, says);
    else assert.match(said, says);
    if (need !== undefined) assert.deepEqual(plan.changes, []);
    if (warnings !== undefined) assert.deepEqual(plan.warnings, warnings);
  });

test('a hand-over makes a user of the owner: what fits another kind alone goes', () => {
  const owners: readonly [before: object | undefined, after: object][] = [
    [
      { kind: 'User', name: 'x', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'User', name: 'new@example.com', apiGroup: 'rbac.authorization.k8s.io' },
    ],
    [{ name: 'x' }, { kind: 'User', name: 'new@example.com' }],
    [undefined, { kind: 'User', name: 'new@example.com' }],
    [
      { kind: 'ServiceAccount', name: 'x', namespace: 'n' },
      { kind: 'User', name: 'new@example.com' },
    ],
  ];
  for (const [before, after] of owners)
    assert.deepEqual(changeOf(handedOver({ profile: ownedBy(before) }), 'k8s/profile')?.after?.spec?.owner, after);
});

test('a ConfigMap of Dex that holds no settings is as none; one that cannot be read says so', async () => {
  const dex = (data: Readonly<Record<string, string>>) =>
    dexOf({ configMap: async (namespace, name) => found({ namespace, name, data }) });
  assert.deepEqual(await dex({}), absent);
  assert.equal((await dex({ 'config.yaml': 'issuer: x\nenablePasswordDB: true\n' })).state, 'found');
  assert.equal((await dex({ 'config.yaml': '[' })).state, 'failed');
  assert.deepEqual(await dexOf({ configMap: async () => denied('get configmaps', '') }), denied('get configmaps', ''));
});
