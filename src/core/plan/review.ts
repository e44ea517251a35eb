import { diffLines } from 'diff';
import { ACCESS_LEVELS } from '../request.ts';
import { blockers, writes, type Plan, type Step, type StepKind } from './plan.ts';

/** A word for each kind, padded to one width so that the list can be scanned. */
const WORD: Readonly<Record<StepKind, string>> = {
  create: '+ create ',
  change: '~ change ',
  keep: '= keep   ',
  wait: '… wait   ',
  verify: '? verify ',
  blocked: '! blocked',
};

/** For a step that is blocked only because another one is. */
const WAITS = '- waits  ';

/** What the plan comes to, in one line: "2 to create, 1 to change". */
export function summary(plan: Plan): string {
  const count = (kind: StepKind): number => plan.steps.filter((step) => step.kind === kind).length;
  const stopped = blockers(plan).length;
  if (stopped > 0) return stopped === 1 ? '1 step is blocked' : `${stopped} steps are blocked`;
  const parts = [
    ...(count('create') > 0 ? [`${count('create')} to create`] : []),
    ...(count('change') > 0 ? [`${count('change')} to change`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'nothing to change';
}

/** A line diff: "- " before, "+ " after, "  " the same. */
export function diffText(before: string, after: string): string {
  return diffLines(before.trimEnd() + '\n', after.trimEnd() + '\n')
    .flatMap(({ value, added, removed }) => {
      const sign = added ? '+ ' : removed ? '- ' : '  ';
      return value
        .trimEnd()
        .split('\n')
        .map((line) => sign + line);
    })
    .join('\n');
}

/** What a terminal would obey; line ends and tabs stay. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}]/gu;

/** Text from outside in a fence that no line of it can close. */
function fenced(language: string, text: string): string {
  const safe = text.replace(CONTROL, '\ufffd').trimEnd();
  const longest = Math.max(2, ...[...safe.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${safe}\n${fence}`;
}

const stepText = (step: Step): string =>
  step.kind === 'change' && step.before !== undefined && step.after !== undefined
    ? `### ${step.title}\n\n${fenced('diff', diffText(step.before, step.after))}\n`
    : '';

/**
 * The review document: what will be created, changed and kept and what is blocked, each with its reason; both policies, the
 * manifest, the permissions that the run needs. Plain text that reads well as it is; documents from the cluster and from AWS
 * stand in fences, reasons are one line each.
 */
export function reviewText(plan: Plan): string {
  const { request, desired } = plan;
  const access = ACCESS_LEVELS.find(({ id }) => id === request.access)?.label ?? request.access;
  const stopped = blockers(plan);
  const changes = plan.steps.map(stepText).filter((text) => text !== '');
  const sections = [
    `# Plan: profile ${request.profile} on ${request.cluster} (${request.region})`,
    stopped.length > 0
      ? `Cannot go on: ${summary(plan)}. Nothing has been changed.\n\n${stopped.map(({ title, reason }) => `- ${title}\n  ${reason ?? ''}`).join('\n')}`
      : writes(plan)
        ? `${summary(plan)}. Nothing has been changed yet.`
        : 'Nothing to change: everything is as wanted.',
    `Owner ${request.owner} · bucket ${request.bucket} · ${access.toLowerCase()}`,
    `## Steps\n\n${plan.steps
      .map((step, index) => {
        const line = `${String(index + 1).padStart(2)}. ${step.waitsFor === undefined ? WORD[step.kind] : WAITS}  ${step.title}`;
        return step.reason === undefined ? line : `${line}\n${' '.repeat(15)}${step.reason}`;
      })
      .join('\n')}`,
    ...(plan.warnings.length > 0
      ? [`## Worth knowing\n\n${plan.warnings.map((warning) => `- ${warning}`).join('\n')}`]
      : []),
    ...(changes.length > 0 ? [`## Changes\n\n${changes.join('\n')}`] : []),
    ...(desired === undefined
      ? []
      : [
          `## Trust policy of ${desired.roleName}: who may use the role\n\n${fenced('json', desired.trustPolicy)}`,
          `## Inline policy ${desired.policyName}: what the role may do\n\n${fenced('json', desired.permissionsPolicy)}`,
          `## Profile ${request.profile}\n\n${fenced('yaml', desired.manifest)}`,
        ]),
    `## Permissions this run needs\n\nAWS: ${plan.permissions.aws.join(', ')}\n\nKubernetes: ${plan.permissions.kubernetes.join(', ')}`,
  ];
  return `${sections.join('\n\n')}\n`;
}
