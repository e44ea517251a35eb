/** Kubernetes objects as files: what all targets inside a cluster share. */
import type { Kind } from '../core/kinds.ts';
import type { Json } from '../core/records.ts';
import { spoken } from '../core/text.ts';
import { APPLIED, manifestOf } from './manifests.ts';
import { lastingName, namesFor, OBJECT_NAME, type Shape } from './names.ts';
import { ofKind, type Exported, type OutputFile } from './things.ts';
import { yamlOf } from './yaml.ts';

/** An object as it is applied. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
}

/**
 * Objects as a file.
 *
 * @param head lines of a comment; text from outside stays one line
 */
export const yamlText = (objects: readonly object[], head: readonly string[] = []): string =>
  [
    head.map((line) => `# ${spoken(line)}`.trimEnd() + '\n').join(''),
    objects.map((object) => yamlOf(object as Json)).join('---\n'),
  ].join('');

export const yamlFile = (path: string, objects: readonly object[], head: readonly string[] = []): OutputFile => ({
  path,
  text: yamlText(objects, head),
});

/** A kustomization of these files and folders. */
export const kustomization = (
  folder: string,
  resources: readonly string[],
  more: object = {},
  head: readonly string[] = [],
): OutputFile =>
  yamlFile(
    `${folder}/kustomization.yaml`,
    [{ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...more, resources }],
    head,
  );

/** Folder names: what EKS takes as the name of a cluster, and more where two clusters have the same. */
const FOLDER: Shape = { not: /[^A-Za-z0-9_-]+/g, by: '-', first: /^[A-Za-z0-9]/, begin: 'x', longest: 120 };

/** A folder for each cluster: its name, or with region and account where two have the same. */
export function foldersOf(all: readonly Exported[]): readonly string[] {
  const times = (name: string): number =>
    all.filter(({ cluster }) => cluster.name.toLowerCase() === name.toLowerCase()).length;
  const keys = all.map(({ cluster: { name, region, account } }) =>
    times(name) === 1 ? name : `${name}-${region}-${account}`,
  );
  const names = namesFor(keys, FOLDER);
  return keys.map((key) => names.get(key) ?? key);
}

/** The Kubernetes objects of a cluster, by the profile that they belong to: the Profile first, as it makes the namespace of the others. */
export function profileObjects({ things }: Exported): ReadonlyMap<string, readonly KubeObject[]> {
  const groups = new Map<string, KubeObject[]>();
  for (const thing of APPLIED.flatMap((kind) => ofKind(things, kind as Kind))) {
    const object = manifestOf(thing) as KubeObject | undefined;
    if (object === undefined) continue;
    const profile = object.metadata.namespace ?? object.metadata.name;
    const group = groups.get(profile);
    if (group === undefined) groups.set(profile, [object]);
    else group.push(object);
  }
  return groups;
}

/**
 * The name of an object, and of the file that it is in. It depends on its key alone: an engine that finds an object under another name
 * takes the one before for deleted, and deletes its role.
 */
export const objectName = (key: string): string => lastingName(key, OBJECT_NAME);

/** Tags that one can set: those of AWS's own services stay by themselves. */
export const ownTags = (tags: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] =>
  Object.entries(tags).filter(([key]) => !/^aws:/i.test(key));

/** What to do so that ConfigMaps find their namespace, in files that are applied by hand. */
export const TWICE =
  'The first time, ConfigMaps wait for the namespace that the profile controller makes of a Profile: apply the folder again after a few seconds.';

/** The Kubernetes objects of a cluster below `kubernetes`, a file a profile, for targets that keep AWS alone. */
export function profileFiles(exported: Exported, folder: string): readonly OutputFile[] {
  const profiles = profileObjects(exported);
  return [...profiles].map(([profile, objects]) =>
    yamlFile(`${folder}/kubernetes/${objectName(profile)}.yaml`, objects),
  );
}
