/** The composition root of the extension: plugs `aws` and `kubernetes` into the ports, lazily, by the settings. */
import * as vscode from 'vscode';
import type { AwsCredentials } from './aws/index.ts';
import { commandId } from './ids.ts';
import { lazy } from './lazy.ts';
import type { Connections } from './outside.ts';
import { Problem } from './problem.ts';
import type { Aws } from './provisioning/ports.ts';
import { regionsFor, sourceId, sourceOf, type Source } from './source.ts';

const loadAws = () => import(/* webpackChunkName: "aws" */ './aws/index.ts');
const loadKubernetes = () => import(/* webpackChunkName: "kubernetes" */ './kubernetes/index.ts');

export { createStores } from './provisioning/store.ts';

/** The settings that say what is connected to. */
interface Settings extends Pick<Connections, 'awsProfiles' | 'regions'> {
  readonly kubeconfig: () => string | undefined;
  readonly version?: string | undefined;
  /** Reads everything anew. */
  readonly reload: () => void;
}

/** What {@link Connections} reads from outside, until something changes. Nothing is loaded or read before it is asked for. */
export function connectOutside({
  awsProfiles,
  regions,
  kubeconfig,
  version,
  reload,
}: Settings): Pick<Connections, 'allAwsProfiles' | 'sources' | 'aws' | 'connect' | 'kubeconfigs' | 'signIn'> {
  const clients = new Map<string, Promise<Aws>>();
  /** By AWS profile: all of its regions share one sign-in, and one run of its credential_process. */
  const identities = new Map<string | undefined, AwsCredentials>();
  const connector = lazy(async () => {
    const file = kubeconfig()?.trim();
    const { kubernetesConnector } = await loadKubernetes();
    return kubernetesConnector({ ...(file ? { kubeconfig: file } : {}), ...(version ? { version } : {}) });
  });
  /** Where only one identity is chosen, a place that names none means that one. */
  const chosen = (source: Source): Source => {
    const [first, ...others] = awsProfiles();
    const { awsProfile, region } = source;
    if (awsProfile === undefined && others.length === 0) return sourceOf(first, region);
    if (awsProfiles().includes(awsProfile)) return source;
    throw new Problem(
      awsProfile === undefined
        ? vscode.l10n.t('This was read with the default chain of credentials, which is no longer chosen.')
        : vscode.l10n.t('This was read with AWS profile {0}, which is no longer chosen.', awsProfile),
      [{ title: vscode.l10n.t('Select AWS Profiles'), command: commandId('selectAwsProfiles') }],
    );
  };
  return {
    allAwsProfiles: async () => (await loadAws()).awsProfiles(),
    sources: async () => {
      const { defaultRegion } = await loadAws();
      const each = awsProfiles().map(async (profile): Promise<readonly Source[]> => {
        return regionsFor(await defaultRegion(profile), regions()).map((region) => sourceOf(profile, region));
      });
      return (await Promise.all(each)).flat();
    },
    aws: async (source) => {
      const { awsProfile, region } = chosen(source);
      const key = sourceId(sourceOf(awsProfile, region));
      const known = clients.get(key);
      if (known !== undefined) return known;
      const client = loadAws().then(async ({ connectAws, credentialsOf }) => {
        const credentials = identities.get(awsProfile) ?? credentialsOf(awsProfile, region);
        identities.set(awsProfile, credentials);
        // Many regions are asked at once: none of their calls waits for credentials, to be signed in one go with all others.
        await credentials().catch(() => undefined);
        return connectAws({ region, credentials, ...(awsProfile === undefined ? {} : { profile: awsProfile }) });
      });
      clients.set(key, client);
      // Who asks after a failure tries again.
      client.catch(() => clients.get(key) === client && clients.delete(key));
      return client;
    },
    connect: async (cluster, aws) => (await connector())(cluster, aws),
    kubeconfigs: async () => {
      const { kubeconfigFiles } = await import(/* webpackChunkName: "kubeconfigs" */ './kubernetes/files.ts');
      return kubeconfigFiles(kubeconfig()?.trim() || undefined);
    },
    signIn: async (awsProfile, ask, signal) => {
      const { ssoSessionOf, signInTogether } = await loadAws();
      const session = await ssoSessionOf(awsProfile);
      if (session === undefined) return false;
      await signInTogether(session, ask, signal, reload);
      return true;
    },
  };
}
