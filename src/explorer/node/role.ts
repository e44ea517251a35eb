import { l10n } from 'vscode';
import { roleNameOf } from '../../core/arn/arn.ts';
import { roleArnOf } from '../../core/modes/view.ts';
import { trustWordsOn } from '../../core/modes/trust/live.ts';
import { managedSaid } from '../../core/drift/files.ts';
import { makerOfRole } from '../../core/maker.ts';
import { valueOf } from '../../core/reading.ts';
import { joined, said, whyNot } from '../row.ts';
import { phrase } from '../../core/phrase.ts';
import type { FactKind } from './factKind.ts';

/** The role that a profile's pods get, and whom it lets in. */
export const role: FactKind = {
  icon: 'key',
  spoken: phrase('Role'),
  of: ({ readings, filed }) => {
    const arn = roleArnOf(readings);
    if (arn === undefined) return [];
    const its = readings.role && valueOf(readings.role);
    const managed = its && managedSaid(makerOfRole(its), filed?.role ?? []);
    const by = managed?.by;
    const words = managed?.lines.map(said).join(' ') ?? '';
    return [
      {
        label: roleNameOf(arn) ?? arn,
        description:
          its === undefined
            ? readings.role === undefined
              ? l10n.t('reading…')
              : whyNot(readings.role)
            : joined(trustWordsOn(readings.cluster, its.trustPolicy, l10n.t), by && said(by)),
        ...(words === '' ? {} : { tooltip: words }),
        value: arn,
        roleArn: arn,
      },
    ];
  },
};
