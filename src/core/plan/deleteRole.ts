/**
 * What of "Delete Profile" is about its role: it goes with its policies, where it is the profile's own; else only the profile's place in
 * its trust policy. IAM deletes no role that has policies, so these come first.
 */
import { parseArn, ROLE_ARN } from '../arn/arn.ts';
import type { Facts } from '../facts.ts';
import type { Change } from '../kinds.ts';
import { keeps, keptBy, makerOfRole, otherMaker } from '../maker.ts';
import { bareOf, type Role, type ServiceAccount } from '../observation.ts';
import { saying } from '../phrase.ts';
import { withdrawTrust } from '../policy/amend.ts';
import { subject } from '../policy/build.ts';
import { GRANT_POLICY, grantWithout } from '../policy/controller-rights.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../profile/manifest.ts';
import { absent, valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import type { Maker } from '../tools.ts';
import { controllerRole } from './controller.ts';
import { stop, type Share } from './part.ts';
import { accountArn, refOf, unreadable } from './plan.ts';
import { candidates, trustedBy, whose, type Candidate, type IssuingCluster } from './role.ts';
import { letsIn, othersNamed } from './trust.ts';

type Wish = Pick<Request, 'profile' | 'cluster'>;

/** Who else may rest on a role. */
export interface Users {
  /** Service accounts of the whole cluster. */
  readonly accounts: Reading<readonly ServiceAccount[]>;
  /** Instance profiles by the name of the role that is in them. */
  readonly instanceProfiles: ReadonlyMap<string, Reading<readonly string[]>>;
}

/** The roles that may be a profile's, with what was read of each. */
export function itsRoles(
  wish: Wish,
  facts: Facts,
  cluster: IssuingCluster,
): readonly { readonly candidate: Candidate; readonly reading: Reading<Role> }[] {
  return candidates(wish, facts, cluster).map((candidate) => ({
    candidate,
    reading: facts.role(refOf('iam/role', accountArn(cluster), candidate.name)),
  }));
}

/** What becomes of the roles that may be a profile's; `its`: those that go. */
export function roleParts(
  wish: Wish,
  facts: Facts,
  around: Users,
  cluster: IssuingCluster,
): { readonly its: readonly Role[]; readonly parts: readonly Share[] } {
  const its: Role[] = [];
  const parts = itsRoles(wish, facts, cluster).map(({ candidate, reading }): Share => {
    const title = `IAM role ${candidate.name}`;
    if (reading.state === 'absent') return {};
    if (reading.state !== 'found')
      return stop('role', title, `${unreadable(reading, title)} Or delete the Profile alone, and keep the role.`);
    const role = reading.value;
    // One of that name under another path is another role.
    if (candidate.named !== undefined && candidate.named !== role.arn) return {};
    const part = oneRole(wish, candidate, role, facts, around, cluster);
    if (part.changes?.some(({ ref, after }) => ref.kind === 'iam/role' && after === undefined) === true) its.push(role);
    return part;
  });
  return { its, parts: [...parts, elsewhere(wish, facts, cluster)] };
}

/** A role of another account is not looked at. */
function elsewhere({ profile }: Wish, facts: Facts, cluster: IssuingCluster): Share {
  const live = valueOf(facts.get(refOf('k8s/profile', cluster.arn, profile)));
  const named = live && irsaPlugin(live)?.awsIamRole;
  const account = named === undefined || !ROLE_ARN.test(named) ? undefined : parseArn(named)?.account;
  return account === undefined || account === cluster.account
    ? {}
    : { warnings: [`Its role is one of account ${account}, and stays: ${named ?? ''}.`] };
}

/** Another maker, in a few words of the plan. */
const makerText = (maker: Maker): string => saying(otherMaker(maker) ?? ['']);

function oneRole(
  wish: Wish,
  candidate: Candidate,
  role: Role,
  facts: Facts,
  around: Users,
  cluster: IssuingCluster,
): Share {
  const title = `IAM role ${role.name}`;
  const ref = refOf('iam/role', accountArn(cluster), role.name);
  const trusted = trustedBy(wish, cluster);
  const bare = bareOf(role);
  const its = whose(role, candidate, wish, facts, cluster);
  const inside = around.instanceProfiles.get(role.name) ?? absent;
  const machines = valueOf(inside) ?? [];
  const others = othersNamed(role.trustPolicy, trusted);
  if (!its.ours || machines.length > 0 || others.length > 0) {
    // Neither its own, nor named by it, nor one that lets it in.
    if (!its.ours && candidate.named === undefined && letsIn(role.trustPolicy, trusted) === 'no') return {};
    const why = !its.ours
      ? its.why
      : machines.length > 0
        ? `is in instance profile ${machines.join(', ')}`
        : `lets in others, too (${others.join(', ')})`;
    return shared(wish, role, why, others, cluster);
  }
  const maker = makerOfRole(role);
  if (keeps(maker))
    return {
      changes: [{ ref, before: bare, after: bare, note: `${makerText(maker)}: it stays` }],
      warnings: [
        `${keptBy(maker, title) ?? ''} It stays, and lets in ${subject(wish.profile)} until it is deleted there.`,
      ],
    };
  const users = usersOf(role, wish.profile, valueOf(around.accounts) ?? []);
  const using = users.filter((user) => {
    const [namespace = '', account = ''] = user.split('/');
    return letsIn(role.trustPolicy, { ...trusted, subject: subject(namespace, account) }) !== 'no';
  });
  if (using.length > 0)
    return stop(
      'role',
      title,
      `Role ${role.name} is used by ${using.join(', ')} as well: its trust policy lets them in. Give them another role first, or delete the Profile alone, and keep the role.`,
    );
  const lacking = (role.unread ?? []).filter((permission) => !permission.startsWith('iam:GetRolePolicy'));
  if ((role.unread ?? []).length > 0)
    return stop(
      'role-policy',
      `Policies of role ${role.name}`,
      `You may not read all policies of role ${role.name} (${(lacking.length > 0 ? lacking : (role.unread ?? [])).join(', ')}): IAM deletes no role that has some, and what is not read could not be put back. Ask for this permission, or delete the Profile alone, and keep the role.`,
    );
  const left = users.filter((user) => !using.includes(user));
  const wide = withdrawTrust(role.trustPolicy, trusted).still;
  return {
    changes: roleGone(role, cluster, `which was for ${subject(wish.profile)}`),
    warnings: [
      ...(wide === undefined ? [] : [`Role ${role.name} lets in more than its profile. Who else used it loses it.`]),
      ...(left.length > 0
        ? [
            `${left.join(', ')} name role ${role.name} in their annotation, and are not let in by it. The annotation stays.`,
          ]
        : []),
      ...(role.boundary === undefined ? [] : [`Its permissions boundary stays: ${role.boundary}.`]),
      ...(facts.namers.state === 'found'
        ? []
        : ['Whether other profiles use this role is not known: the Profiles of the cluster could not be listed.']),
      ...(around.accounts.state === 'found'
        ? []
        : [`Whether service accounts elsewhere use role ${role.name} is not known: ${notKnown(around.accounts)}.`]),
      ...(inside.state === 'denied' || inside.state === 'failed'
        ? [`Whether role ${role.name} is in an instance profile is not known: ${notKnown(inside)}.`]
        : []),
    ],
  };
}

/** A role goes: first what it may do, because IAM deletes no role that has policies, then it. */
export function roleGone(role: Role, cluster: IssuingCluster, what: string): readonly Change[] {
  const at = accountArn(cluster);
  return [
    ...role.inline.map(({ name, text }): Change => ({
      ref: refOf('iam/role-policy', at, `${role.name}/${name}`),
      before: { text },
      what: `of role ${role.name}`,
    })),
    ...role.attached.map((policyArn): Change => ({
      ref: refOf('iam/role-attachment', at, `${role.name}/${policyArn}`),
      before: { policyArn },
      what: 'detached; the policy itself stays',
    })),
    { ref: refOf('iam/role', at, role.name), before: bareOf(role), what },
  ];
}

const notKnown = (reading: Reading<unknown>): string =>
  reading.state === 'denied'
    ? `you may not ${reading.permission}`
    : reading.state === 'failed'
      ? reading.reason
      : 'it was not read';

/** Service accounts outside of the profile's namespace that name a role. */
const usersOf = ({ arn }: Role, profile: string, accounts: readonly ServiceAccount[]): readonly string[] =>
  accounts.flatMap(({ namespace, name, annotations }) =>
    annotations[ROLE_ANNOTATION] === arn && namespace !== profile ? [`${namespace}/${name}`] : [],
  );

/** A role that serves others, too: only the profile's own place in its trust policy goes. */
function shared(wish: Wish, role: Role, why: string, others: readonly string[], cluster: IssuingCluster): Share {
  const ref = refOf('iam/role', accountArn(cluster), role.name);
  const bare = bareOf(role);
  const { policy, still, empty } = withdrawTrust(role.trustPolicy, trustedBy(wish, cluster));
  const own = keptBy(makerOfRole(role), `Its trust policy`);
  const after = empty === true || own !== undefined ? bare : { ...bare, trustPolicy: policy };
  const stays = others.length > 0 ? ` ${others.join(', ')} keep access by it.` : '';
  return {
    changes: [
      after.trustPolicy === bare.trustPolicy
        ? { ref, before: bare, after: bare, note: `it ${why}: it stays as it is` }
        : { ref, before: bare, after, what: `no longer for ${subject(wish.profile)}` },
    ],
    warnings: [
      `Role ${role.name} ${why}. It stays, with its policies.${stays}`,
      ...(own === undefined || after.trustPolicy === policy
        ? []
        : [`It still lets in ${subject(wish.profile)}: ${own}`]),
      ...(still === undefined
        ? []
        : [`${still} So whoever makes a profile ${wish.profile} again can use role ${role.name}.`]),
    ],
  };
}

/** What lets the profile controller edit the role that goes. */
export function grantPart(role: Role, facts: Facts, cluster: IssuingCluster): Share {
  const controller = controllerRole(facts, cluster);
  const its = controller && valueOf(facts.role(controller));
  const text = its?.inline.find(({ name }) => name === GRANT_POLICY)?.text;
  const left = text === undefined ? undefined : grantWithout(text, role.arn);
  if (its === undefined || text === undefined || left === undefined) return {};
  return {
    changes: [
      {
        ref: refOf('iam/role-policy', accountArn(cluster), `${its.name}/${GRANT_POLICY}`),
        before: { text },
        ...(left === '' ? {} : { after: { text: left } }),
        what: `of the profile controller's role ${its.name}, without ${role.name}`,
      },
    ],
  };
}
