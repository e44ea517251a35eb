import type { Survivors } from './row.ts';

export const MODES: readonly Survivors[] = [
  {
    why: 'For speed alone: no comment is found then.',
    of: {
      'src/core/modes/suppression.ts': [
        ["if (!text.includes('kubeflow-irsa:')) return findings;", "if (!text.includes('kubeflow-irsa:')) ;"],
      ],
    },
  },
  {
    why: 'No list of the page is 90 characters long; where it breaks is a matter of looks.',
    of: { 'src/core/plan/permissions.ts': [['line.length <= 90', 'line.length < 90']] },
  },
  {
    why: 'What ranks 0 is the provider: it is the first of all changes anyway.',
    of: { 'src/core/plan/plan.ts': [['rank(line) < 0)', 'rank(line) <= 0)']] },
  },
  {
    why: 'For speed alone: what a plan writes is right by each of the rules, too.',
    of: { 'src/core/modes/permissions/live.ts': [['role.inline.length > 0) return [];', 'role.inline.length > 0) ;']] },
  },
  {
    why: 'For the types alone: a release that is not known is neither of those that are warned of.',
    of: { 'src/core/plan/artifacts.ts': [['if (version === undefined) return [];', 'if (version === undefined) ;']] },
  },
  {
    why: 'For the types alone: without the one or the other there is a need.',
    of: {
      'src/core/plan/handover.ts': [
        ["profile === undefined || space.state !== 'found')", "profile === undefined && space.state !== 'found')"],
      ],
    },
  },
  {
    why: 'The first AWS plugin is not one of another cloud.',
    of: { 'src/core/modes/profile/plugins.ts': [['index < first ?', 'index <= first ?']] },
  },
  {
    why: 'Each consent is about one thing.',
    of: { 'src/core/plan/plan.ts': [['CONSENTS[one]).some(', 'CONSENTS[one]).every(']] },
  },
  {
    why: 'For speed alone: the same is found again.',
    of: { 'src/core/modes/trust/statement.ts': [['if (its !== null) return its;', 'if (its !== null) ;']] },
  },
  {
    why: 'A list has its bracket, or its dash, before its first statement.',
    of: {
      'src/core/modes/trust/size.ts': [['statement.node.start >= list.start', 'statement.node.start > list.start']],
    },
  },
];
