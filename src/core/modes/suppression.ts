/** Comments that silence a rule where its finding is meant: `# kubeflow-irsa: ignore KP-044 the bucket belongs to one team`. */
import { type Example, profile } from './samples.ts';
import { modes } from './mode.ts';
import type { Finding } from '../finding.ts';

export const suppressionModes = modes({
  'LINT-REASON': {
    title: 'Suppression without a reason',
    severity: 'information',
    symptom: 'A finding is hidden, and the next reader does not know why.',
    cause: 'The comment names a rule and no reason, or a rule that does not exist.',
    fix: 'Write kubeflow-irsa: ignore <id> <reason>.',
    sources: ['docs/failure-modes.md'],
    comments: suppress,
    notLive: 'It is about a comment in a file.',
  },
});

const COMMENT = /(?:#|\/\/)[ \t]*kubeflow-irsa:[ \t]*ignore\b(?<rest>[^\r\n]*)/g;

const ID = /^[A-Z]+(?:-[A-Z0-9]+)+$/;

interface Suppression {
  readonly ids: readonly string[];
  /** Offsets in the text that it covers. */
  readonly from: number;
  readonly to: number;
}

/**
 * Takes away the findings that a comment silences: one at the end of a line speaks of that line, one on a line of its own of the
 * next. A line that opens a block scalar or an object stands for everything indented below it. Ids come first, then the reason.
 *
 * @param isKnown whether there is a rule of this id
 * @returns the other findings, and one for every comment that gives no reason or names no rule
 */
export function suppress(
  text: string,
  findings: readonly Finding[],
  isKnown: (id: string) => boolean,
): readonly Finding[] {
  if (!text.includes('kubeflow-irsa:')) return findings;
  const suppressions: Suppression[] = [];
  const added: Finding[] = [];
  const add = (range: { start: number; end: number }, message: string): unknown =>
    added.push({ id: 'LINT-REASON', severity: 'information', message, ...range, fixes: [] });
  for (const match of text.matchAll(COMMENT)) {
    const words = (match.groups?.['rest'] ?? '').split(/[\s,]+/).filter((word) => word !== '');
    const ids = words.slice(
      0,
      [...words, ''].findIndex((word) => !ID.test(word)),
    );
    const range = { start: match.index, end: match.index + match[0].trimEnd().length };
    const unknown = ids.find((id) => !isKnown(id));
    if (ids.length === 0) add(range, 'Name the rule to ignore, then the reason: ignore KP-044 <reason>.');
    else if (unknown !== undefined) add(range, `There is no rule ${unknown}: this comment silences nothing.`);
    else if (ids.length === words.length) add(range, 'Add the reason behind the id, for the next reader.');
    suppressions.push({ ids, ...covered(text, match.index) });
  }
  const kept = findings.filter(
    ({ id, start }) => !suppressions.some(({ ids, from, to }) => start >= from && start < to && ids.includes(id)),
  );
  return [...kept, ...added];
}

/** What a comment at `at` speaks of. */
function covered(text: string, at: number): { from: number; to: number } {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const from = text.slice(lineStart, at).trim() === '' ? nextLine(text, at) : lineStart;
  const indent = indentOf(text, from);
  let to = nextLine(text, from);
  if (!/[|>[{(:][-+0-9]*\s*$/.test(text.slice(from, to).replace(/\s(?:#|\/\/).*$/s, ''))) return { from, to };
  while (to < text.length && (indentOf(text, to) > indent || text.slice(to, nextLine(text, to)).trim() === ''))
    to = nextLine(text, to);
  return { from, to };
}

const nextLine = (text: string, at: number): number => text.indexOf('\n', at) + 1 || text.length;

function indentOf(text: string, lineStart: number): number {
  let at = lineStart;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at - lineStart;
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'a comment without a reason',
    kind: 'manifest',
    text: profile({ metadata: 'name: team-a # kubeflow-irsa: ignore KP-011' }),
    finds: [['LINT-REASON', '# kubeflow-irsa: ignore KP-011']],
  },
];
