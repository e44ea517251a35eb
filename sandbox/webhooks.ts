// The mutating webhooks that decide who a pod is in AWS, as webhooks of the clusters' real API servers: EKS's pod identity webhook, of
// each cluster, and Kubeflow's for PodDefaults. One HTTPS server of this process answers for all of them, with a certificate authority
// of its own, so that a wrong caBundle fails as it does in a cluster.
// Sources: aws/amazon-eks-pod-identity-webhook, deploy/mutatingwebhook.yaml; kubeflow/kubeflow, components/admission-webhook/manifests;
// kubeflow/dashboard, components/poddefaults-webhooks/manifests.
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Kube, KubeObject } from './kube.ts';
import { certificateAuthority, type Identity } from './pki.ts';
import { withIdentity, withPodDefaults, type Pod, type PodDefault } from './pod-mutations.ts';

/**
 * When PodDefaults are applied. The API server calls webhook configurations in the order of their names: that of Kubeflow up to 1.10
 * runs `before` EKS's, that of kubeflow/dashboard `after` it.
 */
export type PodDefaultsOrder = 'before' | 'after';
const POD_DEFAULTS: Readonly<Record<PodDefaultsOrder, string>> = {
  before: 'admission-webhook-mutating-webhook-configuration',
  after: 'poddefaults-webhook-mutating-webhook-configuration',
};
/** What the configuration of EKS's webhook is called. */
export const IDENTITY_WEBHOOK = 'pod-identity-webhook';

/** Who issues the certificate of their server. */
export const WEBHOOKS_AUTHORITY = 'sandbox-webhooks';

/** A cluster whose pods are looked at. */
export interface WebhookCluster {
  readonly kube: Kube;
  readonly region: string;
  /** Whether EKS has a Pod Identity association of a service account. */
  associated(namespace: string, serviceAccount: string): Promise<boolean>;
  /** Service accounts that the webhook does not know yet, as `namespace/name`: made a moment ago. */
  unknown(): readonly string[];
}
export interface Webhooks {
  /** Gives a cluster the webhook that EKS gives it. */
  installIdentity(name: string, cluster: WebhookCluster): Promise<void>;
  /** Gives a cluster the webhook of Kubeflow, in place of the other one. */
  installPodDefaults(name: string, kube: Kube, order: PodDefaultsOrder): Promise<void>;
  close(): Promise<void>;
}

interface Review {
  readonly request: { readonly uid: string; readonly namespace?: string; readonly object: Pod };
}
const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const NEW_PODS = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }];

/** Listens on a port of 127.0.0.1. Who starts another one there later says the same `authority`, for the clusters know that one. */
export async function startWebhooks(port: number, authority: Identity): Promise<Webhooks> {
  const ca = await certificateAuthority(WEBHOOKS_AUTHORITY, authority);
  const { certificate, key } = await ca.issue(
    { commonName: 'webhooks' },
    { server: { names: ['localhost'], ips: ['127.0.0.1'] } },
  );
  const clusters = new Map<string, WebhookCluster>();

  /** The pod as a webhook leaves it; a text: why it is rejected. */
  const mutate = async (webhook: string, name: string, pod: Pod, namespace: string): Promise<Pod | string> => {
    const cluster = clusters.get(name);
    if (cluster === undefined) return pod;
    const { kube, region } = cluster;
    const at = encodeURIComponent(namespace);
    if (webhook === 'apply-poddefault') {
      const list = await kube.find<{ items?: PodDefault[] }>(
        `/apis/kubeflow.org/v1alpha1/namespaces/${at}/poddefaults`,
      );
      return withPodDefaults(pod, list?.items ?? []);
    }
    const account = pod.spec.serviceAccountName ?? 'default';
    const [known, associated] = await Promise.all([
      kube.find(`/api/v1/namespaces/${at}/serviceaccounts/${encodeURIComponent(account)}`),
      cluster.associated(namespace, account),
    ]);
    const annotations = cluster.unknown().includes(`${namespace}/${account}`) ? undefined : known?.metadata.annotations;
    return withIdentity(pod, { annotations, associated, region });
  };

  const server = createServer({ cert: certificate, key }, (request, response) => {
    const answer = async (): Promise<void> => {
      const [, webhook = '', name = ''] = (request.url ?? '').split(/[/?]/);
      const { request: asked } = JSON.parse(await text(request)) as Review;
      const mutated = () => mutate(webhook, name, asked.object, asked.namespace ?? 'default');
      // It only reads: what a connection that was just closed took with it is asked again.
      const outcome = await mutated().catch(mutated);
      const patch =
        typeof outcome === 'string' || outcome === asked.object
          ? undefined
          : (['metadata', 'spec'] as const).map((part) => ({ op: 'add', path: `/${part}`, value: outcome[part] }));
      const said =
        typeof outcome === 'string'
          ? { allowed: false, status: { message: outcome } }
          : {
              allowed: true,
              ...(patch && { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
            };
      response.writeHead(200, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: asked.uid, ...said },
        }),
      );
    };
    answer().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  // An API server that does not trust the certificate ends the connection: that is its affair.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const clientConfig = (path: string, cluster: string) => ({
    url: `https://127.0.0.1:${port}/${path}/${cluster}`,
    caBundle: Buffer.from(ca.certificate).toString('base64'),
  });
  const apply = (kube: Kube, name: string, webhook: object): Promise<KubeObject> =>
    kube.apply(`${CONFIGURATIONS}/${name}`, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name },
      webhooks: [{ admissionReviewVersions: ['v1'], rules: NEW_PODS, sideEffects: 'None', ...webhook }],
    });

  return {
    installIdentity: async (name, cluster) => {
      clusters.set(name, cluster);
      await apply(cluster.kube, IDENTITY_WEBHOOK, {
        name: 'iam-for-pods.amazonaws.com',
        clientConfig: clientConfig('mutate', name),
        // A miss is silent, so that it must not come of a machine that is busy.
        failurePolicy: 'Ignore',
        timeoutSeconds: 30,
        objectSelector: {
          matchExpressions: [{ key: 'eks.amazonaws.com/skip-pod-identity-webhook', operator: 'DoesNotExist' }],
        },
      });
    },
    installPodDefaults: async (name, kube, order) => {
      const other = POD_DEFAULTS[order === 'before' ? 'after' : 'before'];
      if (await kube.find(`${CONFIGURATIONS}/${other}`)) await kube.request('DELETE', `${CONFIGURATIONS}/${other}`);
      await apply(kube, POD_DEFAULTS[order], {
        name: `${order === 'before' ? 'admission' : 'poddefaults'}-webhook-deployment.kubeflow.org`,
        clientConfig: clientConfig('apply-poddefault', name),
        failurePolicy: 'Fail',
        namespaceSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } },
      });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Leaves a webhook configuration as an API server before 1.22 took it: one that says that it has side effects, which 1.22 and later
 * refuse to make and go on to serve. It is written past the API server, as it stands in the store of a cluster that was upgraded.
 */
export async function leaveOldWebhook(etcdUrl: string, cluster: string, name: string, webhook: string): Promise<void> {
  const object = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, uid: crypto.randomUUID(), creationTimestamp: '2020-01-01T00:00:00Z', generation: 1 },
    webhooks: [
      {
        name: webhook,
        admissionReviewVersions: ['v1beta1'],
        // It is never called: a dry run is refused before.
        clientConfig: { url: 'https://127.0.0.1:1/mutate' },
        failurePolicy: 'Ignore',
        matchPolicy: 'Exact',
        reinvocationPolicy: 'Never',
        namespaceSelector: {},
        objectSelector: {},
        timeoutSeconds: 1,
        sideEffects: 'Some',
        rules: NEW_PODS.map((rule) => ({ ...rule, scope: '*' })),
      },
    ],
  };
  const base64 = (value: string): string => Buffer.from(value).toString('base64');
  const answer = await fetch(`${etcdUrl}/v3/kv/put`, {
    method: 'POST',
    body: JSON.stringify({
      key: base64(`/${cluster}/mutatingwebhookconfigurations/${name}`),
      value: base64(JSON.stringify(object)),
    }),
  });
  if (!answer.ok) throw new Error(`etcd answers ${answer.status}: ${await answer.text()}`);
}
