import type { Survivors } from './row.ts';

export const DOCUMENT: readonly Survivors[] = [
  {
    why: 'For speed alone: an end that lies behind is still the next one, and one that never comes is looked for once.',
    of: { 'src/core/document/template.ts': [['end >= 0 && end < from', 'end >= 0 || end < from']] },
  },
  {
    why: 'The end that lies just here is found again.',
    of: { 'src/core/document/template.ts': [['&& end < from)', '&& end <= from)']] },
  },
  {
    why: 'An end has its beginning before it: it is never the first character.',
    of: { 'src/core/document/template.ts': [['if (end < 0 ||', 'if (end <= 0 ||']] },
  },
  {
    why: 'For the types alone: a list has a first item if it has a last one.',
    of: { 'src/core/document/edit.ts': [['if (!first || !last) return [];', 'if (!first && !last) return [];']] },
  },
  {
    why: 'Where both are the same, either is the end.',
    of: { 'src/core/document/yaml.ts': [['end <= parent.end ? end', 'end < parent.end ? end']] },
  },
];
