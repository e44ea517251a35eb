/** Who may assume a role: the trust policy. */
import { patternMatches } from '../arn/pattern.ts';
import { addItems, replaceValue } from '../document/edit.ts';
import { finding, type Seen } from '../finding.ts';
import { readPolicy, type Statement } from '../policy/model.ts';
import type { Resource } from '../resources.ts';
import { principals } from './trust/statement.ts';
import { found } from '../reading.ts';
import { PLUGIN, IAM_GUIDE, IAM_CONDITIONS, IAM_QUOTAS, EKS_IRSA, AWS_PAGE } from './sources.ts';
import {
  type Example,
  ISSUER,
  OTHER,
  SWAPPED,
  SUB,
  AUD,
  policy,
  web,
  trust,
  when,
  equals,
  profile,
  ackRole,
  documents,
  ARN,
  ROLE,
  listed,
  role,
} from './samples.ts';
import { modes } from './mode.ts';
import { liveTrust } from './trust/live.ts';
import { ofTrust } from './trust/policy.ts';

export const trustModes = modes({
  'KP-021': {
    title: 'The controller would wipe this trust policy',
    severity: 'error',
    symptom: 'Other statements and conditions of the role are gone after the Profile is applied, or deleted.',
    cause:
      'With annotateOnly false the controller replaces the document by one statement with aud and sub under StringEquals.',
    fix: 'Set annotateOnly: true, or give the profile a role of its own.',
    sources: ['kubeflow/dashboard#453', PLUGIN],
    aliases: ['T-MULTISTMT-MUTATED'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-023': {
    title: 'Trust policy near or over its quota',
    severity: 'warning',
    symptom: 'IAM answers LimitExceeded: ACLSizePerRole.',
    cause:
      'A trust policy may have 2,048 characters without white space by default; many service accounts share this role.',
    fix: 'One role per profile, one list of subs instead of many statements, or a raised quota.',
    sources: [IAM_QUOTAS, 'kubeflow/kubeflow#6687'],
    aliases: ['T-SIZE'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-026': {
    title: 'Trust policy of another or a former cluster',
    severity: 'error',
    symptom: 'STS refuses the token, or finds no provider.',
    cause: 'A recreated cluster has a new issuer; the role still trusts the old one.',
    fix: 'Create the provider of the present issuer and rewrite the trust policy.',
    sources: ['EKS User Guide, IAM roles for service accounts'],
    aliases: ['T-STALE-ISSUER'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-028': {
    title: 'aud condition missing or wrong',
    severity: 'warning',
    symptom: 'Missing: tokens made for another audience are accepted too. Wrong: STS refuses every token.',
    cause:
      'Tokens of EKS carry the audience sts.amazonaws.com in every partition, unless the service account names another. A subject under :aud fits none.',
    fix: 'Require <issuer>:aud to equal sts.amazonaws.com, and write the subject under <issuer>:sub.',
    sources: [EKS_IRSA, 'eksctl-io/eksctl pkg/iam/oidc/api.go'],
    aliases: ['T-AUD-MISSING'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-029': {
    title: 'sub condition missing',
    severity: 'error',
    symptom: 'Every service account of every namespace of the cluster can assume the role, but those that are denied.',
    cause:
      'All tokens carry the same audience; only sub tells service accounts apart. The AWS page leaves it out; StringNotEquals says only who may not.',
    fix: 'Require <issuer>:sub to equal system:serviceaccount:<profile>:default-editor.',
    sources: [EKS_IRSA, AWS_PAGE],
    aliases: ['T-SUB-MISSING'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-030': {
    title: 'sub names another namespace or service account',
    severity: 'error',
    symptom: 'Not authorized to perform sts:AssumeRoleWithWebIdentity.',
    cause:
      'The sub was copied from another profile, or names default-viewer or pipeline-runner; or a Deny or another test keeps default-editor out.',
    fix: 'Write system:serviceaccount:<profile>:default-editor.',
    sources: [PLUGIN, 'awslabs/kubeflow-manifests#722'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-031': {
    title: 'Wildcard under StringEquals',
    severity: 'error',
    symptom: 'The condition never holds, so the role can never be assumed.',
    cause: 'StringEquals takes * and ? as plain characters.',
    fix: 'Write the exact value, or use StringLike.',
    sources: [IAM_CONDITIONS],
    aliases: ['T-WILDCARD-EQ'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-032': {
    title: 'Condition key does not fit the provider',
    severity: 'error',
    symptom: 'The condition never holds, so the role can never be assumed.',
    cause:
      'The key must be the issuer as in the provider ARN (host and path), without https://, port or final slash, plus :aud or :sub.',
    fix: 'Write the issuer in the key exactly as in the Federated ARN.',
    sources: [IAM_CONDITIONS, EKS_IRSA],
    aliases: ['T-KEY-MISMATCH', 'T-HTTPS', 'T-PORT', 'T-TRAILING'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-033': {
    title: 'Action and principal do not fit',
    severity: 'error',
    symptom: 'Not authorized to perform sts:AssumeRoleWithWebIdentity.',
    cause:
      'A token is exchanged with sts:AssumeRoleWithWebIdentity by a Federated principal; another action or principal never matches, and sts:TagSession alone lets nobody in.',
    fix: 'Use the action sts:AssumeRoleWithWebIdentity and the principal Federated: <ARN of the OIDC provider>.',
    sources: [IAM_GUIDE, EKS_IRSA],
    aliases: ['T-ACTION'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-085': {
    title: 'Federated is a list, and the controller expects a text',
    severity: 'error',
    symptom:
      'The controller fails again and again with MalformedPolicyDocument; the trust policy never gets the profile.',
    cause:
      'IAM allows a list. With annotateOnly false the controller reads Federated of the first statement as a text, and writes none.',
    fix: 'Write Federated as one text, or set annotateOnly: true.',
    sources: [PLUGIN],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'KP-073': {
    title: 'Pod Identity may not tag the session',
    severity: 'error',
    symptom: 'Pods with a Pod Identity association get no credentials: the agent answers AccessDeniedException.',
    cause: 'EKS Pod Identity assumes the role with session tags, for which a trust policy must allow sts:TagSession.',
    fix: 'Allow sts:AssumeRole and sts:TagSession to the service pods.eks.amazonaws.com.',
    sources: ['EKS User Guide, EKS Pod Identity role'],
    file: [withoutTags],
  },
  'T-NO-CONDITION': {
    title: 'Trust policy without a condition',
    severity: 'error',
    symptom:
      'Every service account of the cluster, with a token for any audience the provider lists, can assume the role.',
    cause: 'The statement trusts the OIDC provider and asks nothing of the token.',
    fix: 'Add StringEquals with <issuer>:aud and <issuer>:sub.',
    sources: [EKS_IRSA, 'IAM Access Analyzer policy checks'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'T-LIKE-ANY-NS': {
    title: 'sub matches every namespace',
    severity: 'error',
    symptom: 'Who can create a profile or a pod in any namespace can assume the role.',
    cause: 'StringLike with a wildcard where the namespace stands.',
    fix: 'List the namespaces.',
    sources: [EKS_IRSA],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'T-LIKE-NS-ANY-SA': {
    title: 'sub matches every service account of a namespace',
    severity: 'warning',
    symptom: 'Pods of any service account of the namespace can assume the role.',
    cause: 'StringLike with a wildcard where the service account stands.',
    fix: 'Name the service accounts that need the role; for a Kubeflow profile this is default-editor.',
    sources: [EKS_IRSA],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'T-FORALLVALUES': {
    title: 'ForAllValues on a single value',
    severity: 'error',
    symptom: 'A token without the claim is accepted.',
    cause: 'ForAllValues is true for a key that is not there.',
    fix: 'Use StringEquals without ForAllValues.',
    sources: ['IAM User Guide, multivalued context keys'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'T-IFEXISTS': {
    title: 'IfExists on aud or sub',
    severity: 'error',
    symptom: 'A token without the claim is accepted.',
    cause: 'An operator that ends in IfExists is true for a key that is not there.',
    fix: 'Use the operator without IfExists.',
    sources: [IAM_CONDITIONS],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'T-HOSTSWAP': {
    title: 'Host of the issuer misspelt',
    severity: 'error',
    symptom: 'STS finds no provider for the token.',
    cause: 'EKS issuers are oidc.eks.<region>.amazonaws.com; oidc.<region>.eks.amazonaws.com does not exist.',
    fix: 'Write oidc.eks.<region>.amazonaws.com.',
    sources: ['aws/amazon-eks-pod-identity-webhook#30'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'T-SUB-FORM': {
    title: 'sub is not a service account',
    severity: 'error',
    symptom: 'The condition never holds, so the role can never be assumed.',
    cause: 'A token of Kubernetes has the subject system:serviceaccount:<namespace>:<service account>.',
    fix: 'Write the subject in full, without blanks.',
    sources: ['Kubernetes, service accounts'],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
  'T-STMT-OBJECT': {
    title: 'Statement is one object, and the controller expects a list',
    severity: 'error',
    symptom: 'The profile controller crashes, or writes an empty document (inferred).',
    cause: 'IAM allows a single object; with annotateOnly false the controller reads the first item of a list.',
    fix: 'Put the statement into a list, or set annotateOnly: true.',
    sources: [PLUGIN],
    file: [ofTrust],
    reads: ['role'],
    live: [liveTrust],
  },
});

const POD_IDENTITY = 'pods.eks.amazonaws.com';
const TAG_SESSION = 'sts:TagSession';

/** KP-073: a statement for EKS Pod Identity. */
function withoutTags(thing: Resource): Seen[] {
  if (thing.kind !== 'trust') return [];
  const { statements } = readPolicy(thing.root);
  const isOurs = (one: Statement): boolean =>
    one.effect === 'Allow' &&
    principals(one, 'Service').some(({ texts }) => texts.some(({ text }) => text === POD_IDENTITY));
  const mayTag = ({ action }: Statement): boolean =>
    action?.complete !== true ||
    action.texts.some(({ text }) => patternMatches(text.toLowerCase(), TAG_SESSION.toLowerCase()));
  if (statements.some((one) => isOurs(one) && mayTag(one))) return [];
  return statements.filter(isOurs).flatMap(({ action }) => {
    const value = action?.entry.value;
    if (!action || !value) return [];
    const edits =
      value.type === 'array'
        ? addItems(value, [TAG_SESSION])
        : [replaceValue(value, [...action.texts.map(({ text }) => text), TAG_SESSION])];
    const message = `EKS Pod Identity tags the sessions that it makes: without ${TAG_SESSION} it may not assume this role.`;
    return [finding('KP-073', value, message, [{ title: `Add ${TAG_SESSION}`, edits, preferred: true }])];
  });
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'only aud',
    kind: 'trust',
    text: equals({}),
    finds: [['KP-029', '"Condition"']],
  },
  {
    name: 'no condition',
    kind: 'trust',
    text: trust({ Condition: undefined }),
    finds: [['T-NO-CONDITION', '"Effect"']],
    accessAnalyzer: 'Missing condition key for oidc principal',
  },
  {
    name: 'wildcard under StringEquals',
    kind: 'trust',
    text: equals({ [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:*' }),
    finds: [['KP-031', '*']],
    accessAnalyzer: 'Wildcard without like operator',
  },
  {
    name: 'every namespace, under StringLike',
    kind: 'trust',
    text: when({
      StringEquals: { [`${ISSUER}:aud`]: AUD },
      StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:*:*' },
    }),
    finds: [['T-LIKE-ANY-NS', '"system:serviceaccount:*:*"']],
  },
  {
    name: 'issuer of another cluster in the condition',
    kind: 'trust',
    text: equals({ [`${OTHER}:sub`]: SUB }),
    finds: [['KP-032', OTHER]],
  },
  {
    name: '`https://` in the condition key',
    kind: 'trust',
    text: equals({ [`https://${ISSUER}:sub`]: SUB }),
    finds: [['KP-032', `https://${ISSUER}`]],
    accessAnalyzer: 'Invalid condition key format',
  },
  {
    name: '`sts:AssumeRole` for an OIDC provider',
    kind: 'trust',
    text: trust({ Action: 'sts:AssumeRole' }),
    finds: [['KP-033', '"sts:AssumeRole"']],
    accessAnalyzer: 'Mismatched action for principal',
  },
  {
    name: 'sub without `system:serviceaccount:`',
    kind: 'trust',
    text: equals({ [`${ISSUER}:sub`]: 'team-a:default-editor' }),
    finds: [['T-SUB-FORM', '"team-a:default-editor"']],
  },
  {
    name: 'host of the issuer swapped',
    kind: 'trust',
    text: policy(web({}, SWAPPED)),
    finds: [
      ['T-HOSTSWAP', SWAPPED],
      ['T-HOSTSWAP', SWAPPED],
      ['T-HOSTSWAP', SWAPPED],
    ],
  },
  {
    name: '`ForAllValues` on single values',
    kind: 'trust',
    text: when({ 'ForAllValues:StringEquals': { [`${ISSUER}:aud`]: AUD, [`${ISSUER}:sub`]: SUB } }),
    finds: [['T-FORALLVALUES', '"ForAllValues:StringEquals"']],
    accessAnalyzer: 'ForAllValues with single valued key',
  },
  {
    name: '`IfExists` on aud and sub',
    kind: 'trust',
    text: when({ StringEqualsIfExists: { [`${ISSUER}:aud`]: AUD, [`${ISSUER}:sub`]: SUB } }),
    finds: [['T-IFEXISTS', '"StringEqualsIfExists"']],
  },
  {
    name: 'every service account of the namespace',
    kind: 'trust',
    text: when({
      StringEquals: { [`${ISSUER}:aud`]: AUD },
      StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:*' },
    }),
    finds: [['T-LIKE-NS-ANY-SA', '"system:serviceaccount:team-a:*"']],
  },
  {
    name: 'only sub',
    kind: 'trust',
    text: when({ StringEquals: { [`${ISSUER}:sub`]: SUB } }),
    finds: [['KP-028', '"Condition"']],
  },
  {
    name: 'longer than the usual quota',
    kind: 'trust',
    text: equals({
      [`${ISSUER}:sub`]: Array.from({ length: 60 }, (_, n) => `system:serviceaccount:team-${n}:default`),
    }),
    finds: [['KP-023', '"Version"']],
    accessAnalyzer: 'Policy size exceeds role trust policy quota',
  },
  {
    name: 'trust policy that the profile controller would wipe',
    kind: 'manifest',
    text: documents(
      profile({ annotateOnly: 'false' }),
      ackRole({ Version: '2012-10-17', Statement: [web(), web({}, OTHER)] }),
    ),
    finds: [['KP-021', '"Effect"']],
  },
  {
    name: 'trust policy for another namespace than the Profile',
    kind: 'manifest',
    text: documents(profile({ metadata: 'name: team-b' }), ackRole({ Version: '2012-10-17', Statement: [web()] })),
    finds: [['KP-030', `"${SUB}"`]],
  },
  {
    name: 'statement without a list where the controller expects one',
    kind: 'manifest',
    text: documents(profile({ annotateOnly: 'false' }), ackRole({ Version: '2012-10-17', Statement: web() })),
    finds: [['T-STMT-OBJECT', '"Effect"']],
  },
  {
    name: 'Pod Identity without `sts:TagSession`',
    kind: 'trust',
    text: policy({ Effect: 'Allow', Principal: { Service: POD_IDENTITY }, Action: 'sts:AssumeRole' }),
    finds: [['KP-073', '"sts:AssumeRole"']],
  },
  {
    name: 'trust policy of another cluster',
    kind: 'trust',
    text: policy(web({}, OTHER)),
    finds: [
      ['KP-026', OTHER],
      ['KP-032', OTHER],
      ['KP-032', OTHER],
    ],
    context: { issuer: ISSUER },
  },
  {
    name: 'Federated as a list where the controller expects a text',
    kind: 'manifest',
    text: documents(
      profile({ annotateOnly: 'false' }),
      ackRole({ Version: '2012-10-17', Statement: [web({ Principal: { Federated: [`${ARN}${ISSUER}`] } })] }),
    ),
    finds: [['KP-085', `["${ARN}${ISSUER}"]`]],
  },
  ...(
    [
      ['KP-021', [web(), web({ Sid: 'Second' })]],
      ['KP-085', [web({ Principal: { Federated: [`${ARN}${ISSUER}`] } })]],
      ['T-STMT-OBJECT', web()],
    ] as const
  ).map(([id, Statement]) => ({
    name: `a role that the controller may edit: ${id}`,
    change: {
      profile: listed({
        plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: false } }],
      }),
      role: found(role({ trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement }) })),
    },
    sees: [id],
  })),
];
