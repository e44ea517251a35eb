/**
 * Who owns the trust policy of a profile's role: the plan (`annotateOnly: true`), or Kubeflow's profile controller (`false`). What the
 * controller will write, whether it may, and what is lost by it. Source: kubeflow/dashboard, components/profile-controller.
 */
import { ROLE_ARN } from '../arn/arn.ts';
import type { Facts } from '../facts.ts';
import type { Ref } from '../kinds.ts';
import type { Deployment, Profile } from '../observation.ts';
import { canonicalPolicy, policyText, trustPolicy } from '../policy/build.ts';
import {
  CONTROLLER_ACTIONS,
  controllerRelease,
  controllerRights,
  type ControllerRights,
  grantOf,
  GRANT_POLICY,
  isBeforeAnnotateOnly,
} from '../policy/controller-rights.ts';
import { controllerWrites, inControllersForm, type Rewriting } from '../policy/controller.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { CONTROLLER } from '../profile/names.ts';
import { absent, valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import { blocked, type Part } from './part.ts';
import { accountArn, refOf, type Need } from './plan.ts';
import { trustedBy, type ChosenRole, type IssuingCluster } from './role.ts';

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
  const version = controllerRelease(image);
  const isOld = isBeforeAnnotateOnly(version);
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
        `Kubeflow's profile controller is of release ${version}: before 1.7 it does not know annotateOnly and edits the trust policy in any case (KP-019), for which it needs ${CONTROLLER_ACTIONS.join(' and ')}. ${LEAVES} Upgrade it to 1.7 or later.`,
        ...later,
      ],
    };
  const account = controllerAccount(facts, cluster);
  const its = controllerRole(facts, cluster);
  const rights = controllerRights(
    { key: account.key, account: facts.get(account), role: its === undefined ? absent : facts.role(its) },
    cluster,
    arn,
  );
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
  rights: ControllerRights,
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
    return { need: held(`Not known. ${rights.why} It needs ${CONTROLLER_ACTIONS.join(' and ')} on ${arn}.`) };
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
