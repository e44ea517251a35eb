/**
 * The ResourceGraphDefinition `KubeflowS3Profile` of kro: one short object a profile, of which kro makes the IAM role (by ACK), the Profile
 * and the launcher's settings, in this order. Its policies are those of core/policy/build.ts, written as CEL: nothing says them twice.
 * Sources: kubernetes-sigs/kro 0.9.3 (0302e65), website/docs/docs/concepts/rgd, pkg/simpleschema, pkg/cel/library/json.go.
 */
import { ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import { PLUGIN_KIND } from '../core/profile/names.ts';
import { LAUNCHER } from '../core/profile/pipelines.ts';
import { isObject } from '../core/records.ts';
import {
  permissionsPolicy,
  POLICY_NAME,
  providerArn,
  SERVICE_ACCOUNT,
  trustPolicy,
  type PolicyDocument,
} from '../core/policy/build.ts';
import { ACCESS_LEVELS, type AccessLevel } from '../core/request.ts';
import type { KubeObject } from './objects.ts';

export const KRO_VERSION = 'kro.run/v1alpha1';
export const INSTANCE_KIND = 'KubeflowS3Profile';
export const GRAPH_NAME = 'kubeflow-s3-profile';

/** What an instance says: all that is not needed is left out. */
export interface InstanceSpec {
  /** Name of the Profile, and of its namespace. */
  readonly name: string;
  readonly owner: string;
  readonly ownerKind?: string;
  readonly account: string;
  readonly partition?: string;
  /** Issuer of the cluster without `https://`. */
  readonly issuer: string;
  readonly bucket: string;
  readonly access?: AccessLevel;
  /** Absent: `<name>/`. */
  readonly prefix?: string;
  readonly kmsKey?: string;
  readonly former?: { readonly bucket: string; readonly prefix: string };
  readonly roleName: string;
  readonly path?: string;
  readonly boundary?: string;
  readonly description?: string;
  readonly maxSession?: number;
  readonly managedPolicies?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  /** Hard limits of the namespace. */
  readonly quota?: Readonly<Record<string, string>>;
  /** Data of ConfigMap `kfp-launcher`. */
  readonly launcher?: Readonly<Record<string, string>>;
}

/** What holds where an instance says nothing. */
export const DEFAULTS = {
  ownerKind: 'User',
  partition: 'aws',
  access: 'prefix',
  path: '/',
  maxSession: 3600,
} as const;

/** Text that CEL and JSON take as it stands, so that no value can become more than a value. */
const PLAIN = '^[A-Za-z0-9_.=/-]*$';
/** Ends with a slash, as all prefixes do. */
export const PREFIX_PATTERN = '^([A-Za-z0-9_.=-]+/)*$';
/** IAM takes a managed policy of an account or of AWS (botocore IAM model, arnType). */
const KMS_KEY = '^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$';
const BOUNDARY = '^(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+)?$';

const levels = ACCESS_LEVELS.map(({ id }) => id).join(',');

/** Fields in SimpleSchema. */
const SCHEMA = {
  name: 'string | required=true pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" maxLength=63 immutable=true description="Name of the Profile and of its namespace"',
  owner: 'string | required=true description="User name exactly as the identity provider sends it"',
  ownerKind: `string | default="${DEFAULTS.ownerKind}" enum="User,Group,ServiceAccount"`,
  account: 'string | required=true pattern="^[0-9]{12}$" description="AWS account of the cluster"',
  partition: `string | default="${DEFAULTS.partition}" pattern="^aws[a-z-]*$"`,
  issuer: `string | required=true pattern="${PLAIN}" description="OIDC issuer of the cluster without https://, as in the ARN of its IAM provider"`,
  bucket: 'string | required=true pattern="^[A-Za-z0-9._-]+$"',
  access: `string | default="${DEFAULTS.access}" enum="${levels}"`,
  prefix: `string | default="" pattern="${PREFIX_PATTERN}" description="Where the objects lie, with a slash at its end. Empty: the name of the profile and a slash"`,
  kmsKey: `string | default="" pattern="${KMS_KEY}" description="ARN of the KMS key that the bucket is encrypted with. Empty: none"`,
  former: {
    bucket: 'string | default="" pattern="^[A-Za-z0-9._-]*$" description="Bucket that may still be read. Empty: none"',
    prefix: `string | default="" pattern="${PREFIX_PATTERN}"`,
  },
  roleName: 'string | required=true pattern="^[A-Za-z0-9_+=,.@-]{1,64}$" immutable=true',
  path: `string | default="${DEFAULTS.path}" pattern="^/([!-~]+/)?$" immutable=true description="Path of the role"`,
  boundary: `string | default="" pattern="${BOUNDARY}" description="ARN of the permissions boundary. Empty: none"`,
  description: 'string | default="" maxLength=1000',
  maxSession: `integer | default=${DEFAULTS.maxSession} minimum=3600 maximum=43200 description="Longest session in seconds"`,
  managedPolicies: '[]string | default=[]',
  tags: 'map[string]string | default={}',
  quota: 'map[string]string | default={} description="Hard limits of the namespace, such as cpu. Empty: none"',
  launcher: 'map[string]string | default={} description="Data of ConfigMap kfp-launcher. Empty: it is left alone"',
  deletionPolicy:
    'string | default="retain" enum="retain,delete" description="What becomes of the role when this object is deleted. The Profile goes, and its namespace with it"',
} as const;

const spec = (field: string): string => `schema.spec.${field}`;

/** What is known only in the cluster, as CEL; the builders of policies get a mark in its place. */
const OPEN = {
  partition: spec('partition'),
  account: spec('account'),
  issuer: spec('issuer'),
  name: spec('name'),
  bucket: spec('bucket'),
  // In parentheses, as it becomes part of a sum.
  prefix: `(${spec('prefix')} == "" ? ${spec('name')} + "/" : ${spec('prefix')})`,
  keyRegion: `${spec('kmsKey')}.split(":")[3]`,
  formerBucket: spec('former.bucket'),
  formerPrefix: spec('former.prefix'),
} as const;
const mark = (what: keyof typeof OPEN): string => `\u2E22${what}\u2E23`;
const MARK = /\u2E22(\w+)\u2E23/;

/** A text as CEL: what is marked is an expression, the rest a literal. */
function celText(text: string): string {
  // Every second part is the name in a mark.
  const parts = text
    .split(MARK)
    .map((part, index) => (index % 2 === 1 ? OPEN[part as keyof typeof OPEN] : part === '' ? '' : JSON.stringify(part)))
    .filter((part) => part !== '');
  return parts.length === 0 ? '""' : parts.join(' + ');
}

/** A value as CEL, laid out as JSON is. */
function cel(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (typeof value === 'string') return celText(value);
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'string')
      ? `[${value.map((item) => cel(item)).join(', ')}]`
      : `[\n${value.map((item) => `${inner}${cel(item, inner)}`).join(',\n')}\n${indent}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value);
  const line = `{${entries.map(([key, item]) => `${celText(key)}: ${cel(item)}`).join(', ')}}`;
  return !line.includes('\n') && line.length + indent.length <= 110
    ? line
    : `{\n${entries.map(([key, item]) => `${inner}${celText(key)}: ${cel(item, inner)}`).join(',\n')}\n${indent}}`;
}

/** The trust policy as CEL. */
const trustCel = (): string =>
  cel(trustPolicy(providerArn(mark('partition'), mark('account'), mark('issuer')), mark('issuer'), mark('name')));

/** A key of which `viaS3` reads the region; all of it is one field of an instance. */
const KEY = `arn:x:kms:${mark('keyRegion')}:x:key/x`;

/** The statements of a policy from one on, as CEL. */
const statements = ({ Statement }: PolicyDocument, from: number, indent: string): string =>
  cel(Statement.slice(from), indent).replaceAll(celText(KEY), spec('kmsKey'));

/** The policy of the role as CEL. */
function policyCel(): string {
  const build = (
    access: AccessLevel,
    more: 'nothing' | 'key' | 'former' | 'all of former' = 'nothing',
  ): PolicyDocument =>
    permissionsPolicy(
      mark('partition'),
      mark('bucket'),
      mark('name'),
      access,
      more === 'key' ? KEY : undefined,
      mark('prefix'),
      more === 'former'
        ? { bucket: mark('formerBucket'), prefix: mark('formerPrefix') }
        : more === 'all of former'
          ? { bucket: mark('formerBucket'), prefix: '' }
          : undefined,
    );
  const count = (access: AccessLevel): number => build(access).Statement.length;
  const more = (access: AccessLevel, what: Parameters<typeof build>[1]): string =>
    statements(build(access, what), count(access), '    ');
  const [first = 'prefix', ...others] = ACCESS_LEVELS.map(({ id }) => id).reverse();
  const chosen = others.reduce(
    (rest, id) => `    ${spec('access')} == "${id}" ? ${statements(build(id), 0, '    ')} :\n${rest}`,
    `    ${statements(build(first), 0, '    ')}`,
  );
  return [
    '{',
    '  "Version": "2012-10-17",',
    '  "Statement": (',
    chosen,
    '  ) + (',
    `    ${spec('kmsKey')} == "" ? [] :`,
    `    ${spec('access')} == "read-only" ? ${more('read-only', 'key')} :`,
    `    ${more('prefix', 'key')}`,
    '  ) + (',
    `    ${spec('former.bucket')} == "" ? [] :`,
    `    ${spec('former.prefix')} == "" ? ${more('prefix', 'all of former')} :`,
    `    ${more('prefix', 'former')}`,
    '  )',
    '}',
  ].join('\n');
}

/** The spec of the Profile as CEL. ACK keeps the trust policy: the profile controller would else take back what ACK writes, for ever. */
const PROFILE_CEL = [
  '{',
  `  "owner": {"kind": ${spec('ownerKind')}, "name": ${spec('owner')}},`,
  `  "plugins": [{"kind": "${PLUGIN_KIND}", "spec": {"awsIamRole": role.status.ackResourceMetadata.arn, "annotateOnly": true}}],`,
  `  ?"resourceQuotaSpec": size(${spec('quota')}) == 0 ? optional.none() : optional.of({"hard": ${spec('quota')}})`,
  '}',
].join('\n');

/** Indents all lines but the first. */
const indented = (text: string): string => text.replaceAll('\n', '\n  ');

/**
 * The spec of the role as CEL, as a whole: only so a field can be left out. A field of a template that comes to nothing is written as
 * null, which the API server refuses.
 */
const roleCel = (): string =>
  [
    '{',
    `  "name": ${spec('roleName')},`,
    `  "path": ${spec('path')},`,
    `  ?"description": ${unlessEmpty('description')},`,
    `  "maxSessionDuration": ${spec('maxSession')},`,
    `  ?"permissionsBoundary": ${unlessEmpty('boundary')},`,
    `  "assumeRolePolicyDocument": json.marshal(${indented(trustCel())}),`,
    `  "inlinePolicies": {"${POLICY_NAME}": json.marshal(${indented(policyCel())})},`,
    `  "policies": ${spec('managedPolicies')},`,
    `  "tags": ${spec('tags')}.transformList(k, v, {"key": k, "value": v})`,
    '}',
  ].join('\n');

const unlessEmpty = (field: string): string => `${spec(field)} == "" ? optional.none() : optional.of(${spec(field)})`;

/** The definition. `profileVersion`: apiVersion of Profiles that the clusters serve. */
export function graphOf(profileVersion: string): KubeObject {
  return {
    apiVersion: KRO_VERSION,
    kind: 'ResourceGraphDefinition',
    metadata: { name: GRAPH_NAME },
    spec: {
      schema: {
        apiVersion: 'v1alpha1',
        kind: INSTANCE_KIND,
        spec: SCHEMA,
        status: {
          roleArn: '${role.status.ackResourceMetadata.arn}',
          serviceAccount: `\${serviceAccount.metadata.namespace + "/" + serviceAccount.metadata.name}`,
        },
        additionalPrinterColumns: [
          { name: 'Owner', type: 'string', jsonPath: '.spec.owner' },
          { name: 'Bucket', type: 'string', jsonPath: '.spec.bucket' },
          { name: 'Access', type: 'string', jsonPath: '.spec.access' },
          { name: 'State', type: 'string', jsonPath: '.status.state' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
      resources: [
        {
          id: 'role',
          readyWhen: [
            '${role.status.?conditions.orValue([]).exists(c, c.type == "ACK.ResourceSynced" && c.status == "True")}',
          ],
          template: {
            apiVersion: 'iam.services.k8s.aws/v1alpha1',
            kind: 'Role',
            metadata: {
              name: '${schema.metadata.name}',
              namespace: '${schema.metadata.namespace}',
              annotations: {
                'services.k8s.aws/adoption-policy': 'adopt-or-create',
                'services.k8s.aws/adoption-fields': '${json.marshal({"name": schema.spec.roleName})}',
                'services.k8s.aws/deletion-policy': '${schema.spec.deletionPolicy}',
              },
            },
            spec: `\${${roleCel()}}`,
          },
        },
        {
          id: 'profile',
          template: {
            apiVersion: profileVersion,
            kind: 'Profile',
            metadata: { name: '${schema.spec.name}' },
            spec: `\${${PROFILE_CEL}}`,
          },
        },
        {
          id: 'serviceAccount',
          // Ready once the profile controller has annotated it. Only the resource itself can be asked here.
          readyWhen: [`\${serviceAccount.metadata.?annotations[?"${ROLE_ANNOTATION}"].orValue("") != ""}`],
          externalRef: {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name: SERVICE_ACCOUNT, namespace: '${profile.metadata.name}' },
          },
        },
        {
          id: 'launcher',
          includeWhen: ['${size(schema.spec.launcher) > 0}'],
          template: {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            // The namespace is there once its service account is.
            metadata: { name: LAUNCHER, namespace: '${serviceAccount.metadata.namespace}' },
            data: '${schema.spec.launcher}',
          },
        },
      ],
    },
  };
}

/** What kro's own role needs besides, where its Helm chart is installed with `rbac.mode: aggregation`. */
export const GRAPH_ROLE: KubeObject & { readonly rules: readonly unknown[] } = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: {
    name: `kro:controller:${GRAPH_NAME}`,
    labels: { 'rbac.kro.run/aggregate-to-controller': 'true' },
  },
  rules: [
    { apiGroups: ['kro.run'], resources: ['kubeflows3profiles', 'kubeflows3profiles/status'], verbs: ['*'] },
    { apiGroups: ['iam.services.k8s.aws'], resources: ['roles'], verbs: ['*'] },
    { apiGroups: ['kubeflow.org'], resources: ['profiles'], verbs: ['*'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] },
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'list', 'watch'] },
  ],
};
