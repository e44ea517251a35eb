/** Reads what is live of the things that files declare: roles of many by one listing, Profiles by one list. */
import type { LiveThings } from '../core/drift/compare.ts';
import type { Declared } from '../core/drift/declared.ts';
import type { Cluster, OidcProvider, Profile, Role } from '../core/observation.ts';
import { providerArn } from '../core/policy/build.ts';
import { absent, found, type Reading } from '../core/reading.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { rolesOf } from './roles.ts';

/** Never throws. `kubernetes`: asked for only where a file has a Profile. */
export async function lookAtDeclared(
  declared: readonly Declared[],
  cluster: Pick<Cluster, 'account' | 'partition'>,
  aws: Pick<Aws, 'role' | 'rolesPage' | 'oidcProvider'>,
  kubernetes: () => Promise<Pick<Kubernetes, 'profiles'>>,
): Promise<LiveThings> {
  const names = (kind: Declared['kind']): readonly string[] => [
    ...new Set(declared.flatMap((one) => (one.kind === kind ? [one.name] : []))),
  ];
  const all = async <T>(readings: Iterable<readonly [string, Promise<Reading<T>>]>): Promise<Map<string, Reading<T>>> =>
    new Map(await Promise.all([...readings].map(async ([name, reading]) => [name, await reading] as const)));
  const listed = async (): Promise<Reading<ReadonlyMap<string, Profile>> | undefined> => {
    if (names('profile').length === 0) return undefined;
    const profiles = await (await kubernetes()).profiles();
    return profiles.state === 'found'
      ? found(new Map(profiles.value.map((profile) => [profile.metadata.name, profile])))
      : profiles;
  };
  const { account, partition } = cluster;
  const [roles, providers, profiles] = await Promise.all([
    all<Role>(rolesOf(aws).read(names('role'))),
    all<OidcProvider>(
      names('provider').map((issuer) => [issuer, aws.oidcProvider(providerArn(partition, account, issuer))]),
    ),
    listed(),
  ]);
  return {
    role: (name) => roles.get(name),
    provider: (issuer) => providers.get(issuer),
    profile: (name) => {
      if (profiles?.state !== 'found') return profiles;
      const profile = profiles.value.get(name);
      return profile === undefined ? absent : found(profile);
    },
  };
}
