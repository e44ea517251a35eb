/** One more service account in a trust policy, or one less: nothing else of it changes. */
import { isObject, type Json } from '../records.ts';
import type { WantedTrust } from './amend.ts';
import { issuerOf, policyText, trustStatement } from './build.ts';
import { mayAssume, WEB_IDENTITY } from './evaluate.ts';
import { dataOf, list, strings } from './json.ts';

const letsIn = (document: unknown, { provider, subject: sub, audience: aud }: WantedTrust): boolean =>
  mayAssume(document, { provider, sub, aud }) === 'yes';

const withStatements = (document: Json, Statement: readonly unknown[]): string =>
  policyText({ Version: '2012-10-17', ...document, Statement });

/**
 * A trust policy that lets in a service account besides whom it lets in already. Where a statement lets in others by the same words, it
 * is named beside them: that takes fifty characters of the quota, a statement of its own some hundred.
 *
 * @returns the text that was given where the account is let in already; undefined: it is no policy
 */
export function withMember(trust: string, wanted: WantedTrust): string | undefined {
  const document = dataOf(trust);
  if (!isObject(document)) return undefined;
  if (letsIn(document, wanted)) return trust;
  const statements = list(document['Statement']);
  const at = statements.findIndex((statement) => isOfOurForm(statement, wanted));
  const issuer = issuerOf(wanted.provider);
  if (at === -1)
    return withStatements(document, [
      ...statements,
      trustStatement(wanted.provider, issuer, wanted.subject, wanted.audience),
    ]);
  return withStatements(
    document,
    statements.map((statement, index) =>
      index === at ? withSubjects(statement as Json, (subjects) => [...subjects, wanted.subject]) : statement,
    ),
  );
}

/** A trust policy without a service account. */
export interface Without {
  /** The text that was given where it names the account nowhere. */
  readonly policy: string;
  /** It lets the account in all the same: by a pattern, or because it asks for no subject. */
  readonly still: boolean;
  /** Nobody would be left in it, and IAM takes no trust policy without a statement: it is as it was. */
  readonly alone: boolean;
}

/** Takes a service account out of every statement that names it; one that named nobody else goes. */
export function withoutMember(trust: string, wanted: WantedTrust): Without {
  const document = dataOf(trust);
  if (!isObject(document)) return { policy: trust, still: false, alone: false };
  const statements = list(document['Statement']);
  const left = statements.flatMap((statement) => {
    const subjects = subjectsOf(statement, wanted);
    if (!subjects.includes(wanted.subject)) return [statement];
    const others = subjects.filter((subject) => subject !== wanted.subject);
    return others.length === 0
      ? []
      : [withSubjects(statement as Json, (all) => all.filter((one) => one !== wanted.subject))];
  });
  const same = left.length === statements.length && left.every((statement, index) => statement === statements[index]);
  if (left.length === 0) return { policy: trust, still: true, alone: true };
  const policy = same ? trust : withStatements(document, left);
  const now = mayAssume(dataOf(policy), { provider: wanted.provider, sub: wanted.subject, aud: wanted.audience });
  return { policy, still: now !== 'no', alone: false };
}

/** Operators that a statement names subjects by. */
const NAMES = ['StringEquals', 'StringLike', 'StringEqualsIgnoreCase'];

/** The key of a condition, in any case: IAM does not look at it. */
const keyIn = (part: Json, wanted: string): string | undefined =>
  Object.keys(part).find((key) => key.toLowerCase() === wanted.toLowerCase());

/** Where a statement that lets in tokens of the provider tests their subject: operator and key. */
function subjectPlaces(statement: unknown, { provider }: Pick<WantedTrust, 'provider'>): readonly [string, string][] {
  if (!isObject(statement) || statement['Effect'] !== 'Allow' || !isObject(statement['Condition'])) return [];
  const principal = statement['Principal'];
  if (!isObject(principal) || !strings(principal['Federated']).includes(provider)) return [];
  const condition = statement['Condition'];
  return Object.keys(condition).flatMap((operator): [string, string][] => {
    const part = condition[operator];
    const known = NAMES.some((name) => name.toLowerCase() === operator.toLowerCase());
    const key = known && isObject(part) ? keyIn(part, `${issuerOf(provider)}:sub`) : undefined;
    return key === undefined ? [] : [[operator, key]];
  });
}

const subjectsOf = (statement: unknown, wanted: Pick<WantedTrust, 'provider'>): readonly string[] =>
  subjectPlaces(statement, wanted).flatMap(([operator, key]) =>
    strings(((statement as Json)['Condition'] as Record<string, Json>)[operator]?.[key]),
  );

/** The statement with other subjects wherever it names some. */
function withSubjects(statement: Json, change: (subjects: readonly string[]) => readonly string[]): Json {
  const provider = strings((statement['Principal'] as Json)['Federated'])[0] ?? '';
  const condition = { ...(statement['Condition'] as Record<string, Json>) };
  for (const [operator, key] of subjectPlaces(statement, { provider })) {
    const subjects = change(strings(condition[operator]?.[key]));
    condition[operator] = { ...condition[operator], [key]: subjects.length === 1 ? subjects[0] : subjects };
  }
  return { ...statement, Condition: condition };
}

/** Whether a statement lets in named service accounts for this audience, by nothing but the two tests that we write. */
function isOfOurForm(statement: unknown, { provider, audience }: WantedTrust): boolean {
  if (!isObject(statement)) return false;
  const { Effect, Principal, Action, Condition } = statement;
  const more = Object.keys(statement).some(
    (key) => !['Sid', 'Effect', 'Principal', 'Action', 'Condition'].includes(key),
  );
  if (more || Effect !== 'Allow' || !isObject(Principal) || !isObject(Condition)) return false;
  const actions = strings(Action);
  const federated = strings(Principal['Federated']);
  const equals = Condition['StringEquals'];
  if (Object.keys(Principal).length !== 1 || federated.length !== 1 || federated[0] !== provider) return false;
  if (actions.length !== 1 || actions[0] !== WEB_IDENTITY) return false;
  if (Object.keys(Condition).length !== 1 || !isObject(equals) || Object.keys(equals).length !== 2) return false;
  const issuer = issuerOf(provider);
  const [aud, sub] = [equals[`${issuer}:aud`], equals[`${issuer}:sub`]];
  return strings(aud).join() === audience && strings(sub).length > 0;
}
