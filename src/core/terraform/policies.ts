/** Policies wherever a block leads to one: written there, in a local, as a document of blocks. */
import { attributeOf, namesOf } from '../document/hcl.ts';
import type { HclBlock, HclExpression } from '../document/hcl.ts';
import { type DocNode, get, HOLE } from '../document/node.ts';
import { held } from '../formats/policies.ts';
import type { Resource } from '../resource.ts';
import { resourcesOf } from '../resources.ts';
import {
  ask,
  type Defined,
  definedBy,
  evaluate,
  insideOf,
  type Module,
  onlyIn,
  type TerraformFile,
} from './evaluate.ts';
import { policyDocument } from './policy-document.ts';

/** A thing, and the text that its places are in. */
export interface Found {
  readonly file: TerraformFile;
  readonly resource: Resource;
  /** A policy by what refers to it, or one that looks like it, wherever it is: then it counts where none of the first kind is there. */
  readonly as?: 'referred' | 'seen';
}

/** What reads one block of a folder, with all that it refers to. */
export interface Reader {
  readonly module: Module;
  /** What was read already. */
  readonly seen: Set<HclExpression>;
  readonly documents: Set<HclBlock>;
  readonly put: (file: TerraformFile, resources: Iterable<Resource>, as?: Found['as']) => void;
}

export type Kind = 'trust' | 'permissions';
/** Of whom a policy is. */
export interface Owner {
  readonly role?: DocNode | undefined;
  readonly managed?: boolean;
}

/** A policy wherever it is written: here, in a local, in a document of blocks. */
export function policy(reader: Reader, kind: Kind, at: Defined | undefined, owner: Owner, depth = 0): void {
  const { module, seen, put } = reader;
  if (!at || depth > 20 || seen.has(at.of)) return;
  const { file, of } = at;
  const given = (root: DocNode): Parameters<typeof held>[3] => ({
    known: isWhole(root),
    managed: owner.managed === true,
  });
  seen.add(of);
  const again = (node: HclExpression | undefined): void =>
    policy(reader, kind, node && { file, of: node }, owner, depth + 1);
  // What stands in for a policy that is not there is none: `try(var.policies[0], "{}")`.
  const alternatives = (nodes: readonly HclExpression[]): void =>
    nodes.filter((one) => nodes.length < 2 || !isNothing(one)).forEach(again);
  if (of.type === 'parentheses') again(of.of);
  else if (of.type === 'conditional') alternatives([of.then, of.otherwise]);
  else if (of.type === 'call' && of.name.text === 'jsonencode') {
    const [argument] = of.arguments;
    if (!argument) return;
    // Where it is written, there it is mended.
    const value = writtenAt(module, { file, of: argument });
    const root = evaluate(module, value.file, value.of);
    if (root.type === 'object') put(value.file, held(kind, root, owner.role, given(root)), 'referred');
  } else if (of.type === 'call' && ['try', 'coalesce', 'one', 'join', 'nonsensitive'].includes(of.name.text))
    alternatives(of.arguments);
  else if (of.type === 'string') {
    const only = onlyIn(of);
    if (only) policy(reader, kind, { file: insideOf(file, of), of: only }, owner, depth + 1);
    else {
      const text = evaluate(module, file, of);
      put(file, held(kind, text, owner.role, given(text)), 'referred');
    }
  } else if (of.type === 'traversal') {
    const block = blockOf(module, of);
    if (block && block.of.labels[0]?.value === 'aws_iam_policy_document') document(reader, kind, block, owner);
    const defined = block ? undefined : definedBy(module, of);
    if (defined) policy(reader, kind, defined, owner, depth + 1);
  }
}

/** A policy that is written as blocks. `kind`: undefined where nothing refers to it. */
export function document(
  { module, documents, put }: Reader,
  kind: Kind | undefined,
  block: Defined<HclBlock>,
  { role, managed = false }: Owner,
): void {
  documents.add(block.of);
  const root = policyDocument(module, block);
  put(block.file, kind ? held(kind, root, role, { managed, known: isWhole(root) }) : resourcesOf(root), 'referred');
}

/** The expression of the local that another is the name of, however far. */
export function writtenAt(module: Module, at: Defined, depth = 0): Defined {
  const { of } = at;
  const defined = of.type === 'traversal' && of.steps.length === 1 ? definedBy(module, of) : undefined;
  return defined?.name.startsWith('local.') && depth < 20 ? writtenAt(module, defined, depth + 1) : at;
}

/** The resource or data that an expression leads to. */
export function blockOf(module: Module, node: HclExpression | undefined): Defined<HclBlock> | undefined {
  const only = node?.type === 'string' ? onlyIn(node) : undefined;
  if (only) return blockOf(module, only);
  const path = node?.type === 'traversal' ? namesOf(node) : undefined;
  if (!path) return undefined;
  const [first, second, third] = path;
  if (first === 'local' || first === 'var') return undefined;
  const name = first === 'data' ? `data.${second}.${third}` : `${first}.${second}`;
  return ask(module, name) as Defined<HclBlock> | undefined;
}

/** Whether all statements of a policy are seen. */
function isWhole(root: DocNode): boolean {
  const statement = root.type === 'object' ? get(root, 'Statement') : root;
  const items = statement?.type === 'array' ? statement.items : [statement];
  return !items.some((one) => one?.type === 'string' && one.value === HOLE);
}

/** Whether an expression is an empty text or an empty document. */
function isNothing(node: HclExpression): boolean {
  if (node.type === 'parentheses') return isNothing(node.of);
  if (node.type === 'object') return node.entries.length === 0;
  if (node.type === 'call' && node.name.text === 'jsonencode') return node.arguments.every(isNothing);
  return (
    node.type === 'string' &&
    node.parts.every((part) => part.type === 'text') &&
    /^\s*(?:\{\s*\})?\s*$/.test(node.parts.map(({ value }) => value).join(''))
  );
}

export function attribute({ file, of }: Defined<HclBlock>, name: string): Defined | undefined {
  const value = attributeOf(of.body, name)?.value;
  return value && { file, of: value };
}
