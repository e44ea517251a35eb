// What lint says of short files that differ in one thing: both, only one, or neither of what goes together. Kept in
// test/fixtures/told/lint/cases-….
import { test } from 'node:test';
import { HOLE } from '../../src/core/document/node.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { asKept } from './told.ts';

const ROLE = 'arn:aws:iam::111122223333:role/team-x';
const ANNOTATION = 'eks.amazonaws.com/role-arn';
type Files = Readonly<Record<string, string>>;
const one = (text: string, file = 'a.yaml'): Files => ({ [file]: text });
const profile = (spec: string, api = 'kubeflow.org/v1'): string =>
  `apiVersion: ${api}\nkind: Profile\nmetadata: { name: team-x }\nspec:\n  owner: { kind: User, name: x@example.com }\n${spec}`;
const plugins = (...items: readonly string[]): Files =>
  one(profile(`  plugins:\n${items.map((item) => `  - ${item}\n`).join('')}`));
const OURS = `{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "${ROLE}", annotateOnly: true } }`;
const quota = (hard: string): Files => one(profile(`  resourceQuotaSpec: ${hard}\n`));
const account = (annotations: string, name = 'default-editor'): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n  namespace: team-x\n  annotations: ${annotations}\n`;
const eksctl = (iam: string): Files =>
  one(`apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: { name: dev, region: us-west-2 }\niam:\n${iam}`);
const accounts = (item: string, more = '  withOIDC: true\n'): Files =>
  eksctl(`${more}  serviceAccounts:\n  - ${item}\n`);
const owner = (text: string): Files =>
  one(`apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec:\n  owner: ${text}\n`);
const policy = (account: string, namespace = 'team-x'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: {
          Federated:
            'arn:aws:iam::444455556666:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub': `system:serviceaccount:${namespace}:${account}`,
            'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud': 'sts.amazonaws.com',
          },
        },
      },
    ],
  });
const patch = (text: string, target = '', name = 'kustomization.yaml'): Files =>
  one(
    `patches:\n- patch: |\n${text
      .split('\n')
      .map((line) => `    ${line}\n`)
      .join('')}${target}`,
    name,
  );
const secret = (name: string, namespace: string, annotations = '{}'): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: ${namespace}, annotations: ${annotations} }\nspec:\n  template:\n    metadata: { labels: { app: ${name} } }\n    spec:\n      containers:\n      - name: ${name}\n        env:\n        - { name: AWS_ACCESS_KEY_ID, value: AKIAIOSFODNN7EXAMPLE }\n        - { name: AWS_SECRET_ACCESS_KEY, value: x }\n`;

const CASES: Readonly<Record<string, Files>> = {
  ...Object.fromEntries(
    (
      [
        ['a list of nothing', '[]'],
        ['null', 'null'],
        ['a text', 'x'],
        ['a hole', '"{{ x }}"'],
        ['an object', OURS],
        ['a list of texts', '[x, null, "{{ x }}"]'],
      ] as const
    ).map(([what, text]) => [`plugins: ${what}`, one(profile(`  plugins: ${text}\n`))]),
  ),
  'plugins: ours': plugins(OURS),
  'plugins: ours twice': plugins(OURS, OURS),
  'plugins: ours, and another role': plugins(OURS, OURS.replace('team-x', 'team-y')),
  'plugins: three of ours': plugins(OURS, OURS, OURS),
  'plugins: of Google, ours': plugins('{ kind: WorkloadIdentity, spec: { gcpServiceAccount: a } }', OURS),
  'plugins: ours, of Google': plugins(OURS, '{ kind: WorkloadIdentity, spec: { gcpServiceAccount: a } }'),
  'plugins: nothing after the dash': plugins(''),
  'plugins: ours, and nothing after the dash': plugins(OURS, ''),
  'plugins: a key that is not known': plugins(
    `{ kind: AwsIamForServiceAccount, spec: { awsiamrole: "${ROLE}", "x${HOLE}": a, AnnotateOnly: true, b: c } }`,
  ),
  'plugins: a setting of a template': plugins(
    `{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "${ROLE}", annotateOnly: "{{ x }}" } }`,
  ),
  'plugins: of Google': plugins('{ kind: WorkloadIdentity, spec: {} }'),
  'plugins: ours, and one of no kind': plugins(OURS, '{ spec: { awsIamRole: x } }'),
  'plugins: one of no kind': plugins('{ spec: { awsIamRole: x, annotateOnly: true } }'),
  'plugins: one of no kind and no role': plugins('{ spec: { a: b } }'),
  'plugins: a kind of null': plugins(`{ kind: null, spec: { awsIamRole: "${ROLE}", annotateOnly: true } }`),
  'plugins: a kind that is a list': plugins(`{ kind: [a], spec: { awsIamRole: "${ROLE}", annotateOnly: true } }`),
  'plugins: a kind of a template': plugins(`{ kind: "{{ x }}", spec: { awsIamRole: x } }`, OURS),
  'plugins: a kind like ours': plugins('{ kind: AWSIAM, spec: {} }'),
  'plugins: a kind like nothing': plugins('{ kind: Other, spec: {} }'),
  'plugins: a kind like nothing with a role': plugins(`{ kind: Other, spec: { awsIamRole: "${ROLE}" } }`),
  'plugins: the settings beside spec': plugins(
    `{ kind: AwsIamForServiceAccount, awsIamRole: "${ROLE}", annotateOnly: true }`,
  ),
  'plugins: the settings beside an empty spec': plugins(
    `{ kind: AwsIamForServiceAccount, awsIamRole: "${ROLE}", spec: null }`,
  ),
  'plugins: the settings apart': plugins(
    `{ awsIamRole: "${ROLE}", kind: AwsIamForServiceAccount, annotateOnly: true }`,
  ),
  'plugins: one setting': plugins(`{ kind: AwsIamForServiceAccount, annotateOnly: true }`),
  'plugins: no spec': plugins('{ kind: AwsIamForServiceAccount }'),
  'plugins: a spec of null': plugins('{ kind: AwsIamForServiceAccount, spec: null }'),
  'plugins: a spec of text': plugins('{ kind: AwsIamForServiceAccount, spec: x }'),
  'plugins: a patch without a kind': one(
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [{ spec: { awsIamRole: "x y" } }] }\n',
    'patch.yaml',
  ),
  'plugins: a patch without a spec': one(
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [{ kind: AwsIamForServiceAccount }] }\n',
    'patch.yaml',
  ),
  ...Object.fromEntries(
    [
      'null',
      'x',
      '{}',
      '{ hard: null }',
      '{ hard: x }',
      '{ hard: "{{ x }}" }',
      '"{{ x }}"',
      '{ hard: { cpu: 1 } }',
      '{ hard: { cpu: -1 } }',
      '{ hard: { pods: 0 } }',
      '{ hard: { pods: "-1" } }',
      '{ hard: { pods: 1.5 } }',
      '{ hard: { "requests.memory": 8gb } }',
      '{ hard: { "limits.memory": 8 GiB } }',
      '{ hard: { storage: 8k } }',
      '{ hard: { storage: 8KB } }',
      '{ hard: { storage: 1e3 } }',
      '{ hard: { storage: "1e" } }',
      '{ hard: { pods: [1] } }',
      '{ hard: { pods: { a: 1 } } }',
      '{ hard: { pods: true } }',
      '{ hard: { pods: "{{ x }}" } }',
      '{ hard: { "{{ x }}": 1 } }',
      '{ hard: { "nvidia.com/gpu": 1 } }',
      '{ hard: { "limits.nvidia.com/gpu": 1 } }',
      '{ hard: { "requests.nvidia.com/gpu": 1 } }',
      '{ hard: { "hugepages-2Mi": 1 } }',
      '{ hard: { "count/pods": 1 } }',
      '{ hard: { "count/x_y": 1 } }',
      '{ hard: { "gold.storageclass.storage.k8s.io/requests.storage": 1Gi } }',
      '{ hard: { Pods: 1 } }',
      '{ hard: { pod: 1 } }',
      '{ hard: { requests_cpu: 1 } }',
      '{ hard: { other: 1 } }',
      '{ hard: { "limits.ephemeral-storage": 1Gi, services.nodeports: 1 } }',
    ].map((hard) => [`quota: ${hard}`, quota(hard)]),
  ),
  ...Object.fromEntries(
    [
      'x',
      'null',
      '[]',
      '{}',
      '{ kind: User }',
      '{ kind: User, name: null }',
      '{ kind: User, name: "" }',
      '{ kind: User, name: 7 }',
      '{ kind: User, name: [a] }',
      '{ kind: User, name: " a@b.c" }',
      '{ kind: User, name: "{{ x }}" }',
      '{ kind: User, name: "<owner>" }',
      `{ kind: User, name: " X${HOLE}" }`,
      '{ kind: User, name: " A@b.c" }',
      '{ kind: User, name: A@b.c }',
      '{ kind: Group, name: A }',
      '{ kind: User, name: user@example.com }',
      '{ kind: user, name: a@b.c }',
      '{ kind: Group, name: a }',
      '{ name: a@b.c }',
      '{ kind: "{{ x }}", name: a@b.c }',
      '{ kind: ServiceAccount, name: a }',
      '{ apiGroup: x, kind: User, name: a@b.c }',
    ].map((text) => [`owner: ${text}`, owner(text)]),
  ),
  ...Object.fromEntries(
    [
      `{ ${ANNOTATION}: "${ROLE}" }`,
      `{ serving.kserve.io/s3-endpoint: s3.amazonaws.com }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-endpoint: s3.amazonaws.com }`,
      `{ ${ANNOTATION}: "", serving.kserve.io/s3-endpoint: s3.amazonaws.com }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-endpoint: minio.kubeflow:9000 }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-endpoint: null }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-useanoncredential: "true" }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-useanoncredential: "false" }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-useanoncredential: "1", serving.kserve.io/s3-verifyssl: "0", serving.kserve.io/s3-usehttps: "0", serving.kserve.io/s3-region: eu }`,
      `{ serving.kserve.io/s3-useanoncredential: "true" }`,
      `{ ${ANNOTATION}: "", serving.kserve.io/s3-useanoncredential: "true" }`,
      'null',
      'x',
      '{}',
      '[]',
    ].map((annotations) => [`account: ${annotations}`, one(account(annotations))]),
  ),
  ...Object.fromEntries(
    [
      '',
      '  withOIDC: true\n',
      '  withOIDC: false\n',
      '  withOIDC: "true"\n',
      '  withOIDC: null\n',
      '  withOidc: true\n',
      '  withoidc: true\n  withOIDC: false\n',
    ].flatMap((more) => [
      [
        `eksctl: ${JSON.stringify(more)}`,
        accounts(
          '{ metadata: { name: a, namespace: team-x }, attachPolicyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] }',
          more,
        ),
      ],
      [`eksctl, no accounts: ${JSON.stringify(more)}`, eksctl(more === '' ? '  serviceRoleARN: x\n' : more)],
    ]),
  ),
  ...Object.fromEntries(
    [
      '{}',
      '{ metadata: {} }',
      '{ metadata: { name: a } }',
      '{ metadata: { namespace: b } }',
      '{ metadata: { name: a, namespace: b } }',
      '{ metadata: { name: a, namespace: b }, roleOnly: true }',
      '{ metadata: { name: a, namespace: b }, attachRoleARN: x }',
      '{ metadata: { name: a, namespace: b }, wellknownpolicies: {} }',
      '{ metadata: { name: a, namespace: b }, attachPolicyARN: [x] }',
      '{ metadata: { name: a, namespace: b }, AttachPolicyARNs: [x] }',
      '{ metadata: { name: a, namespace: b }, AttachPolicyARNs: [x], attachPolicyARNs: [] }',
      '{ metadata: { name: a, namespace: b }, zzz: 1 }',
      '{ metadata: { name: a, namespace: b }, "{{ x }}": 1 }',
      ...[
        'arn:aws:iam::aws:policy/x',
        'arn:aws:iam::111122223333:role/x',
        'arn:aws:s3:::policy/x',
        'arn:aws:iam:us-west-2:aws:policy/x',
        'x',
        '{{ x }}',
        '7',
        'arn:aws-cn:iam::aws:policy/x',
      ].map((arn) => `{ metadata: { name: a, namespace: b }, attachPolicyARNs: ["${arn}"] }`),
    ].map((item) => [`eksctl: ${item}`, accounts(item)]),
  ),
  ...Object.fromEntries(
    (
      [
        [
          'two things apart',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'b/trust.json': policy('default-editor') },
        ],
        [
          'two things together',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'a/trust.json': policy('default-editor') },
        ],
        [
          'of another account of the namespace',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'a/trust.json': policy('builder') },
        ],
        [
          'of nobody',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'a/trust.json': policy('default-editor', 'team-z') },
        ],
        [
          'a role of a template',
          {
            'a/p.yaml': profile(`  plugins: [${OURS.replace('111122223333', '{{ account }}')}]\n`),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'no role',
          {
            'a/p.yaml': profile('  plugins: [{ kind: AwsIamForServiceAccount, spec: {} }]\n'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        ['no plugin', { 'a/p.yaml': profile(''), 'a/trust.json': policy('default-editor') }],
        [
          'a name of a template',
          {
            'a/p.yaml': profile(`  plugins: [${OURS}]\n`).replace('team-x }', '"{{ x }}" }'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'two Profiles of one name',
          {
            'a/p.yaml': profile(`  plugins: [${OURS}]\n`),
            'a/q.yaml': profile(`  plugins: [${OURS}]\n`),
            'a/trust.json': policy('default-editor'),
          },
        ],
      ] as const
    ).map(([what, files]) => [`folder: ${what}`, files as Files]),
  ),
  'a definition of a thing without a version': one(
    profile('  plugins: [x]\n').replace('apiVersion: kubeflow.org/v1\n', ''),
  ),
  'a thing without a kind': one(profile('  plugins: [x]\n').replace('kind: Profile\n', '')),
  'a patch with kind and version': patch(
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [x] }',
  ),
  'a patch with a kind alone': patch('kind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [x] }'),
  'a patch with a version alone': patch(
    'apiVersion: kubeflow.org/v1\nmetadata: { name: team-x }\nspec: { plugins: [x] }',
    '  target: { kind: Profile }\n',
  ),
  'a patch with neither': patch('metadata: { name: team-x }\nspec: { plugins: [x] }', '  target: { kind: Profile }\n'),
  'a patch for another': patch(
    'metadata: { name: team-x }\nspec: { plugins: [x] }',
    '  target: { kind: Deployment }\n',
  ),
  'fields for a Profile': patch('- op: add\n  path: /spec/plugins\n  value: [x]', '  target: { kind: Profile }\n'),
  'fields for an account': patch(
    `- op: add\n  path: /metadata/annotations/eks.amazonaws.com~1role-arn\n  value: x`,
    '  target: { kind: ServiceAccount }\n',
  ),
  'fields for another': patch('- op: add\n  path: /spec/plugins\n  value: [x]', '  target: { kind: Deployment }\n'),
  'fields for nobody': patch('- op: add\n  path: /spec/plugins\n  value: [x]'),
  'keys of ml-pipeline': one(secret('ml-pipeline', 'kubeflow')),
  'keys of ml-pipeline beside an account with a role': {
    'a.yaml': secret('ml-pipeline', 'kubeflow'),
    'b.yaml': account(`{ ${ANNOTATION}: "${ROLE}" }`, 'ml-pipeline').replace('team-x', 'kubeflow'),
  },
  'keys of ml-pipeline beside one of another namespace': {
    'a.yaml': secret('ml-pipeline', 'kubeflow'),
    'b.yaml': account(`{ ${ANNOTATION}: "${ROLE}" }`, 'ml-pipeline'),
  },
  'keys of ml-pipeline with an annotation': one(secret('ml-pipeline', 'kubeflow', `{ ${ANNOTATION}: "${ROLE}" }`)),
  'keys of another with an annotation': one(secret('other', 'kubeflow', `{ ${ANNOTATION}: "${ROLE}" }`)),
};

/** What a case is about: the word before its colon. */
const about = (what: string): string => /^(\w+)(?:, [\w ]+)?:/.exec(what)?.[1] ?? 'others';
for (const group of new Set(Object.keys(CASES).map(about)))
  test(`what lint says: ${group}`, () =>
    asKept(
      `lint/cases-${group}`,
      Object.entries(CASES)
        .filter(([what]) => about(what) === group)
        .flatMap(([what, files]) => {
          const all = Object.entries(files).map(([path, text]) => ({ path, text }));
          const found = lintFolder(all);
          return [
            `# ${what}`,
            ...all.flatMap(({ path, text }) =>
              (found.get(path) ?? []).map(({ id, severity, start, end, message, fixes }) =>
                `${path}: ${id} ${severity} <${text.slice(start, end)}> ${message}${fixes
                  .map(
                    ({ title, edits, preferred }) =>
                      ` [${title}${preferred === true ? '!' : ''}: ${edits.map((edit) => `<${text.slice(edit.start, edit.end)}> ${edit.newText}`).join('; ')}]`,
                  )
                  .join('')}`.replaceAll('\n', '⏎'),
              ),
            ),
          ];
        }),
    ));
