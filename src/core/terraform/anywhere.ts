/** What may stand anywhere in Terraform: annotations, values of charts, manifests, policies as text. */
import { anywhere, isRoleKey, ROLE_PARAMETER } from '../annotations.ts';
import { attributeOf, keyOf } from '../document/hcl.ts';
import type { HclBody, HclExpression, HclObject } from '../document/hcl.ts';
import { type DocNode, get } from '../document/node.ts';
import { parseEmbedded } from '../document/parse.ts';
import { resourcesOf } from '../resources.ts';
import { evaluate, insideOf, type TerraformFile } from './evaluate.ts';
import type { Reader } from './policies.ts';

interface Given {
  /** What looks like a policy is one of IAM. */
  readonly isIam: boolean;
}

export function walkBody(reader: Reader, body: HclBody, file: TerraformFile, given: Given): void {
  for (const item of body.items) {
    if (item.type === 'attribute') walk(reader, item.value, file, given);
    else if (item.type === 'block') {
      if (item.name.text.startsWith('set')) setting(reader, file, item.body);
      walkBody(reader, item.body, file, given);
    }
  }
}

function walk(reader: Reader, node: HclExpression, file: TerraformFile, given: Given, depth = 0): void {
  const { module, seen, put } = reader;
  if (depth > 60 || seen.has(node)) return;
  const inner = (one: HclExpression): void => walk(reader, one, file, given, depth + 1);
  switch (node.type) {
    case 'object': {
      const keys = node.entries.map((one) => keyOf(one)?.value ?? '');
      if (keys.some(isRoleKey)) {
        annotations(reader, file, evaluate(module, file, node));
      } else if (keys.includes('apiVersion') && keys.includes('kind')) {
        put(file, resourcesOf(evaluate(module, file, node), ''));
        return;
      } else if (given.isIam && keys.includes('Statement')) {
        put(file, resourcesOf(evaluate(module, file, node), ''), 'seen');
        return;
      } else settingOf(reader, file, node);
      for (const { value } of node.entries) inner(value);
      return;
    }
    case 'string': {
      const text = file.source.text.slice(node.start, node.end);
      const isYaml = node.form !== 'quoted' || text.includes('\\n');
      if (isYaml && (/\brole[-_.]?arn/i.test(text) || /apiVersion/.test(text))) {
        const value = evaluate(module, file, node);
        const { root } = value.type === 'string' ? parseEmbedded(value, 'yaml') : {};
        if (root) embedded(reader, file, root);
      } else if (given.isIam && isYaml && text.includes('Statement')) {
        const value = evaluate(module, file, node);
        const { root } = value.type === 'string' ? parseEmbedded(value, 'json') : {};
        if (root) put(file, resourcesOf(root, ''), 'seen');
      }
      for (const part of node.parts)
        if (part.type === 'interpolation') walk(reader, part.value, insideOf(file, node), given, depth + 1);
      return;
    }
    case 'tuple':
      return node.items.forEach(inner);
    case 'call':
      return node.arguments.forEach(inner);
    case 'parentheses':
    case 'unary':
      return inner(node.of);
    case 'conditional':
      return [node.then, node.otherwise].forEach(inner);
    case 'for':
      return inner(node.value);
    default:
  }
}

/** A document of YAML that a string holds: a manifest, or values of a chart. */
function embedded({ put }: Reader, file: TerraformFile, root: DocNode): void {
  if (root.type === 'object' && get(root, 'apiVersion') && get(root, 'kind')) put(file, resourcesOf(root, ''));
  else put(file, anywhere(root));
}

/** Annotations of what is made elsewhere. */
function annotations({ put }: Reader, file: TerraformFile, root: DocNode): void {
  if (root.type === 'object') put(file, [{ kind: 'annotations', root, isAccount: false }]);
}

/** `set { name = "serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn", value = … }` */
function setting(reader: Reader, file: TerraformFile, body: HclBody): void {
  pair(reader, file, attributeOf(body, 'name')?.value, attributeOf(body, 'value')?.value);
}
function settingOf(reader: Reader, file: TerraformFile, node: HclObject): void {
  const of = (name: string): HclExpression | undefined => node.entries.find((one) => keyOf(one)?.value === name)?.value;
  pair(reader, file, of('name'), of('value'));
}
function pair({ module, put }: Reader, file: TerraformFile, name?: HclExpression, value?: HclExpression): void {
  if (!name || !value) return;
  const node = evaluate(module, file, name);
  if (node.type !== 'string' || !ROLE_PARAMETER.test(String(node.value))) return;
  put(file, [{ kind: 'parameter', name: node, value: evaluate(module, file, value) }]);
}
