/** Kubernetes objects of things, as one applies them. */
import type { Kind, Things } from '../core/kinds.ts';
import type { Thing } from './things.ts';

/** Kinds of things that are Kubernetes objects to be applied, in the order in which they are. */
export const APPLIED = [
  'k8s/profile',
  'k8s/service-account',
  'k8s/config-map',
  'k8s/role-binding',
  'k8s/authorization-policy',
] as const satisfies readonly Kind[];

interface Named {
  readonly namespace: string;
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const metadata = ({ namespace, name, annotations = {} }: Named): object => ({
  name,
  namespace,
  ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
});

const MANIFEST: { readonly [K in (typeof APPLIED)[number]]: (value: Things[K]) => object } = {
  'k8s/profile': (profile) => profile,
  'k8s/service-account': (value) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(value) }),
  'k8s/config-map': (value) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(value), data: value.data }),
  'k8s/role-binding': (value) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: metadata(value),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...value.roleRef },
    subjects: value.subjects.map((subject) => ({
      ...(subject.kind === 'ServiceAccount' ? {} : { apiGroup: 'rbac.authorization.k8s.io' }),
      ...subject,
    })),
  }),
  'k8s/authorization-policy': (value) => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadata(value),
    spec: value.spec,
  }),
};

/** The object of a thing; undefined where it is none that is applied. */
export function manifestOf({ ref: { kind }, value }: Thing): object | undefined {
  const make = (MANIFEST as Partial<Record<Kind, (value: unknown) => object>>)[kind];
  return make?.(value);
}
