/** What clusters may hold: a finding, or nothing; never an exception, and never a long wait. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { selection } from '../../src/core/doctor/checks.ts';
import { doctorText } from '../../src/core/doctor/document.ts';
import { evidenceOf } from '../../src/core/doctor/evidence.ts';
import { placed, subjectsIn } from '../../src/core/doctor/placed.ts';
import { doctorReport } from '../../src/core/doctor/report.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { listed, right } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { absent, found, valueOf } from '../../src/core/reading.ts';
import { judged } from '../../src/estate/doctor.ts';
import { inspector } from '../../src/kubernetes/inspect.ts';
import type { Rest } from '../../src/kubernetes/rest.ts';
import type { Inspectable } from '../../src/provisioning/ports.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

/** Judges, and shows each finding with its evidence. */
function seenIn(view: ProfileView, now = NOW): readonly string[] {
  const { problems, remarks } = judgeProfile(view, undefined, now);
  const all = [...problems, ...remarks];
  for (const problem of all) JSON.stringify(evidenceOf(problem, view));
  return [...new Set(all.map(({ id }) => id))].sort();
}

const configMap = (name: string, data: Readonly<Record<string, string>>, namespace = 'team-a') =>
  found({ namespace, name, data });
const repository = (text: string) => configMap('artifact-repositories', { 'default-namespaced': text });
const providers = (text: string) =>
  configMap('kfp-launcher', { defaultPipelineRoot: 's3://team-a-data/v2', providers: text });
const mesh = (text: string) => configMap('istio', { mesh: text }, 'istio-system');

/** Ten levels of ten aliases each. */
const BOMB = Array.from({ length: 10 }, (_, at) =>
  at === 0
    ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
    : `a${at}: &a${at} [${Array(10)
        .fill(`*a${at - 1}`)
        .join(', ')}]`,
).join('\n');
const CYCLE = 's3: &loop\n  default: *loop\n  credentials: *loop\n';
const GIGANTIC = `s3:\n  default:\n    endpoint: ${'x'.repeat(1_000_000)}\n`;
const WIDE = Array.from({ length: 50_000 }, (_, at) => `key${at}: ${at}`).join('\n');
const DEEP = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
const CONTROL = 'a\u0000b\u001b[31m\u202e\u0085';

describe('ConfigMaps', () => {
  for (const [what, text] of Object.entries({ BOMB, CYCLE, GIGANTIC, WIDE, DEEP, CONTROL, empty: '', null: 'null' })) {
    test(`${what} as providers`, () => {
      const ids = seenIn(right({ launcher: providers(text) }));
      assert.deepEqual(
        ids.filter((id) => id !== 'KP-056'),
        [],
      );
    });
    test(`${what} as a repository`, () => {
      const ids = seenIn(right({ repositories: repository(text) }));
      assert.deepEqual(
        ids.filter((id) => id !== 'KP-058'),
        [],
      );
    });
    test(`${what} as settings of Istio`, () =>
      assert.deepEqual(seenIn(right({ mesh: mesh(text), serviceEntries: found([]) })), []));
    test(`${what} as settings of Argo`, () => {
      const workflowController = configMap('workflow-controller-configmap', { config: text }, 'kubeflow');
      const ids = seenIn(right({ repositories: absent, workflowController }));
      assert.deepEqual(
        ids.filter((id) => id !== 'KP-058'),
        [],
      );
    });
  }

  test('ten times the aliases are not ten times the work', () => {
    // What is alike may be shared or refused, but never multiplied out: ten levels would be ten thousand million nodes.
    assert.ok(seenIn(right({ launcher: providers(BOMB) })).length <= 1);
  });
});

describe('Names and values with control characters', () => {
  const role = `arn:aws:iam::111122223333:role/${CONTROL}`;
  const annotations = { 'eks.amazonaws.com/role-arn': role };
  for (const [what, change] of Object.entries({
    annotation: { serviceAccount: found({ namespace: 'team-a', name: 'default-editor', annotations }) },
    owner: { namespace: found({ name: 'team-a', owner: CONTROL, deleting: false }) },
    plugin: { profile: listed({ plugins: [{ kind: CONTROL, spec: { awsIamRole: CONTROL } }] }) },
    pods: {
      pods: found([
        {
          namespace: 'team-a',
          name: CONTROL,
          serviceAccount: 'default-editor',
          created: CONTROL,
          phase: CONTROL,
          annotations,
          labels: { [CONTROL]: CONTROL },
          containers: [
            {
              name: CONTROL,
              image: CONTROL,
              env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
              from: { AWS_ROLE_ARN: CONTROL },
            },
          ],
        },
      ]),
    },
    binding: {
      bindings: found([
        {
          namespace: 'team-a',
          name: 'default-editor',
          annotations: {},
          roleRef: { kind: CONTROL, name: CONTROL },
          subjects: [],
        },
      ]),
    },
    images: {
      controller: found({ namespace: 'kubeflow', name: 'profiles-deployment', image: CONTROL }),
      pipelines: found({ namespace: 'kubeflow', name: 'ml-pipeline', image: `${CONTROL}:2.5.0` }),
    },
    policies: {
      networkPolicies: found([
        { namespace: 'team-a', name: CONTROL, everyPod: true, egress: [{ outside: true, ports: [CONTROL] }] },
      ]),
    },
  } satisfies Readonly<Record<string, Partial<ProfileView>>>))
    // What of it is a fault is found; the rest counts as sound.
    test(what, () => void seenIn(right(change)));
});

describe('Clocks', () => {
  const at = (created: string, deletionTimestamp?: string): ProfileView =>
    right({
      profile: {
        ...listed({}, deletionTimestamp === undefined ? {} : { deletionTimestamp }),
        created,
      },
      namespace: absent,
      serviceAccount: absent,
    });
  const HOUR = 3_600_000;
  const stateAt = (view: ProfileView, now: number): string => judgeProfile(view, undefined, now).state;

  test('a Profile of this minute may still be made, also by a clock that is a little behind', () => {
    assert.equal(stateAt(at('2026-11-23T12:00:00Z'), NOW + 60_000), 'creating');
    assert.equal(stateAt(at('2026-11-23T12:00:00Z'), NOW - 60_000), 'creating');
  });
  test('one that was made hours ago by any clock is not being made', () => {
    assert.equal(stateAt(at('2026-11-23T12:00:00Z'), NOW + HOUR), 'problems');
  });
  test('a clock that is hours behind does not hide what is wrong for hours', () => {
    assert.equal(stateAt(at('2026-11-23T12:00:00Z'), NOW - HOUR), 'problems');
  });
  test('a time that is none hides nothing, and says of no deletion that it is stuck', () => {
    assert.equal(stateAt(at('yesterday'), NOW), 'problems');
    assert.deepEqual(seenIn(at('2026-01-01T00:00:00Z', 'yesterday')), []);
  });
});

describe('Whatever the API server answers', () => {
  const KINDS: readonly (keyof Inspectable)[] = [
    ...(['pods', 'bindings', 'repositories', 'networkPolicies', 'serviceEntries', 'notebooks'] as const),
    ...(['inferenceServices', 'workflows'] as const),
  ];
  const KEYS = [
    ...['metadata', 'name', 'namespace', 'annotations', 'labels', 'ownerReferences', 'spec', 'status', 'containers'],
    ...['initContainers', 'env', 'valueFrom', 'egress', 'ports', 'port', 'endPort', 'to', 'podSelector', 'policyTypes'],
    ...['hosts', 'roleRef', 'subjects', 'data', 'eks.amazonaws.com/role-arn', '__proto__', 'creationTimestamp'],
  ];
  const { thing } = fc.letrec<{ thing: unknown }>((tie) => ({
    thing: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>(null, true, 0, 443, '', 'AWS_ACCESS_KEY_ID', 'default-editor', CONTROL, 'Egress'),
      fc.array(tie('thing'), { maxLength: 3 }),
      fc
        .array(fc.tuple(fc.constantFrom(...KEYS), tie('thing')), { maxLength: 8 })
        .map((entries) => Object.fromEntries(entries)),
    ),
  }));

  test('is read, and judged, without an exception', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(thing, { maxLength: 4 }), async (items) => {
        const rest = { request: async () => ({ items }) } as unknown as Rest;
        const inspect = inspector(rest, (call) => call('v1'));
        for (const kind of KINDS) {
          const reading = await inspect(kind);
          assert.equal(reading.state, 'found', kind);
          const annotated = ['notebooks', 'inferenceServices', 'workflows'].includes(kind);
          const first = valueOf(reading)?.[0];
          const change =
            kind === 'repositories'
              ? { repositories: first === undefined ? absent : found(first) }
              : { [kind]: reading };
          seenIn(right((annotated ? { annotated: reading } : change) as Partial<ProfileView>));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('Files in which live findings are shown', () => {
  const seen = ['KP-056', 'KP-055', 'KP-086'].map((id) => ({
    ...{ subject: 0, id: id as 'KP-056', message: `${CONTROL} of a name`, severity: 'error' as const },
  }));
  for (const [what, text] of Object.entries({
    BOMB,
    CYCLE,
    GIGANTIC,
    WIDE,
    DEEP,
    CONTROL,
    none: '',
    broken: 'kind: [',
  }))
    test(`${what}: places inside of the text, or none, and messages of one line`, () => {
      const indented = text.replaceAll(/^/gm, '  ');
      const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kfp-launcher, namespace: team-a }\n';
      for (const file of [
        text,
        `${map}data:\n${indented}`,
        `${map}data:\n  providers: |\n${text.replaceAll(/^/gm, '    ')}`,
      ]) {
        const subjects = subjectsIn({ path: 'a.yaml', text: file });
        for (const { finding } of placed(subjects, subjects.length > 0 ? seen : [], [])) {
          assert.ok(finding.start >= 0 && finding.start <= finding.end && finding.end <= file.length, finding.id);

          assert.doesNotMatch(finding.message, /[\u0000-\u001f\u202e]/);
        }
      }
    });
});

describe('The text of a report', () => {
  test('has nothing that a terminal obeys, whatever names and values say', () => {
    const view = right({
      profile: listed({ owner: { kind: 'User', name: CONTROL } }, { name: `team-a${CONTROL}` }),
      sharedWith: [CONTROL],
      role: found({
        name: 'x',
        arn: `arn:aws:iam::111122223333:role/${CONTROL}`,
        trustPolicy: CONTROL,
        tags: {},
        inline: [],
        attached: [],
      }),
    });
    const profiles = [judged(view, NOW, { outcome: 'verified', at: NOW, changed: true })];
    const report = doctorReport([{ cluster: CONTROL, region: 'us-west-2', profiles, note: CONTROL }], {
      ...{ at: new Date(NOW).toISOString(), selected: selection([], []), accepted: [] },
    });
    for (const style of ['full', 'short'] as const)
      assert.doesNotMatch(doctorText(report, style).text, /[\u0000-\u0009\u000b-\u001f\u0080-\u009f\u202e]/, style);
  });
});
