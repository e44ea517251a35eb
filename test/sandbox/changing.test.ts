/** What is changed of a role and of a profile, on real parts: IAM, EKS, Kubernetes and Kubeflow's profile controller of the sandbox. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CreatePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import type { Change, Ref } from '../../src/core/kinds.ts';
import { bareOf, settingsOf, type BareRole } from '../../src/core/observation.ts';
import { refOf, type Plan } from '../../src/core/plan/plan.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox();
  Object.assign(process.env, sandbox.env);
});
after(() => sandbox?.stop());

const REGION = 'us-west-2';
const ACCOUNT = 'arn:aws:iam::111122223333:root';
const planOf = (...changes: readonly Change[]): Plan => ({
  title: 't',
  needs: [],
  changes,
  proofs: [],
  warnings: [],
});

test('a role is made, changed, deleted and brought back with path, boundary, session length, description and tags', async () => {
  const aws = connectAws({ region: REGION });
  const outside = { aws, unique: randomUUID, sleep };
  const iam = new IAMClient({ region: REGION });
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'limits', PolicyDocument: document }));
  const boundary = Policy?.Arn ?? '';
  const name = 'team-settings';
  const service = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const wanted: BareRole = {
    arn: `arn:aws:iam::111122223333:role/teams/a/${name}`,
    name,
    trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement: [service] }),
    tags: { team: 'a', 'cost/center': '7' },
    boundary,
    description: 'Of team a',
    maxSession: 7200,
  };
  const live = async (): Promise<BareRole | undefined> => {
    const reading = await aws.bareRole(name);
    if (reading.state !== 'found') return undefined;
    const tags = Object.fromEntries(Object.entries(reading.value.tags).filter(([key]) => key !== 'kubeflow-irsa/run'));
    const role = { ...bareOf(reading.value), tags };
    return { ...role, trustPolicy: JSON.stringify(JSON.parse(role.trustPolicy)) };
  };
  const ref = refOf('iam/role', ACCOUNT, name);
  assert.ok((await carryOut(planOf({ ref, after: wanted }), outside)).ok);
  assert.deepEqual(await live(), wanted);

  const settings = settingsOf(wanted);
  assert.ok(settings);
  const tag = (key: string): Ref<'iam/role-tag'> => refOf('iam/role-tag', ACCOUNT, `${name}/${key}`);
  const changes: readonly Change[] = [
    { ref: refOf('iam/role-boundary', ACCOUNT, name), before: { arn: boundary } },
    {
      ref: refOf('iam/role-settings', ACCOUNT, name),
      before: settings,
      after: { maxSession: 43_200, description: '' },
    },
    { ref: tag('team'), before: { value: 'a' }, after: { value: 'b' } },
    { ref: tag('cost/center'), before: { value: '7' } },
    { ref: tag('owner'), after: { value: '' } },
  ];
  const journal = memoryJournal();
  const changed = await carryOut(planOf(...changes), outside, { journal });
  assert.ok(changed.ok, JSON.stringify(changed.rows));
  const { arn, trustPolicy } = wanted;
  assert.deepEqual(await live(), { arn, name, trustPolicy, maxSession: 43_200, tags: { owner: '', team: 'b' } });
  assert.ok((await undo(journal.entries(), outside)).ok);
  assert.deepEqual(await live(), wanted);

  const deleting = memoryJournal();
  assert.ok((await carryOut(planOf({ ref, before: wanted }), outside, { journal: deleting })).ok);
  assert.equal(await live(), undefined);
  assert.ok((await undo(deleting.entries(), outside)).ok);
  assert.deepEqual(await live(), wanted);
});
