/** A finding of the doctor as an entry of the settings file: what is written where. Pure. */
import { get, type DocNode } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import { applyEdits } from '../fix.ts';
import type { Edit } from '../finding.ts';
import { readSettings } from '../settings.ts';
import type { Accepted } from './accepted.ts';

/** A text as YAML has it on one line, read as a text again. */
const scalar = (text: string): string => (/^[A-Za-z][\w-]*$/.test(text) ? text : JSON.stringify(text));

const fieldsOf = ({ id, cluster, profile, reason, until, fingerprint }: Accepted): readonly string[] => [
  `id: ${id}`,
  `cluster: ${scalar(cluster)}`,
  ...(profile === undefined ? [] : [`profile: ${scalar(profile)}`]),
  `reason: ${JSON.stringify(reason)}`,
  `until: ${until}`,
  `fingerprint: '${fingerprint}'`,
];

const blockOf = (entry: Accepted, indent: string, eol: string): string =>
  fieldsOf(entry)
    .map((field, index) => `${indent}${index === 0 ? '- ' : '  '}${field}${eol}`)
    .join('');

/** What puts an entry into the text of a settings file; undefined where the text is not one that it can be put into. */
export function acceptEdit(text: string, entry: Accepted): Edit | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const edit = placed(text, entry, eol);
  const [before, after] = [readSettings(text), readSettings(applyEdits(text, [edit]))];
  const isIn = after.accepted.length === before.accepted.length + 1 && after.problems.length <= before.problems.length;
  return isIn ? edit : undefined;
}

function placed(text: string, entry: Accepted, eol: string): Edit {
  const root = parse(text, 'yaml').documents.find((one) => one.root)?.root;
  const list = get(root, 'accepted');
  const section = `accepted:${eol}${blockOf(entry, '  ', eol)}`;
  if (list === undefined) return behind(text, text.length, section, eol);
  if (list.type !== 'array' || list.items.length === 0) {
    // `accepted:` and `accepted: []`.
    const key = root?.type === 'object' ? root.entries.findLast((one) => one.key.value === 'accepted')?.key : undefined;
    const start = key?.end ?? list.start;
    const end = list.type === 'null' ? text.indexOf(':', start) + 1 : list.end;
    return { start, end, newText: `:${eol}${blockOf(entry, '  ', eol).trimEnd()}` };
  }
  if (text[list.start] === '[')
    return { start: list.end - 1, end: list.end - 1, newText: `, { ${fieldsOf(entry).join(', ')} }` };
  const [first, last] = [list.items[0], list.items.at(-1)] as [DocNode, DocNode];
  const lineStart = text.lastIndexOf('\n', first.start) + 1;
  const indent = /^[ ]*/.exec(text.slice(lineStart))?.[0] ?? '';
  const lineEnd = text.indexOf('\n', Math.max(last.start, last.end - 1));
  return behind(text, lineEnd < 0 ? text.length : lineEnd + 1, blockOf(entry, indent, eol), eol);
}

/** New lines at a place that is the beginning of a line, or the end of a text that lacks its last line end. */
const behind = (text: string, at: number, lines: string, eol: string): Edit => ({
  start: at,
  end: at,
  newText: at === 0 || text[at - 1] === '\n' ? lines : `${eol}${lines}`,
});
