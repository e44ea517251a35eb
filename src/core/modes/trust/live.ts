import { keeps } from '../keeps.ts';
import { problem, type Problem, problems, seenInPolicy } from '../problem.ts';
import { ofTrust } from './policy.ts';
import { contextOf, namedRole, parse, type ProfileView } from '../view.ts';
import type { Cluster, Role } from '../../observation.ts';
import { whoGetsIn } from '../../policy/access.ts';
import { accessWords, type ClusterName } from '../../policy/access-words.ts';
import {
  AUDIENCE,
  issuerOf,
  issuerPath,
  isPolicy,
  providerArn,
  SERVICE_ACCOUNT,
  subject,
  trustPolicy,
} from '../../policy/build.ts';
import type { Answer } from '../../policy/answer.ts';
import { mayAssume } from '../../policy/evaluate.ts';
import { dataOf } from '../../policy/json.ts';
import { inEnglish, type Say } from '../../phrase.ts';

/** The provider that a role would trust to let a cluster's service accounts in: one of the role's own account. */
const providerFor = ({ partition, account }: Cluster, issuer: string, role: Pick<Role, 'arn'>): string =>
  providerArn(partition, role.arn.split(':')[4] ?? account, issuer);

/** What a judgement asks several times of one trust policy. */
interface TrustSeen {
  readonly provider: string;
  /** Whether it is just as a plan writes it: then it is right, and most are (test/unit/modes.test.ts). */
  readonly isPlanned: boolean;
  readonly answer: Answer;
}
const judged = new WeakMap<ProfileView, TrustSeen>();

function trustSeen(readings: ProfileView, role: Role): TrustSeen | undefined {
  const { cluster, profile } = readings;
  if (cluster.issuer === undefined) return undefined;
  const known = judged.get(readings);
  if (known !== undefined) return known;
  const { name } = profile.metadata;
  const provider = providerFor(cluster, cluster.issuer, role);
  const isPlanned = isPolicy(role.trustPolicy, trustPolicy(provider, cluster.issuer, name));
  const token = { provider, sub: subject(name), aud: AUDIENCE };
  const all: TrustSeen = {
    provider,
    isPlanned,
    answer: isPlanned ? 'yes' : mayAssume(dataOf(role.trustPolicy), token),
  };
  judged.set(readings, all);
  return all;
}

/** On what it depends whether `default-editor` of the profile is let in; undefined where that is settled. */
export function trustUnjudged(readings: ProfileView, role: Role): string | undefined {
  if (trustSeen(readings, role)?.answer !== 'unknown') return undefined;
  const { unjudged, bounded } = whoGetsIn(dataOf(role.trustPolicy));
  const why = [...new Set(unjudged.map((one) => one.why))];
  return bounded || why.length === 0
    ? 'the trust policy is too large to be judged here'
    : `it depends on ${why.join(', ')}, which only AWS knows when a pod asks`;
}

/**
 * Problems of a role's trust policy for the service account of one profile: what the rules see in its text, and, should that
 * explain nothing, that the service account is not let in.
 */
export function liveTrust(readings: ProfileView): readonly Problem[] {
  const { cluster, profile } = readings;
  const role = namedRole(readings);
  const trust = role && trustSeen(readings, role);
  if (role === undefined || trust === undefined || trust.isPlanned) return [];
  const { provider, answer } = trust;
  const { name } = profile.metadata;
  const root = parse(role.trustPolicy);
  const seen = root
    ? problems(
        ofTrust({ kind: 'trust', root }, contextOf(readings)),
        // What else is in a long policy is others' to shorten, where the role stays.
        (id) => (id === 'KP-023' && !shortened(readings) ? undefined : 'repair'),
        seenInPolicy('trust policy', role.arn, root, role.trustPolicy),
      )
    : [];
  if (seen.length > 0 || answer !== 'no') return seen;
  const said = `The trust policy of ${role.name} does not let in ${name}/${SERVICE_ACCOUNT}`;
  const who = whoGetsIn(dataOf(role.trustPolicy));
  const words = `it lets in ${accessWords(who, thisCluster(cluster))}`;
  if (who.providers.includes(provider)) {
    const why = who.admitted.length > 0 ? words : 'what it says of this cluster lets in nobody';
    return [problem('KP-030', `${said}: ${why}.`, 'repair')];
  }
  return who.providers.length === 0
    ? [problem('KP-033', `${said}: no statement trusts an OIDC provider.`, 'repair')]
    : [problem('KP-026', `${said}: ${words}, and trusts ${who.providers.join(', ')}, not this cluster.`, 'repair')];
}

/** Whether a repair leaves a short policy, or another role. */
function shortened(readings: ProfileView): boolean {
  const its = keeps(readings);
  const root = its === undefined || its === 'left' ? undefined : parse(its.trust?.policy ?? '');
  return (
    its === 'left' ||
    (root !== undefined && ofTrust({ kind: 'trust', root }, contextOf(readings)).every(({ id }) => id !== 'KP-023'))
  );
}

/** Names the cluster that is looked at. Its issuer is enough: a role of another account trusts a provider of that account. */
const thisCluster =
  ({ issuer }: Cluster, say: Say = inEnglish): ClusterName =>
  (provider) =>
    issuer !== undefined && issuerOf(provider) === issuerPath(issuer) ? say('the cluster') : undefined;

/** Who may assume a role, in a few words. */
export function trustWords(trustPolicy: string, cluster?: ClusterName, say: Say = inEnglish): string {
  const who = accessWords(whoGetsIn(dataOf(trustPolicy)), cluster, say);
  return who === say('nobody') ? say('nobody may assume it') : say('assumed by {0}', who);
}

/** Who may assume a role of a profile on this cluster, in a few words. */
export const trustWordsOn = (cluster: Cluster, trustPolicy: string, say: Say = inEnglish): string =>
  trustWords(trustPolicy, thisCluster(cluster, say), say);
