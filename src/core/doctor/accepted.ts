/** Findings that somebody accepted, with a reason and until a day: section `accepted` of the workspace's settings file. */
import { shortHash } from '../arn/names.ts';
import { get, textOf, type DocNode } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import type { FailureModeId } from '../modes/ids.ts';
import type { Evidence } from '../modes/problem.ts';
import { isFailureModeId } from '../modes/table.ts';
import { spoken } from '../text.ts';

/** The settings file of a workspace, by its name. */
export const SETTINGS_FILE = '.kubeflow-irsa.yaml';
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

/** What is wrong with an entry: it accepts nothing. */
export interface SettingsProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
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

/** What each field must be, as a sentence; undefined: it is right. */
const FIELDS: Readonly<Record<keyof Accepted, (text: string) => string | undefined>> = {
  id: (text) => (isFailureModeId(text) ? undefined : 'there is no failure of this id.'),
  cluster: () => undefined,
  profile: () => undefined,
  reason: () => undefined,
  until: (text) => (isDay(text) ? undefined : 'write the last day on which it is accepted, such as 2027-01-31.'),
  fingerprint: (text) =>
    /^[0-9a-f]{16}$/.test(text) ? undefined : 'copy the 16 digits that the doctor shows with the finding, in quotes.',
};
const NAMES = Object.keys(FIELDS) as readonly (keyof Accepted)[];
const OPTIONAL: ReadonlySet<string> = new Set<keyof Accepted>(['profile']);

/** Reads the settings file. Never throws: an entry that is not as it must be accepts nothing, and is told. */
export function readAccepted(text: string): {
  readonly accepted: readonly Accepted[];
  readonly problems: readonly SettingsProblem[];
} {
  const problems: SettingsProblem[] = [];
  const accepted: Accepted[] = [];
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const tell = (offset: number, message: string): void =>
    void problems.push({ line: lineOf(offset), message: spoken(message) });
  const { documents, errors } = parse(text, 'yaml');
  for (const { start, message } of errors.slice(0, 1)) tell(start, `The file is no YAML: ${message}`);
  const root = documents[0]?.root;
  if (root === undefined || errors.length > 0) return { accepted, problems };
  if (root.type !== 'object') tell(root.start, 'Write a list of findings below accepted:.');
  const entries = get(root, 'accepted');
  if (entries === undefined || entries.type === 'null') return { accepted, problems };
  if (entries.type !== 'array') tell(entries.start, 'accepted is a list: begin each entry with a dash.');
  const items = entries.type === 'array' ? entries.items : [];
  if (items.length > MOST) tell(entries.start, `There are more than ${MOST} entries: the rest is not looked at.`);
  for (const item of items.slice(0, MOST)) {
    const entry = entryOf(item, tell);
    if (entry !== undefined) accepted.push(entry);
  }
  return { accepted, problems };
}

/** An entry, or undefined where something was told of it. */
function entryOf(item: DocNode, tell: (offset: number, message: string) => void): Accepted | undefined {
  if (item.type !== 'object') {
    tell(item.start, `An accepted finding has ${NAMES.join(', ')}.`);
    return undefined;
  }
  let right = true;
  const wrong = (offset: number, message: string): void => {
    right = false;
    tell(offset, message);
  };
  for (const { key } of item.entries)
    if (!NAMES.some((name) => name === key.value))
      wrong(key.start, `There is no field ${JSON.stringify(key.value)}: an entry has ${NAMES.join(', ')}.`);
  const fields: Partial<Record<keyof Accepted, string>> = {};
  for (const name of NAMES) {
    const node = get(item, name);
    // A day, a number or a name like "on" need no quotes.
    const value = textOf(node) ?? (node !== undefined && 'value' in node && node.value !== null ? written(node) : '');
    const text = value.trim();
    if (text === '') {
      if (!OPTIONAL.has(name)) wrong((node ?? item).start, `${name} is missing.`);
      continue;
    }
    const problem = FIELDS[name](text);
    if (problem !== undefined) wrong((node ?? item).start, `${name} ${JSON.stringify(text)}: ${problem}`);
    fields[name] = text;
  }
  return right ? (fields as Accepted) : undefined;
}

/** A scalar as it stands in the file: a fingerprint of digits alone is read as a number otherwise. */
const written = (node: DocNode): string => node.source.text.slice(node.start, node.end);

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
