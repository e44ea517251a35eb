/** P-CONDITION: what IAM takes in a Condition, and what no request meets, or every one. */
import { isPattern } from '../../arn/pattern.ts';
import { renameKey } from '../../document/edit.ts';
import { HOLE } from '../../document/node.ts';
import { finding, type Finding } from '../../finding.ts';
import { conditionKey, type ConditionKey, isListed, suggestKey } from '../../policy/condition-keys.ts';
import { baseOf, type Statement, type Test } from '../../policy/model.ts';
import { placeholdersIn } from '../../policy/placeholder.ts';
import { knownActions, offered } from './actions.ts';

/** What is compared by an operator whose name begins so, and types of keys that it can never compare. */
const COMPARES: readonly (readonly [operator: RegExp, what: string, types: RegExp])[] = [
  [/^date/, 'dates', /^(?:String|ARN|Bool|IPAddress|ArrayOf.*)$/],
  [/^numeric/, 'numbers', /^(?:String|ARN|Bool|IPAddress|ArrayOf.*)$/],
  [/ipaddress$/, 'addresses', /^(?:String|ARN|Bool|Numeric|Date|ArrayOf.*)$/],
  [/^bool$/, 'true and false', /^(?:ARN|Numeric|Date|IPAddress|ArrayOf.*)$/],
  [/^arn/, 'ARNs', /^(?:Bool|Numeric|Date|IPAddress)$/],
];

/** @param isTrust of a trust policy, whose keys of a token are judged elsewhere: here only what is misspelt */
export function checkConditions(statement: Statement, isTrust = false): Finding[] {
  return statement.tests.flatMap((test) => {
    const name = test.key.text;
    if (name.includes(HOLE) || placeholdersIn(name).length > 0) return [];
    const key = conditionKey(name);
    if (key === undefined) return unknownKey(statement, test);
    return isTrust ? [] : [...ofAction(statement, test, key), ...ofType(test, key), ...ofCount(test, key)];
  });
}

/** Whether a test holds of a request that does not have its key (IAM User Guide, "Condition operators"). */
function holdsWithout({ operator, values }: Test): boolean {
  const name = String(operator.value).toLowerCase();
  if (baseOf(name) === 'null') return values.texts.some(({ text }) => text.toLowerCase() === 'true');
  if (name.startsWith('forallvalues:') || name.endsWith('ifexists')) return true;
  return !name.startsWith('foranyvalue:') && /not/.test(baseOf(name));
}

const outcome = (test: Test): string =>
  holdsWithout(test)
    ? `so ${String(test.operator.value)} always holds`
    : `so ${String(test.operator.value)} never holds`;

/** A key that does not exist. */
function unknownKey(statement: Statement, test: Test): Finding[] {
  const name = test.key.text;
  const right = suggestKey(name);
  if (right === undefined) {
    // A key of a service that is not listed here, or a word that something replaces, is for nobody to say.
    const isWord = /^[a-z][\w-]*$/.test(name);
    if (!isListed(name) && !isWord) return [];
    const none = isWord
      ? 'a condition key begins with a service, as s3:prefix does'
      : 'AWS lists no such condition key';
    const message = `IAM accepts ${name}, but ${none}: no request has it, ${outcome(test)}.`;
    return [finding('P-CONDITION', test.key.node, message, [], 'warning')];
  }
  const meant = conditionKey(right);
  const isFree =
    meant !== undefined &&
    // What would only be the next mistake is not offered.
    [...ofAction(statement, test, meant), ...ofType(test, meant)].length === 0 &&
    !test.block.entries.some(({ key }) => String(key.value).toLowerCase() === right.toLowerCase());
  const fix = isFree
    ? [{ title: `Write ${right}`, edits: [renameKey(test.entry, right)], preferred: name.includes(':') }]
    : [];
  // A test that begins to hold gives, or takes: what a Deny denies, or what an Allow allowed whoever asked.
  const isGift = statement.effect !== 'Deny' && !holdsWithout(test);
  const fixes = isGift ? fix : fix.map(offered('takes-away'));
  const message = `IAM accepts the condition key ${name}, but no request has it, ${outcome(test)}. Did you mean ${right}?`;
  return [finding('P-CONDITION', test.key.node, message, fixes, 'warning')];
}

/** A key of so few actions is meant for them: of others, policies name some that would not be needed. */
const FEW = 3;

/** A key that the requests of an action do not have. */
function ofAction({ effect, action }: Statement, test: Test, { name, on }: ConditionKey): Finding[] {
  if (on === undefined || action === undefined || !action.complete || effect === undefined) return [];
  const service = name.slice(0, name.indexOf(':'));
  const known = action.texts.map(({ text }) => {
    const trimmed = text.trim();
    const matching = knownActions(trimmed);
    // Of other services than the tables have, whatever the name.
    const isOther = /^[a-z0-9-]+:/i.test(trimmed) && !trimmed.toLowerCase().startsWith(`${service}:`);
    const lacks = isOther || (matching.length > 0 && !matching.some((one) => on.has(one.name.toLowerCase())));
    return { text: trimmed, lacks };
  });
  if (known.some(({ text }) => placeholdersIn(text).length > 0 || text.includes(HOLE))) return [];
  const lacking = known.filter(({ lacks }) => lacks);
  if (lacking.length === 0) return [];
  // Where a test holds all the same nothing is lost, and a Deny for some of its actions may be meant so.
  const isWhole = lacking.length === known.length;
  if (!isWhole && (effect === 'Deny' || holdsWithout(test) || on.size > FEW)) return [];
  if (!isWhole && lacking.some(({ text }) => isPattern(text))) return [];
  const names = lacking.map(({ text }) => text);
  const shown = names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const message = `Requests of ${shown} do not have ${name}, ${outcome(test)} for ${names.length > 1 ? 'them' : 'it'}.`;
  return [finding('P-CONDITION', test.key.node, message, [], 'warning')];
}

/** An operator that cannot compare what the key is, and a text that it cannot be. */
function ofType({ operator, values }: Test, { name, type }: ConditionKey): Finding[] {
  const written = String(operator.value);
  const base = baseOf(written);
  const wrong = COMPARES.find(([one, , types]) => one.test(base) && types.test(type));
  if (wrong !== undefined) {
    const message = `${written} compares ${wrong[1]}, and ${name} is none: use an operator for ${OF_TYPE[type] ?? 'texts'}.`;
    return [finding('P-CONDITION', operator, message, [], 'warning')];
  }
  if (
    type === 'IPAddress' &&
    /^string/.test(base) &&
    values.texts.some(({ text }) => /^[\da-f.:]+\/\d+$/i.test(text))
  ) {
    const message = `${written} compares texts, and no address is written like a network: IpAddress looks for an address in it.`;
    return [finding('P-CONDITION', operator, message, [], 'warning')];
  }
  const form = /^stringequals(?:ignorecase)?$/.test(base) ? FORMS[type] : undefined;
  return values.texts.flatMap(({ text, node }) => {
    if (form === undefined || form[0].test(text.trim()) || placeholdersIn(text).length > 0 || /\$\{|[*?]/.test(text))
      return [];
    if (text.includes(HOLE)) return [];
    return [finding('P-CONDITION', node, `${name} is ${form[1]}, so it is never this text.`, [], 'warning')];
  });
}

/** What the values of keys look like, as texts. */
const FORMS: Readonly<Record<string, readonly [form: RegExp, what: string]>> = {
  Bool: [/^(?:true|false)$/i, 'true or false'],
  Numeric: [/^[-+]?\d*\.?\d+$/, 'a number'],
};

/** Set operators: on a key of one value, and missing on a key of several. */
function ofCount({ operator, key: { node, text: name } }: Test, { type }: ConditionKey): Finding[] {
  const written = String(operator.value);
  const isForAll = /^forallvalues:/i.test(written);
  if (!type.startsWith('ArrayOf')) {
    const message = `ForAllValues also holds where the request has no ${name}, which has one value: leave ForAllValues out.`;
    return isForAll ? [finding('P-CONDITION', node, message, [], 'warning')] : [];
  }
  // ForAllValues where a request may have none is for the author to say: AWS writes it in a hundred of its own policies.
  if (written.includes(':') || baseOf(written) === 'null' || !isListed(name)) return [];
  const message = `A request may have several values of ${name}, which IAM compares with ForAnyValue:${written} or ForAllValues:${written}.`;
  return [finding('P-CONDITION', operator, message, [], 'warning')];
}

const OF_TYPE: Readonly<Record<string, string>> = {
  ARN: 'ARNs or texts',
  Bool: 'true and false (Bool)',
  Date: 'dates',
  Numeric: 'numbers',
  IPAddress: 'addresses (IpAddress)',
};
