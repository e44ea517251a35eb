/** Where a profile's pipelines put their artifacts, as part of its plan: the settings of KFP's launcher and of Argo's repository. */
import type { Facts } from '../facts.ts';
import type { Change } from '../kinds.ts';
import type { ConfigMap } from '../observation.ts';
import { profilePrefix } from '../policy/build.ts';
import { isAtLeast, launcherPlace, READS_REGION, type LauncherPlace } from '../profile/launcher.ts';
import {
  amendRepositories,
  DEFAULT_REPOSITORY,
  hasReadableProviders,
  LAUNCHER,
  madeByPipelines,
  MAKES_CONFIG_MAPS,
  NEEDS_KEYS,
  newRepositories,
  PIPELINES,
  pipelinesVersion,
  providersFor,
  REPOSITORIES,
  rootOf,
  type Destination,
} from '../profile/pipelines.ts';
import { valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import { isBlocked, no, waits, type Part } from './part.ts';
import { bucketRef, refOf, unreadable } from './plan.ts';
import type { IssuingCluster } from './role.ts';

/**
 * How long the pipelines profile controller gets to make its ConfigMaps in a new namespace, in milliseconds: it makes them within a
 * second. Less where it is not known whether it makes them at all.
 */
const PIPELINES_TIME = { makes: 20_000, unknown: 5_000 } as const;

interface Planned {
  readonly parts: readonly Part[];
  readonly warnings: readonly string[];
  /** Where the launcher will write by what is planned. Absent: that is left alone. */
  readonly place?: LauncherPlace;
}

/** What is to be so that pipelines write to the bucket of the wish; nothing where they are not to, or cannot. */
export function artifactParts(wish: Request, facts: Facts, cluster: IssuingCluster, profile: readonly Part[]): Planned {
  if (wish.access === 'read-only') return { parts: [], warnings: [] };
  const launcher = facts.get(refOf('k8s/config-map', cluster.arn, `${wish.profile}/${LAUNCHER}`));
  const pipelines = facts.get(refOf('k8s/deployment', cluster.arn, `${PIPELINES.namespace}/${PIPELINES.name}`));
  const there = valueOf(launcher);
  const image = valueOf(pipelines)?.image;
  const version = image === undefined ? undefined : pipelinesVersion(image);
  const region = valueOf(facts.get(bucketRef(wish.bucket)))?.region ?? cluster.region;
  const to: Destination = { prefix: wish.prefix ?? profilePrefix(wish.profile), bucket: wish.bucket, region };
  const now = there === undefined ? undefined : placeOf(there.data, cluster, version);
  if (wish.leaveArtifacts === true) {
    const where = now === undefined ? 'where Kubeflow Pipelines puts them by itself' : told(now);
    const says = isUnread(launcher)
      ? `it could not be read whether pipelines write to ${rootOf(to)}.`
      : `pipelines write ${where}, not to ${rootOf(to)}.`;
    return { parts: [], warnings: isThere(now, wish, to) ? [] : [`Where artifacts go is left alone: ${says}`] };
  }
  if (pipelines.state === 'absent' && launcher.state === 'absent')
    return {
      parts: [],
      warnings: [
        `Kubeflow Pipelines was not found (deployment ${PIPELINES.name} in namespace ${PIPELINES.namespace}): where artifacts go is not set.`,
      ],
    };
  const parts = [
    launcherPart(wish, facts, cluster, profile, to, version),
    repositoriesPart(wish, facts, cluster, profile, to, version),
  ];
  const launch = parts[0] !== undefined && 'change' in parts[0] ? parts[0].change.after : undefined;
  return {
    parts: parts.filter((part) => part !== undefined),
    ...(launch !== undefined && 'data' in launch ? { place: placeOf(launch.data, cluster, version) } : {}),
    warnings: [
      ...versionWarnings(version, to, cluster),
      ...(there === undefined || madeByPipelines(there) || now === undefined || isThere(now, wish, to)
        ? []
        : [
            `Pipelines write ${told(now)} today, and to ${rootOf(to)} from then on. What they wrote stays where it is.`,
          ]),
    ],
  };
}

const placeOf = (data: ConfigMap['data'], { region }: IssuingCluster, version: string | undefined): LauncherPlace =>
  launcherPlace(data, { region, ...(version === undefined ? {} : { version }) });

const makesConfigMaps = (version: string | undefined): boolean =>
  version !== undefined && isAtLeast(version, MAKES_CONFIG_MAPS) === true;

/** Where pipelines write, to follow "Pipelines write". */
const told = (writes: LauncherPlace): string =>
  writes.state === 's3'
    ? `to s3://${writes.bucket}/${writes.prefix} (${writes.region})`
    : writes.state === 'elsewhere'
      ? `to ${writes.root}`
      : `nowhere (${writes.why.replace(/\.$/, '')})`;

/** Whether artifacts go to the bucket of a wish already, by the role, at the region of the bucket, where the role may write. */
const isThere = (
  writes: LauncherPlace | undefined,
  { access, prefix: chosen }: Request,
  { bucket, prefix, region }: Destination,
): boolean =>
  writes?.state === 's3' &&
  writes.bucket === bucket &&
  writes.region === region &&
  writes.older === undefined &&
  writes.credentials === 'env' &&
  ((access !== 'prefix' && chosen === undefined) || writes.prefix.startsWith(prefix));

/** A region before 2.17, and a release that does not start. */
function versionWarnings(version: string | undefined, to: Destination, cluster: IssuingCluster): string[] {
  if (version === undefined) return [];
  const name = `Kubeflow Pipelines ${version}`;
  return [
    ...(version === NEEDS_KEYS
      ? [`${name} does not start without static keys (KP-059). Upgrade it to 2.16 or later.`]
      : []),
    ...(to.region !== cluster.region && isAtLeast(version, READS_REGION) === false
      ? [
          `${name} does not read the region of its settings beside a role (KP-057), so the root names it: "?region=${to.region}".`,
        ]
      : []),
  ];
}

/** The launcher's settings for a destination. Other keys stay; a root with a query makes the launcher leave `providers` alone. */
function launcherData(
  there: Readonly<Record<string, string>>,
  to: Destination,
  cluster: IssuingCluster,
  version: string | undefined,
): Readonly<Record<string, string>> {
  const root = { ...there, defaultPipelineRoot: rootOf(to) };
  const says = (data: Readonly<Record<string, string>>): boolean => {
    const writes = placeOf(data, cluster, version);
    return (
      writes.state === 's3' && writes.region === to.region && writes.older === undefined && writes.credentials === 'env'
    );
  };
  if (says(root)) return root;
  const withProviders = { ...root, providers: providersFor(to) };
  if (there['providers'] === undefined && version !== undefined && says(withProviders)) return withProviders;
  return { ...root, defaultPipelineRoot: `${rootOf(to)}?region=${to.region}` };
}

function launcherPart(
  wish: Request,
  facts: Facts,
  cluster: IssuingCluster,
  profile: readonly Part[],
  to: Destination,
  version: string | undefined,
): Part {
  const key = `${wish.profile}/${LAUNCHER}`;
  const title = `ConfigMap ${key}, artifacts to ${rootOf(to)}`;
  if (isBlocked(profile)) return waits('config-map', title, 'profile', 'the Profile');
  const ref = refOf('k8s/config-map', cluster.arn, key);
  const reading = facts.get(ref);
  if (isUnread(reading)) return unread(reading, key, title);
  const before = valueOf(reading);
  const now = before === undefined ? undefined : placeOf(before.data, cluster, version);
  if (before !== undefined && now?.state === 'fails' && !hasReadableProviders(before.data))
    return unsafe(key, title, now.why);
  const what = 'where artifacts go';
  if (before !== undefined && isThere(now, wish, to))
    return { change: { ref, before, after: before, what, note: told(now as LauncherPlace) } };
  const after: ConfigMap = {
    ...(before ?? { namespace: wish.profile, name: LAUNCHER }),
    data: launcherData(before?.data ?? {}, to, cluster, version),
  };
  return { change: change(ref, before, after, what, version) };
}

/** A ConfigMap that is to be set stops the plan, or is left alone. */
const stop = (title: string, reason: string): Part => no('config-map', title, reason, { consent: 'leaveArtifacts' });

const isUnread = (reading: Reading<unknown>): boolean => reading.state === 'denied' || reading.state === 'failed';

const unread = (reading: Reading<unknown>, key: string, title: string): Part =>
  stop(title, `${unreadable(reading, `ConfigMap ${key}`)} Or leave artifacts where they go now.`);

/** `why` is a sentence. */
const unsafe = (key: string, title: string, why: string): Part =>
  stop(title, `ConfigMap ${key} cannot be changed safely: ${why} Correct it, or leave artifacts where they go now.`);

/** A change of a ConfigMap that the pipelines profile controller makes first, as a rule. */
const change = (
  ref: Change<'k8s/config-map'>['ref'],
  before: ConfigMap | undefined,
  after: ConfigMap,
  what: string,
  version: string | undefined,
): Change => ({
  ref,
  ...(before === undefined ? {} : { before }),
  after,
  what,
  ...(before === undefined && (version === undefined || makesConfigMaps(version))
    ? {
        first: {
          who: 'the pipelines profile controller',
          within: PIPELINES_TIME[version === undefined ? 'unknown' : 'makes'],
        } as const,
      }
    : {}),
});

/** Argo's repository: only where the namespace has one of its own, or gets one. */
function repositoriesPart(
  wish: Request,
  facts: Facts,
  cluster: IssuingCluster,
  profile: readonly Part[],
  to: Destination,
  version: string | undefined,
): Part | undefined {
  const key = `${wish.profile}/${REPOSITORIES}`;
  const title = `ConfigMap ${key}, logs and version 1 artifacts to ${to.bucket}`;
  const ref = refOf('k8s/config-map', cluster.arn, key);
  const reading = facts.get(ref);
  if (isUnread(reading)) return unread(reading, key, title);
  const before = valueOf(reading);
  if (before === undefined && !makesConfigMaps(version)) return undefined;
  if (isBlocked(profile)) return waits('config-map', title, 'profile', 'the Profile');
  const what = 'where logs and artifacts of version 1 go';
  if (before === undefined) {
    const after: ConfigMap = {
      namespace: wish.profile,
      name: REPOSITORIES,
      annotations: { [DEFAULT_REPOSITORY]: Object.keys(newRepositories(to))[0] ?? '' },
      data: newRepositories(to),
    };
    return { change: change(ref, undefined, after, what, version) };
  }
  const amended = amendRepositories(before, to);
  if (amended === undefined) return undefined;
  if ('problem' in amended) return unsafe(key, title, `${amended.problem}.`);
  return { change: change(ref, before, { ...before, data: amended.data }, what, version) };
}
