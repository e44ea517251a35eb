/**
 * Where the files of other tools hold what the rules are about: a policy inside an eksctl ClusterConfig or a serverless.yml, a
 * ConfigMap that kustomize generates, a manifest inside a Composition. Each part is then judged as if it stood in a file of its own.
 */
import { HOLE, type DocEntry, type DocNode, type DocObject, type DocScalar } from './document/node.ts';
import { entry, find, get, textOf } from './document/node.ts';
import { maskTemplates } from './document/template.ts';
import { parseEmbedded, slices } from './document/parse.ts';
import { ROLE_ANNOTATION } from './profile/names.ts';

/** A part of a document, and what it is. */
export type Carried =
  /** A document of its own; parts of it may come from elsewhere. */
  | { readonly as: 'document'; readonly node: DocNode; readonly partial?: true }
  /** A document that is put together here: what stands in it has its place, the brackets around it have none. */
  | { readonly as: 'generated'; readonly node: DocObject }
  | {
      readonly as: 'trust' | 'permissions';
      readonly node: DocNode | undefined;
      readonly role?: DocNode | undefined;
      readonly managed?: boolean;
      /** Nothing but a policy of a role can stand there. */
      readonly known?: boolean;
    }
  | { readonly as: 'podIdentity'; readonly node: DocNode | undefined; readonly account: string }
  | { readonly as: 'cloudFormation'; readonly node: DocObject }
  | { readonly as: 'eksctl'; readonly node: DocObject };

const itemsOf = (node: DocNode | undefined): readonly DocNode[] => (node?.type === 'array' ? node.items : []);
const entriesOf = (node: DocNode | undefined): readonly DocEntry[] => (node?.type === 'object' ? node.entries : []);

/** What a manifest with an apiVersion and a kind carries; undefined where it is none of these. */
export function carriedBy(root: DocObject, apiVersion: string, kind: string): readonly Carried[] | undefined {
  if (kind === 'ClusterConfig' && apiVersion.startsWith('eksctl.io/')) return eksctl(root);
  if (kind === 'Composition' && apiVersion.startsWith('apiextensions.crossplane.io/')) return composition(root);
  if (apiVersion.startsWith('kro.run/') && get(get(root, 'spec'), 'resources'))
    return itemsOf(find(root, 'spec', 'resources')).flatMap((one) => whole(get(one, 'template')));
  if (kind === 'Template' && get(root, 'objects')) return itemsOf(get(root, 'objects')).flatMap(whole);
  return undefined;
}

const whole = (node: DocNode | undefined): Carried[] => (node ? [{ as: 'document', node }] : []);

/** eksctl: `iam` of a ClusterConfig. Source: eksctl-io/eksctl pkg/apis/eksctl.io/v1alpha5/iam.go. */
function eksctl(root: DocObject): readonly Carried[] {
  const iam = get(root, 'iam');
  const addons = itemsOf(get(root, 'addons'));
  const associations = [iam, ...addons].flatMap((one) => itemsOf(get(one, 'podIdentityAssociations')));
  return [
    { as: 'eksctl', node: root },
    ...itemsOf(get(iam, 'serviceAccounts')).flatMap((item): Carried[] => {
      const annotations = get(get(item, 'metadata'), 'annotations');
      const role = entry(item, 'attachRoleARN');
      return [
        { as: 'permissions', node: get(item, 'attachPolicy'), role: get(item, 'roleName'), known: true },
        ...serviceAccount(get(item, 'metadata'), annotations, role),
      ];
    }),
    ...addons.map((one): Carried => ({ as: 'permissions', node: get(one, 'attachPolicy'), known: true })),
    ...associations.flatMap((one): Carried[] => [
      { as: 'permissions', node: get(one, 'permissionPolicy'), role: get(one, 'roleName'), known: true },
      { as: 'podIdentity', node: one, account: 'serviceAccountName' },
    ]),
  ];
}

/** The ClusterConfig that flags of `eksctl create iamserviceaccount` make; none where the rest is said elsewhere. */
export function accountOf(flags: ReadonlyMap<string, DocScalar>): readonly Carried[] {
  const place = flags.get('name');
  const [policies, role] = [flags.get('attach-policy-arn'), flags.get('attach-role-arn')];
  if (!place || flags.has('config-file') || !(policies ?? role)) return [];
  const pairs = (given: Readonly<Record<string, DocNode | undefined>>): DocObject =>
    object(
      place,
      Object.entries(given).flatMap(([key, value]) => (value ? [{ key: text(key, value), value }] : [])),
    );
  const account = pairs({
    metadata: pairs({ name: place, namespace: flags.get('namespace') }),
    attachPolicyARNs: policies && array(policies, separated(policies)),
    attachRoleARN: role,
    roleName: flags.get('role-name'),
    roleOnly: flags.get('role-only'),
  });
  const withOIDC: DocScalar = { ...text('', place), type: 'boolean', value: true };
  const iam = pairs({ withOIDC, serviceAccounts: array(place, [account]) });
  const rest = { key: text('iam', place), value: iam };
  return [{ as: 'generated', node: manifest('eksctl.io/v1alpha5', 'ClusterConfig', object(place, []), rest) }];
}

/** The parts of a list with commas. */
const separated = (list: DocScalar): readonly DocScalar[] =>
  [...String(list.value).matchAll(/[^,]+/g)].map(({ index, 0: one }) => part(list, index, index + one.length));

/** The service account that eksctl makes. */
function serviceAccount(
  metadata: DocNode | undefined,
  annotations: DocNode | undefined,
  role?: DocEntry,
): readonly Carried[] {
  const place = annotations ?? role?.value;
  if (!place) return [];
  const named = role ? [{ key: { ...role.key, value: ROLE_ANNOTATION }, value: role.value }] : [];
  const its = object(place, [...entriesOf(annotations), ...named]);
  const rest = entriesOf(metadata).filter(({ key }) => key.value !== 'annotations');
  const node = manifest(
    'v1',
    'ServiceAccount',
    object(place, [...rest, { key: text('annotations', place), value: its }]),
  );
  return [{ as: 'generated', node }];
}

/** What kustomize makes of `configMapGenerator` and `secretGenerator`, but for the files that they name. */
export const generated = (root: DocObject): readonly Carried[] =>
  generators(root).flatMap(({ kind, item, name, namespace }): Carried[] => {
    const data = itemsOf(get(item, 'literals')).flatMap((one) => (one.type === 'string' ? pair(one, true) : []));
    if (data.length === 0) return [];
    return [{ as: 'generated', node: configOf(kind, name, namespace, data) }];
  });

interface Generator {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly item: DocNode;
  readonly name: DocNode;
  readonly namespace: DocNode | undefined;
}

const generators = (root: DocNode): readonly Generator[] =>
  (['ConfigMap', 'Secret'] as const).flatMap((kind) =>
    itemsOf(get(root, kind === 'Secret' ? 'secretGenerator' : 'configMapGenerator')).flatMap((item) => {
      const name = get(item, 'name');
      const namespace = get(item, 'namespace') ?? get(root, 'namespace');
      return name ? [{ kind, item, name, namespace }] : [];
    }),
  );

function configOf(kind: string, name: DocNode, namespace: DocNode | undefined, data: readonly DocEntry[]): DocObject {
  const place = name;
  const metadata = object(place, [
    { key: text('name', place), value: name },
    ...(namespace ? [{ key: text('namespace', place), value: namespace }] : []),
  ]);
  const first = data[0]?.key ?? place;
  const key = text(kind === 'Secret' ? 'stringData' : 'data', first);
  return manifest('v1', kind, metadata, { key, value: object(first, data) });
}

/**
 * `key=value`. Of a literal the quotes around its value go, in a file of pairs they stay and are part of it. Source: kubernetes-sigs/kustomize
 * api/kv/kv.go.
 */
function pair(scalar: DocScalar, isLiteral: boolean): DocEntry[] {
  const all = String(scalar.value);
  const equals = all.indexOf('=');
  if (equals <= 0) return [];
  const quoted = isLiteral && /^(["'])[^]*\1$/.test(all.slice(equals + 1)) ? 1 : 0;
  return [{ key: part(scalar, 0, equals), value: part(scalar, equals + 1 + quoted, all.length - quoted) }];
}

/** A part of a scalar. */
const part = (scalar: DocScalar, from: number, to: number): DocScalar => ({
  type: 'string',
  value: String(scalar.value).slice(from, to),
  start: scalar.at(from),
  end: Math.max(scalar.at(from), scalar.at(to)),
  source: scalar.source,
  at: (index) => scalar.at(from + Math.min(Math.max(index, 0), to - from)),
});

/** What a file is to a kustomization that names it in a generator. */
export interface ConfigFile {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly namespace?: string;
  /** Its key; without one each line is a pair. */
  readonly key?: string;
}

/** The files that a kustomization's generators name. */
export const configFilesOf = (root: DocNode): readonly { readonly path: string; readonly of: ConfigFile }[] =>
  generators(root).flatMap(({ kind, item, name, namespace }) => {
    const [its, space] = [textOf(name), textOf(namespace)];
    if (its === undefined) return [];
    const of = { kind, name: its, ...(space === undefined ? {} : { namespace: space }) };
    const texts = (key: string): string[] => itemsOf(get(item, key)).flatMap((one) => textOf(one) ?? []);
    return [
      ...texts('files').map((named) => {
        const equals = named.indexOf('=');
        const path = named.slice(equals + 1);
        return { path, of: { ...of, key: equals < 0 ? path.replace(/^.*\//, '') : named.slice(0, equals) } };
      }),
      ...[...texts('envs'), textOf(get(item, 'env')) ?? ''].flatMap((path) => (path === '' ? [] : [{ path, of }])),
    ];
  });

/** The object that a generator makes of a file. */
export function configFrom(file: string, { kind, name, namespace, key }: ConfigFile): Carried {
  const bom = file.startsWith('\uFEFF') ? 1 : 0;
  const all: DocScalar = {
    ...text(file.slice(bom), { start: bom, end: file.length, source: { text: file, format: 'yaml' } }),
    at: (index) => Math.min(bom + Math.max(index, 0), file.length),
  };
  const lines = [...file.matchAll(/(?=[^\s=#])(?<=^[ \t]*)[^=\n]*=[^\r\n]*/gm)];
  const data =
    key === undefined
      ? lines.flatMap(({ index, 0: line }) => pair(part(all, index - bom, index - bom + line.length), false))
      : [{ key: { ...part(all, 0, /^\s*\S*/.exec(String(all.value))?.[0].length ?? 0), value: key }, value: all }];
  const place = data[0]?.key ?? all;
  const space = namespace === undefined ? undefined : text(namespace, place);
  return { as: 'generated', node: configOf(kind, text(name, place), space, data) };
}

/** Crossplane: the bases of a Composition, of its functions' inputs too, without what patches put in place; and what patches write. */
function composition(root: DocObject): readonly Carried[] {
  const inputs = itemsOf(find(root, 'spec', 'pipeline')).map((step) => get(step, 'input'));
  return [get(root, 'spec'), ...inputs].flatMap((spec): Carried[] => {
    const sets = itemsOf(get(spec, 'patchSets'));
    const template = find(spec, 'inline', 'template');
    return [
      ...itemsOf(get(spec, 'resources')).flatMap((resource): Carried[] => {
        const base = get(resource, 'base');
        const patches = itemsOf(get(resource, 'patches')).flatMap((one) => {
          const name = textOf(get(one, 'patchSetName'));
          return name === undefined
            ? [one]
            : itemsOf(
                get(
                  sets.find((set) => textOf(get(set, 'name')) === name),
                  'patches',
                ),
              );
        });
        const written = patches.flatMap((one) => textOf(get(one, 'toFieldPath') ?? get(one, 'fromFieldPath')) ?? []);
        if (!base) return [];
        const node = written.reduce((done, path) => withHole(done, stepsOf(path)), base);
        return [{ as: 'document', node, partial: true }, ...patches.flatMap((one) => formatted(one, base))];
      }),
      ...(template?.type === 'string' ? documentsIn(template) : []),
    ];
  });
}

/** `spec.a[0].b[c.d/e]` as keys and indexes. */
const stepsOf = (path: string): readonly string[] =>
  [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, bracket, plain = '']) => bracket ?? plain);

/** The value with what stands at the end of the path unknown. */
function withHole(node: DocNode, [step, ...rest]: readonly string[]): DocNode {
  if (step === undefined) return { ...text(HOLE, node), at: () => node.start };
  if (node.type === 'array')
    return {
      ...node,
      items: node.items.map((one, at) => (step === '*' || step === String(at) ? withHole(one, rest) : one)),
    };
  if (node.type !== 'object') return node;
  if (!entry(node, step)) return rest.length > 0 ? node : { ...node, entries: [...node.entries, unknown(step, node)] };
  return {
    ...node,
    entries: node.entries.map((one) => (one.key.value === step ? { ...one, value: withHole(one.value, rest) } : one)),
  };
}
const unknown = (key: string, place: DocNode): DocEntry => ({ key: text(key, place), value: text(HOLE, place) });

/** A policy that a patch writes by a format: `%s` and the like are filled in. */
function formatted(patch: DocNode, base: DocNode): Carried[] {
  const field = /[^.]*$/.exec(textOf(get(patch, 'toFieldPath')) ?? '')?.[0] ?? '';
  const as = /^assumeRolePolicy/.test(field)
    ? 'trust'
    : /^(?:policy|policyDocument|document)$/.test(field)
      ? 'permissions'
      : undefined;
  if (as === undefined) return [];
  const formats = [
    find(patch, 'combine', 'string', 'fmt'),
    ...itemsOf(get(patch, 'transforms')).map((one) => find(one, 'string', 'fmt')),
  ];
  const managed = textOf(get(base, 'kind')) === 'Policy';
  return formats.flatMap((node) =>
    node?.type === 'string'
      ? [
          {
            as,
            node: {
              ...node,
              value: String(node.value).replace(/%(?:\[\d+\])?[sdvq]/g, (one) => HOLE.repeat(one.length)),
            },
            managed,
          },
        ]
      : [],
  );
}

/** The documents of a string that is a template of manifests. */
function documentsIn(scalar: DocScalar): readonly Carried[] {
  const masked = maskTemplates(String(scalar.value));
  return slices(masked, 'yaml').flatMap(({ start, end }): Carried[] => {
    const { root } = parseEmbedded({ ...part(scalar, start, end), value: masked.slice(start, end) }, 'yaml');
    return root ? [{ as: 'document', node: root, partial: true }] : [];
  });
}

/** What a file without apiVersion and kind carries: of the Serverless Framework, an answer of the AWS CLI, a part of a ClusterConfig. */
export function carriedIn(root: DocObject): readonly Carried[] {
  return [...serverless(root), ...answer(root), ...(find(root, 'iam', 'serviceAccounts') ? eksctl(root).slice(1) : [])];
}

/** Serverless Framework: statements for all functions or for one, and CloudFormation under `resources`. */
function serverless(root: DocObject): readonly Carried[] {
  const provider = get(root, 'provider');
  if (!provider || !(get(root, 'service') ?? get(root, 'functions') ?? get(root, 'resources'))) return [];
  const lists = [
    find(provider, 'iam', 'role', 'statements'),
    get(provider, 'iamRoleStatements'),
    ...entriesOf(get(root, 'functions')).flatMap(({ value }) => [
      get(value, 'iamRoleStatements'),
      find(value, 'iam', 'role', 'statements'),
    ]),
  ];
  const resources = get(root, 'resources');
  return [
    ...lists.flatMap((list): Carried[] =>
      list?.type === 'array' ? [{ as: 'permissions', node: statements(list) }] : [],
    ),
    ...[resources, ...itemsOf(resources)].flatMap((one): Carried[] =>
      one?.type === 'object' ? [{ as: 'cloudFormation', node: one }] : [],
    ),
  ];
}

/** A list of statements as the policy that it becomes. */
const statements = (list: DocNode): DocObject =>
  object(list, [
    { key: text('Version', list), value: text('2012-10-17', list) },
    { key: text('Statement', list), value: list },
  ]);

/** Answers of `aws iam list-roles` and `get-account-authorization-details`, as far as roles for pods go. */
const answer = (root: DocObject): readonly Carried[] =>
  inAccount([...itemsOf(get(root, 'Roles')), ...itemsOf(get(root, 'RoleDetailList'))], itemsOf(get(root, 'Policies')));

/** The roles of a list, as `--query` gives it. */
export const rolesIn = (list: DocNode): readonly Carried[] => inAccount(itemsOf(list), []);

function inAccount(roles: readonly DocNode[], policies: readonly DocNode[]): readonly Carried[] {
  const podRoles = roles.filter((one) =>
    /oidc-provider|pods\.eks\.amazonaws\.com/.test(sourceOf(get(one, 'AssumeRolePolicyDocument'))),
  );
  const attached = new Set(
    podRoles.flatMap((one) =>
      itemsOf(get(one, 'AttachedManagedPolicies')).map((each) => textOf(get(each, 'PolicyArn'))),
    ),
  );
  const its = (one: DocNode): DocNode | undefined => get(one, 'RoleName');
  return [
    ...podRoles.flatMap((one): Carried[] => [
      { as: 'trust', node: get(one, 'AssumeRolePolicyDocument'), role: its(one) },
      ...itemsOf(get(one, 'RolePolicyList')).map((each): Carried => ({
        as: 'permissions',
        node: get(each, 'PolicyDocument'),
        role: its(one),
      })),
    ]),
    ...policies.flatMap((one): Carried[] => {
      const arn = textOf(get(one, 'Arn')) ?? '';
      if (!attached.has(arn) || /:iam::aws:/.test(arn)) return [];
      return itemsOf(get(one, 'PolicyVersionList'))
        .filter((each) => get(each, 'IsDefaultVersion')?.type !== 'boolean' || isTrue(get(each, 'IsDefaultVersion')))
        .map((each): Carried => ({ as: 'permissions', node: get(each, 'Document'), managed: true }));
    }),
  ];
}

export const isTrue = (node: DocNode | undefined): boolean => node?.type === 'boolean' && node.value === true;

const sourceOf = (node: DocNode | undefined): string => node?.source.text.slice(node.start, node.end) ?? '';

/** One character, which takes several bytes beyond ASCII (RFC 3629), or a byte that is none. */
const CHARACTER = /%[cd][\da-f]%[\da-f]{2}|%e[\da-f](?:%[\da-f]{2}){2}|%f[\da-f](?:%[\da-f]{2}){3}|%[\da-f]{2}|[^]/gi;

/** A policy as the IAM API gives it, with its characters encoded as in a URL; undefined where it is not. */
export function decoded(scalar: DocScalar): DocScalar | undefined {
  const raw = String(scalar.value);
  if (!/^\s*%7B/i.test(raw)) return undefined;
  let value = '';
  const places: number[] = [];
  for (const { index, 0: one } of raw.matchAll(CHARACTER)) {
    let made = one;
    if (one.length > 1) {
      try {
        made = decodeURIComponent(one);
      } catch {
        return undefined;
      }
    }
    for (let at = 0; at < made.length; at += 1) places.push(index);
    value += made;
  }
  places.push(raw.length);
  return {
    ...scalar,
    value,
    source: { text: scalar.source.text, format: 'json' },
    at: (index) => scalar.at(places[Math.min(Math.max(index, 0), places.length - 1)] ?? 0),
  };
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly source: DocNode['source'];
}

/** A text that does not stand in the file, for which `place` stands. */
const text = (value: string, { start, end, source }: Place): DocScalar => ({
  type: 'string',
  value,
  start,
  end,
  source,
  at: () => start,
});

const object = ({ start, end, source }: Place, entries: readonly DocEntry[]): DocObject => ({
  type: 'object',
  entries,
  start,
  end,
  source,
});

const array = ({ start, end, source }: Place, items: readonly DocNode[]): DocNode => ({
  type: 'array',
  items,
  start,
  end,
  source,
});

function manifest(apiVersion: string, kind: string, metadata: DocObject, ...rest: readonly DocEntry[]): DocObject {
  const entries = { apiVersion, kind };
  return object(metadata, [
    ...Object.entries(entries).map(([key, value]) => ({ key: text(key, metadata), value: text(value, metadata) })),
    { key: text('metadata', metadata), value: metadata },
    ...rest,
  ]);
}
