// IAM policy documents as AWS reads them: the grammar that IAM refuses a document by, and the evaluation of a role's trust
// policy for a web identity. Written from the AWS documentation and independent of src/core on purpose: a mistake in one
// must not hide in the other.
// Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "Condition operators", "Multivalued context keys",
// "Policy evaluation logic".

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: Json | undefined): Json[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const isStrings = (values: readonly Json[]): values is string[] => values.every((value) => typeof value === 'string');
const textsOf = (value: Json | undefined): string[] =>
  listOf(value).map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));

/** What a condition operator compares, and whether it is the negation of that. */
interface Operator {
  readonly test: (actual: string, wanted: string) => boolean;
  readonly negated: boolean;
}
const ordered =
  (parse: (text: string) => number, compare: (a: number, b: number) => boolean) =>
  (a: string, b: string): boolean =>
    compare(parse(a), parse(b));
const dateOf = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text));
const like = (actual: string, pattern: string): boolean =>
  // The variables ${*}, ${?} and ${$} stand for the characters themselves.
  new RegExp(
    `^${pattern
      .split(/(\$\{[*?$]\}|\*|\?)/)
      .map((part) =>
        part === '*'
          ? '[^]*'
          : part === '?'
            ? '[^]'
            : part.replace(/^\$\{([*?$])\}$/, '$1').replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
      )
      .join('')}$`,
  ).test(actual);
/** In an ARN no wildcard spans the first five segments. */
const arnLike = (actual: string, pattern: string): boolean => {
  const split = (arn: string): string[] => [...arn.split(':').slice(0, 5), arn.split(':').slice(5).join(':')];
  const patterns = split(pattern);
  return split(actual).every((part, index) => like(part, patterns[index] ?? ''));
};
const inRange = (actual: string, range: string): boolean => {
  const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const [base = '', bits = '32'] = range.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(actual) / size) === Math.floor(numberOf(base) / size);
};
const literal = (text: string): string => text.replace(/\$\{([*?$])\}/g, '$1');
const equals = (a: string, b: string): boolean => a === literal(b);
const equalsIgnoreCase = (a: string, b: string): boolean => a.toLowerCase() === literal(b).toLowerCase();
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: { test: equals, negated: false },
  StringNotEquals: { test: equals, negated: true },
  StringEqualsIgnoreCase: { test: equalsIgnoreCase, negated: false },
  StringNotEqualsIgnoreCase: { test: equalsIgnoreCase, negated: true },
  StringLike: { test: like, negated: false },
  StringNotLike: { test: like, negated: true },
  NumericEquals: { test: ordered(Number, (a, b) => a === b), negated: false },
  NumericNotEquals: { test: ordered(Number, (a, b) => a === b), negated: true },
  NumericLessThan: { test: ordered(Number, (a, b) => a < b), negated: false },
  NumericLessThanEquals: { test: ordered(Number, (a, b) => a <= b), negated: false },
  NumericGreaterThan: { test: ordered(Number, (a, b) => a > b), negated: false },
  NumericGreaterThanEquals: { test: ordered(Number, (a, b) => a >= b), negated: false },
  DateEquals: { test: ordered(dateOf, (a, b) => a === b), negated: false },
  DateNotEquals: { test: ordered(dateOf, (a, b) => a === b), negated: true },
  DateLessThan: { test: ordered(dateOf, (a, b) => a < b), negated: false },
  DateLessThanEquals: { test: ordered(dateOf, (a, b) => a <= b), negated: false },
  DateGreaterThan: { test: ordered(dateOf, (a, b) => a > b), negated: false },
  DateGreaterThanEquals: { test: ordered(dateOf, (a, b) => a >= b), negated: false },
  Bool: { test: equalsIgnoreCase, negated: false },
  BinaryEquals: { test: equals, negated: false },
  IpAddress: { test: inRange, negated: false },
  NotIpAddress: { test: inRange, negated: true },
  ArnEquals: { test: arnLike, negated: false },
  ArnLike: { test: arnLike, negated: false },
  ArnNotEquals: { test: arnLike, negated: true },
  ArnNotLike: { test: arnLike, negated: true },
};

interface ParsedOperator {
  readonly set: 'AllValues' | 'AnyValue' | undefined;
  readonly base: string;
  readonly ifExists: boolean;
}
/** Reads `ForAnyValue:StringLikeIfExists`; undefined if there is no such operator. */
function parseOperator(text: string): ParsedOperator | undefined {
  const match = /^(?:For(AllValues|AnyValue):)?(.+?)(IfExists)?$/.exec(text);
  const base = match?.[2];
  if (base === undefined || !(base in OPERATORS || (base === 'Null' && match?.[3] === undefined))) return undefined;
  return { set: match?.[1] as 'AllValues' | 'AnyValue' | undefined, base, ifExists: match?.[3] !== undefined };
}

// ---- Grammar ---------------------------------------------------------------------------------------------------------

export interface PolicyContext {
  readonly account: string;
  /** Whether a principal (role, user, provider ARN of our account) exists. */
  readonly exists: (arn: string) => Promise<boolean>;
}

const STATEMENT_FIELDS = new Set([
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
]);

/** Why IAM refuses a document (the message of MalformedPolicyDocument), or undefined if it takes it. */
export async function policyFault(
  text: string,
  kind: 'trust' | 'identity',
  context: PolicyContext,
): Promise<string | undefined> {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch {
    return kind === 'trust' ? 'This policy contains invalid Json' : 'Syntax errors in policy.';
  }
  if (!isObject(document)) return 'Syntax errors in policy.';
  for (const field of Object.keys(document))
    if (!['Version', 'Id', 'Statement'].includes(field)) return 'Syntax errors in policy.';
  // Version may be left out: IAM then takes the older language, 2008-10-17.
  if (document['Version'] !== undefined && document['Version'] !== '2012-10-17' && document['Version'] !== '2008-10-17')
    return 'The policy must contain a valid version string';
  const statements = listOf(document['Statement']);
  if (statements.length === 0) return 'Syntax errors in policy.';
  const sids = new Set<string>();
  for (const statement of statements) {
    if (!isObject(statement)) return 'Syntax errors in policy.';
    const fault =
      statementFault(statement, kind) ?? (kind === 'trust' ? await principalFault(statement, context) : undefined);
    if (fault !== undefined) return fault;
    const sid = statement['Sid'];
    if (typeof sid === 'string' && sid !== '') {
      if (sids.has(sid)) return 'Statement IDs (SID) in a single policy must be unique.';
      sids.add(sid);
    }
  }
  return undefined;
}

function statementFault(statement: JsonObject, kind: 'trust' | 'identity'): string | undefined {
  const has = (field: string): boolean => statement[field] !== undefined;
  for (const field of Object.keys(statement))
    if (!STATEMENT_FIELDS.has(field))
      return kind === 'trust' ? `Has prohibited field ${field}` : 'Syntax errors in policy.';
  if (statement['Effect'] === undefined) return 'Missing required field Effect';
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny')
    return `Invalid effect: ${JSON.stringify(statement['Effect'])}`;
  const sid = statement['Sid'];
  if (sid !== undefined && (typeof sid !== 'string' || !/^[0-9A-Za-z]*$/.test(sid)))
    return `Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*`;
  if (has('Action') === has('NotAction'))
    return has('Action')
      ? 'Syntax errors in policy.'
      : kind === 'trust'
        ? 'Missing required field Action'
        : 'Policy statement must contain actions.';
  const actions = listOf(statement['Action'] ?? statement['NotAction']);
  if (!isStrings(actions)) return 'Syntax errors in policy.';
  if (actions.length === 0)
    return kind === 'trust' ? 'Missing required field Action' : 'Policy statement must contain actions.';
  const conditionProblem = conditionFault(statement['Condition']);
  if (conditionProblem !== undefined) return conditionProblem;
  if (kind === 'trust') {
    for (const field of ['Resource', 'NotResource']) if (has(field)) return `Has prohibited field ${field}`;
    if (has('Principal') === has('NotPrincipal')) return 'Missing required field Principal';
    for (const action of actions)
      if (!/^sts:(assumerole[a-z*?]*|tagsession|setsourceidentity|setcontext)$/i.test(action))
        return 'AssumeRole policy may only specify STS AssumeRole actions.';
    return undefined;
  }
  if (has('Principal') || has('NotPrincipal')) return 'Policy document should not specify a principal.';
  for (const action of actions)
    if (action !== '*' && !/^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action))
      return action.includes(':')
        ? 'The policy failed legacy parsing'
        : 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
  if (has('Resource') === has('NotResource'))
    return has('Resource') ? 'Syntax errors in policy.' : 'Policy statement must contain resources.';
  const resources = listOf(statement['Resource'] ?? statement['NotResource']);
  if (!isStrings(resources)) return 'Syntax errors in policy.';
  if (resources.length === 0) return 'Policy statement must contain resources.';
  for (const resource of resources)
    if (resource !== '*' && !/^arn:/.test(resource)) return `Resource ${resource} must be in ARN format or "*".`;
    else if (resource !== '*' && resource.split(':').length < 6) return 'The policy failed legacy parsing';
  return undefined;
}

function conditionFault(condition: Json | undefined): string | undefined {
  if (condition === undefined) return undefined;
  if (!isObject(condition)) return 'Syntax errors in policy.';
  for (const [operator, keys] of Object.entries(condition)) {
    if (!parseOperator(operator)) return `Invalid Condition type : ${operator}.`;
    if (!isObject(keys)) return 'Syntax errors in policy.';
    for (const values of Object.values(keys))
      if (listOf(values).some((value) => value === null || typeof value === 'object'))
        return 'Syntax errors in policy.';
  }
  return undefined;
}

const FEDERATED_SERVICES = new Set([
  ...['cognito-identity.amazonaws.com', 'accounts.google.com', 'graph.facebook.com', 'www.amazon.com'],
]);

async function principalFault(statement: JsonObject, { account, exists }: PolicyContext): Promise<string | undefined> {
  const principal = statement['Principal'] ?? statement['NotPrincipal'];
  if (principal === '*') return undefined;
  if (!isObject(principal) || Object.keys(principal).length === 0) return 'Invalid principal in policy.';
  for (const [type, value] of Object.entries(principal)) {
    const values = listOf(value);
    if (!isStrings(values) || values.length === 0) return 'Invalid principal in policy.';
    for (const name of values) {
      const valid =
        type === 'AWS'
          ? await isAwsPrincipal(name, account, exists)
          : type === 'Federated'
            ? FEDERATED_SERVICES.has(name) || (isProvider(name, account) && (await exists(name)))
            : type === 'Service'
              ? /^[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|aws\.internal)$/.test(name)
              : type === 'CanonicalUser';
      if (!valid) return `Invalid principal in policy: "${type}":"${name}"`;
    }
  }
  return undefined;
}

/** An identity provider of the role's own account; one of another account cannot be trusted. */
const isProvider = (arn: string, account: string): boolean =>
  new RegExp(`^arn:aws:iam::${account}:(oidc-provider|saml-provider)/\\S+$`).test(arn);

async function isAwsPrincipal(name: string, account: string, exists: PolicyContext['exists']): Promise<boolean> {
  if (name === '*' || /^\d{12}$/.test(name)) return true;
  const match = /^arn:aws:(?:iam|sts)::(\d{12}):(root|user\/.+|role\/.+|assumed-role\/.+|federated-user\/.+)$/.exec(
    name,
  );
  if (!match) return false;
  const mustExist = match[1] === account && /^(user|role)\//.test(match[2] ?? '');
  return !mustExist || exists(name);
}

// ---- Evaluation of a trust policy -------------------------------------------------------------------------------------

/** Context keys in lower case, with their values. A key that is absent from the request is absent here. */
export type Context = ReadonlyMap<string, readonly string[]>;

export interface TrustRequest {
  /** ARN of the OIDC provider that vouches for the caller. */
  readonly provider: string;
  readonly action: string;
  readonly context: Context;
}

/** Whether a role's trust policy lets the web identity assume the role. An explicit Deny wins. */
export function trusts(policy: string, request: TrustRequest): boolean {
  const document = JSON.parse(policy) as JsonObject;
  const applying = listOf(document['Statement'])
    .filter(isObject)
    .filter((statement) => applies(statement, request));
  return (
    applying.some((statement) => statement['Effect'] === 'Allow') &&
    !applying.some((statement) => statement['Effect'] === 'Deny')
  );
}

function applies(statement: JsonObject, { provider, action, context }: TrustRequest): boolean {
  const actionMatches = (field: string): boolean =>
    textsOf(statement[field]).some((pattern) => like(action.toLowerCase(), pattern.toLowerCase()));
  if (statement['Action'] === undefined ? actionMatches('NotAction') : !actionMatches('Action')) return false;
  if (statement['Principal'] === undefined) {
    if (principalMatches(statement['NotPrincipal'], provider, true)) return false;
  } else if (!principalMatches(statement['Principal'], provider, statement['Effect'] === 'Deny')) return false;
  return conditionsHold(statement, context);
}

function conditionsHold(statement: JsonObject, context: Context): boolean {
  const condition = statement['Condition'];
  return (
    !isObject(condition) ||
    Object.entries(condition).every(
      ([operator, keys]) =>
        isObject(keys) &&
        Object.entries(keys).every(([key, wanted]) =>
          conditionHolds(operator, context.get(key.toLowerCase()), textsOf(wanted), context),
        ),
    )
  );
}

// ---- Evaluation of identity policies -----------------------------------------------------------------------------------

/** Whether the policies of a role allow an action on a resource (an ARN). An explicit Deny wins. */
export function permits(
  policies: readonly string[],
  { action, resource, context }: { readonly action: string; readonly resource: string; readonly context: Context },
): boolean {
  const matches = (statement: JsonObject, field: 'Action' | 'Resource', value: string): boolean => {
    const negated = statement[field] === undefined;
    // Actions are compared without regard to case, resources with it.
    const fold = (text: string): string => (field === 'Action' ? text.toLowerCase() : text);
    const hit = textsOf(statement[negated ? `Not${field}` : field])
      .map((text) => substitute(text, context))
      .some((pattern) => pattern !== undefined && like(fold(value), fold(pattern)));
    return hit !== negated;
  };
  const applying = policies
    .flatMap((policy) => listOf((JSON.parse(policy) as JsonObject)['Statement']).filter(isObject))
    .filter(
      (statement) =>
        matches(statement, 'Action', action) &&
        matches(statement, 'Resource', resource) &&
        conditionsHold(statement, context),
    );
  const effect = (wanted: string): boolean => applying.some((statement) => statement['Effect'] === wanted);
  return effect('Allow') && !effect('Deny');
}

/** "*" stands for AWS principals and so allows no web identity, while a Deny on "*" denies everyone. */
function principalMatches(principal: Json | undefined, provider: string, everyone: boolean): boolean {
  if (principal === '*') return everyone;
  if (!isObject(principal)) return false;
  return textsOf(principal['Federated']).includes(provider) || (everyone && textsOf(principal['AWS']).includes('*'));
}

function conditionHolds(
  operatorText: string,
  actual: readonly string[] | undefined,
  wantedTexts: readonly string[],
  context: Context,
): boolean {
  const parsed = parseOperator(operatorText);
  if (!parsed) return false;
  const present = actual !== undefined && actual.length > 0;
  if (parsed.base === 'Null') return wantedTexts.some((wanted) => (wanted.toLowerCase() === 'true') !== present);
  const operator = OPERATORS[parsed.base];
  if (!operator) return false;
  if (!present) {
    if (parsed.ifExists || parsed.set === 'AllValues') return true;
    return parsed.set === 'AnyValue' ? false : operator.negated;
  }
  const wanted = wantedTexts.map((text) => substitute(text, context)).filter((text) => text !== undefined);
  const holds = (value: string): boolean => wanted.some((text) => operator.test(value, text)) !== operator.negated;
  return parsed.set === 'AnyValue' || (parsed.set === undefined && !operator.negated)
    ? actual.some(holds)
    : actual.every(holds);
}

/** Fills in policy variables such as ${aws:username}; undefined where the request has no such key, which matches nothing. */
function substitute(text: string, context: Context): string | undefined {
  let known = true;
  const filled = text.replace(/\$\{([^*?$}][^}]*)\}/g, (_all, key: string) => {
    const value = context.get(key.toLowerCase());
    if (value?.length !== 1) known = false;
    return value?.[0] ?? '';
  });
  return known ? filled : undefined;
}
