/** What the tree holds, as answers about one thing. Reads what is missing of it, and keeps that for a moment. */
import { defaultRoleName } from '../core/arn/names.ts';
import { parseArn, ROLE_ARN } from '../core/arn/arn.ts';
import { writablePlaces } from '../core/modes/live/rights.ts';
import { roleArnOf } from '../core/modes/view.ts';
import type { Judgement } from '../core/modes/live.ts';
import type { ProfileReadings } from '../core/modes/view.ts';
import type { BareRole, Bucket, Cluster, OidcProvider } from '../core/observation.ts';
import { AUDIENCE, issuerPath, providerArn, SERVICE_ACCOUNT, subject } from '../core/policy/build.ts';
import { TAG } from '../core/tags.ts';
import { whoGetsIn } from '../core/policy/access.ts';
import { issuerOf, mayAssume } from '../core/policy/evaluate.ts';
import { absent, failed, found, valueOf, type Reading } from '../core/reading.ts';
import type { Live, ProfileRole, Thing } from '../live.ts';
import type { ClusterEstate } from '../estate/cluster.ts';
import type { Aws } from '../provisioning/ports.ts';
import type { Source } from '../source.ts';
import * as words from './liveWords.ts';

/** A cluster that the tree has described. */
export interface KnownCluster {
  readonly source: Source;
  readonly cluster: Cluster;
  /** After the first look into it. */
  readonly estate: ClusterEstate | undefined;
  readonly judgement: (profile: string) => Judgement | undefined;
}

/** How long what was read for one answer is good for the next, in milliseconds. */
const FRESH = 30_000;
/** Answers kept for one identity. */
const MOST_KEPT = 200;
/** Calls for one answer. */
const MOST_ASKED = 10;

/** Answers of one identity. A new sign-in makes a new client, and so new answers. */
type Kept = Map<string, { readonly at: number; readonly reading: Promise<Reading<unknown>> }>;

/**
 * @param known reads nothing
 * @param connect the client of a source that the tree has read with
 */
export function liveOf(
  known: () => readonly KnownCluster[],
  connect: (source: Source) => Promise<Pick<Aws, 'bareRole' | 'bucket' | 'oidcProvider'>>,
): Live {
  const kept = new WeakMap<object, Kept>();

  /** Asks somebody, unless that was done a moment ago. */
  async function ask<Whom extends object, T>(
    whom: Whom,
    key: string,
    question: (whom: Whom) => Promise<Reading<T>>,
  ): Promise<Reading<T>> {
    const answers: Kept = kept.get(whom) ?? new Map<string, never>();
    kept.set(whom, answers);
    const last = answers.get(key);
    if (last !== undefined && Date.now() - last.at < FRESH) return (await last.reading) as Reading<T>;
    if (answers.size >= MOST_KEPT) answers.clear();
    const reading = question(whom);
    answers.set(key, { at: Date.now(), reading });
    return reading;
  }

  /** Reads with the identity of a source. */
  async function read<T>(
    source: Source,
    key: string,
    question: (aws: Awaited<ReturnType<typeof connect>>) => Promise<Reading<T>>,
  ): Promise<Reading<T>> {
    try {
      return await ask(await connect(source), key, question);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  /** Reads something of an account with the first of its identities that may. Undefined: there is none. */
  async function readOf<T>(
    account: string | undefined,
    key: string,
    question: (aws: Awaited<ReturnType<typeof connect>>) => Promise<Reading<T>>,
  ): Promise<Reading<T> | undefined> {
    const its = known().filter(({ cluster }) => cluster.account === account);
    const identities = new Map(its.map(({ source }) => [source.awsProfile, source]));
    let first: Reading<T> | undefined;
    for (const source of [...identities.values()].slice(0, MOST_ASKED)) {
      const reading = await read(source, key, question);
      if (reading.state === 'found' || reading.state === 'absent') return reading;
      first ??= reading;
    }
    return first;
  }

  /** Each cluster once, however many identities see it. */
  function clusters(): readonly KnownCluster[] {
    const byArn = new Map<string, KnownCluster>();
    for (const one of known()) if (byArn.get(one.cluster.arn)?.estate === undefined) byArn.set(one.cluster.arn, one);
    return [...byArn.values()];
  }

  /** A cluster as people speak of it: with its region where the name alone could be another's. */
  function where({ cluster }: KnownCluster): string {
    const same = clusters().filter((other) => other.cluster.name === cluster.name);
    return same.length > 1 ? `${cluster.name} (${cluster.region}, ${cluster.account})` : cluster.name;
  }

  const open = (): readonly (KnownCluster & { readonly estate: ClusterEstate })[] =>
    clusters().flatMap((one) => (one.estate === undefined ? [] : [{ ...one, estate: one.estate }]));

  /** Whether all profiles of a cluster that is open are known: only then is one that is not among them missing. */
  const isLooked = ({ estate }: { readonly estate: ClusterEstate }): boolean =>
    estate.complete && estate.profiles.state === 'found';

  /** Every profile that the tree has read, with its cluster. */
  const profiles = (): readonly { readonly at: KnownCluster; readonly readings: ProfileReadings }[] =>
    open().flatMap((at) =>
      (valueOf(at.estate.profiles) ?? []).flatMap((name) => {
        const readings = at.estate.readings(name);
        return readings === undefined ? [] : [{ at, readings }];
      }),
    );

  async function role(arn: string): Promise<readonly string[]> {
    const { account, name } = ROLE_ARN.exec(arn)?.groups ?? {};
    if (account === undefined || name === undefined) return [];
    const users = profiles().filter(({ readings }) => roleArnOf(readings) === arn);
    // What the tree shows and what is said here must not differ. It reads more of a role, for which more may be lacking.
    const shown = users
      .flatMap(({ readings }) => readings.role ?? [])
      .find(({ state }) => state === 'found' || state === 'absent');
    const reading = shown ?? (await readOf<BareRole>(account, `role ${name}`, (aws) => aws.bareRole(name)));
    if (reading === undefined) return [];
    const isKnown = users.length > 0 || (open().length > 0 && open().every(isLooked));
    return words.roleWords(
      arn,
      reading,
      isKnown ? users.map(({ at, readings }) => words.onCluster(readings.profile.metadata.name, where(at))) : undefined,
      (provider) => {
        const its = clusters().find(
          ({ cluster: { issuer } }) => issuer !== undefined && issuerPath(issuer) === issuerOf(provider),
        );
        return its === undefined
          ? `a cluster that the tree does not show (${issuerOf(provider)})`
          : `cluster ${where(its)}`;
      },
    );
  }

  async function bucket(name: string): Promise<readonly string[]> {
    const identities = new Map(known().map(({ source }) => [source.awsProfile, source]));
    const readings = await Promise.all(
      [...identities.values()]
        .slice(0, MOST_ASKED)
        .map((source) => read<Bucket>(source, `bucket ${name}`, (aws) => aws.bucket(name))),
    );
    const [first] = readings;
    if (first === undefined) return [];
    const seen = readings.filter(({ state }) => state === 'found');
    return words.bucketWords(seen.find((one) => valueOf(one)?.accessible === true) ?? seen[0] ?? first);
  }

  async function provider(arn: string): Promise<readonly string[]> {
    const its = clusters().find(
      ({ cluster: { issuer, partition, account: own } }) =>
        issuer !== undefined && providerArn(partition, own, issuer) === arn,
    );
    const shown = its?.estate?.facts.provider;
    const reading =
      shown !== undefined && shown.state !== 'failed'
        ? shown
        : await readOf<OidcProvider>(parseArn(arn)?.account, `provider ${arn}`, (aws) => aws.oidcProvider(arn));
    return reading === undefined ? [] : words.providerWords(reading, its && where(its));
  }

  function profile(name: string): readonly string[] {
    const there = open().flatMap((at) => {
      const judgement = at.estate.readings(name) && at.judgement(name);
      return judgement === undefined ? [] : [{ where: where(at), judgement }];
    });
    if (there.length === 0 && (open().length === 0 || !open().every(isLooked))) return [];
    return words.profileWords(name, there);
  }

  async function serviceAccount(namespace: string, name: string): Promise<readonly string[]> {
    const accounts = open()
      .slice(0, MOST_ASKED)
      .map(async (at): Promise<words.Account> => {
        const readings = at.estate.readings(namespace);
        const known = readings?.namespace.state;
        const there = known === 'found' ? true : known === 'absent' ? false : undefined;
        // The tree holds this one of every profile.
        if (readings !== undefined && name === SERVICE_ACCOUNT && readings.serviceAccount.state !== 'failed')
          return { where: where(at), reading: readings.serviceAccount, namespace: there };
        const all = await ask(at.estate, namespace, (estate) => estate.serviceAccounts(namespace));
        if (all.state !== 'found') return { where: where(at), reading: all, namespace: there };
        const account = all.value.find((one) => one.name === name);
        const reading = account === undefined ? absent : found(account);
        return { where: where(at), reading, namespace: all.value.length > 0 ? true : there };
      });
    const missing = ({ reading }: words.Account): number => (reading.state === 'found' ? 0 : 1);
    const all = await Promise.all(accounts);
    return words.accountWords(
      namespace,
      name,
      all.sort((a, b) => missing(a) - missing(b)),
    );
  }

  return {
    state: async (thing: Thing) => {
      switch (thing.kind) {
        case 'role':
          return role(thing.arn);
        case 'provider':
          return provider(thing.arn);
        case 'bucket':
          return bucket(thing.name);
        case 'profile':
          return profile(thing.name);
        case 'serviceAccount':
          return serviceAccount(thing.namespace, thing.name);
      }
    },

    rolesFor: async (name) => {
      const own = profiles().flatMap(({ readings }) => {
        const its = readings.role && valueOf(readings.role);
        if (its === undefined) return [];
        return readings.profile.metadata.name === name || isFor(its, name) ? [its.arn] : [];
      });
      const usual = clusters()
        .slice(0, MOST_ASKED)
        .map(async ({ source, cluster }) => {
          const roleName = defaultRoleName(name, cluster.name);
          const made = valueOf(await read(source, `role ${roleName}`, (aws) => aws.bareRole(roleName)));
          return made !== undefined && (isFor(made, name) || letsIn(made, name, cluster)) ? [made.arn] : [];
        });
      return [...new Set([...own, ...(await Promise.all(usual)).flat()])].filter((arn) => ROLE_ARN.test(arn));
    },

    roles: () => {
      const byArn = new Map<string, ProfileRole>();
      for (const { at, readings } of profiles()) {
        const arn = readings.role && valueOf(readings.role)?.arn;
        if (arn !== undefined && !byArn.has(arn))
          byArn.set(arn, { arn, of: words.onCluster(readings.profile.metadata.name, where(at)) });
      }
      return [...byArn.values()];
    },

    buckets: () => {
      const places = profiles().flatMap(({ readings: { role: reading } }) => {
        const its = reading && valueOf(reading);
        return its === undefined ? [] : writablePlaces(its);
      });
      return [...new Set(places.map((place) => place.bucket))].filter((name) => /^[\w.-]+$/.test(name));
    },
  };
}

const trustOf = ({ trustPolicy }: BareRole): unknown => {
  try {
    return JSON.parse(trustPolicy);
  } catch {
    return undefined;
  }
};

/** Whether a role was made for a profile: its trust policy or its tag names it. */
const isFor = (role: BareRole, profile: string): boolean =>
  role.tags[TAG.profile] === profile || names(role, subject(profile));

const names = (role: BareRole, sub: string): boolean =>
  whoGetsIn(trustOf(role)).admitted.some(
    (one) => 'subjects' in one && one.subjects.among.some((list) => list.some(({ text }) => text === sub)),
  );

const letsIn = (role: BareRole, profile: string, { partition, account, issuer }: Cluster): boolean =>
  issuer !== undefined &&
  mayAssume(trustOf(role), {
    provider: providerArn(partition, account, issuer),
    sub: subject(profile),
    aud: AUDIENCE,
  }) === 'yes';
