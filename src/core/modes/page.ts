import type { Fact } from './mode.ts';
import { saying } from '../phrase.ts';
import { factWords } from './live.ts';
import { type FailureMode, failureModes } from './table.ts';

/** How a failure mode comes about in the sandbox, and what ends it there: a row of a table of test/sandbox/scenarios. */
export interface PageScenario {
  readonly id: string;
  readonly name: string;
  /** The file that runs it. */
  readonly file: string;
  readonly ending: { readonly by: string; readonly why?: string };
}

/** Facts that AWS tells; the cluster tells the others. */
const OF_AWS: ReadonlySet<Fact> = new Set([
  ...(['provider', 'role', 'providers', 'buckets', 'policies', 'association', 'podRole'] as const),
  ...(['organization', 'endpoints'] as const),
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
const UNSEEN = 'not judged';

const GROUPS: readonly { readonly title: string; readonly prefix: string; readonly text: string }[] = [
  { title: 'Kubeflow and AWS', prefix: 'KP-', text: 'From the Profile to the running pod.' },
  { title: 'Trust policies', prefix: 'T-', text: 'Who may assume the role.' },
  { title: 'Permission policies', prefix: 'P-', text: 'What the role may do.' },
  { title: 'The linter itself', prefix: 'LINT-', text: 'About comments that silence a rule.' },
];

/**
 * docs/failure-modes.md: every entry of the catalogue under its id, which is the anchor that diagnostics link to.
 *
 * @param without why a live mode has no scenario, by its id
 */
export function failureModesPage(
  scenarios: readonly PageScenario[],
  without: Readonly<Record<string, string>>,
): string {
  const sections = GROUPS.map(({ title, prefix, text }) => {
    const modes = failureModes.filter(({ id }) => id.startsWith(prefix));
    return [`## ${title}`, '', text, '', ...modes.flatMap((mode) => section(mode, scenarios, without[mode.id]))].join(
      '\n',
    );
  });
  return `${HEAD}\n${contents()}\n${sections.join('\n')}`;
}

const HEAD = `<!-- Generated from src/core/modes by scripts/failure-modes.ts. Change it there. -->

# Failure modes

What goes wrong between a Kubeflow Profile and S3 on EKS, and what to do about it. Diagnostics, the tree and the command line
name these ids; what is not judged is here for whoever looks for it. To silence one in a file, write a comment with the reason on the line or the line before:

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

/** What of a mode is looked at. */
function detected({ file, folder, comments, compared, reads = [] }: FailureMode): string {
  const facts = reads.map((fact) => saying(factWords(fact)));
  return [
    ...(file || folder || comments ? ['in files, by lint'] : []),
    ...(compared ? ['where a file and what is live are compared'] : []),
    ...(facts.length === 0 ? [] : [`live, from ${facts.join(', ')}`]),
  ].join('; ');
}

const ENDED: Readonly<Record<string, string>> = {
  repair: 'by a plan (Create IRSA Profile), and proven',
  associateProvider: "by the plan of the cluster's OIDC provider",
  unstick: 'by the plan that lets a Profile go',
  hand: 'by hand',
  nobody: 'not needed',
};

/** How it is fixed, once for each way. */
const fixed = (its: readonly PageScenario[]): string =>
  [...new Set(its.map(({ ending: { by, why } }) => `${ENDED[by] ?? by}${why === undefined ? '' : `: ${why}`}`))]
    .map((text) => text.replace(/\.$/, ''))
    .join('; ');

function section(mode: FailureMode, scenarios: readonly PageScenario[], without?: string): readonly string[] {
  const its = scenarios.filter(({ id }) => id === mode.id);
  const how = detected(mode);
  const files = [...new Set(its.map(({ file }) => file))];
  const names = (file: string): string =>
    its
      .flatMap((one) => (one.file === file ? [one.name] : []))
      .map(escaped)
      .join('; ');
  return [
    `### ${mode.id}`,
    '',
    `**${escaped(mode.title)}** (${mode.severity}, ${seen(mode) === UNSEEN ? '' : 'reported '}${seen(mode)})`,
    '',
    `- Symptom: ${escaped(mode.symptom)}`,
    `- Cause: ${escaped(mode.cause)}`,
    `- Fix: ${escaped(mode.fix)}`,
    ...(how === '' ? [] : [`- Detected: ${escaped(how)}`]),
    ...(its.length === 0 ? [] : [`- Fixed: ${escaped(fixed(its))}`]),
    ...files.map((file) => `- Scenario (${file}): ${names(file)}`),
    ...(without === undefined ? [] : [`- Without a scenario: ${escaped(without)}`]),
    `- Sources: ${mode.sources.map(escaped).join('; ')}`,
    ...(mode.notLive === undefined ? [] : [`- Not looked for in AWS or in the cluster: ${escaped(mode.notLive)}`]),
    ...(mode.aliases ? [`- Also known as: ${mode.aliases.join(', ')}`] : []),
    '',
  ];
}

/** Text of the catalogue is plain; Markdown shows it as it is. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>|#]/g, '\\$&');
