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
  {
    why: 'For speed alone: what follows comes to the same.',
    of: {
      'src/core/arn/pattern.ts': [
        ['if (!isPattern(pattern)) return pattern === text;', 'if (!isPattern(pattern)) ;'],
        ['if (plain === text.length) return whole.test(text);', 'if (plain === text.length) ;'],
      ],
      'src/core/policy/evaluate.ts': [
        ["if (denied === 'yes') return 'no';", "if (denied === 'yes') ;"],
        ["!OPEN.test(provider)\n  )\n    return 'yes';", '!OPEN.test(provider)\n  )\n    ;'],
        [
          'function arnMatches(pattern: string, resource: string, given: Arn | undefined, variables: boolean): boolean {\n  if (/^\\*+$/.test(pattern)) return true;',
          'function arnMatches(pattern: string, resource: string, given: Arn | undefined, variables: boolean): boolean {\n  if (/^\\*+$/.test(pattern)) ;',
        ],
      ],
      'src/core/policy/filling.ts': [
        ['if (!/templatefile|file\\(/.test(text)) return undefined;', 'if (!/templatefile|file\\(/.test(text)) ;'],
        [
          'if (!wanted.some((one) => plainOf(guide).includes(one))) return undefined;',
          'if (!wanted.some((one) => plainOf(guide).includes(one))) ;',
        ],
      ],
      'src/core/policy/placeholder.ts': [['if (!MARK.test(text)) return [];', 'if (!MARK.test(text)) ;']],
    },
  },
  {
    why: 'For speed alone: what is not kept is found anew.',
    of: { 'src/core/policy/actions.ts': [['matched.set(lower, found);', ';']] },
  },
  {
    why: 'Both parts are there, or neither: each of the two expressions has both.',
    of: {
      'src/core/policy/access-words.ts': [
        ['namespace === undefined || name === undefined', 'namespace === undefined && name === undefined'],
      ],
    },
  },
  {
    why: 'Of these services all keys are known, and of others none: there is nothing to choose from. No key is near the two that are left out.',
    of: {
      'src/core/policy/condition-keys.ts': [['if (!isListed(name)) return undefined;', 'if (!isListed(name)) ;']],
    },
  },
  {
    why: 'The two places differ: a pattern is not compared with itself.',
    of: { 'src/core/policy/values.ts': [['(j < i ||', '(j <= i ||']] },
  },
  {
    why: 'Of two places that are alike and have the same answer either may stay.',
    of: {
      'src/core/policy/rights.ts': [
        [
          "before.answer === 'unknown' && place.answer === 'yes'",
          "before.answer === 'unknown' || place.answer === 'yes'",
        ],
      ],
    },
  },
  {
    why: 'An Fn::If begins with its own name: no Sid in it stands at its beginning.',
    of: { 'src/core/policy/grammar.ts': [['start <= sid.start', 'start < sid.start']] },
  },
  {
    why: 'Each of the two webhooks comes with a configuration of its own, and no two configurations have the same name.',
    of: {
      'src/core/inject/webhooks.ts': [
        ['own.configuration < eks.configuration', 'own.configuration <= eks.configuration'],
      ],
    },
  },
];
