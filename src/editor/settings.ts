/**
 * What is wanted of lint for a file: by the repository's settings file, and by the settings below `kubeflowIrsa.lint`, which win entry by
 * entry, so that a person may look closer, or less close, than the repository does. All is read as data that may be anything.
 */
import * as vscode from 'vscode';
import type { LintOptions } from '../core/lint.ts';
import type { Severity } from '../core/finding.ts';
import { repositorySettings } from './repository.ts';

const SECTION = 'kubeflowIrsa.lint';
const SEVERITIES: ReadonlySet<unknown> = new Set<Severity | 'off'>(['off', 'error', 'warning', 'information', 'hint']);

/** What the user wants of lint for a file; undefined: nothing. */
export function lintSettings(uri: vscode.Uri): LintOptions | undefined {
  const settings = vscode.workspace.getConfiguration(SECTION, uri);
  if (settings.get<unknown>('enabled') === false) return undefined;
  const { settings: its, excluded = false } = repositorySettings(uri) ?? {};
  if (excluded) return undefined;
  return {
    severities: {
      ...its?.rules,
      ...entriesWhere(settings.get('severities'), (value): value is Severity | 'off' => SEVERITIES.has(value)),
    },
    ...(its === undefined ? {} : { roles: its.roles }),
    context: {
      variables: {
        ...its?.variables,
        ...entriesWhere(settings.get('variables'), (value): value is string => typeof value === 'string'),
      },
    },
  };
}

/** Whether a change of the settings can change what lint finds. */
export const concernsLint = (event: vscode.ConfigurationChangeEvent): boolean => event.affectsConfiguration(SECTION);

function entriesWhere<T>(value: unknown, wanted: (value: unknown) => value is T): Record<string, T> {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, T] => wanted(entry[1])));
}
