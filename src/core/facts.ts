import type { Change, Kind, Ref, Things } from './kinds.ts';
import { refText } from './kinds.ts';
import type { Caller, Cluster, KubernetesApi, Role } from './observation.ts';
import { absent, denied, failed, found, type Reading } from './reading.ts';

/** Code of readings that were not taken. */
export const NOT_READ = 'NotRead';
const notRead: Reading<never> = failed('it was not read', NOT_READ);

/** All that was read, by Ref. Immutable. */
export interface Facts {
  readonly caller: Reading<Caller>;
  readonly cluster: Reading<Cluster>;
  readonly api: Reading<KubernetesApi>;
  /** What was read of a thing; `failed` with code {@link NOT_READ} where it was not. */
  get<K extends Kind>(ref: Ref<K>): Reading<Things[K]>;
  /** A role with all of its policies. */
  role(ref: Ref<'iam/role'>): Reading<Role>;
  /** Names of the cluster's Profiles by the ARN of the role that their plugin names. */
  readonly namers: Reading<ReadonlyMap<string, readonly string[]>>;
  /** The facts when these changes are done: a second plan sees what the first will make. */
  after(plan: { readonly changes: readonly Change[] }): Facts;
}

export interface Known extends Partial<Pick<Facts, 'caller' | 'cluster' | 'api' | 'namers'>> {
  readonly things?: ReadonlyMap<string, Reading<unknown>>;
}

/** Makes facts of readings. What is not given was not read. A role brings its inline policies. */
export function factsOf(known: Known): Facts {
  const { caller = notRead, cluster = notRead, api = notRead, namers = notRead, things = new Map() } = known;
  const policyOf = (ref: Ref<'iam/role-policy'>): Reading<Things['iam/role-policy']> => {
    const slash = ref.key.indexOf('/');
    const role = facts.role({ kind: 'iam/role', at: ref.at, key: ref.key.slice(0, slash) });
    if (role.state !== 'found') return role;
    const policy = role.value.inline.find(({ name }) => name === ref.key.slice(slash + 1));
    if (policy !== undefined) return found({ text: policy.text });
    // Without it a policy that is not here may be there all the same.
    return role.value.unread?.includes('iam:GetRolePolicy') ? denied('iam:GetRolePolicy', '') : absent;
  };
  const facts: Facts = {
    caller,
    cluster,
    api,
    namers,
    get: <K extends Kind>(ref: Ref<K>) => {
      const reading = things.get(refText(ref)) as Reading<Things[K]> | undefined;
      if (reading !== undefined) return reading;
      return ref.kind === 'iam/role-policy' ? (policyOf(ref as Ref<'iam/role-policy'>) as Reading<Things[K]>) : notRead;
    },
    role: (ref) => (things.get(refText(ref)) as Reading<Role> | undefined) ?? notRead,
    after: ({ changes }) => {
      const next = new Map(things);
      for (const { ref, after } of changes) {
        if (after === undefined) next.set(refText(ref), absent);
        else if (ref.kind !== 'iam/role') next.set(refText(ref), found(after));
        else {
          const before = facts.role(ref);
          const { inline = [], attached = [] } = before.state === 'found' ? before.value : {};
          next.set(refText(ref), found({ ...after, inline, attached }));
        }
      }
      return factsOf({ ...known, things: next });
    },
  };
  return facts;
}
