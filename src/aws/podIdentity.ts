/** Pod Identity associations of EKS (botocore EKS model, 2017-11-01). A service account of a cluster has at most one. */
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribeAddonCommand,
  DescribePodIdentityAssociationCommand,
  type EKSClient,
  paginateListPodIdentityAssociations,
} from '@aws-sdk/client-eks';
import type { PodIdentity } from '../core/observation.ts';
import { absent, found } from '../core/reading.ts';
import type { Aws } from '../provisioning/ports.ts';
import { act, collect, read } from './roles.ts';

type Calls = 'addon' | 'podIdentityAssociations' | 'podIdentity' | 'createPodIdentity' | 'deletePodIdentity';

export function awsPodIdentity(eks: () => EKSClient): Pick<Aws, Calls> {
  const list = async (clusterName: string, of: { readonly namespace?: string; readonly serviceAccount?: string }) => {
    const all = await collect(
      paginateListPodIdentityAssociations({ client: eks() }, { clusterName, ...of }),
      (page) => page.associations,
    );
    return all.map(({ associationId = '', namespace = '', serviceAccount = '' }) => ({
      id: associationId,
      namespace,
      serviceAccount,
    }));
  };
  return {
    addon: (clusterName, addonName) =>
      read('eks:DescribeAddon', async () => {
        const { addon } = await eks().send(new DescribeAddonCommand({ clusterName, addonName }));
        return addon === undefined
          ? absent
          : found({ name: addonName, version: addon.addonVersion ?? '', status: addon.status ?? '' });
      }),

    podIdentityAssociations: (cluster) =>
      read('eks:ListPodIdentityAssociations', async () => found(await list(cluster, {}))),

    podIdentity: (clusterName, namespace, serviceAccount) =>
      read('eks:ListPodIdentityAssociations', async () => {
        const [one] = await list(clusterName, { namespace, serviceAccount });
        if (one === undefined) return absent;
        return read('eks:DescribePodIdentityAssociation', async () => {
          const { association } = await eks().send(
            new DescribePodIdentityAssociationCommand({ clusterName, associationId: one.id }),
          );
          if (association === undefined) return absent;
          const { roleArn = '', tags = {}, disableSessionTags, targetRoleArn, policy, ownerArn } = association;
          return found<PodIdentity>({
            ...one,
            roleArn,
            tags,
            ...(disableSessionTags === true ? { disableSessionTags } : {}),
            ...(targetRoleArn === undefined ? {} : { targetRoleArn }),
            ...(policy === undefined ? {} : { policy }),
            ...(ownerArn === undefined ? {} : { ownerArn }),
          });
        });
      }),

    createPodIdentity: (clusterName, { id: _given, ownerArn: _owner, tags, ...association }) =>
      act('eks:CreatePodIdentityAssociation', async () => {
        await eks().send(new CreatePodIdentityAssociationCommand({ clusterName, ...association, tags: { ...tags } }));
      }),

    deletePodIdentity: (clusterName, associationId) =>
      act('eks:DeletePodIdentityAssociation', async () => {
        try {
          await eks().send(new DeletePodIdentityAssociationCommand({ clusterName, associationId }));
        } catch (error) {
          if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
        }
      }),
  };
}
