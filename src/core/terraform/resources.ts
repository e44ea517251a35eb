/** Finds, in the files of a folder of Terraform or OpenTofu, what the rules are about. Things are made to look as in a manifest. */
import type { HclBlock, HclPlace } from '../document/hcl.ts';
import { parseHclJson } from '../document/hcl-json.ts';
import { parseHcl } from '../document/hcl-parse.ts';
import { hclItems } from '../document/hcl-tokens.ts';
import { type Source, textOf } from '../document/node.ts';
import { isTerraformJson, terraformLooksOurs } from '../look.ts';
import type { Resource } from '../resource.ts';
import { attachedIn, nameOf, readBlock } from './blocks.ts';
import { type Asked, type Defined, definitionIn, type Module, moduleOf, type TerraformFile } from './evaluate.ts';
import { document, type Found, type Reader } from './policies.ts';

/** A thing, the path of the file that it is in, and where in the file the text begins that its places are in. */
export interface Carried {
  readonly file: string;
  readonly from: number;
  readonly resource: Resource;
}

/** What was read of a folder at the last call, by file and text: the next call reads only what changed. */
export interface TerraformCache {
  texts: ReadonlyMap<string, ReadonlyMap<string, readonly TerraformFile[]>>;
  readonly parts: WeakMap<HclBlock, Part>;
  /** Documents that nothing refers to. */
  readonly documents: WeakMap<HclBlock, Part>;
}
export const terraformCache = (): TerraformCache => ({
  texts: new Map(),
  parts: new WeakMap(),
  documents: new WeakMap(),
});

/**
 * What the files of one folder hold. Never throws.
 *
 * @param cache changed by the call
 */
export function readTerraform(
  files: readonly { readonly path: string; readonly text: string }[],
  cache = terraformCache(),
): readonly Carried[] {
  const places = new Map<TerraformFile, { readonly file: string; readonly from: number }>();
  cache.texts = new Map(
    files.map(({ path, text }) => {
      const before = cache.texts.get(path);
      const now = new Map<string, TerraformFile[]>();
      for (const { start, end } of placesIn(path, text)) {
        const part = text.slice(start, end);
        if (isIdle(part)) continue;
        const same = now.get(part) ?? [];
        const one = before?.get(part)?.[same.length] ?? fileOf(path, part);
        for (const each of [one, one.inside]) if (each) places.set(each, { file: path, from: start });
        now.set(part, [...same, one]);
      }
      return [path, now];
    }),
  );
  const all = [...cache.texts.values()].flatMap((its) => [...its.values()].flat());
  return carriedIn(moduleOf(all), cache).flatMap(({ file, resource }) => {
    const place = places.get(file);
    return place ? [{ ...place, resource }] : [];
  });
}

/** Where the blocks of a file are. One of JSON is read as a whole. */
const placesIn = (path: string, text: string): readonly HclPlace[] =>
  isTerraformJson(path) ? [{ start: 0, end: text.length }] : hclItems(text);

/** The blocks of a file, each with where it begins. */
export const itemsOf = (
  path: string,
  text: string,
): readonly { readonly from: number; readonly file: TerraformFile }[] =>
  placesIn(path, text).map(({ start, end }) => ({ from: start, file: fileOf(path, text.slice(start, end)) }));

/** Whether a block holds nothing of ours, and nothing of ours can refer to it. */
const isIdle = (text: string): boolean =>
  /^(?:resource|data)[ \t]+"(?!aws_iam_)/.test(text) && !terraformLooksOurs(text);

function fileOf(path: string, text: string): TerraformFile {
  const source: Source = { text, format: 'hcl', derived: [], shared: [] };
  if (!isTerraformJson(path)) return { source, hcl: parseHcl(text) };
  const json: Source = { ...source, format: 'json', inJson: true };
  const hcl = parseHclJson(text, json);
  return { source: json, hcl, inside: { source: { ...source, quote: '"', inJson: true }, hcl } };
}

/** What a block, with all that it refers to, holds. */
interface Part {
  readonly found: readonly Found[];
  readonly documents: ReadonlySet<HclBlock>;
  /** What it rests on: it holds as long as these names stand for the same. */
  readonly asked: Asked;
}

/** Before the name of a policy: the role that it is attached to. */
const ATTACHED = 'attached ';

function carriedIn(module: Module, cache: TerraformCache): readonly Found[] {
  const all = module.files.flatMap((file) =>
    file.hcl.body.items.flatMap((of) => (of.type === 'block' ? [{ file, of }] : [])),
  );
  const attached = attachedIn(module, all);
  const parts: Part[] = [];
  for (const block of all) {
    const { of } = block;
    const role = (): ReturnType<typeof attached.get> => {
      const name = ATTACHED + nameOf(of);
      module.asked.set(name, standsFor(name));
      return attached.get(nameOf(of));
    };
    partOf(block, cache.parts, (reader) => readBlock(reader, block, role));
  }
  const referred = new Set(parts.flatMap((one) => [...one.documents]));
  for (const block of module.blocks.values())
    if (block.of.labels[0]?.value === 'aws_iam_policy_document' && !referred.has(block.of))
      partOf(block, cache.documents, (reader) => document(reader, undefined, block, {}));
  return together(parts.flatMap((one) => one.found));

  /** What a block holds, as it is known from before where it rests on the same. */
  function partOf(block: Defined<HclBlock>, before: WeakMap<HclBlock, Part>, read: (reader: Reader) => void): void {
    const known = before.get(block.of);
    const holds = known && [...known.asked].every(([name, of]) => standsFor(name) === of);
    if (known && holds) return void parts.push(known);
    const [found, documents] = [[] as Found[], new Set<HclBlock>()];
    module.asked = new Map<string, unknown>();
    const put: Reader['put'] = (file, resources, as) => {
      for (const resource of resources) found.push({ file, resource, ...(as ? { as } : {}) });
    };
    read({ module, seen: new Set(), documents, put });
    const part = { found, documents, asked: module.asked };
    parts.push(part);
    if (module.budget >= 0) before.set(block.of, part);
  }

  /** What a name stands for that a part rests on: something that is another when its text is. */
  function standsFor(name: string): unknown {
    return name.startsWith(ATTACHED)
      ? textOf(attached.get(name.slice(ATTACHED.length)))
      : definitionIn(module, name)?.of;
  }
}

/** Each policy once: that which something refers to, else as it was seen. */
function together(all: readonly Found[]): readonly Found[] {
  const known = new Map<TerraformFile, Set<number>>();
  const isNew = ({ file, resource }: Found): boolean => {
    if (!('root' in resource)) return true;
    const starts = known.get(file) ?? new Set();
    known.set(file, starts);
    return starts.size !== starts.add(resource.root.start).size;
  };
  const referred = new Set(all.filter((one) => one.as === 'referred').filter(isNew));
  return all.filter((one) => one.as === undefined || (one.as === 'seen' ? isNew(one) : referred.has(one)));
}
