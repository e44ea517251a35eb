/**
 * Profiles for canonical's github-profiles-automator, which makes Profiles and contributors of one file in a Git repository. Source:
 * canonical/github-profiles-automator (8943e55), src/profiles_management/pmr/classes.py and helpers/profiles.py. It knows a profile's
 * name, owner, quota and contributors, and nothing of plugins, so that what the file cannot say is told, and lies beside it as objects.
 */
import { OWNER_BINDING } from '../core/people/kfam.ts';
import { isObject } from '../core/records.ts';
import type { Profile } from '../core/observation.ts';
import { foldersOf, objectName, profileObjects, yamlFile } from './objects.ts';
import { ofKind, type Exported, type Exporter, type OutputFile } from './things.ts';

/** What it takes of an owner, and of a contributor (classes.py: UserKind, ContributorRole). */
const OWNERS: readonly string[] = ['User', 'ServiceAccount'];
const ROLES: readonly string[] = ['admin', 'edit', 'view'];
/** Its model of a quota forbids other keys (classes.py: ResourceQuotaSpecModel). */
const QUOTA: readonly string[] = ['hard', 'scopeSelector', 'scopes'];

function quotaOf({ spec }: Profile): Record<string, unknown> | undefined {
  const quota = spec?.resourceQuotaSpec;
  return isObject(quota) && Object.keys(quota).length > 0 && Object.keys(quota).every((key) => QUOTA.includes(key))
    ? { ...quota }
    : undefined;
}

function fileOf(exported: Exported, folder: string): { files: readonly OutputFile[]; cannot: readonly string[] } {
  const { things } = exported;
  const bindings = ofKind(things, 'k8s/role-binding');
  const cannot: string[] = [];
  const profiles = ofKind(things, 'k8s/profile').map(({ value: profile }) => {
    const { name } = profile.metadata;
    const { kind = 'User', name: owner = '' } = profile.spec?.owner ?? {};
    if (!OWNERS.includes(kind))
      cannot.push(
        `Profile ${name} is owned by ${kind} ${owner}: the automator takes a User or a ServiceAccount alone. It is left out of the file: keep it by another target.`,
      );
    const contributors = bindings
      .filter(({ value }) => value.namespace === name && value.name !== OWNER_BINDING)
      .flatMap(({ value: { annotations } }) => {
        const { user, role } = annotations;
        return user === undefined || role === undefined || !ROLES.includes(role) ? [] : [{ name: user, role }];
      });
    const resources = quotaOf(profile);
    return { name, owner: { kind, name: owner }, ...(resources === undefined ? {} : { resources }), contributors };
  });
  const taken = profiles.filter(({ owner }) => OWNERS.includes(owner.kind));
  const others = profileObjects(exported);
  const roles = ofKind(things, 'iam/role').map(({ ref }) => ref.key);
  return {
    files: [
      yamlFile(
        `${folder}/pmr.yaml`,
        [{ profiles: taken }],
        [
          `Profiles of EKS cluster ${exported.cluster.name} for github-profiles-automator. It gives nobody a role in AWS: see roles/.`,
        ],
      ),
      // The automator changes of a Profile that exists only owner and quota, so that the plugin stays whoever applied it.
      ...[...others].map(([name, objects]) =>
        yamlFile(
          `${folder}/roles/${objectName(name)}.yaml`,
          objects.filter(({ kind }) => kind === 'Profile' || kind === 'ConfigMap'),
          [`The role of profile ${name}, which pmr.yaml cannot say: the automator leaves it as it is.`],
        ),
      ),
    ],
    cannot: [
      ...cannot,
      ...(taken.length === 0
        ? []
        : [
            `The file names no role: github-profiles-automator has no field for the plugin AwsIamForServiceAccount. The Profiles with their plugin are in ${folder}/roles: apply them once, the automator keeps the plugin of a Profile that exists.`,
          ]),
      ...(roles.length === 0
        ? []
        : [
            `It makes nothing in AWS: ${roles.length === 1 ? `IAM role ${roles[0]} is` : `${roles.length} IAM roles are`} not in the files. Keep them by Terraform, CloudFormation or ACK.`,
          ]),
    ],
  };
}

export const automator: Exporter = (all) => {
  const folders = foldersOf(all);
  const parts = all.map((exported, index) => fileOf(exported, folders[index] ?? exported.cluster.name));
  return {
    files: parts.flatMap(({ files }) => files),
    cannot: parts.flatMap(({ cannot }) => cannot),
    next: [
      'Put pmr.yaml into the repository of the charm (option pmr-yaml-path). Profiles that are not in it lose their contributors: keep all of the cluster in one file.',
      ...folders.map((folder) => `kubectl apply -f ${folder}/roles`),
      'The charm lists what the file no longer has with its action list-stale-profiles; it deletes nothing by itself.',
    ],
  };
};
