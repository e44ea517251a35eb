/** The planner of a profile: what has to be done so that the wish holds, in order. Pure: the same wish and facts give the same plan. */
import { roleNameOf } from '../arn/arn.ts';
import type { Facts } from '../facts.ts';
import type { BareRole, Namespace, Profile, Role } from '../observation.ts';
import { derivedAccess } from '../policy/derived.ts';
import { isOwnPrefix, POLICY_NAME, profilePrefix, roleArn, SERVICE_ACCOUNT } from '../policy/build.ts';
import { irsaPlugin, meantPlugins, newProfile, ROLE_ANNOTATION, touched, withPlugin } from '../profile/manifest.ts';
import { profileVersion } from '../profile/version.ts';
import { valueOf } from '../reading.ts';
import { ACCESS_LEVELS, type Request } from '../request.ts';
import { TAG } from '../tags.ts';
import { spoken } from '../text.ts';
import { artifactParts } from './artifacts.ts';
import { trustOwner } from './controller.ts';
import { bucketPart, type BucketPart } from './bucket.ts';
import { ownerPart, ownerWarnings } from './owner.ts';
import { signInMay } from '../people/signIn.ts';
import { namespaceGoing, profileGoing } from './deletion.ts';
import { callerNeed, clusterNeed } from './first.ts';
import { guarded } from './managed.ts';
import { isBlocked, no, toldSafely, waits, type Part } from './part.ts';
import { bucketRef, isWrite, refOf, unreadable, type Need, type Plan } from './plan.ts';
import { newRoleProofs, profileProofs, type Target } from './proof.ts';
import { providerPart } from './provider.ts';
import { chooseRole, neighbourBy, trustedBy, type ChosenRole, type IssuingCluster } from './role.ts';
import { boundaryNeed, policyPart, rolePart, roleWarnings, settingsParts } from './rolePart.ts';

/** How long the profile controller may take: it has one worker, and 45 profiles before this one take 52 s. Milliseconds. */
const CONTROLLER_TIME = 120_000;

/** Plans a profile: provider, role, policy, Profile, and that its service account gets the role. A plan with needs that do not hold is shown, never carried out. */
export function planProfile(wanted: Request, facts: Facts): Plan {
  const wish = withPrefix(wanted, facts);
  const first = [callerNeed(facts), clusterNeed(wish, facts, true)];
  const cluster = valueOf(facts.cluster);
  const access = ACCESS_LEVELS.find(({ id }) => id === wish.access)?.label ?? wish.access;
  const head = {
    title: `profile ${wish.profile} on ${wish.cluster} (${wish.region})`,
    wish: `Owner ${wish.owner} · bucket ${wish.bucket} · ${access.toLowerCase()}`,
  };
  if (cluster?.issuer === undefined) {
    const bucket = bucketPart(wish, facts);
    return {
      ...head,
      needs: [...first, ...bucket.needs].map(toldSafely),
      changes: [],
      proofs: [],
      reads: bucket.reads,
      warnings: [...ownerWarnings(wish, facts), ...warningsOf(wish, bucket)].map(spoken),
    };
  }
  const issuing: IssuingCluster = { ...cluster, issuer: cluster.issuer };
  const choice = chooseRole(wish, facts, issuing);
  const candidate: ChosenRole =
    'candidate' in choice
      ? choice
      : {
          candidate: { name: 'role' in choice ? choice.role : '' },
          reading: { state: 'failed', reason: 'it was not read' },
          passed: [],
        };
  // A role may live under a path: then its own ARN counts, not the one that its name alone would give.
  const arn =
    valueOf(candidate.reading)?.arn ??
    roleArn(cluster.partition, cluster.account, `${(wish.rolePath ?? '/').slice(1)}${candidate.candidate.name}`);
  const trusting = trustOwner(wish, facts, issuing, candidate, arn);
  const chosen: ChosenRole =
    trusting.trust === undefined || candidate.trust === undefined
      ? candidate
      : { ...candidate, trust: { ...candidate.trust, policy: trusting.trust } };

  const bucket = bucketPart(wish, facts, arn);
  const owner = ownerPart(wish, facts, cluster);
  const boundary = boundaryNeed(wish, facts, issuing);
  const role = rolePart(wish, issuing, chosen, arn);
  const target = {
    profile: wish.profile,
    roleArn: arn,
    issuer: cluster.issuer,
    bucket: wish.bucket,
    bucketRegion: bucket.region,
    access: wish.access,
    ...(wish.prefix === undefined ? {} : { prefix: wish.prefix }),
    ...neighbourOf(wish, issuing, role),
  };
  const profileParts = switched(
    profilePart({ ...wish, annotateOnly: trusting.annotateOnly }, facts, issuing, arn),
    facts,
    issuing,
    target,
  );
  const artifacts = artifactParts(wish, facts, issuing, profileParts);
  const parts = [
    providerPart(issuing, facts),
    role,
    ...settingsParts(wish, facts, issuing, chosen, role),
    policyPart(wish, facts, issuing, chosen, role, bucket),
    ...trusting.parts,
    ...profileParts,
    serviceAccountPart(wish, facts, issuing, arn, profileParts),
    ...artifacts.parts,
  ];
  const plan: Plan = {
    ...head,
    needs: [
      ...first,
      ...bucket.needs,
      ...boundary.needs,
      ...owner.needs,
      ...trusting.needs,
      ...parts.flatMap((part) => ('need' in part ? [part.need] : [])),
    ].map(toldSafely),
    changes: [...owner.changes, ...bucket.changes, ...parts.flatMap((part) => ('change' in part ? [part.change] : []))],
    proofs: profileProofs({ ...target, ...(artifacts.place === undefined ? {} : { launcher: artifacts.place }) }),
    // Which releases of the controller and of Pipelines run.
    reads: [...signInMay(facts.signIn), 'get deployments.apps', ...bucket.reads, ...boundary.reads],
    warnings: [
      ...owner.warnings,
      ...warningsOf(wish, bucket),
      ...boundary.warnings,
      ...roleWarnings(wish, chosen, facts),
      ...profileWarnings(wish, facts, issuing),
      ...formerWarnings(wish, facts, issuing, chosen),
      ...trusting.warnings,
      ...artifacts.warnings,
    ].map(spoken),
  };
  return guarded(plan, facts);
}

/** An account of the namespace for which the role must be refused: one that it was not opened to. */
function neighbourOf(wish: Request, cluster: IssuingCluster, role: Part): { readonly neighbour?: string } {
  const trust = 'change' in role && role.change.ref.kind === 'iam/role' ? role.change.after : undefined;
  const text = (trust as BareRole | undefined)?.trustPolicy;
  const neighbour = text === undefined ? undefined : neighbourBy(text, wish.profile, trustedBy(wish, cluster).provider);
  return neighbour === undefined ? {} : { neighbour };
}

/**
 * A place that somebody chose for the profile stays where nobody chooses another: of the same bucket, and surely the profile's own.
 * One of another profile's name may be a copy of its policy, which is put right.
 */
function withPrefix(wish: Request, facts: Facts): Request {
  const cluster = valueOf(facts.cluster);
  if (wish.prefix !== undefined || wish.access !== 'prefix' || cluster?.issuer === undefined) return wish;
  const choice = chooseRole(wish, facts, { ...cluster, issuer: cluster.issuer });
  const role = 'candidate' in choice ? valueOf(choice.reading) : undefined;
  const text = role?.inline.find(({ name }) => name === POLICY_NAME)?.text;
  const its = text === undefined ? undefined : derivedAccess(text);
  const prefix = its?.bucket === wish.bucket ? its.prefix : undefined;
  return prefix !== undefined && prefix !== profilePrefix(wish.profile) && isOwnPrefix(prefix, wish.profile)
    ? { ...wish, prefix }
    : wish;
}

/** A wish of which it is settled who owns the trust policy. */
type Settled = Request & { readonly annotateOnly: boolean };

/** The Profile, and its namespace where that must be given to the owner first. */
function profilePart(wish: Settled, facts: Facts, cluster: IssuingCluster, arn: string): readonly Part[] {
  const what = `owner ${wish.owner}`;
  const title = `Profile ${wish.profile}, ${what}`;
  const stop = (reason: string, more: Partial<Need> = {}): readonly Part[] => [no('profile', title, reason, more)];
  const api = valueOf(facts.api);
  if (api === undefined || api.profileVersions.length === 0) return [waits('profile', title, 'cluster', 'the cluster')];
  const ref = refOf('k8s/profile', cluster.arn, wish.profile);
  const reading = facts.get(ref);
  if (reading.state === 'denied' || reading.state === 'failed')
    return stop(unreadable(reading, `Profile ${wish.profile}`));
  const live = valueOf(reading);
  const space = valueOf(facts.get(refOf('k8s/namespace', cluster.arn, wish.profile)));
  if (live?.metadata.deletionTimestamp !== undefined) return stop(profileGoing(live, space, facts, cluster));
  if (space?.deleting === true) return stop(namespaceGoing(space));
  const owner = live?.spec?.owner?.name;
  if (owner !== undefined && owner !== wish.owner) {
    return stop(
      `Profile ${wish.profile} exists already and belongs to ${owner}. Choose another name, or give its owner.`,
    );
  }
  const refusal = namespaceRefusal(wish, live, space);
  if (refusal !== undefined) return stop(refusal.reason, refusal.consent ? { consent: 'adoptNamespace' } : {});
  const adopt = space !== undefined && space.owner !== wish.owner;
  const version = profileVersion(api.profileVersions);
  const profile =
    live === undefined
      ? newProfile(wish.profile, wish.owner, arn, wish.annotateOnly, version)
      : wanted(live, wish, arn);
  // By itself the controller would not look again for hours: at a namespace that it does not own, at an account that it did not make.
  const account = facts.get(refOf('k8s/service-account', cluster.arn, `${wish.profile}/${SERVICE_ACCOUNT}`));
  const lacking =
    account.state === 'absent' || (account.state === 'found' && account.value.annotations[ROLE_ANNOTATION] !== arn);
  const after = live !== undefined && (adopt || (lacking && live === profile)) ? touched(profile) : profile;
  return [
    ...(adopt
      ? [
          {
            change: {
              ref: refOf('k8s/namespace', cluster.arn, wish.profile),
              before: space,
              after: { ...space, owner: wish.owner },
              what: `given to ${wish.owner}`,
            },
          },
        ]
      : []),
    { change: live === undefined ? { ref, after, what } : { ref, before: live, after, what } },
  ];
}

/** The same parts, of which the first that changes something is made once the role is proven, if pods have another role until then. */
function switched(parts: readonly Part[], facts: Facts, cluster: IssuingCluster, target: Target): readonly Part[] {
  const account = valueOf(facts.get(refOf('k8s/service-account', cluster.arn, `${target.profile}/${SERVICE_ACCOUNT}`)));
  const now = account?.annotations[ROLE_ANNOTATION];
  const name = now === undefined || now === target.roleArn ? undefined : roleNameOf(now);
  const first = parts.find((part) => 'change' in part && isWrite(part.change));
  if (name === undefined || first === undefined || !('change' in first)) return parts;
  const proven = { proofs: newRoleProofs(target), now: `role ${name}` };
  return parts.map((part) => (part === first ? { change: { ...first.change, proven } } : part));
}

/** The Profile as it is where its plugin is right, however it is spelt; else with a right one. */
function wanted(live: Profile, wish: Settled, arn: string): Profile {
  const plugin = irsaPlugin(live);
  const right =
    live.spec?.owner?.name !== undefined &&
    plugin?.awsIamRole === arn &&
    plugin.annotateOnly === wish.annotateOnly &&
    meantPlugins(live).length === 1;
  return right ? live : withPlugin(live, wish.owner, arn, wish.annotateOnly);
}

/** Why the controller would leave the namespace alone; `consent`: the person can change that here. */
function namespaceRefusal(
  wish: Request,
  live: Profile | undefined,
  space: Namespace | undefined,
): { readonly reason: string; readonly consent: boolean } | undefined {
  if (space === undefined || space.owner === wish.owner) return undefined;
  if (space.owner === undefined || space.owner === '') {
    if (wish.adoptNamespace === true) return undefined;
    const was = live === undefined ? 'exists already' : 'was there before the Profile';
    return {
      reason: `Namespace ${wish.profile} ${was} and has no annotation "owner", so it is not owned by ${wish.owner}: the profile controller leaves it alone, in silence. Let the namespace be given to ${wish.owner}: whoever works in it now stays, and ${wish.owner} gets access to all of it. Or choose another name.`,
      consent: true,
    };
  }
  return {
    reason:
      live === undefined
        ? `Namespace ${wish.profile} exists already and is not owned by ${wish.owner} but by ${space.owner}: the profile controller would refuse it in silence. Choose another name, or set the namespace's annotation "owner".`
        : `Namespace ${wish.profile} is owned by ${space.owner}, the Profile by ${wish.owner}: the profile controller leaves it alone. Set the namespace's annotation "owner" to ${wish.owner}, then change something in the Profile, so that the controller looks at it again.`,
    consent: false,
  };
}

function serviceAccountPart(
  wish: Request,
  facts: Facts,
  cluster: IssuingCluster,
  arn: string,
  profile: readonly Part[],
): Part {
  const what = 'annotated by the profile controller';
  const key = `${wish.profile}/${SERVICE_ACCOUNT}`;
  const title = `Service account ${key}, ${what}`;
  if (isBlocked(profile)) return waits('service-account', title, 'profile', 'the Profile');
  const ref = refOf('k8s/service-account', cluster.arn, key);
  const reading = facts.get(ref);
  if (reading.state === 'denied')
    return no('service-account', title, unreadable(reading, `Service account ${SERVICE_ACCOUNT}`));
  const before = valueOf(reading);
  const annotations = { ...before?.annotations, [ROLE_ANNOTATION]: arn };
  const after = { namespace: wish.profile, name: SERVICE_ACCOUNT, annotations };
  const by = { who: 'the profile controller', within: CONTROLLER_TIME } as const;
  return { change: { ref, ...(before === undefined ? {} : { before }), after, what, by } };
}

function warningsOf(wish: Request, bucket: BucketPart): string[] {
  return [
    ...(wish.access === 'full'
      ? ['Access "full" lets every pipeline of the profile delete the bucket and change its policy.']
      : []),
    ...(wish.access === 'read-only' ? ['With read-only access, pipelines cannot store artifacts in this bucket.'] : []),
    ...bucket.warnings,
  ];
}

/** What a former profile of the name has left, which the new one's owner gets. */
function formerWarnings(
  wish: Request,
  facts: Facts,
  cluster: IssuingCluster,
  { candidate, reading, whose }: ChosenRole,
): readonly string[] {
  if (facts.get(refOf('k8s/profile', cluster.arn, wish.profile)).state !== 'absent') return [];
  const region = valueOf(facts.get(bucketRef(wish.bucket)))?.region ?? cluster.region;
  const prefix = wish.prefix ?? profilePrefix(wish.profile);
  const data = valueOf(facts.get(refOf('s3/data', region, `${wish.bucket}/${prefix}`)));
  const role = valueOf(reading);
  return [
    ...(role !== undefined && whose?.ours === true && role.tags[TAG.profile] === wish.profile
      ? [
          `The name is used again (KP-080). Role ${candidate.name} is left of a former profile ${wish.profile}${formerOwner(role)}: ${wish.owner} gets it, with all that its policies allow.${role.tags[TAG.owner] === wish.owner ? ' It was made for the same owner.' : ''}`,
        ]
      : []),
    ...(data === undefined || data.objects === 0
      ? []
      : [
          `${data.objects}${data.more === true ? ' or more' : ''} ${data.objects === 1 ? 'object lies' : 'objects lie'} below s3://${wish.bucket}/${prefix} already, as of a former profile ${wish.profile} (KP-080): ${wish.owner} gets to read${wish.access === 'read-only' ? '' : ', overwrite and delete'} them. If that is not meant, choose another name.`,
        ]),
  ];
}

const formerOwner = ({ tags }: Role): string => (tags[TAG.owner] === undefined ? '' : ` of ${tags[TAG.owner]}`);

function profileWarnings(wish: Request, facts: Facts, cluster: IssuingCluster): string[] {
  const kind = valueOf(facts.get(refOf('k8s/profile', cluster.arn, wish.profile)))?.spec?.owner?.kind;
  return kind === undefined || kind === 'User'
    ? []
    : [
        `The Profile's owner is of kind ${kind}: Kubernetes gives it access, Kubeflow's dashboard and Istio know only users.`,
      ];
}
