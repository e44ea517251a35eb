import type { Survivors } from './row.ts';

export const ISOLATION: readonly Survivors[] = [
  {
    why: 'For the types alone: without a role there is no door, and without a subject nobody who is let in.',
    of: {
      'src/core/isolation/admissions.ts': [
        [
          'if (role === undefined || at === undefined) continue;',
          'if (role === undefined && at === undefined) continue;',
        ],
      ],
    },
  },
];
