import type texts from '../package.nls.json';

type NameIn<Key> = Key extends `command.${infer Name}` ? Name : never;
/** The commands, as package.nls.json titles them; the table of commands/index.ts holds a row for each, or does not compile. */
export type CommandName = NameIn<keyof typeof texts>;

/** A command's id, as package.json contributes it. */
export const commandId = (name: CommandName): string => `kubeflowIrsa.${name}`;

/** The view of the explorer. */
export const CLUSTERS_VIEW = 'kubeflowIrsa.clusters';

/** Scheme of the read-only documents: plans, results, the two sides of a comparison. */
export const DOCUMENT_SCHEME = 'kubeflow-irsa';
/** Their language: shown like Markdown, but never rendered, and its links never followed (package.json, syntaxes/). */
export const DOCUMENT_LANGUAGE = 'kubeflow-irsa-plan';

/** Scheme of the manifests of live Profiles (explorer/manifest.ts, manifestUri.ts); package.json activates on it. */
export const MANIFEST_SCHEME = 'kubeflow-irsa-profile';

/** Context keys that `when` clauses of package.json read. The first four hold the URIs of documents that they are true for. */
export const CONTEXT = {
  /** Plans that can be applied. */
  toApply: 'kubeflowIrsa.plansToApply',
  /** Plans that are open and not being applied. */
  open: 'kubeflowIrsa.plansOpen',
  /** Open plans whose questions can be asked again. */
  toChange: 'kubeflowIrsa.plansToChange',
  /** Plans whose run can be undone. */
  toUndo: 'kubeflowIrsa.plansToUndo',
  /** Why the tree is empty: `Empty` of estate/empty.ts. */
  empty: 'kubeflowIrsa.empty',
  /** Whether the tree shows only problems, and whether it is sorted by state. */
  onlyProblems: 'kubeflowIrsa.onlyProblems',
  byState: 'kubeflowIrsa.byState',
  /** Whether the tree may hide something. */
  filters: 'kubeflowIrsa.filters',
  /** Steps of the walkthrough that complete themselves: clusters were listed, a profile was created, a proof was made. */
  listed: 'kubeflowIrsa.listed',
  applied: 'kubeflowIrsa.applied',
  proven: 'kubeflowIrsa.proven',
} as const;

/** Settings below `kubeflowIrsa.`. */
export const SETTING = {
  awsProfiles: 'aws.profiles',
  regions: 'aws.regions',
  kubeconfig: 'kubeconfig',
} as const;
