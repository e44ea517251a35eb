/** Roles and their policies in IAM: one way to read them. */
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateListAttachedRolePolicies,
  paginateListInstanceProfilesForRole,
  paginateListRolePolicies,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  type Role as IamRole,
  type RoleDetail,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { rolePath } from '../core/arn/role.ts';
import { bareOf, type BareRole, type Role } from '../core/observation.ts';
import { absent, found, type Reading } from '../core/reading.ts';
import type { Aws } from '../provisioning/ports.ts';
import { outsideError, readingOf } from './errors.ts';

/** Answers, or the reading that the error stands for. */
export async function read<T>(permission: string, call: () => Promise<Reading<T>>): Promise<Reading<T>> {
  try {
    return await call();
  } catch (error) {
    return readingOf(error, permission);
  }
}

/** Answers, or throws an `OutsideError` that names the action. */
export async function act<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw outsideError(error, action);
  }
}

/** What is on all pages, or the first `most`: a page may have fewer than it was asked for though there are more. */
export async function collect<Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
  most = Infinity,
): Promise<Item[]> {
  const all: Item[] = [];
  for await (const page of pages) {
    all.push(...(items(page) ?? []));
    if (all.length >= most) break;
  }
  return all.slice(0, most);
}

/** IAM answers with documents URL-encoded (RFC 3986). One that is encoded otherwise stays as it is: whoever judges it says so. */
export function decoded(document = ''): string {
  try {
    return decodeURIComponent(document);
  } catch {
    return document;
  }
}

export const tagList = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const tagsOf = (
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Readonly<Record<string, string>> =>
  Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));

export function bareRoleOf(role: IamRole | RoleDetail): BareRole {
  const boundary = role.PermissionsBoundary?.PermissionsBoundaryArn;
  // A listing of the account tells neither.
  const { Description: description, MaxSessionDuration: maxSession }: Partial<IamRole> = role;
  return {
    arn: role.Arn ?? '',
    name: role.RoleName ?? '',
    trustPolicy: decoded(role.AssumeRolePolicyDocument),
    tags: tagsOf(role.Tags),
    ...(boundary === undefined ? {} : { boundary }),
    ...(description === undefined || description === '' ? {} : { description }),
    ...(maxSession === undefined ? {} : { maxSession }),
  };
}

type RoleCalls = Pick<
  Aws,
  | 'role'
  | 'bareRole'
  | 'policy'
  | 'policyDocument'
  | 'rolePolicy'
  | 'createRole'
  | 'updateTrustPolicy'
  | 'updateRole'
  | 'setBoundary'
  | 'tagRole'
  | 'putRolePolicy'
  | 'deleteRole'
  | 'deleteRolePolicy'
  | 'roleAttachments'
  | 'attachRolePolicy'
  | 'detachRolePolicy'
  | 'instanceProfiles'
>;

/** The calls of {@link Aws} that are about one role. */
export function awsRoles(iam: () => IAMClient): RoleCalls {
  /** A role without its policies, and when it was made. */
  const getRole = (name: string): Promise<Reading<BareRole & Pick<Role, 'created'>>> =>
    read('iam:GetRole', async () => {
      const { Role } = await iam().send(new GetRoleCommand({ RoleName: name }));
      if (Role?.Arn === undefined) return absent;
      const made = Role.CreateDate === undefined ? {} : { created: Role.CreateDate.toISOString() };
      return found({ ...bareRoleOf(Role), ...made });
    });
  const bareRole = async (name: string): Promise<Reading<BareRole>> => {
    const reading = await getRole(name);
    return reading.state === 'found' ? found(bareOf(reading.value)) : reading;
  };
  const rolePolicy = (role: string, policy: string): Promise<Reading<string>> =>
    read('iam:GetRolePolicy', async () => {
      const answer = await iam().send(new GetRolePolicyCommand({ RoleName: role, PolicyName: policy }));
      return found(decoded(answer.PolicyDocument));
    });

  /** Inline policies by name. `asked`: one that is asked for at once. */
  async function inlinePolicies(role: string, asked: string | undefined): Promise<readonly Reading<InlinePolicy>[]> {
    const first = asked === undefined ? undefined : rolePolicy(role, asked);
    const names = await read('iam:ListRolePolicies', async () => {
      const all: string[] = [];
      for await (const page of paginateListRolePolicies({ client: iam() }, { RoleName: role }))
        all.push(...(page.PolicyNames ?? []));
      return found(all);
    });
    const listed = names.state === 'found' ? names.value : [];
    const wanted = asked === undefined || listed.includes(asked) ? listed : [asked, ...listed];
    const policies = wanted.map(async (name): Promise<Reading<InlinePolicy>> => {
      const text = await (name === asked && first !== undefined ? first : rolePolicy(role, name));
      return text.state === 'found' ? found({ name, text: text.value }) : text;
    });
    return [...(names.state === 'found' ? [] : [names]), ...(await Promise.all(policies))];
  }

  const roleAttachments = (name: string): Promise<Reading<readonly string[]>> =>
    read('iam:ListAttachedRolePolicies', async () => {
      const all: string[] = [];
      for await (const page of paginateListAttachedRolePolicies({ client: iam() }, { RoleName: name }))
        all.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
      return found(all);
    });

  return {
    bareRole,
    rolePolicy,
    roleAttachments,

    policy: (arn) =>
      read('iam:GetPolicy', async () => {
        await iam().send(new GetPolicyCommand({ PolicyArn: arn }));
        return found({ arn });
      }),

    policyDocument: (arn) =>
      read('iam:GetPolicy', async () => {
        const { Policy } = await iam().send(new GetPolicyCommand({ PolicyArn: arn }));
        const VersionId = Policy?.DefaultVersionId;
        if (VersionId === undefined) return absent;
        return read('iam:GetPolicyVersion', async () => {
          const { PolicyVersion } = await iam().send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId }));
          return PolicyVersion?.Document === undefined ? absent : found(decoded(PolicyVersion.Document));
        });
      }),

    role: async (name, policy) => {
      const [role, inline, attached] = await Promise.all([
        getRole(name),
        inlinePolicies(name, policy),
        roleAttachments(name),
      ]);
      if (role.state !== 'found') return role;
      const lacking: string[] = [];
      // Absent: deleted between two calls.
      for (const reading of [...inline, attached]) {
        if (reading.state === 'failed') return reading;
        if (reading.state === 'denied') lacking.push(reading.permission);
      }
      return found<Role>({
        ...role.value,
        inline: inline.flatMap((reading) => (reading.state === 'found' ? [reading.value] : [])),
        attached: attached.state === 'found' ? attached.value : [],
        ...(lacking.length === 0 ? {} : { unread: [...new Set(lacking)] }),
      });
    },

    createRole: ({ arn, name, trustPolicy, tags, boundary, description, maxSession }) =>
      act('iam:CreateRole', async () => {
        await iam().send(
          new CreateRoleCommand({
            Path: rolePath(arn),
            RoleName: name,
            AssumeRolePolicyDocument: trustPolicy,
            Description: description,
            MaxSessionDuration: maxSession,
            PermissionsBoundary: boundary,
            Tags: tagList(tags),
          }),
        );
      }),

    updateRole: (roleName, { description, maxSession }) =>
      act('iam:UpdateRole', async () => {
        await iam().send(
          new UpdateRoleCommand({ RoleName: roleName, Description: description, MaxSessionDuration: maxSession }),
        );
      }),

    setBoundary: (roleName, arn) =>
      arn === undefined
        ? act('iam:DeleteRolePermissionsBoundary', async () => {
            await iam().send(new DeleteRolePermissionsBoundaryCommand({ RoleName: roleName }));
          })
        : act('iam:PutRolePermissionsBoundary', async () => {
            await iam().send(new PutRolePermissionsBoundaryCommand({ RoleName: roleName, PermissionsBoundary: arn }));
          }),

    tagRole: (roleName, key, value) =>
      value === undefined
        ? act('iam:UntagRole', async () => {
            await iam().send(new UntagRoleCommand({ RoleName: roleName, TagKeys: [key] }));
          })
        : act('iam:TagRole', async () => {
            await iam().send(new TagRoleCommand({ RoleName: roleName, Tags: tagList({ [key]: value }) }));
          }),

    updateTrustPolicy: (roleName, trustPolicy) =>
      act('iam:UpdateAssumeRolePolicy', async () => {
        await iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: roleName, PolicyDocument: trustPolicy }));
      }),

    putRolePolicy: (roleName, policyName, policy) =>
      act('iam:PutRolePolicy', async () => {
        await iam().send(
          new PutRolePolicyCommand({ RoleName: roleName, PolicyName: policyName, PolicyDocument: policy }),
        );
      }),

    attachRolePolicy: (name, policyArn) =>
      act('iam:AttachRolePolicy', async () => {
        await iam().send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: policyArn }));
      }),

    detachRolePolicy: (name, policyArn) =>
      act('iam:DetachRolePolicy', async () => {
        await iam().send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn: policyArn }));
      }),

    instanceProfiles: (name) =>
      read('iam:ListInstanceProfilesForRole', async () => {
        const all: string[] = [];
        for await (const page of paginateListInstanceProfilesForRole({ client: iam() }, { RoleName: name }))
          all.push(...(page.InstanceProfiles ?? []).flatMap(({ InstanceProfileName }) => InstanceProfileName ?? []));
        return found(all);
      }),

    deleteRole: (name) =>
      act('iam:DeleteRole', async () => {
        await iam().send(new DeleteRoleCommand({ RoleName: name }));
      }),

    deleteRolePolicy: (roleName, policyName) =>
      act('iam:DeleteRolePolicy', async () => {
        await iam().send(new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName: policyName }));
      }),
  };
}

type InlinePolicy = Role['inline'][number];
