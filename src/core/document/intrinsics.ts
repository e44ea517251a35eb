/** CloudFormation's long intrinsics (`Ref`, `Fn::Sub`, `Fn::Join`, `Fn::If`): what is known of what they come to. */
import { joined } from './join.ts';
import { type DocNode, type DocScalar, entry, get, HOLE, wholeOf } from './node.ts';
import { maskSubstitutions } from './template.ts';

/**
 * CloudFormation's long intrinsics become unknown values, as the parser makes of the short ones (`!Ref`). The branches of an `Fn::If`
 * stand side by side where a list may stand, before an unknown value that says that not all of it is certain.
 */
export function withoutIntrinsics(node: DocNode): DocNode {
  if (node.type === 'array') {
    const items = node.items.flatMap((item) => (isChoice(item) ? sideBySide(item) : [withoutIntrinsics(item)]));
    return { ...node, items };
  }
  if (node.type !== 'object') return node;
  const [only, more] = node.entries;
  const name = String(only?.key.value);
  if (only && !more && (name === 'Ref' || name.startsWith('Fn::'))) {
    const template = only.value.type === 'array' ? only.value.items[0] : only.value;
    if (name === 'Fn::Sub' && template?.type === 'string') {
      return { ...template, value: maskSubstitutions(String(template.value)), whole: wholeOf(node) };
    }
    const join = name === 'Fn::Join' ? joined(withoutIntrinsics(only.value), wholeOf(node)) : undefined;
    return join ?? unknownAt(node);
  }
  return {
    ...node,
    entries: node.entries.map(({ key, value }) => ({
      key,
      value:
        LISTS.has(String(key.value)) && isChoice(value)
          ? {
              type: 'array',
              items: sideBySide(value),
              start: value.start,
              end: value.end,
              source: value.source,
              whole: wholeOf(value),
            }
          : withoutIntrinsics(value),
    })),
  };
}

/** Elements of a policy that are a list or one of it. */
const LISTS: ReadonlySet<string> = new Set(['Statement', 'Action', 'NotAction', 'Resource', 'NotResource']);

const isChoice = (node: DocNode): boolean =>
  node.type === 'object' && node.entries.length === 1 && node.entries[0]?.key.value === 'Fn::If';

/** What a value may come to: the branches of an `Fn::If`, else itself. One that is nothing (`AWS::NoValue`) is left out. */
export function branchesOf(node: DocNode | undefined): readonly DocNode[] {
  if (!node) return [];
  if (!isChoice(node)) return [node];
  const its = get(node, 'Fn::If');
  const branches = its?.type === 'array' ? its.items.slice(1) : [];
  return branches
    .flatMap(branchesOf)
    .filter((one) => !(one.type === 'string' && one.value === HOLE) && !entry(one, 'Ref'));
}

function sideBySide(node: DocNode): DocNode[] {
  node.source.choices?.push(wholeOf(node));
  const branches = branchesOf(node).flatMap((one) => (one.type === 'array' ? one.items : [one]));
  return [...branches.map(withoutIntrinsics), unknownAt(node)];
}

function unknownAt(node: DocNode): DocScalar {
  const { start, end, source } = node;
  return { type: 'string', value: HOLE, start, end, source, at: () => start, whole: wholeOf(node) };
}
