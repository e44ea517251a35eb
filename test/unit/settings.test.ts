/** The settings file of a repository: what is read of it, and what is told of what is wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse } from 'yaml';
import schema from '../../schemas/settings.schema.json' with { type: 'json' };
import { nearest } from '../../src/core/near.ts';
import { readSettings } from '../../src/core/settings.ts';
import { failureModes } from '../../src/core/modes/table.ts';

const right = `rules:
  KP-017: off
  T-LIKE-NS-ANY-SA: error
exclude:
  - vendor/
  - '*.golden.yaml'
variables:
  AWS_ACCOUNT_ID: 111122223333
roles:
  team-a: arn:aws:iam::111122223333:role/team-a
accepted: []
`;

describe('The settings file', () => {
  test('what is wrong is told with its section, and counts for nothing', () => {
    const { exclude, rules, problems } = readSettings(
      'rule: {}\nrules: { KP-17: off, KP-017: off }\nexclude: ["a\\\\b", c, [d]]\n',
    );
    assert.deepEqual([exclude, rules], [['c'], { 'KP-017': 'off' }]);
    assert.deepEqual(
      problems.map(({ section, message }) => [section, message.slice(0, 12)]),
      [
        [undefined, 'There is no '],
        ['rules', 'rules: there'],
        ['exclude', 'exclude: "\\b'],
        ['exclude', 'exclude: wri'],
      ],
    );
    assert.ok(!('section' in (problems[0] ?? {})));
  });

  test('is read section by section', () => {
    assert.deepEqual(readSettings(right), {
      rules: { 'KP-017': 'off', 'T-LIKE-NS-ANY-SA': 'error' },
      exclude: ['vendor/', '*.golden.yaml'],
      variables: { AWS_ACCOUNT_ID: '111122223333' },
      roles: { 'team-a': 'arn:aws:iam::111122223333:role/team-a' },
      accepted: [],
      problems: [],
    });
    for (const empty of ['', '---\n', 'rules:\nexclude:\nvariables:\nroles:\naccepted:\n', '# nothing\n'])
      assert.deepEqual(readSettings(empty).problems, [], empty);
  });

  for (const { name, text, at, says } of [
    { name: 'a section that there is not', text: 'rule:\n  KP-017: off\n', at: 'rule', says: /Is "rules" meant/ },
    { name: 'a section twice', text: 'rules: {}\nrules:\n  KP-017: off\n', at: 'rules', says: /stands twice/ },
    { name: 'an id that there is not', text: 'rules:\n  KP-17: off\n', at: 'KP-17', says: /Is "KP-017" meant/ },
    { name: 'an id twice', text: 'rules:\n  KP-017: off\n  KP-017: error\n', at: 'KP-017', says: /twice: the first/ },
    { name: 'no severity', text: 'rules:\n  KP-017: warn\n', at: 'warn', says: /use off, hint, .*error/ },
    { name: 'rules as a list', text: 'rules:\n  - KP-017\n', at: '- KP-017', says: /a mapping/ },
    { name: 'a path that is a mapping', text: 'exclude:\n  - a: b\n', at: 'a: b', says: /as in a \.gitignore/ },
    {
      name: 'a path of Windows',
      text: 'exclude: [vendor\\charts]\n',
      at: 'vendor\\charts',
      says: /^exclude: "\\c" means "c" in a pattern: write vendor\/charts\.$/,
    },
    { name: 'exclude as a text', text: 'exclude: vendor\n', at: 'vendor', says: /is a list/ },
    { name: 'a value that is a list', text: 'variables:\n  A: [b]\n', at: '[b]', says: /write a text/ },
    { name: 'a role that is none', text: 'roles:\n  team-a: my-role\n', at: 'my-role', says: /ARN of the role/ },
    { name: 'no YAML', text: 'rules: {\n', at: undefined, says: /no YAML/ },
    { name: 'a list', text: '- rules\n', at: '- rules', says: /Write sections: rules/ },
    { name: 'two documents', text: 'rules: {}\n---\nexclude: []\n', at: 'exclude: []', says: /first document/ },
  ])
    test(`${name}: is told at its place, and the rest counts`, () => {
      const { problems } = readSettings(text);
      assert.equal(problems.length, 1, JSON.stringify(problems));
      const [{ start, end, line, column, message }] = problems as [(typeof problems)[0]];
      assert.match(message, says);
      if (at !== undefined) assert.ok(text.slice(start, end).startsWith(at), text.slice(start, end));
      const before = text.slice(0, start).split('\n');
      assert.deepEqual([line, column], [before.length, (before.at(-1)?.length ?? 0) + 1]);
    });

  test('schemas/settings.schema.json takes what is read, and knows every id', () => {
    const isRight = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    assert.ok(isRight(parse(right)), JSON.stringify(isRight.errors));
    for (const text of ['rule: {}', 'rules: { KP-017: warn }', 'exclude: vendor', 'roles: { a: b }'])
      assert.ok(!isRight(parse(text)), text);
    assert.deepEqual(
      schema.properties.rules.propertyNames.enum,
      failureModes.map(({ id }) => id),
    );
  });

  test('any text is read without an exception, and every place lies in it', () => {
    const sections = fc.constantFrom(
      'rules:',
      'exclude:',
      '  - ',
      '  KP-017: ',
      'accepted:',
      '\n',
      'off',
      '{',
      ']',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(sections).map((all) => all.join('')),
        ),
        (text) => {
          for (const { start, end } of readSettings(text).problems)
            assert.ok(start >= 0 && start <= end && end <= text.length);
        },
      ),
    );
  });
});

test('the word that was meant is the nearest one, or none', () => {
  const words = ['rules', 'exclude', 'accepted'];
  for (const [word, near] of [
    ['rule', 'rules'],
    ['RULES', 'rules'],
    ['exlcude', 'exclude'],
    ['acepted', 'accepted'],
    ['x', undefined],
    ['profiles', undefined],
    ['r'.repeat(10_000), undefined],
  ] as const)
    assert.equal(nearest(word, words), near, word);
});
