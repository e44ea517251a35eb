/** What the judges of Kubernetes manifests share. */
import { holdsComment, type Json, replaceValue } from '../document/edit.ts';
import { type DocNode, type DocObject, type DocScalar, HOLE } from '../document/node.ts';
import { type Edit, finding, type Fix, type PolicyContext, type Seen } from '../finding.ts';
import { leftOver } from '../policy/filling.ts';
import { fillIn, placeholdersIn } from '../policy/placeholder.ts';

/** What a manifest is judged by, besides its own text. */
export interface ManifestContext extends PolicyContext {
  /** Role ARNs that are known for profiles, by the name of the profile. */
  readonly roles?: Readonly<Record<string, string>>;
  /** A patch or a template: what is not there may come from elsewhere, so nothing is reported as missing. */
  readonly partial?: boolean;
  /** API versions of a Profile that a CustomResourceDefinition beside it serves. */
  readonly served?: readonly string[];
  /** Something says that this is for EKS. */
  readonly eks?: boolean;
  /** In brackets or braces that are not closed: no fix can insert anything. */
  readonly unfinished?: boolean;
}

/** The role that is known for the profile. */
export const knownRole = ({ profile, roles = {} }: ManifestContext): string | undefined =>
  profile !== undefined && Object.hasOwn(roles, profile) ? roles[profile] : undefined;

/** The one right answer: `node` becomes `value`. */
export const correct = (node: DocNode, value: Json): Fix => ({
  title: `Change to ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  edits: [replaceValue(node, value)],
  preferred: true,
});

/** A number, true or false becomes a text; quotes around an expression of Terraform would make it one that says its name. */
export function inQuotes({ source, start, end, written }: DocNode): Fix[] {
  const text = source.text.slice(start, end);
  const isExpression = written !== undefined;
  if (source.quote !== undefined || (isExpression && source.format !== 'hcl')) return [];
  const newText = isExpression ? `tostring(${text})` : `"${text}"`;
  return [{ title: `Write ${newText}`, edits: [{ start, end, newText }], preferred: true }];
}

/**
 * A fix that writes a value, and what stands from there to `until`, anew from its data. Where there are comments, they are lost:
 * that is said, and nothing does it unasked.
 */
export const rewriting = (title: string, edits: readonly Edit[], value: DocNode, until?: number): Fix =>
  holdsComment(value, until) ? { title: `${title} (without its comments)`, edits } : { title, edits, preferred: true };

/** Whether a part of the value is decided elsewhere, so that nothing can be said about it. */
export const hasHole = (node: DocNode): boolean => node.type === 'string' && String(node.value).includes(HOLE);

/** The data of a node, for moving it. */
export function toJson(node: DocNode): Json {
  if (node.type === 'array') return node.items.map(toJson);
  if (node.type !== 'object') return node.value;
  return Object.fromEntries(node.entries.map(({ key, value }) => [String(key.value), toJson(value)]));
}

/** The range to underline for an object: its first key, because the whole object would cover everything else. */
export const headOf = (object: DocObject): { start: number; end: number } => {
  const first = object.entries[0]?.key;
  return first && first.start >= object.start
    ? { start: first.start, end: first.end }
    : { start: object.start, end: Math.min(object.end, object.start + 1) };
};

/** A word where an ARN has its account, as `account-id` in guides; `aws` owns the policies that AWS manages. */
const SAMPLE = /^arn:[^:]*:iam::(?!aws:)(?<word>[A-Za-z][\w-]*):/d;

/**
 * KP-004: text in `node` that was to be replaced; see {@link leftOver}. Undefined where there is none; nothing where it is filled in:
 * then what it will be is not known.
 */
export function checkPlaceholder(node: DocScalar, context: ManifestContext): Seen[] | undefined {
  // Terraform fills in what it takes for a reference.
  if (node.source.derived && hasHole(node)) return [];
  const raw = hasHole(node) ? node.source.text.slice(node.start, node.end) : String(node.value);
  const [first] = placeholdersIn(raw);
  const sample = first ? undefined : SAMPLE.exec(raw);
  if (!first && !sample) return undefined;
  const known = hasHole(node) ? undefined : resolved(String(node.value), context);
  const fixes = known === undefined ? [] : [correct(node, known)];
  const place = first ?? placeIn(sample);
  const text = raw.slice(place.start, place.end);
  if (text.startsWith('{{') && context.template === true) return [];
  const over = leftOver(text, context);
  if (over === undefined) return [];
  const range = hasHole(node) ? node : { start: node.at(place.start), end: node.at(place.end) };
  const message = `${shorten(text)} was not replaced: applied like this, the text itself becomes the value.${over.tail}`;
  return [finding('KP-004', range, message, fixes, over.severity)];
}

function placeIn(sample: RegExpExecArray | null | undefined): { start: number; end: number } {
  const [start, end] = sample?.indices?.groups?.['word'] ?? [0, 0];
  return { start, end };
}

/** The text with its placeholders replaced from the known variables; undefined unless all of them are known. */
function resolved(text: string, context: ManifestContext): string | undefined {
  const variables = context.variables ?? {};
  const role = /^\$\(\s*aws\s+iam\s+get-role\b.*--role-name[\s=]+["']?([^\s"')]+)/s.exec(text)?.[1];
  if (role !== undefined) {
    // The AWS page asks IAM for the ARN inside the manifest.
    const account = context.account ?? variables['AWS_ACCOUNT_ID'];
    const name = fillIn(role, variables);
    if (account === undefined || name.includes(HOLE)) return undefined;
    return `arn:${context.partition ?? 'aws'}:iam::${account}:role/${name}`;
  }
  const filled = fillIn(text, variables);
  return filled.includes(HOLE) || filled === text ? undefined : filled;
}

/** Long text in a message is cut. */
export const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
