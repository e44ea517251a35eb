/** SARIF 2.1.0, the form that code scanning services read. What GitHub wants of it: test/unit/sarif.test.ts. */
import type { Severity } from '../core/finding.ts';
import { SEVERITIES } from '../core/fix.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { docsUrl, failureMode } from '../core/modes/table.ts';

/** A finding; `more`: its other fields as SARIF names them, such as `locations`. */
export interface SarifResult {
  readonly id: FailureModeId;
  readonly severity: Severity;
  readonly message: string;
  readonly more: Readonly<Record<string, unknown>>;
}

/** What went wrong with the run itself. */
export interface Notification {
  /** `execution`: something was not read. `configuration`: the settings file is not as it must be. */
  readonly kind: 'execution' | 'configuration';
  readonly message: string;
  readonly locations?: readonly unknown[];
}

const LEVEL = { error: 'error', warning: 'warning', information: 'note', hint: 'note' } as const;
/** What code scanning calls severities where a rule is not about security. */
const PROBLEM = { error: 'error', warning: 'warning', information: 'recommendation', hint: 'recommendation' } as const;

/**
 * Rules about who gets in or what may be done beyond what is meant, with a score as code scanning shows it: from 7.0 high, from 4.0
 * medium (GitHub, "SARIF support for code scanning", security-severity). Anybody of AWS or of the cluster: high. More than a task
 * needs: medium.
 */
const SECURITY: Readonly<Partial<Record<FailureModeId, string>>> = {
  'KP-029': '8.8',
  'T-NO-CONDITION': '8.8',
  'T-LIKE-ANY-NS': '8.8',
  'T-FORALLVALUES': '8.8',
  'T-IFEXISTS': '8.1',
  'KP-053': '7.5',
  'KP-028': '6.5',
  'KP-026': '6.5',
  'T-LIKE-NS-ANY-SA': '6.1',
  'KP-075': '6.1',
  'KP-083': '6.1',
  'KP-044': '5.4',
  'P-SHARED-ROLE': '5.4',
  'KP-080': '4.3',
};

/** Results that a run may have (GitHub, "SARIF support for code scanning", limits): a file with more is rejected. */
const MOST_RESULTS = 25_000;
/** Characters of a message or a description there. */
const LONGEST = 1024;
const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 2)} …`);

/** A text of the catalogue as Markdown: `<profile>` and `s3:*` are no markup. */
const plain = (text: string): string => text.replace(/[\\`*_<>[\]]/g, '\\$&');

function ruleOf(id: FailureModeId): Readonly<Record<string, unknown>> {
  const { title, severity, symptom, cause, fix, sources } = failureMode(id);
  const score = SECURITY[id];
  const parts = [['Symptom', symptom] as const, ['Cause', cause] as const, ['Fix', fix] as const];
  const from = sources.length === 0 ? [] : [['Sources', sources.join('; ')] as const];
  return {
    id,
    name: id,
    shortDescription: { text: cut(title) },
    fullDescription: { text: cut(`${symptom} ${cause}`) },
    help: {
      text: [...parts, ...from].map(([name, text]) => `${name}: ${text}`).join('\n'),
      markdown: [...parts, ...from].map(([name, text]) => `**${name}.** ${plain(text)}\n`).join('\n'),
    },
    helpUri: docsUrl(id),
    defaultConfiguration: { level: LEVEL[severity] },
    properties: {
      tags: ['kubeflow', 'aws', score === undefined ? 'correctness' : 'security'],
      precision: severity === 'error' ? 'very-high' : 'high',
      'problem.severity': PROBLEM[severity],
      ...(score === undefined ? {} : { 'security-severity': score }),
    },
  };
}

/**
 * The findings of one run.
 *
 * @param version of this product
 * @param ran the rules that were run, whether they found something or not: code scanning wants the details of all of them
 * @param notifications what went wrong with the run itself
 */
export function sarif(
  version: string,
  ran: readonly FailureModeId[],
  results: readonly SarifResult[],
  notifications: readonly Notification[] = [],
): string {
  const severe = (one: SarifResult): number => SEVERITIES.indexOf(one.severity);
  // Where not all may be told, those that count most are.
  const told =
    results.length <= MOST_RESULTS ? results : results.toSorted((a, b) => severe(b) - severe(a)).slice(0, MOST_RESULTS);
  const all: readonly Notification[] =
    told === results
      ? notifications
      : [
          ...notifications,
          {
            kind: 'execution',
            message: `${results.length} findings; the ${MOST_RESULTS} most severe are told: code scanning takes no more.`,
          },
        ];
  const rules = [...new Set([...ran, ...told.map(({ id }) => id)])];
  const ruleIndex = new Map(rules.map((id, index) => [id, index]));
  const of = (wanted: Notification['kind']): readonly Readonly<Record<string, unknown>>[] =>
    all
      .filter(({ kind }) => kind === wanted)
      .map(({ message, locations }) => ({
        level: 'error',
        message: { text: cut(message) },
        ...(locations === undefined ? {} : { locations }),
      }));
  return `${JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'kubeflow-irsa',
              version,
              semanticVersion: version,
              informationUri: 'https://github.com/kubeflow-irsa/kubeflow-irsa',
              rules: rules.map(ruleOf),
            },
          },
          invocations: [
            {
              executionSuccessful: notifications.length === 0,
              toolExecutionNotifications: of('execution'),
              toolConfigurationNotifications: of('configuration'),
            },
          ],
          columnKind: 'utf16CodeUnits',
          originalUriBaseIds: { SRCROOT: { description: { text: 'The root of the repository.' } } },
          results: told.map(({ id, severity, message, more }) => ({
            ruleId: id,
            ruleIndex: ruleIndex.get(id),
            level: LEVEL[severity],
            message: { text: cut(message) },
            ...more,
          })),
        },
      ],
    },
    undefined,
    2,
  )}\n`;
}

/** A region as SARIF names it. */
export const regionOf = (place: {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}): Readonly<Record<string, number>> => ({
  startLine: place.line,
  startColumn: place.column,
  endLine: place.endLine,
  endColumn: place.endColumn,
});
