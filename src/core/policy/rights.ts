/**
 * What a role may do in S3, from all of its policies together, for a pod with a web-identity session. One answer for lint, tree
 * and words: {@link may} decides about each object, and {@link writing} finds objects that stand for all others.
 */
import { isObject, record } from '../records.ts';
import { parseArnPattern } from '../arn/arn.ts';
import { FREE, isPattern, patternMatches, patternsOverlap } from '../arn/pattern.ts';
import { checkBucketName } from '../arn/s3.ts';
import { HOLE } from '../document/node.ts';
import type { Role } from '../observation.ts';
import { valueOf, type Reading } from '../reading.ts';
import { actionApplies, may } from './evaluate.ts';
import { conditionHolds } from './condition.ts';
import { hasUnknownVariable } from './variables.ts';
import { knownFacts, type KnownRequest } from './context.ts';
import type { Answer } from './answer.ts';
import { dataOf, list, strings } from './json.ts';

/** A place in S3. `prefix` has no leading slash and may be empty: the whole bucket. Patterns stay as they are. */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
  /** Resources in it that are left out (`NotResource`). */
  readonly except?: readonly string[];
  /** Whether it may surely be written, or that depends on what is not known here. */
  readonly answer: 'yes' | 'unknown';
}

/** What a role may write. */
export interface Writing {
  /** Whether there is any place where objects of any name may be written. */
  readonly answer: Answer;
  readonly places: readonly Place[];
  /** Single objects, by ARN, that may be written: a resource without a wildcard, which stands for nothing below it. */
  readonly single: readonly string[];
}

/** A session of a pod: what its requests to S3 surely hold. */
export interface Session extends KnownRequest {
  readonly partition: string;
}

/** What is known of the role whose session it is. */
export interface SessionOf {
  readonly partition: string;
  readonly arn?: string;
  readonly account?: string;
  /** Tags of the role, which are its principal tags; undefined: not known. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Keys that no request of a pod has, in lower case: of users and their sign-in, of services that call for somebody, of other
 * services. Tokens of Kubernetes carry no session tags and no source identity, and s3:prefix and its like belong to listing. Sources:
 * IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, Amazon S3.
 */
const NEVER =
  /^(?:aws:(?:username|multifactorauth(?:present|age)|sourceidentity|principalservicename(?:slist)?|source(?:arn|account|orgid|orgpaths)|calledvia(?:first|last)?)|(?:sts|saml|ec2|lambda|kms|iam):.*|s3:(?:prefix|delimiter|max-keys|locationconstraint))$/;

/** The session that a pod gets for a role by the token of its service account. */
export function podSession({ partition, arn, account, tags }: SessionOf): Session {
  return {
    partition,
    values: {
      'aws:SecureTransport': 'true',
      'aws:ViaAWSService': 'false',
      'aws:PrincipalIsAWSService': 'false',
      'aws:PrincipalType': 'AssumedRole',
      ...(arn === undefined ? {} : { 'aws:PrincipalArn': arn }),
      ...(account === undefined ? {} : { 'aws:PrincipalAccount': account }),
      ...Object.fromEntries(Object.entries(tags ?? {}).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
    },
    // Each key has the name of a service, or `aws`, before its colon (IAM User Guide, "Condition keys").
    lacks: (key) =>
      NEVER.test(key) || !key.includes(':') || (tags !== undefined && key.startsWith('aws:principaltag/')),
  };
}

const WRITE = 's3:PutObject';

/** Stands for a policy that was not read, such as an attached one: it may allow anything, and deny anything. */
export const UNREAD = {
  Version: '2012-10-17',
  Statement: ['Allow', 'Deny'].map((Effect) => ({ Effect, Action: '*', Resource: '*', Condition: HOLE })),
};
/** Stands for a permissions boundary that was not read: it allows nothing, and may keep anything from being allowed. */
export const BOUNDARY = { ...UNREAD, Statement: UNREAD.Statement.slice(1) };

/** Documents of managed policies by ARN, as far as they were asked for. */
export type Documents = Readonly<Record<string, Reading<string>>>;

/**
 * The policies of a role, for judging them together: attached ones and a boundary, where they were not read, by their stand-ins. A
 * boundary that was read is not among them: it allows nothing, and is judged beside them. A text that is no JSON allows nothing.
 */
export function policiesOf({ inline, attached, boundary }: Role, documents: Documents = {}): unknown[] {
  const texts = attached.map((arn) => textOfPolicy(documents, arn));
  const read = [...inline.map(({ text }) => text), ...texts].flatMap((text) => {
    const data = text === undefined ? undefined : dataOf(text);
    return data === undefined ? [] : [data];
  });
  const bounded = boundary !== undefined && textOfPolicy(documents, boundary) === undefined;
  return [...read, ...(texts.includes(undefined) ? [UNREAD] : []), ...(bounded ? [BOUNDARY] : [])];
}

/** The text of a managed policy; undefined: it was not read. */
export function textOfPolicy(documents: Documents, arn: string): string | undefined {
  const reading = Object.hasOwn(documents, arn) ? documents[arn] : undefined;
  return reading && valueOf(reading);
}

/** The session that pods get for a role. */
export function sessionOf({ arn, tags }: Role): Session {
  const [, partition = 'aws', , , account] = arn.split(':');
  return podSession({ partition, arn, tags, ...(account === undefined ? {} : { account }) });
}

/** Whether objects below `key` of a bucket may be written. */
export const mayWrite = (policies: readonly unknown[], bucket: string, key: string, session: Session): Answer =>
  may(
    policies,
    WRITE,
    objectArn(session, bucket, [key.replace(/^\/+|\/+$/g, ''), 'x'].filter(Boolean).join('/')),
    session,
  );

/** Whether any object may be read: what a role without a place to write is for. */
export const mayRead = (policies: readonly unknown[], session: Session): boolean =>
  candidates(policies, session, 's3:GetObject').some(
    ({ object }) => may(policies, 's3:GetObject', object, session) === 'yes',
  );

/**
 * Whether a bucket may be listed: below a prefix, or, without one, below any. KFP's launcher lists before every download (KFP
 * `backend/src/v2/objectstore`).
 */
export const mayList = (policies: readonly unknown[], bucket: string, session: Session, prefix?: string): Answer =>
  may(policies, 's3:ListBucket', `arn:${session.partition}:s3:::${fill(bucket, FREE)}`, {
    ...session,
    values: { ...session.values, ...(prefix === undefined ? {} : { 's3:prefix': fill(prefix, FREE) }) },
    lacks: (key) => key !== 's3:prefix' && session.lacks?.(key) === true,
  });

/** Buckets in which objects may be written, and that surely may not be listed at all. */
export const unlisted = (policies: readonly unknown[], { places }: Writing, session: Session): string[] => [
  ...new Set(
    places.flatMap(({ bucket, answer }) =>
      answer === 'yes' && !isPattern(bucket) && mayList(policies, bucket, session) === 'no' ? [bucket] : [],
    ),
  ),
];

const objectArn = ({ partition }: Session, bucket: string, key: string): string =>
  `arn:${partition}:s3:::${bucket}/${key}`;

type Json = Readonly<Record<string, unknown>>;

interface Read {
  readonly statement: Json;
  readonly variables: boolean;
}

const statementsOf = (policies: readonly unknown[]): Read[] =>
  policies.flatMap((policy) => {
    const { Statement, Version } = record(policy);
    return list(Statement).flatMap((one) =>
      isObject(one) ? [{ statement: one, variables: Version === '2012-10-17' }] : [],
    );
  });

/** Of a pattern with more stars not each is tried as the one that holds the slash. */
const MOST_STARS = 5;
/** Objects that are tried, at most: beyond it nothing is said. */
const MOST_CANDIDATES = 200;

const fill = (pattern: string, ...fills: readonly string[]): string => {
  let at = 0;
  return pattern
    .replace(/\$\{([*?$])\}/g, (_, char: string) => char)
    .replace(/\$\{[^{}]*\}|[*?\uE000]/g, (wild) => (wild === '?' ? 'w' : (fills[at++ % fills.length] ?? '')));
};

/** An object that a pattern stands for, and of many others. */
interface Candidate {
  readonly object: string;
  readonly pattern: string;
}

/** Objects that the patterns of the statements about an action stand for, fresh ones each. */
function candidates(policies: readonly unknown[], session: Session, action: string): Candidate[] {
  const found: Candidate[] = [{ pattern: '*', object: objectArn(session, FREE, FREE) }];
  const seen = new Set<string>();
  for (const { statement, variables } of statementsOf(policies)) {
    if (actionApplies(statement, action) === 'no') continue;
    for (const pattern of [...strings(statement['Resource']), ...strings(statement['NotResource'])]) {
      if (seen.has(pattern) || !/[*\uE000]|\$\{/.test(pattern)) continue;
      seen.add(pattern);
      for (const object of objectsOf(variables ? withValues(pattern, session) : pattern, session))
        found.push({ object, pattern });
      if (found.length > MOST_CANDIDATES) return found;
    }
  }
  return found;
}

/** A pattern with the values of the variables that are known; their wildcards are plain text. */
export const withValues = (pattern: string, { values }: Session): string =>
  pattern.replace(/\$\{([^{},]+)\}/g, (whole, name: string) => {
    const value = Object.entries(values).find(([key]) => key.toLowerCase() === name.trim().toLowerCase())?.[1];
    return typeof value === 'string' && !/[*?$]/.test(value) ? value : whole;
  });

function objectsOf(pattern: string, session: Session): string[] {
  if (/^\*+$/.test(pattern)) return [objectArn(session, FREE, FREE)];
  const resource = parseArnPattern(pattern)?.resource ?? (pattern.includes(HOLE) ? '*' : undefined);
  if (resource === undefined) return [];
  // Where no slash parts bucket and key, one of the stars holds it.
  const stars = resource.includes('/') ? 0 : (resource.match(/\$\{[^{}]*\}|[*\uE000]/g)?.length ?? 0);
  const split = Array.from({ length: Math.min(stars, MOST_STARS) }, (_, at) =>
    [`${FREE}/${FREE}`, `/${FREE}`].map((fresh) =>
      Array.from({ length: stars }, (_, star) => (star === at ? fresh : FREE)),
    ),
  ).flat();
  const objects = (stars === 0 ? [[FREE]] : split).flatMap((fills): string[] => {
    const text = fill(resource, ...fills);
    const slash = text.indexOf('/');
    const [bucket, key] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
    return key === '' || !text.includes(FREE) || checkBucketName(bucket)?.severity === 'error'
      ? []
      : [objectArn(session, bucket, key)];
  });
  return [...new Set(objects)];
}

/**
 * Where a role may write objects, by all of its policies. `no` is said only where it is certain: every Allow is about no object at
 * all, about single objects, or denied as a whole. For a place it is enough that one object in it may be written.
 */
export function writing(policies: readonly unknown[], session: Session): Writing {
  const tried = candidates(policies, session, WRITE).map((one) => ({
    ...one,
    answer: may(policies, WRITE, one.object, session),
  }));
  const places: Place[] = [];
  const single: string[] = [];
  let settled = tried.length <= MOST_CANDIDATES;
  for (const { statement, variables } of allowing(policies, session)) {
    const others = statement['Resource'] === undefined;
    const left = strings(statement['NotResource']);
    for (const pattern of others ? ['*'] : strings(statement['Resource'])) {
      if (!isMany(pattern)) {
        if (may(policies, WRITE, pattern, session) !== 'no' && isS3Object(pattern, session)) single.push(pattern);
        continue;
      }
      const answers = tried.filter((one) => one.pattern === pattern || (others && fits(statement, one.object)));
      const answer = answers.some((one) => one.answer === 'yes')
        ? 'yes'
        : answers.some((one) => one.answer === 'unknown')
          ? 'unknown'
          : undefined;
      const except = others ? { except: left } : {};
      if (answer !== undefined)
        places.push({ ...placeOf(variables ? withValues(pattern, session) : pattern), ...except, answer });
      else if (!others || !left.some((other) => !isOpen(other) && covers(other, anyObject(session))))
        settled &&= isVain(pattern, variables, policies, session);
    }
  }
  const answer = tried.some((one) => one.answer === 'yes')
    ? 'yes'
    : settled && places.length === 0 && !tried.some((one) => one.answer === 'unknown')
      ? 'no'
      : 'unknown';
  const key = ({ bucket, prefix, except }: Place): string => JSON.stringify([bucket, prefix, except]);
  const first = new Map<string, Place>();
  for (const place of places) {
    const before = first.get(key(place));
    if (before === undefined || (before.answer === 'unknown' && place.answer === 'yes')) first.set(key(place), place);
  }
  return { answer, places: [...first.values()], single: [...new Set(single)] };
}

/** The Allow statements about writing whose condition a pod may meet. */
const allowing = (policies: readonly unknown[], session: Session): Read[] =>
  statementsOf(policies).filter(
    ({ statement, variables }) =>
      (statement['Effect'] === 'Allow' || String(statement['Effect']).includes(HOLE)) &&
      actionApplies(statement, WRITE) !== 'no' &&
      conditionHolds(statement, knownFacts(session), variables) !== 'no',
  );

/** Whether policies mean to let objects be written, be it in vain. */
export const meansToWrite = (policies: readonly unknown[]): boolean =>
  statementsOf(policies).some(
    ({ statement }) => statement['Effect'] === 'Allow' && actionApplies(statement, WRITE) === 'yes',
  );

/** Whether a pattern stands for many objects, and not for one or a few. */
const isMany = (pattern: string): boolean =>
  /[*\uE000]|\$\{(?![*?$]\})/.test(pattern) || (pattern.startsWith('arn:') && pattern.split(':').length < 6);

const isS3Object = (pattern: string, session: Session): boolean => objectKey(pattern, session) !== undefined;

/** The resource field of a pattern that may stand for an object of a bucket. */
function objectKey(pattern: string, { partition }: Session): string | undefined {
  if (/^\*+$/.test(pattern) || pattern.startsWith(HOLE)) return '*';
  const arn = parseArnPattern(pattern);
  if (arn === undefined) return pattern.includes(HOLE) ? '*' : undefined;
  const may = (field: string, text: string): boolean => patternMatches(field, text);
  if (!may(arn.partition, partition) || !may(arn.service, 's3')) return undefined;
  if (may(arn.region, '') && may(arn.account, '') && patternsOverlap(arn.resource, '*?*/?*')) {
    const bucket = arn.resource.slice(0, arn.resource.indexOf('/') + 1).slice(0, -1);
    return bucket === '' || isPattern(bucket) || checkBucketName(bucket)?.severity !== 'error'
      ? arn.resource
      : undefined;
  }
  // Objects behind access points.
  return patternsOverlap(arn.resource, 'accesspoint/?*/object/?*') ? arn.resource : undefined;
}

const fits = (statement: Json, object: string): boolean =>
  may([{ Statement: { Effect: 'Allow', Action: '*', NotResource: statement['NotResource'] } }], 'x:y', object, {
    values: {},
  }) !== 'no';

/** Whether an Allow on a pattern surely lets nothing be written. */
function isVain(pattern: string, variables: boolean, policies: readonly unknown[], session: Session): boolean {
  if (!isS3Object(pattern, session)) return true;
  const absent = [...pattern.matchAll(/\$\{([^{},]+)\}/g)].some(
    ([whole, name = '']) =>
      !/^[*?$]$/.test(name) && !hasUnknownVariable(whole, knownFacts(session)) && !isValue(name, session),
  );
  if (variables && absent) return true;
  const wide = parseArnPattern(pattern) === undefined ? anyObject(session) : pattern;
  return statementsOf(policies).some(
    ({ statement, variables: theirs }) =>
      statement['Effect'] === 'Deny' &&
      actionApplies(statement, WRITE) === 'yes' &&
      conditionHolds(statement, knownFacts(session), theirs) === 'yes' &&
      (statement['Resource'] === undefined
        ? strings(statement['NotResource']).every((other) => !isS3Object(other, session) || !meets(other, wide))
        : strings(statement['Resource']).some((other) => !isOpen(other) && covers(other, wide))),
  );
}

/** A pattern of all objects of all buckets. */
const anyObject = (session: Session): string => objectArn(session, '*', '*');

const isValue = (key: string, { values }: Session): boolean =>
  Object.keys(values).some((name) => name.toLowerCase() === key.trim().toLowerCase());

/** Whether a text stands for more than itself by a variable or a hole. */
const isOpen = (pattern: string): boolean => pattern.includes(HOLE) || pattern.includes('${');

const FIELDS = ['partition', 'service', 'region', 'account', 'resource'] as const;

/** Whether all objects that fit `inner` fit `outer`: what a wildcard of it stands for can only be taken up by a `*`. */
function covers(outer: string, inner: string): boolean {
  if (/^\*+$/.test(outer)) return true;
  const [wide, narrow] = [parseArnPattern(outer), parseArnPattern(inner)];
  if (wide === undefined || narrow === undefined) return false;
  // Longer than all that the outer pattern has besides its stars; and nothing at all.
  const runs = ['\u0001'.repeat(outer.length + 1), ''];
  return FIELDS.every((field) =>
    runs.every((run) => {
      // An object has a slash: where none is written, a star holds it.
      const filled = field === 'resource' && !narrow.resource.includes('/') ? `${run}/${runs[0] ?? ''}` : run;
      return patternMatches(
        wide[field],
        narrow[field].replace(/\$\{[^{}]*\}|[*\uE000]/g, filled).replaceAll('?', '\u0002'),
        false,
      );
    }),
  );
}

/** Whether some resource fits both patterns. */
function meets(a: string, b: string): boolean {
  const [one, two] = [parseArnPattern(a), parseArnPattern(b)];
  if (one === undefined || two === undefined) return true;
  return FIELDS.every((field) => patternsOverlap(one[field], two[field]));
}

function placeOf(pattern: string): Omit<Place, 'answer'> {
  const resource = parseArnPattern(pattern)?.resource ?? '*';
  const [bucket = '', ...rest] = resource.split('/');
  return { bucket: bucket.replace(/\*+$/, '*'), prefix: rest.join('/').replace(/\*+$/, '') };
}

/** `s3://bucket/prefix`, as people write a place. */
export const placeText = ({ bucket, prefix, except = [] }: Place): string =>
  `s3://${bucket}/${prefix}${except.length === 0 ? '' : ` except ${except.slice(0, 3).join(', ')}${except.length > 3 ? ', …' : ''}`}`;
