// Policies that only scripts/mutate.ts showed to be missing from the tables of the rules.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkPermissionPolicy } from '../../src/core/rules/permissions.ts';
import { checkTrustPolicy } from '../../src/core/rules/trust.ts';
import type { PolicyContext, Severity } from '../../src/core/rules/types.ts';
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
    'Condition is a word': { text: policy(grant({ Condition: 'no' })), found: [['P-SYNTAX', 'error', '"no"']] },
  });
});

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const CONDITION = {
  StringEquals: {
    [`${ISSUER}:aud`]: 'sts.amazonaws.com',
    [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:default-editor',
  },
};
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
});
