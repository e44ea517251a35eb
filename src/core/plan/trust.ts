/** What a plan must know of a trust policy: whether it lets the profile in, and whom else it names. */
import { patternMatches } from '../arn/pattern.ts';
import type { WantedTrust } from '../policy/amend.ts';
import { admits, whoGetsIn, type Admitted } from '../policy/access.ts';
import { accessWords } from '../policy/access-words.ts';
import { mayAssume } from '../policy/evaluate.ts';
import type { Answer } from '../policy/answer.ts';
import { dataOf } from '../policy/json.ts';
import type { Pattern } from '../policy/values.ts';

export const letsIn = (trust: string, { provider, subject, audience }: WantedTrust): Answer =>
  mayAssume(dataOf(trust), { provider, sub: subject, aud: audience });

/**
 * Whom a trust policy was made for besides one service account and others of its namespace, in words: other profiles, clusters,
 * providers, principals. Who only falls under something too wide (no test of `sub`, a pattern that fits the account) is not meant.
 */
export function othersNamed(trust: string, wanted: WantedTrust): readonly string[] {
  const { provider, subject, audience } = wanted;
  const [, , namespace = ''] = subject.split(':');
  const access = whoGetsIn(dataOf(trust));
  const isOther = (pattern: Pattern): boolean =>
    !fits(pattern, subject) && !pattern.text.startsWith(`system:serviceaccount:${namespace}:`);
  const others = access.admitted.flatMap((one): Admitted[] => {
    if (!('subjects' in one) || one.provider !== provider) return [one];
    const alone = { ...access, admitted: [{ ...one, audiences: { among: [], except: [] } }], bounded: false };
    const [named = []] = one.subjects.among;
    const left = named.filter(isOther);
    if (left.length > 0) return [{ ...one, subjects: { ...one.subjects, among: [left] } }];
    // Everybody of the cluster but this account.
    const isWithout = named.length === 0 && admits(alone, { provider, sub: subject, aud: audience }) === 'no';
    return isWithout ? [one] : [];
  });
  return others.length === 0
    ? []
    : [accessWords({ ...access, admitted: others }, (arn) => (arn === provider ? 'the cluster' : undefined))];
}

const fits = ({ text, anyCase }: Pattern, value: string): boolean =>
  anyCase === true ? patternMatches(text.toLowerCase(), value.toLowerCase()) : patternMatches(text, value);
