/** What policies of an organization let through: a pure decision, with who decides; and held against the sandbox's own. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { organizationFault } from '../../sandbox/policy.ts';
import type { GuardLevel, GuardPolicy, Organization } from '../../src/core/observation.ts';
import { knownFacts, type KnownRequest } from '../../src/core/policy/context.ts';
import {
  FULL_ACCESS,
  guardsOf,
  guardWords,
  judgeGuards,
  organizationKeys,
} from '../../src/core/policy/organization.ts';
import { absent, denied, found } from '../../src/core/reading.ts';
import { doctorReport, outcomeOf } from '../../src/core/doctor/report.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { right } from '../../src/core/modes/samples.ts';
import { judgeIsolation } from '../../src/core/isolation/judge.ts';
import { reportOf } from '../../src/core/isolation/report.ts';
import { compareGuards } from './judges.ts';
import { asKept } from './told.ts';
import { ACCOUNT, allow, BUCKET, deny, issuerOf, policy, teams } from './isolation-kit.ts';

let unique = 0;
const guard = (...Statement: readonly object[]): GuardPolicy => {
  const id = `p-${(++unique).toString().padStart(8, '0')}`;
  return {
    id,
    name: `Guard${unique}`,
    arn: `arn:aws:organizations::${ACCOUNT}:policy/${id}`,
    text: policy(...Statement),
  };
};
const FULL: GuardPolicy = { ...guard(), id: 'p-FullAWSAccess', name: 'FullAWSAccess', text: policy(allow('*', '*')) };
const at = (target: string, ...service: readonly GuardPolicy[]): GuardLevel => ({ target, service });
const KNOWN: KnownRequest = {
  values: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/a`, 'aws:RequestedRegion': 'us-west-2' },
};
const ask = (levels: readonly GuardLevel[], action = 's3:PutObject', resource = 'arn:aws:s3:::b/x') =>
  judgeGuards(guardsOf(levels, 'service'), action, resource, knownFacts(KNOWN));

test('what AWS attaches itself is known by its id, and lets all through', () => {
  for (const [id, kind] of [
    ['p-FullAWSAccess', 'service'],
    ['p-RCPFullAWSAccess', 'resource'],
  ] as const) {
    const its = { ...FULL, id, text: FULL_ACCESS[id] ?? '' };
    assert.deepEqual(guardsOf([{ target: 'r-1', [kind]: [its] }], kind), []);
    const beside = guardsOf([{ target: 'r-1', [kind]: [its, guard(deny('ec2:*', '*', { Principal: '*' }))] }], kind);
    assert.equal(beside.length, 1);
    assert.equal(judgeGuards(beside, 's3:PutObject', 'arn:aws:s3:::b/x', knownFacts(KNOWN)).answer, 'yes');
  }
});

test('a statement is named by its Sid, where it has one', () => {
  const by = (sid: object): object | undefined => ask([at('r-1', FULL, guard(deny('s3:*', '*', sid)))]).by;
  assert.equal((by({ Sid: 'No' }) as { sid?: unknown }).sid, 'No');
  for (const none of [{}, { Sid: '' }, { Sid: 7 }])
    assert.ok(!('sid' in (by(none) ?? { sid: 1 })), JSON.stringify(none));
});

const DECISIONS: readonly (readonly [string, readonly GuardLevel[], string, RegExp?])[] = [
  ['no level at all', [], 'yes'],
  ['what AWS attaches itself', [at('r-1', FULL), at('ou-1', FULL), at(ACCOUNT, FULL)], 'yes'],
  ['a kind that is not switched on', [{ target: 'r-1' }], 'yes'],
  [
    'a Deny beside what allows all',
    [at('r-1', FULL), at('ou-1', FULL, guard(deny('s3:Put*', '*', { Sid: 'No' })))],
    'no',
    /^statement 1 \(No\) of service control policy Guard\d+ \(p-\d+, at ou-1\) denies it$/,
  ],
  [
    'a Deny about another role',
    [
      at(
        'r-1',
        FULL,
        guard(deny('s3:*', '*', { Condition: { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/x' } } })),
      ),
    ],
    'yes',
  ],
  [
    'a Deny about other regions',
    [
      at(
        'r-1',
        FULL,
        guard(deny('*', '*', { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-west-2' } } })),
      ),
    ],
    'yes',
  ],
  [
    'a level at which only something else is allowed',
    [at('r-1', FULL), at('ou-1', guard(allow('ec2:*', '*')))],
    'no',
    /^no service control policy at ou-1 allows it \(there are Guard\d+ \(p-\d+\)\)$/,
  ],
  [
    'an Allow at another level does not help',
    [at('r-1', guard(allow('ec2:*', '*'))), at(ACCOUNT, guard(allow('s3:*', '*')))],
    'no',
    /at r-1 allows/,
  ],
  ['a level without any policy', [at('r-1', FULL), at(ACCOUNT)], 'no', /at 111122223333 allows/],
  [
    'a condition of which nothing is known',
    [at('r-1', FULL, guard(deny('s3:*', '*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })))],
    'unknown',
    /^the condition on aws:SourceIp in policy Guard\d+$/,
  ],
  [
    'a policy that was not read refuses nothing',
    [at('r-1', { ...guard(), text: undefined, unread: 'no' } as unknown as GuardPolicy)],
    'yes',
  ],
  [
    'but a Deny beside it does',
    [at('r-1', { id: 'p-2', name: 'x', arn: '', unread: 'no' }, guard(deny('s3:*', '*')))],
    'no',
    /denies it$/,
  ],
];

describe('Policies of an organization', () => {
  for (const [name, levels, answer, why] of DECISIONS)
    test(name, () => {
      const verdict = ask(levels);
      assert.equal(verdict.answer, answer);
      const said = verdict.by === undefined ? verdict.why : guardWords(verdict.by);
      if (why === undefined) assert.equal(said, undefined);
      else assert.match(said ?? '', why);
    });

  test('what requests hold of it', () => {
    const organization: Organization = {
      id: 'o-1',
      levels: found([at('r-1', FULL), at('ou-1', FULL), at(ACCOUNT, FULL)]),
    };
    assert.deepEqual(organizationKeys(found(organization)).values, {
      'aws:PrincipalOrgID': 'o-1',
      'aws:PrincipalOrgPaths': ['o-1/r-1/ou-1/'],
    });
    assert.deepEqual(organizationKeys(found({ id: 'o-1', levels: denied('x', '') })).values, {
      'aws:PrincipalOrgID': 'o-1',
    });
    assert.equal(organizationKeys(absent).lacks('aws:principalorgid'), true);
    assert.equal(organizationKeys(denied('x', '')).lacks('aws:principalorgid'), false);
  });

  test('our decision and that of the sandbox are the same, on generated levels and requests', () => {
    const { agreed, pairs, unexplained } = compareGuards(3_000, 7);
    assert.deepEqual(unexplained, []);
    assert.ok(agreed > pairs * 0.9, `${agreed} of ${pairs}`);
    assert.equal(organizationFault([], { action: 's3:GetObject', resource: 'x', context: new Map() }), undefined);
  });
});

const over = (levels: readonly GuardLevel[], id = 'o-1') => ({
  organizations: new Map([[ACCOUNT, found<Organization>({ id, levels: found(levels) })]]),
});
const cellsOf = (world: ReturnType<typeof teams>): readonly string[] => {
  const { profiles, cell } = judgeIsolation(world);
  return profiles.map((_, who) =>
    profiles.map((_its, place) => (cell(who, place).yes > 0 ? 'y' : cell(who, place).unknown > 0 ? '?' : '-')).join(''),
  );
};

describe('An organization in the matrix', () => {
  test('a Deny takes from all or from one, and a missing Allow from all', () => {
    assert.deepEqual(cellsOf(teams(['a', 'b'], {}, over([at('r-1', FULL)]))), ['y-', '-y']);
    assert.deepEqual(cellsOf(teams(['a', 'b'], {}, over([at('r-1', FULL, guard(deny('s3:*', '*')))]))), ['--', '--']);
    const notA = { Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/a-role' } } };
    assert.deepEqual(cellsOf(teams(['a', 'b'], {}, over([at('r-1', FULL, guard(deny('s3:*', '*', notA)))]))), [
      '--',
      '-y',
    ]);
    assert.deepEqual(cellsOf(teams(['a', 'b'], {}, over([at('ou-1', guard(allow('ec2:*', '*')))]))), ['--', '--']);
  });

  test('a condition on the region of the bucket is decided, one on an address is not', () => {
    const elsewhere = { Condition: { StringNotEquals: { 'aws:RequestedRegion': ['us-west-2'] } } };
    assert.deepEqual(cellsOf(teams(['a'], {}, over([at('r-1', FULL, guard(deny('*', '*', elsewhere)))]))), ['y']);
    const there = { Condition: { StringEquals: { 'aws:RequestedRegion': ['us-west-2'] } } };
    assert.deepEqual(cellsOf(teams(['a'], {}, over([at('r-1', FULL, guard(deny('*', '*', there)))]))), ['-']);
    const address = { Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } };
    assert.deepEqual(cellsOf(teams(['a'], {}, over([at('r-1', FULL, guard(deny('*', '*', address)))]))), ['?']);
  });

  test('a resource control policy keeps a namespace out of the roles, and says so', () => {
    const issuer = issuerOf('dev').replace('https://', '');
    const level: GuardLevel = {
      target: 'r-1',
      resource: [
        FULL,
        guard(
          deny('sts:AssumeRoleWithWebIdentity', '*', {
            Principal: '*',
            Condition: { StringLike: { [`${issuer}:sub`]: 'system:serviceaccount:a:*' } },
          }),
        ),
      ],
    };
    const world = teams(['a', 'b'], {}, over([level]));
    assert.deepEqual(cellsOf(world), ['--', '-y']);
    const [lacks] = reportOf(judgeIsolation(world)).differences;
    assert.match(lacks?.note ?? '', /Statement 1 of resource control policy Guard\d+ .* denies it\.$/);
    assert.equal(lacks?.refusedBy?.target, 'r-1');
  });

  test('who refuses what a profile needs, by each kind of policy that stands over it', () => {
    const denyAll = guard(deny('s3:*', '*'));
    const denyA = guard(deny('s3:PutObject', `arn:aws:s3:::${BUCKET}/a/*`, { Sid: 'A' }));
    const RESOURCE = { ...FULL, id: 'p-RCPFullAWSAccess', text: policy(allow('*', '*', { Principal: '*' })) };
    const onBucket = guard(deny('s3:GetObject', `arn:aws:s3:::${BUCKET}/b/*`, { Principal: '*' }));
    const levels: Readonly<Record<string, readonly GuardLevel[]>> = {
      'all is denied': [at('r-1', FULL, denyAll)],
      'one is denied writing': [at('r-1', FULL), at('ou-1', FULL, denyA)],
      'nothing allows it': [at('r-1', FULL), at('ou-1', guard(allow('ec2:*', '*')))],
      'nothing allows it at two levels': [
        at('r-1', guard(allow('s3:Get*', '*'))),
        at('ou-1', guard(allow('s3:Put*', '*'))),
      ],
      'of the bucket': [{ target: 'ou-1', service: [FULL], resource: [RESOURCE, onBucket] }],
      'of both': [{ target: 'ou-1', service: [FULL, denyA], resource: [RESOURCE, onBucket] }],
      'not read': [at('r-1', FULL, { id: denyAll.id, name: denyAll.name, arn: denyAll.arn })],
      'on an address': [
        at('r-1', FULL, guard(deny('s3:*', '*', { Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }))),
      ],
    };
    asKept(
      'isolation/organization',
      Object.entries(levels).flatMap(([title, its]) => {
        const report = reportOf(judgeIsolation(teams(['a', 'b'], {}, over(its))));
        return [
          title,
          ...report.differences.map(
            ({ kind, who, may, note, refusedBy }) =>
              `  ${kind} ${who.join()}: ${may.join()}; ${note ?? ''} ${refusedBy === undefined ? '' : JSON.stringify({ ...refusedBy, policy: refusedBy.policy?.name })}`,
          ),
        ].map((line) => line.replaceAll(/Guard\d+/g, 'Guard').replaceAll(/p-\d+/g, 'p-1'));
      }),
    );
  });

  test('a key of the organization alone', () => {
    const arn = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
    const conditions: Readonly<Record<string, object>> = {
      'of this one': { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } },
      'of another': { StringEquals: { 'aws:PrincipalOrgID': 'o-2' } },
      'of none': { Null: { 'aws:PrincipalOrgID': 'true' } },
      'below a path': { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-1/r-1/*' } },
      'by a tag': { Null: { 'aws:PrincipalTag/x': 'true' } },
      'by a source': { Null: { 'aws:SourceVpce': 'true' } },
    };
    const organizations = {
      'in it': over([at('r-1', FULL)]),
      'in none': { organizations: new Map([[ACCOUNT, absent]]) },
      'not known': {},
    };
    const keyPolicy = policy({ ...allow('kms:*', '*'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } });
    asKept(
      'isolation/organization keys',
      Object.entries(conditions).flatMap(([title, Condition]) =>
        Object.entries(organizations).map(([where, more]) => {
          const one = { policies: [{ name: 'p', text: policy(allow('kms:*', arn, { Condition })) }] };
          const keys = new Map([[arn, { arn, policy: found(keyPolicy) }]]);
          const { read, write } = judgeIsolation(teams(['a'], { a: one }, { ...more, keys })).keyCell(0, 0);
          return `${title}, ${where}: ${read} ${write}`;
        }),
      ),
    );
  });

  test('a policy of the bucket for the organization: decided where it is known, else "?"', () => {
    const org = (id: string) => ({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': id } } });
    const bucket = (id: string) => ({
      buckets: new Map([
        [
          BUCKET,
          {
            account: ACCOUNT,
            region: 'us-west-2',
            policy: found(policy(deny('s3:*', '*', { Principal: '*', ...org(id) }))),
          },
        ],
      ]),
    });
    assert.deepEqual(cellsOf(teams(['a'], {}, { ...bucket('o-1'), ...over([]) })), ['y']);
    assert.deepEqual(cellsOf(teams(['a'], {}, { ...bucket('o-2'), ...over([]) })), ['-']);
    assert.deepEqual(cellsOf(teams(['a'], {}, bucket('o-1'))), ['?']);
    // A request of an account without an organization has no such key, and so is none of it.
    assert.deepEqual(cellsOf(teams(['a'], {}, { ...bucket('o-1'), organizations: new Map([[ACCOUNT, absent]]) })), [
      '-',
    ]);
  });

  test('a bucket that only an endpoint may use cannot be judged, and says on what it depends', () => {
    const only = deny('s3:*', '*', { Principal: '*', Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } });
    const world = teams(
      ['a'],
      {},
      {
        buckets: new Map([[BUCKET, { account: ACCOUNT, region: 'us-west-2', policy: found(policy(only)) }]]),
      },
    );
    assert.deepEqual(cellsOf(world), ['?']);
    const [perhaps] = reportOf(judgeIsolation(world)).differences;
    assert.equal(perhaps?.kind, 'perhaps');
    assert.match(perhaps?.because?.why ?? '', /the condition on aws:SourceVpce/);
  });
});

test('an organization that may not be read is said, and lets the doctor end well; other lacks do not', () => {
  const outcome = (change: Parameters<typeof right>[0]): string => {
    const view = right(change);
    const profiles = [{ view, judgement: judgeProfile(view, undefined, 0) }];
    const selected = (): boolean => true;
    const report = doctorReport([{ cluster: 'demo', region: 'us-west-2', profiles }], {
      at: '',
      selected,
      accepted: [],
    });
    return `${outcomeOf(report)}: ${JSON.stringify(report.clusters[0]?.profiles[0]?.unread)}`;
  };
  const levels = denied('organizations:ListRoots', 'No.');
  assert.match(outcome({ organization: found({ id: 'o-1', levels }) }), /^sound: .*organizations:ListRoots/);
  assert.match(outcome({ organization: denied('organizations:DescribeOrganization', '') }), /^sound: .*Describe/);
  assert.match(outcome({ endpoints: denied('ec2:DescribeVpcEndpoints', '') }), /^unread: .*ec2:DescribeVpcEndpoints/);
});
