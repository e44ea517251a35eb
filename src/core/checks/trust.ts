import { AUDIENCE, providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { mayAssume, trustInWords } from '../policy/evaluate.ts';
import type { PolicyContext } from '../rules/types.ts';
import { problem, type Problem } from './problem.ts';
import type { ProfileReadings, RoleDetails } from './readings.ts';
import { trustTextProblems } from './rules.ts';

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const some = (texts: readonly string[]): string =>
  texts.length > 3 ? `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more` : texts.join(', ');

/**
 * Problems of a role's trust policy for the service account of one profile: what the rules see in its text, and, should that
 * explain nothing, that the service account is not let in.
 */
export function trustProblems(
  readings: ProfileReadings,
  role: RoleDetails,
  context: PolicyContext,
): readonly Problem[] {
  const { cluster, profile } = readings;
  if (cluster.issuer === undefined) return [];
  const { name } = profile.metadata;
  const seen = trustTextProblems(role, context);
  const provider = providerArn(cluster.partition, role.arn.split(':')[4] ?? cluster.account, cluster.issuer);
  const trust = parse(role.trustPolicy);
  if (seen.length > 0 || mayAssume(trust, { provider, sub: subject(name), aud: AUDIENCE })) return seen;
  const said = `The trust policy of ${role.name} does not let in ${name}/${SERVICE_ACCOUNT}`;
  const { providers, subjects } = trustInWords(trust);
  if (providers.length === 0) return [problem('KP-033', `${said}: no statement trusts an OIDC provider.`, 'repair')];
  return providers.includes(provider)
    ? [problem('KP-030', `${said}: it lets in ${some(subjects) || 'others'}.`, 'repair')]
    : [problem('KP-026', `${said}: it trusts ${some(providers)}, not this cluster.`, 'repair')];
}

/** Who may assume a role, in a few words. */
export function trustWords(trustPolicy: string): string {
  const { subjects, anyServiceAccount, others } = trustInWords(parse(trustPolicy));
  const who = [
    ...(anyServiceAccount
      ? ['every service account of the cluster']
      : subjects.map((sub) => sub.replace(/^system:serviceaccount:/, '').replace(':', '/'))),
    ...others,
  ];
  return who.length === 0 ? 'nobody may assume it' : `assumed by ${some(who)}`;
}
