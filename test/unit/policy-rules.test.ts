// The form of policies, whatever they are about: what IAM rejects, what is another cloud's, and what is filled in later.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse as parseWithLibrary, stringify } from 'yaml';
import { lint, lintFolder } from '../../src/core/lint.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import { fixAll } from './lint-kit.ts';
import { apply, assertSound, findings, ids } from './policy-kit.ts';

const role = (statement: string): string =>
  `Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Version: '2012-10-17'\n            Statement:\n              - Effect: Allow\n${statement}`;

const idsOf = (text: string, path = 'policy.json'): string[] =>
  [...lintFolder([{ path, text }]).values()].flat().map(({ id }) => id);
const document = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
describe("Fixes that change another cloud's or another kind of policy", () => {
  const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
  const federated = { Federated: `arn:aws:iam::314159265358:oidc-provider/${issuer}` };
  const Action = 'sts:AssumeRoleWithWebIdentity';
  const others: Readonly<Record<string, string>> = {
    'a resource control policy about tokens': document({
      Sid: 'OnlyTheseIssuers',
      Effect: 'Deny',
      Principal: '*',
      Action,
      Resource: '*',
      Condition: { StringNotLike: { [`${issuer}:sub`]: 'system:serviceaccount:team-a:*' } },
    }),
    'an endpoint policy of STS': document({
      Effect: 'Allow',
      Principal: '*',
      Action: [Action, 'sts:GetCallerIdentity'],
      Resource: '*',
    }),
    'an endpoint policy that names a provider too': document(
      { Effect: 'Allow', Principal: federated, Action, Resource: '*' },
      { Effect: 'Deny', Principal: '*', Action: 'sts:*', Resource: '*' },
    ),
    'an endpoint in CloudFormation': JSON.stringify({
      Resources: {
        Sts: {
          Type: 'AWS::EC2::VPCEndpoint',
          Properties: { PolicyDocument: { Statement: [{ Effect: 'Allow', Principal: '*', Action, Resource: '*' }] } },
        },
      },
    }),
    "Alibaba's RAM": JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: 'oss:ListObjects', Resource: 'acs:oss:*:*:team-a', Sid: 'list_it' }],
    }),
    "Alibaba's RAM, on everything": JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: ['log:PostLogs'], Resource: '*' }],
    }),
    "Huawei's IAM": JSON.stringify({
      Version: '1.1',
      Statement: [{ Effect: 'Allow', Action: ['obs:object:GetObject'], Resource: ['OBS:*:*:object:team-a/*'] }],
    }),
    "MinIO's administration": JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Sid: 'run_it', Effect: 'Allow', Action: ['admin:ServerInfo'] },
        { Sid: 'team-a', Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::team-a/*'] },
      ],
    }),
  };
  for (const [name, text] of Object.entries(others))
    test(name, () => {
      assert.deepEqual(idsOf(text), []);
      assert.equal(fixAll(text), text);
    });

  test("a role's trust with a Resource is a mistake as before", () => {
    const text = document({
      Effect: 'Allow',
      Principal: federated,
      Action,
      Resource: '*',
      Condition: {
        StringEquals: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: 'system:serviceaccount:team-a:default-editor',
        },
      },
    });
    assert.deepEqual(idsOf(text), ['P-SYNTAX']);
  });
});

describe('Conditions that IAM rejects, or reads the last one of', () => {
  const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
  const [aud, sub] = [
    `"${issuer}:aud": "sts.amazonaws.com"`,
    `"${issuer}:sub": "system:serviceaccount:team-a:default-editor"`,
  ];
  const trust = (rest: string): string =>
    `{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Federated": "arn:aws:iam::314159265358:oidc-provider/${issuer}" },\n  "Action": "sts:AssumeRoleWithWebIdentity",\n  ${rest} }] }`;
  const right = JSON.parse(trust(`"Condition": { "StringEquals": { ${aud}, ${sub} } }`)) as unknown;
  const cases: Readonly<Record<string, string>> = {
    'an operator twice': trust(`"Condition": { "StringEquals": { ${aud} }, "StringEquals": { ${sub} } }`),
    'an operator twice, in lines': trust(
      `"Condition": {\n    "StringEquals": {\n      ${aud}\n    },\n    "StringEquals": {\n      ${sub}\n    }\n  }`,
    ),
    'an operator beside Condition': trust(`"StringEquals": { ${aud}, ${sub} }`),
    'an operator beside a Condition that is there': trust(`"Condition": {},\n  "StringEquals": { ${aud}, ${sub} }`),
    'an operator beside Condition, not last': trust(`"StringEquals": { ${aud}, ${sub} }, "Effect": "Allow"`).replace(
      '"Effect": "Allow", ',
      '',
    ),
  };
  for (const [name, text] of Object.entries(cases))
    test(name, () => {
      assert.deepEqual(idsOf(text), ['P-SYNTAX']);
      assert.deepEqual(JSON.parse(fixAll(text)), right);
    });

  test('in block YAML', () => {
    const text = parseWithLibrary(trust(`"StringEquals": { ${aud}, ${sub} }`)) as { Statement: object[] };
    const yaml = `Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n${stringify(text, { lineWidth: 0 }).replace(/^/gm, '        ').trimEnd()}\n`;
    assert.deepEqual(idsOf(yaml, 'r.yaml'), ['P-SYNTAX']);
    const fixed = parseWithLibrary(fixAll(yaml)) as {
      Resources: { R: { Properties: { AssumeRolePolicyDocument: unknown } } };
    };
    assert.deepEqual(fixed.Resources.R.Properties.AssumeRolePolicyDocument, right);
  });

  test('a key twice is not merged unasked: the list lets in more than the last one alone', () => {
    const text = trust(`"Condition": { "StringEquals": { ${aud}, ${sub.replace('team-a', 'team-b')}, ${sub} } }`);
    const [found, more] = [...lintFolder([{ path: 'trust.json', text }]).values()].flat();
    assert.deepEqual([found?.id, found?.severity, more], ['P-SYNTAX', 'error', undefined]);
    assert.deepEqual(
      found?.fixes.map(({ effect }) => effect),
      ['widens'],
    );
    assert.equal(fixAll(text), text);
  });
});

describe('Broken JSON is reported for a .json file that looks like a policy', () => {
  const good =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::team-a-data/*"}]}';
  const held = (text: string): string =>
    `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata:\n  name: p\nspec:\n  name: p\n  policyDocument: |\n    ${text}\n`;
  for (const [name, text, isFixed] of [
    ['a trailing comma', good.replace('/*"}', '/*",}'), true],
    ['a comma twice', good.replace('"s3:GetObject",', '"s3:GetObject",,'), true],
    ['a missing comma', good.replace('"s3:GetObject",', '"s3:GetObject" '), false],
    ['cut off', good.slice(0, -2), false],
    [
      'single quotes',
      good.replaceAll('"', "'").replace(/'Version'|'Statement'|'Effect'|'Action'/g, (key) => key.replaceAll("'", '"')),
      false,
    ],
    ['text behind the end', `${good} }`, false],
  ] as const) {
    test(name, () => {
      for (const [path, whole] of [
        ['p.json', text],
        ['p.yaml', held(text)],
      ] as const) {
        const found = [...lintFolder([{ path, text: whole }]).values()].flat();
        assert.ok(
          found.some(
            ({ id, severity, message }) =>
              id === 'P-SYNTAX' && severity === 'error' && message.startsWith('This is no JSON'),
          ),
          path,
        );
      }
      if (isFixed) assert.equal(fixAll(text, { language: 'json' }), good);
      else assert.equal(fixAll(text, { language: 'json' }), text);
    });
  }

  test('what a template fills in, comments, and other formats are left alone', () => {
    for (const [path, text] of [
      ['p.json', good],
      ['p.yaml', held(good)],
      ['p.jsonc', good.replace('/*"}', '/*",}')],
      ['p.json', `// ours\n${good}`],
      ['p.json', good.replace('"arn:aws:s3:::team-a-data/*"', '${jsonencode(buckets)}')],
      ['p.json', good.replace('"s3:GetObject",', '"s3:GetObject" {{ if .write }},{{ end }}')],
      ['p.json', good.replace('"s3:GetObject",', '%{ for a in actions }"${a}"%{ endfor },')],
    ] as const)
      assert.ok(!idsOf(text, path).includes('P-SYNTAX'), `${path} ${text}`);
  });
});

describe('Placeholders', () => {
  test("CloudFormation's dynamic references are none", () => {
    const reference = "'arn:aws:s3:::{{resolve:ssm:/team-a/bucket:1}}/*'";
    const text = role(`                Action: s3:GetObject\n                Resource: ${reference}\n`);
    assert.deepEqual(idsOf(text, 'role.yaml'), []);
    const account =
      'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    eks.amazonaws.com/role-arn: ';
    assert.deepEqual(idsOf(`${account}'{{resolve:ssm:/team-a/role}}'\n`, 'sa.yaml'), []);
    assert.deepEqual(idsOf(`${account}'{{ role }}'\n`, 'sa.yaml'), ['KP-004']);
  });

  test('what is to be filled in is not judged as text of IAM, nor overwritten', () => {
    for (const place of ['<<__it__>>', '${it}', '< it >', '{{ it }}']) {
      const text = JSON.stringify({
        Version: place,
        Statement: [{ Effect: place, Action: 's3:GetObject', Resource: 'arn:aws:s3:::team-a-data/*', Sid: place }],
      });
      assert.deepEqual(idsOf(text), [], place);
      assert.equal(fixAll(text), text);
    }
  });
});

test('a bucket policy in a role: removing its Principal would grant to the role, so it is not done unasked', () => {
  const text = role(
    '                Principal: {AWS: "arn:aws:iam::111122223333:root"}\n                Action: s3:GetObject\n                Resource: arn:aws:s3:::team-a-data/*\n              - Effect: Allow\n                Action: s3:ListBucket\n                Resource: arn:aws:s3:::team-a-data\n',
  );
  const [found] = [...lintFolder([{ path: 'role.yaml', text }]).values()].flat();
  assert.deepEqual(
    [found?.id, found?.fixes.map(({ title, effect }) => [title, effect])],
    ['P-SYNTAX', [['Remove Principal', 'widens']]],
  );
  assert.equal(fixAll(text), text);
});

test('JSON Lines are data, not a broken policy', () => {
  const line = document({ Effect: 'allow', Action: 's3:GetObject', Resource: '*' });
  assert.deepEqual(idsOf(`${line}\n${line}\n`), []);
});

interface Defect {
  name: string;
  kind: 'trust' | 'permission';
  ids: string[];
  policy: unknown;
}
const file = new URL('../fixtures/policies/defects.json', import.meta.url);
const defects = JSON.parse(readFileSync(file, 'utf8')) as Defect[];

test('19 defects and 2 good policies', () => {
  assert.equal(defects.filter((one) => one.ids.length > 0).length, 19);
  assert.equal(defects.filter((one) => one.ids.length === 0).length, 2);
});

for (const { name, kind, ids: expected, policy } of defects) {
  test(name, () => {
    const check = kind === 'trust' ? checkTrustPolicy : checkPermissionPolicy;
    assert.deepEqual(ids(assertSound(check, JSON.stringify(policy, undefined, 2))), expected);
  });
}

const unusual = new URL('../fixtures/policies/unusual.json', import.meta.url);
for (const [name, policy] of Object.entries(JSON.parse(readFileSync(unusual, 'utf8')) as Record<string, object>)) {
  test(`valid, though unusual: ${name}`, () => assert.deepEqual(lint(JSON.stringify(policy, undefined, 2)), []));
}

describe('An operator or a key that stands twice', () => {
  const inPolicy = (condition: string): string =>
    `Version: "2012-10-17"\nStatement:\n- Effect: Allow\n  Action: s3:GetObject\n  Resource: arn:aws:s3:::artifacts/*\n  Condition:\n    ${condition.replaceAll('\n', '\n    ')}\n`;
  type Offered = readonly [title: string, how: 'preferred' | 'widens' | '', condition: unknown];
  const all = 'Write all values under one key';
  const vpcs = { 'aws:SourceVpc': ['a', 'b'] };
  const rows: readonly (readonly [condition: string, found: number, fix?: Offered])[] = [
    ['StringEquals: { aws:SourceVpc: a, AWS:SourceVpc: [a, b] }', 1, [all, 'widens', { StringEquals: vpcs }]],
    ['StringNotEquals: { aws:SourceVpc: a, AWS:SourceVpc: [a, b] }', 1, [all, '', { StringNotEquals: vpcs }]],
    ['StringEquals: { aws:SourceVpc: a, AWS:SourceVpc: !Ref Vpc }', 1],
    ['StringEquals: { aws:SourceVpc: !Ref Vpc, AWS:SourceVpc: a }', 1],
    ['StringEquals:\n  aws:SourceVpc:\n  - a # first\n  - c\n  AWS:SourceVpc: b', 1],
    ['StringEquals:\n  aws:SourceVpc: b\n  AWS:SourceVpc:\n  - a # first\n  - c', 1],
    [
      'StringEquals: { aws:SourceVpc: a }\nstringequals: { aws:SourceIp: x }',
      1,
      [
        'Merge it into the first stringequals',
        'preferred',
        { StringEquals: { 'aws:SourceVpc': 'a', 'aws:SourceIp': 'x' } },
      ],
    ],
    [
      'StringEquals:\n  aws:SourceVpc: a\nstringequals:\n  aws:SourceIp: x # here\n  aws:SourceVpce: y',
      1,
      [
        'Merge it into the first stringequals',
        '',
        { StringEquals: { 'aws:SourceVpc': 'a', 'aws:SourceIp': 'x', 'aws:SourceVpce': 'y' } },
      ],
    ],
    ['StringEquals: { aws:SourceVpc: a }\nstringequals: { AWS:SourceVPC: b }', 1],
    ['StringEquals: { aws:SourceVpc: a }\nstringequals: { aws:SourceIp: !Ref x }', 1],
    ['StringEquals: { aws:SourceVpc: a }\nstringequals: x', 2],
    ['StringEquals: x\nstringequals: { aws:SourceVpc: a }', 2],
    ['StringEquals: { aws:SourceVpc: a }\nStringLike: { aws:SourceVpc: a }', 0],
  ];
  for (const [condition, count, fix] of rows)
    test(JSON.stringify(condition), () => {
      const text = inPolicy(condition);
      const found = findings(checkPermissionPolicy, text, {}, 'yaml').filter(({ id }) => id === 'P-SYNTAX');
      assert.equal(found.length, count, JSON.stringify(found));
      const offered = found.flatMap(({ fixes }) => fixes);
      const shown = offered.map(({ title, preferred, effect, edits }) => {
        const after = parseWithLibrary(apply(text, edits)) as { Statement: { Condition: unknown }[] };
        return [title, preferred === true ? 'preferred' : (effect ?? ''), after.Statement[0]?.Condition];
      });
      assert.deepEqual(shown, fix === undefined ? [] : [fix]);
    });
});
