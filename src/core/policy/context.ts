/** What is known of the condition keys of a request. Source: IAM User Guide, "AWS global condition context keys". */
import { HOLE } from '../document/node.ts';
import { issuerOf } from './build.ts';

/** The values that a request has for condition keys; keys in any case. A key that is not here is not in the request. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** What is known of a request. */
export interface KnownRequest {
  /** The values of condition keys, in any case. */
  readonly values: RequestContext;
  /** Whether a key (in lower case) is surely not in the request. Of any other key without a value nothing is known. */
  readonly lacks?: (key: string) => boolean;
}

/** What is known of a condition key in a request. */
export type Fact =
  | { readonly state: 'is'; readonly values: readonly string[] }
  | { readonly state: 'absent' }
  /** It is there, with a text of at least `least` characters. */
  | { readonly state: 'some'; readonly least: number }
  /** It is there, with a time in this span (milliseconds since 1970). */
  | { readonly state: 'between'; readonly from: number; readonly to: number }
  /** Nothing is known, not even whether it is there. */
  | { readonly state: 'unknown' };

/** What is known of every condition key of a request, by its name in lower case. */
export type Facts = (key: string) => Fact;

/** Facts from what is known of a request. */
export function knownFacts({ values, lacks }: KnownRequest): Facts {
  // Most statements ask for none.
  let known: ReadonlyMap<string, readonly string[]> | undefined;
  return (key) => {
    known ??= new Map(
      Object.entries(values).map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? [value] : value]),
    );
    const found = known.get(key);
    if (found !== undefined) return { state: 'is', values: found };
    return lacks?.(key) === true && !key.includes(HOLE) ? ABSENT : UNKNOWN;
  };
}

/** "Now", whenever it is: nobody asks for a role before this was written, or half a century later. */
const NOW: Fact = { state: 'between', from: Date.UTC(2026, 0, 1), to: Date.UTC(2076, 0, 1) };
const ABSENT: Fact = { state: 'absent' };
const UNKNOWN: Fact = { state: 'unknown' };

/**
 * What every request for a role has (STS API Reference; IAM User Guide, "AWS global condition context keys"). STS takes only
 * TLS; a session's name is needed and has 2 to 64 characters.
 */
const COMMON: Readonly<Record<string, Fact>> = {
  'aws:securetransport': { state: 'is', values: ['true'] },
  'aws:currenttime': NOW,
  'aws:epochtime': NOW,
  'sts:rolesessionname': { state: 'some', least: 2 },
};

/** Not in a request with a token, which nobody signs and which has no such parameter. */
const NEVER_WITH_TOKEN = new Set(['aws:username', 'sts:externalid']);

/** Hosts of EKS's issuers. Their tokens have no claims that are condition keys but `sub` and `aud`. */
export const EKS_ISSUER = /^(oidc\.eks|oidc-eks)\.[a-z0-9-]+\./i;

/** Keys of a namespace that STS has: those of other services and of other issuers are in no request for a role. */
const isShared = (key: string): boolean => key.startsWith('aws:') || key.startsWith('sts:');

/** Facts of a request with a token. */
export function tokenFacts(provider: string, sub: string, aud: string): Facts {
  const issuer = issuerOf(provider).toLowerCase();
  return (key) => {
    if (key === `${issuer}:sub`) return { state: 'is', values: [sub] };
    if (key === `${issuer}:aud`) return { state: 'is', values: [aud] };
    if (Object.hasOwn(COMMON, key)) return COMMON[key] ?? UNKNOWN;
    if (NEVER_WITH_TOKEN.has(key)) return ABSENT;
    // Where the provider or the key is not known yet, the key may be one of the provider's.
    if (key.includes(HOLE) || issuer.includes(HOLE)) return UNKNOWN;
    if (key.startsWith(`${issuer}:`)) return EKS_ISSUER.test(issuer) ? ABSENT : UNKNOWN;
    return isShared(key) ? UNKNOWN : ABSENT;
  };
}

/** Facts of a request of which only its kind is known: by a token of some provider, or with other credentials. */
export const otherFacts =
  (token: boolean): Facts =>
  (key) => {
    if (Object.hasOwn(COMMON, key)) return COMMON[key] ?? UNKNOWN;
    if (token) return NEVER_WITH_TOKEN.has(key) ? ABSENT : UNKNOWN;
    return isShared(key) || key.startsWith('saml:') || key.includes(HOLE) ? UNKNOWN : ABSENT;
  };
