/** explain: what an error text means. Reads its words, or stdin; asks nobody, but the doctor where a cluster is named. */
import { text as readText } from 'node:stream/consumers';
import { findingsOf, type DoctorFinding } from '../core/doctor/report.ts';
import { explain, namedIn, type Explained } from '../core/explain/explain.ts';
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
  const seen = values.cluster === undefined || unknown ? undefined : await seenNow(explained, values, context);
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
async function seenNow(
  explained: readonly Explained[],
  values: ExplainValues,
  context: Context,
): Promise<(one: Explained) => readonly SeenNow[]> {
  const ids = new Set<string>(explained.flatMap(({ modes }) => modes.map(({ id }) => id)));
  const { reportOn } = await import(/* webpackChunkName: "doctor-cli" */ './doctor.ts');
  const all = findingsOf(await reportOn(values, ids, context));
  return (one) => {
    const { namespace, role } = namedIn(one);
    const isNamed = (profile: string, { evidence }: DoctorFinding): boolean =>
      (namespace === undefined || namespace === profile) &&
      (role === undefined || evidence.some(({ where }) => where.endsWith(`/${role}`)));
    const its = all.flatMap(({ cluster: { cluster }, profile, finding }) =>
      profile !== undefined && one.modes.some(({ id }) => id === finding.id)
        ? [{ cluster, profile: profile.profile, finding }]
        : [],
    );
    const theirs = its.filter(({ profile, finding }) => isNamed(profile, finding));
    return (values.profile === undefined ? theirs : its).map(({ cluster, profile, finding: { id, message, fix } }) => ({
      ...{ cluster, profile, id, message, fix },
    }));
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
