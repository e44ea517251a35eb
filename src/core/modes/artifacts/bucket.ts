/** The buckets of a profile, as S3 and KMS have them: where they are, whose, and what encrypts and guards them. */
import { parseArn } from '../../arn/arn.ts';
import { isTlsOnly } from '../../bucket.ts';
import { textOf, type DocNode, get } from '../../document/node.ts';
import { parse } from '../../document/parse.ts';
import type { Bucket, BucketSeen, KmsKey, Role } from '../../observation.ts';
import { keyActions } from '../../policy/build.ts';
import { and } from '../../policy/answer.ts';
import { may } from '../../policy/evaluate.ts';
import { judgeKeyPolicy, keyStatement, MANAGED_ALIAS, keyRequest } from '../../policy/key.ts';
import { policiesOf, sessionOf } from '../../policy/rights.ts';
import { REPOSITORIES } from '../../profile/pipelines.ts';
import { absent, valueOf } from '../../reading.ts';
import { problem, type Problem } from '../problem.ts';
import { bucketsOf, isAws, pipelinesPlace, writablePlaces } from '../uses.ts';
import { namedRole, type ProfileView } from '../view.ts';

/** The buckets of a profile that were read. */
function seenBuckets(readings: ProfileView): readonly (readonly [name: string, BucketSeen])[] {
  const { buckets = {} } = readings;
  return bucketsOf(readings).flatMap((name) => {
    const seen = Object.hasOwn(buckets, name) ? buckets[name] : undefined;
    return seen === undefined ? [] : [[name, seen] as const];
  });
}

/** KP-046 */
export function liveBucket(readings: ProfileView): readonly Problem[] {
  const { cluster } = readings;
  return seenBuckets(readings).flatMap(([name, { bucket }]): Problem[] => {
    if (bucket.state === 'absent')
      return [problem('KP-046', `There is no bucket ${name}: every call of S3 answers NoSuchBucket.`, 'repair')];
    if (bucket.state !== 'found') return [];
    const elsewhere = whereCalled(readings, bucket.value);
    const foreign = bucket.value.foreign === true ? [ofAnother(name, cluster.account)] : [];
    return [...(elsewhere === undefined ? [] : [elsewhere]), ...foreign];
  });
}

/** Who may use a bucket of another account that account says, in a policy that cannot be read from here. */
const ofAnother = (name: string, account: string): Problem => ({
  ...problem(
    'KP-046',
    `Bucket ${name} is not of account ${account}: the role gets in only if the policy of the bucket names it, which only a verification shows.`,
  ),
  remark: true,
});

/** Whether pipelines call a bucket in a region that is not its own. */
function whereCalled(readings: ProfileView, { name, region }: Bucket): Problem | undefined {
  const place = pipelinesPlace(readings);
  if (place?.state !== 's3' || place.bucket !== name || place.credentials !== 'env' || !isAws(place)) return undefined;
  const called = [place, place.older].flatMap((reach) => (reach?.region === undefined ? [] : [reach.region]));
  if (called.length === 0 || called.includes(region)) return undefined;
  const message = `Bucket ${name} is in ${region}, and pipelines call it in ${called.join(' or ')}: S3 sends them away (301, AuthorizationHeaderMalformed).`;
  return problem('KP-046', message, 'repair');
}

const WHY: Readonly<Record<string, string>> = {
  Disabled: 'is disabled',
  PendingDeletion: 'is about to be deleted',
  PendingImport: 'has no key material yet',
  Unavailable: 'is unavailable',
};

/** KP-047: the role may write in the bucket, and not use the key that encrypts it. */
export function liveKey(readings: ProfileView): readonly Problem[] {
  const role = namedRole(readings);
  if (role === undefined) return [];
  const written = new Set(
    writablePlaces(role, readings.policies).flatMap(({ bucket, answer }) => (answer === 'yes' ? [bucket] : [])),
  );
  return seenBuckets(readings).flatMap(([name, { bucket, encryption, key }]): Problem[] => {
    const how = valueOf(encryption);
    if (!written.has(name) || how?.algorithm.startsWith('aws:kms') !== true) return [];
    const foreign = valueOf(bucket)?.foreign === true;
    const managed =
      how.key === undefined || MANAGED_ALIAS.test(how.key) || (key && valueOf(key)?.managedByAws) === true;
    if (managed && !foreign) return [];
    const told = managed
      ? 'is encrypted with the key that AWS manages for S3, which nobody of another account can use. Its owner must choose a key of their own.'
      : key?.state === 'absent'
        ? `is encrypted with KMS key ${how.key ?? ''}, which does not exist: nothing can be stored in it.`
        : key?.state === 'found'
          ? keyFault(readings, role, key.value)
          : undefined;
    if (told === undefined) return [];
    const [message, remedy] = typeof told === 'string' ? [told, undefined] : [told.message, 'repair' as const];
    return [problem('KP-047', `Bucket ${name} ${message}`, remedy)];
  });
}

/** Why a role cannot use a key: a text, or, where a plan mends the role's policy, an object with one. */
function keyFault(
  { policies }: ProfileView,
  role: Role,
  key: KmsKey,
): string | { readonly message: string } | undefined {
  const named = `is encrypted with KMS key ${key.arn}, which`;
  if (key.state !== 'Enabled') {
    const when = key.deletion === undefined ? '' : ` (on ${key.deletion.slice(0, 10)})`;
    return `${named} ${WHY[key.state] ?? `is ${key.state}`}${when}: nothing can be stored in it.`;
  }
  if (!key.symmetric) return `${named} is not of the sort that S3 can use (symmetric, to encrypt).`;
  const verdict = key.policy === undefined ? undefined : judgeKeyPolicy(key.policy, key.arn, role.arn, 'prefix');
  if (verdict?.answer === 'no')
    return verdict.denied === true
      ? `${named} the role may not use: a Deny in the key's policy is in the way.`
      : `${named} lets the role not in: its policy neither names the role nor leaves access to IAM. Ask its administrator to add ${JSON.stringify(keyStatement(key.arn, role.arn, 'prefix'))}.`;
  const session = sessionOf(role);
  const account = parseArn(role.arn)?.account ?? '';
  const request = keyRequest(key.arn, role.arn, account);
  const known = { ...request, values: { ...session.values, ...request.values } };
  const own = and(keyActions('prefix').map((action) => may(policiesOf(role, policies), action, key.arn, known)));
  if (own !== 'no') return undefined;
  // A policy that names the role is enough in the key's own account.
  if (verdict === undefined ? false : verdict.by === 'itself' && parseArn(key.arn)?.account === account)
    return undefined;
  return {
    message: `${named} the role may not use: its policies do not allow ${keyActions('prefix').join(' and ')} on it, so every write is denied.`,
  };
}

/** KP-048: a bucket refuses whoever comes without TLS, as Argo or the launcher does. */
export function liveTls(readings: ProfileView): readonly Problem[] {
  const place = pipelinesPlace(readings);
  const plain: readonly (readonly [bucket: string, says: string])[] = [
    ...repositoriesOf(readings).flatMap(plainRepository),
    ...(place?.state === 's3' && place.endpoint?.startsWith('http://') === true && isAws(place)
      ? [[place.bucket, `providers of ConfigMap kfp-launcher call S3 without TLS (${place.endpoint})`] as const]
      : []),
  ];
  return seenBuckets(readings).flatMap(([name, { policy }]) => {
    const text = valueOf(policy);
    const says = plain.find(([bucket]) => bucket === name)?.[1];
    if (text === undefined || says === undefined || !isTlsOnly(text, name)) return [];
    return [problem('KP-048', `The policy of bucket ${name} denies whoever comes without TLS, and ${says}.`)];
  });
}

interface Repository {
  /** YAML. */
  readonly text: string;
  readonly where: string;
}

/** Argo's repositories: that of the cluster, and those of the namespace. */
function repositoriesOf({ workflowController = absent, repositories = absent }: ProfileView): readonly Repository[] {
  const ofCluster = valueOf(workflowController)?.data['artifactRepository'];
  return [
    ...(ofCluster === undefined ? [] : [{ text: ofCluster, where: 'workflow-controller-configmap' }]),
    ...Object.values(valueOf(repositories)?.data ?? {}).map((text) => ({ text, where: REPOSITORIES })),
  ];
}

/** The bucket of a repository that is to be called without TLS. */
function plainRepository({ text, where }: Repository): readonly (readonly [string, string])[] {
  const root: DocNode | undefined = parse(text, 'yaml').documents[0]?.root;
  const s3 = get(root, 's3');
  const [bucket, insecure] = [textOf(get(s3, 'bucket')), get(s3, 'insecure')];
  if (bucket === undefined || insecure?.type !== 'boolean' || !insecure.value) return [];
  return [[bucket, `Argo's ConfigMap ${where} says insecure: true for it`]];
}
