// What only shows when files are seen together, and the artefacts of the AWS page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { applyFixes } from '../../src/core/fix.ts';
import { isTied, lint, lintFolder, profileWords } from '../../src/core/lint.ts';
import { normalPath } from '../../src/core/text.ts';
import {
  aroundOf,
  isNearEks,
  isOurs,
  patchFiles,
  repositoryOf,
  saysEks,
  servedIn,
  type LintFile,
} from '../../src/core/around.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { LintCache, LintOptions } from '../../src/core/lint.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';
import { assertSound } from './lint-kit.ts';
import { asKept } from './told.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const role = (name: string, account = '123456789012'): string => `arn:aws:iam::${account}:role/${name}`;

const profile = (name: string, arn: string, annotateOnly = true): string =>
  `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: ${name}\nspec:\n  owner:\n    kind: User\n    name: a@b.c\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: ${arn}\n      annotateOnly: ${annotateOnly}\n`;
const trust = (subject: string | undefined, account = '123456789012'): string =>
  JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${ISSUER}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${ISSUER}:aud`]: 'sts.amazonaws.com',
              ...(subject === undefined ? {} : { [`${ISSUER}:sub`]: `system:serviceaccount:${subject}` }),
            },
          },
        },
      ],
    },
    undefined,
    2,
  );
const permissions = (bucket: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${bucket}` },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::${bucket}/team-a/*` },
    ],
  });
const account = (arn: string): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  namespace: team-a\n  annotations:\n    eks.amazonaws.com/role-arn: ${arn}\n`;
const launcher = (root: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kfp-launcher\n  namespace: team-a\ndata:\n  defaultPipelineRoot: ${root}\n`;

interface FolderCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly finds: readonly (readonly [file: string, id: string, underlined: string, ...relatedFiles: string[]])[];
}

const cases: readonly FolderCase[] = [
  {
    name: 'a set that fits',
    files: {
      'profile.yaml': profile('team-a', role('team-a')),
      'trust.json': trust('team-a:default-editor'),
      'policy.json': permissions('data'),
      'sa.yaml': account(role('team-a')),
      'launcher.yaml': launcher('s3://data/team-a/v2'),
    },
    finds: [],
  },
  {
    name: 'the sub of another profile',
    files: { 'profile.yaml': profile('team-a', role('team-a')), 'trust.json': trust('team-b:default-editor') },
    finds: [['trust.json', 'KP-030', '"system:serviceaccount:team-b:default-editor"', 'profile.yaml']],
  },
  {
    name: 'no sub',
    files: { 'profile.yaml': profile('team-a', role('team-a')), 'trust.json': trust(undefined) },
    finds: [['trust.json', 'KP-029', '"Condition"', 'profile.yaml']],
  },
  {
    name: 'a trust policy of another service account belongs to no Profile',
    files: { 'profile.yaml': profile('team-a', role('team-a')), 'trust.json': trust('kubeflow:ml-pipeline') },
    finds: [],
  },
  {
    name: 'a trust policy in another folder belongs to no Profile',
    files: { 'a/profile.yaml': profile('team-a', role('team-a')), 'b/trust.json': trust('team-b:default-editor') },
    finds: [],
  },
  {
    name: 'two profiles on one role',
    files: { 'a.yaml': profile('team-a', role('one')), 'b.yaml': profile('team-b', role('one')) },
    finds: [
      ['a.yaml', 'P-SHARED-ROLE', role('one'), 'b.yaml'],
      ['b.yaml', 'P-SHARED-ROLE', role('one'), 'a.yaml'],
    ],
  },
  {
    name: 'two overlays of one profile are one profile',
    files: { 'dev/a.yaml': profile('team-a', role('one')), 'prod/a.yaml': profile('team-a', role('one')) },
    finds: [],
  },
  {
    name: 'the annotation of another role',
    files: { 'profile.yaml': profile('team-a', role('team-a')), 'sa.yaml': account(role('old')) },
    finds: [['sa.yaml', 'KP-012', role('old'), 'profile.yaml']],
  },
  {
    name: 'a root on another bucket',
    files: {
      'profile.yaml': profile('team-a', role('team-a')),
      'policy.json': permissions('data'),
      'launcher.yaml': launcher('s3://other/team-a'),
    },
    finds: [['launcher.yaml', 'KP-055', 's3://other/team-a', 'policy.json']],
  },
  {
    name: 'a root under another prefix',
    files: {
      'profile.yaml': profile('team-a', role('team-a')),
      'policy.json': permissions('data'),
      'launcher.yaml': launcher('s3://data/v2'),
    },
    finds: [['launcher.yaml', 'KP-055', 's3://data/v2', 'policy.json']],
  },
  {
    name: 'Federated as a list, and the controller completes the trust policy',
    files: {
      'profile.yaml': profile('team-a', role('team-a'), false),
      'trust.json': trust('team-a:default-editor').replace(/"Federated": ("[^"]*")/, '"Federated": [$1]'),
    },
    finds: [['trust.json', 'KP-085', `["arn:aws:iam::123456789012:oidc-provider/${ISSUER}"]`, 'profile.yaml']],
  },
  {
    name: 'Federated as a list, and nobody else writes the trust policy',
    files: {
      'profile.yaml': profile('team-a', role('team-a')),
      'trust.json': trust('team-a:default-editor').replace(/"Federated": ("[^"]*")/, '"Federated": [$1]'),
    },
    finds: [],
  },
  {
    name: 'a policy in vain that tells itself why',
    files: {
      'profile.yaml': profile('team-a', role('team-a')),
      'policy.json': permissions('data').replaceAll(':::data/', '::::data/'),
    },
    finds: [['policy.json', 'KP-039', ':']],
  },
  {
    name: 'a Pod Identity association too',
    files: {
      'profile.yaml': profile('team-a', role('team-a')),
      'pod.yaml':
        'Resources:\n  A:\n    Type: AWS::EKS::PodIdentityAssociation\n    Properties:\n      Namespace: team-a\n      ServiceAccount: default-editor\n',
    },
    finds: [['pod.yaml', 'KP-062', 'default-editor', 'profile.yaml']],
  },
  {
    name: 'the role by its name, in CloudFormation',
    files: {
      'profiles.yaml': `${profile('team-a', role('role-a'))}---\n${profile('team-b', role('role-b'))}`,
      'cfn/roles.json': JSON.stringify({
        Resources: {
          R: {
            Type: 'AWS::IAM::Role',
            Properties: {
              RoleName: 'role-a',
              AssumeRolePolicyDocument: JSON.parse(trust('team-b:default-editor')) as unknown,
            },
          },
        },
      }),
    },
    finds: [['cfn/roles.json', 'KP-030', '"system:serviceaccount:team-b:default-editor"', 'profiles.yaml']],
  },
  {
    name: 'the account of another cluster',
    files: {
      'profile.yaml': profile('team-a', role('team-a')),
      'trust.json': trust('team-a:default-editor', '210987654321'),
    },
    finds: [['trust.json', 'KP-034', '210987654321', 'profile.yaml']],
  },
];

const kustomization = (target: string, path = 'change.yaml', list = 'patches'): string =>
  `${list}:\n- path: ${path}\n  target:\n    kind: ${target}\n    name: team-a\n`;
const operations = (path: string, value: string): string => `- op: replace\n  path: ${path}\n  value: ${value}\n`;
const plugins = '[{"kind": "AwsIamForServiceAcount", "spec": {"roleArn": "x"}}]';

const patchCases: readonly FolderCase[] = [
  {
    name: 'a JSON patch of a Profile, in YAML',
    files: { 'kustomization.yaml': kustomization('Profile'), 'change.yaml': operations('/spec/owner/kind', 'user') },
    finds: [['change.yaml', 'KP-010', 'user']],
  },
  {
    name: 'a JSON patch of a Profile, in JSON, in another folder',
    files: {
      'overlays/dev/kustomization.yaml': kustomization('Profile', '../patches/./change.json', 'patchesJson6902'),
      'overlays/patches/change.json': `[{"op": "add", "path": "/spec/plugins", "value": ${plugins}}]`,
    },
    finds: [
      ['overlays/patches/change.json', 'KP-001', '"AwsIamForServiceAcount"'],
      ['overlays/patches/change.json', 'KP-005', '"roleArn"'],
      ['overlays/patches/change.json', 'KP-007', '"x"'],
    ],
  },
  {
    name: 'with the paths of Windows',
    files: {
      'a\\kustomization.yaml': kustomization('Profile', 'b/change.yaml'),
      'a\\b\\change.yaml': operations('/spec/owner/name', '" a"'),
    },
    finds: [['a\\b\\change.yaml', 'KP-011', '" a"']],
  },
  {
    name: 'values of a JSON patch, each where it stands',
    files: {
      'kustomization.yml': kustomization('Profile'),
      'change.yaml': [
        operations('/spec/owner', '{ kind: Grop, name: a }'),
        operations('/spec/plugins/0', '{ kind: AwsIamForServiceAccount, spec: { annotate_only: true } }'),
        operations('/spec/plugins/-/kind', 'AWSIamForServiceAccount'),
        operations('/spec/plugins/0/spec', '{ awsIamRole: team, annotateOnly: "true" }'),
        operations('/spec/plugins/0/spec/awsIamRole', 'other'),
        '- op: test\n  path: /spec/owner/kind\n  value: user\n',
        operations('/metadata/labels/a', 'AwsIam'),
      ].join(''),
    },
    finds: [
      ['change.yaml', 'KP-010', 'Grop'],
      ['change.yaml', 'KP-005', 'annotate_only'],
      ['change.yaml', 'KP-001', 'AWSIamForServiceAccount'],
      ['change.yaml', 'KP-007', 'team'],
      ['change.yaml', 'KP-006', '"true"'],
      ['change.yaml', 'KP-007', 'other'],
    ],
  },
  {
    name: 'a strategic merge patch that does not say what it is',
    files: {
      'kustomization.yaml': kustomization('Profile'),
      'change.yaml': 'metadata:\n  name: team-a\nspec:\n  owner:\n    kind: user\n    name: a\n',
    },
    finds: [['change.yaml', 'KP-010', 'user']],
  },
  {
    name: 'a strategic merge patch with a kind alone, of a service account',
    files: {
      'kustomization.yaml': kustomization('ServiceAccount'),
      'change.yaml': `kind: ServiceAccount\nmetadata:\n  name: default-editor\n  annotations:\n    eks.amazon.com/role-arn: ${role('a')}\n`,
    },
    finds: [['change.yaml', 'KP-051', 'eks.amazon.com/role-arn']],
  },
  {
    name: 'a whole Profile that is a patch lacks nothing',
    files: {
      'kustomization.yaml': 'patchesStrategicMerge:\n- profile.yaml\n',
      'profile.yaml': profile('team-a', role('a')).replace(/ {2}plugins:[^]*/, ''),
    },
    finds: [],
  },
  {
    name: 'the same as a resource does',
    files: {
      'kustomization.yaml': '# for EKS\nresources:\n- profile.yaml\n',
      'profile.yaml': profile('team-a', role('a')).replace(/ {2}plugins:[^]*/, ''),
    },
    finds: [['profile.yaml', 'KP-002', 'team-a']],
  },
  {
    name: 'a patch of something else',
    files: {
      'kustomization.yaml': kustomization('Deployment'),
      'change.yaml': operations('/spec/template/annotateOnly', '"true"'),
    },
    finds: [],
  },
  {
    name: 'a patch in the line of the kustomization',
    files: {
      'kustomization.yaml':
        'patches:\n- target: { kind: Profile }\n  patch: \'[{"op": "add", "path": "/spec/owner/kind", "value": "user"}]\'\n',
    },
    finds: [['kustomization.yaml', 'KP-010', '"user"']],
  },
];

describe('A folder', () => {
  for (const { name, files, finds } of [...cases, ...patchCases]) {
    test(name, () => {
      const list: LintFile[] = Object.entries(files).map(([path, text]) => ({ path, text }));
      const found = [...lintFolder(list)].flatMap(([file, findings]) =>
        findings.map(({ id, start, end, related = [] }) => [
          file,
          id,
          files[file]?.slice(start, end),
          ...related.map((place) => {
            assert.ok(
              place.start < place.end && place.end <= (files[place.file] ?? '').length,
              'place of what is related',
            );
            return place.file;
          }),
        ]),
      );
      assert.deepEqual(
        found,
        finds.map((one) => [...one]),
      );
    });
  }

  test('finds what each file shows alone', () => {
    const text = profile('Team_A', role('x'));
    const alone = lint(text).map(({ id }) => id);
    assert.deepEqual(
      lintFolder([{ path: 'a.yaml', text }])
        .get('a.yaml')
        ?.map(({ id }) => id),
      alone,
    );
    assert.deepEqual(alone, ['KP-008']);
  });

  test('suppression and severities hold across files', () => {
    const files = [
      { path: 'a.yaml', text: profile('team-a', `${role('one')} # kubeflow-irsa: ignore P-SHARED-ROLE one team`) },
      { path: 'b.yaml', text: profile('team-b', role('one')) },
    ];
    assert.deepEqual([...lintFolder(files).keys()], ['b.yaml']);
    assert.equal(lintFolder(files, { severities: { 'P-SHARED-ROLE': 'off' } }).size, 0);
  });
});

describe('The artefacts of the AWS page', () => {
  const read = (name: string): string => readFileSync(new URL(`../fixtures/aws-page/${name}`, import.meta.url), 'utf8');
  const files = ['trust.json', 's3_policy.json', 'profile_iam.yaml'];
  const options: LintOptions = {
    context: {
      profile: 'team-a',
      annotateOnly: true,
      variables: {
        AWS_ACCOUNT_ID: '123456789012',
        OIDC_URL: ISSUER,
        S3_BUCKET: 'team-data',
        PROFILE_NAME: 'team-a',
        PROFILE_USER: 'user@example.com',
        CLUSTER_NAME: 'demo',
      },
    },
  };
  const fixed = (name: string, given: LintOptions): string =>
    applyFixes(read(name), lint(read(name), given), (text) => lint(text, given));

  test('every defect is found', () => {
    const ids = Object.fromEntries(
      files.map((name) => [name, [...new Set(lint(read(name)).map(({ id }) => id))].sort()]),
    );
    assert.deepEqual(ids, {
      'trust.json': ['KP-004', 'KP-029'],
      's3_policy.json': ['KP-039', 'KP-040', 'KP-044'],
      'profile_iam.yaml': ['KP-004'],
    });
  });

  test('fix-all yields a correct set', () => {
    const [policy, document] = [
      JSON.parse(fixed('s3_policy.json', options)) as unknown,
      JSON.parse(fixed('trust.json', options)) as unknown,
    ];
    assert.deepEqual(policy, {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::team-data', 'arn:aws:s3:::team-data/*'] },
      ],
    });
    assert.deepEqual(document, JSON.parse(trust('team-a:default-editor')));
    assert.equal(
      fixed('profile_iam.yaml', options),
      `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner:\n    kind: User\n    name: user@example.com\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: ${role('team-a-demo-role')}\n      annotateOnly: true\n`,
    );
  });

  test('nothing worse than a wide grant is left', () => {
    const list = files.map((path) => ({ path, text: fixed(path, options) }));
    const left = [...lintFolder(list)].flatMap(([file, found]) =>
      found.map(({ id, severity }) => [file, id, severity]),
    );
    assert.deepEqual(left, [['s3_policy.json', 'KP-044', 'warning']]);
  });

  for (const name of files)
    test(`${name}: each fix removes its finding and adds none`, () => assertSound(read(name), options));

  test('without the variables nothing is made up', () => {
    assert.equal(fixed('profile_iam.yaml', {}), read('profile_iam.yaml'));
    assert.match(fixed('s3_policy.json', {}), /arn:aws:s3:::\$\{S3_BUCKET\}\/\*/);
  });
});

describe('Edges of folders', () => {
  const ROLE = 'arn:aws:iam::123456789012:role/team-a';
  const profile = ({
    owner = '\n    kind: User\n    name: user@example.com',
    plugin = `kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE}`,
    rest = '',
  } = {}): string =>
    `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner: ${owner.trimEnd()}\n  plugins:\n    - ${plugin}\n${rest}`;
  test('an annotation that is filled in later, or is empty, fights no plugin', () => {
    const ids = (annotation: string): string[] => {
      const text = `${profile()}---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  namespace: team-a\n  annotations:\n    eks.amazonaws.com/role-arn: ${annotation}\n`;
      return [...lintFolder([{ path: 'a.yaml', text }]).values()].flat().map(({ id }) => id);
    };
    assert.deepEqual(ids('${ROLE_ARN}'), ['KP-004']);
    assert.deepEqual(ids('""'), ['KP-052']);
    assert.deepEqual(ids('[a]'), ['KP-007']);
    assert.deepEqual(ids(ROLE), []);
    assert.deepEqual(ids(`${ROLE}-old`), ['KP-012']);
  });

  test('what belongs to another profile, or is wrong itself, is not held against a file', () => {
    const ids = (...texts: string[]): string[] =>
      [...lintFolder([{ path: 'a.yaml', text: texts.join('---\n') }]).values()].flat().map(({ id }) => id);
    const association = (namespace: string): string =>
      `apiVersion: eks.services.k8s.aws/v1alpha1\nkind: PodIdentityAssociation\nmetadata:\n  name: a\nspec:\n  namespace: ${namespace}\n  serviceAccount: default-editor\n`;
    assert.deepEqual(ids(profile(), association('team-a')), ['KP-062']);
    assert.deepEqual(ids(profile(), association('team-b')), []);

    const issuer = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
    const document = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${issuer}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${issuer}:aud`]: 'sts.amazonaws.com',
              [`${issuer}:sub`]: 'system:serviceaccount:team-a:default-editor',
            },
          },
        },
      ],
    };
    const ackRole = `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata:\n  name: team-a\nspec:\n  assumeRolePolicyDocument: '${JSON.stringify(document)}'\n`;
    assert.deepEqual(ids(profile(), ackRole), []);
    assert.deepEqual(ids(profile().replace('123456789012', '12345'), ackRole), ['KP-034']);
  });
});

test('a Profile whose name is not known shares no role with another', () => {
  const named = (metadata: string): string =>
    `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  ${metadata}\nspec:\n  owner: {kind: User, name: a@example.com}\n  plugins:\n    - kind: AwsIamForServiceAccount\n      spec: {awsIamRole: "arn:aws:iam::123456789012:role/one", annotateOnly: true}\n`;
  const shared = (metadata: string): number =>
    [
      ...lintFolder([
        { path: 'a.yaml', text: named('name: team-a') },
        { path: 'b.yaml', text: named(metadata) },
      ]).values(),
    ]
      .flat()
      .filter(({ id }) => id === 'P-SHARED-ROLE').length;
  assert.deepEqual(['name: team-b', 'name: ${NAME}', 'name: [b]', 'labels: {}'].map(shared), [2, 0, 0, 0]);
});

test('a version of a Profile that a CRD in the folder serves is right', () => {
  const fork =
    'apiVersion: kubeflow.org/v2alpha1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner: {kind: User, name: a@example.com}\n';
  const crd =
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: profiles.kubeflow.org\nspec:\n  group: kubeflow.org\n  names: {kind: Profile, plural: profiles}\n  scope: Cluster\n  versions:\n    - {name: v2alpha1, served: true, storage: true}\n    - {name: v1alpha1, served: false, storage: false}\n';
  const of = (...files: [path: string, text: string][]): string[] =>
    [...lintFolder(files.map(([path, text]) => ({ path, text }))).values()].flat().map(({ id }) => id);
  assert.ok(of(['p.yaml', fork]).includes('KP-017'));
  assert.ok(!of(['p.yaml', fork], ['crd/crd.yaml', crd]).includes('KP-017'));
  assert.ok(!of(['all.yaml', `${crd}---\n${fork}`]).includes('KP-017'));
  assert.ok(of(['p.yaml', fork.replace('v2alpha1', 'v1alpha1')], ['crd.yaml', crd]).includes('KP-017'), 'not served');
});

describe('the policies of a profile, together', () => {
  const allow = (Action: unknown, Resource: unknown): object => ({ Effect: 'Allow', Action, Resource });
  const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
  const [write, read] = ['s3:PutObject', 's3:GetObject'];
  const data = (partition = 'aws'): object[] => [
    allow('s3:ListBucket', `arn:${partition}:s3:::data`),
    allow([write, read], `arn:${partition}:s3:::data/team-a/*`),
  ];
  const roleless = profile('team-a', '').replace('      awsIamRole: \n', '');
  const config = launcher('s3://other/x').replace('kfp-launcher', 'artifact-repositories');
  const KP055 = (place: string): string =>
    `warning KP-055 No policy of the role of Profile team-a allows to write objects under ${place}: its runs are denied.`;
  const vain = (why: string): string => `error KP-041 Role team-a may not write any object of a bucket: ${why}.`;
  const taken = vain('a Deny, or a condition that a pod never meets, takes away what is allowed');
  const single = vain('arn:aws:s3:::data/x is one object, without what lies below it');
  const unlisted =
    "warning KP-041 Role team-a may write in bucket data and not list it: KFP's launcher lists before every download.";
  const deny = { Effect: 'Deny', Action: write, Resource: '*' };
  const rows: readonly [
    name: string,
    policies: readonly string[],
    said: readonly string[],
    more?: Readonly<Record<string, string>>,
  ][] = [
    ['allow its root', [policy(...data())], [], { 'l.yaml': launcher('s3://data/team-a/v2') }],
    ['do not allow its root', [policy(...data())], [KP055('other')], { 'l.yaml': launcher('s3://other/') }],
    ['its root is filled in later', [policy(...data())], [], { 'l.yaml': launcher('s3://${BUCKET}/x') }],
    ['a root of another ConfigMap', [policy(...data())], [], { 'c.yaml': config }],
    ['no policy', [], [], { 'l.yaml': launcher('s3://other/x') }],
    ['one denies what the other allows', [policy(...data()), policy(deny)], [taken]],
    ['one object alone', [policy(allow(write, 'arn:aws:s3:::data/x'))], [single]],
    [
      'one object alone, beside one that allows to read',
      [policy(allow(write, 'arn:aws:s3:::data/x')), policy(allow(read, 'arn:aws:s3:::data/*'))],
      [single],
    ],
    ['without listing', [policy(allow(write, 'arn:aws:s3:::data/*'))], [unlisted]],
    [
      'one is malformed and tells why',
      [policy(...data().map((one) => ({ ...one, Resource: 'arn:aws:s3::::data/*' }))), policy(deny)],
      [],
    ],
    ['of another partition', [policy(...data('aws-cn')), policy({ ...deny, Resource: 'arn:aws-cn:s3:::*' })], [taken]],
    [
      'of a Profile without a role',
      [policy(...data('aws-cn'))],
      [],
      { 'p.yaml': roleless, 'l.yaml': launcher('s3://data/team-a') },
    ],
  ];
  for (const [name, policies, said, more = {}] of rows)
    test(name, () => {
      const files = {
        'p.yaml': profile('team-a', role('team-a')),
        ...Object.fromEntries(policies.map((text, index) => [`policy-${index}.json`, text])),
        ...more,
      };
      const found = lintFolder(
        Object.entries(files).map(([path, text]) => ({ path, text })),
        {},
      );
      const words = [...found.values()].flat().map(({ severity, id, message }) => `${severity} ${id} ${message}`);
      assert.deepEqual(
        words.filter((text) => /KP-0(?:55|41)/.test(text)),
        said,
      );
    });
});

test('paths are the same however they are written', () => {
  const rows: readonly (readonly [path: string, normal: string])[] = [
    ['a/b', 'a/b'],
    ['./a/./b', 'a/b'],
    ['a/../b', 'b'],
    ['../a', '../a'],
    ['../../a', '../../a'],
    ['a/../../b', '../b'],
    ['a\\b\\..\\c', 'a/c'],
  ];
  for (const [path, normal] of rows) assert.equal(normalPath(path), normal, path);
});

test('JSON Lines are data, and nothing is said of them', () => {
  const policy =
    '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::artifacts/*","X":1}]}';
  const ids = (text: string, options: LintOptions = { language: 'json' }): string[] =>
    lint(text, options).map(({ id }) => id);
  assert.deepEqual(ids(`${policy}\n${policy}\n`), []);
  assert.deepEqual(ids(`${policy}\n[1]`), []);
  assert.deepEqual(ids(`${policy}${policy}`), []);
  assert.ok(ids(policy).includes('P-SYNTAX'));
  assert.ok(ids(`${policy}\nmore`).includes('P-SYNTAX'));
});

test('JSON Lines are data by their beginning, in whatever language they are read', () => {
  const policy = '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::artifacts/*"}]}';
  for (const options of [{}, { language: 'json' }, { language: 'yaml' }, { file: 'a.yaml' }] as const) {
    const cache: LintCache = { documents: new Map([['x', []]]) };
    assert.deepEqual(lint(`${policy}\n${policy}\n`, options, cache), []);
    assert.equal(cache.documents.size, 0);
  }
});

test('what follows a document of a script says nothing of it', () => {
  const open = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}';
  const ids = (behind: string): string[] =>
    lint(`cat > x.json <<'EOF'\n${open}\nEOF\n${behind}`, { file: 'a.sh' }).map(({ id }) => id);
  assert.ok(ids('').includes('P-SYNTAX'));
  assert.deepEqual(ids('echo ${X} <Y>\n'), ids(''));
});

test('a comma that breaks a file is told of the policy that is the file, once', () => {
  const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"oidc-provider/x"},"Action":"sts:AssumeRoleWithWebIdentity"}]`;
  const commas = (text: string): string[] =>
    lint(text, { file: 'a.json' }).flatMap(({ id, start, end }) => (id === 'P-SYNTAX' ? [text.slice(start, end)] : []));
  assert.deepEqual(commas(`${trust},}`), [',']);
  assert.deepEqual(commas(`{"Role": {"RoleName": "a", "AssumeRolePolicyDocument": ${trust}}},}`), []);
  assert.deepEqual(commas(`${PROFILE_JSON.slice(0, -1)},}`), []);
});
const PROFILE_JSON = JSON.stringify({ apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name: 'team-a' } });

test('a comment without a reason is told wherever it stands, of a file and of a folder', () => {
  const policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
  const text = `cat > x.json <<'EOF'\n${policy}\nEOF\n# kubeflow-irsa: ignore\n`;
  const reasons = (found: readonly Finding[] = []): number => found.filter(({ id }) => id === 'LINT-REASON').length;
  assert.equal(reasons(lint(text, { file: 'a.sh' })), 1);
  assert.equal(reasons(lintFolder([{ path: 'a.sh', text }]).get('a.sh')), 1);
  const twice = `${PROFILE_JSON}\n---\nkind: Other # kubeflow-irsa: ignore\n---\n${PROFILE_JSON}\n# kubeflow-irsa: ignore\n`;
  assert.equal(reasons(lint(twice)), 2);
});

test('a file is read in the language that it is said to be in, and else in that of the folder', () => {
  const text = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*",}]}';
  const isJson = (its?: 'json' | 'yaml', folder?: 'json' | 'yaml'): boolean =>
    (
      lintFolder([{ path: 'a', text, ...(its && { language: its }) }], folder && { language: folder }).get('a') ?? []
    ).some(({ id }) => id === 'P-SYNTAX');
  assert.deepEqual(
    [
      isJson(),
      isJson('json'),
      isJson('yaml'),
      isJson(undefined, 'json'),
      isJson('yaml', 'json'),
      isJson('json', 'yaml'),
    ],
    [false, true, false, true, false, true],
  );
});

test('a role that is known for a profile is what its manifest in Terraform lacks', () => {
  const text = `resource "kubernetes_manifest" "p" {
  manifest = {
    apiVersion = "kubeflow.org/v1"
    kind       = "Profile"
    metadata   = { name = "team-a" }
    spec = {
      owner   = { kind = "User", name = "a@b.c" }
      plugins = [{ kind = "AwsIamForServiceAccount", spec = { annotateOnly = true } }]
    }
  }
}
`;
  const titles = (options: LintOptions): string[] =>
    (lintFolder([{ path: 'a.tf', text }], { terraform: readTerraform, ...options }).get('a.tf') ?? []).flatMap(
      ({ fixes }) => fixes.map(({ title }) => title),
    );
  assert.deepEqual(titles({}), ['Write the ARN of a role', 'Create the role…']);
  assert.deepEqual(titles({ roles: { 'team-a': role('r') } }), [`Use ${role('r')}`, 'Create the role…']);
});

test('a version of a Profile is served by a definition of the same repository', () => {
  const crd = `kind: CustomResourceDefinition\nspec:\n  group: kubeflow.org\n  names: { kind: Profile }\n  versions: [{ name: v2 }]\n`;
  const text = PROFILE_JSON.replace('v1', 'v2');
  const isServed = (where: string, repositories?: readonly string[]): boolean =>
    !(
      lintFolder(
        [
          { path: where, text: crd },
          { path: '/r/a/p.json', text },
        ],
        repositories && { repositories },
      ).get('/r/a/p.json') ?? []
    ).some(({ id }) => id === 'KP-017');
  assert.deepEqual(
    ['/r/a/crd.yaml', '/r/b/crd.yaml', '/q/crd.yaml'].map((where) => [
      isServed(where),
      isServed(where, ['/r/a', '/r/b']),
    ]),
    [
      [true, true],
      [true, false],
      [true, false],
    ],
  );
});

test('the words by which a file is tied to a Profile of another folder', () => {
  const files: readonly LintFile[] = [
    { path: 'a/p.yaml', text: profile('team-a', role('shared/a-role')) },
    { path: 'b/p.yaml', text: profile('${TEAM}-b c', 'none') },
    { path: 'c/p.tf', text: profile('team-c', role('c')) },
    { path: 'd/p.yaml', text: 'kind: ConfigMap\nmetadata: { name: team-d }\n' },
  ];
  const words = new Set(profileWords(files, aroundOf(files)));
  asKept('lint/tied', [
    [...words].join(' '),
    ...['team-a', 'a: team-a-x', 'x a-role y', 'shared', 'c', 'TEAM', '', 'none'].map(
      (text) => `${text}: ${isTied(text, words)}, of none: ${isTied(text, new Set())}`,
    ),
  ]);
});

test('what files say of each other', () => {
  const crd = (kind: string, group = 'kubeflow.org', versions = ['v1', 'v1beta1']): string =>
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  group: ${group}\n  names: { kind: ${kind} }\n  versions:\n${versions.map((name) => `  - { name: ${name}, served: ${name === 'v1'} }\n`).join('')}`;
  const served: Readonly<Record<string, string>> = {
    Profiles: crd('Profile'),
    'Profiles between others': `${crd('Notebook')}---\n${crd('Profile')}---\n${crd('Profile', 'example.com')}`,
    'others alone': `${crd('Notebook')}---\nkind: Profile\n`,
    'of another group': crd('Profile', 'example.com'),
    'no definition': 'kind: Profile\napiVersion: kubeflow.org/v1\n',
    JSON: JSON.stringify({
      kind: 'CustomResourceDefinition',
      spec: { group: 'kubeflow.org', names: { kind: 'Profile' }, versions: [{ name: 'v1', served: true }] },
    }),
  };
  const eks: Readonly<Record<string, string>> = {
    plugin: 'AwsIamForServiceAccount',
    annotation: 'eks.amazonaws.com/role-arn',
    role: 'arn:aws:iam::1:role/x',
    China: 'arn:aws-cn:iam::1:role/x',
    bucket: 'arn:aws:s3:::x',
    word: 'on EKS.',
    'part of a word': 'weeks',
    provider: 'oidc-provider',
  };
  const near = ['', 'a', 'a/b', 'a/b/c', 'a/c', 'a/c/d', 'b', 'a/b/c/d'];
  const where = { repositories: ['/r', '/r/a', 'C:\\w', '/r/a/'], beside: { root: '/r', files: [] } };
  const ours: readonly (readonly [path: string, text: string])[] = [
    ['a.tf', 'kind: Profile\napiVersion: kubeflow.org/v1'],
    ['a.yaml', 'kind: Profile\napiVersion: kubeflow.org/v1'],
    ['a.md', 'kind: Profile\napiVersion: kubeflow.org/v1'],
    ['a.sh', 'kind: Profile\napiVersion: kubeflow.org/v1'],
    ['a.txt', '{"kind": "Profile", "apiVersion": "kubeflow.org/v1"}'],
    ['a.txt', '\uFEFF [{"kind": "Profile", "apiVersion": "kubeflow.org/v1"}]'],
    ['z.yaml', 'x'],
    ['k/patch.yaml', 'x'],
  ];
  const kustomizations: readonly LintFile[] = [
    {
      path: 'k/kustomization.yaml',
      text: 'patches:\n- path: patch.yaml\n  target: { kind: Profile }\n- path: ../up.yaml\n',
    },
    { path: 'k/other.yaml', text: 'patches:\n- path: other.yaml\n' },
    {
      path: 'kustomization.yml',
      text: 'patchesStrategicMerge: [a.yaml]\n---\n---\npatchesJson6902:\n- path: b.yaml\n',
    },
  ];
  const patches = patchFiles(kustomizations);
  asKept('lint/around', [
    ...Object.entries(served).map(([title, text]) => `serves ${title}: ${servedIn({ path: 'x', text }).join(' ')}`),
    ...Object.entries(eks).map(([title, text]) => `${title} says EKS: ${saysEks(text)}`),
    ...near.map((folder) => {
      const told = near.filter((other) => isNearEks({ path: `${other}/p.yaml`, text: profile('a', 'b') }, [folder]));
      return `near ${folder || 'the top'}: ${told.map((one) => one || 'the top').join(' ')}`;
    }),
    ...['"kind" : "Profile"', 'kind:Profile', "kind: 'Profile'", 'kind: Profiles', 'kind:\nProfile', 'x'].map(
      (text) => `${JSON.stringify(text)} is a Profile: ${isNearEks({ path: 'p', text }, [''])}`,
    ),
    ...['/r/x', 'x', '/r/a/x', '/r/ab', 'C:\\w\\x', '/q'].map(
      (path) => `repository of ${path}: ${repositoryOf(path, where)}`,
    ),
    ...['/r/x'].map((path) => `without repositories: ${repositoryOf(path, {})}`),
    ...[...patches].map(([path, { kind }]) => `patch ${path}: ${kind ?? ''}`),
    ...ours.map(([path, text]) => `${path} ${JSON.stringify(text)} is ours: ${isOurs({ path, text }, { patches })}`),
    ...Object.entries(
      aroundOf(
        [
          ...kustomizations,
          { path: 'e/a.yaml', text: 'kind: Profile\neks.amazonaws.com/role-arn: x' },
          { path: 'e/b.yaml', text: 'kind: Profile\neks.amazonaws.com/role-arn: x' },
          { path: 'f/kustomization.yaml', text: '# on EKS' },
          { path: 'g/a.yaml', text: '# on EKS' },
          { path: '/r/a/crd.yaml', text: crd('Profile') },
        ],
        where,
      ),
    ).map(([key, value]) => `${key}: ${JSON.stringify(value instanceof Map ? [...value.keys()] : value)}`),
  ]);
});
