/**
 * What files say that roles, providers and Profiles are to be: CloudFormation templates, objects of ACK and Crossplane, Terraform, Profiles.
 * What is filled in later (`!Sub`, `{{ … }}`, `var.x`) is not known here, and never compared.
 */
import { isTemplate } from '../document/template.ts';
import { isTerraform } from '../look.ts';
import { grouped } from '../modes/folder.ts';
import { parse, type Language } from '../document/parse.ts';
import { find, get, HOLE, textOf, type DocNode, type DocObject } from '../document/node.ts';
import { issuerPath } from '../policy/build.ts';
import { dataOf } from '../policy/json.ts';
import { toJson } from '../policy/model.ts';
import { withoutIntrinsics } from '../document/intrinsics.ts';
import { record } from '../records.ts';
import type { ToolId } from '../tools.ts';
import { SETTINGS, type SettingName } from './settings.ts';

/** A file, with what its name says about its language. */
export interface DriftFile {
  readonly path: string;
  readonly text: string;
  readonly language?: Language;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** One thing that a file says. `key`: of an inline policy its name, of a tag its key. */
export interface Said extends Place {
  readonly what: SettingName;
  readonly key?: string;
  /** Policies as JSON text, lists and mappings as data. */
  readonly value: unknown;
  /** A comment or a setting says not to compare it. */
  readonly ignored?: true;
}

/** A thing as a file has it. Its place is that of its name. */
export interface Declared extends Place {
  readonly kind: 'role' | 'profile' | 'provider';
  /** Name of a role or a Profile; of a provider its issuer without `https://`. */
  readonly name: string;
  readonly file: string;
  /** Who makes it of the file; absent: whoever applies it. */
  readonly tool?: ToolId;
  readonly says: readonly Said[];
  /** All inline policies of the role are here: another one is none of this file's. */
  readonly whole?: true;
}

/** What a file has and cannot be compared. */
export interface Skipped extends Place {
  readonly file: string;
  readonly why: string;
}

export interface DeclaredIn {
  readonly declared: readonly Declared[];
  readonly skipped: readonly Skipped[];
}

/** The kind of our own graph of kro (export/kro.ts), whose instances say which role and Profile it makes. */
const INSTANCE = 'KubeflowS3Profile';
/** What a text must hold to be looked at: reading one takes a thousand times as long. */
const OURS = new RegExp(
  `aws_iam_(?:role|openid)|kubeflow\\.org\\/|AWS::IAM::|iam\\.(?:services\\.k8s\\.aws|aws\\.)|${INSTANCE}`,
);
/** Whether a text may declare something. */
export const mayDeclare = (text: string): boolean => OURS.test(text);

/** What the files of a folder of Terraform declare: `declaredInTerraform` of terraform/declared.ts, which is loaded where there are such. */
export type DeclareTerraform = (files: readonly DriftFile[]) => DeclaredIn;

/**
 * All that files declare. Never throws.
 *
 * @param terraform without it, files of Terraform are not read
 */
export function declaredIn(files: readonly DriftFile[], terraform?: DeclareTerraform): DeclaredIn {
  const [declared, skipped]: [Declared[], Skipped[]] = [[], []];
  const folders = grouped(
    files.filter(({ path }) => isTerraform(path)),
    ({ path }) => path.replace(/[^\\/]*$/, ''),
  );
  for (const folder of terraform ? folders.values() : []) {
    if (!folder.some(({ text }) => mayDeclare(text))) continue;
    const its = terraform?.(folder);
    declared.push(...(its?.declared ?? []));
    skipped.push(...(its?.skipped ?? []));
  }
  for (const { path: file, text, language } of files) {
    if (!mayDeclare(text) || isTerraform(file)) continue;
    if (isTemplate(text)) {
      skipped.push({ file, start: 0, end: 0, why: 'it is a template: render it first, and compare what comes of it' });
      continue;
    }
    const reader: Reader = {
      file,
      declare: (one) => void declared.push({ file, ...one }),
      skip: (node, why) => void skipped.push({ file, start: node.start, end: node.end, why }),
    };
    for (const { root } of parse(text, language ?? (/\.json$/i.test(file) ? 'json' : undefined)).documents)
      if (root !== undefined) visit(root, reader, 0);
  }
  return { declared, skipped };
}

export interface Reader {
  readonly file: string;
  readonly declare: (one: Omit<Declared, 'file'>) => void;
  readonly skip: (node: Place, why: string) => void;
}

function visit(root: DocNode, reader: Reader, depth: number): void {
  if (root.type !== 'object' || depth > 4) return;
  const [apiVersion, kind] = [textOf(get(root, 'apiVersion')) ?? '', textOf(get(root, 'kind')) ?? ''];
  const items = get(root, 'items');
  if (items?.type === 'array' && (kind.endsWith('List') || kind === ''))
    return items.items.forEach((item) => visit(item, reader, depth + 1));
  if (get(root, 'Resources')?.type === 'object') return cloudFormation(root, reader);
  if (get(root, 'terraform_version')) return state(root, reader);
  if (kind === 'Profile' && apiVersion.startsWith('kubeflow.org/')) return profile(root, reader);
  if (/^iam\.services\.k8s\.aws\//.test(apiVersion)) return ack(root, kind, reader);
  if (kind === INSTANCE && apiVersion.startsWith('kro.run/')) return instance(root, reader);
  if (/^iam\.aws\.(?:m\.)?(?:upbound|crossplane)\.io\//.test(apiVersion)) return crossplane(root, kind, reader);
}

/** The data of a node; undefined where a part of it is filled in later, or there is none. */
const known = (node: DocNode | undefined): unknown =>
  node === undefined ? undefined : toJson(withoutIntrinsics(node));
const name = (node: DocNode | undefined): string | undefined => {
  const text = textOf(node);
  return text === undefined || text === '' || text.includes(HOLE) || text.includes('${') ? undefined : text;
};
/** A policy as JSON text, written as data or in a string. */
function policy(node: DocNode | undefined): string | undefined {
  const value = known(node);
  if (typeof value !== 'string') return value === undefined ? undefined : JSON.stringify(value);
  return dataOf(value) === undefined || /\$\{(?!\w+:)/.test(value) ? undefined : value;
}

/** Collects what is said, and leaves out what is not known. */
function saying({ skip }: Reader): {
  readonly says: Said[];
  add: (what: SettingName, node: DocNode | undefined, value: unknown, key?: string) => void;
} {
  const says: Said[] = [];
  return {
    says,
    add: (what, node, value, key) => {
      if (node === undefined) return;
      const { start, end } = placeOf(node);
      if (value === undefined)
        return skip({ start, end }, `${SETTINGS[what].title(key ?? '')}: not known from the file alone`);
      says.push({ what, value, start, end, ...(key === undefined ? {} : { key }) });
    },
  };
}

/** The first line of a node: a whole policy would cover all else. */
function placeOf({ start, end, source }: DocNode): Place {
  const [line = ''] = source.text.slice(start, end).split('\n', 1);
  return { start, end: Math.min(start + Math.max(line.length, 1), end) };
}

/** Tags as a list of `{Key, Value}`, in any case, or as a mapping. */
function tagsIn(node: DocNode | undefined): Readonly<Record<string, string>> {
  const value = known(node);
  const pairs = Array.isArray(value)
    ? value.map((one: unknown): [unknown, unknown] => {
        const fields = Object.entries(record(one));
        const field = (wanted: string): unknown => fields.find(([key]) => key.toLowerCase() === wanted)?.[1];
        return [field('key'), field('value')];
      })
    : Object.entries(record(value));
  // An item that lacks either is no tag: a mistake of the file, which IAM refuses.
  const tags = pairs.filter(([key, one]) => (key ?? undefined) !== undefined && (one ?? undefined) !== undefined);
  return Object.fromEntries(tags.map(([key, one]) => [String(key), String(one)]));
}

const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;

function profile(root: DocObject, reader: Reader): void {
  const { declare } = reader;
  const at = find(root, 'metadata', 'name');
  const its = name(at);
  // Without an owner it is a patch, and says only a part.
  if (at === undefined || its === undefined || !find(root, 'spec', 'owner')) return;
  const { says, add } = saying(reader);
  const owner = find(root, 'spec', 'owner', 'name');
  add('owner', owner, name(owner));
  const plugins = find(root, 'spec', 'plugins');
  add('plugins', plugins ?? at, plugins === undefined ? [] : known(plugins));
  const quota = find(root, 'spec', 'resourceQuotaSpec');
  add('quota', quota ?? at, quota === undefined ? {} : known(quota));
  declare({ kind: 'profile', name: its, start: at.start, end: at.end, says });
}

/** What the formats call the parts of a role. */
interface RoleParts {
  readonly trust?: DocNode | undefined;
  readonly inline: readonly { readonly name: string | undefined; readonly node: DocNode | undefined }[];
  readonly attached?: DocNode | undefined;
  readonly boundary?: DocNode | undefined;
  readonly maxSession?: DocNode | undefined;
  readonly path?: DocNode | undefined;
  readonly description?: DocNode | undefined;
  readonly tags?: DocNode | undefined;
  /** Other objects may give it inline policies. */
  readonly others?: boolean;
}

function role(at: DocNode | undefined, tool: ToolId, root: DocNode, parts: RoleParts, reader: Reader): void {
  const { declare, skip } = reader;
  const its = name(at);
  if (at === undefined || its === undefined)
    return skip(placeOf(root), 'this role has no name here: which one it becomes is not known');
  const { says, add } = saying(reader);
  add('trust', parts.trust, policy(parts.trust));
  for (const { name: key, node } of parts.inline) if (key !== undefined) add('inline', node, policy(node), key);
  add('attached', parts.attached, texts(known(parts.attached)));
  add('boundary', parts.boundary, name(parts.boundary));
  const seconds = Number(known(parts.maxSession));
  add('maxSession', parts.maxSession, Number.isSafeInteger(seconds) ? seconds : undefined);
  add('path', parts.path, name(parts.path));
  add('description', parts.description, name(parts.description));
  for (const [key, value] of Object.entries(tagsIn(parts.tags))) add('tag', parts.tags, value, key);
  const whole = parts.others !== true && parts.inline.every((one) => one.name !== undefined);
  declare({ kind: 'role', name: its, tool, start: at.start, end: at.end, says, ...(whole ? { whole: true } : {}) });
}

/** An inline policy that is an object of its own. */
function rolePolicy(
  of: DocNode | undefined,
  key: string | undefined,
  node: DocNode | undefined,
  tool: ToolId,
  reader: Reader,
): void {
  const its = name(of);
  const { says, add } = saying(reader);
  if (key !== undefined) add('inline', node, policy(node), key);
  if (of !== undefined && its !== undefined && says.length > 0)
    reader.declare({ kind: 'role', name: its, tool, start: of.start, end: of.end, says });
}

function provider(url: DocNode | undefined, clientIds: DocNode | undefined, tool: ToolId, reader: Reader): void {
  const its = name(url);
  if (url === undefined || its === undefined) return;
  const { says, add } = saying(reader);
  add('audiences', clientIds, texts(known(clientIds)));
  reader.declare({ kind: 'provider', name: issuerPath(its), tool, start: url.start, end: url.end, says });
}

const items = (node: DocNode | undefined): readonly DocNode[] => (node?.type === 'array' ? node.items : []);

/** Sources: CloudFormation template reference, AWS::IAM::Role, AWS::IAM::RolePolicy, AWS::IAM::OIDCProvider. */
function cloudFormation(root: DocObject, reader: Reader): void {
  const resources = get(root, 'Resources');
  const all = resources?.type === 'object' ? resources.entries.map(({ value }) => value) : [];
  const typeOf = (one: DocNode): string => textOf(get(one, 'Type')) ?? '';
  // A policy of its own may be that of any role of the template.
  const others = all.some((one) => /^AWS::IAM::(?:Policy|RolePolicy)$/.test(typeOf(one)));
  for (const one of all) {
    const its = get(one, 'Properties');
    if (its === undefined) continue;
    switch (typeOf(one)) {
      case 'AWS::IAM::Role':
        role(
          get(its, 'RoleName'),
          'cloudformation',
          one,
          {
            trust: get(its, 'AssumeRolePolicyDocument'),
            inline: items(get(its, 'Policies')).map((each) => ({
              name: name(get(each, 'PolicyName')),
              node: get(each, 'PolicyDocument'),
            })),
            attached: get(its, 'ManagedPolicyArns'),
            boundary: get(its, 'PermissionsBoundary'),
            maxSession: get(its, 'MaxSessionDuration'),
            path: get(its, 'Path'),
            description: get(its, 'Description'),
            tags: get(its, 'Tags'),
            others,
          },
          reader,
        );
        break;
      case 'AWS::IAM::RolePolicy':
        rolePolicy(
          get(its, 'RoleName'),
          name(get(its, 'PolicyName')),
          get(its, 'PolicyDocument'),
          'cloudformation',
          reader,
        );
        break;
      case 'AWS::IAM::OIDCProvider':
        provider(get(its, 'Url'), get(its, 'ClientIdList'), 'cloudformation', reader);
        break;
    }
  }
}

/** `terraform show -json` of a state, or of a plan: what is to be. */
function state(root: DocObject, reader: Reader): void {
  const ofModule = (module: DocNode | undefined, depth: number): void => {
    for (const one of items(get(module, 'resources'))) {
      const values = get(one, 'values');
      if (values && textOf(get(one, 'mode')) !== 'data') terraform(textOf(get(one, 'type')) ?? '', values, reader);
    }
    if (depth < 20) for (const one of items(get(module, 'child_modules'))) ofModule(one, depth + 1);
  };
  ofModule(find(root, get(root, 'planned_values') ? 'planned_values' : 'values', 'root_module'), 0);
}

/**
 * A resource of Terraform, by its arguments. Source: documentation of the AWS provider, aws_iam_role, aws_iam_role_policy and
 * aws_iam_openid_connect_provider; of the Kubernetes provider, kubernetes_manifest.
 */
export function terraform(type: string, values: DocNode, reader: Reader): void {
  if (type === 'aws_iam_role') {
    const inline = get(values, 'inline_policy');
    const parts = {
      trust: get(values, 'assume_role_policy'),
      inline: items(inline).flatMap((each) => {
        const its = { name: name(get(each, 'name')), node: get(each, 'policy') };
        // An empty block says that there is none.
        return its.node === undefined || its.node.type === 'null' || textOf(its.node) === '' ? [] : [its];
      }),
      attached: get(values, 'managed_policy_arns'),
      boundary: get(values, 'permissions_boundary'),
      maxSession: get(values, 'max_session_duration'),
      path: get(values, 'path'),
      description: get(values, 'description'),
      tags: get(values, 'tags'),
      // Without such blocks it does not look at inline policies.
      others: items(inline).length === 0,
    };
    const written = Object.entries(parts).filter(
      ([, node]) => typeof node !== 'object' || !('type' in node) || node.type !== 'null',
    );
    role(get(values, 'name'), 'terraform', values, Object.fromEntries(written) as unknown as typeof parts, reader);
  } else if (type === 'aws_iam_role_policy')
    rolePolicy(get(values, 'role'), name(get(values, 'name')), get(values, 'policy'), 'terraform', reader);
  else if (type === 'aws_iam_openid_connect_provider')
    provider(get(values, 'url'), get(values, 'client_id_list'), 'terraform', reader);
  else if (type === 'kubernetes_manifest') {
    const manifest = get(values, 'manifest');
    const declare: Reader['declare'] = (one) => reader.declare({ tool: 'terraform', ...one });
    if (manifest) visit(manifest, { ...reader, declare }, 1);
  }
}

/** Source: aws-controllers-k8s/iam-controller, helm/crds. */
function ack(root: DocObject, kind: string, reader: Reader): void {
  const spec = get(root, 'spec');
  if (kind === 'OpenIDConnectProvider') return provider(get(spec, 'url'), get(spec, 'clientIDs'), 'ack', reader);
  if (kind !== 'Role') return;
  const inline = get(spec, 'inlinePolicies');
  role(
    get(spec, 'name'),
    'ack',
    find(root, 'metadata', 'name') ?? root,
    {
      trust: get(spec, 'assumeRolePolicyDocument'),
      inline:
        inline?.type === 'object' ? inline.entries.map(({ key, value }) => ({ name: name(key), node: value })) : [],
      attached: get(spec, 'policies'),
      boundary: get(spec, 'permissionsBoundary'),
      maxSession: get(spec, 'maxSessionDuration'),
      path: get(spec, 'path'),
      description: get(spec, 'description'),
      tags: get(spec, 'tags'),
    },
    reader,
  );
}

/** The role and the Profile that kro makes of an instance of our graph. What they are like the graph says: they are not compared. */
function instance(root: DocObject, { declare }: Reader): void {
  for (const [kind, field] of [
    ['role', 'roleName'],
    ['profile', 'name'],
  ] as const) {
    const at = find(root, 'spec', field);
    const its = name(at);
    if (at !== undefined && its !== undefined)
      declare({ kind, name: its, tool: 'kro', start: at.start, end: at.end, says: [] });
  }
}

/** Source: crossplane-contrib/provider-upjet-aws, package/crds/iam.aws.upbound.io_{roles,rolepolicies,openidconnectproviders}.yaml. */
function crossplane(root: DocObject, kind: string, reader: Reader): void {
  const spec = find(root, 'spec', 'forProvider');
  const own = find(root, 'metadata', 'annotations', 'crossplane.io/external-name') ?? find(root, 'metadata', 'name');
  if (kind === 'OpenIDConnectProvider')
    return provider(get(spec, 'url'), get(spec, 'clientIdList'), 'crossplane', reader);
  if (kind === 'RolePolicy')
    // Its external name is `<role>:<policy>`.
    return rolePolicy(get(spec, 'role'), name(own)?.split(':').at(-1), get(spec, 'policy'), 'crossplane', reader);
  if (kind !== 'Role') return;
  const inline = get(spec, 'inlinePolicy');
  role(
    own,
    'crossplane',
    root,
    {
      trust: get(spec, 'assumeRolePolicy'),
      inline: items(inline).map((each) => ({ name: name(get(each, 'name')), node: get(each, 'policy') })),
      attached: get(spec, 'managedPolicyArns'),
      boundary: get(spec, 'permissionsBoundary'),
      maxSession: get(spec, 'maxSessionDuration'),
      path: get(spec, 'path'),
      description: get(spec, 'description'),
      tags: get(spec, 'tags'),
      // Without the list it does not look at them (Terraform AWS provider, aws_iam_role, inline_policy).
      others: inline === undefined,
    },
    reader,
  );
}
