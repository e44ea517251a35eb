/** KP-004: what AWS's guides write for an account with a cluster or a role, left in. One of these alone may be a name that was made up to hide another. */
import { finding, type Seen } from '../finding.ts';
import type { Resource } from '../resource.ts';

const ACCOUNT = 'arn:aws[\\w-]*:iam::(?:111122223333|444455556666|123456789012)';
const PROVIDER = new RegExp(`${ACCOUNT}:oidc-provider/oidc\\.eks\\.[\\w.-]+/id/EXAMPLE\\w*`, 'g');
const ROLE = new RegExp(`${ACCOUNT}:role/(?:my-role|my-iam-role|IRSA-role-name)(?![\\w+=,.@/-])`, 'g');

/** Samples in a trust policy, a Profile or a service account. */
export function ofGuides(thing: Resource): Seen[] {
  const samples = thing.kind === 'trust' ? PROVIDER : ROLE;
  if (thing.kind !== 'trust' && thing.kind !== 'profile' && thing.kind !== 'serviceAccount') return [];
  const { start, end, source } = thing.root;
  return [...source.text.slice(start, end).matchAll(samples)].map(({ 0: text, index }) => {
    const message = "This is the sample of AWS's guides: what your account has stands here.";
    return finding('KP-004', { start: start + index, end: start + index + text.length }, message, [], 'warning');
  });
}
