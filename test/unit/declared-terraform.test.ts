// What files of Terraform say that roles, providers and Profiles are to be, and what is left out as not known.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaredIn } from '../../src/core/drift/declared.ts';
import { declaredInTerraform } from '../../src/core/terraform/declared.ts';
import { asKept } from './told.ts';

const told = (files: Readonly<Record<string, string>>): readonly string[] => {
  const { declared, skipped } = declaredIn(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    declaredInTerraform,
  );
  const at = (file: string, { start, end }: { readonly start: number; readonly end: number }): string =>
    `<${files[file]?.slice(start, end)}>`;
  return [
    ...declared.flatMap(({ kind, name, file, tool, says, whole, ...place }) => [
      `${file} ${kind} ${name} by ${tool}${whole ? ', whole' : ''} ${at(file, place)}`,
      ...says.map(({ what, key, value, ...its }) => {
        const words = typeof value === 'string' ? value : JSON.stringify(value);
        return `  ${what}${key === undefined ? '' : ` ${key}`}: ${words} ${at(file, its)}`;
      }),
    ]),
    ...skipped.map(({ file, why, ...place }) => `${file} left out ${at(file, place)}: ${why}`),
  ];
};
const role = (lines: string): string => `resource "aws_iam_role" "x" {\n${lines}}\n`;
const document = `data "aws_iam_policy_document" "d" {
  statement {
    actions = ["s3:GetObject"]
    resources = ["arn:aws:s3:::a/*"]
  }
}
`;
const POLICY =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::a/*"]}]}';

const CASES: readonly (readonly [name: string, files: Readonly<Record<string, string>>, lines: readonly string[]])[] = [
  [
    'a role with all that it may have',
    {
      'a.tf': `# first\n${role(
        '  name = "a"\n  path = "/x/"\n  description = "d"\n  max_session_duration = 3600\n  permissions_boundary = "arn:aws:iam::111122223333:policy/b"\n  managed_policy_arns = ["arn:aws:iam::aws:policy/c"]\n  tags = { k = "v" }\n  inline_policy {\n    name = "p"\n    policy = data.aws_iam_policy_document.d.json\n  }\n',
      )}`,
      'b.tf': document,
    },
    [
      'a.tf role a by terraform, whole <"a">',
      `  inline p: ${POLICY} <data.aws_iam_policy_document.d.json>`,
      '  attached: ["arn:aws:iam::aws:policy/c"] <["arn:aws:iam::aws:policy/c"]>',
      '  boundary: arn:aws:iam::111122223333:policy/b <"arn:aws:iam::111122223333:policy/b">',
      '  maxSession: 3600 <3600>',
      '  path: /x/ <"/x/">',
      '  description: d <"d">',
      '  tag k: v <{ k = "v" }>',
    ],
  ],
  [
    'a policy of its own, of a role that it refers to',
    {
      'a.tf': role('  name = local.name\n'),
      'b.tf': `locals {\n  name = "a"\n  policy = ${POLICY}\n}\nresource "aws_iam_role_policy" "p" {\n  name = "p"\n  role = aws_iam_role.x.id\n  policy = jsonencode(local.policy)\n}\n`,
    },
    [
      'a.tf role a by terraform <local.name>',
      'b.tf role a by terraform <aws_iam_role.x.id>',
      `  inline p: ${POLICY} <jsonencode(local.policy)>`,
    ],
  ],
  [
    "a policy of blocks with IAM's own variables, as the provider writes them",
    {
      'a.tf': `resource "aws_iam_role_policy" "p" {\n  name = "p"\n  role = "x"\n  policy = data.aws_iam_policy_document.d.json\n}\n${document.replace('a/*', 'a/&{aws:username}/*')}`,
    },
    [
      'a.tf role x by terraform <"x">',
      `  inline p: ${POLICY.replace('a/*', 'a/${aws:username}/*')} <data.aws_iam_policy_document.d.json>`,
    ],
  ],
  [
    'a provider, and one whose issuer a cluster gives',
    {
      'a.tf.json': JSON.stringify({
        resource: {
          aws_iam_openid_connect_provider: {
            a: { url: 'https://oidc.example.com/id/1', client_id_list: ['sts.amazonaws.com'] },
            b: { url: '${aws_eks_cluster.x.identity[0].oidc[0].issuer}', client_id_list: ['sts.amazonaws.com'] },
          },
        },
      }),
    },
    [
      'a.tf.json provider oidc.example.com/id/1 by terraform <"https://oidc.example.com/id/1">',
      '  audiences: ["sts.amazonaws.com"] <["sts.amazonaws.com"]>',
    ],
  ],
  [
    'a Profile, which only Terraform applies',
    {
      'a.tf':
        '# aws_iam_role\nresource "kubernetes_manifest" "x" {\n  manifest = {\n    apiVersion = "kubeflow.org/v1"\n    kind = "Profile"\n    metadata = { name = "team-a" }\n    spec = { owner = { kind = "User", name = "a@example.com" } }\n  }\n}\n',
    },
    [
      'a.tf profile team-a by terraform <"team-a">',
      '  owner: a@example.com <"a@example.com">',
      '  plugins: [] <"team-a">',
      '  quota: {} <"team-a">',
    ],
  ],
  [
    'what a variable decides, whatever its default',
    {
      'a.tf': `variable "name" {\n  default = "a"\n}\n${role('  name = var.name\n')}${role('  name = "b"\n  path = var.name\n')}`,
    },
    [
      'a.tf role b by terraform <"b">',
      'a.tf left out <"aws_iam_role">: this role has no name here: which one it becomes is not known',
      'a.tf left out <var.name>: its path: not known from the file alone',
    ],
  ],
  [
    'what is made once, or more often, or not',
    { 'a.tf': role('  count = var.x ? 1 : 0\n  name = "a"\n') },
    ['a.tf left out <resource>: how many of it are made, and whether any, is not known from the file alone'],
  ],
  ['what is read and not made', { 'a.tf': 'data "aws_iam_role" "x" {\n  name = "a"\n}\n' }, []],
  [
    'a plan: what is to be, not what was',
    {
      'plan.json': JSON.stringify({
        terraform_version: '1.5.7',
        prior_state: {
          values: { root_module: { resources: [{ mode: 'managed', type: 'aws_iam_role', values: { name: 'old' } }] } },
        },
        planned_values: {
          root_module: {
            resources: [
              {
                mode: 'managed',
                type: 'aws_iam_role',
                values: { name: 'new', description: null, inline_policy: [{ name: '', policy: '' }] },
              },
              { mode: 'data', type: 'aws_iam_role', values: { name: 'read' } },
            ],
          },
        },
      }),
    },
    ['plan.json role new by terraform, whole <"new">'],
  ],
];
for (const [name, files, lines] of CASES) test(name, () => assert.deepEqual(told(files), lines));

test('what a name and a policy stand for, and what is not known of them', () => {
  const given = `locals {
  name   = "a"
  again  = (local.name)
  map    = { name = "b" }
  policy = ${POLICY}
  json   = jsonencode(local.policy)
  loop   = local.loop
}
variable "name" {
  default = "c"
}
resource "aws_iam_role" "r" {
  name = "\${local.again}"
}
resource "aws_iam_role" "nameless" {
}
data "other" "d" {
  statement {
    actions = ["s3:PutObject"]
  }
}
`;
  const names = [
    ...['"x"', '("x")', 'local.name', '"${local.name}"', '"x-${local.name}"', 'local.again', 'local.map.name'],
    ...['local.map["name"]', 'local.none', 'local.loop', 'var.name', 'upper("x")', 'null', '"${var.name}"'],
    ...['aws_iam_role.r.name', 'aws_iam_role.r.id', 'aws_iam_role.r.arn', 'aws_iam_role.r[0].name', 'x.r.name'],
    ...['aws_iam_role.r.name.x', 'aws_iam_role.nameless.name', 'aws_iam_role.none.name', 'data.aws_iam_role.r.name'],
  ];
  const policies = [
    ...['jsonencode(local.policy)', '(jsonencode((local.policy)))', 'local.json', '"${local.json}"', 'local.policy'],
    ...['jsonencode(local.policy, 1)', 'jsonencode()', 'other(local.policy)', 'jsonencode("${local.json}")', '"{"'],
    ...['data.aws_iam_policy_document.d.json', '"${data.aws_iam_policy_document.d.json}"', 'data.x.d.json'],
    ...['data.aws_iam_policy_document.d', 'data.aws_iam_policy_document.d.json.x', 'data.aws_iam_policy_document.d.id'],
    ...[
      'data.aws_iam_policy_document.none.json',
      'aws_iam_policy_document.d.json',
      'data.aws_iam_policy_document.d[0].json',
      'data.other.d.json',
      'other.aws_iam_policy_document.d.json',
    ],
    ...[20, 21].map((count) => `${'('.repeat(count)}data.aws_iam_policy_document.d.json${')'.repeat(count)}`),
    `<<E\n${POLICY}\nE`,
    '<<E\n{"Statement": ["${var.name}"]}\nE',
  ];
  const about = (what: string, block: string): readonly string[] => [
    what.replaceAll('\n', '⏎'),
    ...told({ 'a.tf': block, 'b.tf': document + given })
      .filter((line) => !line.startsWith('b.tf'))
      .map((line) => `  ${line}`.replaceAll('\n', '⏎')),
  ];
  asKept('terraform/declared', [
    ...names.flatMap((name) => about(`name = ${name}`, role(`  name = ${name}\n`))),
    ...policies.flatMap((policy) =>
      about(
        `policy = ${policy}`,
        `resource "aws_iam_role_policy" "p" {\n  name   = "p"\n  role   = "x"\n  policy = ${policy}\n}\n`,
      ),
    ),
    ...[
      '  dynamic "inline_policy" {\n    for_each = []\n  }\n',
      '  inline_policy {\n    name = "p"\n    policy = "{}"\n  }\n  inline_policy {\n    name = "q"\n    policy = local.json\n  }\n',
      '  inline_policy {\n  }\n',
      '  for_each = toset(["a"])\n',
      '  = 1\n  path = "/y/"\n',
    ].flatMap((more) => about(more, role(`  name = "x"\n${more}`))),
  ]);
});

test('without its reader files of Terraform are left out', () => {
  assert.deepEqual(declaredIn([{ path: 'a.tf', text: role('  name = "a"\n') }]), { declared: [], skipped: [] });
});

test('a damaged file says less, and breaks nothing', () => {
  const text = role('  name = "a"\n  inline_policy {\n    name = "p"\n    policy = jsonencode({ a = [1] })\n  }\n');
  for (let end = 0; end <= text.length; end += 1) told({ 'a.tf': text.slice(0, end) });
});
