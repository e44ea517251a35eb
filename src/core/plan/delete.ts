/**
 * The plan of "Delete Profile": all that goes, in the only safe order. The Profile first, because the controller looks for the role
 * before it lets the Profile go (KP-024), and with it its namespace; then what the role may do, then the role. What others rest on
 * stays: the OIDC provider, the bucket, the data unless it is asked for, a role that serves others, a role that a tool would make again.
 */
import { parseArn, ROLE_ARN } from '../arn/arn.ts';
import type { Facts } from '../facts.ts';
import type { Change } from '../kinds.ts';
import { keeps, keptBy, makerOfRole, otherMaker } from '../maker.ts';
import type { Maker } from '../tools.ts';
import {
  bareOf,
  type Namespace,
  type PrefixData,
  type Profile,
  type Role,
  type ServiceAccount,
} from '../observation.ts';
import { saying } from '../phrase.ts';
import { contributorsOf, OWNER_BINDING, type RoleBinding } from '../people/kfam.ts';
import { isOwnPrefix, profilePrefix, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { withdrawTrust } from '../policy/amend.ts';
import { useOfRole } from '../policy/derived.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { LAUNCHER } from '../profile/pipelines.ts';
import { s3RootOf } from '../profile/names.ts';
import { causesOf, FINALIZER, stopsController, type Cause, type DeadApi, type Going } from '../profile/stuck.ts';
import { absent, valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import { spoken } from '../text.ts';
import { sizeWords } from './size.ts';
import { controllerRole, deploymentOf } from './controller.ts';
import { GRANT_POLICY, grantWithout } from '../policy/controller-rights.ts';
import { goingOf, namespaceGoing } from './deletion.ts';
import { guarded } from './managed.ts';
import { blocked } from './part.ts';
import { accountArn, refOf, unreadable, type Need, type Plan } from './plan.ts';
import { callerNeed, clusterNeed } from './profile.ts';
import { candidates, trustedBy, whose, type Candidate, type IssuingCluster } from './role.ts';
import { letsIn, othersNamed } from './trust.ts';

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
export interface Around {
  /** Service accounts of the whole cluster. */
  readonly accounts: Reading<readonly ServiceAccount[]>;
  /** Role bindings of the namespace. */
  readonly bindings: Reading<readonly RoleBinding[]>;
  /** Instance profiles by the name of the role that is in them. */
  readonly instanceProfiles: ReadonlyMap<string, Reading<readonly string[]>>;
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

/** The roles that may be a profile's, with what was read of each. */
export function itsRoles(
  wish: Pick<Request, 'profile' | 'cluster'>,
  facts: Facts,
  cluster: IssuingCluster,
): readonly { readonly candidate: Candidate; readonly reading: Reading<Role> }[] {
  return candidates(wish, facts, cluster).map((candidate) => ({
    candidate,
    reading: facts.role(refOf('iam/role', accountArn(cluster), candidate.name)),
  }));
}

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

/** What one part of the plan comes to. */
interface Part {
  readonly needs?: readonly Need[];
  readonly changes?: readonly Change[];
  readonly warnings?: readonly string[];
}

/** Plans that a profile goes. `place`: the region of its bucket, where that was read. */
export function planDelete(wish: DeleteWish, facts: Facts, around: Around, bucketRegion?: string): Plan {
  const { profile: name } = wish;
  const title = `profile ${name} on ${wish.cluster} (${wish.region}), deleted`;
  const first = [callerNeed(facts), clusterNeed(wish, facts)];
  const cluster = valueOf(facts.cluster);
  if (cluster?.issuer === undefined)
    return { title, needs: first.map(toldSafely), changes: [], proofs: [], warnings: [] };
  const issuing: IssuingCluster = { ...cluster, issuer: cluster.issuer };
  const live = facts.get(refOf('k8s/profile', cluster.arn, name));
  const space = facts.get(refOf('k8s/namespace', cluster.arn, name));
  const roles = wish.keepRole === true ? { its: [], parts: [] } : roleParts(wish, facts, around, issuing);
  const parts: readonly Part[] = [
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

const toldSafely = (need: Need): Need => (need.reason === undefined ? need : { ...need, reason: spoken(need.reason) });
const stop = (id: string, title: string, reason: string, more: Partial<Need> = {}): Part => ({
  needs: [blocked(id, title, reason, more)],
});

// ------------------------------------------------------------------------------------------------ the Profile and its namespace

function profilePart(
  wish: DeleteWish,
  facts: Facts,
  around: Around,
  cluster: IssuingCluster,
  live: Reading<Profile>,
  space: Reading<Namespace>,
): Part {
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

/** Another maker, in a few words of the plan. */
const makerText = (maker: Maker): string => saying(otherMaker(maker) ?? ['']);

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
function leftNamespace(name: string, cluster: IssuingCluster, facts: Facts, space: Reading<Namespace>): Part {
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

// --------------------------------------------------------------------------------------------------------------------- the role

function roleParts(
  wish: DeleteWish,
  facts: Facts,
  around: Around,
  cluster: IssuingCluster,
): { readonly its: readonly Role[]; readonly parts: readonly Part[] } {
  const its: Role[] = [];
  const parts = itsRoles(wish, facts, cluster).map(({ candidate, reading }): Part => {
    const title = `IAM role ${candidate.name}`;
    if (reading.state === 'absent') return {};
    if (reading.state !== 'found')
      return stop('role', title, `${unreadable(reading, title)} Or delete the Profile alone, and keep the role.`);
    const role = reading.value;
    // One of that name under another path is another role.
    if (candidate.named !== undefined && candidate.named !== role.arn) return {};
    const part = oneRole(wish, candidate, role, facts, around, cluster);
    if (part.changes?.some(({ ref, after }) => ref.kind === 'iam/role' && after === undefined) === true) its.push(role);
    return part;
  });
  return { its, parts: [...parts, elsewhere(wish, facts, cluster)] };
}

/** A role of another account is not looked at. */
function elsewhere({ profile }: DeleteWish, facts: Facts, cluster: IssuingCluster): Part {
  const live = valueOf(facts.get(refOf('k8s/profile', cluster.arn, profile)));
  const named = live && irsaPlugin(live)?.awsIamRole;
  const account = named === undefined || !ROLE_ARN.test(named) ? undefined : parseArn(named)?.account;
  return account === undefined || account === cluster.account
    ? {}
    : { warnings: [`Its role is one of account ${account}, and stays: ${named ?? ''}.`] };
}

function oneRole(
  wish: DeleteWish,
  candidate: Candidate,
  role: Role,
  facts: Facts,
  around: Around,
  cluster: IssuingCluster,
): Part {
  const title = `IAM role ${role.name}`;
  const ref = refOf('iam/role', accountArn(cluster), role.name);
  const trusted = trustedBy(wish, cluster);
  const bare = bareOf(role);
  const its = whose(role, candidate, wish, facts, cluster);
  const inside = around.instanceProfiles.get(role.name) ?? absent;
  const machines = valueOf(inside) ?? [];
  const others = othersNamed(role.trustPolicy, trusted);
  if (!its.ours || machines.length > 0 || others.length > 0) {
    // Neither its own, nor named by it, nor one that lets it in.
    if (!its.ours && candidate.named === undefined && letsIn(role.trustPolicy, trusted) === 'no') return {};
    const why = !its.ours
      ? its.why
      : machines.length > 0
        ? `is in instance profile ${machines.join(', ')}`
        : `lets in others, too (${others.join(', ')})`;
    return shared(wish, role, why, others, cluster);
  }
  const maker = makerOfRole(role);
  if (keeps(maker))
    return {
      changes: [{ ref, before: bare, after: bare, note: `${makerText(maker)}: it stays` }],
      warnings: [
        `${keptBy(maker, title) ?? ''} It stays, and lets in ${subject(wish.profile)} until it is deleted there.`,
      ],
    };
  const users = usersOf(role, wish.profile, valueOf(around.accounts) ?? []);
  const using = users.filter((user) => {
    const [namespace = '', account = ''] = user.split('/');
    return letsIn(role.trustPolicy, { ...trusted, subject: subject(namespace, account) }) !== 'no';
  });
  if (using.length > 0)
    return stop(
      'role',
      title,
      `Role ${role.name} is used by ${using.join(', ')} as well: its trust policy lets them in. Give them another role first, or delete the Profile alone, and keep the role.`,
    );
  const lacking = (role.unread ?? []).filter((permission) => !permission.startsWith('iam:GetRolePolicy'));
  if ((role.unread ?? []).length > 0)
    return stop(
      'role-policy',
      `Policies of role ${role.name}`,
      `You may not read all policies of role ${role.name} (${(lacking.length > 0 ? lacking : (role.unread ?? [])).join(', ')}): IAM deletes no role that has some, and what is not read could not be put back. Ask for this permission, or delete the Profile alone, and keep the role.`,
    );
  const left = users.filter((user) => !using.includes(user));
  const wide = withdrawTrust(role.trustPolicy, trusted).still;
  return {
    changes: roleGone(role, cluster, `which was for ${subject(wish.profile)}`),
    warnings: [
      ...(wide === undefined ? [] : [`Role ${role.name} lets in more than its profile. Who else used it loses it.`]),
      ...(left.length > 0
        ? [
            `${left.join(', ')} name role ${role.name} in their annotation, and are not let in by it. The annotation stays.`,
          ]
        : []),
      ...(role.boundary === undefined ? [] : [`Its permissions boundary stays: ${role.boundary}.`]),
      ...(facts.namers.state === 'found'
        ? []
        : ['Whether other profiles use this role is not known: the Profiles of the cluster could not be listed.']),
      ...(around.accounts.state === 'found'
        ? []
        : [`Whether service accounts elsewhere use role ${role.name} is not known: ${notKnown(around.accounts)}.`]),
      ...(inside.state === 'denied' || inside.state === 'failed'
        ? [`Whether role ${role.name} is in an instance profile is not known: ${notKnown(inside)}.`]
        : []),
    ],
  };
}

/** A role goes: first what it may do, because IAM deletes no role that has policies, then it. */
export function roleGone(role: Role, cluster: IssuingCluster, what: string): readonly Change[] {
  const at = accountArn(cluster);
  return [
    ...role.inline.map(({ name, text }): Change => ({
      ref: refOf('iam/role-policy', at, `${role.name}/${name}`),
      before: { text },
      what: `of role ${role.name}`,
    })),
    ...role.attached.map((policyArn): Change => ({
      ref: refOf('iam/role-attachment', at, `${role.name}/${policyArn}`),
      before: { policyArn },
      what: 'detached; the policy itself stays',
    })),
    { ref: refOf('iam/role', at, role.name), before: bareOf(role), what },
  ];
}

const notKnown = (reading: Reading<unknown>): string =>
  reading.state === 'denied'
    ? `you may not ${reading.permission}`
    : reading.state === 'failed'
      ? reading.reason
      : 'it was not read';

/** Service accounts outside of the profile's namespace that name a role. */
const usersOf = ({ arn }: Role, profile: string, accounts: readonly ServiceAccount[]): readonly string[] =>
  accounts.flatMap(({ namespace, name, annotations }) =>
    annotations[ROLE_ANNOTATION] === arn && namespace !== profile ? [`${namespace}/${name}`] : [],
  );

/** A role that serves others, too: only the profile's own place in its trust policy goes. */
function shared(wish: DeleteWish, role: Role, why: string, others: readonly string[], cluster: IssuingCluster): Part {
  const ref = refOf('iam/role', accountArn(cluster), role.name);
  const bare = bareOf(role);
  const { policy, still, empty } = withdrawTrust(role.trustPolicy, trustedBy(wish, cluster));
  const own = keptBy(makerOfRole(role), `Its trust policy`);
  const after = empty === true || own !== undefined ? bare : { ...bare, trustPolicy: policy };
  const stays = others.length > 0 ? ` ${others.join(', ')} keep access by it.` : '';
  return {
    changes: [
      after.trustPolicy === bare.trustPolicy
        ? { ref, before: bare, after: bare, note: `it ${why}: it stays as it is` }
        : { ref, before: bare, after, what: `no longer for ${subject(wish.profile)}` },
    ],
    warnings: [
      `Role ${role.name} ${why}. It stays, with its policies.${stays}`,
      ...(own === undefined || after.trustPolicy === policy
        ? []
        : [`It still lets in ${subject(wish.profile)}: ${own}`]),
      ...(still === undefined
        ? []
        : [`${still} So whoever makes a profile ${wish.profile} again can use role ${role.name}.`]),
    ],
  };
}

/** What lets the profile controller edit the role that goes. */
function grantPart(role: Role, facts: Facts, cluster: IssuingCluster): Part {
  const controller = controllerRole(facts, cluster);
  const its = controller && valueOf(facts.role(controller));
  const text = its?.inline.find(({ name }) => name === GRANT_POLICY)?.text;
  const left = text === undefined ? undefined : grantWithout(text, role.arn);
  if (its === undefined || text === undefined || left === undefined) return {};
  return {
    changes: [
      {
        ref: refOf('iam/role-policy', accountArn(cluster), `${its.name}/${GRANT_POLICY}`),
        before: { text },
        ...(left === '' ? {} : { after: { text: left } }),
        what: `of the profile controller's role ${its.name}, without ${role.name}`,
      },
    ],
  };
}

// --------------------------------------------------------------------------------------------------------------------- the data

function dataPart(
  wish: DeleteWish,
  facts: Facts,
  around: Around,
  cluster: IssuingCluster,
  region: string | undefined,
): Part {
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
