/** What a driver is: who reads and writes a kind, with what, and what they have in common. */
import type { Change, Kind, Ref, Things } from '../core/kinds.ts';
import type { Reading } from '../core/reading.ts';
import { TAG } from '../core/tags.ts';
import { OutsideError, type Aws, type Kubernetes } from './ports.ts';
import { pause, type Patience } from './wait.ts';

/** What drivers act on. */
export interface Means extends Patience {
  readonly aws: Aws;
  /** Absent for plans that change nothing in a cluster. */
  readonly kubernetes?: Kubernetes;
  /** Name of the cluster that was there and is not any more: nothing of it can be put back. */
  readonly gone?: string;
  /** Shows a person a password that was just made: it is told here, once, and kept nowhere. Without it none is made. */
  readonly reveal?: (password: Revealed) => void;
}

/** A password that was made. Never logged, never stored. */
export interface Revealed {
  /** The e-mail address with which it is used. */
  readonly user: string;
  readonly password: string;
}

/** Both parts of a key such as `<namespace>/<name>` or `<role>/<policy>`; only the second may have a slash. */
export function splitKey(key: string): readonly [string, string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Text by which what a run makes is known as made by it. */
export interface Run {
  readonly id: string;
}

export interface Driver<K extends Kind> {
  read(ref: Ref<K>): Promise<Reading<Things[K]>>;
  /** Throws {@link OutsideError}; one that {@link isConflict} where the thing is not as `before` and nothing was overwritten. */
  write(change: Change<K>, run: Run): Promise<void>;
  /** Whether the write itself fails where the thing is not as `before`: then it need not be read first. */
  guards(change: Change<K>): boolean;
  /** Where a write takes several calls, of which the first depends on what is found: what {@link between} of the kinds cannot know. */
  between?(there: Things[K], change: Pick<Change<K>, 'before' | 'after'>): boolean;
  /** Whether this run made it; undefined where that cannot be told. */
  madeBy(thing: Things[K], run: Run): boolean | undefined;
  /** Waits until somebody else has done it; false: not in time. */
  wait?(change: Change<K>, milliseconds: number): Promise<boolean>;
  /** Of a thing that is being deleted, which nothing can stop: brings that to its end. False: it is not. Absent: things go at once. */
  goes?(ref: Ref<K>, thing: Things[K]): Promise<boolean>;
  /** Waits until somebody else has made it, whatever it is like; false: not in time. */
  appears?(ref: Ref<K>, milliseconds: number): Promise<boolean>;
}

/** Codes that say: it is there already, or not as it was. IAM, Kubernetes, Cognito, EKS. */
const CONFLICT = /^(EntityAlreadyExists|AlreadyExists|Conflict|409|UsernameExists|ResourceInUse)/;
export const isConflict = (error: unknown): boolean => error instanceof OutsideError && CONFLICT.test(error.code);

/** Codes that say: there is no such thing (any more). */
export const isGone = (error: OutsideError): boolean =>
  /^(NoSuchEntity|NotFound$|UserNotFoundException)/.test(error.code);

/** What is deleted and gone already is deleted. */
export const gone = async (work: Promise<void>): Promise<void> => {
  await work.catch((error: unknown) => {
    if (!(error instanceof OutsideError && isGone(error))) throw error;
  });
};

export const marked = (
  tags: Readonly<Record<string, string>> | undefined,
  { id }: Run,
): Readonly<Record<string, string>> => ({
  ...tags,
  [TAG.run]: id,
});

/** A role made a moment ago may not be visible yet (IAM User Guide, troubleshoot_general); waits in milliseconds. */
export const ROLE_PATIENCE = [100, 300, 1_000, 3_000, 8_000];

/** Reads a thing; one that must be there and is not visible yet gets a moment (IAM is eventually consistent). */
export async function readExisting<K extends Kind>(
  driver: Pick<Driver<K>, 'read'>,
  ref: Ref<K>,
  patience: Patience,
): Promise<Reading<Things[K]>> {
  let reading = await driver.read(ref);
  for (const wait of ROLE_PATIENCE) {
    if (reading.state !== 'absent') break;
    await pause(patience, wait);
    reading = await driver.read(ref);
  }
  return reading;
}
