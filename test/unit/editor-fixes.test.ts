// Quick-fixes whose answer takes a while: what is typed meanwhile is never reverted.
import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { afterEach, test } from 'node:test';
import type * as vscode from 'vscode';
import { applyEdits, applyFixes } from '../../src/core/fix.ts';
import { lint } from '../../src/core/lint.ts';
import type { Edit, Finding } from '../../src/core/finding.ts';
import type { Findings } from '../../src/editor/findings.ts';
import { profileFile } from '../fixtures/profile.ts';
import type { CodeAction } from './editor-stub.ts';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode'
      ? { url: new URL('editor-stub.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
const { CodeActionKind, Document, Range, registered, said } = await import('./editor-stub.ts');
const { registerFixes } = await import('../../src/editor/fixes.ts');
afterEach(() => said.splice(0));

const TWO = `${profileFile('team-a')}---\n${profileFile('team-b')}`;

/** A document with its fixes; what the lint thread is asked is answered when the test says so. */
function open(text: string, change: (finding: Finding) => Finding = (one) => one) {
  const document = new Document(text);
  const waiting: (() => void)[] = [];
  const later = <T>(answer: T): Promise<T> => new Promise((resolve) => waiting.push(() => resolve(answer)));
  const findingsNow = (): Finding[] => lint(document.getText()).map(change);
  const findings = {
    documents: () => [document],
    of: async () => findingsNow(),
    profiles: async () => [],
    fixed: (_: unknown, kind?: string) =>
      later(
        applyFixes(
          document.getText(),
          findingsNow().filter(({ id }) => kind === undefined || id === kind),
        ),
      ),
    ignored: (_: unknown, { start }: Finding): Promise<Edit> =>
      later({
        start: document.getText().lastIndexOf('\n', start) + 1,
        end: document.getText().lastIndexOf('\n', start) + 1,
        newText: '        # ignored\n',
      }),
  };
  registerFixes(findings as unknown as Findings, () => undefined);
  const provider = registered.provider as vscode.CodeActionProvider;
  const whole = new Range(document.positionAt(0), document.positionAt(text.length));
  const offered = (only?: unknown): Promise<CodeAction[]> =>
    provider.provideCodeActions(
      document as never,
      whole as never,
      { only, diagnostics: [] } as never,
      {} as never,
    ) as unknown as Promise<CodeAction[]>;
  const chosen = (action: CodeAction): Promise<CodeAction> =>
    provider.resolveCodeAction?.(action as never, {} as never) as unknown as Promise<CodeAction>;
  return { document, offered, chosen, answer: () => waiting.splice(0).forEach((go) => go()) };
}

for (const title of [
  'Fix all KP-006 in this file',
  'Fix all Kubeflow IRSA problems in this file',
  'Ignore KP-006 here, with a reason',
])
  test(`"${title}" takes the text again after waiting: what was typed meanwhile is reverted`, async () => {
    const { document, offered, chosen, answer } = open(TWO);
    const action = (await offered()).find((one) => one.title === title);
    assert.ok(action);
    const resolved = chosen(action);
    const typed = `# typed meanwhile\n${TWO}`;
    document.type(typed);
    answer();
    const { edit } = await resolved;
    if (edit) document.apply(edit);
    assert.equal(document.getText(), typed);
    assert.deepEqual(said, ['The file changed meanwhile, so nothing was fixed: try again.']);
  });

test('the same where something is typed between menu and choice', async () => {
  const { document, offered, chosen, answer } = open(TWO);
  const action = (await offered()).find((one) => one.title.startsWith('Ignore KP-006'));
  assert.ok(action);
  document.type(`# typed\n${TWO}`);
  const resolved = chosen(action);
  answer();
  assert.equal((await resolved).edit, undefined);
  assert.equal(said.length, 1);
});

test('on saving too', async () => {
  const { document, offered, answer } = open(TWO);
  const actions = offered(CodeActionKind.SourceFixAll);
  await new Promise(setImmediate);
  document.type(`# typed\n${TWO}`);
  answer();
  assert.deepEqual(
    (await actions).map(({ edit }) => edit),
    [undefined],
  );
  assert.equal(said.length, 1);
});

test('where nothing was typed all is fixed, without a word', async () => {
  const { document, offered, chosen, answer } = open(TWO);
  const action = (await offered()).find((one) => one.title.startsWith('Fix all Kubeflow'));
  assert.ok(action);
  const resolved = chosen(action);
  answer();
  const { edit } = await resolved;
  assert.ok(edit);
  document.apply(edit);
  assert.equal(document.getText(), TWO.replaceAll('"true"', 'true'));
  assert.deepEqual(said, []);
});

test('"preferred" means safe: a fix that widens access or takes a right away is offered and never preferred', async () => {
  for (const effect of ['widens', 'takes-away'] as const) {
    const marked = (one: Finding): Finding => ({ ...one, fixes: one.fixes.map((fix) => ({ ...fix, effect })) });
    const { offered } = open(TWO, marked);
    const actions = await offered();
    const fixes = actions.filter(({ title }) => title === 'Change to true');
    assert.equal(fixes.length, 2);
    assert.deepEqual(
      actions.filter(({ isPreferred }) => isPreferred === true),
      [],
    );
    assert.deepEqual(
      actions.filter(({ title }) => title.startsWith('Fix all')),
      [],
    );
    assert.deepEqual(await offered(CodeActionKind.SourceFixAll), []);
    const all = lint(TWO).map(marked);
    assert.equal(applyFixes(TWO, all), TWO);
    assert.equal(
      applyEdits(
        TWO,
        all.flatMap(({ fixes: [fix] }) => fix?.edits ?? []),
      ),
      TWO.replaceAll('"true"', 'true'),
    );
  }
});

test('a fix of severity information is no part of "fix all", unless all of its kind are asked for', async () => {
  const { offered } = open(TWO.replaceAll('kubeflow.org/v1', 'kubeflow.org/v1beta1').replaceAll('"true"', 'true'));
  assert.deepEqual(
    (await offered()).map(({ title }) => title).filter((title) => title.startsWith('Fix all')),
    ['Fix all KP-017 in this file'],
  );
  assert.deepEqual(await offered(CodeActionKind.SourceFixAll), []);
});
