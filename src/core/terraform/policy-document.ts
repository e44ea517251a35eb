/**
 * `data "aws_iam_policy_document"`: the policy that its blocks make, with the places of the blocks. Sources: documentation of the
 * AWS provider for Terraform, aws_iam_policy_document; how it writes the JSON: internal/service/iam/policy_model.go there.
 */
import type { Edit } from '../finding.ts';
import { spelled } from '../document/derived.ts';
import { addEntries, addItems, type Json, removeEntries, removeItems } from '../document/edit.ts';
import { lineEnd } from '../document/lines.ts';
import { escapeTemplate, hcl } from '../document/hcl-write.ts';
import { attributeOf, type HclBlock, type HclItem, type HclPlace, textOfHcl } from '../document/hcl.ts';
import {
  type DocArray,
  type DocEntry,
  type DocNode,
  type DocObject,
  type DocScalar,
  get,
  HOLE,
  textOf,
} from '../document/node.ts';
import { type Defined, evaluate, made, type Module, nestedIn, type TerraformFile, unknown } from './evaluate.ts';

/** What is given to a document from elsewhere, beside its statements. */
const SOURCES = ['source_policy_documents', 'override_policy_documents', 'source_json', 'override_json'];

/** Arguments of a statement that hold texts, and what they make. */
const ELEMENTS: Readonly<Record<string, string>> = {
  sid: 'Sid',
  effect: 'Effect',
  actions: 'Action',
  not_actions: 'NotAction',
  resources: 'Resource',
  not_resources: 'NotResource',
};

export function policyDocument(module: Module, block: Defined<HclBlock>): DocObject {
  const { file, of } = block;
  const key = keyAt(file, of.labels[0] ?? of.name);
  const statements = nestedIn(block, 'statement');
  const items: DocNode[] = statements.blocks.map((one) => statementOf(module, one));
  if (statements.dynamic) items.push(unknown(file, statements.dynamic.name));
  for (const name of SOURCES) {
    const attribute = attributeOf(of.body, name);
    if (attribute) items.push(unknown(file, attribute.name));
  }
  const version = attributeOf(of.body, 'version');
  return object(file, of, [
    { key: key('Version'), value: version ? evaluate(module, file, version.value) : made(file, of.name, '2012-10-17') },
    { key: key('Statement'), value: array(file, of.body, items) },
  ]);
}

function statementOf(module: Module, block: Defined<HclBlock>): DocObject {
  const { file, of } = block;
  const entries: DocEntry[] = [];
  const items = new Map<string, readonly HclItem[]>();
  for (const item of of.body.items) {
    const name = item.type === 'attribute' ? ELEMENTS[item.name.text] : undefined;
    if (item.type !== 'attribute' || name === undefined) continue;
    const value = withVariables(evaluate(module, file, item.value));
    // What stands for nothing is left out.
    if (value.type === 'null' || (value.type === 'array' && value.items.length === 0)) continue;
    const entry = { key: keyAt(file, item.name)(name), value };
    entries.push(entry);
    items.set(name, [item]);
  }
  if (!entries.some(({ key }) => key.value === 'Effect'))
    entries.unshift({ key: keyAt(file, of.name)('Effect'), value: made(file, of.name, 'Allow') });
  for (const [argument, name] of [
    ['principals', 'Principal'],
    ['not_principals', 'NotPrincipal'],
  ] as const) {
    const { blocks, dynamic } = nestedIn(block, argument);
    const [first] = blocks;
    const place = first?.of.name ?? dynamic?.name;
    if (!place) continue;
    const value = dynamic || !first ? unknown(file, place) : principalsOf(module, first, blocks);
    const entry = { key: keyAt(file, place)(name), value };
    entries.push(entry);
    if (!dynamic)
      items.set(
        name,
        blocks.map((one) => one.of),
      );
  }
  const conditions = nestedIn(block, 'condition');
  const place = conditions.blocks[0]?.of.name ?? conditions.dynamic?.name;
  if (place) entries.push({ key: keyAt(file, place)('Condition'), value: conditionOf(module, block, conditions) });
  return {
    ...object(file, of, entries),
    written: {
      add: (added) => addTo(block, added),
      remove: ({ key }) => {
        const its = items.get(String(key.value));
        return its && removed(file, its);
      },
    },
  };
}

/** Blocks `principals`. Those of one type are one. */
function principalsOf(module: Module, first: Defined<HclBlock>, blocks: readonly Defined<HclBlock>[]): DocNode {
  const entries = blocks.map(({ file, of }): DocEntry => {
    const value = (name: string): DocNode => {
      const attribute = attributeOf(of.body, name);
      return attribute ? evaluate(module, file, attribute.value) : unknown(file, of.name);
    };
    const type = value('type');
    return { key: type.type === 'string' ? type : unknown(file, of.name), value: withVariables(value('identifiers')) };
  });
  const [entry, ...more] = entries;
  const everybody = entry?.key.value === '*' && entry.value.type === 'array' ? entry.value.items : [];
  const [one] = everybody;
  if (one && more.length === 0 && everybody.every((each) => textOf(each) === '*')) return one;
  return { ...object(first.file, spanOf(blocks), joined(entries)), written: {} };
}

/** Blocks `condition`. Those of one test are one operator; those of one variable, too, are one list of values. */
function conditionOf(
  module: Module,
  statement: Defined<HclBlock>,
  { blocks, dynamic }: ReturnType<typeof nestedIn>,
): DocNode {
  const { file } = statement;
  const operators = new Map<string, { key: DocScalar; tests: { entry: DocEntry; block: HclBlock }[] }>();
  for (const { of } of blocks) {
    const value = (name: string): DocNode => {
      const attribute = attributeOf(of.body, name);
      return attribute ? evaluate(module, file, attribute.value) : unknown(file, of.name);
    };
    const [test, variable] = [value('test'), value('variable')];
    const key = test.type === 'string' ? test : unknown(file, of.name);
    const entry: DocEntry = {
      key: variable.type === 'string' ? variable : unknown(file, of.name),
      value: withVariables(value('values')),
    };
    const name = String(key.value);
    const known = operators.get(name);
    if (known) known.tests.push({ entry, block: of });
    else operators.set(name, { key, tests: [{ entry, block: of }] });
  }
  const names = [...operators.values()].flatMap(({ tests }) => tests.map(({ entry }) => entry.key));
  const given = (added: Readonly<Record<string, Json>>): readonly Edit[] | undefined => {
    const edits = addTo(statement, { Condition: added });
    return edits && spelled(edits, added, names);
  };
  const entries = [...operators.values()].map(({ key, tests }): DocEntry => {
    const inside = tests.map(({ block }) => ({ file, of: block }));
    const operator: DocObject = {
      ...object(file, spanOf(inside), joined(tests.map(({ entry }) => entry))),
      written: {
        add: (added) => given({ [String(key.value)]: added }),
        remove: (entry) => {
          const of = tests.filter((one) => one.entry.key.value === entry.key.value);
          return of.length === 0
            ? undefined
            : removed(
                file,
                of.map(({ block }) => block),
              );
        },
      },
    };
    const name = tests.length > 1 ? { ...key, written: { value: (to: Json) => renamedIn(file, inside, to) } } : key;
    return { key: name, value: operator };
  });
  if (dynamic) {
    const hole = unknown(file, dynamic.name);
    entries.push({ key: hole, value: hole });
  }
  return {
    ...object(file, spanOf(blocks.length > 0 ? blocks : [statement]), entries),
    written: {
      add: given,
      remove: (entry) => {
        const tests = operators.get(String(entry.key.value))?.tests;
        return (
          tests &&
          removed(
            file,
            tests.map(({ block }) => block),
          )
        );
      },
    },
  };
}

/** The test of several blocks becomes another in each: one edit, from the first to the last. */
function renamedIn(
  { source: { text } }: TerraformFile,
  blocks: readonly Defined<HclBlock>[],
  to: Json,
): Edit | undefined {
  const values = blocks.map(({ of }) => attributeOf(of.body, 'test')?.value);
  const [first, last] = [values[0], values.at(-1)];
  if (!first || !last) return undefined;
  let [newText, from] = ['', first.start];
  for (const value of values) {
    if (!value || textOfHcl(value) === undefined) return undefined;
    newText += text.slice(from, value.start) + hcl(to, undefined, '');
    from = value.end;
  }
  return { start: first.start, end: last.end, newText };
}

/** `&{aws:username}` stands for IAM's own variable, because `${` is Terraform's. */
function withVariables(node: DocNode): DocNode {
  if (node.type === 'array') return { ...node, items: node.items.map(withVariables) };
  return node.type === 'string' ? { ...node, value: String(node.value).replaceAll('&{', '${') } : node;
}

/** Entries of one key have their values together, as the provider writes them. */
function joined(entries: readonly DocEntry[]): readonly DocEntry[] {
  const known = new Map<unknown, DocEntry>();
  for (const entry of entries) {
    const before = known.get(entry.key.value);
    const isHole = String(entry.key.value) === HOLE;
    known.set(
      isHole ? entry : entry.key.value,
      before
        ? {
            key: { ...before.key, written: {} },
            value: {
              ...(before.value.type === 'array' ? before.value : array0(before.value)),
              items: [before, entry].flatMap(({ value }) => (value.type === 'array' ? value.items : [value])),
            },
          }
        : entry,
    );
  }
  return [...known.values()];
}

const array0 = ({ source, start, end }: DocNode): DocArray => ({
  type: 'array',
  items: [],
  start,
  end,
  source,
  written: {},
});

const keyAt =
  (file: TerraformFile, place: HclPlace) =>
  (name: string): DocScalar =>
    made(file, place, name);

const object = ({ source }: TerraformFile, { start, end }: HclPlace, entries: readonly DocEntry[]): DocObject => ({
  type: 'object',
  entries,
  start,
  end,
  source,
  written: {},
});
const array = ({ source }: TerraformFile, { start, end }: HclPlace, items: readonly DocNode[]): DocArray => ({
  type: 'array',
  items,
  start,
  end,
  source,
  written: {},
});

const spanOf = (blocks: readonly Defined<HclBlock>[]): HclPlace => ({
  start: blocks[0]?.of.start ?? 0,
  end: blocks.at(-1)?.of.end ?? 0,
});

type Block = Readonly<Record<string, Json>>;

/** A Condition as the blocks that make it. */
const blocksFor = (condition: Json | undefined): readonly Block[] =>
  entriesOf(condition).flatMap(([test, tests]) =>
    entriesOf(tests).map(([variable, values]) => ({ test, variable, values: isList(values) ? values : [values] })),
  );
const entriesOf = (value: Json | undefined): readonly (readonly [string, Json])[] =>
  Object.entries((value ?? {}) as Readonly<Record<string, Json>>);

/** A statement gets tests of a Condition, all that a fix adds to one. Undefined where they cannot be written there. */
function addTo(
  { file, of }: Defined<HclBlock>,
  { Condition }: Readonly<Record<string, Json>>,
): readonly Edit[] | undefined {
  const blocks = blocksFor(Condition);
  if (of.body.json) return addToJson(of.body.json, blocks);
  const { text } = file.source;
  const lines = blocks.flatMap(blockOf);
  const last = of.body.items.at(-1) ?? of.body;
  if (text.slice(last.start, last.end).includes('<<')) return undefined;
  const lineStart = text.lastIndexOf('\n', last.start - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart, last.start))?.[0] ?? '';
  const found = text.indexOf('\n', last.end);
  const at = found < 0 ? text.length : text[found - 1] === '\r' ? found - 1 : found;
  // A block in one line takes one argument and no blocks; what does not end in its line, or at all, is not gone behind.
  if (at >= of.body.end) return undefined;
  const eol = lineEnd(text, at);
  return [{ start: at, end: at, newText: lines.map((line) => `${eol}${indent}${line}`).join('') }];
}

/** Blocks of a name are a list in JSON; where one stands alone it becomes one. */
function addToJson(object: DocObject, blocks: readonly Block[]): readonly Edit[] {
  const there = get(object, 'condition');
  if (!there) return addEntries(object, { condition: blocks });
  if (there.type === 'array') return addItems(there, blocks);
  const { start, end } = there;
  const more = blocks.map((one) => `, ${escapeTemplate(JSON.stringify(one))}`).join('');
  return [
    { start, end: start, newText: '[' },
    { start: end, end, newText: `${more}]` },
  ];
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const blockOf = (block: Block): readonly string[] => [
  'condition {',
  ...Object.entries(block).map(([key, value]) => `  ${key} = ${hcl(value, undefined, '')}`),
  '}',
];

/** Items of a block go with their lines; of JSON as entries, or as items of the list that they are in. */
function removed(file: TerraformFile, items: readonly HclItem[]): readonly Edit[] {
  const entries = new Map<DocEntry, { readonly of: DocObject; readonly indexes: number[] }>();
  for (const item of items) {
    if (item.type === 'bad' || !item.json) return items.map((one) => removedLines(file, one));
    const { of, entry, index } = item.json;
    const known = entries.get(entry) ?? { of, indexes: [] };
    if (index !== undefined) known.indexes.push(index);
    entries.set(entry, known);
  }
  const [first] = entries.values();
  const whole = [...entries].flatMap(([entry, { indexes }]) =>
    entry.value.type === 'array' && indexes.length < entry.value.items.length && indexes.length > 0 ? [] : [entry],
  );
  const some = [...entries].flatMap(([entry, { indexes }]) =>
    entry.value.type === 'array' && !whole.includes(entry) ? removeItems(entry.value, indexes) : [],
  );
  return [...some, ...(first ? removeEntries(first.of, whole) : [])];
}

function removedLines({ source: { text } }: TerraformFile, { start, end }: HclPlace): Edit {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lineEndAt = text.indexOf('\n', end);
  const isAlone =
    text.slice(lineStart, start).trim() === '' &&
    lineEndAt >= 0 &&
    /^\s*(?:(?:#|\/\/).*)?$/.test(text.slice(end, lineEndAt));
  return isAlone ? { start: lineStart, end: lineEndAt + 1, newText: '' } : { start, end, newText: '' };
}
