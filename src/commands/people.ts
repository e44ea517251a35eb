import * as vscode from 'vscode';
import {
  bindingName,
  contributorsOf,
  CONTRIBUTOR_ROLES,
  type Contributor,
  type ContributorRole,
} from '../core/people/kfam.ts';
import { planContributor, planContributorGone } from '../core/plan/contributor.ts';
import { planHandOver } from '../core/plan/handover.ts';
import { unreadable } from '../core/plan/plan.ts';
import { valueOf } from '../core/reading.ts';
import type { CommandName } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { bindingsOf } from '../provisioning/bindings.ts';
import { lookAtContributor, lookAtHandOver } from '../provisioning/people.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { askOwner, type OwnerFrame } from '../wizard/askOwner.ts';
import type { Place } from '../wizard/job.ts';
import { BACK, pick, plain } from '../wizard/prompts.ts';
import type { Owner } from '../wizard/questions.ts';
import { planOn } from '../wizard/reach.ts';
import { askProfile, onPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

const chosen = <T>(answer: T | typeof BACK): T => {
  if (answer === BACK) throw new Cancelled();
  return answer;
};

/** Somebody, of those who are there or by a typed name. */
async function askPerson(
  frame: Pick<OwnerFrame, 'title' | 'prompt' | 'canCreate'>,
  { aws, kubernetes }: { readonly aws: Aws; readonly kubernetes: Kubernetes },
): Promise<Owner> {
  const around = kubernetes.profiles().then((profiles) => ({ aws, kubernetes, profiles }));
  return chosen(await askOwner({ ...frame, step: 1, of: 1, canGoBack: false }, undefined, around));
}

const WORDS: Readonly<Record<ContributorRole, () => string>> = {
  edit: () => l10n.t('runs notebooks and pipelines, and so uses the IAM role of the profile'),
  view: () => l10n.t('sees what is there'),
};

/** Lets somebody into a profile, as the dashboard's "Manage Contributors" does. */
export async function addContributor({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Add Contributor');
  const place = await askProfile(host, argument, title);
  const { profile } = place;
  const prompt = l10n.t('Contributor of {0}', profile);
  const { name: user } = await onPlace(host, place, (where) => askPerson({ title, prompt, canCreate: false }, where));
  const role = chosen(
    await pick<ContributorRole>({
      ...{ title, step: 1, of: 1, canGoBack: false },
      placeholder: l10n.t('What may {0} do in {1}?', user, profile),
      load: async (show) => show(CONTRIBUTOR_ROLES.map((id) => ({ label: id, description: WORDS[id](), value: id }))),
    }),
  );
  const about = { name: bindingName(user, role), user };
  await (
    await plans()
  ).ask({
    ...jobOf('addContributor', place),
    make: (_agreed, signal) =>
      planOn(host, place, signal, async ({ cluster, aws, kubernetes }) => {
        const facts = await lookAtContributor(profile, about, cluster, aws, kubernetes);
        return planContributor({ profile, user, role }, facts, cluster);
      }),
    words: {
      question: l10n.t('Add {0} to profile {1} ({2})?', user, profile, role),
      go: l10n.t('Add Contributor'),
      done: l10n.t('{0} contributes to profile {1}.', user, profile),
      nothing: l10n.t('{0} contributes to profile {1} already.', user, profile),
    },
  });
}

/** Takes somebody out of a profile. */
export async function removeContributor({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Remove Contributor');
  const place = await askProfile(host, argument, title);
  const { profile } = place;
  const bindings = await onPlace(host, place, ({ kubernetes }) => bindingsOf(kubernetes, profile));
  if (bindings.state !== 'found')
    throw new Problem(unreadable(bindings, l10n.t('The list of contributors of {0}', profile)));
  const all = contributorsOf(bindings.value);
  const { contributor } = (argument ?? {}) as { contributor?: unknown };
  const given = all.filter(({ name }) => name === contributor);
  const [one] = given.length > 0 ? given : [await askContributor(title, profile, all)];
  if (one === undefined) return;
  const { user, name } = one;
  await (
    await plans()
  ).ask({
    ...jobOf('removeContributor', place),
    make: (_agreed, signal) =>
      planOn(host, place, signal, async ({ cluster, aws, kubernetes }) => {
        const facts = await lookAtContributor(profile, { name, user }, cluster, aws, kubernetes);
        return planContributorGone({ profile, user, name }, facts, cluster);
      }),
    words: {
      question: l10n.t('Remove {0} from profile {1}?', user, profile),
      go: l10n.t('Remove Contributor'),
      done: l10n.t('{0} no longer contributes to profile {1}.', user, profile),
      nothing: l10n.t('{0} does not contribute to profile {1}.', user, profile),
    },
  });
}

/** What the jobs about people of a profile have in common. */
const jobOf = (command: CommandName, place: Place & { readonly profile: string }) => ({
  command,
  subject: `Profile ${place.profile}`,
  title: l10n.t('People: {0} on {1}', place.profile, place.cluster),
  place,
});

async function askContributor(title: string, profile: string, all: readonly Contributor[]): Promise<Contributor> {
  if (all.length === 0) throw new Problem(l10n.t('Profile {0} has no contributors.', profile));
  return chosen(
    await pick<Contributor>({
      ...{ title, step: 1, of: 1, canGoBack: false },
      placeholder: l10n.t('Contributor of {0}', profile),
      load: async (show) =>
        show(all.map((one) => ({ label: plain(one.user), description: plain(one.role), value: one }))),
    }),
  );
}

/** Gives a profile to somebody else, wherever its owner is written. */
export async function handOver({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Hand Over');
  const place = await askProfile(host, argument, title);
  const { profile } = place;
  const [{ name: owner, newUser }, former] = await onPlace(host, place, async (where) => {
    const live = where.kubernetes.profile(profile);
    const prompt = l10n.t('New owner of {0}', profile);
    const person = await askPerson({ title, prompt, canCreate: true }, where);
    return [person, valueOf(await live)?.spec?.owner?.name] as const;
  });
  const wish = { profile, owner, ...(newUser === undefined ? {} : { newUser }) };
  await (
    await plans()
  ).ask({
    ...jobOf('handOver', place),
    make: (_agreed, signal) =>
      planOn(host, place, signal, async ({ cluster, aws, kubernetes }) => {
        const { facts, bindings } = await lookAtHandOver(wish, cluster, aws, kubernetes);
        return planHandOver(wish, facts, cluster, bindings);
      }),
    words: {
      question:
        former === undefined || former === owner
          ? l10n.t('Hand profile {0} over to {1}?', profile, owner)
          : l10n.t('Hand profile {0} over from {1} to {2}?', profile, former, owner),
      go: l10n.t('Hand Over'),
      done: l10n.t('Profile {0} belongs to {1}.', profile, owner),
      nothing: l10n.t('Profile {0} belongs to {1} already, in every place.', profile, owner),
    },
  });
}
