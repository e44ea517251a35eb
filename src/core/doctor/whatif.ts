/** What if these files were applied? What they declare is laid over what was read, and judged like it. Pure: nothing is applied. */
import { ROLE_ARN } from '../arn/arn.ts';
import { get, textOf, type DocNode } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import { isTemplate } from '../document/template.ts';
import { isTerraform } from '../look.ts';
import type { FailureModeId } from '../modes/ids.ts';
import { failureMode } from '../modes/table.ts';
import { roleArnOf, type ListedProfile, type ProfileView } from '../modes/view.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { toJson } from '../policy/model.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { profileOf, record, text, texts } from '../profile/shape.ts';
import { absent, found, valueOf } from '../reading.ts';
import { resourcesOf } from '../resources.ts';
import { findingsOf, type DoctorReport } from './report.ts';

/** A file with what it is called. */
export interface WhatIfFile {
  readonly path: string;
  readonly text: string;
}

/** A thing of a file that is laid over what is live, or that cannot be. */
export interface Laid {
  readonly file: string;
  /** In words: "Profile team-a". */
  readonly what: string;
  /** Why it is not laid over anything; absent: it is. */
  readonly why?: string;
}

/** A role as files have it. */
interface RoleSaid {
  trust?: string;
  readonly permissions: { readonly name: string; readonly text: string }[];
}

/** All that files say. */
export interface Overlay {
  readonly laid: readonly Laid[];
  readonly profiles: ReadonlyMap<string, ListedProfile>;
  /** Annotations of `default-editor`, by namespace. */
  readonly editors: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Data of ConfigMaps, by `<namespace>/<name>`. */
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Roles by name; '' is the role of the one profile that is asked for. */
  readonly roles: ReadonlyMap<string, RoleSaid>;
}

/** ConfigMaps that are judged. */
const CONFIG_MAPS: Readonly<Record<string, 'launcher' | 'repositories'>> = {
  'kfp-launcher': 'launcher',
  'artifact-repositories': 'repositories',
};
/** A Profile of a file is as if it had been there for long: what the controller makes of it is judged, not that it has to wait. */
const LONG_AGO = '2000-01-01T00:00:00Z';
const HIDDEN = 'part of it is filled in later, so that it is not known what it will be';

/**
 * Reads what files say. Never throws.
 *
 * @param profile the one that is asked for: policies that name no role are then those of its role
 */
export function overlayOf(files: readonly WhatIfFile[], profile?: string): Overlay {
  const laid: Laid[] = [];
  const profiles = new Map<string, ListedProfile>();
  const editors = new Map<string, Readonly<Record<string, string>>>();
  const configMaps = new Map<string, Readonly<Record<string, string>>>();
  const roles = new Map<string, RoleSaid>();
  const roleOf = (name: string): RoleSaid => {
    const known = roles.get(name) ?? { permissions: [] };
    roles.set(name, known);
    return known;
  };
  for (const { path: file, text: content } of files) {
    const lay = (what: string, why?: string): void =>
      void laid.push({ file, what, ...(why === undefined ? {} : { why }) });
    const before = laid.length;
    if (isTerraform(file)) {
      lay('the file', 'it is Terraform: what it makes, only a plan of Terraform says');
      continue;
    }
    if (isTemplate(content)) {
      lay('the file', 'it is a template: render it first');
      continue;
    }
    const { documents, errors } = parse(content, /\.json$/i.test(file) ? 'json' : undefined);
    const [error] = errors;
    if (error !== undefined) lay('the file', `it cannot be read: ${error.message}`);
    for (const thing of documents.flatMap(({ root }) => (root === undefined ? [] : resourcesOf(root, file)))) {
      if (!('partial' in thing) && thing.kind !== 'trust' && thing.kind !== 'permissions') continue;
      if (!('partial' in thing)) {
        const name = thing.role === undefined ? '' : (textOf(thing.role) ?? '');
        const what = `${thing.kind === 'trust' ? 'trust policy' : 'permission policy'} of ${name === '' ? `the role of ${profile ?? 'a profile'}` : `role ${name}`}`;
        const policy = policyText(thing.root);
        if (thing.role === undefined && profile === undefined)
          lay(what, 'it does not say of which role it is: name the profile');
        else if (thing.role !== undefined && name === '') lay(what, HIDDEN);
        else if (policy === undefined) lay(what, HIDDEN);
        else if (thing.managed === true)
          lay(what, 'it is a managed policy: to which roles it is attached is not known');
        else {
          if (thing.kind === 'trust') roleOf(name).trust = policy;
          else roleOf(name).permissions.push({ name: file, text: policy });
          lay(what);
        }
        continue;
      }
      const data = toJson(thing.root);
      const { name = '', namespace = '' } = nameIn(thing.root);
      const kind = { profile: 'Profile', serviceAccount: 'ServiceAccount', configMap: 'ConfigMap' }[thing.kind];
      const what = `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
      if (thing.partial) lay(what, 'it is a patch, or not all of it: build it first');
      else if (data === undefined || name === '') lay(what, HIDDEN);
      else if (thing.kind === 'profile') {
        profiles.set(name, listedOf(data));
        lay(what);
      } else if (namespace === '') lay(what, 'it names no namespace');
      else if (thing.kind === 'serviceAccount') {
        if (name !== SERVICE_ACCOUNT) lay(what, `only ${SERVICE_ACCOUNT} of a profile is judged`);
        else {
          editors.set(namespace, texts(record(record(data)?.['metadata'])?.['annotations']));
          lay(what);
        }
      } else if (!Object.hasOwn(CONFIG_MAPS, name)) lay(what, 'it is none of a profile');
      else {
        configMaps.set(`${namespace}/${name}`, texts(record(data)?.['data']));
        lay(what);
      }
    }
    if (laid.length === before) lay('the file', 'it has nothing that the doctor judges');
  }
  return { laid, profiles, editors, configMaps, roles };
}

/** A policy as JSON text; undefined where part of it is not known. */
function policyText(root: DocNode): string | undefined {
  const data = toJson(root);
  return data === undefined ? undefined : JSON.stringify(data);
}

const nameIn = (root: DocNode): { readonly name?: string; readonly namespace?: string } => {
  const metadata = get(root, 'metadata');
  const [name, namespace] = [textOf(get(metadata, 'name')), textOf(get(metadata, 'namespace'))];
  return { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) };
};

/** A Profile of a file as a list of the cluster would bring it. */
function listedOf(data: unknown): ListedProfile {
  const { profile, wrong } = profileOf(data);
  const name = text(record(record(data)?.['metadata'])?.['name']) ?? '';
  return {
    ...profile,
    metadata: { name },
    created: LONG_AGO,
    finalizers: ['profile-finalizer'],
    ...(wrong.length === 0 ? {} : { malformed: `${wrong.join('; ')}.` }),
  };
}

/** What a cluster's views have in common. */
export type WhatIfBase = Pick<ProfileView, 'cluster' | 'provider' | 'pipelines'>;

/**
 * The views as they are when the manifests are applied and the profile controller has done its work: it writes the role of the plugin
 * to `default-editor`, and makes what a new Profile has. Whose role is another one than before has none yet: it is to be read.
 *
 * @param views of all profiles of the cluster: who shares a role is told anew
 */
export function withManifests(
  views: readonly ProfileView[],
  overlay: Overlay,
  base: WhatIfBase,
): readonly ProfileView[] {
  const there = new Set(views.map((view) => view.profile.metadata.name));
  const added = [...overlay.profiles].flatMap(([name, its]) => (there.has(name) ? [] : [newView(its, base)]));
  const all = [...views, ...added].map((view) => changedView(view, overlay));
  const byRole = new Map<string, string[]>();
  for (const view of all) {
    const arn = roleArnOf(view);
    if (arn !== undefined) byRole.set(arn, [...(byRole.get(arn) ?? []), view.profile.metadata.name]);
  }
  return all.map((view) => {
    const others = byRole.get(roleArnOf(view) ?? '') ?? [];
    return { ...view, sharedWith: others.filter((one) => one !== view.profile.metadata.name) };
  });
}

/** A profile that is not there, as the controller makes it. */
function newView(profile: ListedProfile, base: WhatIfBase): ProfileView {
  const { name } = profile.metadata;
  const owner = profile.spec?.owner?.name;
  return {
    ...base,
    profile,
    namespace: found({ name, deleting: false, ofProfile: name, ...(owner === undefined ? {} : { owner }) }),
    serviceAccount: found({ namespace: name, name: SERVICE_ACCOUNT, annotations: {} }),
    launcher: absent,
    role: undefined,
    sharedWith: [],
  };
}

function changedView(view: ProfileView, { profiles, editors, configMaps }: Overlay): ProfileView {
  const { name } = view.profile.metadata;
  const profile = profiles.get(name);
  const editor = editors.get(name);
  const written = profile === undefined ? undefined : irsaPlugin(profile)?.awsIamRole;
  const account = valueOf(view.serviceAccount);
  const annotations =
    editor ??
    (written === undefined || written === '' ? undefined : { ...account?.annotations, [ROLE_ANNOTATION]: written });
  const next: ProfileView = {
    ...view,
    ...(profile === undefined ? {} : { profile: { ...profile, created: view.profile.created ?? LONG_AGO } }),
    ...(annotations === undefined
      ? {}
      : { serviceAccount: found({ namespace: name, name: SERVICE_ACCOUNT, annotations }) }),
    ...Object.fromEntries(
      Object.entries(CONFIG_MAPS).flatMap(([map, fact]) => {
        const data = configMaps.get(`${name}/${map}`);
        return data === undefined ? [] : [[fact, found({ namespace: name, name: map, data })]];
      }),
    ),
  };
  return roleArnOf(next) === roleArnOf(view) ? next : { ...next, role: undefined };
}

/** The views with the roles that files have. Their inline policies are taken for all that the role has. */
export function withRoles(views: readonly ProfileView[], { roles }: Overlay, profile?: string): readonly ProfileView[] {
  return views.map((view) => {
    const arn = roleArnOf(view) ?? '';
    const name = ROLE_ARN.exec(arn)?.groups?.['name'];
    const bare = view.profile.metadata.name === profile ? roles.get('') : undefined;
    const said = (name === undefined ? undefined : roles.get(name)) ?? bare;
    if (name === undefined || said === undefined) return view;
    const live = view.role && valueOf(view.role);
    if (live === undefined && said.trust === undefined) return view;
    const role = live ?? { arn, name, trustPolicy: '', tags: {}, inline: [], attached: [] };
    return {
      ...view,
      role: found({
        ...role,
        ...(said.trust === undefined ? {} : { trustPolicy: said.trust }),
        ...(said.permissions.length === 0 ? {} : { inline: said.permissions }),
      }),
    };
  });
}

/** A finding that comes or goes. */
export interface Difference {
  readonly cluster: string;
  readonly profile?: string;
  readonly id: FailureModeId;
  readonly message: string;
}

export interface WhatIf {
  readonly laid: readonly Laid[];
  readonly appears: readonly Difference[];
  readonly vanishes: readonly Difference[];
}

/** What becomes of the findings. One that could not be judged any more is not said to go. */
export function differencesOf(before: DoctorReport, after: DoctorReport): Pick<WhatIf, 'appears' | 'vanishes'> {
  const all = (report: DoctorReport): ReadonlyMap<string, Difference> =>
    new Map(
      findingsOf(report).map(({ cluster: { cluster }, profile, finding: { id, message } }) => [
        JSON.stringify([cluster, profile?.profile, id]),
        { cluster, ...(profile === undefined ? {} : { profile: profile.profile }), id, message },
      ]),
    );
  const [old, now] = [all(before), all(after)];
  const only = (
    some: ReadonlyMap<string, Difference>,
    others: ReadonlyMap<string, Difference>,
  ): readonly Difference[] => [...some].flatMap(([key, one]) => (others.has(key) ? [] : [one]));
  /** Profiles whose role was there, and would not be: what is told by a role is then not judged, which is not the same as gone. */
  const roleless = new Set(
    after.clusters.flatMap(({ cluster, profiles }) =>
      profiles.flatMap(({ profile, notRun }) =>
        notRun.some(({ ids }) => ids.includes('KP-030')) ? [JSON.stringify([cluster, profile])] : [],
      ),
    ),
  );
  const isJudged = ({ cluster, profile, id }: Difference): boolean =>
    !roleless.has(JSON.stringify([cluster, profile])) || failureMode(id).reads?.includes('role') !== true;
  return { appears: only(now, old), vanishes: only(old, now).filter(isJudged) };
}
