/** The plans that are open, by the document that shows each: what menus know of them, and which one a command is about. */
import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { commandId, CONTEXT, DOCUMENT_SCHEME } from '../ids.ts';
import { Problem } from '../problem.ts';
import type { Documents } from './documents.ts';
import { canApply, canUndo, type Session } from './session.ts';
import { statusItem } from './status.ts';

const { l10n } = vscode;

export interface OpenPlans extends vscode.Disposable {
  readonly get: (uri: vscode.Uri) => Session | undefined;
  /** Puts a plan, or what has become of it, in the place of the one that its document showed. */
  readonly set: (session: Session) => void;
  /** A run goes on without its document; its end closes the connection. */
  readonly forget: (uri: vscode.Uri) => void;
  /**
   * The plan of a document (default: the active one, or the only one that is open). Throws a {@link Problem} where there is none, and
   * where it is being applied.
   */
  readonly wanted: (uri?: vscode.Uri) => Session;
  /** What a run uses must not be replaced, and its result must not replace a newer plan. */
  readonly applying: (uri: vscode.Uri) => boolean;
}

export const busy = (): Problem =>
  new Problem(l10n.t('This plan is being applied. Wait until it is done, or cancel it.'));

export function openPlans(host: Host, documents: Documents): OpenPlans {
  const sessions = new Map<string, Session>();
  const status = statusItem(host);
  const get = (uri: vscode.Uri): Session | undefined => sessions.get(uri.toString());
  const applying = (uri: vscode.Uri): boolean => get(uri)?.applying === true;

  /** Tells the menus which documents can be applied and discarded. */
  const publish = (): void => {
    const idle = [...sessions.values()].filter(({ applying }) => !applying);
    const uris = (some: readonly Session[]): string[] => some.map(({ uri }) => uri.toString());
    // A run of the journal is not planned again.
    const plans = idle.filter(({ job }) => job.run === undefined);
    const ready = plans.filter(({ plan, result }) => result === undefined && canApply(plan));
    void vscode.commands.executeCommand('setContext', CONTEXT.toApply, uris(ready));
    void vscode.commands.executeCommand('setContext', CONTEXT.open, uris(plans));
    void vscode.commands.executeCommand('setContext', CONTEXT.toUndo, uris(idle.filter(canUndo)));
    const changeable = idle.filter(({ job }) => job.change !== undefined);
    void vscode.commands.executeCommand('setContext', CONTEXT.toChange, uris(changeable));
    if (sessions.size > 0) status.show();
    else status.hide();
  };
  const forget = (uri: vscode.Uri): void => {
    const session = get(uri);
    if (session === undefined || session.applying) return;
    session.kubernetes?.close();
    sessions.delete(uri.toString());
    publish();
  };
  const closing = documents.onDidClose(forget);

  return {
    get,
    applying,
    forget,
    set: (session) => {
      sessions.set(session.uri.toString(), session);
      publish();
    },
    wanted: (uri) => {
      const active = vscode.window.activeTextEditor?.document.uri;
      const wanted = uri ?? (active?.scheme === DOCUMENT_SCHEME ? active : undefined);
      const only = sessions.size === 1 ? [...sessions.values()][0] : undefined;
      const session = wanted === undefined ? only : sessions.get(wanted.toString());
      if (session === undefined) {
        throw new Problem(l10n.t('No plan is open here. Answer the questions of "Create IRSA Profile" to make one.'), [
          { title: l10n.t('Create IRSA Profile…'), command: commandId('createProfile') },
        ]);
      }
      if (session.applying) throw busy();
      return session;
    },
    dispose: () => {
      closing.dispose();
      status.dispose();
      for (const { kubernetes } of sessions.values()) kubernetes?.close();
    },
  };
}
