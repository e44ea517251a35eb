/** The JSON of a plan that the command line prints (docs/command-line.md): one interpretation of the plan among others. */
import { blockers, changeOf, permissionsOf, rows, type Plan } from './plan.ts';
import { summary } from './review.ts';
import { manifestYaml } from '../profile/manifest.ts';

export function planJson(plan: Plan): Record<string, unknown> {
  const role = changeOf(plan, 'iam/role')?.after;
  const policy = changeOf(plan, 'iam/role-policy')?.after;
  const profile = changeOf(plan, 'k8s/profile')?.after;
  const provider = changeOf(plan, 'iam/provider')?.after;
  const documents = {
    ...(role === undefined ? {} : { trustPolicy: JSON.parse(role.trustPolicy) as unknown }),
    ...(policy === undefined ? {} : { permissionsPolicy: JSON.parse(policy.text) as unknown }),
    ...(profile === undefined ? {} : { manifest: manifestYaml(profile) }),
  };
  return {
    ready: blockers(plan).length === 0,
    summary: summary(plan),
    steps: rows(plan),
    warnings: plan.warnings,
    permissions: permissionsOf(plan),
    ...(role === undefined ? {} : { role: role.arn }),
    ...(provider === undefined ? {} : { provider: provider.arn }),
    ...(Object.keys(documents).length === 0 ? {} : { documents }),
  };
}
