/** "Create IRSA Profile" and "Repair" as a job: the answers of the wizard, and what can be agreed to on the way. */
import * as vscode from 'vscode';
import { actionOf } from '../core/kinds.ts';
import { afterClick, blockers, changeOf, CONSENTS, type Consent, type Plan } from '../core/plan/plan.ts';
import { planProfile } from '../core/plan/profile.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import type { Request } from '../core/request.ts';
import type { Host } from '../host.ts';
import type { CommandName } from '../ids.ts';
import { lookAt } from '../provisioning/look.ts';
import { sourceOf } from '../source.ts';
import { ask } from './ask.ts';
import { askMore, type Edited } from './askEdit.ts';
import type { Choice, Job } from './job.ts';
import { again, askingRole, known, requestOf, type Wizard } from './questions.ts';

const { l10n } = vscode;

/** The job that the answers of a wizard make. `title`: of its questions, where they are asked again. */
export function profileJob(host: Host, command: CommandName, wizard: Wizard, title: string, more?: Edited): Job {
  const answered = requestOf(wizard);
  if (answered === undefined) throw new Error('A question was left out.');
  // Further choices are none of those that were asked for.
  const wanted: Request = { ...more?.edit, ...answered };
  const { awsProfile, region = '' } = known(wizard).cluster ?? {};
  const source = sourceOf(awsProfile, region);
  const { cluster, profile, bucket } = wanted;
  return {
    command,
    subject: `Profile ${profile}`,
    title: l10n.t('Plan: {0} on {1}', profile, cluster),
    place: { ...source, cluster, profile, bucket },
    make: async (agreed, signal) => {
      const request = Object.assign({}, wanted, ...consents(agreed).map((one) => CONSENTS[one])) as Request;
      const aws = await host.connections.aws(source);
      const store = (await host.connections.facts()).of(source);
      const { facts, kubernetes } = await lookAt(request, aws, host.connections.connect, signal, store);
      return { plan: planProfile(request, facts), aws, ...(kubernetes === undefined ? {} : { kubernetes }) };
    },
    choices: (plan, agreed) => choicesOf(wanted, plan, consents(agreed)),
    change: {
      title: (plan) => (needsRole(plan) ? l10n.t('Choose another role name') : undefined),
      // From the last question on, with the answers as they were. Where the role is what stops the plan, its name is the last one.
      ask: async (plan) => {
        const answered = await ask(needsRole(plan) ? askingRole(wizard) : again(wizard), title, host.connections);
        return profileJob(host, command, answered, title, more);
      },
      more: async () => {
        const editing = {
          place: { ...source, cluster, profile },
          live: {},
          connections: host.connections,
          around: () => Promise.reject(new Error('People are not asked for here.')),
        };
        return profileJob(host, command, wizard, title, await askMore(editing, title, more));
      },
    },
  };
}

/** What is agreed to, of what a profile's plan knows. */
export const consents = (agreed: readonly string[]): readonly Consent[] =>
  agreed.filter((one): one is Consent => Object.hasOwn(CONSENTS, one));

/** Whether the role is what stops the plan: somebody else's, or one that may not be looked at. Another name may do. */
const needsRole = (plan: Plan): boolean => blockers(plan).some(({ id }) => id === 'role');

/** What agreeing is called, and what taking it back is. */
const consentTitle = (consent: Consent, { owner, bucket, region }: Request): string =>
  ({
    adoptNamespace: l10n.t('Give the namespace to {0}', owner.replace(/\$\(/g, '')),
    createBucket: l10n.t('Create bucket {0} in {1}', bucket, region),
    leaveArtifacts: l10n.t('Leave artifacts where they go now'),
    grantController: l10n.t('Let the profile controller edit this role'),
    leaveTrust: l10n.t('Leave the trust policy to the profile controller'),
    manageTrust: l10n.t('Manage the trust policy here'),
  })[consent];

/** Where the plan is blocked what makes it go on, else what it may do otherwise. */
export function choicesOf(request: Request, plan: Plan, agreed: readonly Consent[]): readonly Choice[] {
  const click = (consent: Consent, icon: string, title = consentTitle(consent, request)): Choice => ({
    id: consent,
    title: `$(${icon}) ${title}`,
    agreed: afterClick(agreed, consent),
  });
  /** One click leaves the trust policy to Kubeflow's profile controller, or takes it back. */
  const trust = (): readonly Choice[] => {
    const profile = changeOf(plan, 'k8s/profile')?.after;
    if (profile === undefined) return [];
    return [click(irsaPlugin(profile)?.annotateOnly === false ? 'manageTrust' : 'leaveTrust', 'key')];
  };
  const stopped = blockers(plan);
  if (stopped.length > 0)
    return [
      // What tools manage is agreed to at the door for all plans.
      ...consents(stopped.flatMap(({ consent }) => consent ?? [])).map((consent) => click(consent, 'check')),
      ...(stopped.some(({ id }) => id === 'profile-controller') ? trust() : []),
    ];
  // One click leaves alone where artifacts go, or sets it after all.
  const sets = plan.changes.some((change) => change.ref.kind === 'k8s/config-map' && actionOf(change) !== 'keep');
  const artifacts = agreed.includes('leaveArtifacts')
    ? [click('leaveArtifacts', 'output', l10n.t('Set where artifacts go'))]
    : sets
      ? [click('leaveArtifacts', 'circle-slash')]
      : [];
  return [...artifacts, ...trust()];
}
