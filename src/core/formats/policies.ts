/** IAM documents: what is one, of which of the two kinds it is, and whether it is ours. */
import { decoded } from '../carriers.ts';
import { withoutIntrinsics } from '../document/intrinsics.ts';
import { type DocNode, type DocObject, entry, get, HOLE, textOf } from '../document/node.ts';
import { parseEmbedded, type Read } from '../document/parse.ts';
import { meant, POLICY_KEYS } from '../policy/model.ts';
import { placeholdersIn } from '../policy/placeholder.ts';
import type { PolicyResource, Resource } from '../resource.ts';

/** A policy that is the file, or the answer of `aws iam get-role` and its like. */
export function* iamDocument(root: DocObject): Generator<Resource> {
  const version = get(root, 'PolicyVersion');
  const answer = get(root, 'Role') ?? version ?? root;
  const role = get(answer, 'RoleName');
  yield* held('trust', get(answer, 'AssumeRolePolicyDocument'), role);
  yield* held('permissions', get(answer, 'PolicyDocument') ?? get(answer, 'Document'), role, {
    managed: answer === version,
  });
  const kind = isForeign(root) ? undefined : policyKind(root);
  if (kind) yield* held(kind, root, role);
}

/** The inline policies of one role: their quota is one. */
export const together = (policies: readonly PolicyResource[]): readonly PolicyResource[] =>
  policies.length < 2
    ? policies
    : policies.map((one) => ({
        ...one,
        beside: policies.flatMap((other) => (other === one ? [] : [other.root])),
      }));

/**
 * Marks of policies that are written as IAM's and are none: resources of Alibaba (`acs:`) and Tencent (`qcs:`), actions of MinIO's
 * and of other object stores' administration. Sources: Alibaba RAM and Tencent CAM, "policy syntax"; MinIO, "policy actions".
 */
const FOREIGN = /^(?:acs|qcs):|^(?:admin|oss|obs|cos|minio):/i;
/** Versions of the policy languages of Alibaba (1), Huawei (1.1, 5.0) and Tencent (2.0). */
const FOREIGN_VERSION = /^"?(?:1|1\.1|2|2\.0|5|5\.0)"?$/;

/** Whether a document that looks like a policy belongs to another cloud or product: what is right there is none of our business. */
function isForeign(root: DocObject): boolean {
  const words = statementsOf(root).flatMap((one) =>
    ['Action', 'NotAction', 'Resource', 'NotResource'].flatMap((key) => [texts(get(one, key))].flat()),
  );
  if (words.some((word) => FOREIGN.test(String(word)))) return true;
  const isOther = FOREIGN_VERSION.test(JSON.stringify(texts(get(root, 'Version'))));
  return isOther && !/arn:aws/.test(root.source.text.slice(root.start, root.end));
}

function statementsOf(root: DocObject): readonly DocNode[] {
  const statement = get(root, 'Statement');
  return statement?.type === 'array' ? statement.items : statement ? [statement] : [];
}

/**
 * An IAM document, maybe in a string. A trust policy that has nothing to do with tokens is not ours.
 *
 * @param known nothing but a policy of IAM can stand here, so that something else is a mistake
 */
export function* held(
  kind: 'trust' | 'permissions',
  node: DocNode | undefined,
  role: DocNode | undefined,
  { managed = false, known = false }: { readonly managed?: boolean; readonly known?: boolean } = {},
): Generator<PolicyResource> {
  if (!node) return;
  const plain = withoutIntrinsics(node);
  const encoded = plain.type === 'string' ? decoded(plain) : undefined;
  const { root, errors, commas }: Read =
    plain.type === 'string' ? parseEmbedded(encoded ?? plain, 'json') : { root: plain, errors: [] };
  const isShapeless = root?.type !== 'object' || !hasStatement(root);
  if (isShapeless && !(known && isMeant(node))) return;
  if (kind === 'trust' && !isShapeless && !isAboutPods(root)) return;
  const broken = errors[0] ?? commas?.[0];
  yield {
    kind,
    root: root ?? node,
    ...(role?.type === 'string' ? { role } : {}),
    ...(managed ? { managed } : {}),
    ...(known ? { known } : {}),
    ...(isShapeless ? { shapeless: true } : {}),
    ...(errors.length > 0 ? { unfinished: true } : {}),
    ...(broken ? { broken } : {}),
    ...(isShapeless && node.type === 'string' ? { raw: { text: String(node.value), at: node.at } } : {}),
    ...(encoded ? { generated: true } : {}),
  };
}

/** Whether somebody wrote a policy here: no word that something puts one in the place of, and nothing that is decided elsewhere. */
function isMeant(node: DocNode): boolean {
  if (node.type === 'null') return false;
  if (node.type === 'object') {
    const names = node.entries.map(({ key }) => String(key.value));
    // A file that a tool puts in is named by a key of its own.
    const isPolicy =
      names.length === 0 || names.some((name) => POLICY_KEYS.includes(name) || meant(name) !== undefined);
    return isPolicy && !names.some((name) => /^(?:Ref|Fn::.*|<<)$/.test(name) || name.includes(HOLE));
  }
  if (node.type !== 'string') return true;
  const text = String(node.value).trim();
  return /\s|^[{[]/.test(text) && !text.includes('...') && !text.includes(HOLE) && placeholdersIn(text).length === 0;
}

/**
 * Trust, permissions, or neither. A policy of a bucket, a key or an endpoint, and one that an organization sets for all resources, has
 * both principals and resources, and is right so. A role's trust with a Resource is a mistake of its own, which IAM rejects: it is
 * told by a provider that it allows, while the others name everybody or deny.
 */
function policyKind(root: DocObject): 'trust' | 'permissions' | undefined {
  const statements = statementsOf(root);
  const has = (...keys: string[]): boolean => statements.some((one) => keys.some((key) => entry(one, key)));
  const assumes = statements.some((one) => /sts:AssumeRole/.test(JSON.stringify(texts(get(one, 'Action')))));
  if (has('Principal', 'NotPrincipal')) {
    if (!has('Resource', 'NotResource')) return 'trust';
    const isAnybody = (one: DocNode): boolean => textOf(get(one, 'Principal')) !== undefined || has('NotPrincipal');
    const trusts = statements.some(
      (one) => entry(get(one, 'Principal'), 'Federated') && textOf(get(one, 'Effect'))?.toLowerCase() !== 'deny',
    );
    return assumes && trusts && !statements.some(isAnybody) ? 'trust' : undefined;
  }
  if (has('Resource', 'NotResource')) return 'permissions';
  return assumes ? 'trust' : 'permissions';
}

const texts = (node: DocNode | undefined): unknown =>
  node?.type === 'array' ? node.items.map(texts) : node?.type === 'object' ? null : node?.value;

const STATEMENT_KEYS = ['Effect', 'Action', 'NotAction', 'Principal', 'NotPrincipal', 'Resource', 'NotResource'];

/** Whether `Statement` is one of IAM, and not a word of some other document. */
const hasStatement = (root: DocObject): boolean =>
  statementsOf(root).some((one) => STATEMENT_KEYS.some((key) => entry(one, key)));

/** Whether a trust policy is about pods: by tokens of an OIDC provider or by EKS Pod Identity, not of services and accounts. */
function isAboutPods(root: DocObject): boolean {
  const text = root.source.text.slice(root.start, root.end);
  // Of a policy that a module makes, its inputs alone are written.
  const actions = statementsOf(root).map((one) => textOf(get(one, 'Action')));
  if (actions.includes('sts:AssumeRoleWithWebIdentity') && !/saml/i.test(text)) return true;
  return (
    /WebIdentity|oidc|Federated|pods\.eks\.amazonaws\.com/i.test(text) &&
    (/oidc[.-]eks\./.test(text) || !/saml-provider|AssumeRoleWithSAML/.test(text))
  );
}
