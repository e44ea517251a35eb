import assert from 'node:assert/strict';
import test from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { S3_RESOURCE_TYPES } from '../../src/core/arn/s3.ts';
import {
  ACTIONS,
  actionsMatching,
  actionsOfOperation,
  closest,
  isKnownService,
  isSlipOf,
  suggestActions,
} from '../../src/core/policy/actions.ts';

const names = (pattern: string): string[] => actionsMatching(pattern).map(({ name }) => name);

let turn = 0;

test('a pattern that nobody asked for before stands for the actions that fit it', () => {
  const asked = `s3:Get${'*'.repeat(1 + (turn++ % 100))}Policy`;
  assert.deepEqual(
    names(asked),
    ACTIONS.flatMap(({ name }) => (/^s3:Get.*Policy$/.test(name) ? [name] : [])),
  );
  assert.ok(names(asked).length > 2);
});

test('actions and their levels', () => {
  assert.equal(ACTIONS.length, 407);
  assert.equal(new Set(ACTIONS.map(({ name }) => name.toLowerCase())).size, ACTIONS.length);
  assert.deepEqual(actionsMatching('S3:getobject'), [
    { name: 's3:GetObject', level: 'Read', on: ['accesspointobject', 'object'] },
  ]);
  assert.deepEqual(actionsMatching('s3:ListBucket')[0]?.on, ['accesspoint', 'bucket']);
  assert.deepEqual(actionsMatching('s3:ListAllMyBuckets')[0]?.on, []);
  assert.equal(names('s3:*').length, 180);
  assert.equal(names('*').length, ACTIONS.length);
  assert.deepEqual(names('kms:GenerateDataKey'), ['kms:GenerateDataKey']);
  assert.deepEqual(names('s3:Nothing*'), []);
  assert.deepEqual(names('sts:AssumeRoleWith?AML'), ['sts:AssumeRoleWithSAML']);
  assert.ok(isKnownService('S3:x') && !isKnownService('ec2:x') && !isKnownService('s3') && !isKnownService(''));
});

test('every resource type that an S3 action names has an ARN in the grammar', () => {
  const types = new Set(S3_RESOURCE_TYPES.map(({ id }) => id));
  for (const { name, on } of ACTIONS) {
    const service = name.slice(0, name.indexOf(':'));
    if (!service.startsWith('s3')) continue;
    for (const type of on) {
      const owner = type === 'objectlambdaaccesspoint' ? 's3-object-lambda' : service;
      assert.ok(types.has(`${owner}:${type}`), `${name} on ${type}`);
    }
  }
});

test('every operation of the S3 SDK leads to actions that exist', () => {
  const operations = Object.keys(s3).flatMap((name) => /^([A-Z].*)Command$/.exec(name)?.[1] ?? []);
  assert.ok(operations.length > 100);
  for (const operation of operations) {
    const action = `s3:${operation}`;
    const needed = actionsOfOperation(action) ?? names(action);
    assert.ok(needed.length > 0, operation);
    for (const one of needed)
      assert.deepEqual(
        names(one).map((name) => name.toLowerCase()),
        [one.toLowerCase()],
        operation,
      );
    assert.ok(
      actionsMatching(action).length === 0 || actionsOfOperation(action) === undefined || /cors$/i.test(operation),
    );
  }
});

test('suggestions: the operation first, then the nearest spelling', () => {
  const table: [string, string[]][] = [
    ['s3:ListObjectsV2', ['s3:ListBucket']],
    ['s3:HeadObject', ['s3:GetObject']],
    ['s3:CopyObject', ['s3:GetObject', 's3:PutObject']],
    ['S3:listbuckets', ['s3:ListAllMyBuckets']],
    // The SDK has these no more; what was written with an older one may.
    ['s3:GetBucketLifecycle', ['s3:GetLifecycleConfiguration']],
    ['s3:PutBucketLifecycle', ['s3:PutLifecycleConfiguration']],
    ['s3:GetObjetc', ['s3:GetObject']],
    ['s3:GetObjects', ['s3:GetObject']],
    ['kms:GenerateDatakeys', ['kms:GenerateDataKey']],
    ['sts:AssumeRoleWithWebIdentiy', ['sts:AssumeRoleWithWebIdentity']],
    ['s3:Frobnicate', []],
    ['ec2:RunInstance', []],
  ];
  for (const [written, expected] of table) assert.deepEqual(suggestActions(written), expected, written);
  const slips: [string, string, boolean][] = [
    ['s3:GetObjetc', 's3:GetObject', true],
    ['s3:GteObject', 's3:GetObject', true],
    ['s3:GetObject', 's3:GetObjectAcl', false],
    ['s3:GetObjectAcl', 's3:GetObject', false],
    ['s3:SetObject', 's3:GetObject', false],
    ['s3:GetObekt', 's3:GetObject', false],
    ['s3:Foo', 's3:Fooo', false],
  ];
  for (const [written, action, slip] of slips) assert.equal(isSlipOf(written, action), slip, written);
  assert.equal(closest('Ressource', ['Resource', 'Action']), 'Resource');
  assert.equal(closest('x', ['y']), undefined);
});
