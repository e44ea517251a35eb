/**
 * Which tokens of an OIDC provider a trust policy lets in, as sets of their claims. Each test of a condition is read as `condition.ts`
 * reads it, so that what is said here and what `mayAssume` answers for one token do not differ.
 */
import { lazyPattern, templateMatcher } from '../arn/pattern.ts';
import type { Json } from '../records.ts';
import type { Answer } from './answer.ts';
import { issuerOf } from './build.ts';
import { claimTest, perhaps, surely, surelyNot, type Claim, type ClaimTest } from './claims.ts';
import { testHolds, testsOf } from './condition.ts';
import { EKS_ISSUER, tokenFacts, type Facts } from './context.ts';
import { dependence, NOT_KNOWN } from './dependence.ts';
import { actionApplies, principalApplies, WEB_IDENTITY } from './evaluate.ts';
import { own } from './statements.ts';
import {
  ALL,
  type Budget,
  covers,
  Exceeded,
  fitsValues,
  type Pattern,
  SETS,
  simplify,
  spend,
  STEPS,
  type Values,
  within,
  without,
} from './values.ts';

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

/** A statement as it concerns the tokens of one provider. */
interface Rule {
  readonly index: number;
  readonly denies: boolean;
  readonly tests: readonly ClaimTest[];
  /** On what else it depends whether it applies. */
  readonly depends: readonly string[];
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

export function tokensOf(
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

/** Whether a pattern fits the subject of every service account. */
export const isEvery = (pattern: Pattern): boolean => covers(pattern, EVERY, { left: STEPS });

/** Whether every service account of the cluster is let in, but perhaps some that are left out. */
export const isEveryone = ({ subjects }: AdmittedTokens): boolean => subjects.among.every((list) => list.some(isEvery));

/** Whether a subject, or an audience, is among those that are let in. */
export const subjectFits = ({ subjects }: AdmittedTokens, sub: string): boolean => fitsValues(subjects, sub);
export const audienceFits = ({ audiences }: AdmittedTokens, aud: string): boolean => fitsValues(audiences, aud);
