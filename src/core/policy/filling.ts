/** Who fills in the placeholders of a file, as the files beside it show. */
import { isTemplate, TEMPLATE_ENDINGS } from '../document/template.ts';
import { replaceValue } from '../document/edit.ts';
import type { DocScalar } from '../document/node.ts';
import type { Beside, FillingContext, Fix, PolicyContext, Stack } from '../finding.ts';
import { normalPath } from '../text.ts';
import { isTerraform } from '../look.ts';
import { holdsPlaceholder, type Placeholder, placeholdersIn } from './placeholder.ts';

/** Files that are not linted themselves, with the folder that relative paths start from. */
export interface FilesBeside {
  readonly root: string;
  readonly files: readonly Beside[];
  /** Folders above which nothing tells of what is below them. */
  readonly tops?: readonly string[];
}

/** None of whom anything is known. */
export const NOBODY: FilesBeside = { root: '', files: [] };

/** What fills in a file. */
export interface Filling {
  /** What does it and where, for a message: `templatefile in main.tf, line 2`. */
  readonly by: string;
  /** The names that it gives values; undefined: it gives all that are wanted. */
  readonly names?: ReadonlySet<string>;
}

/** Files that may say who fills in others: of Terraform, scripts, pipelines, guides, kustomizations, and the marks of a chart or cookiecutter. */
const TELLING =
  /\.(?:tf|tofu|hcl|sh|bash|zsh|ps1|py|ts|js|mjs|md|mk|mdx|adoc|rst|txt)$|(?:^|[\\/])(?:Makefile|Justfile|Taskfile|Jenkinsfile|Dockerfile|Tiltfile|README|Chart\.yaml|cookiecutter\.json|copier\.ya?ml|[^\\/]*kustomization\.ya?ml)[^\\/]*$|(?:^|[\\/])(?:tasks|playbooks|workflows)[\\/][^\\/]+\.ya?ml$/i;

/** Whether a file may say who fills in others, by its name. */
export const mayTell = (path: string): boolean => TELLING.test(path);

/** Whether a file that is not linted itself says anything of filling in: only then is it worth keeping. */
export const tellsFilling = ({ path, text }: Beside): boolean =>
  mayTell(path) &&
  (MARKS.test(path) || TOOL.test(text) || HUMAN.test(text) || /\b(?:vars|replacements|postBuild)\s*:/.test(text));

/** A folder in which something is rendered as a whole. */
const MARKS = /(?:^|[\\/])(?:Chart\.yaml|cookiecutter\.json|copier\.ya?ml)$/;
/** What fills in text, in a script or program. */
const TOOL =
  /\b(?:envsubst|sed|perl|awk|gomplate|j2|jinja2?|mustache|m4|ytt|consul-template|confd|esh|yq|templatefile|template_file|templatestring|template|render\w*|re\.sub|replace(?:All|_all)?|substitute\w*|string\.Template|Fn\.sub|format)\b/;
/** What tells a reader to do it. */
const HUMAN = /\b(?:replac\w*|substitut\w*|updat\w*|chang\w*|fill\w*|edit|set|your)\b/i;

/** Names of files that say of themselves that they are templates. */
const NAMED_SO = new RegExp(
  [
    `\\.(?:${TEMPLATE_ENDINGS}|ejs|erb|hbs|mustache|template|tt)(?:\\.|$)`,
    /(?:^|[-_.])template(?=[-_.](?:json|ya?ml)|\.json$|\.ya?ml$|[-_])|(?:^|[\\/])templates?[\\/]/.source,
  ].join('|'),
  'i',
);
/** A template of CloudFormation, whose name says so too and which fills in only what is under Fn::Sub. */
const STACK = /AWSTemplateFormatVersion|["']?Type["']?\s*:\s*["']?AWS::/;

const folderOf = (path: string): string => path.replace(/[^\\/]*$/, '');
const nameOf = (path: string): string => path.slice(folderOf(path).length);
const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A path from the top, with slashes. */
export const absolute = (path: string, root = ''): string =>
  normalPath(/^(?:[\\/]|[A-Za-z]:)/.test(path) || root === '' ? path : `${root}/${path}`);

/** What was found for a set of files, because the same is asked of every placeholder. */
interface Found {
  readonly near: readonly Beside[];
  readonly answers: Map<string, Filling | undefined>;
}
const known = new WeakMap<Beside, Found>();

/** Folders that belong to the one that holds them. */
const SCRIPTS = /(?:(?:^|[\\/])(?:scripts?|hack|bin|ci|tools|tasks|docs|\.github|workflows))+$/i;

/** Whether a folder of this name holds scripts, which belong to the folder that holds it. */
export const holdsScripts = (name: string): boolean => SCRIPTS.test(name);

/** Folders above a file that are looked at, and folders of scripts in one another. */
const [ABOVE, DEEP] = [8, 2];
/** Files of one folder that are read for what they tell. */
const MOST_FILES = 80;
/** Bytes of a file that is read for what it tells; a longer one tells nothing. */
export const MOST_BYTES = 256 * 1024;

/** Of the names in a folder, or their paths, those of the files to read for what they tell. */
export const tellingNames = (names: readonly string[]): readonly string[] =>
  names.filter(mayTell).toSorted().slice(0, MOST_FILES);

/** A folder as far as it tells of files in it and below. `T`: how who looks names a folder. */
export interface FolderBeside<T> {
  /** Its files that tell (see {@link tellsFilling}). */
  readonly files: () => readonly Beside[];
  /** Its folders of scripts (see {@link holdsScripts}). */
  readonly scripts: readonly T[];
  /** The folder that holds it. */
  readonly above: T | undefined;
  /** It is that of a repository, or the one that was asked for: what lies above belongs to somebody else. */
  readonly isTop: boolean;
}

/**
 * The files that may tell who fills in those of a folder: in it, in those above up to the top, and in the folders of scripts there;
 * where no top is near, in it alone.
 *
 * @param look undefined for what cannot be read, or is not read yet
 */
export function tellingAround<T>(folder: T, look: (folder: T) => FolderBeside<T> | undefined): readonly Beside[] {
  const found = new Map<string, Beside>();
  const take = (seen: FolderBeside<T>, depth: number): void => {
    for (const one of seen.files()) found.set(one.path, one);
    for (const its of depth > 0 ? seen.scripts.map(look) : []) if (its) take(its, depth - 1);
  };
  const folders: FolderBeside<T>[] = [];
  for (let here: T | undefined = folder; here !== undefined && folders.length <= ABOVE;) {
    const seen = look(here);
    if (seen) folders.push(seen);
    here = seen?.isTop === false ? seen.above : undefined;
  }
  for (const seen of folders.at(-1)?.isTop === true ? folders : folders.slice(0, 1)) take(seen, DEEP);
  return [...found.values()];
}

/** Whether anybody is looked for who fills in this file; Terraform fills in its own. */
export const asksWhoFills = ({ path, text }: Beside): boolean => !isTerraform(path) && holdsPlaceholder(text);

/** Of files that are linted, and those around them, what tells: each once, and what is linted as it is now. */
export function tellingOf(files: readonly Beside[], { root, files: around }: FilesBeside): readonly Beside[] {
  const all = [...around, ...files].filter(({ path }) => mayTell(path));
  return [...new Map(all.map(({ path, text }) => [absolute(path, root), text]))].map(([path, text]) => ({
    path,
    text,
  }));
}

/** The folder in which, and below which, a file may say who fills in others; empty: everywhere. Undefined for one that says nothing. */
export const filledFrom = (path: string): string | undefined =>
  mayTell(path) ? folderOf(path).slice(0, -1).replace(SCRIPTS, '') : undefined;

/** Of all files those that belong to a folder in which the file lies. */
const nearOf = (file: Beside, beside: readonly Beside[]): readonly Beside[] =>
  beside.filter(({ path }) => {
    const folder = filledFrom(path);
    return path !== file.path && folder !== undefined && (folder === '' || file.path.startsWith(`${folder}/`));
  });

/**
 * Who fills in placeholders of a file; undefined where nothing is seen to. Asked of one placeholder, because a script may fill in
 * that one alone.
 *
 * @param placeholder as it stands in the file
 * @param name the name in it
 */
export function fillingOf(file: Beside, placeholder: string, beside: readonly Beside[]): Filling | undefined {
  let found = known.get(file);
  if (!found) known.set(file, (found = { near: nearOf(file, beside), answers: new Map() }));
  if (!found.answers.has(placeholder)) found.answers.set(placeholder, look(file, placeholder, found.near));
  return found.answers.get(placeholder);
}

function look(file: Beside, placeholder: string, near: readonly Beside[]): Filling | undefined {
  const own = fillsItself(file);
  if (own !== undefined) return { by: own };
  for (const one of near) {
    const by = /\.(?:tf|tofu|hcl)$/i.test(one.path)
      ? byTerraform
      : /kustomization\.ya?ml$/i.test(one.path)
        ? byKustomize
        : MARKS.test(one.path)
          ? byMark
          : bySays;
    const filling = by(file, placeholder, one);
    if (filling !== undefined) return filling;
  }
  return undefined;
}

/** The file's own name. What the endings of templates say, document/files.ts knows. */
function fillsItself({ path, text }: Beside): string | undefined {
  // Of the path, what is near: a template is a template wherever its repository lies.
  const near = path.split(/[\\/]/).slice(-3).join('/');
  if (NAMED_SO.test(near) && !STACK.test(text) && !isTemplate(text)) return `${nameOf(path)} is named a template`;
  return undefined;
}

/** A place where Terraform, OpenTofu or Terragrunt renders a file, with the path if it is written there. */
const RENDERS =
  /(?<tool>templatefile)\(\s*(?:"(?<a>(?:\$\{[^}\n]*\}|[^"\\\n]|\\.)*)")?|(?<old>\btemplate\s*=\s*(?:"\$\{)?\s*file)\(\s*(?:"(?<b>[^"\n]*)")?|(?<plain>\breplace)\(\s*(?:replace\(\s*)*file\(\s*(?:"(?<c>[^"\n]*)")?/g;

function byTerraform(file: Beside, placeholder: string, { path, text }: Beside): Filling | undefined {
  if (!/templatefile|file\(/.test(text)) return undefined;
  for (const match of text.matchAll(RENDERS)) {
    const { tool, a, b, c, plain } = match.groups ?? {};
    if (!names(a ?? b ?? c, file.path, path)) continue;
    if (plain === undefined && !/^[$%]\{/.test(placeholder)) continue;
    const given =
      a === undefined ? undefined : /^\s*,\s*\{([^{}]*)\}\s*\)/.exec(text.slice(match.index + match[0].length));
    const keys = given?.[1]?.replace(/#.*|\/\/.*/g, '').match(/(?:^|[,\n{])\s*"?[\w-]+"?\s*[=:]/g);
    const by = `${tool ?? plain ?? 'template_file'} in ${nameOf(path)}, line ${lineAt(text, match.index)}`;
    return keys ? { by, names: new Set(keys.map((key) => key.replace(/[^\w-]/g, ''))) } : { by };
  }
  return undefined;
}

/** Whether a path that is written in a file means another file. A path that is not written there means any file below. */
function names(written: string | undefined, path: string, from: string): boolean {
  const folder = folderOf(from);
  if (written === undefined) return path.startsWith(folder);
  const own = /^\$\{path\.(?:module|root|cwd)\}[\\/]?|^\.[\\/]/.exec(written)?.[0];
  const rest = written.slice(own?.length ?? 0).replace(/\$\{[^}]*\}/g, '*');
  const pattern = escaped(own === undefined ? rest.replace(/^\*+\/?/, '') : normalPath(folder + rest)).replaceAll(
    '\\*',
    '[^]*',
  );
  return new RegExp(`${own === undefined ? '(?:^|/)' : '^'}${pattern}$`).test(path);
}

/** `$(NAME)` that is a var of a kustomization, a replacement in a file of its own, and Flux's substitutions. */
function byKustomize(file: Beside, placeholder: string, { path, text }: Beside): Filling | undefined {
  const [only] = placeholdersIn(placeholder);
  const name = only?.name ?? placeholder;
  const at = (what: string): Filling => ({ by: `${what} in ${nameOf(path)}` });
  if (placeholder.startsWith('$(') && /^vars\s*:/m.test(text) && hasName(text, name)) return at('vars');
  if (/^replacements\s*:/m.test(text) && text.includes(nameOf(file.path))) return at('replacements');
  if (/postBuild\s*:/.test(text) && placeholder.startsWith('${')) {
    if (new RegExp(`^\\s+${escaped(name)}\\s*:`, 'm').test(text)) return at('postBuild.substitute');
    const below = /^\s+path\s*:\s*["']?\.?\/?([^"'\s]+)/m.exec(text)?.[1];
    if (/substituteFrom\s*:/.test(text) && below !== undefined && normalPath(file.path).includes(below))
      return at('postBuild.substituteFrom');
  }
  return undefined;
}

const hasName = (text: string, name: string): boolean =>
  new RegExp(`name\\s*:\\s*["']?${escaped(name)}["']?\\s*$`, 'm').test(text);

/** A chart fills in what lies in its `templates`, cookiecutter and copier what has `{{ … }}`. */
function byMark(file: Beside, placeholder: string, { path }: Beside): Filling | undefined {
  const folder = normalPath(folderOf(path));
  if (!placeholder.startsWith('{{') || !normalPath(file.path).startsWith(folder)) return undefined;
  return { by: nameOf(path) };
}

/** Lines around a tool in which the file that it works on is named. */
const NEAR = 8;

/** What scripts and guides say without their backslashes, because the same is asked of every placeholder. */
const plain = new WeakMap<Beside, string>();
function plainOf(one: Beside): string {
  const text = plain.get(one) ?? one.text.replaceAll('\\', '');
  plain.set(one, text);
  return text;
}

/** A script, program, pipeline or guide that names the file beside a tool, or the very placeholder. */
function bySays(file: Beside, placeholder: string, guide: Beside): Filling | undefined {
  const { path, text } = guide;
  const isGuide = /\.(?:md|mdx|adoc|rst|txt)$|README/i.test(path);
  const name = nameOf(file.path);
  const folder = nameOf(folderOf(file.path).replace(/[\\/]$/, ''));
  const wanted = [name, placeholder, ...(folder === '' ? [] : [`${folder}/`])];
  if (!wanted.some((one) => plainOf(guide).includes(one))) return undefined;
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const tool = TOOL.exec(line)?.[0];
    const at = (): Filling => ({ by: `${tool ?? 'what is said'} in ${nameOf(path)}, line ${index + 1}` });
    if ((tool !== undefined || (isGuide && HUMAN.test(line))) && line.replaceAll('\\', '').includes(placeholder))
      return at();
    if (tool === undefined) continue;
    const near = lines.slice(Math.max(0, index - NEAR), index + NEAR + 1).join('\n');
    const isNamed = near.includes(name) || (folder !== '' && near.includes(`${folder}/`));
    if (isNamed && (!isGuide || /^(?:envsubst|sed|perl|awk|gomplate|yq|jinja2|j2)$/.test(tool))) return at();
  }
  return undefined;
}

/** What a shell and the renderers of templates fill in. A word such as `<bucket>` they leave as it is. */
const EXPANDED = /[$`{\uE000]/;

/** What is known of a placeholder that nothing replaced: undefined where something is seen that will. */
export interface Left {
  readonly severity: 'error' | 'warning';
  /** What is said behind the rule's own words; begins with a blank, or is empty. */
  readonly tail: string;
}

/**
 * How a placeholder is judged, in every format alike: a warning, because a tool may fill it in before the file is used; nothing where
 * one is seen to; an error only in live documents, and where a template of CloudFormation would fill it in if it stood under `Fn::Sub`.
 */
export function leftOver(placeholder: string, { live, filling, filled, stack }: FillingContext): Left | undefined {
  if (live === true) return { severity: 'error', tail: '' };
  if (filled === true && EXPANDED.test(placeholder)) return undefined;
  const by = filling && fillingOf(filling.file, placeholder, filling.beside);
  if (by === undefined) {
    if (stack !== undefined && isSubstituted(placeholder, stack))
      return {
        severity: 'error',
        tail: ' CloudFormation fills it in only under Fn::Sub (!Sub), which is missing here.',
      };
    const isLookedFor = filling !== undefined && nearOf(filling.file, filling.beside).length > 0;
    return {
      severity: 'warning',
      tail: isLookedFor
        ? ' No file beside this one is seen to fill it in.'
        : ' Ignore this if a tool fills it in before the file is used.',
    };
  }
  const name = /^[\w-]+$/.exec(placeholdersIn(placeholder)[0]?.name ?? '')?.[0];
  if (by.names === undefined || name === undefined || by.names.has(name)) return undefined;
  return { severity: 'warning', tail: ` This file is filled in by ${by.by}, which gives no value for it.` };
}

/** What is known, and the template of CloudFormation that a document is part of, where it is of one. */
export const inStack = (context: PolicyContext, stack: Stack | undefined): PolicyContext =>
  stack === undefined ? context : { ...context, stack };

/** `${…}` that CloudFormation fills in under `Fn::Sub`: of the template, or of its own. */
const SUBSTITUTION = /\$\{(?<name>(?:AWS::)?\w+)(?:\.[\w.]+)?\}/;

function isSubstituted(placeholder: string, { names }: Stack): boolean {
  const { 0: all, groups: { name = '' } = {} } = SUBSTITUTION.exec(placeholder) ?? {};
  return all === placeholder && (name.startsWith('AWS::') || names.has(name));
}

/** The placeholders that were left in a text; of a template of CloudFormation also `${AWS::Region}` and its like. */
export function leftIn(text: string, { stack }: FillingContext): readonly Placeholder[] {
  if (stack === undefined) return placeholdersIn(text);
  const own = [...text.matchAll(/\$\{(?<name>AWS::\w+)\}/g)].map(({ 0: { length }, index, groups }) => ({
    start: index,
    end: index + length,
    name: groups?.['name'] ?? '',
  }));
  return [...placeholdersIn(text), ...own].sort((a, b) => a.start - b.start);
}

/** A fix that has CloudFormation fill in a text that is a value, where it knows all that stands in it as `${…}`. */
export function underSub({ text, node }: { text: string; node: DocScalar }, { stack }: FillingContext): readonly Fix[] {
  const { source, whole, written } = node;
  const isOwn = source.format === stack?.format && source.quote === undefined && whole === undefined && !written;
  const marks = text.match(/\$\{[^}]*\}?/g) ?? [];
  if (stack === undefined || !isOwn || marks.length === 0 || !marks.every((one) => isSubstituted(one, stack)))
    return [];
  return source.format === 'yaml'
    ? [{ title: 'Write !Sub', edits: [{ start: node.start, end: node.start, newText: '!Sub ' }], preferred: true }]
    : [{ title: 'Write Fn::Sub', edits: [replaceValue(node, { 'Fn::Sub': text })], preferred: true }];
}
