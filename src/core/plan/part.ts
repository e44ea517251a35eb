import type { Change } from '../kinds.ts';
import { spoken } from '../text.ts';
import type { Need } from './plan.ts';

/** What one part of a plan comes to: a change, or a need that does not hold. */
export type Part = { readonly need: Need } | { readonly change: Change };

export const blocked = (id: string, title: string, reason: string, more: Partial<Need> = {}): Need => ({
  id,
  title,
  holds: false,
  reason,
  ...more,
});

/** A part that does not hold. */
export const no = (...args: Parameters<typeof blocked>): Part => ({ need: blocked(...args) });

/** A part that has no cause of its own: another one is in its way. */
export const waits = (id: string, title: string, waitsFor: string, what: string): Part =>
  no(id, title, `Waits for ${what}, which is blocked.`, { waitsFor });

/** Whether one of these parts is blocked: what comes after them waits. */
export const isBlocked = (parts: readonly Part[]): boolean => parts.find((part) => 'need' in part) !== undefined;

/** What a part of a plan comes to that is several of these, and says something. */
export interface Share {
  readonly needs?: readonly Need[];
  readonly changes?: readonly Change[];
  readonly warnings?: readonly string[];
}

/** One that does not hold. */
export const stop = (...args: Parameters<typeof blocked>): Share => ({ needs: [blocked(...args)] });

/** Reasons may hold text from outside: it stays one line of text. */
export const toldSafely = (need: Need): Need =>
  need.reason === undefined ? need : { ...need, reason: spoken(need.reason) };
