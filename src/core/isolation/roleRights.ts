/** What a role may do below a prefix and with a key, from all of its policies and those of bucket and key. Roles with equal policies are one group. */
import { parseArn, parseArnPattern } from '../arn/arn.ts';
import { patternMatches, patternsOverlap } from '../arn/pattern.ts';
import { HOLE } from '../document/node.ts';
import { and, type Answer } from '../policy/answer.ts';
import { may } from '../policy/evaluate.ts';
import { own, readDocument, textsOf } from '../policy/statements.ts';
import { testsOf } from '../policy/condition.ts';
import { dataOf } from '../policy/json.ts';
import { judgeKeyPolicy, keyRequest, reachOf } from '../policy/key.ts';
import { guardsOf, levelsOf, organizationKeys, type GuardKind } from '../policy/organization.ts';
import { BOUNDARY, sessionOf, UNREAD, type Session } from '../policy/rights.ts';
import { plain } from '../policy/values.ts';
import { isObject, type Json } from '../records.ts';
import { ALL, bit, type Cell } from './matrix.ts';
import {
  CALLS,
  DEEDS,
  entries,
  literally,
  reach,
  resourceField,
  rightsOf,
  type Below,
  type Deed,
  type Layer,
  type Named,
  type Rights,
} from './reach.ts';
import type { IsolationWorld, PolicyText, WorldBucket, WorldKey, WorldRole } from './world.ts';

/** What a pattern surely begins with. */
function beginning(pattern: string): string {
  const end = pattern.search(WILD);
  return plain(end < 0 ? pattern : pattern.slice(0, end));
}
const WILD = new RegExp(`[*?${HOLE}](?!\\})|\\$\\{(?![*?$]\\})`);

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
export interface Group {
  readonly role: WorldRole;
  readonly account: string;
  readonly session: Session;
  readonly identity: readonly Named[];
  readonly boundary: readonly Named[];
  /** What stands over the account: over who calls from it, and over what is its own. */
  readonly guards: Readonly<Record<GuardKind, readonly Layer[]>>;
  /** Whether what it may depends on where a bucket is, or whose. */
  readonly placed: boolean;
  /** By what of a bucket makes a difference. */
  readonly rights: Map<string, Rights>;
  readonly generic: Map<string, Cell>;
  readonly keys: Map<number, { readonly read: Answer; readonly write: Answer }>;
}

/** Whether what a policy says depends on whose it is. */
const IS_PERSONAL = /\$\{|aws:principal(?!org)|aws:userid/i;
/** Whether a policy of a bucket or a key asks whose the role is that comes: then no two are judged alike. */
export const asksWho = ({ buckets, keys }: IsolationWorld): boolean =>
  [...buckets.values(), ...keys.values()].some(
    ({ policy }) => policy.state === 'found' && IS_PERSONAL.test(policy.value),
  );
/** Whether it depends on the bucket that is asked for. */
const IS_PLACED = /aws:requestedregion|aws:resource|s3:resourceaccount/i;

/** What stands over an account, as layers. */
export const guardLayers = (
  organizations: IsolationWorld['organizations'],
  account: string,
  kind: GuardKind,
): readonly Layer[] =>
  guardsOf(levelsOf(organizations?.get(account)), kind).map((guards) => ({ policies: guards.policies, guards }));

export function groupOf(
  role: WorldRole,
  groups: Map<string, Group>,
  organizations: IsolationWorld['organizations'],
  isAsked: boolean,
): Group {
  const texts = [...role.policies, ...(role.boundary === undefined ? [] : [role.boundary])].map((one) =>
    'text' in one ? one.text : one.unread,
  );
  const account = parseArn(role.arn)?.account ?? '';
  const guards = {
    service: guardLayers(organizations, account, 'service'),
    resource: guardLayers(organizations, account, 'resource'),
  };
  const above = [...guards.service, ...guards.resource].flatMap(({ guards: its }) =>
    (its?.policies ?? []).map(({ text = '' }) => text),
  );
  const whose = isAsked || [...texts, ...above].some((text) => IS_PERSONAL.test(text)) ? [role.arn, role.tags] : [];
  const key = JSON.stringify([account, texts, role.boundary !== undefined, whose]);
  const known = groups.get(key);
  if (known !== undefined) return known;
  const made: Group = {
    role,
    account,
    session: inOrganization(
      sessionOf({ arn: role.arn, name: role.name, tags: role.tags, trustPolicy: '', inline: [], attached: [] }),
      organizations?.get(account),
    ),
    guards,
    placed: [...texts, ...above].some((text) => IS_PLACED.test(text)),
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

/** A session with what is known of the organization of its account. */
function inOrganization(session: Session, organization: Parameters<typeof organizationKeys>[0]): Session {
  const { values, lacks } = organizationKeys(organization);
  return {
    ...session,
    values: { ...session.values, ...values },
    lacks: (key) => lacks(key) || session.lacks?.(key) === true,
  };
}

/** What requests for a bucket hold, as far as the bucket tells: they succeed only where it is (S3 User Guide, "Redirects"). */
export const bucketValues = ({ region, account = '' }: Pick<WorldBucket, 'region' | 'account'>): Session['values'] => ({
  ...(region === undefined ? {} : { 'aws:RequestedRegion': region }),
  ...(/^\d{12}$/.test(account) ? { 'aws:ResourceAccount': account, 's3:ResourceAccount': account } : {}),
});

export const EVERYTHING = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

export const policyDocument = (name: string, statements: readonly Json[], variables: boolean): Named => ({
  name,
  data: { Version: variables ? '2012-10-17' : '2008-10-17', Statement: statements },
});

/** The rights of a role in a bucket, and what of the bucket they rest on. */
export function rightsIn(
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
  const key = none && isOwn && !group.placed ? '' : JSON.stringify([name, isOwn, signature]);
  const known = group.rights.get(key);
  const isUnread = policy?.state === 'denied' || policy?.state === 'failed';
  if (known !== undefined) return { rights: known, key, itself: isUnread || allows.length > 0 };
  const { variables } = readDocument(data);
  const boundary = group.boundary.length === 0 ? [] : [{ policies: group.boundary }];
  const its = isUnread
    ? [unread(title, UNREAD)]
    : none
      ? []
      : [policyDocument(title, [...allows, ...denies], variables)];
  const rights = rightsOf(
    [
      // Who is of another account needs both (IAM User Guide, "Cross-account policy evaluation").
      ...(isOwn ? [{ policies: [...group.identity, ...its] }] : [{ policies: group.identity }, { policies: its }]),
      ...boundary,
      ...group.guards.service,
      ...(isOwn ? group.guards.resource : []),
    ],
    key === '' || bucket === undefined
      ? group.session
      : { ...group.session, values: { ...group.session.values, ...bucketValues(bucket) } },
  );
  group.rights.set(key, rights);
  return { rights, key, itself: isUnread || allows.length > 0 };
}

const ACTIONS = Object.values(CALLS).flat();

/** What entries of policies are about, as beginnings of places; undefined: of any place at all. */
export function beginnings(rights: Rights): {
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
        const listed = isBucket ? listedPrefixes(statement) : undefined;
        if (listed !== undefined) for (const one of listed) some.add(`${start}/${one}`);
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

export const cellOf = (rights: Rights, below: Below): Cell => {
  let [yes, unknown] = [0, 0];
  for (const deed of DEEDS) {
    const { answer } = reach(rights, deed, below);
    if (answer === 'yes') yes |= bit(deed);
    else if (answer === 'unknown') unknown |= bit(deed);
  }
  return { yes, unknown };
};

export const packed = ({ yes, unknown }: Cell): number => yes | (unknown << DEEDS.length);
export const unpacked = (bits: number): Cell => ({ yes: bits & ALL, unknown: bits >> DEEDS.length });

/** What policies allow behind access points, which have policies of their own. */
export interface BehindPoints {
  readonly deed: Deed;
  /** Regions and resources of access points, as patterns. */
  readonly region: string;
  readonly resource: string;
}

/** All of it; what is about all of S3 is judged by the buckets. */
export function behindPoints(rights: Rights): readonly BehindPoints[] {
  const { partition } = rights.session;
  return DEEDS.flatMap((deed) =>
    CALLS[deed]
      .flatMap((action) => (deed === 'control' ? [] : entries(rights, action).flat()))
      .flatMap(({ denies, not, patterns }) => (denies || not ? [] : patterns))
      .flatMap((pattern): BehindPoints[] => {
        const arn = parseArnPattern(pattern);
        if (arn === undefined || /^\*+$/.test(resourceField(pattern, partition) ?? '')) return [];
        const isPoint =
          arn.account !== '' && patternMatches(arn.service, 's3') && patternsOverlap(arn.resource, 'accesspoint/?*');
        return isPoint ? [{ deed, region: arn.region, resource: arn.resource }] : [];
      }),
  );
}

const NAMED_POINT = /^accesspoint\/[^*?$/]+\/object\/(?<key>[^]*)$/;

/** What may so be done below a prefix, as bits: an access point lies in the region of its bucket, or is one of many regions. */
export function throughPoints(points: readonly BehindPoints[], { prefix }: Below, region: string | undefined): number {
  const below = `${literally(prefix)}*`;
  // Where the name is no pattern, what follows is the key; a pattern may go on into it.
  const overlaps = (resource: string): boolean => {
    const key = NAMED_POINT.exec(resource)?.groups?.['key'];
    return key === undefined
      ? patternsOverlap(resource, `accesspoint/?*/object/${below}`)
      : patternsOverlap(key, below);
  };
  const reaches = ({ deed, region: where, resource }: BehindPoints): boolean =>
    (where === '' || region === undefined || patternMatches(where, region)) && (deed === 'list' || overlaps(resource));
  return points.reduce((bits, one) => (reaches(one) ? bits | bit(one.deed) : bits), 0);
}

/** Whether a role may use a key through S3, by the policies of both, and by those that stand over them. */
export function keyAnswer(its: Group, role: WorldRole, key: WorldKey, access: 'read-only' | 'prefix'): Answer {
  const actions = access === 'prefix' ? ['kms:GenerateDataKey'] : ['kms:Decrypt'];
  const asked = keyRequest(key.arn, role.arn, its.account);
  const { account, region = '' } = parseArn(key.arn) ?? {};
  const request = {
    values: { ...its.session.values, ...asked.values, 'aws:RequestedRegion': region },
    lacks: (name: string) =>
      asked.lacks?.(name) === true || (/^aws:principalorg/.test(name) && its.session.lacks?.(name) === true),
  };
  const ask = (policies: readonly Named[], more: readonly unknown[] = []): Answer =>
    and(actions.map((action) => may([...policies.map(({ data }) => data), ...more], action, key.arn, request)));
  const boundary = its.boundary.length === 0 ? 'yes' : ask(its.boundary);
  const byRole = ask(its.identity);
  const notDenied = ask(its.identity, [{ Version: '2012-10-17', Statement: EVERYTHING }]);
  const isOwn = account === its.account;
  const above = and(
    [...its.guards.service, ...(isOwn ? its.guards.resource : [])].map(({ policies }) => ask(policies)),
  );
  if (notDenied === 'no' || boundary === 'no' || above === 'no') return 'no';
  if (key.policy.state !== 'found') return 'unknown';
  const verdict = judgeKeyPolicy(key.policy.value, key.arn, role.arn, access);
  const needed = verdict.by === 'itself' && isOwn ? notDenied : byRole;
  return and([verdict.answer, needed, boundary, above]);
}
