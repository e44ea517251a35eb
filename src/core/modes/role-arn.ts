/** What stands for a role or a value in a manifest or a policy. */
import { WEBHOOK, IAM_GUIDE, IAM_QUOTAS, AWS_PAGE } from './sources.ts';
import { roleNameProblem } from '../arn/names.ts';
import type { Resource } from '../resource.ts';
import { ofConfigMap } from './artifacts/config-maps.ts';
import { isOpen } from './folder.ts';
import { hasHole } from './manifest.ts';
import { finding, type Seen } from '../finding.ts';
import { type Example, ISSUER, SUB, trust, equals, profile } from './samples.ts';
import { ofPrefix } from './permissions/prefix.ts';
import { ofGuides } from './guides.ts';
import { endpointsElsewhere } from './artifacts/partition.ts';
import { modes } from './mode.ts';
import { liveProfile, ofProfile } from './profile.ts';
import { ofServiceAccount } from './service-account.ts';
import { liveTrust } from './trust/live.ts';
import { ofTrust } from './trust/policy.ts';

export const roleArnModes = modes({
  'KP-004': {
    title: 'Placeholder not filled in',
    severity: 'warning',
    symptom: 'Pods get the text of the placeholder as role; STS rejects it with a validation error.',
    cause:
      'A ${VARIABLE}, $(command), <placeholder>, {{ template }} or sample account stayed in the manifest. A warning in a file, since a tool may fill it in; nothing where one beside it is seen to (templatefile, envsubst, sed, kustomize, Helm); an error in the cluster and AWS.',
    fix: 'Replace it by the real value before you apply the file.',
    sources: [AWS_PAGE, WEBHOOK],
    file: [ofProfile, ofServiceAccount, ofConfigMap, ofTrust, ofGuides],
    reads: ['profile', 'role'],
    live: [liveProfile, liveTrust],
  },
  'KP-007': {
    title: 'Not the ARN of an IAM role',
    severity: 'error',
    symptom: 'The pod starts, and STS refuses the role.',
    cause: 'The value is a role name, or the ARN of a policy, user, instance profile or assumed role.',
    fix: 'Use arn:<partition>:iam::<12-digit account>:role/<name>.',
    sources: ['aws/amazon-eks-pod-identity-webhook pkg/handler/handler.go', IAM_GUIDE],
    file: [ofProfile, ofServiceAccount],
    reads: ['profile'],
    live: [liveProfile],
  },
  'KP-034': {
    title: 'Account or partition do not fit',
    severity: 'error',
    symptom: 'IAM rejects the document, or STS finds no provider.',
    cause:
      'Account ids have 12 digits. Role, OIDC provider and bucket of one set belong to one partition; provider and role to one account.',
    fix: 'Rebuild the ARN with the account and partition of the cluster.',
    sources: [IAM_GUIDE, 'botocore partitions.json'],
    aliases: ['T-ACCOUNT', 'T-PARTITION'],
    file: [ofProfile, ofServiceAccount, ofTrust, ofPrefix],
    folder: [endpointsElsewhere],
    reads: ['profile', 'role'],
    live: [liveProfile, liveTrust],
  },
  'KP-036': {
    title: 'Role name not valid',
    severity: 'error',
    symptom: 'CreateRole answers ValidationError.',
    cause: 'A role name has at most 64 letters, digits and _+=,.@-. <profile>-<cluster>-role grows beyond it.',
    fix: 'Shorten the name and end it with a hash, so that it stays unique.',
    sources: [IAM_QUOTAS, AWS_PAGE],
    file: [ofProfile, ofServiceAccount, ofRoleName],
    reads: ['profile'],
    live: [liveProfile],
  },
});

/** KP-036 where a role is made. */
function ofRoleName(thing: Resource): Seen[] {
  if (thing.kind !== 'trust' || !thing.role) return [];
  const { role } = thing;
  // What is filled in later is of the letters that it is filled in with.
  if (hasHole(role) || isOpen(String(role.value)) || String(role.value).includes('${')) return [];
  const problem = roleNameProblem(String(role.value));
  return problem === undefined ? [] : [finding('KP-036', role, `${problem} CreateRole rejects it.`)];
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'account with eight digits',
    kind: 'trust',
    text: trust({ Principal: { Federated: `arn:aws:iam::11112222:oidc-provider/${ISSUER}` } }),
    finds: [['KP-034', '11112222']],
    accessAnalyzer: 'Invalid federated principal syntax in role trust policy',
  },
  {
    name: '`${OIDC_URL}` left in',
    kind: 'trust',
    text: equals({ ['${OIDC_URL}:sub']: SUB }),
    finds: [['KP-004', '${OIDC_URL}']],
  },
  {
    name: 'placeholder in the role',
    kind: 'manifest',
    text: profile({ role: 'arn:aws:iam::<account>:role/team-a' }),
    finds: [['KP-004', '<account>']],
  },
  {
    name: 'ARN of a user for a role',
    kind: 'manifest',
    text: profile({ role: 'arn:aws:iam::111122223333:user/team-a' }),
    finds: [['KP-007', 'arn:aws:iam::111122223333:user/team-a']],
  },
  {
    name: 'role name with a character that IAM does not take',
    kind: 'manifest',
    text: profile({ role: 'arn:aws:iam::111122223333:role/team#a' }).replace(/role: (.*)/i, 'Role: "$1"'),
    finds: [['KP-036', 'team#a']],
  },
];
