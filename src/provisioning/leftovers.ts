/** What is read to find what is left over of profiles and clusters that are gone: lists alone, of the account and of one cluster. */
import type { OidcProvider, Role } from '../core/observation.ts';
import type { LeftoverView } from '../core/plan/gone.ts';
import { dataKey, findLeftovers, goneAssociations, goneProfiles, type Leftovers } from '../core/plan/leftovers.ts';
import { COUNTED } from '../core/plan/delete.ts';
import type { IssuingCluster } from '../core/plan/role.ts';
import { found, valueOf, type Reading } from '../core/reading.ts';
import { rolePages } from './leave.ts';
import type { Aws, Kubernetes } from './ports.ts';

/** Looks for leftovers on a cluster and in its account. Never throws: what could not be read is said. */
export async function lookForLeftovers(cluster: IssuingCluster, aws: Aws, kubernetes: Kubernetes): Promise<Leftovers> {
  const [profiles, namespaces, clusters, roles, accounts, launchers, providers, associations] = await Promise.all([
    kubernetes.profiles(),
    kubernetes.list('namespaces'),
    aws.clusterNames(),
    allRoles(aws),
    kubernetes.serviceAccounts(),
    kubernetes.list('launchers'),
    providersOf(cluster, aws),
    aws.podIdentityAssociations(cluster.name),
  ]);
  const view: LeftoverView = {
    ...{ cluster, clusters, roles, accounts, providers, associations },
    profiles: mapped(profiles, (all) => all.map(({ metadata }) => metadata.name)),
    namespaces: mapped(namespaces, ({ items }) => items.map(({ name }) => name)),
    launchers: mapped(launchers, ({ items }) => items),
    data: new Map(),
  };
  const whole = goneAssociations(view).map(
    async (one) => [one.id, await aws.podIdentity(cluster.name, one.namespace, one.serviceAccount)] as const,
  );
  const data = goneProfiles(view).map(async (gone) => {
    const bucket = valueOf(await aws.bucket(gone.bucket, cluster.account));
    const key = dataKey(gone);
    return bucket === undefined || bucket.foreign === true
      ? undefined
      : ([key, await aws.prefixData(gone.bucket, bucket.region, gone.prefix, COUNTED)] as const);
  });
  const described = new Map(await Promise.all(whole));
  const all = {
    ...view,
    data: new Map((await Promise.all(data)).filter((one) => one !== undefined)),
    associations: mapped(associations, (every) =>
      every.map((one) => {
        const its = described.get(one.id);
        return its === undefined ? one : { ...one, whole: its };
      }),
    ),
  };
  // A listing of the account tells neither description nor session length: undo would lose them.
  const going = findLeftovers(all).items.flatMap(({ changes }) =>
    changes.flatMap(({ ref, after }) => (ref.kind === 'iam/role' && after === undefined ? [ref.key] : [])),
  );
  const alone = await Promise.all(going.map((name) => aws.bareRole(name)));
  const known = new Map(alone.flatMap((one) => (one.state === 'found' ? [[one.value.name, one.value] as const] : [])));
  return findLeftovers({
    ...all,
    roles: mapped(roles, (every) => every.map((one) => ({ ...one, ...known.get(one.name) }))),
  });
}

const mapped = <T, U>(reading: Reading<T>, of: (value: T) => U): Reading<U> =>
  reading.state === 'found' ? found(of(reading.value)) : reading;

async function allRoles(aws: Aws): Promise<Reading<readonly Role[]>> {
  const all: Role[] = [];
  for await (const page of rolePages(aws)) {
    if (page.state !== 'found') return page;
    all.push(...page.value);
  }
  return found(all);
}

/** Providers of EKS clusters of the region, with their tags. */
async function providersOf({ region }: IssuingCluster, aws: Aws): Promise<Reading<readonly OidcProvider[]>> {
  const arns = await aws.oidcProviderArns();
  if (arns.state !== 'found') return arns;
  const eks = arns.value.filter((arn) => arn.includes(`:oidc-provider/oidc.eks.${region}.`));
  const readings = await Promise.all(eks.map((arn) => aws.oidcProvider(arn)));
  const failure = readings.find((one) => one.state === 'denied' || one.state === 'failed');
  if (failure !== undefined) return failure;
  return found(readings.flatMap((one) => (one.state === 'found' ? [one.value] : [])));
}
