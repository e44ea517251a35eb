import {
  GetAccountAuthorizationDetailsCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListOpenIDConnectProvidersCommand,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  type Role as IamRole,
  type RoleDetail,
} from '@aws-sdk/client-iam';
import type { RoleDetails } from '../core/checks/readings.ts';
import { absent, found, type Reading } from '../core/reading.ts';
import type { AwsLists } from '../provisioning/ports.ts';
import { readingOf } from './errors.ts';

/**
 * Roles of one page. The SDK parses the XML of a page in one go, which must not block the extension host for long: measured 4 to
 * 7 ms with what Kubeflow needs, seven times that with the largest policies that IAM allows.
 */
const PAGE = 50;

async function read<T>(permission: string, call: () => Promise<Reading<T>>): Promise<Reading<T>> {
  try {
    return await call();
  } catch (error) {
    return readingOf(error, permission);
  }
}

/** IAM answers with documents URL-encoded (RFC 3986). */
const decoded = (document: string | undefined): string => decodeURIComponent(document ?? '');

function details(role: IamRole | RoleDetail, inline: RoleDetails['inline'], attached: readonly string[]): RoleDetails {
  const boundary = role.PermissionsBoundary?.PermissionsBoundaryArn;
  return {
    arn: role.Arn ?? '',
    name: role.RoleName ?? '',
    trustPolicy: decoded(role.AssumeRolePolicyDocument),
    tags: Object.fromEntries((role.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    ...(boundary === undefined ? {} : { boundary }),
    inline,
    attached,
  };
}

/** Implements {@link AwsLists} on IAM, which is the same in all regions of a partition. */
export function awsLists(iam: () => IAMClient): AwsLists {
  async function inlinePolicies(role: string): Promise<Reading<RoleDetails['inline']>> {
    const names = await read('iam:ListRolePolicies', async () => {
      const all: string[] = [];
      for await (const page of paginateListRolePolicies({ client: iam() }, { RoleName: role }))
        all.push(...(page.PolicyNames ?? []));
      return found(all);
    });
    if (names.state !== 'found') return names;
    return read('iam:GetRolePolicy', async () =>
      found(
        await Promise.all(
          names.value.map(async (name) => {
            const { PolicyDocument } = await iam().send(new GetRolePolicyCommand({ RoleName: role, PolicyName: name }));
            return { name, text: decoded(PolicyDocument) };
          }),
        ),
      ),
    );
  }

  return {
    oidcProviderArns: () =>
      read('iam:ListOpenIDConnectProviders', async () => {
        const { OpenIDConnectProviderList } = await iam().send(new ListOpenIDConnectProvidersCommand({}));
        return found((OpenIDConnectProviderList ?? []).flatMap(({ Arn }) => Arn ?? []));
      }),

    roleDetails: async (name) => {
      const [role, inline, attached] = await Promise.all([
        read('iam:GetRole', async () => {
          const { Role } = await iam().send(new GetRoleCommand({ RoleName: name }));
          return Role === undefined ? absent : found(Role);
        }),
        inlinePolicies(name),
        read('iam:ListAttachedRolePolicies', async () => {
          const all: string[] = [];
          for await (const page of paginateListAttachedRolePolicies({ client: iam() }, { RoleName: name })) {
            all.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
          }
          return found(all);
        }),
      ]);
      if (role.state !== 'found') return role;
      if (inline.state !== 'found') return inline;
      if (attached.state !== 'found') return attached;
      return found(details(role.value, inline.value, attached.value));
    },

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
            return details(role, inline, attached);
          });
        return found({ roles, ...(IsTruncated === true && Marker !== undefined ? { next: Marker } : {}) });
      }),
  };
}
