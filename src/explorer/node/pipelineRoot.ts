import { artifacts } from '../../core/modes/artifacts.ts';
import type { FactKind } from './factKind.ts';

/** Where a profile's pipelines write. */
export const pipelineRoot: FactKind = {
  icon: 'output',
  spoken: 'Pipeline root',
  of: ({ readings }) => {
    const { root, rootIsSet } = artifacts(readings);
    const from = rootIsSet ? 'kfp-launcher' : 'default of the launcher';
    return [{ label: root, description: `pipelines write here (${from})`, value: root }];
  },
};
