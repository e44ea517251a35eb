/** drift: what is live against the files that declare it. Reads files, AWS and the cluster; changes nothing. */
import path from 'node:path';
import { differences, titleOfDeclared, type LiveThings } from '../core/drift/compare.ts';
import { declaredIn, type Declared, type DeclaredIn } from '../core/drift/declared.ts';
import { unreadable } from '../core/plan/plan.ts';
import { spoken } from '../core/text.ts';
import { TOOLS } from '../core/tools.ts';
import { lookAtDeclared } from '../estate/declared.ts';
import type { Kubernetes } from '../provisioning/ports.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { print, reach, type Reach } from './carry.ts';
import { isTerraform } from '../core/look.ts';
import { besides, readAll, type SourceFile } from './files.ts';
import { positions } from './judge.ts';
import { shown } from './lint.ts';
import { clusterOf } from './onCluster.ts';
import { EXIT, type Context } from './parse.ts';
import { visible } from './visible.ts';

interface DriftValues extends Reach {
  readonly cluster: string;
  readonly json: boolean;
}

export async function drift(values: DriftValues, context: Context): Promise<number> {
  const { files, failures } = declaring(context.paths.length > 0 ? context.paths : ['.']);
  const { declared, skipped } = await declaredBy(files);
  const way = await reach(values, context);
  const { aws, signal } = way.outside;
  const cluster = await clusterOf(way, values.cluster);
  let kubernetes: Kubernetes | undefined;
  const connect = async (): Promise<Kubernetes> => (kubernetes = await way.connect(cluster, aws));
  try {
    const live = await unlessCancelled(signal, lookAtDeclared(declared, cluster, aws, connect));
    const found = differences(declared, live, { missing: true });
    const places = new Map(files.map((file) => [file.path, positions(file.text)]));
    const at = ({ file, start }: { readonly file: string; readonly start: number }) => ({
      file: path.relative('.', file).split(path.sep).join('/'),
      ...(places.get(file)?.(start) ?? { line: 1, column: 1 }),
    });
    const drifted = found.map((one) => {
      const { thing, what, declared: file, live: now, tool } = one;
      return { ...at(one), thing, what, declared: file, live: now, ...(tool === undefined ? {} : { tool }) };
    });
    const unread = [...failures.map(({ path: target, reason }) => `${target}: ${reason}`), ...unreadIn(declared, live)];
    const left = skipped.map((one) => ({ ...at(one), why: one.why }));
    const notes = notesOn(declared, live);
    const about = { command: 'drift', cluster: values.cluster, region: way.region, compared: declared.length };
    print(
      values.json,
      () => ({ ...about, drift: drifted, skipped: left, unread, notes }),
      () =>
        [
          ...drifted.map(
            ({ file, line, column, thing, what, declared: side, live: now, tool }) =>
              `${shown(file)}:${line}:${column}: ${visible(thing)}: ${visible(what)}${tool === undefined ? '' : ` (${TOOLS[tool].title})`}\n    file: ${visible(side)}\n    live: ${visible(now)}\n`,
          ),
          ...left.map(({ file, line, why }) => `${shown(file)}:${line}: not compared: ${visible(why)}.\n`),
          ...notes.map((text) => `${text}\n`),
          ...unread.map((text) => `Not read: ${visible(text)}\n`),
          `${declared.length} compared, ${sum(drifted.length)}.\n`,
        ].join(''),
    );
    if (unread.length > 0) return EXIT.couldNotRun;
    return drifted.length > 0 ? EXIT.notAsWanted : EXIT.done;
  } finally {
    kubernetes?.close();
  }
}

/** The files that may declare something. A role of Terraform may get all that makes it ours from elsewhere, as by `file("trust.json")`. */
export const declaring = (paths: readonly string[]): ReturnType<typeof readAll> =>
  readAll(paths, undefined, undefined, isTerraform);

/** What files declare; those of Terraform together with the others of their folders. */
async function declaredBy(files: readonly SourceFile[]): Promise<DeclaredIn> {
  if (!files.some(({ path: file }) => isTerraform(file))) return declaredIn(files);
  const { declaredInTerraform } = await import(/* webpackChunkName: "terraform" */ '../core/terraform/declared.ts');
  const { declared, skipped } = declaredIn([...files, ...besides(files)], declaredInTerraform);
  const isNamed = ({ file }: { readonly file: string }): boolean => files.some((one) => one.path === file);
  return { declared: declared.filter(isNamed), skipped: skipped.filter(isNamed) };
}

const sum = (count: number): string =>
  count === 0 ? 'no drift' : count === 1 ? '1 difference' : `${count} differences`;

/** What a listing of the account does not tell of a role (IAM API Reference, RoleDetail). */
function notesOn(declared: readonly Declared[], live: LiveThings): readonly string[] {
  const listed = declared.filter(({ kind, name, says }) => {
    const role = kind === 'role' ? live.role(name) : undefined;
    const isSaid = says.some(({ what }) => what === 'maxSession' || what === 'description');
    return isSaid && role?.state === 'found' && role.value.maxSession === undefined;
  });
  return listed.length === 0
    ? []
    : [
        `Longest session and description of ${listed.length} roles are not compared: a listing of the account does not tell them. Name fewer files.`,
      ];
}

/** What could not be read of the live things, a sentence for each reason. */
function unreadIn(declared: readonly Declared[], live: LiveThings): readonly string[] {
  const reasons = declared.flatMap((one) => {
    const reading = live[one.kind](one.name);
    if (reading === undefined || reading.state === 'absent') return [];
    if (reading.state !== 'found') return [unreadable(reading, titleOfDeclared(one))];
    const { unread = [] } = reading.value as { readonly unread?: readonly string[] };
    return unread.map(
      (permission) => `${titleOfDeclared(one)}: you may not ${permission}, so that what it says is not compared.`,
    );
  });
  return [...new Set(reasons)].map(spoken);
}
