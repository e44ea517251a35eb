/** What the rows of the tree say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Judgement } from '../../src/core/modes/live.ts';
import { listed, right, role } from '../../src/core/modes/samples.ts';
import type { Cluster } from '../../src/core/observation.ts';
import { phrase } from '../../src/core/phrase.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { clusterNode, groupNode, messageNode, problemNode, profileNode } from '../../src/explorer/nodes.ts';
import type { ClusterView } from '../../src/explorer/node/cluster.ts';
import type { ClusterFacts } from '../../src/estate/cluster.ts';
import './vscode-stub.ts';

const { clusterRow, clusterTooltip, imageTag } = await import('../../src/explorer/node/cluster.ts');
const { messageRow } = await import('../../src/explorer/node/message.ts');
const { problemRow } = await import('../../src/explorer/node/problem.ts');
const { profileRow, profileTooltip } = await import('../../src/explorer/node/profile.ts');
const { role: roleKind } = await import('../../src/explorer/node/role.ts');
const { groupRow } = await import('../../src/explorer/node/source.ts');
const { plain } = await import('../../src/explorer/row.ts');

const node = clusterNode({ region: 'us-west-2' }, 'dev');
const cluster: Cluster = {
  name: 'dev',
  region: 'us-west-2',
  arn: 'arn:aws:eks:us-west-2:111122223333:cluster/dev',
  account: '111122223333',
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  issuer: 'https://oidc.eks.us-west-2.amazonaws.com/id/E',
};
const view: ClusterView = {
  cluster: found(cluster),
  hasProvider: true,
  facts: undefined,
  counts: undefined,
  show: { region: false },
  open: false,
};
const facts: ClusterFacts = {
  api: found({ connection: 'with an EKS token', profileVersions: ['v1'] }),
  controller: found({
    namespace: 'kubeflow',
    name: 'profiles-deployment',
    image: 'ghcr.io/kubeflow/kubeflow/profile-controller:v1.10.0',
  }),
  pipelines: absent,
  provider: found({ arn: 'a', clientIds: ['sts.amazonaws.com'] }),
  lost: undefined,
};

const rowsOf: readonly { name: string; view: Partial<ClusterView>; description: string; context: string }[] = [
  { name: 'being read', view: { cluster: undefined }, description: 'reading…', context: 'eksCluster' },
  { name: 'described', view: {}, description: 'Kubernetes 1.36', context: 'eksCluster;readable' },
  {
    name: 'with its region',
    view: { show: { region: true } },
    description: 'us-west-2 · Kubernetes 1.36',
    context: 'eksCluster;readable',
  },
  {
    name: 'without OIDC provider',
    view: { hasProvider: false },
    description: 'no OIDC provider · Kubernetes 1.36',
    context: 'eksCluster;readable;noOidcProvider',
  },
  {
    name: 'looked into',
    view: { facts, counts: { problems: 0, profiles: 3 } },
    description: 'Kubernetes 1.36 · Kubeflow v1.10.0',
    context: 'eksCluster;readable',
  },
  {
    name: 'with problems',
    view: { facts, counts: { problems: 2, profiles: 3 } },
    description: '2 of 3 with problems · Kubernetes 1.36 · Kubeflow v1.10.0',
    context: 'eksCluster;readable',
  },
  {
    name: 'being created',
    view: { cluster: found({ ...cluster, status: 'CREATING' }) },
    description: 'creating · Kubernetes 1.36',
    context: 'eksCluster;readable',
  },
  {
    name: 'not permitted',
    view: { cluster: denied('eks:DescribeCluster', 'no'), hasProvider: undefined },
    description: 'cannot read: eks:DescribeCluster',
    context: 'eksCluster;failed',
  },
  {
    name: 'signed out meanwhile',
    view: { cluster: failed('sign in again', 'ExpiredTokenException'), hasProvider: undefined },
    description: 'sign in again',
    context: 'eksCluster;failed;signIn',
  },
  {
    name: 'lost on the way',
    view: { facts: { ...facts, lost: { how: 'unreachable', reason: 'the connection was broken off' } } },
    description: 'unreachable: the connection was broken off · Kubernetes 1.36 · Kubeflow v1.10.0',
    context: 'eksCluster;readable;failed',
  },
  {
    name: 'unreachable',
    view: { facts: { ...facts, api: failed('the endpoint refused the connection'), controller: absent } },
    description: 'unreachable: the endpoint refused the connection · Kubernetes 1.36',
    context: 'eksCluster;readable;failed',
  },
];

for (const { name, view: change, description, context } of rowsOf) {
  test(`row of a cluster: ${name}`, () => {
    const row = clusterRow(node, { ...view, ...change });
    assert.equal(row.label, 'dev');
    assert.equal(row.description, description);
    assert.equal(row.context, context);
    assert.match(row.spoken, /^EKS cluster dev, us-west-2/);
  });
}

test('what a cluster needs is told by the shape of its icon, not by its colour alone', () => {
  const iconOf = (change: Partial<ClusterView>): string => clusterRow(node, { ...view, ...change }).icon;
  const sound = iconOf({ facts, counts: { problems: 0, profiles: 3 } });
  for (const change of [
    { facts, counts: { problems: 1, profiles: 3 } },
    { cluster: found({ ...cluster, status: 'CREATING' }) },
    { cluster: denied('eks:DescribeCluster', 'no') },
  ])
    assert.notEqual(iconOf(change), sound);
});

test('the tooltip of a cluster has all of it', () => {
  const text = clusterTooltip(node, { ...view, facts }).join('\n');
  for (const part of ['us-west-2', '111122223333', '1.36', 'v1.10.0', 'oidc.eks', 'OIDC provider', 'EKS token']) {
    assert.ok(text.includes(part), `${part} is not in\n${text}`);
  }
});

const judgement: Judgement = {
  state: 'not-verified',
  words: phrase('not verified'),
  problems: [],
  remarks: [],
  unread: [],
};

test('row of a profile', () => {
  const at = profileNode(node, 'team-a');
  assert.deepEqual(profileRow(at, undefined, judgement), {
    label: 'team-a',
    description: 'not verified',
    icon: 'circle-outline',
    context: 'kubeflowProfile;not-verified',
    spoken: 'Kubeflow profile team-a, not verified, no role',
    expand: 'closed',
  });
  const row = profileRow(at, undefined, {
    ...judgement,
    state: 'problems',
    words: phrase('1 problem'),
    problems: [{ id: 'KP-029', message: 'too wide', remedy: 'repair' }],
    remarks: [{ id: 'KP-055', message: 'minio', remark: true }],
  });
  assert.equal(row.description, '1 problem · 1 remark');
  assert.equal(row.context, 'kubeflowProfile;problems;repairable');
});

test('who manages a profile, a role and a provider is on their rows, in words, and how that is known in the tooltip', () => {
  const at = profileNode(node, 'team-a');
  const maker = { answer: 'tool', tool: 'argocd', evidence: 'label x = "y"', detail: 'teams' } as const;
  const its = right({ profile: { ...listed(), maker } });
  assert.equal(profileRow(at, its, judgement).description, 'not verified · team-a · by Argo CD');
  assert.match(profileRow(at, its, judgement).spoken, /, by Argo CD$/);
  assert.ok(
    profileTooltip(at, its, judgement).includes(
      'Managed by Argo CD (teams): label x = "y". A change here is refused unless you name it.',
    ),
  );
  const words = (tags: Readonly<Record<string, string>>) => {
    const [fact] = roleKind.of({
      readings: right({ role: found(role({ tags })) }),
      accounts: absent,
      bindings: absent,
    });
    return [fact?.description.split(' · ').at(-1), fact?.tooltip];
  };
  const [by, tooltip] = words({ 'crossplane-name': 'x' });
  assert.equal(by, 'by Crossplane');
  assert.match(tooltip ?? '', /^Managed by Crossplane \(x\): tag crossplane-name = "x"/);
  const [perhaps, why] = words({ Terraform: 'true' });
  assert.deepEqual([perhaps, why], ['perhaps by Terraform', 'Perhaps managed by Terraform: tag Terraform = "true"']);
  assert.equal(words({ team: 'x' })[1], undefined);
  const provider = found({ arn: 'a', clientIds: ['sts.amazonaws.com'], tags: { 'crossplane-name': 'x' } });
  const lines = clusterTooltip(node, { ...view, facts: { ...facts, provider } });
  assert.ok(lines.includes('IAM: OIDC provider · by Crossplane'), lines.join('\n'));
  assert.ok(lines.some((line) => line.startsWith('Managed by Crossplane (x): tag crossplane-name')));
});

test('a group says what the others do not', () => {
  const at = groupNode({ awsProfile: 'prod', region: 'eu-west-1' });
  const row = (several: { awsProfiles: boolean; regions: boolean }) =>
    groupRow(at, { names: found(['a', 'b']), account: '111122223333', open: true, several });
  assert.equal(row({ awsProfiles: false, regions: true }).label, 'eu-west-1');
  assert.equal(row({ awsProfiles: true, regions: true }).label, 'prod · eu-west-1');
  assert.equal(row({ awsProfiles: true, regions: false }).description, '2 clusters · 111122223333');
  const several = { awsProfiles: true, regions: false };
  const signedOut = failed('sign in again', 'ExpiredTokenException');
  const { context, description } = groupRow(at, { names: signedOut, account: undefined, open: true, several });
  assert.deepEqual([context, description], ['group;failed;signIn', 'sign in again']);
});

test('ids are paths of names, whatever the names hold', () => {
  const parent = clusterNode({ region: 'us-west-2' }, 'a/b');
  assert.notEqual(profileNode(parent, 'c').id, profileNode(clusterNode({ region: 'us-west-2' }, 'a'), 'b/c').id);
  const ids = [
    parent,
    profileNode(parent, 'x'),
    problemNode(profileNode(parent, 'x'), { failureMode: 'KP-001', label: 'l', message: 'm' }),
  ];
  assert.equal(new Set(ids.map(({ id }) => id)).size, 3);
});

test('text from outside cannot draw icons, break lines or turn the direction of text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = plain(text);
      assert.ok(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(shown));
      assert.ok(!shown.includes('$('));
      assert.ok(shown.length <= 300);
    }),
  );
  const evil = '$(alert) [click](command:evil)\n\u202eabc';
  const row = messageRow(messageNode(undefined, { tone: 'error', label: evil, message: evil }));
  assert.equal(row.label, '$\u200b(alert) [click](command:evil) abc');
  assert.ok(!row.spoken.includes('\n'));
});

test('a problem is told from a remark in words, not by colour', () => {
  const at = profileNode(node, 'team-a');
  const problem = problemRow(
    problemNode(at, { failureMode: 'KP-029', label: 'sub condition missing', message: 'wide' }),
  );
  const remark = problemRow(problemNode(at, { failureMode: 'KP-055', label: 'root', message: 'minio', remark: true }));
  assert.match(problem.spoken, /^Problem KP-029/);
  assert.match(remark.spoken, /^Remark KP-055/);
});

test('the tag of an image', () => {
  assert.equal(imageTag('ghcr.io/kubeflow/profile-controller:v1.10.0'), 'v1.10.0');
  assert.equal(imageTag('localhost:5000/kubeflow/profile-controller'), undefined);
  assert.equal(imageTag('a/b:v1@sha256:0123abcd'), 'v1');
});

const SPOILED: readonly { readonly name: string; readonly shown: string }[] = [
  { name: '**prod** [click](command:workbench.action.quit)', shown: '**prod** [click](command:workbench.action.quit)' },
  { name: '<img src=x onerror=alert(1)>', shown: '<img src=x onerror=alert(1)>' },
  { name: 'a\u0000b\u001b[31mc', shown: 'a b [31mc' },
  { name: '$(trash) prod', shown: '$\u200b(trash) prod' },
  { name: 'prod\u202etsr', shown: 'prodtsr' },
  { name: 'two\r\nlines\u2028three', shown: 'two lines three' },
  { name: 'x'.repeat(5_000), shown: 'x'.repeat(300) },
];

for (const { name, shown } of SPOILED) {
  test(`a name is text of one line wherever it is shown: ${JSON.stringify(name).slice(0, 50)}`, () => {
    const at = clusterNode({ region: 'us-west-2' }, name);
    const named: ClusterView = { ...view, cluster: found({ ...cluster, name }), facts };
    const row = clusterRow(at, named);
    assert.equal(row.label, shown);
    const profile = profileRow(profileNode(at, name), undefined, judgement);
    assert.equal(profile.label, shown);
    const texts = [row.label, row.description, row.spoken, profile.spoken, ...clusterTooltip(at, named)];
    for (const text of texts) {
      assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\$\(/);
      assert.ok(text.length <= 500);
    }
    assert.doesNotMatch(at.id, /[\u0000-\u001f ]/, 'an id is made of encoded names');
  });
}
