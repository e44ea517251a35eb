/**
 * What is live, as an export wants it: profiles with their roles, settings and associations, and the provider. Reads grow with the
 * pages of what there is, not with the profiles, where there are many.
 */
import { ROLE_ARN } from '../core/arn/arn.ts';
import { refText, type Kind, type Ref, type Things } from '../core/kinds.ts';
import {
  bareOf,
  type ConfigMap,
  type PodIdentity,
  type Profile,
  type Role,
  type RoleSettings,
} from '../core/observation.ts';
import { factsOf } from '../core/facts.ts';
import { accountArn, refOf, unreadable, type Plan } from '../core/plan/plan.ts';
import { AUDIENCE, providerArn } from '../core/policy/build.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import { LAUNCHER, madeByPipelines, REPOSITORIES } from '../core/profile/pipelines.ts';
import { absent, found, valueOf, type Reading } from '../core/reading.ts';
import { clusterTags } from '../core/tags.ts';
import { spoken } from '../core/text.ts';
import {
  exportedOf,
  goneBy,
  ofKind,
  thingsOf,
  type Exported,
  type ExportedCluster,
  type Thing,
} from '../export/things.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { BULK, limiter, patiently, rolesOf } from './roles.ts';

/** What of a cluster is handed over. */
export interface LiveExport {
  readonly exported: Exported;
  /** What is other in the files than it is now, a sentence each. */
  readonly notes: readonly string[];
  /** What is not in the files because it could not be read or is not there: a sentence each. */
  readonly missing: readonly string[];
}

type Reads = Pick<
  Aws,
  'oidcProvider' | 'role' | 'rolesPage' | 'roleSettings' | 'podIdentityAssociations' | 'podIdentity'
>;
type Objects = Pick<Kubernetes, 'profile' | 'profiles' | 'configMap' | 'configMaps'>;

const thing = <K extends Kind>(ref: Ref<K>, value: Things[K], there = true): Thing => ({ ref, value, there }) as Thing;

/** Profiles by name: each of the wanted ones, or all there are. */
async function readProfiles(
  names: readonly string[] | undefined,
  kubernetes: Objects,
): Promise<{ readonly profiles: readonly Profile[]; readonly missing: readonly string[] }> {
  const few = names !== undefined && names.length < BULK ? names : undefined;
  if (few !== undefined) {
    const readings = await Promise.all(few.map(async (name) => [name, await kubernetes.profile(name)] as const));
    return {
      profiles: readings.flatMap(([, reading]) => valueOf(reading) ?? []),
      missing: readings.flatMap(([name, reading]) =>
        reading.state === 'found' ? [] : [unreadable(reading, `Profile ${name}`)],
      ),
    };
  }
  const all = await kubernetes.profiles();
  if (all.state !== 'found') return { profiles: [], missing: [unreadable(all, 'The list of Profiles')] };
  if (names === undefined) return { profiles: all.value, missing: [] };
  const byName = new Map(all.value.map((profile) => [profile.metadata.name, profile]));
  return {
    profiles: names.flatMap((name) => byName.get(name) ?? []),
    missing: names.filter((name) => !byName.has(name)).map((name) => unreadable(absent, `Profile ${name}`)),
  };
}

/** Settings of a name in the namespaces of profiles, but for those that Kubeflow Pipelines made by itself. */
async function readConfigMaps(
  profiles: readonly string[],
  name: string,
  kubernetes: Objects,
): Promise<Reading<readonly ConfigMap[]>> {
  const wanted = new Set(profiles);
  const chosen = (all: readonly ConfigMap[]): readonly ConfigMap[] =>
    all.filter((one) => wanted.has(one.namespace) && !madeByPipelines(one));
  if (profiles.length >= BULK) {
    const all = await kubernetes.configMaps(name);
    return all.state === 'found' ? found(chosen(all.value)) : all;
  }
  const readings = await Promise.all(profiles.map((profile) => kubernetes.configMap(profile, name)));
  const unread = readings.find(({ state }) => state === 'denied' || state === 'failed');
  return unread === undefined || unread.state === 'found' || unread.state === 'absent'
    ? found(chosen(readings.flatMap((reading) => valueOf(reading) ?? [])))
    : unread;
}

/** Associations of the namespaces of profiles. A list names them, and each is read by itself: EKS tells the role only so. */
async function readAssociations(
  profiles: readonly string[],
  { name }: ExportedCluster,
  aws: Reads,
): Promise<{ readonly found: readonly PodIdentity[]; readonly missing: readonly string[] }> {
  const all = await patiently(() => aws.podIdentityAssociations(name));
  if (all.state !== 'found')
    return {
      found: [],
      missing: all.state === 'absent' ? [] : [unreadable(all, 'The list of Pod Identity associations')],
    };
  const wanted = new Set(profiles);
  const atOnce = limiter(4);
  const readings = await Promise.all(
    all.value
      .filter(({ namespace }) => wanted.has(namespace))
      .map(async ({ namespace, serviceAccount }) => ({
        title: `The Pod Identity association of ${namespace}/${serviceAccount}`,
        reading: await atOnce(() => patiently(() => aws.podIdentity(name, namespace, serviceAccount))),
      })),
  );
  return {
    found: readings.flatMap(({ reading }) => valueOf(reading) ?? []),
    missing: readings.flatMap(({ title, reading }) =>
      reading.state === 'found' || reading.state === 'absent' ? [] : [unreadable(reading, title)],
    ),
  };
}

/** A role with its parts. */
function roleThings(role: Role, at: string, settings: RoleSettings | undefined): readonly Thing[] {
  const { name, inline, attached } = role;
  const { description = '', maxSession } = settings ?? role;
  const bare = {
    ...bareOf(role),
    ...(maxSession === undefined ? {} : { maxSession }),
    ...(description === '' ? {} : { description }),
  };
  return [
    thing(refOf('iam/role', at, name), bare),
    ...inline.map((policy) => thing(refOf('iam/role-policy', at, `${name}/${policy.name}`), { text: policy.text })),
    ...attached.map((arn) => thing(refOf('iam/role-attachment', at, `${name}/${arn}`), { policyArn: arn })),
  ];
}

/**
 * Reads what is handed over of some profiles of a cluster.
 *
 * @param names of Profiles; undefined: all
 */
export async function gatherExport(
  cluster: ExportedCluster,
  names: readonly string[] | undefined,
  aws: Reads,
  kubernetes: Objects,
): Promise<LiveExport> {
  const { profiles, missing } = await readProfiles(names, kubernetes);
  const at = accountArn(cluster);
  const live = profiles.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const its = live.map(({ metadata }) => metadata.name);
  const arn = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const [provider, associations, ...configMaps] = await Promise.all([
    patiently(() => aws.oidcProvider(arn)),
    readAssociations(its, cluster, aws),
    readConfigMaps(its, LAUNCHER, kubernetes),
    readConfigMaps(its, REPOSITORIES, kubernetes),
  ]);
  const named = new Map<string, readonly string[]>();
  const nameRole = (role: string, by: string): void => void named.set(role, [...(named.get(role) ?? []), by]);
  for (const profile of live) {
    const role = irsaPlugin(profile)?.awsIamRole;
    if (role !== undefined) nameRole(role, `Profile ${profile.metadata.name}`);
  }
  for (const { roleArn, namespace } of associations.found) nameRole(roleArn, `Pod Identity of ${namespace}`);
  const roles = await readRoles([...named.keys()], cluster, aws);
  const withoutRole = live.filter((profile) => irsaPlugin(profile)?.awsIamRole === undefined);
  const things: readonly Thing[] = [
    ...(provider.state === 'found'
      ? [thing(refOf('iam/provider', at, arn), provider.value)]
      : provider.state === 'absent' && live.length > 0
        ? [thing(refOf('iam/provider', at, arn), { arn, clientIds: [AUDIENCE], tags: clusterTags(cluster) }, false)]
        : []),
    ...roles.things,
    ...live.map((profile) => thing(refOf('k8s/profile', cluster.arn, profile.metadata.name), profile)),
    ...configMaps
      .flatMap((reading) => valueOf(reading) ?? [])
      .map((one) => thing(refOf('k8s/config-map', cluster.arn, `${one.namespace}/${one.name}`), one)),
    ...associations.found.map((one) =>
      thing(refOf('eks/pod-identity', cluster.arn, `${one.namespace}/${one.serviceAccount}`), one),
    ),
  ];
  const { exported, notes } = exportedOf(cluster, things);
  return {
    exported,
    notes: [
      ...notes,
      ...(provider.state === 'absent' && live.length > 0
        ? ['The cluster has no OIDC provider in IAM yet: in the files it is made.']
        : []),
    ],
    missing: [
      ...missing,
      ...profiles
        .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
        .map(({ metadata }) => `Profile ${metadata.name} is being deleted.`),
      ...(provider.state === 'found' || provider.state === 'absent' ? [] : [unreadable(provider, 'The OIDC provider')]),
      ...roles.missing.map(({ arn: role, why }) =>
        role === '' ? why : `${why} It is the role of ${(named.get(role) ?? []).join(', ')}.`,
      ),
      ...withoutRole
        .filter(({ metadata }) => !associations.found.some(({ namespace }) => namespace === metadata.name))
        .map(({ metadata }) => `Profile ${metadata.name} names no role.`),
      ...configMaps.flatMap((reading, index) =>
        reading.state === 'found' ? [] : [unreadable(reading, `ConfigMap ${[LAUNCHER, REPOSITORIES][index] ?? ''}`)],
      ),
      ...associations.missing,
    ].map(spoken),
  };
}

/** Roles of the cluster's account by their ARNs: all of each, or it is missing. */
async function readRoles(
  arns: readonly string[],
  cluster: ExportedCluster,
  aws: Reads,
): Promise<{
  readonly things: readonly Thing[];
  readonly missing: readonly { readonly arn: string; readonly why: string }[];
}> {
  const at = accountArn(cluster);
  const missing: { arn: string; why: string }[] = [];
  const byName = new Map<string, string>();
  for (const arn of arns) {
    const { account, name } = ROLE_ARN.exec(arn)?.groups ?? {};
    if (name === undefined) missing.push({ arn, why: `"${arn}" is not the ARN of a role.` });
    else if (account !== cluster.account)
      missing.push({ arn, why: `Role ${arn} is in another account than the cluster.` });
    else byName.set(name, arn);
  }
  const reading = rolesOf(aws).read(byName.keys());
  const settings = byName.size < BULK ? undefined : await patiently(() => aws.roleSettings());
  const things: Thing[] = [];
  for (const [name, arn] of byName) {
    const role = (await reading.get(name)) ?? absent;
    if (role.state !== 'found') missing.push({ arn, why: unreadable(role, `Role ${name}`) });
    else if (role.value.unread !== undefined)
      missing.push({
        arn,
        why: `Role ${name} cannot be read whole: you are not permitted to ${role.value.unread.join(', ')}.`,
      });
    else if (role.value.arn !== arn)
      missing.push({ arn, why: `There is no role ${arn}: the one of this name is ${role.value.arn}.` });
    else things.push(...roleThings(role.value, at, settings === undefined ? undefined : valueOf(settings)?.get(name)));
  }
  if (settings !== undefined && settings.state !== 'found')
    missing.push({ arn: '', why: unreadable(settings, 'Session length and description of the roles') });
  return { things, missing };
}

/**
 * What a plan makes of its cluster, with what it leaves alone in roles that are there.
 *
 * @param done it was carried out: all of it is there
 */
export async function exportOfPlan(
  plan: Plan,
  cluster: ExportedCluster,
  aws: Pick<Aws, 'role'>,
  done = false,
): Promise<LiveExport> {
  const roles = ofKind(thingsOf(plan), 'iam/role').filter(({ there }) => there || done);
  const readings = await Promise.all(roles.map(async ({ ref }) => [ref, await aws.role(ref.key)] as const));
  const facts = factsOf({ things: new Map(readings.map(([ref, reading]) => [refText(ref), reading])) });
  const things = thingsOf(plan, facts).map((one) => (done ? { ...one, there: true } : one));
  const { exported, notes } = exportedOf(cluster, things);
  const unread = readings.flatMap(([ref, reading]) => {
    if (reading.state !== 'found') return reading.state === 'absent' ? [] : [unreadable(reading, `Role ${ref.key}`)];
    const { unread: lacking } = reading.value;
    return lacking === undefined
      ? []
      : [`What else is in role ${ref.key} is not known: you are not permitted to ${lacking.join(', ')}.`];
  });
  return { exported, notes: [...plan.warnings, ...notes], missing: [...goneBy(plan), ...unread].map(spoken) };
}
