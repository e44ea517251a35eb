/** What the profile controller does, and where it stops. */
import { found } from '../reading.ts';
import { PLUGIN, CONTROLLER } from './sources.ts';
import { type Example, listed } from './samples.ts';
import { modes } from './mode.ts';
import { problem, type Problem } from './problem.ts';
import { type ProfileView, quoted } from './view.ts';

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
  },
  'KP-020': {
    title: 'Profile controller may not edit the role',
    severity: 'error',
    symptom:
      'The log shows AccessDenied for iam:GetRole or iam:UpdateAssumeRolePolicy, or "no EC2 IMDS role found"; the annotation is set, but the trust policy lacks the profile.',
    cause: 'annotateOnly is false, and profiles-controller-service-account has no role or too few permissions.',
    fix: "Set annotateOnly: true and write the trust policy yourself, or grant the controller's role iam:GetRole and iam:UpdateAssumeRolePolicy on the profile's role. The plan of a profile does either.",
    sources: [PLUGIN, 'awslabs/kubeflow-manifests awsconfigs/infra_configs/iam_profile_controller_policy.json'],
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
  },
});

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
  if (since === undefined || now - Date.parse(since) <= DELETION_TIME || profile.finalizers.length === 0) return [];
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
];
