import { diffLines } from 'diff';
import { actionOf, textOf, titleOf, type Kind } from '../kinds.ts';
import { inEnglish, phrase, type Say, saying } from '../phrase.ts';
import { blockers, isDone, permissionsOf, rows, type Plan, type Row, type RowKind } from './plan.ts';

/** A word for each kind, padded to one width so that the list can be scanned. */
const WORD: Readonly<Record<RowKind, string>> = {
  create: '+ create ',
  change: '~ change ',
  delete: '- delete ',
  keep: '= keep   ',
  wait: '… wait   ',
  verify: '? verify ',
  blocked: '! blocked',
};

/** For a step that is blocked only because another one is. */
const WAITS = '- waits  ';

/** What is to be done, with how many things. */
const TO_DO = {
  create: (count: number) => phrase('{0} to create', count),
  change: (count: number) => phrase('{0} to change', count),
  delete: (count: number) => phrase('{0} to delete', count),
} as const;

/** What the plan comes to, in one line: "2 to create, 1 to change". */
export function summary(plan: Plan, say: Say = inEnglish): string {
  const stopped = blockers(plan).length;
  if (stopped === 1) return saying(phrase('1 step is blocked'), say);
  if (stopped > 1) return saying(phrase('{0} steps are blocked', stopped), say);
  const ours = plan.changes.filter(({ by }) => by === undefined).map(actionOf);
  const parts = (['create', 'change', 'delete'] as const).flatMap((action) => {
    const count = ours.filter((one) => one === action).length;
    return count > 0 ? [saying(TO_DO[action](count), say)] : [];
  });
  return parts.length > 0 ? parts.join(', ') : saying(phrase('nothing to change'), say);
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

const changeText = ({ kind, title, before = '', after = '' }: Row): string =>
  kind === 'change' ? `### ${title}\n\n${fenced('diff', diffText(before, after))}\n` : '';

/** What the documents of a plan are about, by kind. */
const ABOUT = {
  's3/bucket': (title: string) => `${title}: what it is made with`,
  'iam/role': (title: string) => `Trust policy of ${title.replace(/^IAM role /, '')}: who may use the role`,
  'iam/role-policy': (title: string) => `${title}: what the role may do`,
  'k8s/profile': (title: string) => title,
  'k8s/config-map': (title: string) => title,
  'iam/provider': (title: string) => `${title}: what it is made with`,
  'file/kubeconfig': (title: string) => `${title}: what it is made with`,
} as const;
/** Kinds whose document is of interest where they are made: a change of them is shown as one. */
const ONLY_NEW: ReadonlySet<Kind> = new Set<Kind>(['iam/provider', 'file/kubeconfig']);

/** The documents that a plan writes or keeps: policies and the manifest, as they will be. */
function documents(plan: Plan): string[] {
  return plan.changes.flatMap((change) => {
    const { ref, after } = change;
    if (after === undefined || !Object.hasOwn(ABOUT, ref.kind)) return [];
    if (ONLY_NEW.has(ref.kind) && actionOf(change) !== 'create') return [];
    const { language, text } = textOf(ref.kind, after);
    return [`## ${ABOUT[ref.kind as keyof typeof ABOUT](titleOf(ref))}\n\n${fenced(language, text)}`];
  });
}

/**
 * The review document: what will be created, changed and kept and what is blocked, each with its reason; the policies, the
 * manifest, the permissions that the run needs. Plain text that reads well as it is; documents from the cluster and from AWS
 * stand in fences, reasons are one line each.
 */
export function reviewText(plan: Plan): string {
  const stopped = blockers(plan);
  const lines = rows(plan);
  const changes = lines.map(changeText).filter((text) => text !== '');
  const may = permissionsOf(plan);
  const needed = [
    ...(may.aws.length > 0 ? [`AWS: ${may.aws.join(', ')}`] : []),
    ...(may.kubernetes.length > 0 ? [`Kubernetes: ${may.kubernetes.join(', ')}`] : []),
  ];
  const sections = [
    `# Plan: ${plan.title}`,
    stopped.length > 0
      ? `Cannot go on: ${summary(plan)}. Nothing has been changed.\n\n${stopped.map(({ title, reason }) => `- ${title}\n  ${reason ?? ''}`).join('\n')}`
      : isDone(plan)
        ? 'Nothing to change: everything is as wanted.'
        : `${summary(plan)}. Nothing has been changed yet.`,
    ...(plan.wish === undefined ? [] : [plan.wish]),
    `## Steps\n\n${lines
      .map((row, index) => {
        const line = `${String(index + 1).padStart(2)}. ${row.waitsFor === undefined ? WORD[row.kind] : WAITS}  ${row.title}`;
        return row.reason === undefined ? line : `${line}\n${' '.repeat(15)}${row.reason}`;
      })
      .join('\n')}`,
    ...(plan.warnings.length > 0
      ? [`## Worth knowing\n\n${plan.warnings.map((warning) => `- ${warning}`).join('\n')}`]
      : []),
    ...(changes.length > 0 ? [`## Changes\n\n${changes.join('\n')}`] : []),
    ...documents(plan),
    ...(needed.length === 0 ? [] : [`## Permissions this run needs\n\n${needed.join('\n\n')}`]),
  ];
  return `${sections.join('\n\n')}\n`;
}
