import type { DocNode } from '../document/node.ts';
import type { Finding, PolicyContext } from '../finding.ts';
import { checkAudience, checkClaims, checkSubjects } from './trust/claims.ts';
import { checkController } from './trust/controller.ts';
import { checkProfile } from './trust/profile.ts';
import {
  checkAction,
  checkCluster,
  checkForm,
  checkKeys,
  checkPlaceholders,
  checkPrincipal,
  checkProvider,
} from './trust/provider.ts';
import { checkSize } from './trust/size.ts';
import { isOfAnotherKind, readAccess, readEks, withCluster } from './trust/statement.ts';
import { readPolicy } from '../policy/model.ts';

/**
 * Judges a trust policy. Only statements that trust an EKS OIDC provider are judged by the rules of EKS: trust in services,
 * accounts, SAML and other OIDC providers is nobody's mistake here. Never throws.
 */
export function checkTrustPolicy(root: DocNode, context: PolicyContext = {}): Finding[] {
  const policy = readPolicy(root, 'trust');
  if (policy.statements.some(isOfAnotherKind)) return [];
  const allowed = policy.statements.filter(({ effect }) => effect !== 'Deny');
  const eks = allowed.flatMap((statement) => readEks(statement, context));
  const clusters = withCluster(eks, context);
  const access = readAccess(root, policy.statements, context);
  const findings = [
    ...policy.findings,
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
    ]),
    ...checkCluster(clusters, context),
  ];
  return [
    ...findings,
    ...checkProfile(clusters, access, findings, context),
    ...checkController(policy.statement, policy.statements, eks, context),
    ...checkSize(root, policy.statement, eks),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
}
