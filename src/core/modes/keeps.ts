/** What a repair does about the role that a profile has: asked of who plans it, by what was read of the profile. */
import { factsOf } from '../facts.ts';
import { refText, type Ref } from '../kinds.ts';
import type { AmendedTrust } from '../policy/amend.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { accountArn, refOf } from '../plan/plan.ts';
import { chooseRole } from '../plan/role.ts';
import { ROLE_ARN } from '../arn/arn.ts';
import { found, type Reading } from '../reading.ts';
import { roleArnOf, type ProfileView } from './view.ts';

/**
 * Whether a repair keeps the role, and what its trust policy becomes; or `left` to those whom it serves, too, for one of the profile's own.
 * Undefined: it cannot be said before the role is read.
 */
export function keeps(readings: ProfileView): { readonly trust?: AmendedTrust } | 'left' | undefined {
  const { cluster, profile, serviceAccount, role } = readings;
  const { issuer } = cluster;
  const arn = roleArnOf(readings) ?? '';
  const name = ROLE_ARN.exec(arn)?.groups?.['name'];
  if (issuer === undefined) return undefined;
  const { name: its } = profile.metadata;
  const things = new Map<string, Reading<unknown>>();
  const set = (ref: Ref, reading: Reading<unknown>): void => void things.set(refText(ref), reading);
  set(refOf('k8s/profile', cluster.arn, its), found(profile));
  set(refOf('k8s/service-account', cluster.arn, `${its}/${SERVICE_ACCOUNT}`), serviceAccount);
  if (name !== undefined && role !== undefined) set(refOf('iam/role', accountArn(cluster), name), role);
  const choice = chooseRole({ profile: its, cluster: cluster.name }, factsOf({ things }), { ...cluster, issuer });
  // Another role is looked at next, or others lose what they have of this one: then it is left to them.
  if (!('candidate' in choice)) return 'role' in choice && choice.role === name ? undefined : 'left';
  const { candidate, reading, trust } = choice;
  if (reading.state === 'denied' || reading.state === 'failed') return undefined;
  // Of the right name at another path: the one that is named is not the one that is there.
  if (candidate.named !== arn || (reading.state === 'found' && reading.value.arn !== arn)) return 'left';
  return trust === undefined ? {} : { trust };
}
