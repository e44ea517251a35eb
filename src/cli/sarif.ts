/** SARIF 2.1.0, the form that code scanning services read. */
import type { Severity } from '../core/finding.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { docsUrl, failureMode } from '../core/modes/table.ts';

/** A finding; `more`: its other fields as SARIF names them, such as `locations`. */
export interface SarifResult {
  readonly id: FailureModeId;
  readonly severity: Severity;
  readonly message: string;
  readonly more: Readonly<Record<string, unknown>>;
}

const LEVEL = { error: 'error', warning: 'warning', information: 'note', hint: 'note' } as const;

/** The findings of one run. `version`: of this product. */
export function sarif(version: string, results: readonly SarifResult[]): string {
  const used = [...new Set(results.map(({ id }) => id))];
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
              rules: used.map((id) => ({
                id,
                shortDescription: { text: failureMode(id).title },
                helpUri: docsUrl(id),
              })),
            },
          },
          results: results.map(({ id, severity, message, more }) => ({
            ruleId: id,
            level: LEVEL[severity],
            message: { text: message },
            ...more,
          })),
        },
      ],
    },
    undefined,
    2,
  )}\n`;
}
