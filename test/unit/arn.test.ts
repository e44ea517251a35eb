import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { fieldRange, formatArn, parseArn, parseArnPattern, ROLE_ARN, roleNameOf } from '../../src/core/arn/arn.ts';
import { PARTITIONS, partitionById, partitionOfRegion } from '../../src/core/arn/partitions.ts';
import {
  commonText,
  lazyPattern,
  patternCovers,
  patternMatches,
  patternsOverlap,
  templateMatcher,
} from '../../src/core/arn/pattern.ts';

test('a region belongs to one partition', () => {
  const table: [string, string | undefined][] = [
    ['us-west-2', 'aws'],
    ['mx-central-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-east-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-south-1', 'aws-iso-f'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-west2', undefined],
    ['', undefined],
    ['us-west-2a', undefined],
  ];
  for (const [region, id] of table) assert.equal(partitionOfRegion(region)?.id, id, region);
  for (const { id, globalRegion } of PARTITIONS) {
    assert.equal(partitionOfRegion(globalRegion)?.id, id);
    assert.equal(PARTITIONS.filter(({ regionPattern }) => regionPattern.test(globalRegion)).length, 1);
  }
  assert.equal(partitionById('aws-cn')?.dnsSuffix, 'amazonaws.com.cn');
  assert.equal(partitionById('aws-xy'), undefined);
});

test('an ARN has six fields, and colons after the fifth belong to the resource', () => {
  assert.deepEqual(parseArn('arn:aws:s3:::bucket/a:b'), {
    partition: 'aws',
    service: 's3',
    region: '',
    account: '',
    resource: 'bucket/a:b',
  });
  assert.equal(parseArn('arn:aws:s3::::bucket')?.resource, ':bucket');
  assert.equal(parseArn('arn:aws:iam::${aws:PrincipalAccount}:role/x')?.account, '${aws:PrincipalAccount}');
  assert.equal(parseArn('arn:aws:s3:::bucket/${aws:username}/a:b')?.resource, 'bucket/${aws:username}/a:b');
  for (const text of ['', 'arn', 'arn:aws:s3::bucket', 'urn:aws:s3:::b', ' arn:aws:s3:::b', 'arn:${aws:x']) {
    assert.equal(parseArn(text), undefined, text);
  }
  assert.deepEqual(parseArnPattern('arn:aws:s3'), {
    partition: 'aws',
    service: 's3',
    region: '*',
    account: '*',
    resource: '*',
  });
  for (const text of ['s3:::b', 'arn', 'a:arn:']) assert.equal(parseArnPattern(text), undefined, text);
});

test('formatArn is the inverse of parseArn, and fieldRange finds each field', () => {
  const field = fc.stringMatching(/^[^:${}]*$/);
  fc.assert(
    fc.property(
      fc.record({ partition: field, service: field, region: field, account: field, resource: fc.string() }),
      (arn) => {
        const text = formatArn(arn);
        assert.deepEqual(parseArn(text), { ...arn });
        for (const key of ['partition', 'service', 'region', 'account', 'resource'] as const) {
          assert.equal(text.slice(...fieldRange(arn, key)), arn[key]);
        }
      },
    ),
  );
});

test('role ARNs', () => {
  assert.equal(roleNameOf('arn:aws:iam::111122223333:role/team-a'), 'team-a');
  assert.equal(roleNameOf('arn:aws-us-gov:iam::111122223333:role/kubeflow/x/team-a'), 'team-a');
  assert.equal(ROLE_ARN.exec('arn:aws:iam::111122223333:role/kubeflow/team-a')?.groups?.['path'], '/kubeflow/');
  for (const text of [
    'arn:aws:iam::11112222333:role/team-a',
    'arn:aws:iam::111122223333:policy/team-a',
    'arn:aws:sts::111122223333:assumed-role/team-a/x',
    'arn:aws:iam::111122223333:role/',
    `arn:aws:iam::111122223333:role/${'x'.repeat(65)}`,
    'arn:aws:iam::111122223333:role/team a',
    'arn:aws:iam:us-east-1:111122223333:role/team-a',
  ]) {
    assert.equal(roleNameOf(text), undefined, text);
  }
});

test('patterns match as IAM says', () => {
  const matches: [string, string][] = [
    ['*', ''],
    ['a*b', 'acb'],
    ['*a*b*', 'xxaxxbx'],
    ['a?c', 'abc'],
    ['${*}', '*'],
    ['x${$}y', 'x$y'],
    ['x${aws:username}y', 'xanyy'],
    ['**b', 'abab'],
  ];
  const fails: [string, string][] = [
    ['a', 'A'],
    ['a?', 'a'],
    ['', 'a'],
    ['a*b', 'ac'],
    ['${*}', 'a'],
    ['${*}', '${*}'],
    ['*b', 'bc'],
  ];
  for (const [pattern, text] of matches) assert.ok(patternMatches(pattern, text), `${pattern} ~ ${text}`);
  for (const [pattern, text] of fails) assert.ok(!patternMatches(pattern, text), `${pattern} !~ ${text}`);
  assert.ok(!patternMatches('${aws:username}', 'bob', false));
  assert.ok(patternMatches('${aws:username}', '${aws:username}', false));
});

test('patterns agree with regular expressions', () => {
  const char = fc.constantFrom('a', 'b', '*', '?');
  const pattern = fc.array(char, { maxLength: 8 }).map((chars) => chars.join(''));
  const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((chars) => chars.join(''));
  fc.assert(
    fc.property(pattern, text, (wild, plain) => {
      const expected = new RegExp(`^${wild.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(plain);
      assert.equal(patternMatches(wild, plain), expected);
      // A template without placeholders is one text.
      assert.equal(templateMatcher(plain, {})(lazyPattern(wild)), expected);
    }),
    { numRuns: 2000 },
  );
});

/** All texts of two letters, of at most so many. */
const texts = (most: number): string[] =>
  most === 0 ? [''] : ['', ...texts(most - 1).flatMap((text) => ['a', 'b'].map((letter) => letter + text))];

test('two patterns overlap where some text fits both, and one covers another only where each text of it fits', () => {
  const all = [...new Set(texts(6))];
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '*', '?', '${x}'), { maxLength: 3 })
    .map((parts) => parts.join(''));
  let covering = 0;
  fc.assert(
    fc.property(pattern, pattern, (one, two) => {
      const [ones, twos] = [one, two].map((wild) => all.filter((text) => patternMatches(wild, text)));
      assert.ok(ones && twos);
      assert.equal(
        patternsOverlap(one, two),
        ones.some((text) => twos.includes(text)),
      );
      if (!patternCovers(one, two)) return;
      covering += 1;
      assert.ok(twos.every((text) => ones.includes(text)));
    }),
    { numRuns: 2000 },
  );
  assert.ok(covering > 200, `only ${covering} cover`);
});

test('a pattern covers what fits it, wildcards by wildcards', () => {
  const table: [string, string, boolean][] = [
    ['*', '*', true],
    ['*', 'a?b*', true],
    ['a*', 'ab*', true],
    ['*b', '*ab', true],
    ['*b*', 'a*bc', true],
    ['?', '?', true],
    ['?*', 'a*', true],
    ['?', 'a', true],
    ['a', 'a', true],
    ['${x}', '?*', true],
    ['${*}', '${*}', true],
    ['a', '?', false],
    ['?', '*', false],
    ['a*', '*', false],
    ['*a', '*', false],
    ['a', 'ab', false],
    ['ab', 'a', false],
    ['${*}', '*', false],
    ['*ab', '*a', false],
  ];
  for (const [wide, narrow, expected] of table)
    assert.equal(patternCovers(wide, narrow), expected, `${wide} covers ${narrow}`);
  let steps = 0;
  assert.ok(!patternCovers('*a*b', 'a'.repeat(20), () => (steps += 1)));
  assert.ok(steps > 20 && steps <= 4 * 20, String(steps));
});

test('a pattern meets a template when one text fits both', () => {
  const classes = { name: /[a-z]/, key: /[^]/ };
  const meets: [string, string][] = [
    ['*', '{name}/{key}'],
    ['a*', '{name}/{key}'],
    ['*/x', '{name}/{key}'],
    ['?', '{name}'],
    ['a/*', '{name}/{key}'],
  ];
  const misses: [string, string][] = [
    ['a', '{name}/{key}'],
    ['/*', '{name}/{key}'],
    ['a/', '{name}/{key}'],
    ['A', '{name}'],
    ['', '{name}'],
    ['a/*', '{name}'],
  ];
  for (const [pattern, template] of meets)
    assert.ok(templateMatcher(template, classes)(lazyPattern(pattern)), `${pattern} ${template}`);
  for (const [pattern, template] of misses)
    assert.ok(!templateMatcher(template, classes)(lazyPattern(pattern)), `${pattern} ${template}`);
});

test('a text that fits several patterns is looked for at each place once', () => {
  const many = '*a'.repeat(8);
  assert.equal(commonText([`${many}*b`, `${many}*c`], 3_000), undefined);
  assert.match(commonText([`${many}*b`, `${many}*`], 3_000) ?? '', /b$/);
});
