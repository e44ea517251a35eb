/** The manifest of a live Profile as a file: read from the cluster, linted as any YAML, and applied on demand. */
import { diffLines } from 'diff';
import * as vscode from 'vscode';
import { isMap, parseDocument } from 'yaml';
import type { Cluster, Profile } from '../core/observation.ts';
import { planManifest } from '../core/plan/manifest.ts';
import { unreadable } from '../core/plan/plan.ts';
import { hiddenAnnotations, manifestYaml } from '../core/profile/manifest.ts';
import type { Host } from '../host.ts';
import { Cancelled, Problem } from '../problem.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import type { Plans } from '../wizard/plans.ts';
import { placeOfUri, type ManifestPlace } from './manifestUri.ts';
import { plain } from './row.ts';

const { l10n } = vscode;
/** Lines of a change that a question shows. */
const SHOWN_LINES = 24;

/** The text of a live Profile. It holds the version that it was read at, so that an edit of a former one is noticed. */
const liveText = (profile: Profile): string =>
  manifestYaml(profile).replace(
    /^ {2}name: .*\n/m,
    (name) => `${name}  resourceVersion: "${profile.metadata.resourceVersion ?? ''}"\n`,
  );

/** What {@link editedProfile} says of a manifest that was made of a former version of the Profile. */
const STALE = 'stale';

/** What is wrong with an edited manifest, or the Profile that it makes of the one that was read. */
function editedProfile(read: Profile, text: string): Profile | string {
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
  if (edited.metadata.resourceVersion !== read.metadata.resourceVersion) return STALE;
  const metadata = Object.fromEntries(
    Object.entries(read.metadata).filter(([key]) => key !== 'annotations' && key !== 'labels'),
  ) as unknown as Profile['metadata'];
  const annotations = { ...edited.metadata.annotations, ...hiddenAnnotations(read) };
  return {
    ...read,
    apiVersion: String(edited.apiVersion),
    metadata: { ...metadata, ...(edited.metadata.labels ? { labels: edited.metadata.labels } : {}), annotations },
    ...(edited.spec ? { spec: edited.spec } : {}),
  };
}

/** The lines that change, with a mark each, without what stays. */
function changedLines(before: string, after: string): string[] {
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

/** A Profile as it was read last. `at`: milliseconds since 1970. */
interface Live {
  readonly profile: Profile;
  readonly text: string;
  readonly at: number;
}

/** Query of the URI under which the Profile is shown as the cluster holds it, whatever was edited. */
const LIVE = 'live';

/** The files, for as long as the extension runs. */
export function openManifests(
  host: Pick<Host, 'connections' | 'context'>,
  changes: Pick<vscode.EventEmitter<vscode.FileChangeEvent[]>, 'fire'>,
): ManifestFiles {
  const files = new ManifestFiles(host, changes);
  host.context.subscriptions.push(vscode.workspace.onDidCloseTextDocument(({ uri }) => files.closed(uri)));
  return files;
}

/**
 * The files of {@link MANIFEST_SCHEME}. Saving one keeps a draft: VS Code may save by itself. Only {@link apply} writes to the
 * cluster.
 */
export class ManifestFiles {
  readonly #host: Pick<Host, 'connections'>;
  readonly #changes: Pick<vscode.EventEmitter<vscode.FileChangeEvent[]>, 'fire'>;
  readonly #read = new Map<string, Live>();
  readonly #drafts = new Map<string, { readonly text: string; readonly at: number }>();

  constructor(host: Pick<Host, 'connections'>, changes: Pick<vscode.EventEmitter<vscode.FileChangeEvent[]>, 'fire'>) {
    this.#host = host;
    this.#changes = changes;
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from((this.#drafts.get(uri.toString()) ?? (await this.#load(uri))).text);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const key = uri.toString();
    const { text, at } = this.#drafts.get(key) ?? this.#read.get(key) ?? (await this.#load(uri));
    const file = { type: vscode.FileType.File, ctime: at, mtime: at, size: Buffer.byteLength(text) };
    return uri.query === LIVE ? { ...file, permissions: vscode.FilePermission.Readonly } : file;
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    this.#drafts.set(uri.toString(), { text: Buffer.from(content).toString('utf8'), at: Date.now() });
  }

  /** Its editor is closed: what was read for it is not kept. A draft is. */
  closed(uri: vscode.Uri): void {
    this.#read.delete(uri.toString());
  }

  /** Applies what the editor of a manifest holds, after a question that shows what changes. Nothing is overwritten unseen. */
  async apply(uri: vscode.Uri, plans: Pick<Plans, 'ask'>): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    const present = await this.#load(uri);
    const place = placeOfUri(uri);
    const profile = editedProfile(present.profile, document.getText());
    if (profile === STALE) return this.#stale(uri, place);
    if (typeof profile === 'string') throw new Problem(l10n.t('Not applied. {0}', profile));
    const lines = changedLines(present.text, liveText(profile));
    if (lines.length === 0) {
      void vscode.window.showInformationMessage(
        l10n.t('Profile {0} is like this already: nothing to apply.', place.profile),
      );
      return;
    }
    const done = await plans.ask({
      command: 'applyManifest',
      subject: `Profile ${place.profile}`,
      title: l10n.t('Manifest: {0} on {1}', place.profile, place.cluster),
      place,
      make: async () => {
        const { aws, cluster, kubernetes } = await this.#reach(uri);
        return { aws, kubernetes, plan: planManifest(cluster.arn, present.profile, profile) };
      },
      words: {
        question: l10n.t('Apply these changes to Profile {0} on cluster {1}?', place.profile, place.cluster),
        detail: lines.map((line) => plain(line, 200)).join('\n'),
        go: l10n.t('Apply'),
        other: { title: l10n.t('Compare'), run: () => this.#compare(uri, place) },
        done: l10n.t('Profile {0} is changed.', place.profile),
        stopped: l10n.t('Not applied'),
      },
    });
    if (!done) return;
    await document.save();
    await this.#discard(uri);
  }

  /** The Profile changed since it was opened: what there is to do about it. */
  async #stale(uri: vscode.Uri, place: ManifestPlace): Promise<void> {
    const [show, discard] = [l10n.t('Compare'), l10n.t('Discard My Changes')];
    const answer = await vscode.window.showWarningMessage(
      l10n.t('Profile {0} changed on the cluster since you opened it.', place.profile),
      {
        modal: true,
        detail: l10n.t(
          'Nothing was overwritten, and your changes are kept. Compare shows both: take over the resourceVersion and what else is new there, then apply again.',
        ),
      },
      show,
      discard,
    );
    if (answer === show) await this.#compare(uri, place);
    else if (answer === discard) await this.#discard(uri);
    else throw new Cancelled();
  }

  async #compare(uri: vscode.Uri, { profile }: ManifestPlace): Promise<void> {
    const live = uri.with({ query: LIVE });
    this.#changes.fire([{ type: vscode.FileChangeType.Changed, uri: live }]);
    await vscode.commands.executeCommand('vscode.diff', live, uri, l10n.t('{0}: on the cluster and here', profile));
  }

  /** Shows the Profile as the cluster holds it now. */
  async #discard(uri: vscode.Uri): Promise<void> {
    this.#drafts.delete(uri.toString());
    await this.#load(uri);
    this.#changes.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  /** Reads the Profile anew. The time of change is when its version was first seen. */
  async #load(uri: vscode.Uri): Promise<Live> {
    const { profile: name } = placeOfUri(uri);
    const { kubernetes } = await this.#reach(uri);
    const reading = await kubernetes.profile(name).finally(() => kubernetes.close());
    if (reading.state === 'absent') throw vscode.FileSystemError.FileNotFound(uri);
    if (reading.state !== 'found') {
      throw vscode.FileSystemError.Unavailable(unreadable(reading, l10n.t('Profile {0}', name)));
    }
    const text = liveText(reading.value);
    const known = this.#read.get(uri.toString());
    const live = { profile: reading.value, text, at: known?.text === text ? known.at : Date.now() };
    this.#read.set(uri.toString(), live);
    return live;
  }

  async #reach(uri: vscode.Uri): Promise<{
    readonly kubernetes: Kubernetes;
    readonly aws: Aws;
    readonly cluster: Cluster;
  }> {
    const { cluster: name, ...source } = placeOfUri(uri);
    const aws = await this.#host.connections.aws(source);
    const cluster = await aws.cluster(name);
    if (cluster.state !== 'found')
      throw vscode.FileSystemError.Unavailable(unreadable(cluster, l10n.t('Cluster {0}', name)));
    const kubernetes = await this.#host.connections.connect(cluster.value, aws);
    return { kubernetes, aws, cluster: cluster.value };
  }
}
