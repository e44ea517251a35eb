/** A Profile: its name, its owner, its quota and its plugins. */
import { PLUGIN, CONTROLLER, CRD, AWS_PAGE } from './sources.ts';
import { type Example, profile, editor, listed } from './samples.ts';
import { modes } from './mode.ts';
import { find, get } from '../document/node.ts';
import type { PolicyContext } from '../finding.ts';
import type { Profile } from '../observation.ts';
import type { SpecFault } from '../profile/stuck.ts';
import { objectIn, problem, type Problem, problems, type Remedy, shownBy } from './problem.ts';
import { checkProfile, ofProfile } from './profile/manifest.ts';
export { ofProfile };
import type { FailureModeId } from './ids.ts';
import { contextOf, parse, type ProfileView } from './view.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { valueOf } from '../reading.ts';

export const profileModes = modes({
  'KP-001': {
    title: 'Wrong plugin kind',
    severity: 'error',
    symptom: 'default-editor never gets the role; the controller logs "Plugin not recgonized".',
    cause: 'The controller compares the kind letter by letter with AwsIamForServiceAccount and skips anything else.',
    fix: 'Write the kind as AwsIamForServiceAccount.',
    sources: [PLUGIN, 'kubeflow/kubeflow#4843', 'kubeflow/kubeflow#5186'],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-002': {
    title: 'IRSA plugin missing',
    severity: 'warning',
    symptom: 'Runs use the identity of the node: S3 answers AccessDenied and names the node role.',
    cause: 'The Profile has no AwsIamForServiceAccount plugin, as every Profile made by self-registration.',
    fix: 'Add the plugin with the role of the profile and annotateOnly: true. Ignore this on a cluster without IRSA.',
    sources: [PLUGIN, 'kubeflow/dashboard components/centraldashboard/app/api_workgroup.ts'],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-003': {
    title: 'awsIamRole missing or empty',
    severity: 'error',
    symptom:
      'The controller fails again and again with "awsIamRole is empty". A new service account gets no role; with a role that was emptied later it keeps the old one, and the Profile can no longer be deleted.',
    cause:
      'The key is absent or has no value, often because a $(aws …) substitution failed and the result was applied.',
    fix: 'Give awsIamRole the ARN of the role of this profile.',
    sources: [PLUGIN, AWS_PAGE],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-005': {
    title: 'Unknown key in the plugin spec',
    severity: 'error',
    symptom: 'Nothing rejects the key, and the controller behaves as if it were not there.',
    cause:
      'The spec of a plugin keeps unknown fields. The controller reads awsIamRole and annotateOnly and ignores the rest.',
    fix: 'Use awsIamRole and annotateOnly. Another case (awsIAMRole) works, but is worth tidying up.',
    sources: [PLUGIN, CRD],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-006': {
    title: 'annotateOnly is not a boolean, or awsIamRole not a string',
    severity: 'error',
    symptom:
      'The controller crashes on the Profile. Built from its main branch it tries again for ever, and the Profile cannot be deleted; releases up to 1.10.0 and 2.0.0 stop, and no profile of the cluster is served any more.',
    cause:
      'A quoted "true" is a string, and a bare number no role. The controller cannot decode the spec, and the call that should log this panics.',
    fix: 'Write true or false without quotes, and the role as a string.',
    sources: [PLUGIN, CONTROLLER],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-008': {
    title: 'Profile name cannot be a namespace',
    severity: 'error',
    symptom: 'The Profile is created, but its namespace never appears; without a name it is refused.',
    cause: 'The name becomes a namespace: at most 63 characters of a-z, 0-9 and "-". A Profile may also hold dots.',
    fix: 'Choose a name of lower-case letters, digits and hyphens.',
    sources: [CONTROLLER, 'Kubernetes, object names (RFC 1123 labels)'],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-009': {
    title: 'Profile name is a system namespace',
    severity: 'error',
    symptom: 'The controller stops with "namespace already exist, but not owned by profile creator".',
    cause: 'The name belongs to Kubernetes, Istio, Knative, cert-manager or Kubeflow itself.',
    fix: 'Choose another name.',
    sources: [CONTROLLER],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-010': {
    title: 'Owner of the profile not valid',
    severity: 'error',
    symptom:
      'RBAC refuses the binding of the owner, so that the controller stops before it sets the role, or the owner does not see the namespace.',
    cause:
      'The kind must be User, Group or ServiceAccount, the group that of RBAC, and the name not empty. A User has no namespace, a ServiceAccount should have one. Istio and KFAM do not know groups.',
    fix: 'Use kind: User with the name that the identity provider sends.',
    sources: [CONTROLLER, CRD],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-011': {
    title: 'Owner differs from what the identity provider sends',
    severity: 'warning',
    symptom: 'The user sees no namespace, or "RBAC: access denied".',
    cause: 'The name is compared letter by letter with the kubeflow-userid header: case and blanks count.',
    fix: 'Write the name exactly as the identity provider sends it, usually in lower case.',
    sources: ['kubeflow/website content/en/docs/components/central-dash/profiles.md'],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-015': {
    title: 'Plugin in the wrong place or shape',
    severity: 'error',
    symptom: 'The API server rejects the Profile or drops the plugin; the role stays empty.',
    cause: 'plugins is not a list under spec, or a plugin has no spec of its own.',
    fix: 'Write spec.plugins as a list of objects with kind and spec.',
    sources: [CRD],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-016': {
    title: 'Resource quota not valid',
    severity: 'error',
    symptom: 'The controller stops before the plugins, or pods are refused with "must specify limits.cpu".',
    cause:
      'A key or quantity under hard is wrong. A quota on cpu or memory refuses pods that name none, as pipeline pods do.',
    fix: 'Correct the key or quantity; pair cpu and memory quotas with a LimitRange.',
    sources: [CONTROLLER, 'Kubernetes, resource quotas'],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-017': {
    title: 'Old or unknown apiVersion of the Profile',
    severity: 'error',
    symptom: 'v1beta1 still works; any other version is rejected by the API server.',
    cause: 'The CRD serves kubeflow.org/v1 and kubeflow.org/v1beta1.',
    fix: 'Write kubeflow.org/v1.',
    sources: [CRD],
    file: [ofProfile],
    notLive: 'The API server answers with the version that it is asked for, whatever the file had.',
  },
  'KP-018': {
    title: 'Namespace on a cluster-wide object',
    severity: 'information',
    symptom: 'The value is ignored and misleads the reader.',
    cause: 'A Profile is cluster-scoped: its name is the namespace.',
    fix: 'Remove metadata.namespace.',
    sources: [CRD],
    file: [ofProfile],
    notLive: 'The API server leaves it out.',
  },
  'KP-081': {
    title: 'Two AWS plugins in one Profile',
    severity: 'error',
    symptom: 'The annotation of default-editor flips between two roles, hundreds of times a second.',
    cause:
      'The controller applies each plugin in turn. Each writes its own role, and each write starts the next round.',
    fix: 'Keep one AwsIamForServiceAccount plugin.',
    sources: [PLUGIN, CONTROLLER],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-084': {
    title: 'Plugin of Google Cloud beside the AWS one',
    severity: 'error',
    symptom:
      'The controller fails again and again for want of Google credentials; with that plugin first, no role is ever set.',
    cause:
      'Plugins are applied in order, and the first that fails ends the round. WorkloadIdentity needs Google Cloud.',
    fix: 'Remove the WorkloadIdentity plugin on EKS.',
    sources: [CONTROLLER, 'kubeflow/dashboard components/profile-controller/controllers/plugin_workload_identity.go'],
    file: [ofProfile],
    reads: ['profile'],
    live: [liveProfile],
  },
});

/** Mistakes of the plugin, which a plan writes anew; the rest of a Profile is for its owner to edit. */
const OF_PLUGIN = new Set<FailureModeId>([
  'KP-001',
  'KP-002',
  'KP-003',
  'KP-004',
  'KP-005',
  'KP-006',
  'KP-007',
  'KP-015',
  'KP-022',
  'KP-034',
  'KP-036',
  'KP-081',
]);

/** A Profile as JSON, and what is wrong in it. */
function seenIn({ apiVersion, kind, metadata, spec }: Profile, context: PolicyContext) {
  const text = JSON.stringify({ apiVersion, kind, metadata: { name: metadata.name }, spec });
  const root = parse(text);
  return { text, root, seen: root?.type === 'object' ? checkProfile(root, context) : [] };
}

function manifestProblems({ cluster, profile }: ProfileView, context: PolicyContext): Problem[] {
  const { text, root, seen } = seenIn(profile, context);
  const plugins = find(root, 'spec', 'plugins');
  const where = objectIn(cluster, 'Profile', profile.metadata.name);
  const all = problems(seen, (id) => (OF_PLUGIN.has(id) ? 'repair' : 'openManifest'), {
    what: 'Profile',
    where,
    text,
    parts: [
      ...(plugins?.type === 'array' ? plugins.items : [plugins]),
      find(root, 'spec', 'owner'),
      find(root, 'spec', 'resourceQuotaSpec'),
      get(root, 'metadata'),
    ],
  });
  // What is missing is not shown by what is there.
  const value = plugins === undefined ? 'not there' : text.slice(plugins.start, plugins.end);
  return all.map((one) => (one.id === 'KP-002' ? shownBy(one, { what: 'plugins', where, value }) : one));
}

/** What of a Profile stops the controller before its last step, by its mode (KP-024). */
const STOPS: Readonly<Partial<Record<FailureModeId, SpecFault['part']>>> = {
  'KP-003': 'plugin',
  'KP-006': 'plugin',
  'KP-081': 'plugin',
  'KP-010': 'owner',
  'KP-016': 'quota',
};

/** What of a Profile stops the controller before its last step, which is also that of letting a deleted one go. */
export const specFaults = (profile: Profile): readonly SpecFault[] =>
  seenIn(profile, {}).seen.flatMap(({ id, severity, message }) => {
    const part = STOPS[id];
    return part === undefined || (severity ?? 'error') !== 'error' ? [] : [{ part, message: `${id}: ${message}` }];
  });

/** A plan writes a Profile anew where it has no plugin or no owner; a right plugin beside what is of no shape it leaves as it is. */
const anew = (profile: Profile): Remedy =>
  irsaPlugin(profile) === undefined || profile.spec?.owner?.name === undefined ? 'repair' : 'openManifest';

/** Problems of the Profile as the cluster has it. */
export function liveProfile(readings: ProfileView): readonly Problem[] {
  const { profile } = readings;
  const annotation = valueOf(readings.serviceAccount)?.annotations[ROLE_ANNOTATION] ?? '';
  const hasOther = annotation !== '' || readings.association?.state === 'found';
  return profile.malformed === undefined
    ? // Without a plugin pods have no role, unless somebody else has set one.
      manifestProblems(readings, contextOf(readings)).filter(({ id }) => id !== 'KP-002' || !hasOther)
    : [problem('KP-015', `The Profile does not have the shape of one: ${profile.malformed}`, anew(profile))];
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'plugin kind in another case',
    kind: 'manifest',
    text: profile({ kind: 'AWSIamForServiceAccount' }),
    finds: [['KP-001', 'AWSIamForServiceAccount']],
  },
  {
    name: 'no plugin',
    kind: 'manifest',
    text: `# of an EKS cluster\n${profile().replace(/ {2}plugins:[^]*/, '')}`,
    finds: [['KP-002', 'team-a']],
  },
  {
    name: 'role missing',
    kind: 'manifest',
    text: profile({ role: '' }),
    finds: [['KP-003', 'awsIamRole']],
  },
  {
    name: 'unknown key in the plugin',
    kind: 'manifest',
    text: profile().replace('awsIamRole', 'awsIAMRoleArn'),
    finds: [['KP-005', 'awsIAMRoleArn']],
  },
  {
    name: '`annotateOnly` in quotes',
    kind: 'manifest',
    text: profile({ annotateOnly: '"true"' }),
    finds: [['KP-006', '"true"']],
  },
  {
    name: 'profile name that is no namespace',
    kind: 'manifest',
    text: profile({ metadata: 'name: Team_A' }),
    finds: [['KP-008', 'Team_A']],
  },
  {
    name: 'profile name of a system namespace',
    kind: 'manifest',
    text: profile({ metadata: 'name: kube-system' }),
    finds: [['KP-009', 'kube-system']],
  },
  {
    name: 'kind of the owner in lower case',
    kind: 'manifest',
    text: profile({ owner: 'kind: user\n    name: user@example.com' }),
    finds: [['KP-010', 'user']],
  },
  {
    name: 'owner in upper case',
    kind: 'manifest',
    text: profile({ owner: 'kind: User\n    name: User@example.com' }),
    finds: [['KP-011', 'User@example.com']],
  },
  {
    name: 'plugins outside of spec',
    kind: 'manifest',
    text: profile().replace(/ {2}plugins:[^]*/, (plugins) => plugins.replaceAll(/^ {2}/gm, '')),
    finds: [['KP-015', 'plugins']],
  },
  {
    name: 'quota with a unit that does not exist',
    kind: 'manifest',
    text: profile({ rest: '  resourceQuotaSpec:\n    hard:\n      requests.storage: 8GB\n' }),
    finds: [['KP-016', '8GB']],
  },
  {
    name: 'API version that does not exist',
    kind: 'manifest',
    text: profile({ apiVersion: 'kubeflow.org/v2' }),
    finds: [['KP-017', 'kubeflow.org/v2']],
  },
  {
    name: 'namespace on a Profile',
    kind: 'manifest',
    text: profile({ metadata: 'name: team-a\n  namespace: kubeflow' }),
    finds: [['KP-018', 'namespace']],
  },
  {
    name: 'two plugins for AWS',
    kind: 'manifest',
    text: profile({
      rest: '    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: arn:aws:iam::111122223333:role/b\n',
    }),
    finds: [['KP-081', 'AwsIamForServiceAccount']],
  },
  {
    name: 'plugin of Google Cloud',
    kind: 'manifest',
    text: profile({
      rest: '    - kind: WorkloadIdentity\n      spec:\n        gcpServiceAccount: a@b.iam.gserviceaccount.com\n',
    }),
    finds: [['KP-084', 'WorkloadIdentity']],
  },
  {
    name: 'a Profile without a plugin in a cluster',
    change: { profile: listed({ plugins: [] }), serviceAccount: editor({}) },
    sees: ['KP-002'],
  },
  {
    name: 'a Profile of another shape in a cluster',
    change: { profile: { ...listed(), malformed: 'spec.plugins is no list.' } },
    sees: ['KP-015'],
  },
];
