// What of a document the rules are asked about: each thing, and all that is known of it. Kept in test/fixtures/told/resources.
import { test } from 'node:test';
import { accountOf, configFilesOf, configFrom } from '../../src/core/carriers.ts';
import { type DocNode, type DocScalar, HOLE } from '../../src/core/document/node.ts';
import { parse } from '../../src/core/document/parse.ts';
import type { Resource } from '../../src/core/resource.ts';
import { resourcesOf, resourcesOfParts, servedVersions } from '../../src/core/resources.ts';
import { asKept } from './told.ts';

/** A node as JSON, with `?` for what is not known. */
function shown(node: DocNode): string {
  if (node.type === 'array') return `[${node.items.map(shown).join()}]`;
  if (node.type === 'object')
    return `{${node.entries.map(({ key, value }) => `${shown(key)}:${shown(value)}`).join()}}`;
  return JSON.stringify(typeof node.value === 'string' ? node.value.replaceAll(HOLE, '?') : node.value);
}
const isNode = (value: unknown): value is DocNode => typeof value === 'object' && value !== null && 'source' in value;
const line = ({ kind, ...more }: Resource): string => {
  const parts = Object.entries(more).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [`${key} undefined`];
    if (isNode(value)) return [`${key} ${shown(value).slice(0, 300)}`];
    if (Array.isArray(value)) return [`${key} ${value.length}`];
    if (key === 'stack') return ['stack'];
    return [typeof value === 'object' ? key : `${key} ${JSON.stringify(value)}`];
  });
  return `    ${[kind, ...parts].join(', ')}`;
};

interface Document {
  readonly text: string | object;
  readonly file?: string;
}
const rootsOf = ({ text, file = '' }: Document): readonly DocNode[] => {
  const whole = typeof text === 'string' ? text : JSON.stringify(text);
  return parse(whole, file.endsWith('.json') || typeof text !== 'string' ? 'json' : 'yaml').documents.flatMap(
    ({ root }) => root ?? [],
  );
};
const kept = (name: string, rows: Readonly<Record<string, Document | string>>): void =>
  void test(name, () =>
    asKept(
      `resources/${name}`,
      Object.entries(rows).flatMap(([title, row]) => {
        const one = typeof row === 'string' ? { text: row } : row;
        return [title, ...rootsOf(one).flatMap((root) => resourcesOf(root, one.file).map(line))];
      }),
    ),
  );

const KEY = 'eks.amazonaws.com/role-arn';
const annotated = `{ metadata: { annotations: { ${KEY}: x } } }`;
const indented = (text: string, by = 2): string => text.replace(/^(?=.)/gm, ' '.repeat(by));
const manifest = (apiVersion: string, kind: string, rest = ''): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a }\n${rest}`;
const account = manifest('v1', 'ServiceAccount');
const repository = 's3:\n  bucket: b\n  useSDKCreds: true\n';
const map = (text: string, kind = 'ConfigMap', at = 'data'): string =>
  manifest('v1', kind, `${at}:\n  default-v1: |\n${indented(text, 4)}`);

kept('anywhere', {
  'a text of one line': `a: "${annotated}"\n`,
  'a text of lines': `a: |\n  ${annotated}\n`,
  'a text of lines beside it, without a mark': `a: ${annotated}\nb: |\n${indented(account)}`,
  'a number and a text of lines without a mark': `a: ${annotated}\nb: 1\nc: |\n  1\n  2\n`,
  'a text that is broken': `a: |\n  b: ${annotated}\n  c: [\n`,
  'a text that is a comment': `a: |\n  # ${KEY}\n  #\n`,
  'a kind alone': `kind: Deployment\nserviceAccount: ${annotated}\n`,
  'an API version alone': `serviceAccount:\n  apiVersion: v1\n  annotations: { ${KEY}: x }\n`,
  'both, around it': manifest('apps/v1', 'Deployment', `serviceAccount: ${annotated}\n`),
  'a service account within': `a:\n${indented(account)}  b: ${annotated}\n`,
  'a service account within, without a version': `a: { kind: ServiceAccount, metadata: { annotations: { ${KEY}: x } } }\n`,
  'our plugin and another': `plugins: [{ kind: AwsIamForServiceAccount }, { kind: Other }]\n`,
  'another plugin': `plugins: [{ kind: Other }]\nb: AwsIamForServiceAccount\n`,
  'no plugins': `plugins: []\nb: AwsIamForServiceAccount\n`,
  'a repository in a ConfigMap': map(repository),
  'one in JSON': map('{"s3": {"bucket": "b", "useSDKCreds": true}}\n'),
  'one with keys': map('s3:\n  bucket: b\n  accessKeySecret: { name: n, key: k }\n'),
  'a bucket without credentials': map('s3:\n  bucket: b\n# useSDKCreds\n'),
  'credentials without a bucket': map('s3:\n  useSDKCreds: true\n'),
  's3 as a text': map('s3: useSDKCreds\n'),
  'such a text in a Secret': map(repository, 'Secret', 'stringData'),
  'such a text elsewhere in a ConfigMap': manifest(
    'v1',
    'ConfigMap',
    `a: { b: { c: "s3: { bucket: b, useSDKCreds: true }" } }\n`,
  ),
  'in a ConfigMap as an object': manifest('v1', 'ConfigMap', 'data:\n  a: { s3: { bucket: b, useSDKCreds: true } }\n'),
});

const role = (assumeRolePolicyDocument: string): string =>
  manifest(
    'iam.services.k8s.aws/v1alpha1',
    'Role',
    `spec:\n  assumeRolePolicyDocument: '${assumeRolePolicyDocument}'\n`,
  );
const [ours, policy] = [role('{"Statement":[]}'), `{ Statement: [{ Effect: Allow, Action: a, Resource: "*" }] }`];
const config = `iam:\n  serviceAccounts:\n  - { metadata: { name: a }, attachPolicy: ${policy} }\n`;
const base = (resource: string, more = ''): string => `spec:\n  resources:\n  - base:\n${indented(resource, 6)}${more}`;
const templates = `spec:\n  resources:\n  - id: a\n  - template:\n${indented(ours, 6)}`;
const objects = `objects:\n-\n${indented(ours)}-\n${indented(account)}`;
const within = `a: ${annotated}\n`;
kept('files of other tools', {
  'a ClusterConfig of eksctl': manifest('eksctl.io/v1alpha5', 'ClusterConfig', config),
  'one of another group': manifest('example.com/v1', 'ClusterConfig', config),
  'another kind of eksctl': manifest('eksctl.io/v1alpha5', 'Other', config),
  'a part of one': config,
  'a part without accounts': `addons:\n- { name: a, attachPolicy: ${policy} }\n`,
  'a Composition': manifest('apiextensions.crossplane.io/v1', 'Composition', base(account)),
  'one of another group, with marks': manifest('example.com/v1', 'Composition', base(account) + within),
  'a definition of Crossplane, with marks': manifest(
    'apiextensions.crossplane.io/v1',
    'CompositeResourceDefinition',
    base(account) + within,
  ),
  'a Composition that writes what its base lacks': manifest(
    'apiextensions.crossplane.io/v1',
    'Composition',
    base(
      account,
      `    patches:\n    - toFieldPath: metadata.annotations\n    - toFieldPath: spec.a\n    - toFieldPath: b\n`,
    ),
  ),
  'a Composition without a base': manifest(
    'apiextensions.crossplane.io/v1',
    'Composition',
    'spec: { resources: [{ name: a, patches: [{ toFieldPath: b }] }] }\n',
  ),
  ...Object.fromEntries(
    [true, false, 'x', undefined].map((IsDefaultVersion) => [
      `a managed policy of a role, the version that counts: ${String(IsDefaultVersion)}`,
      {
        text: {
          RoleDetailList: [
            {
              AssumeRolePolicyDocument: { Statement: 'oidc-provider/x' },
              AttachedManagedPolicies: [{ PolicyArn: 'p' }],
            },
          ],
          Policies: [
            { Arn: 'p', PolicyVersionList: [{ IsDefaultVersion, Document: { Statement: [{ Effect: 'Allow' }] } }] },
          ],
        },
      },
    ]),
  ),
  'a graph of kro': manifest('kro.run/v1alpha1', 'ResourceGraphDefinition', templates),
  'an instance of kro': manifest('kro.run/v1alpha1', 'Team', `spec:\n  ${within}`),
  'templates of another': manifest('example.com/v1', 'Graph', `${templates}${within}`),
  'a Template of OpenShift': manifest('template.openshift.io/v1', 'Template', objects),
  'a Template without objects': manifest('example.com/v1', 'Template', within),
  'objects of another': manifest('example.com/v1', 'Other', `${objects}${within}`),
  ...Object.fromEntries(
    [
      ['provider', 'service'],
      ['provider', 'functions'],
      ['provider', 'resources'],
      ['provider'],
      ['service', 'functions'],
      ['functions'],
      ['service'],
    ].map((parts) => [
      `Serverless Framework: ${parts.join(', ')}`,
      parts
        .map(
          (part) =>
            ({
              provider: `provider: { iamRoleStatements: [{ Effect: Allow }] }\n`,
              service: 'service: a\n',
              functions: `functions: { f: { iamRoleStatements: [{ Effect: Deny }] } }\n`,
              resources: `resources: { Resources: {} }\n`,
            })[part] ?? '',
        )
        .join(''),
    ]),
  ),
});

const nested = (times: number): object =>
  times === 0
    ? { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a' } }
    : { apiVersion: 'v1', kind: 'List', items: [nested(times - 1)] };
kept('manifests', {
  ...Object.fromEntries([1, 4, 5].map((times) => [`a list in a list, ${times} deep`, { text: nested(times) }])),
  'items without a kind': { text: { items: [nested(0)] } },
  'items of another kind': { text: { kind: 'Other', items: [nested(0)] } },
  'a list of what is annotated': `- ${annotated}\n`,
  'a text': `x ${KEY}\n`,
  'an association without a version': 'kind: PodIdentityAssociation\nspec: { namespace: a }\n',
  'a policy with a kind': { text: { kind: 'x', Statement: [{ Effect: 'Allow', Action: 'a', Resource: '*' }] } },
  'a policy with a version': {
    text: { apiVersion: 'x', Statement: [{ Effect: 'Allow', Action: 'a', Resource: '*' }] },
  },
  ...Object.fromEntries(
    (
      [
        ['v1', 'ConfigMap', 'kfp-launcher'],
        ['v1', 'ConfigMap', 'other'],
        ['v2', 'ConfigMap', 'kfp-launcher'],
        ['v1', 'Secret', 'kfp-launcher'],
      ] as const
    ).map(([version, kind, name]) => [
      `${kind} ${name} of ${version}`,
      `apiVersion: ${version}\nkind: ${kind}\nmetadata: { name: ${name} }\n`,
    ]),
  ),
  'keys in a Secret': manifest('v1', 'Secret', 'data: { AWS_ACCESS_KEY_ID: eA== }\n'),
  'no keys in a Secret': manifest('v1', 'Secret', 'data: { a: eA== }\n'),
});

const pipeline = (env: readonly (readonly [string, string?])[], more = ''): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ml-pipeline }\nspec:\n  template:\n${more}    spec:\n      containers:\n      - env:\n${env
    .map(([name, value]) => `        - { name: ${name}${value === undefined ? '' : `, value: ${value}`} }\n`)
    .join('')}`;
const ACCESS = ['OBJECTSTORECONFIG_ACCESSKEY', 'x'] as const;
const [AWS, MINIO] = ['s3.amazonaws.com', 'minio-service'];
kept('keys of the server of pipelines', {
  'for AWS': pipeline([ACCESS, ['OBJECTSTORECONFIG_HOST', AWS]]),
  'with annotations': pipeline([ACCESS, ['OBJECTSTORECONFIG_HOST', AWS]], '    metadata: { annotations: { a: b } }\n'),
  'for AWS by one of its names': pipeline([
    ACCESS,
    ['OBJECTSTORECONFIG_HOST', AWS],
    ['MINIO_SERVICE_SERVICE_HOST', MINIO],
  ]),
  'for another store': pipeline([ACCESS, ['OBJECTSTORECONFIG_HOST', MINIO]]),
  'for nobody knows what': pipeline([ACCESS]),
  'no keys': pipeline([['OBJECTSTORECONFIG_HOST', AWS]]),
});

const properties = (Type: string, Properties?: unknown): Document => ({
  text: { Resources: { R: { Type, ...(Properties === undefined ? {} : { Properties }) } } },
});
const statement = (more: object): object => ({ Effect: 'Allow', Action: 'a', Resource: '*', ...more });
const text = (...Statement: object[]): string => JSON.stringify({ Statement });
kept('templates of CloudFormation', {
  'a role': properties('AWS::IAM::Role', {
    RoleName: 'r',
    Policies: [{ PolicyDocument: { Statement: [statement({})] } }],
  }),
  'who may assume a role': properties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: { Statement: [{ Action: 'sts:AssumeRoleWithWebIdentity' }] },
  }),
  'a policy of something else': properties('AWS::S3::BucketPolicy', { PolicyDocument: { Statement: [statement({})] } }),
  'a role without properties': properties('AWS::IAM::Role'),
  'policies by their names, and as a text': properties('AWS::Serverless::Function', {
    Policies: ['AmazonS3ReadOnlyAccess', text(statement({})), [], 1, { S3ReadPolicy: { BucketName: 'b' } }],
  }),
  'a provider': properties('AWS::IAM::OIDCProvider', { Url: 'https://x', ClientIdList: ['c'] }),
  'a provider of anybody': properties('AWS::IAM::OIDCProvider', { Url: 'https://x' }),
  'a provider without an address': properties('AWS::IAM::OIDCProvider', { ClientIdList: ['c'] }),
});

const state = (type: string, values?: unknown): Document => ({
  text: {
    terraform_version: '1',
    values: { root_module: { resources: [{ type, ...(values === undefined ? {} : { values }) }] } },
  },
});
const modules = (times: number): object => ({
  ...(times === 0 ? { resources: [{ type: 'aws_iam_policy', values: { policy: text(statement({})) } }] } : {}),
  ...(times === 0 ? {} : { child_modules: [modules(times - 1)] }),
});
kept('states of Terraform', {
  'a policy of a role': state('aws_iam_role_policy', { name: 'p', role: 'r', policy: text(statement({})) }),
  'a role': state('aws_iam_role', { name: 'r', inline_policy: [{ policy: text(statement({})) }] }),
  'a role without a name': state('aws_iam_role', { inline_policy: [{ policy: text(statement({})) }] }),
  'a provider': state('aws_iam_openid_connect_provider', { url: 'x', client_id_list: ['c'] }),
  'a provider of nobody': state('aws_iam_openid_connect_provider', { url: 'x' }),
  'a provider of which nothing is known': state('aws_iam_openid_connect_provider'),
  ...Object.fromEntries(
    ['kubernetes_manifest', 'kubectl_manifest', 'other_manifest'].map((type) => [
      type,
      state(type, { manifest: nested(0) }),
    ]),
  ),
  'a module thirty deep': { text: { terraform_version: '1', values: { root_module: modules(30) } } },
});

const trust = (more: object = {}): object =>
  statement({ Principal: { Federated: 'oidc-provider/x' }, Action: 'sts:AssumeRoleWithWebIdentity', ...more });
const bare = (one: object): object => Object.fromEntries(Object.entries(one).filter(([key]) => key !== 'Resource'));
kept('policies', {
  'one statement of two assumes': {
    text: { Statement: [bare(statement({})), { Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity' }] },
  },
  'no statement': { text: { Version: '2012-10-17', Statement: [] } },
  'trust with a resource': { text: { Statement: [trust()] } },
  'trust with a resource, beside that of an account': {
    text: { Statement: [trust(), trust({ Principal: { AWS: '1' } })] },
  },
  'trust with a resource, beside that of everybody': { text: { Statement: [trust(), trust({ Principal: '*' })] } },
  'a bucket of everybody': { text: { Statement: [statement({ Principal: '*' })] } },
  ...Object.fromEntries(
    ['1', 1, ['1'], { 1: 1 }, true, null].map((Version) => [
      `version ${JSON.stringify(Version)}`,
      { text: { Version, Statement: [statement({})] } },
    ]),
  ),
  ...Object.fromEntries(
    [{ Version: 'x', Other: 1 }, { Other: 1, More: 2 }, 'a b', text(statement({})), ['a'], {}].map((one) => [
      `as the policy of a role: ${JSON.stringify(one)}`,
      properties('AWS::IAM::ManagedPolicy', { PolicyDocument: one }),
    ]),
  ),
});

kept('what patches set', {
  'a field': `- { op: replace, path: /spec/awsIamRole, value: x }\n`,
  'a field that is tested': `- { op: test, path: /spec/awsIamRole, value: x }\n`,
  'a path that is a number': `- { op: replace, path: 5, value: { kind: AwsIamForServiceAccount } }\n`,
  'no path': `- { op: replace, value: { kind: AwsIamForServiceAccount } }\n`,
  'no value': `- { op: remove, path: /spec/awsIamRole }\n`,
});

test('what files are to a kustomization, and what they hold then', () => {
  const root = (one: string): DocNode | undefined => rootsOf({ text: one })[0];
  const files = (one: string): string[] => {
    const node = root(one);
    return node ? configFilesOf(node).map(({ path, of }) => `    ${path} ${JSON.stringify(of)}`) : [];
  };
  const generator = (more: string, head = ''): string =>
    `${head}configMapGenerator:\n- { name: kfp-launcher, ${more} }\n`;
  const said = (one: string): string[] =>
    rootsOf({ text: one }).flatMap((node) => resourcesOf(node, 'kustomization.yaml').map(line));
  const lines = Object.entries({
    'files by their names': generator('files: [a/b, c=d/e, =f, g=]'),
    'of a namespace': generator('files: [a]', 'namespace: n\n'),
    'of pairs': generator('envs: [a.env, b.env], env: c.env'),
    'without a name': 'configMapGenerator: [{ files: [a] }]\n',
    'of a name that is none': 'configMapGenerator: [{ name: [], files: [a] }]\n',
    'patches that are none': 'patches: [5, {}, { patch: 5 }, { path: p.yaml }]\n',
    'no literals': generator('files: [a]'),
    'literals that are none': generator(`literals: [=x, y, defaultPipelineRoot=z, 'a="b"', "c='d"]`),
    'literals of a namespace': generator('literals: [defaultPipelineRoot=z]', 'namespace: n\n'),
    'a secret': 'secretGenerator: [{ name: s, literals: [AWS_ACCESS_KEY_ID=x] }]\n',
  }).flatMap(([title, one]) => [title, ...files(one), ...said(one)]);
  const of = { kind: 'ConfigMap', name: 'kfp-launcher' } as const;
  const made = [of, { ...of, namespace: 'n' }, { ...of, key: 'providers' }].flatMap((one) => [
    `made of a file: ${JSON.stringify(one)}`,
    ...resourcesOfParts([configFrom('# c\na="b"\n c=d\n \t# g=h\n=e\nf\n', one)]).map(line),
  ]);
  asKept('resources/what kustomize makes', [...lines, ...made]);
});

test('what the flags of eksctl make', () => {
  const scalar = (text: string): DocScalar => rootsOf({ text: `"${text}"` })[0] as DocScalar;
  const rows: readonly Readonly<Record<string, string>>[] = [
    { name: 'a', 'attach-policy-arn': 'p' },
    { name: 'a', namespace: 'n', 'attach-role-arn': 'r' },
    { name: 'a', 'role-name': 'r', 'attach-policy-arn': 'p,q' },
    { name: 'a', 'role-name': 'r' },
    { 'attach-policy-arn': 'p' },
    { name: 'a', 'attach-policy-arn': 'p', 'config-file': 'f' },
    { 'config-file': 'f' },
  ];
  asKept(
    'resources/what flags of eksctl make',
    rows.flatMap((flags) => [
      JSON.stringify(flags),
      ...resourcesOfParts(accountOf(new Map(Object.entries(flags).map(([key, value]) => [key, scalar(value)])))).map(
        line,
      ),
    ]),
  );
});

test('patches of what is there by its kind, and versions that are served', () => {
  const patched = (one: string, kind?: string): string[] =>
    rootsOf({ text: one }).flatMap((node) => resourcesOf(node, '', kind === undefined ? {} : { kind }).map(line));
  const crd = (group: string, kind: string, of = 'CustomResourceDefinition'): string =>
    `kind: ${of}\nspec:\n  group: ${group}\n  names: { kind: ${kind} }\n  versions:\n  - { name: v1 }\n  - { name: v2, served: false }\n  - { name: v3, served: true }\n`;
  asKept('resources/patches and definitions', [
    ...['Profile', 'ServiceAccount', 'Other', undefined].flatMap((kind) => [
      `patches of ${kind ?? 'what they name'}`,
      ...patched(manifest('eksctl.io/v1alpha5', 'ClusterConfig', config), kind),
      ...patched(account, kind),
      ...patched('spec: { owner: { name: a } }\n', kind),
      ...patched('- { op: add, path: /spec/plugins, value: [] }\n', kind),
      ...patched('x\n', kind),
    ]),
    ...(
      [
        ['kubeflow.org', 'Profile'],
        ['kubeflow.org', 'Notebook'],
        ['example.com', 'Profile'],
        ['example.com', 'Other'],
        ['kubeflow.org', 'Profile', 'Other'],
      ] as const
    ).map(
      ([group, kind, of]) =>
        `served of ${kind} of ${group}${of === undefined ? '' : ` in an ${of}`}: ${rootsOf({
          text: crd(group, kind, of),
        })
          .flatMap(servedVersions)
          .join(' ')}`,
    ),
  ]);
});
