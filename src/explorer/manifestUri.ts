/** The name of the file of a live Profile: where it is, and which it is. */
import * as vscode from 'vscode';
import { MANIFEST_SCHEME } from '../ids.ts';
import { sourceOf, type Source } from '../source.ts';

const EXTENSION = '.kubeflow-profile.yaml';

export interface ManifestPlace extends Source {
  readonly cluster: string;
  readonly profile: string;
}

/** The file of a Profile. Its name is one that the YAML extension's schema of Profiles knows. */
export function manifestUri({ awsProfile, region, cluster, profile }: ManifestPlace): vscode.Uri {
  const parts = [...(awsProfile === undefined ? [] : [awsProfile]), region, cluster, `${profile}${EXTENSION}`];
  return vscode.Uri.from({ scheme: MANIFEST_SCHEME, path: `/${parts.map(encodeURIComponent).join('/')}` });
}

/** The Profile that a file of {@link MANIFEST_SCHEME} is of. */
export function placeOfUri(uri: vscode.Uri): ManifestPlace {
  const [file = '', cluster = '', region = '', awsProfile] = uri.path
    .slice(1)
    .split('/')
    .map(decodeURIComponent)
    .reverse();
  return { ...sourceOf(awsProfile, region), cluster, profile: file.slice(0, -EXTENSION.length) };
}
