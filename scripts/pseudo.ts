// A language that nobody speaks, made of the English texts: whoever sees a text without brackets has found one that no translator
// sees, and whoever sees no closing bracket has found one that is cut.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './processes.ts';

/** Its name: that of Windows' pseudo-locale. */
export const PSEUDO = 'qps-ploc';
const FROM = 'aceginorsuyzACEINOSUZ';
const TO = 'áçéğíñóřšúýžÁÇÉÍÑÓŠÚŽ';
/** Holes, code, links to commands and settings, and icons stay as they are. */
const KEPT = /\{\d+\}|\(command:[^)]+\)|`[^`]+`|#[\w.]+#|\$\([\w~-]+\)/g;
/** Names of the product, which are the same in each language. */
const NAMES: ReadonlySet<string> = new Set(['extension.displayName', 'view.container']);

const accented = (text: string): string => [...text].map((letter) => TO[FROM.indexOf(letter)] ?? letter).join('');

/** The text with accents, 40 % longer, in brackets; holes, code and links stay as they are. A text of lines stays one of lines. */
export function pseudo(text: string): string {
  const inLine = (line: string): string => {
    const kept = line.match(KEPT) ?? [];
    const letters = line.split(KEPT).map(accented);
    const whole = letters.map((part, at) => part + (kept[at] ?? '')).join('');
    return whole.replace(/^(\[?)(.*?)((?:\]\(command:[^)]+\))?)$/s, (_, open: string, inner: string, end: string) => {
      const longer = '~'.repeat(Math.ceil(inner.length * 0.4));
      return `${open}⟦${inner}${longer}⟧${end}`;
    });
  };
  return text.split('\n').map(inLine).join('\n');
}

/** Gives the extension that is installed in `extensions` the pseudo-language. */
export async function addPseudo(extensions: string, name: string): Promise<void> {
  const folder = (await readdir(extensions)).find((one) => one.includes(name));
  if (folder === undefined) throw new Error(`There is no ${name} in ${extensions}.`);
  const within = path.join(extensions, folder);
  for (const file of ['package.nls.json', path.join('l10n', 'bundle.l10n.json')]) {
    const texts = JSON.parse(await readFile(path.join(root, file), 'utf8')) as Record<string, string>;
    const made = Object.entries(texts).map(([key, text]) => [key, NAMES.has(key) ? text : pseudo(text)]);
    const target = path.join(within, file.replace(/\.json$/, `.${PSEUDO}.json`));
    await writeFile(target, JSON.stringify(Object.fromEntries(made)));
  }
}
