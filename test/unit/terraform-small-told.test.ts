// Small pieces of Terraform, each for one turn that its reader takes: what is held, what is found, what a fix writes.
// test/fixtures/told/terraform/small/.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { attributeOf, type HclBlock, type HclExpression } from '../../src/core/document/hcl.ts';
import { type DocNode, HOLE } from '../../src/core/document/node.ts';
import type { Finding } from '../../src/core/finding.ts';
import { applyEdits, preferredFix } from '../../src/core/fix.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { evaluate, isIssuerUrl, type Module, moduleOf, type TerraformFile } from '../../src/core/terraform/evaluate.ts';
import { prefixed } from '../../src/core/terraform/nodes.ts';
import { policyDocument } from '../../src/core/terraform/policy-document.ts';
import { itemsOf, readTerraform } from '../../src/core/terraform/resources.ts';
import { said } from './lines.ts';
import { asKept } from './told.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const ARN = `arn:aws:iam::314159265358:oidc-provider/${ISSUER}`;
const ROLE = 'arn:aws:iam::314159265358:role/x';
const MISSPELT = `"eks.amazonaws.com/role_arn" = "${ROLE}"`;
const STATEMENT = '{ Effect = "allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::artifacts/*" }';
const POLICY = `{ Version = "2012-10-17", Statement = [${STATEMENT}] }`;
const JSON_POLICY =
  '{"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/*"}]}';
/** What stands everywhere, in short. */
const short = (text: string): string =>
  [
    [ARN, 'ARN'],
    [ISSUER, 'ISSUER'],
    [ROLE, 'ROLE'],
    [POLICY, 'POLICY'],
    [HOLE, '?'],
    ['\r', '␍'],
  ].reduce((now, [long = '', word = '']) => now.replaceAll(long, word), text);

/** A node as JSON. */
function shown(node: DocNode): string {
  if (node.type === 'array') return `[${node.items.map(shown).join(',')}]`;
  if (node.type === 'object')
    return `{${node.entries.map(({ key, value }) => `${String(key.value)}:${shown(value)}`).join(',')}}`;
  return JSON.stringify(node.value);
}
const part = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'source' in value ? shown(value as DocNode) : JSON.stringify(value);

type Path = 'main.tf' | 'main.tf.json';
/** What a file holds, and what is found in it: a line for each thing. */
const lines = (text: string, path: Path = 'main.tf'): readonly string[] => {
  const files = [{ path, text }];
  return [
    ...readTerraform(files).map(({ resource }) =>
      Object.entries(resource)
        .map(([key, value]) => (key === 'kind' ? String(value) : `${key} ${part(value)}`))
        .join(' | '),
    ),
    ...[...lintFolder(files, { terraform: readTerraform }).values()].flat().map((one) => said(path, text, one)),
  ].map((one) => `  ${short(one).replaceAll('\n', '⏎')}`);
};
type Case = string | readonly [text: string, path: Path];
const kept = (name: string, cases: readonly Case[]): void =>
  asKept(
    `terraform/small/${name}`,
    cases.flatMap((one) => {
      const [text, path] = typeof one === 'string' ? ([one, 'main.tf'] as const) : one;
      return [short(text).replaceAll(/\n */g, '⏎'), ...lines(text, path)];
    }),
  );

const other = (inside: string): string => `resource "other" "x" {\n  # eks.amazonaws.com/\n  ${inside}\n}\n`;
const group = (inside: string): string => `resource "aws_iam_group_policy" "x" {\n  ${inside}\n}\n`;
const PARAMETER = '"a.annotations.eks\\\\.amazonaws\\\\.com/role-arn"';

describe('what may stand anywhere', () => {
  const tests: Readonly<Record<string, readonly string[]>> = {
    'maps that are no manifest, and one that is': [
      other(`a = { kind = "x", roles = { ${MISSPELT} } }`),
      other(`a = { apiVersion = "x", roles = { ${MISSPELT} } }`),
      other(
        `a = { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = "a", annotations = { ${MISSPELT} } } }`,
      ),
      other(`a = f({ b = [{ c = { ${MISSPELT} } }] })`),
      other(`a = "\${f({ ${MISSPELT} })}"`),
      other(`a = "b \${f({ ${MISSPELT} })}"`),
      other(`b {\n    c {\n      d = { ${MISSPELT} }\n    }\n  }`),
    ],
    'what looks like a policy': [
      ...[other, group].flatMap((block) => [
        block(`a = ${POLICY}`),
        block(`a = <<E\n${JSON_POLICY}\nE`),
        block(`a = ${JSON.stringify(JSON_POLICY)}`),
        block(`a = ${JSON.stringify(`${JSON_POLICY}\n`)}`),
        block(`a = { b = { ${MISSPELT} } }`),
      ]),
      ...['module "x"', 'output "x"', 'locals', 'data "aws_iam_x" "x"', 'aws_iam_x'].map(
        (block) => `${block} {\n  a = ${POLICY}\n}\n`,
      ),
      group(`a = { Statement = "x", b = { name = ${PARAMETER}, value = "x" } }`),
      group(
        `a = { Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::artifacts/*", Condition = { StringEquals = { ${MISSPELT} } } }] }`,
      ),
    ],
    'parameters of charts': [
      other(`set = [{ name = ${PARAMETER}, value = "x" }]`),
      other(`set = [{ value = "x", name = ${PARAMETER} }]`),
      other(`set = [{ name = ${PARAMETER} }, { value = "x" }, { names = ${PARAMETER}, value = "x" }]`),
      other(`set = [{ name = 1, value = "x" }, { name = "replicas", value = "x" }]`),
      other(`set {\n    name = ${PARAMETER}\n    value = "x"\n  }`),
      other(`set {\n    name = ${PARAMETER}\n  }`),
      other(`set {\n    value = "x"\n  }`),
      other(`set {\n    name = "replicas"\n    value = "x"\n  }`),
      other(`get {\n    name = ${PARAMETER}\n    value = "x"\n  }`),
    ],
    'documents in texts': [
      other(`a = <<E\nannotations: { eks.amazonaws.com/role_arn: ${ROLE} }\nE`),
      other(`a = "annotations: { eks.amazonaws.com/role_arn: ${ROLE} }"`),
      other(`a = "annotations: { eks.amazonaws.com/role_arn: ${ROLE} }\\n"`),
      other(
        'a = <<E\napiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: a_b }\nspec: { owner: { kind: User, name: a }, plugins: [{ kind: AwsIamForServiceAccount }] }\nE',
      ),
      other('a = <<E\nnothing: of ours\nE'),
      ...['kind: x', 'apiVersion: v1', 'kind: x\napiVersion: v1', 'a: b'].map((first) =>
        other(
          `a = <<E\n${first}\nroleArn: ${ROLE}\nStatement: [{ Effect: allow, Action: "s3:GetObject", Resource: "*" }]\nE`,
        ),
      ),
      other(`a = <<E\n- annotations: { eks.amazonaws.com/role_arn: ${ROLE} }\nE`),
    ],
  };
  for (const [name, cases] of Object.entries(tests)) test(name, () => kept(name.replaceAll(',', ''), cases));
});

/** Locals that are each the name of the one before. */
const locals = (count: number, first: string): string =>
  `locals {\n  a0 = ${first}\n${Array.from({ length: count }, (_, index) => `  a${index + 1} = local.a${index}\n`).join('')}}\n`;

const ANNOTATIONS = `annotations = { ${MISSPELT}, b = 1 }`;
describe('blocks', () => {
  const account = (inside: string, type = 'service_account'): string =>
    `resource "kubernetes_${type}" "x" {\n  ${inside}\n}\n`;
  const policy = `resource "aws_iam_policy" "x" {\n  policy = jsonencode(${POLICY})\n}\n`;
  const attachment = (type: string, role: string, of = 'aws_iam_policy.x.arn'): string =>
    `${policy}resource "${type}" "x" {\n  role = ${role}\n  policy_arn = ${of}\n}\nresource "aws_iam_role" "y" {\n  name = "named"\n}\n`;
  const tests: Readonly<Record<string, readonly string[]>> = {
    'service accounts': [
      account(`metadata {\n    name = "a"\n    generate_name = "c"\n    ${ANNOTATIONS}\n  }`),
      account(`metadata {\n    name = "a"\n    = 1\n    ${ANNOTATIONS}\n  }`),
      account(`name = "b"\n  metadata {\n    ${ANNOTATIONS}\n  }`),
      account(`metadata {\n    name = "a"\n  }`, 'service_account_v1'),
      account(ANNOTATIONS),
    ],
    'annotations beside': [
      account(`kind = "ServiceAccount"\n  metadata {\n    name = "a"\n  }\n  ${ANNOTATIONS}`, 'annotations'),
      account(`kind = "Deployment"\n  metadata {\n    name = "a"\n  }\n  ${ANNOTATIONS}`, 'annotations'),
      account(`metadata {\n    name = "a"\n  }\n  ${ANNOTATIONS}`, 'annotations'),
      account(`kind = "ServiceAccount"\n  ${ANNOTATIONS}`, 'annotations'),
    ],
    'config maps': [
      account(
        'metadata {\n    name = "kfp-launcher"\n    namespace = "a"\n  }\n  data = {\n    defaultPipelineRoot = "s3://artifacts"\n    b = 1\n  }',
        'config_map',
      ),
      account('metadata {\n    name = "kfp-launcher"\n  }', 'config_map_v1'),
      account(
        `metadata {\n    name = "values"\n  }\n  data = {\n    a = <<E\nannotations: { eks.amazonaws.com/role_arn: ${ROLE} }\nE\n  }`,
        'config_map',
      ),
      account('kind = "x"\n  metadata {\n    name = "kfp-launcher"\n  }\n  data = var.x', 'config_map'),
    ],
    'roles that policies are attached to': [
      policy,
      attachment('aws_iam_role_policy_attachment', 'aws_iam_role.y.name'),
      attachment('aws_iam_policy_attachment', '"written"'),
      attachment('aws_iam_role_policy_attachment', 'var.role'),
      attachment('aws_iam_role_policy_attachment', '""'),
      attachment('aws_iam_role_policy_attachment', '"a-${var.role}"'),
      attachment('aws_iam_user_policy_attachment', '"none"'),
      attachment('aws_iam_role_policy_attachment', '"none"', 'var.arn'),
    ],
    providers: [
      'resource "aws_iam_openid_connect_provider" "x" {\n  client_id_list = ["a"]\n}\n',
      `resource "aws_iam_openid_connect_provider" "x" {\n  url = local.map.url\n}\nlocals {\n  map = { url = "https://${ISSUER}" }\n}\n`,
      ...[19, 20].map(
        (count) =>
          `resource "aws_iam_openid_connect_provider" "x" {\n  url = local.a${count}\n}\n${locals(count, 'module.eks.cluster_oidc_issuer_url')}`,
      ),
      ...['local.url', 'var.url', 'local.again', 'local.map.url'].map(
        (url) =>
          `resource "aws_iam_openid_connect_provider" "x" {\n  url = ${url}\n  client_id_list = ["a"]\n}\nlocals {\n  again = local.url\n  url = module.eks.cluster_oidc_issuer_url\n  map = module.eks.cluster_oidc_issuer_url\n}\nvariable "url" {\n  default = module.eks.cluster_oidc_issuer_url\n}\n`,
      ),
    ],
  };
  for (const [name, cases] of Object.entries(tests)) test(name, () => kept(name, cases));
});

describe('inputs of modules', () => {
  const module = (inside: string): string => `module "x" {\n  ${inside}\n}\n`;
  const subjects = (url: string, inside = 'oidc_subjects = ["team-a:x"]'): string =>
    module(`provider_url = ${url}\n  ${inside}`);
  const deep = (count: number): string => `${subjects(`local.a${count}`)}${locals(count, 'module.eks.oidc_provider')}`;
  const tests: Readonly<Record<string, readonly string[]>> = {
    'entries by provider and by cluster': [
      ...['{}', '[]', '{ a = {} }', '"x"'].flatMap((value) => [
        module(`oidc_providers = ${value}`),
        module(`cluster_service_accounts = ${value}`),
      ]),
      ...[`"${ARN}"`, '"arn:aws:iam::314159265358:role/x"', '[]', '{}', '1', 'var.arn', `["${ARN}"]`].map((arn) =>
        module(`oidc_providers = { a = { provider_arn = ${arn}, namespace_service_accounts = ["team-a:x"] } }`),
      ),
      module('oidc_providers = { a = { service_account = 1, namespace = "n" } }'),
      module('oidc_providers = { a = { service_account = var.x, namespace = "n" } }'),
      module('oidc_providers = { a = { service_account = "x y", namespace = "n" } }'),
      module('oidc_providers = { a = { service_account = "*", namespace = "n" } }'),
      module('oidc_providers = { a = { namespace_service_accounts = ["n:*", 1, var.x] } }'),
    ],
    'lists of subjects': [
      subjects('module.eks.oidc_provider', 'oidc_subjects = []'),
      subjects(`"${ISSUER}"`, 'oidc_subjects = []'),
      subjects(`"${ISSUER}"`, 'oidc_subjects = []\n  oidc_audiences = []'),
      subjects(`"${ISSUER}"`, 'oidc_subjects = []\n  oidc_audiences = ["sts.amazonaws.com"]'),
      subjects(`"${ISSUER}"`, 'oidc_subjects = []\n  oidc_wildcard_subjects = ["system:serviceaccount:a:*"]'),
      subjects(`"${ISSUER}"`, 'oidc_subjects = "system:serviceaccount:a:x"'),
      subjects(`"${ISSUER}"`, 'oidc_fully_qualified_subjects = ["system:serviceaccount:a:x"]'),
      subjects(`["${ISSUER}"]`, 'oidc_subjects = ["system:serviceaccount:a:x"]'),
    ],
    'whose addresses they are': [
      ...[
        'f()',
        'f(module.eks.oidc_provider, var.x)',
        'f(var.x, module.eks.oidc_provider)',
        'module.eks.oidc_provider',
      ],
      ...[
        '[]',
        '[module.eks.oidc_provider, var.x]',
        '[module.eks.oidc_provider]',
        '[[]]',
        '"${var.x}"',
        'local.loop',
        'f(1).eks.oidc_provider',
      ],
      ...[
        '"https://${module.eks.oidc_provider}"',
        '"${module.eks.oidc_provider}/x"',
        '"${var.a}${module.eks.oidc_provider}"',
      ],
    ]
      .map((url) => `${subjects(url)}locals {\n  loop = local.loop\n}\n`)
      .concat(deep(9), deep(10), deep(11)),
    'namespaces and service accounts': [
      module('# eks\n  kubernetes_namespace = "team-*"\n  kubernetes_service_account = "x"'),
      module('# gke\n  kubernetes_namespace = "team-*"\n  kubernetes_service_account = "x"'),
      module('# eks\n  kubernetes_namespace = "team-*"'),
      module('# eks\n  kubernetes_service_account = "x"'),
      module('# eks\n  kubernetes_namespace = var.x\n  kubernetes_service_account = "*"'),
    ],
  };
  for (const [name, cases] of Object.entries(tests)) test(name, () => kept(name, cases));
});

const statement = (inside: string): string => `data "aws_iam_policy_document" "x" {\n  statement {\n${inside}  }\n}\n`;
const ASSUME = '    actions = ["sts:AssumeRoleWithWebIdentity"]\n';
const FEDERATED = `    principals {\n      type = "Federated"\n      identifiers = ["${ARN}"]\n    }\n`;
const condition = (claim: string, value: string, operator = '"StringEquals"'): string =>
  `    condition {\n      test = ${operator}\n      variable = "${ISSUER}:${claim}"\n      values = ["${value}"]\n    }\n`;
const SUB = condition('sub', 'system:serviceaccount:team-a:x');
const AUD = condition('aud', 'sts.amazonaws.com');

describe('policies', () => {
  const role = (policy: string, more = ''): string =>
    `resource "aws_iam_role_policy" "x" {\n  role = "r"\n  policy = ${policy}\n}\n${more}`;
  const given = `locals {\n  policy = ${POLICY}\n  text = jsonencode(local.policy)\n  map = { policy = ${POLICY} }\n}\nvariable "policy" {\n  default = ${POLICY}\n}\n`;
  const document = statement('    actions = ["s3:GetObjet"]\n    resources = ["*"]\n');
  const tests: Readonly<Record<string, readonly string[]>> = {
    'wherever they are': [
      ...['jsonencode(local.policy)', 'jsonencode(local.map.policy)', 'jsonencode(var.policy)', 'local.text'],
      ...['var.x ? local.text : ""', 'jsonencode("x y")', 'jsonencode({ a = local.policy })', 'var.policy'],
      ...[`jsonencode({ PolicyDocument = ${POLICY} })`, 'local.map.policy', 'local.none', 'aws_iam_policy.x.policy'],
    ]
      .map((policy) => role(policy, given))
      .concat(
        'data.aws_iam_policy_document.x.json',
        'data.aws_iam_policy_document.x[0].json',
        'data.aws_iam_policy_document.y.json',
        'data.other.x.json',
        'other.aws_iam_policy_document.x.json',
      )
      .map((text) => (text.startsWith('resource') ? text : role(text, `${document}data "other" "x" {\n}\n`))),
    'documents that are referred to': [
      ...['s3:GetObjet', 'sts:AssumeRole'].map(
        (action) =>
          `resource "aws_iam_role" "x" {\n  name = "r"\n  assume_role_policy = data.aws_iam_policy_document.x.json\n}\n${statement(`    actions = ["${action}"]\n    resources = ["*"]\n`)}`,
      ),
      document,
      `resource "aws_iam_policy" "x" {\n  policy = data.aws_iam_policy_document.x.json\n}\n${document}`,
    ],
    'what is not known of them': [
      role('jsonencode({ Version = "2012-10-17", Statement = var.x })'),
      role('jsonencode({ Version = "2012-10-17", Statement = [var.x, { Effect = "Allow" }] })'),
      role('jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow" }] })'),
      role('"{\\"Version\\": ${var.x}}"'),
      role('var.x'),
      role('try(var.x, jsonencode({ Version = "x" }))'),
      role('try(var.x, jsonencode())'),
      role('try(var.x, ("{}"))'),
      role('coalesce("", "{}", "{}${var.x}")'),
    ],
  };
  for (const [name, cases] of Object.entries(tests)) test(name, () => kept(name, cases));
});

const DOCUMENT = '${data.aws_iam_policy_document.x.json}';
const TRUSTED = { aws_iam_role: { x: { assume_role_policy: DOCUMENT } } };
const asJson = (
  inside: object,
  of: object = { aws_iam_role_policy: { x: { policy: DOCUMENT } } },
): readonly [text: string, path: Path] => [
  JSON.stringify(
    {
      data: { aws_iam_policy_document: { x: { statement: inside } } },
      resource: of,
    },
    undefined,
    1,
  ),
  'main.tf.json',
];
const everybody = (type: string, identifiers: string): string =>
  `    principals {\n      type = ${type}\n      identifiers = ${identifiers}\n    }\n`;
describe('documents of blocks', () => {
  const READ = '    actions = ["s3:GetObject"]\n    resources = ["arn:aws:s3:::artifacts/*"]\n';
  const test1 = (test: string): object => ({ test, variable: `${ISSUER}:aud`, values: ['sts.amazonaws.com'] });
  const trust = (more: object): Case =>
    asJson(
      {
        actions: ['sts:AssumeRoleWithWebIdentity'],
        principals: { type: 'Federated', identifiers: [ARN] },
        ...more,
      },
      TRUSTED,
    );
  const jsonSub = { test: 'StringEquals', variable: `${ISSUER}:sub`, values: ['system:serviceaccount:team-a:x'] };
  const AWS = { type: 'AWS', identifiers: ['arn:aws:iam::314159265358:root'] };
  const tests: Readonly<Record<string, readonly Case[]>> = {
    'elements, and what stands for nothing': [
      statement(`${READ}    sid = null\n    effect = null\n    not_actions = []\n`),
      statement('    sid = "x"\n    effect = "allow"\n    not_actions = ["s3:*"]\n    not_resources = "*"\n'),
    ],
    principals: [
      everybody('"*"', '["*"]'),
      everybody('"*"', '["*", "x"]'),
      everybody('"*"', '"*"'),
      everybody('"*"', '[]'),
      everybody('"AWS"', '["*"]'),
      everybody('"*"', '["*"]') + everybody('"AWS"', '["*"]'),
      everybody('"AWS"', '["arn:aws:iam::314159265358:root"]') + everybody('"AWS"', '"*"'),
      everybody('var.a', '["a"]') + everybody('var.b', '["b"]'),
      `${FEDERATED}    dynamic "principals" {\n    }\n`,
      '    dynamic "principals" {\n    }\n',
    ].map((its) => statement(ASSUME + its + SUB + AUD)),
    'principals that a fix removes': [
      ...[
        statement(READ + everybody('"AWS"', '["*"]')),
        statement(READ + everybody('"AWS"', '["*"]') + everybody('"Service"', '["x"]')),
        statement(READ + everybody('"AWS"', '["*"]').replace('    }\n', '    } # a note\n')),
        statement(READ + everybody('"AWS"', '["*"]').replace('    }\n', '    } sid = "x"\n')),
        statement(everybody('"AWS"', '["*"]').trimStart() + READ)
          .replace('{\n  ', '{ ')
          .replace('statement {\n', 'statement {'),
        statement(`${READ}${everybody('"AWS"', '["*"]')}    dynamic "principals" {\n    }\n`),
        statement(READ + everybody('"AWS"', '["*"]').trimEnd()).replaceAll('\n  }\n}\n', ''),
      ].map(
        (text) => `resource "aws_iam_role_policy" "x" {\n  policy = data.aws_iam_policy_document.x.json\n}\n${text}`,
      ),
      asJson({ actions: ['s3:GetObject'], resources: ['*'], principals: AWS }),
      asJson({ actions: ['s3:GetObject'], resources: ['*'], principals: [AWS] }),
      asJson({ actions: ['s3:GetObject'], resources: ['*'], principals: [AWS, AWS] }),
      asJson([{ actions: ['s3:GetObject'], resources: ['*'], principals: [AWS, AWS], sid: 'x' }]),
      trust({ resources: ['*', 'a'], condition: [jsonSub, test1('StringEquals')] }),
    ],
    'conditions that a fix removes': [
      trust({ condition: [jsonSub, test1('StringEquals'), test1('stringequals')] }),
      trust({ condition: [jsonSub, { ...test1('stringequals'), variable: 'aws:x' }, test1('StringEquals')] }),
      trust({ condition: [test1('StringEquals'), jsonSub, { ...jsonSub, variable: `${ISSUER}:SUB` }] }),
      statement(ASSUME + FEDERATED + SUB + condition('aud', 'sts.amazonaws.com', '"stringequals"')),
      statement(
        `${ASSUME}${FEDERATED}${SUB}${condition('aud', 'sts.amazonaws.com', '"stringequals"').trimEnd()} sid = "x"\n`,
      ),
      statement(condition('aud', 'sts.amazonaws.com', '"stringequals"').trimStart() + SUB + ASSUME + FEDERATED).replace(
        'statement {\n',
        'statement {',
      ),
    ],
    'operators that a fix renames': [
      ...['"NullIfExists"', 'local.test', '"${local.part}IfExists"', 'var.test'].flatMap((operator) => [
        condition('azp', 'true', operator),
        condition('azp', 'true', operator) + condition('amr', 'true', operator),
        condition('azp', 'true', '"NullIfExists"') + condition('amr', 'true', operator),
      ]),
      '    condition {\n      variable = "aws:a"\n    }\n    condition {\n      values = ["a"]\n    }\n',
      '    condition {\n      test = var.x\n    }\n    condition {\n      test = var.y\n    }\n',
    ].map(
      (its) =>
        `${statement(ASSUME + FEDERATED + SUB + AUD + its)}locals {\n  test = "NullIfExists"\n  part = "Null"\n}\n`,
    ),
    'what is added': [
      FEDERATED + SUB + ASSUME,
      `${FEDERATED}${SUB}    sid = <<E\nx\nE\n`.replace(SUB, SUB + ASSUME),
      FEDERATED.trimStart() + SUB + ASSUME,
      FEDERATED + ASSUME + SUB.trimEnd(),
      (FEDERATED + ASSUME + SUB).replaceAll('\n', '\r\n'),
      FEDERATED + ASSUME + condition('sub', 'system:serviceaccount:team-a:x').replaceAll(ISSUER, '${local.issuer}'),
      `${FEDERATED}${ASSUME}    dynamic "condition" {\n    }\n${SUB}`,
      `${FEDERATED}${ASSUME}    dynamic "condition" {\n    }\n`,
      FEDERATED + ASSUME + SUB + condition('aud', 'kubernetes') + condition('aud', 'x'),
      FEDERATED + ASSUME + SUB + (condition('aud', 'kubernetes') + condition('aud', 'x')).replaceAll(/[[\]]/g, ''),
    ]
      .map(statement)
      .concat(
        statement(FEDERATED + ASSUME + SUB).replace(/\s+\}\n\}\n$/, ''),
        statement(FEDERATED + ASSUME + SUB).replace(/ +\}\n\}\n$/, ''),
        `data "aws_iam_policy_document" "x" {\n  statement { actions = ["sts:AssumeRoleWithWebIdentity"]; principals { type = "Federated"; identifiers = ["${ARN}"] } }\n}\n`,
        statement(FEDERATED + ASSUME + SUB).replace('statement {\n    principals', 'statement { principals'),
      ),
    'variables of IAM': [
      ...['["&{aws:username}/*", 1]', '"&{aws:username}/*"', '1'].map((values) =>
        statement(
          `    actions = ["s3:ListBucket"]\n    resources = ["arn:aws:s3:::artifacts"]\n    condition {\n      test = "StringLike"\n      variable = "s3:prefix"\n      values = ${values}\n    }\n`,
        ),
      ),
      statement(READ.replace('artifacts/*', 'artifacts/&{aws:username}/*')),
      statement(`${READ}${everybody('"AWS"', '["arn:aws:iam::314159265358:user/&{aws:username}"]')}`),
    ],
  };
  for (const [name, cases] of Object.entries(tests)) test(name, () => kept(name, cases));
});

/** A folder, and the expressions of its first block. */
function given(text: string): {
  readonly module: Module;
  readonly file: TerraformFile;
  readonly block: HclBlock;
  readonly expression: HclExpression;
} {
  const files = itemsOf('main.tf', text).map(({ file }) => file);
  const [file] = files;
  const block = file?.hcl.body.items[0];
  assert.ok(file && block?.type === 'block');
  const expression = attributeOf(block.body, 'a')?.value ?? { type: 'bad', start: 0, end: 0 };
  return { module: moduleOf(files), file, block, expression };
}
const GIVEN = `locals {
  one    = "one"
  list   = ["a", "b"]
  map    = { a = "x" }
  yes    = true
  partly = ["a", var.bare]
}
variable "text" {
  default = "text"
}
variable "number" {
  type    = string
  default = 1
}
variable "empty" {
  default = ""
}
variable "list" {
  default = ["a"]
}
variable "nothing" {
  default = []
}
variable "map" {
  default = { a = "x" }
}
variable "nobody" {
  default = {}
}
variable "no" {
  default = false
}
`;
/** What expressions stand for; `?` is what is not known. */
const EXPRESSIONS: Readonly<Record<string, readonly (readonly [written: string, value: string])[]>> = {
  operators: [
    ['1 == 1', 'true'],
    ['1 != 1', 'false'],
    ['local.one == "one"', 'true'],
    ['local.list == local.list', '"?"'],
    ['local.map == local.map', '"?"'],
    ['var.bare == var.bare', '"?"'],
    ['local.list == "a"', '"?"'],
    ['"a" == local.list', '"?"'],
    ['1 == 1 == true', '"?"'],
    ['1 + 1', '"?"'],
    ['!local.yes', 'false'],
    ['!"a"', '"?"'],
    ['-local.yes', '"?"'],
  ],
  conditions: [
    ['local.yes ? "a" : "b"', '"a"'],
    ['!local.yes ? "a" : "b"', '"b"'],
    ['var.no ? "a" : "b"', '"?"'],
    ['local ? "a" : "b"', '"?"'],
    ['local.map.a ? "a" : "b"', '"?"'],
  ],
  steps: [
    ['local.list[1]', '"b"'],
    ['local.list[2]', '"?"'],
    ['local.partly[0]', '"?"'],
    ['local.map.a', '"x"'],
    ['local.map.b', '"?"'],
    ['local.map[local.list]', '"?"'],
    ['{ a = "b" }.a', '"b"'],
    ['["a", "b"][1]', '"b"'],
    ['["a", "b"][*]', '"?"'],
    ['local["one"]', '"?"'],
    ['x.y', '"?"'],
  ],
  'defaults and what is asked for twice': [
    ['"${local.one}${local.one}"', '"oneone"'],
    ['"${var.text}${var.text}"', '"texttext"'],
    ['var.number', '"1"'],
    ['var.empty', '"?"'],
    ['var.list', '["a"]'],
    ['var.nothing', '"?"'],
    ['var.map', '{a:"x"}'],
    ['var.nobody', '"?"'],
    ['var.no', 'false'],
  ],
  replace: [
    ['replace("a.b.b", ".b", "c")', '"acc"'],
    ['replace("/a/", "/", "")', '"a"'],
    ['replace("ab", "/a/", "b")', '"?"'],
    ['replace("https://a", "/^https?:\\/\\//", "")', '"a"'],
    ['replace("https://a", "https://", "")', '"a"'],
    ['replace(local.list, "a", "b")', '"?"'],
    ['replace(null, "null", "a")', '"?"'],
    ['replace("a", local.list, "b")', '"?"'],
    ['replace("a", "a", local.list)', '"?"'],
    ['replace("a", "a")', '"?"'],
    ['replace("a")', '"?"'],
    ['replace("a", var.bare, "b")', '"?"'],
    ['replace("a", "a", "${var.bare}b")', '"?b"'],
    ['replace("${var.bare}b", "b", "c")', '"?c"'],
  ],
  functions: [
    ['trimprefix("abc", "ab")', '"c"'],
    ['trimprefix("abc", "bc")', '"abc"'],
    ['trimprefix("abc")', '"abc"'],
    ['upper("a")', '"A"'],
    ['upper(true)', '"TRUE"'],
    ['upper(null)', '"?"'],
    ['upper(local.list)', '"?"'],
    ['upper(local.map)', '"?"'],
    ['tostring(2)', '"2"'],
    ['tostring(local.yes)', '"true"'],
    ['tostring(local.list)', '["a","b"]'],
    ['tostring()', '"?"'],
  ],
};
describe('what an expression stands for', () => {
  for (const [name, rows] of Object.entries(EXPRESSIONS))
    test(name, () => {
      for (const [written, value] of rows) {
        const { module, file, expression } = given(`resource "x" "y" {\n  a = ${written}\n}\n${GIVEN}`);
        assert.equal(shown(evaluate(module, file, expression)).replaceAll(HOLE, '?'), value, written);
      }
    });

  test('which address is the issuer of a cluster', () => {
    const rows: readonly (readonly [written: string, isIssuer: boolean])[] = [
      ['aws_eks_cluster.x.identity[0].oidc[0].issuer', true],
      ['data.aws_eks_cluster.x.identity[0].oidc[0].issuer', true],
      ['module.eks.cluster_oidc_issuer_url', true],
      ['aws_eks_cluster.x.identity[*].oidc[0].issuer', false],
      ['aws_eks_cluster.x.identity[0].oidc[0].other', false],
      ['aws_eks_cluster.x.issuer', false],
      ['data.other.x.identity[0].oidc[0].issuer', false],
      ['other.x.identity[0].oidc[0].issuer', false],
      ['other.aws_eks_cluster.x.identity[0].oidc[0].issuer', false],
      ['other.eks.cluster_oidc_issuer_url', false],
      ['module.eks.oidc_provider', false],
      ['f(1).identity.issuer', false],
      ['"https://x"', false],
    ];
    for (const [written, isIssuer] of rows)
      assert.equal(isIssuerUrl(given(`x {\n  a = ${written}\n}\n`).expression), isIssuer, written);
  });

  test('as many nodes are made as may be', () => {
    const { module, file, expression } = given(`x {\n  a = ["a", "\${local.b}"]\n}\nlocals {\n  b = "b"\n}\n`);
    const made = Array.from({ length: 8 }, (_, budget) =>
      shown(evaluate({ ...module, budget, values: new Map() }, file, expression)).replaceAll(HOLE, '?'),
    );
    // The list, two texts, the name in the second, what it stands for, and that once more for each place that refers to it.
    assert.deepEqual(made, ['"?"', '["?","?"]', ...Array<string>(5).fill('["a","?"]'), '["a","b"]']);
  });
});

test('all that blocks make has its place in them', () => {
  const inside = (node: DocNode, { start, end }: HclBlock): void => {
    assert.ok(node.start >= start && node.end <= end && node.start < node.end, shown(node));
    for (const one of node.type === 'object'
      ? node.entries.flatMap(({ key, value }) => [key, value])
      : node.type === 'array'
        ? node.items
        : [])
      inside(one, { start, end } as HclBlock);
  };
  for (const its of [
    `${ASSUME}    dynamic "condition" {\n    }\n`,
    `${ASSUME}${FEDERATED}    dynamic "condition" {\n    }\n${SUB}`,
    `${ASSUME}    dynamic "principals" {\n    }\n${FEDERATED}${FEDERATED}${AUD}${AUD}`,
  ]) {
    const { module, file, block } = given(`# first\n${statement(its)}`);
    inside(policyDocument(module, { file, of: block }), block);
  }
});

/** What is found where the profile is known that the role is for. */
const ofProfile = (path: Path, text: string): readonly Finding[] =>
  [...lintFolder([{ path, text }], { terraform: readTerraform, context: { profile: 'team-a' } }).values()].flat();

test('a statement without a condition gets one', () => {
  const tests = (claim: string, value: string): object => ({
    test: 'StringEquals',
    variable: `${ISSUER}:${claim}`,
    values: [value],
  });
  const added = [tests('aud', 'sts.amazonaws.com'), tests('sub', 'system:serviceaccount:team-a:default-editor')];
  const of = { actions: ['sts:AssumeRoleWithWebIdentity'], principals: { type: 'Federated', identifiers: [ARN] } };
  const [text, path] = asJson(of, TRUSTED);
  const [one] = ofProfile(path, text);
  assert.equal(one?.id, 'T-NO-CONDITION');
  const after = JSON.parse(applyEdits(text, preferredFix(one)?.edits ?? [])) as unknown;
  assert.deepEqual(after, JSON.parse(asJson({ ...of, condition: added }, TRUSTED)[0]));

  const blocks = statement(ASSUME + FEDERATED);
  const [same] = ofProfile('main.tf', blocks);
  assert.equal(
    applyEdits(blocks, (same && preferredFix(same)?.edits) ?? []),
    statement(ASSUME + FEDERATED + AUD + condition('sub', 'system:serviceaccount:team-a:default-editor')),
  );
});

test('an input of a module takes an audience, and no subject with it', () => {
  const text = (inside: string): string =>
    `module "x" {\n  provider_url = "${ISSUER}"\n  oidc_subjects = [${inside}]\n}\n`;
  const fixes = (inside: string): readonly string[] =>
    ofProfile('main.tf', text(inside)).flatMap(({ id, fixes: its }) => [id, ...its.map(({ title }) => title)]);
  assert.deepEqual(fixes('"system:serviceaccount:team-a:default-editor"'), ['KP-028', 'Add aud']);
  assert.deepEqual(fixes(''), ['T-NO-CONDITION']);
});

test('a text behind what a module writes before it is changed to one that begins so alone', () => {
  const { module, file, expression } = given('x {\n  a = "a"\n}\n');
  const node = prefixed(evaluate(module, file, expression), 'before:');
  const changed = ['before:b', 'b', 1, ['before:b']].map((value) => node.written?.value?.(value)?.newText);
  assert.deepEqual(changed, ['"b"', undefined, undefined, undefined]);
});
