// One EKS cluster: a kube-apiserver (on the shared etcd, under its own prefix) and a kube-controller-manager.
import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONWebKeySet } from 'jose';
import { kubeClient, type Kube, type KubeAccess } from './kube.ts';
import { privatePem, publicPem, type CertificateAuthority, type Identity, type KeyPair } from './pki.ts';
import type { Processes } from './processes.ts';
import type { Tools } from './tools.ts';

export interface ClusterSpec {
  readonly name: string;
  readonly region: string;
  /** The URL that is the `iss` of service account tokens. */
  readonly issuer: string;
  readonly etcdUrl: string;
  /** Port of the API server, and of the controller manager. */
  readonly port: number;
  readonly controllerManagerPort: number;
  /** Where the API server asks about bearer tokens that it does not know. */
  readonly authenticatorUrl: string;
  readonly ca: CertificateAuthority;
  readonly serviceAccountKeys: KeyPair;
  /** Whether its API server is started; without one nothing listens at its endpoint, and its issuer publishes no keys. */
  readonly started: boolean;
}
/** All that there is to know of a cluster, as plain data. */
export interface ClusterPlace {
  readonly name: string;
  readonly region: string;
  readonly issuer: string;
  /** https://127.0.0.1:PORT */
  readonly endpoint: string;
  /** PEM of the certificate authority. */
  readonly ca: string;
  /** A client certificate of group system:masters. */
  readonly admin: Identity;
  /** Who bears it is `admin`, too: an API server verifies a certificate with every request, which costs a twelfth of it. */
  readonly adminToken: string;
  /** PEM. */
  readonly signingKey: string;
  /** Whether its API server runs. */
  readonly started: boolean;
}
export interface ClusterProcesses {
  /**
   * Starts the controller manager, and resolves when its controllers work. Not before the custom resources are there: its
   * garbage collector looks for new kinds only every 30 s, and would so long keep what a deleted Profile owns.
   */
  startControllers(): Promise<void>;
  killControllers(): Promise<void>;
  killApiServer(): Promise<void>;
  /** Resolves when it answers. */
  startApiServer(): Promise<void>;
}
export interface Cluster extends Omit<ClusterPlace, 'signingKey'> {
  /** A client with the token of `admin`. */
  readonly kube: Kube;
  /** Signs service account tokens: with it a test can make one that is expired or of another subject. */
  readonly signingKey: KeyObject;
  /** What the issuer publishes, available when the cluster has been ready once. */
  readonly keys: Promise<JSONWebKeySet>;
  /** Resolves when the API server answers. */
  readonly ready: Promise<void>;
}

/** Followed by the name of its cluster, the name of a process. */
export const CONTROLLER_MANAGER = 'kube-controller-manager-';
/** How long an API server may take to answer before the start is given up. Idle machines need 3 s. */
const READY_WITHIN_MS = 120_000;

/** Writes a cluster's files to `folder` and starts its API server, if it is to have one. */
export async function startCluster(
  spec: ClusterSpec,
  folder: string,
  tools: Pick<Tools, 'kubeApiserver' | 'kubeControllerManager'>,
  processes: Processes,
): Promise<{ readonly place: ClusterPlace; readonly processes: ClusterProcesses }> {
  const { name, ca, serviceAccountKeys } = spec;
  const endpoint = `https://127.0.0.1:${spec.port}`;
  const [server, admin, manager] = await Promise.all([
    ca.issue(
      { commonName: 'kube-apiserver' },
      {
        server: {
          names: ['localhost', 'kubernetes', 'kubernetes.default.svc'],
          ips: ['127.0.0.1', '10.0.0.1'],
        },
      },
    ),
    ca.issue({ commonName: 'sandbox-admin', organization: 'system:masters' }, 'client'),
    ca.issue({ commonName: 'system:kube-controller-manager' }, 'client'),
  ]);
  const access = (identity: Identity): KubeAccess => ({ server: endpoint, ca: ca.certificate, ...identity });

  const adminToken = randomUUID();

  await mkdir(folder, { recursive: true });
  const write = (file: string, text: string): Promise<void> =>
    writeFile(path.join(folder, file), text, { mode: 0o600 });
  await Promise.all([
    write('ca.crt', ca.certificate),
    write('server.crt', server.certificate),
    write('server.key', server.key),
    write('sa.key', privatePem(serviceAccountKeys.privateKey)),
    write('sa.pub', publicPem(serviceAccountKeys.publicKey)),
    write('tokens.csv', `${adminToken},sandbox-admin,sandbox-admin,system:masters\n`),
    write('kcm.kubeconfig', kubeconfig([{ name, access: access(manager) }])),
    write(
      'webhook.kubeconfig',
      kubeconfig([{ name: 'authenticator', access: { server: spec.authenticatorUrl, ca: '' } }]),
    ),
  ]);
  const file = (leaf: string): string => path.join(folder, leaf);

  const apiServer = {
    file: tools.kubeApiserver,
    // It lives for minutes on a few megabytes: collecting them less often saves a tenth of its time.
    env: { GOGC: '400' },
    args: [
      `--etcd-servers=${spec.etcdUrl}`,
      `--etcd-prefix=/${name}`,
      `--secure-port=${spec.port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--cert-dir=${folder}`,
      `--tls-cert-file=${file('server.crt')}`,
      `--tls-private-key-file=${file('server.key')}`,
      `--client-ca-file=${file('ca.crt')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--authorization-mode=RBAC',
      '--allow-privileged=true',
      '--anonymous-auth=false',
      `--token-auth-file=${file('tokens.csv')}`,
      `--service-account-issuer=${spec.issuer}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      `--service-account-key-file=${file('sa.pub')}`,
      '--api-audiences=https://kubernetes.default.svc,sts.amazonaws.com',
      '--endpoint-reconciler-type=none',
      '--profiling=false',
      `--authentication-token-webhook-config-file=${file('webhook.kubeconfig')}`,
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=5s',
    ],
  };
  const controllers = [
    'namespace-controller',
    'serviceaccount-controller',
    'garbage-collector-controller',
    'root-ca-certificate-publisher-controller',
    'clusterrole-aggregation-controller',
    'resourcequota-controller',
  ];
  if (spec.started) processes.start(`kube-apiserver-${name}`, apiServer);
  const controllerManager = {
    file: tools.kubeControllerManager,
    env: { GOGC: '400' },
    args: [
      `--kubeconfig=${file('kcm.kubeconfig')}`,
      `--service-account-private-key-file=${file('sa.key')}`,
      `--root-ca-file=${file('ca.crt')}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${spec.controllerManagerPort}`,
      `--cert-dir=${folder}`,
      `--controllers=${controllers.join(',')}`,
      // The API server is its own: thousands of namespaces get their service accounts in seconds, not at 20 a second.
      ...['--kube-api-qps=1000', '--kube-api-burst=1000'],
      '--profiling=false',
    ],
  };

  const answers = async (path: string): Promise<void> => {
    const kube = administratorOf({ endpoint, ca: ca.certificate, adminToken });
    try {
      await until(() => kube.find(path), `${name}: ${path}`);
    } finally {
      kube.close();
    }
  };
  return {
    place: {
      name,
      region: spec.region,
      issuer: spec.issuer,
      endpoint,
      ca: ca.certificate,
      admin,
      adminToken,
      signingKey: privatePem(serviceAccountKeys.privateKey),
      started: spec.started,
    },
    processes: {
      startControllers: async () => {
        processes.start(`${CONTROLLER_MANAGER}${name}`, controllerManager);
        await answers('/api/v1/namespaces/default/serviceaccounts/default');
      },
      killControllers: () => processes.end(`${CONTROLLER_MANAGER}${name}`, 'SIGKILL'),
      killApiServer: () => processes.end(`kube-apiserver-${name}`, 'SIGKILL'),
      startApiServer: async () => {
        processes.start(`kube-apiserver-${name}`, apiServer);
        await answers('/readyz');
      },
    },
  };
}

/** The cluster's administrator, who bears a token: each new connection with a certificate costs the API server its verification. */
export const administratorOf = ({
  endpoint,
  ca,
  adminToken,
}: Pick<ClusterPlace, 'endpoint' | 'ca' | 'adminToken'>): Kube =>
  kubeClient({ server: endpoint, ca, token: adminToken });

/** A cluster as those see it who only call it. */
export function connectCluster(place: ClusterPlace): Cluster {
  const { name, started } = place;
  const kube = administratorOf(place);
  const ready = started ? until(() => kube.find('/readyz'), `${name}: /readyz`) : Promise.resolve();
  const keys = started
    ? ready.then(() => kube.request<JSONWebKeySet>('GET', '/openid/v1/jwks'))
    : Promise.resolve({ keys: [] });
  ready.catch(() => undefined);
  keys.catch(() => undefined);
  return { ...place, kube, signingKey: createPrivateKey(place.signingKey), keys, ready };
}

/** Asks again and again, every 40 ms, until the answer is there; failures count as not yet. */
export async function until(ask: () => Promise<unknown>, what: string, withinMs = READY_WITHIN_MS): Promise<void> {
  let last: unknown;
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(40)) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`${what} is not there after ${withinMs / 1000} s`, { cause: last });
}

/** A kubeconfig (JSON, which is YAML) with a context for each cluster; the first is current. */
export function kubeconfig(entries: readonly { readonly name: string; readonly access: KubeAccess }[]): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': entries[0]?.name ?? '',
    clusters: entries.map(({ name, access: { server, ca } }) => ({
      name,
      cluster: { server, ...(ca === '' ? {} : { 'certificate-authority-data': base64(ca) }) },
    })),
    users: entries.map(({ name, access: { certificate, key } }) => ({
      name,
      user:
        certificate && key ? { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } : {},
    })),
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
