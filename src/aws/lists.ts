import {
  GetAccountAuthorizationDetailsCommand,
  type IAMClient,
  ListOpenIDConnectProvidersCommand,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import { DEFAULT_SESSION } from '../core/arn/role.ts';
import type { Role } from '../core/observation.ts';
import { found } from '../core/reading.ts';
import type { AwsLists } from '../provisioning/ports.ts';
import { bareRoleOf, collect, decoded, read } from './roles.ts';

/**
 * Roles of one page. The SDK parses the XML of a page in one go, which must not block the extension host for long: measured 4 to
 * 7 ms with what Kubeflow needs, seven times that with the largest policies that IAM allows.
 */
const PAGE = 50;
/** Roles of one page of ListRoles, which holds no policy but the trust policy (IAM API Reference: at most 1,000). */
const MOST = 200;

/** Implements {@link AwsLists} on IAM, which is the same in all regions of a partition. */
export function awsLists(iam: () => IAMClient): AwsLists {
  return {
    oidcProviderArns: () =>
      read('iam:ListOpenIDConnectProviders', async () => {
        const { OpenIDConnectProviderList } = await iam().send(new ListOpenIDConnectProvidersCommand({}));
        return found((OpenIDConnectProviderList ?? []).flatMap(({ Arn }) => Arn ?? []));
      }),

    roleSettings: () =>
      read('iam:ListRoles', async () => {
        const all = await collect(paginateListRoles({ client: iam(), pageSize: MOST }, {}), ({ Roles }) => Roles);
        return found(
          new Map(
            all.map(({ RoleName = '', Description = '', MaxSessionDuration = DEFAULT_SESSION }) => [
              RoleName,
              { description: Description, maxSession: MaxSessionDuration },
            ]),
          ),
        );
      }),

    rolesPage: (wanted, marker) =>
      read('iam:GetAccountAuthorizationDetails', async () => {
        const { RoleDetailList, IsTruncated, Marker } = await iam().send(
          new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'], MaxItems: PAGE, Marker: marker }),
        );
        const roles = (RoleDetailList ?? [])
          .filter(({ RoleName }) => RoleName !== undefined && wanted.has(RoleName))
          .map((role) => {
            const inline = (role.RolePolicyList ?? []).map(({ PolicyName, PolicyDocument }) => ({
              name: PolicyName ?? '',
              text: decoded(PolicyDocument),
            }));
            const attached = (role.AttachedManagedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []);
            const used = role.RoleLastUsed?.LastUsedDate;
            const instanceProfiles = (role.InstanceProfileList ?? []).map((one) => one.InstanceProfileName ?? '');
            return {
              ...bareRoleOf(role),
              inline,
              attached,
              ...(role.CreateDate === undefined ? {} : { created: role.CreateDate.toISOString() }),
              ...(used === undefined ? {} : { lastUsed: used.toISOString() }),
              ...(instanceProfiles.length === 0 ? {} : { instanceProfiles }),
            } satisfies Role;
          });
        return found({ roles, ...(IsTruncated === true && Marker !== undefined ? { next: Marker } : {}) });
      }),
  };
}
