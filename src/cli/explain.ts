/** explain: what an error text means. Reads its words, or stdin; asks nobody. */
import { text as readText } from 'node:stream/consumers';
import { explain, type Explained } from '../core/explain/explain.ts';
import { docsUrl } from '../core/modes/table.ts';
import { print } from './carry.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { visible } from './visible.ts';

export async function explainText(values: { readonly json: boolean }, context: Context): Promise<number> {
  const given = context.paths.join(' ');
  if (given === '' && process.stdin.isTTY)
    throw new UsageError('Give the error as an argument, or pipe it in: kubectl logs POD | kubeflow-irsa explain.');
  const text = given === '' ? await readText(process.stdin) : given;
  if (text.trim() === '') throw new UsageError('There is no text to explain.');
  const { explained, unknown } = explain(text);
  print(
    values.json,
    () => ({ command: 'explain', unknown, explained }),
    () => (unknown ? UNKNOWN : explained.map(paragraph).join('\n')),
  );
  return unknown ? EXIT.notAsWanted : EXIT.done;
}

const UNKNOWN = `Nothing in this text is an error that is known here. Give more of it: the operation, and the ARN of who called, stand in the lines around.\n`;

function paragraph({ says, certain, operation, principal, resource, denied, modes, next, quote }: Explained): string {
  const [likely, ...others] = modes;
  const facts = [
    operation === undefined ? '' : `operation  ${operation}`,
    principal === undefined ? '' : `called by  ${principal}`,
    resource === undefined ? '' : `resource   ${resource}`,
    denied?.policy === undefined ? '' : `denied by  ${denied.policy}`,
  ];
  return [
    `${says}${certain ? '' : ' (Not certain: this is what such a text comes of most often.)'}`,
    ...facts.filter((fact) => fact !== '').map((fact) => `  ${visible(fact)}`),
    `  the text   ${visible(quote)}`,
    ...(likely === undefined ? [] : [`  it may be  ${likely.id} ${likely.title}  ${docsUrl(likely.id)}`]),
    ...others.map(({ id, title }) => `             ${id} ${title}`),
    ...next.map((line) => `  next       ${line.replaceAll('`', '')}`),
    '',
  ].join('\n');
}
