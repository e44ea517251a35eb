/** Rules of a Kubeflow Profile: KP-001 to KP-011, KP-015 to KP-018, KP-081, KP-084. Sources: the catalogue. */
import { RESERVED_NAMESPACES, profileNameProblem } from '../arn/names.ts';
import {
  addEntry,
  addItems,
  endOfLine,
  fillEntry,
  holdsComment,
  indentLines,
  isBlock,
  lineEnd,
  nestEntries,
  removeEntry,
  removeItems,
  renameKey,
  replaceValue,
} from '../document/edit.ts';
import type { Json } from '../document/edit.ts';
import { entry, find, get, textOf } from '../document/node.ts';
import type { DocArray, DocEntry, DocNode, DocObject, DocScalar } from '../document/node.ts';
import { PLUGIN_KIND, ROLE_ANNOTATION } from '../profile/names.ts';
import {
  checkPlaceholder,
  correct,
  finding,
  headOf,
  isUnknown,
  knownRole,
  rewriting,
  shorten,
  toJson,
} from './manifest.ts';
import type { ManifestContext } from './manifest.ts';
import { checkResourceQuota } from './quota.ts';
import { checkRole, filled } from './role.ts';
import type { Edit, Finding, Fix } from './types.ts';

/** Plugins that the controller knows besides ours: of a cluster on Google Cloud (plugin_workload_identity.go). */
const OTHER_PLUGINS = ['WorkloadIdentity'];
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const OWNER_KINDS = ['User', 'Group', 'ServiceAccount'];

/** All rules of one Profile, whole or a patch (see ManifestContext). */
export function checkProfile(root: DocObject, given: ManifestContext): Finding[] {
  const name = textOf(find(root, 'metadata', 'name'));
  const context = name === undefined ? given : { ...given, profile: name };
  return [
    ...checkApiVersion(root, context),
    ...checkName(root, context),
    ...checkOwner(get(get(root, 'spec'), 'owner'), context),
    ...checkResourceQuota(entry(get(root, 'spec'), 'resourceQuotaSpec')),
    ...checkPlugins(root, context),
  ];
}

/** A value that a JSON patch (RFC 6902) sets at `path` in a Profile or ServiceAccount. Paths escape `/` as `~1`. */
export function checkPatchedField(path: DocScalar, value: DocNode, context: ManifestContext): Finding[] {
  const partial = { ...context, partial: true };
  const steps = String(path.value).split('/').slice(1);
  const last = steps.at(-1)?.replaceAll('~1', '/') ?? '';
  if (last === 'annotateOnly') return checkAnnotateOnly(value, partial);
  if (last === 'awsIamRole' || last === ROLE_ANNOTATION) {
    const role = filled(value);
    return role ? checkRole(role, partial) : [];
  }
  const where = steps.map((step) => (/^(?:-|\d+)$/.test(step) ? '#' : step)).join('/');
  const alone = (key: string): DocObject => {
    const { start, end, source } = value;
    return { type: 'object', entries: [{ key: { ...path, value: key }, value }], start, end, source };
  };
  switch (where) {
    case 'spec/owner':
      return checkOwner(value, partial);
    case 'spec/owner/kind':
    case 'spec/owner/name':
      return checkOwner(alone(last), partial);
    case 'spec/plugins':
      return checkList({ key: path, value }, partial).found;
    case 'spec/plugins/#':
      return value.type === 'object' ? checkPlugin(value, partial).found : [];
    case 'spec/plugins/#/kind':
      return checkPlugin(alone(last), partial).found;
    case 'spec/plugins/#/spec':
      return value.type === 'object' ? checkSpec({ key: path, value }, value, partial) : [];
    default:
      return [];
  }
}

/** KP-017 */
function checkApiVersion(root: DocObject, { served = [] }: ManifestContext): Finding[] {
  const node = get(root, 'apiVersion');
  const version = textOf(node);
  if (!node || version === undefined || isUnknown(node) || version === 'kubeflow.org/v1') return [];
  if (served.includes(version)) return [];
  const fixes = [correct(node, 'kubeflow.org/v1')];
  if (version === 'kubeflow.org/v1beta1') {
    const message = 'kubeflow.org/v1beta1 still works; kubeflow.org/v1 is the version that is stored.';
    return [finding('KP-017', node, message, fixes, 'information')];
  }
  return [
    finding('KP-017', node, `The API server does not serve "${shorten(version)}" for a Profile and rejects it.`, fixes),
  ];
}

/** KP-004, KP-008, KP-009 and KP-018 */
function checkName(root: DocObject, context: ManifestContext): Finding[] {
  const findings: Finding[] = [];
  const metadata = get(root, 'metadata');
  const node = get(metadata, 'name');
  if (node && node.type !== 'string' && node.type !== 'object' && node.type !== 'array' && node.type !== 'null') {
    const text = node.source.text.slice(node.start, node.end);
    const message = `YAML reads ${shorten(text)} as a ${node.type}, and the API server wants a string.`;
    findings.push(finding('KP-008', node, message, [{ ...correct(node, text), edits: [quoteValue(node, text)] }]));
  } else if (node?.type === 'string') {
    const name = String(node.value);
    const placeholder = checkPlaceholder(node, context);
    const problem = profileNameProblem(name);
    if (placeholder) findings.push(placeholder);
    else if (isUnknown(node) || problem === undefined) {
      // Nothing to say.
    } else if (RESERVED_NAMESPACES.includes(name)) {
      const message = `${problem} The profile controller would stop with "namespace already exist, but not owned".`;
      findings.push(finding('KP-009', node, message));
    } else {
      const better = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .slice(0, 63)
        .replace(/^-+|-+$/g, '');
      const fixes =
        better !== '' && profileNameProblem(better) === undefined
          ? [{ ...correct(node, better), preferred: false }]
          : [];
      findings.push(finding('KP-008', node, `${problem} The namespace of this profile would never appear.`, fixes));
    }
  }
  const namespace = entry(metadata, 'namespace');
  if (namespace && metadata?.type === 'object') {
    const fix: Fix = { title: 'Remove metadata.namespace', edits: removeEntry(metadata, namespace), preferred: true };
    const message =
      'A Profile is cluster-wide: this namespace is ignored, and the name of the Profile is the namespace.';
    findings.push(finding('KP-018', namespace.key, message, [fix]));
  }
  return findings;
}

/** KP-010 and KP-011 */
function checkOwner(owner: DocNode | undefined, context: ManifestContext): Finding[] {
  if (owner?.type !== 'object') {
    if (!owner || owner.type === 'null' || isUnknown(owner)) return [];
    return [finding('KP-010', owner, 'The owner must be an object with kind and name; the API server rejects this.')];
  }
  const findings: Finding[] = [];
  const [kindNode, nameNode] = [get(owner, 'kind'), get(owner, 'name')];
  const namespace = entry(owner, 'namespace');
  const written = textOf(kindNode);
  const known = OWNER_KINDS.find((one) => one.toLowerCase() === written?.trim().toLowerCase());
  /** What the author meant; the rest is judged by it. */
  const kind = known ?? (kindNode || namespace ? undefined : 'User');
  if (!kindNode) {
    if (context.partial !== true) {
      const edits = addEntry(owner, 'kind', kind ?? 'ServiceAccount');
      const fix: Fix = { title: `Add kind: ${kind ?? 'ServiceAccount'}`, edits, preferred: kind !== undefined };
      findings.push(
        finding('KP-010', headOf(owner), 'The owner has no kind; the API server rejects the Profile.', [fix]),
      );
    }
  } else if (known !== written && !isUnknown(kindNode)) {
    const message = `The kind of an owner is User, Group or ServiceAccount, letter by letter. The controller stops here, before it sets the role.`;
    findings.push(
      finding('KP-010', kindNode, message, [{ ...correct(kindNode, known ?? 'User'), preferred: known !== undefined }]),
    );
  }
  if (kindNode && kind === 'Group') {
    const message =
      'RBAC knows groups, but Istio and KFAM compare the signed-in user with this name: members of the group do not get in.';
    findings.push(finding('KP-010', kindNode, message, [], 'warning'));
  }
  if (kind === 'ServiceAccount' && !namespace && context.partial !== true) {
    findings.push(
      finding(
        'KP-010',
        kindNode ?? owner,
        'A ServiceAccount as owner needs its namespace: without it nobody is the owner. The controller does not stop for it.',
        [],
        'warning',
      ),
    );
  }
  if (namespace && namespace.value.type !== 'null' && (kind === 'User' || kind === 'Group')) {
    const fix: Fix = { title: 'Remove the namespace', edits: removeEntry(owner, namespace), preferred: true };
    const message = `A ${kind} has no namespace: only a ServiceAccount is in one.`;
    findings.push(finding('KP-010', namespace.key, message, [fix], 'warning'));
  }
  const group = get(owner, 'apiGroup');
  const rightGroup = kind === 'ServiceAccount' ? '' : RBAC_GROUP;
  if (kind !== undefined && group && filled(group) && !isUnknown(group) && textOf(group) !== rightGroup) {
    const message = `RBAC rejects this apiGroup for a ${kind}, and the controller stops before it sets the role.`;
    findings.push(finding('KP-010', group, message, [correct(group, rightGroup)]));
  }
  findings.push(...checkOwnerName(owner, nameNode, kind, context));
  return findings;
}

function checkOwnerName(
  owner: DocObject,
  node: DocNode | undefined,
  kind: string | undefined,
  context: ManifestContext,
): Finding[] {
  const named = filled(node);
  if (!named) {
    if (context.partial === true && !node) return [];
    if (node && node.type !== 'null' && node.type !== 'string') {
      return [finding('KP-010', node, 'The name of the owner must be a string; the API server rejects this.')];
    }
    return [
      finding(
        'KP-010',
        node && node.end > node.start ? node : headOf(owner),
        'The owner has no name; RBAC rejects it.',
      ),
    ];
  }
  const placeholder = checkPlaceholder(named, context);
  if (placeholder) return [placeholder];
  if (isUnknown(named)) return [];
  const name = String(named.value);
  if (name !== name.trim()) {
    const message =
      'There is white space around the name. It is compared letter by letter, so this user never gets in.';
    return [finding('KP-011', named, message, [correct(named, name.trim())])];
  }
  if (kind === 'User' && name !== name.toLowerCase()) {
    const message =
      'The name is compared letter by letter with what the identity provider sends, and most send lower case: this user may not get in.';
    return [finding('KP-011', named, message, [{ ...correct(named, name.toLowerCase()), preferred: false }])];
  }
  return [];
}

/** KP-001, KP-002 and KP-015 */
function checkPlugins(root: DocObject, context: ManifestContext): Finding[] {
  const spec = get(root, 'spec');
  const misplaced = [root, get(root, 'metadata')].flatMap((parent) => {
    const found = entry(parent, 'plugins');
    return parent?.type === 'object' && found ? [{ parent, found }] : [];
  });
  const findings = misplaced.map(({ parent, found }) => {
    const fixes = spec?.type === 'object' && !entry(spec, 'plugins') ? movePlugins(parent, found, spec) : [];
    return finding(
      'KP-015',
      found.key,
      'plugins belongs under spec: here nothing reads it, and no role is set.',
      fixes,
    );
  });
  const plugins = entry(spec, 'plugins');
  const lists = [...misplaced.map(({ found }) => found), ...(plugins ? [plugins] : [])].map((one) =>
    checkList(one, context),
  );
  findings.push(...lists.flatMap(({ found }) => found));
  const settled = context.partial === true || lists.some((one) => one.settled);
  const owner = get(spec, 'owner');
  if (!settled && owner && spec?.type === 'object') {
    const message =
      'This profile has no AwsIamForServiceAccount plugin: on EKS its pipelines run with the identity of the node, and S3 refuses them.';
    const where = plugins?.key ?? find(root, 'metadata', 'name') ?? headOf(spec);
    findings.push(finding('KP-002', where, message, addPlugin(spec, plugins, context)));
  }
  return findings;
}

/** A list of plugins. `settled` is true where it has the IRSA plugin, or cannot be read far enough to say that it has not. */
function checkList({ key, value }: DocEntry, context: ManifestContext): { settled: boolean; found: Finding[] } {
  if (value.type === 'object') {
    const { ours, found } = checkPlugin(value, context);
    const message = 'plugins must be a list; the API server rejects an object.';
    return { settled: ours, found: [finding('KP-015', key, message, wrapInList(value, isBlock(value))), ...found] };
  }
  if (value.type !== 'array') {
    const wrong = value.type !== 'null' && !isUnknown(value);
    const message = 'plugins must be a list of objects with kind and spec.';
    return { settled: value.type !== 'null', found: wrong ? [finding('KP-015', value, message)] : [] };
  }
  const items = value.items.map((item) => {
    if (isUnknown(item)) return { ours: true, found: [] };
    if (item.type === 'object') return checkPlugin(item, context);
    const where = item.end > item.start ? item : key;
    return {
      ours: false,
      found: [finding('KP-015', where, 'A plugin is an object with kind and spec; this is rejected.')],
    };
  });
  return {
    settled: items.some(({ ours }) => ours),
    found: [
      ...items.flatMap(({ found }) => found),
      ...checkSideBySide(
        value,
        items.map(({ ours }) => ours),
        context,
      ),
    ],
  };
}

/** KP-081 and KP-084: plugins that do not go together. */
function checkSideBySide(plugins: DocArray, meant: readonly boolean[], { partial }: ManifestContext): Finding[] {
  const kinds = plugins.items.map((item) => textOf(get(item, 'kind')));
  // What is meant for one counts: its kind has a finding of its own.
  const aws = plugins.items.map((item, index) => {
    const kind = get(item, 'kind');
    const other = kind === undefined ? partial === true : isUnknown(kind) || OTHER_PLUGINS.includes(kinds[index] ?? '');
    return meant[index] === true && item.type === 'object' && !other;
  });
  const first = aws.indexOf(true);
  const one = plugins.items[first];
  if (one === undefined) return [];
  return plugins.items.flatMap((item, index) => {
    const kind = get(item, 'kind');
    const remove = (same: boolean): Fix => ({
      title: 'Remove this plugin',
      edits: removeItems(plugins, [index]),
      preferred: same,
    });
    if (aws[index] === true && index !== first) {
      const same = JSON.stringify(toJson(item)) === JSON.stringify(toJson(one));
      const message =
        'This is the second AWS plugin: the controller applies both, and the role of default-editor flips between them without end.';
      const where = kind ?? (item.type === 'object' ? headOf(item) : item);
      return [finding('KP-081', where, message, [remove(same)])];
    }
    if (!kind || !OTHER_PLUGINS.includes(kinds[index] ?? '')) return [];
    const message = `${kinds[index] ?? ''} asks for credentials of Google Cloud. On EKS the controller fails here again and again${index < first ? ', before it comes to the AWS plugin: no role is set' : ''}.`;
    return [finding('KP-084', kind, message, [remove(false)])];
  });
}

/** One item of `spec.plugins`. `ours` is true if the author meant the IRSA plugin, or a plugin of another cloud. */
function checkPlugin(item: DocObject, context: ManifestContext): { ours: boolean; found: Finding[] } {
  const kindNode = get(item, 'kind');
  const kind = textOf(kindNode);
  if (kindNode && isUnknown(kindNode)) return { ours: true, found: [] };
  if (kind !== undefined && OTHER_PLUGINS.includes(kind)) return { ours: true, found: [] };
  const spec = entry(item, 'spec');
  const direct = item.entries.filter(({ key }) => SPEC_KEYS.some((name) => isSameKey(key, name)));
  const meansRole = [...direct, ...(spec?.value.type === 'object' ? spec.value.entries : [])].some(({ key }) =>
    isSameKey(key, 'awsIamRole'),
  );
  const found: Finding[] = [];
  if (!kindNode || kind === undefined) {
    if (context.partial === true && !kindNode) return { ours: true, found: [] };
    const fixes: Fix[] = meansRole
      ? [
          {
            title: `Add kind: ${PLUGIN_KIND}`,
            edits: kindNode ? [replaceValue(kindNode, PLUGIN_KIND)] : addEntry(item, 'kind', PLUGIN_KIND),
            preferred: true,
          },
        ]
      : [];
    found.push(
      finding('KP-001', headOf(item), 'The plugin has no kind, so the controller skips it and sets no role.', fixes),
    );
  } else if (kind !== PLUGIN_KIND) {
    const close = meansRole || /aws|iam/i.test(kind);
    const fixes = close ? [correct(kindNode, PLUGIN_KIND)] : [];
    const message = `The controller does not know a plugin "${shorten(kind)}" (the match is letter by letter) and skips it: no role is set.`;
    found.push(finding('KP-001', kindNode, message, fixes, close ? 'error' : 'warning'));
    if (!close) return { ours: false, found };
  }
  const [first] = direct;
  if (first && !spec) {
    const from = item.entries.indexOf(first);
    const together = direct.every((one, index) => item.entries[from + index] === one);
    const fixes: Fix[] = together
      ? [{ title: 'Move into spec', edits: nestEntries(direct, 'spec'), preferred: true }]
      : [];
    const message =
      'The settings of a plugin belong into its spec: here the API server drops them, and the role stays empty.';
    found.push(finding('KP-015', first.key, message, fixes));
    // They are judged where they are.
    const here: DocObject = { ...item, entries: direct };
    found.push(...checkSpec(first, here, context));
  } else if (!spec || spec.value.type === 'null') {
    if (context.partial !== true || spec) {
      const message = 'The plugin has no spec, so its role is empty: the controller fails again and again.';
      found.push(
        finding(
          'KP-015',
          spec?.key ?? headOf(item),
          message,
          roleFixes(
            context,
            (role) => ({ awsIamRole: role, annotateOnly: true }),
            (data) => (spec ? [replaceValue(spec.value, data)] : addEntry(item, 'spec', data)),
          ),
        ),
      );
    }
  } else if (spec.value.type !== 'object') {
    if (!isUnknown(spec.value))
      found.push(finding('KP-015', spec.value, 'The spec of a plugin is an object; the API server rejects this.'));
  } else found.push(...checkSpec(spec, spec.value, context));
  return { ours: true, found };
}

const SPEC_KEYS = ['awsIamRole', 'annotateOnly'] as const;
/** Names that people write for the role, from other tools and from memory. */
const ROLE_LIKE = /role|arn/i;
const ANNOTATE_LIKE = /annotat/i;

const isSameKey = (key: DocScalar, name: string): boolean => String(key.value).toLowerCase() === name.toLowerCase();

/** KP-003, KP-005, KP-006 and what checkRole says */
function checkSpec(specEntry: DocEntry, spec: DocObject, context: ManifestContext): Finding[] {
  const findings: Finding[] = [];
  let [role, annotate] = SPEC_KEYS.map((name) => spec.entries.findLast(({ key }) => isSameKey(key, name)));
  /** What an unknown key is renamed to: each of our keys once. */
  const free = new Set<string>([...(role ? [] : ['awsIamRole']), ...(annotate ? [] : ['annotateOnly'])]);
  for (const one of spec.entries) {
    const key = String(one.key.value);
    if (isUnknown(one.key)) return findings;
    const canonical = SPEC_KEYS.find((name) => isSameKey(one.key, name));
    if (canonical === key) continue;
    if (canonical !== undefined) {
      const message = `The controller reads ${key} as ${canonical}, because Go ignores case; other tools do not.`;
      const fixes = entry(spec, canonical) ? [] : [renameFix(one, canonical)];
      findings.push(finding('KP-005', one.key, message, fixes, 'hint'));
      continue;
    }
    const guess = ANNOTATE_LIKE.test(key) ? 'annotateOnly' : ROLE_LIKE.test(key) ? 'awsIamRole' : undefined;
    const message = `The plugin does not read "${shorten(key)}": it knows awsIamRole and annotateOnly and ignores the rest, without an error.`;
    if (guess !== undefined && free.delete(guess)) {
      // Its value is judged as what it is meant to be.
      if (guess === 'awsIamRole') role = one;
      else annotate = one;
      findings.push(finding('KP-005', one.key, message, [renameFix(one, guess)]));
    } else {
      const fix: Fix = {
        title: `Remove ${shorten(key)}`,
        edits: removeEntry(spec, one),
        preferred: guess !== undefined,
      };
      findings.push(finding('KP-005', one.key, message, [fix]));
    }
  }
  if (role) findings.push(...checkRoleEntry(role, annotate, context));
  else if (context.partial !== true) {
    const fixes = roleFixes(
      context,
      (value) => value,
      (value) => addEntry(spec, 'awsIamRole', value),
    );
    const where = spec.entries.length > 0 ? specEntry.key : spec;
    findings.push(
      finding(
        'KP-003',
        where,
        'awsIamRole is missing: the controller fails again and again. A new service account gets no role, one that has a role keeps it.',
        fixes,
      ),
    );
  }
  if (annotate) findings.push(...checkAnnotateOnly(annotate.value, context));
  return findings;
}

const renameFix = (one: DocEntry, key: string): Fix => ({
  title: `Rename to ${key}`,
  edits: [renameKey(one, key)],
  preferred: true,
});

function checkRoleEntry(role: DocEntry, annotate: DocEntry | undefined, context: ManifestContext): Finding[] {
  const node = role.value;
  const written = filled(node);
  if (written) {
    const findings = checkRole(written, context);
    const account = /^arn:[^:]*:iam::(\d{12}):role\//.exec(String(written.value))?.[1];
    const flag = annotate?.value;
    const mutates = flag === undefined ? context.partial !== true : flag.type === 'boolean' && flag.value === false;
    if (mutates && account !== undefined && context.account !== undefined && account !== context.account) {
      const message = `The role is in account ${account}, the cluster in ${context.account}. With annotateOnly false the controller would edit a role of the same name in its own account.`;
      const spec = annotate ? [correct(annotate.value, true)] : [];
      findings.push(finding('KP-022', node, message, spec));
    }
    return findings;
  }
  if (node.type === 'null' || node.type === 'string') {
    const fixes = roleFixes(
      context,
      (value) => value,
      (value) => [replaceValue(node, value)],
    );
    return [
      finding(
        'KP-003',
        role.key,
        'awsIamRole is empty: the controller fails again and again. A new service account gets no role, one that has a role keeps it.',
        fixes,
      ),
    ];
  }
  return [finding('KP-006', node.type === 'object' ? headOf(node) : node, `awsIamRole must be a string. ${STOPS}`)];
}

/** What a value that Go cannot decode does to the controller (the catalogue, KP-006). */
const STOPS =
  'The profile controller crashes on it: this stops the controller of all teams (releases up to 1.10.0 and 2.0.0), or this Profile for ever.';

/** KP-006 */
function checkAnnotateOnly(node: DocNode, context: ManifestContext): Finding[] {
  if (node.type === 'boolean' || node.type === 'null' || isUnknown(node)) return [];
  if (node.type === 'string') {
    const placeholder = checkPlaceholder(node, context);
    if (placeholder) return [placeholder];
    const text = String(node.value).trim().toLowerCase();
    const yes = ['true', 'yes', 'on', 'y'].includes(text);
    const meaning = yes || ['false', 'no', 'off', 'n'].includes(text);
    const plain = node.source.format === 'yaml' && !/['"|>]/.test(node.source.text[node.start] ?? '');
    const fix: Fix = { title: `Change to ${yes}`, edits: [plainValue(node, yes)], preferred: meaning };
    if (plain && meaning) {
      const message = `kubectl (YAML 1.1) reads ${text} as ${yes}, other tools as a string, and then it stops the controller of all teams.`;
      return [finding('KP-006', node, message, [fix], 'warning')];
    }
    const message = meaning ? `This is a string, not a boolean. ${STOPS}` : `annotateOnly is true or false. ${STOPS}`;
    return [
      finding(
        'KP-006',
        node,
        message,
        meaning
          ? [fix]
          : [true, false].map((value) => ({ ...fix, title: `Change to ${value}`, edits: [plainValue(node, value)] })),
      ),
    ];
  }
  const where = node.type === 'object' ? headOf(node) : node;
  return [finding('KP-006', where, `annotateOnly is true or false. ${STOPS}`)];
}

/** A boolean where a string stood: without its quotes. */
const plainValue = (node: DocNode, value: boolean): Edit => ({ ...replaceValue(node, value), newText: String(value) });

const quoteValue = (node: DocNode, text: string): Edit => ({
  ...replaceValue(node, text),
  newText: JSON.stringify(text),
});

/**
 * Fixes that need a role: with the known one, else a snippet, and the way to create one.
 *
 * @param shape what is written for a role
 * @param edit how it is written
 */
function roleFixes(
  context: ManifestContext,
  shape: (role: string) => Json,
  edit: (value: Json) => readonly Edit[],
): Fix[] {
  const known = knownRole(context);
  const fixes: Fix[] = [];
  if (known !== undefined) fixes.push({ title: `Use ${known}`, edits: edit(shape(known)), preferred: true });
  else {
    const snippet = edit(shape('arn:aws:iam::ACCOUNT:role/ROLE')).map(({ newText, ...range }) => ({
      ...range,
      newText: newText.replaceAll('$', '\\$').replace('ACCOUNT', '${1:account}').replace('ROLE', '${2:name}'),
    }));
    fixes.push({ title: 'Write the ARN of a role', edits: snippet, snippet: true });
  }
  const { profile } = context;
  if (profile !== undefined) {
    fixes.push({ title: 'Create the role…', edits: [], command: { id: 'createRole', arguments: { profile } } });
  }
  return fixes;
}

function addPlugin(spec: DocObject, plugins: DocEntry | undefined, context: ManifestContext): Fix[] {
  const plugin = (role: string): Json => ({ kind: PLUGIN_KIND, spec: { awsIamRole: role, annotateOnly: true } });
  const edit = (value: Json): readonly Edit[] => {
    if (!plugins) return addEntry(spec, 'plugins', [value]);
    const list = plugins.value;
    // It must become a list first, which has a fix of its own.
    if (list.type === 'object') return [];
    return list.type === 'array' && (list.items.length > 0 || !isBlock(spec) || holdsComment(list))
      ? addItems(list, [value])
      : [fillEntry(spec, plugins, [value])];
  };
  return roleFixes(context, plugin, edit).map((fix) =>
    fix.edits.length > 0
      ? { ...fix, title: `Add the IRSA plugin: ${fix.title.charAt(0).toLowerCase()}${fix.title.slice(1)}` }
      : fix,
  );
}

/** Moves block YAML by its lines, so that comments come along; anything else by its data. */
function movePlugins(parent: DocObject, found: DocEntry, spec: DocObject): Fix[] {
  const byLines = isBlock(spec) && isBlock(parent);
  const added = addEntry(spec, 'plugins', toJson(found.value)).map((edit) =>
    byLines ? { ...edit, newText: reindented(found, spec) } : edit,
  );
  const edits = [...removeEntry(parent, found), ...added];
  return [
    byLines
      ? { title: 'Move under spec', edits, preferred: true }
      : rewriting('Move under spec', edits, found.value, endOfLine(spec.source.text, found.value.end)),
  ];
}

/** The lines of an entry at the indentation of the entries of `spec`. */
function reindented(found: DocEntry, spec: DocObject): string {
  const { text } = spec.source;
  const columnOf = (offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);
  const by = columnOf(spec.start) - columnOf(found.key.start);
  const lines = text.slice(found.key.start, endOfLine(text, found.value.end)).split('\n');
  const moved = lines.map((line, index) => {
    if (index === 0) return ' '.repeat(columnOf(spec.start)) + line;
    return by >= 0
      ? ' '.repeat(line.trim() === '' ? 0 : by) + line
      : line.slice(Math.min(-by, /^ */.exec(line)?.[0].length ?? 0));
  });
  return lineEnd(text, spec.start) + moved.join('\n');
}

/** An object becomes the only item of a list. */
function wrapInList({ start, end, source }: DocObject, block: boolean): Fix[] {
  const edits = block
    ? [{ start, end: start, newText: '- ' }, ...indentLines(source.text, start, end)]
    : [
        { start, end: start, newText: '[' },
        { start: end, end, newText: ']' },
      ];
  return [{ title: 'Make it a list', edits, preferred: true }];
}
