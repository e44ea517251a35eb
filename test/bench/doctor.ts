/**
 * The doctor: judging and telling 1,000 profiles of a cluster, in time of the processor; and one profile against the longest chain of calls that
 * depend on each other, with calls in memory that all take the same time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { selection } from '../../src/core/doctor/checks.ts';
import { doctorText } from '../../src/core/doctor/document.ts';
import { doctorReport } from '../../src/core/doctor/report.ts';
import { explain } from '../../src/core/explain/explain.ts';
import { right } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { examine, judged } from '../../src/estate/doctor.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { SAMPLES } from '../unit/explain-texts.ts';
import { BUCKET, cluster, PLAIN, putProfile, worldWithProvider } from '../unit/world.ts';
import { measure, median, milliseconds, type Bench } from './measure.ts';

const PROFILES = 1_000;
/** Profiles a second of the processor. */
const RATE = 300;
/** One profile against the longest chain. */
const CHAIN = 1.5;
/** A text explained, offline, in milliseconds. */
const EXPLAINED = 50;
/** What a call takes, in milliseconds. */
const CALL = 50;
const AT = '2026-11-23T12:00:00Z';
const OPTIONS = { at: AT, selected: selection([], []), accepted: [] };

/** Every tenth of them with an ARN of too many colons. */
const views = (): readonly ProfileView[] => {
  const text = JSON.stringify(right());
  return Array.from({ length: PROFILES }, (_, at) => {
    const own = text.replaceAll('team-a', `team-${at}`);
    return JSON.parse(at % 10 === 0 ? own.replaceAll('s3:::', 's3::::') : own) as ProfileView;
  });
};

export const bench: Bench = async (log) => {
  log('doctor: judging …');
  const rates = [1, 2, 3].map(() => {
    const all = views();
    const before = process.cpuUsage();
    const profiles = all.map((view) => judged(view, Date.parse(AT)));
    const report = doctorReport([{ cluster: 'demo', region: 'us-west-2', profiles }], OPTIONS);
    doctorText(report, 'full');
    const { user, system } = process.cpuUsage(before);
    return PROFILES / ((user + system) / 1e6);
  });

  log('doctor: one profile …');
  const world = worldWithProvider();
  putProfile(world, 'team-a', { name: 'team-a' });
  const key = {
    arn: 'arn:aws:kms:us-west-2:111122223333:key/1',
    state: 'Enabled',
    managedByAws: false,
    symmetric: true,
  };
  world.keys.set(key.arn, key);
  world.buckets.set(BUCKET, {
    region: cluster.region,
    settings: { ...PLAIN, encryption: { algorithm: 'aws:kms', key: key.arn } },
  });
  world.turn = () => sleep(CALL);
  const place = { cluster: cluster.name, region: cluster.region, profile: 'team-a' };
  const one = await measure(3, () =>
    examine(place, { aws: world.aws, connect: world.connect, roles: rolesOf(world.aws), now: Date.now }),
  );
  // What is asked for is known only from the answer before: which cluster, whose role, what its policy names, how that is encrypted.
  const chain = await measure(3, async () => {
    await world.aws.cluster(cluster.name);
    await world.kubernetes.list('profiles');
    await world.aws.role('team-a');
    await world.aws.bucketEncryption(BUCKET);
    await world.aws.key(key.arn, cluster.region);
  });
  const ratio = median(one) / median(chain);

  log('explain: a log …');
  // Two thousand lines, a tenth of them errors that real programs said.
  const lines = Array.from({ length: 2_000 }, (_, at) =>
    at % 10 === 0 ? (SAMPLES[at % SAMPLES.length]?.text ?? '') : `time="2026-11-20" level=info msg="ran step ${at}"`,
  );
  const told = await measure(9, async () => explain(lines.join('\n')));
  return [
    {
      what: `doctor: ${PROFILES} profiles of one cluster judged and told`,
      value: `${median(rates).toFixed(0)} a second of the processor`,
      goal: `≥ ${RATE}`,
      met: median(rates) >= RATE,
    },
    {
      what: 'doctor: one profile, against the longest chain of dependent calls',
      value: `${ratio.toFixed(2)} x`,
      goal: `≤ ${CHAIN} x`,
      met: ratio <= CHAIN,
    },
    {
      what: `explain: a log of ${lines.length} lines`,
      value: milliseconds(told),
      goal: `≤ ${EXPLAINED} ms`,
      met: median(told) <= EXPLAINED,
    },
  ];
};
