// Why what was deleted does not go: each cause as the controller leaves it, without the controller's finalizer, and where the namespace stays.
// Kept in test/fixtures/told/stuck….
import { test } from 'node:test';
import type { Profile } from '../../src/core/observation.ts';
import { newProfile, touched } from '../../src/core/profile/manifest.ts';
import { causesOf, FINALIZER, type Going } from '../../src/core/profile/stuck.ts';
import { absent, denied, found } from '../../src/core/reading.ts';
import { TAG } from '../../src/core/tags.ts';
import { specFaults } from '../../src/core/modes/profile.ts';
import { asKept } from './told.ts';
import { ACCOUNT, arnOf } from './world.ts';

const profile = (spec: object = {}, finalizers: readonly string[] = [FINALIZER], annotateOnly = true): Profile => {
  const made = newProfile('team-a', 'a@example.com', arnOf('team-a'), annotateOnly);
  return {
    ...made,
    metadata: { ...made.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers },
    spec: { ...made.spec, ...spec },
  };
};
const plugin = (...all: readonly object[]): Profile => profile({ plugins: all });
const there = { name: 'team-a', owner: 'a@example.com', deleting: false };
const waiting = (...remaining: readonly string[]): Partial<Going> => ({
  namespace: { ...there, deleting: true, remaining },
});
const binding = (name: string, role: string) => ({
  bindings: [{ namespace: 'team-a', name, user: '', role: '', roleRef: { kind: 'ClusterRole', name: role } }] as never,
});
const aws = { kind: 'AwsIamForServiceAccount' };
const runs = { namespace: 'kubeflow', name: 'profiles-deployment', image: 'x' };

const CASES: Readonly<Record<string, Partial<Going>>> = {
  'nothing is wrong': { profile: profile() },
  'no Profile': {},
  'a namespace of the owner': { profile: profile(), namespace: there },
  'a namespace of another': { profile: profile(), namespace: { ...there, owner: 'b@example.com' } },
  'a namespace of nobody': { profile: profile(), namespace: { name: 'team-a', deleting: false } },
  'a namespace of another that goes': { profile: profile(), namespace: { ...there, owner: 'b', deleting: true } },
  'a namespace of an empty name': { profile: profile(), namespace: { ...there, owner: '' } },
  'a Profile of an empty name': { profile: profile({ owner: { kind: 'User', name: '' } }), namespace: there },
  'a Profile of nobody': { profile: profile({ owner: undefined }), namespace: there },
  'a plugin without a role': { profile: plugin({ ...aws, spec: { annotateOnly: true } }) },
  'a plugin without a role, which was judged': {
    profile: plugin({ ...aws, spec: {} }),
    faults: [
      { part: 'owner', message: 'KP-010: x' },
      { part: 'plugin', message: 'KP-003: y' },
    ],
  },
  'no plugin': { profile: plugin() },
  'a plugin of Google': { profile: plugin({ kind: 'WorkloadIdentity', spec: {} }) },
  'a plugin of Google beside ours': {
    profile: plugin({ ...aws, spec: { awsIamRole: arnOf('a'), annotateOnly: true } }, { kind: 'WorkloadIdentity' }),
  },
  'its role is gone': { profile: profile({}, [FINALIZER], false), role: absent },
  'its role is there': { profile: profile({}, [FINALIZER], false), role: found({}) },
  'its role may not be read': { profile: profile({}, [FINALIZER], false), role: denied('iam:GetRole', 'No.') },
  'its role was not read': { profile: profile({}, [FINALIZER], false) },
  'its role is gone, and annotateOnly': { profile: profile(), role: absent },
  'its role is of another account': {
    profile: plugin({ ...aws, spec: { awsIamRole: arnOf('a').replace(ACCOUNT, '444455556666'), annotateOnly: false } }),
    role: absent,
  },
  'its role is none': { profile: plugin({ ...aws, spec: { awsIamRole: 'x', annotateOnly: false } }) },
  'a wrong owner': { profile: profile(), faults: [{ part: 'owner', message: 'KP-010: x' }] },
  'a wrong quota': { profile: profile(), faults: [{ part: 'quota', message: 'KP-016: x' }] },
  'a binding that is right': { profile: profile(), ...binding('default-editor', 'kubeflow-edit') },
  'a binding that is not': { profile: profile(), ...binding('default-editor', 'kubeflow-view') },
  'a binding for viewers that is not': { profile: profile(), ...binding('default-viewer', 'x') },
  'a binding of somebody': { profile: profile(), ...binding('mine', 'x') },
  'the controller runs': { profile: profile(), controller: found(runs) },
  'the controller is stopped': { profile: profile(), controller: found({ ...runs, stopped: true }) },
  'the controller is stopped elsewhere': {
    profile: profile(),
    controller: found({ ...runs, namespace: 'profiles-system', stopped: true }),
  },
  'no controller': { profile: profile(), controller: absent },
  'a controller that may not be read': { profile: profile(), controller: denied('get deployments', 'No.') },
  'a finalizer of another': { profile: profile({}, [FINALIZER, 'x/y', 'z']) },
  'finalizers of the garbage collector': { profile: profile({}, [FINALIZER, 'foregroundDeletion', 'orphan']) },
  'a namespace that waits for nothing': waiting(),
  'a namespace that does not go': {
    namespace: { ...there, remaining: ['finalizers remaining: x in 1 resource instances'] },
  },
  'a dead API': waiting(
    'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale',
  ),
  'a dead API of which nothing is said': waiting('discovery failed'),
  'a dead API that is known': {
    ...waiting('discovery failed'),
    deadApis: [{ name: 'v1beta1.metrics.k8s.io', service: 'kube-system/metrics' }, { name: 'v1.x' }],
  },
  'a dead API without a service': { ...waiting('discovery failed'), deadApis: [{ name: 'v1.x' }] },
  'a webhook': waiting('failed calling webhook "a.b.c": failed to call webhook'),
  'a webhook without an endpoint': waiting('failed calling webhook "a.b.c": no endpoints available for service "d"'),
  'finalizers of what is in it': waiting(
    'Some content in the namespace has finalizers remaining: a/b in 2 resource instances.',
  ),
  'what is in it': waiting(
    'Some resources are remaining: pods. has 2 resource instances, persistentvolumeclaims. has 1 resource instances',
  ),
  'what is in it, without kinds': waiting('Some resources are remaining: things'),
  'what cannot be deleted': waiting('Failed to delete all resource types, 1 remaining: pods is forbidden.'),
  'what cannot be deleted for a webhook': waiting(
    'Failed to delete all resource types, 1 remaining: failed calling webhook "a": x',
  ),
  'two of these': waiting('x', 'finalizers remaining: a in 1 resource instances', 'discovery failed'),
};

test('why it does not go', () =>
  asKept('stuck', [
    ...Object.entries(CASES).flatMap(([what, its]) =>
      [true, false].flatMap((held) => {
        const { profile: of } = its;
        const finalizers = of?.metadata.finalizers?.filter((one) => one !== FINALIZER) ?? [];
        if (!held && of === undefined) return [];
        const going =
          held || of === undefined ? its : { ...its, profile: { ...of, metadata: { ...of.metadata, finalizers } } };
        return [
          `# ${what}${held ? '' : ', and the controller has let it go'}`,
          ...causesOf({ account: ACCOUNT, ...going }).map(
            ({ id, remedy, says, way }) => `${id} (${remedy}): ${says} ${way}`,
          ),
        ];
      }),
    ),
    // A Profile that is touched says how often.
    ...[undefined, '', '0', '1', '9', 'x', '1.5', '-1', '9007199254740991', '9007199254740992', '1e3'].map((times) => {
      const its = newProfile('team-a', 'a@example.com', arnOf('team-a'), true);
      const annotations = { mine: 'x', ...(times === undefined ? {} : { [TAG.touched]: times }) };
      const { metadata } = touched({ ...its, metadata: { ...its.metadata, annotations } });
      return `touched ${times ?? 'never'}: ${JSON.stringify(metadata.annotations)}`;
    }),
  ]));

// What of its manifest stops the controller, by the rule that sees it: told with the part that must be put right.
const ROLE = arnOf('team-a');
const MANIFESTS: Readonly<Record<string, Profile>> = {
  'nothing is wrong': profile(),
  'a plugin without a role': plugin({ ...aws, spec: { annotateOnly: true } }),
  'a setting of a wrong type': plugin({ ...aws, spec: { awsIamRole: ROLE, annotateOnly: 'true' } }),
  'the plugin twice': plugin(
    { ...aws, spec: { awsIamRole: ROLE, annotateOnly: true } },
    { ...aws, spec: { awsIamRole: `${ROLE}-b`, annotateOnly: true } },
  ),
  'a plugin in another case': plugin({ kind: 'AWSIamForServiceAccount', spec: { awsIamRole: ROLE } }),
  'an owner that is none': profile({ owner: { kind: 'User', name: '' } }),
  'an owner of no kind that there is': profile({ owner: { kind: 'user', name: 'a@example.com' } }),
  'a quota that there is not': profile({ resourceQuotaSpec: { hard: { widgets: '1' } } }),
  'a quota on which pods must name their own': profile({ resourceQuotaSpec: { hard: { cpu: '1' } } }),
  'a quota that limits nothing': profile({ resourceQuotaSpec: { hard: { 'nvidia.com/gpu': '1' } } }),
};
test('what of a Profile stops the controller', () =>
  asKept(
    'stuck-by-its-manifest',
    Object.entries(MANIFESTS).flatMap(([what, its]) => [
      `# ${what}`,
      ...specFaults(its).map(({ part, message }) => `${part}: ${message}`),
    ]),
  ));
