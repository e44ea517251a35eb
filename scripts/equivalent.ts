/**
 * Mutants (see mutate.ts) that change nothing which a test could notice, and why. `text` stands once in `file`, and the mutant
 * makes `becomes` of it: mutate.ts fails where that is no longer so.
 */
export const EQUIVALENT: readonly {
  readonly file: string;
  readonly text: string;
  readonly becomes: string;
  readonly why: string;
}[] = [
  {
    file: 'src/core/arn/pattern.ts',
    text: '} else if (retry !== undefined && retry.at < length) {',
    becomes: '} else if (retry !== undefined && retry.at <= length) {',
    why: 'Behind the end of the text only stars fit, and the part to try again is none: a star before it would be the one to retry.',
  },
  {
    file: 'src/core/document/template.ts',
    text: 'end >= 0 && end < from',
    becomes: 'end >= 0 || end < from',
    why: 'For speed alone: an end that lies behind is still the next one, and one that never comes is looked for once.',
  },
  {
    file: 'src/core/document/template.ts',
    text: '&& end < from)',
    becomes: '&& end <= from)',
    why: 'The end that lies just here is found again.',
  },
  {
    file: 'src/core/document/template.ts',
    text: 'if (end < 0 ||',
    becomes: 'if (end <= 0 ||',
    why: 'An end has its beginning before it: it is never the first character.',
  },
  {
    file: 'src/core/arn/pattern.ts',
    text: "if (text === '*') return true;",
    becomes: "if (text === '*') ;",
    why: 'For speed alone: each template has a text that fits it.',
  },
  {
    file: 'src/core/arn/pattern.ts',
    text: 'parts.findIndex(({ literal }) => literal === undefined)',
    becomes: 'parts.findIndex(({ literal }) => literal !== undefined)',
    why: 'For speed alone: a shorter beginning, or none, is compared, and the whole pattern after it.',
  },
  {
    file: 'src/core/modes/suppression.ts',
    text: "if (!text.includes('kubeflow-irsa:')) return findings;",
    becomes: "if (!text.includes('kubeflow-irsa:')) ;",
    why: 'For speed alone: no comment is found then.',
  },
  {
    file: 'src/core/plan/permissions.ts',
    text: 'line.length <= 90',
    becomes: 'line.length < 90',
    why: 'No list of the page is 90 characters long; where it breaks is a matter of looks.',
  },
  {
    file: 'src/core/plan/plan.ts',
    text: 'rank(line) < 0)',
    becomes: 'rank(line) <= 0)',
    why: 'What ranks 0 is the provider: it is the first of all changes anyway.',
  },
  {
    file: 'src/core/modes/permissions/live.ts',
    text: 'role.inline.length > 0) return [];',
    becomes: 'role.inline.length > 0) ;',
    why: 'For speed alone: what a plan writes is right by each of the rules, too.',
  },
  {
    file: 'src/core/plan/artifacts.ts',
    text: 'if (version === undefined) return [];',
    becomes: 'if (version === undefined) ;',
    why: 'For the types alone: a release that is not known is neither of those that are warned of.',
  },
  {
    file: 'src/core/plan/handover.ts',
    text: "profile === undefined || space.state !== 'found')",
    becomes: "profile === undefined && space.state !== 'found')",
    why: 'For the types alone: without the one or the other there is a need.',
  },
  {
    file: 'src/core/modes/profile/plugins.ts',
    text: 'index < first ?',
    becomes: 'index <= first ?',
    why: 'The first AWS plugin is not one of another cloud.',
  },
  {
    file: 'src/core/policy/actions.ts',
    text: 'matched.size >= 500)',
    becomes: 'matched.size > 500)',
    why: 'For speed alone: how many answers are kept is our choice.',
  },
  {
    file: 'src/core/policy/actions.ts',
    text: 'matched.clear();',
    becomes: ';',
    why: 'For speed alone: an answer that is kept is the one that would be found anew. It keeps the map small.',
  },
  {
    file: 'src/core/policy/actions.ts',
    text: 'if (before !== undefined) return before;',
    becomes: 'if (before !== undefined) ;',
    why: 'For speed alone: the same is found again.',
  },
  {
    file: 'src/core/policy/condition.ts',
    text: 'wanted >= fact.from &&',
    becomes: 'wanted > fact.from &&',
    why: 'The span of "now" is our choice: its first millisecond may count as known or not.',
  },
  {
    file: 'src/core/policy/condition.ts',
    text: '&& wanted <= fact.to)',
    becomes: '&& wanted < fact.to)',
    why: 'The same of its last one.',
  },
  {
    file: 'src/estate/cluster.ts',
    text: 'if (index !== undefined) return index;',
    becomes: 'if (index !== undefined) ;',
    why: 'For speed alone: it is made of the same things again.',
  },
  {
    file: 'src/estate/cluster.ts',
    text: 'accounts.size >= MOST_KEPT',
    becomes: 'accounts.size > MOST_KEPT',
    why: 'For speed alone: how many answers are kept is our choice.',
  },
  {
    file: 'src/estate/entry.ts',
    text: 'rereadAt.clear();',
    becomes: ';',
    why: 'The later of both times counts, and these are all before that of the cluster. It keeps the map small.',
  },
  {
    file: 'src/estate/lists.ts',
    text: '% PORTION === 0',
    becomes: '% PORTION !== 0',
    why: 'How often others come in between is a matter of speed.',
  },
  {
    file: 'src/estate/proofs.ts',
    text: 'if (keys.length === 0) return;',
    becomes: 'if (keys.length === 0) ;',
    why: 'For speed alone: where there is nothing to drop, the names are not gone through.',
  },
  {
    file: 'src/estate/roles.ts',
    text: '? alone(name) : page);\n        return;',
    becomes: '? alone(name) : page);\n        ;',
    why: 'The next line throws then, and whoever waits has the answer already.',
  },
  {
    file: 'src/provisioning/store.ts',
    text: "all === parts ? 'part of ' : ''",
    becomes: "all !== parts ? 'part of ' : ''",
    why: 'Both names are of questions under way, and whoever forgets one forgets the other.',
  },
  {
    file: 'src/core/document/edit.ts',
    text: 'if (!first || !last) return [];',
    becomes: 'if (!first && !last) return [];',
    why: 'For the types alone: a list has a first item if it has a last one.',
  },
  {
    file: 'src/core/lint.ts',
    text: 'if (by === 0) return finding;',
    becomes: 'if (by === 0) ;',
    why: 'For speed alone: what is moved by nothing stays where it is.',
  },
  {
    file: 'src/provisioning/kubeconfigDriver.ts',
    text: 'working.delete(file);',
    becomes: ';',
    why: 'What is done is waited for no longer. It keeps the map small.',
  },
  {
    file: 'src/core/document/yaml.ts',
    text: 'end <= parent.end ? end',
    becomes: 'end < parent.end ? end',
    why: 'Where both are the same, either is the end.',
  },
  {
    file: 'src/core/isolation/admissions.ts',
    text: 'if (role === undefined || at === undefined) continue;',
    becomes: 'if (role === undefined && at === undefined) continue;',
    why: 'For the types alone: without a role there is no door, and without a subject nobody who is let in.',
  },
  {
    file: 'src/core/policy/variables.ts',
    text: "const end = text.indexOf('}', start);\n    if (end < 0)",
    becomes: "const end = text.indexOf('}', start);\n    if (end <= 0)",
    why: 'An end has its beginning before it: it is never the first character.',
  },
  {
    file: 'src/core/plan/plan.ts',
    text: 'CONSENTS[one]).some(',
    becomes: 'CONSENTS[one]).every(',
    why: 'Each consent is about one thing.',
  },
  {
    file: 'src/core/modes/trust/statement.ts',
    text: 'if (its !== null) return its;',
    becomes: 'if (its !== null) ;',
    why: 'For speed alone: the same is found again.',
  },
  {
    file: 'src/core/modes/trust/size.ts',
    text: 'statement.node.start >= list.start',
    becomes: 'statement.node.start > list.start',
    why: 'A list has its bracket, or its dash, before its first statement.',
  },
];

/**
 * Kinds of mutants that change nothing: each whose line is such a one, in one of these files, and of which `becomes` is made. mutate.ts
 * fails where a row finds none.
 */
export const ALIKE: readonly {
  readonly files: readonly string[];
  readonly line: RegExp;
  readonly becomes: string;
  readonly why: string;
}[] = [
  {
    files: [
      'src/core/isolation/admissions.ts',
      'src/core/isolation/cells.ts',
      'src/core/isolation/reach.ts',
      'src/core/isolation/roleRights.ts',
      'src/core/modes/trust/live.ts',
    ],
    line: /^if \(known !== undefined\) return known;$/,
    becomes: ';',
    why: 'For speed alone: what is found anew is the same.',
  },
  {
    files: [
      'src/core/isolation/admissions.ts',
      'src/core/isolation/cells.ts',
      'src/core/isolation/reach.ts',
      'src/core/isolation/roleRights.ts',
      'src/core/modes/trust/live.ts',
    ],
    line: /^(?:if \(!isPersonal\) )?[\w.]+\.set\([\w, .]+, (?:made|rights|generic|all)\);$/,
    becomes: ';',
    why: 'For speed alone: what is not kept is found anew.',
  },
  {
    files: [
      'src/core/document/hcl-tokens.ts',
      'src/core/document/json.ts',
      'src/core/document/parse.ts',
      'src/core/document/shell.ts',
      'src/core/look.ts',
    ],
    line: /^(?:at = |if \(|return )(?:end|found|close) < 0\b/,
    becomes: '<=',
    why: 'The end of something stands behind its beginning: it is never the first character.',
  },
  {
    files: ['src/core/document/hcl-tokens.ts', 'src/core/document/json.ts', 'src/core/document/shell.ts'],
    line: /^for \(let (?:at|i) = \w+; (?:at|i) < text\.length;/,
    becomes: '<=',
    why: 'Behind the last character there is none that is looked for, and an empty line is the end of no heredoc.',
  },
];
