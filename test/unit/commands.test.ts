/** The table of commands, and what package.json says of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandProblems, readManifest } from '../../scripts/manifest.ts';
import { COMMANDS, runCommand } from '../../src/commands/index.ts';
import './vscode-stub.ts';
import { registerCommands } from '../../src/commands/register.ts';
import type { Explorer } from '../../src/explorer/index.ts';
import type { Host } from '../../src/host.ts';
import { commandId, type CommandName } from '../../src/ids.ts';

const { contributes } = await readManifest();
type Contributes = typeof contributes;

test('package.json and the table say the same', () => assert.deepEqual(commandProblems(contributes, COMMANDS), []));

const renamed = (id: string, change: object): Contributes['commands'] =>
  contributes.commands.map((one) => (one.command === id ? { ...one, ...change } : one));
const inMenu = (menu: string, item: { command: string; when?: string }): NonNullable<Contributes['menus']> => ({
  ...contributes.menus,
  [menu]: [...(contributes.menus?.[menu] ?? []).filter(({ command }) => command !== item.command), item],
});
const wrong: readonly (readonly [what: string, change: Partial<Contributes>, problem: RegExp])[] = [
  [
    'a command that is not in the table',
    { commands: [...contributes.commands, { command: 'kubeflowIrsa.x', title: '%command.x%', category: 'Kubeflow' }] },
    /kubeflowIrsa\.x has no row in the table/,
  ],
  [
    'a row that is not contributed',
    { commands: contributes.commands.filter(({ command }) => command !== 'kubeflowIrsa.filter') },
    /table has kubeflowIrsa\.filter, which package\.json does not contribute/,
  ],
  [
    'the title of another command',
    { commands: renamed('kubeflowIrsa.filter', { title: '%command.retry%' }) },
    /title of kubeflowIrsa\.filter must be %command\.filter%/,
  ],
  ['no category', { commands: renamed('kubeflowIrsa.filter', { category: '' }) }, /category of kubeflowIrsa\.filter/],
  [
    'enabled in Restricted Mode though it reads credentials',
    { commands: renamed('kubeflowIrsa.signIn', { enablement: undefined }) },
    /kubeflowIrsa\.signIn is enabled when ""; the table says "isWorkspaceTrusted"/,
  ],
  [
    'in the palette though it needs a node',
    { menus: inMenu('commandPalette', { command: 'kubeflowIrsa.retry', when: 'true' }) },
    /palette offers kubeflowIrsa\.retry when "true"; the table says "false"/,
  ],
  [
    'in the palette at any time though it needs a plan',
    { menus: inMenu('commandPalette', { command: 'kubeflowIrsa.applyPlan' }) },
    /palette offers kubeflowIrsa\.applyPlan when ""; the table says "resource in kubeflowIrsa\.plansToApply"/,
  ],
  [
    'in a menu where there is no plan',
    { menus: inMenu('editor/title', { command: 'kubeflowIrsa.applyPlan', when: 'resourceLangId == yaml' }) },
    /editor\/title offers kubeflowIrsa\.applyPlan also when "resource in kubeflowIrsa\.plansToApply" does not hold/,
  ],
];
for (const [what, change, problem] of wrong)
  test(`a command of package.json: ${what}`, () => {
    const problems = commandProblems({ ...contributes, ...change }, COMMANDS);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });

test('each command of package.json is registered, and its row is given the rooms and the arguments', async () => {
  const handlers = new Map<string, (...args: never[]) => unknown>();
  const done: unknown[] = [];
  const host = {
    context: { extension: { packageJSON: { contributes } } },
    register: (name: CommandName, handler: (...args: never[]) => unknown) => handlers.set(commandId(name), handler),
    log: { show: () => done.push('log') } as Partial<Host['log']> as Host['log'],
  } as unknown as Host;
  const explorer = { retry: async (node: unknown) => void done.push(node) } as Partial<Explorer> as Explorer;
  registerCommands(host, explorer);
  assert.deepEqual([...handlers.keys()].sort(), contributes.commands.map(({ command }) => command).sort());
  await handlers.get('kubeflowIrsa.showLog')?.();
  await handlers.get('kubeflowIrsa.retry')?.('node' as never);
  assert.deepEqual(done, ['log', 'node']);
});

const ROW = contributes.menus?.['view/item/context'] ?? [];
const TITLE = contributes.menus?.['view/title'] ?? [];
const offered = [...new Set(ROW.flatMap(({ command }) => command ?? []))].filter(
  (command) => !TITLE.some((item) => item.command === command),
);
/** With what a row's menu runs a command whose row was just drawn anew: an empty place, and what else is selected. */
const LOST = [undefined, undefined] as unknown as readonly never[];
for (const command of offered)
  test(`${command} of a row that was just drawn anew begins nothing, asks for nothing, and says so`, async () => {
    const said: string[] = [];
    const { window } = (await import('vscode')) as unknown as { window: Record<string, unknown> };
    window['showWarningMessage'] = (text: string) => void said.push(text);
    const begun = (): never => assert.fail('it began');
    const handlers = new Map<string, (...args: never[]) => unknown>();
    const host = {
      context: { extension: { packageJSON: { contributes } }, subscriptions: [] },
      register: (name: CommandName, handler: (...args: never[]) => unknown) => handlers.set(commandId(name), handler),
      runs: begun,
      connections: new Proxy({}, { get: begun }),
    } as unknown as Host;
    registerCommands(host, new Proxy({}, { get: begun }) as Explorer);
    await handlers.get(command)?.(...LOST);
    assert.match(said.join(), /drawn anew/);
  });

test('a command that needs a row, and a key that gives it none', async () => {
  const said: string[] = [];
  const { window } = (await import('vscode')) as unknown as { window: Record<string, unknown> };
  window['showWarningMessage'] = (text: string) => void said.push(text);
  for (const name of ['retry', 'repairProfile'] as const) runCommand(name, {} as never, [], true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(said.length, 2);
});
