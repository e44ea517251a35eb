// What package.json promises VS Code, checked against the files and the code.
import { glob, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { COMMANDS, type Command } from '../src/commands/index.ts';
import { commandId, type CommandName } from '../src/ids.ts';
import { listingProblems, readListing } from './listing.ts';
import { root } from './processes.ts';

/** A setting, as package.json describes it. */
export interface Setting {
  scope?: string;
  order?: number;
  markdownDescription?: string;
  enum?: unknown[];
  enumDescriptions?: string[];
  additionalProperties?: Setting;
}

/** The part of package.json that is looked at here. */
export interface Manifest {
  name: string;
  version: string;
  license: string;
  homepage: string;
  engines: { vscode: string; node: string };
  keywords: string[];
  main: string;
  icon: string;
  l10n: string;
  activationEvents: string[];
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; title: string; category?: string; enablement?: string }[];
    keybindings: { command: string; key: string; mac?: string; when: string }[];
    configuration: { title: string; properties: Record<string, Setting> }[];
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    views: Record<string, { id: string; icon: string }[]>;
    menus?: Record<string, { command?: string; submenu?: string; when?: string }[]>;
    submenus?: { id: string }[];
    walkthroughs?: {
      id: string;
      steps: { id: string; description: string; media: Record<string, unknown>; completionEvents: string[] }[];
    }[];
    jsonValidation?: { url: string }[];
    grammars?: { path: string }[];
    snippets?: { path: string }[];
    languages?: { configuration?: string }[];
  };
}

export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest;
}

/** Context keys of VS Code that our `when` clauses may use. */
const vscodeKeys = new Set([
  'activeEditor',
  'editorIsOpen',
  'editorLangId',
  'editorReadonly',
  'editorTextFocus',
  'false',
  'focusedView',
  'resource',
  'in',
  'isWorkspaceTrusted',
  'not',
  'resourceExtname',
  'resourceFilename',
  'resourceLangId',
  'resourceScheme',
  'true',
  'view',
  'viewItem',
  'virtualWorkspace',
  'workspaceFolderCount',
]);

/**
 * Events that start us only when the user does something that concerns us. A language is one of them: files are linted when they
 * are opened, and a start costs no more than the entry, whose size the build limits.
 */
const calmEvents = /^on(Language|Command|View|FileSystem|Uri|TaskType|AuthenticationRequest|Walkthrough)(:|$)/;

/** All values of the properties `names` anywhere in a JSON value. */
function valuesOf(value: unknown, names: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    names.includes(key) && typeof inner === 'string' ? [inner] : valuesOf(inner, names),
  );
}

/** Names used in a `when` clause, without what stands in quotes, in a pattern or right of a comparison. */
export function keysOfWhen(clause: string): string[] {
  const bare = clause
    .replace(/=~\s*\/(?:\\.|[^/\\])*\/[a-z]*/g, ' ')
    .replace(/'[^']*'/g, ' ')
    .replace(/(?:[!=]==?|[<>]=?)\s*[\w.:-]+/g, ' ');
  return bare.match(/[A-Za-z_][\w.:-]*/g) ?? [];
}

/** Files of the package that the manifest names, relative and with forward slashes. */
export function filesOfManifest({ main, icon, contributes }: Manifest): string[] {
  const views = [...Object.values(contributes.views).flat(), ...contributes.viewsContainers.activitybar];
  return [
    main,
    icon,
    ...views.map((view) => view.icon),
    ...valuesOf(contributes.walkthroughs, ['image', 'svg', 'markdown', 'light', 'dark', 'hc', 'hcLight']),
    ...valuesOf([contributes.grammars, contributes.languages, contributes.snippets], ['path', 'configuration']),
    ...(contributes.jsonValidation ?? []).map(({ url }) => url).filter((url) => url.startsWith('.')),
  ]
    .filter((file) => !file.startsWith('$('))
    .map((file) => file.replace(/^\.\//, ''));
}

/** Where package.json and the table of commands differ: in what there is, in titles, and in when a command is offered. */
export function commandProblems(
  { commands, menus = {} }: Pick<Manifest['contributes'], 'commands' | 'menus'>,
  table: Readonly<Record<string, Pick<Command, 'when' | 'enabled'>>>,
): string[] {
  const { commandPalette = [], ...others } = menus;
  const rows = Object.entries(table).map(([name, { when, enabled }]) => ({
    name,
    id: commandId(name as CommandName),
    when,
    enabled,
  }));
  const known = new Map(rows.map((row) => [row.id, row]));
  return [
    ...rows
      .filter(({ id }) => !commands.some(({ command }) => command === id))
      .map(({ id }) => `The table has ${id}, which package.json does not contribute.`),
    ...commands.flatMap(({ command: id, title, category, enablement }) => {
      const row = known.get(id);
      if (row === undefined) return [`${id} has no row in the table of src/commands/index.ts.`];
      const clauses = commandPalette.filter(({ command }) => command === id).map(({ when }) => when);
      return [
        ...(title === `%command.${row.name}%` ? [] : [`The title of ${id} must be %command.${row.name}%.`]),
        ...(category === 'Kubeflow' ? [] : [`The category of ${id} must be Kubeflow.`]),
        ...(enablement === row.enabled
          ? []
          : [`${id} is enabled when "${enablement ?? ''}"; the table says "${row.enabled ?? ''}".`]),
        ...(clauses.length <= 1 && clauses[0] === row.when
          ? []
          : [`The palette offers ${id} when "${clauses.join('", "')}"; the table says "${row.when ?? ''}".`]),
      ];
    }),
    // A menu may give what a command is about; a state that it needs must hold there, too.
    ...Object.entries(others).flatMap(([menu, items]) =>
      items.flatMap(({ command = '', when = '' }) => {
        const needed = known.get(command)?.when ?? 'false';
        const holds = needed === 'false' || when.split(' && ').includes(needed);
        return holds ? [] : [`${menu} offers ${command} also when "${needed}" does not hold.`];
      }),
    ),
  ];
}

/** What is wrong with the steps of the walkthroughs: buttons and events of what there is not, or nothing said to who sees no picture. */
export function walkthroughProblems(
  { commands, views, walkthroughs = [] }: Pick<Manifest['contributes'], 'commands' | 'views' | 'walkthroughs'>,
  nls: Readonly<Record<string, string>>,
  isKey: (key: string) => boolean,
): string[] {
  const viewIds = Object.values(views).flatMap((some) => some.map(({ id }) => id));
  const ids = new Set([...commands.map(({ command }) => command), ...viewIds.map((id) => `${id}.focus`)]);
  const known: Readonly<Record<string, (what: string) => boolean>> = {
    onCommand: (what) => ids.has(what),
    onView: (what) => viewIds.includes(what),
    onContext: isKey,
  };
  return walkthroughs
    .flatMap(({ steps }) => steps)
    .flatMap(({ id, description, media, completionEvents }) => {
      const text = nls[description.replaceAll('%', '')] ?? description;
      const buttons = [...text.matchAll(/\(command:([^)?]+)/g)].map(([, command = '']) => command);
      return [
        ...buttons.filter((command) => !ids.has(command)).map((command) => `${id} has a button for ${command}.`),
        ...(buttons.length === 0 ? [`${id} has no button.`] : []),
        ...completionEvents
          .filter((event) => known[event.split(':', 1)[0] ?? '']?.(event.replace(/^\w+:/, '')) !== true)
          .map((event) => `${id} waits for ${event}, which never comes.`),
        ...(completionEvents.length === 0 ? [`${id} never completes itself.`] : []),
        ...(typeof media['altText'] === 'string' ? [] : [`${id} says nothing to who sees no picture.`]),
      ];
    });
}

/** The checks of package.json, each with what it found wrong. */
export async function checkManifest(): Promise<{ name: string; problems: string[] }[]> {
  const manifest = await readManifest();
  const { contributes } = manifest;
  const text = JSON.stringify(manifest);
  const nls = JSON.parse(await readFile(path.join(root, 'package.nls.json'), 'utf8')) as Record<string, string>;
  let code = '';
  for await (const file of glob('src/**/*.ts', { cwd: root })) code += await readFile(path.join(root, file), 'utf8');

  const commands = contributes.commands.map(({ command }) => command);
  const submenus = (contributes.submenus ?? []).map(({ id }) => id);
  const viewIds = Object.values(contributes.views).flatMap((views) => views.map(({ id }) => id));
  const menuItems = Object.values(contributes.menus ?? {}).flat();
  const clauses = valuesOf(contributes, ['when', 'enablement']);
  const usedNls = [...text.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
  const inCode = (id: string): boolean => code.includes(`'${id}'`);

  return [
    ...listingProblems(await readListing()),
    {
      name: 'the table of commands and package.json say the same',
      problems: commandProblems(contributes, COMMANDS),
    },
    {
      name: 'every contributed view is named in src/',
      problems: viewIds.filter((id) => !inCode(id)).map((id) => `${id} does not occur in src/.`),
    },
    {
      name: 'menus name what is contributed',
      problems: menuItems
        .map(({ command, submenu }) => command ?? submenu ?? '')
        .filter((id) => !commands.includes(id) && !submenus.includes(id))
        .map((id) => `A menu names ${id}, which is not contributed.`),
    },
    {
      name: 'every %key% is in package.nls.json, and every entry there is used',
      problems: [
        ...usedNls.filter((key) => !(key in nls)).map((key) => `package.nls.json has no ${key}.`),
        ...Object.keys(nls)
          .filter((key) => !usedNls.includes(key))
          .map((key) => `${key} in package.nls.json is used nowhere.`),
      ],
    },
    {
      name: 'when clauses use known keys and views',
      problems: [
        ...clauses
          .flatMap(keysOfWhen)
          .filter((key) => !vscodeKeys.has(key) && !key.startsWith('config.kubeflowIrsa.') && !inCode(key))
          .map((key) => `A when clause uses ${key}, which neither VS Code nor src/ sets.`),
        ...clauses
          .flatMap((clause) => [...clause.matchAll(/\bview == ([\w.]+)/g)].map((match) => match[1] ?? ''))
          .filter((id) => !viewIds.includes(id))
          .map((id) => `A when clause names the view ${id}, which is not contributed.`),
      ],
    },
    {
      name: 'buttons and events of the walkthrough are of what there is',
      problems: walkthroughProblems(contributes, nls, inCode),
    },
    {
      name: 'no activation event starts the extension early',
      problems: manifest.activationEvents
        .filter((event) => !calmEvents.test(event))
        .map((event) => `The activation event ${event} starts the extension where nobody asked for it.`),
    },
    {
      name: 'icons, pictures and schemas exist',
      problems: filesOfManifest(manifest)
        .filter((file) => !file.startsWith('dist/') && !existsSync(path.join(root, file)))
        .map((file) => `package.json names ${file}, which does not exist.`),
    },
  ];
}
