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
import {
  asksWhoFills,
  fillingOf,
  filledFrom,
  leftOver,
  tellingAround,
  tellingNames,
  tellingOf,
  tellsFilling,
} from '../../src/core/policy/filling.ts';
import { CLI } from '../fixtures/cli.ts';
import { asKept } from './told.ts';

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

test('what a template fills in as a whole may be anything', () => {
  const whole = (more: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', ...more }] });
  const [resource, principal] = ['arn:aws:s3:::artifacts/*', { Principal: '{{ x }}', Action: 'sts:AssumeRole' }];
  const hole = (text: string): string => text.replaceAll('"{{ x }}"', '{{ x }}');
  for (const text of [
    whole({ Resource: resource, Condition: '{{ x }}', Sid: '{{ x }}' }),
    whole(principal),
    `{"Version": "2012-10-17", "Statement": "{{ x }}"}`,
    `{"Version": "2012-10-17", "Statement": ["{{ x }}", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${resource}"}]}`,
  ])
    for (const one of [text, hole(text)])
      assert.deepEqual(
        lint(one).map(({ id, message }) => `${id} ${message}`),
        [],
        one,
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
    name: 'templatefile of a path with an index in quotes',
    at: 'tf/policies/p-a.json',
    files: { 'tf/main.tf': 'p = templatefile("./policies/p-${var.all["a"]["mode"]}.json", { bucket = "${var.b}" })' },
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
  {
    name: 'templatefile of another file, by an index in quotes',
    files: { 'tf/main.tf': 'p = templatefile("./q-${var.all["a"]}.json", var.all)' },
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

/** Files beside tf/p.json, each with who is seen to fill in which placeholders. */
const BESIDE: readonly (readonly [path: string, text: string, file?: string])[] = [
  ...[
    'templatefile("p.json", { bucket = b, "other" : c, // more = d\n # less = e\n })',
    'templatefile("p.json", { bucket = { a = b } })',
    'templatefile("p.json", merge({ bucket = b }))',
    'templatefile("${path.module}/p.json", {})',
    'templatefile("${path.root}/tf/p.json", {})',
    'templatefile("${var.x}/p.json", local.x)',
    'templatefile("./p.json", local.x)',
    'templatefile("../tf/p.json", local.x)',
    'templatefile("tf/p.json", local.x)',
    'templatefile("f/p.json", local.x)',
    'templatefile("x.json", local.x)',
    'templatefile("pxjson", local.x)',
    'templatefile("p.json.tftpl", local.x)',
    'templatefile(local.file, local.x)',
    'templatefile("x.json", local.x)\ntemplatefile("p.json", local.x)',
    'data "x" "y" {\n  template = file("p.json")\n}',
    'template = "${file("p.json")}"',
    'template = file(local.x)',
    'replace(file("p.json"), "a", "b")',
    'replace(replace(file(local.x), "a", "b"), "c", "d")',
    'replace(file("x.json"), "a", "b")',
    'file("p.json")',
    'x("p.json")',
  ].map((text) => ['tf/main.tf', text] as const),
  ['main.tf', 'templatefile(local.file, local.x)'],
  ['tf/x/main.tf', 'templatefile(local.file, local.x)'],
  ['tf/main.tofu', 'templatefile("p.json", {})'],
  ['terragrunt.hcl', 'templatefile("tf/p.json", {})'],
  ...[
    'vars:\n- name: bucket\n',
    'vars:\n- name: "bucket"\n',
    'vars:\n- name: bucket-x\n',
    '  vars:\n- name: bucket\n',
    'replacements:\n- path: p.json\n',
    'replacements:\n- path: x.json\n',
    'x:\n- path: p.json\n',
    'postBuild:\n  substitute:\n    bucket: x\n',
    'postBuild:\n  substitute:\n    other: x\n',
    'spec:\n  path: ./tf\n  postBuild:\n    substituteFrom: []\n',
    'spec:\n  path: "tf"\n  postBuild:\n    substituteFrom: []\n',
    'spec:\n  path: ./x\n  postBuild:\n    substituteFrom: []\n',
    'spec:\n  postBuild:\n    substituteFrom: []\n',
    'spec:\n  path: ./tf\n  postBuild: {}\n',
    'spec:\n  path: ./tf\n  substituteFrom: []\n    bucket: x\n',
  ].map((text) => ['tf/kustomization.yaml', text] as const),
  ['Chart.yaml', ''],
  ['tf/Chart.yaml', ''],
  ['x/Chart.yaml', ''],
  ['cookiecutter.json', '{}'],
  ['copier.yml', ''],
  ...[
    'envsubst < p.json',
    'envsubst < tf/*',
    'envsubst < x.json',
    'cat p.json',
    'cat p.json\n1\n2\n3\n4\n5\n6\n7\nenvsubst',
    'cat p.json\n1\n2\n3\n4\n5\n6\n7\n8\nenvsubst',
    'envsubst\n1\n2\n3\n4\n5\n6\n7\ncat p.json',
    'envsubst\n1\n2\n3\n4\n5\n6\n7\n8\ncat p.json',
    'sed s/<bucket>/x/',
    'sed "s/\\${bucket}/x/" < y',
    'replace ${bucket}',
    'Replace <bucket> by yours',
    'echo bucket',
    'format p.json',
    'bucket\nsed x',
  ].flatMap((text) => [['tf/a.sh', text] as const, ['README.md', text] as const]),
  ['scripts/a.sh', 'envsubst < p.json'],
  ['x/scripts/a.sh', 'envsubst < p.json'],
  ['x/a.sh', 'envsubst < p.json'],
  ['tf/a.json', 'envsubst < p.json'],
  ['tf/p.json', 'envsubst < p.json'],
  ['tf/a.sh', 'envsubst < p.json', 'p.json'],
  ['a.sh', 'sed <bucket> p.json', 'p.json'],
  ...[
    ...[
      'p.json.tpl',
      'p.j2.json',
      'p.template',
      'p-template.json',
      'p_template.yaml',
      'template.json',
      'templates/p.json',
    ],
    ...[
      'mytemplate.json',
      'templates/a/b/c/p.json',
      'a/template/p.json',
      'p.template.yaml',
      'p.tpl',
      'p.erb',
      'p.template.x',
    ],
  ].map((file) => ['x', '', file] as const),
];
test('who fills in which placeholders, by what lies beside', () =>
  asKept(
    'filling/beside',
    BESIDE.map(([name, text, file = 'tf/p.json']) => {
      const who = new Map<string, string[]>();
      for (const placeholder of ['${bucket}', '$(bucket)', '<bucket>', '{{ bucket }}', '%{bucket}', '__BUCKET__']) {
        const by = fillingOf({ path: file, text: '' }, placeholder, [{ path: name, text }]);
        const told = by === undefined ? 'nobody' : `${by.by}${by.names ? ` (${[...by.names].join()})` : ''}`;
        who.set(told, [...(who.get(told) ?? []), placeholder]);
      }
      const told = [...who].map(([by, list]) => `${by === 'nobody' || who.size > 1 ? `${list.join(' ')} ` : ''}${by}`);
      const before = file === 'tf/p.json' ? '' : `${file}, `;
      return `${before}${name} ${JSON.stringify(text)}: ${who.size === 1 && who.has('nobody') ? 'nobody' : told.join('; ')}`;
    }),
  ));
test('what is said of a placeholder that is left', () => {
  const file = { path: 'tf/p.json', text: '' };
  const named = (text: string) => ({ file: { ...file }, beside: [{ path: 'tf/main.tf', text }] });
  const contexts: Readonly<Record<string, Parameters<typeof leftOver>[1]>> = {
    'in a live document': { live: true, filled: true },
    'where a tool fills in all': { filled: true },
    'of a text alone': {},
    'with nothing beside': { filling: { file, beside: [] } },
    'with what is far off': { filling: { file, beside: [{ path: 'x/a.sh', text: 'envsubst < p.json' }] } },
    'with what says nothing of it': { filling: named('x') },
    'with its names': { filling: named('templatefile("p.json", { bucket = b })') },
    'with other names': { filling: named('templatefile("p.json", { other = b })') },
    'with names that are not seen': { filling: named('templatefile("p.json", local.x)') },
  };
  asKept(
    'filling/left',
    Object.entries(contexts).flatMap(([title, context]) => [
      title,
      ...['${bucket}', '${a.b}', '$(bucket)', '<bucket>', '{{ bucket }}', '__BUCKET__', '\uE000', '`x`'].map((one) => {
        const left = leftOver(one, context);
        return `  ${one.replace('\uE000', '?')}: ${left === undefined ? 'nothing' : `${left.severity}${left.tail}`}`;
      }),
    ]),
  );
});
test('which files tell who fills in others, and of which folder', () => {
  const paths = [
    ...['a.tf', 'a.tofu', 'a.hcl', 'a.sh', 'a.ps1', 'a.md', 'a.txt', 'a.json', 'a.yaml', 'Makefile', 'x/Makefile.inc'],
    ...[
      'Jenkinsfile',
      'README',
      'Chart.yaml',
      'x/cookiecutter.json',
      'copier.yml',
      'my-kustomization.yaml',
      'tasks/a.yml',
    ],
    ...[
      'playbooks/a.yaml',
      '.github/workflows/a.yml',
      'x/workflows/b/a.yml',
      'a/scripts/ci/a.sh',
      'scripts/a.sh',
      'a/b/x.tf',
    ],
    ...['a\\b\\x.tf', 'a/myscripts/x.sh', 'a/docs/x.md'],
  ];
  const texts = ['', 'envsubst', 'your', 'vars:', 'postBuild :', 'x'];
  asKept('filling/files', [
    ...paths.map((one) => {
      const telling = texts.filter((text) => tellsFilling({ path: one, text }));
      return `${one}: of ${filledFrom(one) ?? 'nothing'}; tells by ${telling.map((text) => text || 'its name').join(', ') || 'nothing'}`;
    }),
    ...[
      ['p.json', '${x}'],
      ['p.json', 'x'],
      ['p.tf', '${x}'],
    ].map(([name = '', text = '']) => `${name} ${text}: ${asksWhoFills({ path: name, text })}`),
    tellingNames([...Array.from({ length: 90 }, (_, index) => `${index + 100}.sh`), 'a.json', '099.sh']).join(' '),
    ...tellingOf(
      [
        { path: 'a.sh', text: 'now' },
        { path: 'b.json', text: '' },
      ],
      {
        root: '/r',
        files: [
          { path: 'a.sh', text: 'before' },
          { path: '/r/c/../d.sh', text: 'd' },
          { path: 'C:\\e.sh', text: 'e' },
        ],
      },
    ).map(({ path: one, text }) => `${one} ${text}`),
  ]);
});
test('how far around a folder is looked', () => {
  const tree = (depth: number, top: number | undefined, unread?: number): string => {
    const asked: number[] = [];
    const found = tellingAround<number>(0, (folder) => {
      asked.push(folder);
      if (folder === unread) return undefined;
      const isScripts = folder >= 100;
      return {
        files: () => [{ path: String(folder), text: '' }],
        scripts: folder < 1000 && folder % 100 === 0 ? [folder + 100] : [],
        above: isScripts || folder === depth ? undefined : folder + 1,
        isTop: folder === top,
      };
    });
    return `${depth} deep, top ${top}, ${unread} not read: ${found.map(({ path: one }) => one).join()} of ${asked.join()}`;
  };
  asKept('filling/around', [
    ...[0, 1, 7, 8, 9].map((top) => tree(20, top)),
    tree(3, undefined),
    tree(3, 3, 2),
    tree(3, 2, 100),
    tree(3, 2, 0),
    tree(3, 2, 200),
  ]);
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

test('who fills in what lies in a folder, and what is written with backslashes', () => {
  const by = (path: string, text: string, placeholder = '${BUCKET_NAME}', file = 'a/p.json'): string | undefined =>
    fillingOf({ path: file, text: '' }, placeholder, [{ path, text }])?.by;
  const sed = "sed 's/${BUCKET_NAME}/x/' p.json";
  assert.equal(by('a/fill.sh', sed), 'sed in fill.sh, line 1');
  assert.equal(by('fill.sh', sed), 'sed in fill.sh, line 1');
  assert.equal(by('b/fill.sh', sed), undefined);
  assert.equal(by('a/fill.sh', sed, undefined, 'a/fill.sh'), undefined);
  assert.equal(by('fill.sh', 'cd a/ && envsubst < x'), 'envsubst in fill.sh, line 1');
  assert.equal(by('fill.sh', 'cd b/ && envsubst < x'), undefined);
  assert.equal(by('a/README.md', 'Replace \\${BUCKET\\_NAME} in it.'), 'what is said in README.md, line 1');
  assert.equal(by('a/README.md', 'Replace \\${BUCKET\\_OTHER} in it.'), undefined);
});
