/** SARIF against what code scanning wants of it, and against the parts of the standard that are written. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { Ajv } from 'ajv';
import { lineHashes } from '../../src/cli/judge.ts';
import { sarif, type SarifResult } from '../../src/cli/sarif.ts';
import { failureModes, fileModes } from '../../src/core/modes/table.ts';
import { CLI } from '../fixtures/cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-sarif-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Data = Readonly<Record<string, unknown>>;
const list = (value: unknown): readonly Data[] => (Array.isArray(value) ? (value as Data[]) : []);
const object = (value: unknown): Data => (value ?? {}) as Data;

interface Run {
  readonly driver: Data;
  readonly rules: readonly Data[];
  readonly results: readonly Data[];
  readonly run: Data;
  readonly log: Data;
}
function runOf(text: string): Run {
  const log = JSON.parse(text) as Data;
  const run = object(list(log['runs'])[0]);
  const driver = object(object(run['tool'])['driver']);
  return { log, run, driver, rules: list(driver['rules']), results: list(run['results']) };
}

/** The schema of the standard, 2.1.0 rtm.5, as @microsoft/jest-sarif packs it: draft 4, of which it uses what draft 7 has too. */
const packed = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as Data;
const schema = Object.fromEntries(Object.entries(packed).filter(([key]) => key !== '$schema' && key !== 'id'));
const isStandard = new Ajv({ allErrors: true, strict: false, validateFormats: false, unicodeRegExp: false }).compile(
  schema,
);
const assertStandard = (log: Data): void => assert.ok(isStandard(log), JSON.stringify(isStandard.errors?.slice(0, 5)));

/**
 * What GitHub requires and shows. Source: its documentation, "SARIF support for code scanning", "Supported properties", and the table
 * of limits there (github/docs 0c5268c, content/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning.md;
 * 2fd966a, data/reusables/code-scanning/sarif-limits.md). What is required may not be empty. Each row is asked of every rule or result.
 */
const OF_RULES: Readonly<Record<string, (rule: Data) => boolean>> = {
  id: ({ id }) => typeof id === 'string' && id !== '',
  'name, of at most 255 characters': ({ name }) => typeof name === 'string' && name !== '' && name.length <= 255,
  'shortDescription.text, of at most 1024 characters': ({ shortDescription }) => isText(shortDescription, 1024),
  'fullDescription.text, of at most 1024 characters': ({ fullDescription }) => isText(fullDescription, 1024),
  'help.text, and help.markdown, which is shown where it is there': ({ help }) =>
    isText(help, Infinity) && typeof object(help)['markdown'] === 'string',
  'defaultConfiguration.level': ({ defaultConfiguration }) =>
    ['note', 'warning', 'error'].includes(object(defaultConfiguration)['level'] as string),
  'properties.tags, of which 10 are shown': ({ properties }) => {
    const { tags } = object(properties);
    return Array.isArray(tags) && tags.length > 0 && tags.length <= 10;
  },
  'properties.precision': ({ properties }) =>
    ['very-high', 'high', 'medium', 'low'].includes(object(properties)['precision'] as string),
  'properties.problem.severity': ({ properties }) =>
    ['error', 'warning', 'recommendation'].includes(object(properties)['problem.severity'] as string),
  'properties.security-severity: a text above 0.0 and up to 10.0, exactly where a tag says security': ({
    properties,
  }) => {
    const { tags, 'security-severity': score } = object(properties);
    const isSecurity = (tags as string[]).includes('security');
    return isSecurity
      ? typeof score === 'string' && /^\d+\.\d$/.test(score) && Number(score) > 0 && Number(score) <= 10
      : score === undefined;
  },
};
const OF_RESULTS: Readonly<Record<string, (result: Data, run: Run) => boolean>> = {
  'ruleId and ruleIndex name the same rule': ({ ruleId, ruleIndex }, { rules }) =>
    rules[ruleIndex as number]?.['id'] === ruleId,
  'message.text': ({ message }) => isText(message, Infinity),
  level: ({ level }) => ['note', 'warning', 'error'].includes(level as string),
  'one location: the first is shown, of ten at most': ({ locations }) => list(locations).length === 1,
  'partialFingerprints.primaryLocationLineHash, so that an alert stays the same when lines move': ({
    partialFingerprints,
  }) => typeof object(partialFingerprints)['primaryLocationLineHash'] === 'string',
  'a place in the repository: a relative address and a region': ({ locations }) =>
    list(locations).every((one) => {
      const { artifactLocation, region } = object(one['physicalLocation']);
      const { uri, uriBaseId } = object(artifactLocation);
      const { startLine, startColumn, endLine, endColumn } = object(region);
      return (
        typeof uri === 'string' &&
        !/^\/|^\w+:|\.\.\//.test(uri) &&
        uriBaseId === 'SRCROOT' &&
        [startLine, startColumn, endLine, endColumn].every((at) => Number.isInteger(at) && (at as number) >= 1)
      );
    }),
};
const isText = (value: unknown, most: number): boolean => {
  const { text } = object(value);
  return typeof text === 'string' && text !== '' && text.length <= most;
};

const bad = `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-a
spec:
  owner: { kind: User, name: user@example.com }
  plugins:
    - kind: AwsIamForServiceAccount
      spec:
        awsIamRole: arn:aws:iam::111122223333:role/team-a-dev-role
        annotateOnly: "true"
`;
const place = (name: string, files: Readonly<Record<string, string>>): string => {
  const target = path.join(folder, name);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
    writeFileSync(path.join(target, file), content);
  }
  return target;
};
const lint = (cwd: string, ...args: string[]) => {
  const all = ['lint', '--format', 'sarif', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...all], { cwd, encoding: 'utf8' });
  return { status, stderr, ...runOf(stdout) };
};

describe('What lint writes for code scanning', () => {
  const root = place('repository', { '.git/HEAD': '', 'apps/a b/p.yaml': bad, 'other/q.yaml': bad });
  const all = lint(root);

  test('has the shape of the standard', () => {
    const { log, run, driver } = all;
    assertStandard(log);
    assert.match(String(log['$schema']), /sarif-2\.1\.0\.json$/);
    assert.equal(log['version'], '2.1.0');
    assert.equal(run['columnKind'], 'utf16CodeUnits');
    assert.match(String(driver['informationUri']), /^https:\/\//);
  });

  for (const [name, isMet] of Object.entries(OF_RESULTS))
    test(`each result: ${name}`, () => {
      assert.equal(all.results.length, 2);
      for (const result of all.results) assert.ok(isMet(result, all), JSON.stringify(result));
    });

  test('says what would mend it', () => {
    const [fix] = list(all.results[0]?.['fixes']);
    const [change] = list(fix?.['artifactChanges']);
    assert.deepEqual(change?.['artifactLocation'], { uri: 'apps/a%20b/p.yaml', uriBaseId: 'SRCROOT' });
    assert.deepEqual(list(change['replacements']), [
      {
        deletedRegion: { startLine: 11, startColumn: 23, endLine: 11, endColumn: 29 },
        insertedContent: { text: 'true' },
      },
    ]);
  });

  test('an address begins at the root of the repository, also when lint runs in a folder of it', () => {
    const { results } = lint(path.join(root, 'apps/a b'));
    const uris = results.map(({ locations }) =>
      object(object(list(locations)[0]?.['physicalLocation'])['artifactLocation']),
    );
    assert.deepEqual(uris, [{ uri: 'apps/a%20b/p.yaml', uriBaseId: 'SRCROOT' }]);
    assert.deepEqual(results[0]?.['partialFingerprints'], all.results[0]?.['partialFingerprints']);
  });

  test('says what was not read, and what is wrong in the settings file', { skip: process.platform !== 'linux' }, () => {
    const target = place('unread', { '.git/HEAD': '', 'p.yaml': bad, '.kubeflow-irsa.yaml': 'rules:\n  KP-6: off\n' });
    const { status, log, run, results } = lint(target, 'p.yaml', '/proc/self/mem');
    const [invocation = {}] = list(run['invocations']);
    assertStandard(log);
    assert.equal(invocation['executionSuccessful'], false);
    const [unread] = list(invocation['toolExecutionNotifications']);
    assert.match(String(object(unread?.['message'])['text']), /^Not read: \/proc\/self\/mem/);
    const [wrong] = list(invocation['toolConfigurationNotifications']);
    assert.match(String(object(wrong?.['message'])['text']), /"KP-6"\. Is "KP-006" meant/);
    assert.deepEqual(object(object(list(wrong?.['locations'])[0]?.['physicalLocation'])['region']), {
      startLine: 2,
      startColumn: 3,
    });
    assert.deepEqual([status, results.length], [2, 1]);
  });
});

describe('Each failure as a rule of code scanning has', () => {
  const { log, rules } = runOf(
    sarif(
      '1.0.0',
      [],
      failureModes.map(({ id, severity }): SarifResult => ({ id, severity, message: 'x', more: {} })),
    ),
  );
  test('the shape of the standard', () => assertStandard(log));
  for (const [name, isMet] of Object.entries(OF_RULES))
    test(name, () => {
      assert.equal(rules.length, failureModes.length);
      for (const rule of rules) assert.ok(isMet(rule), JSON.stringify(rule));
    });
});

test('of the rules that were run all are told, also those of which nothing was found, and a result points at its own', () => {
  const result: SarifResult = { id: 'KP-006', severity: 'error', message: 'x', more: {} };
  const { rules, results } = runOf(sarif('1.0.0', fileModes, [result]));
  assert.deepEqual(
    rules.map(({ id }) => id),
    fileModes,
  );
  assert.equal(rules[results[0]?.['ruleIndex'] as number]?.['id'], 'KP-006');
});

test('of more than 25,000 results the most severe are told, and that there were more', () => {
  const many = Array.from({ length: 25_001 }, (_, index): SarifResult => ({
    id: index === 25_000 ? 'KP-006' : 'KP-017',
    severity: index === 25_000 ? 'error' : 'information',
    message: 'x',
    more: {},
  }));
  const { results, run } = runOf(sarif('1.0.0', [], many));
  assert.equal(results.length, 25_000);
  assert.equal(results[0]?.['ruleId'], 'KP-006');
  assert.match(JSON.stringify(run['invocations']), /25001 findings; the 25000 most severe/);
});

test("a line's hash: the same wherever it stands and however it is indented, another for other text, counted where it comes again", () => {
  // A line and the end of the file: (10 × 37 + 0xFFFF) × 37^98 in 64 bits.
  const polynomial = (codes: readonly number[]): string => {
    const padded = Array.from({ length: 100 }, (_, index) => codes[index] ?? 0);
    return padded.reduce((sum, code) => (sum * 37n + BigInt(code)) % 2n ** 64n, 0n).toString(16);
  };
  assert.equal(lineHashes('\n')(1), `${polynomial([10, 0xffff])}:1`);
  assert.equal(lineHashes('a \tb')(1), `${polynomial([97, 98, 0xffff])}:1`);
  const tail = 'x'.repeat(100);
  const [first = '', moved = ''] = [lineHashes(`key: 1\n${tail}`)(1), lineHashes(`# new\n\n  key: 1\r\n${tail}`)(3)];
  assert.equal(moved, first);
  assert.notEqual(lineHashes(`key: 2\n${tail}`)(1), first);
  const twice = lineHashes(`${tail}\n${tail}\n${tail}\n${tail}\n`);
  assert.equal(twice(2), twice(1).replace(/1$/, '2'));
});
