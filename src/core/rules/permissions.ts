import { type Arn, fieldRange, parseArn, parseArnPattern } from '../arn/arn.ts';
import { partitionById } from '../arn/partitions.ts';
import { isPattern } from '../arn/pattern.ts';
import { checkS3Name, S3_SERVICES, s3NamesIn, type S3ResourceType, s3TypesOf } from '../arn/s3.ts';
import { addItem, removeItem, replaceValue } from '../document/edit.ts';
import { type DocNode, HOLE } from '../document/node.ts';
import { actionsMatching, isKnownService, type KnownAction, suggestActions } from '../policy/actions.ts';
import { permissionsPolicy } from '../policy/build.ts';
import {
  finding,
  firstKey,
  part,
  policySize,
  readPolicy,
  type Statement,
  type Strings,
  type Text,
} from '../policy/model.ts';
import { placeholdersIn } from '../policy/placeholder.ts';
import type { Edit, Finding, Fix, PolicyContext } from './types.ts';

/** Characters without white space that the inline policies of a role have together (IAM User Guide, quotas). */
const INLINE_QUOTA = 10_240;

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
  return [
    ...policy.findings,
    ...statements.flatMap((statement) => [
      ...checkActionNames(statement, context),
      ...(targets.get(statement) ?? []).flatMap((target) => target.findings),
      ...statement.tests.flatMap(({ values }) => values.texts.flatMap((text) => checkPlaceholders(text, context))),
      ...checkLevels(statement, targets),
      ...checkEverything(statement, targets.get(statement) ?? []),
    ]),
    ...checkSize(root),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** KP-040: text that a shell or a template was to replace. */
function checkPlaceholders(text: Text, { variables, bucket }: PolicyContext): Finding[] {
  return placeholdersIn(text.text).map(({ start, end, name }) => {
    const range = part(text, start, end);
    const isBucket = /:s3:+$/.test(text.text.slice(0, start)) && /^(\/|$)/.test(text.text.slice(end));
    const value =
      variables !== undefined && Object.hasOwn(variables, name) ? variables[name] : isBucket ? bucket : undefined;
    const fixes: Fix[] =
      value !== undefined && /^[\w.:/@+=,*-]+$/.test(value)
        ? [{ title: `Write ${value}`, edits: [{ ...range, newText: value }], preferred: true }]
        : [];
    const written = text.text.slice(start, end);
    const message = `${written} was not replaced by its value. IAM takes it as it stands, and it matches nothing.`;
    return finding('KP-040', 'error', range, message, fixes);
  });
}

/** Reads and judges one entry of `Resource`. */
function readTarget(text: Text, context: PolicyContext): Target {
  const findings = checkPlaceholders(text, context);
  // Placeholders count as holes of the same length, so that offsets stay.
  let masked = text.text;
  for (const { start, end } of placeholdersIn(masked)) {
    masked = masked.slice(0, start) + HOLE.repeat(end - start) + masked.slice(end);
  }
  const unknown: Target = { text, types: [], any: true, findings };
  const notS3: Target = { text, types: [], any: false, findings };
  if (/^\*+$/.test(masked) || masked.startsWith(HOLE)) return unknown;
  const arn = parseArnPattern(masked);
  if (arn === undefined) return { ...notS3, findings: [...findings, checkNotArn(text, context)] };
  if (!S3_SERVICES.has(arn.service)) {
    if (!isPattern(arn.service)) return notS3;
    return { text, arn, types: s3TypesOf(arn), any: false, findings };
  }
  findings.push(...checkPartition(text, arn, context));
  const extra = /^:*/.exec(arn.resource)?.[0].length ?? 0;
  if (arn.service === 's3' && extra > 0 && arn.region === '' && arn.account === '') {
    const start = fieldRange(arn, 'resource')[0];
    const range = part(text, start, start + extra);
    const message = `${3 + extra} colons before the bucket. IAM accepts this, but no bucket and no object matches it: an S3 ARN has three.`;
    const fixes = [{ title: 'Write three colons', edits: [{ ...range, newText: '' }], preferred: true }];
    findings.push(finding('KP-039', 'error', range, message, fixes));
    const mended = { ...arn, resource: arn.resource.slice(extra) };
    return { text, arn: mended, types: s3TypesOf(mended), any: false, findings };
  }
  // The partition has a rule of its own.
  const types = s3TypesOf({ ...arn, partition: '*' });
  if (types.length === 0) {
    // A hole may hold colons, so it may make any rest right.
    if (!masked.includes(HOLE) || parseArn(masked) !== undefined) findings.push(checkShape(text, arn, context));
    return { ...unknown, findings };
  }
  return { text, arn, types, any: false, findings: [...findings, ...checkNames(text, arn, types)] };
}

/** `Resource` is neither an ARN nor `*`. */
function checkNotArn(text: Text, { partition = 'aws' }: PolicyContext): Finding {
  const s3 = /^s3a?:\/\/(?<bucket>[^/]+)(?<key>\/.*)?$/i.exec(text.text)?.groups;
  if (s3 === undefined) {
    return finding('P-SYNTAX', 'error', text.node, 'A resource is an ARN or "*": IAM rejects any other text.');
  }
  const key = s3['key'] === undefined || s3['key'] === '/' ? '' : s3['key'].replace(/\/$/, '/*');
  const arn = `arn:${partition}:s3:::${s3['bucket'] ?? ''}${key}`;
  const fixes = [{ title: `Write ${arn}`, edits: [replaceValue(text.node, arn)], preferred: true }];
  return finding('KP-042', 'error', text.node, 'An s3:// address is no ARN: IAM rejects it.', fixes);
}

function checkPartition(text: Text, arn: Arn, { partition }: PolicyContext): Finding[] {
  const written = arn.partition;
  if (isPattern(written)) return [];
  const known = partitionById(written) !== undefined;
  if (known && (partition === undefined || partition === written)) return [];
  const range = part(text, ...fieldRange(arn, 'partition'));
  const fixes =
    partition === undefined
      ? []
      : [{ title: `Write ${partition}`, edits: [{ ...range, newText: partition }], preferred: true }];
  const message = known
    ? `The role is in partition ${partition ?? ''}, this ARN is in ${written}: it matches nothing there.`
    : `There is no AWS partition "${written}": write aws, aws-cn, aws-us-gov or another one of AWS.`;
  // An empty range cannot be seen: then the whole ARN is underlined.
  return [
    finding(
      'KP-043',
      'error',
      range.start === range.end ? text.node : range,
      message,
      range.start === range.end ? [] : fixes,
    ),
  ];
}

/** KP-042: an ARN that no resource of the service can have. */
function checkShape(text: Text, arn: Arn, { bucket }: PolicyContext): Finding {
  const problem = (range: { start: number; end: number }, message: string, title?: string, edits?: Edit[]): Finding =>
    finding(
      'KP-042',
      'error',
      range.start === range.end ? text.node : range,
      message,
      title === undefined || edits === undefined ? [] : [{ title, edits, preferred: true }],
    );
  const resource = part(text, ...fieldRange(arn, 'resource'));
  if (arn.service === 's3' && parseArn(text.text) === undefined) {
    const rest = /^arn:[^:]*:s3(?<colons>:*)(?<name>[^:]+)$/.exec(text.text)?.groups;
    const end = text.text.length - (rest?.['name']?.length ?? 0);
    const range = part(text, end - (rest?.['colons']?.length ?? 0), end);
    const edits = rest === undefined ? undefined : [{ ...range, newText: ':::' }];
    return problem(
      text.node,
      'An S3 ARN has three colons before the bucket: arn:aws:s3:::BUCKET.',
      'Write three colons',
      edits,
    );
  }
  if (arn.service === 's3' && (arn.region !== '' || arn.account !== '')) {
    const [start] = fieldRange(arn, 'region');
    const [, end] = fieldRange(arn, 'account');
    const plain = s3TypesOf({ ...arn, partition: '*', region: '', account: '' });
    const edits = plain.length === 0 ? undefined : [{ ...part(text, start, end), newText: ':' }];
    const message = 'The ARN of a bucket has no region and no account: IAM rejects it, or it matches nothing.';
    return problem(part(text, start, end), message, 'Remove region and account', edits);
  }
  if (arn.service === 's3' && /^(\/|$)/.test(arn.resource)) {
    const edits = bucket === undefined ? undefined : [{ start: resource.start, end: resource.start, newText: bucket }];
    return problem(resource, 'The bucket is missing, so this matches nothing.', `Write ${bucket ?? ''}`, edits);
  }
  if (arn.service === 's3' && /^[^/:]+\/$/.test(arn.resource)) {
    const edits = [{ start: resource.end, end: resource.end, newText: '*' }];
    const message = 'With "/" at its end this is neither the bucket nor its objects: write BUCKET or BUCKET/*.';
    return problem(resource, message, 'Write /*', edits);
  }
  // AWS adds types of resources, so an ARN that is whole but not in our table is only doubted.
  const whole = arn.service !== 's3' && arn.region !== '' && arn.account !== '' && arn.resource.includes('/');
  const message = `No resource of ${arn.service} has an ARN of this form, so it matches nothing.`;
  return { ...problem(resource, message), severity: whole ? 'warning' : 'error' };
}

/** Names of buckets and access points that cannot be, or are not allowed today. */
function checkNames(text: Text, arn: Arn, types: readonly S3ResourceType[]): Finding[] {
  const [type] = types;
  // Longer ARNs do not exist; the patterns of names are not made for them.
  if (type === undefined || isPattern(arn.service) || arn.resource.length > 2048) return [];
  const [offset] = fieldRange(arn, 'resource');
  return s3NamesIn(type, arn.resource).flatMap(({ kind, name, start }) => {
    const problem = isPattern(name) ? undefined : checkS3Name(kind, name);
    if (problem === undefined) return [];
    const range = part(text, offset + start, offset + start + name.length);
    return [finding('KP-042', problem.severity, range, `"${name}" matches nothing: ${problem.problem}.`)];
  });
}

/** P-ACTION, and placeholders among the actions. */
function checkActionNames({ action, notAction }: Statement, context: PolicyContext): Finding[] {
  return [action, notAction].flatMap((strings) =>
    (strings?.texts ?? []).flatMap((text) => {
      const name = text.text;
      if (placeholdersIn(name).length > 0) return checkPlaceholders(text, context);
      if (name.includes(HOLE) || !/^[\w-]+:[\w*?]+$/.test(name)) return [];
      if (!isKnownService(name) || actionsMatching(name).length > 0) return [];
      const right = suggestActions(name);
      const written = right.join(' and ');
      const hint = right.length === 0 ? '' : ` Did you mean ${written}?`;
      const message = `IAM accepts ${name}, but there is no such action, so it allows nothing.${hint}`;
      const fixes =
        right.length === 0 || strings === undefined
          ? []
          : [{ title: `Write ${written}`, edits: replaceAction(strings, text, right), preferred: true }];
      return [finding('P-ACTION', 'warning', text.node, message, fixes)];
    }),
  );
}

/** Puts actions in the place of one, leaving out those that are there already. */
function replaceAction({ entry, texts }: Strings, text: Text, actions: readonly string[]): Edit[] {
  const { value } = entry;
  const present = new Set(texts.map((other) => other.text.toLowerCase()));
  const missing = actions.filter((action) => !present.has(action.toLowerCase()));
  if (value.type !== 'array') {
    const [only] = actions;
    return [replaceValue(text.node, actions.length === 1 && only !== undefined ? only : actions)];
  }
  const [first, ...others] = missing;
  if (first === undefined) return [removeItem(value, value.items.indexOf(text.node))];
  return [replaceValue(text.node, first), ...others.map((action) => addItem(value, action))];
}

const OBJECT_TYPES = new Set(['s3:object', 's3:accesspointobject', 's3:multiregionaccesspointobject']);
const BUCKET_TYPES = new Set(['s3:bucket', 's3:accesspoint', 's3:multiregionaccesspoint']);

function levelOf(action: KnownAction): Level | undefined {
  if (!action.name.startsWith('s3:') || action.on.length === 0) return undefined;
  if (action.on.every((type) => OBJECT_TYPES.has(`s3:${type}`))) return 'object';
  return action.on.every((type) => BUCKET_TYPES.has(`s3:${type}`)) ? 'bucket' : undefined;
}

/** The levels of the actions that a text stands for; an operation of the SDK counts as the actions that it needs. */
function levelsOfAction(text: string): Set<Level | undefined> {
  const known = actionsMatching(text);
  const names = known.length > 0 || !isKnownService(text) ? [] : suggestActions(text);
  return new Set([...known, ...names.flatMap(actionsMatching)].map(levelOf));
}

function levelsOfTarget({ types, any }: Target): Set<Level> {
  if (any) return new Set(['bucket', 'object']);
  return new Set(
    types.flatMap(({ id }): Level[] => (OBJECT_TYPES.has(id) ? ['object'] : BUCKET_TYPES.has(id) ? ['bucket'] : [])),
  );
}

/** KP-041 and KP-045: actions of one level on resources of the other only. */
function checkLevels(statement: Statement, targets: ReadonlyMap<Statement, readonly Target[]>): Finding[] {
  const { action, resource, effect } = statement;
  const own = targets.get(statement) ?? [];
  if (action === undefined || resource === undefined || !resource.complete || own.length === 0) return [];
  const levels = new Set(own.flatMap((target) => [...levelsOfTarget(target)]));
  const [level] = levels;
  if (level === undefined || levels.size > 1) return [];
  const other: Level = level === 'bucket' ? 'object' : 'bucket';

  const judged = action.texts.map((text) => ({ text, levels: levelsOfAction(text.text) }));
  const lost = judged.filter((one) => one.levels.size === 1 && one.levels.has(other));
  const first = lost[0];
  const granted = (text: string): boolean =>
    [...targets].some(
      ([{ effect: otherEffect, action: actions }, others]) =>
        otherEffect === effect &&
        others.some((target) => levelsOfTarget(target).has(other)) &&
        actions?.texts.some((one) => covers(one.text, text)),
    );
  const findings: Finding[] = judged.flatMap(({ text }) => {
    const [known] = actionsMatching(text.text);
    if (known === undefined || isPattern(text.text) || known.on.length > 0 || !known.name.startsWith('s3:')) return [];
    if (own.some(({ arn }) => arn !== undefined && /^\*+$/.test(arn.resource))) return [];
    const message = `${known.name} is about the account, not about one bucket: it takes effect only with "Resource": "*".`;
    return [finding('KP-045', 'warning', text.node, message)];
  });
  const what =
    other === 'object' ? 'objects, and no ARN with BUCKET/* is here' : 'a bucket, and only ARNs of objects are here';
  if (first !== undefined) {
    const idle = lost.map(({ text }) => text.text);
    const message = `${idle.join(', ')}: acts on ${what}, so ${idle.length > 1 ? 'these have' : 'it has'} no effect.`;
    const leftOut = judged.some((one) => one.levels.has(level));
    const fixes = counterparts(resource, own, level, leftOut);
    // Without one bucket to name there is no right answer, and AWS's own policies have such idle actions.
    const severity = effect === 'Deny' || fixes.length === 0 || idle.every(granted) ? 'warning' : 'error';
    findings.push(
      leftOut
        ? finding('KP-041', severity, resource.entry.value, message, fixes)
        : finding('KP-045', severity, first.text.node, message, fixes),
    );
  } else if (effect === 'Allow' && judged.some(({ text }) => /^s3:\*+$/i.test(text.text)) && !granted('s3:*')) {
    const message = `s3:* acts on buckets and objects, but only ${level === 'bucket' ? 'the bucket is' : 'objects are'} here.`;
    findings.push(
      finding('KP-041', 'warning', resource.entry.value, message, counterparts(resource, own, level, true)),
    );
  }
  return findings;
}

/** Whether an action pattern allows at least something of what another names. */
function covers(pattern: string, action: string): boolean {
  const names = new Set(actionsMatching(pattern).map(({ name }) => name));
  const wanted = actionsMatching(action);
  return (wanted.length > 0 ? wanted : suggestActions(action).flatMap(actionsMatching)).some(({ name }) =>
    names.has(name),
  );
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
  const edits = ((): Edit[] => {
    if (!add) return [replaceValue(value, wanted.length === 1 ? only : wanted)];
    if (value.type === 'array') return wanted.map((arn) => addItem(value, arn));
    return [replaceValue(value, [...resource.texts.map(({ text }) => text), ...wanted])];
  })();
  return [{ title: `${add ? 'Add' : 'Write'} ${wanted.join(', ')}`, edits, preferred: true }];
}

/** KP-044: every action of S3 on a whole bucket. */
function checkEverything(statement: Statement, targets: readonly Target[]): Finding[] {
  const { action, effect } = statement;
  if (effect !== 'Allow' || action === undefined) return [];
  const wide = targets.some(
    ({ any, arn, text }) =>
      (any && /^\*+$/.test(text.text)) || (arn !== undefined && /^([^/]*|[^/]*\/\*+)$/.test(arn.resource)),
  );
  if (!wide) return [];
  return action.texts.flatMap((text) => {
    if (!/^s3:\*+$/i.test(text.text)) return [];
    const levels = new Set<Level | undefined>(targets.flatMap((target) => [...levelsOfTarget(target)]));
    const needed = PIPELINE_ACTIONS.filter((name) => [...levelsOfAction(name)].some((level) => levels.has(level)));
    const others = action.texts.filter((one) => one !== text).map((one) => one.text);
    const edits = [replaceValue(action.entry.value, [...new Set([...others, ...needed])])];
    const message =
      's3:* also allows to delete the bucket, to change its policy and to read what other profiles keep in it.';
    const fixes = action.complete && needed.length > 0 ? [{ title: 'Allow only what pipelines need', edits }] : [];
    return [finding('KP-044', 'warning', text.node, message, fixes)];
  });
}

function checkSize(root: DocNode): Finding[] {
  const size = policySize(root);
  if (size === undefined || size < INLINE_QUOTA * 0.8 || root.type !== 'object') return [];
  // Only a warning, also over the quota: AWS's own managed policies are larger.
  const message = `The policy has ${size} characters without white space; the inline policies of a role may have ${INLINE_QUOTA} together.`;
  return [finding('P-SIZE', 'warning', firstKey(root), message)];
}
