/**
 * Who owns the trust policy of a profile's role: the plan (`annotateOnly: true`), or Kubeflow's profile controller (`false`). What the
 * controller will write, whether it may, and what is lost by it. Source: kubeflow/dashboard, components/profile-controller.
 */
import { parseArn, ROLE_ARN } from '../arn/arn.ts';
import type { Facts } from '../facts.ts';
import type { Ref } from '../kinds.ts';
import type { Deployment, Profile, Role } from '../observation.ts';
import { AUDIENCE, canonicalPolicy, policyText, providerArn, subject, trustPolicy } from '../policy/build.ts';
import { controllerWrites, inControllersForm, type Rewriting } from '../policy/controller.ts';
import { may } from '../policy/evaluate.ts';
import { isObject, record, type Json } from '../records.ts';
import { dataOf, list, strings } from '../policy/json.ts';
import { policiesOf, sessionOf, UNREAD } from '../policy/rights.ts';
import { isAtLeast } from '../profile/launcher.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { CONTROLLER } from '../profile/names.ts';
import { absent, valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import { blocked, type Part } from './part.ts';
import { accountArn, refOf, unreadable, type Need } from './plan.ts';
import { trustedBy, type ChosenRole, type IssuingCluster } from './role.ts';
import { letsIn } from './trust.ts';

/** The first release that knows `annotateOnly` (kubeflow/kubeflow#6887). */
const KNOWS_ANNOTATE_ONLY = '1.7';
/** What the controller does with a role that is left to it: the first at each look at the Profile. */
const ACTIONS = ['iam:GetRole', 'iam:UpdateAssumeRolePolicy'] as const;
/** Name of the inline policy by which the controller's role gets the right to edit profiles' roles. */
export const GRANT_POLICY = 'kubeflow-irsa-trust';
const GRANT_SID = 'EditTrustOfProfileRoles';
/** Characters without white space that all inline policies of a role may have (IAM User Guide, IAM quotas). */
const INLINE_SIZE = 10_240;

/** Whether a Profile leaves the trust policy alone, as its plugin says; undefined: it has none that the controller would take. */
export function annotatesOnly(profile: Profile | undefined): boolean | undefined {
  const plugin = profile === undefined ? undefined : irsaPlugin(profile);
  return plugin?.awsIamRole === undefined ? undefined : plugin.annotateOnly;
}

/** Whether the controller is to write the trust policy, as far as the wish and the Profile say: then its identity counts. */
export const leavesTrust = (wish: Pick<Request, 'annotateOnly'>, profile: Profile | undefined): boolean =>
  (wish.annotateOnly ?? annotatesOnly(profile) ?? true) === false;

/** The controller's deployment, and the namespace that it is in. */
export function deploymentOf(
  facts: Facts,
  cluster: IssuingCluster,
): { readonly namespace: string; readonly reading: Reading<Deployment> } {
  for (const namespace of CONTROLLER.namespaces) {
    const reading = facts.get(refOf('k8s/deployment', cluster.arn, `${namespace}/${CONTROLLER.deployment}`));
    if (reading.state !== 'absent') return { namespace, reading };
  }
  return { namespace: CONTROLLER.namespaces[0], reading: absent };
}

/** The service account that the controller runs as. */
export function controllerAccount(facts: Facts, cluster: IssuingCluster): Ref<'k8s/service-account'> {
  const { namespace, reading } = deploymentOf(facts, cluster);
  const name = valueOf(reading)?.serviceAccount ?? CONTROLLER.account;
  return refOf('k8s/service-account', cluster.arn, `${namespace}/${name}`);
}

/** The role that the controller's service account names, where it is one of the cluster's account. */
export function controllerRole(facts: Facts, cluster: IssuingCluster): Ref<'iam/role'> | undefined {
  const named = valueOf(facts.get(controllerAccount(facts, cluster)))?.annotations[ROLE_ANNOTATION] ?? '';
  const groups = ROLE_ARN.exec(named)?.groups;
  return groups?.['name'] === undefined || groups['account'] !== cluster.account
    ? undefined
    : refOf('iam/role', accountArn(cluster), groups['name']);
}

/** Whether the controller may edit a role. `grant`: its own role, where a further inline policy would let it. */
type Rights =
  | { readonly state: 'may'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string }
  | { readonly state: 'may-not'; readonly why: string; readonly grant?: Role };

function rightsOf(facts: Facts, cluster: IssuingCluster, arn: string): Rights {
  const ref = controllerAccount(facts, cluster);
  const name = `service account ${ref.key}`;
  const account = facts.get(ref);
  if (account.state !== 'found') return { state: 'unknown', why: unreadable(account, `The controller's ${name}`) };
  const named = account.value.annotations[ROLE_ANNOTATION] ?? '';
  if (named === '')
    return {
      state: 'unknown',
      why: `The controller's ${name} names no role (annotation ${ROLE_ANNOTATION}): it has one by EKS Pod Identity, that of its node, or none.`,
    };
  const owner = ROLE_ARN.test(named) ? parseArn(named)?.account : undefined;
  if (owner === undefined)
    return { state: 'may-not', why: `The annotation ${ROLE_ANNOTATION} of ${name} is no role ARN: "${named}".` };
  // It looks for the role by its name alone, in its own account.
  if (owner !== cluster.account)
    return {
      state: 'may-not',
      why: `The controller acts as a role of account ${owner}, where it edits a role of the same name (KP-022): ${named}.`,
    };
  const its = controllerRole(facts, cluster);
  const reading = its === undefined ? absent : facts.role(its);
  if (reading.state === 'absent') return { state: 'may-not', why: `The controller's role does not exist: ${named}.` };
  if (reading.state !== 'found')
    return { state: 'unknown', why: unreadable(reading, `The controller's role ${named}`) };
  const role = reading.value;
  if (role.arn !== named)
    return { state: 'may-not', why: `The controller's ${name} names ${named}, but the role is ${role.arn}.` };
  const [namespace = '', serviceAccount = ''] = ref.key.split('/');
  const token = {
    provider: providerArn(cluster.partition, cluster.account, cluster.issuer),
    subject: subject(namespace, serviceAccount),
    audience: AUDIENCE,
  };
  if (letsIn(role.trustPolicy, token) === 'no')
    return { state: 'may-not', why: `The controller's role ${role.name} does not let its ${name} in.` };
  const policies = [...policiesOf(role), ...((role.unread ?? []).length > 0 ? [UNREAD] : [])];
  const answer = (all: readonly unknown[]) => ACTIONS.map((action) => may(all, action, arn, requestOf(role)));
  const answers = answer(policies);
  const lacking = ACTIONS.filter((_, at) => answers[at] === 'no');
  if (lacking.length > 0) {
    const granted = grantOf(role, arn);
    const size = [...role.inline.filter((one) => one.name !== GRANT_POLICY).map(({ text }) => text), granted]
      .map((text) => text.replace(/\s/g, '').length)
      .reduce((sum, length) => sum + length, 0);
    const helps = size <= INLINE_SIZE && !answer([...policies, dataOf(granted)]).includes('no');
    const why = `The controller's role ${role.name} may not ${lacking.join(' and ')} on ${arn}.`;
    return { state: 'may-not', why, ...(helps ? { grant: role } : {}) };
  }
  if (answers.includes('unknown')) {
    const rests = [
      ...(role.attached.length > 0 ? ['attached policies, which are not read'] : []),
      ...(role.unread ?? []).map((permission) => `what you may not read (${permission})`),
      ...(role.boundary === undefined ? [] : ['its permissions boundary']),
    ];
    const on = rests.length > 0 ? rests.join(', ') : 'conditions of its policies';
    return { state: 'unknown', why: `For the controller's role ${role.name} it depends on ${on}.` };
  }
  return { state: 'may', why: `by its role ${role.name}` };
}

/** A call to IAM by the controller's role: of keys of IAM and of tags of the role that it edits nothing is known. */
function requestOf(role: Role) {
  const session = sessionOf(role);
  return {
    ...session,
    lacks: (key: string) => !/^(iam:|aws:resourcetag\/)/.test(key) && session.lacks?.(key) === true,
  };
}

/** What lets a controller edit the trust policies of these roles, and of no other. */
export const grantStatement = (arns: readonly string[]) => ({
  Sid: GRANT_SID,
  Effect: 'Allow',
  Action: ACTIONS,
  Resource: arns,
});

/** The inline policy of a controller's role with one role more: what else is in it stays. */
function grantOf(controller: Role, arn: string): string {
  const document = dataOf(controller.inline.find(({ name }) => name === GRANT_POLICY)?.text ?? '');
  if (!isObject(document)) return policyText({ Version: '2012-10-17', Statement: [grantStatement([arn])] });
  const { ours, others, roles } = grantIn(document);
  const now = grantStatement([...new Set([...roles, arn])]);
  return policyText({ ...document, Statement: [...others, { ...now, ...ours, Resource: now.Resource }] });
}

/** Our statement in such a policy, the roles that it names, and the statements of others. */
function grantIn(document: Json): {
  readonly ours: Json;
  readonly roles: readonly string[];
  readonly others: readonly unknown[];
} {
  const statements = list(document['Statement']);
  const [ours = {}] = statements.filter((one) => record(one)['Sid'] === GRANT_SID).map(record);
  return { ours, roles: strings(ours['Resource']), others: statements.filter((one) => one !== ours) };
}

/**
 * The inline policy of a controller's role without one role; `undefined`: it does not name it. `''`: nothing is left of it. What else
 * is in it stays.
 */
export function grantWithout(text: string, arn: string): string | undefined {
  const document = dataOf(text);
  if (!isObject(document)) return undefined;
  const { ours, others, roles } = grantIn(document);
  if (!roles.includes(arn)) return undefined;
  const left = roles.filter((one) => one !== arn);
  const all = left.length === 0 ? others : [...others, { ...ours, Resource: left }];
  return all.length === 0 ? '' : policyText({ ...document, Statement: all });
}

/** What a plan says of the trust policy's owner. */
export interface TrustOwner {
  /** What the plugin of the Profile gets. */
  readonly annotateOnly: boolean;
  /** The trust policy of the role in a form that the controller leaves alone; absent: as it would be anyway. */
  readonly trust?: string;
  readonly needs: readonly Need[];
  /** The controller's new permission. */
  readonly parts: readonly Part[];
  readonly warnings: readonly string[];
}

/**
 * Who is to own the trust policy, and what follows. What nobody asked for stays as the Profile has it, unless the controller surely
 * may not do it, or would take the role from others one day.
 */
export function trustOwner(
  wish: Request,
  facts: Facts,
  cluster: IssuingCluster,
  chosen: ChosenRole,
  arn: string,
): TrustOwner {
  const profile = valueOf(facts.get(refOf('k8s/profile', cluster.arn, wish.profile)));
  const annotateOnly = !leavesTrust(wish, profile);
  const image = valueOf(deploymentOf(facts, cluster).reading)?.image ?? '';
  const version = /:(v?\d+\.\d+[^@]*)/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1];
  const isOld = version !== undefined && isAtLeast(version, KNOWS_ANNOTATE_ONLY) === false;
  const own: TrustOwner = { annotateOnly: true, needs: [], parts: [], warnings: [] };
  if (annotateOnly && !isOld)
    return {
      ...own,
      warnings:
        annotatesOnly(profile) === false
          ? [
              'The trust policy is managed here from now on (annotateOnly: true): what the profile controller wrote stays, and it writes no more.',
            ]
          : [],
    };
  const wanted = trustedBy(wish, cluster);
  const now = trustOf(wish, cluster, chosen);
  const form = now === undefined ? undefined : inControllersForm(now, wanted);
  const formed = form === undefined ? {} : { trust: form };
  const deletion = form === undefined ? undefined : controllerWrites(form, wanted.subject, 'delete');
  const later = deletion === undefined ? [] : onDeletion(deletion, arn);
  // Whatever the Profile says: that is written for the release that comes after it.
  if (isOld)
    return {
      ...own,
      ...formed,
      annotateOnly,
      warnings: [
        `Kubeflow's profile controller is of release ${version}: before 1.7 it does not know annotateOnly and edits the trust policy in any case (KP-019), for which it needs ${ACTIONS.join(' and ')}. ${LEAVES} Upgrade it to 1.7 or later.`,
        ...later,
      ],
    };
  const rights = rightsOf(facts, cluster, arn);
  const instead =
    rights.state === 'may-not' ? rights.why : form === undefined ? undefined : taken(form, wanted.subject, deletion);
  if (wish.annotateOnly === undefined && instead !== undefined)
    return {
      ...own,
      warnings: [
        `The Profile left the trust policy to Kubeflow's profile controller (annotateOnly: false). It is managed here from now on (annotateOnly: true): ${instead}`,
      ],
    };
  const { need, part } = permission(wish, cluster, rights, arn);
  return {
    annotateOnly: false,
    ...formed,
    needs: [need],
    parts: part === undefined ? [] : [part],
    warnings: [`The trust policy is left to Kubeflow's profile controller (annotateOnly: false). ${LEAVES}`, ...later],
  };
}

/** The trust policy that the role has, or gets; undefined where it could not be read. */
function trustOf({ profile }: Request, cluster: IssuingCluster, { reading, trust }: ChosenRole): string | undefined {
  if (reading.state === 'found') return trust?.policy ?? reading.value.trustPolicy;
  const { provider } = trustedBy({ profile }, cluster);
  return reading.state === 'absent' ? policyText(trustPolicy(provider, cluster.issuer, profile)) : undefined;
}

const LEAVES =
  'It writes nothing as long as the Profile is there, because it finds the service account in the trust policy in the form that it reads.';

/** What of the trust policy the controller would not keep, as a sentence; undefined: it is all as the controller writes it. */
function taken(form: string, sub: string, deletion: Rewriting | undefined): string | undefined {
  if (deletion?.outcome !== 'rewrites') return undefined;
  const back = controllerWrites(deletion.policy, sub, 'apply');
  if (back.outcome === 'rewrites' && canonicalPolicy(back.policy) === canonicalPolicy(form)) return undefined;
  return deletion.lost.length > 0
    ? `when the Profile is deleted, the controller would take the role from ${deletion.lost.join(', ')}.`
    : 'when the Profile is deleted, the controller would leave out conditions of the trust policy.';
}

/** What the controller writes when the Profile is deleted, as sentences. */
function onDeletion(rewriting: Rewriting, arn: string): readonly string[] {
  if (rewriting.outcome === 'keeps') return [];
  if (rewriting.outcome === 'fails')
    return [`When the Profile is deleted, the controller fails, and the Profile stays (KP-024): ${rewriting.why}.`];
  const { lost, gained } = rewriting;
  const says = [
    ...(lost.length > 0 ? [`is lost for ${lost.join(', ')}`] : []),
    ...(gained.length > 0 ? [`lets in ${gained.join(', ')}`] : []),
  ];
  return says.length === 0
    ? []
    : [
        `When the Profile is deleted, the controller rewrites the whole trust policy of ${nameOf(arn)} to one statement: the role then ${says.join(', and ')}. Set annotateOnly: true before that, or delete the role after it.`,
      ];
}

/** A role's name; the controller reads no more of its ARN. */
const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** Whether the controller may do what it will, and its new permission where a person agrees to that. */
function permission(
  wish: Request,
  cluster: IssuingCluster,
  rights: Rights,
  arn: string,
): { readonly need: Need; readonly part?: Part } {
  const name = nameOf(arn);
  const title = `Kubeflow's profile controller may edit the trust policy of ${name}`;
  const id = 'profile-controller';
  const seen = [
    'get serviceaccounts',
    ...['iam:GetRole', 'iam:ListRolePolicies', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies'],
  ];
  const held = (reason: string): Need => ({ id, title, holds: true, reason, may: seen });
  if (rights.state === 'may') return { need: held(rights.why) };
  if (rights.state === 'unknown')
    return { need: held(`Not known. ${rights.why} It needs ${ACTIONS.join(' and ')} on ${arn}.`) };
  const { why, grant } = rights;
  if (grant !== undefined && wish.grantController === true) {
    const ref = refOf('iam/role-policy', accountArn(cluster), `${grant.name}/${GRANT_POLICY}`);
    const before = grant.inline.find((one) => one.name === GRANT_POLICY);
    const what = `so that Kubeflow's profile controller (${grant.name}) may edit the trust policy of ${name}`;
    return {
      need: held(`by an inline policy that its role ${grant.name} gets`),
      part: {
        change: {
          ref,
          ...(before === undefined ? {} : { before: { text: before.text } }),
          after: { text: grantOf(grant, arn) },
          what,
          shared: true,
        },
      },
    };
  }
  const way =
    grant === undefined
      ? 'Mend that, or manage the trust policy here (annotateOnly: true).'
      : `Let its role get inline policy ${GRANT_POLICY}, for this role alone, or manage the trust policy here (annotateOnly: true).`;
  const reason = `${why} Its work on the Profile would fail again and again (KP-020), and a deleted Profile would stay (KP-024). ${way}`;
  return {
    need: blocked(id, title, reason, { may: seen, ...(grant === undefined ? {} : { consent: 'grantController' }) }),
  };
}
