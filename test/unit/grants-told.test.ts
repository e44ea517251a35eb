// All that lint says of permissions, kinds of actions on kinds of resources, and of trust, kinds of tests of each claim: test/fixtures/told/
// grants.txt and trusts.txt.
import { test } from 'node:test';
import { lint } from '../../src/core/lint.ts';
import { said } from './lines.ts';
import { asKept } from './told.ts';

const ACTIONS = [
  ...[
    's3:*',
    's3:GetObject',
    's3:Get*',
    's3:ListBucket',
    's3:PutObject',
    's3:*Object',
    '*',
    's3:ListAllMyBuckets',
    'S3:getobject',
  ],
  ...[
    's3:GetBucketLocation',
    's3:DeleteObject',
    'kms:Decrypt',
    'kms:*',
    'sts:AssumeRole',
    's3:GetObjects',
    's3:ListObjectsV2',
    'iam:PassRole',
  ],
];
const LISTS = [
  ['s3:GetObject', 's3:ListBucket'],
  ['s3:*', 'kms:*'],
  ['s3:ListBucket', 's3:GetBucketLocation', 's3:ListObjects'],
  ['s3:GetObject', 's3:Get*', 'sts:AssumeRole'],
];
const RESOURCES = [
  ...[
    '*',
    'arn:aws:s3:::data',
    'arn:aws:s3:::data/*',
    'arn:aws:s3:::data/team-a/*',
    'arn:aws:s3:::data*',
    'arn:aws:s3:::*',
    'arn:aws:s3:::*/*',
  ],
  ...[
    'arn:aws:s3:::data/team-a',
    'b',
    's3://b/x',
    ' arn:aws:s3:::data',
    'arn:aws:s3:us-west-2:111122223333:data',
    'arn:aws:s3:::Data/*',
    'arn:aws:s3::data/*',
  ],
  ...[
    'arn:aws:kms:us-west-2:111122223333:key/x',
    'arn:aws:iam::111122223333:role/x',
    'arn:aws-cn:s3:::data/*',
    'arn:aws:s3:::data/',
    'arn:aws:s3',
  ],
];
const MORE = [
  ['arn:aws:s3:::data', 'arn:aws:s3:::data/*'],
  ['arn:aws:s3:::data', 'arn:aws:s3:::c'],
  ['arn:aws:s3:::data/*', 'arn:aws:s3:::c/x*'],
  ['arn:aws:s3:::data', 'arn:aws:kms:us-west-2:111122223333:key/x'],
];
const CONDITIONS = {
  prefix: { StringLike: { 's3:prefix': 'team-a/*' } },
  tls: { Bool: { 'aws:SecureTransport': 'false' } },
  misspelt: { StringLikes: { 's3:prefx': 'team-a/*' } },
  key: {
    StringEquals: { 's3:x-amz-server-side-encryption': 'aws:kms', 'kms:ViaService': 's3.us-west-2.amazonaws.com' },
  },
};
const policy = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
const findings = (statement: object): readonly string[] => {
  const text = policy(statement);
  return lint(text, { file: 'p.json' }).map((one) => said('', text, one).slice(2));
};

test('each on each', () => {
  const lines: string[] = [];
  const put = (what: string, statement: object): void => void lines.push(`## ${what}`, ...findings(statement));
  for (const Action of [...ACTIONS, ...LISTS])
    for (const Resource of [...RESOURCES, ...MORE])
      if (typeof Action === 'string' || typeof Resource !== 'string' || Resource.length < 27)
        put(`${Action.toString()} on ${Resource.toString()}`, { Effect: 'Allow', Action, Resource });
  for (const Resource of [...RESOURCES.slice(0, 8), ...MORE]) {
    put(`a Deny of s3:* on ${Resource.toString()}`, { Effect: 'Deny', Action: 's3:*', Resource });
    put(`all but s3:Get* on ${Resource.toString()}`, { Effect: 'Allow', NotAction: 's3:Get*', Resource });
    put(`s3:GetObject on all but ${Resource.toString()}`, {
      Effect: 'Allow',
      Action: 's3:GetObject',
      NotResource: Resource,
    });
  }
  for (const [name, Condition] of Object.entries(CONDITIONS))
    for (const Action of ['s3:*', 's3:ListBucket', 's3:PutObject', 's3:GetObject', ['s3:ListBucket', 's3:GetObject']])
      for (const Effect of ['Allow', 'Deny'])
        put(`${Effect} ${Action.toString()} on condition ${name}`, {
          Effect,
          Action,
          Resource: ['arn:aws:s3:::data', 'arn:aws:s3:::data/*'],
          Condition,
        });
  asKept('grants', lines);
});

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const EKS = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const SUB = 'system:serviceaccount:team-a:default-editor';
const OPERATORS = [
  ...[
    'StringEquals',
    'StringLike',
    'StringNotEquals',
    'StringNotLike',
    'StringEqualsIgnoreCase',
    'StringEqualsIfExists',
    'ArnLike',
    'Bool',
  ],
  ...['ForAnyValue:StringEquals', 'ForAllValues:StringLike', 'stringequals', 'StringEqual', 'Null'],
];
const VALUES: readonly (string | readonly string[])[] = [
  ...[
    SUB,
    '*',
    'system:serviceaccount:*:*',
    'system:serviceaccount:team-a:*',
    'system:serviceaccount:*:default-editor',
    'sts.amazonaws.com',
  ],
  ...[
    'system:serviceaccount:team-a',
    'system:serviceaccounts:team-a:x',
    'team-a:default-editor',
    `${SUB} `,
    '',
    'sts.amazonaws.com.cn',
    'x*',
  ],
  ...[[SUB, '*'], [SUB, SUB.replace('team-a', 'team-b')], [SUB, 'sts.amazonaws.com'], []],
];
const CLAIMS = [
  `${ISSUER}:sub`,
  `${ISSUER}:aud`,
  `${ISSUER.replaceAll('A', 'B')}:sub`,
  `https://${ISSUER}:sub`,
  'sub',
  `${ISSUER}:subject`,
  `${ISSUER}:`,
];
const trust = (Condition: object, more: object = {}): object => ({
  ...{ Effect: 'Allow', Principal: { Federated: EKS }, Action: 'sts:AssumeRoleWithWebIdentity', Condition },
  ...more,
});

test('each test of a claim', () => {
  const lines: string[] = [];
  const put = (what: string, statement: object): void => void lines.push(`## ${what}`, ...findings(statement));
  for (const operator of OPERATORS)
    for (const value of VALUES)
      CLAIMS.forEach((claim, index) => {
        if (index < 2 || operator === 'StringEquals')
          put(`${operator} ${claim.slice(-12)} ${value.toString()}`, trust({ [operator]: { [claim]: value } }));
        if (index < 2 && operator !== 'StringEquals')
          put(
            `and ${operator} ${claim.slice(-12)} ${value.toString()}`,
            trust({
              StringEquals: { [`${ISSUER}:${index === 0 ? 'aud' : 'sub'}`]: index === 0 ? 'sts.amazonaws.com' : SUB },
              [operator]: { [claim]: value },
            }),
          );
      });
  const sound = { StringEquals: { [`${ISSUER}:sub`]: SUB, [`${ISSUER}:aud`]: 'sts.amazonaws.com' } };
  const others: readonly object[] = [
    ...[
      { Effect: 'Deny' },
      { Action: 'sts:AssumeRole' },
      { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] },
      { Action: 'sts:*' },
    ],
    ...[
      { Principal: '*' },
      { Principal: { AWS: '*' } },
      { Principal: { Service: 'ec2.amazonaws.com' } },
      { Principal: { Federated: [EKS, `${EKS}B`] } },
    ],
    ...[
      { Principal: { Federated: ISSUER } },
      { Principal: { Federated: 'cognito-identity.amazonaws.com' } },
      { Principal: { Federated: `${EKS}/` } },
    ],
    ...[
      { Resource: '*' },
      { NotPrincipal: { AWS: '*' } },
      { Sid: 'a b' },
      { Condition: {} },
      { Condition: { Bool: { 'aws:x': 'true' } } },
    ],
  ];
  for (const more of others) put(JSON.stringify(more), trust(sound, more));
  asKept('trusts', lines);
});
