/**
 * CloudFormation: a folder a cluster, a stack a profile and one for what they share. One stack for all would undo the change of every
 * profile where one fails, holds 500 resources at most, and would have to be split where it grows; a thing cannot move between stacks
 * without being let go. So a template stays far below what can be passed without a bucket (51,200 bytes; CloudFormation quotas).
 *
 * What exists is imported first, as it is: an import changes nothing, and a stack that was told what it wants would think that it is so.
 * The stack itself then makes the changes.
 */
import { titleOf, type Kind } from '../core/kinds.ts';
import { issuerOf, issuerPath, issuerUrlOf } from '../core/policy/build.ts';
import { exactData } from '../core/policy/json.ts';
import { byKey, isObject, type Json } from '../core/records.ts';
import { APPLIED } from './manifests.ts';
import { lastingName, LOGICAL_ID, OBJECT_NAME, type Shape } from './names.ts';
import { foldersOf, ownTags, profileFiles, TWICE } from './objects.ts';
import {
  asItIs,
  keptOnce,
  lostBy,
  ofKind,
  pathOfRole,
  ownerOfRole,
  rolesOf,
  type Exported,
  type Exporter,
  type OutputFile,
  type Thing,
} from './things.ts';
import { yamlOf } from './yaml.ts';

const KNOWN: readonly Kind[] = ['iam/provider', 'iam/role', 'eks/pod-identity', 's3/bucket', ...APPLIED];
/** Longest template that is passed as it is, and longest description, in bytes (CloudFormation quotas). */
const LONGEST = 51_200;
/** Name of a stack (CloudFormation API Reference, CreateStack). */
const STACK: Shape = { not: /[^A-Za-z0-9]+/g, by: '-', first: /^[A-Za-z]/, begin: 'x', longest: 128 };

interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: Json;
  /** What an import knows it by: the primary identifier of its type (CloudFormation registry). */
  readonly identifier: Readonly<Record<string, string>> | undefined;
  /** Something in it would be read as more than text, so that it is left out. */
  readonly refused: boolean;
  readonly of: Thing;
}
interface Unit {
  readonly file: string;
  readonly about: string;
  readonly resources: readonly Resource[];
}

const tagsOf = (tags: Readonly<Record<string, string>> | undefined): Json => {
  const own = byKey(ownTags(tags));
  return own.length === 0 ? {} : { Tags: own.map(([Key, Value]) => ({ Key, Value })) };
};
const id = (kind: string, key: string): string => `${kind}${lastingName(key, LOGICAL_ID)}`;

/** A policy as CloudFormation takes it: JSON. */
const policyOf = (text: string): Json | undefined => exactData(text);

/** Whether CloudFormation would read something else into a value: a function, or a reference to a secret or parameter. */
function meansMore(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{resolve:');
  if (Array.isArray(value)) return value.some(meansMore);
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  const isFunction = keys.length === 1 && keys.some((key) => key === 'Ref' || key.startsWith('Fn::'));
  return isFunction || keys.some(meansMore) || Object.values(value).some(meansMore);
}

function providers({ things }: Exported): readonly Resource[] {
  return ofKind(things, 'iam/provider').map((of) => {
    const { arn, clientIds, tags } = of.value;
    const Properties = { Url: issuerUrlOf(arn), ClientIdList: clientIds, ...tagsOf(tags) };
    return {
      id: id('Provider', issuerPath(issuerOf(arn))),
      Type: 'AWS::IAM::OIDCProvider',
      Properties,
      identifier: { Arn: arn },
      refused: meansMore(Properties),
      of,
    };
  });
}

function buckets({ things, cluster }: Exported): readonly Resource[] {
  return ofKind(things, 's3/bucket').flatMap((of): readonly Resource[] => {
    const { name, region, settings } = of.value;
    if (settings === undefined || region !== cluster.region) return [];
    const { publicAccessBlocked, ownership, encryption, policy, tags } = settings;
    const document = policy === undefined ? undefined : policyOf(policy);
    const bucket = {
      id: id('Bucket', name),
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: name,
        ...(publicAccessBlocked
          ? {
              PublicAccessBlockConfiguration: {
                BlockPublicAcls: true,
                BlockPublicPolicy: true,
                IgnorePublicAcls: true,
                RestrictPublicBuckets: true,
              },
            }
          : {}),
        ...(ownership === undefined ? {} : { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } }),
        ...(encryption === undefined
          ? {}
          : {
              BucketEncryption: {
                ServerSideEncryptionConfiguration: [
                  {
                    ServerSideEncryptionByDefault: {
                      SSEAlgorithm: encryption.algorithm,
                      ...(encryption.key === undefined ? {} : { KMSMasterKeyID: encryption.key }),
                    },
                  },
                ],
              },
            }),
        ...tagsOf(tags),
      },
      identifier: { BucketName: name },
      refused: meansMore([Object.entries(tags), document]),
      of,
    };
    if (document === undefined) return [bucket];
    const ref = { Ref: bucket.id };
    return [
      bucket,
      {
        id: `${bucket.id}Policy`,
        Type: 'AWS::S3::BucketPolicy',
        Properties: { Bucket: ref, PolicyDocument: document },
        identifier: { Bucket: name },
        refused: bucket.refused,
        of,
      },
    ];
  });
}

function roles({ things }: Exported): readonly (Resource & { readonly name: string; readonly arn: string })[] {
  const made = new Map(ofKind(things, 'iam/role').map((thing) => [thing.ref.key, thing]));
  return rolesOf(things).flatMap(({ role, policies, attached }) => {
    const of = made.get(role.name);
    const trust = policyOf(role.trustPolicy);
    const documents = policies.flatMap(({ name, text }) => {
      const document = policyOf(text);
      return document === undefined ? [] : [{ PolicyName: name, PolicyDocument: document }];
    });
    if (of === undefined || trust === undefined || documents.length < policies.length) return [];
    return [
      {
        id: id('Role', role.name),
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: role.name,
          Path: pathOfRole(role),
          ...(role.description === undefined || role.description === '' ? {} : { Description: role.description }),
          ...(role.maxSession === undefined ? {} : { MaxSessionDuration: role.maxSession }),
          ...(role.boundary === undefined ? {} : { PermissionsBoundary: role.boundary }),
          AssumeRolePolicyDocument: trust,
          ...(documents.length === 0 ? {} : { Policies: documents }),
          ...(attached.length === 0 ? {} : { ManagedPolicyArns: attached }),
          ...tagsOf(role.tags),
        },
        identifier: { RoleName: role.name },
        refused: meansMore([trust, documents, Object.entries(role.tags), role.description]),
        of,
        name: role.name,
        arn: role.arn,
      },
    ];
  });
}

function podIdentities({ things, cluster }: Exported, own: ReadonlyMap<string, string>): readonly Resource[] {
  return ofKind(things, 'eks/pod-identity').flatMap((of): readonly Resource[] => {
    const { namespace, serviceAccount, roleArn, tags, disableSessionTags, targetRoleArn, policy } = of.value;
    const number = of.was?.id ?? of.value.id;
    const role = own.get(roleArn);
    const { partition, region, account, name } = cluster;
    return [
      {
        id: id('PodIdentity', `${namespace}/${serviceAccount}`),
        Type: 'AWS::EKS::PodIdentityAssociation',
        Properties: {
          ClusterName: name,
          Namespace: namespace,
          ServiceAccount: serviceAccount,
          RoleArn: role === undefined ? roleArn : { 'Fn::GetAtt': [role, 'Arn'] },
          ...(targetRoleArn === undefined ? {} : { TargetRoleArn: targetRoleArn }),
          ...(disableSessionTags === undefined ? {} : { DisableSessionTags: disableSessionTags }),
          ...(policy === undefined ? {} : { Policy: policy }),
          ...tagsOf(tags),
        },
        identifier:
          number === undefined
            ? undefined
            : {
                AssociationArn: `arn:${partition}:eks:${region}:${account}:podidentityassociation/${name}/${number}`,
              },
        refused: meansMore([Object.entries(tags), policy]),
        of,
      },
    ];
  });
}

/** The stacks of a cluster. A role lies with the one profile that has it, so that its associations can refer to it. */
function unitsOf(exported: Exported): readonly Unit[] {
  const { cluster, things } = exported;
  const units = new Map<string, { about: string; resources: Resource[] }>();
  const add = (key: string, about: string, resources: readonly Resource[]): void => {
    const safe = resources.filter(({ refused }) => !refused);
    if (safe.length === 0) return;
    const unit = units.get(key);
    if (unit === undefined) units.set(key, { about, resources: [...safe] });
    else unit.resources.push(...safe);
  };
  const where = `EKS cluster ${cluster.name} (${cluster.region})`;
  add('cluster', `What all Kubeflow profiles of ${where} share`, [...providers(exported), ...buckets(exported)]);
  const owner = ownerOfRole(exported);
  const ofRole = new Map<string, string>();
  const [made, profiles] = [roles(exported), new Set(ofKind(things, 'k8s/profile').map(({ ref }) => ref.key))];
  for (const role of made) {
    const profile = owner(role.arn);
    const key = profile === undefined ? `role-${role.name}` : `profile-${profile}`;
    ofRole.set(role.arn, key);
    add(key, profile === undefined ? `Role ${role.name} of ${where}` : `Kubeflow profile ${profile} on ${where}`, [
      role,
    ]);
  }
  for (const thing of ofKind(things, 'eks/pod-identity')) {
    const { namespace, roleArn } = thing.value;
    const key = profiles.has(namespace) ? `profile-${namespace}` : `pod-identity-${namespace}`;
    const role = made.find(({ arn }) => arn === roleArn);
    // A reference reaches only what is in the same stack.
    const own = new Map(
      role !== undefined && !role.refused && ofRole.get(roleArn) === key ? [[roleArn, role.id] as const] : [],
    );
    add(key, `Pod Identity of namespace ${namespace} on ${where}`, podIdentities({ cluster, things: [thing] }, own));
  }
  return [...units].map(([key, { about, resources }]) => ({ file: lastingName(key, OBJECT_NAME), about, resources }));
}

/** A description has at most 1,024 bytes. */
const described = (about: string): string => about.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 1_024);

const template = (about: string, resources: readonly Resource[]): string =>
  yamlOf({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: described(about),
    Resources: Object.fromEntries(
      resources.map(({ id: name, Type, Properties }) => [
        name,
        // No deletion of a stack, and no other name, takes a role or a bucket from those who use it.
        { Type, DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', Properties },
      ]),
    ),
  });

function stacksOf(exported: Exported, folder: string): readonly OutputFile[] {
  // As it is, without references: what they name may not be there.
  const found = { ...exported, things: asItIs(exported.things) };
  const before = new Map(
    [...providers(found), ...buckets(found), ...roles(found), ...podIdentities(found, new Map())].map((one) => [
      one.id,
      one,
    ]),
  );
  return unitsOf(exported).flatMap(({ file, about, resources }) => {
    const imported = resources.flatMap(({ id: name }) => {
      const one = before.get(name);
      return one === undefined || one.identifier === undefined || one.refused ? [] : [one];
    });
    return [
      { path: `${folder}/stacks/${file}.yaml`, text: template(about, resources) },
      ...(imported.length === 0
        ? []
        : [
            {
              path: `${folder}/import/${file}.yaml`,
              text: template(`${about}, as it was found`, imported),
            },
            {
              path: `${folder}/import/${file}.json`,
              text: `${JSON.stringify(
                imported.map(({ id: LogicalResourceId, Type, identifier }) => ({
                  ResourceType: Type,
                  LogicalResourceId,
                  ResourceIdentifier: identifier,
                })),
                undefined,
                2,
              )}\n`,
            },
          ]),
    ];
  });
}

/** What no template can say. */
function cannot(exported: Exported): readonly string[] {
  const { things, cluster } = exported;
  const all = [...providers(exported), ...buckets(exported), ...roles(exported), ...podIdentities(exported, new Map())];
  const made = new Set(roles(exported).map(({ name }) => name));
  return [
    ...lostBy(exported, KNOWN),
    ...ofKind(things, 'iam/role')
      .filter(({ ref }) => !made.has(ref.key))
      .map(
        ({ ref }) =>
          `${titleOf(ref)} has a policy that is no JSON object, or numbers in it that cannot be kept: CloudFormation takes policies as data. Mend it first, or keep the role by Terraform.`,
      ),
    ...all
      .filter((one) => one.refused)
      .map(
        ({ of: { ref } }) =>
          `${titleOf(ref)} is not in the files: CloudFormation would take text in it for a function (Ref, Fn::) or look up what {{resolve:}} names. Change that text, or keep it by Terraform.`,
      ),
    ...ofKind(things, 's3/bucket').flatMap(({ ref, value }) =>
      value.settings === undefined || value.region === cluster.region
        ? []
        : [
            `${titleOf(ref)} is in ${value.region}, and a stack keeps only what is in its own region (${cluster.region}): keep it by a stack there.`,
          ],
    ),
    ...ofKind(things, 'eks/pod-identity').flatMap(({ ref, value, there, was }) =>
      there && value.id === undefined && was?.id === undefined
        ? [
            `${titleOf(ref)} is there, but its id is not known, so that it cannot be imported: delete it before its stack is made.`,
          ]
        : [],
    ),
  ];
}

export const cloudformation: Exporter = (all) => {
  const { all: once, twice } = keptOnce(all);
  const folders = foldersOf(once);
  const parts = once.map((exported, at) => {
    const folder = folders[at] ?? exported.cluster.name;
    const files = [...stacksOf(exported, folder), ...profileFiles(exported, folder)];
    return { exported, folder, files, stack: lastingName(`kubeflow-${folder}`, { ...STACK, longest: 60 }) };
  });
  const has = (folder: string, part: string, files: readonly OutputFile[]): boolean =>
    files.some(({ path }) => path.startsWith(`${folder}/${part}/`));
  return {
    files: parts.flatMap(({ files }) => files),
    cannot: [
      ...once.flatMap(cannot),
      ...parts.flatMap(({ files }) =>
        files
          .filter(({ path, text }) => !path.endsWith('.json') && new TextEncoder().encode(text).length > LONGEST)
          .map(
            ({ path }) =>
              `${path} is longer than ${LONGEST} bytes: pass it by way of a bucket (--s3-bucket, --template-url).`,
          ),
      ),
      ...twice,
    ],
    next: [
      ...parts.flatMap(({ folder, files, stack, exported: { cluster } }) => [
        ...(has(folder, 'import', files)
          ? [
              `Import what is there, as it is: for f in ${folder}/import/*.json; do n=$(basename "$f" .json); aws cloudformation create-change-set --region ${cluster.region} --stack-name "${stack}-$n" --change-set-name import --change-set-type IMPORT --template-body "file://${folder}/import/$n.yaml" --resources-to-import "file://$f" --capabilities CAPABILITY_NAMED_IAM; done`,
              `Look at the change sets, then execute each: for f in ${folder}/import/*.json; do n=$(basename "$f" .json); aws cloudformation execute-change-set --region ${cluster.region} --stack-name "${stack}-$n" --change-set-name import; done`,
            ]
          : []),
        `When all are imported: for f in ${folder}/stacks/*.yaml; do aws cloudformation deploy --region ${cluster.region} --stack-name "${stack}-$(basename "$f" .yaml)" --template-file "$f" --capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset; done`,
        ...(has(folder, 'kubernetes', files) ? [`kubectl apply -f ${folder}/kubernetes`] : []),
      ]),
      TWICE,
      'To move back: delete the stacks. Everything stays in AWS, because the deletion policy of all of it is Retain.',
    ],
  };
};
