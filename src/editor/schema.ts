/**
 * The schemas of the Profile and of the settings file for redhat.vscode-yaml, where that is installed: for its completion and hovers. What is wrong, our
 * lint says, so the schema carries no rules there: nothing is reported twice, and what Kubernetes' own schema reports, it still
 * does.
 */
import * as vscode from 'vscode';
import profile from '../../schemas/profile.schema.json' with { type: 'json' };
import settings from '../../schemas/settings.schema.json' with { type: 'json' };
import { isSettings } from '../core/look.ts';
import { isOnlyProfiles } from './places.ts';
import { withoutRules } from './withoutRules.ts';

/** The contributor's name, and the scheme of its URIs. */
const SCHEME = 'kubeflow-irsa-schema';
const SCHEMA_URI = `${SCHEME}:/profile.json`;
const SETTINGS_URI = `${SCHEME}:/settings.json`;

/** The part of the extension's API that is used (its src/schema-extension-api.ts). */
interface YamlExtension {
  readonly registerContributor?: (
    scheme: string,
    requestSchema: (resource: string) => string | undefined,
    requestSchemaContent: (uri: string) => string,
  ) => boolean;
}

/** Offers the schema to redhat.vscode-yaml. @returns whether it serves a document, so that nothing is suggested twice */
export async function offerSchema(): Promise<(document: vscode.TextDocument) => boolean> {
  const extension = vscode.extensions.getExtension<YamlExtension>('redhat.vscode-yaml');
  // Other documents of a mixed file must keep their own schema, so only files of Profiles get ours.
  const serves = (document: vscode.TextDocument | undefined): boolean =>
    document?.languageId === 'yaml' && isOnlyProfiles(document.getText());
  const find = (resource: string): vscode.TextDocument | undefined => {
    const wanted = vscode.Uri.parse(resource).toString();
    return vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === wanted);
  };
  const registered = (await extension?.activate())?.registerContributor?.(
    SCHEME,
    (resource) => (isSettings(resource) ? SETTINGS_URI : serves(find(resource)) ? SCHEMA_URI : undefined),
    (uri) => JSON.stringify(withoutRules(uri === SETTINGS_URI ? settings : profile)),
  );
  return (document) => registered === true && serves(document);
}
