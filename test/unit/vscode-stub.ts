/** As much of VS Code's API as the tree and the connections need to run in a test; importing it puts it in the place of `vscode`. */
import { registerHooks } from 'node:module';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { EventEmitter } from '../bench/vscode.ts';

export * from '../bench/vscode.ts';

export class Disposable {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
  /** An event of this stub gives nothing to end it by. */
  static from(...all: readonly ({ dispose(): unknown } | undefined)[]): Disposable {
    return new Disposable(() => all.forEach((one) => one?.dispose()));
  }
}

/** Values of settings by their full name; tests write here. */
export const settings: Record<string, unknown> = {};
/** The full names of the settings that were read. */
export const read = new Set<string>();
/** A registration that nobody calls. */
const nothing = (): Disposable => new Disposable(() => undefined);
export const workspace = {
  isTrusted: true,
  getConfiguration: (section: string) => ({
    get: (name: string) => {
      read.add(`${section}.${name}`);
      return settings[`${section}.${name}`];
    },
  }),
  onDidChangeConfiguration: nothing,
  onDidChangeTextDocument: nothing,
  onDidGrantWorkspaceTrust: nothing,
  onDidCloseTextDocument: nothing,
  textDocuments: [] as { uri: unknown }[],
  getWorkspaceFolder: (): undefined => undefined,
  registerTextDocumentContentProvider: (_scheme: string, provider: unknown) => {
    registered.content = provider as Registered['content'];
    return nothing();
  },
};
/** What was registered last, for tests to ask it. */
interface Registered {
  content?: { provideTextDocumentContent(uri: Uri): string | undefined } | undefined;
  lenses?: { onDidChangeCodeLenses(listener: () => void): unknown };
  readonly commands: Map<string, (...args: unknown[]) => unknown>;
}
export const registered: Registered = { commands: new Map() };

export class Uri {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  static from(parts: { scheme: string; path: string; query?: string }): Uri {
    return new Uri(`${parts.scheme}:${parts.path}?${parts.query ?? ''}`);
  }
  static parse(text: string): Uri {
    return new Uri(text);
  }
  /** Of what has a path, as a file has. */
  static joinPath({ path: from }: { readonly path: string }, to: string) {
    const joined = path.join(from, to);
    return { path: joined, fsPath: joined, scheme: 'file', toString: () => `file://${joined}` };
  }
  toString(): string {
    return this.#text;
  }
}
export class TabInputText {
  readonly uri: Uri;
  constructor(uri: Uri) {
    this.uri = uri;
  }
}
export class TabInputTextDiff {
  readonly original: Uri;
  readonly modified: Uri;
  constructor(original: Uri, modified: Uri) {
    this.original = original;
    this.modified = modified;
  }
}
const tabs = new EventEmitter<{ closed: readonly { input: unknown }[] }>();
const open: { input: unknown }[] = [];
/** Opens and closes tabs. */
export const screen = {
  open: (input: unknown): void => void open.push({ input }),
  close: (input: unknown): void => {
    const at = open.findIndex((tab) => tab.input === input);
    tabs.fire({ closed: open.splice(at, 1) });
  },
};
export const ProgressLocation = { Notification: 15 };
export const StatusBarAlignment = { Left: 1 };
export const InputBoxValidationSeverity = { Info: 1, Warning: 2, Error: 3 };
export const languages = {
  registerCodeLensProvider: (_selector: unknown, provider: unknown) => {
    registered.lenses = provider as NonNullable<Registered['lenses']>;
    return nothing();
  },
  registerFoldingRangeProvider: nothing,
  createDiagnosticCollection: () => ({ set: () => undefined, delete: () => undefined, dispose: () => undefined }),
};
/** What the log got, and what was asked; `answer` is what the person presses. */
export const told = { log: [] as string[], errors: [] as string[], answer: undefined as string | undefined };
/** What a person reads and presses: every message, and for the next ones what is pressed; none is left open. */
export const person = { read: [] as string[], presses: [] as (string | undefined)[], types: [] as string[] };
const asked = async (text: string, ...rest: readonly unknown[]): Promise<string | undefined> => {
  const detail = rest.flatMap((one) => (typeof one === 'object' ? [(one as { detail?: string }).detail ?? ''] : []));
  person.read.push([text, ...detail].join('\n'));
  return person.presses.shift();
};
const log = (text: string): void => void told.log.push(text);
export const window = {
  tabGroups: {
    get all() {
      return [{ tabs: open }];
    },
    onDidChangeTabs: (listener: (event: { closed: readonly { input: unknown }[] }) => void) => {
      tabs.event(listener);
      return nothing();
    },
  },
  createOutputChannel: () => ({ debug: log, info: log, warn: log, error: log, show: log, dispose: nothing }),
  showErrorMessage: async (text: string) => {
    told.errors.push(text);
    return told.answer;
  },
  showInformationMessage: asked,
  showWarningMessage: asked,
  activeTextEditor: undefined,
  withProgress: async <T>(_options: unknown, work: (progress: unknown, token: unknown) => Promise<T>): Promise<T> =>
    work({ report: () => undefined }, { isCancellationRequested: false, onCancellationRequested: nothing }),
  createStatusBarItem: () => ({ show: () => undefined, hide: () => undefined, dispose: nothing }),
  /** A box into which the person types, one text after the other, until it is closed; without one more it is dismissed. */
  createInputBox: () => {
    const heard = { accept: () => undefined as void, hide: () => undefined as void, change: () => undefined as void };
    const box = {
      ...{ value: '', validationMessage: undefined as unknown, closed: false },
      onDidChangeValue: (listener: () => void) => void (heard.change = listener),
      onDidAccept: (listener: () => void) => void (heard.accept = listener),
      onDidHide: (listener: () => void) => void (heard.hide = listener),
      onDidTriggerButton: () => undefined,
      dispose: () => void (box.closed = true),
      show: () => void typed(),
    };
    const typed = async (): Promise<void> => {
      await turn();
      for (let text = person.types.shift(); text !== undefined && !box.closed; text = person.types.shift()) {
        box.value = text;
        heard.change();
        heard.accept();
        await turn();
      }
      if (!box.closed) heard.hide();
    };
    return box;
  },
};
export const commands = {
  registerCommand: (name: string, handler: (...args: unknown[]) => unknown) => {
    registered.commands.set(name, handler);
    return nothing();
  },
  executeCommand: async (name: string, ...args: unknown[]): Promise<unknown> => {
    if (name === 'setContext') return undefined;
    const handler = registered.commands.get(name);
    if (handler === undefined) throw new Error(`command '${name}' not found`);
    return handler(...args);
  },
};
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
});
export class RelativePattern {
  readonly base: unknown;
  readonly pattern: string;
  constructor(base: unknown, pattern: string) {
    [this.base, this.pattern] = [base, pattern];
  }
}
export const FileType = { File: 1, Directory: 2 };
