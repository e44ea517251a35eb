// Takes the place of the VS Code executable in `runTests` of @vscode/test-electron where no desktop VS Code can be had: opens
// code-server's VS Code in headless Chromium and hands on its output and the tests' exit code.
// Usage: node shim.ts VERSION LOG-FILE WORKSPACE --extensionDevelopmentPath=… --extensionTestsPath=… [what else runTests adds]
import { createWriteStream } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { installChromium } from '../../scripts/chromium.ts';
import { atEnd, main } from '../../scripts/processes.ts';
import { type Version, installVsCode, startServer, workbenchUrl } from '../../scripts/vscode.ts';

await main(async () => {
  // runTests does not kill us when it is killed itself: its end of the pipe goes.
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();

  const [version, logFile, workspace, ...args] = process.argv.slice(2) as [Version, string, string, ...string[]];
  const values = (name: string): string[] =>
    args.filter((arg) => arg.startsWith(`--${name}=`)).map((arg) => arg.slice(name.length + 3));
  const [extension, ...beside] = values('extensionDevelopmentPath');
  const [tests] = values('extensionTestsPath');
  if (extension === undefined || tests === undefined) throw new Error('--extension…Path= is missing');
  const quiet = (): void => undefined;
  const vscode = await installVsCode(version, quiet);
  const browser = await installChromium(quiet);
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-vscode-'));
  atEnd(() => rm(dataFolder, { recursive: true, force: true }));
  // A page takes one extension under development: the others are installed, as folders.
  for (const other of beside)
    await cp(other, path.join(dataFolder, 'extensions', path.basename(other)), { recursive: true });
  const log = createWriteStream(logFile);
  const server = await startServer(vscode, { dataFolder, workspaceTrust: false, testDriver: true });
  const remote = (file: string): string => `vscode-remote://127.0.0.1:${server.port}${file}`;

  const instance = await chromium.launch(browser);
  atEnd(() => instance.close());
  const page = await instance.newPage();
  const exitCode = new Promise<number>((resolve, reject) => {
    page.on('crash', () => reject(new Error('The page crashed.')));
    void server.exited.then(() => reject(new Error(`VS Code's server ended:\n${server.log()}`)));
    void page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
  });
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    const line = args.map(String).join(' ');
    // VS Code's own messages are many and say nothing about us, unless the run breaks: then they are in the log.
    if (/^[✓✗] /.test(line)) process.stdout.write(`${line}\n`);
    log.write(`${line}\n`);
  });
  await page.goto(
    workbenchUrl(server, workspace, {
      payload: [
        ['extensionDevelopmentPath', remote(extension)],
        ['extensionTestsPath', remote(tests)],
        ['enableProposedApi', ''],
        ['skipWelcome', 'true'],
        ['skipReleaseNotes', 'true'],
      ],
    }),
  );
  return exitCode;
});
