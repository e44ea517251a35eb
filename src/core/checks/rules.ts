/** The rules that judge files, applied to what was read from a cluster and from IAM. */
import { parseJson } from '../document/json.ts';
import type { DocNode, DocObject } from '../document/node.ts';
import type { FailureModeId } from '../catalogue/failure-modes.ts';
import { checkPermissionPolicy } from '../rules/permissions.ts';
import { checkProfile } from '../rules/profile.ts';
import { checkTrustPolicy } from '../rules/trust.ts';
import type { Finding, PolicyContext } from '../rules/types.ts';
import { problem, type Problem, type Remedy } from './problem.ts';
import type { ListedProfile, RoleDetails } from './readings.ts';

const parse = (text: string): DocNode | undefined => parseJson(text, { text, format: 'json' }).root;

/** Findings that matter, once for each failure mode: what is only worth knowing is shown in the file, not in the tree. */
function problems(findings: readonly Finding[], remedy: (id: FailureModeId) => Remedy): Problem[] {
  const byId = new Map<FailureModeId, Problem>();
  for (const { id, severity, message } of findings) {
    if (severity !== 'error' && severity !== 'warning') continue;
    if (!byId.has(id)) byId.set(id, problem(id, message, remedy(id)));
  }
  return [...byId.values()];
}

/** Mistakes of the plugin, which a new plan writes anew; the rest of a Profile is for its owner to edit. */
const PLUGIN = new Set<FailureModeId>([
  'KP-001',
  'KP-002',
  'KP-003',
  'KP-004',
  'KP-005',
  'KP-006',
  'KP-007',
  'KP-034',
  'KP-036',
]);

/** Problems of the Profile itself. */
export function manifestProblems(profile: ListedProfile, context: PolicyContext): Problem[] {
  const { apiVersion, kind, metadata, spec } = profile;
  const root = parse(JSON.stringify({ apiVersion, kind, metadata: { name: metadata.name }, spec }));
  if (root?.type !== 'object') return [];
  return problems(checkProfile(root satisfies DocObject, context), (id) =>
    PLUGIN.has(id) ? 'repair' : 'openManifest',
  );
}

/** Problems of a role's trust policy, by its text. */
export function trustTextProblems(role: RoleDetails, context: PolicyContext): Problem[] {
  const root = parse(role.trustPolicy);
  return root === undefined ? [] : problems(checkTrustPolicy(root, context), () => 'repair');
}

/** Problems of a role's inline policies. */
export function permissionProblems(role: RoleDetails, context: PolicyContext): Problem[] {
  return role.inline.flatMap(({ text }) => {
    const root = parse(text);
    return root === undefined ? [] : problems(checkPermissionPolicy(root, context), () => 'repair');
  });
}
