import type { Survivors } from './row.ts';

export const TERRAFORM: readonly Survivors[] = [];
