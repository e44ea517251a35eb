import { profileNameProblem, RESERVED_NAMESPACES } from '../../arn/names.ts';
import { isBlock, removeEntry, replaceValue } from '../../document/edit.ts';
import { type DocNode, type DocObject, entry, get, textOf } from '../../document/node.ts';
import { type Edit, finding, type Fix, type Seen } from '../../finding.ts';
import { checkPlaceholder, correct, hasHole, headOf, type ManifestContext, shorten } from '../manifest.ts';

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

/** KP-008: no name, and none that the API server is to make one of. A patch and a template may get it from elsewhere. */
function checkNamed(root: DocObject, { partial, unfinished }: ManifestContext): Seen[] {
  const metadata = entry(root, 'metadata');
  const its = metadata?.value;
  if (partial === true || unfinished === true || (its && its.type !== 'object' && its.type !== 'null')) return [];
  if (its?.type === 'object' && its.entries.some(({ key }) => hasHole(key) || key.value === 'generateName')) return [];
  const where = entry(its, 'name')?.key ?? metadata?.key ?? headOf(root);
  return [finding('KP-008', where, 'A Profile needs a name: the API server refuses one that has none.')];
}

/** `{name}`, which programs fill in, and what a tool computes, such as `{ Ref: Name }`. */
const isComputed = (node: DocNode): boolean =>
  node.type === 'object' &&
  node.entries.length > 0 &&
  node.entries.every(({ key, value }) => (value.type === 'null' && !isBlock(node)) || COMPUTED.test(String(key.value)));
const COMPUTED = /^(?:Ref$|Fn::|\$)/;

/** KP-004, KP-008, KP-009 and KP-018 */
export function checkName(root: DocObject, context: ManifestContext): Seen[] {
  const findings: Seen[] = [];
  const metadata = get(root, 'metadata');
  const node = get(metadata, 'name');
  if (!node || node.type === 'null') findings.push(...checkNamed(root, context));
  else if (node.type === 'object' || node.type === 'array') {
    const message = 'The name of a Profile must be a string; the API server refuses this.';
    if (context.template !== true && !isComputed(node))
      findings.push(finding('KP-008', node.type === 'object' ? headOf(node) : node, message));
  } else if (node.type !== 'string') {
    const text = node.source.text.slice(node.start, node.end);
    const message = `YAML reads ${shorten(text)} as a ${node.type}, and the API server wants a string.`;
    findings.push(finding('KP-008', node, message, [{ ...correct(node, text), edits: [quoteValue(node, text)] }]));
  } else {
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
