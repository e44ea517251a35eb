/** Every target of an export, a row each. A row holds no work: the exporter is loaded when it is used. */
import type { Exporter } from './things.ts';

export interface Target {
  /** As `--to` names it. */
  readonly id: string;
  /** As a list shows it, and for whom it is. */
  readonly title: string;
  readonly detail: string;
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
