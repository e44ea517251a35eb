import { ROLE_ARN } from './arn/arn.ts';
import type { Change, Kind, Ref, Things } from './kinds.ts';
import { refText } from './kinds.ts';
import type { Caller, Cluster, KubernetesApi, Profile, Role } from './observation.ts';
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
  const policyOf = (ref: Ref<'iam/role-policy'>): Reading<Things['iam/role-policy']> => {
    const [owner, policyName] = ofPolicy(ref);
    const role = facts.role(owner);
    if (role.state !== 'found') return role;
    const policy = role.value.inline.find(({ name }) => name === policyName);
    if (policy !== undefined) return found({ text: policy.text });
    // Without it a policy that is not here may be there all the same.
    return role.value.unread?.includes('iam:GetRolePolicy') ? denied('iam:GetRolePolicy', '') : absent;
  };
  const facts: Facts = {
    caller,
    cluster,
    api,
    namers,
    signIn: known.signIn,
    get: <K extends Kind>(ref: Ref<K>) => {
      const reading = things.get(refText(ref)) as Reading<Things[K]> | undefined;
      if (reading !== undefined) return reading;
      return ref.kind === 'iam/role-policy' ? (policyOf(ref as Ref<'iam/role-policy'>) as Reading<Things[K]>) : notRead;
    },
    role: (ref) => (things.get(refText(ref)) as Reading<Role> | undefined) ?? notRead,
    after: ({ changes }) => factsOf(changes.reduce(afterOne, known)),
  };
  return facts;
}

/** The role of a policy, and the policy's name. */
function ofPolicy({ at, key }: Ref<'iam/role-policy'>): readonly [Ref<'iam/role'>, string] {
  const slash = key.indexOf('/');
  return [{ kind: 'iam/role', at, key: key.slice(0, slash) }, key.slice(slash + 1)];
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
    set(ref, found({ ...change.after, inline, attached, ...(unread === undefined ? {} : { unread }) }));
  }
  if (ref.kind === 'iam/role-policy') {
    // A role brings its policies: both say the same.
    const [owner, name] = ofPolicy(ref);
    const role = roleAt(owner);
    const others = role?.inline.filter((policy) => policy.name !== name) ?? [];
    const text = (after as Things['iam/role-policy'] | undefined)?.text;
    if (role !== undefined)
      set(owner, found({ ...role, inline: text === undefined ? others : [...others, { name, text }] }));
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
