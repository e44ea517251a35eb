/** What every room of the user interface gets: the log, the way to the outside, and the one wrapper around commands. */
import * as vscode from 'vscode';
import type { Ref } from './core/kinds.ts';
import { messageOf, spoken, withoutSecrets } from './core/text.ts';
import { commandId, type CommandName } from './ids.ts';
import { connections, type Connections } from './outside.ts';
import { lazy } from './lazy.ts';
import type { WorkspaceFiles } from './editor/declaring.ts';
import type { Problem } from './problem.ts';
import type { Runs } from './runs.ts';
import type { Source } from './source.ts';

/** What trying a profile showed (Verification of provisioning/verify.ts). */
interface Tried extends Source {
  readonly cluster: string;
  readonly profile: string;
  readonly outcome: 'verified' | 'checked' | 'failed';
}

/** The log of the extension. Texts of libraries, clusters and AWS may go to it: no secret passes. */
export interface Log {
  readonly debug: (text: string) => void;
  readonly info: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly error: (text: string) => void;
  /** Brings it to the front. */
  readonly show: () => void;
}

/** What a run may have changed, and so must be read again. */
export interface Changed extends Source {
  readonly cluster: string;
  readonly refs: readonly Ref[];
}

export interface Host {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly connections: Connections;
  /** The journal of runs; opened when it is first asked for. */
  readonly runs: () => Promise<Runs>;
  /** What files of the workspace declare; read when it is first asked for. Undefined in Restricted Mode. */
  readonly files: () => Promise<WorkspaceFiles> | undefined;
  /** Fired when a profile was tried, for who shows its state. */
  readonly tried: vscode.EventEmitter<Tried>;
  /** Fired after a run, for who shows what it changed. */
  readonly changed: vscode.EventEmitter<Changed>;
  /** Registers a command. Its handler only throws: what is shown and logged is decided here. */
  readonly register: (name: CommandName, handler: (...args: never[]) => unknown) => void;
  /** Does what no command of ours asked for, as the handler of one; undefined if it threw. */
  readonly attempt: <T>(name: string, work: () => T | PromiseLike<T>) => Promise<T | undefined>;
}

/** Makes the host; everything that it holds ends with the extension. */
export function createHost(context: vscode.ExtensionContext): Host {
  const channel = vscode.window.createOutputChannel('Kubeflow IRSA', { log: true });
  const log = logTo(channel);
  const outside = connections((context.extension.packageJSON as { version?: string }).version);
  const tried = new vscode.EventEmitter<Tried>();
  const changed = new vscode.EventEmitter<Changed>();
  context.subscriptions.push(channel, outside, tried, changed);
  const attempt: Host['attempt'] = async (name, work) => {
    try {
      return await work();
    } catch (error) {
      // Not waited for: what a person chooses next is not part of the command.
      if (!isCancellation(error))
        show(error, name, log).catch((why: unknown) => log.error(`${name}: ${messageOf(why)}`));
      return undefined;
    }
  };
  const files = lazy(async () => {
    const { watchDeclaring } = await import(/* webpackChunkName: "declaring" */ './editor/declaring.ts');
    const watched = watchDeclaring(context.asAbsolutePath('dist/lint-worker.cjs'), log);
    context.subscriptions.push(watched);
    return watched;
  });
  return {
    context,
    log,
    connections: outside,
    runs: lazy(async () =>
      (await import(/* webpackChunkName: "runs" */ './runs.ts')).openRuns(context.globalStorageUri.fsPath),
    ),
    files: () => (vscode.workspace.isTrusted ? files() : undefined),
    tried,
    changed,
    register: (name, handler) => {
      context.subscriptions.push(
        vscode.commands.registerCommand(commandId(name), (...args: never[]) => attempt(name, () => handler(...args))),
      );
    },
    attempt,
  };
}

/** What goes into the channel goes through {@link withoutSecrets}. */
const logTo = (channel: vscode.LogOutputChannel): Log => ({
  debug: (text) => channel.debug(withoutSecrets(text)),
  info: (text) => channel.info(withoutSecrets(text)),
  warn: (text) => channel.warn(withoutSecrets(text)),
  error: (text) => channel.error(withoutSecrets(text)),
  show: () => channel.show(),
});

/** By name, not by class: two bundles have two classes. */
const isCancellation = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'Cancelled' || error.name === 'Canceled');

/** Tells what stopped and what to do next; the log gets the rest. */
async function show(error: unknown, name: string, log: Log): Promise<void> {
  const message = messageOf(error);
  log.error(`${name}: ${message}`);
  if (error instanceof Error && error.stack !== undefined) log.debug(error.stack);
  const nextSteps = error instanceof Error && 'nextSteps' in error ? (error as Problem).nextSteps : [];
  const showLog = vscode.l10n.t('Show Log');
  const answer = await vscode.window.showErrorMessage(spoken(message), ...nextSteps.map(({ title }) => title), showLog);
  if (answer === showLog) log.show();
  const next = nextSteps.find(({ title }) => title === answer);
  if (next !== undefined) await vscode.commands.executeCommand(next.command, ...(next.args ?? []));
}
