/** A run of the journal as a job: its plan is the one that was written down, carried out with the identity of then. */
import * as vscode from 'vscode';
import { parseArn } from '../core/arn/arn.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { Host } from '../host.ts';
import { commandId, type CommandName } from '../ids.ts';
import { Problem } from '../problem.ts';
import type { Aws } from '../provisioning/ports.ts';
import type { RunRecord } from '../runs.ts';
import { sourceOf } from '../source.ts';
import type { Job, Made } from './job.ts';
import { clusterOf, needsCluster, reach } from './reach.ts';

const { l10n } = vscode;

export const runJob = (host: Host, record: RunRecord): Job => ({
  command: record.command as CommandName,
  subject: record.subject,
  title: l10n.t('Run: {0} on {1}', record.subject, record.place.cluster),
  place: record.place,
  run: record.id,
  make: async (): Promise<Made> => {
    const { plan, place } = record;
    if (!needsCluster(plan)) {
      const { aws } = await clusterOf(host, place);
      await sameAccount(aws, plan);
      return { plan, aws };
    }
    const { aws, kubernetes } = await reach(host, place);
    try {
      await sameAccount(aws, plan);
      return { plan, aws, kubernetes };
    } catch (error) {
      kubernetes.close();
      throw error;
    }
  },
});

/** Throws where the identity of a run is another account's by now: names mean other things there. */
export async function sameAccount(aws: Aws, { changes }: Pick<Plan, 'changes'>): Promise<void> {
  const [account] = changes.flatMap(({ ref }) => parseArn(ref.at)?.account || []);
  if (account === undefined) return;
  const caller = await aws.caller();
  if (caller.state !== 'found' || caller.value.account === account) return;
  throw new Problem(
    l10n.t(
      'This run was made in account {0}, and your credentials are of account {1} now. Choose the AWS profile of then, then try again.',
      account,
      caller.value.account,
    ),
    [{ title: l10n.t('Select AWS Profiles'), command: commandId('selectAwsProfiles') }],
  );
}

/** What is in the way of going on with a run: its identity is no longer chosen. */
export function unchosen(host: Host, { place }: Pick<RunRecord, 'place'>): string | undefined {
  const chosen = host.connections.awsProfiles();
  const { awsProfile } = sourceOf(place.awsProfile, place.region);
  // Where only one identity is chosen, a place that names none means that one.
  if (chosen.includes(awsProfile) || (awsProfile === undefined && chosen.length === 1)) return undefined;
  return awsProfile === undefined
    ? l10n.t('made with the default chain of credentials, which is not chosen now: Select AWS Profiles')
    : l10n.t('made with AWS profile {0}, which is not chosen now: Select AWS Profiles', awsProfile);
}
