/** What a profile uses of AWS beside its role, and what a repair does about the role: asked of what was read of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keeps } from '../../src/core/modes/keeps.ts';
import {
  AUD,
  BUCKET,
  editor,
  grant,
  ISSUER,
  listed,
  policy,
  right,
  ROLE,
  role,
  SUB,
  trust,
  web,
} from '../../src/core/modes/samples.ts';
import { liveTrust } from '../../src/core/modes/trust/live.ts';
import { bucketsOf, pipelinesPlace } from '../../src/core/modes/uses.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';

type Change = Partial<ProfileView>;
const launcher = (root: string, standard?: string): Change => ({
  launcher: found({
    namespace: 'team-a',
    name: 'kfp-launcher',
    data: {
      defaultPipelineRoot: root,
      ...(standard === undefined ? {} : { providers: `s3: { default: { ${standard} } }` }),
    },
  }),
});
const release = (version: string): Change => ({
  pipelines: found({ namespace: 'kubeflow', name: 'ml-pipeline', image: `x:${version}` }),
});
const mayWrite = (...resources: readonly string[]): Change => ({
  role: found(role({ inline: [{ name: 's3', text: policy(grant({ Resource: resources })) }] })),
});
const ENV = 'credentials: { fromEnv: true }';

describe('buckets of a profile', () => {
  const rows: Readonly<Record<string, readonly [change: Change, buckets: readonly string[]]>> = {
    'where pipelines write and where the role may': [launcher('s3://runs/v2'), ['runs', 'team-a-data']],
    'both the same': [{}, ['team-a-data']],
    'by the keys of a Secret': [
      launcher('s3://runs/v2', 'credentials: { secretRef: { secretName: x } }'),
      ['team-a-data'],
    ],
    'an endpoint of AWS': [
      launcher('s3://runs/v2', `endpoint: s3.us-west-2.amazonaws.com, ${ENV}`),
      ['runs', 'team-a-data'],
    ],
    'a store of its own': [launcher('s3://runs/v2', `endpoint: minio:9000, ${ENV}`), ['team-a-data']],
    'a store of its own, which the release passes over': [
      { ...launcher('s3://runs/v2', `endpoint: minio:9000, ${ENV}`), ...release('2.16.0') },
      ['runs', 'team-a-data'],
    ],
    'no S3': [launcher('minio://mlpipeline/v2'), ['team-a-data']],
    'a name that no bucket has': [launcher('s3://a/v2'), ['team-a-data']],
    'a name of former days': [launcher('s3://A_B/v2'), ['A_B', 'team-a-data']],
    'any bucket of a name': [mayWrite(`${BUCKET}-*/*`, `${BUCKET}/*`), ['team-a-data']],
    'where a condition decides': [
      {
        role: found(
          role({
            inline: [
              { name: 's3', text: policy(grant({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })) },
            ],
          }),
        ),
        ...launcher('gs://runs'),
      },
      [],
    ],
    'no role': [{ role: absent }, ['team-a-data']],
    'six of them': [
      {
        ...launcher('gs://runs'),
        ...mayWrite(...['a1', 'b1', 'c1', 'd1', 'e1', 'f1'].map((one) => `${BUCKET}-${one}/*`)),
      },
      ['a1', 'b1', 'c1', 'd1', 'e1'].map((one) => `team-a-data-${one}`),
    ],
  };
  for (const [what, [change, buckets]] of Object.entries(rows))
    test(what, () => assert.deepEqual(bucketsOf(right(change)), buckets));
});

test('the region where pipelines write is told by the release', () => {
  const there = launcher('s3://runs/v2', `region: eu-west-1, ${ENV}`);
  const regionOf = (change: Change): unknown => {
    const place = pipelinesPlace(right({ ...there, ...change }));
    return place?.state === 's3' ? [place.region, place.older?.region] : place?.state;
  };
  assert.deepEqual(regionOf(release('2.16.0')), ['us-west-2', undefined]);
  assert.deepEqual(regionOf(release('2.17.0')), ['eu-west-1', undefined]);
  assert.deepEqual(regionOf({}), ['eu-west-1', 'us-west-2']);
  assert.equal(regionOf({ launcher: absent }), undefined);
  assert.equal(regionOf({ launcher: absent, ...release('2.16.0') }), 'elsewhere');
  assert.equal(regionOf({ launcher: denied('get configmaps', ''), ...release('2.16.0') }), undefined);
});

const OURS = {
  'kubeflow-irsa/made-by': 'kubeflow-irsa',
  'kubeflow-irsa/profile': 'team-a',
  'kubeflow-irsa/cluster': right().cluster.arn,
};
const elsewhere = ROLE.replace('role/', 'role/teams/');
const statement = (sub: unknown): object =>
  web({ Condition: { StringEquals: { [`${ISSUER}:aud`]: AUD, [`${ISSUER}:sub`]: sub } } });
const many = (count: number, name: (at: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, at) => name(at));
/** So much that it is told (KP-023), all of it for team-a. */
const OF_OTHER_ACCOUNTS = policy(web(), statement(many(60, (at) => `system:serviceaccount:team-a:trainer-${at}`)));
/** The same of what lets in nobody. */
const OF_NOBODY = policy(web(), ...many(8, (at) => `system:serviceaccount:team-a:Default-Editor-${at}`).map(statement));
const { issuer: _, ...withoutIssuer } = right().cluster;
void _;

describe('what a repair does about the role', () => {
  const rows: Readonly<
    Record<string, readonly [change: Change, kept: 'left' | 'kept' | 'as it is' | 'new' | undefined]>
  > = {
    'a role that is right': [{}, 'as it is'],
    'one that lets in tokens of another audience': [
      {
        role: found(
          role({
            trustPolicy: trust({ Condition: { StringEquals: { [`${ISSUER}:aud`]: 'x', [`${ISSUER}:sub`]: SUB } } }),
          }),
        ),
      },
      'kept',
    ],
    'one that is not there': [{ role: absent }, 'new'],
    'one that may not be read': [{ role: denied('iam:GetRole', '') }, undefined],
    'one that could not be read': [{ role: failed('x') }, undefined],
    'one that was not read yet': [{ role: undefined }, undefined],
    'one that may not be read, and is named at another path': [
      { role: denied('iam:GetRole', ''), serviceAccount: editor({ 'eks.amazonaws.com/role-arn': elsewhere }) },
      undefined,
    ],
    'one at another path': [{ role: found(role({ arn: elsewhere })) }, 'left'],
    'one that the annotation alone names': [{ profile: listed({ plugins: [] }) }, 'as it is'],
    'one that the plugin does not name': [
      {
        serviceAccount: editor({ 'eks.amazonaws.com/role-arn': `${ROLE}-b` }),
        role: found(role({ arn: `${ROLE}-b`, name: 'team-a-b' })),
      },
      'left',
    ],
    'one for others': [
      { role: found(role({ trustPolicy: policy(web(), statement('system:serviceaccount:team-b:default-editor')) })) },
      'left',
    ],
    'no role at all': [{ role: absent, profile: listed({ plugins: [] }), serviceAccount: editor({}) }, 'left'],
    'no issuer': [{ cluster: withoutIssuer }, undefined],
  };
  for (const [what, [change, kept]] of Object.entries(rows))
    test(what, () => {
      const view = right(change);
      const its = keeps(view);
      const policyBefore = view.role?.state === 'found' ? view.role.value.trustPolicy : undefined;
      const said =
        its === undefined || its === 'left'
          ? its
          : its.trust === undefined
            ? 'new'
            : its.trust.policy === policyBefore
              ? 'as it is'
              : 'kept';
      assert.equal(said, kept);
    });
});

describe('KP-023: a long trust policy is repaired where that makes it short, or leaves the role to others', () => {
  const rows: Readonly<
    Record<string, readonly [trustPolicy: string, tags: Readonly<Record<string, string>>, unknown]>
  > = {
    'what stays': [OF_OTHER_ACCOUNTS, OURS, undefined],
    'what goes': [OF_NOBODY, OURS, 'repair'],
    'a role of others': [
      policy(web(), ...many(8, (at) => `system:serviceaccount:team-${at}:default-editor`).map(statement)),
      {},
      'repair',
    ],
  };
  for (const [what, [trustPolicy, tags, remedy]] of Object.entries(rows))
    test(what, () => {
      const seen = liveTrust(right({ role: found(role({ trustPolicy, tags })) })).filter(({ id }) => id === 'KP-023');
      assert.deepEqual(
        seen.map((one) => one.remedy),
        [remedy],
      );
    });
});
