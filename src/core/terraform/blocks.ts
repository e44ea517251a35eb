/** What each type of block holds. */
import type { HclBlock } from '../document/hcl.ts';
import type { DocEntry, DocNode, DocObject } from '../document/node.ts';
import { resourcesOf } from '../resources.ts';
import { walkBody } from './anywhere.ts';
import {
  asText,
  type Defined,
  evaluate,
  isIssuerUrl,
  made,
  type Module,
  nestedIn,
  unknown,
  valueIn,
} from './evaluate.ts';
import { inputs } from './module-inputs.ts';
import { keyAt, known, object } from './nodes.ts';
import { association } from './pod-identity.ts';
import { attribute, blockOf, policy, type Reader, writtenAt } from './policies.ts';

/** Roles that managed policies of the folder are attached to, by the name of the policy's block. */
export type Attached = ReadonlyMap<string, DocNode | undefined>;

/** By type of a resource, or of a block: its reader. */
const TYPES: readonly (readonly [
  type: RegExp,
  read: (
    reader: Reader,
    block: Defined<HclBlock>,
    about: { readonly type: string; readonly role: () => DocNode | undefined },
  ) => void,
])[] = [
  [/^aws_iam_role$/, role],
  [
    /^aws_iam_role_policy$/,
    (reader, block) =>
      policy(reader, 'permissions', attribute(block, 'policy'), { role: roleIn(reader.module, block, 'role') }),
  ],
  [
    /^aws_iam_policy$/,
    (reader, block, about) =>
      policy(reader, 'permissions', attribute(block, 'policy'), { role: about.role(), managed: true }),
  ],
  [/^aws_eks_pod_identity_association$/, podIdentity],
  [/^aws_iam_openid_connect_provider$/, provider],
  [
    /^kubernetes_(?:(?:default_)?service_account|config_map|annotations)(?:_v1)?$/,
    (reader, block, { type }) => manifest(reader, block, type),
  ],
  [/^module$/, inputs],
];

/** @param attached the role that the block, a managed policy, is attached to */
export function readBlock(reader: Reader, block: Defined<HclBlock>, attached: () => DocNode | undefined): void {
  const { file, of } = block;
  const type = of.name.text === 'resource' ? (of.labels[0]?.value ?? '') : of.name.text;
  TYPES.find(([its]) => its.test(type))?.[1](reader, block, { type, role: attached });
  walkBody(reader, of.body, file, {
    isIam: /^(?:module|locals|output)$/.test(type) || (of.name.text === 'resource' && type.startsWith('aws_iam_')),
  });
}

function role(reader: Reader, block: Defined<HclBlock>): void {
  const its = known(valueIn(reader.module, block, 'name'));
  policy(reader, 'trust', attribute(block, 'assume_role_policy'), { role: its });
  for (const inline of nestedIn(block, 'inline_policy').blocks)
    policy(reader, 'permissions', attribute(inline, 'policy'), { role: its });
}

/** The name of the role that an argument refers to. */
function roleIn(module: Module, block: Defined<HclBlock>, name: string): DocNode | undefined {
  const value = attribute(block, name);
  const its = blockOf(module, value?.of);
  return known(its ? valueIn(module, its, 'name') : value && evaluate(module, value.file, value.of));
}

export const nameOf = ({ labels }: HclBlock): string => labels.map(({ value }) => value).join('.');

export function attachedIn(module: Module, blocks: readonly Defined<HclBlock>[]): Attached {
  const attached = new Map<string, DocNode | undefined>();
  for (const block of blocks) {
    if (!/^aws_iam_(?:role_)?policy_attachment$/.test(block.of.labels[0]?.value ?? '')) continue;
    const target = blockOf(module, attribute(block, 'policy_arn')?.of);
    if (target) attached.set(nameOf(target.of), roleIn(module, block, 'role'));
  }
  return attached;
}

/** A thing of Kubernetes as a block. */
function manifest(reader: Reader, block: Defined<HclBlock>, type: string): void {
  const { module, seen, put } = reader;
  const { file, of } = block;
  const isAccount = type.includes('service_account');
  const key = keyAt(file, of.labels[0] ?? of.name);
  const kind = isAccount ? made(file, of.name, 'ServiceAccount') : valueIn(module, block, 'kind');
  const isMap = type.includes('config_map');
  const metadata = metadataOf(reader, block, type.includes('annotations'));
  const its = isMap ? valueIn(module, block, 'data') : undefined;
  const data = its && ofTexts(its);
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

/** A map of texts: the provider makes them of numbers and booleans, which a manifest may not hold. */
const ofTexts = (node: DocNode): DocNode =>
  node.type === 'object'
    ? { ...node, entries: node.entries.map(({ key, value }) => ({ key, value: asText(value) })) }
    : asText(node);

function metadataOf({ module, seen }: Reader, block: Defined<HclBlock>, isBeside: boolean): DocObject {
  const { file, of } = block;
  const [inner] = nestedIn(block, 'metadata').blocks;
  const body = inner?.of.body ?? of.body;
  const entries = [body, ...(isBeside && inner ? [of.body] : [])].flatMap(({ items }) =>
    items.flatMap((item): DocEntry[] => {
      if (item.type !== 'attribute' || !['name', 'namespace', 'labels', 'annotations'].includes(item.name.text))
        return [];
      seen.add(item.value);
      return [{ key: keyAt(file, item.name)(item.name.text), value: ofTexts(evaluate(module, file, item.value)) }];
    }),
  );
  return object(file, inner?.of ?? of, entries);
}

function provider({ module, put }: Reader, block: Defined<HclBlock>): void {
  const { file, of } = block;
  const at = attribute(block, 'url');
  if (!at) return;
  const [url, clientIds] = [evaluate(module, file, at.of), valueIn(module, block, 'client_id_list')];
  const isEks = isIssuerUrl(writtenAt(module, at).of);
  put(file, [{ kind: 'provider', root: object(file, of, []), url, isEks, ...(clientIds ? { clientIds } : {}) }]);
}

function podIdentity(reader: Reader, block: Defined<HclBlock>): void {
  const [namespace, account] = ['namespace', 'service_account'].map((name) => valueIn(reader.module, block, name));
  association(reader, block.file, block.of.body, namespace, account);
}
