import { l10n } from 'vscode';
import { valueOf } from '../../core/reading.ts';
import { phrase } from '../../core/phrase.ts';
import type { FactKind } from './factKind.ts';

/** Whom a profile belongs to; also where its namespace says something else, which the controller goes by. */
export const owner: FactKind = {
  icon: 'person',
  spoken: phrase('Owner'),
  of: ({ readings }) => {
    const { name, kind = 'User' } = readings.profile.spec?.owner ?? {};
    if (name === undefined) return [];
    const namespace = valueOf(readings.namespace);
    const other =
      namespace === undefined || namespace.owner === name ? undefined : (namespace.owner ?? l10n.t('nobody'));
    const what = kind === 'User' ? l10n.t('owner') : l10n.t('owner ({0})', kind);
    return [
      {
        label: name,
        description: other === undefined ? what : l10n.t('{0}; the namespace belongs to {1}', what, other),
        value: name,
      },
    ];
  },
};
