/** What the files of a folder of Terraform say that roles, providers and Profiles are to be (see drift/declared.ts). */
import { attributeOf } from '../document/hcl.ts';
import type { HclBlock, HclExpression } from '../document/hcl.ts';
import { type DocEntry, type DocNode, type DocObject } from '../document/node.ts';
import {
  type Declared,
  type DeclaredIn,
  type DriftFile,
  type Reader,
  type Skipped,
  terraform,
} from '../drift/declared.ts';
import { type Defined, definedBy, evaluate, insideOf, made, type Module, moduleOf, onlyIn } from './evaluate.ts';
import { policyDocument } from './policy-document.ts';
import { pathOf } from '../document/hcl.ts';
import { itemsOf } from './resources.ts';

/** Never throws. What a variable may decide is not known: a default is not what is applied. */
export function declaredInTerraform(files: readonly DriftFile[]): DeclaredIn {
  const [declared, skipped]: [Declared[], Skipped[]] = [[], []];
  const items = files.flatMap(({ path, text }) => itemsOf(path, text).map((one) => ({ path, ...one })));
  const module = { ...moduleOf(items.map(({ file }) => file)), defaults: new Map() };
  for (const { path, from, file } of items) {
    const at = <T extends { readonly start: number; readonly end: number }>(one: T): T => ({
      ...one,
      start: one.start + from,
      end: one.end + from,
    });
    const reader: Reader = {
      file: path,
      declare: (one) => void declared.push({ file: path, ...at(one), says: one.says.map(at) }),
      skip: ({ start, end }, why) => void skipped.push({ file: path, why, ...at({ start, end }) }),
    };
    for (const of of file.hcl.body.items) {
      if (of.type !== 'block' || of.name.text !== 'resource') continue;
      const type = of.labels[0]?.value ?? '';
      if (!/^(?:aws_iam_(?:role|role_policy|openid_connect_provider)|kubernetes_manifest)$/.test(type)) continue;
      if (attributeOf(of.body, 'count') ?? attributeOf(of.body, 'for_each'))
        reader.skip(of.name, 'how many of it are made, and whether any, is not known from the file alone');
      else terraform(type, valuesOf(module, { file, of }), reader);
    }
  }
  return { declared, skipped };
}

/** The arguments of a block, and the lists of its blocks, by their names. */
function valuesOf(module: Module, { file, of }: Defined<HclBlock>): DocObject {
  const { source } = file;
  const { start, end } = of.labels[0] ?? of.name;
  const entries: DocEntry[] = [];
  const blocks = new Map<string, DocNode[]>();
  for (const item of of.body.items) {
    if (item.type === 'bad') continue;
    const name = item.name.text;
    if (item.type === 'attribute')
      entries.push({ key: made(file, item.name, name), value: valueOf(module, { file, of: item.value }) });
    // What `dynamic` makes is not known: then nobody says that these are all.
    else if (name !== 'dynamic') blocks.set(name, [...(blocks.get(name) ?? []), valuesOf(module, { file, of: item })]);
  }
  for (const [name, items] of blocks)
    entries.push({ key: made(file, of.name, name), value: { type: 'array', items, start, end, source } });
  return { type: 'object', entries, start, end, source };
}

/** An expression, also a policy that is made of data or of the blocks of a document, and the name of a role of the folder. */
function valueOf(module: Module, { file, of }: Defined, depth = 0): DocNode {
  const again = (one: Defined): DocNode => valueOf(module, one, depth + 1);
  const here = (node: DocNode): DocNode => ({ ...node, start: of.start, end: of.end, source: file.source });
  if (depth > 20) return evaluate(module, file, of);
  if (of.type === 'parentheses') return again({ file, of: of.of });
  if (of.type === 'call' && of.name.text === 'jsonencode' && of.arguments.length === 1)
    return here(again({ file, of: of.arguments[0] as HclExpression }));
  if (of.type === 'string') {
    const only = onlyIn(of);
    if (only) return here(again({ file: insideOf(file, of), of: only }));
  }
  const local = of.type === 'traversal' && of.steps.length === 1 ? definedBy(module, of) : undefined;
  if (local) return here(again(local));
  const path = pathOf(of) ?? [];
  const [first, second = '', third = '', last] = path;
  if (first === 'data' && second === 'aws_iam_policy_document' && last === 'json' && path.length === 4) {
    const block = module.blocks.get(`data.${second}.${third}`);
    if (block) return here(policyDocument(module, block));
  }
  if (first === 'aws_iam_role' && /^(?:name|id)$/.test(third) && path.length === 3) {
    const role = module.blocks.get(`aws_iam_role.${second}`);
    const name = role && attributeOf(role.of.body, 'name');
    if (name) return here(again({ file: role.file, of: name.value }));
  }
  return evaluate(module, file, of);
}
