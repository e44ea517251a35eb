/**
 * Calls go wrong by name in the sandbox, each in its service's words; and a sample of the fault matrix and of races, all of which
 * `npm run faults` tries.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { Fault } from '../../sandbox/faults.ts';
import { call, type Answer } from '../../sandbox/sigv4.ts';
import type { FaultName } from '../faults/faultNames.ts';
import { attemptAll, prepare, record, type Cell, type End } from '../faults/matrix.ts';
import { pairName, planRow, RACES } from '../faults/plans.ts';
import { race, serial } from '../faults/races.ts';
import { openWorld, REGION, type World } from '../faults/worlds.ts';

let sandbox: Sandbox;
let at: World;
before(async () => {
  sandbox = await startSandbox();
  await prepare(sandbox);
  at = await openWorld(sandbox, 'words', { cluster: 'kubeflow-dev', region: REGION });
});
after(async () => {
  at?.close();
  await sandbox?.stop();
});

describe('calls go wrong by name', () => {
  const iam = (Action: string): Promise<Answer> =>
    call(sandbox.endpoint, {
      service: 'iam',
      region: 'us-east-1',
      credentials: sandbox.credentials['sandbox-admin'],
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ Action, Version: '2010-05-08', RoleName: 'team-a-kubeflow-dev-role' }).toString(),
    });
  const code = ({ status, text }: Answer): string => `${status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? ''}`;

  test('AWS says it in the words of the service, the third time and not before', async () => {
    for (const [answer, said] of [
      ['error', '500 ServiceFailure'],
      ['throttled', '400 Throttling'],
      ['denied', '403 AccessDenied'],
    ] as const) {
      sandbox.control({ faults: [{ call: 'iam:GetRole', times: 1, after: 2, answer }] });
      const answers = [await iam('GetRole'), await iam('GetRole'), await iam('GetRole'), await iam('GetRole')];
      assert.deepEqual(answers.map(code), ['200 ', '200 ', said, '200 ']);
    }
  });

  /** What the API server says, as the product reads it. */
  const WORDS: readonly (readonly [Fault, RegExp])[] = [
    [{ call: 'get configmaps', times: 1, answer: 'error' }, /"failed".*Internal error occurred.*"InternalError"/],
    [{ call: 'get configmaps', times: 1, answer: 'throttled' }, /"failed".*Too many requests.*"TooManyRequests"/],
    [{ call: 'get configmaps', times: 1, answer: 'denied' }, /"denied".*configmaps \\"kfp-launcher\\" is forbidden/],
    [{ call: 'get configmaps', times: 1, connection: 'reset' }, /"failed".*broken off/],
    [{ call: 'get configmaps', times: 1, connection: 'lost' }, /"failed".*broken off/],
    [{ call: 'patch configmaps', times: 1, connection: 'reset' }, /"found"/],
  ];
  test('Kubernetes says it as an API server does', async () => {
    for (const [fault, said] of WORDS) {
      sandbox.control({ faults: [{ ...fault, of: at.of }] });
      assert.match(
        JSON.stringify(await at.kubernetes.configMap('team-a', 'kfp-launcher')),
        said,
        JSON.stringify(fault),
      );
    }
  });

  test('a lost answer is lost after the work, a call of somebody else is spared', async () => {
    const make = (name: string) => at.kubernetes.createConfigMap({ namespace: 'team-a', name, data: {} });
    const fault: Fault = { call: 'create configmaps', times: 9, connection: 'lost', of: at.of };
    sandbox.control({ faults: [{ ...fault, of: ['another'] }] });
    await make('spared');
    sandbox.control({ faults: [fault] });
    await assert.rejects(make('lost'), /broken off/);
    sandbox.control({ faults: [] });
    await assert.rejects(make('lost'), /already exists/);
  });

  test('a call that is held is done when it is released, before or after its work', async () => {
    for (const hold of ['before', 'after'] as const) {
      const name = `held-${hold}`;
      sandbox.control({ faults: [{ call: 'create configmaps', times: 1, hold, of: at.of }] });
      const made = at.kubernetes.createConfigMap({ namespace: 'team-a', name, data: {} });
      assert.equal(await sandbox.held(at.of), 'create configmaps');
      const there = await sandbox.clusters.kubeflowDev.kube.find(`/api/v1/namespaces/team-a/configmaps/${name}`);
      assert.equal(there !== undefined, hold === 'after');
      sandbox.release(at.of);
      await made;
    }
  });
});

/** A sample of the matrix: calls of plans that are worth a look at every change. */
const SAMPLE: Readonly<Record<string, readonly string[]>> = {
  create: ['iam:CreateRole', 'create profiles', 'patch configmaps'],
  'hand over': ['update namespaces'],
  'associate provider': ['iam:CreateOpenIDConnectProvider'],
};
const HOW: readonly (readonly [FaultName, End])[] = [
  ['500', 'undo'],
  ['lost', 'undo'],
  ['lost', 'resume'],
];
/** Real processes, ended at the first of the calls. */
const KILLED: readonly (readonly [FaultName, End])[] = [
  ['killed before', 'resume'],
  ['killed after', 'undo'],
];

describe('whatever befalls a call: Resume ends as undisturbed, Undo as before', () => {
  for (const [id, calls] of Object.entries(SAMPLE))
    test(id, async () => {
      const row = planRow(id);
      sandbox.control({ faults: [] });
      const recorded = await record(sandbox, row);
      for (const name of calls)
        assert.ok(
          recorded.calls.some((one) => one.name === name),
          `${name} is no call of it`,
        );
      const cells = calls.flatMap((name, index): readonly Cell[] =>
        [...HOW, ...(index === 0 ? KILLED : [])].map(([fault, end]) => ({ row, call: { name, nth: 1 }, fault, end })),
      );
      const wrong: string[] = [];
      await attemptAll(
        sandbox,
        cells,
        new Map([[id, recorded]]),
        4,
        () => true,
        ({ call: { name }, fault, end, wrong: why, met }) => {
          if (why !== undefined || !met) wrong.push(`${name}, ${fault}, ${end}: ${why ?? 'the call was not made'}`);
        },
      );
      assert.deepEqual(wrong, []);
    });
});

test('two runs at once end in one result', async () => {
  sandbox.control({ faults: [] });
  for (const pair of RACES.filter((one) =>
    ['create, twice', 'hand over, hand over to somebody else'].includes(pairName(one)),
  )) {
    const ends = await serial(sandbox, pair);
    const wrong = await Promise.all(Array.from({ length: 3 }, () => race(sandbox, pair, ends)));
    assert.deepEqual(
      wrong.filter((one) => one !== undefined),
      [],
      pairName(pair),
    );
  }
});
