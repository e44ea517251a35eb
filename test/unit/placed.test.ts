/** Live findings at the lines of an open file: which objects of a file a profile is made of, and where each finding is shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveModes } from '../../src/core/doctor/checks.ts';
import { placed, spotOf, subjectsIn, type Subject } from '../../src/core/doctor/placed.ts';
import type { FailureModeId } from '../../src/core/modes/ids.ts';
import { profileFile } from '../fixtures/profile.ts';

const PROFILE = profileFile('team-a', { annotateOnly: 'true' });
const ACCOUNT = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: default-editor
  namespace: team-a
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/team-a
`;
const LAUNCHER = `apiVersion: v1
kind: ConfigMap
metadata:
  name: kfp-launcher
  namespace: team-a
data:
  defaultPipelineRoot: s3://bucket/team-a
  providers: |
    s3: {}
`;
const ROLE = `apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata:
  name: one
spec:
  name: team-a-role
  assumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}'
  inlinePolicies:
    s3: '{"Version":"2012-10-17","Statement":[1]}'
`;

const subjectOf = (text: string, language: 'yaml' | 'json' = 'yaml'): Subject => {
  const [subject, ...others] = subjectsIn({ path: 'a.yaml', text, language });
  assert.ok(subject && others.length === 0, JSON.stringify([subject, ...others]));
  return subject;
};
const shown = (text: string, id: FailureModeId): string | undefined => {
  const at = spotOf(subjectOf(text), id);
  return at && text.slice(at.start, at.end);
};

const ROWS: readonly (readonly [name: string, text: string, Readonly<Partial<Record<FailureModeId, string>>>])[] = [
  [
    'a Profile: role and plugin where they stand, its owner, else its name',
    PROFILE,
    {
      'KP-086': 'arn:aws:iam::111122223333:role/team-a',
      'KP-029': 'arn:aws:iam::111122223333:role/team-a',
      'KP-051': 'arn:aws:iam::111122223333:role/team-a',
      'KP-007': 'arn:aws:iam::111122223333:role/team-a',
      'KP-001': 'AwsIamForServiceAccount',
      'KP-014': 'alice@example.com',
      'KP-003': 'arn:aws:iam::111122223333:role/team-a',
      'KP-004': 'arn:aws:iam::111122223333:role/team-a',
      'KP-034': 'arn:aws:iam::111122223333:role/team-a',
      'KP-036': 'arn:aws:iam::111122223333:role/team-a',
      'KP-010': 'alice@example.com',
      'KP-011': 'alice@example.com',
      'KP-016': 'AwsIamForServiceAccount',
      'KP-008': 'team-a',
      'KP-009': 'team-a',
      'KP-013': 'team-a',
      'KP-025': 'team-a',
      'KP-066': 'team-a',
      'KP-055': 'team-a',
    },
  ],
  [
    'a Profile with a quota',
    PROFILE.replace('  plugins:\n', '  resourceQuotaSpec: { hard: {} }\n  plugins:\n'),
    { 'KP-016': '{ hard: {} }' },
  ],
  [
    'a Profile without a plugin: its name',
    PROFILE.slice(0, PROFILE.indexOf('  plugins:')),
    { 'KP-002': 'team-a', 'KP-086': 'team-a', 'KP-003': 'team-a' },
  ],
  [
    'of several plugins: ours, and its role',
    PROFILE.replace(
      '  plugins:\n',
      "  plugins:\n    - kind: WorkloadIdentity\n      spec: { gcpServiceAccount: x, awsIamRole: 'x' }\n",
    ),
    { 'KP-086': 'arn:aws:iam::111122223333:role/team-a', 'KP-001': 'AwsIamForServiceAccount' },
  ],
  [
    'a plugin without a role: the plugin',
    PROFILE.slice(0, PROFILE.indexOf('        awsIamRole:')),
    { 'KP-003': 'AwsIamForServiceAccount', 'KP-086': 'AwsIamForServiceAccount' },
  ],
  [
    'a service account: its annotation',
    ACCOUNT,
    {
      'KP-086': 'arn:aws:iam::111122223333:role/team-a',
      'KP-012': 'arn:aws:iam::111122223333:role/team-a',
      'KP-050': 'default-editor',
    },
  ],
  [
    'a service account without the annotation: its name',
    ACCOUNT.replace(/ {2}annotations:\n.*\n/, ''),
    { 'KP-052': 'default-editor' },
  ],
  [
    'the ConfigMap of the launcher: what of it the finding is about',
    LAUNCHER,
    { 'KP-055': 's3://bucket/team-a', 'KP-046': 's3://bucket/team-a', 'KP-056': '|', 'KP-057': '|' },
  ],
  [
    'the ConfigMap of a launcher without providers: its root',
    LAUNCHER.slice(0, LAUNCHER.indexOf('  providers:')),
    { 'KP-056': 's3://bucket/team-a' },
  ],
  [
    'the ConfigMap of the artifact repositories',
    LAUNCHER.replace('kfp-launcher', 'artifact-repositories').replace(
      'defaultPipelineRoot: s3',
      'default-namespaced: s3',
    ),
    { 'KP-058': 's3://bucket/team-a' },
  ],
  [
    'the ConfigMap of a launcher without a root: its providers',
    LAUNCHER.replace(/ {2}defaultPipelineRoot.*\n/, ''),
    { 'KP-055': 'kfp-launcher', 'KP-056': '|' },
  ],
  [
    'a role: its policy',
    ROLE,
    {
      'KP-029': `'{"Version":"2012-10-17","Statement":[]}'`,
      'KP-044': `'{"Version":"2012-10-17","Statement":[1]}'`,
      'KP-037': 'team-a-role',
    },
  ],
];
for (const [name, text, at] of ROWS)
  test(name, () => {
    for (const [id, expected] of Object.entries(at)) {
      const found = shown(text, id as FailureModeId);
      // A text in quotes is shown with or without them.
      assert.equal(found?.replace(/^'|'$/g, ''), expected.replace(/^'|'$/g, ''), id);
    }
  });

test('every live finding of a profile has a place at its Profile', () => {
  const subject = subjectOf(PROFILE);
  for (const id of liveModes) assert.ok(spotOf(subject, id), id);
});

test('what is not about an object is not shown at it', () => {
  for (const [text, ids] of [
    [ACCOUNT, ['KP-001', 'KP-014', 'KP-025', 'KP-055']],
    [LAUNCHER, ['KP-086', 'KP-001', 'KP-059']],
    [ROLE, ['KP-001', 'KP-051', 'KP-066']],
  ] as const)
    for (const id of ids) assert.equal(shown(text, id), undefined, `${id} in ${text}`);
});

test('objects of others, without a name or a namespace, and templates are none', () => {
  for (const text of [
    PROFILE.replace('team-a', '{{ .Values.team }}'),
    ACCOUNT.replace('default-editor', 'default-viewer'),
    ACCOUNT.replace('  namespace: team-a\n', ''),
    LAUNCHER.replace('kfp-launcher', 'other'),
    PROFILE.replace('kubeflow.org/v1', 'example.org/v1'),
    'kind: Profile\n',
    'kind: Profile\napiVersion: kubeflow.org/v1\n',
    PROFILE.replace('name: team-a', "name: ''"),
    `{{- if .Values.team }}\n${PROFILE}{{- end }}\n`,
    '[Profile',
  ])
    assert.deepEqual(subjectsIn({ path: 'a.yaml', text }), [], text);
});

test('several documents, and the items of a List', () => {
  const documents = subjectsIn({ path: 'a.yaml', text: [PROFILE, ACCOUNT, LAUNCHER].join('---\n') });
  assert.deepEqual(
    documents.map(({ kind, namespace, account }) => [kind, namespace, account]),
    [
      ['profile', undefined, '111122223333'],
      ['serviceAccount', 'team-a', undefined],
      ['configMap', 'team-a', undefined],
    ],
  );
  const item = { apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name: 'team-a' } };
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item] });
  assert.deepEqual(
    subjectsIn({ path: 'a.json', text }).map(({ name }) => name),
    ['team-a'],
  );
});

test('what lint says of the same object is not said again; of another it is', () => {
  const text = [PROFILE, PROFILE.replace('team-a', 'team-b')].join('---\n');
  const subjects = subjectsIn({ path: 'a.yaml', text });
  const seen = [0, 1].map((subject) => ({
    subject,
    ...{ id: 'KP-003' as const, message: 'It\u0000 has no role.', severity: 'error' as const },
  }));
  const said = [{ id: 'KP-003' as const, start: text.indexOf('plugins'), end: text.indexOf('plugins') + 1 }];
  assert.deepEqual(
    placed(subjects, seen, said).map(({ of }) => of),
    [1],
  );
  const { start, end } = subjects[0]?.whole ?? { start: 0, end: 0 };
  const shownBeside = (...more: readonly (typeof said)[number][]) => placed(subjects, seen, more).map(({ of }) => of);
  assert.deepEqual(shownBeside(...said, { id: 'KP-003', start: text.length, end: text.length + 1 }), [1]);
  // What ends where the object begins is not of it, nor what begins where it ends.
  assert.deepEqual(
    shownBeside({ id: 'KP-003', start: start - 1, end: start }, { id: 'KP-003', start: end, end: end }),
    [0, 1],
  );
  assert.deepEqual(shownBeside({ id: 'KP-003', start, end: start + 1 }), [1]);
  assert.deepEqual(shownBeside({ id: 'KP-003', start: end - 1, end }), [1]);
  const other = [{ ...(said[0] as (typeof said)[0]), id: 'KP-004' as const }];
  const both = placed(subjects, seen, other);
  assert.deepEqual(
    both.map(({ of }) => of),
    [0, 1],
  );
  assert.doesNotMatch(JSON.stringify(both), /\\u0000/);
});
