// What is read of texts of each language with one token too many, or too few, at each place: test/fixtures/told/tokens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHcl } from '../../src/core/document/hcl-parse.ts';
import { hclItems } from '../../src/core/document/hcl-tokens.ts';
import { parseJson } from '../../src/core/document/json.ts';
import { HOLE, type DocNode, type Source } from '../../src/core/document/node.ts';
import { parse } from '../../src/core/document/parse.ts';
import { parsePlain } from '../../src/core/document/plain.ts';
import { readShell } from '../../src/core/document/shell.ts';
import { maskTemplates } from '../../src/core/document/template.ts';
import { shortHash } from '../../src/core/arn/names.ts';
import { differences } from './lines.ts';
import { asKept } from './told.ts';

const sourceOf = (text: string, format: 'json' | 'yaml'): Source => ({ text, format, shared: [], choices: [] });
const visible = (text: string): string =>
  text.replaceAll('\r', '␍').replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(HOLE, '?');
/** Each value with its place; of a text the place of each character, in runs. */
function shown(node: DocNode | undefined): string {
  if (node === undefined) return 'nothing';
  const where = `${node.start}-${node.end}`;
  if (node.type === 'array') return `${where}[${node.items.map(shown).join(' ')}]`;
  if (node.type === 'object')
    return `${where}{${node.entries.map(({ key, value }) => `${shown(key)}: ${shown(value)}`).join(' ')}}`;
  const text = String(node.value);
  const at = Array.from({ length: text.length + 1 }, (_, index) => node.at(index));
  const runs = at.flatMap((place, index) => (index > 0 && place === (at[index - 1] ?? 0) + 1 ? [] : [place]));
  return `${where}${node.type.slice(0, 1)}<${text}@${runs.join()}>`;
}
const told = (errors: readonly { message: string; start: number; end: number }[]): string =>
  errors.map(({ message, start, end }) => `${start}-${end} ${message}`).join(' ');
const whole = (value: unknown): string => JSON.stringify(value);
/** The sorts of all nodes of Terraform, those within in brackets. */
const sortsOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(sortsOf).filter(Boolean).join(' ');
  if (typeof value !== 'object' || value === null) return '';
  const within = Object.values(value).map(sortsOf).filter(Boolean).join(' ');
  const { type = '' } = value as { type?: string };
  return type === '' || within === '' ? type + within : `${type}( ${within} )`;
};

interface Kind {
  readonly text: string;
  readonly more: readonly string[];
  readonly read: (text: string) => string;
}
const YAML = `# first
a: x  # c
"b": 'y''z'
c:
  - 1
  - d: "q\\n\\u0041"
    e: ~

  - [f, {g: h}]
i: |
  one
   two

  three
j: >-
  four
  five

k: l m
  n
---
o: true
`;
const KINDS: Readonly<Record<string, Kind>> = {
  JSON: {
    text: '{"a": [1, "x\\n\\u0041"], // c\n "b": {"c": null}, /* d */ "e": true}',
    more: ['{', '}', '[', ']', ',', ':', '"', '\\', '//', '/*', 'x', '\n'],
    read: (text) => {
      const { root, errors, commas } = parseJson(text, sourceOf(text, 'json'));
      return `${shown(root)} ${told(errors)} ${told(commas)}`;
    },
  },
  YAML: {
    text: YAML,
    more: ['- ', '\n', ' ', '"', ': ', '# ', '&a ', '*a', '\r\n', '[', '}', '|', '\t'],
    read: (text) => {
      const { documents, errors } = parse(text, 'yaml');
      return `${documents.map(({ root }) => shown(root)).join(' --- ')} ${told(errors)}`;
    },
  },
  'YAML without the library': {
    text: YAML.split('k: l')[0] ?? '',
    more: [
      '- ',
      '\n',
      ' ',
      '"',
      "'",
      ': ',
      '#',
      ' # c',
      '&',
      '\r\n',
      '[',
      ']',
      '{',
      '}',
      ',',
      '|',
      '>',
      '\t',
      '~',
      '1',
      '?',
      '!',
      '\\',
      '---',
    ],
    read: (text) => shown(parsePlain(text, sourceOf(text, 'yaml'), 0)),
  },
  Terraform: {
    text: `a = "x\${b}-%{ if c ~}y%{ else }z%{ endif }"
d "e" f {
  g = {for h, i in j : h => i... if k}
  l = m ? n.o[0].*.p : !q + -1 * (2 >= 3)
  r = <<-E
    s \${t}
    %{ for u in v ~}
    w $\${x} \\n
    %{ endfor }
    E
  y = { z = 1, (aa) : f(b, c...) } # d
}
`,
    more: [
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      '"',
      '=',
      ',',
      '\n',
      '${',
      '%{ if a }',
      '%{ endif ~}',
      '<<E\n',
      '/*',
      '#',
      '?',
      ':',
      '.',
      'x',
      '\r\n',
    ],
    read: (text) => {
      const { body, problems } = parseHcl(text);
      const items = hclItems(text).map(({ start, end }) => `${start}-${end}`);
      return `${sortsOf(body.items)} ${told(problems)} ${items.join()} ${shortHash(whole(body.items))}`;
    },
  },
  shell: {
    text: `#!/bin/sh
aws iam put-role-policy --policy-document '{"a": 1}' --role-name x
aws iam create-role --assume-role-policy-document "{\\"a\\": \\"$b\${c}$(d)\`e\`\\"}"
cat <<EOF > f.json
{"g": "\${h}"}
EOF
cat <<-'END' | kubectl apply -f -
	i: $j
	END
eksctl create iamserviceaccount --name k --namespace="l" --attach-role-arn 'm' \\
  --role-only
`,
    more: ['"', "'", '`', '\\', '$(', '${', '}', ')', '#', '\n', '<<E\n', '$x', '\t', '{'],
    read: (text) => {
      const { text: masked, pieces, arguments: some, accounts } = readShell(text);
      const flags = accounts.map((one) => [...one].map(([flag, node]) => `${flag} ${shown(node)}`).join(' '));
      const held = some.map(({ as, node }) => `${as} ${String(node.value)} ${shortHash(shown(node))}`);
      return `${masked} ${shortHash(whole(pieces))} ${held.join(' ')} ${flags.join(' / ')}`;
    },
  },
  templates: {
    text: 'a: {{ b }}\n{{- if c }}\n  d: "{{ e }}-{% f %}{# g #}"\n{{ end }}\nh: i\n',
    more: ['{{', '}}', '{%', '%}', '{#', '#}', '\n', '{', '}', ' '],
    read: maskTemplates,
  },
};

for (const [kind, { text, more, read }] of Object.entries(KINDS))
  test(kind, () => {
    const rule = visible(read(text));
    const lines = [rule];
    const put = (what: string, changed: string): void =>
      void lines.push(`## ${visible(what)}`, ...differences([visible(read(changed))], [rule]));
    let [at, turn] = [0, 0];
    for (const token of text.match(/\w+|\s+|[^\w\s]/g) ?? []) {
      const [before, behind] = [text.slice(0, at), text.slice(at + token.length)];
      put(`${at} without ${token}`, before + behind);
      // Each place gets a third of the tokens, and another third than the one before.
      more.forEach((one, index) => {
        if ((index + turn) % 3 === 0) put(`${at} ${one}`, before + one + token + behind);
      });
      at += token.length;
      turn += 1;
    }
    asKept(`tokens/${kind}`, lines);
  });

const DOCUMENT = '{"a": "b"}';
const SCRIPTS: readonly string[] = [
  ...[
    '<<EOF',
    '<< EOF',
    '<<-EOF',
    "<<'EOF'",
    '<<"EOF"',
    '<<\\EOF',
    "<<-'EOF'",
    '<<<EOF',
    "<<'E F'",
    '<<E.F-1',
    '<<1',
  ].flatMap((sign) => {
    const end = /[A-Z](?:[^'"]*[A-Z0-9])?/.exec(sign)?.[0] ?? '1';
    return [
      `cat > x.json ${sign}\n{"a": "$B \${c} $(d) \`e\` \\$f"}\n${end}\nafter\n`,
      `cat ${sign}\n\t\t{"a": 1}\n\t${end}\n${end}\n`,
    ];
  }),
  'cat <<EOF\r\n{"a": 1}\r\nEOF\r\nafter\r\n',
  'cat <<EOF',
  'cat <<EOF\n{"a": 1}\n',
  'cat <<EOF\n{"a": 1}\nEOFX\ncat <<EOF\n{"a": 2}\n',
  'cat <<-EOF\nx\nEOF2\ncat <<EOF\n{"a": 2}\n\tEOF\n',
  '# cat <<EOF\n{"a": 1}\nEOF\n',
  ' # cat <<EOF\ncat <<EOF\n{"a": 1}\nEOF\n',
  'cat <<A; cat <<B\n{"a": 1}\nA\n{"b": 2}\nB\n',
  'cat <<A\n{"a": 1}\nA\ncat <<B\n- b\nB\n',
  'cat <<A\na: 1\n---\nb: 2\nA\n',
  'cat > x.json <<\'A\'\n{"a": 1}\n---\n{"b": 2}\nA\n',
  'cat > x.json <<\'EOF\'\n{"a": 1}\nEOF\n',
  "cat > x.json <<'EOF'\na: 1\nEOF\n",
  "cat > x.jsonl <<'EOF'\n [1]\nEOF\n",
  'cat > x.json <<\'EOF\'\n{"a": "$b"}\nEOF\nenvsubst < x.json\n',
  ...[
    '$',
    '$a',
    '$@',
    '$$',
    '${a',
    '${a:-{}}',
    '${a}}',
    '$(a (b) c)',
    '$(a',
    '`a',
    '`a`',
    '\\$a',
    '\\`a`',
    '$1x',
    '$-',
    '$BUCKET',
    '${BUCKET}',
    '$[a]',
  ].map((one) => `cat > x.json <<EOF\n{"a": "${one} x"}\nEOF\n`),
  ...[497, 498, 499].map((length) => `cat <<EOF\na: \${${'x'.repeat(length - 2)}} b\nEOF\n`),
  ...['=', ' ', '  ', '\t', ' \\\n', ' \\\r\n', '=\\\n', '\n', ''].map(
    (between) => `aws x --policy-document${between}'${DOCUMENT}'\n`,
  ),
  `aws x --assume-role-policy-document '${DOCUMENT}' --policy-document "${DOCUMENT.replaceAll('"', '\\"')}"\n`,
  `# aws x --policy-document '${DOCUMENT}'\n`,
  `cat <<EOF\naws x --policy-document '${DOCUMENT}'\nEOF\naws x --policy-document '${DOCUMENT}'\n`,
  ...[
    "'x'",
    "' {}'",
    "'{'",
    "'{",
    '"{',
    '"{\\"a\\": \\"$b\\"}"',
    '"{\\"a\\": \\"\\$b\\"}"',
    '"{\\\n}"',
    '"{\\x}"',
    '"{`a`}"',
    '"{`a}"',
    '"{$}"',
  ].map((value) => `aws x --policy-document ${value}\n`),
  ...['"$B"', '$B', '${B}', '$(b)', "\\'", '"$B"$C', ' ', '"$B', '"\n"'].map(
    (one) => `aws x --policy-document '{"a": "'${one}'x"}'\n`,
  ),
  ...[
    ...[
      '--name a --namespace b',
      '--name=a --role-only',
      '--namespace b',
      '--name "a b"',
      "--name 'a'",
      '--name $A',
      '--name a$B',
    ],
    ...[
      '--name a \\\n  --role-name b',
      '--name a \\\r\n --role-name=b',
      '--name a; --role-name b',
      '--name a | --role-name b',
    ],
    ...[
      '--name a && --role-name b',
      '--name -a',
      '--name a\\ b',
      '--name "a" --x',
      '--role-only --name a',
      '--name a --name b',
      '',
    ],
  ].map((flags) => `eksctl create iamserviceaccount ${flags}\n`),
  '# eksctl create iamserviceaccount --name a\n',
  'cat <<EOF\neksctl create iamserviceaccount --name a\nEOF\n',
  'eksctl  create\tiamserviceaccount --name a\neksctl create cluster --name b\n',
  ...[199, 200, 201].map((count) => `aws x --policy-document '{}'\n`.repeat(count)),
];
test('a policy in double quotes ends within 50,000 characters, or is none', () => {
  for (const [length, count] of [
    [49_997, 1],
    [49_998, 0],
  ] as const)
    assert.equal(readShell(`aws x --policy-document "{${'x'.repeat(length)}"\n`).arguments.length, count);
});

test('scripts, each with what is read of it', () =>
  asKept(
    'tokens/scripts',
    SCRIPTS.flatMap((script) => {
      const { text, pieces, arguments: policies, accounts } = readShell(script);
      const brief = (one: string): string =>
        visible(one)
          .replaceAll(/x{99,}/g, 'x…')
          .replaceAll(/\?{99,}/g, '?…')
          .slice(0, 300);
      return [
        brief(script),
        ...(text === script ? [] : [`  as ${brief(text)}`]),
        ...pieces.map(({ start, end, language, isFilled }) =>
          `  piece ${start}-${end} ${language ?? ''} ${isFilled ? 'filled' : ''} ${brief(text.slice(start, end))}`.trimEnd(),
        ),
        ...(policies.length > 9
          ? [`  ${policies.length} policies`]
          : policies.map(
              ({ as, node }) =>
                `  ${as} ${shown(node)}${node.source.text === script ? '' : ` of ${brief(node.source.text)}`}`,
            )),
        ...accounts.map((flags) => `  account ${[...flags].map(([flag, node]) => `${flag} ${shown(node)}`).join(' ')}`),
      ].map(visible);
    }),
  ));
