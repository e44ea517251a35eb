import {
  addEntry,
  isBlock,
  nestEntries,
  removeEntry,
  removeItems,
  renameKey,
  replaceValue,
} from '../../document/edit.ts';
import {
  type DocArray,
  type DocEntry,
  type DocNode,
  type DocObject,
  type DocScalar,
  entry,
  find,
  get,
  textOf,
} from '../../document/node.ts';
import { type Edit, finding, type Fix, type Seen } from '../../finding.ts';
import { checkPlaceholder, correct, headOf, hasHole, type ManifestContext, shorten, toJson } from '../manifest.ts';
import { addPlugin, movePlugins, roleFixes, wrapInList } from './fixes.ts';
import { checkRole, filled } from './role.ts';
import { PLUGIN_KIND } from '../../profile/names.ts';

/** Plugins that the controller knows besides ours: of a cluster on Google Cloud (plugin_workload_identity.go). */
const OTHER_PLUGINS = ['WorkloadIdentity'];

/** KP-001, KP-002 and KP-015 */
export function checkPlugins(root: DocObject, context: ManifestContext): Seen[] {
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
  if (!settled && (context.eks === true || context.live === true) && owner && spec?.type === 'object') {
    const message =
      'This profile has no AwsIamForServiceAccount plugin: on EKS its pipelines run with the identity of the node, and S3 refuses them.';
    const where = plugins?.key ?? find(root, 'metadata', 'name') ?? headOf(spec);
    findings.push(finding('KP-002', where, message, addPlugin(spec, plugins, context)));
  }
  return findings;
}

/** A list of plugins. `settled` is true where it has the IRSA plugin, or cannot be read far enough to say that it has not. */
export function checkList({ key, value }: DocEntry, context: ManifestContext): { settled: boolean; found: Seen[] } {
  if (value.type === 'object') {
    const { ours, found } = checkPlugin(value, context);
    const message = 'plugins must be a list; the API server rejects an object.';
    return { settled: ours, found: [finding('KP-015', key, message, wrapInList(value, isBlock(value))), ...found] };
  }
  if (value.type !== 'array') {
    const wrong = value.type !== 'null' && !hasHole(value);
    const message = 'plugins must be a list of objects with kind and spec.';
    return { settled: value.type !== 'null', found: wrong ? [finding('KP-015', value, message)] : [] };
  }
  const items = value.items.map((item) => {
    if (hasHole(item)) return { ours: true, found: [] };
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
function checkSideBySide(plugins: DocArray, meant: readonly boolean[], { partial }: ManifestContext): Seen[] {
  const kinds = plugins.items.map((item) => textOf(get(item, 'kind')));
  // What is meant for one counts: its kind has a finding of its own.
  const aws = plugins.items.map((item, index) => {
    const kind = get(item, 'kind');
    const other = kind === undefined ? partial === true : hasHole(kind) || OTHER_PLUGINS.includes(kinds[index] ?? '');
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
export function checkPlugin(item: DocObject, context: ManifestContext): { ours: boolean; found: Seen[] } {
  const kindNode = get(item, 'kind');
  const kind = textOf(kindNode);
  if (kindNode && hasHole(kindNode)) return { ours: true, found: [] };
  if (kind !== undefined && OTHER_PLUGINS.includes(kind)) return { ours: true, found: [] };
  const spec = entry(item, 'spec');
  const direct = item.entries.filter(({ key }) => SPEC_KEYS.some((name) => isSameKey(key, name)));
  const meansRole = [...direct, ...(spec?.value.type === 'object' ? spec.value.entries : [])].some(({ key }) =>
    isSameKey(key, 'awsIamRole'),
  );
  const found: Seen[] = [];
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
    if (!hasHole(spec.value))
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
export function checkSpec(specEntry: DocEntry, spec: DocObject, context: ManifestContext): Seen[] {
  const findings: Seen[] = [];
  let [role, annotate] = SPEC_KEYS.map((name) => spec.entries.findLast(({ key }) => isSameKey(key, name)));
  /** What an unknown key is renamed to: each of our keys once. */
  const free = new Set<string>([...(role ? [] : ['awsIamRole']), ...(annotate ? [] : ['annotateOnly'])]);
  for (const one of spec.entries) {
    const key = String(one.key.value);
    if (hasHole(one.key)) return findings;
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

function checkRoleEntry(role: DocEntry, annotate: DocEntry | undefined, context: ManifestContext): Seen[] {
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
export function checkAnnotateOnly(node: DocNode, context: ManifestContext): Seen[] {
  if (node.type === 'boolean' || node.type === 'null' || hasHole(node)) return [];
  if (node.type === 'string') {
    const placeholder = checkPlaceholder(node, context);
    if (placeholder) return placeholder;
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
