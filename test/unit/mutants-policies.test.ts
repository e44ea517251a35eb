// Policies that only scripts/mutate.ts showed to be missing from the tables of the rules.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkPermissionPolicy } from '../../src/core/rules/permissions.ts';
import { checkTrustPolicy } from '../../src/core/rules/trust.ts';
import type { PolicyContext, Severity } from '../../src/core/rules/types.ts';
import { assertSound, underlined, type Check } from './policy-kit.ts';

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
const web = (change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${ISSUER}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: {
    StringEquals: {
      [`${ISSUER}:aud`]: 'sts.amazonaws.com',
      [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:default-editor',
    },
  },
  ...change,
});

describe('A trust policy', () => {
  table(checkTrustPolicy, {
    'the right action, and the same misspelt': {
      text: policy(web({ Action: ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithWebIdentiy'] })),
      found: [['KP-033', 'warning', '"sts:AssumeRoleWithWebIdentiy"']],
    },
    'the right action, and another one': {
      text: policy(web({ Action: ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRole'] })),
      found: [],
    },
  });
});
