/**
 * Who may what: every service account, every role, every prefix and key, from policies. Roles with equal policies are asked once,
 * and only about places that their policies can be about; a place that no policy names is answered by one that stands for all such.
 */
import { keyRequest } from '../policy/key.ts';
import { whoGetsIn } from '../policy/access.ts';
import { providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { and, type Answer } from '../policy/answer.ts';
import { knownFacts } from '../policy/context.ts';
import { may } from '../policy/evaluate.ts';
import { own, readDocument } from '../policy/statements.ts';
import { dataOf } from '../policy/json.ts';
import { judgeGuards } from '../policy/organization.ts';
import type { Json } from '../records.ts';
import { admit, associate, chain, keyOf, single, SUB, type Doors } from './admissions.ts';
import {
  bit,
  join,
  NOTHING,
  perhaps,
  type Admission,
  type Because,
  type Cell,
  type Decided,
  type Isolation,
  type JudgedRole,
  type ProfileOf,
  type Subject,
} from './matrix.ts';
import {
  CALLS,
  literally,
  reach,
  requestOf,
  rightsOf,
  type Below,
  type Call,
  type Deed,
  type Named,
  type Reached,
  type Rights,
} from './reach.ts';
import {
  EVERYTHING,
  beginnings,
  behindPoints,
  cellOf,
  groupOf,
  keyAnswer,
  packed,
  policyDocument,
  rightsIn,
  throughPoints,
  unpacked,
  type Group,
} from './roleRights.ts';
import type { IsolationWorld, WorldRole } from './world.ts';

/** Places by the text of their bucket and prefix, so that those which a pattern can be about are found without asking all. */
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

/** Text that no place and no policy has. */
const FRESH = 'w0w0w';

/** Judges a world. Pure, and never throws: what takes too long is said not to be judged. */
export function judgeIsolation(world: IsolationWorld): Isolation {
  const { clusters, buckets } = world;
  const places: Below[] = [];
  const placeOf = new Map<string, number>();
  const profiles: ProfileOf[] = [];
  const profileOf = new Map<string, number>();
  const doors: Doors = {
    subjects: [],
    indexOf: new Map(),
    keptOut: new Map(),
    providers: clusters.map(({ partition, account, issuer, audiences }) =>
      issuer === undefined || audiences.state === 'absent' ? undefined : providerArn(partition, account, issuer),
    ),
  };
  const add = (cluster: number, namespace: string, name: string): void => {
    const key = keyOf(cluster, subject(namespace, name));
    if (doors.indexOf.has(key)) return;
    doors.indexOf.set(key, doors.subjects.length);
    const profile = profileOf.get(keyOf(cluster, namespace));
    doors.subjects.push({ cluster, namespace, name, ...(profile === undefined ? {} : { profile }) });
  };
  for (const [cluster, { profiles: its }] of clusters.entries())
    for (const { name, role, place, accessPoint, why } of its) {
      const key = place === undefined ? '' : `${place.bucket}/${place.prefix}`;
      if (place !== undefined && !placeOf.has(key)) placeOf.set(key, places.push(place) - 1);
      const at = placeOf.get(key);
      profileOf.set(keyOf(cluster, name), profiles.length);
      profiles.push({
        cluster,
        name,
        ...(role === undefined ? {} : { role }),
        ...(at === undefined ? {} : { place: at }),
        ...(accessPoint === undefined ? {} : { accessPoint }),
        ...(why === undefined ? {} : { why }),
      });
    }
  for (const [cluster, { profiles: its, accounts }] of clusters.entries()) {
    for (const { name } of its) add(cluster, name, SERVICE_ACCOUNT);
    for (const { namespace, name } of accounts) add(cluster, namespace, name);
  }
  const namedBy = new Map<string, number[]>();
  for (const [at, { role }] of profiles.entries())
    if (role !== undefined) namedBy.set(role, [...(namedBy.get(role) ?? []), at]);
  const trusts = world.roles.map(({ trust }) => whoGetsIn(dataOf(trust)));
  for (const { admitted } of trusts)
    for (const one of admitted) {
      if (!('subjects' in one)) continue;
      const cluster = doors.providers.indexOf(one.provider);
      if (cluster < 0) continue;
      for (const sub of single(one) ?? []) {
        const [, namespace, name] = SUB.exec(sub) ?? [];
        if (namespace !== undefined && name !== undefined) add(cluster, namespace, name);
      }
    }
  for (const [cluster, { podIdentities = [] }] of clusters.entries())
    for (const { namespace, name } of podIdentities) add(cluster, namespace, name);

  const { subjects } = doors;
  const admissions: Admission[][] = subjects.map(() => []);
  const roles = world.roles.map((role, index): JudgedRole => {
    const trust = trusts[index] ?? whoGetsIn(undefined);
    return {
      role,
      trust,
      namedBy: namedBy.get(role.arn) ?? [],
      ...admit(index, trust, world, doors, admissions),
    };
  });
  associate(world, roles, doors, admissions);

  const groups = new Map<string, Group>();
  const groupOfRole: (Group | undefined)[] = [];
  const group = (role: number): Group =>
    (groupOfRole[role] ??= groupOf(roles[role]?.role as WorldRole, groups, world.organizations));
  chain(roles, admissions, group, world);

  const owners = places.map((): number[] => []);
  for (const [at, { place }] of profiles.entries()) if (place !== undefined) owners[place]?.push(at);
  const near = placeIndex(places);
  const ofBucket = new Map<string, number[]>();
  for (const [at, { bucket }] of places.entries()) ofBucket.set(bucket, [...(ofBucket.get(bucket) ?? []), at]);

  /** What a role may do in all places. */
  function cellsOf(index: number): Uint16Array {
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
      for (const start of ownStart) if (start.startsWith(name)) for (const place of near(start)) asked.add(place);
      if (!everywhere && !inBucket.itself) continue;
      const known = its.generic.get(inBucket.key);
      const generic =
        known ?? cellOf(inBucket.rights, { bucket: inBucket.key === '' ? FRESH : name, prefix: `${FRESH}/` });
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
  // A policy of a bucket may name one of several roles whose own policies are the same.
  const isPersonal = [...buckets.values()].some(
    ({ policy }) => policy.state === 'found' && /:role\/|:assumed-role\//.test(policy.value),
  );
  const known = new Map<number | Group, Uint16Array>();
  const roleCells = (index: number): Uint16Array => {
    const key = isPersonal ? index : group(index);
    const made = known.get(key) ?? cellsOf(index);
    known.set(key, made);
    return made;
  };
  const roleCell = (index: number, place: number): Cell => unpacked(roleCells(index)[place] ?? 0);

  const rows: (Uint16Array | undefined)[] = [];
  /** What a subject may do in all places: subjects with the same one role share it. */
  function rowOf(index: number): Uint16Array {
    const known = rows[index];
    if (known !== undefined) return known;
    const its = admissions[index] ?? [];
    const [first] = its;
    let row: Uint16Array;
    if (first === undefined) row = new Uint16Array(places.length);
    else if (its.length === 1 && first.answer === 'yes') row = roleCells(first.role);
    else {
      row = new Uint16Array(places.length);
      for (const { role, answer } of its) {
        const cells = roleCells(role);
        for (let place = 0; place < cells.length; place++) {
          const bits = cells[place] ?? 0;
          if (bits === 0) continue;
          const cell = unpacked(bits);
          row[place] = packed(join(unpacked(row[place] ?? 0), answer === 'yes' ? cell : perhaps(cell)));
        }
      }
    }
    rows[index] = row;
    return row;
  }

  const keys = [...world.keys.values()];
  const keyOfRole = (index: number, key: number): { readonly read: Answer; readonly write: Answer } => {
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

  const pathTo = (from: number, to: Admission): readonly string[] => {
    const path: string[] = [];
    const seen = new Set<number>();
    let via = to.via;
    while (typeof via === 'object' && !seen.has(via.role)) {
      seen.add(via.role);
      path.unshift(roles[via.role]?.role.arn ?? '');
      const before: number = via.role;
      via = admissions[from]?.find(({ role }) => role === before)?.via;
    }
    return path;
  };

  /** The first of the ways by which something may be done, sure ones first. */
  const ways = (index: number): readonly Admission[] =>
    [...(admissions[index] ?? [])].sort((a, b) => Number(a.answer === 'unknown') - Number(b.answer === 'unknown'));

  const told = (index: number, admission: Admission, reached: Reached, rights: Rights): Because => {
    const { role } = roles[admission.role] as JudgedRole;
    const who = subjects[index] as Subject;
    const by = pathTo(index, admission);
    const entry = admissions[index]?.find(({ role: one }) => roles[one]?.role.arn === (by[0] ?? role.arn)) ?? admission;
    const answer = admission.answer === 'yes' && reached.answer === 'yes' ? 'yes' : 'unknown';
    const depends = [
      ...admission.depends.map((one) => `the trust policy: ${one}`),
      ...(reached.why === undefined ? [] : [reached.why]),
    ];
    const { call } = reached;
    const iss = clusters[who.cluster]?.issuer ?? '';
    return {
      role: role.arn,
      by,
      answer,
      statements: [trustStatementOf(role, admission), ...(call === undefined ? [] : deciding(rights, call))],
      ...(call === undefined
        ? {}
        : {
            request: {
              ...(entry.audience === undefined
                ? {}
                : { token: { iss, sub: subject(who.namespace, who.name), aud: entry.audience } }),
              assume: [...by, role.arn],
              call,
            },
          }),
      ...(depends.length === 0 ? {} : { why: depends.join(', ') }),
    };
  };

  return {
    world,
    subjects,
    profiles,
    places,
    owners,
    roles,
    keys,
    admissions: (index) => admissions[index] ?? [],
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
    roleCell,
    keyCell: (index, key) => {
      let cell: { read: Answer; write: Answer } = { read: 'no', write: 'no' };
      for (const { role, answer } of admissions[index] ?? []) {
        const its = keyOfRole(role, key);
        cell = {
          read: either(cell.read, and([its.read, answer])),
          write: either(cell.write, and([its.write, answer])),
        };
      }
      return cell;
    },
    because: (index, place, deed) => {
      const below = places[place];
      if (below === undefined) return undefined;
      let best: Because | undefined;
      for (const admission of ways(index)) {
        const cell = roleCell(admission.role, place);
        if (((cell.yes | cell.unknown) & bit(deed)) === 0) continue;
        const { role } = roles[admission.role] as JudgedRole;
        const { rights } = rightsIn(group(admission.role), role, below.bucket, buckets.get(below.bucket));
        const reached = reach(rights, deed, below);
        const one = told(
          index,
          admission,
          reached.answer === 'no' ? { answer: 'unknown', why: 'access points, which are not read' } : reached,
          rights,
        );
        if (one.answer === 'yes') return one;
        best ??= one;
      }
      return best;
    },
    refused: (index, place, deed) => {
      const below = places[place];
      if (below === undefined) return undefined;
      const prefix = below.prefix === '' ? '' : `${below.prefix}${below.prefix.endsWith('/') ? '' : '/'}`;
      for (const { role: at } of ways(index)) {
        const { role } = roles[at] as JudgedRole;
        const { rights } = rightsIn(group(at), role, below.bucket, buckets.get(below.bucket));
        const own = rightsOf(
          rights.layers.filter(({ guards }) => guards === undefined),
          rights.session,
        );
        const call = reach(own, deed, below).call ?? callOf(deed, below.bucket, prefix, rights.session.partition);
        const guards = rights.layers.flatMap(({ guards: its }) => its ?? []);
        const known = knownFacts(requestOf(rights.session, call.action, call.values));
        const { by } = judgeGuards(guards, call.action, call.resource, known);
        if (by !== undefined) return by;
      }
      return doors.keptOut.get(index);
    },
    becauseKey: (index, key) => {
      const about = keys[key];
      if (about === undefined) return undefined;
      for (const admission of ways(index)) {
        const { role } = roles[admission.role] as JudgedRole;
        const its = keyOfRole(admission.role, key);
        if (its.read === 'no' && its.write === 'no') continue;
        const isSure = its.read === 'yes' || its.write === 'yes';
        const action = its.write === 'yes' ? 'kms:GenerateDataKey' : 'kms:Decrypt';
        const why =
          about.policy.state === 'found'
            ? 'conditions of the policies of key and role'
            : 'the policy of the key, which was not read';
        return told(
          index,
          admission,
          isSure ? { answer: 'yes', call: { action, resource: about.arn, values: {} } } : { answer: 'unknown', why },
          rightsOf([{ policies: group(admission.role).identity }], {
            ...group(admission.role).session,
            ...keyRequest(about.arn, role.arn, group(admission.role).account),
          }),
        );
      }
      return undefined;
    },
  };
}

/** A call that stands for a deed below a prefix. */
const callOf = (deed: Deed, bucket: string, prefix: string, partition: string): Call => {
  const [action = ''] = CALLS[deed];
  const arn = `arn:${partition}:s3:::${bucket}`;
  return deed === 'list'
    ? { action, resource: arn, values: { 's3:prefix': prefix } }
    : { action, resource: deed === 'control' ? arn : `${arn}/${prefix}${FRESH}`, values: {} };
};

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

const either = (a: Answer, b: Answer): Answer =>
  a === 'yes' || b === 'yes' ? 'yes' : a === 'unknown' || b === 'unknown' ? 'unknown' : 'no';

function sidOf(statement: Json | undefined): { sid?: string } {
  const sid = statement === undefined ? undefined : own(statement, 'Sid');
  return typeof sid === 'string' && sid !== '' ? { sid } : {};
}

const trustStatementOf = (role: WorldRole, { statement }: Admission): Decided => ({
  policy: `trust policy of ${role.name}`,
  statement,
  ...sidOf(readDocument(dataOf(role.trust)).statements[statement]),
});

/** The statements that allow a call, each by itself. */
function deciding({ layers, session }: Rights, { action, resource, values }: Call): readonly Decided[] {
  const request = {
    values: { ...session.values, ...values },
    lacks: (key: string) => (key === 's3:prefix' ? values[key] === undefined : session.lacks?.(key) === true),
  };
  return layers.flatMap(({ policies, guards }) =>
    // Those of the organization give nothing.
    (guards === undefined ? policies : []).flatMap(({ name, data }) => {
      const { statements, variables } = readDocument(data);
      return statements.flatMap((one, statement): Decided[] => {
        const alone = { Version: variables ? '2012-10-17' : '2008-10-17', Statement: [one] };
        return own(one, 'Effect') === 'Allow' && may([alone], action, resource, request) === 'yes'
          ? [{ policy: name, statement, ...sidOf(one) }]
          : [];
      });
    }),
  );
}
