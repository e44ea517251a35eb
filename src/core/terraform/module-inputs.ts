/**
 * Inputs of modules that make roles, as the trust policies that these write: of terraform-aws-modules/iam, of EKS blueprints, of Cloud
 * Posse. One row a form of inputs.
 */
import { addEntries } from '../document/edit.ts';
import { attributeOf, namesOf } from '../document/hcl.ts';
import type { HclBlock, HclExpression, HclPlace } from '../document/hcl.ts';
import { lineEnd } from '../document/lines.ts';
import { type DocEntry, type DocNode, type DocObject, type DocScalar, get, HOLE, textOf } from '../document/node.ts';
import type { Edit } from '../finding.ts';
import { held } from '../formats/policies.ts';
import { AUDIENCE } from '../policy/build.ts';
import {
  type Defined,
  definedBy,
  isIssuerUrl,
  isOfClusterProvider,
  made,
  type Module,
  type TerraformFile,
  unknown,
  valueIn,
} from './evaluate.ts';
import { keyAt, known, mapped, object, prefixed, spanned } from './nodes.ts';
import { association } from './pod-identity.ts';
import { attribute, type Reader } from './policies.ts';

/** A call of a module. */
interface Call {
  readonly reader: Reader;
  readonly block: Defined<HclBlock>;
  readonly value: (name: string) => DocNode | undefined;
  /** The first input of these that has a value. */
  readonly first: (...names: readonly string[]) => { readonly name: string; readonly value: DocNode } | undefined;
  /** These statements are the trust policy of its role. */
  readonly trust: (place: HclPlace, statements: readonly DocNode[]) => void;
}

const FORMS: readonly ((call: Call) => void)[] = [ofProviders, ofSubjects, ofClusters, ofPairs, ofAssociations];

export function inputs(reader: Reader, block: Defined<HclBlock>): void {
  const { module, put } = reader;
  const { file, of } = block;
  const value = (name: string): DocNode | undefined => valueIn(module, block, name);
  const role = known(value('role_name') ?? value('name'));
  const call: Call = {
    reader,
    block,
    value,
    first: (...names) => {
      for (const name of names) {
        const node = value(name);
        if (node && node.type !== 'null') return { name, value: node };
      }
      return undefined;
    },
    trust: (place, statements) => {
      const key = keyAt(file, of.labels[0] ?? of.name);
      const root = object(file, place, [
        { key: key('Version'), value: made(file, of.name, '2012-10-17') },
        { key: key('Statement'), value: { type: 'array', items: statements, ...spanned(file, place) } },
      ]);
      put(file, held('trust', root, role));
    },
  };
  for (const form of FORMS) form(call);
}

function statement(
  file: TerraformFile,
  place: HclPlace,
  federated: DocNode,
  tests: readonly { operator: DocScalar; claim: 'sub' | 'aud'; values: DocNode; at: HclPlace }[],
  add?: (claim: string) => readonly Edit[] | undefined,
): DocObject {
  const key = keyAt(file, place);
  const arn = textOf(federated) ?? '';
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
}

/** `oidc_providers`: an entry a cluster, with whom it lets in. */
function ofProviders({ block: { file, of }, value, first, trust }: Call): void {
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
        statement(file, key, arn ?? unknown(file, key), [
          { operator, claim: 'sub', values, at: key },
          { operator, claim: 'aud', values: made(file, key, AUDIENCE), at: key },
        ]),
      ];
    });
    trust(place, statements);
  }
}

/** Addresses of providers beside lists of subjects. */
function ofSubjects({ reader: { module }, block, value, first, trust }: Call): void {
  const { file, of } = block;
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
      return [
        {
          start: lineStart,
          end: lineStart,
          newText: `${indent}${audiences} = ["${audience}"]${lineEnd(text, lineStart)}`,
        },
      ];
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
          file,
          at,
          arn,
          [
            ...(exact
              ? [{ operator: test('StringEquals'), claim: 'sub' as const, values: exact.value, at: at.name }]
              : []),
            ...(wild ? [{ operator: test('StringLike'), claim: 'sub' as const, values: wild.value, at: at.name }] : []),
            ...(given ? [{ operator: test('StringEquals'), claim: 'aud' as const, values: given, at: at.name }] : []),
          ].filter(({ values }) => values.type !== 'array' || values.items.length > 0),
          add,
        );
      }),
    );
  }
}

/** `cluster_service_accounts`: by the name of a cluster. */
function ofClusters({ block: { file, of }, value, first, trust }: Call): void {
  const byCluster = value('cluster_service_accounts');
  const inputAt = attributeOf(of.body, 'cluster_service_accounts');
  if (byCluster?.type === 'object' && inputAt) {
    const operator = first('assume_role_condition_test')?.value;
    const statements = byCluster.entries.map(({ key, value: accounts }) =>
      statement(file, key, unknown(file, key), [
        {
          operator: operator?.type === 'string' ? operator : made(file, key, 'StringEquals'),
          claim: 'sub',
          values: mapped(accounts, (each) => prefixed(each, SUBJECT)),
          at: key,
        },
        { operator: made(file, key, 'StringEquals'), claim: 'aud', values: made(file, key, AUDIENCE), at: key },
      ]),
    );
    trust(inputAt, statements);
  }
}

/** A namespace and a service account, of modules that write the rest themselves. */
function ofPairs({ block: { file, of }, value, trust }: Call): void {
  for (const [namespaceInput, accountInput] of PAIRS) {
    const account = value(accountInput);
    // Other clouds have modules with the same inputs.
    if (!/oidc|irsa|\beks|\baws/i.test(file.source.text)) break;
    if (!account || !attributeOf(of.body, namespaceInput)) continue;
    const namespace = textOf(known(value(namespaceInput))) ?? HOLE;
    const where = attributeOf(of.body, accountInput)?.name ?? of.name;
    const operator = made(file, where, 'StringLike');
    trust({ start: of.start, end: of.end }, [
      statement(file, where, unknown(file, where), [
        { operator, claim: 'sub', values: prefixed(account, `${SUBJECT}${namespace}:`), at: where },
        { operator, claim: 'aud', values: made(file, where, AUDIENCE), at: where },
      ]),
    ]);
  }
}

/** Associations of EKS Pod Identity. */
function ofAssociations({ reader, block: { file }, value }: Call): void {
  const associations = value('associations');
  if (associations?.type === 'object')
    for (const { key, value: one } of associations.entries)
      association(reader, file, key, get(one, 'namespace') ?? undefined, get(one, 'service_account'));
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
  return isIssuerUrl(of) || isOfClusterProvider(module, of, 'url') || CLUSTER_OIDC.test(namesOf(of)?.join('.') ?? '');
}
const CLUSTER_OIDC = /(?:eks|cluster)\w*[._]\w*oidc|oidc\w*(?:eks|cluster)|^module\.\w+\.oidc_(?:provider|issuer)/i;
