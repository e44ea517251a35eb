/** What is kept, what is let go, and what a person hears of an error: the wrapper of commands and the documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { registered, screen, TabInputText, TabInputTextDiff, told } from './vscode-stub.ts';

const { createHost } = await import('../../src/host.ts');
const { Cancelled, Problem } = await import('../../src/problem.ts');
const { createDocuments, documentUri } = await import('../../src/wizard/documents.ts');

const context = {
  subscriptions: [],
  extension: { packageJSON: { version: '1.2.3' } },
} as unknown as vscode.ExtensionContext;

test('an error of what a person chose next is shown and logged, and rejects nothing', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const host = createHost(context);
  Object.assign(told, { log: [], errors: [], answer: 'Try Again' });
  await host.attempt('applyPlan', () => {
    throw new Problem('The cluster is away.', [{ title: 'Try Again', command: 'nobody.has.this' }]);
  });
  await turn();
  await turn();
  assert.deepEqual(told.errors, ['The cluster is away.']);
  assert.ok(
    told.log.some((line) => line.includes("command 'nobody.has.this' not found")),
    told.log.join(),
  );
  await host.attempt('applyPlan', () => {
    throw new Cancelled();
  });
  assert.equal(told.errors.length, 1, 'who cancels is told nothing');
  assert.deepEqual(unhandled, []);
  process.off('unhandledRejection', note);
});

test('VS Code is told of new actions once more, as it may keep the old ones; of several documents together, and not after the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const documents = createDocuments();
  let times = 0;
  registered.lenses?.onDidChangeCodeLenses(() => (times += 1));
  documents.update(documentUri('one', ''), 'Being applied', []);
  documents.update(documentUri('other', ''), 'Done', []);
  assert.equal(times, 2);
  t.mock.timers.tick(1_000);
  assert.equal(times, 3);
  documents.update(documentUri('one', ''), 'Done', []);
  documents.dispose();
  t.mock.timers.tick(10_000);
  assert.equal(times, 4);
});

test('a comparison that is closed is not kept; one side that is open elsewhere is', () => {
  const documents = createDocuments();
  const closed: string[] = [];
  documents.onDidClose((uri) => closed.push(uri.toString()));
  const [before, after] = ['before', 'after'].map((side) => documentUri('team-a role.json', side));
  assert.ok(before && after);
  for (const side of [before, after]) documents.update(side, '{}', []);
  const text = (uri: vscode.Uri): string | undefined => registered.content?.provideTextDocumentContent(uri as never);
  const comparison = new TabInputTextDiff(before as never, after as never);
  const alone = new TabInputText(after as never);
  screen.open(comparison);
  screen.open(alone);
  assert.equal(text(before), '{}');
  screen.close(comparison);
  assert.equal(text(before), undefined);
  assert.equal(text(after), '{}');
  screen.close(alone);
  assert.equal(text(after), undefined);
  assert.deepEqual(closed, [before.toString(), after.toString()]);
});
