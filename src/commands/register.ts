/** Registers every command that package.json contributes. Part of the entry: the table of what they do comes with the first that is run. */
import type { Explorer } from '../explorer/index.ts';
import type { Host } from '../host.ts';
import { commandId, type CommandName } from '../ids.ts';
import { lazy } from '../lazy.ts';

/** The part of package.json that is read here. */
interface Contributed {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

export function registerCommands(host: Host, explorer: Explorer): void {
  const table = lazy(async () => {
    const { COMMANDS, roomsOf } = await import(/* webpackChunkName: "table" */ './index.ts');
    const rooms = roomsOf(host, explorer);
    return (name: CommandName, args: readonly never[]): unknown => COMMANDS[name].run(rooms, ...args);
  });
  const prefix = commandId('' as CommandName).length;
  const { contributes } = host.context.extension.packageJSON as Contributed;
  for (const { command } of contributes.commands) {
    const name = command.slice(prefix) as CommandName;
    host.register(name, async (...args) => (await table())(name, args));
  }
}
