/** What is shown of what is known: the filter and the order. */
import { l10n } from 'vscode';
import type { StateKind } from '../core/modes/live.ts';
import { valueOf } from '../core/reading.ts';
import { TROUBLED, type ClusterEntry } from '../estate/entry.ts';
import { plain } from './row.ts';

export interface Show {
  /** Part of the name of a cluster or profile; empty: all. */
  readonly filter: string;
  readonly onlyProblems: boolean;
  readonly sort: 'name' | 'state';
}

export const SHOW: Show = { filter: '', onlyProblems: false, sort: 'name' };

/** Order of states when sorted by state: what needs somebody first. */
const URGENCY: readonly StateKind[] = [
  'failed-verification',
  'problems',
  'cannot-read',
  'deleting',
  'creating',
  'reading',
  'not-verified',
  'works-elsewhere',
  'works',
];

export interface Shown {
  /** Whether something may be hidden. */
  readonly filters: boolean;
  /** Whether the order of profiles depends on their state. */
  readonly byState: boolean;
  /** In words, for the view; empty: all is shown, by name. */
  readonly words: string;
  /** Names of a cluster's profiles, in order. */
  profiles(cluster: ClusterEntry, names: readonly string[]): readonly string[];
  /** Whether a cluster is shown. One that was not looked into may hold what is looked for: it stays. */
  cluster(cluster: ClusterEntry, hasProvider: boolean | undefined): boolean;
}

export function shownBy({ filter, onlyProblems, sort }: Show): Shown {
  const wanted = filter.toLowerCase();
  const filters = filter !== '' || onlyProblems;
  const inName = (name: string): boolean => name.toLowerCase().includes(wanted);
  const profilesOf: Shown['profiles'] = (cluster, names) => {
    const stateOf = (name: string): StateKind => cluster.stateOf(name);
    const byName = inName(cluster.place.cluster) ? names : names.filter(inName);
    const kept = onlyProblems ? byName.filter((name) => TROUBLED.has(stateOf(name))) : byName;
    if (sort === 'name') return kept;
    const urgency = (name: string): number => URGENCY.indexOf(stateOf(name));
    return [...kept].sort((a, b) => urgency(a) - urgency(b) || (a < b ? -1 : 1));
  };
  return {
    filters,
    byState: sort === 'state',
    words: [
      filter === '' ? '' : l10n.t('filter: {0}', plain(filter, 40)),
      onlyProblems ? l10n.t('only problems') : '',
      sort === 'state' ? l10n.t('by state') : '',
    ]
      .filter((word) => word !== '')
      .join(' · '),
    profiles: profilesOf,
    cluster: (cluster, hasProvider) => {
      if (!filters) return true;
      const { estate, place } = cluster;
      const profiles = estate && valueOf(estate.profiles);
      if (filter !== '' && profiles === undefined) return inName(place.cluster);
      if (estate === undefined || profiles === undefined) return true;
      if (onlyProblems && (estate.facts.lost !== undefined || hasProvider === false)) return true;
      return cluster.looking || profilesOf(cluster, profiles).length > 0;
    },
  };
}
