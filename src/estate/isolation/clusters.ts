/** Reads clusters as the isolation matrix needs them: profiles with the role and the place that they name, service accounts, associations. */
import { isPattern } from '../../core/arn/pattern.ts';
import type { Limit, WorldCluster, WorldProfile } from '../../core/isolation/world.ts';
import { roleArnOf } from '../../core/modes/view.ts';
import type { Cluster, Role } from '../../core/observation.ts';
import { unreadable } from '../../core/plan/plan.ts';
import { whoGetsIn } from '../../core/policy/access.ts';
import { providerArn, SERVICE_ACCOUNT } from '../../core/policy/build.ts';
import { dataOf } from '../../core/policy/json.ts';
import { launcherPlace } from '../../core/profile/launcher.ts';
import { absent, found, valueOf } from '../../core/reading.ts';
import { OutsideError, type Aws, type Kubernetes } from '../../provisioning/ports.ts';
import { limiter, patiently } from '../roles.ts';
import { limit } from './limits.ts';

/** A cluster with the ways to it. */
export interface IsolatedCluster {
  readonly cluster: Cluster;
  readonly aws: Aws;
  readonly kubernetes: Kubernetes;
}

/** Calls for single things at the same time. */
export const AT_ONCE = 8;
/** Pod Identity associations that are asked for one by one. */
const MOST_ASSOCIATIONS = 500;

/** What S3 takes in the place of a bucket: the alias of an access point, or its ARN (S3 User Guide, "Access points"). */
const ACCESS_POINT = /(?:-s3alias|--ol-s3|\.mrap)$|^arn:/;

export interface Looked extends IsolatedCluster {
  readonly world: Omit<WorldCluster, 'profiles'>;
  readonly profiles: readonly Seen[];
  readonly limits: readonly Limit[];
}

/** A profile before its role is known. */
export interface Seen {
  readonly name: string;
  readonly role: string | undefined;
  readonly place: WorldProfile['place'] | undefined;
  readonly accessPoint: string | undefined;
  readonly why: string | undefined;
}

async function lookAtCluster({ cluster, aws, kubernetes }: IsolatedCluster): Promise<Looked> {
  const { account, partition, issuer, name, region } = cluster;
  const [profiles, editors, launchers, provider, associations] = await Promise.all([
    kubernetes.list('profiles'),
    kubernetes.list('editors'),
    kubernetes.list('launchers'),
    issuer === undefined ? absent : patiently(() => aws.oidcProvider(providerArn(partition, account, issuer))),
    patiently(() => aws.podIdentityAssociations(name)),
  ]);
  if (profiles.state !== 'found' && profiles.state !== 'absent')
    throw new OutsideError(
      unreadable(profiles, `The profiles of ${name}`),
      profiles.state,
      profiles.state === 'denied' ? profiles.permission : undefined,
    );
  const editorOf = new Map((valueOf(editors)?.items ?? []).map((one) => [one.namespace, one]));
  const launcherOf = new Map((valueOf(launchers)?.items ?? []).map((one) => [one.namespace, one]));
  const atOnce = limiter(AT_ONCE);
  const listed = valueOf(associations) ?? [];
  const read = await Promise.all(
    listed
      .slice(0, MOST_ASSOCIATIONS)
      .map((one) => atOnce(() => patiently(() => aws.podIdentity(name, one.namespace, one.serviceAccount)))),
  );
  const unreadAssociation = read.find(({ state }) => state === 'denied' || state === 'failed');
  return {
    cluster,
    aws,
    kubernetes,
    world: {
      name,
      region,
      account,
      partition,
      ...(issuer === undefined ? {} : { issuer }),
      audiences: provider.state === 'found' ? found(provider.value.clientIds) : provider,
      accounts: [],
      podIdentities: read.flatMap((one) => {
        const its = valueOf(one);
        return its === undefined ? [] : [{ namespace: its.namespace, name: its.serviceAccount, roleArn: its.roleArn }];
      }),
    },
    profiles: (valueOf(profiles)?.items ?? []).map((profile): Seen => {
      const its = profile.metadata.name;
      const editor = editorOf.get(its);
      const role = roleArnOf({ profile, serviceAccount: editor === undefined ? absent : found(editor) });
      const launcher = launcherPlace(launcherOf.get(its)?.data, { region });
      const s3 = launcher.state === 's3' ? launcher : undefined;
      const isPoint = s3 !== undefined && ACCESS_POINT.test(s3.bucket);
      return {
        name: its,
        role,
        place: s3 === undefined || isPoint ? undefined : { bucket: s3.bucket, prefix: s3.prefix },
        accessPoint: isPoint ? s3.bucket : undefined,
        why: launcher.state === 's3' ? undefined : launcher.why,
      };
    }),
    limits: [
      ...limit(
        `Service accounts of ${name}`,
        editors,
        `Their role annotations are not known, those of the Profiles are.`,
      ),
      ...limit(
        `ConfigMaps kfp-launcher of ${name}`,
        launchers,
        'The place of a profile is the one that its role may write.',
      ),
      ...limit(`The OIDC provider of ${name}`, provider, 'Tokens are taken to be for sts.amazonaws.com.'),
      ...limit(`Pod Identity associations of ${name}`, associations, 'What pods get by them is not in the matrix.'),
      ...limit(
        `A Pod Identity association of ${name}`,
        unreadAssociation ?? absent,
        'What pods get by it is not in the matrix.',
      ),
      ...(listed.length > MOST_ASSOCIATIONS
        ? [{ text: `Only ${MOST_ASSOCIATIONS} of ${listed.length} Pod Identity associations of ${name} were read.` }]
        : []),
    ],
  };
}

/**
 * Those whose profiles can be read, and of the others why not. Throws {@link OutsideError} where there are none of the first, and some of
 * the others.
 */
export async function lookAtClusters(
  clusters: readonly IsolatedCluster[],
): Promise<{ readonly looked: readonly Looked[]; readonly unread: readonly Limit[] }> {
  const unread: Limit[] = [];
  const tried = await Promise.allSettled(clusters.map(lookAtCluster));
  const looked = tried.flatMap((one, at) => {
    if (one.status === 'fulfilled') return [one.value];
    if (!(one.reason instanceof OutsideError)) throw one.reason;
    const { message, permission } = one.reason;
    const cluster = clusters[at]?.cluster.name ?? '';
    unread.push({ text: message, cluster, ...(permission === undefined ? {} : { permission }) });
    return [];
  });
  const [why] = unread;
  if (looked.length === 0 && why !== undefined) throw new OutsideError(why.text, 'Unread', why.permission);
  return { looked, unread };
}

/** All service accounts of a cluster, where a role lets in more than single ones: who these are now. */
export async function othersIn(
  kubernetes: Kubernetes,
  { partition, account, issuer, name }: Cluster,
  roles: readonly Role[],
  limits: Limit[],
): Promise<WorldCluster['accounts']> {
  const provider = issuer === undefined ? undefined : providerArn(partition, account, issuer);
  const isWide = roles.some(({ trustPolicy }) => {
    if (provider === undefined || !(trustPolicy.includes(provider) || trustPolicy.includes('"*"'))) return false;
    return whoGetsIn(dataOf(trustPolicy)).admitted.some(
      (one) =>
        ('subjects' in one &&
          one.provider === provider &&
          !one.subjects.among.some((list) => list.every(({ text }) => !isPattern(text)))) ||
        one.kind === 'everybody',
    );
  });
  if (!isWide) return [];
  const accounts = await kubernetes.serviceAccounts();
  limits.push(
    ...limit(
      `Service accounts of ${name}`,
      accounts,
      'A role lets in a set of them: whom it lets in besides the profiles is told as that set.',
    ),
  );
  return (valueOf(accounts) ?? []).flatMap(({ namespace, name: its }) =>
    its === SERVICE_ACCOUNT ? [] : [{ namespace, name: its }],
  );
}
