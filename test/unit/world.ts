/**
 * A world in memory behind the ports: an AWS account, an EKS cluster and Kubeflow's profile controller, as far as runs need them.
 * For tests of plans, runs, undo and proofs; that real services behave so is what test/sandbox shows.
 */
import assert from 'node:assert/strict';
import { factsOf, type Facts } from '../../src/core/facts.ts';
import { refText, type Ref } from '../../src/core/kinds.ts';
import {
  bareOf,
  settingsOf,
  type Bucket,
  type BucketSettings,
  type Caller,
  type Cluster,
  type CognitoUser,
  type ConfigMap,
  type Encryption,
  type KmsKey,
  type KubernetesApi,
  type Namespace,
  type OidcProvider,
  type Organization,
  type PodIdentity,
  type Profile,
  type Role,
  type ServiceAccount,
  type VpcEndpoint,
} from '../../src/core/observation.ts';
import { encryptionRef, keyRef } from '../../src/core/plan/bucket.ts';
import { accountArn, bucketRef, refOf } from '../../src/core/plan/plan.ts';
import { permissionsPolicy, policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { controllerWrites } from '../../src/core/policy/controller.ts';
import { judgeKeyPolicy } from '../../src/core/policy/key.ts';
import { may, mayAssume } from '../../src/core/policy/evaluate.ts';
import { irsaPlugin, newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, valueOf, type Reading } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import {
  OutsideError,
  type Aws,
  type ConnectKubernetes,
  type Kubernetes,
  type KubeObject,
  type Listable,
  type UserPools,
} from '../../src/provisioning/ports.ts';
import { deploymentOf } from '../../src/kubernetes/objects.ts';
import type { Outside } from '../../src/provisioning/prove/trial.ts';

export const ACCOUNT = '111122223333';
export const ISSUER = 'https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
export const PROVIDER = providerArn('aws', ACCOUNT, ISSUER);
export const BUCKET = 'artifacts';
export const AUDIENCE = 'sts.amazonaws.com';

export const cluster: Cluster & { readonly issuer: string } = {
  name: 'dev',
  region: 'us-west-2',
  arn: `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`,
  account: ACCOUNT,
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  endpoint: 'https://127.0.0.1:1',
  issuer: ISSUER,
};

export const requestFor = (profile: string, other: Partial<Request> = {}): Request => ({
  cluster: 'dev',
  region: 'us-west-2',
  profile,
  owner: `${profile}@example.com`,
  bucket: BUCKET,
  access: 'prefix',
  ...other,
});

export const arnOf = (role: string): string => `arn:aws:iam::${ACCOUNT}:role/${role}`;
export const trustFor = (...profiles: readonly string[]): string => {
  const text = policyText(trustPolicy(PROVIDER, ISSUER, profiles[0] ?? ''));
  const sub = (profile: string): string => `"system:serviceaccount:${profile}:default-editor"`;
  return profiles.length === 1 ? text : text.replace(sub(profiles[0] ?? ''), `[${profiles.map(sub).join(', ')}]`);
};
export const policyFor = (profile: string): string => policyText(permissionsPolicy('aws', BUCKET, profile, 'prefix'));

/** What was read of one profile and what it needs. */
export interface Readings {
  readonly caller: Reading<Caller>;
  readonly cluster: Reading<Cluster>;
  readonly api: Reading<KubernetesApi>;
  readonly bucket: Reading<Bucket>;
  /** Another than {@link BUCKET}. */
  readonly bucketName?: string;
  /** Default encryption of the bucket, and its key by the name that it has there; absent: not read. */
  readonly encryption?: Reading<Encryption>;
  readonly key?: readonly [name: string, Reading<KmsKey>];
  readonly provider: Reading<OidcProvider>;
  /** Roles by name. */
  readonly roles: Readonly<Record<string, Reading<Role>>>;
  readonly profile: Reading<Profile>;
  readonly namespace: Reading<Namespace>;
  readonly serviceAccount: Reading<ServiceAccount>;
  /** By name, of the profile's namespace; those that are not here are absent. */
  readonly configMaps?: Readonly<Record<string, Reading<ConfigMap>>>;
  /** Image of Kubeflow Pipelines' API server. */
  readonly pipelines?: Reading<string>;
  /** Image of the profile controller, its service account, and that one's role. */
  readonly controller?: {
    readonly image?: Reading<string>;
    readonly account?: Reading<ServiceAccount>;
    readonly role?: Reading<Role>;
  };
  readonly namers: Facts['namers'];
}

/** Facts of readings about one profile. */
export function factsFrom(profile: string, readings: Readings): Facts {
  const { caller, cluster: reading, api, bucket, bucketName = BUCKET, provider, roles, namers } = readings;
  const its = reading.state === 'found' ? reading.value : cluster;
  const at = accountArn(its);
  const things = new Map<string, Reading<unknown>>();
  const set = (ref: Ref, value: Reading<unknown>): void => void things.set(refText(ref), value);
  set(bucketRef(bucketName), bucket);
  if (readings.encryption !== undefined) set(encryptionRef(bucketName), readings.encryption);
  if (readings.key !== undefined) set(keyRef(readings.key[0], valueOf(bucket)?.region ?? its.region), readings.key[1]);
  set(refOf('iam/provider', at, providerArn(its.partition, its.account, its.issuer ?? ISSUER)), provider);
  for (const [name, role] of Object.entries(roles)) set(refOf('iam/role', at, name), role);
  set(refOf('k8s/profile', its.arn, profile), readings.profile);
  set(refOf('k8s/namespace', its.arn, profile), readings.namespace);
  set(refOf('k8s/service-account', its.arn, `${profile}/default-editor`), readings.serviceAccount);
  for (const name of ['kfp-launcher', 'artifact-repositories'])
    set(refOf('k8s/config-map', its.arn, `${profile}/${name}`), readings.configMaps?.[name] ?? absent);
  const image = readings.pipelines ?? absent;
  set(
    refOf('k8s/deployment', its.arn, 'kubeflow/ml-pipeline'),
    image.state === 'found' ? found({ namespace: 'kubeflow', name: 'ml-pipeline', image: image.value }) : image,
  );
  const { image: runs = absent, account = absent, role = absent } = readings.controller ?? {};
  set(
    refOf('k8s/deployment', its.arn, 'kubeflow/profiles-deployment'),
    runs.state === 'found' ? found({ namespace: 'kubeflow', name: 'profiles-deployment', image: runs.value }) : runs,
  );
  set(refOf('k8s/deployment', its.arn, 'profiles-system/profiles-deployment'), absent);
  set(refOf('k8s/service-account', its.arn, 'kubeflow/profiles-controller-service-account'), account);
  set(refOf('iam/role', at, 'controller'), role);
  return factsOf({ caller, cluster: reading, api, namers, things });
}

/**
 * What a fault does: `refuse` before anything is done; `lost`: done, and the client's second try says that it is there; `drop`: done,
 * and nobody hears of it; `killed before`, `killed after`: the process ends, so that it never hears of anything again.
 */
export type Fault = 'refuse' | 'lost' | 'drop' | 'killed before' | 'killed after';

export interface World {
  readonly aws: Aws;
  readonly kubernetes: Kubernetes;
  readonly connect: ConnectKubernetes;
  readonly outside: (signal?: AbortSignal) => Outside;
  /** Every call, in order: "iam:CreateRole", "create profiles". */
  readonly calls: string[];
  readonly writes: () => readonly string[];
  /** Called before each call; may throw a fault's name or abort something. */
  onCall: (call: string) => Fault | undefined;
  /** Waited for at each call: when it is its turn, among others that are made at the same time. */
  turn: () => Promise<void>;
  /** Resolves when the process that is at work now ends: what it does then never comes to its end. */
  readonly killed: () => Promise<undefined>;
  readonly roles: Map<string, Role>;
  readonly providers: Map<string, OidcProvider>;
  /** ARNs of managed policies. */
  readonly policies: Set<string>;
  readonly profiles: Map<string, Profile>;
  readonly namespaces: Map<string, Namespace & { readonly owned: boolean }>;
  /** By `<namespace>/<name>`. */
  readonly accounts: Map<string, ServiceAccount>;
  readonly objects: Map<string, string>;
  /** By name; without settings: of another account. */
  readonly buckets: Map<string, { readonly region: string; readonly settings?: BucketSettings }>;
  /** KMS keys by all names that they are called by. */
  readonly keys: Map<string, KmsKey>;
  /** Objects that are read and written whole, by `<resource> <namespace>/<name>`. */
  readonly kube: Map<string, KubeObject>;
  /** Users of Cognito pools by the pool's id. */
  readonly pools: Map<string, CognitoUser[]>;
  /** Pod Identity associations by id. */
  readonly associations: Map<string, PodIdentity>;
  /** What stands over the account, and the endpoints of the clusters' VPC. */
  readonly above: { organization?: Organization; endpoints: readonly VpcEndpoint[] };
  /** Parts of uploads that were begun and not ended. */
  readonly uploads: Map<string, string[]>;
  /** Where the bucket lies. */
  bucketRegion: string;
  /** By `<namespace>/<name>`. */
  readonly configMaps: Map<string, ConfigMap>;
  /** Release of Kubeflow Pipelines; undefined: it is not installed. */
  pipelines: string | undefined;
  /** Release of the profile controller, and what it could not do. It acts by the role of its service account, else it may edit any. */
  controller: string;
  readonly complaints: string[];
  /** What the caller may not do in the cluster, such as `delete profiles.kubeflow.org`. */
  readonly mayNot: Set<string>;
  /** Puts a Profile as a person does, and lets the controller work. */
  readonly apply: (profile: Profile) => void;
  /** All that a person would miss, without versions and marks. */
  readonly snapshot: (without?: readonly string[]) => unknown;
}

const WRITES =
  /^(iam:(Create|Delete|Put|Update|Add|Remove|Attach|Detach|Tag|Untag)|s3:(CreateBucket|PutBucket|PutEncryption|DeleteObjects)|cognito-idp:Admin|eks:(Create|Delete)|create (?!serviceaccounts\/token|selfsubject)|update |patch |delete )/;

/** A bucket as S3 makes one without being told more. */
export const PLAIN: BucketSettings = { publicAccessBlocked: false, tags: {}, empty: true };

export function world(): World {
  const roles = new Map<string, Role>();
  const providers = new Map<string, OidcProvider>();
  const profiles = new Map<string, Profile>();
  const namespaces = new Map<string, Namespace & { readonly owned: boolean }>();
  const accounts = new Map<string, ServiceAccount>();
  const objects = new Map<string, string>();
  const buckets = new Map<string, { readonly region: string; readonly settings?: BucketSettings }>([
    [BUCKET, { region: 'us-west-2', settings: { ...PLAIN, tags: { team: 'data' }, empty: false } }],
  ]);
  const keys = new Map<string, KmsKey>();
  const kube = new Map<string, KubeObject>();
  const pools = new Map<string, CognitoUser[]>();
  const uploads = new Map<string, string[]>();
  const associations = new Map<string, PodIdentity>();
  const above: World['above'] = { endpoints: [] };
  const configMaps = new Map<string, ConfigMap>();
  const calls: string[] = [];
  let version = 1;
  let unique = 0;

  let died = (): void => undefined;
  /** The end of the process that calls. */
  const die = (): Promise<never> => {
    died();
    return new Promise(() => undefined);
  };

  const self: World = {
    onCall: () => undefined,
    turn: () => Promise.resolve(),
    killed: () =>
      new Promise((resolve) => {
        died = () => resolve(undefined);
      }),
    calls,
    writes: () => calls.filter((call) => WRITES.test(call)),
    roles,
    policies: new Set(),
    providers,
    profiles,
    namespaces,
    accounts,
    objects,
    buckets,
    keys,
    kube,
    pools,
    uploads,
    associations,
    above,
    bucketRegion: 'us-west-2',
    configMaps,
    pipelines: undefined,
    controller: 'v1.10.0',
    complaints: [],
    mayNot: new Set(),
    apply: (profile) => {
      const before = profiles.get(profile.metadata.name);
      profiles.set(profile.metadata.name, versioned({ ...profile, metadata: { ...profile.metadata } }));
      if (JSON.stringify(before) !== JSON.stringify(profile)) reconcile(profile.metadata.name);
    },
    snapshot: (without = []) => {
      const plain = (value: unknown): unknown =>
        JSON.parse(
          JSON.stringify(value, (key, item: unknown) =>
            key === 'resourceVersion' || key === 'kubeflow-irsa/run' || key === 'kubeflow-irsa/made-by'
              ? undefined
              : item,
          ),
        );
      const sorted = (map: ReadonlyMap<string, unknown>): unknown =>
        plain([...map].filter(([key]) => !without.includes(key)).sort(([a], [b]) => (a < b ? -1 : 1)));
      // IAM lists policies by name.
      const inOrder = [...roles].map(
        ([name, role]) =>
          [name, { ...role, inline: [...role.inline].sort((a, b) => (a.name < b.name ? -1 : 1)) }] as const,
      );
      return [
        new Map(inOrder),
        providers,
        profiles,
        namespaces,
        accounts,
        objects,
        configMaps,
        kube,
        pools,
        buckets,
        new Map([...associations.values()].map((one) => [`${one.namespace}/${one.serviceAccount}`, one] as const)),
      ].map(sorted);
    },
    outside: (signal) => ({
      aws,
      kubernetes,
      unique: () => `unique-${++unique}`,
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      ...(signal === undefined ? {} : { signal }),
    }),
    get aws() {
      return aws;
    },
    get kubernetes() {
      return kubernetes;
    },
    connect: () => Promise.resolve(kubernetes),
  };

  const versioned = (profile: Profile): Profile => ({
    ...profile,
    metadata: { ...profile.metadata, resourceVersion: String(version++) },
  });

  /** One round of the profile controller for one Profile. */
  function reconcile(name: string): void {
    const profile = profiles.get(name);
    if (profile === undefined) return;
    const owner = profile.spec?.owner?.name;
    const namespace = namespaces.get(name);
    if (namespace === undefined)
      namespaces.set(name, { name, deleting: false, owned: true, ...(owner === undefined ? {} : { owner }) });
    else if (namespace.owner !== owner) return;
    for (const account of ['default', 'default-editor'])
      if (!accounts.has(`${name}/${account}`))
        accounts.set(`${name}/${account}`, { namespace: name, name: account, annotations: {} });
    if (owner !== undefined) letIn(name, owner);
    const { awsIamRole: role, annotateOnly } = irsaPlugin(profile) ?? { annotateOnly: true };
    const editor = accounts.get(`${name}/default-editor`);
    if (role !== undefined && editor !== undefined)
      accounts.set(`${name}/default-editor`, {
        ...editor,
        annotations: { ...editor.annotations, [ROLE_ANNOTATION]: role },
      });
    if (role !== undefined && (!annotateOnly || self.controller.startsWith('v1.6'))) editTrust(name, role, 'apply');
    syncPipelines(name);
    // The real one writes the Profile back once: with an empty quota, in a new version.
    if (profile.spec !== undefined && !('resourceQuotaSpec' in profile.spec))
      profiles.set(name, versioned({ ...profile, spec: { ...profile.spec, resourceQuotaSpec: {} } }));
  }

  /** The profile controller at a role's trust policy (plugin_iam.go): it finds the role by its name alone. */
  function editTrust(namespace: string, arn: string, when: 'apply' | 'delete'): void {
    const role = roles.get(arn.slice(arn.lastIndexOf('/') + 1));
    const its = accounts.get('kubeflow/profiles-controller-service-account')?.annotations[ROLE_ANNOTATION];
    const policies = [...roles.values()]
      .filter((one) => one.arn === its)
      .flatMap(({ inline }) => inline.map(({ text }) => JSON.parse(text) as unknown));
    const mayDo = (action: string): boolean =>
      its === undefined || may(policies, action, role?.arn ?? arn, { values: {} }) === 'yes';
    if (role === undefined || !mayDo('iam:GetRole')) return void self.complaints.push(`iam:GetRole ${arn}`);
    const rewriting = controllerWrites(role.trustPolicy, `system:serviceaccount:${namespace}:default-editor`, when);
    if (rewriting.outcome === 'fails') return void self.complaints.push(rewriting.why);
    if (rewriting.outcome === 'keeps') return;
    if (!mayDo('iam:UpdateAssumeRolePolicy')) return void self.complaints.push(`iam:UpdateAssumeRolePolicy ${arn}`);
    roles.set(role.name, { ...role, trustPolicy: rewriting.policy });
  }

  /** What the controller makes for the owner: put right where it is not, all but the annotation `user`. */
  function letIn(namespace: string, owner: string): void {
    const made = { name: 'namespaceAdmin', namespace, annotations: { user: owner, role: 'admin' } };
    const put = (resource: string, name: string, rest: object): void => {
      const key = `${resource} ${namespace}/${name}`;
      const { metadata, ...there } = kube.get(key) ?? { metadata: { ...made, name } };
      if (JSON.stringify(there) === JSON.stringify(rest)) return;
      kube.set(key, { ...rest, metadata: { ...metadata, resourceVersion: String(version++) } });
    };
    put('rolebindings', 'namespaceAdmin', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kubeflow-admin' },
      subjects: [{ kind: 'User', name: owner, apiGroup: 'rbac.authorization.k8s.io' }],
    });
    put('authorizationpolicies', 'ns-owner-access-istio', {
      apiVersion: 'security.istio.io/v1beta1',
      kind: 'AuthorizationPolicy',
      spec: {
        rules: [
          {
            from: [{ source: { principals: ['gateway', 'pipelines-ui'] } }],
            when: [{ key: 'request.headers[kubeflow-userid]', values: [owner] }],
          },
          { when: [{ key: 'source.namespace', values: [namespace] }] },
        ],
      },
    });
  }

  /** What the pipelines profile controller puts into a namespace since 2.15 (sync.py). */
  function syncPipelines(namespace: string): void {
    if (self.pipelines === undefined || !self.pipelines.startsWith('2.1')) return;
    const root = `minio://mlpipeline/private-artifacts/${namespace}/v2/artifacts`;
    const keys = { accessKeySecret: { name: 'mlpipeline-minio-artifact', key: 'accesskey' } };
    const s3 = {
      endpoint: 'seaweedfs.kubeflow:9000',
      bucket: 'mlpipeline',
      keyFormat: 'private',
      insecure: true,
      ...keys,
    };
    const made: readonly ConfigMap[] = [
      { namespace, name: 'kfp-launcher', data: { clusterDomain: 'cluster.local', defaultPipelineRoot: root } },
      {
        namespace,
        name: 'artifact-repositories',
        annotations: { 'workflows.argoproj.io/default-artifact-repository': 'default-namespaced' },
        data: { 'default-namespaced': JSON.stringify({ archiveLogs: true, s3 }) },
      },
    ];
    for (const one of made)
      if (!configMaps.has(`${namespace}/${one.name}`))
        configMaps.set(`${namespace}/${one.name}`, { ...one, resourceVersion: String(version++) });
  }

  const error = (code: string, message = code): OutsideError => new OutsideError(message, code);

  /** A call that reads. */
  const read = async <T>(call: string, answer: () => T | undefined): Promise<Reading<T>> => {
    calls.push(call);
    await self.turn();
    const fault = self.onCall(call);
    if (fault?.startsWith('killed')) return die();
    if (fault !== undefined) return failed('the connection was broken off', 'ECONNRESET');
    const value = answer();
    return value === undefined ? absent : found(value);
  };
  /** A call that writes; `exists`: the code for what is there already. */
  const write = async (call: string, work: () => void, exists = 'EntityAlreadyExists'): Promise<void> => {
    calls.push(call);
    await self.turn();
    const fault = self.onCall(call);
    if (fault === 'refuse') throw error('ServiceUnavailable', 'try again later');
    if (fault === 'killed before') return die();
    work();
    if (fault === 'killed after') return die();
    if (fault === 'drop') throw error('ECONNRESET', 'the connection was broken off');
    if (fault === 'lost') {
      try {
        work();
      } catch (refusal) {
        throw refusal instanceof OutsideError ? refusal : error(exists);
      }
    }
  };
  const roleOf = (name: string): Role => {
    const role = roles.get(name);
    if (role === undefined) throw error('NoSuchEntity');
    return role;
  };
  const tokenOf = (namespace: string, name: string): string =>
    `x.${Buffer.from(JSON.stringify({ iss: ISSUER, sub: `system:serviceaccount:${namespace}:${name}` })).toString('base64url')}.x`;

  const setting = (call: string, name: string, change: Partial<BucketSettings>): Promise<void> =>
    write(call, () => {
      const bucket = buckets.get(name);
      if (bucket?.settings === undefined) throw error('NoSuchBucket');
      buckets.set(name, { ...bucket, settings: { ...bucket.settings, ...change } });
    });
  const regionOf = (name: string): string | undefined =>
    name === BUCKET ? self.bucketRegion : buckets.get(name)?.region;
  /** What KMS says when S3 uses a bucket's key for a role. */
  const useKey = (bucket: string, role: Role, action: string): void => {
    const name = buckets.get(bucket)?.settings?.encryption?.key;
    const key = name === undefined ? undefined : keys.get(name);
    if (key === undefined || key.managedByAws) return;
    const said = `User: arn:aws:sts::${ACCOUNT}:assumed-role/${role.name}/x is not authorized to perform: ${action} on resource: ${key.arn} because no`;
    const policies = role.inline.map(({ text }) => JSON.parse(text) as unknown);
    if (may(policies, action, key.arn, { values: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } }) !== 'yes')
      throw error('AccessDenied', `${said} identity-based policy allows the ${action} action`);
    if (judgeKeyPolicy(key.policy ?? '', key.arn, role.arn, 'prefix').answer === 'no')
      throw error('AccessDenied', `${said} resource-based policy allows the ${action} action`);
  };

  const aws: Aws = {
    region: 'us-west-2',
    caller: () =>
      read('sts:GetCallerIdentity', () => ({ account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/admin` })),
    clusterNames: () => read('eks:ListClusters', () => ['dev']),
    cluster: (name) => read('eks:DescribeCluster', () => (name === 'dev' ? cluster : undefined)),
    buckets: () =>
      read('s3:ListAllMyBuckets', () => [...buckets].map(([name]) => ({ name, region: regionOf(name) ?? '' }))),
    bucket: (name) =>
      read('s3:HeadBucket', () => {
        const bucket = buckets.get(name);
        return bucket && { name, region: regionOf(name) ?? '', accessible: bucket.settings !== undefined };
      }),
    bucketEncryption: async (name) => {
      const bucket = buckets.get(name);
      if (bucket === undefined || bucket.settings !== undefined)
        return read('s3:GetBucketEncryption', () => bucket?.settings?.encryption);
      calls.push('s3:GetBucketEncryption');
      return denied('s3:GetEncryptionConfiguration', 'Access Denied');
    },
    bucketPolicy: (name) => read('s3:GetBucketPolicy', () => buckets.get(name)?.settings?.policy),
    bucketSettings: (name) => read('s3:GetBucketSettings', () => buckets.get(name)?.settings),
    key: (name) => read('kms:DescribeKey', () => keys.get(name)),
    createBucket: (name) =>
      write(
        's3:CreateBucket',
        () => {
          const there = buckets.get(name);
          if (there !== undefined)
            throw error(there.settings === undefined ? 'BucketAlreadyExists' : 'BucketAlreadyOwnedByYou');
          buckets.set(name, { region: 'us-west-2', settings: { ...PLAIN, ownership: 'BucketOwnerEnforced' } });
        },
        'BucketAlreadyOwnedByYou',
      ),
    tagBucket: (name, tags) => setting('s3:PutBucketTagging', name, { tags }),
    blockPublicAccess: (name) => setting('s3:PutBucketPublicAccessBlock', name, { publicAccessBlocked: true }),
    setOwnership: (name, ownership) => setting('s3:PutBucketOwnershipControls', name, { ownership }),
    encryptBucket: (name, encryption) => setting('s3:PutEncryptionConfiguration', name, { encryption }),
    putBucketPolicy: (name, policy) => setting('s3:PutBucketPolicy', name, { policy }),
    oidcProvider: (arn) => read('iam:GetOpenIDConnectProvider', () => providers.get(arn)),
    oidcProviderArns: () => read('iam:ListOpenIDConnectProviders', () => [...providers.keys()]),
    role: async (name) => {
      calls.push('iam:GetRolePolicy', 'iam:ListRolePolicies', 'iam:ListAttachedRolePolicies');
      return read('iam:GetRole', () => roles.get(name));
    },
    bareRole: (name) =>
      read('iam:GetRole', () => {
        const role = roles.get(name);
        return role && bareOf(role);
      }),
    rolePolicy: (name, policy) =>
      read('iam:GetRolePolicy', () => roles.get(name)?.inline.find((one) => one.name === policy)?.text),
    policyDocument: (arn) =>
      read('iam:GetPolicyVersion', () => (self.policies.has(arn) ? JSON.stringify({ Statement: [] }) : undefined)),
    policy: (arn) => read('iam:GetPolicy', () => (self.policies.has(arn) ? { arn } : undefined)),
    // Neither is in RoleDetail (botocore IAM model).
    rolesPage: () =>
      read('iam:GetAccountAuthorizationDetails', () => ({
        roles: [...roles.values()].map(({ description: _description, maxSession: _maxSession, ...listed }) => listed),
      })),
    roleSettings: () =>
      read(
        'iam:ListRoles',
        () =>
          new Map(
            [...roles]
              .flatMap(([name, role]) => [[name, settingsOf(role)] as const])
              .flatMap(([name, settings]) => (settings === undefined ? [] : [[name, settings] as const])),
          ),
      ),
    createOidcProvider: (issuer, audience, tags) =>
      write('iam:CreateOpenIDConnectProvider', () => {
        const arn = providerArn('aws', ACCOUNT, issuer);
        if (providers.has(arn)) throw error('EntityAlreadyExists');
        providers.set(arn, { arn, clientIds: [audience], tags });
      }),
    addAudience: (arn, audience) =>
      write('iam:AddClientIDToOpenIDConnectProvider', () => {
        const provider = providers.get(arn);
        if (provider === undefined) throw error('NoSuchEntity');
        providers.set(arn, { ...provider, clientIds: [...new Set([...provider.clientIds, audience])] });
      }),
    removeAudience: (arn, audience) =>
      write('iam:RemoveClientIDFromOpenIDConnectProvider', () => {
        const provider = providers.get(arn);
        if (provider !== undefined)
          providers.set(arn, { ...provider, clientIds: provider.clientIds.filter((id) => id !== audience) });
      }),
    deleteOidcProvider: (arn) => write('iam:DeleteOpenIDConnectProvider', () => void providers.delete(arn)),
    createRole: (role) =>
      write('iam:CreateRole', () => {
        if (roles.has(role.name)) throw error('EntityAlreadyExists');
        if (![...providers.keys()].some((arn) => role.trustPolicy.includes(arn)))
          throw error('MalformedPolicyDocument', 'Invalid principal in policy');
        roles.set(role.name, { maxSession: 3600, ...role, inline: [], attached: [] });
      }),
    updateRole: (name, { description, maxSession }) =>
      write('iam:UpdateRole', () => void roles.set(name, { ...roleOf(name), description, maxSession })),
    setBoundary: (name, arn) =>
      write(arn === undefined ? 'iam:DeleteRolePermissionsBoundary' : 'iam:PutRolePermissionsBoundary', () => {
        const { boundary, ...role } = roleOf(name);
        if (arn === undefined && boundary === undefined) throw error('NoSuchEntity');
        roles.set(name, arn === undefined ? role : { ...role, boundary: arn });
      }),
    tagRole: (name, key, value) =>
      write(value === undefined ? 'iam:UntagRole' : 'iam:TagRole', () => {
        const role = roleOf(name);
        const others = Object.fromEntries(Object.entries(role.tags).filter(([tag]) => tag !== key));
        roles.set(name, { ...role, tags: value === undefined ? others : { ...others, [key]: value } });
      }),
    updateTrustPolicy: (name, trust) =>
      write('iam:UpdateAssumeRolePolicy', () => void roles.set(name, { ...roleOf(name), trustPolicy: trust })),
    putRolePolicy: (name, policy, text) =>
      write('iam:PutRolePolicy', () => {
        const role = roleOf(name);
        const others = role.inline.filter((one) => one.name !== policy);
        roles.set(name, { ...role, inline: [...others, { name: policy, text }] });
      }),
    roleAttachments: (name) => read('iam:ListAttachedRolePolicies', () => roles.get(name)?.attached),
    attachRolePolicy: (name, arn) =>
      write('iam:AttachRolePolicy', () => {
        const role = roleOf(name);
        roles.set(name, { ...role, attached: [...new Set([...role.attached, arn])] });
      }),
    detachRolePolicy: (name, arn) =>
      write('iam:DetachRolePolicy', () => {
        const role = roleOf(name);
        if (!role.attached.includes(arn)) throw error('NoSuchEntity');
        roles.set(name, { ...role, attached: role.attached.filter((one) => one !== arn) });
      }),
    instanceProfiles: (name) => read('iam:ListInstanceProfilesForRole', () => roles.get(name)?.instanceProfiles ?? []),
    prefixData: (bucket, region, prefix, most) =>
      read('s3:ListObjectVersions', () => {
        const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
        if (keys.length === 0) return undefined;
        const bytes = keys.reduce((sum, key) => sum + (objects.get(key)?.length ?? 0), 0);
        const counts = { objects: keys.length, versions: 0, markers: 0, bytes, uploads: 0 };
        return { bucket, region, prefix, ...counts, ...(keys.length > most ? { more: true as const } : {}) };
      }),
    deletePrefix: (_bucket, _region, prefix) =>
      write('s3:DeleteObjects', () => {
        for (const key of [...objects.keys()]) if (key.startsWith(prefix)) objects.delete(key);
      }),
    addon: async () => absent,
    organization: () => read('organizations:DescribeOrganization', () => above.organization),
    vpcEndpoints: () => read('ec2:DescribeVpcEndpoints', () => above.endpoints),
    podIdentityAssociations: () =>
      read('eks:ListPodIdentityAssociations', () => [...associations].map(([id, one]) => ({ ...one, id }))),
    podIdentity: (_cluster, namespace, serviceAccount) =>
      read('eks:DescribePodIdentityAssociation', () => {
        const [id, one] =
          [...associations].find(([, its]) => its.namespace === namespace && its.serviceAccount === serviceAccount) ??
          [];
        return one === undefined || id === undefined ? undefined : { ...one, id };
      }),
    createPodIdentity: (_cluster, { id: _given, ...association }) =>
      write('eks:CreatePodIdentityAssociation', () => {
        if (
          [...associations.values()].some(
            ({ namespace, serviceAccount }) =>
              namespace === association.namespace && serviceAccount === association.serviceAccount,
          )
        )
          throw error('ResourceInUseException');
        associations.set(`a-${++unique}`, association);
      }),
    deletePodIdentity: (_cluster, id) => write('eks:DeletePodIdentityAssociation', () => void associations.delete(id)),
    deleteRole: (name) =>
      write('iam:DeleteRole', () => {
        const { inline, attached, instanceProfiles = [] } = roleOf(name);
        if (inline.length + attached.length + instanceProfiles.length > 0) throw error('DeleteConflict');
        roles.delete(name);
      }),
    deleteRolePolicy: (name, policy) =>
      write('iam:DeleteRolePolicy', () => {
        const role = roleOf(name);
        roles.set(name, { ...role, inline: role.inline.filter((one) => one.name !== policy) });
      }),
    assumeRoleWithWebIdentity: async (roleArn, token) => {
      calls.push('sts:AssumeRoleWithWebIdentity');
      const fault = self.onCall('sts:AssumeRoleWithWebIdentity');
      if (fault?.startsWith('killed')) return die();
      if (fault !== undefined) throw error('ECONNRESET');
      const role = [...roles.values()].find(({ arn }) => arn === roleArn);
      const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
      const trust: unknown = role === undefined ? {} : JSON.parse(role.trustPolicy);
      if (!providers.has(PROVIDER)) throw error('InvalidIdentityToken');
      if (mayAssume(trust, { provider: PROVIDER, sub, aud: AUDIENCE }) !== 'yes') throw error('AccessDenied');
      return { accessKeyId: role?.name ?? '', secretAccessKey: '', sessionToken: '' };
    },
    objects: (bucket, region, credentials) => {
      const policiesOf = (name: string) => roles.get(name)?.inline.map(({ text }) => JSON.parse(text) as unknown);
      const act = async <T>(call: string, action: string, key: string, prefix: string | undefined, work: () => T) => {
        calls.push(call);
        await self.turn();
        const fault = self.onCall(call);
        if (fault === 'refuse') throw error('ECONNRESET');
        if (fault === 'killed before') return die();
        // S3 sends callers away before it asks who they are.
        if (region !== regionOf(bucket)) throw error('PermanentRedirect');
        const resource = `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
        const policies = credentials === undefined ? undefined : policiesOf(credentials.accessKeyId);
        const values: Record<string, string> = prefix === undefined ? {} : { 's3:prefix': prefix };
        if (policies !== undefined && may(policies, action, resource, { values }) !== 'yes')
          throw error('AccessDenied');
        const role = credentials === undefined ? undefined : roles.get(credentials.accessKeyId);
        if (role !== undefined && action === 's3:PutObject') useKey(bucket, role, 'kms:GenerateDataKey');
        if (role !== undefined && action === 's3:GetObject') useKey(bucket, role, 'kms:Decrypt');
        const done = work();
        if (fault === 'killed after') return die();
        if (fault !== undefined) throw error('ECONNRESET');
        return done;
      };
      const on = <T>(call: string, key: string, work: () => T, action = call): Promise<T> =>
        act(call, action, key, undefined, work);
      const uploadOf = (upload: string): string[] => {
        const parts = uploads.get(upload);
        if (parts === undefined) throw error('NoSuchUpload');
        return parts;
      };
      return {
        put: (key, body) => on('s3:PutObject', key, () => void objects.set(key, body)),
        get: (key) =>
          on('s3:GetObject', key, () => {
            const body = objects.get(key);
            if (body === undefined) throw error('NoSuchKey');
            return body;
          }),
        delete: (key) => on('s3:DeleteObject', key, () => void objects.delete(key)),
        list: (prefix) =>
          act('s3:ListBucket', 's3:ListBucket', '', prefix, () =>
            [...objects.keys()].filter((key) => key.startsWith(prefix)),
          ),
        beginUpload: (key) =>
          on(
            's3:CreateMultipartUpload',
            key,
            () => {
              const id = `upload-${uploads.size} ${key}`;
              uploads.set(id, []);
              return { id, again: false };
            },
            's3:PutObject',
          ),
        uploadPart: (key, upload, number, body) =>
          on(
            's3:UploadPart',
            key,
            () => {
              uploadOf(upload)[number - 1] = body;
              return `tag-${number}`;
            },
            's3:PutObject',
          ),
        completeUpload: (key, upload, tags) =>
          on(
            's3:CompleteMultipartUpload',
            key,
            () => {
              const parts = uploadOf(upload);
              assert.deepEqual(
                tags,
                parts.map((_, at) => `tag-${at + 1}`),
              );
              uploads.delete(upload);
              objects.set(key, parts.join(''));
            },
            's3:PutObject',
          ),
        uploads: (key) =>
          on(
            's3:ListMultipartUploads',
            key,
            () => [...uploads.keys()].filter((id) => id.endsWith(` ${key}`)),
            's3:ListBucketMultipartUploads',
          ),
        abortUpload: (key, upload) => on('s3:AbortMultipartUpload', key, () => void uploads.delete(upload)),
      };
    },
    userPools: () => cognito,
    eksToken: () => Promise.resolve('token'),
  };
  const cognito: UserPools = {
    pools: () =>
      read('cognito-idp:ListUserPools', () =>
        [...pools.keys()].map((id) => ({ id, region: 'us-west-2', name: 'people' })),
      ),
    users: (pool, email) =>
      read('cognito-idp:ListUsers', () => pools.get(pool)?.filter((one) => email === undefined || one.email === email)),
    createUser: (pool, email) =>
      write(
        'cognito-idp:AdminCreateUser',
        () => {
          const users = pools.get(pool);
          if (users === undefined) throw error('ResourceNotFoundException');
          if (users.some((one) => one.email === email)) throw error('UsernameExistsException');
          users.push({ pool, username: `sub-${users.length}`, email, status: 'FORCE_CHANGE_PASSWORD' });
        },
        'UsernameExistsException',
      ),
    deleteUser: (pool, username) =>
      write('cognito-idp:AdminDeleteUser', () => {
        pools.set(
          pool,
          (pools.get(pool) ?? []).filter((one) => one.username !== username),
        );
      }),
  };

  /** What a list of a kind holds, by profile. */
  const itemsOf = <K extends keyof Listable>(kind: K): ReadonlyMap<string, Listable[K]> => {
    const all: { readonly [L in keyof Listable]: () => readonly (readonly [string, Listable[L]])[] } = {
      profiles: () => [...profiles].map(([name, profile]) => [name, { ...profile, finalizers: [] }]),
      namespaces: () => [...namespaces].map(([name, namespace]) => [name, ownedBy(namespace, namespace.owner)]),
      editors: () =>
        [...accounts.values()].filter(({ name }) => name === 'default-editor').map((one) => [one.namespace, one]),
      launchers: () =>
        [...configMaps.values()].filter(({ name }) => name === 'kfp-launcher').map((one) => [one.namespace, one]),
    };
    return new Map(all[kind]());
  };
  const kubernetes: Kubernetes = {
    api: () => read('get /apis', () => ({ connection: 'kubeconfig context dev', profileVersions: ['v1', 'v1beta1'] })),
    profile: (name) => read('get profiles', () => profiles.get(name)),
    configMaps: (name) => read('list configmaps', () => [...configMaps.values()].filter((one) => one.name === name)),
    profiles: () => read('list profiles', () => [...profiles.values()]),
    profileNames: (limit) => read('list profiles', () => [...profiles.keys()].sort().slice(0, limit)),
    namespace: (name) =>
      read('get namespaces', () => {
        const namespace = namespaces.get(name);
        return namespace && { ...ownedBy(namespace, namespace.owner), ...(namespace.owned ? { ofProfile: name } : {}) };
      }),
    serviceAccount: (namespace, name) => read('get serviceaccounts', () => accounts.get(`${namespace}/${name}`)),
    may: (verb, resource) => read('create selfsubjectaccessreviews', () => !self.mayNot.has(`${verb} ${resource}`)),
    createProfile: (profile) =>
      write(
        'create profiles',
        () => {
          if (profiles.has(profile.metadata.name)) throw error('AlreadyExists');
          self.apply(profile);
        },
        'AlreadyExists',
      ),
    replaceProfile: (profile) =>
      write('update profiles', () => {
        const now = profiles.get(profile.metadata.name);
        if (now === undefined) throw error('NotFound');
        if (now.metadata.resourceVersion !== profile.metadata.resourceVersion) throw error('Conflict');
        self.apply(profile);
      }),
    deleteProfile: (name) =>
      write('delete profiles', () => {
        const plugin = irsaPlugin(profiles.get(name) ?? newProfile(name, '', '', true));
        if (plugin?.awsIamRole !== undefined && !plugin.annotateOnly) editTrust(name, plugin.awsIamRole, 'delete');
        profiles.delete(name);
        // The service account is owned by the Profile, also in a namespace that is not.
        accounts.delete(`${name}/default-editor`);
        kube.delete(`rolebindings ${name}/namespaceAdmin`);
        kube.delete(`authorizationpolicies ${name}/ns-owner-access-istio`);
        if (namespaces.get(name)?.owned !== true) return;
        namespaces.delete(name);
        for (const all of [accounts, configMaps])
          for (const key of [...all.keys()]) if (key.startsWith(`${name}/`)) all.delete(key);
        for (const key of [...kube.keys()]) if (key.includes(` ${name}/`)) kube.delete(key);
      }),
    annotate: (resource, name, annotations, before, namespace) =>
      write(`update ${resource}`, () => {
        const now =
          resource === 'namespaces'
            ? { owner: namespaces.get(name)?.owner }
            : accounts.get(`${namespace ?? ''}/${name}`)?.annotations;
        if (Object.entries(before).some(([key, value]) => (now as Record<string, string | undefined>)[key] !== value))
          throw error('Conflict');
        if (resource === 'namespaces') {
          const owned = namespaces.get(name)?.owned ?? false;
          namespaces.set(name, {
            ...ownedBy(namespaces.get(name) ?? { name, deleting: false }, annotations['owner']),
            owned,
          });
          if (owned) reconcile(name);
          return;
        }
        const account = accounts.get(`${namespace ?? ''}/${name}`);
        if (account === undefined) throw error('NotFound');
        const merged = Object.entries({ ...account.annotations, ...annotations }).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        );
        accounts.set(`${namespace ?? ''}/${name}`, { ...account, annotations: Object.fromEntries(merged) });
        reconcile(namespace ?? '');
      }),
    waitForServiceAccount: async (namespace, name, wanted) => {
      calls.push('watch serviceaccounts');
      await self.turn();
      if (self.onCall('watch serviceaccounts')?.startsWith('killed')) return die();
      const account = accounts.get(`${namespace}/${name}`);
      return account !== undefined && wanted(account) ? account : undefined;
    },
    object: (resource, namespace, name) => read(`get ${resource}`, () => kube.get(`${resource} ${namespace}/${name}`)),
    objects: (resource, namespace) =>
      read(`list ${resource}`, () =>
        [...kube].flatMap(([key, object]) =>
          key.startsWith(`${resource} ${namespace === undefined ? '' : `${namespace}/`}`) ? [object] : [],
        ),
      ),
    createObject: (resource, object) =>
      write(
        `create ${resource}`,
        () => {
          const key = `${resource} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
          if (kube.has(key)) throw error('AlreadyExists');
          kube.set(key, { ...object, metadata: { ...object.metadata, resourceVersion: String(version++) } });
        },
        'AlreadyExists',
      ),
    replaceObject: (resource, object) =>
      write(`update ${resource}`, () => {
        const key = `${resource} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
        const now = kube.get(key);
        if (now === undefined) throw error('NotFound');
        if (now.metadata.resourceVersion !== object.metadata.resourceVersion) throw error('Conflict');
        kube.set(key, { ...object, metadata: { ...object.metadata, resourceVersion: String(version++) } });
        // The profile controller watches what it made.
        reconcile(object.metadata.namespace ?? '');
      }),
    deleteObject: (resource, namespace, name) =>
      write(`delete ${resource}`, () => {
        if (!kube.delete(`${resource} ${namespace}/${name}`)) throw error('NotFound');
      }),
    configMap: (namespace, name) => read('get configmaps', () => configMaps.get(`${namespace}/${name}`)),
    createConfigMap: (configMap) =>
      write(
        'create configmaps',
        () => {
          const key = `${configMap.namespace}/${configMap.name}`;
          if (!namespaces.has(configMap.namespace)) throw error('NotFound');
          if (configMaps.has(key)) throw error('AlreadyExists');
          configMaps.set(key, { ...configMap, resourceVersion: String(version++) });
        },
        'AlreadyExists',
      ),
    patchConfigMap: ({ namespace, name, resourceVersion }, data) =>
      write('patch configmaps', () => {
        const now = configMaps.get(`${namespace}/${name}`);
        if (now === undefined) throw error('NotFound');
        if (now.resourceVersion !== resourceVersion) throw error('Conflict');
        configMaps.set(`${namespace}/${name}`, { ...now, data, resourceVersion: String(version++) });
      }),
    deleteConfigMap: (namespace, name) =>
      write('delete configmaps', () => {
        configMaps.delete(`${namespace}/${name}`);
        syncPipelines(namespace);
      }),
    waitForConfigMap: async (namespace, name, wanted) => {
      calls.push('watch configmaps');
      await self.turn();
      if (self.onCall('watch configmaps')?.startsWith('killed')) return die();
      const configMap = configMaps.get(`${namespace}/${name}`);
      return configMap !== undefined && wanted(configMap) ? configMap : undefined;
    },
    deployment: (namespace, name) =>
      read('get deployments', () => {
        if (kube.has(`deployments ${namespace}/${name}`))
          return deploymentOf(kube.get(`deployments ${namespace}/${name}`));
        if (namespace !== 'kubeflow') return undefined;
        if (name === 'profiles-deployment')
          return { namespace, name, image: `docker.io/kubeflownotebookswg/profile-controller:${self.controller}` };
        return self.pipelines === undefined || name !== 'ml-pipeline'
          ? undefined
          : { namespace, name, image: `ghcr.io/kubeflow/kfp-api-server:${self.pipelines}` };
      }),
    serviceAccountToken: async (namespace, name) => {
      calls.push('create serviceaccounts/token');
      const fault = self.onCall('create serviceaccounts/token');
      if (fault?.startsWith('killed')) return die();
      if (fault !== undefined) throw error('ECONNRESET');
      if (!accounts.has(`${namespace}/${name}`)) throw error('NotFound');
      return tokenOf(namespace, name);
    },
    list: (kind) => read(`list ${kind}`, () => ({ items: [...itemsOf(kind).values()], version: String(version) })),
    one: (kind, name) => read(`get ${kind}`, () => itemsOf(kind).get(name)),
    watch: (kind, _version, _onChange, signal) => {
      calls.push(`watch ${kind}`);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
    serviceAccounts: (namespace) =>
      read('list serviceaccounts', () =>
        [...accounts.values()].filter((one) => namespace === undefined || one.namespace === namespace),
      ),
    profileController: () =>
      read('get deployments', () => ({
        namespace: 'kubeflow',
        name: 'profiles-deployment',
        image: `profile-controller:${self.controller}`,
      })),
    inspect: async () => found([]),
    tryPod: async () => denied('create pods', 'cannot create resource "pods"'),
    close: () => undefined,
  };
  return self;
}

const ownedBy = (
  { name, deleting, deletionTimestamp, remaining }: Namespace,
  owner: string | undefined,
): Namespace => ({
  name,
  deleting,
  ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  ...(remaining === undefined ? {} : { remaining }),
  ...(owner === undefined ? {} : { owner }),
});

/** A world with the cluster's provider. */
export function worldWithProvider(): World {
  const made = world();
  made.providers.set(PROVIDER, { arn: PROVIDER, clientIds: [AUDIENCE] });
  return made;
}

/** Puts a profile with its role into a world, as some other tool made them. */
export function putProfile(
  to: World,
  name: string,
  role: Partial<Role> & { readonly name: string },
  profile: Profile = newProfile(name, `${name}@example.com`, role.arn ?? arnOf(role.name), true),
): void {
  to.roles.set(role.name, {
    arn: arnOf(role.name),
    trustPolicy: trustFor(name),
    tags: {},
    inline: [{ name: 'kf-pipeline-s3', text: policyFor(name) }],
    attached: [],
    ...role,
  });
  to.apply(profile);
}
