/** Where the objects of profiles lie: as their settings say, else where their roles write. */
import { isPattern } from '../../core/arn/pattern.ts';
import type { WorldProfile } from '../../core/isolation/world.ts';
import type { Role } from '../../core/observation.ts';
import { policiesOf, sessionOf, writing } from '../../core/policy/rights.ts';
import type { Looked, Seen } from './clusters.ts';

/** The profiles of each cluster with their places. */
export function placeProfiles(looked: readonly Looked[], roles: readonly Role[]): readonly (readonly WorldProfile[])[] {
  const byArn = new Map(roles.map((role) => [role.arn, role]));
  /** Where a profile's objects lie: as its settings say, else where its role writes. */
  const placed = (one: Seen): WorldProfile['place'] =>
    one.accessPoint === undefined
      ? (one.place ?? placeOfRole(one.role === undefined ? undefined : byArn.get(one.role)))
      : undefined;
  /** Buckets in which several profiles lie: one of them is nobody's place as a whole, however wide a role is. */
  const within = new Set(
    looked.flatMap(({ profiles }) =>
      profiles.flatMap((one) => {
        const place = placed(one);
        return place === undefined || place.prefix === '' ? [] : [place.bucket];
      }),
    ),
  );
  return looked.map(({ profiles }) =>
    profiles.map((one): WorldProfile => {
      const { name, role, place, accessPoint, why } = one;
      const its = placed(one);
      const tooWide = place === undefined && its?.prefix === '' && within.has(its.bucket);
      return {
        name,
        ...(role === undefined ? {} : { role }),
        ...(accessPoint === undefined ? {} : { accessPoint }),
        ...(tooWide
          ? { why: 'its settings name no place, and its role writes a whole bucket in which others lie.' }
          : its === undefined
            ? {
                why:
                  why ??
                  (accessPoint === undefined
                    ? 'nothing tells where its objects lie.'
                    : `they lie behind access point ${accessPoint}.`),
              }
            : { place: its }),
      };
    }),
  );
}

/** Where a role writes, as the place of its profile. */
function placeOfRole(role: Role | undefined): WorldProfile['place'] {
  if (role === undefined) return undefined;
  const place = writing(policiesOf(role), sessionOf(role)).places.find(
    ({ bucket, prefix, answer, except }) =>
      answer === 'yes' && except === undefined && !isPattern(bucket) && !isPattern(prefix),
  );
  return place === undefined ? undefined : { bucket: place.bucket, prefix: place.prefix };
}
