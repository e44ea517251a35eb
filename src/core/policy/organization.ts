/**
 * What the policies of an organization let through. They give nothing: each level from the root down to the account must allow a request, and a
 * Deny anywhere ends it. Source: AWS Organizations User Guide, "SCP evaluation", "RCP evaluation".
 */
import type { GuardLevel, GuardPolicy, Organization } from '../observation.ts';
import type { Json } from '../records.ts';
import { valueOf, type Reading } from '../reading.ts';
import { actionApplies, mayBy } from './evaluate.ts';
import { and, type Answer } from './answer.ts';
import { own, readDocument } from './statements.ts';
import { testHolds, testsOf } from './condition.ts';
import type { Facts, RequestContext } from './context.ts';
import { dataOf } from './json.ts';

/** `service`: over who calls from the account; `resource`: over what is the account's, whoever calls. */
export type GuardKind = 'service' | 'resource';

export const GUARD_TITLE: Readonly<Record<GuardKind, string>> = {
  service: 'service control policy',
  resource: 'resource control policy',
};

const everything = (more: object = {}): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', ...more, Action: '*', Resource: '*' }],
  });
/** The two policies that AWS itself attaches, by id (AWS Organizations User Guide, "SCP examples", "RCP evaluation"). */
export const FULL_ACCESS: Readonly<Record<string, string>> = {
  'p-FullAWSAccess': everything(),
  'p-RCPFullAWSAccess': everything({ Principal: '*' }),
};

/** The policies of one kind at one level. */
export interface Guards {
  readonly kind: GuardKind;
  readonly target: string;
  readonly policies: readonly (GuardPolicy & {
    /** Parsed. What was not read is taken to let all through: that is said where it was not read, and nothing is refused by it. */
    readonly data: unknown;
  })[];
}

const ALL = JSON.parse(everything()) as unknown;

/** The levels of one kind; those that surely let everything through are left out. */
export const guardsOf = (levels: readonly GuardLevel[], kind: GuardKind): readonly Guards[] =>
  levels.flatMap((level) => {
    const policies = level[kind];
    if (policies === undefined || (policies.length === 1 && Object.hasOwn(FULL_ACCESS, policies[0]?.id ?? '')))
      return [];
    return [
      {
        kind,
        target: level.target,
        policies: policies.map((one) => ({
          ...one,
          data: (one.text === undefined ? undefined : dataOf(one.text)) ?? ALL,
        })),
      },
    ];
  });

/** The levels over an account, as far as they were read. */
export const levelsOf = (organization: Reading<Organization> | undefined): readonly GuardLevel[] =>
  (organization && valueOf(organization) && valueOf((valueOf(organization) as Organization).levels)) ?? [];

/** Who refuses. */
export interface GuardReason {
  readonly kind: GuardKind;
  /** The root, organizational unit or account that it is attached to. */
  readonly target: string;
  /** The policy that denies; absent: none of those at the target allows it. */
  readonly policy?: { readonly id: string; readonly name: string; readonly arn: string };
  /** Index of the statement. */
  readonly statement?: number;
  readonly sid?: string;
  /** The text of the statement, or the names of those that are at the target. */
  readonly shown: string;
}

export interface GuardVerdict {
  readonly answer: Answer;
  /** For `no`. */
  readonly by?: GuardReason;
  /** For `unknown`: on what it depends, in words. */
  readonly why?: string;
}

const YES: GuardVerdict = { answer: 'yes' };

/** Decides about one request. Pure; a policy that was not read refuses nothing. */
export function judgeGuards(guards: readonly Guards[], action: string, resource: string, facts: Facts): GuardVerdict {
  const answers = guards.map(({ policies }) =>
    mayBy(
      policies.map(({ data }) => data),
      action,
      resource,
      facts,
    ),
  );
  const answer = and(answers);
  if (answer === 'yes') return YES;
  if (answer === 'unknown') return { answer, why: whyUnknown(guards, action, facts) };
  for (const { kind, target, policies } of guards)
    for (const { id, name, arn, data } of policies) {
      const { statements, variables } = readDocument(data);
      const statement = statements.findIndex(
        (one) =>
          own(one, 'Effect') === 'Deny' &&
          mayBy([alone({ ...one, Effect: 'Allow' }, variables)], action, resource, facts) === 'yes',
      );
      const found = statements[statement];
      if (found === undefined) continue;
      const sid = own(found, 'Sid');
      return {
        answer,
        by: {
          kind,
          target,
          policy: { id, name, arn },
          statement,
          ...(typeof sid === 'string' && sid !== '' ? { sid } : {}),
          shown: JSON.stringify(found),
        },
      };
    }
  const { kind, target, policies } = guards[answers.indexOf('no')] as Guards;
  return { answer, by: { kind, target, shown: policies.map(({ name, id }) => `${name} (${id})`).join(', ') } };
}

const alone = (statement: Json, variables: boolean): object => ({
  Version: variables ? '2012-10-17' : '2008-10-17',
  Statement: [statement],
});

/** The keys of conditions of which nothing is known. */
function whyUnknown(guards: readonly Guards[], action: string, facts: Facts): string {
  const keys = new Set<string>();
  for (const { policies } of guards)
    for (const { name, data } of policies) {
      const { statements, variables } = readDocument(data);
      for (const statement of statements)
        if (actionApplies(statement, action) !== 'no')
          for (const test of testsOf(statement) ?? [])
            if (testHolds(test, facts, variables) === 'unknown')
              keys.add(`the condition on ${test.key} in policy ${name}`);
    }
  return keys.size === 0 ? 'how far a Deny goes' : [...keys].slice(0, 3).join(', ');
}

/** Who refuses it, as a sentence's end: `by statement 2 (DenyWrites) of service control policy Guard (p-1, at ou-1)`. */
export function guardWords({ kind, target, policy, statement = 0, sid, shown }: GuardReason): string {
  if (policy === undefined)
    return `no ${GUARD_TITLE[kind]} at ${target} allows it (there ${shown ? `are ${shown}` : 'is none'})`;
  return `statement ${statement + 1}${sid === undefined ? '' : ` (${sid})`} of ${GUARD_TITLE[kind]} ${policy.name} (${policy.id}, at ${target}) denies it`;
}

/**
 * What requests of an account's principals hold of its organization; `lacks` where it is in none (IAM User Guide, "AWS global condition
 * context keys").
 */
export function organizationKeys(organization: Reading<Organization> | undefined): {
  readonly values: RequestContext;
  readonly lacks: (key: string) => boolean;
} {
  if (organization?.state !== 'found')
    return { values: {}, lacks: (key) => organization?.state === 'absent' && /^aws:principalorg/.test(key) };
  const { id } = organization.value;
  const path = levelsOf(organization)
    .map(({ target }) => target)
    .filter((target) => /^(?:r|ou)-/.test(target));
  return {
    values: {
      'aws:PrincipalOrgID': id,
      ...(path.length === 0 ? {} : { 'aws:PrincipalOrgPaths': [`${[id, ...path].join('/')}/`] }),
    },
    lacks: () => false,
  };
}
