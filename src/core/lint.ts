/** Text in, findings out. Pure, and silent about everything that is not ours. */
import type { DocNode, Source } from './document/node.ts';
import { type ReadFile, readFile } from './document/files.ts';
import { parseSlice } from './document/parse.ts';
import type { Language, Piece } from './document/parse.ts';
import { type Around, aroundOf, isNearEks, isOurs, type LintFile, repositoryOf, saysEks, servedIn } from './around.ts';
import type { Surroundings } from './around.ts';
import { configFrom } from './carriers.ts';
import { isRecords, isTerraform, looksOurs, terraformLooksOurs } from './look.ts';
import { absolute, NOBODY, tellingOf } from './policy/filling.ts';
import type { Beside } from './finding.ts';
import type { PatchOf } from './formats/patches.ts';
import {
  notPreferred,
  ofChoices,
  onlyWords,
  withoutDerivedFixes,
  withoutIdleFixes,
  withoutInsertions,
  withoutSharedFixes,
} from './landing.ts';
import { resourcesOf, resourcesOfParts } from './resources.ts';
import type { PolicyResource, Resource } from './resource.ts';
import { roleNameOf } from './arn/arn.ts';
import { bind, folderOf, grouped, type Placed, profilesOf } from './modes/folder.ts';
import { PLUGIN_KIND } from './profile/names.ts';
import type { ManifestContext } from './modes/manifest.ts';
import { isFilledInLater } from './modes/policy.ts';
import { suppress } from './modes/suppression.ts';
import { normalPath } from './text.ts';
import { fileJudges, folderJudges, isFailureModeId, rated } from './modes/table.ts';
import type { Finding, PolicyContext, Related, Severity } from './finding.ts';

/** What the files of a folder of Terraform hold: `readTerraform` of terraform/resources.ts, which is loaded where there are such files. */
export type ReadTerraform = (files: readonly { readonly path: string; readonly text: string }[]) => readonly {
  readonly file: string;
  /** Where the text begins that the places of the resource are in. */
  readonly from: number;
  readonly resource: Resource;
}[];

export interface LintOptions extends Surroundings {
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
    const { isItem, isFilled, language } = slice;
    const key = [context.template, context.served, context.eks, isItem, isFilled, language, part].join('\n');
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
  for (const one of suppress(text, inCommands, isFailureModeId)) findings.push(one);
  if (cache) cache.documents = remembered;
  return finished(findings, options);
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
  const itsOwn = served.flatMap((one) => (one.repository === repositoryOf(file.path, options) ? [one.version] : []));
  const said = manifestContext(whole, options, itsOwn);
  const context: ManifestContext = {
    ...said,
    filling: { file: { path: absolute(file.path, options.beside?.root), text: file.text }, beside },
    eks: said.eks === true || isNearEks(file, eks),
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
    one.related ? { ...one, related: one.related.map((each) => relatedIn(each, parts)) } : one;
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

/** Contexts as texts: most resources of a call share one. */
const keys = new WeakMap<ManifestContext, string>();

function judgedOnce(resource: Resource, context: ManifestContext): readonly Finding[] {
  const key = keys.get(context) ?? JSON.stringify(context);
  keys.set(context, key);
  const before = known.get(resource);
  if (before?.context === key) return before.found;
  const found = judge(resource, context);
  known.set(resource, { context: key, found });
  return found;
}

/** Whether something says that a Profile is for EKS: its own file, the caller, or another file of these. */
const isOnEks = (text: string, { context = {}, roles = {} }: LintOptions): boolean =>
  Object.keys(roles).length > 0 ||
  [context.account, context.partition, context.issuer, context.bucket].some((one) => one !== undefined) ||
  saysEks(text);

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
  const unfinished = context.unfinished === true || 'unfinished' in resource;
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
