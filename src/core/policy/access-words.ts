/** Who gets in by a trust policy, in a few plain words. */
import { isEvery, type AdmittedTokens } from './tokens.ts';
import type { Admitted, WhoGetsIn } from './access.ts';
import type { AdmittedPrincipal } from './principals.ts';
import { inEnglish, phrase, saying, type Phrase, type Say } from '../phrase.ts';
import { AUDIENCE, issuerOf } from './build.ts';
import { fitsValues, isWild, plain, type Pattern, type Values } from './values.ts';

const some = (texts: readonly string[], say: Say, most = 3): string =>
  texts.length > most
    ? say('{0} and {1} more', texts.slice(0, most).join(', '), texts.length - most)
    : texts.join(', ');

/** A subject of a service account, or a pattern of them. */
function subjectWords(pattern: Pattern, say: Say): string {
  // Subjects of service accounts are in lower case.
  const text = pattern.anyCase === true ? plain(pattern.text).toLowerCase() : plain(pattern.text);
  if (isEvery(pattern)) return say('every service account');
  const [, namespace, name] =
    /^(?:system:serviceaccount:)([^:]+):([^:]+)$/i.exec(text) ?? /^(\*):([^:*?]+)$/.exec(text) ?? [];
  if (namespace === undefined || name === undefined) return isWild(pattern) ? say('subjects like {0}', text) : text;
  if (/^\*+$/.test(namespace)) return say('{0} of every namespace', name);
  return /^\*+$/.test(name) ? say('every service account of {0}', namespace) : `${namespace}/${name}`;
}

/** Tokens of a provider that is not of EKS, by the host of its issuer. */
const ISSUERS: Readonly<Record<string, Phrase>> = {
  'token.actions.githubusercontent.com': phrase('GitHub workflows'),
  'gitlab.com': phrase('GitLab jobs'),
  'app.terraform.io': phrase('HCP Terraform'),
  'accounts.google.com': phrase('Google accounts'),
  'cognito-identity.amazonaws.com': phrase('identities of Cognito'),
};

function tokenWords(one: AdmittedTokens, cluster: ClusterName | undefined, say: Say): string {
  const { kind, provider, subjects, audiences } = one;
  const issuer = issuerOf(provider);
  const [first, ...rest] = subjects.among;
  const named = (list: readonly Pattern[]): string =>
    some(
      list.map((pattern) => (kind === 'tokens' ? plain(pattern.text) : subjectWords(pattern, say))),
      say,
    );
  const which = first === undefined || first.some(isEvery) ? undefined : named(first);
  const also = rest.length === 0 ? '' : say(', of these only {0}', rest.map(named).join(` ${say('and')} `));
  const except = subjects.except.length === 0 ? '' : ` ${say('but {0}', named(subjects.except))}`;
  if (kind === 'tokens') {
    const known = ISSUERS[issuer.split('/')[0] ?? ''];
    const who = known === undefined ? say('tokens of {0}', plain(issuer).replace(/\uE000+/g, '…')) : saying(known, say);
    return `${who}${which === undefined ? '' : ` ${which}`}${also}${except}`;
  }
  const meant = fitsValues(audiences, AUDIENCE) ? '' : ` ${say('with a token for {0}', audienceWords(audiences, say))}`;
  const its =
    cluster === undefined
      ? say('the cluster that it trusts')
      : (cluster(provider) ?? say('another cluster ({0})', issuer));
  const whose = which ?? say('every service account of {0}', its);
  const where =
    which === undefined || cluster === undefined || its === say('the cluster') ? '' : ` ${say('of {0}', its)}`;
  return `${whose}${where}${also}${except}${meant}`;
}

const audienceWords = ({ among }: Values, say: Say): string =>
  among.length === 0
    ? say('other audiences')
    : some(
        among.flatMap((list) => list.map(({ text }) => plain(text))),
        say,
      );

function principalWords({ kind, principal, except }: AdmittedPrincipal, say: Say): string {
  const but = except.length === 0 ? '' : ` ${say('but {0}', some(except, say))}`;
  if (kind === 'everybody') return `${say('everybody')}${but}`;
  const who = principal === '*' && kind === 'aws' ? say('everybody with credentials of AWS') : principal;
  return `${who}${but}`;
}

/** How a cluster is called, by the ARN of its provider; undefined: it is none that is looked at. */
export type ClusterName = (provider: string) => string | undefined;

/**
 * Who may assume the role, in a few plain words: `team-a/default-editor`, `nobody`.
 *
 * @param cluster without it, each cluster is "the cluster that it trusts"
 */
export function accessWords(
  { admitted, refused, bounded }: WhoGetsIn,
  cluster?: ClusterName,
  say: Say = inEnglish,
): string {
  const words = (one: Admitted): string =>
    'subjects' in one ? tokenWords(one, cluster, say) : principalWords(one, say);
  const sure = [...new Set(admitted.filter(({ depends }) => depends.length === 0).map(words))];
  const maybe = new Map<string, Set<string>>();
  for (const one of admitted) {
    const text = words(one);
    if (one.depends.length === 0 || sure.includes(text)) continue;
    maybe.set(text, new Set([...(maybe.get(text) ?? []), ...one.depends]));
  }
  const perhaps = [...maybe].map(([who, why]) => say('perhaps {0} (it depends on {1})', who, some([...why], say)));
  const rest = bounded ? [say('perhaps others (the policy is too large to be judged here)')] : [];
  const all = [
    ...(sure.length === 0 ? [] : [some(sure, say)]),
    ...(perhaps.length === 0 ? [] : [some(perhaps, say)]),
    ...rest,
  ];
  const refusal = refused[0] === undefined ? '' : `; ${say('IAM refuses this policy: {0}', refused[0].why)}`;
  return `${all.length === 0 ? say('nobody') : all.join(', ')}${refusal}`;
}
