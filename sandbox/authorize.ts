// Whether a call of S3, KMS or Cognito may be made: the caller's own policies, the policy of the bucket and that of the key,
// as AWS weighs them, and what S3 refuses besides. moto checks the signatures of these calls and nothing else.
// Independent of src/core on purpose: a mistake in one must not hide in the other.
// Sources: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "Troubleshoot access denied
// error messages"; AWS Organizations User Guide, "Service control policies", "Resource control policies"; S3 User Guide, "How Amazon S3 authorizes a request", "Bucket naming rules", "Using server-side encryption with
// AWS KMS keys", "Uploading using multipart upload"; KMS Developer Guide, "Key policies"; Cognito API Reference.
import type { Context } from './conditions.ts';
import { s3Request, type S3Target } from './operations.ts';
import {
  identityVerdict,
  isPublic,
  organizationFault,
  resourceVerdict,
  type Guard,
  type Principal,
  type Request,
} from './policy.ts';
import type { Refusal } from './sts.ts';

/** What the account holds of what a call is about (moto/state.py). Null is what is not there. */
export interface State {
  readonly caller: Caller | null;
  readonly bucket?: Bucket | null;
  readonly object?: Encrypted | null;
  readonly upload?: Encrypted | null;
  readonly key?: Key;
  /** Bucket to region, of the caller's account. */
  readonly regions?: Readonly<Record<string, string>>;
}
/** The policies of the organization over an account, from the root down; of a kind that is not switched on there are none. */
export type Guards = readonly { readonly service?: readonly Guard[]; readonly resource?: readonly Guard[] }[];
export interface Caller extends Principal {
  readonly type: 'User' | 'AssumedRole';
  /** Of the user or the role. */
  readonly name: string;
  readonly policies: readonly string[];
  readonly guards: Guards;
}
interface Bucket {
  readonly account: string;
  readonly guards: Guards;
  readonly region: string;
  readonly policy: string | null;
  readonly publicAccessBlock: { readonly blockPublicPolicy?: boolean; readonly restrictPublicBuckets?: boolean };
  readonly ownership: string | null;
  readonly encryption: Encrypted & { readonly algorithm: string | null };
}
/** With which key of KMS, null for none. */
interface Encrypted {
  readonly key: Key | null;
}
type Key =
  | {
      readonly arn: string;
      readonly account: string;
      readonly region: string;
      readonly state: string;
      readonly policy: string;
      readonly guards: Guards;
    }
  | { readonly managed: true }
  | { readonly missing: string };

export interface Call {
  readonly operation: string;
  readonly region: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
/** Of a call of S3. */
export interface S3Call extends Call {
  readonly target: S3Target;
  readonly query: URLSearchParams;
  /** Where it is needed to judge: keys of DeleteObjects, the policy of PutBucketPolicy, the region of CreateBucket. */
  readonly body: string | undefined;
}
/** An error with what S3's XML says beside it. */
export interface S3Refusal extends Refusal {
  readonly bucketRegion?: string;
  readonly details?: Readonly<Record<string, string>>;
}
export const isRefusal = (answer: object): answer is S3Refusal => 'code' in answer;

const denied = (message: string): Refusal => ({ status: 403, code: 'AccessDenied', message });
const header = ({ headers }: Call, name: string): string | undefined => headers[name]?.toString();

/** The keys that every call sets. */
function contextOf(call: Call, caller: Caller): [string, string[]][] {
  return [
    ['aws:currenttime', [new Date().toISOString()]],
    ['aws:epochtime', [String(Math.floor(Date.now() / 1000))]],
    ['aws:sourceip', ['127.0.0.1']],
    // AWS is reached over TLS, unless a caller says that it is not (as Argo is told to with `insecure: true`).
    ['aws:securetransport', [String(header(call, PLAIN_HEADER) === undefined)]],
    ['aws:requestedregion', [call.region]],
    ['aws:principalarn', [caller.principal]],
    ['aws:principalaccount', [caller.account]],
    ['aws:principaltype', [caller.type]],
    ...(caller.type === 'User' ? ([['aws:username', [caller.name]]] satisfies [string, string[]][]) : []),
  ];
}
/** A header that makes a call one without TLS. */
export const PLAIN_HEADER = 'x-sandbox-plain';

/** The levels of one kind. */
export const guardsOf = (guards: Guards, kind: 'service' | 'resource'): readonly (readonly Guard[])[] =>
  guards.flatMap((level) => (level[kind] === undefined ? [] : [level[kind]]));

/** Why a caller may not do something, in the words of AWS; undefined if it may. */
function accessFault(
  caller: Caller,
  request: Request,
  resource: { readonly account: string; readonly policy: string | null; readonly guards?: Guards },
  /** Whether the policies of the caller count only if the resource leaves it to the account, as a key must. */
  byResource: boolean,
  target = `on resource: "${request.resource}"`,
): string | undefined {
  const identity = identityVerdict(caller.policies, request);
  const said = resource.policy === null ? undefined : resourceVerdict(resource.policy, request, caller);
  const may = `User: ${caller.arn} is not authorized to perform: ${request.action} ${target}`;
  const nothing = (kind: string): string => `${may} because no ${kind} policy allows the ${request.action} action`;
  if (identity === 'deny') return `${may} with an explicit deny in an identity-based policy`;
  if (said === 'deny') return `${may} with an explicit deny in a resource-based policy`;
  // Those of the caller's account stand over the caller, those of the resource's account over the resource.
  for (const [kind, guards] of [
    ['service', caller.guards],
    ['resource', resource.guards ?? []],
  ] as const) {
    const fault = organizationFault(guardsOf(guards, kind), request);
    if (fault === 'nothing') return nothing(`${kind} control`);
    if (fault !== undefined) return `${may} with an explicit deny in a ${kind} control policy: ${fault.deny}`;
  }
  if (caller.account !== resource.account) {
    if (said === undefined) return nothing('resource-based');
    return identity === 'allow' ? undefined : nothing('identity-based');
  }
  if (said === 'itself') return undefined;
  if (byResource && said === undefined) return nothing('resource-based');
  return identity === 'allow' ? undefined : nothing('identity-based');
}

// ---- KMS -------------------------------------------------------------------------------------------------------------

/** Why a key may not be used for a call of S3. */
function keyFault(
  call: S3Call,
  caller: Caller,
  key: Key,
  action: 'kms:GenerateDataKey' | 'kms:Decrypt',
  bucket: Bucket,
): Refusal | undefined {
  // The key that AWS manages for S3 serves whom S3 serves, in its own account.
  if ('managed' in key)
    return caller.account === bucket.account
      ? undefined
      : denied(
          `User: ${caller.arn} is not authorized to perform: ${action} on this resource because the resource is managed by AWS`,
        );
  if ('missing' in key)
    return { status: 400, code: 'KMS.NotFoundException', message: `Key '${key.missing}' does not exist` };
  const { bucket: name, key: object } = call.target;
  const context = new Map([
    ...contextOf(call, caller),
    ['kms:viaservice', [`s3.${bucket.region}.amazonaws.com`]] as const,
    ['kms:calleraccount', [caller.account]] as const,
    ['kms:encryptioncontext:aws:s3:arn', [`arn:aws:s3:::${name}/${object}`]] as const,
    ['kms:encryptioncontextkeys', ['aws:s3:arn']] as const,
  ]);
  const target =
    action === 'kms:Decrypt' ? 'on the resource associated with this ciphertext' : `on resource: ${key.arn}`;
  const fault = accessFault(caller, { action, resource: key.arn, context }, key, true, target);
  return fault === undefined ? stateFault(key) : denied(fault);
}
function stateFault({ arn, state }: { readonly arn: string; readonly state: string }): Refusal | undefined {
  if (state === 'Disabled') return { status: 400, code: 'KMS.DisabledException', message: `${arn} is disabled.` };
  if (state === 'PendingDeletion')
    return { status: 400, code: 'KMS.KMSInvalidStateException', message: `${arn} is pending deletion.` };
  return undefined;
}

/** Why a call of KMS itself may not be made. */
export function judgeKms(call: Call, { caller, key }: State): Refusal | undefined {
  if (!caller) return undefined;
  const json = (message: string): Refusal => ({ status: 400, code: 'AccessDeniedException', message });
  // What is not there is moto's to say.
  if (key && 'missing' in key) return undefined;
  const action = `kms:${call.operation}`;
  const context = new Map([...contextOf(call, caller), ['kms:calleraccount', [caller.account]] as const]);
  const own = key && 'arn' in key;
  const resource = own ? key.arn : '*';
  const fault = accessFault(
    caller,
    { action, resource, context },
    own ? key : { account: caller.account, policy: null },
    own === true,
    `on resource: ${own ? resource : `arn:aws:kms:${call.region}:${caller.account}:*`}`,
  );
  return fault === undefined ? undefined : json(fault);
}

// ---- Cognito ---------------------------------------------------------------------------------------------------------

/** Why a call about a user pool (undefined for one about none) may not be made. */
export function judgeCognito(call: Call, pool: string | undefined, { caller }: State): Refusal | undefined {
  if (!caller) return undefined;
  const place = `arn:aws:cognito-idp:${call.region}:${caller.account}:`;
  const resource = pool === undefined ? '*' : `${place}userpool/${pool}`;
  const fault = accessFault(
    caller,
    { action: `cognito-idp:${call.operation}`, resource, context: new Map(contextOf(call, caller)) },
    { account: caller.account, policy: null },
    false,
    `on resource: ${pool === undefined ? `${place}userpool/*` : resource}`,
  );
  return fault === undefined ? undefined : { status: 400, code: 'AccessDeniedException', message: fault };
}

// ---- S3 --------------------------------------------------------------------------------------------------------------

/** Headers of S3's condition keys. Source: Service Authorization Reference, S3. */
const HEADER_KEYS = [
  ...['x-amz-acl', 'x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id'],
  ...['x-amz-storage-class', 'x-amz-copy-source', 'x-amz-object-ownership', 'x-amz-content-sha256'],
];
const headersOf = (call: Call): [string, string[]][] =>
  HEADER_KEYS.flatMap((name) => {
    const value = header(call, name);
    return value === undefined ? [] : [[`s3:${name}`, [value]]];
  });
/** What a header asks for needs a permission of its own. */
const HEADER_ACTIONS: readonly (readonly [operation: string, header: string, action: string])[] = [
  ['PutObject', 'x-amz-tagging', 's3:PutObjectTagging'],
  ['PutObject', 'x-amz-acl', 's3:PutObjectAcl'],
  ['CreateMultipartUpload', 'x-amz-tagging', 's3:PutObjectTagging'],
  ['CreateMultipartUpload', 'x-amz-acl', 's3:PutObjectAcl'],
  ['CreateBucket', 'x-amz-object-ownership', 's3:PutBucketOwnershipControls'],
  ['CreateBucket', 'x-amz-acl', 's3:PutBucketAcl'],
];
const SSE = 'x-amz-server-side-encryption';
const SSE_KEY = `${SSE}-aws-kms-key-id`;

/** Whether a call is about to encrypt an object. */
const encrypts = ({ operation }: Call): boolean =>
  operation === 'PutObject' || operation === 'CreateMultipartUpload' || operation === 'CopyObject';

/**
 * Judges a call of S3: the error that S3 answers, or the headers to add, which make moto keep the key that the bucket encrypts
 * with by default.
 */
export function judgeS3(call: S3Call, state: State): S3Refusal | Readonly<Record<string, string>> {
  const { operation, target, region } = call;
  const { caller, bucket = null } = state;
  if (operation === 'CreateBucket') return !caller ? {} : (newBucketFault(call, caller) ?? {});
  const elsewhere = bucket && regionFault(call, bucket);
  if (elsewhere) return elsewhere;
  // Who is not known is moto's to refuse.
  if (!caller) return {};
  const told = bucket ? { bucketRegion: bucket.region } : {};
  const { action, resource, context } = s3Request(operation, target, call.query);
  const keys: Context = new Map([
    ...context,
    ...contextOf(call, caller),
    ...headersOf(call),
    ...(bucket
      ? ([
          ['s3:resourceaccount', [bucket.account]],
          ['aws:resourceaccount', [bucket.account]],
        ] as const)
      : []),
  ]);
  const owner = {
    account: bucket?.account ?? caller.account,
    policy: bucket?.policy ?? null,
    guards: bucket?.guards ?? [],
  };
  const may = (asked: string, about = resource, held: Context = keys): string | undefined =>
    accessFault(caller, { action: asked, resource: about, context: held }, owner, false);
  const refuse = (message: string): S3Refusal => ({ ...denied(message), ...told });
  if (operation === 'DeleteObjects') {
    const faults = deletedKeys(call.body ?? '').map((key) => may('s3:DeleteObject', `${resource}/${key}`));
    const fault = faults.find((one) => one !== undefined);
    return fault === undefined ? {} : refuse(fault);
  }
  const wanted = [
    action,
    ...HEADER_ACTIONS.filter(([of, name]) => of === operation && header(call, name) !== undefined).map(
      ([, , extra]) => extra,
    ),
  ];
  for (const one of wanted) {
    const fault = may(one);
    if (fault !== undefined) return refuse(fault);
  }
  if (!bucket) return {};
  if ((header(call, 'x-amz-expected-bucket-owner') ?? bucket.account) !== bucket.account)
    return refuse('Access Denied');
  // A policy that lets everyone in lets in nobody of another account where S3 is told to restrict it.
  if (
    caller.account !== bucket.account &&
    bucket.publicAccessBlock.restrictPublicBuckets &&
    bucket.policy !== null &&
    isPublic(bucket.policy)
  )
    return refuse('Access Denied');
  if (operation === 'PutBucketPolicy' && bucket.publicAccessBlock.blockPublicPolicy && isPublic(call.body ?? '{}'))
    return refuse(
      `User: ${caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "${resource}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    );
  const acl = header(call, 'x-amz-acl');
  if (encrypts(call) && bucket.ownership === 'BucketOwnerEnforced' && acl && acl !== 'bucket-owner-full-control')
    return { status: 400, code: 'AccessControlListNotSupported', message: 'The bucket does not allow ACLs' };
  if (operation === 'GetObject' || operation === 'HeadObject') {
    // Who may not list is not told that something is not there. What S3 holds for the prefix of the list that is meant is not
    // established: here it is the key, so that who may list around it is told.
    const held = new Map([...keys, ['s3:prefix', [target.key]] as const]);
    const fault = state.object === null ? may('s3:ListBucket', `arn:aws:s3:::${target.bucket}`, held) : undefined;
    if (fault !== undefined) return refuse(fault);
  }
  return encryptionFault(call, state, caller, bucket) ?? (region ? defaultEncryption(call, bucket) : {});
}

/** Reading needs the key that the object has; writing the one that the call names, or else the bucket's default. */
function encryptionFault(call: S3Call, state: State, caller: Caller, bucket: Bucket): S3Refusal | undefined {
  const { operation } = call;
  const decrypted =
    operation === 'GetObject'
      ? state.object
      : operation === 'UploadPart' || operation === 'CompleteMultipartUpload'
        ? state.upload
        : undefined;
  if (decrypted?.key) {
    const fault = keyFault(call, caller, decrypted.key, 'kms:Decrypt', bucket);
    if (fault) return { ...fault, bucketRegion: bucket.region };
  }
  if (!encrypts(call)) return undefined;
  const asked = header(call, SSE);
  if (asked !== undefined && asked !== 'aws:kms') return undefined;
  const key = asked === undefined ? bucket.encryption.key : (state.key ?? { managed: true as const });
  const fault = key ? keyFault(call, caller, key, 'kms:GenerateDataKey', bucket) : undefined;
  return fault && { ...fault, bucketRegion: bucket.region };
}

function defaultEncryption(call: S3Call, { encryption: { algorithm, key } }: Bucket): Readonly<Record<string, string>> {
  if (!encrypts(call) || header(call, SSE) !== undefined || algorithm === null) return {};
  return { [SSE]: algorithm, ...(key && 'arn' in key ? { [SSE_KEY]: key.arn } : {}) };
}
/** The key that a call of S3 names: what state.py is to look up. */
export const namedKey = (call: Call): string | undefined =>
  encrypts(call) && header(call, SSE) === 'aws:kms' ? header(call, SSE_KEY) : undefined;

/**
 * A bucket answers in its own region only. Elsewhere S3 says where it is; where the region that a request is signed for is not
 * that of the address it is sent to, that the signature is wrong.
 */
function regionFault({ operation, region, target }: S3Call, bucket: Bucket): S3Refusal | undefined {
  if (operation === 'GetBucketLocation') return undefined;
  if ((target.endpointRegion ?? region) !== bucket.region)
    return {
      status: 301,
      code: 'PermanentRedirect',
      message:
        'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      bucketRegion: bucket.region,
      details: { Endpoint: `${target.bucket}.s3.${bucket.region}.amazonaws.com`, Bucket: target.bucket },
    };
  if (region !== bucket.region)
    return {
      status: 400,
      code: 'AuthorizationHeaderMalformed',
      message: `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
      bucketRegion: bucket.region,
      details: { Region: bucket.region },
    };
  return undefined;
}

/** The rules of names that moto does not know. */
const NAME = /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const NAME_END = /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

function newBucketFault(call: S3Call, caller: Caller): S3Refusal | undefined {
  const { bucket } = call.target;
  const constraint = /<LocationConstraint>([^<]*)</.exec(call.body ?? '')?.[1];
  const context: Context = new Map([
    ...contextOf(call, caller),
    ...headersOf(call),
    ...(constraint === undefined ? [] : ([['s3:locationconstraint', [constraint]]] satisfies [string, string[]][])),
  ]);
  const extra = HEADER_ACTIONS.filter(([of, name]) => of === 'CreateBucket' && header(call, name) !== undefined);
  for (const action of ['s3:CreateBucket', ...extra.map(([, , one]) => one)]) {
    const resource = `arn:aws:s3:::${bucket}`;
    const fault = accessFault(caller, { action, resource, context }, { account: caller.account, policy: null }, false);
    if (fault !== undefined) return denied(fault);
  }
  if (!NAME.test(bucket) || NAME_END.test(bucket))
    return {
      status: 400,
      code: 'InvalidBucketName',
      message: 'The specified bucket is not valid.',
      details: { BucketName: bucket },
    };
  if (
    constraint !== undefined &&
    constraint !== '' &&
    constraint !== 'EU' &&
    !/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(constraint)
  )
    return {
      status: 400,
      code: 'InvalidLocationConstraint',
      message: 'The specified location-constraint is not valid',
      details: { LocationConstraint: constraint },
    };
  return undefined;
}

/** The keys in the body of DeleteObjects. */
const deletedKeys = (xml: string): string[] => [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
