/**
 * The planner of "Let a Service Account In" and of the reverse: a service account beside the profile's own uses the profile's role. Its
 * annotation makes EKS give its pods a token for the role, the trust policy lets it in: both are needed.
 */
import { profileNameProblem } from '../arn/names.ts';
import { roleNameOf } from '../arn/arn.ts';
import type { Facts } from '../facts.ts';
import { roleArnOf } from '../modes/view.ts';
import { bareOf } from '../observation.ts';
import { AUDIENCE, profilePrefix, providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import { TRUST_SIZE, trustSize } from '../policy/controller.ts';
import { useOfRole } from '../policy/derived.ts';
import { withMember, withoutMember } from '../policy/members.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { valueOf, type Reading } from '../reading.ts';
import type { Change } from '../kinds.ts';
import { TAG } from '../tags.ts';
import { spoken } from '../text.ts';
import { guarded } from './managed.ts';
import { blocked } from './part.ts';
import { accountArn, bucketRef, refOf, unreadable, type Need, type Plan } from './plan.ts';
import { NEIGHBOUR, type Proof } from './proof.ts';
import { neighbourBy, type IssuingCluster } from './role.ts';
import { letsIn } from './trust.ts';

export interface LetInWish {
  readonly profile: string;
  readonly account: string;
  /** Where the service account is; absent: the profile's own namespace. */
  readonly namespace?: string;
  /** It is taken out again. */
  readonly remove?: boolean;
}

/** A pod that runs, or will, as a service account. */
export interface PodUse {
  readonly name: string;
  readonly account: string;
  /** What made it: "ReplicaSet web-5d9"; absent: a person. */
  readonly owner?: string;
  /** ARN of the role that EKS gave it when it was made. */
  readonly role?: string;
  /** It has ended. */
  readonly ended: boolean;
}

/** What is read before a service account is let in. The role that the profile has comes after them. */
export const letInRefs = ({ arn }: Pick<IssuingCluster, 'arn'>, { profile, namespace = profile, account }: LetInWish) =>
  [
    refOf('k8s/profile', arn, profile),
    refOf('k8s/service-account', arn, `${profile}/${SERVICE_ACCOUNT}`),
    refOf('k8s/service-account', arn, `${namespace}/${account}`),
  ] as const;

/** ARN of the role that a profile's pods get. */
export function roleOfProfile(name: string, facts: Facts, cluster: IssuingCluster): string | undefined {
  const [profileRef, editorRef] = letInRefs(cluster, { profile: name, account: SERVICE_ACCOUNT });
  const profile = valueOf(facts.get(profileRef));
  return profile && roleArnOf({ profile, serviceAccount: facts.get(editorRef) });
}

/** The bucket that a profile's role is for. */
export function placeOfRole(arn: string | undefined, facts: Facts, cluster: IssuingCluster) {
  const name = roleNameOf(arn ?? '');
  const role = name === undefined ? undefined : valueOf(facts.role(refOf('iam/role', accountArn(cluster), name)));
  return role && useOfRole(role);
}

/** `pods`: those of the service account's namespace. */
export function planLetIn(
  wish: LetInWish,
  facts: Facts,
  cluster: IssuingCluster,
  pods: Reading<readonly PodUse[]>,
): Plan {
  const { profile: name, namespace = name, account, remove = false } = wish;
  const who = `${namespace}/${account}`;
  const title = `profile ${name} on ${cluster.name} (${cluster.region}), ${remove ? `without ${who}` : `for ${who}, too`}`;
  const [profileRef, , accountRef] = letInRefs(cluster, wish);
  const needs: Need[] = [];
  const stop = (id: string, about: string, reason: string): void => void needs.push(blocked(id, about, spoken(reason)));
  const blockedPlan = (): Plan => ({ title, needs, changes: [], proofs: [], warnings: [] });

  if (account === SERVICE_ACCOUNT && namespace === name)
    stop(
      'service-account',
      `Service account ${who}`,
      `${SERVICE_ACCOUNT} is the profile's own service account: its role is changed with "Edit Profile" and taken away with "Delete Profile".`,
    );
  if (profileNameProblem(name) !== undefined) stop('profile', `Profile ${name}`, profileNameProblem(name) ?? '');
  const profile = facts.get(profileRef);
  if (profile.state !== 'found') stop('profile', `Profile ${name}`, unreadable(profile, `Profile ${name}`));
  else if (profile.value.metadata.deletionTimestamp !== undefined && !remove)
    stop('profile', `Profile ${name}`, `Profile ${name} is being deleted.`);
  const live = facts.get(accountRef);
  if (live.state === 'denied' || live.state === 'failed')
    stop('service-account', `Service account ${who}`, unreadable(live, `Service account ${who}`));
  if (live.state === 'absent' && !remove)
    stop(
      'service-account',
      `Service account ${who}`,
      `There is no service account ${account} in ${namespace}. Check its name, or make it first: kubectl create serviceaccount ${account} -n ${namespace}.`,
    );
  const arn = roleOfProfile(name, facts, cluster);
  const roleName = arn?.split(':')[4] === cluster.account ? roleNameOf(arn) : undefined;
  if (profile.state === 'found' && roleName === undefined)
    stop(
      'role',
      `Role of profile ${name}`,
      arn === undefined
        ? `Profile ${name} has no role. Run "Create IRSA Profile" for it first.`
        : `The role of profile ${name} is none of account ${cluster.account}: ${arn}. It is changed where it is.`,
    );
  if (needs.length > 0 || roleName === undefined || arn === undefined) return blockedPlan();

  const roleRef = refOf('iam/role', accountArn(cluster), roleName);
  const reading = facts.role(roleRef);
  if (reading.state !== 'found') {
    stop('role', `IAM role ${roleName}`, unreadable(reading, `IAM role ${roleName}`));
    return blockedPlan();
  }
  const role = reading.value;
  const provider = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const wanted = { provider, subject: subject(namespace, account), audience: AUDIENCE };
  const taken = remove ? withoutMember(role.trustPolicy, wanted) : undefined;
  const trust = taken?.policy ?? withMember(role.trustPolicy, wanted) ?? role.trustPolicy;
  const size = trustSize(trust);
  if (trust !== role.trustPolicy && size > TRUST_SIZE.raised)
    stop(
      'role',
      `IAM role ${roleName}`,
      `The trust policy of ${roleName} would have ${size} characters, and IAM takes ${TRUST_SIZE.raised} at most (KP-023). Take out service accounts that need it no longer, or give this one a role of its own.`,
    );
  if (!remove && letsIn(trust, wanted) === 'no')
    stop(
      'role',
      `IAM role ${roleName}`,
      `A Deny of the trust policy of ${roleName} keeps ${who} out. It is never taken away here.`,
    );
  if (taken?.alone === true)
    stop(
      'role',
      `IAM role ${roleName}`,
      `${who} is the only one whom the trust policy of ${roleName} names, and IAM takes none without a statement. Repair the profile first, so that its own service account is let in.`,
    );
  if (needs.length > 0) return blockedPlan();

  const before = bareOf(role);
  const trusts: Change = {
    ref: roleRef,
    before,
    after: { ...before, trustPolicy: trust },
    what: remove ? `no longer for ${who}` : `also for ${who}`,
    note: remove ? `does not name ${who}` : `lets in ${who}`,
  };
  const has = valueOf(live)?.annotations[ROLE_ANNOTATION];
  const now = valueOf(live);
  const others = Object.fromEntries(Object.entries(now?.annotations ?? {}).filter(([key]) => key !== ROLE_ANNOTATION));
  const another = has !== undefined && has !== arn;
  const annotates: readonly Change[] =
    now === undefined || (remove && another)
      ? []
      : [
          {
            ref: accountRef,
            before: now,
            after: { ...now, annotations: remove ? others : { ...others, [ROLE_ANNOTATION]: arn } },
            what: remove ? `without role ${roleName}` : `gets role ${roleName}`,
            ...(has === arn && !remove ? { note: arn } : {}),
          },
        ];
  // Who is to lose the role stops using it first; who is to get it is let in first.
  const changes = remove ? [...annotates, trusts] : [trusts, ...annotates];
  const plan: Plan = {
    title,
    needs,
    changes,
    proofs: proofsOf(wish, { arn, trust, remove, still: taken?.still === true }, facts, cluster, provider),
    reads: ['list pods'],
    warnings: [
      ...(namespace === name
        ? []
        : [
            `${namespace} is not the namespace of the profile: whoever may run pods in ${namespace} ${remove ? 'could use' : 'can use'} the role of ${name}, and what it may do in S3.`,
          ]),
      ...(namespace === name || remove || role.tags[TAG.maker] !== undefined
        ? []
        : [
            `Role ${roleName} bears no tag that says it is the profile's: with an account of another namespace in it, a later repair takes it for somebody else's and gives the profile a role of its own. Adopt the profile first.`,
          ]),
      ...(another
        ? [
            remove
              ? `${who} is annotated with another role, which stays: ${has}.`
              : `${who} has another role until now, and loses it: ${has}.`,
          ]
        : []),
      ...(account === NEIGHBOUR && !remove
        ? [`Pods that name no service account run as ${NEIGHBOUR}: all of these in ${namespace} get the role.`]
        : []),
      ...(taken?.still === true
        ? [
            `The trust policy of ${roleName} lets ${who} in all the same, by a pattern or without asking for a subject: repair the profile to narrow it.`,
          ]
        : []),
      ...(size > TRUST_SIZE.usual && trust !== role.trustPolicy
        ? [
            `The trust policy will have ${size} characters: IAM takes more than ${TRUST_SIZE.usual} only where that quota was raised (KP-023).`,
          ]
        : []),
      ...(leavesTrust(valueOf(profile)) && !remove
        ? [
            'The Profile leaves its trust policy to the profile controller: when the Profile is deleted, the controller writes it anew.',
          ]
        : []),
      ...podWarnings(wish, arn, pods),
      ...(remove ? [] : [componentOf(namespace, account, name)]),
    ].map(spoken),
  };
  return guarded(plan, facts);
}

const leavesTrust = (profile: Parameters<typeof irsaPlugin>[0] | undefined): boolean =>
  profile !== undefined && irsaPlugin(profile)?.annotateOnly === false;

/** How many pods are named. */
const NAMED = 8;

/** Which pods must be started again: EKS gives a role when a pod is made (amazon-eks-pod-identity-webhook). */
function podWarnings(
  { profile, namespace = profile, account, remove = false }: LetInWish,
  arn: string,
  pods: Reading<readonly PodUse[]>,
): readonly string[] {
  if (pods.state !== 'found')
    return [
      `${unreadable(pods, `The list of pods of ${namespace}`)} Pods that run as ${account} now must be started again.`,
    ];
  const its = pods.value.filter(
    (pod) => !pod.ended && pod.account === account && (remove ? pod.role === arn : pod.role !== arn),
  );
  if (its.length === 0)
    return [
      remove ? `No pod that runs as ${account} has the role.` : `No pod runs as ${account} without the role now.`,
    ];
  const names = its
    .slice(0, NAMED)
    .map(
      ({ name, owner, role }) =>
        `${name}${owner === undefined ? '' : ` (${owner})`}${role === undefined || remove ? '' : `, with role ${role}`}`,
    );
  const more = its.length > NAMED ? `, and ${its.length - NAMED} more` : '';
  return [
    remove
      ? `These pods lose the role within an hour, when their session ends, and fail then: ${names.join('; ')}${more}.`
      : `A pod gets its role when it is made. Start again: ${names.join('; ')}${more}.`,
  ];
}

/**
 * What must be changed so that a part of Kubeflow runs as a service account. Sources: Kubeflow, "How to use Trial Templates" and "How
 * to use Katib Config"; kubeflow/dashboard tensorboard-controller; KServe, "S3 storage provider"; awslabs/kubeflow-manifests,
 * "Create Profiles with IAM role" and its guide for RDS and S3.
 */
const COMPONENTS = [
  {
    id: 'katib',
    change:
      'Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config',
  },
  { id: 'tensorboard', change: 'TensorBoards run as "default"' },
  {
    id: 'kserve',
    change:
      'KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role',
  },
  {
    id: 'ml-pipeline',
    change:
      'the API server and the UI of Kubeflow Pipelines run as ml-pipeline and ml-pipeline-ui in namespace kubeflow for all profiles: give them a role of their own that reaches all prefixes, not that of one profile',
  },
] as const;

const changeFor = (id: (typeof COMPONENTS)[number]['id']): string =>
  COMPONENTS.find((component) => component.id === id)?.change ?? '';

/** What to know of an account by whom it is used. */
function componentOf(namespace: string, account: string, profile: string): string {
  const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
  if (namespace === 'kubeflow') return sentence(changeFor('ml-pipeline'));
  if (account === NEIGHBOUR) return `${sentence(changeFor('katib'))} ${sentence(changeFor('tensorboard'))}`;
  if (account === 'default-viewer')
    return `default-viewer is for who may only look at ${profile}: with the role its pods may do in S3 what the role may.`;
  return `Workloads must name it: serviceAccountName: ${account}. ${sentence(changeFor('katib'))} ${sentence(changeFor('kserve'))}`;
}

/** That the account may, or may no longer; that its neighbour still may not, and the profile's own still may. */
function proofsOf(
  { profile, namespace = profile, account }: LetInWish,
  {
    arn: role,
    trust,
    remove,
    still,
  }: { readonly arn: string; readonly trust: string; readonly remove: boolean; readonly still: boolean },
  facts: Facts,
  cluster: IssuingCluster,
  provider: string,
): readonly Proof[] {
  const { issuer } = cluster;
  const who = { namespace, name: account, issuer };
  const use = placeOfRole(role, facts, cluster);
  const bucket = use === undefined ? undefined : valueOf(facts.get(bucketRef(use.bucket)));
  const own: Proof = {
    title: `${SERVICE_ACCOUNT} of ${profile} still may`,
    who: { namespace: profile, name: SERVICE_ACCOUNT, issuer },
    role,
    does: [],
    must: 'succeed',
  };
  const owned = letsIn(trust, { provider, subject: subject(profile), audience: AUDIENCE }) === 'yes' ? [own] : [];
  if (remove)
    return [
      ...(still ? [] : [{ title: `${account} is refused`, who, role, does: [], must: 'be refused' } as const]),
      ...owned,
    ];
  const neighbours = [neighbourBy(trust, namespace, provider) ?? NEIGHBOUR].filter(
    (name) =>
      name !== account &&
      (namespace === profile || name === NEIGHBOUR) &&
      letsIn(trust, { provider, subject: subject(namespace, name), audience: AUDIENCE }) === 'no',
  );
  const uses = use !== undefined && bucket !== undefined && use.access !== 'read-only';
  return [
    {
      title: uses ? `${account} uses the bucket` : `${account} may use the role`,
      who,
      role,
      must: 'succeed',
      ...(uses
        ? {
            does: ['list', 'write'],
            where: {
              bucket: use.bucket,
              region: bucket.region,
              bucketRegion: bucket.region,
              prefix: use.access === 'prefix' ? (use.prefix ?? profilePrefix(profile)) : '',
            },
          }
        : { does: [] }),
    },
    ...neighbours.map((name): Proof => ({
      title: `its neighbour ${name} is refused`,
      who: { namespace, name, issuer },
      role,
      does: [],
      must: 'be refused',
    })),
    ...owned,
  ];
}
