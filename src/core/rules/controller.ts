/** What the profile controller cannot read in a trust policy that it is to complete: KP-085. Source: the catalogue. */
import { replaceValue } from '../document/edit.ts';
import { find, get, textOf } from '../document/node.ts';
import type { DocNode } from '../document/node.ts';
import { finding } from './manifest.ts';
import type { Finding, Fix, PolicyContext } from './types.ts';

/** KP-085: with annotateOnly false the controller reads Federated of the first statement as a text. */
export function checkFederated(trust: DocNode, { annotateOnly }: PolicyContext): Finding[] {
  const federated = get(find(trust, 'Statement', 0, 'Principal'), 'Federated');
  if (annotateOnly !== false || federated?.type !== 'array') return [];
  const [only, more] = federated.items;
  const text = more === undefined ? textOf(only) : undefined;
  const fixes: readonly Fix[] =
    text === undefined
      ? []
      : [{ title: 'Write it without the list', edits: [replaceValue(federated, text)], preferred: true }];
  const message =
    'Federated is a list. IAM takes it, but with annotateOnly false the controller reads a text here: it writes a policy that IAM refuses, again and again.';
  return [finding('KP-085', federated, message, fixes)];
}
