/** The plan of "Associate OIDC Provider", as a person reviews it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { OidcProvider } from '../../src/core/observation.ts';
import { blockers, isDone } from '../../src/core/plan/plan.ts';
import { planProvider } from '../../src/core/plan/provider.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { lookAtProvider } from '../../src/provisioning/look.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { createStore } from '../../src/provisioning/store.ts';
import { AUDIENCE, cluster, ISSUER, PROVIDER, world } from './world.ts';

async function planned(provider?: Partial<OidcProvider>) {
  const here = world();
  if (provider !== undefined) here.providers.set(PROVIDER, { arn: PROVIDER, clientIds: [], tags: {}, ...provider });
  const plan = planProvider(cluster, await lookAtProvider(cluster, here.aws, createStore()));
  return { here, plan, review: reviewText(plan) };
}

test('a provider that is not there: the review shows its issuer, audience, tags and what IAM does itself', async () => {
  const { here, plan, review } = await planned();
  for (const part of [
    /1 to create\. Nothing has been changed yet/,
    new RegExp(`Account 111122223333, issuer ${ISSUER}, audience ${AUDIENCE}`),
    /"Url": "https:\/\/oidc\.eks/,
    /"ClientIDList": \[\s*"sts\.amazonaws\.com"/,
    /"kubeflow-irsa\/cluster": "arn:aws:eks:us-west-2:111122223333:cluster\/dev"/,
    /No role is changed, and nobody gets in by this alone/,
    /No thumbprint is sent: IAM looks for it itself/,
    /iam:CreateOpenIDConnectProvider, iam:GetOpenIDConnectProvider, iam:TagOpenIDConnectProvider/,
  ])
    assert.match(review, part);
  assert.ok((await carryOut(plan, here.outside())).ok);
  assert.deepEqual(here.providers.get(PROVIDER)?.clientIds, [AUDIENCE]);
});

test('one with another audience gets the right one, and the other stays', async () => {
  const { here, plan, review } = await planned({ clientIds: ['kubeflow'] });
  assert.match(review, /1 to change/);
  assert.match(review, /\+ +"sts\.amazonaws\.com"/);
  assert.match(review, /Its other audiences stay: kubeflow\./);
  assert.doesNotMatch(review, /thumbprint/);
  assert.ok((await carryOut(plan, here.outside())).ok);
  assert.deepEqual(here.providers.get(PROVIDER)?.clientIds, ['kubeflow', AUDIENCE]);
});

test('one of a tool that would take the audience out again is left to it', async () => {
  const { review } = await planned({ clientIds: ['x'], tags: { 'services.k8s.aws/namespace': 'infra' } });
  assert.match(review, /is managed by ACK .*would take a change back/);
});

test('of other audiences nothing is said where there are none, or where nothing changes', async () => {
  for (const clientIds of [[], [AUDIENCE, 'kubeflow']])
    assert.doesNotMatch((await planned({ clientIds })).review, /other audiences/);
});

test('one that is as wanted is left alone, and one that may not be read blocks', async () => {
  const { plan, review } = await planned({ clientIds: [AUDIENCE], tags: { 'crossplane-name': 'x' } });
  assert.ok(isDone(plan));
  assert.doesNotMatch(review, /Crossplane/);
  const here = world();
  here.onCall = (call) => (call === 'iam:GetOpenIDConnectProvider' ? 'refuse' : undefined);
  const unread = planProvider(cluster, await lookAtProvider(cluster, here.aws, createStore()));
  assert.equal(blockers(unread).length, 1);
});
