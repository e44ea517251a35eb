/** Where KFP's launcher writes, by its settings: the rows of what KFP 2.16.1 and 2.17.0 did, and what their source says besides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast, launcherPlace, type LauncherData, type LauncherPlace } from '../../src/core/profile/launcher.ts';

const ROOT = 's3://artifacts/team-x/v2';
const HERE = 'us-west-2';
const THERE = 'eu-central-1';
/** `providers` with this below `s3:`. */
const s3 = (text: string): string => `s3:\n${text.replace(/^/gm, '  ')}\n`;
const standard = (...lines: readonly string[]): string =>
  s3(`default:\n${lines.map((line) => `  ${line}`).join('\n')}`);
const ENV = 'credentials: {fromEnv: true}';

interface Row {
  readonly root?: string;
  readonly providers?: string;
  readonly data?: LauncherData;
  readonly pod?: 'none';
  readonly version?: string;
  /** What is expected, beside bucket and prefix of {@link ROOT}. */
  readonly is: Readonly<Record<string, unknown>> | RegExp;
}
const env = (more: Readonly<Record<string, unknown>> = {}): Row['is'] => ({
  region: HERE,
  credentials: 'env',
  ...more,
});

const ROWS: Readonly<Record<string, Row>> = {
  // What was run.
  'as KFP makes it': {
    root: 'minio://mlpipeline/private-artifacts/team-x/v2/artifacts',
    is: /^elsewhere: Pipelines write to minio:.* not in S3/,
  },
  'no providers': { is: env() },
  'no providers, the whole bucket': { root: 's3://artifacts', is: env({ prefix: '' }) },
  'no providers, a slash at the end': { root: 's3://artifacts/team-x/v2/', is: env() },
  'endpoint, region and fromEnv': {
    providers: standard('endpoint: s3.amazonaws.com', `region: ${HERE}`, ENV),
    is: env(),
  },
  'region and fromEnv': { providers: standard(`region: ${HERE}`, ENV), version: '2.17.0', is: env() },
  'fromEnv alone': { providers: standard(ENV), is: env() },
  'default without credentials': {
    providers: standard(`region: ${HERE}`),
    is: /^fails: .*"missing default credentials".*fromEnv: true/,
  },
  'no YAML': { providers: 's3: {default: [', is: /^fails: providers of kfp-launcher is no YAML/ },
  's3 without default': { providers: 's3: {}', is: env() },
  's3 with nothing': { providers: 's3:', is: env() },
  'fields directly below s3 are not read': { providers: s3(`region: ${THERE}\n${ENV}`), is: env() },
  'a pod without AWS_REGION, no providers': { pod: 'none', is: { credentials: 'env' } },
  'a pod without AWS_REGION, region and fromEnv, 2.17': {
    pod: 'none',
    version: '2.17.0',
    providers: standard(`region: ${THERE}`, ENV),
    is: env({ region: THERE }),
  },
  'a pod without AWS_REGION, region and fromEnv, 2.16.1': {
    pod: 'none',
    version: '2.16.1',
    providers: standard(`region: ${THERE}`, ENV),
    is: { credentials: 'env' },
  },
  'another region in providers, 2.17': {
    version: 'v2.17.0',
    providers: standard(`region: ${THERE}`, ENV),
    is: env({ region: THERE }),
  },
  'another region in providers, 2.16.1': { version: '2.16.1', providers: standard(`region: ${THERE}`, ENV), is: env() },
  'another region in providers, version not known': {
    providers: standard(`region: ${THERE}`, ENV),
    is: env({ region: THERE, older: { region: HERE } }),
  },
  'another region in providers, a version that is none': {
    version: 'latest',
    providers: standard(`region: ${THERE}`, ENV),
    is: env({ region: THERE, older: { region: HERE } }),
  },
  'another region in the query': { root: `${ROOT}?region=${THERE}`, version: '2.16.1', is: env({ region: THERE }) },
  'a query makes KFP ignore providers': {
    root: `${ROOT}?region=${THERE}`,
    providers: standard(
      `region: eu-west-1`,
      'endpoint: minio.example.com:9000',
      'credentials: {secretRef: {secretName: s}}',
    ),
    is: env({ region: THERE }),
  },
  'a query without a region': {
    root: `${ROOT}?use_path_style=true`,
    providers: standard(`region: ${THERE}`),
    is: env(),
  },
  'an endpoint in the query': {
    root: `${ROOT}?endpoint=http%3A%2F%2Fstore%3A9000&region=${THERE}`,
    is: env({ region: THERE, endpoint: 'http://store:9000' }),
  },
  'a query that is wrongly encoded': { root: `${ROOT}?region=%zz`, is: env({ region: '%zz' }) },
  'a query, and providers is no YAML': { root: `${ROOT}?region=${THERE}`, providers: '{', is: /^fails: .*no YAML/ },

  // Roots.
  'no ConfigMap': {
    data: undefined as unknown as LauncherData,
    is: /^elsewhere: .*minio:\/\/mlpipeline\/v2\/artifacts/,
  },
  'an empty root': { root: '', is: /^elsewhere: .*minio:\/\/mlpipeline/ },
  'a root of Google': { root: 'gs://artifacts/x', is: /^elsewhere: .*gs:/ },
  'a root without a scheme': { root: 'artifacts/team-x', is: /^fails: .*"artifacts\/team-x" is no address/ },
  'a root with three slashes': { root: 's3:///artifacts/x', is: /^fails: .*no address/ },
  'a root with an empty query': { root: 's3://artifacts/x?', is: /^fails: .*no address/ },
  'a root of a scheme that KFP does not know': { root: 'https://artifacts/x', is: /^fails: .*no address/ },
  'a root that ends in a line break': { root: 's3://artifacts/team-x\n', is: env({ prefix: 'team-x\n/' }) },

  // Endpoints.
  'an endpoint that counts as none, with a scheme': {
    providers: standard('endpoint: HTTPS://S3.amazonaws.com', ENV),
    is: env(),
  },
  'an endpoint of a region': {
    version: '2.17.0',
    providers: standard('endpoint: s3.eu-central-1.amazonaws.com', `region: ${THERE}`, ENV),
    is: env({ region: THERE, endpoint: 'https://s3.eu-central-1.amazonaws.com' }),
  },
  'an endpoint before 2.17': { version: '2.5.0', providers: standard('endpoint: store:9000', ENV), is: env() },
  'an endpoint, version not known': {
    providers: standard('endpoint: store:9000', ENV),
    is: env({ endpoint: 'https://store:9000', older: { region: HERE } }),
  },
  'an endpoint without TLS': {
    version: '2.18.3',
    providers: standard('endpoint: store:9000', 'disableSSL: true', ENV),
    is: env({ endpoint: 'http://store:9000' }),
  },

  // Credentials.
  'keys of a Secret': {
    version: '2.5.0',
    providers: standard(
      `region: ${THERE}`,
      'credentials: {fromEnv: false, secretRef: {secretName: keys, accessKeyKey: a, secretKeyKey: b}}',
    ),
    is: { region: THERE, credentials: 'secret', secret: 'keys' },
  },
  'neither fromEnv nor a Secret': {
    providers: standard('credentials: {fromEnv: false}'),
    is: /^fails: .*neither fromEnv nor secretRef/,
  },
  'credentials that are null': { providers: standard('credentials:'), is: /^fails: .*missing default credentials/ },

  // Overrides.
  'overrides without a default': {
    providers: s3(`overrides:\n- {bucketName: artifacts, ${ENV}}`),
    is: /^fails: .*missing default credentials/,
  },
  'the override of bucket and prefix': {
    version: '2.17.0',
    providers: s3(
      `default: {region: ${HERE}, ${ENV}}\noverrides:\n- {bucketName: other, region: eu-west-1, ${ENV}}\n- {bucketName: artifacts, keyPrefix: team-y, region: eu-west-2, ${ENV}}\n- {bucketName: artifacts, keyPrefix: team-x/, region: ${THERE}, ${ENV}}`,
    ),
    is: env({ region: THERE }),
  },
  'an override that says no region': {
    version: '2.17.0',
    providers: s3(
      `default: {region: ${THERE}, credentials: {secretRef: {secretName: keys}}}\noverrides:\n- {bucketName: artifacts, ${ENV}}`,
    ),
    is: env({ region: THERE }),
  },
  'an override with keys': {
    providers: s3(
      `default: {${ENV}}\nOverrides:\n- {bucketName: artifacts, credentials: {secretRef: {secretName: keys}}}`,
    ),
    is: { region: HERE, credentials: 'secret', secret: 'keys' },
  },
  'an override without credentials': {
    providers: s3(`default: {${ENV}}\noverrides:\n- {bucketName: artifacts}`),
    is: /^fails: .*missing override credentials/,
  },
  'an override that matches nothing': {
    providers: s3(
      `default: {${ENV}}\noverrides:\n- {bucketName: 's3://artifacts', region: ${THERE}}\n- {bucketName: artifacts, keyPrefix: /team-x}`,
    ),
    is: env(),
  },

  // Decoding, as Go does it.
  'names without case': {
    version: '2.17.0',
    providers: `S3:\n  Default:\n    Region: ${THERE}\n    Credentials: {FromEnv: true}`,
    is: env({ region: THERE }),
  },
  'fromEnv in quotes': {
    providers: standard('credentials: {fromEnv: "true"}'),
    is: /^fails: .*"fromEnv" must be true or false/,
  },
  'a boolean in quotes in an override': {
    providers: s3(`default: {${ENV}}\noverrides:\n- {bucketName: other, disableSsl: "false", ${ENV}}`),
    is: /^fails: .*"disableSsl" must be true or false/,
  },
  'a number in quotes, of another provider': {
    providers: 'minio: {default: {maxRetries: "5"}}',
    is: /^fails: .*"maxRetries" must be a whole number/,
  },
  'a number that is not whole': {
    providers: 'minio: {default: {maxRetries: 1.5}}',
    is: /^fails: .*"maxRetries" must be a whole number/,
  },
  'a whole number, of another provider': { providers: 'minio: {default: {maxRetries: 5}}', is: env() },
  'nulls are nothing': {
    providers: standard(
      'credentials: {fromEnv: true, secretRef: null}',
      'maxRetries: null',
      'disableSSL: null',
      'region:',
    ),
    is: env(),
  },
  'an override of nothing': { providers: s3(`default: {${ENV}}\noverrides:\n-\n- {${ENV}}`), is: env() },
  'an item of a list that is none': {
    providers: s3(`default: {${ENV}}\noverrides: [x]`),
    is: /^fails: .*"overrides" must be an object/,
  },
  'a list for an object': { providers: 's3: []', is: /^fails: .*"s3" must be an object/ },
  'an object for a list': { providers: 's3: {overrides: {}}', is: /^fails: .*"overrides" must be a list/ },
  'an object for text': { providers: standard('region: {}', ENV), is: /^fails: .*"region" must be text/ },
  'a text for all of it': { providers: 'fromEnv', is: /^fails: .*"providers" must be an object/ },
  'a number for text': { version: '2.17.0', providers: standard('region: 1', ENV), is: env({ region: '1' }) },
  'providers of blanks': { providers: ' \n', is: env() },
  'providers of a comment': { providers: '# none', is: env() },
  'what KFP does not know is not read': {
    providers: `clusterDomain: [x]
s3: {default: {${ENV}, more: {}}}`,
    is: env(),
  },
};

for (const [name, { root = ROOT, providers, data, pod, version, is }] of Object.entries(ROWS)) {
  test(`launcher: ${name}`, () => {
    const given =
      'no ConfigMap' === name ? data : { defaultPipelineRoot: root, ...(providers === undefined ? {} : { providers }) };
    const place = launcherPlace(given, {
      ...(pod === 'none' ? {} : { region: HERE }),
      ...(version === undefined ? {} : { version }),
    });
    if (is instanceof RegExp) assert.match(said(place), is);
    else assert.deepEqual(place, { state: 's3', bucket: 'artifacts', prefix: 'team-x/v2/', ...is });
  });
}

const said = (place: LauncherPlace): string =>
  place.state === 's3' ? JSON.stringify(place) : `${place.state}: ${place.why}`;

test('launcher: versions', () => {
  for (const [version, wanted, is] of [
    ['2.17.0', '2.17.0', true],
    ['2.17', '2.17.0', true],
    ['v2.17.1-rc.1', '2.17.0', true],
    ['2.16.9', '2.17.0', false],
    ['3.0.0', '2.17.0', true],
    ['1.20.0', '2.17.0', false],
    ['latest', '2.17.0', undefined],
    ['2.17.0', 'x', undefined],
  ] as const)
    assert.equal(isAtLeast(version, wanted), is, version);
});
