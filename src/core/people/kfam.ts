/**
 * Contributors of a profile, as Kubeflow's access management (KFAM) keeps them: a RoleBinding and an Istio AuthorizationPolicy of one
 * name in its namespace, both with annotations `user` and `role` (kubeflow/dashboard components/access-management/kfam/bindings.go).
 * The dashboard shows what has these annotations, and Istio lets in whom the policy names.
 */
import { record } from '../records.ts';

/** A RoleBinding, as far as it says who may do what in a namespace. */
export interface RoleBinding {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly Subject[];
}
export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** An AuthorizationPolicy of Istio; of its spec all is kept. */
export interface AuthorizationPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a contributor may be, as the dashboard calls it. */
export const CONTRIBUTOR_ROLES = ['edit', 'view'] as const;
export type ContributorRole = (typeof CONTRIBUTOR_ROLES)[number];

/** Made by the profile controller for the owner, not by KFAM: the annotations say so, the names do (profile_controller.go). */
export const OWNER_BINDING = 'namespaceAdmin';
export const OWNER_POLICY = 'ns-owner-access-istio';

export interface Contributor {
  readonly user: string;
  /** `edit`, `view` or `admin`. */
  readonly role: string;
  /** Name of both objects. */
  readonly name: string;
}

const alone = (text: string): string => text.replace(/[^a-zA-Z0-9]+/g, '-');

/** The name of both objects: two users whose names differ only in other characters than letters and digits have one. */
export const bindingName = (user: string, role: ContributorRole): string =>
  alone(['user', alone(user), 'clusterrole', role].join('-').toLowerCase());

export const contributorBinding = (namespace: string, user: string, role: ContributorRole): RoleBinding => ({
  namespace,
  name: bindingName(user, role),
  annotations: { user, role },
  roleRef: { kind: 'ClusterRole', name: `kubeflow-${role}` },
  subjects: [{ kind: 'User', name: user }],
});

/** How requests of a signed-in user are known in a mesh. */
export interface Identity {
  /** Header in which the gateway sends who is signed in. */
  readonly header: string;
  /** What stands before the name in it. */
  readonly prefix: string;
  /** Who may say so: principals of the gateway and of Kubeflow Pipelines' user interface. */
  readonly principals: readonly string[];
}

/** As Kubeflow's manifests have it. */
export const IDENTITY: Identity = {
  header: 'kubeflow-userid',
  prefix: '',
  principals: [
    'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account',
    'cluster.local/ns/kubeflow/sa/ml-pipeline-ui',
  ],
};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): readonly string[] =>
  list(value).filter((one): one is string => typeof one === 'string');

const HEADER = /^request\.headers\[(.+)\]$/;

/** The rules of a policy that test a header for users: which header, which values, for which principals. */
const headerRules = ({ spec }: AuthorizationPolicy) =>
  list(spec['rules']).flatMap((rule) =>
    list(record(rule)['when']).flatMap((when) => {
      const header = HEADER.exec(String(record(when)['key']))?.[1];
      if (header === undefined) return [];
      const principals = list(record(rule)['from']).flatMap((from) =>
        texts(record(record(from)['source'])['principals']),
      );
      return [{ header, values: texts(record(when)['values']), principals }];
    }),
  );

/** How this cluster knows its users, by the policy that its profile controller made for the owner of a profile. */
export function identityOf(policy: AuthorizationPolicy | undefined, owner: string): Identity {
  const [first] = (policy === undefined ? [] : headerRules(policy)).flatMap(({ header, values, principals }) =>
    values.flatMap((value) =>
      value.endsWith(owner) ? [{ header, prefix: value.slice(0, value.length - owner.length), principals }] : [],
    ),
  );
  return first === undefined || first.principals.length === 0 ? IDENTITY : first;
}

export const contributorPolicy = (
  namespace: string,
  user: string,
  role: ContributorRole,
  { header, prefix, principals }: Identity,
): AuthorizationPolicy => ({
  namespace,
  name: bindingName(user, role),
  annotations: { user, role },
  spec: {
    rules: [
      {
        from: [{ source: { principals } }],
        when: [{ key: `request.headers[${header}]`, values: [`${prefix}${user}`] }],
      },
    ],
  },
});

/** The policy of the owner for another one: what the profile controller makes of it, and the annotation that it leaves. */
export function handedOver(policy: AuthorizationPolicy, from: string, to: string): AuthorizationPolicy {
  const { prefix } = identityOf(policy, from);
  const renamed = (value: unknown): unknown => (value === `${prefix}${from}` ? `${prefix}${to}` : value);
  const rules = list(policy.spec['rules']).map((rule) => {
    const { when } = record(rule);
    if (!Array.isArray(when)) return rule;
    return {
      ...record(rule),
      when: when.map((one) =>
        HEADER.test(String(record(one)['key']))
          ? { ...record(one), values: list(record(one)['values']).map(renamed) }
          : (one as unknown),
      ),
    };
  });
  return {
    ...policy,
    annotations: { ...policy.annotations, user: to },
    spec: policy.spec['rules'] === undefined ? policy.spec : { ...policy.spec, rules },
  };
}

/** Whom KFAM would list besides the owner: bindings with both annotations. */
export const contributorsOf = (bindings: readonly RoleBinding[]): readonly Contributor[] =>
  bindings.flatMap(({ name, annotations: { user, role } }) =>
    user === undefined || role === undefined || name === OWNER_BINDING ? [] : [{ user, role, name }],
  );
