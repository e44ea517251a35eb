import { AUDIENCE, issuerPath, providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { mayAssume, trustInWords } from '../policy/evaluate.ts';
import { problem, type Problem } from './problem.ts';
import type { ProfileReadings, RoleDetails } from './readings.ts';

/** A name that no namespace and no service account has: whether it gets in tells how wide the door is. */
const STRANGER = 'kubeflow-irsa-nobody';

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const some = (texts: readonly string[]): string =>
  texts.length > 3 ? `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more` : texts.join(', ');

/** Problems of a role's trust policy for the service account of one profile. */
export function trustProblems({ cluster, profile }: ProfileReadings, role: RoleDetails): Problem[] {
  if (cluster.issuer === undefined) return [];
  const { name } = profile.metadata;
  const provider = providerArn(cluster.partition, role.arn.split(':')[4] ?? cluster.account, cluster.issuer);
  const trust = parse(role.trustPolicy);
  const may = (sub: string): boolean => mayAssume(trust, { provider, sub, aud: AUDIENCE });
  if (may(subject(name))) {
    if (may(subject(STRANGER, STRANGER)) || may(subject(STRANGER))) {
      const who = `Every service account of the cluster may assume ${role.name}, also those of other profiles.`;
      return [problem('KP-029', who, 'repair')];
    }
    if (may(subject(name, STRANGER))) {
      const who = `Every service account of namespace ${name} may assume ${role.name}, not only ${SERVICE_ACCOUNT}.`;
      return [problem('T-LIKE-NS-ANY-SA', who, 'repair')];
    }
    return [];
  }
  const said = `The trust policy of ${role.name} does not let in ${name}/${SERVICE_ACCOUNT}`;
  const { providers, subjects } = trustInWords(trust);
  if (providers.length === 0) return [problem('KP-033', `${said}: no statement trusts an OIDC provider.`, 'repair')];
  if (!providers.includes(provider)) {
    return [problem('KP-026', `${said}: it trusts ${some(providers)}, not this cluster.`, 'repair')];
  }
  const keys = [...role.trustPolicy.matchAll(/"([^"]*):(?:aud|sub)"/gi)].map(([, issuer = '']) => issuer);
  const foreign = keys.find((issuer) => issuer.toLowerCase() !== issuerPath(cluster.issuer ?? '').toLowerCase());
  if (foreign !== undefined) {
    return [
      problem(
        'KP-032',
        `${said}: it asks for claims of ${foreign}, which tokens of this cluster do not have.`,
        'repair',
      ),
    ];
  }
  if (subjects.includes(subject(name))) {
    return [
      problem('KP-028', `${said}: its other conditions do not hold. Tokens have the audience ${AUDIENCE}.`, 'repair'),
    ];
  }
  if (subjects.some((sub) => /[*?]/.test(sub) && !may(sub))) {
    return [problem('KP-031', `${said}: "*" under StringEquals is taken as it is written.`, 'repair')];
  }
  return [problem('KP-030', `${said}: it lets in ${some(subjects) || 'others'}.`, 'repair')];
}

/** Who may assume a role, in a few words. */
export function trustWords(trustPolicy: string): string {
  const { subjects, anyServiceAccount, others } = trustInWords(parse(trustPolicy));
  const who = [
    ...(anyServiceAccount ? ['every service account of the cluster'] : []),
    ...(anyServiceAccount ? [] : subjects.map((sub) => sub.replace(/^system:serviceaccount:/, '').replace(':', '/'))),
    ...others,
  ];
  return who.length === 0 ? 'nobody may assume it' : `assumed by ${some(who)}`;
}
