// What is read of a kubeconfig of which one part is otherwise, what a plan makes of its text, and what of that is left when it is taken back:
// by what comes of it, how many changes lead to it and the first of them. Kept in test/fixtures/told/kubeconfig.txt.
import { test } from 'node:test';
import {
  entriesFor,
  entriesText,
  hasEntries,
  laidOver,
  sameEntries,
  type KubeconfigEntries,
} from '../../src/core/kubeconfig/entries.ts';
import { isBlank, withEntries } from '../../src/core/kubeconfig/write.ts';
import { readEntries } from '../../src/core/kubeconfig/read.ts';
import { asKept, variations } from './told.ts';
import { cluster as dev } from './world.ts';

const cluster = { ...dev, certificateAuthority: 'LS0tLS1CRUdJTg==' };
const { arn } = cluster;
const wanted = entriesFor(cluster, {}) as KubeconfigEntries;
const named = { ...(entriesFor(cluster, { alias: 'mine' }) as KubeconfigEntries), current: 'mine' };
const exec = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: 'aws',
  args: ['eks', 'get-token', '--cluster-name', 'dev'],
  env: [{ name: 'AWS_PROFILE', value: 'team' }],
  interactiveMode: 'Never',
  installHint: 'Install it.',
  provideClusterInfo: false,
};
const FILE = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: arn,
      cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 'LS0=', 'tls-server-name': 'x' },
    },
    { name: 'kind', cluster: { server: 'https://127.0.0.1:2', 'insecure-skip-tls-verify': true } },
  ],
  users: [
    { name: arn, user: { exec } },
    { name: 'kind', user: { token: 's3cr3t' } },
  ],
  contexts: [
    { name: arn, context: { cluster: arn, user: arn, namespace: 'team-a' } },
    { name: 'kind', context: { cluster: 'kind', user: 'kind' } },
  ],
  'current-context': 'kind',
};
const withUser = (user: object): object => ({
  ...FILE,
  users: [{ name: arn, user }, FILE.users[1]],
});
const WHOLE: Readonly<Record<string, object>> = {
  'as it is': FILE,
  'nothing at all': {},
  'only the two keys that all have': { apiVersion: 'v1', kind: 'Config' },
  'preferences alone': { preferences: {} },
  'preferences that say something': { preferences: { colors: true } },
  'a current context alone': { 'current-context': 'x' },
  'an empty current context': { ...FILE, 'current-context': '' },
  'a current context of null': { ...FILE, 'current-context': null },
  'lists of null': { clusters: null, users: null, contexts: null },
  'lists of nothing': { clusters: [], users: [], contexts: [] },
  'our command': withUser({ exec: { ...exec, command: 'kubeflow-irsa' } }),
  'our command by its path': withUser({ exec: { ...exec, command: '/usr/bin/kubeflow-irsa' } }),
  'our command by Node': withUser({
    exec: { ...exec, command: '/usr/bin/node', args: ['/x/cli.cjs', 'token', '--cluster', 'dev'] },
  }),
  'our command by Node, of another word': withUser({
    exec: { ...exec, command: 'node', args: ['/x/cli.cjs', 'doctor'] },
  }),
  'another command by Node': withUser({ exec: { ...exec, command: 'node', args: ['/x/other.js', 'token'] } }),
  'our file by another program': withUser({ exec: { ...exec, command: 'python', args: ['/x/cli.cjs', 'token'] } }),
  'the authenticator': withUser({ exec: { ...exec, command: 'C:\\bin\\aws-iam-authenticator.exe' } }),
  'a word that is no text': withUser({ exec: { ...exec, args: ['eks', 1] } }),
  'a variable beside': withUser({
    exec: {
      ...exec,
      env: [
        { name: 'AWS_PROFILE', value: 'a' },
        { name: 'TOKEN', value: 's3cr3t' },
      ],
    },
  }),
  'a variable that is no text': withUser({ exec: { ...exec, env: [{ name: 'AWS_PROFILE', value: 1 }] } }),
  'two variables': withUser({
    exec: {
      ...exec,
      env: [
        { name: 'AWS_PROFILE', value: 'a' },
        { name: 'AWS_REGION', value: 'b' },
      ],
    },
  }),
  'a field beside': withUser({ exec: { ...exec, other: 1 } }),
  'a token beside': withUser({ exec, token: 's3cr3t' }),
};

/** `edited`: with what a plan makes of it. */
function comes(text: string, edited = true): string {
  const read = readEntries(text, arn);
  if (typeof read === 'string') return read;
  const { entries, others } = read;
  const shown = [
    JSON.stringify(entries).replaceAll(arn, 'ARN'),
    `  others ${JSON.stringify(others).replaceAll(arn, 'ARN')}`,
  ];
  if (!edited) return shown.join('\n');
  const changed = (after: KubeconfigEntries): string => {
    const now = withEntries(text, arn, entries, after);
    if (typeof now === 'string') return now;
    const there = readEntries(now.text, arn);
    const back = withEntries(now.text, arn, after, entries);
    return [
      typeof there === 'string' ? there : hasEntries(there.entries, after) ? 'has it' : 'has it not',
      typeof there === 'string' ? '' : JSON.stringify(there.others),
      `current ${typeof there === 'string' ? '' : (there.entries.current ?? 'none')}`,
      now.text === text ? 'nothing is written' : `${now.text.length - text.length} longer`,
      typeof back === 'string'
        ? back
        : back.text === text
          ? 'and back'
          : `back: ${back.text.length - text.length} longer`,
    ].join(', ');
  };
  const gone = withEntries(text, arn, entries, undefined);
  return [
    ...shown,
    `  becomes ${changed(wanted)}`.replaceAll(arn, 'ARN'),
    `  becomes with a name, and chosen: ${changed(named)}`.replaceAll(arn, 'ARN'),
    `  without: ${typeof gone === 'string' ? gone : `${gone.text.length - text.length} longer${isBlank(gone.text) ? ', blank' : ''}`}`,
    ...(isBlank(text) ? ['  blank'] : []),
  ].join('\n');
}

test('a kubeconfig of which one part is otherwise', () => {
  const by = new Map<string, string[]>();
  for (const [way, all] of variations(FILE))
    if (!['value 0', 'value 4', 'value 5', 'value 9', 'value 11', 'value 12'].includes(way))
      for (const [what, text] of all) {
        const outcome = comes(text, false);
        by.set(outcome, [...(by.get(outcome) ?? []), what]);
      }
  asKept('kubeconfig', [
    ...Object.entries(WHOLE).flatMap(([what, data]) => [
      `# ${what}`,
      ...comes(JSON.stringify(data, undefined, 2)).split('\n'),
    ]),
    ...[
      '',
      '\n',
      '# a comment',
      '# a comment\n',
      '---\n',
      'a',
      '- a',
      '{',
      'a: 1\n---\nb: 2\n',
      'kind: Other\n',
      'a: *b\n',
      'clusters:\n',
    ].flatMap((text) => [`# ${JSON.stringify(text)}`, ...comes(text).split('\n')]),
    ...[...by].flatMap(([outcome, whats]) => [`# ${whats.length}: ${whats[0] ?? ''}`, ...outcome.split('\n')]),
  ]);
});

test('when entries are the same, when enough is there, and what becomes of them', () => {
  const user = (more: object): NonNullable<KubeconfigEntries['user']> => ({
    exec: { apiVersion: 'v1', command: 'aws', args: ['eks'], ...more },
  });
  const of = (more: Partial<KubeconfigEntries>): KubeconfigEntries => ({ arn, contexts: [], ...more });
  const server = 'https://127.0.0.1:1';
  const SIDES: Readonly<Record<string, KubeconfigEntries>> = {
    nothing: of({}),
    'a cluster': of({ cluster: { server } }),
    'another server': of({ cluster: { server: `${server}2` } }),
    'a short certificate': of({ cluster: { server, 'certificate-authority-data': 'x'.repeat(40) } }),
    'a long certificate': of({ cluster: { server, 'certificate-authority-data': 'x'.repeat(41) } }),
    'no check': of({ cluster: { server, 'insecure-skip-tls-verify': true } }),
    'a check': of({ cluster: { server, 'insecure-skip-tls-verify': false } }),
    'a user': of({ user: user({}) }),
    'a user of a variable': of({ user: user({ env: [{ name: 'AWS_PROFILE', value: 'a' }] }) }),
    'a user with a mode': of({ user: user({ interactiveMode: 'Never' }) }),
    'a user with a token': of({ user: { other: 'a token' } }),
    'a user with a certificate': of({ user: { other: 'a certificate' } }),
    'a context': of({ contexts: [{ name: 'a', user: 'u' }] }),
    'a context of another user': of({ contexts: [{ name: 'a', user: 'v' }] }),
    'two contexts': of({
      contexts: [
        { name: 'a', user: 'u' },
        { name: 'b', user: 'u' },
      ],
    }),
    'no current one': of({ current: '' }),
    'a current one': of({ current: 'a' }),
    'another current one': of({ current: 'b' }),
    all: of({ cluster: { server }, user: user({}), contexts: [{ name: 'a', user: 'u' }], current: 'a' }),
  };
  const lines = Object.entries(SIDES).map(([name, one]) => `${name}: ${entriesText(one).replaceAll('\n', '⏎')}`);
  for (const [name, there] of Object.entries(SIDES)) {
    const those = (how: (one: KubeconfigEntries) => boolean): string =>
      Object.entries(SIDES)
        .flatMap(([other, one]) => (how(one) ? [other] : []))
        .join(', ');
    lines.push(
      `${name} is the same as: ${those((one) => sameEntries(there, one))}`,
      `${name} is enough for: ${those((one) => hasEntries(there, one))}`,
      `${name} under two contexts: ${laidOver(there, SIDES['two contexts'] as KubeconfigEntries)
        .contexts.map((one) => `${one.name} ${one.user}`)
        .join(', ')}`,
      `two contexts under ${name}: ${laidOver(SIDES['two contexts'] as KubeconfigEntries, there)
        .contexts.map((one) => `${one.name} ${one.user}`)
        .join(', ')}`,
    );
  }
  asKept('kubeconfig-entries', lines);
});
