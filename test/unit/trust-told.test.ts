// What is said of a role's trust policy in a cluster, by whose role it is and what it says. Kept in test/fixtures/told/trust.
import { describe, test } from 'node:test';
import { ARN, AUD, ISSUER, OTHER, policy, right, role, ROLE, SUB, trust, web } from '../../src/core/modes/samples.ts';
import { liveTrust, trustUnjudged, trustWordsOn } from '../../src/core/modes/trust/live.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { absent, found } from '../../src/core/reading.ts';
import { asKept } from './told.ts';

describe('trust in a cluster', () => {
  const EC2 = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const other = (issuer: string, sub = SUB): object =>
    web({
      Principal: { Federated: ARN + issuer },
      Condition: { StringEquals: { [`${issuer}:aud`]: AUD, [`${issuer}:sub`]: sub } },
    });
  const team = (index: number): object => other(ISSUER, `system:serviceaccount:team-of-number-${index}:default-editor`);
  const teams = (count: number): readonly object[] => Array.from({ length: count }, (_, index) => team(index));
  const only = (Condition: object): object =>
    web({ Condition: { StringEquals: { [`${ISSUER}:aud`]: AUD, [`${ISSUER}:sub`]: SUB }, ...Condition } });
  const POLICIES: Readonly<Record<string, string>> = {
    'as it is planned': trust(),
    'another namespace': policy(team(1)),
    'another namespace, and a service': policy(team(1), EC2),
    'a service alone': policy(EC2),
    'nobody at all': policy(),
    'another cluster': policy(other(OTHER)),
    'another cluster, and this one for nobody': policy(other(OTHER), only({ Null: { [`${ISSUER}:sub`]: 'true' } })),
    'this cluster and a Deny': policy(web(), { ...web(), Effect: 'Deny' }),
    'this cluster by its address': policy(only({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })),
    'this cluster by two things': policy(
      only({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
      only({ StringEquals: { 'aws:SourceVpc': 'vpc-1', [`${ISSUER}:sub`]: SUB } }),
    ),
    'long, and it lets in': policy(web(), ...teams(8)),
    'long, and it does not': policy(...teams(8)),
    'no policy': 'x',
  };
  const views = (trustPolicy: string): Readonly<Record<string, ProfileView>> => ({
    'its role': right({ role: found(role({ trustPolicy })) }),
    'a role of ours': right({
      role: found(role({ trustPolicy, tags: { 'kubeflow-irsa/made-by': 'x', 'kubeflow-irsa/profile': 'team-a' } })),
    }),
    'a role that others use': right({ role: found(role({ trustPolicy })), sharedWith: ['team-b'] }),
    'a role of another account': right({
      role: found(
        role({
          trustPolicy: trustPolicy.replaceAll('111122223333', '999900001111'),
          arn: ROLE.replace('111122223333', '999900001111'),
        }),
      ),
    }),
    'no issuer': right({
      role: found(role({ trustPolicy })),
      cluster: (({ issuer: _, ...rest }) => rest)(right().cluster),
    }),
    'no role': right({ role: absent }),
  });
  for (const [name, text] of Object.entries(POLICIES))
    test(name, () =>
      asKept(
        `trust/${name}`,
        Object.entries(views(text)).flatMap(([whose, view]) => [
          whose,
          ...[
            ...liveTrust(view).map(({ id, message, remedy = '' }) => `${id} ${remedy} ${message}`),
            trustUnjudged(view, role({ trustPolicy: text })) ?? 'it is settled',
            trustWordsOn(view.cluster, text).slice(0, 300),
          ].map((line) => `    ${line}`),
        ]),
      ),
    );
});
