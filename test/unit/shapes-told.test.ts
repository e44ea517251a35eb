// In what of a file a policy or a manifest is seen at all, and what is said of it there: each document has a mistake that is told where
// somebody looks at it. Kept in test/fixtures/told/shapes.
import { test } from 'node:test';
import { lintFolder } from '../../src/core/lint.ts';
import { said } from './lines.ts';
import { asKept } from './told.ts';

type Files = Readonly<Record<string, unknown>>;
const told = (files: Files): readonly string[] => {
  const all = Object.entries(files).map(([path, text]) => ({
    path,
    text: typeof text === 'string' ? text : JSON.stringify(text),
  }));
  const found = lintFolder(all);
  return all.flatMap(({ path, text }) =>
    (found.get(path) ?? []).map((one) =>
      said(path, text, one)
        .replaceAll(/(<[^<>]{40})[^<>]*([^<>]{12}>)/g, '$1…$2')
        .slice(0, 260),
    ),
  );
};
const kept = (name: string, rows: Readonly<Record<string, Files>>): void =>
  void test(name, () =>
    asKept(
      `shapes/${name}`,
      Object.entries(rows).flatMap(([row, files]) => [row, ...told(files).map((line) => `    ${line}`)]),
    ),
  );
const each = (rows: Readonly<Record<string, unknown>>, path = 'a.json'): Readonly<Record<string, Files>> =>
  Object.fromEntries(Object.entries(rows).map(([name, text]) => [name, { [path]: text }]));

const ISSUER = `oidc.eks.us-west-2.amazonaws.com/id/${'A'.repeat(32)}`;
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const policy = (...Statement: unknown[]): object => ({ Version: '2012-10-17', Statement });
const gets = { Effect: 'allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::artifacts/*' };
const web = { Effect: 'allow', Principal: { Federated: PROVIDER }, Action: 'sts:AssumeRoleWithWebIdentity' };
const without = (one: object, ...keys: readonly string[]): object =>
  Object.fromEntries(Object.entries(one).filter(([key]) => !keys.includes(key)));

kept(
  'kinds of policies',
  each({
    permissions: policy(gets),
    trust: policy(web),
    'one statement': { Version: '2012-10-17', Statement: gets },
    'no statement': policy(),
    'a statement that is none': policy({ a: 'b' }),
    'a text': { Version: '2012-10-17', Statement: 'x' },
    'of a bucket': policy({ ...gets, Principal: '*' }),
    'trust with a resource': policy({ ...web, Resource: '*' }),
    'trust with what is no resource': policy({ ...web, NotResource: '*' }),
    'trust of everybody, with a resource': policy({ ...web, Principal: '*', Resource: '*' }),
    'trust of all but somebody, with a resource': policy(
      { ...web, Resource: '*' },
      { ...without(web, 'Principal'), NotPrincipal: { AWS: 'x' } },
    ),
    'denied, with a resource': policy({ ...web, Effect: 'Deny', Resource: '*' }),
    'denied in another case, with a resource': policy({ ...web, Effect: 'DENY', Resource: '*' }),
    'another action, with a resource': policy({ ...web, Action: 's3:GetObject', Resource: '*' }),
    'of all but somebody': policy({ ...without(web, 'Principal'), NotPrincipal: { Federated: PROVIDER } }),
    'no principal': policy(without(web, 'Principal')),
    'no principal and no action': policy(without(web, 'Principal', 'Action')),
    'no principal, another action': policy({ Effect: 'allow', Action: ['s3:GetObject'] }),
    'no principal, a list of actions': policy({ Effect: 'allow', Action: ['sts:AssumeRoleWithWebIdentity'] }),
    'all but a resource': policy({ Effect: 'allow', Action: 's3:GetObject', NotResource: 'arn:aws:s3:::a/*' }),
    'trust of a service': policy({
      Effect: 'allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }),
    'trust of Pod Identity': policy({
      Effect: 'allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }),
    'trust of SAML': policy({
      ...web,
      Principal: { Federated: 'arn:aws:iam::1:saml-provider/x' },
      Action: 'sts:AssumeRoleWithSAML',
    }),
    'trust of SAML by a token': policy({ ...web, Principal: { Federated: 'arn:aws:iam::1:saml-provider/x' } }),
    'trust of SAML and a cluster': policy({
      ...web,
      Principal: { Federated: ['arn:aws:iam::1:saml-provider/x', PROVIDER] },
    }),
    'trust of GitHub': policy({
      ...web,
      Principal: { Federated: 'arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com' },
    }),
  }),
);
kept(
  'answers of IAM',
  each({
    'get-role': { Role: { RoleName: 'x', AssumeRolePolicyDocument: policy(web) } },
    'get-role, encoded': {
      Role: { RoleName: 'x', AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(policy(web))) },
    },
    'get-role-policy': { RoleName: 'x', PolicyName: 'y', PolicyDocument: policy(gets) },
    'get-policy-version': { PolicyVersion: { Document: policy(gets), VersionId: 'v1' } },
    'a document alone': { Document: policy(gets) },
    'both documents': { PolicyDocument: policy(gets), Document: policy({ ...gets, Effect: 'deny' }) },
    'encoded, beyond ASCII': { PolicyDocument: encodeURIComponent(JSON.stringify(policy({ Sid: 'ä€😀', ...gets }))) },
    'encoded, in pieces': {
      PolicyDocument: '%7b"Statement":%5B{"Sid":"5%","Effect":"allow","Action":"s3:GetObject","Resource":"*"}%5D}',
    },
    'encoded wrongly': { PolicyDocument: '%7B%22Statement%22%3A%FF%FE' },
    'not encoded from its beginning': { PolicyDocument: 'x%7B%22Statement%22' },
    'a text with a mistake': {
      PolicyDocument: '{"Statement":[{"Effect":"allow","Action":"s3:GetObject","Resource":"*"},]}',
    },
    'a text that ends too early': {
      PolicyDocument: '{"Statement":[{"Effect":"allow","Action":"s3:GetObject","Resource":"*"}',
    },
  }),
);
const foreign = (change: object, Version: unknown = '2012-10-17'): object => ({
  Version,
  Statement: [{ ...gets, ...change }],
});
kept(
  'policies of others',
  each({
    'actions of MinIO': foreign({ Action: ['s3:GetObject', 'admin:*'] }),
    'actions of Alibaba': foreign({ Action: 'oss:GetObject' }),
    'in capitals': foreign({ Action: 'OBS:x' }),
    'resources of Tencent': foreign({ Resource: 'qcs::cos:x' }),
    'no action of theirs': foreign({ Action: 'xoss:GetObject' }),
    'left out': { Version: '2012-10-17', Statement: [{ Effect: 'allow', NotAction: 'cos:x', NotResource: ['acs:x'] }] },
    ...Object.fromEntries(
      ['1', '1.1', '2', '2.0', '5', '5.0', '3', '12', '2012-10-17', 1, null, [], {}].flatMap((version) => [
        [`version ${JSON.stringify(version)}`, foreign({}, version)],
        [`version ${JSON.stringify(version)}, without an ARN`, foreign({ Resource: '*' }, version)],
      ]),
    ),
  }),
);
const inRole = (AssumeRolePolicyDocument: unknown): object => ({
  Resources: { R: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument } } },
});
kept(
  'what stands where a policy is meant',
  each(
    Object.fromEntries(
      [
        null,
        '',
        'x',
        'a b',
        '{',
        '[]',
        '{}',
        '{"a": 1}',
        '{ ... }',
        '${X}',
        'see ${X}',
        '{{ x }} y',
        1,
        true,
        [],
        ['a'],
        {},
        { a: 1 },
        { Statment: [web] },
        { Version: '2012-10-17' },
        { Ref: 'X' },
        { 'Fn::Sub': 'x' },
        { 'Fn::If': ['C', policy(web), { Ref: 'AWS::NoValue' }] },
        { 'Fn::Transform': {}, Version: 'x' },
        { statement: [web] },
        { Id: 'x' },
        policy('x'),
        JSON.stringify(policy(web)),
      ].map((one) => [JSON.stringify(one), inRole(one)]),
    ),
  ),
);
const words = (count: number): object =>
  policy({
    ...gets,
    Effect: 'Allow',
    Resource: Array.from({ length: count }, (_, index) => `arn:aws:s3:::artifacts/${'x'.repeat(40)}-${1000 + index}/*`),
  });
const roleOf = (...counts: readonly number[]): object => ({
  Resources: {
    R: {
      Type: 'AWS::IAM::Role',
      Properties: { Policies: counts.map((count) => ({ PolicyName: `p${count}`, PolicyDocument: words(count) })) },
    },
  },
});
const managed = (count: number): object => ({
  Resources: { R: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: words(count) } } },
});
kept('sizes', {
  ...each({
    'small ones': roleOf(10, 20),
    'one large': roleOf(140),
    'the first is larger': roleOf(80, 60),
    'the second is larger': roleOf(60, 80),
    'both alike': roleOf(70, 70),
    'three, two of them alike': roleOf(50, 60, 60),
    'three, the last is the smallest': roleOf(60, 60, 20),
  }),
  ...each(Object.fromEntries([60, 68, 69, 70, 71, 72, 90].map((count) => [`managed, ${count}`, managed(count)]))),
  ...each({
    ...Object.fromEntries([115, 117, 118, 119, 120, 121].map((count) => [`inline, ${count}`, roleOf(count)])),
  }),
});
kept(
  'places of policies that limit',
  Object.fromEntries(
    [
      'scp.json',
      'rcps/a.json',
      'a/b-scp/c.json',
      'scps.json',
      'xscp.json',
      'scpx.json',
      'service-control-policies/x.json',
      'resource_control.json',
      'boundary.json',
      'boundaries/x.json',
      'boundry.json',
      'Guardrail-1.json',
      'scp/a/b.json',
      'policy.json',
    ].map((path) => [path, { [path]: policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }) }]),
  ),
);
const state = (resources: readonly object[], more: object = {}): { readonly root_module: object } => ({
  root_module: { resources, ...more },
});
const resource = (type: string, values: unknown, more: object = {}): object => ({
  address: `${type}.x`,
  mode: 'managed',
  type,
  name: 'x',
  values,
  ...more,
});
const [P, T] = [JSON.stringify(policy(gets)), JSON.stringify(policy(web))];
const show = (more: object): object => ({ format_version: '1.0', terraform_version: '1.5.0', ...more });
kept(
  'what terraform show says',
  each({
    'a state': show({ values: state([resource('aws_iam_policy', { name: 'p', policy: P })]) }),
    'a plan': show({ planned_values: state([resource('aws_iam_policy', { name: 'p', policy: P })]) }),
    'a plan and what was before': show({
      planned_values: state([]),
      prior_state: { values: state([resource('aws_iam_policy', { policy: P })]) },
    }),
    'what was before alone': show({ prior_state: { values: state([resource('aws_iam_policy', { policy: P })]) } }),
    'a module within': show({
      values: state([], { child_modules: [state([resource('aws_iam_policy', { policy: P })]).root_module] as never }),
    }),
    data: show({ values: state([resource('aws_iam_policy', { policy: P }, { mode: 'data' })]) }),
    'a role': show({
      values: state([
        resource('aws_iam_role', {
          name: 'r',
          assume_role_policy: T,
          inline_policy: [{ policy: P }, { policy: '{}' }],
        }),
      ]),
    }),
    'a role with one policy': show({
      values: state([resource('aws_iam_role', { name: 'r', inline_policy: { policy: P } })]),
    }),
    'a policy of a role': show({ values: state([resource('aws_iam_role_policy', { role: 'r', policy: P })]) }),
    'a service account': show({
      values: state([
        resource('kubernetes_service_account', {
          metadata: [{ name: 'a', annotations: { 'eks.amazonaws.com/role-arn': 'x' } }],
        }),
      ]),
    }),
    'one of a version': show({
      values: state([
        resource('kubernetes_service_account_v1', {
          metadata: { name: 'a', annotations: { 'eks.amazonaws.com/role-arn': 'x' } },
        }),
      ]),
    }),
    'one of another version': show({
      values: state([
        resource('kubernetes_service_account_v2', {
          metadata: { name: 'a', annotations: { 'eks.amazonaws.com/role-arn': 'x' } },
        }),
      ]),
    }),
    'a provider': show({
      values: state([resource('aws_iam_openid_connect_provider', { url: ISSUER, client_id_list: ['x'] })]),
    }),
    'a provider of GitHub': show({
      values: state([
        resource('aws_iam_openid_connect_provider', {
          url: 'token.actions.githubusercontent.com',
          client_id_list: ['x'],
        }),
      ]),
    }),
    'a manifest': show({
      values: state([
        resource('kubernetes_manifest', {
          manifest: {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name: 'a', annotations: { 'eks.amazonaws.com/role-arn': 'x' } },
          },
        }),
      ]),
    }),
    'a manifest as an object': show({
      values: state([
        resource('kubernetes_manifest', {
          object: {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name: 'a', annotations: { 'eks.amazonaws.com/role-arn': 'x' } },
          },
        }),
      ]),
    }),
    'an association': show({
      values: state([
        resource('aws_eks_pod_identity_association', { namespace: 'x', service_account: 'y', role_arn: 'z' }),
      ]),
    }),
  }),
);
const kustomization = (text: string, files: Files = {}): Files => ({ 'kustomization.yaml': text, ...files });
const generator = (more: string, head = ''): string => `${head}configMapGenerator:\n- name: kfp-launcher\n  ${more}\n`;
kept('what kustomize makes', {
  literals: kustomization(generator('literals: [defaultPipelineRoot=x]')),
  'literals in quotes': kustomization(
    generator(`literals: ["defaultPipelineRoot='x:y'", 'providers="s3: ["', 'a="', "b='x"]`),
  ),
  'literals that are none': kustomization(generator('literals: [=x, x, 1, defaultPipelineRoot=]')),
  'of a namespace': kustomization(generator('literals: [defaultPipelineRoot=minio://x]', 'namespace: team-a\n')),
  'of its own namespace': kustomization(
    generator('namespace: team-b\n  literals: [defaultPipelineRoot=minio://x]', 'namespace: team-a\n'),
  ),
  'without a name': kustomization('configMapGenerator:\n- literals: [defaultPipelineRoot=x]\n'),
  'a secret': kustomization('secretGenerator:\n- name: kfp-launcher\n  literals: [defaultPipelineRoot=x]\n'),
  'a file': kustomization(generator('files: [config/defaultPipelineRoot]'), { 'config/defaultPipelineRoot': 'x' }),
  'a file of another name': kustomization(generator('files: [providers=a.yaml]'), {
    'a.yaml': 's3:\n  default:\n    credentials: {}\n',
  }),
  'a file of an empty name': kustomization(generator('files: [=a.yaml]'), { 'a.yaml': 's3:\n  default: {}\n' }),
  'a file of pairs': kustomization(generator('envs: [a.env]'), { 'a.env': '# x\ndefaultPipelineRoot=x\n' }),
  'one file of pairs': kustomization(generator('env: a.env'), {
    'a.env': '\uFEFFdefaultPipelineRoot="x:y"\n=z\n b=c\n',
  }),
  'no file of pairs': kustomization(generator('env: ""'), { 'a.env': 'defaultPipelineRoot=x\n' }),
});
