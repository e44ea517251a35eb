/** An association of EKS Pod Identity. */
import type { HclPlace } from '../document/hcl.ts';
import { type DocNode, textOf } from '../document/node.ts';
import type { TerraformFile } from './evaluate.ts';
import { keyAt, known, object } from './nodes.ts';
import type { Reader } from './policies.ts';

export function association(
  { put }: Reader,
  file: TerraformFile,
  place: HclPlace,
  namespace?: DocNode,
  account?: DocNode,
): void {
  const key = keyAt(file, place);
  const root = object(file, place, [
    ...(namespace ? [{ key: key('namespace'), value: namespace }] : []),
    ...(account ? [{ key: key('serviceAccount'), value: account }] : []),
  ]);
  const [inNamespace, serviceAccount] = [namespace, account].map((one) => textOf(known(one)));
  put(file, [
    {
      kind: 'podIdentity',
      root,
      ...(inNamespace === undefined ? {} : { namespace: inNamespace }),
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
    },
  ]);
}
