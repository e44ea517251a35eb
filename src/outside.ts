/** The way to AWS and to clusters, as far as the start needs it: settings, trust, and what changed. The rest is in connect.ts. */
import * as vscode from 'vscode';
import type { Verification } from './aws/index.ts';
import { SETTING } from './ids.ts';
import { lazy } from './lazy.ts';
import { Problem } from './problem.ts';
import type { Aws, ConnectKubernetes } from './provisioning/ports.ts';
import type { Stores } from './provisioning/store.ts';
import type { Source } from './source.ts';

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
  /** The kubeconfigs of this machine that are read, in the order in which they count; not all of them need be there. */
  readonly kubeconfigs: () => Promise<readonly string[]>;
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
  const setting = <T>(name: string): T | undefined => vscode.workspace.getConfiguration('kubeflowIrsa').get<T>(name);
  const trimmed = (name: string): readonly string[] => [
    ...new Set((setting<string[]>(name) ?? []).map((text) => text.trim())),
  ];
  const awsProfiles = (): readonly (string | undefined)[] => {
    const names = trimmed(SETTING.awsProfiles).map((name) => name || undefined);
    return names.length > 0 ? names : [undefined];
  };
  const regions = (): readonly string[] => trimmed(SETTING.regions).filter((region) => region !== '');
  const kubeconfig = (): string | undefined => setting(SETTING.kubeconfig);
  const make = () =>
    lazy(async () => {
      const { connectOutside } = await import(/* webpackChunkName: "connect" */ './connect.ts');
      return connectOutside({ awsProfiles, regions, kubeconfig, version, reload });
    });
  let outside = make();
  const facts = lazy(async () => (await import(/* webpackChunkName: "connect" */ './connect.ts')).createStores());
  const reload = (): void => {
    outside = make();
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
  /** What is outside; not in Restricted Mode. */
  const trusted = () => {
    requireTrust();
    return outside();
  };
  return {
    awsProfiles,
    regions,
    allAwsProfiles: async () => (await trusted()).allAwsProfiles(),
    sources: async () => (await trusted()).sources(),
    aws: async (source) => (await trusted()).aws(source),
    connect: async (cluster, aws) => (await trusted()).connect(cluster, aws),
    kubeconfigs: async () => (await trusted()).kubeconfigs(),
    facts,
    signIn: async (awsProfile, ask, signal) => (await trusted()).signIn(awsProfile, ask, signal),
    reload,
    onDidChange: changed.event,
    dispose: () => void listeners.dispose(),
  };
}
