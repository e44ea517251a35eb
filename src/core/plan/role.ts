/** Which role a profile gets, and whose a role is. */
import { ROLE_ARN } from '../arn/arn.ts';
import { rolePath } from '../arn/role.ts';
import { defaultRoleName, ownRoleName } from '../arn/names.ts';
import { NOT_READ, type Facts } from '../facts.ts';
import type { Cluster, Role } from '../observation.ts';
import { AUDIENCE, providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { amendTrust, type AmendedTrust } from '../policy/amend.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import { TAG } from '../tags.ts';
import { accountArn, refOf } from './plan.ts';
import { NEIGHBOUR } from './proof.ts';
import { letsIn, othersNamed } from './trust.ts';

/** A cluster that tokens can be of. */
export type IssuingCluster = Cluster & { readonly issuer: string };

/** A role that a profile may get. */
export interface Candidate {
  readonly name: string;
  /** The person chose it: nothing else is taken in its place. */
  readonly chosen?: true;
  /** The profile's plugin or its service account's annotation names it: by this ARN. */
  readonly named?: string;
}

/** Roles that a profile may get, the best first. Those after the first are for where that one serves others, too. */
export function candidates(
  wish: Pick<Request, 'profile' | 'cluster' | 'roleName'>,
  facts: Facts,
  cluster: IssuingCluster,
): readonly Candidate[] {
  const profile = valueOf(facts.get(refOf('k8s/profile', cluster.arn, wish.profile)));
  const account = valueOf(facts.get(refOf('k8s/service-account', cluster.arn, `${wish.profile}/${SERVICE_ACCOUNT}`)));
  const named = [profile && irsaPlugin(profile)?.awsIamRole, account?.annotations[ROLE_ANNOTATION]].flatMap((arn) => {
    const groups = arn === undefined ? undefined : ROLE_ARN.exec(arn)?.groups;
    return arn !== undefined && groups?.['name'] !== undefined && groups['account'] === cluster.account
      ? [{ name: groups['name'], named: arn }]
      : [];
  });
  const usual = { name: defaultRoleName(wish.profile, cluster.name) };
  const own = named.length === 0 ? [] : [{ name: ownRoleName(wish.profile, cluster.name) }];
  const chosen = wish.roleName;
  if (chosen !== undefined) {
    const by = named.find(({ name }) => name === chosen);
    return [{ ...by, name: chosen, chosen: true }];
  }
  const all: readonly Candidate[] = [...named, usual, ...own];
  return all.filter(({ name }, at) => all.findIndex((other) => other.name === name) === at);
}

/** Whose a role is: this profile's to change; or why not. */
export type Whose = { readonly ours: true } | { readonly ours: false; readonly why: string };

/**
 * A role is a profile's by our tags, or because its plugin or annotation names it and nobody else is let in by it. One of the usual
 * name that nothing names is its own if it lets the profile in, and nobody else by name.
 */
export function whose(
  role: Role,
  { named, chosen }: Candidate,
  wish: Pick<Request, 'profile' | 'rolePath'>,
  facts: Facts,
  cluster: IssuingCluster,
): Whose {
  const other = (why: string): Whose => ({ ours: false, why });
  const path = rolePath(role.arn);
  if (wish.rolePath !== undefined && path !== wish.rolePath)
    return other(`is at path ${path ?? '?'}, which cannot be changed`);
  const made = role.tags[TAG.maker] !== undefined;
  const [ofProfile, ofCluster] = [role.tags[TAG.profile], role.tags[TAG.cluster]];
  if (made && (ofProfile !== wish.profile || ofCluster !== cluster.arn))
    return other(`is the role of profile ${ofProfile ?? '?'} on cluster ${ofCluster ?? '?'}`);
  const trusted = trustedBy(wish, cluster);
  const others = othersNamed(role.trustPolicy, trusted);
  if (!made && others.length > 0) {
    const who = letsIn(role.trustPolicy, trusted) === 'no' ? 'lets in' : 'lets in others too:';
    return other(`is used by something else (it ${who} ${others.join(', ')})`);
  }
  const namers = (valueOf(facts.namers)?.get(role.arn) ?? []).filter((name) => name !== wish.profile);
  if (namers.length > 0 && chosen === undefined) return other(`is also the role of ${namers.join(', ')}`);
  if (made || named !== undefined || letsIn(role.trustPolicy, trusted) !== 'no') return { ours: true };
  return other('is used by something else (it lets in nobody that this profile is)');
}

/** Who is to be let in by the role of a profile. */
export const trustedBy = ({ profile }: Pick<Request, 'profile'>, cluster: IssuingCluster) => ({
  provider: providerArn(cluster.partition, cluster.account, cluster.issuer),
  subject: subject(profile),
  audience: AUDIENCE,
});

/** A managed policy by its ARN: those of AWS are of no account. */
export const policyRef = (arn: string) => refOf('iam/policy', '', arn);

/** Service accounts that every profile's namespace has, and that belong to no role of their own (kubeflow/dashboard, Kubernetes). */
const NEIGHBOURS = [NEIGHBOUR, 'default-viewer'] as const;

/** One of them that a trust policy does not let in, where it lets in {@link NEIGHBOUR}; undefined: that one, or it lets in all. */
export function neighbourBy(trust: string, profile: string, provider: string): string | undefined {
  const its = NEIGHBOURS.find(
    (name) => letsIn(trust, { provider, subject: subject(profile, name), audience: AUDIENCE }) === 'no',
  );
  return its === NEIGHBOUR ? undefined : its;
}

/** A role that was left to those whom it serves. */
export interface PassedOver {
  readonly role: Role;
  readonly why: string;
  /** The profile named it. */
  readonly named: boolean;
}

export interface ChosenRole {
  readonly candidate: Candidate;
  readonly reading: Reading<Role>;
  readonly whose?: Whose;
  /** What its trust policy becomes. */
  readonly trust?: AmendedTrust;
  /** Roles that were passed over because they serve others, too. */
  readonly passed: readonly PassedOver[];
}

const isNotRead = (reading: Reading<unknown>): boolean => reading.state === 'failed' && reading.code === NOT_READ;

/** What must be read before a role can be chosen: a role by its name, or the Profiles of the cluster. */
export type Missing = { readonly role: string } | { readonly profiles: true };

/** The role that a profile gets: the first that is its own or not there yet; a shared one is left to the others. */
export function chooseRole(
  wish: Pick<Request, 'profile' | 'cluster' | 'roleName' | 'rolePath'>,
  facts: Facts,
  cluster: IssuingCluster,
): ChosenRole | Missing {
  const passed: PassedOver[] = [];
  let last: ChosenRole | undefined;
  for (const candidate of candidates(wish, facts, cluster)) {
    const reading = facts.role(refOf('iam/role', accountArn(cluster), candidate.name));
    if (isNotRead(reading)) return { role: candidate.name };
    if (reading.state !== 'found') return { candidate, reading, passed };
    const role = reading.value;
    const trust = amendTrust(role.trustPolicy, trustedBy(wish, cluster));
    const its = whose(role, candidate, wish, facts, cluster);
    // Somebody loses the role: those who name it count, too.
    if (its.ours && trust.lost.length > 0 && isNotRead(facts.namers) && candidate.chosen === undefined)
      return { profiles: true };
    const result = { candidate, reading, whose: its, trust, passed };
    if (its.ours && trust.stopped === undefined) return result;
    // What a Profile names and cannot have for itself makes room for one of its own; the best reason is the first one's.
    last ??= result;
    if (candidate.chosen !== undefined) return result;
    passed.push({
      role,
      why: its.ours ? `cannot let it in: ${(trust.stopped ?? '').replace(/\.$/, '')}` : its.why,
      named: candidate.named !== undefined,
    });
  }
  return (
    last ?? { candidate: { name: defaultRoleName(wish.profile, wish.cluster) }, reading: { state: 'absent' }, passed }
  );
}
