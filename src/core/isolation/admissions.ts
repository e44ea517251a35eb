/** How service accounts come into roles: by trust policies, by associations of Pod Identity, and from role to role. */
import { parseArn } from '../arn/arn.ts';
import type { Admitted, WhoGetsIn } from '../policy/access.ts';
import { and } from '../policy/answer.ts';
import { AUDIENCE, subject } from '../policy/build.ts';
import { tokenFacts, type Facts } from '../policy/context.ts';
import { may, WEB_IDENTITY } from '../policy/evaluate.ts';
import { guardsOf, judgeGuards, levelsOf, type GuardReason } from '../policy/organization.ts';
import { audienceFits, subjectFits, type AdmittedTokens } from '../policy/tokens.ts';
import type { Admission, JudgedRole, ProfileOf, Subject } from './matrix.ts';
import { asksWho, EVERYTHING, groupOf, guardLayers, type Group } from './roleRights.ts';
import { keyOf, single, type Doors } from './subjects.ts';
import type { IsolationWorld, WorldRole } from './world.ts';

/** Who of a world comes into which roles. */
export interface Admissions {
  readonly world: IsolationWorld;
  readonly subjects: readonly Subject[];
  readonly roles: readonly JudgedRole[];
  /** Of each subject, those into which it comes. */
  readonly admissions: readonly (readonly Admission[])[];
  /** Roles that are judged alike. */
  readonly group: (role: number) => Group;
  /** Subjects whom a policy of the organization keeps out of a role that trusts them, by their index. */
  readonly keptOut: ReadonlyMap<number, GuardReason>;
}

/** Lets the subjects into the roles; `trusts`: whom each of these lets in. */
export function admissionsOf(
  world: IsolationWorld,
  profiles: readonly ProfileOf[],
  trusts: readonly WhoGetsIn[],
  doors: Doors,
): Admissions {
  const { subjects, keptOut } = doors;
  const namedBy = new Map<string, number[]>();
  for (const [at, { role }] of profiles.entries())
    if (role !== undefined) namedBy.set(role, [...(namedBy.get(role) ?? []), at]);
  const admissions: Admission[][] = subjects.map(() => []);
  const roles = trusts.map((trust, index): JudgedRole => {
    const role = world.roles[index] as WorldRole;
    return {
      role,
      trust,
      namedBy: namedBy.get(role.arn) ?? [],
      ...admit(index, trust, world, doors, admissions),
    };
  });
  associate(world, roles, doors, admissions);
  const groups = new Map<string, Group>();
  const isAsked = asksWho(world);
  const groupOfRole: (Group | undefined)[] = [];
  const group = (role: number): Group =>
    (groupOfRole[role] ??= groupOf(roles[role]?.role as WorldRole, groups, world.organizations, isAsked));
  chain(roles, admissions, group, world);
  return { world, subjects, roles, admissions, group, keptOut };
}

/** Lets subjects in by a role's trust policy, as sets. */
function admit(
  index: number,
  trust: WhoGetsIn,
  world: IsolationWorld,
  { subjects, indexOf, providers, keptOut }: Doors,
  admissions: Admission[][],
): Pick<JudgedRole, 'sets' | 'others' | 'clusters'> {
  const sets: { cluster: number; tokens: AdmittedTokens }[] = [];
  const others: Admitted[] = [];
  const letIn = new Set<number>();
  const { arn = '' } = world.roles[index] ?? {};
  const guards = guardsOf(levelsOf(world.organizations?.get(parseArn(arn)?.account ?? '')), 'resource');
  const put = (at: number, statement: number, trusted: readonly string[], audience: string): void => {
    const [its, who] = [admissions[at] as Admission[], subjects[at] as Subject];
    // A role is a resource of its account; who comes with a token is nobody of the account.
    const facts = (): Facts => tokenFacts(providers[who.cluster] ?? '', subject(who.namespace, who.name), audience);
    const above = guards.length === 0 ? undefined : judgeGuards(guards, WEB_IDENTITY, arn, facts());
    if (above?.answer === 'no') {
      if (above.by !== undefined) keptOut.set(at, above.by);
      return;
    }
    const depends = above?.why === undefined ? trusted : [...trusted, above.why];
    letIn.add(who.cluster);
    const answer = depends.length === 0 ? 'yes' : 'unknown';
    const known = its.findIndex(({ role }) => role === index);
    const made: Admission = { role: index, answer, statement, audience, depends };
    if (known < 0) its.push(made);
    else if (its[known]?.answer === 'unknown' && answer === 'yes') its[known] = made;
  };
  const audienceIn = (cluster: number, fits: (audience: string) => boolean): string | undefined => {
    const { audiences } = world.clusters[cluster] ?? {};
    const known = audiences?.state === 'found' ? audiences.value : [AUDIENCE];
    return [...known].sort((a, b) => Number(b === AUDIENCE) - Number(a === AUDIENCE)).find(fits);
  };
  if (trust.bounded)
    for (const [at, { cluster }] of subjects.entries())
      if (providers[cluster] !== undefined) put(at, 0, ['a trust policy that is larger than what is judged'], AUDIENCE);
  for (const one of trust.admitted) {
    if (!('subjects' in one)) {
      others.push(one);
      if (one.kind !== 'everybody') continue;
      for (const [at, { cluster }] of subjects.entries()) {
        const provider = providers[cluster];
        const audience = audienceIn(cluster, () => true);
        if (provider !== undefined && audience !== undefined && !trust.providers.includes(provider))
          put(at, one.statement, one.depends, audience);
      }
      continue;
    }
    // One issuer may be that of several sources of the same cluster.
    let isChosen = false;
    for (const [cluster, provider] of providers.entries()) {
      if (provider !== one.provider) continue;
      isChosen = true;
      const audience = audienceIn(cluster, (text) => audienceFits(one, text));
      if (audience === undefined) continue;
      const named = single(one);
      if (named === undefined) sets.push({ cluster, tokens: one });
      const some = named?.flatMap((sub) => indexOf.get(keyOf(cluster, sub)) ?? []) ?? subjects.keys();
      for (const at of some) {
        const who = subjects[at];
        if (who?.cluster === cluster && subjectFits(one, subject(who.namespace, who.name)))
          put(at, one.statement, one.depends, audience);
      }
    }
    if (!isChosen) others.push(one);
  }
  return { sets, others, clusters: [...letIn] };
}

/** Roles that EKS gives to pods: it, too, is let in by the trust policy. */
function associate(
  world: IsolationWorld,
  roles: readonly JudgedRole[],
  { indexOf }: Doors,
  admissions: Admission[][],
): void {
  const byArn = new Map(roles.map(({ role }, index) => [role.arn, index]));
  for (const [cluster, { podIdentities = [] }] of world.clusters.entries())
    for (const { namespace, name, roleArn } of podIdentities) {
      const role = byArn.get(roleArn);
      const at = indexOf.get(keyOf(cluster, subject(namespace, name)));
      if (role === undefined || at === undefined) continue;
      const door = roles[role]?.trust.admitted.find(
        (one) => one.kind === 'service' && one.principal === 'pods.eks.amazonaws.com',
      );
      if (door === undefined || admissions[at]?.some((one) => one.role === role && one.answer === 'yes') === true)
        continue;
      const answer = door.depends.length === 0 ? 'yes' : 'unknown';
      admissions[at]?.push({ role, answer, statement: door.statement, depends: door.depends, via: 'pod-identity' });
    }
}

const ASSUME = 'sts:AssumeRole';

/** Roles that are assumed with the credentials of another one. */
function chain(
  roles: readonly JudgedRole[],
  admissions: Admission[][],
  group: (role: number) => Group,
  world: IsolationWorld,
): void {
  const doors = roles.flatMap(({ role, trust }, to) =>
    trust.admitted.flatMap((one) =>
      one.kind === 'aws'
        ? [{ to, arn: role.arn, principal: one.principal, statement: one.statement, depends: one.depends }]
        : [],
    ),
  );
  const named = new Map<string, (typeof doors)[number][]>();
  for (const door of doors) {
    const account = /^\d{12}$/.test(door.principal)
      ? door.principal
      : /^arn:[^:]*:iam::(\d{12}):root$/.exec(door.principal)?.[1];
    const key = account ?? door.principal;
    named.set(key, [...(named.get(key) ?? []), door]);
  }
  const asks = new Map<Group, boolean>();
  const onward = new Map<
    number,
    readonly { readonly to: number; readonly answer: 'yes' | 'unknown'; readonly door: (typeof doors)[number] }[]
  >();
  const next = (from: number) => {
    const known = onward.get(from);
    if (known !== undefined) return known;
    const its = group(from);
    const { role } = roles[from] as JudgedRole;
    const policies = its.identity.map(({ data }) => data);
    const boundary = its.boundary.map(({ data }) => data);
    const mayAsk = asks.get(its) ?? JSON.stringify(its.identity).match(/sts|\*/i) !== null;
    asks.set(its, mayAsk);
    const made = [
      ...(named.get(role.arn) ?? []),
      ...(mayAsk ? [...(named.get(its.account) ?? []), ...(named.get('*') ?? [])] : []),
    ].flatMap((door) => {
      const isNamed = door.principal === role.arn && parseArn(door.arn)?.account === its.account;
      const allowed = may(isNamed ? [...policies, { Statement: EVERYTHING }] : policies, ASSUME, door.arn, its.session);
      // Over who calls stand those of its account, over the role that it asks for those of that one's.
      const above = [
        ...its.guards.service,
        ...guardLayers(world.organizations, parseArn(door.arn)?.account ?? '', 'resource'),
      ].map((layer) =>
        may(
          layer.policies.map(({ data }) => data),
          ASSUME,
          door.arn,
          its.session,
        ),
      );
      // A boundary allows nothing by itself, and what it does not allow is refused.
      const bounded = boundary.length === 0 ? 'yes' : may(boundary, ASSUME, door.arn, its.session);
      const answer = and([allowed, bounded, ...above, door.depends.length === 0 ? 'yes' : 'unknown']);
      return answer === 'no' ? [] : [{ to: door.to, answer, door } as const];
    });
    onward.set(from, made);
    return made;
  };
  for (const its of admissions) {
    const waiting = [...its];
    for (let from = waiting.shift(); from !== undefined; from = waiting.shift())
      for (const { to, answer, door } of next(from.role)) {
        if (its.some(({ role, answer: before }) => role === to && (before === 'yes' || answer === 'unknown'))) continue;
        const sure = answer === 'yes' && from.answer === 'yes';
        const known = its.findIndex(({ role }) => role === to);
        if (known >= 0 && !sure) continue;
        const made: Admission = {
          role: to,
          answer: sure ? 'yes' : 'unknown',
          statement: door.statement,
          depends: [
            ...from.depends,
            ...door.depends,
            ...(answer === 'unknown' && door.depends.length === 0 ? [`whether it may ${ASSUME}`] : []),
          ],
          via: { role: from.role },
        };
        if (known >= 0) its[known] = made;
        else its.push(made);
        waiting.push(made);
      }
  }
}
