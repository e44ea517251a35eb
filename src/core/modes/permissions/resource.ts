import { type Arn, fieldRange, parseArn, parseArnPattern } from '../../arn/arn.ts';
import { partitionById, partitionOfRegion } from '../../arn/partitions.ts';
import { isPattern } from '../../arn/pattern.ts';
import { checkS3Name, S3_SERVICES, s3NamesIn, type S3ResourceType, s3TypesOf } from '../../arn/s3.ts';
import { replaceValue } from '../../document/edit.ts';
import { HOLE } from '../../document/node.ts';
import { finding, type Finding, type PolicyContext, type Severity } from '../../finding.ts';
import { SERVICES } from '../../policy/condition-keys.ts';
import { checkTemplates, LONGEST, part, type Text } from '../../policy/model.ts';
import { leftIn, leftOver, underSub } from '../../policy/filling.ts';
import { placeholdersIn } from '../../policy/placeholder.ts';

/** What one entry of `Resource` stands for. */
export interface Target {
  readonly text: Text;
  /** Undefined when it is no ARN of the S3 family, or is not known. */
  readonly arn?: Arn;
  /** The service of the ARN, which may be a pattern. Undefined when it is no ARN, or is not known. */
  readonly service?: string;
  readonly types: readonly S3ResourceType[];
  /** `Resource: "*"`, or text that is not known: fits every action. */
  readonly any: boolean;
  readonly findings: readonly Finding[];
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
export function readTarget(text: Text, context: PolicyContext): Target {
  if (text.text.length > LONGEST) return { text, types: [], any: true, findings: [] };
  const slips = resourceSlips(text.text, context);
  // What the entry stands for once its slips are mended: mending one thing must not bring up another.
  let mended = text.text;
  const findings = slips.map((slip) => {
    const { mend } = slip;
    const sound = mend !== undefined && resourceSlips(splice(text.text, mend), context).length < slips.length;
    return slipFinding(text, sound ? slip : { ...slip, mend: undefined }, context);
  });
  const mends = slips.flatMap(({ mend }) => mend ?? []).sort((a, b) => b.from - a.from);
  for (const mend of mends) mended = splice(mended, mend);

  const masked = maskPlaceholders(mended);
  findings.push(...checkTemplates('KP-040', text, context));
  const arn = parseArnPattern(masked);
  const service = arn === undefined || arn.service === '' ? {} : { service: arn.service };
  const target = { text, findings, types: [], any: false, ...service };
  if (/^\*+$/.test(masked) || masked.startsWith(HOLE)) return { text, findings, types: [], any: true };
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
  context: PolicyContext,
): Finding {
  const range = from === to ? text.node : part(text, from, to);
  if (mend === undefined) return finding(id, range, message, id === 'KP-040' ? underSub(text, context) : [], severity);
  const { newText } = mend;
  // A whole value is written anew, with its quotes; a part of it as it stands, which its characters allow.
  const edit =
    mend.from === 0 && mend.to === text.text.length
      ? replaceValue(text.node, newText)
      : { ...part(text, mend.from, mend.to), newText };
  return finding(id, range, message, [{ title: mend.title, edits: [edit], preferred: true }], severity);
}

/** KP-040: text that a shell or a template was to replace. */
function placeholderSlips(text: string, context: PolicyContext): Slip[] {
  const { variables, bucket } = context;
  return leftIn(text, context).flatMap(({ start, end, name }) => {
    const over = leftOver(text.slice(start, end), context);
    if (over === undefined) return [];
    const isBucket = /:s3:+$/.test(text.slice(0, start)) && /^(\/|$)/.test(text.slice(end));
    const known = variables !== undefined && Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = known ?? (isBucket ? bucket : undefined);
    const message = `${text.slice(start, end)} was not replaced by its value. IAM takes it as it stands, and it matches nothing.${over.tail}`;
    const slip = { id: 'KP-040', severity: over.severity, from: start, to: end, message } as const;
    return value !== undefined && /^[\w.:/@+=,*-]+$/.test(value)
      ? { ...slip, mend: { title: `Write ${value}`, from: start, to: end, newText: value } }
      : slip;
  });
}

export function checkPlaceholders(text: Text, context: PolicyContext): Finding[] {
  if (text.text.length > LONGEST) return [];
  return [
    ...placeholderSlips(text.text, context).map((slip) => slipFinding(text, slip, context)),
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
  if (!S3_SERVICES.has(arn.service)) {
    const others = partitionSlips(arn, {});
    return [...slips, ...(others.length > 0 ? others : otherSlips(masked, arn))].sort((a, b) => a.from - b.from);
  }
  slips.push(...partitionSlips(arn, context));
  const extra = /^:*/.exec(arn.resource)?.[0].length ?? 0;
  // The partition has a rule of its own.
  const types = s3TypesOf({ ...arn, partition: '*', resource: arn.resource.slice(extra) });
  if (arn.service === 's3' && extra > 0 && arn.region === '' && arn.account === '') {
    const [from] = fieldRange(arn, 'resource');
    const message = `${3 + extra} colons before the bucket. IAM accepts this, but no bucket and no object matches it: an S3 ARN has three.`;
    const mend = { title: 'Write three colons', from, to: from + extra, newText: '' };
    slips.push({ id: 'KP-039', severity: 'error', from, to: from + extra, message, mend });
    slips.push(...nameSlips({ ...arn, resource: arn.resource.slice(extra) }, types, extra));
  } else if (types.length > 0 && extra === 0) slips.push(...nameSlips(arn, types, 0), ...ownerSlips(arn));
  // A hole may hold colons, so it may make any rest right.
  else if (!masked.includes(HOLE) || parseArn(masked) !== undefined) slips.push(shapeSlip(text, arn, context));
  return slips.sort((a, b) => a.from - b.from);
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

/** What an IAM ARN in a policy names (IAM User Guide, "IAM ARNs"; role-template: AWS's own AWSCloudWatchOmniServiceRolePolicy). */
const IAM_PATHS =
  /^(?:user|federated-user|role|role-template|group|instance-profile|mfa|server-certificate|policy|sms-mfa|saml-provider|oidc-provider|report|access-report|delegation-request)\//;

/** How people write s3 for the service, and what is none. */
const MEANT_S3 = /^(?:s33|ss3|s3s|3s|s-3|aws-?s3|amazon-?s3)$/i;

/** P-SYNTAX and KP-042: what is wrong in an ARN of another service than S3, or of none. */
function otherSlips(text: string, arn: Arn): Slip[] {
  const error = { id: 'P-SYNTAX', severity: 'error' } as const;
  const [from, to] = fieldRange(arn, 'service');
  const colons = text.split(':').length - 1;
  if (colons < 2) return [{ ...error, from: 0, to: 0, message: 'The ARN is cut off: IAM rejects it.' }];
  if (arn.service === '') {
    const bucket = /^arn:[^:]*:::+(?<rest>[^:]+)$/.exec(text)?.groups?.['rest'];
    const at = text.length - (bucket ?? '').length;
    const mend = { title: 'Write s3:::', from, to: at, newText: 's3:::' };
    const message = 'The service is left out of the ARN: IAM rejects it.';
    return [{ ...error, from: 0, to: 0, message, ...(bucket === undefined ? {} : { mend }) }];
  }
  if (isPattern(arn.service) || arn.service.includes(HOLE)) return [];
  const lower = arn.service.toLowerCase();
  const right = MEANT_S3.test(lower) && !SERVICES.has(lower) ? 's3' : lower;
  if (right !== arn.service && SERVICES.has(right)) {
    const mend = { title: `Write ${right}`, from, to, newText: right };
    const message = `There is no service ${arn.service}, so this matches nothing.`;
    return [{ id: 'KP-042', severity: 'error', from, to, message, mend }];
  }
  if (colons < 5 && text.includes('::')) {
    const message = `An ARN has six parts, with a colon between them: this one has ${colons + 1}, and IAM rejects it.`;
    return [{ ...error, from: 0, to: 0, message }];
  }
  if (arn.service !== 'iam' || colons < 5) return [];
  if (arn.region !== '' && !isPattern(arn.region) && !arn.region.includes(HOLE)) {
    const [start, end] = fieldRange(arn, 'region');
    const mend = { title: 'Remove the region', from: start, to: end, newText: '' };
    return [{ ...error, from: start, to: end, message: 'IAM has no regions: it rejects this ARN.', mend }];
  }
  const first = /^[^/]*\/?/.exec(arn.resource)?.[0] ?? '';
  if (IAM_PATHS.test(first) || isPattern(first) || first.includes(HOLE) || first === 'root') return [];
  const [start, end] = fieldRange(arn, 'resource');
  const message = 'An ARN of IAM names what it is of, such as role/NAME: IAM rejects this one.';
  return [{ ...error, from: start, to: end, message }];
}

/** KP-042 and KP-043: region and account of a resource that has both. */
function ownerSlips(arn: Arn): Slip[] {
  const slips: Slip[] = [];
  const isKnown = (text: string): boolean => text !== '' && !isPattern(text) && !text.includes(HOLE);
  const add = (id: 'KP-042' | 'KP-043', field: 'region' | 'account', message: string): void => {
    const [from, to] = fieldRange(arn, field);
    slips.push({ id, severity: 'error', from, to, message });
  };
  if (isKnown(arn.account) && !/^\d{12}$/.test(arn.account))
    add('KP-042', 'account', 'An AWS account id has 12 digits: this matches nothing.');
  if (isKnown(arn.region)) {
    const where = partitionOfRegion(arn.region)?.id;
    if (where === undefined) add('KP-042', 'region', `There is no region ${arn.region}, so this matches nothing.`);
    else if (isKnown(arn.partition) && partitionById(arn.partition) !== undefined && arn.partition !== where)
      add(
        'KP-043',
        'region',
        `Region ${arn.region} is in partition ${where}, not in ${arn.partition}: this matches nothing.`,
      );
  }
  const alias = /^accesspoint\/(?<name>[^/]+)/.exec(arn.resource)?.groups?.['name'] ?? '';
  if (arn.service === 's3' && arn.region === '' && isKnown(alias) && !alias.endsWith('.mrap')) {
    const [from, to] = fieldRange(arn, 'resource');
    const message =
      'An access point has a region, unless it is one of several regions, whose alias ends in .mrap: this matches nothing.';
    slips.push({ id: 'KP-042', severity: 'error', from, to, message });
  }
  return slips;
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
  if (type === undefined) return [];
  const offset = fieldRange(arn, 'resource')[0] + shift;
  return s3NamesIn(type, arn.resource).flatMap(({ kind, name, start }): Slip[] => {
    const problem = isPattern(name) ? undefined : checkS3Name(kind, name);
    if (problem === undefined) return [];
    const [from, to] = [offset + start, offset + start + name.length];
    const message = `"${name}" ${problem.severity === 'error' ? 'matches nothing' : 'most likely matches nothing'}: ${problem.problem}.`;
    return [{ id: 'KP-042', severity: problem.severity, from, to, message }];
  });
}

/** Whether an entry stands for a whole bucket, or all of its objects. */
export function isWide({ arn, text }: Target): boolean {
  return /^\*+$/.test(text.text) || (arn !== undefined && /^([^/]*|[^/]*\/\*+)$/.test(arn.resource));
}
