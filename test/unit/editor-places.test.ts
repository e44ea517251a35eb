// What the editor says and offers at a place of a text: tables, and properties over any text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import schema from '../../schemas/profile.schema.json' with { type: 'json' };
import { isOnlyProfiles, knownAt, suggestionsAt, yamlPlace } from '../../src/editor/places.ts';
import { profilesIn, type ProfileCache } from '../../src/editor/profiles.ts';
import { withoutRules } from '../../src/editor/withoutRules.ts';
import { meaningAt } from '../../src/editor/words.ts';

/** A text with its cursor, which is written as ‸. */
const cursor = (marked: string): [text: string, offset: number] => [marked.replace('‸', ''), marked.indexOf('‸')];

const PROFILE =
  'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner:\n    kind: User\n    name: a@example.com\n';
const FLOW =
  '{ apiVersion: kubeflow.org/v1, kind: Profile, metadata: { name: team-f }, spec: { owner: { kind: User, name: f@example.com } } }\n';
const TRUST = `{"Statement": [{"Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB"},
"Condition": {`;

test('the keys above the cursor in YAML', () => {
  const rows: [string, readonly string[], string?][] = [
    ['', []],
    ['spec:\n  ', ['spec']],
    ['spec:\n  plugins:\n  - ', ['spec', 'plugins']],
    ['spec:\n  plugins:\n    - ki', ['spec', 'plugins']],
    ['spec:\n  plugins:\n    - kind: ', ['spec', 'plugins'], 'kind'],
    ['spec:\n  plugins:\n    - kind: A\n      spec:\n        ', ['spec', 'plugins', 'spec']],
    [
      'spec:\n  plugins:\n  - kind: A\n    spec:\n      awsIamRole: x\n      annotateOnly: tr',
      ['spec', 'plugins', 'spec'],
      'annotateOnly',
    ],
    ['spec:\n  plugins:\n  - kind: A\n    ', ['spec', 'plugins']],
    ['spec:\r\n  plugins:\r\n  - kind: A\r\n    ', ['spec', 'plugins']],
    ['a:\n  b: 1\n---\nc:\n  ', ['c']],
    ['"metadata":\n  annotations: # why\n    # a comment\n    ', ['metadata', 'annotations']],
    ['a:\n  - b:\n      c: 1\n  - d:\n      ', ['a', 'd']],
  ];
  for (const [before, path, writing] of rows)
    assert.deepEqual(yamlPlace(before), writing === undefined ? { path } : { path, writing }, JSON.stringify(before));
});

test('what can be written where the cursor is', () => {
  const rows: [string, 'yaml' | 'json', readonly string[]][] = [
    [`${PROFILE}  ‸`, 'yaml', ['plugins']],
    [`${PROFILE}  pl‸`, 'yaml', ['plugins']],
    [`${PROFILE}  plugins:\n  - ‸`, 'yaml', ['kind: AwsIamForServiceAccount']],
    [`${PROFILE}  plugins:\n  - kind: ‸`, 'yaml', ['AwsIamForServiceAccount']],
    [`${PROFILE}  plugins:\n  - kind: A\n    spec:\n      ‸`, 'yaml', ['awsIamRole', 'annotateOnly']],
    [`${PROFILE}  plugins:\n  - kind: A\n    spec:\n      awsIamRole: x\n      ‸`, 'yaml', ['annotateOnly']],
    [`${PROFILE}  plugins:\n  - kind: A\n    spec:\n      annotateOnly: ‸`, 'yaml', ['true', 'false']],
    [`${PROFILE}  plugins: []\n  ‸`, 'yaml', []],
    [`${PROFILE}  owner:\n    ‸`, 'yaml', []],
    ['apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    ‸', 'yaml', ['eks.amazonaws.com/role-arn']],
    ['apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    ‸', 'yaml', []],
    ['apiVersion: apps/v1\nkind: Deployment\nspec:\n  ‸', 'yaml', []],
    [
      `${TRUST}"StringEquals": {‸`,
      'json',
      ['oidc.eks.eu-west-1.amazonaws.com/id/AB:sub', 'oidc.eks.eu-west-1.amazonaws.com/id/AB:aud'],
    ],
    [
      `${TRUST}"StringEquals": {"a": "b", "‸`,
      'json',
      ['oidc.eks.eu-west-1.amazonaws.com/id/AB:sub', 'oidc.eks.eu-west-1.amazonaws.com/id/AB:aud'],
    ],
    [`${TRUST}"StringEquals": {"a": "‸`, 'json', []],
    [`${TRUST}"StringEquals": {"a": "b"}}, ‸`, 'json', []],
    ['{"Condition": {"StringEquals": {‸', 'json', []],
  ];
  for (const [marked, language, labels] of rows) {
    const [text, offset] = cursor(marked);
    assert.deepEqual(
      suggestionsAt(text, offset, language).map(({ label }) => label),
      labels,
      marked,
    );
  }
});

test('a suggestion replaces what is typed of it', () => {
  const [text, offset] = cursor(`${TRUST}"StringEquals": {"oidc.eks‸`);
  const [first] = suggestionsAt(text, offset, 'json');
  assert.equal(text.slice(first?.start, offset), '"oidc.eks');
  assert.match(
    first?.insert ?? '',
    /^"oidc\.eks\.eu-west-1\.amazonaws\.com\/id\/AB:sub": "system:serviceaccount:\$\{1:profile\}:default-editor"$/,
  );
});

test('what the words mean', () => {
  const rows: [string, string | undefined, Readonly<Record<string, string>>?][] = [
    [
      'awsIamRole: arn:aws-cn:iam::111122223333:ro‸le/path/team-a',
      'IAM role',
      { name: 'team-a', account: '111122223333', partition: 'aws-cn' },
    ],
    [
      '"arn:aws:iam::111122223333:oidc-provider/oi‸dc.eks.x/id/A"',
      'OIDC provider',
      { issuer: 'https://oidc.eks.x/id/A', account: '111122223333', partition: 'aws' },
    ],
    [
      '"system:serviceaccount:te‸am-a:default-editor"',
      'Kubernetes service account',
      { namespace: 'team-a', 'service account': 'default-editor' },
    ],
    ['"oidc.eks.x/id/A:su‸b": "x"', 'Condition on the service account', { issuer: 'oidc.eks.x/id/A' }],
    ['"oidc.eks.x/id/A:au‸d": "x"', 'Condition on the audience', { issuer: 'oidc.eks.x/id/A' }],
    ['"arn:aws:s3:::buck‸et/pre/*"', 'S3', { bucket: 'bucket', objects: 'pre/*' }],
    ['"arn:aws:s3:::buck‸et"', 'S3', { bucket: 'bucket' }],
    ['root: s3://buck‸et/a/b', 'S3 location', { bucket: 'bucket', prefix: 'a/b' }],
    ['  annotate‸Only: true', 'annotateOnly', {}],
    ['- kind: AwsIam‸ForServiceAccount', 'IRSA plugin of a Profile', {}],
    ['  awsIam‸Role: x', 'awsIamRole', {}],
    ['  eks.amazonaws.com/role‸-arn: x', 'Role of a service account', {}],
    ['kind: Pro‸file', undefined],
    ['annotateOnly: true\nna‸me: x', undefined],
  ];
  for (const [marked, title, facts] of rows) {
    const [text, offset] = cursor(marked);
    const meaning = meaningAt(text, offset, profilesIn(text, 'yaml'));
    assert.equal(meaning?.title, title, marked);
    if (meaning) assert.deepEqual(Object.fromEntries(meaning.facts), facts, marked);
  }
});

test('whose state is asked for', () => {
  const account = { kind: 'serviceAccount', namespace: 'team-a', name: 'default-editor' };
  const profile = { kind: 'profile', name: 'team-a' };
  const plugin = `${PROFILE}  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: x\n`;
  const at = (text: string, word: string): string => text.replace(word, `${word.slice(0, 1)}‸${word.slice(1)}`);
  const json = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: ['team-0', 'team-a'].map((name) => ({ apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name } })),
  });
  const rows: [string, unknown, ('yaml' | 'json')?][] = [
    ['arn:aws:iam::111122223333:ro‸le/a', { kind: 'role', arn: 'arn:aws:iam::111122223333:role/a' }],
    ['arn:aws:iam::111122223333:ro‸le/${NAME}', undefined],
    ['arn:aws:iam::account:ro‸le/a', undefined],
    [
      '"arn:aws:iam::111122223333:oidc-provider/oi‸dc.eks.x/id/A"',
      { kind: 'provider', arn: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.x/id/A' },
    ],
    ['"arn:aws:iam::111122223333:oidc-provider/${OI‸DC}"', undefined],
    ['"system:serviceaccount:te‸am-a:default-editor"', account],
    ['"system:serviceaccount:te‸am-a:*"', undefined],
    ['"oidc.eks.x/id/A:su‸b": "system:serviceaccount:team-a:default-editor"', account],
    ['"oidc.eks.x/id/A:su‸b": "system:serviceaccount:*:default-editor"', undefined],
    ['"oidc.eks.x/id/A:au‸d": "system:serviceaccount:team-a:default-editor"', undefined],
    ['"arn:aws:s3:::buck‸et/pre/*"', { kind: 'bucket', name: 'bucket' }],
    ['"arn:aws:s3:::${BUCK‸ET}/*"', undefined],
    ['root: s3://buck‸et/a', { kind: 'bucket', name: 'bucket' }],
    [at(plugin, 'awsIamRole'), profile],
    [at(plugin, 'AwsIamForServiceAccount'), profile],
    [`${plugin}        annotate‸Only: true\n`, profile],
    [`${plugin.replace('team-a', 'team-0')}---\n${at(plugin, 'awsIamRole')}`, profile],
    [at(plugin.replace('name: team-a', 'name: ${NAME}'), 'awsIamRole'), undefined],
    [at(plugin, 'team-a'), profile],
    [at(plugin.replace('team-a', '"team-a" # why'), 'team-a'), profile],
    [at(plugin, 'a@example'), undefined],
    [at(plugin.replace('metadata:', 'metadata:\n  labels:\n    name: other'), 'other'), undefined],
    [at(json, 'team-a'), profile, 'json'],
    [at(json, 'kubeflow.org'), undefined, 'json'],
  ];
  for (const [marked, thing, language = 'yaml'] of rows) {
    const [text, offset] = cursor(marked);
    const meaning = meaningAt(text, offset, profilesIn(text, language));
    assert.deepEqual(meaning?.thing, thing, marked);
    if (meaning?.title === 'Kubeflow profile')
      assert.match(text.slice(meaning.start, meaning.end), /^"?team-a"?$/, marked);
  }
});

test('roles and buckets that are known, where one is being written', () => {
  const known = {
    roles: () => [{ arn: 'arn:aws:iam::111122223333:role/$a/team-a', of: 'team-a on dev' }],
    buckets: () => ['artifacts'],
  };
  const role = 'arn:aws:iam::111122223333:role/$a/team-a';
  const rows: [string, string, readonly string[]][] = [
    ['  awsIamRole: ‸', '', [role]],
    ['  awsIamRole: arn:aws:iam::1‸', 'arn:aws:iam::1', [role]],
    ['"awsIamRole": "arn‸"', 'arn', [role]],
    ['    eks.amazonaws.com/role-arn: ‸', '', [role]],
    ['"arn:aws-cn:s3:::art‸"', 'art', ['artifacts']],
    ['root: s3://‸', '', ['artifacts']],
    ['"arn:aws:s3:::artifacts/‸"', '', []],
    ['  awsIamRole‸', '', []],
    ['  annotateOnly: ‸', '', []],
    ['awsIamRole:\n  ‸', '', []],
  ];
  for (const [marked, typed, labels] of rows) {
    const [text, offset] = cursor(marked);
    const found = knownAt(text, offset, known);
    assert.deepEqual(
      found.map(({ label }) => label),
      labels,
      marked,
    );
    for (const { start } of found) assert.equal(text.slice(start, offset), typed, marked);
  }
  assert.equal(knownAt('awsIamRole: ', 12, known)[0]?.insert, 'arn:aws:iam::111122223333:role/\\$a/team-a');
});

/** Where each begins, and what a command needs of it; its name stands where it is said to stand. */
const headsIn = (text: string, language: 'yaml' | 'json'): readonly unknown[] =>
  profilesIn(text, language).map(({ start, end, name, profile, owner }) => {
    assert.match(text.slice(name.start, name.end), new RegExp(`^["']?${profile}["']?$`));
    assert.ok(start <= name.start && name.end <= end && end <= text.length);
    return { start, profile, ...(owner === undefined ? {} : { owner }) };
  });

test('the Profiles of a file, with what a command needs', () => {
  const rows: [string, readonly unknown[]][] = [
    [PROFILE, [{ start: 0, profile: 'team-a', owner: 'a@example.com' }]],
    [
      `# note\n${PROFILE}---\n${PROFILE.replace('team-a', '"team-b" # b')}`,
      [
        { start: 7, profile: 'team-a', owner: 'a@example.com' },
        { start: 11 + PROFILE.length, profile: 'team-b', owner: 'a@example.com' },
      ],
    ],
    [
      PROFILE.replace('  name: team-a', '  labels:\n    name: other\n  name: team-a'),
      [{ start: 0, profile: 'team-a', owner: 'a@example.com' }],
    ],
    [PROFILE.replaceAll('\n', '\r\n'), [{ start: 0, profile: 'team-a', owner: 'a@example.com' }]],
    [PROFILE.replace('team-a', '${PROFILE_NAME}'), []],
    [PROFILE.replace('team-a', '{{ .Values.name }}'), []],
    [PROFILE.replace('kubeflow.org/v1', 'example.com/v1'), []],
    ['kind: ServiceAccount\nmetadata:\n  name: Profile\n', []],
    [FLOW, [{ start: 0, profile: 'team-f', owner: 'f@example.com' }]],
    [`# note\n---\n${FLOW}`, [{ start: 11, profile: 'team-f', owner: 'f@example.com' }]],
    [
      PROFILE.replace('metadata:\n  name: team-a', 'metadata: { name: team-a }').replace(
        'owner:\n    kind: User\n    name: a@example.com',
        'owner: { kind: User, name: "a@example.com" }',
      ),
      [{ start: 0, profile: 'team-a', owner: 'a@example.com' }],
    ],
    [
      `apiVersion: v1\nkind: List\nitems:\n- ${PROFILE.trim().replaceAll('\n', '\n  ')}\n- ${FLOW}`,
      [
        { start: 35, profile: 'team-a', owner: 'a@example.com' },
        { start: 51 + PROFILE.length, profile: 'team-f', owner: 'f@example.com' },
      ],
    ],
    [FLOW.replace('team-f', '{{ .Values.name }}'), []],
    [FLOW.replace('team-f', '"${NAME}"'), []],
    [FLOW.replace('name: f@example.com', 'na'), [{ start: 0, profile: 'team-f' }]],
    [FLOW.replace('kubeflow.org', 'example.org'), []],
  ];
  for (const [text, profiles] of rows) assert.deepEqual(headsIn(text, 'yaml'), profiles, text);
});

test('Profiles that were read before are not read again, and stand where they stand now', () => {
  const cache: ProfileCache = { documents: new Map() };
  const text = `${PROFILE}---\n${FLOW}`;
  assert.deepEqual(profilesIn(text, 'yaml', cache), profilesIn(text, 'yaml'));
  const moved = `# new\n---\n${text}---\n${FLOW}`;
  assert.deepEqual(profilesIn(moved, 'yaml', cache), profilesIn(moved, 'yaml'));
  assert.deepEqual(
    profilesIn(moved, 'yaml', cache).map(({ profile }) => profile),
    ['team-a', 'team-f', 'team-f'],
  );
});

test('a file that is nothing but Profiles', () => {
  const rows: [string, boolean][] = [
    [PROFILE, true],
    [`# note\n---\n${PROFILE}---\n${PROFILE}`, true],
    [`${PROFILE}---\nkind: Deployment\n`, false],
    [PROFILE.replace('kubeflow.org', 'example.com'), false],
    ['', false],
    ['# nothing\n', false],
  ];
  for (const [text, expected] of rows) assert.equal(isOnlyProfiles(text), expected, text);
});

test('the schema for other extensions suggests the same and finds nothing wrong', () => {
  const rows: [Parameters<typeof withoutRules>[0], unknown][] = [
    [{ type: 'string', pattern: 'a', description: 'b' }, { description: 'b' }],
    [
      { type: 'boolean', default: false },
      { examples: [true, false], default: false },
    ],
    [{ enum: ['a', 'b'] }, { examples: ['a', 'b'] }],
    [{ const: 'a' }, { examples: ['a'] }],
    [
      { properties: { type: { type: 'string' }, required: { minLength: 1 } }, required: ['type'] },
      { properties: { type: {}, required: {} } },
    ],
    [
      { allOf: [{ if: { required: ['kind'] }, then: { required: ['kind'] } }] },
      { allOf: [{ if: { required: ['kind'] }, then: {} }] },
    ],
  ];
  for (const [from, to] of rows) assert.deepEqual(withoutRules(from), to);
  const text = JSON.stringify(withoutRules(schema));
  assert.match(text, /"awsIamRole":\{"description"/);
  assert.doesNotMatch(text, /"(additionalProperties|pattern|enum)":/);
});

test('no text, however odd, makes them throw or point outside of it', () => {
  const pieces = fc.constantFrom(
    'spec:',
    'plugins:',
    '- ',
    'kind: ',
    'Profile',
    '\n',
    '\r\n',
    '  ',
    '"',
    '{',
    '}',
    ':',
    'StringEquals',
    '$',
    '${1:x}',
    'arn:aws:iam::1:oidc-provider/x',
    'arn:aws:s3:::b/*',
    '---\n',
    'metadata:\n',
    'name: ',
    'kubeflow.org/v1',
    '\uE000',
    '😀',
    '\t',
  );
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 40 }),
      fc.nat(),
      fc.constantFrom('yaml' as const, 'json' as const),
      (parts, at, language) => {
        const text = parts.join('');
        const offset = at % (text.length + 1);
        for (const { start } of suggestionsAt(text, offset, language)) assert.ok(start >= 0 && start <= offset);
        const meaning = meaningAt(text, offset, profilesIn(text, language));
        if (meaning) assert.ok(meaning.start <= offset && offset <= meaning.end && meaning.end <= text.length);
        for (const { start } of profilesIn(text, language)) assert.ok(start >= 0 && start < text.length);
      },
    ),
    { numRuns: 500 },
  );
});

test('Profiles of a JSON file, alone, in a List and unfinished', () => {
  const one = (name: string) => ({
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name },
    spec: { owner: { kind: 'User', name: 'u@example.com' } },
  });
  const alone = JSON.stringify(one('team-a'));
  assert.deepEqual(headsIn(alone, 'json'), [{ start: 0, profile: 'team-a', owner: 'u@example.com' }]);
  assert.deepEqual(headsIn(alone.slice(0, -20), 'json'), [{ start: 0, profile: 'team-a' }]);
  assert.deepEqual(profilesIn(alone.replace('kubeflow.org', 'example.com'), 'json'), []);
  assert.deepEqual(profilesIn(JSON.stringify(one('${NAME}')), 'json'), []);
  const list = JSON.stringify({
    kind: 'List',
    apiVersion: 'v1',
    items: [one('team-a'), { kind: 'Other' }, one('team-b')],
  });
  assert.deepEqual(
    profilesIn(list, 'json').map(({ start, profile }) => [list.slice(start, start + 2), profile]),
    [
      ['{"', 'team-a'],
      ['{"', 'team-b'],
    ],
  );
});
