import { fieldRange, parseArn } from '../arn/arn.ts';
import { partitionById, partitionOfRegion } from '../arn/partitions.ts';
import { isPattern, patternMatches, templateMatcher } from '../arn/pattern.ts';
import {
  addEntries,
  addEntry,
  addItems,
  endOfLine,
  holdsComment,
  isBlock,
  removeItems,
  renameKey,
  replaceValue,
} from '../document/edit.ts';
import { type DocEntry, type DocNode, HOLE } from '../document/node.ts';
import {
  accessWords,
  audienceFits,
  isEveryone,
  subjectFits,
  whoGetsIn,
  type AdmittedTokens,
  type WhoGetsIn,
} from '../policy/access.ts';
import { closest } from '../policy/actions.ts';
import { AUDIENCE, canonicalPolicy, subject } from '../policy/build.ts';
import { issuerOf, mayAssume, refusedPrincipal } from '../policy/evaluate.ts';
import {
  checkTemplates,
  finding,
  firstKey,
  isUnknown,
  LONGEST,
  fix,
  part,
  policySize,
  readPolicy,
  type Statement,
  type Test,
  type Text,
  toJson,
} from '../policy/model.ts';
import { fillIn, placeholdersIn } from '../policy/placeholder.ts';
import type { Edit, Finding, Fix, PolicyContext } from './types.ts';

/** Characters without white space that a trust policy has by default, and at most (EKS Best Practices Guide, known limits). */
const TRUST_QUOTA = { usual: 2048, largest: 8192 };
const ACTION = 'sts:AssumeRoleWithWebIdentity';
/** Actions that may stand beside it: they set what a session carries and let nobody in (IAM User Guide, session tags). */
const COMPANIONS = new Set(['sts:tagsession', 'sts:setsourceidentity', 'sts:setcontext']);
/** The actions that a trust policy can name (Service Authorization Reference, STS). */
const TRUST_ACTIONS = [ACTION, 'sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'];

/** Hosts of EKS's issuers, also misspelt. Source: EKS User Guide, service-accounts, "dual-stack endpoints". */
const EKS_HOST = /(^|[/.:@])(oidc\.eks\.|oidc-eks\.|oidc\.[a-z0-9-]+\.eks\.)/i;
const SWAPPED_HOST = /^oidc\.(?<region>[a-z0-9-]+)\.eks\.(?<suffix>amazonaws\.com(\.cn)?)(?=\/|$)/i;
const ISSUER = /^(oidc\.eks|oidc-eks)\.(?<region>[a-z0-9-]+)\.[a-z0-9.-]+\/id\/[A-Za-z0-9]+$/;
/** Placeholders that stand for the issuer of another OIDC provider than EKS. */
const OTHER_ISSUER = /git|bitbucket|circle|terraform|tfc|cognito|google|okta|auth0/i;

/** Values of `aud` that were meant to be the usual one. */
const NEAR_AUDIENCE = /^\s*(https?:\/\/)?sts\.amazonaws\.com[\s/]*$/i;

const SUBJECT = 'system:serviceaccount:';
/** RFC 1123: a namespace is a label, the name of a service account a subdomain. */
const WHOLE_SUBJECT =
  /^system:serviceaccount:(?<namespace>[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?):[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Whether a pattern fits the subject of some service account. */
const mayBeSubject = templateMatcher('system:serviceaccount:{label}:{name}', {
  label: /[a-z0-9-]/,
  name: /[a-z0-9.-]/,
});

/** The claims of a token that a statement tests: keys `<issuer>:<claim>`. */
const CLAIM = /:(?<claim>aud|sub|amr|azp|oaud|email)$/i;

/** One statement that trusts the OIDC provider of an EKS cluster, with what is known of it. */
interface EksStatement {
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
 * Judges a trust policy. Only statements that trust an EKS OIDC provider are judged by the rules of EKS: trust in services,
 * accounts, SAML and other OIDC providers is nobody's mistake here. Never throws.
 */
export function checkTrustPolicy(root: DocNode, context: PolicyContext = {}): Finding[] {
  const policy = readPolicy(root, 'trust');
  if (policy.statements.some(isOfAnotherKind)) return [];
  const allowed = policy.statements.filter(({ effect }) => effect !== 'Deny');
  const eks = allowed.flatMap((statement) => readEks(statement, context));
  const clusters = withCluster(eks, context);
  const access = readAccess(root, policy.statements, context);
  const findings = [
    ...policy.findings,
    ...policy.statements.flatMap((statement) => checkForm(statement, context)),
    ...clusters.flatMap((one) => [
      ...checkPlaceholders(one, context),
      ...checkProvider(one, context),
      ...checkPrincipal(one),
      ...checkAction(one),
      ...checkKeys(one),
      ...checkClaims(one, access, context),
      ...checkSubjects(one, access, context),
      ...checkAudience(one),
    ]),
    ...checkCluster(clusters, context),
  ];
  return [
    ...findings,
    ...checkProfile(clusters, access, findings, context),
    ...checkController(policy.statement, policy.statements, eks, context),
    ...checkSize(root, policy.statement, eks),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
}

/**
 * Whether the statement is one of a resource control policy or of the policy of an endpoint: about everybody, with resources.
 * They name issuers as well, and none of this is about them.
 */
function isOfAnotherKind({ principal, resource, notResource }: Statement): boolean {
  if (resource === undefined && notResource === undefined) return false;
  const who = principal === undefined ? undefined : toJson(principal.value);
  return who === '*' || principals({ principal }, 'AWS').some(({ texts }) => texts.some(({ text }) => text === '*'));
}

/** Who gets in, by the policy as IAM will read it: placeholders filled in as far as they are known, the rest as holes. */
interface Access {
  readonly policy: unknown;
  readonly who: WhoGetsIn;
  /** Whom a statement lets in, when all of them are considered; `undefined`: it alone lets in nobody, so it is for nobody to say. */
  readonly of: (statement: Statement) => readonly AdmittedTokens[] | undefined;
}

function readAccess(root: DocNode, statements: readonly Statement[], { variables }: PolicyContext): Access {
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
  const alone = (statement: Statement): AdmittedTokens[] =>
    byTokens(whoGetsIn(policyOf([json[statements.indexOf(statement)]])));
  return {
    policy,
    who,
    of: (statement) => {
      if (alone(statement).length === 0) return undefined;
      const index = statements.indexOf(statement);
      return byTokens(who).filter((one) => one.statement === index);
    },
  };
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
const hasUnknownTests = (condition: DocNode): boolean =>
  condition.type === 'object' &&
  condition.entries.some(
    ({ key, value }) =>
      String(key.value).includes(HOLE) ||
      String(key.value).startsWith('Fn::') ||
      value.type !== 'object' ||
      value.entries.some((entry) => entry.key.value === HOLE),
  );

/** A value with its placeholders filled in; what is decided elsewhere as a hole. */
function filled(node: DocNode, variables: PolicyContext['variables']): unknown {
  if (isUnknown(node)) return HOLE;
  if (node.type === 'array') return node.items.map((item) => filled(item, variables));
  if (node.type !== 'object') return node.type === 'string' ? fillIn(String(node.value), variables) : node.value;
  return Object.fromEntries(node.entries.map(({ key, value }) => [String(key.value), filled(value, variables)]));
}

/** Principals of a form that IAM refuses. */
function checkForm(statement: Statement, { variables }: PolicyContext): Finding[] {
  const entry = statement.principal ?? statement.notPrincipal;
  const isSts = statement.action?.texts.some(({ text }) => /^sts:/i.test(text)) === true;
  if (entry === undefined || !isSts || isUnknown(entry.value)) return [];
  const why = refusedPrincipal(filled(entry.value, variables));
  if (why === undefined) return [];
  const range = entry.value.end > entry.value.start ? entry.value : entry.key;
  return [finding('P-SYNTAX', 'error', range, `IAM refuses this policy: ${why}.`)];
}

/** The principals of a kind: `Federated`, `AWS`, `Service`. */
function principals({ principal }: Pick<Statement, 'principal'>, kind: string): { entry: DocEntry; texts: Text[] }[] {
  if (principal?.value.type !== 'object') return [];
  return principal.value.entries.flatMap((entry) => {
    if (String(entry.key.value).toLowerCase() !== kind.toLowerCase()) return [];
    const nodes = entry.value.type === 'array' ? entry.value.items : [entry.value];
    const texts = nodes.flatMap((node) => (node.type === 'string' ? [{ text: String(node.value), node }] : []));
    return [{ entry, texts }];
  });
}

/** Whether a principal is an OIDC provider, or was meant to be one. */
const isProvider = (principal: string): boolean => principal.includes('oidc-provider/') || EKS_HOST.test(principal);

/** The part of a provider ARN that names the issuer. */
function tailOf(provider: string): string {
  const at = provider.indexOf('oidc-provider/');
  return at < 0 ? provider : provider.slice(at + 'oidc-provider/'.length);
}

/** An issuer without what does not belong there: scheme, port, slash at the end, swapped host. */
function mendIssuer(issuer: string): string {
  return issuer
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/^([^/]*):443(?=\/|$)/, '$1')
    .replace(/\/+$/, '')
    .replace(SWAPPED_HOST, 'oidc.eks.$<region>.$<suffix>');
}

function readClaims({ tests }: Statement): Claim[] {
  return tests.flatMap((test): Claim[] => {
    const found = CLAIM.exec(test.key.text);
    const claim = found?.groups?.['claim'];
    if (found === null || claim === undefined || /^(aws|sts|saml|s3)$/i.test(test.key.text.slice(0, found.index)))
      return [];
    const operator = String(test.operator.value).toLowerCase();
    return [
      {
        test,
        claim: claim.toLowerCase(),
        issuer: test.key.text.slice(0, found.index),
        operator: operator.replace(/^forallvalues:|^foranyvalue:/, '').replace(/ifexists$/, ''),
        forAll: operator.startsWith('forallvalues:'),
        ifExists: operator.endsWith('ifexists'),
      },
    ];
  });
}

/** The statement if it is about the OIDC provider of an EKS cluster. */
function readEks(statement: Statement, { variables, issuer: cluster }: PolicyContext): EksStatement[] {
  const federated = principals(statement, 'Federated').flatMap(({ texts }) => texts);
  const claims = readClaims(statement);
  const everyone = ['AWS', 'Service'].flatMap((kind) => principals(statement, kind).flatMap(({ texts }) => texts));
  const providers = [...federated, ...everyone.filter(({ text }) => isProvider(text))];
  const texts = [...providers, ...claims.flatMap(({ test }) => [test.key, ...test.values.texts])];
  if (texts.some(({ text }) => text.length > LONGEST)) return [];
  const fill = (text: string): string => fillIn(text, variables);

  const issuers = [...providers.map(({ text }) => tailOf(fill(text))), ...claims.map(({ issuer }) => fill(issuer))];
  const named = issuers.some((issuer) => EKS_HOST.test(issuer) || (cluster !== undefined && issuer === cluster));
  const values = claims.filter(({ claim }) => claim === 'sub').flatMap(({ test }) => test.values.texts);
  const subjects = values.some(({ text }) => /^\s*system:serviceaccount/i.test(text));
  // The issuer is a placeholder: EKS if nothing speaks for another one and the token's audience is that of IRSA.
  const open =
    values.length === 0 &&
    providers.some(({ text }) => placeholdersIn(tailOf(text)).some(({ start }) => start === 0)) &&
    !providers.some(({ text }) => OTHER_ISSUER.test(text)) &&
    claims.some(({ claim, test }) => claim === 'aud' && test.values.texts.some(({ text }) => text === AUDIENCE));
  if (!named && !subjects && !open) return [];

  const [provider] = providers;
  const tail = mendIssuer(tailOf(fill(provider?.text ?? '')));
  const known = provider !== undefined && !tail.includes(HOLE) && /^[A-Za-z0-9.-]+(\/[\w./-]*)?$/.test(tail);
  return [{ statement, providers, claims, issuer: known ? tail : undefined }];
}

/** With one statement and a known cluster, the cluster's issuer is the right one. */
function withCluster(statements: readonly EksStatement[], { issuer }: PolicyContext): readonly EksStatement[] {
  const [only] = statements;
  if (only === undefined || statements.length > 1 || issuer === undefined) return statements;
  return [{ ...only, issuer }];
}

/** Names of condition keys are compared without regard to case (IAM User Guide). */
const isSameKey = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** KP-004: text that a shell or a template was to replace. */
function checkPlaceholders({ statement, providers, issuer }: EksStatement, context: PolicyContext): Finding[] {
  const { variables = {} } = context;
  const texts = [...providers, ...statement.tests.flatMap(({ key, values }) => [key, ...values.texts])];
  return texts.flatMap((text) => {
    // A value that does not fit the provider would only be the next mistake.
    const whole = fillIn(text.text, variables);
    const claim = CLAIM.exec(whole)?.index;
    const misfit =
      issuer !== undefined &&
      claim !== undefined &&
      !providers.includes(text) &&
      whole.slice(0, claim).toLowerCase() !== issuer.toLowerCase();
    // Nor may a key stand twice.
    const block = statement.tests.find(({ key }) => key.node === text.node)?.block;
    const twice = block?.entries.some(
      ({ key }) => key !== text.node && isSameKey(fillIn(String(key.value), variables), whole),
    );
    const named = placeholdersIn(text.text).map(({ start, end, name }) => {
      const range = part(text, start, end);
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      const fixes: Fix[] =
        value !== undefined && !misfit && twice !== true && /^[\w.:/@+=,-]+$/.test(value)
          ? [{ title: `Write ${value}`, edits: [{ ...range, newText: value }], preferred: true }]
          : [];
      const message = `${text.text.slice(start, end)} was not replaced by its value.`;
      return finding('KP-004', 'error', range, message, fixes);
    });
    return [...named, ...checkSample(text, context), ...checkTemplates('KP-004', text, context)];
  });
}

/** KP-004: the region of the samples in AWS's guides. */
function checkSample(text: Text, { issuer }: PolicyContext): Finding[] {
  const at = text.text.search(/oidc\.eks\.region-code\./i);
  if (at < 0) return [];
  const from = at + 'oidc.eks.'.length;
  const range = part(text, from, from + 'region-code'.length);
  const region = ISSUER.exec(issuer ?? '')?.groups?.['region'];
  const fixes =
    region === undefined ? [] : [{ title: `Write ${region}`, edits: [{ ...range, newText: region }], preferred: true }];
  const message = "region-code is the sample of AWS's guides: the region of the cluster stands here.";
  return [finding('KP-004', 'error', range, message, fixes)];
}

/** KP-032, T-HOSTSWAP and KP-034: the ARN of the provider. */
function checkProvider({ providers }: EksStatement, context: PolicyContext): Finding[] {
  return providers.flatMap((provider) => {
    const { text } = provider;
    if (text.includes(HOLE) || placeholdersIn(text).length > 0) return [];
    const arn = parseArn(text);
    if (arn?.service !== 'iam' || !arn.resource.startsWith('oidc-provider/')) {
      if (!EKS_HOST.test(text)) return [];
      const issuer = mendIssuer(tailOf(text));
      const { account, partition = 'aws' } = context;
      const fixes =
        account === undefined || !ISSUER.test(issuer)
          ? []
          : [
              fix(
                'Write the ARN of the provider',
                provider.node,
                `arn:${partition}:iam::${account}:oidc-provider/${issuer}`,
              ),
            ];
      const message =
        'Federated is the ARN of the OIDC provider in IAM: arn:PARTITION:iam::ACCOUNT:oidc-provider/ISSUER.';
      return [finding('KP-033', 'error', provider.node, message, fixes)];
    }
    const start = text.length - tailOf(text).length;
    const tail = text.slice(start);
    return [
      ...checkIssuerText(provider, start, tail, (issuer) => [
        {
          title: `Write ${issuer}`,
          edits: [{ ...part(provider, start, text.length), newText: issuer }],
          preferred: true,
        },
      ]),
      ...checkAccount(provider, tail, context),
    ];
  });
}

/** What is wrong with an issuer where it stands, apart from whose it is. */
function checkIssuerText(text: Text, start: number, issuer: string, fixes: (right: string) => Fix[]): Finding[] {
  const range = part(text, start, start + issuer.length);
  const right = mendIssuer(issuer);
  const swapped = SWAPPED_HOST.exec(issuer.replace(/^https?:\/\//i, ''))?.groups?.['region'];
  if (swapped !== undefined) {
    const message = `EKS issuers have the host oidc.eks.${swapped}, not oidc.${swapped}.eks: this one does not exist.`;
    return [finding('T-HOSTSWAP', 'error', range, message, fixes(right))];
  }
  if (right !== issuer) {
    const message =
      right === issuer.trim()
        ? 'There is a blank at the start or the end of the issuer: no provider is called so.'
        : 'An issuer stands here without https://, port and slash at the end, as in the ARN of its provider.';
    return [finding('KP-032', 'error', range, message, fixes(right))];
  }
  if (EKS_HOST.test(issuer) && !ISSUER.test(issuer) && !isPattern(issuer)) {
    const message =
      'The issuer of an EKS cluster is HOST/id/ID: oidc.eks.REGION.amazonaws.com/id/ and the id of the cluster.';
    return [finding('KP-032', 'error', range, message)];
  }
  return [];
}

function checkAccount(provider: Text, issuer: string, { account, partition }: PolicyContext): Finding[] {
  const arn = parseArn(provider.text);
  if (arn === undefined) return [];
  const findings: Finding[] = [];
  const add = (field: 'account' | 'partition' | 'region', right: string | undefined, message: string): void => {
    const [from, to] = fieldRange(arn, field);
    const range = part(provider, from, to);
    const fixes =
      right === undefined
        ? []
        : [
            {
              title: right === '' ? 'Remove the region' : `Write ${right}`,
              edits: [{ ...range, newText: right }],
              preferred: true,
            },
          ];
    findings.push(finding('KP-034', 'error', from === to ? provider.node : range, message, fixes));
  };
  if (!/^\d{12}$/.test(arn.account)) add('account', account, 'An AWS account id has 12 digits: IAM rejects this one.');
  else if (account !== undefined && arn.account !== account) {
    add(
      'account',
      account,
      `The role is in account ${account}, and only a provider of the same account can be trusted.`,
    );
  }
  const region = ISSUER.exec(mendIssuer(issuer))?.groups?.['region'];
  const right = partition ?? (region === undefined ? undefined : partitionOfRegion(region)?.id);
  if (partitionById(arn.partition) === undefined) {
    add('partition', right, `There is no AWS partition "${arn.partition}".`);
  } else if (right !== undefined && right !== arn.partition) {
    const where = partition === undefined ? `region ${region ?? ''}` : 'the role';
    add('partition', right, `The partition of ${where} is ${right}, so there is no such provider in ${arn.partition}.`);
  }
  if (arn.region !== '') add('region', '', 'IAM has no regions: the ARN of a provider has none.');
  return findings;
}

/** KP-033: who is trusted. */
function checkPrincipal({ statement }: EksStatement): Finding[] {
  const { principal } = statement;
  if (principal === undefined) return [];
  const hasFederated = principals(statement, 'Federated').length > 0;
  return ['AWS', 'Service'].flatMap((kind) =>
    principals(statement, kind).flatMap(({ entry, texts }) => {
      const provider = texts.find(({ text }) => isProvider(text));
      if (provider === undefined) return [];
      const fixes =
        hasFederated || texts.length > 1
          ? []
          : [{ title: 'Write Federated', edits: [renameKey(entry, 'Federated')], preferred: true }];
      const message = `An OIDC provider is trusted as Federated, not as ${kind}: IAM rejects this.`;
      return [finding('KP-033', 'error', entry.key, message, fixes)];
    }),
  );
}

/** KP-033: what the token may be used for. */
function checkAction({ statement }: EksStatement): Finding[] {
  const { action } = statement;
  if (action === undefined || !action.complete) return [];
  const texts = action.texts.filter(({ text }) => !text.includes(HOLE) && placeholdersIn(text).length === 0);
  if (texts.length < action.texts.length) return [];
  const exact = texts.some(({ text }) => text.toLowerCase() === ACTION.toLowerCase());
  const message = `A token is exchanged by ${ACTION}`;
  const write = (node: DocNode): Fix[] => [fix(`Write ${ACTION}`, node, ACTION)];
  const [companion] = texts;
  if (companion !== undefined && texts.every(({ text }) => COMPANIONS.has(text.toLowerCase()))) {
    const { value } = action.entry;
    const edits = value.type === 'array' ? addItems(value, [ACTION]) : [replaceValue(value, [ACTION, companion.text])];
    const fixes = [{ title: `Add ${ACTION}`, edits, preferred: true }];
    const text = `${message}: ${companion.text} alone lets nobody assume the role.`;
    return [finding('KP-033', 'error', companion.node, text, fixes)];
  }
  return texts.flatMap((one) => {
    const lower = one.text.toLowerCase();
    if (lower === ACTION.toLowerCase() || COMPANIONS.has(lower)) return [];
    const { value } = action.entry;
    const remove: Fix[] =
      value.type === 'array'
        ? [{ title: `Remove ${one.text}`, edits: removeItems(value, [value.items.indexOf(one.node)]), preferred: true }]
        : [];
    if (isPattern(one.text) && patternMatches(lower, ACTION.toLowerCase())) {
      const wide = /^(\*|sts:\*)$/.test(lower);
      const text = `${message}; ${one.text} allows more${wide ? ', which IAM rejects in a trust policy' : ''}.`;
      return [finding('KP-033', wide ? 'error' : 'warning', one.node, text, exact ? remove : write(one.node))];
    }
    // Beside the right action another one lets nobody in who holds only a token.
    if (exact)
      return closest(one.text, TRUST_ACTIONS) === ACTION
        ? [finding('KP-033', 'warning', one.node, `${message}.`, remove)]
        : [];
    const others = texts.filter((other) => other !== one && !COMPANIONS.has(other.text.toLowerCase()));
    const first = others.every(({ node }) => node.start > one.node.start);
    return [
      finding(
        'KP-033',
        'error',
        one.node,
        `${message}: with ${one.text} no pod can assume the role.`,
        first ? write(one.node) : remove,
      ),
    ];
  });
}

/** KP-032 and T-HOSTSWAP: the issuer in condition keys. */
function checkKeys({ claims, issuer, providers }: EksStatement): Finding[] {
  return claims.flatMap(({ test, claim, issuer: written }) => {
    if (written.includes(HOLE) || placeholdersIn(written).length > 0) return [];
    const rename = (right: string): Fix[] =>
      test.block.entries.some(({ key }) => key !== test.key.node && isSameKey(String(key.value), `${right}:${claim}`))
        ? []
        : [{ title: `Write ${right}:${claim}`, edits: [renameKey(test.entry, `${right}:${claim}`)], preferred: true }];
    const form = checkIssuerText(test.key, 0, written, (right) => rename(issuer ?? right));
    if (mendIssuer(written) !== written || issuer === undefined) return form;
    const fits = (right: string): boolean => isSameKey(right, written);
    if (fits(issuer)) return [];
    if (providers.length > 1 && providers.some(({ text }) => fits(mendIssuer(tailOf(text))))) return [];
    const message =
      'The issuer of this key is not the one under Federated, so the key is never in the request and nothing matches.';
    // A key of a cluster beside a provider that is of none: which of both is wrong is not certain.
    const fixes = EKS_HOST.test(written) && !EKS_HOST.test(issuer) ? [] : rename(issuer);
    return [finding('KP-032', 'error', part(test.key, 0, written.length), message, fixes)];
  });
}

const EQUALS = new Set(['stringequals', 'stringequalsignorecase']);
const POSITIVE = new Set([...EQUALS, 'stringlike']);

/** T-NO-CONDITION, KP-028, KP-029, T-FORALLVALUES, T-IFEXISTS: which claims are tested, and how. */
function checkClaims(eks: EksStatement, access: Access, context: PolicyContext): Finding[] {
  const { statement, claims, issuer } = eks;
  const { condition } = statement;
  const findings = claims.flatMap(({ test, claim, forAll, ifExists }) => {
    if (claim !== 'aud' && claim !== 'sub') return [];
    const name = String(test.operator.value);
    const plain = name.replace(/^ForAllValues:|^ForAnyValue:/i, '').replace(/IfExists$/i, '');
    const operators = condition?.value.type === 'object' ? condition.value.entries : [];
    const alone = test.block.entries.every(({ key }) => /:(aud|sub)$/i.test(String(key.value)));
    const entry = operators.find(({ key }) => key === test.operator);
    const free = !operators.some(({ key }) => String(key.value).toLowerCase() === plain.toLowerCase());
    const fixes: Fix[] =
      entry !== undefined && alone && free
        ? [{ title: `Write ${plain}`, edits: [renameKey(entry, plain)], preferred: true }]
        : [];
    // Said once an operator, at its first claim.
    if (test.block.entries.find(({ key }) => /:(aud|sub)$/i.test(String(key.value))) !== test.entry) return [];
    if (forAll) {
      const message = 'ForAllValues is also true for a token without this claim, and a token has only one value here.';
      return [finding('T-FORALLVALUES', 'error', test.operator, message, fixes)];
    }
    if (!ifExists) return [];
    const message = 'IfExists is also true for a token without this claim.';
    return [finding('T-IFEXISTS', 'error', test.operator, message, fixes)];
  });

  // A condition that is not known, wholly or in part, may hold what is not seen.
  if (condition !== undefined && (condition.value.type !== 'object' || hasUnknownTests(condition.value)))
    return findings;
  const misplaced = checkMisplaced(eks);
  if (misplaced.length > 0) return [...findings, ...misplaced];
  const has = (claim: string): boolean => claims.some((one) => one.claim === claim && POSITIVE.has(one.operator));
  const [aud, sub] = [has('aud'), has('sub')];
  const here = condition?.key ?? statement.stray[0]?.key ?? firstKey(statement.node);
  const subjectOf = context.profile === undefined ? undefined : subject(context.profile);
  const admitted = access.of(statement);
  if (!sub) {
    // A Deny may let in only those who are meant.
    const everyone = admitted?.find(isEveryone);
    if (admitted !== undefined && everyone === undefined) return findings;
    // It is tested by what no claim is compared with: nobody can say who that lets in.
    if (everyone?.depends.some((key) => /:(sub|aud)$/i.test(key)) === true) return findings;
    const who =
      everyone === undefined
        ? 'every service account of every namespace of the cluster'
        : everyoneWords(everyone, context);
    const said =
      everyone === undefined
        ? `As soon as the rest is right, ${who} can assume this role`
        : `${who.charAt(0).toUpperCase()}${who.slice(1)} can assume this role`;
    const excluded = claims.some(({ claim }) => claim === 'sub');
    const why = excluded
      ? 'the condition does not say by sub who may'
      : aud
        ? 'the condition tests only aud'
        : 'the condition tests neither sub nor aud';
    const values =
      issuer === undefined || subjectOf === undefined
        ? undefined
        : { ...(aud ? {} : { [`${issuer}:aud`]: AUDIENCE }), [`${issuer}:sub`]: subjectOf };
    const id = aud || excluded ? 'KP-029' : 'T-NO-CONDITION';
    const severity = id === 'KP-029' && context.annotateOnly === false ? 'warning' : 'error';
    const title = aud ? `Add sub ${subjectOf ?? ''}` : 'Add aud and sub';
    const message = `${said}: ${why}.${aud ? ' Add sub.' : ''}`;
    findings.push(finding(id, severity, here, message, addTests(statement, values, title)));
  } else if (!aud) {
    const isElsewhere =
      admitted !== undefined && admitted.length > 0 && !admitted.some((one) => audienceFits(one, OTHER_AUDIENCE));
    if (isElsewhere) return findings;
    const values = issuer === undefined ? undefined : { [`${issuer}:aud`]: AUDIENCE };
    const message = `The condition does not test aud, so tokens made for other services are accepted too. Add ${AUDIENCE}.`;
    findings.push(finding('KP-028', 'warning', here, message, addTests(statement, values, 'Add aud')));
  }
  return findings;
}

/** An audience that nobody asks for. */
const OTHER_AUDIENCE = 'an-audience-of-somebody-else';

/** Every service account, and who is left out. */
function everyoneWords(one: AdmittedTokens, { issuer }: PolicyContext): string {
  const who = { admitted: [{ ...one, depends: [] }], providers: [], unjudged: [], refused: [], bounded: false };
  const isOther = issuer !== undefined && issuerOf(one.provider) !== issuer;
  const words = accessWords(who, () => (isOther ? undefined : 'the cluster')).replace(
    'every service account of ',
    'every service account of every namespace of ',
  );
  return one.depends.length === 0 ? words : `${words}, depending on ${one.depends.join(', ')},`;
}

const SUBJECT_LIKE = /^\s*system:serviceaccounts?[:/]/i;

/** KP-028: a subject that stands under `aud`. */
function checkMisplaced({ claims, issuer: known }: EksStatement): Finding[] {
  if (claims.some(({ claim }) => claim === 'sub')) return [];
  return claims.flatMap(({ claim, test, issuer, operator }) => {
    const { texts } = test.values;
    if (claim !== 'aud' || !POSITIVE.has(operator) || !texts.some(({ text }) => SUBJECT_LIKE.test(text))) return [];
    const message =
      'A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub.';
    const isOnly = claims.filter((one) => one.claim === 'aud').length === 1;
    const isWhole = test.values.complete && texts.every(({ text }) => WHOLE_SUBJECT.test(text));
    const right = known ?? (isOpen(issuer) || !ISSUER.test(mendIssuer(issuer)) ? undefined : mendIssuer(issuer));
    const fixes =
      right !== undefined && isOnly && isWhole
        ? [
            {
              title: 'Write sub, and add aud',
              edits: [renameKey(test.entry, `${right}:sub`), ...addEntry(test.block, `${right}:aud`, AUDIENCE)],
              preferred: true,
            },
          ]
        : [];
    return [finding('KP-028', 'error', test.key.node, message, fixes)];
  });
}

/** A fix that adds tests under StringEquals. */
function addTests({ node, condition }: Statement, values: Record<string, string> | undefined, title: string): Fix[] {
  if (values === undefined) return [];
  if (condition === undefined) {
    return [{ title, edits: addEntry(node, 'Condition', { StringEquals: values }), preferred: true }];
  }
  if (condition.value.type !== 'object') return [];
  const equals = condition.value.entries.find(({ key }) => key.value === 'StringEquals')?.value;
  if (equals === undefined) {
    return [{ title, edits: addEntry(condition.value, 'StringEquals', values), preferred: true }];
  }
  if (equals.type !== 'object') return [];
  const free = Object.keys(values).every((key) => !equals.entries.some((one) => isSameKey(String(one.key.value), key)));
  return free ? [{ title, edits: addEntries(equals, values), preferred: true }] : [];
}

/** The exact subject that a wrong one probably meant: what is written, mended; else that of the profile. */
function exactSubject(text: string, { profile }: PolicyContext): string | undefined {
  const lower = text.trim().toLowerCase();
  const once = lower.replace(/^(system:serviceaccount:)+/, SUBJECT);
  if (once !== lower && WHOLE_SUBJECT.test(once)) return once;
  if (profile !== undefined) return subject(profile);
  const mended = lower.replace(/^system:serviceaccounts?[:/]+/, SUBJECT);
  if (WHOLE_SUBJECT.test(mended)) return mended;
  const pair = /^([a-z0-9-]+)[:/]([a-z0-9.-]+)$/.exec(mended);
  const whole = pair === null ? undefined : `${SUBJECT}${pair[1] ?? ''}:${pair[2] ?? ''}`;
  return whole !== undefined && WHOLE_SUBJECT.test(whole) ? whole : undefined;
}

/** Whether the text may still become anything: placeholders and policy variables have rules of their own. */
const isOpen = (text: string): boolean => text.includes(HOLE) || placeholdersIn(text).length > 0 || /\$\{/.test(text);

/** KP-031, T-SUB-FORM, T-LIKE-ANY-NS, T-LIKE-NS-ANY-SA: the values of sub. */
function checkSubjects({ statement, claims }: EksStatement, access: Access, context: PolicyContext): Finding[] {
  const subjects = claims.filter(({ claim, operator }) => claim === 'sub' && POSITIVE.has(operator));
  // A pattern beside an exact value in another operator narrows it further and widens nothing.
  const exact = subjects.some(
    ({ operator, forAll, ifExists, test }) =>
      EQUALS.has(operator) && !forAll && !ifExists && test.values.texts.every(({ text }) => !/[*?]/.test(text)),
  );
  return subjects.flatMap(({ operator, test }) =>
    test.values.texts.flatMap((value) => {
      const { text, node } = value;
      if (isOpen(text)) return [];
      const right = exactSubject(text, context);
      const present = test.values.texts.some((other) => other.text === right);
      const fixes = right === undefined || present ? [] : [fix(`Write ${right}`, node, right)];
      const wild = /[*?]/.test(text);
      if (EQUALS.has(operator)) {
        if (wild) {
          const [from, to] = [text.search(/[*?]/), Math.max(text.lastIndexOf('*'), text.lastIndexOf('?')) + 1];
          const message =
            'A wildcard is plain text under StringEquals: this matches no token. Write the service account in full.';
          return [finding('KP-031', 'error', part(value, from, to), message, fixes)];
        }
        return WHOLE_SUBJECT.test(operator === 'stringequals' ? text : text.toLowerCase())
          ? []
          : [finding('T-SUB-FORM', 'error', node, formMessage(text), fixes)];
      }
      if (!mayBeSubject(text)) {
        return [finding('T-SUB-FORM', 'error', node, formMessage(text), fixes)];
      }
      if (!wild || exact) return [];
      return checkBreadth(value, right, access.of(statement), context);
    }),
  );
}

function formMessage(text: string): string {
  const hint = text !== text.trim() ? ' There is a blank at its start or end.' : '';
  return `No token has this subject: it is system:serviceaccount:NAMESPACE:NAME.${hint}`;
}

/** Names that nobody has: a pattern that fits them fits whatever stands there. */
const STRANGERS = [
  'system:serviceaccount:a-namespace-of-someone-else:default-editor',
  'system:serviceaccount:a-namespace-of-someone-else:z9',
];

/**
 * How much a pattern under StringLike lets in. No fix is preferred: who else needs the role is not known.
 *
 * @param admitted whom the statement lets in; undefined where its other mistakes keep out everybody
 */
function checkBreadth(
  { text, node }: Text,
  right: string | undefined,
  admitted: readonly AdmittedTokens[] | undefined,
  { profile }: PolicyContext,
): Finding[] {
  const fixes =
    right === undefined ? [] : [{ title: `Write ${right}`, edits: [replaceValue(node, right)], preferred: false }];
  // With a test of aud that no token of a pod meets, or one that is not known, it could only.
  const can =
    admitted === undefined || !admitted.some((one) => one.depends.length === 0 && audienceFits(one, AUDIENCE))
      ? 'could'
      : 'can';
  const strangers = STRANGERS.filter((one) => patternMatches(text, one));
  if (
    admitted === undefined ? strangers.length > 0 : strangers.some((one) => admitted.some((is) => subjectFits(is, one)))
  ) {
    const message = `Service accounts of every namespace ${can} assume this role: anyone who has a profile. List the namespaces.`;
    return [finding('T-LIKE-ANY-NS', 'error', node, message, fixes)];
  }
  // What another test or a Deny leaves of it is not said of this text.
  const isWhole = ({ subjects: { among } }: AdmittedTokens): boolean =>
    among.length === 1 && among[0]?.some((one) => one.text === text) === true;
  if (admitted !== undefined && !admitted.some(isWhole)) return [];
  const parts = text.split(':');
  if (parts.slice(0, 3).some((one) => /[*?]/.test(one)) || parts.length < 4) {
    const message = `Service accounts of every namespace whose name fits ${can} assume this role, also of namespaces to come.`;
    return [finding('T-LIKE-ANY-NS', 'warning', node, message, fixes)];
  }
  const isProfile = profile !== undefined && parts[2] === profile;
  const message = `More than one service account of the namespace ${can} assume this role.${isProfile ? ' Kubeflow needs only default-editor.' : ''}`;
  return [finding('T-LIKE-NS-ANY-SA', 'warning', node, message, isProfile ? fixes : [])];
}

/** KP-028 and KP-031: the values of aud. */
function checkAudience({ claims }: EksStatement): Finding[] {
  const hasSubject = claims.some(({ claim }) => claim === 'sub');
  return claims.flatMap(({ claim, operator, test }) => {
    if (claim !== 'aud' || !POSITIVE.has(operator)) return [];
    const { texts } = test.values;
    if (texts.some(({ text }) => text === AUDIENCE)) return [];
    return texts.flatMap((value) => {
      const { text, node } = value;
      if (isOpen(text)) return [];
      const fixes = [fix(`Write ${AUDIENCE}`, node, AUDIENCE)];
      if (SUBJECT_LIKE.test(text)) {
        // Without a test of sub it is one that stands under the wrong key: see checkMisplaced.
        const message = `A subject stands under aud, and tokens have the audience ${AUDIENCE}: no pod can assume this role.`;
        return hasSubject ? [finding('KP-028', 'error', node, message, fixes)] : [];
      }
      if (/[*?]/.test(text)) {
        if (EQUALS.has(operator)) {
          const message = 'A wildcard is plain text under StringEquals: this matches no token.';
          return [finding('KP-031', 'error', node, message, fixes)];
        }
        const message = `Tokens made for other services are accepted too: write ${AUDIENCE}.`;
        return [finding('KP-028', 'warning', node, message, fixes)];
      }
      if (NEAR_AUDIENCE.test(text)) {
        return [
          finding('KP-028', 'error', node, `Tokens of EKS have the audience ${AUDIENCE}, written just so.`, fixes),
        ];
      }
      // A service account may ask for another audience, so the right answer is not certain.
      const message = `Tokens of EKS have the audience ${AUDIENCE}, unless the service account has the annotation eks.amazonaws.com/audience.`;
      const [first] = fixes;
      return [finding('KP-028', 'warning', node, message, first === undefined ? [] : [{ ...first, preferred: false }])];
    });
  });
}

/** KP-026: the trusted provider is not that of the cluster. */
function checkCluster(statements: readonly EksStatement[], { issuer }: PolicyContext): Finding[] {
  if (issuer === undefined) return [];
  const providers = statements.flatMap((one) => one.providers.map((text) => ({ text, statement: one })));
  const certain = providers.filter(({ text }) => !isOpen(text.text) && text.text.includes('oidc-provider/'));
  if (certain.length < providers.length || certain.some(({ text }) => mendIssuer(tailOf(text.text)) === issuer))
    return [];
  return certain.map(({ text }) => {
    const start = text.text.length - tailOf(text.text).length;
    const range = part(text, start, text.text.length);
    const fixes =
      certain.length === 1
        ? [{ title: `Write ${issuer}`, edits: [{ ...range, newText: issuer }], preferred: true }]
        : [];
    return finding(
      'KP-026',
      'error',
      range,
      `The issuer of the cluster is ${issuer}: its tokens are not accepted here.`,
      fixes,
    );
  });
}

/** KP-030: nobody in the profile can assume the role. */
function checkProfile(
  statements: readonly EksStatement[],
  access: Access,
  findings: readonly Finding[],
  context: PolicyContext,
): Finding[] {
  const { profile, annotateOnly, variables } = context;
  if (profile === undefined || statements.length === 0) return [];
  const wanted = subject(profile);
  const providers = new Set(statements.flatMap((one) => one.providers.map(({ text }) => fillIn(text, variables))));
  const answers = [...providers].map((provider) => mayAssume(access.policy, { provider, sub: wanted, aud: AUDIENCE }));
  if (answers.some((answer) => answer !== 'no') || access.who.admitted.some(({ kind }) => kind === 'everybody'))
    return [];
  // The controller adds the subject itself unless it is told not to.
  const severity = annotateOnly === false ? 'warning' : 'error';
  const tests = statements.flatMap(({ claims }) =>
    claims.filter(({ claim, operator }) => claim === 'sub' && POSITIVE.has(operator)),
  );
  const values = tests.flatMap(({ test, operator }) => test.values.texts.map((text) => ({ text, operator, test })));
  const judged = values.every(
    ({ text: { text }, operator }) => !isOpen(text) && (operator === 'stringlike' || WHOLE_SUBJECT.test(text)),
  );
  const met = values.some(({ text: { text }, operator }) =>
    operator === 'stringlike' ? patternMatches(text, wanted) : text === wanted,
  );
  const [first] = values;
  const named = statements.every(({ claims }) => claims.some(({ claim }) => claim === 'sub'));
  if (first !== undefined && judged && named && !met && tests.every(({ test }) => test.values.complete)) {
    const list = first.test.entry.value;
    const edits =
      values.length === 1
        ? [replaceValue(first.text.node, wanted)]
        : list.type === 'array' && tests.length === 1
          ? addItems(list, [wanted])
          : undefined;
    // One subject more widens nothing that the author wrote for others; in the place of another one it takes away.
    const fixes =
      edits === undefined
        ? []
        : [{ title: `${values.length === 1 ? 'Write' : 'Add'} ${wanted}`, edits, preferred: true }];
    const message = `Pods of profile ${profile} run as ${wanted}, which this does not name.`;
    return [finding('KP-030', severity, first.text.node, message, fixes)];
  }
  // What else is wrong explains it.
  if (providers.size === 0 || findings.some((one) => one.severity === 'error')) return [];
  const [statement] = statements;
  const here = statement?.statement.condition?.key ?? (statement && firstKey(statement.statement.node));
  if (here === undefined) return [];
  const who = accessWords(access.who, (provider) => (providers.has(provider) ? 'the cluster' : undefined));
  const message = `Pods of profile ${profile} run as ${wanted}, which is not let in. Who is: ${who}.`;
  return [finding('KP-030', severity, here, message)];
}

/** KP-021 and T-STMT-OBJECT: what the profile controller does to this policy when it may. */
function checkController(
  entry: DocEntry | undefined,
  statements: readonly Statement[],
  eks: readonly EksStatement[],
  { annotateOnly }: PolicyContext,
): Finding[] {
  const [first, second] = statements;
  if (annotateOnly !== false || entry === undefined || first === undefined) return [];
  const { value } = entry;
  const findings: Finding[] = [];
  if (value.type === 'object') {
    const message =
      'With annotateOnly: false the profile controller reads the first item of a list: it fails on a single object.';
    const edits = [
      { start: value.start, end: value.start, newText: '[' },
      { start: value.end, end: value.end, newText: ']' },
    ];
    const fixes = isBlock(value) ? [] : [{ title: 'Put the statement into a list', edits, preferred: true }];
    findings.push(finding('T-STMT-OBJECT', 'error', firstKey(value), message, fixes));
  }
  const lost = (range: { start: number; end: number }, what: string): void => {
    const message = `With annotateOnly: false the profile controller rewrites this policy to one statement with StringEquals: ${what}. Set annotateOnly: true in the Profile.`;
    findings.push(finding('KP-021', 'error', range, message));
  };
  const other = first.tests.find(
    ({ operator, key }) => operator.value !== 'StringEquals' || !/:(aud|sub)$/i.test(key.text),
  );
  if (!eks.some(({ statement }) => statement === first)) {
    lost(firstKey(first.node), 'it takes the first statement for that of the OIDC provider, which this is not');
  } else if (second !== undefined) lost(firstKey(second.node), 'all but the first are lost');
  else if (other !== undefined) lost(other.key.node, 'this test is lost');
  return findings;
}

/** KP-023 */
function checkSize(root: DocNode, statement: DocEntry | undefined, eks: readonly EksStatement[]): Finding[] {
  const size = policySize(root);
  if (size === undefined || size < TRUST_QUOTA.usual * 0.8 || root.type !== 'object') return [];
  const { fixes, advice } = mergeStatements(size, statement?.value, eks);
  const counted = `The trust policy has ${size} characters without white space`;
  if (size > TRUST_QUOTA.largest) {
    const message = `${counted}; no quota is larger than ${TRUST_QUOTA.largest}. ${advice}`;
    return [finding('KP-023', 'error', firstKey(root), message, fixes)];
  }
  const message = `${counted}; the quota is ${TRUST_QUOTA.usual} unless it was raised (ACLSizePerRole). ${advice}`;
  return [finding('KP-023', 'warning', firstKey(root), message, fixes)];
}

const NAMESPACE = /^system:serviceaccount:(?<namespace>[a-z0-9-]+):[^:]+$/;

/**
 * Statements that differ only in `sub` say the same as one with a list of subs. Only those for service accounts of one profile
 * are merged: profiles that share a role share their data, so that for them the advice is a role for each.
 */
function mergeStatements(
  size: number,
  list: DocNode | undefined,
  eks: readonly EksStatement[],
): { readonly fixes: readonly Fix[]; readonly advice: string } {
  const none = { fixes: [], advice: 'One role per profile keeps it small.' };
  if (list?.type !== 'array') return none;
  const groups = new Map<string, { readonly node: DocNode; readonly sub: Test }[]>();
  for (const { statement, claims } of eks) {
    const [sub, ...others] = claims.filter(({ claim }) => claim === 'sub');
    if (sub === undefined || others.length > 0 || !POSITIVE.has(sub.operator)) continue;
    const { key, values } = sub.test;
    const namespaces = new Set(values.texts.map(({ text }) => NAMESPACE.exec(text)?.groups?.['namespace']));
    const [namespace] = namespaces;
    const isOwn = statement.node.start >= list.start && values.entry.value.end <= statement.node.end;
    if (namespace === undefined || namespaces.size > 1 || !values.complete || !isOwn) continue;
    const rest = JSON.stringify(toJson(statement.node), (name, value: unknown) => (name === key.text ? '' : value));
    const group = `${namespace} ${canonicalPolicy(rest) ?? ''}`;
    groups.set(group, [...(groups.get(group) ?? []), { node: statement.node, sub: sub.test }]);
  }
  const edits: Edit[] = [];
  const gone: DocNode[] = [];
  let after = size;
  for (const [first, ...others] of groups.values()) {
    if (first === undefined || others.length === 0) continue;
    const { value } = first.sub.entry;
    const own = first.sub.values.texts.map(({ text }) => text);
    const added = new Set(others.flatMap(({ sub }) => sub.values.texts.map(({ text }) => text)));
    for (const text of own) added.delete(text);
    if (value.type === 'array') edits.push(...addItems(value, [...added]));
    else if (added.size > 0) edits.push(replaceValue(value, [...own, ...added]));
    gone.push(...others.map(({ node }) => node));
    after += JSON.stringify([...own, ...added]).length - (policySize(value) ?? 0);
    // Each takes a comma along.
    for (const { node } of others) after -= (policySize(node) ?? 0) + 1;
  }
  const removed = removeItems(
    list,
    gone.map((node) => list.items.indexOf(node)),
  );
  if (removed.length === 0) return none;
  const title = `Merge statements: ${after} characters`;
  const advice = `${gone.length} of its statements differ from another one only in sub, for the same profile: merged, it has ${after}.`;
  // Merging is the answer only where it is enough, and what is noted in a statement is not thrown away unasked.
  const preferred =
    after < TRUST_QUOTA.usual * 0.8 && !gone.some((node) => holdsComment(node, endOfLine(node.source.text, node.end)));
  return { fixes: [{ title, edits: [...edits, ...removed], preferred }], advice };
}
