/** What things of a matrix are called where it is told, and whom a role concerns. */
import { parseArn } from '../arn/arn.ts';
import { accessWords } from '../policy/access-words.ts';
import type { Admitted } from '../policy/access.ts';
import type { AdmittedTokens } from '../policy/tokens.ts';
import { providerArn, SERVICE_ACCOUNT } from '../policy/build.ts';
import type { Isolation, JudgedRole } from './matrix.ts';
import type { Below } from './reach.ts';

/** `team-a`, or `namespace/name` where it is not a profile's `default-editor`; with the cluster where there are several. */
export function subjectName({ subjects, world }: Isolation, index: number): string {
  const { cluster, namespace, name, profile } = subjects[index] ?? { cluster: 0, namespace: '', name: '' };
  const short = profile !== undefined && name === SERVICE_ACCOUNT ? namespace : `${namespace}/${name}`;
  return inCluster(world.clusters, cluster, short);
}

/** With the cluster where there are several. */
export const inCluster = (clusters: readonly { readonly name: string }[], cluster: number, name: string): string =>
  clusters.length < 2 ? name : `${name} (${clusters[cluster]?.name ?? ''})`;

export const s3 = ({ bucket, prefix }: Below): string => `s3://${bucket}/${prefix}`;

/** The profiles whose place it is, or where it lies. */
export function placeName(isolation: Isolation, place: number): string {
  const names = (isolation.owners[place] ?? []).map((owner) => {
    const { cluster = 0, name = '' } = isolation.profiles[owner] ?? {};
    return inCluster(isolation.world.clusters, cluster, name);
  });
  return names.length === 0 ? s3(isolation.places[place] as Below) : names.join(' and ');
}

/** Who it is, in a few words. */
export function wordsOf({ world }: Isolation, one: Admitted): string {
  const cluster = (provider: string): string | undefined =>
    world.clusters.find(
      ({ partition, account, issuer }) => issuer !== undefined && providerArn(partition, account, issuer) === provider,
    )?.name;
  return accessWords(
    { admitted: [{ ...one, depends: [] }], providers: [], unjudged: [], refused: [], bounded: false },
    cluster,
  );
}

/** Whether somebody is of the account of the role, or of AWS itself. */
export function isAtHome({ role }: JudgedRole, one: Admitted): boolean {
  if ('subjects' in one || one.kind === 'everybody') return false;
  if (one.kind === 'service') return true;
  const own = parseArn(role.arn)?.account;
  const account = /^\d{12}$/.test(one.principal) ? one.principal : parseArn(one.principal)?.account;
  return account === own;
}

/** Roles that are a profile's, or that let in somebody of the clusters. */
export const isConcerned = ({ namedBy, clusters }: JudgedRole): boolean => namedBy.length > 0 || clusters.length > 0;

/** Whether a role lets in accounts of a set that is not of single ones. */
export const setWords = (isolation: Isolation, { sets }: JudgedRole): readonly string[] => [
  ...new Set(sets.map(({ tokens }: { readonly tokens: AdmittedTokens }) => wordsOf(isolation, tokens))),
];
