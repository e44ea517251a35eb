/**
 * What Kubeflow's profile controller makes of a trust policy where that is left to it (`annotateOnly: false`, and every release before
 * 1.7). It reads the first statement alone, of that `Principal.Federated` and the subjects under `StringEquals`, and writes one
 * statement in the place of all. Source: kubeflow/dashboard, components/profile-controller/controllers/plugin_iam.go
 * (addServiceAccountInAssumeRolePolicy, removeServiceAccountInAssumeRolePolicy); seen on releases 1.6.1, 1.10.0, 2.0.0 and main.
 */
import { admits, whoGetsIn, type Admitted, type WhoGetsIn } from './access.ts';
import { isEveryone } from './tokens.ts';
import { accessWords } from './access-words.ts';
import type { WantedTrust } from './amend.ts';
import { AUDIENCE, issuerOf, issuerPath, policyText, trustStatement } from './build.ts';
import { mayAssume } from './evaluate.ts';
import { isObject, type Json } from '../records.ts';
import { dataOf, list, strings } from './json.ts';
import { fitsValues, isWild, plain } from './values.ts';

/** Characters without white space that a trust policy may have: as a rule, and where the quota was raised (IAM User Guide, IAM quotas). */
export const TRUST_SIZE = { usual: 2_048, raised: 4_096 } as const;

/** Characters of a trust policy as IAM counts them. */
export const trustSize = (policy: string): number => policy.replace(/\s/g, '').length;

/** What the controller makes of a trust policy. */
export type Rewriting =
  /** It writes nothing. */
  | { readonly outcome: 'keeps' }
  /** It never gets any further with the Profile. */
  | { readonly outcome: 'fails'; readonly why: string }
  | {
      readonly outcome: 'rewrites';
      /** What it writes. */
      readonly policy: string;
      /** Who is let in now, and will not be; who will be, and is not now: in words, without the account itself. */
      readonly lost: readonly string[];
      readonly gained: readonly string[];
      /** Longer than the usual quota: IAM takes it only where that was raised. */
      readonly long?: true;
    };

/**
 * What the controller does to a trust policy (JSON text) for one subject.
 *
 * @param when `apply`: at each look at the Profile, it lets the subject in; `delete`: when the Profile is deleted, it takes it out
 */
export function controllerWrites(trust: string, subject: string, when: 'apply' | 'delete'): Rewriting {
  const document = dataOf(trust);
  const statements = isObject(document) ? document['Statement'] : undefined;
  const first: unknown = Array.isArray(statements) ? statements[0] : undefined;
  if (!isObject(first))
    return {
      outcome: 'fails',
      why: isObject(statements)
        ? 'Statement is one object: the controller looks for a list and panics'
        : 'there is no first statement: the controller panics',
    };
  const principal = first['Principal'];
  const federated = isObject(principal) ? principal['Federated'] : undefined;
  if (Array.isArray(federated))
    return {
      outcome: 'fails',
      why: 'Federated of the first statement is a list, which the controller takes for a text: IAM refuses what it writes (KP-085)',
    };
  if (typeof federated !== 'string' || federated === '')
    return {
      outcome: 'fails',
      why: 'the first statement is not that of an OIDC provider: IAM refuses what the controller writes (KP-021)',
    };
  const issuer = federated.slice(federated.indexOf('/') + 1);
  const condition = first['Condition'];
  const equals = isObject(condition) ? condition['StringEquals'] : undefined;
  const now = isObject(equals) ? strings(equals[`${issuer}:sub`]) : [];
  if (when === 'apply' && now.includes(subject)) return { outcome: 'keeps' };
  const subjects = when === 'apply' ? [...now, subject] : now.filter((one) => one !== subject);
  const policy = policyText({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: federated },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: [AUDIENCE],
            ...(subjects.length > 0 ? { [`${issuer}:sub`]: subjects } : {}),
          },
        },
      },
    ],
  });
  const size = trustSize(policy);
  if (size > TRUST_SIZE.raised)
    return {
      outcome: 'fails',
      why: `it would have ${size} characters, and IAM takes ${TRUST_SIZE.raised} at most (KP-023)`,
    };
  const [before, after] = [whoGetsIn(document), whoGetsIn(dataOf(policy))];
  const account = { provider: federated, subject };
  return {
    outcome: 'rewrites',
    policy,
    lost: missing(before, after, account),
    gained: missing(after, before, account),
    ...(size > TRUST_SIZE.usual ? { long: true } : {}),
  };
}

/** Who surely or perhaps gets in by the one and not surely by the other, in words; the account itself is left out. */
function missing(
  one: WhoGetsIn,
  other: WhoGetsIn,
  { provider, subject }: Pick<WantedTrust, 'provider' | 'subject'>,
): readonly string[] {
  const everyone = other.admitted.some(
    (by) => 'subjects' in by && by.provider === provider && by.depends.length === 0 && isOpen(by),
  );
  const others: string[] = [];
  const left = one.admitted.flatMap((who): Admitted[] => {
    if (!('subjects' in who) || who.provider !== provider) return [who];
    if (!isAudienceAlone(who.audiences.among)) others.push(`tokens for another audience than ${AUDIENCE}`);
    if (!fitsValues(who.audiences, AUDIENCE) || everyone) return [];
    const [named, ...more] = who.subjects.among;
    if (named === undefined) return [who];
    const rest = named.filter((pattern) => {
      if (isWild({ text: pattern.text })) return true;
      const name = pattern.anyCase === true ? plain(pattern.text).toLowerCase() : plain(pattern.text);
      return name !== subject && admits(other, { provider, sub: name, aud: AUDIENCE }) !== 'yes';
    });
    return rest.length === 0 ? [] : [{ ...who, subjects: { ...who.subjects, among: [rest, ...more] } }];
  });
  const words =
    left.length === 0 && !one.bounded
      ? []
      : [accessWords({ ...one, admitted: left, refused: [] }, (arn) => (arn === provider ? 'the cluster' : undefined))];
  return [...words, ...new Set(others)];
}

const isOpen = (who: Extract<Admitted, { readonly subjects: unknown }>): boolean =>
  who.subjects.except.length === 0 && isEveryone(who) && fitsValues(who.audiences, AUDIENCE);

/** Whether nothing but the audience of IRSA is let in. */
const isAudienceAlone = (among: readonly (readonly { readonly text: string }[])[]): boolean =>
  among.some((texts) => texts.every(({ text }) => plain(text) === AUDIENCE));

/**
 * A trust policy that lets the account in, in a form in which the controller finds it and so writes nothing: its statement first in a
 * list, `Federated` a text, the subject under `StringEquals`. All else stays, behind it. What the controller keeps already is
 * given back character by character.
 */
export function inControllersForm(trust: string, wanted: WantedTrust): string {
  const { provider, subject, audience } = wanted;
  const isFirst = (statements: readonly unknown[]): boolean => isKept(statements, wanted);
  const document = dataOf(trust);
  if (isObject(document) && Array.isArray(document['Statement']) && isFirst(document['Statement'])) return trust;
  const statements = isObject(document) ? list(document['Statement']) : [];
  const plainer = statements.map((statement) => plainly(statement, wanted));
  const at = plainer.findIndex((statement) => isFirst([statement]));
  const first = at === -1 ? trustStatement(provider, issuerOf(provider), subject, audience) : plainer[at];
  const others = statements.filter((_, index) => index !== at);
  return policyText({
    Version: '2012-10-17',
    ...(isObject(document) ? document : {}),
    Statement: [first, ...others],
  });
}

/** Whether the controller finds the subject in the first statement, and that lets it in. */
function isKept(statements: readonly unknown[], { provider, subject, audience }: WantedTrust): boolean {
  const [first] = statements;
  return (
    isObject(first) &&
    first['Effect'] === 'Allow' &&
    isObject(first['Principal']) &&
    first['Principal']['Federated'] === provider &&
    controllerWrites(JSON.stringify({ Statement: [first] }), subject, 'apply').outcome === 'keeps' &&
    mayAssume({ Version: '2012-10-17', Statement: [first] }, { provider, sub: subject, aud: audience }) !== 'no'
  );
}

/** A statement as the controller can read it, where another spelling is all that it takes: it means the same. */
function plainly(statement: unknown, { provider, subject }: WantedTrust): unknown {
  if (!isObject(statement)) return statement;
  const principal = statement['Principal'];
  const federated = isObject(principal) ? strings(principal['Federated']) : [];
  const sole = federated.length === 1 && isObject(principal) && Object.keys(principal).length === 1;
  return {
    ...statement,
    ...(sole ? { Principal: { Federated: federated[0] } } : {}),
    ...(isObject(statement['Condition'])
      ? { Condition: withEquals(statement['Condition'], `${issuerPath(issuerOf(provider))}:sub`, subject) }
      : {}),
  };
}

/** The condition with the test of the subject under `StringEquals`, where it names this one subject by another operator or in another case. */
function withEquals(condition: Json, key: string, subject: string): Json {
  const tests = Object.entries(condition).flatMap(([operator, block]) =>
    isObject(block)
      ? Object.entries(block).flatMap(([name, values]) =>
          name.toLowerCase() === key.toLowerCase() ? [{ operator, name, values }] : [],
        )
      : [],
  );
  const [test, more] = tests;
  if (test === undefined || more !== undefined || !/^String(Equals|Like)$/i.test(test.operator)) return condition;
  const names = strings(test.values);
  if (!names.includes(subject) || (/like$/i.test(test.operator) && names.some((name) => /[*?]/.test(name))))
    return condition;
  const without = Object.fromEntries(
    Object.entries(condition).flatMap(([operator, block]) => {
      if (operator !== test.operator || !isObject(block)) return [[operator, block] as const];
      const rest = Object.fromEntries(Object.entries(block).filter(([name]) => name !== test.name));
      return Object.keys(rest).length === 0 ? [] : [[operator, rest] as const];
    }),
  );
  const equals = without['StringEquals'];
  return { ...without, StringEquals: { ...(isObject(equals) ? equals : {}), [key]: test.values } };
}
