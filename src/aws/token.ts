import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentityProvider } from '@smithy/types';
import { partitionOfRegion } from '../core/arn/partitions.ts';

/**
 * Bearer token for the Kubernetes API of an EKS cluster: a GetCallerIdentity request to the region's STS, presigned with the
 * cluster's name in a header (kubernetes-sigs/aws-iam-authenticator `pkg/token/token.go`). Signed here, without a call. Always
 * for the real STS host: the cluster's authenticator knows no other. Valid for 15 minutes.
 */
export async function eksToken(
  cluster: string,
  region: string,
  credentials: AwsCredentialIdentityProvider,
): Promise<string> {
  const host = `sts.${region}.${partitionOfRegion(region)?.dnsSuffix ?? 'amazonaws.com'}`;
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: Sha256, applyChecksum: false });
  const request = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': cluster },
    },
    {
      expiresIn: 60,
      unhoistableHeaders: new Set(['x-k8s-aws-id']),
      signableHeaders: new Set(['host', 'x-k8s-aws-id']),
    },
  );
  const url = new URL(`https://${host}/`);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value));
  return `k8s-aws-v1.${Buffer.from(url.href).toString('base64url')}`;
}
