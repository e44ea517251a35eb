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
  {
    why: 'For the types alone: of what is not in the matrix nothing may be done, and so no reason is found.',
    of: {
      'src/core/isolation/because.ts': [
        ['return undefined;\n      let best', ';\n      let best'],
        ['if (about === undefined) return undefined;', 'if (about === undefined) ;'],
      ],
    },
  },
  {
    why: 'For speed alone: what is not kept, not shared or not taken at once is found anew, and the same.',
    of: {
      'src/core/isolation/admissions.ts': [['asks.set(its, mayAsk);', ';']],
      'src/core/isolation/cells.ts': [
        ['return roleCells(first.role);', ';'],
        ["policy.state === 'found' && /", "policy.state === 'found' || /"],
      ],
      'src/core/isolation/roleRights.ts': [
        ['return { rights: known, key, itself: isUnread || allows.length > 0 };', ';'],
        ["policy.state === 'found' && IS_PERSONAL", "policy.state === 'found' || IS_PERSONAL"],
      ],
    },
  },
  {
    why: 'For speed alone: only answers about keys that name no role are kept, and only those are looked up.',
    of: {
      'src/core/isolation/cells.ts': [
        ['isPersonal ? undefined', '!(isPersonal) ? undefined'],
        ['if (!isPersonal)', 'if (isPersonal)'],
      ],
    },
  },
  {
    why: 'For speed alone: more places are asked about, each of which is answered as what stands for it was.',
    of: {
      'src/core/isolation/cells.ts': [["'found' && (everywhere", "'found' || (everywhere"]],
      'src/core/isolation/roleRights.ts': [
        [
          'rights: known, key, itself: isUnread || allows.length > 0',
          'rights: known, key, itself: isUnread || allows.length >= 0',
        ],
        [
          '{ rights, key, itself: isUnread || allows.length > 0',
          '{ rights, key, itself: isUnread || allows.length >= 0',
        ],
        ['!denies && !not', '!denies || !not'],
        ['everywhere && (testsOf', 'everywhere || (testsOf'],
      ],
    },
  },
  {
    why: 'Places that are found go into a set: twice is once.',
    of: {
      'src/core/isolation/cells.ts': [
        ['length < literal.length', 'length <= literal.length'],
        ['at < sorted.length', 'at <= sorted.length'],
      ],
    },
  },
  {
    why: 'No two places have the same text.',
    of: {
      'src/core/isolation/cells.ts': [
        ['a < b ? -1', 'a <= b ? -1'],
        ['a > b ? 1', 'a >= b ? 1'],
      ],
    },
  },
  {
    why: 'Behind the last place there is nothing that may be done.',
    of: { 'src/core/isolation/cells.ts': [['place < cells.length', 'place <= cells.length']] },
  },
  {
    why: 'A flag in a key tells roles apart either way round.',
    of: { 'src/core/isolation/roleRights.ts': [['boundary !== undefined, whose', 'boundary === undefined, whose']] },
  },
  {
    why: 'The last step comes back to the profile itself, whose place is not another one.',
    of: { 'src/core/isolation/tries.ts': [['step < profiles.length', 'step <= profiles.length']] },
  },
  {
    why: 'A line ends behind the beginning of what stands in it: its end is never the first character.',
    of: {
      'src/core/doctor/accept.ts': [['lineEnd < 0', 'lineEnd <= 0']],
      'src/core/doctor/accepted.ts': [['line < 0', 'line <= 0']],
      'src/core/doctor/placed.ts': [['line < 0', 'line <= 0']],
    },
  },
];
