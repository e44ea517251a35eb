/** explain: what an error text means. Reads its words, or stdin; asks nobody, but the doctor where a cluster is named. */
import { text as readText } from 'node:stream/consumers';
import type { Selection } from '../core/doctor/checks.ts';
import { doctorReport, findingsOf, type DoctorFinding } from '../core/doctor/report.ts';
import { explain, isNamed, namedIn, type Explained } from '../core/explain/explain.ts';
import { docsUrl } from '../core/modes/table.ts';
import { print, type Reach } from './carry.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { visible } from './visible.ts';

interface ExplainValues extends Reach {
  readonly cluster: string | undefined;
  readonly profile: string | undefined;
  readonly json: boolean;
}

/** What the doctor sees of an error now. */
interface SeenNow {
  readonly cluster: string;
  readonly profile: string;
  readonly id: string;
  readonly message: string;
  readonly fix: DoctorFinding['fix'];
}

export async function explainText(values: ExplainValues, context: Context): Promise<number> {
  const given = context.paths.join(' ');
  if (given === '' && process.stdin.isTTY)
    throw new UsageError('Give the error as an argument, or pipe it in: kubectl logs POD | kubeflow-irsa explain.');
  if (values.profile !== undefined && values.cluster === undefined)
    throw new UsageError('--profile needs --cluster: without it nothing is read.');
  const text = given === '' ? await readText(process.stdin) : given;
  if (text.trim() === '') throw new UsageError('There is no text to explain.');
  const { explained, unknown } = explain(text);
  const seen = values.cluster === undefined || unknown ? undefined : await seenNow(values, context);
  print(
    values.json,
    () => ({
      command: 'explain',
      unknown,
      explained: explained.map((one) => ({ ...one, ...(seen === undefined ? {} : { seen: seen(one) }) })),
    }),
    () => (unknown ? UNKNOWN : explained.map((one) => paragraph(one, seen?.(one))).join('\n')),
  );
  return unknown ? EXIT.notAsWanted : EXIT.done;
}

/** Reads the cluster once, and answers for each error. */
async function seenNow(values: ExplainValues, context: Context): Promise<(one: Explained) => readonly SeenNow[]> {
  const { seenOn } = await import(/* webpackChunkName: "doctor-cli" */ './doctor.ts');
  const clusters = await seenOn(values, context);
  const at = new Date().toISOString();
  return (one) => {
    const who = values.profile === undefined ? namedIn(one) : {};
    const theirs = clusters.map((its) => ({ ...its, profiles: its.profiles.filter(({ view }) => isNamed(who, view)) }));
    const selected: Selection = (id) => one.modes.some((mode) => mode.id === id);
    return findingsOf(doctorReport(theirs, { at, selected, accepted: [] })).flatMap(
      ({ cluster: { cluster }, profile, finding: { id, message, fix } }) =>
        profile === undefined ? [] : [{ cluster, profile: profile.profile, id, message, fix }],
    );
  };
}

const UNKNOWN = `Nothing in this text is an error that is known here. Give more of it: the operation, and the ARN of who called, stand in the lines around.\n`;

function paragraph(
  { says, certain, operation, principal, resource, denied, modes, next, quote }: Explained,
  seen: readonly SeenNow[] | undefined,
): string {
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
    ...(seen?.length === 0 ? ['  seen now   nothing of it'] : []),
    ...(seen ?? []).map(
      ({ cluster, profile, id, message, fix }) =>
        `  seen now   ${visible(profile)} on ${visible(cluster)}: ${id} ${visible(message)}${fix === 'plan' ? ' A plan mends it: kubeflow-irsa apply.' : ''}`,
    ),
    '',
  ].join('\n');
}
