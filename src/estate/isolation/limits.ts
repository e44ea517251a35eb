/** Where the proof of isolation ends: what was not read, what may not be read, and what follows from that. */
import type { Limit, WorldRole } from '../../core/isolation/world.ts';
import type { Organization } from '../../core/observation.ts';
import { valueOf, type Reading } from '../../core/reading.ts';

/** What holds wherever it is looked. */
export const ALWAYS: readonly Limit[] = [
  {
    text: 'Policies of VPC endpoints and of sessions are not in the matrix, nor resource control policies over buckets of other accounts. They can only take away: what is said not to be possible stays so, what is said to be possible may still be refused.',
  },
  {
    text: 'Access points, S3 Access Grants and access lists of buckets were not read. A role that its policies let use access points is shown with "?" at what may lie behind them; a Deny about a bucket does not hold behind its access points.',
  },
  {
    text: 'It is about tokens of service accounts. Who may make pods in a namespace, or change roles and policies, or has keys of IAM users, can do what those can.',
  },
];

/** Stands for the text of a policy that was not asked for yet. */
export const NOT_READ = 'it was not read yet';

/** That a reading is not there, and what follows. */
export const limit = (what: string, reading: Reading<unknown>, then: string): readonly Limit[] =>
  reading.state === 'denied'
    ? [{ text: `${what}: you may not ${reading.permission}. ${then}`, permission: reading.permission }]
    : reading.state === 'failed'
      ? [{ text: `${what}: ${reading.reason} ${then}` }]
      : [];

/** What an organization has over an account and is not in the matrix. */
export function unreadOrganization(account: string, reading: Reading<Organization>): readonly Limit[] {
  const then =
    'They can only take away: what is said not to be possible stays so, what is said to be possible may still be refused.';
  if (reading.state !== 'found') return limit(`The organization of account ${account}`, reading, then);
  const { id, levels } = reading.value;
  const [first] = (valueOf(levels) ?? [])
    .flatMap(({ service = [], resource = [] }) => [...service, ...resource])
    .filter(({ unread }) => unread !== undefined);
  return [
    ...limit(`The policies (SCPs, RCPs) of organization ${id} over account ${account}`, levels, then),
    ...(first === undefined
      ? []
      : [{ text: `Policy ${first.name} (${first.id}) of organization ${id}: ${first.unread ?? ''}. ${then}` }]),
  ];
}

/** Policies that may not be read. */
export function unreadPolicies(roles: readonly WorldRole[]): readonly Limit[] {
  const unread = new Map<string, string>();
  for (const { policies, boundary, name } of roles)
    for (const policy of [...policies, ...(boundary === undefined ? [] : [boundary])])
      if ('unread' in policy && policy.unread !== NOT_READ) unread.set(`${policy.name} of role ${name}`, policy.unread);
  return [...unread].slice(0, 20).map(([policy, why]) => ({
    text: `Policy ${policy}: ${why.replace(/\.$/, '')}. What it allows or denies cannot be judged.`,
    ...(why.startsWith('iam:') ? { permission: why } : {}),
  }));
}
