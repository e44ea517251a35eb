import { parseArn, ROLE_ARN } from '../../arn/arn.ts';
import { roleNameProblem } from '../../arn/names.ts';
import { partitionById } from '../../arn/partitions.ts';
import type { DocNode, DocScalar } from '../../document/node.ts';
import { finding, type Fix, type Seen } from '../../finding.ts';
import { checkPlaceholder, correct, hasHole, knownRole, type ManifestContext, shorten } from '../manifest.ts';

/**
 * The value of `awsIamRole` or of the role annotation, which is a string that is not empty.
 *
 * @returns KP-004, KP-007, KP-034 or KP-036; nothing for a value that is decided elsewhere
 */
export function checkRole(node: DocScalar, context: ManifestContext): Seen[] {
  const placeholder = checkPlaceholder(node, context);
  if (placeholder) return placeholder;
  if (hasHole(node)) return [];
  const text = String(node.value);
  if (text !== text.trim()) {
    const message = 'There is white space around the ARN: AWS compares it letter by letter and finds no such role.';
    return [finding('KP-007', node, message, [correct(node, text.trim())])];
  }
  const arn = parseArn(text);
  if (!arn || arn.service !== 'iam' || arn.region !== '' || !arn.resource.startsWith('role/')) {
    return [finding('KP-007', node, notARole(text), suggestions(node, context))];
  }
  const findings: Seen[] = [];
  const [partition, account] = [
    part(node, 'arn:', arn.partition),
    part(node, `arn:${arn.partition}:iam::`, arn.account),
  ];
  if (!/^\d{12}$/.test(arn.account)) {
    const fixes = context.account === undefined ? [] : [replace(account, arn.account, context.account)];
    const message = `An AWS account id has 12 digits; "${shorten(arn.account)}" is not one. STS rejects the ARN.`;
    findings.push(finding('KP-034', account.end > account.start ? account : node, message, fixes));
  }
  if (context.partition !== undefined && arn.partition !== context.partition) {
    const fixes = [replace(partition, arn.partition, context.partition)];
    const message = `The cluster is in partition ${context.partition}, this role in ${arn.partition}: roles cannot cross partitions.`;
    findings.push(finding('KP-034', partition, message, fixes));
  } else if (!partitionById(arn.partition)) {
    const message = `"${shorten(arn.partition)}" is not a partition that is known: expected aws, aws-cn, aws-us-gov or the like.`;
    findings.push(finding('KP-034', partition, message, [], 'warning'));
  }
  const name = arn.resource.slice(arn.resource.lastIndexOf('/') + 1);
  const problem = name === '' ? 'The name of the role is missing.' : roleNameProblem(name);
  if (problem !== undefined) {
    const from = text.length - name.length;
    const range = { start: node.at(from), end: Math.max(node.at(from), node.at(text.length)) };
    findings.push(finding('KP-036', name === '' ? node : range, `${problem} IAM has no such role.`));
  } else if (findings.length === 0 && !ROLE_ARN.test(text)) {
    findings.push(finding('KP-007', node, notARole(text)));
  }
  return findings;
}

function part(node: DocScalar, before: string, text: string): { start: number; end: number } {
  return { start: node.at(before.length), end: node.at(before.length + text.length) };
}

const replace = (range: { start: number; end: number }, before: string, after: string): Fix => ({
  title: `Change ${shorten(before) || 'the empty part'} to ${after}`,
  edits: [{ ...range, newText: after }],
  preferred: true,
});

function notARole(text: string): string {
  const arn = parseArn(text);
  const kind = arn && /^[a-z-]+(?=\/)/.exec(arn.resource)?.[0];
  const what =
    arn === undefined
      ? `"${shorten(text)}" is not an ARN.`
      : arn.region !== ''
        ? 'IAM is global: the ARN of a role has no region.'
        : kind !== undefined && kind !== 'role'
          ? `This is the ARN of a ${kind}, not of a role.`
          : `"${shorten(text)}" is not the ARN of a role.`;
  return `${what} STS refuses it: expected arn:<partition>:iam::<account>:role/<name>.`;
}

/** What the author probably meant. One answer is preferred only where nothing had to be guessed. */
function suggestions(node: DocScalar, context: ManifestContext): Fix[] {
  const text = String(node.value);
  const arn = parseArn(text);
  const candidates: [string, boolean][] = [];
  if (arn?.service === 'iam' && arn.region !== '') candidates.push([text.replace(`:${arn.region}:`, '::'), true]);
  if (arn?.service === 'sts') {
    const role = /^assumed-role\/([^/]+)/.exec(arn.resource)?.[1];
    if (role !== undefined) candidates.push([`arn:${arn.partition}:iam::${arn.account}:role/${role}`, false]);
  }
  if (context.account !== undefined && !text.includes(':')) {
    const name = text.replace(/^\/?(?:role\/)?/, '');
    candidates.push([`arn:${context.partition ?? 'aws'}:iam::${context.account}:role/${name}`, true]);
  }
  const role = knownRole(context);
  if (role !== undefined && candidates.length === 0) candidates.push([role, true]);
  return candidates
    .filter(([candidate]) => ROLE_ARN.test(candidate))
    .map(([candidate, preferred]) => ({ ...correct(node, candidate), preferred }));
}

/** The node if it is a string with something in it; what a rule says about any other value depends on where it stands. */
export const filled = (node: DocNode | undefined): DocScalar | undefined =>
  node?.type === 'string' && String(node.value).trim() !== '' ? node : undefined;
