/** What IAM rejects in the form of a policy: its keys, its values, what is lacking and what stands twice. */
import { addEntry, removeEntry, removeItems, renameKey, replaceValue } from '../document/edit.ts';
import { type DocNode, type DocObject, HOLE } from '../document/node.ts';
import { finding, type Finding, type Fix } from '../finding.ts';
import { checkCondition, checkMisplaced } from './condition-grammar.ts';
import {
  EFFECTS,
  element,
  firstKey,
  fix,
  isOperator,
  isUnknown,
  meant,
  part,
  type Policy,
  POLICY_KEYS,
  scalars,
  type Statement,
  STATEMENT_KEYS,
  statementsIn,
} from './model.ts';
import { isFilledIn } from './placeholder.ts';

export type PolicyKind = 'trust' | 'permission';

/**
 * What IAM rejects in the form of a policy document; `policy`: as {@link readPolicy} reads it. Never throws.
 *
 * @param isManaged surely a managed policy, which has the current Version
 */
export function checkGrammar(
  root: DocNode,
  { statement: entry, statements }: Policy,
  kind: PolicyKind,
  isManaged = false,
): Finding[] {
  if (isUnknown(root)) return [];
  if (root.type !== 'object')
    return [finding('P-SYNTAX', root, 'A policy is an object with Version and Statement.', [], 'error')];
  return [
    ...checkKeys(root, POLICY_KEYS, 'a policy'),
    ...checkVersion(root, statements, isManaged),
    ...checkId(root, 'Id'),
    ...(entry?.value.type === 'array' && entry.value.items.length === 0
      ? [finding('P-SYNTAX', entry.value, 'Statement is empty: IAM rejects the policy.', [], 'error')]
      : []),
    ...(entry === undefined
      ? [finding('P-SYNTAX', firstKey(root), 'The policy has no Statement: IAM rejects it.', [], 'error')]
      : []),
    ...statementsIn(entry).flatMap((node) =>
      node.type === 'object' || isUnknown(node)
        ? []
        : [finding('P-SYNTAX', node, 'A statement is an object with Effect, Action and more.', [], 'error')],
    ),
    ...statements.flatMap((statement) => checkStatement(statement, kind)),
    ...checkSids(statements),
    ...checkCharacters(root),
  ];
}

/** `Id` or `Sid` that is no text. A number of YAML may come to IAM as a text. */
function checkId(object: DocObject, name: 'Id' | 'Sid'): Finding[] {
  const value = element(object, name)?.value;
  if (value === undefined || value.type === 'string' || value.type === 'null' || isUnknown(value)) return [];
  if (value.type !== 'object' && value.type !== 'array' && value.source.format === 'yaml') return [];
  return [finding('P-SYNTAX', value, `${name} is a text: IAM rejects any other value.`, [], 'error')];
}

function checkKeys(object: DocObject, known: readonly string[], what: string): Finding[] {
  const seen = new Set<string>();
  return object.entries.flatMap((entry) => {
    const name = String(entry.key.value);
    if (name.includes(HOLE) || name === '<<' || (known === STATEMENT_KEYS && isOperator(entry))) return [];
    const right = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (seen.has(right ?? name)) {
      return [
        finding(
          'P-SYNTAX',
          entry.key,
          `${name} stands twice: only the last one counts, if IAM accepts it.`,
          [],
          'warning',
        ),
      ];
    }
    seen.add(right ?? name);
    if (right === name) return [];
    const guess = meant(name);
    const nearest = right ?? (guess !== undefined && known.includes(guess) ? guess : undefined);
    const free = nearest !== undefined && !object.entries.some(({ key }) => key.value === nearest);
    const fixes = free ? [{ title: `Write ${nearest}`, edits: [renameKey(entry, nearest)], preferred: true }] : [];
    return right === undefined
      ? [finding('P-SYNTAX', entry.key, `${name} is no element of ${what}: IAM rejects the document.`, fixes, 'error')]
      : [finding('P-SYNTAX', entry.key, `IAM writes this element ${right}.`, fixes, 'warning')];
  });
}

function checkVersion(root: DocObject, statements: readonly Statement[], isManaged: boolean): Finding[] {
  const entry = element(root, 'Version');
  if (entry === undefined) {
    if (root.entries.some(({ key }) => String(key.value).includes(HOLE) || key.value === '<<')) return [];
    const fixes = [
      { title: 'Add Version 2012-10-17', edits: addEntry(root, 'Version', '2012-10-17'), preferred: true },
    ];
    const variables = statements.some((statement) =>
      [statement.resource, statement.notResource, ...statement.tests.map(({ values }) => values)].some((strings) =>
        strings?.texts.some(({ text }) => /\$\{[a-z0-9-]+:/i.test(text)),
      ),
    );
    const managed = 'IAM takes a managed policy only with Version 2012-10-17.';
    if (isManaged) return [finding('P-VERSION', firstKey(root), managed, fixes, 'error')];
    return [
      variables
        ? finding(
            'P-VERSION',
            firstKey(root),
            'Without Version, IAM takes 2008-10-17, in which policy variables such as ${aws:username} are plain text.',
            fixes,
            'warning',
          )
        : finding(
            'P-VERSION',
            firstKey(root),
            'Without Version, IAM takes the old version 2008-10-17.',
            fixes,
            'information',
          ),
    ];
  }
  const { value } = entry;
  if (isUnknown(value) || isFilledIn(String(value.type === 'string' ? value.value : ''))) return [];
  if (value.type === 'object' || value.type === 'array') {
    return [finding('P-VERSION', value, 'Version is "2012-10-17" or "2008-10-17".', [], 'error')];
  }
  if (value.value === '2012-10-17' || (value.value === '2008-10-17' && !isManaged)) return [];
  const fixes = [{ title: 'Write 2012-10-17', edits: [replaceValue(value, '2012-10-17')], preferred: true }];
  // A date that YAML reads as such reaches IAM as a text only through some tools: its form is not judged here.
  const message =
    value.value === '2008-10-17'
      ? 'IAM takes a managed policy only with Version 2012-10-17.'
      : 'Version is "2012-10-17" or "2008-10-17": IAM rejects any other.';
  return [finding('P-VERSION', value, message, fixes, 'error')];
}

function checkStatement(statement: Statement, kind: PolicyKind): Finding[] {
  const { node } = statement;
  const here = firstKey(node);
  const open = node.entries.some(({ key }) => String(key.value).includes(HOLE) || key.value === '<<');
  const findings = [
    ...checkKeys(node, STATEMENT_KEYS, 'a statement'),
    ...checkMisplaced(statement),
    ...checkId(node, 'Sid'),
  ];
  const syntax = (range: { start: number; end: number }, message: string, fixes: readonly Fix[] = []): void => {
    findings.push(finding('P-SYNTAX', range, message, fixes, 'error'));
  };

  const effect = element(node, 'Effect');
  if (effect === undefined) {
    if (!open) syntax(here, 'The statement has no Effect: write "Allow" or "Deny".');
  } else if (!isUnknown(effect.value) && effect.value.type !== 'object' && effect.value.type !== 'array') {
    const { value } = effect.value;
    const right = EFFECTS.find((one) => one.toLowerCase() === String(value).trim().toLowerCase());
    if (value !== 'Allow' && value !== 'Deny' && !isFilledIn(String(value))) {
      const fixes = right === undefined ? [] : [fix(`Write ${right}`, effect.value, right)];
      syntax(effect.value, 'Effect is "Allow" or "Deny", written just so.', fixes);
    }
  } else if (!isUnknown(effect.value)) syntax(effect.value, 'Effect is "Allow" or "Deny".');

  for (const [name, other] of [
    ['Action', 'NotAction'],
    ['Resource', 'NotResource'],
    ['Principal', 'NotPrincipal'],
  ] as const) {
    const [one, two] = [element(node, name), element(node, other)];
    const unwanted = kind === 'trust' ? name === 'Resource' : name === 'Principal';
    if (unwanted) {
      for (const entry of [one, two]) {
        if (entry === undefined) continue;
        const message =
          kind === 'trust'
            ? `A trust policy has no ${name}: it is about the role it belongs to. IAM rejects it.`
            : `A policy of a role has no ${name}: it belongs to the role it is attached to. IAM rejects it.`;
        const edits = removeEntry(node, entry);
        const removal: Fix = { title: `Remove ${String(entry.key.value)}`, edits, preferred: true };
        // What was granted to somebody, in a document that IAM rejects, would be granted to whoever has the role.
        const isGrant = kind === 'permission' && statement.effect !== 'Deny';
        syntax(entry.key, message, [isGrant ? { ...removal, effect: 'widens' } : removal]);
      }
    } else if (one !== undefined && two !== undefined) {
      syntax(two.key, `A statement has either ${name} or ${other}, not both.`);
    } else if (one === undefined && two === undefined && !open) {
      syntax(here, `The statement has no ${name}.`);
    }
  }

  for (const strings of [statement.action, statement.notAction, statement.resource, statement.notResource]) {
    if (strings === undefined) continue;
    const { key, value } = strings.entry;
    if (value.type === 'array' && value.items.length === 0) syntax(value, `${String(key.value)} is empty.`);
    for (const item of value.type === 'array' ? value.items : [value]) {
      if (item.type !== 'string' && !isUnknown(item)) syntax(item, `${String(key.value)} holds strings.`);
    }
  }
  for (const { text, node: scalar } of [...(statement.action?.texts ?? []), ...(statement.notAction?.texts ?? [])]) {
    const trimmed = text.trim();
    // Of a trust policy IAM knows the actions.
    const isOff = kind === 'trust' && trimmed !== text;
    const why = isOff ? 'An action is written service:Name, such as s3:GetObject.' : refusedAction(trimmed);
    if (why === undefined || isFilledIn(text)) continue;
    const fixes = trimmed !== text && trimmed !== '' ? [fix(`Write ${trimmed}`, scalar, trimmed)] : [];
    // Of "*:Name" not all say that it is refused.
    findings.push(finding('P-SYNTAX', scalar, why, fixes, trimmed.startsWith('*:') ? 'warning' : 'error'));
  }
  if (kind === 'trust') findings.push(...checkTrustActions(statement));
  return [...findings, ...checkCondition(statement)];
}

/** "AssumeRole policy may only specify STS AssumeRole actions": those of other services beside one of STS. */
function checkTrustActions({ action }: Statement): Finding[] {
  const texts = action?.texts ?? [];
  if (!texts.some(({ text }) => /^sts:/i.test(text.trim()))) return [];
  return texts.flatMap(({ text, node }) => {
    if (isFilledIn(text) || !/^[\w.-]+:/.test(text) || /^sts:/i.test(text.trim())) return [];
    const list = action?.entry.value;
    const fixes: Fix[] =
      list?.type === 'array'
        ? [{ title: `Remove ${text}`, edits: removeItems(list, [list.items.indexOf(node)]), preferred: true }]
        : [];
    const message = `A trust policy has only actions of STS: IAM rejects ${text} in it. What the role may do stands in its permission policies.`;
    return [finding('P-SYNTAX', node, message, fixes, 'error')];
  });
}

/**
 * Why IAM refuses an action. It takes any name behind a service that could be one ("Actions/Conditions must be prefaced by a vendor",
 * "can contain only one colon", "Vendor … is not valid"): what has no effect is told by P-ACTION.
 */
function refusedAction(text: string): string | undefined {
  if (/^\*+$/.test(text)) return undefined;
  const [service = '', name, more] = text.split(':');
  if (name === undefined) return 'An action is written service:Name, such as s3:GetObject.';
  if (more !== undefined) return 'An action has one colon, between the service and the name: IAM rejects the policy.';
  if (/[*?]/.test(service) && !/^\*:\*+$/.test(text))
    return 'The service of an action cannot be a pattern: IAM rejects the policy. Write one action for each service.';
  if (!/^[\w.*?-]*$/.test(service)) return 'An action is written service:Name, such as s3:GetObject.';
  return undefined;
}

function checkSids(statements: readonly Statement[]): Finding[] {
  const seen = new Set<unknown>();
  /** What fixes write: two that are applied together make no Sid twice. */
  const given = new Set<string>();
  return statements.flatMap(({ node }) => {
    const sid = element(node, 'Sid')?.value;
    if (sid?.type !== 'string' || String(sid.value).includes(HOLE) || sid.value === '') return [];
    // Of an Fn::If one branch alone comes to be.
    const isChosen = node.source.choices?.some(({ start, end }) => start <= sid.start && sid.end <= end) === true;
    const twice = seen.has(sid.value) && !isChosen;
    if (!isChosen) seen.add(sid.value);
    if (twice)
      return [finding('P-SYNTAX', sid, 'Another statement has this Sid: IAM rejects the policy.', [], 'error')];
    const text = String(sid.value);
    if (/^[A-Za-z0-9]*$/.test(text) || /[$<>{}]/.test(text)) return [];
    const plain = text.replace(/[^A-Za-z0-9]/g, '');
    const taken = given.has(plain) || statements.some((other) => sidOf(other) === plain);
    const fixes = plain === '' || taken ? [] : [fix(`Write ${plain}`, sid, plain)];
    given.add(plain);
    return [finding('P-SYNTAX', sid, 'A Sid has only letters and digits: IAM rejects any other.', fixes, 'error')];
  });
}

function sidOf({ node }: Statement): unknown {
  const sid = element(node, 'Sid')?.value;
  return sid?.type === 'string' ? sid.value : undefined;
}

/** What IAM takes in a policy document (botocore IAM model, policyDocumentType). */

const OUTSIDE = /[^\u0009\u000A\u000D\u0020-\u00FF]/u;
/** Characters that word processors put in the place of plain ones. */
const PLAIN: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201C': '"',
  '\u201D': '"',
  '\u2010': '-',
  '\u2011': '-',
  '\u2013': '-',
  '\u2014': '-',
  '\u2026': '...',
  '\u200B': '',
  '\uFEFF': '',
};

function checkCharacters(root: DocNode): Finding[] {
  return scalars(root).flatMap((node) => {
    const text = String(node.value);
    const found = OUTSIDE.exec(text.replaceAll(HOLE, ' '));
    if (found === null) return [];
    const plain = Array.from(text, (char) => PLAIN[char] ?? char).join('');
    const fixes =
      OUTSIDE.test(plain.replaceAll(HOLE, '')) || plain.includes(HOLE)
        ? []
        : [fix('Write plain characters', node, plain)];
    const code = found[0].codePointAt(0) ?? 0;
    const message = `IAM rejects the character U+${code.toString(16).toUpperCase().padStart(4, '0')}: a policy holds only Latin-1 characters.`;
    return [
      finding('P-CHARSET', part({ text, node }, found.index, found.index + found[0].length), message, fixes, 'error'),
    ];
  });
}
