/** docs/permissions.md, made from the table of kinds: what the product needs cannot be told differently there. */
import { DOCTOR_READS } from '../modes/uses.ts';
import { KINDS, ORDER, type Kind, type May } from '../kinds.ts';
import { policyText } from '../policy/build.ts';
import { GRANT_POLICY, grantStatement } from '../policy/controller-rights.ts';

const iam = (kinds: readonly Kind[], ...verbs: readonly (keyof May)[]): readonly string[] => [
  ...new Set(kinds.flatMap((kind) => verbs.flatMap((verb) => KINDS[kind].may[verb]))),
];
/** Kinds of people: only who makes users, contributors or hands over needs them. */
const PEOPLE: readonly Kind[] = ['cognito/user', 'k8s/dex-user', 'k8s/role-binding', 'k8s/authorization-policy'];
const others = ORDER.filter((kind) => !PEOPLE.includes(kind));
const ofAws = others.filter((kind) => !kind.startsWith('k8s/'));
const ofCluster = others.filter((kind) => kind.startsWith('k8s/'));

const statement = (Sid: string, Action: readonly string[], Resource: string): object => ({
  Sid,
  Effect: 'Allow',
  Action,
  Resource,
});
const policy = (...statements: readonly object[]): string =>
  `\`\`\`json\n${policyText({ Version: '2012-10-17', Statement: statements }).replace(
    // A short list stands on one line.
    /\[\n\s+("[^\n\]]*"(?:,\n\s+"[^\n\]]*")*)\n\s+\]/g,
    (whole: string, items: string) => {
      const line = `[${items.replace(/\n\s+/g, ' ')}]`;
      return line.length <= 90 ? line : whole;
    },
  )}\n\`\`\``;

/** Verbs by resource, of texts such as "get profiles.kubeflow.org". */
function rules(permissions: readonly string[]): string {
  const byVerbs = new Map<string, { group: string; resources: string[]; verbs: readonly string[] }>();
  const byResource = new Map<string, string[]>();
  for (const permission of permissions) {
    const [verb = '', resource = ''] = permission.split(' ');
    const verbs = byResource.get(resource) ?? [];
    byResource.set(resource, verbs.includes(verb) ? verbs : [...verbs, verb]);
  }
  for (const [resource, verbs] of byResource) {
    const [name = '', ...group] = resource.split('.');
    const key = JSON.stringify([group, verbs]);
    const same = byVerbs.get(key) ?? { group: group.join('.'), resources: [], verbs };
    byVerbs.set(key, { ...same, resources: [...same.resources, name] });
  }
  return [...byVerbs.values()]
    .map(({ group, resources, verbs }) =>
      [
        `  - apiGroups: [${group === '' ? "''" : group}]`,
        `    resources: [${resources.join(', ')}]`,
        `    verbs: [${verbs.join(', ')}]`,
      ].join('\n'),
    )
    .join('\n');
}

const clusterRole = (name: string, permissions: readonly string[]): string =>
  `\`\`\`yaml\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: ${name}\nrules:\n${rules(permissions)}\n\`\`\``;

/** What the tree reads besides what plans read: lists and watches of all profiles, where artifacts go, Kubeflow's version. */
const TREE = [
  ...['get', 'list', 'watch'].map((verb) => `${verb} profiles.kubeflow.org`),
  ...['namespaces', 'serviceaccounts', 'configmaps'].flatMap((resource) =>
    ['get', 'list', 'watch'].map((verb) => `${verb} ${resource}`),
  ),
  'get deployments.apps',
];
const TOKEN = 'create serviceaccounts/token';

/** Verbs of creating and changing what a plan creates and changes as a rule. */
const usual = ofCluster
  .filter((kind) => !['k8s/namespace', 'k8s/service-account', 'k8s/deployment'].includes(kind))
  .flatMap((kind) => [...KINDS[kind].may.create, ...KINDS[kind].may.change]);

const isAws = (permission: string): boolean => permission.includes(':');
const peopleInCluster = iam(PEOPLE, 'read', 'create', 'change', 'delete').filter((one) => !isAws(one));

/** The table: what each kind needs for what. */
const table = (): string =>
  [
    '| | to look | to create | to change | to undo |',
    '| --- | --- | --- | --- | --- |',
    ...ORDER.flatMap((kind) => {
      const { may } = KINDS[kind];
      // A file of this machine needs none.
      if (Object.values(may).every((permissions) => permissions.length === 0)) return [];
      const cell = (permissions: readonly string[]): string =>
        permissions.length === 0 ? '' : permissions.map((one) => `\`${one}\``).join(', ');
      return `| \`${kind}\` | ${[may.read, may.create, may.change, may.delete].map(cell).join(' | ')} |`;
    }),
  ].join('\n');

export const permissionsPage = (): string => `# Permissions

<!-- Made by scripts/permissions.ts from the table of kinds (src/core/kinds.ts). -->

The extension and the command line act as **you**: with your AWS credentials and your access to the Kubernetes API. They need
no permission that you would not need for the same work by hand, and every plan lists exactly those that its run needs.

${table()}

## AWS

To look and to plan:

${policy(
  statement('Look', ['sts:GetCallerIdentity', 'eks:ListClusters', 's3:ListAllMyBuckets', ...iam(ofAws, 'read')], '*'),
  statement('Tree', ['iam:GetAccountAuthorizationDetails', 'iam:ListOpenIDConnectProviders'], '*'),
)}

Without the statement \`Tree\` the tree says which permission it lacks; plans and the command line do not need it.

The doctor looks at what the profile's role does not say: buckets, their policies and keys, managed policies, Pod Identity associations. What
of this you may not read it names, and judges the rest:

${policy(statement('Doctor', DOCTOR_READS, '*'))}

To create or change, in addition:

${policy(
  statement('Provider', iam(['iam/provider'], 'create', 'change'), 'arn:aws:iam::*:oidc-provider/*'),
  statement('Roles', iam(['iam/role', 'iam/role-policy'], 'create', 'change'), 'arn:aws:iam::*:role/*'),
)}

Narrow \`Resource\` to the names that you use: a role is called \`<profile>-<cluster>-role\`, and where that is longer than 64 characters,
its first 55 characters and a hash; where the profile's role serves others, too, it gets one called \`<profile>-<cluster>-role\` or
\`<profile>-<cluster>-own-role\`. In other partitions, write \`aws-cn\` or \`aws-us-gov\` for \`aws\`.

Where the permissions boundary, session length, description or tags of a role that is there are to be changed, or to be put back, in addition:

${policy(
  statement(
    'RoleSettings',
    iam(['iam/role-boundary', 'iam/role-settings', 'iam/role-tag'], 'create', 'change', 'delete'),
    'arn:aws:iam::*:role/*',
  ),
)}

Where a bucket is to be made, in addition:

${policy(statement('Bucket', iam(['s3/bucket'], 'create', 'change'), 'arn:aws:s3:::*'))}

\`kms:DescribeKey\` and \`kms:GetKeyPolicy\` are called only for a bucket that is encrypted with a key of yours. Without them the plan
says what it could not find out. A key's policy is never changed, and a bucket is never deleted.

\`AssumeRoleWithWebIdentity\`, which the verification calls, needs no permission of yours: the service account's token is the
proof. The objects of the verification are written by the profile's own role; only with access \`read-only\` you
write and delete the object yourself (\`s3:PutObject\`, \`s3:DeleteObject\`).

To end a profile, in addition; the statement \`Data\` only where its data is to go, too:

${policy(
  statement(
    'End',
    ['iam:ListInstanceProfilesForRole', ...iam(['iam/role', 'iam/role-policy', 'iam/role-attachment'], 'delete')],
    'arn:aws:iam::*:role/*',
  ),
  statement('Data', iam(['s3/data'], 'read', 'delete'), '*'),
)}

To export, the same is read as for a plan; of many profiles the roles by \`iam:GetAccountAuthorizationDetails\` and \`iam:ListRoles\` (session length
and description), and Pod Identity associations by \`eks:ListPodIdentityAssociations\` and \`eks:DescribePodIdentityAssociation\`. What may not be read is
not in the files, which is said.

To find leftovers, \`iam:GetAccountAuthorizationDetails\`, \`iam:ListOpenIDConnectProviders\` and \`eks:ListPodIdentityAssociations\` are read; what may not be
read is said, and what would be judged by it is not offered. To undo a deletion also \`iam:AttachRolePolicy\` is needed.

## Kubernetes

You need an [access entry](https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html) (or a line in \`aws-auth\`) on the
cluster, and:

${clusterRole('kubeflow-irsa', [...TREE, ...usual, TOKEN])}

ConfigMaps and deployments are for the tree (where artifacts go, Kubeflow's version). \`${TOKEN.split(' ')[1] ?? ''}\` is for the verification alone. Whoever has it can act as every service account of the cluster: give it
to administrators only. \`update namespaces\` is needed only to give a namespace that nobody owns to a profile's owner, which a plan
asks for first. To end a profile needs \`delete profiles.kubeflow.org\` and
\`list rolebindings.rbac.authorization.k8s.io\` besides.

## People

To list who can sign in (Dex's settings, the Cognito pools that ingresses name), contributors of all profiles and their users:

${clusterRole('kubeflow-irsa-people', [
  'get configmaps',
  'list ingresses.networking.k8s.io',
  'list rolebindings.rbac.authorization.k8s.io',
  ...peopleInCluster,
  ...KINDS['k8s/deployment'].may.change,
])}

${policy(
  statement('People', ['cognito-idp:ListUserPools', ...iam(PEOPLE, 'read', 'create', 'delete').filter(isAws)], '*'),
)}

The changing verbs are only for what they say: a user made in Dex (\`patch configmaps\`, \`update deployments.apps\`), a contributor, a
profile that is handed over. To bind a contributor's role Kubernetes wants you to have all that the role allows, or the verb \`bind\` on
ClusterRoles \`kubeflow-edit\` and \`kubeflow-view\`. What you may not list is said in the question for the owner, which takes a typed
name as well.

## What the profile controller needs

Nothing, as a rule: a Profile that is made here has \`annotateOnly: true\`, so that Kubeflow's profile controller leaves the role's trust
policy alone. An existing one keeps what it has, and either way can be changed in the review, or by \`--let-controller-write-trust\` and
\`--manage-trust\`. With \`annotateOnly: false\` (or nothing, or a controller before 1.7) the controller looks at the role each time it looks
at the Profile, adds the profile's service account where it does not find it, and takes it out when the Profile is deleted. It reads the first
statement alone and writes one statement in the place of all, so a plan puts the trust policy into the form that it leaves alone (a list, the
profile's statement first, \`Federated\` a text, the subject under \`StringEquals\`), and names who would lose the role on deletion.

For that the controller needs, on the service account \`profiles-controller-service-account\`, a role that may edit the profile's role. AWS's own
policy for it names every role of the account; this one names the profiles' roles alone, and the plan adds it as inline policy
\`${GRANT_POLICY}\` when the controller surely lacks it and you agree (\`--grant-controller\`):

${policy(grantStatement(['arn:aws:iam::111122223333:role/team-a-dev-role']))}

Without it the controller sets the annotation, fails at the trust policy again and again, and a deleted Profile stays.

## What the profile's role gets

Access level \`prefix\` (the default), for profile \`team-a\` and bucket \`artifacts\`:

| actions | on |
| --- | --- |
| \`s3:GetBucketLocation\` | the bucket |
| \`s3:ListBucket\`, only below \`team-a/\` | the bucket |
| \`s3:GetObject\`, \`s3:PutObject\`, \`s3:DeleteObject\`, \`s3:AbortMultipartUpload\`, \`s3:ListMultipartUploadParts\` | \`artifacts/team-a/*\` |

\`bucket\` is the same without the prefix, plus \`s3:ListBucketMultipartUploads\`. \`read-only\` is \`s3:GetBucketLocation\`, \`s3:ListBucket\`
and \`s3:GetObject\`. \`full\` is \`s3:*\`, as on the AWS page, on the bucket and its objects. In a bucket that is encrypted
with a KMS key of yours, \`kms:Decrypt\` and \`kms:GenerateDataKey\` on that key come in addition (with \`read-only\` the first alone),
through S3 in the region of the key only (\`kms:ViaService\`). The key's own policy must let the role in as well: the plan reads it, and says
which statement it lacks.
`;
