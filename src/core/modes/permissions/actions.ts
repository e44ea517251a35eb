import { addItems, removeItems, replaceValue } from '../../document/edit.ts';
import { HOLE } from '../../document/node.ts';
import { type Edit, finding, type Finding, type Fix, type PolicyContext } from '../../finding.ts';
import { checkPlaceholders, isWide, type Target } from './resource.ts';
import {
  actionsMatching,
  actionsOfOperation,
  isKnownService,
  isSlipOf,
  type KnownAction,
  suggestActions,
} from '../../policy/actions.ts';
import { permissionsPolicy } from '../../policy/build.ts';
import { LONGEST, type Statement, type Strings, type Text } from '../../policy/model.ts';
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
      if (name.includes(HOLE) || !/^[\w-]+:[\w*?]+$/.test(name)) return [];
      if (!isKnownService(name) || actionsMatching(name).length > 0) return [];
      const right = suggestActions(name);
      const written = right.join(' and ');
      // A name close by may mean something else.
      const sure = actionsOfOperation(name) !== undefined || isSlipOf(name, written);
      const hint = right.length === 0 ? '' : ` Did you mean ${written}?`;
      const message = `IAM accepts ${name}, but there is no such action, so it allows nothing.${hint}`;
      const fixes =
        right.length === 0 || strings === undefined
          ? []
          : [
              {
                title: `Write ${written}`,
                edits: replaceAction(strings, text, right),
                ...(sure ? { preferred: true } : {}),
              },
            ];
      return [finding('P-ACTION', text.node, message, mending(effect, strings === action, fixes), 'warning')];
    }),
  );
}

/** Puts actions in the place of one, leaving out those that are there already. */
function replaceAction({ entry, texts }: Strings, text: Text, actions: readonly string[]): readonly Edit[] {
  const { value } = entry;
  const present = new Set(texts.map((other) => other.text.toLowerCase()));
  const missing = actions.filter((action) => !present.has(action.toLowerCase()));
  if (value.type !== 'array') {
    const [only] = actions;
    return [replaceValue(text.node, actions.length === 1 && only !== undefined ? only : actions)];
  }
  const [first, ...others] = missing;
  if (first === undefined) return removeItems(value, [value.items.indexOf(text.node)]);
  return [replaceValue(text.node, first), ...(others.length > 0 ? addItems(value, others) : [])];
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

/** KP-044: every action of S3 on a whole bucket. */
export function checkEverything(statement: Statement, targets: readonly Target[]): Finding[] {
  const { action, effect } = statement;
  if (effect !== 'Allow' || action === undefined) return [];
  if (!targets.some(isWide)) return [];
  return action.texts.flatMap((text) => {
    if (!/^s3:\*+$/i.test(text.text.trim())) return [];
    const levels = new Set<Level | undefined>(targets.flatMap((target) => [...levelsOfTarget(target)]));
    const needed = PIPELINE_ACTIONS.filter((name) => [...levelsOfAction(name)].some((level) => levels.has(level)));
    const edits = replaceAction(action, text, needed);
    const message =
      's3:* also allows to delete the bucket, to change its policy and to read what other profiles keep in it.';
    const fixes = action.complete && needed.length > 0 ? [{ title: 'Allow only what pipelines need', edits }] : [];
    return [finding('KP-044', text.node, message, fixes, 'warning')];
  });
}
