/** What the words of our files mean: the text of the hovers. Pure. */
import { parseArn, ROLE_ARN } from '../core/arn/arn.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { failureMode } from '../core/modes/table.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import type { Thing } from '../live.ts';
import { profileAt, type ProfileHead } from './profiles.ts';

/** The meaning of a stretch of text. `facts` are names and values; values come from the file and are data. */
export interface Meaning {
  readonly start: number;
  readonly end: number;
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  /** What goes wrong with it. */
  readonly failures: readonly FailureModeId[];
  /** What it names, if its state can be asked for. */
  readonly thing?: Thing;
}

type Groups = Readonly<Record<string, string | undefined>>;
type Word = {
  readonly pattern: RegExp;
  readonly title: string;
  readonly facts?: (groups: Groups, whole: string) => readonly [string, string][];
  readonly text: string;
  readonly failures?: readonly FailureModeId[];
  /** `profile`: the Profile that it stands in. `rest`: what follows on the line. */
  readonly thing?: 'profile' | ((groups: Groups, whole: string, rest: string) => Thing | undefined);
};

/** A name that is neither a pattern nor still to be filled in. */
const certain = (name: string): boolean => /^[\w.-]+$/.test(name);
const bucketThing = ({ bucket = '' }: Groups): Thing | undefined =>
  certain(bucket) ? { kind: 'bucket', name: bucket } : undefined;
const accountThing = (text: string): Thing | undefined => {
  const [, namespace = '', name = ''] = /system:serviceaccount:([^:"'\s]*):([^"'\s,\]]*)/.exec(text) ?? [];
  return certain(namespace) && certain(name) ? { kind: 'serviceAccount', namespace, name } : undefined;
};

/** First come, first served. Sources: the catalogue's entries that each row names. */
const WORDS: readonly Word[] = [
  {
    pattern: /arn:aws[\w-]*:iam::\d*:role\/[\w+=,.@/-]*/g,
    title: 'IAM role',
    facts: (_groups, whole) => {
      const role = ROLE_ARN.exec(whole)?.groups;
      return role ? [['name', role['name'] ?? ''], ...accountFacts(whole)] : accountFacts(whole);
    },
    text: `Pods get it through their service account (in a profile: ${SERVICE_ACCOUNT}), if the trust policy of the role names the OIDC provider of this cluster and this service account. What they may do then stands in the permission policies of the role.`,
    failures: ['KP-007', 'KP-029'],
    thing: (_groups, arn) => (ROLE_ARN.test(arn) ? { kind: 'role', arn } : undefined),
  },
  {
    pattern: /arn:aws[\w-]*:iam::[^:\s"']*:oidc-provider\/(?<issuer>[^"'\s,\]]+)/g,
    title: 'OIDC provider',
    facts: ({ issuer = '' }, whole) => [['issuer', `https://${issuer}`], ...accountFacts(whole)],
    text: 'By this provider the account accepts tokens that the EKS cluster with this issuer signs. Any service account of the cluster has such tokens: the conditions on sub and aud decide which of them get the role.',
    failures: ['KP-029'],
    thing: (_groups, arn) => (/[*?$<]/.test(arn) ? undefined : { kind: 'provider', arn }),
  },
  {
    pattern: /system:serviceaccount:(?<namespace>[^:"'\s]*):(?<account>[^"'\s,\]]*)/g,
    title: 'Kubernetes service account',
    facts: ({ namespace = '', account = '' }) => [
      ['namespace', namespace],
      ['service account', account],
    ],
    text: 'The sub claim of the token of a pod. The namespace of a profile has the name of the profile, and its notebooks and pipeline runs use default-editor. With a wildcard the condition needs StringLike.',
    thing: (_groups, whole) => accountThing(whole),
  },
  {
    pattern: /(?<issuer>[\w.${}/-]+):sub\b/g,
    title: 'Condition on the service account',
    facts: ({ issuer = '' }) => [['issuer', issuer]],
    text: 'Which service account may take the role: system:serviceaccount:<profile>:default-editor. Without this condition every pod of the cluster that has a service account can take it.',
    failures: ['KP-029'],
    thing: (_groups, _whole, rest) => accountThing(rest),
  },
  {
    pattern: /(?<issuer>[\w.${}/-]+):aud\b/g,
    title: 'Condition on the audience',
    facts: ({ issuer = '' }) => [['issuer', issuer]],
    text: 'Whom the token is for. EKS asks for tokens for sts.amazonaws.com; tokens for the Kubernetes API have another audience and must not open AWS.',
  },
  {
    pattern: /arn:aws[\w-]*:s3:::(?<bucket>[^/"'\s]+)(?<key>\/[^"'\s]*)?/g,
    title: 'S3',
    facts: ({ bucket = '', key }) => [
      ['bucket', bucket],
      ...(key === undefined ? [] : [['objects', key.slice(1)] as [string, string]]),
    ],
    text: 'Without a slash it is the bucket itself, which actions such as s3:ListBucket need; with a slash it is objects in it, which s3:GetObject and s3:PutObject need. A policy for a pipeline needs both.',
    failures: ['KP-039'],
    thing: bucketThing,
  },
  {
    pattern: /s3:\/\/(?<bucket>[^/"'\s]+)(?<key>\/[^"'\s]*)?/g,
    title: 'S3 location',
    facts: ({ bucket = '', key = '' }) => [
      ['bucket', bucket],
      ['prefix', key.slice(1)],
    ],
    text: 'The role of the profile must be allowed to list this bucket and to read and write below this prefix.',
    failures: ['KP-055'],
    thing: bucketThing,
  },
  {
    pattern: /\bannotateOnly\b/gi,
    title: 'annotateOnly',
    text: 'true: the controller annotates the service account and leaves the trust policy of the role to you; it needs no AWS permissions. false, or absent: it also replaces the whole trust policy by one statement that names the service account, for which its own role needs iam:GetRole and iam:UpdateAssumeRolePolicy; other statements and conditions are lost. Only a boolean without quotes counts.',
    failures: ['KP-006'],
    thing: 'profile',
  },
  {
    pattern: /\bAwsIamForServiceAccount\b/g,
    title: 'IRSA plugin of a Profile',
    text: `The profile controller annotates ${SERVICE_ACCOUNT} in the namespace of the profile with the role. EKS then gives the pods of this service account a token for it. The kind is compared letter by letter.`,
    failures: ['KP-001', 'KP-002'],
    thing: 'profile',
  },
  {
    pattern: /\bawsIamRole\b/gi,
    title: 'awsIamRole',
    text: `The ARN of the role that ${SERVICE_ACCOUNT} of this profile gets.`,
    failures: ['KP-003', 'KP-007'],
    thing: 'profile',
  },
  {
    pattern: /\beks\.amazonaws\.com\/role-arn\b/g,
    title: 'Role of a service account',
    text: 'The EKS webhook reads this annotation when a pod starts, and gives the pod a token for the role. Pods that run already keep what they have. In a profile the plugin sets it on default-editor again and again.',
    failures: ['KP-012'],
  },
];

const accountFacts = (arn: string): [string, string][] => {
  const { account = '', partition = '' } = parseArn(arn) ?? {};
  return [...(account === '' ? [] : [['account', account] as [string, string]]), ['partition', partition]];
};

/**
 * What stands at `offset` of a text that is ours, and what it means. Looks at one line.
 *
 * @param profiles those of the text
 */
export function meaningAt(text: string, offset: number, profiles: readonly ProfileHead[]): Meaning | undefined {
  const around = profileAt(profiles, offset);
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).slice(0, 2000);
  for (const { pattern, title, facts, text: meaning, failures = [], thing } of WORDS) {
    for (const match of line.matchAll(pattern)) {
      const [start, end] = [lineStart + match.index, lineStart + match.index + match[0].length];
      if (offset < start || offset > end) continue;
      const groups = match.groups ?? {};
      const named =
        thing === 'profile'
          ? around && profileThing(around)
          : thing?.(groups, match[0], line.slice(match.index + match[0].length));
      return {
        start,
        end,
        title,
        facts: facts?.(groups, match[0]) ?? [],
        text: meaning,
        failures,
        ...(named === undefined ? {} : { thing: named }),
      };
    }
  }
  return around && profileName(around, offset);
}

const profileThing = ({ profile }: ProfileHead): Thing => ({ kind: 'profile', name: profile });

/** The name of a Profile, where it is given. */
function profileName(around: ProfileHead, offset: number): Meaning | undefined {
  const { profile, name } = around;
  if (offset < name.start || offset > name.end) return undefined;
  return {
    ...name,
    title: 'Kubeflow profile',
    facts: [['name', profile]],
    text: `The name of the profile and of its namespace, in which the controller makes ${SERVICE_ACCOUNT}.`,
    failures: [],
    thing: profileThing(around),
  };
}

/** One line about what goes wrong. */
export const failureLine = (id: FailureModeId): string => `${id}: ${failureMode(id).title}. ${failureMode(id).symptom}`;
