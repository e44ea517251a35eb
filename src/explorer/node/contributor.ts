import { l10n } from 'vscode';
import { contributorsOf } from '../../core/people/kfam.ts';
import { valueOf } from '../../core/reading.ts';
import { phrase } from '../../core/phrase.ts';
import type { FactKind } from './factKind.ts';

/** Who contributes to a profile besides its owner. */
export const contributor: FactKind = {
  icon: 'organization',
  spoken: phrase('Contributor'),
  of: ({ bindings }) =>
    contributorsOf(valueOf(bindings) ?? []).map(({ user, role, name }) => ({
      label: user,
      description:
        role === 'edit'
          ? l10n.t('contributor (edit): uses the role of the profile')
          : l10n.t('contributor ({0})', role),
      value: user,
      contributor: name,
    })),
};
