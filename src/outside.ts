/** The composition root: plugs `aws` and `kubernetes` into the ports, lazily, for the chosen AWS profile. */
import * as vscode from 'vscode';
import { COMMAND, SETTING } from './ids.ts';
import { Problem } from './problem.ts';
import type { Aws, ConnectKubernetes } from './provisioning/ports.ts';

const loadAws = () => import(/* webpackChunkName: "aws" */ './aws/index.ts');
const loadKubernetes = () => import(/* webpackChunkName: "kubernetes" */ './kubernetes/index.ts');

/** The way to AWS and to clusters. All that reads from outside throws a {@link Problem} in an untrusted workspace. */
export interface Connections extends vscode.Disposable {
  /** The AWS profile of the settings; undefined: the default provider chain. */
  readonly awsProfile: () => string | undefined;
  /** The names of all AWS profiles of this machine. */
  readonly awsProfiles: () => Promise<readonly string[]>;
  /** The chosen regions, or the AWS profile's own; empty: none is known. */
  readonly regions: () => Promise<readonly string[]>;
  /** The chosen AWS identity in a region: the same object until something changes. */
  readonly aws: (region: string) => Promise<Aws>;
  readonly connect: ConnectKubernetes;
  /** Forgets credentials and connections, as after a new sign-in. */
  readonly reload: () => void;
  /** The AWS profile, the regions or the trust in the workspace changed, or {@link reload} was called. */
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

/** Connections by the settings below `kubeflowIrsa.`. Nothing is loaded or read before it is asked for. */
export function connections(): Connections {
  const changed = new vscode.EventEmitter<void>();
  const clients = new Map<string, Promise<Aws>>();
  let connector: Promise<ConnectKubernetes> | undefined;
  const setting = <T>(name: string): T | undefined => vscode.workspace.getConfiguration('kubeflowIrsa').get<T>(name);
  const awsProfile = (): string | undefined => setting<string>(SETTING.awsProfile)?.trim() || undefined;
  const reload = (): void => {
    clients.clear();
    connector = undefined;
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
    awsProfile,
    awsProfiles: async () => {
      requireTrust();
      return (await loadAws()).awsProfiles();
    },
    regions: async () => {
      requireTrust();
      const chosen = (setting<string[]>(SETTING.regions) ?? []).filter((region) => region.trim() !== '');
      if (chosen.length > 0) return chosen;
      const region = await (await loadAws()).defaultRegion(awsProfile());
      return region === undefined ? [] : [region];
    },
    aws: async (region) => {
      requireTrust();
      const known = clients.get(region);
      if (known !== undefined) return known;
      const profile = awsProfile();
      const client = loadAws().then(({ connectAws }) =>
        connectAws({ region, ...(profile === undefined ? {} : { profile }) }),
      );
      clients.set(region, client);
      // Who asks after a failure tries again.
      client.catch(() => clients.get(region) === client && clients.delete(region));
      return client;
    },
    connect: async (cluster, aws) => {
      requireTrust();
      const kubeconfig = setting<string>(SETTING.kubeconfig)?.trim();
      const connecting = (connector ??= loadKubernetes().then(({ kubernetesConnector }) =>
        kubernetesConnector(kubeconfig ? { kubeconfig } : {}),
      ));
      connecting.catch(() => {
        if (connector === connecting) connector = undefined;
      });
      return (await connecting)(cluster, aws);
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
