// A folder of Terraform that was read before: only what changed is read again, and what is found is what is found at first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lintFolder } from '../../src/core/lint.ts';
import { readTerraform, terraformCache } from '../../src/core/terraform/resources.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const statement = (key: string, subject: string): string =>
  `{ Effect = "Allow", Principal = { Federated = "arn:aws:iam::314159265358:oidc-provider/${ISSUER}" }, Action = "sts:AssumeRoleWithWebIdentity", Condition = { StringEquals = { "${key}:aud" = "sts.amazonaws.com", "${key}:sub" = "${subject}" } } }`;
const policy = (key: string, subject: string): string =>
  `{\n  Version = "2012-10-17"\n  Statement = [${statement(key, subject)}]\n}`;

/** Blocks that refer to each other by names that others have, too. */
const BLOCKS = [
  `locals {\n  issuer = "${ISSUER}"\n}\n`,
  `locals {\n  issuer = "https://${ISSUER}"\n}\n`,
  'locals {\n  name = "team-a"\n  again = local.name\n}\n',
  'locals {\n  name = local.again\n  again = local.name\n}\n',
  'variable "name" {\n  default = "team-*"\n}\n',
  'variable "name" {}\n',
  `locals {\n  policy = ${policy('${local.issuer}', 'system:serviceaccount:${local.again}:default-editor')}\n}\n`,
  `resource "aws_iam_role" "x" {\n  name = "x"\n  assume_role_policy = jsonencode(${policy('${local.issuer}', 'system:serviceaccount:${var.name}:default-editor')})\n}\n`,
  'resource "aws_iam_role" "y" {\n  assume_role_policy = jsonencode(local.policy)\n}\n',
  'resource "aws_iam_role" "z" {\n  assume_role_policy = data.aws_iam_policy_document.d.json\n}\n',
  `data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["sts:AssumeRoleWithWebIdentity"]\n    principals {\n      type        = "Federated"\n      identifiers = ["arn:aws:iam::314159265358:oidc-provider/${ISSUER}"]\n    }\n    condition {\n      test     = "StringEquals"\n      variable = "\${local.issuer}:sub"\n      values   = ["system:serviceaccount:\${local.name}:default-editor"]\n    }\n  }\n}\n`,
  'data "aws_iam_policy_document" "p" {\n  statement {\n    actions   = ["s3:GetObject"]\n    resources = ["arn:aws:s3:::${local.name}"]\n  }\n}\n',
  'resource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.p.json\n}\n',
  'resource "aws_iam_role_policy_attachment" "p" {\n  role       = aws_iam_role.x.name\n  policy_arn = aws_iam_policy.p.arn\n}\n',
  'resource "aws_s3_bucket" "b" {\n  bucket = local.name\n}\n',
  '# kubeflow-irsa: ignore-file KP-031\n',
  'resource "aws_iam_role" "broken" {\n  assume_role_policy = jsonencode({\n',
  '}\n',
];
const folder = fc.record({
  a: fc.array(fc.constantFrom(...BLOCKS), { maxLength: 6 }),
  b: fc.array(fc.constantFrom(...BLOCKS), { maxLength: 6 }),
});

test('what is found does not depend on what was read before', () => {
  fc.assert(
    fc.property(fc.array(folder, { minLength: 2, maxLength: 5 }), (steps) => {
      const cache = terraformCache();
      for (const { a, b } of steps) {
        const files = [
          { path: 'a.tf', text: a.join('') },
          { path: 'b.tf', text: b.join('\n') },
        ];
        const again = lintFolder(files, { terraform: (some) => readTerraform(some, cache) });
        const first = lintFolder(files, { terraform: readTerraform });
        assert.deepEqual([...again], [...first]);
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 200) },
  );
});

const subject = 'system:serviceaccount:${local.subject}:default-editor';
const twoRoles = `locals {\n  policy = ${policy(ISSUER, subject)}\n}\n${['x', 'y'].map((name) => `resource "aws_iam_role" "${name}" {\n  assume_role_policy = jsonencode(local.policy)\n}\n`).join('')}`;
const attached = `resource "aws_iam_policy" "p" {\n  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })\n}\n`;
const attachment = (role: string): string =>
  `resource "aws_iam_role_policy_attachment" "p" {\n  role       = ${role}\n  policy_arn = aws_iam_policy.p.arn\n}\n`;
const CHANGES: readonly (readonly [what: string, stays: string, ...changes: readonly string[]])[] = [
  [
    'a local of a local of two roles',
    twoRoles,
    'locals {\n  subject = "team-a"\n}\n',
    'locals {\n  subject = "team-b"\n}\n',
    '',
    'locals {\n  subject = var.team\n}\n',
    'locals {\n  subject = var.team\n}\nvariable "team" {\n  default = "team-c"\n}\n',
    'locals {\n  subject = var.team\n}\nvariable "team" {\n  default = "team-d"\n}\n',
  ],
  ['the role of a managed policy', attached, attachment('"a"'), attachment('"b"'), '', attachment('"b"')],
  [
    'the name of the role of a managed policy',
    attached + attachment('aws_iam_role.x.name'),
    'resource "aws_iam_role" "x" {\n  name = "a"\n}\n',
    'resource "aws_iam_role" "x" {\n  name = "b"\n}\n',
    '',
  ],
  [
    'what refers to a document of blocks',
    BLOCKS[11] ?? '',
    BLOCKS[12] ?? '',
    '',
    'resource "aws_iam_role_policy" "p" {\n  role = "a"\n  policy = data.aws_iam_policy_document.p.json\n}\n',
  ],
];
for (const [what, stays, ...changes] of CHANGES)
  test(`read again when it is another: ${what}`, () => {
    const cache = terraformCache();
    const shown = (some: ReturnType<typeof readTerraform>): readonly string[] =>
      some.map((one) => JSON.stringify(one, (key, value: unknown) => (key === 'source' ? undefined : value)));
    for (const change of changes) {
      const files = [
        { path: 'a.tf', text: stays },
        { path: 'b.tf', text: change },
      ];
      assert.deepEqual(shown(readTerraform(files, cache)), shown(readTerraform(files)), change);
    }
  });

test('a key in a block lets all others be what they are, wherever they move', () => {
  const team = (name: string): string =>
    `resource "aws_iam_role" "${name}" {\n  assume_role_policy = jsonencode(${policy('${local.issuer}', `system:serviceaccount:${name}:default-editor`)})\n}\n`;
  const others = ['a', 'b', 'c'].map(team);
  const text = (typed: string): string => `${BLOCKS[0]}${others[0]}${team(typed)}${others.slice(1).join('')}`;
  const cache = terraformCache();
  const read = (typed: string) => readTerraform([{ path: 'a.tf', text: text(typed) }], cache);
  const [before, after] = [read('x'), read('xy')];
  assert.equal(after.length, before.length);
  assert.equal(after.filter(({ resource }) => !before.some((one) => one.resource === resource)).length, 1);
  const places = read('xyz').map(({ from }) => from);
  assert.ok(
    places.every((from) => text('xyz').slice(from).startsWith('resource "aws_iam_role"')),
    String(places),
  );
});
