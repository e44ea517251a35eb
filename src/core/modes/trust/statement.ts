import { type DocEntry, type DocNode, HOLE } from '../../document/node.ts';
import type { PolicyContext } from '../../finding.ts';
import type { AdmittedTokens } from '../../policy/tokens.ts';
import { whoGetsIn, type WhoGetsIn } from '../../policy/access.ts';
import { AUDIENCE, issuerOf } from '../../policy/build.ts';
import { isUnknown, LONGEST, type Statement, type Test, type Text, toJson } from '../../policy/model.ts';
import { fillIn, placeholdersIn } from '../../policy/placeholder.ts';

/** Hosts of EKS's issuers, also misspelt. Source: EKS User Guide, service-accounts, "dual-stack endpoints". */
export const EKS_HOST = /(^|[/.:@])(oidc\.eks\.|oidc-eks\.|oidc\.[a-z0-9-]+\.eks\.)/i;

export const SWAPPED_HOST = /^oidc\.(?<region>[a-z0-9-]+)\.eks\.(?<suffix>amazonaws\.com(\.cn)?)(?=\/|$)/i;

export const ISSUER = /^(oidc\.eks|oidc-eks)\.(?<region>[a-z0-9-]+)\.[a-z0-9.-]+\/id\/[A-Za-z0-9]+$/;

/** Placeholders that stand for the issuer of another OIDC provider than EKS. */
const OTHER_ISSUER = /git|bitbucket|circle|terraform|tfc|cognito|google|okta|auth0/i;

/** RFC 1123: a namespace is a label, the name of a service account a subdomain. */
export const WHOLE_SUBJECT =
  /^system:serviceaccount:(?<namespace>[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?):[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The claims of a token that a statement tests: keys `<issuer>:<claim>`. */
export const CLAIM = /:(?<claim>aud|sub|amr|azp|oaud|email)$/i;

/** One statement that trusts the OIDC provider of an EKS cluster, with what is known of it. */
export interface EksStatement {
  readonly statement: Statement;
  /** What stands under Principal.Federated, and providers that stand elsewhere. */
  readonly providers: readonly Text[];
  /** Host and path of the issuer as it should stand everywhere in the statement; undefined when that is not known. */
  readonly issuer: string | undefined;
  readonly claims: readonly Claim[];
}

/** A test of a claim of the token. */
interface Claim {
  readonly test: Test;
  readonly claim: string;
  /** What stands before the claim in the key. */
  readonly issuer: string;
  /** The operator without `ForAllValues:` and `IfExists`, lower-case. */
  readonly operator: string;
  readonly forAll: boolean;
  readonly ifExists: boolean;
}

/**
 * Whether the statement is one of a resource control policy or of the policy of an endpoint: about everybody, with resources.
 * They name issuers as well, and none of this is about them.
 */
export function isOfAnotherKind({ principal, resource, notResource }: Statement): boolean {
  if (resource === undefined && notResource === undefined) return false;
  const who = principal === undefined ? undefined : toJson(principal.value);
  return who === '*' || principals({ principal }, 'AWS').some(({ texts }) => texts.some(({ text }) => text === '*'));
}

/** Who gets in, by the policy as IAM will read it: placeholders filled in as far as they are known, the rest as holes. */
export interface Access {
  readonly policy: unknown;
  readonly who: WhoGetsIn;
  /** Whom a statement lets in, when all of them are considered; `undefined`: it alone lets in nobody, so it is for nobody to say. */
  readonly of: (statement: Statement) => readonly AdmittedTokens[] | undefined;
}

export function readAccess(root: DocNode, statements: readonly Statement[], { variables }: PolicyContext): Access {
  const version = root.type === 'object' ? root.entries.findLast(({ key }) => key.value === 'Version') : undefined;
  const json = statements.map((statement) => statementJson(statement, variables));
  const policyOf = (some: readonly unknown[]): unknown => ({
    Version: version?.value.type === 'string' ? version.value.value : undefined,
    Statement: some,
  });
  const policy = policyOf(json);
  const who = whoGetsIn(policy);
  const byTokens = (one: WhoGetsIn): AdmittedTokens[] =>
    one.admitted.flatMap((admitted) => ('subjects' in admitted ? [admitted] : []));
  const admitted = statements.map((_, index) => {
    let its: readonly AdmittedTokens[] | undefined | null = null;
    return (): readonly AdmittedTokens[] | undefined => {
      if (its !== null) return its;
      const alone = statements.length === 1 ? who : whoGetsIn(policyOf([json[index]]));
      return (its = byTokens(alone).length === 0 ? undefined : byTokens(who).filter((one) => one.statement === index));
    };
  });
  return { policy, who, of: (statement) => admitted[statements.indexOf(statement)]?.() };
}

/** A statement as IAM reads it, with its elements as they are meant. */
function statementJson(statement: Statement, variables: PolicyContext['variables']): Record<string, unknown> {
  const { effect, principal, notPrincipal, action, notAction, tests } = statement;
  const value = (node: DocNode | undefined): unknown => (node === undefined ? undefined : filled(node, variables));
  const open = statement.condition !== undefined && statement.condition.value.type !== 'object';
  const condition: Record<string, Record<string, unknown>> = {};
  for (const { operator, key, entry } of tests) {
    const block = (condition[String(operator.value)] ??= {});
    block[fillIn(key.text, variables)] = value(entry.value);
  }
  const hidden = statement.condition?.value.type === 'object' && hasUnknownTests(statement.condition.value);
  const elements: Record<string, unknown> = {
    Effect: effect ?? 'Allow',
    Principal: value(principal?.value),
    NotPrincipal: value(notPrincipal?.value),
    Action: value(action?.entry.value),
    NotAction: value(notAction?.entry.value),
    Condition: open || hidden ? HOLE : Object.keys(condition).length === 0 ? undefined : condition,
  };
  return Object.fromEntries(Object.entries(elements).filter(([, element]) => element !== undefined));
}

/** Whether a part of a condition is decided elsewhere, so that there may be tests that are not seen. */
export const hasUnknownTests = (condition: DocNode): boolean =>
  condition.type === 'object' &&
  condition.entries.some(
    ({ key, value }) =>
      String(key.value).includes(HOLE) ||
      String(key.value).startsWith('Fn::') ||
      value.type !== 'object' ||
      value.entries.some((entry) => entry.key.value === HOLE),
  );

/** A value with its placeholders filled in; what is decided elsewhere as a hole. */
export function filled(node: DocNode, variables: PolicyContext['variables']): unknown {
  if (isUnknown(node)) return HOLE;
  if (node.type === 'array') return node.items.map((item) => filled(item, variables));
  if (node.type !== 'object') return node.type === 'string' ? fillIn(String(node.value), variables) : node.value;
  return Object.fromEntries(node.entries.map(({ key, value }) => [String(key.value), filled(value, variables)]));
}

/** The principals of a kind: `Federated`, `AWS`, `Service`. */
export function principals(
  { principal }: Pick<Statement, 'principal'>,
  kind: string,
): { entry: DocEntry; texts: Text[] }[] {
  if (principal?.value.type !== 'object') return [];
  return principal.value.entries.flatMap((entry) => {
    if (String(entry.key.value).toLowerCase() !== kind.toLowerCase()) return [];
    const nodes = entry.value.type === 'array' ? entry.value.items : [entry.value];
    const texts = nodes.flatMap((node) => (node.type === 'string' ? [{ text: String(node.value), node }] : []));
    return [{ entry, texts }];
  });
}

/** Whether a principal is an OIDC provider, or was meant to be one. */
export const isProvider = (principal: string): boolean =>
  principal.includes('oidc-provider/') || EKS_HOST.test(principal);

/** An issuer without what does not belong there: scheme, port, slash at the end, swapped host. */
export function mendIssuer(issuer: string): string {
  return issuer
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/^([^/]*):443(?=\/|$)/, '$1')
    .replace(/\/+$/, '')
    .replace(SWAPPED_HOST, 'oidc.eks.$<region>.$<suffix>');
}

function readClaims({ tests }: Statement): Claim[] {
  return tests.flatMap((test): Claim[] => {
    const { index = 0, groups: { claim } = {} } = CLAIM.exec(test.key.text) ?? {};
    const issuer = test.key.text.slice(0, index);
    if (claim === undefined || /^(aws|sts|saml|s3)$/i.test(issuer)) return [];
    const operator = String(test.operator.value).toLowerCase();
    return [
      {
        test,
        claim: claim.toLowerCase(),
        issuer,
        operator: operator.replace(/^forallvalues:|^foranyvalue:/, '').replace(/ifexists$/, ''),
        forAll: operator.startsWith('forallvalues:'),
        ifExists: operator.endsWith('ifexists'),
      },
    ];
  });
}

/** The statement if it is about the OIDC provider of an EKS cluster. */
export function readEks(statement: Statement, { variables, issuer: cluster }: PolicyContext): EksStatement[] {
  const federated = principals(statement, 'Federated').flatMap(({ texts }) => texts);
  const claims = readClaims(statement);
  const everyone = ['AWS', 'Service'].flatMap((kind) => principals(statement, kind).flatMap(({ texts }) => texts));
  const providers = [...federated, ...everyone.filter(({ text }) => isProvider(text))];
  const texts = [...providers, ...claims.flatMap(({ test }) => [test.key, ...test.values.texts])];
  if (texts.some(({ text }) => text.length > LONGEST)) return [];
  const fill = (text: string): string => fillIn(text, variables);

  const issuers = [...providers.map(({ text }) => issuerOf(fill(text))), ...claims.map(({ issuer }) => fill(issuer))];
  const named = issuers.some((issuer) => EKS_HOST.test(issuer) || issuer === cluster);
  const values = claims.filter(({ claim }) => claim === 'sub').flatMap(({ test }) => test.values.texts);
  // Also where they stand under aud, by mistake.
  const audiences = claims.filter(({ claim }) => claim === 'aud').flatMap(({ test }) => test.values.texts);
  const subjects = [...values, ...audiences].some(({ text }) => /^\s*system:serviceaccount/i.test(text));
  // What an expression gives is not known; its names tell what it is about.
  const derived = [...providers, ...claims.map(({ test }) => test.key)].flatMap(({ text, node }) =>
    text.includes(HOLE) ? [node.source.text.slice(node.start, node.end)] : [],
  );
  // The issuer is a placeholder: EKS if nothing speaks for another one and the token's audience is that of IRSA.
  const open =
    values.length === 0 &&
    (providers.some(({ text }) => placeholdersIn(issuerOf(text)).some(({ start }) => start === 0)) ||
      derived.some((text) => /eks|cluster/i.test(text))) &&
    ![...providers.map(({ text }) => text), ...derived].some((text) => OTHER_ISSUER.test(text)) &&
    claims.some(({ claim, test }) => claim === 'aud' && test.values.texts.some(({ text }) => text === AUDIENCE));
  if (!named && !subjects && !open) return [];

  const [provider] = providers;
  const tail = mendIssuer(issuerOf(fill(provider?.text ?? '')));
  const known = /^[A-Za-z0-9.-]+(\/[\w./-]*)?$/.test(tail);
  return [{ statement, providers, claims, issuer: known ? tail : undefined }];
}

/** With one statement or one provider, and a known cluster, the cluster's issuer is the right one. */
export function withCluster(statements: readonly EksStatement[], { issuer }: PolicyContext): readonly EksStatement[] {
  const isOnly = statements.length === 1;
  if (issuer === undefined || (!isOnly && statements.flatMap(({ providers }) => providers).length > 1))
    return statements;
  return statements.map((one) => (isOnly || one.providers.length > 0 ? { ...one, issuer } : one));
}

/** Names of condition keys are compared without regard to case (IAM User Guide). */
export const isSameKey = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

export const EQUALS = new Set(['stringequals', 'stringequalsignorecase']);

export const POSITIVE = new Set([...EQUALS, 'stringlike']);

export const SUBJECT_LIKE = /^\s*system:serviceaccounts?[:/]/i;

/** Whether the text may still become anything: placeholders and policy variables have rules of their own. */
export const isOpen = (text: string): boolean =>
  text.includes(HOLE) || placeholdersIn(text).length > 0 || /\$\{/.test(text);
