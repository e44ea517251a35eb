// The thread that lints for the editor: it answers, and what breaks in it does not stay broken.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { applyEdits } from '../../src/core/fix.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { lintThread, type LintThread } from '../../src/editor/thread.ts';
import { profileFile } from '../fixtures/profile.ts';

const WORKER = path.join(import.meta.dirname, '../../src/editor/worker.ts');
const profile = (annotateOnly: string): string => profileFile('team-a', { annotateOnly });
const job = (text: string) => ({ path: 'a.yaml', files: [{ path: 'a.yaml', text }], options: {} });

async function withThread(script: string, work: (thread: LintThread) => Promise<void>): Promise<void> {
  const thread = lintThread(script);
  try {
    await work(thread);
  } finally {
    thread.dispose();
  }
}

test('it finds, fixes and silences', async () => {
  await withThread(WORKER, async (thread) => {
    const text = profile('"true"');
    const [found] = await thread.run('file', { file: { path: 'a.yaml', text }, options: {} });
    assert.ok(found);
    assert.equal(found.id, 'KP-006');
    assert.deepEqual(
      (await thread.run('folder', job(text))).get('a.yaml')?.map(({ id }) => id),
      ['KP-006'],
    );
    assert.equal(await thread.run('fix', job(text)), profile('true'));
    assert.equal(await thread.run('fix', { ...job(text), kind: 'KP-001' }), text, 'another kind');
    const edit = await thread.run('ignore', { ...job(text), finding: found, mark: '#' });
    assert.equal(edit?.newText, '        # kubeflow-irsa: ignore KP-006 ${1:reason}\n');
    assert.deepEqual(
      (await thread.run('profiles', { text, language: 'yaml' })).map(({ profile, owner }) => [profile, owner]),
      [['team-a', 'alice@example.com']],
    );
    const off = { severities: { 'KP-006': 'off' } } as const;
    assert.deepEqual(await thread.run('file', { file: { path: 'a.yaml', text }, options: off }), [], 'other options');
  });
});

test('it reads Terraform with the files beside it, mends and silences', async () => {
  await withThread(WORKER, async (thread) => {
    const text = `resource "kubernetes_service_account" "x" {
  metadata {
    annotations = {
      (local.key) = aws_iam_role.x.arn
      "eks.amazonaws.com/role_arn" = "arn:aws:iam::111122223333:role/a"
    }
  }
}
`;
    const locals = { path: 'locals.tf', text: 'locals {\n  key = "eks.amazonaws.com/role-arn"\n}\n' };
    const both = { path: 'main.tf', files: [{ path: 'main.tf', text }, locals], options: {} };
    const file = { path: 'main.tf', text };
    const [found] = (await thread.run('folder', both)).get('main.tf') ?? [];
    assert.ok(found);
    assert.equal(text.slice(found.start, found.end), '"eks.amazonaws.com/role_arn"');
    assert.equal((await thread.run('file', { file, options: {} }))[0]?.id, found.id);
    assert.doesNotMatch(await thread.run('fix', both), /role_arn/, 'the right one is there already');
    const edit = await thread.run('ignore', { ...both, finding: found, mark: '#' });
    assert.equal(edit?.newText, `      # kubeflow-irsa: ignore ${found.id} \${1:reason}\n`);
    assert.deepEqual(await thread.run('declared', { file }), []);
  });
});

test('it writes each known role for a profile that has none', async () => {
  await withThread(WORKER, async (thread) => {
    const bare = `# EKS\n${profile('true').replace(/  plugins:[^]*$/, '')}`;
    const file = { path: 'a.yaml', text: bare };
    const [found] = await thread.run('file', { file, options: {} });
    assert.equal(found?.id, 'KP-002');
    const roles = ['arn:aws:iam::111122223333:role/Team-A', 'arn:aws:iam::111122223333:role/other'];
    const fixes = await thread.run('withRoles', { file, options: {}, finding: found, profile: 'team-a', roles });
    assert.deepEqual(
      fixes.map(({ title }) => title),
      roles.map((role) => `Add the IRSA plugin: use ${role}`),
    );
    assert.deepEqual(
      fixes.map(({ edits }) => applyEdits(bare, edits)),
      roles.map((role) => `# EKS\n${profile('true').replace('arn:aws:iam::111122223333:role/team-a', role)}`),
    );
  });
});

test('a job that breaks does not take the others with it', async () => {
  await withThread(WORKER, async (thread) => {
    await assert.rejects(thread.run('file', undefined as never), /TypeError/);
    assert.deepEqual(await thread.run('file', { file: { path: 'a.yaml', text: profile('true') }, options: {} }), []);
  });
});

test('a thread that cannot start, or is ended, rejects what waits', async () => {
  await withThread(path.join(import.meta.dirname, 'no-such-file.js'), async (thread) => {
    await assert.rejects(thread.run('fix', job('')), /no-such-file/);
  });
  await withThread(WORKER, async (thread) => {
    const waiting = assert.rejects(thread.run('fix', job(profile('true'))), /closed/);
    thread.dispose();
    await waiting;
  });
});

test('it compares a file with what is live, and is silent where a comment or a setting says so, or nothing is known', async () => {
  await withThread(WORKER, async (thread) => {
    const text = profile('true');
    const file = { path: 'a.yaml', text };
    const said = async (of: string): Promise<readonly string[]> => {
      const [one, ...others] = await thread.run('declared', { file: { ...file, text: of } });
      assert.deepEqual([one?.kind, one?.name, one?.file, others.length], ['profile', 'team-a', 'a.yaml', 0]);
      return one?.says.flatMap(({ what, ignored }) => (ignored ? [] : [what])) ?? [];
    };
    assert.deepEqual(await said(text), ['owner', 'plugins', 'quota']);
    const other = newProfile('team-a', 'bob@example.com', 'arn:aws:iam::111122223333:role/team-a', true);
    const things = { roles: {}, profiles: { 'team-a': other }, providers: {} };
    const [found, ...more] = await thread.run('drift', { file, options: {}, things });
    assert.ok(found);
    assert.deepEqual(
      [found.id, found.severity, text.slice(found.start, found.end)],
      ['KP-090', 'warning', 'alice@example.com'],
    );
    assert.deepEqual(more, []);
    const off = { severities: { 'KP-090': 'off' } } as const;
    assert.deepEqual(await thread.run('drift', { file, options: off, things }), []);
    const silenced = text.replace(/^( *)(name: alice)/m, '$1# kubeflow-irsa: ignore KP-090 she leaves\n$1$2');
    assert.deepEqual(await thread.run('drift', { file: { ...file, text: silenced }, options: {}, things }), []);
    assert.deepEqual(await said(silenced), ['plugins', 'quota']);
    assert.deepEqual(
      await thread.run('drift', { file, options: {}, things: { roles: {}, profiles: {}, providers: {} } }),
      [],
    );
  });
});
