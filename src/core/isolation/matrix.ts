/** What an isolation matrix is: service accounts, places, roles, and what may be done in a place, as bits. */
import type { Admitted, WhoGetsIn } from '../policy/access.ts';
import type { AdmittedTokens } from '../policy/tokens.ts';
import type { Answer } from '../policy/answer.ts';
import type { GuardReason } from '../policy/organization.ts';
import { DEEDS, type Below, type Call, type Deed } from './reach.ts';
import type { IsolationWorld, WorldKey, WorldRole } from './world.ts';

/** A service account of a chosen cluster. */
export interface Subject {
  /** Index of its cluster. */
  readonly cluster: number;
  readonly namespace: string;
  readonly name: string;
  /** Index of its profile among {@link Isolation.profiles}: the namespace is a profile's. */
  readonly profile?: number;
}

/** A profile, with its place. */
export interface ProfileOf {
  readonly cluster: number;
  readonly name: string;
  readonly role?: string;
  /** Index among {@link Isolation.places}. */
  readonly place?: number;
  /** The access point that stands for its bucket. */
  readonly accessPoint?: string;
  readonly why?: string;
}

/** How a subject comes into a role. */
export interface Admission {
  readonly role: number;
  readonly answer: 'yes' | 'unknown';
  /** Index of the deciding statement of the trust policy. */
  readonly statement: number;
  /** The audience of the token; absent: it needs none. */
  readonly audience?: string;
  /** On what it depends. */
  readonly depends: readonly string[];
  /** Another role, which it comes from; or EKS, by an association. */
  readonly via?: { readonly role: number } | 'pod-identity';
}

/** What may be done in a place: one bit for each deed of {@link DEEDS}. */
export interface Cell {
  readonly yes: number;
  /** Besides: what cannot be judged. */
  readonly unknown: number;
}

export interface JudgedRole {
  readonly role: WorldRole;
  readonly trust: WhoGetsIn;
  /** Indices of the profiles that name it. */
  readonly namedBy: readonly number[];
  /** Who is let in of the chosen clusters as sets that hold more than single accounts. */
  readonly sets: readonly { readonly cluster: number; readonly tokens: AdmittedTokens }[];
  /** Everybody else who is let in: other principals, tokens of other providers. */
  readonly others: readonly Admitted[];
  /** Indices of the chosen clusters whose accounts are let in. */
  readonly clusters: readonly number[];
}

/** Why a cell is as it is. */
export interface Because {
  readonly role: string;
  /** Roles on the way to it, the first one first. */
  readonly by: readonly string[];
  readonly answer: 'yes' | 'unknown';
  readonly statements: readonly Decided[];
  readonly request?: Request;
  readonly why?: string;
}

/** A statement that decides: of which policy, at which place, by which name. */
export interface Decided {
  readonly policy: string;
  readonly statement: number;
  readonly sid?: string;
}

/** The least that shows it: a token's claims, the role that is assumed with it, and one call. */
export interface Request {
  readonly token?: { readonly iss: string; readonly sub: string; readonly aud: string };
  readonly assume: readonly string[];
  readonly call: Call;
}

export interface Isolation {
  readonly world: IsolationWorld;
  readonly subjects: readonly Subject[];
  readonly profiles: readonly ProfileOf[];
  readonly places: readonly Below[];
  /** Indices of the profiles whose place each is. */
  readonly owners: readonly (readonly number[])[];
  readonly roles: readonly JudgedRole[];
  readonly keys: readonly WorldKey[];
  /** How a subject comes into roles. */
  readonly admissions: (subject: number) => readonly Admission[];
  /** What a subject may do in a place. */
  readonly cell: (subject: number, place: number) => Cell;
  /** What a subject may do in a place besides what lies below another one. */
  readonly beyond: (subject: number, place: number, but: Below) => Cell;
  /** What a role may do in a place. */
  readonly roleCell: (role: number, place: number) => Cell;
  /** Whether a subject may use a key through S3: to read, to write. */
  readonly keyCell: (subject: number, key: number) => { readonly read: Answer; readonly write: Answer };
  readonly because: (subject: number, place: number, deed: Deed) => Because | undefined;
  /** Which policy of the organization refuses a deed to a subject; undefined: none surely does. */
  readonly refused: (subject: number, place: number, deed: Deed) => GuardReason | undefined;
  readonly becauseKey: (subject: number, key: number) => Because | undefined;
}

export const NOTHING: Cell = { yes: 0, unknown: 0 };
export const ALL = (1 << DEEDS.length) - 1;

export const bit = (deed: Deed): number => 1 << DEEDS.indexOf(deed);
export const deedsOf = (bits: number): readonly Deed[] => DEEDS.filter((deed) => (bits & bit(deed)) !== 0);

export const join = (a: Cell, b: Cell): Cell => {
  const yes = a.yes | b.yes;
  return { yes, unknown: (a.unknown | b.unknown) & ~yes };
};
export const perhaps = ({ yes, unknown }: Cell): Cell => ({ yes: 0, unknown: yes | unknown });
