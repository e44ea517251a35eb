import { renameKey, replaceValue } from '../../document/edit.ts';
import { type DocEntry, type DocNode, get } from '../../document/node.ts';
import { finding, type Fix, type Seen } from '../../finding.ts';
import { correct, hasHole, shorten } from '../manifest.ts';

/** Names without a slash that a ResourceQuota knows (Kubernetes, resource quotas). */
const KEYS: ReadonlySet<string> = new Set([
  ...['cpu', 'memory', 'storage', 'ephemeral-storage', 'pods', 'services', 'replicationcontrollers', 'resourcequotas'],
  ...['secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'],
  ...['requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
]);

/** Keys with a quota on which a pod must name its own request or limit. */
const COMPUTE: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

/** The pattern of the Profile CRD. */
const QUANTITY = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?(?:\d+(?:\.\d*)?|\.\d+))?$/;

export function checkResourceQuota(quota: DocEntry | undefined): Seen[] {
  const node = quota?.value;
  if (!node || node.type === 'null' || hasHole(node)) return [];
  if (node.type !== 'object')
    return [finding('KP-016', node, 'resourceQuotaSpec is an object with hard; the API server rejects this.')];
  const hard = get(node, 'hard');
  if (!hard || hard.type === 'null' || hasHole(hard)) return [];
  if (hard.type !== 'object')
    return [
      finding('KP-016', hard, 'hard is an object of resource names and quantities; the API server rejects this.'),
    ];
  return hard.entries.flatMap((entry) =>
    hasHole(entry.key) ? [] : [...checkKey(entry), ...checkQuantity(entry.value)],
  );
}

function checkKey(entry: DocEntry): Seen[] {
  const key = String(entry.key.value);
  if (COMPUTE.has(key)) {
    const message = `With a quota on ${key}, Kubernetes refuses pods that do not name it, as most pipeline pods do. Add a LimitRange with defaults.`;
    return [finding('KP-016', entry.key, message, [], 'information')];
  }
  if (KEYS.has(key) || /^(?:requests\.)?hugepages-/.test(key) || /^count\/[a-z0-9.-]+$/.test(key)) return [];
  if (key.includes('/')) {
    if (/^requests\./.test(key) || key.includes('storageclass.storage.k8s.io/')) return [];
    const name = key.replace(/^limits\./, '');
    const fix: Fix = {
      title: `Rename to requests.${name}`,
      edits: [renameKey(entry, `requests.${name}`)],
      preferred: true,
    };
    return [
      finding(
        'KP-016',
        entry.key,
        `A quota on ${shorten(name)} is written requests.${shorten(name)}; this one limits nothing.`,
        [fix],
        'warning',
      ),
    ];
  }
  const close = [...KEYS].find((known) => known.replace(/[.-]|s$/g, '') === key.toLowerCase().replace(/[._-]|s$/g, ''));
  const fixes: Fix[] =
    close === undefined ? [] : [{ title: `Rename to ${close}`, edits: [renameKey(entry, close)], preferred: true }];
  return [
    finding(
      'KP-016',
      entry.key,
      `Kubernetes has no quota "${shorten(key)}": the controller stops here, before it sets the role.`,
      fixes,
    ),
  ];
}

function checkQuantity(node: DocNode): Seen[] {
  if (node.type === 'number' && Number(node.value) >= 0) return [];
  const text = node.type === 'object' || node.type === 'array' ? '' : String(node.value);
  if (hasHole(node) || (node.type === 'string' && QUANTITY.test(text) && !text.startsWith('-'))) return [];
  const match = /^\s*(?<number>\d+(?:\.\d+)?)\s*(?<unit>[kmgtpe])(?<i>i?)b?\s*$/i.exec(text)?.groups;
  const message = `"${shorten(text)}" is not a quantity that can be a limit, such as 4, 500m or 8Gi: the API server rejects the Profile.`;
  const fixes: Fix[] = [];
  if (match) {
    const unit = match['unit'] ?? '';
    const { number = '' } = match;
    const binary = `${number}${unit.toUpperCase()}i`;
    const decimal = `${number}${unit.toLowerCase() === 'k' ? 'k' : unit.toUpperCase()}`;
    const sure = match['i'] !== '';
    if (!sure) fixes.push({ title: `Change to ${decimal}`, edits: [replaceValue(node, decimal)] });
    fixes.push({ ...correct(node, binary), preferred: sure });
  }
  return [
    finding('KP-016', node.type === 'object' ? { start: node.start, end: node.start + 1 } : node, message, fixes),
  ];
}
