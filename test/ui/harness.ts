// Drives the real workbench in headless Chromium: VS Code's server with the packaged extension installed, and what a user sees
// and presses. Every helper waits for a condition; none waits for a time.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual, promisify } from 'node:util';
import { type Locator, chromium } from 'playwright-core';
import { installChromium } from '../../scripts/chromium.ts';
import { readManifest } from '../../scripts/manifest.ts';
import { isolatedEnvironment, root } from '../../scripts/processes.ts';
import { type Version, installVsCode, installVsix, startServer, workbenchUrl } from '../../scripts/vscode.ts';

export interface WorkbenchOptions {
  /** Folder that is opened. */
  folder: string;
  /** Added to the environment of the extension host: what a sandbox gives. Default: no credentials and no cluster at all. */
  env?: Readonly<Record<string, string>>;
  /** The packaged extension; default: what `npm run package` left in out/. */
  vsix?: string;
  /** User settings. */
  settings?: Record<string, unknown>;
  version?: Version;
  /** The folder of an extension that is installed beside ours. */
  beside?: string;
  /** Whether the folder is opened in Restricted Mode; else workspace trust is switched off. */
  restricted?: boolean;
}

/** Milliseconds that one condition may take; the work of a command has its own, longer ones. */
const patienceMs = 30_000;

/** A row, button or message that holds TEXT. */
type Text = string | RegExp;

export type Workbench = Awaited<ReturnType<typeof openWorkbench>>;

/** Opens VS Code on a folder and resolves when its extension host runs. Call `close` in any case, or use `withWorkbench`. */
export async function openWorkbench(options: WorkbenchOptions) {
  const { version = 'newest', restricted = false } = options;
  const say = (line: string): void => console.log(line);
  const [vscode, executable, manifest] = await Promise.all([
    installVsCode(version, say),
    installChromium(say),
    readManifest(),
  ]);
  const vsix = options.vsix ?? path.join(root, 'out', `${manifest.name}-${manifest.version}.vsix`);
  if (!existsSync(vsix)) throw new Error(`${vsix} does not exist: run "npm run package" first.`);

  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-ui-'));
  const extensionsDir = path.join(dataFolder, 'extensions');
  // What stands in the folder when the first extension is installed counts as installed.
  if (options.beside !== undefined)
    await cp(options.beside, path.join(extensionsDir, path.basename(options.beside)), { recursive: true });
  const [browser] = await Promise.all([chromium.launch(executable), installVsix(vscode, vsix, extensionsDir)]);
  const server = await startServer(vscode, {
    dataFolder,
    extensionsDir,
    env: { ...isolatedEnvironment(options.env), EXTENSIONS_GALLERY: '{}' },
    workspaceTrust: restricted,
    settings: {
      'workbench.editor.useModal': 'off',
      'editor.emptySelectionClipboard': false,
      ...(restricted ? { 'security.workspace.trust.startupPrompt': 'never' } : {}),
      ...options.settings,
    },
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);

  const close = async (): Promise<void> => {
    await browser.close();
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };

  try {
    await page.goto(workbenchUrl(server, options.folder));
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    // The view's icon is there when the extension has been read.
    await page.locator('.activitybar').getByRole('tab', { name: 'Kubeflow IRSA' }).waitFor();
  } catch (error) {
    await page.screenshot({ path: path.join(await screenshots(), 'failed-to-open.png') }).catch(() => undefined);
    await close();
    throw new Error(`The workbench did not open; the server said:\n${server.log()}`, { cause: error });
  }

  const widget = page.locator('.quick-input-widget:visible');
  const input = widget.locator('.quick-input-filter input, .quick-input-box input').first();
  const ariaLabels = async (rows: Locator): Promise<string[]> =>
    Promise.all((await rows.all()).map(async (row) => (await row.getAttribute('aria-label')) ?? ''));
  const rowWith = (rows: Locator, text: Text): Locator => rows.filter({ hasText: text }).first();

  /** The palette, quick picks and input boxes: one widget, one at a time. */
  const quickInput = {
    widget,
    input,
    /** Waits until a prompt with this title is open, for example `'Create IRSA Profile (1/5)'`. */
    waitFor: (title: Text): Promise<void> => widget.locator('.quick-input-title').filter({ hasText: title }).waitFor(),
    /** Waits until no prompt is open. */
    waitForEnd: (): Promise<void> => widget.waitFor({ state: 'hidden' }),
    title: async (): Promise<string> => (await widget.locator('.quick-input-title').textContent()) ?? '',
    placeholder: async (): Promise<string> => (await input.getAttribute('placeholder')) ?? '',
    value: (): Promise<string> => input.inputValue(),
    /** Replaces what is typed. */
    type: (text: string): Promise<void> => input.fill(text),
    /** Enter. */
    accept: (): Promise<void> => input.press('Enter'),
    /** Escape, and waits until the prompt is gone. */
    async cancel(): Promise<void> {
      await input.press('Escape');
      await widget.waitFor({ state: 'hidden' });
    },
    /** The Back button. */
    back: (): Promise<void> => widget.locator('.quick-input-titlebar .codicon-quick-input-back').click(),
    /** A button of the title bar or of the box, by its tooltip. */
    press: (button: Text): Promise<void> => widget.getByRole('button', { name: button }).first().click(),
    /** What a screen reader says about the rows in view: label, description and detail with commas between. */
    rows: (): Promise<string[]> => ariaLabels(widget.locator('.monaco-list-row')),
    row: (text: Text): Locator => rowWith(widget.locator('.monaco-list-row'), text),
    /** Picks the first row with this text, as a click does. */
    pick: (text: Text): Promise<void> => rowWith(widget.locator('.monaco-list-row'), text).click(),
    /** The message under an input box; waits for one. */
    async message(text: Text = /./): Promise<string> {
      const message = widget.locator('.quick-input-message').filter({ hasText: text });
      await message.waitFor();
      return (await message.innerText()).trim();
    },
  };

  const tree = {
    /** Shows our view in the side bar. */
    async open(): Promise<void> {
      const tab = page.locator('.activitybar').getByRole('tab', { name: 'Kubeflow IRSA' });
      if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
      await page.locator('.sidebar .composite.title').filter({ hasText: 'Kubeflow IRSA' }).waitFor();
    },
    /** The first row with this text. */
    row: (text: Text): Locator => rowWith(page.locator('.sidebar [role="treeitem"]'), text),
    /** Texts of the rows in view, from top to bottom: label and description. */
    rows: async (): Promise<string[]> => {
      const rows = await page.locator('.sidebar [role="treeitem"] .monaco-icon-label-container').all();
      return Promise.all(rows.map(async (row) => (await row.locator('> *').allInnerTexts()).join(' ').trim()));
    },
    /** What a screen reader says about the row. */
    spoken: async (text: Text): Promise<string> => (await tree.row(text).getAttribute('aria-label')) ?? '',
    /** Opens the row if it is closed. */
    async expand(text: Text): Promise<void> {
      const row = tree.row(text);
      if ((await row.getAttribute('aria-expanded')) === 'false')
        await row.locator('.monaco-tl-twistie').click({ force: true });
      await tree.row(text).and(page.locator('[aria-expanded="true"]')).waitFor();
    },
    /** Closes the row if it is open. */
    async collapse(text: Text): Promise<void> {
      const row = tree.row(text);
      if ((await row.getAttribute('aria-expanded')) === 'true')
        await row.locator('.monaco-tl-twistie').click({ force: true });
      await tree.row(text).and(page.locator('[aria-expanded="false"]')).waitFor();
    },
    /** Presses an inline action of the row, by its tooltip. */
    async inline(text: Text, action: Text): Promise<void> {
      await tree.row(text).hover();
      await tree.row(text).getByRole('button', { name: action }).click();
    },
    /** Opens the row's context menu until `entry` is in it: a tree that redraws closes the menu, and a row that is not settled has another. */
    async openMenu(text: Text, item: Text): Promise<Locator> {
      const entry = page.locator('.monaco-menu').getByRole('menuitem', { name: item });
      await until(
        async () => {
          if (await entry.isVisible()) return true;
          if (await page.locator('.monaco-menu').isVisible()) await page.keyboard.press('Escape');
          await tree
            .row(text)
            .click({ button: 'right', timeout: 2000 })
            .catch(() => undefined);
          await entry.waitFor({ timeout: 2000 }).catch(() => undefined);
          return entry.isVisible();
        },
        `The menu does not open with ${String(item)}.`,
      );
      return entry;
    },
    /** Chooses from the row's context menu. */
    async menu(text: Text, item: Text): Promise<void> {
      const entry = await tree.openMenu(text, item);
      // A click in a menu's first moments is lost: VS Code takes it for the end of the one that opened it.
      await until(async () => {
        if (!(await entry.isVisible())) return true;
        await entry.click({ timeout: 1000 }).catch(() => undefined);
        return false;
      }, 'The menu stays open.');
    },
    /** Presses an action of the view's title, by its tooltip. */
    async titleAction(action: Text): Promise<void> {
      await page.locator('.sidebar').hover();
      await page.locator('.sidebar').getByRole('button', { name: action }).first().click();
    },
    /** The welcome text of an empty view; waits for it. */
    async welcome(text: Text = /./): Promise<string> {
      const content = page.locator('.sidebar .welcome-view-content').filter({ hasText: text });
      await content.waitFor();
      return content.innerText();
    },
  };

  const toasts = page.locator('.notifications-toasts .notification-list-item');
  const notification = {
    /** Waits for a notification with this text and returns its whole text. */
    async waitFor(text: Text, timeoutMs = patienceMs): Promise<string> {
      const toast = rowWith(toasts, text);
      await toast.waitFor({ timeout: timeoutMs });
      return (await toast.locator('.notification-list-item-message').innerText()).trim();
    },
    /** Presses a button of the notification with this text. */
    press: (text: Text, button: string): Promise<void> =>
      rowWith(toasts, text).getByRole('button', { name: button, exact: true }).click(),
    /** Messages that are shown now. */
    all: (): Promise<string[]> => toasts.locator('.notification-list-item-message').allInnerTexts(),
  };

  const dialog = {
    /** Waits for a modal dialog and returns its text. */
    async waitFor(text: Text = /./): Promise<string> {
      const box = page.locator('.monaco-dialog-box').filter({ hasText: text });
      await box.waitFor();
      return box.locator('.dialog-message-row').innerText();
    },
    /** Presses a button and waits until the dialog is gone. */
    async press(button: Text): Promise<void> {
      const box = page.locator('.monaco-dialog-box');
      await box.getByRole('button', { name: button }).click();
      await box.waitFor({ state: 'hidden' });
    },
  };

  const editor = {
    /** The lines in view of the active editor. */
    lines: page.locator('.editor-group-container.active .editor-instance .view-lines').first(),
    /** Waits until the tab with this label is active. */
    waitFor: (label: Text): Promise<void> =>
      page.locator('.editor-group-container.active .tab.active').filter({ hasText: label }).waitFor(),
    /** The whole text of the active editor, by way of the clipboard. */
    async text(): Promise<string> {
      // The editor, without a click that might hit a link or a lens; again where a panel that was still opening took the focus.
      const focused = page.locator('.editor-group-container.active .monaco-editor.focused');
      await until(async () => {
        await page.keyboard.press('ControlOrMeta+1');
        return focused.isVisible();
      }, 'The editor gets no focus.');
      const clipboard = (): Promise<string> => page.evaluate<string>('navigator.clipboard.readText()');
      await page.evaluate('navigator.clipboard.writeText("")');
      await until(async () => {
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.press('ControlOrMeta+c');
        return (await clipboard()) !== '';
      }, 'The editor gave no text.');
      await page.keyboard.press('ControlOrMeta+Home');
      return clipboard();
    },
    /** Presses an action of the editor's title bar, by its tooltip. */
    titleAction: (action: Text): Promise<void> =>
      page
        .locator('.editor-group-container.active .editor-actions')
        .getByRole('button', { name: action })
        .first()
        .click(),
  };

  /** Opens the box with a key and picks a row; again if something that was still opening took the focus and closed it. */
  const pickFromBox = async (key: string, text: string, row: string): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      await page.keyboard.press(key);
      try {
        await input.fill(text, { timeout: 3000 });
        await Promise.race([quickInput.row(row).waitFor({ timeout: 10_000 }), quickInput.waitForEnd()]);
        await quickInput.row(row).click({ timeout: 1000 });
        return;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  };

  return {
    page,
    quickInput,
    tree,
    notification,
    dialog,
    editor,
    /** The active view of the panel, for example the log's lines. */
    panel: page.locator('.part.panel'),
    statusBar: page.locator('.part.statusbar'),
    /** The name of the output channel that the panel shows, or undefined. */
    outputChannel: (): Promise<string | undefined> =>
      page.evaluate<string | undefined>('document.querySelector(".part.panel select")?.selectedOptions[0]?.text'),
    /** Runs a command from the palette by the title that it has there, for example `Kubeflow: Refresh Clusters`. */
    runCommand: (title: string): Promise<void> => pickFromBox('F1', `>${title}`, title),
    /** Trusts the folder that was opened in Restricted Mode. */
    async trustFolder(): Promise<void> {
      await pickFromBox('F1', '>Workspaces: Manage Workspace Trust', 'Workspaces: Manage Workspace Trust');
      await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
      await page.locator('.workspace-trust-editor').getByText('You trust this folder').waitFor();
    },
    /** Opens a file by its path in the folder; the Explorer then fills the side bar. */
    async openFile(file: string): Promise<void> {
      const tab = page.locator('.activitybar').getByRole('tab', { name: /^Explorer/ });
      if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
      const names = file.split('/');
      for (const name of names.slice(0, -1)) await tree.expand(name);
      await tree.row(names.at(-1) ?? '').dblclick();
      await editor.waitFor(names.at(-1) ?? '');
    },
    /** Ends the extension host at once, as a crash does, and opens the window anew: all that is left is what was written down. */
    async crash(): Promise<void> {
      for (const pid of await extensionHosts()) process.kill(pid, 'SIGKILL');
      await page.reload();
      await page.locator('.monaco-workbench .part.statusbar').waitFor();
      await page.locator('.activitybar').getByRole('tab', { name: 'Kubeflow IRSA' }).waitFor();
    },
    /** Keeps what is seen in out/screenshots/NAME.png. */
    async screenshot(name: string): Promise<void> {
      await page.mouse.move(0, 0); // no tooltip over what one wants to see
      await page.screenshot({ path: path.join(await screenshots(), `${name}.png`) });
    },
    /** Where VS Code keeps its logs, states and settings. */
    dataFolder,
    /** All that VS Code's server printed. */
    serverLog: () => server.log(),
    close,
  };
}

/** The extension hosts that this process started, by their ids. */
async function extensionHosts(): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args='], { maxBuffer: 2 ** 24 });
  const rows = [...stdout.matchAll(/^ *(\d+) +(\d+) (.*)$/gm)].map(([, pid, parent, args = '']) => {
    return { pid: Number(pid), parent: Number(parent), args };
  });
  const isOurs = (pid: number): boolean => {
    const parent = rows.find((row) => row.pid === pid)?.parent ?? 0;
    return parent === process.pid || (parent > 1 && isOurs(parent));
  };
  return rows.filter(({ pid, args }) => args.includes('--type=extensionHost') && isOurs(pid)).map(({ pid }) => pid);
}

async function screenshots(): Promise<string> {
  const folder = path.join(root, 'out', 'screenshots');
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Waits until `look` is true. */
async function until(look: () => Promise<boolean>, message: string): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(message);
    await setTimeout(100);
  }
}

/** Waits until `look` returns `wanted`; what it returned last is in the error. */
export async function eventually<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  let seen: T | undefined;
  const matches = async (): Promise<boolean> => isDeepStrictEqual((seen = await look()), wanted);
  await until(matches, 'not in time').catch(() => assert.deepEqual(seen, wanted));
}

/** What our extension and its host logged, in out/screenshots/failed-NAME.log. */
async function keepLogs(dataFolder: string, name: string): Promise<void> {
  const files = (await readdir(dataFolder, { recursive: true })).filter((file) =>
    /(Kubeflow IRSA|remoteexthost)\.log$/.test(file),
  );
  const texts = files.map(async (file) => `# ${file}\n${await readFile(path.join(dataFolder, file), 'utf8')}`);
  await writeFile(path.join(await screenshots(), `failed-${name}.log`), (await Promise.all(texts)).join('\n'));
}

/** Opens a workbench for `work` and closes it whatever happens; a failure leaves a picture and logs, out/screenshots/failed-NAME.*. */
export async function withWorkbench<T>(
  name: string,
  options: WorkbenchOptions,
  work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  const workbench = await openWorkbench(options);
  try {
    return await work(workbench);
  } catch (error) {
    await workbench.screenshot(`failed-${name}`).catch(() => undefined);
    await keepLogs(workbench.dataFolder, name).catch(() => undefined);
    throw error;
  } finally {
    await workbench.close();
  }
}
