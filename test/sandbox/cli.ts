import path from 'node:path';

/**
 * The command line that tests start as a process of its own: as it was built where the run has built it, which takes a third of the
 * processor's time, else from its source.
 */
export const CLI = process.env['KUBEFLOW_IRSA_BUILT_CLI'] ?? path.join(import.meta.dirname, '../../src/cli/main.ts');
