/**
 * The plan of "Adopt Profile": a Profile and its role that a hand or another tool made are taken for a profile of this product. Nothing
 * changes but our tags and our annotation; what a tool would make again, or take back, is left to it.
 */
import type { Facts } from '../facts.ts';
import type { Change } from '../kinds.ts';
import { makerOfProfile, makerOfRole } from '../maker.ts';
import { ADOPTED, type Maker } from '../tools.ts';
import type { Role } from '../observation.ts';
import { valueOf } from '../reading.ts';
import { clusterTags, TAG } from '../tags.ts';
import { spoken } from '../text.ts';
import { subject } from '../policy/build.ts';
import { guarded } from './managed.ts';
import { isDone, accountArn, changeTitle, isWrite, refOf, unreadable, type Need, type Plan } from './plan.ts';
import { candidates, trustedBy, whose, type IssuingCluster } from './role.ts';
import { letsIn } from './trust.ts';

export interface AdoptWish {
  readonly profile: string;
}

/** The role that a profile names itself; undefined: none of the cluster's account. */
export function namedRole(wish: AdoptWish, facts: Facts, cluster: IssuingCluster): string | undefined {
  const [first] = candidates({ ...wish, cluster: cluster.name }, facts, cluster);
  return first?.named === undefined ? undefined : first.name;
}

/** `wanted`: the plan of Repair, to say what stays different; undefined: it could not be made. */
export function planAdopt(wish: AdoptWish, facts: Facts, cluster: IssuingCluster, wanted?: Plan): Plan {
  const { profile: name } = wish;
  const profileRef = refOf('k8s/profile', cluster.arn, name);
  const live = facts.get(profileRef);
  const needs: Need[] = [];
  const need = (id: string, title: string, reason: string | undefined): void => {
    if (reason !== undefined) needs.push({ id, title, holds: false, reason: spoken(reason) });
  };

  const profile = valueOf(live);
  const made = profile === undefined ? undefined : makerOfProfile(profile);
  need(
    'profile',
    `Profile ${name}`,
    live.state !== 'found'
      ? unreadable(live, `Profile ${name}`)
      : live.value.metadata.deletionTimestamp !== undefined
        ? `Profile ${name} is being deleted: there is nothing to adopt.`
        : undefined,
  );
  const roleName = namedRole(wish, facts, cluster);
  const title = `profile ${name} on ${cluster.name} (${cluster.region}), adopted`;
  const none = { title, needs, changes: [], proofs: [], warnings: [] };
  if (profile === undefined) return none;
  if (roleName === undefined) {
    const why = `Profile ${name} names no role of account ${cluster.account}: there is none to adopt. Repair gives it one.`;
    need('role', 'IAM role', why);
    return none;
  }
  const ref = refOf('iam/role', accountArn(cluster), roleName);
  const reading = facts.role(ref);
  const role = valueOf(reading);
  const maker = role === undefined ? undefined : makerOfRole(role);
  need(
    'role',
    `IAM role ${roleName}`,
    role === undefined ? unreadable(reading, `IAM role ${roleName}`) : others(role, wish, facts, cluster),
  );
  if (role === undefined || needs.length > 0) return none;

  const ours = role.tags[TAG.maker] ?? ADOPTED;
  const tags = Object.entries({ ...clusterTags(cluster), [TAG.profile]: name, [TAG.maker]: ours });
  const note = profile.metadata.annotations?.[TAG.maker];
  const changes: Change[] = [
    ...tags.map(([key, value]): Change => {
      const before = role.tags[key];
      return {
        ref: refOf('iam/role-tag', ref.at, `${roleName}/${key}`),
        ...(before === undefined ? {} : { before: { value: before } }),
        after: { value },
        what: value,
      };
    }),
    {
      ref: refOf('k8s/profile-note', cluster.arn, `${name}/${TAG.maker}`),
      ...(note === undefined ? {} : { before: { value: note } }),
      after: { value: note ?? ADOPTED },
      what: note ?? ADOPTED,
    },
  ];
  const plan: Plan = {
    title,
    wish: `Only tags of role ${roleName} and an annotation of the Profile. What they do stays as it is.`,
    needs,
    changes,
    proofs: [],
    warnings: [...about(`Profile ${name}`, made), ...about(`Role ${roleName}`, maker), ...differs(wanted)].map(spoken),
  };
  return guarded(plan, facts);
}

/** Whom else a role serves; undefined: it is the profile's alone. */
function others(role: Role, wish: AdoptWish, facts: Facts, cluster: IssuingCluster): string | undefined {
  const its = whose(role, { name: role.name, named: role.arn }, wish, facts, cluster);
  if (!its.ours) return `Role ${role.name} ${its.why}. Repair gives the profile a role of its own.`;
  return letsIn(role.trustPolicy, trustedBy(wish, cluster)) === 'no'
    ? `Role ${role.name} does not let in ${subject(wish.profile)}: it may be meant for somebody else. Repair mends that.`
    : undefined;
}

/** Who made it, as far as that is known, and what to think of where it is not clear. */
function about(title: string, maker: Maker | undefined): readonly string[] {
  switch (maker?.answer) {
    case 'unknown':
      return [`${title}: nothing says who made it. It may be by hand, or by a tool that leaves no mark.`];
    case 'unclear':
      // Of one that is named the plan warns as every plan does.
      return maker.tool === undefined
        ? [
            `${title} may be of another tool (${maker.evidence}). If it is, that tool takes what you change here back: then do not adopt it.`,
          ]
        : [];
    default:
      return [];
  }
}

/** What would not be as we make it. */
function differs(wanted: Plan | undefined): readonly string[] {
  if (wanted === undefined)
    return ['How far it is from what would be made here could not be compared. Repair shows that.'];
  const blocked = wanted.needs.filter(({ holds, id }) => !holds && id !== 'managed').map(({ title }) => title);
  const writes = wanted.changes.filter(isWrite).map(changeTitle);
  const all = [...blocked, ...writes];
  return all.length === 0 || isDone(wanted)
    ? []
    : [`Stays different from what would be made here: ${all.join('; ')}. Repair changes that, if you want it.`];
}
