import { parseArn } from '../arn/arn.ts';
import { patternMatches } from '../arn/pattern.ts';

/** What the operators of a `Condition` compare. Source: IAM User Guide, "Condition operators". */

/** Whether the value of a request fits the text of a policy. */
type Fits = (wanted: string, given: string, variables: boolean) => boolean;

export interface Comparison {
  readonly fits: Fits;
  /** Holds when no text of the policy fits, and also for a key that is not in the request. */
  readonly negated: boolean;
  /** For numbers and dates: what both are as a number, and how they are compared. */
  readonly order?: {
    readonly read: (text: string) => number;
    readonly holds: (wanted: number, given: number) => boolean;
    /** What one of that number is where it is a time: numbers are seconds since 1970. */
    readonly milliseconds: number;
  };
}

const unescaped = (text: string): string => (text.includes('${') ? text.replace(/\$\{([*?$])\}/g, '$1') : text);

/** Texts as they are; `${*}` is `*` where `${…}` is a variable. */
const equals: Fits = (wanted, given, variables) => (variables ? unescaped(wanted) : wanted) === given;
const equalsInAnyCase: Fits = (wanted, given, variables) =>
  equals(wanted.toLowerCase(), given.toLowerCase(), variables);

const FIELDS = ['partition', 'service', 'region', 'account', 'resource'] as const;

/** Each of the six parts of an ARN for itself; a text without six parts is no ARN and fits none. */
const arnFits: Fits = (wanted, given, variables) => {
  const [pattern, arn] = [parseArn(wanted), parseArn(given)];
  if (pattern === undefined || arn === undefined) return false;
  return FIELDS.every((field) => patternMatches(pattern[field], arn[field], variables));
};

const number = (text: string): number => (/^\s*[-+]?(\d+\.?\d*|\.\d+)\s*$/.test(text) ? Number(text) : NaN);

/** Milliseconds since 1970, of a date of ISO 8601 or of seconds since 1970. */
function time(text: string): number {
  const seconds = number(text);
  if (!Number.isNaN(seconds) && !/^\s*\d{4}\s*$/.test(text)) return seconds * 1000;
  return /^\s*\d{4}(-\d{2}){0,2}(T[\d:.]+(Z|[-+]\d{2}:?\d{2})?)?\s*$/.test(text) ? Date.parse(text.trim()) : NaN;
}

/** The bits of an address, and of how many bits its network is; undefined for a text that is neither. */
function network(text: string): { readonly bits: bigint; readonly length: number; readonly of: number } | undefined {
  const [address = '', mask] = text.trim().split('/');
  const bits = address.includes(':') ? bitsOfIpv6(address) : bitsOfIpv4(address);
  if (bits === undefined) return undefined;
  const size = address.includes(':') ? 128 : 32;
  const length = mask === undefined ? size : /^\d{1,3}$/.test(mask) ? Number(mask) : Infinity;
  return length <= size ? { bits, length, of: size } : undefined;
}

function bitsOfIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOfIpv6(text: string): bigint | undefined {
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return undefined;
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const missing = 8 - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...first, ...Array.from({ length: tail === undefined ? 0 : missing }, () => '0'), ...last];
  if (!all.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  return all.reduce((bits, part) => (bits << 16n) | BigInt(`0x${part}`), 0n);
}

/** Whether a text is an address or a network. */
export const isNetwork = (text: string): boolean => network(text) !== undefined;

const addressFits: Fits = (wanted, given) => {
  const [range, address] = [network(wanted), network(given)];
  if (range === undefined || address === undefined || range.of !== address.of) return false;
  const rest = BigInt(range.of - range.length);
  return address.length >= range.length && range.bits >> rest === address.bits >> rest;
};

const COMPARED: Readonly<Record<string, (wanted: number, given: number) => boolean>> = {
  equals: (wanted, given) => given === wanted,
  lessthan: (wanted, given) => given < wanted,
  lessthanequals: (wanted, given) => given <= wanted,
  greaterthan: (wanted, given) => given > wanted,
  greaterthanequals: (wanted, given) => given >= wanted,
};

const ordered = (kind: string, read: (text: string) => number, milliseconds: number): [string, Comparison][] =>
  Object.entries(COMPARED).flatMap(([name, holds]): [string, Comparison][] => {
    const fits: Fits = (wanted, given) => holds(read(wanted), read(given));
    const plain: [string, Comparison] = [
      `${kind}${name}`,
      { fits, negated: false, order: { read, holds, milliseconds } },
    ];
    return name === 'equals'
      ? [plain, [`${kind}notequals`, { fits, negated: true, order: { read, holds, milliseconds } }]]
      : [plain];
  });

const both = (name: string, opposite: string, fits: Fits): [string, Comparison][] => [
  [name, { fits, negated: false }],
  [opposite, { fits, negated: true }],
];

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ...both('stringequals', 'stringnotequals', equals),
  ...both('stringequalsignorecase', 'stringnotequalsignorecase', equalsInAnyCase),
  ...both('stringlike', 'stringnotlike', patternMatches),
  ...both('arnequals', 'arnnotequals', arnFits),
  ...both('arnlike', 'arnnotlike', arnFits),
  ...both('ipaddress', 'notipaddress', addressFits),
  ...ordered('numeric', number, 1000),
  ...ordered('date', time, 1),
  ['bool', { fits: (wanted, given) => wanted.toLowerCase() === given.toLowerCase(), negated: false }],
  ['binaryequals', { fits: (wanted, given) => wanted === given, negated: false }],
]);

/** What an operator compares, by its name in lower case without set and `IfExists`; undefined for one that IAM does not have. */
export const comparison = (base: string): Comparison | undefined => COMPARISONS.get(base);
