/** Runs on disk: what is written when, what a process that ends leaves, and how that is gone on with or taken back. */
import assert from 'node:assert/strict';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import type { Request } from '../../src/core/request.ts';
import { carryOutIn, endOf, goOn, isOpen, reachAgain, takeBack } from '../../src/provisioning/carried.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import type { Outside } from '../../src/provisioning/prove/trial.ts';
import { carryOut, type RunResult } from '../../src/provisioning/run.ts';
import { lookAtEdit } from '../../src/provisioning/lookEdit.ts';
import { planEdit, type Edit } from '../../src/core/plan/edit.ts';
import { readRun, type RunAbout } from '../../src/provisioning/runFile.ts';
import { KEPT, runsIn, type OpenRun, type RunFolder } from '../../src/provisioning/runs.ts';
import { asKept, variations } from './told.ts';
import { ACCOUNT, cluster, PROVIDER, putProfile, requestFor, world, worldWithProvider, type World } from './world.ts';

const base = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-runs-'));
after(() => rm(base, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => path.join(base, `f${++folders}`, 'runs');

const ABOUT: RunAbout = {
  command: 'apply',
  profile: 'team-x',
  cluster: 'dev',
  region: 'us-west-2',
  account: ACCOUNT,
  caller: `arn:aws:iam::${ACCOUNT}:user/me`,
};
const planIn = async (at: World, wish: Request = requestFor('team-x')): Promise<Plan> =>
  planProfile(wish, (await lookAt(wish, at.aws, at.connect)).facts);
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';
const jsonl = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
const textIn = async (folder: string): Promise<string> => {
  const [name] = await jsonl(folder);
  assert.ok(name);
  return readFile(path.join(folder, name), 'utf8');
};
const only = async (runs: RunFolder) => {
  const { runs: all, unread } = await runs.all();
  assert.deepEqual(unread, []);
  assert.equal(all.length, 1);
  assert.ok(all[0]);
  return all[0];
};
/** What a line says, in a word and its thing. */
const wordsOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const { ref, ...said } = JSON.parse(line) as Record<string, unknown> & { ref?: { kind: string } };
      const word = ['begun', 'done', 'kept', 'again', 'end'].find((one) => said[one] !== undefined) ?? '?';
      return `${word} ${ref?.kind ?? String(said[word])}`;
    });

test('a run is one file for its owner alone: head, a line begun and one done for each change, the end', async () => {
  const here = world();
  const folder = newFolder();
  const runs = runsIn(folder);
  const plan = await planIn(here);
  const result = await carryOutIn(runs, ABOUT, plan, here.outside());
  assert.ok(result.ok, failure(result));
  const [name = ''] = await jsonl(folder);
  assert.deepEqual(await readdir(folder), [name], 'no lock is left');
  if (process.platform !== 'win32') {
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal((await stat(path.join(folder, name))).mode & 0o777, 0o600);
  }
  const text = await textIn(folder);
  assert.deepEqual(wordsOf(text), [
    ...['begun iam/provider', 'done iam/provider', 'begun iam/role', 'done iam/role'],
    ...['begun iam/role-policy', 'done iam/role-policy'],
    // What the profile controller does because of it is begun with it.
    ...['begun k8s/profile', 'begun k8s/service-account', 'done k8s/profile', 'done k8s/service-account'],
    'end done',
  ]);
  for (const line of text.trimEnd().split('\n').slice(1))
    assert.ok(!('change' in (JSON.parse(line) as object)), 'a change that is as planned stands in the head');
  const run = await only(runs);
  assert.deepEqual(run.head.plan, JSON.parse(JSON.stringify(plan)));
  assert.deepEqual(
    [run.state, run.isGoingOn, run.head.run, run.head.profile, run.head.caller, run.head.account],
    ['done', false, result.run, 'team-x', ABOUT.caller, ACCOUNT],
  );
  assert.match(text, /^\{"format":1,"title":"profile team-x on dev/);
});

test('a plan with nothing to do leaves no trace', async () => {
  const here = world();
  const folder = newFolder();
  await carryOutIn(runsIn(folder), ABOUT, await planIn(here), here.outside());
  await carryOutIn(runsIn(folder), ABOUT, await planIn(here), here.outside());
  assert.equal((await jsonl(folder)).length, 1);
});

test('each change is on disk as begun before its call, with what follows from it', async () => {
  const here = world();
  const folder = newFolder();
  const seen: string[] = [];
  const plan = await planIn(here);
  here.onCall = (call) => {
    const [name = ''] = readdirSync(folder).filter((one) => one.endsWith('.jsonl'));
    if (here.writes().includes(call))
      seen.push(`${call}: ${wordsOf(readFileSync(path.join(folder, name), 'utf8')).at(-1) ?? ''}`);
    return undefined;
  };
  await carryOutIn(runsIn(folder), ABOUT, plan, here.outside());
  assert.deepEqual([...new Set(seen)].slice(0, 4), [
    'iam:CreateOpenIDConnectProvider: begun iam/provider',
    'iam:CreateRole: begun iam/role',
    'iam:PutRolePolicy: begun iam/role-policy',
    'create profiles: begun k8s/service-account',
  ]);
});

/** What a process leaves that ends at the n-th writing call: before it, or after its work. */
async function killedAt(
  nth: number,
  when: 'before' | 'after',
  start: (to: World) => void,
): Promise<{ here: World; before: unknown; folder: string; met: boolean }> {
  const here = world();
  start(here);
  const before = here.snapshot();
  const [at, folder] = [newFolder(), newFolder()];
  const plan = await planIn(here, requestFor('team-x', { adoptNamespace: true }));
  let left = nth;
  let copied = false;
  const done = here.writes().length;
  here.onCall = (call) => {
    if (copied) return 'refuse';
    const isWrite =
      here.writes().length > done &&
      /^(iam:(Create|Put|Update|Add)|create profiles|update |patch |create configmaps)/.test(call);
    if (!isWrite || left-- > 0) return undefined;
    copied = true;
    copy(at, folder);
    return when === 'before' ? 'refuse' : 'drop';
  };
  await carryOutIn(runsIn(at), ABOUT, plan, here.outside());
  here.onCall = () => undefined;
  return { here, before, folder, met: copied };
}
/** As it is on disk now; a lock names this process, which lives. */
function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((one) => one.endsWith('.jsonl')))
    copyFileSync(path.join(from, name), path.join(to, name));
}

const STARTS: Readonly<Record<string, (to: World) => void>> = {
  'nothing there': () => undefined,
  'a Profile by hand': (to) =>
    to.apply({
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata: { name: 'team-x' },
      spec: { owner: { kind: 'User', name: 'team-x@example.com' } },
    }),
  'a role to be mended': (to) => {
    to.providers.set(PROVIDER, { arn: PROVIDER, clientIds: ['other'] });
    putProfile(to, 'team-x', { name: 'team-x-dev-role', inline: [] });
  },
  'Pipelines, whose controller makes ConfigMaps first': (to) => {
    to.pipelines = '2.15.0';
  },
};
for (const [name, start] of Object.entries(STARTS))
  for (const when of ['before', 'after'] as const)
    test(`killed ${when} each call (${name}): unfinished, Resume ends in the wanted world, and Undo, also after it, in the one before`, async () => {
      const undisturbed = world();
      start(undisturbed);
      const wish = requestFor('team-x', { adoptNamespace: true });
      await carryOutIn(runsIn(newFolder()), ABOUT, await planIn(undisturbed, wish), undisturbed.outside());
      for (const end of ['resume', 'undo'] as const)
        for (let nth = 0; ; nth++) {
          const { here, before, folder, met } = await killedAt(nth, when, start);
          if (!met) {
            assert.ok(nth > 1);
            break;
          }
          const what = `${end}, call ${nth}`;
          const runs = runsIn(folder);
          const { head, state } = await only(runs);
          assert.equal(state, 'unfinished', what);
          if (end === 'resume') {
            const result = await goOn(await runs.open(head.run, 'resume'), here.outside());
            assert.ok(result.ok, `${what}: ${failure(result)}`);
            assert.equal(result.run, head.run);
            assert.equal((await only(runs)).state, 'done');
            assert.deepEqual(here.snapshot(), undisturbed.snapshot(), what);
          }
          const undone = await takeBack(await runs.open(head.run, 'undo'), here.outside());
          assert.ok(undone.ok, `${what}: ${JSON.stringify(undone.changes)}`);
          assert.equal((await only(runs)).state, 'undone');
          const shared = here.providers.get(PROVIDER);
          // The provider of the cluster stays where it was made, or widened: others may rest on it.
          if (shared !== undefined) here.providers.delete(PROVIDER);
          const without = (of: unknown): string => JSON.stringify(of).replaceAll(JSON.stringify(PROVIDER), '');
          if (name !== 'a role to be mended') assert.equal(without(here.snapshot([PROVIDER])), without(before), what);
        }
    });

test('after Undo there is nothing to resume, and a second one is told that it is done', async () => {
  const here = world();
  const runs = runsIn(newFolder());
  const { run } = await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
  await assert.rejects(runs.open(run, 'resume'), { code: 'Done', message: /is done: there is nothing to resume/ });
  here.calls.length = 0;
  await takeBack(await runs.open(run, 'undo'), here.outside());
  assert.deepEqual(
    here.calls.filter((call) => call.startsWith('s3:')),
    [],
    'of one that is done no proof was cut off',
  );
  await assert.rejects(runs.open(run, 'resume'), { code: 'Undone', message: /was undone: make the plan anew/ });
  await assert.rejects(runs.open(run, 'undo'), { code: 'Undone', message: /was undone already/ });
  await assert.rejects(runs.open('nothing', 'undo'), { code: 'NoRun', message: /There is no run "nothing"/ });
  await assert.rejects(runs.find('../../etc/passwd'), { code: 'NoRun' });
});

test('Undo that fails half-way stays unfinished; both Resume and Undo go on from there', async () => {
  for (const end of ['resume', 'undo'] as const) {
    const here = world();
    const before = here.snapshot();
    const runs = runsIn(newFolder());
    const { run } = await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
    const made = here.snapshot();
    here.onCall = (call) => (call === 'iam:DeleteRolePolicy' ? 'refuse' : undefined);
    assert.equal((await takeBack(await runs.open(run, 'undo'), here.outside())).ok, false);
    here.onCall = () => undefined;
    assert.equal((await only(runs)).state, 'unfinished');
    if (end === 'resume') {
      const result = await goOn(await runs.open(run, 'resume'), here.outside());
      assert.ok(result.ok, failure(result));
      assert.deepEqual(here.snapshot(), made);
    } else {
      assert.ok((await takeBack(await runs.open(run, 'undo'), here.outside())).ok);
      assert.deepEqual(here.snapshot([PROVIDER]), before);
    }
  }
});

test('what somebody changed meanwhile is overwritten neither by Resume nor by Undo', async () => {
  const { here, folder } = await killedAt(2, 'after', () => undefined);
  const role = here.roles.get('team-x-dev-role');
  assert.ok(role);
  here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text: '{"Version":"2012-10-17"}' }] });
  const theirs = here.snapshot();
  const runs = runsIn(folder);
  const { head } = await only(runs);
  const result = await goOn(await runs.open(head.run, 'resume'), here.outside());
  assert.match(failure(result), /changed since the plan was made; nothing was overwritten/);
  const undone = await takeBack(await runs.open(head.run, 'undo'), here.outside());
  assert.equal(undone.ok, false);
  assert.deepEqual(here.snapshot(), theirs);
  assert.equal((await only(runs)).state, 'unfinished');
});

test('a run that goes on is known as such, and nobody else gets it; that of a process that died is free', async () => {
  const here = world();
  const folder = newFolder();
  const runs = runsIn(folder);
  const open = await runs.begin('run-1', ABOUT, await planIn(here));
  assert.equal((await only(runs)).isGoingOn, true);
  await assert.rejects(runs.open('run-1', 'resume'), { code: 'Busy', message: /goes on now/ });
  await open.end({ how: 'failed', reason: 'x' });
  assert.equal((await only(runs)).isGoingOn, false);

  const [name = ''] = await jsonl(folder);
  const lock = path.join(folder, `${name}.lock-1`);
  const self = await runs.open('run-1', 'resume');
  const owner = JSON.parse(await readFile(lock, 'utf8')) as Record<string, unknown>;
  await self.end({ how: 'failed' });
  for (const [what, dead] of Object.entries({
    'a number that nobody has': { ...owner, pid: 2 ** 22 - 1 },
    'a number that somebody else has by now': { ...owner, began: '1' },
    'before the machine was started': { ...owner, since: Date.now() - os.uptime() * 1_000 - 3_600_000 },
  })) {
    await writeFile(lock, JSON.stringify(dead));
    assert.equal((await only(runs)).isGoingOn, false, what);
    // Of many who try at once one gets it.
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => runs.open('run-1', 'resume')));
    const won = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.equal(won.length, 1, what);
    for (const one of tries)
      if (one.status === 'rejected') assert.equal((one.reason as { code: string }).code, 'Busy', what);
    assert.equal((await only(runs)).isGoingOn, true, what);
    await won[0]?.end({ how: 'failed' });
    assert.deepEqual(await readdir(folder), [name], what);
  }
  // Another machine's process cannot be asked for: while its run writes, it lives.
  const wrote = async (minutesAgo: number): Promise<void> => {
    const at = new Date(Date.now() - minutesAgo * 60_000);
    await utimes(path.join(folder, name), at, at);
  };
  const goesOn = async (its: Record<string, unknown>): Promise<boolean> => {
    await writeFile(lock, JSON.stringify({ ...owner, pid: 1, ...its }));
    return (await only(runs)).isGoingOn;
  };
  assert.equal(await goesOn({ host: 'elsewhere' }), true);
  await wrote(31);
  assert.equal(await goesOn({ host: 'elsewhere' }), false);
  // One of the same name with other process numbers: a container, or this machine before it was started again.
  await wrote(0);
  const other = `${os.hostname()} another-boot`;
  assert.equal(await goesOn({ host: other }), true);
  assert.equal(await goesOn({ host: other, since: Date.now() - os.uptime() * 1_000 - 1_000 }), false);
  assert.equal(await goesOn({ host: 'elsewhere', since: 0 }), true);
  // A lock that says nothing is being written, or was cut off then.
  // Where nobody knows when a process began, its number alone counts.
  assert.equal(await goesOn({ pid: process.pid, began: undefined }), true);
  assert.equal(await goesOn({ pid: process.pid, began: '1' }), false);
  await writeFile(lock, '{"pid":');
  assert.equal((await only(runs)).isGoingOn, true);
  await wrote(1);
  assert.equal((await only(runs)).isGoingOn, false);
  for (const faulty of [{ pid: 'x' }, { host: 1 }, { since: 'x' }])
    assert.equal(await goesOn({ ...faulty, began: undefined }), false, JSON.stringify(faulty));
});

test('two runs of one plan at once: one result, nothing twice', async () => {
  for (let round = 0; round < 20; round++) {
    const here = worldWithProvider();
    const runs = runsIn(newFolder());
    const plan = await planIn(here);
    const both = await Promise.all([1, 2].map(() => carryOutIn(runs, ABOUT, plan, here.outside())));
    for (const result of both) assert.ok(result.ok, failure(result));
    const single = worldWithProvider();
    await carryOutIn(runsIn(newFolder()), ABOUT, await planIn(single), single.outside());
    assert.deepEqual(here.snapshot(), single.snapshot());
    assert.equal((await runs.all()).runs.length, 2);
  }
});

/** A file system whose disk is full from the n-th write on; half of the text is written then. */
const fullAfter = (writes: number, code = 'ENOSPC'): typeof open => {
  let left = writes;
  return async (...args) => {
    const handle = await open(...args);
    const append = handle.appendFile.bind(handle);
    handle.appendFile = async (data) => {
      if (left-- > 0 || typeof data !== 'string') return append(data);
      await append(data.slice(0, data.length / 2));
      throw Object.assign(new Error(code), { code });
    };
    return handle;
  };
};

test('no space at the beginning: nothing is begun, nothing is left, and the reason is said', async () => {
  const here = world();
  const folder = newFolder();
  const plan = await planIn(here);
  await assert.rejects(carryOutIn(runsIn(folder, fullAfter(0)), ABOUT, plan, here.outside()), {
    code: 'NoJournal',
    message: /^Nothing was begun, because the journal of the run cannot be written: no space is left on the disk/,
  });
  assert.deepEqual(here.writes(), []);
  assert.deepEqual(await readdir(folder), []);
});

test('why a journal cannot be written, at its beginning and when it is gone on with', async () => {
  const here = worldWithProvider();
  const folder = newFolder();
  const plan = await planIn(here);
  await carryOutIn(runsIn(folder), ABOUT, plan, here.outside());
  const [done] = (await runsIn(folder).all()).runs;
  const WORDS: Readonly<Record<string, string>> = {
    ENOSPC: 'no space is left on the disk',
    EDQUOT: 'your disk quota is used up',
    EFBIG: 'a file may not become larger',
    EACCES: 'you are not permitted to',
    EPERM: 'you are not permitted to',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of the path is no folder',
    ELOOP: 'it is a link',
    EIO: 'EIO of the disk',
  };
  for (const [code, word] of Object.entries(WORDS)) {
    const broken = (): Promise<never> => Promise.reject(Object.assign(new Error(`${code} of the disk`), { code }));
    const runs = runsIn(folder, broken);
    await assert.rejects(carryOutIn(runs, ABOUT, plan, here.outside()), {
      code: 'NoJournal',
      message: `Nothing was begun, because the journal of the run cannot be written: ${word} (${folder}). Without it nobody could go on with what is cut off, or take it back.`,
    });
    await assert.rejects(runs.open(done?.head.run ?? '', 'undo'), {
      code: 'NoJournal',
      message: `The journal of run ${done?.head.run ?? ''} cannot be written: ${word} (${done?.file ?? ''}). Nothing was begun.`,
    });
  }
  assert.equal((await only(runsIn(folder))).isGoingOn, false);
});

test('no space in the middle: what is not written down is not begun, and the rest goes on when there is space again', async () => {
  for (let writes = 1; writes < 9; writes++) {
    const here = world();
    const folder = newFolder();
    const result = await carryOutIn(runsIn(folder, fullAfter(writes)), ABOUT, await planIn(here), here.outside());
    const runs = runsIn(folder);
    const { state, head, entries } = await only(runs);
    assert.equal(state, 'unfinished', `${writes} writes`);
    // A call is made only of what is written down.
    assert.ok(here.writes().length <= entries.length);
    if (!result.ok) assert.match(failure(result), /It was not begun, because .* no space is left on the disk/);
    const resumed = await goOn(await runs.open(head.run, 'resume'), here.outside());
    assert.ok(resumed.ok, failure(resumed));
    assert.equal((await only(runs)).state, 'done');
  }
});

test('a folder that cannot be written, is a link, or is a file: nothing is begun', async () => {
  const here = world();
  const plan = await planIn(here);
  const [inside, link] = [newFolder(), newFolder()];
  await mkdir(path.dirname(inside), { recursive: true });
  await writeFile(inside, '');
  await mkdir(path.dirname(link), { recursive: true });
  await symlink(base, link);
  for (const folder of [inside, link, path.join(inside, 'below')])
    await assert.rejects(carryOutIn(runsIn(folder), ABOUT, plan, here.outside()), { code: 'NoJournal' }, folder);
  assert.deepEqual(here.writes(), []);
  // One that others may read is made our own.
  const wide = newFolder();
  await mkdir(wide, { recursive: true });
  await chmod(wide, 0o755);
  await carryOutIn(runsIn(wide), ABOUT, plan, here.outside());
  if (process.platform !== 'win32') assert.equal((await stat(wide)).mode & 0o777, 0o700);
});

/** Files that tell nothing: each has its word, the others are read all the same, and none is taken away. */
test('a newer version, garbage, a link, a folder, another text: a clear word each, and nothing is lost', async () => {
  const here = world();
  const folder = newFolder();
  const runs = runsIn(folder);
  await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
  const text = await textIn(folder);
  const put = (id: string, what: string | Buffer) =>
    writeFile(path.join(folder, `20200101T000000000Z-${id}.jsonl`), what);
  await put('newer', text.replace('"format":1', '"format":2'));
  await put('garbage', Buffer.from([0, 255, 10, 1, 10]));
  await put('other', '{"a":1}\n');
  await put('half-plan', `${text.split('\n')[0]?.replace('"changes":', '"changed":') ?? ''}\n`);
  await put('strange-kind', text.replaceAll('iam/role', 'iam/roll'));
  await put('damaged', text.replace('"begun":', '"begun:'));
  await put('empty', '');
  await symlink('/etc/hostname', path.join(folder, '20200101T000000000Z-link.jsonl'));
  await mkdir(path.join(folder, '20200101T000000000Z-folder.jsonl'));
  await writeFile(path.join(folder, 'note.txt'), 'not ours');
  const { runs: all, unread } = await runs.all();
  assert.equal(all.length, 1);
  const words = Object.fromEntries(
    unread.map(({ file, problem }) => [/Z-([\w-]+)\.jsonl$/.exec(file)?.[1] ?? file, problem]),
  );
  const expected: Record<string, string> = {
    newer: 'It was written by a newer version of Kubeflow IRSA (format 2): use that one, or update.',
    garbage: 'It is no journal of a run.',
    other: 'It is no journal of a run.',
    'half-plan': 'Its first line does not say what the run is about.',
    'strange-kind': 'Its first line does not say what the run is about.',
    damaged:
      'Line 2 of it cannot be read, so that it is not known what was begun. Make the plan anew: it shows what is there.',
    empty: 'It was cut off before anything was begun.',
    link: 'It is a link or no file.',
    folder: 'It is a link or no file.',
  };
  assert.deepEqual(words, expected);
  for (const [id, word] of Object.entries(expected))
    await assert.rejects(runs.open(id, 'undo'), (error: Error) => error.message.includes(word), id);
  const names = await readdir(folder);
  assert.equal(names.length, 11);
});

test('a folder of runs that is not there has none; one that is a file is told', async () => {
  const folder = newFolder();
  assert.deepEqual(await runsIn(folder).all(), { runs: [], unread: [] });
  await mkdir(path.dirname(folder), { recursive: true });
  await writeFile(folder, '');
  await assert.rejects(runsIn(folder).all(), {
    code: 'NoJournal',
    message: `The folder of runs ${folder} cannot be read: a part of the path is no folder.`,
  });
});

test('a file that no run would write so long is not read', async () => {
  const folder = newFolder();
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, '20200101T000000000Z-long.jsonl');
  for (const [length, problem] of [
    [32 * 1024 * 1024, 'It was cut off before anything was begun.'],
    [32 * 1024 * 1024 + 1, 'It is too long for a journal of a run.'],
  ] as const) {
    await writeFile(file, '');
    await truncate(file, length);
    assert.deepEqual((await runsIn(folder).all()).unread, [{ file, problem }]);
  }
});

test('a run ends once: what is said later does not count, nor does it take the run from who has it then', async () => {
  const runs = runsIn(newFolder());
  const run = await runs.begin('run-1', ABOUT, await planIn(world()));
  await run.end({ how: 'done' });
  await run.end({ how: 'failed' });
  assert.equal((await only(runs)).state, 'done');
  const undoing = await runs.open('run-1', 'undo');
  await run.end({ how: 'failed' });
  assert.equal((await only(runs)).isGoingOn, true);
  await undoing.end({ how: 'undone' });
  assert.equal((await only(runs)).state, 'undone');
});

test('on disk before anything is done: what is begun, once, and that it is taken back; the rest comes there with that', async () => {
  const said: string[] = [];
  const openFile: typeof open = async (...args) => {
    const handle = await open(...args);
    const [append, sync] = [handle.appendFile.bind(handle), handle.datasync.bind(handle)];
    handle.appendFile = (data) => {
      const lines = (typeof data === 'string' ? data : '').split('\n').slice(0, -1);
      said.push(
        lines
          .map((line) =>
            Object.keys(JSON.parse(line) as object)
              .slice(0, 2)
              .join(' '),
          )
          .join(),
      );
      return append(data);
    };
    handle.datasync = () => (said.push('on disk'), sync());
    return handle;
  };
  const runs = runsIn(newFolder(), openFile);
  const plan = await planIn(world());
  const [a, b] = plan.changes;
  assert.ok(a && b);
  const run = await runs.begin('run-1', ABOUT, plan);
  await run.journal.begun('run-1', a, b);
  await run.journal.begun('run-1', b);
  await run.journal.ended('run-1', a, 'done');
  await run.end({ how: 'failed' });
  await (await runs.open('run-1', 'resume')).end({ how: 'failed' });
  await (await runs.open('run-1', 'undo')).end({ how: 'undone' });
  assert.deepEqual(said, [
    ...['format title', 'at begun,at begun', 'on disk', 'at done', 'at end'],
    ...['at again', 'at end', 'at again', 'on disk', 'at end'],
  ]);
});

test('a file that is cut off at any byte: what is whole counts, an end that is cut off is none, nothing crashes', async () => {
  const here = world();
  const folder = newFolder();
  await carryOutIn(runsIn(folder), ABOUT, await planIn(here), here.outside());
  const bytes = Buffer.from(await textIn(folder));
  const whole = readRun(bytes);
  assert.ok(!('problem' in whole));
  const head = bytes.indexOf(10) + 1;
  for (let at = 0; at < bytes.length; at++) {
    const read = readRun(bytes.subarray(0, at));
    if (at < head) assert.ok('problem' in read && read.vain, `byte ${at}`);
    else {
      assert.ok(!('problem' in read), `byte ${at}`);
      assert.equal(read.state, 'unfinished');
      assert.ok(read.whole <= at && at - read.whole < 2_000);
      assert.ok(read.entries.length <= whole.entries.length);
    }
  }
});

test('whatever a file holds, reading it says something and throws nothing', async () => {
  const here = world();
  const folder = newFolder();
  await carryOutIn(runsIn(folder), ABOUT, await planIn(here), here.outside());
  const lines = (await textIn(folder)).split('\n');
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...lines), fc.string(), fc.json(), fc.constant('{"begun":"x"}')), {
        maxLength: 8,
      }),
      fc.boolean(),
      fc.uint8Array({ maxLength: 20 }),
      (more, withHead, tail) => {
        const text = [...(withHead ? lines.slice(0, 1) : []), ...more].join('\n');
        const read = readRun(Buffer.concat([Buffer.from(`${text}\n`), tail]));
        if ('problem' in read) assert.ok(read.problem.length > 10);
        else assert.ok(['done', 'unfinished', 'undone'].includes(read.state));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('what a file says is changed in one place: what is read of it then', async () => {
  const here = world();
  const { changes, ...plan } = await planIn(here);
  const small = { ...plan, changes: changes.slice(0, 1), needs: plan.needs.slice(0, 1), proofs: [], warnings: ['w'] };
  const head = {
    format: 1,
    run: 'r-1',
    began: '2026-01-01T00:00:00.000Z',
    ...ABOUT,
    subject: 's',
    bucket: 'b',
    plan: small,
  };
  const [change] = changes;
  assert.ok(change);
  const at = new Date(0).toISOString();
  const begun = { at, begun: 'x', ref: change.ref, change };
  const read = (...lines: readonly string[]): string => {
    const all = readRun(Buffer.from(lines.map((line) => `${line}\n`).join('')));
    return 'problem' in all
      ? `${all.problem}${all.vain ? ' (in vain)' : ''}`
      : `${all.state}, ${all.entries.map(({ state, change: { ref, after } }) => `${state} ${ref.kind} ${after === undefined ? 'gone' : ''}`).join()}`;
  };
  const told = (whole: object, lines: (text: string) => readonly string[]): readonly string[] => {
    const usual = read(...lines(JSON.stringify(whole)));
    return [
      usual,
      ...[...variations(whole).values()].flat().flatMap(([what, text]) => {
        const said = read(...lines(text));
        return said === usual ? [] : [`  ${what}: ${said}`];
      }),
    ];
  };
  const first = JSON.stringify(head);
  const end = (how: string): string => JSON.stringify({ at, end: how });
  asKept('runs', [
    ...['a head:', ...told(head, (text) => [text])],
    ...['begun:', ...told(begun, (text) => [first, text])],
    ...['done:', ...told({ at, done: 'x', ref: change.ref }, (text) => [first, JSON.stringify(begun), text])],
    ...['kept:', ...told({ at, kept: 'x', ref: change.ref }, (text) => [first, text])],
    ...['again:', ...told({ at, again: 'undo' }, (text) => [first, end('done'), text])],
    ...['end:', ...told({ at, end: 'done' }, (text) => [first, text])],
    ...['ends:', ...['done', 'undone', 'failed', 'cancelled'].map((how) => read(first, end(how)))],
    ...['other formats:', ...[0, 1, 2, '1', null, 1.5].map((format) => read(JSON.stringify({ ...head, format })))],
  ]);
});

test('a torn last line is cut off when the run goes on, and the file reads as a whole afterwards', async () => {
  const { here, folder } = await killedAt(1, 'after', () => undefined);
  const [name = ''] = await jsonl(folder);
  await appendFile(path.join(folder, name), '{"at":"2026-01-01T00:00:00.000Z","don');
  const runs = runsIn(folder);
  const { head } = await only(runs);
  const result = await goOn(await runs.open(head.run, 'resume'), here.outside());
  assert.ok(result.ok, failure(result));
  assert.equal((await only(runs)).state, 'done');
  assert.doesNotMatch(await textIn(folder), /"don$/m);
});

test(`the last ${KEPT} runs are kept, and every unfinished one; what died before it wrote anything goes`, async () => {
  const here = world();
  const folder = newFolder();
  const runs = runsIn(folder);
  const plan = await planIn(here);
  const change = plan.changes[0];
  assert.ok(change);
  const ended = async (id: string, how: 'done' | 'failed'): Promise<OpenRun> => {
    const run = await runs.begin(id, ABOUT, plan);
    await run.journal.begun(id, change);
    await run.end({ how });
    return run;
  };
  await ended('unfinished', 'failed');
  await writeFile(path.join(folder, '20200101T000000000Z-newer.jsonl'), '{"format":9}\n');
  await writeFile(path.join(folder, '20200101T000000000Z-empty.jsonl'), '');
  await ended('oldest', 'done');
  for (let count = 0; count < KEPT; count++) await ended(`run-${count}`, 'done');
  const { runs: all, unread } = await runs.all();
  assert.equal(all.length, KEPT + 1);
  const ids = all.map(({ head }) => head.run);
  assert.ok(ids.includes('unfinished') && !ids.includes('oldest'));
  assert.equal(ids[0], `run-${KEPT - 1}`);
  assert.deepEqual(
    unread.map(({ file }) => path.basename(file)),
    ['20200101T000000000Z-newer.jsonl'],
  );
});

test('a run of another identity, or of a cluster that was made anew, is refused with the next step', async () => {
  const here = world();
  const runs = runsIn(newFolder());
  await carryOutIn(runs, { ...ABOUT, awsProfile: 'admin' }, await planIn(here), here.outside());
  const { head } = await only(runs);
  const as = (account: string): World['aws'] => ({
    ...here.aws,
    caller: () => Promise.resolve({ state: 'found', value: { account, arn: `arn:aws:iam::${account}:user/x` } }),
  });
  assert.ok((await reachAgain(head, head.plan, here.aws, here.connect)).kubernetes);
  await assert.rejects(reachAgain(head, head.plan, as('444455556666'), here.connect), {
    code: 'OtherIdentity',
    message: `Run ${head.run} was made in account ${ACCOUNT} with AWS profile admin, and your credentials are of account 444455556666. Sign in to account ${ACCOUNT}, then try again.`,
  });
  const anew = {
    ...here.aws,
    cluster: () =>
      Promise.resolve({ state: 'found' as const, value: { ...cluster, issuer: `${cluster.issuer.slice(0, -4)}ABCD` } }),
  };
  await assert.rejects(reachAgain(head, head.plan, anew, here.connect), { code: 'OtherCluster' });
  assert.equal((await reachAgain(head, head.plan, anew, here.connect, { onlyAws: true })).gone, 'dev');
  const gone = { ...here.aws, cluster: () => Promise.resolve({ state: 'absent' as const }) };
  await assert.rejects(reachAgain(head, head.plan, gone, here.connect), { code: 'ClusterGone', message: /is gone/ });
  const inAws = { changes: head.plan.changes.filter(({ ref }) => ref.kind === 'iam/role'), proofs: [] };
  assert.deepEqual(
    await reachAgain(head, inAws, gone, here.connect),
    { aws: gone },
    'nothing of it was in the cluster',
  );
});

test('a run whose cluster is gone is taken back as far as it is in AWS, where that is asked for; the rest is named', async () => {
  const here = worldWithProvider();
  const before = here.snapshot();
  const runs = runsIn(newFolder());
  await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
  const { head } = await only(runs);
  // The cluster is there: then nothing of it is left out.
  await assert.rejects(reachAgain(head, head.plan, here.aws, here.connect, { onlyAws: true }), {
    code: 'ClusterThere',
  });
  here.aws.cluster = () => Promise.resolve({ state: 'denied', permission: 'eks:DescribeCluster', message: '' });
  await assert.rejects(reachAgain(head, head.plan, here.aws, here.connect, { onlyAws: true }), { code: 'denied' });
  here.aws.cluster = () => Promise.resolve({ state: 'absent' });
  for (const all of [here.profiles, here.namespaces, here.accounts, here.configMaps, here.kube]) all.clear();
  const reached = await reachAgain(head, head.plan, here.aws, here.connect, { onlyAws: true });
  assert.equal(reached.kubernetes, undefined);
  const open = await runs.open(head.run, 'undo');
  const { sleep } = here.outside();
  const undone = await takeBack(open, { sleep, ...reached });
  assert.ok(undone.ok, JSON.stringify(undone.changes));
  assert.deepEqual(here.snapshot(), before);
  const left = undone.changes.filter(({ state }) => state === 'left');
  assert.ok(left.some(({ change }) => change.ref.kind === 'k8s/profile'));
  assert.ok(
    left.every(({ reason }) => /EKS cluster dev, which is gone/.test(reason ?? '')),
    JSON.stringify(left),
  );
  assert.equal((await only(runs)).state, 'undone');
});

test('where a run does not tell its account, that of what it changes counts', async () => {
  const here = world();
  const runs = runsIn(newFolder());
  await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
  const { account, ...head } = (await only(runs)).head;
  assert.equal(account, ACCOUNT);
  assert.ok((await reachAgain(head, head.plan, here.aws, here.connect)).kubernetes);
  const other = {
    ...here.aws,
    caller: () => Promise.resolve({ state: 'found' as const, value: { account: '444455556666', arn: 'x' } }),
  };
  await assert.rejects(reachAgain(head, head.plan, other, here.connect), {
    code: 'OtherIdentity',
    message: new RegExp(`was made in account ${ACCOUNT} with the default chain of credentials`),
  });
});

test('the file says why an undoing did not come to its end, or what it left', async () => {
  const here = world();
  const folder = newFolder();
  const runs = runsIn(folder);
  const { run } = await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
  const lastLine = async (): Promise<Record<string, unknown>> => {
    const line = (await textIn(folder)).trimEnd().split('\n').at(-1) ?? '';
    const { at, ...said } = JSON.parse(line) as Record<string, unknown>;
    assert.ok(at);
    return said;
  };
  here.onCall = (call) => (call === 'iam:DeleteRolePolicy' ? 'refuse' : undefined);
  await takeBack(await runs.open(run, 'undo'), here.outside());
  assert.deepEqual(await lastLine(), { end: 'failed', reason: 'try again later' });
  here.onCall = () => undefined;
  await takeBack(await runs.open(run, 'undo'), here.outside());
  const said = await lastLine();
  assert.equal(said['end'], 'undone');
  assert.match(String(said['reason']), /provider/);
});

test('no secret gets into a file: neither of credentials, nor of what was read, nor of what failed', async () => {
  const here = world();
  const folder = newFolder();
  const plan = await planIn(here);
  const canaries = ['AKIAIOSFODNN7EXAMPLE', 'k8s-aws-v1.c2VjcmV0', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln'];
  here.aws.putRolePolicy = () => Promise.reject(new Error(`refused: ${canaries.join(' ')}`));
  const outside: Outside = here.outside();
  await carryOutIn(runsIn(folder), ABOUT, plan, outside);
  const text = await textIn(folder);
  assert.match(text, /"reason":"refused: /);
  for (const secret of [...canaries, 'BEGIN CERTIFICATE', 'secretAccessKey']) assert.ok(!text.includes(secret), secret);
});

test('in memory as on disk: a later try from what an earlier one made does not hide what was there before', () => {
  const ref = { kind: 'k8s/config-map', at: cluster.arn, key: 'team-x/kfp-launcher' } as const;
  const map = (value: string) => ({ namespace: 'team-x', name: 'kfp-launcher', data: { key: value } });
  const journal = memoryJournal();
  void journal.begun('run', { ref, before: map('theirs'), after: map('ours') });
  void journal.begun('run', { ref, before: map('ours'), after: map('ours') });
  assert.deepEqual(journal.entries()[0]?.change.before, map('theirs'));
  // What somebody else made after all, before ours was: that is what was there.
  void journal.begun('run', { ref, before: map('newer'), after: map('ours') });
  assert.deepEqual(journal.entries()[0]?.change.before, map('newer'));
});

test('a change of what somebody else made first is written out: what was there before is known in another process', async () => {
  const folder = newFolder();
  const runs = runsIn(folder);
  const ref = { kind: 'k8s/config-map', at: cluster.arn, key: 'team-x/kfp-launcher' } as const;
  const map = (value: string) => ({ namespace: 'team-x', name: 'kfp-launcher', data: { key: value } });
  const change = { ref, after: map('ours'), first: { who: 'the pipelines profile controller', within: 1 } } as const;
  const plan: Plan = { title: 'x', needs: [], changes: [change], proofs: [], warnings: [] };
  const run = await runs.begin('run-1', ABOUT, plan);
  const late = { ...change, before: map('theirs') };
  await run.journal.begun('run-1', late);
  assert.deepEqual((await only(runs)).entries, [{ run: 'run-1', change: late, state: 'begun' }]);
  await run.journal.ended('run-1', late, 'done');
  await run.end({ how: 'done' });
  assert.deepEqual((await only(runs)).entries, [{ run: 'run-1', change: late, state: 'done' }]);
});

test('a done run whose undoing is cut off is unfinished', async () => {
  const here = world();
  const [at, folder] = [newFolder(), newFolder()];
  const runs = runsIn(at);
  const { run } = await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
  const open = await runs.open(run, 'undo');
  copy(at, folder);
  assert.equal((await only(runsIn(folder))).state, 'unfinished');
  await open.end({ how: 'failed' });
});
test('what a run found as wanted it never began, also when it is opened again: Undo leaves it', async () => {
  const here = worldWithProvider();
  const runs = runsIn(newFolder());
  const plan = await planIn(here);
  // Somebody makes the role and its policy between the plan and the run, and the run stops after them.
  const role = plan.changes.find(({ ref }) => ref.kind === 'iam/role')?.after as { name: string; trustPolicy: string };
  putProfile(here, 'team-x', { name: role.name, trustPolicy: role.trustPolicy });
  here.onCall = (call) => (call === 'create profiles' ? 'refuse' : undefined);
  here.profiles.clear();
  here.namespaces.clear();
  here.accounts.clear();
  here.kube.clear();
  const before = here.snapshot();
  assert.equal((await carryOutIn(runs, ABOUT, plan, here.outside())).ok, false);
  here.onCall = () => undefined;
  const { head } = await only(runs);
  const undone = await takeBack(await runs.open(head.run, 'undo'), here.outside());
  assert.ok(undone.ok, JSON.stringify(undone.changes));
  assert.deepEqual(here.snapshot(), before);
});

for (const end of ['resume', 'undo'] as const)
  test(`a proof that cannot take away its objects, nor the caller, is unfinished: ${end} takes them away`, async () => {
    const here = worldWithProvider();
    const before = here.snapshot();
    const runs = runsIn(newFolder());
    here.onCall = (call) => (call === 's3:DeleteObject' ? 'refuse' : undefined);
    const result = await carryOutIn(runs, ABOUT, await planIn(here), here.outside());
    assert.equal(result.ok, false);
    assert.equal(here.objects.size, 2);
    here.onCall = () => undefined;
    const { head, state } = await only(runs);
    assert.equal(state, 'unfinished');
    const open = await runs.open(head.run, end);
    if (end === 'resume') assert.ok((await goOn(open, here.outside())).ok);
    else {
      assert.ok((await takeBack(open, here.outside())).ok);
      assert.deepEqual(here.snapshot(), before);
    }
    assert.deepEqual([...here.objects.keys()], []);
  });

test('a process that ends in the proof before a switch leaves an object: Resume and Undo take it away', async () => {
  for (const end of ['resume', 'undo'] as const) {
    const here = worldWithProvider();
    await carryOut(await planIn(here), here.outside());
    const before = here.snapshot();
    const wish: Edit = { cluster: 'dev', region: 'us-west-2', profile: 'team-x', roleName: 'team-x-irsa' };
    const { live, facts } = await lookAtEdit(wish, here.aws, here.connect);
    const folder = newFolder();
    const open = await runsIn(folder).begin('run-1', ABOUT, planEdit(wish, live, facts));
    let dead = false;
    here.onCall = (one) => {
      const now = one === 's3:PutObject' || one === 's3:UploadPart';
      const fault = dead ? 'killed before' : now ? 'killed after' : undefined;
      dead ||= now;
      return fault;
    };
    await Promise.race([here.killed(), goOn(open, here.outside())]);
    here.onCall = () => undefined;
    assert.ok(here.objects.size + here.uploads.size > 0, 'something is left');
    const left = newFolder();
    copy(folder, left);
    await open.end({ how: 'failed' });
    const again = await runsIn(left).open('run-1', end);
    if (end === 'resume') assert.ok((await goOn(again, here.outside())).ok);
    else {
      assert.ok((await takeBack(again, here.outside())).ok);
      assert.deepEqual(here.snapshot(), before);
    }
    assert.deepEqual([...here.objects.keys(), ...here.uploads.keys()], []);
  }
});

for (const call of ['s3:PutObject', 's3:UploadPart', 's3:CompleteMultipartUpload', 's3:GetObject'])
  for (const end of ['resume', 'undo'] as const)
    test(`a process that ends in its proof at ${call} leaves an object or an upload: ${end} takes it away`, async () => {
      const here = worldWithProvider();
      const before = here.snapshot();
      const folder = newFolder();
      const plan = await planIn(here);
      let dead = false;
      here.onCall = (one) => {
        dead ||= one === call && here.calls.filter((other) => other === call).length > 0;
        return dead ? (one === call ? 'killed after' : 'killed before') : undefined;
      };
      const open = await runsIn(folder).begin('run-1', ABOUT, plan);
      await Promise.race([here.killed(), goOn(open, here.outside())]);
      here.onCall = () => undefined;
      assert.ok(here.objects.size + here.uploads.size > 0, 'something is left');
      // Another process: nobody has the run any more.
      const left = newFolder();
      copy(folder, left);
      await open.end({ how: 'failed' });
      const again = runsIn(left);
      const { head } = await only(again);
      if (end === 'resume') {
        const result = await goOn(await again.open(head.run, 'resume'), here.outside());
        assert.ok(result.ok, failure(result));
      } else {
        const undone = await takeBack(await again.open(head.run, 'undo'), here.outside());
        assert.ok(undone.ok, JSON.stringify(undone.changes));
        assert.deepEqual(here.snapshot(), before);
      }
      assert.deepEqual([...here.objects.keys(), ...here.uploads.keys()], []);
    });

test('what a run that failed leaves: something to go on with, an object of its proof, or nothing', () => {
  const row = (kind: string): RunResult['rows'][number]['row'] => ({ id: kind, kind, title: kind }) as never;
  const result = (kind: string, state: string, more: object = {}): RunResult => ({
    ...{ run: 'run-1', ok: false, cancelled: false, touched: [] },
    rows: [
      { row: row('create'), state: 'done', milliseconds: 0 },
      { row: row(kind), state: state as never, milliseconds: 0, reason: 'why' },
    ],
    ...more,
  });
  const proof = (left: boolean): object => ({
    verification: { outcome: 'failed', proofs: [{ id: 'write', ok: false, text: 'x', ...(left && { left: true }) }] },
  });
  const says = (one: RunResult): string =>
    `${isOpen(one) ? 'open' : 'over'}, ${endOf(one).how}, ${endOf(one).reason ?? ''}`;
  assert.deepEqual(
    [
      result('create', 'failed'),
      result('create', 'not-run', { cancelled: true }),
      result('verify', 'failed'),
      result('verify', 'failed', proof(false)),
      result('verify', 'failed', proof(true)),
      result('create', 'kept'),
    ].map(says),
    [
      'open, failed, why',
      'open, cancelled, ',
      'over, done, why',
      'over, done, why',
      'open, failed, why',
      'over, done, ',
    ],
  );
});
