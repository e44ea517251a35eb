/**
 * Our evaluator against the sandbox's judge, which is written independently: generated pairs of a policy and a request, or of a trust
 * policy and a token. Each disagreement is of a class that is explained here, or it is a fault of one of the two.
 */
import { organizationFault, permits, trusts } from '../../sandbox/policy.ts';
import { issuerOf, providerArn } from '../../src/core/policy/build.ts';
import { knownFacts } from '../../src/core/policy/context.ts';
import { may, mayAssume, WEB_IDENTITY } from '../../src/core/policy/evaluate.ts';
import type { Answer } from '../../src/core/policy/answer.ts';
import { guardsOf, judgeGuards } from '../../src/core/policy/organization.ts';

/** Numbers from a seed (mulberry32): a run can be had again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Pair {
  readonly kind: 'permissions' | 'trust';
  readonly policy: string;
  /** Of a call, or of a token. */
  readonly request: {
    readonly action: string;
    readonly resource: string;
    readonly values: Readonly<Record<string, readonly string[]>>;
    readonly sub: string;
    readonly aud: string;
    readonly provider: string;
  };
}

const ISSUERS = ['A', 'B'].map((one) => `https://oidc.eks.us-west-2.amazonaws.com/id/${one.repeat(32)}`);
const PROVIDERS = ISSUERS.map((issuer) => providerArn('aws', '111122223333', issuer));
const ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:DeleteObject', 'kms:Decrypt'];
const ACTION_PATTERNS = [
  ...ACTIONS,
  '*',
  's3:*',
  's3:Get*',
  'S3:getobject',
  's3:?utObject',
  's3:*Object',
  'kms:*',
  's3:',
];
const RESOURCES = [
  'arn:aws:s3:::b/team-a/x',
  'arn:aws:s3:::b/team-b/x',
  'arn:aws:s3:::b/team-a',
  'arn:aws:s3:::b',
  'arn:aws:s3:::b/a:b/c',
  'arn:aws:s3:::b/${x}/*',
  'arn:aws:kms:us-west-2:111122223333:key/1',
];
const RESOURCE_PATTERNS = [
  ...RESOURCES,
  ...[
    '*',
    '**',
    'arn:aws:s3:::b/*',
    'arn:aws:s3:::*',
    'arn:aws:s3:::b/team-?/*',
    'arn:aws:s3:::b*',
    'arn:aws:s3',
    'arn:*',
  ],
  ...[
    'arn:aws:s3:::b/${aws:username}/*',
    'arn:aws:s3:::b/${aws:PrincipalTag/team}/x',
    "arn:aws:s3:::b/${k, 'team-a'}/x",
  ],
  ...[
    'arn:aws:s3:::b/${*}',
    'arn:aws:s3:::b/${$}{x}/${*}',
    'arn:aws:s3:::${bucket}/*',
    'arn:aws:s3:::b/${un',
    'arn:aws:s3:*:*:b/*',
  ],
  ...['arn:aws:s3:::b/${a${k}}', 'arn:aws:s3:::b/${multi}/x', 'arn:aws:s3::${account}:b/*', 'arn:aws:kms:*:*:key/*'],
];
const KEYS = [
  'aws:username',
  'aws:PrincipalTag/team',
  's3:prefix',
  'k',
  'multi',
  'n',
  'd',
  'ip',
  'arn',
  'bucket',
  'account',
  'flag',
];
const VALUES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'aws:username': [['team-a'], ['*'], ['${*}']],
  'aws:PrincipalTag/team': [['team-a'], ['team-b'], ['']],
  's3:prefix': [['team-a/'], [''], ['team-b/x']],
  k: [['team-a'], ['a?'], ['A']],
  multi: [['team-a', 'team-b'], ['team-b'], [''], []],
  n: [['3600'], ['9.5'], ['-1'], ['x'], ['']],
  d: [['2026-11-26T14:00:00Z'], ['1767225600'], ['x'], ['2026-11-26']],
  ip: [['10.1.2.3'], ['2001:db8::1'], ['203.0.113.7'], ['x']],
  arn: [
    ['arn:aws:iam::111122223333:role/team-a'],
    ['arn:aws:iam::111122223333:role/x/team-b'],
    ['team-a'],
    ['arn:aws:iam'],
  ],
  bucket: [['b']],
  account: [['']],
  flag: [['true'], ['False'], ['']],
};
const TEXTS = [
  'team-a',
  'team-*',
  'team-?',
  '*',
  '',
  'TEAM-A',
  '${k}',
  '${aws:username}',
  '${*}',
  'a${?}',
  '${multi}',
  "${k, 'team-a'}",
  '${none}',
  '${',
  'team-a/',
  'team-a/*',
  '**a*',
];
const OPERATORS: readonly (readonly [operator: string, keys: readonly string[], values: readonly unknown[]])[] = [
  ...[
    'StringEquals',
    'StringNotEquals',
    'StringEqualsIgnoreCase',
    'StringNotEqualsIgnoreCase',
    'StringLike',
    'StringNotLike',
    'stringlike',
  ].map(
    (one) =>
      [one, ['aws:username', 'aws:PrincipalTag/team', 's3:prefix', 'k', 'multi', 'AWS:USERNAME'], TEXTS] as const,
  ),
  ...['ArnLike', 'ArnEquals', 'ArnNotLike', 'ArnNotEquals'].map(
    (one) =>
      [
        one,
        ['arn', 'k'],
        [
          'arn:aws:iam::*:role/team-*',
          'arn:aws:iam::111122223333:role/*',
          'arn:aws:iam:*',
          '*',
          'team-a',
          'arn:aws:iam::111122223333:role/${k}',
        ],
      ] as const,
  ),
  ...[
    'NumericEquals',
    'NumericNotEquals',
    'NumericLessThan',
    'NumericLessThanEquals',
    'NumericGreaterThan',
    'NumericGreaterThanEquals',
  ].map((one) => [one, ['n'], ['3600', 3600, '10', '-1', '9.50', 'x', '${n}']] as const),
  ...[
    'DateEquals',
    'DateNotEquals',
    'DateLessThan',
    'DateLessThanEquals',
    'DateGreaterThan',
    'DateGreaterThanEquals',
  ].map(
    (one) => [one, ['d'], ['2026-11-26T14:00:00Z', '2100-01-01T00:00:00Z', '1767225600', '2026-11-26', 'x']] as const,
  ),
  ...['IpAddress', 'NotIpAddress'].map(
    (one) =>
      [one, ['ip'], ['10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '2001:db8::/32', '::/0', '10.0.0.0/33', 'x']] as const,
  ),
  ['Bool', ['flag'], ['true', 'false', true, 'TRUE']],
  ['BinaryEquals', ['k'], ['team-a', 'dGVhbS1h']],
  ['Null', KEYS, ['true', 'false', true, false, 'maybe']],
];
const SETS = ['', '', '', '', 'ForAllValues:', 'ForAnyValue:', 'forallvalues:'];
const SUBS = [
  'system:serviceaccount:team-a:default-editor',
  'system:serviceaccount:team-b:default-editor',
  'system:serviceaccount:team-a:x',
];
const SUB_TEXTS = [
  ...SUBS,
  'system:serviceaccount:team-a:*',
  'system:serviceaccount:*:default-editor',
  '*',
  'SYSTEM:SERVICEACCOUNT:TEAM-A:DEFAULT-EDITOR',
  'system:serviceaccount:team-?:default-editor',
  '${none}',
  '',
];
const AUDS = ['sts.amazonaws.com', 'vault'];

/** A pair that IAM would take as a policy and a request. */
export function pairOf(random: () => number): Pair {
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const chance = (share: number): boolean => random() < share;
  const some = <T>(items: readonly T[], most: number): T | T[] => {
    const count = 1 + Math.floor(random() * most);
    return count === 1 && chance(0.7) ? one(items) : Array.from({ length: count }, () => one(items));
  };
  const kind = chance(0.5) ? 'permissions' : 'trust';
  const [provider = '', otherProvider = ''] = chance(0.9) ? PROVIDERS : [...PROVIDERS].reverse();
  const issuer = issuerOf(provider);
  const test = (): readonly [string, Record<string, unknown>] => {
    if (kind === 'trust' && chance(0.8)) {
      const claim = chance(0.7) ? 'sub' : 'aud';
      const operator = one([
        'StringEquals',
        'StringLike',
        'StringNotEquals',
        'StringNotLike',
        'StringEqualsIgnoreCase',
        'StringNotEqualsIgnoreCase',
        'Null',
      ]);
      const whose = chance(0.9) ? issuer : issuerOf(otherProvider);
      const values = operator === 'Null' ? ['true', 'false'] : claim === 'sub' ? SUB_TEXTS : [...AUDS, '*'];
      const set = operator === 'Null' ? '' : one(SETS);
      const end = operator !== 'Null' && chance(0.1) ? 'IfExists' : '';
      return [`${set}${operator}${end}`, { [`${whose}:${claim}`]: some(values, 3) }];
    }
    const [operator, keys, values] = one(OPERATORS);
    const isNull = operator === 'Null';
    return [
      `${isNull ? '' : one(SETS)}${operator}${!isNull && chance(0.15) ? 'IfExists' : ''}`,
      { [one(keys)]: some(values, 3) },
    ];
  };
  const condition = (): object => {
    const count = Math.floor(random() * 3);
    const result: Record<string, Record<string, unknown>> = {};
    for (let at = 0; at < count; at++) {
      const [operator, block] = test();
      result[operator] = { ...result[operator], ...block };
    }
    return count === 0 ? {} : { Condition: result };
  };
  const statement = (): object => {
    const Effect = chance(0.7) ? 'Allow' : 'Deny';
    if (kind === 'permissions')
      return {
        Effect,
        [chance(0.9) ? 'Action' : 'NotAction']: some(ACTION_PATTERNS, 3),
        [chance(0.9) ? 'Resource' : 'NotResource']: some(RESOURCE_PATTERNS, 3),
        ...condition(),
      };
    const principal = one<unknown>([
      { Federated: provider },
      { Federated: provider },
      { Federated: provider },
      { Federated: otherProvider },
      { Federated: [provider, otherProvider] },
      { AWS: '111122223333' },
      { AWS: '*' },
      { Service: 'ec2.amazonaws.com' },
    ]);
    return {
      Effect,
      [chance(0.93) ? 'Principal' : 'NotPrincipal']: principal,
      Action: some(
        [WEB_IDENTITY, WEB_IDENTITY, WEB_IDENTITY, 'sts:AssumeRole', 'sts:AssumeRole*', 'sts:TagSession'],
        2,
      ),
      ...condition(),
    };
  };
  const version = one([
    { Version: '2012-10-17' },
    { Version: '2012-10-17' },
    { Version: '2012-10-17' },
    { Version: '2008-10-17' },
    {},
  ]);
  const statements = Array.from({ length: 1 + Math.floor(random() * 3) }, statement);
  const values = Object.fromEntries(KEYS.flatMap((key) => (chance(0.7) ? [[key, one(VALUES[key] ?? [[]])]] : [])));
  return {
    kind,
    policy: JSON.stringify({
      ...version,
      Statement: statements.length === 1 && chance(0.3) ? statements[0] : statements,
    }),
    request: { action: one(ACTIONS), resource: one(RESOURCES), values, sub: one(SUBS), aud: one(AUDS), provider },
  };
}

/** What each of the two says. */
export function answersOf({ kind, policy, request }: Pair): { readonly ours: Answer; readonly theirs: 'yes' | 'no' } {
  const { action, resource, values, sub, aud, provider } = request;
  if (kind === 'permissions') {
    const context = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
    return {
      ours: may([JSON.parse(policy)], action, resource, { values, lacks: () => true }),
      theirs: permits([policy], { action, resource, context }) ? 'yes' : 'no',
    };
  }
  const issuer = issuerOf(provider).toLowerCase();
  const context = new Map<string, readonly string[]>([
    [`${issuer}:sub`, [sub]],
    [`${issuer}:aud`, [aud]],
    ['aws:federatedprovider', [provider]],
    ['aws:currenttime', ['2026-11-26T14:00:00Z']],
    ['aws:securetransport', ['true']],
    ['sts:rolesessionname', ['session']],
  ]);
  return {
    ours: mayAssume(JSON.parse(policy), { provider, sub, aud }),
    theirs: trusts(policy, { provider, action: WEB_IDENTITY, context }) ? 'yes' : 'no',
  };
}

type Statement = Readonly<Record<string, unknown>>;

/** The pair without what a class is about. */
const without = (pair: Pair, drops: (statement: Statement) => boolean): Pair => {
  const document = JSON.parse(pair.policy) as { Statement: Statement | Statement[] };
  return {
    ...pair,
    policy: JSON.stringify({ ...document, Statement: [document.Statement].flat().filter((one) => !drops(one)) }),
  };
};
const agree = (pair: Pair): boolean => {
  const { ours, theirs } = answersOf(pair);
  return ours === theirs;
};

/**
 * Why the two differ where both may be right: what the documentation leaves open, or what a request may hold that the sandbox's has
 * not. A pair is of a class if ours says that it cannot be judged, and both agree once what the class is about is taken out.
 */
export const CLASSES: readonly {
  readonly id: string;
  readonly why: string;
  readonly about: (statement: Statement, pair: Pair) => boolean;
}[] = [
  {
    id: 'everybody',
    why: 'That Allow {"AWS": "*"} lets in tokens of OIDC providers is not said in the documentation of IAM; the sandbox takes it for AWS principals alone.',
    about: ({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal) === '{"AWS":"*"}',
  },
  {
    id: 'shared-key',
    why: 'Keys of `aws:` and `sts:` that a request for a role may hold, and of which nothing is known here; the sandbox has none of them in its requests.',
    about: ({ Condition }, { kind }) => kind === 'trust' && keysIn(Condition).some((key) => /^(?:aws|sts):/i.test(key)),
  },
  {
    id: 'several-values',
    why: 'Of a key with several values under an operator that is not for sets the documentation does not say whether one or each must fit.',
    about: ({ Condition }, { request }) =>
      Object.entries((Condition ?? {}) as Record<string, object>).some(
        ([operator, block]) =>
          !operator.includes(':') && Object.keys(block).some((key) => (request.values[key]?.length ?? 0) > 1),
      ),
  },
];

/** Keys of a condition, and of variables in it. */
const keysIn = (condition: unknown): readonly string[] =>
  Object.values((condition ?? {}) as Record<string, Record<string, unknown>>).flatMap((block) => [
    ...Object.keys(block),
    ...[...JSON.stringify(Object.values(block)).matchAll(/\$\{([^},]+)/g)].map((match) => match[1] ?? ''),
  ]);

/** The class of a disagreement; undefined: it is a fault of one of the two. */
export function classOf(pair: Pair, { ours }: ReturnType<typeof answersOf>): string | undefined {
  if (ours !== 'unknown') return undefined;
  const single = CLASSES.find(({ about }) => agree(without(pair, (statement) => about(statement, pair))));
  if (single !== undefined) return single.id;
  // Two reasons in one policy.
  const all = without(pair, (statement) => CLASSES.some(({ about }) => about(statement, pair)));
  return agree(all) ? 'several' : undefined;
}

export interface Comparison {
  readonly pairs: number;
  readonly agreed: number;
  /** By their class; those without one are faults. */
  readonly explained: Readonly<Record<string, number>>;
  readonly unexplained: readonly (Pair & ReturnType<typeof answersOf>)[];
}

/** Compares so many pairs from a seed; keeps the first few that nothing explains. */
export function compareJudges(count: number, seed: number, most = 20): Comparison {
  const random = randomFrom(seed);
  const explained: Record<string, number> = {};
  const unexplained: (Pair & ReturnType<typeof answersOf>)[] = [];
  let agreed = 0;
  for (let at = 0; at < count; at++) {
    const pair = pairOf(random);
    const answers = answersOf(pair);
    if (answers.ours === answers.theirs) {
      agreed += 1;
      continue;
    }
    const its = classOf(pair, answers);
    if (its !== undefined) explained[its] = (explained[its] ?? 0) + 1;
    else if (unexplained.length < most) unexplained.push({ ...pair, ...answers });
  }
  return { pairs: count, agreed, explained, unexplained };
}

/** Levels of an organization and a request: ours against the sandbox's, and that both name a Deny, or a level without an Allow. */
export function compareGuards(count: number, seed: number, most = 20): Comparison {
  const random = randomFrom(seed);
  const explained: Record<string, number> = {};
  const unexplained: (Pair & ReturnType<typeof answersOf>)[] = [];
  let agreed = 0;
  const permissions = (): Pair => {
    for (;;) {
      const pair = pairOf(random);
      if (pair.kind === 'permissions') return pair;
    }
  };
  const everything = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  for (let at = 0; at < count; at++) {
    const pair = permissions();
    const { action, resource, values } = pair.request;
    const levels = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, level) =>
      [
        ...(random() < 0.7 ? [everything] : []),
        ...Array.from({ length: 1 + Math.floor(random() * 2) }, () => permissions().policy),
      ].map((text, one) => ({ id: `p-${level}-${one}`, name: `${one}`, arn: `arn:${level}:${one}`, text })),
    );
    const ours = judgeGuards(
      guardsOf(
        levels.map((service, level) => ({ target: `ou-${level}`, service })),
        'service',
      ),
      action,
      resource,
      knownFacts({ values, lacks: () => true }),
    );
    const context = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
    const theirs = organizationFault(
      levels.map((level) => level.map(({ arn, text }) => ({ arn, document: text }))),
      { action, resource, context },
    );
    const sameAnswer = ours.answer === (theirs === undefined ? 'yes' : 'no');
    const same = sameAnswer && (theirs === undefined || (ours.by?.policy !== undefined) === (theirs !== 'nothing'));
    const policy = JSON.stringify(levels);
    if (same) agreed += 1;
    // Of a key with several values the documentation leaves open what counts: see the class of that name. Where another level refuses
    // all the same, only what is named differs.
    else if ((ours.answer === 'unknown' || sameAnswer) && Object.values(values).some((some) => some.length > 1))
      explained['several-values'] = (explained['several-values'] ?? 0) + 1;
    else if (unexplained.length < most)
      unexplained.push({ ...pair, policy, ours: ours.answer, theirs: theirs === undefined ? 'yes' : 'no' });
  }
  return { pairs: count, agreed, explained, unexplained };
}
