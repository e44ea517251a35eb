/** A run of the journal as text, and the job that goes on with it. Pure. */
import { actionOf, refText } from '../core/kinds.ts';
import { changeTitle } from '../core/plan/plan.ts';
import { reviewText } from '../core/plan/review.ts';
import type { StoredRun } from '../provisioning/runs.ts';

/** An RFC 3339 time as a person reads it, in the time zone of the machine: "2026-11-26 21:40". */
export function timeText(began: string): string {
  const at = new Date(began);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** How many of a run's changes are done, of how many that do something. */
export function progressOf({ head, entries }: StoredRun): { readonly done: number; readonly of: number } {
  const acting = head.plan.changes.filter((change) => actionOf(change) !== 'keep');
  const done = entries.filter(({ state }) => state !== 'begun').map(({ change }) => refText(change.ref));
  return { done: acting.filter(({ ref }) => done.includes(refText(ref))).length, of: acting.length };
}

const STATE: Readonly<Record<StoredRun['state'], string>> = {
  done: 'It ended. Undo takes back what it did.',
  unfinished: 'It did not end. Resume goes on from there, and Undo takes back what was done.',
  undone: 'It was undone.',
};

const WORD = { done: '+ done   ', kept: '= kept   ', begun: '? begun  ', none: '- not run' } as const;

/** The document of a run: its plan, with which of its changes are done and which are not. */
export function runText({ head, state, isGoingOn, entries, file }: StoredRun): string {
  const { plan, awsProfile, began, account, run } = head;
  const states = new Map(entries.map((entry) => [refText(entry.change.ref), entry.state]));
  const lines = plan.changes.map((change, index) => {
    const word = actionOf(change) === 'keep' ? WORD.kept : WORD[states.get(refText(change.ref)) ?? 'none'];
    return `${String(index + 1).padStart(2)}. ${word}  ${changeTitle(change)}`;
  });
  const who = awsProfile === undefined ? 'the default chain of credentials' : `AWS profile ${awsProfile}`;
  const unknown = [...states.values()].includes('begun')
    ? ['What was begun may be done or not: Resume and Undo look first, and write only what is missing.']
    : [];
  return `${[
    `# Run: ${plan.title}`,
    [
      isGoingOn ? 'It goes on now.' : STATE[state],
      `Began ${timeText(began)} with ${who}${account === undefined ? '' : `, account ${account}`}.`,
      `Run ${run}, written down in ${file}`,
      ...(state === 'unfinished' ? unknown : []),
    ].join('\n'),
    `## Steps\n\n${lines.join('\n')}`,
    ...(plan.proofs.length === 0 ? [] : [`The proof comes last: ${plan.proofs.map(({ title }) => title).join(', ')}.`]),
    // The review without its head and its steps.
    ...reviewText(plan)
      .split(/\n\n(?=## )/)
      .slice(2),
  ].join('\n\n')}\n`;
}
