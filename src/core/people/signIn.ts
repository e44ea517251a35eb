/** Who can sign in to a cluster's Kubeflow, as far as that can be told: users of Dex and of the Cognito pools of its ingresses. */
import type { Change } from '../kinds.ts';
import type { CognitoUser } from '../observation.ts';
import { absent, found, valueOf, type Reading } from '../reading.ts';
import type { Dex } from './dex.ts';

/** A Cognito user pool. */
export interface UserPool {
  /** Such as `us-west-2_AbCdEfGhI`: its region, and a name of AWS's. */
  readonly id: string;
  readonly region: string;
  /** Absent where only an ingress names it. */
  readonly name?: string;
}

/** What was read of who can sign in. */
export interface SignIn {
  /** Absent: there is no Dex where Kubeflow has it. */
  readonly dex: Reading<Dex>;
  /** Pools that ingresses of the cluster sign people in with. */
  readonly pools: Reading<readonly UserPool[]>;
  /** Users of pools by the pool's id: all of them, or those of the name that was asked for, in any case. */
  readonly users: Readonly<Record<string, Reading<readonly CognitoUser[]>>>;
}

const POOL_ID = /^(?:arn:[^:]+:cognito-idp:[^:]+:\d{12}:userpool\/)?(([a-z]{2,4}(?:-[a-z]+)+-\d+)_\w+)$/;

/** A pool by its id or ARN; undefined where it is neither. */
export function poolOf(text: string, name?: string): UserPool | undefined {
  const [, id, region = ''] = POOL_ID.exec(text) ?? [];
  return id === undefined ? undefined : { id, region, ...(name === undefined ? {} : { name }) };
}

/** Annotation by which an AWS load balancer signs people in with Cognito (AWS Load Balancer Controller, ingress annotations). */
const COGNITO = 'alb.ingress.kubernetes.io/auth-idp-cognito';

/** The pools that these annotations of ingresses name, each once. */
export function poolsOf(annotations: readonly Readonly<Record<string, string>>[]): readonly UserPool[] {
  const arns = annotations.flatMap((all) => {
    try {
      // Read as Go does: keys in any case. Kubeflow's manifests write UserPoolArn, the documentation userPoolARN.
      const entries = Object.entries((JSON.parse(all[COGNITO] ?? '{}') ?? {}) as object);
      const arn: unknown = entries.find(([key]) => key.toLowerCase() === 'userpoolarn')?.[1];
      return typeof arn === 'string' ? [arn] : [];
    } catch {
      return [];
    }
  });
  return [...new Set(arns)].flatMap((arn) => poolOf(arn) ?? []);
}

/** Whether somebody of a name can sign in, and as what. */
export type SignsIn =
  | { readonly state: 'known'; readonly where: string }
  /** There is such a user, who is sent with other letters. */
  | { readonly state: 'otherwise'; readonly where: string; readonly right: string }
  /** All that could be looked at has no such user. */
  | { readonly state: 'nobody'; readonly where: string }
  /** Nothing was found to look at, others may sign in through it, or it may not be read: `why`. */
  | { readonly state: 'unknown'; readonly why?: string };

export const poolWords = ({ id, name }: UserPool): string => `Cognito user pool ${name ?? id}`;

/** The users that are known of one pool, or of Dex, with what they are called together. */
function sources({
  dex,
  pools,
  users,
}: SignIn): readonly { readonly where: string; readonly names: readonly string[] }[] {
  const own = valueOf(dex);
  return [
    ...(own?.passwords === true ? [{ where: 'Dex', names: own.users.map(({ email }) => email) }] : []),
    ...(valueOf(pools) ?? []).map((pool) => ({
      where: poolWords(pool),
      names: (valueOf(users[pool.id] ?? absent) ?? []).map(({ email }) => email),
    })),
  ];
}

/** Whether an owner of this name can sign in. Kubeflow compares letter by letter (KP-011). */
export function signsIn(name: string, signIn: SignIn): SignsIn {
  const all = sources(signIn);
  const exact = all.find(({ names }) => names.includes(name));
  if (exact !== undefined) return { state: 'known', where: exact.where };
  const plain = (text: string): string => text.trim().toLowerCase();
  for (const { where, names } of all) {
    const right = names.find((one) => plain(one) === plain(name));
    if (right !== undefined) return { state: 'otherwise', where, right };
  }
  const { dex, pools, users } = signIn;
  const connectors = valueOf(dex)?.connectors ?? [];
  if (connectors.length > 0)
    return { state: 'unknown', why: `Dex also lets in people of ${connectors.join(', ')}, who cannot be listed here` };
  const unread = [dex, pools, ...(valueOf(pools) ?? []).map(({ id }) => users[id] ?? absent)].find(
    ({ state }) => state === 'denied' || state === 'failed',
  );
  if (unread?.state === 'denied') return { state: 'unknown', why: `you are not permitted to ${unread.permission}` };
  if (unread?.state === 'failed') return { state: 'unknown', why: unread.reason };
  return all.length === 0
    ? { state: 'unknown' }
    : { state: 'nobody', where: all.map(({ where }) => where).join(' and ') };
}

/** What had to be allowed to look at it. */
export const signInMay = (signIn: SignIn | undefined): readonly string[] =>
  signIn === undefined
    ? []
    : [
        'get configmaps',
        'list ingresses.networking.k8s.io',
        ...(Object.keys(signIn.users).length === 0 ? [] : ['cognito-idp:ListUsers']),
      ];

/** What is known when a change is done: whom it makes can sign in. */
export function signInAfter(signIn: SignIn, { ref, after }: Change): SignIn {
  if (ref.kind === 'k8s/dex-user' && signIn.dex.state === 'found') {
    const dex = signIn.dex.value;
    const others = dex.users.filter(({ email }) => email !== ref.key);
    return { ...signIn, dex: found({ ...dex, users: after === undefined ? others : [...others, { email: ref.key }] }) };
  }
  if (ref.kind !== 'cognito/user') return signIn;
  const slash = ref.key.indexOf('/');
  const [pool, email] = [ref.key.slice(0, slash), ref.key.slice(slash + 1)];
  const others = (valueOf(signIn.users[pool] ?? absent) ?? []).filter((one) => one.email !== email);
  const one = { pool, username: email, email };
  return { ...signIn, users: { ...signIn.users, [pool]: found(after === undefined ? others : [...others, one]) } };
}
