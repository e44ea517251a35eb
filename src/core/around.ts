/** What files of a folder or a repository say about each other: patches, definitions, that this is EKS. */
import type { Language } from './document/parse.ts';
import { parse, parseSlice, slices } from './document/parse.ts';
import { maskTemplates } from './document/template.ts';
import { patchFilesOf, type PatchOf } from './formats/patches.ts';
import { isKustomization, isRead, isRecords, isTerraform, looksOurs } from './look.ts';
import { absolute, type FilesBeside, mayTell } from './policy/filling.ts';
import { servedVersions } from './resources.ts';
import { normalPath } from './text.ts';

/** A file of a folder, with what its name says about its language. */
export interface LintFile {
  readonly path: string;
  readonly text: string;
  readonly language?: Language;
}

/** Where files lie, and what lies beside them. */
export interface Surroundings {
  /** Files that are not linted and may say who fills in those that are: see policy/filling.ts. */
  readonly beside?: FilesBeside;
  /** Folders of repositories, as absolute paths: what a definition serves holds in its own. */
  readonly repositories?: readonly string[];
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
export function repositoryOf(path: string, { repositories = [], beside }: Surroundings): string {
  const file = repositories.length === 0 ? '' : absolute(path, beside?.root);
  return repositories.reduce((found, one) => {
    const folder = normalPath(one);
    return folder.length > found.length && file.startsWith(`${folder.replace(/\/$/, '')}/`) ? folder : found;
  }, '');
}

export const isOurs = ({ path, text }: LintFile, { patches }: Pick<Around, 'patches'>): boolean =>
  !isTerraform(path) &&
  (patches.has(normalPath(path)) || (!onlyTells(path, text) && looksOurs(text) && !isRecords(text)));

/** Whether a file tells of others at most, as a guide or a program does, and is no document itself. */
const onlyTells = (path: string, text: string): boolean =>
  mayTell(path) && !isRead(path) && !/^\uFEFF?\s*[{[]/.test(text);

/** What these files say about each other, and about files that are not among them. */
export function aroundOf(files: readonly LintFile[], options: Surroundings = {}): Around {
  const patches = patchFiles(files);
  const ours = files.filter((file) => isOurs(file, { patches }));
  const eks = files.filter(({ path, text }) => (looksOurs(text) || isKustomization(path)) && saysEks(text));
  const served = ours.flatMap((file) =>
    servedIn(file).map((version) => ({ repository: repositoryOf(file.path, options), version })),
  );
  return { patches, served, eks: [...new Set(eks.map(({ path }) => folderPath(path)))] };
}

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
export function servedIn({ text, language }: LintFile, otherwise?: Language): readonly string[] {
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

/** What only stands where there is EKS. An ARN of S3, or an address of AWS, other stores have too. */
const SAYS_EKS = /AwsIamForServiceAccount|eks\.amazonaws|oidc-provider|arn:aws[\w-]*:iam::|\beks\b/i;

export const saysEks = (text: string): boolean => SAYS_EKS.test(text);

const isProfile = (text: string): boolean => /kind["']?[ \t]*:[ \t]*["']?Profile\b/.test(text);

/** Folders between two files at most for one to say something of the other: beside, above or below, or in the next. */
const NEAR = 2;
const folderPath = (path: string): string => normalPath(path).split('/').slice(0, -1).join('/');

const partsOf = (path: string): readonly string[] => path.split('/').filter(Boolean);

function isNear(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  const split = a.findIndex((part, index) => part !== b[index]);
  return a.length + b.length - 2 * (split < 0 ? a.length : split) <= NEAR;
}

/** Whether a file holds a Profile, and lies near one of these folders of files that say EKS. */
export const isNearEks = ({ path, text }: LintFile, eks: readonly string[]): boolean =>
  isProfile(text) && eks.some((folder) => isNear(folder, folderPath(path)));
