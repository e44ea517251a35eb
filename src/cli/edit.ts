/** edit and let-in: what their options mean. */
import { planEdit, type Edit } from '../core/plan/edit.ts';
import { planLetIn, type LetInWish } from '../core/plan/letIn.ts';
import type { AccessLevel } from '../core/request.ts';
import { lookAtEdit } from '../provisioning/lookEdit.ts';
import { lookAtLetIn } from '../provisioning/lookLetIn.ts';
import { carry, reach, type Writes } from './carry.ts';
import { issuing, onCluster } from './onCluster.ts';
import { UsageError, type Context } from './parse.ts';
import { agreements, bucketIn, chosen, type AgreementValues, type ChoiceValues, type Place } from './provision.ts';

interface Answered {
  readonly yes: boolean;
  readonly 'dry-run': boolean;
}

const answerOf = ({ yes, 'dry-run': dryRun }: Answered): 'ask' | 'yes' | 'review' =>
  dryRun ? 'review' : yes ? 'yes' : 'ask';

interface EditValues extends Place, ChoiceValues, AgreementValues, Answered, Writes {
  readonly owner: string | undefined;
  readonly bucket: string | undefined;
  readonly access: AccessLevel | undefined;
  readonly 'role-name': string | undefined;
  readonly 'no-boundary': boolean;
  readonly untag: readonly string[];
  readonly 'keep-reading': boolean;
  readonly 'forget-former': boolean;
  readonly 'set-artifacts': boolean;
}

export async function edit(values: EditValues, context: Context): Promise<number> {
  const agreed = agreements(values);
  const { 'no-boundary': free } = values;
  if (free && values.boundary !== undefined)
    throw new UsageError('--boundary and --no-boundary say the opposite: give one of them.');
  const way = await reach(values, context);
  const { region, outside } = way;
  const { cluster, profile, owner, bucket, access, 'role-name': roleName } = values;
  const { tags, ...its } = chosen(values);
  const wanted: Edit = {
    cluster,
    region,
    profile,
    ...(owner === undefined ? {} : { owner }),
    ...(bucket === undefined ? {} : { bucket: bucketIn(region, bucket) }),
    ...(access === undefined ? {} : { access }),
    ...(roleName === undefined ? {} : { roleName }),
    ...its,
    ...(free ? { boundary: null } : {}),
    ...(tags === undefined && values.untag.length === 0
      ? {}
      : { tags: { ...Object.fromEntries(values.untag.map((key) => [key, null])), ...tags } }),
    ...(values['keep-reading'] ? { keepReading: true } : {}),
    ...(values['forget-former'] ? { former: null } : {}),
    ...(values['set-artifacts'] ? { setArtifacts: true } : {}),
    ...agreed,
  };
  const carried = {
    command: 'edit',
    about: { edit: wanted },
    json: values.json,
    answer: answerOf(values),
    writeManaged: values['write-managed'],
  };
  return carry(carried, way, async () => {
    const { live, facts, people, ...looked } = await lookAtEdit(wanted, outside.aws, way.connect, outside.signal);
    return { plan: planEdit(wanted, live, facts, people), ...looked };
  });
}

interface LetInValues extends Place, Answered, Writes {
  readonly account: string;
  readonly namespace: string | undefined;
  readonly 'take-out': boolean;
}

export async function letIn(values: LetInValues, context: Context): Promise<number> {
  const way = await reach(values, context);
  const { outside, region } = way;
  const { cluster: name, profile, account, namespace, 'take-out': remove, json } = values;
  const wanted: LetInWish = {
    profile,
    account,
    ...(namespace === undefined ? {} : { namespace }),
    ...(remove ? { remove } : {}),
  };
  const about = { cluster: name, region, ...wanted };
  const carried = { command: 'let-in', about, json, answer: answerOf(values), writeManaged: values['write-managed'] };
  return carry(carried, way, () =>
    onCluster(way, name, async (there, kubernetes) => {
      const cluster = issuing(there);
      const { facts, pods } = await lookAtLetIn(wanted, cluster, outside.aws, kubernetes);
      return { plan: planLetIn(wanted, facts, cluster, pods), unreachable: facts.unanswered };
    }),
  );
}
