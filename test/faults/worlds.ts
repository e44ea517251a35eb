/**
 * Small worlds in one sandbox: each has a profile's name, a session of its own, by which faults befall its calls alone, and a picture
 * of all that belongs to it.
 */
import assert from 'node:assert/strict';
import {
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Sandbox } from '../../sandbox/index.ts';
import type { KubeObject } from '../../sandbox/kube.ts';
import { OPERATOR_ROLE } from '../../sandbox/seed.ts';
import { query, xmlValue, type Credentials } from '../../sandbox/sigv4.ts';
import { connectAws } from '../../src/aws/index.ts';
import { providerArn } from '../../src/core/policy/build.ts';
import { TAG } from '../../src/core/tags.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import type { Place, PlanRow } from './plans.ts';

export const REGION = 'us-west-2';
export const BUCKET = 'kubeflow-artifacts-111122223333';

type Reached = Omit<Place, 'name' | 'bucket'>;
export interface World extends Place {
  /** Whose calls are this world's: `of` of a fault. */
  readonly of: readonly string[];
  readonly credentials: Credentials;
  readonly close: () => void;
}

/** Reaches a cluster with credentials, as the product does. */
export async function reach(credentials: Credentials, cluster: string, region: string): Promise<Reached> {
  const aws = connectAws({ region, credentials: () => Promise.resolve({ ...credentials }) });
  const reading = await aws.cluster(cluster);
  assert.equal(reading.state, 'found', JSON.stringify(reading));
  const { issuer } = reading.value;
  assert.ok(issuer);
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(reading.value, aws);
  return { aws, kubernetes, cluster: { ...reading.value, issuer } };
}

/** A world of its own under a name that nobody else has. */
export async function openWorld(
  sandbox: Sandbox,
  name: string,
  { cluster, region }: { readonly cluster: string; readonly region: string },
): Promise<World> {
  const xml = await query(sandbox.endpoint, sandbox.credentials['sandbox-internal'], 'sts', {
    Action: 'AssumeRole',
    RoleArn: `arn:aws:iam::${sandbox.account}:role/${OPERATOR_ROLE}`,
    RoleSessionName: name,
  });
  const value = (element: string): string => xmlValue(xml, element) ?? '';
  const credentials = {
    accessKeyId: value('AccessKeyId'),
    secretAccessKey: value('SecretAccessKey'),
    sessionToken: value('SessionToken'),
  };
  return worldOf(name, credentials, await reach(credentials, cluster, region));
}

export const worldOf = (name: string, credentials: Credentials, reached: Reached): World => ({
  ...reached,
  name,
  bucket: BUCKET,
  of: [credentials.accessKeyId, `${name}-${reached.cluster.name}-role`],
  credentials,
  close: () => reached.kubernetes.close(),
});

type Json = Readonly<Record<string, unknown>>;

/** What of an object a person would miss: without what the server and the time add, and without the run's id. */
function plain({ metadata, ...whole }: KubeObject): Json {
  const { name, namespace, annotations = {}, labels, finalizers, ownerReferences = [] } = metadata;
  const kept = Object.entries(annotations).filter(([key]) => key !== TAG.run);
  return {
    ...Object.fromEntries(Object.entries(whole).filter(([key]) => key !== 'status')),
    metadata: {
      name,
      namespace,
      annotations: Object.fromEntries(kept.sort()),
      labels,
      finalizers,
      owners: ownerReferences.map(({ kind, name: owner }) => `${kind} ${owner}`),
      ...('deletionTimestamp' in metadata ? { deleting: true } : {}),
    },
  };
}

/** What a picture has besides the profile's own. */
export interface More {
  readonly paths?: readonly string[];
  readonly providers?: readonly string[];
}
const DEX = ['/api/v1/namespaces/auth/configmaps/dex', '/apis/apps/v1/namespaces/auth/deployments/dex'];
/** What of the shared the picture of a plan must show. */
export const moreOf = ({ account, clusters }: Sandbox, { alone }: PlanRow): More =>
  alone === 'Dex'
    ? { paths: DEX }
    : alone === 'provider'
      ? { providers: [providerArn('aws', account, clusters.analytics.issuer)] }
      : {};
/** The cluster on which a plan is tried. */
export const clusterFor = ({ alone }: PlanRow) =>
  alone === 'provider'
    ? ({ cluster: 'analytics', region: 'eu-central-1' } as const)
    : ({ cluster: 'kubeflow-dev', region: REGION } as const);

const clients = new WeakMap<Sandbox, { readonly iam: IAMClient; readonly s3: S3Client }>();
/** Clients of the sandbox's own identity, whose calls nothing befalls. */
function clientsOf(sandbox: Sandbox): { readonly iam: IAMClient; readonly s3: S3Client } {
  const client = { region: REGION, endpoint: sandbox.endpoint, credentials: sandbox.credentials['sandbox-internal'] };
  const made = clients.get(sandbox) ?? { iam: new IAMClient(client), s3: new S3Client(client) };
  clients.set(sandbox, made);
  return made;
}

/** All roles of the account, of a listing that begins after this is asked for; who asks meanwhile gets the next. */
const listings = new WeakMap<Sandbox, { next?: Promise<readonly string[]>; running: Promise<unknown> }>();
function roleNames(sandbox: Sandbox): Promise<readonly string[]> {
  const listing = listings.get(sandbox) ?? { running: Promise.resolve() };
  listings.set(sandbox, listing);
  listing.next ??= listing.running.then(async () => {
    delete listing.next;
    const now = (async (): Promise<readonly string[]> => {
      const names: string[] = [];
      for await (const page of paginateListRoles({ client: clientsOf(sandbox).iam, pageSize: 1000 }, {}))
        names.push(...(page.Roles ?? []).map(({ RoleName = '' }) => RoleName));
      return names;
    })();
    listing.running = now.catch(() => undefined);
    return now;
  });
  return listing.next;
}

/** All of a world in IAM, S3 and Kubernetes, as text that is the same for worlds that are; the world's name is not in it. */
export async function picture(sandbox: Sandbox, name: string, more: More = {}): Promise<string> {
  const { kube } = sandbox.clusters.kubeflowDev;
  const { iam, s3 } = clientsOf(sandbox);
  const roles = async (): Promise<readonly unknown[]> => {
    const names = (await roleNames(sandbox)).filter((one) => one.includes(name));
    return Promise.all(
      names.sort().map(async (RoleName) => {
        const [{ Role }, { PolicyNames = [] }, { AttachedPolicies }] = await Promise.all([
          iam.send(new GetRoleCommand({ RoleName })),
          iam.send(new ListRolePoliciesCommand({ RoleName })),
          iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
        ]);
        const policies = await Promise.all(
          [...PolicyNames].sort().map(async (PolicyName) => {
            const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
            return [PolicyName, JSON.parse(decodeURIComponent(PolicyDocument)) as unknown];
          }),
        );
        return {
          name: RoleName,
          path: Role?.Path,
          description: Role?.Description,
          session: Role?.MaxSessionDuration,
          boundary: Role?.PermissionsBoundary?.PermissionsBoundaryArn,
          tags: (Role?.Tags ?? []).map(({ Key = '', Value = '' }) => (Key === TAG.run ? '' : `${Key}=${Value}`)).sort(),
          trust: JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '{}')) as unknown,
          policies,
          attached: (AttachedPolicies ?? []).map(({ PolicyArn }) => PolicyArn).sort(),
        };
      }),
    );
  };
  const providers = async (): Promise<readonly unknown[]> =>
    Promise.all(
      (more.providers ?? []).map(async (OpenIDConnectProviderArn) => {
        const command = new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn });
        const found = await iam.send(command).catch((error: unknown) => {
          if ((error as Error).name.startsWith('NoSuchEntity')) return undefined;
          throw error;
        });
        const tags = (found?.Tags ?? []).flatMap(({ Key, Value }) => (Key === TAG.run ? [] : [`${Key}=${Value}`]));
        return found && { ids: [...(found.ClientIDList ?? [])].sort(), tags: tags.sort() };
      }),
    );
  const objects = async (): Promise<unknown> => {
    const [{ Contents = [] }, { Uploads = [] }] = await Promise.all([
      s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${name}/` })),
      s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: `${name}/` })),
    ]);
    return [...Contents, ...Uploads].map(({ Key = '' }) => Key).sort();
  };
  const inNamespace = [
    ...['serviceaccounts', 'configmaps', 'resourcequotas'].map((what) => `/api/v1/namespaces/${name}/${what}`),
    `/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings`,
    `/apis/security.istio.io/v1/namespaces/${name}/authorizationpolicies`,
  ];
  const [space, live, ...lists] = await Promise.all([
    kube.find(`/api/v1/namespaces/${name}`),
    kube.find(`/apis/kubeflow.org/v1/profiles/${name}`),
    ...inNamespace.map(async (path) => {
      const list = await kube.find<{ items: KubeObject[] }>(path);
      const items = (list?.items ?? []).filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt').map(plain);
      return items.map((one) => JSON.stringify(one)).sort();
    }),
  ]);
  const others = await Promise.all(
    (more.paths ?? []).map(async (path) => {
      const one = await kube.find(path);
      return one && plain(one);
    }),
  );
  const all = {
    roles: await roles(),
    providers: await providers(),
    objects: await objects(),
    namespace: space && plain(space),
    profile: live && plain(live),
    // What goes with a namespace goes a little later.
    lists: space === undefined ? [] : lists.flat().map((text) => JSON.parse(text) as unknown),
    others,
  };
  return JSON.stringify(all, withoutChance, 1).replaceAll(name, 'WORLD');
}

/** Leaves out when Dex was restarted and for whom, and what of its users is random or the run's. */
function withoutChance(_: string, value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^( *(?:hash|userID): )"?(?:\$2|kubeflow-irsa).*$/gm, '$1?');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const restart = (name: string): boolean => name.endsWith('restartedAt') || name === TAG.users;
  const kept = Object.entries(value).filter(
    ([key, one]) => !restart(key) && !(key === 'annotations' && Object.keys(one as object).every(restart)),
  );
  return Object.fromEntries(kept);
}

/** A picture that does not change any more. */
export async function settled(take: () => Promise<string>): Promise<string> {
  let last = await take();
  for (;;) {
    await sleep(250);
    const now = await take();
    if (now === last) return now;
    last = now;
  }
}
