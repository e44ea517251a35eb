// What the doctor says that a plan mends is mended by it, and of all else it is not said: judged, planned, judged again as the plan leaves the world.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { parse } from '../../src/core/document/parse.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import type { FailureModeId } from '../../src/core/modes/ids.ts';
import { right, role } from '../../src/core/modes/samples.ts';
import { roleArnOf, type ProfileView } from '../../src/core/modes/view.ts';
import { ROLE_ARN } from '../../src/core/arn/arn.ts';
import { defaultRoleName, ownRoleName } from '../../src/core/arn/names.ts';
import { accountArn, blockers, bucketRef, refOf, CONSENTS } from '../../src/core/plan/plan.ts';
import { NOT_READ } from '../../src/core/facts.ts';
import { encryptionRef } from '../../src/core/plan/bucket.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { chooseRole } from '../../src/core/plan/role.ts';
import { toJson } from '../../src/core/policy/model.ts';
import { absent, failed, found, valueOf } from '../../src/core/reading.ts';
import { allExamples } from '../fixtures/examples.ts';
import { factsFrom, requestFor } from './world.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const BUCKET_NAME = 'artifacts';

/** A view for each example: of a file it is what a profile has whose Profile or policy is that of the file. */
const views = (await allExamples()).flatMap((one): { name: string; view: ProfileView }[] => {
  if (!('text' in one)) return [{ name: one.name, view: right(one.change) }];
  const { kind, text, name } = one;
  // IAM takes no such trust policy, so that none is live.
  if (name === 'Resource in a trust policy') return [];
  if (kind === 'trust') return [{ name, view: right({ role: found(role({ trustPolicy: text })) }) }];
  if (kind === 'permissions')
    return ['kf-pipeline-s3', 'theirs'].map((policy) => ({
      name: `${name}, in ${policy}`,
      view: right({ role: found(role({ inline: [{ name: policy, text }] })) }),
    }));
  return parse(text, 'yaml').documents.flatMap(({ root }) => {
    const data = root && (toJson(root) as ProfileView['profile'] | undefined);
    return data?.kind === 'Profile' && data.metadata.name === 'team-a'
      ? [{ name, view: right({ profile: { ...right().profile, ...data } }) }]
      : [];
  });
});

/** Names of roles that a plan may look at: that of the profile, and those that it would make. */
const roleNames = (view: ProfileView): readonly string[] => {
  const arn = ROLE_ARN.exec(roleArnOf(view) ?? '')?.groups?.['name'];
  const { name } = view.cluster;
  return [...(arn === undefined ? [] : [arn]), defaultRoleName('team-a', name), ownRoleName('team-a', name)];
};

/** The view as the plan of its repair leaves it, with what others do then, or without; why there is none otherwise. */
function repaired(view: ProfileView, others = true): ProfileView | string {
  const { cluster } = view;
  const bucketName = Object.keys(view.buckets ?? {})[0] ?? BUCKET_NAME;
  const its = view.buckets?.[bucketName];
  const roles = Object.fromEntries(roleNames(view).map((name) => [name, absent as typeof view.role & object]));
  const own = ROLE_ARN.exec(roleArnOf(view) ?? '')?.groups?.['name'];
  // The role of the samples is there, whoever names it.
  if (own !== 'team-a') roles['team-a'] = found(role());
  if (own !== undefined && view.role !== undefined) roles[own] = view.role;
  const annotation = valueOf(view.controllerAccount ?? absent)?.annotations['eks.amazonaws.com/role-arn'] ?? '';
  const controllers = ROLE_ARN.exec(annotation)?.groups?.['name'];
  if (controllers !== undefined && view.controllerRole !== undefined) roles[controllers] = view.controllerRole;
  const shared = view.sharedWith.map((name) => ({ ...view.profile, metadata: { name } }));
  const readings: Parameters<typeof factsFrom>[1] = {
    caller: found({ account: cluster.account, arn: `arn:aws:iam::${cluster.account}:user/admin` }),
    cluster: found({ ...cluster, endpoint: 'https://127.0.0.1:1' }),
    api: found({ connection: 'test', profileVersions: ['v1'] }),
    bucket: its?.bucket ?? found({ name: BUCKET_NAME, region: cluster.region, accessible: true }),
    bucketName,
    encryption: its?.encryption ?? absent,
    ...(its?.key === undefined ? {} : { key: [valueOf(its.encryption)?.key ?? '', its.key] as const }),
    provider: view.provider ?? failed(''),
    roles,
    profile: found(view.profile),
    namespace: view.namespace,
    serviceAccount: view.serviceAccount,
    configMaps: {
      'kfp-launcher': view.launcher,
      ...(view.repositories && { 'artifact-repositories': view.repositories }),
    },
    pipelines: view.pipelines?.state === 'found' ? found(view.pipelines.value.image) : absent,
    controller: {
      image: found(valueOf(view.controller ?? absent)?.image ?? 'profile-controller:v1.10.0'),
      account: view.controllerAccount ?? absent,
      role: view.controllerRole ?? absent,
    },
    namers: failed('it was not read', NOT_READ),
  };
  const owner = view.profile.spec?.owner?.name ?? 'user@example.com';
  const wish = requestFor('team-a', { cluster: cluster.name, owner, bucket: bucketName });
  // Who else names a role is asked for where it is theirs, too, as provisioning/look.ts does.
  const alone = factsFrom('team-a', readings);
  const { issuer } = cluster;
  const asked = issuer !== undefined && 'profiles' in chooseRole(wish, alone, { ...cluster, issuer });
  const names = ['team-a', ...shared.map(({ metadata }) => metadata.name)];
  const namers = found(new Map(own === undefined ? [] : [[roleArnOf(view) ?? '', names]]));
  const facts = asked ? factsFrom('team-a', { ...readings, namers }) : alone;
  let plan = planProfile(wish, facts);
  // What a click in the review agrees to.
  for (let clicks = 0; clicks < 4; clicks++) {
    const consent = blockers(plan).flatMap(({ consent: one }) => one ?? [])[0];
    if (consent === undefined || !Object.hasOwn(CONSENTS, consent)) break;
    Object.assign(wish, CONSENTS[consent as keyof typeof CONSENTS]);
    plan = planProfile(wish, facts);
  }
  const [blocker] = blockers(plan);
  if (blocker !== undefined) return `${blocker.title}: ${blocker.reason ?? ''}`;
  const after = facts.after({ changes: plan.changes.filter(({ by }) => others || by === undefined) });
  const profile = valueOf(after.get(refOf('k8s/profile', cluster.arn, 'team-a')));
  const account = after.get(refOf('k8s/service-account', cluster.arn, 'team-a/default-editor'));
  const { malformed } = view.profile;
  const next: ProfileView = {
    ...view,
    provider: after.get(
      refOf(
        'iam/provider',
        accountArn(cluster),
        `arn:aws:iam::${cluster.account}:oidc-provider/${(cluster.issuer ?? '').replace('https://', '')}`,
      ),
    ),
    profile: {
      created: view.profile.created ?? '2026-01-01T00:00:00Z',
      finalizers: [],
      ...profile,
      // What was written anew has the shape of one.
      ...(malformed !== undefined && isDeepStrictEqual(profile?.spec, view.profile.spec) ? { malformed } : {}),
    } as ProfileView['profile'],
    namespace: after.get(refOf('k8s/namespace', cluster.arn, 'team-a')),
    serviceAccount: account,
    launcher: after.get(refOf('k8s/config-map', cluster.arn, 'team-a/kfp-launcher')),
    repositories: after.get(refOf('k8s/config-map', cluster.arn, 'team-a/artifact-repositories')),
  };
  // Of a bucket that was chosen anew, all is right.
  const bucket = {
    policy: absent,
    ...its,
    bucket: after.get(bucketRef(bucketName)),
    encryption: after.get(encryptionRef(bucketName)),
  };
  const arn = roleArnOf(next) ?? '';
  const name = ROLE_ARN.exec(arn)?.groups?.['name'] ?? '';
  return {
    ...next,
    ...(view.buckets === undefined ? {} : { buckets: { ...view.buckets, [bucketName]: bucket } }),
    role: after.role(refOf('iam/role', accountArn(cluster), name)),
    sharedWith: arn === roleArnOf(view) ? view.sharedWith : [],
  };
}

const seen = (view: ProfileView): readonly { id: FailureModeId; remedy?: string }[] => {
  const { problems, remarks } = judgeProfile(view, undefined, NOW);
  return [...problems, ...remarks];
};

const isMended = ({ remedy }: { remedy?: string }): boolean => remedy === 'repair' || remedy === 'associateProvider';

describe('a finding that a plan mends is gone after it', () => {
  for (const { name, view } of views) {
    const mended = seen(view).filter(isMended);
    if (mended.length === 0) continue;
    test(`${name}: ${[...new Set(mended.map(({ id }) => id))].join(', ')}`, () => {
      const after = repaired(view);
      assert.ok(typeof after !== 'string', typeof after === 'string' ? `the plan is blocked: ${after}` : '');
      const left = new Set(seen(after).map(({ id }) => id));
      assert.deepEqual(
        mended.map(({ id }) => id).filter((id) => left.has(id)),
        [],
      );
    });
  }
});

/** What a plan would end all the same, and why it is not offered for it. */
const NOT_OFFERED: Readonly<Partial<Record<FailureModeId, string>>> = {
  'KP-038': 'IAM refuses one more provider: the quota is used up.',
};

test('a finding that no plan mends is there after it', () => {
  const gone = views.flatMap(({ name, view }) => {
    const open = seen(view).filter((one) => !isMended(one) && NOT_OFFERED[one.id] === undefined);
    // What the controller only finishes counts for nobody: it has failed before.
    const after = open.length === 0 ? '' : repaired(view, false);
    const left = typeof after === 'string' ? undefined : new Set(seen(after).map(({ id }) => id));
    return left === undefined ? [] : open.filter(({ id }) => !left.has(id)).map(({ id }) => `${id}: ${name}`);
  });
  assert.deepEqual(gone, []);
});
