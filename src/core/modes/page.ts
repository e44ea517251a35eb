import type { Fact } from './mode.ts';
import { type FailureMode, failureModes } from './table.ts';
/** Facts that AWS tells; the cluster tells the others. */
const OF_AWS: ReadonlySet<Fact> = new Set([
  ...(['provider', 'role', 'providers', 'buckets', 'policies', 'association', 'podRole'] as const),
]);

/** Where a failure is reported, in words: what its judges look at. */
function seen({ file, folder, comments, compared, reads = [] }: FailureMode): string {
  const where = [
    ...(file || folder || comments ? ['in a file'] : []),
    ...(compared ? ['where a file and what is live are compared'] : []),
    ...(reads.some((fact) => OF_AWS.has(fact)) ? ['in AWS'] : []),
    ...(reads.some((fact) => !OF_AWS.has(fact)) ? ['in the cluster'] : []),
  ];
  return where.length === 0 ? UNSEEN : where.join(', ');
}
const UNSEEN = 'not reported yet';

const GROUPS: readonly { readonly title: string; readonly prefix: string; readonly text: string }[] = [
  { title: 'Kubeflow and AWS', prefix: 'KP-', text: 'From the Profile to the running pod.' },
  { title: 'Trust policies', prefix: 'T-', text: 'Who may assume the role.' },
  { title: 'Permission policies', prefix: 'P-', text: 'What the role may do.' },
  { title: 'The linter itself', prefix: 'LINT-', text: 'About comments that silence a rule.' },
];

/** docs/failure-modes.md: every entry of the catalogue under its id, which is the anchor that diagnostics link to. */
export function failureModesPage(): string {
  const sections = GROUPS.map(({ title, prefix, text }) => {
    const modes = failureModes.filter(({ id }) => id.startsWith(prefix));
    return [`## ${title}`, '', text, '', ...modes.flatMap(section)].join('\n');
  });
  return `${HEAD}\n${contents()}\n${sections.join('\n')}`;
}

const HEAD = `<!-- Generated from src/core/modes by scripts/failure-modes.ts. Change it there. -->

# Failure modes

What goes wrong between a Kubeflow Profile and S3 on EKS, and what to do about it. Diagnostics, the tree and the command line
name these ids; what is not reported yet is here for whoever looks for it. To silence one in a file, write a comment with the reason on the line or the line before:

\`\`\`yaml
# kubeflow-irsa: ignore KP-044 this bucket belongs to one team
\`\`\`
`;

function contents(): string {
  const rows = failureModes.map((mode) => {
    const { id, title, severity } = mode;
    return `| [${id}](#${id.toLowerCase()}) | ${escaped(title)} | ${severity} | ${seen(mode)} |`;
  });
  return ['| id | failure | severity | reported |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function section(mode: FailureMode): readonly string[] {
  return [
    `### ${mode.id}`,
    '',
    `**${escaped(mode.title)}** (${mode.severity}, ${seen(mode) === UNSEEN ? '' : 'reported '}${seen(mode)})`,
    '',
    `- Symptom: ${escaped(mode.symptom)}`,
    `- Cause: ${escaped(mode.cause)}`,
    `- Fix: ${escaped(mode.fix)}`,
    `- Sources: ${mode.sources.map(escaped).join('; ')}`,
    ...(mode.notLive === undefined ? [] : [`- Not looked for in AWS or in the cluster: ${escaped(mode.notLive)}`]),
    ...(mode.aliases ? [`- Also known as: ${mode.aliases.join(', ')}`] : []),
    '',
  ];
}

/** Text of the catalogue is plain; Markdown shows it as it is. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>|#]/g, '\\$&');
