/** Reads the roles of accounts as the isolation matrix needs them, and the texts of their managed policies, each once. */
import { parseArn } from '../../core/arn/arn.ts';
import type { Limit, PolicyText, WorldRole } from '../../core/isolation/world.ts';
import type { Role } from '../../core/observation.ts';
import { absent, reasonOf, valueOf } from '../../core/reading.ts';
import type { Aws } from '../../provisioning/ports.ts';
import { limiter, patiently, rolesOf } from '../roles.ts';
import { AT_ONCE } from './clusters.ts';
import { limit, NOT_READ } from './limits.ts';

/** The roles of an account: all, or where they may not be listed, those that profiles name. */
export async function lookAtRoles(
  aws: Aws,
  account: string,
  named: ReadonlySet<string>,
): Promise<{ readonly roles: readonly Role[]; readonly limits: readonly Limit[] }> {
  const roles: Role[] = [];
  let next: string | undefined;
  do {
    const from = next;
    const page = await patiently(() => aws.rolesPage({ has: () => true }, from));
    if (page.state !== 'found') {
      const names = [...named].flatMap((arn) => {
        const parsed = parseArn(arn);
        return parsed?.account === account ? [parsed.resource.slice(parsed.resource.lastIndexOf('/') + 1)] : [];
      });
      const read = await Promise.all(rolesOf(aws).read(names).values());
      const unread = read.find(({ state }) => state !== 'found' && state !== 'absent');
      return {
        roles: read.flatMap((one) => valueOf(one) ?? []),
        limits: [
          ...limit(
            `The roles of account ${account}`,
            page,
            'Only those that profiles name are judged: others may let in service accounts, too.',
          ),
          ...limit('A role that a profile names', unread ?? absent, 'What it lets in and allows is not in the matrix.'),
        ],
      };
    }
    roles.push(...page.value.roles);
    next = page.value.next;
  } while (next !== undefined);
  return { roles, limits: [] };
}

/** Texts of managed policies, each read once. */
export function policyTexts(aws: Aws): (arn: string) => Promise<PolicyText> {
  const known = new Map<string, Promise<PolicyText>>();
  const atOnce = limiter(AT_ONCE);
  const read = async (arn: string): Promise<PolicyText> => {
    const name = arn.slice(arn.indexOf(':policy/') + ':policy/'.length);
    const text = await atOnce(() => patiently(() => aws.policyDocument(arn)));
    return text.state === 'found'
      ? { name, text: text.value }
      : { name, unread: text.state === 'denied' ? text.permission : reasonOf(text) };
  };
  return (arn) => {
    const made = known.get(arn) ?? read(arn);
    known.set(arn, made);
    return made;
  };
}

/** A role with its inline policies; managed ones are still to be read. */
export const bare = ({ arn, name, tags, trustPolicy, inline, attached, boundary, unread = [] }: Role): WorldRole => ({
  arn,
  name,
  tags,
  trust: trustPolicy,
  policies: [
    ...inline,
    ...attached.map((policy) => ({ name: policy, unread: NOT_READ })),
    ...unread.map((permission) => ({ name: 'policies that were not read', unread: permission })),
  ],
  ...(boundary === undefined ? {} : { boundary: { name: boundary, unread: NOT_READ } }),
});

export async function withTexts(role: WorldRole, textOf: (arn: string) => Promise<PolicyText>): Promise<WorldRole> {
  const whole = async (policy: PolicyText): Promise<PolicyText> =>
    'unread' in policy && policy.unread === NOT_READ ? textOf(policy.name) : policy;
  const { boundary } = role;
  return {
    ...role,
    policies: await Promise.all(role.policies.map(whole)),
    ...(boundary === undefined ? {} : { boundary: await whole(boundary) }),
  };
}

/** Whether a text of its policies was not asked for yet. */
export const isUnread = (role: WorldRole): boolean =>
  [...role.policies, ...(role.boundary === undefined ? [] : [role.boundary])].some(
    (policy) => 'unread' in policy && policy.unread === NOT_READ,
  );
