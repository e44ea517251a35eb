import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { spoken } from '../core/text.ts';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { profileProofs, type Target } from '../core/plan/proof.ts';
import { findTarget } from '../provisioning/lookTarget.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { prove as tryOut } from '../provisioning/prove.ts';
import type { Verification } from '../provisioning/prove/trial.ts';
import { sleep } from '../provisioning/wait.ts';
import { sourceId } from '../source.ts';
import { ask } from '../wizard/ask.ts';
import { documentUri } from '../wizard/documents.ts';
import { reached } from '../wizard/reached.ts';
import { known, start, type Wizard } from '../wizard/questions.ts';
import { proofText, verificationText } from '../wizard/result.ts';
import { placeOf } from './place.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Proves by doing that a profile's service account can use its bucket, and its neighbour cannot use its role. */
export async function verifyProfile({ host, documents }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = placeOf(argument);
  const title = l10n.t('Verify Profile');
  const wizard = await ask(start(place, ['cluster', 'profile']), title, host.connections);
  const { cluster: at, profile } = known(wizard);
  if (at === undefined || profile === undefined) throw new Error('A question was left out.');
  const { name: cluster, ...source } = at;
  const here = { ...source, cluster, profile };
  const run = await prove(host, wizard).catch(async (error: unknown) => {
    if (!(error instanceof OutsideError)) throw error;
    if (error.code === 'NoBucket') {
      const asked = await ask(start(here, ['cluster', 'profile', 'bucket', 'access']), title, host.connections);
      return prove(host, asked);
    }
    if (error.code !== 'NoRole' && error.code !== 'absent') throw error;
    const create = { title: l10n.t('Create IRSA Profile…'), command: commandId('createProfile'), args: [here] };
    throw new Problem(error.message, [create]);
  });
  const { target, verification } = run;
  host.log.info(`Verify ${target.profile} on ${cluster}: ${verification.outcome}`);
  host.log.info(proofText(verification));
  if (verification.outcome === 'cancelled') throw new Cancelled();
  host.tried.fire({ ...here, outcome: verification.outcome });
  reached('proven');
  const uri = documentUri(l10n.t('Proof: {0} on {1}', profile, cluster), sourceId(source));
  const again = {
    title: `$(verified) ${l10n.t('Verify again')}`,
    command: commandId('verifyProfile'),
    args: [here],
  };
  await (await documents()).show(uri, verificationText(cluster, source.region, target, verification), [again]);
  void host.attempt('verifyProfile', () => tell(target, verification));
}

/** The proofs are in the document; the message says how it went, and when it did not, why. */
async function tell(target: Target, verification: Verification): Promise<void> {
  const failed = verification.proofs.find(({ ok }) => ok === false);
  if (failed !== undefined) {
    await vscode.window.showErrorMessage(
      spoken(l10n.t('Profile {0} is not verified. {1}', target.profile, failed.text)),
    );
  } else if (verification.outcome === 'verified') {
    await vscode.window.showInformationMessage(spoken(l10n.t('Profile {0} is verified.', target.profile)));
  } else {
    await vscode.window.showInformationMessage(
      spoken(l10n.t('Profile {0} was checked. No object was touched, so this is no proof.', target.profile)),
    );
  }
}

interface Run {
  readonly target: Target;
  readonly verification: Verification;
}

/** Finds what the profile really uses and tries it. The probe is an object of its own, which is deleted again. */
async function prove(host: Host, wizard: Wizard): Promise<Run> {
  const { cluster, profile, bucket, access } = known(wizard);
  if (cluster === undefined || profile === undefined) throw new Error('A question was left out.');
  const aws = await host.connections.aws(cluster);
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: spoken(l10n.t('Verifying profile {0} on {1}', profile, cluster.name)),
      cancellable: true,
    },
    async (progress, token) => {
      const stop = new AbortController();
      const cancelled = new Promise<never>((_resolve, reject) =>
        token.onCancellationRequested(() => {
          stop.abort();
          reject(new Cancelled());
        }),
      );
      const proving = (async (): Promise<Run> => {
        const wanted = { cluster: cluster.name, profile };
        const { target, kubernetes } = await findTarget(
          { ...wanted, ...(bucket === undefined ? {} : { bucket }), ...(access === undefined ? {} : { access }) },
          aws,
          host.connections.connect,
        );
        try {
          progress.report({ message: spoken(l10n.t('trying role and bucket {0}', target.bucket)) });
          const outside = { aws, kubernetes, unique: randomUUID, sleep, signal: stop.signal };
          const verification = await tryOut(profileProofs(target), outside, { touch: true, settled: true });
          return { target, verification };
        } finally {
          kubernetes.close();
        }
      })();
      return Promise.race([proving, cancelled]);
    },
  );
}
