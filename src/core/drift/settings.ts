/** What can differ between a file and what is live: how each is read of the live thing, when both mean the same, and how it is told. */
import { rolePath } from '../arn/role.ts';
import type { OidcProvider, Profile, Role } from '../observation.ts';
import { canonicalPolicy, samePolicy } from '../policy/build.ts';
import { dataOf, list } from '../policy/json.ts';
import { sameProfile } from '../profile/manifest.ts';

interface Setting {
  readonly title: (key: string) => string;
  /** What is live; null: it has none; undefined: that was not read. */
  readonly live: (thing: never, key: string) => unknown;
  readonly same: (file: unknown, live: unknown) => boolean;
  /** Both sides in words, as far as they differ. */
  readonly words: (side: unknown, other: unknown) => string;
}

const setting = <T>(row: Omit<Setting, 'live'> & { readonly live: (thing: T, key: string) => unknown }): Setting => row;

const NONE = 'none';
/** Characters of one side. */
const LONGEST = 400;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
const plain = (side: unknown): string =>
  side === null || side === undefined ? NONE : cut(typeof side === 'string' ? side : JSON.stringify(side));

const statements = (text: unknown): readonly string[] => {
  const policy = typeof text === 'string' ? dataOf(canonicalPolicy(text) ?? '') : undefined;
  const its = list((policy as { readonly Statement?: unknown } | undefined)?.Statement);
  return its.map((one) => JSON.stringify(one));
};
/** The statements that only one side has; all of it where they do not tell. */
function policyWords(side: unknown, other: unknown): string {
  if (typeof side !== 'string') return NONE;
  const theirs = new Set(statements(other));
  const own = statements(side).filter((one) => !theirs.has(one));
  return cut(
    own.length > 0 ? own.join(' ') : typeof other === 'string' ? 'nothing besides' : (canonicalPolicy(side) ?? side),
  );
}

const policies = {
  same: (file: unknown, live: unknown) => typeof live === 'string' && samePolicy(String(file), live),
  words: policyWords,
};
const sorted = (value: unknown): readonly string[] => [...new Set(list(value).map(String))].sort();
const sets = {
  same: (file: unknown, live: unknown) => JSON.stringify(sorted(file)) === JSON.stringify(sorted(live)),
  words: (side: unknown) => (sorted(side).length === 0 ? NONE : cut(sorted(side).join(', '))),
};
const texts = { same: (file: unknown, live: unknown) => file === live, words: plain };
/** A part of a spec: compared as Profiles are, so that what the controller adds does not count. */
const parts = (field: 'plugins' | 'resourceQuotaSpec') => ({
  same: (file: unknown, live: unknown) => {
    const of = (value: unknown): Profile => ({
      ...{ apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name: '' } },
      spec: { [field]: value ?? (field === 'plugins' ? [] : {}) },
    });
    return sameProfile(of(file), of(live));
  },
  words: plain,
});

export const SETTINGS = {
  trust: setting<Role>({ title: () => 'its trust policy', live: (role) => role.trustPolicy, ...policies }),
  inline: setting<Role>({
    title: (key) => `its inline policy ${key}`,
    // Without a permission to read them one that is not here may be there.
    live: (role, key) =>
      role.inline.find((one) => one.name === key)?.text ?? (hidden(role, 'RolePolic') ? undefined : null),
    ...policies,
  }),
  attached: setting<Role>({
    title: () => 'its managed policies',
    live: (role) => (hidden(role, 'Attached') ? undefined : role.attached),
    ...sets,
  }),
  boundary: setting<Role>({ title: () => 'its permissions boundary', live: (role) => role.boundary ?? null, ...texts }),
  maxSession: setting<Role>({ title: () => 'its longest session', live: (role) => role.maxSession, ...texts }),
  path: setting<Role>({ title: () => 'its path', live: (role) => rolePath(role.arn), ...texts }),
  description: setting<Role>({
    title: () => 'its description',
    // A listing of the account tells neither.
    live: (role) => (role.maxSession === undefined ? undefined : (role.description ?? null)),
    ...texts,
  }),
  tag: setting<Role>({ title: (key) => `its tag ${key}`, live: (role, key) => role.tags[key] ?? null, ...texts }),
  owner: setting<Profile>({ title: () => 'its owner', live: (profile) => profile.spec?.owner?.name ?? null, ...texts }),
  plugins: setting<Profile>({
    title: () => 'its plugins',
    live: (profile) => profile.spec?.plugins ?? [],
    ...parts('plugins'),
  }),
  quota: setting<Profile>({
    title: () => 'its quota',
    live: (profile) => profile.spec?.resourceQuotaSpec ?? {},
    ...parts('resourceQuotaSpec'),
  }),
  audiences: setting<OidcProvider>({ title: () => 'its audiences', live: (provider) => provider.clientIds, ...sets }),
} as const;
export type SettingName = keyof typeof SETTINGS;

/** Whether a permission was lacking whose name holds this. */
const hidden = ({ unread = [] }: Role, permission: string): boolean => unread.some((one) => one.includes(permission));
