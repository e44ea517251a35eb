import { parseJson } from '../../document/json.ts';
import type { DocNode, DocObject } from '../../document/node.ts';
import type { Finding, PolicyContext } from '../../finding.ts';
import { checkPermissionPolicy } from '../permissions.ts';
import { problem, type Problem, type Remedy } from '../problem.ts';
import { checkProfile } from '../profile.ts';
import type { FailureModeId } from '../table.ts';
import { checkTrustPolicy } from '../trust.ts';
import { checkFederated } from '../trust/controller.ts';
import type { ListedProfile } from '../view.ts';
import type { Role } from '../../observation.ts';

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
  'KP-081',
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

/** Texts whose problems are kept. Profiles of an estate differ in their names, so a few dozen are many. */
const KEPT = 1_000;

const kept = new Map<string, readonly Problem[]>();

/**
 * Problems of a text, found once for all profiles whose texts differ in nothing but the profile's name: a text is judged with a
 * stand-in of the same length for the name, where the name is a whole part of a subject or of an S3 key. Where that could
 * change what the rules say (a pattern in a subject, a test without regard to case, a name that is also part of the issuer, a text that has the stand-in), the
 * text is judged as it is.
 */
function once(
  kind: 'trust' | 'permissions',
  text: string,
  context: PolicyContext,
  judge: (text: string, context: PolicyContext) => readonly Problem[],
): readonly Problem[] {
  const name = context.profile ?? '';
  const standIn = `p${'0'.repeat(Math.max(name.length - 1, 0))}`;
  const special = text.includes(standIn) || (kind === 'trust' && /[*?$]|IgnoreCase/i.test(text));
  if (name === '' || special || context.issuer?.includes(name) === true) return judge(text, context);
  const shape = text
    .replaceAll(`:serviceaccount:${name}:`, `:serviceaccount:${standIn}:`)
    .replaceAll(`/${name}/`, `/${standIn}/`)
    .replaceAll(`"${name}/`, `"${standIn}/`);
  const inShape = { ...context, profile: standIn };
  const key = JSON.stringify([kind, shape, inShape]);
  let problems = kept.get(key);
  if (problems === undefined) {
    problems = judge(shape, inShape);
    if (kept.size >= KEPT) kept.clear();
    kept.set(key, problems);
  }
  return problems.map((one) => ({ ...one, message: one.message.replaceAll(standIn, name) }));
}

/** Problems of a role's trust policy, by its text. */
export function trustTextProblems(role: Role, context: PolicyContext): readonly Problem[] {
  return once('trust', role.trustPolicy, context, (text, known) => {
    const root = parse(text);
    return root === undefined
      ? []
      : problems([...checkTrustPolicy(root, known), ...checkFederated(root, known)], () => 'repair');
  });
}

/** Problems of a role's inline policies. */
export function permissionProblems(role: Role, context: PolicyContext): readonly Problem[] {
  return role.inline.flatMap((policy) =>
    once('permissions', policy.text, context, (text, known) => {
      const root = parse(text);
      return root === undefined ? [] : problems(checkPermissionPolicy(root, known), () => 'repair');
    }),
  );
}
