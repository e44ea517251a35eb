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
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { bindingsOf } from '../provisioning/bindings.ts';
import { lookAtContributor, lookAtHandOver } from '../provisioning/people.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { askOwner, type OwnerFrame } from '../wizard/askOwner.ts';
import { BACK, pick, plain } from '../wizard/prompts.ts';
import type { Owner } from '../wizard/questions.ts';
import { carry } from './carry.ts';
import { onProfile } from './onCluster.ts';
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
export async function addContributor({ host }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Add Contributor');
  await onProfile(host, argument, title, async ({ cluster, aws, source, profile, kubernetes }) => {
    const prompt = l10n.t('Contributor of {0}', profile);
    const { name: user } = await askPerson({ title, prompt, canCreate: false }, { aws, kubernetes });
    const role = chosen(
      await pick<ContributorRole>({
        ...{ title, step: 1, of: 1, canGoBack: false },
        placeholder: l10n.t('What may {0} do in {1}?', user, profile),
        load: async (show) => show(CONTRIBUTOR_ROLES.map((id) => ({ label: id, description: WORDS[id](), value: id }))),
      }),
    );
    const about = { name: bindingName(user, role), user };
    const facts = await lookAtContributor(profile, about, cluster, aws, kubernetes);
    const plan = planContributor({ profile, user, role }, facts, cluster);
    await carry(
      host,
      'addContributor',
      plan,
      { cluster, aws, source, kubernetes },
      {
        question: l10n.t('Add {0} to profile {1} ({2})?', user, profile, role),
        go: l10n.t('Add Contributor'),
        done: l10n.t('{0} contributes to profile {1}.', user, profile),
        nothing: l10n.t('{0} contributes to profile {1} already.', user, profile),
      },
    );
  });
}

/** Takes somebody out of a profile. */
export async function removeContributor({ host }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Remove Contributor');
  await onProfile(host, argument, title, async ({ cluster, aws, source, profile, kubernetes }) => {
    const bindings = await bindingsOf(kubernetes, profile);
    if (bindings.state !== 'found')
      throw new Problem(unreadable(bindings, l10n.t('The list of contributors of {0}', profile)));
    const all = contributorsOf(bindings.value);
    const { contributor } = (argument ?? {}) as { contributor?: unknown };
    const given = all.filter(({ name }) => name === contributor);
    const [one] = given.length > 0 ? given : [await askContributor(title, profile, all)];
    if (one === undefined) return;
    const { user, name } = one;
    const facts = await lookAtContributor(profile, { name, user }, cluster, aws, kubernetes);
    const plan = planContributorGone({ profile, user, name }, facts, cluster);
    await carry(
      host,
      'removeContributor',
      plan,
      { cluster, aws, source, kubernetes },
      {
        question: l10n.t('Remove {0} from profile {1}?', user, profile),
        go: l10n.t('Remove Contributor'),
        done: l10n.t('{0} no longer contributes to profile {1}.', user, profile),
        nothing: l10n.t('{0} does not contribute to profile {1}.', user, profile),
      },
    );
  });
}

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
export async function handOver({ host }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Hand Over');
  await onProfile(host, argument, title, async ({ cluster, aws, source, profile, kubernetes }) => {
    const prompt = l10n.t('New owner of {0}', profile);
    const { name: owner, newUser } = await askPerson({ title, prompt, canCreate: true }, { aws, kubernetes });
    const wish = { profile, owner, ...(newUser === undefined ? {} : { newUser }) };
    const { facts, bindings } = await lookAtHandOver(wish, cluster, aws, kubernetes);
    const live = valueOf(facts.get({ kind: 'k8s/profile', at: cluster.arn, key: profile }));
    const former = live?.spec?.owner?.name;
    const plan = planHandOver(wish, facts, cluster, bindings);
    await carry(
      host,
      'handOver',
      plan,
      { cluster, aws, source, kubernetes },
      {
        question:
          former === undefined || former === owner
            ? l10n.t('Hand profile {0} over to {1}?', profile, owner)
            : l10n.t('Hand profile {0} over from {1} to {2}?', profile, former, owner),
        go: l10n.t('Hand Over'),
        done: l10n.t('Profile {0} belongs to {1}.', profile, owner),
        nothing: l10n.t('Profile {0} belongs to {1} already, in every place.', profile, owner),
      },
    );
  });
}
