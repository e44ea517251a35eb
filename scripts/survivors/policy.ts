import type { Survivors } from './row.ts';

export const POLICY: readonly Survivors[] = [
  {
    why: 'Behind the end of the text only stars fit, and the part to try again is none: a star before it would be the one to retry.',
    of: {
      'src/core/arn/pattern.ts': [
        [
          '} else if (retry !== undefined && retry.at < length) {',
          '} else if (retry !== undefined && retry.at <= length) {',
        ],
      ],
    },
  },
  {
    why: 'For speed alone: each template has a text that fits it.',
    of: { 'src/core/arn/pattern.ts': [["if (text === '*') return true;", "if (text === '*') ;"]] },
  },
  {
    why: 'For speed alone: a shorter beginning, or none, is compared, and the whole pattern after it.',
    of: {
      'src/core/arn/pattern.ts': [
        [
          'parts.findIndex(({ literal }) => literal === undefined)',
          'parts.findIndex(({ literal }) => literal !== undefined)',
        ],
      ],
    },
  },
  {
    why: 'For speed alone: how many answers are kept is our choice.',
    of: { 'src/core/policy/actions.ts': [['matched.size >= 500)', 'matched.size > 500)']] },
  },
  {
    why: 'For speed alone: an answer that is kept is the one that would be found anew. It keeps the map small.',
    of: { 'src/core/policy/actions.ts': [['matched.clear();', ';']] },
  },
  {
    why: 'For speed alone: the same is found again.',
    of: { 'src/core/policy/actions.ts': [['if (before !== undefined) return before;', 'if (before !== undefined) ;']] },
  },
  {
    why: 'The span of "now" is our choice: its first millisecond may count as known or not.',
    of: { 'src/core/policy/condition.ts': [['wanted >= fact.from &&', 'wanted > fact.from &&']] },
  },
  {
    why: 'The same of its last one.',
    of: { 'src/core/policy/condition.ts': [['&& wanted <= fact.to)', '&& wanted < fact.to)']] },
  },
  {
    why: 'An end has its beginning before it: it is never the first character.',
    of: {
      'src/core/policy/variables.ts': [
        [
          "const end = text.indexOf('}', start);\n    if (end < 0)",
          "const end = text.indexOf('}', start);\n    if (end <= 0)",
        ],
      ],
    },
  },
];
