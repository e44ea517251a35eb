import type { Survivors } from './row.ts';

export const CORE: readonly Survivors[] = [
  {
    why: 'For speed alone: what is moved by nothing stays where it is.',
    of: { 'src/core/lint.ts': [['if (by === 0) return finding;', 'if (by === 0) ;']] },
  },
];
