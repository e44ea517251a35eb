// What each driver calls and waits for, call by call, where it reads, writes, waits and is refused: compared with what is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, Kind, Ref, Things } from '../../src/core/kinds.ts';
import type { Profile } from '../../src/core/observation.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { FINALIZER } from '../../src/core/profile/stuck.ts';
import { absent, denied, failed, found, valueOf } from '../../src/core/reading.ts';
import { TAG } from '../../src/core/tags.ts';
import { driversOf, type Drivers } from '../../src/provisioning/drivers.ts';
import type { Driver, Means } from '../../src/provisioning/driver.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import { asKept } from './told.ts';
import { ACCOUNT, arnOf, cluster, PROVIDER } from './world.ts';

/** What a call answers, by its name: one after the other, the last one again and again; an error is thrown. Otherwise nothing. */
type Answers = Readonly<Record<string, readonly unknown[]>>;
type Case<K extends Kind> = readonly [
  title: string,
  act: (driver: Driver<K>, ref: Ref<K>, drivers: Drivers) => Promise<unknown>,
  answers?: Answers,
];

const RUN = { id: 'r-1' };
const error = (code: string, message = 'Refused.', permission?: string): OutsideError =>
  new OutsideError(message, code, permission);

/** Both sides as one that writes down each call. */
function recorder(lines: string[], answers: Answers): Means {
  const left = new Map(Object.entries(answers).map(([name, all]) => [name, [...all]]));
  const side = (): object =>
    new Proxy(
      {},
      {
        get: (_, name) => {
          if (typeof name === 'symbol' || name === 'then') return undefined;
          if (name === 'userPools') return () => side();
          return async (...args: readonly unknown[]) => {
            const plain = args.map((one) =>
              typeof one === 'function' ? 'a function' : JSON.stringify(one)?.replaceAll(/"20\d\d-[^"]*Z"/g, '"now"'),
            );
            lines.push(`  ${name}(${plain.join(', ')})`);
            const all = left.get(name) ?? [];
            const answer = all.length > 1 ? all.shift() : all[0];
            if (answer instanceof Error) throw answer;
            return answer;
          };
        },
      },
    );
  return {
    aws: side() as Means['aws'],
    kubernetes: side() as NonNullable<Means['kubernetes']>,
    sleep: (milliseconds) => {
      lines.push(`  waits ${milliseconds}`);
      return Promise.resolve();
    },
  };
}
/** Lines that are there several times in a row, once. */
function short(lines: readonly string[]): readonly string[] {
  const all: [line: string, times: number][] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [before, last] = [all.at(-2), all.at(-1)];
    // A reading and a pause again.
    if (before?.[0] === line && last !== undefined && lines[at + 1] === last[0] && before[1] === last[1]) {
      before[1]++;
      last[1]++;
      at++;
    } else if (last?.[0] === line) last[1]++;
    else all.push([line, 1]);
  }
  return all.map(([line, times]) => (times === 1 ? line : `${line} × ${times}`));
}
async function told<K extends Kind>(kind: K, at: string, key: string, cases: readonly Case<K>[]): Promise<void> {
  const all: string[] = [];
  for (const [title, act, answers = {}] of cases) {
    const lines: string[] = [];
    const drivers = driversOf(recorder(lines, answers));
    const ref = { kind, at, key } as Ref<K>;
    const end = await act(drivers[kind] as unknown as Driver<K>, ref, drivers).then(
      (value) => (value === undefined ? 'done' : JSON.stringify(value)),
      (caught: unknown) =>
        caught instanceof OutsideError
          ? `${caught.code}${caught.permission === undefined ? '' : ` (${caught.permission})`}: ${caught.message}`
          : String(caught),
    );
    all.push(`${title}:`, ...short(lines), `  = ${end}`);
  }
  asKept(`drivers/${kind.replace('/', ' ')}`, all);
}
const read = <K extends Kind>(driver: Driver<K>, ref: Ref<K>): Promise<unknown> => driver.read(ref);
const write =
  <K extends Kind>(before?: Things[K], after?: Things[K]) =>
  (driver: Driver<K>, ref: Ref<K>): Promise<unknown> =>
    driver.write(change(ref, before, after), RUN);
const change = <K extends Kind>(ref: Ref<K>, before?: Things[K], after?: Things[K]): Change<K> => ({
  ref,
  ...(before && { before }),
  ...(after && { after }),
});
/** Whether it guards its write, and whether what is there is made by the run, by this run's mark, another's and none. */
const marks =
  <K extends Kind>(before: Things[K] | undefined, after: Things[K] | undefined, ...there: readonly Things[K][]) =>
  (driver: Driver<K>, ref: Ref<K>): Promise<unknown> =>
    Promise.resolve([
      driver.guards(change(ref, undefined, after)),
      driver.guards(change(ref, before, after)),
      driver.guards(change(ref, before)),
      ...there.map((one) => driver.madeBy(one, RUN) ?? 'unknown'),
    ]);
const READINGS = [denied('look', 'Refused.'), failed('no answer', 'X'), absent] as const;
/** Read with each of these answers of the call. */
const reads = <K extends Kind>(call: string, ...values: readonly unknown[]): readonly Case<K>[] =>
  [...READINGS, ...values.map((one) => found(one))].map((reading, at) => [`read ${at}`, read, { [call]: [reading] }]);

const MARKED = [{ [TAG.run]: 'r-1' }, { [TAG.run]: 'r-2' }, {}] as const;
const NAME = 'team-a';
const AT = cluster.arn;

test('iam/provider', async () => {
  const tags = { team: 'a' };
  const its = (...clientIds: readonly string[]) => ({ arn: PROVIDER, clientIds, tags });
  await told('iam/provider', `arn:aws:iam::${ACCOUNT}`, PROVIDER, [
    ...reads<'iam/provider'>('oidcProvider', its('a')),
    ['made', write(undefined, its('a'))],
    ['made with three audiences', write(undefined, its('a', 'b', 'c'))],
    ['made with none', write(undefined, its())],
    ['one more audience', write(its('a'), its('a', 'b'))],
    ['two more, one less', write(its('a'), its('b', 'c'))],
    ['one less', write(its('a', 'b'), its('b'))],
    ['as it was', write(its('a'), its('a'))],
    ['deleted', write(its('a'))],
    ['deleted, and gone', write(its('a')), { deleteOidcProvider: [error('NoSuchEntity')] }],
    ['deleted, and refused', write(its('a')), { deleteOidcProvider: [error('AccessDenied')] }],
    ['marks', marks(its('a'), its('a', 'b'), ...MARKED.map((one) => ({ ...its('a'), tags: one })))],
    ['marks, one less', marks(its('a'), its('b'), { arn: PROVIDER, clientIds: [] })],
  ]);
});

test('iam/role and what it has', async () => {
  const role = { arn: arnOf(NAME), name: NAME, trustPolicy: '{"Version":"2012-10-17"}', tags: { a: 'b' } };
  const invalid = error('MalformedPolicyDocument', 'Invalid principal in policy');
  const edge = { ...role, boundary: 'arn:aws:iam::1:policy/edge' };
  const account = `arn:aws:iam::${ACCOUNT}`;
  await told('iam/role', account, NAME, [
    ...reads<'iam/role'>('bareRole', role),
    ['made', write(undefined, role)],
    ['made, its provider is not seen yet', write(undefined, role), { createRole: [invalid, invalid, undefined] }],
    ['made, its provider is never seen', write(undefined, role), { createRole: [invalid] }],
    ['malformed otherwise', write(undefined, role), { createRole: [error('MalformedPolicyDocument', 'No version')] }],
    ['no principal, by another code', write(undefined, role), { createRole: [error('X', 'Invalid principal')] }],
    ['not permitted', write(undefined, role), { createRole: [error('AccessDenied', 'No.', 'iam:CreateRole')] }],
    ['not permitted, with a boundary', write(undefined, edge), { createRole: [error('AccessDenied', 'No.', 'x:y')] }],
    ['refused for something else', write(undefined, role), { createRole: [error('LimitExceeded', 'Full.')] }],
    ['no answer', write(undefined, role), { createRole: [new Error('broken off')] }],
    ['another trust policy', write(role, { ...role, trustPolicy: '{}' })],
    ['another, its provider is not seen yet', write(role, role), { updateTrustPolicy: [invalid, undefined] }],
    ['deleted', write(role)],
    ['deleted, and gone', write(role), { deleteRole: [error('NoSuchEntity')] }],
    ['deleted, its policies are still seen', write(role), { deleteRole: [error('DeleteConflict'), undefined] }],
    ['deleted, its policies stay', write(role), { deleteRole: [error('DeleteConflict')] }],
    ['marks', marks(role, role, ...MARKED.map((tags) => ({ ...role, tags })))],
  ]);
  const boundary = { arn: 'arn:aws:iam::1:policy/edge' };
  await told('iam/role-boundary', account, NAME, [
    ...reads<'iam/role-boundary'>('bareRole', role, edge),
    ['set', write(undefined, boundary)],
    ['set, not seen yet', write(undefined, boundary), { setBoundary: [error('NoSuchEntity'), undefined] }],
    ['taken', write(boundary)],
    ['taken of one that is gone', write(boundary), { setBoundary: [error('NoSuchEntity')] }],
    ['marks', marks(boundary, boundary, boundary)],
  ]);
  const settings = { description: 'd', maxSession: 3600 };
  await told('iam/role-settings', account, NAME, [
    ...reads<'iam/role-settings'>('bareRole', role, { ...role, ...settings }),
    ['set', write<'iam/role-settings'>(settings, { ...settings, maxSession: 7200 })],
    ['taken', write<'iam/role-settings'>(settings)],
    ['marks', marks<'iam/role-settings'>(settings, settings, settings)],
  ]);
  await told('iam/role-tag', account, `${NAME}/k/l`, [
    ...reads<'iam/role-tag'>('bareRole', role, { ...role, tags: { 'k/l': '' } }),
    ['set', write(undefined, { value: 'v' })],
    ['taken', write({ value: 'v' })],
    ['taken, and gone', write({ value: 'v' }), { tagRole: [error('NoSuchEntity')] }],
    ['marks', marks({ value: 'v' }, { value: 'w' }, { value: 'v' })],
  ]);
  /** A role that these drivers made a moment ago needs no looking. */
  const ofNew = async (_: unknown, ref: Ref, drivers: Drivers): Promise<unknown> => {
    await drivers['iam/role'].write({ ref: { kind: 'iam/role', at: account, key: NAME }, after: role } as never, RUN);
    const driver = drivers[ref.kind as 'iam/role-policy'];
    const one = { text: '{}' };
    return [
      driver.guards(change(ref as Ref<'iam/role-policy'>, undefined, one)),
      driver.guards(change(ref as Ref<'iam/role-policy'>, one, one)),
    ];
  };
  await told('iam/role-policy', account, `${NAME}/p`, [
    ...reads<'iam/role-policy'>('rolePolicy', '{}'),
    ['put', write(undefined, { text: '{}' })],
    ['put, not seen yet', write(undefined, { text: '{}' }), { putRolePolicy: [error('NoSuchEntity'), undefined] }],
    ['put, never seen', write(undefined, { text: '{}' }), { putRolePolicy: [error('NoSuchEntity')] }],
    ['deleted', write({ text: '{}' })],
    ['deleted, and gone', write({ text: '{}' }), { deleteRolePolicy: [error('NoSuchEntity')] }],
    ['marks', marks({ text: '{}' }, { text: '' }, { text: '' })],
    ['of a new role', ofNew],
  ]);
  const policyArn = 'arn:aws:iam::aws:policy/x';
  await told('iam/role-attachment', account, `${NAME}/${policyArn}`, [
    ...reads<'iam/role-attachment'>('roleAttachments', [], ['other'], ['other', policyArn]),
    ['attached', write(undefined, { policyArn })],
    [
      'attached, not seen yet',
      write(undefined, { policyArn }),
      { attachRolePolicy: [error('NoSuchEntity'), undefined] },
    ],
    ['detached', write({ policyArn })],
    ['detached, and gone', write({ policyArn }), { detachRolePolicy: [error('NoSuchEntity')] }],
    ['marks', marks({ policyArn }, { policyArn }, { policyArn })],
    ['of a new role', ofNew],
  ]);
});

test('eks/pod-identity', async () => {
  const its = { namespace: NAME, serviceAccount: 'default-editor', role: arnOf(NAME), tags: { a: 'b' } };
  const one = its as unknown as Things['eks/pod-identity'];
  await told('eks/pod-identity', AT, `${NAME}/default-editor`, [
    ...reads<'eks/pod-identity'>('podIdentity', one),
    ['made', write(undefined, one)],
    ['deleted', write(one), { podIdentity: [found({ ...its, id: 'a-1' })] }],
    ['deleted, without an id', write(one), { podIdentity: [found(its)] }],
    ['deleted, and gone', write(one), { podIdentity: [absent] }],
    ['deleted, and may not look', write(one), { podIdentity: [denied('eks:List', 'No.')] }],
    ['deleted, and no answer', write(one), { podIdentity: [failed('broken off')] }],
    ['marks', marks(one, one, ...MARKED.map((tags) => ({ ...one, tags })))],
  ]);
});

test('what is only read, and data', async () => {
  for (const [kind, call] of [
    ['iam/policy', 'policy'],
    ['s3/encryption', 'bucketEncryption'],
    ['kms/key', 'key'],
    ['eks/cluster', 'cluster'],
  ] as const)
    await told<Kind>(kind, 'us-west-2', 'k', [
      ...reads<Kind>(call, 'it'),
      ['written', write(undefined, {} as Things[Kind])],
      ['marks', marks({} as Things[Kind], {} as Things[Kind], {} as Things[Kind])],
    ]);
  const data = { objects: 1 } as unknown as Things['s3/data'];
  await told('s3/data', 'us-west-2', 'bucket/a/b/', [
    ...reads<'s3/data'>('prefixData', data),
    ['made', write(undefined, data)],
    ['deleted', write(data)],
    ['deleted, and refused', write(data), { deletePrefix: [error('AccessDenied')] }],
    ['marks', marks(data, data, data)],
  ]);
});

test('k8s/config-map and k8s/service-account', async () => {
  const map = (data: Readonly<Record<string, string>>, annotations?: Readonly<Record<string, string>>) => ({
    ...{ namespace: NAME, name: 'kfp-launcher', data },
    ...(annotations && { annotations }),
  });
  await told('k8s/config-map', AT, `${NAME}/kfp-launcher`, [
    ...reads<'k8s/config-map'>('configMap', map({})),
    ['made', write(undefined, map({ a: 'b' }, { c: 'd' }))],
    ['changed', write(map({ a: 'b' }), map({ a: 'c' }))],
    ['deleted', write(map({}))],
    ['deleted, and gone', write(map({})), { deleteConfigMap: [error('NotFound')] }],
    ['deleted, and refused', write(map({})), { deleteConfigMap: [error('NotFoundElsewhere')] }],
    ['marks', marks(map({}), map({}), ...MARKED.map((one) => map({}, one)), map({}))],
    ['appears', async (driver, ref) => driver.appears?.(ref, 500), { waitForConfigMap: [map({})] }],
    ['does not appear', async (driver, ref) => driver.appears?.(ref, 500)],
  ]);
  const account = (role?: string) => ({
    ...{ namespace: NAME, name: 'default-editor' },
    annotations: { x: 'y', ...(role && { [ROLE_ANNOTATION]: role }) },
  });
  const wait =
    (after?: Things['k8s/service-account']) =>
    (driver: Driver<'k8s/service-account'>, ref: Ref<'k8s/service-account'>): Promise<unknown> =>
      Promise.resolve(driver.wait?.(change(ref, account('a'), after), 700));
  await told('k8s/service-account', AT, `${NAME}/default-editor`, [
    ...reads<'k8s/service-account'>('serviceAccount', account()),
    ['annotated', write(account(), account('a'))],
    ['annotated otherwise', write(account('a'), account('b'))],
    ['annotated no more', write(account('a'), account())],
    ['annotated, and gone', write(account('a')), { annotate: [error('NotFound')] }],
    ['annotated, and refused', write(account('a')), { annotate: [error('Forbidden')] }],
    ['marks', marks(account(), account('a'), account('a'))],
    ['waited for', wait(account('b')), { waitForServiceAccount: [account('b')] }],
    ['waited for in vain', wait(account('b'))],
  ]);
});

test('k8s/namespace', async () => {
  const its = { name: NAME, owner: 'a@b.c', deleting: false };
  const gone = { ...its, deleting: true };
  const wait =
    (milliseconds: number, after?: Things['k8s/namespace']) =>
    (driver: Driver<'k8s/namespace'>, ref: Ref<'k8s/namespace'>): Promise<unknown> =>
      Promise.resolve(driver.wait?.(change(ref, its, after), milliseconds));
  const broken = failed('broken off');
  await told('k8s/namespace', AT, NAME, [
    ...reads<'k8s/namespace'>('namespace', its),
    ['another owner', write(its, { ...its, owner: 'd@b.c' })],
    ['no owner', write(its)],
    ['marks', marks(its, its, its)],
    ['gone at once', wait(1000), { namespace: [absent] }],
    ['gone after a while', wait(30_000), { namespace: [found(gone), found(gone), absent] }],
    ['not gone', wait(11_300), { namespace: [found(gone)] }],
    ['not gone in no time', wait(0), { namespace: [found(gone)] }],
    ['gone at the end', wait(500), { namespace: [found(gone), found(gone), absent] }],
    ['there again', wait(1000, its), { namespace: [found(gone), absent, found(its)] }],
    ['may not look', wait(1000), { namespace: [found(gone), denied('get namespaces', 'No.')] }],
    ['no answer at all', wait(60_000), { namespace: [broken] }],
    [
      'no answer now and then',
      wait(60_000),
      {
        namespace: [
          ...Array.from({ length: 9 }, () => broken),
          found(gone),
          ...Array.from({ length: 9 }, () => broken),
          absent,
        ],
      },
    ],
  ]);
});

test('k8s/profile and what is of it', async () => {
  const plain = newProfile(NAME, 'a@b.c', arnOf(NAME), true);
  const profile = (metadata: object, more: object = {}): Profile => ({
    ...plain,
    ...more,
    metadata: { ...plain.metadata, ...metadata },
  });
  const there = profile({ resourceVersion: '7', finalizers: ['other', FINALIZER], uid: 'u' });
  const bare = profile({ resourceVersion: '8', labels: { l: 'm' }, annotations: { n: 'o' } });
  const going = profile({ resourceVersion: '9', finalizers: [FINALIZER], deletionTimestamp: '2026-01-01T00:00:00Z' });
  const space = found({ name: NAME, owner: 'a@b.c', deleting: false });
  const timeout = error('Timeout', 'It takes its time.');
  const conflict = error('Conflict', 'Changed.');
  const ownerless = profile({ finalizers: [FINALIZER] }, { spec: { plugins: plain.spec?.plugins ?? [] } });
  const between =
    (before: Profile | undefined, after: Profile | undefined, now: Profile) =>
    (driver: Driver<'k8s/profile'>): Promise<unknown> =>
      Promise.resolve(driver.between?.(now, { ...(before && { before }), ...(after && { after }) }) ?? 'none');
  const goes =
    (one: Profile) =>
    (driver: Driver<'k8s/profile'>, ref: Ref<'k8s/profile'>): Promise<unknown> =>
      Promise.resolve(driver.goes?.(ref, one));
  await told('k8s/profile', AT, NAME, [
    ...reads<'k8s/profile'>('profile', bare),
    ['made', write(undefined, profile({ annotations: { n: 'o' } }))],
    ['made again', write(undefined, there)],
    ['made again, without a spec', write(undefined, { ...bare, spec: undefined } as unknown as Profile)],
    ['changed', write(there, profile({ annotations: { n: 'p' } }))],
    ['changed, of no version', write(plain, profile({ resourceVersion: '1' }))],
    ['deleted', write(bare), { namespace: [space] }],
    ['deleted, with a finalizer', write(there), { namespace: [space] }],
    ['deleted, with a finalizer and no namespace', write(there), { namespace: [absent] }],
    ['deleted, without an owner', write(ownerless), { namespace: [space] }],
    ['deleted, is going already', write(going), { namespace: [space] }],
    ['deleted, and gone', write(bare), { deleteProfile: [error('NotFound')] }],
    ['deleted, and refused', write(bare), { deleteProfile: [error('Forbidden')] }],
    ['deleted, and broken off', write(bare), { deleteProfile: [new Error('broken off')] }],
    [
      'deleted, changed meanwhile',
      write(going),
      { namespace: [space], replaceProfile: [conflict, conflict, undefined], profile: [found(going)] },
    ],
    [
      'deleted, always changed meanwhile',
      write(going),
      { namespace: [space], replaceProfile: [conflict], profile: [found(going)] },
    ],
    [
      'deleted, changed and gone meanwhile',
      write(going),
      { namespace: [space], replaceProfile: [conflict], profile: [absent] },
    ],
    ['deleted, not to be touched', write(going), { namespace: [space], replaceProfile: [error('Forbidden')] }],
    ...(
      [
        ['gone by now', absent, space],
        ['may not look', denied('get profiles', 'No.'), space],
        ['it stays', found(going), space],
        ['it stays, and no namespace', found(going), absent],
        ['it stays without an owner', found({ ...going, spec: {} }), space],
      ] as const
    ).map(([title, now, namespace]): Case<'k8s/profile'> => [
      `deleted, in time not: ${title}`,
      write(bare),
      { deleteProfile: [timeout], profile: [now], namespace: [namespace] },
    ]),
    ['marks', marks(bare, bare, ...MARKED.map((annotations) => profile({ annotations })), plain)],
    ['between: changed', between(bare, bare, bare)],
    ['between: nothing of it', between(undefined, undefined, bare)],
    [
      'between: put right before it goes',
      between(ownerless, undefined, profile({ finalizers: [FINALIZER], resourceVersion: '3' })),
    ],
    ['between: as it was', between(ownerless, undefined, ownerless)],
    ['between: made', between(undefined, ownerless, profile({ finalizers: [FINALIZER] }))],
    ['goes: not', goes(bare)],
    ['goes', goes(going), { namespace: [space] }],
  ]);
  await told('k8s/dex-user', AT, 'a@b.c', [
    ['no settings of Dex', read, { configMap: [absent] }],
    ['settings of Dex, which may not be read', read, { configMap: [denied('get configmaps', 'No.')] }],
    ['settings of Dex that are none', read, { configMap: [found({ data: { 'config.yaml': '[]' } })] }],
    ['settings of Dex without users', read, { configMap: [found({ data: { 'config.yaml': 'issuer: x' } })] }],
  ]);
  const finalizer = { finalizer: FINALIZER } as Things['k8s/finalizer'];
  await told('k8s/finalizer', AT, NAME, [
    ...reads<'k8s/finalizer'>('profile', there, bare, profile({ finalizers: ['other'] })),
    ['made', write(undefined, finalizer)],
    ['taken', write(finalizer), { profile: [found(there)] }],
    ['taken, there is none', write(finalizer), { profile: [found(bare)] }],
    ['taken, and gone', write(finalizer), { profile: [found(there)], replaceProfile: [error('NotFound')] }],
    ['taken of one that is gone', write(finalizer), { profile: [absent] }],
    ['marks', marks(finalizer, finalizer, finalizer)],
  ]);
  const note = { value: 'v' };
  await told('k8s/profile-note', AT, `${NAME}/a/b`, [
    ...reads<'k8s/profile-note'>('profile', bare, plain, profile({ annotations: { 'a/b': 'v' } })),
    ['set', write(undefined, note), { profile: [found(bare)] }],
    ['set, the first', write(undefined, note), { profile: [found({ ...plain, metadata: { name: NAME } })] }],
    ['changed', write(note, { value: 'w' }), { profile: [found(profile({ annotations: { 'a/b': 'v', c: 'd' } }))] }],
    ['taken', write(note), { profile: [found(profile({ annotations: { 'a/b': 'v', c: 'd' } }))] }],
    ['taken, the last', write(note), { profile: [found(profile({ annotations: { 'a/b': 'v' } }))] }],
    ['taken of one that is gone', write(note), { profile: [absent] }],
    ['taken, and may not look', write(note), { profile: [denied('get profiles', 'No.')] }],
    ['set on one that is gone', write(undefined, note), { profile: [absent] }],
    ['set, and no answer', write(undefined, note), { profile: [failed('broken off')] }],
    ['marks', marks(note, note, note)],
  ]);
});

test('a cluster that was not reached', async () => {
  const { aws, sleep } = recorder([], {});
  const drivers = driversOf({ aws, sleep });
  assert.throws(() => drivers['k8s/namespace'].read({ kind: 'k8s/namespace', at: AT, key: NAME } as never), {
    code: 'NoCluster',
    message: 'The cluster was not reached.',
  });
});

test('s3/bucket', async () => {
  const NONE = { publicAccessBlocked: false, tags: {}, empty: true };
  const wanted = {
    ...{ publicAccessBlocked: true, tags: { a: 'b' }, empty: true, ownership: 'BucketOwnerEnforced' },
    ...{ encryption: { algorithm: 'aws:kms', key: 'k' }, policy: '{"Version":"2012-10-17","Statement":[]}' },
  };
  const bucket = (settings?: object, more: object = {}) =>
    ({
      name: 'b',
      region: 'us-west-2',
      accessible: true,
      ...(settings && { settings }),
      ...more,
    }) as Things['s3/bucket'];
  const made = bucket(wanted);
  const settling = error('OperationAborted');
  await told('s3/bucket', '', 'b', [
    ...reads<'s3/bucket'>('bucket', bucket(undefined, { accessible: false })),
    ['read, with settings', read, { bucket: [found(bucket())], bucketSettings: [found(NONE)] }],
    ['read, and not its settings', read, { bucket: [found(bucket())], bucketSettings: [denied('s3:GetX', 'No.')] }],
    ['made', write(undefined, made), { bucket: [absent] }],
    [
      'made, with less',
      write(undefined, bucket({ ...wanted, policy: undefined, encryption: undefined })),
      { bucket: [absent] },
    ],
    ['made, settling', write(undefined, made), { bucket: [absent], tagBucket: [settling, settling, undefined] }],
    ['made, never settled', write(undefined, made), { bucket: [absent], blockPublicAccess: [settling] }],
    ['made, and refused', write(undefined, made), { bucket: [absent], createBucket: [error('AccessDenied')] }],
    ['made, and broken off', write(undefined, made), { bucket: [absent], createBucket: [new Error('broken off')] }],
    [
      'made, the answer was lost',
      write(undefined, made),
      {
        bucket: [absent, absent, found(bucket())],
        bucketSettings: [found(NONE)],
        createBucket: [error('BucketAlreadyOwnedByYou')],
      },
    ],
    [
      'made, is there as wanted',
      write(undefined, made),
      { bucket: [found(bucket())], bucketSettings: [found(wanted)] },
    ],
    [
      'made, is there, of somebody',
      write(undefined, made),
      { bucket: [found(bucket())], bucketSettings: [found({ ...NONE, tags: { team: 'x' }, empty: false })] },
    ],
    [
      'made, is there, of another account',
      write(undefined, made),
      { bucket: [found(bucket(undefined, { accessible: false }))] },
    ],
    ['made, and may not look', write(undefined, made), { bucket: [denied('s3:ListBucket', 'No.')] }],
    ['made, and no answer', write(undefined, made), { bucket: [failed('broken off')] }],
    ['finished', write(bucket(NONE), made)],
    ['finished, half of it is', write(bucket({ ...NONE, tags: { a: 'b' }, publicAccessBlocked: true }), made)],
    ['deleted', write(made)],
    ['without settings', write(undefined, bucket())],
    ['marks', marks(made, made, ...MARKED.map((tags) => bucket({ ...NONE, tags })), bucket())],
  ]);
});

test('people', async () => {
  const user = (more: object = {}) => ({ username: 'u', email: 'a@b.c', ...more }) as unknown as Things['cognito/user'];
  await told('cognito/user', '', 'us-west-2_x/a@b.c', [
    ...reads<'cognito/user'>('users', [], [user({ email: 'd@b.c' })], [user()]),
    ['made', write(undefined, user())],
    ['deleted', write(user())],
    ['deleted, and gone', write(user()), { deleteUser: [error('UserNotFoundException')] }],
    ['deleted, and refused', write(user()), { deleteUser: [error('Forbidden')] }],
    ['marks', marks(user(), user(), user(), user({ status: 'FORCE_CHANGE_PASSWORD' }), user({ status: 'CONFIRMED' }))],
  ]);
  const subjects = [
    { kind: 'User', name: 'a@b.c' },
    { kind: 'ServiceAccount', name: 's', namespace: NAME },
  ];
  const binding = (name: string, annotations: object = { user: 'a@b.c', role: 'edit' }) =>
    ({
      ...{ name, namespace: NAME, annotations },
      roleRef: { kind: 'ClusterRole', name: 'kubeflow-edit' },
      subjects,
    }) as unknown as Things['k8s/role-binding'];
  const object = (annotations: object | undefined = { user: 'a@b.c', role: 'view', x: 'y' }, more: object = {}) =>
    found({
      ...more,
      metadata: { name: 'n', namespace: NAME, ...(annotations && { annotations }) },
      roleRef: { kind: 'ClusterRole', name: 'kubeflow-view' },
      subjects: [],
    });
  const conflict = error('409', 'Changed.');
  await told('k8s/role-binding', AT, `${NAME}/n`, [
    ...reads<'k8s/role-binding'>('object', valueOf(object())),
    ['made', write(undefined, binding('n'))],
    ['deleted', write(binding('n'))],
    ['deleted, and gone', write(binding('n')), { deleteObject: [error('NotFound')] }],
    ['changed', write(binding('n'), binding('n')), { object: [object()] }],
    [
      'changed, another version',
      write(binding('n'), binding('n')),
      { object: [object(undefined, { apiVersion: 'v1beta1' })] },
    ],
    ['changed, of somebody else now', write(binding('n'), binding('n')), { object: [object({ user: 'e@b.c' })] }],
    ['changed, of nobody now', write(binding('n'), binding('n')), { object: [object({})] }],
    [
      'changed, without a role',
      write(binding('n'), binding('n', { user: 'f@b.c' })),
      { object: [object({ user: 'f@b.c' })] },
    ],
    ['changed, without a user', write(binding('n', {}), binding('n', { role: 'edit' })), { object: [object({})] }],
    ['changed, gone', write(binding('n'), binding('n')), { object: [absent] }],
    ['changed, may not look', write(binding('n'), binding('n')), { object: [denied('get rolebindings', 'No.')] }],
    ['changed, no answer', write(binding('n'), binding('n')), { object: [failed('broken off')] }],
    ['changed, no answer with a code', write(binding('n'), binding('n')), { object: [failed('broken off', 'X')] }],
    ['changed, raced', write(binding('n'), binding('n')), { object: [object()], replaceObject: [conflict, undefined] }],
    ['changed, always raced', write(binding('n'), binding('n')), { object: [object()], replaceObject: [conflict] }],
    [
      'changed, refused',
      write(binding('n'), binding('n')),
      { object: [object()], replaceObject: [error('Forbidden')] },
    ],
    ['marks', marks(binding('n'), binding('n'), ...MARKED.map((one) => binding('n', one)))],
  ]);
  const users = (value?: string) => ({ ...(value && { users: value }) }) as unknown as Things['k8s/deployment'];
  const deployment = (template?: object) =>
    found({ metadata: { name: 'dex' }, spec: { replicas: 1, ...(template && { template }) } });
  const annotated = { metadata: { labels: { a: 'b' }, annotations: { x: 'y', [TAG.users]: 'old' } }, spec: { b: 1 } };
  await told('k8s/deployment', AT, 'auth/dex', [
    ...reads<'k8s/deployment'>('deployment', users('a')),
    ['changed', write(users('old'), users('new')), { object: [deployment(annotated)] }],
    ['changed to none', write(users('old'), users()), { object: [deployment(annotated)] }],
    ['changed, nothing there', write(users(), users('new')), { object: [deployment()] }],
    ['taken', write(users('old')), { object: [deployment(annotated)] }],
    ['marks', marks(users(), users(), users())],
  ]);
});
