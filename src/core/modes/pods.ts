/** Pods of a profile: who they are in AWS, as far as the API server shows it. */
import { isRoleKey } from '../annotations.ts';
import { addEntry, nestEntries, removeEntry, renameKey } from '../document/edit.ts';
import { type DocObject, entry, find, get, textOf } from '../document/node.ts';
import { finding, type Fix, type Seen } from '../finding.ts';
import { isSet, SKIP_LABEL } from '../inject/identity.ts';
import type { Pod, PodContainer } from '../observation.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { launcherPlace } from '../profile/launcher.ts';
import { ROLE_ANNOTATION } from '../profile/names.ts';
import { pipelinesVersion } from '../profile/pipelines.ts';
import { absent, found, valueOf } from '../reading.ts';
import type { Resource } from '../resource.ts';
import { hasHole } from './manifest.ts';
import { keysBesideRole } from './keys.ts';
import { modes } from './mode.ts';
import { objectIn, problem, type Problem, shownBy, type Evidence } from './problem.ts';
import { filled } from './profile/role.ts';
import { documents, type Example, editor, profile, ROLE } from './samples.ts';
import { WEBHOOK } from './sources.ts';
import { type ProfileView, quoted } from './view.ts';

export const podModes = modes({
  'KP-050': {
    title: 'Pod older than the annotation',
    severity: 'warning',
    symptom: 'AWS_ROLE_ARN is missing in the pod.',
    cause: 'The webhook acts only when a pod is created.',
    fix: 'Restart notebooks and ml-pipeline-ui-artifact.',
    sources: [WEBHOOK],
    reads: ['pods', 'serviceAccount'],
    live: [liveOldPods],
  },
  'KP-053': {
    title: 'Static AWS keys hide the role',
    severity: 'error',
    symptom: 'InvalidAccessKeyId, or calls by an unexpected principal.',
    cause: 'Keys in the environment come before the token in every SDK.',
    fix: 'Remove the keys from the environment, the secret and the PodDefault.',
    sources: ['AWS SDKs and Tools Reference Guide, credential provider chain'],
    folder: [keysBesideRole],
    reads: ['pods'],
    live: [liveKeys],
  },
  'KP-054': {
    title: 'Run uses another service account',
    severity: 'error',
    symptom: 'AccessDenied that names the role of the node.',
    cause: 'The run names pipeline-runner or default; Katib and TensorBoard use default.',
    fix: 'Run as default-editor.',
    sources: ['awslabs/kubeflow-manifests website (Katib, TensorBoard)'],
    reads: ['pods'],
    live: [liveOtherAccount],
  },
  'KP-069': {
    title: 'Role annotation where nothing reads it',
    severity: 'warning',
    symptom:
      'Pods do not get the role that stands at the pod, notebook, model server, workflow or deployment, at a service account beside its annotations, or in values of a chart beside serviceAccount.',
    cause: 'EKS reads the annotation of the service account of a pod, under metadata.annotations, and no other.',
    fix: 'Remove the annotation there. Give the role to the service account, for a profile through its plugin.',
    sources: [WEBHOOK, 'aws/amazon-eks-pod-identity-webhook pkg/cache/cache.go'],
    file: [ofWorkload],
    reads: ['pods', 'annotated', 'serviceAccount'],
    live: [liveAnnotated],
  },
});

const IRSA = 'AWS_ROLE_ARN';
const POD_IDENTITY = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
/** What pods of pipeline steps and of trials bear. */
const STEP = /^(?:workflows\.argoproj\.io\/workflow|katib\.kubeflow\.org\/(?:experiment|trial))$/;

const has = ({ containers }: Pod, name: string): boolean => containers.some((one) => isSet(one, name));
/** Whether EKS gave a pod an identity, by either way. */
export const hasIdentity = (pod: Pod): boolean => has(pod, IRSA) || has(pod, POD_IDENTITY);
const isStep = ({ labels }: Pod): boolean => Object.keys(labels).some((label) => STEP.test(label));
const isOver = ({ phase }: Pod): boolean => phase === 'Succeeded' || phase === 'Failed';

/** Names that are told, at most. */
const MOST = 3;
const namesOf = (pods: readonly { readonly name: string }[]): string => {
  const names = pods.map(({ name }) => quoted(name));
  return names.length <= MOST ? names.join(', ') : `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more`;
};
const each = (
  { cluster }: ProfileView,
  pods: readonly Pod[],
  what: string,
  value: (pod: Pod) => string,
): readonly Evidence[] =>
  pods
    .slice(0, MOST)
    .map((pod) => ({ what, where: objectIn(cluster, 'Pod', pod.name, pod.namespace), value: value(pod) }));

/** Pods that run as default-editor, or will. */
const ofEditor = ({ pods = absent }: ProfileView): readonly Pod[] =>
  (valueOf(pods) ?? []).filter((pod) => pod.serviceAccount === SERVICE_ACCOUNT && !isOver(pod));

/** KP-050: made before the service account had its role. The API server's clock tells both. */
function liveOldPods(view: ProfileView): readonly Problem[] {
  const { annotations = {}, roleSince } = valueOf(view.serviceAccount) ?? {};
  if ((annotations[ROLE_ANNOTATION] ?? '') === '' || roleSince === undefined) return [];
  const since = Date.parse(roleSince);
  const old = ofEditor(view).filter(
    (pod) => !hasIdentity(pod) && !Object.hasOwn(pod.labels, SKIP_LABEL) && Date.parse(pod.created ?? '') < since,
  );
  if (old.length === 0) return [];
  const message = `${namesOf(old)} ${old.length === 1 ? 'is' : 'are'} older than the role of ${SERVICE_ACCOUNT} (${roleSince}), and EKS looks at pods only when they are made: restart ${old.length === 1 ? 'it' : 'them'}.`;
  const when = { what: `annotation ${ROLE_ANNOTATION}, set`, where: editorOf(view), value: roleSince };
  return [
    {
      ...shownBy(problem('KP-050', message), when, ...each(view, old, 'created', ({ created = '' }) => created)),
      remark: true,
    },
  ];
}

const editorOf = ({ cluster, profile }: ProfileView): string =>
  objectIn(cluster, 'ServiceAccount', SERVICE_ACCOUNT, profile.metadata.name);

/** KP-053: keys that every SDK prefers to the role. */
function liveKeys(view: ProfileView): readonly Problem[] {
  const keyed = ofEditor(view).filter((pod) => KEYS.every((key) => pod.containers.some((one) => isSet(one, key))));
  if (keyed.length === 0) return [];
  const sources = new Set(
    keyed.flatMap(({ containers }) =>
      containers.flatMap((one) => (isSet(one, KEYS[0]) ? [one.from[KEYS[0]] ?? 'the template of the pod'] : [])),
    ),
  );
  const message = `${namesOf(keyed)}: AWS_ACCESS_KEY_ID is set, from ${[...sources].join(', ')}. SDKs take keys before the role.`;
  const value = ({ containers }: Pod): string =>
    containers.flatMap((one) => (isSet(one, KEYS[0]) ? [`${one.name}: ${one.from[KEYS[0]] ?? 'set'}`] : [])).join(', ');
  return [shownBy(problem('KP-053', message), ...each(view, keyed, KEYS[0], value))];
}

/** KP-054: steps and trials that run as somebody without a role. */
function liveOtherAccount(view: ProfileView): readonly Problem[] {
  const others = (valueOf(view.pods ?? absent) ?? []).filter(
    (pod) => isStep(pod) && pod.serviceAccount !== SERVICE_ACCOUNT && !hasIdentity(pod),
  );
  if (others.length === 0) return [];
  const accounts = [...new Set(others.map(({ serviceAccount }) => serviceAccount))];
  const message = `${namesOf(others)}: ${others.length === 1 ? 'it runs' : 'they run'} as ${accounts.join(', ')} and got no role, so that calls to AWS are those of the node. Run as ${SERVICE_ACCOUNT}.`;
  return [
    shownBy(
      problem('KP-054', message),
      ...each(view, others, 'serviceAccountName', ({ serviceAccount }) => serviceAccount),
    ),
  ];
}

/** KP-057: steps that have the role, and nothing that tells them a region. */
export function liveRegion(view: ProfileView): readonly Problem[] {
  const { launcher, pipelines = absent } = view;
  const release = pipelinesVersion(valueOf(pipelines)?.image ?? '');
  const data = valueOf(launcher)?.data;
  // As such a pod sees it.
  const place = launcherPlace(data, release === undefined ? {} : { version: release });
  if (place.state !== 's3' || place.credentials !== 'env' || place.region !== undefined) return [];
  const lost = ofEditor(view).filter(
    (pod) => isStep(pod) && hasIdentity(pod) && !has(pod, 'AWS_REGION') && !has(pod, 'AWS_DEFAULT_REGION'),
  );
  if (lost.length === 0) return [];
  const told = release === undefined ? '' : ` Kubeflow Pipelines is ${release}.`;
  const message = `${namesOf(lost)}: no AWS_REGION, and ConfigMap kfp-launcher tells no region that the launcher would read.${told} Give the pods AWS_REGION, or, from 2.17 on, set providers.s3.default.region.`;
  return [
    {
      ...shownBy(problem('KP-057', message), ...each(view, lost, 'AWS_REGION', () => 'not there'), {
        what: 'data',
        where: objectIn(view.cluster, 'ConfigMap', 'kfp-launcher', view.profile.metadata.name),
        value: JSON.stringify(data),
      }),
      remark: true,
    },
  ];
}

/** KP-069 in a cluster: where the service account has that role anyway, nobody misses anything. */
function liveAnnotated(view: ProfileView): readonly Problem[] {
  const { cluster, pods = absent, annotated = absent, serviceAccount } = view;
  const its = valueOf(serviceAccount)?.annotations[ROLE_ANNOTATION];
  const ofPods = (valueOf(pods) ?? []).flatMap(({ namespace, name, annotations, ...pod }) => {
    const role = annotations[ROLE_ANNOTATION];
    const has = pod.serviceAccount === SERVICE_ACCOUNT ? its : undefined;
    return role === undefined || role === has || isOver({ namespace, name, annotations, ...pod })
      ? []
      : [{ kind: 'Pod', namespace, name, role }];
  });
  const all = [...(valueOf(annotated) ?? []).filter(({ role }) => role !== its), ...ofPods];
  if (all.length === 0) return [];
  const named = all.map(({ kind, name }) => ({ name: `${kind} ${name}` }));
  const message = `${namesOf(named)}: the annotation ${ROLE_ANNOTATION} stands there, and EKS reads only that of the service account.`;
  const evidence = all.slice(0, MOST).map(({ kind, namespace, name, role }) => ({
    what: `annotation ${ROLE_ANNOTATION}`,
    where: objectIn(cluster, kind, name, namespace),
    value: role,
  }));
  return [{ ...shownBy(problem('KP-069', message), ...evidence), remark: true }];
}

/** KP-069 in a file: on what pods are made of, and in a wrong place of a service account. */
function ofWorkload(thing: Resource): Seen[] {
  if (thing.kind === 'serviceAccount') return misplaced(thing.root);
  if (thing.kind !== 'annotations') return [];
  const { root, of, besides } = thing;
  if (of === undefined) return besides === undefined ? [] : besideAccount(root, besides);
  return root.entries.flatMap((its) => {
    if (hasHole(its.key) || !isRoleKey(String(its.key.value)) || textOf(its.value) === '') return [];
    const fix = { title: 'Remove the annotation', edits: removeEntry(root, its) };
    const message = `EKS reads this annotation of the service account of a pod alone: on a ${of} nothing does.`;
    return [finding('KP-069', its.key, message, [fix])];
  });
}

/** Values of a chart in which the annotations of the service account stand a level too high. */
function besideAccount(root: DocObject, account: DocObject): Seen[] {
  return root.entries.flatMap((its) => {
    const value = filled(its.value);
    if (hasHole(its.key) || !isRoleKey(String(its.key.value)) || !value) return [];
    const message =
      'Charts take the annotations of the service account from serviceAccount.annotations: those beside serviceAccount go elsewhere, if anywhere, and pods get no role.';
    const edits = [
      ...removeEntry(root, its),
      ...addEntry(account, 'annotations', { [ROLE_ANNOTATION]: String(value.value) }),
    ];
    const fixes: Fix[] = hasHole(value) ? [] : [{ title: 'Move it to serviceAccount.annotations', edits }];
    return [finding('KP-069', its.key, message, fixes)];
  });
}

/** Where people put the annotation by mistake. */
const WRONG_PLACES = [
  ['metadata', 'labels'],
  ['metadata', 'annotation'],
  ['metadata'],
  ['annotations'],
  ['labels'],
  [],
];

/** The role of a service account that stands beside its annotations. */
function misplaced(root: DocObject): Seen[] {
  const metadata = get(root, 'metadata');
  const annotations = get(metadata, 'annotations');
  return WRONG_PLACES.flatMap((path) => {
    const parent = find(root, ...path);
    if (parent?.type !== 'object') return [];
    return parent.entries.flatMap((its) => {
      const value = filled(its.value);
      if (hasHole(its.key) || !isRoleKey(String(its.key.value)) || !value) return [];
      const place = path.length === 0 ? 'beside metadata' : `under ${path.join('.')}`;
      const message = `Nothing reads the role ${place}: it belongs under metadata.annotations.`;
      const fixes: Fix[] = [];
      const name = path.at(-1);
      const holder = name === 'annotation' ? entry(metadata, name) : undefined;
      if (annotations?.type === 'object' && !entry(annotations, ROLE_ANNOTATION) && parent !== metadata) {
        const edits = [...removeEntry(parent, its), ...addEntry(annotations, ROLE_ANNOTATION, String(value.value))];
        fixes.push({ title: 'Move it to metadata.annotations', edits, preferred: true });
      } else if (!annotations && holder) {
        fixes.push({ title: 'Rename to annotations', edits: [renameKey(holder, 'annotations')], preferred: true });
      } else if (!annotations && parent === metadata)
        fixes.push({
          title: 'Move it to metadata.annotations',
          edits: nestEntries([its], 'annotations'),
          preferred: true,
        });
      return [finding('KP-069', its.key, message, hasHole(value) ? [] : fixes, 'error')];
    });
  });
}

const pod = (change: Partial<Pod>, env: PodContainer['env'] = {}, from: PodContainer['from'] = {}): Pod => ({
  namespace: 'team-a',
  name: 'step-1',
  serviceAccount: SERVICE_ACCOUNT,
  created: '2026-01-02T00:00:00Z',
  phase: 'Running',
  annotations: {},
  labels: {},
  containers: [{ name: 'main', image: 'python:3.12', env, from }],
  ...change,
});
const TOKEN_FILE = 'AWS_WEB_IDENTITY_TOKEN_FILE';
const INJECTED = { [IRSA]: ROLE, [TOKEN_FILE]: '/token', AWS_REGION: 'us-west-2' };

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'keys in a PodDefault of a profile that has a role',
    kind: 'manifest',
    text: documents(
      profile(),
      `apiVersion: kubeflow.org/v1alpha1
kind: PodDefault
metadata:
  name: keys
  namespace: team-a
spec:
  env:
    - name: AWS_ACCESS_KEY_ID
      valueFrom: { secretKeyRef: { name: keys, key: id } }
`,
    ),
    finds: [['KP-053', 'AWS_ACCESS_KEY_ID']],
  },
  {
    name: 'a role annotation at a deployment and at its pods',
    kind: 'manifest',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: model
  annotations:
    eks.amazonaws.com/role-arn: ${ROLE}
spec:
  template:
    metadata:
      annotations:
        eks.amazonaws.com/role-arn: ${ROLE}
`,
    finds: [
      ['KP-069', 'eks.amazonaws.com/role-arn'],
      ['KP-069', 'eks.amazonaws.com/role-arn'],
    ],
  },
  {
    name: 'a pod that is older than the role',
    change: {
      serviceAccount: found({
        namespace: 'team-a',
        name: SERVICE_ACCOUNT,
        annotations: { [ROLE_ANNOTATION]: ROLE },
        roleSince: '2026-01-03T00:00:00Z',
      }),
      pods: found([pod({})]),
    },
    sees: ['KP-050'],
  },
  {
    name: 'a pod with static keys of a Secret',
    change: {
      pods: found([
        pod({}, INJECTED, { AWS_ACCESS_KEY_ID: 'Secret aws-secret', AWS_SECRET_ACCESS_KEY: 'Secret aws-secret' }),
      ]),
    },
    sees: ['KP-053'],
  },
  {
    name: 'a step of a pipeline that runs as pipeline-runner',
    change: {
      pods: found([pod({ serviceAccount: 'pipeline-runner', labels: { 'workflows.argoproj.io/workflow': 'run-1' } })]),
    },
    sees: ['KP-054'],
  },
  {
    name: 'a step of a pipeline without a region',
    change: {
      pods: found([
        pod({ labels: { 'workflows.argoproj.io/workflow': 'run-1' } }, { [IRSA]: ROLE, [TOKEN_FILE]: '/token' }),
      ]),
    },
    sees: ['KP-057'],
  },
  {
    name: 'a role annotation at a notebook',
    change: {
      serviceAccount: editor({ [ROLE_ANNOTATION]: ROLE }),
      annotated: found([{ kind: 'Notebook', namespace: 'team-a', name: 'nb', role: `${ROLE}-other` }]),
    },
    sees: ['KP-069'],
  },
  {
    name: 'pods that are right',
    change: {
      pods: found([pod({}, INJECTED), pod({ name: 'old', phase: 'Succeeded' }), pod({ serviceAccount: 'default' })]),
    },
    sees: [],
  },
];
