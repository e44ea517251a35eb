/** Whom a trust policy lets in besides the tokens of OIDC providers: AWS principals, services, users of SAML, everybody. */
import { parseArn } from '../arn/arn.ts';
import { HOLE } from '../document/node.ts';
import { isObject, type Json } from '../records.ts';
import { and, type Answer } from './answer.ts';
import { otherFacts, type Facts } from './context.ts';
import { conditions, NOT_KNOWN } from './dependence.ts';
import { actionApplies, principalApplies, refusedPrincipal, WEB_IDENTITY } from './evaluate.ts';
import { own, textsOf } from './statements.ts';
import { spend, type Budget } from './values.ts';

export interface AdmittedPrincipal {
  readonly kind: 'aws' | 'service' | 'saml' | 'canonical-user' | 'everybody';
  /** As it is written; `*` for every AWS principal, and for everybody. */
  readonly principal: string;
  /** For `everybody`: who is left out, as written. */
  readonly except: readonly string[];
  readonly depends: readonly string[];
  readonly statement: number;
}

/** Stands for a provider that no statement names. */
const NAMELESS = 'a provider that nobody names';

/** That `{"AWS": "*"}` lets tokens in is not said in AWS's documentation. */
const WHETHER_TOKENS = 'whether Principal {"AWS": "*"} means tokens, too';

const KINDS = { AWS: 'aws', Service: 'service', CanonicalUser: 'canonical-user' } as const;

/** Principals that are no OIDC providers, each with the action by which it would assume the role. */
function otherPrincipals(statement: Json): { kind: AdmittedPrincipal['kind']; principal: string; action: string }[] {
  const principal = own(statement, 'Principal');
  if (!isObject(principal)) return [];
  return Object.entries(principal).flatMap(([kind, value]) =>
    textsOf(value).texts.flatMap(
      (principal): { kind: AdmittedPrincipal['kind']; principal: string; action: string }[] => {
        if (kind === 'Federated') {
          return principal.includes(':saml-provider/')
            ? [{ kind: 'saml', principal, action: 'sts:AssumeRoleWithSAML' }]
            : [];
        }
        const known = Object.hasOwn(KINDS, kind) ? KINDS[kind as keyof typeof KINDS] : undefined;
        return known === undefined ? [] : [{ kind: known, principal, action: 'sts:AssumeRole' }];
      },
    ),
  );
}

/** The account of an AWS principal: of its ARN, or the id alone. */
const accountOf = (principal: string): string | undefined =>
  /^\d{12}$/.test(principal) ? principal : parseArn(principal)?.account;

/** Whether a denial is about a principal that is no token. */
function denialApplies(statement: Json, kind: AdmittedPrincipal['kind'], principal: string): Answer {
  const [named, others] = [own(statement, 'Principal'), own(statement, 'NotPrincipal')];
  const among = (value: unknown): Answer => {
    if (value === '*') return 'yes';
    if (!isObject(value)) return 'unknown';
    const all = Object.values(value).flatMap((one) => [...textsOf(one).texts]);
    if (textsOf(own(value, 'AWS')).texts.includes('*') || all.includes(principal)) return 'yes';
    if (Object.values(value).some((one) => textsOf(one).open) || all.some((one) => one.includes(HOLE)))
      return 'unknown';
    // An account stands for all in it, and a session for its role.
    const account = kind === 'aws' ? accountOf(principal) : undefined;
    if (kind === 'aws' && principal === '*') return all.length > 0 ? 'unknown' : 'no';
    return account !== undefined && all.some((one) => accountOf(one) === account) ? 'unknown' : 'no';
  };
  if (named !== undefined) return among(named);
  const answer = among(others);
  return others === undefined ? 'no' : answer === 'yes' ? 'no' : answer === 'no' ? 'yes' : 'unknown';
}

/** On what it depends whether a denial among the statements hits; undefined: one surely does. */
function denials(
  statements: readonly Json[],
  action: string,
  applies: (statement: Json) => Answer,
  facts: Facts,
  variables: boolean,
): string[] | undefined {
  const depends: string[] = [];
  for (const statement of statements) {
    if (own(statement, 'Effect') !== 'Deny') continue;
    const on = conditions(statement, facts, variables);
    if (on === undefined) continue;
    const who = and([actionApplies(statement, action), applies(statement)]);
    if (who === 'no') continue;
    if (who === 'yes' && on.length === 0) return undefined;
    depends.push(...on, ...(who === 'unknown' ? ['whom a Deny is about'] : []));
  }
  return depends;
}

export function principalsOf(statements: readonly Json[], variables: boolean, budget: Budget): AdmittedPrincipal[] {
  const result: AdmittedPrincipal[] = [];
  for (const [index, statement] of statements.entries()) {
    if (own(statement, 'Effect') !== 'Allow') continue;
    const element = own(statement, 'Principal') ?? own(statement, 'NotPrincipal');
    if (element === undefined || refusedPrincipal(element) !== undefined) continue;
    const add = (
      kind: AdmittedPrincipal['kind'],
      principal: string,
      action: string,
      except: readonly string[] = [],
      unsettled: readonly string[] = [],
    ): void => {
      spend(budget, 100 * statements.length);
      const facts = otherFacts(kind === 'everybody');
      const may = actionApplies(statement, action);
      const on = conditions(statement, facts, variables);
      if (may === 'no' || on === undefined) return;
      const denied = denials(
        statements,
        action,
        (one) => (kind === 'everybody' ? principalApplies(one, NAMELESS) : denialApplies(one, kind, principal)),
        facts,
        variables,
      );
      if (denied === undefined) return;
      const unclear = may === 'unknown' ? [NOT_KNOWN] : [];
      const depends = [...new Set([...unsettled, ...on, ...denied, ...unclear])];
      result.push({ kind, principal, except, depends, statement: index });
    };
    for (const { kind, principal, action } of otherPrincipals(statement)) {
      add(kind, principal, action);
      if (kind === 'aws' && principal === '*') add('everybody', '*', WEB_IDENTITY, [], [WHETHER_TOKENS]);
    }
    const others = own(statement, 'NotPrincipal');
    if (
      own(statement, 'Principal') === undefined &&
      isObject(others) &&
      !textsOf(own(others, 'AWS')).texts.includes('*')
    ) {
      const except = Object.values(others).flatMap((value) => [...textsOf(value).texts]);
      add('everybody', '*', WEB_IDENTITY, except);
      add('aws', '*', 'sts:AssumeRole', except);
    }
  }
  return result;
}
