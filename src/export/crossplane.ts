/**
 * Managed resources of Crossplane's AWS provider, in the namespaced API of Crossplane 2 (`*.aws.m.upbound.io`). Sources:
 * crossplane-contrib/provider-upjet-aws (75a4c57), package/crds, config/externalname.go, config/namespaced/iam/config.go.
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
import { lostBy, ofKind, pathOfRole, rolesOf, type Exported, type Exporter } from './things.ts';

/** Where Crossplane itself is; managed resources are kept out of the namespaces of profiles. */
export const CROSSPLANE_NAMESPACE = 'crossplane-system';
/** The name in AWS, or what AWS calls a thing that exists. */
const EXTERNAL_NAME = 'crossplane.io/external-name';
/** All but Delete: nothing goes in AWS because an object goes in the cluster (Crossplane, "Management policies"). */
const MANAGEMENT: readonly string[] = ['Observe', 'Create', 'Update', 'LateInitialize'];

const tagged = (tags: Readonly<Record<string, string>> | undefined): object =>
  ownTags(tags).length === 0 ? {} : { tags: Object.fromEntries(ownTags(tags)) };

interface File {
  readonly file: string;
  readonly about: readonly string[];
  readonly objects: readonly KubeObject[];
}

function managed(
  service: 'iam' | 's3' | 'eks',
  kind: string,
  name: string,
  externalName: string | undefined,
  forProvider: object,
): KubeObject {
  return {
    apiVersion: `${service}.aws.m.upbound.io/v1beta1`,
    kind,
    metadata: {
      name,
      namespace: CROSSPLANE_NAMESPACE,
      ...(externalName === undefined ? {} : { annotations: { [EXTERNAL_NAME]: externalName } }),
    },
    spec: {
      managementPolicies: MANAGEMENT,
      providerConfigRef: { kind: 'ClusterProviderConfig', name: 'default' },
      forProvider,
    },
  };
}

/** What Crossplane keeps in AWS for a cluster, by file. */
export function crossplaneFiles({ things, cluster }: Exported): readonly File[] {
  const roles = rolesOf(things);
  const providers = ofKind(things, 'iam/provider');
  const buckets = ofKind(things, 's3/bucket').filter(({ value }) => value.settings !== undefined);
  const associations = ofKind(things, 'eks/pod-identity');
  return [
    ...providers.map(({ value: { arn, clientIds, tags }, there }): File => {
      const name = objectName(issuerPath(issuerOf(arn)));
      return {
        file: `provider-${name}`,
        about: [`OIDC provider of EKS cluster ${cluster.name}.`],
        objects: [
          managed('iam', 'OpenIDConnectProvider', name, there ? arn : undefined, {
            url: issuerUrlOf(arn),
            clientIdList: clientIds,
            ...tagged(tags),
          }),
        ],
      };
    }),
    ...buckets.map(({ value: { name, region, settings } }): File => {
      const object = objectName(name);
      const of = { bucket: name, region };
      const key = settings?.encryption?.key;
      return {
        file: `bucket-${object}`,
        about: [`S3 bucket ${name}. Each of its settings is an object of its own; what is not named here stays.`],
        objects: [
          managed('s3', 'Bucket', object, name, { region, ...tagged(settings?.tags) }),
          ...(settings?.publicAccessBlocked === true
            ? [
                managed('s3', 'BucketPublicAccessBlock', object, undefined, {
                  ...of,
                  blockPublicAcls: true,
                  blockPublicPolicy: true,
                  ignorePublicAcls: true,
                  restrictPublicBuckets: true,
                }),
              ]
            : []),
          ...(settings?.ownership === undefined
            ? []
            : [
                managed('s3', 'BucketOwnershipControls', object, undefined, {
                  ...of,
                  rule: { objectOwnership: settings.ownership },
                }),
              ]),
          ...(settings?.encryption === undefined
            ? []
            : [
                managed('s3', 'BucketServerSideEncryptionConfiguration', object, undefined, {
                  ...of,
                  rule: [
                    {
                      applyServerSideEncryptionByDefault: {
                        sseAlgorithm: settings.encryption.algorithm,
                        ...(key === undefined ? {} : { kmsMasterKeyId: key }),
                      },
                    },
                  ],
                }),
              ]),
          ...(settings?.policy === undefined
            ? []
            : [managed('s3', 'BucketPolicy', object, undefined, { ...of, policy: settings.policy })]),
        ],
      };
    }),
    ...roles.map(({ role, policies, attached }): File => ({
      file: `role-${objectName(role.name)}`,
      about: [`IAM role ${role.name}. Its policies are objects of their own: others that it has stay.`],
      objects: [
        managed('iam', 'Role', objectName(role.name), role.name, {
          path: pathOfRole(role),
          ...(role.description === undefined || role.description === '' ? {} : { description: role.description }),
          ...(role.maxSession === undefined ? {} : { maxSessionDuration: role.maxSession }),
          ...(role.boundary === undefined ? {} : { permissionsBoundary: role.boundary }),
          assumeRolePolicy: role.trustPolicy,
          ...tagged(role.tags),
        }),
        ...policies.map(({ name, text }) =>
          managed('iam', 'RolePolicy', objectName(`${role.name}/${name}`), name, { role: role.name, policy: text }),
        ),
        ...attached.map((policyArn) =>
          managed('iam', 'RolePolicyAttachment', objectName(`${role.name}/${policyArn}`), undefined, {
            role: role.name,
            policyArn,
          }),
        ),
      ],
    })),
    ...associations.map(({ ref, value, there }): File => {
      const name = objectName(ref.key);
      return {
        file: `pod-identity-${name}`,
        about: [`Pod Identity association of service account ${ref.key}.`],
        objects: [
          managed('eks', 'PodIdentityAssociation', name, there ? value.id : undefined, {
            region: cluster.region,
            clusterName: cluster.name,
            namespace: value.namespace,
            serviceAccount: value.serviceAccount,
            roleArn: value.roleArn,
            ...(value.targetRoleArn === undefined ? {} : { targetRoleArn: value.targetRoleArn }),
            ...(value.disableSessionTags === undefined ? {} : { disableSessionTags: value.disableSessionTags }),
            ...tagged(value.tags),
          }),
        ],
      };
    }),
  ];
}

export const crossplane: Exporter = (all) => {
  const folders = foldersOf(all);
  return {
    files: all.flatMap((exported, index) => {
      const folder = folders[index] ?? exported.cluster.name;
      const aws = crossplaneFiles(exported);
      const profiles = profileObjects(exported);
      return [
        kustomization(
          folder,
          [
            ...aws.map(({ file: name }) => `aws/${name}.yaml`),
            ...[...profiles.keys()].map((name) => `profiles/${objectName(name)}.yaml`),
          ],
          {},
          [`Kubeflow profiles of EKS cluster ${exported.cluster.name}, and what they need in AWS by Crossplane.`],
        ),
        ...aws.map(({ file: name, objects, about }) => yamlFile(`${folder}/aws/${name}.yaml`, objects, about)),
        ...[...profiles].map(([name, objects]) => yamlFile(`${folder}/profiles/${objectName(name)}.yaml`, objects)),
      ];
    }),
    cannot: all.flatMap((exported) => [
      ...lostBy(exported, ['iam/provider', 'iam/role', 's3/bucket', 'eks/pod-identity', ...APPLIED]),
      ...ofKind(exported.things, 'eks/pod-identity')
        .filter(({ value }) => value.policy !== undefined)
        .map(
          ({ ref }) =>
            `The session policy of ${titleOf(ref)} is not in the files: the provider has no field for it. Give the role just these rights, or use ACK or CloudFormation.`,
        ),
    ]),
    next: [
      'Install Crossplane 2 and provider-aws-iam (and provider-aws-s3, provider-aws-eks where the files have a Bucket or a PodIdentityAssociation) from crossplane-contrib/provider-upjet-aws.',
      'Make a ClusterProviderConfig "default" whose role may act on the roles of profiles alone.',
      ...folders.map((folder) => `kubectl apply -k ${folder}`),
      TWICE,
      'To move back: delete the managed resources. Nothing goes in AWS, because their management policies lack Delete.',
    ],
  };
};
