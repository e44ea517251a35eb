/**
 * What a tool manages is left to it: a plan that would write there is blocked by a need of its own, until a person names the tool.
 * One fold over the changes of any plan, so that no planner has to think of it.
 */
import { parseArn } from '../arn/arn.ts';
import { filesOf, makerWith, type DeclaredOf, type Sought } from '../drift/files.ts';
import type { Facts } from '../facts.ts';
import { roleOfRef, titleOf, type Change, type Ref } from '../kinds.ts';
import { makerOf, makerOfProfile, makerOfProvider, makerOfRole, manages, nameOf } from '../maker.ts';
import { MANAGING_TOOLS, TOOLS, writeManaged, type Maker, type ManagingTool } from '../tools.ts';
import type { Profile } from '../observation.ts';
import { issuerOf } from '../policy/build.ts';
import { valueOf } from '../reading.ts';
import { spoken } from '../text.ts';
import { blocked } from './part.ts';
import { isWrite, refOf, type Need, type Plan } from './plan.ts';

/** The tools that are named among what is agreed to. */
export const namedTools = (agreed: readonly string[]): readonly ManagingTool[] =>
  MANAGING_TOOLS.filter((tool) => agreed.includes(writeManaged(tool)));

const ID = 'managed';

/** A thing that a plan writes, and who made it. */
interface Touched {
  readonly title: string;
  readonly maker: Maker;
}

/** What a change writes to, if that can be somebody's. */
function touchedBy({ ref, ...change }: Change, facts: Facts): Touched | undefined {
  const of = (at: Ref, maker: Maker | undefined): Touched | undefined =>
    maker === undefined ? undefined : { title: titleOf(at), maker };
  const role = roleOfRef(ref);
  if (role !== undefined) {
    const at = refOf('iam/role', ref.at, role);
    const live =
      (ref.kind === 'iam/role' ? (change as Change<'iam/role'>).before : undefined) ?? valueOf(facts.role(at));
    return of(at, live && makerOfRole(live));
  }
  const { before } = change as Change;
  if (ref.kind === 'k8s/profile-note') {
    const at = refOf('k8s/profile', ref.at, ref.key.slice(0, ref.key.indexOf('/')));
    const profile = valueOf(facts.get(at));
    return of(at, profile && makerOfProfile(profile));
  }
  if (before === undefined) return undefined;
  switch (ref.kind) {
    case 'k8s/profile': {
      // What goes already is no longer what a tool has of it.
      const profile = before as Profile;
      return profile.metadata.deletionTimestamp === undefined ? of(ref, makerOfProfile(profile)) : undefined;
    }
    case 'iam/provider':
      return of(ref, makerOfProvider(before as Parameters<typeof makerOfProvider>[0]));
    case 'k8s/config-map':
    case 'k8s/service-account':
      return of(ref, (before as { readonly maker?: Maker }).maker);
    case 'eks/pod-identity':
      return of(ref, makerOf({ name: '', tags: (before as { readonly tags: Readonly<Record<string, string>> }).tags }));
    default:
      return undefined;
  }
}

/**
 * The plan with a need for each thing that it writes and a tool surely manages, and a warning for each that perhaps one does.
 *
 * @param facts what the plan was made from
 */
export function guarded(plan: Plan, facts: Facts): Plan {
  const touched = new Map<string, Touched>();
  for (const change of plan.changes.filter(isWrite)) {
    const one = touchedBy(change, facts);
    if (one !== undefined) touched.set(one.title, one);
  }
  const all = [...touched.values()];
  return {
    ...plan,
    needs: [...plan.needs, ...all.flatMap(needOf)],
    warnings: [...plan.warnings, ...all.flatMap(warningOf)],
  };
}

const managedTitle = (title: string): string => `${title} is managed by `;

function needOf({ title, maker }: Touched): readonly Need[] {
  if (!manages(maker)) return [];
  const tool = maker.tool as ManagingTool;
  const reason = `${title} is managed by ${nameOf(maker)} (${maker.evidence}), which would take a change back. ${TOOLS[tool].instead} To write here all the same, name ${TOOLS[tool].title}.`;
  return [
    blocked(ID, spoken(`${managedTitle(title)}${TOOLS[tool].title}`), spoken(reason), { consent: writeManaged(tool) }),
  ];
}

function warningOf({ title, maker }: Touched): readonly string[] {
  if (maker.answer !== 'unclear' || maker.tool === undefined) return [];
  const { title: tool, instead } = TOOLS[maker.tool];
  return [
    spoken(
      `${title} is perhaps managed by ${tool} (${maker.evidence}). If it is, a change here is taken back. ${instead}`,
    ),
  ];
}

/** The thing that a change writes to, as files name it, if they can; and whether it is there. */
function declarable(
  change: Change,
  plan: Plan,
): { readonly at: Ref; readonly sought: Sought; readonly there: boolean } | undefined {
  const { ref, before } = change;
  const account = parseArn(ref.at)?.account ?? '';
  const isMade = ({ kind, key }: Ref): boolean =>
    plan.changes.some(
      (one) => one.ref.kind === kind && one.ref.key === key && one.before === undefined && isWrite(one),
    );
  const of = (at: Ref, kind: Sought['kind'], name: string, there = !isMade(at)) => ({
    at,
    sought: { kind, name, account },
    there,
  });
  const role = roleOfRef(ref);
  if (role !== undefined) return of(refOf('iam/role', ref.at, role), 'role', role);
  if (ref.kind === 'k8s/profile') {
    const going = (before as Profile | undefined)?.metadata.deletionTimestamp !== undefined;
    return going ? undefined : of(ref, 'profile', ref.key, before !== undefined);
  }
  if (ref.kind === 'k8s/profile-note') {
    const profile = ref.key.slice(0, ref.key.indexOf('/'));
    return of(refOf('k8s/profile', ref.at, profile), 'profile', profile);
  }
  return ref.kind === 'iam/provider' ? of(ref, 'provider', issuerOf(ref.key), before !== undefined) : undefined;
}

/**
 * The plan with what files of the workspace say of the things that it writes. A file that only a tool can apply is evidence of that tool:
 * a need, as for what {@link guarded} knows of the thing itself. Of a plain manifest nobody knows who applies it, if anybody does: a warning.
 */
export function guardedByFiles(plan: Plan, declared: DeclaredOf): Plan {
  const things = new Map<string, NonNullable<ReturnType<typeof declarable>>>();
  for (const change of plan.changes.filter(isWrite)) {
    const one = declarable(change, plan);
    if (one !== undefined) things.set(`${one.at.kind} ${one.at.at} ${one.at.key}`, one);
  }
  const [needs, warnings]: [Need[], string[]] = [[], []];
  for (const { at, sought, there } of things.values()) {
    const its = declared(sought);
    const title = titleOf(at);
    // What the thing itself bears was told by guarded().
    if (
      its.length === 0 ||
      plan.needs.some((need) => need.id === ID && need.title.startsWith(spoken(managedTitle(title))))
    )
      continue;
    const maker = makerWith({ answer: 'unknown' }, its);
    if (there && maker.answer === 'tool') needs.push(...needOf({ title, maker }));
    else if (maker.answer === 'tool')
      warnings.push(
        `${title} is ${maker.evidence}, from which ${nameOf(maker)} would make it. It does not exist yet: made here, it is in the way there.`,
      );
    else if (there)
      warnings.push(
        `${title} is declared in ${filesOf(its)}. Change it there as well: who applies that file sets back what is changed here.`,
      );
  }
  if (needs.length + warnings.length === 0) return plan;
  return { ...plan, needs: [...plan.needs, ...needs], warnings: [...plan.warnings, ...warnings.map(spoken)] };
}

/** The plan with what it needs of these tools agreed to: it writes where they do. */
export function agreedTo(plan: Plan, tools: readonly ManagingTool[]): Plan {
  const all = new Set<string>(tools.map(writeManaged));
  const agrees = (need: Need): boolean => need.id === ID && need.consent !== undefined && all.has(need.consent);
  return {
    ...plan,
    needs: plan.needs.map((need) =>
      agrees(need) ? { ...need, holds: true, reason: 'You named it: what is written here, it may take back.' } : need,
    ),
  };
}

/** The tools that a plan needs a word for, whether it has it or not. */
export const toolsOf = ({ needs }: Plan): readonly ManagingTool[] =>
  MANAGING_TOOLS.filter((tool) => needs.some(({ id, consent }) => id === ID && consent === writeManaged(tool)));

/** Whether nothing is in the way but that tools manage what is written. */
export const onlyManaged = (needs: readonly Need[]): boolean => needs.length > 0 && needs.every(({ id }) => id === ID);
