/**
 * Who may what: every service account, every role, every prefix and key, from policies. Roles with equal policies are asked once,
 * and only about places that their policies can be about; a place that no policy names is answered by one that stands for all such.
 */
import { whoGetsIn } from '../policy/access.ts';
import { dataOf } from '../policy/json.ts';
import { admissionsOf } from './admissions.ts';
import { keyReason, placeReasons } from './because.ts';
import { keyCells, placeCells } from './cells.ts';
import type { Isolation } from './matrix.ts';
import { profilesOf, subjectsOf } from './subjects.ts';
import type { IsolationWorld } from './world.ts';

/** Judges a world. Pure, and never throws: what takes too long is said not to be judged. */
export function judgeIsolation(world: IsolationWorld): Isolation {
  const { profiles, places } = profilesOf(world);
  const owners = places.map((): number[] => []);
  for (const [at, { place }] of profiles.entries()) if (place !== undefined) owners[place]?.push(at);
  const trusts = world.roles.map(({ trust }) => whoGetsIn(dataOf(trust)));
  const admitted = admissionsOf(world, profiles, trusts, subjectsOf(world, profiles, trusts));
  const { subjects, roles, admissions } = admitted;
  const { cell, beyond, roleCell } = placeCells(admitted, places);
  const keys = [...world.keys.values()];
  const { keyOfRole, keyCell } = keyCells(admitted, keys);
  return {
    world,
    subjects,
    profiles,
    places,
    owners,
    roles,
    keys,
    admissions: (index) => admissions[index] ?? [],
    cell,
    beyond,
    roleCell,
    keyCell,
    ...placeReasons(admitted, places, roleCell),
    becauseKey: keyReason(admitted, keys, keyOfRole),
  };
}
