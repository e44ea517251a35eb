/** Releases that are too old for the way by which pods are to get their identity. */
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { isAtLeast } from '../profile/launcher.ts';
import { PIPELINES, pipelinesVersion } from '../profile/pipelines.ts';
import { KNOWS_POD_IDENTITY, PIPELINES_RELEASES } from '../profile/releases.ts';
import { absent, found, valueOf } from '../reading.ts';
import { modes } from './mode.ts';
import { objectIn, problem, type Problem, shownBy } from './problem.ts';
import type { Example } from './samples.ts';
import type { ProfileView } from './view.ts';

export const releaseModes = modes({
  'KP-072': {
    title: 'Release too old for Pod Identity',
    severity: 'error',
    symptom:
      'The service account has a Pod Identity association, and pipelines are denied: they act as the node, or find no credentials.',
    cause: `The clients for S3 in Kubeflow Pipelines before ${KNOWS_POD_IDENTITY}, and in its Argo, do not know EKS Pod Identity. IRSA they know.`,
    fix: `Upgrade Kubeflow Pipelines to ${KNOWS_POD_IDENTITY} or later, or use IRSA.`,
    sources: ['kubeflow/pipelines go.mod of each release', 'argoproj/argo-workflows#13800'],
    reads: ['pipelines', 'associations'],
    live: [liveRelease],
  },
});

/** KP-072 */
function liveRelease({ cluster, profile, pipelines = absent, associations = absent }: ProfileView): readonly Problem[] {
  const image = valueOf(pipelines)?.image ?? '';
  const version = pipelinesVersion(image);
  if (version === undefined || isAtLeast(version, KNOWS_POD_IDENTITY) !== false) return [];
  const its = (valueOf(associations) ?? []).filter(
    ({ namespace, serviceAccount }) =>
      (namespace === profile.metadata.name && serviceAccount === SERVICE_ACCOUNT) ||
      (namespace === PIPELINES.namespace && serviceAccount === PIPELINES.name),
  );
  if (its.length === 0) return [];
  const made = PIPELINES_RELEASES.findLast(({ since }) => isAtLeast(version, since) === true);
  const of = made === undefined ? '' : ` (${made.client}, Argo ${made.argo})`;
  const accounts = its.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`);
  const message = `Kubeflow Pipelines ${version}${of} does not know EKS Pod Identity, and ${accounts.join(' and ')} ${its.length > 1 ? 'have' : 'has'} an association: upgrade it to ${KNOWS_POD_IDENTITY} or later, or use IRSA.`;
  return [
    shownBy(
      problem('KP-072', message),
      { what: 'image', where: objectIn(cluster, 'Deployment', PIPELINES.name, PIPELINES.namespace), value: image },
      ...its.map(({ id, namespace, serviceAccount }) => ({
        what: `Pod Identity association ${id}`,
        where: cluster.arn,
        value: `${namespace}/${serviceAccount}`,
      })),
    ),
  ];
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'a release that does not know Pod Identity, and an association',
    change: {
      pipelines: found({ ...PIPELINES, image: 'ghcr.io/kubeflow/kfp-api-server:2.5.0' }),
      associations: found([{ id: 'a-1', namespace: 'team-a', serviceAccount: SERVICE_ACCOUNT }]),
    },
    sees: ['KP-072'],
  },
];
