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
  readonly load: () => Promise<Exporter>;
}

export const TARGETS = [
  {
    id: 'shell',
    title: 'Shell script',
    detail: 'The steps of the AWS page, corrected: for who wants to read and run them one by one',
    load: async () => (await import(/* webpackChunkName: "export" */ './shell.ts')).shell,
  },
] as const satisfies readonly Target[];

export type TargetId = (typeof TARGETS)[number]['id'];
