/** The one door for plans: what any command's plan is shown as, asked for, written down, told, gone on with and taken back. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { refOf, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { found } from '../../src/core/reading.ts';
import { declaredIn } from '../../src/core/drift/declared.ts';
import { declarations, type DeclaredOf } from '../../src/core/drift/files.ts';
import type { Host } from '../../src/host.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import type { Problem } from '../../src/problem.ts';
import { createStores } from '../../src/provisioning/store.ts';
import type { Documents, Lens } from '../../src/wizard/documents.ts';
import type { Job } from '../../src/wizard/job.ts';
import { EventEmitter } from '../bench/vscode.ts';
import { ACCOUNT, cluster, requestFor, trustFor, worldWithProvider, type World } from './world.ts';
import { person, workspace } from './vscode-stub.ts';

const { createPlans } = await import('../../src/wizard/plans.ts');
const { openRuns } = await import('../../src/runs.ts');

const storage = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-door-'));
after(() => rm(storage, { recursive: true }));
/** What was shown as an error after a command. */
const failures: string[] = [];
let count = 0;
beforeEach(() => {
  count += 1;
  Object.assign(person, { read: [], presses: [], types: [] });
  failures.length = 0;
});

/** The door on a world, with what its document shows last. */
function door(here: World, chosen: readonly (string | undefined)[] = [undefined], files?: DeclaredOf) {
  const shown = { text: '', lenses: [] as readonly Lens[] };
  const runs = openRuns(path.join(storage, String(count)));
  const stores = createStores();
  const host = {
    log: { info: () => undefined, warn: () => undefined, show: () => undefined },
    context: { subscriptions: [] },
    connections: {
      awsProfiles: () => chosen,
      sources: async () => [],
      aws: async () => here.aws,
      connect: here.connect,
      facts: async () => stores,
      reload: () => undefined,
      onDidChange: () => undefined,
    },
    runs: async () => runs,
    files: () => files && Promise.resolve({ declared: files, read: async () => undefined }),
    tried: new EventEmitter(),
    changed: new EventEmitter(),
    attempt: async (_name: string, work: () => unknown) => {
      try {
        return await work();
      } catch (error) {
        failures.push((error as Error).message);
        return undefined;
      }
    },
  } as unknown as Host;
  const show = (uri: unknown, text: string, lenses: readonly Lens[]): void => {
    workspace.textDocuments.push({ uri });
    Object.assign(shown, { text, lenses });
  };
  const documents = {
    show: async (...[uri, text, lenses]: Parameters<Documents['show']>) => show(uri, text, lenses),
    update: show,
    close: async () => undefined,
    onDidClose: () => ({ dispose: () => undefined }),
  } as unknown as Documents;
  return { plans: createPlans(host, documents), runs, shown };
}

const PLACE = { region: cluster.region, cluster: cluster.name, profile: 'team-x' };
const create = (here: World): Job => ({
  command: 'createProfile',
  subject: 'Profile team-x',
  title: 'Plan: team-x on dev',
  place: PLACE,
  make: async () => {
    const wish = requestFor('team-x');
    const { facts } = await lookAt(wish, here.aws, here.connect);
    return { plan: planProfile(wish, facts), aws: here.aws, kubernetes: here.kubernetes };
  },
});
/** A plan that takes the role of a profile away. */
function deletion(here: World, more: Partial<Job> = {}): Job {
  const role = {
    name: 'old-role',
    arn: `arn:aws:iam::${ACCOUNT}:role/old-role`,
    trustPolicy: trustFor('team-x'),
    tags: {},
  };
  here.roles.set('old-role', { ...role, inline: [], attached: [] });
  const plan: Plan = {
    title: 'role old-role',
    needs: [],
    changes: [{ ref: refOf('iam/role', `arn:aws:iam::${ACCOUNT}:root`, 'old-role'), before: role }],
    proofs: [],
    warnings: [],
  };
  return {
    command: 'createProfile',
    subject: 'Role old-role',
    title: 'Delete: old-role',
    place: PLACE,
    make: async () => ({ plan, aws: here.aws }),
    words: { done: 'Role old-role is gone.' },
    ...more,
  };
}

const titles = (lenses: readonly Lens[]): string[] => lenses.map(({ title }) => title);
/** What is told without being waited for: so many messages in all. */
async function told(messages: number): Promise<void> {
  for (let left = 2_000; left > 0 && person.read.length < messages; left--) await sleep(5);
  assert.ok(person.read.length >= messages, [...person.read, ...failures].join('\n'));
}

test('any job is reviewed, carried out, written down and undone', async () => {
  const here = worldWithProvider();
  const before = here.snapshot();
  const { plans, runs, shown } = door(here);
  await plans.review(create(here));
  assert.match(shown.text, /^# Plan: profile team-x/);
  assert.match(titles(shown.lenses)[0] ?? '', /^\$\(check\) Apply: \d to create/);
  assert.ok(!titles(shown.lenses).some((title) => title.includes('Change answers')), 'this job has no questions');
  await plans.apply();
  await told(1);
  assert.match(shown.text, /^# Result/);
  assert.deepEqual(person.read, ['Profile team-x is verified.']);
  const [stored] = (await runs.all()).runs;
  assert.deepEqual(
    [stored?.state, stored?.head.command, stored?.head.profile, stored?.head.account],
    ['done', 'createProfile', 'team-x', ACCOUNT],
  );
  person.presses.push('Undo');
  await plans.undo();
  assert.match(person.read.at(-1) ?? '', /Undo what was done: profile team-x[^]*− IAM role team-x-dev-role/);
  assert.match(shown.text, /^# Undone/);
  assert.deepEqual(here.snapshot(), before);
  assert.equal((await runs.all()).runs[0]?.state, 'undone');
});

test('a plan that deletes says so in words and by a sign, and its name is typed to the letter', async () => {
  const here = worldWithProvider();
  const { plans, shown } = door(here);
  await plans.review(deletion(here, { confirmName: 'old-role' }));
  assert.equal(titles(shown.lenses)[0], '$(trash) Delete: 1 to delete');
  person.types.push('old-rol', 'Old-role');
  await assert.rejects(plans.apply(), { name: 'Cancelled' });
  assert.ok(here.roles.has('old-role'));
  person.types.push('old-role');
  await plans.apply();
  await told(1);
  assert.ok(!here.roles.has('old-role'));
  assert.deepEqual(person.read, ['Role old-role is gone.']);
});

test('what a file of the workspace gives to a tool is not written until the tool is named, and then is; a run that goes on is not asked again', async () => {
  const here = worldWithProvider();
  const text = '{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"old-role"}}}}';
  const { plans, runs, shown } = door(
    here,
    undefined,
    declarations(declaredIn([{ path: 'iam/a.json', text }]).declared),
  );
  assert.equal(await plans.ask(deletion(here)), false);
  assert.match(shown.text, /IAM role old-role is managed by CloudFormation \(declared in iam\/a\.json\)/);
  const name = shown.lenses.find(({ title }) => title.includes('Write although CloudFormation manages it'));
  assert.ok(name);
  await assert.rejects(plans.apply(), { name: 'Problem' });
  assert.ok(here.roles.has('old-role'));
  await plans.again(undefined, name.args?.[1] as string);
  await plans.apply();
  await told(1);
  assert.ok(!here.roles.has('old-role'));
  const [run] = (await runs.all()).runs;
  person.presses.push('Undo');
  await plans.undoRun(run?.head.run ?? '');
  assert.ok(here.roles.has('old-role'));
});

test('a small plan is asked for in a question, and taken back from its message', async () => {
  const here = worldWithProvider();
  const { plans, runs } = door(here);
  const job = deletion(here, { words: { question: 'Delete the role?', done: 'Gone.' } });
  person.presses.push(undefined);
  await assert.rejects(plans.ask(job), { name: 'Cancelled' });
  assert.match(person.read[0] ?? '', /^Delete the role\?\n− IAM role old-role\n\nNeeds .*iam:DeleteRole/s);
  person.presses.push('Delete', 'Undo');
  assert.equal(await plans.ask(job), true);
  await told(4);
  assert.ok(here.roles.has('old-role'));
  assert.deepEqual(person.read.slice(2), ['Gone.', 'Undone: role old-role.']);
  assert.equal((await runs.all()).runs[0]?.state, 'undone');
});

/** A run that its process did not live to end: written down up to its third change. */
async function cutOff(here: World, runs: ReturnType<typeof door>['runs']): Promise<string> {
  const { plan } = await create(here).make([], new AbortController().signal);
  const { begin } = runs;
  const about = { command: 'createProfile', subject: 'Profile team-x', ...PLACE, account: ACCOUNT };
  const run = await begin('run-1', about, plan);
  const { goOn } = await import('../../src/provisioning/carried.ts');
  let left = 2;
  here.onCall = (call) => (call.startsWith('iam:PutRolePolicy') && left-- > 0 ? 'refuse' : undefined);
  await goOn(run, here.outside());
  here.onCall = () => undefined;
  return run.id;
}

test('a run that did not end is shown, gone on with, and then it is one that nothing disturbed', async () => {
  const here = worldWithProvider();
  const { plans, runs, shown } = door(here);
  const id = await cutOff(here, runs);
  await plans.showRun(id);
  assert.match(shown.text, /^# Run: profile team-x.*It did not end\. Resume.*\+ done {5}IAM role.*- not run/s);
  assert.deepEqual(titles(shown.lenses), ['$(play) Resume', '$(discard) Undo', '$(list-flat) All runs']);
  await plans.resume(id);
  await told(1);
  assert.deepEqual(person.read, ['Profile team-x is verified.']);
  assert.match(shown.text, /^# Result/);
  assert.ok(!titles(shown.lenses).some((title) => /Plan again|Resume/.test(title)), titles(shown.lenses).join());
  const { runs: all } = await runs.all();
  assert.deepEqual(
    all.map(({ state, head }) => [state, head.run]),
    [['done', id]],
  );
  await assert.rejects(plans.resume(id), /nothing to resume/);
});

test('a run that did not end is taken back by its id: the world is as before', async () => {
  const here = worldWithProvider();
  const before = here.snapshot();
  const { plans, runs, shown } = door(here);
  const id = await cutOff(here, runs);
  person.presses.push('Undo');
  await plans.undoRun(id);
  assert.match(shown.text, /^# Undone/);
  assert.deepEqual(here.snapshot(), before);
  await assert.rejects(plans.undoRun(id), /nothing to undo/);
});

test('a run whose cluster is gone is taken back in AWS by a button, and what is left is named', async () => {
  const here = worldWithProvider();
  const before = here.snapshot();
  const { plans, runs, shown } = door(here);
  await plans.review(create(here));
  await plans.apply();
  const [stored] = (await runs.all()).runs;
  assert.ok(stored);
  here.aws.cluster = () => Promise.resolve({ state: 'absent' });
  for (const all of [here.profiles, here.namespaces, here.accounts, here.configMaps, here.kube]) all.clear();
  person.presses.push('Undo');
  const refused = await plans.undoRun(stored.head.run).then(
    () => assert.fail('it is refused'),
    (error: unknown) => error as Problem,
  );
  assert.match(refused.message, /EKS cluster dev in us-west-2 is gone/);
  const [step] = refused.nextSteps;
  assert.deepEqual(step, {
    title: 'Undo in AWS Only',
    command: 'kubeflowIrsa.undoRun',
    args: [{ run: stored.head.run, onlyAws: true }],
  });
  person.presses.push('Undo');
  await plans.undoRun(stored.head.run, { onlyAws: true });
  assert.deepEqual(here.snapshot(), before);
  assert.match(shown.text, /= left .*Profile team-x/);
  assert.match(shown.text, /it was in EKS cluster dev, which is gone/);
  assert.equal((await runs.all()).runs[0]?.state, 'undone');
});

test('a run that deletes is gone on with only after a question that names what is left', async () => {
  const here = worldWithProvider();
  const { plans, runs } = door(here);
  const { plan } = await deletion(here).make([], new AbortController().signal);
  const open = await runs.begin('run-2', { command: 'deleteProfile', ...PLACE, account: ACCOUNT }, plan);
  await open.end({ how: 'failed', reason: 'The connection broke off.' });
  person.presses.push(undefined);
  await assert.rejects(plans.resume('run-2'), { name: 'Cancelled' });
  assert.deepEqual(person.read, ['Go on with this run: role old-role?\n− IAM role old-role']);
  assert.ok(here.roles.has('old-role'));
  person.presses.push('Resume');
  await plans.resume('run-2');
  assert.ok(!here.roles.has('old-role'));
});

test('a run of another account is refused with the next step, and nothing is written', async () => {
  const here = worldWithProvider();
  const { plans, runs } = door(here);
  const id = await cutOff(here, runs);
  const other = { account: '999999999999', arn: 'arn:aws:iam::999999999999:user/x' };
  Object.assign(here.aws, { caller: async () => found(other) });
  const writes = here.writes().length;
  for (const act of [() => plans.resume(id), () => plans.undoRun(id)]) {
    person.presses.push('Undo');
    await assert.rejects(act(), /account 111122223333.*account 999999999999.*then try again/s);
  }
  assert.equal(here.writes().length, writes);
  assert.equal((await runs.all()).runs[0]?.state, 'unfinished');
});

test('what one run did not end and a later one of the same did, nobody is asked to go on with', async () => {
  const here = worldWithProvider();
  const { plans, runs } = door(here);
  await cutOff(here, runs);
  await plans.review(create(here));
  await plans.apply();
  assert.deepEqual(
    (await runs.all()).runs.map(({ state }) => state),
    ['done', 'done'],
  );
});

/** The role of a stack that Repair would write. */
function stacked(here: World): void {
  here.roles.set('team-x-dev-role', {
    arn: `arn:aws:iam::${ACCOUNT}:role/team-x-dev-role`,
    name: 'team-x-dev-role',
    trustPolicy: trustFor('team-x'),
    tags: { 'aws:cloudformation:stack-name': 'ml' },
    inline: [],
    attached: [],
  });
}
const choiceOf = (lenses: readonly Lens[], title: RegExp): string => {
  const [, id] = lenses.find((lens) => title.test(lens.title))?.args ?? [];
  return typeof id === 'string' ? id : '';
};

test('where a tool manages what is written, one click names it, another takes that back, and what else was agreed to stays', async () => {
  const here = worldWithProvider();
  stacked(here);
  const { plans, shown } = door(here);
  const seen: (readonly string[])[] = [];
  const job = create(here);
  await plans.review({
    ...job,
    make: (agreed, signal) => {
      seen.push(agreed);
      return job.make(agreed, signal);
    },
    choices: () => [{ id: 'other', title: 'Other', agreed: ['other'] }],
  });
  assert.match(shown.text, /is managed by CloudFormation \(ml\)/);
  assert.match(titles(shown.lenses)[0] ?? '', /Blocked/);
  await plans.again(undefined, choiceOf(shown.lenses, /Write although CloudFormation manages it/));
  assert.match(titles(shown.lenses)[0] ?? '', /^\$\(check\) Apply/);
  await plans.again(undefined, 'other');
  assert.deepEqual(seen.at(-1), ['other', 'writeManaged:cloudformation'], 'a choice of the job leaves the tool named');
  assert.match(titles(shown.lenses)[0] ?? '', /^\$\(check\) Apply/);
  await plans.again(undefined, choiceOf(shown.lenses, /Leave to CloudFormation what it manages/));
  assert.match(titles(shown.lenses)[0] ?? '', /Blocked/);
  await plans.again(undefined, choiceOf(shown.lenses, /Write although CloudFormation manages it/));
  await plans.apply();
  await told(1);
  assert.deepEqual(person.read, ['Profile team-x is verified.']);
});

test('a small plan that only a tool is in the way of is shown in review, where the tool can be named', async () => {
  const here = worldWithProvider();
  stacked(here);
  const { plans, shown } = door(here);
  assert.equal(await plans.ask(create(here)), false);
  assert.match(shown.text, /is managed by CloudFormation \(ml\)/);
  assert.notEqual(choiceOf(shown.lenses, /Write although CloudFormation/), '');
  assert.deepEqual([person.read, failures], [[], []]);
});
