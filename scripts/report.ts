// What went wrong in a test, in a person's words: whole where it happens, and in brief at the end of a run.
import { root } from './processes.ts';

/** What a tool printed: its own words are enough, a stack says nothing more. */
export class Report extends Error {}

/** What went wrong, as a person reads it: without Node's own frames and the test runner's wrapping. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Report) return error.message;
  if ('failureType' in error) {
    if (error.cause instanceof Error) return textOf(error.cause);
    const { exitCode, signal } = error as { exitCode?: number; signal?: string };
    return exitCode === undefined && signal === undefined
      ? error.message
      : `Its process ended with ${signal ?? `exit code ${exitCode}`}; what it printed is above.`;
  }
  const own = (error.stack ?? error.message).split('\n').filter((line) => !/^\s+at .*\bnode:/.test(line));
  return `${own.join('\n')}${error.cause === undefined ? '' : `\ncaused by ${textOf(error.cause)}`}`;
}

const isPlace = (line: string): boolean => /^\s+at /.test(line);
/** What could be seen when a test in the browser failed (test/ui/harness.ts): where no picture is kept, nothing else tells it. */
const isSeen = (line: string): boolean => line.startsWith('On screen: ');
/** With what a property test failed, so that it can be run again (fast-check). */
const isDrawn = (line: string): boolean => /^\s*(\{ seed: -?\d|Counterexample: )/.test(line);
/** Told in any case, whatever else must be left out. */
const isKept = (line: string): boolean => isSeen(line) || isDrawn(line);
/** Where text is cut in a line, in characters. */
const WIDTH = 300;
const WIDTH_OF_KEPT = 900;

/**
 * `text` in at most `lines` lines, besides what was on the screen or drawn by a property test: what is wrong first, of a long comparison only the lines that differ,
 * and up to three places of ours. A run's end alone then says what broke, where the middle of a log is not kept.
 */
export function inBrief(text: string, lines: number): string {
  const all = text.split('\n').filter((line) => line.trim() !== '');
  const words = all.filter((line) => !isPlace(line) && !isKept(line));
  const seen = all.filter(isKept);
  const ours = all.filter((line) => isPlace(line) && line.includes(root));
  const places = (ours.length > 0 ? ours : all.filter(isPlace)).slice(0, Math.min(3, Math.floor(lines / 3)));
  const room = lines - places.length;
  if (words.length <= room) return [...words, ...seen, ...places].map(cut).join('\n');
  const differing = words.slice(1).filter((line) => /^[+-] /.test(line) && line !== '+ actual - expected');
  const kept = [words[0] ?? '', ...(differing.length > 0 ? differing : words.slice(1))].slice(0, room - 1);
  return [...kept, `(${words.length - kept.length} more lines)`, ...seen, ...places].map(cut).join('\n');
}

function cut(line: string): string {
  const width = isKept(line) ? WIDTH_OF_KEPT : WIDTH;
  return line.length > width ? `${line.slice(0, width)}…` : line;
}
