/** The cells of a matrix: what roles, and subjects by them, may do in all places and with all keys. */
import { and, type Answer } from '../policy/answer.ts';
import type { Admissions } from './admissions.ts';
import { join, NOTHING, perhaps, type Admission, type Cell, type Isolation, type JudgedRole } from './matrix.ts';
import { literally, rightsOf, type Below, type Named } from './reach.ts';
import {
  beginnings,
  behindPoints,
  cellOf,
  EVERYTHING,
  keyAnswer,
  packed,
  policyDocument,
  rightsIn,
  throughPoints,
  unpacked,
  type Group,
} from './roleRights.ts';
import type { WorldKey } from './world.ts';

/** Places, so that those which a pattern can be about are found without asking all. */
interface Places {
  readonly places: readonly Below[];
  /** Those whose text may begin so, or is a beginning of it. */
  readonly near: (literal: string) => Iterable<number>;
  readonly ofBucket: ReadonlyMap<string, readonly number[]>;
}

function readPlaces(places: readonly Below[]): Places {
  const ofBucket = new Map<string, number[]>();
  for (const [at, { bucket }] of places.entries()) ofBucket.set(bucket, [...(ofBucket.get(bucket) ?? []), at]);
  return { places, near: placeIndex(places), ofBucket };
}

/** Places by the text of their bucket and prefix. */
function placeIndex(places: readonly Below[]): (literal: string) => Iterable<number> {
  const texts = places.map(({ bucket, prefix }) => `${bucket}/${prefix}`);
  const sorted = texts.map((_, at) => at).sort((a, b) => order(texts[a] ?? '', texts[b] ?? ''));
  const exact = new Map<string, number[]>();
  for (const [at, text] of texts.entries()) exact.set(text, [...(exact.get(text) ?? []), at]);
  const lengths = [...new Set(texts.map(({ length }) => length))];
  return function* (literal) {
    // Those that hold what begins so.
    for (const length of lengths) if (length < literal.length) yield* exact.get(literal.slice(0, length)) ?? [];
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((texts[sorted[middle] ?? 0] ?? '') < literal) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < sorted.length; at++) {
      const place = sorted[at] ?? 0;
      if (texts[place]?.startsWith(literal) !== true) break;
      yield place;
    }
  };
}
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Stands for a place that no policy is about: no text of one begins so. */
const NOWHERE = '\uE001';

/** What a role may do in all places. */
function cellsOfRole(
  { world: { buckets }, roles, group }: Admissions,
  { places, near, ofBucket }: Places,
  index: number,
): Uint16Array {
  const its = group(index);
  const { role } = roles[index] as JudgedRole;
  const cells = new Uint16Array(places.length);
  const plainRights = rightsIn(its, role, '', { policy: { state: 'absent' } }).rights;
  const { some, everywhere, anywhere } = beginnings(plainRights);
  const asked = new Set<number>(anywhere ? places.keys() : []);
  for (const start of some) for (const place of near(start)) asked.add(place);
  const points = behindPoints(plainRights);
  for (const [name, within] of ofBucket) {
    const bucket = buckets.get(name);
    const inBucket = rightsIn(its, role, name, bucket);
    const ownStart =
      bucket?.policy.state === 'found' && (everywhere || inBucket.itself)
        ? beginnings(inBucket.rights).some
        : new Set<string>();
    for (const start of ownStart)
      if (start.startsWith(name) || name.startsWith(start)) for (const place of near(start)) asked.add(place);
    if (!everywhere && !inBucket.itself) continue;
    const known = its.generic.get(inBucket.key);
    const generic =
      known ?? cellOf(inBucket.rights, { bucket: inBucket.key === '' ? NOWHERE : name, prefix: `${NOWHERE}/` });
    its.generic.set(inBucket.key, generic);
    const bits = packed(generic);
    if (bits !== 0) for (const place of within) cells[place] = bits;
  }
  for (const place of asked) {
    const below = places[place] as Below;
    cells[place] = packed(cellOf(rightsIn(its, role, below.bucket, buckets.get(below.bucket)).rights, below));
  }
  if (points.length > 0)
    for (const [place, below] of places.entries()) {
      const unknown = throughPoints(points, below, buckets.get(below.bucket)?.region);
      cells[place] = packed(join(unpacked(cells[place] ?? 0), { yes: 0, unknown }));
    }
  return cells;
}

/** What a subject may do in all places by the roles into which it comes: subjects with the same one role share it. */
function rowBy(its: readonly Admission[], roleCells: (role: number) => Uint16Array, size: number): Uint16Array {
  const [first] = its;
  if (its.length === 1 && first?.answer === 'yes') return roleCells(first.role);
  const row = new Uint16Array(size);
  for (const { role, answer } of its) {
    const cells = roleCells(role);
    for (let place = 0; place < cells.length; place++) {
      const bits = cells[place] ?? 0;
      if (bits === 0) continue;
      const cell = unpacked(bits);
      row[place] = packed(join(unpacked(row[place] ?? 0), answer === 'yes' ? cell : perhaps(cell)));
    }
  }
  return row;
}

/** What may be done in places. */
export function placeCells(
  admitted: Admissions,
  places: readonly Below[],
): Pick<Isolation, 'cell' | 'beyond' | 'roleCell'> {
  const { world, roles, admissions, group } = admitted;
  const { buckets } = world;
  const indexed = readPlaces(places);
  // A policy of a bucket may name one of several roles whose own policies are the same.
  const isPersonal = [...buckets.values()].some(
    ({ policy }) => policy.state === 'found' && /:role\/|:assumed-role\//.test(policy.value),
  );
  const known = new Map<number | Group, Uint16Array>();
  const roleCells = (index: number): Uint16Array => {
    const key = isPersonal ? index : group(index);
    const made = known.get(key) ?? cellsOfRole(admitted, indexed, index);
    known.set(key, made);
    return made;
  };
  const roleCell = (index: number, place: number): Cell => unpacked(roleCells(index)[place] ?? 0);
  const rows: (Uint16Array | undefined)[] = [];
  const rowOf = (index: number): Uint16Array =>
    (rows[index] ??= rowBy(admissions[index] ?? [], roleCells, places.length));
  return {
    roleCell,
    cell: (index, place) => unpacked(rowOf(index)[place] ?? 0),
    beyond: (index, place, but) => {
      const below = places[place];
      let cell = NOTHING;
      for (const { role: at, answer } of below === undefined ? [] : (admissions[index] ?? [])) {
        const { role } = roles[at] as JudgedRole;
        const { rights } = rightsIn(group(at), role, below?.bucket ?? '', buckets.get(below?.bucket ?? ''));
        const its = cellOf(
          rightsOf([...rights.layers, spare(but, rights.session.partition)], rights.session),
          below as Below,
        );
        cell = join(cell, answer === 'yes' ? its : perhaps(its));
      }
      return cell;
    },
  };
}

/** Allows all but what lies below a place, and a listing of it. */
function spare({ bucket, prefix }: Below, partition: string): { readonly policies: readonly Named[] } {
  const arn = `arn:${partition}:s3:::${literally(bucket)}`;
  const statements = [
    ...EVERYTHING,
    { Effect: 'Deny', Action: '*', Resource: `${arn}/${literally(prefix)}*` },
    {
      Effect: 'Deny',
      Action: 's3:ListBucket*',
      Resource: arn,
      Condition: { StringLike: { 's3:prefix': `${literally(prefix)}*` } },
    },
  ];
  return { policies: [policyDocument('what is its own', statements, true)] };
}

/** Whether a key may be used through S3: to read, to write. */
export interface KeyCell {
  readonly read: Answer;
  readonly write: Answer;
}

/** What may be done with keys: by a role, and by a subject. */
export function keyCells(
  { roles, admissions, group }: Admissions,
  keys: readonly WorldKey[],
): { readonly keyOfRole: (role: number, key: number) => KeyCell; readonly keyCell: Isolation['keyCell'] } {
  const keyOfRole = (index: number, key: number): KeyCell => {
    const { role } = roles[index] as JudgedRole;
    const its = group(index);
    const about = keys[key];
    if (about === undefined) return { read: 'no', write: 'no' };
    const isPersonal = about.policy.state === 'found' && about.policy.value.includes(':role/');
    const known = isPersonal ? undefined : its.keys.get(key);
    if (known !== undefined) return known;
    const made = { read: keyAnswer(its, role, about, 'read-only'), write: keyAnswer(its, role, about, 'prefix') };
    if (!isPersonal) its.keys.set(key, made);
    return made;
  };
  return {
    keyOfRole,
    keyCell: (index, key) => {
      let cell: KeyCell = { read: 'no', write: 'no' };
      for (const { role, answer } of admissions[index] ?? []) {
        const its = keyOfRole(role, key);
        cell = {
          read: either(cell.read, and([its.read, answer])),
          write: either(cell.write, and([its.write, answer])),
        };
      }
      return cell;
    },
  };
}

const either = (a: Answer, b: Answer): Answer =>
  a === 'yes' || b === 'yes' ? 'yes' : a === 'unknown' || b === 'unknown' ? 'unknown' : 'no';
