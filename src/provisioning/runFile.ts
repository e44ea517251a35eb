/**
 * The text of a run's file: JSON lines that a person can read. The first says what the run is about, as whom it acts, and the plan;
 * then comes a line for each change that is begun, done or kept, and one for the end. Pure: where files are is in runs.ts.
 */
import { KINDS, refText, type Change, type Ref } from '../core/kinds.ts';
import { changeTitle, type Plan } from '../core/plan/plan.ts';
import { isObject, type Json } from '../core/records.ts';
import { spoken } from '../core/text.ts';
import { memoryJournal, type Entry } from './journal.ts';

/** Raised when a line means something else than before. A file of a newer format is left alone. */
export const FORMAT = 1;

/** What a run is about, and as whom it acts: enough to go on with it, or to take it back, in another process. */
export interface RunAbout {
  /** The command that it is of. */
  readonly command: string;
  /** What it is about, as results name it: "Profile team-x". */
  readonly subject?: string | undefined;
  readonly profile?: string | undefined;
  readonly bucket?: string | undefined;
  readonly cluster: string;
  readonly region: string;
  /** Name of the AWS profile; absent: the default chain of credentials. */
  readonly awsProfile?: string | undefined;
  /** Id of the account, and ARN of who called. */
  readonly account?: string | undefined;
  readonly caller?: string | undefined;
}

export interface RunHead extends RunAbout {
  readonly run: string;
  /** RFC 3339. */
  readonly began: string;
  readonly plan: Plan;
}

export type RunState = 'done' | 'unfinished' | 'undone';

/** How a run, or taking it back, came to its end. */
export interface RunEnd {
  readonly how: 'done' | 'failed' | 'cancelled' | 'undone';
  readonly reason?: string;
}

/** What a file tells. */
export interface ReadRun {
  readonly head: RunHead;
  readonly state: RunState;
  /** The last that is known of each change. */
  readonly entries: readonly Entry[];
  /** Bytes up to the last whole line: what comes after was cut off. */
  readonly whole: number;
}

/** Why a file cannot be read, a sentence; `vain`: nothing was begun by it. */
export interface Unreadable {
  readonly problem: string;
  readonly vain: boolean;
}

const line = (at: Date, what: Record<string, unknown>): string =>
  `${JSON.stringify({ at: at.toISOString(), ...what })}\n`;

/** The first line. Title and format come first: it is long. */
export function headLine({ plan, ...about }: RunHead): string {
  return `${JSON.stringify({ format: FORMAT, title: plan.title, ...about, plan })}\n`;
}

/** A line of a change. One that is not as the plan has it (somebody else made it first) is written out. */
export const changeLine = (at: Date, plan: Plan, how: Entry['state'], change: Change): string =>
  line(at, {
    [how]: changeTitle(change),
    ref: change.ref,
    ...(how === 'begun' && !plan.changes.includes(change) ? { change } : {}),
  });

/** It is gone on with, or taken back, from here on. */
export const againLine = (at: Date, again: 'resume' | 'undo'): string => line(at, { again });

export const endLine = (at: Date, { how, reason }: RunEnd): string =>
  line(at, { end: how, ...(reason === undefined ? {} : { reason: spoken(reason) }) });

/** An id that names a run: it becomes part of a file's name. */
export const isRunId = (id: string): boolean => /^[\w-]{1,64}$/.test(id);

const NEWLINE = 0x0a;

/** Reads a file. A last line that was cut off says nothing; any other that cannot be read leaves unknown what was begun. */
export function readRun(bytes: Uint8Array): ReadRun | Unreadable {
  const whole = bytes.lastIndexOf(NEWLINE) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, whole)).split('\n').slice(0, -1);
  const [first, ...rest] = lines;
  if (first === undefined) return { problem: 'It was cut off before anything was begun.', vain: true };
  const head = readHead(first);
  if ('problem' in head) return head;
  const begun = new Map<string, Change>();
  const planned = new Map(head.plan.changes.map((change) => [refText(change.ref), change]));
  const journal = memoryJournal();
  let state: RunState = 'unfinished';
  for (const [index, text] of rest.entries()) {
    const damaged: Unreadable = {
      problem: `Line ${index + 2} of it cannot be read, so that it is not known what was begun. Make the plan anew: it shows what is there.`,
      vain: false,
    };
    const said = dataOf(text);
    if (said === undefined) return damaged;
    const how = (['begun', 'done', 'kept'] as const).find((word) => typeof said[word] === 'string');
    if (how !== undefined) {
      const key = isRef(said['ref']) ? refText(said['ref']) : '';
      const written = isChange(said['change']) ? said['change'] : undefined;
      const change = written ?? (how === 'begun' ? undefined : begun.get(key)) ?? planned.get(key);
      if (change === undefined) return damaged;
      if (how === 'begun') {
        begun.set(refText(change.ref), change);
        void journal.begun(head.run, change);
      } else void journal.ended(head.run, change, how);
    } else if (said['again'] !== undefined) state = 'unfinished';
    else if (said['end'] === 'done' || said['end'] === 'undone') state = said['end'];
    else if (said['end'] !== undefined) state = 'unfinished';
  }
  return { head, state, entries: journal.entries(), whole };
}

function dataOf(text: string): Json | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return isObject(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function readHead(text: string): RunHead | Unreadable {
  const problem = (what: string): Unreadable => ({ problem: what, vain: false });
  const data = dataOf(text);
  const { format, ...said } = data ?? {};
  const head: Record<string, unknown> = said;
  if (typeof format !== 'number') return problem('It is no journal of a run.');
  if (format > FORMAT)
    return problem(`It was written by a newer version of Kubeflow IRSA (format ${format}): use that one, or update.`);
  const texts = ['run', 'began', 'command', 'cluster', 'region'].map((key) => head[key]);
  const others = ['subject', 'profile', 'bucket', 'awsProfile', 'account', 'caller'].map((key) => head[key]);
  const isHead =
    format === FORMAT &&
    texts.every((value) => typeof value === 'string') &&
    others.every((value) => value === undefined || typeof value === 'string') &&
    isRunId(head['run'] as string) &&
    !Number.isNaN(Date.parse(head['began'] as string)) &&
    isPlan(head['plan']);
  delete head['title'];
  return isHead ? (head as unknown as RunHead) : problem('Its first line does not say what the run is about.');
}

const isRef = (value: unknown): value is Ref =>
  isObject(value) &&
  typeof value['kind'] === 'string' &&
  Object.hasOwn(KINDS, value['kind']) &&
  typeof value['at'] === 'string' &&
  typeof value['key'] === 'string';

const isChange = (value: unknown): value is Change =>
  isObject(value) &&
  isRef(value['ref']) &&
  [value['before'], value['after']].every((side) => side === undefined || isObject(side));

const isPlan = (value: unknown): value is Plan =>
  isObject(value) &&
  typeof value['title'] === 'string' &&
  Array.isArray(value['changes']) &&
  value['changes'].every(isChange) &&
  ['needs', 'proofs', 'warnings'].every((key) => Array.isArray(value[key]));
