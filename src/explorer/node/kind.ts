/** What a kind of node is: what stands below it, its row, its tooltip. */
import type { DeclaredOf } from '../../core/drift/files.ts';
import type { ClusterEntry } from '../../estate/entry.ts';
import type { Estate } from '../../estate/estate.ts';
import type { ClusterNode, TreeNode } from '../nodes.ts';
import type { Row } from '../row.ts';
import type { Shown } from '../show.ts';

/** What files of the workspace declare. */
export interface Files {
  readonly of: DeclaredOf;
  /** Where a file is that a declaration names. */
  readonly uri: (file: string) => string | undefined;
}

/** What nodes are made of. */
export interface Tree {
  readonly estate: Estate;
  /** What is shown of what is known. */
  readonly shown: Shown;
  readonly files: Files;
  /** How many groups there were when the sources were shown last. */
  readonly groups: number;
  /** Resolves when it is the turn of the next of many rows. */
  readonly turn: () => Promise<void>;
  /** Whether a cluster is open, or was when it was last seen. */
  isOpen(node: ClusterNode): boolean;
  /** A cluster is looked into. */
  opened(node: ClusterNode): void;
  /** Whether rows of the profiles of a cluster were made. */
  wasShown(node: ClusterNode): boolean;
  /** They are made now. */
  nowShown(node: ClusterNode): void;
  clusterOf(node: TreeNode): ClusterEntry | undefined;
}

export interface NodeKind<N extends TreeNode> {
  /** The nodes below it, in order; without it there are none. */
  readonly children?: (node: N, tree: Tree) => Promise<readonly TreeNode[]> | readonly TreeNode[];
  readonly row: (node: N, tree: Tree) => Row;
  readonly tooltip: (node: N, tree: Tree) => readonly string[];
  /** What a click does, with these arguments. */
  readonly command?: (
    node: N,
  ) => { readonly id: string; readonly title: string; readonly arguments: readonly unknown[] } | undefined;
}
