import { patternMatches } from '../../arn/pattern.ts';
import { addItems, replaceValue } from '../../document/edit.ts';
import { finding, type Finding, type PolicyContext } from '../../finding.ts';
import { type Access, type EksStatement, isOpen, POSITIVE, WHOLE_SUBJECT } from './statement.ts';
import { accessWords } from '../../policy/access-words.ts';
import { AUDIENCE, subject } from '../../policy/build.ts';
import { mayBeSubject } from '../../policy/tokens.ts';
import { mayAssume } from '../../policy/evaluate.ts';
import { firstKey } from '../../policy/model.ts';
import { fillIn } from '../../policy/placeholder.ts';

/** KP-030: nobody in the profile can assume the role. */
export function checkProfile(
  statements: readonly EksStatement[],
  access: Access,
  findings: readonly Finding[],
  context: PolicyContext,
): Finding[] {
  const { profile, annotateOnly, variables } = context;
  const [statement] = statements;
  if (profile === undefined || statement === undefined) return [];
  const wanted = subject(profile);
  const providers = new Set(statements.flatMap((one) => one.providers.map(({ text }) => fillIn(text, variables))));
  const answers = [...providers].map((provider) => mayAssume(access.policy, { provider, sub: wanted, aud: AUDIENCE }));
  if (answers.some((answer) => answer !== 'no') || access.who.admitted.some(({ kind }) => kind === 'everybody'))
    return [];
  // Somebody gets in, and it is not known by which provider a pod would come.
  if (providers.size === 0 && access.who.admitted.length > 0) return [];
  // The controller adds the subject itself unless it is told not to.
  const severity = annotateOnly === false ? 'warning' : 'error';
  const tests = statements.flatMap(({ claims }) =>
    claims.filter(({ claim, operator }) => claim === 'sub' && POSITIVE.has(operator)),
  );
  const values = tests.flatMap(({ test, operator }) => test.values.texts.map((text) => ({ text, operator, test })));
  // What is no subject at all is said by T-SUB-FORM.
  const judged = values.every(
    ({ text: { text }, operator }) =>
      !isOpen(text) && (operator === 'stringlike' ? mayBeSubject({ text }) : WHOLE_SUBJECT.test(text)),
  );
  const met = values.some(({ text: { text }, operator }) =>
    operator === 'stringlike' ? patternMatches(text, wanted) : text === wanted,
  );
  const [first] = values;
  const named = statements.every(({ claims }) => claims.some(({ claim }) => claim === 'sub'));
  if (first !== undefined && judged && named && !met && tests.every(({ test }) => test.values.complete)) {
    const list = first.test.entry.value;
    const edits =
      values.length === 1
        ? [replaceValue(first.text.node, wanted)]
        : list.type === 'array' && tests.length === 1
          ? addItems(list, [wanted])
          : undefined;
    // One subject more widens nothing that the author wrote for others; in the place of another one it takes away.
    const fixes =
      edits === undefined
        ? []
        : [{ title: `${values.length === 1 ? 'Write' : 'Add'} ${wanted}`, edits, preferred: true }];
    const message = `Pods of profile ${profile} run as ${wanted}, which this does not name.`;
    return [finding('KP-030', first.text.node, message, fixes, severity)];
  }
  // What else is wrong explains it.
  if (providers.size === 0 || findings.some((one) => one.severity === 'error')) return [];
  const here = statement.statement.condition?.key ?? firstKey(statement.statement.node);
  const who = accessWords(access.who, (provider) => (providers.has(provider) ? 'the cluster' : undefined));
  const message = `Pods of profile ${profile} run as ${wanted}, which is not let in. Who is: ${who}.`;
  return [finding('KP-030', here, message, [], severity)];
}
