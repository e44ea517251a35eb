import { type Arn, fieldRange, parseArn, parseArnPattern } from '../arn/arn.ts';
import { partitionById } from '../arn/partitions.ts';
import { isPattern } from '../arn/pattern.ts';
import { checkS3Name, S3_SERVICES, s3NamesIn, type S3ResourceType, s3TypesOf } from '../arn/s3.ts';
import { addEntry, addItems, removeItems, replaceValue } from '../document/edit.ts';
import { type DocNode, HOLE } from '../document/node.ts';
import {
  actionsMatching,
  actionsOfOperation,
  isKnownService,
  isSlipOf,
  type KnownAction,
  suggestActions,
} from '../policy/actions.ts';
import { permissionsPolicy } from '../policy/build.ts';
import {
  checkTemplates,
  finding,
  firstKey,
  LONGEST,
  part,
  type Policy,
  policySize,
  readPolicy,
  type Statement,
  type Strings,
  type Text,
} from '../policy/model.ts';
import { placeholdersIn } from '../policy/placeholder.ts';
import type { Edit, Finding, Fix, PolicyContext, Severity } from './types.ts';

/** Characters without white space that the inline policies of a role have together (IAM User Guide, quotas). */
const INLINE_QUOTA = 10_240;
/** The same of one managed policy. */
const MANAGED_QUOTA = 6_144;

/** The two levels of S3: an action acts on a bucket or on objects, never on both (Service Authorization Reference). */
type Level = 'bucket' | 'object';

/** What one entry of `Resource` stands for. */
interface Target {
  readonly text: Text;
  /** Undefined when it is no ARN of the S3 family, or is not known. */
  readonly arn?: Arn;
  readonly types: readonly S3ResourceType[];
  /** `Resource: "*"`, or text that is not known: fits every action. */
  readonly any: boolean;
  readonly findings: readonly Finding[];
}

/** The actions that a role needs for Kubeflow Pipelines. */
const PIPELINE_ACTIONS = permissionsPolicy('aws', 'bucket', 'profile', 'bucket').Statement.flatMap(
  ({ Action }) => Action,
);

/**
 * Judges a permission policy: the document of an inline or managed policy of a role. A document whose statements all have a
 * Principal is a resource policy (of a bucket, a key) and not judged. Never throws.
 */
export function checkPermissionPolicy(root: DocNode, context: PolicyContext = {}): Finding[] {
  const policy = readPolicy(root, 'permission');
  const { statements } = policy;
  if (statements.length > 0 && statements.every(({ principal }) => principal !== undefined)) return [];
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
    ...policy.findings,
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
      ...checkEverything(statement, targets.get(statement) ?? []),
    ]),
    ...checkSize(root, context),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Something wrong in a string, from `from` to `to`, and what to write instead. */
interface Slip {
  readonly id: 'KP-039' | 'KP-040' | 'KP-042' | 'KP-043' | 'P-SYNTAX';
  readonly severity: Severity;
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly mend?: { readonly title: string; readonly from: number; readonly to: number; readonly newText: string };
}

/** Reads and judges one entry of `Resource`. */
function readTarget(text: Text, context: PolicyContext): Target {
  if (text.text.length > LONGEST) return { text, types: [], any: true, findings: [] };
  const slips = resourceSlips(text.text, context);
  // What the entry stands for once its slips are mended: mending one thing must not bring up another.
  let mended = text.text;
  const findings = slips.map((slip) => {
    const { mend } = slip;
    const sound = mend !== undefined && resourceSlips(splice(text.text, mend), context).length < slips.length;
    return slipFinding(text, sound ? slip : { ...slip, mend: undefined });
  });
  const mends = slips.flatMap(({ mend }) => mend ?? []).sort((a, b) => b.from - a.from || b.to - a.to);
  for (const mend of mends) mended = splice(mended, mend);

  const masked = maskPlaceholders(mended);
  findings.push(...checkTemplates('KP-040', text, context));
  const target = { text, findings, types: [], any: false };
  if (/^\*+$/.test(masked) || masked.startsWith(HOLE)) return { ...target, any: true };
  const arn = parseArnPattern(masked);
  if (arn === undefined || !(S3_SERVICES.has(arn.service) || isPattern(arn.service))) return target;
  const types = s3TypesOf({ ...arn, partition: '*' });
  // An ARN of no known form has a finding of its own: nothing more follows from it.
  return { ...target, arn, types, any: types.length === 0 };
}

const splice = (text: string, { from, to, newText }: { from: number; to: number; newText: string }): string =>
  text.slice(0, from) + newText + text.slice(to);

/** Placeholders count as holes of the same length, so that offsets stay. */
function maskPlaceholders(text: string): string {
  let masked = '';
  for (const { start, end } of placeholdersIn(text)) {
    masked += text.slice(masked.length, start) + HOLE.repeat(end - start);
  }
  return masked + text.slice(masked.length);
}

function slipFinding(
  text: Text,
  { id, severity, from, to, message, mend }: Omit<Slip, 'mend'> & { mend?: Slip['mend'] | undefined },
): Finding {
  const range = from === to ? text.node : part(text, from, to);
  if (mend === undefined) return finding(id, severity, range, message);
  const { newText } = mend;
  // A whole value is written anew, with its quotes; a part of it as it stands, which its characters allow.
  const edit =
    mend.from === 0 && mend.to === text.text.length
      ? replaceValue(text.node, newText)
      : { ...part(text, mend.from, mend.to), newText };
  return finding(id, severity, range, message, [{ title: mend.title, edits: [edit], preferred: true }]);
}

/** KP-040: text that a shell or a template was to replace. */
function placeholderSlips(text: string, { variables, bucket }: PolicyContext): Slip[] {
  return placeholdersIn(text).map(({ start, end, name }) => {
    const isBucket = /:s3:+$/.test(text.slice(0, start)) && /^(\/|$)/.test(text.slice(end));
    const known = variables !== undefined && Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = known ?? (isBucket ? bucket : undefined);
    const message = `${text.slice(start, end)} was not replaced by its value. IAM takes it as it stands, and it matches nothing.`;
    const slip = { id: 'KP-040', severity: 'error', from: start, to: end, message } as const;
    return value !== undefined && /^[\w.:/@+=,*-]+$/.test(value)
      ? { ...slip, mend: { title: `Write ${value}`, from: start, to: end, newText: value } }
      : slip;
  });
}

function checkPlaceholders(text: Text, context: PolicyContext): Finding[] {
  if (text.text.length > LONGEST) return [];
  return [
    ...placeholderSlips(text.text, context).map((slip) => slipFinding(text, slip)),
    ...checkTemplates('KP-040', text, context),
  ];
}

/** What is wrong in an entry of `Resource`, in the order of the text. */
function resourceSlips(text: string, context: PolicyContext): Slip[] {
  const slips = placeholderSlips(text, context);
  const masked = maskPlaceholders(text);
  if (/^\*+$/.test(masked) || masked.startsWith(HOLE)) return slips;
  const arn = parseArnPattern(masked);
  if (arn === undefined) return [...slips, notArn(text, context)];
  if (!S3_SERVICES.has(arn.service)) return slips;
  slips.push(...partitionSlips(arn, context));
  const extra = /^:*/.exec(arn.resource)?.[0].length ?? 0;
  // The partition has a rule of its own.
  const types = s3TypesOf({ ...arn, partition: '*', resource: arn.resource.slice(extra) });
  if (arn.service === 's3' && extra > 0 && arn.region === '' && arn.account === '') {
    const [from] = fieldRange(arn, 'resource');
    const message = `${3 + extra} colons before the bucket. IAM accepts this, but no bucket and no object matches it: an S3 ARN has three.`;
    const mend = { title: 'Write three colons', from, to: from + extra, newText: '' };
    slips.push({ id: 'KP-039', severity: 'error', from, to: from + extra, message, mend });
    if (types.length > 0) slips.push(...nameSlips({ ...arn, resource: arn.resource.slice(extra) }, types, extra));
  } else if (types.length > 0 && extra === 0) slips.push(...nameSlips(arn, types, 0));
  // A hole may hold colons, so it may make any rest right.
  else if (!masked.includes(HOLE) || parseArn(masked) !== undefined) slips.push(shapeSlip(text, arn, context));
  return slips.sort((a, b) => a.from - b.from || a.to - b.to);
}

/** `Resource` is neither an ARN nor `*`. */
function notArn(text: string, { partition = 'aws' }: PolicyContext): Slip {
  const place = { severity: 'error', from: 0, to: 0 } as const;
  const s3 = /^s3a?:\/\/(?<bucket>[^/]+)(?<key>\/.*)?$/i.exec(text)?.groups;
  const trimmed = text.trim();
  if (trimmed !== text && /^(?:\*|arn:)/.test(trimmed)) {
    const mend = { title: `Write ${trimmed}`, from: 0, to: text.length, newText: trimmed };
    return { ...place, id: 'P-SYNTAX', message: 'There is a blank at the start or end: IAM rejects it.', mend };
  }
  if (s3 === undefined || placeholdersIn(text).length > 0) {
    return { ...place, id: 'P-SYNTAX', message: 'A resource is an ARN or "*": IAM rejects any other text.' };
  }
  const key = s3['key'] === undefined || s3['key'] === '/' ? '' : s3['key'].replace(/\/$/, '/*');
  const arn = `arn:${partition}:s3:::${s3['bucket'] ?? ''}${key}`;
  const mend = { title: `Write ${arn}`, from: 0, to: text.length, newText: arn };
  return { ...place, id: 'KP-042', message: 'An s3:// address is no ARN: IAM rejects it.', mend };
}

function partitionSlips(arn: Arn, { partition }: PolicyContext): Slip[] {
  const written = arn.partition;
  if (isPattern(written)) return [];
  const known = partitionById(written) !== undefined;
  if (known && (partition === undefined || partition === written)) return [];
  const [from, to] = fieldRange(arn, 'partition');
  const message = known
    ? `The role is in partition ${partition ?? ''}, this ARN is in ${written}: it matches nothing there.`
    : `There is no AWS partition "${written}": write aws, aws-cn, aws-us-gov or another one of AWS.`;
  const slip = { id: 'KP-043', severity: 'error', from, to, message } as const;
  return [
    partition === undefined ? slip : { ...slip, mend: { title: `Write ${partition}`, from, to, newText: partition } },
  ];
}

/** Resources of S3 that are no buckets, and have a region and an account (Service Authorization Reference). */
const REGIONAL = /^(?:accesspoint|async-request|job|storage-lens|storage-lens-group|access-grants)[:/]/;

/** KP-042: an ARN that no resource of the service can have. */
function shapeSlip(text: string, arn: Arn, { bucket }: PolicyContext): Slip {
  const error = { id: 'KP-042', severity: 'error' } as const;
  const [from, to] = fieldRange(arn, 'resource');
  const fits = (change: Partial<Arn>): boolean => s3TypesOf({ ...arn, partition: '*', ...change }).length > 0;
  const isNumber = /^(?:\d{12}|)$/.test(arn.account) || isPattern(arn.account);
  if (parseArn(text) !== undefined && !isNumber && fits({ account: '1'.repeat(12) })) {
    const [start, end] = fieldRange(arn, 'account');
    return { ...error, from: start, to: end, message: 'An AWS account id has 12 digits: this matches nothing.' };
  }
  if (arn.service === 's3') {
    if (parseArn(text) === undefined) {
      const rest = /^arn:[^:]*:s3(?<colons>:*)(?<name>[^:]+)$/.exec(text)?.groups;
      const end = text.length - (rest?.['name']?.length ?? 0);
      const start = end - (rest?.['colons']?.length ?? 0);
      const message = 'An S3 ARN has three colons before the bucket: arn:aws:s3:::BUCKET.';
      const mend = { title: 'Write three colons', from: start, to: end, newText: ':::' };
      return { ...error, from: 0, to: 0, message, ...(rest !== undefined && { mend }) };
    }
    if (arn.resource.startsWith('accesspoint:') && fits({ resource: arn.resource.replace(':', '/') })) {
      const at = from + 'accesspoint'.length;
      const mend = { title: 'Write accesspoint/', from: at, to: at + 1, newText: '/' };
      const message =
        'In a policy an access point is written accesspoint/NAME: IAM rejects this, or it matches nothing.';
      return { ...error, from, to, message, mend };
    }
    if ((arn.region !== '' || arn.account !== '') && !REGIONAL.test(arn.resource)) {
      const place = { from: fieldRange(arn, 'region')[0], to: fieldRange(arn, 'account')[1] };
      const message = 'The ARN of a bucket has no region and no account: IAM rejects it, or it matches nothing.';
      return { ...error, ...place, message, mend: { title: 'Remove region and account', ...place, newText: ':' } };
    }
    if (/^(\/|$)/.test(arn.resource)) {
      const mend = bucket === undefined ? undefined : { title: `Write ${bucket}`, from, to: from, newText: bucket };
      const message = 'The bucket is missing, so this matches nothing.';
      return { ...error, from, to, message, ...(mend && { mend }) };
    }
    if (/^[^/:]+\/$/.test(arn.resource)) {
      const message = 'With "/" at its end this is neither the bucket nor its objects: write BUCKET or BUCKET/*.';
      return { ...error, from, to, message, mend: { title: 'Write /*', from: to, to, newText: '*' } };
    }
  }
  // AWS adds types of resources, so an ARN that is whole but not in our table is only doubted.
  const whole = arn.service !== 's3' && arn.region !== '' && arn.account !== '' && arn.resource.includes('/');
  const message = `No resource of ${arn.service} has an ARN of this form, so it matches nothing.`;
  return { ...error, severity: whole ? 'warning' : 'error', from, to, message };
}

/** Names of buckets and access points that cannot be, or are not allowed today. `shift`: how far the resource stands later. */
function nameSlips(arn: Arn, types: readonly S3ResourceType[], shift: number): Slip[] {
  const [type] = types;
  if (type === undefined || isPattern(arn.service)) return [];
  const offset = fieldRange(arn, 'resource')[0] + shift;
  return s3NamesIn(type, arn.resource).flatMap(({ kind, name, start }): Slip[] => {
    const problem = isPattern(name) ? undefined : checkS3Name(kind, name);
    if (problem === undefined) return [];
    const [from, to] = [offset + start, offset + start + name.length];
    const message = `"${name}" ${problem.severity === 'error' ? 'matches nothing' : 'most likely matches nothing'}: ${problem.problem}.`;
    return [{ id: 'KP-042', severity: problem.severity, from, to, message }];
  });
}

/** P-ACTION, and placeholders among the actions. */
function checkActionNames({ action, notAction, effect }: Statement, context: PolicyContext): Finding[] {
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
      const sure = actionsOfOperation(name) !== undefined || right.every((one) => isSlipOf(name, one));
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
      return [finding('P-ACTION', 'warning', text.node, message, mending(effect, strings === action, fixes))];
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

/** The actions that a text stands for; an operation of the SDK counts as the actions that it needs. */
function knownActions(text: string): readonly KnownAction[] {
  const known = actionsMatching(text);
  return known.length > 0 || !isKnownService(text) ? known : suggestActions(text).flatMap(actionsMatching);
}

function levelsOfAction(text: string): Set<Level | undefined> {
  return new Set(knownActions(text).map(levelOf));
}

function levelsOfTarget({ types, any }: Target): Set<Level> {
  if (any) return new Set(['bucket', 'object']);
  return new Set(
    types.flatMap(({ id }): Level[] => (OBJECT_TYPES.has(id) ? ['object'] : BUCKET_TYPES.has(id) ? ['bucket'] : [])),
  );
}

/** The names of the actions that statements with an effect name on a level of resource; keys `Allow bucket` and so on. */
type Grants = ReadonlyMap<string, ReadonlySet<string>>;

function readGrants(targets: ReadonlyMap<Statement, readonly Target[]>): Grants {
  const texts = new Map<string, Set<string>>();
  for (const [{ effect, action }, own] of targets) {
    for (const level of new Set(own.flatMap((target) => [...levelsOfTarget(target)]))) {
      const key = `${effect ?? ''} ${level}`;
      const named = texts.get(key) ?? new Set();
      for (const { text } of action?.texts ?? []) named.add(text.trim());
      texts.set(key, named);
    }
  }
  return new Map(
    [...texts].map(([key, named]) => [key, new Set([...named].flatMap(actionsMatching).map(({ name }) => name))]),
  );
}

/** KP-041 and KP-045: actions of one level on resources of the other only. */
function checkLevels(policy: Policy, statement: Statement, own: readonly Target[], grants: Grants): Finding[] {
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
    if (own.some(({ arn }) => arn !== undefined && /^\*+$/.test(arn.resource))) return [];
    const message = `${known.name} is about the account, not about one bucket: it takes effect only with "Resource": "*".`;
    return [finding('KP-045', 'warning', text.node, message)];
  });
  const what =
    other === 'object' ? 'objects, and no ARN with BUCKET/* is here' : 'a bucket, and only ARNs of objects are here';
  if (first !== undefined) {
    const idle = lost.map(({ text }) => text.text.trim());
    const message = `${idle.join(', ')}: acts on ${what}, so ${idle.length > 1 ? 'these have' : 'it has'} no effect.`;
    const leftOut = judged.some((one) => one.levels.has(level));
    const fixes = levelFixes(policy, statement, resource, own, level, leftOut ? idle : undefined);
    // Without one bucket to name there is no right answer, and AWS's own policies have such idle actions.
    const severity = effect === 'Deny' || fixes.length === 0 || idle.every(granted) ? 'warning' : 'error';
    findings.push(
      leftOut
        ? finding('KP-041', severity, resource.entry.value, message, fixes)
        : finding('KP-045', severity, first.text.node, message, fixes),
    );
  } else if (effect === 'Allow' && judged.some(({ text }) => /^s3:\*+$/i.test(text.text.trim())) && !granted('s3:*')) {
    const message = `s3:* acts on buckets and objects, but only ${level === 'bucket' ? 'the bucket is' : 'objects are'} here.`;
    // On a prefix it must not become s3:* on the bucket.
    const fixes = own.some(isWide) ? counterparts(resource, own, level, true).map(widening) : [];
    findings.push(finding('KP-041', 'warning', resource.entry.value, message, fixes));
  }
  return findings;
}

/** A fix that gives more than what was written, or takes away: never done unasked. */
const offered =
  (effect: 'widens' | 'takes-away') =>
  ({ preferred: _, ...fix }: Fix): Fix => ({ ...fix, effect });
const widening = offered('widens');

/** Fixes of a name that fits nothing today: in a Deny, or behind a Not, mending it takes rights away, in both it gives them. */
function mending(effect: Statement['effect'], isPlain: boolean, fixes: readonly Fix[]): readonly Fix[] {
  if ((effect !== 'Deny') === isPlain) return isPlain ? fixes : fixes.map(widening);
  return fixes.map(offered('takes-away'));
}

/** Actions on a bucket that a condition on s3:prefix limits (Service Authorization Reference, Amazon S3). */
const BY_PREFIX: ReadonlySet<string> = new Set(['s3:listbucket', 's3:listbucketversions']);
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
  const plain = counterparts(resource, own, level, idle !== undefined);
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
  const known = limited.length + located.length === lost.length && plain.length > 0 && action.complete;
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

/** Whether an entry stands for a whole bucket, or all of its objects. */
function isWide({ any, arn, text }: Target): boolean {
  return (any && /^\*+$/.test(text.text)) || (arn !== undefined && /^([^/]*|[^/]*\/\*+)$/.test(arn.resource));
}

/** KP-044: every action of S3 on a whole bucket. */
function checkEverything(statement: Statement, targets: readonly Target[]): Finding[] {
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
    return [finding('KP-044', 'warning', text.node, message, fixes)];
  });
}

function checkSize(root: DocNode, { managed }: PolicyContext): Finding[] {
  const size = policySize(root);
  const quota = managed === true ? MANAGED_QUOTA : INLINE_QUOTA;
  if (size === undefined || size < quota * 0.8 || root.type !== 'object') return [];
  // Only a warning, also over the quota: AWS's own managed policies are larger.
  const has = `The policy has ${size} characters without white space`;
  const message =
    managed === true
      ? `${has}; a managed policy may have ${MANAGED_QUOTA}.`
      : `${has}; the inline policies of a role may have ${INLINE_QUOTA} together, a managed policy ${MANAGED_QUOTA}.`;
  return [finding('P-SIZE', 'warning', firstKey(root), message)];
}
