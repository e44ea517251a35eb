/**
 * What IAM would decide about one request, from the text of one policy alone: no boundary, no other policy, no session. Policies
 * are parsed JSON of unknown shape; what is not a policy decides nothing. Source: IAM User Guide, "Policy evaluation logic".
 */
import { type Arn, parseArnPattern } from '../arn/arn.ts';
import { patternMatches } from '../arn/pattern.ts';
import { HOLE } from '../document/node.ts';
import { isObject, type Json } from '../records.ts';
import { and, answerOf, not, or, then, type Answer } from './answer.ts';
import { conditionHolds } from './condition.ts';
import { knownFacts, tokenFacts, type Facts, type KnownRequest, type RequestContext } from './context.ts';
import { list } from './json.ts';
import { own, readDocument, textsOf, type Document } from './statements.ts';
import { resolve } from './variables.ts';

/** A token of an OIDC provider, such as that of a Kubernetes service account, at the door of a role. */
export interface WebIdentity {
  /** ARN of the OIDC provider in IAM. */
  readonly provider: string;
  readonly sub: string;
  readonly aud: string;
}

/** A statement with what is known of its document. */
type Read = Pick<Document, 'variables'> & { readonly statement: Json };

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
