/** The command line's linter, run as its own process. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { CLI } from '../fixtures/cli.ts';

const root = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-lint-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const HAS_PIPES = process.platform !== 'win32';
const cli = (cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
};
const place = (name: string, files: Readonly<Record<string, string | Buffer>>): string => {
  const target = path.join(folder, name);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
    writeFileSync(path.join(target, file), content);
  }
  return target;
};
const profile = (name: string, annotateOnly = 'true'): string =>
  [
    'apiVersion: kubeflow.org/v1',
    'kind: Profile',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    '  owner:',
    '    kind: User',
    '    name: user@example.com',
    '  plugins:',
    '    - kind: AwsIamForServiceAccount',
    '      spec:',
    `        awsIamRole: arn:aws:iam::111122223333:role/${name}-dev-role`,
    `        annotateOnly: ${annotateOnly}`,
    '',
  ].join('\n');

test('clean files exit with 0, findings with 1, and JSON has the documented shape', () => {
  const clean = cli(place('clean', { 'profile.yaml': profile('team-a') }), 'lint', '--format', 'json');
  assert.deepEqual([clean.status, JSON.parse(clean.stdout)], [0, { findings: [] }]);

  const target = place('quoted', { 'a/profile.yaml': profile('team-a', '"true"') });
  const { status, stdout } = cli(target, 'lint', '--format', 'json');
  assert.equal(status, 1);
  const { findings } = JSON.parse(stdout) as { findings: Record<string, unknown>[] };
  const { message, fixes, ...rest } = findings[0] ?? {};
  assert.deepEqual(rest, {
    file: 'a/profile.yaml',
    line: 13,
    column: 23,
    endLine: 13,
    endColumn: 29,
    id: 'KP-006',
    severity: 'error',
  });
  assert.equal(typeof message, 'string');
  assert.ok(Array.isArray(fixes) && fixes.length > 0);
});

test('a patch that only a kustomization says is one of a Profile is read, fixed, and told from other files', () => {
  const patch = '- op: replace\n  path: /spec/owner/kind\n  value: user # why\n';
  const target = place('kustomize', {
    'kustomization.yaml': 'patches:\n- path: patches/owner.yaml\n  target: { kind: Profile }\n- path: ../gone.yaml\n',
    'patches/owner.yaml': patch,
    'patches/other.yaml': patch,
  });
  const { status, stdout } = cli(target, 'lint');
  assert.equal(status, 1);
  assert.match(stdout, /^patches\/owner\.yaml:3:10: error KP-010: [^\n]*\n$/);
  assert.equal(cli(target, 'lint', '--fix').status, 0);
  assert.equal(readFileSync(path.join(target, 'patches/owner.yaml'), 'utf8'), patch.replace('user', 'User'));
  assert.equal(readFileSync(path.join(target, 'patches/other.yaml'), 'utf8'), patch);
});

test('text is one finding a line, SARIF names rule and place', () => {
  const target = place('formats', { 'p.yaml': profile('team-a', '"true"') });
  assert.match(cli(target, 'lint').stdout, /^p\.yaml:13:23: error KP-006: .+\n$/);
  const sarif = JSON.parse(cli(target, 'lint', '--format', 'sarif').stdout) as {
    version: string;
    runs: { results: { ruleId: string; locations: { physicalLocation: { region: object } }[] }[] }[];
  };
  assert.match(
    cli(target, 'lint', '--format', 'github').stdout,
    /^::error file=p\.yaml,line=13,endLine=13,col=23,endColumn=29,title=KP-006::[^\n]+ https:[^\n]+KP-006\n$/i,
  );
  assert.equal(sarif.version, '2.1.0');
  assert.equal(sarif.runs[0]?.results[0]?.ruleId, 'KP-006');
  assert.deepEqual(sarif.runs[0].results[0].locations[0]?.physicalLocation.region, {
    startLine: 13,
    startColumn: 23,
    endLine: 13,
    endColumn: 29,
  });
});

test('ignore files are honoured, also those of inner folders; a named file is always read', () => {
  const bad = profile('team-a', '"true"');
  const target = place('ignored', {
    '.gitignore': 'generated/\n*.tmp.yaml\n',
    'generated/p.yaml': bad,
    'x.tmp.yaml': bad,
    'inner/.gitignore': 'p.yaml\n!keep.yaml\n',
    'inner/p.yaml': bad,
    'node_modules/m/p.yaml': bad,
  });
  assert.equal(cli(target, 'lint').stdout, '');
  assert.equal(cli(target, 'lint', 'inner/p.yaml').status, 1);
});

test('the innermost ignore file decides, as in git', () => {
  const bad = profile('team-a', '"true"');
  const target = place('negated', {
    '.gitignore': '*.yaml\n',
    'a/.gitignore': '!keep.yaml\n',
    'a/keep.yaml': bad,
    'a/other.yaml': bad,
    'b/keep.yaml': bad,
  });
  const { stdout } = cli(target, 'lint', '--format', 'json');
  const { findings } = JSON.parse(stdout) as { findings: { file: string }[] };
  assert.deepEqual([...new Set(findings.map(({ file }) => file))], ['a/keep.yaml']);
});

test('links that lead back, and names that no address holds as they are', () => {
  const target = place('names', { 'a b/50% #1.yaml': profile('team-a', '"true"') });
  symlinkSync('..', path.join(target, 'a b/up'));
  const { runs } = JSON.parse(cli(target, 'lint', '--format', 'sarif').stdout) as {
    runs: { results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[] }[];
  };
  const uris = runs.flatMap(({ results }) =>
    results.flatMap(({ locations }) => locations.map((one) => one.physicalLocation.artifactLocation.uri)),
  );
  assert.deepEqual(uris, ['a%20b/50%25%20%231.yaml']);
});

test('a file that cannot be read is named, and the others are linted', { skip: process.platform !== 'linux' }, () => {
  const target = place('unread', { 'p.yaml': profile('team-a', '"true"') });
  // Nobody, not even root, reads the first bytes of a process.
  const { status, stdout, stderr } = cli(target, 'lint', 'p.yaml', '/proc/self/mem');
  assert.match(stdout, /p\.yaml.*KP-006/);
  assert.match(stderr, /Not read: \/proc\/self\/mem: EIO/);
  assert.equal(status, 2);
});

test('--max-severity says what does not count', () => {
  const target = place('severity', { 'p.yaml': profile('team-a').replace('kubeflow.org/v1', 'kubeflow.org/v1beta1') });
  assert.match(cli(target, 'lint').stdout, / information KP-017/);
  assert.equal(cli(target, 'lint').status, 1);
  assert.equal(cli(target, 'lint', '--max-severity', 'information').status, 0);
  assert.equal(cli(target, 'lint', '--max-severity', 'hint').status, 1);
});

test('--fix mends errors and warnings, and says which; information only when asked', () => {
  const files = { 'p.yaml': profile('team-a', '"true"').replace('kubeflow.org/v1', 'kubeflow.org/v1beta1') };
  const target = place('fix-severity', files);
  const first = cli(target, 'lint', '--fix');
  assert.match(first.stderr, /^Fixed: KP-006 \(1\)\.\nNot fixed, because less severe than warning: KP-017 \(1\)\./);
  assert.equal(readFileSync(path.join(target, 'p.yaml'), 'utf8'), files['p.yaml'].replace('"true"', 'true'));
  const second = cli(target, 'lint', '--fix', '--fix-severity', 'information');
  assert.deepEqual([second.status, second.stderr], [0, 'Fixed: KP-017 (1).\n']);
  assert.equal(readFileSync(path.join(target, 'p.yaml'), 'utf8'), profile('team-a'));
  const errors = place('fix-errors', { 'p.yaml': profile('team-a', '"true"') });
  cli(errors, 'lint', '--fix', '--fix-severity', 'error');
  assert.equal(readFileSync(path.join(errors, 'p.yaml'), 'utf8'), profile('team-a'));
});

test('--only and --except say which failures are looked for, by their other names, too', () => {
  const target = place('only', {
    'p.yaml': profile('team-a', '"true"').replace('kubeflow.org/v1', 'kubeflow.org/v1beta1'),
    '.kubeflow-irsa.yaml': 'rules:\n  KP-006: off\n',
  });
  const ids = (...args: string[]) =>
    (cli(target, 'lint', ...args).stdout.match(/[A-Z]+-[A-Z0-9-]+(?=:)/g) ?? []).sort();
  assert.deepEqual(ids(), ['KP-017'], 'the settings file');
  assert.deepEqual(ids('--only', 'kp-006,T-SUB-MISSING'), ['KP-006'], 'what is asked for is looked for');
  assert.deepEqual(ids('--except', 'KP-017'), []);
  for (const [args, says] of [
    [['--only', 'KP-6'], /^--only: there is no failure "KP-6"\. Is "KP-006" meant\?/],
    [['--except', 'nonsense'], /^--except: there is no failure "nonsense"\. docs/],
    [['--only', 'KP-006', '--except', 'KP-006,KP-017'], /^KP-006 is named by both/],
  ] as const) {
    const { status, stderr } = cli(target, 'lint', ...args);
    assert.equal(status, 2);
    assert.match(stderr, says);
  }
});

test('--fix mends what --only names, and nothing else', () => {
  const text = profile('team-a', '"true"').replace('kind: User', 'kind: user');
  const target = place('fix-only', { 'p.yaml': text });
  assert.equal(cli(target, 'lint', '--fix', '--only', 'KP-006').stderr, 'Fixed: KP-006 (1).\n');
  assert.equal(readFileSync(path.join(target, 'p.yaml'), 'utf8'), text.replace('"true"', 'true'));
});

test('the settings file above a path holds, up to the root of its repository', () => {
  const bad = profile('team-a', '"true"');
  const target = place('settings', {
    '.kubeflow-irsa.yaml': 'rules: { KP-006: off }\n',
    'repository/.git/HEAD': '',
    'repository/.kubeflow-irsa.yaml': 'rules: { KP-006: hint }\nexclude: [vendor/, "*.golden.yaml"]\n',
    'repository/a/p.yaml': bad,
    'repository/a/p.golden.yaml': bad,
    'repository/vendor/p.yaml': bad,
    'repository/own/.kubeflow-irsa.yaml': 'rules: { KP-006: warning }\n',
    'repository/own/p.yaml': bad,
    'alone/.git/HEAD': '',
    'alone/p.yaml': bad,
  });
  const lines = (cwd: string, ...args: string[]) =>
    cli(path.join(target, cwd), 'lint', ...args).stdout.match(/^\S+ \w+/gm);
  assert.deepEqual(lines('repository'), ['a/p.yaml:13:23: hint', 'own/p.yaml:13:23: hint']);
  assert.deepEqual(lines('repository/a'), ['p.yaml:13:23: hint'], 'in a folder of it');
  assert.deepEqual(
    lines('repository', 'own', 'a'),
    ['own/p.yaml:13:23: warning', 'a/p.yaml:13:23: hint'],
    'each its own',
  );
  assert.deepEqual(lines('alone'), ['p.yaml:13:23: error'], 'that of another repository is none');
  assert.deepEqual(lines('alone', '--settings', '../.kubeflow-irsa.yaml'), null, 'one that is named');
  const named = cli(path.join(target, 'repository'), 'lint', 'a/p.golden.yaml');
  assert.deepEqual([named.status, named.stderr], [0, 'Left out by .kubeflow-irsa.yaml: a/p.golden.yaml\n']);
});

test('what is wrong in the settings file is said with its place, ends with 2, and the rest counts', () => {
  const target = place('wrong-settings', {
    '.kubeflow-irsa.yaml': 'rules:\n  KP-017: of\n  KP-006: off\n',
    'p.yaml': profile('team-a', '"true"'),
  });
  const { status, stdout, stderr } = cli(target, 'lint');
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(
    stderr,
    /^\.kubeflow-irsa\.yaml:2:11: settings: KP-017: "of" is no severity: [^\n]* Is "off" meant\?\n$/,
  );
  mkdirSync(path.join(target, 'folder/.kubeflow-irsa.yaml'), { recursive: true });
  assert.match(cli(path.join(target, 'folder'), 'lint').stderr, /^\.kubeflow-irsa\.yaml cannot be read: EISDIR/);
});

test('a baseline keeps known findings silent where their lines move, tells new ones, and names what is gone', () => {
  const two = `${profile('team-a', '"true"')}---\n${profile('team-b', '"true"')}`;
  const target = place('baseline', { '.git/HEAD': '', 'sub/p.yaml': two });
  const file = path.join(target, 'sub/p.yaml');
  const sub = path.join(target, 'sub');
  const written = cli(target, 'lint', '--baseline', 'known.json', '--write-baseline');
  assert.deepEqual(
    [written.status, written.stdout, written.stderr],
    [0, '', 'Wrote 2 known findings to known.json.\n'],
  );
  writeFileSync(file, `# moved\n\n${two}`);
  const same = cli(sub, 'lint', '--baseline', '../known.json');
  assert.deepEqual([same.status, same.stdout, same.stderr], [0, '', '2 findings of the baseline are not told.\n']);
  writeFileSync(file, `${two}---\n${profile('Team', 'true')}`);
  const more = cli(target, 'lint', '--baseline', 'known.json');
  assert.equal(more.status, 1);
  assert.deepEqual(more.stdout.match(/(?<=error )\S+(?=:)/g), ['KP-008']);
  writeFileSync(file, profile('team-a', '"true"'));
  const gone = cli(target, 'lint', '--baseline', 'known.json');
  assert.equal(gone.status, 0);
  assert.match(gone.stderr, /^1 entry of the baseline is no longer found: KP-006 in sub\/p\.yaml\./m);
  assert.doesNotMatch(cli(target, 'lint', '--baseline', 'known.json', '--only', 'KP-001').stderr, /no longer/);
});

for (const { name, text, says } of [
  { name: 'is not there', text: undefined, says: /There is no baseline known\.json: add --write-baseline/ },
  { name: 'is no JSON', text: '{', says: /known\.json is no JSON: .*--write-baseline/ },
  { name: 'is of another version', text: '{"version":7,"findings":[]}', says: /of version 1, but of 7\./ },
  { name: 'is another file', text: '[]', says: /no baseline of version 1\./ },
  { name: 'has no list', text: '{"version":1,"findings":{}}', says: /no list "findings"/ },
  {
    name: 'has a strange entry',
    text: '{"version":1,"findings":[{"id":"X"}]}',
    says: /findings\[0\] is no known finding/,
  },
])
  test(`a baseline that ${name} is said so, with what to do`, () => {
    const target = place(`baseline ${name}`, text === undefined ? {} : { 'known.json': text });
    mkdirSync(target, { recursive: true });
    const { status, stderr } = cli(target, 'lint', '--baseline', 'known.json');
    assert.equal(status, 2);
    assert.match(stderr, says);
  });

test('--write-baseline needs the name of the file', () => {
  const { status, stderr } = cli(place('no-baseline', { 'a.yaml': '' }), 'lint', '--write-baseline');
  assert.equal(status, 2);
  assert.match(stderr, /^--write-baseline writes the file that --baseline names/);
});

test('a large tree is judged in threads, folder by folder, as a small one is at once', () => {
  const arn =
    'arn:aws:iam::210987654321:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
  const trust = (subject: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: arn },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${arn.replace(/^.*oidc-provider\//, '')}:sub`]: `system:serviceaccount:${subject}` },
        },
      },
    });
  const target = place('large', {
    'profiles/p.yaml': profile('team-a', 'false'),
    'roles/tied.json': trust('team-a:default-editor'),
    'roles/other.json': trust('team-z:default-editor'),
    'base/kustomization.yaml': 'patches:\n- path: patches/owner.yaml\n  target: { kind: Profile }\n',
    'base/patches/owner.yaml': '- op: replace\n  path: /spec/owner/kind\n  value: user\n',
    ...Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`many/${index}/bad.yaml`, profile(`team-${index}`, '"true"')]),
    ),
  });
  const small = cli(target, 'lint', '--format', 'sarif');
  mkdirSync(path.join(target, 'unrelated'));
  for (let index = 0; index < 2_000; index += 1)
    writeFileSync(path.join(target, `unrelated/${index}.yaml`), 'kind: Deployment\n');
  const large = cli(target, 'lint', '--format', 'sarif');
  assert.deepEqual(large, small);
  // Only together with its Profile is it known that the role is in another account.
  const of = (file: string): readonly string[] =>
    cli(target, 'lint').stdout.match(new RegExp(`(?<=^${file}\\S* \\w+ )\\S+(?=:)`, 'gm')) ?? [];
  assert.ok(of('roles/tied').includes('KP-034'), of('roles/tied').join());
  assert.ok(!of('roles/other').includes('KP-034'), of('roles/other').join());
  assert.deepEqual(of('base/patches/owner'), ['KP-010']);
});

test('KP-017: the versions that a definition serves are those of its own repository', () => {
  const definition =
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: profiles.kubeflow.org\nspec:\n  group: kubeflow.org\n  names: { kind: Profile, plural: profiles }\n  scope: Cluster\n  versions:\n    - { name: v2alpha1, served: true, storage: true }\n';
  const fork = profile('team-a').replace('kubeflow.org/v1', 'kubeflow.org/v2alpha1');
  const target = place('served', {
    'one/.git/HEAD': '',
    'one/crd/profiles.yaml': definition,
    'one/teams/p.yaml': fork,
    'one/vendored/.git': 'gitdir: ../.git/modules/vendored\n',
    'one/vendored/p.yaml': fork,
    'other/.git/HEAD': '',
    'other/p.yaml': fork,
    'plain/p.yaml': fork,
  });
  const told = (...args: string[]) =>
    cli(target, 'lint', ...args).stdout.match(/^\S+(?=:\d+:\d+: error KP-017)/gm) ?? [];
  const elsewhere = ['one/vendored/p.yaml', 'other/p.yaml', 'plain/p.yaml'];
  assert.deepEqual(told(), elsewhere, 'in a folder that holds repositories');
  assert.deepEqual(told('one', 'other', 'plain'), elsewhere, 'each named');
  assert.deepEqual(told('one/crd', 'one/teams', 'plain'), ['plain/p.yaml'], 'folders of one repository');
  assert.deepEqual(told('one/crd/profiles.yaml', 'one/teams/p.yaml', 'other/p.yaml'), ['other/p.yaml'], 'files');
});

test('a file is linted once, however often and by whatever links it is named', () => {
  const target = place('twice', { 'a/p.yaml': profile('team-a', '"true"') });
  symlinkSync('p.yaml', path.join(target, 'a/link.yaml'));
  symlinkSync('a', path.join(target, 'b'));
  for (const [args, says] of [
    [['a/p.yaml', './b/../a/p.yaml', 'a/link.yaml', 'a'], 'a/p.yaml'],
    [['b', 'a'], 'b/p.yaml'],
    [['a/link.yaml', '.'], 'a/link.yaml'],
  ] as const) {
    const { stdout } = cli(target, 'lint', ...args);
    assert.deepEqual(stdout.match(/^\S+?(?=:\d)/gm), [says], args.join(' '));
  }
});

test('a pipe, a device or a loop of links is said to be no file, and never waited for', { skip: !HAS_PIPES }, () => {
  const target = place('pipes', {
    'p.yaml': profile('team-a', '"true"'),
    'k/kustomization.yaml': 'patches:\n- path: pipe.yaml\n  target: { kind: Profile }\n',
    'k/main.tf': 'resource "aws_iam_role" "r" {\n  assume_role_policy = "{}"\n}\n',
  });
  for (const name of ['pipe.yaml', 'k/pipe.yaml', 'k/pipe.tf', 'k/pipe.sh'])
    assert.equal(spawnSync('mkfifo', [path.join(target, name)]).status, 0);
  symlinkSync('loop', path.join(target, 'loop'));
  const whole = cli(target, 'lint');
  assert.deepEqual([whole.status, whole.stdout.match(/^\S+?(?=:\d)/gm)], [2, ['p.yaml']]);
  assert.equal(whole.stderr, 'Not read: k/pipe.yaml: it is no file.\n', 'it is named as a patch');
  for (const [args, says] of [
    [['pipe.yaml'], /^Not read: pipe\.yaml: it is no file\.$/m],
    [['/dev/null'], /^Not read: \/dev\/null: it is no file\.$/m],
    [['loop'], /^loop cannot be read: ELOOP/],
    [['p.yaml/'], /^p\.yaml\/ cannot be read: ENOTDIR/],
    [[''], /^There is no file or folder ""\./],
    [['--settings', 'pipe.yaml', 'p.yaml'], /^pipe\.yaml cannot be read: it is no file\.$/m],
  ] as const) {
    const { status, stderr } = cli(target, 'lint', ...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, says);
  }
});

test('a file named on the command line that is not read is said, and ends with 2', () => {
  const policy = '{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"s3:GetObject","Resource":"*"}}';
  const files = {
    'main.go': 'package main // eks.amazonaws.com/role-arn\n',
    'archive.yaml': Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 8]),
    'utf16.json': Buffer.from(`\uFEFF${policy}`, 'utf16le'),
    'trail.json': `${policy}\n${policy}\n`,
    'trail.ndjson': `${policy}\n`.repeat(5000),
  };
  const target = place('named', {
    ...files,
    'p.yaml': profile('team-a', '"true"'),
    'p.yaml.tmpl': profile('team-b', '"true"'),
    'p.sh': `cat <<EOF | kubectl apply -f -\n${profile('team-c', '"true"')}EOF\n`,
    'policy.txt': policy,
    package: policy,
  });
  const read = ['p.yaml', 'p.yaml.tmpl', 'p.sh', 'policy.txt', 'package'];
  const { status, stdout, stderr } = cli(target, 'lint', ...Object.keys(files), ...read);
  assert.equal(status, 2);
  assert.deepEqual(stderr.split('\n'), [
    'Not read: main.go: lint reads YAML, JSON and Terraform, templates of them, and shell scripts.',
    'Not read: archive.yaml: it is not text, or not UTF-8.',
    'Not read: utf16.json: it is not text, or not UTF-8.',
    'Not read: trail.json: it is JSON Lines: lint reads documents.',
    'Not read: trail.ndjson: it is JSON Lines: lint reads documents.',
    '',
  ]);
  assert.deepEqual(stdout.match(/^[\w.]+/gm)?.sort(), [...read].sort());
  for (const file of Object.keys(files)) assert.equal(cli(target, 'lint', file).status, 2, file);
  const whole = cli(target, 'lint', '.');
  assert.deepEqual(
    [whole.stderr, whole.stdout.match(/^[\w.]+/gm)],
    ['', ['p.sh', 'p.yaml', 'p.yaml.tmpl']],
    'in a folder',
  );
});

test('a file that a generator of kustomize names is read, whatever its name, and no file outside of what is linted', () => {
  const root = 'defaultPipelineRoot=s3:/team-a-data/v2\n';
  const target = place('generators', {
    'in/kustomization.yaml': 'configMapGenerator:\n- name: kfp-launcher\n  envs: [params.env, ../out.env]\n',
    'in/params.env': root,
    'out.env': root,
  });
  assert.deepEqual(cli(target, 'lint', 'in').stdout.match(/^[\w./]+/gm), ['in/params.env']);
  assert.deepEqual(cli(target, 'lint').stdout.match(/^[\w./]+/gm), ['in/params.env', 'out.env']);
  assert.equal(cli(target, 'lint', '--fix').status, 0);
  assert.equal(readFileSync(path.join(target, 'in/params.env'), 'utf8'), root.replace(':/', '://'));
});

test('lint prints file names raw: a name with a newline or escape writes workflow commands into a CI log', () => {
  const bad = profile('team-a', '"true"');
  const names = [
    'a\n::error::b.yaml',
    '::add-mask::x.yaml',
    '\u001b[2Jc.yaml',
    'd##[add-mask]y.yaml',
    'e\u009b\u202e.yaml',
    'f,title=g:%0A::error::.yaml',
  ];
  const text = bad.replace('name: user@example.com', 'name: "x\\n::error::y\\e[2J\\u2028##vso[task.z]"');
  const target = place('commands', Object.fromEntries(names.map((name) => [name, text])));
  for (const format of ['text', 'json', 'sarif']) {
    const { stdout, stderr } = cli(target, 'lint', '--format', format);
    for (const line of stdout.split('\n')) {
      assert.doesNotMatch(line, /^\s*::|##\w*\[|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, format);
    }
    assert.equal(stderr, '');
  }
  // Here each line is a command: ours, whose file and text hold no mark that would begin another one or another property.
  for (const line of cli(target, 'lint', '--format', 'github').stdout.trimEnd().split('\n'))
    assert.match(
      line,
      /^::(error|warning|notice) file=(?:%25|%3A|%2C|[^%:,\p{Cc}\p{Cf}])*,line=\d+,[^:]*::[^\p{Cc}\p{Cf}]*$/u,
    );
  const { findings } = JSON.parse(cli(target, 'lint', '--format', 'json').stdout) as { findings: { file: string }[] };
  assert.deepEqual([...new Set(findings.map(({ file }) => file))].sort(), names.toSorted(), 'JSON means the same');
  assert.match(cli(target, 'lint').stdout, /^a\\n::error::b\.yaml:13:23: error KP-006/m);
  const named = cli(place('unread-names', { 'x\n::error::y.go': 'x' }), 'lint', 'x\n::error::y.go').stderr;
  assert.match(named, /^Not read: x\\n::error::y\.go: [^\n]*\n$/);
});

test("--fix makes the AWS page's artefacts right; a second time changes nothing", () => {
  const target = path.join(folder, 'page');
  cpSync(path.join(root, 'test/fixtures/aws-page'), target, { recursive: true });
  const values = {
    PROFILE_NAME: 'team-q',
    PROFILE_USER: 'q@example.com',
    AWS_ACCOUNT_ID: '111122223333',
    OIDC_URL: 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    S3_BUCKET: 'artifacts',
  };
  const file = path.join(target, 'profile_iam.yaml');
  const arn = 'arn:aws:iam::111122223333:role/team-q-dev-role';
  writeFileSync(file, readFileSync(file, 'utf8').replace(/awsIamRole:.*/, `awsIamRole: ${arn}`));
  const fix = () =>
    cli(target, 'lint', '--fix', ...Object.entries(values).flatMap((pair) => ['--var', pair.join('=')]));
  const { stdout } = fix();
  assert.doesNotMatch(stdout, / error /);
  const trust = JSON.parse(readFileSync(path.join(target, 'trust.json'), 'utf8')) as {
    Statement: { Condition: { StringEquals: Record<string, string> } }[];
  };
  assert.deepEqual(trust.Statement[0]?.Condition.StringEquals, {
    [`${values.OIDC_URL}:aud`]: 'sts.amazonaws.com',
    [`${values.OIDC_URL}:sub`]: 'system:serviceaccount:team-q:default-editor',
  });
  const policy = JSON.parse(readFileSync(path.join(target, 's3_policy.json'), 'utf8')) as {
    Statement: { Resource: string[] }[];
  };
  assert.deepEqual(policy.Statement[0]?.Resource, ['arn:aws:s3:::artifacts', 'arn:aws:s3:::artifacts/*']);
  const after = ['trust.json', 's3_policy.json', 'profile_iam.yaml'].map((name) =>
    readFileSync(path.join(target, name), 'utf8'),
  );
  fix();
  assert.deepEqual(
    ['trust.json', 's3_policy.json', 'profile_iam.yaml'].map((name) => readFileSync(path.join(target, name), 'utf8')),
    after,
  );
});

test('bytes that are no UTF-8 are linted and never rewritten', () => {
  const bytes = Buffer.concat([Buffer.from(`# \xe9\n${profile('team-a', '"true"')}`, 'latin1')]);
  const target = place('latin1', { 'p.yaml': bytes });
  assert.equal(cli(target, 'lint', '--fix').status, 1);
  assert.deepEqual(readFileSync(path.join(target, 'p.yaml')), bytes);
});

test('what cannot run exits with 2 and says why', () => {
  const target = place('usage', { 'p.yaml': profile('team-a') });
  for (const [args, reason] of [
    [['lint', 'nothing-here'], /There is no file or folder nothing-here/],
    [['lint', '--format', 'xml'], /use one of text, json, sarif, github/],
    [['lint', '--max-severity', 'fatal'], /use one of none, hint/],
    [['lint', '--var', 'X'], /NAME=VALUE/],
    [['lint', '--frobnicate'], /frobnicate/],
    [['frobnicate'], /There is no command "frobnicate"/],
    [['plan'], /--profile, --owner and --bucket are missing/],
    [['plan', '--profile', 'Team'], /--profile "Team": Use lower-case/],
    [['apply', '--profile', 'team', '--cluster', 'c', '--region', 'mars-1'], /AWS has no region of such a name/],
    [
      ['plan', '--profile', 't', '--cluster', 'c', '--region', 'us-west-2', '--access', 'all'],
      /use one of prefix, bucket/,
    ],
    [
      ['plan', '--profile', 't', '--cluster', 'c', '--region', 'us-west-2', '--bucket', 'arn:aws-cn:s3:::b-b'],
      /partition aws-cn/,
    ],
  ] as const) {
    const { status, stderr } = cli(target, ...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, reason);
  }
});
