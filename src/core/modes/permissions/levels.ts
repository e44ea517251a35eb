import { isPattern } from '../../arn/pattern.ts';
import { addEntry, addItems, removeItems, replaceValue } from '../../document/edit.ts';
import { HOLE } from '../../document/node.ts';
import { type Edit, finding, type Finding, type Fix } from '../../finding.ts';
import { actsOn, knownActions, type Level, levelsOfAction, levelsOfTarget, offered, widening } from './actions.ts';
import { isWide, type Target } from './resource.ts';
import { actionsMatching } from '../../policy/actions.ts';
import { type Policy, type Statement, type Strings } from '../../policy/model.ts';

/** The names of the actions that statements with an effect give on a level of resource; keys `Allow bucket` and so on. */
type Grants = ReadonlyMap<string, ReadonlySet<string>>;

export function readGrants(targets: ReadonlyMap<Statement, readonly Target[]>): Grants {
  const grants = new Map<string, Set<string>>();
  for (const [{ effect, action }, own] of targets) {
    for (const level of new Set(own.flatMap((target) => [...levelsOfTarget(target)]))) {
      const key = `${effect ?? ''} ${level}`;
      const named = grants.get(key) ?? new Set();
      // An action that has no effect there is not given: a fix may move it to where it has one.
      for (const { text } of action?.texts ?? [])
        for (const known of actionsMatching(text.trim())) if (actsOn(known, level)) named.add(known.name);
      grants.set(key, named);
    }
  }
  return grants;
}

/** KP-041 and KP-045: actions of one level on resources of the other only. */
export function checkLevels(policy: Policy, statement: Statement, own: readonly Target[], grants: Grants): Finding[] {
  const { action, resource, effect } = statement;
  if (action === undefined || resource === undefined || !resource.complete || own.length === 0) return [];
  const levels = new Set(own.flatMap((target) => [...levelsOfTarget(target)]));
  const [level] = levels;
  if (level === undefined || levels.size > 1) return [];
  const other: Level = level === 'bucket' ? 'object' : 'bucket';

  const judged = action.texts.map((text) => ({ text, levels: levelsOfAction(text.text.trim()) }));
  const lost = judged.filter((one) => one.levels.size === 1 && one.levels.has(other));
  const first = lost[0];
  const elsewhere = grants.get(`${effect ?? ''} ${other}`);
  const granted = (text: string): boolean => knownActions(text).some(({ name }) => elsewhere?.has(name));
  const findings: Finding[] = judged.flatMap(({ text }) => {
    const [known] = actionsMatching(text.text.trim());
    if (known === undefined || isPattern(text.text) || known.on.length > 0 || !known.name.startsWith('s3:')) return [];
    const message = `${known.name} is about the account, not about one bucket: it takes effect only with "Resource": "*".`;
    return [finding('KP-045', text.node, message, [], 'warning')];
  });
  const isAccessPoint = own.every(({ arn }) => arn?.resource.startsWith('accesspoint/') === true);
  const objects = isAccessPoint ? 'accesspoint/NAME/object/*' : 'BUCKET/*';
  const what =
    other === 'object' ? `objects, and no ARN with ${objects} is here` : 'a bucket, and only ARNs of objects are here';
  if (first !== undefined) {
    const idle = lost.map(({ text }) => text.text.trim());
    const message = `${idle.join(', ')}: acts on ${what}, so ${idle.length > 1 ? 'these have' : 'it has'} no effect.`;
    const leftOut = judged.some((one) => one.levels.has(level));
    const fixes = levelFixes(policy, statement, resource, own, level, leftOut ? idle : undefined);
    // Without one bucket to name there is no right answer, and AWS's own policies have such idle actions.
    const severity = effect === 'Deny' || fixes.length === 0 || idle.every(granted) ? 'warning' : 'error';
    findings.push(
      leftOut
        ? finding('KP-041', resource.entry.value, message, fixes, severity)
        : finding('KP-045', first.text.node, message, fixes, severity),
    );
  } else if (effect === 'Allow' && judged.some(({ text }) => ALL.test(text.text.trim())) && !granted('s3:*')) {
    const message = `s3:* acts on buckets and objects, but only ${level === 'bucket' ? 'the bucket is' : 'objects are'} here.`;
    // On a prefix it must not become s3:* on the bucket.
    const fixes = own.some(isWide) ? counterparts(resource, own, level, true).map(widening) : [];
    findings.push(finding('KP-041', resource.entry.value, message, fixes, 'warning'));
  }
  return findings;
}

/** Actions on a bucket that a condition on s3:prefix limits (Service Authorization Reference, Amazon S3). */
const BY_PREFIX: ReadonlySet<string> = new Set(['s3:listbucket', 's3:listbucketversions']);

/** All actions of S3. */
const ALL = /^s3:\*+$/i;

/** Tells nothing of what is in a bucket. */
const LOCATION = 's3:getbucketlocation';

/**
 * What gives idle actions a resource of their level, and no more than the author wrote: where that was a prefix, the bucket comes with
 * a condition on s3:prefix.
 *
 * @param idle the actions without a resource of their level, where others of the statement have one; undefined: all of them
 */
function levelFixes(
  policy: Policy,
  statement: Statement,
  resource: Strings,
  own: readonly Target[],
  level: Level,
  idle: readonly string[] | undefined,
): Fix[] {
  const { action, effect, condition, node } = statement;
  const arns = counterparts(resource, own, level, idle !== undefined);
  // On a prefix s3:* must not become s3:* on the bucket.
  const isLimited = !own.some(isWide);
  const plain = isLimited && action?.texts.some(({ text }) => ALL.test(text.trim())) === true ? [] : arns;
  if (effect === 'Deny') return plain.map(offered('takes-away'));
  if (action === undefined || condition !== undefined) return plain.map(widening);
  // What stands on a bucket as a whole is meant for all of its objects.
  if (level === 'bucket') return plain;
  const objects = own.map(({ text }) => /^(?<bucket>arn:[^:]*:s3:::[^/*?]+)\/(?<key>.+)$/.exec(text.text)?.groups);
  if (objects.every((object) => object !== undefined && /^\*+$/.test(object['key'] ?? ''))) return plain;
  const buckets = new Set(objects.map((object) => object?.['bucket']));
  const [bucket] = buckets;
  const keys = objects.flatMap((object) => object?.['key'] ?? []);
  const lost = idle ?? action.texts.map(({ text }) => text.trim());
  const limited = lost.filter((name) => BY_PREFIX.has(name.toLowerCase()));
  const located = lost.filter((name) => name.toLowerCase() === LOCATION);
  if (located.length === lost.length) return plain;
  const known = limited.length + located.length === lost.length && arns.length > 0 && action.complete;
  if (!known || bucket === undefined || buckets.size > 1) return plain.map(widening);
  const one = (values: readonly string[]): string | readonly string[] =>
    values.length === 1 ? (values[0] ?? '') : values;
  const Condition = { StringLike: { 's3:prefix': one(keys) } };
  if (idle === undefined) {
    if (located.length > 0) return plain.map(widening);
    const edits = [replaceValue(resource.entry.value, bucket), ...addEntry(node, 'Condition', Condition)];
    return [{ title: `Write ${bucket}, limited to ${keys.join(', ')}`, edits, preferred: true }];
  }
  const [list, actions] = [policy.statement?.value, action.entry.value];
  if (list?.type !== 'array' || actions.type !== 'array') return plain.map(widening);
  const others = [
    ...(located.length > 0 ? [{ Effect: 'Allow', Action: one(located), Resource: bucket }] : []),
    { Effect: 'Allow', Action: one(limited), Resource: bucket, Condition },
  ];
  const gone = new Set(idle.map((name) => name.toLowerCase()));
  const indexes = actions.items.flatMap((item, index) =>
    item.type === 'string' && gone.has(String(item.value).trim().toLowerCase()) ? [index] : [],
  );
  const edits = [...removeItems(actions, indexes), ...addItems(list, others)];
  return [{ title: `Allow ${limited.join(', ')} on ${bucket}, limited to ${keys.join(', ')}`, edits, preferred: true }];
}

/** Adds, or puts in their place, the ARNs of the other level. */
function counterparts(resource: Strings, targets: readonly Target[], level: Level, add: boolean): Fix[] {
  const arns = targets.flatMap(({ text, types, findings }): string[] => {
    if (findings.length > 0 || !types.some(({ id }) => id === `s3:${level}`) || text.text.includes(HOLE)) return [];
    const bucket = /^arn:[^:]*:s3:::[^/*?]+(?=\/|$)/.exec(text.text)?.[0];
    return bucket === undefined ? [] : [level === 'bucket' ? `${bucket}/*` : bucket];
  });
  const wanted = [...new Set(arns)];
  const [only] = wanted;
  if (only === undefined || (!add && arns.length < resource.texts.length)) return [];
  const { value } = resource.entry;
  const edits = ((): readonly Edit[] => {
    if (!add && value.type === 'array') {
      // Item by item, so that comments between them stay.
      const rest = value.items.map((_, index) => index).slice(wanted.length);
      return [
        ...wanted.map((arn, index) => replaceValue(value.items[index] ?? value, arn)),
        ...removeItems(value, rest),
      ];
    }
    if (!add) return [replaceValue(value, only)];
    if (value.type === 'array') return addItems(value, wanted);
    return [replaceValue(value, [...resource.texts.map(({ text }) => text), ...wanted])];
  })();
  return [{ title: `${add ? 'Add' : 'Write'} ${wanted.join(', ')}`, edits, preferred: true }];
}
