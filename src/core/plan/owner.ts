/** The owner's part of a profile's plan: whether somebody can sign in under this name, and the user that is made for it. */
import { ownerProblem, ownerRemark, shortHash } from '../arn/names.ts';
import type { Facts } from '../facts.ts';
import type { Change } from '../kinds.ts';
import type { Cluster } from '../observation.ts';
import { DEX, dexUser, type Dex } from '../people/dex.ts';
import { poolOf, poolWords, signsIn } from '../people/signIn.ts';
import { absent, valueOf } from '../reading.ts';
import type { Request } from '../request.ts';
import { accountArn, refOf, unreadable, type Need } from './plan.ts';

export interface OwnerPart {
  readonly needs: readonly Need[];
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}

type Wish = Pick<Request, 'owner' | 'newUser'>;
const NOTHING: OwnerPart = { needs: [], changes: [], warnings: [] };

/** Dex as a Deployment. */
export const DEX_KEY = `${DEX.namespace}/${DEX.name}`;

/** What is wrong with the name of a new user; undefined if nothing is. */
export function newUserProblem(email: string): string | undefined {
  const problem = ownerProblem(email);
  if (problem !== undefined) return problem;
  // RFC 5321 in the part that identity providers take; Cognito and Dex know users by it.
  return /^[^\s@<>"(),:;\\[\]]+@[^\s@<>"(),:;\\[\]]+\.[^\s@<>"(),:;\\[\]]+$/.test(email)
    ? undefined
    : 'Write the e-mail address of the new user: this is no such address.';
}

/** The owner's part of a plan; `cluster`: where it is. */
export function ownerPart(wish: Wish, facts: Facts, cluster: Cluster): OwnerPart {
  if (wish.newUser === undefined) return { ...NOTHING, warnings: ownerWarnings(wish, facts) };
  const problem = newUserProblem(wish.owner);
  const id = wish.newUser.in === 'dex' ? 'dex-user' : 'cognito-user';
  if (problem !== undefined) return blocked(id, `New user ${wish.owner}`, problem);
  return wish.newUser.in === 'dex'
    ? inDex(wish.owner, facts, cluster)
    : inPool(wish.owner, wish.newUser.pool, facts, cluster);
}

function blocked(id: string, title: string, reason: string): OwnerPart {
  return { ...NOTHING, needs: [{ id, title, holds: false, reason }] };
}

/** What whose name is judged is called. */
const OWNER = { as: ' as the owner', another: 'owner' } as const;
export const CONTRIBUTOR = { as: '', another: 'user' } as const;

/** What to say of an owner, or of a contributor, before anything is written: nobody can sign in under this name, or only under another spelling. */
export function ownerWarnings(
  { owner }: Pick<Wish, 'owner'>,
  { signIn }: Pick<Facts, 'signIn'>,
  { as, another }: { readonly as: string; readonly another: string } = OWNER,
): readonly string[] {
  const remark = ownerRemark(owner);
  const answer = signIn === undefined ? undefined : signsIn(owner, signIn);
  switch (answer?.state) {
    case 'known':
      return [];
    case 'otherwise':
      return [
        `${answer.where} has no user ${owner} but ${answer.right}. Kubeflow compares letter by letter, so nobody would get in: give ${answer.right}${as}.`,
      ];
    case 'nobody':
      return [
        `Nobody can sign in as ${owner}: ${answer.where} has no such user. Choose another ${another}, or create the user first.`,
      ];
    case 'unknown':
    case undefined:
      return remark === undefined ? [] : [`Owner ${owner}: ${remark}`];
  }
}

const shown = ({ users }: Dex, email: string): string =>
  shortHash([...new Set([...users.map((one) => one.email), email])].sort().join('\n'));

function inDex(email: string, facts: Facts, cluster: Cluster): OwnerPart {
  const title = `User ${email} of Dex`;
  const stop = (reason: string): OwnerPart => blocked('dex-user', title, reason);
  const reading = facts.signIn?.dex ?? absent;
  if (reading.state === 'absent')
    return stop(`There is no Dex here: ConfigMap ${DEX_KEY} does not exist. Choose where else users sign in.`);
  if (reading.state !== 'found') return stop(unreadable(reading, `Settings of Dex (ConfigMap ${DEX_KEY})`));
  const dex = reading.value;
  if (!dex.passwords)
    return stop(
      `Dex of this cluster lets in no users of its own: enablePasswordDB is not true in ${DEX.key} of ConfigMap ${DEX_KEY}.`,
    );
  const there = dexUser(dex, email);
  if (there !== undefined && there.email !== email)
    return stop(`Dex has a user ${there.email} already, and takes both for the same. Choose that one.`);
  const restart = facts.get(refOf('k8s/deployment', cluster.arn, DEX_KEY));
  if (restart.state !== 'found')
    return stop(
      restart.state === 'absent'
        ? `There is no Deployment ${DEX_KEY}: Dex must be restarted to know a new user, and is not there.`
        : unreadable(restart, `Deployment ${DEX_KEY}, which must be restarted,`),
    );
  const ref = refOf('k8s/dex-user', cluster.arn, email);
  const what = 'with a new password, which is shown once';
  const user: Change =
    there === undefined
      ? { ref, after: { email, username: email.slice(0, email.indexOf('@')) }, what }
      : { ref, before: there, after: there, note: 'is a user already: the password stays' };
  // Only whom we made may not have been seen yet: a restart that failed is made up for.
  const isOurs = there === undefined || there.userID?.startsWith(OUR_USER) === true;
  const before = restart.value;
  const deployment: Change = {
    ref: refOf('k8s/deployment', cluster.arn, DEX_KEY),
    before,
    after: { ...before, users: shown(dex, email) },
    what: 'restarted, so that Dex knows the user',
  };
  return {
    needs: [],
    changes: isOurs ? [user, deployment] : [user],
    warnings: there === undefined ? ['While Dex restarts, nobody can sign in: that takes some seconds.'] : [],
  };
}

/** What the ids of users begin with that we make in Dex; the run follows. */
export const OUR_USER = 'kubeflow-irsa-';

function inPool(email: string, id: string, facts: Facts, cluster: Cluster): OwnerPart {
  const pool = poolOf(id);
  const title = `User ${email} of Cognito`;
  const stop = (reason: string): OwnerPart => blocked('cognito-user', title, reason);
  if (pool === undefined) return stop(`"${id}" is no id of a Cognito user pool.`);
  const reading = facts.signIn?.users[pool.id] ?? absent;
  if (reading.state === 'absent') return stop(`There is no ${poolWords(pool)}. Choose another one.`);
  if (reading.state !== 'found') return stop(unreadable(reading, `Users of ${poolWords(pool)}`));
  const there = reading.value.find((one) => one.email.toLowerCase() === email.toLowerCase());
  if (there !== undefined && there.email !== email)
    return stop(`${poolWords(pool)} has a user ${there.email} already. Choose that one.`);
  const ref = refOf('cognito/user', accountArn(cluster), `${pool.id}/${email}`);
  const others = valueOf(facts.signIn?.pools ?? absent) ?? [];
  return {
    needs: [],
    changes: [
      there === undefined
        ? { ref, after: { pool: pool.id, username: email, email }, what: 'who gets an invitation by mail from Cognito' }
        : { ref, before: there, after: there, note: 'is a user already, and gets no invitation' },
    ],
    warnings: others.some((one) => one.id === pool.id)
      ? []
      : [`No ingress of the cluster signs people in with ${poolWords(pool)}: make sure that Kubeflow does.`],
  };
}
