/**
 * The one store of what was read from outside, by Ref: of one AWS identity, for who may read more sees more. Single readings, lists
 * and watches feed it; the wizard, the tree and what is said beside a text read through it.
 */
import type { ListedProfile } from '../core/modes/view.ts';
import { refText, roleOfRef, type Kind, type Ref, type Things } from '../core/kinds.ts';
import type { BareRole, Role } from '../core/observation.ts';
import { found, type Reading } from '../core/reading.ts';

/** What a reading of one thing brings: of a role all of its policies, too. */
export interface Whole extends Omit<Things, 'iam/role'> {
  'iam/role': Role;
}
/** Less than that: a role without its policies, a Profile as a list brings it. Nothing is planned with a part. */
export interface Part {
  'iam/role': BareRole;
  'k8s/profile': ListedProfile;
}

/**
 * All of one kind at one place whose keys end with the same suffix, by what is before that. It tells nobody: who feeds it with lists
 * and watches knows what changed.
 */
export interface Shelf<T> {
  get(key: string): Reading<T> | undefined;
  put(key: string, value: T): void;
  delete(key: string): void;
  keys(): Iterable<string>;
}

export interface Store {
  /** The last reading, however old; undefined: none was taken. */
  get<K extends Kind>(ref: Ref<K>): Reading<Whole[K]> | undefined;
  /** The last reading if it is at most `within` milliseconds old and did not fail. */
  fresh<K extends Kind>(ref: Ref<K>, within: number): Reading<Whole[K]> | undefined;
  /** Keeps a reading, and tells of it. */
  put<K extends Kind>(ref: Ref<K>, reading: Reading<Whole[K]>): void;
  /**
   * A {@link fresh} reading, else the answer of `question`, which is kept and told. Who asks while a question is under way gets its
   * answer. Throws what `question` throws.
   */
  read<K extends Kind>(
    ref: Ref<K>,
    within: number,
    question: () => Promise<Reading<Whole[K]>>,
  ): Promise<Reading<Whole[K]>>;
  /** The same for a role without its policies: one with them is as good. Not told. */
  readBare(
    ref: Ref<'iam/role'>,
    within: number,
    question: () => Promise<Reading<BareRole>>,
  ): Promise<Reading<BareRole>>;
  /** Reads anew what is asked for next; without `refs`, all; of a Profile also what is in its namespace. What is known stays until then. */
  forget(refs?: Iterable<Ref>): void;
  /** `told` is called with each Ref of which a new reading came. Returns what ends that. */
  subscribe(told: (ref: Ref) => void): () => void;
  /** `suffix`: from the first slash of the keys on. */
  shelf<K extends Kind>(kind: K, at: string, suffix?: string): Shelf<Whole[K]>;
  partShelf<K extends keyof Part>(kind: K, at: string): Shelf<Part[K]>;
}

/** How old a reading may be for an answer beside a text, in milliseconds. */
export const FRESH = 30_000;
/** The same for a plan. Before it writes, a run reads what it writes once more. */
export const FRESH_FOR_PLAN = 10_000;

/** Texts may name anything: so many of what was asked for and is not there are kept. */
const MOST_IN_VAIN = 500;

/** A reading and its time. What was found stands here itself: with thousands of profiles each object counts. */
interface Slot {
  readonly value: unknown;
  /** The reading where nothing was found. */
  readonly other: Exclude<Reading<unknown>, { readonly state: 'found' }> | undefined;
  /** When it was asked for, in whole milliseconds, which take no memory of their own; -Infinity: to be read anew. */
  at: number;
}
type Slots = Map<string, Slot>;

const slotWith = (reading: Reading<unknown>, at: number): Slot =>
  reading.state === 'found' ? { value: reading.value, other: undefined, at } : { value: undefined, other: reading, at };
const readingIn = (slot: Slot | undefined): Reading<unknown> | undefined => slot && (slot.other ?? found(slot.value));

/** The thing that a Ref is a part of, which is not as it was either. */
function wholeOf(ref: Ref): readonly Ref[] {
  const role = ref.kind === 'iam/role' ? undefined : roleOfRef(ref);
  if (role !== undefined) return [{ kind: 'iam/role', at: ref.at, key: role }];
  const profile = ref.key.slice(0, ref.key.indexOf('/'));
  return ref.kind === 'k8s/profile-note' ? [{ kind: 'k8s/profile', at: ref.at, key: profile }] : [];
}

/** @param now milliseconds, of a clock that does not go back */
export function createStore(now: () => number = () => performance.now()): Store {
  /** By kind, place and what is in the key from its first slash on, then by what is before that: a profile's name is kept once. */
  const wholes = new Map<string, Slots>();
  const parts = new Map<string, Slots>();
  const asked = new Map<string, Promise<Reading<unknown>>>();
  const listeners = new Set<(ref: Ref) => void>();
  const vain = new Map<string, () => void>();

  const time = (): number => Math.floor(now());
  const split = (key: string): readonly [before: string, suffix: string] => {
    const slash = key.indexOf('/');
    return slash === -1 ? [key, ''] : [key.slice(0, slash), key.slice(slash)];
  };
  const slotsOf = (all: Map<string, Slots>, kind: Kind, at: string, suffix: string): Slots => {
    const name = `${kind} ${at} ${suffix}`;
    const slots = all.get(name) ?? new Map<string, Slot>();
    all.set(name, slots);
    return slots;
  };
  const slotOf = (all: Map<string, Slots>, { kind, at, key }: Ref): Slot | undefined => {
    const [before, suffix] = split(key);
    return all.get(`${kind} ${at} ${suffix}`)?.get(before);
  };
  const tell = (ref: Ref): void => {
    for (const told of listeners) told(ref);
  };
  const isFresh = (slot: Slot | undefined, within: number): slot is Slot =>
    slot !== undefined && slot.other?.state !== 'failed' && time() - slot.at <= within;

  /** Asks, or joins who asks already, and keeps the answer. */
  async function ask(
    all: Map<string, Slots>,
    ref: Ref,
    question: () => Promise<Reading<unknown>>,
  ): Promise<Reading<unknown>> {
    const name = `${all === parts ? 'part of ' : ''}${refText(ref)}`;
    const running = asked.get(name);
    if (running !== undefined) return running;
    const at = time();
    const answer = question();
    asked.set(name, answer);
    try {
      const reading = await answer;
      const [key, suffix] = split(ref.key);
      const slots = slotsOf(all, ref.kind, ref.at, suffix);
      const forgotten = asked.get(name) !== answer;
      // What was forgotten meanwhile is known, and not fresh; what was read after that counts.
      if (forgotten && (slots.get(key)?.at ?? -Infinity) !== -Infinity) return reading;
      const slot = slotWith(reading, forgotten ? -Infinity : at);
      slots.set(key, slot);
      vain.delete(name);
      if (reading.state !== 'found') vain.set(name, () => slots.get(key) === slot && slots.delete(key));
      for (const [old, drop] of vain) {
        if (vain.size <= MOST_IN_VAIN) break;
        drop();
        vain.delete(old);
      }
      return reading;
    } finally {
      if (asked.get(name) === answer) asked.delete(name);
    }
  }

  const shelf = <T>(all: Map<string, Slots>, kind: Kind, at: string, suffix = ''): Shelf<T> => {
    const slots = slotsOf(all, kind, at, suffix);
    return {
      get: (key) => readingIn(slots.get(key)) as Reading<T> | undefined,
      put: (key, value) => void slots.set(key, { value, other: undefined, at: time() }),
      delete: (key) => void slots.delete(key),
      keys: () => slots.keys(),
    };
  };

  const fresh = <K extends Kind>(ref: Ref<K>, within: number): Reading<Whole[K]> | undefined => {
    const slot = slotOf(wholes, ref);
    return isFresh(slot, within) ? (readingIn(slot) as Reading<Whole[K]>) : undefined;
  };

  const forgetNamespace = ({ at, key }: Ref): void => {
    for (const name of asked.keys()) {
      const [kind = '', where, ...its] = name.replace(/^part of /, '').split(' ');
      if (kind.startsWith('k8s/') && where === at && split(its.join(' '))[0] === key) asked.delete(name);
    }
    for (const all of [wholes, parts])
      for (const [name, slots] of all) {
        const slot = name.startsWith('k8s/') && name.split(' ')[1] === at ? slots.get(key) : undefined;
        if (slot !== undefined) slot.at = -Infinity;
      }
  };

  return {
    fresh,
    get: <K extends Kind>(ref: Ref<K>) => readingIn(slotOf(wholes, ref)) as Reading<Whole[K]> | undefined,
    put: (ref, reading) => {
      const [key, suffix] = split(ref.key);
      slotsOf(wholes, ref.kind, ref.at, suffix).set(key, slotWith(reading, time()));
      tell(ref);
    },
    read: async <K extends Kind>(ref: Ref<K>, within: number, question: () => Promise<Reading<Whole[K]>>) => {
      const known = fresh(ref, within);
      if (known !== undefined) return known;
      const reading = await ask(wholes, ref, question);
      tell(ref);
      return reading as Reading<Whole[K]>;
    },
    readBare: async (ref, within, question) => {
      const slot = [slotOf(wholes, ref), slotOf(parts, ref)].find((one) => isFresh(one, within));
      return (readingIn(slot) ?? (await ask(parts, ref, question))) as Reading<BareRole>;
    },
    forget: (refs) => {
      if (refs === undefined) {
        asked.clear();
        for (const all of [wholes, parts])
          for (const slots of all.values()) for (const slot of slots.values()) slot.at = -Infinity;
        return;
      }
      for (const ref of [...refs].flatMap((one) => [one, ...wholeOf(one)])) {
        // What is in its namespace its controllers change because of it.
        if (ref.kind === 'k8s/profile') forgetNamespace(ref);
        asked.delete(refText(ref));
        asked.delete(`part of ${refText(ref)}`);
        for (const all of [wholes, parts]) {
          const slot = slotOf(all, ref);
          if (slot !== undefined) slot.at = -Infinity;
        }
      }
    },
    subscribe: (told) => {
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    shelf: (kind, at, suffix) => shelf(wholes, kind, at, suffix),
    partShelf: (kind, at) => shelf(parts, kind, at),
  };
}

/** The stores of AWS identities, each by its AWS profile: IAM is the same in all regions. */
export interface Stores {
  of(identity: { readonly awsProfile?: string }): Store;
  /** As {@link Store.forget}, in all of them. */
  forget(refs?: Iterable<Ref>): void;
}

export function createStores(now?: () => number): Stores {
  const stores = new Map<string, Store>();
  return {
    of: ({ awsProfile = '' }) => {
      const store = stores.get(awsProfile) ?? createStore(now);
      stores.set(awsProfile, store);
      return store;
    },
    forget: (refs) => {
      const all = refs === undefined ? undefined : [...refs];
      for (const store of stores.values()) store.forget(all);
    },
  };
}
