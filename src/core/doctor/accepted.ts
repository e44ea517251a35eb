/** Findings that somebody accepted, with a reason and until a day: section `accepted` of the workspace's settings file. */
import { shortHash } from '../arn/names.ts';
import { get, type DocNode } from '../document/node.ts';
import type { FailureModeId } from '../modes/ids.ts';
import type { Evidence } from '../modes/problem.ts';
import { isFailureModeId } from '../modes/table.ts';
import { scalarText, type Tell, unknownId } from '../entries.ts';

/** More entries than anybody reads are not looked at. */
const MOST = 10_000;

/** One entry of the file. */
export interface Accepted {
  readonly id: FailureModeId;
  readonly cluster: string;
  /** Absent: a finding about the cluster itself. */
  readonly profile?: string;
  readonly reason: string;
  /** The last day on which it counts, such as 2027-01-31. */
  readonly until: string;
  /** {@link fingerprintOf} of the evidence that was accepted. */
  readonly fingerprint: string;
}

/** One short text for what shows a finding: another one where any of it changes. 16 hex digits; not for security. */
export function fingerprintOf(evidence: readonly Evidence[]): string {
  const text = JSON.stringify(evidence.map(({ what, where, value }) => [what, where, value]));
  return shortHash(text) + shortHash(`${text.length} ${text}`);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const isDay = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`);
  // 31 April is taken for 1 May.
  return DAY.test(text) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
};

/** What is wrong with a last day, as a sentence; undefined: it is right. */
export const dayProblem = (text: string): string | undefined =>
  isDay(text) ? undefined : 'write the last day on which it is accepted, such as 2027-01-31.';

/** What each field must be, as a sentence; undefined: it is right. */
const FIELDS: Readonly<Record<keyof Accepted, (text: string) => string | undefined>> = {
  id: (text) => (isFailureModeId(text) ? undefined : unknownId(text)),
  cluster: () => undefined,
  profile: () => undefined,
  reason: () => undefined,
  until: (text) => dayProblem(text),
  fingerprint: (text) =>
    /^[0-9a-f]{16}$/.test(text) ? undefined : 'copy the 16 digits that the doctor shows with the finding, in quotes.',
};
const NAMES = Object.keys(FIELDS) as readonly (keyof Accepted)[];
const OPTIONAL: ReadonlySet<string> = new Set<keyof Accepted>(['profile']);

/** Reads section `accepted`: an entry that is not as it must be accepts nothing, and is told. */
export function acceptedIn(node: DocNode, tell: Tell): readonly Accepted[] {
  if (node.type === 'null') return [];
  if (node.type !== 'array') {
    tell(node, 'accepted is a list: begin each entry with a dash.');
    return [];
  }
  if (node.items.length > MOST) tell(node, `There are more than ${MOST} entries: the rest is not looked at.`);
  return node.items.slice(0, MOST).flatMap((item) => entryOf(item, tell) ?? []);
}

/** An entry, or undefined where something was told of it. */
function entryOf(item: DocNode, tell: Tell): Accepted | undefined {
  if (item.type !== 'object') {
    tell(item, `An accepted finding has ${NAMES.join(', ')}.`);
    return undefined;
  }
  let right = true;
  const wrong: Tell = (place, message) => {
    right = false;
    tell(place, `${message} This entry accepts nothing.`);
  };
  for (const { key } of item.entries)
    if (!NAMES.some((name) => name === key.value))
      wrong(key, `There is no field ${JSON.stringify(key.value)}: an entry has ${NAMES.join(', ')}.`);
  const fields: Partial<Record<keyof Accepted, string>> = {};
  for (const name of NAMES) {
    const node = get(item, name);
    // A day, a number or a name like "on" need no quotes.
    const text = (scalarText(node) ?? '').trim();
    if (text === '') {
      if (!OPTIONAL.has(name)) wrong(node ?? firstLine(item), `${name} is missing.`);
      continue;
    }
    const problem = FIELDS[name](text);
    if (problem !== undefined) wrong(node ?? item, `${name} ${JSON.stringify(text)}: ${problem}`);
    fields[name] = text;
  }
  return right ? (fields as Accepted) : undefined;
}

/** Where an entry begins: what lacks in it is told there, not of all its lines. */
const firstLine = ({ start, end, source }: DocNode): { start: number; end: number } => {
  const line = source.text.indexOf('\n', start);
  return { start, end: line < 0 ? end : Math.min(end, line) };
};

/** What became of an entry that is about a finding. */
export type Acceptance =
  | { readonly state: 'accepted'; readonly reason: string; readonly until: string }
  | { readonly state: 'over' | 'changed'; readonly reason: string; readonly until: string };

/** Whether a finding is accepted. Undefined: no entry is about it. `today`: such as 2026-11-27. */
export function acceptanceOf(
  finding: { readonly id: string; readonly cluster: string; readonly profile?: string; readonly fingerprint: string },
  entries: readonly Accepted[],
  today: string,
): Acceptance | undefined {
  const about = entries.filter(
    ({ id, cluster, profile }) => id === finding.id && cluster === finding.cluster && profile === finding.profile,
  );
  const same = about.filter(({ fingerprint }) => fingerprint === finding.fingerprint);
  const good = same.find(({ until }) => until >= today);
  const [last] = good !== undefined ? [good] : [...same, ...about];
  if (last === undefined) return undefined;
  const { reason, until } = last;
  return { state: good !== undefined ? 'accepted' : same.length > 0 ? 'over' : 'changed', reason, until };
}
