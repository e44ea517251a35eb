/** What to do by the status of an EKS cluster that one cannot work on. Source: botocore EKS model, ClusterStatus; EKS API Reference, Cluster. */
const NEXT: Readonly<Record<string, string>> = {
  ACTIVE: 'AWS names no endpoint or no OIDC issuer of it',
  DELETING: 'choose another one',
  FAILED: 'it could not be created. Its health issues in the EKS console say why; delete it, and create it anew',
};

/** One sentence for a cluster that has no endpoint or issuer, or that is going: its status, and the next step. */
export const notReady = (status: string): string =>
  `The cluster is ${status}: ${NEXT[status] ?? 'wait until it is ACTIVE'}.`;
