/** What is said of a cluster that one cannot work on: a next step of its own for each status. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notReady } from '../../src/core/cluster-status.ts';

const rows: readonly (readonly [status: string, next: RegExp])[] = [
  ['CREATING', /^The cluster is CREATING: wait until it is ACTIVE\.$/],
  ['PENDING', /^The cluster is PENDING: wait until it is ACTIVE\.$/],
  ['ACTIVE', /^The cluster is ACTIVE: AWS names no endpoint or no OIDC issuer of it\.$/],
  ['DELETING', /^The cluster is DELETING: choose another one\.$/],
  ['FAILED', /^The cluster is FAILED: it could not be created\. .*health issues/],
];
for (const [status, next] of rows) test(status, () => assert.match(notReady(status), next));
