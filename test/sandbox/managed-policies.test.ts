/** The permission rules on every policy that AWS manages, as moto in the sandbox's Python environment carries them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { cacheFolder } from '../../scripts/cache.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { errors, findings, underlined } from '../unit/policy-kit.ts';

const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
const pythons = existsSync(cacheFolder)
  ? readdirSync(cacheFolder).flatMap((name) =>
      name.startsWith('moto-') ? [path.join(cacheFolder, name, ...inside)] : [],
    )
  : [];
const python = pythons.find((file) => existsSync(file));
const skip =
  python === undefined && 'the sandbox has not been started on this machine yet: its Python environment is missing';

test('no policy that AWS manages has an error', { skip }, async () => {
  const print = 'from moto.iam.aws_managed_policies import aws_managed_policies_data as d; print(d)';
  const { stdout } = await promisify(execFile)(python ?? '', ['-c', print], { maxBuffer: 1 << 28 });
  const policies = Object.entries(JSON.parse(stdout) as Record<string, { Document: unknown }>);
  assert.ok(policies.length > 1000, `${policies.length} policies`);
  const wrong = policies.flatMap(([name, { Document }]) => {
    const text = JSON.stringify(Document, undefined, 2);
    return errors(findings(checkPermissionPolicy, text)).map(
      (one) => `${name}: ${one.id} at ${underlined(text, one)}: ${one.message}`,
    );
  });
  assert.deepEqual(wrong, []);
});
