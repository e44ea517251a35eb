/**
 * The planner of "Edit": what is live, with some of it otherwise. It makes no plan of its own: the wish is completed by what is
 * live, and {@link planProfile} plans it; a new owner goes the way of a hand-over.
 */
import { roleNameOf } from '../arn/arn.ts';
import { ownerProblem, prefixProblem, roleNameProblem } from '../arn/names.ts';
import { pathProblem, rolePath, sessionProblem, tagProblem } from '../arn/role.ts';
import type { Facts } from '../facts.ts';
import { refText, type Change } from '../kinds.ts';
import type { Cluster, Role } from '../observation.ts';
import type { RoleBinding } from '../people/kfam.ts';
import { formerOfPolicy, keyOfPolicy, POLICY_NAME, profilePrefix, SERVICE_ACCOUNT } from '../policy/build.ts';
import { useOfRole, type DerivedAccess } from '../policy/derived.ts';
import { launcherPlace, type LauncherPlace } from '../profile/launcher.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { LAUNCHER, PIPELINES, pipelinesVersion } from '../profile/pipelines.ts';
import { valueOf, type Reading } from '../reading.ts';
import type { FormerPlace, Request } from '../request.ts';
import { TAG_PREFIX } from '../tags.ts';
import { spoken } from '../text.ts';
import { planHandOver } from './handover.ts';
import { blocked } from './part.ts';
import { accountArn, changeOf, isWrite, refOf, unreadable, type Need, type Plan } from './plan.ts';
import { planProfile } from './profile.ts';
import type { IssuingCluster } from './role.ts';

/** What of a profile is to be otherwise; what is not named stays as it is. */
export type Edit = Pick<Request, 'cluster' | 'region' | 'profile'> &
  Partial<Omit<Request, 'cluster' | 'region' | 'profile'>> & {
    /** Pipelines are to put their artifacts into the bucket; they are where the bucket or the prefix changes. */
    readonly setArtifacts?: true;
    /** Where another bucket or prefix is chosen: the role may go on reading the one before. */
    readonly keepReading?: true;
  };

/** A profile as it is, as far as it can be changed. */
export interface Live {
  readonly owner?: string;
  readonly roleName?: string;
  /** The role that its plugin names, or where it has none its service account. */
  readonly role?: Reading<Role>;
  /** ARNs of two roles, where the plugin and the annotation of the service account differ. */
  readonly differ?: { readonly plugin: string; readonly annotation: string };
  readonly use?: DerivedAccess;
  /** ARN of the KMS key that its policy lets it use. */
  readonly key?: string;
  /** Where its objects lay before, as far as its role may read it. */
  readonly former?: FormerPlace;
  /** Where its pipelines write; absent: nothing says so. */
  readonly launcher?: LauncherPlace;
  /** Why there is nothing to change: no such Profile, or one that may not be read. */
  readonly missing?: string;
}

/** What is read to know a profile as it is. The role that it names comes after them. */
export const liveRefs = ({ arn }: Pick<Cluster, 'arn'>, profile: string) =>
  [
    refOf('k8s/profile', arn, profile),
    refOf('k8s/service-account', arn, `${profile}/${SERVICE_ACCOUNT}`),
    refOf('k8s/config-map', arn, `${profile}/${LAUNCHER}`),
    refOf('k8s/deployment', arn, `${PIPELINES.namespace}/${PIPELINES.name}`),
  ] as const;

/** A profile as it is, of what was read. */
export function liveOf(name: string, facts: Facts, cluster: IssuingCluster): Live {
  const [profileRef, accountRef, launcherRef, pipelinesRef] = liveRefs(cluster, name);
  const profile = facts.get(profileRef);
  if (profile.state !== 'found')
    return {
      missing:
        profile.state === 'absent'
          ? `There is no Profile ${name} on ${cluster.name}: create it first.`
          : unreadable(profile, `Profile ${name}`),
    };
  const annotation = valueOf(facts.get(accountRef))?.annotations[ROLE_ANNOTATION];
  const plugin = irsaPlugin(profile.value)?.awsIamRole;
  const arn = plugin ?? annotation;
  const roleName = arn?.split(':')[4] === cluster.account ? roleNameOf(arn) : undefined;
  if (arn !== undefined && roleNameOf(arn) !== undefined && roleName === undefined)
    return {
      missing: `The role of profile ${name} is none of account ${cluster.account}: ${arn}. Change it where it is, or repair the profile, which gives it a role of this account.`,
    };
  const role = roleName === undefined ? undefined : facts.role(refOf('iam/role', accountArn(cluster), roleName));
  const { inline } = (role && valueOf(role)) ?? { inline: [] };
  const ours = inline.filter((policy) => policy.name === POLICY_NAME);
  const use = useOfRole({ inline });
  const [key] = ours.flatMap(({ text }) => keyOfPolicy(text) ?? []);
  const [former] = ours.flatMap(({ text }) => formerOfPolicy(text) ?? []);
  const launcher = valueOf(facts.get(launcherRef));
  const image = valueOf(facts.get(pipelinesRef))?.image;
  const version = image === undefined ? undefined : pipelinesVersion(image);
  const owner = profile.value.spec?.owner?.name;
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(roleName === undefined ? {} : { roleName }),
    ...(role === undefined ? {} : { role }),
    ...(plugin === undefined || annotation === undefined || plugin === annotation
      ? {}
      : { differ: { plugin, annotation } }),
    ...(use === undefined ? {} : { use }),
    ...(key === undefined ? {} : { key }),
    ...(former === undefined ? {} : { former }),
    ...(launcher === undefined
      ? {}
      : {
          launcher: launcherPlace(launcher.data, {
            region: cluster.region,
            ...(version === undefined ? {} : { version }),
          }),
        }),
  };
}

/** Whether an edit means another role: a path cannot be changed, and role names are unique in an account. */
function another(edit: Edit, { roleName, role }: Live): boolean {
  const live = role && valueOf(role);
  return (
    live !== undefined &&
    ((edit.roleName !== undefined && edit.roleName !== roleName) ||
      (edit.rolePath !== undefined && edit.rolePath !== rolePath(live.arn)))
  );
}

/** What is wanted in full: what is live, with what is edited. Undefined: which bucket or owner it has is not known, and none is given. */
export function wishOf(edit: Edit, live: Live): Request | undefined {
  const { use, owner: has, launcher } = live;
  const owner = edit.owner ?? has;
  const bucket = edit.bucket ?? use?.bucket ?? (launcher?.state === 's3' ? launcher.bucket : undefined);
  if (owner === undefined || bucket === undefined) return undefined;
  const role = live.role && valueOf(live.role);
  // A new role is what the one before was, where nobody chose otherwise.
  const kept =
    role !== undefined && another(edit, live)
      ? {
          ...(role.boundary === undefined ? {} : { boundary: role.boundary }),
          ...(role.maxSession === undefined ? {} : { maxSession: role.maxSession }),
          ...(edit.rolePath === undefined ? { rolePath: rolePath(role.arn) ?? '/' } : {}),
          ...(live.former === undefined ? {} : { former: live.former }),
        }
      : {};
  const theirs =
    role === undefined || !another(edit, live)
      ? {}
      : Object.fromEntries(
          Object.entries(role.tags).filter(([key]) => !/^aws:/i.test(key) && !key.startsWith(TAG_PREFIX)),
        );
  const tags = { ...theirs, ...edit.tags };
  const { roleName, setArtifacts, keepReading, ...chosen } = edit;
  const former = keepReading === true ? formerPlace(edit, live) : undefined;
  const moves = setArtifacts === true || edit.bucket !== undefined || edit.prefix !== undefined;
  const prefix = use?.prefix !== undefined && use.prefix !== profilePrefix(edit.profile) ? { prefix: use.prefix } : {};
  return {
    access: use?.access ?? 'prefix',
    ...(moves ? {} : { leaveArtifacts: true as const }),
    ...prefix,
    ...kept,
    ...chosen,
    owner,
    bucket,
    ...(former === undefined ? {} : { former }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(roleName === undefined || roleName === live.roleName ? {} : { roleName }),
  };
}

/** What was read for the hand-over to a new owner. */
export interface People {
  readonly facts: Facts;
  readonly bindings: readonly RoleBinding[];
}

/** Plans an edit. `facts`: what {@link planProfile} needs for {@link wishOf}; `people`: where another owner is wanted. */
export function planEdit(edit: Edit, live: Live, facts: Facts, people?: People): Plan {
  const title = `profile ${edit.profile} on ${edit.cluster} (${edit.region}), edited`;
  const stop = (...needs: readonly Need[]): Plan => ({ title, needs, changes: [], proofs: [], warnings: [] });
  const wrong = problems(edit);
  if (wrong.length > 0) return stop(...wrong);
  if (live.missing !== undefined) return stop(blocked('profile', `Profile ${edit.profile}`, live.missing));
  if (live.role !== undefined && (live.role.state === 'denied' || live.role.state === 'failed'))
    return stop(blocked('role', `IAM role ${live.roleName ?? ''}`, unreadable(live.role, 'The role of the profile')));
  const wish = wishOf(edit, live);
  if (wish === undefined)
    return stop(
      live.owner === undefined && edit.owner === undefined
        ? blocked('profile', `Profile ${edit.profile}`, `Profile ${edit.profile} has no owner. Name one.`)
        : blocked(
            'bucket',
            'S3 bucket',
            'Which bucket the profile uses cannot be read from the policies of its role, nor from where its pipelines write. Name the bucket.',
          ),
    );
  const given = people === undefined ? undefined : handOver(edit, wish, facts, people);
  const plan = planProfile(wish, given?.facts ?? facts);
  const all = given === undefined ? plan : together(given.plan, plan);
  return {
    ...all,
    title,
    warnings: [
      ...differing(edit, live, all),
      ...roleWarnings(edit, live, all),
      ...placeWarnings(edit, wish, live),
      ...all.warnings,
    ].map(spoken),
  };
}

/** What is wrong with what was chosen, as far as it shows without looking. */
function problems({ owner, prefix, rolePath: path, roleName, maxSession, tags = {} }: Edit): readonly Need[] {
  const need = (id: string, title: string, reason: string | undefined): readonly Need[] =>
    reason === undefined ? [] : [blocked(id, title, reason)];
  return [
    ...need('profile', `Owner ${owner ?? ''}`, owner === undefined ? undefined : ownerProblem(owner)),
    ...need('bucket', `Prefix ${prefix ?? ''}`, prefix === undefined ? undefined : prefixProblem(prefix)),
    ...need('role', `Path ${path ?? ''}`, path === undefined ? undefined : pathProblem(path)),
    ...need('role', `Role ${roleName ?? ''}`, roleName === undefined ? undefined : roleNameProblem(roleName)),
    ...need('role', 'Session length', maxSession === undefined ? undefined : sessionProblem(String(maxSession))),
    ...Object.entries(tags).flatMap(([key, value]) => need('role', `Tag ${key}`, tagProblem(key, value ?? ''))),
  ].map((one) => ({ ...one, title: spoken(one.title) }));
}

/** The hand-over, and what is known after it. */
function handOver(
  { profile, newUser }: Edit,
  { owner }: Request,
  facts: Facts,
  people: People,
): { readonly plan: Plan; readonly facts: Facts } | undefined {
  const cluster = valueOf(facts.cluster);
  if (cluster === undefined) return undefined;
  const wish = { profile, owner, ...(newUser === undefined ? {} : { newUser }) };
  const plan = planHandOver(wish, people.facts, cluster, people.bindings);
  return { plan, facts: facts.after(plan) };
}

/** Two plans as one, each thing changed once: the second begins where the first ends. */
function together(first: Plan, then: Plan): Plan {
  const keyOf = ({ ref }: Change): string => refText(ref);
  const later = new Map(then.changes.map((change) => [keyOf(change), change]));
  const merged = new Map(
    first.changes.map((change): [string, Change] => {
      const next = later.get(keyOf(change));
      return [keyOf(change), next === undefined ? change : ({ ...change, after: next.after } as Change)];
    }),
  );
  // All that the Profile rests on comes before it; the hand-over changes it and what stands beside it; then what follows from it.
  const at = then.changes.findIndex(({ ref }) => ref.kind === 'k8s/profile' || ref.kind === 'k8s/namespace');
  const split = at === -1 ? then.changes.length : at;
  const rest = (some: readonly Change[]): readonly Change[] => some.filter((change) => !merged.has(keyOf(change)));
  // What is proven for the second comes before all of the first, so that nothing is changed where it fails.
  const proven = then.changes.find((change) => change.proven !== undefined)?.proven;
  const middle = [...merged.values()];
  const start = proven === undefined ? -1 : middle.findIndex(isWrite);
  const given = middle.map((change, place) => (place === start ? ({ ...change, proven } as Change) : change));
  const needs = [...then.needs, ...first.needs.filter(({ title }) => then.needs.every((need) => need.title !== title))];
  return {
    ...then,
    needs,
    changes: [...rest(then.changes.slice(0, split)), ...given, ...rest(then.changes.slice(split))],
    reads: [...(first.reads ?? []), ...(then.reads ?? [])],
    warnings: [...new Set([...first.warnings, ...then.warnings])],
  };
}

/** Which of two roles is edited, or what the plugin gets in place of what it names. */
function differing({ profile }: Edit, { differ, roleName }: Live, plan: Plan): readonly string[] {
  if (differ === undefined) return [];
  const { plugin, annotation } = differ;
  const gets = changeOf(plan, 'iam/role')?.after;
  const isNone = roleNameOf(plugin) === undefined ? ', which is no ARN of a role' : '';
  const both = `The Profile names ${plugin}${isNone}, and the annotation of service account ${profile}/${SERVICE_ACCOUNT}, which is what pods get, names ${annotation}.`;
  if (gets === undefined) return [both];
  const isEdited = gets.name === roleName;
  const what = isEdited ? `Role ${gets.name} is edited` : `The plugin gets the ARN of role ${gets.name}`;
  if (gets.arn === annotation) return [`${both} ${what}.`];
  const other = roleNameOf(annotation) ?? 'what the annotation names';
  return [
    `${both} ${what}, and the profile controller writes it into the annotation when the Profile changes; ${other} stays as it is.`,
  ];
}

/** What becomes of the role before, where the profile gets another. */
function roleWarnings(edit: Edit, live: Live, plan: Plan): readonly string[] {
  const before = live.role && valueOf(live.role);
  const after = changeOf(plan, 'iam/role')?.after;
  if (before === undefined || after === undefined || before.name === after.name) return [];
  const why =
    edit.rolePath !== undefined && edit.rolePath !== rolePath(before.arn)
      ? `The path of a role cannot be changed, nor can two roles of an account have one name: the profile gets role ${after.name}.`
      : `The profile gets role ${after.name} in place of ${before.name}.`;
  return [
    `${why} Pods that run keep ${before.name} until they are started again, so it stays. When none uses it any more, delete it: ${deletion(before)}.`,
    ...(before.attached.length > 0
      ? [`What is attached to ${before.name} is not attached to the new role: ${before.attached.join(', ')}.`]
      : []),
  ];
}

const deletion = ({ name, inline, attached }: Role): string =>
  [
    ...inline.map((policy) => `aws iam delete-role-policy --role-name ${name} --policy-name ${policy.name}`),
    ...attached.map((arn) => `aws iam detach-role-policy --role-name ${name} --policy-arn ${arn}`),
    `aws iam delete-role --role-name ${name}`,
  ].join(' && ');

/** A place as tools take it. */
const uriOf = ({ bucket, prefix }: FormerPlace): string => `s3://${bucket}/${prefix}`;

/** Where the objects of a profile lie, some of which its role will not reach after an edit; undefined: it reaches all of them. */
function leftPlace(edit: Edit, { use }: Live): FormerPlace | undefined {
  if (use === undefined) return undefined;
  const own = profilePrefix(edit.profile);
  const from = { bucket: use.bucket, prefix: use.access === 'prefix' ? (use.prefix ?? own) : '' };
  const access = edit.access ?? use.access;
  const to = {
    bucket: edit.bucket ?? use.bucket,
    prefix: access === 'prefix' ? (edit.prefix ?? use.prefix ?? own) : '',
  };
  return from.bucket === to.bucket && from.prefix.startsWith(to.prefix) ? undefined : from;
}

/** The same where the role may go on reading it: who takes a prefix of a bucket in place of the whole does not mean that. */
export function formerPlace(edit: Edit, live: Live): FormerPlace | undefined {
  const left = leftPlace(edit, live);
  return left?.prefix === '' && left.bucket === (edit.bucket ?? left.bucket) ? undefined : left;
}

/** What becomes of what is stored, where another place is chosen: nothing is moved. */
function placeWarnings(edit: Edit, wish: Request, live: Live): readonly string[] {
  const former = leftPlace(edit, live);
  if (former === undefined) return [];
  const isRead = edit.keepReading === true && formerPlace(edit, live) !== undefined;
  const place = { bucket: wish.bucket, prefix: wish.prefix ?? profilePrefix(wish.profile) };
  const to = uriOf(place);
  const from = uriOf(former);
  const reads = isRead
    ? 'The role may still read it, and write it no longer.'
    : 'The role will no longer reach it, so artifacts of earlier runs cannot be opened.';
  const key =
    isRead && live.key !== undefined && former.bucket !== wish.bucket
      ? ` What is encrypted there with ${live.key} cannot be read without that key, which the role no longer may use.`
      : '';
  // A copy of a place into a part of itself would copy its copies.
  if (former.bucket === place.bucket && place.prefix.startsWith(former.prefix))
    return [
      `What is stored in ${from} outside ${place.prefix} stays there and is not moved. ${reads} Copy what is still needed to ${to}.`,
    ];
  return [
    `What is stored at ${from} stays there and is not moved. ${reads}${key} To have it in the new place as well: aws s3 sync ${from} ${to}.`,
  ];
}
