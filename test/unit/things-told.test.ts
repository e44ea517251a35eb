// What is made of things: of each kind with any part of it changed, of marks of makers, of kubeconfigs, of what is being deleted, of
// settings of pipelines: test/fixtures/told/things/*.txt.
import { describe, test } from 'node:test';
import {
  entriesFor,
  entriesText,
  hasEntries,
  laidOver,
  sameEntries,
  type KubeconfigEntries,
} from '../../src/core/kubeconfig/entries.ts';
import { readEntries } from '../../src/core/kubeconfig/read.ts';
import { isBlank, withEntries } from '../../src/core/kubeconfig/write.ts';
import { between, holds, KINDS, over, same, textOf, type Kind, type Things } from '../../src/core/kinds.ts';
import {
  byMaker,
  keeps,
  keptBy,
  makerOf,
  managedWords,
  marksOf,
  otherMaker,
  otherMakerOf,
  type Marks,
} from '../../src/core/maker.ts';
import type { Namespace, Profile } from '../../src/core/observation.ts';
import { permissionsPolicy, policyText, trustPolicy } from '../../src/core/policy/build.ts';
import { actionsMatching, closest, isKnownService, isSlipOf, suggestActions } from '../../src/core/policy/actions.ts';
import { launcherPlace } from '../../src/core/profile/launcher.ts';
import {
  hiddenAnnotations,
  irsaPlugin,
  manifestYaml,
  meantPlugins,
  newProfile,
  sameProfile,
  touched,
  withAnnotateOnly,
  withPlugin,
} from '../../src/core/profile/manifest.ts';
import { amendRepositories, hasReadableProviders, madeByPipelines } from '../../src/core/profile/pipelines.ts';
import { causesOf, released, type Going } from '../../src/core/profile/stuck.ts';
import { absent, denied, found } from '../../src/core/reading.ts';
import { asKept, besides, variations } from './told.ts';
import { arnOf, cluster as dev, ISSUER, PROVIDER } from './world.ts';

/** What a function gives, on one line; data of the wrong shape may make it throw. */
const of = (make: () => unknown): string => {
  try {
    const value = make();
    return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none'))
      .replaceAll('\n', '⏎')
      .replaceAll(arn, 'ARN');
  } catch {
    return 'throws';
  }
};
/** Each change of a document with what is other then. */
function changed(
  document: object,
  told: (data: unknown, text: string) => readonly string[],
  leave = /^$/,
): readonly string[] {
  const text = JSON.stringify(document);
  const rule = told(JSON.parse(text), text);
  return [
    ...rule,
    ...[...variations(document)].flatMap(([way, all]) =>
      leave.test(way)
        ? []
        : all.flatMap(([what, its]) => [
            what,
            ...besides(told(JSON.parse(its), its), rule).flatMap((line) =>
              line.startsWith('- ') ? [] : [`  ${line}`],
            ),
          ]),
    ),
  ];
}
/** Ways that make another text of the same data, or another type of every value. */
const FEW = /^key$|^value (?:[345678]|1\d)$/;

const cluster = { ...dev, certificateAuthority: 'LS0tLS1CRUdJTg==' };
const { arn } = cluster;
const entries = entriesFor(cluster, { alias: 'mine', awsProfile: 'work' }) as KubeconfigEntries;
const trust = policyText(trustPolicy(PROVIDER, ISSUER, 'team-x'));
const permissions = policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix'));
const binding = { annotations: { user: 'a@b.c', role: 'edit', more: 'x' } };
const SAMPLES: { readonly [K in Kind]?: unknown } = {
  'eks/cluster': cluster,
  'iam/provider': {
    arn: PROVIDER,
    clientIds: ['sts.amazonaws.com', 'x'],
    tags: { 'kubeflow-irsa/made-by': 'x', team: 'y' },
  },
  'eks/pod-identity': {
    id: 'a-1',
    namespace: 'team-x',
    serviceAccount: 'default-editor',
    roleArn: arnOf('team-x'),
    tags: { 'kubeflow-irsa/run': '1', b: 'c' },
    disableSessionTags: true,
    targetRoleArn: arnOf('t'),
    policy: '{}',
  },
  'iam/policy': { arn: 'arn:aws:iam::aws:policy/x' },
  'iam/role': {
    arn: arnOf('team-x'),
    name: 'team-x',
    trustPolicy: trust,
    tags: { 'kubeflow-irsa/profile': 'team-x', team: 'x' },
    boundary: arnOf('b'),
    description: 'd',
    maxSession: 7200,
  },
  'iam/role-boundary': { arn: 'arn:aws:iam::aws:policy/x' },
  'iam/role-settings': { description: 'd', maxSession: 7200 },
  'iam/role-tag': { value: 'v' },
  'iam/role-policy': { text: permissions },
  'iam/role-attachment': { policyArn: 'arn:aws:iam::aws:policy/x' },
  's3/data': {
    bucket: 'artifacts',
    region: 'us-west-2',
    prefix: 'team-x/',
    objects: 2,
    versions: 1,
    markers: 1,
    bytes: 10,
    uploads: 1,
    more: true,
  },
  's3/encryption': { algorithm: 'aws:kms', key: 'alias/x', bucketKey: true },
  'k8s/namespace': { name: 'team-x', owner: 'a@b.c', deleting: false, owned: true, remaining: ['x'] },
  'k8s/profile': {
    ...newProfile('team-x', 'a@b.c', arnOf('team-x'), true),
    metadata: { name: 'team-x', labels: { a: 'b' }, annotations: { c: 'd' } },
  },
  'k8s/finalizer': { finalizer: 'profile-finalizer' },
  'k8s/profile-note': { value: 'v' },
  'k8s/service-account': {
    namespace: 'team-x',
    name: 'default-editor',
    annotations: { 'eks.amazonaws.com/role-arn': arnOf('team-x'), x: 'y' },
  },
  'k8s/config-map': {
    namespace: 'team-x',
    name: 'kfp-launcher',
    data: { defaultPipelineRoot: 's3://artifacts/team-x/v2/artifacts', providers: 's3: {}\n' },
  },
  'k8s/role-binding': {
    name: 'user-a',
    namespace: 'team-x',
    roleRef: { kind: 'ClusterRole', name: 'kubeflow-edit' },
    subjects: [{ kind: 'User', name: 'a@b.c' }],
    ...binding,
  },
  'k8s/authorization-policy': { name: 'user-a', namespace: 'team-x', spec: { rules: [] }, ...binding },
  'file/kubeconfig': entries,
};
describe('kinds', () => {
  for (const [kind, sample] of Object.entries(SAMPLES) as [Kind, object][])
    test(kind, () => {
      const before = JSON.parse(JSON.stringify(sample)) as Things[Kind];
      asKept(
        `things/kinds/${kind.replace('/', ' ')}`,
        changed(
          sample,
          (data) => {
            const answers = [
              () => same(kind, before, data),
              () => same(kind, data, before),
              () => holds(kind, data, before),
              () => holds(kind, before, data),
              () => between(kind, before, before, data),
              () => between(kind, data, before, before),
            ];
            return [
              `${answers.map((answer) => of(answer)[0]).join('')}`,
              `text ${of(() => textOf(kind, data).text)}`,
              `over ${of(() => over(kind, data, before))}`,
            ];
          },
          FEW,
        ),
      );
    });
  test('titles', () =>
    asKept(
      'things/kinds/titles',
      Object.entries(KINDS).map(
        ([kind, { title, may, stays, undoneLast, source }]) =>
          `${kind}: ${title('a/b')}; ${JSON.stringify([may, stays, undoneLast, source])}`,
      ),
    ));
});

const makerTold = (marks: Marks): readonly string[] => {
  const maker = makerOf(marks);
  return [
    of(() => maker),
    of(() => [keeps(maker), byMaker(maker), managedWords(maker), otherMaker(maker), keptBy(maker, 'It')]),
  ];
};
const MARKED: Readonly<Record<string, readonly string[]>> = {
  tags: [
    'services.k8s.aws/controller-version=x',
    'eks:eks-capability-arn=x',
    'eks:kubernetes-api-group=x',
    'crossplane-name=x',
    'crossplane-name=',
    'crossplane-kind=x',
    'crossplane-providerconfig=x',
    'aws:cloudformation:stack-name=x',
    'aws:cloudformation:stack-name=',
    'aws:cloudformation:logical-id=x',
    'Terraform=true',
    'opentofu=yes',
    'terraform=false',
    'terraform=0',
    'tf:module=x',
    'terraform-workspace=x',
    'pulumi:project=x',
    'aws-cdk:x=y',
    'ManagedBy=Terragrunt',
    'managed-by=pulumi',
    'created_by=cdk',
    'CreatedBy=CloudFormation',
    'provisioner=cfn',
    'tool=eksctl',
    'iac=Crossplane',
    'owned by=ansible',
    'source=ack',
    'managed-by=hand',
    'alpha.eksctl.io/iamserviceaccount-name=x',
    'alpha.eksctl.io/cluster-name=x',
    'eksctl.cluster.k8s.io/v1alpha1/cluster-name=x',
    'kubeflow-irsa/made-by=kubeflow-irsa',
    'kubeflow-irsa/managed-by=terraform',
    'kubeflow-irsa/managed-by=other',
    'team=x',
  ],
  labels: [
    'kro.run/instance-name=x',
    'internal.kro.run/instance-name=x',
    'internal.kro.run/owned=true',
    'kro.run/owned=false',
    'argocd.argoproj.io/instance=x',
    'kustomize.toolkit.fluxcd.io/name=x',
    'helm.toolkit.fluxcd.io/name=x',
    'crossplane.io/composite=x',
    'helm.sh/chart=x',
    'app.kubernetes.io/managed-by=eksctl',
    'app.kubernetes.io/managed-by=Helm',
    'app.kubernetes.io/managed-by=terraform-x',
    'app.kubernetes.io/managed-by=pulumi',
    'app.kubernetes.io/managed-by=hand',
    'kubeflow-irsa/made-by=kubeflow-irsa',
    'x=y',
  ],
  annotations: [
    'meta.helm.sh/release-name=x',
    'meta.helm.sh/release-name=',
    'pulumi.com/x=y',
    'argocd.argoproj.io/tracking-id=app:g/K:ns/it',
    'argocd.argoproj.io/tracking-id=app:g/K:ns/other',
    'kubeflow-irsa/managed-by=flux',
    'x=y',
  ],
  managers: [
    'argocd-controller',
    'argocd-application-controller',
    'kustomize-controller',
    'helm-controller',
    'kro',
    'Terraform',
    'HashiCorp',
    'pulumi-kubernetes-x',
    'crossplane',
    'apiextensions.crossplane.io/x',
    'provider-kubernetes/x',
    'eksctl',
    'helm',
    'kubectl',
  ],
  owners: [
    'kro.run/v1',
    'x.kro.run/v1',
    'crossplane.io/v1',
    'x.upbound.io/v1',
    'iam.services.k8s.aws/v1',
    'argoproj.io/v1',
    'kustomize.toolkit.fluxcd.io/v1',
    'kubeflow.org/v1',
    'other.io/v1',
    '',
  ],
};
test('makers', () =>
  asKept('things/makers', [
    ...Object.entries(MARKED).flatMap(([where, all]) =>
      all.flatMap((one) => {
        const [key = '', value = ''] = one.split(/=(.*)/s);
        const texts = { [key]: value };
        const marks =
          where === 'managers'
            ? { managers: [key] }
            : where === 'owners'
              ? { owners: [{ apiVersion: key, kind: 'K', name: 'n' }] }
              : { [where]: texts };
        const metadata =
          where === 'managers'
            ? { managedFields: [{ manager: key }] }
            : where === 'owners'
              ? { ownerReferences: [{ apiVersion: key, kind: 'K', name: 'n' }] }
              : { [where]: texts };
        const names = where === 'tags' ? ['it', 'eksctl-dev-addon-x', PROVIDER] : ['it'];
        return names.flatMap((name) => [
          `${where} ${one} of ${name}`,
          ...makerTold({ name, labels: {}, annotations: {}, ...marks }).map((line) => `  ${line}`),
          ...(where === 'tags'
            ? []
            : [
                `  of a list: ${of(() => otherMakerOf({ name, ...metadata }))}, beside others: ${of(() => otherMakerOf({ name, ...metadata, ...(where === 'labels' ? { labels: { ...texts, y: 'z' } } : {}), ...(where === 'annotations' ? { annotations: { ...texts, y: 'z' } } : {}), ...(where === 'managers' ? { managedFields: [{ manager: 'kubectl' }, { manager: key }] } : {}) }))}`,
              ]),
        ]);
      }),
    ),
    ...['stack-Logical-1ABCDEFGHIJK', 'eksctl-dev-Role1-1ABCDEFGHIJKL', 'a-b-c', `x-${'0'.repeat(18)}deadbeef`].flatMap(
      (name) => [
        name,
        ...makerTold({ name, tags: {} }),
        ...makerTold({ name }),
        ...makerTold({ name, tags: { 'alpha.eksctl.io/cluster-name': 'dev' } }),
      ],
    ),
    ...changed(
      {
        name: 'it',
        labels: { a: 'b' },
        annotations: { c: 'd' },
        ownerReferences: [{ apiVersion: 'kro.run/v1', kind: 'K', name: 'n' }],
        managedFields: [{ manager: 'helm', subresource: 'status' }, { manager: 'eksctl' }],
      },
      (data) => [of(() => marksOf(data as object)), of(() => otherMakerOf(data as object))],
    ),
  ]));

const THEIRS = {
  apiVersion: 'v1',
  kind: 'Config',
  preferences: {},
  clusters: [
    { name: 'kind', cluster: { server: 'https://127.0.0.1:6443' } },
    {
      name: arn,
      cluster: {
        server: cluster.endpoint ?? 'https://x',
        'certificate-authority-data': 'old',
        'proxy-url': 'http://p',
      },
    },
  ],
  users: [
    {
      name: arn,
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1beta1',
          command: 'aws',
          args: ['eks', 'get-token'],
          env: [{ name: 'AWS_PROFILE', value: 'x' }],
        },
      },
    },
    { name: 'kind', user: { token: 's3cr3t' } },
  ],
  contexts: [
    { name: 'kind', context: { cluster: 'kind', user: 'kind' } },
    { name: 'mine', context: { cluster: arn, user: arn, namespace: 'n' } },
    { name: 'other', context: { cluster: arn, user: 'kind' } },
  ],
  'current-context': 'kind',
};
test('kubeconfigs', () =>
  asKept(
    'things/kubeconfigs',
    changed(
      THEIRS,
      (_data, text) => {
        const read = readEntries(text, arn);
        const there = typeof read === 'string' ? undefined : read.entries;
        const edited = (result: ReturnType<typeof withEntries>): string =>
          typeof result === 'string'
            ? result
            : `${result.text.length - text.length} characters more, the same there ${result.text === text}, ours ${of(
                () => {
                  const now = readEntries(result.text, arn);
                  return typeof now !== 'string' && hasEntries(now.entries, entries);
                },
              )}`;
        return [
          `read ${of(() => read)}`,
          `answers ${of(() => there && [sameEntries(there, entries), hasEntries(there, entries), hasEntries(laidOver(there, entries), entries)])}, blank ${isBlank(text)}`,
          `with ours ${of(() => edited(withEntries(text, arn, there, entries)))}`,
          `without ${of(() => edited(withEntries(text, arn, there, undefined)))}`,
        ];
      },
      /^value (?:[1345678]|1\d)$/,
    ),
  ));
test('entries of a kubeconfig', () =>
  asKept(
    'things/entries',
    changed(
      entries,
      (data) => {
        const other = data as KubeconfigEntries;
        return [
          of(() => [
            sameEntries(entries, other),
            sameEntries(other, entries),
            hasEntries(entries, other),
            hasEntries(other, entries),
          ]),
          of(() => laidOver(entries, other)),
          of(() => laidOver(other, entries)),
          of(() => entriesText(other)),
        ];
      },
      FEW,
    ),
  ));
test('signing in in other ways', () => {
  const [one, two, none, exec]: readonly KubeconfigEntries[] = [
    { arn, contexts: [], user: { other: 'a token' } },
    { arn, contexts: [], user: { other: 'a password' } },
    { arn, contexts: [] },
    entries,
  ] as const;
  const all = [one, two, none, exec].flatMap((entry) => (entry === undefined ? [] : [entry]));
  asKept(
    'things/ways to sign in',
    all.flatMap((a) => all.map((b) => of(() => [sameEntries(a, b), hasEntries(a, b)]))),
  );
});

const going: Going = {
  account: '111122223333',
  profile: {
    ...newProfile('team-x', 'a@b.c', arnOf('team-x'), false),
    metadata: { name: 'team-x', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['profile-finalizer', 'x'] },
  },
  namespace: {
    name: 'team-x',
    owner: 'a@b.c',
    deleting: true,
    owned: true,
    remaining: ['Some resources are remaining: pods. has 1 resource instances'],
  } as Namespace,
  role: found({}),
  faults: [
    { part: 'plugin', message: 'A plugin is wrong.' },
    { part: 'owner', message: 'The owner is wrong.' },
    { part: 'quota', message: 'The quota is wrong.' },
  ],
  controller: found({ namespace: 'kubeflow', name: 'profiles-deployment', replicas: 1, ready: 1 } as never),
  bindings: [
    {
      name: 'default-editor',
      namespace: 'team-x',
      roleRef: { kind: 'ClusterRole', name: 'other' },
      subjects: [],
      annotations: {},
    },
    {
      name: 'default-viewer',
      namespace: 'team-x',
      roleRef: { kind: 'ClusterRole', name: 'kubeflow-view' },
      subjects: [],
      annotations: {},
    },
  ] as never,
  deadApis: [{ name: 'v1.x', service: 'a/b' }],
};
test('what is being deleted', () => {
  const told = (data: unknown): readonly string[] => {
    const its = data as Going;
    return [
      ...(of(() => causesOf(its)) === 'throws' ? ['throws'] : causesOf(its).map((cause) => of(() => cause))),
      `released ${of(() => its.profile && released(its.profile, its.faults, its.namespace))}`,
      `alone ${of(() => its.profile && released(its.profile))}`,
      ...(Array.isArray(its.faults) ? (its.faults as NonNullable<Going['faults']>) : []).map(
        (fault) =>
          `with ${of(() => fault.part)} ${of(() => its.profile && released(its.profile, [fault], { owner: 'b' }))}`,
      ),
    ];
  };
  asKept('things/going', [
    ...changed(going, told, FEW),
    ...[absent, denied('iam:GetRole', ''), undefined].flatMap((role) =>
      told({ ...going, faults: [], bindings: [], role }),
    ),
    ...[absent, denied('get deployments', ''), undefined].flatMap((controller) =>
      told({ ...going, faults: [], bindings: [], controller }),
    ),
    ...['WorkloadIdentity', 'AwsIamForServiceAccount', 'Other'].flatMap((kind) =>
      told({
        ...going,
        faults: [],
        profile: { ...going.profile, spec: { ...going.profile?.spec, plugins: [{ kind: 'Other' }, { kind }] } },
      }),
    ),
  ]);
});

test('Profiles', () => {
  const profile = {
    ...newProfile('team-x', 'a@b.c', arnOf('team-x'), false),
    metadata: { name: 'team-x', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', a: 'b' } },
  };
  asKept(
    'things/profiles',
    changed(
      profile,
      (data) => {
        const its = data as Profile;
        return [
          `plugin ${of(() => irsaPlugin(its))}, meant ${of(() => meantPlugins(its).length)}, the same ${of(() => sameProfile(its, profile))}`,
          `with plugin ${of(() => withPlugin(its, 'x', 'r', true))}`,
          `annotates ${of(() => withAnnotateOnly(its))}`,
          `touched ${of(() => touched(its).metadata)}`,
          `hidden ${of(() => hiddenAnnotations(its))}`,
          `file ${of(() => manifestYaml(its))}`,
        ];
      },
      FEW,
    ),
  );
});

const to = { bucket: 'artifacts', region: 'us-west-2', prefix: 'team-x/' };
test('settings of pipelines', () => {
  const provider = {
    s3: {
      default: { endpoint: 's3.us-west-2.amazonaws.com', region: 'us-west-2', credentials: { fromEnv: true } },
      overrides: [
        {
          bucketName: 'artifacts',
          keyPrefix: 'team-x',
          region: 'eu-west-1',
          endpoint: 'minio:9000',
          disableSSL: true,
          credentials: { fromEnv: false, secretRef: { secretName: 's', accessKeyKey: 'a', secretKeyKey: 'b' } },
        },
      ],
    },
  };
  const repository = {
    s3: {
      bucket: 'artifacts',
      keyFormat: 'team-x/x',
      endpoint: 's3.us-west-2.amazonaws.com',
      useSDKCreds: true,
      region: 'us-west-2',
      insecure: false,
      accessKeySecret: { name: 'x', key: 'y' },
    },
  };
  asKept('things/settings of pipelines', [
    ...[
      's3://artifacts/team-x',
      's3://artifacts',
      's3://artifacts/team-x?region=eu-west-1&endpoint=x',
      'minio://mlpipeline/v2',
      'gs://b/p',
      's3://',
      'x',
      's3:///b/k',
      's3://artifacts/?a',
    ].flatMap((root) =>
      [
        {},
        { region: 'us-west-2' },
        { region: 'us-west-2', version: '2.16.1' },
        { region: 'us-west-2', version: '2.17.0' },
        { version: 'x' },
      ].map(
        (around) =>
          `${root} ${JSON.stringify(around)}: ${of(() => launcherPlace({ defaultPipelineRoot: root }, around))}`,
      ),
    ),
    ...['2.16.1', '2.17.0', undefined].flatMap((version) =>
      changed(
        provider,
        (_data, text) => [
          `${version ?? 'any'}: ${of(() => launcherPlace({ defaultPipelineRoot: 's3://artifacts/team-x/v2', providers: text }, { region: 'us-west-2', ...(version === undefined ? {} : { version }) }))}`,
          ...(version === undefined ? [`readable ${hasReadableProviders({ providers: text })}`] : []),
        ],
        version === undefined ? /^$/ : FEW,
      ),
    ),
    ...changed(repository, (_data, text) => [
      of(() => amendRepositories({ namespace: 'n', name: 'artifact-repositories', data: { a: text } }, to)),
    ]),
    ...[
      {},
      { a: 's3: {}' },
      { a: 'gcs: {}' },
      { a: 's3: [' },
      { a: 's3: 1' },
      { a: 's3: {}', b: 's3: {}' },
      { a: 'name: mlpipeline-minio-artifact' },
    ].flatMap((data) => [
      `${JSON.stringify(data)}: ${of(() => amendRepositories({ namespace: 'n', name: 'x', data }, to))}, ${of(() => amendRepositories({ namespace: 'n', name: 'x', data, annotations: { 'workflows.argoproj.io/default-artifact-repository': 'b' } }, to))}`,
      ...['kfp-launcher', 'artifact-repositories', 'x'].map(
        (name) => `made ${name}: ${madeByPipelines({ namespace: 'n', name, data })}`,
      ),
    ]),
    ...[{ defaultPipelineRoot: 'minio://mlpipeline/x' }, { defaultPipelineRoot: 's3://x' }, { providers: 'x' }].map(
      (data) => `made: ${madeByPipelines({ namespace: 'n', name: 'kfp-launcher', data: data })}`,
    ),
  ]);
});

test('names of actions', () => {
  const long = (length: number): string => `s3:Get*${'t'.repeat(length - 7)}`;
  asKept('things/actions', [
    ...[
      's3:Get*',
      's3:GetObject',
      's3:Put?bject',
      's3:x*',
      's3:getobject',
      'kms:*',
      '*',
      'x:*',
      's3:GetObjec',
      `${'*'.repeat(127)}?`,
      `${'*'.repeat(128)}?`,
      's3:*Acl',
      's3:Get*',
    ].map(
      (one) =>
        `${one}: ${actionsMatching(one)
          .map(({ name }) => name)
          .join(' ')}, known ${isKnownService(one)}`,
    ),
    ...[
      'ReEncrypt',
      'kms:ReEncrypt',
      's3:HeadObject',
      's3:ListObjectsV2',
      's3:CreateSession',
      's3:GetObjcet',
      's3:PutObjekt',
      's3:Getobject',
      's3:ListBuckets',
      'x:GetObject',
      's3:',
      '',
      's3:GetObjectXYZW',
      'kms:Decript',
      long(128).replace('*', 'O'),
      long(129),
    ].map((one) => `${one}: ${suggestActions(one).join(' ')}`),
    ...(
      [
        ['abcd', ['abce', 'abdc', 'abcde', 'xbcd']],
        ['abcd', ['abxx', 'abcdef']],
        ['abcdefgh', ['abcdefxx', 'abcdefhg', 'badcefgh']],
        ['abcdefghijkl', ['abcdefghixxx', 'abcdefghi', 'abcdefgh', 'abcdefghijklmno', 'bacdefghijlk']],
        ['abc', ['abd', 'abc']],
        ['', ['', 'a']],
        ['abcdabcdabcd', ['dabcabcdabcd', 'abcdabcdabdc', 'acbdacbdacbd']],
        ['abcdefgh', ['cabdefgh', 'abcdefg', 'abXcdefgh', 'aXbcdefgX']],
        ['x'.repeat(128), ['x'.repeat(127)]],
        ['x'.repeat(129), ['x'.repeat(128)]],
        ['ABCD', ['abcd', 'abce']],
      ] as const
    ).map(
      ([text, all]) =>
        `${text.slice(0, 20)}: ${all
          .map((one) => closest(text, [one]) ?? '-')
          .join(' ')
          .slice(0, 60)} → ${closest(text, all)?.slice(0, 20)}`,
    ),
    ...(
      [
        ['s3:GetObejct', 's3:GetObject'],
        ['kms:Encrypt', 'kms:ReEncrypt'],
        ['s3:GteObject', 's3:GetObject'],
        ['s3:SetObject', 's3:GetObject'],
        ['GetObjct', 's3:GetObject'],
        ['s3:Get', 's3:Get'],
        ['s3:GetObjectAc', 's3:GetObjectAcl'],
        ['s3:GetObXctXcl', 's3:GetObjectAcl'],
      ] as const
    ).map(([a, b]) => `${a} for ${b}: ${isSlipOf(a, b)}`),
  ]);
});
