import { removeEntry, renameKey, replaceValue } from '../document/edit.ts';
import { type DocEntry, type DocObject, find, textOf } from '../document/node.ts';
import type { Finding, Fix } from '../finding.ts';
import { finding, isUnknown, knownRole, type ManifestContext, shorten } from './manifest.ts';
import { checkRole, filled } from './role-arn.ts';
import { ROLE_ANNOTATION } from '../profile/names.ts';

export function checkServiceAccount(root: DocObject, given: ManifestContext): Finding[] {
  const profile = textOf(find(root, 'metadata', 'namespace'));
  const context = profile === undefined ? given : { ...given, profile };
  const annotations = find(root, 'metadata', 'annotations');
  if (annotations?.type !== 'object') return [];
  return annotations.entries.flatMap((entry) => {
    const key = String(entry.key.value);
    if (key === ROLE_ANNOTATION) return checkAnnotation(annotations, entry, context);
    if (isUnknown(entry.key) || !isMisspelt(key)) return [];
    // Its value is judged as what it is meant to be.
    const exists = annotations.entries.some((one) => one.key.value === ROLE_ANNOTATION);
    return [misspelt(annotations, entry, exists), ...checkAnnotation(annotations, entry, context)];
  });
}

/** Whether a key is meant to be the role annotation. `iam.amazonaws.com/role` is not: kube2iam and kiam read it. */
export function isMisspelt(key: string): boolean {
  if (key === ROLE_ANNOTATION) return false;
  const match = /^(?<domain>.*?)[/.](?<name>(?:iam[-_]?|aws[-_]?)?role(?:[-_.]?arn)?)$/i.exec(key.trim());
  const { domain = '', name = '' } = match?.groups ?? {};
  if (/^role$/i.test(name)) return /^eks\.amazonaws\.com$/i.test(domain);
  return /^(?:eks\.)?(?:amazon|amazonaws|aws|amaznaws|amazonaw|amzonaws)(?:\.com)?(?:\.cn)?$|^eks(?:\.io|-?amazonaws\.com)?$|^iam\.amazonaws\.com$/i.test(
    domain,
  );
}

function misspelt(annotations: DocObject, entry: DocEntry, exists: boolean): Finding {
  const key = String(entry.key.value);
  const message = `The EKS webhook reads ${ROLE_ANNOTATION} and nothing else: with "${shorten(key)}" pods get no role.`;
  const fix: Fix = exists
    ? { title: `Remove ${shorten(key)}`, edits: removeEntry(annotations, entry), preferred: true }
    : { title: `Rename to ${ROLE_ANNOTATION}`, edits: [renameKey(entry, ROLE_ANNOTATION)], preferred: true };
  return finding('KP-051', entry.key, message, [fix]);
}

function checkAnnotation(annotations: DocObject, entry: DocEntry, context: ManifestContext): Finding[] {
  const node = filled(entry.value);
  if (node) return checkRole(node, context);
  if (entry.value.type !== 'null' && entry.value.type !== 'string') {
    return [finding('KP-007', entry.value, 'An annotation is a string; the API server rejects this.')];
  }
  const role = knownRole(context);
  const remove: Fix = {
    title: 'Remove the annotation',
    edits: removeEntry(annotations, entry),
    preferred: role === undefined,
  };
  const fixes: Fix[] =
    role === undefined
      ? [remove]
      : [{ title: `Use ${role}`, edits: [replaceValue(entry.value, role)], preferred: true }, remove];
  return [finding('KP-052', entry.key, 'The role is empty: pods of this service account start without one.', fixes)];
}
