// What the sandbox knows of its AWS account: moto's state, read with the sandbox's own key, with IAM's eventual consistency
// on top (a change reaches STS and S3 a little after the call that made it), and the credentials that were given out.
import type { JSONWebKeySet } from 'jose';
import type { KnownKey } from './authenticator.ts';
import { guardsOf, type Guards, type State } from './authorize.ts';
import type { IamView } from './iam.ts';
import { AwsError, query, xmlValue, xmlValues, type Credentials } from './sigv4.ts';
import type { AccountView } from './sts.ts';

type Role = Awaited<ReturnType<AccountView['role']>>;
type Parameters = ReadonlyMap<string, string>;

export interface Account extends AccountView, IamView {
  /** Milliseconds until a change of a role's trust or of an OIDC provider is visible to STS, and one of its policies to S3. */
  consistencyMs: number;
  /** All credentials that are known, by access key id. */
  readonly credentials: Map<string, KnownKey>;
  /**
   * To be called before a call of IAM is passed on. Answers undefined if neither STS nor S3 is concerned, else a function to be
   * called when the call has succeeded, which makes them see the old state for a while.
   */
  beforeChange(action: string, parameters: Parameters): Promise<(() => void) | undefined>;
  /** What a call of S3, KMS or Cognito is judged by (moto/state.py has the questions), a role's policies as they are in effect by now. */
  state(questions: Readonly<Record<string, string | undefined>>): Promise<State>;
}

/** Reads the account through moto's own address, so that these calls are not counted. */
export function openAccount(
  account: string,
  moto: string,
  own: Credentials,
  publishedKeys: ReadonlyMap<string, Promise<JSONWebKeySet>>,
): Account {
  const iam = (parameters: Readonly<Record<string, string>>): Promise<string> => query(moto, own, 'iam', parameters);
  /** Undefined where IAM says NoSuchEntity. */
  const find = (parameters: Readonly<Record<string, string>>): Promise<string | undefined> =>
    iam(parameters).catch((error: unknown) => {
      if (error instanceof AwsError && error.code === 'NoSuchEntity') return undefined;
      throw error;
    });
  const roleNow = async (roleName: string): Promise<(NonNullable<Role> & { arn: string }) | undefined> => {
    const xml = await find({ Action: 'GetRole', RoleName: roleName });
    if (xml === undefined) return undefined;
    return {
      arn: xmlValue(xml, 'Arn') ?? '',
      trust: decodeURIComponent(xmlValue(xml, 'AssumeRolePolicyDocument') ?? ''),
      maxSessionDuration: Number(xmlValue(xml, 'MaxSessionDuration') ?? 3600),
    };
  };
  const clientIdsNow = async (arn: string): Promise<string[] | undefined> => {
    const xml = await find({ Action: 'GetOpenIDConnectProvider', OpenIDConnectProviderArn: arn });
    if (xml === undefined) return undefined;
    const list = /<ClientIDList>([^]*?)<\/ClientIDList>/.exec(xml)?.[1] ?? '';
    return xmlValues(list, 'member');
  };
  /** What STS still sees of a role or provider that changed, and S3 of a role's policies, and until when. */
  const stale = new Map<string, { readonly until: number; readonly value: unknown }>();
  const staleValue = <T>(key: string, now: () => Promise<T>): Promise<T> => {
    const entry = stale.get(key);
    if (entry && Date.now() < entry.until) return Promise.resolve(entry.value as T);
    stale.delete(key);
    return now();
  };
  const ask = async (questions: Readonly<Record<string, string | undefined>>): Promise<unknown> => {
    const asked = Object.entries(questions).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const answer = await fetch(`${moto}/moto-api/sandbox?${new URLSearchParams(asked).toString()}`);
    if (!answer.ok) throw new Error(`moto answers ${answer.status} to ${asked.map(([name]) => name).join(', ')}.`);
    return answer.json();
  };
  const policiesInEffect = (roleName: string, now: () => Promise<readonly string[]>): Promise<readonly string[]> =>
    staleValue(`policies ${roleName.toLowerCase()}`, now);
  const names = async (action: string, element: string): Promise<string[]> => {
    const found: string[] = [];
    for (let marker: string | undefined = ''; marker !== undefined;) {
      const xml: string = await iam({ Action: action, MaxItems: '1000', ...(marker === '' ? {} : { Marker: marker }) });
      found.push(...xmlValues(xml, element));
      marker = xmlValue(xml, 'IsTruncated') === 'true' ? xmlValue(xml, 'Marker') : undefined;
    }
    return found;
  };

  const view: Account = {
    account,
    consistencyMs: 0,
    credentials: new Map(),
    clientIds: (arn) => staleValue(arn, () => clientIdsNow(arn)),
    role: async (arn) => {
      const roleName = arn.slice(arn.lastIndexOf('/') + 1);
      const role = await staleValue(`role ${roleName.toLowerCase()}`, () => roleNow(roleName));
      return role?.arn === arn ? role : undefined;
    },
    guards: async () => guardsOf(((await ask({ guards: account })) as { guards: Guards }).guards, 'resource'),
    keys: async (issuer) => publishedKeys.get(issuer),
    exists: async (arn) => {
      if (arn.includes(':oidc-provider/')) return (await clientIdsNow(arn)) !== undefined;
      const leaf = arn.slice(arn.lastIndexOf('/') + 1);
      if (arn.includes(':role/')) return (await roleNow(leaf))?.arn === arn;
      if (arn.includes(':policy/')) return (await find({ Action: 'GetPolicy', PolicyArn: arn })) !== undefined;
      if (arn.includes(':user/')) return (await find({ Action: 'GetUser', UserName: leaf })) !== undefined;
      return false;
    },
    roleNames: () => names('ListRoles', 'RoleName'),
    inlinePolicies: async (roleName) => {
      const list = await find({ Action: 'ListRolePolicies', RoleName: roleName });
      if (list === undefined) return undefined;
      const documents = await Promise.all(
        xmlValues(list, 'member').map(async (policyName) => {
          const xml = await iam({ Action: 'GetRolePolicy', RoleName: roleName, PolicyName: policyName });
          return [policyName, decodeURIComponent(xmlValue(xml, 'PolicyDocument') ?? '')] as const;
        }),
      );
      return new Map(documents);
    },
    providers: () => names('ListOpenIDConnectProviders', 'Arn'),
    state: async (questions) => {
      const state = (await ask(questions)) as State;
      const { caller } = state;
      if (caller?.type !== 'AssumedRole' || caller.account !== account) return state;
      const policies = await policiesInEffect(caller.name, async () => caller.policies);
      return { ...state, caller: { ...caller, policies } };
    },
    beforeChange: async (action, parameters) => {
      const roleName = parameters.get('RoleName') ?? '';
      const url = parameters.get('Url') ?? '';
      const [key, value] =
        action === 'CreateRole' || action === 'UpdateAssumeRolePolicy'
          ? [`role ${roleName.toLowerCase()}`, await roleNow(roleName)]
          : action === 'CreateOpenIDConnectProvider'
            ? [`arn:aws:iam::${account}:oidc-provider/${url.slice('https://'.length)}`, undefined]
            : action === 'PutRolePolicy'
              ? [
                  `policies ${roleName.toLowerCase()}`,
                  await policiesInEffect(roleName, async () => {
                    const { role } = (await ask({ role: roleName, account })) as { role: string[] | null };
                    return role ?? [];
                  }),
                ]
              : [];
      if (key === undefined) return undefined;
      return () => stale.set(key, { until: Date.now() + view.consistencyMs, value });
    },
  };
  return view;
}
