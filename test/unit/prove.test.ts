/** Proofs by doing, on a world in memory: what is tried, what comes of it, and in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileProofs, type Proof } from '../../src/core/plan/proof.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import type { AccessLevel } from '../../src/core/request.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import { prove, type Outside, type Verification } from '../../src/provisioning/prove.ts';
import { arnOf, ISSUER, putProfile, trustFor, worldWithProvider, type World } from './world.ts';

const ROLE = arnOf('team-x-dev-role');
const PROBE = 's3://artifacts/team-x/.kubeflow-irsa-probe/unique-2';
const TOKEN = 'token ok: Kubernetes issued a token for team-x/default-editor.';
const ASSUMED = `assume-role ok: It assumed ${ROLE}.`;
const REFUSED = 'neighbour-refused ok: AWS refused service account team-x/default.';
const USED = [`write ok: It wrote ${PROBE}.`, 'read ok: It read the object back.', 'delete ok: It deleted the object.'];

/** What is said of each thing that was tried, in one order. */
const said = ({ outcome, proofs }: Verification): readonly string[] => [
  outcome,
  ...proofs.map(({ id, ok, text }) => `${id} ${ok ? 'ok' : 'not ok'}: ${text}`).sort(),
];
const lines = (outcome: Verification['outcome'], ...texts: readonly string[]): readonly string[] => [
  outcome,
  ...[...texts].sort(),
];
const error = (code: string, message = code): OutsideError => new OutsideError(message, code);

interface Case {
  readonly access?: AccessLevel;
  /** What is otherwise than it should be. */
  readonly change?: (here: World) => void;
  readonly how?: { readonly touch?: boolean; readonly settled?: boolean };
  readonly proofs?: (all: readonly Proof[]) => readonly Proof[];
  readonly outside?: (outside: Outside) => Outside;
  readonly says: readonly string[];
  /** How often it waited. */
  readonly waits?: number;
  /** What is left in the bucket. */
  readonly left?: number;
}
/** What the neighbour's token gets from STS; the others get what the world gives. */
const neighbour =
  (...errors: readonly (OutsideError | undefined)[]) =>
  (here: World): void => {
    const real = here.aws.assumeRoleWithWebIdentity.bind(here.aws);
    const left = [...errors];
    here.aws.assumeRoleWithWebIdentity = async (role, token, session) => {
      const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
      if (!sub.endsWith(':default')) return real(role, token, session);
      const next = left.length > 1 ? left.shift() : left[0];
      if (next !== undefined) throw next;
      return { accessKeyId: '', secretAccessKey: '', sessionToken: '' };
    };
  };
const failing =
  (call: string, times = Infinity) =>
  (here: World): void => {
    let left = times;
    here.onCall = (one) => (one === call && left-- > 0 ? 'refuse' : undefined);
  };
const policy =
  (text: string) =>
  (here: World): void => {
    const role = here.roles.get('team-x-dev-role');
    if (role) here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text }] });
  };
const LEFT_OVER = `It could not delete ${PROBE}; delete it by hand. ECONNRESET`;

const CASES: Readonly<Record<string, Case>> = {
  'all is well': { says: lines('verified', TOKEN, ASSUMED, ...USED, REFUSED) },
  'all is well, with the whole bucket': {
    access: 'bucket',
    says: lines(
      'verified',
      TOKEN,
      ASSUMED,
      ...USED.map((text) => text.replace('artifacts/team-x/', 'artifacts/')),
      REFUSED,
    ),
  },
  'nothing is touched': {
    how: { touch: false },
    says: lines('checked', TOKEN, ASSUMED, 'read ok: It may list and read s3://artifacts/team-x/.', REFUSED),
  },
  'nothing is touched, and it may not read': {
    how: { touch: false },
    change: policy('{"Version":"2012-10-17","Statement":[]}'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'read not ok: It may not list and read s3://artifacts/team-x/: AccessDenied',
      REFUSED,
    ),
    waits: 23,
  },
  'nothing is touched or changed, and it may not read': {
    how: { touch: false, settled: true },
    change: policy('{"Version":"2012-10-17","Statement":[]}'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'read not ok: It may not list and read s3://artifacts/team-x/: AccessDenied',
      REFUSED,
    ),
    waits: 0,
  },
  'no use of a bucket is asked for': {
    proofs: (all) => all.map(({ use: _, ...proof }) => proof),
    says: lines('verified', TOKEN, ASSUMED, REFUSED),
  },
  'reading only: the caller writes the probe': {
    access: 'read-only',
    change: policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'read-only'))),
    says: lines(
      'verified',
      TOKEN,
      ASSUMED,
      'read ok: It read an object that you wrote.',
      'delete ok: You deleted the object.',
      REFUSED,
    ),
  },
  'reading only, and the caller may not write': {
    access: 'read-only',
    change: (here) => {
      policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'read-only')))(here);
      failing('s3:PutObject')(here);
    },
    says: lines(
      'checked',
      TOKEN,
      ASSUMED,
      'read ok: It may list the bucket. You may not write there yourself, so no object was read.',
      REFUSED,
    ),
  },
  'reading only, and the caller may not delete': {
    access: 'read-only',
    change: (here) => {
      policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'read-only')))(here);
      failing('s3:DeleteObject')(here);
    },
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'read ok: It read an object that you wrote.',
      'delete not ok: The probe s3://artifacts/.kubeflow-irsa-probe/unique-2 is left over; delete it by hand. ECONNRESET',
      REFUSED,
    ),
    left: 1,
  },
  'reading only, and it may not': {
    access: 'read-only',
    change: policy('{"Version":"2012-10-17","Statement":[]}'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'read not ok: It could not read s3://artifacts: AccessDenied',
      'delete ok: You deleted the object.',
      REFUSED,
    ),
    waits: 23,
  },
  'the object cannot be written': {
    change: failing('s3:PutObject'),
    says: lines('failed', TOKEN, ASSUMED, `write not ok: It could not write ${PROBE}: ECONNRESET`, REFUSED),
    waits: 0,
  },
  'the object cannot be deleted': {
    change: failing('s3:DeleteObject'),
    says: lines('failed', TOKEN, ASSUMED, ...USED.slice(0, 2), `delete not ok: ${LEFT_OVER}`, REFUSED),
    left: 1,
  },
  'another object is read': {
    change: (here) => {
      here.onCall = (call) => {
        if (call === 's3:GetObject') for (const key of here.objects.keys()) here.objects.set(key, 'other');
        return undefined;
      };
    },
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      USED[0] ?? '',
      `read not ok: It could not read ${PROBE}: the object read is not the one written`,
      USED[2] ?? '',
      REFUSED,
    ),
  },
  'no token': {
    change: failing('create serviceaccounts/token', 1),
    says: lines('failed', 'token not ok: Kubernetes issued no token for team-x/default-editor: ECONNRESET'),
  },
  'the cluster was not reached': {
    outside: ({ kubernetes: _, ...outside }) => outside,
    says: lines(
      'failed',
      'token not ok: Kubernetes issued no token for team-x/default-editor: The cluster was not reached.',
    ),
  },
  'the token of another cluster': {
    proofs: (all) => all.map((proof) => ({ ...proof, who: { ...proof.who, issuer: 'https://other' } })),
    says: lines(
      'failed',
      TOKEN,
      `issuer not ok: The token was issued by ${ISSUER}, but the cluster's issuer is https://other: this is the token of another cluster. Check the kubeconfig.`,
    ),
  },
  'a token that is none': {
    change: (here) => {
      here.kubernetes.serviceAccountToken = () => Promise.resolve('none');
    },
    says: lines(
      'failed',
      TOKEN,
      `issuer not ok: The token was issued by nobody, but the cluster's issuer is ${ISSUER}: this is the token of another cluster. Check the kubeconfig.`,
    ),
  },
  'the role does not let it in': {
    change: (here) => {
      const role = here.roles.get('team-x-dev-role');
      if (role) here.roles.set(role.name, { ...role, trustPolicy: trustFor('team-y') });
    },
    says: lines('failed', TOKEN, `assume-role not ok: It could not assume ${ROLE}: AccessDenied`),
    waits: 23,
  },
  'the role does not let it in, and nothing was changed': {
    how: { settled: true },
    change: (here) => {
      const role = here.roles.get('team-x-dev-role');
      if (role) here.roles.set(role.name, { ...role, trustPolicy: trustFor('team-y') });
    },
    says: lines('failed', TOKEN, `assume-role not ok: It could not assume ${ROLE}: AccessDenied`),
    waits: 12,
  },
  'the neighbour gets in': {
    change: neighbour(undefined),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      ...USED,
      'neighbour-refused not ok: The role let in service account team-x/default too: its trust policy is too wide. Every team of the cluster may use this role. Add a condition on sub.',
    ),
    waits: 23,
  },
  'the neighbour gets in, and nothing was changed': {
    how: { settled: true },
    change: neighbour(undefined),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      ...USED,
      'neighbour-refused not ok: The role let in service account team-x/default too: its trust policy is too wide. Every team of the cluster may use this role. Add a condition on sub.',
    ),
    waits: 0,
  },
  'the neighbour gets in for a moment': {
    change: neighbour(undefined, error('InvalidIdentityToken'), error('AccessDeniedException')),
    says: lines('verified', TOKEN, ASSUMED, ...USED, REFUSED),
    waits: 2,
  },
  'whether the neighbour is refused cannot be tried': {
    change: neighbour(error('ECONNRESET', 'the connection was broken off')),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      ...USED,
      'neighbour-refused not ok: Whether service account team-x/default is refused could not be tried: the connection was broken off',
    ),
    waits: 0,
  },
  'whether the neighbour is refused stays open': {
    change: neighbour(error('InvalidIdentityToken', 'no provider')),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      ...USED,
      'neighbour-refused not ok: Whether service account team-x/default is refused could not be tried: no provider',
    ),
    waits: 23,
  },
  'the neighbour has no token': {
    change: (here) => {
      here.accounts.delete('team-x/default');
    },
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      ...USED,
      'neighbour-refused not ok: Whether service account team-x/default is refused could not be tried: NotFound',
    ),
    waits: 13,
  },
};
for (const [name, one] of Object.entries(CASES)) {
  test(`proof: ${name}`, async () => {
    const here = worldWithProvider();
    putProfile(here, 'team-x', { name: 'team-x-dev-role' });
    const access = one.access ?? 'prefix';
    if (access === 'bucket') policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', access)))(here);
    one.change?.(here);
    const target = {
      profile: 'team-x',
      roleArn: ROLE,
      issuer: ISSUER,
      bucket: 'artifacts',
      bucketRegion: 'us-west-2',
      access,
    };
    const proofs = profileProofs(target);
    let waits = 0;
    const plain = {
      ...here.outside(),
      sleep: () => {
        waits += 1;
        return new Promise<void>((resolve) => setImmediate(resolve));
      },
    };
    const how = { touch: true, settled: false, ...one.how };
    const result = await prove(one.proofs?.(proofs) ?? proofs, one.outside?.(plain) ?? plain, how);
    assert.deepEqual(said(result), one.says);
    if (one.waits !== undefined) assert.equal(waits, one.waits);
    assert.equal(here.objects.size, one.left ?? 0);
  });
}

/** Cancelled in a call of a proof: what was proven until then, and what becomes of the probe. */
const CANCELLED: Readonly<Record<string, readonly [call: string, access: AccessLevel, says: readonly string[]]>> = {
  'before anything': ['create serviceaccounts/token', 'prefix', []],
  'while it reads': [
    's3:GetObject',
    'prefix',
    [TOKEN, ASSUMED, USED[0] ?? '', 'delete ok: The object of the proof was deleted.', REFUSED],
  ],
  'while it reads what the caller wrote': [
    's3:GetObject',
    'read-only',
    [TOKEN, ASSUMED, 'delete ok: The object of the proof was deleted.', REFUSED],
  ],
};
for (const [name, [call, access, says]] of Object.entries(CANCELLED)) {
  test(`proof: cancelled ${name}`, async () => {
    const here = worldWithProvider();
    putProfile(here, 'team-x', {
      name: 'team-x-dev-role',
      inline: [{ name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', 'artifacts', 'team-x', access)) }],
    });
    const stop = new AbortController();
    here.onCall = (one) => {
      // The neighbour is done by then.
      if (one === call) setImmediate(() => stop.abort());
      return undefined;
    };
    const unanswered = (store: ReturnType<World['aws']['objects']>): typeof store => ({
      ...store,
      get: (key) => store.get(key).then(() => new Promise(() => undefined)),
    });
    const { aws } = here;
    const objects = aws.objects.bind(aws);
    aws.objects = (...args) => unanswered(objects(...args));
    if (call.startsWith('create')) here.kubernetes.serviceAccountToken = () => new Promise(() => stop.abort());
    const target = {
      profile: 'team-x',
      roleArn: ROLE,
      issuer: ISSUER,
      bucket: 'artifacts',
      bucketRegion: 'us-west-2',
      access,
    };
    const result = await prove(profileProofs(target), here.outside(stop.signal), { touch: true, settled: false });
    assert.deepEqual(said(result), lines('cancelled', ...says));
    assert.equal(here.objects.size, 0);
  });
}
