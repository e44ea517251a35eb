// Makes the pictures of the walkthrough (media/walkthrough, SVG in the reader's theme) and those of the README (docs/pictures), from the
// real window on the sandbox.
// Usage: npm run pictures
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import texts from '../package.nls.json' with { type: 'json' };
import { openWorkbench, endStages, startStage, type Workbench } from '../test/ui/harness.ts';
import { freshVsix } from './package.ts';
import { outlines } from './pictures/glyphs.ts';
import { draw, look, type Area } from './pictures/svg.ts';
import { atEnd, main, root, stopwatch } from './processes.ts';
import { changeSetting, installVsCode } from './vscode.ts';

const say = stopwatch();
/** Of the editor: a walkthrough shows a picture about 530 CSS pixels wide. */
const VIEWPORT = { width: 640, height: 560 };

/** The window's themes, and the class that it has in each. */
const DARK = ['Default Dark Modern', 'vs-dark'] as const;
const LIGHT = ['Default Light Modern', 'vs'] as const;

/** Changes the theme under whatever is open, by the settings of the folder. */
async function theme({ page }: Workbench, folder: string, [name, look]: typeof DARK | typeof LIGHT): Promise<void> {
  await changeSetting(path.join(folder, '.vscode', 'settings.json'), 'workbench.colorTheme', name);
  await page.locator(`.monaco-workbench.${look}`).waitFor({ timeout: 15_000 });
}

/** The pictures of the README that are those of a step, in the light theme. */
const STILLS: Readonly<Partial<Record<Step, string>>> = {
  clusters: 'tree',
  create: 'plan',
  proof: 'proof',
  lint: 'lint',
};

type Step = 'account' | 'clusters' | 'create' | 'proof' | 'lint' | 'change';

/** The smallest area around the elements, at most so wide and high. */
async function around(
  { page }: Workbench,
  selectors: readonly string[],
  most: { width: number; height: number },
): Promise<Area> {
  const boxes = await Promise.all(selectors.map((selector) => page.locator(selector).first().boundingBox()));
  const seen = boxes.flatMap((box) => box ?? []);
  const x = Math.min(...seen.map((box) => box.x));
  const y = Math.min(...seen.map((box) => box.y));
  const right = Math.max(...seen.map((box) => box.x + box.width));
  const bottom = Math.max(...seen.map((box) => box.y + box.height));
  return { x, y, width: Math.min(right - x, most.width), height: Math.min(bottom - y, most.height) };
}

await main(async () => {
  await freshVsix();
  const { server } = await installVsCode('newest', say);
  const outline = outlines(await readFile(path.join(path.dirname(server), 'media', 'codicon.ttf')));
  const { sandbox, folder } = await startStage();
  atEnd(endStages);
  const workbench = await openWorkbench({
    folder,
    env: sandbox.env,
    viewport: VIEWPORT,
    scale: 2,
    settings: {
      'workbench.colorTheme': DARK[0],
      'workbench.iconTheme': null,
      'workbench.editor.untitled.labelFormat': 'name',
      'editor.fontSize': 13,
      'editor.minimap.enabled': false,
      'editor.scrollbar.vertical': 'hidden',
      'editor.overviewRulerBorder': false,
      'editor.lightbulb.enabled': 'off',
      'editor.renderLineHighlight': 'none',
      'editor.guides.indentation': false,
      'breadcrumbs.enabled': false,
      'workbench.editor.editorActionsLocation': 'hidden',
    },
  });
  atEnd(() => workbench.close());
  const { page, quickInput, runCommand, tree, editor, notification } = workbench;

  const picture = async (
    step: Step,
    selectors: readonly string[],
    most = { width: 560, height: 400 },
  ): Promise<void> => {
    await page.mouse.move(0, 0);
    const area = await around(workbench, selectors, most);
    const seen = selectors.join(', ');
    const dark = await look(page, seen, area);
    await page.screenshot({ path: path.join(root, 'out', 'screenshots', `walkthrough-${step}.png`), clip: area });
    await theme(workbench, folder, LIGHT);
    const light = await look(page, seen, area);
    const still = STILLS[step];
    if (still !== undefined)
      await page.screenshot({ path: path.join(root, 'docs', 'pictures', `${still}.png`), clip: area });
    await theme(workbench, folder, DARK);
    const svg = draw(dark, light, area, outline, texts[`walkthrough.${step}.alt`]);
    await writeFile(path.join(root, 'media', 'walkthrough', `${step}.svg`), svg);
    say(`media/walkthrough/${step}.svg: ${svg.length.toLocaleString('en')} bytes`);
  };
  const WIDGET = '.quick-input-widget';
  const answer = async (text: string, next: string): Promise<void> => {
    await quickInput.type(text);
    await quickInput.accept();
    await quickInput.waitFor(next);
  };
  const EDITOR = ['.editor-group-container.active .title', '.editor-group-container.active .editor-instance'];

  await runCommand('Kubeflow: Select AWS Profiles…');
  await quickInput.row('operator').waitFor();
  for (const name of ['operator']) await quickInput.pick(name);
  await picture('account', [WIDGET]);
  await quickInput.cancel();

  // Wide enough for rows that are not cut.
  await page.setViewportSize({ width: 1000, height: 560 });
  await tree.open();
  await tree.row('kubeflow-dev').waitFor();
  await tree.expand('kubeflow-dev');
  await tree.row(/team-b.*problems/s).waitFor();
  await tree.expand('team-b');
  await page.locator('.sidebar').hover();
  const sash = await page.locator('.part.sidebar').boundingBox();
  if (sash) {
    await page.mouse.move(sash.x + sash.width, 300);
    await page.mouse.down();
    await page.mouse.move(sash.x + 560, 300, { steps: 5 });
    await page.mouse.up();
  }
  await picture('clusters', ['.part.sidebar'], { width: 560, height: 348 });
  await tree.openMenu('team-a', 'Delete Profile');
  await picture('change', ['.part.sidebar', '.monaco-menu-container'], { width: 560, height: 480 });
  await page.keyboard.press('Escape');

  await page.setViewportSize(VIEWPORT);
  await runCommand('View: Close Primary Side Bar');
  await runCommand('Kubeflow: Open a Sample with Mistakes');
  await page.locator('.squiggly-error').nth(1).waitFor();
  await editor.lines.locator('span span').filter({ hasText: '"true"' }).first().click();
  await page.keyboard.press('ControlOrMeta+.');
  await page.locator('.action-widget:visible').getByText('Change to true').waitFor();
  await picture('lint', [...EDITOR, '.action-widget'], { width: 600, height: 420 });
  await page.keyboard.press('Escape');
  await runCommand('View: Revert and Close Editor');

  await runCommand('Kubeflow: Create IRSA Profile…');
  await quickInput.waitFor('Create IRSA Profile (1/5)');
  await quickInput.pick('kubeflow-dev');
  await quickInput.waitFor('(2/5)');
  await answer('team-c', '(3/5)');
  // The last row that comes: what is chosen before may be lost.
  await quickInput.row('Create a user in Dex').waitFor();
  await answer('user@example.com', '(4/5)');
  await quickInput.pick('kubeflow-artifacts');
  await quickInput.waitFor('(5/5)');
  await quickInput.accept();
  await editor.waitFor('Plan: team-c on kubeflow-dev');
  await page.locator('.codelens-decoration').filter({ hasText: 'Apply: ' }).first().waitFor();
  await picture('create', EDITOR, { width: 600, height: 480 });
  await runCommand('Kubeflow: Apply Plan');
  await notification.waitFor('Profile team-c is verified', 60_000);
  await runCommand('Notifications: Clear All Notifications');
  await runCommand('Kubeflow: Verify Profile…');
  await quickInput.waitFor('Verify Profile (1/2)');
  await quickInput.pick('kubeflow-dev');
  await quickInput.waitFor('(2/2)');
  await quickInput.type('team-c');
  await quickInput.accept();
  await editor.waitFor('Proof: team-c on kubeflow-dev');
  await notification.waitFor('Profile team-c is verified', 60_000);
  await runCommand('Notifications: Clear All Notifications');
  await picture('proof', EDITOR, { width: 600, height: 480 });
  return 0;
});
