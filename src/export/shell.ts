/**
 * The steps of the AWS page 'Pipeline Profiles' as a POSIX shell script, corrected: partition and names from what was read, `aud` and
 * `sub`, no variable in a policy, no eksctl, and each step reads before it writes, so that it can be run again.
 */
import { DEFAULT_SESSION } from '../core/arn/role.ts';
import { policyForReview, titleOf, type Kind } from '../core/kinds.ts';
import type { Bucket, PodIdentity } from '../core/observation.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { dataOf } from '../core/policy/json.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import { byKey } from '../core/records.ts';
import { spoken } from '../core/text.ts';
import { APPLIED, manifestOf } from './manifests.ts';
import { namesFor, OBJECT_NAME } from './names.ts';
import { yamlOf } from './yaml.ts';
import { FUNCTIONS } from './shellFunctions.ts';
import {
  lostBy,
  ofKind,
  pathOfRole,
  rolesOf,
  type Exported,
  type ExportedRole,
  type Exporter,
  type OutputFile,
  type Thing,
} from './things.ts';

const KNOWN: readonly Kind[] = ['iam/provider', 'iam/role', 'eks/pod-identity', 's3/bucket', ...APPLIED];

/**
 * A text as one word of a shell: as it is where no shell reads anything into it, else in single quotes, in which nothing has a
 * meaning but the quote itself (POSIX.1-2024, Shell Command Language, 2.2.2). What no argument can hold (NUL) is left out.
 */
export function quote(text: string): string {
  const safe = clean(text);
  return /^[A-Za-z0-9_@%+:,./][A-Za-z0-9_@%+=:,./-]*$/.test(safe)
    ? safe
    : `'${safe.replaceAll("'", String.raw`'\''`)}'`;
}

/** What no text of a file can hold: halves of characters, and NUL. */
const clean = (text: string): string => text.replace(/[\uD800-\uDFFF]/gu, '\uFFFD').replaceAll('\0', '');

/** A text as a comment: one line, whatever is in it. */
const comment = (text: string): string => `# ${spoken(text)}`;

/** A call with its arguments, and a document on its input that no shell expands. */
function call(words: readonly string[], document?: string): string {
  const [name = '', ...rest] = words;
  const line = [name, ...rest.map(quote)].join(' ');
  if (document === undefined) return line;
  // The end of a line that the document has itself; more of them belong to its last text.
  const text = clean(document).replace(/\n$/, '');
  const lines = new Set(text.split(/\r?\n/));
  let end = 'END';
  while (lines.has(end)) end += '_';
  return `${line} <<'${end}'\n${text}\n${end}`;
}

/** JSON as the AWS command line prints it, so that two texts are the same where the documents are. */
const asPrinted = (value: unknown): string => JSON.stringify(value, undefined, 4);
const policyPrinted = (text: string): string => {
  const ordered = policyForReview(text);
  return asPrinted(dataOf(ordered) ?? ordered);
};
const input = (value: object): string => JSON.stringify(value);
const tagList = (tags: Readonly<Record<string, string>>): readonly { Key: string; Value: string }[] =>
  byKey(Object.entries(tags)).map(([Key, Value]) => ({ Key, Value }));
const tagWords = (tags: Readonly<Record<string, string>>): readonly string[] =>
  tagList(tags).flatMap(({ Key, Value }) => [Key, Value]);

/** A role and all that belongs to it. */
function roleSteps({ role, policies, attached }: ExportedRole): readonly string[] {
  const { name, arn, description, maxSession, boundary, tags } = role;
  const path = pathOfRole(role);
  const settings = {
    ...(path === '/' ? {} : { Path: path }),
    ...(description === undefined || description === '' ? {} : { Description: description }),
    ...(maxSession === undefined || maxSession === DEFAULT_SESSION ? {} : { MaxSessionDuration: maxSession }),
    ...(boundary === undefined ? {} : { PermissionsBoundary: boundary }),
    ...(Object.keys(tags).length === 0 ? {} : { Tags: tagList(tags) }),
  };
  const hasSettings = maxSession !== undefined;
  const chosen = { MaxSessionDuration: maxSession, Description: description ?? '' };
  return [
    comment(`Role ${name}: who may use it.`),
    call(['role', name, arn, input(settings)], policyPrinted(role.trustPolicy)),
    ...(hasSettings
      ? [
          call(
            ['role_settings', name, input(chosen)],
            asPrinted([maxSession, description === '' ? null : (description ?? null)]),
          ),
        ]
      : []),
    ...(boundary === undefined ? [] : [call(['role_boundary', name, boundary])]),
    ...(Object.keys(tags).length === 0 ? [] : [call(['role_tags', name, input(tagList(tags)), ...tagWords(tags)])]),
    ...(policies.length > 0 ? ['# What it may do.'] : []),
    ...policies.map((policy) => call(['inline_policy', name, policy.name], policyPrinted(policy.text))),
    ...attached.map((policy) => call(['attached_policy', name, policy])),
    '',
  ];
}

function podIdentitySteps({ value }: Thing<'eks/pod-identity'>): readonly string[] {
  const { namespace, serviceAccount, roleArn, tags, disableSessionTags, targetRoleArn, policy }: PodIdentity = value;
  const made = {
    namespace,
    serviceAccount,
    roleArn,
    ...(disableSessionTags === undefined ? {} : { disableSessionTags }),
    ...(targetRoleArn === undefined ? {} : { targetRoleArn }),
    ...(policy === undefined ? {} : { policy }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
  return [
    comment(`EKS gives the pods of ${namespace}/${serviceAccount} a role.`),
    call(['pod_identity', namespace, serviceAccount, roleArn, input(made)]),
    '',
  ];
}

/** A bucket that is to be made; one that is there is left as it is. */
function bucketSteps({ value, there }: Thing<'s3/bucket'>): readonly string[] {
  const { name, region, settings }: Bucket = value;
  if (there) return [];
  const { ownership, encryption, policy, tags = {} } = settings ?? {};
  const keys = { SSEAlgorithm: encryption?.algorithm, KMSMasterKeyID: encryption?.key };
  const rule = {
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: keys,
        ...(encryption?.key === undefined ? {} : { BucketKeyEnabled: true }),
      },
    ],
  };
  const set = (what: string, option: string, value: string): string =>
    call(['bucket_setting', name, `get-${what}`, `put-${what}`, option, value]);
  const blocked = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  };
  return [
    comment(`Bucket ${name}. This script never deletes it, and leaves settings alone that somebody else made.`),
    call(['bucket', name, region === 'us-east-1' ? '' : region]),
    ...(settings?.publicAccessBlocked === true
      ? [set('public-access-block', '--public-access-block-configuration', input(blocked))]
      : []),
    ...(ownership === undefined
      ? []
      : [set('bucket-ownership-controls', '--ownership-controls', input({ Rules: [{ ObjectOwnership: ownership }] }))]),
    ...(encryption === undefined
      ? []
      : [set('bucket-encryption', '--server-side-encryption-configuration', input(rule))]),
    ...(policy === undefined ? [] : [set('bucket-policy', '--policy', policy)]),
    ...(Object.keys(tags).length === 0 ? [] : [set('bucket-tagging', '--tagging', input({ TagSet: tagList(tags) }))]),
    '',
  ];
}

/** The manifests: Profiles, then what lies in their namespaces. */
function objectSteps({ things }: Exported): readonly string[] {
  return APPLIED.flatMap((kind) =>
    ofKind(things, kind).flatMap((thing) => {
      const { ref, value } = thing;
      const apply = call(['applied'], yamlOf({ ...manifestOf(thing) }));
      if (ref.kind === 'k8s/profile') {
        const role = irsaPlugin(value as Thing<'k8s/profile'>['value'])?.awsIamRole;
        return [
          comment(`${titleOf(ref)}. annotateOnly: the profile controller leaves the trust policy alone.`),
          apply,
          ...(role === undefined ? [] : [call(['wait_for_role', ref.key, SERVICE_ACCOUNT, role])]),
          '',
        ];
      }
      const [namespace = '', name = ''] = ref.key.split('/');
      return [
        comment(titleOf(ref)),
        ...(ref.kind === 'k8s/config-map' ? [call(['wait_for_config_map', namespace, name])] : []),
        apply,
        '',
      ];
    }),
  );
}

/** The script of a cluster. */
function scriptOf(exported: Exported): string {
  const { cluster, things } = exported;
  const profiles = ofKind(things, 'k8s/profile').map(({ ref }) => ref.key);
  const aws = [
    ...ofKind(things, 'iam/provider').flatMap(({ value }) => [
      '# IAM trusts the tokens of the cluster.',
      ...value.clientIds.map((audience) =>
        call(['provider', value.arn, cluster.issuer, audience, input(tagList(value.tags ?? {}))]),
      ),
      '',
    ]),
    ...ofKind(things, 's3/bucket').flatMap(bucketSteps),
    ...rolesOf(things).flatMap(roleSteps),
    ...ofKind(things, 'eks/pod-identity').flatMap(podIdentitySteps),
  ];
  const objects = objectSteps(exported);
  return [
    '#!/bin/sh',
    comment(
      `S3 access of Kubeflow profiles on EKS cluster ${cluster.name} (${cluster.region}) through IAM roles for service accounts.`,
    ),
    ...(profiles.length === 0 ? [] : [comment(`Profiles: ${profiles.join(', ')}`)]),
    '#',
    '# It can be run again at any time: each step reads first, and writes only what is not as it says here.',
    `# It needs aws${objects.length === 0 ? '' : ' and kubectl, whose current context is the cluster'}, and holds no credentials.`,
    '# It deletes nothing.',
    'set -eu',
    '',
    `cluster=${quote(cluster.name)}`,
    `export AWS_DEFAULT_REGION=${quote(cluster.region)} AWS_REGION=${quote(cluster.region)} AWS_PAGER=''`,
    FUNCTIONS.trimEnd(),
    '',
    '# The account and the cluster that this script is for.',
    'there aws sts get-caller-identity --query Account --output text || fail "There is no caller."',
    `[ "$answer" = ${quote(cluster.account)} ] || fail "You are signed in to account $answer, and this script is for another one: ${cluster.account.replace(/\D/g, '')}."`,
    `there aws eks describe-cluster --name "$cluster" --query cluster.identity.oidc.issuer --output text || fail "There is no cluster $cluster."`,
    `[ "$answer" = ${quote(cluster.issuer)} ] || fail "Cluster $cluster was made again: its issuer is $answer now. Export again."`,
    ...(objects.length === 0
      ? []
      : [
          `there aws eks describe-cluster --name "$cluster" --query cluster.endpoint --output text || fail "There is no cluster $cluster."`,
          `[ "$(kubectl config view --minify --output 'jsonpath={.clusters[0].cluster.server}')" = "$answer" ] ||`,
          `  fail "The current context of kubectl is not cluster $cluster. Run: aws eks update-kubeconfig --name $cluster"`,
        ]),
    '',
    ...aws,
    ...objects,
    '# What is there is not yet what works: prove it.',
    ...profiles.map((profile) =>
      comment(`kubeflow-irsa verify --cluster ${cluster.name} --region ${cluster.region} --profile ${profile}`),
    ),
    '',
  ].join('\n');
}

export const shell: Exporter = (all) => {
  const names = namesFor(
    all.map(({ cluster }) =>
      all.filter((other) => other.cluster.name === cluster.name).length > 1 ? cluster.arn : cluster.name,
    ),
    OBJECT_NAME,
  );
  const files = all.map((exported): OutputFile => {
    const { cluster } = exported;
    return {
      path: `${names.get(cluster.name) ?? names.get(cluster.arn) ?? 'cluster'}.sh`,
      text: scriptOf(exported),
      executable: true,
    };
  });
  return {
    files,
    cannot: all.flatMap((exported) => lostBy(exported, KNOWN)),
    next: files.flatMap(({ path }) => [`Read ${path}, then run it: sh ${path}`]),
  };
};
