// A table per function of CloudFormation that a policy may be written with, and of what CDK synthesizes.
import { describe } from 'node:test';
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
