// The failure modes, by the examples that stand with them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bucketNameProblem } from '../../src/core/arn/s3.ts';
import { parse } from '../../src/core/document/parse.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { folderOf } from '../../src/core/modes/folder.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { type FileExample, ISSUER, right, role } from '../../src/core/modes/samples.ts';
import type { FailureModeId } from '../../src/core/modes/ids.ts';
import { failureMode, failureModes, fileJudges, folderJudges, isLive, liveJudges } from '../../src/core/modes/table.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { issuerPath, permissionsPolicy, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { toJson } from '../../src/core/policy/model.ts';
import { mayList, podSession, writing } from '../../src/core/policy/rights.ts';
import { found } from '../../src/core/reading.ts';
import { resourcesOf } from '../../src/core/resources.ts';
import { others, sound } from '../fixtures/defects.ts';
import { allExamples } from '../fixtures/examples.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const examples = await allExamples();
const inFiles = examples.flatMap((one) => ('text' in one ? [one] : []));
const live = examples.flatMap((one) => ('text' in one ? [] : [one]));

const lint = ({ kind, text, context }: Pick<FileExample, 'kind' | 'text' | 'context'>) =>
  [
    ...lintFolder(
      [{ path: kind === 'manifest' ? 'sample.yaml' : 'sample.json', text }],
      context && { context },
    ).values(),
  ].flat();

describe('Files with one defect', () => {
  for (const one of inFiles)
    test(one.name, () => {
      const found = lint(one).map(({ id, start, end }) => [id, one.text.slice(start, end)]);
      assert.deepEqual(found, one.finds);
    });
});

describe('Files without a defect', () => {
  for (const sample of sound) test(sample.name, () => assert.deepEqual(lint(sample), []));
});

/** What a profile has whose Profile, trust policy or permissions are those of a file. */
function readingsOf({ kind, text }: FileExample): ProfileView[] {
  if (kind === 'trust') return [right({ role: found(role({ trustPolicy: text })) })];
  if (kind === 'permissions') return [right({ role: found(role({ inline: [{ name: 's3', text }] })) })];
  return parse(text, 'yaml').documents.flatMap(({ root }) => {
    if (!root) return [];
    const data = toJson(root) as ProfileView['profile'];
    if (data.kind !== 'Profile') return [];
    return [right({ profile: { ...right().profile, ...data } })];
  });
}

const seenIn = (readings: ProfileView): FailureModeId[] => {
  const { problems, remarks } = judgeProfile(readings, undefined, NOW);
  return [...new Set([...problems, ...remarks].map(({ id }) => id))].sort();
};

describe('Readings with one defect', () => {
  test('none where all is right', () => assert.deepEqual(seenIn(right()), []));
  for (const { name, change, sees } of live)
    test(name, () => assert.deepEqual(seenIn(right(change)), [...sees].sort()));
});

test('each mode with a judge is in an example that shows it', () => {
  const shown = new Set(inFiles.flatMap((one) => lint(one).map(({ id }) => id)));
  const readings = [...inFiles.flatMap(readingsOf), ...live.map(({ change }) => right(change))];
  const shownLive = new Set(readings.flatMap(seenIn));
  const lacking = failureModes.flatMap(({ id, file, folder, comments, live: judges }) => [
    ...((file || folder || comments) && !shown.has(id) ? [`${id} in a file`] : []),
    ...(judges && !shownLive.has(id) ? [`${id} live`] : []),
  ]);
  assert.deepEqual(lacking, []);
});

test('a judge reports only modes whose rows name it', () => {
  const strange = new Set<string>();
  const note = (id: FailureModeId, judges: readonly unknown[] | undefined, judge: unknown) => {
    if (judges?.includes(judge) !== true) strange.add(`${id} by ${(judge as () => void).name}`);
  };
  for (const { kind, text, context = {} } of inFiles) {
    const things = parse(text, kind === 'manifest' ? 'yaml' : 'json').documents.flatMap(({ root }) =>
      root ? resourcesOf(root) : [],
    );
    for (const judge of fileJudges)
      for (const thing of things) for (const { id } of judge(thing, context)) note(id, failureMode(id).file, judge);
    const folder = folderOf(things.map((resource) => ({ file: 'a.yaml', resource, context })));
    for (const judge of folderJudges)
      for (const { finding } of judge(folder)) note(finding.id, failureMode(finding.id).folder, judge);
  }
  for (const readings of [...inFiles.flatMap(readingsOf), ...live.map(({ change }) => right(change))])
    for (const judge of liveJudges)
      for (const { id } of judge(readings, NOW)) if (isLive(id)) note(id, failureMode(id).live, judge);
  assert.deepEqual([...strange], []);
});

test('what a plan writes has no finding', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
  const issuer = fc.constantFrom(`https://${ISSUER}`, `https://${ISSUER.replace('us-west-2', 'eu-central-1')}`);
  const layout = fc.constantFrom('prefix' as const, 'bucket' as const);
  const bucket = fc
    .stringMatching(/^[a-z0-9][a-z0-9-]{2,30}[a-z0-9]$/)
    .filter((name) => bucketNameProblem(name) === undefined);
  fc.assert(
    fc.property(label, issuer, layout, bucket, fc.boolean(), (profile, issuerUrl, access, name, annotateOnly) => {
      const context = {
        account: '111122223333',
        partition: 'aws',
        issuer: issuerPath(issuerUrl),
        profile,
        annotateOnly,
      };
      const rootOf = (policy: object) => {
        const [document] = parse(JSON.stringify(policy), 'json').documents;
        assert.ok(document?.root);
        return document.root;
      };
      const provider = providerArn('aws', '111122223333', issuerUrl);
      const trust = rootOf(trustPolicy(provider, issuerUrl, profile));
      const permissions = rootOf(permissionsPolicy('aws', name, profile, access));
      for (const judge of fileJudges) {
        assert.deepEqual(judge({ kind: 'trust', root: trust }, context), []);
        assert.deepEqual(judge({ kind: 'permissions', root: permissions }, context), []);
      }
      // Of such a policy alone nothing more is asked.
      const policies = [permissionsPolicy('aws', name, profile, access)];
      const session = podSession({ partition: 'aws', account: '111122223333', tags: {} });
      const { places } = writing(policies, session);
      const open = places.filter(({ answer }) => answer === 'yes');
      assert.ok(open.some(({ bucket: its, prefix }) => mayList(policies, its, session, prefix) === 'yes'));
    }),
  );
});

test('no mode stands in two subjects, and each example has a name of its own', () => {
  const names = examples.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(failureModes.map(({ id }) => id)).size, failureModes.length);
});

test('docs/comparison.md speaks of files that are there: else run npm run compare', () => {
  const page = readFileSync(new URL('../../docs/comparison.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (?<name>[^|*-][^|]*) \|/gm)].flatMap(({ groups }) => groups?.['name'] ?? []);
  const names = new Set([
    'defect',
    'mistake',
    'file without a defect',
    ...[...inFiles, ...sound, ...others].map(({ name }) => name),
  ]);
  assert.deepEqual(
    rows.filter((name) => !names.has(name)),
    [],
  );
});
