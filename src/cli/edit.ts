/** edit and let-in: what their options mean. */
import { planEdit, type Edit } from '../core/plan/edit.ts';
import { planLetIn, type LetInWish } from '../core/plan/letIn.ts';
import { unreadable } from '../core/plan/plan.ts';
import type { AccessLevel } from '../core/request.ts';
import { lookAtEdit } from '../provisioning/lookEdit.ts';
import { lookAtLetIn } from '../provisioning/lookLetIn.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { carry, reach } from './carry.ts';
import { UsageError, type Context } from './parse.ts';
import { bucketIn, chosen, type ChoiceValues, type Place } from './provision.ts';

interface Answered {
  readonly yes: boolean;
  readonly 'dry-run': boolean;
}

const answerOf = ({ yes, 'dry-run': dryRun }: Answered): 'ask' | 'yes' | 'review' =>
  dryRun ? 'review' : yes ? 'yes' : 'ask';

interface EditValues extends Place, ChoiceValues, Answered {
  readonly owner: string | undefined;
  readonly bucket: string | undefined;
  readonly access: AccessLevel | undefined;
  readonly 'create-bucket': boolean;
  readonly 'bucket-key': string | undefined;
  readonly 'role-name': string | undefined;
  readonly 'no-boundary': boolean;
  readonly untag: readonly string[];
  readonly 'keep-reading': boolean;
  readonly 'forget-former': boolean;
  readonly 'set-artifacts': boolean;
  readonly 'no-artifacts': boolean;
  readonly 'let-controller-write-trust': boolean;
  readonly 'manage-trust': boolean;
  readonly 'grant-controller': boolean;
}

export async function edit(values: EditValues, context: Context): Promise<number> {
  const { 'let-controller-write-trust': leaves, 'manage-trust': manages, 'no-boundary': free } = values;
  if (leaves && manages)
    throw new UsageError('--let-controller-write-trust and --manage-trust say the opposite: give one of them.');
  if (free && values.boundary !== undefined)
    throw new UsageError('--boundary and --no-boundary say the opposite: give one of them.');
  if (values['bucket-key'] !== undefined && !values['create-bucket'])
    throw new UsageError('--bucket-key is for a bucket that is made: give --create-bucket, too.');
  const way = await reach(values, context);
  const { region, outside } = way;
  const { cluster, profile, owner, bucket, access, 'role-name': roleName, 'bucket-key': bucketKey } = values;
  const { tags, ...its } = chosen(values);
  const wanted: Edit = {
    cluster,
    region,
    profile,
    ...(owner === undefined ? {} : { owner }),
    ...(bucket === undefined ? {} : { bucket: bucketIn(region, bucket) }),
    ...(values['create-bucket'] ? { createBucket: true } : {}),
    ...(bucketKey === undefined ? {} : { bucketKey }),
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
    ...(values['no-artifacts'] ? { leaveArtifacts: true } : {}),
    ...(leaves || manages ? { annotateOnly: manages } : {}),
    ...(values['grant-controller'] ? { grantController: true } : {}),
  };
  const carried = { command: 'edit', about: { edit: wanted }, json: values.json, answer: answerOf(values) };
  return carry(carried, way, async () => {
    const { live, facts, people, ...looked } = await lookAtEdit(wanted, outside.aws, way.connect, outside.signal);
    return { plan: planEdit(wanted, live, facts, people), ...looked };
  });
}

interface LetInValues extends Place, Answered {
  readonly account: string;
  readonly namespace: string | undefined;
  readonly 'take-out': boolean;
}

export async function letIn(values: LetInValues, context: Context): Promise<number> {
  const way = await reach(values, context);
  const { outside, region, connect } = way;
  const { cluster: name, profile, account, namespace, 'take-out': remove, json } = values;
  const wanted: LetInWish = {
    profile,
    account,
    ...(namespace === undefined ? {} : { namespace }),
    ...(remove ? { remove } : {}),
  };
  const about = { cluster: name, region, ...wanted };
  return carry({ command: 'let-in', about, json, answer: answerOf(values) }, way, async () => {
    const reading = await unlessCancelled(outside.signal, outside.aws.cluster(name));
    if (reading.state !== 'found')
      throw new OutsideError(unreadable(reading, `EKS cluster ${name} in ${region}`), reading.state);
    const { issuer, endpoint, status } = reading.value;
    if (issuer === undefined || endpoint === undefined)
      throw new OutsideError(`The cluster is ${status}: wait until it is ACTIVE.`, 'NotActive');
    const cluster = { ...reading.value, issuer };
    const kubernetes = await connect(cluster, outside.aws);
    try {
      const looking = lookAtLetIn(wanted, cluster, outside.aws, kubernetes);
      const { facts, pods } = await unlessCancelled(outside.signal, looking);
      return { plan: planLetIn(wanted, facts, cluster, pods), kubernetes };
    } catch (error) {
      kubernetes.close();
      throw error;
    }
  });
}
