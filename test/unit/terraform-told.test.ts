// All that is read of Terraform, and what lint says of it: of expressions, and of folders that are changed in one place at a time.
// test/fixtures/told/terraform/.
import { describe, test } from 'node:test';
import { HOLE, type DocNode } from '../../src/core/document/node.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';
import { changedLines, differences, said } from './lines.ts';
import { asKept } from './told.ts';

/** A node as JSON, with `?` for what is not known. */
function shown(node: DocNode): string {
  if (node.type === 'array') return `[${node.items.map(shown).join(',')}]`;
  if (node.type === 'object')
    return `{${node.entries.map(({ key, value }) => `${shown(key)}:${shown(value)}`).join(',')}}`;
  return JSON.stringify(typeof node.value === 'string' ? node.value.replaceAll(HOLE, '?') : node.value);
}
const isNode = (value: unknown): value is DocNode =>
  typeof value === 'object' && value !== null && 'source' in value && 'type' in value;
const part = (value: unknown): string =>
  isNode(value)
    ? `${shown(value)} <${value.source.text.slice(value.start, value.end).slice(0, 40)}>`
    : Array.isArray(value)
      ? value.map(part).join(', ')
      : (JSON.stringify(value) ?? '');

type Files = Readonly<Record<string, string>>;
const listed = (files: Files) => Object.entries(files).map(([path, text]) => ({ path, text }));
/** What a folder holds: a line for each thing. */
const held = (files: Files): readonly string[] =>
  readTerraform(listed(files)).map(({ file, resource }) =>
    [file, ...Object.entries(resource).map(([key, value]) => `${key} ${part(value)}`)]
      .join(' | ')
      .replaceAll('\n', '⏎'),
  );
function findings(files: Files): readonly string[] {
  const found = lintFolder(listed(files), { terraform: readTerraform });
  return listed(files).flatMap(({ path, text }) => (found.get(path) ?? []).map((one) => said(path, text, one)));
}

const GIVEN = `locals {
  one    = "one"
  https  = "https://\${local.one}"
  list   = ["a", "b"]
  none   = []
  map    = { a = "x", "b" = { c = ["y"] } }
  yes    = true
  two    = 2
  half   = var.unknown
  partly = ["a", var.unknown]
  url    = aws_eks_cluster.x.identity[0].oidc[0].issuer
  loop   = local.loop
}
variable "given" {
  default = "default"
}
variable "empty" {
  default = ""
}
variable "nothing" {
  default = []
}
variable "nobody" {
  default = {}
}
variable "no" {
  default = false
}
variable "zero" {
  default = 0
}
variable "bare" {
  type = string
}
`;
const EXPRESSIONS = [
  '"a"',
  '1',
  '1.5',
  'true',
  'null',
  '"a\\tb"',
  '"$${a}"',
  '[]',
  '["a", 1, [true]]',
  '{}',
  '{ a = 1, "b" : "c", (local.one) = 2, "${local.one}x" = 3, (var.bare) = 4 }',
  '(("a"))',
  'local.one',
  '"${local.one}"',
  '"${local.list}"',
  '"a${local.one}b"',
  '"a${local.two}b${local.yes}"',
  '"a${local.list}b"',
  '"a${null}b"',
  '"a${var.bare}b"',
  'local.unknown',
  'local',
  'x',
  'other.one',
  'local["one"]',
  'local.list',
  'local.list[0]',
  'local.list[1]',
  'local.list[2]',
  'local.list["1"]',
  'local.list.0',
  'local.list[*]',
  'local.list[local.one]',
  'local.partly[0]',
  'local.none[0]',
  'local.map',
  'local.map.a',
  'local.map["a"]',
  'local.map.b.c[0]',
  'local.map["${local.one}"]',
  'local.map[var.bare]',
  'local.map.d',
  'local.map[0]',
  'local.one.a',
  'local.two',
  'local.half',
  'local.half.a',
  'local.loop',
  'local.url',
  'local.https',
  'var.given',
  'var.given.a',
  'var.empty',
  'var.nothing',
  'var.nobody',
  'var.no',
  'var.zero',
  'var.bare',
  'true ? "a" : "b"',
  'false ? "a" : "b"',
  'local.yes ? "a" : "b"',
  '!local.yes ? "a" : "b"',
  'var.no ? "a" : "b"',
  'local.half ? "a" : "b"',
  '(local.yes) ? "a" : "b"',
  '"a" ? "b" : "c"',
  'local.two == 2 ? "a" : "b"',
  'local.two != 2 ? "a" : "b"',
  'local.two == 3 ? "a" : "b"',
  'local.two == var.given ? "a" : "b"',
  'local.two > 1 ? "a" : "b"',
  '1 == 1 ? "a" : "b"',
  'null == null ? "a" : "b"',
  '1 == 1',
  '1 != 1',
  '"a" == "a"',
  '"a" == var.given',
  '1 + 1',
  '1 == 1 == true',
  'local.list == local.list',
  'true && false',
  '"${var.bare}" == "a"',
  '!true',
  '!false',
  '!"a"',
  '-1',
  '!local.list',
  'aws_eks_cluster.x.identity[0].oidc[0].issuer',
  'aws_eks_cluster.x.identity.0.oidc.0.issuer',
  'data.aws_eks_cluster.x.identity[0].oidc[0].issuer',
  'data.aws_eks_cluster.x.identity.*.issuer',
  'aws_eks_cluster.x.identity[*].oidc[0].issuer',
  'aws_eks_cluster.x.issuer',
  'aws_eks_cluster.x.identity[0].oidc[0].other',
  'data.other.x.identity[0].oidc[0].issuer',
  'other.x.identity.oidc.issuer',
  'module.eks.cluster_oidc_issuer_url',
  'module.eks.oidc_provider',
  'other.eks.cluster_oidc_issuer_url',
  'f(1).identity.cluster_oidc_issuer_url',
  '{ a = "b" }["a"]',
  '{ a = "b" }.a',
  '["a", "b"][1]',
  'split("-", "a-b")[1]',
  'split("-", "a-b")[*]',
  '[var.bare, "b"][1]',
  '{ a = "b" }[var.bare]',
  '{ "0" = "b" }[0]',
  'replace("a.b.b", ".b", "-c")',
  'replace("a", "b", "$&")',
  'replace(var.bare, "a", "b")',
  'replace("a", var.bare, "b")',
  'replace("a", "b", var.bare)',
  'replace("a", "a", var.bare)',
  'replace("a", "a")',
  'replace(local.list, "a", "b")',
  'replace("a", local.list, "b")',
  'replace("a", "a", local.list)',
  'replace("ab", "/a/", "b")',
  'replace("a/", "/", "b")',
  'replace("https://a", "/^https?:\\\\/\\\\//", "")',
  'replace("https://a", "/https:///", "")',
  'replace("${local.url}/x", "https://", "")',
  'replace(local.url, "https://", "")',
  'replace("a/b/c", "/b", "")',
  'replace("a\\n", "/\\n/", "")',
  'trimprefix("abc", "ab")',
  'trimprefix("abc", "bc")',
  'trimprefix("abc")',
  'trimprefix(local.list, "a")',
  'trimprefix(var.bare, "a")',
  'trimprefix("${var.bare}a", "b")',
  'trimprefix(local.url, "https://")',
  'trimsuffix("abc", "bc")',
  'trimsuffix("abc", "ab")',
  'trimsuffix("abc")',
  'trimspace(" a ")',
  'chomp("a\\n\\n")',
  'lower("aB")',
  'upper("aB")',
  'upper(local.list)',
  'upper(2)',
  'upper(true)',
  'upper(null)',
  'tostring(2)',
  'tostring(true)',
  'tostring(null)',
  'tostring(var.bare)',
  'tostring(local.list)',
  'nonsensitive("a")',
  'sensitive("a")',
  'tolist(local.list)',
  'toset(["a", "a"])',
  'tomap({ a = 1 })',
  'distinct(local.list)',
  'one(local.list)',
  'one([])',
  'tostring()',
  'one()',
  'format("a%sb", "x")',
  'format("%s-%d-%v-%q-%%", "a", 1, true, "q")',
  'format("%s", var.bare)',
  'format(var.bare, "a")',
  'format("%s")',
  'format("%5s", "a")',
  'format("%", "a")',
  'format("%s", local.list)',
  'format("a")',
  'format()',
  'format("%s%s", "a")',
  'format("%[1]s", "a")',
  'join("-", local.list)',
  'join("-", ["a", 1, true])',
  'join("-", local.partly)',
  'join("-", "a")',
  'join(var.bare, local.list)',
  'join("-", local.list, local.list)',
  'join("-")',
  'join("-", [["a"]])',
  'join("-", [{}])',
  'join(local.list, local.list)',
  'join("-", var.bare)',
  'join("-", [])',
  'split("-", "a-b")',
  'split("-", var.bare)',
  'split(var.bare, "a")',
  'split("-")',
  'split("-", local.list)',
  'split("-", "${var.bare}-a")',
  'split(local.list, "a")',
  'concat(local.list, ["c"])',
  'concat(local.list, var.bare)',
  'concat()',
  'compact(["a", "", 1, var.bare])',
  'compact(var.bare)',
  'compact()',
  'flatten([["a"], "b", [["c"]]])',
  'flatten(local.half)',
  'flatten()',
  'element(local.list, 1)',
  'element(local.list, 5)',
  'element(local.partly, 0)',
  'element(local.half, 0)',
  'element()',
  'element(["a", 1], 1)',
  'element([[1], 2], 0)',
  'merge({ a = 1 }, { a = 2, b = 3 })',
  'merge({ a = 1 }, var.bare)',
  'merge()',
  'merge({}, [])',
  'merge(local.map, { (var.bare) = 1 })',
  'concat(local.list...)',
  'lower("A"...)',
  'unknown("a")',
  'jsonencode(["a"])',
  '[for x in local.list : x]',
  '<<EOF\na\nEOF',
  '<<-EOF\n    a${local.one}\n      b\n    EOF',
  '"%{ if true }a%{ endif }"',
  '"a%{ for x in [] }a%{ endfor }"',
  'other.aws_eks_cluster.x.identity[0].oidc[0].issuer',
  'data.x.aws_eks_cluster.identity.issuer',
  'data.aws_eks_cluster.x.issuer',
  'aws_eks_cluster.x.identity[0].oidc[0].issuer.x',
  'module.eks.x.cluster_oidc_issuer_url',
  'module.eks.cluster_oidc_issuer_url.x',
  'module.eks[*].cluster_oidc_issuer_url',
  'local.list[-1]',
  'local.list.a',
  'local.map["b"]["c"]["0"]',
  'local.map.b.c[*]',
  'local.partly[1]',
  'local.url.a',
  '{ a = { b = ["c"] } }.a.b[0]',
  '[["a"]][0][0]',
  '"${local.map}"',
  '"${"a"}"',
  '"${"a"}b"',
  '"${1}${true}"',
  '"a${1 == 1 ? "b" : "c"}"',
  '((local.yes)) == true ? "a" : "b"',
  '!(local.yes) ? "a" : "b"',
  'local.map.a == "x" ? "a" : "b"',
  'local.loop ? "a" : "b"',
  'lower(local.url)',
  'trimsuffix(var.bare, "b")',
  'trimsuffix("abc", "")',
  'trimprefix("abc", var.bare)',
  'trimprefix("abc", null)',
  'chomp("a\\r\\n")',
  'chomp("\\na")',
  'format("%s", null)',
  'format("%s-%s", "a", var.bare)',
  'format("%%s", "a")',
  'format("%q", "a\\"b")',
  'join(",", [null])',
  'join("", [])',
  'split("", "ab")',
  'split(",", "")',
  'element(local.list, -1)',
  'element(local.list, "1")',
  'element("a", 0)',
  'merge({ a = 1 }, { "a" = 2 }, { b = null })',
  'compact([null, ""])',
  'flatten([[], "a", var.bare])',
  'concat([], "a", null)',
  'one(["a"])',
  'coalesce("a")',
];

describe('what an expression stands for', () => {
  test('each', () =>
    asKept(
      'terraform/expressions',
      EXPRESSIONS.map((written) => {
        const text = `resource "aws_iam_role_policy" "x" {\n  policy = jsonencode({ Statement = [{ Sid = ${written}\n }] })\n}\n`;
        const [one] = readTerraform(listed({ 'main.tf': text, 'given.tf': GIVEN }));
        const root = one && 'root' in one.resource ? one.resource.root : undefined;
        const [statement] =
          root?.type === 'object' && root.entries[0]?.value.type === 'array' ? root.entries[0].value.items : [];
        const value = statement?.type === 'object' ? statement.entries[0]?.value : undefined;
        const underlined = value && value.source.text.slice(value.start, value.end);
        const first = value && value.type === 'string' ? text.slice(value.at(0), value.at(0) + 6) : '';
        return `${written} = ${value ? shown(value) : 'nothing'}${underlined === written ? '' : ` <${underlined}>`} ${first}`
          .trimEnd()
          .replaceAll('\n', '⏎');
      }),
    ));
});

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const ARN = `arn:aws:iam::314159265358:oidc-provider/${ISSUER}`;
const ROLE = 'arn:aws:iam::314159265358:role/team-a';
const FOLDERS: Readonly<Record<string, string>> = {
  roles: `locals {
  issuer  = "${ISSUER}"
  inline  = jsonencode({
    Version   = "2012-10-17"
    Statement = { Effect = "Allow", Action = "s3:GetObjet", Resource = "arn:aws:s3:::artifacts" }
  })
}
resource "aws_iam_role" "a" {
  name               = "team-a"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "${ARN}" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "\${local.issuer}:sub" = "system:serviceaccount:team-*:default-editor"
        }
      }
    }]
  })
  inline_policy {
    name   = "inline"
    policy = local.inline
  }
}
resource "aws_iam_role" "b" {
  name               = "team-b"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_role_policy" "b" {
  role   = aws_iam_role.b.id
  policy = <<EOF
{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::artifacts"] }] }
EOF
}
resource "aws_iam_policy" "c" {
  policy = var.given ? local.inline : data.aws_iam_policy_document.permissions.json
}
resource "aws_iam_role_policy_attachment" "c" {
  role       = "\${aws_iam_role.b.name}"
  policy_arn = aws_iam_policy.c.arn
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["${ARN}"]
    }
    condition {
      test     = "StringLike"
      variable = "\${local.issuer}:sub"
      values   = ["system:serviceaccount:*:default-editor"]
    }
    condition {
      test     = "StringLike"
      variable = "\${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "permissions" {
  version = "2012-10-17"
  statement {
    sid       = "One"
    effect    = "allow"
    actions   = ["s3:ListBucket", "s3:GetObject"]
    resources = ["arn:aws:s3:::artifacts/&{aws:PrincipalTag/x}/*"]
    condition {
      test     = "StringEqual"
      variable = "s3:prefix"
      values   = ["a", "a/*"]
    }
  }
  statement {
    not_actions   = ["iam:*"]
    not_resources = ["*"]
    not_principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    principals {
      type        = "AWS"
      identifiers = ["${ROLE}"]
    }
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    dynamic "condition" {
      for_each = var.all
      content {
        test = "StringEquals"
      }
    }
  }
  dynamic "statement" {
    for_each = var.all
    content {
      actions = []
    }
  }
  source_policy_documents = [var.more]
}
`,
  modules: `module "one" {
  role_name = "team-a"
  oidc_providers = {
    main = {
      provider_arn               = "${ARN}"
      namespace_service_accounts = ["team-a:*", "system:serviceaccount:team-a:x"]
    }
    other = {
      provider_arn    = "${ARN}"
      namespace       = "team-b"
      service_account = "default-editor*"
    }
  }
  assume_role_condition_test = "StringLike"
}
module "two" {
  name                          = "team-b"
  provider_url                  = "https://${ISSUER}"
  provider_urls                 = ["${ISSUER}", "\${var.unknown}"]
  oidc_fully_qualified_subjects = ["team-b:default-editor"]
  oidc_subjects_with_wildcards  = ["system:serviceaccount:*:*"]
}
module "three" {
  oidc_provider_urls    = ["${ISSUER}"]
  oidc_subjects         = ["system:serviceaccount:team-b:default-editor"]
  oidc_wildcard_subjects = ["system:serviceaccount:team-*:default-editor"]
  oidc_audiences        = ["sts.amazonaws.com"]
}
module "four" {
  kubernetes_namespace       = "team-*"
  kubernetes_service_account = "*"
  service_account_namespace  = "team-c"
  service_account_name       = "*"
  inline                     = { Version = "2012-10-17", Statement = [{ Effect = "allow", Action = "s3:*", Resource = "*" }] }
}
module "five" {
  associations = {
    one = { namespace = "team-a", service_account = "default-editor" }
    two = {
      namespace       = "team_b"
      service_account = "Default"
    }
  }
}
resource "aws_eks_pod_identity_association" "x" {
  namespace       = "team-a"
  service_account = "default-*"
  role_arn        = "${ROLE}"
}
`,
  kubernetes: `resource "kubernetes_service_account_v1" "a" {
  metadata {
    name        = "default-editor"
    namespace   = "team-a"
    annotations = {
      "eks.amazonaws.com/role_arn" = "${ROLE}"
      "eks.amazonaws.com/role-arn" = "${ROLE} "
    }
    labels = { a = "b" }
  }
}
resource "kubernetes_config_map" "launcher" {
  metadata {
    name      = "kfp-launcher"
    namespace = "team-a"
  }
  data = {
    defaultPipelineRoot = "s3://artifacts"
    providers           = "s3:\\n  default:\\n    endpoint: x\\n"
  }
}
resource "kubernetes_annotations" "b" {
  api_version = "v1"
  kind        = "ServiceAccount"
  metadata {
    name      = "default"
    namespace = "team-a"
  }
  annotations = {
    "eks.amazonaws.com/role-arn" = "arn:aws:iam::31415926535:role/x"
  }
}
resource "kubernetes_manifest" "c" {
  manifest = {
    apiVersion = "v1"
    kind       = "ServiceAccount"
    metadata = {
      name        = "c"
      annotations = { "eks.amazonaws.com/role-arn" = "team-a" }
    }
  }
}
resource "helm_release" "d" {
  set {
    name  = "serviceAccount.annotations.eks\\\\.amazonaws\\\\.com/role_arn"
    value = "${ROLE}"
  }
  set = [{ name = "sa.annotations.eks\\\\.amazonaws\\\\.com/role-arn", value = "team-a" }]
  values = [
    yamlencode({ serviceAccount = { annotations = { "eks.amazonaws.com/role_arn" = "x" } } }),
    <<EOT
serviceAccount:
  annotations:
    eks.amazonaws.com/role_arn: \${var.x}
EOT
  ]
}
resource "kubectl_manifest" "e" {
  yaml_body = <<-YAML
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: \${var.x}
      annotations:
        eks.amazonaws.com/role-arn: ${ROLE}x y
  YAML
}
resource "aws_iam_group_policy" "f" {
  policy = (var.x ? <<EOF
{ "Version": "2012-10-17", "Statement": [{ "Effect": "allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/*" }] }
EOF
  : "")
}
resource "x" "g" {
  a = [for one in var.all : { "eks.amazonaws.com/role_arn" = one }]
  b = !{ "eks.amazonaws.com/role_arn" = "x" }
  c = f({ "eks.amazonaws.com/role_arn" = "x" })
  d = "\${f({ "eks.amazonaws.com/role_arn" = "x" })}"
}
`,
};
/** Ways to write the same, and layouts in which a fix finds its place, or none. */
const statement = (inside: string): string => `data "aws_iam_policy_document" "x" {\n  statement {\n${inside}  }\n}\n`;
const assume = '    actions = ["sts:AssumeRoleWithWebIdentity"]\n';
const federated = `    principals {\n      type = "Federated"\n      identifiers = ["${ARN}"]\n    }\n`;
const condition = (claim: string, value: string, operator = 'StringEquals'): string =>
  `    condition {\n      test = "${operator}"\n      variable = "${ISSUER}:${claim}"\n      values = ["${value}"]\n    }\n`;
const sub = condition('sub', 'system:serviceaccount:team-a:default-editor');
const inline = (policy: string, more = ''): string =>
  `resource "aws_iam_role_policy" "x" {\n  role   = "team-a"\n  policy = ${policy}\n}\n${more}`;
const POLICY =
  '{ Version = "2012-10-17", Statement = [{ Effect = "allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::artifacts/*" }] }';
const WAYS: readonly string[] = [
  statement(assume + federated + sub),
  statement(assume + federated + sub).replaceAll('\n', '\r\n'),
  statement(assume + federated + sub.replace('    }\n', '    } # the last\n')),
  statement(assume + federated + sub.replace('\n    }\n', ' }\n')),
  statement(assume + sub + federated.replace(/\{\n\s+/, '{ ').replace('\n', ';')),
  statement(`${federated}${assume}${sub}    sid = <<EOT\nx\nEOT\n`),
  statement(`${federated}${sub}    actions = [\n      "sts:AssumeRoleWithWebIdentity",\n    ]\n`),
  `data "aws_iam_policy_document" "x" {\n  statement {${federated.trim()}\n${assume}${sub}  }\n}\n`,
  `data "aws_iam_policy_document" "x" {\n  statement { actions = ["s3:GetObjet"] }\n}\n`,
  statement(assume + federated + sub + condition('sub', 'system:serviceaccount:team-b:default-editor')),
  statement(assume + federated + sub + condition('aud', 'sts.amazonaws.com', 'StringLike')),
  statement(
    assume + federated + condition('sub', 'system:serviceaccount:team-a:*') + condition('aud', 'sts.amazonaws.com'),
  ),
  statement(
    assume +
      federated +
      condition('sub', 'system:serviceaccount:team-a:x') +
      condition('sub', 'system:serviceaccount:team-*:x'),
  ),
  statement(assume + federated + condition('sub', 'x').replace('"StringEquals"', 'var.test') + sub),
  statement(
    assume +
      federated +
      condition('sub', 'system:serviceaccount:team-a:*').replace(/variable = .*/, 'variable = var.x') +
      sub,
  ),
  statement(assume + federated + condition('sub', 'x').replace(/values .*\n/, '')),
  statement(assume + federated + condition('sub', 'x').replace(/test .*\n/, '')),
  statement(`${assume}    principals {\n      type = "*"\n      identifiers = ["*"]\n    }\n${sub}`),
  statement(`${assume}    principals {\n      type = "*"\n      identifiers = ["*", "x"]\n    }\n`),
  statement(`${assume}    principals {\n      type = "*"\n      identifiers = "*"\n    }\n`),
  statement(`${assume}    principals {\n      type = "AWS"\n      identifiers = ["*"]\n    }\n`),
  statement(`${assume}    principals {\n      type = "*"\n      identifiers = ["*"]\n    }\n${federated}${federated}`),
  statement(
    `${assume}    principals {\n      type = var.x\n      identifiers = ["*"]\n    }\n    principals {\n      type = var.y\n    }\n`,
  ),
  statement(`${assume}    dynamic "principals" {\n      for_each = []\n    }\n${sub}`),
  statement(`${assume}${federated}    dynamic "condition" {\n      for_each = []\n    }\n${sub}`),
  statement(`${assume}    not_principals {\n      type = "AWS"\n      identifiers = []\n    }\n`),
  statement(
    '    actions = ["s3:GetObject"]\n    resources = ["arn:aws:s3:::artifacts/*", "&{aws:username}"]\n    effect = null\n    sid = ""\n',
  ),
  statement('    effect = "Allow"\n    actions = ["s3:ListBucket"]\n    resources = ["arn:aws:s3:::artifacts/*"]\n') +
    inline('data.aws_iam_policy_document.x.json'),
  statement('    actions = ["s3:ListBucket"]\n') +
    inline('"${data.aws_iam_policy_document.x.json}"') +
    inline('data.aws_iam_policy_document.x[0].json'),
  inline(
    POLICY.replace('{ Version', 'jsonencode({ Version')
      .replace('"arn:aws:s3:::artifacts/*"', '"*", StringEquals = { "aws:username" = "a" }')
      .concat(')'),
  ),
  inline(
    'jsonencode({\n    Statement = [{\n      Effect   = "Allow"\n      Action   = "s3:*"\n      Resource = "*"\n      StringEquals = {\n        "aws:username" = "a"\n      }\n      Bool = { "aws:SecureTransport" = true } # b\n    }]\n  })',
  ),
  statement('    actions = ["s3:ListBucket"]\n').replace(
    '"x" {',
    '"x" {\n  version = "2008-10-17"\n  override_json = ""',
  ),
  ...[
    'jsonencode()',
    `jsonencode(${POLICY})`,
    `jsonencode(local.policy)`,
    '"${local.text}"',
    'local.text',
    'var.text',
    `(jsonencode(${POLICY}))`,
    `try(jsonencode(${POLICY}), "{}")`,
    `coalesce(null, jsonencode(${POLICY}))`,
    `one([jsonencode(${POLICY})])`,
    `join("", [jsonencode(${POLICY})])`,
    `join("", jsonencode(${POLICY}))`,
    `nonsensitive(local.text)`,
    `other(jsonencode(${POLICY}))`,
    `var.x ? jsonencode(${POLICY}) : null`,
    `var.x ? "" : jsonencode({})`,
    'local.loop',
    'local.policy',
    'jsonencode(data.aws_iam_policy_document.x)',
    'aws_iam_role.x.json',
    'jsonencode(var.x ? local.policy : local.other)',
    'jsonencode((local.policy))',
    'jsonencode("x")',
    '"{}"',
    '"x"',
    '"{"',
    '"${var.x}{}"',
    '<<EOF\n{"Statement": [{"Effect": "allow", "Action": "${var.x}", "Resource": "*"}]}\nEOF',
    '<<EOF\n{"Statement": [${var.x}]}\nEOF',
    'file("x.json")',
    'templatefile("x.json", { a = "b" })',
    'null',
    '1',
  ].map((policy) =>
    inline(
      policy,
      `locals {\n  policy = ${POLICY}\n  other  = ${POLICY.replace('allow', 'Allow')}\n  text   = jsonencode(${POLICY})\n  loop   = local.loop\n}\nvariable "text" {\n  default = <<EOF\n{"Statement": []}\nEOF\n}\n`,
    ),
  ),
  ...[
    'aws_iam_role.y.name',
    'aws_iam_role.y.id',
    '"${aws_iam_role.y.name}"',
    '"x-${aws_iam_role.y.name}"',
    'aws_iam_role.y[0].name',
    'aws_iam_role.z.name',
    'local.role',
    'var.role',
    '""',
    'data.aws_iam_role.y.name',
    'aws_iam_role.other.name',
    'null',
  ].map(
    (role) =>
      `resource "aws_iam_policy" "x" {\n  policy = jsonencode(${POLICY})\n}\nresource "aws_iam_policy_attachment" "x" {\n  role       = ${role}\n  policy_arn = aws_iam_policy.x.arn\n}\nresource "aws_iam_role" "y" {\n  name = "y"\n}\nresource "aws_iam_role" "z" {\n  name = var.z\n}\nlocals {\n  role = "l"\n}\n`,
  ),
  ...[
    'a = { "eks.amazonaws.com/role_arn" = "x", b = { "eks.amazonaws.com/role_arn" = "y" } }',
    'a = { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = "x", annotations = { "eks.amazonaws.com/role_arn" = "x" } } }',
    'a = { apiVersion = "v1", metadata = { annotations = { "eks.amazonaws.com/role_arn" = "x" } } }',
    `a = ${POLICY}`,
    `a = [{ name = "x.eks\\\\.amazonaws\\\\.com/role_arn", value = "x" }, { name = "x.eks\\\\.amazonaws\\\\.com/role_arn" }, { value = "x", name = var.x }]`,
    'a = "{\\n \\"Statement\\": [{\\"Effect\\": \\"allow\\"}]}"',
    'a = "metadata:\\n  annotations:\\n    eks.amazonaws.com/role_arn: x"',
    'a = "eks.amazonaws.com/role_arn: x"',
    'a = <<EOF\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: x, annotations: { eks.amazonaws.com/role-arn: "team a" } }\nEOF',
    'a = <<EOF\nserviceAccount:\n  roleArn: x y\nEOF',
    'a = <<EOF\napiVersion: v1\nannotations: { eks.amazonaws.com/role_arn: x }\nEOF',
    'a = <<EOF\nkind: ServiceAccount\nannotations: { eks.amazonaws.com/role_arn: x }\nEOF',
    'a = <<EOF\n- eks.amazonaws.com/role_arn: x\nEOF',
    'a = <<EOF\n{"Statement": [{"Effect": "allow"}]}\nEOF',
    'a = -f({ "eks.amazonaws.com/role_arn" = "x" })\n  b = (var.x ? { "eks.amazonaws.com/role_arn" = "x" } : { "eks.amazonaws.com/role_arn" = "y" })\n  c = var.x[{ "eks.amazonaws.com/role_arn" = "x" }]',
    'setting {\n    name  = "a.eks\\\\.amazonaws\\\\.com/role_arn"\n    value = "x"\n  }\n  other {\n    name  = "a.eks\\\\.amazonaws\\\\.com/role_arn"\n    value = "x"\n  }\n  set_list {\n    name = "a.eks\\\\.amazonaws\\\\.com/role_arn"\n  }\n  set {\n    value = "x"\n  }',
  ].flatMap((inside) =>
    [
      'resource "aws_iam_group_policy" "x"',
      'resource "other" "x"',
      'module "x"',
      'locals',
      'output "x"',
      'provider "x"',
    ].map((block) => `${block} {\n  ${inside}\n}\n`),
  ),
];
/** The same in JSON: where one block stands alone, or in a list of one or more. */
const jsonStatement = (inside: object): string =>
  JSON.stringify({ data: { aws_iam_policy_document: { x: { statement: inside } } } }, undefined, 2);
const jsonTrust = (more: object): object => ({
  actions: ['sts:AssumeRoleWithWebIdentity'],
  principals: { type: 'Federated', identifiers: [ARN] },
  ...more,
});
const jsonTest = (claim: string, value: unknown, test = 'StringEquals'): object => ({
  test,
  variable: `${ISSUER}:${claim}`,
  values: value,
});
const jsonSub = jsonTest('sub', ['system:serviceaccount:team-a:default-editor']);
const jsonAud = jsonTest('aud', ['sts.amazonaws.com']);
const JSON_WAYS: readonly string[] = [
  ...[
    jsonSub,
    [jsonSub],
    [],
    [jsonSub, jsonAud],
    [jsonSub, jsonTest('aud', ['sts.amazonaws.com'], 'StringLike')],
    [jsonTest('sub', ['system:serviceaccount:team-a:*']), jsonAud],
    jsonTest('sub', ['system:serviceaccount:team-a:*']),
    [jsonTest('sub', ['system:serviceaccount:team-*:x']), jsonTest('sub', ['system:serviceaccount:team-a:x']), jsonAud],
    [
      jsonTest('sub', 'system:serviceaccount:team-a:x', 'StringEqual'),
      jsonTest('aud', 'sts.amazonaws.com', 'StringEqual'),
    ],
    jsonTest('sub', ['\${var.subject}']),
    { dynamic: {} },
    'x',
  ].map((one) => jsonStatement(jsonTrust({ condition: one }))),
  jsonStatement([jsonTrust({ condition: jsonSub }), jsonTrust({ condition: [jsonSub] })]),
  jsonStatement(jsonTrust({})),
  jsonStatement(jsonTrust({ condition: jsonSub, dynamic: { condition: { for_each: [], content: {} } } })),
  jsonStatement(jsonTrust({ condition: jsonSub, dynamic: [{ condition: [{ for_each: [], content: {} }] }] })),
  jsonStatement(jsonTrust({ '//': 'a note', condition: [jsonSub, { '//': 'another' }] })),
  jsonStatement({ effect: 'allow', actions: ['s3:ListBucket', 's3:GetObject'], resources: ['arn:aws:s3:::artifacts'] }),
  jsonStatement({ actions: ['s3:GetObjet'], resources: ['arn:aws:s3:::artifacts/&{aws:username}/*'] }),
  JSON.stringify({
    module: {
      x: [
        {
          oidc_fully_qualified_subjects: ['system:serviceaccount:team-a:default-editor'],
          provider_url: `https://${ISSUER}`,
        },
        { oidc_subjects: ['team-a:default-editor'], oidc_provider_urls: [ISSUER, '\${var.url}'] },
        { oidc_subjects: [], oidc_wildcard_subjects: ['system:serviceaccount:*:*'], oidc_provider_urls: [] },
      ],
    },
  }),
];
const ISSUERS = [
  ...[
    'module.eks.cluster_oidc_issuer_url',
    'module.eks.oidc_provider',
    'local.eks_oidc_url',
    'local.mine',
    'local.other',
  ],
  ...[
    'var.cluster_oidc_issuer',
    'var.url',
    'replace(module.eks.cluster_oidc_issuer_url, "https://", "")',
    'x(1, module.eks.oidc_provider)',
  ],
  ...[
    'x()',
    '"https://${module.eks.oidc_provider}"',
    '"https://${var.url}"',
    '"https://x"',
    '[module.eks.oidc_provider]',
    '[]',
  ],
  ...[
    '[module.eks.oidc_provider, var.url]',
    '[var.url, module.eks.oidc_provider]',
    '[[]]',
    'null',
    '""',
    'local.loop',
    '"${var.url}"',
  ],
];
const MODULES: readonly string[] = [
  ...ISSUERS.map(
    (url) =>
      `module "x" {\n  name = "a"\n  provider_url = ${url}\n  oidc_subjects = ["system:serviceaccount:team-a:default-editor"]\n}\nlocals {\n  mine  = module.eks.oidc_provider\n  other = var.url\n  loop  = local.loop\n}\n`,
  ),
  'module "x" { oidc_subjects = ["system:serviceaccount:team-a:default-editor"] }\n',
  'module "x" {\r\n  oidc_subjects = ["system:serviceaccount:team-a:default-editor"]\r\n}\r\n',
  'module "x" {\n  a = { b = 1 }, oidc_subjects = ["system:serviceaccount:team-a:default-editor"]\n}\n',
  ...[
    '{}',
    '{ a = {} }',
    '{ a = { namespace_service_accounts = [] } }',
    '{ a = { service_account = "x" } }',
    '[]',
    'var.x',
  ].flatMap((one) => [
    `module "x" {\n  oidc_providers = ${one}\n}\n`,
    `module "x" {\n  namespace = "team-a"\n  oidc_providers = ${one}\n}\n`,
  ]),
  ...['{}', '{ a = ["team-a:x"] }', '{ a = ["team-*:*"], b = "x" }', '{ a = var.x }', 'var.x'].flatMap((one) => [
    `module "x" {\n  cluster_service_accounts = ${one}\n}\n`,
    `module "x" {\n  assume_role_condition_test = "StringLike"\n  cluster_service_accounts = ${one}\n}\n`,
  ]),
  ...['# eks', '# irsa', '# aws', '# oidc', '# gke'].map(
    (comment) =>
      `module "x" {\n  ${comment}\n  kubernetes_namespace = "team-*"\n  kubernetes_service_account = "*"\n}\n`,
  ),
  'module "x" {\n  # eks\n  kubernetes_service_account = "*"\n}\n',
  'module "x" {\n  # eks\n  service_account_namespace = "team-a"\n  service_account_name = "x y"\n}\n',
  ...['{}', '{ a = {} }', '{ a = { namespace = "team_a" } }', '{ a = { service_account = "Default" } }', '[]'].map(
    (one) => `module "x" {\n  associations = ${one}\n}\n`,
  ),
];
test('more ways to write: in JSON, and as inputs of modules', () =>
  asKept('terraform/more ways', [
    ...[
      ...JSON_WAYS.map((text) => ['main.tf.json', text] as const),
      ...MODULES.map((text) => ['main.tf', text] as const),
    ].flatMap(([path, text]) => [
      text.replaceAll('\r', '␍').replaceAll(/\n */g, '⏎'),
      ...[...held({ [path]: text }), ...findings({ [path]: text })].map((one) => `  ${one}`),
    ]),
  ]));

/** Conditions that stand twice, are misspelt, or share their lines; what leads to a policy, or to none; things without what they need. */
const TWICE: readonly string[] = [
  ...[
    condition('SUB', 'system:serviceaccount:team-a:default-editor'),
    condition('SUB', 'system:serviceaccount:team-a:x') + condition('Sub', 'system:serviceaccount:team-a:y'),
    condition('aud', 'sts.amazonaws.com', 'stringequals'),
    condition('aud', 'sts.amazonaws.com', 'stringequals') + condition('azp', 'x', 'stringequals'),
    condition('aud', 'sts.amazonaws.com', 'stringequals').replace('    condition', '    # a note\n    condition'),
    condition('aud', 'sts.amazonaws.com', 'stringequals').replace('    }\n', '    } // a note\n'),
    condition('aud', 'sts.amazonaws.com', 'stringequals').replace('    }\n', '    } sid = "a"\n'),
    condition('sub', 'x', 'stringequals'),
    condition('sub', 'x', 'StringNotEquals') + condition('SUB', 'y', 'StringNotEquals'),
  ].flatMap((more) => [statement(assume + federated + sub + more), statement(more + sub + assume + federated)]),
  statement(assume + federated + sub).replace(
    / {2}\}\n\}\n$/,
    `${condition('aud', 'x', 'stringequals').trim()} }\n}\n`,
  ),
  `data "aws_iam_policy_document" "x" {\n  statement {${condition('aud', 'x', 'stringequals').trim()}\n${assume}${federated}${sub}  }\n}\n`,
  ...['"StringEqual"', 'local.test', '"${local.test}"', 'var.test', '"String${local.part}"'].flatMap((test) =>
    [sub, condition('aud', 'sts.amazonaws.com')].map(
      (other) =>
        statement(
          assume +
            federated +
            other.replace('"StringEquals"', '"StringEqual"') +
            condition('azp', 'x').replace('"StringEquals"', test),
        ) + 'locals {\n  test = "StringEqual"\n  part = "Equal"\n}\n',
    ),
  ),
  ...[
    'jsonencode()',
    'f(1).json',
    'f(1).x.json',
    '("")',
    'coalesce("", (""))',
    'try((""), data.aws_iam_policy_document.x.json)',
  ].map((policy) => inline(policy, statement('    actions = ["s3:ListBucket"]\n'))),
  ...['data.aws_iam_policy_document.x.json', 'one(data.aws_iam_policy_document.x[*].json)'].map(
    (policy) =>
      `resource "aws_iam_role" "x" {\n  name = "x"\n  assume_role_policy = ${policy}\n  inline_policy {\n    policy = ${policy}\n  }\n  inline_policy {\n    policy = var.x ? ${policy} : data.aws_iam_policy_document.x.minified_json\n  }\n}\n${statement(assume + federated + sub)}`,
  ),
  ...[
    '',
    'client_id_list = ["sts.amazonaws.com"]',
    'url = "https://x"',
    `url = "https://${ISSUER}"\n  client_id_list = ["x"]`,
  ].map((inside) => `resource "aws_iam_openid_connect_provider" "x" {\n  ${inside}\n}\n`),
];
const JSON_TWICE: readonly string[] = [
  ...[
    [jsonSub, jsonTest('SUB', ['system:serviceaccount:team-a:x'])],
    [jsonSub, jsonTest('aud', 'sts.amazonaws.com', 'stringequals')],
    [jsonTest('aud', 'sts.amazonaws.com', 'stringequals'), jsonSub, jsonTest('azp', 'x', 'stringequals')],
    [jsonSub, jsonTest('aud', 'x', 'StringEqual'), jsonTest('azp', 'x', 'StringEqual')],
  ].map((one) => jsonStatement(jsonTrust({ condition: one }))),
  jsonStatement({
    actions: ['s3:GetObject'],
    resources: ['arn:aws:s3:::artifacts/*'],
    principals: [
      { type: 'AWS', identifiers: [ROLE] },
      { type: 'AWS', identifiers: '*' },
    ],
  }),
  jsonStatement({
    actions: ['s3:GetObject'],
    resources: ['arn:aws:s3:::artifacts/*'],
    principals: { type: 'AWS', identifiers: [ROLE] },
  }),
  ...['a ${~ var.x ~} b', 'x ${var.y ~}  ', '  ${~ var.y}', '%{ if var.x ~} a %{ endif }', '', '$${x}'].map((text) =>
    jsonStatement({ sid: text, actions: ['s3:GetObject'], resources: [text, `arn:aws:s3:::${text}/*`] }),
  ),
];
test('conditions that stand twice, and what leads to no policy', () =>
  asKept('terraform/twice', [
    ...[
      ...JSON_TWICE.map((text) => ['main.tf.json', text] as const),
      ...TWICE.map((text) => ['main.tf', text] as const),
    ].flatMap(([path, text]) => [
      text.replaceAll(/\n */g, '⏎'),
      ...[...held({ [path]: text }), ...findings({ [path]: text })].map((one) => `  ${one.replaceAll('\n', '⏎')}`),
    ]),
  ]));

test('ways to write, each with what is held and what is found', () =>
  asKept(
    'terraform/ways',
    WAYS.flatMap((text) => [
      text.replaceAll('\r', '␍').replaceAll('\n', '⏎'),
      ...[...held({ 'main.tf': text }), ...findings({ 'main.tf': text })].map((one) => `  ${one}`),
    ]),
  ));

for (const [name, text] of Object.entries(FOLDERS))
  describe(name, () => {
    const rule = [held({ 'main.tf': text }), findings({ 'main.tf': text })] as const;
    test('as they are', () => asKept(`terraform/${name}/as they are`, rule.flat()));
    for (const [way, changed] of changedLines(text))
      test(way, () =>
        asKept(
          `terraform/${name}/${way}`,
          changed.flatMap(([what, main]) => [
            what,
            ...differences(held({ 'main.tf': main }), rule[0]).map((one) => `  ${one}`),
            ...differences(findings({ 'main.tf': main }), rule[1]).map((one) => `  ${one}`),
          ]),
        ),
      );
  });
