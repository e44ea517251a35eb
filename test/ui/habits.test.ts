// The habits of VS Code: another language, a screen reader, a narrow side bar, large text, the keyboard.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { readManifest } from '../../scripts/manifest.ts';
import { PSEUDO } from '../../scripts/pseudo.ts';
import texts from '../../package.nls.json' with { type: 'json' };
import german from '../../package.nls.de.json' with { type: 'json' };
import { profileFile } from '../fixtures/profile.ts';
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let stage: Awaited<ReturnType<typeof startStage>>;
before(async () => {
  stage = await startStage({});
  const settings = { 'kubeflowIrsa.aws.regions': ['us-west-2', 'eu-central-1'] };
  await writeFile(path.join(stage.folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  await writeFile(path.join(stage.folder, 'wrong.yaml'), profileFile('team-z'));
});

const options = (more: { language?: string; whole?: boolean } = {}) => ({
  folder: stage.folder,
  env: stage.sandbox.env,
  ...more,
});
const DEV = /^kubeflow-dev/;

/** The tree, opened down to what a profile has. */
async function openTree({ tree }: Workbench): Promise<void> {
  await tree.open();
  await tree.row(DEV).waitFor();
  await tree.expand(DEV);
  await tree.row('team-b').waitFor();
  await tree.expand('team-b');
  await tree.row('default-editor').waitFor();
}
const spokenRows = ({ page }: Workbench): Promise<string[]> =>
  page
    .locator('.sidebar [role="treeitem"]')
    .all()
    .then((rows) => Promise.all(rows.map(async (row) => (await row.getAttribute('aria-label')) ?? '')));

/** Without what stands in the brackets of the pseudo-language, one in the other too. */
function outside(text: string): string {
  const inner = text.replace(/⟦[^⟦⟧]*⟧/g, '');
  return inner === text ? text : outside(inner);
}
/** What is the same in each language: names and ids. */
const NAMES =
  /kubeflow-dev|analytics|legacy|us-west-2|eu-central-1|Kubernetes \S+|Kubeflow v\S+|default-editor|team-[a-z][\w-]*|spaced|s3:\/\/\S+|minio:\/\/\S+|[\w.]+@example\.com|kubeflow-artifacts\S*|arn:\S+|\d+/g;
/** Findings are English (docs/languages.md): a row of one says its id. */
const isFinding = (spoken: string): boolean => /KP-\d+/.test(spoken);

test('in another language: what we show in the tree, a wizard, a review and messages is translated, but names and findings', async () => {
  await withWorkbench('pseudo', options({ language: PSEUDO }), async (workbench) => {
    const { tree, quickInput, page, editor } = workbench;
    await openTree(workbench);
    await workbench.screenshot('habits-pseudo-tree');
    const rows = await spokenRows(workbench);
    assert.ok(rows.length > 5, rows.join('\n'));
    for (const row of rows.filter((one) => !isFinding(one)))
      assert.doesNotMatch(outside(row).replace(NAMES, ''), /\p{L}{2,}/u, row);
    assert.ok(rows.some(isFinding));

    await tree.settled();
    await tree.row('team-a').click({ button: 'right' });
    const entries = page.locator('.monaco-menu .action-label');
    await entries.filter({ hasText: '⟦' }).first().waitFor();
    await workbench.screenshot('habits-pseudo-menu');
    for (const entry of await entries.allInnerTexts())
      if (entry.trim() !== '') assert.match(entry, /⟦[^]*⟧/, 'no entry of the menu is cut, or in English');
    await entries.filter({ hasText: 'Édít' }).first().click();

    await quickInput.waitFor(/⟦/);
    await quickInput.row('⟦').waitFor();
    await workbench.screenshot('habits-pseudo-wizard');
    assert.match(await quickInput.title(), /⟦[^]*⟧/);
    assert.match(await quickInput.placeholder(), /⟦[^]*⟧/);
    await quickInput.cancel();

    // A review, by what is above and beside its text.
    await tree.row('analytics').waitFor();
    await tree.menu('analytics', /Áššóçíáté/);
    await editor.waitFor(/⟦Pláñ: /);
    const lenses = page.locator('.editor-group-container.active .codelens-decoration');
    await lenses.filter({ hasText: '⟦' }).first().waitFor();
    await workbench.screenshot('habits-pseudo-review');
    for (const lens of await lenses.locator('a').allInnerTexts()) assert.match(lens, /⟦/, lens);
    await tree.menu('team-a', /Çópý Ñámé/);
    await page.locator('.part.statusbar').getByText('⟦').first().waitFor();
  });
});

test('in German: commands, the tree and a wizard; values stay where the sentence needs them', async () => {
  await withWorkbench('german', options({ language: 'de' }), async (workbench) => {
    const { quickInput, runCommand } = workbench;
    await openTree(workbench);
    await workbench.tree.row(/team-b.*Problem/s).waitFor();
    await workbench.screenshot('habits-german-tree');
    const rows = await spokenRows(workbench);
    assert.match(rows.find((row) => row.includes('team-b')) ?? '', /^Kubeflow-Profil team-b, \d Problem/);
    assert.match(rows.join('\n'), /^Servicekonto default-editor, /m);
    await runCommand(`Kubeflow: ${german['command.createProfile']}`);
    await quickInput.waitFor('IRSA-Profil erstellen');
    await workbench.screenshot('habits-german-wizard');
    await quickInput.cancel();
  });
});

test('a screen reader hears of each row what it is, its name, then its state; and of findings, the plan and the wizard', async () => {
  await withWorkbench('spoken', options({ whole: true }), async (workbench) => {
    const { tree, page, editor, quickInput, runCommand } = workbench;
    await openTree(workbench);
    await eventually(async () => (await spokenRows(workbench)).some((row) => /reading/.test(row)), false);
    const rows = await spokenRows(workbench);
    assert.deepEqual(
      rows.filter(
        (row) =>
          !/^(Region|EKS cluster|Kubeflow profile|Problem|Remark|Owner|Contributor|Service account|Role|Bucket|Pipeline root|Not read:) /.test(
            row,
          ),
      ),
      [],
    );
    // In the order in which they are read: what is wrong comes before what there is.
    const below = rows.slice(rows.findIndex((row) => row.startsWith('Kubeflow profile team-b')) + 1);
    const end = below.findIndex((row) => /^(Kubeflow profile|EKS cluster|Region) /.test(row));
    const kinds = below.slice(0, end).map((row) => row.replace(/ .*/s, ''));
    const inOrder = kinds.filter((kind, at) => kind !== kinds[at - 1]);
    assert.deepEqual(inOrder, ['Problem', 'Remark', 'Owner', 'Service', 'Role', 'Pipeline']);
    // The state is in the words of the row, not in its colour alone.
    assert.match(rows.find((row) => row.includes('profile team-b')) ?? '', /^Kubeflow profile team-b, \d+ problems?, /);
    const snapshot = await page.locator('.sidebar [role="tree"]').first().ariaSnapshot();
    assert.match(snapshot, /treeitem "EKS cluster kubeflow-dev, us-west-2, .*" \[expanded\]/);

    // The icon of the view counts what waits for somebody, and says so.
    const icon = page.locator('.activitybar').getByRole('tab', { name: /^Kubeflow IRSA/ });
    await eventually(async () => /profiles? with problems/.test((await icon.getAttribute('aria-label')) ?? ''), true);

    await workbench.openFile('wrong.yaml');
    await page.locator('.squiggly-warning, .squiggly-error').first().waitFor();
    await runCommand('Problems: Focus on Problems View');
    const problem = page
      .locator('.part.panel [role="treeitem"]')
      .filter({ hasText: /KP-\d+/ })
      .first();
    await problem.waitFor();
    assert.match((await problem.getAttribute('aria-label')) ?? '', /^(Error|Warning): .* generated by kubeflow-irsa/s);
    await workbench.screenshot('habits-problems');
    // VS Code itself marks a file with diagnostics in the Explorer, by a number and by words: a decoration of ours would say it twice.
    await workbench.showView('Explorer');
    const file = tree.row('wrong.yaml').locator('.monaco-icon-label');
    await eventually(
      async () => /\d+ problems? in this file/.test((await file.getAttribute('aria-label')) ?? ''),
      true,
    );
    assert.equal(((await file.getAttribute('aria-label')) ?? '').match(/problems? in this file/g)?.length, 1);

    await tree.open();
    await tree.menu('analytics', 'Associate OIDC Provider');
    await editor.waitFor('Plan: OIDC provider of analytics');
    const text = page
      .locator(
        '.editor-group-container.active .monaco-editor textarea, .editor-group-container.active .native-edit-context',
      )
      .first();
    assert.match((await text.getAttribute('aria-label')) ?? '', /Plan: OIDC provider of analytics/);
    await runCommand('Kubeflow: Create IRSA Profile…');
    await quickInput.waitFor(/\(1\/\d\)/);
    assert.match((await quickInput.input.getAttribute('aria-label')) ?? '', /\S/);
    await quickInput.row('kubeflow-dev').waitFor();
    const spoken = await quickInput.rows();
    assert.match(spoken.join('\n'), /kubeflow-dev/);
    await quickInput.cancel();
  });
});

/** Titles of the palette's rows as it is now, opened, read page by page and closed by keys. */
async function palette({ page, quickInput }: Workbench): Promise<ReadonlySet<string>> {
  const rows = quickInput.widget.locator('.monaco-list-row');
  const found = new Map<string, string>();
  await page.keyboard.press('F1');
  await rows.first().waitFor();
  await quickInput.type('>Kubeflow: ');
  await eventually(async () => {
    for (const row of await rows.all()) {
      const [at, spoken] = [await row.getAttribute('data-index'), await row.getAttribute('aria-label')];
      if (at !== null && spoken !== null) found.set(at, spoken);
    }
    const size = Number(await rows.first().getAttribute('aria-setsize'));
    // A page that was not drawn when it went by is met row by row: behind the last one comes the first.
    await page.keyboard.press(found.has(String(size - 1)) ? 'ArrowDown' : 'PageDown');
    return found.size > 0 && found.size === size;
  }, true);
  await quickInput.cancel();
  // A row says its key or its group behind its title, which may have commas of its own: none of ours has.
  return new Set([...found.values()].map((spoken) => spoken.replace(/,.*/s, '')));
}

/** Puts the focus of the tree on a row, by keys from its first row on, and opens its menu. */
async function menuByKeys({ page, runCommand, tree }: Workbench, row: RegExp): Promise<readonly string[]> {
  await tree.settled();
  await runCommand('Kubeflow IRSA: Focus on EKS Clusters View');
  await page.keyboard.press('Home');
  const focused = page.locator('.sidebar .monaco-list-row.focused');
  await eventually(async () => {
    if (row.test((await focused.getAttribute('aria-label')) ?? '')) return true;
    await page.keyboard.press('ArrowDown');
    return false;
  }, true);
  await page.keyboard.press('Shift+F10');
  const entries = page.locator('.monaco-menu .action-label');
  await entries.first().waitFor();
  return (await entries.allInnerTexts()).filter((text) => text.trim() !== '');
}

/** Chooses from the menu that is open. */
async function chooseByKeys({ page }: Workbench, entry: string): Promise<void> {
  await eventually(async () => {
    if (await page.locator('.monaco-menu .action-item.focused', { hasText: entry }).isVisible()) return true;
    await page.keyboard.press('ArrowDown');
    return false;
  }, true);
  await page.keyboard.press('Enter');
}

test('each key of ours does nothing in VS Code where ours is meant, and each command is had by keys', async () => {
  const { contributes } = await readManifest();
  await withWorkbench('keys', options({ whole: true }), async (workbench) => {
    const { runCommand, editor, tree, page, notification, quickInput } = workbench;
    await runCommand('Preferences: Open Default Keyboard Shortcuts (JSON)');
    await editor.waitFor(/Keybindings/i);
    const text = await editor.text();
    const defaults = JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as { key: string; command: string; when?: string }[];
    assert.ok(defaults.length > 500, `${defaults.length}`);
    for (const { key, command } of contributes.keybindings) {
      const others = defaults.filter((one) => one.key === key && one.command !== command);
      // One that holds in any editor, also in one that is read only: it asks for nothing that is not there as a rule.
      const clash = others.filter(({ when = '' }) => {
        const asked = when.split(/&&|\|\|/).map((part) => part.trim());
        const special = asked.some((part) => !/^!|^(editorTextFocus|textInputFocus|editorFocus)?$/.test(part));
        return !special && !asked.includes('!editorReadonly');
      });
      assert.deepEqual(clash, []);
    }
    // It does what it is for: from the review, without the mouse.
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.menu('analytics', 'Associate OIDC Provider');
    await editor.waitFor('Plan: OIDC provider of analytics');
    await eventually(async () => (await editor.text()).includes('1 to create'), true);
    await page.keyboard.press('Control+Enter');
    await notification.waitFor(/has its OIDC provider/);

    // Each command: from the palette, where what it is about is open; what is about a row, from the row's menu.
    const titles = new Map(
      contributes.commands.map(({ command, title }) => [texts[title.slice(1, -1) as keyof typeof texts], command]),
    );
    assert.equal(titles.size, contributes.commands.length);
    const missing = new Set(titles.keys());
    const had = (shown: Iterable<string>): void => {
      for (const one of shown) missing.delete(one.replace(/^Kubeflow: /, ''));
    };
    had(await palette(workbench));
    for (const title of ['Show Only Problems', 'Sort Profiles by State']) await runCommand(`Kubeflow: ${title}`);
    had(await palette(workbench));
    await tree.expand(DEV);
    had(await menuByKeys(workbench, /^Kubeflow profile team-b/));
    await chooseByKeys(workbench, 'Open Manifest');
    await editor.waitFor(/team-b/);
    had(await palette(workbench));
    await menuByKeys(workbench, /^Kubeflow profile team-b/);
    await chooseByKeys(workbench, 'Repair…');
    for (const part of ['(1/2)', '(2/2)']) {
      await quickInput.waitFor(part);
      await quickInput.accept();
    }
    await editor.waitFor('Plan: team-b on kubeflow-dev');
    had(await palette(workbench));
    assert.deepEqual([...missing], ['Compare Step of the Plan', 'Accept Finding…']);
    // They stand beside a line of the review, and of the doctor's report: the first is tried.
    const line = (await editor.text()).split('\n').findIndex((one) => one.startsWith('### ')) + 1;
    // VS Code offers the lenses of the line where the cursor is, and nothing until it is there and they are drawn.
    await page.locator('.codelens-decoration').filter({ hasText: 'Compare side by side' }).first().waitFor();
    const there = workbench.statusBar.getByText(new RegExp(`^Ln ${line},`));
    const goThere = async (): Promise<void> => {
      await page.keyboard.press('Control+g');
      await quickInput.widget.waitFor();
      await quickInput.type(`:${line}`);
      await quickInput.accept();
    };
    await workbench.pressFor(goThere, there);
    await workbench.pressFor(
      () => runCommand('Show CodeLens Commands for Current Line'),
      quickInput.row('Compare side by side'),
    );
    await quickInput.accept();
    await editor.waitFor(/team-b.*↔/);
  });
});

test('a narrow side bar, and 200 %: name and state of a row come first, nothing needs a second dimension', async () => {
  await withWorkbench('narrow', options({ whole: true }), async (workbench) => {
    const { page, tree } = workbench;
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.locator('.monaco-workbench.monaco-enable-motion').waitFor();
    const still = page.locator('.monaco-workbench:not(.monaco-enable-motion)');
    await workbench.change({ 'workbench.reduceMotion': 'on' }, still);
    await openTree(workbench);
    const sash = page.locator('.monaco-sash.vertical:not(.disabled)');
    const bar = page.locator('.part.sidebar');
    const box = await bar.boundingBox();
    const edge = (box?.x ?? 0) + (box?.width ?? 0);
    assert.ok((await sash.count()) > 0);
    await page.mouse.move(edge, 400);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + 200, 400, { steps: 5 });
    await page.mouse.up();
    assert.ok(((await bar.boundingBox())?.width ?? 999) <= 205);
    await workbench.screenshot('habits-narrow');
    // What is cut is cut at the end of a row: it begins with its state.
    const described = tree.row('team-b').locator('.label-description');
    await eventually(async () => /^\d+ problems?/.test(await described.innerText()), true);

    // 200 %: the page has half the room.
    await page.setViewportSize({ width: 640, height: 400 });
    await tree.row('team-b').waitFor();
    await workbench.screenshot('habits-zoom');
    const rows = page.locator('.sidebar [role="treeitem"]');
    assert.ok((await rows.count()) > 2);
  });
});
