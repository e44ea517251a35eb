/** plan, apply and verify: what their options mean. */
import { bucketProblem, parseBucket, prefixOf } from '../core/arn/names.ts';
import { pathOf } from '../core/arn/role.ts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import { planProfile } from '../core/plan/profile.ts';
import { profileProofs } from '../core/plan/proof.ts';
import type { AccessLevel, Request } from '../core/request.ts';
import { lookAt } from '../provisioning/look.ts';
import { findTarget } from '../provisioning/lookTarget.ts';
import { prove } from '../provisioning/prove.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { carry, print, proofText, reach, verificationJson, type Reach, type Way, type Writes } from './carry.ts';
import { EXIT, UsageError, type Context } from './parse.ts';

/** Which profile on which cluster, and how both are reached. */
export interface Place extends Reach {
  readonly cluster: string;
  readonly profile: string;
  readonly json: boolean;
}

/** What can be chosen of a profile's role and place. */
export interface ChoiceValues {
  readonly prefix: string | undefined;
  readonly path: string | undefined;
  readonly boundary: string | undefined;
  readonly 'session-duration': string | undefined;
  readonly tag: readonly string[];
}

/** The same as a part of a wish. */
export function chosen(
  values: ChoiceValues,
): Pick<Request, 'prefix' | 'rolePath' | 'boundary' | 'maxSession' | 'tags'> {
  const { prefix, path, boundary, tag, 'session-duration': seconds } = values;
  const tags = Object.fromEntries(
    tag.map((text): [string, string] => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
  return {
    ...(prefix === undefined ? {} : { prefix: prefixOf(prefix) }),
    ...(path === undefined ? {} : { rolePath: pathOf(path) }),
    ...(boundary === undefined ? {} : { boundary }),
    ...(seconds === undefined ? {} : { maxSession: Number(seconds) }),
    ...(tag.length === 0 ? {} : { tags }),
  };
}

/** What is agreed to for a profile. */
export interface AgreementValues {
  readonly 'create-bucket': boolean;
  readonly 'bucket-key': string | undefined;
  readonly 'no-artifacts': boolean;
  readonly 'let-controller-write-trust': boolean;
  readonly 'manage-trust': boolean;
  readonly 'grant-controller': boolean;
}

/** The same as a part of a wish. Throws {@link UsageError} where two of them do not go together. */
export function agreements(
  values: AgreementValues,
): Pick<Request, 'createBucket' | 'bucketKey' | 'leaveArtifacts' | 'annotateOnly' | 'grantController'> {
  const { 'let-controller-write-trust': leaves, 'manage-trust': manages, 'bucket-key': bucketKey } = values;
  if (leaves && manages)
    throw new UsageError('--let-controller-write-trust and --manage-trust say the opposite: give one of them.');
  if (bucketKey !== undefined && !values['create-bucket'])
    throw new UsageError('--bucket-key is for a bucket that is made: give --create-bucket, too.');
  return {
    ...(values['create-bucket'] ? { createBucket: true } : {}),
    ...(bucketKey === undefined ? {} : { bucketKey }),
    ...(values['no-artifacts'] ? { leaveArtifacts: true } : {}),
    ...(leaves || manages ? { annotateOnly: manages } : {}),
    ...(values['grant-controller'] ? { grantController: true } : {}),
  };
}

interface PlanValues extends Place, ChoiceValues, AgreementValues, Writes {
  readonly owner: string;
  readonly bucket: string;
  readonly access: AccessLevel;
  readonly 'role-name': string | undefined;
  readonly 'adopt-namespace': boolean;
  /** Of apply alone. */
  readonly yes?: boolean;
}

interface VerifyValues extends Place {
  readonly bucket: string | undefined;
  readonly access: AccessLevel | undefined;
}

export const plan = (values: PlanValues, context: Context): Promise<number> => planFor('plan', values, context);
export const apply = (values: PlanValues, context: Context): Promise<number> => planFor('apply', values, context);

async function planFor(command: 'plan' | 'apply', values: PlanValues, context: Context): Promise<number> {
  const agreed = agreements(values);
  const way = await reach(values, context);
  const { region } = way;
  const { cluster, profile, owner, bucket, access, 'role-name': roleName } = values;
  const request: Request = {
    cluster,
    region,
    profile,
    owner,
    bucket: bucketIn(region, bucket),
    access,
    ...(roleName === undefined ? {} : { roleName }),
    ...chosen(values),
    ...(values['adopt-namespace'] ? { adoptNamespace: true } : {}),
    ...agreed,
  };
  const answer = command === 'plan' ? 'review' : values.yes === true ? 'yes' : 'ask';
  const carried = {
    command,
    about: { request },
    json: values.json,
    answer,
    writeManaged: values['write-managed'],
  } as const;
  return carry(carried, way, async () => {
    const { facts, ...looked } = await lookAt(request, way.outside.aws, way.connect, way.outside.signal);
    return { plan: planProfile(request, facts), caller: facts.caller, ...looked };
  });
}

export async function verify(values: VerifyValues, context: Context): Promise<number> {
  const way = await reach(values, context);
  const { region } = way;
  const { cluster, profile, bucket, access } = values;
  const wanted = {
    cluster,
    profile,
    region,
    ...(bucket === undefined ? {} : { bucket: bucketIn(region, bucket) }),
    ...(access === undefined ? {} : { access }),
  };
  return verifyOne(wanted, values.json, way);
}

/** The name of a bucket that can be in a region's partition. Throws {@link UsageError}. */
export function bucketIn(region: string, text: string): string {
  const wrong = bucketProblem(text, partitionOfRegion(region)?.id);
  if (wrong !== undefined) throw new UsageError(`--bucket "${text}": ${wrong}`);
  return parseBucket(text).name;
}

async function verifyOne(
  wanted: Parameters<typeof findTarget>[0] & { readonly region: string },
  json: boolean,
  { connect, outside }: Way,
): Promise<number> {
  const finding = findTarget(wanted, outside.aws, connect);
  const { target, kubernetes } = await unlessCancelled(outside.signal, finding);
  try {
    const verification = await prove(profileProofs(target), { ...outside, kubernetes }, { touch: true, settled: true });
    const { cluster, profile, region } = wanted;
    print(
      json,
      () => ({
        command: 'verify',
        profile,
        cluster,
        region,
        role: target.roleArn,
        bucket: target.bucket,
        ...(verification.outcome === 'cancelled' ? { cancelled: true } : {}),
        ...verificationJson(verification),
      }),
      () => proofText(verification),
    );
    if (verification.outcome === 'cancelled') return EXIT.stopped;
    return verification.outcome === 'verified' ? EXIT.done : EXIT.notAsWanted;
  } finally {
    kubernetes.close();
  }
}
