// How people sign in to Kubeflow, as objects of the cluster: with Dex and its static passwords, or through a load balancer with a
// user pool of Cognito. And the two objects that KFAM makes of a contributor.
// Sources: kubeflow/manifests, common/dex; awslabs/kubeflow-manifests, awsconfigs/common/istio-ingress/overlays/cognito;
// kubeflow/dashboard, components/access-management/kfam/bindings.go.
import type { Kube, KubeObject } from './kube.ts';

/** Who vouches for people: one of the two is there. */
export type People = 'dex' | 'cognito';

const AUTH = '/api/v1/namespaces/auth';
const DEPLOYMENT = '/apis/apps/v1/namespaces/auth/deployments/dex';
const INGRESS = '/apis/networking.k8s.io/v1/namespaces/istio-system/ingresses/istio-ingress';

/** The one user that the manifests have, with the password that they have for everybody (12341234). */
const DEX_USER = 'user@example.com';
const DEX_CONFIG = `issuer: http://dex.auth.svc.cluster.local:5556/dex
storage:
  type: kubernetes
  config:
    inCluster: true
web:
  http: 0.0.0.0:5556
logger:
  level: "debug"
  format: text
oauth2:
  skipApprovalScreen: true
enablePasswordDB: true
# People with a password of their own.
staticPasswords:
- email: ${DEX_USER}
  hashFromEnv: DEX_USER_PASSWORD
  username: user
  userID: "15841185641784"
staticClients:
- idEnv: OIDC_CLIENT_ID
  redirectURIs: ["/oauth2/callback"]
  name: 'Dex Login Application'
  secretEnv: OIDC_CLIENT_SECRET
`;
const metadata = { name: 'dex', namespace: 'auth' };
const labels = { app: 'dex' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (name: string, data: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'auth' },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
});
const DEX: Readonly<Record<string, KubeObject>> = {
  [`${AUTH}/serviceaccounts/dex`]: { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  [`${AUTH}/configmaps/dex`]: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'config.yaml': DEX_CONFIG } },
  [`${AUTH}/secrets/dex-passwords`]: secret('dex-passwords', {
    DEX_USER_PASSWORD: '$2b$12$KubeflowSandboxDexUseexeyGDNCOf5waWxr1DFu.2C7yLMTauIW',
  }),
  [`${AUTH}/secrets/dex-oidc-client`]: secret('dex-oidc-client', {
    OIDC_CLIENT_ID: 'kubeflow-oidc-authservice',
    OIDC_CLIENT_SECRET: 'sandbox',
  }),
  [DEPLOYMENT]: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: 'dex',
          containers: [
            {
              name: 'dex',
              image: 'ghcr.io/dexidp/dex:v2.45.0',
              command: ['dex', 'serve', '/etc/dex/cfg/config.yaml'],
              ports: [{ name: 'http', containerPort: 5556 }],
              volumeMounts: [{ name: 'config', mountPath: '/etc/dex/cfg' }],
              envFrom: [{ secretRef: { name: 'dex-oidc-client' } }, { secretRef: { name: 'dex-passwords' } }],
            },
          ],
          volumes: [
            { name: 'config', configMap: { name: 'dex', items: [{ key: 'config.yaml', path: 'config.yaml' }] } },
          ],
        },
      },
    },
  },
};

/** The user pool that a cluster's load balancer asks. */
export interface UserPool {
  readonly arn: string;
  readonly clientId: string;
  readonly domain: string;
}
const ingress = ({ arn, clientId, domain }: UserPool): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'istio-ingress',
    namespace: 'istio-system',
    annotations: {
      'kubernetes.io/ingress.class': 'alb',
      'alb.ingress.kubernetes.io/auth-type': 'cognito',
      'alb.ingress.kubernetes.io/auth-idp-cognito': JSON.stringify({
        UserPoolArn: arn,
        UserPoolClientId: clientId,
        UserPoolDomain: domain,
      }),
      'alb.ingress.kubernetes.io/listen-ports': '[{"HTTPS":443}]',
      'alb.ingress.kubernetes.io/scheme': 'internet-facing',
      'alb.ingress.kubernetes.io/target-type': 'ip',
    },
  },
  spec: {
    rules: [
      {
        http: {
          paths: [
            {
              path: '/*',
              pathType: 'ImplementationSpecific',
              backend: { service: { name: 'istio-ingressgateway', port: { number: 80 } } },
            },
          ],
        },
      },
    ],
  },
});

/** Makes the objects of the one way to sign in and removes those of the other. */
export async function installPeople(kube: Kube, people: People, pool: UserPool | undefined): Promise<void> {
  const namespaces = ['auth', 'istio-system'].map((name) =>
    kube.apply(`/api/v1/namespaces/${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  );
  await Promise.all(namespaces);
  const remove = async (path: string): Promise<void> => {
    if (await kube.find(path)) await kube.request('DELETE', path);
  };
  if (people === 'dex') {
    await Promise.all([...Object.entries(DEX).map(([path, object]) => kube.apply(path, object)), remove(INGRESS)]);
    return;
  }
  if (!pool) throw new Error('There is no user pool.');
  await Promise.all([...Object.keys(DEX).map(remove), kube.apply(INGRESS, ingress(pool))]);
}

type ContributorRole = 'edit' | 'view' | 'admin';
/** The name of both objects of a contributor. */
const contributorName = (user: string, role: ContributorRole): string =>
  `user-${user.replace(/[^a-zA-Z0-9]+/g, '-')}-clusterrole-${role}`.toLowerCase();

/** Makes somebody a contributor of a profile, as the dashboard does through KFAM. */
export async function addContributor(
  kube: Kube,
  namespace: string,
  user: string,
  role: ContributorRole,
): Promise<void> {
  const name = contributorName(user, role);
  const rbac = 'rbac.authorization.k8s.io';
  const object = { name, namespace, annotations: { user, role } };
  await kube.request('POST', `/apis/${rbac}/v1/namespaces/${namespace}/rolebindings`, {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: object,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: `kubeflow-${role}` },
    subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
  });
  await kube.request('POST', `/apis/security.istio.io/v1beta1/namespaces/${namespace}/authorizationpolicies`, {
    apiVersion: 'security.istio.io/v1beta1',
    kind: 'AuthorizationPolicy',
    metadata: object,
    spec: {
      rules: [
        {
          from: [
            {
              source: {
                principals: [
                  'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account',
                  'cluster.local/ns/kubeflow/sa/ml-pipeline-ui',
                ],
              },
            },
          ],
          when: [{ key: 'request.headers[kubeflow-userid]', values: [user] }],
        },
      ],
    },
  });
}
