import type * as vscode from 'vscode';
import type { Consent } from '../core/plan/plan.ts';
import type { Host } from '../host.ts';
import type { CommandName } from '../ids.ts';
import { createDocuments } from '../wizard/documents.ts';
import { createPlans } from '../wizard/plans.ts';
import { associateProvider } from './associateProvider.ts';
import { copyClusterArn, copyName, copyRoleArn } from './copy.ts';
import { changeAnswers, createProfile } from './createProfile.ts';
import { openInConsole } from './openInConsole.ts';
import { openManifest } from './openManifest.ts';
import { selectAwsProfiles, selectRegions } from './select.ts';
import { signIn } from './signIn.ts';
import { verifyProfile } from './verifyProfile.ts';

/** The commands that need more than the entry holds. Loaded when the first of them is used. */
export function createCommands(host: Host) {
  const documents = createDocuments();
  const plans = createPlans(host, documents);
  host.context.subscriptions.push(documents, plans);
  return {
    createProfile: (place?: unknown) => createProfile(host, plans, place),
    changeAnswers: (uri?: vscode.Uri) => changeAnswers(host, plans, uri),
    verifyProfile: (place?: unknown) => verifyProfile(host, documents, place),
    applyPlan: (uri?: vscode.Uri) => plans.apply(uri),
    planAgain: (uri?: vscode.Uri, agreed?: Consent) => plans.again(uri, agreed),
    discardPlan: (uri?: vscode.Uri) => plans.discard(uri),
    compareStep: (uri: vscode.Uri, step: string) => plans.compare(uri, step),
    selectAwsProfiles: () => selectAwsProfiles(host),
    selectRegions: () => selectRegions(host),
    signIn: (place?: unknown) => signIn(host, place),
    associateProvider: (place?: unknown) => associateProvider(host, place),
    openManifest: (place?: unknown) => openManifest(host, place),
    openInConsole: (place?: unknown) => openInConsole(host, place),
    copyName: (place?: unknown) => copyName(host, place),
    copyClusterArn: (place?: unknown) => copyClusterArn(host, place),
    copyRoleArn: (place?: unknown) => copyRoleArn(host, place),
  } satisfies Partial<Record<CommandName, unknown>>;
}
