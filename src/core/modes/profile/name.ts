import { profileNameProblem, RESERVED_NAMESPACES } from '../../arn/names.ts';
import { removeEntry, replaceValue } from '../../document/edit.ts';
import { type DocNode, type DocObject, entry, get, textOf } from '../../document/node.ts';
import { type Edit, finding, type Fix, type Seen } from '../../finding.ts';
import { checkPlaceholder, correct, hasHole, type ManifestContext, shorten } from '../manifest.ts';

/** KP-017 */
export function checkApiVersion(root: DocObject, { served = [] }: ManifestContext): Seen[] {
  const node = get(root, 'apiVersion');
  const version = textOf(node);
  if (!node || version === undefined || hasHole(node) || version === 'kubeflow.org/v1') return [];
  if (served.includes(version)) return [];
  const fixes = [correct(node, 'kubeflow.org/v1')];
  if (version === 'kubeflow.org/v1beta1') {
    const message = 'kubeflow.org/v1beta1 still works; kubeflow.org/v1 is the version that is stored.';
    return [finding('KP-017', node, message, fixes, 'information')];
  }
  return [
    finding('KP-017', node, `The API server does not serve "${shorten(version)}" for a Profile and rejects it.`, fixes),
  ];
}

/** KP-004, KP-008, KP-009 and KP-018 */
export function checkName(root: DocObject, context: ManifestContext): Seen[] {
  const findings: Seen[] = [];
  const metadata = get(root, 'metadata');
  const node = get(metadata, 'name');
  if (node && node.type !== 'string' && node.type !== 'object' && node.type !== 'array' && node.type !== 'null') {
    const text = node.source.text.slice(node.start, node.end);
    const message = `YAML reads ${shorten(text)} as a ${node.type}, and the API server wants a string.`;
    findings.push(finding('KP-008', node, message, [{ ...correct(node, text), edits: [quoteValue(node, text)] }]));
  } else if (node?.type === 'string') {
    const name = String(node.value);
    const placeholder = checkPlaceholder(node, context);
    const problem = profileNameProblem(name);
    if (placeholder) findings.push(...placeholder);
    else if (hasHole(node) || problem === undefined) {
      // Nothing to say.
    } else if (RESERVED_NAMESPACES.includes(name)) {
      const message = `${problem} The profile controller would stop with "namespace already exist, but not owned".`;
      findings.push(finding('KP-009', node, message));
    } else {
      const better = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .slice(0, 63)
        .replace(/^-+|-+$/g, '');
      const fixes = profileNameProblem(better) === undefined ? [{ ...correct(node, better), preferred: false }] : [];
      findings.push(finding('KP-008', node, `${problem} The namespace of this profile would never appear.`, fixes));
    }
  }
  const namespace = entry(metadata, 'namespace');
  if (namespace && metadata?.type === 'object') {
    const fix: Fix = { title: 'Remove metadata.namespace', edits: removeEntry(metadata, namespace), preferred: true };
    const message =
      'A Profile is cluster-wide: this namespace is ignored, and the name of the Profile is the namespace.';
    findings.push(finding('KP-018', namespace.key, message, [fix]));
  }
  return findings;
}

const quoteValue = (node: DocNode, text: string): Edit => ({
  ...replaceValue(node, text),
  newText: JSON.stringify(text),
});
