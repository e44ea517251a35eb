import { addEntry, removeEntry } from '../../document/edit.ts';
import { type DocNode, type DocObject, entry, get, textOf } from '../../document/node.ts';
import { finding, type Fix, type Seen } from '../../finding.ts';
import { checkPlaceholder, correct, headOf, hasHole, type ManifestContext } from '../manifest.ts';
import { filled } from './role.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

const OWNER_KINDS = ['User', 'Group', 'ServiceAccount'];

/** KP-010 and KP-011 */
export function checkOwner(owner: DocNode | undefined, context: ManifestContext): Seen[] {
  if (owner?.type !== 'object') {
    if (!owner || owner.type === 'null' || hasHole(owner)) return [];
    return [finding('KP-010', owner, 'The owner must be an object with kind and name; the API server rejects this.')];
  }
  const findings: Seen[] = [];
  const [kindNode, nameNode] = [get(owner, 'kind'), get(owner, 'name')];
  const namespace = entry(owner, 'namespace');
  const written = textOf(kindNode);
  const known = OWNER_KINDS.find((one) => one.toLowerCase() === written?.trim().toLowerCase());
  /** What the author meant; the rest is judged by it. */
  const kind = known ?? (kindNode || namespace ? undefined : 'User');
  if (!kindNode) {
    if (context.partial !== true) {
      const edits = addEntry(owner, 'kind', kind ?? 'ServiceAccount');
      const fix: Fix = { title: `Add kind: ${kind ?? 'ServiceAccount'}`, edits, preferred: kind !== undefined };
      findings.push(
        finding('KP-010', headOf(owner), 'The owner has no kind; the API server rejects the Profile.', [fix]),
      );
    }
  } else if (known !== written && !hasHole(kindNode)) {
    const message = `The kind of an owner is User, Group or ServiceAccount, letter by letter. The controller stops here, before it sets the role.`;
    findings.push(
      finding('KP-010', kindNode, message, [{ ...correct(kindNode, known ?? 'User'), preferred: known !== undefined }]),
    );
  }
  if (kindNode && kind === 'Group') {
    const message =
      'RBAC knows groups, but Istio and KFAM compare the signed-in user with this name: members of the group do not get in.';
    findings.push(finding('KP-010', kindNode, message, [], 'warning'));
  }
  if (kind === 'ServiceAccount' && !namespace && context.partial !== true) {
    findings.push(
      finding(
        'KP-010',
        kindNode ?? owner,
        'A ServiceAccount as owner needs its namespace: without it nobody is the owner. The controller does not stop for it.',
        [],
        'warning',
      ),
    );
  }
  if (namespace && namespace.value.type !== 'null' && (kind === 'User' || kind === 'Group')) {
    const fix: Fix = { title: 'Remove the namespace', edits: removeEntry(owner, namespace), preferred: true };
    const message = `A ${kind} has no namespace: only a ServiceAccount is in one.`;
    findings.push(finding('KP-010', namespace.key, message, [fix], 'warning'));
  }
  const group = get(owner, 'apiGroup');
  const rightGroup = kind === 'ServiceAccount' ? '' : RBAC_GROUP;
  if (kind !== undefined && group && filled(group) && !hasHole(group) && textOf(group) !== rightGroup) {
    const message = `RBAC rejects this apiGroup for a ${kind}, and the controller stops before it sets the role.`;
    findings.push(finding('KP-010', group, message, [correct(group, rightGroup)]));
  }
  findings.push(...checkOwnerName(owner, nameNode, kind, context));
  return findings;
}

function checkOwnerName(
  owner: DocObject,
  node: DocNode | undefined,
  kind: string | undefined,
  context: ManifestContext,
): Seen[] {
  const named = filled(node);
  if (!named) {
    if (context.partial === true && !node) return [];
    if (node && node.type !== 'null' && node.type !== 'string') {
      return [finding('KP-010', node, 'The name of the owner must be a string; the API server rejects this.')];
    }
    return [
      finding(
        'KP-010',
        node && node.end > node.start ? node : headOf(owner),
        'The owner has no name; RBAC rejects it.',
      ),
    ];
  }
  const placeholder = checkPlaceholder(named, context);
  if (placeholder) return placeholder;
  if (hasHole(named)) return [];
  const name = String(named.value);
  if (name !== name.trim()) {
    const message =
      'There is white space around the name. It is compared letter by letter, so this user never gets in.';
    return [finding('KP-011', named, message, [correct(named, name.trim())])];
  }
  if (kind === 'User' && name !== name.toLowerCase()) {
    const message =
      'The name is compared letter by letter with what the identity provider sends, and most send lower case: this user may not get in.';
    return [finding('KP-011', named, message, [{ ...correct(named, name.toLowerCase()), preferred: false }])];
  }
  return [];
}
