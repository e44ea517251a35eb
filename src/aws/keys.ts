/** Keys in KMS: its client is loaded only where a bucket is encrypted with a key. */
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import type { KmsKey } from '../core/observation.ts';
import { absent, found, reasonOf, valueOf, type Reading } from '../core/reading.ts';
import { read } from './roles.ts';

const ALIAS = /(^|:)alias\//;

/** A key by id, ARN, alias or alias ARN, with its policy. */
export async function readKey(configuration: KMSClientConfig, name: string): Promise<Reading<KmsKey>> {
  const kms = new KMSClient(configuration);
  const policyOf = (id: string): Promise<Reading<string>> =>
    read('kms:GetKeyPolicy', async () => {
      const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: id, PolicyName: 'default' }));
      return Policy === undefined ? absent : found(Policy);
    });
  // A policy is not told by an alias.
  const early = ALIAS.test(name) ? undefined : policyOf(name);
  const key = await read('kms:DescribeKey', async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: name }));
    return KeyMetadata?.Arn === undefined ? absent : found({ ...KeyMetadata, Arn: KeyMetadata.Arn });
  });
  if (key.state !== 'found') {
    await early;
    return key;
  }
  const { Arn, KeyState, DeletionDate, KeyManager, KeySpec, KeyUsage } = key.value;
  const policy = await (early ?? policyOf(Arn));
  const text = valueOf(policy);
  return found<KmsKey>({
    arn: Arn,
    state: KeyState ?? 'Unknown',
    ...(DeletionDate === undefined ? {} : { deletion: DeletionDate.toISOString() }),
    managedByAws: KeyManager === 'AWS',
    symmetric:
      (KeySpec ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT' && (KeyUsage ?? 'ENCRYPT_DECRYPT') === 'ENCRYPT_DECRYPT',
    ...(text === undefined ? { unread: reasonOf(policy) } : { policy: text }),
  });
}
