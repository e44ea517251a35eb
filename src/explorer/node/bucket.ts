import { l10n } from 'vscode';
import { artifacts } from '../../core/modes/artifacts.ts';
import { placeText } from '../../core/policy/rights.ts';
import { phrase } from '../../core/phrase.ts';
import type { FactKind } from './factKind.ts';

/** Where a profile's role may write. */
export const bucket: FactKind = {
  icon: 'database',
  spoken: phrase('Bucket'),
  of: ({ readings }) =>
    artifacts(readings).policy.map((place) => ({
      label: placeText(place),
      description:
        place.answer === 'yes'
          ? l10n.t('the role may write here')
          : l10n.t('the role may write here if a condition, or a policy that was not read, lets it'),
      value: `s3://${place.bucket}/${place.prefix}`,
      bucket: place.bucket,
    })),
};
