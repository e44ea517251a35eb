/** The tree as VS Code asks for it: the nodes of the estate, made when they are looked at, and told when what they say changes. */
import * as vscode from 'vscode';
import { NO_FILES } from '../core/drift/files.ts';
import type { Ref } from '../core/kinds.ts';
import { messageOf } from '../core/text.ts';
import type { ClusterEstate } from '../estate/cluster.ts';
import { whyEmpty, withoutRepeats, type Empty } from '../estate/empty.ts';
import type { ClusterEntry } from '../estate/entry.ts';
import { createEstate, type Estate, type EstateHost } from '../estate/estate.ts';
import type { KnownCluster } from '../estate/live.ts';
import type { ClusterPlace } from '../estate/proofs.ts';
import type { SourceState } from '../estate/sources.ts';
import { treeItem } from './item.ts';
import { kindOf } from './node/index.ts';
import type { Files, Tree } from './node/kind.ts';
import { empty, error } from './node/message.ts';
import { runOf, type Untold } from './node/run.ts';
import { clustersOf } from './node/source.ts';
import { joined } from './row.ts';
import { clusterNode, groupNode, profileNode, type ClusterNode, type TreeNode } from './nodes.ts';
import { SHOW, shownBy, type Show, type Shown } from './show.ts';

/** What the tree needs of the extension. */
export interface TreeHost extends EstateHost {
  /** Kept per workspace: the filter, and what was verified. */
  readonly memory: vscode.Memento;
  /** The runs that did not end; without it there are none. Throws where they cannot be read. */
  readonly unfinished?: () => Promise<Untold>;
  /** The view, as far as it is written to. */
  readonly view: Pick<vscode.TreeView<TreeNode>, 'visible' | 'message' | 'description' | 'badge'>;
  /** Shows in the view that something is being read. */
  readonly busy?: (work: Promise<unknown>) => void;
  /** Context keys for menus and welcome texts; `empty` is an `Empty` (empty.ts), or undefined. */
  readonly setContext: (key: 'empty' | 'listed' | 'onlyProblems' | 'byState' | 'filters', value: unknown) => void;
}

const SHOW_KEY = 'explorer.show';

/** Changes within this time are shown together, in milliseconds. */
const DEBOUNCE = 60;
/** How long VS Code may take for many rows that it asked for; a change of one of them is lost meanwhile. Milliseconds. */
const SETTLED = 2_000;
/** Above this many changed rows VS Code gets all rows of the cluster anew, which costs it less. */
const SINGLY = 50;

/** How a cluster was seen last. */
interface Seen {
  expanded: boolean;
  /** Whose profiles were shown last, and when for the first time, by performance.now(). */
  shown: ClusterEstate | undefined;
  shownAt: number;
  /** How many profiles with a problem were shown last. */
  problems: number | undefined;
}

export class EstateTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #host: TreeHost;
  readonly #estate: Estate;
  readonly #tree: Tree;
  readonly #changes = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  #pending: Set<TreeNode> | 'all' | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How many groups there were when the sources were shown last. */
  #groups = 0;
  /** How many runs did not end. */
  #unfinished = 0;
  /** Why no cluster is shown. */
  #empty: Empty | undefined;
  readonly #nodes = new Map<string, TreeNode>();
  /** The rows that were made last, by the id of the node above; '' for the roots. */
  readonly #given = new Map<string, TreeNode[]>();
  readonly #seen = new Map<string, Seen>();
  /** What VS Code was told last of a row, by its id. */
  readonly #told = new Map<string, string>();
  #show: Show;
  #shown: Shown;
  /** What files of the workspace declare. */
  #files: Files = { of: NO_FILES, uri: () => undefined };

  constructor(host: TreeHost) {
    this.#host = host;
    this.#estate = createEstate(host, {
      all: () => this.#again(),
      sources: (sources) => this.#retell(sources.map((source) => this.#keep(groupNode(source)))),
      clusters: (clusters) => this.#retell(clusters.flatMap((entry) => this.#nodeOf(entry) ?? [])),
      judged: (entry, profiles) => this.#judged(entry, profiles),
    });
    this.#show = { ...SHOW, ...host.memory.get<Partial<Show>>(SHOW_KEY) };
    this.#shown = shownBy(this.#show);
    this.#tree = this.#forNodes();
    this.#describeView();
  }

  /** What nodes are made of. */
  #forNodes(): Tree {
    const shown = (): Shown => this.#shown;
    const groups = (): number => this.#groups;
    const files = (): Files => this.#files;
    return {
      get files() {
        return files();
      },
      estate: this.#estate,
      get shown() {
        return shown();
      },
      get groups() {
        return groups();
      },
      turn: this.#estate.turn,
      isOpen: (node) => this.#seenOf(node.id).expanded,
      opened: (node) => this.#watch(node),
      wasShown: (node) => this.#seenOf(node.id).shown !== undefined,
      nowShown: (node) => {
        const seen = this.#seenOf(node.id);
        const estate = this.#entryOf(node)?.estate;
        if (seen.shown !== estate) seen.shownAt = performance.now();
        seen.shown = estate;
      },
      clusterOf: (node) => this.#entryOf(node),
    };
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#estate.close();
    this.#changes.dispose();
  }

  /** Reads everything again that is shown. What is known stays shown until then. */
  reload(): void {
    this.#estate.reload();
  }

  /** Reads one node again, with all that is below it. */
  retry(node: TreeNode): void {
    const target = node.kind === 'message' ? node.parent : node;
    if (target === undefined || target.kind === 'group') return this.reload();
    const entry = target.kind === 'cluster' || target.kind === 'profile' ? this.#entryOf(target) : undefined;
    // Who asks while it is being read waits for that.
    if (entry === undefined || !this.#estate.retry(entry)) return;
    this.#changed([this.#nodeOf(entry) ?? target]);
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
    this.#shown = shownBy(this.#show);
    this.#describeView();
    // What is known is not what was asked for.
    this.#given.clear();
    this.#changed('all');
    await this.#host.memory.update(SHOW_KEY, this.#show);
  }

  /** The view was shown or hidden: watches run only while it is seen. */
  visibilityChanged(): void {
    for (const node of this.#nodes.values()) if (node.kind === 'cluster') this.#watch(node);
  }

  setExpanded(node: TreeNode, expanded: boolean): void {
    if (node.kind !== 'cluster') return;
    this.#seenOf(node.id).expanded = expanded;
    this.#watch(node);
  }

  /** Keeps what trying a profile showed. It holds until something of what it rests on changes. */
  tried(what: Parameters<Estate['tried']>[0]): Promise<void> {
    return this.#estate.tried(what);
  }

  /** Files of the workspace declare something else: what is shown of profiles is made anew. */
  filesChanged(files: Files): void {
    this.#files = files;
    this.#changed(
      [...this.#nodes.values()].filter(({ kind, id }) => kind === 'cluster' && this.#seenOf(id).shown !== undefined),
    );
  }

  /** A run began, ended, or was taken back: what did not end is asked for again. */
  runsChanged(): void {
    this.#again();
  }

  /** Reads these again, as after a run that changed them. */
  reread(place: ClusterPlace, refs: readonly Ref[]): Promise<void> {
    return this.#estate.reread(place, refs);
  }

  /** The clusters that are described. Reads nothing. */
  known(): readonly KnownCluster[] {
    return this.#estate.known();
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  /**
   * Rows that are known are given at once, and told again where they turn out to be others: while VS Code waits for rows it knows none of
   * those that it shows in their place, and a press on one of them comes without its row (extHostTreeViews.ts).
   */
  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    const id = node?.id ?? '';
    // VS Code asks for the rows of what is open alone; rows that are made anew for others open nothing.
    if (node?.kind === 'cluster') this.#seenOf(id).expanded = true;
    const known = this.#given.get(id);
    const making = this.#children(node);
    if (known === undefined) this.#given.set(id, await making);
    else this.#later(node, making);
    return known ?? making;
  }

  async #children(node: TreeNode | undefined): Promise<TreeNode[]> {
    const nodes = node === undefined ? await this.#roots() : await kindOf(node).children?.(node, this.#tree);
    return (nodes ?? []).map((child) => this.#keep(child));
  }

  /** Makes what is seen anew, and tells VS Code of what is another: told of all, it would know no row until it has asked for each. */
  #again(): void {
    if (!this.#given.has('') || !this.#host.view.visible) return this.#changed('all');
    const roots = this.#children(undefined);
    this.#later(undefined, roots);
    const isOpen = (node: TreeNode): boolean =>
      node.kind === 'group' || (node.kind === 'cluster' && this.#seenOf(node.id).expanded);
    void roots.then(() => {
      for (const node of [...this.#given.keys()].map((id) => this.#nodes.get(id)))
        if (node !== undefined && isOpen(node)) this.#later(node, this.#children(node));
    });
  }

  /**
   * Tells VS Code of these where they say something else, or have other rows below them: of a row that is told anew VS Code forgets
   * those below it until it has asked for them, and what is pressed there meanwhile is lost.
   */
  #retell(nodes: readonly TreeNode[]): void {
    this.#changed(nodes.filter((node) => this.#told.get(node.id) !== this.#says(node) || !this.#given.has(node.id)));
    for (const node of nodes) if (this.#given.has(node.id)) this.#later(node, this.#children(node));
  }

  /** All that a row says, its tooltip too. */
  #says(node: TreeNode): string {
    return JSON.stringify([kindOf(node).row(node, this.#tree), kindOf(node).tooltip(node, this.#tree)]);
  }

  /** Tells VS Code of rows that are still being made, once they are there and are others. */
  #later(node: TreeNode | undefined, making: Promise<TreeNode[]>): void {
    const id = node?.id ?? '';
    this.#host.busy?.(making);
    const tell = (made?: TreeNode[]): void => {
      const known = this.#given.get(id);
      if (made === undefined) this.#given.delete(id);
      else this.#given.set(id, made);
      if (made?.length === known?.length && made?.every((row, at) => row === known?.[at]) === true) return;
      this.#changed(node === undefined ? 'all' : [node]);
    };
    making.then(tell, () => tell());
  }

  async getTreeItem(node: TreeNode): Promise<vscode.TreeItem> {
    // VS Code asks for all rows of a cluster in the same moment.
    await this.#estate.turn();
    if (node.kind === 'cluster' || node.kind === 'group') this.#told.set(node.id, this.#says(node));
    const item = treeItem(node.id, kindOf(node).row(node, this.#tree));
    const command = kindOf(node).command?.(node);
    if (command !== undefined)
      item.command = { command: command.id, title: command.title, arguments: [...command.arguments] };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    item.tooltip = kindOf(node).tooltip(node, this.#tree).join('\n');
    return item;
  }

  /** What did not end, and below it the clusters of the only source, or a group for each. */
  async #roots(): Promise<readonly TreeNode[]> {
    const [runs, clusters] = await Promise.all([this.#runs(), this.#clusters()]);
    this.#unfinished = runs.filter(({ kind }) => kind === 'run').length;
    this.#count();
    const why = runs.length > 0 && clusters.length === 0 ? this.#empty : undefined;
    return [...runs, ...clusters, ...(why === undefined ? [] : [empty(why)])];
  }

  async #runs(): Promise<readonly TreeNode[]> {
    try {
      const { unfinished = [], unread = [] } = (await this.#host.unfinished?.()) ?? {};
      const unreadable = unread.map(({ file, problem }) => ({
        ...error(undefined, vscode.l10n.t('A run cannot be read'), `${problem} ${file}`),
        id: `unread/${file}`,
      }));
      return [...unfinished.map(runOf), ...unreadable];
    } catch (thrown) {
      return [error(undefined, vscode.l10n.t('Unfinished runs cannot be read'), messageOf(thrown))];
    }
  }

  async #clusters(): Promise<readonly TreeNode[]> {
    let sources: readonly SourceState[];
    try {
      sources = await this.#estate.list();
    } catch (thrown) {
      this.#host.setContext('empty', (this.#empty = undefined));
      return [error(undefined, vscode.l10n.t('Clusters cannot be listed'), messageOf(thrown))];
    }
    const answered = sources.filter(({ names }) => names !== undefined);
    const everywhere = answered.length === sources.length;
    const nowhere = everywhere ? whyEmpty(sources) : undefined;
    if (answered.some(({ names }) => names?.state === 'found' && names.value.length > 0))
      this.#host.setContext('listed', true);
    const groups = withoutRepeats(answered.filter(({ names }) => names?.state !== 'found' || names.value.length > 0));
    this.#groups = groups.length;
    const only = sources.length === 1 ? sources[0] : undefined;
    const roots =
      nowhere !== undefined
        ? []
        : only !== undefined
          ? clustersOf(only, undefined, this.#tree)
          : groups
              .filter((source) => !this.#shown.filters || clustersOf(source, undefined, this.#tree).length > 0)
              .map(({ source }) => groupNode(source));
    const why = nowhere ?? (roots.length === 0 && everywhere && this.#shown.filters ? 'filtered' : undefined);
    this.#empty = why;
    this.#host.setContext('empty', why);
    this.#describeView(why !== undefined);
    return roots;
  }

  #judged(entry: ClusterEntry, profiles: readonly string[]): void {
    this.#count();
    const node = this.#nodeOf(entry);
    if (node === undefined) return;
    const seen = this.#seenOf(node.id);
    const problems = entry.counts?.problems;
    const rows = this.#given.get(node.id)?.length ?? 0;
    const wider =
      profiles.length > SINGLY ||
      (rows > SINGLY && performance.now() - seen.shownAt < SETTLED) ||
      problems !== seen.problems;
    seen.problems = problems;
    // Which rows there are, and where they stand, follows from what is judged.
    if (this.#shown.filters || this.#shown.byState) this.#later(node, this.#children(node));
    this.#changed(wider ? [node] : profiles.map((name) => this.#keep(profileNode(node, name))));
  }

  /** What waits for somebody, on the icon of the view: of all clusters that were looked into, filtered or not. */
  #count(): void {
    const clusters = [...this.#nodes.values()].filter(({ kind }) => kind === 'cluster');
    const problems = clusters.reduce((sum, node) => sum + (this.#entryOf(node)?.counts?.problems ?? 0), 0);
    const words = joined(
      problems === 1 && vscode.l10n.t('1 profile with problems'),
      problems > 1 && vscode.l10n.t('{0} profiles with problems', problems),
      this.#unfinished === 1 && vscode.l10n.t('1 unfinished run'),
      this.#unfinished > 1 && vscode.l10n.t('{0} unfinished runs', this.#unfinished),
    );
    const value = problems + this.#unfinished;
    if ((this.#host.view.badge?.tooltip ?? '') === words) return;
    this.#host.view.badge = value === 0 ? undefined : { value, tooltip: words };
  }

  /** Watches a cluster while its profiles are seen. */
  #watch(node: ClusterNode): void {
    this.#entryOf(node)?.watch(this.#seenOf(node.id).expanded && this.#host.view.visible);
  }

  /** `empty`: nothing is shown, and the welcome text says why. */
  #describeView(empty = false): void {
    this.#host.setContext('onlyProblems', this.#show.onlyProblems);
    this.#host.setContext('byState', this.#shown.byState);
    this.#host.setContext('filters', this.#shown.filters);
    const { words } = this.#shown;
    const { view } = this.#host;
    view.description = words;
    // A view that is alone in its container has no header of its own. A message would hide the welcome text.
    view.message = empty ? '' : words;
  }

  #seenOf(id: string): Seen {
    const seen = this.#seen.get(id) ?? { expanded: false, shown: undefined, shownAt: -Infinity, problems: undefined };
    this.#seen.set(id, seen);
    return seen;
  }

  #entryOf(node: TreeNode): ClusterEntry | undefined {
    return 'cluster' in node ? this.#estate.entry(node, node.cluster) : undefined;
  }

  /** The row of a cluster, if it was shown. */
  #nodeOf({ place }: ClusterEntry): ClusterNode | undefined {
    const node = this.#nodes.get(clusterNode(place, place.cluster).id);
    return node?.kind === 'cluster' ? node : undefined;
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
