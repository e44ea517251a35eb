/**
 * Pods as Kubeflow makes them in a profile, small: what decides who they are in AWS is their service account, labels, annotations and
 * containers. They ask for little and keep to the strictest of the Pod Security Standards, so that a quota or a standard refuses them only
 * where it refuses everything.
 * Sources: kubeflow/kubeflow, components/notebook-controller (generateStatefulSet); kubeflow/pipelines, backend/src/v2/compiler/argocompiler;
 * argoproj/argo-workflows, workflow/controller/workflowpod.go; kserve/kserve, pkg/controller/v1beta1/inferenceservice/components/predictor.go.
 */
import type { PodDefault } from '../observation.ts';
import { phrase, type Phrase } from '../phrase.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { isAboutIdentity } from './identity.ts';
import { labelsFor, selects } from './selector.ts';

export type TemplateId = 'plain' | 'notebook' | 'step' | 'server';

interface Template {
  readonly title: Phrase;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of its containers, first those that begin first. */
  readonly init: readonly string[];
  readonly containers: readonly string[];
}

const NAME = 'kubeflow-irsa-try';

export const TEMPLATES: Readonly<Record<TemplateId, Template>> = {
  plain: { title: phrase('a pod of {0}', SERVICE_ACCOUNT), labels: {}, init: [], containers: ['main'] },
  notebook: {
    title: phrase('a notebook'),
    labels: { statefulset: NAME, 'notebook-name': NAME, 'opendatahub.io/notebook': '' },
    init: [],
    containers: [NAME],
  },
  step: {
    title: phrase('a step of a pipeline'),
    labels: { 'workflows.argoproj.io/workflow': NAME, 'pipelines.kubeflow.org/v2_component': 'true' },
    init: ['init', 'kfp-launcher'],
    containers: ['wait', 'main'],
  },
  server: {
    title: phrase('a model server'),
    labels: { 'serving.kserve.io/inferenceservice': NAME, component: 'predictor' },
    init: ['storage-initializer'],
    containers: ['kserve-container'],
  },
};

/** A pod that is to be tried. */
export interface Try {
  readonly template: TemplateId;
  /** The PodDefault that it asks for by its labels, as somebody chooses one for a notebook. */
  readonly podDefault?: string;
  readonly pod: {
    readonly apiVersion: 'v1';
    readonly kind: 'Pod';
    readonly metadata: {
      readonly name: string;
      readonly namespace: string;
      readonly labels: Readonly<Record<string, string>>;
    };
    readonly spec: unknown;
  };
}

/** PodDefaults that are tried one by one; a namespace hardly has more. */
const MOST = 20;

/** What is tried in a namespace: each template as it is, and a notebook with each PodDefault that may decide who it is. */
export function tries(namespace: string, podDefaults: readonly PodDefault[]): readonly Try[] {
  const plain = (Object.keys(TEMPLATES) as TemplateId[]).map((template) => ({
    template,
    pod: podOf(namespace, template, TEMPLATES[template].labels),
  }));
  const { labels } = TEMPLATES.notebook;
  const chosen = podDefaults.flatMap((one): Try[] => {
    if (!isAboutIdentity(one) || selects(one.selector, labels)) return [];
    const asking = labelsFor(one.selector, labels);
    return asking === undefined
      ? []
      : [{ template: 'notebook', podDefault: one.name, pod: podOf(namespace, 'notebook', asking) }];
  });
  return [...plain, ...chosen.slice(0, MOST)];
}

const QUANTITIES = { cpu: '10m', memory: '16Mi' };
const container = (name: string) => ({
  name,
  image: 'registry.k8s.io/pause:3.10',
  // With a quota, a pod must say what it wants.
  resources: { requests: QUANTITIES, limits: QUANTITIES },
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
});

function podOf(namespace: string, template: TemplateId, labels: Readonly<Record<string, string>>): Try['pod'] {
  const { init, containers } = TEMPLATES[template];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, namespace, labels },
    spec: {
      serviceAccountName: SERVICE_ACCOUNT,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      ...(init.length === 0 ? {} : { initContainers: init.map(container) }),
      containers: containers.map(container),
    },
  };
}
