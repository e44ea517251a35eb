/**
 * The plan of "Hand Over": another owner for a profile. The profile controller leaves a namespace alone whose annotation `owner` is
 * not the Profile's owner (KP-014), so both are changed; of what it made for the owner it puts all right but the annotation `user`,
 * which Kubeflow's access management reads (kubeflow/dashboard profile_controller.go: bindings are compared by role and subjects,
 * policies by their spec). Here all of it is changed, so that no part waits for another.
 */
import { ownerProblem } from '../arn/names.ts';
import type { Facts } from '../facts.ts';
import type { Change } from '../kinds.ts';
import type { Cluster } from '../observation.ts';
import { contributorsOf, handedOver, OWNER_BINDING, OWNER_POLICY, type RoleBinding } from '../people/kfam.ts';
import { touched } from '../profile/manifest.ts';
import { valueOf } from '../reading.ts';
import { spoken } from '../text.ts';
import { guarded } from './managed.ts';
import { ownerPart } from './owner.ts';
import { signInMay } from '../people/signIn.ts';
import { refOf, unreadable, type Need, type Plan } from './plan.ts';
import type { NewUser } from '../request.ts';

export interface HandOverWish {
  readonly profile: string;
  readonly owner: string;
  readonly newUser?: NewUser;
}

/** What is read before a profile is handed over. */
export const handOverRefs = (cluster: Pick<Cluster, 'arn'>, profile: string) =>
  [
    refOf('k8s/profile', cluster.arn, profile),
    refOf('k8s/namespace', cluster.arn, profile),
    refOf('k8s/role-binding', cluster.arn, `${profile}/${OWNER_BINDING}`),
    refOf('k8s/authorization-policy', cluster.arn, `${profile}/${OWNER_POLICY}`),
  ] as const;

/** `bindings`: those of the namespace, where they may be listed. */
export function planHandOver(
  { profile: name, owner, newUser }: HandOverWish,
  facts: Facts,
  cluster: Cluster,
  bindings: readonly RoleBinding[] = [],
): Plan {
  const refs = handOverRefs(cluster, name);
  const [live, space, binding, policy] = [
    facts.get(refs[0]),
    facts.get(refs[1]),
    facts.get(refs[2]),
    facts.get(refs[3]),
  ] as const;
  const needs: Need[] = [];
  const stop = (id: string, title: string, reason: string): void =>
    void needs.push({ id, title, holds: false, reason: spoken(reason) });
  const wrong = ownerProblem(owner);
  if (wrong !== undefined) stop('profile', `Owner ${owner}`, wrong);
  if (live.state !== 'found') stop('profile', `Profile ${name}`, unreadable(live, `Profile ${name}`));
  else if (live.value.metadata.deletionTimestamp !== undefined)
    stop('profile', `Profile ${name}`, `Profile ${name} is being deleted: there is nothing to hand over.`);
  if (space.state !== 'found') stop('namespace', `Namespace ${name}`, unreadable(space, `Namespace ${name}`));
  if (binding.state === 'denied' || binding.state === 'failed')
    stop('role-binding', `RoleBinding ${name}/${OWNER_BINDING}`, unreadable(binding, `RoleBinding ${OWNER_BINDING}`));
  const who = ownerPart({ owner, ...(newUser === undefined ? {} : { newUser }) }, facts, cluster);
  needs.push(...who.needs);
  const profile = valueOf(live);
  const before = profile?.spec?.owner?.name;
  const title = `profile ${name} on ${cluster.name} (${cluster.region}), handed over to ${owner}`;
  if (needs.length > 0 || profile === undefined || space.state !== 'found')
    return { title, needs, changes: [], proofs: [], warnings: who.warnings.map(spoken) };

  const what = `owner ${owner}`;
  const after =
    before === owner
      ? // KP-014: the Profile was changed, and the controller looked away. It looks again where something changes.
        space.value.owner === owner
        ? profile
        : touched(profile)
      : { ...profile, spec: { ...profile.spec, owner: { ...userOf(profile.spec?.owner), name: owner } } };
  const bound = valueOf(binding);
  const lets = valueOf(policy);
  const changes: Change[] = [
    ...who.changes,
    // First: with another owner than the namespace's the controller would leave the Profile alone.
    { ref: refs[1], before: space.value, after: { ...space.value, owner }, what },
    { ref: refs[0], before: profile, after, what },
  ];
  if (bound !== undefined)
    changes.push({
      ref: refs[2],
      before: bound,
      after: {
        ...bound,
        annotations: { ...bound.annotations, user: owner },
        subjects: [{ kind: 'User', name: owner }],
      },
      what: `for ${owner}`,
    });
  // Its values name the Profile's owner, or, where the controller looked away, the namespace's.
  const named = [lets?.annotations['user'], before, space.value.owner].filter((one) => one !== undefined);
  if (lets !== undefined)
    changes.push({
      ref: refs[3],
      before: lets,
      after: named.reduce((made, from) => handedOver(made, from, owner), lets),
      what: `lets in ${owner}`,
    });
  const former = before === owner ? space.value.owner : before;
  const stays = contributorsOf(bindings).find(({ user }) => user === former);
  const plan: Plan = {
    title,
    needs,
    changes,
    proofs: [],
    reads: ['list rolebindings.rbac.authorization.k8s.io', ...signInMay(facts.signIn)],
    warnings: [
      ...who.warnings,
      ...(former === undefined || former === owner
        ? []
        : [
            stays === undefined
              ? `${former} gets no further into the profile. Add ${former} as a contributor to keep that.`
              : `${former} stays a contributor (${stays.role}).`,
          ]),
      ...(policy.state === 'denied'
        ? [
            `You may not read AuthorizationPolicy ${OWNER_POLICY}: the profile controller puts it right, all but its annotation "user".`,
          ]
        : []),
      'What runs in the profile goes on. Its role and bucket stay.',
    ].map(spoken),
  };
  return guarded(plan, facts);
}

/** The owner as a user, without what fits another kind only. */
function userOf(owner: { readonly kind?: string; readonly name?: string } | undefined): { readonly kind: string } {
  const { kind = 'User', ...rest } = owner ?? {};
  return kind === 'User' ? { kind, ...rest } : { kind: 'User' };
}
