/** The plan of "Update Kubeconfig", carried out and undone on real files. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, beforeEach } from 'node:test';
import { parse, stringify } from 'yaml';
import { planKubeconfig, BACKUP, type KubeconfigWish } from '../../src/core/plan/kubeconfig.ts';
import { blockers, isDone, rows, type Plan } from '../../src/core/plan/plan.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import type { Cluster } from '../../src/core/observation.ts';
import { absent } from '../../src/core/reading.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { isOnPath, lookAtKubeconfigs } from '../../src/provisioning/kubeconfigDriver.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { cluster as dev, world } from './world.ts';

const cluster: Cluster = { ...dev, certificateAuthority: 'LS0tLS1CRUdJTg==' };
const { arn } = cluster;
const THEIRS = `# mine
apiVersion: v1
kind: Config
clusters:
- {name: kind, cluster: {server: "https://127.0.0.1:6443"}}
users:
- {name: kind, user: {token: s3cr3t}}
contexts:
- {name: kind, context: {cluster: kind, user: kind}}
current-context: kind
`;

/** The same with a cluster of our name that is another one. */
const OTHER = (text: string): string =>
  text.replace('clusters:\n', `clusters:\n- {name: "${arn}", cluster: {server: "https://other"}}\n`);

const root = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = path.join(root, String(count++));
  mkdirSync(folder);
});
const file = (name: string, text?: string, mode = 0o600): string => {
  const at = path.join(folder, name);
  if (text !== undefined) writeFileSync(at, text, { mode });
  return at;
};
const text = (at: string): string => readFileSync(at, 'utf8');
const data = (at: string) =>
  parse(text(at)) as Record<string, unknown> & { clusters: unknown[]; contexts: { name: string }[] };

const planned = async (files: readonly string[], wish: KubeconfigWish = {}, hasCommand = true): Promise<Plan> =>
  planKubeconfig(wish, cluster, { files: await lookAtKubeconfigs(files, arn), hasCommand });

async function carried(plan: Plan) {
  const journal = memoryJournal();
  const outside = world().outside();
  const result = await carryOut(plan, outside, { journal });
  return {
    result,
    written: () => JSON.stringify([plan, journal.entries()]),
    takeBack: async () => {
      const undone = await undo(structuredClone(journal.entries()), outside);
      assert.ok(undone.ok, JSON.stringify(undone.changes));
    },
  };
}
const reasons = (plan: Plan): string =>
  blockers(plan)
    .map(({ reason }) => reason)
    .join(' ');

test('a kubeconfig gets the entries, keeps a copy beside it, and is brought back letter by letter', async () => {
  const at = file('config', THEIRS, 0o640);
  const plan = await planned([at], { alias: 'dev', awsProfile: 'work' });
  assert.equal(reasons(plan), '');
  const { result, written, takeBack } = await carried(plan);
  assert.ok(result.ok);
  assert.deepEqual(
    data(at).contexts.map(({ name }) => name),
    ['kind', 'dev'],
  );
  assert.equal(data(at)['current-context'], 'kind', 'nobody asked to switch');
  assert.ok(text(at).startsWith('# mine\n'));
  assert.equal(statSync(at).mode & 0o777, 0o640, 'its mode stays');
  assert.equal(text(at + BACKUP), THEIRS);
  assert.equal(statSync(at + BACKUP).mode & 0o777, 0o600);
  assert.doesNotMatch(written(), /s3cr3t/, 'no secret of others is in the plan or the journal');
  assert.ok(isDone(await planned([at], { alias: 'dev', awsProfile: 'work' })));
  await takeBack();
  assert.equal(text(at), THEIRS);
  assert.deepEqual(readdirSync(folder), ['config']);
});

test('a file that is not there is made for nobody else to read, with its folder, and goes again', async () => {
  const at = path.join(folder, '.kube', 'config');
  const { result, takeBack } = await carried(await planned([at]));
  assert.ok(result.ok);
  assert.equal(statSync(at).mode & 0o777, 0o600);
  assert.equal(data(at)['current-context'] ?? '', '');
  await takeBack();
  assert.equal(existsSync(at), false);
});

test('a file that was made stays with what somebody has put into it since', async () => {
  const at = path.join(folder, 'made');
  const { takeBack } = await carried(await planned([at]));
  const kind = { name: 'kind', cluster: { server: 'https://kind' } };
  writeFileSync(at, stringify({ ...data(at), clusters: [...data(at).clusters, kind] }));
  await takeBack();
  assert.deepEqual(data(at).clusters, [kind]);
});

test('undoing takes out the entries where somebody else has changed the file since', async () => {
  const at = file('config', THEIRS);
  const { takeBack } = await carried(await planned([at], { switch: true }));
  assert.equal(data(at)['current-context'], arn);
  writeFileSync(at, `${text(at)}# later\n`);
  await takeBack();
  assert.equal(text(at), `${THEIRS}# later\n`);
  // A context that was chosen since stays chosen.
  const again = await carried(await planned([at]));
  writeFileSync(at, text(at).replace('current-context: kind', `current-context: ${arn}`));
  await again.takeBack();
  assert.equal(text(at), `${THEIRS}# later\n`.replace('current-context: kind', `current-context: ${arn}`));
});

test('which of several files is changed is as kubectl has it', async () => {
  const [none, first, second] = [file('none'), file('first', 'kind: Config\n'), file('second', THEIRS)];
  await carried(await planned([none, first, second], { switch: true }));
  assert.deepEqual(
    data(first).contexts.map(({ name }) => name),
    [arn],
    'new entries go to the first that is there',
  );
  assert.equal(data(second)['current-context'], arn, 'the current context is where it was');
  assert.equal(data(second).contexts.length, 1);
  assert.equal(existsSync(none), false);
  const old = file('old', `clusters:\n- {name: ${arn}, cluster: {server: "https://old"}}\n`);
  await carried(await planned([first, old]));
  // client-go: an entry is changed where it is found first.
  assert.match(text(old), /https:\/\/old/);
  const [a, b] = [path.join(folder, 'a'), path.join(folder, 'b')];
  await carried(await planned([a, b]));
  assert.deepEqual([existsSync(a), existsSync(b)], [false, true], 'where none is there, the last is made');
});

test('what cannot be changed is said before anything is written, with the next step', async () => {
  const broken = file('broken', 'users: [{token: s3cr3t');
  assert.match(
    reasons(await planned([broken])),
    /no valid YAML \(line 1, column \d+\)\. Mend the file, or name another one\./,
  );
  assert.doesNotMatch(reviewText(await planned([broken])), /s3cr3t/);
  const real = file('real', THEIRS);
  symlinkSync(real, path.join(folder, 'link'));
  assert.match(
    reasons(await planned([path.join(folder, 'link')])),
    /is a link to .*real\. .*name the file that it leads to/,
  );
  symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'dangling'));
  assert.match(reasons(await planned([path.join(folder, 'dangling')])), /is a link to a file that is not there/);
  assert.match(reasons(await planned([folder])), /it is a folder/);
  assert.match(reasons(await planned([path.join(real, 'config')])), /a part of its path is no folder/);
  assert.match(
    reasons(await planned([real], { alias: 'kind' })),
    /has a context kind of cluster kind: choose another alias/,
  );
  assert.equal(reasons(await planned([real], { alias: 'constructor' })), '', 'a name is a name');
  const own = file('own', `users:\n- {name: "${arn}", user: {token: s3cr3t}}\n`);
  const kept = await planned([own]);
  assert.match(reasons(kept), /credentials of its own, which would be lost/);
  assert.doesNotMatch(JSON.stringify(kept), /s3cr3t/);
  writeFileSync(path.join(folder, 'latin'), Buffer.from([0x23, 0xe4, 0x0a]));
  assert.match(reasons(await planned([path.join(folder, 'latin')])), /not written in UTF-8/);
  assert.match(
    reasons(planKubeconfig({}, { ...dev, status: 'CREATING' }, { files: [], hasCommand: true })),
    /CREATING: wait until it is ACTIVE/,
  );
  for (const plan of [await planned([broken]), kept]) assert.equal((await carried(plan)).result.ok, false);
  assert.equal(text(own), `users:\n- {name: "${arn}", user: {token: s3cr3t}}\n`);
  // A root user may write anything.
  if (process.getuid?.() !== 0) {
    chmodSync(real, 0o400);
    assert.match(reasons(await planned([real])), /cannot be written: you may not write it/);
  }
});

test('a file that changes between plan and run is not overwritten', async () => {
  const at = file('config', THEIRS);
  const plan = await planned([at]);
  const other = OTHER(THEIRS);
  writeFileSync(at, other);
  const { result } = await carried(plan);
  assert.match(result.rows.map(({ reason }) => reason).join(' '), /changed since the plan was made/);
  assert.equal(text(at), other);
  // A change elsewhere in the file is none of it: it stays.
  writeFileSync(at, `${THEIRS}# later\n`);
  assert.ok((await carried(plan)).result.ok);
  assert.match(text(at), /# later\n/);
});

test('a lock of kubectl is waited for and never broken; one of a run that was ended is, and the run goes on', async () => {
  const at = file('config', THEIRS);
  const plan = await planned([at]);
  writeFileSync(`${at}.lock`, '');
  const { result } = await carried(plan);
  assert.match(
    result.rows.map(({ reason }) => reason).join(' '),
    /config\.lock says that another program is changing it/,
  );
  assert.equal(text(at), THEIRS);
  // As a process leaves it that is ended in the middle.
  writeFileSync(`${at}.lock`, 'kubeflow-irsa 999999999\n');
  writeFileSync(`${at}.kubeflow-irsa.new`, 'half of');
  writeFileSync(`${at}${BACKUP}`, THEIRS);
  const resumed = await carried(plan);
  assert.ok(resumed.result.ok);
  assert.deepEqual(readdirSync(folder).sort(), ['config', `config${BACKUP}`]);
  await resumed.takeBack();
  assert.equal(text(at), THEIRS);
});

test('the plan says what stays, what is missing, and who may read the file', async () => {
  const at = file('config', THEIRS, 0o644);
  chmodSync(at, 0o644);
  const review = reviewText(await planned([at], { ownToken: ['kubeflow-irsa'] }, false));
  assert.match(review, /The current context stays kind\. For this cluster: kubectl --context arn:/);
  assert.match(review, /The command kubeflow-irsa is not found on this machine/);
  assert.match(review, /Others of this machine may read .*config/);
  assert.match(review, /\+ .*command: kubeflow-irsa/);
  assert.ok(rows(await planned([at])).every(({ kind }) => kind !== 'blocked'));
});

test('runs for many clusters at once on one file: each comes in, and none is lost', async () => {
  const at = file('config', THEIRS);
  const names = Array.from({ length: 12 }, (_, index) => `c-${index % 6}`);
  const run = async (name: string): Promise<void> => {
    const one = { ...cluster, name, arn: arn.replace(/dev$/, name) };
    const plan = planKubeconfig({ alias: name }, one, {
      files: await lookAtKubeconfigs([at], one.arn),
      hasCommand: true,
    });
    const result = await carryOut(plan, { ...world().outside(), sleep });
    assert.ok(result.ok, JSON.stringify(result.rows));
  };
  await Promise.all(names.map(run));
  assert.deepEqual(
    data(at)
      .contexts.map(({ name }) => name)
      .sort(),
    [...new Set(names), 'kind'],
  );
  assert.deepEqual(readdirSync(folder).sort(), ['config', `config${BACKUP}`]);
});

test('who changes a file in one process waits for the others there, whenever they come, and not for a turn of the lock', async () => {
  const at = file('config', THEIRS);
  let waits = 0;
  const sleep = async (): Promise<void> => void waits++;
  const plans = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const one = { ...cluster, name: `c-${index}`, arn: arn.replace(/dev$/, `c-${index}`) };
      return planKubeconfig({}, one, { files: await lookAtKubeconfigs([at], one.arn), hasCommand: true });
    }),
  );
  const run = async (plan: Plan): Promise<void> =>
    assert.ok((await carryOut(plan, { ...world().outside(), sleep })).ok, plan.title);
  const [late, ...others] = plans;
  assert.ok(late);
  const runs = others.map(run);
  await Promise.race(runs);
  await Promise.all([...runs, run(late)]);
  assert.equal(waits, 0);
  assert.equal(data(at).contexts.length, 9);
});

test('who may not write is told which folder or file it is about', async () => {
  // A root user may write anything.
  if (process.platform === 'win32' || process.getuid?.() === 0) return;
  const at = file('config', THEIRS);
  chmodSync(at, 0o444);
  const closed = path.join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o555);
  const fixed = async (one: string) => (await lookAtKubeconfigs([one], arn))[0]?.fixed;
  assert.equal(await fixed(at), 'you may not write it');
  assert.equal(await fixed(path.join(closed, 'config')), `you may not write into ${closed}`);
  assert.equal(await fixed(path.join(closed, 'below', 'config')), `you may not write into ${closed}`);
});

test('what is no file is not replaced, and a link stays a link', async () => {
  if (process.platform === 'win32') return;
  const [none] = await lookAtKubeconfigs(['/dev/null'], arn);
  assert.equal(none?.fixed, 'it is no file');
  assert.match(reasons(await planned(['/dev/null'])), /it is no file/);
  assert.deepEqual(await lookAtKubeconfigs([file('config', THEIRS)], arn).then(([one]) => Object.keys(one ?? {})), [
    'path',
    'reading',
  ]);
  assert.deepEqual(await lookAtKubeconfigs([file('none')], arn), [{ path: file('none'), reading: absent }]);
  const [below] = await lookAtKubeconfigs([path.join(file('config'), 'below')], arn);
  assert.equal(below?.fixed, 'it cannot be looked at (ENOTDIR)');
  // Made a link between plan and run.
  const at = file('later', THEIRS);
  const plan = await planned([at]);
  rmSync(at);
  symlinkSync(path.join(folder, 'config'), at);
  const { result } = await carried(plan);
  assert.match(result.rows.map(({ reason }) => reason).join(' '), /was not changed: it is a link\./);
  assert.equal(text(at), THEIRS);
});

test('a lock of a process that runs is waited for; one of no number is not ours', async () => {
  const at = file('config', THEIRS);
  const plan = await planned([at]);
  for (const owner of [`kubeflow-irsa ${process.pid}\n`, 'kubeflow-irsa 0\n', 'kubeflow-irsa 999999999']) {
    writeFileSync(`${at}.lock`, owner);
    const { result } = await carried(plan);
    assert.equal(result.ok, false, owner);
    assert.equal(text(`${at}.lock`), owner);
  }
});

test('a copy beside the file is brought back only where the file is what we made of it', async () => {
  const at = file('config', THEIRS);
  const copy = at + BACKUP;
  const again = async (change: (made: string) => void): Promise<void> => {
    writeFileSync(at, THEIRS);
    rmSync(copy, { force: true });
    const { takeBack } = await carried(await planned([at]));
    change(text(at));
    await takeBack();
  };
  // Not our copy: what it says of others is not brought back.
  await again(() => writeFileSync(copy, `# older\n${THEIRS}`));
  assert.equal(text(at), THEIRS);
  // One that cannot be read, or has the cluster already.
  for (const other of ['users: [{', '', OTHER(THEIRS)]) {
    await again(() => writeFileSync(copy, other));
    assert.equal(text(at), THEIRS, other);
  }
});

test('whether a command is there, by its name or its path', async () => {
  const at = file('tool', '#!/bin/sh\n', 0o755);
  chmodSync(at, 0o755);
  const env = { PATH: ['', folder].join(path.delimiter) };
  assert.deepEqual(await Promise.all([at, `${at}s`, 'tool', 'tools'].map((name) => isOnPath(name, env))), [
    true,
    false,
    true,
    false,
  ]);
  assert.equal(await isOnPath('tool', {}), false);
});

test('a context that is chosen since stays so, however it is written', async () => {
  for (const written of [arn, `"${arn}"`, `'${arn}'`]) {
    const at = file('chosen', THEIRS);
    rmSync(at + BACKUP, { force: true });
    const { takeBack } = await carried(await planned([at]));
    writeFileSync(at, text(at).replace('current-context: kind', `current-context: ${written}`));
    await takeBack();
    assert.equal(text(at), THEIRS.replace('current-context: kind', `current-context: ${written}`));
  }
});

test('a lock that goes is waited for, and then the file is changed', async () => {
  const at = file('config', THEIRS);
  const plan = await planned([at]);
  writeFileSync(`${at}.lock`, '');
  let waits = 0;
  const sleep = async (): Promise<void> => {
    if (++waits === 3) rmSync(`${at}.lock`);
  };
  const result = await carryOut(plan, { ...world().outside(), sleep });
  assert.ok(result.ok, JSON.stringify(result.rows));
  assert.equal(waits, 3);
  assert.notEqual(text(at), THEIRS);
});
