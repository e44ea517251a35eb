/** Service accounts and their role annotation. */
import { isMisspelt, KUBE2IAM, ROLE_PARAMETER } from '../annotations.ts';
import { ROLE_ARN } from '../arn/arn.ts';
import { removeEntry, renameKey, replaceValue } from '../document/edit.ts';
import {
  type DocEntry,
  type DocNode,
  type DocObject,
  type DocScalar,
  entry,
  find,
  get,
  textOf,
} from '../document/node.ts';
import { finding, type Fix, type Seen } from '../finding.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { irsaPlugin } from '../profile/manifest.ts';
import { AWS_ENDPOINT, ROLE_ANNOTATION } from '../profile/names.ts';
import { absent, found, valueOf } from '../reading.ts';
import type { Resource } from '../resource.ts';
import { liveNamespace } from './controller.ts';
import { type Folder, isOpen, placeOf } from './folder.ts';
import { hasHole, knownRole, inQuotes, type ManifestContext, shorten } from './manifest.ts';
import { type Example, ROLE, profile, serviceAccount, documents, editor, listed, role } from './samples.ts';
import { modes, type SeenIn } from './mode.ts';
import { livePodIdentity } from './pod-identity.ts';
import { objectIn, problem, type Problem, shownBy } from './problem.ts';
import { checkRole, filled } from './profile/role.ts';
import { CONTROLLER, PLUGIN, WEBHOOK } from './sources.ts';
import { type ProfileView, quoted } from './view.ts';

export const serviceAccountModes = modes({
  'KP-012': {
    title: 'Annotation fights the plugin',
    severity: 'warning',
    symptom: 'The annotation of default-editor flips back as soon as it is changed.',
    cause:
      'The plugin names one role, and a manifest, eksctl or Helm another. The controller writes its own on every round.',
    fix: 'Let the plugin own the annotation: put the ARN there and remove it from the other tool.',
    sources: [CONTROLLER, PLUGIN],
    folder: [overwrittenAnnotations],
    reads: ['serviceAccount'],
    live: [liveServiceAccount],
  },
  'KP-051': {
    title: 'Misspelt role annotation',
    severity: 'error',
    symptom: 'Nothing is injected into the pods.',
    cause: 'The webhook reads eks.amazonaws.com/role-arn and nothing else.',
    fix: 'Rename the annotation to eks.amazonaws.com/role-arn.',
    sources: [WEBHOOK, 'aws/amazon-eks-pod-identity-webhook#200'],
    file: [ofServiceAccount],
    reads: ['serviceAccount'],
    live: [liveServiceAccount],
  },
  'KP-091': {
    title: 'Annotation of EKS misspelt, or no text',
    severity: 'error',
    symptom: 'The API server rejects the service account, or pods get their token with other settings.',
    cause:
      'Annotations are texts: true and 3600 need quotes. The webhook reads audience, sts-regional-endpoints and token-expiration, by these names.',
    fix: 'Put the value in quotes; write the name as EKS has it.',
    sources: [WEBHOOK, 'aws/amazon-eks-pod-identity-webhook#110'],
    file: [ofServiceAccount],
    notLive: 'The API server refuses what is no text, and a name that nothing reads does no harm by itself.',
  },
  'KP-052': {
    title: 'Role annotation empty',
    severity: 'error',
    symptom: 'Pods start without a role.',
    cause: 'The value is empty: a failed substitution, or a CRD that dropped the spec of the plugin.',
    fix: 'Give it the ARN of the role, or remove it. In the cluster, restore the CRD and apply the Profile again.',
    sources: ['kubeflow/kubeflow#6618'],
    file: [ofServiceAccount],
    reads: ['serviceAccount'],
    live: [liveServiceAccount],
  },
  'KP-062': {
    title: 'Pod Identity and IRSA together',
    severity: 'warning',
    symptom: 'Pods run with an unexpected role.',
    cause: 'default-editor has a Pod Identity association and the annotation; the webhook prefers the association.',
    fix: 'Keep one of them.',
    sources: [WEBHOOK, 'EKS User Guide, Pod Identity'],
    aliases: ['P-DUAL-IDENTITY'],
    folder: [podIdentities],
    reads: ['association', 'serviceAccount', 'profile'],
    live: [livePodIdentity],
  },
  'KP-077': {
    title: 'KServe sends everything of AWS to S3',
    severity: 'warning',
    symptom: 'Model servers stop before they have the model: the SDK asks S3 for the credentials of the role.',
    cause:
      'KServe makes AWS_ENDPOINT_URL of serving.kserve.io/s3-endpoint, and SDKs send the calls of all services there, those of STS too.',
    fix: 'Remove serving.kserve.io/s3-endpoint from a service account with a role; serving.kserve.io/s3-region is enough.',
    sources: ['kserve/kserve#3482', 'AWS SDKs and Tools Reference Guide, service-specific endpoints'],
    file: [endpointBesideRole],
    reads: ['serviceAccount'],
    live: [liveEndpoint],
  },
  'KP-078': {
    title: 'KServe calls S3 without TLS, or without the role',
    severity: 'warning',
    symptom: 'Model servers are denied what the role may read.',
    cause:
      'serving.kserve.io/s3-usehttps: "0" calls S3 without TLS, which a bucket policy may refuse and keys of KMS always do; s3-useanoncredential: "true" signs no call, so that the role does not count.',
    fix: 'Remove serving.kserve.io/s3-usehttps and serving.kserve.io/s3-useanoncredential from a service account with a role.',
    sources: ['kserve/kserve pkg/credentials/s3/s3_secret.go', 'S3 User Guide, SSE-KMS'],
    file: [kserveBesideRole],
    reads: ['serviceAccount'],
    live: [liveKserve],
  },
  'KP-082': {
    title: 'Role left over from a plugin',
    severity: 'information',
    symptom: 'default-editor has a role that its Profile does not name (any more), and pods use it.',
    cause:
      'The controller never takes an annotation away, and never takes a subject out of the trust policy of a former role. Other tools may have set it, too.',
    fix: 'Name the role in the plugin, or remove the annotation of default-editor, and the subject from the trust policy of the role.',
    sources: [PLUGIN],
    reads: ['serviceAccount'],
    live: [liveServiceAccount],
  },
  'KP-088': {
    title: 'Controller stopped before its plugins',
    severity: 'error',
    symptom: 'default-editor is there and has no role, although the plugin names one.',
    cause:
      'Each round makes namespace, policies, service accounts, role bindings and quota before it comes to the plugins. A fault of one of these (owner, quota, Istio) ends the round there.',
    fix: 'Look at the log: kubectl logs deploy/profiles-deployment -n kubeflow -c manager. Mend what it names.',
    sources: [CONTROLLER],
    reads: ['serviceAccount'],
    live: [liveServiceAccount],
  },
  'KP-089': {
    title: 'Controller has made no default-editor',
    severity: 'error',
    symptom: 'The Profile exists, and its namespace or the service account default-editor does not.',
    cause:
      'The profile controller does not run, or stopped at the first things that it makes: the namespace, or what Istio needs.',
    fix: 'See that profiles-deployment runs, and look at its log: kubectl logs deploy/profiles-deployment -n kubeflow -c manager.',
    sources: [CONTROLLER],
    reads: ['serviceAccount'],
    live: [liveServiceAccount],
  },
});

/** A ServiceAccount, whole or a patch; annotations that become those of one, wherever they stand. */
export function ofServiceAccount(thing: Resource, given: ManifestContext): Seen[] {
  if (thing.kind === 'parameter') return ofParameter(thing.name, thing.value, given);
  if (thing.kind === 'annotations')
    return thing.of === undefined ? checkAnnotations(thing.root, given, thing.isAccount ? 'account' : 'any') : [];
  if (thing.kind !== 'serviceAccount') return [];
  const profile = textOf(find(thing.root, 'metadata', 'namespace'));
  const context = profile === undefined ? given : { ...given, profile };
  const annotations = find(thing.root, 'metadata', 'annotations');
  return annotations?.type === 'object' ? checkAnnotations(annotations, context, 'manifest') : [];
}

/** How much is known of a map of annotations: a manifest, values for a service account, or values for whatever it may be. */
type Of = 'manifest' | 'account' | 'any';

function checkAnnotations(annotations: DocObject, context: ManifestContext, of: Of): Seen[] {
  const judgeRole = (one: DocEntry): Seen[] =>
    of === 'manifest' ? checkAnnotation(annotations, one, context) : checkValue(one.value, context);
  return annotations.entries.flatMap((one) => {
    const key = String(one.key.value);
    if (hasHole(one.key)) return [];
    if (key === ROLE_ANNOTATION) return judgeRole(one);
    if (isMisspelt(key)) {
      // Its value is judged as what it is meant to be.
      const exists = annotations.entries.some(({ key }) => key.value === ROLE_ANNOTATION);
      return [misspelt(annotations, one, exists), ...judgeRole(one)];
    }
    if (key === KUBE2IAM) return of === 'any' ? [] : ofKube2iam(annotations, one);
    return key.startsWith(EKS) ? ofSetting(annotations, one, of) : [];
  });
}

const EKS = 'eks.amazonaws.com/';
/** What the webhook reads of a service account besides the role (aws/amazon-eks-pod-identity-webhook, pkg/annotations.go). */
const SETTINGS = ['audience', 'sts-regional-endpoints', 'token-expiration', 'role-arn', 'skip-containers'];

/** KP-091: another annotation of EKS. */
function ofSetting(annotations: DocObject, { key, value }: DocEntry, of: Of): Seen[] {
  const name = String(key.value).slice(EKS.length);
  const found: Seen[] = [];
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[^a-z]/g, '')
      .replace(/s$/, '');
  const meant = SETTINGS.find((one) => plain(one) === plain(name));
  if (meant !== undefined && meant !== name) {
    const right = EKS + meant;
    const fixes = entry(annotations, right)
      ? []
      : [{ title: `Rename to ${right}`, edits: [renameKey({ key, value }, right)], preferred: true }];
    found.push(
      finding('KP-091', key, `EKS reads ${right}; "${shorten(String(key.value))}" is not read.`, fixes, 'warning'),
    );
  }
  if (meant !== undefined && (value.type === 'number' || value.type === 'boolean')) {
    const message =
      'An annotation is a text: the API server rejects the service account with this value. Put it in quotes.';
    found.push(finding('KP-091', value, message, inQuotes(value), of === 'manifest' ? 'error' : 'warning'));
  }
  return found;
}

/** KP-051: the annotation of another tool, which reads it of pods. */
function ofKube2iam(annotations: DocObject, one: DocEntry): Seen[] {
  const value = filled(one.value);
  if (!value || hasHole(value) || entry(annotations, ROLE_ANNOTATION)) return [];
  const message = `kube2iam and kiam read ${KUBE2IAM} of pods; on a service account nothing does. EKS reads ${ROLE_ANNOTATION} there.`;
  const fix = { title: `Rename to ${ROLE_ANNOTATION}`, edits: [renameKey(one, ROLE_ANNOTATION)] };
  return [finding('KP-051', one.key, message, ROLE_ARN.test(String(value.value)) ? [fix] : [], 'warning')];
}

/**
 * The role in values that a tool makes a manifest of: none is there yet where it is empty, and what the tool fills in is no fault.
 * A word in place of the account may be a sample.
 */
function checkValue(value: DocNode, context: ManifestContext): Seen[] {
  const role = filled(value);
  if (!role) return [];
  return checkRole(role, { ...context, template: true, partial: true }).flatMap((one) => {
    // A word is likely to be an example; what an ARN lacks is an error wherever it stands.
    if (one.id === 'KP-007' && !String(role.value).includes(':')) return [{ ...one, severity: 'warning' as const }];
    if (one.id !== 'KP-004') return [one];
    return isRendered(role) ? [] : [{ ...one, severity: 'warning' as const }];
  });
}

/** Whether a tool is likely to fill in what stands there: not a word in the place of an account, nor in angle brackets. */
const isRendered = (node: DocScalar): boolean => hasHole(node) || /[$%]|\{\{/.test(String(node.value));

/** A parameter of Helm: a name whose dots are not escaped is a path of four steps. */
function ofParameter(name: DocScalar, value: DocNode, context: ManifestContext): Seen[] {
  const { key = '' } = ROLE_PARAMETER.exec(String(name.value))?.groups ?? {};
  const at = String(name.value).length - key.length;
  const right = ROLE_ANNOTATION.replaceAll('.', '\\.');
  if (/[\\"']/.test(key) && !/role(?:_|)arn/i.test(key)) return checkValue(value, context);
  const message = `Helm makes steps of dots: as "${shorten(key)}" the chart gets no annotation ${ROLE_ANNOTATION}. Write ${right}.`;
  const fix = {
    title: `Write ${right}`,
    edits: [replaceValue(name, String(name.value).slice(0, at) + right)],
    preferred: true,
  };
  return [finding('KP-051', name, message, [fix]), ...checkValue(value, context)];
}

function misspelt(annotations: DocObject, entry: DocEntry, exists: boolean): Seen {
  const key = String(entry.key.value);
  const message = `The EKS webhook reads ${ROLE_ANNOTATION} and nothing else: with "${shorten(key)}" pods get no role.`;
  const fix: Fix = exists
    ? { title: `Remove ${shorten(key)}`, edits: removeEntry(annotations, entry), preferred: true }
    : { title: `Rename to ${ROLE_ANNOTATION}`, edits: [renameKey(entry, ROLE_ANNOTATION)], preferred: true };
  return finding('KP-051', entry.key, message, [fix]);
}

function checkAnnotation(annotations: DocObject, entry: DocEntry, context: ManifestContext): Seen[] {
  const node = filled(entry.value);
  if (node) return checkRole(node, context);
  if (entry.value.type !== 'null' && entry.value.type !== 'string') {
    return [finding('KP-007', entry.value, 'An annotation is a string; the API server rejects this.')];
  }
  const role = knownRole(context);
  const remove: Fix = {
    title: 'Remove the annotation',
    edits: removeEntry(annotations, entry),
    preferred: role === undefined,
  };
  const fixes: Fix[] =
    role === undefined
      ? [remove]
      : [{ title: `Use ${role}`, edits: [replaceValue(entry.value, role)], preferred: true }, remove];
  return [finding('KP-052', entry.key, 'The role is empty: pods of this service account start without one.', fixes)];
}

/** KP-012 */
function overwrittenAnnotations({ owned }: Folder): SeenIn[] {
  return owned.flatMap(({ profile, inNamespace }) =>
    inNamespace.flatMap(({ file, resource }) => {
      const { role } = profile;
      if (!role || resource.kind !== 'serviceAccount') return [];
      const { root } = resource;
      if (textOf(find(root, 'metadata', 'name')) !== SERVICE_ACCOUNT) return [];
      const annotation = find(root, 'metadata', 'annotations', ROLE_ANNOTATION);
      const text = textOf(annotation);
      if (!annotation || text === undefined || text === '' || isOpen(text) || text === role.value) return [];
      const message = `The plugin of Profile ${profile.name} sets another role and wins on every round: this annotation flips back.`;
      const fix = {
        title: 'Use the role of the Profile',
        edits: [replaceValue(annotation, String(role.value))],
        preferred: true,
      };
      const related = [{ ...placeOf(profile), message: `The plugin of Profile ${profile.name}` }];
      return [{ file, finding: { ...finding('KP-012', annotation, message, [fix]), related } }];
    }),
  );
}

/** KP-062 */
function podIdentities({ owned }: Folder): SeenIn[] {
  return owned.flatMap(({ profile, inNamespace }) =>
    inNamespace.flatMap(({ file, resource }) => {
      if (resource.kind !== 'podIdentity' || resource.serviceAccount !== SERVICE_ACCOUNT) return [];
      const names = ['serviceAccount', 'ServiceAccount', 'serviceAccountName'].map((key) => get(resource.root, key));
      const node = names.find((one) => one !== undefined) ?? resource.root;
      const message = `default-editor of ${profile.name} also has a role through the plugin of its Profile. The association wins.`;
      const related = [{ ...placeOf(profile), message: `The plugin of Profile ${profile.name}` }];
      return [{ file, finding: { ...finding('KP-062', node, message), related } }];
    }),
  );
}

/** KP-012, KP-051, KP-052, KP-082, KP-088 and KP-089: default-editor of the profile. */
function liveServiceAccount(readings: ProfileView): readonly Problem[] {
  const { profile, serviceAccount: reading } = readings;
  const annotation = valueOf(reading)?.annotations[ROLE_ANNOTATION];
  const wanted = irsaPlugin(profile)?.awsIamRole;
  if (wanted === undefined) {
    const has = annotation !== undefined && annotation !== '' && irsaPlugin(profile) === undefined;
    const message = `The Profile names no role, and ${SERVICE_ACCOUNT} has ${quoted(annotation ?? '')}: what a plugin left that was removed, or what another tool set. Pods use it.`;
    return has ? [{ ...problem('KP-082', message, 'repair'), remark: true }] : [];
  }
  if (reading.state === 'absent') {
    // A namespace that the controller leaves alone has none: that is said already.
    if (liveNamespace(readings).length > 0) return [];
    const where = readings.namespace.state === 'absent' ? `, nor a namespace ${profile.metadata.name}` : '';
    const message = `There is no service account ${SERVICE_ACCOUNT}${where}: the controller did not make it. Look at its log.`;
    return [problem('KP-089', message)];
  }
  if (reading.state !== 'found') return [];
  if (annotation === wanted) return [];
  if (annotation === '')
    return [problem('KP-052', `${SERVICE_ACCOUNT} has the annotation ${ROLE_ANNOTATION}, and it is empty.`, 'repair')];
  if (annotation !== undefined) {
    return [
      problem(
        'KP-012',
        `${SERVICE_ACCOUNT} has the role ${quoted(annotation)}, the plugin says ${quoted(wanted)}.`,
        'repair',
      ),
    ];
  }
  const typo = Object.keys(reading.value.annotations).find(isMisspelt);
  return typo === undefined
    ? [
        problem(
          'KP-088',
          `${SERVICE_ACCOUNT} has no role although the plugin names one: the controller stopped before its plugins. Look at its log.`,
        ),
      ]
    : [
        problem(
          'KP-051',
          `${SERVICE_ACCOUNT} has the annotation ${quoted(typo)}; EKS reads only ${ROLE_ANNOTATION}.`,
          'repair',
        ),
      ];
}

const KSERVE_ENDPOINT = 'serving.kserve.io/s3-endpoint';

/** KP-077 in a file. */
function endpointBesideRole(thing: Resource): Seen[] {
  if (thing.kind !== 'serviceAccount') return [];
  const annotations = find(thing.root, 'metadata', 'annotations');
  const [role, endpoint] = [ROLE_ANNOTATION, KSERVE_ENDPOINT].map((key) => entry(annotations, key));
  if (annotations?.type !== 'object' || !filled(role?.value) || !endpoint) return [];
  if (!AWS_ENDPOINT.test(textOf(endpoint.value) ?? '')) return [];
  const fix: Fix = { title: `Remove ${KSERVE_ENDPOINT}`, edits: removeEntry(annotations, endpoint) };
  return [finding('KP-077', endpoint.key, ENDPOINT_TAKES_ALL, [fix])];
}
const ENDPOINT_TAKES_ALL =
  'This service account has a role, and KServe sends also the calls to STS to this endpoint of S3: model servers get no credentials.';

/** KP-077 of default-editor. */
function liveEndpoint({ serviceAccount }: ProfileView): readonly Problem[] {
  const { [ROLE_ANNOTATION]: role = '', [KSERVE_ENDPOINT]: endpoint = '' } = valueOf(serviceAccount)?.annotations ?? {};
  if (role === '' || !AWS_ENDPOINT.test(endpoint)) return [];
  return [{ ...problem('KP-077', `${SERVICE_ACCOUNT} has ${KSERVE_ENDPOINT}. ${ENDPOINT_TAKES_ALL}`), remark: true }];
}

/** Settings of KServe that are in the way of a role: with which value, and what comes of it. */
const KSERVE_SETTINGS: readonly (readonly [annotation: string, value: RegExp, says: string])[] = [
  [
    'serving.kserve.io/s3-usehttps',
    /^(?:0|false)$/i,
    'KServe calls S3 without TLS: a bucket policy that requires it, and every key of KMS, refuses that.',
  ],
  [
    'serving.kserve.io/s3-useanoncredential',
    /^(?:1|true)$/i,
    'KServe signs no call to S3: the role of this service account does not count.',
  ],
];

/** KP-078 in a file. */
function kserveBesideRole(thing: Resource): Seen[] {
  if (thing.kind !== 'serviceAccount') return [];
  const annotations = find(thing.root, 'metadata', 'annotations');
  if (annotations?.type !== 'object' || !filled(entry(annotations, ROLE_ANNOTATION)?.value)) return [];
  return KSERVE_SETTINGS.flatMap(([key, wrong, says]) => {
    const its = entry(annotations, key);
    if (its === undefined || !wrong.test(textOf(its.value) ?? '')) return [];
    const fix: Fix = { title: `Remove ${key}`, edits: removeEntry(annotations, its) };
    return [finding('KP-078', its.key, says, [fix])];
  });
}

/** KP-078 of default-editor. */
function liveKserve({ cluster, serviceAccount, profile }: ProfileView): readonly Problem[] {
  const annotations = valueOf(serviceAccount)?.annotations ?? {};
  if ((annotations[ROLE_ANNOTATION] ?? '') === '') return [];
  return KSERVE_SETTINGS.flatMap(([key, wrong, says]) => {
    const value = annotations[key];
    if (value === undefined || !wrong.test(value)) return [];
    const where = objectIn(cluster, 'ServiceAccount', SERVICE_ACCOUNT, profile.metadata.name);
    const message = `${SERVICE_ACCOUNT} has ${key}: ${quoted(value)}. ${says}`;
    return [{ ...shownBy(problem('KP-078', message), { what: `annotation ${key}`, where, value }), remark: true }];
  });
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'annotation of another role than the plugin sets',
    kind: 'manifest',
    text: documents(profile(), serviceAccount('eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/old')),
    finds: [['KP-012', 'arn:aws:iam::111122223333:role/old']],
  },
  {
    name: 'role annotation misspelt',
    kind: 'manifest',
    text: serviceAccount(`eks.amazonaws.com/role_arn: ${ROLE}`),
    finds: [['KP-051', 'eks.amazonaws.com/role_arn']],
  },
  {
    name: 'another annotation of EKS misspelt, and a value that is no text',
    kind: 'manifest',
    text: serviceAccount(
      'eks.amazonaws.com/sts-regional-endpoint: "true"\n    eks.amazonaws.com/token-expiration: 3600',
    ),
    finds: [
      ['KP-091', 'eks.amazonaws.com/sts-regional-endpoint'],
      ['KP-091', '3600'],
    ],
  },
  {
    name: 'role annotation empty',
    kind: 'manifest',
    text: serviceAccount('eks.amazonaws.com/role-arn: ""'),
    finds: [['KP-052', 'eks.amazonaws.com/role-arn']],
  },
  {
    name: 'Pod Identity association beside the plugin',
    kind: 'manifest',
    text: documents(
      profile(),
      `apiVersion: eks.services.k8s.aws/v1alpha1
kind: PodIdentityAssociation
metadata:
  name: team-a
spec:
  clusterName: demo
  namespace: team-a
  serviceAccount: default-editor
  roleARN: ${ROLE}
`,
    ),
    finds: [['KP-062', 'default-editor']],
  },
  {
    name: 'an endpoint for KServe beside a role',
    kind: 'manifest',
    text: serviceAccount(`eks.amazonaws.com/role-arn: ${ROLE}\n    serving.kserve.io/s3-endpoint: s3.amazonaws.com`),
    finds: [['KP-077', 'serving.kserve.io/s3-endpoint']],
  },
  {
    name: 'a role that KServe is told not to use',
    kind: 'manifest',
    text: serviceAccount(
      `eks.amazonaws.com/role-arn: ${ROLE}\n    serving.kserve.io/s3-useanoncredential: "true"\n    serving.kserve.io/s3-usehttps: "0"`,
    ),
    finds: [
      ['KP-078', 'serving.kserve.io/s3-useanoncredential'],
      ['KP-078', 'serving.kserve.io/s3-usehttps'],
    ],
  },
  {
    name: 'default-editor with KServe without TLS',
    change: { serviceAccount: editor({ [ROLE_ANNOTATION]: ROLE, 'serving.kserve.io/s3-usehttps': '0' }) },
    sees: ['KP-078'],
  },
  {
    name: 'default-editor with an endpoint for KServe',
    change: { serviceAccount: editor({ [ROLE_ANNOTATION]: ROLE, [KSERVE_ENDPOINT]: 's3.eu-west-1.amazonaws.com' }) },
    sees: ['KP-077'],
  },
  {
    name: 'default-editor with another role than the plugin sets',
    change: { serviceAccount: editor({ [ROLE_ANNOTATION]: `${ROLE}-old` }), role: found(role({ arn: `${ROLE}-old` })) },
    sees: ['KP-012'],
  },
  {
    name: 'default-editor with a misspelt annotation',
    change: { serviceAccount: editor({ 'eks.amazonaws.com/role_arn': ROLE }) },
    sees: ['KP-051'],
  },
  {
    name: 'default-editor with an empty role',
    change: { serviceAccount: editor({ [ROLE_ANNOTATION]: '' }) },
    sees: ['KP-052'],
  },
  {
    name: 'default-editor with a role that no plugin names',
    change: { profile: listed({ plugins: [] }) },
    sees: ['KP-082'],
  },
  { name: 'default-editor without a role', change: { serviceAccount: editor({}) }, sees: ['KP-088'] },
  { name: 'no default-editor', change: { serviceAccount: absent }, sees: ['KP-089'] },
];
