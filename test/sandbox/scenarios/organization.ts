/** An organization over the sandbox's account, made by ordinary calls: the other account manages it, the cluster's account joins. */
import type { Sandbox } from '../../../sandbox/index.ts';
import { call } from '../../../sandbox/sigv4.ts';

const ACCOUNT = '111122223333';
const TYPES = { service: 'SERVICE_CONTROL_POLICY', resource: 'RESOURCE_CONTROL_POLICY' } as const;

export interface OrganizationOver {
  /** Ids of the root, and of the organizational unit that the account is in. */
  readonly root: string;
  readonly unit: string;
  /** Lets the account read the policies. */
  delegate(): Promise<void>;
  /** Attaches a policy, which is made where it is not there yet. */
  attach(kind: keyof typeof TYPES, name: string, target: string, ...statements: readonly object[]): Promise<void>;
  change(name: string, ...statements: readonly object[]): Promise<void>;
  /** Takes a policy from the organizational unit, the root and the account. */
  detach(name: string): Promise<void>;
}

type Answer = Readonly<Record<string, unknown>>;

export async function organizationOver({
  endpoint,
  credentials,
}: Pick<Sandbox, 'endpoint' | 'credentials'>): Promise<OrganizationOver> {
  const send = async (who: keyof typeof credentials, operation: string, input: object): Promise<Answer> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSOrganizationsV20161128.${operation}`,
    };
    const request = { service: 'organizations', region: 'us-east-1', credentials: credentials[who], headers };
    const { status, text } = await call(endpoint, { ...request, body: JSON.stringify(input) });
    if (status >= 400) throw new Error(`${operation}: ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Answer;
  };
  const ask = (operation: string, input: object): Promise<Answer> => send('other-account-admin', operation, input);
  const field = (answer: unknown, ...path: readonly (string | number)[]): string =>
    path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], answer) as string;

  await ask('CreateOrganization', { FeatureSet: 'ALL' });
  const root = field(await ask('ListRoots', {}), 'Roots', 0, 'Id');
  for (const PolicyType of Object.values(TYPES)) await ask('EnablePolicyType', { RootId: root, PolicyType });
  const handshake = await ask('InviteAccountToOrganization', { Target: { Id: ACCOUNT, Type: 'ACCOUNT' } });
  await send('sandbox-admin', 'AcceptHandshake', { HandshakeId: field(handshake, 'Handshake', 'Id') });
  const made = await ask('CreateOrganizationalUnit', { ParentId: root, Name: 'Teams' });
  const unit = field(made, 'OrganizationalUnit', 'Id');
  await ask('MoveAccount', { AccountId: ACCOUNT, SourceParentId: root, DestinationParentId: unit });
  const ids = new Map([['FullAWSAccess', 'p-FullAWSAccess']]);
  const textOf = (statements: readonly object[]): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return {
    root,
    unit,
    delegate: async () =>
      void (await ask('RegisterDelegatedAdministrator', { AccountId: ACCOUNT, ServicePrincipal: 'ssm.amazonaws.com' })),
    attach: async (kind, name, TargetId, ...statements) => {
      if (!ids.has(name)) {
        const input = { Name: name, Description: '', Type: TYPES[kind], Content: textOf(statements) };
        ids.set(name, field(await ask('CreatePolicy', input), 'Policy', 'PolicySummary', 'Id'));
      }
      await ask('AttachPolicy', { PolicyId: ids.get(name), TargetId });
    },
    change: async (name, ...statements) =>
      void (await ask('UpdatePolicy', { PolicyId: ids.get(name), Content: textOf(statements) })),
    detach: async (name) => {
      // FullAWSAccess stays above and below: what is taken is that of the unit.
      if (!ids.has(name)) return;
      for (const TargetId of name === 'FullAWSAccess' ? [unit] : [root, unit, ACCOUNT])
        await ask('DetachPolicy', { PolicyId: ids.get(name), TargetId });
    },
  };
}
