import { type Arn, fieldRange, parseArn } from '../../arn/arn.ts';
import { partitionById, partitionOfRegion } from '../../arn/partitions.ts';
import { isPattern, patternMatches } from '../../arn/pattern.ts';
import { addItems, removeItems, renameKey, replaceValue } from '../../document/edit.ts';
import { type DocNode, HOLE } from '../../document/node.ts';
import { finding, type Finding, type Fix, type PolicyContext } from '../../finding.ts';
import {
  CLAIM,
  EKS_HOST,
  type EksStatement,
  filled,
  isOpen,
  isProvider,
  isSameKey,
  ISSUER,
  mendIssuer,
  principals,
  SWAPPED_HOST,
} from './statement.ts';
import { closest } from '../../policy/actions.ts';
import { issuerOf } from '../../policy/build.ts';
import { refusedPrincipal } from '../../policy/evaluate.ts';
import { checkTemplates, fix, isUnknown, part, type Statement, type Text } from '../../policy/model.ts';
import { leftIn, leftOver, underSub } from '../../policy/filling.ts';
import { fillIn, placeholdersIn } from '../../policy/placeholder.ts';

const ACTION = 'sts:AssumeRoleWithWebIdentity';

/** Actions that may stand beside it: they set what a session carries and let nobody in (IAM User Guide, session tags). */
const COMPANIONS = new Set(['sts:tagsession', 'sts:setsourceidentity', 'sts:setcontext']);

/** The actions that a trust policy can name (Service Authorization Reference, STS). */
const TRUST_ACTIONS = [ACTION, 'sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'];

/** Principals of a form that IAM refuses. */
export function checkForm(statement: Statement, { variables }: PolicyContext): Finding[] {
  const entry = statement.principal ?? statement.notPrincipal;
  const isSts = statement.action?.texts.some(({ text }) => /^sts:/i.test(text)) === true;
  if (entry === undefined || !isSts || isUnknown(entry.value)) return [];
  const why = refusedPrincipal(filled(entry.value, variables));
  if (why === undefined) return [];
  const range = entry.value.end > entry.value.start ? entry.value : entry.key;
  return [finding('P-SYNTAX', range, `IAM refuses this policy: ${why}.`, [], 'error')];
}

/** KP-004: text that a shell or a template was to replace. */
export function checkPlaceholders({ statement, providers, issuer }: EksStatement, context: PolicyContext): Finding[] {
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
    const isKey = block !== undefined;
    const twice = block?.entries.some(
      ({ key }) => key !== text.node && isSameKey(fillIn(String(key.value), variables), whole),
    );
    const named = leftIn(text.text, context).flatMap(({ start, end, name }) => {
      const range = part(text, start, end);
      const over = leftOver(text.text.slice(start, end), context);
      if (over === undefined) return [];
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      const fixes: readonly Fix[] =
        value !== undefined && !misfit && twice !== true && /^[\w.:/@+=,-]+$/.test(value)
          ? [{ title: `Write ${value}`, edits: [{ ...range, newText: value }], preferred: true }]
          : isKey
            ? []
            : underSub(text, context);
      const message = `${text.text.slice(start, end)} was not replaced by its value.${over.tail}`;
      return [finding('KP-004', range, message, fixes, over.severity)];
    });
    return [...named, ...checkSample(text, context), ...checkTemplates('KP-004', text, context)];
  });
}

/** KP-004: the region of the samples in AWS's guides. */
function checkSample(text: Text, context: PolicyContext): Finding[] {
  const { issuer } = context;
  const at = text.text.search(/oidc\.eks\.region-code\./i);
  if (at < 0) return [];
  const from = at + 'oidc.eks.'.length;
  const range = part(text, from, from + 'region-code'.length);
  const region = ISSUER.exec(issuer ?? '')?.groups?.['region'];
  const over = leftOver('region-code', context);
  if (over === undefined) return [];
  const fixes =
    region === undefined ? [] : [{ title: `Write ${region}`, edits: [{ ...range, newText: region }], preferred: true }];
  const message = `region-code is the sample of AWS's guides: the region of the cluster stands here.${over.tail}`;
  return [finding('KP-004', range, message, fixes, over.severity)];
}

/** KP-032, T-HOSTSWAP and KP-034: the ARN of the provider. */
export function checkProvider({ providers }: EksStatement, context: PolicyContext): Finding[] {
  return providers.flatMap((provider) => {
    const { text } = provider;
    const within = ofWholeAddress(text.includes('oidc-provider/') ? issuerOf(text) : text);
    if (within !== undefined) {
      const fixes =
        within.start > 0 ? [] : [fix('Take https:// off', provider.node, text.replace(`https://${HOLE}`, HOLE))];
      return [finding('KP-032', provider.node, within.message('ARN'), fixes, 'error')];
    }
    if (text.includes(HOLE) || placeholdersIn(text).length > 0) return [];
    const arn = parseArn(text);
    if (arn?.service !== 'iam' || !arn.resource.startsWith('oidc-provider/')) {
      if (!EKS_HOST.test(text)) return [];
      const issuer = mendIssuer(issuerOf(text));
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
      return [finding('KP-033', provider.node, message, fixes, 'error')];
    }
    const start = text.length - issuerOf(text).length;
    const tail = text.slice(start);
    return [
      ...checkIssuerText(provider, start, tail, (issuer) => [
        {
          title: `Write ${issuer}`,
          edits: [{ ...part(provider, start, text.length), newText: issuer }],
          preferred: true,
        },
      ]),
      ...checkAccount(provider, arn, tail, context),
    ];
  });
}

/**
 * An issuer in which the address stands that the cluster gives, with its scheme: at its start, or behind HOST/id/, where the id of the
 * cluster belongs.
 */
function ofWholeAddress(
  issuer: string,
): { readonly start: number; readonly message: (of: 'ARN' | 'key') => string } | undefined {
  const start = issuer.indexOf(`https://${HOLE}`);
  if (start < 0 || (start === 0 ? issuer !== `https://${HOLE}` : !EKS_HOST.test(issuer.slice(0, start))))
    return undefined;
  const effect = { ARN: 'there is no such provider', key: 'the key is never in the request' };
  return {
    start,
    message: (of) =>
      start === 0
        ? `The issuer of this ${of} begins with https://, as the cluster gives it, so ${effect[of]}: leave that out, as with replace(…, "https://", "").`
        : `The cluster gives its whole issuer, https://HOST/id/ID, and here that stands behind another HOST/id/, so ${effect[of]}: write replace(…, "https://", "") alone.`,
  };
}

/** What is wrong with an issuer where it stands, apart from whose it is. */
function checkIssuerText(text: Text, start: number, issuer: string, fixes: (right: string) => Fix[]): Finding[] {
  const range = part(text, start, start + issuer.length);
  const right = mendIssuer(issuer);
  const swapped = SWAPPED_HOST.exec(issuer.replace(/^https?:\/\//i, ''))?.groups?.['region'];
  if (swapped !== undefined) {
    const message = `EKS issuers have the host oidc.eks.${swapped}, not oidc.${swapped}.eks: this one does not exist.`;
    return [finding('T-HOSTSWAP', range, message, fixes(right), 'error')];
  }
  if (right !== issuer) {
    const message =
      right === issuer.trim()
        ? 'There is a blank at the start or the end of the issuer: no provider is called so.'
        : 'An issuer stands here without https://, port and slash at the end, as in the ARN of its provider.';
    return [finding('KP-032', range, message, fixes(right), 'error')];
  }
  if (EKS_HOST.test(issuer) && !ISSUER.test(issuer) && !isPattern(issuer)) {
    const message =
      'The issuer of an EKS cluster is HOST/id/ID: oidc.eks.REGION.amazonaws.com/id/ and the id of the cluster.';
    return [finding('KP-032', range, message, [], 'error')];
  }
  return [];
}

function checkAccount(provider: Text, arn: Arn, issuer: string, context: PolicyContext): Finding[] {
  const { account, partition } = context;
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
    findings.push(finding('KP-034', from === to ? provider.node : range, message, fixes, 'error'));
  };
  // A word where the digits belong is one of a guide, as in a manifest.
  if (/^[A-Za-z][\w-]*$/.test(arn.account)) {
    const over = leftOver(arn.account, context);
    const [from, to] = fieldRange(arn, 'account');
    if (over === undefined) return [];
    const fixes =
      account === undefined
        ? []
        : [{ title: `Write ${account}`, edits: [{ ...part(provider, from, to), newText: account }], preferred: true }];
    const message = `${arn.account} was not replaced by its value.${over.tail}`;
    findings.push(finding('KP-004', part(provider, from, to), message, fixes, over.severity));
  } else if (!/^\d{12}$/.test(arn.account))
    add('account', account, 'An AWS account id has 12 digits: IAM rejects this one.');
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
export function checkPrincipal({ statement }: EksStatement): Finding[] {
  const { principal } = statement;
  if (principal === undefined) return [];
  const federated = principals(statement, 'Federated');
  const hasFederated = federated.length > 0;
  const misfits = ['AWS', 'Service'].flatMap((kind) => principals(statement, kind).map((one) => ({ ...one, kind })));
  const isRefused = refusedPrincipal(filled(principal.value, undefined)) !== undefined;
  if (!isRefused && !hasFederated && !misfits.some(({ texts }) => texts.some(({ text }) => isProvider(text)))) {
    return misfits.map(({ entry, kind }) => {
      const message = `A token is of an OIDC provider, which stands under Federated: with a principal under ${kind} no pod can assume the role.`;
      return finding('KP-033', entry.key, message, [], 'error');
    });
  }
  const saml = federated.flatMap(({ texts }) => texts).find(({ text }) => text.includes(':saml-provider/'));
  if (saml !== undefined) {
    const message = 'A SAML provider gives no tokens: Federated is the OIDC provider of the cluster.';
    return [finding('KP-033', saml.node, message, [], 'error')];
  }
  return ['AWS', 'Service'].flatMap((kind) =>
    principals(statement, kind).flatMap(({ entry, texts }) => {
      const provider = texts.find(({ text }) => isProvider(text));
      if (provider === undefined) return [];
      const fixes =
        hasFederated || texts.length > 1
          ? []
          : [{ title: 'Write Federated', edits: [renameKey(entry, 'Federated')], preferred: true }];
      const message = `An OIDC provider is trusted as Federated, not as ${kind}: IAM rejects this.`;
      return [finding('KP-033', entry.key, message, fixes, 'error')];
    }),
  );
}

/** KP-033: what the token may be used for. */
export function checkAction({ statement }: EksStatement): Finding[] {
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
    return [finding('KP-033', companion.node, text, fixes, 'error')];
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
      return [finding('KP-033', one.node, text, exact ? remove : write(one.node), wide ? 'error' : 'warning')];
    }
    // Beside the right action another one lets nobody in who holds only a token.
    if (exact)
      return closest(one.text, TRUST_ACTIONS) === ACTION
        ? [finding('KP-033', one.node, `${message}.`, remove, 'warning')]
        : [];
    const first = texts.find(({ text }) => !COMPANIONS.has(text.toLowerCase())) === one;
    return [
      finding(
        'KP-033',
        one.node,
        `${message}: with ${one.text} no pod can assume the role.`,
        first ? write(one.node) : remove,
        'error',
      ),
    ];
  });
}

/** KP-032 and T-HOSTSWAP: the issuer in condition keys. */
export function checkKeys({ claims, issuer, providers }: EksStatement): Finding[] {
  return claims.flatMap(({ test, claim, issuer: written }) => {
    // What is not known begins with a scheme, as the address of an issuer does that is taken from the cluster.
    const within = ofWholeAddress(written);
    if (within !== undefined) {
      const edits = [renameKey(test.entry, `${HOLE}:${claim}`)];
      const fixes = within.start > 0 ? [] : [{ title: 'Take https:// off', edits, preferred: true }];
      return [finding('KP-032', test.key.node, within.message('key'), fixes, 'error')];
    }
    if (written.includes(HOLE) || placeholdersIn(written).length > 0) return [];
    const rename = (right: string): Fix[] =>
      test.block.entries.some(({ key }) => key !== test.key.node && isSameKey(String(key.value), `${right}:${claim}`))
        ? []
        : [{ title: `Write ${right}:${claim}`, edits: [renameKey(test.entry, `${right}:${claim}`)], preferred: true }];
    // A key of a cluster beside a provider that is of none: which of both is wrong is not certain.
    const isUnsure = issuer !== undefined && EKS_HOST.test(written) && !EKS_HOST.test(issuer);
    const form = checkIssuerText(test.key, 0, written, (right) => (isUnsure ? [] : rename(issuer ?? right)));
    if (mendIssuer(written) !== written || issuer === undefined) return form;
    const fits = (right: string): boolean => isSameKey(right, written);
    if (fits(issuer)) return [];
    if (providers.length > 1 && providers.some(({ text }) => fits(mendIssuer(issuerOf(text))))) return [];
    const message =
      'The issuer of this key is not the one under Federated, so the key is never in the request and nothing matches.';
    return [finding('KP-032', part(test.key, 0, written.length), message, isUnsure ? [] : rename(issuer), 'error')];
  });
}

/** KP-026: the trusted provider is not that of the cluster. */
export function checkCluster(statements: readonly EksStatement[], { issuer }: PolicyContext): Finding[] {
  if (issuer === undefined) return [];
  const providers = statements.flatMap((one) => one.providers.map((text) => ({ text, statement: one })));
  const certain = providers.filter(({ text }) => !isOpen(text.text) && text.text.includes('oidc-provider/'));
  if (certain.length < providers.length || certain.some(({ text }) => mendIssuer(issuerOf(text.text)) === issuer))
    return [];
  return certain.map(({ text }) => {
    const start = text.text.length - issuerOf(text.text).length;
    const range = part(text, start, text.text.length);
    const fixes =
      certain.length === 1
        ? [{ title: `Write ${issuer}`, edits: [{ ...range, newText: issuer }], preferred: true }]
        : [];
    return finding(
      'KP-026',
      range,
      `The issuer of the cluster is ${issuer}: its tokens are not accepted here.`,
      fixes,
      'error',
    );
  });
}
