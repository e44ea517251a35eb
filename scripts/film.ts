// Makes the film of the README, docs/pictures/film.gif: a profile is created on the sandbox from the palette to the proof, and a mistake in a
// file is fixed. Nothing is played: each picture is of the real window after what it waits for is there.
// Usage: npm run film
import { cp, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openWorkbench, endStages, startStage } from '../test/ui/harness.ts';
import { freshVsix } from './package.ts';
import { gif, readPng, type Frame } from './pictures/gif.ts';
import { atEnd, main, root, stopwatch } from './processes.ts';

const say = stopwatch();
let isDone = false;
/** Bytes; more is too much for a README. */
const BUDGET = 3_000_000;
/** How wide a README is shown, about: what is larger is made smaller, and its text with it. */
const VIEWPORT = { width: 840, height: 540 };
const file = path.join(root, 'docs', 'pictures', 'film.gif');

await main(async () => {
  await freshVsix();
  const { sandbox, folder } = await startStage();
  atEnd(endStages);
  await cp(
    path.join(root, 'scripts/workspace/mistakes/1-quoted-boolean.mistake.yaml'),
    path.join(folder, 'profile.yaml'),
  );
  const workbench = await openWorkbench({
    folder,
    env: sandbox.env,
    viewport: VIEWPORT,
    scale: 1.5,
    settings: {
      'workbench.colorTheme': 'Default Light Modern',
      'workbench.reduceMotion': 'on',
      'editor.cursorBlinking': 'solid',
      'editor.minimap.enabled': false,
      'editor.overviewRulerBorder': false,
      'editor.lightbulb.enabled': 'off',
      'breadcrumbs.enabled': false,
      'window.commandCenter': false,
      'window.title': '${activeEditorShort}',
    },
  });
  atEnd(async () => {
    if (!isDone) await workbench.picture('failed-film').catch(() => undefined);
    await workbench.close();
  });
  const { page, quickInput, runCommand, editor, notification } = workbench;
  const devtools = await page.context().newCDPSession(page);
  await page.evaluate(`(() => {
    const caption = document.createElement('div');
    caption.id = 'caption';
    caption.style.cssText = 'position:fixed;left:0;right:0;bottom:0;height:36px;z-index:9999;background:#0b3d5c;color:#fff;' +
      'font:600 16px/36px system-ui,sans-serif;text-align:center;pointer-events:none';
    document.body.append(caption);
    const style = document.createElement('style');
    style.textContent = 'input, textarea { caret-color: transparent !important }';
    document.head.append(style);
  })()`);

  const frames: Frame[] = [];
  /** Not by Playwright, whose pictures close a hover. */
  const shot = async (): Promise<Buffer> =>
    Buffer.from((await devtools.send('Page.captureScreenshot', { format: 'png' })).data, 'base64');
  /** A picture that stays the same for a moment: nothing is half drawn in it. */
  const frame = async (seconds: number, caption?: string): Promise<void> => {
    if (caption !== undefined)
      await page.evaluate(`document.getElementById('caption').textContent = ${JSON.stringify(caption)}`);
    let png = await shot();
    for (let tries = 0; tries < 12; tries += 1) {
      await page.waitForTimeout(150);
      const next = await shot();
      const same = next.equals(png);
      png = next;
      if (same) break;
    }
    frames.push({ ...readPng(png), delay: Math.round(seconds * 100) });
  };
  const typed = async (text: string, caption?: string): Promise<void> => {
    await quickInput.type(text.slice(0, Math.ceil(text.length / 2)));
    await frame(0.3, caption);
    await quickInput.type(text);
  };

  await runCommand('View: Close Primary Side Bar');
  await page.mouse.move(0, 0);
  const create = 'One command: Create IRSA Profile';
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget .monaco-list-row').first().waitFor();
  await typed('>Kubeflow: Create', create);
  await quickInput.row('Create IRSA Profile').waitFor();
  await frame(1.6);
  await quickInput.accept();
  await quickInput.waitFor('Create IRSA Profile (1/5)');
  const asked = 'Five questions, checked while you type';
  await quickInput.row('kubeflow-dev').waitFor();
  await frame(1.4, asked);
  await quickInput.pick('kubeflow-dev');
  await quickInput.waitFor('(2/5)');
  await typed('team-c', asked);
  await frame(1);
  await quickInput.accept();
  await quickInput.waitFor('(3/5)');
  // The last row that comes: what is chosen before may be lost.
  await quickInput.row('Create a user in Dex').waitFor();
  await frame(1.2);
  await quickInput.type('user@example.com');
  await quickInput.accept();
  await quickInput.waitFor('(4/5)');
  await quickInput.row('kubeflow-artifacts').waitFor();
  await frame(1.2);
  await quickInput.pick('kubeflow-artifacts');
  await quickInput.waitFor('(5/5)');
  await frame(1.4);
  await quickInput.accept();
  await editor.waitFor('Plan: team-c on kubeflow-dev');
  await page.locator('.codelens-decoration').filter({ hasText: 'Apply: ' }).first().waitFor();
  await page.mouse.move(0, 0);
  await frame(4, 'A plan to read: nothing has been changed yet');

  sandbox.control({ latencyMs: 600 });
  await page.locator('.codelens-decoration a').filter({ hasText: 'Apply' }).first().click();
  await page.mouse.move(0, 0);
  const step = page.locator('.notification-list-item').filter({ hasText: /step \d+ of/ });
  for (const number of [5, 7, 9]) {
    const there = await step
      .filter({ hasText: new RegExp(`step ${number} of`) })
      .waitFor({ timeout: 20_000 })
      .then(
        () => true,
        () => false,
      );
    await page.evaluate(
      `document.getElementById('caption').textContent = 'Applied step by step; can be cancelled, resumed, undone'`,
    );
    if (there) frames.push({ ...readPng(await shot()), delay: 70 });
  }
  await notification.waitFor('Profile team-c is verified', 120_000);
  sandbox.control({ latencyMs: 0 });
  await runCommand('Notifications: Clear All Notifications');
  await page.locator('.codelens-decoration').filter({ hasText: 'Verify again' }).first().waitFor();
  await page.mouse.move(0, 0);
  await frame(2.5, 'Done');
  // The proof stands on the second page.
  await page.keyboard.press('ControlOrMeta+1');
  await page.keyboard.press('PageDown');
  await frame(4.5, 'And proven: written and read as pipelines do; neighbours are refused');

  await runCommand('View: Close All Editors');
  await workbench.openFile('profile.yaml');
  await runCommand('View: Close Primary Side Bar');
  await page.locator('.squiggly-error').first().waitFor();
  const lint = 'While you type: what would have failed in silence';
  await frame(1.2, lint);
  const word = await page.locator('.squiggly-error').first().boundingBox();
  if (word) await page.mouse.click(word.x + word.width / 2, word.y + word.height / 2);
  const hover = page.locator('.monaco-editor .monaco-hover').filter({ hasText: 'string, not a boolean' });
  await workbench.pressFor(async () => {
    await page.keyboard.press('ControlOrMeta+k');
    await page.keyboard.press('ControlOrMeta+i');
  }, hover);
  await frame(4);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+.');
  await page.locator('.action-widget:visible').getByText('Change to true').waitFor();
  await frame(1.6, 'And its fix');
  await page.locator('.action-widget:visible').getByText('Change to true').click();
  await page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
  await page.mouse.move(0, 0);
  await frame(2.5, 'And its fix');

  isDone = true;
  const bytes = gif(frames);
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, file);
  const seconds = frames.reduce((sum, { delay }) => sum + delay, 0) / 100;
  say(
    `${path.relative(root, file)}: ${frames.length} pictures, ${seconds} s, ${(await stat(file)).size.toLocaleString('en')} bytes`,
  );
  if (bytes.length <= BUDGET) return 0;
  process.stderr.write(`The film may have ${BUDGET.toLocaleString('en')} bytes.\n`);
  return 1;
});
