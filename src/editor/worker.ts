/** The thread in which documents are linted, so that no text, however large or odd, holds up the extension host. */
import { parentPort } from 'node:worker_threads';
import type { LintFile } from '../core/around.ts';
import type { DocNode } from '../core/document/node.ts';
import { parse, type Language } from '../core/document/parse.ts';
import { differences, driftFinding, heldThings, type HeldThings } from '../core/drift/compare.ts';
import { placed, subjectsIn, type SeenLive, type Subject } from '../core/doctor/placed.ts';
import { declaredIn, type Declared, type DeclareTerraform } from '../core/drift/declared.ts';
import { applyEdits, applyFixes, atLeast, FIX_SEVERITY, preferredFix } from '../core/fix.ts';
import { finished, lint, lintFolder, type LintCache, type LintOptions, type ReadTerraform } from '../core/lint.ts';
import { isTerraform, isTerraformJson } from '../core/look.ts';
import { NOBODY } from '../core/policy/filling.ts';
import type { Beside, Edit, Finding, Fix } from '../core/finding.ts';
import { suppress } from '../core/modes/suppression.ts';
import { isFailureModeId } from '../core/modes/table.ts';
import { profilesIn, type ProfileCache, type ProfileHead } from './profiles.ts';

/** A file with those beside it. `path` names one of `files`. */
interface InFolder {
  readonly path: string;
  readonly files: readonly LintFile[];
  readonly options: LintOptions;
}

/** What the thread can be asked. */
export interface Jobs {
  /** Findings of one file alone; what did not change since the last time is not read again. */
  file(job: { readonly file: LintFile; readonly options: LintOptions }): readonly Finding[];
  /** Findings of all files of a folder, by path. */
  folder(job: { readonly files: readonly LintFile[]; readonly options: LintOptions }): Map<string, readonly Finding[]>;
  /** The text with the right answer to each error and warning, or to each finding of one kind. */
  fix(job: InFolder & { readonly kind?: string }): string;
  /**
   * A comment above the line of a finding, or above a line that holds it, such as the head of a block scalar: the first place
   * where it silences the finding and breaks nothing, which lint itself decides. A snippet: the reason is to be filled in.
   */
  ignore(job: InFolder & { readonly finding: Finding; readonly mark: '#' | '//' }): Edit | undefined;
  /** The Profiles of a file. */
  profiles(job: { readonly text: string; readonly language: Language }): readonly ProfileHead[];
  /** What a file declares; what a comment in it says not to compare is marked. */
  declared(job: { readonly file: LintFile; readonly files?: readonly LintFile[] }): readonly Declared[];
  /** Where what is live is not as a file declares it. */
  drift(job: {
    readonly file: LintFile;
    readonly files?: readonly LintFile[];
    readonly options: LintOptions;
    readonly things: HeldThings;
  }): readonly Finding[];
  /** The objects of a file that a live profile is made of. */
  subjects(job: { readonly file: LintFile }): readonly Subject[];
  /** Live findings at their places, but for what lint says there (`said`), or comments and settings silence; each with its index. */
  placed(job: {
    readonly file: LintFile;
    readonly options: LintOptions;
    readonly subjects: readonly Subject[];
    readonly seen: readonly SeenLive[];
    readonly said: readonly Pick<Finding, 'id' | 'start' | 'end'>[];
  }): readonly { readonly finding: Finding; readonly of: number }[];
  /** The fixes of a finding with each of these roles as the one that is known for the profile. */
  withRoles(job: {
    readonly file: LintFile;
    readonly options: LintOptions;
    readonly finding: Finding;
    readonly profile: string;
    readonly roles: readonly string[];
  }): readonly Fix[];
}
export type JobName = keyof Jobs;
export type Job<N extends JobName> = Parameters<Jobs[N]>[0];
export type Result<N extends JobName> = ReturnType<Jobs[N]>;

export interface Request {
  readonly id: number;
  readonly name: JobName;
  readonly job: unknown;
}
export type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

/** Of the files that were linted last. */
const caches = new Map<string, Cached>();
interface Cached {
  readonly options: string;
  readonly beside: readonly Beside[];
  readonly cache: LintCache;
}
const MOST_CACHES = 20;

function cacheOf(path: string, { beside: { files: beside, ...place } = NOBODY, ...others }: LintOptions): LintCache {
  const options = JSON.stringify([others, place]);
  const known = caches.get(path);
  caches.delete(path);
  const isSame = known?.options === options && isSameBeside(known.beside, beside);
  const cache = isSame ? known.cache : { documents: new Map() };
  caches.set(path, { options, beside, cache });
  const oldest = caches.keys().next().value;
  if (caches.size > MOST_CACHES && oldest !== undefined) caches.delete(oldest);
  return cache;
}

const isSameBeside = (one: readonly Beside[], other: readonly Beside[]): boolean =>
  one.length === other.length && one.every(({ path, text }, at) => other[at]?.path === path && other[at].text === text);

/** Of the file that was last looked at for Profiles. */
const profiles: ProfileCache = { documents: new Map() };

/** The reader of Terraform, once there was a file of it. */
let readTerraform: ReadTerraform | undefined;
let declareTerraform: DeclareTerraform | undefined;
const reading = (options: LintOptions): LintOptions =>
  readTerraform ? { ...options, terraform: readTerraform } : options;

async function loadFor(files: readonly LintFile[]): Promise<void> {
  if (readTerraform || !files.some(({ path }) => isTerraform(path))) return;
  const { readTerraform: read, terraformCache } = await import(
    /* webpackChunkName: "terraform" */ '../core/terraform/resources.ts'
  );
  ({ declaredInTerraform: declareTerraform } = await import(
    /* webpackChunkName: "terraform" */ '../core/terraform/declared.ts'
  ));
  const cache = terraformCache();
  readTerraform = (folder) => read(folder, cache);
}

/** What a file declares; one of Terraform together with the others of its folder. */
const declaredBy = (file: LintFile, files: readonly LintFile[] = []): readonly Declared[] =>
  declaredIn(
    [file, ...files.filter(({ path }) => isTerraform(path) && path !== file.path)],
    declareTerraform,
  ).declared.filter((one) => one.file === file.path);

/** Texts over several lines in Terraform: what is written there is no comment. */
const HEREDOC = /<<-?(\w+)\r?\n[^]*?\n[ \t]*\1[ \t]*\r?(?=\n|$)/g;

const withText = ({ path, files, options }: InFolder, text: string): readonly Finding[] =>
  lintFolder(
    files.map((file) => (file.path === path ? { ...file, text } : file)),
    reading(options),
  ).get(path) ?? [];

/** Whether a place is inside a value, such as a policy in a block scalar: what is written there is no comment. */
const isInScalar = (node: DocNode, at: number): boolean =>
  at > node.start &&
  at < node.end &&
  (node.type === 'object'
    ? node.entries.some(({ key, value }) => isInScalar(key, at) || isInScalar(value, at))
    : node.type === 'array'
      ? node.items.some((item) => isInScalar(item, at))
      : true);

const textOf = ({ path, files }: InFolder): string => files.find((file) => file.path === path)?.text ?? '';

const jobs: Jobs = {
  file: ({ file, options }) =>
    lint(
      file.text,
      { ...reading(options), file: file.path, ...(file.language ? { language: file.language } : {}) },
      cacheOf(file.path, options),
    ),
  folder: ({ files, options }) => lintFolder(files, reading(options)),
  fix: (job) => {
    const again = (text: string): readonly Finding[] =>
      job.kind === undefined
        ? atLeast(FIX_SEVERITY, withText(job, text))
        : withText(job, text).filter(({ id }) => id === job.kind);
    const text = textOf(job);
    return applyFixes(text, again(text), again);
  },
  profiles: ({ text, language }) => profilesIn(text, language, profiles),
  ignore: (job) => {
    const { finding, mark } = job;
    // Terraform takes no comments there.
    if (isTerraformJson(job.path)) return undefined;
    const text = textOf(job);
    const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
    const heredocs = isTerraform(job.path) ? [...text.matchAll(HEREDOC)] : [];
    const { documents } = isTerraform(job.path) ? { documents: [] } : parse(text, mark === '#' ? 'yaml' : 'json');
    const isComment = (at: number): boolean =>
      !documents.some(({ root }) => root && isInScalar(root, at)) &&
      !heredocs.some((one) => at > one.index && at < one.index + one[0].length);
    const before = withText(job, text);
    const count = (all: readonly Finding[]): number => all.filter(({ id }) => id === finding.id).length;
    let start = text.lastIndexOf('\n', finding.start - 1) + 1;
    for (let indent = Infinity; indent > 0; start = text.lastIndexOf('\n', start - 2) + 1) {
      const space = /^[ \t]*(?=\S)/.exec(text.slice(start, start + 1000))?.[0];
      if (space !== undefined && space.length < indent && isComment(start)) {
        indent = space.length;
        const edit = (reason: string): Edit => ({
          start,
          end: start,
          newText: `${space}${mark} kubeflow-irsa: ignore ${finding.id} ${reason}${eol}`,
        });
        const after = withText(job, applyEdits(text, [edit('reason')]));
        if (count(after) < count(before) && after.length < before.length) return edit('${1:reason}');
      }
      if (start === 0) break;
    }
    return undefined;
  },
  declared: ({ file, files }) => {
    const isCompared = ({ start, end }: { readonly start: number; readonly end: number }): boolean => {
      const drift: Finding = { id: 'KP-090', severity: 'warning', message: '', start, end, fixes: [] };
      return suppress(file.text, [drift], isFailureModeId).includes(drift);
    };
    return declaredBy(file, files).map(({ whole, ...one }) => ({
      ...one,
      says: one.says.map((each) => (isCompared(each) ? each : { ...each, ignored: true })),
      ...(whole === true && isCompared(one) ? { whole } : {}),
    }));
  },
  drift: ({ file, files, options, things }) => {
    const declared = declaredBy(file, files);
    // Of another cluster or account there may be no such thing: only what is there is compared.
    const found = differences(declared, heldThings(things), { missing: false }).map(driftFinding);
    return finished(suppress(file.text, found, isFailureModeId), options);
  },
  subjects: ({ file }) => (isTerraform(file.path) ? [] : subjectsIn(file)),
  placed: ({ file, options, subjects, seen, said }) =>
    placed(subjects, seen, said).flatMap(({ finding, of }) =>
      // What is wrong with a comment, lint says.
      finished(suppress(file.text, [finding], isFailureModeId), options).flatMap((one) =>
        one.id === finding.id ? [{ finding: one, of }] : [],
      ),
    ),
  withRoles: ({ file, options, finding, profile, roles }) =>
    roles.flatMap((role) =>
      withText({ path: file.path, files: [file], options: { ...options, roles: { [profile]: role } } }, file.text)
        .filter(({ id, start, end }) => id === finding.id && start === finding.start && end === finding.end)
        .flatMap((one) => preferredFix(one) ?? []),
    ),
};

async function answerTo({ id, name, job }: Request): Promise<void> {
  let answer: Answer;
  try {
    const { file, files = [] } = job as { readonly file?: LintFile; readonly files?: readonly LintFile[] };
    await loadFor(file ? [file, ...files] : files);
    answer = { id, result: jobs[name](job as never) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort?.postMessage(answer);
}

parentPort?.on('message', (request: Request) => void answerTo(request));
