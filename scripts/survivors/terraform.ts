import type { Survivors } from './row.ts';

export const TERRAFORM: readonly Survivors[] = [
  {
    why: 'Where the budget is spent to its last node, what was read is read again at the next call: for speed alone.',
    of: { 'src/core/terraform/resources.ts': [['module.budget >= 0', 'module.budget > 0']] },
  },
  {
    why: 'A place that stands twice among those that are decided elsewhere says the same as one.',
    of: { 'src/core/terraform/evaluate.ts': [['if (derived && !derived', 'if (derived || !derived']] },
  },
  {
    why: 'Whatever else has a name is a block, which has no value: a hole, as is a name that nothing defines; and who asks for a local looks at the name.',
    of: {
      'src/core/terraform/evaluate.ts': [
        ["if (name !== 'local' && name !== 'var') return undefined;", "if (name !== 'local' && name !== 'var') ;"],
      ],
    },
  },
  {
    why: 'jsonencode takes one argument: of none nothing is read either way, and Terraform refuses more.',
    of: { 'src/core/terraform/policies.ts': [['arguments.every(isNothing)', 'arguments.some(isNothing)']] },
  },
  {
    why: 'A text with another part holds what is not known, and of one that has nothing but blanks and brackets besides no policy is held; nor is one of an empty text.',
    of: {
      'src/core/terraform/policies.ts': [
        ["parts.every((part) => part.type === 'text')", "parts.some((part) => part.type === 'text')"],
      ],
    },
  },
  {
    why: 'Both are there: an operator that a rule renames is known, so each of its blocks has a test.',
    of: {
      'src/core/terraform/policy-document.ts': [
        ['!first || !last', '!first && !last'],
        ['if (!first || !last) return undefined;', 'if (!first || !last) ;'],
      ],
    },
  },
  {
    why: 'What ends a line behind something is never the first character of its text.',
    of: {
      'src/core/terraform/policy-document.ts': [
        ['found < 0', 'found <= 0'],
        ['lineEndAt >= 0', 'lineEndAt > 0'],
      ],
    },
  },
];
