/** users and hand-over: who can sign in and who has to do with which profile; contributors; another owner. */
import { bindingName, contributorsOf, type ContributorRole } from '../core/people/kfam.ts';
import { poolWords, type SignIn } from '../core/people/signIn.ts';
import { planContributor, planContributorGone } from '../core/plan/contributor.ts';
import { planHandOver } from '../core/plan/handover.ts';
import { unreadable } from '../core/plan/plan.ts';
import { valueOf, type Reading } from '../core/reading.ts';
import { spoken } from '../core/text.ts';
import { bindingsOf } from '../provisioning/bindings.ts';
import { involved, lookAtContributor, lookAtHandOver, lookAtSignIn } from '../provisioning/people.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { carry, print, reach, type Carried, type Reach, type Way, type Writes } from './carry.ts';
import { onCluster } from './onCluster.ts';
import { EXIT, UsageError, type Context } from './parse.ts';

interface UsersValues extends Reach {
  readonly cluster: string;
  readonly profile: string | undefined;
  readonly 'add-user': string | undefined;
  readonly 'remove-user': string | undefined;
  readonly role: ContributorRole;
  readonly yes: boolean;
  readonly json: boolean;
}

export async function users(values: UsersValues, context: Context): Promise<number> {
  const { profile, 'add-user': add, 'remove-user': remove } = values;
  if (add !== undefined && remove !== undefined)
    throw new UsageError('--add-user and --remove-user: give one of them.');
  const changes = add ?? remove;
  if (changes !== undefined && profile === undefined)
    throw new UsageError(
      `--${add === undefined ? 'remove' : 'add'}-user is about a contributor of a profile: give --profile, too.`,
    );
  const way = await reach(values, context);
  if (add !== undefined && profile !== undefined) return addContributor(values, way, profile, add);
  if (remove !== undefined && profile !== undefined) return removeContributor(values, way, profile, remove);
  return listUsers(values, way);
}

const carried = (values: UsersValues | HandOverValues, way: Way, more: Partial<Carried>): Carried => ({
  command: 'users',
  json: values.json,
  answer: values.yes ? 'yes' : 'ask',
  ...more,
  about: { cluster: values.cluster, region: way.region, profile: values.profile, ...more.about },
});

function addContributor(values: UsersValues, way: Way, profile: string, user: string): Promise<number> {
  const { role } = values;
  const about = { user, role };
  return carry(carried(values, way, { about, done: `${user} contributes to profile ${profile}.` }), way, () =>
    onCluster(way, values.cluster, async (cluster, kubernetes) => {
      const name = bindingName(user, role);
      const facts = await lookAtContributor(profile, { name, user }, cluster, way.outside.aws, kubernetes);
      return { plan: planContributor({ profile, user, role }, facts, cluster), unreachable: facts.unanswered };
    }),
  );
}

function removeContributor(values: UsersValues, way: Way, profile: string, user: string): Promise<number> {
  const done = `${user} no longer contributes to profile ${profile}.`;
  return carry(carried(values, way, { about: { user }, done }), way, () =>
    onCluster(way, values.cluster, async (cluster, kubernetes) => {
      const bindings = await bindingsOf(kubernetes, profile);
      const what = `The list of contributors of ${profile}`;
      if (bindings.state !== 'found') throw new OutsideError(unreadable(bindings, what), bindings.state);
      const found = contributorsOf(bindings.value).find((one) => one.user === user);
      const name = found?.name ?? bindingName(user, values.role);
      const facts = await lookAtContributor(profile, { name, user }, cluster, way.outside.aws, kubernetes);
      return { plan: planContributorGone({ profile, user, name }, facts, cluster), unreachable: facts.unanswered };
    }),
  );
}

/** Somebody, and where they are known. */
interface Person {
  readonly name: string;
  /** Where they sign in; empty: nobody of this name could be found to sign in. */
  readonly signsIn: readonly string[];
  readonly owns: readonly string[];
  readonly contributesTo: readonly string[];
}

async function listUsers(values: UsersValues, way: Way): Promise<number> {
  const { cluster: name, profile, json } = values;
  const { read, kubernetes } = await onCluster(way, name, async (_cluster, api) => ({
    read: await Promise.all([lookAtSignIn(way.outside.aws, api), api.profiles(), bindingsOf(api, profile)]),
  }));
  try {
    const [signIn, profiles, bindings] = read;
    const all = valueOf(profiles) ?? [];
    const its = profile === undefined ? all : all.filter(({ metadata }) => metadata.name === profile);
    if (profile !== undefined && profiles.state === 'found' && its.length === 0)
      throw new OutsideError(`There is no profile ${profile}.`, 'absent');
    const people = peopleOf(signIn, involved(its, valueOf(bindings) ?? []), profile === undefined);
    const unread = notRead(signIn, profiles, bindings);
    const connectors = valueOf(signIn.dex)?.connectors ?? [];
    print(
      json,
      () => ({
        command: 'users',
        cluster: name,
        region: way.region,
        ...(profile === undefined ? {} : { profile }),
        users: people,
        connectors,
        unread,
      }),
      () => usersText(people, connectors, unread),
    );
    return unread.length === 0 ? EXIT.done : EXIT.notAsWanted;
  } finally {
    kubernetes.close();
  }
}

/** Everybody by name. `all`: also who can sign in and has to do with no profile. */
function peopleOf(signIn: SignIn, some: ReturnType<typeof involved>, all: boolean): readonly Person[] {
  const places = new Map<string, string[]>();
  const at = (name: string, where: string): void => void places.set(name, [...(places.get(name) ?? []), where]);
  const dex = valueOf(signIn.dex);
  if (dex?.passwords === true) for (const { email } of dex.users) at(email, 'Dex');
  for (const pool of valueOf(signIn.pools) ?? []) {
    const its = signIn.users[pool.id];
    for (const { email } of (its === undefined ? undefined : valueOf(its)) ?? []) at(email, poolWords(pool));
  }
  const names = new Set([...some.map(({ user }) => user), ...(all ? places.keys() : [])]);
  return [...names].sort().map((name) => {
    const { owns = [], contributesTo = [] } = some.find(({ user }) => user === name) ?? {};
    return { name, signsIn: places.get(name) ?? [], owns, contributesTo };
  });
}

/** What could not be read, a sentence each. */
function notRead(signIn: SignIn, profiles: Reading<unknown>, bindings: Reading<unknown>): readonly string[] {
  const readings: readonly (readonly [string, Reading<unknown>])[] = [
    ["Dex's settings", signIn.dex],
    ['The ingresses', signIn.pools],
    ...(valueOf(signIn.pools) ?? []).flatMap((pool) => {
      const its = signIn.users[pool.id];
      return its === undefined ? [] : [[poolWords(pool), its] as const];
    }),
    ['The profiles', profiles],
    ['The contributors', bindings],
  ];
  return readings.flatMap(([what, reading]) =>
    reading.state === 'denied' || reading.state === 'failed' ? [spoken(unreadable(reading, what))] : [],
  );
}

function usersText(people: readonly Person[], connectors: readonly string[], unread: readonly string[]): string {
  const rows = people.map(({ name, signsIn, owns, contributesTo }) => {
    const parts = [
      signsIn.length === 0 ? 'no such user found' : `signs in with ${signsIn.join(', ')}`,
      ...(owns.length === 0 ? [] : [`owns ${owns.join(', ')}`]),
      ...(contributesTo.length === 0 ? [] : [`contributes to ${contributesTo.join(', ')}`]),
    ];
    return [spoken(name), spoken(parts.join(' · '))] as const;
  });
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const lines = [
    ...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    ...(connectors.length === 0
      ? []
      : [`Dex also lets in people of ${spoken(connectors.join(', '))}, who cannot be listed here.`]),
    ...unread,
  ];
  return lines.length === 0 ? 'Nobody was found.\n' : `${lines.join('\n')}\n`;
}

interface HandOverValues extends Reach, Writes {
  readonly cluster: string;
  readonly profile: string;
  readonly owner: string;
  readonly yes: boolean;
  readonly json: boolean;
}

export async function handOver(values: HandOverValues, context: Context): Promise<number> {
  const way = await reach(values, context);
  const { profile, owner } = values;
  const done = `Profile ${profile} belongs to ${owner}.`;
  const more = { command: 'hand-over', about: { owner }, done, writeManaged: values['write-managed'] };
  return carry(carried(values, way, more), way, () =>
    onCluster(way, values.cluster, async (cluster, kubernetes) => {
      const { facts, bindings } = await lookAtHandOver({ profile, owner }, cluster, way.outside.aws, kubernetes);
      return { plan: planHandOver({ profile, owner }, facts, cluster, bindings), unreachable: facts.unanswered };
    }),
  );
}
