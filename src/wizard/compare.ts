/** What one step of a plan changes, side by side: what is there now, and what is planned. */
import * as vscode from 'vscode';
import { rows, type Plan } from '../core/plan/plan.ts';
import { Problem } from '../problem.ts';
import { sourceId, sourceOf } from '../source.ts';
import { documentUri, type Documents } from './documents.ts';
import type { Place } from './job.ts';

const { l10n } = vscode;

/** `title`: of the step. Throws a {@link Problem} where it changes nothing. */
export async function compareStep(documents: Documents, plan: Plan, place: Place, title: string): Promise<void> {
  const step = rows(plan).find((candidate) => candidate.title === title);
  if (step?.before === undefined || step.after === undefined) throw new Problem(l10n.t('This step changes nothing.'));
  const name = `${place.profile ?? place.cluster} ${step.id}.${step.language ?? 'json'}`;
  const query = `${place.cluster}/${sourceId(sourceOf(place.awsProfile, place.region))}/${step.title}`;
  const side = (label: string, text: string): vscode.Uri => {
    const at = documentUri(name, `${query}/${label}`);
    documents.update(at, text, []);
    return at;
  };
  await vscode.commands.executeCommand(
    'vscode.diff',
    side('before', step.before),
    side('after', step.after),
    l10n.t('{0}: now ↔ planned', step.title),
  );
}
