import { isBlock, replaceValue } from '../../document/edit.ts';
import { type DocEntry, type DocNode, find, get, textOf } from '../../document/node.ts';
import { finding, type Finding, type Fix, type PolicyContext } from '../../finding.ts';
import { subject } from '../../policy/build.ts';
import type { EksStatement } from './statement.ts';
import { firstKey, type Statement } from '../../policy/model.ts';

/** KP-085: with annotateOnly false the controller reads Federated of the first statement as a text. */
export function checkFederated(trust: DocNode, { annotateOnly }: PolicyContext): Finding[] {
  const federated = get(find(trust, 'Statement', 0, 'Principal'), 'Federated');
  if (annotateOnly !== false || federated?.type !== 'array') return [];
  const [only, more] = federated.items;
  const text = more === undefined ? textOf(only) : undefined;
  const fixes: readonly Fix[] =
    text === undefined
      ? []
      : [{ title: 'Write it without the list', edits: [replaceValue(federated, text)], preferred: true }];
  const message =
    'Federated is a list. IAM takes it, but with annotateOnly false the controller reads a text here: it writes a policy that IAM refuses, again and again.';
  return [finding('KP-085', federated, message, fixes, 'error')];
}

/** KP-021 and T-STMT-OBJECT: what the profile controller does to this policy when it may. */
export function checkController(
  entry: DocEntry | undefined,
  statements: readonly Statement[],
  eks: readonly EksStatement[],
  { annotateOnly, profile }: PolicyContext,
): Finding[] {
  const [first, second] = statements;
  if (annotateOnly !== false || entry === undefined || first === undefined) return [];
  const { value } = entry;
  const findings: Finding[] = [];
  if (value.type === 'object') {
    const message =
      'With annotateOnly: false the profile controller reads the first item of a list: it fails on a single object.';
    const edits = [
      { start: value.start, end: value.start, newText: '[' },
      { start: value.end, end: value.end, newText: ']' },
    ];
    const fixes = isBlock(value) ? [] : [{ title: 'Put the statement into a list', edits, preferred: true }];
    findings.push(finding('T-STMT-OBJECT', firstKey(value), message, fixes, 'error'));
  }
  // Where it finds the account it writes nothing, until the Profile is deleted.
  const isThere =
    profile !== undefined &&
    first.tests.some(
      ({ operator, key, values }) =>
        operator.value === 'StringEquals' &&
        /:sub$/.test(key.text) &&
        values.texts.some(({ text }) => text === subject(profile)),
    );
  const when = isThere ? ', when the Profile is deleted,' : '';
  const lost = (range: { start: number; end: number }, what: string, later = true): void => {
    const message = `With annotateOnly: false the profile controller${later ? when : ''} rewrites this policy to one statement with StringEquals: ${what}. Set annotateOnly: true in the Profile.`;
    findings.push(finding('KP-021', range, message, [], isThere && later ? 'warning' : 'error'));
  };
  const other = first.tests.find(
    ({ operator, key }) => operator.value !== 'StringEquals' || !/:(aud|sub)$/i.test(key.text),
  );
  if (!eks.some(({ statement }) => statement === first)) {
    lost(firstKey(first.node), 'it takes the first statement for that of the OIDC provider, which this is not', false);
  } else if (second !== undefined) lost(firstKey(second.node), 'all but the first are lost');
  else if (other !== undefined) lost(other.key.node, 'this test is lost');
  return findings;
}
