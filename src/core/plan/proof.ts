import { profilePrefix, SERVICE_ACCOUNT } from '../policy/build.ts';
import type { AccessLevel } from '../request.ts';

/** Who does what with which role, and whether it must succeed or be refused. */
export interface Proof {
  /** What is shown, in a few words. */
  readonly title: string;
  /** A service account, with a token that `issuer` signed. */
  readonly who: { readonly namespace: string; readonly name: string; readonly issuer: string };
  /** ARN of the role that it assumes. */
  readonly role: string;
  /** What it then does in a bucket, below `prefix` ("" is all of it); absent: nothing, assuming the role is the proof. */
  readonly use?: {
    readonly bucket: string;
    readonly region: string;
    readonly prefix: string;
    readonly does: 'write' | 'read';
  };
  readonly must: 'succeed' | 'be refused';
}

/** What a profile's proofs are about. */
export interface Target {
  readonly profile: string;
  readonly roleArn: string;
  readonly issuer: string;
  readonly bucket: string;
  readonly bucketRegion: string;
  readonly access: AccessLevel;
}

/** The service account whose token must be refused: each namespace has it, and it belongs to no profile's role. */
export const NEIGHBOUR = 'default';

/** That a profile's service account uses its bucket, and that its neighbour cannot use its role. */
export function profileProofs({ profile, roleArn, issuer, bucket, bucketRegion, access }: Target): readonly Proof[] {
  return [
    {
      title: `${SERVICE_ACCOUNT} of ${profile} uses the bucket`,
      who: { namespace: profile, name: SERVICE_ACCOUNT, issuer },
      role: roleArn,
      use: {
        bucket,
        region: bucketRegion,
        prefix: access === 'prefix' ? profilePrefix(profile) : '',
        does: access === 'read-only' ? 'read' : 'write',
      },
      must: 'succeed',
    },
    {
      title: 'its neighbour is refused',
      who: { namespace: profile, name: NEIGHBOUR, issuer },
      role: roleArn,
      must: 'be refused',
    },
  ];
}

/** What a proof needs to be allowed. A role that may only read cannot write its own probe: the caller does. */
export const PROOF_MAY = ({ use }: Proof): readonly string[] => [
  'create serviceaccounts/token',
  ...(use?.does === 'read' ? ['s3:PutObject', 's3:DeleteObject'] : []),
];
