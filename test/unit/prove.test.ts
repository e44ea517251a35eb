/** Proofs by doing, on a world in memory: what is tried, what comes of it, and in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileProofs, type Proof, type Target } from '../../src/core/plan/proof.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { launcherPlace } from '../../src/core/profile/launcher.ts';
import { denied, failed } from '../../src/core/reading.ts';
import type { AccessLevel } from '../../src/core/request.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import { prove } from '../../src/provisioning/prove.ts';
import { takeAwayProbes } from '../../src/provisioning/prove/objects.ts';
import type { Outside, Verification } from '../../src/provisioning/prove/trial.ts';
import { arnOf, ISSUER, putProfile, trustFor, worldWithProvider, type World } from './world.ts';

const ROLE = arnOf('team-x-dev-role');
const PROBE = 's3://artifacts/team-x/.kubeflow-irsa-probe/unique-2';
const TOKEN = 'token ok: Kubernetes issued a token for team-x/default-editor.';
const ASSUMED = `assume-role ok: It assumed ${ROLE}.`;
const NEIGHBOUR = 'neighbour-refused ok: AWS refused service account team-x/default.';
const OTHER = 'other-profile-refused ok: AWS refused service account team-y/default-editor.';
const REFUSED = [NEIGHBOUR, OTHER];
const FOREIGN = [
  'other-prefix-list-refused ok: AWS refused to let it list s3://artifacts/team-y/.',
  'other-prefix-write-refused ok: AWS refused to let it write below s3://artifacts/team-y/.',
];
const LISTED = 'list ok: It listed s3://artifacts/team-x/.';
const WROTE = [
  `write ok: It wrote ${PROBE}.`,
  'read ok: It read the object back.',
  'delete ok: It deleted the object.',
];
const PARTS = `multipart ok: It uploaded ${PROBE}-parts in parts, read it back and deleted it.`;
const USED = [LISTED, ...WROTE, PARTS];
const OWN = [TOKEN, ASSUMED, ...USED];

/** What is said of each thing that was tried, in one order. */
const said = ({ outcome, proofs }: Verification): readonly string[] => [
  outcome,
  ...proofs.map(({ id, ok, text }) => `${id} ${ok === null ? 'note' : ok ? 'ok' : 'not ok'}: ${text}`).sort(),
];
const lines = (outcome: Verification['outcome'], ...texts: readonly string[]): readonly string[] => [
  outcome,
  ...[...texts].sort(),
];
const error = (code: string, message = code): OutsideError => new OutsideError(message, code);

interface Case {
  readonly access?: AccessLevel;
  readonly launcher?: Target['launcher'];
  /** What is otherwise than it should be. */
  readonly change?: (here: World) => void;
  readonly how?: { readonly touch?: boolean; readonly settled?: boolean };
  readonly proofs?: (all: readonly Proof[]) => readonly Proof[];
  readonly outside?: (outside: Outside) => Outside;
  readonly says: readonly string[];
  /** How often it waited. */
  readonly waits?: number;
  /** What is left in the bucket: objects and uploads. */
  readonly left?: number;
}
/** What the token of an account gets from STS; the others get what the world gives. */
const answering =
  (account: string, ...errors: readonly (OutsideError | undefined)[]) =>
  (here: World): void => {
    const real = here.aws.assumeRoleWithWebIdentity.bind(here.aws);
    const left = [...errors];
    here.aws.assumeRoleWithWebIdentity = async (role, token, session) => {
      const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
      if (!sub.endsWith(account)) return real(role, token, session);
      const next = left.length > 1 ? left.shift() : left[0];
      if (next !== undefined) throw next;
      return { accessKeyId: '', secretAccessKey: '', sessionToken: '' };
    };
  };
const neighbour = (...errors: readonly (OutsideError | undefined)[]) => answering(':default', ...errors);
const failing =
  (call: string, times = Infinity, fault: 'refuse' | 'drop' = 'refuse') =>
  (here: World): void => {
    let left = times;
    const before = here.onCall;
    here.onCall = (one) => (one === call && left-- > 0 ? fault : before(one));
  };
const policy =
  (text: string) =>
  (here: World): void => {
    const role = here.roles.get('team-x-dev-role');
    if (role) here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text }] });
  };
const trust =
  (...profiles: readonly string[]) =>
  (here: World): void => {
    const role = here.roles.get('team-x-dev-role');
    if (role) here.roles.set(role.name, { ...role, trustPolicy: trustFor(...profiles) });
  };
const both =
  (...changes: readonly ((here: World) => void)[]) =>
  (here: World): void =>
    changes.forEach((change) => change(here));
const NOTHING = '{"Version":"2012-10-17","Statement":[]}';
const READ_ONLY = policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'read-only')));
/** The SDK tries again by itself where an answer is lost. */
const twice = (here: World): void => {
  const objects = here.aws.objects.bind(here.aws);
  here.aws.objects = (...how) => {
    const store = objects(...how);
    const beginUpload: typeof store.beginUpload = async (key) => {
      await store.beginUpload(key);
      return { ...(await store.beginUpload(key)), again: true };
    };
    return { ...store, beginUpload };
  };
};
/** The policy of `prefix` without some actions. */
const without = (...actions: readonly string[]) =>
  policy(
    policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix'))
      .replace(new RegExp(`"(${actions.join('|')})",?`, 'g'), '"s3:Other$1",')
      .replace(/,(?=\s*\])/g, ''),
  );
/** A place without whose it is. */
const placed = ({ bucket, region }: NonNullable<Proof['where']>) => ({ bucket, region, bucketRegion: region });
/** The proof of another profile's account was not tried. */
const UNTRIED = 'other-profile-refused note: Whether default-editor of another profile is refused was not tried:';
const ALONE = [
  `${UNTRIED} this cluster has no other profile with that account.`,
  'other-prefix-list-refused ok: AWS refused to let it list s3://artifacts/.kubeflow-irsa-nobody/.',
  'other-prefix-write-refused ok: AWS refused to let it write below s3://artifacts/.kubeflow-irsa-nobody/.',
];
const ROOT = 's3://artifacts/team-x/v2';
const launcher = (data: Readonly<Record<string, string>>): Target['launcher'] =>
  launcherPlace(data, { region: 'us-west-2' });
const fromEnv = (region: string): string => `s3: {default: {region: ${region}, credentials: {fromEnv: true}}}`;
const ONLY = 'So this proof is about the bucket alone, not about where pipelines write.';
/** All as below another begin of keys. */
const below = (prefix: string, lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.replace('s3://artifacts/team-x/', `s3://artifacts/${prefix}`));
const NOT_READ =
  'read note: Whether it may read s3://artifacts/team-x/ was not tried, since nothing was written there. Verify tries it.';
const settings = 'ConfigMap team-x/kfp-launcher';

const CASES: Readonly<Record<string, Case>> = {
  'all is well': { says: lines('verified', ...OWN, ...REFUSED, ...FOREIGN), waits: 0 },
  'all is well, with the whole bucket': {
    access: 'bucket',
    says: lines('verified', TOKEN, ASSUMED, ...below('', USED), ...REFUSED),
  },
  'all is well, with everything': {
    access: 'full',
    says: lines('verified', TOKEN, ASSUMED, ...below('', USED), ...REFUSED),
  },
  'nothing is touched': {
    how: { touch: false },
    says: lines(
      'checked',
      TOKEN,
      ASSUMED,
      LISTED,
      'read ok: It may list and read s3://artifacts/team-x/.',
      ...REFUSED,
      FOREIGN[0] ?? '',
    ),
  },
  'nothing is touched, and it may not read': {
    how: { touch: false },
    change: policy(NOTHING),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'list not ok: It could not list s3://artifacts/team-x/, and pipelines list before they download: AccessDenied',
      NOT_READ,
      ...REFUSED,
    ),
    waits: 23,
  },
  'nothing is touched or changed, and it may not read': {
    how: { touch: false, settled: true },
    change: policy(NOTHING),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'list not ok: It could not list s3://artifacts/team-x/, and pipelines list before they download: AccessDenied',
      NOT_READ,
      ...REFUSED,
    ),
    waits: 0,
  },
  'no use of a bucket is asked for': {
    proofs: (all) => all.slice(0, 3).map(({ where: _, ...proof }) => ({ ...proof, does: [] })),
    says: lines('verified', TOKEN, ASSUMED, ...REFUSED),
  },
  'one of two places may not be listed: who is refused everywhere proves nothing': {
    how: { settled: true },
    proofs: ([own, ...all]) =>
      own?.where === undefined || 'beside' in own.where
        ? []
        : [own, { ...own, does: ['list'], where: { ...own.where, prefix: 'team-z/' } }, ...all],
    says: lines(
      'failed',
      ...OWN,
      'list not ok: It could not list s3://artifacts/team-z/, and pipelines list before they download: AccessDenied',
      ...REFUSED,
    ),
  },

  // Read-only access.
  'reading only: the caller writes the probe': {
    access: 'read-only',
    change: READ_ONLY,
    says: lines(
      'verified',
      TOKEN,
      ASSUMED,
      'read ok: It read an object that you wrote.',
      'delete ok: You deleted the object.',
      ...REFUSED,
    ),
  },
  'reading only, and the caller may not write': {
    access: 'read-only',
    change: both(READ_ONLY, failing('s3:PutObject')),
    says: lines(
      'checked',
      TOKEN,
      ASSUMED,
      'read ok: It may list the bucket. You may not write there yourself, so no object was read.',
      ...REFUSED,
    ),
  },
  'reading only, and the caller may not delete': {
    access: 'read-only',
    change: both(READ_ONLY, failing('s3:DeleteObject')),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'read ok: It read an object that you wrote.',
      'delete not ok: You could not delete s3://artifacts/.kubeflow-irsa-probe/unique-2: ECONNRESET',
      'delete not ok: The object of the proof, s3://artifacts/.kubeflow-irsa-probe/unique-2, may be left over; delete it by hand. ECONNRESET',
      ...REFUSED,
    ),
    left: 1,
  },
  'reading only, and it may not': {
    access: 'read-only',
    change: policy(NOTHING),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'read not ok: It could not read s3://artifacts: AccessDenied',
      'delete ok: You deleted the object.',
      ...REFUSED,
    ),
    waits: 23,
  },

  // The launcher's calls.
  'it may not list: pipelines list before they download': {
    how: { settled: true },
    change: without('s3:ListBucket'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'list not ok: It could not list s3://artifacts/team-x/, and pipelines list before they download: AccessDenied',
      ...WROTE,
      PARTS,
      ...REFUSED,
    ),
  },
  'it may list its prefix alone, not below it': {
    how: { settled: true },
    change: policy(
      policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix')).replace('"team-x/*"', '"team-x/"'),
    ),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'list not ok: It could not list s3://artifacts/team-x/, and pipelines list before they download: AccessDenied',
      ...WROTE,
      PARTS,
      ...REFUSED,
    ),
  },
  'the object cannot be written': {
    change: failing('s3:PutObject'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      PARTS,
      `write not ok: It could not write ${PROBE}: ECONNRESET`,
      ...REFUSED,
      FOREIGN[0] ?? '',
      'other-prefix-write-refused not ok: Whether it may write below s3://artifacts/team-y/ could not be tried: ECONNRESET',
    ),
  },
  'the object was written, and the answer was lost': {
    change: failing('s3:PutObject', 1, 'drop'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      PARTS,
      `write not ok: It could not write ${PROBE}: ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'the object was written, the answer was lost, and it cannot be deleted': {
    change: both(failing('s3:PutObject', 1, 'drop'), failing('s3:DeleteObject', 2)),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      PARTS,
      `write not ok: It could not write ${PROBE}: ECONNRESET`,
      `delete not ok: The object of the proof, ${PROBE}, may be left over; delete it by hand. ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
    left: 1,
  },
  'objects cannot be deleted': {
    change: failing('s3:DeleteObject'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE.slice(0, 2),
      `delete not ok: It could not delete ${PROBE}: ECONNRESET`,
      `delete not ok: The object of the proof, ${PROBE}, may be left over; delete it by hand. ECONNRESET`,
      `delete not ok: The object of the proof, ${PROBE}-parts, may be left over; delete it by hand. ECONNRESET`,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
    left: 2,
  },
  'the role may not delete: the caller does': {
    how: { settled: true },
    change: without('s3:DeleteObject'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE.slice(0, 2),
      `delete not ok: It could not delete ${PROBE}: AccessDenied`,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: AccessDenied`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'other objects are read': {
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
      LISTED,
      WROTE[0] ?? '',
      `read not ok: It could not read ${PROBE}: the object read is not the one written`,
      WROTE[2] ?? '',
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: the object read is not the one written`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'it may write nothing': {
    how: { settled: true },
    change: without('s3:PutObject'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      `write not ok: It could not write ${PROBE}: AccessDenied`,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: AccessDenied`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'an upload cannot be begun': {
    change: failing('s3:CreateMultipartUpload', 1),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'an upload was begun, and its answer was lost: the caller looks for it': {
    change: failing('s3:CreateMultipartUpload', 1, 'drop'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'an upload was begun, its answer was lost, and it cannot be looked for': {
    change: both(failing('s3:CreateMultipartUpload', 1, 'drop'), failing('s3:ListMultipartUploads')),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      `delete not ok: The object of the proof, ${PROBE}-parts, may be left over; delete it by hand. ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
    left: 1,
  },
  'an upload was begun twice, for the answer of the first was lost': {
    change: twice,
    says: lines('verified', ...OWN, ...REFUSED, ...FOREIGN),
  },
  'a part cannot be uploaded': {
    change: failing('s3:UploadPart'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'a part cannot be uploaded, nor the upload dropped': {
    change: both(failing('s3:UploadPart'), failing('s3:AbortMultipartUpload')),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      `delete not ok: The object of the proof, ${PROBE}-parts, may be left over; delete it by hand. ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
    left: 1,
  },
  'the role may not drop its upload: the caller does': {
    how: { settled: true },
    change: both(without('s3:AbortMultipartUpload'), failing('s3:CompleteMultipartUpload')),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'an upload was completed, and the answer was lost': {
    change: failing('s3:CompleteMultipartUpload', 1, 'drop'),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      LISTED,
      ...WROTE,
      `multipart not ok: It could not upload ${PROBE}-parts in parts, read it back and delete it: ECONNRESET`,
      ...REFUSED,
      ...FOREIGN,
    ),
  },

  // Where the launcher writes.
  'the launcher writes below the prefix': {
    launcher: launcher({ defaultPipelineRoot: ROOT }),
    says: lines(
      'verified',
      `launcher ok: Pipelines write to ${ROOT}/ in us-west-2 (${settings}).`,
      TOKEN,
      ASSUMED,
      ...below('team-x/v2/', USED),
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'the launcher writes where the role may not': {
    how: { settled: true },
    launcher: launcher({ defaultPipelineRoot: 's3://artifacts/v2' }),
    says: lines(
      'failed',
      `launcher ok: Pipelines write to s3://artifacts/v2/ in us-west-2 (${settings}).`,
      TOKEN,
      ASSUMED,
      'list not ok: It could not list s3://artifacts/v2/, and pipelines list before they download: AccessDenied',
      'write not ok: It could not write s3://artifacts/v2/.kubeflow-irsa-probe/unique-2: AccessDenied',
      'multipart not ok: It could not upload s3://artifacts/v2/.kubeflow-irsa-probe/unique-2-parts in parts, read it back and delete it: AccessDenied',
      ...REFUSED,
    ),
  },
  'the bucket is in another region than the launcher calls': {
    launcher: launcher({ defaultPipelineRoot: ROOT }),
    change: (here) => void (here.bucketRegion = 'eu-central-1'),
    says: lines(
      'failed',
      `launcher ok: Pipelines write to ${ROOT}/ in us-west-2 (${settings}).`,
      TOKEN,
      ASSUMED,
      `region not ok: KFP's launcher would call bucket artifacts in us-west-2, but it is in eu-central-1, and S3 sends its callers there: every run fails. To mend it, set defaultPipelineRoot of kfp-launcher to ${ROOT}?region=eu-central-1.`,
      ...REFUSED,
    ),
    waits: 0,
  },
  'nothing is touched, and the bucket is in another region than the launcher calls': {
    how: { touch: false },
    launcher: launcher({ defaultPipelineRoot: ROOT }),
    change: (here) => void (here.bucketRegion = 'eu-central-1'),
    says: lines(
      'failed',
      `launcher ok: Pipelines write to ${ROOT}/ in us-west-2 (${settings}).`,
      TOKEN,
      ASSUMED,
      `region not ok: KFP's launcher would call bucket artifacts in us-west-2, but it is in eu-central-1, and S3 sends its callers there: every run fails. To mend it, set defaultPipelineRoot of kfp-launcher to ${ROOT}?region=eu-central-1.`,
      ...REFUSED,
    ),
  },
  'the launcher is told the region of a bucket elsewhere': {
    launcher: launcher({ defaultPipelineRoot: `${ROOT}?region=eu-central-1` }),
    change: (here) => void (here.bucketRegion = 'eu-central-1'),
    says: lines(
      'verified',
      `launcher ok: Pipelines write to ${ROOT}/ in eu-central-1 (${settings}).`,
      TOKEN,
      ASSUMED,
      ...below('team-x/v2/', USED),
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'the launcher is told a region, and its version is not known': {
    launcher: launcher({ defaultPipelineRoot: ROOT, providers: fromEnv('eu-central-1') }),
    change: (here) => void (here.bucketRegion = 'eu-central-1'),
    says: lines(
      'verified',
      `launcher note: Pipelines write to ${ROOT}/ in eu-central-1 (${settings}). KFP before 2.17.0 would call us-west-2: where its version may be older, set defaultPipelineRoot of kfp-launcher to ${ROOT}?region=eu-central-1.`,
      TOKEN,
      ASSUMED,
      ...below('team-x/v2/', USED),
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'where the bucket is was read wrong': {
    change: (here) => {
      here.bucketRegion = 'eu-central-1';
    },
    proofs: (all) =>
      all.map((proof) =>
        proof.where === undefined
          ? proof
          : { ...proof, where: { ...proof.where, region: 'us-west-2', bucketRegion: 'us-west-2' } },
      ),
    says: lines(
      'failed',
      TOKEN,
      ASSUMED,
      'region not ok: Bucket artifacts is not in us-west-2, where it was called: S3 sends its callers to another region. Look up where it is.',
      ...REFUSED,
    ),
  },
  'the launcher writes elsewhere': {
    launcher: launcher({}),
    says: lines(
      'verified',
      `launcher note: Pipelines write to minio://mlpipeline/v2/artifacts, which is not in S3. ${ONLY}`,
      ...OWN,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'the launcher writes to another bucket': {
    launcher: launcher({ defaultPipelineRoot: 's3://other/x' }),
    says: lines(
      'verified',
      `launcher note: Pipelines write to s3://other/x/ (${settings}), not to artifacts. ${ONLY}`,
      ...OWN,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'the launcher uses keys': {
    launcher: launcher({
      defaultPipelineRoot: ROOT,
      providers: 's3: {default: {credentials: {secretRef: {secretName: keys}}}}',
    }),
    says: lines(
      'verified',
      `launcher note: Pipelines write to ${ROOT}/ with the keys of Secret keys (${settings}), not with the role. Write fromEnv: true in its credentials. ${ONLY}`,
      ...OWN,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'the launcher was not read': {
    launcher: { state: 'unread', why: 'ConfigMap team-x/kfp-launcher cannot be read: you are not permitted.' },
    says: lines(
      'verified',
      `launcher note: ConfigMap team-x/kfp-launcher cannot be read: you are not permitted. ${ONLY}`,
      ...OWN,
      ...REFUSED,
      ...FOREIGN,
    ),
  },
  'every run fails by the settings of the launcher': {
    launcher: launcher({ defaultPipelineRoot: ROOT, providers: 's3: {default: {}}' }),
    says: lines(
      'failed',
      'launcher not ok: providers of kfp-launcher: every run fails with "missing default credentials". Write credentials: {fromEnv: true} there.',
      ...OWN,
      ...REFUSED,
      ...FOREIGN,
    ),
  },

  // Tokens and the role.
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
    change: trust('team-z'),
    says: lines('failed', TOKEN, `assume-role not ok: It could not assume ${ROLE}: AccessDenied`),
    waits: 23,
  },
  'the role does not let it in, and nothing was changed': {
    how: { settled: true },
    change: trust('team-z'),
    says: lines('failed', TOKEN, `assume-role not ok: It could not assume ${ROLE}: AccessDenied`),
    waits: 12,
  },

  // Who must be refused.
  'the neighbour gets in': {
    change: neighbour(undefined),
    says: lines(
      'failed',
      ...OWN,
      'neighbour-refused not ok: The role let in service account team-x/default too: its trust policy is too wide. Every team of the cluster may use this role. Add a condition on sub.',
      OTHER,
      ...FOREIGN,
    ),
    waits: 23,
  },
  'the neighbour gets in, and nothing was changed': {
    how: { settled: true },
    change: neighbour(undefined),
    says: lines(
      'failed',
      ...OWN,
      'neighbour-refused not ok: The role let in service account team-x/default too: its trust policy is too wide. Every team of the cluster may use this role. Add a condition on sub.',
      OTHER,
      ...FOREIGN,
    ),
    waits: 0,
  },
  'the neighbour gets in for a moment': {
    change: neighbour(undefined, error('InvalidIdentityToken'), error('AccessDeniedException')),
    says: lines('verified', ...OWN, ...REFUSED, ...FOREIGN),
    waits: 2,
  },
  'whether the neighbour is refused cannot be tried': {
    change: neighbour(error('ECONNRESET', 'the connection was broken off')),
    says: lines(
      'failed',
      ...OWN,
      'neighbour-refused not ok: Whether service account team-x/default is refused could not be tried: the connection was broken off',
      OTHER,
      ...FOREIGN,
    ),
    waits: 0,
  },
  'whether the neighbour is refused stays open': {
    change: neighbour(error('InvalidIdentityToken', 'no provider')),
    says: lines(
      'failed',
      ...OWN,
      'neighbour-refused not ok: Whether service account team-x/default is refused could not be tried: no provider',
      OTHER,
      ...FOREIGN,
    ),
    waits: 23,
  },
  'the neighbour has no token': {
    change: (here) => {
      here.accounts.delete('team-x/default');
    },
    says: lines(
      'failed',
      ...OWN,
      'neighbour-refused not ok: Whether service account team-x/default is refused could not be tried: NotFound',
      OTHER,
      ...FOREIGN,
    ),
    waits: 13,
  },
  'another profile gets in': {
    how: { settled: true },
    change: trust('team-x', 'team-y'),
    says: lines(
      'failed',
      ...OWN,
      NEIGHBOUR,
      'other-profile-refused not ok: The role let in service account team-y/default-editor too: that profile uses the data of this one. Take its sub out of the trust policy, or add a condition on sub.',
      ...FOREIGN,
    ),
    waits: 0,
  },
  'whether another profile is refused cannot be tried': {
    change: answering('team-y:default-editor', error('ECONNRESET', 'the connection was broken off')),
    says: lines(
      'failed',
      ...OWN,
      NEIGHBOUR,
      'other-profile-refused not ok: Whether service account team-y/default-editor is refused could not be tried: the connection was broken off',
      ...FOREIGN,
    ),
  },
  'there is no other profile': {
    change: (here) => void here.profiles.delete('team-y'),
    says: lines('verified', ...OWN, NEIGHBOUR, ...ALONE),
  },
  'profiles may not be listed': {
    change: (here) => {
      here.kubernetes.profileNames = () => Promise.resolve(denied('list profiles.kubeflow.org', 'forbidden'));
    },
    says: lines(
      'verified',
      ...OWN,
      NEIGHBOUR,
      `${UNTRIED} you are not permitted to list profiles.kubeflow.org.`,
      ...ALONE.slice(1),
    ),
  },
  'profiles cannot be listed': {
    change: (here) => {
      here.kubernetes.profileNames = () => Promise.resolve(failed('the connection was broken off'));
    },
    says: lines('verified', ...OWN, NEIGHBOUR, `${UNTRIED} the connection was broken off`, ...ALONE.slice(1)),
  },
  'the account of another profile is not there': {
    change: (here) => void here.accounts.delete('team-y/default-editor'),
    says: lines('verified', ...OWN, NEIGHBOUR, ALONE[0] ?? '', ...FOREIGN),
  },
  'a token of another profile is not permitted': {
    change: tokenOfAnother(
      new OutsideError(
        'you are not permitted to create serviceaccounts/token',
        'Forbidden',
        'create serviceaccounts/token',
      ),
    ),
    says: lines(
      'verified',
      ...OWN,
      NEIGHBOUR,
      `${UNTRIED} you are not permitted to create serviceaccounts/token`,
      ...FOREIGN,
    ),
  },
  'a token of another profile does not come': {
    change: tokenOfAnother(error('ECONNRESET')),
    says: lines(
      'failed',
      ...OWN,
      NEIGHBOUR,
      'other-profile-refused not ok: Whether service account team-y/default-editor is refused could not be tried: ECONNRESET',
      ...FOREIGN,
    ),
  },
  'it may use the prefix of another profile': {
    change: policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'bucket'))),
    says: lines(
      'failed',
      ...OWN,
      ...REFUSED,
      'other-prefix-list-refused not ok: It may list s3://artifacts/team-y/, the prefix of profile team-y: its policy is too wide. Add a condition on s3:prefix to s3:ListBucket.',
      'other-prefix-write-refused not ok: It may write below s3://artifacts/team-y/, the prefix of profile team-y: its policy is too wide. Limit its Resource to its own prefix.',
    ),
    // The last is that for what tidies up.
    waits: 47,
  },
  'it may use a place that is named': {
    how: { settled: true },
    change: policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'bucket'))),
    proofs: (all) =>
      all.map((proof) =>
        proof.where !== undefined && 'beside' in proof.where
          ? { ...proof, where: { ...placed(proof.where), prefix: 'shared/' } }
          : proof,
      ),
    says: lines(
      'failed',
      ...OWN,
      ...REFUSED,
      'other-prefix-list-refused not ok: It may list s3://artifacts/shared/, the place of somebody else: its policy is too wide. Add a condition on s3:prefix to s3:ListBucket.',
      'other-prefix-write-refused not ok: It may write below s3://artifacts/shared/, the place of somebody else: its policy is too wide. Limit its Resource to its own prefix.',
    ),
  },
  'what is to be refused names no place': {
    proofs: (all) =>
      all.map(({ where, ...proof }) => (proof.must === 'succeed' ? { ...proof, ...(where && { where }) } : proof)),
    says: lines('verified', ...OWN, ...REFUSED),
  },
  'it may write everywhere, and there is no other profile': {
    how: { settled: true },
    change: both(
      (here) => void here.profiles.delete('team-y'),
      policy(
        policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix')).replace(
          'artifacts/team-x/*',
          'artifacts/*',
        ),
      ),
    ),
    says: lines(
      'failed',
      ...OWN,
      NEIGHBOUR,
      ...ALONE.slice(0, 2),
      'other-prefix-write-refused not ok: It may write below s3://artifacts/.kubeflow-irsa-nobody/, outside its own prefix: its policy is too wide. Limit its Resource to its own prefix.',
    ),
  },
  'it may write below another prefix for a moment': {
    change: (here) => {
      const narrow = policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix')));
      policy(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'bucket')))(here);
      here.onCall = (call) => {
        if (call === 's3:PutObject' && here.objects.has('team-y/.kubeflow-irsa-probe/unique-2')) narrow(here);
        return undefined;
      };
    },
    says: lines('verified', ...OWN, ...REFUSED, ...FOREIGN),
  },
};
/** What asking for a token of team-y's account comes to. */
function tokenOfAnother(answer: OutsideError) {
  return (here: World): void => {
    const real = here.kubernetes.serviceAccountToken.bind(here.kubernetes);
    here.kubernetes.serviceAccountToken = (namespace, ...more) =>
      namespace === 'team-y' ? Promise.reject(answer) : real(namespace, ...more);
  };
}

/** A world with profiles team-x, which is proven, and team-y. */
function worldFor(access: AccessLevel): World {
  const here = worldWithProvider();
  const inline = [
    { name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', 'artifacts', 'team-x', access)) },
  ];
  putProfile(here, 'team-x', { name: 'team-x-dev-role', inline });
  putProfile(here, 'team-y', { name: 'team-y-dev-role' });
  return here;
}
const targetIn = (here: World, access: AccessLevel, where?: Target['launcher']): Target => ({
  profile: 'team-x',
  roleArn: ROLE,
  issuer: ISSUER,
  bucket: 'artifacts',
  bucketRegion: here.bucketRegion,
  access,
  ...(where === undefined ? {} : { launcher: where }),
});

for (const [name, one] of Object.entries(CASES)) {
  test(`proof: ${name}`, async () => {
    const access = one.access ?? 'prefix';
    const here = worldFor(access);
    one.change?.(here);
    const proofs = profileProofs(targetIn(here, access, one.launcher));
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
    assert.equal(here.objects.size + here.uploads.size, one.left ?? 0);
  });
}

/** What is gone when a proof ends: all that it made. Else it is named. */
function leavesNothing(here: World, { proofs }: Verification, what: string): void {
  const left = [...here.objects.keys(), ...here.uploads.keys()];
  const named = proofs.filter(({ ok, text }) => ok === false && text.includes('by hand')).length;
  assert.ok(left.length <= named, `${what}: ${left.join(', ')} is left, and ${named} are named`);
}
/** How many calls a proof makes. */
async function callsOf(access: AccessLevel): Promise<number> {
  const here = worldFor(access);
  await prove(profileProofs(targetIn(here, access)), here.outside(), { touch: true, settled: true });
  return here.calls.length;
}

for (const access of ['prefix', 'read-only'] as const) {
  test(`proof: cancelled at each of its calls, it leaves nothing, ${access}`, async () => {
    const all = await callsOf(access);
    assert.ok(all >= 8, String(all));
    for (let at = 0; at < all; at += 1)
      for (const when of ['before', 'while', 'after'] as const) {
        const here = worldFor(access);
        const stop = new AbortController();
        let calls = 0;
        here.onCall = () => {
          if (calls++ !== at) return undefined;
          if (when === 'before') stop.abort();
          else if (when === 'while') queueMicrotask(() => stop.abort());
          else setImmediate(() => stop.abort());
          return undefined;
        };
        const proofs = profileProofs(targetIn(here, access));
        const result = await prove(proofs, here.outside(stop.signal), { touch: true, settled: true });
        const what = `${when} call ${at}: ${here.calls[at] ?? ''}`;
        if (when === 'before') assert.equal(result.outcome, 'cancelled', what);
        leavesNothing(here, result, what);
        assert.equal(here.objects.size + here.uploads.size, 0, what);
      }
  });

  test(`proof: each of its calls fails, or its answer is lost: what is left is named, ${access}`, async () => {
    const all = await callsOf(access);
    for (let at = 0; at < all; at += 1)
      for (const fault of ['refuse', 'drop'] as const) {
        const here = worldFor(access);
        let calls = 0;
        here.onCall = () => (calls++ === at ? fault : undefined);
        const proofs = profileProofs(targetIn(here, access));
        const result = await prove(proofs, here.outside(), { touch: true, settled: true });
        leavesNothing(here, result, `${fault} call ${at}: ${here.calls[at] ?? ''}`);
      }
  });
}

test('proof: a cancelled call that never ends is named', async () => {
  const here = worldFor('prefix');
  const stop = new AbortController();
  const { aws } = here;
  const objects = aws.objects.bind(aws);
  aws.objects = (...args) => ({
    ...objects(...args),
    put: () => {
      setImmediate(() => stop.abort());
      return new Promise(() => undefined);
    },
  });
  const proofs = profileProofs(targetIn(here, 'bucket'));
  const result = await prove(proofs, here.outside(stop.signal), { touch: true, settled: true });
  assert.equal(result.outcome, 'cancelled');
  assert.ok(
    result.proofs.some(
      ({ id, ok, text }) => id === 'delete' && ok === false && text.includes('may be left over; delete it by hand'),
    ),
    JSON.stringify(result),
  );
});

test('proof: what was stopped is told as that', async () => {
  const here = worldFor('bucket');
  const stop = new AbortController();
  const { aws } = here;
  const objects = aws.objects.bind(aws);
  aws.objects = (...args) => {
    const store = objects(...args);
    return { ...store, get: (key) => store.get(key).then(() => new Promise(() => setImmediate(() => stop.abort()))) };
  };
  const proofs = profileProofs(targetIn(here, 'bucket'));
  const result = await prove(proofs, here.outside(stop.signal), { touch: true, settled: false });
  const probe = PROBE.replace('team-x/', '');
  assert.deepEqual(
    said(result),
    lines(
      'cancelled',
      TOKEN,
      ASSUMED,
      LISTED.replace('team-x/', ''),
      `write ok: It wrote ${probe}.`,
      `delete ok: ${probe} was deleted.`,
      `delete ok: ${probe}-parts was deleted.`,
      ...REFUSED,
    ),
  );
  assert.equal(here.objects.size, 0);
});

test('proof: of a cluster one list is read, whatever its size, and what is proven costs no more than the launcher and the refusals', async () => {
  const here = worldFor('prefix');
  const proofs = profileProofs(targetIn(here, 'prefix'));
  await prove(proofs, here.outside(), { touch: true, settled: true });
  const count = (call: string): number => here.calls.filter((one) => one === call).length;
  const counts = Object.fromEntries([...new Set(here.calls)].sort().map((call) => [call, count(call)]));
  assert.deepEqual(counts, {
    'create serviceaccounts/token': 3,
    'list profiles': 1,
    's3:CompleteMultipartUpload': 1,
    's3:CreateMultipartUpload': 1,
    's3:DeleteObject': 2,
    's3:GetObject': 2,
    's3:ListBucket': 2,
    's3:PutObject': 2,
    's3:UploadPart': 1,
    'sts:AssumeRoleWithWebIdentity': 3,
  });
});

test('proof: two who are let in are tried each by itself, and only what was written is called verified', async () => {
  const here = worldFor('prefix');
  const [own, ...refused] = profileProofs(targetIn(here, 'prefix'));
  assert.ok(own);
  const trust = trustFor('team-x').replace(
    '"system:serviceaccount:team-x:default-editor"',
    '["system:serviceaccount:team-x:default-editor", "system:serviceaccount:team-x:runner"]',
  );
  const role = here.roles.get('team-x-dev-role');
  assert.ok(role);
  here.roles.set(role.name, { ...role, trustPolicy: trust });
  here.accounts.set('team-x/runner', { namespace: 'team-x', name: 'runner', annotations: {} });
  const runner: Proof = {
    ...own,
    title: 'runner',
    who: { namespace: 'team-x', name: 'runner', issuer: ISSUER },
    does: ['list'],
  };
  const result = await prove([own, runner, ...refused], here.outside(), { touch: true, settled: true });
  assert.equal(result.outcome, 'verified', JSON.stringify(result.proofs));
  assert.deepEqual(
    result.proofs.flatMap(({ id, ok }) => (id === 'token' ? [ok] : [])),
    [true, true],
  );
  // A key is there where something is left, and only there.
  assert.deepEqual(
    result.proofs.filter((one) => 'left' in one),
    [],
  );
});

test('proof: where one of two who are let in touched nothing, it is called checked', async () => {
  const here = worldFor('read-only');
  both(READ_ONLY, failing('s3:PutObject'))(here);
  const role = here.roles.get('team-x-dev-role');
  assert.ok(role);
  const trustPolicy = trustFor('team-x').replace('"system:serviceaccount:team-x:default-editor"', (one) =>
    JSON.stringify([JSON.parse(one), 'system:serviceaccount:team-x:runner']),
  );
  here.roles.set(role.name, { ...role, trustPolicy });
  here.accounts.set('team-x/runner', { namespace: 'team-x', name: 'runner', annotations: {} });
  const [own, ...refused] = profileProofs(targetIn(here, 'read-only'));
  assert.ok(own);
  const { title, role: arn, must } = own;
  const runner: Proof = {
    title,
    who: { namespace: 'team-x', name: 'runner', issuer: ISSUER },
    role: arn,
    does: [],
    must,
  };
  const result = await prove([own, runner, ...refused], here.outside(), { touch: true, settled: true });
  assert.equal(result.outcome, 'checked', JSON.stringify(result.proofs));
});

test('proof: all places of a bucket are reached by one connection, and nothing is waited for once it is over', async () => {
  const here = worldFor('prefix');
  failing('s3:PutObject', 1, 'drop')(here);
  const objects = here.aws.objects.bind(here.aws);
  let connections = 0;
  here.aws.objects = (bucket, region, credentials, endpoint) => {
    if (credentials !== undefined) connections += 1;
    return objects(bucket, region, credentials, endpoint);
  };
  const waits: AbortSignal[] = [];
  const sleep = (_: number, signal?: AbortSignal): Promise<void> => {
    if (signal !== undefined) waits.push(signal);
    return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
  };
  const proofs = profileProofs(targetIn(here, 'prefix'));
  await prove(proofs, { ...here.outside(), sleep }, { touch: true, settled: true });
  assert.equal(connections, 1);
  assert.deepEqual(
    waits.map(({ aborted }) => aborted),
    [true],
  );
});

test('of which proofs objects may be left: of those that make some where they must', async () => {
  const [own, neighbour, , foreign] = profileProofs(targetIn(worldFor('prefix'), 'prefix'));
  assert.ok(own && neighbour && foreign);
  const { where: place, ...nowhere } = own;
  const taken = async (proof: Proof): Promise<number> => {
    const here = worldFor('prefix');
    await takeAwayProbes([proof], here.outside(), 'run-1');
    return here.calls.filter((call) => call === 's3:DeleteObject').length;
  };
  const does = (...deeds: Proof['does']): Proof => ({ ...own, does: deeds });
  assert.deepEqual(
    await Promise.all(
      [own, does('list', 'write'), does('write in parts'), does('read'), does('list'), does()].map(taken),
    ),
    [2, 2, 2, 2, 0, 0],
  );
  assert.deepEqual(
    await Promise.all([nowhere, neighbour, foreign, { ...foreign, ...(place && { where: place }) }].map(taken)),
    [0, 0, 0, 0],
    'nor of those that are to be refused',
  );
});

test('proof: a mistake of our own at the token of another profile is thrown, not told as a refusal', async () => {
  const here = worldFor('prefix');
  const proofs = profileProofs(targetIn(here, 'prefix'));
  const outside = here.outside();
  const kubernetes = {
    ...here.kubernetes,
    serviceAccountToken: (namespace: string, ...more: never[]) =>
      namespace === 'team-y'
        ? Promise.reject(new TypeError('a mistake'))
        : (here.kubernetes.serviceAccountToken as (...all: unknown[]) => Promise<never>)(namespace, ...more),
  };
  await assert.rejects(prove(proofs, { ...outside, kubernetes }, { touch: true, settled: true }), TypeError);
});
