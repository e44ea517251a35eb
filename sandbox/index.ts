// A local AWS account with EKS clusters and Kubeflow, to try the product on and to test it on.
//
// Real: etcd, kube-apiserver and kube-controller-manager (so service account tokens, RBAC, watches, garbage collection and
// the validation of Profiles by their CRD); the signatures of all AWS calls and of EKS tokens; the tokens' signatures against
// the keys that the cluster publishes.
// Played: the AWS account is moto behind a front (front.ts) that makes STS and IAM as strict as AWS where a role for a service
// account depends on it (sts.ts, iam.ts, policy.ts, conditions.ts), and that lets calls go wrong on request; IAM Identity Center
// (identity-center.ts) with one person, who has one role. What S3, KMS and Cognito let a caller do is judged by the front alone
// (authorize.ts): the caller's policies, those of buckets and of keys, regions, new buckets. Kubeflow's profile controller
// (profile-controller.ts) is written after the behaviour of the real one, and the panics of its releases or of its main branch, and
// its slowness, are a setting; so are the version of Kubeflow Pipelines and whether people sign in with Dex or through Cognito
// (kubeflow.ts, people.ts: the objects that a cluster has of them). Who a pod is in AWS is decided by two webhooks of the real API server
// (webhooks.ts), EKS's and that of PodDefaults, in either order; Pod Identity has its associations, and its agent as an add-on (fixtures.ts).
// Not there: nodes (pods can be made, and none runs), Istio but for its AuthorizationPolicy, EKS access entries, permissions boundaries, grants of KMS, ACLs, IAM's policy simulator; conditions in the policies of users
// count as met by IAM, STS and EKS. Of DeleteObjects either all or nothing is refused.
//
// How a test changes it while it runs: `control` (faults.ts, and front.ts: latency, the profile controller's ways) and `changeKubeflow`, or
// both from another process as JSON to SANDBOX_CONTROL_URL, such as {"kubeflow": {"pipelines": "2.15.0", "people": "cognito"}};
// fixtures.ts makes buckets of either account with policies and keys, people.ts a contributor. A call with the header
// x-sandbox-plain counts as one without TLS.
//
// Everything listens on 127.0.0.1, on ports that were free; all data is in one folder in the temp folder. Processes and folder
// are gone when `stop` has resolved, and also when this process ends in any other way (supervisor.ts). In a run of tests the processes
// are those of a pool (pool.ts), which takes back what was done with them.
import { createHash, randomBytes, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONWebKeySet } from 'jose';
import { openAccount } from './account.ts';
import type { KubernetesUser, TokenContext } from './authenticator.ts';
import { connectCluster, kubeconfig, type Cluster } from './cluster.ts';
import { CALLS_PATH, CONTROL_PATH, DEVICE_PATH, startFront, type Control, type Front } from './front.ts';
import { CLUSTERS_AUTHORITY, openMoto, ownGround, type Ground } from './ground.ts';
import { expiredToken, openIdentityCenter } from './identity-center.ts';
import type { Kube } from './kube.ts';
import { startKubeProxy } from './kube-proxy.ts';
import { installPipelines, KUBEFLOW_SETTINGS, type KubeflowSettings } from './kubeflow.ts';
import { installPeople, type UserPool } from './people.ts';
import { leaseGround, POOL_VARIABLE } from './lease.ts';
import { certificateAuthority } from './pki.ts';
import { startProfileController } from './profile-controller.ts';
import * as seed from './seed.ts';
import { call, query, xmlValue, type Credentials } from './sigv4.ts';
import { SEED_VARIABLE, variationFrom, type Variation } from './variation.ts';
import { leaveOldWebhook, startWebhooks, type WebhookCluster } from './webhooks.ts';

export { issuerOf } from './seed.ts';

export interface SandboxOptions {
  /** Told of each step of the start, and of a process that ends by itself. */
  readonly log?: (line: string) => void;
  /** Milliseconds that every call of AWS takes longer. Default 0. */
  readonly latencyMs?: number;
  /** Milliseconds until a change of IAM is visible to STS and S3. Default 300. */
  readonly consistencyMs?: number;
  /** Roles that the account has besides its own, from the start: thousands would take minutes to make through IAM. */
  readonly roles?: readonly SandboxRole[];
  /**
   * Told, long before the sandbox is complete, what a process needs in its environment. Until then AWS answers each call with the
   * error SandboxStarting, which says what is being done; the keys in the files are no real ones.
   */
  readonly soon?: (env: Sandbox['env']) => void;
  /**
   * Whether `analytics` is only described, as `legacy` is, and nothing answers there: two seconds of a processor less at each start.
   * For who does not look at its region. Default: false.
   */
  readonly withoutAnalytics?: boolean;
  /** What differs from KUBEFLOW_SETTINGS. */
  readonly kubeflow?: Partial<KubeflowSettings>;
  /**
   * What varies of clock, latency and pages. Default: what KUBEFLOW_IRSA_SEED asks for, else nothing. `null`: nothing, whatever is
   * asked for, where a test counts calls or pages exactly.
   */
  readonly variation?: Variation | null;
  /** Whether its clusters are its own also where there is a pool (pool.ts). Default: false. */
  readonly own?: boolean;
}
export interface SandboxRole {
  readonly name: string;
  readonly trust: object;
  /** Inline policies by name. */
  readonly policies: Readonly<Record<string, object>>;
}
export interface SandboxCluster {
  readonly name: string;
  readonly region: string;
  readonly arn: string;
  /** https://127.0.0.1:PORT */
  readonly endpoint: string;
  readonly issuer: string;
}
/** A cluster whose API server runs. */
export interface RunningCluster extends SandboxCluster {
  /** PEM. */
  readonly ca: string;
  /** A client with the rights of system:masters. */
  readonly kube: Kube;
  /** The private key that signs service account tokens, to make expired or otherwise wrong ones. */
  readonly signingKey: KeyObject;
  /** The `kid` in the header of such tokens. */
  readonly keyId: string;
}
export interface Sandbox {
  /** What a process needs in its environment to use the sandbox instead of AWS and the user's own files. */
  readonly env: Readonly<Record<string, string>> & { readonly HOME: string };
  /** http://127.0.0.1:PORT, for all services of AWS. */
  readonly endpoint: string;
  /** GET answers calls so far, as {"iam:CreateRole": 2}; DELETE resets. Calls of the sandbox's own parts are not counted. */
  readonly callsUrl: string;
  /** GET and POST of a `Control` (front.ts): latency, consistency, faults, the profile controller's ways; POST of `kubeflow`. */
  readonly controlUrl: string;
  readonly account: string;
  readonly region: string;
  readonly kubeconfigPath: string;
  readonly clusters: {
    readonly kubeflowDev: RunningCluster;
    readonly analytics: RunningCluster;
    readonly legacy: SandboxCluster;
  };
  /** Access keys of the IAM users. */
  readonly credentials: Readonly<Record<seed.UserName, Credentials & { readonly arn: string }>>;
  /** What the profile controller logs. */
  readonly controllerLog: readonly string[];
  /** Calls of AWS since the start or the last reset. */
  calls(): Record<string, number>;
  resetCalls(): void;
  control(change: Partial<Control>): void;
  /** As they are now: `faults` are those that are left. */
  readonly settings: Readonly<Control>;
  /** Resolves when the objects of kubeflow-dev are as they are then. Profiles keep what they have. */
  changeKubeflow(change: Partial<KubeflowSettings>): Promise<void>;
  /** The user pool of Cognito. */
  readonly userPool: UserPool;
  /** Leaves a cluster a webhook configuration, with a webhook of that name, that forbids dry runs: see webhooks.ts. */
  leaveOldWebhook(cluster: 'kubeflow-dev' | 'analytics', name: string, webhook: string): Promise<void>;
  killApiServer(name: 'kubeflow-dev' | 'analytics'): Promise<void>;
  /** Resolves when it answers again. */
  startApiServer(name: 'kubeflow-dev' | 'analytics'): Promise<void>;
  /**
   * From here on calls of a cluster's API server are counted and can go wrong (faults.ts): EKS tells the address of a proxy, for
   * clients that sign in with a token of EKS. The cluster's own address, which `kubeconfigPath` has, stays as it is.
   */
  meetCalls(name: 'kubeflow-dev' | 'analytics'): Promise<void>;
  /** Resolves with the name of a call that is held by a fault, one of those of `of` if given; undefined when the signal aborts first. */
  held(of?: readonly string[], signal?: AbortSignal): Promise<string | undefined>;
  /** Lets calls go on that are held. */
  release(of?: readonly string[]): void;
  /** Ends all processes and removes all data. */
  stop(): Promise<void>;
}

/**
 * Starts a sandbox and resolves when it is complete (the first time on a machine after a build of minutes, then in seconds).
 * Throws with the reason and the end of the log of the part that failed; nothing is left running then.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const analytics = options.withoutAnalytics !== true;
  const pool = process.env[POOL_VARIABLE];
  const shared =
    pool !== undefined && options.own !== true && options.soon === undefined && options.kubeflow === undefined;
  return openSandbox(shared ? await leaseGround(pool, analytics) : await ownGround({ analytics }), options);
}

/** A sandbox on a ground, which ends with it. */
export async function openSandbox(ground: Ground, options: SandboxOptions): Promise<Sandbox> {
  const cleanUp: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of cleanUp.splice(0).reverse()) await end();
    await ground.end();
  };
  const { latencyMs = 0, consistencyMs = 300 } = options;
  const variation =
    options.variation === undefined ? variationFrom(process.env[SEED_VARIABLE]) : (options.variation ?? undefined);
  const front = await startFront(ground.frontPort, { latencyMs, consistencyMs }, variation);
  cleanUp.push(() => front.close());
  try {
    return await start(ground, front, { ...options, variation: variation ?? null }, cleanUp, stop);
  } catch (error) {
    // Who was told where it will be is told there why it is not.
    if (options.soon === undefined) await stop();
    else front.starting(`The sandbox could not be started. ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

async function start(
  ground: Ground,
  front: Front,
  { log: told = () => undefined, consistencyMs = 300, roles = [], ...options }: SandboxOptions,
  cleanUp: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<Sandbox> {
  const { folder } = ground;
  let complete = false;
  const log = (line: string): void => {
    if (!complete) front.starting(`${line} The sandbox is starting.`);
    told(line);
  };
  const endpoint = `http://${front.host}`;
  const kubeconfigPath = path.join(folder, 'kubeconfig');
  const places = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: seed.REGION,
    AWS_DEFAULT_REGION: seed.REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    KUBECONFIG: kubeconfigPath,
    SANDBOX_CALLS_URL: `${endpoint}${CALLS_PATH}`,
    SANDBOX_CONTROL_URL: `${endpoint}${CONTROL_PATH}`,
  };
  if (options.soon) options.soon({ ...(await writeAwsFiles(folder, endpoint, () => EXPIRED)), ...places });
  const { place, processes, isNew, failed } = await ground.stand(log);
  const webhooks = await startWebhooks(place.webhooks.port, place.webhooks.authority);
  cleanUp.push(() => webhooks.close());
  const [dev, analytics] = [connectCluster(place.clusters['kubeflow-dev']), connectCluster(place.clusters.analytics)];
  const legacy = describe('legacy', `https://127.0.0.1:${place.closedPorts[0]}`);
  for (const { kube } of [dev, analytics]) cleanUp.push(() => kube.close());

  // The account.
  const caData = Buffer.from(dev.ca).toString('base64');
  const described = [dev, analytics, legacy].map(({ name, region, endpoint, issuer }) => [
    `${region}/${name}`,
    { endpoint, issuer, ca: caData },
  ]);
  const world = { account: seed.ACCOUNT, users: seed.USERS, roles, clusters: Object.fromEntries(described) as object };

  let kubeflow: KubeflowSettings = { ...KUBEFLOW_SETTINGS, ...options.kubeflow };
  let userPool: UserPool | undefined;
  const changeKubeflow = async (change: Partial<KubeflowSettings>): Promise<void> => {
    kubeflow = { ...kubeflow, ...change };
    await Promise.all([
      change.pipelines === undefined ? undefined : installPipelines(dev.kube, kubeflow.pipelines),
      change.people === undefined ? undefined : installPeople(dev.kube, kubeflow.people, userPool),
      change.podDefaults === undefined
        ? undefined
        : webhooks.installPodDefaults(dev.name, dev.kube, kubeflow.podDefaults),
    ]);
  };
  const openTheAccount = async (): Promise<Sandbox['credentials']> => {
    const moto = await openMoto<Sandbox['credentials']>(place.motoPort, world);
    cleanUp.push(() => moto.close());
    const credentials = moto.keys;
    const internal = credentials['sandbox-internal'];
    const published = new Map<string, Promise<JSONWebKeySet>>(
      [dev, analytics].map(({ issuer, keys }) => [issuer, keys]),
    );
    const account = openAccount(seed.ACCOUNT, `http://127.0.0.1:${moto.port}`, internal, published);
    for (const { accessKeyId, secretAccessKey, arn } of Object.values(credentials))
      account.credentials.set(accessKeyId, { secretAccessKey, principalArn: arn });
    account.credentials.set(EXPIRED.accessKeyId, {
      ...EXPIRED,
      principalArn: credentials['sandbox-admin'].arn,
      expires: Date.now() - 3_600_000,
    });
    const masters: KubernetesUser = { username: 'sandbox-admin', groups: ['system:masters'] };
    const users = new Map<string, KubernetesUser>([
      [credentials['sandbox-admin'].arn, masters],
      [`arn:aws:iam::${seed.ACCOUNT}:role/${seed.OPERATOR_ROLE}`, { ...masters, username: 'kubeflow-operator' }],
      [credentials['sandbox-readonly'].arn, { username: 'sandbox-readonly', groups: [seed.VIEWERS] }],
    ]);
    const contexts = new Map<string, TokenContext>(
      [dev, analytics].map(({ name }) => [
        name,
        {
          cluster: name,
          clockMs: options.variation?.clockMs ?? 0,
          ownHost: front.host,
          users,
          key: (accessKeyId) => account.credentials.get(accessKeyId),
        },
      ]),
    );
    const uncounted = new Set([internal.accessKeyId, credentials['profile-controller'].accessKeyId]);
    const identityCenter = openIdentityCenter({
      startUrl: seed.SSO.startUrl,
      // VS Code in a browser takes a page of localhost for one of its server and sends it there: a name below it leads here (RFC 6761).
      pageUrl: `${endpoint.replace('127.0.0.1', 'sandbox.localhost')}${DEVICE_PATH}`,
      settings: () => front.settings.signIn,
      roleCredentials: async (accountId, role) => {
        if (accountId !== seed.ACCOUNT || role !== seed.OPERATOR_ROLE) return undefined;
        const RoleArn = `arn:aws:iam::${accountId}:role/${role}`;
        const xml = await query(endpoint, internal, 'sts', {
          Action: 'AssumeRole',
          RoleArn,
          RoleSessionName: 'person',
        });
        const value = (name: string): string => xmlValue(xml, name) ?? '';
        return {
          accessKeyId: value('AccessKeyId'),
          secretAccessKey: value('SecretAccessKey'),
          sessionToken: value('SessionToken'),
          expires: Date.parse(value('Expiration')),
        };
      },
    });
    front.open({ motoPort: moto.port, account, identityCenter, clusters: contexts, changeKubeflow, uncounted });
    // The seeded world is old: STS sees it at once.
    account.consistencyMs = 0;
    [userPool] = await Promise.all([
      seed.seedUserPool(endpoint, internal),
      seed.seedAccount(endpoint, internal, issuerName(dev.issuer)),
    ]);
    account.consistencyMs = consistencyMs;
    log('The AWS account is ready.');
    return credentials;
  };
  const openTheClusters = async (): Promise<void> => {
    await dev.ready;
    if (isNew) await seed.seedKubeflow(dev.kube);
    log('kubeflow-dev answers and has Kubeflow.');
  };
  const [credentials] = await Promise.race([Promise.all([openTheAccount(), openTheClusters()]), failed]);
  const controller = startProfileController(
    dev.kube,
    endpoint,
    credentials['profile-controller'],
    () => front.settings.profileController,
    () => kubeflow.pipelines,
  );
  cleanUp.push(() => controller.stop());
  /** What EKS's webhook asks about a service account of a cluster. */
  const identities = ({ name, region, kube }: Cluster): WebhookCluster => ({
    kube,
    region,
    associated: async (namespace, serviceAccount) => {
      const path = `/clusters/${name}/pod-identity-associations`;
      const asked = { service: 'eks', region, credentials: credentials['sandbox-internal'], method: 'GET', path };
      const { text } = await call(endpoint, { ...asked, query: { namespace, serviceAccount } });
      return (JSON.parse(text) as { associations?: unknown[] }).associations?.length === 1;
    },
    unknown: () => front.settings.unknownServiceAccounts,
  });
  await Promise.race([
    Promise.all([
      webhooks.installIdentity(dev.name, identities(dev)),
      ...(analytics.started
        ? [analytics.ready.then(() => webhooks.installIdentity(analytics.name, identities(analytics)))]
        : []),
      ...(isNew
        ? [
            seed.seedProfileObjects(dev.kube, issuerName(dev.issuer)),
            changeKubeflow(kubeflow),
            processes['kubeflow-dev'].startControllers(),
            ...(analytics.started ? [analytics.ready.then(() => processes.analytics.startControllers())] : []),
          ]
        : []),
      dev.keys,
      analytics.keys,
    ]),
    failed,
  ]);
  log('The profiles team-a and team-b are there.');

  await writeFile(
    kubeconfigPath,
    kubeconfig([{ name: dev.name, access: { server: dev.endpoint, ca: dev.ca, ...dev.admin } }]),
    { mode: 0o600 },
  );
  const env = {
    ...(await writeAwsFiles(folder, endpoint, (name) => credentials[name])),
    ...places,
    AWS_ACCESS_KEY_ID: credentials['sandbox-admin'].accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials['sandbox-admin'].secretAccessKey,
  };
  complete = true;
  front.starting(undefined);
  const running = async (cluster: Cluster): Promise<RunningCluster> => ({
    ...describe(cluster.name as keyof typeof seed.CLUSTERS, cluster.endpoint),
    ca: cluster.ca,
    kube: cluster.kube,
    signingKey: cluster.signingKey,
    keyId: (await cluster.keys).keys[0]?.kid ?? '',
  });
  const byName = { 'kubeflow-dev': dev, analytics };
  const control = (change: Partial<Control>): void => {
    front.configure(change);
  };
  return {
    env,
    endpoint,
    callsUrl: `${endpoint}${CALLS_PATH}`,
    controlUrl: `${endpoint}${CONTROL_PATH}`,
    account: seed.ACCOUNT,
    region: seed.REGION,
    kubeconfigPath,
    clusters: { kubeflowDev: await running(dev), analytics: await running(analytics), legacy },
    credentials,
    controllerLog: controller.log,
    calls: () => Object.fromEntries(front.calls),
    resetCalls: () => front.calls.clear(),
    control,
    settings: front.settings,
    changeKubeflow,
    userPool: userPool ?? { arn: '', clientId: '', domain: '' },
    leaveOldWebhook: (cluster, name, webhook) => leaveOldWebhook(place.etcdUrl, cluster, name, webhook),
    killApiServer: (name) => processes[name].killApiServer(),
    startApiServer: (name) => processes[name].startApiServer(),
    meetCalls: async (name) => {
      const { endpoint: own } = byName[name];
      if (front.endpoints.has(own)) return;
      const ca = await certificateAuthority(CLUSTERS_AUTHORITY, place.authority);
      const proxy = await startKubeProxy(own, ca, front.faults, front.calls, options.variation ?? undefined);
      cleanUp.push(() => proxy.close());
      front.endpoints.set(own, proxy.endpoint);
    },
    held: async (of, signal) => {
      for (;;) {
        if (signal?.aborted === true) return undefined;
        const one = front.faults.held().find((call) => of === undefined || of.some((who) => call.of.includes(who)));
        if (one !== undefined) return one.name;
        await sleep(10);
      }
    },
    release: (of) => front.faults.release(of),
    stop,
  };
}

/** Temporary credentials that have expired. */
const EXPIRED = {
  accessKeyId: 'ASIAEXPIREDEXPIRED00',
  secretAccessKey: randomBytes(30).toString('base64'),
  sessionToken: randomBytes(60).toString('base64'),
};

/**
 * The user's own files in ~/.aws are never read: the sandbox has its own, with a profile for each kind of caller. `HOME` is the
 * only way to name the folder of the tokens of IAM Identity Center, to the SDKs and to the AWS CLI.
 */
async function writeAwsFiles(folder: string, endpoint: string, keyOf: (user: seed.UserName) => Credentials) {
  const keys: Readonly<Record<string, Credentials>> = {
    default: keyOf('sandbox-admin'),
    readonly: keyOf('sandbox-readonly'),
    'other-account': keyOf('other-account-admin'),
    expired: EXPIRED,
  };
  const operator = [`role_arn = arn:aws:iam::${seed.ACCOUNT}:role/${seed.OPERATOR_ROLE}`, 'source_profile = default'];
  const section = (title: string, lines: readonly string[]): string => `[${title}]\n${lines.join('\n')}\n`;
  const common = [`region = ${seed.REGION}`, `endpoint_url = ${endpoint}`];
  const sso = [
    `sso_session = ${seed.SSO.session}`,
    `sso_account_id = ${seed.ACCOUNT}`,
    `sso_role_name = ${seed.OPERATOR_ROLE}`,
  ];
  const config = [
    ...Object.keys(keys).map((name) => section(name === 'default' ? name : `profile ${name}`, common)),
    section('profile operator', [...common, ...operator]),
    section('profile sso', [...common, ...sso]),
    section(`sso-session ${seed.SSO.session}`, [
      `sso_start_url = ${seed.SSO.startUrl}`,
      `sso_region = ${seed.SSO.region}`,
      'sso_registration_scopes = sso:account:access',
    ]),
  ];
  const secrets = Object.entries(keys).map(([name, { accessKeyId, secretAccessKey, sessionToken }]) =>
    section(name, [
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
      ...(sessionToken === undefined ? [] : [`aws_session_token = ${sessionToken}`]),
    ]),
  );
  const files = {
    HOME: path.join(folder, 'home'),
    AWS_CONFIG_FILE: path.join(folder, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'aws-credentials'),
  };
  await writeFile(files.AWS_CONFIG_FILE, config.join('\n'), { mode: 0o600 });
  await writeFile(files.AWS_SHARED_CREDENTIALS_FILE, secrets.join('\n'), { mode: 0o600 });
  const tokens = path.join(files.HOME, '.aws', 'sso', 'cache');
  await mkdir(tokens, { recursive: true });
  const tokenFile = `${createHash('sha1').update(seed.SSO.session).digest('hex')}.json`;
  const { startUrl, region } = seed.SSO;
  await writeFile(path.join(tokens, tokenFile), expiredToken(startUrl, region), { mode: 0o600 });
  return files;
}

function describe(name: keyof typeof seed.CLUSTERS, endpoint: string): SandboxCluster {
  const { region } = seed.CLUSTERS[name];
  return { name, region, arn: seed.arnOf(name), endpoint, issuer: seed.issuerOf(name) };
}
const issuerName = (issuer: string): string => issuer.slice('https://'.length);
