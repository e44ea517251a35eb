/** What an AWS organization lets an account do (API model of Organizations, 2016-11-28), as far as the caller may read it. */
import type { STSClientConfig } from '@aws-sdk/client-sts';
import type { GuardLevel, GuardPolicy, Organization } from '../core/observation.ts';
import { FULL_ACCESS } from '../core/policy/organization.ts';
import { absent, found, reasonOf, valueOf, type Reading } from '../core/reading.ts';
import { readingOf } from './errors.ts';
import { read } from './roles.ts';
import { sender, type Service } from './signed.ts';

/** Where the one endpoint of a partition is (AWS General Reference, Organizations endpoints). */
const PLACES: Readonly<Record<string, readonly [region: string, suffix: string]>> = {
  'aws-cn': ['cn-northwest-1', 'amazonaws.com.cn'],
  'aws-us-gov': ['us-gov-west-1', 'amazonaws.com'],
};

const serviceOf = (partition: string): Service => {
  const [region, suffix] = PLACES[partition] ?? ['us-east-1', 'amazonaws.com'];
  return { id: 'Organizations', signingName: 'organizations', region, host: `organizations.${region}.${suffix}` };
};

/** A root, five levels of organizational units, and the account (AWS Organizations User Guide, quotas); a little more is no harm. */
const MOST_LEVELS = 10;

const KINDS = { service: 'SERVICE_CONTROL_POLICY', resource: 'RESOURCE_CONTROL_POLICY' } as const;
type Kind = keyof typeof KINDS;

interface Answers {
  DescribeOrganization: { Organization?: { Id?: string; MasterAccountId?: string } };
  ListRoots: { Roots?: { PolicyTypes?: { Type?: string; Status?: string }[] }[] };
  ListParents: { Parents?: { Id?: string }[] };
  ListPoliciesForTarget: { Policies?: { Id?: string; Arn?: string; Name?: string }[]; NextToken?: string };
  DescribePolicy: { Policy?: { Content?: string } };
}

/** Which call an error came from. */
const CALLED = Symbol('called');

/**
 * Never throws. `absent`: the account is in no organization. Its policies are read at each level at once; a member account's own
 * administrators mostly may not, which is said by the permission.
 */
export async function readOrganization(
  configuration: STSClientConfig,
  partition: string,
  account: string,
): Promise<Reading<Organization>> {
  const send = sender(configuration, serviceOf(partition));
  const ask = async <O extends keyof Answers>(operation: O, input: object): Promise<Answers[O]> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSOrganizationsV20161128.${operation}`,
    };
    try {
      return JSON.parse(await send(headers, JSON.stringify(input))) as Answers[O];
    } catch (error) {
      throw Object.assign(error as Error, { [CALLED]: `organizations:${operation}` });
    }
  };
  const documents = new Map<string, Promise<Reading<string>>>();
  const document = (id: string): Promise<Reading<string>> => {
    const text = FULL_ACCESS[id];
    const its =
      documents.get(id) ??
      (text === undefined
        ? read('organizations:DescribePolicy', async () => {
            const { Policy } = await ask('DescribePolicy', { PolicyId: id });
            return Policy?.Content === undefined ? absent : found(Policy.Content);
          })
        : Promise.resolve(found(text)));
    documents.set(id, its);
    return its;
  };
  const attached = async (TargetId: string, kind: Kind): Promise<readonly GuardPolicy[]> => {
    const all: Promise<GuardPolicy>[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ask('ListPoliciesForTarget', { TargetId, Filter: KINDS[kind], NextToken });
      for (const { Id = '', Name = Id, Arn = '' } of page.Policies ?? [])
        all.push(
          document(Id).then((reading) => {
            const text = valueOf(reading);
            return { id: Id, name: Name, arn: Arn, ...(text === undefined ? { unread: reasonOf(reading) } : { text }) };
          }),
        );
      NextToken = page.NextToken;
    } while (NextToken !== undefined && NextToken !== null);
    return Promise.all(all);
  };
  const levelsTo = async (target: string, left: number): Promise<readonly GuardLevel[]> => {
    const above = async (): Promise<readonly GuardLevel[]> => {
      const parent = (await ask('ListParents', { ChildId: target })).Parents?.[0]?.Id;
      return parent === undefined || left === 0 ? [] : levelsTo(parent, left - 1);
    };
    const [service, resource, higher] = await Promise.all([
      attached(target, 'service'),
      attached(target, 'resource'),
      target.startsWith('r-') ? [] : above(),
    ]);
    return [...higher, { target, service, resource }];
  };
  const levels = async (): Promise<Organization['levels']> => {
    try {
      const [{ Roots }, all] = await Promise.all([ask('ListRoots', {}), levelsTo(account, MOST_LEVELS)]);
      const isOn = (kind: Kind): boolean =>
        (Roots?.[0]?.PolicyTypes ?? []).some(({ Type, Status }) => Type === KINDS[kind] && Status === 'ENABLED');
      const [service, resource] = [isOn('service'), isOn('resource')];
      // What is attached and not switched on is not in force.
      return found(
        all.map((level) => ({
          target: level.target,
          ...(service ? { service: level.service } : {}),
          ...(resource ? { resource: level.resource } : {}),
        })),
      );
    } catch (error) {
      return readingOf(error, (error as { [CALLED]?: string })[CALLED] ?? 'organizations:ListPoliciesForTarget');
    }
  };
  const described = await read('organizations:DescribeOrganization', async () => {
    const { Organization: organization } = await ask('DescribeOrganization', {});
    return organization?.Id === undefined ? absent : found({ ...organization, Id: organization.Id });
  });
  // Without one nothing else is asked.
  if (described.state !== 'found') return described;
  const { Id, MasterAccountId } = described.value;
  // No policy of an organization is in force for the account that manages it (AWS Organizations User Guide, SCPs).
  return found(
    MasterAccountId === account ? { id: Id, management: true, levels: found([]) } : { id: Id, levels: await levels() },
  );
}
