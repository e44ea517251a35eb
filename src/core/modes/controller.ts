/** What the profile controller does, and where it stops. */
import { SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { controllerRelease, controllerRights, isBeforeAnnotateOnly } from '../policy/controller-rights.ts';
import { controllerWrites } from '../policy/controller.ts';
import { irsaPlugin } from '../profile/manifest.ts';
import { CONTROLLER as CONTROLLER_PLACE, ROLE_ANNOTATION } from '../profile/names.ts';
import { absent, found, valueOf } from '../reading.ts';
import { PLUGIN, CONTROLLER } from './sources.ts';
import { equals, type Example, listed, role, ROLE } from './samples.ts';
import { modes } from './mode.ts';
import { objectIn, problem, type Problem, shownBy } from './problem.ts';
import { namedRole, type ProfileView, quoted } from './view.ts';

export const controllerModes = modes({
  'KP-013': {
    title: 'Namespace existed before the Profile',
    severity: 'error',
    symptom: 'The Profile exists, but there is no service account in its namespace.',
    cause: 'The namespace was made by another tool and lacks the owner annotation, so the controller leaves it alone.',
    fix: 'Annotate the namespace with owner: <owner of the profile>, or delete it if it is empty. Then touch the Profile, for example with a label: the controller does not watch a namespace that is not its own.',
    sources: [CONTROLLER, 'deployKF/deployKF#186'],
    reads: ['namespace'],
    live: [liveNamespace],
  },
  'KP-014': {
    title: 'Owner changed on an existing profile',
    severity: 'error',
    symptom:
      'The controller refuses the namespace: the old owner keeps access, a new role is not set, and the Profile cannot be deleted.',
    cause: 'The owner annotation of the namespace still names the old owner.',
    fix: 'Change the annotation of the namespace to the new owner and touch the Profile, for example with a label. The controller then puts the rest right, all but the annotation user of ns-owner-access-istio, which KFAM reads.',
    sources: [CONTROLLER],
    reads: ['namespace'],
    live: [liveNamespace],
  },
  'KP-019': {
    title: 'Profile controller does not know annotateOnly',
    severity: 'error',
    symptom: 'The trust policy is rewritten although annotateOnly is true.',
    cause: 'Controllers before Kubeflow 1.7 ignore the key.',
    fix: 'Upgrade the profile controller to 1.7 or later.',
    sources: ['kubeflow/kubeflow#6887'],
    scope: 'cluster',
    reads: ['controller', 'profile'],
    live: [liveRelease],
  },
  'KP-020': {
    title: 'Profile controller may not edit the role',
    severity: 'error',
    symptom:
      'The log shows AccessDenied for iam:GetRole or iam:UpdateAssumeRolePolicy, or "no EC2 IMDS role found"; the annotation is set, but the trust policy lacks the profile.',
    cause: 'annotateOnly is false, and profiles-controller-service-account has no role or too few permissions.',
    fix: "Set annotateOnly: true and write the trust policy yourself, or grant the controller's role iam:GetRole and iam:UpdateAssumeRolePolicy on the profile's role. The plan of a profile does either.",
    sources: [PLUGIN, 'awslabs/kubeflow-manifests awsconfigs/infra_configs/iam_profile_controller_policy.json'],
    reads: ['profile', 'controllerAccount', 'controllerRole'],
    live: [liveRights],
  },
  'KP-024': {
    title: 'Profile stuck in Terminating',
    severity: 'error',
    symptom: 'A deleted Profile does not go away.',
    cause:
      'Before it lets go, the controller applies the Profile once more. What stops it then keeps the Profile: the role is gone and annotateOnly false, the role emptied, annotateOnly quoted, an owner other than that of the namespace, a quota that is not valid.',
    fix: 'Set annotateOnly: true, also afterwards, if the role is gone; else mend what stops the controller. Delete a Profile before its role.',
    sources: [PLUGIN, CONTROLLER],
    reads: ['profile'],
    live: [liveDeletion],
  },
  'KP-083': {
    title: 'Role binding with another role',
    severity: 'error',
    symptom: 'The controller fails again and again with "cannot change roleRef", and never comes to its plugins.',
    cause:
      'The binding default-editor or default-viewer exists with another roleRef, which Kubernetes never lets anybody change.',
    fix: 'Delete the binding: the controller makes it again.',
    sources: [CONTROLLER],
    reads: ['bindings'],
    live: [liveBindings],
  },
  'KP-093': {
    title: 'Profile controller does not run',
    severity: 'error',
    symptom: 'New Profiles get no namespace, changed ones no new role, and deleted ones stay.',
    cause: 'The deployment profiles-deployment is scaled to none, or its pods do not become ready.',
    fix: 'Look at its pods and their log, and start it: kubectl scale deployment profiles-deployment -n kubeflow --replicas=1.',
    sources: [CONTROLLER],
    scope: 'cluster',
    reads: ['controller'],
    live: [liveRunning],
  },
  'KP-094': {
    title: 'Cluster does not know Profiles',
    severity: 'error',
    symptom: 'kubectl apply answers no matches for kind "Profile"; the profile controller ends at its start.',
    cause: 'Kubeflow runs, and the definition profiles.kubeflow.org is missing: it was deleted, or never applied.',
    fix: 'Apply the CustomResourceDefinition of the release of Kubeflow that is installed. If it was deleted, all Profiles are gone with it: apply theirs again.',
    sources: [CONTROLLER],
    scope: 'cluster',
    reads: ['api', 'controller', 'pipelines'],
    live: [liveDefinition],
  },
});

/** KP-093 */
function liveRunning({ cluster, controller = absent }: ProfileView): readonly Problem[] {
  const deployment = valueOf(controller);
  if (deployment?.stopped !== true) return [];
  const { name, namespace } = deployment;
  return [
    shownBy(
      problem(
        'KP-093',
        `Nothing of the profile controller runs (deployment ${name} in namespace ${namespace}): what changes at Profiles has no effect.`,
      ),
      { what: 'state', where: objectIn(cluster, 'Deployment', name, namespace), value: 'no pod is available' },
    ),
  ];
}

/** KP-094: parts of Kubeflow are there. Where none is, the cluster is not one of Kubeflow, which is no failure. */
function liveDefinition({ cluster, api = absent, controller, pipelines }: ProfileView): readonly Problem[] {
  const versions = valueOf(api)?.profileVersions;
  const [there] = [controller, pipelines].flatMap((one) => (one === undefined ? [] : (valueOf(one) ?? [])));
  if (versions === undefined || versions.length > 0 || there === undefined) return [];
  return [
    shownBy(
      problem(
        'KP-094',
        `Kubeflow is on cluster ${cluster.name} (deployment ${there.name} in namespace ${there.namespace}), and its API server knows no Profiles.`,
      ),
      { what: 'versions of kubeflow.org Profile', where: cluster.arn, value: 'not there' },
    ),
  ];
}

/** KP-019: a controller that edits the trust policy whatever the Profile says. */
function liveRelease({ cluster, profile, controller = absent }: ProfileView): readonly Problem[] {
  const plugin = irsaPlugin(profile);
  const deployment = valueOf(controller);
  const release = controllerRelease(deployment?.image ?? '');
  if (deployment === undefined || plugin?.awsIamRole === undefined || !plugin.annotateOnly) return [];
  if (!isBeforeAnnotateOnly(release)) return [];
  return [
    shownBy(
      problem(
        'KP-019',
        `The profile controller is of release ${release ?? ''}: before 1.7 it does not know annotateOnly, and rewrites the trust policies of all roles that Profiles name.`,
      ),
      {
        what: 'image',
        where: objectIn(cluster, 'Deployment', deployment.name, deployment.namespace),
        value: deployment.image,
      },
    ),
  ];
}

/** KP-020: the controller is to edit the trust policy, and may not. */
function liveRights(view: ProfileView): readonly Problem[] {
  const { cluster, profile, controller = absent, controllerAccount, controllerRole = absent, associations } = view;
  const plugin = irsaPlugin(profile);
  const { issuer } = cluster;
  if (plugin?.awsIamRole === undefined || plugin.annotateOnly) return [];
  if (issuer === undefined || controllerAccount === undefined) return [];
  const { namespace = CONTROLLER_PLACE.namespaces[0], serviceAccount = CONTROLLER_PLACE.account } =
    valueOf(controller) ?? {};
  const identity = { key: `${namespace}/${serviceAccount}`, account: controllerAccount, role: controllerRole };
  const rights = controllerRights(identity, { ...cluster, issuer }, plugin.awsIamRole);
  const role = namedRole(view);
  const sub = subject(profile.metadata.name, SERVICE_ACCOUNT);
  const isWritten = role !== undefined && controllerWrites(role.trustPolicy, sub, 'apply').outcome === 'keeps';
  const annotated = valueOf(controllerAccount)?.annotations[ROLE_ANNOTATION] ?? '';
  // Without a role of its own it may have another identity: what it should have written long ago tells.
  const isWithout =
    controllerAccount.state === 'found' &&
    annotated === '' &&
    associations?.state === 'found' &&
    !associations.value.some((one) => one.namespace === namespace && one.serviceAccount === serviceAccount) &&
    role !== undefined &&
    !isWritten;
  if (rights.state !== 'may-not' && !isWithout) return [];
  const why = isWithout ? `Service account ${identity.key} names no role.` : rights.why;
  const what = isWritten
    ? 'The trust policy lets the profile in already; later changes of the Profile, and its deletion, fail.'
    : 'The trust policy is left to it (annotateOnly: false), and is not as it would leave it.';
  return [
    shownBy(
      { ...problem('KP-020', `${what} ${why}`, 'repair'), ...(isWritten ? { remark: true } : {}) },
      {
        what: `annotation ${ROLE_ANNOTATION}`,
        where: objectIn(cluster, 'ServiceAccount', serviceAccount, namespace),
        value: annotated === '' ? 'not there' : annotated,
      },
      ...(role === undefined ? [] : [{ what: 'trust policy', where: role.arn, value: role.trustPolicy }]),
      ...(valueOf(controllerRole)?.inline ?? []).map(({ name, text }) => ({
        what: `inline policy ${name}`,
        where: annotated,
        value: text,
      })),
    ),
  ];
}

/** What the controller binds its two service accounts to (profile_controller.go). */
const BOUND: ReadonlyMap<string, string> = new Map([
  ['default-editor', 'kubeflow-edit'],
  ['default-viewer', 'kubeflow-view'],
]);

/** KP-083: a binding that the controller would change, and cannot. */
function liveBindings({ cluster, bindings = absent }: ProfileView): readonly Problem[] {
  return (valueOf(bindings) ?? []).flatMap(({ namespace, name, roleRef }) => {
    const wanted = BOUND.get(name);
    if (wanted === undefined || (roleRef.kind === 'ClusterRole' && roleRef.name === wanted)) return [];
    const message = `RoleBinding ${name} is for ${roleRef.kind} ${quoted(roleRef.name)}, and the controller wants ClusterRole ${wanted}: it fails before it comes to its plugins. Delete the binding: it is made again.`;
    const evidence = {
      what: 'roleRef',
      where: objectIn(cluster, 'RoleBinding', name, namespace),
      value: `${roleRef.kind} ${roleRef.name}`,
    };
    return [shownBy(problem('KP-083', message), evidence)];
  });
}

/** KP-013 and KP-014: whose the namespace is. */
export function liveNamespace({ profile, namespace: reading }: ProfileView): readonly Problem[] {
  const owner = profile.spec?.owner?.name;
  if (reading.state !== 'found' || owner === undefined || reading.value.owner === owner) return [];
  const had = reading.value.owner;
  return had === undefined
    ? [
        problem(
          'KP-013',
          `Namespace ${reading.value.name} was there before the Profile: it has no annotation "owner", so the controller leaves it alone.`,
          'repair',
        ),
      ]
    : [
        problem(
          'KP-014',
          `Namespace ${reading.value.name} belongs to ${quoted(had)}, the Profile to ${quoted(owner)}: the controller leaves it alone.`,
          'openManifest',
        ),
      ];
}

/** How long a deletion may take before the Profile counts as stuck, in milliseconds. */
const DELETION_TIME = 120_000;

/** KP-024: a Profile whose deletion does not end. */
function liveDeletion({ profile }: ProfileView, now: number): readonly Problem[] {
  const since = profile.metadata.deletionTimestamp;
  if (since === undefined || profile.finalizers.length === 0) return [];
  // Not of a time that is none.
  if (!(now - Date.parse(since) > DELETION_TIME)) return [];
  return [
    problem(
      'KP-024',
      `The Profile is being deleted since ${since} and waits for ${profile.finalizers.join(', ')}.`,
      'unstick',
    ),
  ];
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'a namespace that was there before',
    change: { namespace: found({ name: 'team-a', deleting: false }) },
    sees: ['KP-013'],
  },
  {
    name: 'a namespace of another owner',
    change: { namespace: found({ name: 'team-a', owner: 'other@example.com', deleting: false }) },
    sees: ['KP-014'],
  },
  {
    name: 'a deletion that does not end',
    change: { profile: listed({}, { deletionTimestamp: '2026-01-02T00:00:00Z' }) },
    sees: ['KP-024'],
  },
  {
    name: 'a controller that does not know annotateOnly',
    change: {
      controller: found({
        namespace: 'kubeflow',
        name: 'profiles-deployment',
        image: 'public.ecr.aws/j1r0q0g6/notebooks/profile-controller:v1.6.1',
      }),
    },
    sees: ['KP-019'],
  },
  {
    name: 'a controller of which nothing runs',
    change: {
      controller: found({ namespace: 'kubeflow', name: 'profiles-deployment', image: 'x:v1.10.0', stopped: true }),
    },
    sees: ['KP-093'],
  },
  {
    name: 'Kubeflow without the definition of Profiles',
    change: {
      api: found({ connection: '', profileVersions: [] }),
      controller: found({ namespace: 'kubeflow', name: 'profiles-deployment', image: 'x:v1.10.0' }),
    },
    sees: ['KP-094'],
  },
  {
    name: 'no Profiles, and nothing else of Kubeflow',
    change: { api: found({ connection: '', profileVersions: [] }), controller: absent, pipelines: absent },
    sees: [],
  },
  {
    name: 'a controller without a role',
    change: {
      profile: leftToController,
      role: found(role({ trustPolicy: equals({}) })),
      controllerAccount: found({ ...itsAccount, annotations: {} }),
      controllerRole: absent,
      associations: found([]),
    },
    sees: ['KP-020', 'KP-029'],
  },
  {
    name: 'a controller whose role does not exist',
    change: {
      profile: leftToController,
      controllerAccount: found({ ...itsAccount, annotations: { [ROLE_ANNOTATION]: `${ROLE}-controller` } }),
      controllerRole: absent,
    },
    sees: ['KP-020'],
  },
  {
    name: 'a binding with another role',
    change: {
      bindings: found([
        {
          namespace: 'team-a',
          name: 'default-editor',
          annotations: {},
          roleRef: { kind: 'ClusterRole', name: 'kubeflow-admin' },
          subjects: [],
        },
      ]),
    },
    sees: ['KP-083'],
  },
];

const leftToController = listed({
  plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: false } }],
});
const itsAccount = { namespace: 'kubeflow', name: 'profiles-controller-service-account' };
