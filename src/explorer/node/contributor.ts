import { contributorsOf } from '../../core/people/kfam.ts';
import { valueOf } from '../../core/reading.ts';
import type { FactKind } from './factKind.ts';

/** Who contributes to a profile besides its owner. */
export const contributor: FactKind = {
  icon: 'organization',
  spoken: 'Contributor',
  of: ({ bindings }) =>
    contributorsOf(valueOf(bindings) ?? []).map(({ user, role, name }) => ({
      label: user,
      description: role === 'edit' ? 'contributor (edit): uses the role of the profile' : `contributor (${role})`,
      value: user,
      contributor: name,
    })),
};
