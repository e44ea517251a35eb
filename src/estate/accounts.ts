/** What is known of AWS accounts, by the AWS profile that sees them: IAM is the same in all regions. */
import type { Reading } from '../core/reading.ts';
import type { Aws } from '../provisioning/ports.ts';
import { rolesOf, type Roles } from './roles.ts';

type Owner = { readonly awsProfile?: string };
const keyOf = ({ awsProfile = '' }: Owner): string => awsProfile;

export interface Accounts {
  /** Roles as this identity reads them; the same until they are forgotten. */
  roles(of: Owner, aws: Pick<Aws, 'role' | 'rolesPage'>): Roles;
  /** The account's number, if it is known. */
  number(of: Owner): string | undefined;
  /** Whether this is news. */
  learn(of: Owner, account: string): boolean;
  /** Reads which OIDC providers the account has: once for all of its clusters. Resolves with whether that was news. */
  readProviders(of: Owner, read: () => Promise<Reading<readonly string[]>>): Promise<boolean>;
  /** ARNs of the OIDC providers as they were read last. */
  providers(of: Owner): ReadonlySet<string> | undefined;
  /** Reads anew what is asked for next. What is known stays until then. */
  forget(what?: Owner): void;
  /** The same for the OIDC providers alone. */
  forgetProviders(of: Owner): void;
}

export function accounts(): Accounts {
  const roles = new Map<string, Roles>();
  const numbers = new Map<string, string>();
  const asked = new Map<string, Promise<boolean>>();
  const known = new Map<string, ReadonlySet<string>>();
  return {
    roles: (of, aws) => {
      const its = roles.get(keyOf(of)) ?? rolesOf(aws);
      roles.set(keyOf(of), its);
      return its;
    },
    number: (of) => numbers.get(keyOf(of)),
    learn: (of, account) => {
      if (numbers.get(keyOf(of)) === account) return false;
      numbers.set(keyOf(of), account);
      return true;
    },
    readProviders: async (of, read) => {
      const key = keyOf(of);
      // Who joins a call is told by who began it.
      if (asked.has(key)) return (await asked.get(key), false);
      const call = read().then((arns) => {
        if (arns.state !== 'found') return false;
        known.set(key, new Set(arns.value));
        return true;
      });
      asked.set(key, call);
      return call;
    },
    providers: (of) => known.get(keyOf(of)),
    forget: (what) => {
      if (what === undefined) {
        asked.clear();
        roles.clear();
        return;
      }
      asked.delete(keyOf(what));
      roles.get(keyOf(what))?.forget();
    },
    forgetProviders: (of) => void asked.delete(keyOf(of)),
  };
}
