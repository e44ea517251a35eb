/** VPC endpoints of the cluster's network: what their policies let through of what pipelines of a profile do. */
import { HOLE } from '../../document/node.ts';
import type { VpcEndpoint } from '../../observation.ts';
import { mayBy, WEB_IDENTITY } from '../../policy/evaluate.ts';
import { own, readDocument } from '../../policy/statements.ts';
import { dataOf } from '../../policy/json.ts';
import { reachOf } from '../../policy/key.ts';
import { absent, valueOf } from '../../reading.ts';
import { problem, shownBy, type Problem } from '../problem.ts';
import { namedRole, type ProfileView } from '../view.ts';
import { stsOf, wanted } from './organization.ts';

/** Whether calls of pods may go through it: a gateway that no route leads to, and an interface without the service's own name, are passed by. */
const isUsed = ({ type, state, routeTables, privateDns }: VpcEndpoint): boolean =>
  state === 'available' && (type === 'Gateway' ? routeTables.length > 0 : privateDns);

/** The policy of an endpoint as it concerns a role; with a token nobody is known yet, and only what is for everybody is for it. */
function concerning(text: string, role: string, withToken: boolean): unknown {
  const account = role.split(':')[4] ?? '';
  const { statements, variables } = readDocument(dataOf(text));
  const Statement = statements.map((statement) => {
    const reach = reachOf(statement, role, account);
    // One without effect stands where it stood.
    if (reach === 'others') return {};
    const isSure = reach === 'everybody' || (!withToken && reach !== 'unknown');
    return isSure ? statement : { ...statement, Condition: HOLE };
  });
  return { Version: variables ? '2012-10-17' : '2008-10-17', Statement };
}

/** Index of the statement that surely denies it. */
function denying(policy: unknown, action: string, resource: string, facts: Parameters<typeof mayBy>[3]): number {
  const { statements, variables } = readDocument(policy);
  return statements.findIndex(
    (one) =>
      own(one, 'Effect') === 'Deny' &&
      mayBy(
        [{ Version: variables ? '2012-10-17' : '2008-10-17', Statement: [{ ...one, Effect: 'Allow' }] }],
        action,
        resource,
        facts,
      ) === 'yes',
  );
}

/** KP-061: what all endpoints of a service that pods may go through refuse. Which pods go there, their subnets' routes tell. */
export function liveEndpoints(view: ProfileView): readonly Problem[] {
  const { cluster, endpoints = absent } = view;
  const role = namedRole(view);
  const used = (valueOf(endpoints) ?? []).filter(isUsed);
  if (role === undefined || used.length === 0) return [];
  return (['sts', 's3'] as const).flatMap((service): Problem[] => {
    const through = used.filter((one) => one.service === service);
    const refusals = through.map((endpoint) => {
      const { id, policy } = endpoint;
      if (policy === undefined) return { endpoint, refused: [] };
      const keys = { 'aws:SourceVpce': id, ...(cluster.vpc === undefined ? {} : { 'aws:SourceVpc': cluster.vpc }) };
      const its = concerning(policy, role.arn, service === 'sts');
      const refused = wanted(view, role, keys).filter(
        ({ action, resource, facts }) =>
          action.startsWith(service === 'sts' ? WEB_IDENTITY : 's3:') && mayBy([its], action, resource, facts) === 'no',
      );
      return { endpoint, refused };
    });
    const [first] = refusals;
    const common = (first?.refused ?? []).filter(({ action, where }) =>
      refusals.every(({ refused }) => refused.some((one) => one.action === action && one.where === where)),
    );
    const [one] = common;
    if (first === undefined || one === undefined) return [];
    const { type, policy = '', routeTables } = first.endpoint;
    const actions = common.filter(({ where }) => where === one.where).map(({ action }) => action);
    const at = denying(concerning(policy, role.arn, service === 'sts'), one.action, one.resource, one.facts);
    const by = at < 0 ? 'does not allow' : `denies (statement ${at + 1})`;
    const who =
      type === 'Gateway'
        ? `Pods in subnets of route table ${routeTables.slice(0, 3).join(', ')}${routeTables.length > 3 ? ' and others' : ''} reach S3`
        : `Pods of the cluster reach ${service === 'sts' ? stsOf(cluster) : 'S3'}`;
    const message = `${who} through VPC endpoint ${through.map((its) => its.id).join(', ')}, whose policy ${by} ${actions.join(', ')} on ${one.where}.`;
    const seen = shownBy(
      problem('KP-061', message),
      ...through.map((its) => ({
        what: 'policy of the VPC endpoint',
        where: `arn:${cluster.partition}:ec2:${cluster.region}:${cluster.account}:vpc-endpoint/${its.id}`,
        value: its.policy ?? '',
      })),
    );
    // Whether a node's subnet has that route is not known here.
    return [type === 'Gateway' ? { ...seen, severity: 'warning', remark: true } : seen];
  });
}
