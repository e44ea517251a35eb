/** A matrix as plain data, for tools. Its shape is told in docs/isolation.md. */
import { deedsOf, type Isolation } from './matrix.ts';
import { isConcerned, s3, setWords, wordsOf } from './names.ts';
import type { Report } from './report.ts';
import { differenceText } from './text.ts';

/** Names of one difference that are written out; `whoCount` and `whatCount` tell how many there are. */
const MOST_NAMES = 1_000;

export function reportJson({ isolation, differences, expectation, unused }: Report): Record<string, unknown> {
  const { world, subjects, profiles, places, roles, keys } = isolation;
  const clusterOf = (at: number): string => world.clusters[at]?.name ?? '';
  return {
    clusters: world.clusters.map(({ name, region, account, issuer }) => ({ cluster: name, region, account, issuer })),
    asExpected: differences.length === 0,
    expectation,
    differences: differences.map((one) => ({
      kind: one.kind,
      text: differenceText(one),
      who: one.who.slice(0, MOST_NAMES),
      whoCount: one.who.length,
      what: one.what.slice(0, MOST_NAMES),
      whatCount: one.what.length,
      may: one.may,
      ...(one.role === undefined ? {} : { role: one.role }),
      ...(one.note === undefined ? {} : { note: one.note }),
      ...(one.refusedBy === undefined ? {} : { refusedBy: one.refusedBy }),
      ...(one.because === undefined ? {} : { because: one.because }),
    })),
    unused,
    profiles: profiles.map(({ cluster, name, role, place, why }) => ({
      cluster: clusterOf(cluster),
      profile: name,
      ...(role === undefined ? {} : { role }),
      ...(place === undefined ? { why } : { place }),
    })),
    serviceAccounts: subjects.map(({ cluster, namespace, name, profile }) => ({
      cluster: clusterOf(cluster),
      namespace,
      name,
      ...(profile === undefined ? {} : { profile }),
    })),
    places: places.map((place) => ({ ...place, url: s3(place) })),
    cells: cellsOf(isolation),
    keys: keys.map(({ arn }, key) => ({
      arn,
      cells: subjects.flatMap((_, serviceAccount) => {
        const { read, write } = isolation.keyCell(serviceAccount, key);
        return read === 'no' && write === 'no' ? [] : [{ serviceAccount, read, write }];
      }),
    })),
    roles: roles.filter(isConcerned).map((judged) => ({
      arn: judged.role.arn,
      namedBy: judged.namedBy,
      clusters: judged.clusters.map(clusterOf),
      sets: setWords(isolation, judged),
      others: judged.others.map((one) => ({ who: wordsOf(isolation, one), depends: one.depends })),
    })),
    limits: world.limits,
  };
}

/** Cells that are not empty. */
function cellsOf(isolation: Isolation): readonly unknown[] {
  const { subjects, places, profiles } = isolation;
  return subjects.flatMap(({ profile }, serviceAccount) => {
    const own = profile === undefined ? undefined : profiles[profile]?.place;
    return places.flatMap((_, place) => {
      const { yes, unknown } = isolation.cell(serviceAccount, place);
      if (yes === 0 && unknown === 0) return [];
      return [
        {
          serviceAccount,
          place,
          may: deedsOf(yes),
          ...(unknown === 0 ? {} : { unknown: deedsOf(unknown) }),
          ...(place === own ? { own: true } : {}),
        },
      ];
    });
  });
}
