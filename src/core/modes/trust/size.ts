import { endOfLine } from '../../document/lines.ts';
import { addItems, holdsComment, removeItems, replaceValue } from '../../document/edit.ts';
import type { DocEntry, DocNode } from '../../document/node.ts';
import { type Edit, finding, type Finding, type Fix } from '../../finding.ts';
import { type EksStatement, POSITIVE } from './statement.ts';
import { canonicalPolicy } from '../../policy/build.ts';
import { firstKey, policySize, type Test, toJson } from '../../policy/model.ts';

/** Characters without white space that a trust policy has by default, and at most (EKS Best Practices Guide, known limits). */
const TRUST_QUOTA = { usual: 2048, largest: 8192 };
/** From so many on it is told: four fifths of what is usual. */
const NEAR = Math.ceil(TRUST_QUOTA.usual * 0.8);

/** KP-023 */
export function checkSize(root: DocNode, statement: DocEntry | undefined, eks: readonly EksStatement[]): Finding[] {
  const size = policySize(root);
  if (size === undefined || size < NEAR || root.type !== 'object') return [];
  const { fixes, advice } = mergeStatements(size, statement?.value, eks);
  const counted = `The trust policy has ${size} characters without white space`;
  if (size > TRUST_QUOTA.largest) {
    const message = `${counted}; no quota is larger than ${TRUST_QUOTA.largest}. ${advice}`;
    return [finding('KP-023', firstKey(root), message, fixes, 'error')];
  }
  const message = `${counted}; the quota is ${TRUST_QUOTA.usual} unless it was raised (ACLSizePerRole). ${advice}`;
  return [finding('KP-023', firstKey(root), message, fixes, 'warning')];
}

const NAMESPACE = /^system:serviceaccount:(?<namespace>[a-z0-9-]+):[^:]+$/;

/**
 * Statements that differ only in `sub` say the same as one with a list of subs. Only those for service accounts of one profile
 * are merged: profiles that share a role share their data, so that for them the advice is a role for each.
 */
function mergeStatements(
  size: number,
  list: DocNode | undefined,
  eks: readonly EksStatement[],
): { readonly fixes: readonly Fix[]; readonly advice: string } {
  const none = { fixes: [], advice: 'One role per profile keeps it small.' };
  if (list?.type !== 'array') return none;
  const groups = new Map<string, { readonly node: DocNode; readonly sub: Test }[]>();
  for (const { statement, claims } of eks) {
    const [sub, ...others] = claims.filter(({ claim }) => claim === 'sub');
    if (sub === undefined || others.length > 0 || !POSITIVE.has(sub.operator)) continue;
    const { key, values } = sub.test;
    const namespaces = new Set(values.texts.map(({ text }) => NAMESPACE.exec(text)?.groups?.['namespace']));
    const [namespace] = namespaces;
    const isOwn = statement.node.start >= list.start && values.entry.value.end <= statement.node.end;
    if (namespace === undefined || namespaces.size > 1 || !values.complete || !isOwn) continue;
    const rest = JSON.stringify(toJson(statement.node), (name, value: unknown) => (name === key.text ? '' : value));
    const group = `${namespace} ${canonicalPolicy(rest) ?? ''}`;
    groups.set(group, [...(groups.get(group) ?? []), { node: statement.node, sub: sub.test }]);
  }
  const edits: Edit[] = [];
  const gone: DocNode[] = [];
  let after = size;
  for (const [first, ...others] of groups.values()) {
    if (first === undefined || others.length === 0) continue;
    const { value } = first.sub.entry;
    const own = first.sub.values.texts.map(({ text }) => text);
    const added = new Set(others.flatMap(({ sub }) => sub.values.texts.map(({ text }) => text)));
    for (const text of own) added.delete(text);
    if (value.type === 'array') edits.push(...addItems(value, [...added]));
    else if (added.size > 0) edits.push(replaceValue(value, [...own, ...added]));
    gone.push(...others.map(({ node }) => node));
    after += JSON.stringify([...own, ...added]).length - (policySize(value) ?? 0);
    // Each takes a comma along.
    for (const { node } of others) after -= (policySize(node) ?? 0) + 1;
  }
  const removed = removeItems(
    list,
    gone.map((node) => list.items.indexOf(node)),
  );
  if (removed.length === 0) return none;
  const title = `Merge statements: ${after} characters`;
  const advice = `${gone.length} of its statements differ from another one only in sub, for the same profile: merged, it has ${after}.`;
  // Merging is the answer only where it is enough, and what is noted in a statement is not thrown away unasked.
  const preferred = after < NEAR && !gone.some((node) => holdsComment(node, endOfLine(node.source.text, node.end)));
  return { fixes: [{ title, edits: [...edits, ...removed], preferred }], advice };
}
