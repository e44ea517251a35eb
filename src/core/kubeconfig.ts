import { stringify } from 'yaml';
import type { Cluster } from './observation.ts';

/**
 * A kubeconfig of one cluster as `aws eks update-kubeconfig` writes it (aws-cli, customizations/eks/update_kubeconfig.py). It holds
 * no secret: who uses it signs in with the AWS CLI. undefined while the cluster has no endpoint.
 */
export function kubeconfigYaml(cluster: Cluster, awsProfile: string | undefined): string | undefined {
  const { arn: name, certificateAuthority, endpoint, region } = cluster;
  if (endpoint === undefined || certificateAuthority === undefined) return undefined;
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: endpoint, 'certificate-authority-data': certificateAuthority } }],
      users: [
        {
          name,
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1beta1',
              command: 'aws',
              args: ['--region', region, 'eks', 'get-token', '--cluster-name', cluster.name, '--output', 'json'],
              ...(awsProfile === undefined ? {} : { env: [{ name: 'AWS_PROFILE', value: awsProfile }] }),
            },
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    },
    { lineWidth: 0 },
  );
}
