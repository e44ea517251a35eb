// npm start while the sandbox is still being made: VS Code is open and lints, the tree says how far the sandbox is, and fills by itself.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startProcesses } from '../../sandbox/processes.ts';
import { provideTools } from '../../sandbox/tools.ts';
import { cacheFolder } from '../../scripts/cache.ts';
import { installChromium } from '../../scripts/chromium.ts';
import { type Child, root, runToEnd, startChild } from '../../scripts/processes.ts';

const start = path.join(root, 'scripts', 'start.ts');
let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-start-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A cache in which nothing of Go is built yet, and a Go that builds half of it, and the rest when the file `gate` is there. */
async function slowGo(): Promise<{ env: NodeJS.ProcessEnv; gate: string }> {
  const own = path.join(folder, 'processes');
  await mkdir(path.join(own, 'logs'), { recursive: true });
  const processes = startProcesses(own);
  const tools = await provideTools(processes, () => undefined);
  await processes.close();
  const cache = path.join(folder, 'cache');
  await mkdir(cache);
  for (const name of await readdir(cacheFolder))
    if (!/^(k8s|etcd)-|\.(lock|part)$/.test(name)) await symlink(path.join(cacheFolder, name), path.join(cache, name));
  const bin = path.join(folder, 'bin');
  const gate = path.join(folder, 'gate');
  await mkdir(bin);
  await writeFile(
    path.join(bin, 'go'),
    `#!/bin/sh
if [ "$1" = env ]; then echo go1.26.0; echo auto; exit; fi
while [ "$1" != -o ]; do shift; done
i=0; while [ $i -lt 1300 ]; do echo package; i=$((i+1)); done
while [ ! -e '${gate}' ]; do sleep 0.1; done
mkdir -p "$2"
cp '${tools.kubeApiserver}' '${tools.kubeControllerManager}' "$2"
cp '${tools.etcd}' "$2/server"
`,
  );
  await chmod(path.join(bin, 'go'), 0o755);
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(KUBEBUILDER_ASSETS|DISPLAY|WAYLAND_DISPLAY)$/.test(name)),
  );
  return { env: { ...env, KUBEFLOW_IRSA_CACHE: cache, PATH: `${bin}:${env['PATH'] ?? ''}` }, gate };
}

/** The first match in what a command prints. */
const printed = (child: Child, wanted: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const read = (more: string): void => {
      text += more;
      const found = wanted.exec(text);
      if (found) resolve(found[0]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void child.exited.then((code) => reject(new Error(`It ended with ${code}:\n${text}`)));
  });

test('VS Code is open while Go builds; the tree says how far that is and fills by itself', async () => {
  const { env, gate } = await slowGo();
  const child = startChild(process.execPath, [start], { env });
  await mkdir(path.join(root, 'out', 'screenshots'), { recursive: true });
  const browser = await chromium.launch(await installChromium(() => undefined));
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(90_000);
    await page.goto(await printed(child, /http:\/\/127\.0\.0\.1:\S+/));
    // The walkthrough is in front, and behind it a mistake.
    await page.locator('.gettingStartedContainer [data-step-id$="#lint"]').first().waitFor();
    await page.screenshot({ path: path.join(root, 'out', 'screenshots', 'start-walkthrough.png') });
    await page.locator('.tab').filter({ hasText: '1-quoted-boolean.mistake.yaml' }).first().click();
    await page.locator('.squiggly-error').first().waitFor();
    await page.locator('.activitybar').getByRole('tab', { name: 'Kubeflow IRSA' }).click();
    const row = (text: RegExp | string) => page.locator('.sidebar [role="treeitem"]').filter({ hasText: text }).first();
    await row(/53 % of kube-apiserver and kube-controller-manager is built/).waitFor();
    await page.screenshot({ path: path.join(root, 'out', 'screenshots', 'start-building.png') });
    await writeFile(gate, '');
    await row('kubeflow-dev').waitFor();
    await row('analytics').waitFor();
    await page.screenshot({ path: path.join(root, 'out', 'screenshots', 'start-ready.png') });
  } finally {
    await browser.close();
    await child.stop();
  }
});

test('without Python VS Code opens all the same, and one sentence says what to do', async () => {
  const child = startChild(process.execPath, [start], { env: { ...process.env, PATH: '/nonexistent' } });
  try {
    const said = printed(child, /there is no python3\. Install Python 3\.10 or newer/);
    await printed(child, /http:\/\/127\.0\.0\.1:\S+/);
    await said;
  } finally {
    await child.stop();
  }
});

test('a port that is taken is said before anything is done', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
  try {
    const { code, output } = await runToEnd(process.execPath, [start, '--port', String(port)]);
    assert.equal(code, 2);
    assert.match(
      output,
      new RegExp(`^Port ${port} cannot be used \\(EADDRINUSE\\): name another one, or leave --port out\\.\\n$`),
    );
  } finally {
    server.close();
  }
});
