/** What an error text means: who did what, what denied it, which failure modes it comes of, and what to read next. Pure, and offline. */
import { roleNameOf } from '../arn/arn.ts';
import type { FailureModeId } from '../modes/ids.ts';
import { failureMode } from '../modes/table.ts';
import { roleArnOf, type ProfileView } from '../modes/view.ts';
import { spoken, withoutSecrets } from '../text.ts';
import { denialIn, detailsOf, type Details } from './details.ts';
import { KNOWN_ERRORS, type KnownError } from './errors.ts';
import { recordsIn } from './records.ts';

export interface Explained extends Details {
  /** The row of core/explain/errors.ts. */
  readonly error: string;
  readonly says: string;
  /** It follows from the text; else it is what the text comes of most often. */
  readonly certain: boolean;
  readonly modes: readonly { readonly id: FailureModeId; readonly title: string }[];
  readonly next: readonly string[];
  /** The part of the text that tells it, without secrets. */
  readonly quote: string;
}

export interface Explanation {
  /** The cause first; the others follow from it, or say less. */
  readonly explained: readonly Explained[];
  /** Nothing in the text is known. */
  readonly unknown: boolean;
}

/** Whose call failed, as far as an error tells: a namespace of Kubernetes, or the name of a role. */
export interface Named {
  readonly namespace?: string;
  readonly role?: string;
}

/** Whose call it was: the service account, the role of the session, or the role that was asked for. */
export function namedIn({ principal = '', resource = '' }: Details): Named {
  const namespace = /^system:serviceaccount:([^:]+):/.exec(principal)?.[1];
  if (namespace !== undefined) return { namespace };
  const role = /:assumed-role\/([^/]+)\//.exec(principal)?.[1] ?? roleNameOf(resource);
  return role === undefined ? {} : { role };
}

/** Whether a profile may be the one that an error names; where it names nobody, each may. */
export function isNamed({ namespace, role }: Named, view: ProfileView): boolean {
  const its = roleArnOf(view);
  return (
    (namespace === undefined || namespace === view.profile.metadata.name) &&
    (role === undefined || (its !== undefined && roleNameOf(its) === role))
  );
}

/** What is looked at, in characters: the end of a longer text, where errors stand. */
const MOST = 200_000;
/** How many different errors of one text are told. */
const MOST_TOLD = 5;

/**
 * Explains a text: an error, a log, the message of a run, events, an event of CloudTrail or a list of them (as `aws cloudtrail
 * lookup-events` gives it).
 */
export function explain(text: string): Explanation {
  // Before it is cut into pieces: a half of a secret is not known as one.
  const cut = withoutSecrets(text.slice(-MOST));
  const parts = recordsIn(cut)?.map((part) => ({ part, until: part.length })) ?? blocksOf(plainOf(cut));
  const found = parts.flatMap(({ part, until }, at) => {
    const details = detailsOf(part, until);
    const known = KNOWN_ERRORS.find((row) => holds(row, part, until, details));
    return known === undefined ? [] : [{ known, at, part, until, details }];
  });
  const rank = ({ known }: { readonly known: KnownError }): number => KNOWN_ERRORS.indexOf(known);
  const once = found
    .sort(
      (a, b) => Number(b.known.certain ?? false) - Number(a.known.certain ?? false) || rank(a) - rank(b) || a.at - b.at,
    )
    .filter(({ known }, at, all) => all.findIndex((other) => other.known === known) === at);
  // What says nothing of its own is left out where something else is known.
  const telling = once.filter(
    ({ known }) => (known.id !== 'denied' && known.id !== 'web-identity') || once.length === 1,
  );
  return { explained: telling.slice(0, MOST_TOLD).map(told), unknown: telling.length === 0 };
}

function told({
  known,
  part,
  until,
  details,
}: Block & { readonly known: KnownError; readonly details: Details }): Explained {
  return {
    ...details,
    error: known.id,
    says: known.says,
    certain: known.certain ?? false,
    modes: known.modes.map((id) => ({ id, title: failureMode(id).title })),
    next: known.next,
    quote: quoteOf(part, until, known),
  };
}

/** What of a part a row goes by: its words, else who called or what denied it. */
const matchOf = (text: RegExp | undefined, part: string): RegExpExecArray | null =>
  text === undefined ? denialIn(part) : text.exec(part);

function holds(
  { text, operation, principal, denied, explicit }: KnownError,
  part: string,
  until: number,
  details: Details,
): boolean {
  const match = matchOf(text, part);
  if (match === null || match.index >= until) return false;
  if (operation !== undefined && !operation.test(details.operation ?? '')) return false;
  if (principal !== undefined && (details.principalKind === undefined || !principal.includes(details.principalKind)))
    return false;
  if (denied !== undefined && !denied.includes(details.denied?.by ?? 'unsaid')) return false;
  return explicit === undefined || details.denied?.explicit === explicit;
}

/** Text as a person reads it: without colours of a terminal, with what is escaped in JSON or a log as itself. */
const plainOf = (text: string): string =>
  text
    .replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, '')
    .replaceAll(/\\+n|\\+r/g, '\n')
    .replaceAll(/\\+t/g, ' ')
    .replaceAll(/\\+(["'])/g, '$1')
    .replaceAll(/\\u0026/g, '&')
    .replaceAll(/\\u003c/gi, '<')
    .replaceAll(/\\u003e/gi, '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'");

/** Lines that are looked at together: errors of Go and Java go over several. */
const TOGETHER = 4;
/** How long such a block may be, in characters, and how many are looked at: the last ones of a log. */
const BLOCK = 1_500;
const MOST_BLOCKS = 200;

/** A line that is too long, such as a log that was pasted into a prompt, as pieces that overlap: no error is cut in two. */
const pieces = (line: string): readonly string[] =>
  Array.from({ length: Math.max(1, Math.ceil(line.length / OVERLAP) - 1) }, (_, n) =>
    line.slice(n * OVERLAP, n * OVERLAP + BLOCK),
  );
const OVERLAP = BLOCK / 2;

/** Words of which every known error has one: most lines of a log have none. */
const WORDS =
  /den(?:y|ied)|not auth|error|invalid|fail|expire|unable|could not|couldn't|no such|exceed|must|missing|time ?d?out|NoSuch|conflict|empty|recg|unmarshal|eventName|required|exist|cannot|301|403|limit|refused|match|not found|not owned|assumed-role|exception|malformed|secure connection|not allow|not OK|no credentials|x509|standards|no AWS|WebIdentityErr|degraded|unhealthy/i;

/** What goes on with the line before it: what is indented, and causes. */
const GOES_ON = /^(?:\s|caused by\b|--->)/i;

/** Some lines together. `until`: where the next error begins, which is no part of the first. */
interface Block {
  readonly part: string;
  readonly until: number;
}

/** A text as blocks, each line with those after it as far as they belong to it. What is repeated is looked at once. */
function blocksOf(text: string): readonly Block[] {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .flatMap(pieces);
  const blocks = lines.flatMap((line, at): readonly (readonly [string, Block])[] => {
    if (!WORDS.test(line)) return [];
    const together = lines.slice(at, at + TOGETHER);
    const next = together.findIndex((one, after) => after > 0 && WORDS.test(one) && !GOES_ON.test(one));
    const part = together.join('\n').slice(0, BLOCK);
    return [[part, { part, until: next === -1 ? part.length : together.slice(0, next).join('\n').length + 1 }]];
  });
  return [...new Map(blocks).values()].slice(-MOST_BLOCKS);
}

/** How long a quote may be, in characters. */
const QUOTE = 400;

function quoteOf(part: string, until: number, { text }: KnownError): string {
  const match = matchOf(text, part);
  const at = match?.index ?? 0;
  const from = part.lastIndexOf('\n', at) + 1;
  const to = Math.max(until, at + (match?.[0].length ?? 0));
  return spoken(withoutSecrets(part.slice(from, Math.min(from + QUOTE, to)))).trim();
}
