import { issuerOf } from './build.ts';
import { isObject, type Json } from '../records.ts';
import { type Arn, parseArnPattern } from '../arn/arn.ts';
import { patternMatches } from '../arn/pattern.ts';
import { HOLE } from '../document/node.ts';
import { list } from './json.ts';
import { comparison, type Comparison } from './operators.ts';

/**
 * What IAM would decide about one request, from the text of one policy alone: no boundary, no other policy, no session. Policies
 * are parsed JSON of unknown shape; what is not a policy decides nothing. Source: IAM User Guide, "Policy evaluation logic",
 * "Condition operators", "Policy variables".
 */

/** `unknown`: it depends on what cannot be known here, such as the address that a request comes from. Never to be told as no. */
export type Answer = 'yes' | 'no' | 'unknown';

/** The values that a request has for condition keys; keys in any case. A key that is not here is not in the request. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** A token of an OIDC provider, such as that of a Kubernetes service account, at the door of a role. */
export interface WebIdentity {
  /** ARN of the OIDC provider in IAM. */
  readonly provider: string;
  readonly sub: string;
  readonly aud: string;
}

/** What is known of a condition key in a request. */
export type Fact =
  | { readonly state: 'is'; readonly values: readonly string[] }
  | { readonly state: 'absent' }
  /** It is there, with a text of at least `least` characters. */
  | { readonly state: 'some'; readonly least: number }
  /** It is there, with a time in this span (milliseconds since 1970). */
  | { readonly state: 'between'; readonly from: number; readonly to: number }
  /** Nothing is known, not even whether it is there. */
  | { readonly state: 'unknown' };

/** What is known of every condition key of a request, by its name in lower case. */
export type Facts = (key: string) => Fact;

/** An own element of a statement: `__proto__` and its like are keys as any other. */
export const own = (object: Json, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

export interface Document {
  readonly statements: readonly Json[];
  /** Whether `${…}` is a variable: Version 2012-10-17. */
  readonly variables: boolean;
}

/** A statement with what is known of its document. */
type Read = Pick<Document, 'variables'> & { readonly statement: Json };

const ANY_STATEMENT: Json = { Effect: HOLE, Action: HOLE, Resource: HOLE, Principal: HOLE };

export function readDocument(policy: unknown): Document {
  if (!isObject(policy)) return { statements: [], variables: false };
  return {
    // A statement that a tool fills in later may be any.
    statements: list(own(policy, 'Statement')).flatMap((one) =>
      isObject(one) ? [one] : typeof one === 'string' && one.includes(HOLE) ? [ANY_STATEMENT] : [],
    ),
    variables: own(policy, 'Version') === '2012-10-17',
  };
}

/** All must hold. */
export function and(answers: Iterable<Answer>): Answer {
  let result: Answer = 'yes';
  for (const answer of answers) {
    if (answer === 'no') return 'no';
    if (answer === 'unknown') result = 'unknown';
  }
  return result;
}

/** One must hold. */
function or(answers: Iterable<Answer>): Answer {
  let result: Answer = 'no';
  for (const answer of answers) {
    if (answer === 'yes') return 'yes';
    if (answer === 'unknown') result = 'unknown';
  }
  return result;
}

/** Both must hold; the second is asked only where that matters. */
const then = (first: Answer, second: () => Answer): Answer => (first === 'no' ? 'no' : and([first, second()]));

const not = (answer: Answer): Answer => (answer === 'unknown' ? answer : answer === 'yes' ? 'no' : 'yes');
const answerOf = (holds: boolean): Answer => (holds ? 'yes' : 'no');

export const WEB_IDENTITY = 'sts:AssumeRoleWithWebIdentity';

/** Whether the trust policy lets this token assume the role by `sts:AssumeRoleWithWebIdentity`. */
export function mayAssume(trust: unknown, { provider, sub, aud }: WebIdentity): Answer {
  const { statements, variables } = readDocument(trust);
  const facts = tokenFacts(provider, sub, aud);
  const reads = statements.map((statement) => ({ statement, variables }));
  return decide(reads, ({ statement }) =>
    then(actionApplies(statement, WEB_IDENTITY), () =>
      then(principalApplies(statement, provider), () => conditionHolds(statement, facts, variables)),
    ),
  );
}

/** What is known of a request. */
export interface KnownRequest {
  /** The values of condition keys, in any case. */
  readonly values: RequestContext;
  /** Whether a key (in lower case) is surely not in the request. Of any other key without a value nothing is known. */
  readonly lacks?: (key: string) => boolean;
}

/**
 * What policies decide together about one request: a deny in one of them wins over all. A part of a policy that is not known
 * (a HOLE), a key of which nothing is known and an operator that is not judged make the answer `unknown`, unless it does not
 * depend on them. Source: IAM User Guide, "Policy evaluation logic".
 *
 * @param action such as `s3:GetObject`
 * @param resource ARN, or `*` for an action that is about no resource
 */
export const may = (policies: readonly unknown[], action: string, resource: string, known: KnownRequest): Answer =>
  mayBy(policies, action, resource, knownFacts(known));

/** The same, where what is known of the request is not a list of values. */
export function mayBy(policies: readonly unknown[], action: string, resource: string, facts: Facts): Answer {
  const reads = policies.flatMap((policy) => {
    const { statements, variables } = readDocument(policy);
    return statements.map((statement) => ({ statement, variables }));
  });
  return decide(reads, ({ statement, variables }) =>
    then(actionApplies(statement, action), () =>
      then(resourceApplies(statement, resource, facts, variables), () => conditionHolds(statement, facts, variables)),
    ),
  );
}

/** Whether a permission policy surely allows the action on the resource, in a request that is known as a whole. */
export const allows = (policy: unknown, action: string, resource: string, context: RequestContext = {}): boolean =>
  may([policy], action, resource, { values: context, lacks: () => true }) === 'yes';

/** An explicit deny wins; without an allow the answer is no. `applies`: whether a statement is about the request. */
function decide(reads: readonly Read[], applies: (read: Read) => Answer): Answer {
  let [allowed, denied]: [Answer, Answer] = ['no', 'no'];
  for (const read of reads) {
    const effect = own(read.statement, 'Effect');
    // What is filled in later may be either.
    if (typeof effect === 'string' && effect.includes(HOLE)) {
      const answer = and([applies(read), 'unknown']);
      [allowed, denied] = [or([allowed, answer]), or([denied, answer])];
    } else if (effect === 'Deny') denied = or([denied, applies(read)]);
    else if (effect === 'Allow' && allowed !== 'yes') allowed = or([allowed, applies(read)]);
    if (denied === 'yes') return 'no';
  }
  return and([allowed, not(denied)]);
}

/** Facts from what is known of a request. */
export function knownFacts({ values, lacks }: KnownRequest): Facts {
  // Most statements ask for none.
  let known: ReadonlyMap<string, readonly string[]> | undefined;
  return (key) => {
    known ??= new Map(
      Object.entries(values).map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? [value] : value]),
    );
    const found = known.get(key);
    if (found !== undefined) return { state: 'is', values: found };
    return lacks?.(key) === true && !key.includes(HOLE) ? ABSENT : UNKNOWN;
  };
}

/** "Now", whenever it is: nobody asks for a role before this was written, or half a century later. */
const NOW: Fact = { state: 'between', from: Date.UTC(2026, 0, 1), to: Date.UTC(2076, 0, 1) };
const ABSENT: Fact = { state: 'absent' };
const UNKNOWN: Fact = { state: 'unknown' };

/**
 * What every request for a role has (STS API Reference; IAM User Guide, "AWS global condition context keys"). STS takes only
 * TLS; a session's name is needed and has 2 to 64 characters.
 */
const COMMON: Readonly<Record<string, Fact>> = {
  'aws:securetransport': { state: 'is', values: ['true'] },
  'aws:currenttime': NOW,
  'aws:epochtime': NOW,
  'sts:rolesessionname': { state: 'some', least: 2 },
};

/** Not in a request with a token, which nobody signs and which has no such parameter. */
const NEVER_WITH_TOKEN = new Set(['aws:username', 'sts:externalid']);

/** Hosts of EKS's issuers. Their tokens have no claims that are condition keys but `sub` and `aud`. */
export const EKS_ISSUER = /^(oidc\.eks|oidc-eks)\.[a-z0-9-]+\./i;

/** Keys of a namespace that STS has: those of other services and of other issuers are in no request for a role. */
const isShared = (key: string): boolean => key.startsWith('aws:') || key.startsWith('sts:');

/** Facts of a request with a token. */
export function tokenFacts(provider: string, sub: string, aud: string): Facts {
  const issuer = issuerOf(provider).toLowerCase();
  return (key) => {
    if (key === `${issuer}:sub`) return { state: 'is', values: [sub] };
    if (key === `${issuer}:aud`) return { state: 'is', values: [aud] };
    if (Object.hasOwn(COMMON, key)) return COMMON[key] ?? UNKNOWN;
    if (NEVER_WITH_TOKEN.has(key)) return ABSENT;
    // Where the provider or the key is not known yet, the key may be one of the provider's.
    if (key.includes(HOLE) || issuer.includes(HOLE)) return UNKNOWN;
    if (key.startsWith(`${issuer}:`)) return EKS_ISSUER.test(issuer) ? ABSENT : UNKNOWN;
    return isShared(key) ? UNKNOWN : ABSENT;
  };
}

/** Facts of a request of which only its kind is known: by a token of some provider, or with other credentials. */
export const otherFacts =
  (token: boolean): Facts =>
  (key) => {
    if (Object.hasOwn(COMMON, key)) return COMMON[key] ?? UNKNOWN;
    if (token) return NEVER_WITH_TOKEN.has(key) ? ABSENT : UNKNOWN;
    return isShared(key) || key.startsWith('saml:') || key.includes(HOLE) ? UNKNOWN : ABSENT;
  };

/** The strings of an element; `open`: there are values that a tool makes into text later. */
export function textsOf(value: unknown): { readonly texts: readonly string[]; readonly open: boolean } {
  const items = list(value);
  return {
    texts: items.filter((item): item is string => typeof item === 'string'),
    open: items.some((item) => typeof item === 'object' && item !== null),
  };
}

/** Whether one of the texts of an element fits; a text with a hole, and what a tool makes into text later, may fit only. */
function someFits(value: unknown, fits: (text: string) => Answer): Answer {
  let result: Answer = 'no';
  for (const item of list(value)) {
    const answer = typeof item === 'string' ? fits(item) : typeof item === 'object' && item !== null ? 'unknown' : 'no';
    if (answer === 'yes' && !String(item).includes(HOLE)) return 'yes';
    if (answer !== 'no') result = 'unknown';
  }
  return result;
}

export function actionApplies(statement: Json, action: string): Answer {
  const [actions, others] = [own(statement, 'Action'), own(statement, 'NotAction')];
  const wanted = action.toLowerCase();
  const named = (value: unknown): Answer =>
    someFits(value, (pattern) => answerOf(patternMatches(pattern.toLowerCase(), wanted, false)));
  if (actions !== undefined) return named(actions);
  return others === undefined ? 'no' : not(named(others));
}

/**
 * Whether a Principal has a form that IAM takes in a trust policy, as a reason why not. Source: IAM User Guide, "Principal";
 * CreateRole answers `Invalid principal in policy: "STAR":"*"` and the like.
 */
export function refusedPrincipal(principal: unknown): string | undefined {
  if (principal === '*') return 'Principal "*" is no principal that a trust policy can have';
  if (!isObject(principal)) return 'a Principal is an object: Federated, AWS or Service and who is meant';
  const kinds = Object.entries(principal);
  if (kinds.length === 0) return 'its Principal is empty';
  for (const [kind, value] of kinds) {
    if (kind.includes(HOLE)) continue;
    if (!['AWS', 'Federated', 'Service', 'CanonicalUser'].includes(kind)) return `${kind} is no kind of principal`;
    const { texts, open } = textsOf(value);
    if (texts.length === 0 && !open) return `its Principal names nobody under ${kind}`;
    const wild = texts.find((text) => /[*?]/.test(text) && !(kind === 'AWS' && text === '*'));
    if (wild !== undefined) return `${kind} cannot be a pattern`;
  }
  return undefined;
}

const OPEN = new RegExp(`[*?${HOLE}]`);

/** Whether a statement is about tokens of a provider. */
export function principalApplies(statement: Json, provider: string): Answer {
  const [principal, others] = [own(statement, 'Principal'), own(statement, 'NotPrincipal')];
  const denies = own(statement, 'Effect') === 'Deny';
  const element = principal ?? others;
  if (element === undefined) return 'no';
  // As most are: the provider by itself.
  if (
    isObject(principal) &&
    principal['Federated'] === provider &&
    Object.keys(principal).length === 1 &&
    !OPEN.test(provider)
  )
    return 'yes';
  // A provider whose ARN is not known yet is the one of which that text speaks.
  const federated = (value: unknown): Answer =>
    isObject(value)
      ? or(
          textsOf(own(value, 'Federated')).texts.map((text): Answer => {
            if (text === provider || text === '*') return 'yes';
            const mayBe = (one: string, other: string): boolean =>
              one.includes(HOLE) && patternMatches(one, other, false);
            return mayBe(text, provider) || mayBe(provider, text) ? 'unknown' : 'no';
          }),
        )
      : 'no';
  // A wildcard principal is everybody, also who calls without credentials of AWS (IAM User Guide, "Principal").
  const everybody = (value: unknown): boolean =>
    value === '*' || (isObject(value) && textsOf(own(value, 'AWS')).texts.includes('*'));
  if (refusedPrincipal(element) !== undefined && !everybody(element) && federated(element) === 'no') {
    return denies ? 'unknown' : 'no';
  }
  if (principal === undefined) return everybody(others) ? 'no' : not(federated(others));
  if (everybody(principal)) {
    if (denies) return 'yes';
    // That {"AWS": "*"} also lets tokens in is not said anywhere.
    if (principal !== '*') return or([federated(principal), 'unknown']);
  }
  return !denies && refusedPrincipal(principal) !== undefined ? 'no' : federated(principal);
}

function resourceApplies(statement: Json, resource: string, facts: Facts, variables: boolean): Answer {
  const [resources, others] = [own(statement, 'Resource'), own(statement, 'NotResource')];
  const arn = parseArnPattern(resource);
  const named = (value: unknown): Answer =>
    someFits(value, (pattern) => {
      if (EARLY_VARIABLE.test(pattern)) return 'no';
      const resolved = resolve(pattern, facts, variables);
      if (resolved === undefined || resolved === 'unknown') return resolved ?? 'no';
      return answerOf(arnMatches(resolved.text, resource, arn, variables));
    });
  if (resources !== undefined) return named(resources);
  return others === undefined ? 'no' : not(named(others));
}

/** IAM takes variables only in the last part of an ARN, behind the fifth colon (IAM User Guide, "Policy variables"). */
const EARLY_VARIABLE = /^arn:(?:[^:]*:){0,3}[^:]*\$\{(?![*?$]\})/;

const ARN_FIELDS = ['partition', 'service', 'region', 'account', 'resource'] as const;

/** Field by field: a wildcard does not reach over a colon before the resource. */
function arnMatches(pattern: string, resource: string, given: Arn | undefined, variables: boolean): boolean {
  if (/^\*+$/.test(pattern)) return true;
  const wanted = parseArnPattern(pattern);
  if (wanted === undefined || given === undefined) return patternMatches(pattern, resource, variables);
  return ARN_FIELDS.every((field) => patternMatches(wanted[field], given[field], variables));
}

/** One test of a `Condition`. */
export interface ConditionTest {
  readonly operator: string;
  readonly key: string;
  readonly values: unknown;
}

/** The tests of a statement; undefined where its Condition has no form that can be read. */
export function testsOf(statement: Json): readonly ConditionTest[] | undefined {
  const condition = own(statement, 'Condition');
  if (condition === undefined) return [];
  if (!isObject(condition)) return undefined;
  const result: ConditionTest[] = [];
  for (const [operator, block] of Object.entries(condition)) {
    if (!isObject(block)) return undefined;
    for (const [key, values] of Object.entries(block)) result.push({ operator, key, values });
  }
  return result;
}

/** All tests hold: each operator, each key. */
export function conditionHolds(statement: Json, facts: Facts, variables: boolean): Answer {
  const tests = testsOf(statement);
  return tests === undefined ? 'unknown' : and(tests.map((test) => testHolds(test, facts, variables)));
}

/** An operator without what stands around it. */
export interface Operator {
  readonly base: string;
  readonly set: 'forallvalues' | 'foranyvalue' | undefined;
  readonly ifExists: boolean;
}

export function readOperator(text: string): Operator {
  const name = text.toLowerCase();
  const set = name.startsWith('forallvalues:')
    ? 'forallvalues'
    : name.startsWith('foranyvalue:')
      ? 'foranyvalue'
      : undefined;
  const rest = set === undefined ? name : name.slice(set.length + 1);
  const ifExists = rest.endsWith('ifexists');
  return { base: ifExists ? rest.slice(0, -'ifexists'.length) : rest, set, ifExists };
}

/** Operators whose values may be variables (IAM User Guide, "Where you can use policy variables"): for others `${…}` is plain text. */
const TAKES_VARIABLES = /^(?:string|arn)/;

/** Whether one test holds. */
export function testHolds(test: ConditionTest, facts: Facts, variables: boolean): Answer {
  const operator = readOperator(test.operator);
  const key = test.key.toLowerCase();
  const fact = facts(key);
  if (operator.base === 'null') return nullHolds(operator, test.values, fact);
  const compare = comparison(operator.base);
  if (compare === undefined) return 'unknown';
  const isVariable = variables && TAKES_VARIABLES.test(operator.base);
  switch (fact.state) {
    case 'absent':
      return absentHolds(operator, compare);
    case 'is':
      return valuesHold(operator, compare, test.values, fact.values, facts, isVariable);
    case 'some':
    case 'between':
      return oneOfHolds(compare, test.values, fact, facts, isVariable);
    case 'unknown': {
      const [absent, there] = [
        absentHolds(operator, compare),
        oneOfHolds(compare, test.values, { state: 'some', least: 0 }, facts, isVariable),
      ];
      return absent === there ? absent : 'unknown';
    }
  }
}

/** An empty list is no value (IAM User Guide, "Null condition operator"). */
function nullHolds({ set, ifExists }: Operator, values: unknown, fact: Fact): Answer {
  if (set !== undefined || ifExists) return 'unknown';
  const wants = list(values).map((value) => String(value).toLowerCase());
  const open = list(values).some(
    (value) => (typeof value === 'object' && value !== null) || (typeof value === 'string' && value.includes(HOLE)),
  );
  const [absent, there] = [wants.includes('true'), wants.includes('false')];
  if (absent && there) return 'yes';
  if (open || (fact.state === 'unknown' && (absent || there))) return 'unknown';
  const isAbsent = fact.state === 'absent' || (fact.state === 'is' && fact.values.length === 0);
  return answerOf(isAbsent ? absent : there);
}

/** A negated operator holds also for a key that is not in the request. */
const absentHolds = ({ set, ifExists }: Operator, { negated }: Comparison): Answer =>
  answerOf(set === 'forallvalues' || ifExists || (negated && set !== 'foranyvalue'));

/** What a value of a condition is compared with: its texts with variables filled in, and whether there are others. */
export function wantedTexts(
  values: unknown,
  facts: Facts,
  variables: boolean,
): { readonly texts: readonly string[]; readonly open: boolean } {
  let open = false;
  const texts: string[] = [];
  for (const value of list(values)) {
    if (typeof value === 'object' && value !== null) open = true;
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      const resolved = resolve(String(value), facts, variables);
      if (resolved === 'unknown') open = true;
      else if (resolved !== undefined) texts.push(resolved.text);
    }
  }
  return { texts, open };
}

/** Whether the test holds for values that are known. A text with a hole may fit or not. */
function valuesHold(
  { set, ifExists }: Operator,
  compare: Comparison,
  values: unknown,
  given: readonly string[],
  facts: Facts,
  variables: boolean,
): Answer {
  if (given.length === 0) return absentHolds({ base: '', set, ifExists }, compare);
  // Values that are all empty are none (IAM User Guide, "Multivalued context keys").
  if (set !== undefined && given.every((value) => value === '')) return answerOf(set === 'forallvalues');
  const wanted = wantedTexts(values, facts, variables);
  const one = (value: string): Answer => {
    const fits = or([
      ...wanted.texts.map((text) => textFits(compare, text, value, variables)),
      wanted.open ? 'unknown' : 'no',
    ]);
    return compare.negated ? not(fits) : fits;
  };
  const answers = given.map(one);
  if (set !== undefined) return (set === 'foranyvalue' ? or : and)(answers);
  // What several values are without a set operator is not said anywhere.
  const [any, all] = [or(answers), and(answers)];
  return any === all ? any : 'unknown';
}

function textFits(compare: Comparison, text: string, value: string, variables: boolean): Answer {
  if (!text.includes(HOLE)) return answerOf(compare.fits(text, value, variables));
  return patternMatches(text, value, variables) || compare.order !== undefined ? 'unknown' : 'no';
}

/** Whether the test holds for a value that is there, and of which little is known. */
function oneOfHolds(
  compare: Comparison,
  values: unknown,
  fact: Fact & { readonly state: 'some' | 'between' },
  facts: Facts,
  variables: boolean,
): Answer {
  const { texts, open } = wantedTexts(values, facts, variables);
  const each = texts.map((text): Answer => {
    if (text.includes(HOLE)) return 'unknown';
    // What is no number or date is neither less nor equal nor greater.
    if (compare.order !== undefined && Number.isNaN(compare.order.read(text))) return 'no';
    if (fact.state === 'between') {
      if (compare.order === undefined) return 'unknown';
      const { read, holds, milliseconds } = compare.order;
      const wanted = read(text) * milliseconds;
      const [first, last] = [holds(wanted, fact.from), holds(wanted, fact.to)];
      return first !== last || (wanted >= fact.from && wanted <= fact.to) ? 'unknown' : answerOf(first);
    }
    return compare.fits === patternMatches && fitsAll(text, fact.least) ? 'yes' : 'unknown';
  });
  const fits = or([...each, open ? 'unknown' : 'no']);
  return compare.negated ? not(fits) : fits;
}

/** Whether a pattern fits each text of at least so many characters. */
const fitsAll = (pattern: string, least: number): boolean =>
  /^[*?]*\*[*?]*$/.test(pattern) && [...pattern].filter((char) => char === '?').length <= least;

/**
 * Puts the values of variables in; undefined where that cannot be done, because then nothing matches: a variable that is not in
 * the request, has several values, is empty, nested or not closed; `unknown` where its value is not known.
 */
function resolve(text: string, facts: Facts, variables: boolean): { readonly text: string } | 'unknown' | undefined {
  if (!variables || !text.includes('${')) return { text };
  let [result, from, known] = ['', 0, true];
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', from)) {
    const end = text.indexOf('}', start);
    if (end < 0) return undefined;
    const inner = text.slice(start + 2, end);
    const before = text.slice(from, start);
    // A dollar before a variable is one, whatever the variable's value begins with.
    result += before.endsWith('$') ? `${before}{$}` : before;
    from = end + 1;
    if (inner === '*' || inner === '?' || inner === '$') {
      result += `\${${inner}}`;
      continue;
    }
    const variable = readVariable(inner);
    if (variable === undefined) return undefined;
    const fact = facts(variable.name.toLowerCase());
    if (fact.state === 'is' && fact.values.length === 1) {
      // A value is plain text: its wildcards are none.
      result += (fact.values[0] ?? '').replace(/[*?$]/g, (char) => `\${${char}}`);
    } else if (fact.state === 'absent' && variable.fallback !== undefined) {
      result += variable.fallback.replace(/[*?$]/g, (char) => `\${${char}}`);
    } else if (fact.state === 'absent' || fact.state === 'is') return undefined;
    else known = false;
  }
  return known ? { text: result + text.slice(from) } : 'unknown';
}

/** What stands in `${…}`: `aws:username`, or with a default value `aws:PrincipalTag/team, 'none'`. */
function readVariable(inner: string): { readonly name: string; readonly fallback: string | undefined } | undefined {
  const [, name = '', fallback] = /^([^,${]+)(?:,\s*'([^'${]*)'\s*)?$/.exec(inner) ?? [];
  return name.trim() === '' ? undefined : { name: name.trim(), fallback };
}

/** Whether a text has a variable of whose key nothing is known. */
export const hasUnknownVariable = (text: string, facts: Facts): boolean => resolve(text, facts, true) === 'unknown';
