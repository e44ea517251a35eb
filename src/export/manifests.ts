/** The Kubernetes objects among the things, as `kubectl apply` takes them, for targets that keep AWS alone. */
import type { Things } from '../core/kinds.ts';
import type { Json } from '../core/records.ts';
import { manifestYaml } from '../core/profile/manifest.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { namesFor, OBJECT_NAME } from './names.ts';
import { ofKind, type OutputFile, type Thing } from './things.ts';
import { yamlOf } from './yaml.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** An object of a namespace as a manifest; undefined: somebody else makes it. */
function namespaced({ ref: { kind }, value }: Thing): Json | undefined {
  switch (kind) {
    case 'k8s/config-map': {
      const { namespace, name, data } = value as Things['k8s/config-map'];
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data };
    }
    case 'k8s/service-account': {
      const { namespace, name, annotations } = value as Things['k8s/service-account'];
      // The profile controller makes this one, and annotates it by the Profile.
      if (name === SERVICE_ACCOUNT) return undefined;
      return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name, annotations } };
    }
    case 'k8s/role-binding': {
      const { namespace, name, annotations, roleRef, subjects } = value as Things['k8s/role-binding'];
      return {
        apiVersion: `${RBAC}/v1`,
        kind: 'RoleBinding',
        metadata: { namespace, name, annotations },
        roleRef: { apiGroup: RBAC, ...roleRef },
        subjects: subjects.map((one) => (one.kind === 'ServiceAccount' ? one : { ...one, apiGroup: RBAC })),
      };
    }
    case 'k8s/authorization-policy': {
      const { namespace, name, annotations, spec } = value as Things['k8s/authorization-policy'];
      const metadata = { namespace, name, annotations };
      return { apiVersion: 'security.istio.io/v1beta1', kind: 'AuthorizationPolicy', metadata, spec };
    }
    default:
      return undefined;
  }
}

/**
 * Files below a folder: `profiles`, a Profile each, and `in-profiles`, what lies in the namespaces, which are there only when the
 * profile controller has seen the Profiles.
 */
export function manifestFiles(things: readonly Thing[], folder: string): readonly OutputFile[] {
  const profiles = ofKind(things, 'k8s/profile');
  const inside = new Map<string, Json[]>();
  for (const thing of things) {
    const object = namespaced(thing);
    if (object === undefined) continue;
    const { namespace } = thing.value as { readonly namespace: string };
    inside.set(namespace, [...(inside.get(namespace) ?? []), object]);
  }
  const names = namesFor([...profiles.map(({ ref }) => ref.key), ...inside.keys()], OBJECT_NAME);
  return [
    ...profiles.map(({ ref, value }) => ({
      path: `${folder}/profiles/${names.get(ref.key)}.yaml`,
      text: manifestYaml(value),
    })),
    ...[...inside].map(([namespace, objects]) => ({
      path: `${folder}/in-profiles/${names.get(namespace)}.yaml`,
      text: objects.map(yamlOf).join('---\n'),
    })),
  ];
}

/** How the files of {@link manifestFiles} are applied. */
export const applyManifests = (files: readonly OutputFile[], folder: string): readonly string[] => {
  const has = (part: string): boolean => files.some(({ path }) => path.startsWith(`${folder}/${part}/`));
  return [
    ...(has('profiles') ? [`kubectl apply -f ${folder}/profiles`] : []),
    ...(has('in-profiles')
      ? [
          `kubectl apply -f ${folder}/in-profiles (once the profile controller has made the namespaces; it may be run again)`,
        ]
      : []),
  ];
};

/** What no file may or can hold, and what to do instead. */
export const leftOut = (things: readonly Thing[]): readonly string[] =>
  things.flatMap(({ ref }) => {
    switch (ref.kind) {
      case 'k8s/dex-user':
        return [
          `User ${ref.key} of Dex is not handed over, since no file may hold a password: make the user in the editor, or in Dex's configuration.`,
        ];
      case 'cognito/user':
        return [
          `User ${ref.key.slice(ref.key.indexOf('/') + 1)} of Cognito is not handed over, since no file may hold a password: make the user in the user pool.`,
        ];
      case 'k8s/namespace':
        return [
          `That namespace ${ref.key} is given to its Profile's owner is not handed over: do it once by "kubectl annotate namespace ${ref.key} owner=<owner>".`,
        ];
      case 'k8s/deployment':
        return [
          `That deployment ${ref.key} starts anew is not handed over: do it once by "kubectl rollout restart" in its namespace.`,
        ];
      default:
        return [];
    }
  });
