/** What a table of commands is made of, and its folds: reading arguments, help, the tables of docs/command-line.md. */
import { parseArgs } from 'node:util';

/** A wish that cannot be understood; the message says what is wrong. */
export class UsageError extends Error {}

/** Exit codes, for all commands; the last as shells have it: 128 and the number of SIGINT. */
export const EXIT = { done: 0, notAsWanted: 1, couldNotRun: 2, stopped: 130 } as const;

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly help: string;
  /** What stands for its value in help. */
  readonly value?: string;
  readonly required?: true;
  readonly multiple?: true;
  readonly default?: string;
  /** Without a default: what holds where it is not given, in words. */
  readonly otherwise?: string;
  readonly choices?: readonly string[];
  /** What is wrong with a value, if anything; `given` are the texts of the other options. */
  readonly check?: (value: string, given: Readonly<Record<string, string>>) => string | undefined;
}
type Options = Readonly<Record<string, Option>>;

type TextOf<O extends Option> = O['choices'] extends readonly (infer Choice)[] ? Choice : string;
type ValueOf<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { multiple: true }
    ? readonly TextOf<O>[]
    : O extends { required: true } | { default: string }
      ? TextOf<O>
      : TextOf<O> | undefined;
/** What a command gets for its options. */
type Values<O extends Options> = { readonly [Name in keyof O]: ValueOf<O[Name]> };

export interface Context {
  /** What was given besides options. */
  readonly paths: readonly string[];
  /** Of this product. */
  readonly version: string;
}

interface Row<O extends Options> {
  /** What it does, in a few words. */
  readonly summary: string;
  readonly options: O;
  /** Name of what it may be given besides options, and what that is. */
  readonly paths?: readonly [name: string, help: string];
  /** What the exit codes 0, 1 and 2 mean. */
  readonly exits: readonly [done: string, notAsWanted: string, couldNotRun: string];
  /** What its JSON has besides `command` and `error` where it could not run; absent: it has no option `--json`. */
  readonly notRun?: (message: string) => Readonly<Record<string, unknown>>;
  /** The exit code. Its work is loaded here. */
  readonly run: (values: Values<O>, context: Context) => Promise<number>;
}
type Command = Omit<Row<Options>, 'run'> & {
  readonly run: (values: never, context: Context) => Promise<number>;
};
export type Commands = Readonly<Record<string, Command>>;

/** A row of the table, whose `run` gets values of the types that its options say. */
export const command = <const O extends Options>(row: Row<O>): Command => row;

/** For all commands. */
const GENERAL: Options = {
  help: { type: 'boolean', help: 'what there is' },
  version: { type: 'boolean', help: 'the version' },
};

type Wanted =
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly command?: string }
  | { readonly kind: 'run'; readonly command: string; readonly values: never; readonly context: { paths: string[] } };

/** `a`, `a and b`, `a, b and c`. */
const listed = (words: readonly string[], and = 'and'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1) ?? ''}`;

const parse = (argv: readonly string[], commands: Commands) => {
  const options = Object.assign({}, GENERAL, ...Object.values(commands).map((row) => row.options)) as Options;
  const types = Object.entries(options).map(([name, { type }]) => [name, { type }] as const);
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(types),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  return {
    words: tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])),
    given: tokens.flatMap((token) => (token.kind === 'option' ? [token] : [])),
  };
};

/** The command that arguments are for, also where something else is wrong with them. */
export function commandOf(argv: readonly string[], commands: Commands): string | undefined {
  const [name] = parse(argv, commands).words;
  return name !== undefined && Object.hasOwn(commands, name) ? name : undefined;
}

/** Reads what is wanted. Throws {@link UsageError}. */
export function readArguments(argv: readonly string[], commands: Commands): Wanted {
  const { words, given } = parse(argv, commands);
  const [name, ...paths] = words;
  const asked = (option: string): boolean => given.some((token) => token.name === option);
  if (asked('version')) return { kind: 'version' };
  const names = Object.keys(commands);
  if (name === undefined) {
    if (argv.length === 0 || asked('help')) return { kind: 'help' };
    throw new UsageError(`Say what to do: ${listed(names, 'or')}.`);
  }
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (row === undefined) throw new UsageError(`There is no command "${name}": use ${listed(names, 'or')}.`);
  if (asked('help')) return { kind: 'help', command: name };

  const texts: Record<string, string[]> = {};
  const flags = new Set<string>();
  for (const { name: option, rawName, value, inlineValue } of given) {
    const spec = Object.hasOwn(row.options, option) ? row.options[option] : undefined;
    if (spec === undefined) throw new UsageError(strange(option, rawName, name, commands));
    if (spec.type === 'boolean') {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
      flags.add(option);
    } else if (value === undefined) {
      throw new UsageError(`${rawName} needs a value: ${rawName} ${spec.value ?? 'VALUE'}.`);
    } else if (inlineValue !== true && value.startsWith('-') && value.length > 1) {
      throw new UsageError(`${rawName} needs a value; one that begins with a dash is written ${rawName}=${value}.`);
    } else {
      texts[option] = spec.multiple === true ? [...(texts[option] ?? []), value] : [value];
    }
  }
  if (row.paths === undefined && paths[0] !== undefined) throw new UsageError(`Unexpected argument "${paths[0]}".`);
  return { kind: 'run', command: name, values: checked(row.options, texts, flags) as never, context: { paths } };
}

/** What to say of an option that the command does not have. */
function strange(option: string, rawName: string, name: string, commands: Commands): string {
  if (option === 'json' && commands[name]?.options['format']?.choices?.includes('json') === true)
    return `${rawName}: ${name} writes JSON with --format json.`;
  const owners = Object.keys(commands).filter((other) => Object.hasOwn(commands[other]?.options ?? {}, option));
  return owners.length === 0
    ? `There is no option ${rawName}.`
    : `${rawName} is an option of ${listed(owners)}, not of ${name}.`;
}

/** The values as the command gets them. What is wrong with a value is said before what is missing. */
function checked(
  options: Options,
  texts: Readonly<Record<string, readonly string[]>>,
  flags: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const given = Object.fromEntries(Object.entries(texts).map(([name, values]) => [name, values.at(-1) ?? '']));
  for (const [name, { choices, check }] of Object.entries(options))
    for (const value of texts[name] ?? []) {
      const wrong =
        choices !== undefined && !choices.includes(value)
          ? `use one of ${choices.join(', ')}.`
          : value === ''
            ? undefined
            : check?.(value, given);
      if (wrong !== undefined) throw new UsageError(`--${name} "${value}": ${wrong}`);
    }
  const missing = Object.keys(options).filter(
    (name) => (options[name]?.required === true && !given[name]) || given[name] === '',
  );
  if (missing.length > 0)
    throw new UsageError(`${listed(missing.map((name) => `--${name}`))} ${missing.length > 1 ? 'are' : 'is'} missing.`);
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple, default: fallback }]) => [
      name,
      type === 'boolean' ? flags.has(name) : multiple === true ? (texts[name] ?? []) : (given[name] ?? fallback),
    ]),
  );
}

const signature = (name: string, { value }: Option): string => `--${name}${value === undefined ? '' : ` ${value}`}`;

/** What it says, in Markdown. */
function meaning({ help, choices, default: fallback, otherwise = fallback }: Option): string {
  const values = choices === undefined ? '' : `: ${choices.map((choice) => `\`${choice}\``).join(', ')}`;
  return `${help}${values}${otherwise === undefined ? '' : ` (default: ${otherwise})`}`;
}

/** Characters in a line of help. */
const WIDTH = 110;

/** Two columns; a text that is too long goes on in its column. */
function columns(rows: readonly (readonly [left: string, right: string])[]): string {
  const indent = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows
    .map(([left, right]) => {
      const lines = [''];
      for (const word of right.replaceAll('`', '').split(' ')) {
        const line = lines.at(-1) ?? '';
        if (line !== '' && indent + line.length + word.length > WIDTH) lines.push(word);
        else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
      }
      return `  ${left.padEnd(indent)}${lines.join(`\n${' '.repeat(indent + 2)}`)}\n`;
    })
    .join('');
}

const exits = ([done, notAsWanted, couldNotRun]: Command['exits']): string =>
  `Exit codes: ${EXIT.done} ${done}, ${EXIT.notAsWanted} ${notAsWanted}, ${EXIT.couldNotRun} ${couldNotRun}, ${EXIT.stopped} stopped by Ctrl-C.\n`;

/** How it is called: with what it must be given. */
export function synopsis(name: string, { paths, options }: Pick<Command, 'options' | 'paths'>): string {
  const required = Object.entries(options).filter(([, option]) => option.required === true);
  const given = [...required.map(([key, option]) => signature(key, option)), ...(paths ? [`[${paths[0]}…]`] : [])];
  return ['kubeflow-irsa', name, ...given, '[OPTION…]'].join(' ');
}

/** What `--help` prints: of one command, or of all. */
export function usage(commands: Commands, name?: string): string {
  const row = name === undefined ? undefined : commands[name];
  if (row !== undefined) {
    const [paths, help] = row.paths ?? [];
    return [
      `kubeflow-irsa ${name ?? ''}: ${row.summary}\n\n  ${synopsis(name ?? '', row)}\n\n`,
      columns([
        ...(paths === undefined || help === undefined ? [] : [[paths, help] as const]),
        ...Object.entries(row.options).map(([key, option]) => [signature(key, option), meaning(option)] as const),
      ]),
      `\n${exits(row.exits)}`,
    ].join('');
  }
  return [
    'kubeflow-irsa: S3 access through IAM roles for service accounts for Kubeflow profiles on Amazon EKS\n\n',
    columns(Object.entries(commands).map(([key, { summary }]) => [`kubeflow-irsa ${key}`, summary])),
    '\n',
    columns([
      ['kubeflow-irsa COMMAND --help', 'the options of a command'],
      ['kubeflow-irsa --version', 'the version'],
    ]),
    `\n${exits(['done', 'not as wanted', 'could not run'])}`,
  ].join('');
}

/** The table of docs/command-line.md for some commands: an option, which of them have it, and what it says. */
export function optionTable(commands: Commands): string {
  const rows: { text: string; of: string[] }[] = [];
  for (const [name, { options }] of Object.entries(commands))
    for (const [key, option] of Object.entries(options)) {
      const text = `\`${signature(key, option)}\` | ${meaning(option)}`;
      const known = rows.find((row) => row.text === text);
      if (known === undefined) rows.push({ text, of: [name] });
      else known.of.push(name);
    }
  const all = Object.keys(commands).length;
  return [
    '| option | |',
    '| --- | --- |',
    ...rows.map(({ text, of }) => `| ${text}${of.length === all ? '' : `. Only for ${listed(of)}`} |`),
  ].join('\n');
}
