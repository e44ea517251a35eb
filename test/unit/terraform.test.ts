// What blocks of Terraform mean: across the files of a folder, in inputs of modules, in settings of charts, in JSON.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyEdits, preferredFix } from '../../src/core/fix.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const ARN = `arn:aws:iam::314159265358:oidc-provider/${ISSUER}`;

const findings = (files: Readonly<Record<string, string>>) =>
  [
    ...lintFolder(
      Object.entries(files).map(([path, text]) => ({ path, text })),
      { terraform: readTerraform },
    ),
  ].flatMap(([file, all]) => all.map((one) => ({ file, ...one, text: files[file] ?? '' })));
/** Ids with what is underlined. */
const said = (files: Readonly<Record<string, string>>): readonly string[] =>
  findings(files).map(({ file, id, start, end, text }) => `${file} ${id} ${text.slice(start, end)}`);
const fixed = (text: string, path = 'main.tf'): string =>
  findings({ [path]: text })
    .reverse()
    .reduce((now, one) => applyEdits(now, preferredFix(one)?.edits ?? []), text);

const trust = (key: string, value: string): string => `resource "aws_iam_role" "x" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${key}:aud" = "sts.amazonaws.com"
          "${key}:sub" = "${value}"
        }
      }
    }]
  })
}
`;
const locals = `locals {\n  issuer   = "${ISSUER}"\n  provider = "${ARN}"\n}\n`;

describe('References', () => {
  test('locals and defaults of other files count', () => {
    const value = 'system:serviceaccount:${var.namespace}:default-editor';
    const variable = 'variable "namespace" {\n  default = "team-*"\n}\n';
    const files = { 'main.tf': trust('${local.issuer}', value), 'locals.tf': locals };
    assert.deepEqual(said({ ...files, 'variables.tf': variable }), ['main.tf KP-031 $']);
    assert.deepEqual(said({ ...files, 'variables.tf': 'variable "namespace" {}\n' }), [], 'nobody knows it');
    assert.deepEqual(said({ ...files, 'other/variables.tf': variable }), [], 'another folder is another module');
  });

  test('the address of an issuer is none in a key, unless its scheme is taken off', () => {
    const url = 'aws_eks_cluster.x.identity[0].oidc[0].issuer';
    const sub = 'system:serviceaccount:team-a:default-editor';
    assert.deepEqual(
      said({ 'main.tf': trust(`\${${url}}`, sub) }).map((one) => one.slice(0, 14)),
      ['main.tf KP-032', 'main.tf KP-032'],
    );
    assert.deepEqual(said({ 'main.tf': trust(`\${replace(${url}, "https://", "")}`, sub) }), []);
  });

  test('nor is it one in the ARN of a provider, nor behind another host', () => {
    const sub = 'system:serviceaccount:team-a:default-editor';
    const url = '${aws_eks_cluster.x.identity[0].oidc[0].issuer}';
    const off = '${replace(aws_eks_cluster.x.identity[0].oidc[0].issuer, "https://", "")}';
    const told = (issuer: string): readonly (readonly [id: string, word: string, fix: string | undefined])[] => {
      const text = trust(issuer, sub).replace(
        'local.provider',
        `"arn:aws:iam::\${var.account}:oidc-provider/${issuer}"`,
      );
      return findings({ 'main.tf': text }).map(({ id, message, fixes }) => [
        id,
        /\b(?:ARN|key)\b|another HOST/.exec(message)?.[0] ?? '',
        fixes[0] &&
          applyEdits(text, fixes[0].edits)
            .split('\n')
            .find((line, at) => line !== text.split('\n')[at]),
      ]);
    };
    const federated = `      Principal = { Federated = "arn:aws:iam::\${var.account}:oidc-provider/${off}" }`;
    assert.deepEqual(told(url), [
      ['KP-032', 'ARN', federated],
      ['KP-032', 'key', `          "${off}:aud" = "sts.amazonaws.com"`],
      ['KP-032', 'key', `          "${off}:sub" = "${sub}"`],
    ]);
    const twice = ['KP-032', 'another HOST', undefined];
    assert.deepEqual(told(`oidc.eks.\${var.region}.amazonaws.com/id/${url}`), [twice, twice, twice]);
    assert.deepEqual(told(off), []);
    assert.deepEqual(told(`\${var.prefix}${url}`), [], 'nobody knows what stands before it');
  });

  test('a condition that rests on a variable is not judged, nor what for makes', () => {
    const policy = (resource: string): string =>
      `resource "aws_iam_role_policy" "x" {\n  policy = jsonencode({\n    Version = "2012-10-17"\n    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = ${resource} }]\n  })\n}\n`;
    assert.equal(said({ 'main.tf': policy('"arn:aws:s3:::bucket"') }).length, 1);
    for (const resource of [
      'var.x ? "arn:aws:s3:::bucket" : "arn:aws:s3:::bucket/*"',
      '[for one in var.all : "arn:aws:s3:::${one}"]',
      'local.unknown',
    ])
      assert.deepEqual(said({ 'main.tf': policy(resource) }), [], resource);
  });

  test('an empty document that stands in for one that is not given is no policy', () => {
    const policy = (value: string): string =>
      `# aws_iam_policy_document\nresource "aws_iam_policy" "x" {\n  name   = "x"\n  policy = ${value}\n}\n`;
    const ids = (value: string): readonly string[] => findings({ 'main.tf': policy(value) }).map(({ id }) => id);
    assert.deepEqual(ids('try(var.documents[0], tostring(var.documents), "{}")'), []);
    assert.deepEqual(ids('var.document != "" ? var.document : jsonencode({})'), []);
    assert.deepEqual(ids('"{}"'), ['P-VERSION', 'P-SYNTAX'], 'a policy that is one');
    assert.ok(ids('try(var.documents[0], jsonencode({ Version = "2012-10-17" }))').includes('P-SYNTAX'));
  });

  test('locals that refer to themselves, or grow without bound, end', () => {
    const rows = Array.from(
      { length: 40 },
      (_, index) => `  a${index + 1} = [local.a${index}, local.a${index}, local.a${index}]\n`,
    );
    const text = `locals {\n  a0 = "x"\n  loop = local.loop\n${rows.join('')}}\n${trust('${local.loop}', '${local.a40}')}`;
    assert.deepEqual(said({ 'main.tf': text }), []);
  });

  test('what is added is written as what stands beside it', () => {
    const text = (tests: string): string => `data "aws_iam_policy_document" "x" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [module.eks.oidc_provider_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "\${module.eks.oidc_provider}:sub"
      values   = ["system:serviceaccount:team-a:default-editor"]
    }
${tests}  }
}
`;
    const block =
      '    condition {\n      test = "StringEquals"\n      variable = "${module.eks.oidc_provider}:aud"\n      values = ["sts.amazonaws.com"]\n    }\n';
    assert.equal(fixed(text('')), text(block));
  });
});

describe('OIDC providers', () => {
  const provider = (url: string, ids = '["sts.amazonaws.com"]'): string =>
    `resource "aws_iam_openid_connect_provider" "x" {\n  url             = ${url}\n  client_id_list  = ${ids}\n}\n`;
  const CLUSTER = 'aws_eks_cluster.x.identity[0].oidc[0].issuer';
  const rows: readonly (readonly [name: string, text: string, finds: readonly string[], right?: string])[] = [
    ['one that is right', provider(CLUSTER), []],
    ['a literal that is right', provider(`"https://${ISSUER}"`), []],
    [
      'another audience',
      provider(CLUSTER, '["kubernetes"]'),
      ['main.tf KP-027 ["kubernetes"]'],
      provider(CLUSTER, '["kubernetes", "sts.amazonaws.com"]'),
    ],
    ['no audience', provider(`"https://${ISSUER}"`, '[]'), ['main.tf KP-027 []'], provider(`"https://${ISSUER}"`)],
    [
      'an address for an audience',
      provider(CLUSTER, '["https://sts.amazonaws.com/"]'),
      ['main.tf KP-027 "https://sts.amazonaws.com/"'],
      provider(CLUSTER),
    ],
    ['an audience that is not known', provider(CLUSTER, '["sts.${data.aws_partition.x.dns_suffix}"]'), []],
    ['the provider of another service', provider('"https://gitlab.example.com"', '["https://gitlab.example.com"]'), []],
    ['no scheme', provider(`"${ISSUER}"`), [`main.tf KP-025 "${ISSUER}"`], provider(`"https://${ISSUER}"`)],
    [
      'a slash behind it',
      provider(`"https://${ISSUER}/"`),
      [`main.tf KP-025 "https://${ISSUER}/"`],
      provider(`"https://${ISSUER}"`),
    ],
    [
      'more behind it',
      provider(`"https://${ISSUER}/.well-known/openid-configuration"`),
      [`main.tf KP-025 "https://${ISSUER}/.well-known/openid-configuration"`],
      provider(`"https://${ISSUER}"`),
    ],
    [
      'an id that is not known',
      provider('"oidc.eks.eu-west-1.amazonaws.com/id/${var.id}"'),
      ['main.tf KP-025 "oidc.eks.eu-west-1.amazonaws.com/id/${var.id}"'],
      provider('"https://oidc.eks.eu-west-1.amazonaws.com/id/${var.id}"'),
    ],
  ];
  for (const [name, text, finds, right] of rows)
    test(name, () => {
      assert.deepEqual(said({ 'main.tf': text }), finds);
      if (right !== undefined) assert.equal(fixed(text), right);
    });

  test('in a state, a template and as JSON', () => {
    const values = { url: `https://${ISSUER}`, client_id_list: ['kubernetes'] };
    // A state has the URL without its scheme; what looks like ours is looked at.
    const kept = { url: ISSUER, client_id_list: ['kubernetes'], tags: { for: 'eks.amazonaws.com' } };
    const resources = [{ mode: 'managed', type: 'aws_iam_openid_connect_provider', name: 'x', values: kept }];
    const files = {
      'state.json': { terraform_version: '1.5.7', values: { root_module: { resources } } },
      'main.tf.json': { resource: { aws_iam_openid_connect_provider: { x: values } } },
      'template.json': {
        Resources: {
          x: { Type: 'AWS::IAM::OIDCProvider', Properties: { Url: values.url, ClientIdList: ['kubernetes'] } },
        },
      },
    };
    for (const [path, value] of Object.entries(files))
      assert.deepEqual(said({ [path]: JSON.stringify(value) }), [`${path} KP-027 ["kubernetes"]`]);
  });

  test('one that no role beside it trusts', () => {
    const other = ISSUER.replace('0A1B', 'FFFF');
    const role = trust('${local.issuer}', 'system:serviceaccount:team-a:default-editor');
    const both = { 'main.tf': role, 'locals.tf': locals, 'oidc.tf': provider(`"https://${other}"`) };
    assert.deepEqual(said(both), [`oidc.tf KP-025 "https://${other}"`]);
    assert.deepEqual(said({ ...both, 'oidc.tf': provider(`"https://${ISSUER}"`) }), []);
    assert.deepEqual(
      said({ ...both, 'two.tf': provider(`"https://${ISSUER}"`).replace('"x"', '"y"') }),
      [],
      'of several clusters',
    );
    assert.deepEqual(
      said({ 'main.tf': role, 'locals.tf': locals, 'b/oidc.tf': both['oidc.tf'] }),
      [],
      'of another folder',
    );
  });

  test('the scheme of an issuer is taken off where the issuer stands, in each form', () => {
    const sub = 'system:serviceaccount:team-a:default-editor';
    const inKey = (key: string): string => trust(key, sub);
    const mended = `\${replace(${CLUSTER}, "https://", "")}`;
    assert.equal(fixed(inKey(`\${${CLUSTER}}`)), inKey(mended));
    const heredoc = (key: string): string =>
      `resource "aws_iam_role" "x" {\n  assume_role_policy = <<EOF\n{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"\${local.provider}"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"${key}:aud":"sts.amazonaws.com","${key}:sub":"${sub}"}}}]}\nEOF\n}\n`;
    assert.equal(fixed(heredoc(`\${${CLUSTER}}`)), heredoc(mended));
    const block = (key: string): string =>
      `data "aws_iam_policy_document" "x" {\n  statement {\n    actions = ["sts:AssumeRoleWithWebIdentity"]\n    principals {\n      type        = "Federated"\n      identifiers = [local.provider]\n    }\n    condition {\n      test     = "StringEquals"\n      variable = "${key}:sub"\n      values   = ["${sub}"]\n    }\n    condition {\n      test     = "StringEquals"\n      variable = "${key}:aud"\n      values   = ["sts.amazonaws.com"]\n    }\n  }\n}\n`;
    assert.equal(fixed(block(`\${${CLUSTER}}`)), block(mended));

    const json = (policy: string): string =>
      JSON.stringify({ resource: { aws_iam_role: { x: { assume_role_policy: policy } } } });
    const policies = [heredoc, inKey].map((write) => (key: string) => {
      const text = write(key);
      return text.includes('EOF')
        ? json(text.slice(text.indexOf('{"V'), text.indexOf('\nEOF\n}')))
        : json(`\${${text.slice(text.indexOf('jsonencode'), text.lastIndexOf('}') - 1)}}`);
    });
    for (const write of policies)
      assert.deepEqual(JSON.parse(fixed(write(`\${${CLUSTER}}`), 'main.tf.json')), JSON.parse(write(mended)));
  });
});

describe('Inputs of modules', () => {
  const module = (inputs: string): string =>
    `module "irsa" {\n  source = "terraform-aws-modules/iam/aws//modules/iam-role-for-service-accounts-eks"\n${inputs}}\n`;
  const provider = (account: string): string =>
    module(
      `  oidc_providers = {\n    main = {\n      provider_arn               = "${ARN}"\n      namespace_service_accounts = ["${account}"]\n    }\n  }\n`,
    );
  const subjects = (name: string, account: string): string =>
    module(
      `  provider_url = "${ISSUER}"\n  oidc_fully_qualified_audiences = ["sts.amazonaws.com"]\n  ${name} = ["${account}"]\n`,
    );
  const cases: readonly (readonly [name: string, text: string, finds: readonly string[]])[] = [
    ['a service account', provider('team-a:default-editor'), []],
    ['a wildcard', provider('team-a:*'), ['main.tf KP-031 *']],
    [
      'the whole subject',
      provider('system:serviceaccount:team-a:default-editor'),
      ['main.tf T-SUB-FORM "system:serviceaccount:team-a:default-editor"'],
    ],
    ['a name without its namespace', provider('default-editor'), ['main.tf T-SUB-FORM "default-editor"']],
    ['a subject', subjects('oidc_fully_qualified_subjects', 'system:serviceaccount:team-a:default-editor'), []],
    [
      'a subject without its beginning',
      subjects('oidc_fully_qualified_subjects', 'team-a:default-editor'),
      ['main.tf T-SUB-FORM "team-a:default-editor"'],
    ],
    [
      'everybody',
      subjects('oidc_subjects_with_wildcards', 'system:serviceaccount:*:*'),
      ['main.tf T-LIKE-ANY-NS "system:serviceaccount:*:*"'],
    ],
  ];
  for (const [name, text, finds] of cases) test(name, () => assert.deepEqual(said({ 'main.tf': text }), finds));

  const GIVEN: readonly (readonly [url: string, isEks: boolean])[] = [
    ['module.eks.oidc_provider', true],
    ['replace(module.eks.cluster_oidc_issuer_url, "https://", "")', true],
    ['trimprefix(local.issuer, "https://")', true],
    ['var.cluster_oidc_issuer_url', true],
    ['[module.eks.oidc_provider]', true],
    ['replace(aws_iam_openid_connect_provider.x.url, "https://", "")', true],
    ['[aws_iam_openid_connect_provider.by-local[0].url]', true],
    ['data.aws_iam_openid_connect_provider.found.url', true],
    ['aws_iam_openid_connect_provider.gitlab.url', false],
    ['aws_iam_openid_connect_provider.elsewhere.url', false],
    ['var.provider_url', false],
    ['local.unknown', false],
    ['"gitlab.example.com"', false],
  ];
  const PROVIDERS = `locals {
  issuer = aws_eks_cluster.x.identity[0].oidc[0].issuer
}
resource "aws_iam_openid_connect_provider" "x" {
  url = aws_eks_cluster.x.identity[0].oidc[0].issuer
}
resource "aws_iam_openid_connect_provider" "by-local" {
  url = local.issuer
}
data "aws_iam_openid_connect_provider" "found" {
  url = local.issuer
}
resource "aws_iam_openid_connect_provider" "gitlab" {
  url = "https://gitlab.example.com"
}
`;
  const REFERRED: readonly (readonly [provider: string, isEks: boolean])[] = [
    ['aws_iam_openid_connect_provider.x.arn', true],
    ['aws_iam_openid_connect_provider.by-local[0].arn', true],
    ['data.aws_iam_openid_connect_provider.found.arn', true],
    ['aws_iam_openid_connect_provider.gitlab.arn', false],
    ['aws_iam_openid_connect_provider.elsewhere.arn', false],
    ['aws_iam_openid_connect_provider.x[*].arn', false],
    ['aws_iam_openid_connect_provider.x.arn.more', false],
    ['aws_iam_role.x.arn', false],
  ];
  for (const [provider, isEks] of REFERRED)
    test(`a role without a condition for the provider ${provider}`, () => {
      const text = `resource "aws_iam_role" "x" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Federated = ${provider} }, Action = "sts:AssumeRoleWithWebIdentity" }]
  })
}
`;
      const told = said({ 'main.tf': text, 'providers.tf': PROVIDERS }).filter((one) => one.startsWith('main.tf T-'));
      assert.deepEqual(told, isEks ? ['main.tf T-NO-CONDITION Effect'] : []);
    });

  for (const [url, isEks] of GIVEN)
    test(`a subject without its beginning, of ${url}`, () => {
      const inputs = `  provider_url = ${url}\n  oidc_fully_qualified_audiences = ["sts.amazonaws.com"]\n  oidc_fully_qualified_subjects = ["team-a:default-editor"]\n`;
      const files = {
        'main.tf': module(inputs),
        'locals.tf': PROVIDERS,
      };
      assert.deepEqual(said(files), isEks ? ['main.tf T-SUB-FORM "team-a:default-editor"'] : []);
      if (isEks && !/local|aws_iam/.test(url))
        assert.equal(fixed(module(inputs)), module(inputs.replace('"team-a:d', '"system:serviceaccount:team-a:d')));
    });

  test('a whole namespace where only names count may become its default-editor', () => {
    const inputs = (account: string): string =>
      module(
        `  oidc_providers = {\n    main = {\n      provider_arn = module.eks.oidc_provider_arn\n      namespace_service_accounts = ["${account}"]\n    }\n  }\n`,
      );
    const [one] = findings({ 'main.tf': inputs('team-a:*') });
    assert.equal(one?.id, 'KP-031');
    assert.equal(preferredFix(one), undefined, 'others may be meant');
    assert.equal(applyEdits(inputs('team-a:*'), one.fixes[0]?.edits ?? []), inputs('team-a:default-editor'));
  });

  test('service accounts by cluster', () => {
    const inputs = '  cluster_service_accounts = {\n    dev = ["team-a:default-editor", "default-editor"]\n  }\n';
    assert.deepEqual(said({ 'main.tf': module(inputs) }), ['main.tf T-SUB-FORM "default-editor"']);
  });

  test('the whole subject becomes what the input takes', () => {
    assert.equal(fixed(provider('system:serviceaccount:team-a:default-editor')), provider('team-a:default-editor'));
  });

  test('a role that takes any audience gets the input for it', () => {
    const bare = module(
      `  provider_url = "${ISSUER}"\n  oidc_fully_qualified_subjects = ["system:serviceaccount:team-a:default-editor"]\n`,
    );
    assert.match(fixed(bare), /\n  oidc_fully_qualified_audiences = \["sts\.amazonaws\.com"\]\n  oidc_fully/);
  });
});

describe('A trust policy that tests only aud', () => {
  const role = (federated: string, issuer: string): string =>
    `resource "aws_iam_role" "x" {\n  assume_role_policy = jsonencode({\n    Version = "2012-10-17"\n    Statement = [{\n      Effect = "Allow"\n      Principal = { Federated = ${federated} }\n      Action = "sts:AssumeRoleWithWebIdentity"\n      Condition = { StringEquals = { "\${${issuer}}:aud" = "sts.amazonaws.com" } }\n    }]\n  })\n}\n`;
  const cases: readonly (readonly [federated: string, issuer: string, isEks: boolean])[] = [
    ['aws_iam_openid_connect_provider.eks.arn', 'var.issuer', true],
    ['var.provider_arn', 'substr(aws_eks_cluster.this.identity[0].oidc[0].issuer, 8, -1)', true],
    ['module.cluster.oidc_provider_arn', 'module.cluster.oidc_provider', true],
    ['var.provider_arn', 'var.issuer', false],
    ['aws_iam_openid_connect_provider.github.arn', 'var.cluster_issuer', false],
  ];
  for (const [federated, issuer, isEks] of cases)
    test(`${federated}, ${issuer}`, () => {
      const found = findings({ 'main.tf': role(federated, issuer) });
      const message =
        'Every service account of every namespace of the cluster can assume this role: the condition tests only aud. Add sub.';
      assert.deepEqual(
        found.map((one) => [one.id, one.message]),
        isEks ? [['KP-029', message]] : [],
      );
    });

  test('in a heredoc', () => {
    const text =
      'resource "aws_iam_role" "x" {\n  assume_role_policy = <<POLICY\n{\n  "Version": "2012-10-17",\n  "Statement": [{\n    "Effect": "Allow",\n    "Principal": { "Federated": "${var.eks_provider_arn}" },\n    "Action": "sts:AssumeRoleWithWebIdentity",\n    "Condition": { "StringEquals": { "${var.issuer}:aud": "sts.amazonaws.com" } }\n  }]\n}\nPOLICY\n}\n';
    assert.deepEqual(said({ 'main.tf': text }), ['main.tf KP-029 "Condition"']);
  });
});

describe('A setting of EKS in values of a chart', () => {
  const values = (value: string): string =>
    `locals {\n  values = {\n    annotations = {\n      "eks.amazonaws.com/role-arn"         = aws_iam_role.x.arn\n      "eks.amazonaws.com/token-expiration" = ${value}\n    }\n  }\n}\n`;
  const variable = (type: string): string => `variable "seconds" {\n  type    = ${type}\n  default = 3600\n}\n`;
  const cases: readonly (readonly [value: string, type: string, right: string])[] = [
    ['3600', 'number', '"3600"'],
    ['var.seconds', 'number', 'tostring(var.seconds)'],
    ['"${var.seconds}"', 'number', 'tostring("${var.seconds}")'],
    ['tostring(var.seconds)', 'number', 'tostring(var.seconds)'],
    ['var.seconds', 'string', 'var.seconds'],
    ['var.seconds', '"string"', 'var.seconds'],
  ];
  for (const [value, type, right] of cases)
    test(`${value} of ${type}`, () =>
      assert.equal(fixed(variable(type) + values(value)), variable(type) + values(right)));

  test('in JSON of Terraform, where a function stands in a text, an expression is left as it is', () => {
    const json = (value: string): string =>
      `{"variable": {"seconds": {"type": "number", "default": 3600}}, "locals": {"annotations": {"eks.amazonaws.com/role-arn": "x", "eks.amazonaws.com/token-expiration": ${value}}}}`;
    const found = lintFolder([{ path: 'main.tf.json', text: json('"${var.seconds}"') }], { terraform: readTerraform });
    const its = found.get('main.tf.json')?.filter(({ id }) => id === 'KP-091');
    assert.deepEqual(
      its?.map(({ fixes }) => fixes),
      [[]],
    );
  });
});

describe('Service accounts, charts, manifests', () => {
  const ROLE = 'arn:aws:iam::314159265358:role/team-a';
  const cases: readonly (readonly [name: string, text: string, finds: readonly string[]])[] = [
    [
      'a service account',
      `resource "kubernetes_service_account_v1" "x" {\n  metadata {\n    name = "a"\n    annotations = {\n      "eks.amazonaws.com/role-arn" = "${ROLE}"\n    }\n  }\n}\n`,
      [],
    ],
    [
      'a misspelt annotation',
      `resource "kubernetes_service_account" "x" {\n  metadata {\n    name = "a"\n    annotations = { "eks.amazonaws.com/role_arn" = "${ROLE}" }\n  }\n}\n`,
      ['main.tf KP-051 "eks.amazonaws.com/role_arn"'],
    ],
    [
      'an account without twelve digits',
      `resource "kubernetes_annotations" "x" {\n  api_version = "v1"\n  kind = "ServiceAccount"\n  metadata {\n    name = "a"\n  }\n  annotations = {\n    "eks.amazonaws.com/role-arn" = "arn:aws:iam::31415926535:role/x"\n  }\n}\n`,
      ['main.tf KP-034 31415926535'],
    ],
    [
      'values of a chart',
      `resource "helm_release" "x" {\n  values = [yamlencode({ serviceAccount = { annotations = { "eks.amazonaws.com/role_arn" = aws_iam_role.x.arn } } })]\n}\n`,
      ['main.tf KP-051 "eks.amazonaws.com/role_arn"'],
    ],
    [
      'a manifest',
      `resource "kubectl_manifest" "x" {\n  yaml_body = <<-YAML\n    apiVersion: v1\n    kind: ServiceAccount\n    metadata:\n      name: a\n      annotations:\n        eks.amazonaws.com/role_arn: \${aws_iam_role.x.arn}\n  YAML\n}\n`,
      ['main.tf KP-051 eks.amazonaws.com/role_arn'],
    ],
    ...['service_account', 'service_account_v1', 'default_service_account', 'annotations'].map(
      (type) =>
        [
          `texts that the provider makes: ${type}`,
          `resource "kubernetes_${type}" "x" {\n  kind = "ServiceAccount"\n  metadata {\n    name = "a"\n    ${type === 'annotations' ? '}\n' : ''}annotations = { "eks.amazonaws.com/role-arn" = "${ROLE}", "eks.amazonaws.com/token-expiration" = 3600, "eks.amazonaws.com/sts-regional-endpoints" = true }\n  ${type === 'annotations' ? '' : '}\n'}}\n`,
          [],
        ] as const,
    ),
    [
      'what is no text in a manifest',
      `resource "kubernetes_manifest" "x" {\n  manifest = { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = "a", annotations = { "eks.amazonaws.com/token-expiration" = 3600 } } }\n}\n`,
      ['main.tf KP-091 3600'],
    ],
  ];
  for (const [name, text, finds] of cases)
    test(name, () =>
      assert.deepEqual(
        said({ 'main.tf': text }).map((one) => one.replace(/KP-0(?:05|34)/, 'KP-034')),
        finds,
      ),
    );

  test('a comment silences a finding', () => {
    const text = `resource "kubernetes_service_account" "x" {\n  metadata {\n    # kubeflow-irsa: ignore KP-051 a tool of ours reads it\n    annotations = { "eks.amazonaws.com/role_arn" = "${ROLE}" }\n  }\n}\n`;
    assert.deepEqual(said({ 'main.tf': text }), []);
  });
});

describe('Terraform as JSON', () => {
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: ARN },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' } },
      },
    ],
  });
  const role = { name: 'team-a', assume_role_policy: policy };
  test('a configuration', () => {
    assert.deepEqual(
      said({ 'main.tf.json': JSON.stringify({ resource: { aws_iam_role: { x: role } } }) }).map((one) =>
        one.slice(0, 19),
      ),
      ['main.tf.json KP-029'],
    );
  });
  test('locals and documents of HCL beside it count, and those of JSON in HCL', () => {
    const trustIn = (principal: string, key: string) => ({
      resource: {
        aws_iam_role: {
          x: [
            {
              assume_role_policy:
                '${jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Federated = ' +
                `${principal} }, Action = "sts:AssumeRoleWithWebIdentity", Condition = { StringEquals = { "${key}:sub" = "system:serviceaccount:team-a:default-editor" } } }] })}`,
            },
          ],
        },
      },
    });
    const json = JSON.stringify(trustIn('local.provider', '${local.issuer}'), undefined, 2);
    const mixed = { 'main.tf.json': json, 'locals.tf': locals };
    assert.deepEqual(
      said(mixed).map((one) => one.slice(0, 19)),
      ['main.tf.json KP-028'],
    );
    const [one] = findings(mixed);
    assert.ok(one);
    const after = applyEdits(json, preferredFix(one)?.edits ?? []);
    assert.ok(after.includes('\\"${local.issuer}:aud\\" = \\"sts.amazonaws.com\\"'), after);
    assert.deepEqual(said({ ...mixed, 'main.tf.json': after }), []);

    const given = { locals: { issuer: ISSUER, provider: ARN }, '//': 'a comment' };
    const hcl = trust('${local.issuer}', 'system:serviceaccount:team-*:default-editor');
    assert.deepEqual(said({ 'main.tf': hcl, 'locals.tf.json': JSON.stringify(given) }), ['main.tf KP-031 *']);
  });

  test('what its blocks lack is added in JSON, and what IAM fills in stays its own', () => {
    const statement = {
      actions: ['sts:AssumeRoleWithWebIdentity'],
      principals: { type: 'Federated', identifiers: ['${module.eks.oidc_provider_arn}'] },
      condition: {
        test: 'StringEquals',
        variable: '${module.eks.oidc_provider}:sub',
        values: ['system:serviceaccount:team-a:default-editor'],
      },
    };
    const json = JSON.stringify({ data: { aws_iam_policy_document: { x: { statement } } } }, undefined, 2);
    const [one] = findings({ 'main.tf.json': json });
    assert.equal(one?.id, 'KP-028');
    const after = applyEdits(json, preferredFix(one)?.edits ?? []);
    const value = JSON.parse(after) as { data: { aws_iam_policy_document: { x: { statement: typeof statement } } } };
    assert.deepEqual(value.data.aws_iam_policy_document.x.statement.condition, [
      statement.condition,
      { test: 'StringEquals', variable: '${module.eks.oidc_provider}:aud', values: ['sts.amazonaws.com'] },
    ]);
  });

  test('inputs of modules, settings of charts and things of Kubernetes', () => {
    const ROLE = 'arn:aws:iam::314159265358:role/team-a';
    const files = {
      'main.tf.json': JSON.stringify({
        module: {
          irsa: {
            source: 'x',
            oidc_providers: { main: { provider_arn: ARN, namespace_service_accounts: ['team-a:*'] } },
          },
        },
        resource: {
          kubernetes_service_account: { x: { metadata: { annotations: { 'eks.amazonaws.com/role_arn': ROLE } } } },
          helm_release: {
            x: { set: [{ name: 'serviceAccount.annotations.eks.amazonaws.com/role-arn', value: ROLE }] },
          },
        },
      }),
    };
    assert.deepEqual(
      said(files).map((one) => one.slice(0, 19)),
      ['main.tf.json KP-031', 'main.tf.json KP-051', 'main.tf.json KP-051'],
    );
  });

  test('no text that is damaged breaks anything', () => {
    const json = JSON.stringify({
      locals: { a: '${jsonencode({ a = "b" })} %{ if x }y%{ endif }', b: '${', c: '%{ for x in' },
      data: { aws_iam_policy_document: { x: [{ statement: [{ condition: { test: '${' } }] }, 1] } },
      resource: { aws_iam_role: { x: { assume_role_policy: '${jsonencode(local.a)}' } } },
    });
    for (let end = 0; end <= json.length; end += 1) said({ 'main.tf.json': json.slice(0, end) });
    for (let at = 0; at < json.length; at += 1) said({ 'main.tf.json': json.slice(0, at) + json.slice(at + 1) });
  });

  test('a state, with the modules in it', () => {
    const resources = [{ address: 'x', mode: 'managed', type: 'aws_iam_role', name: 'x', values: role }];
    const state = {
      format_version: '1.0',
      terraform_version: '1.5.7',
      values: { root_module: { child_modules: [{ resources }] } },
    };
    assert.deepEqual(
      said({ 'state.json': JSON.stringify(state) }).map((one) => one.slice(0, 17)),
      ['state.json KP-029'],
    );
  });
});
