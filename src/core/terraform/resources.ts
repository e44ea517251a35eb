/** Finds, in the files of a folder of Terraform or OpenTofu, what the rules are about. Things are made to look as in a manifest. */
import { addEntries, replaceValue } from '../document/edit.ts';
import type { Edit } from '../finding.ts';
import { attributeOf, keyOf } from '../document/hcl.ts';
import type { HclBlock, HclBody, HclExpression, HclObject, HclPlace } from '../document/hcl.ts';
import { parseHclJson } from '../document/hcl-json.ts';
import { parseHcl } from '../document/hcl-parse.ts';
import { hclItems } from '../document/hcl-tokens.ts';
import {
  type DocEntry,
  type DocNode,
  type DocObject,
  type DocScalar,
  get,
  HOLE,
  type Source,
  textOf,
} from '../document/node.ts';
import { parseEmbedded } from '../document/parse.ts';
import { isTerraformJson, terraformLooksOurs } from '../look.ts';
import { anywhere, isRoleKey, ROLE_PARAMETER } from '../annotations.ts';
import { AUDIENCE } from '../policy/build.ts';
import { held } from '../formats/policies.ts';
import type { Resource } from '../resource.ts';
import { resourcesOf } from '../resources.ts';
import {
  ask,
  type Asked,
  type Defined,
  definedBy,
  definitionIn,
  evaluate,
  insideOf,
  isIssuerUrl,
  made,
  type Module,
  moduleOf,
  nestedIn,
  onlyIn,
  type TerraformFile,
  unknown,
  valueIn,
} from './evaluate.ts';
import { policyDocument } from './policy-document.ts';

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

/** A thing, and the text that its places are in. */
interface Found {
  readonly file: TerraformFile;
  readonly resource: Resource;
  /** A policy by what refers to it, or one that looks like it, wherever it is: then it counts where none of the first kind is there. */
  readonly as?: 'referred' | 'seen';
}
/** What a block, with all that it refers to, holds. */
interface Part {
  readonly found: readonly Found[];
  readonly documents: ReadonlySet<HclBlock>;
  /** What it rests on: it holds as long as these names stand for the same. */
  readonly asked: Asked;
}

type Kind = 'trust' | 'permissions';
/** Of whom a policy is. */
interface Owner {
  readonly role?: DocNode | undefined;
  readonly managed?: boolean;
}

function carriedIn(module: Module, cache: TerraformCache): readonly Found[] {
  let found: Found[] = [];
  let seen = new Set<HclExpression>();
  let documents = new Set<HclBlock>();
  const put = (file: TerraformFile, resources: Iterable<Resource>, as?: Found['as']): void => {
    for (const resource of resources) found.push({ file, resource, ...(as ? { as } : {}) });
  };

  /** A policy wherever it is written: here, in a local, in a document of blocks. */
  function policy(kind: Kind, at: Defined | undefined, owner: Owner, depth = 0): void {
    if (!at || depth > 20 || seen.has(at.of)) return;
    const { file, of } = at;
    const given = (root: DocNode): Parameters<typeof held>[3] => ({
      known: isWhole(root),
      managed: owner.managed === true,
    });
    seen.add(of);
    const again = (node: HclExpression | undefined): void => policy(kind, node && { file, of: node }, owner, depth + 1);
    // What stands in for a policy that is not there is none: `try(var.policies[0], "{}")`.
    const alternatives = (nodes: readonly HclExpression[]): void =>
      nodes.filter((one) => nodes.length < 2 || !isNothing(one)).forEach(again);
    if (of.type === 'parentheses') again(of.of);
    else if (of.type === 'conditional') alternatives([of.then, of.otherwise]);
    else if (of.type === 'call' && of.name.text === 'jsonencode') {
      const [argument] = of.arguments;
      if (!argument) return;
      // Where it is written, there it is mended.
      const value = writtenAt({ file, of: argument });
      if (seen.has(value.of)) return;
      seen.add(value.of);
      const root = evaluate(module, value.file, value.of);
      if (root.type === 'object') put(value.file, held(kind, root, owner.role, given(root)), 'referred');
      else again(argument);
    } else if (of.type === 'call' && ['try', 'coalesce', 'one', 'join', 'nonsensitive'].includes(of.name.text))
      alternatives(of.arguments);
    else if (of.type === 'string') {
      const only = onlyIn(of);
      if (only) policy(kind, { file: insideOf(file, of), of: only }, owner, depth + 1);
      else {
        const text = evaluate(module, file, of);
        put(file, held(kind, text, owner.role, given(text)), 'referred');
      }
    } else if (of.type === 'traversal' || of.type === 'object') {
      const block = blockOf(of);
      if (block && block.of.labels[0]?.value === 'aws_iam_policy_document') document(kind, block, owner);
      const defined = block ? undefined : definedBy(module, of);
      if (defined) policy(kind, defined, owner, depth + 1);
    }
  }

  function document(kind: Kind | undefined, block: Defined<HclBlock>, { role, managed = false }: Owner): void {
    if (documents.has(block.of)) return;
    documents.add(block.of);
    const root = policyDocument(module, block);
    put(block.file, kind ? held(kind, root, role, { managed, known: isWhole(root) }) : resourcesOf(root), 'referred');
  }

  /** The expression of the local that another is the name of, however far. */
  function writtenAt(at: Defined, depth = 0): Defined {
    const defined = definedBy(module, at.of);
    const isLocal = at.of.type === 'traversal' && at.of.steps.length === 1 && defined?.name.startsWith('local.');
    return defined && isLocal && depth < 20 ? writtenAt(defined, depth + 1) : at;
  }

  /** The resource or data that an expression leads to. */
  function blockOf(node: HclExpression | undefined): Defined<HclBlock> | undefined {
    const only = node?.type === 'string' ? onlyIn(node) : undefined;
    if (only) return blockOf(only);
    const path = node?.type === 'traversal' ? namesOf(node) : undefined;
    if (!path) return undefined;
    const [first, second, third] = path;
    if (first === 'local' || first === 'var') return undefined;
    const name = first === 'data' ? `data.${second}.${third}` : `${first}.${second}`;
    return ask(module, name) as Defined<HclBlock> | undefined;
  }

  const all = module.files.flatMap((file) =>
    file.hcl.body.items.flatMap((of) => (of.type === 'block' ? [{ file, of }] : [])),
  );
  const attribute = ({ file, of }: Defined<HclBlock>, name: string): Defined | undefined => {
    const value = attributeOf(of.body, name)?.value;
    return value && { file, of: value };
  };
  /** The name of the role that an argument refers to. */
  const roleIn = (block: Defined<HclBlock>, name: string): DocNode | undefined => {
    const value = attribute(block, name);
    const role = blockOf(value?.of);
    const node = role ? valueIn(module, role, 'name') : value && evaluate(module, value.file, value.of);
    return known(node);
  };
  /** Roles that a managed policy of the folder is attached to, by its name. */
  const attached = new Map<string, DocNode | undefined>();
  for (const block of all) {
    if (!/^aws_iam_(?:role_)?policy_attachment$/.test(block.of.labels[0]?.value ?? '')) continue;
    const target = blockOf(attribute(block, 'policy_arn')?.of);
    if (target) attached.set(nameOf(target.of), roleIn(block, 'role'));
  }

  const parts: Part[] = [];
  for (const block of all) partOf(block, cache.parts, () => read(block));
  const referred = new Set(parts.flatMap((one) => [...one.documents]));
  for (const block of module.blocks.values())
    if (block.of.labels[0]?.value === 'aws_iam_policy_document' && !referred.has(block.of))
      partOf(block, cache.documents, () => document(undefined, block, {}));
  return together(parts.flatMap((one) => one.found));

  /** What a block holds, as it is known from before where it rests on the same. */
  function partOf(block: Defined<HclBlock>, before: WeakMap<HclBlock, Part>, read: () => void): void {
    const known = before.get(block.of);
    const holds = known && [...known.asked].every(([name, of]) => standsFor(name) === of);
    if (known && holds) return void parts.push(known);
    [found, seen, documents, module.asked] = [[], new Set(), new Set(), new Map<string, unknown>()];
    read();
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

  function read(block: Defined<HclBlock>): void {
    const { file, of } = block;
    const type = of.name.text === 'resource' ? (of.labels[0]?.value ?? '') : of.name.text;
    if (type === 'aws_iam_role') {
      const role = known(valueIn(module, block, 'name'));
      policy('trust', attribute(block, 'assume_role_policy'), { role });
      for (const inline of nestedIn(block, 'inline_policy').blocks)
        policy('permissions', attribute(inline, 'policy'), { role });
    } else if (type === 'aws_iam_role_policy')
      policy('permissions', attribute(block, 'policy'), { role: roleIn(block, 'role') });
    else if (type === 'aws_iam_policy') {
      const name = nameOf(of);
      module.asked.set(ATTACHED + name, standsFor(ATTACHED + name));
      policy('permissions', attribute(block, 'policy'), { role: attached.get(name), managed: true });
    } else if (type === 'aws_eks_pod_identity_association') podIdentity(block, of.body);
    else if (type === 'aws_iam_openid_connect_provider') provider(block);
    else if (/^kubernetes_(?:service_account|config_map|annotations)(?:_v1)?$/.test(type)) manifest(block, type);
    else if (type === 'module') inputs(block);
    walkBody(of.body, file, {
      isIam: /^(?:module|locals|output)$/.test(type) || (of.name.text === 'resource' && type.startsWith('aws_iam_')),
    });
  }

  /** A thing of Kubernetes as a block. */
  function manifest(block: Defined<HclBlock>, type: string): void {
    const { file, of } = block;
    const isAccount = type.includes('service_account');
    const key = keyAt(file, of.labels[0] ?? of.name);
    const kind = isAccount ? made(file, of.name, 'ServiceAccount') : valueIn(module, block, 'kind');
    const isMap = type.includes('config_map');
    const metadata = metadataOf(block, type.includes('annotations'));
    const data = isMap ? valueIn(module, block, 'data') : undefined;
    for (const name of ['annotations', 'data']) {
      const value = attribute(block, name);
      if (value) seen.add(value.of);
    }
    const root = object(file, of, [
      { key: key('apiVersion'), value: made(file, of.name, 'v1') },
      { key: key('kind'), value: isMap ? made(file, of.name, 'ConfigMap') : (kind ?? unknown(file, of.name)) },
      { key: key('metadata'), value: metadata },
      ...(data ? [{ key: key('data'), value: data }] : []),
    ]);
    put(file, resourcesOf(root, ''));
  }

  function metadataOf(block: Defined<HclBlock>, isBeside: boolean): DocObject {
    const { file, of } = block;
    const [inner] = nestedIn(block, 'metadata').blocks;
    const body = inner?.of.body ?? of.body;
    const entries = [body, ...(isBeside && inner ? [of.body] : [])].flatMap(({ items }) =>
      items.flatMap((item): DocEntry[] => {
        if (item.type !== 'attribute' || !['name', 'namespace', 'labels', 'annotations'].includes(item.name.text))
          return [];
        seen.add(item.value);
        return [{ key: keyAt(file, item.name)(item.name.text), value: evaluate(module, file, item.value) }];
      }),
    );
    return object(file, inner?.of ?? of, entries);
  }

  function provider(block: Defined<HclBlock>): void {
    const { file, of } = block;
    const [url, clientIds] = [valueIn(module, block, 'url'), valueIn(module, block, 'client_id_list')];
    const at = attribute(block, 'url');
    if (!url || !at) return;
    const isEks = isIssuerUrl(writtenAt(at).of);
    put(file, [{ kind: 'provider', root: object(file, of, []), url, isEks, ...(clientIds ? { clientIds } : {}) }]);
  }

  function podIdentity({ file }: { readonly file: TerraformFile }, body: HclBody): void {
    const value = (name: string): DocNode | undefined => {
      const one = attributeOf(body, name)?.value;
      return one && evaluate(module, file, one);
    };
    association(file, body, value('namespace'), value('service_account'));
  }

  function association(file: TerraformFile, place: HclPlace, namespace?: DocNode, account?: DocNode): void {
    const key = keyAt(file, place);
    const root = object(file, place, [
      ...(namespace ? [{ key: key('namespace'), value: namespace }] : []),
      ...(account ? [{ key: key('serviceAccount'), value: account }] : []),
    ]);
    const [inNamespace, serviceAccount] = [namespace, account].map((one) => textOf(known(one)));
    put(file, [
      {
        kind: 'podIdentity',
        root,
        ...(inNamespace === undefined ? {} : { namespace: inNamespace }),
        ...(serviceAccount === undefined ? {} : { serviceAccount }),
      },
    ]);
  }

  /** Inputs of modules that make roles: of terraform-aws-modules/iam, of EKS blueprints, of Cloud Posse. */
  function inputs(block: Defined<HclBlock>): void {
    const { file, of } = block;
    const role = known(valueIn(module, block, 'role_name') ?? valueIn(module, block, 'name'));
    const value = (name: string): DocNode | undefined => valueIn(module, block, name);
    const first = (...names: readonly string[]): { name: string; value: DocNode } | undefined => {
      for (const name of names) {
        const node = value(name);
        if (node && node.type !== 'null') return { name, value: node };
      }
      return undefined;
    };
    const trust = (place: HclPlace, statements: readonly DocNode[]): void => {
      const key = keyAt(file, of.labels[0] ?? of.name);
      const root = object(file, place, [
        { key: key('Version'), value: made(file, of.name, '2012-10-17') },
        { key: key('Statement'), value: { type: 'array', items: statements, ...spanned(file, place) } },
      ]);
      put(file, held('trust', root, role));
    };
    const statement = (
      place: HclPlace,
      federated: DocNode,
      tests: readonly { operator: DocScalar; claim: 'sub' | 'aud'; values: DocNode; at: HclPlace }[],
      add?: (claim: string) => readonly Edit[] | undefined,
    ): DocObject => {
      const key = keyAt(file, place);
      const arn = String(valueOf(federated));
      const issuer = arn.includes('oidc-provider/') ? arn.slice(arn.indexOf('oidc-provider/') + 14) : HOLE;
      const operators = new Map<string, { operator: DocScalar; entries: DocEntry[] }>();
      for (const { operator, claim, values, at } of tests) {
        const entry = { key: keyAt(file, at)(`${issuer}:${claim}`), value: values };
        const known = operators.get(String(operator.value));
        if (known) known.entries.push(entry);
        else operators.set(String(operator.value), { operator, entries: [entry] });
      }
      const written = {
        add: (entries: Readonly<Record<string, unknown>>) => {
          const text = JSON.stringify(entries);
          return text.includes(':aud"') && !text.includes(':sub"') ? add?.(AUDIENCE) : undefined;
        },
      };
      const condition = object(
        file,
        place,
        [...operators.values()].map(({ operator, entries }) => ({
          key: operator,
          value: { ...object(file, place, entries), written },
        })),
      );
      return {
        ...object(file, place, [
          { key: key('Effect'), value: made(file, place, 'Allow') },
          { key: key('Principal'), value: object(file, place, [{ key: key('Federated'), value: federated }]) },
          { key: key('Action'), value: made(file, place, 'sts:AssumeRoleWithWebIdentity') },
          { key: key('Condition'), value: { ...condition, written } },
        ]),
      };
    };

    const providers = value('oidc_providers');
    const place = attributeOf(of.body, 'oidc_providers');
    if (providers?.type === 'object' && place) {
      const test = first('assume_role_condition_test', 'trust_condition_test')?.value;
      const statements = providers.entries.flatMap(({ key, value: one }): DocNode[] => {
        const accounts = get(one, 'namespace_service_accounts');
        const account = get(one, 'service_account');
        if (!accounts && !account) return [];
        const namespace = textOf(known(get(one, 'namespace') ?? value('namespace'))) ?? HOLE;
        const values = accounts
          ? mapped(accounts, (each) => prefixed(each, SUBJECT))
          : prefixed(account as DocNode, `${SUBJECT}${namespace}:`);
        const operator = test?.type === 'string' ? test : made(file, key, 'StringEquals');
        const arn = get(one, 'provider_arn');
        return [
          statement(key, arn ?? unknown(file, key), [
            { operator, claim: 'sub', values, at: key },
            { operator, claim: 'aud', values: made(file, key, AUDIENCE), at: key },
          ]),
        ];
      });
      if (statements.length > 0) trust(place, statements);
    }

    const exact = first('oidc_fully_qualified_subjects', 'oidc_subjects');
    const wild = first('oidc_subjects_with_wildcards', 'oidc_wildcard_subjects');
    const at = attributeOf(of.body, exact?.name ?? wild?.name ?? '');
    if (at) {
      const isNew = /^oidc_(?:wildcard_)?subjects$/.test(at.name.text);
      const audiences = isNew ? 'oidc_audiences' : 'oidc_fully_qualified_audiences';
      const given = value(audiences);
      const urls = first('provider_url', 'provider_urls', 'oidc_provider_urls');
      const isEks = urls !== undefined && namesCluster(module, attribute(block, urls.name));
      const nodes = urls?.value.type === 'array' ? urls.value.items : [urls?.value ?? unknown(file, at.name)];
      const test = (name: string): DocScalar => made(file, at.name, name);
      const add = (audience: string): readonly Edit[] | undefined => {
        if (given) return undefined;
        if (of.body.json) return addEntries(of.body.json, { [audiences]: [audience] });
        const { text } = file.source;
        const lineStart = text.lastIndexOf('\n', at.start) + 1;
        const indent = text.slice(lineStart, at.start);
        if (indent.trim() !== '') return undefined;
        return [{ start: lineStart, end: lineStart, newText: `${indent}${audiences} = ["${audience}"]\n` }];
      };
      trust(
        at,
        nodes.map((url) => {
          const text = textOf(url);
          const arn =
            text === undefined || /^(?:https:\/\/)?\uE000$/.test(text)
              ? isEks
                ? made(file, url, `arn:aws:iam::${HOLE}:oidc-provider/oidc.eks.${HOLE}`)
                : unknown(file, url)
              : made(file, url, `arn:aws:iam::${HOLE}:oidc-provider/${text.replace('https://', '')}`);
          return statement(
            at,
            arn,
            [
              ...(exact
                ? [{ operator: test('StringEquals'), claim: 'sub' as const, values: exact.value, at: at.name }]
                : []),
              ...(wild
                ? [{ operator: test('StringLike'), claim: 'sub' as const, values: wild.value, at: at.name }]
                : []),
              ...(given ? [{ operator: test('StringEquals'), claim: 'aud' as const, values: given, at: at.name }] : []),
            ].filter(({ values }) => values.type !== 'array' || values.items.length > 0),
            add,
          );
        }),
      );
    }

    const byCluster = value('cluster_service_accounts');
    const inputAt = attributeOf(of.body, 'cluster_service_accounts');
    if (byCluster?.type === 'object' && inputAt) {
      const operator = first('assume_role_condition_test')?.value;
      const statements = byCluster.entries.map(({ key, value: accounts }) =>
        statement(key, unknown(file, key), [
          {
            operator: operator?.type === 'string' ? operator : made(file, key, 'StringEquals'),
            claim: 'sub',
            values: mapped(accounts, (each) => prefixed(each, SUBJECT)),
            at: key,
          },
          { operator: made(file, key, 'StringEquals'), claim: 'aud', values: made(file, key, AUDIENCE), at: key },
        ]),
      );
      if (statements.length > 0) trust(inputAt, statements);
    }

    for (const [namespaceInput, accountInput] of PAIRS) {
      const account = value(accountInput);
      // Other clouds have modules with the same inputs.
      if (!/oidc|irsa|\beks|\baws/i.test(file.source.text)) break;
      if (!account || !attributeOf(of.body, namespaceInput)) continue;
      const namespace = textOf(known(value(namespaceInput))) ?? HOLE;
      const where = attributeOf(of.body, accountInput)?.name ?? of.name;
      const operator = made(file, where, 'StringLike');
      trust({ start: of.start, end: of.end }, [
        statement(where, unknown(file, where), [
          { operator, claim: 'sub', values: prefixed(account, `${SUBJECT}${namespace}:`), at: where },
          { operator, claim: 'aud', values: made(file, where, AUDIENCE), at: where },
        ]),
      ]);
    }

    const associations = value('associations');
    if (associations?.type === 'object')
      for (const { key, value: one } of associations.entries)
        association(file, key, get(one, 'namespace') ?? undefined, get(one, 'service_account'));
  }

  /** What else may be anywhere: annotations, values of charts, manifests, policies as text. */
  function walkBody(body: HclBody, file: TerraformFile, given: { readonly isIam: boolean }): void {
    for (const item of body.items) {
      if (item.type === 'attribute') walk(item.value, file, given);
      else if (item.type === 'block') {
        if (item.name.text.startsWith('set')) setting(file, item.body);
        walkBody(item.body, file, given);
      }
    }
  }

  function walk(node: HclExpression, file: TerraformFile, given: { readonly isIam: boolean }, depth = 0): void {
    if (depth > 60 || seen.has(node)) return;
    const inner = (one: HclExpression): void => walk(one, file, given, depth + 1);
    switch (node.type) {
      case 'object': {
        const keys = node.entries.map((one) => keyOf(one)?.value ?? '');
        if (keys.some(isRoleKey)) {
          seen.add(node);
          annotations(file, evaluate(module, file, node));
        } else if (keys.includes('apiVersion') && keys.includes('kind')) {
          seen.add(node);
          put(file, resourcesOf(evaluate(module, file, node), ''));
          return;
        } else if (given.isIam && keys.includes('Statement')) {
          put(file, resourcesOf(evaluate(module, file, node), ''), 'seen');
          return;
        } else if (keys.includes('name') && keys.includes('value')) settingOf(file, node);
        for (const { value } of node.entries) inner(value);
        return;
      }
      case 'string': {
        const text = file.source.text.slice(node.start, node.end);
        const isYaml = node.form !== 'quoted' || text.includes('\\n');
        if (isYaml && (/\brole[-_.]?arn/i.test(text) || /apiVersion/.test(text))) {
          const value = evaluate(module, file, node);
          const { root } = value.type === 'string' ? parseEmbedded(value, 'yaml') : {};
          if (root) embedded(file, root);
        } else if (given.isIam && isYaml && text.includes('Statement')) {
          const value = evaluate(module, file, node);
          const { root } = value.type === 'string' ? parseEmbedded(value, 'json') : {};
          if (root) put(file, resourcesOf(root, ''), 'seen');
        }
        for (const part of node.parts)
          if (part.type === 'interpolation') walk(part.value, insideOf(file, node), given, depth + 1);
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
  function embedded(file: TerraformFile, root: DocNode): void {
    if (root.type === 'object' && get(root, 'apiVersion') && get(root, 'kind')) put(file, resourcesOf(root, ''));
    else put(file, anywhere(root));
  }

  /** Annotations of what is made elsewhere. */
  function annotations(file: TerraformFile, root: DocNode): void {
    if (root.type === 'object') put(file, [{ kind: 'annotations', root, isAccount: false }]);
  }

  /** `set { name = "serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn", value = … }` */
  function setting(file: TerraformFile, body: HclBody): void {
    pair(file, attributeOf(body, 'name')?.value, attributeOf(body, 'value')?.value);
  }
  function settingOf(file: TerraformFile, node: HclObject): void {
    const of = (name: string): HclExpression | undefined =>
      node.entries.find((one) => keyOf(one)?.value === name)?.value;
    pair(file, of('name'), of('value'));
  }
  function pair(file: TerraformFile, name?: HclExpression, value?: HclExpression): void {
    if (!name || !value) return;
    const node = evaluate(module, file, name);
    if (node.type !== 'string' || !ROLE_PARAMETER.test(String(node.value))) return;
    put(file, [{ kind: 'parameter', name: node, value: evaluate(module, file, value) }]);
  }
}

/** Before the name of a policy: the role that it is attached to. */
const ATTACHED = 'attached ';
const nameOf = ({ labels }: HclBlock): string => labels.map(({ value }) => value).join('.');

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

const SUBJECT = 'system:serviceaccount:';
/** Inputs that name a namespace and a service account, of modules that write the rest themselves. */
const PAIRS = [
  ['kubernetes_namespace', 'kubernetes_service_account'],
  ['service_account_namespace', 'service_account_name'],
] as const;

/** Whether an address is taken from a cluster of EKS, as far as names tell. */
function namesCluster(module: Module, at: Defined | undefined, depth = 0): boolean {
  if (!at || depth > 10) return false;
  const again = (of: HclExpression): boolean => namesCluster(module, { file: at.file, of }, depth + 1);
  const { of } = at;
  if (of.type === 'call') return of.arguments.slice(0, 1).some(again);
  if (of.type === 'tuple') return of.items.every(again) && of.items.length > 0;
  if (of.type === 'string') return of.parts.some((part) => part.type === 'interpolation' && again(part.value));
  if (of.type !== 'traversal') return false;
  const defined = definedBy(module, of);
  if (defined?.name.startsWith('local.')) return namesCluster(module, defined, depth + 1);
  return isIssuerUrl(of) || CLUSTER_OIDC.test(namesOf(of)?.join('.') ?? '');
}
const CLUSTER_OIDC = /(?:eks|cluster)\w*[._]\w*oidc|oidc\w*(?:eks|cluster)|^module\.\w+\.oidc_(?:provider|issuer)/i;

const valueOf = (node: DocNode): unknown => (node.type === 'array' || node.type === 'object' ? HOLE : node.value);

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

/** A text that is known. */
const known = (node: DocNode | undefined): DocNode | undefined =>
  node?.type === 'string' && node.value !== '' && !String(node.value).includes(HOLE) ? node : undefined;

/** The names of a traversal, past its indexes: `data.aws_iam_policy_document.x[0].json`. */
function namesOf(node: Extract<HclExpression, { type: 'traversal' }>): readonly string[] | undefined {
  if (node.of.type !== 'variable') return undefined;
  return [node.of.name, ...node.steps.flatMap((step) => (step.type === 'attribute' ? [step.name.text] : []))];
}

/** A text with what a module writes before it. */
function prefixed(node: DocNode, prefix: string): DocNode {
  if (node.type !== 'string' || node.value === HOLE) return node;
  return {
    ...node,
    value: prefix + String(node.value),
    at: (index) => node.at(Math.max(0, index - prefix.length)),
    written: {
      value: (value) =>
        typeof value === 'string' && value.startsWith(prefix)
          ? replaceValue(node, value.slice(prefix.length))
          : undefined,
    },
  };
}

const mapped = (node: DocNode, to: (item: DocNode) => DocNode): DocNode =>
  node.type === 'array' ? { ...node, items: node.items.map(to), written: {} } : to(node);

const keyAt =
  (file: TerraformFile, place: HclPlace) =>
  (name: string): DocScalar =>
    made(file, place, name);

const spanned = ({ source }: TerraformFile, { start, end }: HclPlace) => ({ start, end, source, written: {} });
const object = (file: TerraformFile, place: HclPlace, entries: readonly DocEntry[]): DocObject => ({
  type: 'object',
  entries,
  ...spanned(file, place),
});
