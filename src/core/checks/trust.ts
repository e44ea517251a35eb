import { AUDIENCE, providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { accessWords, whoGetsIn } from '../policy/access.ts';
import { mayAssume } from '../policy/evaluate.ts';
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
  const answer = mayAssume(trust, { provider, sub: subject(name), aud: AUDIENCE });
  if (seen.length > 0 || answer !== 'no') return seen;
  const said = `The trust policy of ${role.name} does not let in ${name}/${SERVICE_ACCOUNT}`;
  const who = whoGetsIn(trust);
  const { providers } = who;
  if (providers.length === 0) return [problem('KP-033', `${said}: no statement trusts an OIDC provider.`, 'repair')];
  return providers.includes(provider)
    ? [problem('KP-030', `${said}: it lets in ${accessWords(who, provider)}.`, 'repair')]
    : [problem('KP-026', `${said}: it lets in ${accessWords(who, provider)}, not this cluster.`, 'repair')];
}

/** Who may assume a role, in a few words. */
export function trustWords(trustPolicy: string): string {
  const who = accessWords(whoGetsIn(parse(trustPolicy)));
  return who === 'nobody' ? 'nobody may assume it' : `assumed by ${who}`;
}
