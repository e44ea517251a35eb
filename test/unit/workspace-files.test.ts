/** Files of the workspace that declare a profile, a role or a provider: what rows say of it, and what plans do not write. */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { declaredIn } from '../../src/core/drift/declared.ts';
import { declaredInTerraform } from '../../src/core/terraform/declared.ts';
import { declarations, type DeclaredOf } from '../../src/core/drift/files.ts';
import { filedProfile } from '../../src/core/drift/profile.ts';
import { factsOf } from '../../src/core/facts.ts';
import type { Change, Kind, Things } from '../../src/core/kinds.ts';
import type { Judgement } from '../../src/core/modes/live.ts';
import { ackRole, listed, profile as manifest, right, role, trust } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { phrase } from '../../src/core/phrase.ts';
import { agreedTo, guarded, guardedByFiles } from '../../src/core/plan/managed.ts';
import { blockers, refOf, type Plan } from '../../src/core/plan/plan.ts';
import { found } from '../../src/core/reading.ts';
import { clusterNode, profileNode } from '../../src/explorer/nodes.ts';
import { settings, workspace } from './vscode-stub.ts';

const { clusterTooltip } = await import('../../src/explorer/node/cluster.ts');
const { profileRow, profileTooltip } = await import('../../src/explorer/node/profile.ts');
const { role: roleKind } = await import('../../src/explorer/node/role.ts');
const { driftBelow, problem } = await import('../../src/explorer/node/problem.ts');
const { watchDeclaring } = await import('../../src/editor/declaring.ts');

const files = (all: Readonly<Record<string, string>>): DeclaredOf =>
  declarations(
    declaredIn(
      Object.entries(all).map(([file, text]) => ({ path: file, text })),
      declaredInTerraform,
    ).declared,
  );

const NAME = 'team-a';
const OWNER = 'user@example.com';
const OF = { account: '111122223333', name: NAME } as const;
/** The Profile as a file has it, with another owner, or the role of another account. */
const written = (owner = OWNER, account: string = OF.account): string =>
  manifest({})
    .replace(/name: \S+@\S+/, `name: ${owner}`)
    .replaceAll('111122223333', account);
const stack = (name: string = NAME, account: string = OF.account): string =>
  JSON.stringify({
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: name,
          MaxSessionDuration: 7200,
          AssumeRolePolicyDocument: JSON.parse(trust().replaceAll('111122223333', account)) as unknown,
        },
      },
    },
  });
const KRO = `apiVersion: kro.run/v1alpha1
kind: KubeflowS3Profile
metadata: { name: x }
spec: { name: team-a, roleName: team-a }
`;

/** The same role in Terraform, whose name stands in another file of the folder. */
const HCL = `resource "aws_iam_role" "x" {
  name                 = local.name
  max_session_duration = 7200
  assume_role_policy   = jsonencode(${trust()})
}
`;
const STATE = JSON.stringify({
  terraform_version: '1.5.7',
  values: {
    root_module: {
      child_modules: [
        { resources: [{ mode: 'managed', type: 'aws_iam_role', values: { name: NAME, assume_role_policy: trust() } }] },
      ],
    },
  },
});

const judgement: Judgement = {
  ...{ state: 'not-verified', words: phrase('not verified'), problems: [], remarks: [], unread: [] },
};
const at = profileNode(clusterNode({ region: 'us-west-2' }, 'dev'), NAME);
const live = (change: Partial<ProfileView> = {}): ProfileView =>
  right({ role: found(role({ maxSession: 3600, inline: [] })), ...change });
const row = (of: DeclaredOf, readings = live()) => {
  const filed = filedProfile(readings, of);
  const [fact] = roleKind.of({ readings, accounts: { state: 'absent' }, bindings: { state: 'absent' }, filed });
  return {
    profile: profileRow(at, readings, judgement, filed).description,
    lines: profileTooltip(at, readings, judgement, filed),
    role: fact?.description.split(' · ').at(-1),
    tooltip: fact?.tooltip,
  };
};

describe('rows', () => {
  test('a plain manifest is named in the tooltip, and is no evidence of a tool', () => {
    const { profile, lines, tooltip } = row(files({ 'profiles/team-a.yaml': written() }));
    assert.equal(profile, 'not verified · team-a');
    assert.ok(lines.includes('Declared in profiles/team-a.yaml'), lines.join('\n'));
    assert.equal(tooltip, undefined);
  });

  const TOOLS: readonly (readonly [what: string, text: string, by: string])[] = [
    ['a stack', stack(), 'by CloudFormation'],
    ['an object of ACK', ackRole(JSON.parse(trust()) as object), 'by ACK'],
    ['an instance of kro', KRO, 'by kro'],
    ['a state of Terraform', STATE, 'by Terraform'],
  ];
  for (const [what, text, by] of TOOLS)
    test(`${what} that declares the role is shown as the tool that applies it`, () => {
      const { role: said, tooltip = '' } = row(files({ 'infra/a.yaml': text }));
      assert.equal(said, by);
      assert.match(
        tooltip,
        /^Managed by .*: declared in infra\/a\.yaml\. A change here is refused unless you name it\./,
      );
    });

  test('a folder of Terraform that declares the role is shown as what applies it, with its drift', () => {
    const of = files({ 'iam/main.tf': HCL, 'iam/locals.tf.json': JSON.stringify({ locals: { name: NAME } }) });
    const { role: said, tooltip = '' } = row(of);
    assert.equal(said, 'by Terraform');
    assert.match(tooltip, /^Managed by Terraform: declared in iam\/main\.tf\./);
    const [drift] = filedProfile(live(), of).drift;
    assert.deepEqual([drift?.what, drift?.declared, drift?.live], ['its longest session', '7200', '3600']);
    assert.equal(HCL.slice(drift?.start, drift?.end), '7200');
  });

  test('an instance of kro declares the Profile too', () => {
    assert.equal(row(files({ 'a.yaml': KRO })).profile, 'not verified · team-a · by kro');
  });

  test('what the thing itself bears comes first, and the file is named beside it', () => {
    const tagged = live({ role: found(role({ tags: { 'crossplane-name': 'x' }, trustPolicy: trust() })) });
    const { role: said, tooltip = '' } = row(files({ 'a.json': stack() }), tagged);
    assert.equal(said, 'by Crossplane');
    assert.match(tooltip, /tag crossplane-name.* Declared in a\.json$/);
  });

  test('a file that is of another account, or of another name, says nothing', () => {
    const all = files({
      'a.json': stack(NAME, '999999999999'),
      'b.json': stack('team-b'),
      'c.yaml': written(OWNER, '999999999999'),
    });
    assert.deepEqual(row(all), row(files({})));
  });

  test('drift is on the row, with both sides in the tooltip and below, and a click opens the file', () => {
    const readings = live({ profile: listed({ owner: { kind: 'User', name: 'bob@example.com' } }) });
    const of = files({ 'team-a.yaml': written(), 'a.json': stack() });
    const { profile, lines } = row(of, readings);
    assert.equal(profile, 'not verified · not as its file has it · team-a');
    const below = driftBelow(at, filedProfile(readings, of).drift, { of, uri: (file) => `file:///w/${file}` });
    assert.deepEqual(
      below.map(({ message }) => message),
      [
        'team-a.yaml: Profile team-a: its owner is not as this file has it. File: user@example.com. Live: bob@example.com.',
        'a.json: IAM role team-a: its longest session is not as this file has it. File: 7200. Live: 3600. CloudFormation would set it back when it is next applied.',
      ],
    );
    for (const { message } of below) assert.ok(lines.includes(message), lines.join('\n'));
    assert.equal(new Set(below.map(({ id }) => id)).size, 2);
    const [first] = below;
    assert.ok(first);
    assert.equal(first.failureMode, 'KP-090');
    assert.equal(problem.command?.(first)?.id, 'vscode.open');
    assert.match(problem.row(first, undefined as never).spoken, /^Remark KP-090/);
  });

  test('a role that could not be read whole, and a Profile without its shape, are not compared', () => {
    const readings = live({ role: { state: 'denied', permission: 'iam:GetRole', message: '' } });
    assert.deepEqual(filedProfile(readings, files({ 'a.json': stack() })).drift, []);
    const odd = live({ profile: { ...listed({ owner: { kind: 'User', name: 'b' } }), malformed: 'no' } });
    assert.deepEqual(filedProfile(odd, files({ 'a.yaml': written() })).drift, []);
  });

  test('the provider of a cluster says its file, and that it is not as that has it', () => {
    const { cluster } = live();
    const url = cluster.issuer ?? '';
    const template = JSON.stringify({
      Resources: { P: { Type: 'AWS::IAM::OIDCProvider', Properties: { Url: url, ClientIdList: ['a'] } } },
    });
    const node = clusterNode({ region: 'us-west-2' }, 'dev');
    const text = clusterTooltip(node, {
      cluster: found(cluster),
      hasProvider: true,
      facts: {
        api: { state: 'absent' },
        controller: { state: 'absent' },
        pipelines: { state: 'absent' },
        provider: found({ arn: 'a', clientIds: ['sts.amazonaws.com'] }),
        lost: undefined,
      },
      counts: undefined,
      show: { region: false },
      open: false,
      files: files({ 'p.json': template }),
    }).join('\n');
    assert.match(text, /by CloudFormation\nManaged by CloudFormation: declared in p\.json/);
    assert.match(text, /its audiences are not as this file has it\. File: a\. Live: sts\.amazonaws\.com/);
  });
});

const ACCOUNT = `arn:aws:iam::${OF.account}:root`;
const CLUSTER = `arn:aws:eks:us-west-2:${OF.account}:cluster/dev`;
const planOf = (...changes: readonly Change[]): Plan => ({
  title: 'a plan',
  needs: [],
  changes,
  proofs: [],
  warnings: [],
});
const change = <K extends Kind>(
  kind: K,
  key: string,
  sides: { readonly before?: Things[K]; readonly after?: Things[K] },
): Change => ({ ref: refOf(kind, kind.startsWith('k8s/') ? CLUSTER : ACCOUNT, key), ...sides }) as Change;
const policyOf = change('iam/role-policy', `${NAME}/p`, { after: { text: '{}' } });

describe('plans', () => {
  test('what only a tool applies is left to it until a person names the tool', () => {
    const plan = guardedByFiles(planOf(policyOf), files({ 'infra/a.json': stack() }));
    assert.deepEqual(
      blockers(plan).map(({ title }) => title),
      ['IAM role team-a is managed by CloudFormation'],
    );
    assert.match(
      plan.needs[0]?.reason ?? '',
      /\(declared in infra\/a\.json\).*To write here all the same, name CloudFormation/,
    );
    assert.equal(blockers(agreedTo(plan, ['ack'])).length, 1);
    assert.equal(blockers(agreedTo(plan, ['cloudformation'])).length, 0);
  });

  test('a plain manifest is told, and not in the way', () => {
    const before = listed();
    const deleted = change('k8s/profile', NAME, { before });
    for (const one of [deleted, change('k8s/profile-note', `${NAME}/x`, { after: { value: 'y' } })]) {
      const plan = guardedByFiles(planOf(one), files({ 'a.yaml': written() }));
      assert.deepEqual(plan.needs, []);
      assert.match(plan.warnings.join(), /^Profile team-a is declared in a\.yaml\. Change it there as well/);
    }
  });

  test('what is not there yet is told to be made of the file, and not in the way', () => {
    const make = change('iam/role', NAME, { after: role() });
    const plan = guardedByFiles(planOf(make, policyOf), files({ 'a.json': stack() }));
    assert.deepEqual(plan.needs, []);
    assert.match(
      plan.warnings.join(),
      /^IAM role team-a is declared in a\.json, from which CloudFormation would make it/,
    );
    const profile = change('k8s/profile', NAME, { after: listed() });
    assert.deepEqual(guardedByFiles(planOf(profile), files({ 'a.yaml': written() })).warnings, []);
  });

  test('what a tag says of a role already is not said again', () => {
    const before = role({ tags: { 'aws:cloudformation:stack-name': 'ml' } });
    const one = change('iam/role', NAME, { before });
    const plan = guarded(planOf(one), factsOf({}));
    assert.equal(guardedByFiles(plan, files({ 'a.yaml': ackRole(JSON.parse(trust()) as object) })), plan);
  });

  test('what no file declares, another account has, or is only read, is free', () => {
    const other = files({ 'a.json': stack(NAME, '999999999999'), 'b.json': stack('team-b') });
    assert.deepEqual(guardedByFiles(planOf(policyOf), other).needs, []);
    const kept = change('iam/role', NAME, { before: role(), after: role() });
    assert.deepEqual(guardedByFiles(planOf(kept), files({ 'a.json': stack() })).needs, []);
  });

  test('names of files are text', () => {
    const plan = guardedByFiles(planOf(policyOf), files({ '](command:x)\u202e.json': stack() }));
    assert.doesNotMatch(JSON.stringify(plan), /\]\(|\u202e/);
  });
});

/** A workspace in a folder of its own, as much of it as is asked for; counts what is read. */
async function folder(context: TestContext, texts: Readonly<Record<string, string>>) {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'declaring-'));
  context.after(() => fs.rm(root, { recursive: true }));
  const write = async (file: string, text: string): Promise<void> => {
    await fs.mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await fs.writeFile(path.join(root, file), text);
  };
  for (const [file, text] of Object.entries(texts)) await write(file, text);
  const uriOf = (file: string) => ({ path: path.join(root, file), toString: () => `file://${path.join(root, file)}` });
  type At = ReturnType<typeof uriOf>;
  const read: string[] = [];
  const listeners: Record<string, ((uri: At) => void)[]> = { Create: [], Change: [], Delete: [] };
  const nothing = { dispose: () => undefined };
  const told = (kind: string) => (listener: (uri: At) => void) => (listeners[kind]?.push(listener), nothing);
  Object.assign(workspace, {
    findFiles: async (pattern: string, _exclude: string, most: number) => {
      const ends = pattern.endsWith('json') ? /\.json$/ : pattern.includes('tf') ? /\.tf$/ : /\.ya?ml$/;
      const all = await fs.readdir(root, { recursive: true });
      return all
        .filter((file) => ends.test(file))
        .sort()
        .slice(0, most)
        .map(uriOf);
    },
    fs: {
      stat: async ({ path: file }: At) => fs.stat(file),
      readDirectory: async ({ path: file }: At) => (await fs.readdir(file)).map((name) => [name, 1]),
      readFile: async ({ path: file }: At) => (read.push(path.relative(root, file)), fs.readFile(file)),
    },
    asRelativePath: ({ path: file }: At) => path.relative(root, file),
    createFileSystemWatcher: () => ({
      ...nothing,
      onDidCreate: told('Create'),
      onDidChange: told('Change'),
      onDidDelete: told('Delete'),
    }),
    onDidChangeWorkspaceFolders: () => nothing,
  });
  const log: string[] = [];
  const watched = watchDeclaring(path.join(import.meta.dirname, '../../src/editor/worker.ts'), {
    info: (text) => void log.push(text),
    warn: (text) => void log.push(text),
  });
  context.after(() => void watched.dispose());
  let changes = 0;
  watched.onDidChange(() => void (changes += 1));
  await watched.read();
  const tell = (kind: 'Create' | 'Change' | 'Delete', file: string): void =>
    listeners[kind]?.forEach((listener) => listener(uriOf(file)));
  const until = async (wanted: () => boolean): Promise<void> => {
    for (let tries = 0; !wanted(); tries++) {
      assert.ok(tries < 1_000, `it does not come: ${log.join('; ')}`);
      await sleep(20);
    }
  };
  return { watched, read, write, root, tell, until, log, changes: () => changes };
}
const filesOf = (of: DeclaredOf, kind: 'role' | 'profile' = 'profile') => of({ kind, ...OF }).map(({ file }) => file);

describe('the workspace', () => {
  test('a folder of Terraform is read together, and again where one of its files changes', async (context) => {
    const { watched, write, tell, until } = await folder(context, {
      'iam/main.tf': HCL,
      'iam/locals.tf': `locals {\n  name = "team-b"\n}\n`,
    });
    assert.deepEqual(filesOf(watched.declared, 'role'), []);
    await write('iam/locals.tf', `locals {\n  name = "${NAME}"\n}\n`);
    tell('Change', 'iam/locals.tf');
    await until(() => filesOf(watched.declared, 'role').length === 1);
    assert.deepEqual(filesOf(watched.declared, 'role'), ['iam/main.tf']);
  });

  test('is read once, and again where a file changes', async (context) => {
    const { watched, write, root, tell, until } = await folder(context, {
      'profiles/a.yaml': written(),
      'stack.json': stack(),
      'other.yaml': 'kind: Deployment\n',
    });
    assert.deepEqual(filesOf(watched.declared), ['profiles/a.yaml']);
    assert.deepEqual(filesOf(watched.declared, 'role'), ['stack.json']);
    assert.match(String(watched.uri('profiles/a.yaml')), /profiles\/a\.yaml$/);
    await write('b.yaml', written());
    tell('Create', 'b.yaml');
    await until(() => filesOf(watched.declared).length === 2);
    await write('b.yaml', 'kind: Deployment\n');
    tell('Change', 'b.yaml');
    await until(() => filesOf(watched.declared).length === 1);
    await fs.rm(path.join(root, 'profiles/a.yaml'));
    tell('Delete', 'profiles/a.yaml');
    await until(() => filesOf(watched.declared).length === 0);
  });

  test('without such files tells nothing', async (context) => {
    const { changes, watched } = await folder(context, { 'a.yaml': 'kind: Deployment\n', 'b.json': '{}' });
    assert.equal(changes(), 0);
    assert.deepEqual(filesOf(watched.declared), []);
  });

  test('a file that is too large is not read, and what tools fetch is not looked at when it changes', async (context) => {
    const { watched, read, tell, write, until } = await folder(context, {
      'large.yaml': `${written()}# ${'x'.repeat(300 * 1024)}\n`,
    });
    assert.deepEqual([read, filesOf(watched.declared)], [[], []]);
    await write('node_modules/x/a.yaml', written());
    await write('b.yaml', written());
    tell('Create', 'node_modules/x/a.yaml');
    tell('Create', 'b.yaml');
    await until(() => filesOf(watched.declared).length > 0);
    assert.deepEqual([read, filesOf(watched.declared)], [['b.yaml'], ['b.yaml']]);
  });

  test('a file that breaks the reader does not keep the others from it', async (context) => {
    const { watched } = await folder(context, {
      'a.yaml': `${written()}\n{{ [ }`,
      'b.yaml': written(),
      'c.json': '{"kubeflow.org/',
    });
    assert.ok(filesOf(watched.declared).includes('b.yaml'));
  });

  test('what a comment or the settings say not to compare is still declared', async (context) => {
    const silenced = written('carol@example.com').replace(
      /^( *)(name: carol)/m,
      '$1# kubeflow-irsa: ignore KP-090 later\n$1$2',
    );
    const { watched } = await folder(context, { 'a.yaml': silenced });
    const readings = live();
    assert.deepEqual(filedProfile(readings, watched.declared).drift, []);
    settings['kubeflowIrsa.lint.severities'] = { 'KP-090': 'off' };
    context.after(() => delete settings['kubeflowIrsa.lint.severities']);
    const other = await folder(context, {
      'a.yaml': written('carol@example.com'),
      'b.json': stack(NAME, '999999999999'),
    });
    assert.deepEqual(filedProfile(readings, other.watched.declared).drift, []);
    assert.deepEqual(filesOf(other.watched.declared), ['a.yaml']);
    assert.deepEqual(filesOf(other.watched.declared, 'role'), []);
  });
});
