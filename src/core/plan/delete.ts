/**
 * The plan of "Delete Profile": all that goes, in the only safe order. The Profile first, because the controller looks for the role
 * before it lets the Profile go (KP-024), and with it its namespace; then what the role may do, then the role. What others rest on
 * stays: the OIDC provider, the bucket, the data unless it is asked for, a role that serves others, a role that a tool would make again.
 */
import type { Facts } from '../facts.ts';
import type { Change } from '../kinds.ts';
import type { Namespace, PrefixData, Profile } from '../observation.ts';
import { contributorsOf, OWNER_BINDING, type RoleBinding } from '../people/kfam.ts';
import { isOwnPrefix, profilePrefix, SERVICE_ACCOUNT } from '../policy/build.ts';
import { useOfRole } from '../policy/derived.ts';
import { ROLE_ANNOTATION } from '../profile/manifest.ts';
import { LAUNCHER } from '../profile/pipelines.ts';
import { s3RootOf } from '../profile/names.ts';
import { causesOf, FINALIZER, stopsController, type Cause, type DeadApi, type Going } from '../profile/stuck.ts';
import { absent, valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import { spoken } from '../text.ts';
import { sizeWords } from './size.ts';
import { deploymentOf } from './controller.ts';
import { goingOf, namespaceGoing } from './deletion.ts';
import { grantPart, itsRoles, roleParts, type Users } from './deleteRole.ts';
import { callerNeed, clusterNeed } from './first.ts';
import { guarded } from './managed.ts';
import { blocked, stop, toldSafely, type Share } from './part.ts';
import { refOf, unreadable, type Plan } from './plan.ts';
import { whose, type IssuingCluster } from './role.ts';

/** What a person wants to be gone. */
export interface DeleteWish extends Pick<Request, 'cluster' | 'region' | 'profile'> {
  /** What lies below the profile's prefix in its bucket, too: it does not come back. */
  readonly data?: true;
  /** Only the Profile goes; its role stays as it is. */
  readonly keepRole?: true;
  /** The person agrees that the controller's finalizer is taken away, where the controller surely does not do that. */
  readonly removeFinalizer?: true;
}

/** What is read only where something is to go. */
export interface Around extends Users {
  /** Role bindings of the namespace. */
  readonly bindings: Reading<readonly RoleBinding[]>;
  /** Whether we may delete Profiles. */
  readonly mayDelete: Reading<boolean>;
  readonly deadApis?: readonly DeadApi[];
  /** What lies below the profile's prefix, where there is something. */
  readonly data?: PrefixData;
  /** Names of other roles whose policies name the same prefix; undefined: not looked for. */
  readonly sharers?: Reading<readonly string[]>;
}

/** How long a namespace may take to go, in milliseconds: its pods get half a minute to end, then what is in it is deleted. */
const NAMESPACE_TIME = 180_000;

/** Objects and versions that are counted before a plan; where there are more, it is said so. */
export const COUNTED = 10_000;

/** The bucket that a profile writes to, by its role, else by the launcher's settings; else why none is known. */
export function dataPlace(
  wish: Pick<Request, 'profile' | 'cluster'>,
  facts: Facts,
  cluster: IssuingCluster,
): { readonly bucket: string; readonly prefix: string } | { readonly why: string } {
  for (const { candidate, reading } of itsRoles(wish, facts, cluster)) {
    const role = valueOf(reading);
    if (role === undefined || !whose(role, candidate, wish, facts, cluster).ours) continue;
    const use = useOfRole(role);
    if (use?.access === 'read-only')
      return { why: `Role ${role.name} may only read in bucket ${use.bucket}: nothing there is the profile's own.` };
    // Of a whole bucket only what is under the profile's name is its own.
    const prefix = use?.access === 'prefix' ? use.prefix : profilePrefix(wish.profile);
    if (use === undefined) continue;
    if (prefix !== undefined && isOwnPrefix(prefix, wish.profile)) return { bucket: use.bucket, prefix };
    return {
      why: `Role ${role.name} writes to s3://${use.bucket}/${prefix ?? '?'}, which does not surely belong to profile ${wish.profile} alone.`,
    };
  }
  const launcher = valueOf(facts.get(refOf('k8s/config-map', cluster.arn, `${wish.profile}/${LAUNCHER}`)));
  const root = s3RootOf(launcher?.data['defaultPipelineRoot'] ?? '');
  if (root?.key.startsWith(profilePrefix(wish.profile)) === true)
    return { bucket: root.bucket, prefix: profilePrefix(wish.profile) };
  return { why: 'Which bucket the profile writes to cannot be read from its role, nor from its launcher settings.' };
}

/** The Ref of a profile's data. */
export const dataRef = ({ bucket, prefix }: { readonly bucket: string; readonly prefix: string }, region: string) =>
  refOf('s3/data', region, `${bucket}/${prefix}`);

/** Whether the plan stops because only the controller takes its finalizer away, and surely does not: a person may agree to do that. */
export const stopsAtFinalizer = ({ needs }: Plan): boolean =>
  needs.some(({ id, holds }) => id === 'finalizer' && !holds);

/** Plans that a profile goes. `place`: the region of its bucket, where that was read. */
export function planDelete(wish: DeleteWish, facts: Facts, around: Around, bucketRegion?: string): Plan {
  const { profile: name } = wish;
  const title = `profile ${name} on ${wish.cluster} (${wish.region}), deleted`;
  const first = [callerNeed(facts), clusterNeed(wish, facts, false)];
  const cluster = valueOf(facts.cluster);
  if (cluster?.issuer === undefined)
    return { title, needs: first.map(toldSafely), changes: [], proofs: [], warnings: [] };
  const issuing: IssuingCluster = { ...cluster, issuer: cluster.issuer };
  const live = facts.get(refOf('k8s/profile', cluster.arn, name));
  const space = facts.get(refOf('k8s/namespace', cluster.arn, name));
  const roles = wish.keepRole === true ? { its: [], parts: [] } : roleParts(wish, facts, around, issuing);
  const parts: readonly Share[] = [
    profilePart(wish, facts, around, issuing, live, space),
    ...roles.parts,
    ...roles.its.map((role) => grantPart(role, facts, issuing)),
    dataPart(wish, facts, around, issuing, bucketRegion),
  ];
  const needs = parts.flatMap((part) => part.needs ?? []);
  const changes = parts.flatMap((part) => part.changes ?? []);
  const nothing =
    needs.length === 0 && live.state === 'absent' && changes.every((change) => change.before === change.after);
  const gone = nothing
    ? [
        blocked(
          'profile',
          `Profile ${name}`,
          `There is no Profile ${name} on ${cluster.name}, and nothing of it is left.`,
        ),
      ]
    : [];
  const plan: Plan = {
    title,
    needs: [...first, ...needs, ...gone].map(toldSafely),
    changes: nothing ? [] : changes,
    proofs: [],
    reads: [
      ...['get deployments.apps', 'list profiles.kubeflow.org', 'list serviceaccounts'],
      ...['list rolebindings.rbac.authorization.k8s.io', 'iam:ListInstanceProfilesForRole'],
    ],
    warnings: [
      ...parts.flatMap((part) => part.warnings ?? []),
      ...(roles.its.length > 0
        ? [
            'Undo makes the Profile and the role again as they were. A role that is made again has another id: policies of buckets and keys that name it must be saved again.',
          ]
        : []),
      "What stays: the cluster's OIDC provider, the bucket, and the users of Dex or Cognito.",
    ].map(spoken),
  };
  return guarded(plan, facts);
}

// ------------------------------------------------------------------------------------------------ the Profile and its namespace

function profilePart(
  wish: DeleteWish,
  facts: Facts,
  around: Around,
  cluster: IssuingCluster,
  live: Reading<Profile>,
  space: Reading<Namespace>,
): Share {
  const name = wish.profile;
  const title = `Profile ${name}`;
  if (live.state === 'denied' || live.state === 'failed') return stop('profile', title, unreadable(live, title));
  if (live.state === 'absent') return leftNamespace(name, cluster, facts, space);
  const profile = live.value;
  const since = profile.metadata.deletionTimestamp;
  if (valueOf(around.mayDelete) === false)
    return stop(
      'profile',
      title,
      'You are not permitted to delete profiles.kubeflow.org. Ask for this permission, then try again.',
    );
  const going = goingOf(profile, valueOf(space), facts, cluster, moreOf(facts, around, cluster));
  const causes = causesOf(going);
  const lost = causes.find(({ remedy }) => remedy === 'finalizer');
  if (lost !== undefined && wish.removeFinalizer !== true)
    return stop(
      'finalizer',
      title,
      `${lost.says} ${lost.way} Then nothing is cleaned up by the controller: what it would do is done here, and what it wrote into trust policies of other roles stays.`,
    );
  const held = valueOf(around.bindings)?.filter(stopsController) ?? [];
  const binds = causes.some(({ remedy }) => remedy === 'binding') ? held : [];
  const eased = causes.filter(({ remedy }) => remedy === 'release');
  const what = [
    ...(since === undefined ? [] : [`being deleted since ${since}`]),
    ...(eased.length > 0
      ? [`changed first so that the controller lets it go (${eased.map(({ id }) => EASED[id] ?? id).join(', ')})`]
      : []),
  ].join(', ');
  return {
    changes: [
      ...binds.map((binding): Change => ({
        ref: refOf('k8s/role-binding', cluster.arn, `${name}/${binding.name}`),
        before: binding,
        what: 'which stops the controller',
      })),
      ...(lost === undefined
        ? []
        : [
            {
              ref: refOf('k8s/finalizer', cluster.arn, name),
              before: { finalizer: FINALIZER },
              what: 'because the controller does not take it away',
            },
          ]),
      {
        ref: refOf('k8s/profile', cluster.arn, name),
        before: profile,
        ...(what === '' ? {} : { what }),
      },
      ...namespaceChange(name, cluster, space),
    ],
    warnings: [
      ...causes.filter(({ remedy }) => remedy === 'none').map(words),
      ...eased.map(({ says }) => says),
      ...namespaceWarnings(name, around, space),
    ],
  };
}

const words = ({ says, way }: Cause): string => `${says} ${way}`;

/** What a plan does to a Profile, by the cause that it does away with. */
const EASED: Readonly<Record<string, string>> = {
  owner: "the namespace's owner",
  plugin: 'without its plugin',
  google: 'without the plugin WorkloadIdentity',
  'role-gone': 'annotateOnly: true',
  'spec-owner': 'a valid owner',
  quota: 'without its quota',
};

const moreOf = (facts: Facts, around: Around, cluster: IssuingCluster): Partial<Going> => {
  const bindings = valueOf(around.bindings);
  const { reading } = deploymentOf(facts, cluster);
  return {
    controller: reading,
    ...(bindings === undefined ? {} : { bindings }),
    ...(around.deadApis === undefined ? {} : { deadApis: around.deadApis }),
  };
};

/** That the namespace goes with its Profile is Kubernetes' work, and waited for. */
function namespaceChange(name: string, cluster: IssuingCluster, space: Reading<Namespace>): readonly Change[] {
  if (space.state !== 'found') return [];
  const ref = refOf('k8s/namespace', cluster.arn, name);
  const namespace = space.value;
  return namespace.ofProfile === name || namespace.deleting
    ? [
        {
          ref,
          before: namespace,
          what: 'which goes with the Profile, and all that is in it',
          by: { who: 'Kubernetes', within: NAMESPACE_TIME },
        },
      ]
    : [
        {
          ref,
          before: namespace,
          after: namespace,
          what: 'which is not owned by the Profile',
          note: 'it stays, with all that is in it',
        },
      ];
}

function namespaceWarnings(name: string, { bindings }: Around, space: Reading<Namespace>): readonly string[] {
  const people = contributorsOf((valueOf(bindings) ?? []).filter((one) => one.name !== OWNER_BINDING));
  const goes = space.state === 'found' && (space.value.ofProfile === name || space.value.deleting);
  return [
    ...(goes
      ? [
          `All that is in namespace ${name} goes with it: notebooks, runs, volumes with their data, secrets, settings. It does not come back, not by Undo either.`,
        ]
      : []),
    ...(space.state === 'denied' || space.state === 'failed' ? [unreadable(space, `Namespace ${name}`)] : []),
    ...(people.length > 0 ? [`${people.map(({ user }) => user).join(', ')} contribute to it, and lose it.`] : []),
    ...(bindings.state === 'denied' ? [`Who contributes to it is not known: you may not ${bindings.permission}.`] : []),
  ];
}

/** The Profile is gone. Its namespace may still be going, or may be somebody's. */
function leftNamespace(name: string, cluster: IssuingCluster, facts: Facts, space: Reading<Namespace>): Share {
  const namespace = valueOf(space);
  if (namespace === undefined)
    return space.state === 'absent'
      ? {}
      : stop('namespace', `Namespace ${name}`, unreadable(space, `Namespace ${name}`));
  if (namespace.deleting)
    return { changes: namespaceChange(name, cluster, space), warnings: [namespaceGoing(namespace)] };
  const account = facts.get(refOf('k8s/service-account', cluster.arn, `${name}/${SERVICE_ACCOUNT}`));
  const named = valueOf(account)?.annotations[ROLE_ANNOTATION];
  return named === undefined
    ? { warnings: [`Namespace ${name} is there without a Profile. It stays.`] }
    : stop(
        'namespace',
        `Namespace ${name}`,
        `There is no Profile ${name}, but a namespace of that name whose ${SERVICE_ACCOUNT} uses role ${named}. Take that annotation away first, if nobody needs it: kubectl annotate serviceaccount ${SERVICE_ACCOUNT} -n ${name} ${ROLE_ANNOTATION}-`,
      );
}

// --------------------------------------------------------------------------------------------------------------------- the data

function dataPart(
  wish: DeleteWish,
  facts: Facts,
  around: Around,
  cluster: IssuingCluster,
  region: string | undefined,
): Share {
  const place = dataPlace(wish, facts, cluster);
  const title = `Objects of profile ${wish.profile}`;
  if ('why' in place) return wish.data === true ? stop('data', title, place.why) : {};
  const ref = dataRef(place, region ?? cluster.region);
  const reading = facts.get(ref);
  const where = `s3://${place.bucket}/${place.prefix}`;
  if (wish.data !== true)
    return reading.state === 'found'
      ? { warnings: [`What lies below ${where} stays: ${sizeWords(reading.value)}.`] }
      : reading.state === 'absent'
        ? {}
        : { warnings: [`What lies below ${where} stays.`] };
  if (reading.state === 'absent') return { warnings: [`Nothing lies below ${where}.`] };
  if (reading.state !== 'found') return stop('data', title, unreadable(reading, `What lies below ${where}`));
  const sharers = valueOf(around.sharers ?? absent) ?? [];
  if (sharers.length > 0)
    return stop(
      'data',
      title,
      `Other roles write below ${where}, too: ${sharers.join(', ')}. What is theirs cannot be told from what is this profile's, so nothing is deleted.`,
    );
  return {
    changes: [{ ref, before: reading.value, what: `${sizeWords(reading.value)}: they do not come back` }],
    warnings: [
      `${sizeWords(reading.value)} below ${where} are deleted for good. Undo does not bring them back.`,
      ...(reading.value.unread ?? []).map(
        (permission) => `You may not ${permission}: what of that kind lies below ${where} stays, and costs.`,
      ),
      ...(around.sharers?.state === 'found'
        ? []
        : [
            `Whether other roles write below ${where}, such as that of a profile ${wish.profile} on another cluster, is not known.`,
          ]),
    ],
  };
}
