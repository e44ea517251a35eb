/** The manifest of a live Profile as a file: read from the cluster, linted as any YAML, and applied when it is saved. */
import { diffLines } from 'diff';
import * as vscode from 'vscode';
import { isMap, parseDocument } from 'yaml';
import type { Profile } from '../core/observation.ts';
import { unreadable } from '../core/plan/plan.ts';
import { manifestYaml } from '../core/profile/manifest.ts';
import type { Host } from '../host.ts';
import { MANIFEST_SCHEME } from '../ids.ts';
import { OutsideError, type Kubernetes } from '../provisioning/ports.ts';
import { plain } from './rows.ts';

const { l10n } = vscode;
/** Annotation of `kubectl apply`: not shown, and kept. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Lines of a change that a question shows. */
const SHOWN_LINES = 24;

export interface ManifestPlace {
  readonly region: string;
  readonly cluster: string;
  readonly profile: string;
}

/** The file of a Profile. Its name is one that the YAML extension's schema of Profiles knows. */
export const manifestUri = ({ region, cluster, profile }: ManifestPlace): vscode.Uri =>
  vscode.Uri.from({
    scheme: MANIFEST_SCHEME,
    path: `/${[region, cluster, `${profile}.kubeflow-profile.yaml`].map(encodeURIComponent).join('/')}`,
  });

export function placeOfUri(uri: vscode.Uri): ManifestPlace {
  const [region = '', cluster = '', file = ''] = uri.path.slice(1).split('/').map(decodeURIComponent);
  return { region, cluster, profile: file.replace(/\.kubeflow-profile\.yaml$/, '') };
}

/** What is wrong with an edited manifest, or the Profile that it makes of the one that was read. */
export function editedProfile(read: Profile, text: string): Profile | string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) return error.message.split('\n')[0] ?? error.message;
  if (!isMap(document.contents)) return l10n.t('The file holds no Profile.');
  const edited = document.toJS() as Partial<Profile>;
  if (edited.kind !== 'Profile' || !String(edited.apiVersion).startsWith('kubeflow.org/')) {
    return l10n.t('The file must stay one Profile of kubeflow.org.');
  }
  if (edited.metadata?.name !== read.metadata.name) {
    return l10n.t('The name of a Profile cannot be changed: it is {0}.', read.metadata.name);
  }
  const kept = read.metadata.annotations?.[LAST_APPLIED];
  const metadata = Object.fromEntries(
    Object.entries(read.metadata).filter(([key]) => key !== 'annotations' && key !== 'labels'),
  ) as unknown as Profile['metadata'];
  const annotations = { ...edited.metadata.annotations, ...(kept === undefined ? {} : { [LAST_APPLIED]: kept }) };
  return {
    ...read,
    apiVersion: String(edited.apiVersion),
    metadata: { ...metadata, ...(edited.metadata.labels ? { labels: edited.metadata.labels } : {}), annotations },
    ...(edited.spec ? { spec: edited.spec } : {}),
  };
}

/** The lines that change, with a mark each, without what stays. */
export function changedLines(before: string, after: string): string[] {
  const lines = diffLines(before, after).flatMap(({ added, removed, value }) =>
    added || removed
      ? value
          .replace(/\n$/, '')
          .split('\n')
          .map((line) => `${added ? '+' : '-'} ${line}`)
      : [],
  );
  const more = lines.length - SHOWN_LINES;
  return more > 0 ? [...lines.slice(0, SHOWN_LINES), l10n.t('… and {0} more lines', more)] : lines;
}

/** Reads and writes the files of {@link MANIFEST_SCHEME}. */
export class ManifestFiles {
  readonly #host: Pick<Host, 'connections' | 'log'>;
  /** What was read last: what an edit is compared with, and applied to. */
  readonly #read = new Map<string, { readonly profile: Profile; readonly text: string; readonly at: number }>();

  constructor(host: Pick<Host, 'connections' | 'log'>) {
    this.#host = host;
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from(await this.#load(uri));
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const known = this.#read.get(uri.toString());
    const size = Buffer.byteLength(known?.text ?? (await this.#load(uri)));
    const at = this.#read.get(uri.toString())?.at ?? 0;
    return { type: vscode.FileType.File, ctime: at, mtime: at, size };
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const known = this.#read.get(uri.toString());
    if (known === undefined) throw vscode.FileSystemError.Unavailable(l10n.t('The Profile was not read yet.'));
    const text = Buffer.from(content).toString('utf8');
    const profile = editedProfile(known.profile, text);
    if (typeof profile === 'string') throw vscode.FileSystemError.Unavailable(l10n.t('Not applied. {0}', profile));
    const before = known.text;
    const lines = changedLines(before, manifestYaml(profile));
    const place = placeOfUri(uri);
    if (lines.length > 0) {
      const apply = l10n.t('Apply');
      const answer = await vscode.window.showWarningMessage(
        l10n.t('Apply these changes to Profile {0} on cluster {1}?', place.profile, place.cluster),
        { modal: true, detail: lines.map((line) => plain(line, 200)).join('\n') },
        apply,
      );
      if (answer !== apply)
        throw vscode.FileSystemError.Unavailable(l10n.t('Not applied: you cancelled. The file keeps your changes.'));
      await this.#use(uri, async (kubernetes) => kubernetes.replaceProfile(profile)).catch((error: unknown) => {
        if (!(error instanceof OutsideError && error.code === 'Conflict')) throw error;
        throw vscode.FileSystemError.Unavailable(
          l10n.t(
            'Not applied: Profile {0} changed on the cluster since you opened it. Nothing was overwritten, and the file keeps your changes. Copy them, revert the file to see the present Profile, and put them in again.',
            place.profile,
          ),
        );
      });
      this.#host.log.info(`Profile ${place.profile} on ${place.cluster} was changed by hand.`);
    }
    await this.#load(uri, lines.length > 0 ? text : undefined);
  }

  /** Reads the Profile anew; `own`: the text that was just applied, which stays as it is written. */
  async #load(uri: vscode.Uri, own?: string): Promise<string> {
    const { profile: name } = placeOfUri(uri);
    const reading = await this.#use(uri, (kubernetes) => kubernetes.profile(name));
    if (reading.state === 'absent') throw vscode.FileSystemError.FileNotFound(uri);
    if (reading.state !== 'found')
      throw vscode.FileSystemError.Unavailable(unreadable(reading, l10n.t('Profile {0}', name)));
    const text = manifestYaml(reading.value);
    this.#read.set(uri.toString(), { profile: reading.value, text, at: Date.now() });
    return own ?? text;
  }

  async #use<T>(uri: vscode.Uri, use: (kubernetes: Kubernetes) => Promise<T>): Promise<T> {
    const { region, cluster: name } = placeOfUri(uri);
    const aws = await this.#host.connections.aws(region);
    const cluster = await aws.cluster(name);
    if (cluster.state !== 'found')
      throw vscode.FileSystemError.Unavailable(unreadable(cluster, l10n.t('Cluster {0}', name)));
    const kubernetes = await this.#host.connections.connect(cluster.value, aws);
    try {
      return await use(kubernetes);
    } finally {
      kubernetes.close();
    }
  }
}
