/** What package.json says of the walkthrough's steps, and the sample that one of them opens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import texts from '../../package.nls.json' with { type: 'json' };
import { readManifest, walkthroughProblems } from '../../scripts/manifest.ts';
import { lint } from '../../src/core/lint.ts';
import './vscode-stub.ts';
import { fixAll } from './lint-kit.ts';

const { SAMPLE } = await import('../../src/commands/openSample.ts');
const { contributes } = await readManifest();
type Step = NonNullable<(typeof contributes)['walkthroughs']>[number]['steps'][number];
const isKey = (key: string): boolean => /^kubeflowIrsa\.(listed|applied|proven)$/.test(key);

test('each step has a button that does something, an event that comes, and words for its picture', () =>
  assert.deepEqual(walkthroughProblems(contributes, texts, isKey), []));

const step: Step = {
  id: 'clusters',
  description: '[Show](command:kubeflowIrsa.clusters.focus)',
  media: { svg: 'a.svg', altText: 'The tree' },
  completionEvents: ['onView:kubeflowIrsa.clusters'],
};
const wrong: readonly (readonly [what: string, change: Partial<Step>, problem: RegExp])[] = [
  [
    'a button without a command',
    { description: '[Show](command:kubeflowIrsa.show)' },
    /has a button for kubeflowIrsa\.show/,
  ],
  ['no button', { description: 'Look.' }, /has no button/],
  [
    'a command that is not there',
    { completionEvents: ['onCommand:kubeflowIrsa.show'] },
    /waits for onCommand:kubeflowIrsa\.show/,
  ],
  ['a view that is not there', { completionEvents: ['onView:clusters'] }, /waits for onView:clusters/],
  [
    'a key that nobody sets',
    { completionEvents: ['onContext:kubeflowIrsa.done'] },
    /waits for onContext:kubeflowIrsa\.done/,
  ],
  ['an event that VS Code does not know', { completionEvents: ['onApply:x'] }, /waits for onApply:x/],
  ['no event', { completionEvents: [] }, /never completes itself/],
  ['a picture without words', { media: { svg: 'a.svg' } }, /says nothing to who sees no picture/],
];
for (const [what, change, problem] of wrong)
  test(`a step of the walkthrough: ${what}`, () => {
    const walkthroughs = [{ id: 'w', steps: [{ ...step, ...change }] }];
    const problems = walkthroughProblems({ ...contributes, walkthroughs }, {}, isKey);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });

test('the sample has the two mistakes that it says, and fix-all leaves none', () => {
  assert.deepEqual(
    lint(SAMPLE).map(({ id }) => id),
    ['KP-006', 'KP-051'],
  );
  assert.deepEqual(lint(fixAll(SAMPLE)), []);
});
