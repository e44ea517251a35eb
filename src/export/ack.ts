/**
 * Objects of AWS Controllers for Kubernetes: the controller of each service makes in AWS what an object in the cluster says. Sources:
 * aws-controllers-k8s/iam-controller (1bb7fc9, helm/crds), s3-controller (1051f76), eks-controller (fcb7569); aws-controllers-k8s/runtime,
 * pkg/runtime/reconciler.go and the PopulateResourceFromAnnotation of each resource.
 */
import { titleOf } from '../core/kinds.ts';
import { issuerOf, issuerPath, issuerUrlOf } from '../core/policy/build.ts';
import { APPLIED } from './manifests.ts';
import {
  foldersOf,
  kustomization,
  objectName,
  ownTags,
  profileObjects,
  TWICE,
  yamlFile,
  type KubeObject,
} from './objects.ts';
import { lostBy, ofKind, pathOfRole, rolesOf, type Exported, type Exporter, type OutputFile } from './things.ts';

/** Where ACK's own installation has its controllers; objects for AWS are kept out of the namespaces of profiles. */
export const ACK_NAMESPACE = 'ack-system';

/** Annotations of ACK (runtime, apis/core/v1alpha1/annotations.go). */
const ANNOTATION = {
  adoption: 'services.k8s.aws/adoption-policy',
  fields: 'services.k8s.aws/adoption-fields',
  deletion: 'services.k8s.aws/deletion-policy',
  region: 'services.k8s.aws/region',
} as const;

/** What exists is taken over instead of being an error, and nothing goes in AWS because an object goes in the cluster. */
const handOver = (fields?: Readonly<Record<string, string>>): Record<string, string> => ({
  [ANNOTATION.adoption]: 'adopt-or-create',
  ...(fields === undefined ? {} : { [ANNOTATION.fields]: JSON.stringify(fields) }),
  [ANNOTATION.deletion]: 'retain',
});

/** Of a bucket in the region that asks for no location (S3 API Reference, CreateBucket). */
const NO_LOCATION = 'us-east-1';

const list = (tags: Readonly<Record<string, string>> | undefined): object =>
  ownTags(tags).length === 0 ? {} : { tags: ownTags(tags).map(([key, value]) => ({ key, value })) };

/** What ACK keeps in AWS for a cluster, each with the name of its file. */
export function ackObjects(
  exported: Exported,
): readonly { readonly file: string; readonly object: KubeObject; readonly about: readonly string[] }[] {
  const { things, cluster } = exported;
  const iam = 'iam.services.k8s.aws/v1alpha1';
  const roles = rolesOf(things);
  const buckets = ofKind(things, 's3/bucket').filter(({ value, there }) => value.settings !== undefined && !there);
  const associations = ofKind(things, 'eks/pod-identity');
  const made = (name: string, annotations: Record<string, string>): KubeObject['metadata'] => ({
    name,
    namespace: ACK_NAMESPACE,
    annotations,
  });
  const providers = ofKind(things, 'iam/provider');
  return [
    ...providers.map(({ value: { arn, clientIds, tags } }) => {
      const name = objectName(issuerPath(issuerOf(arn)));
      return {
        file: `provider-${name}`,
        about: [`OIDC provider of EKS cluster ${cluster.name}.`],
        object: {
          apiVersion: iam,
          kind: 'OpenIDConnectProvider',
          metadata: made(name, handOver({ arn })),
          spec: { url: issuerUrlOf(arn), clientIDs: clientIds, ...list(tags) },
        },
      };
    }),
    ...buckets.map(({ value: { name, region, settings } }) => ({
      file: `bucket-${objectName(name)}`,
      about: [`S3 bucket ${name}.`],
      object: {
        apiVersion: 's3.services.k8s.aws/v1alpha1',
        kind: 'Bucket',
        metadata: made(objectName(name), { ...handOver({ name }), [ANNOTATION.region]: region }),
        spec: {
          name,
          ...(region === NO_LOCATION ? {} : { createBucketConfiguration: { locationConstraint: region } }),
          ...(settings?.publicAccessBlocked === true
            ? {
                publicAccessBlock: {
                  blockPublicACLs: true,
                  blockPublicPolicy: true,
                  ignorePublicACLs: true,
                  restrictPublicBuckets: true,
                },
              }
            : {}),
          ...(settings?.ownership === undefined
            ? {}
            : { ownershipControls: { rules: [{ objectOwnership: settings.ownership }] } }),
          ...(settings?.encryption === undefined
            ? {}
            : {
                encryption: {
                  rules: [
                    {
                      applyServerSideEncryptionByDefault: {
                        sseAlgorithm: settings.encryption.algorithm,
                        ...(settings.encryption.key === undefined ? {} : { kmsMasterKeyID: settings.encryption.key }),
                      },
                    },
                  ],
                },
              }),
          ...(settings?.policy === undefined ? {} : { policy: settings.policy }),
          ...(ownTags(settings?.tags).length === 0
            ? {}
            : { tagging: { tagSet: ownTags(settings?.tags).map(([key, value]) => ({ key, value })) } }),
        },
      },
    })),
    ...roles.map(({ role, policies, attached, there }) => ({
      file: `role-${objectName(role.name)}`,
      about: there
        ? [
            `IAM role ${role.name}, which exists. ACK makes it as it is here: policies that are not in this file are taken from the role.`,
          ]
        : [`IAM role ${role.name}.`],
      object: {
        apiVersion: iam,
        kind: 'Role',
        // The name of the object is only a name in the cluster: were it IAM's, a new name would mean another role.
        metadata: made(objectName(role.name), handOver({ name: role.name })),
        spec: {
          name: role.name,
          path: pathOfRole(role),
          ...(role.description === undefined || role.description === '' ? {} : { description: role.description }),
          ...(role.maxSession === undefined ? {} : { maxSessionDuration: role.maxSession }),
          ...(role.boundary === undefined ? {} : { permissionsBoundary: role.boundary }),
          assumeRolePolicyDocument: role.trustPolicy,
          ...(policies.length === 0
            ? {}
            : { inlinePolicies: Object.fromEntries(policies.map(({ name, text }) => [name, text])) }),
          ...(attached.length === 0 ? {} : { policies: attached }),
          ...list(role.tags),
        },
      },
    })),
    ...associations.map(({ ref, value }) => ({
      file: `pod-identity-${objectName(ref.key)}`,
      about: [`Pod Identity association of service account ${ref.key}.`],
      object: {
        apiVersion: 'eks.services.k8s.aws/v1alpha1',
        kind: 'PodIdentityAssociation',
        metadata: made(objectName(ref.key), {
          ...(value.id === undefined
            ? { [ANNOTATION.deletion]: 'retain' }
            : handOver({ clusterName: cluster.name, associationID: value.id })),
          [ANNOTATION.region]: cluster.region,
        }),
        spec: {
          clusterName: cluster.name,
          namespace: value.namespace,
          serviceAccount: value.serviceAccount,
          roleARN: value.roleArn,
          ...(value.targetRoleArn === undefined ? {} : { targetRoleARN: value.targetRoleArn }),
          ...(value.disableSessionTags === undefined ? {} : { disableSessionTags: value.disableSessionTags }),
          ...(value.policy === undefined ? {} : { policy: value.policy }),
          ...(ownTags(value.tags).length === 0 ? {} : { tags: Object.fromEntries(ownTags(value.tags)) }),
        },
      },
    })),
  ];
}

/** What ACK cannot take. */
export const ackCannot = (exported: Exported): readonly string[] => [
  ...lostBy(exported, ['iam/provider', 'iam/role', 's3/bucket', 'eks/pod-identity', ...APPLIED]),
  // ACK sets every setting of a bucket, and takes away what its object does not name (s3-controller, pkg/resource/bucket/hook.go).
  ...ofKind(exported.things, 's3/bucket')
    .filter(({ value, there }) => there && value.settings !== undefined)
    .map(
      ({ ref }) =>
        `${titleOf(ref)} exists and is not in the files: ACK would take from it what they do not name, such as its lifecycle. Change it here, or by hand.`,
    ),
];

/**
 * The objects of a cluster as files of a folder: what is in AWS, and what is in Kubeflow. `more`: other folders beside these; `fields`: of the
 * kustomization besides.
 */
export function ackFiles(
  exported: Exported,
  folder: string,
  more: readonly string[] = [],
  fields: object = {},
): readonly OutputFile[] {
  const aws = ackObjects(exported);
  const profiles = profileObjects(exported);
  return [
    kustomization(
      folder,
      [...(aws.length === 0 ? [] : ['aws']), ...more, ...(profiles.size === 0 ? [] : ['profiles'])],
      fields,
      [`Kubeflow profiles of EKS cluster ${exported.cluster.name}, and what they need in AWS by ACK.`],
    ),
    ...(aws.length === 0
      ? []
      : [
          kustomization(
            `${folder}/aws`,
            aws.map(({ file: name }) => `${name}.yaml`),
            { namespace: ACK_NAMESPACE },
            ['Objects of ACK. Are they kept in another namespace? Change it here: it counts for all of them.'],
          ),
        ]),
    ...aws.map(({ file: name, object, about }) => yamlFile(`${folder}/aws/${name}.yaml`, [object], about)),
    ...(profiles.size === 0
      ? []
      : [
          kustomization(
            `${folder}/profiles`,
            [...profiles.keys()].map((name) => `${objectName(name)}.yaml`),
          ),
        ]),
    ...[...profiles].map(([name, objects]) => yamlFile(`${folder}/profiles/${objectName(name)}.yaml`, objects)),
  ];
}

/** Needed before the objects are applied. */
export const ACK_NEXT: readonly string[] = [
  'Install the ACK controllers of IAM (and of S3 and EKS where the files have a Bucket or a PodIdentityAssociation), or switch on the ACK capability of EKS.',
  'Let the IAM controller act only on the roles of profiles: give its own role a policy for their path or prefix, with a permissions boundary as a condition.',
  `Look that there is a namespace ${ACK_NAMESPACE}, or put another one into aws/kustomization.yaml.`,
];

/**
 * IAM refuses a role whose provider is not there yet, as malformed, and ACK takes that for final (seen with iam-controller 1bb7fc9), so
 * that the provider comes first.
 */
export const providersFirst = (exported: Exported, folder: string): readonly string[] =>
  ofKind(exported.things, 'iam/provider').some(({ there }) => !there)
    ? [
        ...ackObjects(exported)
          .filter(({ object }) => object.kind === 'OpenIDConnectProvider')
          .map(({ file }) => `kubectl apply -f ${folder}/aws/${file}.yaml`),
        `kubectl wait -n ${ACK_NAMESPACE} --for=condition=ACK.ResourceSynced openidconnectproviders.iam.services.k8s.aws --all`,
      ]
    : [];

export const ack: Exporter = (all) => {
  const folders = foldersOf(all);
  return {
    files: all.flatMap((exported, index) => ackFiles(exported, folders[index] ?? exported.cluster.name)),
    cannot: all.flatMap(ackCannot),
    next: [
      ...ACK_NEXT,
      ...all.flatMap((exported, index) => providersFirst(exported, folders[index] ?? exported.cluster.name)),
      ...folders.map((folder) => `kubectl apply -k ${folder}`),
      TWICE,
      'To move back: delete the objects of ACK. Nothing goes in AWS, because their deletion policy is "retain".',
    ],
  };
};
