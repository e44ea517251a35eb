/**
 * Who gets in by a trust policy, as sets: the tokens of each OIDC provider by the patterns of their subjects, other principals,
 * and what cannot be judged and why. Each test of a condition is read as `evaluate.ts` reads it, so that what is said here and
 * what {@link mayAssume} answers for one token do not differ. Policies are parsed JSON of unknown shape.
 */
import { parseArn } from '../arn/arn.ts';
import { lazyPattern, patternMatches, templateMatcher } from '../arn/pattern.ts';
import { HOLE } from '../document/node.ts';
import { issuerOf } from './build.ts';
import { actionApplies, principalApplies, refusedPrincipal, WEB_IDENTITY, type WebIdentity } from './evaluate.ts';
import { and, type Answer } from './answer.ts';
import { EKS_ISSUER, otherFacts, tokenFacts, type Facts } from './context.ts';
import { own, readDocument, textsOf } from './statements.ts';
import { readOperator, testHolds, testsOf, wantedTexts, type ConditionTest } from './condition.ts';
import { isObject, type Json } from '../records.ts';
import {
  type Budget,
  covers,
  escaped,
  Exceeded,
  fitsValues,
  LONG,
  type Pattern,
  plain,
  SETS,
  simplify,
  spend,
  STEPS,
  type Values,
} from './values.ts';

/** Somebody who is let in. `depends` empty: surely; else perhaps, and on what it depends (words, such as `aws:SourceIp`). */
export type Admitted = AdmittedTokens | AdmittedPrincipal;

/** Tokens of an OIDC provider, whose `sub` and `aud` lie in these sets. */
export interface AdmittedTokens {
  /** `service-accounts`: the provider is that of an EKS cluster, or the subjects are those of service accounts. */
  readonly kind: 'service-accounts' | 'tokens';
  /** Its ARN, as it is written. */
  readonly provider: string;
  readonly subjects: Values;
  readonly audiences: Values;
  readonly depends: readonly string[];
  /** Indices of the statements that let them in. */
  readonly statement: number;
}

export interface AdmittedPrincipal {
  readonly kind: 'aws' | 'service' | 'saml' | 'canonical-user' | 'everybody';
  /** As it is written; `*` for every AWS principal, and for everybody. */
  readonly principal: string;
  /** For `everybody`: who is left out, as written. */
  readonly except: readonly string[];
  readonly depends: readonly string[];
  readonly statement: number;
}

/** Something about a statement, by its index among the statements. */
export interface Remark {
  readonly statement: number;
  /** Words. */
  readonly why: string;
}

export interface WhoGetsIn {
  readonly admitted: readonly Admitted[];
  /** The OIDC providers that the statements name, as they are written. Tokens of others get in only where `everybody` does. */
  readonly providers: readonly string[];
  /** What cannot be judged. */
  readonly unjudged: readonly Remark[];
  /** Statements whose principal IAM refuses: no role can have this policy. */
  readonly refused: readonly Remark[];
  /** The policy is larger than what is judged here: anybody may get in who is not listed. */
  readonly bounded: boolean;
}

// ------------------------------------------------------------------------------------------------------- tests of one claim

type Claim = 'sub' | 'aud';

/** A test of `sub` or `aud` as a set of values; `open`: patterns of values that may, once known, be in the list as well. */
interface ClaimTest {
  readonly claim: Claim;
  readonly negated: boolean;
  readonly values: readonly Pattern[];
  readonly open: readonly Pattern[];
}

/** Values that tokens have: an empty `sub` or `aud` there is not. */
const STRINGS: Readonly<
  Record<string, { readonly wild: boolean; readonly anyCase: boolean; readonly negated: boolean }>
> = {
  stringequals: { wild: false, anyCase: false, negated: false },
  stringnotequals: { wild: false, anyCase: false, negated: true },
  stringequalsignorecase: { wild: false, anyCase: true, negated: false },
  stringnotequalsignorecase: { wild: false, anyCase: true, negated: true },
  stringlike: { wild: true, anyCase: false, negated: false },
  stringnotlike: { wild: true, anyCase: false, negated: true },
};

/** A test of a claim as a set; undefined where the operator compares something else than texts. */
function claimTest(test: ConditionTest, claim: Claim, facts: Facts, variables: boolean): ClaimTest | undefined {
  const { base } = readOperator(test.operator);
  const rule = Object.hasOwn(STRINGS, base) ? STRINGS[base] : undefined;
  if (rule === undefined) return undefined;
  const [values, open]: [Pattern[], Pattern[]] = [[], []];
  const anyCase = rule.anyCase ? { anyCase: true as const } : {};
  const { texts, open: more } = wantedTexts(test.values, facts, variables);
  for (const text of texts) {
    const written = variables ? text : escapedVariables(text);
    const pattern = rule.wild ? written : escaped(variables ? plain(text) : text);
    if (pattern.length > LONG) open.push({ text: '*' });
    else if (pattern.includes(HOLE)) open.push({ text: pattern.replaceAll(HOLE, '*'), ...anyCase });
    else values.push({ text: pattern, ...anyCase });
  }
  if (more) open.push({ text: '*' });
  return { claim, negated: rule.negated, values, open };
}

/** `${…}` is plain text where the policy has no variables. */
const escapedVariables = (text: string): string => text.replaceAll('$', '${$}');

const ALL: Values = { among: [], except: [] };

const within = ({ among, except }: Values, list: readonly Pattern[]): Values => ({ among: [...among, list], except });
const without = ({ among, except }: Values, list: readonly Pattern[]): Values => ({
  among,
  except: [...except, ...list],
});

/** Where the test surely holds. */
const surely = (values: Values, { negated, values: listed, open }: ClaimTest): Values =>
  negated ? without(values, [...listed, ...open]) : within(values, listed);
/** Where it surely fails. */
const surelyNot = (values: Values, { negated, values: listed, open }: ClaimTest): Values =>
  negated ? within(values, listed) : without(values, [...listed, ...open]);
/** Where it may hold, and it is not known whether. */
const perhaps = (values: Values, { negated, values: listed, open }: ClaimTest): Values =>
  negated ? within(without(values, listed), open) : within(values, open);

// ------------------------------------------------------------------------------------------------------------ one statement

/** A statement as it concerns the tokens of one provider. */
interface Rule {
  readonly index: number;
  readonly denies: boolean;
  readonly tests: readonly ClaimTest[];
  /** On what else it depends whether it applies. */
  readonly depends: readonly string[];
}

const NOT_KNOWN = 'a value that is not known here';

/** On what a test depends, in words. */
function dependence({ key, operator, values }: ConditionTest): string {
  const open = JSON.stringify([operator, key, values]) ?? '';
  if (open.includes(HOLE)) return NOT_KNOWN;
  return key;
}

/** The statement for tokens of the provider; undefined where it surely does not apply to any of them. */
function ruleFor(statement: Json, index: number, provider: string, variables: boolean): Rule | undefined {
  const effect = own(statement, 'Effect');
  if (effect !== 'Allow' && effect !== 'Deny') return undefined;
  const depends: string[] = [];
  const judge = (answer: Answer, why: string): boolean => {
    if (answer === 'unknown') depends.push(why);
    return answer !== 'no';
  };
  if (!judge(actionApplies(statement, WEB_IDENTITY), NOT_KNOWN)) return undefined;
  if (!judge(principalApplies(statement, provider), 'who is meant by its Principal')) return undefined;
  const conditions = testsOf(statement);
  if (conditions === undefined) depends.push('a Condition that cannot be read');
  const keys: Readonly<Record<string, Claim>> = claimKeys(provider);
  // No token has these values: a test of a claim is read as a set, all others are judged as they are.
  const facts = tokenFacts(provider, '', '');
  const tests: ClaimTest[] = [];
  for (const test of conditions ?? []) {
    const key = test.key.toLowerCase();
    const claim = Object.hasOwn(keys, key) ? keys[key] : undefined;
    const read = claim === undefined ? undefined : claimTest(test, claim, unknownClaims(keys, facts), variables);
    if (read !== undefined) tests.push(read);
    else if (!judge(testHolds(test, unknownClaims(keys, facts), variables), dependence(test))) return undefined;
  }
  return { index, denies: effect === 'Deny', tests, depends };
}

function claimKeys(provider: string): Readonly<Record<string, Claim>> {
  const issuer = issuerOf(provider).toLowerCase();
  return { [`${issuer}:sub`]: 'sub', [`${issuer}:aud`]: 'aud' };
}

/** Every token has both claims, and what they are is what is asked. */
const unknownClaims =
  (keys: Readonly<Record<string, Claim>>, facts: Facts): Facts =>
  (key) =>
    Object.hasOwn(keys, key) ? { state: 'some', least: 1 } : facts(key);

// ---------------------------------------------------------------------------------------------------------- tokens of a provider

/** A set of tokens that are let in. */
interface Part {
  readonly sub: Values;
  readonly aud: Values;
  readonly depends: readonly string[];
  readonly statement: number;
}

function narrowed(part: Part, test: ClaimTest, how: (values: Values, test: ClaimTest) => Values): Part {
  return { ...part, [test.claim]: how(part[test.claim], test) };
}

function simplified(part: Part, budget: Budget): Part[] {
  const [sub, aud] = [simplify(part.sub, budget), simplify(part.aud, budget)];
  return sub === undefined || aud === undefined ? [] : [{ ...part, sub, aud }];
}

const dependingOn = (part: Part, more: readonly string[]): Part => ({
  ...part,
  depends: [...new Set([...part.depends, ...more])],
});

/** Tokens that the statement lets in. */
function allowed(rule: Rule, budget: Budget): Part[] {
  let parts: Part[] = [{ sub: ALL, aud: ALL, depends: rule.depends, statement: rule.index }];
  for (const test of rule.tests) {
    parts = parts.flatMap((part) => [
      narrowed(part, test, surely),
      ...(test.open.length === 0 ? [] : [dependingOn(narrowed(part, test, perhaps), [NOT_KNOWN])]),
    ]);
    if (parts.length > SETS) throw new Exceeded();
  }
  return parts.flatMap((part) => simplified(part, budget));
}

/** What a denial leaves of them. */
function denied(parts: readonly Part[], rule: Rule, budget: Budget): Part[] {
  const open = rule.tests.some((test) => test.open.length > 0);
  const depends = [...rule.depends, ...(open ? [NOT_KNOWN] : [])];
  const left = parts.flatMap((part): Part[] => {
    // One test that fails saves; where all may hold, and that is not certain, it depends.
    const saved = rule.tests.map((test) => narrowed(part, test, surelyNot));
    const both = (values: Values, test: ClaimTest): Values =>
      test.negated ? without(values, test.values) : within(values, [...test.values, ...test.open]);
    const doubtful =
      depends.length === 0
        ? []
        : [
            dependingOn(
              rule.tests.reduce((one, test) => narrowed(one, test, both), part),
              depends,
            ),
          ];
    return [...saved, ...doubtful].flatMap((one) => simplified(one, budget));
  });
  if (left.length > SETS) throw new Exceeded();
  return left;
}

function tokensOf(
  statements: readonly { readonly statement: Json; readonly index: number; readonly size: number }[],
  provider: string,
  variables: boolean,
  budget: Budget,
): AdmittedTokens[] {
  const rules = statements.flatMap(({ statement, index, size }) => {
    spend(budget, size);
    return ruleFor(statement, index, provider, variables) ?? [];
  });
  let parts = rules.filter(({ denies }) => !denies).flatMap((rule) => allowed(rule, budget));
  for (const rule of rules) if (rule.denies) parts = denied(parts, rule, budget);
  // The tokens of an EKS cluster are those of its service accounts.
  const possible = isCluster(provider) ? parts.flatMap((part) => ofServiceAccounts(part, budget)) : parts;
  return possible.map(({ sub, aud, depends, statement }) => ({
    kind: isCluster(provider) || isServiceAccounts(sub) ? 'service-accounts' : 'tokens',
    provider,
    subjects: sub,
    audiences: aud,
    depends,
    statement,
  }));
}

const isSubject = templateMatcher('system:serviceaccount:{label}:{name}', { label: /[a-z0-9-]/, name: /[a-z0-9.-]/ });
/** Whether the pattern fits the subject of some service account: names of namespaces and accounts are in lower case. */
export const mayBeSubject = ({ text, anyCase }: Pattern): boolean =>
  isSubject(lazyPattern(anyCase === true ? text.toLowerCase() : text));

/** Every service account that there can be. */
const EVERY: Pattern = { text: 'system:serviceaccount:?*:?*' };

/** The part with what can be a subject of a service account. */
function ofServiceAccounts(part: Part, budget: Budget): Part[] {
  if (part.sub.except.some((out) => covers(out, EVERY, budget))) return [];
  const among = part.sub.among.map((list) => list.filter(mayBeSubject));
  const sub = { among, except: part.sub.except.filter(mayBeSubject) };
  return simplified({ ...part, sub }, budget);
}

const isCluster = (provider: string): boolean => EKS_ISSUER.test(issuerOf(provider));
const SUBJECT = 'system:serviceaccount:';
const isServiceAccounts = ({ among }: Values): boolean =>
  among.some((list) => list.every(({ text }) => text.toLowerCase().startsWith(SUBJECT)));

// ------------------------------------------------------------------------------------------------------------ other principals

/** Stands for a provider that no statement names. */
const NAMELESS = 'a provider that nobody names';

/** That `{"AWS": "*"}` lets tokens in is not said in AWS's documentation. */
const WHETHER_TOKENS = 'whether Principal {"AWS": "*"} means tokens, too';

const KINDS = { AWS: 'aws', Service: 'service', CanonicalUser: 'canonical-user' } as const;

/** Principals that are no OIDC providers, each with the action by which it would assume the role. */
function otherPrincipals(statement: Json): { kind: AdmittedPrincipal['kind']; principal: string; action: string }[] {
  const principal = own(statement, 'Principal');
  if (!isObject(principal)) return [];
  return Object.entries(principal).flatMap(([kind, value]) =>
    textsOf(value).texts.flatMap(
      (principal): { kind: AdmittedPrincipal['kind']; principal: string; action: string }[] => {
        if (kind === 'Federated') {
          return principal.includes(':saml-provider/')
            ? [{ kind: 'saml', principal, action: 'sts:AssumeRoleWithSAML' }]
            : [];
        }
        const known = Object.hasOwn(KINDS, kind) ? KINDS[kind as keyof typeof KINDS] : undefined;
        return known === undefined ? [] : [{ kind: known, principal, action: 'sts:AssumeRole' }];
      },
    ),
  );
}

/** The account of an AWS principal: of its ARN, or the id alone. */
const accountOf = (principal: string): string | undefined =>
  /^\d{12}$/.test(principal) ? principal : parseArn(principal)?.account;

/** Whether a denial is about a principal that is no token. */
function denialApplies(statement: Json, kind: AdmittedPrincipal['kind'], principal: string): Answer {
  const [named, others] = [own(statement, 'Principal'), own(statement, 'NotPrincipal')];
  const among = (value: unknown): Answer => {
    if (value === '*') return 'yes';
    if (!isObject(value)) return 'unknown';
    const all = Object.values(value).flatMap((one) => [...textsOf(one).texts]);
    if (textsOf(own(value, 'AWS')).texts.includes('*') || all.includes(principal)) return 'yes';
    if (Object.values(value).some((one) => textsOf(one).open) || all.some((one) => one.includes(HOLE)))
      return 'unknown';
    // An account stands for all in it, and a session for its role.
    const account = kind === 'aws' ? accountOf(principal) : undefined;
    if (kind === 'aws' && principal === '*') return all.length > 0 ? 'unknown' : 'no';
    return account !== undefined && all.some((one) => accountOf(one) === account) ? 'unknown' : 'no';
  };
  if (named !== undefined) return among(named);
  const answer = among(others);
  return others === undefined ? 'no' : answer === 'yes' ? 'no' : answer === 'no' ? 'yes' : 'unknown';
}

/** On what it depends whether the condition holds; undefined: it surely does not. */
function conditions(statement: Json, facts: Facts, variables: boolean): string[] | undefined {
  const depends: string[] = [];
  const tests = testsOf(statement);
  if (tests === undefined) return ['a Condition that cannot be read'];
  for (const test of tests) {
    const answer = testHolds(test, facts, variables);
    if (answer === 'no') return undefined;
    if (answer === 'unknown') depends.push(dependence(test));
  }
  return depends;
}

/** On what it depends whether a denial among the statements hits; undefined: one surely does. */
function denials(
  statements: readonly Json[],
  action: string,
  applies: (statement: Json) => Answer,
  facts: Facts,
  variables: boolean,
): string[] | undefined {
  const depends: string[] = [];
  for (const statement of statements) {
    if (own(statement, 'Effect') !== 'Deny') continue;
    const on = conditions(statement, facts, variables);
    if (on === undefined) continue;
    const who = and([actionApplies(statement, action), applies(statement)]);
    if (who === 'no') continue;
    if (who === 'yes' && on.length === 0) return undefined;
    depends.push(...on, ...(who === 'unknown' ? ['whom a Deny is about'] : []));
  }
  return depends;
}

function principalsOf(statements: readonly Json[], variables: boolean, budget: Budget): AdmittedPrincipal[] {
  const result: AdmittedPrincipal[] = [];
  for (const [index, statement] of statements.entries()) {
    if (own(statement, 'Effect') !== 'Allow') continue;
    const element = own(statement, 'Principal') ?? own(statement, 'NotPrincipal');
    if (element === undefined || refusedPrincipal(element) !== undefined) continue;
    const add = (
      kind: AdmittedPrincipal['kind'],
      principal: string,
      action: string,
      except: readonly string[] = [],
      unsettled: readonly string[] = [],
    ): void => {
      spend(budget, 100 * statements.length);
      const facts = otherFacts(kind === 'everybody');
      const may = actionApplies(statement, action);
      const on = conditions(statement, facts, variables);
      if (may === 'no' || on === undefined) return;
      const denied = denials(
        statements,
        action,
        (one) => (kind === 'everybody' ? principalApplies(one, NAMELESS) : denialApplies(one, kind, principal)),
        facts,
        variables,
      );
      if (denied === undefined) return;
      const unclear = may === 'unknown' ? [NOT_KNOWN] : [];
      const depends = [...new Set([...unsettled, ...on, ...denied, ...unclear])];
      result.push({ kind, principal, except, depends, statement: index });
    };
    for (const { kind, principal, action } of otherPrincipals(statement)) {
      add(kind, principal, action);
      if (kind === 'aws' && principal === '*') add('everybody', '*', WEB_IDENTITY, [], [WHETHER_TOKENS]);
    }
    const others = own(statement, 'NotPrincipal');
    if (
      own(statement, 'Principal') === undefined &&
      isObject(others) &&
      !textsOf(own(others, 'AWS')).texts.includes('*')
    ) {
      const except = Object.values(others).flatMap((value) => [...textsOf(value).texts]);
      add('everybody', '*', WEB_IDENTITY, except);
      add('aws', '*', 'sts:AssumeRole', except);
    }
  }
  return result;
}

// ------------------------------------------------------------------------------------------------------------------- the answer

/** The OIDC providers that statements name, as they are written. */
function providersOf(statements: readonly Json[]): string[] {
  const named = statements.flatMap((statement) =>
    [own(statement, 'Principal'), own(statement, 'NotPrincipal')].flatMap((element) =>
      isObject(element) ? [...textsOf(own(element, 'Federated')).texts] : [],
    ),
  );
  return [...new Set(named)].filter((text) => !text.includes(':saml-provider/') && text !== '*');
}

/** Who may assume a role with this trust policy. Never throws; what takes too long to be judged is said not to be. */
export function whoGetsIn(trust: unknown): WhoGetsIn {
  const { statements, variables } = readDocument(trust);
  const providers = providersOf(statements);
  const refused = statements.flatMap((statement, index): Remark[] => {
    const element = own(statement, 'Principal') ?? own(statement, 'NotPrincipal');
    const why = element === undefined ? undefined : refusedPrincipal(element);
    return why === undefined ? [] : [{ statement: index, why }];
  });
  const budget: Budget = { left: STEPS };
  const admitted: Admitted[] = [];
  let bounded = false;
  try {
    const all = statements.map((statement, index) => ({ statement, index, size: JSON.stringify(statement).length }));
    for (const provider of providers) admitted.push(...tokensOf(all, provider, variables, budget));
    admitted.push(...principalsOf(statements, variables, budget));
  } catch (error) {
    if (!(error instanceof Exceeded)) throw error;
    bounded = true;
  }
  const seen = new Set<string>();
  const unjudged = admitted.flatMap(({ statement, depends }) =>
    depends.flatMap((why): Remark[] => {
      const key = `${statement} ${why}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ statement, why }];
    }),
  );
  return { admitted, providers, unjudged, refused, bounded };
}

/** Whether this token is let in, by what was said before: `unknown` wherever that does not settle it. */
export function admits({ admitted, providers, bounded }: WhoGetsIn, { provider, sub, aud }: WebIdentity): Answer {
  let answer: Answer = bounded ? 'unknown' : 'no';
  const isNamed = providers.includes(provider);
  // It may be the provider that a template names.
  if (!isNamed && providers.some((one) => one.includes(HOLE) && patternMatches(one, provider, false))) return 'unknown';
  for (const one of admitted) {
    const isMeant =
      'subjects' in one
        ? one.provider === provider && fitsValues(one.subjects, sub) && fitsValues(one.audiences, aud)
        : one.kind === 'everybody' && !isNamed;
    if (!isMeant) continue;
    if (one.depends.length === 0) return 'yes';
    answer = 'unknown';
  }
  return answer;
}

/** Everybody who is let in besides one service account (or other token), whatever its audience: surely or perhaps. */
export function othersLetIn(
  { admitted }: WhoGetsIn,
  { provider, sub }: Pick<WebIdentity, 'provider' | 'sub'>,
): readonly Admitted[] {
  const budget: Budget = { left: STEPS };
  return admitted.flatMap((one): Admitted[] => {
    if (!('subjects' in one) || one.provider !== provider) return [one];
    try {
      const subjects = simplify(without(one.subjects, [{ text: escaped(sub) }]), budget);
      return subjects === undefined ? [] : [{ ...one, subjects }];
    } catch (error) {
      if (error instanceof Exceeded) return [one];
      throw error;
    }
  });
}

/** Whether a pattern fits the subject of every service account. */
export const isEvery = (pattern: Pattern): boolean => covers(pattern, EVERY, { left: STEPS });

/** Whether every service account of the cluster is let in, but perhaps some that are left out. */
export const isEveryone = ({ subjects }: AdmittedTokens): boolean => subjects.among.every((list) => list.some(isEvery));

/** Whether a subject, or an audience, is among those that are let in. */
export const subjectFits = ({ subjects }: AdmittedTokens, sub: string): boolean => fitsValues(subjects, sub);
export const audienceFits = ({ audiences }: AdmittedTokens, aud: string): boolean => fitsValues(audiences, aud);
