/** Where artifacts go, as part of a plan: what is set by which release, what stays, what stops, and that a run does it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConfigMap } from '../../src/core/observation.ts';
import { blockers, changeOf, permissionsOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { launcherPlace } from '../../src/core/profile/launcher.ts';
import {
  amendRepositories,
  madeByPipelines,
  newRepositories,
  pipelinesVersion,
  providersFor,
} from '../../src/core/profile/pipelines.ts';
import type { Request } from '../../src/core/request.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { requestFor, worldWithProvider, type World } from './world.ts';

const WISH = requestFor('team-x');
const ROOT = 's3://artifacts/team-x/v2/artifacts';
const KEY = 'team-x/kfp-launcher';

const planIn = async (here: World, wish: Request = WISH): Promise<Plan> =>
  planProfile(wish, (await lookAt(wish, here.aws, here.connect)).facts);

/** A world with Kubeflow Pipelines of a release, in which the profile was made without a word about artifacts. */
async function madeBefore(release: string | undefined, data?: ConfigMap['data']): Promise<World> {
  const here = worldWithProvider();
  here.pipelines = release;
  const result = await carryOut(await planIn(here, { ...WISH, leaveArtifacts: true }), here.outside());
  assert.ok(result.ok, JSON.stringify(result.rows));
  if (data !== undefined)
    here.configMaps.set(KEY, { namespace: 'team-x', name: 'kfp-launcher', resourceVersion: '1', data });
  return here;
}
const mapsOf = (plan: Plan): readonly (readonly [string, string])[] =>
  rows(plan).flatMap(({ id, kind, title }) => (id === 'config-map' ? [[kind, title]] : []));

describe('a new profile', () => {
  test('its settings are changed as soon as the pipelines profile controller has made them', async () => {
    const here = worldWithProvider();
    here.pipelines = '2.16.0';
    const plan = await planIn(here);
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
    assert.deepEqual(mapsOf(plan), [
      ['create', 'ConfigMap team-x/kfp-launcher, where artifacts go'],
      ['create', 'ConfigMap team-x/artifact-repositories, where logs and artifacts of version 1 go'],
    ]);
    const result = await carryOut(plan, here.outside());
    assert.ok(result.ok, JSON.stringify(result.rows));
    assert.deepEqual(here.configMaps.get(KEY)?.data, { clusterDomain: 'cluster.local', defaultPipelineRoot: ROOT });
    const repository = JSON.parse(
      here.configMaps.get('team-x/artifact-repositories')?.data['default-namespaced'] ?? '',
    ) as {
      s3: Record<string, unknown>;
    };
    assert.deepEqual([repository.s3['bucket'], repository.s3['accessKeySecret']], ['artifacts', undefined]);
    assert.equal(here.calls.filter((call) => call === 'watch configmaps').length, 2);
    const again = await planIn(here);
    assert.deepEqual(
      mapsOf(again).map(([kind]) => kind),
      ['keep', 'keep'],
    );
    const before = here.writes().length;
    assert.ok((await carryOut(again, here.outside())).ok);
    assert.equal(here.writes().length, before, 'a second run writes nothing');
  });

  test('what nobody makes is made here', async () => {
    const here = worldWithProvider();
    here.pipelines = '2.5.0';
    const result = await carryOut(await planIn(here), here.outside());
    assert.ok(result.ok, JSON.stringify(result.rows));
    assert.deepEqual(here.configMaps.get(KEY)?.data, { defaultPipelineRoot: ROOT });
    assert.equal(here.configMaps.get('team-x/artifact-repositories'), undefined);
    assert.equal(here.calls.includes('watch configmaps'), false, 'nobody is waited for');
  });

  test('what somebody put there meanwhile is not overwritten', async () => {
    const here = worldWithProvider();
    here.pipelines = '2.5.0';
    const plan = await planIn(here);
    here.onCall = (call) => {
      if (call === 'create configmaps' && !here.configMaps.has(KEY))
        here.configMaps.set(KEY, {
          namespace: 'team-x',
          name: 'kfp-launcher',
          data: { defaultPipelineRoot: 's3://theirs' },
        });
      return undefined;
    };
    const result = await carryOut(plan, here.outside());
    assert.ok(!result.ok);
    assert.match(
      result.rows.find(({ state }) => state === 'failed')?.reason ?? '',
      /changed since the plan was made; nothing/,
    );
    assert.equal(here.configMaps.get(KEY)?.data['defaultPipelineRoot'], 's3://theirs');
  });

  for (const release of ['2.16.0', 'latest'])
    test(`KFP ${release} makes its settings at the very moment of ours: they are changed all the same`, async () => {
      const here = worldWithProvider();
      here.pipelines = release;
      const plan = await planIn(here);
      let late: ConfigMap | undefined;
      here.onCall = (call) => {
        // Nothing is there until the call that makes it, which comes second.
        if (call === 'watch configmaps' && late === undefined) {
          late = here.configMaps.get(KEY) ?? {
            namespace: 'team-x',
            name: 'kfp-launcher',
            resourceVersion: '7',
            data: { clusterDomain: 'cluster.local', defaultPipelineRoot: 'minio://mlpipeline/x' },
          };
          here.configMaps.delete(KEY);
        }
        if (call === 'create configmaps' && late !== undefined) here.configMaps.set(KEY, late);
        return undefined;
      };
      const result = await carryOut(plan, here.outside());
      assert.ok(result.ok, JSON.stringify(result.rows));
      assert.deepEqual(here.configMaps.get(KEY)?.data, { clusterDomain: 'cluster.local', defaultPipelineRoot: ROOT });
    });

  test('its settings that change at each of our calls are left alone after the second', async () => {
    const here = worldWithProvider();
    here.pipelines = '2.16.0';
    const plan = await planIn(here);
    let tries = 0;
    here.kubernetes.patchConfigMap = () => {
      if (++tries > 5) throw new TypeError('again and again');
      return Promise.reject(new OutsideError('no', 'Conflict'));
    };
    const result = await carryOut(plan, here.outside());
    assert.match(
      result.rows.find(({ state }) => state === 'failed')?.reason ?? '',
      /kfp-launcher.* changed since the plan was made; nothing was overwritten/,
    );
    assert.equal(tries, 2);
  });

  test('the pipelines profile controller is waited for: less long where it is not known whether it makes them', async () => {
    const waits = async (release: string): Promise<number | undefined> => {
      const here = worldWithProvider();
      here.pipelines = release;
      return changeOf(await planIn(here), 'k8s/config-map')?.first?.within;
    };
    assert.deepEqual([await waits('2.16.0'), await waits('latest'), await waits('2.5.0')], [20_000, 5_000, undefined]);
  });

  test('without Kubeflow Pipelines nothing is set, and that is said', async () => {
    const plan = await planIn(worldWithProvider());
    assert.deepEqual(mapsOf(plan), []);
    assert.match(plan.warnings.join(), /Kubeflow Pipelines was not found/);
  });

  for (const [name, other] of [
    ['on request', { leaveArtifacts: true }],
    ['with a role that writes nothing', { access: 'read-only' }],
  ] as const)
    test(`left alone: ${name}`, async () => {
      const here = worldWithProvider();
      here.pipelines = '2.16.0';
      const plan = await planIn(here, { ...WISH, ...other });
      assert.deepEqual(mapsOf(plan), []);
      assert.ok(!JSON.stringify(plan.changes).includes('config-map'));
    });
});

describe('a profile that is there', () => {
  /** Release, region of the bucket and data → the data that is set; undefined: it is kept. */
  const rowsOf: readonly [string, string | undefined, ConfigMap['data'], ConfigMap['data'] | undefined, RegExp?][] = [
    [
      'as KFP makes it',
      '2.16.0',
      { defaultPipelineRoot: 'minio://mlpipeline/private-artifacts/team-x/v2/artifacts', clusterDomain: 'c' },
      { defaultPipelineRoot: ROOT, clusterDomain: 'c' },
    ],
    ['right already', '2.16.0', { defaultPipelineRoot: 's3://artifacts/team-x/mine' }, undefined],
    [
      'right in the words of providers',
      '2.17.0',
      { defaultPipelineRoot: ROOT, providers: 's3: {default: {region: us-west-2, credentials: {fromEnv: true}}}' },
      undefined,
    ],
    [
      "below another profile's prefix",
      '2.16.0',
      { defaultPipelineRoot: 's3://artifacts/team-y/v2' },
      { defaultPipelineRoot: ROOT },
      /Pipelines write to s3:\/\/artifacts\/team-y\/v2\/ \(us-west-2\) today, and to .* from then on\. What they wrote stays/,
    ],
    [
      'another bucket, with keys for it: these stay, and a query makes KFP leave them alone',
      '2.17.0',
      {
        defaultPipelineRoot: 's3://old/x',
        providers: 's3:\n  default: # ours\n    credentials:\n      secretRef: {secretName: keys}\n',
      },
      {
        defaultPipelineRoot: `${ROOT}?region=us-west-2`,
        providers: 's3:\n  default: # ours\n    credentials:\n      secretRef: {secretName: keys}\n',
      },
      /Pipelines write to s3:\/\/old\/x\//,
    ],
    [
      'providers that every run fails with, though they can be read',
      '2.17.0',
      { defaultPipelineRoot: ROOT, providers: 's3: {default: {region: us-west-2}}' },
      { defaultPipelineRoot: `${ROOT}?region=us-west-2`, providers: 's3: {default: {region: us-west-2}}' },
      /Pipelines write nowhere \(.*missing default credentials/,
    ],
  ];
  for (const [name, release, data, after, warning] of rowsOf)
    test(name, async () => {
      const here = await madeBefore(release, data);
      const plan = await planIn(here);
      assert.deepEqual(blockers(plan), []);
      const [kind] = mapsOf(plan)[0] ?? [];
      assert.equal(kind, after === undefined ? 'keep' : 'change');
      if (warning !== undefined) assert.match(plan.warnings.join('\n'), warning);
      else assert.doesNotMatch(plan.warnings.join('\n'), /from then on/);
      const journal = memoryJournal();
      const result = await carryOut(plan, here.outside(), { journal });
      assert.ok(result.ok, JSON.stringify(result.rows));
      assert.deepEqual(here.configMaps.get(KEY)?.data, after ?? data);
      const place = launcherPlace(here.configMaps.get(KEY)?.data, { region: 'us-west-2', version: release ?? '' });
      assert.ok(place.state === 's3' && place.bucket === 'artifacts' && place.prefix.startsWith('team-x/'));
      assert.ok((await undo(journal.entries(), here.outside())).ok);
      assert.deepEqual(here.configMaps.get(KEY)?.data, data, 'undo brings back what was there');
    });

  const REGIONS: readonly [release: string | undefined, region: 'providers' | 'query'][] = [
    ['2.17.0', 'providers'],
    ['2.18.3', 'providers'],
    ['2.16.1', 'query'],
    ['2.5.0', 'query'],
    ['latest', 'query'],
  ];
  for (const [release, how] of REGIONS)
    test(`a bucket in another region, KFP ${release ?? '?'}: by ${how}`, async () => {
      const here = await madeBefore(release, { defaultPipelineRoot: 'minio://mlpipeline/v2/artifacts' });
      const elsewhere = {
        ...here.aws,
        bucket: async () =>
          ({ state: 'found', value: { name: 'artifacts', region: 'eu-central-1', accessible: true } }) as const,
      };
      const plan = planProfile(WISH, (await lookAt(WISH, elsewhere, here.connect)).facts);
      const data = changeOf(plan, 'k8s/config-map')?.after?.data ?? {};
      assert.deepEqual(
        data,
        how === 'query'
          ? { defaultPipelineRoot: `${ROOT}?region=eu-central-1` }
          : {
              defaultPipelineRoot: ROOT,
              providers: providersFor({ prefix: 'team-x/', bucket: 'artifacts', region: 'eu-central-1' }),
            },
      );
      const place = launcherPlace(data, {
        region: 'us-west-2',
        ...(release === undefined ? {} : { version: release }),
      });
      assert.ok(place.state === 's3' && place.region === 'eu-central-1' && place.older === undefined);
      assert.equal(/KP-057/.test(plan.warnings.join()), release === '2.16.1' || release === '2.5.0');
    });

  test('KFP 2.15.0 is warned of, with the way out', async () => {
    const plan = await planIn(await madeBefore('2.15.0'));
    assert.match(plan.warnings.join(), /2\.15\.0 does not start without static keys \(KP-059\)\. Upgrade it to 2\.16/);
  });

  const BAD: readonly [string, ConfigMap['data'], RegExp][] = [
    [
      'providers that are no YAML',
      { providers: 's3: [' },
      /kfp-launcher cannot be changed safely: .*no YAML.*leave artifacts/,
    ],
    [
      'providers of a wrong type',
      { providers: 's3: {default: {credentials: {fromEnv: "true"}}}' },
      /fromEnv.*true or false/,
    ],
  ];
  for (const [name, data, reason] of BAD)
    test(`stopped before any write, with one way around: ${name}`, async () => {
      const here = await madeBefore('2.16.0', data);
      const [stopped, ...others] = blockers(await planIn(here));
      assert.match(stopped?.reason ?? '', reason);
      assert.equal(stopped?.consent, 'leaveArtifacts');
      assert.deepEqual(others, []);
      assert.deepEqual(blockers(await planIn(here, { ...WISH, leaveArtifacts: true })), []);
    });

  test('a repository of another store is not ours', async () => {
    const here = await madeBefore('2.16.0', { defaultPipelineRoot: ROOT });
    here.configMaps.set('team-x/artifact-repositories', {
      namespace: 'team-x',
      name: 'artifact-repositories',
      data: { 'default-namespaced': 'gcs: {bucket: b}' },
    });
    const plan = await planIn(here);
    assert.deepEqual(blockers(plan), []);
    assert.deepEqual(mapsOf(plan), [['keep', `ConfigMap ${KEY}, where artifacts go`]]);
  });

  test('whoever has the whole bucket writes where they like in it, unless a prefix is chosen', async () => {
    const here = await madeBefore('2.16.0', { defaultPipelineRoot: 's3://artifacts/elsewhere' });
    const kindOf = async (more: Partial<Request>): Promise<string | undefined> =>
      mapsOf(await planIn(here, { ...WISH, ...more }))[0]?.[0];
    assert.equal(await kindOf({ access: 'bucket' }), 'keep');
    assert.equal(await kindOf({ access: 'bucket', prefix: 'chosen/' }), 'change');
    assert.equal(await kindOf({ access: 'prefix' }), 'change');
  });

  test('a repository that is no YAML stops, too', async () => {
    const here = await madeBefore('2.16.0');
    here.configMaps.set('team-x/artifact-repositories', {
      namespace: 'team-x',
      name: 'artifact-repositories',
      data: { 'default-namespaced': 's3: {' },
    });
    assert.match(blockers(await planIn(here))[0]?.reason ?? '', /artifact-repositories cannot be changed safely/);
  });

  test('one who may not read ConfigMaps is told, and can leave them alone', async () => {
    const here = await madeBefore('2.16.0');
    const kubernetes = {
      ...here.kubernetes,
      configMap: async () => ({ state: 'denied', permission: 'get configmaps', message: '' }) as const,
    };
    const { facts } = await lookAt(WISH, here.aws, async () => kubernetes);
    const [stopped] = blockers(planProfile(WISH, facts));
    assert.match(stopped?.reason ?? '', /not permitted to get configmaps.*Or leave artifacts where they go now/);
    assert.deepEqual(blockers(planProfile({ ...WISH, leaveArtifacts: true }, facts)), []);
  });

  test('a repository that may not be read is not taken for one that is not there', async () => {
    const here = await madeBefore('2.16.0');
    const kubernetes: typeof here.kubernetes = {
      ...here.kubernetes,
      configMap: async (namespace, name) =>
        name === 'kfp-launcher'
          ? here.kubernetes.configMap(namespace, name)
          : { state: 'denied', permission: 'get configmaps', message: '' },
    };
    const { facts } = await lookAt(WISH, here.aws, async () => kubernetes);
    const [stopped, ...others] = blockers(planProfile(WISH, facts));
    assert.match(stopped?.reason ?? '', /artifact-repositories cannot be read: you are not permitted/);
    assert.equal(stopped?.consent, 'leaveArtifacts');
    assert.deepEqual(others, []);
  });

  test('what is left alone and may not be read is said to be unknown', async () => {
    const here = await madeBefore('2.16.0');
    const configMap = async () => ({ state: 'denied', permission: 'get configmaps', message: '' }) as const;
    const { facts } = await lookAt(WISH, here.aws, async () => ({ ...here.kubernetes, configMap }));
    const { warnings } = planProfile({ ...WISH, leaveArtifacts: true }, facts);
    assert.match(warnings.join(), /left alone: it could not be read whether pipelines write to s3:/);
  });

  test('the review shows where artifacts will go also where the settings are made', async () => {
    const here = worldWithProvider();
    here.pipelines = '2.5.0';
    assert.match(
      reviewText(await planIn(here)),
      /## ConfigMap team-x\/kfp-launcher\n[^#]*defaultPipelineRoot: "s3:\/\/artifacts\/team-x\/v2\/artifacts"/,
    );
  });

  test('the review shows what becomes of it, line by line', async () => {
    const here = await madeBefore('2.16.0', { clusterDomain: 'c', defaultPipelineRoot: 'minio://mlpipeline/x' });
    const text = reviewText(await planIn(here));
    assert.match(
      text,
      /### ConfigMap team-x\/kfp-launcher, where artifacts go[^]*- {3}defaultPipelineRoot: "minio:[^]*\+ {3}defaultPipelineRoot: "s3:/,
    );
    assert.match(text, /Kubernetes: .*patch configmaps/);
  });
});

describe("Argo's repository", () => {
  const TO = { prefix: 'team-x/', bucket: 'artifacts', region: 'us-west-2' };
  const repositories = (text: string, annotations?: Record<string, string>): ConfigMap => ({
    namespace: 'team-x',
    name: 'artifact-repositories',
    data: { 'default-namespaced': text, other: 's3: {bucket: theirs}' },
    annotations: annotations ?? { 'workflows.argoproj.io/default-artifact-repository': 'default-namespaced' },
  });
  const amended = (configMap: ConfigMap): string | undefined => {
    const result = amendRepositories(configMap, TO);
    assert.ok(result === undefined || 'data' in result, JSON.stringify(result));
    if (result !== undefined) assert.equal(result.data['other'], configMap.data['other']);
    return result?.data['default-namespaced'];
  };

  test('comments and other keys stay, keys that hide the role go', () => {
    const text = `# of the platform team
archiveLogs: false
s3:
  # the store in the cluster
  endpoint: seaweedfs.kubeflow:9000
  bucket: mlpipeline
  insecure: true
  keyFormat: "private/{{workflow.name}}"
  encryptionOptions: {enableEncryption: true} # asked for
  accessKeySecret: {name: s, key: a}
  secretKeySecret: {name: s, key: b}
`;
    assert.equal(
      amended(repositories(text)),
      `# of the platform team
archiveLogs: false
s3:
  # the store in the cluster
  endpoint: s3.amazonaws.com
  bucket: artifacts
  insecure: false
  keyFormat: "team-x/artifacts/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"
  encryptionOptions: {enableEncryption: true} # asked for
  region: us-west-2
  useSDKCreds: true
`,
    );
  });

  test('what is right stays letter by letter', () => {
    const text =
      's3: {endpoint: s3.us-west-2.amazonaws.com, bucket: artifacts, region: us-west-2, keyFormat: "team-x/logs/{{pod.name}}", useSDKCreds: true}';
    assert.equal(amended(repositories(text)), text);
    const [made = ''] = Object.values(newRepositories(TO));
    assert.equal(amended(repositories(made)), made);
  });

  for (const [region, endpoint, kept] of [
    ['us-west-2', 's3-us-west-2.amazonaws.com', true],
    ['us-west-2', 's3.eu-central-1.amazonaws.com', false],
    ['us-west-2', 'seaweedfs.kubeflow:9000', false],
    ['cn-north-1', 's3.cn-north-1.amazonaws.com.cn', true],
    ['cn-north-1', 's3.amazonaws.com', false],
  ] as const)
    test(`endpoint ${endpoint} of a bucket in ${region} ${kept ? 'is kept' : 'is not its own'}`, () => {
      const { data } = repositories(`s3: {endpoint: ${endpoint}}`);
      const result = amendRepositories({ ...repositories(''), data }, { ...TO, region });
      assert.ok(result !== undefined && 'data' in result);
      assert.equal(result.data['default-namespaced']?.includes(`endpoint: ${endpoint},`), kept);
    });

  test('a repository that is not on S3, or none by default, is not ours', () => {
    assert.equal(amendRepositories(repositories('gcs: {bucket: b}'), TO), undefined);
    assert.equal(amendRepositories(repositories('s3: {bucket: b}', {}), TO), undefined);
  });

  const RIGHT = {
    ...{ endpoint: 's3.amazonaws.com', bucket: 'artifacts', region: 'us-west-2', keyFormat: 'team-x/mine' },
    useSDKCreds: true,
  };
  const OF = (s3: unknown): string => JSON.stringify({ s3 });
  const DEFAULT = 'workflows.argoproj.io/default-artifact-repository';
  /** Data and the annotation; what becomes of key `a` (as JSON), a problem, or nothing. */
  const AMENDED: Readonly<
    Record<string, readonly [data: ConfigMap['data'], named: string | undefined, is: object | RegExp | undefined]>
  > = {
    'one key, and no annotation': [{ a: OF(RIGHT) }, undefined, RIGHT],
    'two keys, and no annotation': [{ a: OF(RIGHT), b: OF(RIGHT) }, undefined, undefined],
    'no key': [{}, undefined, undefined],
    'an annotation that names none of them': [{ a: OF(RIGHT) }, 'c', undefined],
    'no YAML': [{ a: '{' }, 'a', /^a is not the YAML of a repository: ./],
    'a text': [{ a: 'x' }, 'a', /^a is not the YAML of a repository$/],
    nothing: [{ a: '' }, 'a', /^a is not the YAML of a repository$/],
    's3 of a text': [{ a: 's3: x' }, 'a', /^s3 of a is no object$/],
    'no s3': [{ a: 'gcs: {}' }, 'a', undefined],
    'TLS by name': [{ a: OF({ ...RIGHT, insecure: false }) }, 'a', { ...RIGHT, insecure: false }],
    'without TLS': [{ a: OF({ ...RIGHT, insecure: true }) }, 'a', { ...RIGHT, insecure: false }],
    'the endpoint of a region': [
      { a: OF({ ...RIGHT, endpoint: 's3.us-west-2.amazonaws.com' }) },
      'a',
      { ...RIGHT, endpoint: 's3.us-west-2.amazonaws.com' },
    ],
    'no endpoint': [{ a: OF({ ...RIGHT, endpoint: undefined }) }, 'a', RIGHT],
    'an endpoint that is none': [{ a: OF({ ...RIGHT, endpoint: 7 }) }, 'a', RIGHT],
    'a bucket that is called like an endpoint': [
      { a: OF({ ...RIGHT, bucket: 's3.us-west-2.amazonaws.com' }) },
      'a',
      RIGHT,
    ],
    'an endpoint that looks like it': [{ a: OF({ ...RIGHT, endpoint: 'x.s3.amazonaws.com.evil' }) }, 'a', RIGHT],
    'another bucket and region': [{ a: OF({ ...RIGHT, bucket: 'b', region: 'r' }) }, 'a', RIGHT],
    "another profile's prefix": [
      { a: OF({ ...RIGHT, keyFormat: 'team-y/mine' }) },
      'a',
      {
        ...RIGHT,
        keyFormat: `team-x/artifacts/{{workflow.name}}/${['Y', 'm', 'd'].map((part) => `{{workflow.creationTimestamp.${part}}}`).join('/')}/{{pod.name}}`,
      },
    ],
    'values that are none': [{ a: OF({ ...RIGHT, bucket: {}, region: ['us-west-2'] }) }, 'a', RIGHT],
    'all three keys': [
      { a: OF({ ...RIGHT, accessKeySecret: {}, secretKeySecret: {}, sessionTokenSecret: {} }) },
      'a',
      RIGHT,
    ],
  };
  for (const [name, [data, named, is]] of Object.entries(AMENDED))
    test(`is amended, or left alone: ${name}`, () => {
      const annotations = named === undefined ? {} : { annotations: { [DEFAULT]: named } };
      const result = amendRepositories({ namespace: 'n', name: 'artifact-repositories', data, ...annotations }, TO);
      if (is === undefined) assert.equal(result, undefined);
      else if (is instanceof RegExp)
        assert.match(result !== undefined && 'problem' in result ? result.problem : '', is);
      else {
        assert.ok(result !== undefined && 'data' in result);
        assert.deepEqual(JSON.parse(result.data['a'] ?? ''), { s3: is });
      }
    });

  test('another partition has another endpoint', () => {
    const [text = ''] = Object.values(newRepositories({ ...TO, region: 'cn-north-1' }));
    assert.match(text, /"s3\.amazonaws\.com\.cn"/);
  });
});

test('what the pipelines profile controller makes is known from what somebody chose', () => {
  const launcher = (data: ConfigMap['data']): ConfigMap => ({ namespace: 'x', name: 'kfp-launcher', data });
  assert.ok(madeByPipelines(launcher({ defaultPipelineRoot: 'minio://mlpipeline/private-artifacts/x/v2/artifacts' })));
  assert.ok(!madeByPipelines(launcher({ defaultPipelineRoot: 'minio://ours/x' })));
  assert.ok(!madeByPipelines(launcher({ defaultPipelineRoot: 'minio://mlpipeline/x', providers: 'minio: {}' })));
  assert.ok(madeByPipelines(launcher({})));
  assert.ok(!madeByPipelines(launcher({ defaultPipelineRoot: 's3://mlpipeline/x' })));
  assert.ok(!madeByPipelines({ ...launcher({}), name: 'other' }));
  const repositories = (data: ConfigMap['data']): ConfigMap => ({
    namespace: 'x',
    name: 'artifact-repositories',
    data,
  });
  const its = JSON.stringify({ s3: { accessKeySecret: { name: 'mlpipeline-minio-artifact' } } });
  assert.ok(madeByPipelines(repositories({ a: its })));
  assert.ok(!madeByPipelines(repositories({ a: its, b: its })));
  assert.ok(!madeByPipelines(repositories({ a: its.replace('mlpipeline-', 'our-') })));
  assert.ok(!madeByPipelines(repositories({})));
  assert.ok(!madeByPipelines({ ...repositories({ a: its }), name: 'other' }));
});

test('the release of an image', () => {
  const RELEASES: readonly [string, string | undefined][] = [
    ['ghcr.io/kubeflow/kfp-api-server:2.16.0', '2.16.0'],
    ['registry.example.com:5000/kfp/api-server:v2.5.0-rc.1', '2.5.0'],
    ['gcr.io/ml-pipeline/api-server:2.2.0@sha256:0123', '2.2.0'],
    ['ghcr.io/kubeflow/kfp-api-server:latest', undefined],
    ['ghcr.io/kubeflow/kfp-api-server@sha256:0123', undefined],
    ['registry.example.com:5000/api-server', undefined],
  ];
  for (const [image, release] of RELEASES) assert.equal(pipelinesVersion(image), release, image);
});

test('a run calls no more than its plan names', async () => {
  /** What the role itself does in the proof, and what needs no permission. */
  const ROLES =
    /^(s3:(ListBucket|PutObject|GetObject|DeleteObject|(Create|Complete|Abort)MultipartUpload|UploadPart)|sts:AssumeRoleWithWebIdentity)$/;
  const cases: readonly (readonly [string | undefined, Request])[] = [
    ['2.16.0', WISH],
    ['2.5.0', WISH],
    [undefined, { ...WISH, access: 'bucket' }],
    ['2.17.0', { ...WISH, leaveArtifacts: true }],
  ];
  for (const [release, wish] of cases) {
    const here = worldWithProvider();
    here.pipelines = release;
    const looked = await lookAt(wish, here.aws, here.connect);
    const plan = planProfile(wish, looked.facts);
    const result = await carryOut(plan, here.outside());
    assert.ok(result.ok, JSON.stringify(result.rows));
    const { aws, kubernetes } = permissionsOf(plan);
    const named = new Set([...aws, ...kubernetes].map((one) => one.replace(/\.[\w.]+$/, '')));
    const NAMES: Readonly<Record<string, string>> = {
      's3:HeadBucket': 's3:ListBucket',
      's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
      'list profileNames': 'list profiles',
    };
    const unnamed = [...new Set(here.calls)].filter(
      (call) => !ROLES.test(call) && call !== 'get /apis' && !named.has(NAMES[call] ?? call),
    );
    assert.deepEqual(unnamed, [], JSON.stringify([...named]));
  }
});
