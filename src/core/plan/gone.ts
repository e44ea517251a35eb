/** What of a cluster is gone, and whether a trust policy still lets in somebody else: what leftovers are told by. */
import { parseArn } from '../arn/arn.ts';
import type { ConfigMap, OidcProvider, PodIdentity, PrefixData, Role, ServiceAccount } from '../observation.ts';
import { whoGetsIn, type Admitted } from '../policy/access.ts';
import { providerArn } from '../policy/build.ts';
import { dataOf } from '../policy/json.ts';
import { isWild, plain } from '../policy/values.ts';
import type { Reading } from '../reading.ts';
import { TAG } from '../tags.ts';
import { spoken } from '../text.ts';
import { unreadable } from './plan.ts';
import type { IssuingCluster } from './role.ts';

/** A Pod Identity association, as a list tells it; `whole`: with all that it is, where its namespace is gone. */
export interface Association {
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly whole?: Reading<PodIdentity>;
}

/** All that is read to find what is left over. */
export interface LeftoverView {
  readonly cluster: IssuingCluster;
  /** Names of the Profiles and of all namespaces of the cluster. */
  readonly profiles: Reading<readonly string[]>;
  readonly namespaces: Reading<readonly string[]>;
  /** Names of the EKS clusters of the region. */
  readonly clusters: Reading<readonly string[]>;
  /** All roles of the account, with their policies. */
  readonly roles: Reading<readonly Role[]>;
  /** All service accounts of the cluster. */
  readonly accounts: Reading<readonly ServiceAccount[]>;
  /** The ConfigMaps `kfp-launcher` of the cluster. */
  readonly launchers: Reading<readonly ConfigMap[]>;
  /** OIDC providers of EKS clusters of the region, with their tags. */
  readonly providers: Reading<readonly OidcProvider[]>;
  readonly associations: Reading<readonly Association[]>;
  /** What lies below the prefixes of profiles that are gone, by `<bucket>/<prefix>`. */
  readonly data: ReadonlyMap<string, Reading<PrefixData>>;
}

const WHAT = {
  profiles: 'The list of Profiles',
  namespaces: 'The list of namespaces',
  clusters: 'The list of EKS clusters',
  roles: 'The roles of the account',
  accounts: 'The list of service accounts',
  launchers: 'The launcher settings of the cluster',
  providers: 'The OIDC providers of the account',
  associations: 'The Pod Identity associations of the cluster',
} as const satisfies Partial<Record<keyof LeftoverView, string>>;

/** What could not be read, so that more may be left over: sentences. */
export function unreadIn(view: LeftoverView): readonly string[] {
  const readings: readonly (readonly [what: string, Reading<unknown>])[] = [
    ...(Object.keys(WHAT) as (keyof typeof WHAT)[]).map((key) => [WHAT[key], view[key]] as const),
    ...[...view.data].map(([key, reading]) => [`What lies below s3://${key}`, reading] as const),
  ];
  return readings.flatMap(([what, reading]) =>
    reading.state === 'denied' || reading.state === 'failed' ? [spoken(unreadable(reading, what))] : [],
  );
}

/** Whether neither a Profile nor a namespace of a name is there; undefined: not known. */
export function isGone({ profiles, namespaces }: LeftoverView, name: string): boolean | undefined {
  if (profiles.state !== 'found' || namespaces.state !== 'found') return undefined;
  return !profiles.value.includes(name) && !namespaces.value.includes(name);
}

/** Whether a cluster of the account and region is gone; undefined: not known, as of other regions. */
export function isClusterGone({ cluster, clusters }: LeftoverView, arn: string): boolean | undefined {
  const { region, account, resource = '' } = { ...parseArn(arn) };
  const name = resource.replace(/^cluster\//, '');
  if (clusters.state !== 'found' || account !== cluster.account || region !== cluster.region) return undefined;
  return !clusters.value.includes(name);
}

/** The ARN of the OIDC provider of the cluster. */
export const ownProvider = ({ cluster }: LeftoverView): string =>
  providerArn(cluster.partition, cluster.account, cluster.issuer);

/** Service accounts of the cluster that a trust policy names one by one. */
export function namesOf(
  view: LeftoverView,
  trust: string,
): readonly { readonly namespace: string; readonly name: string }[] {
  const provider = ownProvider(view);
  return whoGetsIn(dataOf(trust)).admitted.flatMap((one) => {
    if (!('subjects' in one) || one.provider !== provider) return [];
    return (one.subjects.among[0] ?? []).flatMap((pattern) => {
      const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(plain(pattern.text)) ?? [];
      return isWild(pattern) || namespace === undefined || name === undefined ? [] : [{ namespace, name }];
    });
  });
}

/** Whether nobody but service accounts of the cluster is let in, each by its name. */
export function onlyNamed(view: LeftoverView, trust: string): boolean {
  const access = whoGetsIn(dataOf(trust));
  const provider = ownProvider(view);
  const byName = (one: Admitted): boolean =>
    'subjects' in one &&
    one.provider === provider &&
    one.subjects.among.length > 0 &&
    (one.subjects.among[0] ?? []).every((pattern) => !isWild(pattern));
  return !access.bounded && access.unjudged.length === 0 && access.admitted.every(byName);
}

/** Whether a trust policy lets in somebody who is no token of a provider of EKS: of this cluster, or of one that is gone. */
export function othersGetIn(view: LeftoverView, { trustPolicy }: Role): boolean {
  const access = whoGetsIn(dataOf(trustPolicy));
  if (access.bounded || access.unjudged.length > 0) return true;
  return access.admitted.some((one) => {
    if (!('subjects' in one)) return true;
    if (one.provider === ownProvider(view)) return !onlyNamed(view, trustPolicy);
    return isProviderGone(view, one.provider) !== true;
  });
}

/** Whether an OIDC provider is that of a cluster that is gone, by our tags, or is gone itself. */
function isProviderGone(view: LeftoverView, arn: string): boolean | undefined {
  if (view.providers.state !== 'found') return undefined;
  const provider = view.providers.value.find((one) => one.arn === arn);
  // Of a provider of another sort or region nothing was read.
  if (provider === undefined) return arn.includes(`:oidc-provider/oidc.eks.${view.cluster.region}.`) ? true : undefined;
  return arn === ownProvider(view) ? false : wasOurs(view, provider);
}

/** Whether a provider was made here for a cluster that is gone, or for an earlier one of this cluster's name. */
export function wasOurs(view: LeftoverView, { arn, tags }: OidcProvider): boolean {
  const where = tags?.[TAG.cluster];
  if (tags?.[TAG.maker] === undefined || where === undefined) return false;
  return where === view.cluster.arn ? arn !== ownProvider(view) : isClusterGone(view, where) === true;
}
