// What each row of a table is good for, shown by what is read or said with it: test/fixtures/told/tables/.
import { test } from 'node:test';
import { parse } from '../../src/core/document/parse.ts';
import { type HclExpression, type HclPart } from '../../src/core/document/hcl.ts';
import { partsOf } from '../../src/core/document/hcl-expression.ts';
import { parseHclJson } from '../../src/core/document/hcl-json.ts';
import { parseHcl } from '../../src/core/document/hcl-parse.ts';
import { readPiece } from '../../src/core/document/hcl-template.ts';
import { detailsOf } from '../../src/core/explain/details.ts';
import { claimTest, perhaps, surely, surelyNot } from '../../src/core/policy/claims.ts';
import { tokenFacts } from '../../src/core/policy/context.ts';
import { checkGrammar } from '../../src/core/policy/grammar.ts';
import { OPERATORS, readPolicy } from '../../src/core/policy/model.ts';
import { comparison } from '../../src/core/policy/operators.ts';
import { ALL, type Values } from '../../src/core/policy/values.ts';
import { moduleOf } from '../../src/core/terraform/evaluate.ts';
import { policyDocument } from '../../src/core/terraform/policy-document.ts';
import { said } from './lines.ts';
import { asKept } from './told.ts';
import { PROVIDER } from './world.ts';

const visible = (text: string): string =>
  text.replaceAll('\n', '⏎').replaceAll('\r', '␍').replaceAll('\t', '⇥').replaceAll('\uE000', '?');

/** An expression with brackets around each operation. */
function bracketed(node: HclExpression): string {
  if (node.type === 'operation')
    return `(${node.operands.map((one, index) => `${index === 0 ? '' : ` ${node.operators[index - 1]} `}${bracketed(one)}`).join('')})`;
  if (node.type === 'conditional')
    return `(${[node.condition, node.then, node.otherwise].map(bracketed).join(' then ')})`;
  return node.type === 'variable' ? node.name : node.type;
}
const partsTold = (parts: readonly HclPart[]): string =>
  parts
    .map((part) =>
      part.type === 'text'
        ? JSON.stringify(part.value)
        : part.type === 'interpolation'
          ? bracketed(part.value)
          : part.type === 'if'
            ? `if(${partsTold(part.then)} else ${partsTold(part.otherwise)})`
            : part.type === 'loop'
              ? `for(${partsTold(part.parts)})`
              : part.type,
    )
    .join(' ');

const SIGNS = ['||', '&&', '==', '!=', '>', '>=', '<', '<=', '+', '-', '*', '/', '%'];
test('what of two operators of HCL binds closer', () =>
  asKept('tables/operators of hcl', [
    ...SIGNS.flatMap((one) => SIGNS.map((two) => partsTold(partsOf(`\${a ${one} b ${two} c}`)))),
    ...['a ? b : c', 'a || b ? c && d : e == f', 'a + b * c - d / e', 'a =* b', 'a b'].map((one) =>
      partsTold(partsOf(`\${${one}}`)),
    ),
  ]));

test('white space that a template takes off', () =>
  asKept(
    'tables/trimmed templates',
    [
      'a ${b} c',
      'a ${~ b} c',
      'a ${b ~} c',
      'a ${~ b ~} c',
      'a\n ${~ b ~} \nc',
      '${~ b ~}',
      '${b ~}${c ~} d',
      '${a ~} %{ if b } c %{ endif }',
      ' %{~ if a } b %{ else ~} c %{ endif ~} d',
      '%{ if a ~} b %{~ endif }',
      ' %{~ for a in b ~} c %{~ endfor ~} d',
      '${a',
      'a ${~',
      '${ } ~} b',
      '${~ } b',
      '%{ x ~} b',
      '%{ endif ~} b',
      '%{ else } b',
      '%{ endfor } b',
      '%{ if a } b',
      '%{ for a in b } c',
      '%{ for a in b } c %{ endif } d',
      '%{ if a } b %{ endfor } d',
      '%{ if a } b %{ else } c %{ else } d %{ endif } e',
      '$${a} %%{b}',
      '',
    ].map((text) => `${visible(text)}: ${partsTold(partsOf(text))}`),
  ));

test('what a backslash makes of what is behind it', () =>
  asKept(
    'tables/escapes of hcl',
    [...'nrt"\\abvxu$%\'', 'u0041', 'u00e9', 'ud800', 'u12', 'U0001F600', 'U00110000', 'U0041', '${a}'].map(
      (escape) => {
        const wrong: string[] = [];
        const { value, end } = readPiece(`a\\${escape}b"`, 0, true, (message, from, to) =>
          wrong.push(`${from}-${to} ${message}`),
        );
        return `\\${escape}: ${JSON.stringify(value)} to ${end} ${wrong.join()}`.trimEnd();
      },
    ),
  ));

test('how many labels a block of Terraform in JSON has', () =>
  asKept(
    'tables/blocks in json',
    ['resource', 'data', 'ephemeral', 'module', 'variable', 'output', 'provider', 'locals', 'terraform', 'other'].map(
      (name) => {
        const text = JSON.stringify({ [name]: { a: { b: { set: { name: 'c' }, d: 1 } } } });
        const blocks = parseHclJson(text, { text, format: 'json' }).body.items.map((item) =>
          item.type === 'block'
            ? `${item.labels.map(({ value }) => value).join('.')} {${item.body.items
                .map((one) =>
                  one.type === 'block' ? `block ${one.name.text}` : one.type === 'attribute' ? one.name.text : '',
                )
                .join()}}`
            : item.type,
        );
        return `${name}: ${blocks.join(' ') || 'nothing'}`;
      },
    ),
  ));

test('what arguments of a statement make', () => {
  const text = `data "aws_iam_policy_document" "x" {
  statement {
    sid           = "A"
    effect        = "Deny"
    actions       = ["a"]
    not_actions   = ["b"]
    resources     = ["c"]
    not_resources = ["d"]
    other         = ["e"]
  }
}
`;
  const file = { source: { text, format: 'hcl' as const }, hcl: parseHcl(text) };
  const [block] = file.hcl.body.items;
  if (block?.type !== 'block') throw new Error(text);
  const root = policyDocument(moduleOf([file]), { file, of: block });
  const statement = root.entries.find(({ key }) => key.value === 'Statement')?.value;
  const [one] = statement?.type === 'array' ? statement.items : [];
  asKept(
    'tables/arguments of a statement',
    (one?.type === 'object' ? one.entries : []).map(
      ({ key, value }) => `${key.value}: ${text.slice(value.start, value.end)}`,
    ),
  );
});

test('the service of a call, by what an error text names', () =>
  asKept(
    'tables/services',
    [
      ...[
        'S3',
        'STS',
        'SecurityTokenService',
        'Security Token Service',
        'IAM',
        'IdentityManagement',
        'KMS',
        'EKS',
        'SQS',
      ].flatMap((service) => [
        `operation error ${service}: DoIt, https response error StatusCode: 403, api error AccessDenied: no`,
        `no (Service: Amazon${service}; Status Code: 403; Error Code: AccessDenied)`,
      ]),
      ...[
        ...['AssumeRole', 'GetCallerIdentity', 'PutObject', 'GetObjects', 'HeadObject', 'CopyObject', 'HeadBucket'],
        ...['ListObjectsV2', 'ListBuckets', 'CreateMultipartUpload', 'UploadPart', 'GetBucketLocation', 'GetRole'],
        ...['AttachRolePolicy', 'TagOpenIDConnectProvider', 'GenerateDataKey', 'Decrypt', 'DoIt', 'PutBucket'],
      ].map((operation) => `An error occurred (AccessDenied) when calling the ${operation} operation: no`),
      '"eventName": "GetObject", not authorized to perform',
      'not authorized to perform: sqs:SendMessage',
      ...[
        ...['service control policy', 'resource control policy', 'permissions boundary', 'session policy'],
        ...['VPC endpoint policy', 'role trust policy', 'resource-based policy', 'identity-based policy', 'x policy'],
      ].flatMap((policy) =>
        [`because no ${policy} allows it`, `with an explicit deny in a ${policy}: arn:aws:x`].map(
          (why) => `User: arn:aws:iam::111122223333:user/a is not authorized to perform: s3:GetObject ${why}`,
        ),
      ),
      ...[
        ...['sts::111122223333:assumed-role/r/i-0abc', 'sts::111122223333:assumed-role/r/i-0ab'],
        ...[
          'sts::111122223333:assumed-role/r/eks-c-01234567-0123-x',
          'sts::111122223333:assumed-role/r/botocore-session-1',
        ],
        ...[
          'sts::111122223333:assumed-role/r/1234567890123456',
          'sts::111122223333:assumed-role/r/x',
          'iam::111122223333:role/r',
        ],
        ...['iam::111122223333:root', 'sts::111122223333:assumed-role/r'],
      ].map((who) => `User: arn:aws:${who} is not authorized to perform: s3:GetObject`),
    ].map((text) => `${text}: ${JSON.stringify(detailsOf(text))}`),
  ));

const valuesTold = ({ among, except }: Values): string =>
  [
    ...among.map(
      (list) => `in ${list.map(({ text, anyCase }) => `${text}${anyCase ? ' in any case' : ''}`).join(' or ')}`,
    ),
    ...(except.length > 0
      ? [`but ${except.map(({ text, anyCase }) => `${text}${anyCase ? ' in any case' : ''}`).join()}`]
      : []),
  ].join(', ') || 'all';
test('what each operator lets in of the values of a claim', () => {
  const facts = tokenFacts(PROVIDER, 'a', 'b');
  const operators = [...OPERATORS, 'stringequalz', 'constructor', 'stringlikeifexists', 'forallvalues:stringlike'];
  asKept(
    'tables/operators of claims',
    operators.flatMap((operator) =>
      [
        ['Team-*', 'b'],
        ['${aws:x}'],
        ['\uE000b'],
        [{ Ref: 'x' }],
        ['x'.repeat(2048)],
        ['x'.repeat(2049)],
        ['${*}'],
      ].map((values) => {
        const told = [true, false].map((variables) => {
          const found = claimTest({ operator, key: 'k', values }, 'sub', facts, variables);
          return found === undefined
            ? 'not by texts'
            : [surely, surelyNot, perhaps].map((of) => valuesTold(of(ALL, found))).join(' | ');
        });
        const line = `${operator} ${JSON.stringify(values).slice(0, 20)}: ${[...new Set(told)].join(' || without variables: ')}`;
        return visible(line).replaceAll(/x{99,}/g, 'x…');
      }),
    ),
  );
});

test('what each operator compares', () => {
  const texts = [
    ...['a', 'A', 'a*', '', '1', '1.0', '2', '-1', '2026', '2026-01-02', '2026-01-02T03:04:05Z', 'true', 'True'],
    ...[
      '10.0.0.0/8',
      '10.1.2.3',
      '10.1.2.3/32',
      '2001:db8::/32',
      '2001:db8::1',
      'YQ==',
      'arn:aws:s3:::a',
      'arn:aws:s3:::*',
    ],
  ];
  asKept(
    'tables/operators',
    [...OPERATORS, 'stringequalz'].flatMap((operator) => {
      const its = comparison(operator);
      if (its === undefined) return [`${operator}: none`];
      const fits = texts.map((wanted) => {
        const given = texts.filter((one) => its.fits(wanted, one, false));
        return given.length === 0 ? '' : `  ${wanted} fits ${given.map((one) => one || '""').join(' ')}`;
      });
      return [`${operator}${its.negated ? ', negated' : ''}${its.order ? `, in order` : ''}`, ...fits.filter(Boolean)];
    }),
  );
});

const grammar = (text: string, kind: 'trust' | 'permission' = 'permission'): readonly string[] =>
  parse(text).documents.flatMap(({ root }) =>
    root ? checkGrammar(root, readPolicy(root), kind).map((one) => visible(said('p', text, one))) : [],
  );
test('policies that are written in YAML, or filled in', () =>
  asKept(
    'tables/forms of policies',
    [
      '{{ x }}',
      '"{{ x }}"',
      'x',
      '- x',
      '{{ x }}: y\nStatement: []',
      '<<: { Version: 2012-10-17 }\nStatement: []',
      'Id: 5\nVersion: 2012-10-17\nStatement: []',
      'Id: [a]\nVersion: 2012-10-17\nStatement: []',
      'Id:\nVersion: 2012-10-17\nStatement: []',
      'Id: "{{ x }}"\nVersion: 2012-10-17\nStatement: x',
      '{"Id": 5, "Version": "2012-10-17", "Statement": [{}]}',
      'Version: 2012-10-17\nStatement:\n- {{ x }}\n- x\n- Sid: 5\n  Effect: Allow\n  Action: s3:*\n  Resource: "*"\n',
      'Version: 2012-10-17\nStatement: {{ x }}',
      'Version: 2012-10-17',
      'Version: 2012-10-17\nversion: 2012-10-17\nStatement: []\nstatments: []\nSid: a\n{{ x }}: y',
    ].flatMap((text) => [visible(text), ...grammar(text).map((one) => `  ${one}`)]),
  ));
test('what IAM rejects in the form of a policy, of each kind', () => {
  const kinds = [
    ['permission', false],
    ['permission', true],
    ['trust', false],
  ] as const;
  const told = (text: string): readonly string[] => {
    const all = kinds.map(([kind, isManaged]) =>
      parse(text).documents.flatMap(({ root }) =>
        root ? checkGrammar(root, readPolicy(root), kind, isManaged).map((one) => visible(said('p', text, one))) : [],
      ),
    );
    const [first = [], managed = [], trust = []] = all;
    return [
      visible(text),
      ...first.map((line) => `  ${line}`),
      ...managed.filter((line) => !first.includes(line)).map((line) => `  managed: ${line}`),
      ...first.filter((line) => !managed.includes(line)).map((line) => `  not if managed: ${line}`),
      ...trust.filter((line) => !first.includes(line)).map((line) => `  trust: ${line}`),
    ];
  };
  const of = (statement: object, more: object = {}): string =>
    JSON.stringify({ Version: '2012-10-17', ...more, Statement: [{ Effect: 'Allow', ...statement }] });
  const fine = { Action: 's3:GetObject', Resource: '*' };
  const [variable, plain] = ['arn:aws:s3:::a/${aws:username}', 'arn:aws:s3:::a/${x}'];
  asKept('tables/grammar', [
    ...['2012-10-17', '2008-10-17', '2012-10-18', ' 2012-10-17', '{{ x }}', 5, [], {}, null, ''].flatMap((Version) =>
      told(of(fine, { Version })),
    ),
    ...[variable, plain, '*'].flatMap((Resource) => told(of({ ...fine, Resource }, { Version: undefined }))),
    ...told(
      of({ ...fine, Resource: '*', Condition: { StringLike: { 's3:prefix': variable } } }, { Version: undefined }),
    ),
    ...told(of({ ...fine, Resource: undefined, NotResource: variable }, { Version: undefined })),
    ...['Allow', 'allow', ' Deny ', 'Permit', '', '{{ x }}', 5, [], { Ref: 'x' }, null].flatMap((Effect) =>
      told(of({ ...fine, Effect })),
    ),
    ...[
      { Efect: 'Allow' },
      { effect: 'Allow' },
      { '<<': 'x' },
      { '{{ x }}': 'y' },
      { Ressource: '*' },
      { resource: '*' },
      { StringEquals: { a: 'b' } },
    ].flatMap((more) => [...told(of({ ...fine, ...more })), ...told(of({ Action: 's3:GetObject', ...more }))]),
    ...[
      ...[
        '*',
        '**',
        '*:*',
        '*:**',
        '*:GetObject',
        's3:*',
        's3',
        's3:a:b',
        's*:GetObject',
        's?:x',
        's 3:x',
        ' s3:GetObject',
        's3:GetObject ',
        ' ',
      ],
      ...['', '{{ x }}', '{{ x }}:y', 's3:{{ x }}', '${x}', 'sts:AssumeRole', ' sts:AssumeRole', 'sts:*'],
    ].flatMap((Action) => told(of({ ...fine, Action }))),
    ...[
      [],
      ['s3:GetObject', 5],
      [['a']],
      ['{{ x }}'],
      5,
      null,
      { Ref: 'x' },
      ['sts:AssumeRole', 's3:GetObject', '{{ x }}', 'x'],
    ].flatMap((Action) => told(of({ ...fine, Action }))),
    ...[
      { NotAction: 's3:x' },
      { NotResource: 'x' },
      { Principal: '*' },
      { NotPrincipal: '*' },
      { Principal: '*', NotPrincipal: '*' },
    ].flatMap((more) => [
      ...told(of({ ...fine, ...more })),
      ...told(of({ ...fine, ...more, Effect: 'Deny' })),
      ...told(of(more)),
    ]),
    ...[
      ['A', 'A'],
      ['', ''],
      ['A{{ x }}', 'A{{ x }}'],
      ['A-B', 'AB'],
      ['A-B', 'A B'],
      ['-', 'x'],
      ['${x}', '<x>'],
      [5, 5],
    ].flatMap((sids) =>
      told(
        JSON.stringify({ Version: '2012-10-17', Statement: sids.map((Sid) => ({ Sid, Effect: 'Allow', ...fine })) }),
      ),
    ),
    ...told(
      'Version: 2012-10-17\nStatement:\n- !If [A, { Sid: a, Effect: Allow, Action: "*", Resource: "*" }, { Sid: a, Effect: Allow, Action: "*", Resource: "*" }]\n- { Sid: a, Effect: Allow, Action: "*", Resource: "*" }\n- { Sid: a, Effect: Allow, Action: "*", Resource: "*" }\n',
    ),
    ...told(of({ ...fine, Condition: { 'String\u2011Equals': { 'aws:Principal\u2014Tag': 'x' } } })),
    ...told(of({ ...fine, Resource: ['*', 5, 'x\u2026y', 'arn\u200B:x'] })),
  ]);
});
test('characters that word processors put in a policy', () => {
  const policy = (sid: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Sid: sid, Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
    });
  asKept(
    'tables/characters',
    [
      ...['\u2018', '\u2019', '\u201C', '\u201D', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2026', '\u200B'],
      ...['\uFEFF', '\u00FF', '\u0100', '\u0008', '\u0009', '\u00A0', '\u{1F600}', '\u2014\u0100', '\u2014{{ x }}'],
    ].flatMap((character) => [
      [...character].map((one) => `U+${(one.codePointAt(0) ?? 0).toString(16)}`).join(' '),
      ...grammar(policy(`A${character}B`)).map((one) => `  ${one}`),
    ]),
  );
});
