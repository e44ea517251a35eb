/**
 * Whether Kubeflow's profile controller may edit the trust policy of a role, by its own role, and what would let it. Source:
 * kubeflow/dashboard, components/profile-controller.
 */
import { parseArn, ROLE_ARN } from '../arn/arn.ts';
import type { Role, ServiceAccount } from '../observation.ts';
import { unreadable } from '../plan/plan.ts';
import { isAtLeast } from '../profile/launcher.ts';
import { ROLE_ANNOTATION } from '../profile/names.ts';
import type { Reading } from '../reading.ts';
import { isObject, record, type Json } from '../records.ts';
import { AUDIENCE, policyText, providerArn, subject } from './build.ts';
import { may, mayAssume } from './evaluate.ts';
import { dataOf, list, strings } from './json.ts';
import { policiesOf, sessionOf, UNREAD } from './rights.ts';

/** The first release that knows `annotateOnly` (kubeflow/kubeflow#6887). */
const KNOWS_ANNOTATE_ONLY = '1.7';
/** What the controller does with a role that is left to it: the first at each look at the Profile. */
export const CONTROLLER_ACTIONS = ['iam:GetRole', 'iam:UpdateAssumeRolePolicy'] as const;
/** Name of the inline policy by which the controller's role gets the right to edit profiles' roles. */
export const GRANT_POLICY = 'kubeflow-irsa-trust';
const GRANT_SID = 'EditTrustOfProfileRoles';
/** Characters without white space that all inline policies of a role may have (IAM User Guide, IAM quotas). */
const INLINE_SIZE = 10_240;

/** The release that an image's tag tells, such as "v1.10.0"; undefined: it tells none. */
export const controllerRelease = (image: string): string | undefined =>
  /:(v?\d+\.\d+[^@]*)/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1];

/** Whether a release surely does not know `annotateOnly`. */
export const isBeforeAnnotateOnly = (release: string | undefined): boolean =>
  release !== undefined && isAtLeast(release, KNOWS_ANNOTATE_ONLY) === false;

/** Whether the controller may edit a role. `grant`: its own role, where a further inline policy would let it. */
export type ControllerRights =
  | { readonly state: 'may'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string }
  | { readonly state: 'may-not'; readonly why: string; readonly grant?: Role };

/** The controller's service account, `<namespace>/<name>`, and the role of its annotation; `absent` where it names none. */
export interface ControllerIdentity {
  readonly key: string;
  readonly account: Reading<ServiceAccount>;
  readonly role: Reading<Role>;
}

/** Whether the controller may do with a role what it does with one that is left to it. `cluster`: with its issuer's URL. */
export function controllerRights(
  { key, account, role: reading }: ControllerIdentity,
  cluster: { readonly account: string; readonly partition: string; readonly issuer: string },
  arn: string,
): ControllerRights {
  const name = `service account ${key}`;
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
  if (reading.state === 'absent') return { state: 'may-not', why: `The controller's role does not exist: ${named}.` };
  if (reading.state !== 'found')
    return { state: 'unknown', why: unreadable(reading, `The controller's role ${named}`) };
  const role = reading.value;
  if (role.arn !== named)
    return { state: 'may-not', why: `The controller's ${name} names ${named}, but the role is ${role.arn}.` };
  const [namespace = '', serviceAccount = ''] = key.split('/');
  const token = {
    provider: providerArn(cluster.partition, cluster.account, cluster.issuer),
    sub: subject(namespace, serviceAccount),
    aud: AUDIENCE,
  };
  if (mayAssume(dataOf(role.trustPolicy), token) === 'no')
    return { state: 'may-not', why: `The controller's role ${role.name} does not let its ${name} in.` };
  const policies = [...policiesOf(role), ...((role.unread ?? []).length > 0 ? [UNREAD] : [])];
  const answer = (all: readonly unknown[]) =>
    CONTROLLER_ACTIONS.map((action) => may(all, action, arn, requestOf(role)));
  const answers = answer(policies);
  const lacking = CONTROLLER_ACTIONS.filter((_, at) => answers[at] === 'no');
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
  Action: CONTROLLER_ACTIONS,
  Resource: arns,
});

/** The inline policy of a controller's role with one role more: what else is in it stays. */
export function grantOf(controller: Role, arn: string): string {
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
