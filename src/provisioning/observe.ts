import { defaultRoleName } from '../core/arn/names.ts';
import type { Cluster, Observation } from '../core/observation.ts';
import { POLICY_NAME, providerArn, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { absent, failed, type Reading } from '../core/reading.ts';
import type { Request } from '../core/request.ts';
import type { Aws, ConnectKubernetes, Kubernetes } from './ports.ts';

/** An observation, and the connection it was made through; `close` it when done. */
export interface Observed {
  readonly observation: Observation;
  /** Absent where the cluster has no endpoint or is not known. */
  readonly kubernetes?: Kubernetes;
}

/** Code of readings that were not taken, because what they are about is not known. */
export const NOT_KNOWN = 'NotKnown';
const notKnown: Reading<never> = failed('the cluster is not known', NOT_KNOWN);

/** Everything that a plan needs to know, read in parallel: one round for AWS, one for what depends on the cluster. */
export async function observe(request: Request, aws: Aws, connect: ConnectKubernetes): Promise<Observed> {
  const roleName = request.roleName ?? defaultRoleName(request.profile, request.cluster);
  const reading = aws.cluster(request.cluster);
  const inCluster = reading.then(async (cluster) =>
    cluster.state === 'found' ? observeCluster(request, cluster.value, aws, connect) : undefined,
  );
  const [caller, cluster, bucket, role, rolePolicies, inside] = await Promise.all([
    aws.caller(),
    reading,
    aws.bucket(request.bucket),
    aws.role(roleName),
    aws.rolePolicies(roleName, POLICY_NAME),
    inCluster,
  ]);
  return {
    observation: {
      caller,
      cluster,
      bucket,
      role,
      rolePolicies,
      ...(inside?.readings ?? {
        provider: notKnown,
        kubernetes: notKnown,
        profile: notKnown,
        namespace: notKnown,
        serviceAccount: notKnown,
      }),
    },
    ...(inside?.kubernetes === undefined ? {} : { kubernetes: inside.kubernetes }),
  };
}

async function observeCluster(request: Request, cluster: Cluster, aws: Aws, connect: ConnectKubernetes) {
  const provider =
    cluster.issuer === undefined
      ? Promise.resolve(absent)
      : aws.oidcProvider(providerArn(cluster.partition, cluster.account, cluster.issuer));
  if (cluster.endpoint === undefined) {
    const noEndpoint = failed(`the cluster is ${cluster.status} and has no endpoint yet`);
    return {
      readings: {
        provider: await provider,
        kubernetes: noEndpoint,
        profile: noEndpoint,
        namespace: noEndpoint,
        serviceAccount: noEndpoint,
      },
    };
  }
  const kubernetes = await connect(cluster, aws);
  const [providerReading, api, profile, namespace, serviceAccount] = await Promise.all([
    provider,
    kubernetes.api(),
    kubernetes.profile(request.profile),
    kubernetes.namespace(request.profile),
    kubernetes.serviceAccount(request.profile, SERVICE_ACCOUNT),
  ]);
  return { kubernetes, readings: { provider: providerReading, kubernetes: api, profile, namespace, serviceAccount } };
}
