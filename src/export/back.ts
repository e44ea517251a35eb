/**
 * What files of Kubernetes objects say of roles and profiles, read back: of ACK, of Crossplane, of kro's KubeflowS3Profile, and of what
 * Kubeflow itself reads. To compare with what is wanted or there; a file that others wrote or changed is read as well.
 */
import { parseAllDocuments } from 'yaml';
import { DEFAULT_SESSION } from '../core/arn/role.ts';
import type { Kind, Ref, Things } from '../core/kinds.ts';
import type { BareRole, BucketSettings, Profile } from '../core/observation.ts';
import { accountArn, bucketRef, refOf } from '../core/plan/plan.ts';
import { permissionsPolicy, POLICY_NAME, policyText, providerArn, trustPolicy } from '../core/policy/build.ts';
import { newProfile } from '../core/profile/manifest.ts';
import { LAUNCHER } from '../core/profile/pipelines.ts';
import { isObject, record, type Json } from '../core/records.ts';
import type { AccessLevel } from '../core/request.ts';
import { DEFAULTS, INSTANCE_KIND } from './kroGraph.ts';
import type { KubeObject } from './objects.ts';
import type { ExportedCluster } from './things.ts';

/** One thing as a file says it. */
export type Said = { [P in Kind]: { readonly ref: Ref<P>; readonly value: Things[P] } }[Kind];

/** The objects of files, Lists taken apart. What is no YAML, or no object, is left out. */
export function objectsOf(texts: Iterable<string>): readonly KubeObject[] {
  const isKube = (value: unknown): value is KubeObject =>
    isObject(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    typeof record(value['metadata'])['name'] === 'string';
  const found: KubeObject[] = [];
  for (const text of texts)
    for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
      const value: unknown = 'errors' in document && document.errors.length === 0 ? document.toJS() : undefined;
      const items = isObject(value) && value['kind'] === 'List' ? value['items'] : [value];
      for (const item of Array.isArray(items) ? (items as readonly unknown[]) : []) if (isKube(item)) found.push(item);
    }
  return found;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
const map = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(record(value)).map(([key, item]) => [key, String(item)]));
/** Tags as ACK writes them, a list. */
const tagList = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (Array.isArray(value) ? value : []).map(record).map(({ key, value: its }) => [text(key), text(its)]),
  );

interface SaidRole {
  readonly name: string;
  readonly path?: unknown;
  readonly trust: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly boundary?: unknown;
  readonly description?: unknown;
  readonly maxSession?: unknown;
  readonly inline: Readonly<Record<string, string>>;
  readonly attached: readonly string[];
}

/** A role with its policies, as the things that it is. */
function roleThings(cluster: ExportedCluster, said: SaidRole): readonly Said[] {
  const { name, path, trust, tags, boundary, description, maxSession, inline, attached } = said;
  const role: BareRole = {
    arn: `arn:${cluster.partition}:iam::${cluster.account}:role${text(path) || '/'}${name}`,
    name,
    trustPolicy: trust,
    tags,
    ...(text(boundary) === '' ? {} : { boundary: text(boundary) }),
    ...(text(description) === '' ? {} : { description: text(description) }),
    // Who does not say it gets what IAM gives.
    maxSession: typeof maxSession === 'number' ? maxSession : DEFAULT_SESSION,
  };
  const at = accountArn(cluster);
  return [{ ref: refOf('iam/role', at, name), value: role }, ...partsOf(cluster, name, inline, attached)];
}

const partsOf = (
  cluster: ExportedCluster,
  role: string,
  inline: Readonly<Record<string, string>>,
  attached: readonly string[],
): readonly Said[] => [
  ...Object.entries(inline).map(([name, policy]): Said => ({
    ref: refOf('iam/role-policy', accountArn(cluster), `${role}/${name}`),
    value: { text: policy },
  })),
  ...attached.map((policyArn): Said => ({
    ref: refOf('iam/role-attachment', accountArn(cluster), `${role}/${policyArn}`),
    value: { policyArn },
  })),
];

function providerThing(
  cluster: ExportedCluster,
  url: unknown,
  clientIds: unknown,
  tags: Readonly<Record<string, string>>,
): Said {
  const arn = providerArn(cluster.partition, cluster.account, text(url));
  return { ref: refOf('iam/provider', accountArn(cluster), arn), value: { arn, clientIds: texts(clientIds), tags } };
}

function associationThing(cluster: ExportedCluster, spec: Json, roleArn: unknown, target: unknown): Said {
  const [namespace, serviceAccount] = [text(spec['namespace']), text(spec['serviceAccount'])];
  return {
    ref: refOf('eks/pod-identity', cluster.arn, `${namespace}/${serviceAccount}`),
    value: {
      namespace,
      serviceAccount,
      roleArn: text(roleArn),
      tags: map(spec['tags']),
      ...(typeof spec['disableSessionTags'] === 'boolean' ? { disableSessionTags: spec['disableSessionTags'] } : {}),
      ...(text(target) === '' ? {} : { targetRoleArn: text(target) }),
      ...(text(spec['policy']) === '' ? {} : { policy: text(spec['policy']) }),
    },
  };
}

/** All that an instance of `KubeflowS3Profile` comes to, by the builders that its definition is written by. */
function instanceThings(cluster: ExportedCluster, spec: Json): readonly Said[] {
  const name = text(spec['name']);
  const partition = text(spec['partition']) || DEFAULTS.partition;
  const [issuer, kmsKey] = [text(spec['issuer']), text(spec['kmsKey'])];
  const former = record(spec['former']);
  const policy = permissionsPolicy(
    partition,
    text(spec['bucket']),
    name,
    (text(spec['access']) || DEFAULTS.access) as AccessLevel,
    kmsKey === '' ? undefined : kmsKey,
    text(spec['prefix']) || undefined,
    text(former['bucket']) === '' ? undefined : { bucket: text(former['bucket']), prefix: text(former['prefix']) },
  );
  const roleName = text(spec['roleName']);
  const its = { ...cluster, partition, account: text(spec['account']) };
  const role = roleThings(its, {
    name: roleName,
    path: spec['path'] ?? DEFAULTS.path,
    trust: policyText(trustPolicy(providerArn(partition, its.account, issuer), issuer, name)),
    tags: map(spec['tags']),
    boundary: spec['boundary'],
    description: spec['description'],
    maxSession: spec['maxSession'] ?? DEFAULTS.maxSession,
    inline: { [POLICY_NAME]: policyText(policy) },
    attached: texts(spec['managedPolicies']),
  });
  const arn = (role[0]?.value as BareRole | undefined)?.arn ?? '';
  const made = newProfile(name, text(spec['owner']), arn, true);
  const quota = map(spec['quota']);
  const profile: Profile = {
    ...made,
    spec: {
      ...made.spec,
      owner: { kind: text(spec['ownerKind']) || DEFAULTS.ownerKind, name: text(spec['owner']) },
      ...(Object.keys(quota).length === 0 ? {} : { resourceQuotaSpec: { hard: quota } }),
    },
  };
  const launcher = map(spec['launcher']);
  return [
    ...role,
    { ref: refOf('k8s/profile', cluster.arn, name), value: profile },
    ...(Object.keys(launcher).length === 0
      ? []
      : [
          {
            ref: refOf('k8s/config-map', cluster.arn, `${name}/${LAUNCHER}`),
            value: { namespace: name, name: LAUNCHER, data: launcher },
          } as Said,
        ]),
  ];
}

/** What is set of a bucket, by the settings' own objects (Crossplane). */
const CROSSPLANE_SETTINGS: Readonly<Record<string, (spec: Json) => Partial<BucketSettings>>> = {
  BucketPublicAccessBlock: (spec) => ({
    publicAccessBlocked: ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'].every(
      (block) => spec[block] === true,
    ),
  }),
  BucketOwnershipControls: ({ rule }) => ({ ownership: text(record(rule)['objectOwnership']) }),
  BucketServerSideEncryptionConfiguration: ({ rule }) => encryptionOf(rule, 'kmsMasterKeyId'),
  BucketPolicy: ({ policy }) => ({ policy: text(policy) }),
};

function encryptionOf(rules: unknown, keyName: string): Partial<BucketSettings> {
  const standard = record(record((Array.isArray(rules) ? rules : [])[0])['applyServerSideEncryptionByDefault']);
  const algorithm = text(standard['sseAlgorithm']);
  const key = text(standard[keyName]);
  return algorithm === '' ? {} : { encryption: { algorithm, ...(key === '' ? {} : { key }) } };
}

const NEW: BucketSettings = { publicAccessBlocked: false, tags: {}, empty: true };
const bucketThing = (name: string, region: string, settings: Partial<BucketSettings>): Said => ({
  ref: bucketRef(name),
  value: { name, region, accessible: true, settings: { ...NEW, ...settings } },
});

function ackThings(cluster: ExportedCluster, { kind, spec, metadata }: KubeObject): readonly Said[] {
  const its = record(spec);
  switch (kind) {
    case 'Role':
      return roleThings(cluster, {
        name: text(its['name']),
        path: its['path'],
        trust: text(its['assumeRolePolicyDocument']),
        tags: tagList(its['tags']),
        boundary: its['permissionsBoundary'],
        description: its['description'],
        maxSession: its['maxSessionDuration'],
        inline: map(its['inlinePolicies']),
        attached: texts(its['policies']),
      });
    case 'OpenIDConnectProvider':
      return [providerThing(cluster, its['url'], its['clientIDs'], tagList(its['tags']))];
    case 'PodIdentityAssociation':
      return [associationThing(cluster, its, its['roleARN'], its['targetRoleARN'])];
    case 'Bucket': {
      const block = record(its['publicAccessBlock']);
      const ownership = text(
        record((record(its['ownershipControls'])['rules'] as readonly unknown[] | undefined)?.[0])['objectOwnership'],
      );
      return [
        bucketThing(
          text(its['name']),
          text(record(its['createBucketConfiguration'])['locationConstraint']) ||
            (metadata.annotations?.['services.k8s.aws/region'] ?? cluster.region),
          {
            publicAccessBlocked: [
              'blockPublicACLs',
              'blockPublicPolicy',
              'ignorePublicACLs',
              'restrictPublicBuckets',
            ].every((name) => block[name] === true),
            ...(ownership === '' ? {} : { ownership }),
            ...encryptionOf(record(its['encryption'])['rules'], 'kmsMasterKeyID'),
            ...(text(its['policy']) === '' ? {} : { policy: text(its['policy']) }),
            tags: tagList(record(its['tagging'])['tagSet']),
          },
        ),
      ];
    }
    default:
      return [];
  }
}

function crossplaneThings(cluster: ExportedCluster, objects: readonly KubeObject[]): readonly Said[] {
  const settings = new Map<string, Partial<BucketSettings>>();
  const providerOf = ({ spec }: KubeObject): Json => record(record(spec)['forProvider']);
  for (const object of objects) {
    const set = CROSSPLANE_SETTINGS[object.kind];
    const its = providerOf(object);
    const bucket = text(its['bucket']);
    if (set !== undefined) settings.set(bucket, { ...settings.get(bucket), ...set(its) });
  }
  return objects.flatMap((object): readonly Said[] => {
    const its = providerOf(object);
    const name = object.metadata.annotations?.['crossplane.io/external-name'] ?? object.metadata.name;
    switch (object.kind) {
      case 'Role':
        return roleThings(cluster, {
          name,
          path: its['path'],
          trust: text(its['assumeRolePolicy']),
          tags: map(its['tags']),
          boundary: its['permissionsBoundary'],
          description: its['description'],
          maxSession: its['maxSessionDuration'],
          inline: Object.fromEntries(
            (Array.isArray(its['inlinePolicy']) ? its['inlinePolicy'] : [])
              .map(record)
              .map((one) => [text(one['name']), text(one['policy'])]),
          ),
          attached: texts(its['managedPolicyArns']),
        });
      case 'RolePolicy':
        return partsOf(cluster, text(its['role']), { [name]: text(its['policy']) }, []);
      case 'RolePolicyAttachment':
        return partsOf(cluster, text(its['role']), {}, [text(its['policyArn'])]);
      case 'OpenIDConnectProvider':
        return [providerThing(cluster, its['url'], its['clientIdList'], map(its['tags']))];
      case 'PodIdentityAssociation':
        return [associationThing(cluster, its, its['roleArn'], its['targetRoleArn'])];
      case 'Bucket':
        return [bucketThing(name, text(its['region']), { tags: map(its['tags']), ...settings.get(name) })];
      default:
        return [];
    }
  });
}

/** Annotations by which GitOps engines know what to do with an object: no part of what it is. */
const MARKS = /^(argocd\.argoproj\.io|kustomize\.toolkit\.fluxcd\.io)\//;

function withoutMarks(profile: Profile): Profile {
  const { annotations, ...metadata } = profile.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !MARKS.test(key));
  return {
    ...profile,
    metadata: { ...metadata, ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }) },
  };
}

function kubeflowThings(cluster: ExportedCluster, object: KubeObject): readonly Said[] {
  const { name, namespace = '', annotations } = object.metadata;
  const its = { namespace, name, annotations: annotations ?? {} };
  const key = `${namespace}/${name}`;
  switch (`${object.apiVersion.split('/')[0] ?? ''} ${object.kind}`) {
    case 'kubeflow.org Profile':
      return [{ ref: refOf('k8s/profile', cluster.arn, name), value: withoutMarks(object as unknown as Profile) }];
    case 'v1 ConfigMap':
      return [
        {
          ref: refOf('k8s/config-map', cluster.arn, key),
          value: {
            namespace,
            name,
            ...(annotations === undefined ? {} : { annotations }),
            data: map((object as unknown as Json)['data']),
          },
        },
      ];
    case 'v1 ServiceAccount':
      return [{ ref: refOf('k8s/service-account', cluster.arn, key), value: its }];
    case 'rbac.authorization.k8s.io RoleBinding': {
      const { roleRef, subjects } = object as unknown as Json;
      const of = (value: Json): { kind: string; name: string; namespace?: string } => ({
        kind: text(value['kind']),
        name: text(value['name']),
        ...(text(value['namespace']) === '' ? {} : { namespace: text(value['namespace']) }),
      });
      return [
        {
          ref: refOf('k8s/role-binding', cluster.arn, key),
          value: {
            ...its,
            roleRef: of(record(roleRef)),
            subjects: (Array.isArray(subjects) ? subjects : []).map(record).map(of),
          },
        },
      ];
    }
    case 'security.istio.io AuthorizationPolicy':
      return [
        { ref: refOf('k8s/authorization-policy', cluster.arn, key), value: { ...its, spec: record(object.spec) } },
      ];
    default:
      return [];
  }
}

/**
 * The things that objects say, each once (the last counts). Objects of other kinds are left out.
 *
 * @param cluster the one that they are for: it tells account and partition
 */
export function saidBy(objects: readonly KubeObject[], cluster: ExportedCluster): readonly Said[] {
  const ofCrossplane = objects.filter(({ apiVersion }) => /\.aws(\.m)?\.upbound\.io\//.test(apiVersion));
  const said = [
    ...objects.flatMap((object) => {
      if (/\.services\.k8s\.aws\//.test(object.apiVersion)) return ackThings(cluster, object);
      if (object.kind === INSTANCE_KIND && object.apiVersion.startsWith('kro.run/'))
        return instanceThings(cluster, record(object.spec));
      return kubeflowThings(cluster, object);
    }),
    ...crossplaneThings(cluster, ofCrossplane),
  ];
  return [...new Map(said.map((one) => [`${one.ref.kind} ${one.ref.at} ${one.ref.key}`, one])).values()];
}
