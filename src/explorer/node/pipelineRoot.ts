import { l10n } from 'vscode';
import { artifacts } from '../../core/modes/artifacts.ts';
import { phrase } from '../../core/phrase.ts';
import type { FactKind } from './factKind.ts';

/** Where a profile's pipelines write. */
export const pipelineRoot: FactKind = {
  icon: 'output',
  spoken: phrase('Pipeline root'),
  of: ({ readings }) => {
    const { root, rootIsSet } = artifacts(readings);
    const from = rootIsSet ? 'kfp-launcher' : l10n.t('default of the launcher');
    return [{ label: root, description: l10n.t('pipelines write here ({0})', from), value: root }];
  },
};
