// What is read of texts of each language with one token too many, or too few, at each place: test/fixtures/told/tokens.
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
