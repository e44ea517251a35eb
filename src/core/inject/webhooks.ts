/** The webhooks that are asked when a pod is made: which is that of EKS, and when that of PodDefaults is asked. */
import type { PodWebhook } from '../observation.ts';
import { valueOf, type Reading } from '../reading.ts';

/**
 * What names the webhook of EKS: on managed clusters its configuration is `pod-identity-webhook` (seen in audit annotations,
 * aws/amazon-eks-pod-identity-webhook#208); who runs it themselves has it from its own manifests and chart.
 */
const OF_EKS = /^(?:(?:amazon-)?(?:eks-)?pod-identity-webhook|iam-for-pods)(?:[.-].*)?$/;
export const isOfEks = ({ configuration, name }: PodWebhook): boolean =>
  OF_EKS.test(configuration) || OF_EKS.test(name);

/** The webhook of EKS; undefined: webhooks were not read. */
export function identityWebhook(
  webhooks: Reading<readonly PodWebhook[]> | undefined,
): PodWebhook | 'missing' | undefined {
  const all = webhooks && valueOf(webhooks);
  return all && (all.find(isOfEks) ?? 'missing');
}

/** Kubeflow's webhook for PodDefaults (kubeflow/kubeflow, components/admission-webhook; kubeflow/dashboard, components/poddefaults-webhooks). */
const isOfPodDefaults = ({ configuration, name }: PodWebhook): boolean =>
  /^(?:admission|poddefaults)-webhook/.test(configuration) ||
  /^(?:admission|poddefaults)-webhook.*\.kubeflow\.org$/.test(name);

/** Whether PodDefaults are applied before EKS's webhook is asked, or after it; undefined: one of them is not there, or not read. */
export function podDefaultsOrder(webhooks: Reading<readonly PodWebhook[]> | undefined): 'before' | 'after' | undefined {
  const all = (webhooks && valueOf(webhooks)) ?? [];
  const [eks, own] = [all.find(isOfEks), all.find(isOfPodDefaults)];
  if (eks === undefined || own === undefined) return undefined;
  return own.configuration < eks.configuration ? 'before' : 'after';
}
