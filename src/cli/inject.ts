/** inject: who the pods of a profile are in AWS. Tries pods by dry runs; changes nothing. */
import { injectionReport, injectionText } from '../core/inject/report.ts';
import { unreadable } from '../core/plan/plan.ts';
import { spoken } from '../core/text.ts';
import { readInjection } from '../provisioning/inject.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { print, reach, type Reach } from './carry.ts';
import { onCluster } from './onCluster.ts';
import { EXIT, type Context } from './parse.ts';
import { visible } from './visible.ts';

interface InjectValues extends Reach {
  readonly cluster: string;
  readonly profile: string;
  readonly json: boolean;
}

export async function inject(values: InjectValues, context: Context): Promise<number> {
  const { cluster: name, profile, json } = values;
  const way = await reach(values, context);
  const { view, kubernetes } = await onCluster(way, name, async (cluster, reached) => ({
    view: await readInjection(cluster, profile, reached, way.outside.aws),
  }));
  kubernetes.close();
  if (view.serviceAccount.state === 'absent')
    throw new OutsideError(
      spoken(unreadable(view.serviceAccount, `Service account ${profile}/default-editor`)),
      'absent',
    );
  const report = injectionReport(view, Date.now());
  print(
    json,
    () => ({ command: 'inject', cluster: name, region: way.region, profile, ...report }),
    () =>
      injectionText(report)
        .split('\n')
        .map((line) => `${visible(line)}\n`)
        .join(''),
  );
  if (view.injection?.state !== 'found') return EXIT.couldNotRun;
  return [...report.pods, ...report.running].some(({ id }) => id !== undefined) ? EXIT.notAsWanted : EXIT.done;
}
