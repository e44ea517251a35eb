/** The kinds of nodes. */
import type { TreeNode } from '../nodes.ts';
import { cluster } from './cluster.ts';
import { fact } from './fact.ts';
import { FACT_KINDS } from './facts.ts';
import type { NodeKind } from './kind.ts';
import { message } from './message.ts';
import { problem } from './problem.ts';
import { profile } from './profile.ts';
import { run } from './run.ts';
import { group } from './source.ts';

const NODES = { run, group, cluster, profile, problem, message };

/** What a node's kind is. */
export const kindOf = (node: TreeNode): NodeKind<TreeNode> =>
  (node.kind in FACT_KINDS ? fact : NODES[node.kind as keyof typeof NODES]) as NodeKind<TreeNode>;
