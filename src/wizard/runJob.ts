/** A run of the journal as a job: its plan is the one that was written down, carried out with the identity of then. */
import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import type { CommandName } from '../ids.ts';
import { reachAgain } from '../provisioning/carried.ts';
import type { RunHead } from '../provisioning/runFile.ts';
import type { StoredRun } from '../provisioning/runs.ts';
import { sourceOf } from '../source.ts';
import type { Job, Place } from './job.ts';

const { l10n } = vscode;

export function runJob(host: Host, { head }: Pick<StoredRun, 'head'>): Job {
  const { run, command, plan, subject = plan.title } = head;
  const place = placeOfRun(head);
  return {
    command: command as CommandName,
    subject,
    title: l10n.t('Run: {0} on {1}', subject, place.cluster),
    place,
    run,
    make: async () => {
      const aws = await host.connections.aws(sourceOf(place.awsProfile, place.region));
      return { plan, ...(await reachAgain(head, plan, aws, host.connections.connect)) };
    },
  };
}

const placeOfRun = ({ cluster, region, awsProfile, profile, bucket }: RunHead): Place => ({
  ...sourceOf(awsProfile, region),
  cluster,
  ...(profile === undefined ? {} : { profile }),
  ...(bucket === undefined ? {} : { bucket }),
});

/** What is in the way of going on with a run: its identity is no longer chosen. */
export function unchosen(host: Host, { awsProfile }: RunHead): string | undefined {
  const chosen = host.connections.awsProfiles();
  // Where only one identity is chosen, a place that names none means that one.
  if (chosen.includes(awsProfile) || (awsProfile === undefined && chosen.length === 1)) return undefined;
  return awsProfile === undefined
    ? l10n.t('made with the default chain of credentials, which is not chosen now: Select AWS Profiles')
    : l10n.t('made with AWS profile {0}, which is not chosen now: Select AWS Profiles', awsProfile);
}
