// Who fills in placeholders: the editor says of a folder what the command line says, also as its files change.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { filesOf } from '../../src/cli/files.ts';
import { lintTree } from '../../src/cli/tree.ts';
import { lintThread } from '../../src/editor/thread.ts';
import { Uri, workspace } from './vscode-stub.ts';

const { watchFindings } = await import('../../src/editor/findings.ts');

const account = (role: string): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    eks.amazonaws.com/role-arn: ${role}\n`;

type At = ReturnType<typeof Uri.joinPath>;
const uriOf = (file: string): At => Uri.joinPath({ path: file }, '');
Object.assign(Uri, { parse: (text: string) => uriOf(text.replace('file://', '')) });
/** VS Code's numbers for the kinds of entries. */
const [FILE, FOLDER] = [1, 2];

interface Opened {
  /** `id: message` of all findings of a file, once what lies around it is known. */
  readonly said: (file: string) => Promise<readonly string[]>;
  /** Writes a file and tells of it, as VS Code does. */
  readonly write: (file: string, text: string) => Promise<void>;
  /** Folders that are watched. */
  readonly watched: () => readonly string[];
  readonly close: (file: string) => void;
}

/** A folder as VS Code opens it: these files are open, and nothing of it is changed but by `write`. */
async function opened(context: TestContext, root: string, open: readonly string[]): Promise<Opened> {
  const nothing = { dispose: () => undefined };
  const watchers = new Map<object, { folder: string; told: ((uri: At) => void)[] }>();
  const documents = await Promise.all(
    open.map(async (file) => {
      const text = await readFile(path.join(root, file), 'utf8');
      const uri = uriOf(path.join(root, file));
      return { uri, version: 1, languageId: 'yaml', getText: () => text };
    }),
  );
  let closed = (_document: unknown): void => undefined;
  const listen = (): object => nothing;
  Object.assign(workspace, {
    textDocuments: documents,
    getConfiguration: () => ({ get: () => undefined }),
    getWorkspaceFolder: ({ path: file }: At) => (file.startsWith(root) ? { uri: uriOf(root) } : undefined),
    asRelativePath: ({ path: file }: At) => path.relative(root, file),
    ...{ onDidOpenTextDocument: listen, onDidChangeTextDocument: listen, onDidChangeConfiguration: listen },
    onDidCloseTextDocument: (listener: typeof closed) => ((closed = listener), nothing),
    createFileSystemWatcher: (pattern: { base?: At } | string) => {
      const told: ((uri: At) => void)[] = [];
      const its = {
        dispose: () => void watchers.delete(its),
        onDidChange: (one: (uri: At) => void) => void told.push(one),
      };
      if (typeof pattern !== 'string') watchers.set(its, { folder: pattern.base?.path ?? '', told });
      return { ...its, onDidCreate: listen, onDidDelete: listen };
    },
    fs: {
      isWritableFileSystem: () => true,
      stat: async ({ path: file }: At) => stat(file),
      readFile: async ({ path: file }: At) => readFile(file),
      readDirectory: async ({ path: file }: At) =>
        (await readdir(file, { withFileTypes: true })).map((one) => [one.name, one.isDirectory() ? FOLDER : FILE]),
    },
  });
  const thread = lintThread(path.join(import.meta.dirname, '../../src/editor/worker.ts'));
  // What waits when a test has ended is no failure.
  let ended = false;
  const findings = watchFindings(thread, (error) => assert.ok(ended, String(error)));
  context.after(() => {
    ended = true;
    findings.dispose();
    thread.dispose();
  });
  const documentOf = (file: string) => documents.find(({ uri }) => uri.path === path.join(root, file)) as never;
  return {
    said: async (file) => (await findings.of(documentOf(file))).map(({ id, message }) => `${id}: ${message}`),
    write: async (file, text) => {
      await writeFile(path.join(root, file), text);
      for (const { folder, told } of watchers.values())
        if (folder === path.dirname(path.join(root, file))) for (const one of told) one(uriOf(path.join(root, file)));
    },
    watched: () => [...watchers.values()].map(({ folder }) => path.relative(root, folder)).sort(),
    close: (file) => closed(documentOf(file)),
  };
}

async function folderOf(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'kubeflow-irsa-telling-')));
  context.after(() => rm(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
  return root;
}

/** What the command line says of a folder, by file. */
async function saidByCommand(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { listed } = filesOf([root], []);
  const options = { beside: { root: process.cwd(), files: [], tops: [root] } };
  const { told } = await lintTree({ paths: [root], listed, options, fix: undefined }, []);
  const said = new Map<string, string[]>();
  for (const { report } of told) {
    const file = path.relative(root, path.resolve(report.file));
    said.set(file, [...(said.get(file) ?? []), `${report.id}: ${report.message}`]);
  }
  return said;
}

test('the same folder says the same through the editor and the command line', async (context) => {
  const root = await folderOf(context, {
    Makefile: 'apply:\n\tenvsubst < k8s/base/by-makefile.yaml | kubectl apply -f -\n',
    'scripts/deploy.sh': 'sed -i "s/<ROLE>/$ROLE/" k8s/base/by-script.yaml\n',
    'tasks/render.yml': '- template: { src: k8s/deep/down/here/by-task.yaml }\n',
    'k8s/base/by-makefile.yaml': account('${ROLE_ARN}'),
    'k8s/base/by-script.yaml': account("'<ROLE>'"),
    'k8s/deep/down/here/by-task.yaml': account('"{{ role }}"'),
    'alone/by-nobody.yaml': account('"@ROLE_OF_NOBODY@"'),
    'k8s/templates/by-name.yaml': account('"@ROLE@"'),
    'k8s/base/README.md': 'Set `%{ROLE}` in by-guide.yaml to your role.\n',
    'k8s/base/by-guide.yaml': account('"%{ROLE}"'),
    'other/.git/config': '',
    'other/lonely.yaml': account('"<ROLE>"'),
    'other/kustomization.yaml': 'vars:\n  - name: KEY\nresources: [by-var.yaml]\n',
    'other/by-var.yaml': account('$(KEY)'),
  });
  const command = await saidByCommand(root);
  const open = (await readdir(root, { recursive: true })).filter((file) => /(?:by-.*|lonely)\.yaml$/.test(file));
  const editor = await opened(context, root, open);
  for (const file of open) assert.deepEqual(await editor.said(file), command.get(file) ?? [], file);
  assert.deepEqual([...command.keys()].sort(), ['alone/by-nobody.yaml', 'other/lonely.yaml']);
});

test('what is written anew is read anew, and folders of nothing that is open are let go of', async (context) => {
  const root = await folderOf(context, {
    'k8s/a.yaml': account('${ROLE_ARN}'),
    'k8s/plain.yaml': account('arn:aws:iam::314159265358:role/a'),
    'other/plain.yaml': account('arn:aws:iam::314159265358:role/a'),
    'deploy.sh': 'true\n',
  });
  const editor = await opened(context, root, ['k8s/a.yaml', 'other/plain.yaml']);
  assert.equal((await editor.said('k8s/a.yaml')).length, 1);
  assert.deepEqual(await editor.said('other/plain.yaml'), []);
  assert.deepEqual(editor.watched(), ['', 'k8s', 'k8s', 'other'], 'who asks for nothing has nobody looked for');
  await editor.write('deploy.sh', 'envsubst < k8s/a.yaml\n');
  for (const end = Date.now() + 20_000; (await editor.said('k8s/a.yaml')).length > 0; await sleep(20))
    assert.ok(Date.now() < end, 'it is never read anew');
  editor.close('k8s/a.yaml');
  assert.deepEqual(editor.watched(), ['other']);
});
