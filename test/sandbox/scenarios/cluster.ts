/** Failure modes of a cluster that no profile tells of: brought about on one that has nothing of Kubeflow but the definition and the controller. */
import type { Kube } from '../../../sandbox/kube.ts';
import { PROFILE_CONTROLLER, PROFILE_CRD } from '../../../sandbox/kubeflow.ts';
import type { Scenario, ScenarioText } from '../scenario.ts';

const CRD = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${PROFILE_CRD.metadata.name}`;
const DEPLOYMENT = '/apis/apps/v1/namespaces/kubeflow/deployments/profiles-deployment';
const PROFILES = '/apis/kubeflow.org/v1/profiles';

const scaled = (kube: Kube, replicas: number): Promise<unknown> =>
  kube.request('PATCH', `${DEPLOYMENT}/scale`, { spec: { replicas } }, 'application/merge-patch+json');
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds().catch(() => false)); tries++) {
    if (tries === 200) throw new Error('It did not come to that.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The definition of Profiles, served. */
export async function defineProfiles(kube: Kube): Promise<void> {
  await kube.apply(CRD, PROFILE_CRD);
  await until(async () => (await kube.find(PROFILES)) !== undefined);
}

/** Kubeflow as far as a cluster without profiles needs it. */
export async function installController(kube: Kube): Promise<void> {
  await kube.apply('/api/v1/namespaces/kubeflow', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'kubeflow' },
  });
  await Promise.all([defineProfiles(kube), kube.apply(DEPLOYMENT, PROFILE_CONTROLLER)]);
}

export const clusterScenarios: readonly Scenario<Kube>[] = [
  {
    id: 'KP-093',
    name: 'a controller that is scaled to none',
    arrange: (kube) => scaled(kube, 0),
    says: /Nothing of the profile controller runs \(deployment profiles-deployment in namespace kubeflow\)/,
    ending: { by: 'hand', why: 'Why it was stopped, a person says.', mend: (kube) => scaled(kube, 1) },
  },
  {
    id: 'KP-094',
    name: 'a definition of Profiles that was deleted',
    arrange: async (kube) => {
      await kube.request('DELETE', CRD);
      await until(async () => (await kube.find(PROFILES)) === undefined);
    },
    says: /its API server knows no Profiles/,
    ending: {
      by: 'hand',
      why: 'Which release of Kubeflow it is to be, a person says.',
      mend: defineProfiles,
    },
  },
];

/** For docs/failure-modes.md. */
export const clusterTexts: readonly ScenarioText[] = clusterScenarios;
