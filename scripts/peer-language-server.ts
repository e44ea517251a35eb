// Runs aws-iam-language-server, which no registry has, on a list of files; started by compare.ts.
// Usage: peer-language-server.ts CHECKOUT INPUT OUTPUT     INPUT: JSON [{ "language": "json" or "hcl", "text": "…" }, …]
// CHECKOUT: its repository with what its package.json depends on. OUTPUT: for each file what was reported, as codes of its diagnostics.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { main } from './processes.ts';

interface Manager {
  openDocument(uri: string, text: string, language: string): Promise<void>;
}
interface Told {
  readonly diagnostics: readonly { readonly code?: string; readonly message: string }[];
}

await main(async () => {
  const [checkout = '', input = '', output = ''] = process.argv.slice(2);
  const of = (file: string): string => pathToFileURL(path.resolve(checkout, 'src', file)).href;
  const { TreeManager } = (await import(of('lib/treesitter/manager.ts'))) as {
    TreeManager: new (connection: unknown) => Manager;
  };
  const { diagnosticsHandler } = (await import(of('handlers/diagnostics/diagnostics.ts'))) as {
    diagnosticsHandler: (document: unknown, trees: Manager, connection: unknown) => Promise<void>;
  };
  let told: Told['diagnostics'] = [];
  const nothing = (): void => undefined;
  const connection = {
    console: { log: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
    sendDiagnostics: (one: Told) => void (told = one.diagnostics),
  };
  const trees = new TreeManager(connection);
  const files = JSON.parse(await readFile(input, 'utf8')) as { language: string; text: string }[];
  const answers: string[][] = [];
  for (const [index, { language, text }] of files.entries()) {
    const uri = `compare://${index}`;
    told = [];
    await trees.openDocument(uri, text, language);
    await diagnosticsHandler({ uri, languageId: language, getText: () => text }, trees, connection);
    answers.push(told.map(({ code, message }) => code ?? message));
  }
  await writeFile(output, JSON.stringify(answers));
  return 0;
});
