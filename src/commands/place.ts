import { clusterNameProblem } from '../core/arn/names.ts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import type { Place } from '../wizard/questions.ts';

/** Fields that lead to calls and are never shown before: what cannot be right is not taken, and so asked. */
const FITS: Readonly<Partial<Record<keyof Place, (text: string) => boolean>>> = {
  cluster: (name) => clusterNameProblem(name) === undefined,
  region: (name) => partitionOfRegion(name) !== undefined,
};

/** Reads a command's argument, which may come from anywhere: only texts of known fields count. */
export function placeOf(argument: unknown): Place {
  if (typeof argument !== 'object' || argument === null) return {};
  const fields = ['cluster', 'region', 'awsProfile', 'profile', 'owner', 'bucket'] as const;
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = (argument as Record<string, unknown>)[field];
      return typeof value === 'string' && value !== '' && (FITS[field]?.(value) ?? true) ? [[field, value]] : [];
    }),
  );
}
