/** The settings file of a repository: what lint and the doctor do there. Read as data that may be anything. Pure. */
import { acceptedIn, type Accepted } from './doctor/accepted.ts';
import type { DocEntry, DocNode } from './document/node.ts';
import { parse } from './document/parse.ts';
import { scalarText, type Tell, unknownId } from './entries.ts';
import type { Severity } from './finding.ts';
import { SEVERITIES } from './fix.ts';
import { isFailureModeId } from './modes/table.ts';
import { meant } from './near.ts';
import { spoken } from './text.ts';

/** A longer file is none; in bytes. */
export const MAX_SETTINGS = 4 * 1024 * 1024;
/** More problems than anybody reads are not told. */
const MOST_TOLD = 100;

/** What the file says. */
export interface Settings {
  /** Severities of rules, or `off`, by id. */
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  /** What lint leaves out, as lines of a `.gitignore` beside the file. */
  readonly exclude: readonly string[];
  /** Values of placeholders `${NAME}`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Role ARNs by the name of their profile. */
  readonly roles: Readonly<Record<string, string>>;
  /** Findings of the doctor that are known and meant. */
  readonly accepted: readonly Accepted[];
}

/** What is wrong in the file, and where: the entry counts for nothing. */
export interface SettingsProblem {
  readonly start: number;
  readonly end: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  readonly message: string;
  /** The section that it is in; absent: it is about the whole file. */
  readonly section?: string;
}

/** A section that is a mapping of texts; an entry that `problem` says something of counts for nothing. */
function texts(
  node: DocNode,
  name: string,
  tell: Tell,
  problem: (key: string, value: string) => { readonly at: 'key' | 'value'; readonly message: string } | undefined,
): Readonly<Record<string, string>> {
  if (node.type === 'null') return {};
  if (node.type !== 'object') {
    tell(node, `${name} is a mapping: write NAME: value, one a line.`);
    return {};
  }
  const found = new Map<string, string>();
  for (const { key, value } of node.entries) {
    const [word, text] = [String(key.value), scalarText(value)];
    if (found.has(word)) tell(key, `${name} has ${JSON.stringify(word)} twice: the first one counts.`);
    else if (text === undefined) tell(value, `${name} has no value for ${JSON.stringify(word)}: write a text.`);
    else {
      const wrong = problem(word, text.trim());
      if (wrong === undefined) found.set(word, text.trim());
      else tell(wrong.at === 'key' ? key : value, wrong.message);
    }
  }
  return Object.fromEntries(found);
}

const LEVELS: readonly string[] = ['off', ...SEVERITIES];
const isLevel = (text: string): text is Severity | 'off' => LEVELS.includes(text);

function rulesOf(node: DocNode, tell: Tell): Settings['rules'] {
  const found = texts(node, 'rules', tell, (id, level) => {
    if (!isFailureModeId(id)) return { at: 'key', message: `rules: ${unknownId(id)} This entry changes nothing.` };
    if (isLevel(level)) return undefined;
    const message = `${id}: ${JSON.stringify(level)} is no severity: use ${LEVELS.join(', ')}.${meant(level, LEVELS)}`;
    return { at: 'value', message };
  });
  return found as Settings['rules'];
}

function excludeOf(node: DocNode, tell: Tell): readonly string[] {
  if (node.type === 'null') return [];
  if (node.type !== 'array') {
    tell(node, 'exclude is a list of paths, as in a .gitignore: begin each with a dash.');
    return [];
  }
  return node.items.flatMap((item) => {
    const text = scalarText(item)?.trim();
    // What a backslash makes plain are a blank, the signs of patterns and itself.
    const escaped = text === undefined ? null : /\\([^\s#!*?[\]\\])/.exec(text);
    if (text !== undefined && escaped) {
      tell(item, `exclude: "${escaped[0]}" means "${escaped[1]}" in a pattern: write ${text.replace(/\\+/g, '/')}.`);
      return [];
    }
    if (text !== undefined && text !== '') return [text];
    tell(item, 'exclude: write a path or a pattern, as in a .gitignore.');
    return [];
  });
}

const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[!-~]+$/;

/** Each section, and how it is read. */
const SECTIONS: { readonly [S in keyof Settings]: (node: DocNode, tell: Tell) => Settings[S] } = {
  rules: rulesOf,
  exclude: excludeOf,
  variables: (node, tell) => texts(node, 'variables', tell, () => undefined),
  roles: (node, tell) =>
    texts(node, 'roles', tell, (profile, arn) =>
      ROLE.test(arn)
        ? undefined
        : {
            at: 'value',
            message: `roles: write the ARN of the role of ${JSON.stringify(profile)}, such as arn:aws:iam::111122223333:role/team-a.`,
          },
    ),
  accepted: acceptedIn,
};
const NAMES = Object.keys(SECTIONS) as readonly (keyof Settings)[];
const isSection = (name: string): name is keyof Settings => Object.hasOwn(SECTIONS, name);

/** What a repository without such a file has. */
export const NO_SETTINGS: Settings = { rules: {}, exclude: [], variables: {}, roles: {}, accepted: [] };

/** Reads the file. Never throws: an entry that is not as it must be counts for nothing, and is told. */
export function readSettings(text: string): Settings & { readonly problems: readonly SettingsProblem[] } {
  const problems: SettingsProblem[] = [];
  let section: string | undefined;
  const tell: Tell = ({ start, end }, message) => {
    if (problems.length >= MOST_TOLD) return;
    const before = text.slice(0, start).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    const place = { start, end: Math.max(start, end), line: before.length, column };
    problems.push({ ...place, message: spoken(message), ...(section === undefined ? {} : { section }) });
  };
  const { documents, errors } = parse(text, 'yaml');
  for (const one of errors.slice(0, 1)) tell(one, `The file is no YAML: ${one.message}`);
  const [first, second] = documents.flatMap(({ root }) => root ?? []);
  const settings: { -readonly [S in keyof Settings]: Settings[S] } = { ...NO_SETTINGS };
  if (first === undefined || errors.length > 0) return { ...settings, problems };
  if (second !== undefined) tell(second, 'Only the first document of the file is read: put all into one.');
  if (first.type !== 'object') {
    if (first.type !== 'null') tell(first, `Write sections: ${NAMES.join(', ')}.`);
    return { ...settings, problems };
  }
  const seen = new Set<string>();
  const read = <S extends keyof Settings>(name: S, { value }: DocEntry): void => {
    settings[name] = SECTIONS[name](value, tell);
  };
  for (const entry of first.entries) {
    const name = String(entry.key.value);
    if (!isSection(name)) {
      tell(entry.key, `There is no section ${JSON.stringify(name)}: use ${NAMES.join(', ')}.${meant(name, NAMES)}`);
    } else if (seen.has(name)) {
      tell(entry.key, `Section ${name} stands twice: the first one counts.`);
    } else {
      seen.add(name);
      section = name;
      read(name, entry);
      section = undefined;
    }
  }
  return { ...settings, problems };
}
