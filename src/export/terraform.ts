/**
 * Terraform and OpenTofu: a folder a cluster, a root module each, with a file a profile, so that who adds or changes a profile changes
 * one file, and whose it is can be said by its name. Resources stand one by one, not in `for_each`: policies of profiles differ, a plan
 * names what it changes, and whole policies are in it before anything is made.
 *
 * Names of arguments and forms of import ids: documentation of the AWS provider; test/unit/export-terraform.test.ts holds the arguments
 * against the provider's own.
 */
import { inCluster, roleOfRef, titleOf, type Kind } from '../core/kinds.ts';
import type { Bucket, OidcProvider } from '../core/observation.ts';
import { issuerOf, issuerPath } from '../core/policy/build.ts';
import { exactData } from '../core/policy/json.ts';
import { byKey } from '../core/records.ts';
import { encoded, expression, hcl, keeps, map, type Block, type Item, type Value } from './hcl.ts';
import { APPLIED } from './manifests.ts';
import { HCL_NAME, lastingName, namesFor, OBJECT_NAME } from './names.ts';
import { foldersOf, ownTags, profileFiles, TWICE } from './objects.ts';
import {
  keptOnce,
  lostBy,
  ofKind,
  pathOfRole,
  ownerOfRole,
  profilesOf,
  rolesOf,
  type Exported,
  type ExportedRole,
  type Exporter,
  type OutputFile,
  type Thing,
} from './things.ts';

/** The version of the AWS provider that the arguments are from, and the next that may break them. */
const PROVIDER = ['6.66.0', '7.0.0'] as const;
const KNOWN: readonly Kind[] = ['iam/provider', 'iam/role', 'eks/pod-identity', 's3/bucket', ...APPLIED];

const label = (key: string): string => lastingName(key, HCL_NAME);
const resource = (type: string, name: string, body: readonly Item[], note?: string): Block => ({
  head: ['resource', type, name],
  body,
  ...(note === undefined ? {} : { note }),
});
/** What is there is taken over by the first plan instead of being made. */
const imported = (there: boolean, address: string, id: string): readonly Block[] =>
  there
    ? [
        {
          head: ['import'],
          body: [
            ['to', expression(address)],
            ['id', id],
          ],
        },
      ]
    : [];
const lifecycle = (...body: readonly Item[]): readonly Item[] =>
  body.length === 0 ? [] : [{ head: ['lifecycle'], body }];
const KEEP: Item = ['prevent_destroy', true];
const ignore = (...names: readonly string[]): Item => ['ignore_changes', names.map(expression)];

/** Tags as an argument: none where none are known, and then those that are there are left alone. */
function tagsOf(tags: Readonly<Record<string, string>> | undefined): readonly Item[] {
  const entries = byKey(ownTags(tags));
  return entries.length === 0 ? [] : [['tags', map(Object.fromEntries(entries))]];
}

/** A policy as data where that loses nothing, else as it stands. */
function policyOf(text: string): Value {
  const data = exactData(text);
  return data === undefined ? text : encoded(data);
}

const providerLabel = ({ issuer }: Exported['cluster'], { arn }: OidcProvider): string =>
  issuerPath(issuerOf(arn)) === issuerPath(issuer) ? 'cluster' : label(issuerPath(issuerOf(arn)));

/** The provider of a cluster, which all of its roles rest on. */
function provider({ cluster }: Exported, { value, there }: Thing<'iam/provider'>): readonly Block[] {
  const path = issuerPath(issuerOf(value.arn));
  const name = providerLabel(cluster, value);
  return [
    resource(
      'aws_iam_openid_connect_provider',
      name,
      [
        ['url', `https://${path}`],
        ['client_id_list', value.clientIds],
        ...tagsOf(value.tags),
        ...lifecycle(KEEP, ...(there && value.tags === undefined ? [ignore('tags', 'tags_all')] : [])),
      ],
      `All roles of the cluster rest on it. IAM finds the thumbprint by itself.${there ? '\nWhere another state keeps it already, such as that of the cluster, delete this file: nothing refers to it.' : ''}`,
    ),
    ...imported(there, `aws_iam_openid_connect_provider.${name}`, value.arn),
  ];
}

/**
 * @param attachments those of the role
 * @param first addresses of providers that are made, too: IAM may refuse a role whose trust policy names one that is not there yet
 */
function role(
  { role: it, there, policies }: ExportedRole,
  attachments: readonly Thing<'iam/role-attachment'>[],
  first: readonly string[],
): readonly Block[] {
  const name = label(it.name);
  const unread = there && it.maxSession === undefined;
  const of: Item = ['role', expression(`aws_iam_role.${name}.name`)];
  return [
    resource('aws_iam_role', name, [
      ['name', it.name],
      ['path', pathOfRole(it)],
      ...(it.description === undefined || it.description === '' ? [] : [['description', it.description] as const]),
      ...(it.maxSession === undefined ? [] : [['max_session_duration', it.maxSession] as const]),
      ...(it.boundary === undefined ? [] : [['permissions_boundary', it.boundary] as const]),
      ['assume_role_policy', policyOf(it.trustPolicy)],
      ...tagsOf(it.tags),
      ...(first.length === 0 ? [] : [['depends_on', first.map(expression)] as const]),
      ...lifecycle(...(unread ? [ignore('description', 'max_session_duration')] : [])),
    ]),
    ...imported(there, `aws_iam_role.${name}`, it.name),
    ...policies.flatMap((policy) => {
      const own = `${name}__${label(policy.name)}`;
      return [
        resource('aws_iam_role_policy', own, [['name', policy.name], of, ['policy', policyOf(policy.text)]]),
        ...imported(policy.there, `aws_iam_role_policy.${own}`, `${it.name}:${policy.name}`),
      ];
    }),
    ...attachments.flatMap(({ value: { policyArn }, there: attached }) => {
      const own = `${name}__${label(policyArn)}`;
      return [
        resource('aws_iam_role_policy_attachment', own, [of, ['policy_arn', policyArn]]),
        ...imported(attached, `aws_iam_role_policy_attachment.${own}`, `${it.name}/${policyArn}`),
      ];
    }),
  ];
}

/** A bucket with what it is made with; of one whose settings were not read nothing is kept. */
function bucket({ cluster }: Exported, { value, there }: Thing<'s3/bucket'>): readonly Block[] {
  const { settings } = value;
  if (settings === undefined) return [];
  const name = label(value.name);
  const region = regionOf(cluster.region, value);
  const own = (type: string, body: readonly Item[]): Block =>
    resource(type, name, [['bucket', expression(`aws_s3_bucket.${name}.bucket`)], ...region, ...body]);
  const { encryption, ownership, policy, publicAccessBlocked, tags } = settings;
  return [
    resource('aws_s3_bucket', name, [['bucket', value.name], ...region, ...tagsOf(tags), ...lifecycle(KEEP)]),
    // Only the bucket is imported: each of its settings is set, whatever was set before.
    ...imported(there, `aws_s3_bucket.${name}`, region.length === 0 ? value.name : `${value.name}@${value.region}`),
    ...(publicAccessBlocked
      ? [
          own('aws_s3_bucket_public_access_block', [
            ['block_public_acls', true],
            ['block_public_policy', true],
            ['ignore_public_acls', true],
            ['restrict_public_buckets', true],
          ]),
        ]
      : []),
    ...(ownership === undefined
      ? []
      : [own('aws_s3_bucket_ownership_controls', [{ head: ['rule'], body: [['object_ownership', ownership]] }])]),
    ...(encryption === undefined
      ? []
      : [
          own('aws_s3_bucket_server_side_encryption_configuration', [
            {
              head: ['rule'],
              body: [
                {
                  head: ['apply_server_side_encryption_by_default'],
                  body: [
                    ['sse_algorithm', encryption.algorithm],
                    ...(encryption.key === undefined ? [] : [['kms_master_key_id', encryption.key] as const]),
                  ],
                },
              ],
            },
          ]),
        ]),
    ...(policy === undefined ? [] : [own('aws_s3_bucket_policy', [['policy', policyOf(policy)]])]),
  ];
}

/** The region of a resource where it is another one than the cluster's (AWS provider 6, "Enhanced Region Support"). */
const regionOf = (here: string, { region }: Bucket): readonly Item[] => (region === here ? [] : [['region', region]]);

function podIdentity(
  { cluster }: Exported,
  { value, there, was }: Thing<'eks/pod-identity'>,
  roles: ReadonlyMap<string, string>,
): readonly Block[] {
  const { namespace, serviceAccount, roleArn, tags, disableSessionTags, targetRoleArn, policy } = value;
  const id = was?.id ?? value.id;
  const name = `${label(namespace)}__${label(serviceAccount)}`;
  const own = roles.get(roleArn);
  return [
    resource('aws_eks_pod_identity_association', name, [
      ['cluster_name', cluster.name],
      ['namespace', namespace],
      ['service_account', serviceAccount],
      ['role_arn', own === undefined ? roleArn : expression(`aws_iam_role.${own}.arn`)],
      ...(targetRoleArn === undefined ? [] : [['target_role_arn', targetRoleArn] as const]),
      ...(disableSessionTags === undefined ? [] : [['disable_session_tags', disableSessionTags] as const]),
      ...(policy === undefined ? [] : [['policy', policyOf(policy)] as const]),
      ...tagsOf(tags),
    ]),
    ...imported(there && id !== undefined, `aws_eks_pod_identity_association.${name}`, `${cluster.name},${id ?? ''}`),
  ];
}

const versions = ({ cluster }: Exported): Block[] => [
  {
    head: ['terraform'],
    body: [
      ['required_version', '>= 1.5.0'],
      {
        head: ['required_providers'],
        body: [
          [
            'aws',
            expression(
              `{\n      source  = "hashicorp/aws"\n      version = ">= ${PROVIDER[0]}, < ${PROVIDER[1]}"\n    }`,
            ),
          ],
        ],
      },
    ],
  },
  {
    head: ['provider', 'aws'],
    body: [
      ['region', cluster.region],
      ['allowed_account_ids', [cluster.account]],
    ],
    note: 'Any other account is refused.',
  },
];

/** The files of a cluster. */
function moduleOf(exported: Exported, folder: string): readonly OutputFile[] {
  const { cluster, things } = exported;
  const files = new Map<string, { about: string; blocks: Block[] }>();
  const add = (key: string, about: string, blocks: readonly Block[]): void => {
    if (blocks.length === 0) return;
    const file = files.get(key);
    if (file === undefined) files.set(key, { about, blocks: [...blocks] });
    else file.blocks.push(...blocks);
  };
  for (const thing of ofKind(things, 'iam/provider'))
    add('oidc', `OIDC provider of EKS cluster ${cluster.name} (${cluster.region}).`, provider(exported, thing));
  for (const thing of ofKind(things, 's3/bucket'))
    add(`bucket ${thing.value.name}`, `Bucket ${thing.value.name}.`, bucket(exported, thing));
  const owner = ownerOfRole(exported);
  const profileFile = (name: string): readonly [string, string] => [
    `profile ${name}`,
    `Kubeflow profile ${name} on EKS cluster ${cluster.name} (${cluster.region}).`,
  ];
  const roles = rolesOf(things);
  const made = ofKind(things, 'iam/provider').flatMap(({ value, there }) =>
    there ? [] : [`aws_iam_openid_connect_provider.${providerLabel(cluster, value)}`],
  );
  const attachments = new Map<string, Thing<'iam/role-attachment'>[]>();
  for (const thing of ofKind(things, 'iam/role-attachment')) {
    const name = roleOfRef(thing.ref) ?? '';
    attachments.set(name, [...(attachments.get(name) ?? []), thing]);
  }
  for (const one of roles) {
    const profile = owner(one.role.arn);
    const [key, about] =
      profile === undefined ? [`role ${one.role.name}`, `Role ${one.role.name}.`] : profileFile(profile);
    add(key, about, role(one, attachments.get(one.role.name) ?? [], made));
  }
  const labels = new Map(roles.map(({ role: { arn, name } }) => [arn, label(name)]));
  const profiles = new Set(profilesOf(exported).map(({ name }) => name));
  for (const thing of ofKind(things, 'eks/pod-identity')) {
    const { namespace } = thing.value;
    const [key, about] = profiles.has(namespace)
      ? profileFile(namespace)
      : [`pod-identity ${namespace}`, `Pod Identity associations of namespace ${namespace}.`];
    add(key, about, podIdentity(exported, thing, labels));
  }
  const names = namesFor(files.keys(), OBJECT_NAME);
  return [
    {
      path: `${folder}/versions.tf`,
      text: hcl(
        `What gives Kubeflow profiles of EKS cluster ${cluster.name} (${cluster.region}) access to S3.\nAdd a backend here: where the state is kept.\n\nProfiles are in the folder kubernetes, for kubectl or what else keeps the cluster: as a kubernetes_manifest each would need the\ncluster's API for every plan, and what lies in a namespace would need it before the profile controller has made it.`,
        versions(exported),
      ),
    },
    ...[...files].map(([key, { about, blocks }]) => ({
      path: `${folder}/${names.get(key)}.tf`,
      text: hcl(about, blocks),
    })),
  ];
}

/** What Terraform would make other than it is to be, or cannot take over. */
const cannot = (exported: Exported): readonly string[] => [
  ...lostBy(exported, KNOWN),
  ...exported.things.flatMap((thing) => {
    const { ref, value, there } = thing;
    if (inCluster(ref.kind) || keeps(JSON.stringify(value))) return [];
    return [
      `${titleOf(ref)} has text that is not in Unicode's composed form (NFC), and Terraform brings all text into it: ${there ? 'the first plan shows it as a change.' : 'it is made so.'}`,
    ];
  }),
  ...ofKind(exported.things, 'eks/pod-identity').flatMap(({ ref, value, there, was }) =>
    there && value.id === undefined && was?.id === undefined
      ? [
          `${titleOf(ref)} is there, but its id is not known: import it by hand (terraform import ADDRESS ${exported.cluster.name},ID).`,
        ]
      : [],
  ),
];

export const terraform: Exporter = (all) => {
  const { all: once, twice } = keptOnce(all);
  const folders = foldersOf(once);
  const files = once.flatMap((exported, at) => {
    const folder = folders[at] ?? exported.cluster.name;
    return [...moduleOf(exported, folder), ...profileFiles(exported, folder)];
  });
  return {
    files,
    cannot: [...once.flatMap(cannot), ...twice],
    next: [
      ...once.flatMap((exported, at) => {
        const folder = folders[at] ?? exported.cluster.name;
        const imports = files
          .filter(({ path }) => path.startsWith(`${folder}/`) && path.endsWith('.tf'))
          .reduce((count, { text }) => count + (text.match(/^import \{$/gm)?.length ?? 0), 0);
        return [
          `terraform -chdir=${folder} init (or tofu)`,
          `terraform -chdir=${folder} plan: it must say ${imports} to import and 0 to destroy. Read every change to what is there.`,
          `terraform -chdir=${folder} apply`,
          ...(files.some(({ path }) => path.startsWith(`${folder}/kubernetes/`))
            ? [`kubectl apply -f ${folder}/kubernetes`]
            : []),
        ];
      }),
      TWICE,
      'To move back: terraform state rm ADDRESS, or a removed block with destroy = false. Nothing goes in AWS; terraform destroy would delete the roles.',
    ],
  };
};
