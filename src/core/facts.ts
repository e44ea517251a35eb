import { ROLE_ARN } from './arn/arn.ts';
import type { Change, Kind, Ref, Things } from './kinds.ts';
import { refText, roleOfRef } from './kinds.ts';
import { settingsOf, type Caller, type Cluster, type KubernetesApi, type Profile, type Role } from './observation.ts';
import { signInAfter, type SignIn } from './people/signIn.ts';
import { irsaPlugin } from './profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from './reading.ts';

/** Code of readings that were not taken. */
export const NOT_READ = 'NotRead';
const notRead: Reading<never> = failed('it was not read', NOT_READ);

/** Names of Profiles by the ARN of the role that their plugin names. */
export type Namers = ReadonlyMap<string, readonly string[]>;

/** All that was read, by Ref. Immutable. */
export interface Facts {
  readonly caller: Reading<Caller>;
  readonly cluster: Reading<Cluster>;
  readonly api: Reading<KubernetesApi>;
  /** What was read of a thing; `failed` with code {@link NOT_READ} where it was not. */
  get<K extends Kind>(ref: Ref<K>): Reading<Things[K]>;
  /** A role with all of its policies. */
  role(ref: Ref<'iam/role'>): Reading<Role>;
  /** Who can sign in to Kubeflow; undefined: not looked at. */
  readonly signIn: SignIn | undefined;
  /** Who names which role, of all of the cluster's Profiles. */
  readonly namers: Reading<Namers>;
  /** Whether something that was asked for did not answer: then a plan that cannot be may say nothing about what is there. */
  readonly unanswered: boolean;
  /** The facts when these changes are done: a second plan sees what the first will make. */
  after(plan: { readonly changes: readonly Change[] }): Facts;
}

export interface Known extends Partial<Pick<Facts, 'caller' | 'cluster' | 'api' | 'namers'>> {
  readonly signIn?: SignIn;
  readonly things?: ReadonlyMap<string, Reading<unknown>>;
}

/** Makes facts of readings. What is not given was not read. A role brings its inline policies. */
export function factsOf(known: Known): Facts {
  const { caller = notRead, cluster = notRead, api = notRead, namers = notRead, things = new Map() } = known;
  /** A part of a role that was read with it. */
  const partOf = (ref: Ref): Reading<unknown> => {
    const name = roleOfRef(ref);
    if (name === undefined) return notRead;
    const role = facts.role({ kind: 'iam/role', at: ref.at, key: name });
    if (role.state !== 'found') return role;
    const part = partsOfRole(ref, role.value);
    if (part !== undefined) return found(part);
    if (ref.kind === 'iam/role-settings') return notRead;
    // Without it a policy that is not here may be there all the same.
    const lacks = { 'iam/role-policy': 'iam:GetRolePolicy', 'iam/role-attachment': 'iam:ListAttachedRolePolicies' };
    const permission = ref.kind in lacks ? lacks[ref.kind as keyof typeof lacks] : '';
    return role.value.unread?.includes(permission) === true ? denied(permission, '') : absent;
  };
  const facts: Facts = {
    caller,
    cluster,
    api,
    namers,
    signIn: known.signIn,
    get: <K extends Kind>(ref: Ref<K>) => {
      return (things.get(refText(ref)) ?? partOf(ref)) as Reading<Things[K]>;
    },
    get unanswered() {
      const readings: readonly Reading<unknown>[] = [caller, cluster, api, ...things.values()];
      return readings.some((reading) => reading.state === 'failed' && reading.code !== NOT_READ);
    },
    role: (ref) => (things.get(refText(ref)) as Reading<Role> | undefined) ?? notRead,
    after: ({ changes }) => factsOf(changes.reduce(afterOne, known)),
  };
  return facts;
}

/** What of a role a Ref names; undefined: the role has no such thing. */
function partsOfRole({ kind, key }: Ref, role: Role): unknown {
  const name = key.slice(key.indexOf('/') + 1);
  switch (kind) {
    case 'iam/role-boundary':
      return role.boundary === undefined ? undefined : { arn: role.boundary };
    case 'iam/role-settings':
      return settingsOf(role);
    case 'iam/role-tag': {
      const value = role.tags[name];
      return value === undefined ? undefined : { value };
    }
    case 'iam/role-policy': {
      const text = role.inline.find((policy) => policy.name === name)?.text;
      return text === undefined ? undefined : { text };
    }
    case 'iam/role-attachment':
      return role.attached.includes(name) ? { policyArn: name } : undefined;
    default:
      return undefined;
  }
}

/** A role with another of its parts; without it where that is undefined. */
function withPart({ kind, key }: Ref, part: unknown, role: Role): Role {
  const name = key.slice(key.indexOf('/') + 1);
  switch (kind) {
    case 'iam/role-boundary': {
      const rest = Object.fromEntries(
        Object.entries(role).filter(([field]) => field !== 'boundary'),
      ) as unknown as Role;
      return part === undefined ? rest : { ...rest, boundary: (part as Things['iam/role-boundary']).arn };
    }
    case 'iam/role-settings':
      return part === undefined ? role : { ...role, ...(part as Things['iam/role-settings']) };
    case 'iam/role-tag': {
      const others = Object.fromEntries(Object.entries(role.tags).filter(([tag]) => tag !== name));
      return {
        ...role,
        tags: part === undefined ? others : { ...others, [name]: (part as Things['iam/role-tag']).value },
      };
    }
    case 'iam/role-policy': {
      const others = role.inline.filter((policy) => policy.name !== name);
      const text = (part as Things['iam/role-policy'] | undefined)?.text;
      return { ...role, inline: text === undefined ? others : [...others, { name, text }] };
    }
    case 'iam/role-attachment': {
      const others = role.attached.filter((arn) => arn !== name);
      return { ...role, attached: part === undefined ? others : [...others, name] };
    }
    default:
      return role;
  }
}

/** What is known when a change is done, whoever does it. */
function afterOne(known: Known, change: Change): Known {
  const { ref, after } = change;
  const things = new Map(known.things);
  const set = (at: Ref, reading: Reading<unknown>): void => void things.set(refText(at), reading);
  const roleAt = (at: Ref): Role | undefined => {
    const reading = known.things?.get(refText(at)) as Reading<Role> | undefined;
    return reading?.state === 'found' ? reading.value : undefined;
  };
  set(ref, after === undefined ? absent : found(after));
  if (ref.kind === 'iam/role' && change.after !== undefined) {
    const { inline = [], attached = [], unread } = roleAt(ref) ?? {};
    set(ref, found({ ...roleAt(ref), ...change.after, inline, attached, ...(unread === undefined ? {} : { unread }) }));
  }
  const name = roleOfRef(ref);
  if (name !== undefined && ref.kind !== 'iam/role') {
    // A role brings its parts: both say the same.
    const owner: Ref<'iam/role'> = { kind: 'iam/role', at: ref.at, key: name };
    const role = roleAt(owner);
    if (role !== undefined) set(owner, found(withPart(ref, after, role)));
  }
  const { namers, signIn } = known;
  const next = { ...known, things, ...(signIn === undefined ? {} : { signIn: signInAfter(signIn, change) }) };
  if (ref.kind !== 'k8s/profile' || namers?.state !== 'found') return next;
  return { ...next, namers: found(namersAfter(namers.value, ref.key, after as Profile | undefined)) };
}

/** Who names which role, of these Profiles. */
export function namersOf(profiles: Iterable<Profile>): Namers {
  const byRole = new Map<string, string[]>();
  for (const profile of profiles) {
    const role = irsaPlugin(profile)?.awsIamRole;
    if (role === undefined || !ROLE_ARN.test(role)) continue;
    const names = byRole.get(role);
    if (names === undefined) byRole.set(role, [profile.metadata.name]);
    else names.push(profile.metadata.name);
  }
  return byRole;
}

function namersAfter(namers: Namers, name: string, profile: Profile | undefined): Namers {
  const next = new Map([...namers].map(([role, names]) => [role, names.filter((other) => other !== name)]));
  for (const [role, names] of namersOf(profile === undefined ? [] : [profile]))
    next.set(role, [...(next.get(role) ?? []), ...names]);
  return next;
}
