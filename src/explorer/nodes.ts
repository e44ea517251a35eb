/** The nodes of the tree: what they are, not what is known of them. Ids are paths of names that do not change. */
import type { Remedy } from '../core/modes/problem.ts';
import { sourceId, sourceOf, type Source } from '../source.ts';
import type { Fact } from './node/factKind.ts';
import type { FactName } from './node/facts.ts';

interface Base {
  readonly id: string;
  readonly parent?: TreeNode;
}

/** Clusters of one source, where there is more than one source. */
export interface GroupNode extends Base, Source {
  readonly kind: 'group';
}

/** Commands take these fields as the place they start from. */
export interface ClusterNode extends Base, Source {
  readonly kind: 'cluster';
  readonly cluster: string;
}

export interface ProfileNode extends Base, Source {
  readonly kind: 'profile';
  readonly cluster: string;
  readonly profile: string;
}

/** A fact about a profile: a service account, its role, a bucket, the pipeline root. */
export interface FactNode extends Base, Source, Fact {
  readonly kind: FactName;
  readonly cluster: string;
  readonly profile: string;
}

/** A problem of a profile, with its failure mode of the catalogue. */
export interface ProblemNode extends Base, Source {
  readonly kind: 'problem';
  readonly cluster: string;
  readonly profile: string;
  readonly failureMode: string;
  readonly label: string;
  readonly message: string;
  readonly remedy?: Remedy;
  readonly remark?: true;
  /** The file that it is about: a click opens it. */
  readonly uri?: string;
}

/** Something that could not be read, or that is not there: in place of children. */
export interface MessageNode extends Base {
  readonly kind: 'message';
  readonly tone: 'error' | 'denied' | 'nothing';
  readonly label: string;
  readonly message: string;
  /** Offered on click. */
  readonly command?: { readonly id: string; readonly title: string };
}

/** A run that did not end: on top of the tree until it is done or taken back. */
export interface RunNode extends Base {
  readonly kind: 'run';
  /** Its id in the journal. */
  readonly run: string;
  /** How far it came, what it is about, and what is in the way of going on. */
  readonly description: string;
  /** Whether its identity is chosen, so that it can be resumed and undone. */
  readonly isReady: boolean;
  readonly lines: string;
}

export type TreeNode = RunNode | GroupNode | ClusterNode | ProfileNode | FactNode | ProblemNode | MessageNode;

/** Names may hold any character, a slash too. */
const path = (...parts: readonly string[]): string => parts.map(encodeURIComponent).join('/');

export const groupNode = (source: Source): GroupNode => ({
  kind: 'group',
  id: `group/${sourceId(source)}`,
  ...sourceOf(source.awsProfile, source.region),
});

export const clusterNode = (source: Source, cluster: string, parent?: GroupNode): ClusterNode => ({
  kind: 'cluster',
  id: `cluster/${sourceId(source)}/${path(cluster)}`,
  ...sourceOf(source.awsProfile, source.region),
  cluster,
  ...(parent === undefined ? {} : { parent }),
});

export const profileNode = (parent: ClusterNode, profile: string): ProfileNode => ({
  kind: 'profile',
  id: `${parent.id}/${path(profile)}`,
  ...sourceOf(parent.awsProfile, parent.region),
  cluster: parent.cluster,
  profile,
  parent,
});

export const factNode = (parent: ProfileNode, fact: Fact & Pick<FactNode, 'kind'>): FactNode => ({
  ...fact,
  id: `${parent.id}/${fact.kind}/${path(fact.contributor ?? fact.value)}`,
  ...sourceOf(parent.awsProfile, parent.region),
  cluster: parent.cluster,
  profile: parent.profile,
  parent,
});

type ProblemFields = Pick<ProblemNode, 'failureMode' | 'label' | 'message' | 'remedy' | 'remark' | 'uri'>;

/** `of`: tells it from others of its failure mode. */
export const problemNode = (parent: ProfileNode, problem: ProblemFields, of?: string): ProblemNode => ({
  kind: 'problem',
  ...problem,
  id: `${parent.id}/problem/${problem.failureMode}${of === undefined ? '' : `/${path(of)}`}`,
  ...sourceOf(parent.awsProfile, parent.region),
  cluster: parent.cluster,
  profile: parent.profile,
  parent,
});

type MessageFields = Pick<MessageNode, 'tone' | 'label' | 'message' | 'command'>;

export const messageNode = (parent: TreeNode | undefined, message: MessageFields): MessageNode => ({
  kind: 'message',
  ...message,
  id: `${parent?.id ?? ''}/message`,
  ...(parent === undefined ? {} : { parent }),
});

export const runNode = (run: Omit<RunNode, 'kind' | 'id' | 'parent'>): RunNode => ({
  kind: 'run',
  ...run,
  id: `run/${path(run.run)}`,
});

/** Names of clusters as people order them: numbers by their size. */
export const sortedNames = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
