/** What shows a problem: what its judge names, else the facts that the row of its mode reads. */
import type { Fact } from '../modes/mode.ts';
import { objectIn, type Evidence, type Problem } from '../modes/problem.ts';
import { failureMode } from '../modes/table.ts';
import { roleArnOf, type ProfileView } from '../modes/view.ts';
import { providerArn, SERVICE_ACCOUNT } from '../policy/build.ts';
import { CONTROLLER } from '../profile/names.ts';
import { PIPELINES } from '../profile/pipelines.ts';
import { valueOf, type Reading } from '../reading.ts';
import { withoutSecrets } from '../text.ts';
import { checkOf } from './checks.ts';

/** A value is to be looked at; who wants all of it reads the thing itself. Characters. */
const MOST = 4_000;

const cut = (text: string): string => (text.length <= MOST ? text : `${text.slice(0, MOST).trimEnd()} …`);

/** A value as evidence has it: without secrets, and not longer than somebody reads. */
export const shownValue = (value: unknown): string =>
  cut(withoutSecrets(typeof value === 'string' ? value : JSON.stringify(value)));

/** What was found; "not there" of what is absent; nothing of what was not read, which is told as unread. */
function read<T>(
  what: string,
  where: string,
  reading: Reading<T> | undefined,
  value: (thing: T) => unknown,
): readonly Evidence[] {
  if (reading?.state === 'absent') return [{ what, where, value: 'not there' }];
  return reading?.state === 'found' ? [{ what, where, value: shownValue(value(reading.value)) }] : [];
}

/** A fact about the namespace of the profile, as a list. */
const inNamespace =
  (
    what: string,
    fact: 'pods' | 'annotated' | 'bindings' | 'associations' | 'networkPolicies' | 'podDefaults' | 'injection',
  ) =>
  (view: ProfileView): readonly Evidence[] =>
    read<unknown>(what, objectIn(view.cluster, 'Namespace', view.profile.metadata.name), view[fact], (list) => list);

/** How each fact is told. A new fact has its row here: the compiler asks for it. */
const TOLD: { readonly [F in Fact]-?: (view: ProfileView) => readonly Evidence[] } = {
  profile: ({ cluster, profile: { metadata, spec, malformed } }) => [
    {
      what: 'Profile',
      where: objectIn(cluster, 'Profile', metadata.name),
      value: malformed ?? shownValue({ ...timesOf(metadata), spec }),
    },
  ],
  namespace: ({ cluster, profile: { metadata }, namespace }) =>
    read('namespace', objectIn(cluster, 'Namespace', metadata.name), namespace, (its) => ({
      owner: its.owner,
      deleting: its.deleting,
      ofProfile: its.ofProfile,
      remaining: its.remaining,
    })),
  serviceAccount: ({ cluster, profile: { metadata }, serviceAccount }) =>
    read(
      'annotations',
      objectIn(cluster, 'ServiceAccount', SERVICE_ACCOUNT, metadata.name),
      serviceAccount,
      ({ annotations }) => annotations,
    ),
  launcher: ({ cluster, profile: { metadata }, launcher }) =>
    read('data', objectIn(cluster, 'ConfigMap', 'kfp-launcher', metadata.name), launcher, ({ data }) => data),
  pipelines: ({ cluster, pipelines }) =>
    read(
      'image',
      objectIn(cluster, 'Deployment', PIPELINES.name, PIPELINES.namespace),
      pipelines,
      ({ image }) => image,
    ),
  provider: ({ cluster, provider }) =>
    read(
      'OIDC provider',
      cluster.issuer === undefined ? cluster.arn : providerArn(cluster.partition, cluster.account, cluster.issuer),
      provider,
      ({ clientIds }) => ({ clientIds }),
    ),
  role: (view) => {
    const { role } = view;
    if (role?.state !== 'found') return read('role', roleArnOf(view) ?? view.cluster.arn, role, () => '');
    const { arn, trustPolicy, inline, attached, boundary } = role.value;
    return [
      { what: TRUST, where: arn, value: shownValue(trustPolicy) },
      ...inline.map(({ name, text }) => ({ what: `inline policy ${name}`, where: arn, value: shownValue(text) })),
      ...(attached.length === 0 ? [] : [{ what: 'attached policies', where: arn, value: shownValue(attached) }]),
      ...(boundary === undefined ? [] : [{ what: 'permissions boundary', where: arn, value: boundary }]),
    ];
  },
  caller: ({ cluster, caller }) => read('who reads', cluster.arn, caller, ({ arn }) => arn),
  api: ({ cluster, api }) => read('API server', cluster.arn, api, (its) => its),
  controller: ({ cluster, controller }) =>
    read(
      'image',
      objectIn(cluster, 'Deployment', CONTROLLER.deployment, CONTROLLER.namespaces[0]),
      controller,
      ({ image }) => image,
    ),
  controllerAccount: ({ cluster, controllerAccount }) =>
    read(
      'annotations',
      objectIn(cluster, 'ServiceAccount', CONTROLLER.account, CONTROLLER.namespaces[0]),
      controllerAccount,
      ({ annotations }) => annotations,
    ),
  controllerRole: ({ cluster, controllerRole }) =>
    read("the profile controller's role", cluster.arn, controllerRole, ({ arn, inline, attached }) => ({
      arn,
      inline,
      attached,
    })),
  servers: ({ cluster, servers }) =>
    read('service accounts', objectIn(cluster, 'Namespace', PIPELINES.namespace), servers, (list) =>
      list.map(({ name, annotations }) => ({ name, annotations })),
    ),
  workflowController: ({ cluster, workflowController }) =>
    read(
      'data',
      objectIn(cluster, 'ConfigMap', 'workflow-controller-configmap', PIPELINES.namespace),
      workflowController,
      ({ data }) => data,
    ),
  repositories: ({ cluster, profile: { metadata }, repositories }) =>
    read(
      'data',
      objectIn(cluster, 'ConfigMap', 'artifact-repositories', metadata.name),
      repositories,
      ({ data }) => data,
    ),
  pods: inNamespace('pods', 'pods'),
  annotated: inNamespace('objects with the role annotation', 'annotated'),
  bindings: inNamespace('role bindings', 'bindings'),
  associations: inNamespace('Pod Identity associations', 'associations'),
  networkPolicies: inNamespace('network policies', 'networkPolicies'),
  mesh: ({ cluster, mesh }) =>
    read('data', objectIn(cluster, 'ConfigMap', 'istio', 'istio-system'), mesh, ({ data }) => data),
  webhooks: ({ cluster, webhooks }) => read('mutating webhooks', cluster.arn, webhooks, (list) => list),
  podDefaults: inNamespace('PodDefaults', 'podDefaults'),
  agent: ({ cluster, agent }) =>
    read('pods', objectIn(cluster, 'DaemonSet', 'eks-pod-identity-agent', 'kube-system'), agent, (its) => its),
  injection: inNamespace('pods that were tried', 'injection'),
  serviceEntries: ({ cluster, serviceEntries }) => read('service entries', cluster.arn, serviceEntries, (list) => list),
  providers: ({ cluster, providers }) =>
    read(
      'OIDC providers of the account',
      `arn:${cluster.partition}:iam::${cluster.account}:root`,
      providers,
      (arns) => ({
        number: arns.length,
      }),
    ),
  organization: ({ cluster, organization }) =>
    read(
      'organization',
      `arn:${cluster.partition}:iam::${cluster.account}:root`,
      organization,
      ({ id, management, levels }) => ({ id, management, levels: valueOf(levels) }),
    ),
  endpoints: ({ cluster, endpoints }) => read('VPC endpoints', cluster.vpc ?? cluster.arn, endpoints, (list) => list),
  association: ({ cluster, profile: { metadata }, association }) =>
    read('Pod Identity association', `${cluster.arn}: ${metadata.name}/${SERVICE_ACCOUNT}`, association, (its) => its),
  podRole: ({ association, podRole }) =>
    read(
      'trust policy of the role of the association',
      association?.state === 'found' ? association.value.roleArn : '',
      podRole,
      ({ trustPolicy }) => trustPolicy,
    ),
  policies: ({ policies = {} }) =>
    Object.entries(policies).flatMap(([arn, reading]) => read('managed policy', arn, reading, (text) => text)),
  buckets: ({ cluster: { partition }, buckets = {} }) =>
    Object.entries(buckets).flatMap(([name, { bucket, encryption, policy, key }]) => {
      const where = `arn:${partition}:s3:::${name}`;
      return [
        ...read('bucket', where, bucket, ({ region, accessible, foreign }) => ({ region, accessible, foreign })),
        ...read('default encryption', where, encryption, (its) => its),
        ...read('bucket policy', where, policy, (text) => text),
        ...(key?.state === 'found'
          ? [
              { what: 'KMS key', where: key.value.arn, value: shownValue({ state: key.value.state }) },
              ...(key.value.policy === undefined
                ? []
                : [{ what: 'key policy', where: key.value.arn, value: shownValue(key.value.policy) }]),
            ]
          : read('KMS key', where, key, () => '')),
      ];
    }),
};

const timesOf = ({
  deletionTimestamp,
  finalizers,
}: ProfileView['profile']['metadata']): { deletionTimestamp?: string; finalizers?: readonly string[] } =>
  deletionTimestamp === undefined ? {} : { deletionTimestamp, ...(finalizers === undefined ? {} : { finalizers }) };

/** What shows a problem of a profile. Never empty where what its row reads was read. */
export function evidenceOf(problem: Problem, view: ProfileView): readonly Evidence[] {
  const own = problem.evidence ?? [];
  if (own.length > 0) return own.map((one) => ({ ...one, value: shownValue(one.value) }));
  return (failureMode(problem.id).reads ?? []).flatMap((fact) => {
    const told = TOLD[fact](view);
    // A role is much: of its two sides the one that the failure is about.
    const check = fact === 'role' && told.length > 1 ? checkOf(problem.id) : undefined;
    if (check !== 'trust' && check !== 'permissions') return told;
    return told.filter(({ what }) => (what === TRUST) === (check === 'trust'));
  });
}
const TRUST = 'trust policy';
