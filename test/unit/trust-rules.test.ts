import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { parse as parseYaml, stringify } from 'yaml';
import { lint } from '../../src/core/lint.ts';
import { policyText, trustPolicy } from '../../src/core/policy/build.ts';
import { checkFederated } from '../../src/core/modes/trust/controller.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import type { Fix, PolicyContext, Severity } from '../../src/core/finding.ts';
import { apply, assertSound, findings, fixAll, ids, onlyFix, underlined, type Check } from './policy-kit.ts';

const check = checkTrustPolicy;
const ID = '0123456789ABCDEF0123456789ABCDEF';
const ISSUER = `oidc.eks.us-west-2.amazonaws.com/id/${ID}`;
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const ACTION = 'sts:AssumeRoleWithWebIdentity';
const SUB = 'system:serviceaccount:team-a:default-editor';
const AUD = { [`${ISSUER}:aud`]: 'sts.amazonaws.com' };
const GOOD = { ...AUD, [`${ISSUER}:sub`]: SUB };

const statement = (change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: ACTION,
  Condition: { StringEquals: GOOD },
  ...change,
});
const when = (Condition: object): object => statement({ Condition });
const sub = (value: unknown, operator = 'StringEquals'): object =>
  operator === 'StringEquals'
    ? when({ StringEquals: { ...AUD, [`${ISSUER}:sub`]: value } })
    : when({ StringEquals: AUD, [operator]: { [`${ISSUER}:sub`]: value } });
const policy = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);
const shown = (text: string, context: PolicyContext = {}): [string, Severity, string][] =>
  assertSound(check, text, context).map((one) => [one.id, one.severity, underlined(text, one)]);

test('what the wizard writes has no finding', () => {
  const text = policyText(trustPolicy(PROVIDER, `https://${ISSUER}`, 'team-a'));
  const contexts: PolicyContext[] = [
    {},
    { profile: 'team-a', annotateOnly: true, account: '111122223333', partition: 'aws', issuer: ISSUER },
    { profile: 'team-a', annotateOnly: false },
  ];
  for (const context of contexts) assert.deepEqual(shown(text, context), []);
});

interface Case {
  statement: object;
  found: [string, Severity, string][];
  fixed?: object;
  context?: PolicyContext;
}
const TEAM = { profile: 'team-a' };
const swapped = `oidc.us-west-2.eks.amazonaws.com/id/${ID}`;
const cases: Record<string, Case> = {
  'aud only': {
    statement: when({ StringEquals: AUD }),
    found: [['KP-029', 'error', '"Condition"']],
    context: TEAM,
    fixed: statement(),
  },
  'aud only, no profile known': { statement: when({ StringEquals: AUD }), found: [['KP-029', 'error', '"Condition"']] },
  'aud only, the controller adds sub': {
    statement: when({ StringEquals: AUD }),
    found: [['KP-029', 'warning', '"Condition"']],
    context: { ...TEAM, annotateOnly: false },
    fixed: statement(),
  },
  'sub only': {
    statement: when({ StringEquals: { [`${ISSUER}:sub`]: SUB } }),
    found: [['KP-028', 'warning', '"Condition"']],
    fixed: when({ StringEquals: { [`${ISSUER}:sub`]: SUB, ...AUD } }),
  },
  'sub under StringLike only': {
    statement: when({ StringLike: { [`${ISSUER}:sub`]: SUB } }),
    found: [['KP-028', 'warning', '"Condition"']],
    fixed: when({ StringLike: { [`${ISSUER}:sub`]: SUB }, StringEquals: AUD }),
  },
  'no condition': {
    statement: statement({ Condition: undefined }),
    found: [['T-NO-CONDITION', 'error', '"Effect"']],
    context: TEAM,
    fixed: statement(),
  },
  'empty condition': {
    statement: when({}),
    found: [['T-NO-CONDITION', 'error', '"Condition"']],
    context: TEAM,
    fixed: statement(),
  },
  'another condition only': {
    statement: when({ StringEquals: { 'aws:SourceVpc': 'vpc-1' } }),
    found: [['T-NO-CONDITION', 'error', '"Condition"']],
    context: TEAM,
    fixed: when({ StringEquals: { 'aws:SourceVpc': 'vpc-1', ...GOOD } }),
  },
  'sub only excluded': {
    statement: when({ StringEquals: AUD, StringNotLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:kube-system:*' } }),
    found: [['KP-029', 'error', '"Condition"']],
  },
  'every sub excluded': {
    statement: when({ StringEquals: AUD, StringNotLike: { [`${ISSUER}:sub`]: '*' } }),
    found: [['T-SUB-FORM', 'error', '"*"']],
    context: TEAM,
  },
  'every sub of a service account excluded, among others': {
    statement: when({ StringNotLike: { [`${ISSUER}:sub`]: ['team-b', 'system:serviceaccount:*'] } }),
    found: [['T-SUB-FORM', 'error', '"system:serviceaccount:*"']],
    context: TEAM,
  },
  'every aud excluded': {
    statement: when({ StringNotLike: { [`${ISSUER}:aud`]: '**' } }),
    found: [['KP-028', 'error', '"**"']],
    context: TEAM,
  },
  'every aud excluded beside the right sub': {
    statement: when({ StringEquals: { [`${ISSUER}:sub`]: SUB }, StringNotLike: { [`${ISSUER}:aud`]: '*' } }),
    found: [['KP-028', 'error', '"*"']],
    context: TEAM,
  },
  'wildcard under StringEquals': {
    statement: sub('system:serviceaccount:team-a:*'),
    found: [['KP-031', 'error', '*']],
    context: TEAM,
    fixed: statement(),
  },
  'wildcard for the namespace under StringEquals': {
    statement: sub('system:serviceaccount:*:default-editor'),
    found: [['KP-031', 'error', '*']],
    context: TEAM,
    fixed: statement(),
  },
  'wildcard in aud': {
    statement: when({ StringEquals: { ...GOOD, [`${ISSUER}:aud`]: '*' } }),
    found: [['KP-031', 'error', '"*"']],
    fixed: statement(),
  },
  'any aud': {
    statement: when({ StringEquals: { [`${ISSUER}:sub`]: SUB }, StringLike: { [`${ISSUER}:aud`]: '*' } }),
    found: [['KP-028', 'warning', '"*"']],
    fixed: when({
      StringEquals: { [`${ISSUER}:sub`]: SUB },
      StringLike: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' },
    }),
  },
  'any namespace and any service account': {
    statement: sub('system:serviceaccount:*:*', 'StringLike'),
    found: [['T-LIKE-ANY-NS', 'error', '"system:serviceaccount:*:*"']],
    context: TEAM,
  },
  'any namespace': {
    statement: sub('system:serviceaccount:*:default-editor', 'StringLike'),
    found: [['T-LIKE-ANY-NS', 'error', '"system:serviceaccount:*:default-editor"']],
  },
  anything: { statement: sub('*', 'StringLike'), found: [['T-LIKE-ANY-NS', 'error', '"*"']] },
  'any namespace, and a name that is filled in later': {
    statement: sub('system:serviceaccount:*:${prefix}*', 'StringLike'),
    found: [
      ['T-LIKE-ANY-NS', 'warning', '"system:serviceaccount:*:${prefix}*"'],
      ['KP-004', 'warning', '${prefix}'],
    ],
  },
  'a namespace that is filled in later': {
    statement: sub('system:serviceaccount:${namespace}*:default-editor', 'StringLike'),
    found: [['KP-004', 'warning', '${namespace}']],
  },
  'namespaces with a beginning': {
    statement: sub('system:serviceaccount:team-*:default-editor', 'StringLike'),
    found: [['T-LIKE-ANY-NS', 'warning', '"system:serviceaccount:team-*:default-editor"']],
  },
  'any service account of a namespace': {
    statement: sub('system:serviceaccount:team-a:*', 'StringLike'),
    found: [['T-LIKE-NS-ANY-SA', 'warning', '"system:serviceaccount:team-a:*"']],
  },
  ForAllValues: {
    statement: when({ 'ForAllValues:StringEquals': GOOD }),
    found: [['T-FORALLVALUES', 'error', '"ForAllValues:StringEquals"']],
    fixed: statement(),
  },
  IfExists: {
    statement: when({ StringEqualsIfExists: GOOD }),
    found: [['T-IFEXISTS', 'error', '"StringEqualsIfExists"']],
    fixed: statement(),
  },
  'https:// in the key': {
    statement: when({ StringEquals: { ...AUD, [`https://${ISSUER}:sub`]: SUB } }),
    found: [['KP-032', 'error', `https://${ISSUER}`]],
    fixed: statement(),
  },
  'slash at the end of the key': {
    statement: when({ StringEquals: { ...AUD, [`${ISSUER}/:sub`]: SUB } }),
    found: [['KP-032', 'error', `${ISSUER}/`]],
    fixed: statement(),
  },
  'https:// under Federated': {
    statement: statement({ Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/https://${ISSUER}` } }),
    found: [['KP-032', 'error', `https://${ISSUER}`]],
    fixed: statement(),
  },
  'port under Federated': {
    statement: statement({ Principal: { Federated: PROVIDER.replace('.com/', '.com:443/') } }),
    found: [['KP-032', 'error', ISSUER.replace('.com/', '.com:443/')]],
    fixed: statement(),
  },
  'issuer of another cluster in the key': {
    statement: when({ StringEquals: { ...AUD, [`oidc.eks.us-west-2.amazonaws.com/id/${'F'.repeat(32)}:sub`]: SUB } }),
    found: [['KP-032', 'error', `oidc.eks.us-west-2.amazonaws.com/id/${'F'.repeat(32)}`]],
    fixed: statement(),
  },
  'issuer without id': {
    statement: statement({
      Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com' },
      Condition: {
        StringEquals: {
          'oidc.eks.us-west-2.amazonaws.com:aud': 'sts.amazonaws.com',
          'oidc.eks.us-west-2.amazonaws.com:sub': SUB,
        },
      },
    }),
    found: [['KP-032', 'error', 'oidc.eks.us-west-2.amazonaws.com']],
  },
  'host swapped everywhere': {
    statement: statement({
      Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${swapped}` },
      Condition: { StringEquals: { [`${swapped}:aud`]: 'sts.amazonaws.com', [`${swapped}:sub`]: SUB } },
    }),
    found: [
      ['T-HOSTSWAP', 'error', swapped],
      ['T-HOSTSWAP', 'error', swapped],
      ['T-HOSTSWAP', 'error', swapped],
    ],
  },
  AssumeRole: {
    statement: statement({ Action: 'sts:AssumeRole' }),
    found: [['KP-033', 'error', '"sts:AssumeRole"']],
    fixed: statement(),
  },
  'action misspelt': {
    statement: statement({ Action: ['sts:AssumeRoleWithWebIdentiy', 'sts:TagSession'] }),
    found: [['KP-033', 'error', '"sts:AssumeRoleWithWebIdentiy"']],
    fixed: statement({ Action: [ACTION, 'sts:TagSession'] }),
  },
  'sts:*': { statement: statement({ Action: 'sts:*' }), found: [['KP-033', 'error', '"sts:*"']], fixed: statement() },
  'provider under AWS': {
    statement: statement({ Principal: { AWS: PROVIDER } }),
    found: [['KP-033', 'error', '"AWS"']],
    fixed: statement(),
  },
  'issuer in the place of the ARN': {
    statement: statement({ Principal: { Federated: `https://${ISSUER}` } }),
    found: [['KP-033', 'error', `"https://${ISSUER}"`]],
    context: { account: '111122223333' },
    fixed: statement(),
  },
  'account too short': {
    statement: statement({ Principal: { Federated: PROVIDER.replace('111122223333', '12345678') } }),
    found: [['KP-034', 'error', '12345678']],
  },
  'other account': {
    statement: statement(),
    found: [['KP-034', 'error', '111122223333']],
    context: { account: '444455556666' },
    fixed: statement({ Principal: { Federated: PROVIDER.replace('111122223333', '444455556666') } }),
  },
  'other partition': {
    statement: statement(),
    found: [['KP-034', 'error', 'aws']],
    context: { partition: 'aws-us-gov' },
    fixed: statement({ Principal: { Federated: PROVIDER.replace('arn:aws:', 'arn:aws-us-gov:') } }),
  },
  'partition that the region does not have': {
    statement: statement({ Principal: { Federated: PROVIDER.replace('arn:aws:', 'arn:aws-cn:') } }),
    found: [['KP-034', 'error', 'aws-cn']],
    fixed: statement(),
  },
  'other cluster': {
    statement: statement(),
    found: [
      ['KP-026', 'error', ISSUER],
      ['KP-032', 'error', ISSUER],
      ['KP-032', 'error', ISSUER],
    ],
    context: { issuer: `oidc.eks.us-west-2.amazonaws.com/id/${'F'.repeat(32)}` },
  },
  'other namespace': {
    statement: sub('system:serviceaccount:kubeflow-user-example-com:default-editor'),
    found: [['KP-030', 'error', '"system:serviceaccount:kubeflow-user-example-com:default-editor"']],
    context: TEAM,
    fixed: statement(),
  },
  'other service account, in a list': {
    statement: sub(['system:serviceaccount:team-a:default-viewer', 'system:serviceaccount:team-b:default-editor']),
    found: [['KP-030', 'error', '"system:serviceaccount:team-a:default-viewer"']],
    context: TEAM,
    fixed: sub(['system:serviceaccount:team-a:default-viewer', 'system:serviceaccount:team-b:default-editor', SUB]),
  },
  'sub without its beginning': {
    statement: sub('team-a:default-editor'),
    found: [['T-SUB-FORM', 'error', '"team-a:default-editor"']],
    fixed: statement(),
  },
  'sub with a blank': { statement: sub(`${SUB} `), found: [['T-SUB-FORM', 'error', `"${SUB} "`]], fixed: statement() },
  'sub with a slash': {
    statement: sub('system:serviceaccount/team-a/default-editor'),
    found: [['T-SUB-FORM', 'error', '"system:serviceaccount/team-a/default-editor"']],
    context: TEAM,
    fixed: statement(),
  },
  'sub in upper case': {
    statement: sub('system:serviceaccount:Team-A:default-editor'),
    found: [['T-SUB-FORM', 'error', '"system:serviceaccount:Team-A:default-editor"']],
    fixed: statement(),
  },
  'pattern that no subject fits': {
    statement: sub('system:serviceaccounts:team-a:*', 'StringLike'),
    found: [['T-SUB-FORM', 'error', '"system:serviceaccounts:team-a:*"']],
  },
  'aud with a scheme': {
    statement: when({ StringEquals: { ...GOOD, [`${ISSUER}:aud`]: 'https://sts.amazonaws.com' } }),
    found: [['KP-028', 'error', '"https://sts.amazonaws.com"']],
    fixed: statement(),
  },
  'aud of its own': {
    statement: when({ StringEquals: { ...GOOD, [`${ISSUER}:aud`]: 'vault' } }),
    found: [['KP-028', 'warning', '"vault"']],
  },
  'Resource in a trust policy': {
    statement: statement({ Resource: '*' }),
    found: [['P-SYNTAX', 'error', '"Resource"']],
    fixed: statement(),
  },
  'no principal': {
    statement: { Effect: 'Allow', Action: ACTION, Condition: { StringEquals: GOOD } },
    found: [['P-SYNTAX', 'error', '"Effect"']],
  },
};
for (const [name, { statement: one, found, fixed, context }] of Object.entries(cases)) {
  test(`one defect: ${name}`, () => {
    const text = policy(one);
    assert.deepEqual(shown(text, context), found);
    if (fixed === undefined) return;
    const result = apply(text, onlyFix(findings(check, text, context), found[0]?.[0] ?? '').edits);
    assert.deepEqual(JSON.parse(result), JSON.parse(policy(fixed)));
    assert.equal(fixAll(check, result, context), result);
  });
}

test('fixes of one statement go together', () => {
  const swappedText = policy(cases['host swapped everywhere']?.statement ?? {});
  assert.deepEqual(JSON.parse(fixAll(check, swappedText)), JSON.parse(policy(statement())));
  const other = `oidc.eks.us-west-2.amazonaws.com/id/${'F'.repeat(32)}`;
  assert.equal(fixAll(check, policy(statement()), { issuer: other }), policy(statement()).replaceAll(ISSUER, other));
});

const dualStack = `oidc-eks.eu-west-1.api.aws/id/${ID}`;
const china = `oidc.eks.cn-north-1.amazonaws.com.cn/id/${ID}`;
const govCloud = `oidc.eks.us-gov-west-1.amazonaws.com/id/${ID}`;
const trusting = (partition: string, issuer: string): object => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:${partition}:iam::111122223333:oidc-provider/${issuer}` },
  Action: ACTION,
  Condition: { StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com', [`${issuer}:sub`]: SUB } },
});
const github = 'token.actions.githubusercontent.com';
const federated = (issuer: string, Condition?: object): object => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}` },
  Action: ACTION,
  ...(Condition && { Condition }),
});
const valid: Record<string, object[]> = {
  'dual-stack issuer': [trusting('aws', dualStack)],
  China: [trusting('aws-cn', china)],
  GovCloud: [trusting('aws-us-gov', govCloud)],
  'id that is not 32 hex digits': [trusting('aws', 'oidc.eks.us-west-2.amazonaws.com/id/aB3dEfGh1j')],
  'cluster of another maker': [trusting('aws', 's3.eu-west-1.amazonaws.com/my-cluster')],
  'key in another case': [
    when({ StringEquals: { [`${ISSUER}:AUD`]: 'sts.amazonaws.com', [`${ISSUER.toLowerCase()}:sub`]: SUB } }),
  ],
  'list of subjects': [sub([SUB, 'system:serviceaccount:team-b:default-editor'])],
  'exact subject under StringLike': [sub(SUB, 'StringLike')],
  ForAnyValue: [when({ 'ForAnyValue:StringEquals': GOOD })],
  'pattern beside the exact subject': [
    when({ StringEquals: GOOD, StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:*' } }),
  ],
  'several audiences': [when({ StringEquals: { ...GOOD, [`${ISSUER}:aud`]: ['vault', 'sts.amazonaws.com'] } })],
  'session tags': [statement({ Action: [ACTION, 'sts:TagSession'] })],
  'action in small letters': [statement({ Action: 'sts:assumerolewithwebidentity' })],
  'two clusters': [statement(), trusting('aws', dualStack)],
  'two providers in one statement': [
    statement({ Principal: { Federated: [PROVIDER, `arn:aws:iam::111122223333:oidc-provider/${dualStack}`] } }),
  ],
  'an EC2 role': [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  'several services': [
    {
      Effect: 'Allow',
      Principal: { Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
    },
  ],
  'Pod Identity': [
    { Effect: 'Allow', Principal: { Service: 'pods.eks.amazonaws.com' }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
  ],
  SAML: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::111122223333:saml-provider/okta' },
      Action: 'sts:AssumeRoleWithSAML',
      Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
    },
  ],
  'another account': [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::444455556666:root' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'x' }, Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    },
  ],
  'GitHub Actions': [
    federated(github, {
      StringEquals: { [`${github}:aud`]: 'sts.amazonaws.com' },
      StringLike: { [`${github}:sub`]: 'repo:example/example:*' },
    }),
  ],
  'GitHub Actions, aud only': [federated(github, { StringEquals: { [`${github}:aud`]: 'sts.amazonaws.com' } })],
  Cognito: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'cognito-identity.amazonaws.com' },
      Action: ACTION,
      Condition: {
        StringEquals: { 'cognito-identity.amazonaws.com:aud': 'us-east-1:x' },
        'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
      },
    },
  ],
  'a denied statement': [
    statement(),
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sts:*',
      Condition: { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } },
    },
  ],
};
for (const [name, statements] of Object.entries(valid)) {
  test(`no finding: ${name}`, () => assert.deepEqual(shown(policy(...statements)), []));
}

test('a template is judged only where its text is certain', () => {
  const text = policy(statement())
    .replaceAll(ISSUER, '{{ .Values.issuer }}')
    .replaceAll('team-a', '{{ .Release.Namespace }}');
  assert.deepEqual(findings(check, text, { profile: 'team-a', issuer: ISSUER, template: true }), []);
  // Without an engine that fills it in, it was forgotten.
  assert.deepEqual(shown(text), [
    ['KP-004', 'warning', '{{ .Values.issuer }}'],
    ['KP-004', 'warning', '{{ .Values.issuer }}'],
    ['KP-004', 'warning', '{{ .Values.issuer }}'],
    ['KP-004', 'warning', '{{ .Release.Namespace }}'],
  ]);
});

test('KP-085: one provider in a list is written without it', () => {
  const github = PROVIDER.replace(ISSUER, 'token.actions.githubusercontent.com');
  const rewritten = (Federated: unknown): unknown => {
    const text = policy(statement({ Principal: { Federated } }));
    const ofController: Check = (root, context = {}) => checkFederated(root, context);
    const [one] = findings(ofController, text, { annotateOnly: false });
    return one?.fixes.map(({ edits }): unknown => JSON.parse(apply(text, edits)));
  };
  assert.deepEqual(rewritten([PROVIDER]), [JSON.parse(policy(statement()))]);
  assert.deepEqual(rewritten([PROVIDER, github]), []);
  assert.deepEqual(rewritten([{ Ref: 'Provider' }]), []);
  assert.equal(rewritten(PROVIDER), undefined);
});

test('a provider that is decided elsewhere may be that of another cluster', () => {
  const text = policy(statement({ Principal: { Federated: { Ref: 'Provider' } } }));
  assert.deepEqual(shown(text, { profile: 'team-b', issuer: ISSUER }), []);
});

test('a test of aud is missing as long as it is for one of those who get in', () => {
  const [one, other] = [SUB, SUB.replace('team-a', 'team-b')];
  const sparing = (...subs: readonly string[]): object =>
    statement({
      Effect: 'Deny',
      Condition: {
        StringNotEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' },
        StringEquals: { [`${ISSUER}:sub`]: subs },
      },
    });
  const open = when({ StringEquals: { [`${ISSUER}:sub`]: [one, other] } });
  assert.deepEqual(shown(policy(open)), [['KP-028', 'warning', '"Condition"']]);
  assert.deepEqual(shown(policy(open, sparing(one))), [['KP-028', 'warning', '"Condition"']]);
  assert.deepEqual(shown(policy(open, sparing(one, other))), []);
});

test('KP-004: the issuer is not written where its key would stand twice', () => {
  const variables = { ISS: ISSUER };
  const fixes = (condition: object): unknown =>
    findings(check, policy(when(condition)), { variables }).flatMap(({ id, fixes: some }) =>
      id === 'KP-004' ? [some.map(({ title }) => title)] : [],
    );
  const [aud, its] = [AUD, { [`${ISSUER}:sub`]: SUB }];
  assert.deepEqual(fixes({ StringEquals: { ...aud, '${ISS}:sub': SUB } }), [[`Write ${ISSUER}`]]);
  assert.deepEqual(fixes({ StringEquals: { ...aud, ...its, '${ISS}:sub': SUB } }), [[]]);
  assert.deepEqual(fixes({ StringLike: { ...aud }, StringEquals: { ...its, '${ISS}:sub': SUB } }), [[]]);
  assert.deepEqual(fixes({ StringLike: { ...its }, StringEquals: { ...aud, '${ISS}:sub': SUB } }), [
    [`Write ${ISSUER}`],
  ]);
});

test('what the profile controller would destroy', () => {
  const rewriting = { annotateOnly: false };
  const second = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const found = (text: string): string[] => ids(assertSound(check, text, rewriting));
  assert.deepEqual(found(policy(statement(), second)), ['KP-021']);
  assert.deepEqual(found(policy(second, statement())), ['KP-021']);
  assert.deepEqual(found(policy(sub(SUB, 'StringLike'))), ['KP-021']);
  assert.deepEqual(found(policy(when({ StringEquals: { ...GOOD, 'aws:SourceVpc': 'vpc-1' } }))), ['KP-021']);
  // What it finds there it leaves alone, until the Profile is deleted.
  for (const [text, profile, severity, says] of [
    [policy(statement(), second), 'team-a', 'warning', /controller, when the Profile is deleted, rewrites/],
    [policy(statement(), second), 'team-b', 'error', /controller rewrites/],
    [policy(second, statement()), 'team-a', 'error', /controller rewrites/],
    [policy(sub(SUB, 'StringLike')), 'team-a', 'error', /controller rewrites/],
  ] as const) {
    const [one] = findings(check, text, { ...rewriting, profile }).filter(({ id }) => id === 'KP-021');
    assert.equal(one?.severity, severity);
    assert.match(one.message, says);
  }
  const object = JSON.stringify({ Version: '2012-10-17', Statement: statement() });
  assert.deepEqual(found(object), ['T-STMT-OBJECT']);
  assert.deepEqual(JSON.parse(fixAll(check, object, rewriting)), JSON.parse(policy(statement())));
  for (const text of [policy(statement(), second), object]) assert.deepEqual(ids(findings(check, text)), []);
});

test('size against the quota of trust policies', () => {
  const many = (count: number): string =>
    policy(
      sub(
        Array.from(
          { length: count },
          (_, i) => `system:serviceaccount:team-${String(i).padStart(5, '0')}:default-editor`,
        ),
      ),
    );
  const table: [number, Severity | undefined][] = [
    [20, undefined],
    [28, 'warning'],
    [40, 'warning'],
    [170, 'error'],
  ];
  for (const [count, severity] of table) {
    const found = assertSound(check, many(count));
    assert.deepEqual(
      found.map((one) => one.severity),
      severity === undefined ? [] : [severity],
      String(count),
    );
    assert.ok(found.every(({ id }) => id === 'KP-023'));
  }
});

const CONDITION = { StringEquals: GOOD };
/** A trust policy as text, with the text of a condition, in which names may stand twice. */
const withText = (condition: string): string =>
  policy(statement({ Condition: 'CONDITION' })).replace('"CONDITION"', condition);
const quoted = (value: unknown): string => JSON.stringify(value);

interface Mended {
  readonly text: string;
  readonly found: readonly [string, Severity][];
  readonly context?: PolicyContext;
  readonly language?: 'yaml';
  /** The document after all preferred fixes. */
  readonly fixed?: unknown;
  /** Nothing is preferred. */
  readonly asIs?: true;
  readonly says?: RegExp;
}
const asYaml = (value: object): string => stringify({ Version: '2012-10-17', Statement: [value] }, { lineWidth: 0 });
const mended: Record<string, Mended> = {
  'the subject under aud': {
    text: policy(when({ StringEquals: { [`${ISSUER}:aud`]: SUB } })),
    found: [['KP-028', 'error']],
    fixed: statement({ Condition: { StringEquals: { [`${ISSUER}:sub`]: SUB, ...AUD } } }),
    says: /no pod can assume this role/,
  },
  'the subject under aud, beside the Profile': {
    text: policy(when({ StringEquals: { [`${ISSUER}:aud`]: SUB } })),
    found: [['KP-028', 'error']],
    context: TEAM,
    fixed: statement({ Condition: { StringEquals: { [`${ISSUER}:sub`]: SUB, ...AUD } } }),
  },
  'the subject under aud and under sub': {
    text: policy(when({ StringEquals: { [`${ISSUER}:aud`]: SUB, [`${ISSUER}:sub`]: SUB } })),
    found: [['KP-028', 'error']],
    fixed: statement(),
  },
  'the subject under aud, in YAML': {
    text: asYaml(when({ StringEquals: { [`${ISSUER}:aud`]: SUB } })),
    found: [['KP-028', 'error']],
    language: 'yaml',
    fixed: statement({ Condition: { StringEquals: { [`${ISSUER}:sub`]: SUB, ...AUD } } }),
  },
  'the prefix of a subject twice': {
    text: policy(sub(`system:serviceaccount:${SUB}`)),
    found: [['T-SUB-FORM', 'error']],
    fixed: statement(),
  },
  'the prefix of a subject twice, beside the Profile': {
    text: policy(sub(`system:serviceaccount:${SUB}`)),
    found: [['T-SUB-FORM', 'error']],
    context: TEAM,
    fixed: statement(),
  },
  'an operator beside Condition': {
    text: policy(statement({ Condition: undefined, ...CONDITION })),
    found: [['P-SYNTAX', 'error']],
    fixed: statement(),
    says: /StringEquals stands beside Condition .*: IAM rejects/,
  },
  'an operator beside Condition, in YAML': {
    text: asYaml({ ...statement({ Condition: undefined }), ...CONDITION }),
    found: [['P-SYNTAX', 'error']],
    language: 'yaml',
    fixed: statement(),
  },
  'an operator beside Condition and one in it': {
    text: policy(statement({ Condition: { StringLike: { 'aws:SourceVpc': 'vpc-1' } }, ...CONDITION })),
    found: [['P-SYNTAX', 'error']],
    fixed: statement({ Condition: { StringLike: { 'aws:SourceVpc': 'vpc-1' }, ...CONDITION } }),
  },
  'an operator twice': {
    text: withText(`{"StringEquals":${quoted({ [`${ISSUER}:sub`]: SUB })},"StringEquals":${quoted(AUD)}}`),
    found: [['P-SYNTAX', 'error']],
    fixed: statement({ Condition: { StringEquals: { [`${ISSUER}:sub`]: SUB, ...AUD } } }),
    says: /StringEquals stands twice/,
  },
  'an operator twice, with the same key': {
    text: withText(`{"StringEquals":${quoted(GOOD)},"StringEquals":${quoted(AUD)}}`),
    found: [['P-SYNTAX', 'error']],
    asIs: true,
  },
  'a key twice with the same value': {
    text: withText(`{"StringEquals":${quoted(GOOD).replace('}', `,${quoted(AUD).slice(1)}`)}}`),
    found: [['P-SYNTAX', 'error']],
    asIs: true,
  },
  'a key twice with two values: which is meant is not certain': {
    text: withText(
      `{"StringEquals":${quoted(GOOD).replace('}', `,${quoted({ [`${ISSUER}:SUB`]: `${SUB}-2` }).slice(1)}`)}}`,
    ),
    found: [['P-SYNTAX', 'error']],
    asIs: true,
  },
  'a blank at the end of the ARN': {
    text: policy(statement({ Principal: { Federated: `${PROVIDER} ` } })),
    found: [['KP-032', 'error']],
    fixed: statement(),
    says: /blank/,
  },
  'the region of the samples': {
    text: policy(statement()).replaceAll('us-west-2', 'region-code'),
    found: [
      ['KP-004', 'warning'],
      ['KP-004', 'warning'],
      ['KP-004', 'warning'],
    ],
    asIs: true,
  },
  "what EMR's command writes": {
    text: policy(sub('system:serviceaccount:spark:emr-containers-sa-*-*-111122223333-abc', 'StringLike')),
    found: [['T-LIKE-NS-ANY-SA', 'warning']],
    asIs: true,
    says: /^More than one service account of the namespace can assume this role\.$/,
  },
  "Crossplane's, beside a Profile of another namespace": {
    text: policy(sub(['system:serviceaccount:crossplane-system:provider-aws-*', SUB], 'StringLike')),
    found: [['T-LIKE-NS-ANY-SA', 'warning']],
    context: TEAM,
    asIs: true,
    says: /^More than one service account of the namespace can assume this role\.$/,
  },
  "every service account of the Profile's namespace": {
    text: policy(sub('system:serviceaccount:team-a:*', 'StringLike')),
    found: [['T-LIKE-NS-ANY-SA', 'warning']],
    context: TEAM,
    asIs: true,
    says: /Kubeflow needs only default-editor/,
  },
  'every namespace': {
    text: policy(sub('system:serviceaccount:*:*', 'StringLike')),
    found: [['T-LIKE-ANY-NS', 'error']],
    context: TEAM,
    asIs: true,
  },
  'two patterns, one within the other': {
    text: policy(
      when({
        ...CONDITION,
        StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:*:*' },
      }),
    ),
    found: [],
    asIs: true,
  },
  'sts:TagSession alone': {
    text: policy(statement({ Action: 'sts:TagSession' })),
    found: [['KP-033', 'error']],
    fixed: statement({ Action: [ACTION, 'sts:TagSession'] }),
    says: /sts:TagSession alone lets nobody assume/,
  },
  'all but team-b': {
    text: policy(sub('system:serviceaccount:team-b:default-editor', 'StringNotEquals')),
    found: [['KP-029', 'error']],
    asIs: true,
    says: /^Every service account of every namespace of the cluster but team-b\/default-editor can assume this role: the condition does not say by sub who may\./,
  },
  'where another mistake keeps everybody out': {
    text: policy(when({ StringEquals: AUD }), {}).replace(ACTION, 'sts:AssumeRole'),
    found: [
      ['KP-033', 'error'],
      ['KP-029', 'error'],
      ['P-SYNTAX', 'error'],
      ['P-SYNTAX', 'error'],
      ['P-SYNTAX', 'error'],
    ],
    says: /^As soon as the rest is right, every service account of every namespace of the cluster can assume/,
  },
  'a Deny that keeps the profile out': {
    text: policy(statement(), statement({ Effect: 'Deny' })),
    found: [['KP-030', 'error']],
    context: TEAM,
    asIs: true,
    says: /which is not let in\. Who is: nobody\./,
  },
  'a resource control policy': {
    text: policy({
      Effect: 'Deny',
      Principal: '*',
      Action: ACTION,
      Resource: '*',
      Condition: { Null: { [`${ISSUER}:sub`]: 'true' } },
    }),
    found: [],
    asIs: true,
  },
  "an endpoint's policy": {
    text: policy({
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: ACTION,
      Resource: '*',
      Condition: { StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:*:*' } },
    }),
    found: [],
    asIs: true,
  },
};
for (const [name, { text, found, context = {}, language = 'json', fixed, asIs, says }] of Object.entries(mended)) {
  test(`a defect and its fix: ${name}`, () => {
    const seen = assertSound(check, text, context, language);
    assert.deepEqual(
      seen.map(({ id, severity }) => [id, severity]),
      found,
    );
    if (says !== undefined)
      assert.ok(
        seen.some(({ message }) => says.test(message)),
        seen.map(({ message }) => message).join('\n'),
      );
    const after = fixAll(check, text, context, language);
    if (asIs === true) assert.equal(after, text);
    if (fixed !== undefined) assert.deepEqual(parseYaml(after), JSON.parse(policy(fixed as object)));
  });
}

/** Statements for some service accounts of a namespace. */
const accounts = (count: number, namespace = 'team-a', change: object = {}): object[] =>
  Array.from({ length: count }, (_, i) => ({ ...sub(`system:serviceaccount:${namespace}:runner-${i}`), ...change }));
const named = (namespace: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `system:serviceaccount:${namespace}:runner-${from + i}`);

interface Merge {
  readonly statements: readonly object[];
  /** What the fix makes of them; undefined where there is no fix. */
  readonly merged?: readonly object[];
  /** Whether fix-all does it. */
  readonly preferred?: boolean;
}
const merges: Record<string, Merge> = {
  'service accounts of one profile': {
    statements: accounts(8),
    merged: [sub(named('team-a', 0, 8))],
    preferred: true,
  },
  'a list and a single one, with a Sid': {
    statements: [
      { Sid: 'One', ...sub(named('team-a', 0, 3)) },
      ...accounts(6).map((one, i) => ({ Sid: `S${i}`, ...one })),
    ],
    merged: [{ Sid: 'One', ...sub(named('team-a', 0, 6)) }],
    preferred: true,
  },
  'patterns of one profile': {
    statements: ['a-*', 'b-*', 'c-*', 'd-*', 'e-*'].map((name) =>
      sub(`system:serviceaccount:team-a:${name}`, 'StringLike'),
    ),
    merged: [
      sub(
        ['a-*', 'b-*', 'c-*', 'd-*', 'e-*'].map((name) => `system:serviceaccount:team-a:${name}`),
        'StringLike',
      ),
    ],
    preferred: true,
  },
  'what is not enough is not done unasked': {
    statements: [...accounts(2), ...['team-b', 'team-c', 'team-d', 'team-e'].flatMap((name) => accounts(1, name))],
    merged: [
      sub(named('team-a', 0, 2)),
      ...['team-b', 'team-c', 'team-d', 'team-e'].flatMap((name) => accounts(1, name)),
    ],
  },
  'two profiles, each for itself': {
    statements: [...accounts(3), ...accounts(3, 'team-b')],
    merged: [sub(named('team-a', 0, 3)), sub(named('team-b', 0, 3))],
    preferred: true,
  },
  'one service account of each profile': {
    statements: ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((name) => accounts(1, name)),
  },
  'two profiles in a list': {
    statements: Array.from({ length: 5 }, () => sub([...named('team-a', 0, 1), ...named('team-b', 0, 1)])),
  },
  'other conditions': {
    statements: accounts(5).map((one, i) => ({
      ...one,
      Condition: { ...(one as { Condition: object }).Condition, StringLike: { 'aws:SourceVpc': `vpc-${i}` } },
    })),
  },
  'other providers': {
    statements: accounts(5).map((one, i) => ({
      ...one,
      Principal: { Federated: PROVIDER.replace(/0{0,1}1234/, `${i}1234`) },
    })),
  },
  'a denial': { statements: [...accounts(1), ...accounts(6).map((one) => ({ ...one, Effect: 'Deny' }))] },
  // Not a or not b is everybody; not one of both is not.
  'service accounts that are left out': {
    statements: named('team-a', 0, 6).map((one) =>
      when({
        StringEquals: AUD,
        StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:*' },
        StringNotEquals: { [`${ISSUER}:sub`]: one },
      }),
    ),
  },
};
for (const [name, { statements, merged, preferred = false }] of Object.entries(merges)) {
  test(`merge statements: ${name}`, () => {
    const text = policy(...statements);
    const found = assertSound(check, text).find(({ id }) => id === 'KP-023');
    assert.ok(found);
    const [fix] = found.fixes;
    if (merged === undefined) return assert.equal(fix, undefined);
    assert.ok(fix);
    const after = apply(text, fix.edits);
    assert.deepEqual(JSON.parse(after), JSON.parse(policy(...merged)));
    const size = JSON.stringify(JSON.parse(after)).replace(/\s/g, '').length;
    assert.equal(fix.title, `Merge statements: ${size} characters`);
    assert.ok(found.message.endsWith(`merged, it has ${size}.`), found.message);
    assert.equal(fix.preferred, preferred);
    assert.ok(!findings(check, after).some(({ id, fixes }) => id === 'KP-023' && fixes.length > 0), 'once');
  });
}

test('merge statements: not those that stand outside of the list, where others may use them too', () => {
  const yaml = (some: readonly object[]): string =>
    [
      ...some.map((one, index) => `x${index}: &x${index} ${JSON.stringify(one)}\n`),
      `Version: "2012-10-17"\nStatement: [${some.map((_, index) => `*x${index}`).join(', ')}]\n`,
    ].join('');
  const found = findings(check, yaml(accounts(6)), {}, 'yaml').filter(({ id }) => id === 'KP-023');
  assert.deepEqual(
    found.map(({ fixes }) => fixes),
    [[]],
  );
});

test('merge statements: done unasked only where that is enough', () => {
  const preferred = (more: number): unknown => {
    const some = accounts(6);
    const text = policy(...some).replace('runner-5', `runner-5${'x'.repeat(more)}`);
    const [fix] = findings(check, text).flatMap(({ fixes }) => fixes);
    assert.ok(fix);
    return [Number(/\d+/.exec(fix.title)?.[0]), fix.preferred];
  };
  const [size] = preferred(0) as [number];
  assert.deepEqual(preferred(1638 - size), [1638, true]);
  assert.deepEqual(preferred(1639 - size), [1639, false]);
});

test('merge statements in YAML, where comments of what goes are not thrown away unasked', () => {
  const yaml = stringify(JSON.parse(policy(...accounts(6))), { lineWidth: 0 });
  const merged = (text: string): Fix => {
    const [fix] = findings(check, text, {}, 'yaml').flatMap(({ fixes }) => fixes);
    assert.ok(fix);
    return fix;
  };
  const fix = merged(yaml);
  assert.equal(fix.preferred, true);
  assert.deepEqual(parseYaml(apply(yaml, fix.edits)), JSON.parse(policy(sub(named('team-a', 0, 6)))));
  const [first = '', ...others] = yaml.split('  - Effect');
  const above = [first, ...others].join('  # why\n  - Effect');
  assert.equal(apply(above, merged(above).edits).split('# why').length, 7);
  const within = yaml.replace(/(runner-3)/, '$1 # for the nightly runs');
  assert.equal(merged(within).preferred, false);
  const alone = JSON.stringify({ Version: '2012-10-17', Statement: sub(named('team-a', 0, 40)) });
  assert.deepEqual(
    findings(check, alone).map(({ id, fixes }) => [id, fixes]),
    [['KP-023', []]],
  );
  const aliased = yaml.replace('  - Effect', '  - &one\n    Effect').concat('  - *one\n');
  assert.deepEqual(parseYaml(apply(aliased, merged(aliased).edits)), parseYaml(apply(yaml, fix.edits)));
});

test("the AWS page's trust policy becomes a right one", () => {
  const page = `{
"Version": "2012-10-17",
"Statement": [
    {
    "Effect": "Allow",
    "Principal": {
        "Federated": "arn:aws:iam::\${AWS_ACCOUNT_ID}:oidc-provider/\${OIDC_URL}"
    },
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
        "StringEquals": {
        "\${OIDC_URL}:aud": "sts.amazonaws.com"
        }
    }
    }
]
}
`;
  assert.deepEqual(ids(assertSound(check, page)), ['KP-004', 'KP-004', 'KP-029', 'KP-004']);
  const context = {
    profile: 'team-a',
    annotateOnly: true,
    variables: { AWS_ACCOUNT_ID: '111122223333', OIDC_URL: ISSUER },
  };
  assertSound(check, page, context);
  assert.deepEqual(JSON.parse(fixAll(check, page, context)), JSON.parse(policy(statement())));
  // With the account and the issuer filled in, as the shell does.
  const shell = page.replace('${AWS_ACCOUNT_ID}', '111122223333').replaceAll('${OIDC_URL}', ISSUER);
  assert.deepEqual(JSON.parse(fixAll(check, shell, { profile: 'team-a' })), JSON.parse(policy(statement())));
});

test('YAML, and JSON in a YAML string, are fixed where they stand', () => {
  const yaml = [
    'Version: "2012-10-17"',
    'Statement:',
    '  - Effect: Allow # who',
    '    Principal:',
    `      Federated: ${PROVIDER}`,
    '    Action: sts:AssumeRole',
    '    Condition:',
    '      StringEquals:',
    `        "${ISSUER}:aud": sts.amazonaws.com`,
    '',
  ].join('\r\n');
  assert.deepEqual(ids(assertSound(check, yaml, TEAM, 'yaml')), ['KP-033', 'KP-029']);
  const fixed = fixAll(check, yaml, TEAM, 'yaml');
  assert.deepEqual(ids(findings(check, fixed, TEAM, 'yaml')), []);
  assert.ok(fixed.startsWith(yaml.replace('sts:AssumeRole', ACTION).trimEnd()), fixed);
});

test('KP-026: the keys of the only provider are told of with it, also beside a statement that names none', () => {
  const former = ISSUER.replace('us-west-2', 'eu-west-1');
  const Condition = { StringEquals: { [`${former}:aud`]: 'sts.amazonaws.com', [`${former}:sub`]: SUB } };
  const text = policy(when({ StringEquals: GOOD }), {
    ...statement({ Condition }),
    Principal: { Federated: PROVIDER.replace(ISSUER, former) },
  }).replace(/"Principal": \{[^}]*\},/, '');
  const context = { issuer: ISSUER };
  assert.deepEqual(
    shown(text, context).flatMap(([id, , at]) => (id === 'P-SYNTAX' ? [] : [[id, at]])),
    [
      ['KP-026', former],
      ['KP-032', former],
      ['KP-032', former],
    ],
  );
  assert.deepEqual(ids(findings(check, fixAll(check, text, context), context)), ['P-SYNTAX']);
});

test('a fix that takes a provider from under a Deny lets it be said whom the role lets in then', () => {
  const open = statement({ Condition: undefined });
  const text = policy({ ...open, Effect: 'Deny' }, open);
  const context: PolicyContext = { ...TEAM, partition: 'aws-cn' };
  assert.deepEqual(shown(text, context), [['KP-034', 'error', 'aws']]);
  const { edits } = onlyFix(findings(check, text, context), 'KP-034');
  assert.deepEqual(
    shown(apply(text, edits), context).map(([id, severity]) => [id, severity]),
    [['T-NO-CONDITION', 'error']],
  );
});

test('never throws, and every finding is sound, on any document', () => {
  const issuer = fc.constantFrom(
    ISSUER,
    ISSUER,
    ISSUER,
    swapped,
    `https://${ISSUER}`,
    `${ISSUER}/`,
    '${OIDC_URL}',
    github,
    dualStack,
  );
  const operator = fc.constantFrom(
    'StringEquals',
    'StringLike',
    'StringEqualsIfExists',
    'ForAllValues:StringEquals',
    'StringNotLike',
  );
  const values = fc.constantFrom(
    SUB,
    'system:serviceaccount:*:*',
    'system:serviceaccount:team-a:*',
    'sts.amazonaws.com',
    'team-a:x',
    '',
    'vault',
    '*',
  );
  const key = fc.tuple(issuer, fc.constantFrom('aud', 'sub', 'sub', 'amr')).map(([host, claim]) => `${host}:${claim}`);
  const block = fc.dictionary(key, fc.oneof(values, fc.array(values, { maxLength: 3 })), { maxKeys: 3 });
  const provider = issuer.map((host) => `arn:aws:iam::111122223333:oidc-provider/${host}`);
  const statements = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      Principal: fc.oneof(
        provider.map((Federated) => ({ Federated })),
        provider.map((AWS) => ({ AWS })),
        fc.constantFrom('*', { Service: 'ec2.amazonaws.com' }, 3, { Federated: null }),
      ),
      Action: fc.constantFrom(
        ACTION,
        ACTION,
        'sts:AssumeRole',
        ['sts:*', ACTION],
        'sts:AssumeRoleWithWebIdentiy',
        [],
        1,
      ),
      Condition: fc.oneof(fc.dictionary(operator, block, { maxKeys: 3 }), fc.constantFrom({ StringEquals: 'x' }, 1)),
    },
    { requiredKeys: [] },
  );
  const document = fc.record({
    Version: fc.constant('2012-10-17'),
    Statement: fc.oneof(fc.array(statements, { maxLength: 2 }), statements),
  });
  const contexts = fc.constantFrom<PolicyContext>(
    {},
    TEAM,
    { ...TEAM, annotateOnly: false, account: '444455556666', partition: 'aws-cn' },
    { ...TEAM, issuer: ISSUER, variables: { OIDC_URL: ISSUER } },
  );
  fc.assert(
    fc.property(document, contexts, fc.constantFrom(0, 2), (value, context, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      assertSound(check, text, context);
      const fixed = fixAll(check, text, context);
      assert.equal(fixAll(check, fixed, context), fixed);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      findings(check, text);
    }),
  );
});

test('KP-030: nothing is said where it is not known by which provider a pod would come', () => {
  const claims = { StringEquals: { [`${ISSUER}:sub`]: 'system:serviceaccount:kube-system:a' } };
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Condition: claims },
      { Effect: 'Deny', Action: ACTION, NotPrincipal: { Federated: PROVIDER } },
      { Effect: 'Allow', Action: ACTION, NotPrincipal: { AWS: '444455556666' } },
    ],
  });
  assert.ok(!findings(check, text, { profile: 'team-a', annotateOnly: true }).some(({ id }) => id === 'KP-030'));
});

describe('Edges of trust policies', () => {
  interface Case {
    readonly text: string;
    readonly found: readonly (readonly [id: string, severity: Severity, underlined: string])[];
    readonly context?: PolicyContext;
  }

  function table(check: Check, cases: Readonly<Record<string, Case>>): void {
    for (const [name, { text, found, context }] of Object.entries(cases)) {
      test(name, () => {
        const shown = assertSound(check, text, context).map((one) => [one.id, one.severity, underlined(text, one)]);
        assert.deepEqual(shown, found);
      });
    }
  }
  const write = (document: object): string => JSON.stringify(document, undefined, 2);
  const policy = (...statements: object[]): string => write({ Version: '2012-10-17', Statement: statements });
  const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
  const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
  const AUD = 'sts.amazonaws.com';
  const SUB = 'system:serviceaccount:team-a:default-editor';
  const CONDITION = { StringEquals: { [`${ISSUER}:aud`]: AUD, [`${ISSUER}:sub`]: SUB } };
  const web = (change: object = {}): object => ({
    Effect: 'Allow',
    Principal: { Federated: PROVIDER },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: CONDITION,
    ...change,
  });

  describe('A trust policy', () => {
    table(check, {
      'the right action, and the same misspelt': {
        text: policy(web({ Action: ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithWebIdentiy'] })),
        found: [['KP-033', 'warning', '"sts:AssumeRoleWithWebIdentiy"']],
      },
      'a partition that does not exist': {
        text: policy(web({ Principal: { Federated: PROVIDER.replace('arn:aws:', 'arn:amazon:') } })),
        found: [['KP-034', 'error', 'amazon']],
      },
      'a region in the ARN of the provider': {
        text: policy(web({ Principal: { Federated: PROVIDER.replace('iam::', 'iam:us-west-2:') } })),
        found: [['KP-034', 'error', 'us-west-2']],
      },
      'another claim that may be missing': {
        text: policy(web({ Condition: { ...CONDITION, 'ForAllValues:StringEquals': { [`${ISSUER}:amr`]: 'x' } } })),
        found: [],
      },
      'ForAllValues on sub alone': {
        text: policy(
          web({
            Condition: {
              StringEquals: { [`${ISSUER}:aud`]: AUD },
              'ForAllValues:StringLike': { [`${ISSUER}:sub`]: SUB },
            },
          }),
        ),
        found: [['T-FORALLVALUES', 'error', '"ForAllValues:StringLike"']],
      },
      'every namespace beside an exact sub that may be missing': {
        text: policy(
          web({
            Condition: {
              StringEqualsIfExists: { [`${ISSUER}:sub`]: SUB },
              StringEquals: { [`${ISSUER}:aud`]: AUD },
              StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:*:default-editor' },
            },
          }),
        ),
        // Every token has a sub, so that only this one gets in.
        found: [['T-IFEXISTS', 'error', '"StringEqualsIfExists"']],
      },
      'every namespace beside an exact sub': {
        text: policy(
          web({
            Condition: { ...CONDITION, StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:*:default-editor' } },
          }),
        ),
        found: [],
      },
      'an audience that is filled in': {
        text: policy(web({ Condition: { StringEquals: { [`${ISSUER}:aud`]: '${AUD}', [`${ISSUER}:sub`]: SUB } } })),
        found: [['KP-004', 'warning', '${AUD}']],
      },
      'GitHub, where the issuer of the cluster is known': {
        text: policy(
          web({
            Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
            Condition: { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } },
          }),
        ),
        found: [],
        context: { issuer: ISSUER },
      },
      'a provider that is filled in, and another audience than that of EKS': {
        text: policy(
          web({
            Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/${PROVIDER}' },
            Condition: { StringEquals: { '${PROVIDER}:aud': 'my-app' } },
          }),
        ),
        found: [],
      },
      'the right action, and another one': {
        text: policy(web({ Action: ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRole'] })),
        found: [],
      },
    });
  });

  describe('What is not certain is not offered', () => {
    const fixes = (statement: object, context: PolicyContext = {}): string[] =>
      findings(check, policy(statement), context).flatMap((one) => one.fixes.map(({ title }) => title));

    test('an ARN without the account, or with an issuer of another form', () => {
      const issuer = web({ Principal: { Federated: `https://${ISSUER}` } });
      assert.deepEqual(fixes(issuer), []);
      assert.deepEqual(fixes(issuer, { account: '111122223333' }), ['Write the ARN of the provider']);
      const short = 'oidc.eks.us-west-2.amazonaws.com';
      assert.ok(
        !fixes(web({ Principal: { Federated: short } }), { account: '111122223333' }).includes(
          'Write the ARN of the provider',
        ),
      );
    });

    test('Federated, where it is there already or accounts stand beside the provider', () => {
      assert.deepEqual(fixes(web({ Principal: { AWS: PROVIDER } })), ['Write Federated']);
      assert.deepEqual(fixes(web({ Principal: { AWS: [PROVIDER, 'arn:aws:iam::111122223333:root'] } })), []);
      assert.deepEqual(fixes(web({ Principal: { Federated: PROVIDER, AWS: PROVIDER } })), []);
    });

    test('a plain operator, where other keys stand beside or the plain one is there', () => {
      const [aud, sub] = [{ [`${ISSUER}:aud`]: AUD }, { [`${ISSUER}:sub`]: SUB }];
      const operator = 'ForAllValues:StringEquals';
      assert.deepEqual(fixes(web({ Condition: { [operator]: { ...aud, ...sub } } })), ['Write StringEquals']);
      assert.deepEqual(fixes(web({ Condition: { [operator]: { ...aud, ...sub, 'aws:TagKeys': 'a' } } })), []);
      assert.deepEqual(fixes(web({ Condition: { [operator]: sub, StringEquals: aud } })), []);
    });

    test('the usual audience, where another one may be wanted, is no right answer', () => {
      const [one] = findings(
        checkTrustPolicy,
        policy(web({ Condition: { StringEquals: { [`${ISSUER}:aud`]: 'vault', [`${ISSUER}:sub`]: SUB } } })),
      );
      assert.deepEqual(
        one?.fixes.map(({ title, preferred }) => [title, preferred]),
        [['Write sts.amazonaws.com', false]],
      );
    });

    test('the subject of the profile, where it is not clear which test to change', () => {
      const other = 'system:serviceaccount:team-b:default-editor';
      const aud = { [`${ISSUER}:aud`]: AUD };
      const context = { profile: 'team-a' };
      const exact = (subjects: unknown): object => ({ StringEquals: { ...aud, [`${ISSUER}:sub`]: subjects } });
      const like = { StringLike: { [`${ISSUER}:sub`]: other } };
      assert.deepEqual(fixes(web({ Condition: exact(other) }), context), [`Write ${SUB}`]);
      assert.deepEqual(fixes(web({ Condition: exact([other, `${other}2`]) }), context), [`Add ${SUB}`]);
      assert.deepEqual(fixes(web({ Condition: { ...exact([other, `${other}2`]), ...like } }), context), []);
    });
  });
});

test('a principal that IAM refuses, in a document that is about STS', () => {
  const rows: readonly (readonly [principal: unknown, why: string | undefined])[] = [
    ['*', 'Principal "*" is no principal that a trust policy can have'],
    ['x', 'a Principal is an object: Federated, AWS or Service and who is meant'],
    [{}, 'its Principal is empty'],
    [{ User: 'x' }, 'User is no kind of principal'],
    [{ Federated: [] }, 'its Principal names nobody under Federated'],
    [{ Federated: `${PROVIDER.slice(0, -2)}*` }, 'Federated cannot be a pattern'],
    [{ AWS: '*' }, undefined],
    [{ Federated: PROVIDER }, undefined],
  ];
  const refusals = (one: object): string[] =>
    findings(check, policy(one)).flatMap(({ id, severity, message }) =>
      message.startsWith('IAM refuses') ? [`${severity} ${id} ${message}`] : [],
    );
  for (const [Principal, why] of rows) {
    const said = why === undefined ? [] : [`error P-SYNTAX IAM refuses this policy: ${why}.`];
    assert.deepEqual(refusals(statement({ Principal })), said);
    assert.deepEqual(refusals(statement({ Principal, Action: 's3:GetObject' })), []);
  }
});

describe('what is said of claims, word for word', () => {
  const key = (claim: string, issuer = ISSUER): string => `${issuer}:${claim}`;
  const SUBS = { [key('sub')]: SUB };
  const like = (value: unknown, more: object = AUD): object =>
    when({ StringEquals: more, StringLike: { [key('sub')]: value } });
  const deny = (Condition: object): object => statement({ Effect: 'Deny', Condition });
  const away = { profile: 'team-a', issuer: ISSUER.replace('0', 'F') };
  const rows: readonly (readonly [
    name: string,
    said: readonly string[],
    statements: readonly object[],
    context?: PolicyContext,
  ])[] = [
    [
      'all values',
      [
        'error T-FORALLVALUES at "ForAllValues:StringEquals": ForAllValues is also true for a token without this claim, and a token has only one value here. [Write StringEquals, preferred]',
      ],
      [when({ 'ForAllValues:StringEquals': GOOD })],
    ],
    ['any value', [], [when({ 'ForAnyValue:StringEquals': GOOD })]],
    [
      'if it exists',
      [
        'error T-IFEXISTS at "StringEqualsIfExists": IfExists is also true for a token without this claim. [Write StringEquals, preferred]',
      ],
      [when({ StringEqualsIfExists: GOOD })],
    ],
    [
      'if it exists, beside a plain test',
      ['error T-IFEXISTS at "StringEqualsIfExists": IfExists is also true for a token without this claim.'],
      [when({ StringEquals: AUD, StringEqualsIfExists: SUBS })],
    ],
    [
      'if it exists, with another key',
      ['error T-IFEXISTS at "StringEqualsIfExists": IfExists is also true for a token without this claim.'],
      [when({ StringEqualsIfExists: { ...GOOD, 'aws:SourceIp': '10.0.0.1' } })],
    ],
    ['another claim', [], [when({ StringEquals: GOOD, 'ForAllValues:StringEquals': { [key('amr')]: 'x' } })]],
    [
      'another claim first',
      ['error T-IFEXISTS at "StringEqualsIfExists": IfExists is also true for a token without this claim.'],
      [when({ StringEqualsIfExists: { [key('amr')]: 'x', ...GOOD } })],
    ],
    [
      'a condition that is a text',
      ['error P-SYNTAX at "x": Condition is an object: operator, key and value.'],
      [when('x' as unknown as object)],
    ],
    [
      'a condition that is filled in later',
      ['error P-SYNTAX at "${OPERATOR}": IAM knows no condition operator ${OPERATOR}.'],
      [when({ '${OPERATOR}': AUD })],
    ],
    [
      'no condition',
      [
        'error T-NO-CONDITION at "Effect": Every service account of every namespace of the cluster can assume this role: there is no condition. [Add aud and sub, preferred]',
      ],
      [statement({ Condition: undefined })],
      TEAM,
    ],
    [
      'no condition, and nobody in mind',
      [
        'error T-NO-CONDITION at "Effect": Every service account of every namespace of the cluster can assume this role: there is no condition.',
      ],
      [statement({ Condition: undefined })],
    ],
    [
      'aud alone',
      [
        'error KP-029 at "Condition": Every service account of every namespace of the cluster can assume this role: the condition tests only aud. Add sub.',
      ],
      [when({ StringEquals: AUD })],
    ],
    [
      'aud alone, of a profile whose controller adds the rest',
      [
        'warning KP-029 at "Condition": Every service account of every namespace of the cluster can assume this role: the condition tests only aud. Add sub. [Add sub SUB, preferred]',
      ],
      [when({ StringEquals: AUD })],
      { ...TEAM, annotateOnly: false },
    ],
    [
      'neither',
      [
        'error T-NO-CONDITION at "Condition": Every service account of every namespace of the cluster, depending on aws:PrincipalTag/x, can assume this role: the condition tests neither sub nor aud. [Add aud and sub, preferred]',
      ],
      [when({ StringEquals: { 'aws:PrincipalTag/x': 'y' } })],
      TEAM,
    ],
    [
      'neither, and an address',
      [
        'error T-NO-CONDITION at "Condition": Every service account of every namespace of the cluster, depending on aws:SourceIp, can assume this role: the condition tests neither sub nor aud. [Add aud and sub, preferred]',
      ],
      [when({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })],
      TEAM,
    ],
    [
      'neither, of another cluster',
      [
        'error KP-026 at ISSUER: The issuer of the cluster is oidc.eks.us-west-2.amazonaws.com/id/F123456789ABCDEF0123456789ABCDEF: its tokens are not accepted here. [Write oidc.eks.us-west-2.amazonaws.com/id/F123456789ABCDEF0123456789ABCDEF, preferred]',
        'error T-NO-CONDITION at "Condition": Every service account of every namespace of another cluster (ISSUER) can assume this role: the condition tests neither sub nor aud. [Add aud and sub, preferred]',
      ],
      [when({ StringEquals: {} })],
      away,
    ],
    [
      'aud alone, of another cluster',
      [
        'error KP-026 at ISSUER: The issuer of the cluster is oidc.eks.us-west-2.amazonaws.com/id/F123456789ABCDEF0123456789ABCDEF: its tokens are not accepted here. [Write oidc.eks.us-west-2.amazonaws.com/id/F123456789ABCDEF0123456789ABCDEF, preferred]',
        'error KP-029 at "Condition": Every service account of every namespace of another cluster (ISSUER) can assume this role: the condition tests only aud. Add sub. [Add sub SUB, preferred]',
        'error KP-032 at ISSUER: The issuer of this key is not the one under Federated, so the key is never in the request and nothing matches. [Write oidc.eks.us-west-2.amazonaws.com/id/F123456789ABCDEF0123456789ABCDEF:aud, preferred]',
      ],
      [when({ StringEquals: AUD })],
      away,
    ],
    [
      'who is not meant',
      [
        'error KP-029 at "Condition": Every service account of every namespace of the cluster but team-a/default-editor can assume this role: the condition does not say by sub who may. Add sub. [Add sub SUB, preferred]',
      ],
      [when({ StringEquals: AUD, StringNotEquals: SUBS })],
      TEAM,
    ],
    [
      'who is not meant, without aud',
      [
        'error KP-029 at "Condition": Every service account of every namespace of the cluster but team-a/default-editor can assume this role: the condition does not say by sub who may. [Add aud and sub, preferred]',
      ],
      [when({ StringNotEquals: SUBS })],
      TEAM,
    ],
    [
      'a sub that nothing compares',
      [
        'error KP-030 at "Condition": Pods of profile team-a run as SUB, which is not let in. Who is: perhaps every service account of the cluster (it depends on ISSUER:sub).',
      ],
      [when({ StringEquals: AUD, NumericEquals: { [key('sub')]: '1' } })],
      TEAM,
    ],
    ['a Deny for all others', [], [when({ StringEquals: AUD }), deny({ StringNotEquals: SUBS })], TEAM],
    [
      'a Deny for some',
      [
        'error KP-029 at "Condition": Every service account of every namespace of the cluster but team-a/default-editor can assume this role: the condition tests only aud. Add sub. [Add sub SUB, preferred]',
      ],
      [when({ StringEquals: AUD }), deny({ StringEquals: SUBS })],
      TEAM,
    ],
    [
      'sub alone',
      [
        'warning KP-028 at "Condition": The condition does not test aud, so tokens made for other services are accepted too. Add sts.amazonaws.com. [Add aud, preferred]',
      ],
      [when({ StringEquals: SUBS })],
    ],
    ['sub alone, and a Deny for other audiences', [], [when({ StringEquals: SUBS }), deny({ StringNotEquals: AUD })]],
    [
      'sub alone, and a Deny for everybody',
      [
        'warning KP-028 at "Condition": The condition does not test aud, so tokens made for other services are accepted too. Add sts.amazonaws.com. [Add aud, preferred]',
      ],
      [when({ StringEquals: SUBS }), deny({})],
    ],
    [
      'sub alone, under an operator that is no mapping',
      ['error P-SYNTAX at "x": StringEquals holds an object of condition keys and their values.'],
      [when({ StringLike: SUBS, StringEquals: 'x' })],
    ],
    [
      'aud under another spelling',
      [
        'warning KP-028 at "Condition": The condition does not test aud, so tokens made for other services are accepted too. Add sts.amazonaws.com. [Add aud, preferred]',
      ],
      [when({ StringEquals: SUBS, StringNotEquals: { [key('AUD')]: 'x' } })],
    ],
    [
      'an aud that is empty',
      [
        'warning KP-028 at "Condition": The condition does not test aud, so tokens made for other services are accepted too. Add sts.amazonaws.com. [Add aud, preferred]',
      ],
      [when({ StringEquals: SUBS, StringNotEquals: AUD })],
    ],
    [
      'a subject under aud',
      [
        'error KP-028 at "ISSUER:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub. [Write sub, and add aud, preferred]',
      ],
      [when({ StringEquals: { [key('aud')]: SUB } })],
      TEAM,
    ],
    [
      'a subject and an audience under aud',
      [
        'error KP-028 at "ISSUER:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub.',
      ],
      [when({ StringEquals: { [key('aud')]: [SUB, 'sts.amazonaws.com'] } })],
    ],
    [
      'a subject under aud, twice',
      [
        'error KP-028 at "ISSUER:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub.',
        'error KP-028 at "ISSUER:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub.',
      ],
      [when({ StringEquals: { [key('aud')]: SUB }, StringLike: { [key('aud')]: SUB } })],
    ],
    [
      'a subject under aud, of a provider written with its scheme',
      [
        'error KP-032 at https://ISSUER: An issuer stands here without https://, port and slash at the end, as in the ARN of its provider. [Write ISSUER, preferred]',
        'error KP-028 at "https://ISSUER:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub. [Write sub, and add aud, preferred]',
        'error KP-032 at https://ISSUER: An issuer stands here without https://, port and slash at the end, as in the ARN of its provider. [Write ISSUER:aud, preferred]',
      ],
      [
        statement({
          Principal: { Federated: PROVIDER.replace('/oidc.', '/https://oidc.') },
          Condition: { StringEquals: { [`https://${key('aud')}`]: SUB } },
        }),
      ],
    ],
    [
      'a misspelt issuer of a cluster beside a provider that is of none',
      [
        `error T-HOSTSWAP at ${swapped}: EKS issuers have the host oidc.eks.us-west-2, not oidc.us-west-2.eks: this one does not exist.`,
        `error T-HOSTSWAP at ${swapped}: EKS issuers have the host oidc.eks.us-west-2, not oidc.us-west-2.eks: this one does not exist.`,
      ],
      [
        statement({
          Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
          Condition: { StringEquals: { [`${swapped}:aud`]: 'sts.amazonaws.com', [`${swapped}:sub`]: SUB } },
        }),
      ],
    ],
    [
      'a subject under aud, of no cluster',
      [
        'warning KP-004 at ${PROVIDER}: ${PROVIDER} was not replaced by its value. Ignore this if a tool fills it in before the file is used.',
        'error KP-028 at "example.com:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub.',
      ],
      [statement({ Principal: { Federated: '${PROVIDER}' }, Condition: { StringEquals: { 'example.com:aud': SUB } } })],
    ],
    [
      'a subject under aud, of a cluster that is filled in',
      [
        'warning KP-004 at ${PROVIDER}: ${PROVIDER} was not replaced by its value. Ignore this if a tool fills it in before the file is used.',
        'error KP-028 at "${ISSUER}:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub.',
        'warning KP-004 at ${ISSUER}: ${ISSUER} was not replaced by its value. Ignore this if a tool fills it in before the file is used.',
      ],
      [statement({ Principal: { Federated: '${PROVIDER}' }, Condition: { StringEquals: { '${ISSUER}:aud': SUB } } })],
    ],
    [
      'a subject under aud, of the cluster of the key',
      [
        'warning KP-004 at ${PROVIDER}: ${PROVIDER} was not replaced by its value. Ignore this if a tool fills it in before the file is used.',
        'error KP-028 at "ISSUER:aud": A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub. [Write sub, and add aud, preferred]',
      ],
      [statement({ Principal: { Federated: '${PROVIDER}' }, Condition: { StringEquals: { [key('aud')]: SUB } } })],
    ],
    [
      'a subject under both',
      [
        'error KP-028 at "SUB": A subject stands under aud, and tokens have the audience sts.amazonaws.com: no pod can assume this role. [Write sts.amazonaws.com, preferred]',
      ],
      [when({ StringEquals: { [key('aud')]: SUB, [key('sub')]: SUB } })],
    ],
    [
      'a wildcard in an exact sub',
      [
        'error KP-031 at *: A wildcard is plain text under StringEquals: this matches no token. Write the service account in full. [Write SUB, preferred]',
      ],
      [sub('system:serviceaccount:team-a:*')],
      TEAM,
    ],
    [
      'two wildcards in an exact sub',
      [
        'error KP-031 at ?eam-a:default-*: A wildcard is plain text under StringEquals: this matches no token. Write the service account in full.',
      ],
      [sub('system:serviceaccount:?eam-a:default-*r')],
    ],
    [
      'the prefix twice',
      [
        'error T-SUB-FORM at "system:serviceaccount:SUB": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. [Write SUB, preferred]',
      ],
      [sub(`system:serviceaccount:${SUB}`)],
    ],
    [
      'the prefix of a group',
      [
        'error T-SUB-FORM at "system:serviceaccounts:team-a:default-editor": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. [Write SUB, preferred]',
      ],
      [sub('system:serviceaccounts:team-a:default-editor')],
    ],
    [
      'namespace and name alone',
      [
        'error T-SUB-FORM at "team-a/default-editor": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. [Write SUB, preferred]',
      ],
      [sub('team-a/default-editor')],
    ],
    [
      'something else',
      ['error T-SUB-FORM at "default-editor": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME.'],
      [sub('default-editor')],
    ],
    [
      'something else, for a profile',
      [
        'error T-SUB-FORM at "default-editor": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. [Write SUB, preferred]',
      ],
      [sub('default-editor')],
      TEAM,
    ],
    [
      'blanks',
      [
        'error T-SUB-FORM at " SUB ": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. There is a blank at its start or end. [Write SUB, preferred]',
      ],
      [sub(` ${SUB} `)],
    ],
    [
      'capitals',
      [
        'error T-SUB-FORM at "SYSTEM:SERVICEACCOUNT:TEAM-A:DEFAULT-EDITOR": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. [Write SUB, preferred]',
      ],
      [sub(SUB.toUpperCase())],
    ],
    ['capitals that do not count', [], [sub(SUB.toUpperCase(), 'StringEqualsIgnoreCase')]],
    [
      'a wrong one beside the right one',
      ['error T-SUB-FORM at "default-editor": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME.'],
      [sub([SUB, 'default-editor'])],
      TEAM,
    ],
    [
      'the audience beside a subject',
      [
        'warning T-SUB-FORM at "sts.amazonaws.com": sts.amazonaws.com is an audience, and no token has it as its subject. It belongs under aud, which is tested already. [Remove sts.amazonaws.com, preferred]',
      ],
      [sub([SUB, 'sts.amazonaws.com'])],
      TEAM,
    ],
    [
      'the audience beside a subject, and nowhere else',
      [
        'warning KP-028 at "Condition": The condition does not test aud, so tokens made for other services are accepted too. Add sts.amazonaws.com. [Add aud, preferred]',
        'warning T-SUB-FORM at "sts.amazonaws.com": sts.amazonaws.com is an audience, and no token has it as its subject. It belongs under aud. [Remove sts.amazonaws.com, preferred]',
      ],
      [when({ StringEquals: { [key('sub')]: ['sts.amazonaws.com', SUB] } })],
    ],
    [
      'the audience beside a pattern',
      [
        'warning T-LIKE-NS-ANY-SA at "system:serviceaccount:team-b:*": More than one service account of the namespace can assume this role.',
        'warning T-SUB-FORM at " https://sts.amazonaws.com/": https://sts.amazonaws.com/ is an audience, and no token has it as its subject. It belongs under aud, which is tested already. [Remove https://sts.amazonaws.com/, preferred]',
      ],
      [sub(['system:serviceaccount:team-b:*', ' https://sts.amazonaws.com/'], 'StringLike')],
    ],
    [
      'the audience beside a subject in capitals that do not count',
      [
        'warning T-SUB-FORM at "sts.amazonaws.com": sts.amazonaws.com is an audience, and no token has it as its subject. It belongs under aud, which is tested already. [Remove sts.amazonaws.com, preferred]',
      ],
      [sub([SUB.toUpperCase(), 'sts.amazonaws.com'], 'StringEqualsIgnoreCase')],
    ],
    [
      'the audience beside what is no subject either',
      [
        'error T-SUB-FORM at "SYSTEM:SERVICEACCOUNT:TEAM-A:DEFAULT-EDITOR": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. [Write SUB, preferred]',
        'error T-SUB-FORM at "sts.amazonaws.com": sts.amazonaws.com is an audience, and no token has it as its subject: this lets in nobody. It belongs under aud, which is tested already.',
      ],
      [sub([SUB.toUpperCase(), 'sts.amazonaws.com'])],
    ],
    [
      'the audience for the subject',
      [
        'error T-SUB-FORM at "sts.amazonaws.com": sts.amazonaws.com is an audience, and no token has it as its subject: this lets in nobody. It belongs under aud, which is tested already.',
      ],
      [sub('sts.amazonaws.com')],
    ],
    [
      'the audience for the subject, for a profile',
      [
        'error T-SUB-FORM at "sts.amazonaws.com": sts.amazonaws.com is an audience, and no token has it as its subject: this lets in nobody. It belongs under aud, which is tested already. [Write SUB, preferred]',
      ],
      [sub(['sts.amazonaws.com'])],
      TEAM,
    ],
    [
      'the audience beside what is filled in later',
      [
        'warning KP-004 at ${SUB}: ${SUB} was not replaced by its value. Ignore this if a tool fills it in before the file is used.',
        'warning T-SUB-FORM at "sts.amazonaws.com": sts.amazonaws.com is an audience, and no token has it as its subject. It belongs under aud, which is tested already. [Remove sts.amazonaws.com, preferred]',
      ],
      [sub(['${SUB}', 'sts.amazonaws.com'])],
    ],
    [
      'what is filled in later',
      [
        'warning KP-004 at ${SUB}: ${SUB} was not replaced by its value. Ignore this if a tool fills it in before the file is used.',
        'error T-SUB-FORM at "default-editor": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME.',
      ],
      [sub(['${SUB}', 'default-editor'])],
    ],
    [
      'a pattern of everybody',
      [
        'error T-LIKE-ANY-NS at "*": Service accounts of every namespace can assume this role: anyone who has a profile. List the namespaces. [Write SUB]',
      ],
      [like('*')],
      TEAM,
    ],
    [
      'a pattern of all namespaces',
      [
        'error T-LIKE-ANY-NS at "system:serviceaccount:*:default-editor": Service accounts of every namespace can assume this role: anyone who has a profile. List the namespaces. [Write SUB]',
      ],
      [like('system:serviceaccount:*:default-editor')],
      TEAM,
    ],
    [
      'a pattern of some namespaces',
      [
        'warning T-LIKE-ANY-NS at "system:serviceaccount:team-?:default-editor": Service accounts of every namespace whose name fits can assume this role, also of namespaces to come. [Write SUB]',
      ],
      [like('system:serviceaccount:team-?:default-editor')],
      TEAM,
    ],
    [
      'a pattern of a namespace',
      [
        'warning T-LIKE-NS-ANY-SA at "system:serviceaccount:team-a:*": More than one service account of the namespace can assume this role. Kubeflow needs only default-editor. [Write SUB]',
      ],
      [like('system:serviceaccount:team-a:*')],
      TEAM,
    ],
    [
      'a pattern of another namespace',
      [
        'warning T-LIKE-NS-ANY-SA at "system:serviceaccount:team-b:default-*": More than one service account of the namespace can assume this role.',
        'error KP-030 at "system:serviceaccount:team-b:default-*": Pods of profile team-a run as SUB, which this does not name. [Write SUB, preferred]',
      ],
      [like('system:serviceaccount:team-b:default-*')],
      TEAM,
    ],
    [
      'a pattern across the colons',
      [
        'warning T-LIKE-ANY-NS at "system:serviceaccount:team-a*": Service accounts of every namespace whose name fits can assume this role, also of namespaces to come. [Write SUB]',
      ],
      [like('system:serviceaccount:team-a*')],
      TEAM,
    ],
    [
      'a pattern that is none',
      [
        'error T-SUB-FORM at "team-a*": No token has this subject: it is system:serviceaccount:NAMESPACE:NAME. [Write SUB, preferred]',
      ],
      [like('team-a*')],
      TEAM,
    ],
    [
      'a pattern beside the exact one',
      [],
      [when({ StringEquals: GOOD, StringLike: { [key('sub')]: 'system:*' } })],
      TEAM,
    ],
    [
      'a pattern beside one that may be absent',
      [
        'error T-IFEXISTS at "StringEqualsIfExists": IfExists is also true for a token without this claim. [Write StringEquals, preferred]',
      ],
      [when({ StringEqualsIfExists: GOOD, StringLike: { [key('sub')]: 'system:serviceaccount:team-a:*' } })],
      TEAM,
    ],
    [
      'a pattern with an audience of nobody',
      [
        'error KP-030 at "Condition": Pods of profile team-a run as SUB, which is not let in. Who is: every service account of team-a with a token for x.',
        'warning KP-028 at "x": Tokens of EKS have the audience sts.amazonaws.com, unless the service account has the annotation eks.amazonaws.com/audience. [Write sts.amazonaws.com]',
        'warning T-LIKE-NS-ANY-SA at "system:serviceaccount:team-a:*": More than one service account of the namespace could assume this role. Kubeflow needs only default-editor. [Write SUB]',
      ],
      [like('system:serviceaccount:team-a:*', { [key('aud')]: 'x' })],
      TEAM,
    ],
    [
      'a pattern of all with an audience of nobody',
      [
        'warning KP-028 at "x": Tokens of EKS have the audience sts.amazonaws.com, unless the service account has the annotation eks.amazonaws.com/audience. [Write sts.amazonaws.com]',
        'error T-LIKE-ANY-NS at "system:serviceaccount:*": Service accounts of every namespace could assume this role: anyone who has a profile. List the namespaces. [Write SUB]',
      ],
      [like('system:serviceaccount:*', { [key('aud')]: 'x' })],
      TEAM,
    ],
    [
      'a pattern where another mistake keeps out everybody',
      [
        'error KP-033 at "sts:AssumeRole": A token is exchanged by sts:AssumeRoleWithWebIdentity: with sts:AssumeRole no pod can assume the role. [Write sts:AssumeRoleWithWebIdentity, preferred]',
        'warning KP-028 at "Condition": The condition does not test aud, so tokens made for other services are accepted too. Add sts.amazonaws.com. [Add aud, preferred]',
        'error T-LIKE-ANY-NS at "system:serviceaccount:*:*": Service accounts of every namespace could assume this role: anyone who has a profile. List the namespaces. [Write SUB]',
      ],
      [
        statement({
          Action: 'sts:AssumeRole',
          Condition: { StringLike: { [key('sub')]: 'system:serviceaccount:*:*' } },
        }),
      ],
      TEAM,
    ],
    [
      'a pattern of which a Deny leaves a part',
      [
        'error KP-030 at "Condition": Pods of profile team-a run as SUB, which is not let in. Who is: every service account of team-a but team-a/default-editor.',
        'warning T-LIKE-NS-ANY-SA at "system:serviceaccount:team-a:*": More than one service account of the namespace can assume this role. Kubeflow needs only default-editor. [Write SUB]',
      ],
      [like('system:serviceaccount:team-a:*'), deny({ StringEquals: SUBS })],
      TEAM,
    ],
    [
      'a pattern of all, of which a Deny leaves one',
      [],
      [like('system:serviceaccount:*'), deny({ StringNotEquals: SUBS })],
      TEAM,
    ],
    [
      'audiences: near',
      [
        'error KP-028 at "https://sts.amazonaws.com/": Tokens of EKS have the audience sts.amazonaws.com, written just so. [Write sts.amazonaws.com, preferred]',
      ],
      [when({ StringEquals: { ...GOOD, [key('aud')]: 'https://sts.amazonaws.com/' } })],
    ],
    [
      'audiences: another',
      [
        'warning KP-028 at "x": Tokens of EKS have the audience sts.amazonaws.com, unless the service account has the annotation eks.amazonaws.com/audience. [Write sts.amazonaws.com]',
      ],
      [when({ StringEquals: { ...GOOD, [key('aud')]: 'x' } })],
    ],
    [
      'audiences: a pattern',
      [
        'warning KP-028 at "sts.*": Tokens made for other services are accepted too: write sts.amazonaws.com. [Write sts.amazonaws.com, preferred]',
      ],
      [when({ StringEquals: SUBS, StringLike: { [key('aud')]: 'sts.*' } })],
    ],
    [
      'audiences: a pattern taken as it is',
      [
        'error KP-031 at "sts.*": A wildcard is plain text under StringEquals: this matches no token. [Write sts.amazonaws.com, preferred]',
      ],
      [when({ StringEquals: { ...GOOD, [key('aud')]: 'sts.*' } })],
    ],
    [
      'audiences: one of them is right',
      [],
      [when({ StringEquals: { ...GOOD, [key('aud')]: ['sts.amazonaws.com', 'x'] } })],
    ],
    [
      'audiences: filled in later',
      [
        'warning KP-004 at ${AUD}: ${AUD} was not replaced by its value. Ignore this if a tool fills it in before the file is used.',
      ],
      [when({ StringEquals: { ...GOOD, [key('aud')]: '${AUD}' } })],
    ],
  ];
  for (const [name, wanted, statements, context = {}] of rows)
    test(name, () => {
      const text = policy(...statements);
      const said = assertSound(check, text, context).map((one) => {
        const fixes = one.fixes.map((each) => ` [${each.title}${each.preferred === true ? ', preferred' : ''}]`);
        return `${one.severity} ${one.id} at ${underlined(text, one)}: ${one.message}${fixes.join('')}`;
      });
      assert.deepEqual(
        said.map((one) => one.replaceAll(ISSUER, 'ISSUER').replaceAll(SUB, 'SUB')),
        wanted,
      );
    });
});

test('an audience that only a branch of a template names among the subjects is taken out by nobody unasked', () => {
  const subjects = (list: readonly unknown[]): string =>
    JSON.stringify({
      Resources: {
        R: {
          Type: 'AWS::IAM::Role',
          Properties: { AssumeRolePolicyDocument: JSON.parse(policy(sub(list))) as unknown },
        },
      },
    });
  const fixes = (list: readonly unknown[]) =>
    lint(subjects(list), { file: 'a.json', language: 'json' }).flatMap(({ id, severity, fixes: its = [] }) =>
      id === 'T-SUB-FORM' ? [[severity, ...its.map(({ title }) => title)]] : [],
    );
  const open = { 'Fn::Sub': '${Subject}' };
  assert.deepEqual(fixes(['sts.amazonaws.com', open]), [['warning', 'Remove sts.amazonaws.com']]);
  assert.deepEqual(fixes([{ 'Fn::If': ['C', 'sts.amazonaws.com', open] }, open]), [['warning']]);
});
