/** What the estate holds, as answers about one thing. What is missing of it is read through the store. */
import { defaultRoleName } from '../core/arn/names.ts';
import { parseArn, ROLE_ARN, roleNameOf } from '../core/arn/arn.ts';
import type { Subject } from '../core/doctor/placed.ts';
import type { Declared } from '../core/drift/declared.ts';
import { isNamed } from '../core/explain/explain.ts';
import { grouped } from '../core/modes/folder.ts';
import type { Judgement } from '../core/modes/live.ts';
import { failureMode } from '../core/modes/table.ts';
import { writablePlaces } from '../core/modes/uses.ts';
import { roleArnOf, type ProfileView } from '../core/modes/view.ts';
import type { BareRole, Cluster } from '../core/observation.ts';
import { AUDIENCE, issuerOf, issuerPath, providerArn, SERVICE_ACCOUNT, subject } from '../core/policy/build.ts';
import { TAG } from '../core/tags.ts';
import { whoGetsIn } from '../core/policy/access.ts';
import { mayAssume } from '../core/policy/evaluate.ts';
import { dataOf } from '../core/policy/json.ts';
import { accountArn, bucketRef, refOf } from '../core/plan/plan.ts';
import { absent, found, valueOf, type Reading } from '../core/reading.ts';
import type { Live, ProfileRole, Thing } from '../live.ts';
import type { Aws } from '../provisioning/ports.ts';
import { createStores, FRESH, type Stores } from '../provisioning/store.ts';
import type { Source } from '../source.ts';
import type { ClusterEstate } from './cluster.ts';
import * as words from './liveWords.ts';
import { reading } from './sources.ts';

/** A cluster that the tree has described. */
export interface KnownCluster {
  readonly source: Source;
  readonly cluster: Cluster;
  /** After the first look into it. */
  readonly estate: ClusterEstate | undefined;
  readonly judgement: (profile: string) => Judgement | undefined;
}

/** Calls for one answer. */
const MOST_ASKED = 10;

type Reader = Pick<Aws, 'bareRole' | 'bucket' | 'oidcProvider'>;

/**
 * @param known reads nothing
 * @param connect the client of a source that the tree has read with
 */
export function liveOf(
  known: () => readonly KnownCluster[],
  connect: (source: Source) => Promise<Reader>,
  stores: Stores = createStores(),
): Live {
  const bareRole = (source: Source, account: string, name: string): Promise<Reading<BareRole>> =>
    reading(() =>
      stores
        .of(source)
        .readBare(refOf('iam/role', account, name), FRESH, async () => (await connect(source)).bareRole(name)),
    );

  /** Reads something of an account with the first of its identities that may. Undefined: there is none. */
  async function readOf<T>(
    account: string | undefined,
    read: (source: Source, account: string) => Promise<Reading<T>>,
  ): Promise<Reading<T> | undefined> {
    const its = known().filter(({ cluster }) => cluster.account === account);
    const identities = new Map(its.map(({ source, cluster }) => [source.awsProfile, { source, cluster }]));
    let first: Reading<T> | undefined;
    for (const { source, cluster } of [...identities.values()].slice(0, MOST_ASKED)) {
      const answer = await read(source, accountArn(cluster));
      if (answer.state === 'found' || answer.state === 'absent') return answer;
      first ??= answer;
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
  const profiles = (): readonly { readonly at: KnownCluster; readonly readings: ProfileView }[] =>
    open().flatMap((at) =>
      (valueOf(at.estate.profiles) ?? []).flatMap((name) => {
        const readings = at.estate.readings(name);
        return readings === undefined ? [] : [{ at, readings }];
      }),
    );

  async function role(arn: string): Promise<readonly string[]> {
    const { account, name = '' } = ROLE_ARN.exec(arn)?.groups ?? {};
    if (account === undefined) return [];
    const users = profiles().filter(({ readings }) => roleArnOf(readings) === arn);
    // What the tree shows and what is said here must not differ. It reads more of a role, for which more may be lacking.
    const shown = users
      .flatMap(({ readings }) => readings.role ?? [])
      .find(({ state }) => state === 'found' || state === 'absent');
    const answer = shown ?? (await readOf(account, (source, at) => bareRole(source, at, name)));
    if (answer === undefined) return [];
    const isKnown = users.length > 0 || (open().length > 0 && open().every(isLooked));
    return words.roleWords(
      arn,
      answer,
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
        .map((source) =>
          reading(() =>
            stores.of(source).read(bucketRef(name), FRESH, async () => (await connect(source)).bucket(name)),
          ),
        ),
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
    const answer =
      shown !== undefined && shown.state !== 'failed'
        ? shown
        : await readOf(parseArn(arn)?.account, (source, at) =>
            reading(() =>
              stores
                .of(source)
                .read(refOf('iam/provider', at, arn), FRESH, async () => (await connect(source)).oidcProvider(arn)),
            ),
          );
    return answer === undefined ? [] : words.providerWords(answer, its && where(its));
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
        const all = await at.estate.serviceAccounts(namespace, FRESH);
        if (all.state !== 'found') return { where: where(at), reading: all, namespace: there };
        const account = all.value.find((one) => one.name === name);
        return {
          where: where(at),
          reading: account === undefined ? absent : found(account),
          namespace: all.value.length > 0 ? true : there,
        };
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
          const made = valueOf(await bareRole(source, accountArn(cluster), roleName));
          return made !== undefined && (isFor(made, name) || letsIn(made, name, cluster)) ? [made.arn] : [];
        });
      return [...new Set([...own, ...(await Promise.all(usual)).flat()])].filter((arn) => ROLE_ARN.test(arn));
    },

    held: (declared) => {
      const wanted = (kind: Declared['kind']): ReadonlySet<string> =>
        new Set(declared.flatMap((one) => (one.kind === kind ? [one.name] : [])));
      /** Those of each name that are one thing. */
      const only = <T>(all: readonly (readonly [name: string, id: string, thing: T])[]): Record<string, T> =>
        Object.fromEntries(
          [...grouped(all, ([name]) => name)].flatMap(([name, its]) => {
            const [first] = its;
            return first !== undefined && new Set(its.map(([, id]) => id)).size === 1 ? [[name, first[2]]] : [];
          }),
        );
      const [roles, names, issuers] = [wanted('role'), wanted('profile'), wanted('provider')];
      const all = roles.size + names.size === 0 ? [] : profiles();
      return {
        roles: only(
          all.flatMap(({ readings: { role: reading } }) => {
            const its = reading && valueOf(reading);
            return its !== undefined && roles.has(its.name) ? [[its.name, its.arn, its] as const] : [];
          }),
        ),
        profiles: only(
          all.flatMap(({ at, readings: { profile: its } }) =>
            names.has(its.metadata.name) && its.malformed === undefined
              ? [[its.metadata.name, at.cluster.arn, its] as const]
              : [],
          ),
        ),
        providers: only(
          open().flatMap(({ cluster: { issuer = '' }, estate }) => {
            const its = valueOf(estate.facts.provider);
            return its !== undefined && issuers.has(issuerPath(issuer))
              ? [[issuerPath(issuer), its.arn, its] as const]
              : [];
          }),
        ),
      };
    },

    problems: (modes, who) =>
      profiles().flatMap(({ at, readings }) => {
        if (!isNamed(who, readings)) return [];
        const profile = readings.profile.metadata.name;
        const { source, cluster } = at;
        const place = { ...source, cluster: cluster.name, profile };
        const { problems = [], remarks = [] } = at.judgement(profile) ?? {};
        return [...problems, ...remarks].flatMap(({ id, message, remedy }) =>
          modes.has(id) ? [{ ...place, id, message, ...(remedy === undefined ? {} : { remedy }) }] : [],
        );
      }),

    findings: (subjects, only) => {
      const its = open().filter(
        ({ cluster }) => only === undefined || (cluster.name === only.cluster && cluster.region === only.region),
      );
      return subjects.flatMap((subject, index) => {
        const there = its.flatMap((at) => profilesOf(at.estate, subject).map((profile) => ({ at, profile })));
        const meant = there.filter(({ at }) => at.cluster.account === subject.account);
        return (meant.length > 0 ? meant : there).flatMap(({ at, profile }) => {
          const { problems = [], remarks = [] } = at.judgement(profile) ?? {};
          return [...problems, ...remarks].map(({ id, message, remedy, severity, remark, evidence: [seen] = [] }) => ({
            ...{ subject: index, id, profile, where: where(at) },
            // In another file than the one that it is shown in: the reader is told where.
            message:
              seen === undefined || !seen.where.startsWith('arn:')
                ? message
                : `${message} (${seen.what}, ${seen.where})`,
            ...{ ...at.source, cluster: at.cluster.name },
            severity: remark === true ? ('information' as const) : (severity ?? failureMode(id).severity),
            ...(remedy === undefined ? {} : { remedy }),
          }));
        });
      });
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

/** The profiles of a cluster that an object of a file belongs to; of a role all that have it. */
function profilesOf(estate: ClusterEstate, { kind, name, namespace }: Subject): readonly string[] {
  if (kind !== 'role') return [namespace ?? name].filter((profile) => estate.readings(profile) !== undefined);
  return (valueOf(estate.profiles) ?? []).filter((profile) => {
    const view = estate.readings(profile);
    const arn = view && roleArnOf(view);
    return arn !== undefined && roleNameOf(arn) === name && parseArn(arn)?.account === estate.cluster.account;
  });
}

/** Whether a role was made for a profile: its trust policy or its tag names it. */
const isFor = (role: BareRole, profile: string): boolean =>
  role.tags[TAG.profile] === profile || names(role, subject(profile));

const names = (role: BareRole, sub: string): boolean =>
  whoGetsIn(dataOf(role.trustPolicy)).admitted.some(
    (one) => 'subjects' in one && one.subjects.among.some((list) => list.some(({ text }) => text === sub)),
  );

const letsIn = (role: BareRole, profile: string, { partition, account, issuer }: Cluster): boolean =>
  issuer !== undefined &&
  mayAssume(dataOf(role.trustPolicy), {
    provider: providerArn(partition, account, issuer),
    sub: subject(profile),
    aud: AUDIENCE,
  }) === 'yes';
