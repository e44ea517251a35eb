/**
 * The version of the Profile API to read and write with, of those that a cluster serves (`KubernetesApi.profileVersions`): v1,
 * else the first that there is, such as v1beta1 of Kubeflow before 1.0. Undefined: it serves none.
 */
export const profileVersion = (served: readonly string[]): string | undefined =>
  served.includes('v1') ? 'v1' : served[0];
