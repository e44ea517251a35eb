// Policies that only scripts/mutate.ts showed to be missing from the tables of the rules.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseArn } from '../../src/core/arn/arn.ts';
import { S3_RESOURCE_TYPES, s3TypesOf } from '../../src/core/arn/s3.ts';
import { lint } from '../../src/core/lint.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import type { PolicyContext, Severity } from '../../src/core/finding.ts';
import { assertSound, findings, underlined, type Check } from './policy-kit.ts';

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

const BUCKET = 'arn:aws:s3:::team-a-data';
const grant = (change: object = {}): object => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: `${BUCKET}/*`,
  ...change,
});

describe('The form of a policy', () => {
  table(checkPermissionPolicy, {
    'no Version, and a policy variable': {
      text: write({ Statement: [grant({ Resource: `${BUCKET}/\${aws:username}/*` })] }),
      found: [['P-VERSION', 'warning', '"Statement"']],
    },
    'no Version, and a policy variable in a condition': {
      text: write({ Statement: [grant({ Condition: { StringEquals: { 'aws:PrincipalTag/a': '${aws:username}' } } })] }),
      found: [['P-VERSION', 'warning', '"Statement"']],
    },
    'no Version, no variable': {
      text: write({ Statement: [grant()] }),
      found: [['P-VERSION', 'information', '"Statement"']],
    },
    'Version is a list': {
      text: write({ Version: ['2012-10-17'], Statement: [grant()] }),
      found: [['P-VERSION', 'error', '[\n    "2012-10-17"\n  ]']],
    },
    'an element of the policy misspelt in a statement': {
      text: policy(grant({ Verson: '2012-10-17' })),
      found: [['P-SYNTAX', 'error', '"Verson"']],
    },
    'Effect is a list': {
      text: policy(grant({ Effect: ['Allow'] })),
      found: [['P-SYNTAX', 'error', '[\n        "Allow"\n      ]']],
    },
    'an action that is a variable': {
      text: policy(grant({ Action: '${ACTION}' })),
      found: [['KP-040', 'error', '${ACTION}']],
    },
    'a table bucket without account': {
      text: policy(grant({ Action: 's3tables:GetTable', Resource: 'arn:aws:s3tables:us-east-1::view/x' })),
      found: [['KP-042', 'error', 'view/x']],
    },
    'a table bucket without a slash': {
      text: policy(grant({ Action: 's3tables:GetTable', Resource: 'arn:aws:s3tables:us-east-1:111122223333:x' })),
      found: [['KP-042', 'error', 'x']],
    },
    'Condition is a word': { text: policy(grant({ Condition: 'no' })), found: [['P-SYNTAX', 'error', '"no"']] },
  });
});

test('actions that idle are said to act on what is not there', () => {
  const said = (statement: object): string => findings(checkPermissionPolicy, policy(statement))[0]?.message ?? '';
  assert.match(said(grant({ Resource: BUCKET })), /^s3:GetObject: acts on objects/);
  assert.match(said(grant({ Action: 's3:ListBucket' })), /^s3:ListBucket: acts on a bucket/);
});

test('a misspelt element of another place is not renamed to what does not belong there', () => {
  const [one] = findings(checkPermissionPolicy, policy(grant({ Verson: '2012-10-17' })));
  assert.ok(one?.fixes.every(({ edits }) => edits.every(({ newText }) => !newText.includes('Version'))));
});

describe('What CloudFormation fills in', () => {
  const template = (version: string, action: string): string => `Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: ${version}
        Statement:
          - Effect: Allow
            Action: ${action}
            Resource: [arn:aws:s3:::team-a-data, arn:aws:s3:::team-a-data/*]
`;
  test('is not judged', () => {
    assert.deepEqual(lint(template("!Sub '20${Year}-10-17'", "!Sub 's3 ${Name}'")), []);
    assert.deepEqual(lint(template('2012-10-17', "!Sub 's3:Get${Name}'")), []);
  });
  test('is not taken away by a fix', () => {
    const [all] = lint(template('2012-10-17', "['s3:*', !Ref Other]"));
    assert.deepEqual([all?.id, all?.fixes], ['KP-044', []]);
    assert.equal(lint(template('2012-10-17', "['s3:*', 's3:GetObject']"))[0]?.fixes.length, 1);
  });
});

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
  table(checkTrustPolicy, {
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
      found: [['KP-004', 'error', '${AUD}']],
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
    findings(checkTrustPolicy, policy(statement), context).flatMap((one) => one.fixes.map(({ title }) => title));

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

const EXAMPLES: Readonly<Record<string, string>> = {
  's3:bucket': 's3:::data',
  's3:object': 's3:::data/a/b',
  's3:accesspoint': 's3:us-west-2:111122223333:accesspoint/data',
  's3:accesspointobject': 's3:us-west-2:111122223333:accesspoint/data/object/a/b',
  's3:multiregionaccesspoint': 's3::111122223333:accesspoint/data.mrap',
  's3:multiregionaccesspointobject': 's3::111122223333:accesspoint/data.mrap/object/a',
  's3:multiregionaccesspointrequestarn': 's3:us-west-2:111122223333:async-request/mrap/createmultiregion/x',
  's3:job': 's3:us-west-2:111122223333:job/1',
  's3:storagelensconfiguration': 's3:us-west-2:111122223333:storage-lens/a',
  's3:storagelensgroup': 's3:us-west-2:111122223333:storage-lens-group/a',
  's3:accessgrantsinstance': 's3:us-west-2:111122223333:access-grants/default',
  's3:accessgrant': 's3:us-west-2:111122223333:access-grants/default/grant/a',
  's3:accessgrantslocation': 's3:us-west-2:111122223333:access-grants/default/location/a',
  's3-object-lambda:objectlambdaaccesspoint': 's3-object-lambda:us-west-2:111122223333:accesspoint/data',
  's3-outposts:bucket': 's3-outposts:us-west-2:111122223333:outpost/op-1/bucket/data',
  's3-outposts:object': 's3-outposts:us-west-2:111122223333:outpost/op-1/bucket/data/object/a',
  's3-outposts:accesspoint': 's3-outposts:us-west-2:111122223333:outpost/op-1/accesspoint/data',
  's3-outposts:accesspointobject': 's3-outposts:us-west-2:111122223333:outpost/op-1/accesspoint/data/object/a',
  's3-outposts:endpoint': 's3-outposts:us-west-2:111122223333:outpost/op-1/endpoint/a',
  's3express:bucket': 's3express:us-west-2:111122223333:bucket/data--usw2-az1--x-s3',
  's3express:accesspoint': 's3express:us-west-2:111122223333:accesspoint/data--usw2-az1--xa-s3',
  's3tables:TableBucket': 's3tables:us-west-2:111122223333:bucket/data',
  's3tables:Table': 's3tables:us-west-2:111122223333:bucket/data/table/a',
  's3vectors:VectorBucket': 's3vectors:us-west-2:111122223333:bucket/data',
  's3vectors:Index': 's3vectors:us-west-2:111122223333:bucket/data/index/a',
  's3files:file-system': 's3files:us-west-2:111122223333:file-system/fs-1',
  's3files:access-point': 's3files:us-west-2:111122223333:file-system/fs-1/access-point/fsap-1',
};

test('each type of resource of the S3 family has an ARN of its own', () => {
  const types = Object.entries(EXAMPLES).map(([id, rest]) => {
    const arn = parseArn(`arn:aws:${rest}`);
    return [id, arn && s3TypesOf(arn).map((type) => type.id)];
  });
  assert.deepEqual(
    types,
    S3_RESOURCE_TYPES.map(({ id }) => [id, [id]]),
  );
});
