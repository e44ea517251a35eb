/** Proofs as data: who does what where, and whether it must succeed or be refused. Verification is a list of them. */
import { roleNameOf } from '../arn/arn.ts';
import { profilePrefix, SERVICE_ACCOUNT } from '../policy/build.ts';
import { READS_REGION, type LauncherPlace } from '../profile/launcher.ts';
import type { AccessLevel } from '../request.ts';

/**
 * A service account, with a token that `issuer` signed; `beside`: of some other profile of the cluster than that one, which is
 * looked up when it is proven.
 */
export type Who = { readonly name: string; readonly issuer: string } & (
  { readonly namespace: string } | { readonly beside: string }
);

/** A place in S3, and how it is reached. */
export type Where = {
  readonly bucket: string;
  /** The region at which it is called. */
  readonly region: string;
  /** The region that it lies in, as far as that is known. */
  readonly bucketRegion?: string;
  /** URL of an endpoint; absent: that of S3 in the region. */
  readonly endpoint?: string;
} & (
  | {
      /** Begin of every key: "" is all of the bucket. */
      readonly prefix: string;
    }
  /** The prefix of some other profile than that one. */
  | { readonly beside: string }
);

/**
 * What is done in S3, by the calls of KFP's launcher (KFP `backend/src/v2/objectstore`): `list`: ListObjectsV2 below the prefix, as
 * before every download; `write`: put, get, delete; `write in parts`: create, upload a part, complete, get, delete, as for large
 * files. `read`: what the caller wrote, by a role that may not write.
 */
export type Deed = 'list' | 'write' | 'write in parts' | 'read';

/** What is told beside what was tried; `ok` null: it is neither right nor wrong, or it could not be tried. */
export interface Told {
  readonly ok: boolean | null;
  /** A sentence: what was shown, or what went wrong and what to do. */
  readonly text: string;
}

export interface Proof {
  /** What is shown, in a few words. */
  readonly title: string;
  readonly who: Who;
  /** ARN of the role that it assumes. */
  readonly role: string;
  /** What it then does; empty: assuming the role is the proof. */
  readonly does: readonly Deed[];
  readonly where?: Where;
  readonly must: 'succeed' | 'be refused';
  /** What the settings of the launcher come to, where the place is by them. */
  readonly settings?: Told;
}

/** What a profile's proofs are about. */
export interface Target {
  readonly profile: string;
  readonly roleArn: string;
  readonly issuer: string;
  readonly bucket: string;
  readonly bucketRegion: string;
  readonly access: AccessLevel;
  /** Where the profile's objects lie with access `prefix`; absent: {@link profilePrefix}. */
  readonly prefix?: string;
  /** A service account of the namespace that the role does not let in; absent: {@link NEIGHBOUR}. */
  readonly neighbour?: string;
  /** Where the launcher writes by its settings, or why they were not read. Absent: they are left alone, and nothing is said of them. */
  readonly launcher?: LauncherPlace | { readonly state: 'unread'; readonly why: string };
}

/** The service account whose token must be refused: each namespace has it, and it belongs to no profile's role. */
export const NEIGHBOUR = 'default';

/**
 * That a profile's service account does what the launcher does, where the launcher would; and that its neighbour, and the same
 * account of another profile, cannot use its role, nor its role the prefix of another profile.
 */
export function profileProofs(target: Target): readonly Proof[] {
  const { profile, roleArn: role, issuer, bucket, bucketRegion, access, neighbour = NEIGHBOUR } = target;
  const who = { namespace: profile, name: SERVICE_ACCOUNT, issuer };
  const prefix = access === 'prefix' ? (target.prefix ?? profilePrefix(profile)) : '';
  const usual = { bucket, region: bucketRegion, bucketRegion };
  const title = `${SERVICE_ACCOUNT} of ${profile} uses the bucket`;
  const own =
    access === 'read-only'
      ? { does: ['read'] as const, where: { ...usual, prefix } }
      : { does: ['list', 'write', 'write in parts'] as const, ...placeOf(target, { ...usual, prefix }) };
  const refused = { role, must: 'be refused' } as const;
  return [
    { title, who, role, ...own, must: 'succeed' },
    { ...refused, title: 'its neighbour is refused', who: { ...who, name: neighbour }, does: [] },
    {
      ...refused,
      title: 'another profile is refused',
      who: { beside: profile, name: SERVICE_ACCOUNT, issuer },
      does: [],
    },
    ...(access === 'prefix'
      ? [
          {
            ...refused,
            title: 'no other prefix is in reach',
            who,
            does: ['list', 'write'] as const,
            where: { ...usual, beside: profile },
          },
        ]
      : []),
  ];
}

/**
 * That a role which a profile does not use yet would do for it: shown before it is given to the profile, so that nothing that runs is
 * ever pointed to a role that does not work. The rest of {@link profileProofs} is for the end.
 */
export const newRoleProofs = ({ launcher: _left, ...target }: Target): readonly Proof[] =>
  profileProofs(target)
    .slice(0, 1)
    .map((proof) => ({ ...proof, title: `${proof.title} with role ${roleNameOf(target.roleArn) ?? target.roleArn}` }));

/** Where the launcher writes, or the usual place, with what is to be said of it. */
function placeOf(
  { launcher, bucket, bucketRegion, profile }: Target,
  usual: Where,
): { readonly where: Where; readonly settings?: Told } {
  if (launcher === undefined) return { where: usual };
  const only = (why: string): { where: Where; settings: Told } => ({
    where: usual,
    settings: { ok: null, text: `${why} So this proof is about the bucket alone, not about where pipelines write.` },
  });
  switch (launcher.state) {
    case 'unread':
    case 'elsewhere':
      return only(launcher.why);
    case 'fails':
      return { where: usual, settings: { ok: false, text: launcher.why } };
    case 's3':
  }
  const root = `s3://${launcher.bucket}/${launcher.prefix}`;
  const settings = `ConfigMap ${profile}/kfp-launcher`;
  if (launcher.bucket !== bucket) return only(`Pipelines write to ${root} (${settings}), not to ${bucket}.`);
  if (launcher.credentials === 'secret')
    return only(
      `Pipelines write to ${root} with the keys of Secret ${launcher.secret ?? ''} (${settings}), not with the role. Write fromEnv: true in its credentials.`,
    );
  const { region = bucketRegion, endpoint, prefix, older } = launcher;
  const where = { bucket, region, bucketRegion, prefix, ...(endpoint === undefined ? {} : { endpoint }) };
  const at = (called: { readonly region?: string; readonly endpoint?: string }): string =>
    `${called.region ?? 'no region'}${called.endpoint === undefined ? '' : ` at ${called.endpoint}`}`;
  const text = `Pipelines write to ${root} in ${at({ region, ...(endpoint === undefined ? {} : { endpoint }) })} (${settings}).`;
  return {
    where,
    settings:
      older === undefined
        ? { ok: true, text }
        : {
            ok: null,
            text: `${text} KFP before ${READS_REGION} would call ${at(older)}: where its version may be older, ${withRegion(launcher, bucketRegion)}`,
          },
  };
}

/** What makes every version of KFP call a bucket in its region: its end of a sentence. */
export const withRegion = (
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  region: string,
): string => `set defaultPipelineRoot of kfp-launcher to s3://${bucket}/${prefix.replace(/\/$/, '')}?region=${region}.`;

/** What a proof needs to be allowed. A role that may only read cannot write its own probe: the caller does. */
export const PROOF_MAY = ({ who, does, where }: Proof): readonly string[] => [
  'create serviceaccounts/token',
  ...('beside' in who || (where !== undefined && 'beside' in where) ? ['list profiles.kubeflow.org'] : []),
  ...(does.includes('read') ? ['s3:PutObject', 's3:DeleteObject'] : []),
];
