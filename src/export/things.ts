/**
 * What is handed over to an engine: the things that a plan wants, or that are there, of one cluster, and what comes out of it:
 * files as data. Pure: an exporter turns {@link Exported} into {@link Output}, and one place writes files.
 */
import { ROLE_ARN } from '../core/arn/arn.ts';
import { namersOf, type Facts } from '../core/facts.ts';
import { goesWithCluster, refText, roleOfRef, titleOf, type Kind, type Ref, type Things } from '../core/kinds.ts';
import type { BareRole, Cluster, Profile } from '../core/observation.ts';
import type { Plan } from '../core/plan/plan.ts';
import { amendTrust } from '../core/policy/amend.ts';
import { AUDIENCE, providerArn, subject } from '../core/policy/build.ts';
import { launcherPlace } from '../core/profile/launcher.ts';
import { irsaPlugin, LAST_APPLIED, withAnnotateOnly } from '../core/profile/manifest.ts';
import { TAG } from '../core/tags.ts';
import { spoken } from '../core/text.ts';

/** One thing that is to be as it says. */
export type Thing<K extends Kind = Kind> = {
  [P in K]: {
    readonly ref: Ref<P>;
    readonly value: Things[P];
    /** Whether it is there already: an engine takes it over instead of making it. */
    readonly there: boolean;
    /** As it is, where that is other than `value`: an engine that takes it over as it finds it is told so first. */
    readonly was?: Things[P];
  };
}[K];

/** The cluster as its exports need it: it has an issuer. */
export type ExportedCluster = Cluster & { readonly issuer: string };

/** All that is handed over of one cluster. The same thing is never in it twice. */
export interface Exported {
  readonly cluster: ExportedCluster;
  /** In the order in which they must be made. */
  readonly things: readonly Thing[];
}

/** The things of these kinds, in their order. */
export const ofKind = <K extends Kind>(things: readonly Thing[], ...kinds: readonly K[]): readonly Thing<K>[] =>
  things.filter(({ ref }) => (kinds as readonly Kind[]).includes(ref.kind)) as unknown as readonly Thing<K>[];

/**
 * What a plan wants of its cluster, without what somebody else makes of it (the controller's namespace and service accounts).
 * `facts`: those that it was made of; then its roles come with what the plan leaves alone in them.
 */
export function thingsOf(plan: Plan, facts?: Facts): readonly Thing[] {
  const wanted = plan.changes.flatMap(({ ref, before, after, by }) =>
    after === undefined || by !== undefined
      ? []
      : [{ ref, value: after, there: before !== undefined, ...(before === undefined ? {} : { was: before }) } as Thing],
  );
  const later = facts?.after(plan);
  const left = ofKind(wanted, 'iam/role').flatMap(({ ref }): readonly Thing[] => {
    const role = later?.role(ref);
    if (role?.state !== 'found') return [];
    const { inline, attached } = role.value;
    const part = (kind: Kind, key: string, value: unknown): Thing =>
      ({ ref: { kind, at: ref.at, key: `${ref.key}/${key}` }, value, there: true }) as Thing;
    return [
      ...inline.map(({ name, text }) => part('iam/role-policy', name, { text })),
      ...attached.map((arn) => part('iam/role-attachment', arn, { policyArn: arn })),
    ];
  });
  const own = new Set(wanted.map(({ ref }) => refText(ref)));
  return [...wanted, ...left.filter(({ ref }) => !own.has(refText(ref)))];
}

/** What is there already, as it is. */
export const asItIs = (things: readonly Thing[]): readonly Thing[] =>
  things.flatMap(({ was, ...thing }) => (thing.there ? [{ ...thing, value: was ?? thing.value } as Thing] : []));

/** What a plan takes away: an export says only what is to be there. A sentence each. */
export const goneBy = (plan: Plan): readonly string[] =>
  plan.changes
    .filter(({ after, by }) => after === undefined && by === undefined)
    .map(
      ({ ref }) =>
        `${titleOf(ref)} is deleted by the plan, which no export says: delete it by hand, or carry the plan out here.`,
    );

/** Parts of a role, which {@link rolesOf} puts together. */
const PARTS = [
  'iam/role-boundary',
  'iam/role-settings',
  'iam/role-tag',
  'iam/role-policy',
  'iam/role-attachment',
] as const satisfies readonly Kind[];
/** What is only looked at. */
const LOOKED_AT: readonly Kind[] = ['eks/cluster', 'iam/policy', 's3/data', 'kms/key', 'k8s/deployment'];

/**
 * What a target that knows these kinds loses: a sentence each, for {@link Output.cannot}. Parts of roles are known with the roles.
 *
 * @param instead what to do about a thing, a sentence
 */
export function lostBy(
  { things }: Exported,
  known: readonly Kind[],
  instead = 'Make it here, or by hand.',
): readonly string[] {
  const roles = new Set(ofKind(things, 'iam/role').map(({ ref }) => ref.key));
  return things.flatMap(({ ref }) => {
    const role = (PARTS as readonly Kind[]).includes(ref.kind) ? roleOfRef(ref) : undefined;
    const isKnown = role === undefined ? known.includes(ref.kind) : known.includes('iam/role') && roles.has(role);
    return isKnown || LOOKED_AT.includes(ref.kind) ? [] : [`${titleOf(ref)} is not in the files. ${instead}`];
  });
}

/** A role with all that belongs to it, as engines want it: in one piece. */
export interface ExportedRole {
  readonly role: BareRole;
  readonly there: boolean;
  /** Inline policies: name and JSON text. */
  readonly policies: readonly { readonly name: string; readonly text: string; readonly there: boolean }[];
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
}

/** Things by something that several of them have. */
function grouped<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** The roles, each with its policies, boundary, settings and tags wherever they stand among the things. */
export function rolesOf(things: readonly Thing[]): readonly ExportedRole[] {
  const parts = grouped(things, ({ ref }) => `${ref.at} ${roleOfRef(ref) ?? ''}`);
  return ofKind(things, 'iam/role').map(({ value, there, ref }) => {
    const own = parts.get(`${ref.at} ${ref.key}`) ?? [];
    const [boundary] = ofKind(own, 'iam/role-boundary');
    const [settings] = ofKind(own, 'iam/role-settings');
    const tags = ofKind(own, 'iam/role-tag').map(
      (tag) => [tag.ref.key.slice(ref.key.length + 1), tag.value.value] as const,
    );
    return {
      role: {
        ...value,
        ...(boundary === undefined ? {} : { boundary: boundary.value.arn }),
        ...(settings === undefined ? {} : settings.value),
        tags: { ...value.tags, ...Object.fromEntries(tags) },
      },
      there,
      policies: ofKind(own, 'iam/role-policy').map((policy) => ({
        name: policy.ref.key.slice(ref.key.length + 1),
        text: policy.value.text,
        there: policy.there,
      })),
      attached: ofKind(own, 'iam/role-attachment').map((attachment) => attachment.value.policyArn),
    };
  });
}

/** Whether there is nothing to hand over: the provider of a cluster by itself is nobody's. */
export const isEmpty = ({ things }: Exported): boolean => things.every(({ ref }) => ref.kind === 'iam/provider');

/** What is to become of a file. */
export interface OutputFile {
  /** Relative to the folder that was chosen, with `/`; never outside of it. */
  readonly path: string;
  readonly text: string;
  /** Whether it is run by name, as a shell script is. */
  readonly executable?: true;
}

export interface Output {
  readonly files: readonly OutputFile[];
  /** What the target cannot express, and what to do instead: a sentence each. Empty: nothing is lost. */
  readonly cannot: readonly string[];
  /** What a person does with the files, in order: a sentence or a command each. */
  readonly next: readonly string[];
}

/** What turns things into the files of a target. One file of this folder each, and a row in targets.ts. */
export type Exporter = (all: readonly Exported[]) => Output;

/** One profile with what belongs to it. */
export interface ExportedProfile {
  readonly name: string;
  readonly profile: Profile;
  readonly there: boolean;
  /** The role that its plugin names, where it is handed over too. Several profiles may have the same. */
  readonly role?: ExportedRole;
  /** `kfp-launcher` and others of its namespace. */
  readonly configMaps: readonly Thing<'k8s/config-map'>[];
  readonly podIdentities: readonly Thing<'eks/pod-identity'>[];
  /** Where its pipelines put their artifacts: '' or a prefix that ends with a slash. */
  readonly place?: { readonly bucket: string; readonly prefix: string };
}

/** The profiles of a cluster, in their order. What belongs to none of them is not here. */
export function profilesOf({ things, cluster }: Exported): readonly ExportedProfile[] {
  const roles = new Map(rolesOf(things).map((role) => [role.role.arn, role]));
  const configMaps = grouped(ofKind(things, 'k8s/config-map'), ({ value }) => value.namespace);
  const podIdentities = grouped(ofKind(things, 'eks/pod-identity'), ({ value }) => value.namespace);
  return ofKind(things, 'k8s/profile').map(({ value: profile, there }) => {
    const { name } = profile.metadata;
    const role = roles.get(irsaPlugin(profile)?.awsIamRole ?? '');
    const maps = configMaps.get(name) ?? [];
    const launcher = maps.find(({ value }) => value.name === 'kfp-launcher')?.value.data;
    const place = launcherPlace(launcher, { region: cluster.region });
    return {
      name,
      profile,
      there,
      ...(role === undefined ? {} : { role }),
      configMaps: maps,
      podIdentities: podIdentities.get(name) ?? [],
      ...(place.state === 's3' ? { place: { bucket: place.bucket, prefix: place.prefix } } : {}),
    };
  });
}

/** Marks of a run, and that we keep a thing: who takes it over keeps it from now on, and we leave it to them. */
const OURS: ReadonlySet<string> = new Set([TAG.maker, TAG.run, TAG.touched]);
const notOurs = (tags: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !OURS.has(key) && key !== LAST_APPLIED));

/** A Profile as it is handed over: the controller leaves its role alone, and nothing is in it that the server adds. */
function handedOverProfile({ apiVersion, kind, metadata, spec }: Profile): Profile {
  const { name, labels = {} } = metadata;
  const annotations = notOurs(metadata.annotations);
  return withAnnotateOnly({
    apiVersion,
    kind,
    metadata: {
      name,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    ...(spec === undefined ? {} : { spec }),
  });
}

/** A thing as its engine is to keep it; what is there is also told as it is. */
function handedOver(thing: Thing): Thing | undefined {
  const kept = asKept(thing);
  return kept === undefined || !thing.there ? kept : ({ was: thing.value, ...kept } as Thing);
}

function asKept(thing: Thing): Thing | undefined {
  switch (thing.ref.kind) {
    case 'k8s/profile':
      return { ...thing, value: handedOverProfile(thing.value as Profile) } as Thing;
    case 'k8s/config-map': {
      const { namespace, name, data, ...rest } = thing.value as Things['k8s/config-map'];
      const annotations = notOurs(rest.annotations);
      const its = Object.keys(annotations).length === 0 ? {} : { annotations };
      return { ...thing, value: { namespace, name, ...its, data } } as Thing;
    }
    case 'iam/role':
    case 'iam/provider':
    case 'eks/pod-identity': {
      const value = thing.value as { readonly tags?: Readonly<Record<string, string>> };
      return { ...thing, value: { ...value, tags: notOurs(value.tags) } } as Thing;
    }
    case 'iam/role-tag':
      return OURS.has(thing.ref.key.slice(thing.ref.key.indexOf('/') + 1)) ? undefined : thing;
    default:
      return thing;
  }
}

/** What becomes other than it is, in a sentence, of Profiles that leave their trust policy to the controller. */
const annotateNotes = (things: readonly Thing[]): readonly string[] =>
  ofKind(things, 'k8s/profile').flatMap(({ value, there }) =>
    there && irsaPlugin(value)?.annotateOnly === false
      ? [
          `Profile ${value.metadata.name} leaves its trust policy to the profile controller now; in the files it has annotateOnly: true, because the controller and the engine would else take back each other's change for ever.`,
        ]
      : [],
  );

/** The roles of Profiles with trust policies that name `aud` and `sub` of each of them; what others have in one stays. */
function namedSubjects(
  things: readonly Thing[],
  { partition, account, issuer }: ExportedCluster,
): { readonly things: readonly Thing[]; readonly notes: readonly string[] } {
  const provider = providerArn(partition, account, issuer);
  const namers = namersOf(ofKind(things, 'k8s/profile').map(({ value }) => value));
  const notes: string[] = [];
  const amended = things.map((thing): Thing => {
    if (thing.ref.kind !== 'iam/role') return thing;
    const role = thing.value as BareRole;
    let trustPolicy = role.trustPolicy;
    for (const profile of namers.get(role.arn) ?? []) {
      const { policy, lost, stopped } = amendTrust(trustPolicy, {
        provider,
        subject: subject(profile),
        audience: AUDIENCE,
      });
      const loses = lost.length === 0 ? '' : ` No longer let in: ${lost.join(', ')}.`;
      if (stopped !== undefined) notes.push(`Role ${role.name}: ${stopped}`);
      else if (policy !== trustPolicy)
        notes.push(
          `Role ${role.name}: in the files its trust policy names ${subject(profile)} and audience ${AUDIENCE}.${loses}`,
        );
      trustPolicy = policy;
    }
    return trustPolicy === role.trustPolicy ? thing : ({ ...thing, value: { ...role, trustPolicy } } as Thing);
  });
  return { things: amended, notes };
}

/**
 * Things as exporters get them: each once (the last counts), Profiles with `annotateOnly: true` (an engine and the profile controller
 * would else take back each other's trust policy for ever), trust policies with `aud` and `sub`, nothing with marks of ours or of the
 * server. `notes`: what so becomes other than it is.
 */
export function exportedOf(
  cluster: ExportedCluster,
  things: readonly Thing[],
): { readonly exported: Exported; readonly notes: readonly string[] } {
  const unique = [...new Map(things.map((thing) => [refText(thing.ref), thing])).values()];
  const named = namedSubjects(unique, cluster);
  return {
    exported: { cluster, things: named.things.flatMap((thing) => handedOver(thing) ?? []) },
    notes: [...annotateNotes(unique), ...named.notes].map(spoken),
  };
}

/** Path of a role, `/` or `/teams/a/`. */
export const pathOfRole = ({ arn }: Pick<BareRole, 'arn'>): string => ROLE_ARN.exec(arn)?.groups?.['path'] ?? '/';

/**
 * Each thing of AWS with the first cluster that has it, such as a role that serves two: an engine's state, or a stack, is of one
 * cluster, and two of them must not keep one thing. `twice`: what is so not with the other, a sentence each.
 */
export function keptOnce(all: readonly Exported[]): {
  readonly all: readonly Exported[];
  readonly twice: readonly string[];
} {
  const keeper = new Map<string, string>();
  const twice: string[] = [];
  const once = all.map(({ cluster, things }): Exported => ({
    cluster,
    things: things.filter(({ ref }) => {
      if (goesWithCluster(ref.kind)) return true;
      const first = keeper.get(refText(ref)) ?? cluster.arn;
      keeper.set(refText(ref), first);
      if (first !== cluster.arn && !(PARTS as readonly Kind[]).includes(ref.kind))
        twice.push(`${titleOf(ref)} is of several clusters: it is with ${first}, not with ${cluster.arn}.`);
      return first === cluster.arn;
    }),
  }));
  return { all: once, twice };
}

/** The one profile that has a role, by its ARN; undefined where several have it, or none: then it is told of by itself. */
export function ownerOfRole(exported: Exported): (arn: string) => string | undefined {
  const owners = new Map<string, string[]>();
  for (const { value } of ofKind(exported.things, 'k8s/profile')) {
    const arn = irsaPlugin(value)?.awsIamRole;
    if (arn !== undefined) owners.set(arn, [...(owners.get(arn) ?? []), value.metadata.name]);
  }
  return (arn) => {
    const [owner, second] = owners.get(arn) ?? [];
    return second === undefined ? owner : undefined;
  };
}
