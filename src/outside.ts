/** The composition root: plugs `aws` and `kubernetes` into the ports, lazily, for the chosen AWS profiles and regions. */
import * as vscode from 'vscode';
import { COMMAND, SETTING } from './ids.ts';
import { lazy } from './lazy.ts';
import { Problem } from './problem.ts';
import type { AwsCredentials, Verification } from './aws/index.ts';
import type { Aws, ConnectKubernetes } from './provisioning/ports.ts';
import type { Stores } from './provisioning/store.ts';
import { regionsFor, sourceId, sourceOf, type Source } from './source.ts';

const loadAws = () => import(/* webpackChunkName: "aws" */ './aws/index.ts');
const loadKubernetes = () => import(/* webpackChunkName: "kubernetes" */ './kubernetes/index.ts');

/** The way to AWS and to clusters. All that reads from outside throws a {@link Problem} in an untrusted workspace. */
export interface Connections extends vscode.Disposable {
  /** The AWS profiles of the settings, at least one; undefined: the default provider chain. */
  readonly awsProfiles: () => readonly (string | undefined)[];
  /** The names of all AWS profiles of this machine. */
  readonly allAwsProfiles: () => Promise<readonly string[]>;
  /** The regions of the settings; empty: each AWS profile's own. */
  readonly regions: () => readonly string[];
  /** Each chosen AWS profile in each of its regions; empty: no region is known. */
  readonly sources: () => Promise<readonly Source[]>;
  /** A chosen AWS identity in a region: the same object until something changes. Throws where the profile is not chosen. */
  readonly aws: (source: Source) => Promise<Aws>;
  readonly connect: ConnectKubernetes;
  /** What was read, by AWS identity. {@link reload} forgets it. */
  readonly facts: () => Promise<Stores>;
  /**
   * Signs an AWS profile in with its IAM Identity Center session, and then reads everything anew; false: it has none. `ask` shows
   * the page to open. Who asks again while a sign-in of the session runs waits for that one.
   */
  readonly signIn: (
    awsProfile: string | undefined,
    ask: (verification: Verification) => void,
    signal: AbortSignal,
  ) => Promise<boolean>;
  /** Forgets credentials and connections, as after a new sign-in. */
  readonly reload: () => void;
  /** The AWS profiles, the regions or the trust in the workspace changed, or {@link reload} was called. */
  readonly onDidChange: vscode.Event<void>;
}

/** A sign-in that runs, the page that it shows, and how many wait for it. */
interface SigningIn {
  readonly shown: Promise<Verification>;
  readonly running: Promise<void>;
  readonly stop: AbortController;
  waiting: number;
}

/** Waits for a sign-in until `signal` aborts, whose reason is thrown. It ends when the last who waits gives up. */
async function waitFor(it: SigningIn, ask: (verification: Verification) => void, signal: AbortSignal): Promise<void> {
  it.waiting++;
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
  });
  const page = it.shown.then((verification) => signal.aborted || ask(verification));
  try {
    // A page that cannot be shown ends the wait: without it nobody can sign in.
    await Promise.race([it.running, left, page.then(() => it.running)]);
  } finally {
    signal.removeEventListener('abort', leave);
    it.waiting--;
    if (it.waiting === 0) it.stop.abort(signal.reason);
  }
}

/** Throws a {@link Problem} unless the workspace is trusted. */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new Problem(
    vscode.l10n.t(
      'Kubeflow IRSA does not read AWS credentials, a kubeconfig or the network in Restricted Mode. Trust this workspace, then try again.',
    ),
    [{ title: vscode.l10n.t('Manage Workspace Trust'), command: 'workbench.trust.manage' }],
  );
}

/**
 * Connections by the settings below `kubeflowIrsa.`. Nothing is loaded or read before it is asked for.
 *
 * @param version of the extension: what API servers are told of us
 */
export function connections(version?: string): Connections {
  const changed = new vscode.EventEmitter<void>();
  const clients = new Map<string, Promise<Aws>>();
  /** By AWS profile: all of its regions share one sign-in, and one run of its credential_process. */
  const identities = new Map<string | undefined, AwsCredentials>();
  const signingIn = new Map<string, SigningIn>();
  const begin = (
    key: string,
    signIn: (show: (verification: Verification) => void, signal: AbortSignal) => Promise<void>,
  ): SigningIn => {
    let show: (verification: Verification) => void = () => undefined;
    const shown = new Promise<Verification>((resolve) => (show = resolve));
    const stop = new AbortController();
    const over = (): void => void (signingIn.get(key) === begun && signingIn.delete(key));
    // Who asks after the last has given up begins anew.
    stop.signal.addEventListener('abort', over, { once: true });
    const running = signIn(show, stop.signal).then(reload).finally(over);
    const begun: SigningIn = { shown, running, stop, waiting: 0 };
    signingIn.set(key, begun);
    return begun;
  };
  const makeConnector = () =>
    lazy(async () => {
      const kubeconfig = setting<string>(SETTING.kubeconfig)?.trim();
      const { kubernetesConnector } = await loadKubernetes();
      return kubernetesConnector({ ...(kubeconfig ? { kubeconfig } : {}), ...(version ? { version } : {}) });
    });
  let connector = makeConnector();
  const facts = lazy(async () =>
    (await import(/* webpackChunkName: "facts" */ './provisioning/store.ts')).createStores(),
  );
  const setting = <T>(name: string): T | undefined => vscode.workspace.getConfiguration('kubeflowIrsa').get<T>(name);
  const awsProfiles = (): readonly (string | undefined)[] => {
    const names = (setting<string[]>(SETTING.awsProfiles) ?? []).map((name) => name.trim() || undefined);
    return names.length > 0 ? [...new Set(names)] : [undefined];
  };
  const regions = (): readonly string[] => {
    const names = (setting<string[]>(SETTING.regions) ?? []).map((region) => region.trim());
    return [...new Set(names)].filter((region) => region !== '');
  };
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
      [{ title: vscode.l10n.t('Select AWS Profiles'), command: COMMAND.selectAwsProfiles }],
    );
  };
  const reload = (): void => {
    clients.clear();
    identities.clear();
    connector = makeConnector();
    void facts.made()?.then((stores) => stores.forget());
    changed.fire();
  };
  const listeners = vscode.Disposable.from(
    changed,
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (Object.values(SETTING).some((name) => event.affectsConfiguration(`kubeflowIrsa.${name}`))) reload();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(reload),
  );
  return {
    awsProfiles,
    allAwsProfiles: async () => {
      requireTrust();
      return (await loadAws()).awsProfiles();
    },
    regions,
    sources: async () => {
      requireTrust();
      const { defaultRegion } = await loadAws();
      const each = awsProfiles().map(async (profile): Promise<readonly Source[]> => {
        return regionsFor(await defaultRegion(profile), regions()).map((region) => sourceOf(profile, region));
      });
      return (await Promise.all(each)).flat();
    },
    aws: async (source) => {
      requireTrust();
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
    connect: async (cluster, aws) => {
      requireTrust();
      return (await connector())(cluster, aws);
    },
    facts,
    signIn: async (awsProfile, ask, signal) => {
      requireTrust();
      const { ssoSessionOf, signIn } = await loadAws();
      const session = await ssoSessionOf(awsProfile);
      if (session === undefined) return false;
      const key = session.name ?? session.startUrl;
      signal.throwIfAborted();
      await waitFor(signingIn.get(key) ?? begin(key, (show, stop) => signIn(session, show, stop)), ask, signal);
      return true;
    },
    reload,
    onDidChange: changed.event,
    dispose: () => void listeners.dispose(),
  };
}

/** No region is chosen and the AWS profile has none: what to say, and what to do. */
export const noRegion = (): Problem =>
  new Problem(
    vscode.l10n.t('No AWS region is chosen, and the AWS profile sets none. Choose the regions of your EKS clusters.'),
    [{ title: vscode.l10n.t('Select Regions'), command: COMMAND.selectRegions }],
  );
