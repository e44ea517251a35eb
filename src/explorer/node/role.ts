import { roleNameOf } from '../../core/arn/arn.ts';
import { roleArnOf } from '../../core/modes/view.ts';
import { trustWordsOn } from '../../core/modes/trust/live.ts';
import { makerOfRole, otherMaker } from '../../core/maker.ts';
import { failed, reasonOf, valueOf } from '../../core/reading.ts';
import { joined } from '../row.ts';
import type { FactKind } from './factKind.ts';

/** The role that a profile's pods get, and whom it lets in. */
export const role: FactKind = {
  icon: 'key',
  spoken: 'Role',
  of: ({ readings }) => {
    const arn = roleArnOf(readings);
    if (arn === undefined) return [];
    const its = readings.role && valueOf(readings.role);
    return [
      {
        label: roleNameOf(arn) ?? arn,
        description:
          its === undefined
            ? reasonOf(readings.role ?? failed('reading…'))
            : joined(trustWordsOn(readings.cluster, its.trustPolicy), otherMaker(makerOfRole(its)) ?? false),
        value: arn,
        roleArn: arn,
      },
    ];
  },
};
