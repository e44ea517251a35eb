// All that a doctor says: of each failure, of readings that lack, of many profiles, of files laid over them, and of clusters that answer in
// each of several ways. Kept in test/fixtures/told/doctor.
import { test } from 'node:test';
import { readSettings } from '../../src/core/settings.ts';
import { selection } from '../../src/core/doctor/checks.ts';
import { doctorSummary, doctorText, partsOf, whatIfText } from '../../src/core/doctor/document.ts';
import {
  doctorReport,
  findingsOf,
  outcomeOf,
  type ClusterSeen,
  type DoctorReport,
} from '../../src/core/doctor/report.ts';
import { differencesOf, overlayOf, withManifests, withRoles } from '../../src/core/doctor/whatif.ts';
import {
  ackRole,
  AUD,
  configMap,
  documents,
  editor,
  ISSUER,
  listed,
  profile,
  right,
  ROLE,
  role,
  SUB,
  trust,
} from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { examine, judged, type Seen } from '../../src/estate/doctor.ts';
import { inspectCloud, type CloudReader } from '../../src/estate/cloud.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { allExamples } from '../fixtures/examples.ts';
import { asKept } from './told.ts';
import { arnOf, cluster, putProfile, worldWithProvider, type World } from './world.ts';

const AT = '2026-11-23T12:00:00Z';
const NOW = Date.parse(AT);
const live = (await allExamples()).flatMap((one) => ('text' in one ? [] : [one]));
const all = selection([], []);
const reportOf = (clusters: readonly ClusterSeen[], accepted = '', selected = all): DoctorReport =>
  doctorReport(clusters, { at: AT, selected, accepted: readSettings(accepted).accepted });
const seenOf = (views: readonly ProfileView[], more: Partial<ClusterSeen> = {}): ClusterSeen => ({
  cluster: 'demo',
  region: 'us-west-2',
  profiles: views.map((view) => judged(view, NOW)),
  ...more,
});
/** The text without what the catalogue says of each failure. */
const told = (report: DoctorReport, style: 'full' | 'short'): readonly string[] =>
  doctorText(report, style)
    .text.split('\n')
    .filter((line) => !/^ {4,6}(?:Why|Fingerprint)/.test(line))
    .map((line) => (line.length > 220 ? `${line.slice(0, 200)}… ${line.length}` : line));
const named = (name: string, change: Partial<ProfileView> = {}): ProfileView => ({
  ...(JSON.parse(JSON.stringify(right()).replaceAll('team-a', name)) as ProfileView),
  ...change,
});
const besides = (lines: readonly string[], rule: readonly string[]): readonly string[] =>
  lines.filter((line) => line !== '' && !rule.includes(line));

test('what is said of each failure', () => {
  const rule = told(reportOf([seenOf([right()])]), 'short');
  asKept(
    'doctor/failures',
    live.flatMap(({ name, change }) => [
      `${name}:`,
      ...besides(told(reportOf([seenOf([right(change)])]), 'short'), rule).map((line) => `  ${line}`),
    ]),
  );
});

const READINGS = [
  'namespace',
  'serviceAccount',
  'role',
  'provider',
  'launcher',
  'pipelines',
  'caller',
  'api',
  'controller',
  'pods',
  'associations',
  'networkPolicies',
  'bindings',
  'webhooks',
  'agent',
] as const;
test('what is said where a reading lacks', () => {
  const rule = told(reportOf([seenOf([right()])]), 'short');
  asKept(
    'doctor/readings',
    READINGS.flatMap((fact) =>
      [absent, denied(`get ${fact}`, 'No.'), failed('it broke off')].flatMap((reading) => {
        const report = reportOf([seenOf([right({ [fact]: reading })])]);
        return [
          `${fact} ${reading.state}: ${outcomeOf(report)}`,
          ...besides(told(report, 'short'), rule).map((line) => `  ${line}`),
        ];
      }),
    ),
  );
});

const DELETED = listed({}, { deletionTimestamp: '2026-01-02T00:00:00Z', finalizers: ['profile-finalizer'] });
const BY_ADDRESS = right({
  role: found(
    role({
      trustPolicy: trust({
        Condition: {
          StringEquals: { [`${ISSUER}:aud`]: AUD, [`${ISSUER}:sub`]: SUB },
          IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
        },
      }),
    }),
  ),
});
const REPORTS: Readonly<Record<string, DoctorReport>> = {
  nothing: reportOf([]),
  'a cluster without profiles': reportOf([seenOf([])]),
  'a note': reportOf([seenOf([], { note: 'The cluster is CREATING.' })]),
  'what was not read': reportOf([
    seenOf([right()], {
      unread: [{ what: 'a', permission: 'eks:DescribeCluster' }, { what: 'b', reason: 'it broke off' }, { what: 'c' }],
    }),
  ]),
  'two clusters': reportOf([
    seenOf([named('a', { provider: absent }), named('b', { provider: absent, sharedWith: ['x'] })]),
    seenOf([right({ role: absent }), right()], { cluster: 'other', region: 'eu-west-1' }),
  ]),
  'all kinds of readings': reportOf([
    seenOf([
      right({ role: denied('iam:GetRole', ''), launcher: failed('it broke'), namespace: absent, profile: DELETED }),
      right({ role: failed('x') }),
    ]),
  ]),
  'fifty sound ones': reportOf([seenOf(Array.from({ length: 50 }, (_, at) => named(`t${at}`)))]),
  'fifty-one sound ones': reportOf([seenOf(Array.from({ length: 51 }, (_, at) => named(`t${at}`)))]),
  'one that cannot be judged': reportOf([seenOf([right({ role: found({} as never) })])]),
  'one part alone': reportOf(
    [seenOf([right({ provider: absent, role: denied('iam:GetRole', '') }), right({ role: found({} as never) })])],
    '',
    selection(['role'], []),
  ),
  'trust alone, unjudged': reportOf([seenOf([right({ role: found({} as never) })])], '', selection(['trust'], [])),
  // A trust policy for tokens of one address: that is for AWS alone to say.
  'trust that depends on something': reportOf([seenOf([BY_ADDRESS])]),
  'trust that depends on something, in a part alone': reportOf([seenOf([BY_ADDRESS])], '', selection(['trust'], [])),
  'trust that depends on something, in another part': reportOf(
    [seenOf([BY_ADDRESS])],
    '',
    selection(['artifacts'], []),
  ),
  ...Object.fromEntries(
    (['verified', 'checked', 'failed'] as const).flatMap((outcome) =>
      [undefined, true as const].map((changed) => [
        `trust that depends on something, ${outcome}${changed === true ? ' before a change' : ''}`,
        reportOf([
          {
            ...seenOf([]),
            profiles: [
              judged(BY_ADDRESS, NOW, { outcome, at: NOW - 60_000, ...(changed === undefined ? {} : { changed }) }),
            ],
          },
        ]),
      ]),
    ),
  ),
  'values of some length': reportOf([
    seenOf(
      [100, 130, 131, 132, 134, 135, 136, 137, 138, 139, 140, 3971, 3972].map((length) =>
        named(`t${length}`, { namespace: found({ name: 'x', owner: 'o'.repeat(length), deleting: false }) }),
      ),
    ),
  ]),
  'many severities': reportOf([
    seenOf(
      live.slice(0, 14).map(({ change }, at) => ({
        ...right(change),
        profile: { ...right(change).profile, metadata: { ...right(change).profile.metadata, name: `t${at}` } },
      })),
    ),
  ]),
};
test('the text of reports, in full and in short, with its marks and folds', () =>
  asKept(
    'doctor/reports',
    Object.entries(REPORTS).flatMap(([name, report]) => {
      const { marks, folds } = doctorText(report, 'full');
      return [
        `# ${name}: ${outcomeOf(report)}: ${doctorSummary(report)}`,
        ...told(report, 'full'),
        ...besides(told(report, 'short'), told(report, 'full')).map((line) => `short: ${line}`),
        `marks ${marks.map(({ line, cluster: of, profile: its, finding, findings }) => [line, of, its, finding?.id, findings?.length].join(' ')).join(', ')}`,
        `folds ${folds.map(({ start, end }) => `${start}-${end}`).join(', ')}`,
      ];
    }),
  ));

test('what is accepted, and until when', () => {
  const view = right({ sharedWith: ['team-b'], provider: absent });
  const [shared, missing] = ['P-SHARED-ROLE', 'KP-025'].map(
    (id) => findingsOf(reportOf([seenOf([view])])).find(({ finding }) => finding.id === id)?.finding.fingerprint ?? '',
  );
  const entry = (until: string, fingerprint = shared, id = 'P-SHARED-ROLE', about = '\n  profile: team-a'): string =>
    `- id: ${id}\n  cluster: demo${about}\n  reason: ours ${until}\n  until: ${until}\n  fingerprint: '${fingerprint ?? ''}'\n`;
  const FILES: readonly (readonly string[])[] = [
    ...['2026-11-22', '2026-11-23', '2026-11-24'].map((until) => [entry(until)]),
    [entry('2026-11-22'), entry('2026-11-24')],
    [entry('2026-11-24', '0'), entry('2026-11-22')],
    [entry('2026-11-24', '0')],
    [entry('2026-11-21', '0'), entry('2026-11-22', '1')],
    [entry('2026-12-01', missing, 'KP-025', '')],
    [entry('2026-12-01', missing, 'KP-025')],
    [entry('2026-12-01', shared, 'P-SHARED-ROLE', '')],
  ];
  const rule = told(reportOf([seenOf([view])]), 'short');
  asKept('doctor/accepted', [
    ...FILES.flatMap((file, at) => {
      const report = reportOf([seenOf([view])], `accepted:\n${file.join('')}`);
      return [`${at}: ${outcomeOf(report)}`, ...besides(told(report, 'short'), rule)];
    }),
    ...['2026-99-99', '2026-04-31', '2026-12-1', '2026-12-31', 'soon', '2024-02-29'].map((until) => {
      const { accepted, problems } = readSettings(`accepted:\n${entry(until)}`);
      return `until ${until}: ${accepted.length} ${problems.map(({ message }) => message).join()}`;
    }),
    ...['null', 'x', '[]', '[x]', '[{}]', '[{ id: KP-999, other: 1 }]'].map((text) => {
      const { accepted, problems } = readSettings(`accepted: ${text}\n`);
      return `${text}: ${accepted.length} ${problems.map(({ message }) => message).join(' | ')}`;
    }),
    ...[1_000, 1_001, 500, 501, 200, 201].map((count) => {
      const { accepted, problems } = readSettings(`accepted:\n${entry('2026-12-01').repeat(count)}`);
      return `${count}: ${accepted.length} ${problems.map(({ line, message }) => `${line}: ${message}`).join()}`;
    }),
  ]);
});

test('the parts that ids make up', () =>
  asKept('doctor/parts', [
    ...['trust', 'role', 'surroundings', 'artifacts'].map((part) =>
      partsOf(
        live.flatMap(({ change }) =>
          findingsOf(reportOf([seenOf([right(change)])], '', selection([part], []))).map(({ finding }) => finding.id),
        ),
      ),
    ),
    partsOf([]),
    partsOf(['KP-086', 'KP-030']),
  ]));

const TRUST = trust({ Condition: { StringEquals: {} } });
const file = (text: string, path = 'a.yaml') => ({ path, text });
const account = (name: string, namespace = '\n  namespace: team-a'): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}${namespace}\n  annotations:\n    eks.amazonaws.com/role-arn: ${ROLE}-new\n`;
const OVERLAYS: Readonly<Record<string, readonly { path: string; text: string }[]>> = {
  nothing: [],
  'a Profile': [file(profile())],
  'a Profile of another role': [file(profile({ role: `${ROLE}-new` }))],
  'a Profile without a role': [file(profile({ role: '' }))],
  'a new Profile': [file(profile({ metadata: 'name: team-two' }))],
  'a malformed Profile': [
    file(
      'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-a }\nspec: { owner: { kind: User, name: a }, plugins: x }\n',
    ),
  ],
  'a service account': [file(account('default-editor'))],
  'another service account': [file(account('other'))],
  'a service account of no namespace': [file(account('default-editor', ''))],
  'a service account without annotations': [
    file('apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: default-editor, namespace: team-a }\n'),
  ],
  ConfigMaps: [
    file(
      documents(
        configMap('kfp-launcher', 'defaultPipelineRoot: minio://mlpipeline/v2/artifacts'),
        configMap('artifact-repositories', 'x: y'),
        configMap('other', 'x: y'),
        configMap('workflow-controller-configmap', 'artifactRepository: x'),
        configMap('artifact-repositories', 'x: y').replace('  namespace: team-a\n', ''),
      ),
    ),
  ],
  'a trust policy': [file(TRUST, 'trust.json')],
  'a permission policy': [
    file(
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }),
      'p.json',
    ),
  ],
  'permissions of a role that there is not': [
    file(profile({ role: `${ROLE}-new` })),
    file(
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }),
      'p.json',
    ),
  ],
  'a role': [file(ackRole(JSON.parse(TRUST) as object))],
  'roles of CloudFormation': [
    file(
      JSON.stringify({
        Resources: {
          Named: {
            Type: 'AWS::IAM::Role',
            Properties: {
              RoleName: 'team-a',
              AssumeRolePolicyDocument: JSON.parse(TRUST) as object,
              Policies: [
                {
                  PolicyName: 'p',
                  PolicyDocument: {
                    Version: '2012-10-17',
                    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
                  },
                },
              ],
            },
          },
          Unnamed: {
            Type: 'AWS::IAM::Role',
            Properties: { RoleName: '', AssumeRolePolicyDocument: JSON.parse(TRUST) as object },
          },
          Hidden: {
            Type: 'AWS::IAM::Role',
            Properties: { RoleName: { Ref: 'Name' }, AssumeRolePolicyDocument: JSON.parse(TRUST) as object },
          },
          Open: {
            Type: 'AWS::IAM::Role',
            Properties: { RoleName: 'team-a', AssumeRolePolicyDocument: { Ref: 'Trust' } },
          },
          Part: {
            Type: 'AWS::IAM::Role',
            Properties: {
              RoleName: 'team-a',
              AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Ref: 'S' }] },
            },
          },
          Managed: {
            Type: 'AWS::IAM::ManagedPolicy',
            Properties: {
              ManagedPolicyName: 'm',
              Roles: ['team-a'],
              PolicyDocument: { Version: '2012-10-17', Statement: [] },
            },
          },
          Bare: {
            Type: 'AWS::IAM::ManagedPolicy',
            Properties: { PolicyDocument: { Version: '2012-10-17', Statement: [] } },
          },
          Inline: {
            Type: 'AWS::IAM::Policy',
            Properties: {
              PolicyName: 'i',
              Roles: ['team-a'],
              PolicyDocument: { Version: '2012-10-17', Statement: [] },
            },
          },
        },
      }),
      'stack.json',
    ),
  ],
  'a template': [file('{{ if .x }}\nkind: Profile\n{{ end }}\n')],
  'no JSON': [file('{"a":', 'a.json'), file('a: [', 'b.yaml')],
  'nothing of ours': [file('a: 1\n'), file('', 'empty.yaml')],
  'a patch': [file(profile().replace(/ {2}owner:[^]*? {2}plugins/, '  plugins'))],
  'a Profile without a name': [
    file('apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {}\nspec: { owner: { kind: User, name: a } }\n'),
  ],
};
test('what becomes of profiles where files are laid over them', () => {
  const views = [
    right(),
    named('team-b', { serviceAccount: editor({}), profile: listed({ plugins: [] }, { name: 'team-b' }) }),
  ];
  const base = { cluster: right().cluster, provider: found({ arn: 'p', clientIds: ['sts.amazonaws.com'] }) };
  const before = reportOf([seenOf(views)]);
  asKept(
    'doctor/overlays',
    Object.entries(OVERLAYS).flatMap(([name, files]) =>
      [undefined, 'team-a', 'team-b'].flatMap((target) => {
        const overlay = overlayOf(files, target);
        return [right().role, absent, denied('iam:GetRole', '')].flatMap((its, at) => {
          const changed = withManifests(views, overlay, base).map((one) =>
            one.role === undefined ? { ...one, role: its } : one,
          );
          const after = withRoles(changed, overlay, target);
          const difference = differencesOf(before, reportOf([seenOf(after)]));
          const text = whatIfText({ laid: overlay.laid, ...difference }).split('\n');
          return [
            `# ${name}, for ${target ?? 'all'}, new roles ${its?.state ?? ''}`,
            ...(at === 0 ? text : text.slice(2).filter((line) => /^[+-]/.test(line))).filter(Boolean),
            ...(at === 0
              ? after.map(
                  (one) =>
                    `${one.profile.metadata.name}: shared with ${one.sharedWith?.join() ?? ''}, ${one.role?.state === 'found' ? JSON.stringify([one.role.value.name, one.role.value.inline.map(({ name: of }) => of), one.role.value.trustPolicy.length]) : (one.role?.state ?? '-')}`,
                )
              : []),
          ];
        });
      }),
    ),
  );
  const lost = reportOf([seenOf([right({ role: absent })])]);
  asKept(
    'doctor/differences',
    [before, lost, ...Object.values(REPORTS).slice(0, 6)].flatMap((one, at) =>
      [
        `${at}:`,
        ...whatIfText({ laid: [], ...differencesOf(lost, one) }).split('\n'),
        ...whatIfText({ laid: [], ...differencesOf(one, lost) }).split('\n'),
      ].filter(Boolean),
    ),
  );
});

test('what is seen of a cluster that answers in each of several ways', async () => {
  const made = (): World => {
    const here = worldWithProvider();
    for (const name of ['t1', 't2']) putProfile(here, name, { name: `role-${name}` });
    return here;
  };
  const WAYS: Readonly<
    Record<
      string,
      (here: World) => Readonly<{
        aws?: object;
        kubernetes?: object;
        refuses?: Error;
        profile?: string;
        files?: readonly { path: string; text: string }[];
      }>
    >
  > = {
    'as a rule': () => ({}),
    'one profile': () => ({ profile: 't2' }),
    'a profile that is not there': () => ({ profile: 't9' }),
    'no cluster': () => ({ aws: { cluster: async () => absent } }),
    'a cluster that may not be read': () => ({ aws: { cluster: async () => denied('eks:DescribeCluster', 'No.') } }),
    'a cluster that is not answered': () => ({
      aws: { cluster: () => Promise.reject(new Error('it broke off\u001b')) },
    }),
    'a cluster that is made': () => ({
      aws: { cluster: async () => found({ ...cluster, endpoint: undefined, status: 'CREATING' }) },
    }),
    'no way in': () => ({ refuses: new Error('no certificate') }),
    'no Profiles': () => ({ kubernetes: { list: async () => absent } }),
    'no Kubeflow': () => ({
      kubernetes: {
        list: async () => absent,
        deployment: async () => absent,
        profileController: async () => absent,
      },
    }),
    'Profiles may not be listed': () => ({
      kubernetes: { list: async () => denied('list profiles.kubeflow.org', 'No.') },
    }),
    'Profiles are not answered': () => ({ kubernetes: { list: async () => failed('timeout') } }),
    'what is asked throws': () => ({ kubernetes: { inspect: () => Promise.reject(new Error('thrown')) } }),
    'a role that cannot be asked for': () => ({ aws: { role: () => Promise.reject(new Error('no such luck')) } }),
    'roles of other accounts': (here) => {
      putProfile(here, 't3', { name: 'x', arn: 'arn:aws:iam::444455556666:role/x' });
      return {};
    },
    'another role for one': () => ({ files: [file(profile({ metadata: 'name: t1', role: arnOf('role-t2') }))] }),
    'a role that there is not, for one that is asked for': () => ({
      profile: 't1',
      files: [file(profile({ metadata: 'name: t1', role: arnOf('nowhere') }))],
    }),
    'a role of another account': () => ({
      files: [file(profile({ metadata: 'name: t1', role: 'arn:aws:iam::444455556666:role/x' }))],
    }),
    'no role': () => ({ files: [file(profile({ metadata: 'name: t1', role: 'x' }))] }),
    'one more profile': () => ({ files: [file(profile({ metadata: 'name: t4', role: arnOf('role-t2') }))] }),
  };
  const seenTold = ({ profiles, unread = [], note, after }: Seen): readonly string[] => [
    ...(note === undefined ? [] : [`  ${note}`]),
    ...unread.map((one) => `  not read ${JSON.stringify(one)}`),
    ...profiles.map(
      ({ view, judgement }) =>
        `  ${view.profile.metadata.name} ${judgement.state}, role ${view.role?.state ?? '-'}${view.role?.state === 'failed' ? ` ${view.role.reason}` : ''}, provider ${view.provider?.state ?? '-'}, buckets ${Object.keys(view.buckets ?? {}).join()}, shared ${view.sharedWith?.join() ?? ''}: ${[...judgement.problems, ...judgement.remarks].map(({ id }) => id).join()}; ${judgement.unread.map(({ fact }) => fact).join()}`,
    ),
    ...(after === undefined ? [] : ['  after:', ...seenTold(after).map((line) => `  ${line}`)]),
  ];
  const lines: string[] = [];
  for (const [name, way] of Object.entries(WAYS)) {
    const here = made();
    const { aws = {}, kubernetes = {}, refuses, profile: only, files } = way(here);
    const account = { ...here.aws, cluster: async () => found(cluster), ...aws };
    let [turns, closed] = [0, 0];
    const seen = await examine(
      { cluster: cluster.name, region: cluster.region, profile: only },
      {
        aws: account,
        connect: async () => {
          if (refuses !== undefined) throw refuses;
          return { ...here.kubernetes, ...kubernetes, close: () => void closed++ };
        },
        roles: rolesOf(account),
        now: () => NOW,
        turn: async () => void turns++,
      },
      files && overlayOf(files, only),
    );
    const count = (call: string): number => here.calls.filter((one) => one === call).length;
    const asked = `${count('iam:GetRole')} roles, ${count('s3:HeadBucket')} buckets`;
    lines.push(`${name}: ${turns} turns, ${asked}${closed === 1 ? '' : `, closed ${closed} times`}`, ...seenTold(seen));
  }
  asKept('doctor/clusters', lines);
});

test('what is asked of the account for the associations and buckets of profiles', async () => {
  const asked = (change: Partial<CloudReader>, views: readonly ProfileView[]) => {
    const calls: string[] = [];
    const say =
      (call: string, reading: unknown) =>
      (...args: readonly unknown[]) => {
        calls.push(`${call} ${args.filter((one) => typeof one === 'string').join(' ')}`.trim());
        return Promise.resolve(reading);
      };
    const its = {
      bucket: say('bucket', found({ name: 'b', region: 'us-west-2', accessible: true })),
      buckets: say('buckets', found([])),
      bucketEncryption: say('encryption', found({ algorithm: 'aws:kms', key: '1 2' })),
      bucketPolicy: say('policy', absent),
      key: say('key', absent),
      oidcProviderArns: say('providers', found([])),
      podIdentity: say(
        'association',
        found({ namespace: 'a', serviceAccount: 'default-editor', roleArn: role().arn, tags: {} }),
      ),
      policyDocument: say('document', absent),
      role: say('role', found(role())),
      ...change,
    } as unknown as CloudReader;
    return inspectCloud(right().cluster, its, views).then((of) => [
      ...calls,
      ...[...views.slice(0, 2), ...views.slice(-1)].map(({ profile: { metadata } }) => {
        const { association, podRole, buckets = {}, providers } = of(metadata.name);
        return `${metadata.name}: ${JSON.stringify([association, podRole?.state === 'found' ? podRole.value.name : podRole, buckets, providers])}`;
      }),
      `nobody: ${JSON.stringify(of('nobody'))}`,
    ]);
  };
  const view = (name: string, change: Partial<ProfileView> = {}): ProfileView =>
    right({ profile: { ...listed(), metadata: { name } }, ...change });
  const associations = (...names: readonly string[]) =>
    found(names.map((namespace) => ({ id: namespace, namespace, serviceAccount: 'default-editor' })));
  const many = Array.from({ length: 201 }, (_, at) => `t${at}`);
  const CASES: Readonly<Record<string, readonly [Partial<CloudReader>, readonly ProfileView[]]>> = {
    'as a rule': [{}, [view('a', { associations: associations('a') }), view('b', { associations: associations('a') })]],
    'not asked for': [{}, [view('a')]],
    'no associations': [{}, [view('a', { associations: absent })]],
    'not permitted': [{}, [view('a', { associations: denied('eks:ListPodIdentityAssociations', '') })]],
    'of another account': [
      {
        podIdentity: async () =>
          found({
            namespace: 'a',
            serviceAccount: 'default-editor',
            roleArn: 'arn:aws:iam::444455556666:role/x',
            tags: {},
          }),
      },
      [view('a', { associations: associations('a') })],
    ],
    'of no role': [{ podIdentity: async () => absent }, [view('a', { associations: associations('a') })]],
    'of another service account': [
      {},
      [view('a', { associations: found([{ id: 'x', namespace: 'a', serviceAccount: 'x' }]) })],
    ],
    'a bucket of nobody': [{ bucket: async () => absent }, [view('a')]],
    'a bucket that is refused': [
      { bucket: async () => found({ name: 'b', region: 'us-west-2', accessible: false }) },
      [view('a')],
    ],
    'a bucket of another account': [
      { bucket: async () => found({ name: 'b', region: 'us-west-2', accessible: false, foreign: true }) },
      [view('a')],
    ],
    'a key of AWS': [
      { bucketEncryption: async () => found({ algorithm: 'aws:kms', key: 'alias/aws/s3' }) },
      [view('a')],
    ],
    'no key': [{ bucketEncryption: async () => found({ algorithm: 'AES256' }) }, [view('a')]],
    'too many': [{}, many.map((name) => view(name, { associations: associations(...many) }))],
  };
  const lines: string[] = [];
  for (const [name, [change, views]] of Object.entries(CASES)) {
    const its = await asked(change, views);
    lines.push(
      `${name}:`,
      ...(its.length > 40 ? [`  ${its.length}`, ...its.slice(-4)] : its).map((line) => `  ${line}`),
    );
  }
  asKept('doctor/account', lines);
});
