/** Why nothing can be listed: pure, from the answers of the sources. */
import type { Reading } from '../core/reading.ts';
import type { Source } from '../source.ts';

/** Reasons for an empty tree: each has its welcome text in package.json. */
export type Empty = 'noRegion' | 'noCredentials' | 'expired' | 'noClusters' | 'filtered';

/** Error codes that mean "not signed in", and whether a new sign-in is what helps (SDK for JavaScript, EKS and STS models). */
const NO_CREDENTIALS =
  /CredentialsProviderError|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch/;
const EXPIRED = /ExpiredToken|TokenProviderError|TokenRefresh/;

/** Whether a reading failed for want of good credentials: signing in may help. */
export const needsSignIn = (reading: Reading<unknown> | undefined): boolean =>
  reading?.state === 'failed' && (EXPIRED.test(reading.code ?? '') || NO_CREDENTIALS.test(reading.code ?? ''));

/** Why there is nothing to show although every source has answered. */
export function whyEmpty(
  sources: readonly { readonly names: Reading<readonly string[]> | undefined }[],
): Empty | undefined {
  if (sources.length === 0) return 'noRegion';
  const readings = sources.flatMap(({ names }) => names ?? []);
  if (readings.every((names) => names.state === 'found' && names.value.length === 0)) return 'noClusters';
  const codes = readings.map((names) => (names.state === 'failed' ? (names.code ?? '') : ''));
  if (codes.every((code) => EXPIRED.test(code))) return 'expired';
  return codes.every((code) => EXPIRED.test(code) || NO_CREDENTIALS.test(code)) ? 'noCredentials' : undefined;
}

/** Credentials that are not accepted say the same in every region: once is enough. */
export function withoutRepeats<T extends { readonly source: Source; readonly names: Reading<unknown> | undefined }>(
  sources: readonly T[],
): readonly T[] {
  const told = new Set<string | undefined>();
  return sources.filter(({ names, source: { awsProfile } }) => {
    if (!needsSignIn(names)) return true;
    return told.size !== told.add(awsProfile).size;
  });
}
