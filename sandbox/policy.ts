// IAM policy documents as AWS reads them: the grammar that IAM refuses a document by, and the evaluation of a role's trust
// policy for a web identity and of its permissions for a call. Written from the AWS documentation and independent of src/core on
// purpose: a mistake in one must not hide in the other.
// Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "Policy evaluation logic", "Version"; aws/aws-cdk#5732.
import { conditionHolds, isOperator, like, resourceMatches, type Context, type Reading } from './conditions.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: Json | undefined): Json[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const isStrings = (values: readonly Json[]): values is string[] => values.every((value) => typeof value === 'string');
const textsOf = (value: Json | undefined): string[] =>
  listOf(value).map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));

// ---- Grammar ---------------------------------------------------------------------------------------------------------

export interface PolicyContext {
  readonly account: string;
  /** Whether something of our account (role, user, OIDC provider, managed policy) exists. */
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
  for (const action of actions) {
    // What stands behind the colon is stored as it is, though it may be the name of nothing.
    const [vendor = '', ...names] = action.split(':');
    if (action === '*') continue;
    if (names.length === 0) return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
    if (names.length > 1) return 'Actions/Condition can contain only one colon.';
    if (vendor !== '*' && !/^[a-zA-Z0-9.-]+$/.test(vendor)) return `Vendor ${vendor} is not valid`;
  }
  if (has('Resource') === has('NotResource'))
    return has('Resource') ? 'Syntax errors in policy.' : 'Policy statement must contain resources.';
  const resources = listOf(statement['Resource'] ?? statement['NotResource']);
  if (!isStrings(resources)) return 'Syntax errors in policy.';
  if (resources.length === 0) return 'Policy statement must contain resources.';
  for (const resource of resources)
    if (resource !== '*' && !/^arn:/.test(resource)) return `Resource ${resource} must be in ARN format or "*".`;
    // A short ARN counts as completed with wildcards, unless it leaves a field empty.
    else if (resource !== '*' && resource.split(':').length < 6 && resource.includes('::'))
      return 'The policy failed legacy parsing';
  return undefined;
}

function conditionFault(condition: Json | undefined): string | undefined {
  if (condition === undefined) return undefined;
  if (!isObject(condition)) return 'Syntax errors in policy.';
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isObject(keys)) return 'Syntax errors in policy.';
    // One that there is not is stored where nothing stands below it.
    if (!isOperator(operator) && Object.keys(keys).length > 0) return `Invalid Condition type : ${operator}.`;
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
  // Only a policy of a resource may say so.
  if (principal === '*') return 'Invalid principal in policy: "STAR":"*"';
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
      if (!valid) return `Invalid principal in policy: "${type.toUpperCase()}":"${name}"`;
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

/** The actions of S3 that are about objects. Source: Service Authorization Reference, S3. */
const OBJECT_ACTION =
  /^s3:(Abort|(Get|Put|Delete|Restore|Replicate|Update)Object(?!LambdaAccessPoint)|ListMultipartUploadParts|BypassGovernance)/i;

/** Why S3 refuses the policy of a bucket (the message of MalformedPolicy), or undefined if it takes it. */
export async function bucketPolicyFault(
  text: string,
  bucket: string,
  context: PolicyContext,
): Promise<string | undefined> {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch {
    document = null;
  }
  if (!isObject(document) || !text.startsWith('{')) return "Policies must be valid JSON and the first byte must be '{'";
  for (const field of Object.keys(document))
    if (!['Version', 'Id', 'Statement'].includes(field)) return `Unknown field ${field}`;
  if (document['Version'] !== undefined && document['Version'] !== '2012-10-17' && document['Version'] !== '2008-10-17')
    return 'The policy must contain a valid version string';
  const statements = listOf(document['Statement']);
  if (statements.length === 0) return 'Missing required field Statement';
  const arn = `arn:aws:s3:::${bucket}`;
  for (const statement of statements) {
    if (!isObject(statement)) return "Policies must be valid JSON and the first byte must be '{'";
    for (const field of Object.keys(statement)) if (!STATEMENT_FIELDS.has(field)) return `Unknown field ${field}`;
    if (statement['Effect'] === undefined) return 'Missing required field Effect';
    if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny')
      return `Invalid effect: ${JSON.stringify(statement['Effect'])}`;
    const principal = statement['Principal'] ?? statement['NotPrincipal'];
    if (principal === undefined) return 'Missing required field Principal';
    if (principal !== '*' && (await principalFault(statement, context)) !== undefined)
      return 'Invalid principal in policy';
    const actions = listOf(statement['Action'] ?? statement['NotAction']);
    if (actions.length === 0) return 'Missing required field Action';
    if (!isStrings(actions) || actions.some((action) => !/^(\*|s3:[a-z*?]+)$/i.test(action)))
      return 'Policy has invalid action';
    const resources = listOf(statement['Resource'] ?? statement['NotResource']);
    if (resources.length === 0) return 'Missing required field Resource';
    if (!isStrings(resources) || resources.some((one) => !like(arn, one.split('/')[0] ?? '')))
      return 'Policy has invalid resource';
    const ofObjects = resources.some((one) => one.includes('/') || one.includes('*'));
    const ofBucket = resources.some((one) => like(arn, one));
    if (
      actions.some((action) => !/[*?]/.test(action) && !(OBJECT_ACTION.test(action) ? ofObjects : ofBucket)) &&
      statement['NotAction'] === undefined
    )
      return 'Action does not apply to any resource(s) in statement';
    const fault = conditionFault(statement['Condition']);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * Whether S3 takes the policy of a bucket for public: it lets everyone in, and no condition holds them to fixed values.
 * Source: S3 User Guide, "The meaning of public".
 */
export function isPublic(policy: string): boolean {
  let document: Json;
  try {
    document = JSON.parse(policy) as Json;
  } catch {
    return false;
  }
  return listOf(isObject(document) ? document['Statement'] : undefined)
    .filter(isObject)
    .some(({ Effect, Principal, Condition }) => {
      const names = Principal === '*' ? ['*'] : isObject(Principal) ? textsOf(Principal['AWS']) : [];
      if (Effect !== 'Allow' || !names.includes('*')) return false;
      const keys = isObject(Condition)
        ? Object.values(Condition)
            .filter(isObject)
            .flatMap((one) => Object.keys(one))
        : [];
      return !keys.some((key) => CONFINING.has(key.toLowerCase()));
    });
}
const CONFINING = new Set([
  ...['aws:sourceip', 'aws:sourcearn', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:sourceowner', 'aws:sourceaccount'],
  ...['aws:principalorgid', 'aws:principalarn', 'aws:principalaccount', 'aws:userid', 's3:dataaccesspointarn'],
]);

// ---- Evaluation ------------------------------------------------------------------------------------------------------

interface Statement {
  readonly statement: JsonObject;
  readonly reading: Reading;
}
/** The statements of a document, with the way in which its Version has them read. */
function statementsOf(policy: string, context: Context): Statement[] {
  const document = JSON.parse(policy) as JsonObject;
  const reading = { context, variables: document['Version'] === '2012-10-17' };
  return listOf(document['Statement'])
    .filter(isObject)
    .map((statement) => ({ statement, reading }));
}

/** What a policy says of a request: an explicit Deny wins; undefined where it says nothing. */
export type Verdict = 'allow' | 'deny' | undefined;

function verdictOf(applying: readonly Statement[]): Verdict {
  const effect = (wanted: string): boolean => applying.some(({ statement }) => statement['Effect'] === wanted);
  return effect('Deny') ? 'deny' : effect('Allow') ? 'allow' : undefined;
}

export interface TrustRequest {
  /** ARN of the OIDC provider that vouches for the caller. */
  readonly provider: string;
  readonly action: string;
  readonly context: Context;
}

/** Whether a role's trust policy lets the web identity assume the role. */
export function trusts(policy: string, { provider, action, context }: TrustRequest): boolean {
  const verdict = verdictOf(
    statementsOf(policy, context).filter(({ statement, reading }) => {
      if (!actionApplies(statement, action) || !conditionsHold(statement, reading)) return false;
      return statement['Principal'] === undefined
        ? !principalMatches(statement['NotPrincipal'], provider, true)
        : principalMatches(statement['Principal'], provider, statement['Effect'] === 'Deny');
    }),
  );
  return verdict === 'allow';
}

export interface Request {
  readonly action: string;
  /** An ARN, or `*` for an action that is about no resource. */
  readonly resource: string;
  readonly context: Context;
}
const concerns = ({ statement, reading }: Statement, { action, resource }: Request): boolean =>
  actionApplies(statement, action) &&
  elementApplies(statement, 'Resource', (pattern) => resourceMatches(resource, pattern, reading)) &&
  conditionsHold(statement, reading);

/** What the policies of a caller say. */
export const identityVerdict = (policies: readonly string[], request: Request): Verdict =>
  verdictOf(
    policies
      .flatMap((policy) => statementsOf(policy, request.context))
      .filter((statement) => concerns(statement, request)),
  );
/** Whether the policies of a role allow an action on a resource. */
export const permits = (policies: readonly string[], request: Request): boolean =>
  identityVerdict(policies, request) === 'allow';

/** A policy of an organization. */
export interface Guard {
  readonly arn: string;
  /** JSON text. */
  readonly document: string;
}
/**
 * What the policies of an organization take from a request: `deny` names the one that denies it; `nothing`: at one of the levels, from the
 * root down to the account, none allows it. Source: AWS Organizations User Guide, "SCP evaluation".
 */
export function organizationFault(
  levels: readonly (readonly Guard[])[],
  request: Request,
): { readonly deny: string } | 'nothing' | undefined {
  const said = levels.map((guards) =>
    guards.map(({ arn, document }) => ({ arn, verdict: identityVerdict([document], request) })),
  );
  const denying = said.flat().find(({ verdict }) => verdict === 'deny');
  if (denying !== undefined) return { deny: denying.arn };
  return said.every((level) => level.some(({ verdict }) => verdict === 'allow')) ? undefined : 'nothing';
}

/** Who calls, to the policy of a resource. */
export interface Principal {
  readonly account: string;
  /** The user, or the session of a role. */
  readonly arn: string;
  /** The user, or the role of the session. */
  readonly principal: string;
}
/**
 * What the policy of a resource says of a caller: it denies, it lets this caller in (`itself`), or it leaves it to the caller's
 * account (`account`), whose own policies then decide.
 */
export function resourceVerdict(
  policy: string,
  request: Request,
  who: Principal,
): 'deny' | 'itself' | 'account' | undefined {
  const applying = statementsOf(policy, request.context)
    .filter((statement) => concerns(statement, request))
    .map(({ statement }) => ({ effect: statement['Effect'], how: named(statement, who) }))
    .filter(({ how }) => how !== undefined);
  if (applying.some(({ effect }) => effect === 'Deny')) return 'deny';
  return applying.some(({ how }) => how === 'itself') ? 'itself' : applying[0]?.how;
}

/** How a statement names a caller; an account, or its root, stands for all in it. */
function named(statement: JsonObject, who: Principal): 'itself' | 'account' | undefined {
  const among = (element: Json | undefined): 'itself' | 'account' | undefined => {
    const names = element === '*' ? ['*'] : isObject(element) ? textsOf(element['AWS']) : [];
    if (names.some((name) => name === '*' || name === who.arn || name === who.principal)) return 'itself';
    return names.some((name) => name === who.account || name === `arn:aws:iam::${who.account}:root`)
      ? 'account'
      : undefined;
  };
  if (statement['Principal'] !== undefined) return among(statement['Principal']);
  return among(statement['NotPrincipal']) === undefined ? 'itself' : undefined;
}

/** Whether a statement is about something by an element, or by the one that names what it is not about. */
function elementApplies(statement: JsonObject, element: string, named: (pattern: string) => boolean): boolean {
  const patterns = statement[element];
  return patterns === undefined ? !textsOf(statement[`Not${element}`]).some(named) : textsOf(patterns).some(named);
}

/** Actions are compared without regard to case. */
const actionApplies = (statement: JsonObject, action: string): boolean =>
  elementApplies(statement, 'Action', (pattern) => like(action.toLowerCase(), pattern.toLowerCase()));

/** "*" stands for AWS principals and so allows no web identity, while a Deny on "*" denies everyone. */
function principalMatches(principal: Json | undefined, provider: string, everyone: boolean): boolean {
  if (principal === '*') return everyone;
  if (!isObject(principal)) return false;
  return textsOf(principal['Federated']).includes(provider) || (everyone && textsOf(principal['AWS']).includes('*'));
}

function conditionsHold(statement: JsonObject, reading: Reading): boolean {
  const condition = statement['Condition'];
  return (
    !isObject(condition) ||
    Object.entries(condition).every(
      ([operator, keys]) =>
        isObject(keys) &&
        Object.entries(keys).every(([key, wanted]) =>
          conditionHolds(operator, reading.context.get(key.toLowerCase()), textsOf(wanted), reading),
        ),
    )
  );
}
