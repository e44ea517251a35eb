/** The files that lint reads: which they are, and their texts. Read synchronously: a promise for each costs more than the reading. */
import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  type Dirent,
  type Stats,
} from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import ignore, { type Ignore } from 'ignore';
import { aroundOf, type LintFile } from '../core/around.ts';
import { fileLooksOurs, HEAD, isKustomization, isRead, isRecords, isTerraform } from '../core/look.ts';
import { messageOf, normalPath } from '../core/text.ts';
import { UsageError } from './parse.ts';
import { repositoryOf } from './settings.ts';

/** Read as well where they are named: files that do not say what they are. */
const isNameless = (file: string): boolean => /^(?:[^.]*|\.[^.]*)$/.test(path.basename(file));
const isReadable = (file: string): boolean => isRead(file) || isTerraform(file);
/** Folders that hold no source of anybody's. */
const NEVER = new Set(['.git', 'node_modules', '.vscode-test']);
/** A file longer than this is no manifest; in bytes. */
const MAX_SIZE = 20 * 1024 * 1024;

/** Files from which a tree is large. */
export const MANY = 2_000;

/**
 * Of a large tree, what comes is looked at once and let go of: it shall not fill the memory until it is collected. A heap is collected
 * when it has doubled, not when it has grown fourfold: a third less memory for a tenth more work.
 */
const LEAN = ['--semi-space-growth-factor=1', '--heap-growing-percent=100'];

/** A file or folder that the system would not read, and why. */
export interface Unread {
  readonly path: string;
  readonly reason: string;
  /** It was read, and cannot be written. */
  readonly unwritten?: true;
}

const unread = (target: string, error: unknown): Unread => ({
  path: target,
  reason: messageOf(error),
});

/** Patterns, as in a `.gitignore` of the folder `at`. */
export interface Excluded {
  readonly at: string;
  readonly rules: Ignore;
}

/** What a settings file in this folder leaves out; undefined: nothing. */
export const excludedBy = (folder: string, patterns: readonly string[]): Excluded | undefined =>
  patterns.length === 0 ? undefined : { at: path.resolve(folder), rules: ignore().add([...patterns]) };

const slashed = (relative: string): string => relative.split(path.sep).join('/');

/** Whether a file is left out, itself or with a folder of it. */
export function isExcluded(file: string, excluded: Excluded | undefined): boolean {
  if (excluded === undefined) return false;
  const relative = slashed(path.relative(excluded.at, path.resolve(file)));
  return relative !== '' && !relative.startsWith('../') && excluded.rules.ignores(relative);
}

/** Files below a folder, in order, without what its ignore files leave out; what could not be read is added to `failures`. */
function* walk(
  folder: string,
  failures: Unread[],
  excluded: Excluded | undefined,
  repositories: Set<string>,
  above: readonly Excluded[] = [],
): Generator<string> {
  let entries: Dirent[];
  let filters = above;
  try {
    entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (entries.some((entry) => entry.name === '.git')) repositories.add(path.resolve(folder));
    if (entries.some((entry) => entry.name === '.gitignore' && entry.isFile())) {
      const rules = ignore().add(readFileSync(path.join(folder, '.gitignore'), 'utf8'));
      filters = [{ at: folder, rules }, ...above];
    }
  } catch (error) {
    failures.push(unread(folder, error));
    return;
  }
  // As in git, the innermost ignore file that speaks of a path decides.
  const isLeftOut = (target: string, isFolder: boolean): boolean => {
    for (const { at, rules } of filters) {
      const relative = slashed(path.relative(at, target));
      const { ignored, unignored } = rules.test(isFolder ? `${relative}/` : relative);
      if (ignored || unignored) return ignored;
    }
    return false;
  };
  for (const entry of entries) {
    const isFolder = entry.isDirectory();
    if (NEVER.has(entry.name) || !(isFolder || (entry.isFile() && isReadable(entry.name)))) continue;
    const target = path.join(folder, entry.name);
    if (isLeftOut(target, isFolder) || isExcluded(isFolder ? `${target}/x` : target, excluded)) continue;
    if (isFolder) yield* walk(target, failures, excluded, repositories, filters);
    else yield target;
  }
}

/** A file that is to be looked at. */
export interface Listed {
  readonly file: string;
  /** It was named: its reader waits for a word where it is not read. */
  readonly named: boolean;
}

/** The files that paths stand for. */
export interface Listing {
  readonly listed: readonly Listed[];
  /** The folders of the repositories in which they lie, as far as there are any; of a folder in none, itself. */
  readonly repositories: readonly string[];
}

/**
 * The files that these paths stand for, each once, by whatever links it is named.
 *
 * @param leftOut told of a file that was named and is left out
 * @throws {@link UsageError} where there is no such path
 */
export function filesOf(
  paths: readonly string[],
  failures: Unread[],
  excluded?: Excluded,
  leftOut?: (file: string) => void,
): Listing {
  const found = new Map<string, Listed>();
  const repositories = new Set<string>();
  for (const target of paths) {
    const { kind, real } = placeOf(target);
    const named = !kind.isDirectory();
    const repository =
      repositoryOf(named ? path.dirname(target) : target) ?? (named ? undefined : path.resolve(target));
    if (repository !== undefined) repositories.add(repository);
    if (named && isExcluded(target, excluded)) leftOut?.(target);
    else
      for (const file of named ? [target] : walk(target, failures, excluded, repositories)) {
        const key = path.join(real, path.relative(target, file));
        if (!found.has(key)) found.set(key, { file, named });
        if (found.size === MANY) for (const flag of LEAN) setFlagsFromString(flag);
      }
  }
  return { listed: [...found.values()], repositories: [...repositories] };
}

/** What a path leads to, and where that is. Throws {@link UsageError}. */
export function placeOf(target: string): { readonly kind: Stats; readonly real: string } {
  try {
    return { kind: statSync(target), real: realpathSync(target) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new UsageError(`There is no file or folder ${target || '""'}.`);
    throw new UsageError(`${target} cannot be read: ${messageOf(error)}`);
  }
}

export interface SourceFile extends LintFile {
  /** False where the bytes are no UTF-8: then the file is read, never written. */
  readonly writable: boolean;
  /** Read for what another file of Terraform refers to: not itself to be linted. */
  readonly isBeside?: true;
}

/** The other files of the folders of these, where they are Terraform: what stands in one is referred to in another. */
export function besides(files: readonly SourceFile[]): readonly SourceFile[] {
  const known = new Set(files.map((file) => path.resolve(file.path)));
  const folders = new Set(files.flatMap((file) => (isTerraform(file.path) ? [path.dirname(file.path)] : [])));
  return [...folders].flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .flatMap((name): SourceFile[] => {
        const file = path.join(folder, name);
        if (!isTerraform(name) || known.has(path.resolve(file))) return [];
        const source = tryRead({ file, named: false }, [], true);
        return source ? [{ ...source, isBeside: true }] : [];
      }),
  );
}

/**
 * A file of ours, or undefined.
 *
 * @param isWanted it is read whether it looks like one of ours or not
 * @throws for one that was named and cannot be read
 */
export function readSource({ file, named }: Listed, isWanted = false): SourceFile | undefined {
  const bytes = bytesOf(file, isWanted || named || isKustomization(file));
  if (bytes === undefined) return undefined;
  const isTooLong = bytes.length > MAX_SIZE;
  const text = bytes.toString('utf8');
  const reason = unreadable(text) ?? (isTooLong ? `it is longer than ${MAX_SIZE / 1024 / 1024} MB.` : undefined);
  // In a folder it is the name by which a file is looked for.
  if (named && reason === undefined && !isReadable(file) && !isNameless(file) && !/^\uFEFF?\s*[{[]/.test(text))
    throw new Error('lint reads YAML, JSON and Terraform, templates of them, and shell scripts.');
  if (reason === undefined)
    return isWanted || fileLooksOurs(file, text) || isKustomization(file)
      ? { path: file, text, writable: isUtf8(bytes) }
      : undefined;
  if (named) throw new Error(reason);
  return undefined;
}

/** What files are read into, one after the other: most are none of ours, and leave nothing to be collected. */
let scratch: Buffer | undefined;
/** Its bytes, and those of what is looked at as one text; each begins with the end of the one before. */
const [SCRATCH, WINDOW, OVERLAP] = [4 * 1024 * 1024, 64 * 1024, 512];

/**
 * The bytes of a file, until the next is read; of one that is too long, or JSON Lines, its beginning. Undefined where nothing in them
 * looks like ours, unless they are wanted anyway.
 */
function bytesOf(file: string, isWanted: boolean): Buffer | undefined {
  // A pipe to which nobody writes would be waited for.
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const kind = fstatSync(handle);
    if (!kind.isFile()) throw new Error('it is no file.');
    const { size } = kind;
    const into = (scratch ??= Buffer.allocUnsafe(SCRATCH));
    const head = into.subarray(0, readSync(handle, into, 0, size > 4 * HEAD ? HEAD : SCRATCH, 0));
    if (size > MAX_SIZE) return isWanted ? Buffer.concat([head], MAX_SIZE + 1) : undefined;
    if (size > 4 * HEAD && isRecords(head.toString('utf8'))) return isWanted ? head : undefined;
    const bytes = head.length < size || size === 0 ? whole(handle, head) : head;
    return isWanted || mayBeOurs(file, bytes) ? bytes : undefined;
  } finally {
    closeSync(handle);
  }
}

/** The rest of a file behind what was read of it. The size that the system says is none for what is made as it is read. */
function whole(handle: number, head: Buffer): Buffer {
  const parts = [Buffer.from(head)];
  let length = head.length;
  for (;;) {
    const part = Buffer.allocUnsafe(1024 * 1024);
    const count = readSync(handle, part, 0, part.length, length);
    if (count === 0 || length > MAX_SIZE) return Buffer.concat(parts, length);
    parts.push(part.subarray(0, count));
    length += count;
  }
}

/** What we look for is ASCII: it is found without decoding, and of a large file without a copy of it. */
function mayBeOurs(file: string, bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += WINDOW)
    if (fileLooksOurs(file, bytes.toString('latin1', Math.max(0, at - OVERLAP), at + WINDOW))) return true;
  return false;
}

/** Why lint cannot read a text, if so. */
function unreadable(text: string): string | undefined {
  if (text.slice(0, HEAD).includes('\0')) return 'it is not text, or not UTF-8.';
  return isRecords(text) ? 'it is JSON Lines: lint reads documents.' : undefined;
}

/** The file, where it could be read; else it is added to `failures`. */
export function tryRead(listed: Listed, failures: Unread[], isWanted = false): SourceFile | undefined {
  try {
    return readSource(listed, isWanted);
  } catch (error) {
    failures.push(unread(listed.file, error));
    return undefined;
  }
}

/** Of the patches that kustomizations name, the files that are there, lie below the paths and are not read already. */
export function patchesBelow(
  patches: Iterable<string>,
  listed: readonly Listed[],
  ours: ReadonlySet<string>,
  paths: readonly string[],
): readonly string[] {
  const known = new Map(listed.map(({ file }) => [normalPath(file), file]));
  return [...patches].flatMap((patch) => {
    // What a ConfigMap is made of has no name that says so.
    const file = known.get(patch) ?? (isBelow(patch, paths) && existsSync(patch) ? patch : undefined);
    return file === undefined || ours.has(path.resolve(file)) ? [] : [file];
  });
}

/** Whether a path is one of these, or lies below it. */
const isBelow = (file: string, paths: readonly string[]): boolean =>
  paths.some((one) => !path.relative(one, file).split(path.sep).includes('..'));

/**
 * The files of ours among these paths, and what could not be read. Throws {@link UsageError} where there is no such path.
 *
 * @param isWanted whether a file is read also where nothing in it looks like ours
 */
export function readAll(
  paths: readonly string[],
  excluded?: Excluded,
  leftOut?: (file: string) => void,
  isWanted: (file: string) => boolean = () => false,
): { files: readonly SourceFile[]; failures: readonly Unread[] } {
  const failures: Unread[] = [];
  const { listed } = filesOf(paths, failures, excluded, leftOut);
  const files = listed.flatMap((one) => tryRead(one, failures, isWanted(one.file)) ?? []);
  // A patch may not say itself that it is about a Profile.
  const ours = new Set(files.map((one) => path.resolve(one.path)));
  const patches = patchesBelow(aroundOf(files).patches.keys(), listed, ours, paths);
  return { files: [...files, ...patches.flatMap((file) => tryRead({ file, named: false }, [], true) ?? [])], failures };
}
