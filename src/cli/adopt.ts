/** adopt: a profile that others made is taken for one of this product. */
import { planAdopt } from '../core/plan/adopt.ts';
import { lookAtAdoption } from '../provisioning/adopt.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { carry, reach, type Reach } from './carry.ts';
import { reached } from './onCluster.ts';
import type { Context } from './parse.ts';

interface AdoptValues extends Reach {
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
    },
    way,
    async () => {
      const { cluster, kubernetes } = await reached(way, name);
      const { issuer, status } = cluster;
      if (issuer === undefined)
        throw new OutsideError(`The cluster is ${status}: it has no OIDC issuer yet.`, 'NotActive');
      const issuing = { ...cluster, issuer };
      const looking = lookAtAdoption(profile, issuing, aws, kubernetes, signal);
      const { facts, repair } = await unlessCancelled(signal, looking);
      return { plan: planAdopt({ profile }, facts, issuing, repair), kubernetes };
    },
  );
}
