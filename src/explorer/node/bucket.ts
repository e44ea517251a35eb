import { artifacts } from '../../core/modes/artifacts.ts';
import { placeText } from '../../core/policy/rights.ts';
import { placeWords } from '../../estate/liveWords.ts';
import type { FactKind } from './factKind.ts';

/** Where a profile's role may write. */
export const bucket: FactKind = {
  icon: 'database',
  spoken: 'Bucket',
  of: ({ readings }) =>
    artifacts(readings).policy.map((place) => ({
      label: placeText(place),
      description: placeWords(place),
      value: `s3://${place.bucket}/${place.prefix}`,
      bucket: place.bucket,
    })),
};
