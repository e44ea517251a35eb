// The bucket of a plan, by what is wanted, how the bucket and its encryption were read, and what its key is: what is told beside what is
// told as a rule. Kept in test/fixtures/told/plans.
import { test } from 'node:test';
import { factsOf, NOT_READ } from '../../src/core/facts.ts';
import { refText, type Ref } from '../../src/core/kinds.ts';
import type { Bucket, BucketSettings, Encryption, KmsKey } from '../../src/core/observation.ts';
import { bucketPart, encryptionRef, keyRef, keyToRead } from '../../src/core/plan/bucket.ts';
import { bucketRef } from '../../src/core/plan/plan.ts';
import { policyText, tlsOnly } from '../../src/core/policy/build.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { TAG } from '../../src/core/tags.ts';
import { asKept, besides } from './told.ts';
import { ACCOUNT, arnOf, cluster, requestFor } from './world.ts';

const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/0`;
const THEIRS = KEY.replace(ACCOUNT, '444455556666');
const NO = denied('a:Permission', 'No.');
const CUT = failed('it broke off');
const open: BucketSettings = {
  ...{ publicAccessBlocked: true, ownership: 'BucketOwnerEnforced', encryption: { algorithm: 'AES256' } },
  ...{ tags: { team: 'x' }, empty: false },
};
const settings: BucketSettings = { ...open, policy: policyText(tlsOnly('aws', 'artifacts')) };
const has = (change: Partial<Bucket> = {}): Reading<Bucket> =>
  found({ name: 'artifacts', region: 'us-west-2', accessible: true, ...change });
const set = (change: Partial<BucketSettings>): Reading<Bucket> => has({ settings: { ...settings, ...change } });
const BUCKETS: Readonly<Record<string, Reading<Bucket>>> = {
  'is there': has(),
  'is not there': absent,
  'may not be read': NO,
  'is not answered': CUT,
  'of another account': has({ foreign: true }),
  'of another account, and closed': has({ foreign: true, accessible: false }),
  'that is closed': has({ accessible: false }),
  'in another region': has({ region: 'eu-west-1' }),
  'in a region that is not known': has({ region: 'xx-new-1' }),
  'in another partition': has({ region: 'cn-north-1' }),
  'with all settings': set({}),
  'without its settings': has({ settings: { ...open, publicAccessBlocked: false, ownership: 'ObjectWriter' } }),
  'without TLS alone': has({ settings: open }),
  'that is half made': has({ settings: { publicAccessBlocked: false, tags: {}, empty: true } }),
  'that is half made elsewhere': has({
    region: 'eu-west-1',
    settings: { publicAccessBlocked: false, tags: {}, empty: true },
  }),
  'of us': set({ tags: { [TAG.maker]: 'kubeflow-irsa' } }),
  'whose settings name a key': set({ encryption: { algorithm: 'aws:kms', key: KEY } }),
  'of us, with a key': set({ tags: { [TAG.maker]: 'x' }, encryption: { algorithm: 'aws:kms', key: KEY } }),
};
const by = (key?: string): Reading<Encryption> =>
  found({ algorithm: 'aws:kms', ...(key === undefined ? {} : { key }) });
const key = (change: Partial<KmsKey> = {}): Reading<KmsKey> => {
  const text = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }] });
  return found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, policy: text, ...change });
};
type Around = readonly [encryption?: Reading<Encryption>, key?: Reading<KmsKey>];
const AROUND: Readonly<Record<string, Around>> = {
  'not read': [],
  'not asked for': [failed('not asked', NOT_READ)],
  'none is set': [absent],
  'may not be read': [NO],
  'is not answered': [CUT],
  "S3's own keys": [found({ algorithm: 'AES256' })],
  'the key of AWS': [by()],
  'the key of AWS by its name': [by('alias/aws/s3')],
  'a key': [by(KEY), key()],
  'a key by its id': [by('0'), key()],
  'an alias': [by('alias/data'), key()],
  'an alias of no key': [by('alias/data'), absent],
  'an alias that may not be read': [by('alias/data'), NO],
  'a key that may not be read': [by(KEY), NO],
  'a key that is not answered': [by(KEY), CUT],
  'a key of another region': [by(KEY.replace('us-west-2', 'eu-central-1')), key()],
  'a key of another account': [by(THEIRS), key({ arn: THEIRS })],
  'a key that is disabled': [by(KEY), key({ state: 'Disabled' })],
  'a key that goes': [by(KEY), key({ state: 'PendingDeletion', deletion: '2027-01-02T03:04:05Z' })],
  'a replica that goes': [by(KEY), key({ state: 'PendingReplicaDeletion' })],
  'a key without material': [by(KEY), key({ state: 'PendingImport' })],
  'a key that is made': [by(KEY), key({ state: 'Creating' })],
  'a key of the wrong sort': [by(KEY), key({ symmetric: false })],
  'a key that AWS manages': [by(KEY), key({ managedByAws: true })],
  'a key for nobody': [by(KEY), key({ policy: '{"Statement":[]}' })],
};
const WISHES: Readonly<Record<string, Partial<Request>>> = {
  'the bucket': {},
  'to read': { access: 'read-only' },
  'a new one': { createBucket: true },
  'a new one with a key': { createBucket: true, bucketKey: KEY },
  'a new one with an alias': { createBucket: true, bucketKey: 'alias/data' },
  'a new one with the key of AWS': { createBucket: true, bucketKey: 'alias/aws/s3' },
  'a key, and no new one': { bucketKey: 'alias/other' },
  'a new one elsewhere': { createBucket: true, region: 'eu-west-1' },
  'a new one with dots': { createBucket: true, bucket: 'a.b' },
};

function says(
  more: Partial<Request>,
  bucket: Reading<Bucket>,
  [encryption, its]: Around,
  { role, where = found(cluster) }: { readonly role?: string; readonly where?: Reading<typeof cluster> } = {},
): readonly string[] {
  const wish = requestFor('team-x', more);
  const things = new Map<string, Reading<unknown>>();
  const put = (ref: Ref, reading: Reading<unknown>): void => void things.set(refText(ref), reading);
  put(bucketRef(wish.bucket), bucket);
  if (encryption !== undefined) put(encryptionRef(wish.bucket), encryption);
  const names = ['0', KEY, THEIRS, 'alias/data', 'alias/other', 'alias/aws/s3'];
  for (const name of names)
    for (const region of ['us-west-2', 'eu-west-1']) if (its !== undefined) put(keyRef(name, region), its);
  const facts = factsOf({ cluster: where, things });
  const { needs, changes, warnings, reads, region, key: arn, keyUnknown } = bucketPart(wish, facts, role);
  const short = (text: string): string => text.replaceAll(/(?<=The statement: )\{.*\}/g, '…').replaceAll(KEY, 'KEY');
  return [
    ...needs.map(
      ({ id, title, holds, reason, consent }) =>
        `${holds ? 'holds' : 'blocked'} (${id}) ${title}: ${short(reason ?? '')}${consent === undefined ? '' : ` [${consent}]`}`,
    ),
    ...changes.map(({ before, after, what }) => {
      const { encryption: wanted } = (after as Bucket).settings ?? {};
      return `${before === undefined ? 'made' : 'finished'} ${what ?? ''}: ${wanted?.algorithm ?? ''} ${short(wanted?.key ?? '')}`;
    }),
    ...warnings.map((warning) => `! ${short(warning)}`),
    `in ${region}; key ${short(arn ?? 'none')}${keyUnknown === true ? ', not known' : ''}; looks at ${short(keyToRead(wish, facts) ?? 'no key')}`,
    `reads ${reads.join(' ')}`,
  ];
}

test('a bucket by what is wanted, how it was read, and how it is encrypted', () => {
  const lines: string[] = [];
  const role = arnOf('team-x-dev-role');
  for (const [wanted, wish] of Object.entries(WISHES)) {
    const rule = says(wish, has(), [absent], { role });
    lines.push(`# ${wanted}`, ...rule);
    const tell = (title: string, bucket: Reading<Bucket>, around: Around): void => {
      const told = besides(says(wish, bucket, around, { role }), rule);
      if (told.length > 0) lines.push(`## ${title}`, ...told);
    };
    for (const [which, bucket] of Object.entries(BUCKETS)) tell(`bucket: ${which}`, bucket, [absent]);
    for (const [how, around] of Object.entries(AROUND)) {
      if (wish.createBucket !== true) tell(`encryption: ${how}`, has(), around);
      else if (wish.bucketKey !== undefined) tell(`encryption of a new one: ${how}`, absent, around);
    }
  }
  asKept('plans/buckets', lines);
});

test('a bucket where the role is not chosen yet, or the cluster was not read', () => {
  const lines: string[] = [];
  const role = arnOf('team-x-dev-role');
  for (const wanted of ['the bucket', 'a new one with a key'] as const) {
    const wish = WISHES[wanted] ?? {};
    lines.push(`# ${wanted}`);
    const tell = (title: string, bucket: Reading<Bucket>, around: Around): void => {
      const rule = says(wish, bucket, around, { role });
      for (const [why, more] of [
        ['no role', {}],
        ['no cluster', { role, where: NO }],
      ] as const) {
        const told = besides(says(wish, bucket, around, more), rule);
        if (told.length > 0) lines.push(`## ${title}, ${why}`, ...told);
      }
    };
    for (const [which, bucket] of Object.entries(BUCKETS)) tell(`bucket: ${which}`, bucket, []);
    for (const [how, around] of Object.entries(AROUND)) tell(`encryption: ${how}`, has(), around);
  }
  asKept('plans/buckets-early', lines);
});
