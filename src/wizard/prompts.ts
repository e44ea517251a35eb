/** The two prompts of the wizard: a list and a line of text, each with Back, "n of m", and problems said at once. */
import * as vscode from 'vscode';
import { spoken } from '../core/text.ts';
import { Cancelled } from '../problem.ts';

/** The user went one question back. */
export const BACK = Symbol('back');

/** What every prompt of one wizard shows. */
export interface Frame {
  readonly title: string;
  readonly step: number;
  readonly of: number;
  readonly canGoBack: boolean;
}

/** One line of a list: with a `value` it can be chosen, with `run` it does something first, with neither it explains. */
export interface Choice<T> extends vscode.QuickPickItem {
  readonly value?: T;
  readonly run?: () => Promise<unknown>;
  /** Asks on, in a prompt of its own: what comes of it is the answer; with {@link BACK} the list is shown again. */
  readonly ask?: () => Promise<T | typeof BACK>;
}

export interface PickOptions<T> extends Frame {
  readonly placeholder: string;
  /** Shows the lines, as often as more is known. Called again after `run` or a button. */
  readonly load: (show: (choices: readonly Choice<T>[]) => void, signal: AbortSignal) => Promise<void>;
  /** Fires when the lines must be read again. */
  readonly changed?: vscode.Event<void>;
  /** The line that Enter takes at first. */
  readonly isDefault?: (value: T) => boolean;
  /** The line for what is typed; undefined where typing only filters. */
  readonly typed?: (text: string) => Choice<T> | undefined;
  /** Whether who types this text means the listed line; without it: where the line has the text in it. */
  readonly means?: (label: string, text: string) => boolean;
  /** What is to be said of a choice, found out on Enter; undefined: it is taken. */
  readonly confirm?: (value: T) => Promise<Remark | undefined>;
  readonly buttons?: readonly {
    readonly icon: string;
    readonly tooltip: string;
    readonly run: () => Promise<unknown>;
  }[];
}

/** A remark on an answer. Only an error is in the way; the others are shown before Enter, pressed again, takes it. */
export interface Remark {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

export interface InputOptions extends Frame {
  readonly prompt: string;
  readonly placeholder: string;
  readonly value: string;
  /** While typing. */
  readonly check: (text: string) => Remark | undefined;
  /** On Enter. */
  readonly confirm?: (text: string) => Promise<Remark | undefined>;
  /** When it settles, `check` knows more and is asked again. */
  readonly learning?: Promise<unknown>;
}

/** Text from outside in a label, where `$(x)` would be drawn as an icon. */
export const plain = (text: string): string => spoken(text).replace(/\$\(/g, '\\$(');

/**
 * A line that explains, and can be read but not chosen. It stays whatever is typed. The first sentence is its label, the rest
 * its detail: one line holds some 90 characters.
 */
export function explanation(icon: 'error' | 'warning' | 'info', text: string): Choice<never> {
  const [, first = text, rest = ''] = /^(.+?[.!?])\s+(\S.*)$/s.exec(text) ?? [];
  return { label: `$(${icon}) ${plain(first)}`, alwaysShow: true, ...(rest === '' ? {} : { detail: plain(rest) }) };
}

function frame(prompt: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox, options: Frame): void {
  prompt.title = options.title;
  // A single question has no number.
  if (options.of > 1) {
    prompt.step = options.step;
    prompt.totalSteps = options.of;
  }
  prompt.ignoreFocusOut = true;
}

/** Whether two values are the same line's: what is typed makes a new one each time. */
const alike = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Asks for one of a list. Throws {@link Cancelled} when dismissed. */
export async function pick<T>(options: PickOptions<T>): Promise<T | typeof BACK> {
  const list = vscode.window.createQuickPick<Choice<T>>();
  frame(list, options);
  list.placeholder = options.placeholder;
  list.matchOnDescription = true;
  list.keepScrollPosition = true;
  const buttons = (options.buttons ?? []).map(({ icon, tooltip }) => ({
    iconPath: new vscode.ThemeIcon(icon),
    tooltip,
  }));
  list.buttons = [...(options.canGoBack ? [vscode.QuickInputButtons.Back] : []), ...buttons];

  let choices: readonly Choice<T>[] = [];
  let said: { readonly remark: Remark; readonly value: T } | undefined;
  let touched = false;
  let loading = new AbortController();
  let elsewhere = false;
  let listening: vscode.Disposable | undefined;

  const typedChoice = (): Choice<T> | undefined => {
    const typed = list.value === '' ? undefined : options.typed?.(list.value);
    return typed === undefined ? undefined : { ...typed, alwaysShow: true };
  };
  const render = (confirming?: Choice<T>): void => {
    const before = list.activeItems[0];
    const typed = typedChoice();
    // Who types a part of a listed name means that one, and not a thing of just that name.
    const means = options.means ?? ((label, text) => label.includes(text));
    const meant = choices.find(({ label, value }) => value !== undefined && means(label, list.value));
    const items = [
      ...(said === undefined ? [] : [explanation(said.remark.severity, said.remark.message)]),
      ...choices,
      ...(typed === undefined ? [] : [typed]),
    ];
    list.items = items;
    const same = touched ? items.find((item) => item.value !== undefined && item.label === before?.label) : undefined;
    const preset =
      items.find((item) => item.value !== undefined && options.isDefault?.(item.value) === true) ??
      items.find((item) => item.value !== undefined) ??
      items.find((item) => item.ask !== undefined);
    const again = confirming === undefined ? undefined : items.find(({ value }) => alike(value, confirming.value));
    const active = again ?? (list.value === '' ? (same ?? preset) : (meant ?? typed));
    if (active !== undefined) list.activeItems = [active];
  };
  const load = async (): Promise<void> => {
    loading.abort();
    const own = (loading = new AbortController());
    list.busy = true;
    try {
      await options.load((next) => {
        if (own.signal.aborted) return;
        choices = next;
        render();
      }, own.signal);
    } finally {
      if (!own.signal.aborted) list.busy = false;
    }
  };

  try {
    return await new Promise<T | typeof BACK>((resolve, reject) => {
      const reloadAfter = async (run: () => Promise<unknown>): Promise<void> => {
        elsewhere = true;
        try {
          await run();
        } catch (error) {
          if (!(error instanceof Cancelled)) throw error;
        } finally {
          elsewhere = false;
        }
        list.show();
        await load();
      };
      listening = options.changed?.(() => {
        if (!elsewhere) void load().catch(reject);
      });
      const accept = async (): Promise<void> => {
        // Who types fast presses Enter before the line for it is there.
        const chosen = [list.selectedItems[0], list.activeItems[0], typedChoice()].find(
          (line) =>
            line !== undefined && (line.value !== undefined || line.run !== undefined || line.ask !== undefined),
        );
        if (chosen?.run !== undefined) return reloadAfter(chosen.run);
        if (chosen?.ask !== undefined) {
          elsewhere = true;
          const answer: T | typeof BACK = await chosen.ask().catch((error: unknown): typeof BACK => {
            if (error instanceof Cancelled) return BACK;
            throw error;
          });
          if (answer !== BACK) return resolve(answer);
          elsewhere = false;
          list.show();
          // Its lines went with it.
          return render();
        }
        if (chosen?.value === undefined) return;
        list.busy = true;
        list.enabled = false;
        const remark = await options.confirm?.(chosen.value);
        list.enabled = true;
        list.busy = false;
        const heard = alike(said?.value, chosen.value) && said?.remark.message === remark?.message;
        if (remark === undefined || (heard && remark.severity !== 'error')) return resolve(chosen.value);
        said = { remark, value: chosen.value };
        render(chosen);
      };
      list.onDidChangeValue(() => {
        said = undefined;
        if (options.typed !== undefined) render();
      });
      list.onDidChangeActive(() => (touched = true));
      list.onDidAccept(() => void accept().catch(reject));
      list.onDidTriggerButton((button) => {
        const own = options.buttons?.[buttons.indexOf(button as (typeof buttons)[number])];
        if (own === undefined) resolve(BACK);
        else void reloadAfter(own.run).catch(reject);
      });
      list.onDidHide(() => {
        if (!elsewhere) reject(new Cancelled());
      });
      list.show();
      void load().catch(reject);
    });
  } finally {
    loading.abort();
    listening?.dispose();
    list.dispose();
  }
}

const SEVERITY = {
  error: vscode.InputBoxValidationSeverity.Error,
  warning: vscode.InputBoxValidationSeverity.Warning,
  info: vscode.InputBoxValidationSeverity.Info,
} as const;

/** Asks for a line of text. Throws {@link Cancelled} when dismissed. */
export async function input(options: InputOptions): Promise<string | typeof BACK> {
  const box = vscode.window.createInputBox();
  frame(box, options);
  box.prompt = spoken(options.prompt);
  box.placeholder = options.placeholder;
  box.value = options.value;
  if (options.canGoBack) box.buttons = [vscode.QuickInputButtons.Back];

  let shown: Remark | undefined;
  const show = (remark: Remark | undefined): void => {
    shown = remark;
    box.validationMessage =
      remark === undefined ? undefined : { message: spoken(remark.message), severity: SEVERITY[remark.severity] };
  };
  /** Blanks come along where a name is pasted, and no answer begins or ends with one. */
  const typed = (): string => box.value.trim();
  // An empty line at the start is not yet a mistake.
  const check = (): void => show(typed() === '' ? undefined : options.check(typed()));

  try {
    return await new Promise<string | typeof BACK>((resolve, reject) => {
      const accept = async (): Promise<void> => {
        const text = typed();
        const seen = shown?.message;
        const wrong = options.check(text);
        if (wrong?.severity === 'error') return show(wrong);
        box.busy = true;
        const remark = await options.confirm?.(text);
        box.busy = false;
        // What was typed meanwhile is another text.
        if (typed() !== text) return;
        if (remark === undefined || (remark.severity !== 'error' && remark.message === seen)) return resolve(text);
        show(remark);
      };
      box.onDidChangeValue(check);
      box.onDidAccept(() => void accept().catch(reject));
      box.onDidTriggerButton(() => resolve(BACK));
      box.onDidHide(() => reject(new Cancelled()));
      box.show();
      check();
      void options.learning?.then(check, check);
    });
  } finally {
    box.dispose();
  }
}
