/** Registers every command that package.json contributes. Part of the entry: the table of what they do comes with the first that is run. */
import type { Explorer } from '../explorer/index.ts';
import type { Host } from '../host.ts';
import { commandId, type CommandName } from '../ids.ts';
import { lazy } from '../lazy.ts';

/** The part of package.json that is read here. */
interface Contributed {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<'view/item/context' | 'view/title', readonly { readonly command: string }[]>>;
  };
}

export function registerCommands(host: Host, explorer: Explorer): void {
  const table = lazy(async () => {
    const { roomsOf, runCommand } = await import(/* webpackChunkName: "table" */ './index.ts');
    const rooms = roomsOf(host, explorer);
    return (name: CommandName, args: readonly never[], ofRow: boolean): unknown => runCommand(name, rooms, args, ofRow);
  });
  const prefix = commandId('' as CommandName).length;
  const { contributes } = host.context.extension.packageJSON as Contributed;
  const { menus } = contributes;
  const isIn = (menu: keyof typeof menus, command: string): boolean =>
    menus[menu].some((item) => item.command === command);
  for (const { command } of contributes.commands) {
    // What the title of a view offers too gets no row there.
    const ofRow = isIn('view/item/context', command) && !isIn('view/title', command);
    const name = command.slice(prefix) as CommandName;
    host.register(name, async (...args) => (await table())(name, args, ofRow));
  }
}
