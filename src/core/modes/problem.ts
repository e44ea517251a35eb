/** What is said about a profile in a cluster. */
import { get, type DocNode } from '../document/node.ts';
import type { Seen, Severity } from '../finding.ts';
import { grouped } from './folder.ts';
import { dataOf } from '../policy/json.ts';
import type { FailureModeId, LiveId } from './ids.ts';

/**
 * What removes a problem: `repair` runs Create IRSA Profile for this profile, whose plan changes only what is wrong;
 * `associateProvider` makes the cluster's OIDC provider; `openManifest` opens the Profile to be edited by hand; `unstick` lets a Profile go that is stuck
 * in its deletion.
 */
export type Remedy = 'repair' | 'associateProvider' | 'openManifest' | 'unstick';

/** One thing that was read and that shows a problem. The time of the reading is said once, of all. */
export interface Evidence {
  /** What was read, in a few words: "trust policy", "annotation eks.amazonaws.com/role-arn". */
  readonly what: string;
  /** Its ARN, or the cluster and the object: see {@link objectIn}. */
  readonly where: string;
  /** As it was read, a text or JSON; "not there" where it was looked for and is absent. It is data. */
  readonly value: string;
}

/** Where an object is: `<cluster>: <kind> <namespace>/<name>`, without the namespace for an object that is in none. */
export const objectIn = (cluster: { readonly name: string }, kind: string, name: string, namespace?: string): string =>
  `${cluster.name}: ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

/** A failure mode that was seen at a profile. */
export interface Problem {
  readonly id: FailureModeId;
  /** Cause and consequence here, in plain text. */
  readonly message: string;
  readonly remedy?: Remedy;
  /** Worth knowing, and not in the way of IRSA: it does not change the state. */
  readonly remark?: true;
  /** Where it is another than that of the mode's row. */
  readonly severity?: Severity;
  /** What shows it, where the judge says so more exactly than the facts that its row reads (core/doctor/evidence.ts). */
  readonly evidence?: readonly Evidence[];
}

/** A problem of a mode whose row says that it has a live judge. */
export const problem = (id: LiveId, message: string, remedy?: Remedy): Problem =>
  remedy === undefined ? { id, message } : { id, message, remedy };

/** The same problem with what shows it. */
export const shownBy = (seen: Problem, ...evidence: readonly Evidence[]): Problem => ({ ...seen, evidence });

/** What findings were seen in: a JSON text, and its parts that can be looked at alone. */
export interface SeenText extends Omit<Evidence, 'value'> {
  readonly text: string;
  readonly parts: readonly (Pick<Seen, 'start' | 'end'> | undefined)[];
}

/** Of any text. */
const WHOLE = { start: 0, end: Infinity };

/** The parts that findings stand in; the whole text where one stands in none of them. Spaces do not count. */
function shownIn({ what, where, text, parts }: SeenText, findings: readonly Seen[]): Evidence {
  const inOrder = parts.flatMap((one) => one ?? []).sort((a, b) => a.start - b.start);
  const places = findings.map(({ start }) => start).sort((a, b) => a - b);
  const its = new Set<{ readonly start: number; readonly end: number }>();
  let at = 0;
  // Both in order: ten thousand statements are looked at once.
  for (const place of places) {
    while ((inOrder[at]?.end ?? Infinity) <= place) at += 1;
    const part = inOrder[at];
    its.add(part !== undefined && part.start <= place ? part : WHOLE);
  }
  const values = (its.has(WHOLE) ? [WHOLE] : [...its])
    .map(({ start, end }) => text.slice(start, end))
    .map((one) => dataOf(one) ?? one);
  return { what, where, value: JSON.stringify(values.length === 1 ? values[0] : values) };
}

/** Findings that matter, once for each failure mode: what is only worth knowing is shown in the file, not in the tree. */
export function problems(
  findings: readonly Seen[],
  remedy: (id: FailureModeId) => Remedy | undefined,
  seenIn: SeenText,
): Problem[] {
  const all = findings.filter(({ severity }) => severity !== 'information' && severity !== 'hint');
  return [...grouped(all, ({ id }) => id)].map(([id, its]) => {
    const { message, severity } = its[0] as Seen;
    const mends = remedy(id);
    const first: Problem = {
      ...{ id, message },
      ...(mends === undefined ? {} : { remedy: mends }),
      ...(severity === undefined ? {} : { severity }),
    };
    return shownBy(first, shownIn(seenIn, its));
  });
}

/** A policy in which findings were seen: its statements can be looked at alone. */
export function seenInPolicy(what: string, where: string, root: DocNode, text: string): SeenText {
  const statements = get(root, 'Statement');
  return { what, where, text, parts: statements?.type === 'array' ? statements.items : [statements] };
}
