import type { Survivors } from './row.ts';

export const PROVISIONING: readonly Survivors[] = [
  {
    why: 'For speed alone: it is made of the same things again.',
    of: { 'src/estate/cluster.ts': [['if (index !== undefined) return index;', 'if (index !== undefined) ;']] },
  },
  {
    why: 'For speed alone: how many answers are kept is our choice.',
    of: { 'src/estate/cluster.ts': [['accounts.size >= MOST_KEPT', 'accounts.size > MOST_KEPT']] },
  },
  {
    why: 'The later of both times counts, and these are all before that of the cluster. It keeps the map small.',
    of: { 'src/estate/entry.ts': [['rereadAt.clear();', ';']] },
  },
  {
    why: 'How often others come in between is a matter of speed.',
    of: { 'src/estate/lists.ts': [['% PORTION === 0', '% PORTION !== 0']] },
  },
  {
    why: 'For speed alone: where there is nothing to drop, the names are not gone through.',
    of: { 'src/estate/proofs.ts': [['if (keys.length === 0) return;', 'if (keys.length === 0) ;']] },
  },
  {
    why: 'The next line throws then, and whoever waits has the answer already.',
    of: { 'src/estate/roles.ts': [['? alone(name) : page);\n        return;', '? alone(name) : page);\n        ;']] },
  },
  {
    why: 'Both names are of questions under way, and whoever forgets one forgets the other.',
    of: { 'src/provisioning/store.ts': [["all === parts ? 'part of ' : ''", "all !== parts ? 'part of ' : ''"]] },
  },
  {
    why: 'What is done is waited for no longer. It keeps the map small.',
    of: { 'src/provisioning/kubeconfigDriver.ts': [['working.delete(file);', ';']] },
  },
];
