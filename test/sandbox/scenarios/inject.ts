/** The states of injection that are failure modes, as docs/failure-modes.md names them; test/sandbox/inject.test.ts brings them about. */
import type { LiveId } from '../../../src/core/modes/ids.ts';
import type { ScenarioText } from '../scenario.ts';

const REMADE = 'only who runs the pod knows when it may stop: make it again';
const WEBHOOK = "the webhook and its configuration are EKS's, or of who runs it";
const TEMPLATE = 'what keeps the webhook away stands in the template of the workload';
const POD_DEFAULT = 'a PodDefault is the work of who offers it: remove the variables of AWS from it';

const rows: readonly (readonly [LiveId, string, string])[] = [
  ['KP-065', 'no webhook configuration', WEBHOOK],
  ['KP-065', 'wrong CA bundle', WEBHOOK],
  ['KP-065', 'skip label', TEMPLATE],
  ['KP-065', 'skip-containers', TEMPLATE],
  ['KP-066', 'a pod that the webhook missed', REMADE],
  ['KP-067', 'pod of another role (stale)', REMADE],
  ['KP-068', 'role of a PodDefault kept (old order)', POD_DEFAULT],
  ['KP-068', 'PodDefault conflict rejects the pod (new order)', POD_DEFAULT],
  ['KP-068', 'region of a PodDefault', POD_DEFAULT],
  ['KP-068', 'static keys', POD_DEFAULT],
  ['KP-070', 'a pod that is older than its association', REMADE],
  ['KP-071', 'agent missing', 'the add-on is installed by who runs the nodes of the cluster'],
];

export const injectTexts: readonly ScenarioText[] = rows.map(([id, name, why]) => ({
  id,
  name,
  ending: { by: 'hand', why },
}));
