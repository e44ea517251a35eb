import type { DocNode } from '../../document/node.ts';
import { finding, type Finding, type PolicyContext, type Seen } from '../../finding.ts';
import { checkActionNames, checkEverything, checkServices, mending } from './actions.ts';
import { checkConditions } from './conditions.ts';
import { checkLevels, readGrants } from './levels.ts';
import { checkPlaceholders, readTarget } from './resource.ts';
import { inStack } from '../../policy/filling.ts';
import { checkGrammar } from '../../policy/grammar.ts';
import { firstKey, policySize, readPolicy } from '../../policy/model.ts';
import type { Resource } from '../../resource.ts';

/** Characters without white space that the inline policies of a role have together (IAM User Guide, quotas). */
const INLINE_QUOTA = 10_240;

/** The same of one managed policy. */
const MANAGED_QUOTA = 6_144;

/**
 * Judges a permission policy: the document of an inline or managed policy of a role. A document whose statements all have a
 * Principal is a resource policy (of a bucket, a key) and not judged, unless it stands where only a policy of a role can. Never throws.
 */
export function checkPermissionPolicy(root: DocNode, context: PolicyContext = {}): Finding[] {
  const policy = readPolicy(root);
  const { statements } = policy;
  const isOfResource = statements.length > 0 && statements.every(({ principal }) => principal !== undefined);
  if (isOfResource && context.known !== true) return [];
  const targets = new Map(
    statements.map((statement) => [
      statement,
      [...(statement.resource?.texts ?? []), ...(statement.notResource?.texts ?? [])].map((text) =>
        readTarget(text, context),
      ),
    ]),
  );
  const grants = readGrants(targets);
  return [
    ...checkGrammar(root, policy, 'permission', context.known === true && context.managed === true),
    ...statements.flatMap((statement) => [
      ...checkActionNames(statement, context),
      ...(targets.get(statement) ?? []).flatMap((target) =>
        target.findings.map((one) => ({
          ...one,
          fixes: mending(statement.effect, statement.resource?.texts.includes(target.text) === true, one.fixes),
        })),
      ),
      ...statement.tests.flatMap(({ values }) => values.texts.flatMap((text) => checkPlaceholders(text, context))),
      ...checkLevels(policy, statement, targets.get(statement) ?? [], grants),
      ...checkServices(statement, targets.get(statement) ?? []),
      ...checkConditions(statement),
      ...(isLimit(context) ? [] : checkEverything(statement, targets.get(statement) ?? [], context)),
    ]),
    ...checkSize(root, context),
  ].sort((a, b) => a.start - b.start);
}

/** Whether the file's name says that the policy grants nothing: one of an organization, or a permissions boundary. */
const isLimit = ({ filling }: PolicyContext): boolean =>
  /(?:^|[^a-z])[sr]cps?(?:[^a-z]|$)|(?:service|resource)[-_ ]?control|boundar(?:y|ies)|boundry|guardrail/i.test(
    filling?.file.path.split(/[\\/]/).slice(-2).join('/') ?? '',
  );

function checkSize(root: DocNode, { managed, beside = 0 }: PolicyContext): Finding[] {
  const own = policySize(root);
  if (own === undefined || root.type !== 'object') return [];
  const size = own + beside;
  const quota = managed === true ? MANAGED_QUOTA : INLINE_QUOTA;
  if (size < quota * 0.8) return [];
  const has = `The policy has ${own} characters without white space`;
  const message =
    managed === true
      ? `${has}; a managed policy may have ${MANAGED_QUOTA}.`
      : beside > 0
        ? `${has}, and with the other inline policies of the role ${size}; together they may have ${INLINE_QUOTA}.`
        : `${has}; the inline policies of a role may have ${INLINE_QUOTA} together, a managed policy ${MANAGED_QUOTA}.`;
  // Where the next change may not fit, and no more than a warning also over the quota: AWS's own managed policies are larger.
  return [finding('P-SIZE', firstKey(root), message, [], size > quota * 0.9 ? 'warning' : 'information')];
}

/** A permission policy. */
export function ofPermissions(thing: Resource, context: PolicyContext): Seen[] {
  if (thing.kind !== 'permissions' || (thing.shapeless && thing.broken)) return [];
  const { root, managed = false, known = false, beside = [], stack } = thing;
  // Said once: of the largest.
  const sizes = beside.map((other) => policySize(other) ?? 0);
  const own = policySize(root) ?? 0;
  const isLargest = beside.every((other, at) => {
    const its = sizes[at] ?? 0;
    return own > its || (own === its && root.start < other.start);
  });
  const all = isLargest ? sizes.reduce((sum, size) => sum + size, 0) : 0;
  return checkPermissionPolicy(root, {
    ...inStack(context, stack),
    managed: managed || context.managed === true,
    known,
    beside: all,
  });
}
