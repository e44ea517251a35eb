/**
 * Who may what: every service account, every role, every prefix and key, from policies. Roles with equal policies are asked once,
 * and only about places that their policies can be about; a place that no policy names is answered by one that stands for all such.
 */
import { parseArn } from '../arn/arn.ts';
import { HOLE } from '../document/node.ts';
import {
  audienceFits,
  subjectFits,
  whoGetsIn,
  type Admitted,
  type AdmittedTokens,
  type WhoGetsIn,
} from '../policy/access.ts';
import { AUDIENCE, providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { and, may, own, readDocument, testsOf, textsOf, type Answer } from '../policy/evaluate.ts';
import { dataOf } from '../policy/json.ts';
import { judgeKeyPolicy, keyRequest, reachOf } from '../policy/key.ts';
import { BOUNDARY, sessionOf, UNREAD, type Session } from '../policy/rights.ts';
import { isWild, plain } from '../policy/values.ts';
import { isObject, type Json } from '../records.ts';
import {
  CALLS,
  DEEDS,
  entries,
  literally,
  reach,
  resourceField,
  rightsOf,
  type Below,
  type Call,
  type Deed,
  type Named,
  type Reached,
  type Rights,
} from './reach.ts';
import type { IsolationWorld, PolicyText, WorldBucket, WorldKey, WorldRole } from './world.ts';

/** A service account of a chosen cluster. */
export interface Subject {
  /** Index of its cluster. */
  readonly cluster: number;
  readonly namespace: string;
  readonly name: string;
  /** Index of its profile among {@link Isolation.profiles}: the namespace is a profile's. */
  readonly profile?: number;
}

/** A profile, with its place. */
export interface ProfileOf {
  readonly cluster: number;
  readonly name: string;
  readonly role?: string;
  /** Index among {@link Isolation.places}. */
  readonly place?: number;
  readonly why?: string;
}

/** How a subject comes into a role. */
export interface Admission {
  readonly role: number;
  readonly answer: 'yes' | 'unknown';
  /** Index of the deciding statement of the trust policy. */
  readonly statement: number;
  /** The audience of the token; absent: it needs none. */
  readonly audience?: string;
  /** On what it depends. */
  readonly depends: readonly string[];
  /** Another role, which it comes from; or EKS, by an association. */
  readonly via?: { readonly role: number } | 'pod-identity';
}

/** What may be done in a place: one bit for each deed of {@link DEEDS}. */
export interface Cell {
  readonly yes: number;
  /** Besides: what cannot be judged. */
  readonly unknown: number;
}

export interface JudgedRole {
  readonly role: WorldRole;
  readonly trust: WhoGetsIn;
  /** Indices of the profiles that name it. */
  readonly namedBy: readonly number[];
  /** Who is let in of the chosen clusters as sets that hold more than single accounts. */
  readonly sets: readonly { readonly cluster: number; readonly tokens: AdmittedTokens }[];
  /** Everybody else who is let in: other principals, tokens of other providers. */
  readonly others: readonly Admitted[];
  /** Indices of the chosen clusters whose accounts are let in. */
  readonly clusters: readonly number[];
}

/** Why a cell is as it is. */
export interface Because {
  readonly role: string;
  /** Roles on the way to it, the first one first. */
  readonly by: readonly string[];
  readonly answer: 'yes' | 'unknown';
  readonly statements: readonly Decided[];
  readonly request?: Request;
  readonly why?: string;
}

/** A statement that decides: of which policy, at which place, by which name. */
export interface Decided {
  readonly policy: string;
  readonly statement: number;
  readonly sid?: string;
}

/** The least that shows it: a token's claims, the role that is assumed with it, and one call. */
export interface Request {
  readonly token?: { readonly iss: string; readonly sub: string; readonly aud: string };
  readonly assume: readonly string[];
  readonly call: Call;
}

export interface Isolation {
  readonly world: IsolationWorld;
  readonly subjects: readonly Subject[];
  readonly profiles: readonly ProfileOf[];
  readonly places: readonly Below[];
  /** Indices of the profiles whose place each is. */
  readonly owners: readonly (readonly number[])[];
  readonly roles: readonly JudgedRole[];
  readonly keys: readonly WorldKey[];
  /** How a subject comes into roles. */
  readonly admissions: (subject: number) => readonly Admission[];
  /** What a subject may do in a place. */
  readonly cell: (subject: number, place: number) => Cell;
  /** What a subject may do in a place besides what lies below another one. */
  readonly beyond: (subject: number, place: number, but: Below) => Cell;
  /** What a role may do in a place. */
  readonly roleCell: (role: number, place: number) => Cell;
  /** Whether a subject may use a key through S3: to read, to write. */
  readonly keyCell: (subject: number, key: number) => { readonly read: Answer; readonly write: Answer };
  readonly because: (subject: number, place: number, deed: Deed) => Because | undefined;
  readonly becauseKey: (subject: number, key: number) => Because | undefined;
}

export const NOTHING: Cell = { yes: 0, unknown: 0 };
const ALL = (1 << DEEDS.length) - 1;

export const bit = (deed: Deed): number => 1 << DEEDS.indexOf(deed);
export const deedsOf = (bits: number): readonly Deed[] => DEEDS.filter((deed) => (bits & bit(deed)) !== 0);

const join = (a: Cell, b: Cell): Cell => {
  const yes = a.yes | b.yes;
  return { yes, unknown: (a.unknown | b.unknown) & ~yes };
};
const perhaps = ({ yes, unknown }: Cell): Cell => ({ yes: 0, unknown: yes | unknown });

// ------------------------------------------------------------------------------------------------------------------- places

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

/** What a pattern surely begins with. */
function beginning(pattern: string): string {
  const end = pattern.search(WILD);
  return plain(end < 0 ? pattern : pattern.slice(0, end));
}
const WILD = new RegExp(`[*?${HOLE}](?!\\})|\\$\\{(?![*?$]\\})`);

/** Text that no place and no policy has. */
const FRESH = 'w0w0w';

// -------------------------------------------------------------------------------------------------------------------- rights

const unread = (name: string, data: unknown): Named => ({ name, data });

/** A text that is no JSON allows nothing: IAM keeps none such. */
const namedOf = (policy: PolicyText, instead: unknown): Named =>
  'text' in policy ? { name: policy.name, data: dataOf(policy.text) } : unread(policy.name, instead);

/** The statements of a bucket's policy as they concern a role; `itself`: that its own permissions are not needed. */
function bucketStatements(
  policy: unknown,
  roleArn: string,
  account: string,
  isOwn: boolean,
): { readonly allows: readonly Json[]; readonly denies: readonly Json[]; readonly signature: string } {
  const { statements } = readDocument(policy);
  const [allows, denies, signature]: [Json[], Json[], string[]] = [[], [], []];
  const name = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  for (const statement of statements) {
    const reach = isSession(statement, account, name) ? 'unknown' : reachOf(statement, roleArn, account);
    signature.push(reach);
    if (reach === 'others') continue;
    // Whom it is about is not certain: as a condition that is not known.
    const one = reach === 'unknown' ? { ...statement, Condition: HOLE } : statement;
    if (own(statement, 'Effect') === 'Deny') denies.push(one);
    // Naming the account leaves it to the account's own policies (S3 User Guide, "Principals").
    else if (!(isOwn && reach === 'account')) allows.push(one);
  }
  return { allows, denies, signature: signature.join() };
}

/** Whether a statement names sessions of the role. */
const isSession = (statement: Json, account: string, role: string): boolean => {
  const element = own(statement, 'Principal') ?? own(statement, 'NotPrincipal');
  return (
    isObject(element) &&
    textsOf(own(element, 'AWS')).texts.some((text) => text.includes(`:sts::${account}:assumed-role/${role}/`))
  );
};

/** Roles that are judged alike. */
interface Group {
  readonly role: WorldRole;
  readonly account: string;
  readonly session: Session;
  readonly identity: readonly Named[];
  readonly boundary: readonly Named[];
  /** By what of a bucket makes a difference. */
  readonly rights: Map<string, Rights>;
  readonly generic: Map<string, Cell>;
  readonly keys: Map<number, { readonly read: Answer; readonly write: Answer }>;
}

/** Whether what a policy says depends on whose it is. */
const IS_PERSONAL = /\$\{|aws:principal|aws:userid/i;

function groupOf(role: WorldRole, groups: Map<string, Group>): Group {
  const texts = [...role.policies, ...(role.boundary === undefined ? [] : [role.boundary])].map((one) =>
    'text' in one ? one.text : one.unread,
  );
  const account = parseArn(role.arn)?.account ?? '';
  const isPersonal = texts.some((text) => IS_PERSONAL.test(text));
  const key = JSON.stringify([account, texts, role.boundary !== undefined, isPersonal ? [role.arn, role.tags] : []]);
  const known = groups.get(key);
  if (known !== undefined) return known;
  const made: Group = {
    role,
    account,
    session: sessionOf({ arn: role.arn, name: role.name, tags: role.tags, trustPolicy: '', inline: [], attached: [] }),
    identity: role.policies.map((policy) => namedOf(policy, UNREAD)),
    // What is not read of a boundary allows nothing by itself, and may keep anything from being allowed.
    boundary:
      role.boundary === undefined
        ? []
        : [namedOf(role.boundary, { ...UNREAD, Statement: [...EVERYTHING, ...BOUNDARY.Statement] })],
    rights: new Map(),
    generic: new Map(),
    keys: new Map(),
  };
  groups.set(key, made);
  return made;
}
const EVERYTHING = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

const policyDocument = (name: string, statements: readonly Json[], variables: boolean): Named => ({
  name,
  data: { Version: variables ? '2012-10-17' : '2008-10-17', Statement: statements },
});

/** The rights of a role in a bucket, and what of the bucket they rest on. */
function rightsIn(
  group: Group,
  role: WorldRole,
  name: string,
  bucket: WorldBucket | undefined,
): { rights: Rights; key: string; itself: boolean } {
  const { policy } = bucket ?? {};
  const isOwn = bucket?.account === undefined || bucket.account === group.account;
  const title = `policy of bucket ${name}`;
  const none = policy === undefined || policy.state === 'absent';
  const data = policy?.state === 'found' ? dataOf(policy.value) : undefined;
  const { allows, denies, signature } = bucketStatements(data, role.arn, group.account, isOwn);
  const key = none && isOwn ? '' : JSON.stringify([name, isOwn, signature]);
  const known = group.rights.get(key);
  const isUnread = policy?.state === 'denied' || policy?.state === 'failed';
  if (known !== undefined) return { rights: known, key, itself: isUnread || allows.length > 0 };
  const { variables } = readDocument(data);
  const boundary = group.boundary.length === 0 ? [] : [{ policies: group.boundary }];
  const its = isUnread
    ? [unread(title, UNREAD)]
    : none
      ? []
      : [policyDocument(title, isOwn ? [...allows, ...denies] : denies, variables)];
  const rights = rightsOf(
    [
      { policies: [...group.identity, ...its] },
      ...(isOwn ? [] : [{ policies: isUnread ? its : [policyDocument(title, [...allows, ...denies], variables)] }]),
      ...boundary,
    ],
    group.session,
  );
  group.rights.set(key, rights);
  return { rights, key, itself: isUnread || allows.length > 0 };
}

const ACTIONS = Object.values(CALLS).flat();

/** What entries of policies are about, as beginnings of places; undefined: of any place at all. */
function beginnings(rights: Rights): {
  readonly some: ReadonlySet<string>;
  readonly everywhere: boolean;
  readonly anywhere: boolean;
} {
  const some = new Set<string>();
  let [everywhere, anywhere] = [false, false];
  for (const action of ACTIONS)
    for (const { denies, patterns, not, statement } of entries(rights, action).flat()) {
      if (not && !denies) everywhere = true;
      for (const pattern of patterns) {
        const field = resourceField(pattern, rights.session.partition);
        if (field === undefined) continue;
        if (/^\*+$/.test(field)) {
          if (!denies && !not) everywhere = true;
          continue;
        }
        const start = beginning(field);
        const isBucket = !field.includes('/') && start === plain(field);
        const listed = isBucket && !denies ? listedPrefixes(statement) : undefined;
        if (listed !== undefined) for (const one of listed) some.add(`${start}/${one}`);
        else if (start === '') anywhere = true;
        else some.add(isBucket ? `${start}/` : start);
      }
      // A listing of any bucket, by its prefix.
      if (everywhere && (testsOf(statement) ?? []).some(({ key }) => key.toLowerCase() === 's3:prefix'))
        anywhere = true;
    }
  return { some, everywhere, anywhere };
}

/** What a statement about a bucket asks of the prefix of a listing, as beginnings; undefined: not by plain patterns. */
function listedPrefixes(statement: Json): readonly string[] | undefined {
  for (const { operator, key, values } of testsOf(statement) ?? []) {
    if (key.toLowerCase() !== 's3:prefix' || !/^(stringlike|stringequals)$/i.test(operator)) continue;
    const { texts, open } = textsOf(values);
    if (!open) return texts.map(beginning);
  }
  return undefined;
}

const cellOf = (rights: Rights, below: Below): Cell => {
  let [yes, unknown] = [0, 0];
  for (const deed of DEEDS) {
    const { answer } = reach(rights, deed, below);
    if (answer === 'yes') yes |= bit(deed);
    else if (answer === 'unknown') unknown |= bit(deed);
  }
  return { yes, unknown };
};

const packed = ({ yes, unknown }: Cell): number => yes | (unknown << DEEDS.length);
const unpacked = (bits: number): Cell => ({ yes: bits & ALL, unknown: bits >> DEEDS.length });

/** Whether policies allow something behind access points, which have policies of their own. */
function usesAccessPoints(rights: Rights): boolean {
  return ACTIONS.some((action) =>
    entries(rights, action)
      .flat()
      .some(
        ({ denies, patterns }) =>
          !denies &&
          patterns.some(
            (pattern) =>
              /^arn:[^:]*:s3:[^:]+:[^:]*:/.test(pattern) &&
              resourceField(pattern, rights.session.partition) === undefined,
          ),
      ),
  );
}

// ----------------------------------------------------------------------------------------------------------------- admission

interface Doors {
  readonly subjects: Subject[];
  readonly indexOf: Map<string, number>;
  readonly providers: readonly (string | undefined)[];
}

const keyOf = (cluster: number, sub: string): string => `${cluster} ${sub}`;
const SUB = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Subjects that a set names one by one; undefined where it has patterns. */
function single({ subjects }: AdmittedTokens): readonly string[] | undefined {
  const named = subjects.among.find((some) => !some.some(isWild));
  return named?.map(({ text }) => plain(text));
}

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
    for (const { name, role, place, why } of its) {
      const key = place === undefined ? '' : `${place.bucket}/${place.prefix}`;
      if (place !== undefined && !placeOf.has(key)) placeOf.set(key, places.push(place) - 1);
      const at = placeOf.get(key);
      profileOf.set(keyOf(cluster, name), profiles.length);
      profiles.push({
        cluster,
        name,
        ...(role === undefined ? {} : { role }),
        ...(at === undefined ? {} : { place: at }),
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
  const group = (role: number): Group => (groupOfRole[role] ??= groupOf(roles[role]?.role as WorldRole, groups));
  chain(roles, admissions, group);

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
    const points = usesAccessPoints(plainRights);
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
    if (points)
      for (const place of cells.keys()) {
        const cell = unpacked(cells[place] ?? 0);
        cells[place] = packed(join(cell, { yes: 0, unknown: bit('read') | bit('write') }));
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

/** Whether a role may use a key through S3, by the policies of both. */
function keyAnswer(its: Group, role: WorldRole, key: WorldKey, access: 'read-only' | 'prefix'): Answer {
  const actions = access === 'prefix' ? ['kms:GenerateDataKey'] : ['kms:Decrypt'];
  const request = keyRequest(key.arn, role.arn, its.account);
  const ask = (policies: readonly Named[], more: readonly unknown[] = []): Answer =>
    and(actions.map((action) => may([...policies.map(({ data }) => data), ...more], action, key.arn, request)));
  const boundary = its.boundary.length === 0 ? 'yes' : ask(its.boundary);
  const byRole = ask(its.identity);
  const notDenied = ask(its.identity, [{ Version: '2012-10-17', Statement: EVERYTHING }]);
  if (notDenied === 'no' || boundary === 'no') return 'no';
  if (key.policy.state !== 'found') return 'unknown';
  const verdict = judgeKeyPolicy(key.policy.value, key.arn, role.arn, access);
  if (verdict.answer === 'no') return 'no';
  const isOwn = parseArn(key.arn)?.account === its.account;
  const needed = verdict.by === 'itself' && isOwn ? notDenied : byRole;
  return and([verdict.answer, needed, boundary]);
}

/** Lets subjects in by a role's trust policy, as sets. */
function admit(
  index: number,
  trust: WhoGetsIn,
  world: IsolationWorld,
  { subjects, indexOf, providers }: Doors,
  admissions: Admission[][],
): Pick<JudgedRole, 'sets' | 'others' | 'clusters'> {
  const sets: { cluster: number; tokens: AdmittedTokens }[] = [];
  const others: Admitted[] = [];
  const letIn = new Set<number>();
  const put = (at: number, statement: number, depends: readonly string[], audience: string): void => {
    const its = admissions[at];
    const who = subjects[at];
    if (its === undefined || who === undefined) return;
    letIn.add(who.cluster);
    const answer = depends.length === 0 ? 'yes' : 'unknown';
    const known = its.findIndex(({ role }) => role === index);
    const made: Admission = { role: index, answer, statement, audience, depends };
    if (known < 0) its.push(made);
    else if (its[known]?.answer === 'unknown' && answer === 'yes') its[known] = made;
  };
  const audienceIn = (cluster: number, fits: (audience: string) => boolean): string | undefined => {
    const { audiences } = world.clusters[cluster] ?? {};
    const known = audiences?.state === 'found' ? audiences.value : [AUDIENCE];
    return [...known].sort((a, b) => Number(b === AUDIENCE) - Number(a === AUDIENCE)).find(fits);
  };
  if (trust.bounded)
    for (const [at, { cluster }] of subjects.entries())
      if (providers[cluster] !== undefined) put(at, 0, ['a trust policy that is larger than what is judged'], AUDIENCE);
  for (const one of trust.admitted) {
    if (!('subjects' in one)) {
      others.push(one);
      if (one.kind !== 'everybody') continue;
      for (const [at, { cluster }] of subjects.entries()) {
        const provider = providers[cluster];
        const audience = audienceIn(cluster, () => true);
        if (provider !== undefined && audience !== undefined && !trust.providers.includes(provider))
          put(at, one.statement, one.depends, audience);
      }
      continue;
    }
    // One issuer may be that of several sources of the same cluster.
    let isChosen = false;
    for (const [cluster, provider] of providers.entries()) {
      if (provider !== one.provider) continue;
      isChosen = true;
      const audience = audienceIn(cluster, (text) => audienceFits(one, text));
      if (audience === undefined) continue;
      const named = single(one);
      if (named === undefined) sets.push({ cluster, tokens: one });
      const some = named?.flatMap((sub) => indexOf.get(keyOf(cluster, sub)) ?? []) ?? subjects.keys();
      for (const at of some) {
        const who = subjects[at];
        if (who?.cluster === cluster && subjectFits(one, subject(who.namespace, who.name)))
          put(at, one.statement, one.depends, audience);
      }
    }
    if (!isChosen) others.push(one);
  }
  return { sets, others, clusters: [...letIn] };
}

/** Roles that EKS gives to pods: it, too, is let in by the trust policy. */
function associate(
  world: IsolationWorld,
  roles: readonly JudgedRole[],
  { indexOf }: Doors,
  admissions: Admission[][],
): void {
  const byArn = new Map(roles.map(({ role }, index) => [role.arn, index]));
  for (const [cluster, { podIdentities = [] }] of world.clusters.entries())
    for (const { namespace, name, roleArn } of podIdentities) {
      const role = byArn.get(roleArn);
      const at = indexOf.get(keyOf(cluster, subject(namespace, name)));
      if (role === undefined || at === undefined) continue;
      const door = roles[role]?.trust.admitted.find(
        (one) => one.kind === 'service' && 'principal' in one && one.principal === 'pods.eks.amazonaws.com',
      );
      if (door === undefined || admissions[at]?.some((one) => one.role === role && one.answer === 'yes') === true)
        continue;
      const answer = door.depends.length === 0 ? 'yes' : 'unknown';
      admissions[at]?.push({ role, answer, statement: door.statement, depends: door.depends, via: 'pod-identity' });
    }
}

const ASSUME = 'sts:AssumeRole';

/** Roles that are assumed with the credentials of another one. */
function chain(roles: readonly JudgedRole[], admissions: Admission[][], group: (role: number) => Group): void {
  const doors = roles.flatMap(({ role, trust }, to) =>
    trust.admitted.flatMap((one) =>
      'principal' in one && one.kind === 'aws'
        ? [{ to, arn: role.arn, principal: one.principal, statement: one.statement, depends: one.depends }]
        : [],
    ),
  );
  if (doors.length === 0) return;
  const named = new Map<string, (typeof doors)[number][]>();
  for (const door of doors) {
    const account = /^\d{12}$/.test(door.principal)
      ? door.principal
      : /^arn:[^:]*:iam::(\d{12}):root$/.exec(door.principal)?.[1];
    const key = account ?? door.principal;
    named.set(key, [...(named.get(key) ?? []), door]);
  }
  const asks = new Map<Group, boolean>();
  const onward = new Map<
    number,
    readonly { readonly to: number; readonly answer: 'yes' | 'unknown'; readonly door: (typeof doors)[number] }[]
  >();
  const next = (from: number) => {
    const known = onward.get(from);
    if (known !== undefined) return known;
    const its = group(from);
    const { role } = roles[from] as JudgedRole;
    const policies = [...its.identity, ...its.boundary].map(({ data }) => data);
    const mayAsk = asks.get(its) ?? JSON.stringify(its.identity).match(/sts|\*/i) !== null;
    asks.set(its, mayAsk);
    const made = [
      ...(named.get(role.arn) ?? []),
      ...(mayAsk ? [...(named.get(its.account) ?? []), ...(named.get('*') ?? [])] : []),
    ].flatMap((door) => {
      if (door.to === from) return [];
      const isNamed = door.principal === role.arn && parseArn(door.arn)?.account === its.account;
      const allowed = may(isNamed ? [...policies, { Statement: EVERYTHING }] : policies, ASSUME, door.arn, its.session);
      const answer = and([allowed, door.depends.length === 0 ? 'yes' : 'unknown']);
      return answer === 'no' ? [] : [{ to: door.to, answer, door } as const];
    });
    onward.set(from, made);
    return made;
  };
  for (const its of admissions) {
    const waiting = [...its];
    for (let from = waiting.shift(); from !== undefined; from = waiting.shift())
      for (const { to, answer, door } of next(from.role)) {
        if (its.some(({ role, answer: before }) => role === to && (before === 'yes' || answer === 'unknown'))) continue;
        const sure = answer === 'yes' && from.answer === 'yes';
        const known = its.findIndex(({ role }) => role === to);
        if (known >= 0 && !sure) continue;
        const made: Admission = {
          role: to,
          answer: sure ? 'yes' : 'unknown',
          statement: door.statement,
          depends: [
            ...from.depends,
            ...door.depends,
            ...(answer === 'unknown' && door.depends.length === 0 ? [`whether it may ${ASSUME}`] : []),
          ],
          via: { role: from.role },
        };
        if (known >= 0) its[known] = made;
        else its.push(made);
        waiting.push(made);
      }
  }
}

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
  return layers.flatMap(({ policies }) =>
    policies.flatMap(({ name, data }) => {
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
