/** How a profile ends: Delete Profile, the same for one that is stuck, and Find Leftovers. */
import * as vscode from 'vscode';
import { planDelete, stopsAtFinalizer, type DeleteWish } from '../core/plan/delete.ts';
import { sizeWords } from '../core/plan/size.ts';
import { planLeftovers, type Leftover, type Leftovers } from '../core/plan/leftovers.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { PrefixData } from '../core/observation.ts';
import { valueOf } from '../core/reading.ts';
import type { Host } from '../host.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { lookToDelete } from '../provisioning/leave.ts';
import { lookForLeftovers } from '../provisioning/leftovers.ts';
import { sourceOf } from '../source.ts';
import { withProgress } from '../wizard/carry.ts';
import { toggle, type Choice, type Job, type Place } from '../wizard/job.ts';
import { plain } from '../wizard/prompts.ts';
import { issuing, planOn } from '../wizard/reach.ts';
import { askPlace, askProfile, onPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** What can be agreed to. */
const DATA = 'data';
const KEEP_ROLE = 'keepRole';
const FINALIZER = 'removeFinalizer';

/** Opens the plan of a profile's deletion, to be carried out when its name was typed. */
export async function deleteProfile({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = await askProfile(host, argument, l10n.t('Delete Profile'));
  await (await plans()).review(jobOf(host, place, 'deleteProfile', []));
}

/** The same for a Profile that is being deleted and cannot go: its role stays, unless that is chosen otherwise. */
export async function unstickProfile({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = await askProfile(host, argument, l10n.t('Unstick Profile'));
  await (await plans()).review(jobOf(host, place, 'unstickProfile', [KEEP_ROLE]));
}

function jobOf(
  host: Host,
  place: Place & { readonly profile: string },
  command: 'deleteProfile' | 'unstickProfile',
  first: readonly string[],
): Job {
  const { cluster, region, profile } = place;
  let data: PrefixData | undefined;
  const wishOf = (agreed: readonly string[]): DeleteWish => ({
    ...{ cluster, region, profile },
    ...(agreed.includes(DATA) ? { data: true } : {}),
    ...(agreed.includes(KEEP_ROLE) ? { keepRole: true } : {}),
    ...(agreed.includes(FINALIZER) ? { removeFinalizer: true } : {}),
  });
  return {
    command,
    subject: l10n.t('Profile {0}', profile),
    title: l10n.t('Plan: delete {0} on {1}', profile, cluster),
    place,
    agreed: first,
    make: async (agreed, signal) => {
      const aws = await host.connections.aws(sourceOf(place.awsProfile, region));
      const wish = wishOf(agreed);
      const { facts, around, bucketRegion, kubernetes } = await lookToDelete(
        wish,
        aws,
        host.connections.connect,
        signal,
      );
      const live = valueOf(facts.cluster);
      const profileNow =
        live === undefined ? undefined : valueOf(facts.get({ kind: 'k8s/profile', at: live.arn, key: profile }));
      if (
        command === 'unstickProfile' &&
        profileNow !== undefined &&
        profileNow.metadata.deletionTimestamp === undefined
      ) {
        kubernetes?.close();
        throw new Problem(l10n.t('Profile {0} is not being deleted: there is nothing to unstick.', profile));
      }
      ({ data } = around);
      const plan = planDelete(wish, facts, around, bucketRegion);
      return { plan, aws, ...(kubernetes === undefined ? {} : { kubernetes }) };
    },
    choices: (plan, agreed) => choicesOf(plan, agreed, data),
    words: {
      go: l10n.t('Delete'),
      done: l10n.t('Profile {0} is deleted.', profile),
      stopped: l10n.t('Profile {0} is not deleted as a whole.', profile),
      nothing: l10n.t('Nothing of profile {0} is left.', profile),
    },
    confirmName: profile,
  };
}

function choicesOf(plan: Plan, agreed: readonly string[], data: PrefixData | undefined): readonly Choice[] {
  return [
    ...(stopsAtFinalizer(plan) || agreed.includes(FINALIZER)
      ? [
          toggle(
            agreed,
            FINALIZER,
            `$(unlock) ${l10n.t("Take the controller's finalizer away")}`,
            `$(lock) ${l10n.t("Leave the controller's finalizer")}`,
          ),
        ]
      : []),
    ...(data === undefined
      ? []
      : [
          toggle(
            agreed,
            DATA,
            `$(trash) ${l10n.t('Delete the data, too: {0}', sizeWords(data))}`,
            `$(database) ${l10n.t('Keep the data')}`,
          ),
        ]),
    toggle(agreed, KEEP_ROLE, `$(key) ${l10n.t('Keep its role')}`, `$(trash) ${l10n.t('Delete its role, too')}`),
  ];
}

/** Looks for what is left of profiles and clusters that are gone, and opens the plan that removes what is chosen of it. */
export async function findLeftovers({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Find Leftovers');
  const place = await askPlace(host, argument, title);
  const left = await withProgress(l10n.t('Looking for leftovers on {0}', place.cluster), () =>
    onPlace(host, place, async ({ cluster, aws, kubernetes }) => lookForLeftovers(issuing(cluster), aws, kubernetes)),
  );
  const offered = left.items.filter(({ changes }) => changes.length > 0);
  if (left.items.length === 0) {
    const nothing = l10n.t('Nothing is left over on {0}, as far as can be judged.', place.cluster);
    void host.attempt('findLeftovers', () =>
      vscode.window.showInformationMessage([nothing, ...left.unread.map(plain)].join(' ')),
    );
    return;
  }
  const chosen = offered.length === 0 ? [] : await choose(title, place.cluster, offered, left);
  await (await plans()).review(leftoversJob(host, place, chosen));
}

async function choose(
  title: string,
  cluster: string,
  offered: readonly Leftover[],
  { unread }: Leftovers,
): Promise<readonly string[]> {
  const items = offered.map(({ id, title: label, since, evidence }) => ({
    id,
    label: plain(label),
    ...(since === undefined ? {} : { description: l10n.t('since {0}', since.slice(0, 10)) }),
    detail: plain(evidence),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    canPickMany: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
    placeHolder:
      unread.length === 0
        ? l10n.t('What is to be removed on {0}? Nothing is removed before you have seen the plan.', cluster)
        : plain(l10n.t('What is to be removed? Not all could be judged: {0}', unread.join(' '))),
  });
  if (picked === undefined || picked.length === 0) throw new Cancelled();
  return picked.map(({ id }) => id);
}

const leftoversJob = (host: Host, place: Place, chosen: readonly string[]): Job => ({
  command: 'findLeftovers',
  subject: l10n.t('Leftovers'),
  title: l10n.t('Plan: leftovers on {0}', place.cluster),
  place,
  make: (_agreed, signal) =>
    planOn(host, place, signal, async ({ cluster, aws, kubernetes }) => {
      const left = await lookForLeftovers(issuing(cluster), aws, kubernetes);
      // What was removed meanwhile is no fault.
      const still = chosen.filter((id) => left.items.some((item) => item.id === id));
      return planLeftovers(left, still, issuing(cluster));
    }),
  words: {
    go: l10n.t('Remove'),
    done: l10n.t('The leftovers that you chose are removed.'),
    stopped: l10n.t('Not all leftovers are removed.'),
    nothing: l10n.t('Nothing of what you chose is left over.'),
  },
});
