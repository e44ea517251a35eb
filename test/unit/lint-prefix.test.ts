// A table of which part of a bucket a policy lets list, and of accounts in ARNs.
import { describe } from 'node:test';
import { table } from './lint-kit.ts';

const policy = (condition: object | undefined, more: object[] = []): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::vision-artifacts',
        ...(condition ? { Condition: condition } : {}),
      },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::vision-artifacts/a/*' },
      ...more,
    ],
  });
const below = {
  Effect: 'Allow',
  Action: 's3:ListBucket',
  Resource: 'arn:aws:s3:::vision-artifacts',
  Condition: { StringLike: { 's3:prefix': 'a/*' } },
};
const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const trust = (more: object = {}): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${ISSUER}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${ISSUER}:aud`]: 'sts.amazonaws.com',
            [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:default-editor',
          },
        },
        ...more,
      },
    ],
  });
const options = { context: { profile: 'a' } };

describe('s3:prefix', () => {
  table([
    {
      name: 'KP-031 a star under StringEquals',
      text: policy({ StringEquals: { 's3:prefix': ['a', 'a/*'] } }),
      finds: [['KP-031', '"a/*"', 'error']],
      fixed: policy({ StringLike: { 's3:prefix': ['a', 'a/*'] } }),
    },
    {
      name: 'a star under StringLike',
      text: policy({ StringLike: { 's3:prefix': ['a', 'a/*'] } }),
      options,
      finds: [],
    },
    {
      name: 'KP-041 a prefix and nothing below it, for a profile',
      text: policy({ StringEquals: { 's3:prefix': 'a/' } }),
      options,
      finds: [['KP-041', '"s3:prefix"', 'warning']],
    },
    { name: 'the same for a role of somebody else', text: policy({ StringEquals: { 's3:prefix': 'a/' } }), finds: [] },
    {
      name: 'the same beside another statement',
      text: policy({ StringEquals: { 's3:prefix': 'a/' } }, [below]),
      options,
      finds: [],
    },
    {
      name: 'the same beside another statement, of which one of two actions lists',
      text: policy({ StringEquals: { 's3:prefix': 'a/' } }, [
        { Effect: 'Allow', Action: ['s3:GetBucketLocation', 's3:ListBucket'], Resource: below.Resource },
      ]),
      options,
      finds: [],
    },
    {
      name: 'a star under StringEquals of what is denied',
      text: policy(undefined, [{ ...below, Effect: 'Deny', Condition: { StringEquals: { 's3:prefix': 'a/*' } } }]),
      options,
      finds: [],
    },
    {
      name: 'the same in a trust policy, which has no resources',
      text: trust({ Resource: 'arn:aws:kms:eu-west-1:12345:key/abc' }),
      finds: [['P-SYNTAX', '"Resource"', 'error']],
      fixed: trust(),
    },
    {
      name: 'KP-034 an account of five digits',
      text: policy(undefined, [
        { Effect: 'Allow', Action: 'kms:Decrypt', Resource: 'arn:aws:kms:eu-west-1:12345:key/abc' },
      ]),
      finds: [['KP-034', '12345', 'error']],
    },
  ]);
});
