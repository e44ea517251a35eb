import { parseArnPattern } from '../arn/arn.ts';
import { patternMatches } from '../arn/pattern.ts';
import { HOLE } from '../document/node.ts';
import { list, strings } from './json.ts';

/**
 * What IAM would decide about one request, from the text of one policy alone: no boundary, no other policy, no session. Policies
 * are parsed JSON of unknown shape; what is not a policy decides nothing. Source: IAM User Guide, "Policy evaluation logic",
 * "Condition operators", "Policy variables".
 */

/** The values that a request has for condition keys; keys in any case. A key that is not here is not in the request. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** A token of a Kubernetes service account at the door of a role. */
export interface WebIdentity {
  /** ARN of the OIDC provider in IAM. */
  readonly provider: string;
  readonly sub: string;
  readonly aud: string;
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An own element of a statement: `__proto__` and its like are keys as any other. */
const own = (object: Json, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

interface Document {
  readonly statements: readonly Json[];
  /** Whether `${…}` is a variable: Version 2012-10-17. */
  readonly variables: boolean;
}

function read(policy: unknown): Document {
  if (!isObject(policy)) return { statements: [], variables: false };
  return {
    statements: list(own(policy, 'Statement')).filter(isObject),
    variables: own(policy, 'Version') === '2012-10-17',
  };
}

/** Whether the trust policy lets this token assume the role by `sts:AssumeRoleWithWebIdentity`. */
export function mayAssume(trust: unknown, { provider, sub, aud }: WebIdentity): boolean {
  const { statements, variables } = read(trust);
  const issuer = issuerOf(provider);
  const context: RequestContext = { [`${issuer}:sub`]: sub, [`${issuer}:aud`]: aud };
  return decide(
    statements.filter(
      (statement) =>
        actionApplies(statement, 'sts:AssumeRoleWithWebIdentity') &&
        principalApplies(statement, provider) &&
        conditionHolds(statement, context, variables),
    ),
  );
}

/**
 * Whether the permission policy allows the action on the resource.
 *
 * @param action such as `s3:GetObject`
 * @param resource ARN, or `*` for an action that is about no resource
 */
export function allows(policy: unknown, action: string, resource: string, context: RequestContext = {}): boolean {
  const { statements, variables } = read(policy);
  return decide(
    statements.filter(
      (statement) =>
        actionApplies(statement, action) &&
        resourceApplies(statement, resource, context, variables) &&
        conditionHolds(statement, context, variables),
    ),
  );
}

/** An explicit deny wins; without an allow the answer is no. */
function decide(applying: readonly Json[]): boolean {
  const effects = applying.map((statement) => own(statement, 'Effect'));
  return effects.includes('Allow') && !effects.includes('Deny');
}

function actionApplies(statement: Json, action: string): boolean {
  const [actions, others] = [own(statement, 'Action'), own(statement, 'NotAction')];
  const wanted = action.toLowerCase();
  const named = (value: unknown): boolean =>
    strings(value).some((pattern) => patternMatches(pattern.toLowerCase(), wanted, false));
  if (actions !== undefined) return named(actions);
  return others !== undefined && !named(others);
}

function principalApplies(statement: Json, provider: string): boolean {
  const [principal, others] = [own(statement, 'Principal'), own(statement, 'NotPrincipal')];
  const named = (value: unknown): boolean =>
    value === '*' ||
    (isObject(value) && strings(own(value, 'Federated')).some((one) => one === '*' || one === provider));
  if (principal !== undefined) return named(principal);
  return others !== undefined && !named(others);
}

function resourceApplies(statement: Json, resource: string, context: RequestContext, variables: boolean): boolean {
  const [resources, others] = [own(statement, 'Resource'), own(statement, 'NotResource')];
  const named = (value: unknown): boolean =>
    strings(value).some((pattern) => {
      const resolved = resolve(pattern, context, variables);
      return resolved !== undefined && arnMatches(resolved, resource, variables);
    });
  if (resources !== undefined) return named(resources);
  return others !== undefined && !named(others);
}

const ARN_FIELDS = ['partition', 'service', 'region', 'account', 'resource'] as const;

/** Field by field: a wildcard does not reach over a colon before the resource. */
function arnMatches(pattern: string, arn: string, variables: boolean): boolean {
  if (/^\*+$/.test(pattern)) return true;
  const [wanted, given] = [parseArnPattern(pattern), parseArnPattern(arn)];
  if (wanted === undefined || given === undefined) return patternMatches(pattern, arn, variables);
  return ARN_FIELDS.every((field) => patternMatches(wanted[field], given[field], variables));
}

/** All tests hold: each operator, each key. What cannot be judged counts against the request: it fails an Allow, not a Deny. */
function conditionHolds(statement: Json, context: RequestContext, variables: boolean): boolean {
  const condition = own(statement, 'Condition');
  const unjudged = own(statement, 'Effect') === 'Deny';
  if (condition === undefined) return true;
  if (!isObject(condition)) return unjudged;
  return Object.entries(condition).every(([operator, block]) =>
    isObject(block)
      ? Object.entries(block).every(([key, values]) => testHolds(operator, key, values, context, variables) ?? unjudged)
      : unjudged,
  );
}

type Compare = (wanted: string, given: string, variables: boolean) => boolean;

/** What an operator compares; a negated one holds when no value fits, and also for a key that is not in the request. */
const OPERATORS: Readonly<Record<string, { readonly fits: Compare; readonly negated?: true }>> = {
  stringequals: { fits: equals },
  stringnotequals: { fits: equals, negated: true },
  stringequalsignorecase: { fits: (wanted, given) => equals(wanted.toLowerCase(), given.toLowerCase()) },
  stringnotequalsignorecase: {
    fits: (wanted, given) => equals(wanted.toLowerCase(), given.toLowerCase()),
    negated: true,
  },
  stringlike: { fits: patternMatches },
  stringnotlike: { fits: patternMatches, negated: true },
  arnequals: { fits: (wanted, given, variables) => arnMatches(wanted, given, variables) },
  arnlike: { fits: (wanted, given, variables) => arnMatches(wanted, given, variables) },
  arnnotequals: { fits: (wanted, given, variables) => arnMatches(wanted, given, variables), negated: true },
  arnnotlike: { fits: (wanted, given, variables) => arnMatches(wanted, given, variables), negated: true },
  bool: { fits: (wanted, given) => wanted.toLowerCase() === given.toLowerCase() },
};

function equals(wanted: string, given: string): boolean {
  return wanted.replace(/\$\{([*?$])\}/g, '$1') === given;
}

/** Whether one test holds; undefined for an operator that is not known here (numbers, dates, addresses). */
function testHolds(
  operator: string,
  key: string,
  values: unknown,
  context: RequestContext,
  variables: boolean,
): boolean | undefined {
  const name = operator.toLowerCase();
  const set = /^(forallvalues|foranyvalue):/.exec(name)?.[1];
  const ifExists = name.endsWith('ifexists');
  const base = name.replace(/^(forallvalues|foranyvalue):/, '').replace(/ifexists$/, '');
  const given = valuesOf(context, key);
  const texts = list(values).map(String);
  if (base === 'null') return texts.some((text) => (text.toLowerCase() === 'true') === (given === undefined));
  const rule = Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
  if (rule === undefined) return undefined;
  if (given === undefined || given.length === 0) {
    if (set === 'forallvalues') return true;
    return ifExists || (rule.negated === true && set !== 'foranyvalue');
  }
  const wanted = texts.flatMap((text) => resolve(text, context, variables) ?? []);
  const one = (value: string): boolean =>
    wanted.some((text) => rule.fits(text, value, variables)) !== (rule.negated === true);
  return set === 'foranyvalue' ? given.some(one) : given.every(one);
}

/** Key names are compared without regard to case. */
function valuesOf(context: RequestContext, key: string): readonly string[] | undefined {
  const lower = key.toLowerCase();
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === lower)?.[1];
  return found === undefined || typeof found !== 'string' ? found : [found];
}

/** Puts the values of variables in; undefined when one is not in the request, because then nothing matches. */
function resolve(text: string, context: RequestContext, variables: boolean): string | undefined {
  if (!variables) return text;
  let known = true;
  const result = text.replace(/\$\{([^{}]+)\}/g, (whole, inner: string) => {
    if (/^[*?$]$/.test(inner)) return whole;
    const [, name = inner, fallback] = /^([^,]+?)\s*,\s*'([^']*)'\s*$/.exec(inner) ?? [];
    const [value] = valuesOf(context, name.trim()) ?? [fallback];
    known &&= value !== undefined;
    // A value is plain text: its wildcards are none.
    return (value ?? '').replace(/[*?$]/g, (char) => `\${${char}}`);
  });
  return known ? result : undefined;
}

/** What stands before `:sub` and `:aud` in the condition keys of an OIDC provider: the end of its ARN. */
function issuerOf(provider: string): string {
  return provider.replace(/^.*?oidc-provider\//, '');
}

/** Who a trust policy lets in by web identity, for showing. */
export interface TrustSummary {
  /** The OIDC providers that are trusted, as their ARNs are written. */
  readonly providers: readonly string[];
  /** The subjects that are let in, exact or as patterns, in the order of the file. */
  readonly subjects: readonly string[];
  /** Every service account of the cluster gets in: no test of `sub` holds anyone back. */
  readonly anyServiceAccount: boolean;
  /** Other principals that are trusted: services, accounts, SAML providers. */
  readonly others: readonly string[];
}

/** Sums up who may assume a role, from the Allow statements of its trust policy. For one certain answer ask {@link mayAssume}. */
export function trustInWords(trust: unknown): TrustSummary {
  const [providers, subjects, others] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let anyServiceAccount = false;
  for (const statement of read(trust).statements) {
    if (own(statement, 'Effect') !== 'Allow') continue;
    const principal = own(statement, 'Principal');
    const federated = isObject(principal) ? strings(own(principal, 'Federated')) : [];
    const oidc = federated.filter((arn) => arn.includes(':oidc-provider/'));
    for (const [kind, value] of isObject(principal) ? Object.entries(principal) : []) {
      for (const text of strings(value)) if (kind !== 'Federated' || !oidc.includes(text)) others.add(text);
    }
    if (principal === '*') others.add('*');
    if (oidc.length === 0 || !actionApplies(statement, 'sts:AssumeRoleWithWebIdentity')) continue;
    for (const arn of oidc) providers.add(arn);
    const tests = subjectTests(own(statement, 'Condition'));
    for (const text of tests) subjects.add(text);
    const [provider] = oidc;
    if (tests.length === 0 || (provider !== undefined && letsAnyoneIn(statement, provider))) anyServiceAccount = true;
  }
  return { providers: [...providers], subjects: [...subjects], anyServiceAccount, others: [...others] };
}

/** The values of `…:sub` under operators that name who is let in. */
function subjectTests(condition: unknown): string[] {
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([operator, block]) =>
    /^(ForAnyValue:|ForAllValues:)?String(Equals|EqualsIgnoreCase|Like)(IfExists)?$/i.test(operator) && isObject(block)
      ? Object.entries(block).flatMap(([key, values]) => (/:sub$/i.test(key) ? strings(values) : []))
      : [],
  );
}

/** Whether a service account with a name that nobody has gets in. */
function letsAnyoneIn(statement: Json, provider: string): boolean {
  return mayAssume(
    { Version: '2012-10-17', Statement: statement },
    { provider, aud: 'sts.amazonaws.com', sub: 'system:serviceaccount:a-namespace-of-someone-else:default-editor' },
  );
}

/** A decision; `unknown` where it depends on what is not known here. It is never told as no. */
export type Answer = 'yes' | 'no' | 'unknown';

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
 */
export function may(policies: readonly unknown[], action: string, resource: string, known: KnownRequest): Answer {
  const effects: Record<'Allow' | 'Deny', Answer> = { Allow: 'no', Deny: 'no' };
  for (const policy of policies) {
    for (const { effects: its, answer } of decisions(policy, action, resource, known))
      for (const effect of its) effects[effect] = either(effects[effect], answer);
  }
  if (effects.Deny === 'yes' || effects.Allow === 'no') return 'no';
  return effects.Deny === 'no' ? effects.Allow : 'unknown';
}

const either = (a: Answer, b: Answer): Answer =>
  a === 'yes' || b === 'yes' ? 'yes' : a === 'unknown' || b === 'unknown' ? 'unknown' : 'no';
const both = (a: Answer, b: Answer): Answer =>
  a === 'no' || b === 'no' ? 'no' : a === 'unknown' || b === 'unknown' ? 'unknown' : 'yes';
const opposite = (a: Answer): Answer => (a === 'yes' ? 'no' : a === 'no' ? 'yes' : 'unknown');
const isOpen = (text: unknown): boolean => typeof text === 'string' && text.includes(HOLE);

/** Whether each statement is about the request, and which effects it may have. */
function* decisions(
  policy: unknown,
  action: string,
  resource: string,
  known: KnownRequest,
): Generator<{ readonly effects: readonly ('Allow' | 'Deny')[]; readonly answer: Answer }> {
  const all = isObject(policy) ? list(own(policy, 'Statement')) : [policy];
  if (all.some(isOpen)) yield { effects: ['Allow', 'Deny'], answer: 'unknown' };
  const { statements, variables } = read(policy);
  for (const statement of statements) {
    const effect = own(statement, 'Effect');
    const open = isOpen(effect);
    if (!open && effect !== 'Allow' && effect !== 'Deny') continue;
    const answer = both(
      both(actionAnswer(statement, action), resourceAnswer(statement, resource, known, variables)),
      conditionAnswer(statement, known, variables),
    );
    yield open
      ? { effects: ['Allow', 'Deny'], answer: both(answer, 'unknown') }
      : { effects: [effect as 'Allow' | 'Deny'], answer };
  }
}

/** Whether an element names something, or its opposite does not. */
function named(statement: Json, element: string, fits: (pattern: string) => Answer): Answer {
  const [these, others] = [own(statement, element), own(statement, `Not${element}`)];
  const answer = (value: unknown): Answer => strings(value).map(fits).reduce(either, 'no');
  if (these !== undefined) return answer(these);
  return others === undefined ? 'no' : opposite(answer(others));
}

/** Whether a statement is about an action. */
export const actionAnswer = (statement: Json, action: string): Answer =>
  named(statement, 'Action', (pattern) =>
    patternMatches(pattern.toLowerCase(), action.toLowerCase(), false) ? (isOpen(pattern) ? 'unknown' : 'yes') : 'no',
  );

const resourceAnswer = (statement: Json, resource: string, known: KnownRequest, variables: boolean): Answer =>
  named(statement, 'Resource', (pattern) => {
    const open = isOpen(pattern) || (variables && hasUnknownVariable(pattern, known));
    const resolved = open ? pattern : resolve(pattern, known.values, variables);
    if (resolved === undefined || !arnMatches(resolved, resource, variables)) return 'no';
    return open ? 'unknown' : 'yes';
  });

const isKnown = (key: string, { values, lacks }: KnownRequest): boolean =>
  valuesOf(values, key) !== undefined || lacks?.(key.toLowerCase()) === true;

/** Whether a text has a variable of whose key nothing is known. */
export const hasUnknownVariable = (text: string, known: KnownRequest): boolean =>
  [...text.matchAll(/\$\{([^{},]+)(?:,[^{}]*)?\}/g)].some(
    ([, name = '']) => !/^[*?$]$/.test(name) && !isKnown(name.trim(), known),
  );

/** Whether the condition of a statement holds. */
export function conditionAnswer(statement: Json, known: KnownRequest, variables: boolean): Answer {
  const condition = own(statement, 'Condition');
  if (condition === undefined) return 'yes';
  if (!isObject(condition)) return 'unknown';
  return Object.entries(condition)
    .flatMap(([operator, block]): Answer[] =>
      isObject(block)
        ? Object.entries(block).map(([key, values]) => {
            const texts = list(values).map(String);
            const open =
              [operator, key, ...texts].some(isOpen) ||
              !isKnown(key, known) ||
              (variables && texts.some((text) => hasUnknownVariable(text, known)));
            const holds = open ? undefined : testHolds(operator, key, values, known.values, variables);
            return holds === undefined ? 'unknown' : holds ? 'yes' : 'no';
          })
        : ['unknown'],
    )
    .reduce(both, 'yes');
}
