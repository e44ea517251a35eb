import { readFileSync } from 'node:fs';
import type https from 'node:https';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Cluster } from '../core/observation.ts';
import { KubernetesError, type Access, type Credentials } from './rest.ts';

/** An EKS token is good for 15 minutes; a new one is signed after 13, so that none expires on its way. Milliseconds. */
const TOKEN_LIFETIME = 13 * 60_000;
/** How long a kubeconfig's exec command may take, in milliseconds. */
const EXEC_TIMEOUT = 20_000;

/** An access, and how it signs in, in words. */
export interface Described {
  readonly access: Access;
  readonly connection: () => string;
}

const sameServer = (a: string, b: string): boolean =>
  a.replace(/\/+$/, '').toLowerCase() === b.replace(/\/+$/, '').toLowerCase();

/**
 * The user's kubeconfig; nothing is ever written to it. `file`: the one to read, which must be readable. Without it `KUBECONFIG`,
 * then `~/.kube/config`; a missing or broken one of these counts as empty, since none is needed.
 */
function kubeconfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined) {
    const text = readFileSync(file, 'utf8');
    if (text.trim() !== '') config.loadFromString(text);
    config.makePathsAbsolute(path.dirname(file));
    return config;
  }
  try {
    // Any name but win32: there the library would start WSL to look for a kubeconfig.
    config.loadFromDefault(undefined, false, process.platform === 'win32' ? 'windows' : process.platform);
  } catch {
    return new KubeConfig();
  }
  return config;
}

/**
 * How to sign in to a cluster: with a kubeconfig context whose server is the cluster's endpoint if there is one (the current
 * one first), else with an EKS token. The cluster's own CA is pinned in both cases. A context whose exec command cannot run
 * is left for the EKS token, and `connection` says so. Where `file` cannot be used, every request says why.
 */
export function accessOf(
  cluster: Cluster & { readonly endpoint: string },
  eksToken: () => Promise<string>,
  file: string | undefined,
): Described {
  let config: KubeConfig;
  try {
    config = kubeconfig(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const unusable = new KubernetesError(`kubeconfig ${file ?? ''} cannot be used: ${reason}`, 0, 'Kubeconfig');
    return {
      access: { server: cluster.endpoint, credentials: () => Promise.reject(unusable) },
      connection: () => unusable.message,
    };
  }
  const contexts = config.getContexts().filter((context) => {
    const server = config.getCluster(context.cluster)?.server;
    return server !== undefined && sameServer(server, cluster.endpoint);
  });
  const context = contexts.find(({ name }) => name === config.getCurrentContext()) ?? contexts[0];
  const user = context && config.getUser(context.user);
  const listed = context && config.getCluster(context.cluster);
  const caData = cluster.certificateAuthority;
  const native = tokenCredentials(eksToken, caData === undefined ? {} : { ca: Buffer.from(caData, 'base64') });
  if (!context || !user || !listed) {
    return {
      access: { server: cluster.endpoint, credentials: native },
      connection: () => 'signed in with an EKS token of your AWS identity',
    };
  }

  const pinned = new KubeConfig();
  pinned.loadFromClusterAndUser(
    { ...listed, server: cluster.endpoint, skipTLSVerify: false, ...(caData === undefined ? {} : { caData }) },
    user,
  );
  let fallback: string | undefined;
  const credentials = async (refused: boolean): Promise<Credentials> => {
    if (fallback !== undefined) return native(refused);
    const options: https.RequestOptions = {};
    try {
      await withTimeout(pinned.applyToHTTPSOptions(options), EXEC_TIMEOUT);
    } catch (error) {
      const command = (user.exec as { command?: string } | undefined)?.command;
      const reason = error instanceof Error ? error.message : String(error);
      fallback = `signed in with an EKS token of your AWS identity, because kubeconfig context ${context.name} could not sign in${command === undefined ? '' : ` with ${command}`} (${reason.trim().slice(0, 160)})`;
      return native(refused);
    }
    const { ca, cert, key, servername } = options;
    return {
      headers: Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)])),
      tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(servername && { servername }) },
      ...(listed.proxyUrl ? { agent: options.agent as https.Agent } : {}),
    };
  };
  return {
    access: { server: cluster.endpoint, credentials },
    connection: () => fallback ?? `kubeconfig context ${context.name}`,
  };
}

/** Credentials with an EKS token, signed anew before the last one expires or when it was refused. */
function tokenCredentials(eksToken: () => Promise<string>, tls: Credentials['tls']): Access['credentials'] {
  let token: Promise<string> | undefined;
  let until = 0;
  return async (refused) => {
    if (token === undefined || refused || Date.now() > until) {
      until = Date.now() + TOKEN_LIFETIME;
      token = eksToken();
    }
    try {
      return { headers: { authorization: `Bearer ${await token}` }, tls };
    } catch (error) {
      token = undefined;
      throw new KubernetesError(error instanceof Error ? error.message : String(error), 0, 'Credentials');
    }
  };
}

async function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
