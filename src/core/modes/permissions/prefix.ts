/** Which part of a bucket may be listed (S3 User Guide, condition keys: s3:prefix), and accounts in ARNs. */
import { parseArn } from '../../arn/arn.ts';
import { renameKey } from '../../document/edit.ts';
import { type DocNode, type DocScalar, entry, get, textOf } from '../../document/node.ts';
import { finding, type Fix, type Seen } from '../../finding.ts';
import type { Resource } from '../../resource.ts';
import { isOpen } from '../folder.ts';
import type { ManifestContext } from '../manifest.ts';

const listed = (node: DocNode | undefined): readonly DocNode[] =>
  node?.type === 'array' ? node.items : node ? [node] : [];
const textsIn = (node: DocNode | undefined): readonly DocScalar[] =>
  listed(node).filter((one): one is DocScalar => one.type === 'string');

const EQUALS = /^(?:For(?:Any|All)Values:)?StringEquals(?:IfExists)?$/;

/** KP-031, KP-034 and KP-041 of a permission policy. */
export function ofPrefix(thing: Resource, context: ManifestContext): Seen[] {
  if (thing.kind !== 'permissions') return [];
  const statements = listed(get(thing.root, 'Statement'));
  const isBelow = statements.some((one) => listsBelow(one));
  return statements.flatMap((one) => [
    ...accounts(one),
    ...(allows(one) ? prefixes(one, context.profile !== undefined && !isBelow) : []),
  ]);
}

const allows = (statement: DocNode): boolean => ![undefined, 'Deny'].includes(textOf(get(statement, 'Effect')));

/** Whether a statement may let list more than what it names letter by letter: another condition, or none. */
function listsBelow(statement: DocNode): boolean {
  const actions = textsIn(get(statement, 'Action')).map(({ value }) => String(value).toLowerCase());
  if (
    textOf(get(statement, 'Effect')) === 'Deny' ||
    !actions.some((one) => /^(?:\*|s3:(?:\*|list\*|listb.*|l\*))$/.test(one))
  )
    return false;
  const conditions = get(statement, 'Condition');
  const equals =
    conditions?.type === 'object' ? conditions.entries.filter(({ key }) => EQUALS.test(String(key.value))) : [];
  return !equals.some(({ value }) => entry(value, 's3:prefix'));
}

/** KP-031: a star that is none under StringEquals. KP-041: a prefix that is listed, and nothing below it. */
function prefixes(statement: DocNode, isAll: boolean): Seen[] {
  const conditions = get(statement, 'Condition');
  if (conditions?.type !== 'object') return [];
  return conditions.entries.flatMap((operator) => {
    const its = EQUALS.test(String(operator.key.value)) ? entry(operator.value, 's3:prefix') : undefined;
    const values = textsIn(its?.value).filter(({ value }) => !isOpen(String(value)));
    const stars = values.filter(({ value }) => /[*?]/.test(String(value)));
    const like = String(operator.key.value).replace('StringEquals', 'StringLike');
    const fixes: Fix[] = entry(conditions, like)
      ? []
      : [{ title: `Write ${like}`, edits: [renameKey(operator, like)], preferred: true }];
    const message = 'A star is plain text under StringEquals: no request to list matches this. StringLike is meant.';
    if (stars.length > 0) return stars.map((one) => finding('KP-031', one, message, fixes));
    const [first] = values;
    if (!isAll || !first || its === undefined) return [];
    const says =
      "Just this prefix may be listed, and nothing below it: KFP's launcher lists below it before every download. StringLike with a star at the end allows that.";
    return [finding('KP-041', its.key, says, [], 'warning')];
  });
}

/** KP-034: an account of other than 12 digits. Those of access points are told with their names (KP-042). */
function accounts(statement: DocNode): Seen[] {
  return textsIn(get(statement, 'Resource')).flatMap((node) => {
    const arn = parseArn(String(node.value));
    if (!arn || arn.service.startsWith('s3') || !/^\d+$/.test(arn.account) || arn.account.length === 12) return [];
    const from = String(node.value).indexOf(`:${arn.account}:`) + 1;
    const place = { start: node.at(from), end: node.at(from + arn.account.length) };
    return [finding('KP-034', place, 'An AWS account id has 12 digits: this matches nothing.')];
  });
}
