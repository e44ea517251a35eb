/** Problems found once for policies of the same shape are those of each policy by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionProblems, trustTextProblems } from '../../src/core/modes/live/texts.ts';
import { parseJson } from '../../src/core/document/json.ts';
import { permissionsPolicy, policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust.ts';
import type { Finding, PolicyContext } from '../../src/core/finding.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E';
const PROVIDER = providerArn('aws', '111122223333', `https://${ISSUER}`);
/** Names of teams, and names that are also words of policies and issuers, or look like the stand-in. */
const NAMES = [
  'team-a',
  'team-b',
  'team-10',
  'a',
  'id',
  's3',
  'eks',
  'sts',
  'p0',
  'p00000',
  'aud',
  'artifacts',
  'role',
];

const say = (findings: readonly Finding[]): string[] =>
  findings
    .filter(
      ({ id, severity }, at) =>
        (severity === 'error' || severity === 'warning') &&
        findings.findIndex((other) => other.id === id && /error|warning/.test(other.severity)) === at,
    )
    .map(({ id, message }) => `${id} ${message}`);
const parse = (text: string) => {
  const { root } = parseJson(text, { text, format: 'json' });
  assert.ok(root);
  return root;
};
const roleWith = (trustPolicyText: string, inline: string) => ({
  arn: 'arn:aws:iam::111122223333:role/r',
  name: 'r',
  tags: {},
  attached: [],
  trustPolicy: trustPolicyText,
  inline: [{ name: 'p', text: inline }],
});

const texts: readonly {
  readonly what: string;
  readonly trust: (name: string) => string;
  readonly allow: (name: string) => string;
}[] = [
  {
    what: 'as built',
    trust: (name) => policyText(trustPolicy(PROVIDER, `https://${ISSUER}`, name)),
    allow: (name) => policyText(permissionsPolicy('aws', 'artifacts', name, 'prefix')),
  },
  {
    what: 'of team-b for all',
    trust: () => policyText(trustPolicy(PROVIDER, `https://${ISSUER}`, 'team-b')),
    allow: () => policyText(permissionsPolicy('aws', 'artifacts', 'team-b', 'prefix')),
  },
  {
    what: 'a pattern for all teams',
    trust: () =>
      policyText(trustPolicy(PROVIDER, `https://${ISSUER}`, 'team-*')).replaceAll('StringEquals', 'StringLike'),
    allow: () => policyText(permissionsPolicy('aws', 'artifacts', 'team-*', 'prefix')),
  },
  {
    what: 'another service account, a bucket with four colons',
    trust: (name) =>
      policyText(trustPolicy(PROVIDER, `https://${ISSUER}`, name)).replaceAll(':default-editor', ':editor'),
    allow: (name) => policyText(permissionsPolicy('aws', 'artifacts', name, 'prefix')).replaceAll(':s3:::', ':s3::::'),
  },
  {
    what: 'no policies',
    trust: (name) => JSON.stringify({ Statement: name }),
    allow: (name) => JSON.stringify({ Statement: [{ Effect: 'Allow', Action: `${name}/x`, Resource: `/${name}/` }] }),
  },
];

for (const { what, trust, allow } of texts) {
  test(`the same for each profile, with its own name: ${what}`, () => {
    for (const name of NAMES) {
      const context: PolicyContext = {
        account: '111122223333',
        partition: 'aws',
        issuer: ISSUER,
        profile: name,
        annotateOnly: true,
      };
      const role = roleWith(trust(name), allow(name));
      const words = (found: readonly { id: string; message: string }[]) =>
        found.map(({ id, message }) => `${id} ${message}`);
      assert.deepEqual(
        words(trustTextProblems(role, context)),
        say(checkTrustPolicy(parse(role.trustPolicy), context)),
        `trust of ${name}`,
      );
      assert.deepEqual(
        words(permissionProblems(role, context)),
        say(checkPermissionPolicy(parse(role.inline[0]?.text ?? ''), context)),
        `permissions of ${name}`,
      );
    }
  });
}
