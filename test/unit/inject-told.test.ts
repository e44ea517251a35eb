// What a dry run of a pod is judged by: whom a selector means, who a container is in AWS, and what an API server's answer says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf } from '../../src/core/inject/answer.ts';
import { containersOf, identityOf, isAboutIdentity, isSet, valueIn } from '../../src/core/inject/identity.ts';
import { labelsFor, selects } from '../../src/core/inject/selector.ts';
import type { Pod, PodDefault, Selector } from '../../src/core/observation.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { asKept } from './told.ts';

test('whom a selector means, and the labels that it wants', () => {
  const expression = (key: string, operator: string, ...values: readonly string[]): Partial<Selector> => ({
    matchExpressions: [{ key, operator, values }],
  });
  const selectors: readonly Partial<Selector>[] = [
    {},
    { matchLabels: { a: 'b' } },
    { matchLabels: { a: 'b', c: 'd' } },
    { matchLabels: { toString: 'x' } },
    ...['In', 'NotIn', 'Exists', 'DoesNotExist', 'Near'].flatMap((operator) => [
      expression('a', operator),
      expression('a', operator, 'b', 'c'),
      { matchLabels: { a: 'b' }, ...expression('a', operator, 'b') },
      { matchLabels: { c: 'd' }, ...expression('toString', operator, 'b') },
    ]),
  ];
  const labels: readonly Readonly<Record<string, string>>[] = [
    {},
    { a: 'b' },
    { a: 'c' },
    { a: '', c: 'd' },
    { a: 'b', c: 'd' },
  ];
  asKept(
    'inject/selectors',
    selectors.flatMap((one) => {
      const selector = { matchLabels: {}, matchExpressions: [], ...one };
      return [
        `${JSON.stringify(one)}:`,
        ...labels.map(
          (its) => `  ${JSON.stringify(its)}: ${selects(selector, its)}, ${JSON.stringify(labelsFor(selector, its))}`,
        ),
      ];
    }),
  );
});

test('who a container is, by its variables', () => {
  const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  const IRSA = ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'];
  const [full, relative] = ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const rows: readonly (readonly [names: readonly string[], expected: string])[] = [
    [[], 'none'],
    [KEYS, 'keys'],
    [KEYS.slice(1), 'none'],
    [IRSA, 'irsa'],
    [IRSA.slice(1), 'none'],
    [IRSA.slice(0, 1), 'none'],
    [[...IRSA, ...KEYS], 'keys'],
    [[...IRSA, full], 'irsa'],
    [[full], 'pod-identity'],
    [[relative], 'pod-identity'],
    [['AWS_PROFILE', 'AWS_REGION'], 'none'],
  ];
  for (const [names, expected] of rows) {
    const all = Object.fromEntries(names.map((name) => [name, 'x']));
    assert.equal(identityOf({ env: all, from: {} }), expected, names.join());
    assert.equal(identityOf({ env: {}, from: all }), expected, names.join());
    const [first, ...rest] = Object.entries(all);
    const env = Object.fromEntries(first === undefined ? [] : [first]);
    assert.equal(identityOf({ env, from: Object.fromEntries(rest) }), expected, names.join());
  }
  const one = { env: { a: '', b: 'c' }, from: { d: 'e' } } as never;
  assert.deepEqual(
    ['a', 'b', 'd', 'toString'].map((name) => [isSet(one, name), valueIn(one, name)]),
    [
      [true, ''],
      [true, 'c'],
      [true, undefined],
      [false, undefined],
    ],
  );
  const pod = {
    containers: ['main', 'istio-proxy', 'istio-init', 'istio-validation', 'side'].map((name) => ({ name })),
  };
  assert.deepEqual(
    containersOf(pod as unknown as Pod).map(({ name }) => name),
    ['main', 'side'],
  );
});

test('which PodDefaults may decide who a pod is', () => {
  const none = { name: 'p', env: {}, from: {}, annotations: {}, labels: {} };
  const rows: readonly (readonly [more: object, expected: boolean])[] = [
    [{}, false],
    [{ env: { OTHER: 'x' } }, false],
    ...['AWS_ROLE_ARN', 'AWS_PROFILE', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_SECRET_ACCESS_KEY'].flatMap(
      (name) =>
        [
          [{ env: { [name]: 'x' } }, true],
          [{ from: { [name]: 'x' } }, true],
        ] as const,
    ),
    [{ envFrom: [] }, true],
    [{ serviceAccount: 'x' }, true],
    [{ annotations: { a: 'b' } }, true],
    [{ labels: { a: 'b' } }, true],
  ];
  for (const [more, expected] of rows)
    assert.equal(isAboutIdentity({ ...none, ...more } as unknown as PodDefault), expected, JSON.stringify(more));
});

test('what the answer to a pod that is only tried says', () => {
  const HOOK = 'admission webhook "a.b.c"';
  const texts = [
    `${HOOK} does not support dry run`,
    `${HOOK} denied the request`,
    `${HOOK} denied the request without explanation`,
    `${HOOK} denied the request: no such role\nand more`,
    'failed calling webhook "a.b.c": connection refused',
    'pods is forbidden: User "x" cannot create resource "pods"',
    'pods "x" is forbidden: exceeded quota: kf-resource-quota',
    'the server did not answer',
    '',
  ];
  asKept('inject/answers', [
    ...texts.flatMap((text) => [
      `denied ${JSON.stringify(text)}: ${JSON.stringify(answerOf(denied('create pods', text)))}`,
      `failed ${JSON.stringify(text)}: ${JSON.stringify(answerOf(failed(text)))}`,
    ]),
    `absent: ${JSON.stringify(answerOf(absent))}`,
    `found: ${JSON.stringify(answerOf(found({ name: 'x' } as unknown as Pod)))}`,
  ]);
});
