import * as vscode from 'vscode';
import { planAdopt } from '../core/plan/adopt.ts';
import { requireTrust } from '../outside.ts';
import { lookAtAdoption } from '../provisioning/adopt.ts';
import { issuing, planOn } from '../wizard/reach.ts';
import { askProfile } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Takes a profile that others made for one of ours, after a review: nothing changes but our tags and our annotation. */
export async function adoptProfile({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = await askProfile(host, argument, l10n.t('Adopt Profile'));
  const { profile } = place;
  await (
    await plans()
  ).review({
    command: 'adoptProfile',
    subject: `Profile ${profile}`,
    title: l10n.t('Plan: adopt {0} on {1}', profile, place.cluster),
    place,
    make: (_agreed, signal) =>
      planOn(host, place, signal, async ({ cluster, aws, kubernetes }) => {
        const there = issuing(cluster);
        const { facts, repair } = await lookAtAdoption(profile, there, aws, kubernetes, signal);
        return planAdopt({ profile }, facts, there, repair);
      }),
    words: {
      go: l10n.t('Adopt'),
      done: l10n.t('Profile {0} is adopted.', profile),
      stopped: l10n.t('Profile {0} is not adopted.', profile),
      nothing: l10n.t('Profile {0} is adopted already.', profile),
    },
  });
}
