/** What of AWS profiles rest on beside their roles, for a doctor: each bucket, key, policy and association once, whoever uses it. */
import { ROLE_ARN } from '../core/arn/arn.ts';
import { bucketsOf, policyArnsOf } from '../core/modes/uses.ts';
import { namedRole, type Inspected, type ProfileView } from '../core/modes/view.ts';
import type { BucketSeen, Cluster } from '../core/observation.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { MANAGED_ALIAS } from '../core/policy/key.ts';
import { absent, failed, found, valueOf, type Reading } from '../core/reading.ts';
import type { Aws } from '../provisioning/ports.ts';
import { limiter, patiently, wholeRole } from './roles.ts';

/** Calls that are under way at the same time. */
const AT_ONCE = 8;
/** Associations that are read one by one, at most: a list does not tell their role (botocore EKS model). */
const MOST_ASSOCIATIONS = 200;

export type CloudReader = Pick<
  Aws,
  | 'bucket'
  | 'buckets'
  | 'bucketEncryption'
  | 'bucketPolicy'
  | 'key'
  | 'oidcProviderArns'
  | 'podIdentity'
  | 'policyDocument'
  | 'role'
>;

type Cloud = Pick<Inspected, 'providers' | 'buckets' | 'policies' | 'association' | 'podRole'>;

/**
 * Reads what these profiles use: as many calls as there are buckets, keys, managed policies and associations. Never throws: what could
 * not be read says so.
 *
 * @param views profiles with all else that was read of them, their associations too
 */
export async function inspectCloud(
  cluster: Cluster,
  aws: CloudReader,
  views: readonly ProfileView[],
): Promise<(profile: string) => Cloud> {
  const atOnce = limiter(AT_ONCE);
  const ask = <T>(read: () => Promise<Reading<T>>): Promise<Reading<T>> => atOnce(() => patiently(read));
  /** Answers a question once for all who have it. */
  const once = <T>(read: (key: string) => Promise<T>): ((key: string) => Promise<T>) => {
    const asked = new Map<string, Promise<T>>();
    return (key) => {
      const answer = asked.get(key) ?? read(key);
      asked.set(key, answer);
      return answer;
    };
  };
  const documentOf = once((arn) => ask(() => aws.policyDocument(arn)));
  const keyOf = once((at) => {
    const [region = '', ...name] = at.split(' ');
    return ask(() => aws.key(name.join(' '), region));
  });
  const ownBuckets = once(() => ask(() => aws.buckets()));
  const bucketOf = once(async (name): Promise<BucketSeen> => {
    const [bucket, encryption, policy] = await Promise.all([
      ask(() => aws.bucket(name, cluster.account)),
      ask(() => aws.bucketEncryption(name)),
      ask(() => aws.bucketPolicy(name)),
    ]);
    const there = valueOf(bucket);
    const key = valueOf(encryption)?.key;
    const seen = { bucket, encryption, policy };
    if (there?.accessible === false && there.foreign !== true) {
      // Refused: either somebody keeps us out of our own, or it is of another account, which the list tells.
      const own = await ownBuckets('');
      if (own.state === 'found' && !own.value.some((one) => one.name === name))
        return { ...seen, bucket: found({ ...there, foreign: true }) };
    }
    if (there === undefined || key === undefined || MANAGED_ALIAS.test(key)) return seen;
    return { ...seen, key: await keyOf(`${there.region} ${key}`) };
  });
  const roleOf = once((name) => ask(() => aws.role(name)));

  const associated = views.filter(({ associations = absent, profile }) =>
    (valueOf(associations) ?? []).some(
      ({ namespace, serviceAccount }) => namespace === profile.metadata.name && serviceAccount === SERVICE_ACCOUNT,
    ),
  );
  const read = new Set(associated.slice(0, MOST_ASSOCIATIONS).map(({ profile }) => profile.metadata.name));
  const many = new Set(associated.map(({ profile }) => profile.metadata.name));
  const providers = views.some(({ provider }) => provider?.state === 'absent')
    ? await ask(() => aws.oidcProviderArns())
    : undefined;

  const associationOf = async (view: ProfileView): Promise<Pick<Cloud, 'association' | 'podRole'>> => {
    const { name } = view.profile.metadata;
    const { associations } = view;
    if (associations === undefined) return {};
    if (associations.state !== 'found') return { association: associations.state === 'absent' ? absent : associations };
    if (!many.has(name)) return { association: absent };
    if (!read.has(name)) return { association: failed('there are too many of them to read each') };
    const association = await ask(() => aws.podIdentity(cluster.name, name, SERVICE_ACCOUNT));
    const its = ROLE_ARN.exec(valueOf(association)?.roleArn ?? '')?.groups;
    if (its === undefined) return { association };
    if (its['account'] !== cluster.account) return { association, podRole: failed('it is a role of another account') };
    return { association, podRole: wholeRole(await roleOf(its['name'] ?? '')) };
  };

  const all = new Map<string, Cloud>();
  await Promise.all(
    views.map(async (view) => {
      const pods = await associationOf(view);
      const roles = [namedRole(view), valueOf(pods.podRole ?? absent)].filter((role) => role !== undefined);
      const arns = [...new Set(roles.flatMap(policyArnsOf))];
      const policies = await entriesOf(arns, documentOf);
      // Where a role may write its managed policies decide, too.
      const buckets = await entriesOf(bucketsOf({ ...view, ...pods, policies }), bucketOf);
      all.set(view.profile.metadata.name, {
        ...pods,
        policies,
        buckets,
        ...(providers === undefined ? {} : { providers }),
      });
    }),
  );
  return (profile) => all.get(profile) ?? {};
}

const entriesOf = async <T>(
  keys: readonly string[],
  read: (key: string) => Promise<T>,
): Promise<Readonly<Record<string, T>>> =>
  Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await read(key)] as const)));
