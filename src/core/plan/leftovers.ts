/**
 * What is left over of profiles and clusters that are gone: roles and what is in them, trust policies that name namespaces which no
 * longer exist, annotations of roles that are gone, launcher settings, OIDC providers, data. Each with its evidence, and with the
 * changes that remove it. What cannot be judged is not offered: nobody knows whose it is.
 */
import { parseArn, ROLE_ARN } from '../arn/arn.ts';
import type { Change } from '../kinds.ts';
import { makerOf, makerOfRole } from '../maker.ts';
import { TOOLS } from '../tools.ts';
import { bareOf, type PodIdentity, type Role } from '../observation.ts';
import { whoGetsIn } from '../policy/access.ts';
import { AUDIENCE, isOwnPrefix, profilePrefix, SERVICE_ACCOUNT } from '../policy/build.ts';
import { withdrawTrust } from '../policy/amend.ts';
import { derivedAccess, useOfRole } from '../policy/derived.ts';
import { dataOf } from '../policy/json.ts';
import { ROLE_ANNOTATION } from '../profile/manifest.ts';
import { CONTROLLER } from '../profile/names.ts';
import { valueOf, type Reading } from '../reading.ts';
import { TAG } from '../tags.ts';
import { spoken } from '../text.ts';
import { GRANT_POLICY, grantWithout } from '../policy/controller-rights.ts';
import { roleGone } from './deleteRole.ts';
import { isClusterGone, isGone, namesOf, onlyNamed, othersGetIn, ownProvider, unreadIn, wasOurs } from './gone.ts';
import type { Association, LeftoverView } from './gone.ts';
import { sizeWords } from './size.ts';
import { accountArn, refOf, unreadable, type Need, type Plan } from './plan.ts';
import type { IssuingCluster } from './role.ts';

/** Sorts of leftovers, in the order in which they are removed: a provider after the roles that trust it, data last. */
const SORTS = ['launcher', 'annotation', 'association', 'trust', 'grant', 'role', 'provider', 'data'] as const;
export type LeftoverSort = (typeof SORTS)[number];

export interface Leftover {
  /** `<sort>:<name>`: what it is chosen by, the same at each look. */
  readonly id: string;
  readonly sort: LeftoverSort;
  readonly title: string;
  /** Since when it is there, RFC 3339, where that is known. */
  readonly since?: string;
  /** How it is known that nobody needs it, in sentences. */
  readonly evidence: string;
  /** Empty: it is not removed here, and `byHand` says how it is. */
  readonly changes: readonly Change[];
  readonly byHand?: string;
}

export interface Leftovers {
  readonly items: readonly Leftover[];
  /** What could not be read, so that more may be left over: sentences. */
  readonly unread: readonly string[];
}

/** A profile that is gone, with the role by which it is known and the bucket that this is for. */
export interface GoneProfile {
  readonly profile: string;
  readonly bucket: string;
  readonly prefix: string;
}

/** All that is left over. `data` of the view is asked for after a first look: see {@link goneProfiles}. */
export function findLeftovers(view: LeftoverView): Leftovers {
  const roles = roleItems(view);
  const items = [
    ...launcherItems(view),
    ...annotationItems(view),
    ...associationItems(view),
    ...trustItems(view, roles),
    ...grantItems(view, roles),
    ...roles.map(({ item }) => item),
    ...providerItems(view, roles),
    ...dataItems(view),
  ];
  return {
    items: items.map((item) => ({ ...item, title: spoken(item.title), evidence: spoken(item.evidence) })),
    unread: unreadIn(view),
  };
}

interface RoleItem {
  readonly role: Role;
  readonly profile: string | undefined;
  readonly item: Leftover;
}

/** By how many there are. */
const POLICIES: readonly string[] = ['', ' and its policy'];

const usedWords = ({ lastUsed }: Role): string =>
  lastUsed === undefined ? ' It was never used, as far as IAM tells.' : ` It was last used ${lastUsed.slice(0, 10)}.`;

/** Roles that were for profiles or clusters that are gone, and for nobody else. */
function roleItems(view: LeftoverView): readonly RoleItem[] {
  return (valueOf(view.roles) ?? []).flatMap((role): readonly RoleItem[] => {
    if ((role.instanceProfiles ?? []).length > 0) return [];
    const maker = makerOfRole(role);
    const { [TAG.maker]: ours, [TAG.profile]: profile, [TAG.cluster]: where } = role.tags;
    const why =
      ours !== undefined && (maker.answer !== 'tool' || maker.tool === 'kubeflow-irsa')
        ? ofGoneProfile(view, role, profile, where)
        : // Somebody's, by a tool that would make it again, or perhaps does.
          maker.answer === 'unknown'
          ? ofGoneNamespaces(view, role)
          : undefined;
    if (why === undefined) return [];
    const item: Leftover = {
      id: `role:${role.name}`,
      sort: 'role',
      title: `IAM role ${role.name}${POLICIES[role.inline.length + role.attached.length] ?? ' and its policies'}`,
      ...(role.created === undefined ? {} : { since: role.created }),
      evidence: `${why.evidence}${usedWords(role)}`,
      changes: roleGone(role, view.cluster, 'which nobody can use any more'),
    };
    return [{ role, profile: why.profile, item }];
  });
}

interface Why {
  readonly evidence: string;
  readonly profile?: string;
}

/** By our tags: the cluster is gone, or the profile is, and nobody else gets in. */
function ofGoneProfile(view: LeftoverView, role: Role, profile = '', where = ''): Why | undefined {
  const made = `It was made here for profile ${profile} on ${where}`;
  // Whoever uses it on this cluster needs it, wherever it was made for.
  const others = namesOf(view, role.trustPolicy).filter(({ namespace }) => isGone(view, namespace) !== true);
  if (others.length > 0 || othersGetIn(view, role)) return undefined;
  if (where !== view.cluster.arn)
    return isClusterGone(view, where) === true
      ? { evidence: `${made}, and there is no such cluster any more.` }
      : undefined;
  return profile === '' || isGone(view, profile) !== true
    ? undefined
    : { evidence: `${made}. There is neither a Profile nor a namespace of that name.`, profile };
}

/** Without tags: it lets in service accounts by name, and all of their namespaces are gone. */
function ofGoneNamespaces(view: LeftoverView, role: Role): Why | undefined {
  if (!onlyNamed(view, role.trustPolicy)) return undefined;
  const names = namesOf(view, role.trustPolicy);
  if (names.length === 0 || names.some(({ namespace }) => isGone(view, namespace) !== true)) return undefined;
  const said = names.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  const [first] = names;
  const all = names.every(({ namespace }) => namespace === first?.namespace);
  return {
    evidence: `It lets in nobody but ${said}, and there is no such namespace on ${view.cluster.name} any more.`,
    ...(all && first !== undefined && names.some(({ name }) => name === SERVICE_ACCOUNT)
      ? { profile: first.namespace }
      : {}),
  };
}

/** Trust policies of roles that stay, which name service accounts of namespaces that are gone. */
function trustItems(view: LeftoverView, gone: readonly RoleItem[]): readonly Leftover[] {
  return (valueOf(view.roles) ?? []).flatMap((role): readonly Leftover[] => {
    if (gone.some((one) => one.role === role)) return [];
    const maker = makerOfRole(role);
    if (maker.answer === 'unclear' || (maker.answer === 'tool' && maker.tool !== 'kubeflow-irsa')) return [];
    const names = namesOf(view, role.trustPolicy).filter(({ namespace }) => isGone(view, namespace) === true);
    const provider = ownProvider(view);
    const left = names.reduce((policy, { namespace, name }) => {
      const subject = `system:serviceaccount:${namespace}:${name}`;
      const next = withdrawTrust(policy, { provider, subject, audience: AUDIENCE });
      return next.empty === true ? policy : next.policy;
    }, role.trustPolicy);
    if (left === role.trustPolicy) return [];
    const said = names.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    const before = bareOf(role);
    return [
      {
        id: `trust:${role.name}`,
        sort: 'trust',
        title: `${said} in the trust policy of role ${role.name}`,
        evidence: `There is no such namespace on ${view.cluster.name} any more. Whoever makes one of that name again can use the role.`,
        changes: [
          {
            ref: refOf('iam/role', accountArn(view.cluster), role.name),
            before,
            after: { ...before, trustPolicy: left },
            what: `no longer for ${said}`,
          },
        ],
      },
    ];
  });
}

/** Roles that are gone and that the profile controller may still edit. */
function grantItems(view: LeftoverView, gone: readonly RoleItem[]): readonly Leftover[] {
  const roles = valueOf(view.roles);
  if (roles === undefined) return [];
  const there = new Set(roles.filter((role) => !gone.some((one) => one.role === role)).map(({ arn }) => arn));
  return roles.flatMap((role): readonly Leftover[] => {
    const text = role.inline.find(({ name }) => name === GRANT_POLICY)?.text;
    // It may be that of the controller of another cluster: only what is surely gone counts.
    if (text === undefined || !ofController(view, role)) return [];
    const dead = arnsIn(text).filter((arn) => parseArn(arn)?.account === view.cluster.account && !there.has(arn));
    const left = dead.reduce((policy, arn) => (policy === '' ? '' : (grantWithout(policy, arn) ?? policy)), text);
    if (left === text) return [];
    return [
      {
        id: `grant:${role.name}`,
        sort: 'grant',
        title: `${dead.map(nameOf).join(', ')} in policy ${GRANT_POLICY} of the profile controller's role ${role.name}`,
        evidence:
          'These roles are gone, or go with this: the controller may edit what somebody makes again under such a name.',
        changes: [
          {
            ref: refOf('iam/role-policy', accountArn(view.cluster), `${role.name}/${GRANT_POLICY}`),
            before: { text },
            ...(left === '' ? {} : { after: { text: left } }),
            what: `of role ${role.name}`,
          },
        ],
      },
    ];
  });
}

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
const arnsIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/"(arn:[^"]+:role\/[^"*?]+)"/g)].flatMap(([, arn]) => arn ?? [])),
];

/** Whether a role is the one that the cluster's profile controller acts as. */
const ofController = ({ accounts }: LeftoverView, { arn }: Role): boolean =>
  (valueOf(accounts) ?? []).some(
    ({ namespace, name, annotations }) =>
      name === CONTROLLER.account &&
      (CONTROLLER.namespaces as readonly string[]).includes(namespace) &&
      annotations[ROLE_ANNOTATION] === arn,
  );

/** Service accounts that name a role of the account which is not there. */
function annotationItems(view: LeftoverView): readonly Leftover[] {
  const { accounts, roles, profiles, cluster } = view;
  if (accounts.state !== 'found' || roles.state !== 'found' || profiles.state !== 'found') return [];
  const arns = new Set(roles.value.map(({ arn }) => arn));
  return accounts.value.flatMap((account): readonly Leftover[] => {
    const arn = account.annotations[ROLE_ANNOTATION];
    if (arn === undefined || arns.has(arn) || ROLE_ARN.exec(arn)?.groups?.['account'] !== cluster.account) return [];
    // Of a profile it is its plugin's: the profile controller would write it again, and the tree says that the role is gone.
    if (account.name === SERVICE_ACCOUNT && profiles.value.includes(account.namespace)) return [];
    const others = Object.entries(account.annotations).filter(([name]) => name !== ROLE_ANNOTATION);
    const annotations = Object.fromEntries(others);
    const key = `${account.namespace}/${account.name}`;
    return [
      {
        id: `annotation:${key}`,
        sort: 'annotation',
        title: `Annotation ${ROLE_ANNOTATION} of service account ${key}`,
        evidence: `Role ${nameOf(arn)} does not exist: pods that use this service account get no credentials.`,
        changes: [
          {
            ref: refOf('k8s/service-account', cluster.arn, key),
            before: account,
            after: { ...account, annotations },
            what: 'without its role',
          },
        ],
      },
    ];
  });
}

/** Launcher settings that were made here, in a namespace that is no profile any more. */
function launcherItems({ launchers, profiles, cluster }: LeftoverView): readonly Leftover[] {
  if (launchers.state !== 'found' || profiles.state !== 'found') return [];
  return launchers.value.flatMap((launcher): readonly Leftover[] => {
    const { namespace, name, annotations = {}, data } = launcher;
    if (annotations[TAG.maker] === undefined || profiles.value.includes(namespace)) return [];
    return [
      {
        id: `launcher:${namespace}/${name}`,
        sort: 'launcher',
        title: `Launcher settings ${namespace}/${name}`,
        evidence: `They were made here, and ${namespace} is no profile any more. They name ${data['defaultPipelineRoot'] ?? 'no place'}.`,
        changes: [
          {
            ref: refOf('k8s/config-map', cluster.arn, `${namespace}/${name}`),
            before: launcher,
            what: 'of no profile',
          },
        ],
      },
    ];
  });
}

/** OIDC providers that were made here for clusters that are gone, and that no role which stays trusts. */
function providerItems(view: LeftoverView, gone: readonly RoleItem[]): readonly Leftover[] {
  const { providers, roles, cluster } = view;
  if (providers.state !== 'found' || roles.state !== 'found') return [];
  const staying = roles.value.filter((role) => !gone.some((one) => one.role === role));
  const trusted = new Set(staying.flatMap(({ trustPolicy }) => whoGetsIn(dataOf(trustPolicy)).providers));
  return providers.value.flatMap((provider): readonly Leftover[] => {
    if (!wasOurs(view, provider) || trusted.has(provider.arn)) return [];
    const { arn } = provider;
    return [
      {
        id: `provider:${arn.slice(arn.indexOf('/') + 1)}`,
        sort: 'provider',
        title: `OIDC provider ${arn.slice(arn.indexOf('/') + 1)}`,
        evidence: `It was made here for ${provider.tags?.[TAG.cluster] ?? ''}, which is gone or has another issuer now. No role that stays trusts it.`,
        changes: [{ ref: refOf('iam/provider', accountArn(cluster), arn), before: provider, what: 'of no cluster' }],
      },
    ];
  });
}

/** Associations of namespaces that are gone: they must be read alone before they can be put back. */
export const goneAssociations = (view: LeftoverView): readonly Association[] =>
  (valueOf(view.associations) ?? []).filter(({ namespace }) => isGone(view, namespace) === true);

/** Why an association is not removed here, as a sentence; undefined: it is. */
function associationStays(whole: Reading<PodIdentity>): string | undefined {
  if (whole.state !== 'found') return unreadable(whole, 'It');
  const { ownerArn, targetRoleArn, tags } = whole.value;
  if (ownerArn !== undefined) return `It belongs to an add-on of the cluster (${ownerArn}): remove it there.`;
  if (targetRoleArn !== undefined)
    return `It has a target role (${targetRoleArn}): made again it would have another external ID, which that role does not trust.`;
  const maker = makerOf({ name: '', tags });
  if (maker.answer === 'unknown' || maker.answer === 'unclear' || maker.tool === 'kubeflow-irsa') return undefined;
  return `It was made by ${TOOLS[maker.tool].title} (${maker.evidence}). ${TOOLS[maker.tool].instead}`;
}

function associationItems(view: LeftoverView): readonly Leftover[] {
  const { name, region, arn } = view.cluster;
  return goneAssociations(view).map(({ id, namespace, serviceAccount, whole }): Leftover => {
    const key = `${namespace}/${serviceAccount}`;
    const role = whole?.state === 'found' ? `role ${nameOf(whole.value.roleArn)}` : 'its role';
    const evidence = `There is no namespace ${namespace} any more. Whoever makes one again gets ${role}.`;
    const item = {
      id: `association:${key}`,
      sort: 'association',
      title: `Pod Identity association of ${key}`,
      evidence,
      changes: [],
    } as const;
    const stays = whole === undefined ? 'It was not read.' : associationStays(whole);
    if (stays === undefined && whole?.state === 'found') {
      const ref = refOf('eks/pod-identity', arn, key);
      return { ...item, changes: [{ ref, before: whole.value, what: `with ${role}` }] };
    }
    const byHand = `aws eks delete-pod-identity-association --region ${region} --cluster-name ${name} --association-id ${id}`;
    return { ...item, evidence: `${evidence} ${stays ?? ''}`, byHand };
  });
}

/** Profiles of this cluster that are gone and left a role that is for a bucket: their data may be there. */
export function goneProfiles(view: LeftoverView): readonly GoneProfile[] {
  const gone = roleItems(view);
  const staying = (valueOf(view.roles) ?? []).filter((role) => !gone.some((one) => one.role === role));
  const all = gone.flatMap(({ role, profile }): readonly GoneProfile[] => {
    if (profile === undefined) return [];
    const use = useOfRole(role);
    if (use === undefined || use.access === 'read-only') return [];
    const prefix = use.access === 'prefix' ? use.prefix : profilePrefix(profile);
    if (prefix === undefined || !isOwnPrefix(prefix, profile)) return [];
    // A profile of that name on another cluster, too.
    const shared = staying.some(
      (other) =>
        (other.tags[TAG.profile] === profile || namesIn(other.trustPolicy).includes(profile)) &&
        other.inline.some(({ text }) => derivedAccess(text)?.bucket === use.bucket),
    );
    return shared ? [] : [{ profile, bucket: use.bucket, prefix }];
  });
  return all.filter((one, at) => all.findIndex((other) => dataKey(other) === dataKey(one)) === at);
}

/** Namespaces that a trust policy names, of whatever cluster. */
const namesIn = (trust: string): readonly string[] =>
  [...trust.matchAll(/system:serviceaccount:([^:"*?]+):/g)].flatMap(([, namespace]) => namespace ?? []);

/** Key of the data of a profile that is gone. */
export const dataKey = ({ bucket, prefix }: GoneProfile): string => `${bucket}/${prefix}`;

function dataItems(view: LeftoverView): readonly Leftover[] {
  return goneProfiles(view).flatMap((one): readonly Leftover[] => {
    const key = dataKey(one);
    const data = valueOf(view.data.get(key) ?? { state: 'absent' });
    if (data === undefined) return [];
    return [
      {
        id: `data:${key}`,
        sort: 'data',
        title: `${sizeWords(data)} below s3://${key}`,
        evidence: `Profile ${one.profile} is gone, and no role that stays is for this prefix. What is deleted does not come back.`,
        changes: [
          { ref: refOf('s3/data', data.region, key), before: data, what: `${sizeWords(data)}: they do not come back` },
        ],
      },
    ];
  });
}

/** The plan that removes the chosen leftovers, in a safe order. */
export function planLeftovers({ items, unread }: Leftovers, chosen: readonly string[], cluster: IssuingCluster): Plan {
  const needs = chosen.flatMap((id): readonly Need[] => {
    const item = items.find((one) => one.id === id);
    const reason =
      item === undefined
        ? `Nothing is left over under the name ${id}, as far as can be judged.`
        : item.changes.length === 0
          ? `This is not removed here: ${item.byHand ?? ''}`
          : undefined;
    return reason === undefined ? [] : [{ id: 'leftover', title: id, holds: false, reason: spoken(reason) }];
  });
  const taken = items.filter(({ id }) => chosen.includes(id));
  return {
    title: `leftovers on ${cluster.name} (${cluster.region})`,
    needs,
    changes: SORTS.flatMap((sort) => taken.filter((one) => one.sort === sort).flatMap(({ changes }) => changes)),
    proofs: [],
    reads: LEFTOVER_MAY,
    warnings: [
      ...taken.map(({ title, evidence }) => spoken(`${title}: ${evidence}`)),
      ...items.flatMap(({ id, title, evidence, byHand }) =>
        byHand === undefined || chosen.includes(id)
          ? []
          : [spoken(`${title}: ${evidence} It is not removed here, but by: ${byHand}`)],
      ),
      ...unread,
    ],
  };
}

/** What looking for leftovers needs. */
export const LEFTOVER_MAY: readonly string[] = [
  ...['iam:GetAccountAuthorizationDetails', 'iam:ListOpenIDConnectProviders', 'iam:GetOpenIDConnectProvider'],
  ...['eks:ListClusters', 'eks:ListPodIdentityAssociations'],
  ...['list profiles.kubeflow.org', 'list namespaces', 'list serviceaccounts', 'list configmaps'],
];
