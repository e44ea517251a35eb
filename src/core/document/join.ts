/** CloudFormation's `Fn::Join`, whose constants are a text like that of `Fn::Sub`. */
import { type DocNode, type DocScalar, HOLE, wholeOf } from './node.ts';

/**
 * What `[separator, [parts]]` comes to, with the place of each character; what is no constant is a hole. The places between the parts are told
 * as shared ones, so that no fix writes over them.
 */
export function joined(list: DocNode, whole: { readonly start: number; readonly end: number }): DocScalar | undefined {
  const [separator, parts] = list.type === 'array' ? list.items : [];
  if (separator?.type !== 'string' || parts?.type !== 'array') return undefined;
  const [first, last] = [parts.items[0], parts.items.at(-1)];
  if (!first || !last) return undefined;
  const pieces: { readonly from: number; readonly node: DocNode }[] = [];
  let value = '';
  for (const node of parts.items) {
    if (pieces.length > 0) value += String(separator.value);
    pieces.push({ from: value.length, node });
    value += node.type === 'string' ? String(node.value) : HOLE;
  }
  for (const [index, { node }] of pieces.entries()) {
    const next = pieces[index + 1];
    if (next) list.source.shared?.push({ start: wholeOf(node).end, end: wholeOf(next.node).start });
  }
  const at = (index: number): number => {
    const { from, node } = pieces.findLast((piece) => piece.from <= index) ?? { from: 0, node: first };
    if (node.type !== 'string') return wholeOf(node).start;
    return index - from > String(node.value).length ? wholeOf(node).end : node.at(index - from);
  };
  const { source } = list;
  return { type: 'string', value, start: wholeOf(first).start, end: wholeOf(last).end, source, at, whole };
}
