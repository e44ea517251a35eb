import { l10n } from 'vscode';
import { roleNameOf } from '../../core/arn/arn.ts';
import { SERVICE_ACCOUNT } from '../../core/policy/build.ts';
import { ROLE_ANNOTATION } from '../../core/profile/manifest.ts';
import { valueOf } from '../../core/reading.ts';
import { phrase } from '../../core/phrase.ts';
import type { FactKind } from './factKind.ts';

/** The service accounts of a profile that have a role, and the one that should. */
export const serviceAccount: FactKind = {
  icon: 'account',
  spoken: phrase('Service account'),
  of: ({ readings, accounts }) =>
    (valueOf(accounts) ?? [])
      .filter(({ name, annotations }) => name === SERVICE_ACCOUNT || annotations[ROLE_ANNOTATION] !== undefined)
      .map(({ name, annotations }) => {
        const arn = annotations[ROLE_ANNOTATION];
        return {
          label: name,
          description: arn === undefined ? l10n.t('no role') : l10n.t('role {0}', roleNameOf(arn) ?? arn),
          value: `${readings.profile.metadata.name}/${name}`,
          ...(arn === undefined ? {} : { roleArn: arn }),
        };
      }),
};
