/** Every command of the extension, as package.json contributes it (a test compares the two). */
export const COMMAND = {
  createProfile: 'kubeflowIrsa.createProfile',
  verifyProfile: 'kubeflowIrsa.verifyProfile',
  applyPlan: 'kubeflowIrsa.applyPlan',
  planAgain: 'kubeflowIrsa.planAgain',
  changeAnswers: 'kubeflowIrsa.changeAnswers',
  discardPlan: 'kubeflowIrsa.discardPlan',
  compareStep: 'kubeflowIrsa.compareStep',
  refresh: 'kubeflowIrsa.refresh',
  selectAwsProfile: 'kubeflowIrsa.selectAwsProfile',
  selectRegions: 'kubeflowIrsa.selectRegions',
  showLog: 'kubeflowIrsa.showLog',
} as const;

export type CommandName = keyof typeof COMMAND;

/** The view of the explorer. */
export const CLUSTERS_VIEW = 'kubeflowIrsa.clusters';

/** Scheme of the read-only documents: plans, results, the two sides of a comparison. */
export const DOCUMENT_SCHEME = 'kubeflow-irsa';
/** Their language: shown like Markdown, but never rendered, and its links never followed (package.json, syntaxes/). */
export const DOCUMENT_LANGUAGE = 'kubeflow-irsa-plan';

/** Context keys that `when` clauses of package.json read. Each holds the URIs of the documents that it is true for. */
export const CONTEXT = {
  /** Plans that can be applied. */
  toApply: 'kubeflowIrsa.plansToApply',
  /** Plans that are open and not being applied. */
  open: 'kubeflowIrsa.plansOpen',
} as const;

/** Settings below `kubeflowIrsa.`. */
export const SETTING = {
  awsProfile: 'aws.profile',
  regions: 'aws.regions',
  kubeconfig: 'kubeconfig',
} as const;
