import * as vscode from 'vscode';
import { messageOf, spoken } from '../core/text.ts';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { pick, plain } from '../wizard/prompts.ts';
import { placeOf } from './place.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Signs in with IAM Identity Center, in the browser. Other kinds of credentials are renewed where they come from. */
export async function signIn({ host }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const started = typeof argument === 'object' && argument !== null;
  const awsProfile = started ? placeOf(argument).awsProfile : await askProfile(host);
  const name = awsProfile ?? l10n.t('default chain');
  const stop = new AbortController();
  const signedIn = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: spoken(l10n.t('Signing in: AWS profile {0}', name)),
      cancellable: true,
    },
    (progress, token) => {
      token.onCancellationRequested(() => stop.abort(new Cancelled()));
      return host.connections.signIn(
        awsProfile,
        ({ url, code }) => {
          const message = l10n.t('allow the access in your browser if it shows the code {0}: {1}', code, url);
          progress.report({ message: spoken(message) });
          // Who copies the address instead goes on elsewhere.
          vscode.env
            .openExternal(vscode.Uri.parse(url, true))
            .then(undefined, (error: unknown) => host.log.warn(`The browser was not opened: ${messageOf(error)}`));
        },
        stop.signal,
      );
    },
  );
  if (signedIn) {
    host.log.info(`AWS profile ${name} was signed in with IAM Identity Center.`);
    return;
  }
  throw new Problem(
    l10n.t(
      'There is no sign-in for AWS profile {0}: it does not use IAM Identity Center. If its credentials have expired, renew them where they come from; what changes in ~/.aws is noticed.',
      name,
    ),
    [
      { title: l10n.t('Select AWS Profiles'), command: commandId('selectAwsProfiles') },
      { title: l10n.t('Read Again'), command: commandId('refresh') },
    ],
  );
}

/** Which of the chosen AWS profiles, where there are several; undefined: the default provider chain. */
async function askProfile({ connections }: Host): Promise<string | undefined> {
  const chosen = connections.awsProfiles();
  if (chosen.length === 1) return chosen[0];
  const answer = await pick<string>({
    title: l10n.t('Sign In'),
    step: 1,
    of: 1,
    canGoBack: false,
    placeholder: l10n.t('AWS profile'),
    load: async (show) =>
      show(chosen.map((name) => ({ label: plain(name ?? l10n.t('default chain')), value: name ?? '' }))),
  });
  return typeof answer === 'string' && answer !== '' ? answer : undefined;
}
