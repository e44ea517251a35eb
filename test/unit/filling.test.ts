// Placeholders: one notion in every format, and who is seen to fill them in.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { lint, lintFolder } from '../../src/core/lint.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { parse } from '../../src/core/document/parse.ts';
import { CLI } from '../fixtures/cli.ts';

const policy = (resource: string): string =>
  JSON.stringify(
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: resource }] },
    undefined,
    2,
  );
const account = (role: string): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    eks.amazonaws.com/role-arn: '${role}'\n`;
const trust = (who: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${who}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D:sub': 'system:serviceaccount:team-a:default-editor',
            'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D:aud': 'sts.amazonaws.com',
          },
        },
      },
    ],
  });

const FORMS = [
  ...[
    '${bucket}',
    '${BUCKET}',
    '${BUCKET:-data}',
    '${ bucket }',
    '$(BUCKET)',
    '$(aws sts get-caller-identity)',
    '$BUCKET',
  ],
  ...[
    '$mybucket',
    '<bucket>',
    '<BUCKET NAME>',
    '< bucket name >',
    '<<__bucket.name__>>',
    '%{bucket}',
    '%(bucket)s',
    '%s',
  ],
  ...[
    '{bucket}',
    '{{ bucket }}',
    '{{{ BUCKET }}}',
    '[BUCKET]',
    '[bucket-name]',
    '@@bucket@@',
    '@BUCKET@',
    '__BUCKET__',
  ],
  ...['REPLACE_ME', 'REPLACE-WITH-BUCKET', 'CHANGEME', 'CHANGE_ME', 'replace-me', 'YOUR_BUCKET', 'YOUR-BUCKET-NAME'],
];
describe('a placeholder is a warning in every format and form', () => {
  for (const form of FORMS) {
    test(`${form} in a policy`, () => {
      const found = lint(policy(`arn:aws:s3:::${form}/*`));
      assert.deepEqual(
        found.map(({ id, severity }) => [id, severity]),
        [['KP-040', 'warning']],
        JSON.stringify(found),
      );
    });
    test(`${form} in an annotation`, () => {
      const found = lint(account(`arn:aws:iam::${form}:role/team-a`));
      assert.deepEqual([...new Set(found.map(({ id, severity }) => `${id} ${severity}`))], ['KP-004 warning']);
    });
    test(`${form} in a trust policy`, () => {
      const found = lint(trust(form));
      assert.deepEqual([...new Set(found.map(({ id, severity }) => `${id} ${severity}`))], ['KP-004 warning']);
    });
  }
  test('the word of a guide for an account, in a trust policy as in an annotation', () => {
    for (const text of [trust('account-id'), account('arn:aws:iam::account-id:role/a')])
      assert.deepEqual(
        lint(text).map(({ id, severity }) => [id, severity]),
        [['KP-004', 'warning']],
      );
  });
});

describe('what is no placeholder', () => {
  const sound = [
    'arn:aws:s3:::data/${aws:username}/*',
    'arn:aws:s3:::data/logs_$folder$',
    'arn:aws:s3:::data/a__b__c/*',
    'arn:aws:s3:::data/[abc]/*',
    'arn:aws:iot:eu-west-1:111122223333:topic/$aws/things/*',
    'arn:aws:execute-api:eu-west-1:111122223333:abc/$default/GET/*',
    'arn:aws:lambda:eu-west-1:111122223333:function:x:$LATEST',
    'arn:aws:s3:::{{resolve:ssm:/bucket}}/*',
    'arn:aws:s3:::data/100%/*',
    'arn:aws:s3:::data/me@example.com/*',
  ];
  for (const resource of sound)
    test(resource, () =>
      assert.deepEqual(
        lint(policy(resource)).filter(({ id }) => id === 'KP-040' || id === 'P-SYNTAX'),
        [],
      ),
    );
});

test('in a live document nothing fills it in any more: an error', () => {
  const [root] = parse(policy('arn:aws:s3:::${BUCKET}/*'), 'json').documents.map((one) => one.root);
  assert.ok(root);
  assert.deepEqual(
    checkPermissionPolicy(root, { live: true }).map(({ id, severity }) => [id, severity]),
    [['KP-040', 'error']],
  );
});

/** A policy with a placeholder among other files: what is said of it. */
interface Around {
  readonly name: string;
  readonly left?: string;
  readonly at?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly says?: RegExp;
}
const filled: readonly Around[] = [
  {
    name: 'templatefile',
    files: { 'tf/main.tf': 'p = templatefile("${path.module}/p.json", { bucket = aws_s3_bucket.b.id })' },
  },
  {
    name: 'templatefile with variables from elsewhere',
    files: { 'tf/main.tf': 'p = templatefile("./p.json", local.all)' },
  },
  {
    name: 'templatefile of every file of a folder',
    at: 'tf/policies/p.json',
    files: { 'tf/main.tf': 'p = templatefile("${path.module}/policies/${each.key}.json", var.all)' },
  },
  {
    name: 'templatefile of a folder beside',
    at: 'tf/policies/p.json',
    files: {
      'tf/role/main.tf': '',
      'tf/main.tf': 'p = templatefile("${path.module}/role/../policies/p.json", var.all)',
    },
  },
  {
    name: 'a data source',
    files: { 'tf/main.tf': 'data "template_file" "p" {\n  template = file("${path.module}/p.json")\n}' },
  },
  { name: 'replace', left: '<bucket>', files: { 'tf/main.tf': 'p = replace(file("p.json"), "<bucket>", var.b)' } },
  { name: 'envsubst in a script', files: { 'tf/deploy.sh': 'envsubst < p.json > /tmp/p.json' } },
  {
    name: 'envsubst of a folder',
    files: { 'scripts/deploy.sh': 'for f in tf/*.json; do\n  envsubst < $f | kubectl apply -f -\ndone' },
  },
  { name: 'envsubst in a guide', files: { 'README.md': '```\nenvsubst < tf/p.json | aws iam put-role-policy\n```' } },
  { name: 'sed of that very text', left: '<bucket>', files: { Makefile: 'all:\n\tsed -i "s/<bucket>/$(B)/" $(F)' } },
  { name: 'sed of that very text, escaped', files: { 'hack/a.sh': 'sed "s/\\${bucket}/$B/" $1' } },
  {
    name: 'a guide that tells to replace it',
    left: '<bucket>',
    files: { 'README.md': 'Replace `<bucket>` with the name of yours.' },
  },
  {
    name: 'a program',
    left: '__BUCKET__',
    files: { 'tf/stack.ts': 'const t = readFileSync("p.json").replace("__BUCKET__", b);' },
  },
  { name: 'a pipeline', files: { '.github/workflows/a.yml': 'run: |\n  envsubst < tf/p.json > out.json' } },
  { name: 'cookiecutter', left: '{{cookiecutter.bucket}}', files: { 'cookiecutter.json': '{}' } },
  { name: 'a name that says so', at: 'tf/p-template.json', files: {} },
  { name: 'a folder of templates', at: 'tf/templates/p.json', files: {} },
  {
    name: 'Flux',
    files: {
      'tf/kustomization.yaml':
        'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  postBuild:\n    substitute:\n      bucket: data',
    },
  },
];
const notFilled: readonly Around[] = [
  { name: 'nothing beside it', files: {} },
  {
    name: 'templatefile of another file',
    files: { 'tf/main.tf': 'p = templatefile("${path.module}/q.json", var.all)' },
  },
  { name: 'file alone renders nothing', files: { 'tf/main.tf': 'policy = file("${path.module}/p.json")' } },
  {
    name: 'templatefile does not know <x>',
    left: '<bucket>',
    files: { 'tf/main.tf': 'p = templatefile("${path.module}/p.json", var.all)' },
  },
  {
    name: 'a value that is not given',
    says: /filled in by templatefile in main\.tf, line 1, which gives no value/,
    files: { 'tf/main.tf': 'p = templatefile("${path.module}/p.json", { region = var.region })' },
  },
  { name: 'a script of somebody else', files: { 'other/deploy.sh': 'envsubst < p.json' } },
  { name: 'sed of another text', left: '<bucket>', files: { 'tf/a.sh': 'sed "s/<role>/x/" q.json' } },
];
const around = ({ left = '${bucket}', at = 'tf/p.json', files }: Around): readonly { path: string; text: string }[] => [
  { path: at, text: policy(`arn:aws:s3:::${left}/*`) },
  ...Object.entries(files).map(([file, text]) => ({ path: file, text })),
];
describe('nothing is said where a file beside it is seen to fill it in', () => {
  for (const one of filled)
    test(one.name, () =>
      assert.deepEqual(
        [...lintFolder(around(one)).values()].flat().map(({ message }) => message),
        [],
      ),
    );
});
describe('a warning stays where none is', () => {
  for (const one of notFilled)
    test(one.name, () => {
      const found = [...lintFolder(around(one)).values()].flat();
      assert.deepEqual(
        found.map(({ id, severity }) => [id, severity]),
        [['KP-040', 'warning']],
      );
      assert.match(found[0]?.message ?? '', one.says ?? /Ignore this if|No file beside/);
    });
});
test('what lies nowhere near says nothing of who looked', () => {
  const one = { path: 'a/policy.json', text: policy('arn:aws:s3:::${BUCKET}/*') };
  const said = (other: string): string =>
    lintFolder([one], { beside: { root: '/r', files: [{ path: other, text: '# what to set' }] } })
      .get(one.path)
      ?.map(({ message }) => message)
      .join() ?? '';
  assert.match(said('/r/a/README.md'), /No file beside/);
  assert.match(said('/r/b/README.md'), /Ignore this if/);
});
describe('kustomize', () => {
  const sa = { path: 'base/sa.yaml', text: account('$(role)') };
  const said = (kustomization: string): number =>
    [...lintFolder([sa, { path: 'base/kustomization.yaml', text: kustomization }]).values()].flat().length;
  test('a var fills it in', () => assert.equal(said('vars:\n- name: role\n  objref: {}\n'), 0));
  test('a replacement in that file', () =>
    assert.equal(said('resources: [sa.yaml]\nreplacements:\n- source: {}\n'), 0));
  test('another var does not', () => assert.equal(said('vars:\n- name: user\n  objref: {}\n'), 1));
});

describe('commas of Helm in JSON', () => {
  const inChart = (items: string): string =>
    `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata:\n  name: p\nspec:\n  name: p\n  policyDocument: |\n    {"Version": "2012-10-17", "Statement": [\n${items}\n    ]}\n`;
  const one = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}';
  const idioms = [
    `    {{- range $i, $p := .Values.policies }}\n    ${one}{{ if not (eq $i 1) }},{{ end }}\n    {{- end }}`,
    `    {{- range $i, $p := .Values.policies }}\n    {{- if $i }},{{ end }}\n    ${one}\n    {{- end }}`,
    `    {{- range $i, $p := .Values.policies }}\n    {{ if $i }},{{ end }}${one}\n    {{- end }}`,
    `    ${one}{{ if .Values.more }},\n    ${one}\n    {{ end }}`,
    `    ${one}\n    {{- with .Values.more }}\n    ,{{ toJson . }}\n    {{- end }}`,
  ];
  for (const [index, text] of idioms.entries())
    test(`idiom ${index + 1}`, () =>
      assert.deepEqual(
        lint(inChart(text), { file: 'templates/p.yaml' }).map(({ message }) => message),
        [],
      ));
});

test('the command line looks beside a file, up to the folder that was named and no further', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'kubeflow-irsa-filling-'));
  try {
    const folder = path.join(root, 'repo', 'iam');
    await mkdir(folder, { recursive: true });
    await mkdir(path.join(root, 'repo', 'scripts'));
    await writeFile(path.join(folder, 'p.json'), policy('arn:aws:s3:::${bucket}/*'));
    const said = async (...names: string[]): Promise<string> =>
      promisify(execFile)(process.execPath, ['--no-warnings', CLI, 'lint', ...names], { cwd: root }).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
    await writeFile(path.join(root, 'a.sh'), 'envsubst < repo/iam/p.json');
    assert.match(await said('repo'), /warning KP-040/);
    await writeFile(path.join(root, 'repo', 'scripts', 'a.sh'), 'envsubst < "$DIR/p.json"');
    assert.equal(await said('repo'), '');
    assert.match(await said('repo/iam/p.json'), /warning KP-040/, 'of a file alone only its folder is looked at');
  } finally {
    await rm(root, { recursive: true });
  }
});

test('a folder of scripts is looked into as deep from itself, whether it was met from above before or not', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'kubeflow-irsa-filling-'));
  try {
    await mkdir(path.join(root, 'scripts/ci/docs'), { recursive: true });
    const text = policy('arn:aws:s3:::${bucket}/*');
    await writeFile(path.join(root, 'scripts/q.json'), text);
    await writeFile(path.join(root, 'scripts/ci/docs/a.md'), 'envsubst < scripts/q.json');
    const said = (): Promise<string> =>
      promisify(execFile)(process.execPath, ['--no-warnings', CLI, 'lint', '.'], { cwd: root }).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
    assert.equal(await said(), '');
    await writeFile(path.join(root, 'p.json'), text);
    assert.match(await said(), /^p\.json:[^\n]*\n$/);
  } finally {
    await rm(root, { recursive: true });
  }
});
