import {
  addEntry,
  addItems,
  fillEntry,
  holdsComment,
  indentLines,
  isBlock,
  type Json,
  removeEntry,
} from '../../document/edit.ts';
import { endOfLine, lineEnd } from '../../document/lines.ts';
import type { DocEntry, DocObject } from '../../document/node.ts';
import type { Edit, Fix } from '../../finding.ts';
import { knownRole, type ManifestContext, rewriting, toJson } from '../manifest.ts';
import { PLUGIN_KIND } from '../../profile/names.ts';

/**
 * Fixes that need a role: with the known one, else a snippet, and the way to create one.
 *
 * @param shape what is written for a role
 * @param edit how it is written
 */
export function roleFixes(
  context: ManifestContext,
  shape: (role: string) => Json,
  edit: (value: Json) => readonly Edit[],
): Fix[] {
  const known = knownRole(context);
  const fixes: Fix[] = [];
  if (known !== undefined) fixes.push({ title: `Use ${known}`, edits: edit(shape(known)), preferred: true });
  else {
    const snippet = edit(shape('arn:aws:iam::ACCOUNT:role/ROLE')).map(({ newText, ...range }) => ({
      ...range,
      newText: newText.replaceAll('$', '\\$').replace('ACCOUNT', '${1:account}').replace('ROLE', '${2:name}'),
    }));
    fixes.push({ title: 'Write the ARN of a role', edits: snippet, snippet: true });
  }
  const { profile } = context;
  if (profile !== undefined) {
    fixes.push({ title: 'Create the role…', edits: [], command: { id: 'createRole', arguments: { profile } } });
  }
  return fixes;
}

export function addPlugin(spec: DocObject, plugins: DocEntry | undefined, context: ManifestContext): Fix[] {
  const plugin = (role: string): Json => ({ kind: PLUGIN_KIND, spec: { awsIamRole: role, annotateOnly: true } });
  const edit = (value: Json): readonly Edit[] => {
    if (!plugins) return addEntry(spec, 'plugins', [value]);
    const list = plugins.value;
    // It must become a list first, which has a fix of its own.
    if (list.type === 'object') return [];
    return list.type === 'array' && (list.items.length > 0 || !isBlock(spec) || holdsComment(list))
      ? addItems(list, [value])
      : [fillEntry(spec, plugins, [value])];
  };
  return roleFixes(context, plugin, edit).map((fix) =>
    fix.edits.length > 0
      ? { ...fix, title: `Add the IRSA plugin: ${fix.title.charAt(0).toLowerCase()}${fix.title.slice(1)}` }
      : fix,
  );
}

/** Moves block YAML by its lines, so that comments come along; anything else by its data. */
export function movePlugins(parent: DocObject, found: DocEntry, spec: DocObject): Fix[] {
  const byLines = isBlock(spec) && isBlock(parent);
  const added = addEntry(spec, 'plugins', toJson(found.value)).map((edit) =>
    byLines ? { ...edit, newText: reindented(found, spec) } : edit,
  );
  const edits = [...removeEntry(parent, found), ...added];
  return [
    byLines
      ? { title: 'Move under spec', edits, preferred: true }
      : rewriting('Move under spec', edits, found.value, endOfLine(spec.source.text, found.value.end)),
  ];
}

/** The lines of an entry at the indentation of the entries of `spec`. */
function reindented(found: DocEntry, spec: DocObject): string {
  const { text } = spec.source;
  const columnOf = (offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);
  const by = columnOf(spec.start) - columnOf(found.key.start);
  const lines = text.slice(found.key.start, endOfLine(text, found.value.end)).split('\n');
  const moved = lines.map((line, index) => {
    if (index === 0) return ' '.repeat(columnOf(spec.start)) + line;
    return by >= 0
      ? ' '.repeat(line.trim() === '' ? 0 : by) + line
      : line.slice(Math.min(-by, /^ */.exec(line)?.[0].length ?? 0));
  });
  return lineEnd(text, spec.start) + moved.join('\n');
}

/** An object becomes the only item of a list. */
export function wrapInList({ start, end, source }: DocObject, block: boolean): Fix[] {
  const edits = block
    ? [{ start, end: start, newText: '- ' }, ...indentLines(source.text, start, end)]
    : [
        { start, end: start, newText: '[' },
        { start: end, end, newText: ']' },
      ];
  return [{ title: 'Make it a list', edits, preferred: true }];
}
