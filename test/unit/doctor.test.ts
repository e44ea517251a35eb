// The doctor: what it says of judgements, and what shows it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import schema from '../../schemas/settings.schema.json' with { type: 'json' };
import { junit } from '../../src/cli/junit.ts';
import type { Accepted } from '../../src/core/doctor/accepted.ts';
import { checkOf, liveModes, selection, stopped } from '../../src/core/doctor/checks.ts';
import { firstProfile, judgeCluster } from '../../src/core/doctor/cluster.ts';
import { differencesOf, overlayOf, withManifests, withRoles } from '../../src/core/doctor/whatif.ts';
import { doctorText, whatIfText } from '../../src/core/doctor/document.ts';
import { evidenceOf } from '../../src/core/doctor/evidence.ts';
import { CHECK_IDS } from '../../src/core/doctor/parts.ts';
import {
  doctorReport,
  findingsOf,
  outcomeOf,
  type Proven,
  type DoctorReport,
  type Judged,
  type ProfileReport,
} from '../../src/core/doctor/report.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import {
  ackRole,
  configMap,
  editor,
  equals,
  listed,
  profile,
  right,
  ROLE,
  role,
  trust,
} from '../../src/core/modes/samples.ts';
import { failureModes, isLive } from '../../src/core/modes/table.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { phrase } from '../../src/core/phrase.ts';
import { absent, denied, found } from '../../src/core/reading.ts';
import { readSettings } from '../../src/core/settings.ts';
import { judged } from '../../src/estate/doctor.ts';
import { allExamples } from '../fixtures/examples.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const live = (await allExamples()).flatMap((one) => ('text' in one ? [] : [one]));

test('what a profile that is made, or is still read, cannot be judged by is told part by part', () => {
  const told = (state: 'creating' | 'reading'): readonly string[] =>
    [...stopped(right(), { state, words: phrase(state), problems: [], remarks: [], unread: [] })].map(
      ([part, { text }]) => `${part}: ${text}`,
    );
  const rest = CHECK_IDS.filter((one) => one !== 'surroundings' && one !== 'provider');
  const working = 'the profile controller may still be at work on the new Profile';
  assert.deepEqual(told('creating').toSorted(), rest.map((one) => `${one}: ${working}`).toSorted());
  assert.deepEqual(told('reading').toSorted(), CHECK_IDS.map((one) => `${one}: it was not all read`).toSorted());
});

describe('Evidence', () => {
  for (const { name, change } of live)
    test(`${name}: each finding says what was read, where, and its value`, () => {
      const view = right(change);
      const { problems, remarks } = judgeProfile(view, undefined, NOW);
      for (const problem of [...problems, ...remarks]) {
        const evidence = evidenceOf(problem, view);
        assert.notEqual(evidence.length, 0, problem.id);
        for (const { what, where, value } of evidence) {
          assert.match(what, /\w/);
          assert.match(where, /^arn:aws|^demo: /);
          assert.match(value, /./);
        }
      }
    });

  test('a value holds no secret, and is cut where nobody would read on', () => {
    const view = right({
      role: found(role({ trustPolicy: `{"Statement":"AKIAIOSFODNN7EXAMPLE ${'x'.repeat(9_000)}"}` })),
    });
    const [trust] = evidenceOf({ id: 'KP-033', message: '' }, view).filter(({ what }) => what === 'trust policy');
    assert.ok(trust);
    assert.doesNotMatch(trust.value, /AKIA/);
    assert.ok(trust.value.length < 4_100);
  });

  test('of a role it is the side that the failure is about, where it has both', () => {
    const attached = ['arn:aws:iam::aws:policy/x'];
    const whats = (id: (typeof liveModes)[number], change: Parameters<typeof role>[0] = { attached }) =>
      evidenceOf({ id, message: '' }, right({ role: found(role(change)) })).map(({ what }) => what);
    assert.deepEqual(whats('KP-029'), ['trust policy']);
    assert.deepEqual(whats('KP-044'), ['inline policy s3', 'attached policies']);
    assert.deepEqual(whats('KP-049'), ['trust policy', 'inline policy s3', 'attached policies']);
    assert.deepEqual(whats('KP-049', {}), ['trust policy', 'inline policy s3']);
    // Where it has one, that one shows it.
    assert.deepEqual(whats('KP-044', { inline: [] }), ['trust policy']);
  });

  test('of a Profile on its way out it is when that began, and what holds it, where something does', () => {
    const shown = (more: object): unknown => {
      const metadata = { deletionTimestamp: '2026-01-02T00:00:00Z', ...more };
      const [one] = evidenceOf({ id: 'KP-024', message: '' }, right({ profile: listed({}, metadata) }));
      const { deletionTimestamp, finalizers } = JSON.parse(one?.value ?? '{}') as Record<string, unknown>;
      return { deletionTimestamp, ...(finalizers === undefined ? {} : { finalizers }) };
    };
    assert.deepEqual(shown({ finalizers: ['x'] }), { deletionTimestamp: '2026-01-02T00:00:00Z', finalizers: ['x'] });
    assert.deepEqual(shown({}), { deletionTimestamp: '2026-01-02T00:00:00Z' });
  });
});

const AT = '2026-11-23T12:00:00Z';
const reportOf = (
  views: readonly ProfileView[],
  { only = [], skip = [], accepted = [] }: { only?: string[]; skip?: string[]; accepted?: readonly Accepted[] } = {},
) =>
  doctorReport([{ cluster: 'demo', region: 'us-west-2', profiles: views.map((view) => judged(view, NOW)) }], {
    at: AT,
    selected: selection(only, skip),
    accepted,
  });
const profileOf = (report: DoctorReport): ProfileReport => {
  const [profile] = report.clusters[0]?.profiles ?? [];
  assert.ok(profile);
  return profile;
};
const idsOf = (report: DoctorReport): readonly string[] => findingsOf(report).map(({ finding }) => finding.id);

/** A profile of another name. */
const named = (name: string, change: Partial<ProfileView> = {}): ProfileView => ({
  ...(JSON.parse(JSON.stringify(right()).replaceAll('team-a', name)) as ProfileView),
  ...change,
});
/** Parts that have a failure with a live judge. */
const JUDGED = CHECK_IDS.filter((check) => liveModes.some((id) => checkOf(id) === check));

describe('The check list', () => {
  test('each failure with a live judge is in one part of it', () => {
    const lacking = failureModes.flatMap(({ id }) => (isLive(id) && checkOf(id) === undefined ? [id] : []));
    assert.deepEqual(lacking, []);
    assert.equal(new Set(liveModes).size, failureModes.filter(({ id }) => isLive(id)).length);
  });

  test('a sound profile has neither finding nor anything that was left out, and the outcome says so', () => {
    const report = reportOf([right()]);
    assert.deepEqual(idsOf(report), []);
    assert.deepEqual(profileOf(report).notRun, []);
    assert.deepEqual(profileOf(report).sound, JUDGED);
    assert.equal(outcomeOf(report), 'sound');
  });

  for (const { name, change, stops, because, finding } of [
    {
      name: 'a role that is not there',
      change: { role: absent },
      stops: ['trust', 'permissions'],
      because: 'the role does not exist',
      finding: 'KP-086',
    },
    {
      name: 'a Profile without a role',
      change: { profile: listed({ plugins: [] }), serviceAccount: editor({}), role: absent },
      stops: ['role', 'trust', 'permissions'],
      because: 'no role is named',
      finding: 'KP-002',
    },
    {
      name: 'a role that is no ARN',
      change: {
        profile: listed({
          plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: 'team-a', annotateOnly: true } }],
        }),
        serviceAccount: editor({ 'eks.amazonaws.com/role-arn': 'team-a' }),
        role: absent,
      },
      stops: ['role', 'trust', 'permissions'],
      because: 'what is named as the role is no ARN of one',
      finding: 'KP-007',
    },
    {
      name: 'a deletion that is stuck',
      change: { profile: listed({}, { deletionTimestamp: '2026-01-02T00:00:00Z' }) },
      stops: ['profile', 'service-account', 'role', 'trust', 'permissions', 'pod-identity', 'pods', 'artifacts'],
      because: 'the Profile is being deleted',
      finding: 'KP-024',
    },
  ] as const)
    test(`${name} stops what it makes meaningless, and that is named`, () => {
      const profile = profileOf(reportOf([right(change)]));
      const left = profile.notRun.filter((one) => one.because === because);
      assert.equal(left.length, 1, JSON.stringify(profile.notRun));
      assert.equal(left[0]?.finding, finding);
      assert.ok(profile.findings.some(({ id }) => id === finding));
      const parts = new Set(left[0]?.ids.map(checkOf));
      assert.deepEqual(
        CHECK_IDS.filter((check) => parts.has(check)),
        stops,
      );
      for (const check of stops) {
        assert.ok(!profile.sound.includes(check));
        assert.ok(profile.findings.every(({ id }) => id === finding || checkOf(id) !== check));
      }
    });

  test('--only and --skip name parts and ids: the rest is neither found nor missed', () => {
    const view = right({
      provider: absent,
      namespace: found({ name: 'team-a', owner: 'other@example.com', deleting: false }),
      role: denied('iam:GetRole', ''),
    });
    assert.deepEqual(idsOf(reportOf([view])), ['KP-025', 'KP-014']);
    assert.deepEqual(idsOf(reportOf([view], { only: ['controller'] })), ['KP-014']);
    assert.deepEqual(profileOf(reportOf([view], { only: ['controller'] })).unread, []);
    assert.deepEqual(idsOf(reportOf([view], { skip: ['KP-014'] })), ['KP-025']);
    assert.deepEqual(idsOf(reportOf([view], { only: ['controller', 'KP-025'], skip: ['controller'] })), ['KP-025']);
    assert.deepEqual(profileOf(reportOf([right()], { only: ['KP-014'] })).sound, ['controller']);
  });
});

describe('What could not be read', () => {
  for (const { fact, change, parts, stands = 'profile' } of [
    { fact: 'get namespaces', change: { namespace: denied('get namespaces', '') }, parts: ['controller'] },
    {
      fact: 'iam:GetRole',
      change: { role: denied('iam:GetRole', '') },
      parts: ['trust', 'permissions'],
      stands: 'controller',
    },
    {
      fact: 'iam:GetOpenIDConnectProvider',
      change: { provider: denied('iam:GetOpenIDConnectProvider', '') },
      parts: ['provider'],
    },
    { fact: 'list configmaps', change: { launcher: denied('list configmaps', '') }, parts: ['artifacts'] },
    {
      fact: 'list serviceaccounts',
      change: { serviceAccount: denied('list serviceaccounts', '') },
      parts: ['service-account'],
    },
  ] as const)
    test(`${fact}: is named, its failures count as not judged, and the rest stands`, () => {
      const report = reportOf([right(change)]);
      const profile = profileOf(report);
      assert.deepEqual(profile.findings, []);
      assert.ok(
        profile.unread.some(({ permission }) => permission === fact),
        JSON.stringify(profile.unread),
      );
      const left = profile.notRun.find(({ permission }) => permission === fact);
      assert.ok(left);
      for (const part of parts) {
        assert.ok(!profile.sound.includes(part), part);
        assert.ok(
          left.ids.some((id) => checkOf(id) === part),
          part,
        );
      }
      assert.ok(profile.sound.includes(stands));
      assert.equal(outcomeOf(report), 'unread');
    });

  /** What was not run of a profile, for want of a reading. */
  const lacks = (unread: Judged['judgement']['unread'], change: Partial<ProfileView> = {}, proof?: Proven) => {
    const view = right(change);
    const one: Judged = { view, judgement: { ...judgeProfile(view, undefined, NOW), unread }, ...(proof && { proof }) };
    const seen = { cluster: 'demo', region: 'us-west-2', profiles: [one] };
    const [profile] =
      doctorReport([seen], { at: AT, selected: selection([], []), accepted: [] }).clusters[0]?.profiles ?? [];
    return (profile?.notRun ?? []).flatMap(({ finding, ids }) => (finding === undefined ? ids : []));
  };
  const what = phrase('whether a pod gets in');
  test('what only a pod can tell is no more open where one was let in', () => {
    const open = [{ what, id: 'KP-029' as const }];
    assert.deepEqual(lacks(open), ['KP-029']);
    assert.deepEqual(lacks(open, {}, { outcome: 'verified', at: NOW }), []);
    assert.deepEqual(lacks(open, {}, { outcome: 'verified', at: NOW, changed: true }), ['KP-029']);
    assert.deepEqual(lacks(open, {}, { outcome: 'failed', at: NOW }), ['KP-029']);
    const unread = [{ what, fact: 'provider' as const, permission: 'iam:GetOpenIDConnectProvider' }];
    assert.deepEqual(lacks(unread, {}, { outcome: 'verified', at: NOW }), lacks(unread));
  });

  test('what was found, or is not run anyway, is not among what is not judged', () => {
    assert.deepEqual(lacks([{ what, fact: 'provider' }]), ['KP-025', 'KP-027', 'KP-038']);
    assert.deepEqual(lacks([{ what, fact: 'provider' }], { provider: absent }), ['KP-027', 'KP-038']);
    const ofRole = lacks([{ what, fact: 'role' }], { role: absent });
    assert.ok(ofRole.includes('KP-037') && !ofRole.includes('KP-086') && !ofRole.includes('KP-029'), ofRole.join());
  });

  test('a profile that is on its way out lacks nothing', () => {
    const view = right({ profile: listed({}, { deletionTimestamp: '2026-11-23T11:59:30Z' }) });
    assert.equal(outcomeOf(reportOf([view])), 'sound');
  });
});

describe('What is about the cluster', () => {
  test('stands there once, and not at each of its profiles', () => {
    const report = reportOf([named('team-a', { provider: absent }), named('team-b', { provider: absent })]);
    assert.deepEqual(
      report.clusters[0]?.findings.map(({ id }) => id),
      ['KP-025'],
    );
    assert.deepEqual(
      report.clusters[0]?.profiles.flatMap(({ findings }) => findings),
      [],
    );
    assert.equal(outcomeOf(report), 'findings');
  });
});

describe('Proofs', () => {
  const at = NOW - 2 * 60 * 60_000;
  const withProof = (proof: Proven, change: Partial<ProfileView> = {}) => {
    const profiles = [judged(right(change), NOW, proof)];
    return doctorReport([{ cluster: 'demo', region: 'us-west-2', profiles }], {
      ...{ at: AT, selected: selection([], []), accepted: [] },
    });
  };
  for (const { name, proof, change = {}, state, says } of [
    {
      name: 'one that holds is told with its time',
      proof: { outcome: 'verified', at } as const,
      state: 'works',
      says: /^Nothing found: team-a \(verified 2 h ago\)\.$/m,
    },
    {
      name: 'one whose grounds have changed is one of former times',
      proof: { outcome: 'verified', at, changed: true } as const,
      state: 'not-verified',
      says: /^## Profile team-a: not verified\n\nVerified 2 h ago \(2026-11-23T10:00:00\.000Z\)\. Not verified since: what that rested on has changed/m,
    },
    {
      name: 'one that failed',
      proof: { outcome: 'failed', at } as const,
      state: 'failed-verification',
      says: /^## Profile team-a: verification failed\n\nIts verification failed 2 h ago/m,
    },
    {
      name: 'one that touched no object',
      proof: { outcome: 'checked', at: NOW - 30_000 } as const,
      state: 'not-verified',
      says: /^Checked just now .* so that is no proof\.$/m,
    },
    {
      name: 'one beside findings',
      proof: { outcome: 'verified', at: NOW - 5 * 24 * 60 * 60_000, changed: true } as const,
      change: { sharedWith: ['team-b'] },
      state: 'problems',
      says: /^Verified 5 days ago[^]*P-SHARED-ROLE/m,
    },
  ] satisfies readonly { name: string; proof: Proven; change?: Partial<ProfileView>; state: string; says: RegExp }[])
    test(name, () => {
      const report = withProof(proof, change);
      assert.equal(profileOf(report).state, state);
      assert.match(doctorText(report, 'short').text, says);
    });
  test('a clock that is behind says nothing of the future', () => {
    assert.match(
      doctorText(withProof({ outcome: 'verified', at: NOW + 9_000_000 }), 'short').text,
      /verified just now/,
    );
  });
});

describe('A cluster without profiles', () => {
  const { cluster } = right();
  const provider = right().provider;
  const itself = (change: Partial<ProfileView>, accepted: readonly Accepted[] = []) => {
    const view = { ...firstProfile(cluster, { provider }, {}), ...change };
    const seen = { cluster: 'demo', region: 'us-west-2', profiles: [], itself: judgeCluster(view, NOW) };
    return doctorReport([seen], { at: AT, selected: selection([], []), accepted });
  };
  test('of which all is right has nothing, and what is about profiles is not told', () => {
    const report = itself({});
    assert.deepEqual(idsOf(report), []);
    assert.deepEqual(report.clusters[0]?.unread, []);
    assert.equal(outcomeOf(report), 'sound');
  });
  test('what the first profile would meet is told, with what shows it', () => {
    const stopped = { namespace: 'kubeflow', name: 'profiles-deployment', image: 'x:v1.6.1', stopped: true as const };
    const report = itself({ provider: absent, webhooks: found([]), controller: found(stopped) });
    assert.deepEqual(idsOf(report), ['KP-025', 'KP-019', 'KP-093', 'KP-065']);
    for (const { finding } of findingsOf(report)) assert.notEqual(finding.evidence.length, 0, finding.id);
    assert.match(doctorText(report, 'short').text, /^error KP-093: Profile controller does not run$/m);
    assert.match(junit(report, selection([], [])), /<failure message="[^"]*OIDC provider/);
  });
  test('what may not be read is named, and never sound', () => {
    const report = itself({ controller: denied('get deployments', 'no'), webhooks: denied('list webhooks', 'no') });
    assert.deepEqual(
      report.clusters[0]?.unread.map(({ permission }) => permission),
      ['get deployments', 'list webhooks'],
    );
    assert.equal(outcomeOf(report), 'unread');
  });
  test('of what is selected alone, and with what is to be noted', () => {
    const view = { ...firstProfile(cluster, { provider: absent }, {}), webhooks: found([]) };
    const seen = { cluster: 'demo', region: 'us-west-2', profiles: [], itself: judgeCluster(view, NOW) };
    const of = (more: object) =>
      doctorReport([{ ...seen, ...more }], { at: AT, selected: selection(['KP-025'], []), accepted: [] });
    assert.deepEqual(idsOf(of({})), ['KP-025']);
    assert.ok(!('note' in (of({}).clusters[0] ?? {})));
    assert.equal(of({ note: 'There is no profile.' }).clusters[0]?.note, 'There is no profile.');
  });
  test('it is accepted as one of the cluster', () => {
    const [one] = findingsOf(itself({ webhooks: found([]) }));
    assert.ok(one);
    const { id, fingerprint } = one.finding;
    const entry = { id, cluster: 'demo', reason: 'x', until: '2099-01-01', fingerprint };
    assert.equal(findingsOf(itself({ webhooks: found([]) }, [entry]))[0]?.finding.accepted?.reason, 'x');
  });
});

describe('Accepted findings', () => {
  const view = right({ sharedWith: ['team-b'] });
  const [shared] = findingsOf(reportOf([view]));
  assert.ok(shared);
  const entry = (change: Readonly<Record<string, string>> = {}): string =>
    `accepted:\n  - ${Object.entries({
      id: 'P-SHARED-ROLE',
      cluster: 'demo',
      profile: 'team-a',
      reason: 'one team in two profiles',
      until: '2026-12-31',
      fingerprint: `'${shared.finding.fingerprint}'`,
      ...change,
    })
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n    ')}\n`;
  const withFile = (text: string, its = view) => reportOf([its], { accepted: readSettings(text).accepted });

  test('is shown with its reason and does not count', () => {
    const report = withFile(entry());
    assert.deepEqual(findingsOf(report)[0]?.finding.accepted, {
      reason: 'one team in two profiles',
      until: '2026-12-31',
    });
    assert.equal(outcomeOf(report), 'sound');
    const { text } = doctorText(report, 'short');
    assert.match(text, /accepted \(\w+\) P-SHARED-ROLE[^]*one team in two profiles/);
    assert.match(text, /^## Profile team-a: only accepted problems$/m);
    const more = withFile(entry(), { ...view, role: absent });
    assert.match(
      doctorText(more, 'short').text,
      /^1 cluster, 1 profile: 1 error, 1 accepted[^]*^## Profile team-a: 1 problem$/m,
    );
  });

  for (const { name, text, its, says } of [
    { name: 'its day has passed', text: entry({ until: '2026-11-22' }), says: /accepted until 2026-11-22/ },
    { name: 'what shows it is another', text: entry(), its: right({ sharedWith: ['team-c'] }), says: /has changed/ },
  ])
    test(`comes back when ${name}`, () => {
      const report = withFile(text, its);
      const [first] = findingsOf(report);
      assert.equal(first?.finding.accepted, undefined);
      assert.match(first?.finding.acceptedBefore ?? '', says);
      assert.equal(outcomeOf(report), 'findings');
    });

  for (const { name, text } of [
    { name: 'another cluster', text: entry({ cluster: 'other' }) },
    { name: 'another profile', text: entry({ profile: 'team-b' }) },
    { name: 'another failure', text: entry({ id: 'KP-044' }) },
  ])
    test(`an entry about ${name} accepts nothing here`, () => {
      assert.equal(outcomeOf(withFile(text)), 'findings');
    });

  for (const { name, text, line, says } of [
    { name: 'no YAML', text: 'accepted: [', line: 1, says: /no YAML/ },
    { name: 'a text', text: 'accepted', line: 1, says: /Write sections/ },
    {
      name: 'an object in place of the list',
      text: 'accepted:\n  id: KP-044\n',
      line: 2,
      says: /begin each entry with a dash/,
    },
    { name: 'an entry that is a text', text: 'accepted:\n  - KP-044\n', line: 2, says: /has id, cluster/ },
    { name: 'an id that there is not', text: entry({ id: 'KP-999' }), line: 2, says: /there is no failure "KP-999"/i },
    { name: 'a day that there is not', text: entry({ until: '2026-02-31' }), line: 6, says: /last day/ },
    { name: 'no reason', text: entry({ reason: "''" }), line: 5, says: /reason is missing/ },
    { name: 'a field that is misspelt', text: entry({ untill: '2026-01-01' }), line: 8, says: /no field "untill"/ },
    { name: 'a short fingerprint', text: entry({ fingerprint: 'abc' }), line: 7, says: /16 digits/ },
  ])
    test(`${name}: is told with its line and accepts nothing`, () => {
      const { accepted, problems } = readSettings(text);
      assert.deepEqual(accepted, []);
      assert.equal(problems[0]?.line, line, JSON.stringify(problems));
      assert.match(problems.map(({ message }) => message).join('\n'), says);
    });

  test('schemas/settings.schema.json describes the fields that are read', () => {
    const { properties, required } = schema.properties.accepted.items;
    const { problems } = readSettings('accepted:\n  - {}\n');
    assert.deepEqual(
      problems.map(({ message }) => message),
      required.map((name) => `${name} is missing. This entry accepts nothing.`),
    );
    for (const name of Object.keys(properties))
      assert.doesNotMatch(
        JSON.stringify(readSettings(`accepted:\n  - { ${name}: a }\n`).problems),
        /There is no field/,
      );
  });

  test('a fingerprint of digits alone is the same with and without quotes', () => {
    for (const quote of ['', "'", '"'])
      assert.equal(
        readSettings(entry({ fingerprint: `${quote}0123456789012345${quote}` })).accepted[0]?.fingerprint,
        '0123456789012345',
      );
  });

  test('any text is read without an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void readSettings(`accepted:\n  - ${text}`)));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readSettings(text)));
  });
});

describe('A finding is shown by what it is about', () => {
  const statement = (Action: unknown, Resource: unknown, Sid = 'One') => ({ Sid, Effect: 'Allow', Action, Resource });
  const policyOf = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
  const wide = statement('s3:*', ['arn:aws:s3:::team-a-data', 'arn:aws:s3:::team-a-data/*']);
  const open = equals({});
  /** A role with two faults of its own: KP-029 in the trust policy, KP-044 in the other. */
  const sick = (change: { trust?: string; inline?: string; attached?: readonly string[] } = {}): ProfileView =>
    right({
      role: found(
        role({
          trustPolicy: change.trust ?? open,
          inline: [{ name: 'kf-pipeline-s3', text: change.inline ?? policyOf(wide) }],
          attached: change.attached ?? [],
        }),
      ),
    });
  const prints = (view: ProfileView): Readonly<Record<string, string>> =>
    Object.fromEntries(findingsOf(reportOf([view])).map(({ finding }) => [finding.id, finding.fingerprint]));
  const before = prints(sick());
  test('two findings of one role have two fingerprints', () => {
    assert.deepEqual(Object.keys(before), ['KP-029', 'KP-044']);
    assert.notEqual(before['KP-029'], before['KP-044']);
  });
  for (const { name, change, ends } of [
    { name: 'nothing', change: {}, ends: [] },
    { name: 'spaces', change: { trust: JSON.stringify(JSON.parse(open), undefined, 4) }, ends: [] },
    {
      name: 'the statement that allows all',
      change: { inline: policyOf({ ...wide, Resource: 'arn:aws:s3:::*' }) },
      ends: ['KP-044'],
    },
    {
      name: 'another statement',
      change: { inline: policyOf(wide, statement('s3:ListAllMyBuckets', '*', 'Two')) },
      ends: [],
    },
    {
      name: 'one more statement that allows all',
      change: { inline: policyOf(wide, { ...wide, Sid: 'Two', Resource: 'arn:aws:s3:::others/*' }) },
      ends: ['KP-044'],
    },
    { name: 'a managed policy', change: { attached: ['arn:aws:iam::111122223333:policy/x'] }, ends: [] },
    {
      name: 'the statement of the trust policy',
      change: { trust: open.replace('"Effect"', '"Sid":"Renamed","Effect"') },
      ends: ['KP-029'],
    },
  ] satisfies readonly { name: string; change: Parameters<typeof sick>[0]; ends: readonly string[] }[])
    test(`an acceptance ends by a change of its own finding alone: ${name}`, () => {
      const after = prints(sick(change));
      assert.deepEqual(
        Object.keys(before).filter((id) => before[id] !== after[id]),
        ends,
      );
    });
  test('of a Profile: the part that is wrong', () => {
    const its = (name: string, cpu: string) =>
      prints(right({ profile: listed({ owner: { kind: 'User', name }, resourceQuotaSpec: { hard: { cpu } } }) }));
    const [one, other] = [its('User@example.com', '1'), its('User@example.com', '2')];
    assert.ok(one['KP-011']);
    assert.equal(one['KP-011'], other['KP-011']);
    assert.notEqual(one['KP-011'], its('Other@example.com', '"1"')['KP-011']);
  });
});

describe('The text of a report', () => {
  const view = right({ sharedWith: ['team-b'], launcher: denied('list configmaps', ''), provider: absent });
  const report = reportOf([view, named('team-sound')]);

  test('says what works, what does not, why, what to do, and what was not judged', () => {
    const { text } = doctorText(report, 'short');
    assert.match(text, /^# Doctor\n\n1 cluster, 2 profiles: 1 error, 1 warning\./);
    assert.match(text, /Sound: .*the Profile, the profile controller/);
    assert.match(
      text,
      /^error KP-025: OIDC provider missing\n {4}.*\n {4}Why: .*\n {4}What to do: .* A plan mends it\.$/m,
    );
    assert.match(text, /^Not judged, because you may not list configmaps: .*KP-055/m);
    assert.match(text, /^Nothing found: team-sound\.$/m);
    assert.equal(text.match(/KP-025/g)?.length, 1);
    const mended = doctorText(reportOf([right({ role: absent })]), 'short').text;
    assert.match(mended, /[^\n]\n\n.*, and is shown first: kubeflow-irsa apply/);
  });

  test('folds just the evidence, and marks findings and headings', () => {
    const { text, folds, marks } = doctorText(report, 'full');
    const lines = text.split('\n');
    assert.ok(folds.length > 0);
    for (const { start, end } of folds) {
      assert.match(lines[start] ?? '', /^ {4}Evidence \(\d+\):$/);
      assert.ok(end > start);
      for (const line of lines.slice(start + 1, end + 1)) assert.match(line, /^ {6}/);
      assert.doesNotMatch(lines[end + 1] ?? '', /^ {6}/);
    }
    for (const { line, finding, profile } of marks)
      assert.ok((lines[line] ?? '').includes(finding?.id ?? profile ?? 'demo'), lines[line]);
  });

  test('what comes from the cluster stays text: no line of it begins anything', () => {
    const evil = 'a\n# Cluster b\n\u001b[31m\u202eerror';
    const its = right({ namespace: found({ name: 'team-a', owner: evil, deleting: false }) });
    for (const style of ['full', 'short'] as const) {
      const { text } = doctorText(reportOf([its]), style);
      assert.doesNotMatch(text, /^# Cluster b/m);
      assert.doesNotMatch(text, /[\u001b\u202e]/);
    }
  });
});

describe('JUnit', () => {
  test('a test a part and profile: failed, not judged, or passed', () => {
    const selected = selection([], []);
    const xml = junit(
      reportOf([right({ sharedWith: ['team-b'], launcher: denied('list configmaps', '<&>') })]),
      selected,
    );
    const tests = 1 + JUDGED.length;
    assert.match(
      xml,
      new RegExp(`<testsuite name="us-west-2.demo" [^>]* tests="${tests}" failures="1" errors="1" skipped="0">`),
    );
    assert.match(xml, /name="the role">\n\s*<failure message="warning P-SHARED-ROLE: [^"]*" type="P-SHARED-ROLE">/);
    assert.match(xml, /name="where artifacts go">\n\s*<error message="not judged, because you may not list configmaps/);
    assert.match(xml, /name="the Profile"\/>/);
  });

  test('text from outside ends no element', () => {
    const its = named('team-a', {
      namespace: found({ name: 'team-a', owner: ']]></failure><x a="\u0000', deleting: false }),
    });
    const xml = junit(reportOf([its]), selection([], []));
    assert.doesNotMatch(xml, /<x|\u0000/);
    assert.deepEqual(xml.match(/<failure/g)?.length, xml.match(/<\/failure>/g)?.length);
  });
});

describe('What if these files were applied', () => {
  const view = right();
  const base = { cluster: view.cluster, provider: view.provider };
  const file = (content: string, name = 'a.yaml') => ({ path: name, text: content });
  /** Ids of the profile's findings once this is laid over; `roles`: what a role that is named newly is. */
  const after = (
    files: readonly { path: string; text: string }[],
    target?: string,
    newRole = absent as ProfileView['role'],
  ) => {
    const overlay = overlayOf(files, target);
    const changed = withManifests([view], overlay, base).map((one) =>
      one.role === undefined ? { ...one, role: newRole } : one,
    );
    const report = reportOf(withRoles(changed, overlay, target));
    return { overlay, ids: idsOf(report), report, differences: differencesOf(reportOf([view]), report) };
  };

  for (const { name, files, target, comes } of [
    {
      name: 'a Profile with a plugin of another kind',
      files: [file(profile({ kind: 'AWSIamForServiceAccount' }))],
      comes: ['KP-001', 'KP-082'],
    },
    {
      name: 'a Profile with a role that is not there',
      files: [file(profile({ role: `${ROLE}-new` }))],
      comes: ['KP-086'],
    },
    {
      name: 'a launcher that writes to the store in the cluster',
      files: [file(configMap('kfp-launcher', 'defaultPipelineRoot: minio://mlpipeline/v2/artifacts'))],
      comes: ['KP-055'],
    },
    {
      name: 'a trust policy, of the profile that is named',
      files: [file(trust({ Condition: { StringEquals: {} } }), 'trust.json')],
      target: 'team-a',
      comes: ['T-NO-CONDITION'],
    },
    {
      name: 'a role of ACK',
      files: [file(ackRole(JSON.parse(trust({ Condition: { StringEquals: {} } })) as object))],
      comes: ['T-NO-CONDITION'],
    },
    { name: 'what is there already', files: [file(profile())], comes: [] },
  ])
    test(`${name}: the findings that come are named, and none goes`, () => {
      const { differences, overlay } = after(files, target);
      assert.deepEqual(
        overlay.laid.filter(({ why }) => why !== undefined),
        [],
      );
      assert.deepEqual(
        differences.appears.map(({ id }) => id),
        comes,
      );
      assert.deepEqual(differences.vanishes, []);
    });

  test('a file that mends makes its finding go', () => {
    const broken = right({ profile: listed({ plugins: [] }), serviceAccount: editor({}), role: absent });
    const overlay = overlayOf([file(profile())]);
    const changed = withManifests([broken], overlay, base).map((one) => ({ ...one, role: right().role }));
    const { appears, vanishes } = differencesOf(reportOf([broken]), reportOf(changed));
    assert.deepEqual([appears, vanishes.map(({ id }) => id)], [[], ['KP-002']]);
    assert.match(whatIfText({ laid: overlay.laid, appears, vanishes }), /^Goes:\n- KP-002 demo\/team-a: /m);
  });

  test('what the missing role of a file keeps from being judged does not go', () => {
    const launcher = found({
      namespace: 'team-a',
      name: 'kfp-launcher',
      data: { defaultPipelineRoot: 'minio://mlpipeline/v2/artifacts' },
    });
    const stray = right({ launcher });
    assert.deepEqual(idsOf(reportOf([stray])), ['KP-055']);
    const overlay = overlayOf([file(profile({ role: `${ROLE}-new` }))]);
    const changed = withManifests([stray], overlay, base).map((one) => ({ ...one, role: absent }));
    const { appears, vanishes } = differencesOf(reportOf([stray]), reportOf(changed));
    assert.deepEqual([appears.map(({ id }) => id), vanishes], [['KP-086'], []]);
  });

  test('a profile that is not there yet is judged as the controller will make it', () => {
    const text = profile().replaceAll('team-a', 'team-new');
    const { report } = after([file(text)]);
    const added = report.clusters[0]?.profiles.find((one) => one.profile === 'team-new');
    assert.ok(added);
    assert.deepEqual(
      added.findings.map(({ id }) => id),
      ['KP-086'],
    );
  });

  test('two profiles that would share a role are told, at both', () => {
    const { differences } = after([file(profile({ metadata: 'name: team-two' }))], undefined, right().role);
    assert.deepEqual(
      differences.appears.filter(({ id }) => id === 'P-SHARED-ROLE').map(({ profile: its }) => its),
      ['team-a', 'team-two'],
    );
  });

  for (const { name, text, path, why } of [
    { name: 'a policy without a role, and no profile named', text: trust(), why: /name the profile/ },
    { name: 'a template', text: profile({ role: '{{ .Values.role }}' }), why: /template/ },
    { name: 'no YAML', text: `${profile()}\n  : [`, why: /cannot be read/ },
    { name: 'a patch', text: profile().replace(/ {2}owner:[^]*? {2}plugins/, '  plugins'), why: /patch/ },
    { name: 'something else', text: 'a: 1\n', why: /nothing that the doctor judges/ },
    {
      name: 'Terraform',
      text: 'resource "aws_iam_role" "a" {}\n',
      path: 'main.tf',
      why: /only a plan of Terraform says/,
    },
    { name: 'Terraform in JSON', text: '{"resource":{}}', path: 'main.tf.json', why: /only a plan of Terraform says/ },
  ] as readonly { readonly name: string; readonly text: string; readonly path?: string; readonly why: RegExp }[])
    test(`${name}: is left out, with why`, () => {
      const { laid } = overlayOf([file(text, path)]);
      assert.match(laid.map((one) => one.why ?? '').join('\n'), why);
    });

  test('whatever is in a file, nothing is thrown', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.array(fc.string()),
      fc.dictionary(fc.string(), fc.string()),
    );
    fc.assert(
      fc.property(value, value, value, (spec, plugins, metadata) => {
        for (const body of [{ spec }, { spec: { plugins, owner: spec } }, { spec: { plugins: [plugins] } }]) {
          const text = JSON.stringify({
            apiVersion: 'kubeflow.org/v1',
            kind: 'Profile',
            metadata: { name: 'team-a', annotations: metadata },
            ...body,
          });
          after([file(text, 'a.json')]);
        }
      }),
    );
  });
});
