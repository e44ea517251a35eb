import type { DocEntry, DocObject } from './node.ts';

/**
 * What a file of Terraform, OpenTofu or another HCL 2 language (`.tf`, `.tofu`, `.hcl`, `.tfvars`) says, with the place of every
 * part: the syntax tree that `parseHcl` (hcl-parse.ts) makes. Nothing is evaluated here; what blocks mean is known elsewhere.
 * Of `.tf.json`, whose blocks are objects and whose strings hold templates, hcl-json.ts makes the same tree.
 *
 * `start` and `end` are offsets in the file (UTF-16 code units, end exclusive). A node lies within its parent, and children come in
 * the order of the file. Grammar: HCL native syntax specification, https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export interface HclPlace {
  readonly start: number;
  readonly end: number;
}

/** How an item is written as JSON: as an entry of an object, or an item of the list that the entry holds. */
export interface HclInJson {
  readonly of: DocObject;
  readonly entry: DocEntry;
  readonly index?: number;
}

/** What could not be read, in a sentence. */
export interface HclProblem extends HclPlace {
  readonly message: string;
}

export interface HclFile {
  readonly body: HclBody;
  /** Empty for a file that Terraform reads. In order of the file, at most 20. */
  readonly problems: readonly HclProblem[];
}

/** The whole file, or a block from its `{` to its `}`. */
export interface HclBody extends HclPlace {
  readonly type: 'body';
  readonly items: readonly HclItem[];
  /** The object that it is in JSON. */
  readonly json?: DocObject;
}
/** An attribute that stands twice stands here twice, which is a problem. */
export type HclItem = HclAttribute | HclBlock | HclBad;

/** `name = value` */
export interface HclAttribute extends HclPlace {
  readonly type: 'attribute';
  readonly name: HclWord;
  readonly value: HclExpression;
  readonly json?: HclInJson;
}

/** `name label "label" { … }` */
export interface HclBlock extends HclPlace {
  readonly type: 'block';
  readonly name: HclWord;
  /** Without quotes; their places are with them. */
  readonly labels: readonly HclText[];
  /** Empty, and of no length, where the block has no `{`. */
  readonly body: HclBody;
  /** Of a block in a block. */
  readonly json?: HclInJson;
}

/** An identifier. */
export interface HclWord extends HclPlace {
  readonly text: string;
}

/** Text as it is written, decoded. */
export interface HclText extends HclPlace {
  readonly type: 'text';
  readonly value: string;
  /**
   * Offset in the file of character `index` of `value`: differs from `start + index` behind escapes and in an indented heredoc.
   * That of `value.length` is where the text ends.
   */
  readonly at: (index: number) => number;
}

/** What could not be read; anything may be meant. There is a problem at or within its place. */
export interface HclBad extends HclPlace {
  readonly type: 'bad';
}

export type HclExpression =
  | HclLiteral
  | HclString
  | HclTuple
  | HclObject
  | HclCall
  | HclVariable
  | HclTraversal
  | HclUnary
  | HclOperation
  | HclConditional
  | HclFor
  | HclParentheses
  | HclBad;

export interface HclLiteral extends HclPlace {
  readonly type: 'literal';
  readonly value: number | boolean | null;
}

/** `"…"`, or a heredoc: `<<TAG`, or `<<-TAG`, whose indentation is taken off. */
export interface HclString extends HclPlace {
  readonly type: 'string';
  readonly form: 'quoted' | 'heredoc' | 'indented';
  /** A string of JSON: what is an expression in it has the escapes of JSON around it. */
  readonly isJson?: true;
  /** Of a heredoc. */
  readonly tag?: HclWord;
  /** Two texts never follow each other. `"${x}"`, which has an interpolation alone, is the value of `x`, of whatever type. */
  readonly parts: readonly HclPart[];
}
export type HclPart = HclText | HclInterpolation | HclIf | HclLoop | HclBad;
/** `${ value }`. White space that `~` takes off is no longer in the texts beside it. */
export interface HclInterpolation extends HclPlace {
  readonly type: 'interpolation';
  readonly value: HclExpression;
}
/** `%{ if condition }then%{ else }otherwise%{ endif }` */
export interface HclIf extends HclPlace {
  readonly type: 'if';
  readonly condition: HclExpression;
  readonly then: readonly HclPart[];
  readonly otherwise: readonly HclPart[];
}
/** `%{ for key, item in collection }parts%{ endfor }` */
export interface HclLoop extends HclPlace {
  readonly type: 'loop';
  readonly key?: HclWord;
  readonly item: HclWord;
  readonly collection: HclExpression;
  readonly parts: readonly HclPart[];
}

/** `[a, b]` */
export interface HclTuple extends HclPlace {
  readonly type: 'tuple';
  readonly items: readonly HclExpression[];
}

/** `{ key = value, (expression) : value }` */
export interface HclObject extends HclPlace {
  readonly type: 'object';
  readonly entries: readonly HclEntry[];
}
export interface HclEntry {
  /** An identifier here is a word and no variable: see `keyOf`. */
  readonly key: HclExpression;
  readonly value: HclExpression;
}

/** `name(arguments)`; a name may have `::` in it. */
export interface HclCall extends HclPlace {
  readonly type: 'call';
  readonly name: HclWord;
  readonly arguments: readonly HclExpression[];
  /** The last argument is followed by `...`: it is a list of arguments. */
  readonly isSpread: boolean;
}

/** A name that stands alone, or at the start of a traversal: `var`, `local`, `aws_iam_role`, `each`. */
export interface HclVariable extends HclPlace {
  readonly type: 'variable';
  readonly name: string;
}

/** `of.name[key].*.name[*].name`: see `pathOf`. */
export interface HclTraversal extends HclPlace {
  readonly type: 'traversal';
  readonly of: HclExpression;
  /** At least one. What follows a full splat belongs to each item; so do the attributes and numbers that follow `.*`, until an index. */
  readonly steps: readonly HclStep[];
}
export type HclStep = HclAttributeStep | HclIndexStep | HclSplatStep;
/** `.name` */
export interface HclAttributeStep extends HclPlace {
  readonly type: 'attribute';
  readonly name: HclWord;
}
/** `[key]`, or `.0` of older files. */
export interface HclIndexStep extends HclPlace {
  readonly type: 'index';
  readonly key: HclExpression;
}
/** `.*`, or in full `[*]` */
export interface HclSplatStep extends HclPlace {
  readonly type: 'splat';
  readonly isFull: boolean;
}

/** `!a`, `-a` */
export interface HclUnary extends HclPlace {
  readonly type: 'unary';
  readonly operator: '!' | '-';
  readonly of: HclExpression;
}

/** `a + b - c`: operators of one precedence, from left to right, so that a long row is no deep tree. */
export interface HclOperation extends HclPlace {
  readonly type: 'operation';
  /** One less than operands. */
  readonly operators: readonly HclOperator[];
  readonly operands: readonly HclExpression[];
}
export type HclOperator = '||' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

/** `condition ? then : otherwise` */
export interface HclConditional extends HclPlace {
  readonly type: 'conditional';
  readonly condition: HclExpression;
  readonly then: HclExpression;
  readonly otherwise: HclExpression;
}

/** `[for key, item in collection : value if condition]`, or with braces and `newKey => value...`. */
export interface HclFor extends HclPlace {
  readonly type: 'for';
  readonly makes: 'tuple' | 'object';
  readonly key?: HclWord;
  readonly item: HclWord;
  readonly collection: HclExpression;
  /** Of an object. */
  readonly newKey?: HclExpression;
  readonly value: HclExpression;
  /** Values of the same key are gathered in a tuple (`...`). */
  readonly isGrouped: boolean;
  readonly condition?: HclExpression;
}

/** `(of)` */
export interface HclParentheses extends HclPlace {
  readonly type: 'parentheses';
  readonly of: HclExpression;
}

/** The attribute of this name, or undefined. */
export const attributeOf = (body: HclBody, name: string): HclAttribute | undefined =>
  body.items.find((one): one is HclAttribute => one.type === 'attribute' && one.name.text === name);

/** The blocks of this name, in order. */
export const blocksOf = (body: HclBody, name: string): readonly HclBlock[] =>
  body.items.filter((one): one is HclBlock => one.type === 'block' && one.name.text === name);

/** The text of a string that holds nothing but text; undefined for anything else. */
export function textOfHcl(node: HclExpression | undefined): HclText | undefined {
  if (node?.type !== 'string' || node.parts.length > 1) return undefined;
  const [part] = node.parts;
  if (part) return part.type === 'text' ? part : undefined;
  return { type: 'text', value: '', start: node.start + 1, end: node.end - 1, at: () => node.start + 1 };
}

/** The text of a key that is a word or a string without expressions; undefined where it must be evaluated. */
export function keyOf({ key }: HclEntry): HclText | undefined {
  if (key.type === 'string') return textOfHcl(key);
  if (key.type !== 'variable' && key.type !== 'literal') return undefined;
  const { start, end } = key;
  const value = String(key.type === 'variable' ? key.name : key.value);
  return { type: 'text', value, start, end, at: (index) => Math.min(start + Math.max(index, 0), end) };
}

/**
 * A string as one text, with what `fill` says for each part that is no text: its places lead to the file, those of a filled part
 * to that part's start. Undefined where `fill` says undefined.
 */
export function joinParts(
  parts: readonly HclPart[],
  fill: (part: Exclude<HclPart, HclText>) => string | undefined,
): { readonly value: string; readonly at: (index: number) => number } | undefined {
  let value = '';
  const pieces: { from: number; part: HclPart }[] = [];
  for (const part of parts) {
    const text = part.type === 'text' ? part.value : fill(part);
    if (text === undefined) return undefined;
    pieces.push({ from: value.length, part });
    value += text;
  }
  const at = (index: number): number => {
    const piece = pieces.findLast(({ from }) => from <= index) ?? pieces[0];
    if (!piece) return 0;
    if (piece.part.type === 'text') return piece.part.at(index - piece.from);
    return index >= value.length && value.length > piece.from ? piece.part.end : piece.part.start;
  };
  return { value, at };
}

/** The names of a traversal, past its indexes: `data.aws_iam_policy_document.x[0].json`. */
export function namesOf(node: HclTraversal): readonly string[] | undefined {
  if (node.of.type !== 'variable') return undefined;
  return [node.of.name, ...node.steps.flatMap((step) => (step.type === 'attribute' ? [step.name.text] : []))];
}

/** `aws_iam_role.x.arn` of a traversal that has names alone, or of a variable; undefined for anything else. */
export function pathOf(node: HclExpression): readonly string[] | undefined {
  if (node.type === 'variable') return [node.name];
  if (node.type !== 'traversal' || node.of.type !== 'variable') return undefined;
  const path = [node.of.name];
  for (const step of node.steps) {
    if (step.type !== 'attribute') return undefined;
    path.push(step.name.text);
  }
  return path;
}
