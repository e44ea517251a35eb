/** A fact about a profile, of whatever kind. */
import { factNode, type FactNode, type ProfileNode } from '../nodes.ts';
import { lines, plain, said, type Row } from '../row.ts';
import type { ShownProfile } from './factKind.ts';
import { FACT_KINDS, type FactName } from './facts.ts';
import type { NodeKind } from './kind.ts';

export const factsBelow = (node: ProfileNode, profile: ShownProfile): readonly FactNode[] =>
  (Object.keys(FACT_KINDS) as FactName[]).flatMap((kind) =>
    FACT_KINDS[kind].of(profile).map((one) => factNode(node, { kind, ...one })),
  );

function factRow(node: FactNode): Row {
  const { icon, spoken } = FACT_KINDS[node.kind];
  return {
    label: plain(node.label),
    description: plain(node.description),
    icon,
    context: [node.kind, 'fact', node.roleArn !== undefined && 'hasRole'].filter(Boolean).join(';'),
    spoken: plain(`${said(spoken)} ${node.label}, ${node.description}`),
    expand: 'no',
  };
}

export const fact: NodeKind<FactNode> = {
  row: factRow,
  tooltip: ({ value, description, tooltip = '' }) => lines(`${value}: ${description}`, tooltip),
};
