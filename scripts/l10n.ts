// Writes l10n/bundle.l10n.json, from which translators work: every text that src/ passes to `l10n.t`, and every phrase of the core,
// which the tree passes to it.
// Usage: npm run l10n
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';
import ts from 'typescript';
import { isEntry, main, root } from './processes.ts';

export const bundleFile = path.join(root, 'l10n', 'bundle.l10n.json');

/** What the bundle must hold, as text. */
export async function exportTexts(): Promise<string> {
  const speaking: string[] = [];
  const phrases: string[] = [];
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    const contents = await readFile(path.join(root, file), 'utf8');
    if (contents.includes('l10n')) speaking.push(contents);
    if (contents.includes('/phrase.ts')) phrases.push(...phrasesIn(contents));
  }
  // As one text: each that the tool is given costs it a twentieth of a second, whatever is in it.
  const all = await getL10nJson([{ extension: '.ts', contents: speaking.join('\n') }]);
  const texts = { ...all, ...Object.fromEntries(phrases.map((text) => [text, text])) };
  const sorted = Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify(sorted, undefined, 2)}\n`;
}

const parsed = (contents: string): ts.SourceFile =>
  ts.createSourceFile('file.ts', contents, ts.ScriptTarget.Latest, true);

/** The texts that stand in `phrase(…)` and `say(…)` (src/core/phrase.ts). */
export function phrasesIn(contents: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(phrase|say)$/.test(node.expression.getText())) {
      const [text] = node.arguments;
      if (text !== undefined && ts.isStringLiteralLike(text)) texts.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed(contents));
  return texts;
}

/** Files whose texts a person reads in VS Code. What they say of a finding, a plan or a run is the core's, and English (docs/languages.md). */
export const UI_FILES = 'src/{explorer,wizard,editor,commands}/**/*.ts,src/*.ts'.split(/,(?=src)/);

/** Words with a space between them, a capital and small letters, or an ellipsis: what a person reads, not an id. */
const isProse = (text: string): boolean =>
  /[A-Za-z]{2,},? +[A-Za-z({"$]/.test(text) || /^[A-Z][a-z]+[.…!?:]?$/.test(text) || /[a-z]{3}…/.test(text);

/** Texts in a file of the user interface that no translator sees. Logs and what is thrown at a programmer are not for people. */
export function literalsIn(contents: string): { line: number; text: string }[] {
  const file = parsed(contents);
  const found: { line: number; text: string }[] = [];
  const seen = (node: ts.Node, text: string): void => {
    if (isProse(text)) found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText();
      if (/(^|\.)(log\??|l10n)\.(t|debug|info|warn|error)$|^(phrase|say)$/.test(callee)) {
        node.arguments.slice(/t$|phrase|say/.test(callee) ? 1 : node.arguments.length).forEach(visit);
        return;
      }
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Error') return;
    if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name)) return visit(node.initializer);
    if (ts.isStringLiteralLike(node)) return seen(node, node.text);
    if (ts.isTemplateExpression(node)) {
      seen(node, node.head.text + node.templateSpans.map(({ literal }) => `{}${literal.text}`).join(''));
      node.templateSpans.forEach(({ expression }) => visit(expression));
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    await mkdir(path.dirname(bundleFile), { recursive: true });
    await writeFile(bundleFile, await exportTexts());
    return 0;
  });
}
