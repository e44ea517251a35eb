/** Where a file speaks of a live profile, and at which of its lines a live finding of that profile is shown. Pure. */
import { roleNameOf } from '../arn/arn.ts';
import { find, get, HOLE, textOf, type DocNode, type DocObject } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import { isTemplate } from '../document/template.ts';
import { declaredIn, type DriftFile } from '../drift/declared.ts';
import type { Finding, Severity } from '../finding.ts';
import type { FailureModeId } from '../modes/ids.ts';
import type { Fact } from '../modes/mode.ts';
import { failureMode } from '../modes/table.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { PLUGIN_KIND, ROLE_ANNOTATION } from '../profile/names.ts';
import { spoken } from '../text.ts';
import { checkOf } from './checks.ts';
import type { CheckId } from './parts.ts';

interface Place {
  readonly start: number;
  readonly end: number;
}

/** What of an object a finding can be about. */
type Spot = 'name' | 'plugin' | 'role' | 'owner' | 'quota' | 'root' | 'providers' | 'trust' | 'permissions';

/** An object of a file that a live profile is made of. */
export interface Subject {
  readonly kind: 'profile' | 'serviceAccount' | 'configMap' | 'role';
  readonly name: string;
  /** Of a service account and of a ConfigMap. */
  readonly namespace?: string;
  /** The account that a Profile's role is of: of several clusters with such a profile those of that account are meant. */
  readonly account?: string;
  readonly spots: Readonly<Partial<Record<Spot, Place>>> & { readonly name: Place };
  /** All that is said of it stands here. */
  readonly whole: Place;
}

/** A finding of a profile as the tree has it. */
export interface SeenLive {
  /** The object that it may be shown at: its place among the subjects of the file. */
  readonly subject: number;
  readonly id: FailureModeId;
  readonly message: string;
  readonly severity: Severity;
}

/** ConfigMaps of a profile, and what is read of them. */
const CONFIG_MAPS: Readonly<Record<string, Fact>> = {
  'kfp-launcher': 'launcher',
  'artifact-repositories': 'repositories',
};

/** What is about the service account, in its own manifest and in the Profile that it comes of. */
const OF_ACCOUNT: Readonly<Partial<Record<CheckId, Spot>>> = {
  'service-account': 'role',
  role: 'role',
  trust: 'role',
  permissions: 'role',
  'pod-identity': 'name',
  pods: 'name',
};
/** Where the findings of each part of the check list are shown, by the kind of the object; a part that is not here is not about it. */
const SPOTS: Readonly<Record<Subject['kind'], Readonly<Partial<Record<CheckId, Spot>>>>> = {
  profile: {
    surroundings: 'name',
    provider: 'name',
    profile: 'plugin',
    controller: 'name',
    ...OF_ACCOUNT,
    artifacts: 'name',
  },
  serviceAccount: OF_ACCOUNT,
  configMap: { artifacts: 'root' },
  role: { role: 'name', trust: 'trust', permissions: 'permissions' },
};

/** Findings that are about another place than the rest of their part, where the object has it. */
const OWN: Readonly<Partial<Record<FailureModeId, Spot>>> = {
  'KP-003': 'role',
  'KP-004': 'role',
  'KP-007': 'role',
  'KP-034': 'role',
  'KP-036': 'role',
  'KP-008': 'name',
  'KP-009': 'name',
  'KP-010': 'owner',
  'KP-011': 'owner',
  'KP-014': 'owner',
  'KP-016': 'quota',
  'KP-056': 'providers',
  'KP-057': 'providers',
};
/** What stands for a place that an object does not have. */
const ELSE: Readonly<Partial<Record<Spot, Spot>>> = { role: 'plugin' };

const known = (node: DocNode | undefined): string | undefined => {
  const text = textOf(node);
  return text === undefined || text === '' || text.includes(HOLE) ? undefined : text;
};

/** The objects of a file that a live profile is made of. Never throws. A template has none: what it makes has no name yet. */
export function subjectsIn(file: DriftFile): readonly Subject[] {
  const { text, language, path } = file;
  if (isTemplate(text)) return [];
  const documents = /Profile|ServiceAccount|ConfigMap/.test(text)
    ? parse(text, language ?? (/\.json$/i.test(path) ? 'json' : undefined)).documents
    : [];
  const objects = documents.flatMap(({ root }) => (root === undefined ? [] : objectsOf(root, 0)));
  const declared = declaredIn([file]).declared.filter(({ kind }) => kind === 'role');
  const starts = declared.map(({ start, says }) => Math.min(start, ...says.map((one) => one.start)));
  return [
    ...objects,
    ...declared.map(({ name, start, end, says }, index): Subject => {
      const of = (wanted: string): Place | undefined => says.find(({ what }) => what === wanted);
      return {
        ...{ kind: 'role', name },
        spots: spots({ name: { start, end }, trust: of('trust'), permissions: of('inline') }),
        whole: { start: starts[index] ?? start, end: starts[index + 1] ?? text.length },
      };
    }),
  ];
}

function spots({
  name,
  ...others
}: Readonly<Partial<Record<Spot, Place | undefined>>> & { readonly name: Place }): Subject['spots'] {
  const there = Object.entries(others).flatMap(([spot, at]) =>
    at === undefined ? [] : [[spot, { start: at.start, end: at.end }] as const],
  );
  return { name: { start: name.start, end: name.end }, ...Object.fromEntries(there) };
}

function objectsOf(root: DocNode, depth: number): readonly Subject[] {
  if (root.type !== 'object' || depth > 4) return [];
  const items = get(root, 'items');
  if (items?.type === 'array') return items.items.flatMap((item) => objectsOf(item, depth + 1));
  const at = find(root, 'metadata', 'name');
  const name = known(at);
  if (at === undefined || name === undefined) return [];
  const whole = { start: root.start, end: root.end };
  if (textOf(get(root, 'kind')) === 'Profile' && textOf(get(root, 'apiVersion'))?.startsWith('kubeflow.org/') === true)
    return [{ ...profileOf(root, at), name, whole }];
  const namespace = known(find(root, 'metadata', 'namespace'));
  if (namespace === undefined || textOf(get(root, 'apiVersion')) !== 'v1') return [];
  if (textOf(get(root, 'kind')) === 'ServiceAccount' && name === SERVICE_ACCOUNT) {
    const role = find(root, 'metadata', 'annotations', ROLE_ANNOTATION);
    return [{ kind: 'serviceAccount', name, namespace, whole, spots: spots({ name: at, role }) }];
  }
  if (textOf(get(root, 'kind')) !== 'ConfigMap' || !Object.hasOwn(CONFIG_MAPS, name)) return [];
  const entry = (key: string): Place | undefined => {
    const node = find(root, 'data', key);
    return node && firstLine(node);
  };
  const providers = entry('providers');
  const its = spots({ name: at, root: entry('defaultPipelineRoot') ?? entry('default-namespaced'), providers });
  return [{ kind: 'configMap', name, namespace, whole, spots: its }];
}

function profileOf(root: DocObject, at: DocNode): Pick<Subject, 'kind' | 'spots' | 'account'> {
  const plugins = find(root, 'spec', 'plugins');
  const list = plugins?.type === 'array' ? plugins.items : [];
  const plugin = list.find((one) => textOf(get(one, 'kind')) === PLUGIN_KIND) ?? list[0];
  const role = find(plugin, 'spec', 'awsIamRole');
  const quota = find(root, 'spec', 'resourceQuotaSpec');
  const arn = known(role) ?? '';
  const account = roleNameOf(arn) === undefined ? undefined : arn.split(':')[4];
  return {
    kind: 'profile',
    ...(account === undefined ? {} : { account }),
    spots: spots({
      name: at,
      plugin: get(plugin, 'kind') ?? (plugin && firstLine(plugin)),
      role,
      owner: find(root, 'spec', 'owner', 'name'),
      quota: quota && firstLine(quota),
    }),
  };
}

/** A whole policy or block would cover all else. */
function firstLine({ start, end, source }: DocNode): Place {
  const line = source.text.indexOf('\n', start);
  return { start, end: line < 0 ? end : Math.min(end, Math.max(line, start + 1)) };
}

/** Where a finding is shown at an object; undefined: it is not about it. */
export function spotOf({ kind, name, spots: its }: Subject, id: FailureModeId): Place | undefined {
  const check = checkOf(id);
  const usual = check && SPOTS[kind][check];
  if (usual === undefined) return undefined;
  const fact = CONFIG_MAPS[name];
  if (kind === 'configMap' && (fact === undefined || failureMode(id).reads?.includes(fact) !== true)) return undefined;
  const own = OWN[id];
  const wanted = own !== undefined && (its[own] !== undefined || its[ELSE[own] ?? own] !== undefined) ? own : usual;
  return its[wanted] ?? its[ELSE[wanted] ?? wanted] ?? its.name;
}

/**
 * Live findings at their places in a file. What lint says of the file itself (`said`) is not said again: the same id at the same object.
 *
 * @returns with each the index of what it is made of
 */
export function placed(
  subjects: readonly Subject[],
  seen: readonly SeenLive[],
  said: readonly Pick<Finding, 'id' | 'start' | 'end'>[],
): readonly { readonly finding: Finding; readonly of: number }[] {
  return seen.flatMap(({ subject: index, id, message, severity }, of) => {
    const subject = subjects[index];
    const at = subject && spotOf(subject, id);
    if (subject === undefined || at === undefined) return [];
    const { start, end } = subject.whole;
    if (said.some((one) => one.id === id && one.start < end && one.end > start)) return [];
    return [{ of, finding: { id, message: spoken(message), severity, ...at, fixes: [] } }];
  });
}
