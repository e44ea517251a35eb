/** The objects that let people into a namespace, as they are read. */
import { record } from '../core/records.ts';
import type { AuthorizationPolicy, RoleBinding } from '../core/people/kfam.ts';
import { found, type Reading } from '../core/reading.ts';
import type { KubeObject, Kubernetes } from './ports.ts';

const word = (value: unknown): string => (typeof value === 'string' ? value : '');

export function bindingOf(object: KubeObject): RoleBinding {
  const { name, namespace = '', annotations = {} } = object.metadata;
  const role = record(object['roleRef']);
  const subjects = Array.isArray(object['subjects']) ? object['subjects'].map(record) : [];
  return {
    namespace,
    name,
    annotations,
    roleRef: { kind: word(role['kind']), name: word(role['name']) },
    subjects: subjects.map(({ kind, name: who, namespace: where }) => ({
      kind: word(kind),
      name: word(who),
      ...(typeof where === 'string' ? { namespace: where } : {}),
    })),
  };
}

export const policyOf = (object: KubeObject): AuthorizationPolicy => ({
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
  annotations: object.metadata.annotations ?? {},
  spec: record(object['spec']),
});

/** RoleBindings of a namespace, or of the whole cluster. */
export async function bindingsOf(
  kubernetes: Pick<Kubernetes, 'objects'>,
  namespace?: string,
): Promise<Reading<readonly RoleBinding[]>> {
  const objects = await kubernetes.objects('rolebindings', namespace);
  return objects.state === 'found' ? found(objects.value.map(bindingOf)) : objects;
}
