import { valueOf } from '../../core/reading.ts';
import type { FactKind } from './factKind.ts';

/** Whom a profile belongs to; also where its namespace says something else, which the controller goes by. */
export const owner: FactKind = {
  icon: 'person',
  spoken: 'Owner',
  of: ({ readings }) => {
    const { name, kind = 'User' } = readings.profile.spec?.owner ?? {};
    if (name === undefined) return [];
    const namespace = valueOf(readings.namespace);
    const other = namespace === undefined || namespace.owner === name ? undefined : (namespace.owner ?? 'nobody');
    const what = kind === 'User' ? 'owner' : `owner (${kind})`;
    return [
      {
        label: name,
        description: other === undefined ? what : `${what}; the namespace belongs to ${other}`,
        value: name,
      },
    ];
  },
};
