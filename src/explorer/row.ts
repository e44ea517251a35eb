/** A row of the tree, as data, and the words in it. */
import { l10n } from 'vscode';
import { saying, type Phrase } from '../core/phrase.ts';
import type { Reading } from '../core/reading.ts';

export interface Row {
  readonly label: string;
  readonly description: string;
  /** A codicon and, where the state is told by it, a theme colour; the state is in the words too. */
  readonly icon: string;
  readonly color?: string;
  /** Flags, joined by ";", that `when` clauses of menus look for. */
  readonly context: string;
  /** What a screen reader says: a sentence. */
  readonly spoken: string;
  readonly expand: 'no' | 'closed' | 'open';
}

/** Text from outside as plain text of one line: no control or direction characters, no icons. */
export const plain = (text: string, length = 300): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll('$(', '$\u200b(')
    .trim()
    .slice(0, length);

/** A phrase of the core in the person's language. */
export const said = (phrase: Phrase): string => saying(phrase, l10n.t);

/** Why a reading has no value, in the person's language as far as the words are ours. */
export function whyNot(reading: Reading<unknown>): string {
  switch (reading.state) {
    case 'denied':
      return l10n.t('cannot read: {0}', reading.permission);
    case 'failed':
      return reading.reason;
    case 'absent':
      return l10n.t('not there');
    case 'found':
      return '';
  }
}

export const joined = (...parts: readonly (string | undefined | false)[]): string => parts.filter(Boolean).join(' · ');

/** Lines of a tooltip, without empty ones. */
export const lines = (...all: readonly string[]): string[] =>
  all.filter((line) => line !== '').map((line) => plain(line, 500));
