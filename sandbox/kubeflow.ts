// What a cluster has when Kubeflow is installed, as far as profiles are concerned: the Profile CRD, the namespace `kubeflow`
// with the profile controller's Deployment, and the ClusterRoles that profiles bind to.
// Source: kubeflow/dashboard, components/profile-controller/manifests.
import type { Kube, KubeObject } from './kube.ts';

const text = { type: 'string' };
const subject = {
  type: 'object',
  required: ['kind', 'name'],
  properties: { apiGroup: text, kind: text, name: text, namespace: text },
};
const quantity = {
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  pattern:
    '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
  'x-kubernetes-int-or-string': true,
};
const schema = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      properties: {
        owner: subject,
        plugins: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              apiVersion: text,
              kind: text,
              // Nothing in a plugin's spec is checked: what makes its mistakes silent.
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
        resourceQuotaSpec: {
          type: 'object',
          properties: {
            hard: { type: 'object', additionalProperties: quantity },
            scopes: { type: 'array', items: text },
            scopeSelector: {
              type: 'object',
              properties: {
                matchExpressions: {
                  type: 'array',
                  items: {
                    type: 'object',
                    required: ['operator', 'scopeName'],
                    properties: { operator: text, scopeName: text, values: { type: 'array', items: text } },
                  },
                },
              },
            },
          },
        },
      },
    },
    status: {
      type: 'object',
      properties: {
        conditions: {
          type: 'array',
          items: { type: 'object', properties: { type: text, status: text, message: text } },
        },
      },
    },
  },
};
const version = (name: string, storage: boolean): object => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: schema },
  subresources: { status: {} },
});
const PROFILE_CRD: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'profiles.kubeflow.org' },
  spec: {
    group: 'kubeflow.org',
    scope: 'Cluster',
    names: { kind: 'Profile', listKind: 'ProfileList', plural: 'profiles', singular: 'profile' },
    conversion: { strategy: 'None' },
    versions: [version('v1', true), version('v1beta1', false)],
  },
};

const READ = ['get', 'list', 'watch'];
const WRITE = [...READ, 'create', 'update', 'patch', 'delete'];
const WORKLOADS = [
  {
    apiGroups: [''],
    resources: ['pods', 'pods/log', 'services', 'configmaps', 'events', 'persistentvolumeclaims', 'serviceaccounts'],
  },
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'replicasets'] },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'] },
];
const clusterRole = (name: string, rules: readonly object[]): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  rules,
});
const ROLES: readonly KubeObject[] = [
  clusterRole(
    'kubeflow-view',
    WORKLOADS.map((rule) => ({ ...rule, verbs: READ })),
  ),
  clusterRole(
    'kubeflow-edit',
    WORKLOADS.map((rule) => ({ ...rule, verbs: WRITE })),
  ),
  clusterRole('kubeflow-admin', [
    ...WORKLOADS.map((rule) => ({ ...rule, verbs: WRITE })),
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: WRITE },
  ]),
];

/** The image that tells which controller runs (annotateOnly is known since v1.7.0). */
const CONTROLLER_IMAGE = 'docker.io/kubeflownotebookswg/profile-controller:v1.10.0';
const KFAM_IMAGE = 'docker.io/kubeflownotebookswg/kfam:v1.10.0';
const labels = { app: 'profiles' };
const DEPLOYMENT: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'profiles-deployment', namespace: 'kubeflow', labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'profiles-controller-service-account',
        containers: [
          { name: 'manager', image: CONTROLLER_IMAGE, command: ['/manager', '-userid-header', 'kubeflow-userid'] },
          { name: 'kfam', image: KFAM_IMAGE, command: ['/access-management', '-userid-header', 'kubeflow-userid'] },
        ],
      },
    },
  },
};
const serviceAccount = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'kubeflow' },
});

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** Installs it, and resolves when Profiles can be created. */
export async function installKubeflow(kube: Kube): Promise<void> {
  const crd = kube.apply(`${CRDS}/profiles.kubeflow.org`, PROFILE_CRD);
  await kube.apply('/api/v1/namespaces/kubeflow', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'kubeflow', labels: { 'control-plane': 'kubeflow' } },
  });
  const inKubeflow = '/api/v1/namespaces/kubeflow/serviceaccounts';
  await Promise.all([
    crd,
    ...ROLES.map((role) => kube.apply(`${RBAC}/clusterroles/${role.metadata.name}`, role)),
    ...['profiles-controller-service-account', 'ml-pipeline', 'ml-pipeline-ui'].map((name) =>
      kube.apply(`${inKubeflow}/${name}`, serviceAccount(name)),
    ),
    kube.apply('/apis/apps/v1/namespaces/kubeflow/deployments/profiles-deployment', DEPLOYMENT),
  ]);
}

/** Whether the API server serves Profiles. */
export const servesProfiles = async (kube: Kube): Promise<boolean> =>
  (await kube.find('/apis/kubeflow.org/v1/profiles')) !== undefined;
