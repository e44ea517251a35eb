// What is said of a profile in a cluster, with what shows it: each reading of a kind beside each of another, at and around each limit. Kept
// in test/fixtures/told/live/cases-….
import { test } from 'node:test';
import type { FailureModeId } from '../../src/core/modes/ids.ts';
import { fingerprint, judgeProfile } from '../../src/core/modes/live.ts';
import type { Problem } from '../../src/core/modes/problem.ts';
import {
  right,
  ROLE,
  role,
  trust,
  policy,
  web,
  ISSUER,
  OTHER,
  ARN,
  AUD,
  BUCKET,
  listed,
  editor,
  permissions,
} from '../../src/core/modes/samples.ts';
import { failureMode } from '../../src/core/modes/table.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import type { Role } from '../../src/core/observation.ts';
import { permissionsPolicy, policyText, tlsOnly } from '../../src/core/policy/build.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { saying } from '../../src/core/phrase.ts';
import { asKept, besides } from './told.ts';

type Change = Partial<ProfileView>;
type Cases = Readonly<Record<string, Change>>;
const NOW = Date.parse('2026-11-23T12:00:00Z');
const { cluster } = right();

const problemLines = (all: readonly Problem[]): readonly string[] =>
  all.flatMap(({ id, message, severity, remark, remedy, evidence = [] }) => [
    `  ${[id, severity ?? '', remark === true ? 'remark' : '', remedy ?? ''].filter((one) => one !== '').join(' ')}: ${message}`,
    ...evidence.map(
      ({ what, where, value }) => `    ${what}, ${where}: ${value.replaceAll(/\s+/g, ' ').slice(0, 120)}`,
    ),
  ]);
const said = (view: ProfileView, verified?: Parameters<typeof judgeProfile>[1]): readonly string[] => {
  const { state, words, problems, remarks, unread } = judgeProfile(view, verified, NOW);
  return [
    `  ${state}: ${saying(words, (text) => text)}`,
    ...problemLines([...problems, ...remarks]),
    ...unread.map(
      ({ what, id, permission = '', reason = '' }) =>
        `  not read: ${saying(what, (text) => text)} ${permission}${reason}${id === undefined ? '' : ` (${id})`}`,
    ),
  ];
};
/** The judges of some modes; of all, the state is told, too. */
type Judged = readonly FailureModeId[] | 'all';
const saysOf = (ids: Judged): ((view: ProfileView) => readonly string[]) => {
  if (ids === 'all') return said;
  const judges = [...new Set(ids.flatMap((id) => failureMode(id).live ?? []))];
  return (view) => problemLines(judges.flatMap((judge) => judge(view, NOW)));
};
/** Each of some beside each of others; a case of which nothing is said is told in one line with its like. */
const told = (name: string, ids: Judged, some: Cases, others: Cases = { '': {} }): void => {
  test(name, () => {
    const says = saysOf(ids);
    const rule = says(right());
    const sound: string[] = [];
    const lines = Object.entries(some).flatMap(([what, change]) =>
      Object.entries(others).flatMap(([where, more]) => {
        const both = where === '' ? what : `${what}; ${where}`;
        const all = besides(says(right({ ...change, ...more })), rule).filter((line) => !line.startsWith('- '));
        if (all.length > 0) return [both, ...all];
        sound.push(both);
        return [];
      }),
    );
    asKept(`live/cases-${name}`, [...lines, '', 'nothing is said of:', ...sound.map((one) => `  ${one}`)]);
  });
};
const by = <T>(list: readonly T[], make: (one: T) => Change, name: (one: T) => string = String): Cases =>
  Object.fromEntries(list.map((one) => [name(one), make(one)]));
const many = (count: number, start = 'team-'): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${start}${at}`);
const withoutIssuer = (({ issuer: _, ...rest }) => rest)(cluster);
const its = (change: Partial<Role>): Reading<Role> => found(role(change));
const plugin = (annotateOnly: boolean | undefined, awsIamRole: string | undefined = ROLE): ProfileView['profile'] =>
  listed({ plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole, annotateOnly } }] });
const ASSOCIATED = `${ROLE}-pods`;
const associations = (...names: readonly string[]) =>
  found(
    names.map((name) => {
      const [namespace = '', serviceAccount = ''] = name.split('/');
      return { id: `a-${name}`, namespace, serviceAccount };
    }),
  );

told(
  'providers',
  ['KP-025', 'KP-038'],
  {
    found: {},
    'for another audience': { provider: found({ arn: `${ARN}${ISSUER}`, clientIds: ['x'] }) },
    absent: { provider: absent },
    'not read': { provider: denied('iam:GetOpenIDConnectProvider', '') },
    'not yet': { provider: undefined },
  },
  {
    ...by(
      [undefined, 0, 99, 100, 101],
      (count) => (count === undefined ? {} : { providers: found(many(count)) }),
      (count) => `${count ?? 'unknown'} of them`,
    ),
    'no issuer': { cluster: withoutIssuer, providers: found(many(100)) },
    'they are not read': { providers: denied('iam:ListOpenIDConnectProviders', '') },
  },
);

const controller = (change: object = {}) =>
  found({ namespace: 'kubeflow', name: 'profiles-deployment', image: 'x/profile-controller:v1.9.0', ...change });
told(
  'controllers',
  ['KP-019', 'KP-093', 'KP-094'],
  {
    ...by(['v1.6.1', 'v1.7.0', 'v1.9.0', 'latest', ''], (tag) => ({
      controller: controller({ image: `x/profile-controller:${tag}` }),
    })),
    stopped: { controller: controller({ stopped: true }) },
    absent: { controller: absent },
  },
  {
    annotates: {},
    'edits the policy': { profile: plugin(false) },
    'no role': { profile: listed({ plugins: [] }) },
    'no plugin to speak of': { profile: plugin(true, '') },
    'Profiles are not known': { api: found({ connection: '', profileVersions: [] }) },
    'Profiles are known': { api: found({ connection: '', profileVersions: ['v1'] }) },
    'Profiles are not known, and pipelines': {
      controller: absent,
      api: found({ connection: '', profileVersions: [] }),
      pipelines: found({ namespace: 'kubeflow', name: 'ml-pipeline', image: 'x:1' }),
    },
    'Profiles are not known, and nothing else': {
      controller: absent,
      api: found({ connection: '', profileVersions: [] }),
    },
  },
);
const CONTROLLERS_ROLE = `${ROLE}-controller`;
const mayEdit = (Action: unknown = ['iam:GetRole', 'iam:UpdateAssumeRolePolicy'], Resource = '*'): Reading<Role> =>
  found(
    role({
      arn: CONTROLLERS_ROLE,
      name: 'team-a-controller',
      trustPolicy: policy(
        web({
          Condition: {
            StringEquals: {
              [`${ISSUER}:aud`]: AUD,
              [`${ISSUER}:sub`]: 'system:serviceaccount:kubeflow:profiles-controller-service-account',
            },
          },
        }),
      ),
      inline: [{ name: 'edit', text: policy({ Effect: 'Allow', Action, Resource }) }],
    }),
  );
const ofController = (annotations: Readonly<Record<string, string>>) =>
  found({ namespace: 'kubeflow', name: 'profiles-controller-service-account', annotations });
const ANNOTATION = 'eks.amazonaws.com/role-arn';
told(
  'rights of the controller',
  ['KP-020'],
  {
    'a role that may': {
      controllerAccount: ofController({ [ANNOTATION]: CONTROLLERS_ROLE }),
      controllerRole: mayEdit(),
    },
    'a role that may not': {
      controllerAccount: ofController({ [ANNOTATION]: CONTROLLERS_ROLE }),
      controllerRole: mayEdit('s3:GetObject'),
    },
    'a role that may half': {
      controllerAccount: ofController({ [ANNOTATION]: CONTROLLERS_ROLE }),
      controllerRole: mayEdit('iam:GetRole'),
    },
    'a role that there is not': {
      controllerAccount: ofController({ [ANNOTATION]: CONTROLLERS_ROLE }),
      controllerRole: absent,
    },
    'a role that is not read': {
      controllerAccount: ofController({ [ANNOTATION]: CONTROLLERS_ROLE }),
      controllerRole: denied('iam:GetRole', ''),
    },
    'no role': { controllerAccount: ofController({}), controllerRole: absent },
    'no account': { controllerAccount: absent },
    'nobody asked': {},
  },
  Object.fromEntries(
    Object.entries<Change>({
      'no associations are known': {},
      'no associations': { associations: associations() },
      'its association': { associations: associations('kubeflow/profiles-controller-service-account') },
      'of another account': { associations: associations('kubeflow/other') },
      'of another namespace': { associations: associations('other/profiles-controller-service-account') },
      'associations that are not read': { associations: denied('eks:ListPodIdentityAssociations', '') },
    }).flatMap(([name, change]) =>
      Object.entries<Change>({
        'it is written': { profile: plugin(false) },
        'it is not written': {
          profile: plugin(false),
          role: its({ trustPolicy: trust({ Condition: { StringEquals: { [`${ISSUER}:aud`]: AUD } } }) }),
        },
        'no role to write': { profile: plugin(false), role: absent },
        'nothing to write': {},
        'no issuer': { profile: plugin(false), cluster: withoutIssuer },
      }).map(([what, more]) => [`${name}, ${what}`, { ...change, ...more }]),
    ),
  ),
);

const binding = (name: string, kind: string, of: string) => ({
  bindings: found([{ namespace: 'team-a', name, annotations: {}, roleRef: { kind, name: of }, subjects: [] }]),
});
told('bindings', ['KP-083'], {
  right: binding('default-editor', 'ClusterRole', 'kubeflow-edit'),
  'of another role': binding('default-editor', 'ClusterRole', 'kubeflow-view'),
  'of a Role': binding('default-editor', 'Role', 'kubeflow-edit'),
  'right, of the viewer': binding('default-viewer', 'ClusterRole', 'kubeflow-view'),
  'of another role, of the viewer': binding('default-viewer', 'ClusterRole', 'kubeflow-edit'),
  'of somebody else': binding('other', 'Role', 'x'),
  'not read': { bindings: denied('list rolebindings', '') },
});

told(
  'namespaces and times',
  'all',
  {
    ...by(['User@example.com', undefined], (owner) => ({
      namespace: found({ name: 'team-a', ...(owner === undefined ? {} : { owner }), deleting: false }),
    })),
    absent: { namespace: absent },
    'not read': { namespace: denied('get namespaces', '') },
    'no account and no role': { serviceAccount: absent, role: undefined },
    'no role yet': { role: undefined },
    'no provider yet': { provider: undefined },
  },
  {
    ...Object.fromEntries(
      [-120_000, -119_999, 119_999, 120_000].map((ms) => [
        `made ${ms} ms ago`,
        { profile: { ...listed(), created: new Date(NOW - ms).toISOString() } },
      ]),
    ),
    'made at no time': { profile: { ...listed(), created: 'x' } },
    'no owner': { profile: listed({ owner: {} }) },
    ...Object.fromEntries(
      [120_000, 120_001].flatMap((ms) => [
        [`deleted ${ms} ms ago`, { profile: listed({}, { deletionTimestamp: new Date(NOW - ms).toISOString() }) }],
        [
          `deleted ${ms} ms ago, without finalizers`,
          { profile: { ...listed({}, { deletionTimestamp: new Date(NOW - ms).toISOString() }), finalizers: [] } },
        ],
      ]),
    ),
    'deleted at no time': { profile: listed({}, { deletionTimestamp: 'x' }) },
  },
);

const pods = (change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: ['sts:AssumeRole', 'sts:TagSession'],
  Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
  ...change,
});
const podRole = (change: Partial<Role> = {}, ...statements: readonly object[]): Reading<Role> =>
  its({
    arn: ASSOCIATED,
    name: 'team-a-pods',
    trustPolicy: policy(...(statements.length > 0 ? statements : [pods()])),
    ...change,
  });
const association = (change: object = {}): Change => ({
  association: found({
    id: 'a-1',
    namespace: 'team-a',
    serviceAccount: 'default-editor',
    roleArn: ASSOCIATED,
    tags: {},
    ...change,
  }),
});
const TAGGED = [
  { name: 's3', text: permissions({ Resource: `${BUCKET}/\${aws:PrincipalTag/kubernetes-namespace}/*` }) },
];
told(
  'Pod Identity',
  ['KP-062', 'KP-073'],
  {
    right: { podRole: podRole() },
    'a role that is not there': { podRole: absent },
    'a role that is not read': { podRole: failed('x') },
    'nobody asked for the role': {},
    ...by(
      [
        'pods.eks.amazonaws.com',
        'eks.amazonaws.com',
        'ec2.amazonaws.com',
        ['ec2.amazonaws.com', 'pods.eks.amazonaws.com'],
      ],
      (Service) => ({ podRole: podRole({}, pods({ Principal: { Service } })) }),
    ),
    ...by(
      ['sts:AssumeRole', 'sts:TagSession', 'sts:*', 'STS:assumerole', 's3:*', ['sts:TagSession', 'sts:Assume*']],
      (Action) => ({
        podRole: podRole({}, pods({ Action })),
      }),
    ),
    ...by(
      [
        'aws:SourceAccount',
        'aws:SourceArn',
        'AWS:SOURCEORGID',
        'aws:RequestTag/kubernetes-namespace',
        'aws:RequestTag/eks-cluster-arn',
        'aws:RequestTag/other',
        'aws:SourceIp',
      ],
      (key) => ({ podRole: podRole({}, pods({ Condition: { StringEquals: { [key]: 'x' } } })) }),
    ),
    'no condition': { podRole: podRole({}, pods({ Condition: undefined })) },
    'a condition that is none': { podRole: podRole({}, pods({ Condition: 'x' })) },
    'tests that are none': {
      podRole: podRole({}, pods({ Condition: { StringEquals: 'x', Bool: { 'aws:SourceIp': 'x' } } })),
    },
    'two statements': { podRole: podRole({}, pods({ Action: 'sts:AssumeRole' }), pods({ Action: 'sts:TagSession' })) },
    'two statements, one of them bound': { podRole: podRole({}, pods({ Condition: undefined }), pods()) },
    'a Deny': { podRole: podRole({}, { ...pods(), Effect: 'Deny' }) },
    'no policy': { podRole: podRole({ trustPolicy: 'x' }) },
    'a text for the principal': { podRole: podRole({}, pods({ Principal: '*' })) },
  },
  {
    'an association': { ...association(), serviceAccount: editor({}), profile: listed({ plugins: [] }), role: absent },
    'no association': {},
    'an association beside the role': association(),
  },
);
told('session policies', ['KP-062', 'KP-076'], {
  ...by([undefined, '', 'x', '[]', '{}', '"x"'], (text) => association({ policy: text })),
  ...by([2047, 2048, 2049], (length) =>
    association({ policy: JSON.stringify({ a: 'x'.repeat(length - 8) }), disableSessionTags: true }),
  ),
  ...by(
    [true, false, undefined],
    (disableSessionTags) => association({ policy: '{}', disableSessionTags }),
    (one) => `tags left out: ${one}`,
  ),
  'no policy, and no tags': association({ disableSessionTags: true }),
  'the role of the annotation': association({ roleArn: ROLE }),
  'no role beside': { ...association(), serviceAccount: editor({}), profile: listed({ plugins: [] }) },
  'an empty role beside': {
    ...association(),
    serviceAccount: editor({ [ANNOTATION]: '' }),
    profile: listed({ plugins: [] }),
  },
});
const TAG_ANY = { name: 'tags', text: policy({ Effect: 'Allow', Action: 'iam:TagRole', Resource: '*' }) };
told(
  'tags of sessions',
  ['KP-074', 'KP-075'],
  {
    'no tags are asked for': {},
    'tags are asked for': { role: its({ inline: TAGGED }) },
    'tags are asked for in ours': { role: its({ inline: [{ name: 'kf-pipeline-s3', text: TAGGED[0]?.text ?? '' }] }) },
    'tags are asked for in ours and another': {
      role: its({ inline: [...TAGGED, { name: 'kf-pipeline-s3', text: TAGGED[0]?.text ?? '' }] }),
    },
    'the role has the tag': { role: its({ inline: TAGGED, tags: { 'kubernetes-namespace': 'team-a' } }) },
    'the role has another tag': { role: its({ inline: TAGGED, tags: { 'kubernetes-pod-name': 'x', other: 'y' } }) },
    'tags are asked for in ours, and the role has another': {
      role: its({
        inline: [{ name: 'kf-pipeline-s3', text: TAGGED[0]?.text ?? '' }],
        tags: { 'kubernetes-pod-name': 'x' },
      }),
    },
    'the role has the tag for nothing': { role: its({ tags: { 'kubernetes-namespace': 'team-a' } }) },
    'pods may tag': { role: its({ inline: [...role().inline, TAG_ANY] }) },
    'pods may tag, and tags are asked for': { role: its({ inline: [...TAGGED, TAG_ANY] }) },
    'others may tag': {
      role: its({
        inline: TAGGED,
        trustPolicy: policy(
          web(),
          pods(),
          pods({ Principal: { AWS: '111122223333', Service: 'ec2.amazonaws.com', Federated: 'x' } }),
        ),
      }),
    },
    'others may not tag': {
      role: its({
        inline: TAGGED,
        trustPolicy: policy(web(), pods({ Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } })),
      }),
    },
    'of a managed policy': {
      role: its({ attached: ['arn:aws:iam::111122223333:policy/tags'] }),
      policies: { 'arn:aws:iam::111122223333:policy/tags': found(TAGGED[0]?.text ?? '') },
    },
    'of a managed policy that is not read': { role: its({ attached: ['arn:aws:iam::111122223333:policy/tags'] }) },
  },
  {
    'no association': { association: absent },
    'an association': association(),
    'an association with the same role': { ...association({ roleArn: ROLE }), podRole: its({ inline: TAGGED }) },
    'an association with another role': {
      ...association(),
      podRole: podRole({ inline: TAGGED, tags: { 'kubernetes-namespace': 'x' } }),
    },
    'an association with another role, by a policy like ours': {
      ...association(),
      podRole: podRole({
        inline: [{ name: 'kf-pipeline-s3', text: TAGGED[0]?.text ?? '' }],
        tags: { 'kubernetes-namespace': 'x' },
      }),
    },
    'nobody asked': {},
  },
);

told(
  'releases',
  ['KP-072', 'KP-059'],
  by(['2.4.0', '2.5.0', '2.14.3', '2.15.0', '2.15.2', '2.16.0', '2.17.0', 'latest', '1.8.5'], (release) => ({
    pipelines: found({
      namespace: 'kubeflow',
      name: 'ml-pipeline',
      image: `ghcr.io/kubeflow/kfp-api-server:${release}`,
    }),
  })),
  {
    'nobody asked': {},
    ...by(
      [
        [],
        ['team-a/default-editor'],
        ['kubeflow/ml-pipeline'],
        ['team-a/default-editor', 'kubeflow/ml-pipeline'],
        ['team-a/other', 'other/default-editor', 'kubeflow/other', 'other/ml-pipeline', 'team-a/ml-pipeline'],
      ],
      (names) => ({ associations: associations(...names) }),
      (names) => names.join(', ') || 'none',
    ),
  },
);

const elsewhere = ROLE.replace('role/', 'role/teams/');
const abroad = ROLE.replace('111122223333', '444455556666');
told(
  'roles',
  ['KP-086'],
  {
    right: {},
    absent: { role: absent },
    'not read': { role: denied('iam:GetRole', '') },
    'under another path': { role: its({ arn: elsewhere }) },
    'of another account': {
      serviceAccount: editor({ [ANNOTATION]: abroad }),
      role: absent,
      profile: plugin(true, abroad),
    },
    'of another account, found': {
      serviceAccount: editor({ [ANNOTATION]: abroad }),
      role: its({ arn: elsewhere.replace('111122223333', '444455556666') }),
      profile: plugin(true, abroad),
    },
    'no ARN': { serviceAccount: editor({ [ANNOTATION]: 'x' }), role: absent, profile: plugin(true, 'x') },
    none: { serviceAccount: editor({}), role: absent, profile: listed({ plugins: [] }) },
    'another than the plugin says': {
      serviceAccount: editor({ [ANNOTATION]: `${ROLE}-b` }),
      role: its({ arn: `${ROLE}-b`, name: 'team-a-b' }),
    },
    'made for it': {
      role: its({
        tags: {
          'kubeflow-irsa/made-by': 'kubeflow-irsa',
          'kubeflow-irsa/profile': 'team-a',
          'kubeflow-irsa/cluster': cluster.arn,
        },
      }),
    },
    'made for another': {
      role: its({
        tags: {
          'kubeflow-irsa/made-by': 'kubeflow-irsa',
          'kubeflow-irsa/profile': 'team-b',
          'kubeflow-irsa/cluster': cluster.arn,
        },
      }),
    },
  },
  {
    ...by(
      [0, 1, 3, 4, 9, 10],
      (count) => ({ sharedWith: many(count) }),
      (count) => `shared with ${count}`,
    ),
    'shared, and no issuer': { sharedWith: ['team-b'], cluster: withoutIssuer },
  },
);
const MAKER = { 'kubeflow-irsa/made-by': 'kubeflow-irsa' };
const born = (ms: number, tags: Readonly<Record<string, string>>, trustPolicy = trust()): Change => ({
  role: its({ tags, trustPolicy, created: new Date(Date.parse(listed().created ?? '') - ms).toISOString() }),
});
const SERVICE = policy({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' });
told('roles of a time', ['KP-037', 'KP-080'], {
  ...Object.fromEntries(
    [-1, 0, 1, 3_599_999, 3_600_000, 3_600_001, 86_400_000, 86_400_001].flatMap((ms) =>
      Object.entries({
        'of nobody': {},
        ours: { ...MAKER, 'kubeflow-irsa/profile': 'team-a', 'kubeflow-irsa/cluster': cluster.arn },
        'ours, of another owner': {
          ...MAKER,
          'kubeflow-irsa/profile': 'team-a',
          'kubeflow-irsa/cluster': cluster.arn,
          'kubeflow-irsa/owner': 'x',
        },
        'ours, of the owner': {
          ...MAKER,
          'kubeflow-irsa/profile': 'team-a',
          'kubeflow-irsa/cluster': cluster.arn,
          'kubeflow-irsa/owner': 'user@example.com',
        },
        'ours, of another cluster': { ...MAKER, 'kubeflow-irsa/profile': 'team-a', 'kubeflow-irsa/cluster': 'x' },
        "another profile's": { ...MAKER, 'kubeflow-irsa/profile': 'team-b', 'kubeflow-irsa/cluster': cluster.arn },
      }).flatMap(([whose, tags]): [string, Change][] => [
        [`${ms} ms older, ${whose}`, born(ms, tags)],
        [`${ms} ms older, ${whose}, for a service`, born(ms, tags, SERVICE)],
      ]),
    ),
  ),
  'for another cluster': born(1000, {}, policy(web({}, OTHER))),
  'for both': born(1000, {}, policy(web({}, OTHER), web())),
  'for a service, and no issuer': { ...born(1000, {}, SERVICE), cluster: withoutIssuer },
  'for a service, and no time': { ...born(1000, {}, SERVICE), profile: { ...listed(), created: undefined } as never },
  'for a service, and a time that is none': { ...born(1000, {}, SERVICE), profile: { ...listed(), created: 'x' } },
  'no owner': {
    ...born(90_000_000, { ...MAKER, 'kubeflow-irsa/profile': 'team-a', 'kubeflow-irsa/cluster': cluster.arn }),
    profile: listed({ owner: undefined as never }),
  },
});

const net = (everyPod: boolean, egress?: readonly object[], name = 'a') => ({
  namespace: 'team-a',
  name,
  everyPod,
  ...(egress === undefined ? {} : { egress }),
});
const mesh = (text: string | undefined, ...hosts: readonly string[]): Change => ({
  mesh: found({ namespace: 'istio-system', name: 'istio', data: text === undefined ? {} : { mesh: text } }),
  serviceEntries: found(hosts.map((host) => ({ namespace: 'x', name: host, hosts: [host] }))),
});
const ONLY = 'outboundTrafficPolicy: { mode: REGISTRY_ONLY }';
told('ways out', ['KP-061', 'KP-064'], {
  ...Object.fromEntries(
    Object.entries({
      'no policies': [],
      'one that limits nothing': [net(true)],
      'one that lets nothing out': [net(true, [])],
      'one for some pods': [net(false, [])],
      'one that lets out': [net(true, [{ outside: true }])],
      'one that lets within': [net(true, [{ outside: false, ports: [443] }])],
      'one for a port': [net(true, [{ outside: true, ports: [80] }])],
      'one for the port': [net(true, [{ outside: true, ports: [80, 443] }])],
      'one for its name': [net(true, [{ outside: true, ports: ['https'] }])],
      'one for another name': [net(true, [{ outside: true, ports: ['http'] }])],
      'two, and one lets out': [net(true, []), net(false, [{ outside: true }], 'b')],
      'two that let nothing out': [
        net(true, []),
        net(true, [{ outside: false }], 'b'),
        net(false, [], 'c'),
        net(false, undefined, 'd'),
      ],
    }).map(([name, all]) => [name, { networkPolicies: found(all as never) }]),
  ),
  'policies that are not read': { networkPolicies: denied('list networkpolicies', '') },
  ...Object.fromEntries(
    (
      [
        [ONLY],
        [ONLY, '*'],
        [ONLY, 'sts.us-west-2.amazonaws.com'],
        [ONLY, '*.us-west-2.amazonaws.com'],
        [ONLY, '*.amazonaws.com'],
        [ONLY, '*.sts.us-west-2.amazonaws.com'],
        [ONLY, 'sts.amazonaws.com', 's3.us-west-2.amazonaws.com'],
        [ONLY, '*amazonaws.com'],
        ['outboundTrafficPolicy: { mode: ALLOW_ANY }'],
        ['outboundTrafficPolicy: REGISTRY_ONLY'],
        [''],
        ['['],
      ] as const
    ).map(([text, ...hosts]) => [`mesh: ${text} ${hosts.join(' ')}`, mesh(text, ...hosts)]),
  ),
  'mesh: one entry of several hosts': {
    ...mesh(ONLY),
    serviceEntries: found([
      { namespace: 'x', name: 'aws', hosts: ['s3.us-west-2.amazonaws.com', 'sts.us-west-2.amazonaws.com'] },
    ]),
  },
  'mesh: nothing': mesh(undefined),
  'mesh, and no entries': { mesh: mesh(ONLY).mesh as never },
  'of China': { ...mesh(ONLY, 'sts.cn-north-1.amazonaws.com'), cluster: { ...cluster, region: 'cn-north-1' } },
  'of China, and its host': {
    ...mesh(ONLY, 'sts.cn-north-1.amazonaws.com.cn'),
    cluster: { ...cluster, region: 'cn-north-1' },
  },
  'the account': { caller: found({ account: '111122223333', arn: 'a' }) },
  'another account': { caller: found({ account: '444455556666', arn: 'b' }) },
});
const HERE = 'https://abc.gr7.us-west-2.eks.amazonaws.com';
const THERE = 'https://def.gr7.us-west-2.eks.amazonaws.com';
told(
  'contexts',
  ['KP-063'],
  Object.fromEntries(
    [
      undefined,
      HERE,
      `${HERE}/`,
      HERE.toUpperCase(),
      THERE,
      'https://proxy:8443',
      'http://def.gr7.us-west-2.eks.amazonaws.com',
      `${THERE}:443`,
    ].flatMap((current) =>
      [[], [HERE], [`${HERE}//`], [THERE], [THERE, HERE, `${THERE}.cn`], ['https://proxy']].map(
        (named): [string, Change] => [
          `${current ?? 'none'} of ${named.join(', ')}`,
          {
            api: found({
              connection: '',
              profileVersions: ['v1'],
              contexts: {
                ...(current === undefined ? {} : { current: { name: 'now', server: current } }),
                named: named.map((server, at) => ({ name: `c${at}`, server })),
              },
            }),
          },
        ],
      ),
    ),
  ),
  { 'an endpoint': { cluster: { ...cluster, endpoint: HERE } }, 'no endpoint': {} },
);

const NAME = 'team-a-data';
const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ABROAD = KEY.replace('111122223333', '444455556666');
const OPEN = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
const bucket = (change: object = {}, of: object = {}): Change => ({
  buckets: {
    [NAME]: {
      bucket: found({ name: NAME, region: 'us-west-2', accessible: true, ...of }),
      encryption: absent,
      policy: absent,
      ...change,
    },
  },
});
const key = (change: object = {}, of: object = {}, encryption: object = {}): Change =>
  bucket(
    {
      encryption: found({ algorithm: 'aws:kms', key: KEY, ...encryption }),
      key: found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, policy: policy(OPEN), ...change }),
    },
    of,
  );
const mayUse = (Action: unknown = ['kms:Decrypt', 'kms:GenerateDataKey'], Resource = KEY): Reading<Role> =>
  its({
    inline: [
      { name: 's3', text: permissions({}) },
      { name: 'key', text: policy({ Effect: 'Allow', Action, Resource }) },
    ],
  });
const own = (Principal: unknown, more: object = {}) => policy({ ...OPEN, Principal, ...more });
told(
  'keys',
  ['KP-047'],
  {
    ...by(['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport', 'Unavailable', 'Creating'], (state) =>
      key({ state }),
    ),
    'about to be deleted on a day': key({ state: 'PendingDeletion', deletion: '2026-12-24T00:00:00Z' }),
    'of AWS': key({ managedByAws: true }),
    'of AWS, in a bucket of another account': key({ managedByAws: true }, { foreign: true }),
    'in a bucket of another account': key({}, { foreign: true }),
    'by its alias': key({}, {}, { key: 'alias/aws/s3' }),
    'of another alias': key({}, {}, { key: 'alias/ours' }),
    'no key': key({}, {}, { key: undefined }),
    'another algorithm': key({}, {}, { algorithm: 'AES256' }),
    'of two layers': key({}, {}, { algorithm: 'aws:kms:dsse' }),
    'not symmetric': key({ symmetric: false }),
    'no policy that is known': key({ policy: undefined }),
    'a policy for the role': key({ policy: own({ AWS: ROLE }) }),
    'a policy for another': key({ policy: own({ AWS: `${ROLE}-b` }) }),
    'a policy that denies': key({ policy: policy(OPEN, { ...OPEN, Effect: 'Deny', Principal: '*' }) }),
    'a policy for another action': key({ policy: own({ AWS: ROLE }, { Action: 'kms:Decrypt' }) }),
    'of another account': key({ arn: ABROAD, policy: own({ AWS: ROLE }) }, {}, { key: ABROAD }),
    absent: bucket({ encryption: found({ algorithm: 'aws:kms', key: KEY }), key: absent }),
    'not read': bucket({ encryption: found({ algorithm: 'aws:kms', key: KEY }), key: failed('x') }),
    'not asked for': bucket({ encryption: found({ algorithm: 'aws:kms', key: KEY }) }),
  },
  {
    'may not': {},
    may: { role: mayUse() },
    'may one': { role: mayUse('kms:Decrypt') },
    'may elsewhere': { role: mayUse(undefined, ABROAD) },
    'may not write': { role: its({ inline: [] }) },
    'no role': { role: absent },
  },
);
const launcher = (providers: string | undefined, root = 's3://team-a-data/v2'): Change => ({
  launcher: found({
    namespace: 'team-a',
    name: 'kfp-launcher',
    data: { ...(root === '' ? {} : { defaultPipelineRoot: root }), ...(providers === undefined ? {} : { providers }) },
  }),
});
const store = (text: string): string => `s3: { default: ${text} }`;
const reader = its({
  inline: [{ name: 's3', text: policy({ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' }) }],
});
told(
  'where pipelines write',
  ['KP-046', 'KP-048', 'KP-055', 'KP-056'],
  {
    right: {},
    'no root': launcher(undefined, ''),
    'in the cluster': launcher(undefined, 'minio://mlpipeline/v2/artifacts'),
    'another bucket': launcher(undefined, 's3://other/v2'),
    'no ConfigMap': { launcher: absent },
    'a ConfigMap that is not read': { launcher: denied('get configmaps', '') },
    'with keys': launcher(
      store('{ credentials: { fromEnv: false, secretRef: { secretName: keys, accessKeyKey: a, secretKeyKey: b } } }'),
    ),
    'with the role': launcher(store('{ region: us-west-2, credentials: { fromEnv: true } }')),
    'in a region': launcher(store('{ region: eu-west-1, credentials: { fromEnv: true } }')),
    'by a store of its own': launcher(
      store('{ endpoint: "http://minio:9000", region: us-west-2, credentials: { fromEnv: true } }'),
    ),
    'without TLS': launcher(
      store('{ endpoint: "http://s3.us-west-2.amazonaws.com", region: us-west-2, credentials: { fromEnv: true } }'),
    ),
    'it fails': launcher(store('{ region: us-west-2 }')),
    'no YAML': launcher('s3: ['),
  },
  {
    'a role that may': {},
    'a role that reads': { role: reader },
    'a role that may nothing': { role: its({ inline: [] }) },
    'no role': { role: absent },
    pipelines: {
      pipelines: found({ namespace: 'kubeflow', name: 'ml-pipeline', image: 'ghcr.io/kubeflow/kfp-api-server:2.5.0' }),
    },
    'new pipelines': {
      pipelines: found({ namespace: 'kubeflow', name: 'ml-pipeline', image: 'ghcr.io/kubeflow/kfp-api-server:2.17.0' }),
    },
    'a bucket': bucket(),
    'a bucket in another region': bucket({}, { region: 'eu-west-1' }),
    'a bucket of another account': bucket({}, { foreign: true, accessible: false }),
    'no bucket': bucket({ bucket: absent }),
    'a bucket that is not read': bucket({ bucket: denied('s3:ListBucket', '') }),
    'a bucket for TLS alone': bucket({ policy: found(policyText(tlsOnly('aws', NAME))) }),
  },
);
const repositories = (
  data: Readonly<Record<string, string>>,
  annotations?: Readonly<Record<string, string>>,
): Change => ({
  repositories: found({
    namespace: 'team-a',
    name: 'artifact-repositories',
    data,
    ...(annotations === undefined ? {} : { annotations }),
  }),
});
const CHOICE = 'workflows.argoproj.io/default-artifact-repository';
const ofCluster = (data: Readonly<Record<string, string>>): Change => ({
  repositories: absent,
  workflowController: found({ namespace: 'kubeflow', name: 'workflow-controller-configmap', data }),
});
const KEYED = 's3: { endpoint: s3.amazonaws.com, bucket: team-a-data, accessKeySecret: { name: a, key: b } }';
const SOUND = 's3: { endpoint: s3.amazonaws.com, bucket: team-a-data, useSDKCreds: true }';
const PLAIN = 's3: { endpoint: s3.amazonaws.com, bucket: team-a-data, useSDKCreds: true, insecure: true }';
told(
  'repositories',
  ['KP-058', 'KP-048'],
  {
    sound: repositories({ a: SOUND }),
    'with keys': repositories({ a: KEYED }),
    'of two, none chosen': repositories({ a: KEYED, b: SOUND }),
    'of two, the first chosen': repositories({ a: KEYED, b: SOUND }, { [CHOICE]: 'a' }),
    'of two, the second chosen': repositories({ a: KEYED, b: SOUND }, { [CHOICE]: 'b' }),
    'of two, another chosen': repositories({ a: KEYED, b: KEYED }, { [CHOICE]: 'c' }),
    none: repositories({}),
    'no YAML': repositories({ a: 's3: [' }),
    'of another store': repositories({ a: 'gcs: { bucket: x }' }),
    plain: repositories({ a: PLAIN }),
    'plain, in another bucket': repositories({ a: PLAIN.replace('team-a-data', 'other') }),
    'plain, without a bucket': repositories({ a: 's3: { insecure: true }' }),
    'not plain': repositories({ a: PLAIN.replace('true }', 'false }') }),
    'of the cluster, sound': ofCluster({ artifactRepository: SOUND }),
    'of the cluster, with keys': ofCluster({ artifactRepository: KEYED }),
    'of the cluster, no YAML': ofCluster({ artifactRepository: 's3: [' }),
    'of the cluster, in its config': ofCluster({ config: `artifactRepository: { ${KEYED} }` }),
    'of the cluster, in both': ofCluster({ config: `artifactRepository: { ${KEYED} }`, artifactRepository: SOUND }),
    'of the cluster, none': ofCluster({ x: 'y' }),
    'of the cluster, plain': ofCluster({ artifactRepository: PLAIN }),
    'of both': { ...ofCluster({ artifactRepository: KEYED }), ...repositories({ a: SOUND }) },
    'of the cluster, those of the namespace not read': {
      ...ofCluster({ artifactRepository: KEYED }),
      repositories: denied('get configmaps', ''),
    },
  },
  {
    'in S3': {},
    'in the cluster': launcher(undefined, 'minio://mlpipeline/v2/artifacts'),
    'a bucket for TLS alone': bucket({ policy: found(policyText(tlsOnly('aws', NAME))) }),
    'a bucket with another policy': bucket({
      policy: found(policy({ Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket', Resource: BUCKET })),
    }),
  },
);
const server = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  namespace: 'kubeflow',
  name,
  annotations,
});
told(
  'servers',
  ['KP-060'],
  {
    none: { servers: found([]) },
    'without roles': { servers: found([server('ml-pipeline'), server('ml-pipeline-ui'), server('other')]) },
    'with a role for one': {
      servers: found([server('ml-pipeline', { [ANNOTATION]: ROLE }), server('ml-pipeline-ui')]),
    },
    'with an empty role': {
      servers: found([server('ml-pipeline', { [ANNOTATION]: '' }), server('ml-pipeline-ui', { [ANNOTATION]: ROLE })]),
    },
    'not read': { servers: denied('list serviceaccounts', '') },
  },
  {
    'no associations are known': {},
    ...by(
      [
        [],
        ['kubeflow/ml-pipeline'],
        ['other/ml-pipeline', 'kubeflow/other'],
        ['kubeflow/ml-pipeline', 'kubeflow/ml-pipeline-ui'],
      ],
      (names) => ({ associations: associations(...names) }),
      (names) => names.join(', ') || 'none',
    ),
    'in the cluster': { ...launcher(undefined, 'minio://mlpipeline/v2/artifacts'), associations: associations() },
  },
);

const grant = (...statements: readonly object[]): Reading<Role> =>
  its({ inline: [{ name: 'x', text: policy(...statements) }] });
const list = { Effect: 'Allow', Action: 's3:ListBucket', Resource: BUCKET };
const put = { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `${BUCKET}/*` };
const LIMITS = 'arn:aws:iam::111122223333:policy/limits';
const MANAGED = 'arn:aws:iam::111122223333:policy/m';
const PLANNED = policyText(permissionsPolicy('aws', 'team-a-data', 'team-a', 'prefix'));
told(
  'rights of the role',
  ['KP-041', 'KP-049'],
  {
    right: {},
    'both, in one policy of another name': { role: grant(list, put) },
    'no listing': { role: grant(put) },
    'no writing': { role: grant(list, { ...put, Action: 's3:GetObject' }) },
    nothing: { role: its({ inline: [] }) },
    'a Deny': { role: grant(list, put, { ...put, Effect: 'Deny' }) },
    'one object': { role: grant(list, { ...put, Resource: `${BUCKET}/x` }) },
    'levels that are mixed': { role: grant({ ...put, Action: ['s3:ListBucket', 's3:PutObject'] }) },
    'levels that are mixed, and right beside': {
      role: grant(list, put, { ...put, Action: ['s3:ListBucket', 's3:PutObject'] }),
    },
    'no JSON': { role: its({ inline: [{ name: 'x', text: 'x' }, ...role().inline] }) },
    'no JSON, of our name': { role: its({ inline: [{ name: 'kf-pipeline-s3', text: 'x' }] }) },
    'slips, of our name': {
      role: its({
        inline: [
          {
            name: 'kf-pipeline-s3',
            text: policy(list, { ...put, Action: ['s3:GetObject', 's3:PutObject', 's3:HeadObject'] }),
          },
        ],
      }),
    },
    'slips, of another name': {
      role: grant(list, { ...put, Action: ['s3:GetObject', 's3:PutObject', 's3:HeadObject'] }),
    },
    'all in a managed policy': {
      role: its({ inline: [], attached: [MANAGED] }),
      policies: { [MANAGED]: found(policy(list, put)) },
    },
    'a managed policy with slips': {
      role: its({ attached: [MANAGED] }),
      policies: { [MANAGED]: found(policy({ ...list, Action: 's3:ListBuckets' })) },
    },
    'a managed policy with slips, beside one of ours': {
      role: its({ attached: [MANAGED], inline: [{ name: 'kf-pipeline-s3', text: PLANNED }] }),
      policies: { [MANAGED]: found(policy({ ...list, Action: 's3:ListBuckets' })) },
    },
    'one of ours alone': { role: its({ inline: [{ name: 'kf-pipeline-s3', text: PLANNED }] }) },
    'policies that are empty': {
      role: its({ attached: [MANAGED], inline: [...role().inline, { name: 'x', text: '' }] }),
      policies: { [MANAGED]: found('') },
    },
    'a managed policy that is no JSON': { role: its({ attached: [MANAGED] }), policies: { [MANAGED]: found('x') } },
    'a managed policy that is not read': {
      role: its({ attached: [MANAGED] }),
      policies: { [MANAGED]: denied('iam:GetPolicy', '') },
    },
    'nothing, and a managed policy that is not read': { role: its({ inline: [], attached: [MANAGED] }) },
    'a reader': { role: reader },
  },
  {
    '': {},
    'a boundary that allows': {
      policies: { [LIMITS]: found(policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' })) },
    },
  },
);
told('limits of the role', ['KP-049'], {
  ...by(
    [
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: '*' },
      { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::other*' },
      { Effect: 'Allow', NotAction: 's3:PutObject', Resource: '*' },
      { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: { StringEquals: { 'aws:SourceVpc': 'x' } } },
    ],
    (one) => ({ role: its({ boundary: LIMITS }), policies: { [LIMITS]: found(policy(one)) } }),
    (one) => `boundary: ${JSON.stringify(one)}`,
  ),
  'boundary: no JSON': { role: its({ boundary: LIMITS }), policies: { [LIMITS]: found('x') } },
  'boundary: not read': { role: its({ boundary: LIMITS }), policies: { [LIMITS]: denied('iam:GetPolicy', '') } },
  ...by(
    [
      { Effect: 'Deny', Principal: { AWS: ROLE }, Action: 's3:PutObject', Resource: `${BUCKET}/*` },
      { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [BUCKET, `${BUCKET}/*`] },
      { Effect: 'Deny', Principal: { AWS: `${ROLE}-b` }, Action: 's3:*', Resource: `${BUCKET}/*` },
      {
        Effect: 'Deny',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: 's3:ListBucket',
        Resource: BUCKET,
      },
      { Effect: 'Deny', NotPrincipal: { AWS: `${ROLE}-b` }, Action: 's3:*', Resource: `${BUCKET}/*` },
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `${BUCKET}/*` },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: `${BUCKET}/*`,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
    (one) => bucket({ policy: found(policy(one)) }),
    (one) => `bucket: ${JSON.stringify(one)}`,
  ),
});
const endpoint = (change: object = {}) => ({
  ...{ id: 'vpce-1', service: 's3', type: 'Gateway', state: 'available', routeTables: ['rtb-1'], privateDns: false },
  ...{ policy: policy({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::other*' }) },
  ...change,
});
const through = (...all: readonly object[]): Change => ({
  endpoints: found(all as never),
  cluster: { ...cluster, vpc: 'vpc-1' },
});
const forAll = (Effect: string, Action: unknown, Resource = '*', Principal: unknown = '*') =>
  policy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }, { Effect, Principal, Action, Resource });
told('endpoints', ['KP-061'], {
  none: through(),
  'a gateway': through(endpoint()),
  'a gateway of four routes': through(endpoint({ routeTables: ['a', 'b', 'c', 'd'] })),
  'a gateway of three routes': through(endpoint({ routeTables: ['a', 'b', 'c'] })),
  'a gateway of no route': through(endpoint({ routeTables: [] })),
  'a gateway that is made': through(endpoint({ state: 'pending' })),
  'an interface': through(endpoint({ type: 'Interface', privateDns: true })),
  'an interface without the name': through(endpoint({ type: 'Interface' })),
  'one without a policy': through(endpoint({ policy: undefined })),
  'two, one of them lets through': through(endpoint(), endpoint({ id: 'vpce-2', policy: undefined })),
  'two that do not': through(endpoint(), endpoint({ id: 'vpce-2' })),
  'two that refuse other things': through(
    endpoint({ policy: forAll('Deny', 's3:PutObject') }),
    endpoint({ id: 'vpce-2', policy: forAll('Deny', 's3:ListBucket') }),
  ),
  'two that refuse the same among others': through(
    endpoint({ policy: forAll('Deny', ['s3:PutObject', 's3:GetObject']) }),
    endpoint({ id: 'vpce-2', policy: forAll('Deny', 's3:PutObject') }),
  ),
  'a Deny': through(endpoint({ policy: forAll('Deny', 's3:PutObject') })),
  'a Deny for the role': through(endpoint({ policy: forAll('Deny', 's3:PutObject', '*', { AWS: ROLE }) })),
  'a Deny for others': through(endpoint({ policy: forAll('Deny', 's3:PutObject', '*', { AWS: `${ROLE}-b` }) })),
  'a Deny in an old policy': through(
    endpoint({ policy: forAll('Deny', 's3:PutObject').replace('2012-10-17', '2008-10-17') }),
  ),
  STS: through(endpoint({ service: 'sts', type: 'Interface', privateDns: true })),
  'STS, a Deny': through(
    endpoint({ service: 'sts', type: 'Interface', privateDns: true, policy: forAll('Deny', 'sts:*') }),
  ),
  'STS, a Deny for the role': through(
    endpoint({
      service: 'sts',
      type: 'Interface',
      privateDns: true,
      policy: forAll('Deny', 'sts:*', '*', { AWS: ROLE }),
    }),
  ),
  'STS that lets through': through(
    endpoint({ service: 'sts', type: 'Interface', privateDns: true, policy: forAll('Allow', 'sts:*') }),
  ),
  'no network that is known': {
    endpoints: found([
      endpoint({
        policy: policy({
          Effect: 'Allow',
          Principal: '*',
          Action: '*',
          Resource: '*',
          Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
        }),
      }),
    ] as never),
  },
  'another network': through(
    endpoint({
      policy: policy({
        Effect: 'Allow',
        Principal: '*',
        Action: '*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-2' } },
      }),
    }),
  ),
  'another endpoint': through(
    endpoint({
      policy: policy({
        Effect: 'Allow',
        Principal: '*',
        Action: '*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-2' } },
      }),
    }),
  ),
  'no role': { ...through(endpoint()), role: absent },
});
/** Denied to whom the condition does not name: since 2012-10-17 it names whoever asks, before it is a text that nobody has. */
const toOthers = (version: string | undefined, Resource: unknown): string =>
  JSON.stringify({
    ...(version === undefined ? {} : { Version: version }),
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: '*', Resource },
      {
        ...{ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource },
        Condition: { StringNotEquals: { 'aws:PrincipalArn': '${aws:PrincipalArn}' } },
      },
    ],
  });
told(
  'variables in policies of others',
  ['KP-049', 'KP-061'],
  Object.fromEntries(
    [undefined, '2008-10-17', '2012-10-17'].flatMap((version) => [
      [`bucket: ${version ?? 'none'}`, bucket({ policy: found(toOthers(version, `${BUCKET}/*`)) })],
      [`endpoint: ${version ?? 'none'}`, through(endpoint({ policy: toOthers(version, '*') }))],
    ]),
  ),
);

const STUCK = { deletionTimestamp: new Date(NOW - 200_000).toISOString() };
const going = (spec: Parameters<typeof listed>[0]): Change => ({ profile: listed(spec, STUCK) });
const byController = {
  plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: false } }],
};
const ofAnnotation = (role: ProfileView['role']): Change => ({
  serviceAccount: editor({ [ANNOTATION]: `${ROLE}-b` }),
  role,
});
told('Profiles that do not go', 'all', {
  'nothing that is known': going({}),
  'its role is gone': { ...going(byController), role: absent },
  'its role is there': going(byController),
  'its role was not read': { ...going(byController), role: undefined },
  'the role of the annotation is gone': { ...going(byController), ...ofAnnotation(absent) },
  'the role of the annotation is there': {
    ...going(byController),
    ...ofAnnotation(its({ arn: `${ROLE}-b`, name: 'team-a-b' })),
  },
  'no role is named': { ...going({ plugins: [] }), role: absent },
  'a namespace of somebody else': { ...going({}), namespace: found({ name: 'team-a', owner: 'x', deleting: false }) },
  'a namespace that is not read': { ...going({}), namespace: denied('get namespaces', '') },
  'an owner that is none': going({ owner: { kind: 'User', name: '' } }),
});
const UNKNOWN = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };
const guard = (...Statement: readonly object[]) =>
  found({
    id: 'o-1',
    levels: found([
      {
        target: 'r-1',
        service: [{ id: 'p-1', name: 'Guard', arn: 'arn:aws:organizations::1:policy/p-1', text: policy(...Statement) }],
      },
    ]),
  }) as never;
const EVERYTHING = { Effect: 'Allow', Action: '*', Resource: '*' };
told('what cannot be judged', 'all', {
  'the trust policy': { role: its({ trustPolicy: trust({ Condition: UNKNOWN }) }) },
  'the organization': { organization: guard({ ...EVERYTHING, Condition: UNKNOWN }) },
  'an organization that lets through': { organization: guard(EVERYTHING) },
  'an organization that refuses': { organization: guard(EVERYTHING, { ...EVERYTHING, Effect: 'Deny' }) },
  'an organization that refuses what lies behind the door': {
    organization: guard(EVERYTHING, { Effect: 'Deny', Action: 's3:*', Resource: '*' }),
  },
});
told(
  'Profiles of no shape',
  ['KP-015'],
  Object.fromEntries(
    [{}, { plugins: [] }, { owner: undefined as never }, { plugins: [], owner: undefined as never }].map((spec) => [
      Object.keys(spec).join(' and ') || 'both there',
      { profile: { ...listed(spec), malformed: 'an item of spec.plugins is not a mapping.' } },
    ]),
  ),
);

const KSERVE = 'serving.kserve.io/s3-';
told(
  'accounts',
  ['KP-012', 'KP-077', 'KP-078'],
  {
    ...by(
      [
        {},
        { [ANNOTATION]: ROLE },
        { [ANNOTATION]: `${ROLE}-b` },
        { [ANNOTATION]: '' },
        { 'eks.amazonaws.com/role_arn': ROLE },
        { [ANNOTATION]: ROLE, 'eks.amazonaws.com/role_arn': ROLE },
        { 'eks.amazonaws.com/audience': 'x' },
        { [`${KSERVE}endpoint`]: 's3.amazonaws.com', [`${KSERVE}usehttps`]: '0' },
        { [ANNOTATION]: '', [`${KSERVE}endpoint`]: 's3.amazonaws.com', [`${KSERVE}usehttps`]: '0' },
        { [ANNOTATION]: ROLE, [`${KSERVE}endpoint`]: 's3.amazonaws.com', [`${KSERVE}usehttps`]: 'False' },
        { [ANNOTATION]: ROLE, [`${KSERVE}endpoint`]: 'minio:9000', [`${KSERVE}usehttps`]: '1' },
        { [ANNOTATION]: ROLE, [`${KSERVE}useanoncredential`]: 'true' },
        { [ANNOTATION]: ROLE, [`${KSERVE}useanoncredential`]: '0' },
      ] as readonly Readonly<Record<string, string>>[],
      (annotations) => ({ serviceAccount: editor(annotations) }),
      (annotations) => JSON.stringify(annotations),
    ),
    absent: { serviceAccount: absent },
    'not read': { serviceAccount: denied('get serviceaccounts', '') },
  },
  {
    'the plugin': {},
    'no plugin': { profile: listed({ plugins: [] }) },
    'a plugin without a role': {
      profile: listed({ plugins: [{ kind: 'AwsIamForServiceAccount', spec: { annotateOnly: true } }] }),
    },
    'no namespace': { namespace: absent },
    'a namespace of somebody else': { namespace: found({ name: 'team-a', owner: 'x', deleting: false }) },
    'a namespace that is not read': { namespace: denied('get namespaces', '') },
  },
);

test('states of a profile that was verified', () => {
  const verified = (outcome: 'verified' | 'checked' | 'failed', view: ProfileView, of = view) =>
    said(view, { outcome, fingerprint: fingerprint(of) });
  const VIEWS: Cases = {
    right: {},
    'pipelines write elsewhere': launcher(undefined, 'minio://mlpipeline/v2/artifacts'),
    'where pipelines write is not read': { launcher: denied('get configmaps', '') },
    'where pipelines write is not answered': { launcher: failed('x') },
    'no launcher, and pipelines that are not read': { launcher: absent, pipelines: denied('get deployments', '') },
    'a launcher, and pipelines that are not read': { pipelines: denied('get deployments', '') },
    'the namespace is not read': { namespace: denied('get namespaces', '') },
    'the namespace is not answered': { namespace: failed('x') },
    'a problem': { provider: absent },
    'two problems': { provider: absent, sharedWith: ['team-b'] },
  };
  asKept(
    'live/cases-verified',
    Object.entries(VIEWS).flatMap(([name, change]) => {
      const view = right(change);
      return (['verified', 'checked', 'failed'] as const).flatMap((outcome) => [
        `${name}, ${outcome}`,
        ...verified(outcome, view),
        ...verified(outcome, view, right({ ...change, cluster: withoutIssuer }))
          .slice(0, 1)
          .map((line) => `  before:${line}`),
      ]);
    }),
  );
});
