/** Text in, findings out. Pure, and silent about everything that is not ours. */
import { type DocNode, HOLE, type Source } from './document/node.ts';
import { type ReadFile, readFile } from './document/files.ts';
import { maskTemplates } from './document/template.ts';
import { parse, parseSlice, slices } from './document/parse.ts';
import type { Language, Piece } from './document/parse.ts';
import { configFrom } from './carriers.ts';
import { isKustomization, isRead, isRecords, isTerraform, looksOurs, terraformLooksOurs } from './look.ts';
import { absolute, type FilesBeside, mayTell, NOBODY, tellingOf } from './policy/filling.ts';
import type { Beside } from './finding.ts';
import { patchFilesOf, type PatchOf } from './formats/patches.ts';
import { resourcesOf, resourcesOfParts, servedVersions } from './resources.ts';
import type { PolicyResource, Resource } from './resource.ts';
import { roleNameOf } from './arn/arn.ts';
import { bind, folderOf, grouped, type Placed, profilesOf } from './modes/folder.ts';
import { PLUGIN_KIND } from './profile/names.ts';
import type { ManifestContext } from './modes/manifest.ts';
import { isFilledInLater } from './modes/policy.ts';
import { suppress } from './modes/suppression.ts';
import { normalPath } from './text.ts';
import { fileJudges, folderJudges, isFailureModeId, rated } from './modes/table.ts';
import type { Finding, Fix, PolicyContext, Related, Severity } from './finding.ts';

/** What the files of a folder of Terraform hold: `readTerraform` of terraform/resources.ts, which is loaded where there are such files. */
export type ReadTerraform = (files: readonly { readonly path: string; readonly text: string }[]) => readonly {
  readonly file: string;
  /** Where the text begins that the places of the resource are in. */
  readonly from: number;
  readonly resource: Resource;
}[];

export interface LintOptions {
  /** Without it, files of Terraform are not read. */
  readonly terraform?: ReadTerraform;
  /** What the editor says the file is. Without it, text that begins with a bracket is tried as JSON first. */
  readonly language?: Language;
  /** Path of the file: tells patches and kustomizations. */
  readonly file?: string;
  /** What is known about cluster, account and bucket, and values of `${NAME}` placeholders. */
  readonly context?: PolicyContext;
  /** Role ARNs that are known for profiles, by the name of the profile. */
  readonly roles?: Readonly<Record<string, string>>;
  /** Files that are not linted and may say who fills in those that are: see policy/filling.ts. */
  readonly beside?: FilesBeside;
  /** Folders of repositories, as absolute paths: what a definition serves holds in its own. */
  readonly repositories?: readonly string[];
  /** Other severities for some rules; `off` silences one. */
  readonly severities?: Readonly<Partial<Record<string, Severity | 'off'>>>;
}

/**
 * Findings of the documents of one file, of a List of its items, at the last call, by their text, so that the next call reads
 * only what changed. One for each file; begin a new one when the options change.
 */
export interface LintCache {
  documents: ReadonlyMap<string, readonly Finding[]>;
}

/**
 * All findings of one file, in order. Never throws; every range lies inside the text. Text that is not ours costs one look.
 *
 * @param cache see LintCache; changed by the call
 */
export function lint(text: string, options: LintOptions = {}, cache?: LintCache): readonly Finding[] {
  const { file: path = '' } = options;
  if (isTerraform(path)) return lintFolder([{ path, text }], options).get(path) ?? [];
  if (!looksOurs(text) || isRecords(text)) {
    if (cache) cache.documents = new Map();
    return [];
  }
  const file = readFile(text, options.file ?? '', languageOf(options));
  const context = manifestContext(file, options, servedIn({ path: '', text }, languageOf(options)));
  const beside = tellingOf([], options.beside ?? NOBODY);
  const remembered = new Map<string, readonly Finding[]>();
  const findings: Finding[] = [];
  for (const slice of file.pieces) {
    const part = text.slice(slice.start, slice.end);
    if (!looksOurs(part)) continue;
    const key = `${context.template === true ? 'template ' : ''}${(context.served ?? []).join(' ')}${slice.isItem ? 'item ' : ''}${slice.isFilled ? 'filled ' : ''}${slice.language ?? ''} ${context.eks ? 'eks ' : ''}${part}`;
    let relative = cache?.documents.get(key) ?? remembered.get(key);
    if (!relative) {
      const filling = { file: { path: absolute(path, options.beside?.root), text: part }, beside };
      const found = read(file, slice, options, { ...context, filling }).flatMap((one) =>
        judge(one.resource, one.context),
      );
      relative = suppress(
        part,
        found.map((one) => moved(one, -slice.start)),
        isFailureModeId,
      );
    }
    remembered.set(key, relative);
    for (const one of relative) findings.push(slice.start === 0 ? one : moved(one, slice.start));
  }
  const inCommands = resourcesOfParts(file.arguments).flatMap((one) => judge(one, context));
  if (inCommands.length > 0) for (const one of suppress(text, inCommands, isFailureModeId)) findings.push(one);
  if (cache) cache.documents = remembered;
  return finished(findings, options);
}

/** A file of a folder, with what its name says about its language. */
export interface LintFile {
  readonly path: string;
  readonly text: string;
  readonly language?: Language;
}

/** What files say about others, wherever those lie. */
export interface Around {
  /** The patches that kustomizations name. */
  readonly patches: ReadonlyMap<string, PatchOf>;
  /** The API versions of a Profile that definitions serve, each with the folder of its repository. */
  readonly served: readonly Served[];
  /** Folders of files that say EKS. */
  readonly eks: readonly string[];
}

export interface Served {
  /** Empty: it is in none that is known. */
  readonly repository: string;
  readonly version: string;
}

/** The folder of the repository in which a file lies: the innermost one of those that are known; empty where it lies in none. */
function repositoryOf(path: string, { repositories = [], beside }: LintOptions): string {
  const file = repositories.length === 0 ? '' : absolute(path, beside?.root);
  return repositories.reduce((found, one) => {
    const folder = normalPath(one);
    return folder.length > found.length && file.startsWith(`${folder.replace(/\/$/, '')}/`) ? folder : found;
  }, '');
}

const isOurs = ({ path, text }: LintFile, { patches }: Pick<Around, 'patches'>): boolean =>
  !isTerraform(path) &&
  (patches.has(normalPath(path)) || (!onlyTells(path, text) && looksOurs(text) && !isRecords(text)));

/** Whether a file tells of others at most, as a guide or a program does, and is no document itself. */
const onlyTells = (path: string, text: string): boolean =>
  mayTell(path) && !isRead(path) && !/^\uFEFF?\s*[{[]/.test(text);

/** What these files say about each other, and about files that are not among them. */
export function aroundOf(files: readonly LintFile[], options: LintOptions = {}): Around {
  const patches = patchFiles(files);
  const ours = files.filter((file) => isOurs(file, { patches }));
  const eks = files.filter(({ path, text }) => (looksOurs(text) || isKustomization(path)) && SAYS_EKS.test(text));
  const served = ours.flatMap((file) =>
    servedIn(file).map((version) => ({ repository: repositoryOf(file.path, options), version })),
  );
  return { patches, served, eks: [...new Set(eks.map(({ path }) => folderPath(path)))] };
}

/** What stands in a file, with what each is judged by. */
function placedIn(
  file: LintFile,
  options: LintOptions,
  { patches, served, eks }: Around,
  beside: readonly Beside[] = [],
): readonly Placed[] {
  const patchOf = patches.get(normalPath(file.path));
  const perFile = { ...options, ...(file.language ? { language: file.language } : {}), file: file.path };
  const whole = readFile(file.text, file.path, languageOf(perFile));
  const repository = served.length === 0 ? '' : repositoryOf(file.path, options);
  const itsOwn = served.flatMap((one) => (one.repository === repository ? [one.version] : []));
  const said = manifestContext(whole, options, itsOwn);
  const context: ManifestContext = {
    ...said,
    filling: { file: { path: absolute(file.path, options.beside?.root), text: file.text }, beside },
    eks: said.eks === true || (isProfile(file.text) && eks.some((folder) => isNear(folder, folderPath(file.path)))),
  };
  const parts = resourcesOfParts(patchOf?.config ? [configFrom(file.text, patchOf.config)] : whole.arguments);
  const documents = whole.pieces
    .filter(({ start, end }) => patchOf !== undefined || looksOurs(file.text.slice(start, end)))
    .flatMap((slice) => (patchOf?.config ? [] : read(whole, slice, perFile, context, patchOf)));
  return [...documents, ...parts.map((resource) => ({ resource, context }))].map((one) => ({
    file: file.path,
    ...one,
  }));
}

/**
 * Words that stand in every text that is judged together with a Profile of these files: names of the Profiles, and of their roles, each
 * as far as it is one word (see {@link isTied}).
 */
export function profileWords(files: readonly LintFile[], around: Around): readonly string[] {
  const profiles = profilesOf(
    files
      .filter(({ path, text }) => !isTerraform(path) && text.toLowerCase().includes(PLUGIN))
      .flatMap((file) => placedIn(file, {}, around)),
  );
  return profiles
    .flatMap(({ name, role }) => [name, roleNameOf(String(role?.value ?? '')) ?? ''])
    .flatMap((text) => words(text).slice(0, 1));
}
const PLUGIN = PLUGIN_KIND.toLowerCase();
const words = (text: string): readonly string[] => text.match(/[\w-]+/g) ?? [];

/**
 * Whether a text may have to do with a Profile of another folder, by the words of all Profiles: a file without any of them says the same
 * by itself as together with all others.
 */
export const isTied = (text: string, ofProfiles: ReadonlySet<string>): boolean =>
  ofProfiles.size > 0 && words(text).some((word) => ofProfiles.has(word));

/**
 * All findings of the files of a folder, also those that only show when Profile, role and policies are seen together.
 *
 * @param around what is known of files that are not among them, too
 * @returns findings by path; a file without any has no entry
 */
export function lintFolder(
  files: readonly LintFile[],
  options: LintOptions = {},
  around: Around = aroundOf(files, options),
): Map<string, readonly Finding[]> {
  const fromTerraform = terraformIn(files, options);
  const parts = new Map(
    fromTerraform.map(({ part, resource }) => [part.file, { ...part, source: sourceOf(resource) }]),
  );
  const carriers = new Set(fromTerraform.map(({ part }) => part.path));
  const ours = files.filter((file) => carriers.has(file.path) || isOurs(file, around));
  const manifests = ours.filter(({ path }) => !carriers.has(path));
  const beside = tellingOf(files, options.beside ?? NOBODY);
  const placed = [...manifests.flatMap((file) => placedIn(file, options, around, beside)), ...fromTerraform];
  const findings = new Map<string, Finding[]>(
    [...ours.map(({ path }) => path), ...parts.keys()].map((file) => [file, []]),
  );
  for (const { file, resource, context, related } of bind(placed)) {
    const all = parts.has(file) ? judgedOnce(resource, context) : judge(resource, context);
    for (const one of all) findings.get(file)?.push(related ? related(one) : one);
  }
  const folder = folderOf(placed);
  for (const { file, finding } of folderJudges.flatMap((judge) => judge(folder)))
    findings.get(file)?.push(rated(finding));
  for (const [file, { path, from, source }] of parts)
    for (const one of findings.get(file) ?? []) findings.get(path)?.push(moved(withoutDerivedFixes(one, source), from));
  const inFile = (one: Finding): Finding =>
    one.related && parts.size > 0 ? { ...one, related: one.related.map((each) => relatedIn(each, parts)) } : one;
  return new Map(
    ours.flatMap(({ path, text }) => {
      const all = (findings.get(path) ?? []).map(inFile);
      const found = finished(suppress(text, all, isFailureModeId), options);
      return found.length > 0 ? [[path, found] as const] : [];
    }),
  );
}

/** What files of Terraform hold. The files of a folder are read together, where one of them is ours. */
function terraformIn(
  files: readonly LintFile[],
  { terraform, context = {}, roles }: LintOptions,
): readonly (Placed & { readonly part: FilePart })[] {
  if (!terraform) return [];
  const given: ManifestContext = {
    ...context,
    ...(roles ? { roles } : {}),
    served: [],
    template: false,
    partial: false,
  };
  const folders = grouped(
    files.filter(({ path }) => isTerraform(path)),
    ({ path }) => normalPath(path).replace(/[^/]*$/, ''),
  );
  return [...folders.values()]
    .filter((folder) => folder.some(({ text }) => terraformLooksOurs(text)))
    .flatMap((folder) => terraform(folder))
    .map(({ file: path, from, resource }) => {
      const file = `${path}\n${from}`;
      return { file, resource, context: given, part: { file, path, from } };
    });
}

/** A part of a file, by a name of its own: the places of what is in it count from where it begins. */
interface FilePart {
  readonly file: string;
  readonly path: string;
  readonly from: number;
}

function relatedIn(one: Related, parts: ReadonlyMap<string, FilePart>): Related {
  const part = parts.get(one.file);
  return part ? { ...one, file: part.path, start: one.start + part.from, end: one.end + part.from } : one;
}

/** What was said of things that are read once and kept as long as they stay the same. */
const known = new WeakMap<Resource, { readonly context: string; readonly found: readonly Finding[] }>();

function judgedOnce(resource: Resource, context: ManifestContext): readonly Finding[] {
  const key = JSON.stringify(context);
  const before = known.get(resource);
  if (before?.context === key) return before.found;
  const found = judge(resource, context);
  known.set(resource, { context: key, found });
  return found;
}

/** The expression of `${…}`. */
const innerOf = (part: string): string => part.replace(/^\$\{~?\s*|\s*~?\}$/g, '');

/** What is decided elsewhere is not written over. */
const withoutDerivedFixes = (one: Finding, { text, derived = [] }: Source): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits }) =>
    edits.every(
      ({ start, end, newText }) =>
        !newText.includes(HOLE) &&
        !derived.some(
          (range) =>
            start < range.end &&
            end > range.start &&
            // It goes with what holds it, or stays in it.
            !(
              start < range.start &&
              end > range.end &&
              (newText === '' || newText.includes(text.slice(range.start, range.end)))
            ) &&
            // Or it is the value of a call, in its place.
            !(start === range.start && end === range.end && newText.includes(innerOf(text.slice(start, end)))),
        ),
    ),
  ),
});

/** The patches that the kustomizations among the files name, by their path (see normalPath), whether they are among them or not. */
export function patchFiles(files: readonly LintFile[]): ReadonlyMap<string, PatchOf> {
  const found = new Map<string, PatchOf>();
  for (const { path, text } of files) {
    if (!isKustomization(path)) continue;
    const folder = path.replace(/[^\\/]*$/, '');
    for (const { root } of parse(text, 'yaml').documents)
      for (const { path: patch, of } of root ? patchFilesOf(root) : []) found.set(normalPath(folder + patch), of);
  }
  return found;
}

/** The API versions of a Profile that definitions in a file serve. */
function servedIn({ text, language }: LintFile, otherwise?: Language): readonly string[] {
  if (!DEFINITION.every((word) => text.includes(word))) return [];
  const masked = maskTemplates(text);
  const how = language ?? otherwise;
  return slices(masked, how)
    .filter(({ start, end }) => DEFINITION.every((word) => text.slice(start, end).includes(word)))
    .flatMap((slice) => {
      const { root } = parseSlice(text, masked, slice, how);
      return root ? servedVersions(root) : [];
    });
}
/** What stands in a definition of Profiles: others, which may be long, are not read. */
const DEFINITION = ['CustomResourceDefinition', 'kubeflow.org', 'Profile'];

const isProfile = (text: string): boolean => /kind["']?[ \t]*:[ \t]*["']?Profile\b/.test(text);

/** What only stands where there is EKS. An ARN of S3, or an address of AWS, other stores have too. */
const SAYS_EKS = /AwsIamForServiceAccount|eks\.amazonaws|oidc-provider|arn:aws[\w-]*:iam::|\beks\b/i;

/** Whether something says that a Profile is for EKS: its own file, the caller, or another file of these. */
const isOnEks = (text: string, { context = {}, roles = {} }: LintOptions): boolean =>
  Object.keys(roles).length > 0 ||
  [context.account, context.partition, context.issuer, context.bucket].some((one) => one !== undefined) ||
  SAYS_EKS.test(text);

/** Folders between two files at most for one to say something of the other: beside, above or below, or in the next. */
const NEAR = 2;
const folderPath = (path: string): string => normalPath(path).split('/').slice(0, -1).join('/');

function isNear(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => path.split('/').filter(Boolean));
  if (a === undefined || b === undefined) return false;
  const split = a.findIndex((part, index) => part !== b[index]);
  return a.length + b.length - 2 * (split < 0 ? a.length : split) <= NEAR;
}

function manifestContext(
  { text, isTemplate: template, isFilled: filled }: ReadFile,
  options: LintOptions,
  served: readonly string[],
): ManifestContext {
  return {
    eks: isOnEks(text, options),
    ...options.context,
    ...(options.roles ? { roles: options.roles } : {}),
    served,
    template,
    partial: template,
    filled,
  };
}

/** The resources of one document or item, with what they are judged by. */
function read(
  { text: all, masked }: ReadFile,
  slice: Piece,
  options: LintOptions,
  context: ManifestContext,
  patchOf?: PatchOf,
): { resource: Resource; context: ManifestContext }[] {
  const language = slice.language ?? languageOf(options);
  // What follows a document of a script says nothing about it.
  const text = slice.language === undefined ? all : all.slice(0, slice.end);
  const { root, errors, commas = [] } = parseSlice(text, masked, slice, language);
  if (!root) return [];
  // JSON Lines: data of somebody's, a value a line.
  const [first] = errors;
  if (language === 'json' && first && first.start >= root.end && /^[{[]/.test(text.slice(first.start))) return [];
  // JSON with comments may have any commas.
  const broken = language === 'json' && !/\.jsonc$/i.test(options.file ?? '') ? (errors[0] ?? commas[0]) : undefined;
  const unfinished = errors.length > 0 && /[{[]/.test(text.charAt(root.start));
  const roots = slice.isItem && root.type === 'array' ? root.items : [root];
  const resources = roots.flatMap((one) => resourcesOf(one, options.file, patchOf));
  const whole = masked.slice(slice.start, slice.end);
  // A policy in single quotes is no JSON from its first key on.
  if (broken && resources.length === 0 && /'Statement'\s*:/.test(whole) && /'Effect'\s*:/.test(whole)) {
    const raw = { text: whole, at: (index: number): number => slice.start + index };
    resources.push({ kind: 'permissions', root, broken, shapeless: true, raw });
  }
  return resources.map((resource) => ({
    resource: broken && isPolicyAt(resource, root) ? { ...resource, broken } : resource,
    context: {
      ...context,
      ...(unfinished ? { unfinished } : {}),
      ...(slice.isFilled ? { filled: slice.isFilled } : {}),
    },
  }));
}

/** Whether a resource is a policy that is the whole document. */
const isPolicyAt = (resource: Resource, { start }: DocNode): resource is PolicyResource =>
  (resource.kind === 'trust' || resource.kind === 'permissions') && resource.root.start === start;

/** How a file is read: as who has it open says, or as its name says. */
const languageOf = ({ language, file = '' }: LintOptions): Language | undefined =>
  language ?? (/\.json$/i.test(file) ? 'json' : undefined);

/** What the rules say about one resource. */
function judge(resource: Resource, context: ManifestContext): Finding[] {
  const { text, shared = [], choices = [] } = sourceOf(resource);
  const found = fileJudges
    .flatMap((judge) => judge(resource, context))
    .map((one) => withoutSharedFixes(withoutIdleFixes(ofChoices(rated(one), text, choices)), shared))
    .map((one) => ('generated' in resource ? onlyWords(one) : one));
  const unfinished = context.unfinished === true || ('unfinished' in resource && resource.unfinished === true);
  if (!unfinished) return found;
  const isFilledIn = 'root' in resource && isFilledInLater(resource.root);
  return found
    .filter(({ id }) => id !== 'P-SYNTAX' || !isFilledIn)
    .map((one) =>
      withoutInsertions(
        'broken' in resource && !resource.shapeless ? { ...one, fixes: one.fixes.map(notPreferred) } : one,
      ),
    );
}

const sourceOf = (resource: Resource): Source => ('root' in resource ? resource.root : resource.value).source;

const notPreferred = (fix: Fix): Fix => ({ ...fix, preferred: false });

/** What stands elsewhere by an alias cannot be removed here, and then a fix has nothing to do. */
const withoutIdleFixes = (one: Finding): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits, command }) => edits.length > 0 || command !== undefined),
});

/**
 * What an alias stands for is changed in all places at once: nothing does that unasked. Where the anchor itself would go, or a
 * part that is decided elsewhere would be written out, there is no fix.
 */
const withoutSharedFixes = (one: Finding, shared: readonly Range[]): Finding => ({
  ...one,
  fixes: one.fixes.flatMap((fix) => {
    if (fix.edits.some(({ newText }) => newText.includes(HOLE))) return [];
    if (shared.some(({ start }) => fix.edits.some((edit) => edit.start <= start && start < edit.end))) return [];
    const isElsewhereToo = shared.some((range) =>
      fix.edits.some(({ start, end }) => start < range.end && end > range.start),
    );
    return [isElsewhereToo ? notPreferred(fix) : fix];
  }),
});

/** Within an `Fn::If` and beside one, only what is changed in the middle of a text is sure to be in the right place. */
const ofChoices = (one: Finding, text: string, choices: readonly Range[]): Finding =>
  choices.length === 0
    ? one
    : {
        ...one,
        fixes: one.fixes.filter(({ edits }) =>
          edits.every(({ start, end }) => {
            const isApart = choices.every((choice) => end < choice.start || start > choice.end);
            return isApart || (start < end && !/[\s"',{}[\]]/.test(text.slice(start, end)));
          }),
        ),
      };

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Of what is not written in the file as it is judged, only fixes that put a word in place of a word land where they should. */
const onlyWords = (one: Finding): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits }) => edits.every(({ start, end, newText }) => start < end && WORD.test(newText))),
});
const WORD = /^[\w./@+=,*-][\w:./@+=,*-]*$/;

/** Where a bracket is missing, nobody knows into what new text would go. */
const withoutInsertions = (one: Finding): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits }) => edits.every(({ start, end }) => start < end)),
});

/** In order, each once, with the severities the user wants. */
export function finished(findings: readonly Finding[], { severities }: LintOptions): readonly Finding[] {
  const seen = new Set<string>();
  return findings
    .flatMap((one) => {
      const wanted = severities?.[one.id];
      if (wanted === 'off') return [];
      return [wanted === undefined ? one : { ...one, severity: wanted }];
    })
    .filter(({ id, start, end, message }) => {
      const key = `${id} ${start} ${end} ${message}`;
      return seen.size !== seen.add(key).size;
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

function moved(finding: Finding, by: number): Finding {
  if (by === 0) return finding;
  const move = <T extends { readonly start: number; readonly end: number }>(range: T): T => ({
    ...range,
    start: range.start + by,
    end: range.end + by,
  });
  return { ...move(finding), fixes: finding.fixes.map((fix) => ({ ...fix, edits: fix.edits.map(move) })) };
}
