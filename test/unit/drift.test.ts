/** Drift: files that declare roles, providers and Profiles, against what is live. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { declaring } from '../../src/cli/drift.ts';
import { differences, driftFinding, type LiveThings } from '../../src/core/drift/compare.ts';
import { type Declared, declaredIn } from '../../src/core/drift/declared.ts';
import { declarations } from '../../src/core/drift/files.ts';
import { declaredInTerraform } from '../../src/core/terraform/declared.ts';
import type { OidcProvider, Profile, Role } from '../../src/core/observation.ts';
import { issuerPath } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, found, type Reading } from '../../src/core/reading.ts';
import { TAG } from '../../src/core/tags.ts';
import { prepare } from '../../src/export/prepare.ts';
import { TARGETS, type Target } from '../../src/export/targets.ts';
import { ofKind } from '../../src/export/things.ts';
import { lookAtDeclared } from '../../src/estate/declared.ts';
import { many } from '../fixtures/exported.ts';
import { arnOf, AUDIENCE, cluster, ISSUER, policyFor, PROVIDER, trustFor } from './world.ts';

const POLICY = 'kf-pipeline-s3';
const BOUNDARY = 'arn:aws:iam::111122223333:policy/edge';
const role = (change: Partial<Role> = {}): Role => ({
  arn: arnOf('team-x'),
  name: 'team-x',
  trustPolicy: trustFor('team-x'),
  tags: { team: 'x', 'aws:cloudformation:stack-name': 'ml' },
  boundary: BOUNDARY,
  maxSession: 7200,
  inline: [{ name: POLICY, text: policyFor('team-x') }],
  attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  ...change,
});
const profile = (owner = 'x@example.com', annotateOnly = true): Profile =>
  newProfile('team-x', owner, arnOf('team-x'), annotateOnly);
const provider: OidcProvider = { arn: PROVIDER, clientIds: [AUDIENCE] };

interface Live {
  readonly role?: Reading<Role>;
  readonly profile?: Reading<Profile>;
  readonly provider?: Reading<OidcProvider>;
}
const things = ({
  role: its = found(role()),
  profile: one = found(profile()),
  provider: oidc = found(provider),
}: Live): LiveThings => ({
  role: (name) => (name === 'team-x' ? its : undefined),
  profile: (name) => (name === 'team-x' ? one : undefined),
  provider: (issuer) => (issuer === issuerPath(ISSUER) ? oidc : undefined),
});
const drift = (text: string, live: Live = {}, path = 'a.yaml') =>
  differences(declaredIn([{ path, text }]).declared, things(live), { missing: true });
const said = (text: string, live: Live = {}) =>
  drift(text, live).map((one) => `${one.thing}: ${one.what}: ${one.declared} | ${one.live}`);

const indented = (text: string, by: number): string => text.split('\n').join(`\n${' '.repeat(by)}`);
const json = (text: string): string => JSON.stringify(JSON.parse(text));

/** The same role in each format. */
const ROLES: Readonly<Record<string, string>> = {
  'a CloudFormation template in YAML': `AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: team-x
      AssumeRolePolicyDocument: ${json(trustFor('team-x'))}
      MaxSessionDuration: 7200
      PermissionsBoundary: ${BOUNDARY}
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]
      Policies:
        - PolicyName: ${POLICY}
          PolicyDocument: ${json(policyFor('team-x'))}
      Tags: [{ Key: team, Value: x }]
`,
  'a CloudFormation template in JSON': JSON.stringify({
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: 'team-x',
          AssumeRolePolicyDocument: JSON.parse(trustFor('team-x')) as unknown,
          MaxSessionDuration: 7200,
          PermissionsBoundary: BOUNDARY,
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
          Policies: [{ PolicyName: POLICY, PolicyDocument: JSON.parse(policyFor('team-x')) as unknown }],
          Tags: [{ Key: 'team', Value: 'x' }],
        },
      },
    },
  }),
  'a Role of ACK': `apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata: { name: x, namespace: ack }
spec:
  name: team-x
  maxSessionDuration: 7200
  permissionsBoundary: ${BOUNDARY}
  policies: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]
  tags: [{ key: team, value: x }]
  assumeRolePolicyDocument: |-
    ${indented(trustFor('team-x'), 4)}
  inlinePolicies:
    ${POLICY}: |-
      ${indented(policyFor('team-x'), 6)}
`,
  'a Role of Crossplane': `apiVersion: iam.aws.upbound.io/v1beta1
kind: Role
metadata:
  name: x
  annotations: { crossplane.io/external-name: team-x }
spec:
  forProvider:
    maxSessionDuration: 7200
    permissionsBoundary: ${BOUNDARY}
    managedPolicyArns: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]
    tags: { team: x }
    assumeRolePolicy: |-
      ${indented(trustFor('team-x'), 6)}
    inlinePolicy:
      - name: ${POLICY}
        policy: |-
          ${indented(policyFor('team-x'), 10)}
`,
};

/** What somebody changed, and the sides that are told. */
const CHANGES: readonly (readonly [what: string, change: Partial<Role>, told: RegExp])[] = [
  ['another subject', { trustPolicy: trustFor('team-y') }, /its trust policy: \{.*team-x.* \| \{.*team-y/],
  ['a policy by hand', { inline: [{ name: POLICY, text: policyFor('team-y') }] }, /its inline policy kf-pipeline-s3: /],
  ['no policy any more', { inline: [] }, /its inline policy kf-pipeline-s3: .* \| none$/],
  [
    'one more policy',
    { inline: [...role().inline, { name: 'extra', text: policyFor('team-x') }] },
    /its inline policy extra: none \| \{/,
  ],
  [
    'no managed policy',
    { attached: [] },
    /its managed policies: arn:aws:iam::aws:policy\/AmazonS3ReadOnlyAccess \| none$/,
  ],
  [
    'another boundary',
    { boundary: 'arn:aws:iam::111122223333:policy/other' },
    /its permissions boundary: .*edge \| .*other$/,
  ],
  ['other sessions', { maxSession: 3600 }, /its longest session: 7200 \| 3600$/],
  ['another tag', { tags: { team: 'y' } }, /its tag team: x \| y$/],
];

describe('a role against the file that declares it', () => {
  for (const [format, text] of Object.entries(ROLES)) {
    test(`${format}: the same means no drift`, () => assert.deepEqual(said(text), []));
    for (const [what, change, told] of CHANGES)
      test(`${format}: ${what}`, () => {
        const all = said(text, { role: found(role(change)) });
        assert.equal(all.length, 1, all.join('\n'));
        assert.match(all[0] ?? '', told);
        assert.match(all[0] ?? '', /^IAM role team-x: /);
      });
    test(`${format}: a role that is gone`, () =>
      assert.deepEqual(said(text, { role: absent }), ['IAM role team-x: it: is there | does not exist']));
    test(`${format}: what may not be read is no drift`, () => {
      assert.deepEqual(said(text, { role: denied('iam:GetRole', '') }), []);
      const partly = role({
        inline: [],
        attached: [],
        unread: ['iam:ListRolePolicies', 'iam:ListAttachedRolePolicies'],
      });
      assert.deepEqual(said(text, { role: found(partly) }), []);
    });
    test(`${format}: another spelling of a policy is the same`, () => {
      const spelt = JSON.stringify(JSON.parse(policyFor('team-x')), undefined, 7).replace(
        '"Version"',
        '"Id":"a","Version"',
      );
      assert.deepEqual(said(text, { role: found(role({ inline: [{ name: POLICY, text: spelt }] })) }), []);
    });
  }
});

const PROFILE = `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-x
  labels: { team: x }
spec:
  owner: { kind: User, name: x@example.com }
  plugins:
    - kind: AwsIamForServiceAccount
      spec: { awsIamRole: "${arnOf('team-x')}", annotateOnly: true }
`;
const OIDC = {
  cloudformation: `Resources: { P: { Type: AWS::IAM::OIDCProvider, Properties: { Url: "${ISSUER}", ClientIdList: [sts.amazonaws.com] } } }`,
  ack: `apiVersion: iam.services.k8s.aws/v1alpha1
kind: OpenIDConnectProvider
metadata: { name: p }
spec: { url: "${ISSUER}", clientIDs: [sts.amazonaws.com] }`,
  crossplane: `apiVersion: iam.aws.upbound.io/v1beta1
kind: OpenIDConnectProvider
metadata: { name: p }
spec: { forProvider: { url: "${ISSUER}", clientIdList: [sts.amazonaws.com] } }`,
};

test('a Profile against its manifest: owner and plugins, and neither what the controller adds nor what only lives in the file', () => {
  assert.deepEqual(said(PROFILE), []);
  const quota = { ...profile(), spec: { ...profile().spec, resourceQuotaSpec: {} } };
  assert.deepEqual(said(PROFILE, { profile: found(quota) }), []);
  assert.deepEqual(said(PROFILE, { profile: found(profile('y@example.com')) }), [
    'Profile team-x: its owner: x@example.com | y@example.com',
  ]);
  assert.match(
    said(PROFILE, { profile: found(profile('x@example.com', false)) }).join(),
    /its plugins: .*"annotateOnly":true.* \| .*"annotateOnly":false/,
  );
  const limited = { ...quota.spec, resourceQuotaSpec: { hard: { cpu: '2' } } };
  assert.match(said(PROFILE, { profile: found({ ...profile(), spec: limited }) }).join(), /its quota: \{\} \| /);
});

for (const [tool, text] of Object.entries(OIDC))
  test(`a provider against its file: ${tool}`, () => {
    assert.deepEqual(said(text), []);
    const [one] = drift(text, { provider: found({ ...provider, clientIds: [] }) });
    assert.deepEqual(
      [one?.what, one?.declared, one?.live, one?.tool],
      ['its audiences', 'sts.amazonaws.com', 'none', tool],
    );
  });

/** What is not known here is not compared. */
const OPEN: readonly (readonly [what: string, text: string])[] = [
  [
    'a policy with !Sub',
    ROLES['a CloudFormation template in YAML']?.replace(
      /AssumeRolePolicyDocument: .*/,
      "AssumeRolePolicyDocument: !Sub '${X}'",
    ) ?? '',
  ],
  [
    'a list with Fn::If',
    ROLES['a CloudFormation template in YAML']?.replace(
      /ManagedPolicyArns: .*/,
      'ManagedPolicyArns: { Fn::If: [a, [b], [c]] }',
    ) ?? '',
  ],
  [
    'a policy of its own in the template',
    `${(ROLES['a CloudFormation template in YAML'] ?? '').replace(/      Policies:\n.*\n.*\n/, '')}  More:
    Type: AWS::IAM::Policy
    Properties: { PolicyName: ${POLICY}, Roles: [!Ref Role], PolicyDocument: ${json(policyFor('team-x'))} }
`,
  ],
  [
    'a patch of a Profile',
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [] }\n',
  ],
];
for (const [what, text] of OPEN) test(`not compared: ${what}`, () => assert.deepEqual(said(text), []));

test('a role without a name and a template of Helm are said to be left out', () => {
  const unnamed = (ROLES['a CloudFormation template in YAML'] ?? '').replace('RoleName: team-x', 'Path: /');
  const helm = PROFILE.replace('name: team-x', 'name: {{ .Values.name }}');
  const { declared, skipped } = declaredIn([
    { path: 'a.yaml', text: unnamed },
    { path: 'b.yaml', text: helm },
  ]);
  assert.deepEqual(declared, []);
  assert.deepEqual(
    skipped.map(({ file }) => file),
    ['a.yaml', 'b.yaml'],
  );
});

test("a policy object beside its role counts as the role's", () => {
  const text = ROLES['a Role of Crossplane'] ?? '';
  const policy = `---
apiVersion: iam.aws.upbound.io/v1beta1
kind: RolePolicy
metadata: { name: "more", annotations: { crossplane.io/external-name: "team-x:more" } }
spec: { forProvider: { role: team-x, policy: '${json(policyFor('team-x'))}' } }
`;
  const more = found(role({ inline: [...role().inline, { name: 'more', text: policyFor('team-x') }] }));
  assert.deepEqual(said(text + policy, { role: more }), []);
  assert.equal(said(text, { role: more }).length, 1);
});

test('a finding underlines what differs, and tells both sides in one line', () => {
  const text = ROLES['a Role of ACK'] ?? '';
  const [one] = drift(text, { role: found(role({ maxSession: 3600 })) });
  assert.ok(one);
  const finding = driftFinding(one);
  assert.equal(text.slice(finding.start, finding.end), '7200');
  assert.equal(finding.id, 'KP-090');
  assert.match(
    finding.message,
    /IAM role team-x: its longest session is not as this file has it\. File: 7200\. Live: 3600\. ACK would set it back/,
  );
});

test('tags that are empty, or no tags at all, are read as none', () => {
  const text = ROLES['a CloudFormation template in YAML'] ?? '';
  const lines = (value: string): readonly string[] => said(text.replace('[{ Key: team, Value: x }]', value));
  for (const value of ['', '~', 'text', '[~, text]']) assert.deepEqual(lines(value), lines('[]'), value);
});

test('what a file or AWS holds stays text, and any text is read', () => {
  const evil = '](command:x)\u202e';
  const [one] = drift(ROLES['a Role of ACK'] ?? '', { role: found(role({ tags: { team: evil } })) });
  assert.ok(one);
  assert.doesNotMatch(driftFinding(one).message, /\]\(|\u202e/);
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(ROLES)), fc.nat(), fc.nat(40), (text, from, cut) => {
      const at = from % text.length;
      const broken = text.slice(0, at) + text.slice(at + cut);
      for (const { start, end } of drift(broken)) assert.ok(start >= 0 && end <= broken.length && start <= end);
    }),
  );
});

test('of many roles one listing is read, and Profiles only where a file has one', async () => {
  const many = Array.from({ length: 40 }, (_, index) =>
    (ROLES['a Role of ACK'] ?? '').replaceAll('team-x', `team-${index}`),
  ).join('---\n');
  const { declared } = declaredIn([{ path: 'a.yaml', text: many }]);
  assert.equal(declared.length, 40);
  const calls: string[] = [];
  const live = await lookAtDeclared(
    declared,
    cluster,
    {
      role: async (name) => (calls.push(`role ${name}`), absent),
      rolesPage: async () => (calls.push('page'), found({ roles: declared.map(({ name }) => role({ name })) })),
      oidcProvider: async () => (calls.push('provider'), absent),
    },
    () => Promise.reject(new Error('nobody asked for a cluster')),
  );
  assert.deepEqual(calls, ['page']);
  assert.equal(live.role('team-7')?.state, 'found');
});

/** Exports that are files of the formats that are read. */
const EXPORTS: readonly Target[] = TARGETS.filter(({ id }) =>
  ['ack', 'crossplane', 'kustomize', 'cloudformation', 'terraform'].includes(id),
);
for (const target of EXPORTS)
  test(`an export is read back without a difference, and with one where a role was changed: ${target.id}`, async () => {
    const exported = many(3);
    const prepared = await prepare(target, [exported]);
    assert.ok('output' in prepared, JSON.stringify(prepared));
    const { declared } = declaredIn(prepared.output.files, declaredInTerraform);
    const roles = new Map(
      ofKind(exported.things, 'iam/role').map(({ ref, value }): [string, Role] => [
        ref.key,
        {
          ...value,
          inline: ofKind(exported.things, 'iam/role-policy')
            .filter((one) => one.ref.key.startsWith(`${ref.key}/`))
            .map((one) => ({ name: one.ref.key.slice(ref.key.length + 1), text: one.value.text })),
          attached: [],
          tags: { ...value.tags, ...(target.keeper === undefined ? {} : { [TAG.keeper]: target.keeper }) },
        },
      ]),
    );
    const profiles = new Map(ofKind(exported.things, 'k8s/profile').map(({ ref, value }) => [ref.key, value]));
    const [oidc] = ofKind(exported.things, 'iam/provider');
    const live = (change: Partial<Role> = {}): LiveThings => ({
      role: (name) => {
        const its = roles.get(name);
        return its === undefined ? absent : found({ ...its, ...change });
      },
      profile: (name) => {
        const its = profiles.get(name);
        return its === undefined ? absent : found(its);
      },
      provider: () => (oidc === undefined ? absent : found(oidc.value)),
    });
    assert.deepEqual(differences(declared, live(), { missing: true }), []);
    const kinds = declared.map(({ kind }) => kind);
    assert.ok(kinds.filter((kind) => kind === 'profile').length >= 3 || target.id === 'cloudformation', kinds.join());
    assert.equal(new Set(declared.flatMap((one) => (one.kind === 'role' ? [one.name] : []))).size, roles.size);
    const changed = differences(declared, live({ trustPolicy: trustFor('other'), inline: [] }), { missing: true });
    assert.equal(changed.filter(({ what }) => what === 'its trust policy').length, roles.size);
    assert.equal(changed.filter(({ what }) => what.startsWith('its inline policy')).length, roles.size);
  });

test('a Profile whose lists are nothing in a file is as one without them', () => {
  const manifest = (more: string): string =>
    `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec:\n  owner: { kind: User, name: x@example.com }\n${more}`;
  const bare = found({ ...profile(), spec: { owner: { kind: 'User', name: 'x@example.com' } } });
  for (const nothing of ['', '  plugins:\n  resourceQuotaSpec:\n', '  plugins: []\n  resourceQuotaSpec: {}\n'])
    assert.deepEqual(said(manifest(nothing), { profile: bare }), [], nothing);
  assert.deepEqual(
    said(manifest('  plugins:\n  resourceQuotaSpec:\n')).map((line) => line.slice(0, 40)),
    ['Profile team-x: its plugins: none | [{"kind'.slice(0, 40)],
  );
});

test('what declares nothing of ours is not read: a template, Terraform, another graph', () => {
  const read = (path: string, text: string) => declaredIn([{ path, text }]);
  const nothing = { declared: [], skipped: [] };
  assert.deepEqual(read('a.yaml', 'kind: Service\nname: {{ .Values.name }}\n'), nothing);
  assert.deepEqual(read('a.tf', 'resource "aws_iam_role" "a" {\n  name = "{{ .Values.name }}"\n}\n'), nothing);
  assert.equal(
    read('a.yaml', 'apiVersion: kubeflow.org/v1\nkind: Profile\nname: {{ .Values.name }}\n').skipped.length,
    1,
  );
  const instance = (apiVersion: string, kind: string): string =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: team-x }\nspec: { profile: team-x, roleName: KubeflowS3Profile, owner: x@example.com }\n`;
  assert.notDeepEqual(read('a.yaml', instance('kro.run/v1alpha1', 'KubeflowS3Profile')), nothing);
  assert.deepEqual(read('a.yaml', instance('example.com/v1', 'KubeflowS3Profile')), nothing);
  assert.deepEqual(read('a.yaml', instance('kro.run/v1alpha1', 'Other')), nothing);
});

test('an instance of our graph of kro declares what it names', () => {
  const declares = (spec: string): string[] =>
    declaredIn([
      {
        path: 'a.yaml',
        text: `apiVersion: kro.run/v1alpha1\nkind: KubeflowS3Profile\nmetadata: { name: x }\nspec: ${spec}\n`,
      },
    ]).declared.map(({ kind, name }) => `${kind} ${name}`);
  assert.deepEqual(declares('{ name: team-x, roleName: r }'), ['role r', 'profile team-x']);
  assert.deepEqual(declares('{ name: team-x }'), ['profile team-x']);
  assert.deepEqual(declares('{ name: "${x}", roleName: "" }'), []);
});

test('what several files declare of a thing comes in the order of the files, and of their lines', () => {
  const its = (file: string, start: number): Declared => ({
    kind: 'role',
    name: 'r',
    file,
    start,
    end: start,
    says: [],
  });
  const all = [its('b', 1), its('a', 2), its('b', 0), its('a', 7), its('c', 0), its('a', 1)];
  const found = declarations(all)({ kind: 'role', name: 'r', account: '1' });
  assert.equal(found.map(({ file, start }) => `${file}${start}`).join(), 'a1,a2,a7,b0,b1,c0');
});

test('a state of Terraform is read as deep as modules are nested in earnest', () => {
  const state = (depth: number): string => {
    const role = { mode: 'managed', type: 'aws_iam_role', values: { name: 'team-x', max_session_duration: 3600 } };
    let module: object = { resources: [role] };
    for (let at = 0; at < depth; at++) module = { child_modules: [module] };
    return JSON.stringify({ terraform_version: '1.9.0', values: { root_module: module } });
  };
  const count = (depth: number): number => declaredIn([{ path: 'state.json', text: state(depth) }]).declared.length;
  assert.deepEqual([0, 20, 21].map(count), [1, 1, 0]);
});

test('a side of a difference is cut where nobody would read on', () => {
  const text = (length: number): string =>
    `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata: { name: x }\nspec: { name: team-x, description: ${'d'.repeat(length)} }\n`;
  const side = (length: number): string | undefined =>
    drift(text(length)).find(({ what }) => what === 'its description')?.declared;
  assert.equal(side(400), 'd'.repeat(400));
  assert.equal(side(401), `${'d'.repeat(399)}…`);
  // A listing of the account tells no description: nothing is said of one.
  const { maxSession, ...listed } = role();
  assert.equal(maxSession, 7200);
  assert.deepEqual(
    drift(text(3), { role: found(listed) }).filter(({ what }) => what === 'its description'),
    [],
  );
});

test('a role whose trust policy is elsewhere is read, in a folder and by its name', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-drift-'));
  try {
    const file = path.join(folder, 'main.tf');
    writeFileSync(file, 'resource "aws_iam_role" "a" {\n  name = "a"\n  assume_role_policy = file("trust.json")\n}\n');
    writeFileSync(path.join(folder, 'none.yaml'), 'a: b\n');
    for (const given of [folder, file])
      assert.deepEqual(
        declaring([given]).files.map((one) => one.path),
        [file],
      );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
