import type { Place } from '../wizard/questions.ts';

/** Reads a command's argument, which may come from anywhere: only texts of known fields count. */
export function placeOf(argument: unknown): Place {
  if (typeof argument !== 'object' || argument === null) return {};
  const fields = ['cluster', 'region', 'profile', 'owner', 'bucket'] as const;
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = (argument as Record<string, unknown>)[field];
      return typeof value === 'string' && value !== '' ? [[field, value]] : [];
    }),
  );
}
