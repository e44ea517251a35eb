/** Proves by doing: tokens of service accounts, roles assumed with them, objects used, and who must be refused refused. */
import type { Proof, Who } from '../core/plan/proof.ts';
import { AUDIENCE } from '../core/policy/build.ts';
import { absent } from '../core/reading.ts';
import { OutsideError, type TemporaryCredentials } from './ports.ts';
import { elsewhere, isElsewhere, useBuckets } from './prove/objects.ts';
import {
  explaining,
  IDS,
  PATIENCE,
  patiently,
  reasonOf,
  refusal,
  settled,
  type Others,
  type Outside,
  type Proven,
  type Trial,
  type Verification,
} from './prove/trial.ts';
import { isCancelled, unlessCancelled } from './wait.ts';

/** Kubernetes: the shortest lifetime of a requested token, in seconds. */
const TOKEN_SECONDS = 600;
/** Claim `iss` of a JWT; undefined where the text is none. Reads only: whether it is genuine is for STS to say. */
function issuerOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const issuer = (claims as { iss?: unknown }).iss;
    return typeof issuer === 'string' ? issuer : undefined;
  } catch {
    return undefined;
  }
}

/** `touch`: also what writes. `settled`: nothing was changed just now. `run`: whose probes they are, so that they are known again. */
export interface How {
  readonly touch: boolean;
  readonly settled: boolean;
  readonly run?: string;
}

/**
 * Proves by doing: tokens of service accounts, roles assumed with them, the calls of KFP's launcher (with `touch` also those that
 * write), and who must be refused refused. Never throws: what fails is a proof that is not ok. What it wrote is gone when it ends,
 * however it does, or named. With `settled`, nothing was changed just now: then IAM gets no time to become consistent.
 */
export async function prove(proofs: readonly Proof[], outside: Outside, how: How): Promise<Verification> {
  const proven: Proven[] = [];
  const told = (): readonly Proven[] => [...proven].sort((a, b) => IDS.indexOf(a.id) - IDS.indexOf(b.id));
  try {
    const touched = await tryAll(proofs, outside, how, proven);
    const outcome = proven.some(({ ok }) => ok === false) ? 'failed' : touched ? 'verified' : 'checked';
    return { outcome, proofs: told() };
  } catch (error) {
    if (isCancelled(error)) return { outcome: 'cancelled', proofs: told() };
    throw error;
  }
}

/** True if an object was touched. */
async function tryAll(proofs: readonly Proof[], outside: Outside, how: How, proven: Proven[]): Promise<boolean> {
  const say: Trial['say'] = (id, ok, text, left) =>
    void proven.push({ id, ok, text, ...(left === undefined ? {} : { left }) });
  const patience = how.settled ? [] : PATIENCE;
  const trial: Trial = {
    outside,
    touch: how.touch,
    patience,
    session: `kubeflow-irsa-${outside.unique()}`.slice(0, 64),
    probe: how.run ?? outside.unique(),
    say,
    step: async (id, action, failure, place) => {
      try {
        const { text, value } = await action();
        say(id, true, text);
        return { value };
      } catch (error) {
        if (isCancelled(error)) throw error;
        if (place === undefined || !isElsewhere(error)) say(id, false, `${failure} ${reasonOf(error)}`);
        // Every call to it fails alike: once is enough.
        else if (!proven.some((one) => one.id === 'region')) say('region', false, elsewhere(place));
        return undefined;
      }
    },
    others: otherProfiles(proofs, outside),
  };
  for (const { settings } of proofs) if (settings !== undefined) say('launcher', settings.ok, settings.text);
  const users = usersOf(proofs);
  const refused = proofs.filter((proof) => !users.some((user) => user.proofs.includes(proof)));
  const letIn = (async () => {
    const tokens = await settled(users.map((user) => tokenOf(user, trial)));
    const ready: (User & { readonly credentials: TemporaryCredentials })[] = [];
    for (const [at, user] of users.entries()) {
      const token = tokens[at];
      // An earlier run may have ended a moment ago.
      const credentials = token && (await assumed(user, token, trial, how.settled ? PATIENCE.slice(0, 12) : PATIENCE));
      if (!credentials) return undefined;
      ready.push({ ...user, credentials });
    }
    return ready;
  })();
  // Who is refused is tried once somebody is let in: a role that lets in nobody yet would prove nothing.
  const refusing = refused.map(async (proof) => {
    const [ready, token] = await Promise.all([letIn, tokenToBeRefused(proof, trial)]);
    if (ready !== undefined) await refuse(proof, token, trial);
    return true;
  });
  const using = letIn.then(async (ready) => {
    if (ready === undefined) return false;
    return (
      await settled(ready.map((user) => useBuckets(user.proofs, user.credentials, explaining(trial, user.role))))
    ).every(Boolean);
  });
  // All have ended when this does: a probe is not left behind by what is cancelled beside it.
  return (await settled([using, ...refusing])).every(Boolean);
}

/** Somebody who is to be let in, with all that is to be done as that one. */
interface User {
  readonly who: Extract<Who, { readonly namespace: string }>;
  readonly role: string;
  readonly proofs: readonly Proof[];
}

/** Who must get credentials: whoever must succeed, and what that one must be refused with them. */
function usersOf(proofs: readonly Proof[]): readonly User[] {
  const users = new Map<string, User>();
  for (const proof of proofs) {
    const { who, role, does, must } = proof;
    if ('beside' in who || (must === 'be refused' && does.length === 0)) continue;
    const key = `${role} ${who.namespace}/${who.name}`;
    users.set(key, { who, role, proofs: [...(users.get(key)?.proofs ?? []), proof] });
  }
  return [...users.values()];
}

async function tokenOf({ who }: User, { outside, step }: Trial): Promise<string | undefined> {
  const account = `${who.namespace}/${who.name}`;
  const token = await step(
    'token',
    async () => ({
      value: await unlessCancelled(outside.signal, ask(outside, who.namespace, who.name)),
      text: `Kubernetes issued a token for ${account}.`,
    }),
    `Kubernetes issued no token for ${account}:`,
  );
  return token?.value;
}

async function ask({ kubernetes }: Outside, namespace: string, name: string): Promise<string> {
  if (kubernetes === undefined) throw new OutsideError('The cluster was not reached.', 'NoCluster');
  return kubernetes.serviceAccountToken(namespace, name, AUDIENCE, TOKEN_SECONDS);
}

/** Credentials of the role for a token, if it is one of this cluster and the role lets it in. */
async function assumed(
  { who, role }: User,
  token: string,
  { outside, session, say, step }: Trial,
  patience: readonly number[],
): Promise<TemporaryCredentials | undefined> {
  const issuer = issuerOf(token);
  if (issuer !== who.issuer) {
    say(
      'issuer',
      false,
      `The token was issued by ${issuer ?? 'nobody'}, but the cluster's issuer is ${who.issuer}: this is the token of another cluster. Check the kubeconfig.`,
    );
    return undefined;
  }
  const credentials = await step(
    'assume-role',
    async () => ({
      value: await patiently(outside, () => outside.aws.assumeRoleWithWebIdentity(role, token, session), patience),
      text: `It assumed ${role}.`,
    }),
    `It could not assume ${role}:`,
  );
  return credentials?.value;
}

/** Profiles to try with: one of two is another one than that which is proven. One call, and none where nobody asks. */
async function otherProfiles(proofs: readonly Proof[], { kubernetes, signal }: Outside): Promise<Others> {
  const wanted = proofs.some(({ who, where = {} }) => 'beside' in who || 'beside' in where);
  if (!wanted || kubernetes === undefined) return { names: [] };
  // Where it is cancelled, who asks next says so.
  const reading = await unlessCancelled(signal, kubernetes.profileNames(2)).catch(() => absent);
  switch (reading.state) {
    case 'found':
      return { names: reading.value };
    case 'absent':
      return { names: [] };
    case 'denied':
      return { problem: `you are not permitted to ${reading.permission}.` };
    case 'failed':
      return { problem: reading.reason };
  }
}

/** A token of who is to be refused. `untried`: there is none to try with, and that is nobody's fault. */
type Refusable =
  | { readonly account: string; readonly token: string }
  | { readonly account: string; readonly problem: string }
  | { readonly untried: string };

async function tokenToBeRefused({ who }: Proof, { outside, others, patience }: Trial): Promise<Refusable> {
  if (!('beside' in who)) {
    const account = `${who.namespace}/${who.name}`;
    try {
      const token = await patiently(outside, () => ask(outside, who.namespace, who.name), patience.slice(0, 13));
      return { account, token };
    } catch (error) {
      if (isCancelled(error)) throw error;
      return { account, problem: reasonOf(error) };
    }
  }
  const what = `Whether ${who.name} of another profile is refused was not tried:`;
  const known = await others;
  if ('problem' in known) return { untried: `${what} ${known.problem}` };
  for (const namespace of known.names.filter((name) => name !== who.beside)) {
    const account = `${namespace}/${who.name}`;
    try {
      return { account, token: await unlessCancelled(outside.signal, ask(outside, namespace, who.name)) };
    } catch (error) {
      if (isCancelled(error) || !(error instanceof OutsideError)) throw error;
      if (error.permission !== undefined) return { untried: `${what} ${reasonOf(error)}` };
      if (error.code !== 'NotFound') return { account, problem: reasonOf(error) };
    }
  }
  return { untried: `${what} this cluster has no other profile with that account.` };
}

async function refuse({ who, role }: Proof, by: Refusable, trial: Trial): Promise<void> {
  const { outside, session, say } = trial;
  const id = 'beside' in who ? 'other-profile-refused' : 'neighbour-refused';
  if ('untried' in by) return say(id, null, by.untried);
  const account = `service account ${by.account}`;
  const came =
    'problem' in by ? by : await refusal(trial, () => outside.aws.assumeRoleWithWebIdentity(role, by.token, session));
  if (came === 'refused') return say(id, true, `AWS refused ${account}.`);
  if (came === 'allowed')
    return say(
      id,
      false,
      id === 'neighbour-refused'
        ? `The role let in ${account} too: its trust policy is too wide. Every team of the cluster may use this role. Add a condition on sub.`
        : `The role let in ${account} too: that profile uses the data of this one. Take its sub out of the trust policy, or add a condition on sub.`,
    );
  say(id, false, `Whether ${account} is refused could not be tried: ${came.problem}`);
}
