import { s3RootOf } from '../../profile/names.ts';
import { parseArn, roleNameOf } from '../../arn/arn.ts';
import { type DocNode, entry, find, textOf } from '../../document/node.ts';
import type { SeenIn } from '../mode.ts';
import { type Folder, type Held, isOpen, type KnownProfile, type Owned, placeOf } from '../folder.ts';
import { finding } from '../../finding.ts';
import { headOf } from '../manifest.ts';
import { notListed } from './live.ts';
import { checkPermissionPolicy } from './policy.ts';
import { fillIn } from '../../policy/placeholder.ts';
import { mayWrite, meansToWrite, podSession, type Session, unlisted, writing } from '../../policy/rights.ts';

/** KP-055: a pipeline root on a bucket, or under a prefix, that the policies of the profile's role together do not allow. */
export const uncoveredRoots = ({ owned }: Folder): SeenIn[] => owned.flatMap(uncoveredRoot);

function uncoveredRoot({ profile, held, inNamespace }: Owned): SeenIn[] {
  if (held.length === 0) return [];
  return inNamespace.flatMap(({ file, resource }) => {
    if (resource.kind !== 'configMap' || textOf(find(resource.root, 'metadata', 'name')) !== 'kfp-launcher') return [];
    const node = find(resource.root, 'data', 'defaultPipelineRoot');
    const text = textOf(node);
    const place = text === undefined || isOpen(text) ? undefined : s3RootOf(text);
    if (node === undefined || place === undefined) return [];
    const { bucket, key } = place;
    const policies = held.map(({ root: policy }) => withHoles(policy));
    if (mayWrite(policies, bucket, key, sessionOf(profile, held)) !== 'no') return [];
    const message = `No policy of the role of Profile ${profile.name} allows to write objects under ${`${bucket}/${key}`.replace(/\/+$/, '')}: its runs are denied.`;
    const related = held.map(({ file: other, root: at }) => ({
      file: other,
      start: at.start,
      end: at.end,
      message: 'The policy',
    }));
    return [{ file, finding: { ...finding('KP-055', node, message), related } }];
  });
}

/** KP-041: policies that mean to let a profile write, and do not, or not list what it wrote. What a statement alone shows is said there. */
export const vainPolicies = ({ owned }: Folder): SeenIn[] => owned.flatMap(inVain);

function inVain({ profile, held }: Owned): SeenIn[] {
  const policies = held.map(({ root }) => withHoles(root));
  const [first, ...others] = held;
  const { role } = profile;
  if (first?.root.type !== 'object' || role === undefined || !meansToWrite(policies)) return [];
  const session = sessionOf(profile, held);
  const all = writing(policies, session);
  const [bucket] = unlisted(policies, all, session);
  if (all.answer !== 'no' && bucket === undefined) return [];
  const told = held.some(({ root }) => checkPermissionPolicy(root).some(({ id }) => IN_VAIN.has(id)));
  if (told) return [];
  const name = roleNameOf(String(role.value)) ?? '';
  const { single } = all;
  const why =
    single[0] === undefined
      ? 'a Deny, or a condition that a pod never meets, takes away what is allowed'
      : `${single[0]} is one object, without what lies below it`;
  const message =
    bucket === undefined ? `Role ${name} may not write any object of a bucket: ${why}.` : notListed(name, bucket);
  const related = [
    { ...placeOf(profile), message: `Profile ${profile.name}` },
    ...others.map(({ file, root: { start, end } }) => ({
      file,
      start,
      end,
      message: 'Judged together with this policy',
    })),
  ];
  const head = entry(first.root, 'Statement')?.key ?? headOf(first.root);
  // A managed policy that is not among the files may let it list.
  const severity = bucket === undefined ? 'error' : 'warning';
  return [{ file: first.file, finding: { ...finding('KP-041', head, message, [], severity), related } }];
}

/** Findings of one policy that tell why a resource of it matches nothing. */
const IN_VAIN: ReadonlySet<string> = new Set(['KP-039', 'KP-040', 'KP-041', 'KP-042', 'KP-043', 'KP-045', 'P-SYNTAX']);

/** The session of a profile's pods. Where files do not tell the partition, that of the policies is as good. */
function sessionOf({ role }: KnownProfile, held: readonly Held[]): Session {
  const arn = role === undefined ? undefined : String(role.value);
  const known = arn === undefined ? undefined : parseArn(arn);
  const texts = held.map(({ root }) => root.source.text.slice(root.start, root.end)).join('\n');
  const partition = known?.partition ?? /arn:(aws[a-z-]*):s3:/.exec(texts)?.[1] ?? 'aws';
  return podSession({ partition, ...(arn === undefined ? {} : { arn }), ...(known ? { account: known.account } : {}) });
}

/** A policy as IAM would get it; what is filled in later is a hole, which may be anything. */
function withHoles(node: DocNode): unknown {
  if (node.type === 'array') return node.items.map(withHoles);
  if (node.type === 'object')
    return Object.fromEntries(node.entries.map(({ key, value }) => [fillIn(String(key.value)), withHoles(value)]));
  return node.type === 'string' ? fillIn(String(node.value)) : node.value;
}
