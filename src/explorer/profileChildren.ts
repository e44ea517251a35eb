/** What stands below a profile: its problems, what could not be read, its service accounts, its role and where it writes. */
import { roleNameOf } from '../core/arn/arn.ts';
import { failureMode } from '../core/modes/table.ts';
import { artifacts } from '../core/modes/live/rights.ts';
import { roleArnOf } from '../core/modes/view.ts';
import type { Judgement } from '../core/modes/live.ts';
import type { ProfileReadings } from '../core/modes/view.ts';
import { trustWordsOn } from '../core/modes/live/trust.ts';
import type { ServiceAccount } from '../core/observation.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { placeText } from '../core/policy/rights.ts';
import { ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import { failed, valueOf, type Reading } from '../core/reading.ts';
import { placeWords } from './liveWords.ts';
import * as nodes from './nodes.ts';
import type { MessageNode, ProfileNode, TreeNode } from './nodes.ts';
import { reasonOf } from './rows.ts';

/** The nodes below a profile, in order. `accounts`: the service accounts of its namespace. */
export function profileChildren(
  node: ProfileNode,
  readings: ProfileReadings,
  { problems, remarks, unread }: Judgement,
  accounts: Reading<readonly ServiceAccount[]>,
): readonly TreeNode[] {
  const problemNodes = [...problems, ...remarks].map(({ id, message, remedy, remark }) =>
    nodes.problemNode(node, {
      failureMode: id,
      label: failureMode(id).title,
      message,
      ...(remedy === undefined ? {} : { remedy }),
      ...(remark === undefined ? {} : { remark }),
    }),
  );
  const unreadNodes = unread.map(({ what, permission, reason }, at): MessageNode => ({
    ...nodes.messageNode(node, {
      tone: permission === undefined ? 'error' : 'denied',
      label: `Not read: ${what}`,
      message: permission === undefined ? (reason ?? '') : `you are not permitted to ${permission}`,
    }),
    id: `${node.id}/unread/${at}`,
  }));
  const named = (valueOf(accounts) ?? []).filter(
    ({ name, annotations }) => name === SERVICE_ACCOUNT || annotations[ROLE_ANNOTATION] !== undefined,
  );
  const accountNodes = named.map(({ name, annotations }) => {
    const arn = annotations[ROLE_ANNOTATION];
    return nodes.factNode(node, {
      kind: 'serviceAccount',
      label: name,
      description: arn === undefined ? 'no role' : `role ${roleNameOf(arn) ?? arn}`,
      value: `${node.profile}/${name}`,
      ...(arn === undefined ? {} : { roleArn: arn }),
    });
  });
  const arn = roleArnOf(readings);
  const role = readings.role && valueOf(readings.role);
  const { policy, root, rootIsSet } = artifacts(readings);
  const facts: TreeNode[] = [
    ...(arn === undefined
      ? []
      : [
          nodes.factNode(node, {
            kind: 'role',
            label: roleNameOf(arn) ?? arn,
            description:
              role === undefined
                ? reasonOf(readings.role ?? failed('reading…'))
                : trustWordsOn(readings.cluster, role.trustPolicy),
            value: arn,
            roleArn: arn,
          }),
        ]),
    ...policy.map((place) =>
      nodes.factNode(node, {
        kind: 'bucket',
        label: placeText(place),
        description: placeWords(place),
        value: `s3://${place.bucket}/${place.prefix}`,
        bucket: place.bucket,
      }),
    ),
    nodes.factNode(node, {
      kind: 'pipelineRoot',
      label: root,
      description: rootIsSet ? 'pipelines write here (kfp-launcher)' : 'pipelines write here (default of the launcher)',
      value: root,
    }),
  ];
  return [...problemNodes, ...unreadNodes, ...accountNodes, ...facts];
}
