/** delete and leftovers: what their options mean. */
import { planDelete, type DeleteWish } from '../core/plan/delete.ts';
import { planLeftovers, type Leftovers } from '../core/plan/leftovers.ts';
import { lookToDelete } from '../provisioning/leave.ts';
import { lookForLeftovers } from '../provisioning/leftovers.ts';
import { carry, print, reach, type Reach, type Way, type Writes } from './carry.ts';
import { issuing, onCluster } from './onCluster.ts';
import { EXIT, type Context } from './parse.ts';

interface Place extends Reach {
  readonly cluster: string;
  readonly json: boolean;
  readonly yes: boolean;
}

interface DeleteValues extends Place, Writes {
  readonly profile: string;
  readonly data: boolean;
  readonly 'keep-role': boolean;
  readonly 'remove-finalizer': boolean;
}

export async function deleteProfile(values: DeleteValues, context: Context): Promise<number> {
  const way = await reach(values, context);
  const { cluster, profile } = values;
  const request: DeleteWish = {
    ...{ cluster, region: way.region, profile },
    ...(values.data ? { data: true } : {}),
    ...(values['keep-role'] ? { keepRole: true } : {}),
    ...(values['remove-finalizer'] ? { removeFinalizer: true } : {}),
  };
  const { outside, connect } = way;
  const carried = {
    command: 'delete',
    about: { request },
    json: values.json,
    answer: values.yes ? 'yes' : 'ask',
    question: `Delete profile ${profile}`,
    done: `Profile ${profile} is deleted.`,
    writeManaged: values['write-managed'],
  } as const;
  return carry(carried, way, async () => {
    const { facts, around, bucketRegion, ...looked } = await lookToDelete(
      request,
      outside.aws,
      connect,
      outside.signal,
    );
    return { plan: planDelete(request, facts, around, bucketRegion), ...looked };
  });
}

interface LeftoversValues extends Place {
  readonly remove: readonly string[];
}

export async function leftovers(values: LeftoversValues, context: Context): Promise<number> {
  const way = await reach(values, context);
  const { cluster: name, json, remove } = values;
  const about = { request: { cluster: name, region: way.region, remove } };
  const { left, cluster, kubernetes } = await look(name, way);
  if (remove.length === 0 || (remove.includes('all') && left.items.length === 0)) {
    kubernetes.close();
    print(
      json,
      () => ({ command: 'leftovers', ...about, leftovers: itemsJson(left), unread: left.unread }),
      () => listText(left),
    );
    return exitOfList(left);
  }
  const carried = {
    command: 'leftovers',
    about,
    json,
    answer: values.yes ? 'yes' : 'ask',
    question: 'Remove these leftovers',
  } as const;
  const all = remove.includes('all') ? left.items.filter(isOffered).map(({ id }) => id) : remove;
  return carry(carried, way, () => Promise.resolve({ plan: planLeftovers(left, all, cluster), kubernetes }));
}

/** Where something could not be read, that nothing was found is no word that nothing is there. */
export const exitOfList = ({ items, unread }: Pick<Leftovers, 'items' | 'unread'>): number =>
  items.length > 0 ? EXIT.notAsWanted : unread.length > 0 ? EXIT.couldNotRun : EXIT.done;

/** `all` is all that comes back by Undo: data is named. */
const isOffered = ({ sort, changes }: Leftovers['items'][number]): boolean => changes.length > 0 && sort !== 'data';

/** Reads a cluster and its account. Throws {@link OutsideError} where the cluster cannot be read at all. */
const look = (name: string, way: Way) =>
  onCluster(way, name, async (there, kubernetes) => {
    const cluster = issuing(there);
    return { cluster, left: await lookForLeftovers(cluster, way.outside.aws, kubernetes) };
  });

const itemsJson = ({ items }: Leftovers): unknown =>
  items.map(({ id, sort, title, since, evidence, changes, byHand }) => ({
    ...{ id, sort, title },
    ...(since === undefined ? {} : { since }),
    evidence,
    removable: changes.length > 0,
    ...(byHand === undefined ? {} : { byHand }),
  }));

function listText({ items, unread }: Leftovers): string {
  const lines = items.flatMap(({ id, title, since, evidence, byHand }) => [
    `${id}`,
    `    ${title}${since === undefined ? '' : `, since ${since.slice(0, 10)}`}`,
    `    ${evidence}`,
    ...(byHand === undefined ? [] : [`    Remove it with: ${byHand}`]),
  ]);
  const end =
    items.length === 0
      ? unread.length > 0
        ? 'Nothing left over was found, but not all could be read.'
        : 'Nothing is left over, as far as can be judged.'
      : `Remove with --remove ID, or --remove all for all but data.`;
  return `${[...lines, ...unread, end].join('\n')}\n`;
}
