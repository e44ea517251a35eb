/** What surrounds a profile. */
import { modes } from './mode.ts';

export const surroundingsModes = modes({
  'KP-061': {
    title: 'STS not reachable',
    severity: 'error',
    scope: 'cluster',
    symptom: 'Timeouts at sts.<region>.amazonaws.com.',
    cause: 'A private cluster without an endpoint, a sidecar that blocks, or a region that is switched off.',
    fix: 'Add the VPC endpoint of STS, enable the region, or allow the way out.',
    sources: ['EKS User Guide, private clusters'],
  },
  'KP-063': {
    title: 'Kubeconfig points to another cluster',
    severity: 'error',
    scope: 'cluster',
    symptom: 'Everything is created and nothing works.',
    cause: 'The trust policy was made for one cluster, the Profile applied to another.',
    fix: 'Switch the context, and apply again.',
    sources: ['AWS CLI, eks update-kubeconfig'],
  },
  'KP-064': {
    title: 'AWS credentials of another account',
    severity: 'error',
    scope: 'cluster',
    symptom: 'Role and provider are in an account that the cluster is not in.',
    cause: 'AWS_PROFILE names another account than that of the cluster.',
    fix: 'Switch the AWS profile.',
    sources: ['STS API Reference, GetCallerIdentity'],
  },
});
