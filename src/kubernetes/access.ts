import type https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Cluster, KubeContext, KubernetesApi } from '../core/observation.ts';
import { runExecPlugin } from './exec.ts';
import { readKubeconfig, type Kubeconfig } from './kubeconfig.ts';
import { KubernetesError, type Access, type Credentials } from './rest.ts';
import { messageOf } from '../core/text.ts';

/** An EKS token is good for 15 minutes; a new one is signed after 13, so that none expires on its way. Milliseconds. */
const TOKEN_LIFETIME = 13 * 60_000;
/** Credentials of an exec plugin are renewed so long before they expire. Milliseconds. */
const RENEWAL = 60_000;
/** How long a sign-in of a kubeconfig's OIDC provider may take, and after what time it is asked again. Milliseconds. */
const OIDC_TIMEOUT = 20_000;
const OIDC_LIFETIME = 60_000;

/** An access, and how it signs in, in words. */
export interface Described {
  readonly access: Access;
  readonly connection: () => string;
  /** Where the kubeconfig leads: see KubernetesApi. */
  readonly contexts?: NonNullable<KubernetesApi['contexts']>;
}

type KubeconfigCluster = NonNullable<ReturnType<KubeConfig['getCluster']>>;
type User = NonNullable<ReturnType<KubeConfig['getUser']>>;
/** Credentials, and until when to use them (milliseconds since 1970). */
interface Expiring {
  readonly credentials: Credentials;
  readonly until: number;
}

const sameServer = (a: string, b: string): boolean =>
  a.replace(/\/+$/, '').toLowerCase() === b.replace(/\/+$/, '').toLowerCase();

/**
 * How to sign in to a cluster: with a kubeconfig context whose server is the cluster's endpoint if there is one (the current
 * one first), else with an EKS token. The cluster's own CA is pinned in both cases. A context that cannot sign in, or that the
 * cluster refuses even with credentials fetched anew, is left for the EKS token, and `connection` says so. Where `file` cannot
 * be used, every request says why. No text here holds anything that a file or a plugin wrote, but names.
 */
export function accessOf(
  cluster: Cluster & { readonly endpoint: string },
  eksToken: () => Promise<string>,
  file: string | undefined,
): Described {
  let kubeconfig: Kubeconfig;
  try {
    kubeconfig = readKubeconfig(file);
  } catch (error) {
    const unusable = new KubernetesError(error instanceof Error ? error.message : '', 0, 'Kubeconfig');
    return {
      access: { server: cluster.endpoint, credentials: () => Promise.reject(unusable) },
      connection: () => unusable.message,
    };
  }
  const { config, problems } = kubeconfig;
  const led = contextsOf(config, cluster);
  const contexts = config.getContexts().filter((context) => {
    const server = config.getCluster(context.cluster)?.server;
    return server !== undefined && sameServer(server, cluster.endpoint);
  });
  const context = contexts.find(({ name }) => name === config.getCurrentContext()) ?? contexts[0];
  const user = context && config.getUser(context.user);
  const listed = context && config.getCluster(context.cluster);
  const caData = cluster.certificateAuthority;
  const native = kept(() => eksCredentials(eksToken, caData));
  if (!context || !user || !listed) {
    return {
      access: { server: cluster.endpoint, credentials: native },
      contexts: led,
      connection: () => ['signed in with an EKS token of your AWS identity', ...problems].join('; '),
    };
  }

  // With a caFile, client-node would leave out caData.
  const { caFile, ...other } = listed;
  const pinned: KubeconfigCluster = {
    ...other,
    server: cluster.endpoint,
    skipTLSVerify: false,
    ...(caData !== undefined ? { caData } : caFile ? { caFile } : {}),
  };
  const ofContext = kept(() => contextCredentials(pinned, user));
  let left: string | undefined;
  const credentials: Access['credentials'] = async (refused) => {
    if (left === undefined) {
      try {
        const answer = await ofContext(refused);
        if (answer !== undefined) return answer;
        left = `the cluster refused kubeconfig context ${context.name} (401)`;
      } catch (error) {
        left = `kubeconfig context ${context.name} could not sign in (${reasonOf(error)})`;
      }
    }
    return native(refused);
  };
  return {
    access: { server: cluster.endpoint, credentials },
    contexts: led,
    connection: () =>
      left === undefined
        ? `kubeconfig context ${context.name}`
        : `signed in with an EKS token of your AWS identity, because ${left}`,
  };
}

/** The current context, and those that bear the cluster's name or ARN, as `aws eks update-kubeconfig` and eksctl name them. */
function contextsOf(config: KubeConfig, { arn, name, region }: Cluster): NonNullable<KubernetesApi['contexts']> {
  const all = config.getContexts().flatMap((context): KubeContext[] => {
    const server = config.getCluster(context.cluster)?.server;
    return server === undefined ? [] : [{ name: context.name, server }];
  });
  const current = all.find((context) => context.name === config.getCurrentContext());
  const its = new Set([arn, name]);
  const eksctl = `@${name}.${region}.eksctl.io`;
  const bearers = all.filter((context) => its.has(context.name) || context.name.endsWith(eksctl));
  return { ...(current === undefined ? {} : { current }), named: bearers };
}

/**
 * Credentials that are kept until they expire, and fetched anew where those kept were refused. Undefined where those fetched
 * anew were refused too. Requests that run at the same time fetch once.
 */
function kept(fetch: () => Promise<Expiring>): Access['credentials'] {
  const given = new WeakSet<Credentials>();
  let current: Promise<Expiring> | undefined;
  return async (refused) => {
    const own = refused.filter((one) => given.has(one));
    if (own.length > 1) return undefined;
    const seen = current;
    const last = await seen?.catch(() => undefined);
    const good = last !== undefined && Date.now() < last.until && !own.includes(last.credentials);
    if (!good && current === seen) current = fetch();
    const { credentials } = await (current ??= fetch());
    given.add(credentials);
    return credentials;
  };
}

async function eksCredentials(eksToken: () => Promise<string>, caData: string | undefined): Promise<Expiring> {
  const until = Date.now() + TOKEN_LIFETIME;
  try {
    const headers = { authorization: `Bearer ${await eksToken()}` };
    return { credentials: { headers, tls: caData === undefined ? {} : { ca: Buffer.from(caData, 'base64') } }, until };
  } catch (error) {
    throw new KubernetesError(messageOf(error), 0, 'Credentials');
  }
}

/** An error whose message is ours: it quotes neither file nor plugin. */
class ContextError extends Error {}

/** What a kubeconfig user signs in with, at a cluster with its CA pinned. */
async function contextCredentials(cluster: KubeconfigCluster, user: User): Promise<Expiring> {
  let signedIn = user;
  let until = Infinity;
  if (user.exec) {
    const { token, certificate, key, expires } = await runExecPlugin(user.exec, execCluster(cluster)).catch(
      (error: unknown) => {
        throw new ContextError(error instanceof Error ? error.message : '');
      },
    );
    const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
    signedIn = {
      name: user.name,
      ...(token === undefined ? {} : { token }),
      ...(certificate === undefined ? {} : { certData: base64(certificate) }),
      ...(key === undefined ? {} : { keyData: base64(key) }),
      ...(user.impersonateUser ? { impersonateUser: user.impersonateUser } : {}),
    };
    until = expires - RENEWAL;
  } else if (user.authProvider) {
    const { name } = user.authProvider as { name?: unknown };
    // The others run a command of the kubeconfig in a shell, and kubectl has not known them since 1.26.
    if (name !== 'oidc') throw new ContextError('its auth-provider is not supported');
    until = Date.now() + OIDC_LIFETIME;
  }
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, signedIn);
  const options: https.RequestOptions = {};
  await withTimeout(config.applyToHTTPSOptions(options), OIDC_TIMEOUT);
  const { ca, cert, key, servername } = options;
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const credentials: Credentials = {
    headers: Object.fromEntries(headers) as Record<string, string>,
    tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(servername && { servername }) },
    ...(cluster.proxyUrl
      ? { proxy: { agent: options.agent as https.Agent, host: new URL(cluster.proxyUrl).host } }
      : {}),
  };
  if (credentials.headers['authorization'] === undefined && !cert)
    throw new ContextError('its user has no credentials');
  return { credentials, until };
}

/** What an exec plugin that asks for it is told of the cluster. */
const execCluster = ({ server, caData, tlsServerName, proxyUrl }: KubeconfigCluster): object => ({
  server,
  ...(caData === undefined ? {} : { 'certificate-authority-data': caData }),
  ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
  ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
});

/** Why a context cannot sign in. A foreign message may quote a secret: of those only the code and the file are told. */
function reasonOf(error: unknown): string {
  if (error instanceof ContextError) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  return [path, code].filter((part) => typeof part === 'string').join(': ') || 'its credentials cannot be used';
}

async function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ContextError(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
