/**
 * Reads what the isolation matrix is judged from: a cluster in lists, an account's roles in pages, and each managed policy, bucket and
 * key once. Never throws but where a cluster's profiles may not be read at all: without them there is no matrix.
 */
import { parseArn } from '../core/arn/arn.ts';
import { judgeIsolation } from '../core/isolation/judge.ts';
import type { Isolation } from '../core/isolation/matrix.ts';
import type {
  IsolationWorld,
  Limit,
  PolicyText,
  WorldBucket,
  WorldCluster,
  WorldKey,
  WorldProfile,
  WorldRole,
} from '../core/isolation/world.ts';
import { roleArnOf } from '../core/modes/view.ts';
import type { Cluster, Role } from '../core/observation.ts';
import { unreadable } from '../core/plan/plan.ts';
import { isPattern } from '../core/arn/pattern.ts';
import { whoGetsIn } from '../core/policy/access.ts';
import { providerArn, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { dataOf } from '../core/policy/json.ts';
import { keyArnOf } from '../core/policy/key.ts';
import { policiesOf, sessionOf, writing } from '../core/policy/rights.ts';
import { launcherPlace } from '../core/profile/launcher.ts';
import { absent, denied, failed, found, reasonOf, valueOf, type Reading } from '../core/reading.ts';
import { OutsideError, type Aws, type Kubernetes } from '../provisioning/ports.ts';
import { ALWAYS, limit, NOT_READ, unreadOrganization, unreadPolicies } from './isolationLimits.ts';
import { limiter, patiently, rolesOf } from './roles.ts';

/** A cluster with the ways to it. */
export interface IsolatedCluster {
  readonly cluster: Cluster;
  readonly aws: Aws;
  readonly kubernetes: Kubernetes;
}

/** Calls for single things at the same time. */
const AT_ONCE = 8;
/** Pod Identity associations that are asked for one by one. */
const MOST_ASSOCIATIONS = 500;
/** Roles may lead to others, whose policies are read then. */
const ROUNDS = 4;

/** What S3 takes in the place of a bucket: the alias of an access point, or its ARN (S3 User Guide, "Access points"). */
const ACCESS_POINT = /(?:-s3alias|--ol-s3|\.mrap)$|^arn:/;

interface Looked extends IsolatedCluster {
  readonly world: Omit<WorldCluster, 'profiles'>;
  readonly profiles: readonly Seen[];
  readonly limits: readonly Limit[];
}

/** A profile before its role is known. */
interface Seen {
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
    throw new OutsideError(unreadable(profiles, `The profiles of ${name}`), profiles.state);
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

/** The roles of an account: all, or where they may not be listed, those that profiles name. */
async function lookAtRoles(
  aws: Aws,
  account: string,
  named: ReadonlySet<string>,
): Promise<{ readonly roles: readonly Role[]; readonly limits: readonly Limit[] }> {
  const roles: Role[] = [];
  let next: string | undefined;
  do {
    const from = next;
    const page = await patiently(() => aws.rolesPage({ has: () => true }, from));
    if (page.state !== 'found') {
      const names = [...named].flatMap((arn) => {
        const parsed = parseArn(arn);
        return parsed?.account === account ? [parsed.resource.slice(parsed.resource.lastIndexOf('/') + 1)] : [];
      });
      const read = await Promise.all(rolesOf(aws).read(names).values());
      const unread = read.find(({ state }) => state !== 'found' && state !== 'absent');
      return {
        roles: read.flatMap((one) => valueOf(one) ?? []),
        limits: [
          ...limit(
            `The roles of account ${account}`,
            page,
            'Only those that profiles name are judged: others may let in service accounts, too.',
          ),
          ...limit('A role that a profile names', unread ?? absent, 'What it lets in and allows is not in the matrix.'),
        ],
      };
    }
    roles.push(...page.value.roles);
    next = page.value.next;
  } while (next !== undefined);
  return { roles, limits: [] };
}

/** Texts of managed policies, each read once. */
function policyTexts(aws: Aws): (arn: string) => Promise<PolicyText> {
  const known = new Map<string, Promise<PolicyText>>();
  const atOnce = limiter(AT_ONCE);
  const read = async (arn: string): Promise<PolicyText> => {
    const name = arn.slice(arn.indexOf(':policy/') + ':policy/'.length);
    const text = await atOnce(() => patiently(() => aws.policyDocument(arn)));
    return text.state === 'found'
      ? { name, text: text.value }
      : { name, unread: text.state === 'denied' ? text.permission : reasonOf(text) };
  };
  return (arn) => {
    const made = known.get(arn) ?? read(arn);
    known.set(arn, made);
    return made;
  };
}

/** A role with its inline policies; managed ones are still to be read. */
const bare = ({ arn, name, tags, trustPolicy, inline, attached, boundary, unread = [] }: Role): WorldRole => ({
  arn,
  name,
  tags,
  trust: trustPolicy,
  policies: [
    ...inline,
    ...attached.map((policy) => ({ name: policy, unread: NOT_READ })),
    ...unread.map((permission) => ({ name: 'policies that were not read', unread: permission })),
  ],
  ...(boundary === undefined ? {} : { boundary: { name: boundary, unread: NOT_READ } }),
});

async function withTexts(role: WorldRole, textOf: (arn: string) => Promise<PolicyText>): Promise<WorldRole> {
  const whole = async (policy: PolicyText): Promise<PolicyText> =>
    'unread' in policy && policy.unread === NOT_READ ? textOf(policy.name) : policy;
  const { boundary } = role;
  return {
    ...role,
    policies: await Promise.all(role.policies.map(whole)),
    ...(boundary === undefined ? {} : { boundary: await whole(boundary) }),
  };
}

/** Where a role writes, as the place of its profile. */
function placeOfRole(role: Role | undefined): WorldProfile['place'] {
  if (role === undefined) return undefined;
  const place = writing(policiesOf(role), sessionOf(role)).places.find(
    ({ bucket, prefix, answer, except }) =>
      answer === 'yes' && except === undefined && !isPattern(bucket) && !isPattern(prefix),
  );
  return place === undefined ? undefined : { bucket: place.bucket, prefix: place.prefix };
}

async function lookAtBucket(
  name: string,
  { aws, cluster }: IsolatedCluster,
): Promise<{ readonly bucket: WorldBucket; readonly key?: WorldKey; readonly limits: readonly Limit[] }> {
  const { account, partition } = cluster;
  const [head, policy, encryption] = await Promise.all([
    patiently(() => aws.bucket(name, account)),
    patiently(() => aws.bucketPolicy(name)),
    patiently(() => aws.bucketEncryption(name)),
  ]);
  const its = valueOf(head);
  const region = its?.region ?? cluster.region;
  const named = valueOf(encryption)?.key;
  const key = named === undefined ? undefined : await patiently(() => aws.key(named, region));
  const read = key === undefined ? undefined : valueOf(key);
  const arn = read?.arn ?? (named === undefined ? undefined : keyArnOf(named, { partition, account, region }));
  const keyPolicy: Reading<string> =
    read === undefined
      ? key === undefined || key.state === 'found'
        ? absent
        : key.state === 'absent'
          ? failed('There is no such key.')
          : key
      : read.policy === undefined
        ? denied(read.unread ?? 'kms:GetKeyPolicy', '')
        : found(read.policy);
  const owner = its?.foreign === true ? 'another account' : its?.accessible === true ? account : undefined;
  return {
    bucket: {
      region,
      ...(owner === undefined ? {} : { account: owner }),
      policy,
      ...(arn === undefined || read?.managedByAws === true ? {} : { key: arn }),
    },
    ...(arn === undefined || read?.managedByAws === true ? {} : { key: { arn, policy: keyPolicy } }),
    limits: [
      ...(head.state === 'absent' ? [{ text: `There is no bucket ${name}.` }] : []),
      ...limit(
        `The policy of bucket ${name}`,
        policy,
        'Nothing in this bucket can be judged: it may let in anybody, and refuse anybody.',
      ),
      ...limit(`The encryption of bucket ${name}`, encryption, 'Who may use its key is not in the matrix.'),
      ...limit(`The policy of key ${arn ?? ''}`, keyPolicy, 'Who may use it cannot be judged.'),
    ],
  };
}

/** Which roles' managed policies matter: those that somebody of the clusters gets, and those that profiles name. */
const concerned = ({ subjects, admissions, roles }: Isolation): readonly WorldRole[] => {
  const reached = new Set(subjects.flatMap((_, at) => admissions(at).map(({ role }) => role)));
  return roles.flatMap(({ role, namedBy }, at) => (reached.has(at) || namedBy.length > 0 ? [role] : []));
};

const isUnread = (role: WorldRole): boolean =>
  [...role.policies, ...(role.boundary === undefined ? [] : [role.boundary])].some(
    (policy) => 'unread' in policy && policy.unread === NOT_READ,
  );

/**
 * Reads and judges. A cluster whose profiles cannot be read is left out, and said so among the limits (`cluster`). Throws
 * {@link OutsideError} where that is so of all.
 */
export async function lookAtIsolation(clusters: readonly IsolatedCluster[]): Promise<Isolation> {
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
  const named = new Set(looked.flatMap(({ profiles }) => profiles.flatMap(({ role }) => role ?? [])));
  const accounts = [...new Map(looked.map((one) => [one.cluster.account, one])).values()];
  const [read, ...above] = await Promise.all([
    Promise.all(
      accounts.map(async ({ aws, cluster: { account } }) => ({ aws, ...(await lookAtRoles(aws, account, named)) })),
    ),
    ...accounts.map(({ aws, cluster: { account, partition } }) =>
      patiently(() => aws.organization(partition, account)),
    ),
  ]);
  const organizations = new Map(
    accounts.flatMap(({ cluster: { account } }, at) => {
      const its = above[at];
      return its === undefined ? [] : [[account, its] as const];
    }),
  );
  const all = read.flatMap(({ roles }) => roles);
  const byArn = new Map(all.map((role) => [role.arn, role]));
  const limits = [
    ...unread,
    ...looked.flatMap((one) => one.limits),
    ...read.flatMap((one) => one.limits),
    ...[...organizations].flatMap(([account, reading]) => unreadOrganization(account, reading)),
  ];

  const known = new Set(accounts.map(({ cluster: { account } }) => account));
  const foreign = [...named].filter((arn) => !known.has(parseArn(arn)?.account ?? ''));
  if (foreign.length > 0)
    limits.push({
      text: `Roles of other accounts were not read: ${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ' and others' : ''}. What they let in and allow is not in the matrix.`,
    });

  /** Where a profile's objects lie: as its settings say, else where its role writes. */
  const placed = (one: (typeof looked)[number]['profiles'][number]): WorldProfile['place'] =>
    one.accessPoint === undefined
      ? (one.place ?? placeOfRole(one.role === undefined ? undefined : byArn.get(one.role)))
      : undefined;
  /** Buckets in which several profiles lie: one of them is nobody's place as a whole, however wide a role is. */
  const within = new Set(
    looked.flatMap(({ profiles }) =>
      profiles.flatMap((one) => {
        const place = placed(one);
        return place === undefined || place.prefix === '' ? [] : [place.bucket];
      }),
    ),
  );
  const worldClusters = await Promise.all(
    looked.map(async ({ world, profiles, kubernetes, cluster }): Promise<WorldCluster> => {
      const accountsOf = await othersIn(kubernetes, cluster, all, limits);
      return {
        ...world,
        accounts: accountsOf,
        profiles: profiles.map((one): WorldProfile => {
          const { name, role, place, accessPoint, why } = one;
          const its = placed(one);
          const tooWide = place === undefined && its?.prefix === '' && within.has(its.bucket);
          return {
            name,
            ...(role === undefined ? {} : { role }),
            ...(accessPoint === undefined ? {} : { accessPoint }),
            ...(tooWide
              ? { why: 'its settings name no place, and its role writes a whole bucket in which others lie.' }
              : its === undefined
                ? {
                    why:
                      why ??
                      (accessPoint === undefined
                        ? 'nothing tells where its objects lie.'
                        : `they lie behind access point ${accessPoint}.`),
                  }
                : { place: its }),
          };
        }),
      };
    }),
  );
  const atOnce = limiter(AT_ONCE);
  const buckets = new Map<string, WorldBucket>();
  const keys = new Map<string, WorldKey>();
  const through = new Map(
    worldClusters.flatMap(({ profiles }, at) =>
      profiles.flatMap(({ place }) => (place === undefined ? [] : [[place.bucket, looked[at] as Looked] as const])),
    ),
  );
  await Promise.all(
    [...through].map(([name, by]) =>
      atOnce(async () => {
        const { bucket, key, limits: its } = await lookAtBucket(name, by);
        buckets.set(name, bucket);
        if (key !== undefined) keys.set(key.arn, key);
        limits.push(...its);
      }),
    ),
  );
  let roles = all.map(bare);
  const texts = new Map(
    read.map(({ aws, roles: its }) => [its[0] === undefined ? '' : parseArn(its[0].arn)?.account, policyTexts(aws)]),
  );
  const worldOf = (): IsolationWorld => ({
    clusters: worldClusters,
    roles,
    buckets,
    keys,
    organizations,
    limits: [...limits, ...unreadPolicies(roles), ...ALWAYS],
  });
  let isolation = judgeIsolation(worldOf());
  for (let round = 0; round < ROUNDS; round++) {
    const wanted = new Set(concerned(isolation).filter(isUnread));
    if (wanted.size === 0) break;
    roles = await Promise.all(
      isolation.world.roles.map(async (role) => {
        const textOf = texts.get(parseArn(role.arn)?.account);
        return wanted.has(role) && textOf !== undefined ? withTexts(role, textOf) : role;
      }),
    );
    isolation = judgeIsolation(worldOf());
  }
  return isolation;
}

/** All service accounts of a cluster, where a role lets in more than single ones: who these are now. */
async function othersIn(
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
