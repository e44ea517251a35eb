import { isPattern, patternMatches } from '../../arn/pattern.ts';
import { addItems, removeItems, replaceValue } from '../../document/edit.ts';
import { HOLE } from '../../document/node.ts';
import { type Edit, finding, type Finding, type Fix, type PolicyContext } from '../../finding.ts';
import { checkPlaceholders, isWide, type Target } from './resource.ts';
import {
  actionsMatching,
  actionsOfOperation,
  isKnownService,
  isOneSlip,
  isSlipOf,
  type KnownAction,
  suggestActions,
} from '../../policy/actions.ts';
import { permissionsPolicy } from '../../policy/build.ts';
import { LONGEST, type Statement, type Strings, type Text } from '../../policy/model.ts';
import { SERVICES } from '../../policy/condition-keys.ts';
import { placeholdersIn } from '../../policy/placeholder.ts';

/** The two levels of S3: an action acts on a bucket or on objects, never on both (Service Authorization Reference). */
export type Level = 'bucket' | 'object';

/** The actions that a role needs for Kubeflow Pipelines. */
const PIPELINE_ACTIONS = permissionsPolicy('aws', 'bucket', 'profile', 'bucket').Statement.flatMap(
  ({ Action }) => Action,
);

/** P-ACTION, and placeholders among the actions. */
export function checkActionNames({ action, notAction, effect }: Statement, context: PolicyContext): Finding[] {
  return [action, notAction].flatMap((strings) =>
    (strings?.texts ?? []).flatMap((text) => {
      const name = text.text.trim();
      if (name.length > LONGEST) return [];
      if (placeholdersIn(name).length > 0) return checkPlaceholders(text, context);
      if (name.includes(HOLE) || !/^[\w.-]+:/.test(name)) return [];
      if (!/^[\w-]+:[\w*?]+$/.test(name)) {
        if (/[<>{}]/.test(name) || name.indexOf(':') < name.lastIndexOf(':')) return [];
        const message = `IAM accepts ${JSON.stringify(name)}, but no action is called so: it allows nothing.`;
        return [finding('P-ACTION', text.node, message, [], 'warning')];
      }
      if (name !== text.text) {
        const message = `IAM accepts ${JSON.stringify(text.text)}, but no action is called so, with a blank: it allows nothing.`;
        const fixes: Fix[] = [{ title: `Write ${name}`, edits: [replaceValue(text.node, name)], preferred: true }];
        return [finding('P-ACTION', text.node, message, mending(effect, strings === action, fixes), 'warning')];
      }
      if (!isKnownService(name)) return ofOtherService(text, name, effect, strings === action);
      if (actionsMatching(name).length > 0) return [];
      const right = suggestActions(name);
      const written = right.join(' and ');
      // A name close by may mean something else.
      const sure = actionsOfOperation(name) !== undefined || isSlipOf(name, written);
      const missing = strings === undefined ? right : notCovered(strings, right);
      const hint = right.length === 0 ? '' : ` Did you mean ${written}?`;
      const message = `IAM accepts ${name}, but there is no such action, so it allows nothing.${hint}`;
      const fixes =
        right.length === 0 || strings === undefined
          ? []
          : [
              {
                title: missing.length > 0 ? `Write ${missing.join(' and ')}` : `Remove ${name}`,
                edits: replaceAction(strings, text, right, missing),
                ...(sure ? { preferred: true } : {}),
              },
            ];
      return [finding('P-ACTION', text.node, message, mending(effect, strings === action, fixes), 'warning')];
    }),
  );
}

/** A service that does not exist, before the name of an action that one of ours has. */
function ofOtherService(text: Text, name: string, effect: Statement['effect'], isPlain: boolean): Finding[] {
  const [service = '', action = ''] = name.split(':');
  if (SERVICES.has(service.toLowerCase()) || isPattern(action)) return [];
  const near = ['s3', 'sts', 'kms'].filter((one) => isOneSlip(one, service));
  const right = near.flatMap((one) => actionsMatching(`${one}:${action}`).map((known) => known.name));
  const [only] = right;
  if (only === undefined || right.length > 1) return [];
  const message = `IAM accepts ${name}, but there is no service ${service}, so it allows nothing. Did you mean ${only}?`;
  const fixes = [{ title: `Write ${only}`, edits: [replaceValue(text.node, only)] }];
  return [finding('P-ACTION', text.node, message, mending(effect, isPlain, fixes), 'warning')];
}

/** KP-045: actions of S3 or KMS, and only ARNs of other services. */
export function checkServices({ action, resource }: Statement, targets: readonly Target[]): Finding[] {
  if (action === undefined || resource === undefined || !resource.complete || targets.length === 0) return [];
  if (targets.some(({ service }) => service === undefined || isPattern(service) || service.includes(HOLE))) return [];
  return (['s3', 'kms'] as const).flatMap((own) => {
    const idle = action.texts.filter(({ text }) => text.trim().toLowerCase().startsWith(`${own}:`));
    const [first] = idle;
    if (first === undefined || targets.some(({ service = '' }) => service.startsWith(own))) return [];
    const names = idle.map(({ text }) => text.trim()).join(', ');
    const others = [...new Set(targets.map(({ service = '' }) => service))].join(', ');
    const message = `${names}: no ARN of ${own === 's3' ? 'S3' : 'KMS'} is here, only of ${others}, so ${idle.length > 1 ? 'these have' : 'it has'} no effect.`;
    return [finding('KP-045', first.node, message, [], 'warning')];
  });
}

/** Those of some actions that do not stand beside one. */
function missingBeside({ texts }: Strings, actions: readonly string[]): readonly string[] {
  const present = new Set(texts.map((other) => other.text.toLowerCase()));
  return actions.filter((action) => !present.has(action.toLowerCase()));
}

/** Those of some actions that nothing beside one stands for, by name or as a pattern: `s3:Put*` is `s3:PutObject`, too. */
function notCovered({ texts }: Strings, actions: readonly string[]): readonly string[] {
  const known = texts.flatMap(({ text }) =>
    text.includes(HOLE) || text.length > LONGEST ? [] : [text.trim().toLowerCase()],
  );
  return actions.filter((action) => !known.some((text) => patternMatches(text, action.toLowerCase())));
}

/** Puts actions in the place of one, leaving out those that are there already. */
function replaceAction(
  strings: Strings,
  text: Text,
  actions: readonly string[],
  missing: readonly string[] = missingBeside(strings, actions),
): readonly Edit[] {
  const { value } = strings.entry;
  if (value.type !== 'array') {
    const [only] = actions;
    return [replaceValue(text.node, actions.length === 1 && only !== undefined ? only : actions)];
  }
  const [first, ...others] = missing;
  if (first === undefined) return removeItems(value, [value.items.indexOf(text.node)]);
  const here = value.items.find((item) => item === text.node);
  return [replaceValue(text.node, first), ...(others.length > 0 ? addItems(value, others, here) : [])];
}

const OBJECT_TYPES = new Set(['s3:object', 's3:accesspointobject', 's3:multiregionaccesspointobject']);

const BUCKET_TYPES = new Set(['s3:bucket', 's3:accesspoint', 's3:multiregionaccesspoint']);

function levelOf(action: KnownAction): Level | undefined {
  if (!action.name.startsWith('s3:') || action.on.length === 0) return undefined;
  if (action.on.every((type) => OBJECT_TYPES.has(`s3:${type}`))) return 'object';
  return action.on.every((type) => BUCKET_TYPES.has(`s3:${type}`)) ? 'bucket' : undefined;
}

/** Whether an action can have an effect on resources of a level. */
export const actsOn = ({ name, on }: KnownAction, level: Level): boolean => {
  const types = level === 'object' ? OBJECT_TYPES : BUCKET_TYPES;
  return name.startsWith('s3:') && on.some((type) => types.has(`s3:${type}`));
};

/** The actions that a text stands for; an operation of the SDK counts as the actions that it needs. */
export function knownActions(text: string): readonly KnownAction[] {
  const known = actionsMatching(text);
  return known.length > 0 || !isKnownService(text) ? known : suggestActions(text).flatMap(actionsMatching);
}

export function levelsOfAction(text: string): Set<Level | undefined> {
  return new Set(knownActions(text).map(levelOf));
}

export function levelsOfTarget({ types, any }: Target): Set<Level> {
  if (any) return new Set(['bucket', 'object']);
  return new Set(
    types.flatMap(({ id }): Level[] => (OBJECT_TYPES.has(id) ? ['object'] : BUCKET_TYPES.has(id) ? ['bucket'] : [])),
  );
}

/** A fix that gives more than what was written, or takes away: never done unasked. */
export const offered =
  (effect: 'widens' | 'takes-away') =>
  ({ preferred: _, ...fix }: Fix): Fix => ({ ...fix, effect });

export const widening = offered('widens');

/** Fixes of a name that fits nothing today: in a Deny, or behind a Not, mending it takes rights away, in both it gives them. */
export function mending(effect: Statement['effect'], isPlain: boolean, fixes: readonly Fix[]): readonly Fix[] {
  if ((effect !== 'Deny') === isPlain) return isPlain ? fixes : fixes.map(widening);
  return fixes.map(offered('takes-away'));
}

/** KP-044: every action of S3 on a whole bucket, or on all but what is named. */
export function checkEverything(statement: Statement, targets: readonly Target[], { known }: PolicyContext): Finding[] {
  const { action, effect, notResource } = statement;
  if (effect !== 'Allow' || action === undefined) return [];
  const isRest = notResource?.complete === true && !targets.some(({ any }) => any);
  if (notResource === undefined ? !targets.some(isWide) : !isRest) return [];
  // As a policy of the organization it gives nothing.
  const isAll = known === true && targets.some(({ text }) => /^\*+$/.test(text.text));
  return action.texts.flatMap((text) => {
    if (isAll && statement.condition === undefined && /^(?:\*+|\*:\*+)$/.test(text.text.trim())) {
      const what =
        'This allows everything in the account, also to change its roles and to read what other profiles keep.';
      return [finding('KP-044', text.node, what, [], 'warning')];
    }
    if (!/^s3:\*+$/i.test(text.text.trim())) return [];
    const levels = new Set<Level | undefined>(targets.flatMap((target) => [...levelsOfTarget(target)]));
    const needed = PIPELINE_ACTIONS.filter((name) => [...levelsOfAction(name)].some((level) => levels.has(level)));
    const edits = replaceAction(action, text, needed);
    const message =
      's3:* also allows to delete the bucket, to change its policy and to read what other profiles keep in it.';
    const fixes =
      action.complete && notResource === undefined && needed.length > 0 && statement.tests.length === 0
        ? [{ title: 'Allow only what pipelines need', edits }]
        : [];
    return [finding('KP-044', text.node, message, fixes, 'warning')];
  });
}
