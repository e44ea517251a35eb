/** The doctor's report as JUnit XML, which CI services show as tests: a suite a cluster, a test for each part of the list and profile. */
import { checkOf, liveModes, type Selection } from '../core/doctor/checks.ts';
import { CHECK_IDS, PARTS, type CheckId } from '../core/doctor/parts.ts';
import {
  counts,
  type ClusterReport,
  type DoctorFinding,
  type DoctorReport,
  type ProfileReport,
} from '../core/doctor/report.ts';
import { visible } from './visible.ts';

interface Case {
  readonly about: string;
  readonly name: string;
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped';
  /** Lines. */
  readonly text: readonly string[];
  readonly type?: string;
}

const escaped = (text: string): string => visible(text).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

const lineOf = ({ id, severity, message }: DoctorFinding): string => `${severity} ${id}: ${message}`;

/** What findings come to. Those that do not count are told with the test that passed. */
function found(about: string, name: string, findings: readonly DoctorFinding[]): Case {
  const bad = findings.filter(counts);
  const [first] = bad;
  const text = (first === undefined ? findings : bad).map(lineOf);
  return first === undefined
    ? { about, name, kind: 'passed', text }
    : { about, name, kind: 'failure', text, type: first.id };
}

function caseOf(about: string, check: CheckId, { findings, notRun, sound }: ProfileReport): Case {
  const name = PARTS[check];
  const its = findings.filter(({ id }) => checkOf(id) === check);
  const result = found(about, name, its);
  if (result.kind === 'failure' || sound.includes(check)) return result;
  const left = notRun.filter(({ ids }) => ids.some((id) => checkOf(id) === check));
  const lacks = left.some(({ finding, moot }) => finding === undefined && moot === undefined);
  const text = [...left.map(({ because, ids }) => `not judged, because ${because}: ${ids.join(', ')}`), ...result.text];
  return left.length === 0 ? result : { about, name, kind: lacks ? 'error' : 'skipped', text };
}

function casesOf({ cluster, region, findings, unread, profiles }: ClusterReport, selected: Selection): readonly Case[] {
  const checks = CHECK_IDS.filter((check) => liveModes.some((id) => checkOf(id) === check && selected(id)));
  const about = `${region}.${cluster}`;
  const lacks = unread.map(({ what, permission, reason }) => `${what}: ${permission ?? reason ?? 'not read'}`);
  const its = found(about, 'the cluster', findings);
  return [
    its.kind === 'failure' || lacks.length === 0 ? its : { about, name: 'the cluster', kind: 'error', text: lacks },
    ...profiles.flatMap((profile) => checks.map((check) => caseOf(`${about}.${profile.profile}`, check, profile))),
  ];
}

function xmlOf({ about, name, kind, text, type }: Case): string {
  const head = `    <testcase classname="${escaped(about)}" name="${escaped(name)}"`;
  const lines = text.map(escaped).join('\n');
  if (kind === 'passed')
    return text.length === 0 ? `${head}/>` : `${head}>\n      <system-out>${lines}</system-out>\n    </testcase>`;
  const attributes = `message="${escaped(text[0] ?? '')}"${type === undefined ? '' : ` type="${escaped(type)}"`}`;
  return `${head}>\n      <${kind} ${attributes}>${lines}</${kind}>\n    </testcase>`;
}

/** The report as JUnit XML. */
export function junit(report: DoctorReport, selected: Selection): string {
  const suites = report.clusters.map((cluster) => ({ cluster, cases: casesOf(cluster, selected) }));
  const tally = (cases: readonly Case[]): string => {
    const of = (kind: Case['kind']): number => cases.filter((one) => one.kind === kind).length;
    return `tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}"`;
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kubeflow-irsa doctor" ${tally(suites.flatMap(({ cases }) => cases))}>`,
    ...suites.flatMap(({ cluster, cases }) => [
      `  <testsuite name="${escaped(`${cluster.region}.${cluster.cluster}`)}" timestamp="${escaped(report.at)}" ${tally(cases)}>`,
      ...cases.map(xmlOf),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}
