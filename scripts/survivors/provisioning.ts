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
  {
    why: 'Who asks twice is told twice of the same, in the same moment. It keeps the map small.',
    of: { 'src/estate/cluster.ts': [['askedLast.delete(name);', ';']] },
  },
  {
    why: 'For speed alone: a role is asked for once, and its answer is the one that is known.',
    of: { 'src/estate/doctor.ts': [['if (view.role !== undefined) return view;', 'if (view.role !== undefined) ;']] },
  },
  {
    why: 'For speed alone: after half a minute there is nothing to be judged, or what is being made is judged sooner.',
    of: {
      'src/estate/entry.ts': [['unfinished(profiles).length === 0) return;', 'unfinished(profiles).length === 0) ;']],
    },
  },
  {
    why: 'For speed alone: where no text is lacking, what is judged again comes to the same.',
    of: { 'src/estate/isolation.ts': [['wanted.size === 0) return isolation;', 'wanted.size === 0) ;']] },
  },
  {
    why: 'For speed alone: what could not be read is not asked for again, and judged the same.',
    of: {
      'src/estate/isolation/roles.ts': [
        ["(policy) => 'unread' in policy && policy.unread", "(policy) => 'unread' in policy || policy.unread"],
      ],
    },
  },
  {
    why: 'For speed alone: what has come back is found so again.',
    of: {
      'src/provisioning/change.ts': [
        ["Promise.resolve(false)))\n      return { state: 'undone' };", 'Promise.resolve(false)))\n      ;'],
      ],
    },
  },
  {
    why: 'For the types alone: what is neither a change nor a proof is kept already, and there are lines.',
    of: {
      'src/provisioning/run.ts': [
        ["if (change === undefined) return 'kept';", 'if (change === undefined) ;'],
        ['if (last === undefined) return false;', 'if (last === undefined) ;'],
      ],
    },
  },
  {
    why: 'At one very millisecond: how long one is taken for alive is our choice, and clocks are no better than that.',
    of: {
      'src/provisioning/runLock.ts': [
        ['owner.since < Date.now() - uptime() * 1_000)', 'owner.since <= Date.now() - uptime() * 1_000)'],
        ['wrote < FOREIGN', 'wrote <= FOREIGN'],
        [
          'owner.since < Date.now() - uptime() * 1_000 - 60_000',
          'owner.since <= Date.now() - uptime() * 1_000 - 60_000',
        ],
        ['wrote < 10_000', 'wrote <= 10_000'],
      ],
    },
  },
  {
    why: 'On Linux nobody comes here: it is for other systems.',
    of: {
      'src/provisioning/runLock.ts': [
        ['stdout.trim() || undefined', 'stdout.trim() && undefined'],
        ["=== 'win32' ? undefined", "!== 'win32' ? undefined"],
      ],
      'src/provisioning/runs.ts': [['process.getuid === undefined) return;', 'process.getuid === undefined) ;']],
      'src/provisioning/kubeconfigDriver.ts': [
        ['.isDirectory()) return `${folder} is no folder`;', '.isDirectory()) ;'],
      ],
    },
  },
  {
    why: 'So many bytes are more characters than are read in any case: the same is said.',
    of: { 'src/provisioning/kubeconfigDriver.ts': [['size > LONGEST * 4', 'size >= LONGEST * 4']] },
  },
  {
    why: 'A root user may write anything; run by anybody else test/unit/kubeconfig-plan.test.ts notices it.',
    of: {
      'src/provisioning/kubeconfigDriver.ts': [
        ["return 'you may not write it';", ';'],
        ["=== 'ENOENT' && above", "=== 'ENOENT' || above"],
      ],
    },
  },
];
