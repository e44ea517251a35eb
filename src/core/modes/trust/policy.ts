import type { DocNode } from '../../document/node.ts';
import type { Finding, PolicyContext, Seen } from '../../finding.ts';
import { checkAudience, checkClaims, checkSubjects } from './claims.ts';
import { checkController, checkFederated } from './controller.ts';
import { checkProfile } from './profile.ts';
import {
  checkAction,
  checkCluster,
  checkForm,
  checkKeys,
  checkPlaceholders,
  checkPrincipal,
  checkProvider,
} from './provider.ts';
import { checkSize } from './size.ts';
import { isOfAnotherKind, readAccess, readEks, withCluster } from './statement.ts';
import { checkGrammar } from '../../policy/grammar.ts';
import { checkConditions } from '../permissions/conditions.ts';
import { readPolicy } from '../../policy/model.ts';
import { inStack } from '../../policy/filling.ts';
import type { Resource } from '../../resource.ts';

/**
 * Judges a trust policy. Only statements that trust an EKS OIDC provider are judged by the rules of EKS: trust in services,
 * accounts, SAML and other OIDC providers is nobody's mistake here. Never throws.
 */
export function checkTrustPolicy(root: DocNode, context: PolicyContext = {}): Finding[] {
  const policy = readPolicy(root);
  if (policy.statements.some(isOfAnotherKind)) return [];
  const allowed = policy.statements.filter(({ effect }) => effect !== 'Deny');
  const eks = allowed.flatMap((statement) => readEks(statement, context));
  const clusters = withCluster(eks, context);
  const access = readAccess(root, policy.statements, context);
  const findings = [
    ...checkGrammar(root, policy, 'trust'),
    ...policy.statements.flatMap((statement) => checkForm(statement, context)),
    ...clusters.flatMap((one) => [
      ...checkPlaceholders(one, context),
      ...checkProvider(one, context),
      ...checkPrincipal(one),
      ...checkAction(one),
      ...checkKeys(one),
      ...checkClaims(one, access, context),
      ...checkSubjects(one, access, context),
      ...checkAudience(one),
      ...checkConditions(one.statement, true),
    ]),
    ...checkCluster(clusters, context),
  ];
  return [
    ...findings,
    ...checkProfile(clusters, access, findings, context),
    ...checkController(policy.statement, policy.statements, eks, context),
    ...checkSize(root, policy.statement, eks),
  ].sort((a, b) => a.start - b.start);
}

/** A trust policy, with what the profile controller cannot read in one that it is to complete. */
export function ofTrust(thing: Resource, context: PolicyContext): Seen[] {
  return thing.kind === 'trust' && !(thing.shapeless && thing.broken)
    ? [...checkTrustPolicy(thing.root, inStack(context, thing.stack)), ...checkFederated(thing.root, context)]
    : [];
}
