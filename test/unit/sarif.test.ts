/** SARIF against what code scanning wants of it, and against the parts of the standard that are written. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { lineHashes } from '../../src/cli/judge.ts';
import { sarif, type SarifResult } from '../../src/cli/sarif.ts';
import { failureModes } from '../../src/core/modes/table.ts';
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

/** Properties of each object that we write, as the standard names them (OASIS SARIF 2.1.0, the section in front). */
const STANDARD: Readonly<Record<string, readonly string[]>> = {
  '3.13 sarifLog': ['$schema', 'version', 'runs'],
  '3.14 run': ['tool', 'invocations', 'columnKind', 'originalUriBaseIds', 'results'],
  '3.19 toolComponent': ['name', 'version', 'semanticVersion', 'informationUri', 'rules'],
  '3.20 invocation': ['executionSuccessful', 'toolExecutionNotifications', 'toolConfigurationNotifications'],
  '3.27 result': [
    'ruleId',
    'ruleIndex',
    'level',
    'message',
    'locations',
    'partialFingerprints',
    'fixes',
    'suppressions',
    'properties',
  ],
  '3.49 reportingDescriptor': [
    'id',
    'name',
    'shortDescription',
    'fullDescription',
    'help',
    'helpUri',
    'defaultConfiguration',
    'properties',
  ],
};
const isMadeOf = (data: Data, section: string): void => {
  const strange = Object.keys(data).filter((key) => STANDARD[section]?.includes(key) !== true);
  assert.deepEqual(strange, [], section);
};

/**
 * What GitHub requires and shows (docs.github.com, "SARIF support for code scanning": supported properties, limits). Each row is asked
 * of every rule or result.
 */
const OF_RULES: Readonly<Record<string, (rule: Data) => boolean>> = {
  'id, of at most 255 characters': ({ id }) => typeof id === 'string' && id.length <= 255,
  'shortDescription.text, of at most 1024 characters': ({ shortDescription }) => isText(shortDescription, 1024),
  'fullDescription.text, of at most 1024 characters': ({ fullDescription }) => isText(fullDescription, 1024),
  'help.text, and help.markdown, which is shown where it is there': ({ help }) =>
    isText(help, Infinity) && typeof object(help)['markdown'] === 'string',
  'defaultConfiguration.level': ({ defaultConfiguration }) =>
    ['note', 'warning', 'error'].includes(object(defaultConfiguration)['level'] as string),
  'properties.tags, at most 10': ({ properties }) => {
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
  'message.text, of at most 1024 characters': ({ message }) => isText(message, 1024),
  level: ({ level }) => ['note', 'warning', 'error'].includes(level as string),
  'one to 1,000 locations': ({ locations }) => list(locations).length >= 1 && list(locations).length <= 1_000,
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
    const { log, run, driver, rules, results } = all;
    assert.equal(log['version'], '2.1.0');
    isMadeOf(log, '3.13 sarifLog');
    isMadeOf(run, '3.14 run');
    isMadeOf(driver, '3.19 toolComponent');
    list(run['invocations']).forEach((one) => isMadeOf(one, '3.20 invocation'));
    rules.forEach((one) => isMadeOf(one, '3.49 reportingDescriptor'));
    results.forEach((one) => isMadeOf(one, '3.27 result'));
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
    const { status, run, results } = lint(target, 'p.yaml', '/proc/self/mem');
    const [invocation = {}] = list(run['invocations']);
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
  const { rules } = runOf(
    sarif(
      '1.0.0',
      failureModes.map(({ id, severity }): SarifResult => ({ id, severity, message: 'x', more: {} })),
    ),
  );
  for (const [name, isMet] of Object.entries(OF_RULES))
    test(name, () => {
      assert.equal(rules.length, failureModes.length);
      for (const rule of rules) assert.ok(isMet(rule), JSON.stringify(rule));
    });
});

test('of more than 25,000 results the most severe are told, and that there were more', () => {
  const many = Array.from({ length: 25_001 }, (_, index): SarifResult => ({
    id: index === 25_000 ? 'KP-006' : 'KP-017',
    severity: index === 25_000 ? 'error' : 'information',
    message: 'x',
    more: {},
  }));
  const { results, run } = runOf(sarif('1.0.0', many));
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
