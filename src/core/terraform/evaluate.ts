/**
 * What an expression of Terraform stands for, as far as the files of its folder tell: a document with its places, such as the
 * parser makes of JSON. What they do not tell for certain is a hole, which nothing is judged by.
 */
import { attributeOf, blocksOf, joinParts, keyOf, namesOf, pathOf } from '../document/hcl.ts';
import type {
  HclBlock,
  HclEntry,
  HclExpression,
  HclFile,
  HclPart,
  HclPlace,
  HclStep,
  HclString,
  HclText,
} from '../document/hcl.ts';
import {
  type DocArray,
  type DocEntry,
  type DocNode,
  type DocScalar,
  get,
  HOLE,
  type Source,
} from '../document/node.ts';

/** A block of a file, or a whole file of JSON, which is read by itself: its places are in its own text, and stay when others change. */
export interface TerraformFile {
  readonly source: Source;
  readonly hcl: HclFile;
  /** Of JSON the same file as what stands in its strings is written there: in HCL, with escapes around it. */
  readonly inside?: TerraformFile;
}

/** An expression, and the file that it stands in. */
export interface Defined<T = HclExpression> {
  readonly file: TerraformFile;
  readonly of: T;
  /** The default of a variable that is a text, whatever it is written as. */
  readonly isText?: true;
}

/** The files of a folder, which Terraform reads as one. */
export interface Module {
  readonly files: readonly TerraformFile[];
  readonly locals: ReadonlyMap<string, Defined>;
  /** Defaults of variables: others may be given, but somebody wrote these. */
  readonly defaults: ReadonlyMap<string, Defined>;
  /** Resources and data by `type.name` and `data.type.name`. */
  readonly blocks: ReadonlyMap<string, Defined<HclBlock>>;
  /** What locals and defaults stand for, with the names that this rests on; undefined while one is looked at. */
  readonly values: Map<string, { readonly value: DocNode | undefined; readonly asked: Asked } | undefined>;
  /** The names that were asked for, and what they stood for: what is made of them holds as long as they do. */
  asked: Asked;
  /** How many nodes may still be made, so that no row of locals grows without bound. */
  budget: number;
}

export type Asked = Map<string, unknown>;

/** What is defined under a name. */
export const definitionIn = (
  { locals, defaults, blocks }: Module,
  name: string,
): Defined | Defined<HclBlock> | undefined =>
  name.startsWith('local.')
    ? locals.get(name.slice(6))
    : name.startsWith('var.')
      ? defaults.get(name.slice(4))
      : blocks.get(name);

/** The same, remembered as asked for. */
export function ask(module: Module, name: string): Defined | Defined<HclBlock> | undefined {
  const found = definitionIn(module, name);
  module.asked.set(name, found?.of);
  return found;
}

export function moduleOf(files: readonly TerraformFile[]): Module {
  const [locals, defaults] = [new Map<string, Defined>(), new Map<string, Defined>()];
  const blocks = new Map<string, Defined<HclBlock>>();
  for (const file of files) {
    for (const block of file.hcl.body.items) {
      if (block.type !== 'block') continue;
      const [first = '', second = ''] = block.labels.map(({ value }) => value);
      const { text } = block.name;
      if (text === 'locals') {
        for (const one of block.body.items)
          if (one.type === 'attribute') locals.set(one.name.text, { file, of: one.value });
      } else if (text === 'variable') {
        const value = attributeOf(block.body, 'default')?.value;
        const type = attributeOf(block.body, 'type')?.value;
        const isText = type !== undefined && /^"?string"?$/.test(file.source.text.slice(type.start, type.end));
        if (value) defaults.set(first, { file, of: value, ...(isText ? { isText } : {}) });
      } else if (text === 'resource') blocks.set(`${first}.${second}`, { file, of: block });
      else if (text === 'data') blocks.set(`data.${first}.${second}`, { file, of: block });
    }
  }
  return { files, locals, defaults, blocks, values: new Map(), asked: new Map(), budget: 200_000 };
}

const NOT_WRITTEN = {};

/** A value that is not known. */
export function unknown({ source }: TerraformFile, { start, end }: HclPlace): DocScalar {
  return { type: 'string', value: HOLE, start, end, source, at: () => start, written: NOT_WRITTEN };
}

/** A value that stands nowhere as such, at a place that says where it comes from. */
export function made(
  { source }: TerraformFile,
  { start, end }: HclPlace,
  value: string | number | boolean | null,
): DocScalar {
  const type = value === null ? 'null' : (typeof value as 'string');
  return { type, value, start, end, source, at: () => start, written: NOT_WRITTEN };
}

/** A value as the text that Terraform makes of it where a text is wanted. */
export function asText(node: DocNode): DocNode {
  if (node.type !== 'number' && node.type !== 'boolean') return node;
  return { ...node, type: 'string', value: String(node.value) };
}

/** A value that is written elsewhere, at the place that refers to it. */
export function moved(module: Module, file: TerraformFile, place: HclPlace, node: DocNode): DocNode {
  module.budget -= 1;
  if (module.budget < 0) return unknown(file, place);
  const { start, end } = place;
  const here = { start, end, source: file.source, written: NOT_WRITTEN };
  const move = (one: DocNode): DocNode => moved(module, file, place, one);
  if (node.type === 'array') return { type: 'array', items: node.items.map(move), ...here };
  if (node.type === 'object')
    return {
      type: 'object',
      entries: node.entries.map(({ key, value }) => ({ key: move(key) as DocScalar, value: move(value) })),
      ...here,
    };
  return { type: node.type, value: node.value, at: () => start, ...here };
}

/** What an expression stands for. Never throws. */
export function evaluate(module: Module, file: TerraformFile, node: HclExpression, depth = 0): DocNode {
  const { source } = file;
  const place = { start: node.start, end: node.end };
  const hole = (): DocNode => unknown(file, node);
  module.budget -= 1;
  if (depth > 60 || module.budget < 0) return hole();
  const inner = (one: HclExpression): DocNode => evaluate(module, file, one, depth + 1);
  switch (node.type) {
    case 'literal': {
      const type = node.value === null ? 'null' : (typeof node.value as 'number');
      return { type, value: node.value, ...place, source, at: () => node.start };
    }
    case 'string': {
      const only = onlyIn(node);
      const within = insideOf(file, node);
      const part = (one: HclExpression): DocNode => evaluate(module, within, one, depth + 1);
      if (only) return moved(module, file, node, part(only));
      const { value, at } = textOf(file, node.parts, part);
      return { type: 'string', value, ...place, source, at };
    }
    case 'tuple':
      return { type: 'array', items: node.items.map(inner), ...place, source };
    case 'object':
      return { type: 'object', entries: node.entries.map((one) => entryOf(file, one, inner)), ...place, source };
    case 'parentheses':
      return inner(node.of);
    case 'conditional': {
      const condition = isCertain(module, node.condition) ? inner(node.condition) : undefined;
      if (condition?.type !== 'boolean') return hole();
      return inner(condition.value === true ? node.then : node.otherwise);
    }
    case 'operation': {
      const [left, right] = node.operands.map(inner);
      const [operator] = node.operators;
      if (node.operands.length !== 2 || !isKnown(left) || !isKnown(right) || !/^[!=]=$/.test(operator ?? ''))
        return hole();
      return made(file, node, (left.value === right.value) === (operator === '=='));
    }
    case 'unary': {
      const of = inner(node.of);
      return node.operator === '!' && of.type === 'boolean' ? made(file, node, of.value !== true) : hole();
    }
    case 'call':
      return call(module, file, node, inner);
    case 'variable':
    case 'traversal':
      return reference(module, file, node, inner);
    default:
      return hole();
  }
}

/** The expression that a string is the value of: `"${x}"`. */
export function onlyIn({ form, parts }: HclString): HclExpression | undefined {
  const [only, more] = parts;
  return form === 'quoted' && only?.type === 'interpolation' && !more ? only.value : undefined;
}

/** The file as what stands in a string is written in it. */
export const insideOf = (file: TerraformFile, { isJson }: HclString): TerraformFile =>
  (isJson ? file.inside : undefined) ?? file;

const isKnown = (node: DocNode | undefined): node is DocScalar =>
  node !== undefined && node.type !== 'array' && node.type !== 'object' && !String(node.value).includes(HOLE);

/** Whether a condition rests on what is written alone: a variable may be given another value. */
function isCertain(module: Module, node: HclExpression, depth = 0): boolean {
  if (depth > 20) return false;
  if (node.type === 'operation') return node.operands.every((one) => isCertain(module, one, depth + 1));
  if (node.type === 'unary' || node.type === 'parentheses') return isCertain(module, node.of, depth + 1);
  if (node.type === 'literal') return true;
  const path = pathOf(node);
  const local = path?.[0] === 'local' && path.length === 2 ? ask(module, path.join('.')) : undefined;
  return local !== undefined && local.of.type !== 'block' && isCertain(module, local.of, depth + 1);
}

/** A text, with a hole for each part that is not known. */
function textOf(
  file: TerraformFile,
  parts: readonly HclPart[],
  inner: (node: HclExpression) => DocNode,
): { readonly value: string; readonly at: (index: number) => number } {
  const fill = (part: Exclude<HclPart, HclText>): string => {
    const { derived } = file.source;
    if (derived && !derived.some(({ start }) => start === part.start))
      derived.push({ start: part.start, end: part.end });
    const value = part.type === 'interpolation' ? inner(part.value) : undefined;
    return value && value.type !== 'array' && value.type !== 'object' && value.type !== 'null'
      ? String(value.value)
      : HOLE;
  };
  return joinParts(parts, fill) ?? { value: HOLE, at: () => 0 };
}

function entryOf(file: TerraformFile, one: HclEntry, inner: (node: HclExpression) => DocNode): DocEntry {
  const key = keyOf(one);
  const { start, end } = one.key;
  const value = inner(one.value);
  if (key) return { key: { type: 'string', value: key.value, start, end, source: file.source, at: key.at }, value };
  const made = inner(one.key);
  return { key: made.type === 'string' ? made : unknown(file, one.key), value };
}

/** What a name of this folder stands for. */
function reference(
  module: Module,
  file: TerraformFile,
  node: Extract<HclExpression, { type: 'variable' | 'traversal' }>,
  inner: (node: HclExpression) => DocNode,
): DocNode {
  const hole = unknown(file, node);
  if (node.type === 'variable') return hole;
  if (isIssuerUrl(node)) return made(file, node, `https://${HOLE}`);
  if (isOfClusterProvider(module, node, 'arn'))
    return made(file, node, `arn:aws:iam::${HOLE}:oidc-provider/oidc.eks.${HOLE}`);
  const defined = definedBy(module, node);
  // `{ … }[key]` and `split(…)[0]`
  if (!defined) return moved(module, file, node, follow(inner(node.of), node.steps));
  const value = valueOf(module, defined.name, defined);
  return value ? moved(module, file, node, follow(value, node.steps.slice(1))) : hole;

  function follow(from: DocNode, steps: readonly HclStep[]): DocNode {
    let here: DocNode = from;
    for (const step of steps) {
      if (step.type === 'splat') return hole;
      const key = step.type === 'attribute' ? step.name.text : inner(step.key);
      const name = typeof key === 'string' ? key : isKnown(key) ? key.value : undefined;
      const next =
        here.type === 'array' ? here.items[Number(name)] : typeof name === 'string' ? get(here, name) : undefined;
      if (!next || (here.type === 'array' && here.items.some((one) => one.type === 'string' && one.value === HOLE)))
        return hole;
      here = next;
    }
    return here;
  }
}

/** The local or the variable that a traversal begins with. */
export function definedBy(module: Module, node: HclExpression): (Defined & { readonly name: string }) | undefined {
  if (node.type !== 'traversal' || node.of.type !== 'variable') return undefined;
  const [step] = node.steps;
  if (step?.type !== 'attribute') return undefined;
  const { name } = node.of;
  if (name !== 'local' && name !== 'var') return undefined;
  const whole = `${name}.${step.name.text}`;
  const defined = ask(module, whole) as Defined | undefined;
  return defined && { ...defined, name: whole };
}

function valueOf(module: Module, name: string, { file, of, isText }: Defined): DocNode | undefined {
  const { asked, values } = module;
  if (values.has(name)) {
    const known = values.get(name);
    for (const [one, its] of known?.asked ?? []) asked.set(one, its);
    return known?.value;
  }
  values.set(name, undefined);
  module.asked = new Map();
  const its = evaluate(module, file, of);
  const value = isText === true ? asText(its) : its;
  // An empty default stands for one that must be given.
  const isEmpty =
    value.type === 'array'
      ? value.items.length === 0
      : value.type === 'object'
        ? value.entries.length === 0
        : !value.value;
  const known = name.startsWith('var.') && isEmpty && value.type !== 'boolean' ? undefined : value;
  values.set(name, { value: known, asked: module.asked });
  for (const [one, its] of module.asked) asked.set(one, its);
  module.asked = asked;
  return known;
}

/** The names of a traversal that stands for one thing; none of another expression. */
const namesOfOne = (node: HclExpression): readonly string[] =>
  node.type === 'traversal' && !node.steps.some(({ type }) => type === 'splat') ? (namesOf(node) ?? []) : [];

/** The issuer of a cluster as EKS gives it: always with https://. */
export function isIssuerUrl(node: HclExpression): boolean {
  const path = namesOfOne(node);
  const isCluster = path[path[0] === 'data' ? 1 : 0] === 'aws_eks_cluster';
  return (
    (isCluster && path.at(-1) === 'issuer' && path.includes('identity')) ||
    (path[0] === 'module' && path.at(-1) === 'cluster_oidc_issuer_url')
  );
}

/** An attribute of an OIDC provider of IAM that is made of, or found by, the issuer of a cluster. */
export function isOfClusterProvider(module: Module, node: HclExpression, attribute: 'arn' | 'url'): boolean {
  const path = namesOfOne(node);
  const isData = path[0] === 'data';
  const [type, name, read, ...more] = isData ? path.slice(1) : path;
  if (type !== 'aws_iam_openid_connect_provider' || name === undefined || read !== attribute || more.length > 0)
    return false;
  const block = ask(module, `${isData ? 'data.' : ''}${type}.${name}`) as Defined<HclBlock> | undefined;
  const url = block && attributeOf(block.of.body, 'url')?.value;
  const from = url && (definedBy(module, url)?.of ?? url);
  return from !== undefined && isIssuerUrl(from);
}

type Call = Extract<HclExpression, { type: 'call' }>;

/** The functions that people write policies with. */
function call(module: Module, file: TerraformFile, node: Call, inner: (node: HclExpression) => DocNode): DocNode {
  const { source } = file;
  const hole = unknown(file, node);
  if (node.isSpread) return hole;
  const values = node.arguments.map(inner);
  const [first] = values;
  const texts = values.map((one) =>
    one.type === 'array' || one.type === 'object' || one.type === 'null' ? undefined : String(one.value),
  );
  const [text, second, third] = texts;
  const say = (value: string | undefined): DocNode => (value === undefined ? hole : made(file, node, value));
  const change = (to: (text: string) => string): DocNode =>
    say(text === undefined ? undefined : text === HOLE ? HOLE : to(text));
  const place = { start: node.start, end: node.end, source, written: NOT_WRITTEN };
  const list = (items: readonly DocNode[]): DocArray => ({ type: 'array', items, ...place });
  /** The items of a list; a hole where they are not known. */
  const itemsOf = (one: DocNode): readonly DocNode[] => (one.type === 'array' ? one.items : [unknown(file, one)]);
  switch (node.name.text) {
    case 'replace': {
      if (text === undefined || second === undefined || third === undefined) return hole;
      if (second.includes(HOLE) || text === HOLE) return hole;
      // What regular expressions match is not worked out, but for the scheme of an address.
      const what = /^\/\^?https?:(?:\\?\/){2}\/$/.test(second.replaceAll('?', '')) ? 'https://' : second;
      if (/^\/.*\/$/s.test(what)) return hole;
      return say(text.replaceAll(what, () => third));
    }
    case 'trimprefix':
      return change((it) => (second !== undefined && it.startsWith(second) ? it.slice(second.length) : it));
    case 'trimsuffix':
      return change((it) =>
        second !== undefined && it.endsWith(second) ? it.slice(0, it.length - second.length) : it,
      );
    case 'trimspace':
      return change((it) => it.trim());
    case 'chomp':
      return change((it) => it.replace(/[\r\n]+$/, ''));
    case 'lower':
      return change((it) => it.toLowerCase());
    case 'upper':
      return change((it) => it.toUpperCase());
    case 'tostring':
      return first ? asText(moved(module, file, node, first)) : hole;
    case 'nonsensitive':
    case 'sensitive':
    case 'tolist':
    case 'toset':
    case 'tomap':
    case 'distinct':
      return first ? moved(module, file, node, first) : hole;
    case 'format': {
      if (text === undefined || text.includes(HOLE)) return hole;
      let next = 0;
      if (/%(?![%svdq])/.test(text) || texts.includes(undefined)) return hole;
      return say(
        text.replace(/%([%svdq])/g, (_, verb: string) =>
          verb === '%' ? '%' : verb === 'q' ? JSON.stringify(texts[(next += 1)]) : (texts[(next += 1)] ?? HOLE),
        ),
      );
    }
    case 'join': {
      const items = values[1] ? itemsOf(values[1]) : [];
      if (
        text === undefined ||
        values.length !== 2 ||
        items.some((one) => one.type === 'array' || one.type === 'object')
      )
        return hole;
      return say(items.map((one) => String((one as DocScalar).value)).join(text));
    }
    case 'split':
      if (text === undefined || second === undefined || (text + second).includes(HOLE)) return hole;
      return list(second.split(text).map((one) => made(file, node, one)));
    case 'concat':
      return list(values.flatMap(itemsOf));
    case 'compact':
      return first
        ? list(itemsOf(first).filter((one) => one.type !== 'null' && (one.type !== 'string' || one.value !== '')))
        : hole;
    case 'flatten':
      return first ? list(itemsOf(first).flatMap((one) => (one.type === 'array' ? one.items : [one]))) : hole;
    case 'element': {
      const items = first ? itemsOf(first) : [];
      const index = Number(second);
      const found = items.some((one) => one.type === 'string' && one.value === HOLE) ? undefined : items[index];
      return found ? moved(module, file, node, found) : hole;
    }
    case 'merge': {
      const objects = values.flatMap((one) => (one.type === 'object' ? [one] : []));
      if (objects.length !== values.length) return hole;
      const entries = new Map(objects.flatMap((one) => one.entries.map((each) => [each.key.value, each] as const)));
      return { type: 'object', entries: [...entries.values()], ...place };
    }
    default:
      return hole;
  }
}

/** The attribute of a block, evaluated. */
export function valueIn(module: Module, { file, of }: Defined<HclBlock>, name: string): DocNode | undefined {
  const attribute = attributeOf(of.body, name);
  return attribute && evaluate(module, file, attribute.value);
}

/** The blocks of a name in a block; of one that is made by `dynamic`, nothing is known but that it may be there. */
export function nestedIn(
  { file, of }: Defined<HclBlock>,
  name: string,
): {
  readonly blocks: readonly Defined<HclBlock>[];
  readonly dynamic: HclBlock | undefined;
} {
  return {
    blocks: blocksOf(of.body, name).map((one) => ({ file, of: one })),
    dynamic: blocksOf(of.body, 'dynamic').find(({ labels }) => labels[0]?.value === name),
  };
}
