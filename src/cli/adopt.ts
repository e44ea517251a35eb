/** adopt: a profile that others made is taken for one of this product. */
import { planAdopt } from '../core/plan/adopt.ts';
import { lookAtAdoption } from '../provisioning/adopt.ts';
import { carry, reach, type Reach, type Writes } from './carry.ts';
import { issuing, onCluster } from './onCluster.ts';
import type { Context } from './parse.ts';

interface AdoptValues extends Reach, Writes {
  readonly cluster: string;
  readonly profile: string;
  readonly yes: boolean;
  readonly json: boolean;
}

export async function adopt(values: AdoptValues, context: Context): Promise<number> {
  const way = await reach(values, context);
  const { cluster: name, profile, json } = values;
  const { signal, aws } = way.outside;
  return carry(
    {
      command: 'adopt',
      about: { cluster: name, region: way.region, profile },
      json,
      answer: values.yes ? 'yes' : 'ask',
      done: `Profile ${profile} is adopted.`,
      writeManaged: values['write-managed'],
    },
    way,
    () =>
      onCluster(way, name, async (there, kubernetes) => {
        const cluster = issuing(there);
        const { facts, repair } = await lookAtAdoption(profile, cluster, aws, kubernetes, signal);
        return { plan: planAdopt({ profile }, facts, cluster, repair), unreachable: facts.unanswered };
      }),
  );
}
