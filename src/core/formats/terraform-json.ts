/** What `terraform show -json` says of a state or a plan. */
import { type DocNode, type DocObject, find, get, HOLE, textOf } from '../document/node.ts';
import { anywhere } from '../annotations.ts';
import { podIdentity, type Resource, type Within } from '../resource.ts';
import { held } from './policies.ts';

/** Everything is known there. */
export function* ofState(root: DocObject, within: Within): Generator<Resource> {
  for (const key of ['values', 'planned_values']) yield* ofModule(get(get(root, key), 'root_module'), within);
  const prior = find(root, 'prior_state', 'values', 'root_module');
  if (!get(root, 'planned_values')) yield* ofModule(prior, within);
}

function* ofModule(module: DocNode | undefined, within: Within): Generator<Resource> {
  const [resources, children] = [get(module, 'resources'), get(module, 'child_modules')];
  for (const one of resources?.type === 'array' ? resources.items : []) {
    const type = textOf(get(one, 'type')) ?? '';
    // Data are the input of what is made of them.
    if (textOf(get(one, 'mode')) !== 'data') yield* terraformResource(type, get(one, 'values'), within);
  }
  for (const one of children?.type === 'array' ? children.items : []) yield* ofModule(one, within);
}

const listed = (node: DocNode): readonly DocNode[] => (node.type === 'array' ? node.items : [node]);

function* terraformResource(type: string, values: DocNode | undefined, within: Within): Generator<Resource> {
  const name = get(values, type === 'aws_iam_role_policy' ? 'role' : 'name');
  const role = textOf(name)?.includes(HOLE) === false ? name : undefined;
  if (type === 'aws_iam_role') {
    yield* held('trust', get(values, 'assume_role_policy'), role, { known: true });
    const inline = get(values, 'inline_policy');
    for (const one of inline ? listed(inline) : [])
      yield* held('permissions', get(one, 'policy'), role, { known: true });
  } else if (type === 'aws_iam_role_policy') yield* held('permissions', get(values, 'policy'), role, { known: true });
  else if (type === 'aws_iam_policy')
    yield* held('permissions', get(values, 'policy'), undefined, { managed: true, known: true });
  else if (type === 'aws_eks_pod_identity_association') yield podIdentity(values, 'namespace', 'service_account');
  else if (/^kubernetes_service_account(?:_v1)?$/.test(type)) {
    const metadata = get(values, 'metadata');
    for (const one of metadata ? listed(metadata) : []) yield* anywhere(one);
  } else if (type === 'aws_iam_openid_connect_provider') yield* provider(values);
  else if (type === 'kubernetes_manifest' || type === 'kubectl_manifest') {
    const manifest = get(values, 'manifest') ?? get(values, 'object');
    if (manifest) yield* within(manifest);
  }
}

/** A provider: a state has its URL without https://, whatever was written. */
function* provider(values: DocNode | undefined): Generator<Resource> {
  const clientIds = get(values, 'client_id_list');
  const isEks = /oidc[.-]eks\./.test(textOf(get(values, 'url')) ?? '');
  if (values && clientIds) yield { kind: 'provider', root: values, url: values, clientIds, isEks };
}
