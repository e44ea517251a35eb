/** What a role may do: its permission policies. */
import { IAM_QUOTAS, S3_ARNS, AWS_PAGE } from './sources.ts';
import { ofConfigMap } from './artifacts/config-maps.ts';
import { type Example, BUCKET, policy, grant, permissions } from './samples.ts';
import { ofPrefix } from './permissions/prefix.ts';
import { modes } from './mode.ts';
import { vainPolicies } from './permissions/folder.ts';
import { liveRights } from './permissions/live.ts';
import { ofPermissions } from './permissions/policy.ts';
import { liveTrust } from './trust/live.ts';
import { ofTrust } from './trust/policy.ts';

export const permissionsModes = modes({
  'KP-039': {
    title: 'Too many colons in an S3 ARN',
    severity: 'error',
    symptom: 'Listing works, and every read or write of an object is denied.',
    cause: 'arn:aws:s3::::bucket/* has four colons after s3: the bucket stands where nothing is looked for.',
    fix: 'Write arn:aws:s3:::bucket/* with three colons.',
    sources: [AWS_PAGE, 'awsdocs/amazon-eks-user-guide#436'],
    file: [ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
  'KP-040': {
    title: 'Placeholder left in a policy',
    severity: 'warning',
    symptom: 'The resource never matches: every call is denied.',
    cause:
      'A ${NAME}, <name>, [NAME] or the like that nothing replaced reaches IAM, where it matches nothing. A warning in a file, since a tool may fill it in; nothing where one beside it is seen to; an error in AWS, and where a template of CloudFormation would fill it in under Fn::Sub.',
    fix: 'Write the value, or let the tool do it before the policy is used; in CloudFormation write !Sub before the text.',
    sources: [AWS_PAGE, 'IAM User Guide, policy variables'],
    file: [ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
  'KP-041': {
    title: 'Bucket or objects left out, or nothing to write',
    severity: 'error',
    symptom: 'Listing works and reading does not, or the reverse; or no run can store an artifact.',
    cause:
      'Bucket actions need the ARN of the bucket, object actions the ARN with /*; one of them is not there. Or a Deny, or a condition that a pod never meets, leaves nothing that may be written.',
    fix: 'Add the missing ARN, or allow s3:PutObject on the prefix of the profile.',
    sources: [S3_ARNS],
    file: [ofPermissions, ofPrefix],
    folder: [vainPolicies],
    reads: ['role'],
    live: [liveRights],
  },
  'KP-042': {
    title: 'Bucket in the ARN not valid',
    severity: 'error',
    symptom: 'The resource never matches, or IAM rejects the document.',
    cause: 'An empty or impossible bucket name, an s3:// address, or a region or account in the ARN of a bucket.',
    fix: 'Write arn:<partition>:s3:::<bucket>.',
    sources: [S3_ARNS, 'S3 User Guide, bucket naming rules'],
    file: [ofConfigMap, ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
  'KP-043': {
    title: 'Partition of the S3 ARN does not fit',
    severity: 'error',
    symptom: 'The resource never matches, or IAM rejects the document.',
    cause: 'arn:aws: in China or GovCloud, or the reverse.',
    fix: 'Use the partition of the account.',
    sources: ['botocore partitions.json'],
    file: [ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
  'KP-044': {
    title: 'All S3 actions allowed',
    severity: 'warning',
    symptom: 'A pipeline of one profile can read the data of others and delete the bucket.',
    cause: 's3:* holds more than 100 actions; pipelines need eight.',
    fix: 'Allow the actions pipelines need, on the prefix of the profile.',
    sources: ['kubeflow/pipelines backend/src/v2/objectstore', 'Argo Workflows, S3 driver'],
    file: [ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
  'KP-045': {
    title: 'Action on the wrong level of resource',
    severity: 'error',
    symptom: 'The grant has no effect.',
    cause: 'A bucket action on an object ARN, or an object action on a bucket ARN.',
    fix: 'Move the action to the ARN of its level.',
    sources: [S3_ARNS],
    file: [ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
  'P-ACTION': {
    title: 'Action that IAM does not know',
    severity: 'warning',
    symptom: 'AccessDenied, although the policy seems to allow the operation.',
    cause:
      'IAM accepts any name. Many S3 operations need an action of another name: ListObjectsV2 needs s3:ListBucket.',
    fix: 'Write the action that the operation needs.',
    sources: ['Service Authorization Reference', 'S3 User Guide, required permissions for Amazon S3 API operations'],
    file: [ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
  'P-CONDITION': {
    title: 'Condition that no request meets, or every one',
    severity: 'warning',
    symptom: 'AccessDenied, although the policy seems to allow the operation; or a limit that limits nothing.',
    cause:
      'IAM accepts any condition key. One that is misspelt, or that requests of the action do not have, is never in a request; an operator for values of another type compares nothing.',
    fix: 'Write a key that the action has, with an operator for its type.',
    sources: ['Service Authorization Reference', 'IAM User Guide, condition operators'],
    file: [ofTrust, ofPermissions],
    reads: ['role'],
    live: [liveTrust, liveRights],
  },
  'P-SIZE': {
    title: 'Permission policy near or over its quota',
    severity: 'warning',
    symptom: 'LimitExceeded when the policy is written.',
    cause:
      'The inline policies of a role have at most 10,240 characters together, a managed policy 6,144, white space not counted.',
    fix: 'Join statements, use wildcards in resources, or attach several managed policies.',
    sources: [IAM_QUOTAS],
    file: [ofPermissions],
    reads: ['role'],
    live: [liveRights],
  },
});

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'four colons before the bucket',
    kind: 'permissions',
    text: permissions({ Resource: 'arn:aws:s3::::team-a-data/*' }),
    finds: [['KP-039', ':']],
    accessAnalyzer: 'Invalid ARN resource',
  },
  {
    name: '`${S3_BUCKET}` left in',
    kind: 'permissions',
    text: permissions({ Resource: 'arn:aws:s3:::${S3_BUCKET}/*' }),
    finds: [['KP-040', '${S3_BUCKET}']],
  },
  {
    name: 'no bucket',
    kind: 'permissions',
    text: permissions({ Resource: 'arn:aws:s3:::/*' }),
    finds: [['KP-042', '/*']],
    accessAnalyzer: 'Invalid ARN resource',
  },
  {
    name: 'object actions on the bucket',
    kind: 'permissions',
    text: permissions({ Resource: BUCKET }),
    finds: [['KP-045', '"s3:GetObject"']],
  },
  {
    name: 'bucket name with upper case and underscore',
    kind: 'permissions',
    text: permissions({ Resource: 'arn:aws:s3:::My_Bkt/*' }),
    finds: [['KP-042', 'My_Bkt']],
  },
  {
    name: 'region in the ARN of a bucket',
    kind: 'permissions',
    text: permissions({ Resource: 'arn:aws:s3:us-west-2::team-a-data/*' }),
    finds: [['KP-042', 'us-west-2:']],
    accessAnalyzer: 'ARN Region not allowed',
  },
  {
    name: 'action misspelt: `s3:GetObjetc`',
    kind: 'permissions',
    text: permissions({ Action: ['s3:GetObjetc', 's3:PutObject'] }),
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    accessAnalyzer: 'Invalid action',
  },
  {
    name: 'name of an operation for an action: `s3:ListObjectsV2`',
    kind: 'permissions',
    text: policy({ Effect: 'Allow', Action: 's3:ListObjectsV2', Resource: BUCKET }, grant()),
    finds: [['P-ACTION', '"s3:ListObjectsV2"']],
    accessAnalyzer: 'Invalid action',
  },
  {
    name: 'condition key misspelt: `s3:prefx`',
    kind: 'permissions',
    text: policy(
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: BUCKET, Condition: { StringLike: { 's3:prefx': 'a/*' } } },
      grant(),
    ),
    finds: [['P-CONDITION', '"s3:prefx"']],
    accessAnalyzer: 'Unsupported global condition key, or none',
  },
  {
    name: 'condition key that the action does not have',
    kind: 'permissions',
    text: permissions({ Condition: { StringLike: { 's3:prefix': 'team-a/*' } } }),
    finds: [['P-CONDITION', '"s3:prefix"']],
    accessAnalyzer: 'Unsupported action in condition key, or none',
  },
  {
    name: '`s3:*` on `*`',
    kind: 'permissions',
    text: permissions({ Action: 's3:*', Resource: '*' }),
    finds: [['KP-044', '"s3:*"']],
  },
  {
    name: 'objects left out',
    kind: 'permissions',
    text: policy(grant({ Action: ['s3:ListBucket', 's3:GetObject'], Resource: BUCKET })),
    finds: [['KP-041', `"${BUCKET}"`]],
  },
  {
    name: 'partition that does not exist',
    kind: 'permissions',
    text: permissions({ Resource: 'arn:amazon:s3:::team-a-data/*' }),
    finds: [['KP-043', 'amazon']],
    accessAnalyzer: 'Invalid partition',
  },
  {
    name: 'longer than a role may have inline',
    kind: 'permissions',
    text: permissions({
      Resource: Array.from({ length: 260 }, (_, n) => `${BUCKET}/runs-of-department-number-${n}/*`),
    }),
    finds: [['P-SIZE', '"Version"']],
    accessAnalyzer: 'Policy size exceeds identity policy quota',
  },
];
