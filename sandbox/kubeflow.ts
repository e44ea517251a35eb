// What a cluster has when Kubeflow is installed, as far as profiles are concerned: the Profile CRD, the namespace `kubeflow`
// with the profile controller's Deployment, the ClusterRoles that profiles bind to, Istio's AuthorizationPolicy, and what tells the
// version of Kubeflow Pipelines.
// Sources: kubeflow/dashboard, components/profile-controller/manifests; kubeflow/pipelines, manifests/kustomize/base/pipeline and
// base/installs/generic; istio/api, security/v1.
import type { Kube, KubeObject } from './kube.ts';
import type { People } from './people.ts';
import type { PodDefaultsOrder } from './webhooks.ts';

/** What an installation of Kubeflow is made of, where it differs from one to the next. */
export interface KubeflowSettings {
  /** The version of Kubeflow Pipelines, such as 2.15.0: what it makes in a new profile follows from it. */
  readonly pipelines: string;
  readonly people: People;
  /** Whether PodDefaults come before EKS's webhook or after it. */
  readonly podDefaults: PodDefaultsOrder;
}
export const KUBEFLOW_SETTINGS: KubeflowSettings = { pipelines: '2.17.0', people: 'dex', podDefaults: 'before' };

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
export const PROFILE_CRD: KubeObject = {
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

/** Nothing in it is checked here. */
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const istioVersion = (name: string, storage: boolean): object => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } },
});
const AUTHORIZATION_POLICY_CRD: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'authorizationpolicies.security.istio.io' },
  spec: {
    group: 'security.istio.io',
    scope: 'Namespaced',
    names: {
      kind: 'AuthorizationPolicy',
      listKind: 'AuthorizationPolicyList',
      plural: 'authorizationpolicies',
      shortNames: ['ap'],
      singular: 'authorizationpolicy',
    },
    versions: [istioVersion('v1', true), istioVersion('v1beta1', false)],
  },
};

const POD_DEFAULT_CRD: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'poddefaults.kubeflow.org' },
  spec: {
    group: 'kubeflow.org',
    scope: 'Namespaced',
    names: { kind: 'PodDefault', listKind: 'PodDefaultList', plural: 'poddefaults', singular: 'poddefault' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { ...anything, required: ['selector'], properties: { selector: anything } } },
          },
        },
      },
    ],
  },
};

/** Kinds that are there, and that nothing works on: notebooks, runs, model servers, and the hosts that Istio knows. */
const IDLE_CRDS: readonly KubeObject[] = (
  [
    ['kubeflow.org', 'v1', 'Notebook', 'notebooks'],
    ['argoproj.io', 'v1alpha1', 'Workflow', 'workflows'],
    ['serving.kserve.io', 'v1beta1', 'InferenceService', 'inferenceservices'],
    ['networking.istio.io', 'v1beta1', 'ServiceEntry', 'serviceentries'],
  ] as const
).map(([group, name, kind, plural]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
    versions: [
      {
        name,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } },
      },
    ],
  },
}));

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
export const PROFILE_CONTROLLER: KubeObject = {
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
const serviceAccount = (name: string, role?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: {
    name,
    namespace: 'kubeflow',
    ...(role === undefined ? {} : { annotations: { 'eks.amazonaws.com/role-arn': role } }),
  },
});
/** Service accounts of Kubeflow Pipelines that read what profiles write. */
export const PIPELINES_ACCOUNTS = ['ml-pipeline', 'ml-pipeline-ui'] as const;

/** Names of images changed with 2.4. Source: the manifests of the releases. */
const pipelinesImage = (part: string, version: string): string => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 4)
    ? `ghcr.io/kubeflow/kfp-${part}:${version}`
    : `gcr.io/ml-pipeline/${part}:${version}`;
};
const PIPELINES = { app: 'ml-pipeline', 'application-crd-id': 'kubeflow-pipelines' };

/** Argo's repository as KFP ships it: the object store in the cluster. */
const IN_CLUSTER_REPOSITORY = `archiveLogs: true
s3:
  endpoint: "minio-service.kubeflow:9000"
  bucket: "mlpipeline"
  keyFormat: "private-artifacts/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}"
  insecure: true
  accessKeySecret:
    name: mlpipeline-minio-artifact
    key: accesskey
  secretKeySecret:
    name: mlpipeline-minio-artifact
    key: secretkey
`;

/** What tells the version of Kubeflow Pipelines: the tag of its API server's image, and its own ConfigMap. */
export async function installPipelines(kube: Kube, version: string): Promise<void> {
  const env = (name: string, value: string): object => ({ name, value });
  await Promise.all([
    kube.apply('/apis/apps/v1/namespaces/kubeflow/deployments/ml-pipeline', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'ml-pipeline', namespace: 'kubeflow', labels: PIPELINES },
      spec: {
        replicas: 1,
        selector: { matchLabels: PIPELINES },
        template: {
          metadata: { labels: PIPELINES },
          spec: {
            serviceAccountName: 'ml-pipeline',
            containers: [
              {
                name: 'ml-pipeline-api-server',
                image: pipelinesImage('api-server', version),
                env: [
                  env('V2_DRIVER_IMAGE', pipelinesImage('driver', version)),
                  env('V2_LAUNCHER_IMAGE', pipelinesImage('launcher', version)),
                  env('DEFAULTPIPELINERUNNERSERVICEACCOUNT', 'default-editor'),
                  env('MULTIUSER', 'true'),
                ],
              },
            ],
          },
        },
      },
    }),
    kube.apply('/api/v1/namespaces/kubeflow/configmaps/workflow-controller-configmap', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'workflow-controller-configmap',
        namespace: 'kubeflow',
        labels: { 'application-crd-id': 'kubeflow-pipelines' },
      },
      data: { artifactRepository: IN_CLUSTER_REPOSITORY },
    }),
    kube.apply('/api/v1/namespaces/kubeflow/configmaps/pipeline-install-config', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'pipeline-install-config',
        namespace: 'kubeflow',
        labels: { 'application-crd-id': 'kubeflow-pipelines' },
      },
      data: { appName: 'pipeline', appVersion: version, bucketName: 'mlpipeline', defaultPipelineRoot: '' },
    }),
  ]);
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** Installs it, and resolves when Profiles can be created. `pipelinesRole`: ARN of the role of Kubeflow Pipelines' own servers. */
export async function installKubeflow(kube: Kube, pipelinesRole: string): Promise<void> {
  const crds = [PROFILE_CRD, AUTHORIZATION_POLICY_CRD, POD_DEFAULT_CRD, ...IDLE_CRDS].map((crd) =>
    kube.apply(`${CRDS}/${crd.metadata.name}`, crd),
  );
  await kube.apply('/api/v1/namespaces/kubeflow', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'kubeflow', labels: { 'control-plane': 'kubeflow' } },
  });
  const inKubeflow = '/api/v1/namespaces/kubeflow/serviceaccounts';
  await Promise.all([
    ...crds,
    ...ROLES.map((role) => kube.apply(`${RBAC}/clusterroles/${role.metadata.name}`, role)),
    kube.apply(
      `${inKubeflow}/profiles-controller-service-account`,
      serviceAccount('profiles-controller-service-account'),
    ),
    ...PIPELINES_ACCOUNTS.map((name) => kube.apply(`${inKubeflow}/${name}`, serviceAccount(name, pipelinesRole))),
    kube.apply('/apis/apps/v1/namespaces/kubeflow/deployments/profiles-deployment', PROFILE_CONTROLLER),
  ]);
}

/** Whether the API server serves Profiles, and the policies that their controller makes. */
export const servesProfiles = async (kube: Kube): Promise<boolean> => {
  const served = await Promise.all(
    ['/apis/kubeflow.org/v1/profiles', '/apis/security.istio.io/v1beta1/authorizationpolicies'].map((path) =>
      kube.find(path),
    ),
  );
  return served.every((one) => one !== undefined);
};
