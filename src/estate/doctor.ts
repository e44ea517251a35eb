/** Clusters as the doctor looks at them: read in lists, whole, once; judged by the same judges as the tree. */
import type { Judgement } from '../core/modes/live.ts';
import { fingerprint, judgeProfile } from '../core/modes/live.ts';
import { roleArnOf, type ProfileView } from '../core/modes/view.ts';
import { ROLE_ARN } from '../core/arn/arn.ts';
import { firstProfile, judgeCluster } from '../core/doctor/cluster.ts';
import { withManifests, withRoles, type Overlay } from '../core/doctor/whatif.ts';
import type { ClusterSeen, DoctorUnread, Judged, Proven } from '../core/doctor/report.ts';
import { phrase } from '../core/phrase.ts';
import { absent, failed, type Reading } from '../core/reading.ts';
import { messageOf, spoken } from '../core/text.ts';
import type { Aws, ConnectKubernetes, Kubernetes } from '../provisioning/ports.ts';
import { inspectCloud } from './cloud.ts';
import { clusterEstate } from './cluster.ts';
import { patiently, wholeRole, type Roles } from './roles.ts';

/** What is said of a cluster whose profiles tell nothing of it. */
const NO_PROFILE = 'There is no profile: what the first one would meet is told.';
const isThere = ({ state }: Reading<unknown>): boolean => state === 'found';

/** Clusters that are read at the same time, by who looks at several. */
export const CLUSTERS_AT_ONCE = 8;

/** What is looked at. */
export interface Examined {
  readonly cluster: string;
  readonly region: string;
  /** The only one; absent: all. */
  readonly profile?: string | undefined;
}

export interface Examiner {
  readonly aws: Aws;
  readonly connect: ConnectKubernetes;
  /** Roles of the account, read once for all of its clusters. */
  readonly roles: Roles;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves when it is the turn of the next of many. */
  readonly turn?: () => Promise<void>;
  /** What trying a profile showed last. */
  readonly proof?: (profile: string, view: ProfileView) => Proven | undefined;
}

const lacking = (what: string, reading: Reading<unknown>): DoctorUnread => ({
  what,
  ...(reading.state === 'denied' ? { permission: reading.permission } : {}),
  ...(reading.state === 'failed' ? { reason: spoken(reading.reason) } : {}),
  ...(reading.state === 'absent' ? { reason: 'there is none of this name' } : {}),
});

/** A judgement; of readings that cannot be judged one that says so: one profile must not keep the others from it. */
export function judged(view: ProfileView, now: number, proof?: Proven): Judged {
  try {
    // A failure counts as long as nothing changed, and a proof of former times does not.
    const verified =
      proof === undefined || proof.changed === true
        ? undefined
        : { outcome: proof.outcome, fingerprint: fingerprint(view) };
    const judgement = judgeProfile(view, verified, now);
    return { view, judgement, ...(proof === undefined ? {} : { proof }) };
  } catch (error) {
    const judgement: Judgement = {
      state: 'cannot-read',
      words: phrase('could not be judged'),
      problems: [],
      remarks: [],
      unread: [{ what: phrase('its state'), fact: 'profile', reason: spoken(messageOf(error)) }],
    };
    return { view, judgement };
  }
}

/** A view with its role, where that is not read yet. */
async function withRole(view: ProfileView, roles: Roles): Promise<ProfileView> {
  if (view.role !== undefined) return view;
  const groups = ROLE_ARN.exec(roleArnOf(view) ?? '')?.groups;
  if (groups === undefined) return { ...view, role: absent };
  const name = groups['name'] ?? '';
  if (groups['account'] !== view.cluster.account) return { ...view, role: failed('it is a role of another account') };
  const reading = await roles.read([name]).get(name);
  return { ...view, role: reading === undefined ? absent : wholeRole(reading) };
}

/** A cluster as it was seen, and as it would be with what was laid over it. */
export interface Seen extends ClusterSeen {
  readonly after?: ClusterSeen;
}

/**
 * Reads a cluster and judges its profiles; with an overlay also as they would be. Never throws: what could not be read is in the
 * answer.
 */
export async function examine(
  { cluster: name, region, profile }: Examined,
  through: Examiner,
  overlay?: Overlay,
): Promise<Seen> {
  const { aws, connect, roles, now, turn, proof } = through;
  const seen = { cluster: name, region, profiles: [] };
  const described = await patiently(() => aws.cluster(name)).catch((error: unknown) => failed(messageOf(error)));
  if (described.state !== 'found') return { ...seen, unread: [lacking(`cluster ${name}`, described)] };
  const cluster = described.value;
  if (cluster.endpoint === undefined)
    return { ...seen, note: `The cluster is ${cluster.status}: there is nothing to judge.` };
  let kubernetes: Kubernetes;
  try {
    kubernetes = await connect(cluster, aws);
  } catch (error) {
    return { ...seen, unread: [lacking('the Kubernetes API', failed(messageOf(error)))] };
  }
  const noted: unknown[] = [];
  const estate = clusterEstate(cluster, aws, kubernetes, roles, () => undefined, {
    failed: (error) => void noted.push(error),
    ...(profile === undefined ? {} : { only: profile }),
  });
  try {
    const listed = await estate.load();
    if (listed.state === 'absent' && ![estate.facts.controller, estate.facts.pipelines].some(isThere))
      return { ...seen, note: 'Kubeflow is not installed: the cluster knows no Profiles.' };
    if (listed.state !== 'found' && listed.state !== 'absent')
      return { ...seen, unread: [lacking('the profiles', listed)] };
    const [inspection] = await Promise.all([estate.inspect(profile), estate.whole]);
    const judgedAll = async (views: readonly ProfileView[]): Promise<readonly Judged[]> => {
      const profiles: Judged[] = [];
      for (const view of views) {
        await turn?.();
        profiles.push(judged(view, now(), proof?.(view.profile.metadata.name, view)));
      }
      return profiles;
    };
    const wanted = (views: readonly ProfileView[]): readonly ProfileView[] =>
      views.filter((view) => profile === undefined || view.profile.metadata.name === profile);
    const names = listed.state === 'found' ? listed.value : [];
    if (names.length === 0 && profile === undefined && overlay === undefined) {
      const { provider, pipelines } = estate.facts;
      const first = firstProfile(cluster, { provider, pipelines }, inspection.of(''));
      const itself = { ...first, ...(await inspectCloud(cluster, aws, [first]))('') };
      return { ...seen, itself: judgeCluster(itself, now()), note: NO_PROFILE };
    }
    const all = names.flatMap((one): ProfileView[] => {
      const readings = estate.readings(one);
      return readings === undefined ? [] : [{ ...readings, ...inspection.of(one) }];
    });
    const profiles = await judgedAll(wanted(all));
    if (overlay !== undefined) {
      const { provider, pipelines } = estate.facts;
      const changed = wanted(withManifests(all, overlay, { cluster, provider, pipelines }));
      const roled = withRoles(await Promise.all(changed.map((view) => withRole(view, roles))), overlay, profile);
      const cloud = await inspectCloud(cluster, aws, roled);
      const views = roled.map((view) => ({ ...view, ...cloud(view.profile.metadata.name) }));
      const after = { ...seen, profiles: await judgedAll(views) };
      return { ...seen, profiles, after };
    }
    const reasons = noted.map((error) => lacking('part of the cluster', failed(messageOf(error))));
    return { ...seen, profiles, ...(reasons.length === 0 ? {} : { unread: reasons }) };
  } catch (error) {
    return { ...seen, unread: [lacking('the cluster', failed(messageOf(error)))] };
  } finally {
    estate.close();
  }
}
