/** Every target of an export, a row each. A row holds no work: the exporter is loaded when it is used. */
import type { ManagingTool } from '../core/tools.ts';
import type { Exporter } from './things.ts';

export interface Target {
  /** As `--to` names it. */
  readonly id: string;
  /** As a list shows it, and for whom it is. */
  readonly title: string;
  readonly detail: string;
  /** The engine that keeps the files' roles and providers from then on: they bear its name, so that nothing is written there by mistake. */
  readonly keeper?: ManagingTool;
  /** Roles and providers stay with who keeps them. */
  readonly withoutRoles?: true;
  readonly load: () => Promise<Exporter>;
}

export const TARGETS = [
  {
    id: 'shell',
    title: 'Shell script',
    detail: 'The steps of the AWS page, corrected: for who wants to read and run them one by one',
    load: async () => (await import(/* webpackChunkName: "export" */ './shell.ts')).shell,
  },
  {
    id: 'terraform',
    title: 'Terraform and OpenTofu',
    detail: 'A folder a cluster, a file a profile; what exists is imported by the first plan',
    keeper: 'terraform',
    load: async () => (await import(/* webpackChunkName: "export" */ './terraform.ts')).terraform,
  },
  {
    id: 'cloudformation',
    title: 'CloudFormation',
    detail: 'A stack a profile; what exists is imported as it is, then changed',
    keeper: 'cloudformation',
    load: async () => (await import(/* webpackChunkName: "export" */ './cloudformation.ts')).cloudformation,
  },
  {
    id: 'ack',
    title: 'ACK',
    detail: 'Objects of AWS Controllers for Kubernetes, which keep roles beside the Profiles in the cluster',
    load: async () => (await import(/* webpackChunkName: "export" */ './ack.ts')).ack,
  },
  {
    id: 'kustomize',
    title: 'kustomize and Argo CD',
    detail: 'One tree for many profiles and clusters in Git, with ACK and an ApplicationSet',
    load: async () => (await import(/* webpackChunkName: "export" */ './kustomize.ts')).kustomize,
  },
  {
    id: 'kro',
    title: 'kro',
    detail:
      'One short KubeflowS3Profile for each profile, with its definition; kro makes role and Profile of it by ACK',
    load: async () => (await import(/* webpackChunkName: "export" */ './kro.ts')).kro,
  },
  {
    id: 'crossplane',
    title: 'Crossplane',
    detail: 'Managed resources of Crossplane 2 for the roles, and the Profiles',
    load: async () => (await import(/* webpackChunkName: "export" */ './crossplane.ts')).crossplane,
  },
  {
    id: 'automator',
    title: 'github-profiles-automator',
    detail: "Profiles, owners, quotas and contributors for Canonical's charm; it gives nobody a role in AWS",
    withoutRoles: true,
    load: async () => (await import(/* webpackChunkName: "export" */ './automator.ts')).automator,
  },
] as const satisfies readonly Target[];

export type TargetId = (typeof TARGETS)[number]['id'];
