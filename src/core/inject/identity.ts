/** Who a container is in AWS, as the SDKs find it out. Sources: AWS SDKs and Tools Reference Guide, credential provider chain. */
import type { Pod, PodContainer, PodDefault } from '../observation.ts';

/** `none`: the role of its node answers, or nobody. */
export type Identity = 'keys' | 'irsa' | 'pod-identity' | 'none';

/** The variables by which the SDKs find credentials, in their order. A way needs all of a row. */
const WAYS: readonly (readonly [Exclude<Identity, 'none'>, readonly (readonly string[])[]])[] = [
  ['keys', [['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']]],
  ['irsa', [['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE']]],
  ['pod-identity', [['AWS_CONTAINER_CREDENTIALS_FULL_URI'], ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']]],
];
export const ROLE_VARIABLE = 'AWS_ROLE_ARN';
/** The webhook gives both; SDKs differ in which they read. */
export const REGION_VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const;

type Variables = Pick<PodContainer, 'env' | 'from'>;

/** Whether a variable is set, wherever its value comes from. */
export const isSet = ({ env, from }: Variables, name: string): boolean =>
  Object.hasOwn(env, name) || Object.hasOwn(from, name);

/** A variable's value; undefined: it is not set, or not in the pod itself. */
export const valueIn = ({ env }: Variables, name: string): string | undefined =>
  Object.hasOwn(env, name) ? env[name] : undefined;

/** What a container's SDK takes. What comes from whole Secrets and ConfigMaps (`envFrom`) is not read. */
export const identityOf = (container: Variables): Identity =>
  WAYS.find(([, rows]) => rows.some((row) => row.every((name) => isSet(container, name))))?.[0] ?? 'none';

const NAMED = new Set([...WAYS.flatMap(([, rows]) => rows.flat()), ...REGION_VARIABLES, 'AWS_PROFILE']);

export const SKIP_LABEL = 'eks.amazonaws.com/skip-pod-identity-webhook';
export const SKIP_CONTAINERS = 'eks.amazonaws.com/skip-containers';

/** Whether a PodDefault may decide who a pod is, or where. */
export const isAboutIdentity = (one: PodDefault): boolean =>
  [...Object.keys(one.env), ...Object.keys(one.from)].some((name) => NAMED.has(name)) ||
  one.envFrom !== undefined ||
  one.serviceAccount !== undefined ||
  [...Object.keys(one.annotations), ...Object.keys(one.labels)].length > 0;

/** Containers that others put into a pod and that do nothing in AWS (Istio). */
const SIDECARS: ReadonlySet<string> = new Set(['istio-proxy', 'istio-init', 'istio-validation']);

/** The containers of a pod whose identity counts. */
export const containersOf = ({ containers }: Pod): readonly PodContainer[] =>
  containers.filter(({ name }) => !SIDECARS.has(name));
