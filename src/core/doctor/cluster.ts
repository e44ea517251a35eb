/** What a cluster without profiles is judged by: what the first profile on it would meet. Pure. */
import type { Cluster } from '../observation.ts';
import { judgeProfile, type Judgement } from '../modes/live.ts';
import type { FailureModeId } from '../modes/ids.ts';
import { failureMode } from '../modes/table.ts';
import type { Inspected, ProfileView } from '../modes/view.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { absent, found } from '../reading.ts';

/** What is about one profile only in part: the webhook of EKS, and the way out that Istio leaves, are those of all. */
const ALSO: ReadonlySet<FailureModeId> = new Set(['KP-061', 'KP-065']);
/** Whether a failure can be judged of a cluster alone. */
export const isOfCluster = (id: FailureModeId): boolean => failureMode(id).scope === 'cluster' || ALSO.has(id);

/** The first profile of a cluster as it would be, without a name. Only what {@link isOfCluster} is to be judged of it. */
export function firstProfile(
  cluster: Cluster,
  facts: Pick<ProfileView, 'provider' | 'pipelines'>,
  inspected: Inspected,
): ProfileView {
  const role = `arn:${cluster.partition}:iam::${cluster.account}:role/of-the-first-profile`;
  const account = { namespace: '', name: SERVICE_ACCOUNT, annotations: { [ROLE_ANNOTATION]: role } };
  return {
    ...inspected,
    ...facts,
    cluster,
    profile: { ...newProfile('', '', role, true), finalizers: [] },
    namespace: found({ name: '', deleting: false }),
    serviceAccount: found(account),
    launcher: absent,
    role: absent,
    sharedWith: [],
  };
}

/** Judges a cluster by its first profile. `now`: milliseconds since 1970. */
export function judgeCluster(
  view: ProfileView,
  now: number,
): { readonly view: ProfileView; readonly judgement: Judgement } {
  const judgement = judgeProfile(view, undefined, now);
  const [problems, remarks] = [judgement.problems, judgement.remarks].map((all) =>
    all.filter(({ id }) => isOfCluster(id)),
  );
  return { view, judgement: { ...judgement, state: 'not-verified', problems: problems ?? [], remarks: remarks ?? [] } };
}
