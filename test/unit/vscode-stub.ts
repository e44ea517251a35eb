/** As much of VS Code's API as the tree and the connections need to run in a test; importing it puts it in the place of `vscode`. */
import { registerHooks } from 'node:module';

export * from '../bench/vscode.ts';

export class Disposable {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
  static from(...all: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => all.forEach((one) => one.dispose()));
  }
}

/** Values of settings by their full name; tests write here. */
export const settings: Record<string, unknown> = {};
export const workspace = {
  isTrusted: true,
  getConfiguration: (section: string) => ({ get: (name: string) => settings[`${section}.${name}`] }),
  onDidChangeConfiguration: () => new Disposable(() => undefined),
  onDidGrantWorkspaceTrust: () => new Disposable(() => undefined),
};
export const l10n = {
  t: (text: string, ...values: readonly unknown[]) =>
    text.replace(/\{(\d+)\}/g, (_, at: string) => String(values[Number(at)])),
};

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
});
