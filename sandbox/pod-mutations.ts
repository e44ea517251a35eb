// What the two webhooks make of a new pod: EKS's pod identity webhook, and Kubeflow's for PodDefaults. Pure: a pod in, a pod out.
// Sources: aws/amazon-eks-pod-identity-webhook, pkg/handler/handler.go (3bf80a34); kubeflow/kubeflow,
// components/admission-webhook/main.go. Not played: Windows paths; merging of tolerations and of secrets for pulling images.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from './kube.ts';

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly [field: string]: unknown;
}
interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly [field: string]: unknown;
}
interface Volume {
  readonly name: string;
  readonly [field: string]: unknown;
}
export interface Container {
  readonly name: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly unknown[];
  readonly volumeMounts?: readonly Mount[];
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly [field: string]: unknown;
}
export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly volumes?: readonly Volume[];
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly [field: string]: unknown;
}
export interface Pod extends KubeObject {
  readonly spec: PodSpec;
}

const DOMAIN = 'eks.amazonaws.com';
/** By each of the two ways: what the token is for, where it is, and the variables that lead to it. */
const WAYS = {
  irsa: {
    audience: 'sts.amazonaws.com',
    mountPath: `/var/run/secrets/${DOMAIN}/serviceaccount`,
    volume: 'aws-iam-token',
    file: 'token',
    variables: ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  },
  'pod-identity': {
    audience: `pods.${DOMAIN}`,
    mountPath: `/var/run/secrets/pods.${DOMAIN}/serviceaccount`,
    volume: 'eks-pod-identity-token',
    file: 'eks-pod-identity-token',
    variables: ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
  },
} as const;
/** Where the agent listens on each node. */
const AGENT = 'http://169.254.170.23/v1/credentials';
const REGIONS = ['AWS_REGION', 'AWS_DEFAULT_REGION'];

/** What the pod identity webhook makes of a pod. `annotations`: of its service account, if the webhook knows that one. */
export function withIdentity(
  pod: Pod,
  {
    annotations,
    associated,
    region,
  }: { readonly annotations: Readonly<Record<string, string>> | undefined; associated: boolean; region: string },
): Pod {
  const role = annotations?.[`${DOMAIN}/role-arn`] ?? '';
  // An association comes first.
  if (!associated && role === '') return pod;
  const way = WAYS[associated ? 'pod-identity' : 'irsa'];
  const tokenFile = `${way.mountPath}/${way.file}`;
  const skipped = new Set((pod.metadata.annotations?.[`${DOMAIN}/skip-containers`] ?? '').split(','));
  const seconds = Number(
    pod.metadata.annotations?.[`${DOMAIN}/token-expiration`] ?? annotations?.[`${DOMAIN}/token-expiration`],
  );
  const container = (one: Container): Container => {
    if (skipped.has(one.name)) return one;
    const env = [...(one.env ?? [])];
    const has = (names: readonly string[]): boolean => env.some(({ name }) => names.includes(name));
    // What is there stays: all of its kind, or one of them.
    const [its, inRegion] = [has(way.variables), has(REGIONS)];
    if (!has(['AWS_STS_REGIONAL_ENDPOINTS']) && annotations?.[`${DOMAIN}/sts-regional-endpoints`] !== 'false')
      env.push({ name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' });
    if (!inRegion) for (const name of [...REGIONS].reverse()) env.push({ name, value: region });
    const values = [associated ? AGENT : role, tokenFile];
    if (!its) for (const [at, name] of way.variables.entries()) env.push({ name, value: values[at] ?? '' });
    const mounts = one.volumeMounts ?? [];
    const mounted = mounts.some(({ name }) => name === way.volume);
    const mount = { name: way.volume, readOnly: true, mountPath: way.mountPath };
    return { ...one, env, volumeMounts: mounted ? mounts : [...mounts, mount] };
  };
  const { spec } = pod;
  const volumes = spec.volumes ?? [];
  const token = {
    audience: associated ? way.audience : (annotations?.[`${DOMAIN}/audience`] ?? way.audience),
    expirationSeconds: seconds >= 0 ? Math.max(600, seconds) : 86_400,
    path: way.file,
  };
  return {
    ...pod,
    metadata: associated
      ? { ...pod.metadata, labels: { ...pod.metadata.labels, [`${DOMAIN}/pod-identity`]: 'enabled' } }
      : pod.metadata,
    spec: {
      ...spec,
      containers: spec.containers.map(container),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(container) } : {}),
      volumes: volumes.some(({ name }) => name === way.volume)
        ? volumes
        : [{ name: way.volume, projected: { sources: [{ serviceAccountToken: token }] } }, ...volumes],
    },
  };
}

/** A PodDefault, as far as it is played. */
export interface PodDefault extends KubeObject {
  readonly spec: {
    readonly selector: Selector;
    readonly env?: readonly EnvVar[];
    readonly envFrom?: readonly unknown[];
    readonly volumes?: readonly Volume[];
    readonly volumeMounts?: readonly Mount[];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly command?: readonly string[];
    readonly args?: readonly string[];
  };
}
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      const among = value !== undefined && values.includes(value);
      if (operator === 'In') return among;
      if (operator === 'NotIn') return !among;
      return (operator === 'Exists') === (value !== undefined);
    })
  );
}

/** A value as Go prints it, roughly: `%#v`. */
const inGo = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : `v1.EnvVar{${Object.entries(value as object)
        .map(([key, part]) => `${key.charAt(0).toUpperCase()}${key.slice(1)}:${JSON.stringify(part)}`)
        .join(', ')}}`;

const PREFIX = 'poddefault.admission.kubeflow.org';

/** What the webhook for PodDefaults makes of a pod; a text: why it rejects it. */
export function withPodDefaults(pod: Pod, all: readonly PodDefault[]): Pod | string {
  const { metadata, spec } = pod;
  if (metadata.annotations?.[`${PREFIX}/exclude`] === 'true') return pod;
  const matching = all.filter((one) => selects(one.spec.selector, metadata.labels ?? {}));
  if (matching.length === 0) return pod;
  const conflicts: string[] = [];
  const clash = (
    what: string,
    by: string,
    name: string,
    [own, there]: readonly [unknown, unknown],
    where: string,
  ): void =>
    void conflicts.push(
      `merging ${what} for ${by} has a conflict on ${name}: \n${inGo(own)}\ndoes not match\n${inGo(there)}\n in ${where}`,
    );
  /** Those that are there, and those of the PodDefaults; the same name with another content is a conflict. */
  const merged = <T extends { readonly name: string }>(
    what: string,
    own: readonly T[],
    of: (one: PodDefault) => readonly T[] | undefined,
  ): T[] => {
    const result = [...own];
    for (const one of matching)
      for (const item of of(one) ?? []) {
        const found = result.find(({ name }) => name === item.name);
        if (found === undefined) result.push(item);
        else if (!isDeepStrictEqual(found, item)) clash(what, one.metadata.name, item.name, [item, found], 'container');
      }
    return result;
  };
  const map = (
    own: Readonly<Record<string, string>> = {},
    of: (one: PodDefault) => Readonly<Record<string, string>> | undefined,
  ) => {
    const result = { ...own };
    for (const one of matching)
      for (const [key, value] of Object.entries(of(one) ?? {})) {
        if (result[key] === undefined) result[key] = value;
        else if (result[key] !== value) clash('map', one.metadata.name, key, [value, result[key]], 'pod');
      }
    return result;
  };
  const volumes = merged('volumes', spec.volumes ?? [], (one) => one.spec.volumes);
  const annotations = map(metadata.annotations, (one) => one.spec.annotations);
  const labels = map(metadata.labels, (one) => one.spec.labels);
  // Containers that begin first are left as they are.
  const containers = spec.containers.map((container): Container => {
    const env = merged('env', container.env ?? [], (one) => one.spec.env);
    const volumeMounts = merged('volume mounts', container.volumeMounts ?? [], (one) => one.spec.volumeMounts);
    const envFrom = [...(container.envFrom ?? []), ...matching.flatMap((one) => one.spec.envFrom ?? [])];
    const first = <T>(own: T | undefined, of: (one: PodDefault) => T | undefined): T | undefined =>
      own ?? matching.map(of).find((value) => value !== undefined);
    const command = first(container.command, (one) => one.spec.command);
    const args = first(container.args, (one) => one.spec.args);
    return { ...container, env, volumeMounts, envFrom, ...(command ? { command } : {}), ...(args ? { args } : {}) };
  });
  const names = matching.map((one) => one.metadata.name).join(',');
  if (conflicts.length > 0)
    return `conflict occurred while applying poddefaults: ${names} on pod: ${metadata.name ?? ''} err: [${conflicts.join(', ')}]`;
  const last = <T>(of: (one: PodDefault) => T | undefined): T | undefined =>
    matching.map(of).findLast((value) => value !== undefined);
  const serviceAccountName = last((one) => one.spec.serviceAccountName || undefined);
  const automountServiceAccountToken = last((one) => one.spec.automountServiceAccountToken);
  return {
    ...pod,
    metadata: {
      ...metadata,
      labels,
      annotations: {
        ...annotations,
        ...Object.fromEntries(
          matching.map((one) => [`${PREFIX}/poddefault-${one.metadata.name}`, one.metadata.resourceVersion ?? '']),
        ),
      },
    },
    spec: {
      ...spec,
      volumes,
      containers,
      ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
      ...(automountServiceAccountToken === undefined ? {} : { automountServiceAccountToken }),
    },
  };
}
