// A table per function of CloudFormation that a policy may be written with, and of what CDK synthesizes.
import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { lint } from '../../src/core/lint.ts';
import { table } from './lint-kit.ts';

const ID = '0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const ISSUER = `oidc.eks.eu-west-1.amazonaws.com/id/${ID}`;

const template = (properties: string, type = 'AWS::IAM::Role'): string =>
  `AWSTemplateFormatVersion: "2010-09-09"\nResources:\n  One:\n    Type: ${type}\n    Properties:\n${properties.replaceAll(/^(?=.)/gm, '      ')}`;
const trust = (issuer: string, sub = 'system:serviceaccount:team-vision:default-editor'): string =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::\${AWS::AccountId}:oidc-provider/${issuer}"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"${issuer}:aud":"sts.amazonaws.com","${issuer}:sub":"${sub}"}}}]}`;
const granted = (resource: unknown): string =>
  JSON.stringify({
    Resources: {
      One: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: resource }],
          },
        },
      },
    },
  });

describe('functions of CloudFormation', () => {
  table([
    {
      name: 'KP-032 the issuer as it is, in a text',
      text: template(`AssumeRolePolicyDocument: !Sub |\n  ${trust('${Cluster.OpenIdConnectIssuerUrl}')}\n`),
      finds: [
        ['KP-032', '${Cluster.OpenIdConnectIssuerUrl}', 'error'],
        ['KP-032', '${Cluster.OpenIdConnectIssuerUrl}', 'error'],
        ['KP-032', '${Cluster.OpenIdConnectIssuerUrl}', 'error'],
      ],
    },
    {
      name: 'KP-032 a variable that is the issuer as it is',
      text: template(
        `AssumeRolePolicyDocument: !Sub\n  - |\n    ${trust('${Issuer}')}\n  - Issuer: !GetAtt Cluster.OpenIdConnectIssuerUrl\n`,
      ),
      finds: [['KP-032', '!GetAtt Cluster.OpenIdConnectIssuerUrl', 'error']],
    },
    {
      name: 'KP-032 of two variables the one that names the provider',
      text: template(
        `AssumeRolePolicyDocument: !Sub\n  - |\n    ${trust('${Issuer}')}\n  - Other: !GetAtt Second.OpenIdConnectIssuerUrl\n    Issuer: !GetAtt Cluster.OpenIdConnectIssuerUrl\n`,
      ),
      finds: [['KP-032', '!GetAtt Cluster.OpenIdConnectIssuerUrl', 'error']],
    },
    {
      name: 'a variable that is what stands behind https://',
      text: template(
        `AssumeRolePolicyDocument: !Sub\n  - |\n    ${trust('${Issuer}')}\n  - Issuer: !Select [1, !Split ["//", !GetAtt Cluster.OpenIdConnectIssuerUrl]]\n`,
      ),
      finds: [],
    },
    {
      name: 'KP-032 the issuer as it is, in a join',
      text: template(
        'AssumeRolePolicyDocument:\n  Version: "2012-10-17"\n  Statement:\n    - Effect: Allow\n      Principal:\n        Federated: !Join ["", ["arn:aws:iam::", !Ref AWS::AccountId, ":oidc-provider/", !GetAtt Cluster.OpenIdConnectIssuerUrl]]\n      Action: sts:AssumeRoleWithWebIdentity\n      Condition: !Ref Other\n',
      ),
      finds: [['KP-032', '!GetAtt Cluster.OpenIdConnectIssuerUrl', 'error']],
    },
    {
      name: 'KP-031 the long form of Fn::Sub',
      text: JSON.stringify({
        Resources: {
          One: {
            Type: 'AWS::IAM::Role',
            Properties: {
              AssumeRolePolicyDocument: {
                'Fn::Sub': trust(ISSUER, 'system:serviceaccount:team-*:default-editor'),
              },
            },
          },
        },
      }),
      finds: [['KP-031', '*', 'error']],
    },
    {
      name: 'P-SYNTAX a function as a key',
      text: template(
        `AssumeRolePolicyDocument:\n  Version: "2012-10-17"\n  Statement:\n    - Effect: Allow\n      Principal:\n        Federated: !Sub arn:aws:iam::\${AWS::AccountId}:oidc-provider/\${Issuer}\n      Action: sts:AssumeRoleWithWebIdentity\n      Condition:\n        StringEquals:\n          !Sub "\${Issuer}:sub": system:serviceaccount:team-vision:default-editor\n          !Sub "\${Issuer}:aud": sts.amazonaws.com\n`,
      ),
      finds: [
        ['P-SYNTAX', '"${Issuer}:sub"', 'error'],
        ['P-SYNTAX', '"${Issuer}:aud"', 'error'],
      ],
    },
    {
      name: 'KP-039 a join of constants',
      text: granted({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3::::vision-artifacts/*']] }),
      finds: [['KP-039', ':', 'error']],
      fixed: granted({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::vision-artifacts/*']] }),
    },
    {
      name: 'a join that is right',
      text: granted({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::vision-artifacts/*']] }),
      finds: [],
    },
    {
      name: 'a join of what is not known',
      text: granted({ 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '/*']] }),
      finds: [],
    },
    {
      name: 'KP-051 a manifest of CDK',
      text: JSON.stringify({
        Resources: {
          One: {
            Type: 'Custom::AWSCDK-EKS-KubernetesResource',
            Properties: {
              Manifest: {
                'Fn::Join': [
                  '',
                  [
                    '[{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","annotations":{"eks.amazonaws.com/role_arn":"',
                    { 'Fn::GetAtt': ['Role', 'Arn'] },
                    '"}}}]',
                  ],
                ],
              },
            },
          },
        },
      }),
      finds: [['KP-051', '\\"eks.amazonaws.com/role_arn\\"', 'error']],
      fixed: JSON.stringify({
        Resources: {
          One: {
            Type: 'Custom::AWSCDK-EKS-KubernetesResource',
            Properties: {
              Manifest: {
                'Fn::Join': [
                  '',
                  [
                    '[{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","annotations":{"eks.amazonaws.com/role-arn":"',
                    { 'Fn::GetAtt': ['Role', 'Arn'] },
                    '"}}}]',
                  ],
                ],
              },
            },
          },
        },
      }),
    },
  ]);
});

describe('what only Fn::Sub fills in', () => {
  const inYaml = (resource: string): string =>
    `AWSTemplateFormatVersion: "2010-09-09"\nParameters:\n  Team: {Type: String}\nResources:\n  Bucket: {Type: AWS::S3::Bucket}\n  One:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: "2012-10-17"\n        Statement:\n          - Effect: Allow\n            Action: s3:GetObject\n            Resource: ${resource}\n`;
  const all = 'arn:${AWS::Partition}:s3:::${Bucket}/${Team}/*';
  table([
    {
      name: 'a return value of a resource',
      text: inYaml('"${Bucket.Arn}/*"'),
      finds: [['KP-040', '${Bucket.Arn}', 'error']],
      fixed: inYaml('!Sub "${Bucket.Arn}/*"'),
    },
    {
      name: 'a resource, a parameter and what each template has',
      text: inYaml(all),
      finds: [
        ['KP-040', '${AWS::Partition}', 'error'],
        ['KP-040', '${Bucket}', 'error'],
        ['KP-040', '${Team}', 'error'],
      ],
      fixed: inYaml(`!Sub ${all}`),
    },
    {
      name: 'in a list, with a text of several lines',
      text: inYaml('\n              - "${Bucket.Arn}/a"\n              - >-\n                ${Bucket.Arn}/b'),
      finds: [
        ['KP-040', '${Bucket.Arn}', 'error'],
        ['KP-040', '${Bucket.Arn}', 'error'],
      ],
      fixed: inYaml(
        '\n              - !Sub "${Bucket.Arn}/a"\n              - !Sub >-\n                ${Bucket.Arn}/b',
      ),
    },
    { name: 'under !Sub', text: inYaml(`!Sub ${all}`), finds: [] },
    {
      name: 'a name that is none of the template',
      text: inYaml('arn:aws:s3:::${BUCKET}/*'),
      finds: [['KP-040', '${BUCKET}', 'warning']],
    },
    {
      name: 'beside a name that is none of the template, and a variable of IAM',
      text: inYaml('\n              - "${Bucket.Arn}/${TEAM}"\n              - "${Bucket.Arn}/${aws:username}"'),
      finds: [
        ['KP-040', '${Bucket.Arn}', 'error'],
        ['KP-040', '${TEAM}', 'warning'],
        ['KP-040', '${Bucket.Arn}', 'error'],
      ],
    },
    {
      name: 'in a join, and behind an anchor',
      text: inYaml('\n              - !Join ["", ["${Bucket.Arn}", "/*"]]\n              - &one ${Bucket.Arn}/x'),
      finds: [
        ['KP-040', '${Bucket.Arn}', 'error'],
        ['KP-040', '${Bucket.Arn}', 'error'],
      ],
    },
    {
      name: 'in a policy that is a text',
      text: `Resources:\n  Bucket: {Type: AWS::S3::Bucket}\n  One:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: |\n        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"\${Bucket.Arn}/*"}]}\n`,
      finds: [['KP-040', '${Bucket.Arn}', 'error']],
    },
    {
      name: 'in JSON',
      text: granted('arn:aws:s3:::a-bucket/${AWS::AccountId}/*'),
      finds: [['KP-040', '${AWS::AccountId}', 'error']],
      fixed: granted({ 'Fn::Sub': 'arn:aws:s3:::a-bucket/${AWS::AccountId}/*' }),
    },
    {
      name: 'in a provider, and in keys, which no function fills in',
      text: template(
        `AssumeRolePolicyDocument:\n  ${trust('${One}').replaceAll(',"', ', "').replaceAll('":', '": ')}\n`,
      ),
      finds: [
        ['KP-004', '${AWS::AccountId}', 'error'],
        ['KP-004', '${One}', 'error'],
        ['KP-004', '${One}', 'error'],
        ['KP-004', '${One}', 'error'],
      ],
      fixed: template(
        `AssumeRolePolicyDocument:\n  ${trust('${One}').replaceAll(',"', ', "').replaceAll('":', '": ').replace('"arn:', '!Sub "arn:')}\n`,
      ),
    },
  ]);

  test('it is said what is missing', () => {
    const [found] = lint(inYaml('"${Bucket.Arn}/*"'));
    assert.equal(
      found?.message,
      '${Bucket.Arn} was not replaced by its value. IAM takes it as it stands, and it matches nothing. CloudFormation fills it in only under Fn::Sub (!Sub), which is missing here.',
    );
    assert.deepEqual(
      found.fixes.map(({ title }) => title),
      ['Write !Sub'],
    );
  });

  test('what is filled in by a shell is nobody’s mistake', () => {
    const file = { path: 'a.yaml', text: inYaml('"${Bucket.Arn}/*"') };
    const script = { path: 'make.sh', text: 'envsubst < a.yaml > out.yaml\n' };
    assert.deepEqual(lint(file.text, { file: file.path, beside: { root: '', files: [script] } }), []);
  });
});
