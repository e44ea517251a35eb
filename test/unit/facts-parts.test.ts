// What is known of the parts of a role: as they were read with it, and as a plan leaves them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, NOT_READ, type Facts } from '../../src/core/facts.ts';
import { refText, type Change, type Kind, type Ref } from '../../src/core/kinds.ts';
import type { Role } from '../../src/core/observation.ts';
import { accountArn, refOf } from '../../src/core/plan/plan.ts';
import { denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { arnOf, cluster, trustFor } from './world.ts';

const at = accountArn(cluster);
const ROLE = refOf('iam/role', at, 'a');
const PARTS = {
  boundary: refOf('iam/role-boundary', at, 'a'),
  settings: refOf('iam/role-settings', at, 'a'),
  tag: refOf('iam/role-tag', at, 'a/team'),
  policy: refOf('iam/role-policy', at, 'a/p'),
  attachment: refOf('iam/role-attachment', at, 'a/arn:aws:iam::aws:policy/X'),
  provider: refOf('iam/provider', at, 'a'),
} as const;
const BARE: Role = { arn: arnOf('a'), name: 'a', trustPolicy: trustFor('a'), tags: {}, inline: [], attached: [] };
const WHOLE: Role = {
  ...BARE,
  description: 'd',
  maxSession: 7200,
  boundary: 'arn:aws:iam::aws:policy/Limit',
  tags: { team: 'x', other: 'y' },
  inline: [
    { name: 'o', text: '{}' },
    { name: 'p', text: '{"a":1}' },
  ],
  attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
};
const known = (reading: Reading<Role>): Facts => factsOf({ things: new Map([[refText(ROLE), reading]]) });
/** Of each part: its value, or why there is none. */
const told = (facts: Facts): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(PARTS).map(([name, ref]) => {
      const reading = facts.get(ref) as Reading<unknown>;
      return [name, reading.state === 'found' ? reading.value : reading];
    }),
  );

test('what is no part of a role is not read with any, whatever that is called', () => {
  const role = refOf('iam/role', at, 'undefined');
  const facts = factsOf({ things: new Map([[refText(role), found(BARE)]]) });
  assert.deepEqual(facts.get(PARTS.provider), failed('it was not read', NOT_READ));
});

test('the parts of a role, as they were read with it', () => {
  assert.deepEqual(
    [told(known(found(WHOLE)))],
    [
      {
        boundary: { arn: 'arn:aws:iam::aws:policy/Limit' },
        settings: { description: 'd', maxSession: 7200 },
        tag: { value: 'x' },
        policy: { text: '{"a":1}' },
        attachment: { policyArn: 'arn:aws:iam::aws:policy/X' },
        provider: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
      },
    ],
  );
  assert.deepEqual(
    [told(known(found(BARE)))],
    [
      {
        boundary: { state: 'absent' },
        settings: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
        tag: { state: 'absent' },
        policy: { state: 'absent' },
        attachment: { state: 'absent' },
        provider: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
      },
    ],
  );
  assert.deepEqual(
    [told(known(found({ ...BARE, unread: ['iam:GetRolePolicy', 'iam:ListAttachedRolePolicies'] })))],
    [
      {
        boundary: { state: 'absent' },
        settings: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
        tag: { state: 'absent' },
        policy: { state: 'denied', permission: 'iam:GetRolePolicy', message: '' },
        attachment: { state: 'denied', permission: 'iam:ListAttachedRolePolicies', message: '' },
        provider: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
      },
    ],
  );
  assert.deepEqual(
    [told(known({ state: 'absent' }))],
    [
      {
        boundary: { state: 'absent' },
        settings: { state: 'absent' },
        tag: { state: 'absent' },
        policy: { state: 'absent' },
        attachment: { state: 'absent' },
        provider: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
      },
    ],
  );
  assert.deepEqual(
    [told(known(denied('iam:GetRole', '')))],
    [
      {
        boundary: { state: 'denied', permission: 'iam:GetRole', message: '' },
        settings: { state: 'denied', permission: 'iam:GetRole', message: '' },
        tag: { state: 'denied', permission: 'iam:GetRole', message: '' },
        policy: { state: 'denied', permission: 'iam:GetRole', message: '' },
        attachment: { state: 'denied', permission: 'iam:GetRole', message: '' },
        provider: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
      },
    ],
  );
  assert.deepEqual(
    [told(factsOf({}))],
    [
      {
        boundary: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
        settings: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
        tag: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
        policy: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
        attachment: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
        provider: { state: 'failed', reason: 'it was not read', code: 'NotRead' },
      },
    ],
  );
});

const after = (role: Role, ...changes: readonly Change[]): unknown => {
  const reading = known(found(role)).after({ changes });
  const its = reading.role(ROLE);
  return its.state === 'found' ? its.value : its;
};
const put = (ref: Ref<Kind>, value: unknown): Change => ({ ref, after: value }) as unknown as Change;
const drop = (ref: Ref<Kind>, value: unknown): Change => ({ ref, before: value }) as unknown as Change;

test('a role as a plan leaves it, part by part', () => {
  const arn = 'arn:aws:iam::aws:policy/X';
  const all: readonly (readonly [Ref<Kind>, unknown])[] = [
    [PARTS.boundary, { arn: 'arn:aws:iam::aws:policy/Other' }],
    [PARTS.settings, { description: 'e', maxSession: 3600 }],
    [PARTS.tag, { value: 'z' }],
    [PARTS.policy, { text: '{"b":2}' }],
    [PARTS.attachment, { policyArn: arn }],
    [PARTS.provider, { arn: 'x' }],
  ];
  assert.deepEqual(
    [all.map(([ref, value]) => after(BARE, put(ref, value)))],
    [
      [
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: {},
          inline: [],
          attached: [],
          boundary: 'arn:aws:iam::aws:policy/Other',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: {},
          inline: [],
          attached: [],
          description: 'e',
          maxSession: 3600,
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'z' },
          inline: [],
          attached: [],
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: {},
          inline: [{ name: 'p', text: '{"b":2}' }],
          attached: [],
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: {},
          inline: [],
          attached: ['arn:aws:iam::aws:policy/X'],
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: {},
          inline: [],
          attached: [],
        },
      ],
    ],
  );
  assert.deepEqual(
    [all.map(([ref, value]) => after(WHOLE, put(ref, value)))],
    [
      [
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Other',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'e',
          maxSession: 3600,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { other: 'y', team: 'z' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"b":2}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
      ],
    ],
  );
  assert.deepEqual(
    [all.map(([ref, value]) => after(WHOLE, drop(ref, value)))],
    [
      [
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [{ name: 'o', text: '{}' }],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
        {
          arn: 'arn:aws:iam::111122223333:role/a',
          name: 'a',
          trustPolicy:
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"\n      },\n      "Action": "sts:AssumeRoleWithWebIdentity",\n      "Condition": {\n        "StringEquals": {\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud": "sts.amazonaws.com",\n          "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub": "system:serviceaccount:a:default-editor"\n        }\n      }\n    }\n  ]\n}',
          tags: { team: 'x', other: 'y' },
          inline: [
            { name: 'o', text: '{}' },
            { name: 'p', text: '{"a":1}' },
          ],
          attached: ['arn:aws:iam::aws:policy/W', 'arn:aws:iam::aws:policy/X'],
          description: 'd',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
        },
      ],
    ],
  );
});
