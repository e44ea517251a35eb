/** What files of the workspace say of a profile of the tree, of its role, and of its cluster's provider. */
import { roleNameOf } from '../arn/arn.ts';
import { roleArnOf, type ProfileView } from '../modes/view.ts';
import type { Cluster, OidcProvider } from '../observation.ts';
import { issuerPath } from '../policy/build.ts';
import { found, type Reading } from '../reading.ts';
import { differences, type Difference } from './compare.ts';
import type { Declared } from './declared.ts';
import type { DeclaredOf } from './files.ts';

export interface FiledProfile {
  readonly profile: readonly Declared[];
  /** Of the role that the profile has. */
  readonly role: readonly Declared[];
  /** Where what is live is not as the files have it. */
  readonly drift: readonly Difference[];
}

/** Costs two looks where no file declares either. What could not be read is not compared. */
export function filedProfile(readings: ProfileView, of: DeclaredOf): FiledProfile {
  const { account } = readings.cluster;
  const { name } = readings.profile.metadata;
  const arn = roleArnOf(readings);
  const roleName = arn === undefined ? undefined : roleNameOf(arn);
  const profile = of({ kind: 'profile', name, account });
  const role = roleName === undefined ? [] : of({ kind: 'role', name: roleName, account });
  const all = [...profile, ...role];
  const live = {
    role: () => readings.role,
    profile: () => (readings.profile.malformed === undefined ? found(readings.profile) : undefined),
    provider: () => undefined,
  };
  return { profile, role, drift: differences(all, live, { missing: false }) };
}

/** The same of a cluster's provider. */
export function filedProvider(
  { issuer = '', account }: Pick<Cluster, 'issuer' | 'account'>,
  provider: Reading<OidcProvider> | undefined,
  of: DeclaredOf,
): { readonly declared: readonly Declared[]; readonly drift: readonly Difference[] } {
  const declared = issuer === '' ? [] : of({ kind: 'provider', name: issuerPath(issuer), account });
  const live = { role: () => undefined, profile: () => undefined, provider: () => provider };
  return { declared, drift: declared.length === 0 ? [] : differences(declared, live, { missing: false }) };
}
