// Drives the real workbench in headless Chromium: VS Code's server with the packaged extension installed, and what a user sees
// and presses. Every helper waits for a state; none waits for a time. VS Code loses keys and clicks while something opens or is
// drawn anew, so a helper that presses looks whether that did anything, and presses again if not. In the side bar it waits for rest
// first, as a person does, and does not press twice what may have been heard: what is lost then, the product has lost.
//
// To open a workbench takes some six seconds of a processor: the tests of a file, and of files that run together, share it where they
// ask for the same one. Each finds it tidy (no editor, question, message or open row), and after a test that failed the next one gets
// a new one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual, promisify } from 'node:util';
import { type Browser, type Locator, chromium } from 'playwright-core';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/index.ts';
import { installChromium } from '../../scripts/chromium.ts';
import { readManifest } from '../../scripts/manifest.ts';
import { isolatedEnvironment, root } from '../../scripts/processes.ts';
import { addPseudo, PSEUDO } from '../../scripts/pseudo.ts';
import {
  type Version,
  type VsCode,
  installVsCode,
  installVsix,
  startServer,
  workbenchUrl,
} from '../../scripts/vscode.ts';

export interface WorkbenchOptions {
  /** Folder that is opened. */
  folder: string;
  /** Added to the environment of the extension host: what a sandbox gives. Default: no credentials and no cluster at all. */
  env?: Readonly<Record<string, string>>;
  /** User settings. */
  settings?: Record<string, unknown>;
  version?: Version;
  /** The folder of an extension that is installed beside ours. */
  beside?: string;
  /** The language of the window, for what extensions say; VS Code's own texts stay English, for no language pack is installed. */
  language?: string;
  /** Whether the folder is opened in Restricted Mode; else workspace trust is switched off. */
  restricted?: boolean;
  /** Of the window, in CSS pixels, and how many of the picture's pixels one of them is. */
  viewport?: { readonly width: number; readonly height: number };
  scale?: number;
  /** Whether no other test may have been in it: where it matters that nothing has been read, chosen or written down yet. */
  fresh?: boolean;
  /** Whether VS Code has all of its own extensions, and not only those whose languages and colours the tests see. */
  whole?: boolean;
}

/** VS Code's own extensions that a test can see: the others cost a second of a processor at each start. */
const SEEN = [
  'configuration-editing',
  'json',
  'json-language-features',
  'markdown-basics',
  'markdown-language-features',
  'theme-defaults',
  'theme-seti',
  'yaml',
];

/** Milliseconds that one condition may take: only who fails waits so long. */
const patienceMs = 60_000;
/** Milliseconds after which a key or a click that did nothing is taken for lost. */
const lostMs = 2_000;

/** Milliseconds between two looks at a tree that are the same when it rests, and how long it may take until it does. */
const restMs = 100;
const restlessMs = 15_000;
/** Milliseconds after a press in the tree within which the product may ask for another one. */
const askedMs = 30_000;

/** A row, button or message that holds TEXT. */
type Text = string | RegExp;

export type Workbench = Awaited<ReturnType<typeof openWorkbench>>;

const say = (line: string): void => console.log(line);

/** A window lives for some minutes: with a heap that is large from the start it collects less, which is a tenth of what its pages cost. */
const args = ['--js-flags=--min-semi-space-size=32 --max-semi-space-size=64 --initial-heap-size=512'];

/** What no test looks at, and a window pays for at each start, key or line. */
const UNSEEN = {
  'extensions.webWorker': false,
  'editor.experimental.asyncTokenization': false,
  'workbench.editor.languageDetection': false,
  'workbench.localHistory.enabled': false,
  'editor.minimap.enabled': false,
  'editor.stickyScroll.enabled': false,
  'editor.occurrencesHighlight': 'off',
  'editor.selectionHighlight': false,
  'editor.bracketPairColorization.enabled': false,
  'editor.matchBrackets': 'never',
  'editor.guides.indentation': false,
  'editor.wordBasedSuggestions': 'off',
  'editor.inlineSuggest.enabled': false,
  'editor.colorDecorators': false,
  'breadcrumbs.enabled': false,
};

/** The browser of this test file: each workbench has a context of its own, with nothing of the others in it. */
let browser: Promise<Browser> | undefined;
const theBrowser = (): Promise<Browser> =>
  (browser ??= installChromium(say).then((executable) => chromium.launch({ ...executable, args })));

/** Names the folder of extensions into which a run of the whole suite has installed the packaged one, for VS Code's newest version. */
const READY = process.env['KUBEFLOW_IRSA_EXTENSIONS'];

/** Extensions folders of this test file, by what is in them: VS Code only reads them. */
const installed = new Map<string, Promise<string>>();
function extensionsWith(
  vscode: VsCode,
  vsix: string,
  beside: string | undefined,
  language: string | undefined,
): Promise<string> {
  const key = [vscode.version, vsix, beside ?? '', language === PSEUDO].join('\n');
  const folder =
    installed.get(key) ??
    (async () => {
      const made = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-ui-extensions-'));
      const extensions = path.join(made, 'extensions');
      // What stands in the folder when the first extension is installed counts as installed.
      if (beside !== undefined) await cp(beside, path.join(extensions, path.basename(beside)), { recursive: true });
      if (READY !== undefined && vscode.version === 'newest' && beside === undefined)
        await cp(READY, extensions, { recursive: true });
      else await installVsix(vscode, vsix, extensions);
      if (language === PSEUDO) await addPseudo(extensions, path.basename(vsix).replace(/-[\d.]+\.vsix$/, ''));
      return extensions;
    })();
  installed.set(key, folder);
  return folder;
}
after(async () => {
  await closeShared();
  await (await browser?.catch(() => undefined))?.close();
  for (const folder of await Promise.allSettled(installed.values()))
    if (folder.status === 'fulfilled') await rm(path.dirname(folder.value), { recursive: true, force: true });
  await endStages();
});

/** Ends what VS Code goes on moving in spite of reduced motion: the bars and wheels of what is under way. */
const STILL = `document.addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style');
  style.textContent = '*, *::before, *::after { animation: none !important; }';
  document.head.append(style);
});`;

/** A folder with those of VS Code's own extensions that are {@link SEEN}. */
async function seenExtensions({ server }: VsCode, dataFolder: string): Promise<string> {
  const own = path.join(path.dirname(server), '..', 'extensions');
  const folder = path.join(dataFolder, 'own-extensions');
  await mkdir(folder);
  await Promise.all(SEEN.map((name) => symlink(path.join(own, name), path.join(folder, name))));
  return folder;
}

/** Opens VS Code on a folder and resolves when its extension host runs. Call `close` in any case, or use `withWorkbench`. */
export async function openWorkbench(options: WorkbenchOptions) {
  const { version = 'newest', restricted = false, viewport = { width: 1280, height: 800 } } = options;
  const [vscode, manifest] = await Promise.all([installVsCode(version, say), readManifest()]);
  const vsix = path.join(root, 'out', `${manifest.name}-${manifest.version}.vsix`);
  if (!existsSync(vsix)) throw new Error(`${vsix} does not exist: run "npm run package" first.`);

  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-ui-'));
  const [opened, extensionsDir] = await Promise.all([
    theBrowser(),
    extensionsWith(vscode, vsix, options.beside, options.language),
  ]);
  const server = await startServer(vscode, {
    dataFolder,
    extensionsDir,
    // VSCODE_CLI: the server does not run the user's login shell, whose variables would come on top of these.
    env: { ...isolatedEnvironment(options.env), EXTENSIONS_GALLERY: '{}', VSCODE_CLI: '1' },
    workspaceTrust: restricted,
    ...(options.whole ? {} : { ownExtensionsDir: await seenExtensions(vscode, dataFolder) }),
    settings: {
      'workbench.editor.useModal': 'off',
      'editor.emptySelectionClipboard': false,
      ...UNSEEN,
      ...(restricted ? { 'security.workspace.trust.startupPrompt': 'never' } : {}),
      ...options.settings,
    },
  });
  const context = await opened.newContext({
    viewport,
    deviceScaleFactor: options.scale ?? 1,
    // What moves is drawn sixty times a second, without a graphics card.
    reducedMotion: 'reduce',
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
  const page = await context.newPage();
  // What a language pack would set. Extensions and their host read their texts by it.
  if (options.language !== undefined)
    await page.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(options.language)}`);
  await page.addInitScript(STILL);
  page.setDefaultTimeout(patienceMs);

  const close = async (): Promise<void> => {
    await context.close();
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
  const is = (locator: Locator): Promise<boolean> => locator.isVisible();
  /** Whether it is there soon: what a key or a click does takes a moment. */
  const comes = (locator: Locator, timeout = lostMs): Promise<boolean> =>
    locator.waitFor({ timeout }).then(
      () => true,
      () => false,
    );
  /** For what may miss: a tooltip lies over it, it is being drawn anew, or has gone because an earlier one did its work. */
  const tried = (action: Promise<void>): Promise<boolean> =>
    action.then(
      () => true,
      async () => {
        await page.mouse.move(0, 0);
        return false;
      },
    );
  const tap = (locator: Locator, button: 'left' | 'right' = 'left'): Promise<boolean> =>
    tried(locator.click({ button, timeout: lostMs }));
  /** Presses until `wanted` is there. Each press gets more time than the one before: a slow machine has not lost it. */
  const pressFor = (
    press: () => Promise<unknown>,
    wanted: Locator,
    message = `There is no ${String(wanted)}.`,
  ): Promise<void> => {
    let presses = 0;
    return until(async () => {
      if (await is(wanted)) return true;
      await press();
      presses += 1;
      return comes(wanted, lostMs * presses);
    }, message);
  };

  /** What the prompt says, and which of its lines are ticked; empty where there is none. */
  const prompted = (): Promise<string> =>
    page.evaluate<string>(
      `(() => {
        const widget = document.querySelector('.quick-input-widget');
        if (!widget?.checkVisibility()) return '';
        const text = (selector) => [...widget.querySelectorAll(selector)].map((one) => one.textContent);
        const lines = [...widget.querySelectorAll('.monaco-list-row')].map((row) =>
          [row.getAttribute('aria-label'), (row.querySelector('[aria-checked]') ?? row).getAttribute('aria-checked')]);
        return JSON.stringify([text('.quick-input-title'), text('.quick-input-message'),
          [...widget.querySelectorAll('input')].map((input) => [input.value, input.checked, input.disabled]), lines]);
      })()`,
    );
  const working = widget.locator('.monaco-progress-container.active, input:disabled').first();
  /** Presses in the prompt; again where it says the same for a while and works on nothing. */
  const answer = async (press: () => Promise<unknown>): Promise<void> => {
    const before = await prompted();
    await until(async () => {
      await press();
      do if (await soon(async () => (await prompted()) !== before)) return true;
      while (await is(working));
      return false;
    }, 'The prompt takes no answer.');
  };

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
    /** Enter; where there are lines, when one of them is chosen. */
    async accept(): Promise<void> {
      if (await is(widget.locator('.quick-input-list')))
        await comes(widget.locator('.monaco-list-row.focused').first());
      await answer(() => input.press('Enter', { timeout: lostMs }).catch(() => undefined));
    },
    /** Escape, and waits until the prompt is gone. A page of the walkthrough that is drawn anew takes the focus, and the key with it. */
    cancel: (): Promise<void> =>
      until(async () => {
        await input.press('Escape', { timeout: lostMs }).catch(() => undefined);
        return widget.waitFor({ state: 'hidden', timeout: lostMs }).then(
          () => true,
          () => false,
        );
      }, 'The prompt does not close.'),
    /** The Back button. */
    back: (): Promise<void> => widget.locator('.quick-input-titlebar .codicon-quick-input-back').click(),
    /** A button of the title bar or of the box, by its tooltip. */
    press: (button: Text): Promise<void> => widget.getByRole('button', { name: button }).first().click(),
    /** What a screen reader says about the rows in view: label, description and detail with commas between. */
    rows: (): Promise<string[]> => ariaLabels(widget.locator('.monaco-list-row')),
    row: (text: Text): Locator => rowWith(widget.locator('.monaco-list-row'), text),
    /** Picks the first row with this text, as a click does, when no line moves any more. */
    async pick(text: Text): Promise<void> {
      const row = quickInput.row(text);
      await row.waitFor();
      let before = '';
      await until(async () => {
        const now = await prompted();
        const rests = now === before;
        before = now;
        return rests;
      }, 'The lines of the prompt do not come to rest.');
      await answer(() => tap(row));
    },
    /** The message under an input box; waits for one. */
    async message(text: Text = /./): Promise<string> {
      const message = widget.locator('.quick-input-message').filter({ hasText: text });
      await message.waitFor();
      return (await message.innerText()).trim();
    },
  };

  /** Shows a view container by the name of its icon. */
  const showView = (name: string): Promise<void> => {
    const tab = page.locator('.activitybar').getByRole('tab', { name: new RegExp(`^${name}(?= [(-]|$)`) });
    return pressFor(
      async () => {
        // A second click would hide it.
        if ((await tab.getAttribute('aria-selected')) !== 'true') await tap(tab);
      },
      page.locator('.sidebar .composite.title').filter({ hasText: name }),
      `The view ${name} does not open.`,
    );
  };

  /** What the rows of the side bar say to a screen reader; nothing while something is under way there. */
  const rowsAtRest = (): Promise<string> =>
    page.evaluate<string>(
      `document.querySelector('.sidebar .monaco-progress-container.active') ? '' :
       [...document.querySelectorAll('.sidebar [role="treeitem"]')].map((row) => row.getAttribute('aria-label')).join('\\n')`,
    );
  /**
   * Waits until the rows of the side bar have come to rest: no bar runs, and they are the same twice. Where a test holds what is read,
   * they do not, and it is not waited for longer than a person would.
   */
  const settled = async (): Promise<void> => {
    const end = performance.now() + restlessMs;
    for (let before = ''; performance.now() < end; await setTimeout(restMs)) {
      const now = await rowsAtRest();
      if (now !== '' && now === before) return;
      before = now;
    }
  };

  /** Opens or closes a row of the side bar. */
  const turned = async (text: Text, open: boolean): Promise<void> => {
    await tree.row(text).waitFor();
    await settled();
    await pressFor(
      async () => {
        const row = tree.row(text);
        if ((await row.getAttribute('aria-expanded').catch(() => null)) === String(!open))
          await tried(row.locator('.monaco-tl-twistie').click({ force: true, timeout: lostMs }));
      },
      tree.row(text).and(page.locator(`[aria-expanded="${open}"]`)),
      `The row ${String(text)} does not ${open ? 'open' : 'close'}.`,
    );
  };

  let presses = 0;
  /**
   * Presses, and meanwhile, until the next press, looks whether the product says that it does not know which row was meant: then it presses
   * again, at most twice, as a person does who is asked to.
   */
  const untilKnown = async (press: () => Promise<void>): Promise<void> => {
    await press();
    presses += 1;
    const [own, end] = [presses, performance.now() + askedMs];
    const watch = async (): Promise<void> => {
      for (let left = 2; left > 0 && own === presses && performance.now() < end; await setTimeout(500)) {
        if (!(await notification.all()).some((text) => text.includes('Press it again'))) continue;
        await runCommand('Notifications: Clear All Notifications');
        await press();
        left -= 1;
      }
    };
    // A window that is closed meanwhile has nothing more to say.
    watch().catch(() => undefined);
  };

  const tree = {
    /** Shows our view in the side bar. */
    open: (): Promise<void> => showView('Kubeflow IRSA'),
    /** The first row with this text. */
    row: (text: Text): Locator => rowWith(page.locator('.sidebar [role="treeitem"]'), text),
    /** Texts of the rows in view, from top to bottom: label and description. */
    rows: async (): Promise<string[]> => {
      const rows = await page.locator('.sidebar [role="treeitem"] .monaco-icon-label-container').all();
      return Promise.all(rows.map(async (row) => (await row.locator('> *').allInnerTexts()).join(' ').trim()));
    },
    /** What a screen reader says about the row. */
    spoken: async (text: Text): Promise<string> => (await tree.row(text).getAttribute('aria-label')) ?? '',
    settled,
    /** Opens the row if it is closed. */
    expand: (text: Text): Promise<void> => turned(text, true),
    /** Closes the row if it is open. */
    collapse: (text: Text): Promise<void> => turned(text, false),
    /** Presses an inline action of the row, by its tooltip. */
    inline: (text: Text, action: Text): Promise<void> =>
      untilKnown(async () => {
        await tree.row(text).waitFor();
        await settled();
        const button = tree.row(text).getByRole('button', { name: action });
        // Rows move when others come: the pointer is on another one then, and this one has no buttons.
        await until(
          async () => {
            await tried(tree.row(text).hover({ timeout: lostMs }));
            return tap(button);
          },
          `The row ${String(text)} shows no ${String(action)}.`,
        );
      }),
    /**
     * Opens the row's context menu until `entry` is in it: a tree that redraws closes the menu, a row that is not settled has another, and
     * entries are greyed until a window that starts knows that its folder is trusted.
     */
    async openMenu(text: Text, item: Text): Promise<Locator> {
      const entry = page.locator('.monaco-menu').getByRole('menuitem', { name: item, disabled: false });
      await tree.row(text).waitFor();
      await settled();
      await pressFor(
        async () => {
          if (await is(page.locator('.monaco-menu'))) await page.keyboard.press('Escape');
          await tap(tree.row(text), 'right');
        },
        entry,
        `The menu does not open with ${String(item)}.`,
      );
      return entry;
    },
    /** Chooses from the row's context menu. */
    menu: (text: Text, item: Text): Promise<void> =>
      untilKnown(async () => {
        const entry = await tree.openMenu(text, item);
        await until(async () => {
          // One that is gone before it could be pressed was not chosen: the menu went with rows that were drawn anew.
          if (!(await is(entry))) await tree.openMenu(text, item);
          // A click in a menu's first moments is lost: VS Code takes it for the end of the one that opened it.
          return (await tap(entry)) && (await soon(async () => !(await is(entry))));
        }, 'The menu stays open.');
      }),
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

  // A toast goes after some seconds, and at most three are shown: the others are in the list behind the bell.
  const toasts = page.locator('.notification-list-item:visible');
  const bell = page.locator('.statusbar [id="status.notifications"] a');
  const list = page.locator('.notifications-center:visible');
  /** Waits for a notification, in the list if it is no longer, or not yet, a toast. */
  const notified = async (text: Text, timeoutMs = patienceMs): Promise<Locator> => {
    const toast = rowWith(toasts, text);
    await until(
      async () => {
        if (await comes(toast)) return true;
        const waiting = !/^No Notifications/.test((await bell.getAttribute('aria-label')) ?? '');
        if (waiting && !(await is(list))) await tap(bell);
        return false;
      },
      `There is no notification with ${String(text)}.`,
      Math.max(timeoutMs, patienceMs),
    );
    return toast;
  };
  const notification = {
    /** Waits for a notification with this text and returns its whole text. */
    waitFor: async (text: Text, timeoutMs?: number): Promise<string> =>
      (await (await notified(text, timeoutMs)).locator('.notification-list-item-message').innerText()).trim(),
    /** Presses a button of the notification with this text. */
    async press(text: Text, button: string): Promise<void> {
      await until(
        async () => tap((await notified(text)).getByRole('button', { name: button, exact: true })),
        `The notification ${String(text)} has no button ${button}.`,
      );
    },
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
      const pressed = box.getByRole('button', { name: button });
      await pressed.waitFor();
      await until(
        async () => {
          if (!(await is(box))) return true;
          await tap(pressed);
          return false;
        },
        `The dialog stays open after ${String(button)}.`,
      );
    },
  };

  const editor = {
    /** The lines in view of the active editor. */
    lines: page.locator('.editor-group-container.active .editor-instance .view-lines').first(),
    /** The active tab, if it has this label. */
    tab: (label: Text): Locator =>
      page.locator('.editor-group-container.active .tab.active').filter({ hasText: label }),
    /** Waits until the tab with this label is active. */
    waitFor: (label: Text): Promise<void> => editor.tab(label).waitFor(),
    /** The whole text of the active editor, by way of the clipboard. */
    async text(): Promise<string> {
      // The editor, without a click that might hit a link or a lens; again where a panel that was still opening took the focus.
      const focused = page.locator('.editor-group-container.active .monaco-editor.focused');
      await until(async () => {
        await page.keyboard.press('ControlOrMeta+1');
        return focused.isVisible();
      }, 'The editor gets no focus.');
      const copy = async (): Promise<string> => {
        await page.evaluate('navigator.clipboard.writeText("")');
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.press('ControlOrMeta+c');
        return page.evaluate<string>('navigator.clipboard.readText()');
      };
      // Twice the same: a text that changes between the two keys is copied in part.
      let text = '';
      await until(async () => {
        const before = text;
        text = await copy();
        return text !== '' && text === before;
      }, 'The editor gives no text that stays the same.');
      await page.keyboard.press('ControlOrMeta+Home');
      return text;
    },
    /** Presses an action of the editor's title bar, by its tooltip. */
    titleAction: (action: Text): Promise<void> =>
      page
        .locator('.editor-group-container.active .editor-actions')
        .getByRole('button', { name: action })
        .first()
        .click(),
  };

  /** Picks a command in the palette by its whole title. */
  const runCommand = async (title: string): Promise<void> => {
    const typed = `>${title}`;
    const row = widget.locator(`.monaco-list-row[aria-label="${title}"], .monaco-list-row[aria-label^="${title}, "]`);
    const asked = async (): Promise<boolean> =>
      (await is(input)) && (await input.inputValue({ timeout: lostMs }).catch(() => '')) === typed;
    await until(async () => {
      if (!(await is(input))) await page.keyboard.press('F1');
      // It listens to what is typed once it has lines; before that its own first sign overwrites it, or nothing is looked up.
      if (!(await comes(widget.locator('.monaco-list-row').first()))) return false;
      if (!(await asked())) await input.fill(typed, { timeout: lostMs }).catch(() => undefined);
      if (!(await comes(row.first()))) {
        await input.fill('>', { timeout: lostMs }).catch(() => undefined);
        return false;
      }
      if (!(await asked())) return false;
      await tap(row.first());
      // It has been chosen when the palette goes, or another box is there in its place.
      return soon(async () => !(await asked()));
    }, `The palette does not offer "${title}".`);
  };

  const picture = async (name: string): Promise<void> => {
    await page.screenshot({ path: path.join(await screenshots(), `${name}.png`) });
  };

  const box = page.locator('.monaco-dialog-box:visible');
  const menu = page.locator('.monaco-menu:visible');
  const tabs = page.locator('.editor-group-container .tab');

  /** The last lines of our log, which is shown for that: VS Code's server in the tests writes no file of it. */
  const logged = async (): Promise<string> => {
    if (await is(box)) return 'none';
    const shown = runCommand('Kubeflow: Show Kubeflow IRSA Log').catch(() => undefined);
    await Promise.race([shown, setTimeout(5 * lostMs)]);
    await comes(page.locator('.part.panel .view-line').first());
    const lines = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.part.panel .view-line')]
        .sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top)).map((line) => line.textContent)`,
    );
    return lines.slice(-8).join(' | ').replaceAll(/\s+/g, ' ') || 'none';
  };

  /**
   * What is on the screen, as lines that each begin with "On screen: ", for who has no picture of it; then what waits behind the bell,
   * which is opened for it: a message goes from the screen after some seconds.
   */
  const onScreen = async (): Promise<string> => {
    const texts = async (locator: Locator): Promise<string> =>
      (await locator.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim()).join(' | ') || 'none';
    const title = await texts(widget.locator('.quick-input-title, .quick-input-message').filter({ hasText: /\S/ }));
    const lines = {
      notifications: await texts(page.locator('.notification-list-item-message:visible')),
      dialog: await texts(box.locator('.dialog-message-row')),
      menu: await texts(menu),
      prompt: (await is(widget))
        ? `${title}, "${await input.inputValue({ timeout: lostMs }).catch(() => '')}"`
        : 'none',
      'editor tab': await texts(page.locator('.editor-group-container.active .tab.active')),
      lenses: await texts(page.locator('.editor-group-container.active .codelens-decoration')),
      bell: (await bell.getAttribute('aria-label', { timeout: lostMs }).catch(() => null)) ?? 'none',
      'side bar': await texts(page.locator('.sidebar .composite.title, .sidebar .welcome-view-content:visible')),
      'under way': (await is(page.locator('.sidebar .monaco-progress-container.active'))) ? 'in the side bar' : 'none',
      rows: (await tree.rows()).join(' | ') || 'none',
      'behind the bell': await (async () => {
        if (!(await is(list))) await tap(bell);
        await comes(list);
        return texts(list.locator('.notification-list-item-message'));
      })().catch(() => 'none'),
      log: await logged().catch(() => 'none'),
    };
    return Object.entries(lines)
      .filter(([, text]) => text !== 'none')
      .map(([name, text]) => `On screen: ${name}: ${text}`)
      .join('\n');
  };

  const settingsFiles = ['User', 'Machine'].map((name) => path.join(dataFolder, 'data', name, 'settings.json'));
  const [settingsText = ''] = await Promise.all(settingsFiles.map((file) => readFile(file, 'utf8')));
  let settingsChanged = false;
  const write = async (settings: Readonly<Record<string, unknown>>): Promise<void> => {
    settingsChanged = true;
    const text = JSON.stringify({ ...(JSON.parse(settingsText) as object), ...settings }, null, 2);
    for (const file of settingsFiles) await writeFile(file, text);
  };
  /**
   * Changes settings of the user while the window is open, until `wanted` is there: VS Code overlooks a file that is written twice in a
   * moment. The next test finds them as they were.
   */
  const change = (settings: Readonly<Record<string, unknown>>, wanted: Locator): Promise<void> =>
    pressFor(() => write(settings), wanted, `The settings ${JSON.stringify(settings)} do not count.`);

  /** Makes it as a test expects to find it; false where that cannot be done without losing something. */
  const tidy = async (): Promise<boolean> => {
    const escape = async (): Promise<boolean> => {
      if (!(await is(widget)) && !(await is(menu))) return true;
      await page.keyboard.press('Escape');
      return false;
    };
    await until(escape, 'A prompt or a menu stays open.');
    if (await is(box)) return false;
    if ((await tabs.count()) > 0) {
      await runCommand('View: Close All Editors');
      if (!(await soon(async () => (await tabs.count()) === 0))) return false;
    }
    // Also those behind the bell.
    if (!/^No Notifications/.test((await bell.getAttribute('aria-label')) ?? ''))
      await runCommand('Notifications: Clear All Notifications');
    if (await is(list)) await runCommand('Notifications: Hide Notifications');
    const panel = page.locator('.part.panel:visible');
    if (await is(panel))
      await pressFor(() => page.keyboard.press('ControlOrMeta+j'), page.locator('.monaco-workbench.nopanel'));
    // From below: a row that is closed takes those in it away. Regions are open from the start.
    const opened = page
      .locator('.sidebar')
      .locator(
        '[aria-expanded="true"][aria-label^="EKS cluster"], [aria-expanded="true"][aria-label^="Kubeflow profile"]',
      )
      .locator('.monaco-tl-twistie');
    await until(async () => {
      if ((await opened.count()) === 0) return true;
      await tried(opened.last().click({ force: true, timeout: lostMs }));
      return false;
    }, 'The rows of the side bar stay open.');
    if (settingsChanged) await write({});
    settingsChanged = false;
    await page.setViewportSize(viewport);
    return true;
  };

  return {
    page,
    onScreen,
    tidy,
    change,
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
    runCommand,
    /** Trusts the folder that was opened in Restricted Mode. */
    async trustFolder(): Promise<void> {
      const trust = page.locator('.workspace-trust-editor');
      await pressFor(() => runCommand('Workspaces: Manage Workspace Trust'), trust, 'The trust editor does not open.');
      await pressFor(
        () => tap(trust.getByRole('button', { name: 'Trust', exact: true })),
        trust.getByText('You trust this folder'),
        'The folder is not trusted.',
      );
    },
    /** Opens a file by its path in the folder; the Explorer then fills the side bar. */
    async openFile(file: string): Promise<void> {
      const names = file.split('/');
      const name = names.at(-1) ?? '';
      await showView('Explorer');
      for (const folder of names.slice(0, -1)) await tree.expand(folder);
      await tree.row(name).waitFor();
      await pressFor(
        () => tried(tree.row(name).dblclick({ timeout: lostMs })),
        editor.tab(name),
        `The file ${file} does not open.`,
      );
    },
    /** Ends the extension host at once, as a crash does, and opens the window anew: all that is left is what was written down. */
    async crash(): Promise<void> {
      for (const pid of await extensionHosts()) process.kill(pid, 'SIGKILL');
      await page.reload();
      await page.locator('.monaco-workbench .part.statusbar').waitFor();
      await page.locator('.activitybar').getByRole('tab', { name: 'Kubeflow IRSA' }).waitFor();
    },
    /** Keeps what is seen in out/screenshots/NAME.png, where KUBEFLOW_IRSA_SCREENSHOTS asks for it: a hundred pictures cost ten seconds of a processor. */
    async screenshot(name: string): Promise<void> {
      await page.mouse.move(0, 0); // no tooltip over what one wants to see
      if (process.env['KUBEFLOW_IRSA_SCREENSHOTS']) await picture(name);
    },
    picture,
    showView,
    /** Presses, or runs a command, until what that brings is there. */
    pressFor,
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

/** The folder that pictures go to, made where it lacks. */
export async function screenshots(): Promise<string> {
  const folder = path.join(root, 'out', 'screenshots');
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Whether `look` becomes true before a key or a click is taken for lost. */
async function soon(look: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + lostMs; performance.now() < end; await setTimeout(50))
    if (await look()) return true;
  return false;
}

/** Waits until `look` is true. */
async function until(look: () => Promise<boolean>, message: string, timeoutMs = patienceMs): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(message);
    await setTimeout(200);
  }
}

/** Waits until `look` returns `wanted`; what it returned last is in the error. */
export async function eventually<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  let seen: T | undefined;
  const matches = async (): Promise<boolean> => isDeepStrictEqual((seen = await look()), wanted);
  await until(matches, 'not in time').catch(() => assert.deepEqual(seen, wanted));
}

export interface Stage {
  readonly sandbox: Sandbox;
  /** A folder whose settings are for the sandbox. */
  readonly folder: string;
}
/** The stages of this process, by what was asked for: test files that run together share them, one after the other. */
const stages = new Map<string, Promise<Stage>>();

/** A sandbox, of which only the first region answers by default, and a folder; both end with this process. */
export function startStage(options: SandboxOptions = { withoutAnalytics: true }): Promise<Stage> {
  const key = JSON.stringify(options);
  const stage = stages.get(key) ?? newStage(options);
  stages.set(key, stage);
  return stage;
}

/** Ends all stages of this process. */
export async function endStages(): Promise<void> {
  for (const [key, stage] of [...stages]) {
    stages.delete(key);
    // Why one could not be started was said to who asked for it.
    const made = await stage.catch(() => undefined);
    await made?.sandbox.stop();
    if (made) await rm(made.folder, { recursive: true, force: true });
  }
}

async function newStage(options: SandboxOptions): Promise<Stage> {
  const made = mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-stage-'));
  const [sandbox, folder] = await Promise.all([startSandbox(options), made]);
  await mkdir(path.join(folder, '.vscode'));
  await writeFile(
    path.join(folder, '.vscode', 'settings.json'),
    JSON.stringify({ 'kubeflowIrsa.aws.regions': ['us-west-2'] }),
  );
  return { sandbox, folder };
}

/** What our extension and its host logged since a time, in out/screenshots/failed-NAME.log. */
async function keepLogs(dataFolder: string, name: string, since: number): Promise<void> {
  const files = (await readdir(dataFolder, { recursive: true })).filter((file) =>
    /(Kubeflow IRSA|remoteexthost)\.log$/.test(file),
  );
  const texts = files.map(async (file) => {
    const at = path.join(dataFolder, file);
    return (await stat(at)).mtimeMs < since ? '' : `# ${file}\n${await readFile(at, 'utf8')}`;
  });
  await writeFile(path.join(await screenshots(), `failed-${name}.log`), (await Promise.all(texts)).join('\n'));
}

/** The workbench that the tests of this file share, and what was asked for. */
let shared: { readonly key: string; readonly workbench: Workbench } | undefined;
async function closeShared(): Promise<void> {
  const { workbench } = shared ?? {};
  shared = undefined;
  await workbench?.close();
}

/** The workbench of the test before if it is the same that is asked for and can be tidied, else a new one. */
async function workbenchFor({ fresh = false, ...options }: WorkbenchOptions): Promise<Workbench> {
  const key = JSON.stringify(options);
  if (shared !== undefined && !fresh && shared.key === key && (await shared.workbench.tidy().catch(() => false)))
    return shared.workbench;
  await closeShared();
  const workbench = await openWorkbench(options);
  shared = { key, workbench };
  return workbench;
}

/**
 * Gives `work` a workbench, which a test after it may get again. A failure closes it, leaves a picture and logs,
 * out/screenshots/failed-NAME.*, and says what was on the screen.
 */
export async function withWorkbench<T>(
  name: string,
  options: WorkbenchOptions,
  work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  const since = Date.now();
  const workbench = await workbenchFor(options);
  try {
    return await work(workbench);
  } catch (error) {
    await workbench.picture(`failed-${name}`).catch(() => undefined);
    const seen = await workbench.onScreen().catch(() => '');
    await keepLogs(workbench.dataFolder, name, since).catch(() => undefined);
    await closeShared();
    throw new Error(`${messageOf(error)}\n${seen}`, { cause: error });
  }
}

/** The first line of what went wrong, and of what is behind it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [line = ''] = error.message.split('\n');
  return error.cause === undefined ? line : `${line}: ${messageOf(error.cause)}`;
}
