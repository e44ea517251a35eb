/** Who gets in by a trust policy, in a few plain words. */
import { isEvery, type Admitted, type AdmittedPrincipal, type AdmittedTokens, type WhoGetsIn } from './access.ts';
import { AUDIENCE } from './build.ts';
import { issuerOf } from './evaluate.ts';
import { fitsValues, isWild, plain, type Pattern, type Values } from './values.ts';

const some = (texts: readonly string[], most = 3): string =>
  texts.length > most ? `${texts.slice(0, most).join(', ')} and ${texts.length - most} more` : texts.join(', ');

/** A subject of a service account, or a pattern of them. */
function subjectWords(pattern: Pattern): string {
  // Subjects of service accounts are in lower case.
  const text = pattern.anyCase === true ? plain(pattern.text).toLowerCase() : plain(pattern.text);
  if (isEvery(pattern)) return 'every service account';
  const [, namespace, name] =
    /^(?:system:serviceaccount:)([^:]+):([^:]+)$/i.exec(text) ?? /^(\*):([^:*?]+)$/.exec(text) ?? [];
  if (namespace === undefined || name === undefined) return isWild(pattern) ? `subjects like ${text}` : text;
  if (/^\*+$/.test(namespace)) return `${name} of every namespace`;
  return /^\*+$/.test(name) ? `every service account of ${namespace}` : `${namespace}/${name}`;
}

/** Tokens of a provider that is not of EKS, by the host of its issuer. */
const ISSUERS: Readonly<Record<string, string>> = {
  'token.actions.githubusercontent.com': 'GitHub workflows',
  'gitlab.com': 'GitLab jobs',
  'app.terraform.io': 'HCP Terraform',
  'accounts.google.com': 'Google accounts',
  'cognito-identity.amazonaws.com': 'identities of Cognito',
};

function tokenWords(one: AdmittedTokens, cluster: ClusterName | undefined): string {
  const { kind, provider, subjects, audiences } = one;
  const issuer = issuerOf(provider);
  const [first, ...rest] = subjects.among;
  const named = (list: readonly Pattern[]): string =>
    kind === 'tokens' ? some(list.map(({ text }) => plain(text))) : some(list.map(subjectWords));
  const which = first === undefined || first.some(isEvery) ? undefined : named(first);
  const also = rest.length === 0 ? '' : `, of these only ${rest.map(named).join(' and ')}`;
  const except = subjects.except.length === 0 ? '' : ` but ${named(subjects.except)}`;
  if (kind === 'tokens') {
    const who = ISSUERS[issuer.split('/')[0] ?? ''] ?? `tokens of ${issuer}`;
    return `${who}${which === undefined ? '' : ` ${which}`}${also}${except}`;
  }
  const meant = fitsValues(audiences, AUDIENCE) ? '' : ` with a token for ${audienceWords(audiences)}`;
  const its =
    cluster === undefined ? 'the cluster that it trusts' : (cluster(provider) ?? `another cluster (${issuer})`);
  const whose = which ?? `every service account of ${its}`;
  const where = which === undefined || cluster === undefined || its === 'the cluster' ? '' : ` of ${its}`;
  return `${whose}${where}${also}${except}${meant}`;
}

const audienceWords = ({ among }: Values): string =>
  among.length === 0 ? 'other audiences' : some(among.flatMap((list) => list.map(({ text }) => plain(text))));

function principalWords({ kind, principal, except }: AdmittedPrincipal): string {
  const but = except.length === 0 ? '' : ` but ${some(except)}`;
  if (kind === 'everybody') return `everybody${but}`;
  return principal === '*' && kind === 'aws' ? `everybody with credentials of AWS${but}` : `${principal}${but}`;
}

/** How a cluster is called, by the ARN of its provider; undefined: it is none that is looked at. */
export type ClusterName = (provider: string) => string | undefined;

/**
 * Who may assume the role, in a few plain words: `team-a/default-editor`, `nobody`.
 *
 * @param cluster without it, each cluster is "the cluster that it trusts"
 */
export function accessWords({ admitted, refused, bounded }: WhoGetsIn, cluster?: ClusterName): string {
  const words = (one: Admitted): string => ('subjects' in one ? tokenWords(one, cluster) : principalWords(one));
  const sure = [...new Set(admitted.filter(({ depends }) => depends.length === 0).map(words))];
  const maybe = new Map<string, Set<string>>();
  for (const one of admitted) {
    const text = words(one);
    if (one.depends.length === 0 || sure.includes(text)) continue;
    maybe.set(text, new Set([...(maybe.get(text) ?? []), ...one.depends]));
  }
  const perhaps = [...maybe].map(([who, why]) => `perhaps ${who} (it depends on ${some([...why])})`);
  const rest = bounded ? ['perhaps others (the policy is too large to be judged here)'] : [];
  const all = [...(sure.length === 0 ? [] : [some(sure)]), ...(perhaps.length === 0 ? [] : [some(perhaps)]), ...rest];
  const refusal = refused[0] === undefined ? '' : `; IAM refuses this policy: ${refused[0].why}`;
  return `${all.length === 0 ? 'nobody' : all.join(', ')}${refusal}`;
}
