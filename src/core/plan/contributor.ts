/** Contributors of a profile: let in and taken out again, with the two objects that Kubeflow's access management makes. */
import { ownerProblem } from '../arn/names.ts';
import type { Facts } from '../facts.ts';
import { KINDS, titleOf, type Change } from '../kinds.ts';
import type { Cluster } from '../observation.ts';
import {
  bindingName,
  contributorBinding,
  contributorPolicy,
  identityOf,
  OWNER_POLICY,
  type ContributorRole,
} from '../people/kfam.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { irsaPlugin } from '../profile/manifest.ts';
import { valueOf } from '../reading.ts';
import { spoken } from '../text.ts';
import { CONTRIBUTOR, ownerWarnings } from './owner.ts';
import { signInMay } from '../people/signIn.ts';
import { refOf, unreadable, type Need, type Plan } from './plan.ts';

/** What a person wants: a contributor more, or one less. */
export interface ContributorWish {
  readonly profile: string;
  readonly user: string;
  readonly role: ContributorRole;
}

/** The two objects of a contributor, and the policy of the owner, which says how the cluster knows its users. */
export const contributorRefs = (cluster: Pick<Cluster, 'arn'>, profile: string, name: string) =>
  [
    refOf('k8s/role-binding', cluster.arn, `${profile}/${name}`),
    refOf('k8s/authorization-policy', cluster.arn, `${profile}/${name}`),
    refOf('k8s/authorization-policy', cluster.arn, `${profile}/${OWNER_POLICY}`),
  ] as const;

/** The plan of "Add Contributor". */
export function planContributor(wish: ContributorWish, facts: Facts, cluster: Cluster): Plan {
  const { profile, user, role } = wish;
  const [bindingRef, policyRef, ownerRef] = contributorRefs(cluster, profile, bindingName(user, role));
  const live = facts.get(refOf('k8s/profile', cluster.arn, profile));
  const [binding, policy, own] = [facts.get(bindingRef), facts.get(policyRef), facts.get(ownerRef)];
  const owner = valueOf(live)?.spec?.owner?.name;
  const need = (id: string, title: string, reason: string): Need => ({
    id,
    title,
    holds: false,
    reason: spoken(reason),
  });
  const wrong = ownerProblem(user);
  const needs: Need[] = [];
  if (live.state !== 'found') needs.push(need('profile', `Profile ${profile}`, unreadable(live, `Profile ${profile}`)));
  else if (wrong !== undefined) needs.push(need('role-binding', `Contributor ${user}`, wrong));
  else if (owner === user)
    needs.push(
      need(
        'role-binding',
        `Contributor ${user}`,
        `${user} owns profile ${profile}, and may do more than a contributor.`,
      ),
    );
  for (const [ref, reading] of [
    [bindingRef, binding],
    [policyRef, policy],
  ] as const) {
    const [{ id }, title] = [KINDS[ref.kind], titleOf(ref)];
    const other = reading.state === 'found' ? reading.value.annotations['user'] : undefined;
    if (reading.state === 'denied' || reading.state === 'failed')
      needs.push(need(id, title, unreadable(reading, title)));
    else if (reading.state === 'found' && other !== user)
      needs.push(
        need(
          id,
          title,
          `It is there for ${other ?? 'nobody'}: Kubeflow gives both users one name. Remove that one first.`,
        ),
      );
  }
  const identity = identityOf(valueOf(own), owner ?? '');
  const [binds, lets] = [contributorBinding(profile, user, role), contributorPolicy(profile, user, role, identity)];
  const [there, letting] = [valueOf(binding), valueOf(policy)];
  const changes: readonly Change[] = [
    { ref: bindingRef, ...(there === undefined ? {} : { before: there }), after: binds, what: `${role} for ${user}` },
    {
      ref: policyRef,
      ...(letting === undefined ? {} : { before: letting }),
      after: lets,
      what: `lets in ${user}`,
    },
  ];
  const irsa = live.state === 'found' ? irsaPlugin(live.value)?.awsIamRole : undefined;
  return {
    title: `contributor ${user} of profile ${profile} on ${cluster.name} (${cluster.region})`,
    needs,
    changes: needs.length > 0 ? [] : changes,
    proofs: [],
    reads: ['get profiles.kubeflow.org', ...signInMay(facts.signIn)],
    warnings: [
      ...(role === 'edit'
        ? [
            `Whoever may edit runs pods as ${SERVICE_ACCOUNT}, and so uses ${irsa === undefined ? "the profile's IAM role" : `role ${irsa}`} and what it may do in S3.`,
          ]
        : []),
      ...ownerWarnings({ owner: user }, facts, CONTRIBUTOR),
    ].map(spoken),
  };
}

/** The plan of "Remove Contributor"; `name`: of both objects. One that is gone already is no matter. */
export function planContributorGone(
  { profile, user, name }: { readonly profile: string; readonly user: string; readonly name: string },
  facts: Facts,
  cluster: Cluster,
): Plan {
  const [bindingRef, policyRef] = contributorRefs(cluster, profile, name);
  const readings = [
    [bindingRef, facts.get(bindingRef)],
    [policyRef, facts.get(policyRef)],
  ] as const;
  const needs = readings.flatMap(([ref, reading]): Need[] => {
    const [{ id }, title] = [KINDS[ref.kind], titleOf(ref)];
    return reading.state === 'denied' || reading.state === 'failed'
      ? [{ id, title, holds: false, reason: spoken(unreadable(reading, title)) }]
      : [];
  });
  const gone = readings.flatMap(([ref, reading]) =>
    reading.state === 'found' ? [{ ref, before: reading.value, what: `of ${user}` } as Change] : [],
  );
  return {
    title: `contributor ${user} of profile ${profile} on ${cluster.name} (${cluster.region}), removed`,
    needs,
    changes: needs.length > 0 ? [] : gone,
    proofs: [],
    warnings: [`What ${user} has running in ${profile} goes on: it runs as service accounts of the namespace.`].map(
      spoken,
    ),
  };
}
