/**
 * Who gets in by a trust policy, as sets: the tokens of each OIDC provider by the patterns of their subjects, other principals,
 * and what cannot be judged and why. Policies are parsed JSON of unknown shape.
 */
import { patternMatches } from '../arn/pattern.ts';
import { HOLE } from '../document/node.ts';
import { isObject, type Json } from '../records.ts';
import type { Answer } from './answer.ts';
import { refusedPrincipal, type WebIdentity } from './evaluate.ts';
import { principalsOf, type AdmittedPrincipal } from './principals.ts';
import { own, readDocument, textsOf } from './statements.ts';
import { tokensOf, type AdmittedTokens } from './tokens.ts';
import { type Budget, escaped, Exceeded, fitsValues, simplify, STEPS, without } from './values.ts';

/** Somebody who is let in. `depends` empty: surely; else perhaps, and on what it depends (words, such as `aws:SourceIp`). */
export type Admitted = AdmittedTokens | AdmittedPrincipal;

/** Something about a statement, by its index among the statements. */
export interface Remark {
  readonly statement: number;
  /** Words. */
  readonly why: string;
}

export interface WhoGetsIn {
  readonly admitted: readonly Admitted[];
  /** The OIDC providers that the statements name, as they are written. Tokens of others get in only where `everybody` does. */
  readonly providers: readonly string[];
  /** What cannot be judged. */
  readonly unjudged: readonly Remark[];
  /** Statements whose principal IAM refuses: no role can have this policy. */
  readonly refused: readonly Remark[];
  /** The policy is larger than what is judged here: anybody may get in who is not listed. */
  readonly bounded: boolean;
}

/** The OIDC providers that statements name, as they are written. */
function providersOf(statements: readonly Json[]): string[] {
  const named = statements.flatMap((statement) =>
    [own(statement, 'Principal'), own(statement, 'NotPrincipal')].flatMap((element) =>
      isObject(element) ? [...textsOf(own(element, 'Federated')).texts] : [],
    ),
  );
  return [...new Set(named)].filter((text) => !text.includes(':saml-provider/') && text !== '*');
}

/** Who may assume a role with this trust policy. Never throws; what takes too long to be judged is said not to be. */
export function whoGetsIn(trust: unknown): WhoGetsIn {
  const { statements, variables } = readDocument(trust);
  const providers = providersOf(statements);
  const refused = statements.flatMap((statement, index): Remark[] => {
    const element = own(statement, 'Principal') ?? own(statement, 'NotPrincipal');
    const why = element === undefined ? undefined : refusedPrincipal(element);
    return why === undefined ? [] : [{ statement: index, why }];
  });
  const budget: Budget = { left: STEPS };
  const admitted: Admitted[] = [];
  let bounded = false;
  try {
    const all = statements.map((statement, index) => ({ statement, index, size: JSON.stringify(statement).length }));
    for (const provider of providers) admitted.push(...tokensOf(all, provider, variables, budget));
    admitted.push(...principalsOf(statements, variables, budget));
  } catch (error) {
    if (!(error instanceof Exceeded)) throw error;
    bounded = true;
  }
  const unjudged = new Map(
    admitted.flatMap(({ statement, depends }) =>
      depends.map((why): readonly [string, Remark] => [`${statement} ${why}`, { statement, why }]),
    ),
  );
  return { admitted, providers, unjudged: [...unjudged.values()], refused, bounded };
}

/** Whether this token is let in, by what was said before: `unknown` wherever that does not settle it. */
export function admits({ admitted, providers, bounded }: WhoGetsIn, { provider, sub, aud }: WebIdentity): Answer {
  let answer: Answer = bounded ? 'unknown' : 'no';
  const isNamed = providers.includes(provider);
  // It may be the provider that a template names.
  if (!isNamed && providers.some((one) => one.includes(HOLE) && patternMatches(one, provider, false))) return 'unknown';
  for (const one of admitted) {
    const isMeant =
      'subjects' in one
        ? one.provider === provider && fitsValues(one.subjects, sub) && fitsValues(one.audiences, aud)
        : one.kind === 'everybody' && !isNamed;
    if (!isMeant) continue;
    if (one.depends.length === 0) return 'yes';
    answer = 'unknown';
  }
  return answer;
}

/** Everybody who is let in besides one service account (or other token), whatever its audience: surely or perhaps. */
export function othersLetIn(
  { admitted }: WhoGetsIn,
  { provider, sub }: Pick<WebIdentity, 'provider' | 'sub'>,
): readonly Admitted[] {
  const budget: Budget = { left: STEPS };
  return admitted.flatMap((one): Admitted[] => {
    if (!('subjects' in one) || one.provider !== provider) return [one];
    try {
      const subjects = simplify(without(one.subjects, [{ text: escaped(sub) }]), budget);
      return subjects === undefined ? [] : [{ ...one, subjects }];
    } catch (error) {
      if (error instanceof Exceeded) return [one];
      throw error;
    }
  });
}
