/** `kubeflow-irsa`: the same core without an editor. Runs a row of the table of commands; says what stopped it, and how it ends. */
import manifest from '../../package.json' with { type: 'json' };
import { messageOf, spoken } from '../core/text.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { isCancelled } from '../provisioning/wait.ts';
import { COMMANDS } from './commands.ts';
import { commandOf, EXIT, readArguments, usage, UsageError } from './parse.ts';

const { version } = manifest;

async function run(argv: readonly string[]): Promise<number> {
  const wanted = readArguments(argv, COMMANDS);
  if (wanted.kind === 'run') {
    const { command, values, context } = wanted;
    return COMMANDS[command]?.run(values, { ...context, version }) ?? EXIT.couldNotRun;
  }
  process.stdout.write(wanted.kind === 'help' ? usage(COMMANDS, wanted.command) : `${version}\n`);
  return EXIT.done;
}

/** Codes of errors that say what a profile lacks; every other error means that it could not be looked at. */
const LACKING = new Set(['absent', 'NoRole', 'NoBucket', 'NoSuchBucket', 'NotActive']);

/** Whether what comes to stdout is to be one JSON object, also where something else is wrong with the arguments. */
const wantsJson = (argv: readonly string[]): boolean =>
  argv.includes('--json') || argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json';

/** Says why a command did not come to its end; the exit code. */
function stopped(error: unknown, argv: readonly string[]): number {
  const cancelled = isCancelled(error);
  const message = spoken(messageOf(error));
  const command = commandOf(argv, COMMANDS);
  const notRun = command === undefined ? undefined : COMMANDS[command]?.notRun;
  if (notRun !== undefined && wantsJson(argv)) {
    const shown = cancelled ? { cancelled: true, steps: [] } : { error: message, ...notRun(message) };
    process.stdout.write(`${JSON.stringify({ command, ...shown }, undefined, 2)}\n`);
  } else {
    const help = ['kubeflow-irsa', ...(command === undefined ? [] : [command]), '--help'].join(' ');
    const lines = cancelled ? ['Cancelled. Nothing was changed.'] : [message];
    if (error instanceof UsageError) lines.push(`Run ${help} for what there is.`);
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  if (cancelled) return EXIT.stopped;
  return error instanceof OutsideError && LACKING.has(error.code) ? EXIT.notAsWanted : EXIT.couldNotRun;
}

/**
 * A reader that goes away, as `| head` does, ends no run that is under way. What could not be written for another reason, such as a full
 * disk, is told and is no success.
 */
function watchOutput(): void {
  let lost: string | undefined;
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= messageOf(error);
  });
  process.on('exit', () => {
    if (lost === undefined) return;
    process.stderr.write(`The output could not be written: ${lost}\n`);
    process.exitCode = EXIT.couldNotRun;
  });
}

async function main(argv: readonly string[]): Promise<void> {
  watchOutput();
  process.exitCode = await run(argv).catch((error: unknown) => stopped(error, argv));
  if (process.exitCode !== EXIT.stopped) return;
  // Whatever is still under way is not waited for, once all that was said has been written.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
  process.exit();
}

void main(process.argv.slice(2));
