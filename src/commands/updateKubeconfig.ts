import * as vscode from 'vscode';
import { aliasProblem } from '../core/arn/names.ts';
import { OWN_COMMAND } from '../core/kubeconfig/entries.ts';
import { planKubeconfig, type KubeconfigWish } from '../core/plan/kubeconfig.ts';
import { blockers } from '../core/plan/plan.ts';
import type { Host } from '../host.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled } from '../problem.ts';
import { isOnPath, lookAtKubeconfigs } from '../provisioning/kubeconfigDriver.ts';
import { toggle, type Job, type Place } from '../wizard/job.ts';
import { BACK, input } from '../wizard/prompts.ts';
import { clusterOf } from '../wizard/reach.ts';
import { askPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** What can be agreed to. */
const SWITCH = 'switch';
const OWN_TOKEN = 'ownToken';
const FOLLOW = 'follow';

/** Puts a cluster into the kubeconfig, as `aws eks update-kubeconfig` does, and touches nothing else of it. */
export async function updateKubeconfig({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = await askPlace(host, argument, l10n.t('Update Kubeconfig'));
  await (await plans()).review(jobOf(host, place, undefined, []));
}

/** `alias`: the name of the context; undefined: the cluster's ARN. `first`: what is agreed to at first. */
function jobOf(host: Host, place: Place, alias: string | undefined, first: readonly string[]): Job {
  let agreedNow = first;
  /** Where the kubeconfig is a link, the file that it leads to. */
  let targets: readonly string[] = [];
  return {
    command: 'updateKubeconfig',
    subject: l10n.t('Kubeconfig'),
    title: l10n.t('Plan: kubeconfig for {0}', place.cluster),
    place,
    agreed: first,
    make: async (agreed) => {
      agreedNow = agreed;
      const { cluster, aws } = await clusterOf(host, place);
      const awsProfile = place.awsProfile ?? process.env['AWS_PROFILE'];
      const wish: KubeconfigWish = {
        ...(alias === undefined ? {} : { alias }),
        ...(awsProfile === undefined || awsProfile === '' ? {} : { awsProfile }),
        ...(agreed.includes(OWN_TOKEN) ? { ownToken: [OWN_COMMAND] } : {}),
        switch: agreed.includes(SWITCH),
      };
      const paths = await host.connections.kubeconfigs();
      const found = await lookAtKubeconfigs(paths, cluster.arn);
      targets = found.flatMap(({ target }) => target ?? []);
      const files = agreed.includes(FOLLOW)
        ? await lookAtKubeconfigs(
            found.map(({ path, target }) => target ?? path),
            cluster.arn,
          )
        : found;
      const hasCommand = await isOnPath(wish.ownToken?.[0] ?? 'aws');
      return { aws, plan: planKubeconfig(wish, cluster, { files, hasCommand }) };
    },
    choices: (plan, agreed) => {
      const [target] = targets;
      const follow = blockers(plan).some(({ id }) => id === 'kubeconfig') && target !== undefined;
      return [
        ...(follow
          ? [{ id: FOLLOW, title: `$(link) ${l10n.t('Change {0}', target)}`, agreed: [...agreed, FOLLOW] }]
          : []),
        toggle(
          agreed,
          SWITCH,
          `$(arrow-swap) ${l10n.t('Make it the current context')}`,
          `$(arrow-swap) ${l10n.t('Leave the current context')}`,
        ),
        toggle(
          agreed,
          OWN_TOKEN,
          `$(key) ${l10n.t('Sign in without the AWS CLI')}`,
          `$(key) ${l10n.t('Sign in with the AWS CLI')}`,
        ),
      ];
    },
    change: {
      title: () => l10n.t('Name the context'),
      ask: async () => {
        const wrong = (text: string) => {
          const problem = text === '' ? undefined : aliasProblem(text);
          return problem === undefined ? undefined : ({ severity: 'error', message: problem } as const);
        };
        const answer = await input({
          ...{ title: l10n.t('Update Kubeconfig'), step: 1, of: 1, canGoBack: false },
          prompt: l10n.t('Name of the context. Empty: the ARN of the cluster, as the AWS CLI names it.'),
          placeholder: place.cluster,
          value: alias ?? place.cluster,
          check: wrong,
        });
        if (answer === BACK) throw new Cancelled();
        return jobOf(host, place, answer === '' ? undefined : answer, agreedNow);
      },
    },
    words: {
      done: l10n.t('Cluster {0} is in your kubeconfig.', place.cluster),
      stopped: l10n.t('The kubeconfig is as it was.'),
      nothing: l10n.t('Cluster {0} is in your kubeconfig already.', place.cluster),
    },
  };
}
