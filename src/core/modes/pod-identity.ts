/** EKS Pod Identity: the association of default-editor, the role that it names, and what rests on the tags of its sessions. */
import type { PodIdentity, Role } from '../observation.ts';
import { absent, found, valueOf, type Reading } from '../reading.ts';
import { addItems, replaceValue } from '../document/edit.ts';
import { FREE, patternMatches } from '../arn/pattern.ts';
import { finding, type Seen } from '../finding.ts';
import { readPolicy, type Statement } from '../policy/model.ts';
import { principals } from './trust/statement.ts';
import { may } from '../policy/evaluate.ts';
import { own, readDocument, textsOf } from '../policy/statements.ts';
import { dataOf } from '../policy/json.ts';
import { policiesOf, sessionOf, textOfPolicy, type Documents } from '../policy/rights.ts';
import { POLICY_NAME, SERVICE_ACCOUNT } from '../policy/build.ts';
import { isObject, type Json } from '../records.ts';
import type { Resource } from '../resource.ts';
import { modes } from './mode.ts';
import { problem, type Problem } from './problem.ts';
import { type Example, BUCKET, editor, listed, permissions, policy, role } from './samples.ts';
import { namedRole, quoted, type ProfileView, roleArnOf } from './view.ts';

const ABAC = 'EKS User Guide, pod-id-abac';

export const podIdentityModes = modes({
  'KP-073': {
    title: 'Pod Identity may not use the role',
    severity: 'error',
    symptom: 'Pods with a Pod Identity association get no credentials: the agent answers AccessDeniedException.',
    cause:
      'EKS Pod Identity assumes the role as the service pods.eks.amazonaws.com, with session tags: a trust policy must allow it sts:AssumeRole and sts:TagSession. eks.amazonaws.com is another service.',
    fix: 'Allow sts:AssumeRole and sts:TagSession to the service pods.eks.amazonaws.com, with aws:SourceAccount or aws:SourceArn so that only your cluster can.',
    sources: ['EKS User Guide, EKS Pod Identity role'],
    file: [withoutTags],
    reads: ['association', 'podRole'],
    live: [livePodTrust],
  },
  'KP-074': {
    title: 'Session tags in the policy of an IRSA role',
    severity: 'error',
    symptom: 'AccessDenied: the resource of the policy never matches.',
    cause:
      'EKS Pod Identity tags its sessions with kubernetes-namespace and the like. A session of IRSA has no tags, so ${aws:PrincipalTag/kubernetes-namespace} stands for nothing.',
    fix: 'Write the namespace, or move the profile to EKS Pod Identity.',
    sources: [ABAC, 'IAM User Guide, policy variables'],
    reads: ['role', 'policies', 'association'],
    live: [liveTagVariables],
  },
  'KP-075': {
    title: 'Session tags can be forged',
    severity: 'warning',
    symptom: 'Who sets the tag kubernetes-namespace reads and deletes the data of that namespace.',
    cause:
      'The role carries such a tag itself, others may tag a session of it, or its pods may tag roles: policies that compare the tags believe all of them.',
    fix: 'Take the tag off the role, allow sts:TagSession to pods.eks.amazonaws.com alone, and deny iam:TagRole for tags that begin with kubernetes- and eks-.',
    sources: ['EKS Best Practices Guide, identity and access management', ABAC],
    reads: ['role', 'podRole', 'policies'],
    live: [liveForged],
  },
  'KP-076': {
    title: 'Session policy of the association not valid',
    severity: 'error',
    symptom: 'EKS refuses the association, or pods get fewer rights than the policy has.',
    cause:
      'The policy of an association has at most 2,048 characters, and needs disableSessionTags: the tags of EKS take its room in the session.',
    fix: 'Shorten the policy, and set disableSessionTags: true.',
    sources: ['EKS API Reference, CreatePodIdentityAssociation'],
    reads: ['association'],
    live: [liveSessionPolicy],
  },
});

const POD_IDENTITY = 'pods.eks.amazonaws.com';
const TAG_SESSION = 'sts:TagSession';
/** Tags that EKS sets on the sessions of pods (EKS User Guide, pod-id-abac). */
const ITS_TAG = /^(?:kubernetes-(?:namespace|service-account|pod-name|pod-uid)|eks-cluster-(?:arn|name))$/i;
const ITS_VARIABLE = /aws:PrincipalTag\/((?:kubernetes|eks)-[\w-]+)/gi;

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
    if (action === undefined) return [];
    const { value } = action.entry;
    const edits =
      value.type === 'array'
        ? addItems(value, [TAG_SESSION])
        : [replaceValue(value, [...action.texts.map(({ text }) => text), TAG_SESSION])];
    const message = `EKS Pod Identity tags the sessions that it makes: without ${TAG_SESSION} it may not assume this role.`;
    return [finding('KP-073', value, message, [{ title: `Add ${TAG_SESSION}`, edits, preferred: true }])];
  });
}

/** Services, or what else an element of a principal names, of a statement. */
const named = (statement: Json, kind: string): readonly string[] => {
  const principal = own(statement, 'Principal');
  return isObject(principal) ? textsOf(own(principal, kind)).texts : [];
};
const acts = (statement: Json, action: string): boolean =>
  textsOf(own(statement, 'Action')).texts.some((text) => patternMatches(text.toLowerCase(), action.toLowerCase()));
const allowsOf = (trustPolicy: string): readonly Json[] =>
  readDocument(dataOf(trustPolicy)).statements.filter((one) => own(one, 'Effect') === 'Allow');

/** Condition keys that bind Pod Identity to a cluster, a namespace or an account. */
const BINDS =
  /^(?:aws:source(?:arn|account|orgid)|aws:requesttag\/(?:kubernetes-namespace|kubernetes-service-account|eks-cluster-(?:arn|name)))$/;

/** KP-073: whether EKS Pod Identity gets in at the role of the association. */
function livePodTrust(readings: ProfileView): readonly Problem[] {
  const association = valueOf(readings.association ?? absent);
  if (association === undefined || readings.podRole === undefined) return [];
  const said = (message: string): Problem => problem('KP-073', message);
  if (readings.podRole.state === 'absent')
    return [said(`The Pod Identity association names role ${quoted(association.roleArn)}, which does not exist.`)];
  if (readings.podRole.state !== 'found') return [];
  const { name, trustPolicy } = readings.podRole.value;
  const allows = allowsOf(trustPolicy);
  const its = allows.filter((one) => named(one, 'Service').includes(POD_IDENTITY));
  if (its.length === 0) {
    const swapped = allows.some((one) => named(one, 'Service').includes('eks.amazonaws.com'));
    const names = swapped ? 'names eks.amazonaws.com, which is another service' : 'does not name it';
    return [said(`EKS Pod Identity (${POD_IDENTITY}) may not assume role ${name}: its trust policy ${names}.`)];
  }
  const lacks = ['sts:AssumeRole', TAG_SESSION].filter((action) => !its.some((one) => acts(one, action)));
  if (lacks.length > 0)
    return [
      said(
        `The trust policy of ${name} does not allow ${POD_IDENTITY} ${lacks.join(' and ')}: pods get no credentials.`,
      ),
    ];
  const bound = its.some((one) => conditionKeys(one).some((key) => BINDS.test(key)));
  if (bound) return [];
  const message = `The trust policy of ${name} lets in ${POD_IDENTITY} for every cluster and namespace: who may make associations of this account gets the role. Add aws:SourceAccount, aws:SourceArn or aws:RequestTag/kubernetes-namespace.`;
  return [{ ...said(message), remark: true }];
}

function conditionKeys(statement: Json): readonly string[] {
  const condition = own(statement, 'Condition');
  if (!isObject(condition)) return [];
  return Object.values(condition).flatMap((tests) =>
    isObject(tests) ? Object.keys(tests).map((key) => key.toLowerCase()) : [],
  );
}

/** Tags of EKS that the policies of a role ask for, as they are written. */
function tagsIn({ inline, attached }: Role, documents: Documents): readonly string[] {
  const texts = [...inline.map(({ text }) => text), ...attached.map((arn) => textOfPolicy(documents, arn) ?? '')];
  return [...new Set(texts.flatMap((text) => [...text.matchAll(ITS_VARIABLE)].map(([, tag = '']) => tag)))];
}

/** KP-074 */
function liveTagVariables(readings: ProfileView): readonly Problem[] {
  const role = namedRole(readings);
  // With an association the same role may have sessions with tags.
  if (role === undefined || (readings.association ?? absent).state !== 'absent') return [];
  const lacking = tagsIn(role, readings.policies ?? {}).filter((tag) => role.tags[tag] === undefined);
  if (lacking.length === 0) return [];
  const message = `A policy of role ${role.name} asks for the session tag ${lacking.join(', ')}. Sessions of a service account's token have no tags: what depends on it is never allowed.`;
  // A plan writes one inline policy, and leaves the others.
  const rest = { ...role, inline: role.inline.filter(({ name }) => name !== POLICY_NAME) };
  const stays = tagsIn(rest, readings.policies ?? {}).some((tag) => lacking.includes(tag));
  return [problem('KP-074', message, stays ? undefined : 'repair')];
}

/** KP-075: of the roles that pods of the profile have. */
function liveForged(readings: ProfileView): readonly Problem[] {
  const { policies: documents = {} } = readings;
  const roles = [namedRole(readings), valueOf(readings.podRole ?? absent)].filter((one) => one !== undefined);
  const different = roles.filter((one, at) => roles.findIndex(({ arn }) => arn === one.arn) === at);
  return different.flatMap((role): Problem[] => {
    const asks = tagsIn(role, documents).length > 0;
    const own = asks ? Object.keys(role.tags).filter((tag) => ITS_TAG.test(tag)) : [];
    const strangers = asks ? taggers(role) : [];
    const [, partition = 'aws', , , account = ''] = role.arn.split(':');
    const tags = may(
      policiesOf(role, documents),
      'iam:TagRole',
      `arn:${partition}:iam::${account}:role/${FREE}`,
      sessionOf(role),
    );
    const says = [
      ...(own.length > 0
        ? [`role ${role.name} carries the tag ${own.map((tag) => `${tag}=${role.tags[tag] ?? ''}`).join(', ')} itself`]
        : []),
      ...(strangers.length > 0 ? [`${strangers.join(', ')} may tag sessions of role ${role.name} as they like`] : []),
      ...(tags === 'yes' ? [`pods with role ${role.name} may tag every role of the account`] : []),
    ];
    if (says.length === 0) return [];
    // A plan writes a policy that asks for no tag in place of its own alone.
    const rest = { ...role, inline: role.inline.filter(({ name }) => name !== POLICY_NAME) };
    const mends = role === namedRole(readings) && tags !== 'yes' && tagsIn(rest, documents).length === 0;
    const message = `Tags by which access is given can be forged: ${says.join('; ')}.`;
    return [problem('KP-075', message, mends ? 'repair' : undefined)];
  });
}

/** Who else than EKS may tag sessions of a role. */
const taggers = ({ trustPolicy }: Role): readonly string[] => [
  ...new Set(
    allowsOf(trustPolicy).flatMap((one) =>
      acts(one, TAG_SESSION)
        ? [
            ...named(one, 'AWS'),
            ...named(one, 'Federated'),
            ...named(one, 'Service').filter((service) => service !== POD_IDENTITY),
          ]
        : [],
    ),
  ),
];

/** Characters that the policy of an association has at most (EKS API Reference). */
const LONGEST = 2_048;

/** KP-076 */
function liveSessionPolicy({ association: reading = absent }: ProfileView): readonly Problem[] {
  const association = valueOf(reading);
  const text = association?.policy;
  if (association === undefined || text === undefined || text === '') return [];
  const faults = [
    ...(isObject(dataOf(text)) ? [] : ['is no JSON object']),
    ...(text.length > LONGEST ? [`has ${text.length} characters, and ${LONGEST} are allowed`] : []),
    ...(association.disableSessionTags === true ? [] : ['needs disableSessionTags: true, which is not set']),
  ];
  if (faults.length === 0) return [];
  const message = `The session policy of the Pod Identity association of ${SERVICE_ACCOUNT} ${faults.join('; it ')}.`;
  return [problem('KP-076', message)];
}

/** KP-062: an association beside the annotation or the plugin. */
export function livePodIdentity(readings: ProfileView): readonly Problem[] {
  const association = valueOf(readings.association ?? absent);
  const arn = roleArnOf(readings);
  if (association === undefined || arn === undefined || arn === '') return [];
  const message = `${SERVICE_ACCOUNT} has a Pod Identity association with role ${quoted(association.roleArn)} and, by its annotation or plugin, ${quoted(arn)}: pods get that of the association where its agent runs. Keep one of them.`;
  const said = problem('KP-062', message);
  return [association.roleArn === arn ? { ...said, remark: true } : said];
}

const ASSOCIATED = 'arn:aws:iam::111122223333:role/team-a-pods';
const association = (change: Partial<PodIdentity> = {}): Reading<PodIdentity> =>
  found({ id: 'a-1', namespace: 'team-a', serviceAccount: SERVICE_ACCOUNT, roleArn: ASSOCIATED, tags: {}, ...change });
const pods = (change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Service: POD_IDENTITY },
  Action: ['sts:AssumeRole', TAG_SESSION],
  Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
  ...change,
});
const podRole = (statement: object = pods(), change: Partial<Role> = {}): Reading<Role> =>
  found(role({ arn: ASSOCIATED, name: 'team-a-pods', trustPolicy: policy(statement), ...change }));
/** A profile that has its role by Pod Identity alone. */
const byPods = (change: Partial<ProfileView> = {}): Partial<ProfileView> => ({
  profile: listed({ plugins: [] }),
  serviceAccount: editor({}),
  role: absent,
  association: association(),
  podRole: podRole(),
  ...change,
});
const TAGGED = permissions({ Resource: `${BUCKET}/\${aws:PrincipalTag/kubernetes-namespace}/*` });

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'Pod Identity without `sts:TagSession`',
    kind: 'trust',
    text: policy({ Effect: 'Allow', Principal: { Service: POD_IDENTITY }, Action: 'sts:AssumeRole' }),
    finds: [['KP-073', '"sts:AssumeRole"']],
  },
  { name: 'a profile that has its role by Pod Identity alone', change: byPods(), sees: [] },
  {
    name: 'an association beside the annotation',
    change: { association: association(), podRole: podRole() },
    sees: ['KP-062'],
  },
  {
    name: 'an association with a role that Pod Identity may not tag',
    change: byPods({ podRole: podRole(pods({ Action: 'sts:AssumeRole' })) }),
    sees: ['KP-073'],
  },
  {
    name: 'an association with a role for eks.amazonaws.com',
    change: byPods({ podRole: podRole(pods({ Principal: { Service: 'eks.amazonaws.com' } })) }),
    sees: ['KP-073'],
  },
  {
    name: 'an association with a role for any cluster',
    change: byPods({ podRole: podRole(pods({ Condition: undefined })) }),
    sees: ['KP-073'],
  },
  { name: 'an association with a role that is not there', change: byPods({ podRole: absent }), sees: ['KP-073'] },
  {
    name: 'a tag of Pod Identity in the policy of a role that comes by token',
    change: { association: absent, role: found(role({ inline: [{ name: 's3', text: TAGGED }] })) },
    sees: ['KP-041', 'KP-055', 'KP-074'],
  },
  {
    name: 'a role that carries the tag of a namespace itself',
    change: byPods({
      podRole: podRole(pods(), { inline: [{ name: 's3', text: TAGGED }], tags: { 'kubernetes-namespace': 'team-b' } }),
    }),
    sees: ['KP-075'],
  },
  {
    name: 'a role whose sessions others may tag',
    change: byPods({
      podRole: found(
        role({
          arn: ASSOCIATED,
          name: 'team-a-pods',
          trustPolicy: policy(
            pods(),
            pods({ Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Condition: undefined }),
          ),
          inline: [{ name: 's3', text: TAGGED }],
        }),
      ),
    }),
    sees: ['KP-075'],
  },
  {
    name: 'a role whose pods may tag every role',
    change: {
      role: found(
        role({
          inline: [
            { name: 's3', text: permissions({}) },
            { name: 'tags', text: policy({ Effect: 'Allow', Action: 'iam:TagRole', Resource: '*' }) },
          ],
        }),
      ),
    },
    sees: ['KP-075'],
  },
  {
    name: 'an association with a session policy that is too long, and session tags',
    change: byPods({ association: association({ policy: JSON.stringify({ Statement: 'x'.repeat(LONGEST) }) }) }),
    sees: ['KP-076'],
  },
];
