/** Roles of an account, and how AWS is asked for many things. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '../core/observation.ts';
import { absent, denied, failed, found, type Reading } from '../core/reading.ts';
import type { Aws } from '../provisioning/ports.ts';

/** Roles read at the same time: four calls each, and IAM throttles per account (IAM User Guide, quotas). */
const ROLES_AT_ONCE = 4;
/** Waits before a throttled call is made again, in milliseconds; each is lengthened by chance up to twofold. */
const THROTTLED = [250, 500, 1_000, 2_000, 4_000];
const THROTTLING = /throttl|TooManyRequests|RequestLimitExceeded|SlowDown/i;
/** From this many on, one listing is cheaper than calls for each: four for a role, one for a namespace. */
export const BULK = 12;

/** Runs what it is given, at most `limit` at a time; the rest waits its turn. */
export function limiter(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // The place goes to the next one, or is free.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** Reads again while AWS throttles, with growing and random pauses. */
export async function patiently<T>(read: () => Promise<Reading<T>>): Promise<Reading<T>> {
  let reading = await read();
  for (const wait of THROTTLED) {
    if (reading.state !== 'failed' || !THROTTLING.test(reading.code ?? '')) break;
    await sleep(wait * (1 + Math.random()));
    reading = await read();
  }
  return reading;
}

/** Roles of one account, each read once, however many profiles and clusters name it. */
export interface Roles {
  /** Readings by role name, each as soon as it is there. Many names are read with one listing of the account, if permitted. */
  read(names: Iterable<string>): ReadonlyMap<string, Promise<Reading<Role>>>;
  /** Reads again what is asked for next. */
  forget(names?: readonly string[]): void;
}

/** Roles as `aws` may read them. */
export function rolesOf(aws: Pick<Aws, 'role' | 'rolesPage'>): Roles {
  type Answer = (reading: Reading<Role> | Promise<Reading<Role>>) => void;
  const known = new Map<string, Promise<Reading<Role>>>();
  const atOnce = limiter(ROLES_AT_ONCE);
  const alone = (name: string) => atOnce(() => patiently(() => aws.role(name)));
  /** Asked for while a listing runs: the next one is for all of these. */
  let waiting = new Map<string, Answer>();
  let listing = false;

  /** Pages are asked for one by one, so that one that is throttled does not cost those before it. */
  async function list(wanted: Map<string, Answer>): Promise<void> {
    let next: string | undefined;
    do {
      const page = await patiently(() => aws.rolesPage(wanted, next));
      if (page.state !== 'found') {
        for (const [name, answer] of wanted) answer(page.state === 'denied' ? alone(name) : page);
        return;
      }
      for (const role of page.value.roles) {
        wanted.get(role.name)?.(found(role));
        wanted.delete(role.name);
      }
      next = page.value.next;
    } while (next !== undefined && wanted.size > 0);
    for (const answer of wanted.values()) answer(absent);
  }

  async function listWaiting(): Promise<void> {
    if (listing) return;
    listing = true;
    try {
      while (waiting.size > 0) {
        const wanted = waiting;
        waiting = new Map();
        // Readings do not throw; if one does, nobody waits for ever.
        await list(wanted).catch((error: unknown) => {
          for (const answer of wanted.values()) answer(failed(String(error)));
        });
      }
    } finally {
      listing = false;
    }
  }

  return {
    read: (names) => {
      const all = [...names];
      const unknown = all.filter((name) => !known.has(name));
      for (const name of unknown) {
        known.set(name, unknown.length < BULK ? alone(name) : new Promise((answer) => waiting.set(name, answer)));
      }
      void listWaiting();
      return new Map(all.map((name) => [name, known.get(name) ?? alone(name)]));
    },
    forget: (names) => {
      if (names === undefined) known.clear();
      else for (const name of names) known.delete(name);
    },
  };
}

/** A role of which not all may be read is one that may not be read: what is said of it would be a guess. */
export function wholeRole<T extends Reading<Role> | undefined>(reading: T): T | Reading<never> {
  const [permission] = (reading?.state === 'found' && reading.value.unread) || [];
  return permission === undefined ? reading : denied(permission, '');
}
