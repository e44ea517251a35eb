/** Where in a document the cursor is, and what can be written there. Pure; reads lines, so that unfinished text is no obstacle. */
import type { Language } from '../core/document/parse.ts';
import { AUDIENCE, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { PLUGIN_KIND, ROLE_ANNOTATION } from '../core/profile/names.ts';
import type { Live } from '../live.ts';

/** Something to write. `insert` is a snippet; it replaces the text from `start` to the cursor. */
export interface Suggestion {
  readonly label: string;
  readonly insert: string;
  readonly detail: string;
  readonly start: number;
}

/** A line of YAML: `key:`, maybe as the first of a list item, and what follows. */
const LINE = /^(?<space> *)(?<dashes>(?:- +)*)(?<key>[^\s#:'"-][^:#]*|"[^"]*"|'[^']*')?(?<colon>:(?=\s|$))?/;
/** Lines, and characters, that are looked at above the cursor. */
const MOST_LINES = 400;
const MOST_TEXT = 40_000;

/** Where the cursor is in YAML: the keys above it, and the key whose value is being written, if it is a value. */
export interface YamlPlace {
  readonly path: readonly string[];
  readonly writing?: string;
}

/** The place of the end of `before`, which is the text up to the cursor. */
export function yamlPlace(before: string): YamlPlace {
  const lines = before.split('\n').slice(-MOST_LINES);
  const current = LINE.exec((lines.pop() ?? '').replace('\r', ''))?.groups ?? {};
  const dashed = (current['dashes'] ?? '') !== '';
  const space = (current['space'] ?? '').length;
  let indent = dashed ? space + 1 : space;
  const path: string[] = [];
  for (const line of lines.reverse()) {
    if (/^(---|\.\.\.)(\s|$)/.test(line)) break;
    if (/^\s*(#|$)/.test(line)) continue;
    const groups = LINE.exec(line.replace('\r', ''))?.groups;
    if (!groups?.['colon'] || groups['key'] === undefined) continue;
    const [outer, dashes] = [(groups['space'] ?? '').length, (groups['dashes'] ?? '').length];
    const column = outer + dashes;
    if (column < indent) {
      path.unshift(groups['key'].replace(/^["']|["']$/g, ''));
      indent = column;
    }
    // Left of the dash is what holds the list, maybe in the same column as the dash.
    if (dashes > 0 && column <= indent) indent = Math.min(indent, outer + 1);
  }
  const key = current['key']?.replace(/^["']|["']$/g, '');
  return current['colon'] !== undefined && key !== undefined ? { path, writing: key } : { path };
}

/** What can be written at `offset`. */
export function suggestionsAt(text: string, offset: number, language: Language): readonly Suggestion[] {
  const before = text.slice(Math.max(0, offset - MOST_TEXT), offset);
  const conditions = conditionKeys(text, before, offset);
  if (conditions.length > 0 || language === 'json') return conditions;
  const { path, writing } = yamlPlace(before);
  const word = /[\w./-]*$/.exec(before)?.[0].length ?? 0;
  const suggest = (label: string, insert: string, detail: string): Suggestion => ({
    label,
    insert,
    detail,
    start: offset - word,
  });
  const at = path.join('.');
  const here = documentAt(text, offset);
  const role = 'arn:aws:iam::${1:account}:role/${2:name}';
  if (/(^|\.)spec\.plugins$/.test(at)) {
    if (writing === 'kind') return [suggest(PLUGIN_KIND, PLUGIN_KIND, 'the IRSA plugin of EKS')];
    return writing === undefined && /-\s*\w*$/.test(before)
      ? [suggest(`kind: ${PLUGIN_KIND}`, plugin(role, '  '), 'the IRSA plugin of EKS')]
      : [];
  }
  if (/(^|\.)spec\.plugins\.spec$/.test(at)) {
    if (writing === 'annotateOnly')
      return [
        suggest('true', 'true', 'the trust policy is yours'),
        suggest('false', 'false', 'the controller completes the trust policy'),
      ];
    if (writing === 'awsIamRole') return [suggest('arn:aws:iam::…:role/…', role, 'ARN of the role of this profile')];
    if (writing !== undefined) return [];
    return [
      suggest('awsIamRole', `awsIamRole: ${role}`, `role of ${SERVICE_ACCOUNT}`),
      suggest('annotateOnly', 'annotateOnly: ${1|true,false|}', 'who completes the trust policy'),
    ].filter(({ label }) => !new RegExp(`^\\s*${label}:`, 'm').test(nearby(text, offset)));
  }
  if (at === 'spec' && writing === undefined && /^kind: *["']?Profile\b/m.test(here) && /kubeflow\.org\//.test(here)) {
    if (/^ +plugins:/m.test(here)) return [];
    return [suggest('plugins', `plugins:\n  - ${plugin(role, '    ')}`, 'the IRSA plugin of EKS')];
  }
  if (at === 'metadata.annotations' && writing === undefined && /^kind: *["']?ServiceAccount\b/m.test(here))
    return [suggest(ROLE_ANNOTATION, `${ROLE_ANNOTATION}: ${role}`, 'role of this service account')];
  return [];
}

/** Roles and buckets that are known, where one is being written. */
export function knownAt(text: string, offset: number, known: Pick<Live, 'roles' | 'buckets'>): readonly Suggestion[] {
  const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const suggest = (label: string, detail: string, typed: string): Suggestion => ({
    label,
    insert: label.replace(/[\\$}]/g, '\\$&'),
    detail,
    start: offset - typed.length,
  });
  const role = /(?:\bawsIamRole|\beks\.amazonaws\.com\/role-arn)["']?\s*:\s+["']?(?<typed>[^\s"']*)$/i.exec(
    before,
  )?.groups;
  if (role) return known.roles().map(({ arn, of }) => suggest(arn, `role of ${of}`, role['typed'] ?? ''));
  const bucket = /(?:\barn:aws[\w-]*:s3:::|\bs3:\/\/)(?<typed>[\w.-]*)$/.exec(before)?.groups;
  return bucket ? known.buckets().map((name) => suggest(name, 'bucket of a role', bucket['typed'] ?? '')) : [];
}

const plugin = (role: string, indent: string): string =>
  `kind: ${PLUGIN_KIND}\n${indent}spec:\n${indent}  awsIamRole: ${role}\n${indent}  annotateOnly: \${3|true,false|}`;

/** The lines just around the cursor: the other keys of a plugin. */
function nearby(text: string, offset: number): string {
  const above = text.lastIndexOf('plugins', offset);
  const below = text.indexOf('\n---', offset);
  return text.slice(Math.max(0, above), Math.min(below < 0 ? text.length : below, offset + 400));
}

/** The document of a file of many that the cursor is in. */
function documentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n---', offset - 1);
  const end = text.indexOf('\n---', offset);
  return text.slice(start < 0 ? 0 : start + 1, end < 0 ? text.length : end);
}

/** `<issuer>:aud` and `:sub` inside a condition of a trust policy, in JSON, in YAML and in JSON held in YAML. */
function conditionKeys(text: string, before: string, offset: number): Suggestion[] {
  const open = /(?<quote>["']?)String(?:Equals|Like)\k<quote>\s*:\s*(?:\{(?<json>[^{}]*)|(?<yaml>\r?\n[^{}]*))$/.exec(
    before,
  );
  if (!open) return [];
  const issuer = /oidc-provider\/(?<issuer>[^"'\s,\\]+)/.exec(documentAt(text, offset))?.groups?.['issuer'];
  if (issuer === undefined) return [];
  const typed = /["']?[\w./:${}-]*$/.exec(before)?.[0] ?? '';
  const inYaml = open.groups?.['yaml'] !== undefined;
  // A value is being written, or another block has begun.
  if (
    inYaml
      ? yamlPlace(before).writing !== undefined || !/^String/.test(yamlPlace(before).path.at(-1) ?? '')
      : isValue(open.groups?.['json'] ?? '')
  )
    return [];
  const write = (claim: string, value: string): string =>
    `${JSON.stringify(`${issuer}:${claim}`).replaceAll('$', '\\$')}: "${value}"`;
  return [
    {
      label: `${issuer}:sub`,
      insert: write('sub', `system:serviceaccount:\${1:profile}:${SERVICE_ACCOUNT}`),
      detail: 'which service account may take the role',
      start: offset - typed.length,
    },
    {
      label: `${issuer}:aud`,
      insert: write('aud', AUDIENCE),
      detail: 'whom the token is for',
      start: offset - typed.length,
    },
  ];
}

/** Whether the end of the inside of a JSON object is a value: after the last comma stands a colon between key and value. */
const isValue = (inside: string): boolean => /^\s*"[^"]*"\s*:/.test(inside.split(',').at(-1) ?? '');

/** Whether every document of a YAML file is a Profile. */
export function isOnlyProfiles(text: string): boolean {
  const documents = text.split(/^---(?=\s|$)/m).filter((part) => /^\s*[^\s#]/m.test(part));
  return (
    documents.length > 0 &&
    documents.every((part) => /^kind: *["']?Profile\b/m.test(part) && /^apiVersion: *["']?kubeflow\.org\//m.test(part))
  );
}
