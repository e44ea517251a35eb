/** The tree's contents: what is read when, what is shown of it, and what becomes of it when something changes. */
import * as vscode from 'vscode';
import { accounts } from '../estate/accounts.ts';
import { proofs, type ClusterPlace, type Proofs } from '../estate/proofs.ts';
import { judgeProfile, notJudged, type Judgement, type StateKind, type Verified } from '../core/modes/live.ts';
import { failureMode } from '../core/modes/table.ts';
import type { Cluster } from '../core/observation.ts';
import { providerArn } from '../core/policy/build.ts';
import type { ProfileReadings } from '../core/modes/view.ts';
import { valueOf, type Reading } from '../core/reading.ts';
import { commandId, SHOW_FAILURE_MODE } from '../ids.ts';
import { clusterEstate, type ClusterEstate } from '../estate/cluster.ts';
import { limiter, patiently } from '../estate/roles.ts';
import { listSources, reading, type Listing, type SourceState } from '../estate/sources.ts';
import type { Aws, ConnectKubernetes } from '../provisioning/ports.ts';
import { needsSignIn, whyEmpty, withoutRepeats } from '../estate/empty.ts';
import { treeItem } from './item.ts';
import { judging, type Judging } from '../estate/judging.ts';
import type { KnownCluster } from './live.ts';
import * as nodes from './nodes.ts';
import type { ClusterNode, GroupNode, MessageNode, ProfileNode, TreeNode } from './nodes.ts';
import { profileChildren } from './profileChildren.ts';
import { portions } from '../estate/portions.ts';
import * as rows from './rows.ts';
import { sourceId, type Source } from '../source.ts';

/** What the tree needs of the extension. */
export interface TreeHost {
  /** Where clusters are listed; empty: no region is known. Throws what a person should be told. */
  readonly sources: () => Promise<readonly Source[]>;
  readonly aws: (source: Source) => Promise<Aws>;
  readonly connect: ConnectKubernetes;
  readonly log: { readonly info: (text: string) => void; readonly warn: (text: string) => void };
  /** Kept per workspace: the filter, and what was verified. */
  readonly memory: vscode.Memento;
  /** The view, as far as it is written to. */
  readonly view: Pick<vscode.TreeView<TreeNode>, 'visible' | 'message' | 'description'>;
  /** Context keys for menus and welcome texts; `empty` is an `Empty` (empty.ts), or undefined. */
  readonly setContext: (key: 'empty' | 'onlyProblems' | 'byState', value: unknown) => void;
}

/** What is shown of what is known. */
export interface Show {
  /** Part of the name of a cluster or profile; empty: all. */
  readonly filter: string;
  readonly onlyProblems: boolean;
  readonly sort: 'name' | 'state';
}

const SHOW: Show = { filter: '', onlyProblems: false, sort: 'name' };
const SHOW_KEY = 'explorer.show';

/** Order of states when sorted by state: what needs somebody first. */
const URGENCY: readonly StateKind[] = [
  'failed-verification',
  'problems',
  'cannot-read',
  'deleting',
  'creating',
  'reading',
  'not-verified',
  'works',
];
/** States that "show only problems" keeps. */
const TROUBLED: ReadonlySet<StateKind> = new Set(['failed-verification', 'problems', 'cannot-read']);

/** Groups are open from the start up to this many of them. */
const OPEN_GROUPS = 4;
/** Changes within this time are shown together, in milliseconds. */
const DEBOUNCE = 60;
/** When a listing is compared with the settings once more, in milliseconds. */
const CHECK = 1_500;
/** Rows that are seen at once, at most. */
const SCREEN = 200;
/** How long rows may wait for being judged before they are shown without, in milliseconds. */
const PATIENCE = 100;
/** How often rows are shown anew while thousands are judged, in milliseconds. */
const PROGRESS = 1_000;
/** Nodes of profiles that are made in one turn. */
const NODES = 500;
/** How long VS Code may take for rows that it asked for; a change of one of them is lost meanwhile. Milliseconds. */
const SETTLED = 2_000;
/** When what depends on the time is judged again, in milliseconds. */
const AGAIN = 30_000;
/** Above this many changed rows VS Code gets all rows of the cluster anew, which costs it less. */
const SINGLY = 50;
/** Calls of EKS at the same time in all. */
const CALLS_AT_ONCE = 20;

const NOT_READ: Judgement = { state: 'reading', words: 'reading…', problems: [], remarks: [], unread: [] };

interface ClusterState {
  readonly node: ClusterNode;
  /** The last answer; stays shown while it is read again. */
  cluster: Reading<Cluster> | undefined;
  describing: Promise<Reading<Cluster>> | undefined;
  opening: Promise<ClusterEstate | MessageNode> | undefined;
  estate: ClusterEstate | undefined;
  expanded: boolean;
  /** When the estate was last asked for, in milliseconds since 1970. */
  readAt: number;
  /** The same for profiles that were read again since. */
  readonly rereadAt: Map<string, number>;
  /** Whether the estate is being loaded. */
  loading: boolean;
  /** Whose rows were made last, and when for the first time, by performance.now(). */
  shown: ClusterEstate | undefined;
  shownAt: number;
  watching: AbortController | undefined;
  readonly judging: Judging;
  /** How many profiles with a problem were shown last. */
  problems: number | undefined;
  /** Set while a profile is being created or deleted. */
  again: NodeJS.Timeout | undefined;
}

export class EstateTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #host: TreeHost;
  readonly #changes = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  #pending: Set<TreeNode> | 'all' | undefined;
  #timer: NodeJS.Timeout | undefined;
  #check: NodeJS.Timeout | undefined;

  #listing: Promise<Listing> | undefined;
  /** The sources of the last listing. */
  #sources: readonly SourceState[] = [];
  /** How many groups there were when the sources were shown last. */
  #groups = 0;
  readonly #clusters = new Map<string, ClusterState>();
  readonly #nodes = new Map<string, TreeNode>();
  readonly #accounts = accounts();
  #show: Show;
  readonly #proofs: Proofs;
  #disposed = false;
  readonly #turn = portions();
  readonly #calls = limiter(CALLS_AT_ONCE);
  /** Signing a call takes milliseconds. */
  readonly #callTurn = portions(undefined, 1);

  constructor(host: TreeHost) {
    this.#host = host;
    this.#proofs = proofs(host.memory, (error) => host.log.warn(`Proofs cannot be kept: ${String(error)}`));
    this.#show = { ...SHOW, ...host.memory.get<Partial<Show>>(SHOW_KEY) };
    this.#describeView();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#check);
    for (const state of this.#clusters.values()) this.#close(state);
    this.#changes.dispose();
  }

  /** Reads everything again that is shown. What is known stays shown until then. */
  reload(): void {
    this.#listing = undefined;
    this.#accounts.forget();
    for (const state of this.#clusters.values()) this.#forget(state);
    this.#changed('all');
  }

  /** Reads one node again, with all that is below it. */
  retry(node: TreeNode): void {
    const target = node.kind === 'message' ? node.parent : node;
    if (target === undefined || target.kind === 'group') return this.reload();
    if (target.kind !== 'cluster' && target.kind !== 'profile') return;
    const cluster = target.kind === 'cluster' ? target : target.parent;
    const state = cluster?.kind === 'cluster' ? this.#clusters.get(cluster.id) : undefined;
    // Who asks while it is being read waits for that.
    if (state === undefined || state.loading) return;
    this.#accounts.forget(state.node);
    this.#forget(state);
    this.#changed([state.node]);
  }

  /** Asks for the filter. Escape leaves it as it is. */
  async askFilter(): Promise<void> {
    const filter = await vscode.window.showInputBox({
      title: vscode.l10n.t('Filter Clusters and Profiles'),
      prompt: vscode.l10n.t('Part of the name of a cluster or profile; empty shows all.'),
      value: this.#show.filter,
    });
    if (filter !== undefined) await this.setShow({ filter: filter.trim() });
  }

  /** Changes what is shown, and keeps it for this workspace. */
  async setShow(change: Partial<Show>): Promise<void> {
    this.#show = { ...this.#show, ...change };
    this.#describeView();
    this.#changed('all');
    await this.#host.memory.update(SHOW_KEY, this.#show);
  }

  /** The view was shown or hidden: watches run only while it is seen. */
  visibilityChanged(): void {
    for (const state of this.#clusters.values()) this.#watch(state);
  }

  setExpanded(node: TreeNode, expanded: boolean): void {
    const state = node.kind === 'cluster' ? this.#clusters.get(node.id) : undefined;
    if (state === undefined) return;
    state.expanded = expanded;
    this.#watch(state);
  }

  /** Keeps what trying a profile showed. It holds until something of what it rests on changes. */
  async tried({
    outcome,
    ...place
  }: Source & { cluster: string; profile: string; outcome: Verified['outcome'] }): Promise<void> {
    await this.#proofs.keep(place, place.profile, outcome);
    await this.reread(place, [place.profile]);
  }

  /** Reads again these profiles of a cluster and its OIDC provider, as after a run that changed them. */
  async reread(place: ClusterPlace, profiles: readonly string[]): Promise<void> {
    this.#accounts.forgetProviders(place);
    const state = [...this.#clusters.values()].find(
      ({ node }) => sourceId(node) === sourceId(place) && node.cluster === place.cluster,
    );
    if (state === undefined) return;
    const { estate } = state;
    const at = Date.now();
    await Promise.all([this.#readProviders(place), estate?.reread(profiles)]);
    if (estate === undefined || state.estate !== estate) return;
    for (const name of profiles) state.rereadAt.set(name, at);
    await state.judging.later(profiles, 0);
  }

  /** What is known from trying a profile, if it rests on what is read now. */
  #verified(state: ClusterState, profile: string, readings: ProfileReadings): Verified | undefined {
    const readAt = Math.max(state.readAt, state.rereadAt.get(profile) ?? 0);
    return this.#proofs.of(state.node, profile, readings, readAt);
  }

  /** The clusters that are described. Reads nothing. */
  known(): readonly KnownCluster[] {
    const chosen = new Set(this.#sources.map(({ source }) => sourceId(source)));
    return [...this.#clusters.values()].flatMap(({ node, cluster, estate, judging }) =>
      cluster?.state === 'found' && chosen.has(sourceId(node))
        ? [{ source: node, cluster: cluster.value, estate, judgement: (profile) => judging.now(profile) }]
        : [],
    );
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node === undefined) return this.#roots();
    switch (node.kind) {
      case 'group':
        return this.#clustersOf(node);
      case 'cluster':
        return this.#inCluster(node);
      case 'profile':
        return this.#inProfile(node);
      default:
        return [];
    }
  }

  async getTreeItem(node: TreeNode): Promise<vscode.TreeItem> {
    // VS Code asks for all rows of a cluster in the same moment.
    await this.#turn();
    const item = treeItem(node.id, this.#row(node));
    if (node.kind === 'message' && node.command !== undefined) {
      item.command = { command: node.command.id, title: node.command.title, arguments: [node.parent] };
    }
    if (node.kind === 'problem') {
      item.command = { command: SHOW_FAILURE_MODE, title: 'Explain', arguments: [node.failureMode] };
    }
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    item.tooltip = this.#tooltip(node).join('\n');
    return item;
  }

  // Roots and clusters

  async #list(): Promise<Listing> {
    const names = async (source: Source): Promise<Reading<readonly string[]>> => {
      const aws = await this.#host.aws(source);
      return patiently(() => this.#call(() => aws.clusterNames()));
    };
    const listing = listSources(await this.#host.sources(), names, (source, answer) => {
      if (answer.state !== 'found') this.#host.log.warn(`${sourceId(source)}: ${rows.reasonOf(answer)}`);
    });
    void listing.all.then(() => this.#changed('all'));
    return listing;
  }

  async #roots(): Promise<TreeNode[]> {
    let sources: readonly SourceState[];
    for (;;) {
      const pending = (this.#listing ??= this.#list());
      try {
        const listing = await pending;
        if (pending === this.#listing) this.#sources = listing.sources;
        await listing.first;
        sources = listing.sources;
      } catch (error) {
        if (pending !== this.#listing) continue;
        this.#listing = undefined;
        this.#host.setContext('empty', undefined);
        return [
          this.#error(undefined, 'Clusters cannot be listed', error instanceof Error ? error.message : String(error)),
        ];
      }
      // Settings may have changed meanwhile.
      if (pending === this.#listing) {
        this.#checkLater(pending, sources);
        break;
      }
    }
    const answered = sources.filter(({ names }) => names !== undefined);
    const everywhere = answered.length === sources.length;
    const empty = everywhere ? whyEmpty(sources) : undefined;
    const shown = answered.filter(({ names }) => names?.state !== 'found' || names.value.length > 0);
    const only = sources.length === 1 ? sources[0] : undefined;
    this.#groups = withoutRepeats(shown).length;
    const result =
      empty !== undefined
        ? []
        : only !== undefined
          ? this.#clusterNodes(only, undefined)
          : withoutRepeats(shown)
              .filter((state) => !this.#filters() || this.#clusterNodes(state, undefined).length > 0)
              .map(({ source }) => this.#keep(nodes.groupNode(source)));
    const why = empty ?? (result.length === 0 && everywhere && this.#filters() ? 'filtered' : undefined);
    this.#host.setContext('empty', why);
    this.#describeView(why !== undefined);
    return result;
  }

  /** Whether what was listed is still what is wanted: VS Code may drop a refresh while it is still making the view. */
  #checkLater(listing: Promise<Listing>, sources: readonly SourceState[]): void {
    clearTimeout(this.#check);
    this.#check = setTimeout(() => {
      void this.#host
        .sources()
        .then((now) => {
          const same = now.map(sourceId).join() === sources.map(({ source }) => sourceId(source)).join();
          if (!same) this.reload();
          else if (listing !== this.#listing) this.#changed('all');
        })
        .catch((error: unknown) => this.#host.log.info(`Settings: ${String(error)}`));
    }, CHECK);
  }

  async #clustersOf(group: GroupNode): Promise<TreeNode[]> {
    await this.#listing;
    const state = this.#sources.find(({ source }) => sourceId(source) === sourceId(group));
    return state === undefined ? [] : this.#clusterNodes(state, group);
  }

  #clusterNodes(state: SourceState, group: GroupNode | undefined): TreeNode[] {
    const { names, source } = state;
    if (names === undefined) return [];
    if (names.state !== 'found') {
      const label = `Clusters of ${source.region} cannot be listed`;
      return [
        names.state === 'denied' ? this.#denied(group, label, names.permission) : this.#error(group, label, names),
      ];
    }
    return nodes
      .sortedNames(names.value)
      .map((name) => this.#clusterState(state, name, group))
      .filter((cluster) => this.#clusterShown(cluster))
      .map(({ node }) => node);
  }

  #clusterState({ source }: SourceState, name: string, group: GroupNode | undefined): ClusterState {
    const fresh = nodes.clusterNode(source, name, group);
    const known = this.#clusters.get(fresh.id);
    if (known !== undefined) return known;
    const state: ClusterState = {
      node: fresh,
      cluster: undefined,
      describing: undefined,
      opening: undefined,
      estate: undefined,
      expanded: false,
      readAt: 0,
      rereadAt: new Map(),
      loading: false,
      shown: undefined,
      shownAt: -Infinity,
      watching: undefined,
      judging: judging(
        this.#turn,
        (profile) => this.#judge(state, profile),
        (profiles) => this.#judged(state, profiles),
        PROGRESS,
      ),
      problems: undefined,
      again: undefined,
    };
    this.#clusters.set(fresh.id, state);
    return state;
  }

  /** Many calls begin in turns. */
  #call<T>(call: () => Promise<T>): Promise<T> {
    return this.#calls(async () => {
      await this.#callTurn();
      return call();
    });
  }

  /** Details of a cluster: read when its row is shown. */
  #describe(state: ClusterState): Promise<Reading<Cluster>> {
    return (state.describing ??= (async () => {
      const source = this.#sources.find((one) => sourceId(one.source) === sourceId(state.node));
      const cluster = await reading(async () => {
        const aws = await this.#host.aws(state.node);
        const read = () => patiently(() => this.#call(() => aws.cluster(state.node.cluster)));
        return source === undefined ? read() : source.describe(read);
      });
      state.cluster = cluster;
      if (cluster.state === 'found') this.#accountKnown(state.node, cluster.value.account);
      if (cluster.state !== 'found') this.#host.log.warn(`${state.node.cluster}: ${rows.reasonOf(cluster)}`);
      this.#changed([state.node]);
      void this.#readProviders(state.node);
      return cluster;
    })());
  }

  /** The groups of an AWS profile tell its account. */
  #accountKnown(of: Source, account: string): void {
    if (!this.#accounts.learn(of, account)) return;
    const groups = this.#sources.filter(({ source }) => source.awsProfile === of.awsProfile);
    if (this.#sources.length > 1) this.#changed(groups.map(({ source }) => this.#keep(nodes.groupNode(source))));
  }

  /** Which OIDC providers the account has. */
  async #readProviders(of: Source): Promise<void> {
    const read = (): Promise<Reading<readonly string[]>> =>
      reading(async () => {
        const aws = await this.#host.aws(of);
        return patiently(() => aws.oidcProviderArns());
      });
    if (!(await this.#accounts.readProviders(of, read))) return;
    const its = [...this.#clusters.values()].filter(({ node }) => node.awsProfile === of.awsProfile);
    this.#changed(its.map(({ node }) => node));
  }

  // Inside a cluster

  /** Connects and reads; the same for all who ask until the cluster is forgotten. */
  #open(state: ClusterState, cluster: Cluster): Promise<ClusterEstate | MessageNode> {
    if (state.opening !== undefined) return state.opening;
    let opening: ClusterState['opening'] = undefined;
    opening = (async (): Promise<ClusterEstate | MessageNode> => {
      const label = 'The cluster cannot be read';
      let estate: ClusterEstate;
      try {
        const aws = await this.#host.aws(state.node);
        const roles = this.#accounts.roles(state.node, aws);
        const kubernetes = await this.#host.connect(cluster, aws);
        // It was forgotten meanwhile.
        if (state.opening !== opening) {
          kubernetes.close();
          return this.#open(state, cluster);
        }
        const told = (profiles: ReadonlySet<string>, all: boolean): void => {
          if (state.estate === made) this.#estateChanged(state, profiles, all);
        };
        const made: ClusterEstate = clusterEstate(cluster, aws, kubernetes, roles, told, {
          failed: (error) => this.#host.log.warn(`${state.node.cluster}: ${String(error)}`),
        });
        estate = made;
      } catch (error) {
        return this.#error(state.node, label, error instanceof Error ? error.message : String(error));
      }
      state.estate?.close();
      state.watching?.abort();
      state.watching = undefined;
      state.estate = estate;
      state.readAt = Date.now();
      state.rereadAt.clear();
      state.loading = true;
      try {
        // Rows that are shown stay until all are known anew.
        await estate.load(state.shown === undefined);
      } finally {
        if (state.estate === estate) state.loading = false;
      }
      // It was forgotten meanwhile, and its connection is closed: what is read instead is the answer.
      if (state.opening !== opening && !this.#disposed) return state.opening ?? this.#open(state, cluster);
      const profiles = valueOf(estate.profiles) ?? [];
      // What is seen first is judged first; who sees more than a screen does not wait for the rest.
      await state.judging.later(this.#profilesShown(state, profiles).slice(0, SCREEN), PATIENCE);
      void state.judging.later(profiles, 0);
      return estate;
    })();
    return (state.opening = opening);
  }

  async #inCluster(node: ClusterNode): Promise<TreeNode[]> {
    const state = this.#clusters.get(node.id);
    if (state === undefined) return [];
    state.expanded = true;
    const cluster = await this.#describe(state);
    if (cluster.state === 'denied') return [this.#denied(node, 'The cluster cannot be described', cluster.permission)];
    if (cluster.state === 'absent')
      return [this.#error(node, 'The cluster is gone', 'It was deleted since it was listed.')];
    if (cluster.state === 'failed') return [this.#error(node, 'The cluster cannot be described', cluster)];
    if (cluster.value.endpoint === undefined) {
      return [this.#nothing(node, `The cluster is ${cluster.value.status}`, 'It has no endpoint yet.')];
    }
    const estate = await this.#open(state, cluster.value);
    if ('kind' in estate) return [estate];
    const { api } = estate.facts;
    const { profiles } = estate;
    this.#watch(state);
    if (profiles.state !== 'found') {
      if (api.state === 'found' && api.value.profileVersions.length === 0) {
        return [this.#nothing(node, 'No Kubeflow', 'This cluster has no Profile API (profiles.kubeflow.org).')];
      }
      if (api.state === 'failed') return [this.#error(node, 'The cluster cannot be reached', api.reason)];
      if (profiles.state === 'denied') return [this.#denied(node, 'Profiles cannot be listed', profiles.permission)];
      return [this.#error(node, 'Profiles cannot be listed', rows.reasonOf(profiles))];
    }
    if (profiles.value.length === 0) {
      return [
        this.#nothing(node, 'No profiles yet', 'Create the first one.', {
          id: 'kubeflowIrsa.createProfile',
          title: 'Create IRSA Profile',
        }),
      ];
    }
    const shown = this.#profilesShown(state, profiles.value);
    if (shown.length === 0 && this.#looking(state))
      return [this.#nothing(node, 'Looking for problems…', 'Not all profiles have been looked at yet.')];
    if (shown.length === 0)
      return [
        this.#nothing(node, 'The filter hides all profiles', 'Clear it to see them.', {
          id: 'kubeflowIrsa.clearFilter',
          title: 'Clear Filter',
        }),
      ];
    if (state.shown !== estate) state.shownAt = performance.now();
    state.shown = estate;
    const rowsShown: TreeNode[] = [];
    for (let from = 0; from < shown.length; from += NODES) {
      await this.#turn();
      for (const name of shown.slice(from, from + NODES)) rowsShown.push(this.#keep(nodes.profileNode(node, name)));
    }
    return rowsShown;
  }

  /** Whether there are profiles that were not looked at yet. */
  #looking({ judging, estate }: ClusterState): boolean {
    return judging.busy || estate?.complete === false;
  }

  /** What is known stays shown until it is read anew. */
  #judge(state: ClusterState, profile: string): Judgement | undefined {
    if (state.estate?.complete === false) return state.judging.known(profile);
    const readings = state.estate?.readings(profile);
    try {
      return readings && judgeProfile(readings, this.#verified(state, profile, readings), Date.now());
    } catch (error) {
      // One that cannot be judged must not keep the others from it.
      const reason = error instanceof Error ? error.message : String(error);
      this.#host.log.warn(`${state.node.cluster}, profile ${profile}: ${reason}`);
      return {
        ...NOT_READ,
        state: 'cannot-read',
        words: 'could not be judged',
        unread: [{ what: 'its state', reason }],
      };
    }
  }

  /** The state that is shown: costs nothing, however many ask. */
  #stateOf(state: ClusterState, profile: string): StateKind {
    return state.judging.known(profile)?.state ?? 'reading';
  }

  #profilesShown(state: ClusterState, profiles: readonly string[]): readonly string[] {
    const { filter, onlyProblems, sort } = this.#show;
    const wanted = filter.toLowerCase();
    const byName = state.node.cluster.toLowerCase().includes(wanted)
      ? profiles
      : profiles.filter((name) => name.toLowerCase().includes(wanted));
    const kept = onlyProblems ? byName.filter((name) => TROUBLED.has(this.#stateOf(state, name))) : byName;
    if (sort === 'name') return kept;
    const urgency = (name: string): number => URGENCY.indexOf(this.#stateOf(state, name));
    return [...kept].sort((a, b) => urgency(a) - urgency(b) || (a < b ? -1 : 1));
  }

  async #inProfile(node: ProfileNode): Promise<TreeNode[]> {
    const state = node.parent?.kind === 'cluster' ? this.#clusters.get(node.parent.id) : undefined;
    const estate = state?.estate;
    const readings = estate?.readings(node.profile);
    if (state === undefined || estate === undefined || readings === undefined) return [];
    const judgement = state.judging.now(node.profile) ?? notJudged(readings);
    const accountsOf = await estate.serviceAccounts(node.profile);
    return profileChildren(node, readings, judgement, accountsOf).map((child) => this.#keep(child));
  }

  #estateChanged(state: ClusterState, profiles: ReadonlySet<string>, all: boolean): void {
    if (this.#clusters.get(state.node.id) !== state) return;
    void state.judging.later(profiles, 0);
    const there = state.estate?.profiles;
    if (all && there?.state === 'found' && state.estate?.complete === true) this.#proofs.only(state.node, there.value);
    if (all) this.#changed([state.node]);
  }

  #judged(state: ClusterState, profiles: readonly string[]): void {
    const problems = this.#counts(state)?.problems;
    const there = profiles.filter((name) => state.judging.known(name) !== undefined);
    const wider =
      there.length > SINGLY ||
      performance.now() - state.shownAt < SETTLED ||
      this.#filters() ||
      this.#show.sort === 'state' ||
      problems !== state.problems;
    state.problems = problems;
    this.#changed(wider ? [state.node] : there.map((name) => this.#keep(nodes.profileNode(state.node, name))));
    const unfinished = (names: readonly string[]): readonly string[] =>
      names.filter((name) => /^(creat|delet)ing$/.test(this.#stateOf(state, name)));
    if (unfinished(profiles).length === 0) return;
    state.again ??= setTimeout(() => {
      state.again = undefined;
      void state.judging.later(unfinished((state.estate && valueOf(state.estate.profiles)) ?? []), 0);
    }, AGAIN);
  }

  #watch(state: ClusterState): void {
    const wanted = state.expanded && this.#host.view.visible && state.estate?.profiles.state === 'found';
    if (!wanted) {
      clearTimeout(state.again);
      state.again = undefined;
      state.watching?.abort();
      state.watching = undefined;
    } else if (state.watching === undefined) {
      state.watching = new AbortController();
      state.estate?.watch(state.watching.signal);
    }
  }

  /** Reads the cluster anew when it is asked for; until then what is known stays shown. */
  #forget(state: ClusterState): void {
    state.describing = undefined;
    state.opening = undefined;
    state.loading = false;
    clearTimeout(state.again);
    state.again = undefined;
    state.watching?.abort();
    state.watching = undefined;
  }

  #close(state: ClusterState): void {
    this.#forget(state);
    state.estate?.close();
  }

  // Rows

  #row(node: TreeNode): rows.Row {
    switch (node.kind) {
      case 'group':
        return rows.groupRow(node, this.#groupView(node));
      case 'cluster':
        return rows.clusterRow(node, this.#clusterView(node, true));
      case 'profile': {
        const [readings, judgement] = this.#ofProfile(node);
        return rows.profileRow(node, readings, judgement);
      }
      case 'problem':
        return rows.problemRow(node);
      case 'message':
        return rows.messageRow(node);
      default:
        return rows.factRow(node);
    }
  }

  #tooltip(node: TreeNode): string[] {
    switch (node.kind) {
      case 'group':
        return [rows.groupRow(node, this.#groupView(node)).spoken];
      case 'cluster':
        return rows.clusterTooltip(node, this.#clusterView(node, false));
      case 'profile':
        return rows.profileTooltip(node, ...this.#ofProfile(node));
      case 'problem': {
        const { symptom, fix } = failureMode(node.failureMode as Parameters<typeof failureMode>[0]);
        return [`${node.failureMode}: ${node.message}`, `Symptom: ${symptom}`, `Fix: ${fix}`].map((line) =>
          rows.plain(line, 500),
        );
      }
      case 'message':
        return [node.label, node.message].map((line) => rows.plain(line, 500));
      default:
        return [rows.plain(`${node.value}: ${node.description}`, 500)];
    }
  }

  #ofProfile(node: ProfileNode): [ReturnType<ClusterEstate['readings']>, Judgement] {
    const state = node.parent?.kind === 'cluster' ? this.#clusters.get(node.parent.id) : undefined;
    const readings = state?.estate?.readings(node.profile);
    const known = state?.judging.known(node.profile);
    return [readings, known ?? (readings === undefined ? NOT_READ : notJudged(readings))];
  }

  #groupView(node: GroupNode): rows.GroupView {
    const all = this.#sources;
    const here = all.find(({ source }) => sourceId(source) === sourceId(node));
    return {
      names: here?.names,
      account: this.#accounts.number(node),
      open: this.#groups <= OPEN_GROUPS,
      several: {
        awsProfiles: new Set(all.map(({ source }) => source.awsProfile)).size > 1,
        regions: new Set(all.map(({ source }) => source.region)).size > 1 && !needsSignIn(here?.names),
      },
    };
  }

  #clusterView(node: ClusterNode, read: boolean): rows.ClusterView {
    const state = this.#clusters.get(node.id);
    if (read && state !== undefined) void this.#describe(state);
    const cluster = state?.cluster && valueOf(state.cluster);
    const providers = this.#accounts.providers(node);
    return {
      cluster: state?.cluster,
      hasProvider:
        cluster?.issuer === undefined
          ? undefined
          : providers?.has(providerArn(cluster.partition, cluster.account, cluster.issuer)),
      facts: state?.estate?.facts,
      counts: state === undefined ? undefined : this.#counts(state),
      show: { region: node.parent === undefined, account: false },
      open: state?.expanded ?? false,
    };
  }

  #counts(state: ClusterState): rows.ClusterView['counts'] {
    const profiles = state.estate && valueOf(state.estate.profiles);
    if (profiles === undefined) return undefined;
    const problems = profiles.filter((name) => TROUBLED.has(this.#stateOf(state, name))).length;
    return { problems, profiles: profiles.length };
  }

  // Filter

  #filters(): boolean {
    return this.#show.filter !== '' || this.#show.onlyProblems;
  }

  /** A cluster that was not looked into may hold what is looked for: it stays. */
  #clusterShown(state: ClusterState): boolean {
    if (!this.#filters()) return true;
    const profiles = state.estate && valueOf(state.estate.profiles);
    if (this.#show.filter !== '' && profiles === undefined) {
      return state.node.cluster.toLowerCase().includes(this.#show.filter.toLowerCase());
    }
    if (profiles === undefined || state.estate === undefined) return true;
    if (
      this.#show.onlyProblems &&
      (state.estate.facts.lost !== undefined || this.#clusterView(state.node, false).hasProvider === false)
    )
      return true;
    return this.#looking(state) || this.#profilesShown(state, profiles).length > 0;
  }

  /** `empty`: nothing is shown, and the welcome text says why. */
  #describeView(empty = false): void {
    const { filter, onlyProblems, sort } = this.#show;
    const words = [
      filter === '' ? '' : `filter: ${rows.plain(filter, 40)}`,
      onlyProblems ? 'only problems' : '',
      sort === 'state' ? 'by state' : '',
    ];
    this.#host.setContext('onlyProblems', onlyProblems);
    this.#host.setContext('byState', sort === 'state');
    const shown = words.filter((word) => word !== '').join(' · ');
    const { view } = this.#host;
    view.description = shown;
    // A view that is alone in its container has no header of its own. A message would hide the welcome text.
    view.message = empty ? '' : shown;
  }

  // Plumbing

  /** Where signing in may help, a click does that. */
  #error(parent: TreeNode | undefined, label: string, why: string | Reading<unknown>): MessageNode {
    const message = typeof why === 'string' ? why : rows.reasonOf(why);
    const signIn = typeof why !== 'string' && needsSignIn(why) && parent !== undefined;
    const command = signIn ? { command: { id: commandId('signIn'), title: 'Sign In' } } : {};
    return this.#keep(nodes.messageNode(parent, { tone: 'error', label, message, ...command }));
  }

  #denied(parent: TreeNode | undefined, label: string, permission: string): MessageNode {
    const message = `you are not permitted to ${permission}`;
    return this.#keep(nodes.messageNode(parent, { tone: 'denied', label, message }));
  }

  #nothing(parent: TreeNode, label: string, message: string, command?: MessageNode['command']): MessageNode {
    return this.#keep(
      nodes.messageNode(parent, { tone: 'nothing', label, message, ...(command === undefined ? {} : { command }) }),
    );
  }

  /** The same object for the same node as long as it says the same: what VS Code holds stays valid. */
  #keep<T extends TreeNode>(node: T): T {
    const known = this.#nodes.get(node.id);
    if (known !== undefined && known.parent === node.parent && same(known, node)) return known as T;
    this.#nodes.set(node.id, node);
    return node;
  }

  #changed(what: readonly TreeNode[] | 'all'): void {
    if (what === 'all') this.#pending = 'all';
    else if (this.#pending !== 'all') this.#pending = new Set([...(this.#pending ?? []), ...what]);
    this.#timer ??= setTimeout(() => {
      const pending = this.#pending;
      this.#timer = undefined;
      this.#pending = undefined;
      if (pending === 'all') this.#changes.fire(undefined);
      else if (pending !== undefined && pending.size > 0) this.#changes.fire([...pending]);
    }, DEBOUNCE);
  }
}

const same = (a: TreeNode, b: TreeNode): boolean =>
  Object.entries(b).every(
    ([key, value]) => key === 'parent' || key === 'command' || (a as unknown as Record<string, unknown>)[key] === value,
  );
