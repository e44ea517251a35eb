/**
 * What a role may do below a prefix of a bucket, from all policies that decide over it. Asked about sets, not samples: `yes` has
 * a request that the evaluator allows; `no` is said only where no request can be allowed: each Allow is about something else, has
 * a condition that no such request meets, or is denied as a whole. Everything else is `unknown`, with its reason.
 */
import { commonText, FREE, patternCovers, patternMatches, patternsOverlap } from '../arn/pattern.ts';
import { parseArnPattern } from '../arn/arn.ts';
import { HOLE } from '../document/node.ts';
import { actionApplies, may } from '../policy/evaluate.ts';
import { and, type Answer } from '../policy/answer.ts';
import { conditionHolds, readOperator, testHolds, testsOf, type ConditionTest } from '../policy/condition.ts';
import { knownFacts, type KnownRequest } from '../policy/context.ts';
import { own, readDocument } from '../policy/statements.ts';
import { list, strings } from '../policy/json.ts';
import type { Guards } from '../policy/organization.ts';
import { withValues, type Session } from '../policy/rights.ts';
import type { Json } from '../records.ts';

/** A policy with its name, as it is told. */
export interface Named {
  readonly name: string;
  /** Parsed JSON of unknown shape. */
  readonly data: unknown;
}

/** What is done with objects below a prefix. `control`: the bucket's policy may be changed, and so all of this be taken. */
export type Deed = 'list' | 'read' | 'write' | 'delete' | 'control';

/** In the order in which they are told, the strongest first. */
export const DEEDS: readonly Deed[] = ['control', 'write', 'delete', 'read', 'list'];

/**
 * The calls by which each is done: one of them is enough. Source: Service Authorization Reference, Amazon S3. In buckets without
 * versions those of versions do the same as the others.
 */
export const CALLS: Readonly<Record<Deed, readonly string[]>> = {
  list: ['s3:ListBucket', 's3:ListBucketVersions'],
  read: ['s3:GetObject', 's3:GetObjectVersion'],
  write: ['s3:PutObject'],
  delete: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  control: ['s3:PutBucketPolicy'],
};
/** Calls that are about a bucket and not about its objects. */
const OF_BUCKET = new Set(['s3:ListBucket', 's3:ListBucketVersions', 's3:PutBucketPolicy']);
const OF_LIST = new Set(['s3:ListBucket', 's3:ListBucketVersions']);
const PREFIX_KEY = 's3:prefix';

/** A prefix of a bucket: all objects whose key begins with it. `""`: all of the bucket. */
export interface Below {
  readonly bucket: string;
  readonly prefix: string;
}

/** One request of S3 that shows that something may be done. */
export interface Call {
  readonly action: string;
  /** ARN of the bucket or the object. */
  readonly resource: string;
  /** What the request is known to say besides, such as `s3:prefix`. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Reached {
  readonly answer: Answer;
  /** For `yes`: the request. */
  readonly call?: Call;
  /** For `unknown`: on what it depends, in words. */
  readonly why?: string;
}
const NO: Reached = { answer: 'no' };

/** One Allow or Deny as it concerns an action. */
interface Entry {
  readonly denies: boolean;
  readonly statement: Json;
  readonly variables: boolean;
  /** Whether it is about the action. */
  readonly action: Answer;
  /** Whether its condition holds for whatever request of the session, or the tests of `s3:prefix` are still to be asked. */
  readonly condition: Answer;
  /** What it is about, patterns with known variables filled in; `all` but these where `not`. */
  readonly patterns: readonly string[];
  readonly not: boolean;
}

/** Policies that decide together: any Deny wins, and one Allow is enough. */
export interface Layer {
  readonly policies: readonly Named[];
  /** They are those of an organization, which give nothing. */
  readonly guards?: Guards;
}

/** Policies as they are asked again and again: each layer must allow. */
export interface Rights {
  readonly layers: readonly Layer[];
  readonly session: Session;
  /** Entries of each layer by action, once it was asked for. */
  readonly read: Map<string, readonly (readonly Entry[])[]>;
}

export const rightsOf = (layers: readonly Layer[], session: Session): Rights => ({ layers, session, read: new Map() });

/** Facts of a session in which nothing is known of the prefix of a listing. */
const listing = (session: Session): KnownRequest => ({
  ...session,
  lacks: (key) => key !== PREFIX_KEY && session.lacks?.(key) === true,
});

export const requestOf = (
  session: Session,
  action: string,
  values: Readonly<Record<string, string>> = {},
): KnownRequest =>
  OF_LIST.has(action)
    ? {
        values: { ...session.values, ...values },
        // A listing without a prefix has none.
        lacks: (key) => (key === PREFIX_KEY ? values[PREFIX_KEY] === undefined : session.lacks?.(key) === true),
      }
    : session;

function entriesOf({ policies }: Layer, action: string, session: Session): readonly Entry[] {
  const facts = knownFacts(OF_LIST.has(action) ? listing(session) : session);
  return policies.flatMap(({ data }) => {
    const { statements, variables } = readDocument(data);
    return statements.flatMap((statement): Entry[] => {
      const effect = own(statement, 'Effect');
      if (effect !== 'Allow' && effect !== 'Deny') return [];
      const applies = actionApplies(statement, action);
      if (applies === 'no') return [];
      const condition = conditionHolds(statement, facts, variables);
      if (condition === 'no') return [];
      const resource = own(statement, 'Resource');
      const given = strings(resource ?? own(statement, 'NotResource'));
      const patterns = variables ? given.map((one) => withValues(one, session)) : given.map(plainVariables);
      const not = resource === undefined;
      return [{ denies: effect === 'Deny', statement, variables, action: applies, condition, patterns, not }];
    });
  });
}

/** `${…}` is plain text where the policy has no variables. */
const plainVariables = (text: string): string => text.replaceAll('$', '${$}');

export function entries(rights: Rights, action: string): readonly (readonly Entry[])[] {
  const known = rights.read.get(action);
  if (known !== undefined) return known;
  const made = rights.layers.map((layer) => entriesOf(layer, action, rights.session));
  rights.read.set(action, made);
  return made;
}

/** The last field of what a pattern of `Resource` stands for in S3; undefined where it is surely about something else. */
export function resourceField(pattern: string, partition: string): string | undefined {
  if (/^\*+$/.test(pattern) || pattern === HOLE) return '*';
  const arn = parseArnPattern(pattern);
  if (arn === undefined) return pattern.includes(HOLE) ? '*' : undefined;
  const fits = (field: string, text: string): boolean => patternMatches(field, text);
  return fits(arn.partition, partition) && fits(arn.service, 's3') && fits(arn.region, '') && fits(arn.account, '')
    ? arn.resource
    : undefined;
}

/** A text of a pattern as a pattern: what it holds of wildcards stands for itself. */
export const literally = (text: string): string => text.replace(/[*?$]/g, (char) => `\${${char}}`);

/** What is asked about, as a pattern of the last field of an ARN. */
const asPattern = ({ bucket, prefix }: Below, action: string): string =>
  OF_BUCKET.has(action) ? literally(bucket) : `${literally(`${bucket}/${prefix}`)}*`;

// ------------------------------------------------------------------------------------------------------ the prefix of a listing

/** Operators of text, as far as their values are patterns of what holds: case counts in a pattern. */
const POSITIVE: Readonly<Record<string, 'plain' | 'pattern'>> = {
  stringequals: 'plain',
  stringlike: 'pattern',
};

/** Values of `s3:prefix` that the test asks for, as patterns; undefined where it asks for something else. */
function prefixesOf(test: ConditionTest, variables: boolean, session: Session): readonly string[] | undefined {
  if (test.key.toLowerCase() !== PREFIX_KEY) return undefined;
  const { base, set, ifExists } = readOperator(test.operator);
  const how = Object.hasOwn(POSITIVE, base) ? POSITIVE[base] : undefined;
  if (how === undefined || set === 'forallvalues' || ifExists) return undefined;
  const values = list(test.values);
  if (values.some((value) => typeof value === 'object')) return undefined;
  return values.map((value) => {
    const text = variables ? withValues(String(value), session) : plainVariables(String(value));
    return how === 'pattern' ? text : text.replace(/(?<!\$\{)[*?](?!\})/g, (char) => `\${${char}}`);
  });
}

/** A prefix of a listing that tells something of what lies below: one that is longer, or one of its beginnings. */
function tellingPrefixes(patterns: readonly string[], prefix: string): readonly string[] {
  const beginnings = Array.from({ length: prefix.length + 1 }, (_, length) => prefix.slice(0, length));
  return patterns.flatMap((pattern) => {
    const longer = patternsOverlap(pattern, `${literally(prefix)}*`)
      ? commonText([pattern, `${literally(prefix)}*`])
      : undefined;
    return [
      ...(longer === undefined ? [] : [longer]),
      ...(patternMatches(pattern, prefix) ? [prefix] : []),
      ...beginnings.filter((one) => one !== prefix && patternMatches(pattern, one)).slice(0, 2),
    ];
  });
}

/** Whether a listing that tells of what is below the prefix may meet the condition of a statement. */
function mayList({ statement, variables }: Entry, prefix: string, session: Session): boolean {
  return (testsOf(statement) ?? []).every((test) => {
    const patterns = prefixesOf(test, variables, session);
    return patterns === undefined || tellingPrefixes(patterns, prefix).length > 0;
  });
}

// -------------------------------------------------------------------------------------------------------------- one action

/** Requests that are tried at most: beyond it nothing is said. */
const MOST_TRIED = 64;

/** Whether an entry may be about something of what is asked. */
function meets(entry: Entry, asked: string, partition: string): boolean {
  if (entry.not) {
    // All but these: unless one of them holds all that is asked.
    return !entry.patterns.some((pattern) => {
      const field = resourceField(pattern, partition);
      return field !== undefined && !isOpen(pattern) && patternCovers(field, asked);
    });
  }
  return entry.patterns.some((pattern) => {
    const field = resourceField(pattern, partition);
    return field !== undefined && patternsOverlap(field, asked);
  });
}

/** Whether a text stands for more than itself by a variable or a hole. */
const isOpen = (pattern: string): boolean => pattern.includes(HOLE) || /\$\{(?![*?$]\})/.test(pattern);

/** Whether a Deny surely is about all that an Allow is about of what is asked. */
function deniesAll(denial: Entry, allow: Entry, asked: string, partition: string): boolean {
  if (denial.action !== 'yes' || denial.condition !== 'yes') return false;
  const fields = (entry: Entry): readonly string[] =>
    entry.patterns.flatMap((pattern) => resourceField(pattern, partition) ?? []);
  if (denial.not) {
    // What it spares must not be met by both.
    const allowed = allow.not ? ['*'] : fields(allow);
    return denial.patterns.every((pattern) => {
      const field = resourceField(pattern, partition);
      return field === undefined || allowed.every((one) => commonText([field, one, asked]) === undefined);
    });
  }
  const wide = denial.patterns
    .filter((pattern) => !isOpen(pattern))
    .flatMap((pattern) => resourceField(pattern, partition) ?? []);
  if (wide.some((field) => patternCovers(field, asked))) return true;
  return (
    !allow.not &&
    fields(allow)
      .filter((field) => patternsOverlap(field, asked))
      .every((field) => wide.some((one) => patternCovers(one, field)))
  );
}

/** The same of listings, for a Deny that is about prefixes: those that the Allow asks for are among them. */
function deniesListing(denial: Entry, allow: Entry, asked: string, partition: string, session: Session): boolean {
  const tests = testsOf(denial.statement) ?? [];
  if (denial.condition !== 'unknown' || tests.length !== 1) return false;
  const denied = tests.flatMap((test) => prefixesOf(test, denial.variables, session) ?? []);
  const asks = (testsOf(allow.statement) ?? []).map((test) => prefixesOf(test, allow.variables, session));
  return (
    deniesAll({ ...denial, condition: 'yes' }, allow, asked, partition) &&
    asks.some((some) => some?.every((one) => denied.some((wide) => !isOpen(wide) && patternCovers(wide, one))))
  );
}

/** Whether an action may be done anywhere in what is asked: see the head of this file. */
export function reachBy(rights: Rights, action: string, below: Below): Reached {
  try {
    return judged(rights, action, below);
  } catch (error) {
    if (error instanceof RangeError) return { answer: 'unknown', why: 'a policy that is larger than what is judged' };
    throw error;
  }
}

/** The same; throws a RangeError where patterns are too long to be compared. */
function judged(rights: Rights, action: string, below: Below): Reached {
  const { layers, session } = rights;
  const { partition } = session;
  const asked = asPattern(below, action);
  const isList = OF_LIST.has(action);
  const perLayer = entries(rights, action);
  // A Deny of any layer counts.
  const denying = perLayer.flat().filter(({ denies }) => denies);
  /** What may allow something of it, in each layer. */
  const allowing = perLayer.map((all) =>
    all.filter(
      (entry) =>
        !entry.denies &&
        meets(entry, asked, partition) &&
        (!isList || mayList(entry, below.prefix, session)) &&
        !denying.some(
          (other) =>
            deniesAll(other, entry, asked, partition) ||
            (isList && deniesListing(other, entry, asked, partition, session)),
        ),
    ),
  );
  if (allowing.some((all) => all.length === 0)) return NO;
  const answers = candidates(perLayer, allowing, asked, below, action, session).map((call) => ({
    call,
    answer: and(
      layers.map(({ policies }) =>
        may(
          policies.map(({ data }) => data),
          action,
          call.resource,
          requestOf(session, action, call.values),
        ),
      ),
    ),
  }));
  const allowed = answers.find(({ answer }) => answer === 'yes');
  if (allowed !== undefined) return { answer: 'yes', call: allowed.call };
  return { answer: 'unknown', why: whyUnknown(perLayer, allowing, asked, partition, session) };
}

/** Requests that stand for all others: a text that each Allow, and what a statement spares, has in common with what is asked. */
function candidates(
  perLayer: readonly (readonly Entry[])[],
  allowing: readonly (readonly Entry[])[],
  asked: string,
  below: Below,
  action: string,
  session: Session,
): readonly Call[] {
  const { partition } = session;
  const fieldsOf = (entry: Entry): readonly string[] =>
    entry.not ? ['*'] : entry.patterns.flatMap((pattern) => resourceField(pattern, partition) ?? []);
  const arn = (field: string): string => `arn:${partition}:s3:::${field}`;
  if (OF_BUCKET.has(action)) {
    const resource = arn(below.bucket);
    if (!OF_LIST.has(action)) return [{ action, resource, values: {} }];
    const patterns = perLayer.flat().flatMap(({ statement, variables }) =>
      (testsOf(statement) ?? []).flatMap((test) => {
        if (test.key.toLowerCase() !== PREFIX_KEY) return [];
        return list(test.values).map((value) =>
          variables ? withValues(String(value), session) : plainVariables(String(value)),
        );
      }),
    );
    const told = [below.prefix, ...tellingPrefixes(patterns, below.prefix), `${below.prefix}${FREE}`, ''];
    const withPrefix = [...new Set(told)].map((prefix): Call => ({
      action,
      resource,
      values: { [PREFIX_KEY]: prefix },
    }));
    return [...withPrefix, { action, resource, values: {} }].slice(0, MOST_TRIED);
  }
  const allowed = allowing.map((all) => [...new Set(all.flatMap(fieldsOf))]);
  const spared = perLayer
    .flat()
    .filter(({ not }) => not)
    .flatMap((entry) => entry.patterns.flatMap((pattern) => resourceField(pattern, partition) ?? []));
  const texts = new Set<string>();
  const add = (patterns: readonly string[]): void => {
    if (texts.size >= MOST_TRIED) return;
    const text = commonText(patterns);
    if (text !== undefined) texts.add(text);
  };
  const together = allowed.reduce<readonly (readonly string[])[]>(
    (sets, fields) => sets.flatMap((set) => fields.map((field) => [...set, field])).slice(0, MOST_TRIED),
    [[asked]],
  );
  for (const set of together) {
    add(set);
    for (const one of spared) add([...set, one]);
  }
  // A key is at least one character long.
  return [...texts].map((text) => ({
    action,
    resource: arn(text.endsWith('/') && text === `${below.bucket}/` ? `${text}w` : text),
    values: {},
  }));
}

/** On what it depends, in words. */
function whyUnknown(
  perLayer: readonly (readonly Entry[])[],
  allowing: readonly (readonly Entry[])[],
  asked: string,
  partition: string,
  session: Session,
): string {
  const facts = knownFacts(session);
  const reasons = new Set<string>();
  const denying = perLayer.flat().filter((entry) => entry.denies && meets(entry, asked, partition));
  for (const { statement, variables, condition, patterns } of [...allowing.flat(), ...denying]) {
    if (condition === 'unknown') {
      const tests = testsOf(statement);
      if (tests === undefined) reasons.add('a policy that was not read');
      for (const test of tests ?? [])
        if (testHolds(test, facts, variables) === 'unknown' && test.key.toLowerCase() !== PREFIX_KEY)
          reasons.add(`the condition on ${test.key}`);
    }
    if (variables && patterns.some(isOpen)) reasons.add('a policy variable without a known value');
  }
  if (reasons.size === 0)
    reasons.add(denying.length > 0 ? 'how far a Deny goes' : 'the condition on the prefix of a listing');
  return [...reasons].slice(0, 3).join(', ');
}

const RANK: Readonly<Record<Answer, number>> = { yes: 2, unknown: 1, no: 0 };

/** Whether a deed may be done, by any of its calls. */
export function reach(rights: Rights, deed: Deed, below: Below): Reached {
  let best: Reached = NO;
  for (const action of CALLS[deed]) {
    const reached = reachBy(rights, action, below);
    if (RANK[reached.answer] > RANK[best.answer]) best = reached;
    if (best.answer === 'yes') break;
  }
  return best;
}
