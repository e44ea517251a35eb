/** The settings below `kubeflowIrsa.lint`, read as data that may be anything. */
import * as vscode from 'vscode';
import type { LintOptions } from '../core/lint.ts';
import type { Severity } from '../core/finding.ts';

const SECTION = 'kubeflowIrsa.lint';
const SEVERITIES: ReadonlySet<unknown> = new Set<Severity | 'off'>(['off', 'error', 'warning', 'information', 'hint']);

/** What the user wants of lint for a file; undefined: nothing. */
export function lintSettings(uri: vscode.Uri): LintOptions | undefined {
  const settings = vscode.workspace.getConfiguration(SECTION, uri);
  if (settings.get<unknown>('enabled') === false) return undefined;
  return {
    severities: entriesWhere(settings.get('severities'), (value): value is Severity | 'off' => SEVERITIES.has(value)),
    context: {
      variables: entriesWhere(settings.get('variables'), (value): value is string => typeof value === 'string'),
    },
  };
}

/** Whether a change of the settings can change what lint finds. */
export const concernsLint = (event: vscode.ConfigurationChangeEvent): boolean => event.affectsConfiguration(SECTION);

function entriesWhere<T>(value: unknown, wanted: (value: unknown) => value is T): Record<string, T> {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, T] => wanted(entry[1])));
}
