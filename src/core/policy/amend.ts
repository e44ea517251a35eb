import { patternMatches } from '../arn/pattern.ts';
import { issuerOf, issuerPath, policyText, trustStatement } from './build.ts';
import { mayAssume, WEB_IDENTITY } from './evaluate.ts';
import { isObject, type Json } from '../records.ts';
import { dataOf, list, strings } from './json.ts';

/** Who is to be let in: one service account, by tokens of one cluster for one audience. */
export interface WantedTrust {
  /** ARN of the cluster's OIDC provider in IAM. */
  readonly provider: string;
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly subject: string;
  readonly audience: string;
}

export interface AmendedTrust {
  /** The trust policy as JSON text; the text that was given where nothing has to change. */
  readonly policy: string;
  /** Who was let in and no longer is, in words; empty: nobody loses anything. */
  readonly lost: readonly string[];
  /** Why the account is not let in all the same: a Deny, which we never take away. */
  readonly stopped?: string;
}

/** Operators whose values say who is let in. */
const NAMES = /^(?:ForAnyValue:|ForAllValues:)?String(Equals|EqualsIgnoreCase|Like)(?:IfExists)?$/i;

/**
 * A trust policy that lets in the wanted service account and no other by the same words: what is too wide is narrowed, what lets in
 * nobody and was meant for this account goes, and what others have in it (statements, subjects, conditions) stays. What lets
 * the account in as it should stays as it is, character by character.
 */
export function amendTrust(current: string, wanted: WantedTrust): AmendedTrust {
  const ours = statementFor(wanted);
  const document = dataOf(current);
  if (!isObject(document)) return { policy: policyText({ Version: '2012-10-17', Statement: [ours] }), lost: [] };
  const version = document['Version'];
  const before = list(document['Statement']);
  const lost: string[] = [];
  const kept = before.flatMap((statement) => amended(statement, version, wanted, lost));
  const lets = (statements: readonly unknown[]): ReturnType<typeof mayAssume> =>
    mayAssume({ Version: version, Statement: statements }, identity(wanted));
  // With a condition of somebody else's that cannot be judged from here, the statement is taken at its word.
  const statements = lets(kept.filter(isAllow)) === 'no' ? [...kept, ours] : kept;
  const same = statements.length === before.length && statements.every((statement, at) => statement === before[at]);
  const policy = same ? current : policyText({ Version: '2012-10-17', ...document, Statement: statements });
  return lets(statements) === 'no'
    ? { policy: current, lost: [], stopped: 'A Deny of the trust policy keeps the service account out.' }
    : { policy, lost: [...new Set(lost)] };
}

export interface WithdrawnTrust {
  /** The trust policy as JSON text; the text that was given where the account has nothing of its own in it. */
  readonly policy: string;
  /** Why the account is let in all the same: by words that are there for others, too. */
  readonly still?: string;
  /** Nothing is left: IAM takes no such policy. */
  readonly empty?: true;
}

/**
 * A trust policy without one service account: its name goes from the lists of subjects, and a statement that was for it alone goes
 * with it. What others have in it stays, character by character; words that let in more than this account are others' words.
 */
export function withdrawTrust(current: string, wanted: WantedTrust): WithdrawnTrust {
  const document = dataOf(current);
  if (!isObject(document)) return { policy: current };
  const version = document['Version'];
  const before = list(document['Statement']);
  const left = before.flatMap((statement) => withdrawn(statement, wanted));
  const same = left.length === before.length && left.every((statement, at) => statement === before[at]);
  const lets = mayAssume({ Version: version, Statement: left }, identity(wanted));
  return {
    policy: same ? current : policyText({ Version: '2012-10-17', ...document, Statement: left }),
    ...(left.length === 0 ? { empty: true } : {}),
    ...(lets === 'no'
      ? {}
      : { still: 'The trust policy lets it in by a pattern, or by a statement without a subject.' }),
  };
}

/** What is left of one statement without the account's name. */
function withdrawn(statement: unknown, { provider, subject }: WantedTrust): readonly unknown[] {
  if (!isObject(statement) || !isAllow(statement) || !isForTokens(statement)) return [statement];
  const principal = statement['Principal'];
  const federated = isObject(principal) ? strings(principal['Federated']) : [];
  if (!federated.some((arn) => means(provider, arn))) return [statement];
  const named = namingTests(statement).filter(
    ({ key, values }) => /:sub$/i.test(key) && strings(values).includes(subject),
  );
  if (named.length === 0) return [statement];
  const condition: Record<string, unknown> = { ...(statement['Condition'] as Json) };
  for (const { operator, key, values } of named) {
    const now = strings(values).filter((name) => name !== subject);
    // A test that no name is left in would let in nobody.
    if (now.length === 0) {
      const others = federated.filter((arn) => !means(provider, arn));
      return others.length === 0 ? [] : [withFederated(statement, others)];
    }
    condition[operator] = { ...(condition[operator] as Json), [key]: Array.isArray(values) ? now : now[0] };
  }
  return [{ ...statement, Condition: condition }];
}

const identity = ({ provider, subject, audience }: WantedTrust, sub = subject, aud = audience) => ({
  provider,
  sub,
  aud,
});

const isAllow = (statement: unknown): boolean => isObject(statement) && statement['Effect'] === 'Allow';

const statementFor = ({ provider, subject, audience }: WantedTrust): Json => ({
  ...trustStatement(provider, issuerOf(provider), subject, audience),
});

/** The cluster's provider, or what was meant for it: with https://, a slash at the end, blanks, another partition. */
const means = (provider: string, text: string): boolean =>
  issuerPath(issuerOf(text.trim())).toLowerCase() === issuerOf(provider).toLowerCase();

/** The subject of a token of a cluster: no other can be in one (Kubernetes, names of namespaces and of objects). */
const SUBJECT = /^system:serviceaccount:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** A name that no namespace and no service account has. */
const NOBODY = 'nobody-has-this-name';

/** What is left of one statement: itself, something narrower, or nothing. Adds to `lost` who is no longer let in. */
function amended(statement: unknown, version: unknown, wanted: WantedTrust, lost: string[]): readonly unknown[] {
  if (!isObject(statement) || !isAllow(statement) || !isForTokens(statement)) return [statement];
  const principal = statement['Principal'];
  const federated = isObject(principal) ? strings(principal['Federated']) : [];
  const others = federated.filter((arn) => !means(wanted.provider, arn));
  if (others.length === federated.length) return [statement];
  // Shared with other providers: what is said of those stays.
  const theirs = others.length === 0 ? [] : [withFederated(statement, others)];
  const own = strictly(others.length === 0 ? statement : withFederated(statement, [wanted.provider]), wanted);

  const lets = (one: Json, sub: string, aud?: string): boolean =>
    mayAssume({ Version: version, Statement: [one] }, identity(wanted, sub, aud)) !== 'no';
  const [, , namespace = ''] = wanted.subject.split(':');
  /** Who might get in besides the account: others of its namespace and elsewhere, and somebody for each pattern that it fits. */
  const strangers = (one: Json): readonly string[] =>
    [
      `system:serviceaccount:${namespace}:${NOBODY}`,
      `system:serviceaccount:${NOBODY}:${NOBODY}`,
      ...subjectsOf(one)
        .filter((name) => matches(name, wanted.subject))
        .map(somebody),
    ].filter((sub) => sub !== wanted.subject);
  const wide = (one: Json): boolean =>
    strangers(one).some((sub) => lets(one, sub)) || lets(one, wanted.subject, NOBODY);

  const names = subjectsOf(own);
  if (wide(own)) {
    const narrower = narrowed(own, wanted, (name) => matches(name, wanted.subject));
    lost.push(...lostBy(own, wanted, names, lets));
    const result = wide(narrower) || !lets(narrower, wanted.subject) ? statementFor(wanted) : narrower;
    return [...theirs, result];
  }
  const isNobody = (name: string): boolean => !SUBJECT.test(somebody(name));
  const people = names.filter((name) => !isNobody(name)).map(somebody);
  if (lets(own, wanted.subject) || people.some((name) => lets(own, name)))
    return isStrict(statement, wanted) ? [statement] : [...theirs, own];
  // It lets in nobody. If it was meant for this account, or for nobody else, a right one takes its place.
  const about = names.every((name) => /[*?]/.test(name) || name.includes(`:${namespace}:`) || isNobody(name));
  return about ? theirs : [statement];
}

/** An operator that is also true where a key is absent, which says nothing of who is let in. */
const LOOSE = /^ForAllValues:|IfExists$/gi;
const looseTests = (
  statement: Json,
  { provider }: WantedTrust,
): readonly (readonly [operator: string, key: string])[] =>
  namingTests(statement).flatMap(({ operator, key }) =>
    operator.replace(LOOSE, '') !== operator &&
    [`${issuerOf(provider)}:aud`, `${issuerOf(provider)}:sub`].some((its) => its.toLowerCase() === key.toLowerCase())
      ? [[operator, key] as const]
      : [],
  );
const isStrict = (statement: Json, wanted: WantedTrust): boolean => looseTests(statement, wanted).length === 0;

/** The statement with tests of aud and sub that a token without the claim does not pass, where it has such as it does. */
function strictly(statement: Json, wanted: WantedTrust): Json {
  const loose = looseTests(statement, wanted);
  if (loose.length === 0) return statement;
  const condition: Record<string, unknown> = { ...(statement['Condition'] as Json) };
  for (const [operator, key] of loose) {
    const { [key]: values, ...rest } = condition[operator] as Json;
    const strict = operator.replace(LOOSE, '');
    const there = Object.keys(condition).find((one) => one.toLowerCase() === strict.toLowerCase()) ?? strict;
    const block = condition[there];
    // Both must hold: where the strict one asks for the same key already, it is enough that it does.
    condition[there] = { [key]: values, ...(isObject(block) ? block : {}) };
    if (Object.keys(rest).length > 0) condition[operator] = rest;
    else delete condition[operator];
  }
  return { ...statement, Condition: condition };
}

/** Whether the statement is about tokens, also by the action that is for something else (AWS knows three ways to assume a role). */
const isForTokens = (statement: Json): boolean =>
  statement['Action'] === undefined ||
  strings(statement['Action']).some((action) => matches(action.toLowerCase(), WEB_IDENTITY.toLowerCase())) ||
  strings(statement['Action']).every((action) => /^sts:AssumeRole(WithSAML)?$/i.test(action));

/** A subject that a pattern fits. */
const somebody = (pattern: string): string => pattern.replace(/\*+/g, NOBODY).replace(/\?/g, 'z');

const matches = (pattern: string, text: string): boolean => patternMatches(pattern, text, false);

const withFederated = (statement: Json, providers: readonly string[]): Json => ({
  ...statement,
  Principal: {
    ...(statement['Principal'] as Json),
    Federated: providers.length === 1 ? providers[0] : providers,
  },
});

/** The values of `…:sub` that say who is let in. */
const subjectsOf = (statement: Json): readonly string[] =>
  namingTests(statement).flatMap(({ key, values }) => (/:sub$/i.test(key) ? strings(values) : []));

const namingTests = (statement: Json): readonly { operator: string; key: string; values: unknown }[] =>
  Object.entries(isObject(statement['Condition']) ? statement['Condition'] : {}).flatMap(([operator, block]) =>
    NAMES.test(operator) && isObject(block)
      ? Object.entries(block).map(([key, values]) => ({ operator, key, values }))
      : [],
  );

/** The statement with the account in the place of each pattern that is `replaced`, and with tests of sub and aud. */
function narrowed(
  statement: Json,
  { provider, subject, audience }: WantedTrust,
  replaced: (name: string) => boolean,
): Json {
  const issuer = issuerOf(provider);
  const condition: Record<string, unknown> = { ...(isObject(statement['Condition']) ? statement['Condition'] : {}) };
  for (const { operator, key, values } of namingTests(statement)) {
    if (!/:sub$/i.test(key)) continue;
    const now = [...new Set(strings(values).map((name) => (replaced(name) ? subject : name)))];
    condition[operator] = { ...(condition[operator] as Json), [key]: now.length === 1 ? now[0] : now };
  }
  const tested = (name: string): boolean =>
    namingTests(statement).some(({ key }) => key.toLowerCase() === `${issuer}:${name}`.toLowerCase());
  const added = {
    ...(tested('aud') ? {} : { [`${issuer}:aud`]: audience }),
    ...(tested('sub') ? {} : { [`${issuer}:sub`]: subject }),
  };
  const equals = Object.keys(condition).find((operator) => operator.toLowerCase() === 'stringequals') ?? 'StringEquals';
  if (Object.keys(added).length > 0) condition[equals] = { ...(condition[equals] as Json | undefined), ...added };
  return { ...statement, Condition: condition };
}

/** Who a statement that is too wide lets in besides the account, in words. */
function lostBy(
  statement: Json,
  { subject, audience }: WantedTrust,
  names: readonly string[],
  lets: (one: Json, sub: string, aud?: string) => boolean,
): readonly string[] {
  const [, , namespace = ''] = subject.split(':');
  const patterns = names.filter(
    (name) => name !== subject && matches(name, subject) && lets(statement, somebody(name)),
  );
  const within = (place: string): boolean => lets(statement, `system:serviceaccount:${place}:${NOBODY}`);
  const others = within(NOBODY)
    ? ['every other service account of the cluster']
    : within(namespace)
      ? [`other service accounts of namespace ${namespace}`]
      : [];
  return [
    ...(patterns.length > 0 ? patterns.map((pattern) => `other service accounts by the pattern ${pattern}`) : others),
    ...(lets(statement, subject, NOBODY) ? [`tokens for another audience than ${audience}`] : []),
  ];
}
