import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import {
  entriesFor,
  entriesText,
  laidOver,
  sameEntries,
  type KubeconfigEntries,
} from '../../src/core/kubeconfig/entries.ts';
import { readEntries } from '../../src/core/kubeconfig/read.ts';
import { isBlank, withEntries } from '../../src/core/kubeconfig/write.ts';
import type { Cluster } from '../../src/core/observation.ts';

const arn = 'arn:aws:eks:us-west-2:111122223333:cluster/dev';
const cluster: Cluster = {
  name: 'dev',
  region: 'us-west-2',
  arn,
  account: '111122223333',
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  endpoint: 'https://ABCD.gr7.us-west-2.eks.amazonaws.com',
  certificateAuthority: 'LS0tLS1CRUdJTg==',
};
const ours = entriesFor(cluster, {}) ?? assert.fail();
const own = entriesFor(cluster, { ownToken: ['kubeflow-irsa'], alias: 'dev', awsProfile: 'work' }) ?? assert.fail();

function read(text: string): KubeconfigEntries {
  const found = readEntries(text, arn);
  assert.ok(typeof found !== 'string', found as string);
  return found.entries;
}
function put(
  text: string,
  wanted: KubeconfigEntries | undefined,
  before: KubeconfigEntries | undefined = read(text),
): string {
  const after = wanted === undefined || before === undefined ? wanted : laidOver(before, wanted);
  const edited = withEntries(text, arn, before, after);
  assert.ok(typeof edited !== 'string', edited as string);
  return edited.text;
}
/** As undoing does it. */
function takeBack(text: string, before: KubeconfigEntries): string {
  const edited = withEntries(text, arn, read(text), before);
  assert.ok(typeof edited !== 'string', edited as string);
  return edited.text;
}

test('a user that signs in in another way is left as it is', () => {
  const text = put('', ours);
  const other = { ...read(text), user: { other: 'credentials of its own' } };
  const edited = withEntries(text, arn, other, other);
  assert.ok(typeof edited !== 'string', edited as string);
  assert.equal(edited.text, text);
});

const byFile = entriesFor(cluster, { ownToken: ['/usr/bin/node', '/opt/kubeflow-irsa/dist/cli.cjs'] }) ?? assert.fail();

/** As kubectl, the AWS CLI, kind, minikube, people and JSON write them. */
const KUBECTL = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: QUJD
    server: https://10.0.0.1:6443
  name: kind-a
contexts:
- context:
    cluster: kind-a
    namespace: ml
    user: kind-a
  name: kind-a
current-context: kind-a
kind: Config
preferences: {}
users:
- name: kind-a
  user:
    client-certificate-data: QUJD
    client-key-data: U0VDUkVU
`;
const BY_HAND = `# my clusters
apiVersion: v1
kind: Config
current-context: "prod"   # careful

users:
  # from the wiki
  - name: admin
    user: { token: "s3cr3t" } # do not share
clusters:
  - name: 'prod'
    cluster:
      server: "https://prod.example.com"
      extensions:
        - {name: x, extension: {last-update: 'Mon, 01 Jan'}}
contexts: [{name: prod, context: {cluster: prod, user: admin}}]
`;
const SAMPLES: Readonly<Record<string, string>> = {
  'of kubectl': KUBECTL,
  'by hand': BY_HAND,
  'with CRLF': KUBECTL.replaceAll('\n', '\r\n'),
  'without a last line end': KUBECTL.trimEnd(),
  'with a byte order mark': `\ufeff${KUBECTL}`,
  'in JSON': JSON.stringify(parse(KUBECTL), undefined, 2),
  'in JSON of one line': JSON.stringify(parse(KUBECTL)),
  'begun with three dashes': `---\n${KUBECTL}`,
  'a skeleton': stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [],
    contexts: [],
    users: [],
    'current-context': '',
    preferences: {},
  }),
  'a skeleton of nulls': 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts:\nusers: ~\n',
  'a mapping without lists': 'kind: Config\n',
  'with an item without a name': `${KUBECTL}- user: {token: t}\n`,
  'with lists of one anchor': `x: &u {token: t}\n${KUBECTL.replace('  user:\n    client-certificate-data: QUJD\n    client-key-data: U0VDUkVU\n', '  user: *u\n')}`,
};

for (const [what, text] of Object.entries(SAMPLES)) {
  test(`a kubeconfig ${what} gets the entries of a cluster, and all else stays`, () => {
    for (const wanted of [ours, own, byFile]) {
      const written = put(text, wanted);
      const [before, after] = [parse(text), parse(written)] as Record<string, unknown>[];
      for (const list of ['clusters', 'users', 'contexts'] as const) {
        const items = (data: Record<string, unknown> | undefined) => (data?.[list] ?? []) as { name: string }[];
        const name = list === 'contexts' ? (wanted.contexts[0]?.name ?? '') : arn;
        assert.deepEqual(
          items(after).filter((item) => item.name !== name),
          items(before),
        );
        assert.equal(items(after).filter((item) => item.name === name).length, 1);
      }
      assert.equal(after?.['current-context'] ?? '', before?.['current-context'] ?? '', 'nobody asked to switch');
      assert.ok(sameEntries(read(written), { ...wanted, current: (after?.['current-context'] as string) ?? '' }));
      if (text.includes('\r\n')) assert.doesNotMatch(written, /[^\r]\n/);
      assert.equal(put(written, wanted), written, 'a second time nothing is to be done');
    }
  });

  test(`a kubeconfig ${what} is as it was when they are taken out`, () => {
    const before = read(text);
    const there = put(text, ours, before);
    const back = takeBack(there, before);
    if (/skeleton|without lists/.test(what)) assert.deepEqual(withoutEmpty(parse(back)), withoutEmpty(parse(text)));
    else assert.equal(back, text);
  });
}

const withoutEmpty = (data: unknown): unknown =>
  Object.fromEntries(
    Object.entries(data as object).filter(
      ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  );

test('a file that is not there or holds nothing becomes a kubeconfig, and is blank again without the entries', () => {
  for (const text of ['', '\n', '# only a comment']) {
    const written = put(text, ours, undefined);
    assert.ok(written.startsWith(text.trim()));
    const { apiVersion, kind, clusters } = parse(written) as { apiVersion: string; kind: string; clusters: unknown[] };
    assert.deepEqual([apiVersion, kind, clusters.length], ['v1', 'Config', 1]);
    const back = put(written, undefined, read(written));
    assert.equal(isBlank(back), !text.includes('#'));
  }
  assert.equal(isBlank(KUBECTL), false);
});

test('the context is switched where that is wanted, and switched back', () => {
  for (const text of [KUBECTL, BY_HAND, 'kind: Config\n', 'current-context:\nkind: Config\n']) {
    const before = read(text);
    const written = put(text, { ...ours, current: arn }, before);
    assert.equal((parse(written) as Record<string, unknown>)['current-context'], arn);
    const back = takeBack(written, before);
    assert.equal((parse(back) as Record<string, unknown>)['current-context'] ?? '', before.current);
  }
  assert.match(put(BY_HAND, { ...ours, current: arn }), /current-context: "arn:[^"]+" {3}# careful\n/);
});

const OLD = `clusters:
- name: ${arn}
  cluster:
    server: https://old.example.com   # moved
    certificate-authority: /etc/ca.crt
    insecure-skip-tls-verify: true
    proxy-url: http://me:secret@proxy:3128
contexts:
- name: ${arn}
  context:
    cluster: ${arn}
    user: somebody
    namespace: team-x
- name: second
  context: {cluster: ${arn}, user: ${arn}}
users:
- name: ${arn}
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1alpha1
      command: aws-iam-authenticator
      args: [token, -i, dev]
`;

test('entries of the cluster are brought up to date in their place: a proxy, a namespace and comments stay', () => {
  const before = read(OLD);
  const written = put(OLD, ours, before);
  const data = parse(written) as { clusters: [{ cluster: object }]; contexts: [{ context: object }] };
  assert.deepEqual(data.clusters[0].cluster, { ...ours.cluster, 'proxy-url': 'http://me:secret@proxy:3128' });
  assert.deepEqual(data.contexts[0].context, { cluster: arn, user: arn, namespace: 'team-x' });
  assert.match(written, /eks\.amazonaws\.com {3}# moved\n/);
  assert.doesNotMatch(JSON.stringify(before) + entriesText(before), /secret|team-x/, 'no more than ours gets out');
  const back = takeBack(written, before);
  assert.deepEqual(parse(back), parse(OLD));
});

const SECRETS: readonly (readonly [what: string, user: string])[] = [
  ['a token', 'token: s3cr3t'],
  ['a certificate', 'client-key-data: s3cr3t'],
  ['a password beside a command', 'password: s3cr3t\n    exec: {command: aws}'],
  ['a variable that is a key', 'exec: {command: aws, env: [{name: AWS_SECRET_ACCESS_KEY, value: s3cr3t}]}'],
  ['a command that is not known', 'exec: {command: vault, args: [s3cr3t]}'],
  ['a field that is not known', 'exec: {command: aws, secret: s3cr3t}'],
];
for (const [what, user] of SECRETS)
  test(`a user with ${what} is told by its sort alone`, () => {
    const found = readEntries(`users:\n- name: ${arn}\n  user:\n    ${user}\n`, arn);
    assert.ok(typeof found !== 'string');
    assert.ok(found.entries.user && 'other' in found.entries.user);
    assert.doesNotMatch(JSON.stringify(found), /s3cr3t/);
  });

const BAD: readonly (readonly [text: string, why: RegExp])[] = [
  ['a: [s3cr3t', /no valid YAML \(line \d+, column \d+\)/],
  ['{"a": s3cr3t', /no valid YAML/],
  ['s3cr3t', /not one mapping/],
  ['- s3cr3t', /not one mapping/],
  ['a: 1\n---\nb: s3cr3t\n', /more than one YAML document/],
  ['kind: List\nitems: [s3cr3t]', /kind is not Config/],
  ['users: s3cr3t', /users in it is no list/],
  ['contexts: [s3cr3t]', /an item of contexts in it is no mapping/],
  ['users: [{name: a}, {name: a}]', /a name stands twice in users/],
  ['a: 1\na: s3cr3t', /no valid YAML/],
];
for (const [text, why] of BAD)
  test(`what is no kubeconfig is said to be none, without its text: ${JSON.stringify(text)}`, () => {
    for (const said of [readEntries(text, arn), withEntries(text, arn, undefined, ours)]) {
      assert.match(said as string, why);
      assert.doesNotMatch(said as string, /s3cr3t/);
    }
  });

const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9@:./_-]{0,12}$/),
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constant(arn),
);
const value = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.boolean(),
  fc.integer(),
  fc.constant('|\n a\n  b\n'),
  fc.constant(null),
);
const mapping = fc.dictionary(fc.stringMatching(/^[a-z-]{1,8}$/), value, { maxKeys: 3 });
const items = (key: string) =>
  fc.uniqueArray(fc.record({ name, [key]: mapping }), { maxLength: 4, selector: (item) => String(item['name']) });
const contexts = fc.uniqueArray(
  fc.record({ name, context: fc.record({ cluster: name, user: name, namespace: fc.constantFrom('a', 'b') }) }),
  { maxLength: 4, selector: (item) => item.name },
);
const config = fc.record(
  {
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Config'),
    clusters: fc.option(items('cluster'), { nil: null }),
    users: items('user'),
    contexts,
    'current-context': name,
    preferences: mapping,
    extra: value,
  },
  { requiredKeys: [] },
);
/** The same data in many hands: block, brackets, JSON, with comments between the lines, CRLF. */
const written = fc
  .tuple(config, fc.constantFrom('block', 'flow', 'json', 'lines'), fc.boolean(), fc.boolean())
  .map(([data, style, comments, crlf]) => {
    const text =
      style === 'json'
        ? JSON.stringify(data, undefined, 2)
        : style === 'flow'
          ? stringify(data, { collectionStyle: 'flow', lineWidth: 60 })
          : stringify(data, { lineWidth: 0, indentSeq: style === 'lines' });
    const remarked = comments && style !== 'json' ? `# top\n${text}# end\n` : text;
    return crlf ? remarked.replaceAll('\n', '\r\n') : remarked;
  });

test('whatever the kubeconfig: everything but our entries comes out byte for byte as it went in', () => {
  let [changed, refused] = [0, 0];
  fc.assert(
    fc.property(written, fc.constantFrom(ours, own), fc.boolean(), (text, wanted, switching) => {
      const found = readEntries(text, arn);
      if (typeof found === 'string') return;
      const { entries: before, others } = found;
      if (before.user !== undefined && 'other' in before.user) return;
      if (wanted.contexts.some((one) => Object.hasOwn(others, one.name))) return;
      const current = switching ? { current: wanted.contexts[0]?.name ?? '' } : {};
      const after = laidOver(before, { ...wanted, ...current });
      const edited = withEntries(text, arn, before, after);
      // What cannot be changed is refused, and stays as it is.
      if (typeof edited === 'string') {
        refused += 1;
        return;
      }
      changed += 1;
      const [was, is] = [parse(text), parse(edited.text)] as (Record<string, unknown> | null)[];
      for (const key of Object.keys(was ?? {})) {
        if (['clusters', 'users', 'contexts'].includes(key)) {
          const mine = key === 'contexts' ? wanted.contexts[0]?.name : arn;
          const rest = (data: typeof was) =>
            ((data?.[key] ?? []) as { name: unknown }[]).filter((item) => item.name !== mine);
          assert.deepEqual(rest(is), rest(was));
        } else if (key !== 'current-context' || !switching) assert.deepEqual(is?.[key], was?.[key]);
      }
      if (before.cluster === undefined && before.user === undefined && before.contexts.length === 0 && !switching)
        assert.ok(holdsInOrder(edited.text, text), `${text}\n=>\n${edited.text}`);
      const back = withEntries(edited.text, arn, read(edited.text), before);
      assert.ok(typeof back !== 'string', back as string);
      assert.deepEqual(emptied(parse(back.text)), emptied(parse(text)));
    }),
    { numRuns: 300 },
  );
  assert.ok(changed > 100 && refused * 20 < changed, `${changed} were changed, ${refused} refused`);
});

/** Whether the long text is the short one with pieces put into it; of an empty list and a null the sign may go. */
function holdsInOrder(long: string, short: string): boolean {
  let at = 0;
  for (const char of short.replaceAll(/\[\s*\]|\bnull\b|~/g, '').replaceAll(/\s+/g, ' ')) {
    if (char === ' ') continue;
    at = long.indexOf(char, at);
    if (at < 0) return false;
    at += 1;
  }
  return true;
}

const emptied = (data: unknown): unknown =>
  Array.isArray(data)
    ? data.map(emptied)
    : typeof data !== 'object' || data === null
      ? data
      : Object.fromEntries(
          Object.entries(data)
            .filter(
              ([key, one]) =>
                one !== null &&
                one !== '' &&
                !(Array.isArray(one) && one.length === 0) &&
                key !== 'apiVersion' &&
                key !== 'kind',
            )
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => [key, emptied(one)]),
        );

test('a file that says anything of its own is not blank', () => {
  for (const text of [
    'apiVersion: v2\n',
    'current-context: Config\n',
    'current-context: v1\n',
    'users: [{name: v1}]\n',
  ])
    assert.equal(isBlank(text), false, text);
  for (const text of ['apiVersion: v1\nkind: Config\n', 'users: []\ncurrent-context: ""\n', ''])
    assert.equal(isBlank(text), true, text);
});

test("items without a name are in nobody's way, and a check is one of true and false", () => {
  const entries = readEntries('users: [{}, {name: null}, {name: }]\nclusters: [{}, {}]\n', 'x');
  assert.ok(typeof entries !== 'string');
  assert.equal(
    readEntries('users: [{name: a}, {name: a}]\n', 'x'),
    'a name stands twice in users, which kubectl refuses',
  );
  const insecure = (value: string): unknown => {
    const read = readEntries(`clusters: [{name: x, cluster: {insecure-skip-tls-verify: ${value}}}]\n`, 'x');
    return typeof read === 'string' ? read : read.entries.cluster;
  };
  assert.deepEqual(
    [insecure('true'), insecure('false'), insecure('"true"')],
    [{ 'insecure-skip-tls-verify': true }, { 'insecure-skip-tls-verify': false }, {}],
  );
});

test('a user that signs in in another way is the same as one of the same way alone', () => {
  const by = (user: KubeconfigEntries['user']): KubeconfigEntries => ({ ...ours, ...(user && { user }) });
  const [token, password] = [by({ other: 'a token' }), by({ other: 'a password' })];
  assert.ok(sameEntries(token, { ...token, user: { other: 'a token' } }));
  for (const [a, b] of [
    [token, password],
    [token, ours],
    [ours, token],
  ] as const)
    assert.equal(sameEntries(a, b), false);
});

test('entries come into lists of a kubeconfig that is written in braces, and go again', () => {
  for (const text of [
    '{apiVersion: v1, clusters: [], users: [], contexts: []}\n',
    '{apiVersion: v1, clusters: [{name: a, cluster: {server: x}}], users: [], contexts: []}\n',
  ]) {
    const written = put(text, ours);
    assert.ok(sameEntries(read(written), ours), written);
    assert.match(written, / users: \[\{ name: arn:/);
    assert.deepEqual(parse(takeBack(written, { arn, contexts: [] })), parse(text));
  }
});

test('a context that is no more there is taken out of nothing', () => {
  const text = put('', ours);
  const before = { ...ours, contexts: [...ours.contexts, { name: 'gone', user: arn }] };
  assert.deepEqual(withEntries(text, arn, before, ours), { text });
});
